"""Handlers for machines that watch this one: alive, ready, figures."""
from __future__ import annotations

from ... import __version__
from . import things
from .answers import Raw, answer
from .call import Call


async def health(call: Call) -> things.Health:
    """Whether the node is alive: it answers and nothing broke."""
    return _answered(call, _is_whole(call), "alive")


async def ready(call: Call) -> things.Health:
    """Whether the node has recovered and takes orders."""
    stopping = getattr(call.services.status, "stopping", False)
    return _answered(call, _is_whole(call) and not stopping, "ready")


def _is_whole(call: Call) -> bool:
    return call.services.venue.fault is None


def _answered(call: Call, ok: bool, word: str):
    thing = things.Health(ok, word if ok else f"not {word}", __version__)
    return thing if ok else Raw(answer(thing).body, "application/json", status=503)


async def metrics(call: Call) -> Raw:
    """Figures of the node, as Prometheus reads them."""
    return Raw(call.view("metrics")(), "text/plain; version=0.0.4; charset=utf-8")
