"""The venue's side of the exchanges: the program that listens to them, and what each said last.  FEED-011"""
from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .settings import FeedError

PROGRAM = Path(__file__).with_name("exchange_prices.py")
PYTHON_VARIABLE = "STEELYARD_LIVE_PYTHON"
ENVIRONMENT = ".venv-live"
RESTART_SECONDS = (1.0, 60.0)
LINE_BYTES_MAX = 1 << 16


@dataclass
class Source:
    """One exchange: what it said last and how it is."""

    id: str
    options: dict[str, Any] = field(default_factory=dict)
    """What the library's constructor gets besides its defaults, such as other addresses."""
    price: Decimal | None = None
    heard: float = 0.0
    """Steady seconds at which it spoke last."""
    state: str = "connecting"
    text: str = ""
    fresh: bool = False
    """Whether it has spoken since it was last asked for."""


def find_python() -> str:
    """The Python whose environment has the exchange library. FeedError says how to get one.

    The library pins packages that the venue pins otherwise, so it lives in an environment of its own: the one named by
    STEELYARD_LIVE_PYTHON, else ``.venv-live`` beside the venue's environment or in the current folder.
    """
    named = os.environ.get(PYTHON_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise FeedError(f"feed: {PYTHON_VARIABLE} names {named!r}, which is no file (FEED-011)")
        return named
    for folder in (Path(sys.prefix).parent, Path.cwd()):
        candidate = folder / ENVIRONMENT / "bin" / "python"
        if candidate.is_file():
            return str(candidate)
    if find_spec("ccxt") is not None:
        return sys.executable
    raise FeedError(f"feed: live needs the exchange library (FEED-011); install it with: python3 -m venv {ENVIRONMENT} "
                    f"&& {ENVIRONMENT}/bin/pip install --require-hashes -r requirements-live.txt")


class Exchanges:
    """Runs the program and keeps what it says. A program that ends is started again, later and later."""

    def __init__(self, sources: list[Source], pair: str, python: str | None = None):
        self.sources, self.pair, self.python = sources, pair, python or find_python()
        self.heard = asyncio.Event()
        self.starts = 0

    async def run(self) -> None:
        """Listen until canceled."""
        wait = RESTART_SECONDS[0]
        while True:
            began = time.monotonic()
            await self._listen()
            for source in self.sources:
                source.state, source.text = "lost", "the program that listens to the exchanges ended"
            wait = RESTART_SECONDS[0] if time.monotonic() - began > 60 else min(RESTART_SECONDS[1], wait * 2)
            await asyncio.sleep(wait)

    async def _listen(self) -> None:
        program = await asyncio.create_subprocess_exec(
            self.python, "-I", "-u", str(PROGRAM), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, limit=LINE_BYTES_MAX)
        self.starts += 1
        try:
            request = {"pair": self.pair, "exchanges": [{"id": one.id, "options": one.options} for one in self.sources]}
            program.stdin.write(json.dumps(request).encode() + b"\n")
            await program.stdin.drain()
            while line := await program.stdout.readline():
                self.take(line)
        except (ValueError, ConnectionError):
            pass                               # a line without an end, a closed pipe: start the program again
        finally:
            if program.returncode is None:
                program.stdin.close()
                try:
                    await asyncio.wait_for(program.wait(), 5.0)
                except (TimeoutError, asyncio.CancelledError):
                    program.kill()
                    await program.wait()

    def take(self, line: bytes) -> None:
        """One line of the program. What is not understood is passed over: an exchange must not stop a venue."""
        try:
            said = json.loads(line)
            number = int(said["source"])
        except (ValueError, KeyError, TypeError):
            return
        for source in self.sources if number < 0 else self.sources[number:number + 1]:
            if "price" in said:
                self._priced(source, str(said["price"]))
            else:
                source.state, source.text = str(said.get("state", "")), str(said.get("text", ""))
        self.heard.set()

    @staticmethod
    def _priced(source: Source, text: str) -> None:
        try:
            price = Decimal(text)
        except InvalidOperation:
            return
        if price.is_finite() and price > 0:
            source.price, source.heard, source.fresh = price, time.monotonic(), True
            source.state, source.text = "connected", ""

    def shown(self) -> str:
        """One line about all sources."""
        return ", ".join(f"{one.id} {one.state}" + (f" ({one.text})" if one.text else "") for one in self.sources)
