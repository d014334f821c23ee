"""Orders of people: every open one, the ended ones of late, their names, their fills. Folded from commands and events.

An order is known from the command that placed it (or, for stops, targets and liquidations, from the engine's own
events) to long after its end; what is older is history's. Accounts of the crowd are passed over.
"""
from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import codes
from ..engine.records import SYSTEM_ORDER_BASE
from ..units import PPB
from .direct import batch_rows
from .order import (
    CANCELED,
    FILLED,
    REFUSED,
    ROLE_LIQUIDATION,
    ROLE_ORDER,
    ROLE_STOP,
    ROLE_TARGET,
    WAITING,
    Bracket,
    Fill,
    Order,
    contents_of,
    price_weight,
)
from .order_table import FIRED, OrderTable, cut_name
from .people import COMMAND_ROWS, EVENT_ROWS, Unpacker, is_person, of_people
from .scales import Scales
from .view import Change

ENDED_PER_ACCOUNT = 10_000
ENDED_TOTAL = 200_000
FILLS_SHOWN = 100
FILL_ACCOUNTS = 1_000
SOURCE_SHIFT = 8
FLAG_BITS = (1 << SOURCE_SHIFT) - 1
NO_MORE = (FILLED, CANCELED, REFUSED)


class OrdersView:
    """Orders and fills of people (channels ``orders`` and ``fills``).  VIEW-002

    ``get``, ``known_client_id``, ``open_orders`` and ``listing`` answer for the door, with copies; ``load`` takes what
    history knows after a restart. What happens to most orders is folded by a kernel, the rest here.
    """

    channels = ("orders", "fills")
    period_ms = 0

    def __init__(self, engine, scales: Scales):
        self.engine, self.scales = engine, scales
        self.table = OrderTable(ENDED_PER_ACCOUNT, ENDED_TOTAL)
        self._fills: OrderedDict[int, deque[tuple]] = OrderedDict()
        self._new_fills: list[tuple[int, Fill]] = []
        self._watched: dict[str, set[int]] = {"orders": set(), "fills": set()}
        self._loose_note: tuple[int, int, str] | None = None
        self._orphans: list[int] = []
        self._fired: list[int] = []
        self._handlers = {
            codes.REJECTED: self._rejected, codes.ORDER_ACCEPTED: self._accepted,
            codes.TRADED: self._traded, codes.TRIGGER_ACCEPTED: self._trigger_accepted,
            codes.TRIGGER_FIRED: self._trigger_fired, codes.TRIGGER_MOVED: self._trigger_moved,
            codes.BRACKET_CHANGED: self._bracket_changed}
        self.rebuild()

    # ------------------------------------------------------------ questions
    def get(self, order_id: int) -> Order | None:
        """An order that is open, or ended not long ago."""
        return self.table.get(order_id)

    def known_client_id(self, account: int, text: str) -> Order | None:
        """The order an account gave this name to, while it is open or among its last 10,000 ended ones (SERV-008).

        The same request again is one whose ``contents_of`` equals the order's ``contents``. A refused order made none:
        its name is free.
        """
        return self.table.named(account, text)

    def open_orders(self, account: int, instrument: int = 0) -> list[Order]:
        """Open and waiting orders of an account, oldest first, in one instrument or (0) in all."""
        return [self.table.order(row) for row in self._in(self.table.live(account), instrument).tolist()]

    def _in(self, rows: np.ndarray, instrument: int) -> np.ndarray:
        return rows[self.table.rows["instrument"][rows] == instrument] if instrument else rows

    def listing(self, account: int, states: Iterable[str] = (), instrument: int = 0,
                before: tuple[int, int] | None = None, limit: int = 100) -> list[Order]:
        """Orders kept here, newest first; ``before`` is (created_ns, order_id) of the last one already had."""
        table, wanted = self.table, set(states)
        rows = self._in(np.concatenate([table.live(account), table.ended(account)]), instrument)
        created, ids = table.rows["created_ns"][rows], table.rows["order_id"][rows]
        found = []
        for at in np.lexsort((ids, created))[::-1].tolist():
            if before is not None and (int(created[at]), int(ids[at])) >= before:
                continue
            order = table.order(int(rows[at]))
            if not wanted or order.state in wanted:
                found.append(order)
                if len(found) == limit:
                    break
        return found

    def fills(self, account: int) -> list[Fill]:
        """The last fills of an account since the start, oldest first; older ones are history's."""
        return [Fill(*one) for one in self._fills.get(account, ())]

    # ------------------------------------------------------------ as a view
    def snapshot(self, channel: str, account: int) -> Any:
        """Open orders, or the last 100 fills, in wire form."""
        if channel == "orders":
            return [one.wire(self.scales) for one in self.open_orders(account)]
        return [one.wire(self.scales) for one in self.fills(account)]

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """Somebody subscribed to the orders or fills of an account, or the last one left."""
        (self._watched[channel].add if watched else self._watched[channel].discard)(account)
        if channel == "orders":
            self.table.watch(account, watched)

    def changes(self) -> list[Change]:
        """Changed orders and new fills of the accounts that are watched; an ended order comes once more."""
        told: dict[int, list] = {}
        for order in self.table.take_changed():
            told.setdefault(order.account, []).append(order.wire(self.scales))
        found = [Change("orders", account, orders) for account, orders in told.items()]
        if self._new_fills:
            fills: dict[int, list] = {}
            for account, fill in self._new_fills:
                fills.setdefault(account, []).append(fill.wire(self.scales))
            found += [Change("fills", account, one) for account, one in fills.items()]
            self._new_fills = []
        return found

    # ------------------------------------------------------------ folding
    def fold(self, batch) -> None:
        """Take in what a batch did to people's orders."""
        self._batch, self._data = batch, None
        events, commands = batch_rows(batch)
        note_before, count, at = int(self._loose_note is not None), len(batch.events), 0
        while at < count:
            at = self.table.fold(events, commands, batch.first, at, note_before)
            self._take_names()
            if at < count:
                row = EVENT_ROWS.rows(batch.events[at:at + 1])[0]
                self._handlers[row.kind](row)
                at += 1
        for order_id in self._fired:
            order = self.get(order_id)
            if order is not None and order.state == FIRED:       # nothing was left to close when its turn came
                self.table.end(order, CANCELED, codes.canceled_reduce_only, batch.time_ns)
        self._fired.clear()
        self._orphans.clear()
        self.table.let_go()
        self._keep_loose_note(batch)

    def _take_names(self) -> None:
        """What the kernel leaves: names are texts, and what was asked for is known by its digest (SERV-008)."""
        named = self.table.take_named()
        if named:
            data, size = self._bytes_of_commands(), COMMAND_ROWS.dtype.itemsize
            for row, at in named:
                text = cut_name(note_text(bytes(data[(at - 1) * size:at * size])))
                self.table.set_name(row, text, contents_of(data[at * size:(at + 1) * size]))

    def _bytes_of_commands(self) -> memoryview:
        if self._data is None:
            self._data = memoryview(np.ascontiguousarray(self._batch.commands).view(np.uint8))
        return self._data

    def _keep_loose_note(self, batch) -> None:
        """A note at the end of a batch names the first order of the next one."""
        last = batch.commands[-1] if len(batch.commands) else None
        self._loose_note = None
        if last is not None and last["kind"] == codes.NOTE and is_person(int(last["account"])):
            self._loose_note = int(last["account"]), int(last["order_id"]), cut_name(note_text(last.tobytes()))

    def _command(self, row):
        """The PLACE_ORDER an event answers: its row, its place in the batch and the name given to it; None for the
        engine's own."""
        at = row.command_sequence - self._batch.first
        if row.order_id >= SYSTEM_ORDER_BASE or not 0 <= at < len(self._batch.commands):
            return None
        self._bytes_of_commands()
        size = COMMAND_ROWS.dtype.itemsize
        command = COMMAND_ROWS.make(COMMAND_ROWS.struct.unpack_from(self._data, at * size))
        if command.kind != codes.PLACE_ORDER or command.order_id != row.order_id:
            return None
        name = ""
        if at > 0:
            before = (at - 1) * size
            if self._data[before + KIND_AT] == codes.NOTE:
                note = NOTE_HEAD.unpack_from(self._data, before)
                if note == (command.order_id, command.account, 0):
                    name = cut_name(note_text(bytes(self._data[before:before + size])))
        elif self._loose_note and self._loose_note[:2] == (command.account, command.order_id):
            name = self._loose_note[2]
        return command, at, name

    def _new(self, row, command, at: int, name: str) -> Order:
        """The order of a command, as asked for."""
        order = Order(row.order_id, row.account, row.instrument, row.side, command.order_type, command.size_lots,
                      price_ticks=command.price_ticks, time_in_force=command.time_in_force,
                      expires_ns=command.expires_ns if command.time_in_force == codes.TIF_GTD else 0,
                      flags=command.flags, display_lots=command.display_lots, client_order_id=name,
                      created_ns=row.time_ns, updated_ns=row.time_ns)
        size = COMMAND_ROWS.dtype.itemsize
        order.contents = contents_of(self._data[at * size:(at + 1) * size])
        if command.order_type == codes.ORDER_TRAILING_STOP:
            order.trail_offset_ticks = command.trail_offset_ticks
        if command.stop_ticks or (command.trail_offset_ticks and command.order_type != codes.ORDER_TRAILING_STOP):
            order.bracket = Bracket.of(self._batch.commands[at])
        return order

    def _change(self, order: Order, time_ns: int) -> None:
        order.updated_ns = time_ns
        self.table.put(order)

    # ------------------------------------------------------------ one event each
    def _rejected(self, row) -> None:
        if self.table.find(row.order_id):
            return
        found = self._command(row)
        if found is None or row.instrument not in self.scales.by_id:
            return
        order = self._new(row, *found)
        self.table.add(order, named=False)
        self.table.end(order, REFUSED, row.reason, row.time_ns)

    def _accepted(self, row) -> None:
        found = self._command(row)
        if found is None:
            order = Order(row.order_id, row.account, row.instrument, row.side, row.order_type, row.size_lots,
                          price_ticks=row.price_ticks, flags=row.flags, created_ns=row.time_ns, updated_ns=row.time_ns)
            if row.flags & codes.FLAG_BRACKET_TARGET:
                order.role = ROLE_TARGET
                self._orphans.append(order.order_id)
        else:
            order = self._new(row, *found)
            order.flags, order.size_lots = row.flags, row.size_lots
        self.table.add(order)

    def _trigger_accepted(self, row) -> None:
        found = self._command(row)
        if found is None:
            order = Order(row.order_id, row.account, row.instrument, row.side, row.order_type, row.size_lots,
                          created_ns=row.time_ns, updated_ns=row.time_ns)
            if row.flags & codes.FLAG_BRACKET_STOP:
                order.role = ROLE_STOP
                self._orphans.append(order.order_id)
        else:
            order = self._new(row, *found)
        order.state = WAITING
        self._note_trigger(order, row)
        self.table.add(order)

    def _note_trigger(self, order: Order, row) -> None:
        order.trigger_units, order.price_ticks = row.price_units, row.price_ticks
        order.trigger_source, order.flags = row.flags >> SOURCE_SHIFT, row.flags & FLAG_BITS
        order.size_lots = order.filled_lots + row.size_lots if row.size_lots else 0

    def _trigger_moved(self, row) -> None:
        order = self.get(row.order_id)
        if order is not None:
            self._note_trigger(order, row)
            self._change(order, row.time_ns)

    def _trigger_fired(self, row) -> None:
        order = self.get(row.order_id)
        if order is None:
            return
        order.size_lots = order.filled_lots + row.size_lots
        order.state = FIRED
        self._fired.append(order.order_id)
        self._change(order, row.time_ns)

    def _traded(self, row) -> None:
        if is_person(row.account):
            order = self.get(row.order_id)
            if order is None and row.flags & codes.FLAG_LIQUIDATION:
                order = Order(row.order_id, row.account, row.instrument, row.side, row.order_type,
                              row.size_lots + row.remaining_lots, flags=row.flags, role=ROLE_LIQUIDATION,
                              time_in_force=codes.TIF_FOK, created_ns=row.time_ns, updated_ns=row.time_ns)
                self.table.add(order)
            self._filled(row, False, row.order_id, order, row.account, row.side, row.fee_atoms, row.realized_atoms,
                         row.remaining_lots)
        if is_person(row.other_account):
            self._filled(row, True, row.maker_order_id, self.get(row.maker_order_id), row.other_account, -row.side,
                         row.maker_fee_atoms, row.maker_realized_atoms, row.maker_remaining_lots)

    def _filled(self, row, maker, order_id, order, account, side, fee_atoms, realized_atoms, remaining_lots) -> None:
        """One side of a trade."""
        role, name = (order.role, order.client_order_id) if order is not None else (ROLE_ORDER, "")
        if order is not None:
            order.filled_lots += row.size_lots
            order.filled_value_atoms += row.value_atoms
            inverse = self.scales.by_id[row.instrument].inverse
            order.price_sum += price_weight(inverse, row.size_lots, row.price_ticks)
            order.fee_atoms += fee_atoms
            if remaining_lots == 0:
                self.table.end(order, FILLED, 0, row.time_ns)
            else:
                self._change(order, row.time_ns)
        charged = self._fee_rate(account, row.instrument, maker, row.value_atoms, fee_atoms)
        fill = (row.sequence, maker, order_id, name, row.instrument, account, side, row.price_ticks, row.size_lots,
                row.value_atoms, fee_atoms, charged, realized_atoms, role, row.time_ns)
        fills = self._fills.get(account)
        if fills is None:
            fills = self._fills[account] = deque(maxlen=FILLS_SHOWN)
            if len(self._fills) > FILL_ACCOUNTS:
                self._fills.popitem(last=False)
        self._fills.move_to_end(account)
        fills.append(fill)
        if account in self._watched["fills"]:
            self._new_fills.append((account, Fill(*fill)))

    def _fee_rate(self, account: int, instrument: int, maker: bool, value_atoms: int, fee_atoms: int) -> int:
        """The rate a fee was charged at: the account's as it stands, the taker's where a hidden maker paid that.
        FEES-002"""
        fee_class = self.engine.state.fee_classes[self.engine.state.accounts[account].fee_class]
        terms = self.scales.by_id[instrument].instrument.terms
        maker_ppb, taker_ppb = terms["maker_fee_ppb"], terms["taker_fee_ppb"]
        if fee_class.is_set:
            maker_ppb, taker_ppb = int(fee_class.maker_fee_ppb), int(fee_class.taker_fee_ppb)
        if maker and abs(fee_atoms * PPB - maker_ppb * value_atoms) < PPB:
            return maker_ppb
        return taker_ppb

    def _bracket_changed(self, row) -> None:
        """Stop and targets placed since belong to this entry; a stop that is named here is waiting."""
        left = []
        for order_id in self._orphans:
            order = self.get(order_id)
            if order is not None and order.account == row.account and order.instrument == row.instrument:
                order.parent_order_id = row.order_id
                self.table.put(order)
            else:
                left.append(order_id)
        self._orphans = left
        stop = self.get(row.maker_order_id) if row.maker_order_id else None
        if stop is not None and stop.state in (CANCELED, FIRED) and row.size_lots > 0:
            stop.size_lots, stop.state, stop.reason, stop.updated_ns = (
                stop.filled_lots + row.size_lots, WAITING, 0, row.time_ns)
            self.table.revive(stop)

    # ------------------------------------------------------------ after a restart
    def rebuild(self) -> None:
        """Know every open order and trigger of people from the engine's tables. What the tables do not keep (names,
        what was filled before) comes with ``load`` and ``load_notes``."""
        state = self.engine.states.view(np.ndarray)[0] if isinstance(self.engine.states, np.ndarray) else None
        if state is None:
            return
        found = []
        orders = state["orders"][:int(state["orders_pool"]["high_water"]) + 1]
        for at in np.flatnonzero((orders["order_id"] != 0) & (orders["remaining_lots"] > 0)
                                 & of_people(orders["account"])).tolist():
            found.append(self._of_order_row(state, orders[at]))
        triggers = state["triggers"][:int(state["triggers_pool"]["high_water"]) + 1]
        for at in np.flatnonzero((triggers["order_id"] != 0) & (triggers["position"] != 0) & (triggers["fired"] <= 1)
                                 & of_people(triggers["account"])).tolist():
            found.append(self._of_trigger_row(state, triggers[at]))
        for order in sorted(found, key=lambda one: (one.created_ns, one.order_id)):
            self.table.add(order)
        self.table.take_changed()

    @staticmethod
    def _of_order_row(state, row) -> Order:
        order = Order(int(row["order_id"]), int(row["account"]), int(row["instrument"]), int(row["side"]),
                      codes.ORDER_LIMIT, int(row["remaining_lots"]), price_ticks=int(row["price_ticks"]),
                      time_in_force=int(row["time_in_force"]), expires_ns=int(row["expires_ns"]),
                      flags=int(row["flags"]), display_lots=int(row["display_size_lots"]),
                      created_ns=int(row["placed_ns"]), updated_ns=int(row["placed_ns"]))
        if row["bracket"]:
            bracket = state["brackets"][int(row["bracket"])]
            if row["target_index"]:
                order.role, order.parent_order_id = ROLE_TARGET, int(bracket["entry_order_id"])
            else:
                order.bracket = Bracket.of(bracket)
        return order

    @staticmethod
    def _of_trigger_row(state, row) -> Order:
        flags = int(row["flags"])
        instrument = int(row["instrument"])
        per_tick = int(state["instruments"][instrument]["terms"]["mark_units_per_tick"])
        order = Order(int(row["order_id"]), int(row["account"]), instrument, int(row["side"]), int(row["order_type"]),
                      int(row["size_lots"]), price_ticks=int(row["limit_ticks"]), state=WAITING,
                      trigger_units=int(row["trigger_units"]), trigger_source=int(row["source"]),
                      trail_offset_ticks=int(row["trail_offset_units"]) // per_tick,
                      time_in_force=int(row["time_in_force"]), expires_ns=int(row["expires_ns"]), flags=flags,
                      display_lots=int(row["display_size_lots"]))
        if row["bracket"]:
            bracket = state["brackets"][int(row["bracket"])]
            if flags & codes.FLAG_BRACKET_STOP:
                order.role, order.parent_order_id = ROLE_STOP, int(bracket["entry_order_id"])
            else:
                order.bracket = Bracket.of(bracket)
        return order

    def load(self, rows: Iterable[dict]) -> None:
        """Orders as history kept them (``Order.row``), oldest first. The tables decide what is open: a live order takes
        its name, fills and fees from its row; a row that says open and is not has ended meanwhile."""
        for row in rows:
            kept = Order.of_row(row)
            live = self.get(kept.order_id)
            if live is not None and live.is_live:
                for name in ("client_order_id", "contents", "fee_atoms", "created_ns", "filled_lots",
                             "filled_value_atoms", "price_sum", "order_type"):
                    setattr(live, name, getattr(kept, name))
                if live.size_lots:
                    live.size_lots += kept.filled_lots
                if live.client_order_id:
                    self.table.name(live, live.client_order_id)
                else:
                    self.table.put(live)
            elif live is None:
                ended = kept.state if kept.state in NO_MORE else CANCELED
                self.table.add(kept, named=ended != REFUSED)
                self.table.end(kept, ended, kept.reason, kept.updated_ns)
        self.changes()

    def load_notes(self, commands: np.ndarray) -> None:
        """Names of open orders from NOTE commands of the journal."""
        for record in commands[(commands["kind"] == codes.NOTE) & (commands["parameter"] == 0)]:
            order = self.get(int(record["order_id"]))
            if order is not None and order.account == int(record["account"]) and not order.client_order_id:
                self.table.name(order, cut_name(note_text(record.tobytes())))


TEXT_AT = COMMAND_ROWS.dtype.fields["size_lots"][1]
TEXT_END = COMMAND_ROWS.dtype.fields["oco_order_id"][1] + 8
NOTE_HEAD = Unpacker("NoteHead", COMMAND_ROWS.dtype, ("order_id", "account", "parameter")).struct
KIND_AT = COMMAND_ROWS.dtype.fields["kind"][1]
assert TEXT_END - TEXT_AT == 48, "the text of a note lies in six neighboring words (ORDR-013)"


def note_text(record: bytes) -> str:
    """The text of a NOTE from the bytes of its record (ORDR-013)."""
    return record[TEXT_AT:TEXT_END].rstrip(b"\0").decode("utf-8", "replace")
