"""A venue with a calendar opens and closes by itself, and knows where it stands after a restart."""
from datetime import UTC, date, datetime

import pytest

from steelyard import codes
from steelyard.kernel import COMPILED
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
