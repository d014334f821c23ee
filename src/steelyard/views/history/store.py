"""The history of one venue: folded in the venue's loop, written behind by a thread, complete through a known command.

Rows and the sequence through which they are complete are written in one transaction, so that a crash leaves a database
that is right and behind; what is missing is folded again from the journal (:mod:`steelyard.node.rebuild`).
"""
from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ...codes import Reason
from ...engine.records import COMMAND, EVENT
from ..scales import Scales
from . import schema
from .common import Columns, columns_of
from .fold import Fold
from .schema import HistoryUnreadable

COMMIT_EVERY_S = 0.5
"""Rows are on disk at most so much later than they were folded, and what a transaction takes."""
WAITING_MAX = 100_000
"""Rows that may wait; beyond it folding waits for the writer."""
GATHER = 4096
"""Commands and events that are gathered before they are folded: most of what a batch costs does not grow with it."""
GATHER_MAX = 16 * GATHER
"""As many wait at most while the writer takes its rows; before that the venue's loop does not wait for it."""
CHUNK = 5_000
TOGETHER = 50
"""Rows of orders written by one statement: the driver gives the interpreter away for each."""
OWN_KEPT = 2_000_000
"""Ended orders, and fills, of people that are kept; the ledger, funding and liquidations are kept for good."""
DROP_EVERY = 100_000
"""Rows written between two looks at what is to go: to look costs a walk over the table."""
TRADE_COLUMNS = ("id", "instrument", "number", "price_ticks", "size_lots", "side", "liquidation", "time_ns")
NOBODY = ""
COMMON_ORDERS = "common orders"


@dataclass(frozen=True)
class Folded:
    """Batches that follow each other, folded as one: ``first`` is the sequence of ``commands[0]``."""

    first: int
    commands: np.ndarray
    events: np.ndarray
    time_ns: int

    @classmethod
    def of(cls, batches: list) -> Folded:
        """One from several."""
        if len(batches) == 1:
            one = batches[0]
            return cls(one.first, one.commands, one.events, one.time_ns)
        commands = np.concatenate([np.ascontiguousarray(one.commands).view(np.uint8) for one in batches])
        events = np.concatenate([np.ascontiguousarray(one.events).view(np.uint8) for one in batches])
        return cls(batches[0].first, commands.view(COMMAND), events.view(EVENT), batches[-1].time_ns)


