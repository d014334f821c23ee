"""The bell on the plain engine: what it offers at which batch (the whole venue: ``tests/node/test_bell.py``)."""
from datetime import UTC, date, datetime
from types import SimpleNamespace

from steelyard.engine.records import new_commands
from steelyard.kernel import load_plain
from steelyard.node.bell import Bell
from steelyard.units import SECOND
from steelyard.venues.calendar import load_calendar
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import find_profile, load_profile

codes = load_plain("codes")


def test_CALR_006_states_follow_the_calendar():
    """CALR-006 Nothing in a session, halted at 16:00 on Friday, trading again on Sunday; one offer a change."""
    profile = load_profile("cme", date(2020, 1, 6))
    engine = load_plain("engine.engine").Engine()
    engine.apply(profile_commands(profile, 1))
    offers = []

    def command(kind, **columns):
        record = new_commands(1)
        record["kind"] = kind
        for name, value in columns.items():
            record[name] = value
        return record
    venue = SimpleNamespace(engine=engine, instruments=profile.instruments, command=command, offer=offers.append)
    bell = Bell(venue, load_calendar(find_profile("cme")))

    def hear(*when):
        bell.hear(SimpleNamespace(time_ns=int(datetime(*when, tzinfo=UTC).timestamp()) * SECOND))
        states = []
        for one in offers:
            events = engine.apply(one)
            assert events["kind"].tolist() == [codes.INSTRUMENT_STATE_CHANGED]
            states.append(int(one["value"][0]))
        offers.clear()
        return states
    assert hear(2020, 1, 10, 21, 59) == []
    assert hear(2020, 1, 10, 22, 0) == [codes.STATE_HALTED]
    assert hear(2020, 1, 12, 22, 59) == []
    assert hear(2020, 1, 12, 23, 0) == [codes.STATE_TRADING]
    assert hear(2020, 1, 13, 23, 0) == []                    # a break that nobody heard is over
    assert hear(2020, 1, 14, 22, 30) == [codes.STATE_HALTED]
