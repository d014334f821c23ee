"""Order commands per CPU-second of hftbacktest: 10,000 live passive orders, then canceled and replaced at random.

Its simulated exchange holds the orders of one trader against a recorded book: there is no matching among participants,
no margin and no ledger, so this is the easiest task of all peers. The feed is one book that never moves.
"""
import json
import sys
import time

import hftbacktest
import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTX,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
    event_dtype,
)
from numba import njit

COMMANDS, BATCH, CLEAR_EVERY, RUNS, SEED = 1_000_000, 100, 10_000, 5, 20_240_607


def feed(last_ns):
    """A book of 200 levels a side around 100,000, and one more event far away that keeps the clock running."""
    rows = []
    for step in range(1, 201):
        for side, price in ((BUY_EVENT, 100_000 - step), (SELL_EVENT, 100_000 + step)):
            rows.append((DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT | side, 1_000, 1_000, float(price), 100.0, 0, 0, 0.0))
    rows.append((DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT | BUY_EVENT, last_ns, last_ns, 99_000.0, 100.0, 0, 0, 0.0))
    return np.array(rows, event_dtype)


@njit
def run(market, live, commands, seed, ids):
    """Fill up to ``live`` orders, then cancel and replace 50 at a time, ``commands`` in all; answers are taken in."""
    np.random.seed(seed)
    market.elapse(2_000)
    count, next_id, sent = 0, 1, 0
    while sent < commands:
        if count == live:
            for _ in range(BATCH // 2):                         # acknowledged orders only: the batch before is done
                at = np.random.randint(0, count)
                market.cancel(0, ids[at], False)
                count -= 1
                ids[at] = ids[count]
            sent += BATCH // 2
        for _ in range(min(BATCH // 2, live - count)):
            offset = 1 + np.random.geometric(0.12)
            size = 1.0 + np.random.randint(0, 40)
            if np.random.random() < 0.5:
                market.submit_buy_order(0, next_id, 100_000.0 - offset, size, GTX, LIMIT, False)
            else:
                market.submit_sell_order(0, next_id, 100_000.0 + offset, size, GTX, LIMIT, False)
            ids[count] = next_id
            count += 1
            next_id += 1
            sent += 1
        market.elapse(1_000)
        if sent % CLEAR_EVERY == 0:
            market.clear_inactive_orders(0)
    return sent


def market():
    """A fresh simulated exchange, in the settings that measured fastest."""
    asset = (BacktestAsset().data(feed(10**15)).linear_asset(1.0).constant_order_latency(0, 0)
             .risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0)
             .tick_size(1.0).lot_size(1.0)
             .roi_lb(90_000.0).roi_ub(110_000.0))
    return ROIVectorMarketDepthBacktest([asset])


@njit
def count_live(market):
    """Orders the local side knows about."""
    return len(market.orders(0))


def measure(live, ids):
    """Best commands per CPU-second of several runs, and the orders live at the end."""
    best = float("inf")
    for _ in range(RUNS):
        fresh = market()
        start = time.process_time()
        run(fresh, live, COMMANDS, SEED, ids)
        best = min(best, time.process_time() - start)
        left = int(count_live(fresh))
        fresh.close()
    return COMMANDS / best, left


def main():
    ids = np.zeros(20_000, np.uint64)
    run(market(), 200, 1_000, SEED, ids)
    rate, left = measure(10_000, ids)
    easy, _ = measure(1_000, ids)
    json.dump({"peer": "hftbacktest", "version": hftbacktest.__version__, "live_orders": left,
               "order_commands_per_second": rate, "order_commands_per_second_at_1000_live": easy}, sys.stdout)


if __name__ == "__main__":
    main()
