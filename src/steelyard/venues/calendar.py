"""When a venue trades and when it clears: two clocks, from dated data of its profile.  CALR-001

Trading runs in sessions of the week, in the local time of a zone, less daily breaks and closed days. Clearing knows
business days: what trades on another day belongs to the next one. Pure functions of times in nanoseconds UTC; nobody's
clock is read.
"""
from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..units import SECOND, UnitError
from . import values
from .dated import Entry, Place, ProfileError, entry_at, only_known, read_entries, source_of

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = timedelta(days=7)
KEYS = ("zone", "source", "sessions", "breaks", "closed", "business_days", "clearing_holidays", "day_ends",
        "settles_at", "margin_windows", "settlement_window", "varies_at", "carry")


class Span(NamedTuple):
    """A stretch of every week in local time: from a day and time until the next occurrence of another."""

    day: int
    begin: time
    end_day: int
    end: time

    @property
    def length(self) -> timedelta:
        """How long it lasts; the same day and time again means a whole week."""
        gap = timedelta(days=(self.end_day - self.day) % 7) + (_since_midnight(self.end) - _since_midnight(self.begin))
        return gap if gap > timedelta(0) else gap + WEEK


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND


def _moment(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns // SECOND, UTC)


@dataclass(frozen=True)
class Calendar:
    """The calendar of a profile over all its dates; entries hold from their date as other figures do (PROF-001)."""

    zone: ZoneInfo
    sessions: tuple[Entry, ...]
    breaks: tuple[Entry, ...]
    closed: tuple[Entry, ...]
    business_days: tuple[Entry, ...]
    clearing_holidays: tuple[Entry, ...]
    day_ends: tuple[Entry, ...]
    settles_at: tuple[Entry, ...]
    margin_windows: tuple[Entry, ...] = ()       # values are ``margin_hours.Hours``
    settlement_window: tuple[Entry, ...] = ()
    varies_at: tuple[Entry, ...] = ()
    carry: tuple[Entry, ...] = ()

    def reaching(self, time_ns: int) -> Calendar:
        """The same calendar, its first entries holding from a time at latest: for a past that it was not written for,
        played under its rules.  CALR-006"""
        def back(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
            return (replace(entries[0], since=min(entries[0].since, _moment(time_ns))), *entries[1:]) if entries else ()
        return replace(self, **{key: back(getattr(self, key)) for key in FIGURES})

    # ------------------------------------------------------------ trading
    def open_spans(self, begin_ns: int, end_ns: int) -> list[tuple[int, int]]:
        """When the market is open within [begin, end): spans (open, close) in ns UTC, in order, apart.  CALR-002"""
        eras = [_ns(entry.since) for entry in self.sessions]
        found: list[tuple[int, int]] = []
        for number, since in enumerate(eras):
            until = eras[number + 1] if number + 1 < len(eras) else end_ns
            low, high = max(begin_ns, since), min(end_ns, until)
            if low < high:
                found.extend(self._spans_of_era(low, high, self.sessions[number].since))
        return _merged(found)

    def _spans_of_era(self, begin_ns: int, end_ns: int, era: datetime) -> list[tuple[int, int]]:
        """Sessions less breaks and closed days while one entry of the sessions holds."""
        def during(entries):
            held = entry_at(entries, era)
            return () if held is None else held.value
        cuts = self._weekly(during(self.breaks), begin_ns, end_ns)
        for day in during(self.closed):
            cuts.append((self._local(day, time()), self._local(day + timedelta(days=1), time())))
        spans = _merged(self._weekly(during(self.sessions), begin_ns, end_ns))
        for cut_begin, cut_end in cuts:
            spans = [part for low, high in spans for part in ((low, min(high, cut_begin)), (max(low, cut_end), high))
                     if part[0] < part[1]]
        return [(max(low, begin_ns), min(high, end_ns)) for low, high in spans if low < end_ns and high > begin_ns]

    def _weekly(self, rows: tuple[Span, ...], begin_ns: int, end_ns: int) -> list[tuple[int, int]]:
        """Every occurrence of weekly spans that touches [begin, end)."""
        first = _moment(begin_ns).astimezone(self.zone).date() - timedelta(days=15)
        last = _moment(end_ns).astimezone(self.zone).date() + timedelta(days=1)
        found = []
        for row in rows:
            day = first + timedelta(days=(row.day - first.weekday()) % 7)
            while day <= last:
                stop = datetime.combine(day, row.begin) + row.length
                found.append((self._local(day, row.begin), self._local(stop.date(), stop.time())))
                day += WEEK
        return [(low, high) for low, high in found if low < end_ns and high > begin_ns]

    # ------------------------------------------------------------ margin windows
    def margin_window(self, time_ns: int) -> str | None:
        """The margin window that holds at a time; None where the calendar knows none. Spans hold on business days
        only, by the local day they begin on.  CALR-007"""
        held = entry_at(self.margin_windows, _moment(time_ns))
        if held is None:
            return None
        for name, spans in held.value.spans:
            for low, high in self._weekly(spans, time_ns, time_ns + 1):
                if low <= time_ns < high and self.is_business_day(_moment(low).astimezone(self.zone).date()):
                    return name
        return held.value.otherwise

    def margin_flips(self, begin_ns: int, end_ns: int) -> list[tuple[int, str]]:
        """Times within (begin, end] at which another margin window begins to hold, with its name.  CALR-007"""
        edges = {_ns(entry.since) for entry in self.margin_windows}
        for entry in self.margin_windows:
            for _name, spans in entry.value.spans:
                edges.update(edge for span in self._weekly(spans, begin_ns, end_ns + SECOND) for edge in span)
        found, window = [], self.margin_window(begin_ns)
        for edge in sorted(edge for edge in edges if begin_ns < edge <= end_ns):
            name = self.margin_window(edge)
            if name is not None and name != window:
                found.append((edge, name))
            window = name
        return found

    def _local(self, day: date, at: time) -> int:
        """A local day and time in ns UTC; an hour that comes twice is the first of the two."""
        return _ns(datetime.combine(day, at, self.zone))

    def is_open(self, time_ns: int) -> bool:
        """Whether the market is open at a time.  CALR-002"""
        return bool(self.open_spans(time_ns, time_ns + 1))

    def changes(self, begin_ns: int, end_ns: int) -> list[tuple[int, bool]]:
        """Openings (True) and closings within (begin, end], in order.  CALR-003"""
        found = []
        for low, high in self.open_spans(begin_ns, end_ns + SECOND):
            found += [(low, True)] if low > begin_ns else []
            found += [(high, False)] if high <= end_ns else []
        return found

    def next_change_ns(self, time_ns: int, horizon: timedelta = timedelta(days=60)) -> int | None:
        """The first opening, closing or flip of the margin window after a time, within the horizon; None where there is
        none.  CALR-003 CALR-007"""
        step, end = 8 * 86_400 * SECOND, time_ns + int(horizon.total_seconds()) * SECOND
        while time_ns < end:
            found = self.changes(time_ns, time_ns + step)[:1] + self.margin_flips(time_ns, time_ns + step)[:1]
            if found:
                return min(found)[0]
            time_ns += step
        return None

    # ------------------------------------------------------------ clearing
    def is_business_day(self, day: date) -> bool:
        """Whether clearing works on a local day.  CALR-004"""
        moment = datetime.combine(day, time(), UTC)
        days, holidays = entry_at(self.business_days, moment), entry_at(self.clearing_holidays, moment)
        return days is not None and day.weekday() in days.value and (holidays is None or day not in holidays.value)

    def trade_date(self, time_ns: int) -> date:
        """The business day that a trade at a time belongs to: a local day ends at its hour, and what lies on no
        business day belongs to the next.  CALR-004"""
        local = _moment(time_ns).astimezone(self.zone)
        ends = entry_at(self.day_ends, _moment(time_ns))
        day = local.date()
        if ends is not None and local.time() >= ends.value:
            day += timedelta(days=1)
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def settlements(self, begin_ns: int, end_ns: int) -> list[tuple[int, date]]:
        """Stamps within (begin, end] at which a business day is settled, with the day.  CALR-005"""
        day = _moment(begin_ns).astimezone(self.zone).date()
        found = []
        while self._local(day, time()) <= end_ns:
            at = entry_at(self.settles_at, datetime.combine(day, time(), UTC))
            if at is not None and self.is_business_day(day):
                stamp = self._local(day, at.value)
                if begin_ns < stamp <= end_ns:
                    found.append((stamp, day))
            day += timedelta(days=1)
        return found

    def settlement_window_ns(self, time_ns: int) -> int:
        """How long before a settlement stamp trades count for the day's price; 0 where nothing is said.  CALR-009"""
        held = entry_at(self.settlement_window, _moment(time_ns))
        return 0 if held is None else held.value

    def carry_ppb(self, time_ns: int) -> int:
        """The annual rate by which a price without trades and quotes is carried.  CALR-009 DSET-004"""
        held = entry_at(self.carry, _moment(time_ns))
        return 0 if held is None else held.value

    def variations(self, begin_ns: int, end_ns: int) -> list[int]:
        """Times within (begin, end] of business days at which positions are valued besides the settlement.  CALR-009"""
        day = _moment(begin_ns).astimezone(self.zone).date()
        found = []
        while self._local(day, time()) <= end_ns:
            held = entry_at(self.varies_at, datetime.combine(day, time(), UTC))
            if held is not None and self.is_business_day(day):
                found += [stamp for at in held.value if begin_ns < (stamp := self._local(day, at)) <= end_ns]
            day += timedelta(days=1)
        return sorted(found)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order; those that touch or overlap become one."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


# ---------------------------------------------------------------- reading
def parse_time(text: Any) -> time:
    """``"17:00"``."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} must be a time such as \"17:00\"")
    return time.fromisoformat(text)


def _day(word: str) -> int:
    if word not in DAYS:
        raise ValueError(f"{word!r} is no day; days are {', '.join(DAYS)}")
    return DAYS.index(word)


def parse_spans(rows: Any) -> tuple[Span, ...]:
    """``["Sun 17:00 to Fri 16:00"]``, or several days with one stretch each: ``["Mon Tue 16:00 to 17:00"]``.

    >>> parse_spans(["Mon Tue 16:00 to 17:00"])[1]
    Span(day=1, begin=datetime.time(16, 0), end_day=1, end=datetime.time(17, 0))
    """
    found = []
    for row in _texts(rows):
        begin, to, end = row.partition(" to ")
        *days, at = begin.split() or [""]
        *end_day, end_at = end.split() or [""]
        if not to or not days or len(end_day) > 1:
            raise ValueError(f"{row!r} must be such as \"Sun 17:00 to Fri 16:00\" or \"Mon Tue 16:00 to 17:00\"")
        for day in days:
            last = _day(end_day[0]) if end_day else _day(day)
            found.append(Span(_day(day), parse_time(at), last, parse_time(end_at)))
    return tuple(found)


class Hours(NamedTuple):
    """Margin windows of the week: the one that holds otherwise, and spans of local time of others.  CALR-007"""

    otherwise: str
    spans: tuple[tuple[str, tuple[Span, ...]], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every window there is."""
        return self.otherwise, *(name for name, _spans in self.spans)


def parse_hours(rows: Any) -> Hours:
    """The window that holds otherwise, then others with their hours on business days.  CALR-007

    >>> parse_hours(["overnight", "intraday: Mon Tue 08:00 to 16:00"]).names
    ('overnight', 'intraday')
    """
    otherwise, *others = _texts(rows) or [""]
    if not otherwise or ":" in otherwise:
        raise ValueError(f"{rows!r} must begin with the name of the window that holds otherwise")
    spans = []
    for row in others:
        name, colon, hours = row.partition(":")
        if not colon or not name:
            raise ValueError(f"{row!r} must be such as \"intraday: Mon Tue 08:00 to 16:00\"")
        spans.append((name, parse_spans([hours.strip()])))
    return Hours(otherwise, tuple(spans))


def parse_weekdays(rows: Any) -> tuple[int, ...]:
    """``["Mon", "Tue"]``."""
    return tuple(_day(word) for word in _texts(rows))


def parse_dates(rows: Any) -> tuple[date, ...]:
    """``["2017-12-25"]``."""
    return tuple(date.fromisoformat(row) for row in _texts(rows))


def parse_times(rows: Any) -> tuple[time, ...]:
    """``["12:00"]``."""
    return tuple(parse_time(row) for row in _texts(rows))


def parse_window(text: Any) -> int:
    """``"1 min"``, in ns."""
    return values.duration(text, None, "settlement_window")


def parse_carry(text: Any) -> int:
    """``"4 %"``, in ppb a year."""
    return values.signed_rate(text, None, "carry")


def _texts(rows: Any) -> list[str]:
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise ValueError(f"{rows!r} must be a list of texts")
    return rows


FIGURES = {"sessions": parse_spans, "breaks": parse_spans, "closed": parse_dates, "business_days": parse_weekdays,
           "clearing_holidays": parse_dates, "day_ends": parse_time, "settles_at": parse_time,
           "margin_windows": parse_hours, "settlement_window": parse_window, "varies_at": parse_times,
           "carry": parse_carry}
OPTIONAL = ("margin_windows", "settlement_window", "varies_at", "carry")
"""Figures that a calendar may leave out: nothing follows them then."""


def read_calendar(raw: dict, path: Path) -> Calendar | None:
    """The calendar of a profile file that was parsed; None where it has none: it trades at all times.  CALR-001"""
    table = raw.get("calendar")
    if table is None:
        return None
    place = Place(path.name, "calendar")
    only_known(table, KEYS, place)
    source_of(table, raw["sources"], place)
    try:
        zone = ZoneInfo(str(table.get("zone")))
    except (ZoneInfoNotFoundError, ValueError):
        raise place.at("zone").error("CALR-001", f"{table.get('zone')!r} is no IANA zone such as \"America/Chicago\"") \
            from None
    figures = {}
    for key, parse in FIGURES.items():
        if key not in table:
            if key in OPTIONAL:
                continue
            raise place.at(key).error("PROF-005", "is missing; an empty list where there are none")
        try:
            figures[key] = tuple(Entry(one.since, parse(one.value), one.source)
                                 for one in read_entries(table[key], raw["sources"], place.at(key)))
        except ProfileError:
            raise
        except (ValueError, UnitError) as error:
            raise place.at(key).error("CALR-001", str(error)) from None
    return Calendar(zone, **figures)


def load_calendar(path: Path) -> Calendar | None:
    """The calendar of a profile file."""
    return read_calendar(tomllib.loads(path.read_text("utf-8")), path)


