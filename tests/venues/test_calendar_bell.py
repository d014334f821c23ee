"""The bell on the plain engine: what it offers at which batch (the whole venue: ``tests/node/test_bell.py``)."""
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
from profile_world import ANN, BOB, BUY, ProfileWorld

from steelyard.engine.records import new_commands
from steelyard.kernel import load_plain
from steelyard.node.bell import Bell
from steelyard.units import SECOND
from steelyard.venues.calendar import load_calendar
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import find_profile, load_profile

codes = load_plain("codes")


def command(kind, **columns):
    """One command record."""
    record = new_commands(1)
    record["kind"] = kind
    for name, value in columns.items():
        record[name] = value
    return record


def test_CALR_006_states_follow_the_calendar():
    """CALR-006 Nothing in a session, halted at 16:00 on Friday, trading again on Sunday; one offer a change."""
    profile = load_profile("cme", date(2020, 1, 6))
    engine = load_plain("engine.engine").Engine()
    engine.apply(profile_commands(profile, 1))
    offers = []

    venue = SimpleNamespace(engine=engine, instruments=profile.instruments, command=command, offer=offers.append)
    bell = Bell(venue, load_calendar(find_profile("cme")))

    def hear(*when):
        bell.hear(SimpleNamespace(time_ns=int(datetime(*when, tzinfo=UTC).timestamp()) * SECOND))
        states = []
        for one in offers:
            events = engine.apply(one)
            assert events["kind"].tolist() == [codes.INSTRUMENT_STATE_CHANGED]
            states.append((int(one["instrument"][0]), int(one["value"][0])))
        offers.clear()
        assert len(states) in (0, len(profile.instruments)) and len(dict(states)) == len(states), "each month once"
        return sorted({value for _instrument, value in states})
    assert hear(2020, 1, 10, 21, 59) == []
    assert hear(2020, 1, 10, 22, 0) == [codes.STATE_HALTED]
    assert hear(2020, 1, 12, 22, 59) == []
    assert hear(2020, 1, 12, 23, 0) == [codes.STATE_TRADING]
    assert hear(2020, 1, 13, 23, 0) == []                    # a break that nobody heard is over
    assert hear(2020, 1, 14, 22, 30) == [codes.STATE_HALTED]


def test_CALR_008_margin_windows_flip_at_their_hour_and_close_who_is_short():
    """CALR-008 08:00 to 16:00 in New York the intraday rates hold, then the overnight ones: whoever lies under their
    maintenance is liquidated by the flip; a bell that begins later rings at once."""
    world, offers = ProfileWorld("coinbase", date(2026, 4, 6), "BIP-20DEC30", coins=1_000), []
    bell = Bell(SimpleNamespace(engine=world.engine, instruments=world.profile.instruments, command=command,
                                offer=offers.extend), load_calendar(find_profile("coinbase")))

    def hear(hour, minute=0, second=0, day=6):
        seconds = ((day - 6) * 24 + hour) * 3600 + minute * 60 + second
        bell.hear(SimpleNamespace(time_ns=world.start + seconds * SECOND))
        windows, kinds = [], []
        for one in offers:
            assert one["kind"] == codes.SET_MARGIN_WINDOW
            one["time_ns"] = world.start + seconds * SECOND
            kinds += world.run(np.array([one]))["kind"].tolist()
            windows.append(int(one["value"]))
        offers.clear()
        return windows, codes.LIQUIDATION_STARTED in kinds
    world.price("70000", seconds=1)
    assert hear(11, 59) == ([], False)
    assert hear(12) == ([1], False)
    world.trade(ANN, BUY, 10, "70000", other=BOB)            # 7,000 USD: 637 by day, 1,563 by night
    assert hear(19, 59, 59) == ([], False)
    assert hear(20) == ([0], True)
    assert hear(11, 59, day=7) == ([], False)
    assert hear(12, 30, day=7) == ([1], False)
