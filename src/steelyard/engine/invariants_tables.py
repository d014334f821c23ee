"""One way to look at the tables of either form of the state: columns of integers and rows, up to each high-water mark.

For invariants and audits, outside any kernel. Columns are read once per :class:`Tables`; make a new one after a
command.
"""
from __future__ import annotations

from collections import namedtuple

import numpy as np

from .order_index import BLOCK_BITS, RUN_BITS, RUN_MASK, WORD
from .records import (
    BREAKER_PARTS,
    INSTRUMENT,
    ORDERS_MAX,
    PLEDGE_NODES,
    POSITIONS_MAX,
    STATE,
    SYSTEM_WALLETS,
    TRIGGERS_MAX,
)

_row_types: dict = {}
Pool = namedtuple("Pool", "free high_water live")
Ring = namedtuple("Ring", "head count")
Book = namedtuple("Book", "best_bid best_ask pages bits summary")


def _row_type(dtype: np.dtype):
    """A named tuple with the fields of a record type."""
    key = dtype.names
    if key not in _row_types:
        _row_types[key] = namedtuple("Row", dtype.names)
    return _row_types[key]


class Tables:
    """The tables of a state (a record, or the plain object of objects) as columns and rows, row 0 included."""

    def __init__(self, state):
        self.state = state
        self.plain = not isinstance(state, np.void)
        self._columns: dict = {}
        self._rows: dict = {}
        self._index: dict | None = None
        self._lengths: dict = {}

    # ------------------------------------------------------------ how far a table is used
    def length(self, table: str) -> int:
        """Rows of a table up to its high-water mark, with row 0."""
        if table not in self._lengths:
            self._lengths[table] = self._length(table)
        return self._lengths[table]

    def _length(self, table: str) -> int:
        if table == "instruments":
            return self._named("instrument_last") + 1
        if table == "indices":
            return self._named("index_last") + 1
        if table == "wallets":
            return max(self.pool("wallets").high_water, SYSTEM_WALLETS) + 1
        if table == "accounts":
            return int(self.column("wallets", "account").max()) + 1
        return self.pool("positions" if table == "loans" else table).high_water + 1

    def _named(self, field: str) -> int:
        return int(getattr(self.state, field))

    def pool(self, table: str):
        """Free, high_water and live of a table's pool, as integers."""
        pool = getattr(self.state, f"{table}_pool")
        return Pool(int(pool.free), int(pool.high_water), int(pool.live))

    def ring(self, name: str):
        """Head and count of a ring."""
        ring = getattr(self.state, name)
        return Ring(int(ring.head), int(ring.count))

    # ------------------------------------------------------------ contents
    def column(self, table: str, field: str) -> np.ndarray:
        """One field of a table as 64-bit integers, row 0 first."""
        key = table, field
        if key not in self._columns:
            length = self.length(table)
            rows = getattr(self.state, table)
            if self.plain:
                self._columns[key] = values = np.zeros(length, np.int64)
                for row, record in rows.items():
                    if row < length:
                        values[row] = getattr(record, field)
            else:
                self._columns[key] = rows[field][:length].astype(np.int64)
        return self._columns[key]

    def rows(self, table: str) -> list:
        """The rows of a table with fields as attributes, row 0 first."""
        if table not in self._rows:
            length = self.length(table)
            rows = getattr(self.state, table)
            if self.plain:
                self._rows[table] = [rows[row] for row in range(length)]
            else:
                dtype = STATE.fields[table][0].subdtype[0]
                plain = np.asarray(rows[:length]).view(dtype)
                self._rows[table] = [_row_type(dtype)._make(values) for values in plain.tolist()]
        return self._rows[table]

    def parts(self, instrument: int) -> list[tuple[int, int]]:
        """Low and high of each part of an instrument's look-back."""
        parts = self.state.instruments[instrument].breaker_parts
        return [(int(parts[slot].low_ticks), int(parts[slot].high_ticks)) for slot in range(BREAKER_PARTS)]

    def node_ids(self) -> np.ndarray:
        """Ids of the watch nodes that positions, triggers and pledged wallets have, ascending; positions first, each at
        its row."""
        if "nodes" not in self._rows:
            triggers = np.arange(self.length("triggers"))
            pledges = np.arange(self.length("wallets") if self._named("collateral_count") else 0)
            self._rows["nodes"] = np.concatenate([np.arange(self.length("positions")), POSITIONS_MAX + triggers,
                                                  POSITIONS_MAX + TRIGGERS_MAX + triggers, PLEDGE_NODES + pledges])
        return self._rows["nodes"]

    def nodes(self, field: str) -> np.ndarray:
        """One field of the watch nodes of :meth:`node_ids`."""
        key = "watch_nodes", field
        if key not in self._columns:
            nodes = self.state.watch_nodes
            if self.plain:
                values = [getattr(nodes[row], field) if row in nodes else 0 for row in self.node_ids().tolist()]
                self._columns[key] = np.array(values, np.int64)
            else:
                self._columns[key] = nodes[field][self.node_ids()].astype(np.int64)
        return self._columns[key]

    def live(self, table: str, field: str) -> np.ndarray:
        """Rows whose ``field`` is not 0."""
        return np.flatnonzero(self.column(table, field))

    def instruments(self) -> list:
        """(id, row) of every instrument that was ever listed; rows as records or plain objects."""
        if "listed" not in self._rows:
            self._rows["listed"] = [(number, self.instrument(number)) for number in range(1,
                    self.length("instruments"))]
        return self._rows["listed"]

    def instrument(self, number: int):
        """One instrument's row with its terms as attributes."""
        row = self.state.instruments[number]
        if self.plain:
            return row
        fields = {name: row[name] for name in INSTRUMENT.names}
        terms = fields["terms"]
        fields["terms"] = _row_type(terms.dtype)._make(int(terms[name]) for name in terms.dtype.names)
        simple = {name: int(value) for name, value in fields.items() if np.ndim(value) == 0 and name != "terms"}
        return _row_type(INSTRUMENT)(**{**fields, **simple})

    # ------------------------------------------------------------ rings
    def ring_rows(self, ring: str, table: str, field: str | None = None) -> list[int]:
        """Entries of a ring, oldest first."""
        state, found = self.ring(ring), []
        entries = getattr(self.state, table)
        for step in range(state.count):
            entry = entries[(state.head + step) % len(entries)]
            found.append(int(entry if field is None else getattr(entry, field)))
        return found

    # ------------------------------------------------------------ books
    def book(self, instrument: int):
        """Best prices, directory bits and pages {page number: row} of one book."""
        key = "book", instrument
        if key not in self._rows:
            self._rows[key] = self._book(instrument)
        return self._rows[key]

    def _book(self, instrument: int):
        book = self.state.books[instrument]
        if self.plain:
            pages = {number: row for number, row in book.pages.items() if row != 0}
            bits = {key: word for key, word in book.bits.items() if word != 0}
            summary = {key: word for key, word in book.summary.items() if word != 0}
        else:
            held = np.flatnonzero(book["pages"])
            pages = dict(zip(held.tolist(), book["pages"][held].tolist()))
            bits = _nonzero(book["bits"])
            summary = _nonzero(book["summary"])
        best = int(book.best_bid_ticks), int(book.best_ask_ticks)
        return Book(*best, pages, bits, summary)

    def page_levels(self, row: int) -> dict:
        """Levels of a page that hold anything: {slot: (displayed, total, head, tail)}."""
        page = self.state.level_pages[row]
        if self.plain:
            found = {slot: (level.displayed_lots, level.total_lots, level.head, level.tail)
                     for slot, level in page.levels.items()}
            return {slot: values for slot, values in found.items() if any(values)}
        levels = np.asarray(page["levels"])
        held = np.flatnonzero((levels["total_lots"] != 0) | (levels["displayed_lots"] != 0) | (levels["head"] != 0)
                              | (levels["tail"] != 0))
        return dict(zip(held.tolist(), levels[held].tolist()))

    def page_bits(self, row: int):
        """Bits {(side, word): bits}, summaries {side: bits}, instrument and number of a page."""
        page = self.state.level_pages[row]
        if self.plain:
            bits = {key: word for key, word in page.bits.items() if word != 0}
            summary = {side: word for side, word in page.summary.items() if word != 0}
        else:
            bits = _nonzero(page["bits"])
            summary = {key[0]: word for key, word in _nonzero(page["summary"]).items()}
        return bits, summary, int(page.instrument), int(page.page)

    # ------------------------------------------------------------ order ids
    def order_codes(self) -> dict:
        """{order id: code} of every entry of the order index."""
        if self._index is None:
            ids, codes, _slots = self.order_slots()
            self._index = dict(zip(ids, codes))
        return self._index

    def order_slots(self):
        """Ids, codes and slots of what is in the chains of the order index, in order of slot, then of chain."""
        if self.plain:
            heads = {slot: entry.code for slot, entry in sorted(self.state.order_slots.items()) if entry.code != 0}
        else:
            table = self.state["order_slots"]["code"]
            heads = {slot: int(table[slot]) for slot in np.flatnonzero(table).tolist()}
        links = {name: (self.column(name, "order_id"), self.column(name, "next_in_slot"))
                 for name in ("orders", "triggers")}
        ids, held, slots = [], [], []
        for slot, code in heads.items():
            while code != 0 and len(held) < 2 * ORDERS_MAX:
                row_ids, following = links["orders" if code < ORDERS_MAX else "triggers"]
                row = code if code < ORDERS_MAX else code - ORDERS_MAX
                known = row < len(row_ids)
                ids.append(int(row_ids[row]) if known else 0)
                held.append(code)
                slots.append(slot)
                code = int(following[row]) if known else 0
        return ids, held, slots

    def code_of(self, order_id: int) -> int:
        """Code of a live order id, 0 if none."""
        return self.order_codes().get(int(order_id), 0)


def home_slot(order_id: int) -> int:
    """Where the search for an order id begins: the twin of ``order_index.home_of``."""
    number = order_id >> RUN_BITS
    block = ((((number ^ (number >> 29)) & WORD) * 1640531527) & WORD) >> (31 - BLOCK_BITS)
    return (block << RUN_BITS) | (order_id & RUN_MASK)


def _nonzero(grid) -> dict:
    """{index tuple: value} of the entries of an array that are not 0."""
    grid = np.asarray(grid)
    return {tuple(index): int(grid[tuple(index)]) for index in np.argwhere(grid).tolist()}

