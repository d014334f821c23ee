"""Margin windows of the day in a plan: which one a position is opened in, what each asks, and when they change.
PLAN-025"""
from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ..codes import BUY, SELL
from ..units import DAY, SECOND
from ..venues.calendar import load_calendar
from ..venues.dated import show
from .answers import WindowRow
from .errors import PlanError
from .market import Market, leverage_text, rules

if TYPE_CHECKING:
    from .trade import Opened


def names(market: Market) -> list[str]:
    """The instrument's windows, by number; none where one schedule holds all day."""
    return [one.name for one in market.instrument.windows]


def worse_window(market: Market, side: int) -> str | None:
    """The window that asks most of a side: by maintenance, then by initial margin, then the first.  PLAN-025"""
    windows = market.instrument.windows
    if not windows:
        return None
    return max(windows, key=lambda one: one.rates(BUY if side > 0 else SELL)[::-1]).name


def chosen_window(market: Market, side: int, asked: str | None) -> str | None:
    """The window a question opens its position in."""
    if asked is None:
        return worse_window(market, side)
    known = names(market)
    if asked not in known:
        raise PlanError("window", f"{market.instrument.symbol} has no window {asked!r}",
                        f"one of {', '.join(known)}" if known else "leave it out: one schedule holds all day",
                        "PLAN-025")
    return asked


def enter(market: Market, name: str | None) -> None:
    """Let a window hold; an instrument that does not have it keeps its own.  MARG-041"""
    known = names(market)
    if name in known:
        market.row.margin_window = known.index(name)


def enter_all(opened: Opened, name: str | None) -> None:
    """Let a window hold for the whole group, as a venue flips all its instruments; the tier is read anew."""
    for one in (opened.member, *opened.others):
        enter(one.market, name)
    opened.look(opened.market.row.mark_price_units)


LOOK_AHEAD_NS = 8 * DAY
"""A window that does not begin within a week and a day is told without a time."""


@lru_cache(maxsize=64)
def _calendar(path: Path):
    return load_calendar(path)


def next_begins(market: Market) -> dict[str, str]:
    """When each window next begins, by the profile's calendar: from now, or from the plan's date; empty where the
    calendar knows no hours.  CALR-007"""
    calendar = _calendar(market.profile.path)
    if calendar is None or not market.instrument.windows:
        return {}
    start = market.profile.as_of if market.dated else datetime.now(UTC)
    start_ns = int(start.timestamp()) * SECOND
    found: dict[str, str] = {}
    for at, name in calendar.margin_flips(start_ns, start_ns + LOOK_AHEAD_NS):
        found.setdefault(name, show(datetime.fromtimestamp(at // SECOND, UTC)))
    return found


def rows_of(opened: Opened) -> list[WindowRow]:
    """What each window asks of the opened position, and where it is liquidated in it; in the window it was opened in
    afterwards as before."""
    market, held = opened.market, opened.window
    found, begins = [], next_begins(opened.market)
    for name in names(market):
        enter_all(opened, name)
        units, mark = opened.liquidation_units(), market.row.mark_price_units
        found.append(WindowRow(
            window=name, leverage_max=leverage_text(highest_rate(opened.market.row, opened.row)),
            initial_margin=market.cash_text(rules().requirement.initial_with_reserve(
                market.row, opened.row, opened.row.tier)),
            maintenance_margin=market.cash_text(opened.member.maintenance()),
            liquidation_price=market.mark_text(units) if units else None,
            liquidated_at_once=units == mark, opened_in=name == held, begins=begins.get(name)))
    enter_all(opened, held)
    return found


def highest_rate(instrument: SimpleNamespace, row: SimpleNamespace) -> int:
    """The initial margin rate a position of this size must have at least, ppb.  MARG-002"""
    held, row.leverage_rate_ppb = row.leverage_rate_ppb, 0
    rate = rules().margin.shown_rate(instrument, row)
    row.leverage_rate_ppb = held
    return rate


def worst_liquidation(opened: Opened) -> int:
    """The liquidation price nearest to the mark over all windows, in mark units; 0 where none liquidates.  PLAN-025"""
    found = []
    for name in names(opened.market) or [opened.window]:
        enter_all(opened, name)
        found.append(opened.liquidation_units())
    enter_all(opened, opened.window)
    known = [units for units in found if units]
    mark = opened.market.row.mark_price_units
    return min(known, key=lambda units: abs(units - mark)) if known else 0


def told_window(row: WindowRow) -> str:
    """One window in words."""
    ends = ("liquidated as soon as it begins" if row.liquidated_at_once else
            f"liquidation at {row.liquidation_price}" if row.liquidation_price else "no price liquidates")
    begins = f", next from {row.begins}" if row.begins else ""
    return (f"{row.window}: initial {row.initial_margin}, maintenance {row.maintenance_margin}, leverage up to "
            f"{row.leverage_max}, {ends}{begins}")
