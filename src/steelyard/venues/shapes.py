"""Whether the blocks of a profile are tables, lists of tables and dates where they must be, before anything is read.
PROF-003"""
from __future__ import annotations

from datetime import date
from typing import Any

from .dated import Place

LISTS = ("asset", "index", "fee_class", "instrument")
TABLES = ("sources", "defaults", "overload", "waterfall")
DATES = ("from", "closed", "listed", "delisted")


def check_shapes(raw: dict, place: Place) -> None:
    """Raise for the first block that is not what its name says."""
    _dates(raw, place)
    for key in TABLES:
        if key in raw and not isinstance(raw[key], dict):
            raise place.at(key).error("PROF-003", f"must be a table [{key}], not {raw[key]!r}", key)
    for key in LISTS:
        rows = raw.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise place.at(key).error("PROF-003", f"must be blocks [[{key}]], not {short(rows)}", key)
        for row in rows:
            owner = Place(place.file, str(row.get("symbol", row.get("name", key))))
            _dates(row, owner)
            feeds = row.get("feed", []) if key == "index" else []
            if not isinstance(feeds, list) or not all(isinstance(feed, dict) for feed in feeds):
                raise owner.at("feed").error("PROF-003", f"must be blocks [[index.feed]], not {short(feeds)}", "feed")
    for source, text in raw.get("sources", {}).items():
        if not isinstance(text, str):
            raise Place(place.file, "sources", source).error("PROF-002", f"must be text, not {text!r}", source)


def _dates(table: dict, place: Place) -> None:
    for key in DATES:
        if key in table and not isinstance(table[key], date):
            message = f"must be a date such as 2024-01-01 or a UTC time, not {table[key]!r}"
            raise place.at(key).error("PROF-001", message, key)


def short(value: Any) -> str:
    """A value as it was written, cut to a line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
