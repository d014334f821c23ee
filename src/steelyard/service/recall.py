"""After a restart: what the views kept in memory, taken from history and from the journal.  SERV-021

History knows how an order stands, the journal what it was asked for: both are needed to answer the same request again
(SERV-008).
"""
from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import sqlalchemy as sa

from ..engine.records import COMMAND, SYSTEM_ORDER_BASE
from ..journal.reading import JournalReader
from ..node.recovery import commands_of
from ..node.tables import layout_digest
from ..views.costs import CostBook
from ..views.history import schema
from ..views.history.codes import OrderState, Role
from ..views.history.queries import Queries
from ..views.market import INTERVAL_NAMES
from ..views.order import contents_of
from .tables import position_row

ORDERS_MAX = 100_000
"""Ended orders taken back at most, newest first; the view keeps no more of an account than SERV-008 asks."""
SHOWN = 100
CANDLES = 1_500
"""Candles of each interval: a day of minutes, for the ticker, and some."""
_SAME = ("order_id", "account", "instrument", "side", "order_type", "size_lots", "price_ticks", "reason",
         "filled_lots", "filled_value_atoms", "fee_atoms", "trigger_units", "trigger_source", "trail_offset_ticks",
         "time_in_force", "expires_ns", "flags", "display_lots", "parent_order_id", "client_order_id", "created_ns",
         "updated_ns")


def recall(views: SimpleNamespace, queries: Queries, folder: Path) -> int:
    """Load what the views had; history must be complete. Returns how many orders that were."""
    for symbol in queries.scales.by_symbol:
        for interval in INTERVAL_NAMES:
            views.candles.load(symbol, queries.candles(symbol, interval, limit=CANDLES), interval)
        views.trades.load(symbol, reversed(queries.trades(symbol, limit=SHOWN).items))
        views.liquidations.load(symbol, reversed(queries.public_liquidations(symbol, limit=SHOWN).items))
    rows = queries.rows(sa.select(schema.ORDERS).order_by(schema.ORDERS.c.number.desc()).limit(ORDERS_MAX))
    rows += queries.rows(sa.select(schema.ORDERS).where(
        schema.OPEN, schema.ORDERS.c.number < rows[-1]["number"])) if rows else []
    rows.sort(key=lambda row: row["number"])
    contents = _contents({row["order_id"] for row in rows if row["client_order_id"]}, folder)
    views.orders.load(_as_kept(row, contents) for row in rows)
    recall_costs(views.accounts.costs, views.accounts.engine.states, queries)
    return len(rows)


def recall_costs(costs: CostBook, states: np.ndarray, queries: Queries) -> None:
    """What open positions of people have paid and earned since they were opened, from their fills and funding."""
    fills, payments = schema.FILLS.c, schema.FUNDING_PAYMENTS.c
    for (account, instrument), one in costs.costs.items():
        opened = int(states["positions"][0][position_row(states, account, instrument)]["opened_ns"])
        found = [(row["id"], row["side"] * row["size_lots"], row["fee_atoms"], row["realized_atoms"])
                 for row in queries.rows(sa.select(fills.id, fills.side, fills.size_lots, fills.fee_atoms,
                                                   fills.realized_atoms).where(
                     fills.account == account, fills.instrument == instrument, fills.time_ns >= opened))]
        found += [(row["id"], 0, -row["cash_atoms"], 0)
                  for row in queries.rows(sa.select(payments.id, payments.cash_atoms).where(
                      payments.account == account, payments.instrument == instrument, payments.time_ns >= opened))]
        one.replay(found)


def _as_kept(row: dict, contents: dict[int, str]) -> dict:
    kept = {name: row[name] for name in _SAME}
    kept["state"], kept["role"] = OrderState(row["state"]).name, Role(row["role"]).name
    kept["price_sum"] = int(row["price_sum"])
    kept["contents"] = contents.get(row["order_id"], "")
    if row["bracket"]:
        bracket = json.loads(row["bracket"])
        kept["bracket"] = [bracket["stop_ticks"], bracket["stop_source"], bracket["trail_offset_ticks"],
                           bracket["ladder"], bracket["targets"]]
    return kept


def _contents(wanted: set[int], folder: Path) -> dict[int, str]:
    """What orders were asked for, from their commands: an order's id is its command's sequence (SERV-009)."""
    wanted = sorted(number for number in wanted if number < SYSTEM_ORDER_BASE)
    found: dict[int, str] = {}
    if not wanted:
        return found
    at = 0
    for frame in JournalReader(folder / "journal", layout_digest(COMMAND)).frames():
        end = frame.header.first_sequence + frame.header.record_count
        if at < len(wanted) and wanted[at] < end:
            commands = commands_of(frame, COMMAND)
            while at < len(wanted) and wanted[at] < end:
                command = commands[wanted[at] - frame.header.first_sequence]
                found[wanted[at]] = contents_of(command.tobytes()).hex()
                at += 1
        if at == len(wanted):
            break
    return found
