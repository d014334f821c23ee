"""The one place where a request of either door becomes commands, and where their events become its answer.

Nothing here waits: a request is packed into the commands of this turn of the event loop, which are offered together;
once they are durable and decided and the views have taken them in, everybody who asked is answered.
"""
from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from ..codes import (
    AMEND_ORDER,
    CANCEL_ORDERS,
    DEPOSIT,
    FLAG_REDUCE_ONLY,
    MOVE_COLLATERAL,
    ORDER_CANCELED,
    ORDER_LIMIT,
    PLACE_ORDER,
    REJECTED,
    SET_ACCOUNT,
    SET_INSTRUMENT_STATE,
    SET_LEVERAGE,
    SET_MARGIN_MODE,
    TIF_GTC,
    TRIGGER_CANCELED,
    Reason,
)
from ..engine.records import EVENT, as_record, new_commands
from ..node.venue import Batch, Venue
from ..views.direct import Direct
from ..views.order import Order
from ..views.order_kernels import number_orders
from ..views.orders import OrdersView
from ..views.scales import Scales
from . import requests
from .admission import Admission
from .errors import ServiceError, broken, refused
from .idempotency import ClientNames
from .intake import (
    Reader,
    amend_columns,
    cancel_record,
    client_name,
    invalid,
    leverage_ppb,
    note_row,
    order_number,
    order_row,
    plain_limit,
    signed_atoms,
)
from .metrics import Latency
from .order_text import PlainOrders, as_wire
from .packing import PLACES, RECORD, SIZE, row
from .tables import position_lots
from .wire import ROOM, Read, Writer
from .wire import Reader as WireReader

ORDER_ID = PLACES["order_id"]
STATE_REASONS = (int(Reason.instrument_must_be_trading), int(Reason.instrument_must_allow_new_orders),
                 int(Reason.circuit_breaker_must_be_over))


class Target(Protocol):
    """Who is answered."""

    def answer(self, tag: Any, result: Any, error: ServiceError | None) -> None:
        """Exactly once for every request that was taken; ``tag`` is what it came with. ``result`` is an ``Order``, or
        one as JSON in bytes, or what goes on the wire."""


class Ticket:
    """A request on its way: who asked, where its commands are, and what becomes of their events."""

    __slots__ = ("target", "tag", "account", "first", "count", "finish", "detail", "name")

    def __init__(self, target, tag, account, count, finish, detail, name=None):
        self.target, self.tag, self.account, self.first, self.count = target, tag, account, 0, count
        self.finish, self.detail, self.name = finish, detail, name


def kind_of(request: requests.PlaceOrder) -> str:
    """Which kind of request an order is when the queue is full.  PROF-015"""
    if request.close:
        return "close"
    return "reduce only" if request.reduce_only else "new order"


class Waiter:
    """A coroutine that waits for an answer."""

    __slots__ = ("answered", "scales")

    def __init__(self, scales: Scales):
        self.scales = scales
        self.answered = asyncio.get_running_loop().create_future()

    def answer(self, tag: Any, result: Any, error: ServiceError | None) -> None:
        """Wake it."""
        if self.answered.done():
            return
        if error is None:
            self.answered.set_result(as_wire(result, self.scales))
        else:
            self.answered.set_exception(error)


