"""A node as a process of its own, and clients that are not ours (httpx, websockets): for campaigns and benchmarks."""
from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
from websockets.asyncio.client import connect


def free_port() -> int:
    """A port of the loopback interface nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class NodeProcess:
    """``steelyard serve`` over a folder. ``start`` returns when it takes orders; ``kill`` is SIGKILL, ``stop`` is in
    order."""

    def __init__(self, folder: Path, *options: str):
        self.folder, self.options = folder, options
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.log = folder.with_suffix(".log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, patience: float = 300.0) -> float:
        """Seconds until it was ready."""
        began = time.perf_counter()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "steelyard.cli", "serve", "--data", str(self.folder), "--port", str(self.port),
                 *self.options], stdout=log, stderr=log)
        while time.perf_counter() - began < patience:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/api/v1/ready", timeout=2).status_code == 200:
                    return time.perf_counter() - began
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the node did not become ready; the end of its log:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Exit status after SIGTERM."""
        self.process.terminate()
        return self.process.wait(timeout=60)

    def resident_bytes(self) -> int:
        """Memory of the process that is really there."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """Processor time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Person:
    """A paper account made with one click, signed in by its cookie."""

    def __init__(self, node: NodeProcess):
        self.node = node
        self.http = httpx.Client(base_url=f"{node.url}/api/v1", timeout=30, headers={"Origin": node.url})
        answer = self.http.post("/paper", json={})
        answer.raise_for_status()
        self.session = answer.json()
        self.http.headers["X-CSRF-Token"] = self.session["csrf"]

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    def get(self, path: str, **parameters):
        answer = self.http.get(path, params=parameters)
        answer.raise_for_status()
        return answer.json()

    def all_items(self, path: str, **parameters) -> list[dict]:
        """Every item of a list, page by page."""
        items, cursor = [], None
        while True:
            page = self.get(path, **parameters, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    async def socket(self) -> Socket:
        return Socket(await connect(
            f"ws://127.0.0.1:{self.node.port}/ws/v1", origin=self.node.url, max_size=1 << 24,
            additional_headers={"Cookie": self.cookie}, ping_interval=None))


class Socket:
    """Requests with ids over one WebSocket; answers come in any order, stream messages are passed over."""

    def __init__(self, connection):
        self.connection = connection
        self.ids = itertools.count(1)

    async def send(self, operation: str, **fields) -> int:
        number = next(self.ids)
        await self.connection.send(json.dumps({"id": number, "op": operation, **fields}))
        return number

    async def answer(self) -> dict:
        """The next answer."""
        while True:
            message = json.loads(await self.connection.recv())
            if "ok" in message:
                return message

    async def ask(self, operation: str, **fields) -> dict:
        number = await self.send(operation, **fields)
        while True:
            message = await self.answer()
            if message["id"] == number:
                return message
