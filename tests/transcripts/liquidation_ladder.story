# LIQD-008 LIQD-009 LIQD-005 LIQD-011  The ladder: orders canceled, stepped down a tier, taken over, sold, surplus to the fund.
venue tiers=50000/100000000/50000000,1000000/200000000/100000000 step_down=1 disposal_slice_ppb=500000000
deposit ann 24500
deposit bob 1000000
deposit cat 1000000
----
deposited ann value_atoms=24500 cash_atoms=24500
deposited bob value_atoms=1000000 cash_atoms=1000000
deposited cat value_atoms=1000000 cash_atoms=1000000

# 120 lots are worth 120,000: the second tier, 20 % / 10 %.
bob sells 120 @ 1000
ann buys 120 @ 1000
----
order_accepted bob order=1 sell size_lots=120 price_ticks=1000
order_rested bob order=1 sell size_lots=120 price_ticks=1000
order_accepted ann order=2 buy size_lots=120 price_ticks=1000
traded ann other=bob order=2 maker=1 buy size_lots=120 price_ticks=1000 value_atoms=120000

ann buys 1 @ 500
bob buys 70 @ 895
----
order_accepted ann order=3 buy size_lots=1 price_ticks=500
order_rested ann order=3 buy size_lots=1 price_ticks=500
order_accepted bob order=4 buy size_lots=70 price_ticks=895
order_rested bob order=4 buy size_lots=70 price_ticks=895

# Equity 12,500 at mark 900, maintenance 12,000: nothing happens.
mark 900
----
marked price_units=900 value_atoms=900

# Equity 11,900 at 895, maintenance 12,000: 70 lots lead down to the first tier, and 70 are bid for.
mark 895
----
marked price_units=895 value_atoms=895
liquidation_started ann equity_atoms=11900 requirement_atoms=12000
order_canceled ann canceled_by_liquidation order=3 buy size_lots=1 price_ticks=500
liquidation_stepped ann orders_canceled equity_atoms=11900 requirement_atoms=12000
traded ann other=bob order=e1 maker=4 sell size_lots=70 price_ticks=895 value_atoms=62650 realized_atoms=-7350 maker_realized_atoms=7350
liquidation_stepped ann stepped_down order=e1 sell size_lots=70 price_ticks=887 remaining_lots=50 value_atoms=62650 equity_atoms=11900 requirement_atoms=2500
liquidation_ended ann margin_recovered equity_atoms=11900 requirement_atoms=2500

# Nobody bids: no step down, the position goes over whole and is offered within 1 % of the mark.
mark 706
----
marked price_units=706 value_atoms=706
liquidation_started ann equity_atoms=2450 requirement_atoms=2500
position_taken_over ann other=engine taken_over order=e2 size_lots=50 price_ticks=657 price_units=657 value_atoms=32850 realized_atoms=-17150 equity_atoms=2450 requirement_atoms=2500
liquidation_ended ann taken_over
order_rested engine order=e2 sell size_lots=50 price_ticks=699

# Somebody bids through the posted price: all is sold at it, and the surplus over the bankruptcy value goes to the fund.
cat buys 100 @ 700
----
order_accepted cat order=5 buy size_lots=100 price_ticks=700
traded cat other=engine order=5 maker=e2 buy size_lots=50 price_ticks=699 remaining_lots=50 value_atoms=34950 maker_realized_atoms=2100
takeover_reduced ann trade order=e2 sell size_lots=50 price_ticks=657 price_units=657 value_atoms=-34950 realized_atoms=2100
insurance_changed insurance_surplus cash_atoms=2100 equity_atoms=2100
takeover_closed ann trade order=e2 size_lots=50 realized_atoms=2100
order_rested cat order=5 buy size_lots=50 price_ticks=700
