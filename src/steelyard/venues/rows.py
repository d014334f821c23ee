"""An instrument of a profile as the row that rules read, outside of an engine: terms, tiers, deductions.

What a profile does not know (marks, rates in force, open interest) is zero, as in an engine before its first price.
"""
from __future__ import annotations

from functools import cache
from types import SimpleNamespace

from ..codes import BUY, SELL
from ..engine.records import INSTRUMENT, POSITION, empty_row
from ..kernel import load_plain
from .instrument import Instrument


@cache
def _margin():
    return load_plain("rules.margin")


def instrument_row(instrument: Instrument, window: int = 0):
    """The row of a listed instrument, as LIST_INSTRUMENT leaves it, or in another window of the day (MARG-041)."""
    row = empty_row(INSTRUMENT)
    for name, value in instrument.terms.items():
        setattr(row.terms, name, int(value))
    for number, tier in enumerate(instrument.tiers):
        target = row.tiers[number]
        target.value_max_atoms, target.initial_ppb = tier.value_max_atoms, tier.initial_ppb
        target.maintenance_ppb = tier.maintenance_ppb
        if number:
            _deduct(row.tiers[number - 1], target)
    row.tier_count = len(instrument.tiers)
    for number, rates in enumerate(instrument.windows):
        for place, side in enumerate((BUY, SELL)):
            target = row.window_rates[2 * number + place]
            target.initial_ppb, target.maintenance_ppb = rates.rates(side)
    row.has_window_rates, row.margin_window = int(bool(instrument.windows)), window
    return row


def _deduct(before: SimpleNamespace, tier: SimpleNamespace) -> None:
    """What makes a schedule by slices continuous.  MARG-015"""
    cap = before.value_max_atoms
    for kind in ("initial", "maintenance"):
        rise = getattr(tier, f"{kind}_ppb") - getattr(before, f"{kind}_ppb")
        setattr(tier, f"{kind}_deduction_atoms",
                _margin().next_deduction(getattr(before, f"{kind}_deduction_atoms"), cap, rise))


def position_row(**fields: int):
    """An empty position row with some fields set."""
    row = empty_row(POSITION)
    for name, value in fields.items():
        setattr(row, name, value)
    return row
