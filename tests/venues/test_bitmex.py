"""The BitMEX profile as of a date: the rules of March 2020 to the integer, and how they changed."""
from datetime import UTC, date, datetime

import pytest

from fidelity.world import ANN, BOB, BUY, Venue
from steelyard.codes import (
    ADL_QUEUE,
    BASIS_ENTRY,
    INSURANCE_ASSET,
    INVERSE,
    LINEAR,
    MARK_FUNDING_BASIS,
    ORDER_MARGIN_BIDS_NET_OF_OFFERS,
    RATES_STEPS_WHOLE,
)
from steelyard.engine.records import TERMS
from steelyard.venues.checks import unit_value_atoms
from steelyard.venues.profile import change_dates, load_profile

XBT = 100_000_000
CRASH = date(2020, 3, 12)

XBTUSD_MARCH_2020 = {
    "kind": INVERSE, "settlement_asset": 1, "index_id": 1,
    "mark_units_per_tick": 50,                      # tick 0.5, mark 0.01
    "lot_value_numerator": 10_000_000_000,          # 1 USD x 1e8 satoshi / 0.01
    "inverse_parts_per_lot": 1, "mark_units_per_index_unit": 1,
    "price_ticks_min": 2, "price_ticks_max": 2_000_000,
    "order_lots_max": 10_000_000, "position_lots_max": 1_000_000_000, "open_interest_lots_max": 0,
    "open_orders_max": 200, "triggers_max": 10,
    "market_collar_ppb": 0, "limit_collar_ppb": 0,  # from 2021-02-16 only
    "maker_fee_ppb": -250_000, "taker_fee_ppb": 750_000, "hidden_pays_taker": 1,
    "rate_method": RATES_STEPS_WHOLE, "initial_basis": BASIS_ENTRY, "maintenance_basis": BASIS_ENTRY,
    "order_margin_method": ORDER_MARGIN_BIDS_NET_OF_OFFERS, "close_fee_reserve": 1, "funding_in_maintenance": 1,
    "unrealized_profit_opens": 1, "leverage_default_ppb": 0,
    "linear_initial_ppb": 0, "linear_maintenance_ppb": 0, "linear_slope_ppb_per_lot": 0,
    "mark_method": MARK_FUNDING_BASIS, "basis_sample_ns": 0, "basis_samples": 0, "basis_source": 0,
    "impact_value_atoms": 10 * XBT, "basis_round_ns": 60 * 10**9, "mark_index_band_ppb": 0,
    "funding_interval_ns": 8 * 3600 * 10**9, "funding_offset_ns": 4 * 3600 * 10**9, "premium_sample_ns": 60 * 10**9,
    "interest_ppb": 100_000, "funding_clamp_ppb": 500_000,
    "funding_cap_ppb": 3_750_000,                   # 75 % of (1 % - 0.5 %)
    "funding_step_cap_ppb": 3_750_000,              # 75 % of 0.5 %
    "funding_delayed": 1, "premium_includes_basis": 1,
    "step_down": 1, "disposal_slice_ppb": 1_000_000_000, "disposal_limit_ppb": 50_000_000,
    "disposal_interval_ns": 10 * 10**9,
    "fund_share_ppb": 1_000_000_000, "adl_policy": ADL_QUEUE, "adl_cap_ppb": 0, "socialize_losses": 0,
    "insurance_scope": INSURANCE_ASSET, "liquidation_fee_ppb": 0, "trailing_step_ticks": 1,
    "premium_method": 0, "funding_divisor": 0, "funding_amount_basis": 0, "tier_measure": 0, "impact_lots": 0,
    "close_first": 0, "equity_taken_max_ppb": 0, "assigns": 0, "assignment_edge_ppb": 0, "adl_at_once": 0,
    "mark_band_far_ppb": 0, "mark_band_near_ns": 0, "mark_band_far_ns": 0,
}


def test_PROF_006_every_term_of_XBTUSD_on_the_day_of_the_crash():
    """PROF-006 PROF-008 B23 Each value worked out by hand from the figures of March 2020."""
    terms = load_profile("bitmex", CRASH).instrument("XBTUSD").terms
    assert dict(terms) == dict.fromkeys(TERMS.names, 0) | XBTUSD_MARCH_2020      # a term it does not name is off
    assert tuple(terms) == TERMS.names


