# ADLV-005 ADLV-006 LIQD-013  An empty fund and no bids: the takeover is closed against the winner that ranks first.
venue
deposit ann 2000
deposit bob 20000
deposit cat 4000
----
deposited ann value_atoms=2000 cash_atoms=2000
deposited bob value_atoms=20000 cash_atoms=20000
deposited cat value_atoms=4000 cash_atoms=4000

bob sells 10 @ 1000
cat sells 10 @ 1000
ann buys 20 @ 1000
----
order_accepted bob order=1 sell size_lots=10 price_ticks=1000
order_rested bob order=1 sell size_lots=10 price_ticks=1000
order_accepted cat order=2 sell size_lots=10 price_ticks=1000
order_rested cat order=2 sell size_lots=10 price_ticks=1000
order_accepted ann order=3 buy size_lots=20 price_ticks=1000
traded ann other=bob order=3 maker=1 buy size_lots=10 price_ticks=1000 remaining_lots=10 value_atoms=10000
traded ann other=cat order=3 maker=2 buy size_lots=10 price_ticks=1000 value_atoms=10000

# At 850 Ann's 2,000 are gone and 1,000 more; Cat's leverage is higher than Bob's, so Cat comes first.
mark 850
----
marked price_units=850 value_atoms=850
liquidation_started ann equity_atoms=-1000 requirement_atoms=1000
position_taken_over ann other=engine taken_over order=e1 size_lots=20 price_ticks=900 price_units=900 value_atoms=18000 realized_atoms=-2000 equity_atoms=-1000 requirement_atoms=1000
liquidation_ended ann taken_over
deleveraged cat other=engine deleveraging order=e1 buy size_lots=10 price_ticks=900 price_units=900 value_atoms=9000 realized_atoms=1000 cash_atoms=5000 equity_atoms=5000 rate_ppb=333333333
takeover_reduced ann deleveraging order=e1 sell size_lots=10 price_ticks=900 price_units=900 remaining_lots=10 value_atoms=-9000 equity_atoms=500 rate_ppb=500000000
deleveraged bob other=engine deleveraging order=e1 buy size_lots=10 price_ticks=900 price_units=900 value_atoms=9000 realized_atoms=1000 cash_atoms=21000 equity_atoms=21000 rate_ppb=333333333
takeover_reduced ann deleveraging order=e1 sell size_lots=10 price_ticks=900 price_units=900 value_atoms=-9000 equity_atoms=500 rate_ppb=1000000000
takeover_closed ann deleveraging order=e1 size_lots=20

advance 10
----
