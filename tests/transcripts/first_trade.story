# MTCH-001 LEDG-008 FEES-001  The first trade: accepted, traded, fees of both sides, then out with a profit.
venue taker_fee_ppb=750000 maker_fee_ppb=-250000
deposit ann 5600
deposit bob 5600
deposit cat 5600
----
deposited ann value_atoms=5600 cash_atoms=5600
deposited bob value_atoms=5600 cash_atoms=5600
deposited cat value_atoms=5600 cash_atoms=5600

# Bob offers 10 at 1,000; Ann takes 6 of them.
bob sells 10 @ 1000
ann buys 6 @ 1000
----
order_accepted bob order=1 sell size_lots=10 price_ticks=1000
order_rested bob order=1 sell size_lots=10 price_ticks=1000
order_accepted ann order=2 buy size_lots=6 price_ticks=1000
traded ann other=bob order=2 maker=1 buy size_lots=6 price_ticks=1000 maker_remaining_lots=4 value_atoms=6000 fee_atoms=4 maker_fee_atoms=-1

cancel 1
mark 1050
----
order_canceled bob canceled_by_owner order=1 sell size_lots=4 price_ticks=1000
marked price_units=1050 value_atoms=1050

# Ann sells to Cat's bid: 300 of profit, less two fees of 4: 5,892 may leave.
cat buys 6 @ 1050
ann sells 6 market reduce_only
----
order_accepted cat order=3 buy size_lots=6 price_ticks=1050
order_rested cat order=3 buy size_lots=6 price_ticks=1050
order_accepted ann order=4 sell size_lots=6 price_ticks=1
traded ann other=cat order=4 maker=3 sell size_lots=6 price_ticks=1050 value_atoms=6300 fee_atoms=4 maker_fee_atoms=-1 realized_atoms=300

withdraw ann 5893
----
rejected ann available_balance_must_cover cash_atoms=5893

withdraw ann 5892
----
withdrawn ann cash_atoms=5892
