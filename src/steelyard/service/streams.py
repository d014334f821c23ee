"""Streams: snapshot, then deltas without a gap, made once for all who read; slow readers are conflated, then cut.

A channel numbers its messages one by one (SERV-003). It keeps the newest ones so that a reader who comes back may go on
where it stopped (SERV-015). Nothing here grows with how slowly anybody reads (SERV-016).
"""
from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import structlog
from picows import WSCloseCode

from ..node.venue import Batch
from ..views.view import View
from .errors import ServiceError

KEPT_MESSAGES = 512
KEPT_BYTES = 1 << 20
"""Bounds of what a channel keeps for those who come back."""
GRACE_S = 30.0
"""A channel nobody reads goes on so long, so that a short absence costs no snapshot."""
PRIVATE = frozenset(("orders", "fills", "positions", "wallet", "notices"))
CHANNELS_MAX = 100
"""Channels one connection may read."""
SLICE = 50
"""Readers written to in one turn of the loop: orders do not wait until a thousand have a message."""
log = structlog.get_logger("steelyard")
encode = msgspec.json.Encoder().encode


class Reader(Protocol):
    """A connection as streams see it."""

    account: int
    channels: dict[str, Channel]

    def send_stream(self, channel: Channel, message: bytes) -> None:
        """Send, or remember that the channel is behind."""

    def cut(self, code: WSCloseCode, reason: str) -> None:
        """End the connection and say why."""


class Channel:
    """One stream: public, or of one account."""

    __slots__ = ("name", "account", "view", "sequence", "readers", "kept", "kept_bytes", "unsent", "head", "idle_since",
                 "_snapshot")

    def __init__(self, name: str, account: int, view: View, sequence: int):
        self.name, self.account, self.view, self.sequence = name, account, view, sequence
        self.readers: dict[Reader, None] = {}
        self.kept: deque[tuple[int, bytes]] = deque()
        self.kept_bytes = 0
        self.unsent: deque[tuple[bytes, list[Reader]]] = deque()
        """Messages on their way to many readers, oldest first, and who of them still waits."""
        self.head = b'{"channel":' + encode(name) + b',"sequence":'
        self.idle_since: float | None = None
        self._snapshot: tuple[int, bytes] | None = None

    def message(self, kind: bytes, time_ms: int, data: Any) -> bytes:
        """A message with the present sequence."""
        return b'%b%d,"type":"%b","time":%d,"data":%b}' % (self.head, self.sequence, kind, time_ms, encode(data))

    def publish(self, time_ms: int, data: Any) -> None:
        """A change: to everybody who reads, and kept for those who come back."""
        self.sequence += 1
        message = self.message(b"delta", time_ms, data)
        self.kept.append((self.sequence, message))
        self.kept_bytes += len(message)
        while len(self.kept) > KEPT_MESSAGES or self.kept_bytes > KEPT_BYTES:
            self.kept_bytes -= len(self.kept.popleft()[1])
        if len(self.readers) <= SLICE and not self.unsent:
            for reader in self.readers:
                reader.send_stream(self, message)
            return
        if not self.unsent:
            asyncio.get_running_loop().call_soon(self._send_slice)
        self.unsent.append((message, list(self.readers)))

    def _send_slice(self) -> None:
        """Write to the next readers of the oldest message; the rest in the next turn of the loop."""
        if not self.unsent:
            return
        message, readers = self.unsent[0]
        some = readers[-SLICE:]
        del readers[-SLICE:]
        if not readers:
            self.unsent.popleft()
        for reader in some:
            if reader in self.readers:
                reader.send_stream(self, message)
        if self.unsent:
            asyncio.get_running_loop().call_soon(self._send_slice)

    def send_unsent(self) -> None:
        """Write everything now: somebody gets a later state, and nobody may get an earlier message after it."""
        while self.unsent:
            message, readers = self.unsent.popleft()
            for reader in readers:
                if reader in self.readers:
                    reader.send_stream(self, message)

    def snapshot(self, time_ms: int) -> bytes:
        """The state as it is now; the next delta has its sequence + 1. Made once for all who come at one sequence."""
        if self._snapshot is None or self._snapshot[0] != self.sequence:
            self._snapshot = (self.sequence,
                              self.message(b"snapshot", time_ms, self.view.snapshot(self.name, self.account)))
        return self._snapshot[1]

    def after(self, sequence: int) -> list[bytes] | None:
        """The messages after ``sequence``, or None where they are not all kept any more.  SERV-015"""
        if sequence == self.sequence:
            return []
        if not self.kept or not self.kept[0][0] - 1 <= sequence < self.sequence:
            return None
        return [message for number, message in self.kept if number > sequence]


