"""Which contract of a venue a path can be replayed on, under which rules, and how people fit it.  LABS-008"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from ..codes import RATES_FIXED, RATES_STEPS_MARGINAL, RATES_STEPS_WHOLE, STATE_TRADING
from ..units import PPB
from ..venues.checks import unit_value_atoms
from ..venues.comparison import ALIASES
from ..venues.instrument import Instrument
from ..venues.profile import Profile, ProfileError, change_dates, load_profile


@dataclass(frozen=True)
class Stage:
    """Where a path is replayed: profile, contract and the date of its rules; ``note`` says where that is not the
    path's own day."""

    venue: str
    title: str
    symbol: str
    as_of: str
    kind: str
    leverage_max: int
    note: str = ""


def leverage_max(instrument: Instrument, price: float) -> int:
    """The highest whole leverage the smallest position may have at a price in quote coins."""
    terms = instrument.terms
    if terms["rate_method"] == RATES_FIXED:
        ticks = max(1, round(price / float(instrument.grid.tick)))
        return max(1, unit_value_atoms(terms, ticks) // max(1, terms["fixed_initial_atoms"]))
    if terms["rate_method"] in (RATES_STEPS_WHOLE, RATES_STEPS_MARGINAL):
        return max(1, PPB // instrument.tiers[0].initial_ppb)
    return max(1, PPB // max(1, terms["linear_initial_ppb"]))


def fit(agents: np.ndarray, instrument: Instrument, price: float) -> None:
    """Traders who would take more leverage than the venue allows take what it allows; side and size stay."""
    agents["leverage"] = np.minimum(agents["leverage"], leverage_max(instrument, price))


def coin(name: str) -> str:
    """One name for one coin."""
    return ALIASES.get(name, name)


def suitable(profile: Profile, base: str, kind: str, symbol: str = "") -> list[Instrument]:
    """Contracts on a coin that trade and that a path of plain prices can drive, best first: the same symbol, those
    with funding (perpetual), the same kind, the smallest lot."""
    chosen = [one for one in profile.instruments
              if coin(one.grid.base) == base and one.grid.kind in ("linear", "inverse") and one.index
              and one.state == STATE_TRADING]
    return sorted(chosen, key=lambda one: (one.symbol != symbol, one.terms["funding_interval_ns"] == 0,
                                           one.grid.kind != kind, one.grid.contract_size * one.grid.lot_contracts))


def base_of(symbol: str, kind: str) -> tuple[str, str]:
    """Coin and kind of a path's own contract, told from its symbol.

    >>> base_of("XBTUSDT", "linear")
    ('BTC', 'linear')
    """
    for name in ("XBT", "BTC", "ETH", "SOL", "XRP"):
        if name in symbol.upper():
            return coin(name), kind
    return coin(symbol[:3].upper()), kind


def stage(venue: str, base: str, kind: str, day: date, symbol: str = "", price: float = 100_000.0) -> Stage:
    """The contract and rules of a venue for a path: of the path's day, or of the nearest day on which the venue had a
    contract on the coin.  LABS-008"""
    wanted = datetime.combine(day, time(), UTC)
    try:
        dates = change_dates(venue)
        days = [wanted] + sorted((whole_day(one) for one in dates), key=lambda one: abs(one - wanted))
        for moment in days:
            try:
                profile = load_profile(venue, moment)
            except ProfileError as error:
                if "PROF-009" in str(error):
                    continue
                raise
            found = suitable(profile, base, kind, symbol)
            if found:
                note = "" if moment == wanted else f"rules of {moment:%Y-%m-%d}, the nearest to {day.isoformat()}"
                return Stage(venue, profile.title, found[0].symbol, moment.date().isoformat(), found[0].grid.kind,
                             leverage_max(found[0], price), note)
    except ProfileError as error:
        raise LookupError(f"{venue}: {error}") from None
    raise LookupError(f"{venue}: no linear or inverse contract on {base} with an index, on any date")


def whole_day(moment: datetime) -> datetime:
    """The first midnight at or after a moment."""
    return moment if moment.time() == time() else datetime.combine(moment.date() + timedelta(days=1), time(), UTC)
