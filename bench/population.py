"""The accounts of the crash measurement, the same for our engine and for the peer: pairs of a long and a short.

Only the standard library, so that a peer's environment can read it.
"""
import random

ENTRY_PRICE = 10_000.0
CRASH_TICKS, CRASH_FACTOR = 60, 0.99
FUND_SHARE = 0.005
"""Insurance fund at the start, as a share of open interest."""
LEVERAGES, WEIGHTS = (5, 10, 20, 50), (30, 35, 25, 10)
SEED = 7


def accounts(count):
    """Yield (side, lots, leverage) for ``count`` accounts: a long, then a short of as many lots, and so on."""
    draw = random.Random(SEED)
    for _ in range(count // 2):
        lots = 1 + min(999, int(draw.lognormvariate(2.0, 1.2)))
        for side in (1, -1):
            yield side, lots, draw.choices(LEVERAGES, WEIGHTS)[0]
