# SETL-002 SETL-003 SETL-004 SETL-005  Wind-down: reduce-only, a stamp, every position closed at one price, orders gone.
venue
deposit ann 100000
deposit bob 100000
----
deposited ann value_atoms=100000 cash_atoms=100000
deposited bob value_atoms=100000 cash_atoms=100000

bob sells 100 @ 1000
ann buys 100 @ 1000
ann buys 5 @ 900
----
order_accepted bob order=1 sell size_lots=100 price_ticks=1000
order_rested bob order=1 sell size_lots=100 price_ticks=1000
order_accepted ann order=2 buy size_lots=100 price_ticks=1000
traded ann other=bob order=2 maker=1 buy size_lots=100 price_ticks=1000 value_atoms=100000
order_accepted ann order=3 buy size_lots=5 price_ticks=900
order_rested ann order=3 buy size_lots=5 price_ticks=900

state reduce_only
settle 60
----
instrument_state_changed reduce_only
configured settlement price_units=1699920061000000000

ann buys 1 @ 900
----
rejected ann instrument_must_allow_new_orders order=4 buy size_lots=1 price_ticks=900

mark 1040
----
marked price_units=1040 value_atoms=1040

advance 61
----
instrument_state_changed settlement halted price_units=1040
position_settled bob settlement size_lots=-100 price_units=1040 value_atoms=-104000 realized_atoms=-4000 cash_atoms=96000 equity_atoms=96000
position_settled ann settlement size_lots=100 price_units=1040 value_atoms=104000 realized_atoms=4000 cash_atoms=104000 equity_atoms=104000
order_canceled ann canceled_by_state order=3 buy size_lots=5 price_ticks=900
instrument_settled price_units=1040

advance 1
ann buys 1 @ 900
----
rejected ann instrument_must_be_trading order=5 buy size_lots=1 price_ticks=900
