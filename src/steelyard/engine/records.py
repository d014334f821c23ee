"""The data dictionary: every table of the engine, one record type per noun, and how an empty state is made.

Row 0 of every table means *none*, so memory that was never touched is a valid empty state. The whole state is one
record; kernels receive it, the outbox, a command or a row, and nothing else. Amounts are ``_atoms``, sizes ``_lots``,
prices ``_ticks`` (order grid) or ``_units`` (mark units, finer), rates ``_ppb``, times ``_ns``. Buy is +1, sell is -1.
"""
from __future__ import annotations

import functools
import operator

import numpy as np

from ..kernel import COMPILED, name_records, row_initializer
from .memory import mapped

i1, i2, i4, i8 = np.int8, np.int16, np.int32, np.int64

# ---------------------------------------------------------------- capacities (docs/limits.md)
ASSETS_MAX = 64
INSTRUMENTS_MAX = 512
INDICES_MAX = 128
INDEX_SOURCES_MAX = 8
TIERS_MAX = 24
FEE_CLASSES_MAX = 64
MARGIN_WINDOWS_MAX = 4
CLIENT_CLASSES_MAX = 32
BREAKER_PARTS = 60
CLASS_TIERS_MAX = 6
ACCOUNTS_MAX = 1 << 20
WALLETS_MAX = (1 << 20) + (1 << 18)
WALLET_SLOTS = 16
HOLDINGS_MAX = 1 << 17
POSITIONS_MAX = 1 << 21
ORDERS_MAX = 1 << 20
TRIGGERS_MAX = 1 << 20
BRACKETS_MAX = 1 << 19
BRACKET_TARGETS_MAX = 4
TAKEOVERS_MAX = 1 << 18
POSITION_SLOTS = 1 << 22
ORDER_SLOTS = 1 << 21
PRICE_TICKS_MAX = 1 << 24
PAGE_TICKS = 1 << 10
PAGES_PER_BOOK = PRICE_TICKS_MAX // PAGE_TICKS
LEVEL_PAGES_MAX = 1 << 13
WATCH_MANTISSA_BITS = 14
WATCH_BUCKETS = 28 << WATCH_MANTISSA_BITS            # mark units below 2**41
WATCH_PAGE = 1 << 10
WATCH_PAGES_PER_LADDER = WATCH_BUCKETS // WATCH_PAGE
WATCH_PAGES_MAX = 1 << 15
PLEDGE_NODES = POSITIONS_MAX + 2 * TRIGGERS_MAX
"""Watch nodes from here on belong to wallets that count as collateral, at their row."""
WATCH_NODES_MAX = PLEDGE_NODES + WALLETS_MAX
WATCH_LADDERS = 8 * INSTRUMENTS_MAX + 2 * INDICES_MAX
"""Eight ladders per instrument, then one FALL ladder (an even number) per index."""
COLLATERALS_PER_HUB = 16
ASSIGNEES_PER_INSTRUMENT = 32
MARK_UNITS_MAX = 1 << 40
EXPIRIES_MAX = 1 << 20
DIRTY_MAX = 1 << 16
LIQUIDATIONS_MAX = 1 << 21
FIRED_MAX = 1 << 20
MARGIN_CALLS_MAX = 1 << 18
MOVED_MAX = 1 << 13
CANCELS_MAX = 1 << 17
BASIS_SAMPLES_MAX = 64
OUTBOX_EVENTS = 1 << 18
SIZE_LOTS_MAX = 3_000_000_000
"""Largest position, order and sum of open orders on a side: the square of it fits in 63 bits (exact proportional
parts)."""
CASH_ATOMS_MAX = 1 << 60
VALUE_ATOMS_MAX = 1 << 58
FILLS_PER_COMMAND_MAX = 8192
EVENTS_PER_STEP_MAX = 40_000
"""More events than one command or one queue step can write (docs/limits.md)."""
EVENTS_PER_COMMAND = 20_000
"""A command stops draining queues once it has caused this many events; the rest waits for the next command."""
OUTBOX_RESERVE = 2 * EVENTS_PER_STEP_MAX + EVENTS_PER_COMMAND
"""Room a command needs in the outbox before it begins, so that what it does never depends on how commands were
batched."""
WORK_BUDGET_DEFAULT = 256

