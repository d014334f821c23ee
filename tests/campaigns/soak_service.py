"""Thirty minutes at 2,000 orders a second: the node's memory stays flat.

    python -m tests.campaigns.soak_service --minutes 30 --rate 2000
"""
from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

import numpy as np

from .node_process import NodeProcess, Person

CONNECTIONS = 20


async def sender(person: Person, rate: float, until: float, dice: random.Random, counts: dict) -> None:
    """Places and cancels in equal numbers, pipelined, at ``rate`` requests a second."""
    socket = await person.socket()
    await socket.send("subscribe", channels=["orders", "fills", "positions", "wallet"])
    waiting: dict[int, float] = {}

    async def listen():
        while True:
            message = await socket.answer()
            sent = waiting.pop(message["id"], None)
            if sent is not None:
                counts["latency"].append(time.perf_counter() - sent)
            counts["ok" if message["ok"] else message["error"]["code"]] = 1 + counts.get(
                "ok" if message["ok"] else message["error"]["code"], 0)
    listening = asyncio.create_task(listen())
    began, sent = time.perf_counter(), 0
    last = float(person.get("/tickers")["items"][0]["mark"])
    while time.perf_counter() < until:
        due = int((time.perf_counter() - began) * rate)
        while sent < due:
            if sent % 2 == 0:
                side = dice.choice(("buy", "sell"))
                price = last * (0.97 if side == "buy" else 1.03) + dice.randint(-20, 20) / 2
                number = await socket.send("order.place", symbol="XBTUSD", side=side, type="limit",
                                           size=str(100 * dice.randint(1, 9)), price=str(round(price * 2) / 2),
                                           client_order_id=f"s-{sent}")
            else:
                number = await socket.send("order.cancel", client_order_id=f"s-{sent - 1}")
            waiting[number] = time.perf_counter()
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.sleep(1)
    listening.cancel()
    await socket.connection.close()


async def watch(node: NodeProcess, until: float, samples: list) -> None:
    while time.perf_counter() < until:
        samples.append((time.perf_counter(), node.resident_bytes(), node.cpu_seconds()))
        await asyncio.sleep(5)


async def play(node: NodeProcess, minutes: float, rate: float) -> tuple[dict, list]:
    people = [Person(node) for _ in range(CONNECTIONS)]
    until = time.perf_counter() + 60 * minutes
    counts: dict = {"latency": []}
    samples: list = []
    dice = random.Random(1)
    await asyncio.gather(watch(node, until, samples), *(
        sender(person, rate / CONNECTIONS, until, dice, counts) for person in people))
    return counts, samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--feed", default="synthetic")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        node = NodeProcess(Path(scratch) / "venue", "--feed", given.feed)
        node.start()
        counts, samples = asyncio.run(play(node, given.minutes, given.rate))
        assert node.stop() == 0
    latency = np.array(counts.pop("latency")) * 1e3
    times, resident, cpu = (np.array(column) for column in zip(*samples))
    third = len(resident) // 3
    print(f"answers: {counts}, {len(latency) / (times[-1] - times[0]):,.0f} a second")
    print(f"latency seen by the client: median {np.median(latency):.1f} ms, p99 {np.percentile(latency, 99):.1f} ms")
    print(f"memory: {resident[third] / 1e6:,.0f} MB after a third, {resident[-1] / 1e6:,.0f} MB at the end, highest "
          f"{resident.max() / 1e6:,.0f} MB; slope of the last two thirds "
          f"{np.polyfit(times[third:], resident[third:], 1)[0] * 3600 / 1e6:,.1f} MB an hour")
    print(f"processor time of the node: {(cpu[-1] - cpu[0]) / (times[-1] - times[0]):.0%} of a core")


if __name__ == "__main__":
    main()
