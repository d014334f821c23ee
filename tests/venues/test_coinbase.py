"""Coinbase Derivatives and its broker, Coinbase International: the engine at work under their profiles. Published and
recorded figures are in tests/fidelity/coinbase.py.
"""
from datetime import date
from decimal import Decimal

import pytest
from venue_world import ANN, BOB, BUY, SELL, Venue, codes, kinds

from steelyard.engine.records import TERMS
from steelyard.units import PPB
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


def test_an_hour_of_funding_on_ten_contracts():
    """D5, FUND-005: the long pays 0.08957 at the index of the record and a rate of 0.000013."""
    venue = Venue("coinbase", BIP, "68899.882564")
    venue.trade(ANN, BUY, 10, "68895")
    venue.send("SET_TERM", instrument=venue.contract.id, parameter=TERMS.names.index("premium_sample_ns"), value=0)
    paid = [event for event in fund_an_hour(venue, 13_000)
            if event["kind"] == codes.FUNDING_SETTLED and event["account"] == ANN]
    assert len(paid) == 1
    assert round(usd(venue, paid[0]["cash_atoms"]), 5) == Decimal("-0.08957")


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


def test_a_sell_opens_short_at_the_same_terms():
    """MARG-003: a short of one contract is margined on its value at mark."""
    venue = Venue("coinbase", BIP, "68930")
    venue.trade(ANN, SELL, 1, "68930")
    rate = venue.contract.tiers[0].initial_ppb
    assert venue.wallet(ANN).initial_requirement_atoms == -(-venue.atoms("689.30") * rate // PPB)
