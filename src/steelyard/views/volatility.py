"""How much a mark moves in a day, from its recent moves: exponentially weighted, whatever the spacing of the marks."""
from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from ..codes import MARKED
from ..units import DAY, HOUR, MINUTE

MEMORY_NS = 6 * HOUR
"""Age at which a move counts 1/e."""
STEP_NS = MINUTE
"""Moves are taken over at least this long, so that the tick of a quiet market does not count as movement."""
WARM_UP_NS = 10 * MINUTE


class Volatility:
    """Daily standard deviation of one instrument's mark.  VIEW-010

    sigma = sqrt(S / T x 1 day): S the sum of squared log moves, T the sum of the times they took, both fading by
    exp(-age / 6 h). None until ten minutes were seen.
    """

    __slots__ = ("units", "time_ns", "squares", "span_ns")

    def __init__(self):
        self.units, self.time_ns, self.squares, self.span_ns = 0, 0, 0.0, 0.0

    def mark(self, units: int, time_ns: int) -> None:
        """A new mark; > 0 units."""
        if self.units == 0:
            self.units, self.time_ns = units, time_ns
            return
        passed = time_ns - self.time_ns
        if passed < STEP_NS:
            return
        fade = exp(-passed / MEMORY_NS)
        self.squares = self.squares * fade + log(units / self.units) ** 2
        self.span_ns = self.span_ns * fade + passed
        self.units, self.time_ns = units, time_ns

    @property
    def daily(self) -> float | None:
        """Standard deviation of a day's log move; None while too little was seen or nothing moved."""
        if self.span_ns < WARM_UP_NS * 0.99 or self.squares == 0:
            return None
        return sqrt(self.squares / self.span_ns * DAY)


class Volatilities:
    """The volatility of every instrument, folded from MARKED events: the last mark of each batch counts."""

    def __init__(self):
        self.of: dict[int, Volatility] = {}

    def fold(self, batch) -> None:
        """Take in a batch."""
        events = batch.events
        at = np.flatnonzero(events["kind"] == MARKED)
        if not len(at):
            return
        marked = events[at]
        for instrument, units, time_ns in dict(zip(marked["instrument"].tolist(), zip(
                marked["instrument"].tolist(), marked["price_units"].tolist(), marked["time_ns"].tolist()))).values():
            found = self.of.get(instrument)
            if found is None:
                found = self.of[instrument] = Volatility()
            found.mark(units, time_ns)

    def daily(self, instrument: int) -> float | None:
        """Daily standard deviation of an instrument's mark, or None."""
        found = self.of.get(instrument)
        return found.daily if found else None
