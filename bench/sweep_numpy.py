"""The full sweep in NumPy: equity and maintenance of every group at a mark. The compiled sweep is timed against it.

It gives the same answer for one-instrument states with whole-step tiers and requirements on the entry value, which is
what the benchmark's population has.
"""
from __future__ import annotations

import numpy as np

PPB = 1_000_000_000


class Tables:
    """The columns a sweep reads, gathered once: contiguous arrays, the form most favorable to NumPy."""

    def __init__(self, state, instrument):
        positions = state["positions"][: int(state["positions_pool"]["high_water"]) + 1]
        rows = np.flatnonzero((positions["instrument"] == instrument) & (positions["size_lots"] != 0))
        chosen = positions[rows]
        self.rows = rows
        self.size, self.entry = (np.ascontiguousarray(chosen[name]) for name in ("size_lots", "entry_value_atoms"))
        self.collateral = np.ascontiguousarray(chosen["collateral_atoms"])
        self.isolated = chosen["isolated"] != 0
        self.wallet = np.ascontiguousarray(chosen["wallet"])
        self.leverage = chosen["leverage_rate_ppb"].astype(np.int64)
        self.balance = np.ascontiguousarray(state["wallets"]["balance_atoms"][: int(self.wallet.max()) + 1])
        row = state["instruments"][instrument]
        tiers = row["tiers"][: int(row["tier_count"])]
        self.caps = tiers["value_max_atoms"][:-1].copy()
        self.maintenance, self.initial = tiers["maintenance_ppb"].copy(), tiers["initial_ppb"].copy()
        self.taker = int(row["terms"]["taker_fee_ppb"]) if row["terms"]["close_fee_reserve"] else 0


def rate_up(value, rate):
    """ceil(value x rate / 10^9) without passing 64 bits."""
    return -((-value // PPB) * rate + (-value % PPB) * rate // PPB)


def sweep(tables, unit_value_atoms):
    """Position rows of the groups at or below maintenance at this unit value."""
    value = np.abs(tables.entry)
    tier = np.searchsorted(tables.caps, value, side="left")
    required = rate_up(value, tables.maintenance[tier])
    if tables.taker > 0:
        initial = rate_up(value, np.maximum(tables.initial[tier], tables.leverage))
        required += rate_up(value + initial, tables.taker)
    profit = tables.size * unit_value_atoms - tables.entry
    cross = ~tables.isolated
    wallets = tables.wallet[cross]
    equity = tables.balance + np.bincount(wallets, profit[cross], len(tables.balance)).astype(np.int64)
    needed = np.bincount(wallets, required[cross], len(tables.balance)).astype(np.int64)
    short = np.where(tables.isolated, tables.collateral + profit <= required, (equity <= needed)[tables.wallet])
    return tables.rows[short]
