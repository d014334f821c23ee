"""Handlers of orders: thin, what they decide is in the operations."""
from __future__ import annotations

from typing import Any

import msgspec

from .. import requests
from ..errors import ServiceError
from . import things
from .call import Call
from .cursors import cursor_numbers, cursor_text


async def place_order(call: Call) -> Any:
    """Place an order or a trigger, perhaps with a bracket. Answered once it is durable and decided."""
    return await call.services.operations.ask(call.account, call.body)


async def amend_order(call: Call) -> Any:
    """Change an order."""
    body = msgspec.structs.asdict(call.body)
    return await call.services.operations.ask(call.account, requests.AmendOrder(order_id=call.path("id"), **body))


async def cancel_order(call: Call) -> Any:
    """Take back an order."""
    return await call.services.operations.ask(call.account, requests.CancelOrder(order_id=call.path("id")))


async def cancel_orders(call: Call) -> Any:
    """Take back all orders, of one instrument or of all."""
    return await call.services.operations.ask(call.account, requests.CancelAll(symbol=call.query.symbol))


async def list_orders(call: Call) -> dict:
    """Orders, newest first: open ones as they stand, ended ones from history."""
    account, query, symbol = call.account, call.query, call.own_symbol()
    if query.state != "open":
        state = None if query.state == "all" else query.state
        return await call.page("orders", account, state, symbol, query.cursor, query.limit)
    found = call.view("orders").snapshot("orders", account)
    return page_of([one for one in found if symbol in (None, one["symbol"])], query)


def page_of(found: list[dict], query) -> dict:
    """A page of orders, newest first; the cursor names the last one of the page."""
    def place(one):
        return one["created"], int(one["order_id"])
    before = cursor_numbers(query.cursor, 2) if query.cursor else None
    rest = sorted((one for one in found if before is None or place(one) < before), key=place, reverse=True)
    items = rest[:query.limit]
    return {"items": items, "next": cursor_text(*place(items[-1])) if len(rest) > len(items) else None}


async def get_order(call: Call) -> Any:
    """One order, by id or ``client:NAME``."""
    operations, account, text = call.services.operations, call.account, call.path("id")
    try:
        order_id = operations.order_id(account, text)
    except ServiceError as error:
        if error.code != "not_found" or not call.has_history:
            raise
        order_id = None
    order = None if order_id is None else operations.order(account, order_id)
    if order is None and call.has_history:
        order = await call.history("order", account, order_id, None if order_id else text.removeprefix("client:"))
    if order is None:
        raise ServiceError("not_found", f"You have no order {text[:80]!r}.", "id", "SERV-009",
                           "The id as it was answered, or client:NAME.")
    return order


async def cancel_all_after(call: Call) -> things.Deadline:
    """The dead man's switch: all orders are canceled unless this is renewed in time."""
    return things.Deadline(call.view("deadman").renew(call.account, call.body.timeout))


async def preview(call: Call) -> Any:
    """What an order would do if it came now, by the engine's own rules."""
    call.services.operations.reader(call.body.symbol)
    body = msgspec.to_builtins(call.body)
    found = call.view("preview").preview(call.account, body)
    eligibility = call.services.eligibility
    return found if eligibility is None else eligibility.previewed(found, call.account, body.get("symbol"))