@pytest.mark.parametrize(("as_of", "symbol", "term", "expected"), [
    # maintenance is read through the caps and tiers below; here what is a term of its own
    (date(2017, 6, 1), "XBTUSD", "maker_fee_ppb", -250_000),
    (date(2020, 12, 31), "XBTUSD", "maker_fee_ppb", -250_000),
    (date(2021, 1, 1), "XBTUSD", "maker_fee_ppb", -100_000),
    (date(2023, 1, 16), "XBTUSD", "maker_fee_ppb", -100_000),
    (date(2023, 1, 17), "XBTUSD", "maker_fee_ppb", 200_000),
    (date(2023, 1, 17), "XBTUSD", "taker_fee_ppb", 750_000),
    (date(2024, 11, 24), "XBTUSD", "maker_fee_ppb", 500_000),
    (date(2024, 11, 24), "XBTUSD", "taker_fee_ppb", 500_000),
    (date(2021, 6, 8), "XBTUSD", "lot_value_numerator", 10**10),
    (datetime(2021, 6, 8, 4, 29, 59, tzinfo=UTC), "XBTUSD", "lot_value_numerator", 10**10),
    (datetime(2021, 6, 8, 4, 30, tzinfo=UTC), "XBTUSD", "lot_value_numerator", 10**12),
    (datetime(2021, 6, 8, 4, 30), "XBTUSD", "order_lots_max", 100_000),
    (date(2021, 6, 9), "XBTUSD", "inverse_parts_per_lot", 1),
    (datetime(2024, 7, 31, 3, 59), "XBTUSD", "mark_units_per_tick", 50),
    (datetime(2024, 7, 31, 4), "XBTUSD", "mark_units_per_tick", 10),
    (datetime(2024, 7, 31, 4), "XBTUSD", "price_ticks_max", 10_000_000),
    (datetime(2021, 2, 16, 7, 59), "XBTUSD", "market_collar_ppb", 0),
    (datetime(2021, 2, 16, 8), "XBTUSD", "market_collar_ppb", 50_000_000),
    (datetime(2021, 2, 16, 8), "XBTUSD", "limit_collar_ppb", 50_000_000),
    (date(2020, 3, 12), "ETHUSD", "funding_cap_ppb", 7_500_000),
    (date(2020, 3, 12), "ETHUSD", "lot_value_numerator", 1),
    (date(2020, 3, 12), "ETHUSD", "mark_units_per_tick", 5),
    (date(2020, 3, 12), "ETHUSD", "settlement_asset", 1),
    (date(2022, 5, 21), "ETHUSDT", "lot_value_numerator", 10),
    (date(2022, 5, 21), "ETHUSDT", "mark_units_per_tick", 50),
    (date(2026, 5, 21), "ETHUSDT", "mark_units_per_tick", 10),
    (date(2022, 5, 21), "ETHUSDT", "mark_units_per_index_unit", 10),
    (date(2025, 12, 31), "XBTUSDT", "lot_value_numerator", 1),
    (date(2025, 12, 31), "XBTUSDT", "kind", LINEAR),
    (date(2025, 12, 31), "XBTUSDT", "order_lots_max", 10_000_000),
])
def test_PROF_001_a_figure_holds_from_its_date_until_the_next(as_of, symbol, term, expected):
    """PROF-001"""
    assert load_profile("bitmex", as_of).instrument(symbol).terms[term] == expected


@pytest.mark.parametrize(("as_of", "symbol", "base", "step", "initial", "maintenance"), [
    (CRASH, "XBTUSD", 200, 100, 10_000_000, 5_000_000),
    (datetime(2020, 4, 17, 0, 59), "XBTUSD", 200, 100, 10_000_000, 5_000_000),
    (datetime(2020, 4, 17, 1), "XBTUSD", 200, 100, 10_000_000, 4_500_000),
    (datetime(2020, 5, 5, 2), "XBTUSD", 200, 100, 10_000_000, 4_000_000),
    (date(2021, 8, 31), "XBTUSD", 200, 150, 10_000_000, 4_000_000),
    (date(2023, 12, 7), "XBTUSD", 200, 150, 10_000_000, 3_500_000),
    (date(2024, 3, 20), "XBTUSD", 200, 150, 10_000_000, 5_000_000),
    (CRASH, "ETHUSD", 50, 75, 20_000_000, 10_000_000),
    (datetime(2021, 5, 14, 6), "ETHUSD", 75, 75, 10_000_000, 5_000_000),
    (date(2021, 8, 31), "ETHUSD", 75, 100, 10_000_000, 5_000_000),
])
def test_PROF_007_risk_limits_by_date(as_of, symbol, base, step, initial, maintenance):
    """PROF-007 Tier k: cap = base + k x step, maintenance = (k + 1) x b, initial = i + k x b."""
    tiers = load_profile("bitmex", as_of).instrument(symbol).tiers
    assert len(tiers) == 24
    for k, tier in enumerate(tiers):
        assert (tier.value_max_atoms, tier.initial_ppb, tier.maintenance_ppb) == (
            (base + k * step) * XBT, initial + k * maintenance, (k + 1) * maintenance)


