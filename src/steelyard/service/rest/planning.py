"""Plans before the trade: everybody's, bounded, answered by the planner in a process of its own."""
from __future__ import annotations

import msgspec

from ...plan import KINDS, PlanError, answers, questions
from ...plan.errors import read
from ...plan.worker import VENUES
from ..errors import ServiceError
from .answers import JSON, Raw
from .call import Call
from .route import Route

SUMMARIES = {
    "size": "Size from a risk and a stop", "liq": "Liquidation price, term by term",
    "compare": "One position under every venue", "funding": "Funding, stamp by stamp", "ladder": "Leaving in steps",
    "hedge": "Spot and a short", "decay": "A leveraged token", "survive": "The chance of being liquidated",
}


def reader_of(kind: str):
    """How a body of this plan is read: in the planner's own words."""
    shape = getattr(questions, KINDS[kind][1])

    def decode(raw: bytes) -> dict:
        body = msgspec.json.decode(raw)
        if not isinstance(body, dict):
            raise ServiceError("invalid_value", "the message is not one JSON object", None, "SERV-003",
                               "send the fields of the question")
        try:
            read(shape, body)
        except PlanError as error:
            raise ServiceError(error.code, error.message, error.field, error.rule, error.do) from None
        return body
    return decode


def handler_of(kind: str):
    """The handler of one plan."""
    async def handler(call: Call) -> Raw:
        return Raw(await call.services.planners.ask(kind, call.body or {}), JSON)
    handler.__name__ = f"plan_{kind}"
    handler.__doc__ = (getattr(questions, KINDS[kind][1]).__doc__ or "").strip()
    return handler


async def plan_venues(call: Call) -> Raw:
    """The profiles that plans can be asked about, with their instruments."""
    return Raw(await call.services.planners.ask(VENUES, {}), JSON)


ROUTES = (
    Route("GET", "/plan/venues", "", plan_venues, "What can be planned", answers.VenueList, anonymous=True),
    *(Route("POST", f"/plan/{kind}", "", handler_of(kind), SUMMARIES[kind],
            getattr(answers, f"{KINDS[kind][1]}Plan"), body=getattr(questions, KINDS[kind][1]),
            decode=reader_of(kind), anonymous=True) for kind in KINDS))
