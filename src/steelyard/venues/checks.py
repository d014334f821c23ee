"""What must be true of an instrument as a whole before it is offered to the engine.  PROF-010

The engine checks its terms again (``terms_must_be_consistent``); here the refusal can say file, figure and what would
do.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..codes import (
    ADL_CAPPED_PRO_RATA,
    BASIS_LOAN,
    BASIS_MARK,
    INVERSE,
    LINEAR,
    MARK_ANNUAL_BASIS,
    MARK_BASIS_AVERAGE,
    MARK_FUNDING_BASIS,
    MARK_MEDIAN_OF_THREE,
    MARK_ORACLE_ONLY,
    RATES_FIXED,
    RATES_LINEAR,
    RATES_STEPS_WHOLE,
    SOCIALIZE_AT_SESSION_BY_ASSET,
)
from ..engine.records import (
    BASIS_SAMPLES_MAX,
    BREAKER_PARTS,
    MARK_UNITS_MAX,
    PRICE_TICKS_MAX,
    SIZE_LOTS_MAX,
    VALUE_ATOMS_MAX,
)
from ..rules.mark import BASIS_STEPS_MAX
from ..units import PPB
from .dated import Place
from .instrument import Tier

UNIT_VALUE_ATOMS_MAX = 1 << 43
"""Funding per lot is kept in millionths of an atom: a lot worth more than this would not leave room for the rate."""


def unit_value_atoms(terms: dict[str, int], price_ticks: int) -> int:
    """Absolute value of one lot at a price, as the engine rounds it."""
    units = price_ticks * terms["mark_units_per_tick"]
    if terms["kind"] == INVERSE:
        return terms["inverse_parts_per_lot"] * ((2 * terms["lot_value_numerator"] + units) // (2 * units))
    return terms["lot_value_numerator"] * units


def dearest_lot_atoms(terms: dict[str, int]) -> int:
    """The most one lot can be worth within the price limits."""
    return max(unit_value_atoms(terms, terms["price_ticks_min"]), unit_value_atoms(terms, terms["price_ticks_max"]))


class Check(NamedTuple):
    """A truth about terms: where it is to be mended, whether it holds, and what to say if not."""

    key: str
    holds: Callable[[dict[str, int]], bool]
    message: str


def _averages(terms: dict[str, int]) -> bool:
    return terms["mark_method"] in (MARK_BASIS_AVERAGE, MARK_MEDIAN_OF_THREE)


CHECKS = (
    Check("breaker.window", lambda t: t["breaker_ppb"] == 0 or t["breaker_window_ns"] >= BREAKER_PARTS,
          "a circuit breaker needs the length of its look-back"),
    Check("breaker.pause", lambda t: t["breaker_ppb"] == 0 or t["breaker_pause_ns"] > 0,
          "a circuit breaker needs the length of its pause"),
    Check("breaker.state", lambda t: t["breaker_ppb"] == 0 or t["breaker_state"] != 0,
          "a circuit breaker needs the state of the pause: \"cancel only\" or \"halted\""),
    Check("prices.band_points", lambda t: t["price_band_ticks"] == 0 or t["price_band_refuses"] != 0,
          "a band in points refuses: state prices.band_refuses = true"),
    Check("prices.max", lambda t: t["price_ticks_max"] < PRICE_TICKS_MAX,
          f"must be below {PRICE_TICKS_MAX} ticks; a larger tick or a lower price would do"),
    Check("prices.max", lambda t: t["price_ticks_max"] * t["mark_units_per_tick"] <= MARK_UNITS_MAX,
          f"must be at most {MARK_UNITS_MAX} mark units; a coarser mark unit would do"),
    Check("prices.min", lambda t: t["price_ticks_min"] < t["price_ticks_max"], "must be below prices.max"),
    Check("orders.size_max", lambda t: t["order_lots_max"] <= t["position_lots_max"],
          "must not exceed orders.position_max"),
    Check("orders.position_max", lambda t: t["position_lots_max"] <= SIZE_LOTS_MAX,
          f"must be at most {SIZE_LOTS_MAX} lots"),
    Check("orders.open_interest_max", lambda t: t["open_interest_lots_max"] <= SIZE_LOTS_MAX,
          f"must be at most {SIZE_LOTS_MAX} lots"),
    Check("orders.position_max", lambda t: t["position_lots_max"] * dearest_lot_atoms(t) <= VALUE_ATOMS_MAX,
          f"times the dearest lot within prices.min and prices.max must be at most {VALUE_ATOMS_MAX} atoms; "
          "a smaller position or narrower price limits would do"),
    Check("contract.size", lambda t: dearest_lot_atoms(t) < UNIT_VALUE_ATOMS_MAX,
          f"a lot may be worth less than {UNIT_VALUE_ATOMS_MAX} atoms; a smaller lot would do"),
    Check("fees.maker", lambda t: t["maker_fee_ppb"] + t["taker_fee_ppb"] >= 0,
          "a rebate must not exceed the taker fee: the venue would pay for trading with oneself"),
    Check("margin.linear_initial", lambda t: t["rate_method"] != RATES_LINEAR
          or 0 < t["linear_maintenance_ppb"] < t["linear_initial_ppb"],
          "a schedule linear in size needs linear_initial above linear_maintenance above 0"),
    Check("margin.linear_slope_per_lot", lambda t: t["linear_slope_ppb_per_lot"] * t["position_lots_max"] <= 9 * PPB,
          "times orders.position_max must be at most 900 %"),
    Check("margin.linear_slope_per_coin_of_value", lambda t: t["linear_slope_value_atoms"] == 0 or (
        t["initial_basis"] == t["maintenance_basis"] == BASIS_MARK and t["linear_slope_ppb_per_lot"] == 0),
        "needs initial_on and maintenance_on mark, and no linear_slope_per_lot"),
    Check("margin.fixed_maintenance", lambda t: t["rate_method"] != RATES_FIXED or t["fixed_maintenance_atoms"] > 0,
          "a schedule per contract needs its amount"),
    Check("margin.fixed_maintenance", lambda t: t["fixed_initial_atoms"] * t["position_lots_max"] <= VALUE_ATOMS_MAX,
          f"with its initial margin times orders.position_max must be at most {VALUE_ATOMS_MAX} atoms"),
    Check("mark.basis_sample", lambda t: not _averages(t) or t["basis_sample_ns"] > 0,
          "this mark method averages the basis: state how often it is sampled"),
    Check("mark.basis_samples", lambda t: not _averages(t) or 0 < t["basis_samples"] <= BASIS_SAMPLES_MAX,
          f"this mark method averages the basis: state 1 to {BASIS_SAMPLES_MAX} samples"),
    Check("mark.basis_round", lambda t: t["mark_method"] not in (MARK_FUNDING_BASIS, MARK_MEDIAN_OF_THREE)
          or t["basis_round_ns"] > 0, "this mark method decays the basis: state the step it is refreshed in"),
    Check("mark.basis_round", lambda t: t["basis_round_ns"] == 0
          or t["funding_interval_ns"] <= t["basis_round_ns"] * BASIS_STEPS_MAX,
          f"cuts the funding interval into more than {BASIS_STEPS_MAX} steps; a longer step would do"),
    Check("funding.interval", lambda t: t["funding_interval_ns"] > 0
          or t["mark_method"] in (MARK_ANNUAL_BASIS, MARK_BASIS_AVERAGE, MARK_ORACLE_ONLY),
          "this mark method decays with time to funding"),
    Check("funding.offset", lambda t: t["funding_interval_ns"] == 0
          or t["funding_offset_ns"] < t["funding_interval_ns"],
          "must be shorter than funding.interval"),
    Check("funding.premium_sample", lambda t: t["premium_sample_ns"] <= t["funding_interval_ns"],
          "must not exceed funding.interval"),
    Check("funding.accrues_over", lambda t: t["funding_accrual_ns"] == 0 or (
        t["funding_cap_ppb"] > 0 and t["index_id"] != 0 and t["funding_in_maintenance"] == 0
        and 0 < t["funding_interval_ns"] <= t["funding_accrual_ns"]
        and t["mark_method"] not in (MARK_FUNDING_BASIS, MARK_MEDIAN_OF_THREE)),
        "needs a cap, an index, stamps no rarer than this, no funding_in_maintenance, a mark not made from funding"),
    Check("margin.open_interest_upper", lambda t: t["oi_upper_atoms"] == 0 or (
        t["oi_lower_atoms"] < t["oi_upper_atoms"] and t["initial_basis"] == BASIS_MARK
        and t["rate_method"] in (RATES_LINEAR, RATES_STEPS_WHOLE)),
        "must lie above open_interest_lower, with initial_on mark and a schedule of whole rates"),
    Check("margin.initial_on", lambda t: BASIS_LOAN not in (t["initial_basis"], t["maintenance_basis"])
          or t["kind"] == LINEAR, "\"loan\" is of a linear contract: quote is borrowed by a long, base by a short"),
    Check("liquidation.call_at_initial", lambda t: t["oi_upper_atoms"] == 0
          or t["call_initial_ppb"] + t["maintenance_of_initial_ppb"] == 0,
          "and margin.maintenance_of_initial do not go with margin.open_interest_upper"),
    Check("liquidation.call_at_initial", lambda t: t["call_initial_ppb"] == 0 or t["margin_call_cure_ns"] > 0,
          "needs liquidation.margin_call_cure: without time there is no call"),
    Check("loan.period", lambda t: t["loan_period_ns"] > 0 or not (
        t["loan_opening_long_ppb"] or t["loan_opening_short_ppb"] or t["loan_rollover_long_ppb"]
        or t["loan_rollover_short_ppb"]), "is missing: without it nothing is lent and no fee is charged"),
    Check("liquidation.slice", lambda t: t["disposal_slice_ppb"] > 0,
          "must be above 0 %: nothing would ever be disposed of"),
    Check("session.profit_held", lambda t: t["session_profit_held"] == 0
          or t["session_interval_ns"] + t["session_published"] > 0,
          "profit is held until a session ends: state session.interval, or a published price"),
    Check("losses.socialize", lambda t: t["socialize_losses"] != SOCIALIZE_AT_SESSION_BY_ASSET
          or t["session_profit_held"] == 1,
          "a loss is shared over the session's profits of an asset only where they are held: session.profit_held true"),
    Check("losses.adl_cap", lambda t: t["adl_policy"] != ADL_CAPPED_PRO_RATA or t["adl_cap_ppb"] > 0,
          "capped pro rata needs its cap"),
)


def check_instrument(terms: dict[str, int], tiers: tuple[Tier, ...], place: Place) -> None:
    """Raise for the first check that does not hold.  PROF-010"""
    for check in CHECKS:
        if not check.holds(terms):
            raise place.at(check.key).error("PROF-010", check.message)
    if terms["rate_method"] not in (RATES_LINEAR, RATES_FIXED) and not tiers:
        raise place.at("margin.tiers").error("PROF-010", "a schedule by steps needs at least one tier")
