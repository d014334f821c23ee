# FUND-005 FUND-006  A funding stamp: longs pay shorts to the atom, the rounding is dust, a position opened after pays nothing.
venue funding_offset_ns=14400000000000 funding_interval_ns=28800000000000 premium_sample_ns=0
deposit ann 100000
deposit bob 100000
deposit cat 100000
----
deposited ann value_atoms=100000 cash_atoms=100000
deposited bob value_atoms=100000 cash_atoms=100000
deposited cat value_atoms=100000 cash_atoms=100000

bob sells 30 @ 1000
ann buys 30 @ 1000
----
order_accepted bob order=1 sell size_lots=30 price_ticks=1000
order_rested bob order=1 sell size_lots=30 price_ticks=1000
order_accepted ann order=2 buy size_lots=30 price_ticks=1000
traded ann other=bob order=2 maker=1 buy size_lots=30 price_ticks=1000 value_atoms=30000

rate 100001
----

# 04:00 UTC: 30 lots at 1,000 and 0.0100001 %.
advance 14400
----
funding_rate_set funding_exchanged price_units=1000 value_atoms=1000 rate_ppb=100000
funding_settled bob funding size_lots=-30 cash_atoms=3
funding_settled ann funding size_lots=30 cash_atoms=-4

bob sells 5 @ 1000
cat buys 5 @ 1000
----
order_accepted bob order=3 sell size_lots=5 price_ticks=1000
order_rested bob order=3 sell size_lots=5 price_ticks=1000
order_accepted cat order=4 buy size_lots=5 price_ticks=1000
traded cat other=bob order=4 maker=3 buy size_lots=5 price_ticks=1000 value_atoms=5000

advance 60
----