# ---------------------------------------------------------------- system accounts
NONE = 0
EXTERNAL_ACCOUNT = 1
"""Where deposits come from and withdrawals go: its balance is minus what customers hold."""
FEES_ACCOUNT = 2
INSURANCE_ACCOUNT = 3
DUST_ACCOUNT = 4
"""Rounding differences, never lost."""
DEFICIT_ACCOUNT = 5
"""Loss that fund, ADL and socialisation did not cover: negative, and shown as bad debt."""
SYSTEM_ORDER_BASE = 1 << 62
"""Ids of orders that the engine itself places begin here; a customer's id is below."""
CONVERSION_ACCOUNT = 7
"""The venue as buyer of collateral: what it took in, and minus what it paid for it."""
LIQUIDATOR_ACCOUNT = 6
"""Owner of the orders that dispose of taken-over positions; it holds no cash."""
FIRST_LAYER_ACCOUNT = 8
"""The layers of the waterfall are the accounts from here on, LAYERS_MAX of them."""
FIRST_TRADER_ACCOUNT = 16
LAYERS_MAX = 8
SYSTEM_WALLETS = 16 * ASSETS_MAX
"""Wallet rows below this belong to the system accounts, one per account and asset."""

# ---------------------------------------------------------------- rows
TERMS = np.dtype([(name, i8) for name in """
kind settlement_asset index_id mark_units_per_tick lot_value_numerator inverse_parts_per_lot mark_units_per_index_unit
price_ticks_min price_ticks_max order_lots_max position_lots_max open_interest_lots_max open_orders_max triggers_max
market_collar_ppb limit_collar_ppb maker_fee_ppb taker_fee_ppb hidden_pays_taker
rate_method initial_basis maintenance_basis order_margin_method close_fee_reserve funding_in_maintenance
unrealized_profit_opens leverage_default_ppb linear_initial_ppb linear_maintenance_ppb linear_slope_ppb_per_lot
mark_method basis_sample_ns basis_samples basis_source impact_value_atoms basis_round_ns mark_index_band_ppb
funding_interval_ns funding_offset_ns premium_sample_ns interest_ppb funding_clamp_ppb funding_cap_ppb
funding_step_cap_ppb funding_delayed premium_includes_basis
step_down disposal_slice_ppb disposal_limit_ppb disposal_interval_ns fund_share_ppb adl_policy adl_cap_ppb
socialize_losses insurance_scope liquidation_fee_ppb trailing_step_ticks
linear_slope_value_atoms
fixed_initial_atoms fixed_maintenance_atoms
expiry_s settlement_method settlement_window_ns settlement_sample_ns settlement_fee_ppb basis_annual_ppb
session_interval_ns session_offset_ns session_published
funding_accrual_ns premium_missing_is_zero premium_period_ns oi_lower_atoms oi_upper_atoms price_band_ppb
premium_method funding_divisor funding_amount_basis tier_measure impact_lots
close_first equity_taken_max_ppb assigns assignment_edge_ppb adl_at_once
liquidation_step_ppb liquidation_step_min_atoms liquidation_step_max_atoms liquidation_step_ns fillable_spread_ppb
bankruptcy_adjust_ppb
mark_band_far_ppb mark_band_near_ns mark_band_far_ns
margin_call_cure_ns close_out_ppb
funding_smoothing_ppb funding_payment_ns funding_payment_offset_ns
protection_ticks market_limit price_band_ticks price_band_refuses price_band_reference
breaker_ppb breaker_window_ns breaker_pause_ns breaker_group breaker_state liquidation_waits loss_layers
session_profit_held isolated_only withdrawal_gate_ns tiers_for_new
call_initial_ppb maintenance_of_initial_ppb liquidation_step_floor_ppb liquidation_step_fee_ppb
loan_opening_long_ppb loan_opening_short_ppb loan_rollover_long_ppb loan_rollover_short_ppb loan_period_ns recourse
""".split()])
"""Contract terms and rules of one instrument, all 64-bit, each set by one SetTerm command. Meanings:
docs/spec/terms.md."""

TIER = np.dtype([("value_max_atoms", i8), ("initial_ppb", i8), ("maintenance_ppb", i8),
                 ("initial_deduction_atoms", i8), ("maintenance_deduction_atoms", i8)])

FEE_CLASS = np.dtype([("is_set", i8), ("maker_fee_ppb", i8), ("taker_fee_ppb", i8)])

