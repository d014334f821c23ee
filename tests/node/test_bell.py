"""A venue with a calendar opens and closes by itself, and knows where it stands after a restart."""
from datetime import UTC, date, datetime

import pytest

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.node.tables import state_digest
from steelyard.node.venue import Venue
from steelyard.units import SECOND
from steelyard.venues.profile import load_profile

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")
PROFILE = load_profile("cme", date(2020, 1, 6))


class Hand:
    """A clock turned by hand."""

    def __init__(self, *when):
        self.time_ns = 0
        self.turn(*when)

    def turn(self, *when):
        self.time_ns = int(datetime(*when, tzinfo=UTC).timestamp()) * SECOND

    def now_ns(self):
        return self.time_ns


def state(venue):
    return int(venue.engine.state.instruments[venue.instruments[0].id].state)


def pass_time(venue, clock, *when):
    """Time goes on; the bell's own commands are carried out with the next commit."""
    clock.turn(*when)
    venue.offer(venue.command(codes.ADVANCE))
    venue.commit()
    venue.commit()
    return state(venue)


def test_CALR_006_a_venue_opens_and_closes_by_its_calendar(tmp_path):
    """CALR-006 Friday 22:00 UTC to Sunday 23:00 UTC halted; a restart on Sunday knows it; an operator's state stays."""
    clock = Hand(2020, 1, 10, 21, 0)
    venue = Venue(tmp_path, PROFILE, clock=clock)
    assert pass_time(venue, clock, 2020, 1, 10, 21, 59) == codes.STATE_TRADING
    assert pass_time(venue, clock, 2020, 1, 10, 22, 1) == codes.STATE_HALTED
    assert pass_time(venue, clock, 2020, 1, 12, 22, 59) == codes.STATE_HALTED
    venue.close()
    clock = Hand(2020, 1, 12, 23, 5)
    venue = Venue(tmp_path, PROFILE, clock=clock)
    assert pass_time(venue, clock, 2020, 1, 12, 23, 6) == codes.STATE_TRADING
    venue.offer(venue.command(codes.SET_INSTRUMENT_STATE, instrument=venue.instruments[0].id,
                              value=codes.STATE_CANCEL_ONLY))
    assert pass_time(venue, clock, 2020, 1, 13, 22, 1) == codes.STATE_CANCEL_ONLY
    venue.close()


def test_CALR_006_set_up_on_a_weekend_begins_halted(tmp_path):
    """CALR-006 The first batch of an empty journal is the profile; the bell answers it."""
    clock = Hand(2020, 1, 11, 12, 0)
    venue = Venue(tmp_path, PROFILE, clock=clock)
    venue.commit()
    assert state(venue) == codes.STATE_HALTED
    venue.close()


def listed(venue):
    """Numbers of the contracts that the engine has listed, and have not settled."""
    return {one.symbol for one in venue.instruments
            if int(venue.engine.state.instruments[one.id].state) not in (codes.STATE_UNLISTED, codes.STATE_SETTLED)}


def test_CALR_011_a_new_month_is_listed_by_a_running_venue(tmp_path):
    """CALR-011 March 2018 on 29 January: not before, with the terms of its day, and trading when the market is open."""
    clock = Hand(2018, 1, 28, 23, 30)                                       # Sunday, half an hour into the session
    venue = Venue(tmp_path, load_profile("cme", date(2018, 1, 10)), clock=clock)
    pass_time(venue, clock, 2018, 1, 28, 23, 59)
    before = listed(venue)
    march = next(one for one in venue.instruments if one.symbol.endswith("H18"))
    assert march.symbol not in before and before
    pass_time(venue, clock, 2018, 1, 29, 0, 1)
    assert listed(venue) == before | {march.symbol}
    row = venue.engine.state.instruments[march.id]
    assert int(row.state) == codes.STATE_TRADING
    assert {name: int(getattr(row.terms, name)) for name in march.terms} == dict(march.terms)
    assert int(row.tier_count) == len(march.tiers)
    sequence = venue.replica.sequence
    pass_time(venue, clock, 2018, 1, 29, 0, 2)
    assert venue.replica.sequence == sequence + 1, "once"
    digest = state_digest(venue.engine.states)
    venue.close()
    again = Venue(tmp_path, load_profile("cme", date(2018, 1, 10)), clock=clock)
    assert state_digest(again.engine.states) == digest and listed(again) == before | {march.symbol}
    again.close()


def test_CALR_011_what_was_missed_is_listed_after_a_start_and_halted_on_a_weekend(tmp_path):
    """CALR-011 Down from January to Saturday 3 March 2018: March and April are listed, halted; January has expired."""
    clock = Hand(2018, 1, 10, 12, 0)
    venue = Venue(tmp_path, load_profile("cme", date(2018, 1, 10)), clock=clock)
    venue.commit()
    assert {symbol[-3:] for symbol in listed(venue)} == {"F18", "G18"}
    venue.close()
    for as_of in (date(2018, 1, 10), date(2018, 3, 3)):                     # by what was coming, or by the profile
        clock = Hand(2018, 3, 3, 12, 0)
        venue = Venue(tmp_path, load_profile("cme", as_of), clock=clock)
        pass_time(venue, clock, 2018, 3, 3, 12, 1)
        assert {symbol[-3:] for symbol in listed(venue)} >= {"H18", "J18"}
        states = {int(venue.engine.state.instruments[one.id].state) for one in venue.instruments
                  if one.symbol[-3:] in ("H18", "J18")}
        assert states == {codes.STATE_HALTED}
        venue.close()


def test_CALR_011_chosen_contracts_stay_alone(tmp_path):
    """CALR-011 A venue that was told which contracts to run lists no other."""
    clock = Hand(2018, 1, 28, 23, 30)
    profile = load_profile("cme", date(2018, 1, 10))
    venue = Venue(tmp_path, profile, [profile.instruments[0].symbol], clock=clock)
    pass_time(venue, clock, 2018, 1, 29, 0, 1)
    assert len(venue.instruments) == 1
    venue.close()