class History:
    """The history of a venue in a database. ``fold`` is a listener of the venue; ``flush`` and ``refresh`` may be
    called from any thread.
    """

    def __init__(self, url: str, scales: Scales, waiting_max: int = WAITING_MAX, own_kept: int = OWN_KEPT,
                 drop_every: int = DROP_EVERY, **kept: int):
        """Open or make the database. ``kept``: ``trades_kept`` and ``crowd_kept`` rows of each instrument."""
        self.scales, self.waiting_max, self._kept = scales, waiting_max, kept
        self._own_kept, self._drop_every, self._since_drop = own_kept, drop_every, drop_every
        self.database = schema.open_database(url)
        schema.make_tables(self.database)
        self.fault: BaseException | None = None
        """Why history stands still; the venue goes on, and a restart makes the missing part from the journal."""
        self.sequence, self.journal = self._position()
        """Through which command the folded history is complete (the next one), and whose journal it is of."""
        self.written = self.sequence
        """The same of what is on disk."""
        self.rows_written, self.write_seconds = 0, 0.0
        self._gathered: deque = deque()
        self._gathered_count = 0
        self._folded = self.sequence
        """Through which command the gathered batches were folded."""
        self._in_flight: set[int] = set()
        """People whose rows are being written right now."""
        self._lock, self._room = threading.Lock(), threading.Condition()
        self._wake, self._closing = threading.Event(), False
        self._transaction = threading.Lock()
        self._statements: dict[sa.Table, tuple] = {}
        self._writer: threading.Thread | None = None
        self._fold = Fold(scales, **kept)

    # ------------------------------------------------------------ beginning
    def _position(self) -> tuple[int, str]:
        with self.database.connect() as connection:
            row = connection.execute(sa.select(schema.POSITION)).mappings().first()
        return (row["sequence"], row["journal"]) if row else (1, NOBODY)

    def clear(self, journal: str) -> None:
        """Forget everything: the history of ``journal`` begins at its first command."""
        with self.database.begin() as connection:
            for table in schema.METADATA.sorted_tables:
                connection.execute(sa.delete(table))
        self.sequence = self.written = 1
        self.journal = journal

    def attach(self, states: np.ndarray, journal: str) -> None:
        """Go on from the engine's tables as they are after the command before ``sequence``, and begin to write."""
        if self.journal not in (NOBODY, journal):
            raise HistoryUnreadable(f"the history is of journal {self.journal[:12]}…, the venue's is {journal[:12]}…. "
                                    "To do: clear it, and it is made anew")
        decided = int(states.view(np.ndarray)["command_sequence"][0])
        if decided + 1 != self.sequence:
            raise HistoryUnreadable(f"the history is complete up to command {self.sequence - 1}, the engine decided "
                                    f"{decided}. To do: fold what lies between")
        self.journal = journal
        self._load(states)
        self._fold.orders.common.table.warm()
        self._gathered, self._gathered_count, self._folded = deque(), 0, self.sequence
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_behind, name="history", daemon=True)
            self._writer.start()

    def _load(self, states: np.ndarray) -> None:
        """The parts' memory, from the database and the tables."""
        fold = self._fold = Fold(self.scales, **self._kept)
        fold.load(states)
        with self.database.connect() as connection:
            def rows(statement) -> list[dict]:
                return [dict(row) for row in connection.execute(statement).mappings()]

            orders, candles, funds = schema.ORDERS.c, schema.CANDLES, schema.INSURANCE
            noted = connection.execute(sa.select(schema.POSITION.c.notes)).scalar()
            fold.orders.load(rows(sa.select(schema.ORDERS).where(schema.OPEN).order_by(orders.order_id)),
                             {int(key): name for key, name in json.loads(noted or "{}").items()})
            fold.stories.load(rows(sa.select(schema.LIQUIDATIONS).where(schema.LIQUIDATIONS.c.open == 1)))
            numbered = rows(sa.select(schema.TRADES.c.instrument, sa.func.max(schema.TRADES.c.number).label("last"))
                            .group_by(schema.TRADES.c.instrument))
            latest = sa.select(candles.c.instrument, sa.func.max(candles.c.minute).label("minute")).group_by(
                candles.c.instrument).subquery()
            newest = sa.select(funds.c.asset, funds.c.instrument, sa.func.max(funds.c.minute).label("minute")).group_by(
                funds.c.asset, funds.c.instrument).subquery()
            fold.market.load(
                rows(sa.select(candles).join(latest, sa.and_(candles.c.instrument == latest.c.instrument,
                                                             candles.c.minute == latest.c.minute))),
                rows(sa.select(funds).join(newest, sa.and_(
                    funds.c.asset == newest.c.asset, funds.c.instrument == newest.c.instrument,
                    funds.c.minute == newest.c.minute))),
                {row["instrument"]: row["last"] for row in numbered})
            forced = schema.FORCED_CLOSINGS
            counted = rows(sa.select(forced.c.crowd, forced.c.instrument, sa.func.max(forced.c.number).label("last"))
                           .group_by(forced.c.crowd, forced.c.instrument))
            fold.forced.load(rows(sa.select(forced).where(forced.c.open == 1)),
                             {(row["crowd"], row["instrument"]): row["last"] for row in counted})
            stamps, rates = schema.FUNDING_RATES, schema.FUNDING_RATES.c
            last = sa.select(sa.func.max(rates.id)).where(rates.outcome == Reason.funding_exchanged).group_by(
                rates.instrument)
            fold.books.exchanged = {row["instrument"]: (row["exchanged_ppb"], row["mark_units"])
                                    for row in rows(sa.select(stamps).where(rates.id.in_(last)))}

    # ------------------------------------------------------------ folding
    def fold(self, batch) -> None:
        """Take in a batch (:class:`steelyard.node.venue.Batch`). Never raises: a fault stops history and is kept in
        ``fault``. Waits for the writer where too many rows wait.
        """
        end = batch.first + len(batch.commands)
        if self.fault is not None or end <= self.sequence:
            return
        try:
            if batch.first != self.sequence:
                raise HistoryUnreadable(f"commands {self.sequence} to {batch.first - 1} were never folded. To do: "
                                        "restart, and they are folded from the journal")
            self._gathered.append(batch)
            self.sequence = end
            self._gathered_count += len(batch.commands) + len(batch.events)
            if self._gathered_count >= GATHER and self._lock.acquire(self._gathered_count >= GATHER_MAX):
                try:
                    self._gathered_count = 0
                    self._fold_gathered()
                finally:
                    self._lock.release()
        except Exception as fault:
            self.fault = fault
            return
        if self._fold.waiting > self.waiting_max:
            self._wait_for_room()

    def _fold_gathered(self) -> None:
        """Fold the batches that were gathered; the lock is held."""
        batches = []
        while self._gathered:
            batches.append(self._gathered.popleft())
        if batches:
            self._fold.fold(Folded.of(batches))
            self._folded = batches[-1].first + len(batches[-1].commands)

    def _wait_for_room(self) -> None:
        with self._room:
            self._wake.set()
            while self._fold.waiting > self.waiting_max and self.fault is None and not self._closing:
                self._room.wait(0.05)
                self._wake.set()

    @property
    def holdings(self):
        """What people hold by the history's own count."""
        with self._lock:
            self._fold_gathered()
        return self._fold.holdings

    # ------------------------------------------------------------ writing
    def _write_behind(self) -> None:
        while not self._closing:
            self._wake.wait(COMMIT_EVERY_S)
            self._wake.clear()
            if self.written != self.sequence and self.fault is None:
                self.flush(raising=False)

    def flush(self, raising: bool = True) -> None:
        """Write everything that was folded, in one transaction with its sequence. A fault of the database is kept in
        ``fault`` and, where asked, raised.
        """
        with self._transaction:
            if self.fault is None:
                try:
                    with self._lock:
                        self._fold_gathered()
                        taken, sequence = self._take(), self._folded
                    if sequence != self.written:
                        self._write(taken, sequence)
                    self._in_flight = set()
                except Exception as fault:
                    self.fault = fault
        with self._room:
            self._room.notify_all()
        if raising and self.fault is not None:
            raise HistoryUnreadable(f"history stands still at command {self.written - 1}: {self.fault}") from self.fault

    def refresh(self, account: int) -> None:
        """Write what waits if any of it is of this account, so that a person reads what it did."""
        try:
            with self._lock:
                self._fold_gathered()
        except Exception as fault:
            self.fault = fault
        if self._fold.waits_for(account) or account in self._in_flight:
            self.flush(raising=False)

    def _take(self) -> dict:
        """All rows that wait, by table; those that may still change are copied."""
        fold, books, market, forced = self._fold, self._fold.books, self._fold.market, self._fold.forced
        trades = np.concatenate(market.trades) if market.trades else np.zeros((0, len(TRADE_COLUMNS)), np.int64)
        taken = {
            schema.FILLS: books.fills, schema.LEDGER: books.ledger, schema.FUNDING_PAYMENTS: books.payments,
            schema.FUNDING_RATES: books.stamps, schema.STATES: market.states, schema.TRADES: self._newest(trades),
            schema.ORDERS: [dict(row) for row in fold.orders.changed.values()],
            schema.CANDLES: [dict(row) for row in market.candles.values()],
            schema.INSURANCE: [dict(row) for row in market.funds.values()],
            schema.FORCED_CLOSINGS: [dict(row) for row in forced.changed.values()],
            schema.LIQUIDATIONS: fold.stories.rows(),
            COMMON_ORDERS: fold.orders.common.take(),
            "notes": json.dumps(fold.orders.names), "trades": dict(market.trade_numbers),
            "forced": dict(forced.numbers)}
        books.fills, books.ledger, books.payments = [], [], []
        self._in_flight = fold.accounts | set(np.unique(taken[COMMON_ORDERS]["account"]).tolist()) | {
            row["account"] for row in taken[schema.LIQUIDATIONS]}
        fold.accounts = set()
        books.stamps, market.states, market.trades, market.trade_count = [], [], [], 0
        for changed in (fold.orders.changed, market.candles, market.funds, forced.changed):
            changed.clear()
        return taken

    def _newest(self, trades: np.ndarray) -> list[dict]:
        """Trades as rows, without those that would be taken out again at once."""
        kept = self._fold.market.trades_kept
        numbers = self._fold.market.trade_numbers
        for instrument, number in numbers.items():
            trades = trades[(trades[:, 1] != instrument) | (trades[:, 2] > number - kept)]
        return [dict(zip(TRADE_COLUMNS, row)) for row in trades.tolist()]

    def _write(self, taken: dict, sequence: int) -> None:
        began, count = time.perf_counter(), 0
        with self.database.begin() as connection:
            self._move_position(connection, sequence, taken.pop("notes"))
            trade_numbers, forced_numbers = taken.pop("trades"), taken.pop("forced")
            for table, rows in taken.items():
                if table is COMMON_ORDERS:
                    self._upsert(connection, schema.ORDERS, columns_of(rows))
                else:
                    self._upsert(connection, table, rows)
                count += len(rows)
            self._drop_old(connection, taken, trade_numbers, forced_numbers)
        self.written = sequence
        self.rows_written += count
        self.write_seconds += time.perf_counter() - began

    def _upsert(self, connection, table: sa.Table, rows: list[dict] | Columns) -> None:
        """Write rows of a table. Where the driver counts its parameters, rows go to it as plain tuples: the library
        would look at every value of every row first, which costs three times as much as the database."""
        dialect = self.database.dialect
        if not rows:
            return
        if table not in self._statements:
            statement = upsert(table, dialect.name)
            compiled = statement.compile(dialect=dialect) if dialect.name == "sqlite" else None
            self._statements[table] = statement, compiled and (
                str(compiled), itemgetter(*compiled.positiontup), tuple(compiled.positiontup))
        statement, plain = self._statements[table]
        if type(rows) is Columns:
            if plain is not None:
                _write_columns(connection, plain[0], plain[2], rows)
                return
            rows = rows.dicts()
        elif plain is not None:
            plain = plain[:2]
        for start in range(0, len(rows), CHUNK):
            some = rows[start:start + CHUNK]
            if plain is None:
                connection.execute(statement, some)
            else:
                text, values_of = plain
                connection.exec_driver_sql(text, list(map(values_of, some)))

    def _move_position(self, connection, sequence: int, notes: str) -> None:
        """Move the sequence on; refused where another process did so meanwhile."""
        table = schema.POSITION
        values = dict(sequence=sequence, journal=self.journal, notes=notes, layout=schema.LAYOUT)
        moved = connection.execute(sa.update(table).where(table.c.id == 1, table.c.sequence == self.written)
                                   .values(**values)).rowcount
        if moved:
            return
        if self.written != 1 or connection.execute(sa.select(sa.func.count()).select_from(table)).scalar():
            raise HistoryUnreadable("another process writes this history. To do: give each venue its own database")
        connection.execute(sa.insert(table).values(id=1, **values))

    def _drop_old(self, connection, taken: dict, trade_numbers: dict, forced_numbers: dict) -> None:
        """Take out trades and the crowd's closings beyond those that are kept."""
        self._since_drop += len(taken[COMMON_ORDERS]) + len(taken[schema.ORDERS]) + len(taken[schema.FILLS])
        if self._since_drop >= self._drop_every:
            self._since_drop = 0
            self._drop_oldest(connection, schema.ORDERS.c.number, schema.ORDERS.c.ended == 1)
            self._drop_oldest(connection, schema.FILLS.c.id)
        if taken[schema.TRADES]:
            columns, kept = schema.TRADES.c, self._fold.market.trades_kept
            for instrument, number in trade_numbers.items():
                connection.execute(sa.delete(schema.TRADES).where(
                    columns.instrument == instrument, columns.number <= number - kept))
        if taken[schema.FORCED_CLOSINGS]:
            columns, kept = schema.FORCED_CLOSINGS.c, self._fold.forced.crowd_kept
            for (crowd, instrument), number in forced_numbers.items():
                if crowd and number > kept:
                    connection.execute(sa.delete(schema.FORCED_CLOSINGS).where(
                        columns.crowd == 1, columns.instrument == instrument, columns.number <= number - kept))

    def _drop_oldest(self, connection, key: sa.Column, *where) -> None:
        """Take out the rows beyond the newest ``own_kept``.  HIST-012"""
        oldest = connection.execute(sa.select(key).where(*where).order_by(key.desc()).offset(self._own_kept - 1)
                                    .limit(1)).scalar()
        if oldest is not None:
            connection.execute(sa.delete(key.table).where(key < oldest, *where))

    def detach(self) -> None:
        """Stop writing, after all that was folded is on disk. May be called twice."""
        self._closing = True
        self._wake.set()
        if self._writer is not None:
            self._writer.join()
            self._writer = None
            self.flush(raising=False)
        self._closing = False

    def close(self) -> None:
        """Write what waits and let go of the database. May be called twice."""
        self.detach()
        self.database.dispose()


