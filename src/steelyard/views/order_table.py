"""The table of people's orders as Python sees it: rows become :class:`Order` and back; names and brackets go along."""
from __future__ import annotations

import numpy as np

from ..engine.records import COMMAND, EVENT
from .direct import Direct, kernel_rows, table
from .order import CANCELED, FILLED, OPEN, REFUSED, ROLES, WAITING, Bracket, Order
from .order_kernels import (
    ENDED,
    FIRST_PERSON,
    LIVE,
    NAME_WORDS,
    ORDERS,
    ROWS,
    SCALARS,
    add_order,
    collect,
    collect_gone,
    end_order,
    find_order,
    fold_orders,
    forget_oldest,
    release,
    revive_order,
    take_changed,
    take_out_order,
    touch_order,
)

FIRED = "fired"
"""Between the firing of a trigger and what its order did in the same command; never seen outside a fold."""
STATES = (OPEN, WAITING, FILLED, CANCELED, REFUSED, FIRED)
NAME_BYTES = 8 * NAME_WORDS
AT_ONCE = 1024
"""Ended orders that make room together where the table is full."""
_STATE = {name: number for number, name in enumerate(STATES)}
_ROLE = {name: number for number, name in enumerate(ROLES)}
_HALF = 1 << 62
_LOW = _HALF - 1


