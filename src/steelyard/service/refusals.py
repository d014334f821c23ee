"""What docs/spec/refusals.md says about every reason, as data: the rule that was broken and what would pass.

A test keeps this table and that page equal.
"""
from __future__ import annotations

from ..codes import Reason

ADVICE: dict[int, tuple[str, str]] = {
    Reason.command_must_be_known: (
        "ORDR-001", "use a kind of CommandKind; a kind that is only reserved is refused too"),
    Reason.time_must_not_go_back: ("FUND-009", "stamp commands with a time that never falls; equal times are fine"),
    Reason.parameter_must_exist: (
        "TERM-001",
        "terms, tiers, fee classes and index fields are numbered in records.py; tiers are sent in order from 0"),
    Reason.value_must_be_in_range: (
        "TERM-001", "stay within docs/limits.md; rates lie between 0 and one, tiers rise"),
    Reason.instrument_must_exist: ("ORDR-001", "instruments are numbered 1 to INSTRUMENTS_MAX - 1"),
    Reason.instrument_must_be_unlisted: (
        "TERM-002", "set what gives prices and sizes their meaning before listing; afterward list another instrument"),
    Reason.terms_must_be_consistent: (
        "TERM-001", "check the profile with `steelyard venues check`, which names the figure"),
    Reason.instrument_must_be_listed: ("ORDR-001", "list it first; a settled instrument does not come back"),
    Reason.account_must_be_open: ("ORDR-001", "open the account with SetAccount; system accounts take no orders"),
    Reason.parent_must_be_open: ("ORDR-001", "open the parent account first; a sub-account has no sub-accounts"),
    Reason.asset_must_exist: ("LEDG-003", "assets are numbered 1 to ASSETS_MAX - 1"),
    Reason.amount_must_be_positive: (
        "LEDG-003", "give an amount above 0; the direction is in the kind of the command"),
    Reason.account_must_not_be_restricted: (
        "ORDR-001", "the account's restrictions forbid it: reduce only, no trading or no withdrawal"),
    Reason.account_must_not_be_in_liquidation: (
        "LIQD-008", "wait until the liquidation has ended; deposits are always taken"),
    Reason.instrument_must_be_trading: ("ORDR-001", "the instrument is halted or settled; wait for the next state"),
    Reason.instrument_must_allow_new_orders: (
        "ORDR-001", "in cancel-only nothing is placed, in reduce-only only what reduces, in post-only only what rests"),
    Reason.order_id_must_be_new: (
        "ORDR-002", "choose another id, above 0 and below SYSTEM_ORDER_BASE; an id in use names one order"),
    Reason.order_must_exist: ("ORDR-012", "it was filled, canceled or never accepted; read the events"),
    Reason.order_must_belong_to_account: ("ORDR-012", "only the owner changes an order"),
    Reason.side_must_be_buy_or_sell: ("ORDR-002", "+1 buys, -1 sells"),
    Reason.order_type_must_be_known: ("ORDR-002", "use a value of OrderType"),
    Reason.time_in_force_must_be_known: ("ORDR-002", "use a value of TimeInForce that the order type allows"),
    Reason.size_must_be_in_range: (
        "ORDR-002", "1 to the instrument's order_lots_max lots; a closing order gives none"),
    Reason.price_must_be_in_range: ("ORDR-002", "price_ticks_min to price_ticks_max; a market order gives none"),
    Reason.display_must_be_within_size: ("ORDR-002", "show between 1 lot and the whole size, or leave it 0"),
    Reason.expiry_must_be_in_future: ("ORDR-002", "a good-till-date order ends after its own time"),
    Reason.trigger_must_be_in_range: (
        "TRIG-002", "trigger and offset lie within the price range and on the right side of 0"),
    Reason.trigger_must_not_be_met: ("TRIG-003", "the price is there already: send the order itself"),
    Reason.flags_must_be_compatible: (
        "ORDR-002", "post-only does not go with market, immediate or fill-or-kill; see the rule for the list"),
    Reason.stop_must_lie_beyond_entry: ("BRKT-001", "a long's stop lies below its entry, a short's above"),
    Reason.targets_must_lie_beyond_entry: (
        "BRKT-001", "a long's targets rise from the entry, a short's fall, nearest first"),
    Reason.target_shares_must_not_exceed_one: (
        "BRKT-001", "the shares of all targets sum to at most one, each above 0"),
    Reason.oco_partner_must_exist: (
        "OCOO-001", "name an order of the same account and instrument that is still open and has no partner"),
    Reason.reduce_only_must_reduce: (
        "ORDR-006", "hold a position on the other side; a reduce-only order never opens one"),
    Reason.position_must_be_open: ("ORDR-006", "there is nothing to close, or no isolated position to change"),
    Reason.post_only_must_not_trade: ("ORDR-005", "price it behind the best opposite price, or use post-only-cancel"),
    Reason.price_must_be_within_collar: (
        "ORDR-008", "price it nearer to the further of mark and best opposite price"),
    Reason.mark_must_be_known: (
        "ORDR-003", "publish the index or the mark first: margin cannot be judged without it"),
    Reason.open_orders_must_be_below_limit: ("ORDR-003", "cancel an order of the instrument first"),
    Reason.triggers_must_be_below_limit: (
        "TRIG-004", "cancel a trigger of the instrument first; bracket stops count"),
    Reason.position_must_be_below_limit: (
        "ORDR-009", "order less: position and open orders of the side together are bounded"),
    Reason.open_interest_must_be_below_cap: (
        "ORDR-009", "only orders that reduce are taken until open interest falls"),
    Reason.initial_margin_must_be_covered: (
        "ORDR-010", "deposit, order less, or choose more leverage if the tier allows it"),
    Reason.fill_or_kill_must_fill: ("ORDR-004", "the book cannot fill it whole at its limit"),
    Reason.orders_table_must_have_room: ("ORDR-003", "the venue is full: cancel orders, or run with larger tables"),
    Reason.book_must_have_room: ("ORDR-003", "no page of prices is left: orders nearer to others still fit"),
    Reason.accounts_table_must_have_room: (
        "ORDR-001", "the venue is full: wallets, positions or accounts have run out"),
    Reason.leverage_must_be_allowed: ("MARG-002", "choose between 1 and what the tier's initial rate allows"),
    Reason.position_must_be_isolated: (
        "MARG-016", "switch the position to isolated first; cross positions share the wallet"),
    Reason.open_orders_must_be_canceled_first: (
        "MARG-016", "cancel the position's orders, then change its mode or leverage"),
    Reason.available_balance_must_cover: ("MARG-014", "take out less: requirement and unrealized loss stay covered"),
    Reason.index_must_exist: ("INDX-008", "set the index up before prices or instruments name it"),
    Reason.source_must_exist: (
        "INDX-008", "give the source a weight first; sources are numbered 0 to INDEX_SOURCES_MAX - 1"),
    Reason.mark_must_be_published_directly: (
        "MARK-005", "this instrument's mark follows its index; publish source prices instead"),
    Reason.settlement_must_be_in_future: ("SETL-001", "give a stamp after the time of the command; 0 takes one back"),
    Reason.settlement_must_be_published: (
        "SETL-008", "only contracts whose terms say so take a settlement price from outside"),
    Reason.session_must_be_over: (
        "SESS-002", "publish the next price, or withdraw, when the session before has been settled"),
    Reason.withdrawals_must_be_open: (
        "LOSS-008", "an account below zero was seen: try again when the time the profile names has passed"),
    Reason.client_class_must_be_admitted: (
        "ELIG-009",
        "only orders that reduce are taken from accounts of this class here; the service says which rule of law, from "
        "when, and what to do"),
    Reason.order_type_must_be_permitted: (
        "ORDR-015", "this market takes no such order: send a limit or a market order"),
    Reason.price_must_be_within_band: ("ORDR-016", "price it nearer to the reference of the band"),
    Reason.opposite_side_must_have_orders: ("ORDR-015", "nobody stands opposite to price it by: send a limit order"),
    Reason.circuit_breaker_must_be_over: (
        "BRKR-006", "cancel, or wait: the answer says when the market opens again"),
    Reason.canceled_by_owner: ("ORDR-011", "asked for by the owner, one by one or all"),
    Reason.canceled_immediate_remainder: ("ORDR-004", "what an immediate order could not fill"),
    Reason.canceled_expired: ("TRIG-011", "its time came"),
    Reason.canceled_post_only: ("ORDR-005", "accepted post-only, would have traded"),
    Reason.canceled_self_trade: ("MTCH-003", "met an order of the same owner"),
    Reason.canceled_reduce_only: ("ORDR-006", "would not reduce the position any more"),
    Reason.canceled_collar: ("ORDR-008", "a market order that reached its collar"),
    Reason.canceled_margin: ("MTCH-004", "its fills could not be covered any more"),
    Reason.canceled_by_liquidation: ("LIQD-008", "orders are canceled before positions are touched"),
    Reason.canceled_by_deleveraging: ("ADLV-005", "a deleveraged position's orders are canceled"),
    Reason.canceled_by_oco: ("OCOO-002", "its partner was filled, fired or ended"),
    Reason.canceled_with_position: ("TRIG-009", "the position it belonged to is gone"),
    Reason.canceled_by_state: ("SETL-002", "the instrument settled or changed to a state without it"),
    Reason.canceled_fill_limit: ("MTCH-006", "it met more orders than one command may"),
    Reason.canceled_by_amend: ("ORDR-012", "replaced by its amended form"),
    Reason.canceled_no_room: ("ORDR-003", "a table was full when it should have rested"),
    Reason.canceled_by_bracket: ("BRKT-007", "its bracket ended or changed"),
    Reason.canceled_by_client_class: ("ELIG-009", "its account came into a class that may not open here"),
    Reason.canceled_by_breaker: (
        "BRKR-005", "it would have traded beyond the limit of the circuit breaker, which stopped the market"),
    Reason.deposit: ("LEDG-003", "cash came from outside"),
    Reason.withdrawal: ("MARG-014", "cash left"),
    Reason.transfer: ("LEDG-001", "between an account and its sub-account"),
    Reason.collateral: ("MARG-016", "isolated margin added or taken back"),
    Reason.trade: ("LEDG-005", "realized profit or loss of a fill"),
    Reason.fee: ("FEES-001", "fee or rebate of a fill"),
    Reason.funding: ("FUND-006", "funding paid or received"),
    Reason.takeover: ("LIQD-005", "a position and its last equity went to the liquidation engine"),
    Reason.insurance_surplus: ("LOSS-001", "a takeover was closed above its price: to the fund"),
    Reason.insurance_deficit: ("LOSS-001", "a takeover was closed below its price: from the fund"),
    Reason.deleveraging: ("ADLV-005", "closed against a takeover at its price"),
    Reason.socialized_loss: ("LOSS-003", "a share of a loss that fund and deleveraging left"),
    Reason.settlement: ("SETL-003", "closed at the settlement price"),
    Reason.rounding: ("LEDG-006", "a rounding difference, to or from the dust account"),
    Reason.margin_recovered: ("LIQD-008", "the group is above maintenance again; liquidation ended"),
    Reason.orders_canceled: ("LIQD-008", "first step: the group's orders were canceled"),
    Reason.stepped_down: ("LIQD-009", "second step: sold down into the tier below"),
    Reason.taken_over: ("LIQD-005", "last step: handed to the liquidation engine"),
    Reason.liquidation_fee: ("LIQD-005", "paid to the fund from what equity was left"),
    Reason.position_gone: ("LIQD-008", "nothing was left to liquidate"),
    Reason.session_settlement: ("SESS-003", "a session ended: profit and loss became cash"),
    Reason.conversion: ("COLL-005", "cash moved: an asset was sold to pay what its owner owed in another"),
    Reason.closed_in_book: ("LIQD-028", "a step of a liquidation: a whole position was offered to the book"),
    Reason.assignment: ("LIQD-032", "a takeover, or part of it, went to an account that opted in"),
    Reason.circuit_breaker: (
        "BRKR-006", "a market was stopped by its circuit breaker, or opened after the pause"),
    Reason.margin_call_met: (
        "CALL-003", "nothing is missing any more, or the market had come back by the deadline"),
    Reason.margin_call_missed: (
        "CALL-003", "the deadline passed with equity at or below maintenance: liquidation"),
    Reason.close_out_reached: (
        "CALL-002", "equity fell to the close-out level: liquidation without more time"),
    Reason.loan_opened: ("LOAN-001", "a position grew with a loan: its opening fee"),
    Reason.loan_rolled_over: ("LOAN-002", "a period of a loan was over: its fee"),
    Reason.recourse: ("LOSS-020", "a loss beyond the owner's equity, owed by the owner"),
    Reason.source_priced: ("INDX-009", "a source gave its first price"),
    Reason.source_silent: ("INDX-004", "a source was silent for the stale time"),
    Reason.source_outlier: ("INDX-005", "a source lay too far from the median"),
    Reason.source_readmitted: ("INDX-006", "a source stayed near the others for the re-admission time"),
    Reason.source_removed: ("INDX-008", "a source lost its weight"),
    Reason.index_sources_too_few: ("INDX-007", "fewer active sources than the index needs: frozen"),
    Reason.index_sources_disagree: ("INDX-007", "two sources too far apart: frozen"),
    Reason.index_source_too_far: ("INDX-007", "the one source left is too far from the last index: frozen"),
    Reason.funding_exchanged: ("FUND-005", "longs and shorts exchanged funding at the stamp"),
    Reason.funding_not_exchanged: ("FUND-005", "a stamp without mark or positions"),
    Reason.funding_stamps_skipped: ("FUND-009", "a gap held more stamps than one command lives through"),
}
"""Reason -> (number of the rule, what to do; for reasons that end an order: what happened)."""
