"""Dated figures as they stand in a profile file: which one holds at an instant, and what is wrong with the rest.

A figure is a list of entries ``{from = 2020-04-17T01:00:00Z, value = "0.45 %", source = "bl-mm417"}``, with a ``doubt``
where its source is weak. This module knows dates, sources and key names; what a value means is the business of
``values`` and ``fields``.
"""
from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from .lines import line_of

ENTRY_KEYS = ("from", "value", "source", "doubt")
SOURCE_WORDS = ("assumed:", "derived:")
"""A figure that no published text supports says so: ``assumed: why``, or ``derived: from what``."""


class ProfileError(ValueError):
    """A profile that cannot be used. The message names file, line, owner, figure, rule, and what would do.

    ``place`` and ``line`` are what a tool needs to point at it; ``line`` is 0 until the text was looked at.
    """

    def __init__(self, message: str, place: Place | None = None, word: str = ""):
        super().__init__(message)
        self.place, self.word, self.line = place, word, 0

    def at_line(self, text: str) -> ProfileError:
        """The same refusal with the line of ``text`` it is about.  PROF-013"""
        if self.place is None or self.line:
            return self
        place, told = self.place, re.search(r"at line (\d+), column", str(self))
        line = int(told.group(1)) if told else line_of(text, place.owner, place.key, place.entry, self.word)
        located = ProfileError(f"{place.file}:{line}{str(self)[len(place.file):]}", place, self.word)
        located.line = line
        return located


@dataclass(frozen=True)
class Place:
    """Where in a file a figure stands, for messages."""

    file: str
    owner: str
    key: str = ""
    entry: int = -1                 # which dated entry of the figure, counted from 0

    def at(self, key: str) -> Place:
        return Place(self.file, self.owner, key.lstrip("."))

    def nth(self, entry: int) -> Place:
        return replace(self, entry=entry)

    def error(self, rule: str, message: str, word: str = "") -> ProfileError:
        where = ": ".join(part for part in (self.file, self.owner, self.key) if part)
        return ProfileError(f"{where}: {message} ({rule})", self, word)


@dataclass(frozen=True)
class Entry:
    """One dated value of a figure."""

    since: datetime
    value: Any
    source: str
    number: int = 0                 # its place in the figure's list
    doubt: str = ""                 # why it may be wrong although a source states it; empty where nothing speaks so


def instant(moment: date | datetime) -> datetime:
    """A date as the midnight UTC it begins with; a datetime in UTC (one without a zone is taken as UTC)."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return datetime.combine(moment, time(), UTC)


def nearest(name: str, known) -> str:
    """`` (did you mean X?)`` for the closest of ``known``, or all of them where none is close."""
    close = difflib.get_close_matches(str(name), [str(word) for word in known], 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else "; known are " + ", ".join(sorted(map(str, known)))


def only_known(table: dict, known, place: Place) -> None:
    """Refuse a key that nothing reads: a misspelled rule must not be silently absent.  PROF-003"""
    if not isinstance(table, dict):
        raise place.error("PROF-003", f"must be a table, not {table!r}")
    for key in table:
        if key not in known:
            raise place.error("PROF-003", f"unknown key {key!r}{nearest(key, known)}", key)


def source_of(table: dict, sources: dict, place: Place) -> str:
    """The source an entry names: a key of the file's ``[sources]``, or an honest ``assumed:``/``derived:``.
    PROF-002"""
    source = table.get("source")
    if not isinstance(source, str) or not source:
        raise place.error("PROF-002", "needs a source: a key of [sources], or \"assumed: why\"")
    if not source.startswith(SOURCE_WORDS):
        for key in source.split(","):
            if key.strip() not in sources:
                raise place.error("PROF-002", f"unknown source {key.strip()!r}{nearest(key.strip(), sources)}")
    return source


def read_entries(raw: Any, sources: dict, place: Place) -> tuple[Entry, ...]:
    """All dated values of one figure, checked, in order of time.  PROF-001, PROF-002"""
    if not isinstance(raw, list) or not raw:
        raise place.error("PROF-001", "must be a list of {from, value, source}, even where it never changed")
    entries = []
    for number, table in enumerate(raw):
        place = place.nth(number)
        only_known(table, ENTRY_KEYS, place)
        if not isinstance(table.get("from"), date):
            raise place.error("PROF-001", f"needs from = YYYY-MM-DD (or a UTC time), not {table.get('from')!r}")
        if "value" not in table:
            raise place.error("PROF-001", f"the entry from {table['from']} has no value")
        since = instant(table["from"])
        if entries and since <= entries[-1].since:
            raise place.error("PROF-001", f"entries must be in order of time; {show(since)} does not follow "
                                          f"{show(entries[-1].since)}")
        entries.append(Entry(since, table["value"], source_of(table, sources, place), number,
                             doubt_of(table, place)))
    return tuple(entries)


def doubt_of(table: dict, place: Place) -> str:
    """Why a figure with a source may still be wrong: one source only, day not known, seen once.  PROF-012"""
    doubt = table.get("doubt", "")
    if not isinstance(doubt, str) or ("doubt" in table and len(doubt.split()) < 2):
        raise place.error("PROF-012", f"doubt must say in words why, not {doubt!r}; leave it out where there is none")
    return doubt


def unverified(source: str, doubt: str) -> str:
    """What speaks against relying on a figure: its doubt, or that no published text states it; empty if nothing.
    PROF-012

    >>> unverified("assumed: one tick", "")
    'assumed: one tick'
    """
    if doubt:
        return doubt
    return source if source.startswith("assumed:") else ""


def entry_at(entries: tuple[Entry, ...], moment: datetime) -> Entry | None:
    """The latest entry not after ``moment``, or None before the first.  PROF-001"""
    held = None
    for entry in entries:
        if entry.since <= moment:
            held = entry
    return held


def show(moment: datetime) -> str:
    """A moment as short as it can be said: a day, or a day and a time.

    >>> show(datetime(2020, 4, 17, 1, tzinfo=UTC))
    '2020-04-17T01:00Z'
    """
    if moment.time() == time():
        return moment.date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M") + (moment.strftime(":%S") if moment.second else "") + "Z"