class OrderTable:
    """Open and ended orders of people. What :meth:`get` gives is a copy: :meth:`put` takes changes back."""

    def __init__(self, ended_account_max: int, ended_max: int):
        self.tables = table(ORDERS, 1)
        self.orders = self.tables[0]
        self.orders.ended_account_max, self.orders.ended_max = ended_account_max, ended_max
        self.rows = self.tables["rows"][0].view(np.ndarray)
        self._named, self._dirty, self._gone_first = (
            self.tables[name].view(np.ndarray) for name in ("named_count", "dirty_count", "gone"))
        """Single numbers that are asked for with every batch: as attributes of a record they would cost ten times as
        much."""
        self._names_at = self.rows["name"]
        self.brackets: dict[int, Bracket] = {}
        self.names: dict[int, dict[str, int]] = {}
        """Names of orders, by account."""
        self._found = np.zeros(ROWS, np.int32)
        self._find, self._add, self._touch, self._end, self._revive = (
            Direct(one) for one in (find_order, add_order, touch_order, end_order, revive_order))
        self._collect, self._take, self._fold, self._gone = (
            Direct(one) for one in (collect, take_changed, fold_orders, collect_gone))
        self._oldest, self._release, self._out = Direct(forget_oldest), Direct(release), Direct(take_out_order)

    def warm(self) -> None:
        """Compile or load every kernel now: the first order should not wait for it."""
        row = int(self._add(self.tables, 1 << 62, FIRST_PERSON))
        self._touch(self.tables, row)
        self._end(self.tables, row, _STATE[CANCELED], 0, 0)
        self._revive(self.tables, row)
        self._out(self.tables, row)
        self._oldest(self.tables, 0)
        self._fold(self.tables, kernel_rows(np.zeros(0, EVENT)), kernel_rows(np.zeros(0, COMMAND)), 1, 0, 0)
        self._gone(self.tables, self._found)
        self._release(self.tables)
        self._take(self.tables, self._found)
        self.live(FIRST_PERSON)
        self.find(1)

    # ------------------------------------------------------------ rows and orders
    def find(self, order_id: int) -> int:
        """The row of an order, 0 for none."""
        return int(self._find(self.tables, int(order_id))) if -(1 << 63) <= order_id < 1 << 63 else 0

    def get(self, order_id: int) -> Order | None:
        """An order that is open, or ended not long ago."""
        row = self.find(order_id)
        return self.order(row) if row else None

    def order(self, row: int) -> Order:
        """The order of a row."""
        (order_id, account, instrument, side, order_type, size_lots, price_ticks, state, reason, filled_lots,
         filled_value_atoms, low, high, fee_atoms, trigger_units, trigger_source, trail_offset_ticks, time_in_force,
         expires_ns, flags, display_lots, role, parent_order_id, created_ns, updated_ns, has_bracket, name_bytes, _,
         name, contents) = self.rows[row].item()
        return Order(order_id, account, instrument, side, order_type, size_lots, price_ticks, STATES[state], reason,
                     filled_lots, filled_value_atoms, high * _HALF + low, fee_atoms, trigger_units, trigger_source,
                     trail_offset_ticks, time_in_force, expires_ns, flags, display_lots,
                     self.brackets.get(order_id) if has_bracket else None, ROLES[role], parent_order_id,
                     _text(name, name_bytes), contents.tobytes() if contents.any() else b"", created_ns, updated_ns,
                     row)

    def add(self, order: Order, named: bool = True) -> None:
        """A new open order; ``named``: it may be asked for by its name."""
        row = int(self._add(self.tables, order.order_id, order.account))
        if row == 0:
            self._oldest(self.tables, AT_ONCE)
            self.let_go()
            row = int(self._add(self.tables, order.order_id, order.account))
            if row == 0:
                raise OverflowError(f"{ROWS - 1} orders of people are open: the view of orders holds no more")
        order.row_number = row
        if named and order.client_order_id:
            self.names.setdefault(order.account, {})[order.client_order_id] = order.order_id
        self.put(order)

    def put(self, order: Order) -> None:
        """Take an order's numbers back into its row, and note that it changed."""
        name = order.client_order_id.encode()
        if order.bracket is not None:
            self.brackets[order.order_id] = order.bracket
        self.rows[order.row_number] = (
            order.order_id, order.account, order.instrument, order.side, order.order_type, order.size_lots,
            order.price_ticks, _STATE[order.state], order.reason, order.filled_lots, order.filled_value_atoms,
            order.price_sum & _LOW, order.price_sum >> 62, order.fee_atoms, order.trigger_units, order.trigger_source,
            order.trail_offset_ticks, order.time_in_force, order.expires_ns, order.flags, order.display_lots,
            _ROLE[order.role], order.parent_order_id, order.created_ns, order.updated_ns, order.bracket is not None,
            len(name), 0, np.frombuffer(name.ljust(NAME_BYTES, b"\0"), np.int64),
            np.frombuffer(order.contents or bytes(16), np.int64))
        self._touch(self.tables, order.row_number)

    def end(self, order: Order, state: str, reason: int, time_ns: int) -> None:
        """An order is over."""
        order.state, order.reason, order.updated_ns = state, reason, time_ns
        self.put(order)
        self._end(self.tables, order.row_number, _STATE[state], int(reason), int(time_ns))
        self.let_go()

    def revive(self, order: Order) -> None:
        """An order that had ended is open again."""
        self.put(order)
        self._revive(self.tables, order.row_number)

    def named(self, account: int, text: str) -> Order | None:
        """The order of a name."""
        order_id = self.names.get(account, _NONE).get(text)
        return None if order_id is None else self.get(order_id)

    def name(self, order: Order, text: str) -> None:
        """Give an order a name."""
        order.client_order_id = text
        self.names.setdefault(order.account, {})[text] = order.order_id
        self.put(order)

    def _drop_name(self, account: int, text: str, order_id: int) -> None:
        names = self.names.get(account, _NONE)
        if names.get(text) == order_id:
            del names[text]
            if not names:
                del self.names[account]

    # ------------------------------------------------------------ folding
    def fold(self, events, commands, first: int, begin: int, note_before: int) -> int:
        """Take in events from ``begin`` on; the index of one that is the caller's, or their number. ``events`` and
        ``commands`` as :func:`kernel_rows` gives them."""
        return int(self._fold(self.tables, events, commands, first, begin, note_before))

    def take_named(self) -> list[tuple[int, int]]:
        """Rows whose names are in the batch, and where in it their commands are."""
        count = int(self._named[0])
        if not count:
            return []
        self._named[0] = 0
        return list(zip(self.tables["named_rows"][0][:count].tolist(), self.tables["named_at"][0][:count].tolist()))

    def set_name(self, row: int, text: str, contents: bytes) -> None:
        """The name and contents of an order the fold took in."""
        held, name = self.rows[row], text.encode()
        held["name_bytes"] = len(name)
        held["name"] = np.frombuffer(name.ljust(NAME_BYTES, b"\0"), np.int64)
        held["contents"] = np.frombuffer(contents, np.int64)
        self.names.setdefault(int(held["account"]), {})[text] = int(held["order_id"])

    def let_go(self) -> None:
        """Names and brackets of forgotten orders go; their rows are free."""
        if not self._gone_first[0]:
            return
        count = int(self._gone(self.tables, self._found))
        for row in self._found[:count].tolist():
            held = self.rows[row]
            order_id = int(held["order_id"])
            self.brackets.pop(order_id, None)
            self._drop_name(int(held["account"]), _text(held["name"], int(held["name_bytes"])), order_id)
        self._release(self.tables)

    @property
    def changed_count(self) -> int:
        """How many changes wait to be told, watched or not."""
        return int(self._dirty[0])

    def take_changed_rows(self) -> np.ndarray:
        """Rows of all changed orders, watched or not; everything counts as told afterwards."""
        count = self.changed_count
        rows = self.tables["dirty"][0][:count].copy()
        changed = self.tables["links"]["changed"][0]
        rows = rows[changed[rows] != 0]
        changed[rows] = 0
        self._dirty[0] = 0
        return np.unique(rows)

    def take_changed(self) -> list[Order]:
        """Changed orders of watched accounts, in order of their change; everything counts as told afterwards."""
        if not self._dirty[0]:
            return []
        count = int(self._take(self.tables, self._found))
        return [self.order(row) for row in self._found[:count].tolist()]

    def take_out(self, row: int) -> None:
        """An open order is kept elsewhere from now on."""
        self._out(self.tables, row)
        self.let_go()

    def forget_ended(self) -> None:
        """Keep no ended order any more."""
        self._oldest(self.tables, ROWS)
        self.let_go()

    def watch(self, account: int, watched: bool) -> None:
        """Whether anybody is told of an account's orders."""
        self.tables["rooms"]["watched"][0, account] = watched

    # ------------------------------------------------------------ lists
    def live(self, account: int) -> np.ndarray:
        """Rows of the open orders of an account, oldest first."""
        return self._rows_of(account, LIVE)

    def ended(self, account: int) -> np.ndarray:
        """Rows of its ended orders, in order of their end."""
        return self._rows_of(account, ENDED)

    def _rows_of(self, account: int, place: int) -> np.ndarray:
        return self._found[:int(self._collect(self.tables, int(account), place, self._found))].copy()

    @property
    def ended_count(self) -> int:
        """Ended orders of everybody."""
        return int(self.orders.ended_count)

    def accounts(self) -> list[int]:
        """Accounts that have orders here."""
        rooms = self.tables["rooms"][0]
        return np.flatnonzero((rooms["live_first"] != 0) | (rooms["ended_first"] != 0)).tolist()


def cut_name(text: str) -> str:
    """A name as far as a row holds it; what a client may give is shorter (SERV-008)."""
    return text if len(text) <= NAME_BYTES // 4 else text.encode()[:NAME_BYTES].decode("utf-8", "ignore")


def _text(words: np.ndarray, count: int) -> str:
    return words.tobytes()[:count].decode() if count else ""


_NONE: dict = {}
assert len(SCALARS) == 28
