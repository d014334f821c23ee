"""lrvx's liquidation engine on the accounts of ``population.py``: marks that hurt nobody, then 60 marks of -1 %.

lrvx holds isolated positions as floats, closes them at a price without a book, pays deficits from a fund and then
deleverages.
"""
import importlib.metadata
import json
import sys
import time
from pathlib import Path

import lrvx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from population import CRASH_FACTOR, CRASH_TICKS, ENTRY_PRICE, FUND_SHARE, accounts

SYMBOL, RUNS, QUIET_TICKS = 1, 3, 200


def engine(count):
    """The population: each account has one isolated position whose equity is value / leverage; one maintenance tier."""
    venue = lrvx.LiquidationEngine()
    venue.add_tier(0.0, 0.005)
    notional = 0.0
    for number, (side, lots, leverage) in enumerate(accounts(count)):
        value = lots * ENTRY_PRICE
        notional += value / 2
        venue.open_position(number, SYMBOL, float(side * lots), ENTRY_PRICE, value / leverage)
    venue.set_insurance_fund_capital(notional * FUND_SHARE)
    return venue


def quiet(count):
    """CPU seconds of one mark that hurts nobody: best of many."""
    venue = engine(count)
    best = float("inf")
    for tick in range(QUIET_TICKS):
        start = time.process_time()
        answer = venue.on_mark(SYMBOL, ENTRY_PRICE * (1 + 1e-5 * (tick % 2)))
        best = min(best, time.process_time() - start)
        assert answer["liquidations_count"] == 0
    return best


def crash(count):
    """CPU seconds of 60 marks of -1 %, best of several, and what happened."""
    best, outcome = float("inf"), {}
    for _ in range(RUNS):
        venue, price = engine(count), ENTRY_PRICE
        start = time.process_time()
        for _ in range(CRASH_TICKS):
            price *= CRASH_FACTOR
            venue.on_mark(SYMBOL, price)
        best = min(best, time.process_time() - start)
        outcome = {"liquidations": venue.liquidations_count(), "deleveraged": venue.adl_closeouts_count(),
                   "open_after": venue.position_count(), "fund_after": venue.insurance_fund_balance()}
    return best, outcome


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seconds, outcome = crash(count)
    json.dump({"peer": "lrvx", "version": importlib.metadata.version("lrvx"), "positions": count,
               "quiet_mark_seconds": quiet(count), "crash_seconds": seconds, **outcome}, sys.stdout)


if __name__ == "__main__":
    main()
