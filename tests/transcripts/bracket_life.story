# BRKT-004 BRKT-005 BRKT-006 BRKT-007  A bracket from its first partial fill to its stop, which trails as targets fill.
venue
deposit ann 100000
deposit bob 100000
deposit cat 100000
----
deposited ann value_atoms=100000 cash_atoms=100000
deposited bob value_atoms=100000 cash_atoms=100000
deposited cat value_atoms=100000 cash_atoms=100000

ann buys 10 @ 1000 stop_ticks=950 target_ticks=1050,1100,0,0 target_share_ppb=500000000,500000000,0,0 bracket_ladder=1
----
order_accepted ann order=1 buy size_lots=10 price_ticks=1000
order_rested ann order=1 buy size_lots=10 price_ticks=1000
bracket_changed ann order=1 buy price_ticks=950

# Four lots are filled: the stop stands over four, the targets over two each, in the same command.
bob sells 4 @ 1000
----
order_accepted bob order=2 sell size_lots=4 price_ticks=1000
traded bob other=ann order=2 maker=1 sell size_lots=4 price_ticks=1000 maker_remaining_lots=6 value_atoms=4000
trigger_accepted ann order=e1 sell size_lots=4 price_units=950
order_accepted ann order=e2 sell size_lots=2 price_ticks=1050
order_rested ann order=e2 sell size_lots=2 price_ticks=1050
order_accepted ann order=e3 sell size_lots=2 price_ticks=1100
order_rested ann order=e3 sell size_lots=2 price_ticks=1100
bracket_changed ann order=1 maker=e1 buy size_lots=4 price_ticks=950 price_units=950 remaining_lots=4

bob sells 6 @ 1000
----
order_accepted bob order=3 sell size_lots=6 price_ticks=1000
traded bob other=ann order=3 maker=1 sell size_lots=6 price_ticks=1000 value_atoms=6000
trigger_moved ann order=e1 sell size_lots=10 price_units=950
order_amended ann order=e2 sell size_lots=5 price_ticks=1050 remaining_lots=2
order_amended ann order=e3 sell size_lots=5 price_ticks=1100 remaining_lots=2
bracket_changed ann order=1 maker=e1 buy size_lots=10 price_ticks=950 price_units=950 remaining_lots=10

mark 1040
----
marked price_units=1040 value_atoms=1040

# The first target is taken: the stop moves to the entry.
cat buys 5 @ 1050
----
order_accepted cat order=4 buy size_lots=5 price_ticks=1050
traded cat other=ann order=4 maker=e2 buy size_lots=5 price_ticks=1050 value_atoms=5250 maker_realized_atoms=250
trigger_moved ann order=e1 sell size_lots=5 price_units=1000
bracket_changed ann order=1 maker=e1 buy size_lots=5 price_ticks=950 price_units=1000 remaining_lots=10

# The market turns; a bid is there; the stop closes the rest.
mark 1020
bob buys 20 @ 990
----
marked price_units=1020 value_atoms=1020
order_accepted bob order=5 buy size_lots=20 price_ticks=990
order_rested bob order=5 buy size_lots=20 price_ticks=990

mark 1000
----
marked price_units=1000 value_atoms=1000
trigger_fired ann order=e1 sell size_lots=5 price_units=1000
order_canceled ann canceled_by_bracket order=e3 sell size_lots=5 price_ticks=1100
traded ann other=bob order=e1 maker=5 sell size_lots=5 price_ticks=990 maker_remaining_lots=15 value_atoms=4950 realized_atoms=-50 maker_realized_atoms=50
bracket_changed ann order=1 buy price_ticks=950 remaining_lots=10