def upsert(table: sa.Table, dialect: str):
    """INSERT that replaces the row of the same key: writing a row again changes nothing."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


def _write_columns(connection, text: str, names: tuple[str, ...], columns: Columns) -> None:
    """Write rows by a statement with these names, many rows by one."""
    text, names = _with_values(text, names, columns.same)
    rows = columns.tuples(names)
    whole = len(rows) - len(rows) % TOGETHER
    if whole:
        head, _, rest = text.partition(" VALUES (")
        marks, _, tail = rest.partition(")")
        many = f"{head} VALUES {', '.join([f'({marks})'] * TOGETHER)}{tail}"
        connection.exec_driver_sql(many, [tuple(chain.from_iterable(rows[at:at + TOGETHER]))
                                          for at in range(0, whole, TOGETHER)])
    if whole < len(rows):
        connection.exec_driver_sql(text, rows[whole:])


def _with_values(text: str, names: tuple[str, ...], same: dict[str, int | str]) -> tuple[str, list[str]]:
    """A statement with the values that all its rows have, numbers and empty texts, written into it, and the columns
    that are left: to hand a value over costs more than to write it down."""
    head, _, rest = text.partition(" VALUES (")
    marks, _, tail = rest.partition(")")
    assert marks.count("?") == len(names), "one mark for each column"
    written = ", ".join(_literal(same[name]) if name in same else "?" for name in names)
    return f"{head} VALUES ({written}){tail}", [name for name in names if name not in same]


def _literal(value: int | str) -> str:
    if type(value) is int:
        return str(value)
    if value not in ("", "0"):
        raise ValueError("no text of anybody's is ever part of a statement")
    return f"'{value}'"
