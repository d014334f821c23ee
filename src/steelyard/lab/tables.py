"""Row types of what a replay writes down, and their Parquet files. Integers only; column names carry the unit.

Prices are ticks (orders) or mark units (index, mark), sizes lots, cash atoms of the settlement asset, times
nanoseconds UTC.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars

i1, i4, i8 = np.int8, np.int32, np.int64

MINUTE_ROW = np.dtype(
    [
        (name, i8)
        for name in """
time_ns index_units mark_units last_ticks high_ticks low_ticks bid_ticks ask_ticks
bid_depth_lots ask_depth_lots bid_near_lots ask_near_lots stress_ppm makers_quoting maker_lots arbitrage_lots
open_interest_lots volume_lots trades forced_long_lots forced_short_lots forced_longs forced_shorts
book_disposed_lots deleveraged_lots deleveragings fund_atoms fund_paid_atoms fund_received_atoms
socialized_atoms bad_debt_atoms held_long_lots held_short_lots carried_loss_atoms
funding_rate_ppb funding_paid_atoms fees_atoms triggers_fired entries exits refused commands events
""".split()
    ]
)
"""One row a minute: states at its end (prices, depth, open interest, fund), sums over it (volume, forced, paid …)."""

FORCED_ROW = np.dtype(
    [
        ("time_ns", i8),
        ("account", i4),
        ("step", i4),
        ("side", i1),
        ("isolated", i1),
        ("leverage", i4),
        ("lots", i8),
        ("mark_units", i8),
        ("bankruptcy_ticks", i8),
        ("value_atoms", i8),
        ("equity_atoms", i8),
        ("requirement_atoms", i8),
        ("loss_atoms", i8),
        ("order_id", i8),
    ]
)
"""One row per contract amount taken by force: side +1 was long; step 0 taken over, 1 reduced to a lower tier."""

DISPOSAL_ROW = np.dtype(
    [
        ("time_ns", i8),
        ("order_id", i8),
        ("account", i4),
        ("side", i1),
        ("kind", i1),
        ("lots", i8),
        ("price_ticks", i8),
        ("bankruptcy_ticks", i8),
        ("value_atoms", i8),
        ("result_atoms", i8),
    ]
)
"""One row per fill that got rid of taken-over contracts: kind 0 in the book, 1 by deleveraging; result > 0: better
than bankruptcy."""

DELEVERAGED_ROW = np.dtype(
    [
        ("time_ns", i8),
        ("account", i4),
        ("side", i1),
        ("leverage", i4),
        ("rank", i4),
        ("ranked", i4),
        ("lots", i8),
        ("price_ticks", i8),
        ("mark_units", i8),
        ("given_up_atoms", i8),
        ("value_atoms", i8),
    ]
)
"""One row per winner closed by force: rank counts the winners of one takeover in the order they were taken, ranked is
how many stood in the queue; given_up is what closing at this price instead of the mark cost it."""

ACCOUNT_ROW = np.dtype(
    [
        ("account", i4),
        ("role", i1),
        ("side", i1),
        ("isolated", i1),
        ("protection", i1),
        ("leverage", i4),
        ("entries", i4),
        ("liquidations", i4),
        ("deleveragings", i4),
        ("size_lots", i8),
        ("deposited_atoms", i8),
        ("end_equity_atoms", i8),
    ]
)
ROLES = ("trader", "maker", "arbitrageur")

TABLES = {
    "minutes": MINUTE_ROW,
    "liquidations": FORCED_ROW,
    "disposals": DISPOSAL_ROW,
    "deleveraged": DELEVERAGED_ROW,
    "accounts": ACCOUNT_ROW,
}


def write_parquet(path: Path, rows: np.ndarray) -> str:
    """Write a structured array as Parquet (zstd, nothing about when or where) and return the SHA-256 of the file."""
    return _write(path, polars.DataFrame({name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names}))


def write_counts(path: Path, counts: list[tuple[str, str, int]]) -> str:
    """Write (group, name, count) rows as Parquet and return the SHA-256 of the file."""
    schema = {"group": polars.String, "name": polars.String, "count": polars.Int64}
    return _write(path, polars.DataFrame(counts, schema=schema, orient="row"))


def _write(path: Path, frame: polars.DataFrame) -> str:
    frame.write_parquet(path, compression="zstd", compression_level=3, statistics=False)
    return hashlib.sha256(path.read_bytes()).hexdigest()
