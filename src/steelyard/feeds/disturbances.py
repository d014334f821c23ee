"""Sources of the index that go wrong on purpose, so that people see the rules that protect it.  FEED-005"""
from __future__ import annotations

from ..lab.rng import uniforms
from ..units import MINUTE, PPB
from ..venues.profile import Index

BLOCK_NS = 120 * MINUTE
"""One disturbance of each kind in every block of this length."""
OUTLIER_NS = 6 * MINUTE
SILENCE_MORE_NS = 5 * MINUTE
"""How much longer than the index bears it a source is silent."""
OUTLIER_STREAM, STALE_STREAM = 9_300, 9_301
BEYOND = 1.3
"""How far off an outlier is, in tolerances of the index."""


class Disturbances:
    """Which source is wrong or silent at a venue time: a function of the seed and the time."""

    def __init__(self, index: Index, seed: int, outlier: bool, stale: bool):
        self.index, self.seed, self.outlier, self.stale = index, seed, outlier, stale
        self.tolerance = max(0.05, index.outlier_ppb / PPB)

    def set(self, sources, now_ns: int) -> None:
        """Write factor and silence of every source as they are at ``now_ns``."""
        block, within = divmod(now_ns, BLOCK_NS)
        sources["factor"] = 1.0
        if self.outlier:
            who, begin, side = self._drawn(OUTLIER_STREAM, block, len(sources))
            if begin <= within < begin + OUTLIER_NS:
                sources["factor"][who] = max(0.05, 1.0 + side * self.tolerance * BEYOND)
        if self.stale:
            who, begin, _side = self._drawn(STALE_STREAM, block, len(sources))
            until = begin + self.index.stale_after_ns + SILENCE_MORE_NS
            if begin <= within < until:
                sources["silent_until_ns"][who] = block * BLOCK_NS + until

    def _drawn(self, stream: int, block: int, count: int) -> tuple[int, int, int]:
        """(source, begin within the block, side +1 or -1)."""
        who, begin, side = uniforms(self.seed, stream, 3, first=3 * (block % (1 << 40)))
        return int(who * count), int(begin * (BLOCK_NS // 2)), 1 if side < 0.5 else -1


def disturbances(index: Index, seed: int, outlier: bool, stale: bool) -> Disturbances | None:
    """The disturbances asked for; None where there are none or a single source stands alone."""
    return Disturbances(index, seed, outlier, stale) if (outlier or stale) and len(index.feeds) > 1 else None
