"""CME rules at work in the engine, under the profile of a date: amounts per contract, trading, liquidation."""
from datetime import date

from cme_world import ANN, BOB, BUY, SELL, USD, Venue, codes, groups, kinds

LAUNCH = date(2017, 12, 18)


def test_MARG_024_orders_and_positions_hold_the_amount_per_contract():
    """MARG-024 C18 Two lots bid: 2 x 45,172; filled: the same; maintenance 2 x 41,065, whatever the price does."""
    venue = Venue(LAUNCH)
    venue.order(ANN, BUY, 2, "19000")
    assert groups.available(venue.state, venue.wallet(ANN)) == (1_000_000 - 2 * 45_172) * USD
    venue.order(BOB, SELL, 2, "19000")
    for account in (ANN, BOB):
        assert groups.available(venue.state, venue.wallet(account)) == (1_000_000 - 2 * 45_172) * USD
        assert groups.group_maintenance(venue.state, venue.wallet(account), 0) == 2 * 41_065 * USD
    venue.price("21000")
    venue.wait(5)
    assert groups.group_maintenance(venue.state, venue.wallet(ANN), 0) == 2 * 41_065 * USD


def test_MARG_024_an_order_beyond_the_amount_is_refused():
    """MARG-024 100,000 dollars carry two contracts of 45,172, not three; a closing order needs nothing."""
    venue = Venue(LAUNCH, dollars=100_000)
    venue.order(ANN, BUY, 3, "19000", refused="initial_margin_must_be_covered")
    venue.order(ANN, BUY, 2, "19000")
    venue.order(BOB, SELL, 2, "19000")
    venue.order(ANN, BUY, 1, "19000", refused="initial_margin_must_be_covered")
    venue.order(ANN, SELL, 2, "19500")
    assert groups.available(venue.state, venue.wallet(ANN)) == (100_000 - 2 * 45_172) * USD


def test_a_long_is_liquidated_where_its_equity_meets_the_amount():
    """MARG-024 LIQD-008 60,000 dollars, one contract at 19,000: maintenance 41,065, so 18,935 may be lost: 3,787 a
    coin."""
    venue = Venue(LAUNCH, dollars=60_000, market_collar_ppb=0)
    venue.order(ANN, BUY, 1, "19000")
    venue.order(BOB, SELL, 1, "19000")
    assert "LIQUIDATION_STARTED" not in kinds(venue.price("15215"))
    assert venue.row.mark_price_units == 1_521_500
    assert "POSITION_TAKEN_OVER" in kinds(venue.price("15210"))
    assert venue.position(ANN).size_lots == 0


def test_the_same_contract_by_share_of_price_in_the_crash_of_2020():
    """MARG-003 2020-03-12: 37 % maintenance at the mark; 5 x 7,000 at 8,000 held with 20,000: gone at 6,349.2."""
    venue = Venue(date(2020, 3, 12), price="8000", dollars=20_000)
    venue.order(ANN, BUY, 1, "8000")
    venue.order(BOB, SELL, 1, "8000")
    assert "LIQUIDATION_STARTED" not in kinds(venue.price("6350"))
    assert "LIQUIDATION_STARTED" in kinds(venue.price("6345"))
    assert codes.STATE_TRADING == venue.row.state
