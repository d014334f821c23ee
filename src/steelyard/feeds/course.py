"""The outside price at any instant: a path's points, a finer bridge between them, and rounds that follow one another.

A path knows three prices a minute. People see ten a second, so what lies between two points is filled by a bridge that
is a function of the seed and of nothing else: asked twice, it answers the same.  FEED-002, FEED-003
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..kernel import entry, kernel
from ..lab.path import STEP_NS, Path
from ..lab.rng import key, uniform

LEVELS = 8
"""Halvings of a sub-step of 20 s: the finest straight line is 78 ms long."""
BRIDGE_STREAM = 9_001
CALM_BP = 2.3
"""Standard deviation of the outside price over a quiet sub-step, in basis points: 4 bp over a minute."""
HOME_LOW, HOME_HIGH = 0.4, 2.5
"""A round that begins at less or more than these times the venue's first price leads back to it while it runs."""


@kernel
def nearly_normal(stream, counter):
    """Mean 0 and variance 1 from four uniforms, never beyond 3.5."""
    total = 0.0
    for part in range(4):
        total += uniform(stream, 4 * counter + part)
    return (total - 2.0) * 1.7320508075688772


@entry
def bridged(seed, step, x, begin, end, calm_bp):
    """Price at share ``x`` (0 … 1) of a sub-step that goes from ``begin`` to ``end``.  FEED-002

    Each halving puts a middle at the mean of its ends plus a seeded normal times half the deviation over the stretch,
    which is ``calm_bp`` for the whole sub-step and grows with the sub-step's own move.
    """
    stream = key(seed, BRIDGE_STREAM)
    move_bp = abs(end / begin - 1.0) * 10_000.0
    half = begin * calm_bp * (1.0 + min(4.0, 0.15 * move_bp)) / 20_000.0
    low, high, left, width, node = begin, end, 0.0, 1.0, 1
    for _ in range(LEVELS):
        middle = 0.5 * (low + high) + half * nearly_normal(stream, step * (1 << LEVELS) + node)
        width *= 0.5
        half *= 0.7071067811865476
        node *= 2
        if x >= left + width:
            low = middle
            left += width
            node += 1
        else:
            high = middle
    return low + (high - low) * (x - left) / width


@dataclass
class Round:
    """One walk over a path: where on it the walk began, at which venue time, at which multiple of its prices."""

    number: int
    begin_ns: int
    offset_ns: int
    """Time on the path, from its start, at ``begin_ns``."""
    scale: float
    drift: float = 1.0
    """What the whole round multiplies the price with, besides the path's returns."""


class Course:
    """The outside price of a path at every venue time of a round."""

    def __init__(self, path: Path, seed: int, calm_bp: float = CALM_BP):
        self.path, self.seed, self.calm_bp = path, seed, calm_bp
        self.points = np.concatenate((path.prices[:1, 0], path.prices.reshape(-1))).astype(np.float64)
        self.low, self.high = float(self.points.min()), float(self.points.max())
        self.length_ns = (len(self.points) - 1) * STEP_NS

    def price_at(self, offset_ns: int, number: int = 1) -> float:
        """Hundredths of the quote coin at a time on the path; beyond its end the last price."""
        step, rest = divmod(max(0, min(offset_ns, self.length_ns - 1)), STEP_NS)
        price = bridged(self.seed + number - 1, step, rest / STEP_NS, self.points[step], self.points[step + 1],
                        self.calm_bp)
        return min(self.high, max(self.low, price))

    def begin(self, number: int, now_ns: int, offset_ns: int, hundredths: float | None = None,
              home: float | None = None) -> Round:
        """A round that begins now at ``offset_ns`` of the path, from the price that holds (None: the path's own).
        ``home``: the price that a venue running for weeks should stay near."""
        if hundredths is None:
            return Round(number, int(now_ns), int(offset_ns), 1.0)
        away = hundredths / (home or hundredths)
        drift = 1.0 if HOME_LOW <= away <= HOME_HIGH else 1.0 / away
        return Round(number, int(now_ns), int(offset_ns), hundredths / self.price_at(offset_ns, number), drift)

    def offset_ns(self, walk: Round, now_ns: int) -> int:
        """Time on the path."""
        return walk.offset_ns + now_ns - walk.begin_ns

    def price(self, walk: Round, now_ns: int) -> float:
        """Hundredths of the quote coin at a venue time of a round: the path's returns from where it began.  FEED-003"""
        offset = self.offset_ns(walk, now_ns)
        scale = walk.scale
        if walk.drift != 1.0:
            scale *= math.exp(math.log(walk.drift) * self.progress(walk, now_ns))
        return max(1.0, self.price_at(offset, walk.number) * scale)

    def ended(self, walk: Round, now_ns: int) -> bool:
        """Whether the path is walked to its end."""
        return self.offset_ns(walk, now_ns) >= self.length_ns

    def ends_ns(self, walk: Round) -> int:
        """Venue time at which the round ends."""
        return walk.begin_ns + self.length_ns - walk.offset_ns

    def progress(self, walk: Round, now_ns: int) -> float:
        """Share of the round that is over."""
        return min(1.0, max(0.0, (now_ns - walk.begin_ns) / max(1, self.length_ns - walk.offset_ns)))
