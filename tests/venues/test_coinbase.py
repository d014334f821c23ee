"""Coinbase Derivatives and its broker, Coinbase International: the engine at work under their profiles. Published and
recorded figures are in tests/fidelity/coinbase.py.
"""
from datetime import date
from decimal import Decimal

import pytest
from venue_world import ANN, BOB, BUY, CAT, SELL, Venue, codes, kinds

from steelyard.engine.records import TERMS
from steelyard.venues.profile import ProfileError, load_profile

BIP = "BIP-20DEC30"


def usd(venue, atoms):
    return Decimal(int(atoms)).scaleb(-venue.contract.grid.settlement.decimals)


# ---------------------------------------------------------------- the engine under the profiles
def fund_an_hour(venue, rate_ppb):
    """Let the next stamp exchange funding at a rate, as if the hour's samples had given it."""
    venue.row.premium_sum_ppb, venue.row.premium_count = rate_ppb * 1_000, 1_000
    venue.row.premium_sample_next_ns = 0
    return venue.wait(3_600)


def test_funding_accrues_by_the_hour_and_is_paid_twice_a_day():
    """D5, FUND-005, FUND-032: an hour costs the long 0.08957 at the index of the record and a rate of 0.000013; cash
    moves at the next of two payments."""
    venue = Venue("coinbase", BIP, "68899.882564")
    venue.trade(ANN, BUY, 10, "68895")
    venue.send("SET_TERM", instrument=venue.contract.id, parameter=TERMS.names.index("premium_sample_ns"), value=0)
    before = venue.equity(ANN)
    events = fund_an_hour(venue, 13_000)
    assert round(usd(venue, venue.equity(ANN) - before), 5) == Decimal("-0.08957")
    paid = []
    for _hour in range(12):
        paid += [int(event["cash_atoms"]) for event in events
                 if event["kind"] == codes.FUNDING_SETTLED and event["account"] == ANN]
        events = venue.wait(3_600)
    assert [round(usd(venue, atoms), 5) for atoms in paid] == [Decimal("-0.08957")]


def test_the_nano_perpetual_trades_funds_and_liquidates():
    """LIQD-008: a long whose margin is gone is closed by the engine; the venue knows no deleveraging."""
    venue = Venue("coinbase", BIP, "70000", cash="1000")
    venue.send("DEPOSIT", account=BOB, asset=1, amount_atoms=venue.atoms("1000000"))
    venue.trade(ANN, BUY, 4, "70000")
    assert venue.maintenance(ANN) < venue.equity(ANN)
    venue.order(BOB, BUY, 10, "55000")
    events = venue.index("56000")
    assert "LIQUIDATION_STARTED" in kinds(events) and "POSITION_TAKEN_OVER" in kinds(events)
    assert venue.position(ANN).size_lots == 0 and venue.equity(ANN) == 0
    assert venue.position(BOB).size_lots == 4
    assert "DELEVERAGED" not in kinds(events)


def test_the_international_perpetual_trades_and_liquidates():
    """LIQD-008, MARG-004: maintenance is two thirds of the initial margin of 20 %."""
    venue = Venue("coinbase-international", "BTC-PERP", "50000", cash="10100")
    venue.trade(ANN, BUY, 10_000, "50000")
    assert usd(venue, venue.maintenance(ANN)) == Decimal("6666.666700")
    assert venue.wallet(ANN).initial_requirement_atoms == venue.atoms("10000")
    events = venue.index("46000")
    assert "LIQUIDATION_STARTED" in kinds(events)


def test_the_international_profile_ends_with_the_migration():
    """PROF-009: it is history; the error says to load it as of an earlier date."""
    with pytest.raises(ProfileError, match="closed on 2026-10-01; load it as of an earlier date"):
        load_profile("coinbase-international", date(2026, 10, 1))
    assert load_profile("coinbase-international", date(2026, 9, 30)).instrument("ETH-PERP")


def window(venue, name):
    """The number of a margin window."""
    return [one.name for one in venue.contract.windows].index(name)


def enter(venue, name):
    return venue.send("SET_MARGIN_WINDOW", instrument=0, value=window(venue, name))


@pytest.mark.parametrize("side, name, expected", [
    (BUY, "intraday", "68.94"), (SELL, "intraday", "68.93"), (BUY, "overnight", "169.31"),
    (SELL, "overnight", "211.18")])
def test_margin_of_one_contract_by_side_and_window(side, name, expected):
    """MARG-040, PROF-030: what the running engine holds of the recorded rates (D1)."""
    venue = Venue("coinbase", BIP, "68930")
    enter(venue, name)
    venue.trade(ANN, side, 1, "68930")
    assert round(usd(venue, venue.wallet(ANN).initial_requirement_atoms), 2) == Decimal(expected)


def test_the_window_changes_and_the_short_is_gone():
    """MARG-041, LIQD-008: what carries a position by day does not carry it overnight, and less a short than a long."""
    venue = Venue("coinbase", BIP, "68930", cash="180")
    venue.send("DEPOSIT", account=CAT, asset=1, amount_atoms=venue.atoms("100000"))
    enter(venue, "intraday")
    venue.trade(ANN, BUY, 1, "68930")
    venue.trade(BOB, SELL, 1, "68930")
    assert venue.maintenance(ANN) < venue.atoms("63") and venue.equity(BOB) > venue.atoms("179")
    assert venue.refused("PLACE_ORDER", **venue.order_fields(ANN, BUY, 2, "68930")) == "initial_margin_must_be_covered"
    venue.order(CAT, SELL, 5, "68930")
    events = enter(venue, "overnight")
    assert [int(event["account"]) for event in events if event["kind"] == codes.LIQUIDATION_STARTED] == [BOB]
    assert venue.position(BOB).size_lots == 0 and venue.position(ANN).size_lots == 1
    assert round(usd(venue, venue.maintenance(ANN)), 2) == Decimal("153.92")


def test_a_position_opens_overnight_only_with_the_margin_of_the_night():
    """MARG-042, ORDR-010: 170 dollars open a long overnight, not a short; by day both."""
    venue = Venue("coinbase", BIP, "68930", cash="170")
    enter(venue, "overnight")
    assert venue.refused("PLACE_ORDER", **venue.order_fields(ANN, SELL, 1, "68930")) == "initial_margin_must_be_covered"
    venue.order(ANN, BUY, 1, "68930")
    enter(venue, "intraday")
    venue.order(BOB, SELL, 1, "68935")
