# MARG-016 LIQD-005 LIQD-008  The same two positions isolated and cross: one dies alone, the other is carried by the wallet.
venue instruments=2
deposit ann 3000
deposit bob 3000
deposit cat 1000000
isolate ann 10
----
deposited ann value_atoms=3000 cash_atoms=3000
deposited bob value_atoms=3000 cash_atoms=3000
deposited cat value_atoms=1000000 cash_atoms=1000000

# Ann's first contract is isolated, her second and both of Bob's are cross.
cat sells 10 @ 1000
ann buys 10 @ 1000
cat sells 5 @ 1000 on=2
ann buys 5 @ 1000 on=2
----
order_accepted cat order=1 sell size_lots=10 price_ticks=1000
order_rested cat order=1 sell size_lots=10 price_ticks=1000
order_accepted ann order=2 buy size_lots=10 price_ticks=1000
traded ann other=cat order=2 maker=1 buy size_lots=10 price_ticks=1000 value_atoms=10000 collateral_atoms=1000
order_accepted cat on=2 order=3 sell size_lots=5 price_ticks=1000
order_rested cat on=2 order=3 sell size_lots=5 price_ticks=1000
order_accepted ann on=2 order=4 buy size_lots=5 price_ticks=1000
traded ann other=cat on=2 order=4 maker=3 buy size_lots=5 price_ticks=1000 value_atoms=5000

cat sells 10 @ 1000
bob buys 10 @ 1000
cat sells 5 @ 1000 on=2
bob buys 5 @ 1000 on=2
----
order_accepted cat order=5 sell size_lots=10 price_ticks=1000
order_rested cat order=5 sell size_lots=10 price_ticks=1000
order_accepted bob order=6 buy size_lots=10 price_ticks=1000
traded bob other=cat order=6 maker=5 buy size_lots=10 price_ticks=1000 value_atoms=10000
order_accepted cat on=2 order=7 sell size_lots=5 price_ticks=1000
order_rested cat on=2 order=7 sell size_lots=5 price_ticks=1000
order_accepted bob on=2 order=8 buy size_lots=5 price_ticks=1000
traded bob other=cat on=2 order=8 maker=7 buy size_lots=5 price_ticks=1000 value_atoms=5000

# 940: Ann's isolated 1,000 less 600 is below 500; Bob's wallet of 3,000 does not mind.
mark 940
----
marked price_units=940 value_atoms=940
liquidation_started ann size_lots=10 price_units=940 equity_atoms=400 requirement_atoms=500
position_taken_over ann other=engine taken_over order=e1 size_lots=10 price_ticks=900 price_units=900 value_atoms=9000 realized_atoms=-1000 equity_atoms=400 requirement_atoms=500
liquidation_ended ann taken_over price_units=940
order_rested engine order=e1 sell size_lots=10 price_ticks=931

# The second contract falls too: Bob's wallet carries both, down to 750 of maintenance margin.
mark 700 2
----
marked on=2 price_units=700 value_atoms=700

# Now Bob's group goes as one, both positions; Ann's wallet still bears her second.
mark 660 2
----
marked on=2 price_units=660 value_atoms=660
liquidation_started bob equity_atoms=700 requirement_atoms=750
position_taken_over bob other=engine taken_over order=e2 size_lots=10 price_ticks=894 price_units=894 value_atoms=8934 realized_atoms=-1066 cash_atoms=1934 equity_atoms=466 requirement_atoms=500
position_taken_over bob other=engine on=2 taken_over order=e3 size_lots=5 price_ticks=614 price_units=614 value_atoms=3066 realized_atoms=-1934 equity_atoms=234 requirement_atoms=250
liquidation_ended bob taken_over
order_rested engine on=2 order=e3 sell size_lots=5 price_ticks=654
order_rested engine order=e2 sell size_lots=10 price_ticks=931

advance 10
----
