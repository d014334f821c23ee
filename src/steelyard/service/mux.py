"""One port for two protocols: the head of a connection's first request decides who takes the connection over.

WebSocket goes to picows, everything else to uvicorn's HTTP protocol. A connection that asks for the WebSocket later,
after other requests, is handed over then.
"""
from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEAD_BYTES_MAX = 16_384
HEAD_TIMEOUT_S = 10.0
WEBSOCKET = re.compile(rb"GET /ws/v1(?:\?[!-~]*)? HTTP/1\.1\r\n")
_TOO_LARGE = (b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

OpenWebSocket = Callable[[str, dict[str, str]], "asyncio.Future | asyncio.BufferedProtocol"]


class Http:
    """What uvicorn needs to speak HTTP for an ASGI app."""

    def __init__(self, app, open_websocket):
        self.state = ServerState()
        self.config = Config(app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False,
                             proxy_headers=False, server_header=False, date_header=True, timeout_keep_alive=30)
        self.config.load()
        self.state.default_headers = self.config.encoded_headers
        self.config.ws_protocol_class = lambda **_: Late(open_websocket)

    def protocol(self) -> HttpToolsProtocol:
        """The protocol of one connection."""
        return HttpToolsProtocol(self.config, self.state, {})


class FirstRequest(asyncio.Protocol):
    """Waits for the head of the first request, then hands the connection over."""

    def __init__(self, http: Http, open_websocket, connections: Connections):
        self.http, self.open_websocket, self.connections = http, open_websocket, connections
        self.head = bytearray()
        self.transport: asyncio.Transport | None = None
        self.address = ""

    def connection_made(self, transport) -> None:
        """A client is there."""
        self.transport = transport
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        if not self.connections.enter(self.address, transport):
            transport.write(_BUSY)
            transport.close()
            return
        self.timeout = asyncio.get_running_loop().call_later(HEAD_TIMEOUT_S, self._end, _LATE)

    def connection_lost(self, error) -> None:
        """It left before it asked for anything."""
        if hasattr(self, "timeout"):
            self.timeout.cancel()

    def data_received(self, data: bytes) -> None:
        """Collect until the head is complete."""
        self.head += data
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            if len(self.head) > HEAD_BYTES_MAX:
                self._end(_TOO_LARGE)
            return
        self.timeout.cancel()
        if end > HEAD_BYTES_MAX:
            self._end(_TOO_LARGE)
        elif WEBSOCKET.match(self.head):
            self.transport.pause_reading()
            task = asyncio.get_running_loop().create_task(self._to_websocket())
            self.connections.tasks.add(task)
            task.add_done_callback(self.connections.tasks.discard)
        else:
            protocol = self.http.protocol()
            self.transport.set_protocol(protocol)
            protocol.connection_made(self.transport)
            protocol.data_received(bytes(self.head))

    async def _to_websocket(self) -> None:
        await hand_over(self.transport, self.address, bytes(self.head), self.open_websocket)

    def _end(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


async def hand_over(transport, address: str, head: bytes, open_websocket) -> None:
    """Give a connection, its reading paused, to the WebSocket; ``head`` is all that came so far."""
    try:
        protocol = await open_websocket(address, headers_of(head))
    except Exception:
        transport.abort()
        raise
    if transport.is_closing():
        return
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    feed(protocol, head)
    if not transport.is_closing():
        transport.resume_reading()


def feed(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    """Bytes that came before the protocol took over."""
    while data:
        room = protocol.get_buffer(len(data))
        count = min(len(room), len(data))
        room[:count] = data[:count]
        protocol.buffer_updated(count)
        data = data[count:]


def headers_of(head: bytes) -> dict[str, str]:
    """Headers by lower-case name; of one that comes twice the last."""
    lines = head[:head.find(b"\r\n\r\n")].split(b"\r\n")[1:]
    pairs = (line.partition(b":") for line in lines)
    return {name.strip().lower().decode("latin-1"): value.strip().decode("latin-1") for name, _, value in pairs}


class Late(asyncio.Protocol):
    """uvicorn's way to hand over a connection that asks for the WebSocket after other requests."""

    def __init__(self, open_websocket):
        self.open_websocket = open_websocket

    def connection_made(self, transport) -> None:
        """uvicorn lets go."""
        self.transport = transport
        transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """The head, put together again."""
        if not WEBSOCKET.match(data):
            self.transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()
            return
        address = (self.transport.get_extra_info("peername") or ("",))[0]
        self.task = asyncio.get_running_loop().create_task(
            hand_over(self.transport, address, data, self.open_websocket))


class Connections:
    """Counts connections, in all and by address, until their sockets are gone.  SERV-014"""

    def __init__(self, most: int, most_of_address: int):
        self.most, self.most_of_address = most, most_of_address
        self.tasks: set[asyncio.Task] = set()
        self._open: list = []
        self.refused = 0

    def enter(self, address: str, transport) -> bool:
        """Count a new one; False where there are too many."""
        self._open = [one for one in self._open if not one[1].is_closing()] if self._due() else self._open
        of_address = sum(1 for one in self._open if one[0] == address)
        if len(self._open) >= self.most or of_address >= self.most_of_address:
            self._open = [one for one in self._open if not one[1].is_closing()]
            of_address = sum(1 for one in self._open if one[0] == address)
            if len(self._open) >= self.most or of_address >= self.most_of_address:
                self.refused += 1
                return False
        self._open.append((address, transport))
        return True

    def _due(self) -> bool:
        return len(self._open) % 64 == 63
