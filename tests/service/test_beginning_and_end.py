"""The server as a process: it begins, is told to stop, is killed, and knows everything it answered."""
import asyncio
import json
import os
import signal
import subprocess
import sys

import httpx
from running_venue import SYMBOL, Client
from websockets.asyncio.client import connect


class Process:
    """``steelyard serve`` on a free port."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "steelyard.cli", "serve", "--data", str(folder), "--port", "0", "--feed", "none",
             "--as-of", "2020-03-12"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        self.lines = []
        while True:
            line = self.process.stderr.readline()
            assert line, self.process.stdout.read()
            if line.startswith("{") and json.loads(line)["event"] == "ready":
                self.port = json.loads(line)["port"]
                break

    def end(self, how) -> int:
        """Send a signal; the exit status."""
        self.process.send_signal(how)
        self.said, self.logged = self.process.communicate(timeout=60)
        return self.process.returncode


async def paper(port: int) -> dict:
    """A one-click account over REST; the headers of its browser."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as browser:
        answer = await browser.post("/api/v1/paper")
        assert answer.status_code == 201, answer.text
        return {"Cookie": f"steelyard_session={browser.cookies['steelyard_session']}"}


def client(port: int, headers: dict):
    return connect(f"ws://127.0.0.1:{port}/ws/v1",
                   additional_headers={**headers, "Origin": f"http://127.0.0.1:{port}"})


STOP = {"type": "stop_market", "side": "buy", "size": "100", "symbol": SYMBOL, "trigger_source": "last"}


def test_a_venue_that_is_killed_or_stopped_knows_what_it_answered(tmp_path):
    """SERV-021: SIGKILL under load, then SIGTERM; every answered order is there, none twice; the audit passes."""
    kept = {}

    async def load(port):
        kept["headers"] = await paper(port)
        async with client(port, kept["headers"]) as socket:
            speaker = Client(socket)
            answered = {}
            for number in range(10):
                answer = await speaker.ask("order.place", **STOP, trigger_price=str(9000 + number),
                                           client_order_id=f"n{number}")
                assert answer["ok"], answer
                answered[f"n{number}"] = answer["result"]["order_id"]
            kept["answered"] = answered

    async def check(port):
        async with client(port, kept["headers"]) as socket:
            speaker = Client(socket)
            for number in (0, 4, 9):
                again = await speaker.ask("order.place", **STOP, trigger_price=str(9000 + number),
                                          client_order_id=f"n{number}")
                assert again["ok"], again
                assert again["result"]["order_id"] == kept["answered"][f"n{number}"] and again["result"]["repeated"]
            await speaker.ask("subscribe", channels=["orders"])
            found = (await speaker.next("orders"))["data"]
            assert {one["client_order_id"]: one["order_id"] for one in found} == kept["answered"]

    server = Process(tmp_path)
    asyncio.run(load(server.port))
    server.end(signal.SIGKILL)
    again = Process(tmp_path)
    asyncio.run(check(again.port))
    assert again.end(signal.SIGTERM) == 0
    assert '"event": "closed"' in again.logged and "operator" not in again.said
    third = Process(tmp_path)
    asyncio.run(check(third.port))
    assert third.end(signal.SIGINT) == 0
    audit = subprocess.run([sys.executable, "-m", "steelyard.cli", "audit", str(tmp_path)], capture_output=True,
                           text=True, timeout=120)
    assert audit.returncode == 0 and "passed" in audit.stdout, audit.stdout + audit.stderr
