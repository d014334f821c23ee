"""Margin windows of an instrument as a profile states them: least rates of each side by window of the day.  PROF-030
"""
from __future__ import annotations

from dataclasses import dataclass

from ..codes import BUY, SELL
from ..engine.records import MARGIN_WINDOWS_MAX
from ..units import UnitError
from . import values
from .dated import Place
from .instrument import Figures

KEYS = ("window", "long_initial", "long_maintenance", "short_initial", "short_maintenance")


@dataclass(frozen=True)
class Window:
    """Least margin rates, in ppb, of both sides while one window of the day holds."""

    name: str
    long_initial_ppb: int
    long_maintenance_ppb: int
    short_initial_ppb: int
    short_maintenance_ppb: int

    def rates(self, side: int) -> tuple[int, int]:
        """Initial and maintenance rate of a side."""
        if side == BUY:
            return self.long_initial_ppb, self.long_maintenance_ppb
        return self.short_initial_ppb, self.short_maintenance_ppb


def read_windows(figures: Figures) -> tuple[Window, ...]:
    """The windows that hold, numbered in the order of the list; none where the instrument states none.  PROF-030"""
    def parse(rows, grid, what):
        if not isinstance(rows, list) or not 0 < len(rows) <= MARGIN_WINDOWS_MAX:
            raise UnitError(f"{what}: must be a list of 1 to {MARGIN_WINDOWS_MAX} windows")
        return tuple(one_window(row, what) for row in rows)
    found = figures.read("margin.windows", parse, None, optional=True) or ()
    names = [window.name for window in found]
    if len(set(names)) < len(names):
        raise figures.place.at("margin.windows").error("PROF-030", "every window has a name of its own")
    for window in found:
        for side in (BUY, SELL):
            initial, maintenance = window.rates(side)
            if not 0 < maintenance <= initial:
                raise figures.place.at("margin.windows").error(
                    "PROF-030", f"{window.name}: maintenance must be above 0 and at most initial")
    return found


def one_window(row, what: str) -> Window:
    """One row of the list."""
    if not isinstance(row, dict) or set(row) != set(KEYS):
        raise UnitError(f"{what}: a window has {', '.join(KEYS)}, not {row!r}")
    if not isinstance(row["window"], str) or not row["window"]:
        raise UnitError(f"{what}: window is a name such as \"overnight\", not {row['window']!r}")
    return Window(row["window"], *(values.rate(row[key], None, f"{what}, {key}") for key in KEYS[1:]))


def check_hours(calendar, instruments, place: Place) -> None:
    """Refuse a calendar whose margin windows a contract with window rates does not know, or the other way about: its
    rates would never hold.  CALR-008"""
    named = {name for entry in calendar.margin_windows for name in entry.value.names}
    for one in instruments:
        names = {window.name for window in one.windows}
        if named and names and not names <= named:
            missing = ", ".join(sorted(names - named))
            raise place.at("margin_windows").error("CALR-008", f"has no hours for {missing}, which {one.symbol} states")
