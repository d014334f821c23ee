"""The WebSocket's door: makes connections, signs them in, knows who is there; operations that are not orders."""
from __future__ import annotations

import asyncio
import logging
import time
from typing import Any
from urllib.parse import urlsplit

from picows import WSAutoPingStrategy, WSCloseCode
from picows.api import WSProtocol

from . import requests
from .connection import Connection
from .errors import ServiceError, broken
from .limits import Limits, forwarded_address
from .operations import Operations
from .order_text import OrderTexts
from .streams import Streams
from .wire import Inbox

READ_BUFFER_BYTES = 4096
logger = logging.getLogger("picows.steelyard")
logger.setLevel(logging.ERROR)


class Door:
    """Everything a connection needs, and all connections."""

    def __init__(self, venue, operations: Operations, streams: Streams, limits: Limits, people, preview, dead_man,
                 trusted_proxies: tuple[str, ...] = ()):
        self.venue, self.operations, self.streams, self.limits = venue, operations, streams, limits
        self.people, self.preview, self.dead_man, self.work = people, preview, dead_man, limits.work
        self.trusted_proxies = trusted_proxies
        self.inbox = Inbox(operations)
        self.texts = OrderTexts(operations.orders.scales)
        self.connections: dict[Connection, None] = {}
        self.refusals = self.conflated = self.cuts = self.messages = 0
        self.ending = False
        self._tasks: set[asyncio.Task] = set()
        self.trading = {requests.PlaceMessage: operations.place, requests.AmendMessage: operations.amend,
                        requests.CancelMessage: operations.cancel, requests.CancelAllMessage: operations.cancel_all}
        self.handlers = {
            requests.Ping: self._ping, requests.SignIn: self._sign_in, requests.Subscribe: self._subscribe,
            requests.Unsubscribe: self._unsubscribe, requests.CancelAllAfter: self._cancel_all_after,
            requests.CancelOnDisconnect: self._cancel_on_disconnect, requests.Preview: self._preview}

    # ------------------------------------------------------------ connections
    async def open_websocket(self, address: str, headers: dict[str, str]) -> WSProtocol:
        """The protocol of a new connection; a session's cookie from a page of ours signs it in."""
        principal = None
        address = forwarded_address(address, headers.get("x-forwarded-for", ""), self.trusted_proxies)
        if headers.get("cookie") and _own_origin(headers):
            principal = await asyncio.get_running_loop().run_in_executor(
                None, self.people.principal_of_cookie, headers["cookie"])
        heartbeat = self.work.heartbeat_s
        return WSProtocol(None, None, False, lambda request: Connection(self, address, principal), logger, True, 5,
                          True, heartbeat, heartbeat, WSAutoPingStrategy.PING_WHEN_IDLE, True,
                          self.work.message_bytes, None, READ_BUFFER_BYTES)

    def opened(self, connection: Connection) -> None:
        """A connection is there."""
        self.connections[connection] = None

    def closed(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.pop(connection, None)
        if connection.cancels_on_disconnect and not self.ending:
            self.dead_man.disconnected(connection.account)

    def close(self) -> None:
        """The server goes: say so to everybody. Who asked for it is guarded when it is back (SERV-017)."""
        self.ending = True
        for connection in list(self.connections):
            connection.cut(WSCloseCode.SERVICE_RESTART, "the venue restarts")

    def revoked(self, name: str) -> None:
        """A session or key was deleted: its connections end."""
        self.inbox.read()
        for connection in list(self.connections):
            principal = connection.principal
            if principal is not None and name in (principal.key_id, principal.session_id):
                connection.cut(WSCloseCode.POLICY_VIOLATION, "signed out")

    # ------------------------------------------------------------ operations
    def _ping(self, connection: Connection, tag: bytes, message: requests.Ping) -> None:
        connection.answer(tag, {"time": self.streams.clock_ms(), "wall_time": time.time_ns() // 1_000_000}, None)

    def _sign_in(self, connection: Connection, tag: bytes, message: requests.SignIn) -> None:
        self._start(self._signing_in(connection, tag, message))

    async def _signing_in(self, connection: Connection, tag: bytes, message: requests.SignIn) -> None:
        try:
            principal = await asyncio.get_running_loop().run_in_executor(
                None, self.people.verify_sign_in, message.key, message.time, message.nonce, message.signature,
                connection.address)
        except ServiceError as error:
            connection.answer(tag, None, error)
            return
        except Exception as fault:
            connection.answer(tag, None, broken(fault, "sign_in"))
            return
        connection.signed_in(principal)
        connection.answer(tag, {"account": principal.account, "scopes": sorted(principal.scopes)}, None)

    def _subscribe(self, connection: Connection, tag: bytes, message: requests.Subscribe) -> None:
        first = connection.subscribe(message.channels, message.resume)
        connection.answer(tag, {"channels": message.channels}, None)
        for one in first:
            connection.send(one)

    def _unsubscribe(self, connection: Connection, tag: bytes, message: requests.Unsubscribe) -> None:
        connection.unsubscribe(message.channels)
        connection.answer(tag, {"channels": message.channels}, None)

    def _cancel_all_after(self, connection: Connection, tag: bytes, message: requests.CancelAllAfter) -> None:
        connection.allowed("trade")
        connection.answer(tag, {"at": self.dead_man.renew(connection.account, message.timeout)}, None)

    def _cancel_on_disconnect(self, connection: Connection, tag: bytes, message: requests.CancelOnDisconnect) -> None:
        connection.allowed("trade")
        if connection.cancels_on_disconnect != message.on:
            connection.cancels_on_disconnect = message.on
            self.dead_man.guard(connection.account, message.on)
        connection.answer(tag, {"on": message.on}, None)

    def _preview(self, connection: Connection, tag: bytes, message: requests.Preview) -> None:
        connection.allowed("read")
        connection.answer(tag, self.preview(connection.account, message), None)

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _own_origin(headers: dict[str, str]) -> bool:
    """Whether a browser's page of ours opens the connection; a cookie alone proves nothing.  PEOP-006"""
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
