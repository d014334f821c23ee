# MTCH-003  An account and its sub-account never meet: newest, oldest, both; a stranger trades with what is left.
venue
deposit ann 100000
sub hal of ann
deposit hal 100000
deposit bob 100000
----
deposited ann value_atoms=100000 cash_atoms=100000
account_set hal other=ann
deposited hal value_atoms=100000 cash_atoms=100000
deposited bob value_atoms=100000 cash_atoms=100000

ann sells 5 @ 1000
----
order_accepted ann order=1 sell size_lots=5 price_ticks=1000
order_rested ann order=1 sell size_lots=5 price_ticks=1000

# Cancel newest, the default.
hal buys 8 @ 1000
----
order_accepted hal order=2 buy size_lots=8 price_ticks=1000
order_canceled hal canceled_self_trade order=2 buy size_lots=8 price_ticks=1000

# Cancel oldest: Ann's offer goes, Hal's bid rests.
hal buys 8 @ 1000 self_trade_mode=2
----
order_accepted hal order=3 buy size_lots=8 price_ticks=1000
order_canceled ann canceled_self_trade order=1 sell size_lots=5 price_ticks=1000
order_rested hal order=3 buy size_lots=8 price_ticks=1000

# Cancel both.
ann sells 3 @ 1000 self_trade_mode=3
----
order_accepted ann order=4 sell size_lots=3 price_ticks=1000
order_canceled hal canceled_self_trade order=3 buy size_lots=8 price_ticks=1000
order_canceled ann canceled_self_trade order=4 sell size_lots=3 price_ticks=1000

ann sells 4 @ 1001
bob buys 4 @ 1001
----
order_accepted ann order=5 sell size_lots=4 price_ticks=1001
order_rested ann order=5 sell size_lots=4 price_ticks=1001
order_accepted bob order=6 buy size_lots=4 price_ticks=1001
traded bob other=ann order=6 maker=5 buy size_lots=4 price_ticks=1001 value_atoms=4004
