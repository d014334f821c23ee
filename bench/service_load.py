"""Clients for bench/service.py, in a process of their own: closed loops of orders or echoes over real sockets."""
from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect


class Client(WSListener):
    """Keeps ``window`` messages on their way until told to stop; notes how long each took."""

    def __init__(self, load, number: int):
        self.load, self.number = load, number
        self.sent: dict[int, float] = {}
        self.serial = 0
        self.resting: list[str] = []
        self.warm = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def begin(self) -> None:
        for _ in range(self.load.window):
            self.send()

    def send(self) -> None:
        """The next message."""
        self.serial += 1
        if self.load.paced:
            return
        self.send_now(time.perf_counter())

    def send_now(self, at: float) -> None:
        self.sent[self.serial] = at
        self.transport.send(WSMsgType.TEXT, self.load.message(self))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        if not data.startswith(b'{"id":'):
            return
        end = data.index(b",", 6)
        serial = int(data[6:end])
        at = self.sent.pop(serial, None)
        if at is None:
            return
        self.load.answered(self, data, time.perf_counter() - at)
        if not self.load.stopping and not self.load.paced:
            self.send()


class Load:
    """One run: ``kind`` is ``echo`` or ``order``; ``rate`` 0 is as fast as answers come."""

    def __init__(self, kind: str, clients: int, window: int, rate: float):
        self.kind, self.count, self.window, self.rate = kind, clients, window, rate
        self.paced = rate > 0
        self.stopping = False
        self.took: list[float] = []
        self.refused = 0
        self.first_refusal = ""

    def message(self, client: Client) -> bytes:
        """An order that rests, or the cancel of the one before; an echo of the same length."""
        serial = client.serial
        if self.kind == "order" and len(client.resting) >= 5:
            return b'{"id":%d,"op":"order.cancel","order_id":"%b"}' % (serial, client.resting.pop(0).encode())
        price = b"%d.0" % (7000 + (serial * 7 + client.number) % 500)
        return (b'{"id":%d,"op":"order.place","symbol":"XBTUSD","side":"buy","type":"limit","size":"100","price":"%b"}'
                % (serial, price))

    def answered(self, client: Client, data: bytes, took: float) -> None:
        """Note the time; remember what rests."""
        self.took.append(took)
        if self.kind != "order":
            return
        if b'"ok":true' not in data[:60]:
            self.refused += 1
            self.first_refusal = self.first_refusal or data.decode()
        elif b'"state":"open"' in data:
            at = data.index(b'"order_id":"') + 12
            client.resting.append(data[at:data.index(b'"', at)].decode())

    async def run(self, url: str, headers: list[dict], seconds: float, warm_s: float) -> dict:
        """Connect, load, count."""
        clients = []
        for number in range(self.count):
            extra = headers[number % len(headers)] if headers else {}
            _, client = await ws_connect(lambda number=number: Client(self, number), url, extra_headers=extra)
            clients.append(client)
        for client in clients:
            client.begin()
        pacing = asyncio.create_task(self._pace(clients)) if self.paced else None
        await asyncio.sleep(warm_s)
        print("BEGIN", flush=True)
        self.took.clear()
        begun = time.perf_counter()
        await asyncio.sleep(seconds)
        count, elapsed = len(self.took), time.perf_counter() - begun
        print("END", flush=True)
        self.stopping = True
        if pacing:
            pacing.cancel()
        took = sorted(self.took)
        for client in clients:
            client.transport.disconnect()
        def at(share):
            return round(took[min(len(took) - 1, int(len(took) * share))] * 1000, 3) if took else None
        return {"count": count, "seconds": elapsed, "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0),
                "refused": self.refused, "refusal": self.first_refusal[:300]}

    async def _pace(self, clients: list[Client]) -> None:
        """Send at a rate, round robin, whatever the answers do."""
        begun, sent = time.perf_counter(), 0
        while True:
            due = int((time.perf_counter() - begun) * self.rate)
            while sent < due:
                client = clients[sent % len(clients)]
                client.serial += 1
                client.send_now(time.perf_counter())
                sent += 1
            await asyncio.sleep(0.0005)


class Reader(WSListener):
    """Reads a book and counts the messages."""

    def __init__(self):
        self.count = 0

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.count += 1


async def read(url: str, readers: int) -> None:
    """Subscribe many connections to the depth channel, until told to stop."""
    connected = []
    for _ in range(readers):
        transport, reader = await ws_connect(Reader, url)
        transport.send(WSMsgType.TEXT, b'{"id":1,"op":"subscribe","channels":["depth.XBTUSD"]}')
        connected.append((transport, reader))
    print("READING", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(json.dumps({"messages": sum(reader.count for _, reader in connected)}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "read":
        uvloop.run(read(sys.argv[2], int(sys.argv[3])))
        sys.exit()
    asked = json.loads(sys.argv[1])
    load = Load(asked["kind"], asked["clients"], asked["window"], asked["rate"])
    print(json.dumps(uvloop.run(load.run(asked["url"], asked["headers"], asked["seconds"], asked["warm"]))))
