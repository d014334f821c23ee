"""A made-up result of a replay, for tests of measures and report: no engine in it."""

import numpy as np

from steelyard.lab.metrics import Result, Scale
from steelyard.lab.path import load_path
from steelyard.lab.tables import ACCOUNT_ROW, DELEVERAGED_ROW, DISPOSAL_ROW, FORCED_ROW, MINUTE_ROW
from steelyard.units import MINUTE

FUND = 35_508 * 10**8
SCALE = Scale("XBTUSD", True, 0.5, 50, 1.0, "XBT", 8)


def made_up(forced: int = 0, deleveraged: int = 0, preset: str = "covid-2020-03") -> Result:
    """``forced`` liquidations of 1,000 lots, one a minute after the build-up, alternately 50x longs and 10x shorts."""
    path = load_path(preset)
    minutes = np.zeros(path.minutes, MINUTE_ROW)
    minutes["time_ns"], minutes["fund_atoms"] = path.times_ns(), FUND
    minutes["index_units"] = minutes["mark_units"] = path.prices[:, -1]
    minutes["last_ticks"] = minutes["high_ticks"] = minutes["low_ticks"] = path.prices[:, -1] // 50
    minutes["open_interest_lots"], minutes["bid_depth_lots"], minutes["trades"] = 1_000_000, 50_000, 1
    people = np.zeros(10, ACCOUNT_ROW)
    people["account"], people["leverage"] = 16 + np.arange(10), np.where(np.arange(10) % 2, 10, 50)
    rows = np.zeros(forced, FORCED_ROW)
    at = path.build_up + np.arange(forced)
    rows["time_ns"], rows["lots"], rows["mark_units"] = path.start_ns + at * MINUTE, 1_000, path.prices[at, -1]
    rows["side"] = np.where(np.arange(forced) % 2, -1, 1)
    rows["leverage"], rows["account"] = np.where(rows["side"] > 0, 50, 10), 16 + np.arange(forced) % 10
    rows["order_id"], rows["bankruptcy_ticks"], rows["equity_atoms"] = np.arange(forced), 15_000, 10**6
    disposals = np.zeros(forced, DISPOSAL_ROW)
    for name in ("time_ns", "order_id", "account", "side", "lots", "bankruptcy_ticks"):
        disposals[name] = rows[name]
    disposals["price_ticks"], disposals["result_atoms"] = 14_900, np.where(rows["side"] > 0, -5, 5)
    minutes["fund_atoms"][at] -= 10**10
    minutes["fund_paid_atoms"][at] = 10**10
    winners = np.zeros(deleveraged, DELEVERAGED_ROW)
    winners["account"], winners["lots"], winners["price_ticks"] = 16 + np.arange(deleveraged) % 10, 500, 10_000
    winners["rank"], winners["ranked"], winners["given_up_atoms"] = 1 + np.arange(deleveraged), 100, 10**8
    result = Result(path, SCALE, fund_start_atoms=FUND)
    result.tables.update(minutes=minutes, accounts=people, liquidations=rows, disposals=disposals, deleveraged=winners)
    result.parameters = {"venue": "bitmex", "seed": 7}
    result.events_by_kind = {"TRADED": 5}
    result.conservation = [("XBT", [("wallets of accounts", 10), ("paid in from outside", -10)])]
    return result
