"""Messages of one turn of the loop, read together: the commonest by compiled code, the rest one by one, in their order.

A message that compiled code does not understand, or whose sender has to be looked at first, goes the way of all others
(:meth:`steelyard.service.connection.Connection.receive`), with the same answers and refusals.  SERV-019
"""
from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import accumulate, groupby

import numpy as np

from ..engine.records import as_record, new_commands
from ..venues.instrument import Instrument
from ..views.direct import Direct, kernel_rows, table
from ..views.order_text_kernels import SAID
from ..views.scales import InstrumentScale
from . import wire_kernels as kernels
from .errors import broken

ROOM = 2048
"""Messages that are read together, and commands that are offered together, at most."""
FEW = 2
"""Fewer messages than this are not worth the way there."""


class Read:
    """Messages that compiled code read: where their commands are among those that are offered, and who is answered."""

    __slots__ = ("data", "tickets", "targets")

    def __init__(self, data: np.ndarray, tickets: np.ndarray, targets: list):
        self.data, self.tickets, self.targets = data, tickets, targets

    def tag(self, number: int) -> bytes:
        """The ``id`` of a message as it came."""
        ticket = self.tickets[number]
        return self.data[ticket["tag_begin"]:ticket["tag_end"]].tobytes()


class Reader:
    """Reads messages into commands."""

    def __init__(self, instruments: Iterable[Instrument], queues: np.ndarray, room: int):
        self.wires, self.queues = table(kernels.WIRE, 1), queues
        self._read = Direct(kernels.read_messages)
        self._wire, self._may_place = self.wires[0], self.wires["may_place"]
        self._empty = as_record(new_commands(1))
        self._tickets = table(kernels.TICKET, room)
        self.no_tickets = self._tickets[:0].copy()
        for number, word in enumerate(kernels.WORDS):
            _set(self.wires["words"][0][number:number + 1], word)
        grids = self.wires["grid"][0]
        for number, one in enumerate(instruments):
            scale, row = InstrumentScale(one), grids[number:number + 1]
            row["id"], row["tick"], row["price_decimals"] = one.id, scale.tick_steps, scale.price_decimals
            row["lot"], row["size_decimals"] = scale.lot_steps, scale.size_decimals
            _set(row["symbol"], one.symbol)
            self._wire.grids = number + 1

    def may_place(self, may: bool) -> None:
        """Whether orders are taken now (SERV-018); where they are not, who sends one is refused by the caller."""
        self._may_place[0] = may

    def read(self, data: np.ndarray, ends: np.ndarray, accounts: np.ndarray, begin: int, commands: np.ndarray,
             count: int, targets: list) -> tuple[int, Read | None]:
        """Read messages from ``begin`` on into ``commands`` from ``count`` on: the index of the first that was not, and
        those that were."""
        end = int(self._read(self.wires, self.queues, data, ends, accounts, begin, commands, count, self._empty,
                             self._tickets))
        if end == begin:
            return end, None
        return end, Read(data, self._tickets[:end - begin].copy(), targets[begin:end])


class Writer:
    """Writes the answers of messages that were read here, all at once."""

    def __init__(self, reader: Reader, orders, texts):
        self._wires, self._queues, self._orders, self._texts = reader.wires, reader.queues, orders, texts.words
        self._said = table(SAID, 1)
        self._bytes = memoryview(self._said["bytes"][0])
        self._write = Direct(kernels.answer_messages)

    def write(self, read: Read, events: np.ndarray, first: int) -> list[tuple[int, int, bytes | None]]:
        """Whole answers as frames that may be sent as they are: of which messages (the first one, and the one after the
        last), all of one target, and their frames; None for a message that is the caller's."""
        ends = np.empty(len(read.tickets), np.int64)
        self._write(self._wires, self._queues, self._orders.tables, self._texts, read.data, read.tickets,
                    kernel_rows(events), first, self._said, ends)
        ends = ends.tolist()
        if not ends or min(ends) >= 0:
            return self._pieces(ends, [len(list(same)) for _, same in groupby(read.targets)])
        return self._pieces(ends, [1] * len(ends))

    def _pieces(self, ends: list[int], sizes: list[int]) -> list[tuple[int, int, bytes | None]]:
        """What was written, in pieces of so many messages."""
        found: list[tuple[int, int, bytes | None]] = []
        at = begin = 0
        for size in sizes:
            stop = at + size
            end = ends[stop - 1]
            if end < 0:
                found.append((at, stop, None))
            else:
                found.append((at, stop, bytes(self._bytes[begin:end])))
                begin = end
            at = stop
        return found


class Inbox:
    """Messages that came, of all connections, until the next batch is taken."""

    def __init__(self, operations):
        self.operations = operations
        self.messages: list[bytes] = []
        self.senders: list = []
        self._announced, self._telling = 0, False

    def put(self, sender, message: bytes) -> None:
        """A message came; it is read when the next batch is taken (JRNL-040)."""
        self.messages.append(message)
        self.senders.append(sender)
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._announce)

    def _announce(self) -> None:
        """Tell the venue, once a turn of the loop, how many came in it."""
        self._telling = False
        count = len(self.messages)
        if count >= ROOM:
            self.read()
        elif count > self._announced:
            self.operations.venue.gather(self.read, count - self._announced)
            self._announced = count

    def read(self) -> None:
        """Read what came. Called too before anything happens that messages before it must not see."""
        messages, senders = self.messages, self.senders
        if not messages:
            return
        self.messages, self.senders, self._announced = [], [], 0
        now, count = time.monotonic(), len(messages)
        senders[0].door.messages += count
        passes, accounts = self._admitted(senders, now)
        if count < FEW:
            for at, sender in enumerate(senders):
                sender.receive(messages[at], passes[at])
            return
        data = np.frombuffer(b"".join(messages), np.uint8)
        ends = np.fromiter(accumulate(map(len, messages)), np.int64, count)
        accounts, at = np.array(accounts, np.int64), 0
        while at < count:
            try:
                at = self.operations.read(data, ends, accounts, at, senders)
            except Exception as fault:           # never seen; whoever sent something is answered all the same
                broken(fault, "messages")
            if at < count:
                senders[at].receive(messages[at], passes[at])
                at += 1

    @staticmethod
    def _admitted(senders: list, now: float) -> tuple[list[bool], list[int]]:
        """Of each message, whether its sender's allowance lets it pass, and the account it may trade for: 0 where the
        sender has to be looked at. Neighbors of one sender are counted together."""
        passes: list[bool] = []
        accounts: list[int] = []
        for sender, same in groupby(senders):
            count = len(list(same))
            passing = sender.passes(now, count)
            passes += [True] * passing
            accounts += [sender.trades_as] * passing
            if passing < count:
                passes += [False] * (count - passing)
                accounts += [0] * (count - passing)
        return passes, accounts


def _set(words: np.ndarray, text: str) -> None:
    data = text.encode()
    words["length"] = len(data)
    words["bytes"][0, :len(data)] = np.frombuffer(data, np.uint8)