WINDOW_RATE = np.dtype([("initial_ppb", i8), ("maintenance_ppb", i8)])
CLASS_TIER = np.dtype([("end", i8), ("initial_ppb", i4), ("maintenance_ppb", i4)])     # end: atoms, or lots
CLIENT_RULE = np.dtype([("multiplier_ppb", i8), ("floor_ppb", i8), ("close_out_ppb", i8), ("flags", i8),
                        ("tier_count", i8), ("tiers", CLASS_TIER, (CLASS_TIERS_MAX,))])

BREAKER_PART = np.dtype([("low_ticks", i4), ("high_ticks", i4)])

INSTRUMENT = np.dtype([
    ("terms", TERMS), ("tiers", TIER, (TIERS_MAX,)), ("tier_count", i8),
    ("state", i8),                       # TRADING, CANCEL_ONLY, REDUCE_ONLY, POST_ONLY, SETTLED …
    ("mark_price_units", i8), ("mark_unit_value_atoms", i8), ("mark_sequence", i8), ("marked_ns", i8),
    ("index_price_units", i8), ("index_frozen", i8), ("last_price_ticks", i8), ("last_price_units", i8),
    ("open_interest_lots", i8), ("clearing_atoms", i8), ("insurance_atoms", i8),
    ("funding_index_micro", i8),         # cumulative per long lot, millionths of an atom; > 0: longs have paid
    ("funding_rate_ppb", i8), ("funding_rate_next_ppb", i8), ("funding_next_ns", i8), ("funding_cursor", i8),
    ("funding_through_position", i8), ("funding_stamp_ns", i8), ("funding_pending_micro", i8),
    ("premium_sum_ppb", i8), ("premium_count", i8), ("premium_sample_next_ns", i8),
    ("basis_next_ns", i8), ("basis_cursor", i8), ("basis_count", i8), ("basis_units", i8, (BASIS_SAMPLES_MAX,)),
    ("settle_at_ns", i8), ("settle_cursor", i8), ("settle_price_units", i8),
    ("first_takeover", i4), ("moved_queued", i4), ("order_count", i4), ("next_of_index", i4),
    ("disposal_next_ns", i8), ("socialized_atoms", i8), ("position_count", i8),
    ("last_takeover", i4), ("takeover_cursor", i4), ("next_disposing", i4), ("previous_disposing", i4),
    ("takeover_mark_sequence", i8), ("takeovers_long", i4), ("takeovers_short", i4),
    ("loss_pending_atoms", i8), ("settle_phase", i8),
    ("settle_sample_next_ns", i8), ("settle_sum_units", i8), ("settle_count", i8), ("settle_published_units", i8),
    ("session_next_ns", i8), ("session_price_units", i8), ("session_phase", i8), ("session_cursor", i8),
    ("session_loss_atoms", i8), ("accrued_ns", i8), ("accrual_rest", i8),
    ("funding_amount_micro", i8),        # of a long lot, fixed when the rate in force was set (FUND-023)
    ("funding_held", i8),                # 1: what the last stamp exchanged is paid at a later one (FUND-032)
    ("has_window_rates", i8), ("margin_window", i8),
    ("window_rates", WINDOW_RATE, (2 * MARGIN_WINDOWS_MAX,)),   # window x (long, short)
    ("client_rules", CLIENT_RULE, (CLIENT_CLASSES_MAX,)),       # by client class; row 0 stays empty
    ("breaker_until_ns", i8), ("breaker_resume_state", i8),     # while a circuit breaker holds the market
    ("breaker_part", i8),
    ("breaker_parts", BREAKER_PART, (BREAKER_PARTS,)),          # extremes of the look-back, a part each
    ("gated_until_ns", i8),              # isolated collateral may not be taken out before (LOSS-008)
    ("terms_epoch", i8), ("kept_tiers", i8),                    # positions of an earlier epoch keep these (MARG-045)
    ("kept_maintenance_ppb", i8, (TIERS_MAX,)),
    ("class_steps", i8),                 # schedules of classes that have more than one tier
    ("first_loan", i4), ("last_loan", i4),                      # positions with a loan, by when it is due
    ("plain_terms", i8),                 # 1: an ordinary order's margin goes the short way (engine/short_way.py)
])

INDEX_SOURCE = np.dtype([("weight_ppb", i8), ("price_units", i8), ("priced_ns", i8), ("state", i8),
                         ("near_since_ns", i8)])
