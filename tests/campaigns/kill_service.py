"""SIGKILL under order load: every acknowledged order is there afterwards, none twice, and the audit agrees.

    python -m tests.campaigns.kill_service --kills 200

A killed client does not know about the requests it heard nothing of. It sends them again with the same client order id:
each must come to exactly one order (SERV-008).
"""
from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from .node_process import NodeProcess, Person

PEOPLE = 4


@dataclass
class Book:
    """What one person knows: orders it was told of, and requests it heard nothing of."""

    person: Person
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    unheard: dict[str, dict] = field(default_factory=dict)
    reasons: Counter = field(default_factory=Counter)
    sent: int = 0
    repeated: int = 0

    def request(self, dice: random.Random, last: float) -> dict:
        self.sent += 1
        side = dice.choice(("buy", "sell"))
        away = 1 + dice.choice((-0.002, 0.002, 0.01, 0.05)) * (-1 if side == "buy" else 1)
        return {"symbol": "XBTUSD", "side": side, "type": "limit", "size": str(100 * dice.randint(1, 50)),
                "price": str(round(last * away * 2) / 2), "client_order_id": f"k-{self.sent:07d}"}

    def hear(self, asked: dict[int, str], message: dict) -> None:
        name = asked.pop(message["id"], None)
        if name is None:
            return
        if message["ok"]:
            known = self.acknowledged.get(name)
            order_id = message["result"]["order_id"]
            assert known in (None, order_id), f"{name} was {known} and is now {order_id}"
            self.repeated += bool(message["result"].get("repeated"))
            self.acknowledged[name] = order_id
        elif message["error"]["code"] in ("overloaded", "rate_limited"):
            return                                   # not taken: stays unheard and is sent again
        else:
            self.refused.add(name)
            self.reasons[message["error"]["code"]] += 1
        self.unheard.pop(name, None)


async def load(book: Book, dice: random.Random, last: float, until: float) -> None:
    """Send orders, pipelined, until the connection breaks; first again what was never answered."""
    try:
        socket = await book.person.socket()
        asked: dict[int, str] = {}

        async def listen():
            while True:
                book.hear(asked, await socket.answer())

        async def speak():
            for name, request in list(book.unheard.items()):
                asked[await socket.send("order.place", **request)] = name
            while time.monotonic() < until:
                request = book.request(dice, last)
                book.unheard[request["client_order_id"]] = request
                asked[await socket.send("order.place", **request)] = request["client_order_id"]
                if dice.random() < 0.3:
                    await socket.send("order.cancel_all")
                await asyncio.sleep(dice.random() * 0.004)
        await asyncio.gather(listen(), speak())
    except (ConnectionClosed, InvalidHandshake, OSError, EOFError):
        return


async def settle(book: Book) -> None:
    """After the last start: send again what was never answered, and hear all answers."""
    socket = await book.person.socket()
    for _ in range(50):
        asked = {}
        for name, request in list(book.unheard.items())[:200]:
            asked[await socket.send("order.place", **request)] = name
        while asked:
            book.hear(asked, await asyncio.wait_for(socket.answer(), 20))
        if not book.unheard:
            break
        await asyncio.sleep(0.5)
    assert not book.unheard, f"{len(book.unheard)} requests were never answered"
    await socket.connection.close()


def check(book: Book) -> int:
    """Everything acknowledged is in the list of orders, once."""
    orders = book.person.all_items("/orders", state="all", limit=500)
    names = Counter(order["client_order_id"] for order in orders if order["client_order_id"])
    ids = {order["client_order_id"]: order["order_id"] for order in orders}
    missing = [name for name, order_id in book.acknowledged.items() if ids.get(name) != order_id]
    twice = [name for name, count in names.items() if count > 1]
    unknown = [name for name in names if name not in book.acknowledged and name not in book.unheard
               and name not in book.refused]
    assert not missing, f"acknowledged and not there: {missing[:5]} ({len(missing)})"
    assert not twice, f"there twice: {twice[:5]}"
    assert not unknown, f"nobody asked for {unknown[:5]}"
    return len(orders)


def campaign(kills: int, seed: int, feed: str = "synthetic", database: str | None = None) -> dict:
    """Run it; AssertionError where something is lost. Returns the counts."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "venue"
        options = ["--feed", feed] + (["--database", database] if database else [])
        node = NodeProcess(folder, *options)
        node.start()
        books = [Book(Person(node)) for _ in range(PEOPLE)]
        starts = []
        for kill in range(kills):
            last = float(books[0].person.get("/tickers")["items"][0]["mark"])
            life = dice.uniform(0.05, 1.2)
            asyncio.run(_one_life(node, books, dice, last, life))
            starts.append(node.start())
            if kill % 10 == 9 or kill == kills - 1:
                for book in books:
                    check(book)
                print(f"{kill + 1} kills, {sum(len(b.acknowledged) for b in books):,} acknowledged, "
                      f"{sum(len(b.unheard) for b in books):,} unheard, restart {starts[-1]:.1f} s", flush=True)
        for book in books:
            asyncio.run(settle(book))
        found = sum(check(book) for book in books)
        assert node.stop() == 0, "the node did not stop in order"
        audit = subprocess.run([sys.executable, "-m", "steelyard.cli", "audit", str(folder)], capture_output=True,
                               text=True)
        assert audit.returncode == 0, audit.stdout[-2000:] + audit.stderr[-2000:]
        return dict(kills=kills, orders=found, acknowledged=sum(len(b.acknowledged) for b in books),
                    repeated=sum(b.repeated for b in books), refused=dict(sum((b.reasons for b in books), Counter())),
                    slowest_restart=round(max(starts), 1), audit=audit.stdout.strip().splitlines()[-4:])


async def _one_life(node: NodeProcess, books: list[Book], dice: random.Random, last: float, seconds: float) -> None:
    until = time.monotonic() + seconds + 5
    loads = [asyncio.create_task(load(book, dice, last, until)) for book in books]
    await asyncio.sleep(seconds)
    node.kill()
    await asyncio.wait_for(asyncio.gather(*loads), 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--feed", default="synthetic")
    parser.add_argument("--database", default=None, help="URL of a PostgreSQL database instead of SQLite")
    given = parser.parse_args()
    for name, value in campaign(given.kills, given.seed, given.feed, given.database).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
