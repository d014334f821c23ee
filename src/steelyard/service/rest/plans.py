"""Questions about a position that is held, which change nothing: more or less margin, leaving in steps."""
from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ...views.plans import Plans
from ...views.preview import Unreadable
from ..errors import ServiceError
from ..requests import Text
from .call import Call


class MarginQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """An amount to add (below zero: to take out), or the liquidation price wished for; neither: a table alone."""

    amount: Text | None = None
    liquidation_price: Text | None = None


class ScaleOutQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """In how many equal steps, and where the last one goes."""

    count: Annotated[int, Meta(ge=1, le=20)]
    target_price: Text


async def margin_plan(call: Call) -> Any:
    """What more or less margin would do to a position, by the engine's own rules. Nothing is moved."""
    return _asked(call, "margin", {"amount": call.query.amount, "liquidation_price": call.query.liquidation_price})


async def scale_out_plan(call: Call) -> Any:
    """The orders of a scale-out in equal steps, and what each locks in. Nothing is placed."""
    return _asked(call, "scale_out", {"count": call.query.count, "target_price": call.query.target_price})


def _asked(call: Call, name: str, body: dict) -> Any:
    try:
        return getattr(_plans(call), name)(call.account, {"symbol": call.symbol(), **body})
    except Unreadable as refusal:
        error = refusal.error
        raise ServiceError(error["code"], error["message"], error["field"], error["rule"], error["do"]) from None


def _plans(call: Call) -> Plans:
    """Made with the first question; it keeps nothing but its scratch rows."""
    held = call.request.app.state
    if getattr(held, "plans", None) is None:
        held.plans = Plans(call.services.venue.engine, call.services.operations.orders.scales, call.view("accounts"))
    return held.plans
