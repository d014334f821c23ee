"""Requests made from the OpenAPI document, and hostile bytes on the WebSocket: no 5xx, no crash, no moved cent.

    python -m tests.campaigns.fuzz_service --requests 100000

Every answer must fit the document (status and schema), an error names its code, and afterwards the audit finds cash
conserved and a bystander's account untouched.
"""
from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidStatus

from .document_requests import ask_everything
from .hostile import message
from .node_process import NodeProcess, Person

ATTACKERS = 4
"""People who ask at the same time: a user may ask 500 times a second, and refusals of rates would prove nothing."""
RATE = 400
"""Messages a second of one of them."""

async def hostile_socket(person: Person, count: int, dice: random.Random) -> dict:
    """Send ``count`` hostile messages, slowly enough for the rate limit to let them in; a cut connection is opened
    again. Counts what came back."""
    found: dict = {}
    socket = await person.socket()

    async def listen(connection):
        try:
            while True:
                answer = json.loads(await connection.recv())
                if "ok" in answer:
                    word = "ok" if answer["ok"] else answer["error"]["code"]
                    found[word] = found.get(word, 0) + 1
                    assert word != "internal_error", answer
        except (ConnectionClosed, UnicodeDecodeError):
            return
    listening = asyncio.create_task(listen(socket.connection))
    begun = time.perf_counter()
    for number in range(count):
        try:
            await socket.connection.send(message(dice))
            if number % 20 == 0:
                await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        except ConnectionClosed:
            found["cut"] = found.get("cut", 0) + 1
            await listening
            socket = await person.socket()
            listening = asyncio.create_task(listen(socket.connection))
    await asyncio.sleep(1)
    await socket.connection.close()
    await listening
    return found


async def hostile_sockets(people: list[Person], count: int, dice: random.Random) -> dict:
    """All of them at once; what came back altogether."""
    found: dict = {}
    for one in await asyncio.gather(*(hostile_socket(person, count // len(people), random.Random(dice.random()))
                                      for person in people)):
        for word, times in one.items():
            found[word] = found.get(word, 0) + times
    return found


async def hostile_bytes(node: NodeProcess, count: int, dice: random.Random) -> None:
    """Raw bytes on the port: half requests, wrong upgrades, frames before the handshake."""
    starts = (b"", b"GET /ws/v1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", b"GET / HTTP/1.1\r\n",
              b"POST /api/v1/orders HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"\x81\xff\xff\xff",
              b"GET " + b"a" * 70_000)
    for _ in range(count):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(dice.choice(starts) + dice.randbytes(dice.randint(0, 400)))
            await asyncio.wait_for(writer.drain(), 2)
            if dice.random() < 0.3:
                await asyncio.wait_for(reader.read(200), 0.2)
        except (OSError, TimeoutError, InvalidStatus):
            pass
        finally:
            writer.close()


def balances(person: Person) -> dict[str, str]:
    """Cash by asset."""
    return {wallet["asset"]: wallet["balance"] for wallet in person.get("/wallet")["items"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "venue"
        node = NodeProcess(folder, "--feed", "synthetic")
        node.start()
        bystander, attackers = Person(node), [Person(node) for _ in range(ATTACKERS)]
        before, begun = balances(bystander), time.perf_counter()
        print("WebSocket messages:", asyncio.run(hostile_sockets(attackers, given.messages, dice)), flush=True)
        asyncio.run(hostile_bytes(node, 500, dice))
        print(f"{time.perf_counter() - begun:.0f} s", flush=True)
        document = bystander.get("/openapi.json")
        statuses, wrong = ask_everything(document, attackers, given.requests, given.seed)
        print(f"{sum(statuses.values()):,} requests from the document: {statuses}; "
              f"{time.perf_counter() - begun:.0f} s; processor time of the node {node.cpu_seconds():.0f} s", flush=True)
        for one in wrong[:30]:
            print("WRONG:", one, flush=True)
        assert node.process.poll() is None, "the node is gone"
        assert balances(bystander) == before, "a bystander's wallet changed"
        assert node.stop() == 0
        audit = subprocess.run([sys.executable, "-m", "steelyard.cli", "audit", str(folder)], capture_output=True,
                               text=True)
        print(audit.stdout[-1500:], audit.stderr[-500:])
        assert audit.returncode == 0
        assert not wrong, f"{len(wrong)} kinds of wrong answers"


if __name__ == "__main__":
    main()
