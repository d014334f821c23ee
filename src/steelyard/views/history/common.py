"""Orders of people that take the common course (taken, resting, amended, canceled by their owner), folded by a kernel
into a table; at anything else an order becomes a row of :class:`.orders.Orders`.  HIST-003"""
from __future__ import annotations

from collections.abc import Iterable

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
    """Rows of a table of the history, column by column; each a list, or the one value that all rows have."""

    def __init__(self, count: int, columns: dict[str, list | int | str]):
        self.count, self.columns = count, columns

    def __len__(self) -> int:
        return self.count

    @property
    def same(self) -> dict[str, int | str]:
        """The columns in which all rows have one value, and that value."""
        return {name: value for name, value in self.columns.items() if type(value) is not list}

    def tuples(self, names: Iterable[str]) -> list[tuple]:
        """Rows with these columns, none of them one of ``same``, in this order."""
        return list(zip(*(self.columns[name] for name in names)))

    def dicts(self) -> list[dict]:
        """Rows by name."""
        same = self.same
        varied = [name for name in self.columns if name not in same]
        return [{**same, **dict(zip(varied, row))} for row in self.tuples(varied)]


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
        return self.table.changed_count

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
    count = len(rows)
    columns = {name: _values(rows[name]) for name in SAME if name != "state"}
    state = rows["state"]
    columns["state"] = _values(state)
    names: list | str = ""
    if rows["name_bytes"].any():
        names = [""] * count
        for at in np.flatnonzero(rows["name_bytes"]).tolist():
            names[at] = rows["name"][at].tobytes()[:int(rows["name_bytes"][at])].decode()
    columns.update(
        remaining_lots=columns["size_lots"], flags=_values(rows["order_flags"]),
        number=(2 * rows["sequence"]).tolist(), ended=_values((state == CANCELED).astype(np.int64)),
        client_order_id=names, bracket="", price_sum="0")
    return Columns(count, columns)


def _values(column: np.ndarray) -> list | int:
    """A column as a list; its value where all rows have one, but where it is a key or a single row."""
    if len(column) > 1 and (column == column[0]).all():
        return int(column[0])
    return column.tolist()