class Operations:
    """What can be done on a venue by a signed-in account."""

    def __init__(self, venue: Venue, orders: OrdersView, admission: Admission, status=None, eligibility=None):
        self.venue, self.orders, self.admission, self.status = venue, orders, admission, status
        self.eligibility = eligibility
        self.readers = {one.symbol: Reader(one) for one in venue.instruments}
        self.names = ClientNames(orders)
        self._symbols = {one.id: one.symbol for one in venue.instruments}
        self._assets = {one.name: one for one in venue.profile.assets}
        self._records = new_commands(ROOM)
        self._rows, self._number = as_record(self._records), Direct(number_orders)
        self._bytes = memoryview(self._records.view(np.uint8))
        self._count = 0
        self._tickets: list[Ticket | Read] = []
        self.latency, self.answered = Latency(), 0
        self._decided: list[tuple[int, float, list[Ticket | Read], np.ndarray]] = []
        self._plain = PlainOrders(orders.scales, orders.table)
        self._plain.write([0])                   # loads the kernels: the first order should not wait for them
        self._number(self._rows[:0], 1)
        self._wire = WireReader(venue.instruments, admission.queues, ROOM)
        self._writer = Writer(self._wire, orders.table, self._plain)
        self._warm_wire()
        self._handlers = {
            requests.PlaceMessage: self.place, requests.PlaceOrder: self.place,
            requests.AmendMessage: self.amend, requests.AmendOrder: self.amend,
            requests.CancelMessage: self.cancel, requests.CancelOrder: self.cancel,
            requests.CancelAllMessage: self.cancel_all, requests.CancelAll: self.cancel_all,
            requests.Leverage: self.leverage, requests.ChooseMarginMode: self.margin_mode,
            requests.MoveMargin: self.move_margin, requests.ClosePosition: self.close_position,
            requests.ScaleOut: self.scale_out, requests.Deposit: self.deposit}

    # ------------------------------------------------------------ doors
    def submit(self, target: Target, tag: Any, account: int, request: Any) -> None:
        """Take a request; ``target`` is answered later. Raises ServiceError where it is refused at the door."""
        self._handlers[type(request)](target, tag, account, request)

    async def ask(self, account: int, request: Any) -> Any:
        """Take a request and wait for its answer; raises ServiceError where it was not carried out."""
        waiter = Waiter(self.orders.scales)
        self.submit(waiter, None, account, request)
        return await waiter.answered

    # ------------------------------------------------------------ many messages at once
    def read(self, data: np.ndarray, ends: np.ndarray, accounts: np.ndarray, begin: int, senders: list) -> int:
        """Take the messages from ``begin`` on that compiled code understands; the index of the first one left."""
        if self.admission.closed is not None:
            return begin
        if self._count >= ROOM:
            self.flush()
        self._wire.may_place(self.status is None or not self.status.refuses_new_orders)
        count = self._count
        end, read = self._wire.read(data, ends, accounts, begin, self._rows, count, senders)
        if read is not None:
            if count == 0:
                self.venue.gather(self.flush)
            self._count = count + end - begin
            self._tickets.append(read)
        return end

    def _warm_wire(self) -> None:
        """Load the kernels: the first order should not wait for them."""
        data, ends = np.frombuffer(b"{}", np.uint8), np.array([2])
        self._wire.read(data, ends, np.array([0]), 0, self._rows, 0, [None])
        empty = Read(data, self._wire.no_tickets, [])
        self._writer.write(empty, np.zeros(0, EVENT), 1)

    # ------------------------------------------------------------ orders
    def place(self, target: Target, tag: Any, account: int, request: requests.PlaceOrder) -> None:
        """A new order. A known client order id is answered with the order it made.  SERV-008"""
        reader = self.reader(request.symbol)
        record = plain_limit(reader, account, request)
        if record is None:
            oco = 0 if request.oco is None else self.order_id(account, request.oco, "oco")
            record = RECORD.pack(*order_row(reader, account, request, oco))
        name = request.client_order_id
        if name is None:
            self._may_place(account, request)
            self._add(Ticket(target, tag, account, 1, ORDER, 0), record)
        elif not self.names.repeated(target, tag, account, client_name(name), record):
            try:
                self._may_place(account, request)
            except ServiceError as error:
                self.names.decided(account, name, None, error)
                raise
            self._add(Ticket(target, tag, account, 2, ORDER, 0, name), RECORD.pack(*note_row(account, name)), record)

    def _may_place(self, account: int, request: requests.PlaceOrder) -> None:
        if self.status is not None:
            self.status.refuse_new_orders()
        self.admission.admit(account, kind_of(request))

    def amend(self, target: Target, tag: Any, account: int, request: requests.AmendOrder) -> None:
        """Change an order."""
        order_id = self._named(account, request)
        self.admission.admit(account, "amend")
        if self.status is not None:
            self.status.refuse_new_orders()
        columns = amend_columns(self._reader_of_order(account, order_id), request)
        self._one(target, tag, account, ORDER, order_id,
                  row(AMEND_ORDER, account=account, order_id=order_id, **columns))

    def cancel(self, target: Target, tag: Any, account: int, request: requests.CancelOrder) -> None:
        """Take back an order. One that is named and not decided yet is taken back once it is.  SERV-008"""
        name = request.client_order_id
        if name is not None and request.order_id is None and self.names.after(
                account, name, lambda: self._cancel_later(target, tag, account, request)):
            return
        order_id = self._named(account, request)
        self.admission.admit(account, "cancel")
        self._add(Ticket(target, tag, account, 1, ORDER, order_id), cancel_record(account, order_id))

    def _cancel_later(self, target: Target, tag: Any, account: int, request: requests.CancelOrder) -> None:
        try:
            self.cancel(target, tag, account, request)
        except ServiceError as error:
            target.answer(tag, None, error)

    def cancel_all(self, target: Target, tag: Any, account: int, request: requests.CancelAll) -> None:
        """Take back all orders."""
        self.admission.admit(account, "cancel")
        instrument = 0 if request.symbol is None else self.reader(request.symbol).id
        self._one(target, tag, account, self._canceled, None,
                  row(CANCEL_ORDERS, account=account, instrument=instrument))

    # ------------------------------------------------------------ positions
    def leverage(self, target: Target, tag: Any, account: int, request: requests.Leverage) -> None:
        """Choose the leverage of a position."""
        self.admission.admit(account, "leverage")
        numbers = row(SET_LEVERAGE, account=account, instrument=self.reader(request.symbol).id,
                      value=leverage_ppb(request.leverage))
        self._one(target, tag, account, self._done, {"symbol": request.symbol, "leverage": request.leverage},
                  numbers)

    def margin_mode(self, target: Target, tag: Any, account: int, request: requests.ChooseMarginMode) -> None:
        """Isolated or cross."""
        self.admission.admit(account, "margin mode")
        numbers = row(SET_MARGIN_MODE, account=account, instrument=self.reader(request.symbol).id,
                      value=int(request.margin_mode == "isolated"))
        self._one(target, tag, account, self._done,
                  {"symbol": request.symbol, "margin_mode": request.margin_mode}, numbers)

    def move_margin(self, target: Target, tag: Any, account: int, request: requests.MoveMargin) -> None:
        """Add to an isolated position's collateral, or take from it."""
        self.admission.admit(account, "collateral")
        reader = self.reader(request.symbol)
        atoms = signed_atoms(request.amount, reader.instrument.grid.settlement.decimals)
        self._one(target, tag, account, self._done, {"symbol": request.symbol, "amount": request.amount},
                  row(MOVE_COLLATERAL, account=account, instrument=reader.id, amount_atoms=atoms))

    def close_position(self, target: Target, tag: Any, account: int, request: requests.ClosePosition) -> None:
        """Close a whole position, at the market or at a limit."""
        reader = self.reader(request.symbol)
        lots = self.position_lots(account, reader.id)
        if lots == 0:
            raise refused(Reason.position_must_be_open, f"no position in {request.symbol}")
        self.place(target, tag, account, requests.PlaceOrder(
            symbol=request.symbol, side="sell" if lots > 0 else "buy", close=True,
            type="market" if request.price is None else "limit", price=request.price,
            client_order_id=request.client_order_id))

    def scale_out(self, target: Target, tag: Any, account: int, request: requests.ScaleOut) -> None:
        """Several resting reduce-only orders, all in one batch."""
        reader = self.reader(request.symbol)
        lots = self.position_lots(account, reader.id)
        if lots == 0:
            raise refused(Reason.position_must_be_open, f"no position in {request.symbol}")
        self.admission.admit(account, "reduce only")
        rows = [RECORD.pack(*row(PLACE_ORDER, account=account, instrument=reader.id, side=-1 if lots > 0 else 1,
                                 order_type=ORDER_LIMIT, time_in_force=TIF_GTC, flags=FLAG_REDUCE_ONLY,
                                 price_ticks=reader.ticks(step.price, f"steps[{number}].price"),
                                 size_lots=reader.lots(step.size, f"steps[{number}].size")))
                for number, step in enumerate(request.steps)]
        self._add(Ticket(target, tag, account, len(rows), self._scaled, None), *rows)

    def cancel_everything(self, account: int) -> None:
        """Cancel all orders of an account without anyone waiting for it: the dead man's switch."""
        self._one(NOBODY, None, account, self._canceled, None, row(CANCEL_ORDERS, account=account))

    # ------------------------------------------------------------ accounts and cash
    def deposit(self, target: Target, tag: Any, account: int, request: requests.Deposit) -> None:
        """Paper money."""
        asset = self.asset(request.asset)
        atoms = signed_atoms(request.amount, asset.decimals)
        if atoms < 0:
            raise invalid("amount", f"{request.amount!r} must be above 0", "a positive amount", "LEDG-003")
        self._one(target, tag, account, self._done, {"asset": request.asset, "amount": request.amount},
                  row(DEPOSIT, account=account, asset=asset.id, amount_atoms=atoms))

    async def open_account(self, account: int, fee_class: int = 0, restrictions: int = 0) -> None:
        """Open an account, or set it again: harmless where it is open already."""
        await self._ask_row(account, row(SET_ACCOUNT, account=account, parameter=fee_class, flags=restrictions))

    async def set_instrument_state(self, symbol: str, state: int) -> None:
        """The operator switches a market."""
        await self._ask_row(0, row(SET_INSTRUMENT_STATE, instrument=self.reader(symbol).id, value=state))

    async def _ask_row(self, account: int, numbers: list[int]) -> None:
        waiter = Waiter(self.orders.scales)
        self._one(waiter, None, account, self._done, None, numbers)
        await waiter.answered

    # ------------------------------------------------------------ looking things up
    def reader(self, symbol: str) -> Reader:
        """The instrument of a symbol."""
        reader = self.readers.get(symbol)
        if reader is None:
            raise ServiceError("not_found", f"no instrument {symbol!r}", "symbol", "SERV-006",
                               "one of " + ", ".join(self.readers))
        return reader

    def asset(self, name: str):
        """The asset of a name."""
        asset = self._assets.get(name)
        if asset is None:
            raise ServiceError("not_found", f"no asset {name!r}", "asset", "SERV-006",
                               "one of " + ", ".join(self._assets))
        return asset

    def order_id(self, account: int, text: str, field: str = "order_id") -> int:
        """The order of ``text``: an id, or ``client:NAME``."""
        if text.startswith("client:"):
            return self._by_name(account, text[7:], field)
        return order_number(text, field)

    def order(self, account: int, order_id: int) -> dict | None:
        """An order of the account as it stands, open or ended not long ago."""
        order = self.orders.get(order_id)
        return None if order is None or order.account != account else order.wire(self.orders.scales)

    def _named(self, account: int, request) -> int:
        if request.order_id is not None:
            return self.order_id(account, request.order_id)
        if request.client_order_id is None:
            raise ServiceError("missing_field", "order_id is missing", "order_id", "SERV-003",
                               "give order_id or client_order_id")
        return self._by_name(account, request.client_order_id, "client_order_id")

    def _by_name(self, account: int, name: str, field: str) -> int:
        order_id = self.names.order_id(account, name)
        if order_id is None:
            raise ServiceError("not_found", f"no order of yours is named {name!r}", field, "SERV-008",
                               "the name as it was sent, or the order id")
        return order_id

    def _reader_of_order(self, account: int, order_id: int) -> Reader:
        order = self.orders.get(order_id)
        if order is None or order.account != account:
            raise refused(Reason.order_must_exist)
        return self.readers[self._symbols[order.instrument]]

    def position_lots(self, account: int, instrument: int) -> int:
        """The signed size of a position, 0 for none."""
        return position_lots(self.venue.engine.states, account, instrument)

    # ------------------------------------------------------------ out: this turn's commands
    def _one(self, target, tag, account, finish, detail, numbers) -> None:
        self._add(Ticket(target, tag, account, 1, finish, detail), RECORD.pack(*numbers))

    def _add(self, ticket: Ticket, *records: bytes) -> None:
        count = self._count
        if count + len(records) > ROOM:
            self.flush()
            count = 0
        if count == 0:
            self.venue.gather(self.flush)
        ticket.first = count
        for record in records:
            at = count * SIZE
            self._bytes[at:at + SIZE] = record
            count += 1
        self._count = count
        self._tickets.append(ticket)
        self.admission.entered(ticket.account, len(records))

    def flush(self) -> None:
        """Offer what was gathered. Orders get their sequence as id, a note its order's (SERV-009)."""
        count, self._count = self._count, 0
        if count == 0:
            return
        tickets, self._tickets = self._tickets, []
        records, first = self._records[:count], self.venue.next_sequence
        self._number(self._rows[:count], first)
        try:
            begun = time.perf_counter()
            self.venue.offer(records, lambda events: self._decided.append((first, begun, tickets, events)))
        except Exception as fault:
            error = ServiceError("not_available", f"the venue has stopped: {fault}", None, None,
                                 "try again after the restart; read your orders first", retry_after_s=5)
            for ticket in self._single(tickets):
                self._end(ticket, None, error)

    # ------------------------------------------------------------ in: what became of them
    def fold(self, batch: Batch) -> None:
        """Answer everybody whose commands were in this batch. Comes after all views."""
        decided, self._decided = self._decided, []
        for first, begun, tickets, events in decided:
            count = self._finish(first, tickets, events)
            self.answered += count
            self.latency.note(time.perf_counter() - begun, count)

    def _finish(self, first: int, tickets: list[Ticket | Read], events: np.ndarray) -> int:
        """Answer an offer's requests, in order; how many they were."""
        count, single = 0, []
        for ticket in tickets:
            if type(ticket) is not Read:
                single.append(ticket)
                continue
            count += self._answer(first, single, events)
            count += self._answer_read(first, ticket, events)
            single = []
        return count + self._answer(first, single, events)

    def _single(self, tickets: list[Ticket | Read]) -> Iterator[Ticket]:
        """Every request by itself."""
        for ticket in tickets:
            if type(ticket) is Read:
                yield from (self._ticket(ticket, number) for number in range(len(ticket.tickets)))
            else:
                yield ticket

    def _ticket(self, read: Read, number: int) -> Ticket:
        """One of the requests that compiled code read."""
        row = read.tickets[number]
        ticket = Ticket(read.targets[number], read.tag(number), int(row["account"]), 1, ORDER, int(row["order_id"]))
        ticket.first = int(row["at"])
        return ticket

    def _answer_read(self, first: int, read: Read, events: np.ndarray) -> int:
        """Answer requests that compiled code read; what it does not write itself is answered one by one."""
        count, targets = len(read.targets), read.targets
        try:
            pieces = self._writer.write(read, events, first)
        except Exception as fault:
            broken(fault, "answers")
            pieces = [(number, number + 1, None) for number in range(count)]
        together: dict[Any, list[bytes]] = {}
        for begin, _, frames in pieces:
            if frames is not None:
                together.setdefault(targets[begin], []).append(frames)
                continue
            self._send(together)                 # nobody's answers change places
            self._answer(first, [self._ticket(read, begin)], events)
        self._send(together)
        return count

    def _send(self, together: dict[Any, list[bytes]]) -> None:
        """One write for each connection; empties ``together``."""
        for target, frames in together.items():
            try:
                target.send_frames(frames[0] if len(frames) == 1 else b"".join(frames))
            except Exception as fault:
                broken(fault, "answer")
        together.clear()

    def _answer(self, first: int, tickets: list[Ticket], events: np.ndarray) -> int:
        if not tickets:
            return 0
        causes = events["command_sequence"]
        refused_at = np.flatnonzero(events["kind"] == REJECTED)
        refusals = set(causes[refused_at].tolist()) if len(refused_at) else ()
        texts = iter(self._texts([ticket.detail or first + ticket.first + ticket.count - 1 for ticket in tickets
                                  if ticket.finish is ORDER]))
        left = self.admission.left
        for ticket in tickets:
            text = next(texts) if ticket.finish is ORDER else None
            if text is not None and not refusals and ticket.name is None:      # the way of most
                left(ticket.account, 1)
                ticket.count = 0
                try:
                    ticket.target.answer(ticket.tag, text, None)
                except Exception as fault:
                    self._end(ticket, None, broken(fault, "answer"))
                continue
            begin = first + ticket.first
            try:
                if refusals and not refusals.isdisjoint(range(begin, begin + ticket.count)):
                    self._refused(ticket, _between(causes, events, begin, ticket.count))
                elif text is not None:
                    self._end(ticket, text, None)
                elif ticket.finish is ORDER:
                    self._end(ticket, self._order(ticket.detail or begin + ticket.count - 1), None)
                else:
                    mine = _between(causes, events, begin, ticket.count)
                    self._end(ticket, ticket.finish(ticket, begin, mine), None)
            except ServiceError as error:
                self._end(ticket, None, error)
            except Exception as fault:
                self._end(ticket, None, broken(fault, "answer"))
        return len(tickets)

    def _texts(self, order_ids: list[int]) -> list[bytes | None]:
        """Plain orders as JSON; where that breaks each is written by itself."""
        try:
            return self._plain.write(order_ids)
        except Exception as fault:
            broken(fault, "plain orders")
            return [None] * len(order_ids)

    def _end(self, ticket: Ticket, result: Any, error: ServiceError | None) -> None:
        count, ticket.count = ticket.count, 0            # a fault while answering comes here once more
        if count:
            self.admission.left(ticket.account, count)
        ticket.target.answer(ticket.tag, result, error)
        if ticket.name is not None:
            self.names.decided(ticket.account, ticket.name, result, error)

    def _refused(self, ticket: Ticket, events: np.ndarray) -> None:
        if ticket.finish is not ORDER and ticket.finish.__func__ is Operations._scaled:
            self._end(ticket, ticket.finish(ticket, 0, events), None)
            return
        event = events[events["kind"] == REJECTED][0]
        reason = int(event["reason"])
        if reason == Reason.order_must_belong_to_account:
            reason = int(Reason.order_must_exist)        # nobody learns of others' orders
        error = refused(reason)
        if reason in STATE_REASONS and self.status is not None:
            error = self.status.explained(error, self._symbols.get(int(event["instrument"])))
        if reason == Reason.client_class_must_be_admitted and self.eligibility is not None:
            error = self.eligibility.explained(error, ticket.account, int(event["instrument"]))
        self._end(ticket, None, error)

    def _order(self, order_id: int) -> Order:
        order = self.orders.get(order_id)
        if order is None:                        # the view of orders is out of service (SERV-026)
            raise ServiceError("not_available", f"the engine took it; order {order_id} cannot be shown", None,
                               "SERV-026", "it is in the journal: read GET /orders after the venue's restart")
        return order

    def _canceled(self, ticket: Ticket, first: int, events: np.ndarray) -> Any:
        mine = events[(events["account"] == ticket.account) & (events["reason"] == Reason.canceled_by_owner)]
        return {"canceled": int(np.count_nonzero(np.isin(mine["kind"], (ORDER_CANCELED, TRIGGER_CANCELED))))}

    def _scaled(self, ticket: Ticket, first: int, events: np.ndarray) -> Any:
        refusals = events[events["kind"] == REJECTED]
        errors = {int(event["order_id"]): refused(int(event["reason"])).wire() for event in refusals}
        sequences = [int(number) for number in np.unique(events["command_sequence"])]
        return {"items": [self.order(ticket.account, number) for number in sequences if number not in errors],
                "errors": list(errors.values())}

    def _done(self, ticket: Ticket, first: int, events: np.ndarray) -> Any:
        return ticket.detail


ORDER = object()
"""What ends a ticket that is answered with an order: the one it names, or the one its last command made."""


def _between(causes: np.ndarray, events: np.ndarray, begin: int, count: int) -> np.ndarray:
    return events[np.searchsorted(causes, begin):np.searchsorted(causes, begin + count)]


class _Nobody:
    """Takes answers nobody waits for."""

    def answer(self, tag: Any, result: Any, error: ServiceError | None) -> None:
        """Nothing."""


NOBODY = _Nobody()
