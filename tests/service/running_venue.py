"""A real server on a free port in a temporary folder, and clients that speak to it over real sockets."""
from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
import uvloop
from websockets.asyncio.client import connect

from steelyard import codes
from steelyard.service.app import Application
from steelyard.service.limits import WorkLimits
from steelyard.service.people.opening import open_account
from steelyard.service.settings import Settings

PRICE = 8000
SYMBOL = "XBTUSD"


def settings(folder, **work) -> Settings:
    return Settings(Path(folder), as_of="2020-03-12", port=0, work=WorkLimits(**work))


class Running:
    """A server with a market: a price, and a deep book around it."""

    def __init__(self, application: Application):
        self.application, self.venue = application, application.venue

    @property
    def port(self) -> int:
        return self.application.port

    async def open_market(self) -> None:
        """Prices for the index, so that there is a mark."""
        index = self.venue.profile.index(self.venue.instruments[0].index)
        units = self.venue.instruments[0].index_units(str(PRICE))
        commands = [self.venue.command(codes.PUBLISH_PRICE, parameter=index.id, flags=feed.number, value=units)
                    for feed in index.feeds]
        await self.venue.ask(np.concatenate(commands))

    async def paper(self) -> dict[str, str]:
        """A new one-click user; gives the headers of a browser that is signed in."""
        signed_in = self.application.people.paper("127.0.0.1")
        await open_account(self.venue, signed_in.opening)
        self.application.people.opened(signed_in.opening.account)
        return {"Cookie": f"steelyard_session={signed_in.token}", "Origin": f"http://127.0.0.1:{self.port}"}

    @asynccontextmanager
    async def client(self, signed_in: bool = True, headers: dict | None = None):
        """A WebSocket client, of a new paper account by default."""
        if headers is None:
            headers = await self.paper() if signed_in else {}
        async with connect(f"ws://127.0.0.1:{self.port}/ws/v1", additional_headers=headers, compression=None,
                           max_size=None) as socket:
            yield Client(socket)

    async def deaf_reader(self, channel: str):
        """A connection that subscribes to a channel and never reads what comes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1024)
        await self.upgrade(reader, writer)
        payload = msgspec.json.encode({"id": 1, "op": "subscribe", "channels": [channel]})
        writer.write(frame(payload))
        while not any(channel in one.channels for one in self.application.door.connections):
            await asyncio.sleep(0.01)
        return reader, writer

    async def upgrade(self, reader, writer) -> None:
        """The handshake by hand."""
        writer.write(b"GET /ws/v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")


def frame(payload: bytes, kind: int = 0x81) -> bytes:
    """A masked frame, the mask being zero."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return bytes([kind]) + length + bytes(4) + payload


class Client:
    """A WebSocket client: answers by id, stream messages by channel."""

    def __init__(self, socket):
        self.socket, self.number = socket, 0
        self.streams: dict[str, list[dict]] = {}

    async def ask(self, op: str, **fields) -> dict:
        """Send an operation and wait for its answer."""
        self.number += 1
        await self.socket.send(msgspec.json.encode({"id": self.number, "op": op, **fields}).decode())
        return await self.answer(self.number)

    async def answer(self, number) -> dict:
        """The next answer with an id; streams that come before are kept."""
        while True:
            message = msgspec.json.decode(await asyncio.wait_for(self.socket.recv(), 10))
            if "channel" in message:
                self.streams.setdefault(message["channel"], []).append(message)
            elif message["id"] == number:
                return message

    async def next(self, channel: str) -> dict:
        """The next message of a stream."""
        while not self.streams.get(channel):
            message = msgspec.json.decode(await asyncio.wait_for(self.socket.recv(), 10))
            self.streams.setdefault(message.get("channel", "answers"), []).append(message)
        return self.streams[channel].pop(0)

    async def place(self, side="buy", price="7990.0", size="100", **fields) -> dict:
        """Place a limit order."""
        return await self.ask("order.place", symbol=SYMBOL, side=side, price=price, size=size, **fields)


@asynccontextmanager
async def serving(folder, **work):
    """A server of its own, in this loop."""
    application = Application(settings(folder, **work))
    await application.start()
    running = Running(application)
    await running.open_market()
    try:
        yield running
    finally:
        await application.stop()


def play(story) -> None:
    """Run a coroutine function on uvloop, as the server does."""
    uvloop.run(story())


class Shared:
    """A server in a thread, for tests that do not mind each other."""

    def __init__(self, folder):
        self._begun, self._loop = threading.Event(), None
        self._thread = threading.Thread(target=self._serve, args=(folder,), daemon=True)
        self._thread.start()
        assert self._begun.wait(300)

    def _serve(self, folder) -> None:
        async def main():
            self._end = asyncio.Event()
            self._loop = asyncio.get_running_loop()
            async with serving(folder) as self.running:
                self._begun.set()
                await self._end.wait()
        uvloop.run(main())

    def play(self, story) -> None:
        """Run ``story(running)`` in the server's own loop."""
        asyncio.run_coroutine_threadsafe(story(self.running), self._loop).result(120)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)
