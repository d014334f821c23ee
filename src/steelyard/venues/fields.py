"""Which figures an instrument has, how each is written, and which engine term it becomes.

One row per figure: ``section.key`` in the file, the parser, the term. A term that no row sets is derived in
``profile``.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..codes import (
    ADL_CAPPED_PRO_RATA,
    ADL_NONE,
    ADL_PRO_RATA,
    ADL_QUEUE,
    ADL_RANDOM_PAIRS,
    BAND_FROM_MARK,
    BAND_FROM_TRADED,
    BASIS_ENTRY,
    BASIS_FROM_IMPACT_MID,
    BASIS_FROM_MID,
    BASIS_LOAN,
    BASIS_MARK,
    FUNDING_AMOUNT_INDEX_AT_RATE,
    FUNDING_AMOUNT_MARK_AT_STAMP,
    INSURANCE_ASSET,
    INSURANCE_INSTRUMENT,
    MARK_ANNUAL_BASIS,
    MARK_BASIS_AVERAGE,
    MARK_FUNDING_BASIS,
    MARK_MEDIAN_OF_THREE,
    MARK_ORACLE_ONLY,
    ORDER_MARGIN_BIDS_NET_OF_OFFERS,
    ORDER_MARGIN_BOTH_SIDES,
    ORDER_MARGIN_WORSE_SIDE,
    PREMIUM_IMPACT_BEYOND_MARK,
    PREMIUM_IMPACT_MID,
    PREMIUM_MARK,
    RATES_FIXED,
    RATES_LINEAR,
    RATES_STEPS_MARGINAL,
    RATES_STEPS_WHOLE,
    SETTLE_AT_INDEX_AVERAGE,
    SETTLE_AT_MARK,
    SETTLE_AT_PUBLISHED,
    SOCIALIZE_AT_SESSION,
    SOCIALIZE_AT_SESSION_BY_ASSET,
    STATE_CANCEL_ONLY,
    STATE_HALTED,
    TIERS_BY_LOTS,
    TIERS_BY_VALUE,
)
from . import values
from .values import choice, or_none


class Field(NamedTuple):
    """One figure of an instrument."""

    key: str
    parse: Callable[[Any, Any, str], int]
    term: str
    optional: bool = False          # absent means 0: the rule does not apply


VALUED_AT = choice({"entry": BASIS_ENTRY, "mark": BASIS_MARK, "loan": BASIS_LOAN})

FIELDS = (
    Field("prices.min", values.price_ticks, "price_ticks_min"),
    Field("prices.max", values.price_ticks, "price_ticks_max"),
    Field("prices.market_collar", or_none(values.rate), "market_collar_ppb"),
    Field("prices.limit_collar", or_none(values.rate), "limit_collar_ppb"),
    Field("orders.size_max", values.size_lots, "order_lots_max"),
    Field("orders.position_max", values.size_lots, "position_lots_max"),
    Field("orders.open_interest_max", or_none(values.size_lots), "open_interest_lots_max"),
    Field("orders.open_orders_max", values.count, "open_orders_max"),
    Field("orders.triggers_max", values.count, "triggers_max"),
    Field("orders.hidden_pays_taker", values.flag, "hidden_pays_taker"),
    Field("orders.trailing_step", values.price_ticks, "trailing_step_ticks"),
    Field("fees.maker", values.signed_rate, "maker_fee_ppb"),
    Field("fees.taker", values.rate, "taker_fee_ppb"),
    Field("margin.schedule", choice({"whole value": RATES_STEPS_WHOLE, "slice by slice": RATES_STEPS_MARGINAL,
                                     "linear in size": RATES_LINEAR, "per contract": RATES_FIXED}),
          "rate_method"),
    Field("margin.initial_on", VALUED_AT, "initial_basis"),
    Field("margin.maintenance_on", VALUED_AT, "maintenance_basis"),
    Field("margin.orders", choice({"worse side": ORDER_MARGIN_WORSE_SIDE, "both sides": ORDER_MARGIN_BOTH_SIDES,
                                   "bids net of offers": ORDER_MARGIN_BIDS_NET_OF_OFFERS}), "order_margin_method"),
    Field("margin.closing_fee_reserved", values.flag, "close_fee_reserve"),
    Field("margin.funding_in_maintenance", values.flag, "funding_in_maintenance"),
    Field("margin.profit_opens", values.flag, "unrealized_profit_opens"),
    Field("margin.leverage_default", or_none(values.leverage_rate), "leverage_default_ppb"),
    Field("margin.linear_initial", values.rate, "linear_initial_ppb", optional=True),
    Field("margin.linear_maintenance", values.rate, "linear_maintenance_ppb", optional=True),
    Field("margin.linear_slope_per_lot", values.rate, "linear_slope_ppb_per_lot", optional=True),
    Field("mark.method", choice({"funding basis": MARK_FUNDING_BASIS, "basis average": MARK_BASIS_AVERAGE,
                                 "median of three": MARK_MEDIAN_OF_THREE, "oracle": MARK_ORACLE_ONLY,
                                 "annual basis": MARK_ANNUAL_BASIS}), "mark_method"),
    Field("mark.impact_value", or_none(values.cash_atoms), "impact_value_atoms"),
    Field("mark.basis_sample", values.duration, "basis_sample_ns", optional=True),
    Field("mark.basis_samples", values.count, "basis_samples", optional=True),
    Field("mark.basis_from", choice({"mid": BASIS_FROM_MID, "impact mid": BASIS_FROM_IMPACT_MID}), "basis_source",
          optional=True),
    Field("mark.basis_round", values.duration, "basis_round_ns", optional=True),
    Field("mark.index_band", or_none(values.rate), "mark_index_band_ppb"),
    Field("funding.interval", or_none(values.duration), "funding_interval_ns"),
    Field("funding.offset", values.offset, "funding_offset_ns"),
    Field("funding.premium_sample", or_none(values.duration), "premium_sample_ns"),
    Field("funding.interest", values.signed_rate, "interest_ppb"),
    Field("funding.clamp", or_none(values.rate), "funding_clamp_ppb"),
    Field("funding.cap", or_none(values.rate), "funding_cap_ppb", optional=True),
    Field("funding.step_cap", or_none(values.rate), "funding_step_cap_ppb", optional=True),
    Field("funding.charged_one_interval_later", values.flag, "funding_delayed"),
    Field("funding.premium_includes_basis", values.flag, "premium_includes_basis"),
    Field("liquidation.step_down", values.flag, "step_down"),
    Field("liquidation.slice", values.rate, "disposal_slice_ppb"),
    Field("liquidation.price_limit", or_none(values.rate), "disposal_limit_ppb"),
    Field("liquidation.interval", or_none(values.duration), "disposal_interval_ns"),
    Field("liquidation.fund_share", values.rate, "fund_share_ppb"),
    Field("liquidation.fee", or_none(values.rate), "liquidation_fee_ppb"),
    Field("losses.adl", choice({"none": ADL_NONE, "queue": ADL_QUEUE, "pro rata": ADL_PRO_RATA,
                                "capped pro rata": ADL_CAPPED_PRO_RATA, "random pairs": ADL_RANDOM_PAIRS}),
          "adl_policy"),
    Field("losses.adl_cap", values.rate, "adl_cap_ppb", optional=True),
    Field("losses.socialize", values.flag_or({
        "at session": SOCIALIZE_AT_SESSION, "at session by asset": SOCIALIZE_AT_SESSION_BY_ASSET}), "socialize_losses"),
    Field("losses.fund", choice({"per asset": INSURANCE_ASSET, "per instrument": INSURANCE_INSTRUMENT}),
          "insurance_scope"),
    Field("margin.linear_slope_per_coin_of_value", values.atoms_per_ppb, "linear_slope_value_atoms", optional=True),
    Field("liquidation.margin_call_cure", or_none(values.duration), "margin_call_cure_ns", optional=True),
    Field("liquidation.close_out", or_none(values.rate), "close_out_ppb", optional=True),
    Field("margin.fixed_maintenance", values.cash_per_lot, "fixed_maintenance_atoms", optional=True),
    Field("settlement.price", choice({"mark": SETTLE_AT_MARK, "index average": SETTLE_AT_INDEX_AVERAGE,
                                      "published": SETTLE_AT_PUBLISHED}), "settlement_method", optional=True),
    Field("settlement.window", values.duration, "settlement_window_ns", optional=True),
    Field("settlement.sample", values.duration, "settlement_sample_ns", optional=True),
    Field("settlement.fee", or_none(values.rate), "settlement_fee_ppb", optional=True),
    Field("session.interval", or_none(values.duration), "session_interval_ns", optional=True),
    Field("session.offset", values.offset, "session_offset_ns", optional=True),
    Field("session.price", choice({"mark": 0, "published": 1}), "session_published", optional=True),
    Field("funding.accrues_over", or_none(values.duration), "funding_accrual_ns", optional=True),
    Field("funding.missing_samples_are_zero", values.flag, "premium_missing_is_zero", optional=True),
    Field("funding.rate_period", or_none(values.duration), "premium_period_ns", optional=True),
    Field("margin.open_interest_lower", or_none(values.cash_atoms), "oi_lower_atoms", optional=True),
    Field("margin.open_interest_upper", or_none(values.cash_atoms), "oi_upper_atoms", optional=True),
    Field("prices.band", or_none(values.rate), "price_band_ppb", optional=True),
    Field("liquidation.step", or_none(values.rate), "liquidation_step_ppb", optional=True),
    Field("liquidation.step_min", or_none(values.cash_atoms), "liquidation_step_min_atoms", optional=True),
    Field("liquidation.step_max", or_none(values.cash_atoms), "liquidation_step_max_atoms", optional=True),
    Field("liquidation.step_interval", or_none(values.duration), "liquidation_step_ns", optional=True),
    Field("liquidation.fillable_spread", or_none(values.ratio), "fillable_spread_ppb", optional=True),
    Field("liquidation.bankruptcy_adjust", or_none(values.ratio), "bankruptcy_adjust_ppb", optional=True),
    Field("mark.annual_basis", values.signed_rate, "basis_annual_ppb", optional=True),
    Field("funding.premium_from", choice({"impact beyond mark": PREMIUM_IMPACT_BEYOND_MARK,
                                          "impact mid": PREMIUM_IMPACT_MID, "mark": PREMIUM_MARK}), "premium_method",
          optional=True),
    Field("funding.premium_divisor", values.count, "funding_divisor", optional=True),
    Field("funding.amount", choice({"mark at stamp": FUNDING_AMOUNT_MARK_AT_STAMP,
                                    "index at rate": FUNDING_AMOUNT_INDEX_AT_RATE}), "funding_amount_basis",
          optional=True),
    Field("mark.index_band_far", or_none(values.rate), "mark_band_far_ppb", optional=True),
    Field("mark.band_near", values.duration, "mark_band_near_ns", optional=True),
    Field("mark.band_far", values.duration, "mark_band_far_ns", optional=True),
    Field("mark.impact_size", or_none(values.size_lots), "impact_lots", optional=True),
    Field("liquidation.close_first", values.flag, "close_first", optional=True),
    Field("liquidation.equity_taken_max", or_none(values.rate), "equity_taken_max_ppb", optional=True),
    Field("liquidation.assigns", values.flag, "assigns", optional=True),
    Field("liquidation.assignment_edge", or_none(values.rate), "assignment_edge_ppb", optional=True),
    Field("losses.adl_at_once", values.flag, "adl_at_once", optional=True),
    Field("margin.tiers_measure", choice({"value": TIERS_BY_VALUE, "size": TIERS_BY_LOTS}), "tier_measure",
          optional=True),
    Field("funding.smoothing", or_none(values.rate), "funding_smoothing_ppb", optional=True),
    Field("funding.paid_every", or_none(values.duration), "funding_payment_ns", optional=True),
    Field("funding.paid_offset", values.offset, "funding_payment_offset_ns", optional=True),
    Field("prices.protection", or_none(values.price_ticks), "protection_ticks", optional=True),
    Field("orders.market_limit", values.flag, "market_limit", optional=True),
    Field("prices.band_points", or_none(values.price_ticks), "price_band_ticks", optional=True),
    Field("prices.band_refuses", values.flag, "price_band_refuses", optional=True),
    Field("prices.band_from", choice({"mark": BAND_FROM_MARK, "last": BAND_FROM_TRADED}), "price_band_reference",
          optional=True),
    Field("breaker.variant", or_none(values.rate), "breaker_ppb", optional=True),
    Field("breaker.window", values.duration, "breaker_window_ns", optional=True),
    Field("breaker.pause", values.duration, "breaker_pause_ns", optional=True),
    Field("breaker.group", values.count, "breaker_group", optional=True),
    Field("breaker.state", choice({"cancel only": STATE_CANCEL_ONLY, "halted": STATE_HALTED}), "breaker_state",
          optional=True),
    Field("liquidation.waits", values.flag, "liquidation_waits", optional=True),
    Field("losses.layers", values.count, "loss_layers", optional=True),
    Field("session.profit_held", values.flag, "session_profit_held", optional=True),
    Field("margin.isolated_only", values.flag, "isolated_only", optional=True),
    Field("margin.changes_hold_for", choice({"all positions": 0, "new positions": 1}), "tiers_for_new", optional=True),
    Field("losses.withdrawal_gate", or_none(values.duration), "withdrawal_gate_ns", optional=True),
    Field("liquidation.call_at_initial", or_none(values.rate), "call_initial_ppb", optional=True),
    Field("margin.maintenance_of_initial", or_none(values.rate), "maintenance_of_initial_ppb", optional=True),
    Field("liquidation.step_floor", or_none(values.rate), "liquidation_step_floor_ppb", optional=True),
    Field("liquidation.step_fee", or_none(values.rate), "liquidation_step_fee_ppb", optional=True),
    Field("loan.opening_long", or_none(values.rate), "loan_opening_long_ppb", optional=True),
    Field("loan.opening_short", or_none(values.rate), "loan_opening_short_ppb", optional=True),
    Field("loan.rollover_long", or_none(values.rate), "loan_rollover_long_ppb", optional=True),
    Field("loan.rollover_short", or_none(values.rate), "loan_rollover_short_ppb", optional=True),
    Field("loan.period", or_none(values.duration), "loan_period_ns", optional=True),
    Field("losses.recourse", values.flag, "recourse", optional=True),
)

GEOMETRY = ("contract.size", "contract.lot", "contract.tick", "contract.mark_unit", "contract.rounded_per")
"""Read first: they are the grid every other figure of the instrument is measured on."""

TIERS = ("margin.initial", "margin.maintenance", "margin.tier_base", "margin.tier_step", "margin.tier_count",
         "margin.tiers")
"""Either base rates and a generator of equal steps, or a list of tiers."""

SHARES = {"funding.cap_of_margin_gap": "funding_cap_ppb", "funding.step_cap_of_maintenance": "funding_step_cap_ppb"}
"""Caps that a venue states as a share of its margin rates instead of a number.  PROF-008"""

WINDOWS = ("margin.windows",)
"""Least rates by side and window of the day.  PROF-030"""

CLASSES = ("margin.class_schedules",)
"""Tiers of classes of clients, in place of the instrument's own.  PROF-031"""

FIXED = ("margin.initial_of_maintenance", "margin.initial_step")
"""How the initial amount per contract follows from the maintenance amount.  PROF-020"""

DERIVED_TERMS = ("kind", "settlement_asset", "index_id", "mark_units_per_tick", "lot_value_numerator",
                 "inverse_parts_per_lot", "mark_units_per_index_unit", "fixed_initial_atoms", "expiry_s")
"""Terms that follow from the contract's grid and ids.  PROF-006"""

CALENDAR = ("calendar.state",)
"""What is no term: the state a contract is in by its venue's calendar.  PROF-016"""

KEYS = tuple(field.key for field in FIELDS) + GEOMETRY + TIERS + tuple(SHARES) + FIXED + CALENDAR + WINDOWS + CLASSES
SECTIONS = tuple(dict.fromkeys(key.split(".")[0] for key in KEYS))
