"""Coinbase Derivatives and its broker, Coinbase International: the engine at work under their profiles. Published and
recorded figures are in tests/fidelity/coinbase.py.
"""
from datetime import date
from decimal import Decimal

import pytest
from venue_world import ANN, BOB, BUY, CAT, SELL, Venue, codes, kinds

from steelyard.engine.records import TERMS
from steelyard.kernel import load_plain
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
    """LIQD-008, CALL-004, LIQD-041: a long is called where the buffer is below 100 % and closed, in parts and in the
    market, where it is at 0 %; the venue knows no deleveraging."""
    venue = Venue("coinbase", BIP, "70000", cash="1000")
    venue.send("DEPOSIT", account=BOB, asset=1, amount_atoms=venue.atoms("1000000"))
    venue.trade(ANN, BUY, 4, "70000")
    assert venue.maintenance(ANN) < venue.equity(ANN)
    venue.order(BOB, BUY, 10, "55000")
    assert kinds(venue.index("58000"))[-1] == "MARGIN_CALLED"
    events = venue.index("56000")
    assert "LIQUIDATION_STARTED" in kinds(events) and "LIQUIDATION_STEPPED" in kinds(events)
    left = venue.position(ANN).size_lots
    assert 0 < left < 4 and venue.position(BOB).size_lots == 4 - left and venue.equity(ANN) > venue.maintenance(ANN)
    assert "DELEVERAGED" not in kinds(events)


def test_a_customer_owes_what_a_gap_costs_beyond_the_account():
    """LOSS-020: a fall through everything leaves a debt to the broker; nobody's fund pays."""
    venue = Venue("coinbase", BIP, "70000", cash="1000")
    venue.send("DEPOSIT", account=BOB, asset=1, amount_atoms=venue.atoms("1000000"))
    venue.trade(ANN, BUY, 4, "70000")
    venue.index("55000")
    venue.order(BOB, BUY, 10, "41000")
    venue.index("42000")
    venue.wait(60)
    assert venue.position(ANN).size_lots == 0
    wallet = venue.state.wallets[venue.state.accounts[ANN].first_wallet]
    assert -venue.atoms("165") < wallet.balance_atoms < -venue.atoms("155")      # 0.04 x (45,000 - 41,000), and fees


def test_overnight_margin_calls_before_it_liquidates():
    """CALL-004, CALR-008: at the flip a long that has the threshold of the night, and not its margin, is called; the
    broker's buffer is below 100 % (MARG-033)."""
    venue = Venue("coinbase", BIP, "68930", cash="165")
    enter(venue, "intraday")
    venue.trade(ANN, BUY, 1, "68930")
    events = enter(venue, "overnight")
    called = [event for event in events if event["kind"] == codes.MARGIN_CALLED]
    assert [int(event["account"]) for event in called] == [ANN]
    buffer = load_plain("rules.policy").liquidation_buffer_ppb(
        int(venue.equity(ANN)), int(venue.maintenance(ANN)), int(venue.wallet(ANN).initial_requirement_atoms))
    assert 0 < buffer < PPB


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


def test_the_international_ladder_steps_assigns_and_counts_coins():
    """V6, COLL-001, LIQD-041, LIQD-060: 2,000 in bitcoin count as 1,800; between maintenance and close-out margin parts
    are closed in the market; below it a supporting member takes the whole (LIQD-030)."""
    venue = Venue("coinbase-international", "BTC-PERP", "50000", cash="10100")
    before = venue.equity
    venue.trade(ANN, BUY, 10_000, "50000")
    held = before(ANN)
    venue.send("DEPOSIT", account=ANN, asset=2, amount_atoms=4 * 10**6)              # 0.04 BTC, 2,000 at 50,000
    assert venue.equity(ANN) - held == venue.atoms("1800")
    venue = Venue("coinbase-international", "BTC-PERP", "50000", cash="10100")
    venue.trade(ANN, BUY, 10_000, "50000")
    venue.order(CAT, BUY, 10_000, "46000")
    events = venue.index("46000")
    assert "LIQUIDATION_STEPPED" in kinds(events) and 0 < venue.position(ANN).size_lots < 10_000
    venue = Venue("coinbase-international", "BTC-PERP", "50000", cash="10100")
    venue.trade(ANN, BUY, 10_000, "50000")
    venue.send("DEPOSIT", account=BOB, asset=1, amount_atoms=venue.atoms("1000000"))
    venue.send("SET_ASSIGNEE", account=BOB, instrument=venue.contract.id, size_lots=10_000, display_lots=100_000,
               flags=3)
    assert "ASSIGNED" in kinds(venue.index("42500"))
