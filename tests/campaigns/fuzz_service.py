"""Requests made from the OpenAPI document, and hostile bytes on the WebSocket: no 5xx, no crash, no moved cent.

    python -m tests.campaigns.fuzz_service --requests 100000

Every answer must fit the document (status and schema), an error names its code, and afterwards the audit finds cash
conserved and a bystander's account untouched.
"""
from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidStatus

from .node_process import NodeProcess, Person

OPERATIONS = ("ping", "sign_in", "subscribe", "unsubscribe", "order.place", "order.amend", "order.cancel",
              "order.cancel_all", "cancel_all_after", "cancel_on_disconnect", "preview", "", "order", "drop table")
WORDS = ("id", "op", "symbol", "side", "type", "size", "price", "channels", "order_id", "client_order_id", "bracket",
         "targets", "stop_price", "timeout", "leverage", "risk", "resume", "key", "nonce", "signature", "time")


def value(dice: random.Random, depth: int = 0):
    """Any JSON value, with the extremes that break parsers."""
    simple = [None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -2**63, 10**40, 0.1, 1e308, "", "0", "-1", "1e5",
              "NaN", "Infinity", "7000.5", "7000.53", "XBTUSD", "buy", "sell", "limit", "market", "\0", "\ud83d\ude00",
              "a" * 5000, "9" * 400, "0." + "0" * 300 + "1", " 1 ", "１２", "ticker.XBTUSD", "depth.", "orders",
              "../etc", "' OR 1=1 --"]
    kind = dice.random()
    if depth > 3 or kind < 0.75:
        return dice.choice(simple)
    if kind < 0.9:
        return {dice.choice(WORDS): value(dice, depth + 1) for _ in range(dice.randint(0, 6))}
    return [value(dice, depth + 1) for _ in range(dice.randint(0, 6))]


def message(dice: random.Random) -> str | bytes:
    """One hostile message: well-formed and wrong, broken JSON, or bytes."""
    kind = dice.random()
    if kind < 0.7:
        entry = {dice.choice(WORDS): value(dice) for _ in range(dice.randint(0, 8))}
        entry["op"] = dice.choice(OPERATIONS)
        entry["id"] = value(dice, 3)
        return json.dumps(entry)
    if kind < 0.85:
        text = json.dumps({"id": 1, "op": "order.place", "symbol": "XBTUSD", "side": "buy", "size": "1"})
        cut = dice.randrange(len(text))
        return text[:cut] + dice.choice(("", "}", "\x00", "[" * 3000, '"')) + text[cut + 1:]
    if kind < 0.95:
        return dice.randbytes(dice.randint(0, 3000))
    return "[" * dice.randint(1, 20_000)


async def hostile_socket(person: Person, count: int, dice: random.Random) -> dict:
    """Send ``count`` hostile messages; a cut connection is opened again. Counts what came back."""
    found: dict = {}
    socket = await person.socket()

    async def listen(connection):
        try:
            while True:
                answer = json.loads(await connection.recv())
                if "ok" in answer:
                    word = "ok" if answer["ok"] else answer["error"]["code"]
                    found[word] = found.get(word, 0) + 1
                    assert word != "internal", answer
        except (ConnectionClosed, UnicodeDecodeError):
            return
    listening = asyncio.create_task(listen(socket.connection))
    for number in range(count):
        try:
            await socket.connection.send(message(dice))
            if number % 20 == 0:
                await asyncio.sleep(0.01)
        except ConnectionClosed:
            found["cut"] = found.get("cut", 0) + 1
            await listening
            socket = await person.socket()
            listening = asyncio.create_task(listen(socket.connection))
    await asyncio.sleep(1)
    await socket.connection.close()
    await listening
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


def schema_requests(node: NodeProcess, person: Person, count: int) -> str:
    """Requests from the document by schemathesis, with this person's session; its closing lines."""
    operations = len([1 for path in person.http.get("/openapi.json").json()["paths"].values() for _ in path])
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{node.url}/api/v1/openapi.json",
               "--header", f"Cookie: {person.cookie}", "--header", f"X-CSRF-Token: {person.session['csrf']}",
               "--header", f"Origin: {node.url}", "--phases", "fuzzing", "--max-examples",
               str(max(10, count // operations)), "--checks",
               "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
               "--exclude-path-regex", "/session|/password", "--continue-on-failure", "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "120"})
    return done.stdout


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
        bystander, attacker = Person(node), Person(node)
        before = balances(bystander)
        print("WebSocket messages:", asyncio.run(hostile_socket(attacker, given.messages, dice)), flush=True)
        asyncio.run(hostile_bytes(node, 500, dice))
        print(schema_requests(node, attacker, given.requests)[-6000:], flush=True)
        assert node.process.poll() is None, "the node is gone"
        assert balances(bystander) == before, "a bystander's wallet changed"
        assert node.stop() == 0
        audit = subprocess.run([sys.executable, "-m", "steelyard.cli", "audit", str(folder)], capture_output=True,
                               text=True)
        print(audit.stdout[-1500:], audit.stderr[-500:])
        assert audit.returncode == 0


if __name__ == "__main__":
    main()
