"""A rehearsal: a small venue in a folder that is thrown away, asked once for everything, so that what is compiled on
first use is compiled before anybody waits for it."""
from __future__ import annotations

import asyncio
import io
import json
import logging
import tempfile
import urllib.request
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import structlog

from ..kernel import cache_folder
from .app import Application
from .settings import Settings

PATIENCE_S = 300.0


def is_rehearsed() -> bool:
    """Whether exactly these sources were rehearsed with this cache."""
    return _marker().exists()


def _marker() -> Path:
    return cache_folder(False) / "rehearsed"


def rehearse(open_feed: Callable[[Path], Any]) -> None:
    """Serve a venue with the feed that ``open_feed`` makes for its folder, trade in it over REST, and stop.

    Says nothing itself: set up logs afterwards.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        data = Path(folder) / "venue"
        asyncio.run(_play(Application(Settings(data, port=0), open_feed(data))))
    _marker().touch()


async def _play(application: Application) -> None:
    await application.start()
    try:
        client = _Client(f"http://127.0.0.1:{application.port}/api/v1")
        await asyncio.wait_for(_until_priced(client), PATIENCE_S)
        await client.ask("POST", "/paper", {})
        symbol = application.venue.symbols[0]
        order = {"symbol": symbol, "side": "buy", "type": "market", "size": "100"}
        await client.ask("POST", "/preview", {**order, "stop_price": "100.0"})
        await client.ask("POST", "/orders", order)
        for path in ("/positions", "/wallet", *(f"/{thing}/{symbol}" for thing in (
                "depth", "risk", "trades", "liquidations", "candles"))):
            await client.ask("GET", path)
    finally:
        await application.stop()


async def _until_priced(client: _Client) -> None:
    while True:
        tickers = (await client.ask("GET", "/tickers"))["items"]
        if tickers and tickers[0]["mark"] and tickers[0]["bid"] and tickers[0]["ask"]:
            return
        await asyncio.sleep(0.1)


class _Client:
    """REST by the standard library, with the cookies of the paper account."""

    def __init__(self, base: str):
        self.base, self.headers = base, {"Content-Type": "application/json", "Origin": base.removesuffix("/api/v1")}

    async def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        return await asyncio.to_thread(self._ask, method, path, body)

    def _ask(self, method: str, path: str, body: dict | None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, self.headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            cookies = answer.headers.get_all("Set-Cookie") or []
            if cookies:
                self.headers["Cookie"] = "; ".join(cookie.split(";")[0] for cookie in cookies)
            found = json.loads(answer.read() or b"{}")
        if "csrf" in found:
            self.headers["X-CSRF-Token"] = found["csrf"]
        return found
