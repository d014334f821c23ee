"""The change of 8 June 2021 as an operation: 2,135 becomes 2,100, 99 becomes nothing, orders are cut, nobody pays."""

from datetime import datetime

import pytest

from fidelity.world import ANN, BOB, BUY, CAT, SELL, Venue, codes
from steelyard.kernel import load_plain
from steelyard.lab.lot_change import Odd, lot_change, odd_lots, resting

HOUSE, DAN = 90, 91
BEFORE = datetime(2021, 6, 8, 4, 29)
invariants = load_plain("engine.invariants")


@pytest.fixture
def venue():
    """Lot 1: Ann long 2,135, Dan short 99, Bob and Cat on the other side; three orders rest."""
    venue = Venue("bitmex", BEFORE, "XBTUSD", 3_300_000)
    venue.open(HOUSE, 10**11)
    venue.open(DAN, 10**11)
    venue.trade(ANN, BUY, 2_135, 65_990, maker=BOB)
    venue.trade(DAN, SELL, 99, 65_990, maker=CAT)
    venue.order(CAT, BUY, 250, 65_000)
    venue.order(BOB, BUY, 1_999, 65_000)
    venue.order(ANN, SELL, 80, 67_000)
    return venue


def change(venue):
    return lot_change(venue.state, venue.contract.id, 100, HOUSE, 10_000, int(venue.state.now_ns))


def test_LABS_009_what_is_odd_and_what_is_cut(venue):
    """LABS-009 B24 Sizes toward zero, orders down, the sequence of orders kept."""
    assert odd_lots(venue.state, venue.contract.id, 100) == [Odd(ANN, 35), Odd(BOB, -35), Odd(CAT, 99), Odd(DAN, -99)]
    cuts = resting(venue.state, venue.contract.id, 100)
    assert [(cut.account, cut.lots_before, cut.lots_after) for cut in cuts] == [
        (CAT, 250, 200), (BOB, 1_999, 1_900), (ANN, 80, 0)]


def test_LABS_009_B24_the_operation_on_a_running_venue(venue):
    """LABS-009 B24 Closed at the mark, no fee, priority kept, terms as before, everything still true."""
    contract, fees = venue.row, (venue.row.terms.maker_fee_ppb, venue.row.terms.taker_fee_ppb)
    commands, _, odds = change(venue)
    events = venue.apply(commands)
    traded = venue.of(events, "TRADED")
    assert len(traded) == len(odds) == 4
    assert all(int(event["price_ticks"]) == 66_000 for event in traded)
    assert all(int(event["fee_atoms"]) == int(event["maker_fee_atoms"]) == 0 for event in traded)
    assert [venue.position(account).size_lots for account in (ANN, BOB)] == [2_100, -2_100]
    assert [venue.position(account).size_lots for account in (CAT, DAN)] == [0, 0]
    assert all(row == 0 for row in [lot.lots for lot in odd_lots(venue.state, venue.contract.id, 100)])
    assert (contract.terms.maker_fee_ppb, contract.terms.taker_fee_ppb) == fees
    assert [(cut.account, cut.lots_before) for cut in resting(venue.state, venue.contract.id, 100)] == [
        (CAT, 200), (BOB, 1_900)]
    filled = venue.of(venue.order(DAN, SELL, 200, 65_000), "TRADED")
    assert [int(event["other_account"]) for event in filled] == [CAT], "who came first is still first"
    assert invariants.broken(venue.state) == []


def test_LABS_009_nothing_odd_nothing_done(venue):
    """LABS-009 A second run closes nothing and leaves the orders as they are."""
    venue.apply(change(venue)[0])
    commands, cuts, odds = lot_change(venue.state, venue.contract.id, 100, HOUSE, 20_000, int(venue.state.now_ns))
    assert odds == [] and all(cut.lots_before == cut.lots_after for cut in cuts)
    assert venue.of(venue.apply(commands), "TRADED") == []


@pytest.mark.parametrize("size, kept", [(2_135, 2_100), (99, 0), (100, 100), (-2_135, -2_100), (-1, 0)])
def test_LABS_009_toward_zero(size, kept):
    """LABS-009 Longs and shorts alike."""
    venue = Venue("bitmex", BEFORE, "XBTUSD", 3_300_000)
    venue.open(HOUSE, 10**11)
    venue.trade(ANN, BUY if size > 0 else SELL, abs(size), 66_000)
    venue.apply(lot_change(venue.state, venue.contract.id, 100, HOUSE, 10_000, int(venue.state.now_ns))[0])
    assert venue.position(ANN).size_lots == kept
    assert codes.STATE_TRADING == venue.row.state