class Streams:
    """All channels of a venue: fed by views, read by connections."""

    def __init__(self, clock_ms: Callable[[], int], views: list[View]):
        self.clock_ms, self.views = clock_ms, views
        self._of: dict[str, View] = {word: view for view in views for word in view.channels}
        self._open: dict[tuple[str, int], Channel] = {}
        self.faults: dict[View, Exception] = {}
        """Views that failed and are out of service."""
        self._first = 0
        """The last first sequence: channels begin at the wall clock in ms, so that a number from before a restart is
        never taken for one of now."""
        self._instant = [view for view in views if view.period_ms == 0]
        self._timed = [view for view in views if view.period_ms]

    # ------------------------------------------------------------ feeding
    def fold(self, batch: Batch) -> None:
        """Every view takes the batch in; those without a period tell what changed."""
        for view in self.views:
            if view not in self.faults:
                try:
                    view.fold(batch)
                except Exception as fault:
                    self._take_out(view, fault)
        for view in self._instant:
            self._tell(view)

    def _take_out(self, view: View, fault: Exception) -> None:
        """A view that failed shows nothing any more; orders, the journal and all other views go on.  SERV-026"""
        self.faults[view] = fault
        log.error("view", view=type(view).__name__, fault=repr(fault), exc_info=fault)
        for channel in [one for one in self._open.values() if one.view is view]:
            del self._open[channel.name, channel.account]
            for reader in list(channel.readers):
                reader.cut(WSCloseCode.INTERNAL_ERROR, f"{channel.name} is not available")

    async def run(self) -> None:
        """Ask the views with a period for their changes, each in its time; forget channels nobody reads."""
        due = {id(view): 0.0 for view in self._timed}
        while True:
            now = time.monotonic()
            for view in self._timed:
                if due[id(view)] <= now:
                    due[id(view)] = max(due[id(view)] + view.period_ms / 1000, now)
                    self._tell(view)
            self._forget(now)
            ahead = min((at for at in due.values()), default=now + 1.0) - time.monotonic()
            await asyncio.sleep(min(1.0, max(0.001, ahead)))

    def _tell(self, view: View) -> None:
        if view in self.faults:
            return
        try:
            changes = view.changes()
        except Exception as fault:
            self._take_out(view, fault)
            return
        for change in changes:
            channel = self._open.get((change.channel, change.account))
            if channel is not None:
                channel.publish(self.clock_ms(), change.data)

    def _forget(self, now: float) -> None:
        gone = [key for key, channel in self._open.items()
                if channel.idle_since is not None and now - channel.idle_since > GRACE_S]
        for key in gone:
            channel = self._open.pop(key)
            channel.view.watch(channel.name, channel.account, False)

    # ------------------------------------------------------------ reading
    def channel(self, name: str, account: int) -> Channel:
        """The channel of a name as an account sees it, opened if nobody had it."""
        word = name.partition(".")[0]
        view = self._of.get(word)
        if view is None:
            raise _unknown(name, sorted(self._of))
        if view in self.faults:
            raise _out_of_service(name)
        owner = 0
        if word in PRIVATE:
            if account == 0:
                raise ServiceError("not_signed_in", f"{name} is of one account only", "channels", "SERV-004",
                                   "sign in first: op sign_in, or a session cookie")
            owner = account
        channel = self._open.get((name, owner))
        if channel is None:
            try:
                view.watch(name, owner, True)
            except KeyError:
                raise _unknown(name, sorted(self._of)) from None
            self._first = max(self._first + 1, time.time_ns() // 1_000_000)
            channel = self._open[name, owner] = Channel(name, owner, view, self._first)
        return channel

    def subscribe(self, reader: Reader, channel: Channel, after: int | None) -> list[bytes]:
        """The first messages for a reader of ``channel``: a snapshot, or what came after ``after``."""
        channel.send_unsent()
        if after is not None:
            missed = channel.after(after)
            if missed is not None:
                channel.readers[reader], channel.idle_since = None, None
                return missed
        first = self.snapshot(channel)
        channel.readers[reader], channel.idle_since = None, None
        return [first]

    def snapshot(self, channel: Channel) -> bytes:
        """The state of a channel. Those who read it already are told first what changed, so that the next delta fits
        both them and whoever gets this."""
        if channel.readers:
            self._tell(channel.view)
            channel.send_unsent()
        if channel.view in self.faults:
            raise _out_of_service(channel.name)
        return channel.snapshot(self.clock_ms())

    def unsubscribe(self, reader: Reader, channel: Channel) -> None:
        """Someone stops reading."""
        channel.readers.pop(reader, None)
        if not channel.readers:
            channel.idle_since = time.monotonic()

    @property
    def reading(self) -> int:
        """Readers over all channels."""
        return sum(len(channel.readers) for channel in self._open.values())


def _out_of_service(name: str) -> ServiceError:
    return ServiceError("not_available", f"{name} is out of service: what feeds it failed", "channels", "SERV-026",
                        "the other channels go on; come back after the venue's restart", retry_after_s=60)


def _unknown(name: str, words: list[str]) -> ServiceError:
    return ServiceError("unknown_channel", f"no channel {name!r}", "channels", "SERV-004",
                        "one of " + ", ".join(words) + ", with .SYMBOL where SERV-004 says so")
