"""Handlers of the operator: states of the venue and its markets, the feed, figures."""
from __future__ import annotations

import inspect
from typing import Any

import msgspec

from ...codes import InstrumentState
from ..errors import ServiceError
from ..people import opening
from . import things
from .answers import Raw
from .call import Call


async def set_status(call: Call) -> Any:
    """Switch the venue, now or announced ahead."""
    body, status = call.body, call.view("status")
    if body.from_ is not None and body.until is not None and body.until <= body.from_:
        raise ServiceError("invalid_value", "until must lie after from.", "until", "SERV-007", "Give a later time.")
    await _settled(status.change(state=body.state, message=body.message, begin=body.from_, until=body.until))
    return status.snapshot("status", 0)


async def set_instrument_state(call: Call) -> Any:
    """Switch one market."""
    await call.services.operations.set_instrument_state(call.symbol(), int(InstrumentState[call.body.state.upper()]))
    return call.request.app.state.instruments.one(call.symbol())


async def set_level(call: Call) -> things.AccountLevel:
    """How far somebody is identified, from now on (ELIG-015)."""
    services, text = call.services, call.path("account")
    if services.eligibility is None:
        raise ServiceError("not_available", "This venue knows no eligibility table.", rule="ELIG-015",
                           do="Run it with its table.")
    if not text.isdecimal() or len(text) > 9:
        raise ServiceError("invalid_value", f"{text!r} is no account", "account", "ELIG-015", "Give its number.")
    await opening.set_level(services.venue, services.people, services.eligibility, int(text), call.body.level)
    return things.AccountLevel(int(text), call.body.level)


async def replay(call: Call) -> Any:
    """Control the feed: speed, pause, restart."""
    feed = call.view("feed")
    wanted = {name: value for name, value in msgspec.structs.asdict(call.body).items() if value is not msgspec.UNSET}
    if not wanted:
        raise ServiceError("missing_field", "Nothing to change.", "speed", "SERV-007",
                           "Give speed, paused, restart or preset.")
    try:
        await _settled(feed.control(**wanted))
    except (ValueError, KeyError, TypeError) as error:
        raise ServiceError("invalid_value", str(error), next(iter(wanted)), "SERV-007",
                           "See presets of the channel replay.") from None
    return feed.snapshot("replay", 0)


async def _settled(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def operator_metrics(call: Call) -> Raw:
    """Figures of the node, as Prometheus reads them."""
    return Raw(call.view("metrics")(), "text/plain; version=0.0.4; charset=utf-8")