def test_PROF_007_B17_published_steps_of_the_2021_schedule():
    """PROF-007 B17 To 200 XBT 0.5/1.0 %, to 350 1.0/1.5, to 500 1.5/2.0, to 650 2.0/2.5; 180 XBT is tier 0, 230 tier
    1."""
    tiers = load_profile("bitmex", date(2024, 6, 1)).instrument("XBTUSD").tiers
    assert [(t.value_max_atoms // XBT, t.maintenance_ppb / 1e7, t.initial_ppb / 1e7) for t in tiers[:4]] == [
        (200, 0.5, 1.0), (350, 1.0, 1.5), (500, 1.5, 2.0), (650, 2.0, 2.5)]
    needed = [next(k for k, tier in enumerate(tiers) if value * XBT <= tier.value_max_atoms) for value in (180, 230)]
    assert needed == [0, 1]
    assert 180 * XBT * tiers[0].maintenance_ppb // 10**9 == 90_000_000


def test_PROF_007_B18_an_older_schedule_written_as_figures(tmp_path):
    """PROF-007 B18 Base 100, step 50, initial 2 %: 80 + 50 XBT is one step up, 1 % and 2.5 %."""
    text = load_profile("bitmex").path.read_text("utf-8")
    text = text.replace('value = "200 XBT"', 'value = "100 XBT"', 1).replace('value = "100 XBT", source = "rl-2021"',
                                                                             'value = "50 XBT", source = "rl-2021"', 1)
    text = text.replace('initial = [{from = 2017-01-01, value = "1 %"', 'initial = [{from = 2017-01-01, value = "2 %"',
                        1)
    path = tmp_path / "old.toml"
    path.write_text(text, "utf-8")
    tiers = load_profile(path, CRASH).instrument("XBTUSD").tiers
    tier = next(tier for tier in tiers if 130 * XBT <= tier.value_max_atoms)
    assert (tier.maintenance_ppb, tier.initial_ppb) == (10_000_000, 25_000_000)


@pytest.mark.parametrize(("as_of", "weights"), [
    (CRASH, {"Bitstamp": 333_333_333, "Coinbase": 333_333_333, "Kraken": 333_333_334}),
    (date(2021, 1, 15), {"Bitstamp": 288_100_000, "Coinbase": 380_700_000, "Kraken": 202_800_000, "Gemini": 73_400_000,
                         "Bittrex": 55_000_000}),
])
def test_PROF_001_index_weights_by_date(as_of, weights):
    """PROF-001 PROF-009 Numbers of sources follow the file, not the date."""
    index = load_profile("bitmex", as_of).index(".BXBT")
    assert {feed.name: feed.weight_ppb for feed in index.feeds} == weights
    assert [feed.number for feed in index.feeds] == list(range(len(weights)))
    assert (index.outlier_ppb, index.readmit_ppb, index.stale_after_ns) == (250_000_000, 20_000_000, 15 * 60 * 10**9)


def test_fee_classes_by_volume_exist_from_2023_only():
    """PROF-001 PROF-009"""
    assert load_profile("bitmex", CRASH).fee_classes == ()
    classes = load_profile("bitmex", date(2023, 2, 1)).fee_classes
    assert [(c.id, c.maker_ppb, c.taker_ppb) for c in classes][:2] == [(1, 100_000, 500_000), (2, 0, 400_000)]
    assert (classes[-1].maker_ppb, classes[-1].taker_ppb) == (-100_000, 175_000)


@pytest.mark.parametrize(("as_of", "symbol", "price", "lots", "value"), [
    (CRASH, "XBTUSD", "3779.5", 1, 26_459),                       # B02
    (CRASH, "XBTUSD", "6906.5", 2_000, 28_958_000),               # B10a
    (CRASH, "XBTUSD", "9521.5", 37_412, 392_938_236),             # B10d
    (date(2021, 6, 9), "XBTUSD", "50000", 10, 2_000_000),         # B25, lot 100
    (date(2024, 11, 24), "XBTUSD", "98570.9", 1, 101_450),        # B10f
    (date(2022, 5, 21), "ETHUSDT", "1963", 2, 39_260_000),        # B01: 2,000 contracts
    (date(2025, 12, 31), "XBTUSDT", "86393.5", 1, 8_639_350),     # B08 on a grid of 0.1: 100 contracts
])
def test_PROF_006_the_grid_reproduces_published_values(as_of, symbol, price, lots, value):
    """PROF-006 B01 B02 B08 B10 B25"""
    instrument = load_profile("bitmex", as_of).instrument(symbol)
    assert lots * unit_value_atoms(instrument.terms, instrument.price_ticks(price)) == value


def test_every_date_of_change_loads_and_every_figure_says_where_it_is_from():
    """PROF-001 PROF-002"""
    dates = change_dates("bitmex")
    assert datetime(2020, 4, 17, 1, tzinfo=UTC) in dates and dates == sorted(set(dates)) and len(dates) >= 15
    for day in dates:
        profile = load_profile("bitmex", day)
        for instrument in profile.instruments:
            for figure in instrument.figures:
                assert figure.since <= day and figure.source
                assert figure.source.startswith(("assumed:", "derived:")) or all(
                    key.strip() in profile.sources for key in figure.source.split(","))


def test_PROF_012_what_is_not_verified_says_why():
    """PROF-012 A doubt, or an assumption; a derived figure says from what and counts."""
    figures = {figure.key: figure for figure in load_profile("bitmex", date(2022, 5, 21)).instrument("ETHUSDT").figures}
    assert figures["contract.mark_unit"].source.startswith("derived:") and not figures["contract.mark_unit"].unverified
    assert figures["orders.size_max"].unverified == "assumed: as XBTUSDT"
    figures = {figure.key: figure for figure in load_profile("bitmex", date(2022, 5, 21)).instrument("XBTUSD").figures}
    assert (figures["margin.tier_step"].source, figures["margin.tier_step"].unverified) == ("rl-2021", "one source")
    assert figures["margin.maintenance"].unverified == ""


def test_PROF_014_quarterly_futures_settle_at_the_average_of_the_last_half_hour():
    """PROF-014 SETL-007 XBTH20 expires on the last Friday of March 2020 at 12:00 UTC; its margin is the perpetual's."""
    profile = load_profile("bitmex", CRASH)
    assert [one.symbol for one in profile.instruments if one.id > 100] == ["XBTH20", "XBTM20", "XRPH20"]
    future, perpetual = profile.instrument("XBTH20"), profile.instrument("XBTUSD")
    assert datetime.fromtimestamp(future.terms["expiry_s"], UTC) == datetime(2020, 3, 27, 12, tzinfo=UTC)
    assert future.tiers == perpetual.tiers and future.product == "future"
    assert (future.terms["settlement_method"], future.terms["settlement_window_ns"]) == (1, 30 * 60 * 10**9)
    assert (future.terms["funding_interval_ns"], future.terms["settlement_fee_ppb"]) == (0, 500_000)
    assert load_profile("bitmex", date(2021, 6, 9)).instrument("XBTM21").terms["lot_value_numerator"] == 10**12


def test_SETL_007_a_quarterly_future_of_the_profile_ends_in_the_engine():
    """SETL-007 SETL-009 PROF-014 XBTH20 is traded, expires at the average of the index, and leaves nothing open."""
    start_ns = 1_585_306_800 * 10**9                                # 27 March 2020, 11:00 UTC
    venue = Venue("bitmex", date(2020, 3, 26), "XBTH20", 660_000, start_ns=start_ns)
    venue.trade(ANN, BUY, 1_000, 13_200, maker=BOB)
    for minute, units in ((20, 650_000), (31, 660_000), (50, 672_000)):
        for feed in range(3):
            venue.send("PUBLISH_PRICE", parameter=1, flags=feed, value=units, time_ns=start_ns + minute * 60 * 10**9)
    events = list(venue.send("ADVANCE", time_ns=start_ns + 3_600 * 10**9))
    events += list(venue.send("ADVANCE", time_ns=start_ns + 3_601 * 10**9))
    settled = venue.of(events, "POSITION_SETTLED")
    assert {int(event["account"]) for event in settled} == {ANN, BOB}
    assert 660_000 < int(settled[0]["price_units"]) < 672_000
    assert venue.row.open_interest_lots == venue.row.clearing_atoms == 0
