"""Handlers of an account: positions and their settings, cash, and what happened to it."""
from __future__ import annotations

import asyncio
import csv
import io
import itertools
from collections.abc import Iterator
from typing import Any

from ...views.story import liquidation_story
from .. import requests
from ..errors import ServiceError
from .answers import Raw
from .call import Call
from .things import LedgerEntry


async def positions(call: Call) -> dict:
    """Your positions."""
    return {"items": call.view("accounts").snapshot("positions", call.account), "next": None}


async def set_leverage(call: Call) -> Any:
    """Choose the leverage of a position; answers with the position's setting."""
    return await _ask(call, requests.Leverage(symbol=call.symbol(), leverage=call.body.leverage))


async def set_margin_mode(call: Call) -> Any:
    """Isolate a position, or back it with the whole wallet."""
    return await _ask(call, requests.ChooseMarginMode(symbol=call.symbol(), margin_mode=call.body.margin_mode))


async def move_margin(call: Call) -> Any:
    """Add to an isolated position's collateral, or take from it."""
    return await _ask(call, requests.MoveMargin(symbol=call.symbol(), amount=call.body.amount))


async def close_position(call: Call) -> Any:
    """Close a position at the market, or at a limit."""
    body = call.body
    return await _ask(call, requests.ClosePosition(symbol=call.symbol(), price=body.price,
                                                   client_order_id=body.client_order_id))


async def scale_out(call: Call) -> Any:
    """Close a position step by step with resting reduce-only orders."""
    return await _ask(call, requests.ScaleOut(symbol=call.symbol(), steps=tuple(call.body.steps)))


async def _ask(call: Call, request: Any) -> Any:
    return await call.services.operations.ask(call.account, request)


async def wallet(call: Call) -> dict:
    """Your cash, asset by asset."""
    return {"items": call.view("accounts").snapshot("wallet", call.account), "next": None}


async def paper_deposit(call: Call) -> Any:
    """Paper money, where the venue gives it."""
    settings = call.services.settings
    if not settings.paper:
        raise ServiceError("not_found", "This venue gives no paper money.", rule="PEOP-010", do="Ask the operator.")
    asset = call.services.operations.asset(call.body.asset)
    text = call.body.amount
    whole, _dot, part = text.partition(".")
    if whole.isascii() and whole.isdigit() and int(whole) * 10 ** asset.decimals > settings.paper_atoms_max:
        raise ServiceError("invalid_value", "This is more paper money than the venue gives at once.", "amount",
                           "PEOP-010", "Take less.")
    return await _ask(call, call.body)


async def notices(call: Call) -> dict:
    """What you should know, newest first."""
    found = call.view("notices").snapshot("notices", call.account)
    return {"items": sorted(found, key=lambda one: one["time"], reverse=True)[:call.query.limit], "next": None}


# ---------------------------------------------------------------- history
async def fills(call: Call) -> dict:
    """Your fills, newest first."""
    return await _paged(call, "fills")


async def funding_payments(call: Call) -> dict:
    """Funding you paid and received, newest first."""
    return await _paged(call, "funding_payments")


async def _paged(call: Call, name: str) -> dict:
    return await call.page(name, call.account, call.own_symbol(), call.query.cursor, call.query.limit)


async def ledger(call: Call) -> dict:
    """Every movement of your cash with the balance after it, newest first."""
    return await _paged(call, "ledger")


async def ledger_csv(call: Call) -> Raw:
    """The whole ledger as a table, oldest first."""
    rows = await call.history("ledger_export", call.account)
    return Raw(_table(rows), "text/csv; charset=utf-8", {"content-disposition": 'attachment; filename="ledger.csv"'})


def _table(rows: Iterator[dict]) -> Iterator[bytes]:
    """The rows as text, a thousand at a time."""
    columns = LedgerEntry.__struct_fields__
    yield (",".join(columns) + "\n").encode()
    while some := list(itertools.islice(rows, 1_000)):
        text = io.StringIO()
        csv.DictWriter(text, columns, lineterminator="\n").writerows(some)
        yield text.getvalue().encode()


async def my_liquidations(call: Call) -> dict:
    """Your liquidations, newest first."""
    return await _paged(call, "liquidations")


async def my_liquidation(call: Call) -> Any:
    """Why you were liquidated: the whole story of one liquidation of yours."""
    text = call.path("id")
    queries, profile, account = call.queries, call.services.venue.profile, call.account
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    story = await asyncio.to_thread(liquidation_story, queries, profile, account, number) if number else None
    if story is None:
        raise ServiceError("not_found", f"You have no liquidation {text[:80]!r}.", "id", "SERV-007",
                           "GET /my/liquidations lists yours.")
    return story
