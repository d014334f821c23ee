"""Handlers of what everybody may see: instruments, prices, the book, trades, risk, the state of the venue."""
from __future__ import annotations

import time
from typing import Any

from ...views.scales import milliseconds
from . import things
from .call import Call
from .instruments import Instruments


def instruments_of(call: Call) -> Instruments:
    """The instruments, made once."""
    return call.request.app.state.instruments


async def instruments(call: Call) -> dict:
    """All instruments."""
    return {"items": instruments_of(call).listing(), "next": None}


async def instrument(call: Call) -> dict:
    """One instrument."""
    return instruments_of(call).one(call.symbol())


async def tickers(call: Call) -> dict:
    """Tickers of all instruments."""
    view = call.view("ticker")
    return {"items": [view.snapshot(f"ticker.{one.symbol}", 0) for one in call.services.venue.instruments
                      if instruments_of(call).is_listed(one.symbol)],
            "next": None}


async def depth(call: Call) -> dict:
    """The best levels of the book."""
    book = call.view("depth").snapshot(f"depth.{call.symbol()}", 0)
    levels = call.query.levels
    return {**book, "bids": book["bids"][:levels], "asks": book["asks"][:levels]}


async def trades(call: Call) -> dict:
    """The last trades, newest first."""
    return _latest(call, "trades")


async def liquidations(call: Call) -> dict:
    """The last liquidations of an instrument, newest first, without accounts."""
    return _latest(call, "liquidations")


def _latest(call: Call, channel: str) -> dict:
    found = call.view(channel).snapshot(f"{channel}.{call.symbol()}", 0)
    return {"items": sorted(found, key=lambda one: one["time"], reverse=True)[:call.query.limit], "next": None}


async def candles(call: Call) -> dict:
    """Candles, oldest first. With ``from`` alone, ``next`` is the ``from`` of the page that follows."""
    query, symbol = call.query, call.symbol()
    if call.has_history:
        items = await call.history("candles", symbol, query.interval, query.from_, query.to, query.limit)
        more = query.from_ is not None and query.to is None and len(items) == query.limit
        return {"items": items, "next": str(items[-1]["time"] + 1) if more else None}
    found = call.view("candles").snapshot(f"candles.{symbol}.{query.interval}", 0)
    first, last = query.from_ or 0, query.to if query.to is not None else 1 << 62
    return {"items": [one for one in found if first <= one["time"] < last][-query.limit:], "next": None}


async def funding(call: Call) -> dict:
    """Funding stamps, newest first."""
    return await call.page("funding_rates", call.symbol(), call.query.cursor, call.query.limit)


async def index(call: Call) -> dict:
    """The index of an instrument, source by source."""
    return instruments_of(call).index(call.symbol())


async def risk(call: Call) -> Any:
    """The risk desk of an instrument."""
    return call.view("risk").snapshot(f"risk.{call.symbol()}", 0)


async def status(call: Call) -> Any:
    """The state of the venue, and what is announced."""
    return call.view("status").snapshot("status", 0)


async def clock(call: Call) -> things.Clock:
    """The venue's time and the time of day."""
    return things.Clock(milliseconds(call.services.venue.clock.now_ns()), time.time_ns() // 1_000_000)
