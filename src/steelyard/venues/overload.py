"""Which requests a venue still takes when it is overloaded, as dated data of its profile.  PROF-015"""
from __future__ import annotations

from datetime import datetime
from pathlib import Path

from .dated import Place, entry_at, nearest, only_known, read_entries

REQUESTS = ("new order", "reduce only", "close", "amend", "cancel", "leverage", "margin mode", "collateral")
"""Kinds of requests people send. ``close`` is a close of the whole position, without a size."""
PASSES = ("reduce only", "close", "cancel", "collateral")
"""What passes where a profile says nothing: what cannot add risk."""


def read_overload(raw: dict, sources: dict, moment: datetime, path: Path) -> tuple[str, ...]:
    """The kinds of requests that pass under overload at a moment, in the order of ``REQUESTS``."""
    place = Place(path.name, "overload")
    if "overload" not in raw:
        return PASSES
    only_known(raw["overload"], ("passes",), place)
    place = place.at("passes")
    entries = read_entries(raw["overload"].get("passes"), sources, place)
    for entry in entries:
        if not isinstance(entry.value, list):
            raise place.nth(entry.number).error("PROF-015", f"must be a list of requests, not {entry.value!r}")
        for word in entry.value:
            if word not in REQUESTS:
                raise place.nth(entry.number).error("PROF-015", f"unknown request {word!r}{nearest(word, REQUESTS)}")
    held = entry_at(entries, moment)
    return PASSES if held is None else tuple(word for word in REQUESTS if word in held.value)