INDEX = np.dtype([
    ("is_set", i8), ("stale_after_ns", i8), ("outlier_ppb", i8), ("readmit_ppb", i8), ("readmit_after_ns", i8),
    ("sources_min", i8), ("price_units", i8), ("priced_ns", i8), ("frozen", i8), ("first_instrument", i8),
    ("sources", INDEX_SOURCE, (INDEX_SOURCES_MAX,)),
    ("clamp_ppb", i8),
    ("price_units_max", i8),             # the highest price whose mark units fit for every linked instrument
    ("moved_queued", i8),                # only where collateral is priced by it (is_collateral_price)
    ("is_collateral_price", i8),
])

COLLATERAL = np.dtype([                  # an asset that counts for a hub; scale: hub atoms per atom and index unit
    ("asset", i8), ("index_id", i8), ("haircut_ppb", i8), ("conversion_fee_ppb", i8), ("numerator", i8),
    ("denominator", i8),
])
ASSIGNEE = np.dtype([                    # an account that takes positions from the liquidation engine; 0: a free row
    ("account", i4), ("position", i4), ("sides", i8), ("size_max_lots", i8), ("position_max_lots", i8),
    ("given_lots", i8),                  # in the look at a takeover that is under way
])
HUB = np.dtype([                         # of an asset: what counts for it, and what it counts for
    ("count", i8), ("pledged_to", i8), ("pledged_slot", i8), ("rows", COLLATERAL, (COLLATERALS_PER_HUB,)),
])

ACCOUNT = np.dtype([
    ("is_open", i4), ("parent_account", i4), ("first_wallet", i4), ("fee_class", i4), ("restrictions", i4),
    ("self_trade_mode", i4), ("order_count", i4), ("client_class", i4),
])

WALLET = np.dtype([                      # cash of one account in one asset, and its cross collateral group
    ("balance_atoms", i8), ("initial_requirement_atoms", i8), ("floor_atoms", i8), ("floor_exposure_atoms", i8),
    ("account", i4), ("asset", i4), ("next_wallet", i4), ("position_count", i4),
    ("liquidation", i2), ("floor_kind", i2), ("first_holding", i4), ("floor_drift_ppb", i8),
    ("positions", i4, (WALLET_SLOTS,)),  # rows with a size, an order or collateral; dense up to position_count
])
HOLDING = np.dtype([("positions", i4, (15,)), ("next_holding", i4)])

POSITION = np.dtype([                    # one account in one instrument: size, margin mode, own orders
    # first and second cache line: what a new or canceled order reads and writes
    ("size_lots", i8), ("entry_value_atoms", i8), ("requirement_atoms", i8), ("own_requirement_atoms", i8),
    ("open_buy_lots", i8), ("open_sell_lots", i8), ("open_buy_value_atoms", i8), ("open_sell_value_atoms", i8),
    ("account", i4), ("instrument", i4), ("wallet", i4), ("leverage_rate_ppb", i4),
    ("first_order", i4), ("order_count", i4), ("wallet_slot", i4), ("isolated", i1), ("terms_epoch", i1),
    ("liquidation", i2),
    ("tier", i2), ("dirty", i1), ("client_class", i1),
    ("own_requirement_key", i4),   # of the kept own requirement: tier + 1, 0 unknown
    ("reduce_only_lots", i8), ("funding_index_micro", i8), ("first_trigger", i4), ("trigger_count", i4),
    # third: what fills and marks need
    ("collateral_atoms", i8), ("realized_atoms", i8), ("band_units", i8), ("opened_ns", i8),
    ("protected_buy_lots", i8), ("protected_sell_lots", i8), ("first_bracket", i4), ("bracket_count", i4),
    ("session_start_atoms", i8),         # realized_atoms when the last session ended
])

