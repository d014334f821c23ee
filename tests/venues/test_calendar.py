"""Calendars against a dumber twin that looks at the local clock of one minute at a time."""
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.units import SECOND
from steelyard.venues.calendar import load_calendar, parse_hours, parse_spans, read_calendar
from steelyard.venues.dated import ProfileError
from steelyard.venues.profile import find_profile, load_profile

CHICAGO = ZoneInfo("America/Chicago")
CME = load_calendar(find_profile("cme"))
HOUR = 3600 * SECOND


def at(*when, zone=UTC):
    """A time in ns UTC."""
    return int(datetime(*when, tzinfo=zone).timestamp()) * SECOND


def naive_is_open(time_ns):
    """CME's hours read off the local clock."""
    moment = datetime.fromtimestamp(time_ns // SECOND, UTC)
    local = moment.astimezone(CHICAGO)
    hour, day = local.hour + local.minute / 60, local.weekday()
    if moment >= datetime(2026, 5, 29, 21, tzinfo=UTC):
        return not (day == 5 and 2 <= hour < 4)
    if local.date() in (date(2017, 12, 25), date(2018, 1, 1)):
        return False
    if day == 5 or (day == 4 and hour >= 16) or (day == 6 and hour < 17):
        return False
    return not 16 <= hour < 17 or day == 6


@settings(max_examples=400, deadline=None)
@given(st.integers(at(2017, 12, 18) // SECOND, at(2027, 12, 31) // SECOND))
def test_CALR_002_open_as_the_local_clock_says(second):
    """CALR-002 Any second of ten years, changes of summer time and the turn to trading around the clock included."""
    assert CME.is_open(second * SECOND) == naive_is_open(second * SECOND)


@settings(max_examples=40, deadline=None)
@given(st.integers(at(2017, 12, 18) // 60 // SECOND, at(2027, 12, 31) // 60 // SECOND), st.integers(1, 15 * 24))
def test_CALR_003_changes_are_where_open_turns(minute, hours):
    """CALR-003 Between two changes nothing turns; each change turns; those of two parts are those of the whole."""
    begin = minute * 60 * SECOND
    end, middle = begin + hours * HOUR, begin + hours * HOUR // 2
    changes = CME.changes(begin, end)
    is_open = CME.is_open(begin)
    for time_ns, opens in changes:
        assert opens != is_open and CME.is_open(time_ns) == opens and CME.is_open(time_ns - SECOND) == is_open
        is_open = opens
    assert CME.is_open(end) == is_open
    assert CME.changes(begin, middle) + CME.changes(middle, end) == changes
    assert CME.next_change_ns(begin) == (changes[0][0] if changes else CME.next_change_ns(end))


def test_CALR_003_a_weekend_before_and_after_the_turn():
    """CALR-002 CALR-003 Friday 22:00 UTC to Sunday 23:00 UTC in winter, two hours on Saturday since May 2026."""
    assert CME.changes(at(2020, 1, 10, 22), at(2020, 1, 13)) == [(at(2020, 1, 12, 23), True)]
    assert CME.changes(at(2020, 1, 10, 21), at(2020, 1, 11)) == [(at(2020, 1, 10, 22), False)]
    assert CME.changes(at(2026, 5, 29, 20), at(2026, 6, 1)) == [
        (at(2026, 5, 30, 7), False), (at(2026, 5, 30, 9), True)]
    assert [opens for _time, opens in CME.changes(at(2017, 12, 24, 0), at(2017, 12, 27, 0))] == [True, False]*2 + [True]


@pytest.mark.parametrize(("moment", "day"), [
    ((2017, 12, 18, 12), date(2017, 12, 18)), ((2017, 12, 18, 17), date(2017, 12, 19)),
    ((2017, 12, 22, 17, 30), date(2017, 12, 26)), ((2026, 6, 6, 12), date(2026, 6, 8)),
    ((2026, 6, 5, 16, 59), date(2026, 6, 5)), ((2026, 6, 7, 17), date(2026, 6, 8))])
def test_CALR_004_what_trades_on_no_business_day_belongs_to_the_next(moment, day):
    """CALR-004"""
    assert CME.trade_date(at(*moment, zone=CHICAGO)) == day


def test_CALR_005_settlements_are_local_and_on_business_days():
    """CALR-005 21:00 UTC in winter, 20:00 in summer, none on weekends and holidays."""
    assert CME.settlements(at(2017, 12, 22), at(2017, 12, 27)) == [
        (at(2017, 12, 22, 21), date(2017, 12, 22)), (at(2017, 12, 26, 21), date(2017, 12, 26))]
    assert CME.settlements(at(2020, 3, 6, 21), at(2020, 3, 9, 20)) == [(at(2020, 3, 9, 20), date(2020, 3, 9))]


@pytest.mark.parametrize(("key", "value", "says"), [
    ("zone", "Chicago", "no IANA zone"),
    ("sessions", [{"from": date(2020, 1, 1), "value": ["Sun 17:00"], "source": "s"}], "must be such as"),
    ("sessions", [{"from": date(2020, 1, 1), "value": ["Sund 17:00 to Fri 16:00"], "source": "s"}], "is no day"),
    ("closed", [{"from": date(2020, 1, 1), "value": ["12/25"], "source": "s"}], "Invalid isoformat"),
    ("breaks", None, "is missing"), ("source", "nobody", "unknown source"), ("hours", 1, "unknown key")])
def test_CALR_001_what_is_wrong_is_named(key, value, says):
    """CALR-001 File, key, rule and what would do."""
    row = [{"from": date(2020, 1, 1), "value": [], "source": "s"}]
    table = dict(zone="UTC", source="s", sessions=row, breaks=row, closed=row, business_days=row, clearing_holidays=row,
                 day_ends=[{**row[0], "value": "17:00"}], settles_at=[{**row[0], "value": "15:00"}])
    path = find_profile("cme")
    assert read_calendar({"calendar": table, "sources": {"s": "t"}}, path) is not None
    table[key] = value
    if value is None:
        del table[key]
    with pytest.raises(ProfileError, match=says):
        read_calendar({"calendar": table, "sources": {"s": "t"}}, path)


def test_CALR_002_a_whole_week_is_always_open():
    """CALR-002 The same day and hour again: no change at all; a profile without a calendar has none."""
    assert parse_spans(["Sun 00:00 to Sun 00:00"])[0].length == timedelta(days=7)
    assert load_calendar(find_profile("bitmex")) is None


# ---------------------------------------------------------------- margin windows
NEW_YORK = ZoneInfo("America/New_York")
COINBASE = load_calendar(find_profile("coinbase"))


def naive_window(time_ns):
    """The broker's windows read off the local clock; holidays as the file lists them."""
    local = datetime.fromtimestamp(time_ns // SECOND, UTC).astimezone(NEW_YORK)
    works = local.weekday() < 5 and local.date() not in COINBASE.clearing_holidays[0].value
    return "intraday" if works and 8 <= local.hour < 16 else "overnight"


@settings(max_examples=200, deadline=None)
@given(st.integers(at(2025, 5, 10) // SECOND, at(2027, 12, 31) // SECOND), st.integers(1, 15 * 24))
def test_CALR_007_margin_windows_follow_the_local_clock(second, hours):
    """CALR-007 The window of any second, and every flip of a stretch: nothing turns between two of them."""
    begin, end = second * SECOND, (second + 3600 * hours) * SECOND
    window = COINBASE.margin_window(begin)
    assert window == naive_window(begin)
    for time_ns, name in COINBASE.margin_flips(begin, end):
        assert name != window and naive_window(time_ns) == name and naive_window(time_ns - SECOND) == window
        window = name
    assert window == naive_window(end)


def test_CALR_007_the_examples_of_the_page():
    """CALR-007 Monday 12:00 to 20:00 UTC in summer, 13:00 to 21:00 in winter, overnight all of Good Friday."""
    assert COINBASE.margin_flips(at(2026, 4, 3), at(2026, 4, 7)) == [
        (at(2026, 4, 6, 12), "intraday"), (at(2026, 4, 6, 20), "overnight")]
    assert COINBASE.margin_flips(at(2026, 12, 1), at(2026, 12, 2)) == [
        (at(2026, 12, 1, 13), "intraday"), (at(2026, 12, 1, 21), "overnight")]
    assert CME.margin_window(at(2026, 4, 6, 12)) is None and CME.margin_flips(at(2026, 4, 6), at(2026, 4, 9)) == []
    assert COINBASE.next_change_ns(at(2026, 4, 3)) == at(2026, 4, 6, 12)


def test_CALR_006_a_past_that_the_calendar_was_not_written_for():
    """CALR-006 A path of 2020 under hours that begin in 2025."""
    assert COINBASE.margin_window(at(2020, 3, 12, 13)) is None and not COINBASE.is_open(at(2020, 3, 12, 13))
    reaching = COINBASE.reaching(at(2020, 3, 12))
    assert reaching.is_open(at(2020, 3, 12, 13)) and reaching.margin_window(at(2020, 3, 12, 13)) == "intraday"


@pytest.mark.parametrize(("value", "says"), [
    ([], "must begin with the name"), (["intraday: Mon 08:00 to 16:00"], "must begin with the name"),
    (["overnight", "intraday Mon 08:00 to 16:00"], "is no day|must be such as"),
    (["overnight", "intraday: Mon 08:00"], "must be such as")])
def test_CALR_007_hours_that_cannot_be_read(value, says):
    """CALR-007 What is wrong is named."""
    with pytest.raises(ValueError, match=says):
        parse_hours(value)


def test_CALR_008_rates_without_hours_are_refused(tmp_path):
    """CALR-008 A window that a contract states and no hour of the calendar brings."""
    path = tmp_path / "coinbase.toml"
    path.write_text(find_profile("coinbase").read_text("utf-8").replace('"intraday: Mon', '"daytime: Mon'), "utf-8")
    with pytest.raises(ProfileError, match=r"has no hours for intraday, which BIP-20DEC30 states \(CALR-008\)"):
        load_profile(path)
