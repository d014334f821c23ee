"""Orders of people that take the common course (taken, resting, amended, canceled by their owner), folded by a kernel
into a table; at anything else an order becomes a row of :class:`.orders.Orders`.  HIST-003"""
from __future__ import annotations

import numpy as np

from ..order_kernels import CANCELED, LIVE, ROWS
from ..order_table import OrderTable, cut_name
from ..orders import note_text
from ..people import COMMAND_ROWS

SAME = """order_id account instrument side order_type size_lots price_ticks state reason filled_lots filled_value_atoms
fee_atoms trigger_units trigger_source trail_offset_ticks time_in_force expires_ns display_lots role parent_order_id
created_ns updated_ns""".split()
"""Columns of the history that are fields of the table."""


class Columns:
    """Rows of a table of the history, column by column; each a list."""

    def __init__(self, columns: dict[str, list]):
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def tuples(self, names: tuple[str, ...]) -> list[tuple]:
        """Rows with these columns, in this order."""
        return list(zip(*(self.columns[name] for name in names)))

    def dicts(self) -> list[dict]:
        """Rows by name."""
        return [dict(zip(self.columns, row)) for row in zip(*self.columns.values())]


class CommonOrders:
    """The table, and what is written of it."""

    def __init__(self):
        self.table = OrderTable(ROWS, ROWS)
        self.table.orders.asks = 1

    def fold(self, events, commands, batch, begin: int, note_before: int) -> int:
        """Take in events from ``begin`` on; the index of one that is the caller's, or their number."""
        at = self.table.fold(events, commands, batch.first, begin, note_before)
        named = self.table.take_named()
        if named:
            data, size = np.ascontiguousarray(batch.commands).view(np.uint8).data, COMMAND_ROWS.dtype.itemsize
            for row, place in named:
                self.table.set_name(row, cut_name(note_text(bytes(data[(place - 1) * size:place * size]))), bytes(16))
        return at

    def take_out(self, order_id: int) -> dict | None:
        """An open order as a row of the history, which nothing here knows any more; None where it is not here."""
        row = self.table.find(order_id) if order_id else 0
        if row == 0 or self.table.tables["links"]["place"][0, row] != LIVE:
            return None
        found = columns_of(self.table.rows[[row]]).dicts()[0]
        self.table.take_out(row)
        return found

    @property
    def waiting(self) -> int:
        """Rows not yet written."""
        return int(self.table.orders.dirty_count)

    def waits_for(self, account: int) -> bool:
        """Whether any of an account is not yet written."""
        changed = self.table.tables["dirty"][0][:self.waiting]
        return bool((self.table.rows["account"][changed] == account).any())

    def take(self) -> np.ndarray:
        """Rows that changed, as they are (:func:`columns_of`); ended ones are not kept here any longer."""
        found = self.table.rows[self.table.take_changed_rows()]
        self.table.forget_ended()
        return found


def columns_of(rows: np.ndarray) -> Columns:
    """Rows of the table as the history's columns."""
    columns = {name: rows[name].tolist() for name in SAME}
    names = [""] * len(rows)
    for at in np.flatnonzero(rows["name_bytes"]).tolist():
        names[at] = rows["name"][at].tobytes()[:int(rows["name_bytes"][at])].decode()
    columns.update(
        remaining_lots=columns["size_lots"], flags=rows["order_flags"].tolist(),
        number=(2 * rows["sequence"]).tolist(),
        ended=[int(state == CANCELED) for state in columns["state"]], client_order_id=names,
        bracket=[""] * len(rows), price_sum=["0"] * len(rows))
    return Columns(columns)