LEVEL = np.dtype([("displayed_lots", i8), ("total_lots", i8), ("head", i4), ("tail", i4)])
LEVEL_PAGE = np.dtype([("levels", LEVEL, (PAGE_TICKS,)), ("bits", i8, (2, PAGE_TICKS // 64)), ("summary", i8, (2,)),
                       ("instrument", i4), ("page", i4)])
BOOK = np.dtype([                        # side index 0: bids, 1: asks
    ("best_bid_ticks", i4), ("best_ask_ticks", i4), ("pages", i4, (PAGES_PER_BOOK,)),
    ("bits", i8, (2, PAGES_PER_BOOK // 64)), ("summary", i8, (2, PAGES_PER_BOOK // 4096)),
])

ORDER = np.dtype([
    ("order_id", i8), ("remaining_lots", i8), ("displayed_lots", i8), ("unit_value_atoms", i8),
    ("price_ticks", i4), ("account", i4), ("position", i4), ("previous", i4), ("next", i4), ("instrument", i4),
    ("own_previous", i4), ("own_next", i4),
    ("display_size_lots", i8), ("expires_ns", i8), ("oco_order_id", i8), ("takeover", i4), ("bracket", i4),
    ("side", i1), ("time_in_force", i1), ("self_trade_mode", i1), ("target_index", i1), ("flags", i4),
    ("placed_ns", i8), ("pad", i8), ("next_in_slot", i4), ("pad2", i4),
])

TRIGGER = np.dtype([                     # an order that waits for a price
    ("order_id", i8), ("size_lots", i8), ("limit_ticks", i8), ("trigger_units", i8), ("trail_offset_units", i8),
    ("trail_peak_units", i8), ("expires_ns", i8), ("oco_order_id", i8), ("display_size_lots", i8),
    ("account", i4), ("position", i4), ("instrument", i4), ("bracket", i4), ("own_previous", i4), ("own_next", i4),
    ("order_type", i1), ("side", i1), ("source", i1), ("time_in_force", i1), ("flags", i4), ("self_trade_mode", i4),
    ("fires_rising", i1), ("fired", i1), ("pad", i2), ("generation", i4), ("next_in_slot", i4), ("pad2", i4, (2,)),
])

BRACKET = np.dtype([                     # stop and targets carried by an entry
    ("entry_order_id", i8), ("protected_lots", i8), ("filled_lots", i8), ("entry_value_atoms", i8),
    ("position", i4), ("side", i4), ("trigger", i4), ("next_bracket", i4), ("previous_bracket", i4),
    ("stop_ticks", i4), ("trail_offset_ticks", i4), ("stop_source", i4), ("ladder", i4), ("target_count", i4),
    ("targets_done", i4), ("entry_open", i4), ("dirty", i4), ("pad", i4), ("next_dirty", i4), ("stop_fired", i4),
    ("target_ticks", i4, (BRACKET_TARGETS_MAX,)), ("target_share_ppb", i8, (BRACKET_TARGETS_MAX,)),
    ("target_order_id", i8, (BRACKET_TARGETS_MAX,)), ("target_filled_lots", i8, (BRACKET_TARGETS_MAX,)),
    ("target_asked_lots", i8, (BRACKET_TARGETS_MAX,)), ("target_row", i4, (BRACKET_TARGETS_MAX,)),
    ("target_withdrawn", i4, (BRACKET_TARGETS_MAX,)),
])

TAKEOVER = np.dtype([                    # a position held by the liquidation engine, at its bankruptcy value
    ("size_lots", i8), ("entry_value_atoms", i8), ("taken_lots", i8), ("order_id", i8), ("opened_ns", i8),
    ("surplus_atoms", i8), ("account", i4), ("instrument", i4), ("bankruptcy_ticks", i4), ("next_takeover", i4),
    ("previous_takeover", i4), ("is_posted", i4), ("next_action_ns", i8), ("bankruptcy_units", i8), ("pad", i8),
])

WATCH_NODE = np.dtype([("key_units", i8), ("previous", i4), ("next", i4), ("ladder", i4), ("pad", i4)])
WATCH_PAGE_RECORD = np.dtype([("heads", i4, (WATCH_PAGE,)), ("tails", i4, (WATCH_PAGE,)),
                              ("bits", i8, (WATCH_PAGE // 64,)),
                              ("summary", i8), ("live", i8)])
WATCH_LADDER = np.dtype([("pages", i4, (WATCH_PAGES_PER_LADDER,)), ("bits", i8, (WATCH_PAGES_PER_LADDER // 64 + 1,))])

ORDER_SLOT = np.dtype([("code", i4)])
POSITION_SLOT = np.dtype([("row", i4)])
POOL = np.dtype([("free", i8), ("high_water", i8), ("live", i8)])
RING = np.dtype([("head", i8), ("count", i8)])
EXPIRY = np.dtype([("expires_ns", i8), ("order_id", i8)])
ADL_ENTRY = np.dtype([("score", i8), ("lots", i8), ("lots_max", i8), ("position", i4), ("pad", i4)])
ADL = np.dtype([                         # a ranking of one side of one instrument, and what it is used for
    ("phase", i8), ("instrument", i8), ("side", i8), ("mark_sequence", i8), ("cursor", i8), ("count", i8),
    ("takeover", i8),
    ("fresh", i8), ("deficit_atoms", i8), ("placed_atoms", i8), ("begun_mark_sequence", i8),
    ("visited", i8),
])
LOSS = np.dtype([                        # a loss being shared out over the profits of one instrument
    ("phase", i8), ("instrument", i8), ("cursor", i8), ("count", i8), ("atoms", i8), ("weight_atoms", i8),
    ("passed_atoms", i8), ("charged_atoms", i8), ("pending_count", i8),
    ("asset", i8),                       # > 0: shared over all who earned in the asset; rows are wallets
])
ASSET = np.dtype([                       # what instruments settled in one asset have in common
    ("session_phase", i8), ("session_loss_atoms", i8), ("loss_pending_atoms", i8),
    ("gated_until_ns", i8),              # nothing is paid out before (LOSS-008)
])
GROUP_REFERENCE = np.dtype([("row", i4), ("isolated", i4)])
LIQUIDATION = np.dtype([("row", i4), ("isolated", i4), ("step", i4), ("attempts", i4), ("started_ns", i8),
                        ("canceled", i8), ("next_ns", i8)])

MARGIN_CALL = np.dtype([                 # a wallet that was given time; rows 1 to call_count, no gaps
    ("wallet", i8), ("called_ns", i8), ("deadline_ns", i8), ("close_out_ppb", i8), ("due_atoms", i8),
])

LOAN = np.dtype([                        # what a position was opened with, at the position's row; due_ns 0: none
    ("due_ns", i8), ("lots", i8), ("entry_atoms", i8), ("rate_ppb", i4), ("next", i4), ("previous", i4), ("pad", i4),
])

WORKING = np.dtype([                     # the order being matched: filled by orders/liquidation, consumed by matching
    ("order_id", i8), ("remaining_lots", i8), ("display_size_lots", i8), ("expires_ns", i8), ("oco_order_id", i8),
    ("limit_ticks", i8), ("checked_ticks", i8), ("filled_lots", i8), ("filled_value_atoms", i8), ("stop_reason", i8),
    ("account", i4), ("position", i4), ("instrument", i4), ("takeover", i4), ("bracket", i4), ("fill_count", i4),
    ("side", i1), ("time_in_force", i1), ("self_trade_mode", i1), ("order_type", i1), ("flags", i4),
    ("target_index", i4),
    ("required_order_id", i8), ("required_atoms", i8), ("required_tier", i8), ("required_unit_atoms", i8),
])

COMMAND = np.dtype([
    # the first 96 bytes: what an order without targets says; a NOTE's text lies in size_lots to oco_order_id
    ("time_ns", i8), ("order_id", i8), ("size_lots", i8), ("display_lots", i8), ("expires_ns", i8),
    ("amount_atoms", i8), ("value", i8), ("oco_order_id", i8),
    ("price_ticks", i4), ("account", i4), ("instrument", i4), ("flags", i4),
    ("kind", i2), ("side", i1), ("order_type", i1), ("time_in_force", i1), ("trigger_source", i1),
    ("self_trade_mode", i1), ("bracket_ladder", i1), ("stop_ticks", i4), ("trail_offset_ticks", i4),
    ("target_ticks", i4, (BRACKET_TARGETS_MAX,)),
    ("target_share_ppb", i4, (BRACKET_TARGETS_MAX,)),
    ("trigger_ticks", i4), ("parameter", i4), ("other_account", i4), ("asset", i4),
    ("stop_source", i1), ("pad1", i1), ("pad2", i2), ("pad3", i4), ("pad4", i8),
])

EVENT = np.dtype([
    # first cache line: all that an accepted, resting or canceled order says (events.order_event)
    ("sequence", i8), ("time_ns", i8), ("command_sequence", i8), ("order_id", i8), ("size_lots", i8),
    ("price_ticks", i8), ("account", i4), ("instrument", i4),
    ("kind", i2), ("reason", i2), ("side", i1), ("order_type", i1), ("flags", i2),
    # second and third
    ("other_account", i4), ("asset", i4), ("maker_order_id", i8), ("remaining_lots", i8), ("maker_remaining_lots", i8),
    ("value_atoms", i8), ("fee_atoms", i8), ("maker_fee_atoms", i8), ("realized_atoms", i8),
    ("maker_realized_atoms", i8), ("collateral_atoms", i8), ("maker_collateral_atoms", i8),
    ("price_units", i8), ("cash_atoms", i8), ("equity_atoms", i8), ("requirement_atoms", i8), ("rate_ppb", i8),
])

AHEAD = np.dtype([("order", i4), ("position", i4)])     # rows a coming command is expected to touch

OUTBOX = np.dtype([                      # ``wide``: rows written beyond their first cache line, to be wiped again
    ("count", i8), ("consumed", i8), ("wide_count", i8), ("pad", i8, (5,)), ("events", EVENT, (OUTBOX_EVENTS,)),
    ("wide", i4, (OUTBOX_EVENTS,)), ("ahead", AHEAD, (16,)),
])


def _pools(names: str) -> list:
    return [(f"{name}_pool", POOL) for name in names.split()]


STATE_FIELDS = [
    ("event_sequence", i8), ("command_sequence", i8), ("now_ns", i8), ("timer_next_ns", i8), ("work_budget", i8),
    ("book_only", i8), ("bands_off", i8), ("order_id_last", i8), ("first_dirty_bracket", i8), ("instrument_last", i8),
    ("index_last", i8),
    ("funding_cursor", i8), ("funding_rows_left", i8), ("funding_wrap_row", i8), ("drift_ppb", i8),
    *_pools("wallets holdings positions orders triggers brackets takeovers level_pages watch_pages expiries"),
    ("dirty_ring", RING), ("liquidation_ring", RING), ("fired_ring", RING), ("moved_ring", RING), ("cancel_ring", RING),
    ("working", WORKING), ("working_saved", WORKING), ("adl", ADL), ("loss", LOSS),
    ("system_order_count", i8), ("first_disposing", i8), ("settle_next_ns", i8), ("settling", i8),
    ("sessions_ending", i8),
    ("call_count", i8), ("call_due_ns", i8), ("call_next_ns", i8), ("call_cursor", i8),
    ("collateral_count", i8), ("early_calls", i8), ("loan_due_ns", i8), ("loans_due", i8),
    ("owed_atoms", i8, (ASSETS_MAX,)),   # ever charged to owners for losses beyond their equity, by asset
    ("fee_classes", FEE_CLASS, (FEE_CLASSES_MAX,)), ("hubs", HUB, (ASSETS_MAX,)),
    ("assignees", ASSIGNEE, (INSTRUMENTS_MAX * ASSIGNEES_PER_INSTRUMENT,)),
    ("indices", INDEX, (INDICES_MAX,)), ("instruments", INSTRUMENT, (INSTRUMENTS_MAX,)),
    ("accounts", ACCOUNT, (ACCOUNTS_MAX,)), ("wallets", WALLET, (WALLETS_MAX,)), ("holdings", HOLDING, (HOLDINGS_MAX,)),
    ("positions", POSITION, (POSITIONS_MAX,)), ("orders", ORDER, (ORDERS_MAX,)), ("triggers", TRIGGER, (TRIGGERS_MAX,)),
    ("brackets", BRACKET, (BRACKETS_MAX,)), ("takeovers", TAKEOVER, (TAKEOVERS_MAX,)),
    ("position_index", POSITION_SLOT, (POSITION_SLOTS,)), ("order_slots", ORDER_SLOT, (ORDER_SLOTS,)),
    ("books", BOOK, (INSTRUMENTS_MAX,)), ("level_pages", LEVEL_PAGE, (LEVEL_PAGES_MAX,)),
    ("watch_ladders", WATCH_LADDER, (WATCH_LADDERS,)), ("watch_nodes", WATCH_NODE, (WATCH_NODES_MAX,)),
    ("watch_pages", WATCH_PAGE_RECORD, (WATCH_PAGES_MAX,)),
    ("expiries", EXPIRY, (EXPIRIES_MAX,)), ("dirty", i4, (DIRTY_MAX,)),
    ("liquidations", LIQUIDATION, (LIQUIDATIONS_MAX,)), ("adl_entries", ADL_ENTRY, (POSITIONS_MAX,)),
    ("fired", i4, (FIRED_MAX,)), ("moved", i4, (MOVED_MAX,)), ("cancels", i8, (CANCELS_MAX,)),
    ("margin_calls", MARGIN_CALL, (MARGIN_CALLS_MAX,)), ("wallet_calls", i4, (WALLETS_MAX,)),
    ("assets", ASSET, (ASSETS_MAX,)),
    ("wallet_results", i8, (WALLETS_MAX,)),     # realized in the session under way (SESS-004)
    ("loans", LOAN, (POSITIONS_MAX,)),
]


def _aligned(fields: list) -> list:
    """The same fields with padding so that every table begins on a cache line."""
    aligned, offset = [], 0
    for number, field in enumerate(fields):
        dtype = np.dtype(field[1]) if len(field) == 2 else np.dtype((field[1], field[2]))
        if len(field) == 3 and offset % 64:
            gap = 64 - offset % 64
            aligned.append((f"gap_{number}", i1, (gap,)))
            offset += gap
        aligned.append(field)
        offset += dtype.itemsize
    return aligned


STATE = np.dtype(_aligned(STATE_FIELDS))
assert STATE.itemsize < 1 << 31, "NumPy refuses a record of 2 GiB and more"
assert COMMAND.itemsize % 8 == 0 and EVENT.itemsize % 8 == 0 and POSITION.itemsize == 192


name_records(state=STATE, out=OUTBOX, command=COMMAND, far=COMMAND, near=COMMAND, following=COMMAND, soon=COMMAND,
             working=WORKING, instrument=INSTRUMENT, terms=TERMS,
             position=POSITION,
             wallet=WALLET, order=ORDER, maker=ORDER, trigger=TRIGGER, takeover=TAKEOVER, bracket=BRACKET,
             case=LIQUIDATION)


# ---------------------------------------------------------------- compiled form
@functools.lru_cache(maxsize=1024)
def _record_type(dtype: np.dtype) -> np.dtype:
    """One object for every dtype: with another one that is only equal, each call of a kernel would compare them field
    by field."""
    return np.dtype((np.record, dtype))


def as_record(array: np.ndarray) -> np.ndarray:
    """The same array with rows seen as records (fields as attributes), the form kernels take."""
    return array.view(_record_type(array.dtype))


# ---------------------------------------------------------------- plain form
def _plain_class(dtype: np.dtype) -> type:
    """A class with one slot per field; sub-tables and arrays appear when first touched."""
    makers = {name: _plain_maker(dtype.fields[name][0]) for name in dtype.names}
    return type("Row", (), {"__slots__": dtype.names, "__init__": row_initializer(makers), "dtype": dtype})


class _Rows(dict):
    """A table of plain rows, each made when first touched; an index outside the table raises IndexError."""

    __slots__ = ("make", "length")

    def __init__(self, make, length):
        super().__init__()
        self.make, self.length = make, length

    def __len__(self):
        return self.length

    def __missing__(self, index):
        if type(index) is tuple:
            row = self
            for step in index:
                row = row[step]
            return row
        if not 0 <= index < self.length:
            raise IndexError(f"row {index} of a table of {self.length}")
        row = self[index] = self.make()
        return row


class _Grid(_Rows):
    """A two-dimensional array of integers, indexed by a pair."""

    __slots__ = ("columns",)

    def __missing__(self, index):
        row, column = index
        if not (0 <= row < self.length and 0 <= column < self.columns):
            raise IndexError(f"{index} of a grid of {self.length} x {self.columns}")
        return 0


_classes: dict = {}


@functools.cache
def _plain_maker(dtype: np.dtype):
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        if len(shape) == 2:
            def make_grid():
                grid = _Grid(int, shape[0])
                grid.columns = shape[1]
                return grid
            return make_grid
        make = _plain_maker(base)
        return lambda: _Rows(make, shape[0])
    if dtype.names:
        if dtype not in _classes:
            _classes[dtype] = _plain_class(dtype)
        return _classes[dtype]
    return int


def empty_row(dtype: np.dtype):
    """A plain object with the fields of ``dtype``, all zero: what plain rules read where there is no engine."""
    return _plain_maker(dtype)()


def plain_row(record, dtype: np.dtype):
    """A plain object with the contents of one NumPy record (for commands)."""
    row = _plain_maker(dtype)()
    for name, value in zip(dtype.names, record.item()):
        if isinstance(value, int):
            setattr(row, name, value)
        else:
            target = getattr(row, name)
            for index, item in enumerate(value.tolist()):
                target[index] = item
    return row


event_tuple = operator.attrgetter(*EVENT.names)
"""The integers of one plain event row, in the order of EVENT."""


# ---------------------------------------------------------------- both forms
def new_state():
    """An empty state: a record array of one (compiled) or a list of one plain object."""
    return as_record(mapped(STATE)) if COMPILED else [_plain_maker(STATE)()]


def new_outbox():
    """An empty outbox, in the form of :func:`new_state`."""
    return as_record(mapped(OUTBOX)) if COMPILED else [_plain_maker(OUTBOX)()]


def new_commands(count: int) -> np.ndarray:
    """``count`` empty command records (a NumPy array in both forms)."""
    return np.zeros(count, COMMAND)
