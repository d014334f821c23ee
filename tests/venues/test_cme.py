"""The CME profile as of a date: contracts, amounts per contract, and the published rows they reproduce.

Vectors of the research notes are named C1, C2 … (published) and D1, D2 … (derived from published formulas).
"""
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from steelyard.codes import LINEAR, RATES_FIXED, RATES_STEPS_WHOLE
from steelyard.kernel import load_plain
from steelyard.units import PPB
from steelyard.venues.profile import change_dates, load_profile

USD = 1_000_000
margin, contract = load_plain("rules.margin"), load_plain("rules.contract")
HRP = 1_100_000_000

ROWS_2017 = [
    (date(2017, 12, 18), 41_065, 45_172, 19_100), (date(2017, 12, 19), 39_313, 43_245, 18_285),
    (date(2017, 12, 20), 36_873, 40_561, 17_150), (date(2017, 12, 21), 33_218, 36_540, 15_450),
    (date(2017, 12, 22), 30_638, 33_702, 14_250), (date(2017, 12, 26), 34_271, 37_699, 15_940),
    (date(2017, 12, 27), 31_831, 35_015, 14_805), (date(2017, 12, 28), 29_810, 32_791, 13_865),
    (date(2017, 12, 29), 31_154, 34_270, 14_490), (date(2018, 1, 2), 32_111, 35_323, 14_935),
]


@pytest.mark.parametrize(("maintenance", "initial"), [
    *zip((3450, 2250, 4000, 2500, 16250, 17750, 6500, 7100, 3000, 3300, 2200, 2400, 5700, 6200),      # C15
         (3795, 2475, 4400, 2750, 17875, 19525, 7150, 7810, 3300, 3630, 2420, 2640, 6270, 6820)),
    (8000, 8800), (8400, 9240), (16800, 18480), (17700, 19470),                                       # C16
    (1600, 1760), (1350, 1485), (4500, 4950), (4700, 5170), (1400, 1540),                             # C17
    (41065, 45172), (39313, 43245), (36873, 40561), (7554, 8310), (221, 244), (134, 148), (101, 112),  # C18
])
def test_MARG_025_published_pairs_of_maintenance_and_initial(maintenance, initial):
    """MARG-025 C15 C16 C17 C18 Initial of heightened-risk accounts, up to whole dollars; hedgers hold maintenance."""
    assert margin.initial_of_maintenance(maintenance * USD, HRP, USD) == initial * USD
    assert margin.initial_of_maintenance(maintenance * USD, PPB, USD) == maintenance * USD


@pytest.mark.parametrize(("day", "maintenance", "initial", "settlement"), ROWS_2017)
def test_PROF_020_amounts_per_contract_of_the_first_days(day, maintenance, initial, settlement):
    """PROF-020 C18 C19 The profile of the day holds the published row; C19: it is 43 % of 5 coins at that settlement,
    up to a dollar."""
    terms = load_profile("cme", day).instrument("BTC").terms
    assert terms["rate_method"] == RATES_FIXED
    assert (terms["fixed_maintenance_atoms"], terms["fixed_initial_atoms"]) == (maintenance * USD, initial * USD)
    assert maintenance == -(-43 * 5 * settlement // 100)
    fits = [s for s in range(settlement - 5_000, settlement + 5_000, 5) if -(-43 * 5 * s // 100) == maintenance]
    assert fits == [settlement]


def test_the_schedule_is_a_share_of_the_price_where_amounts_are_not_known():
    """PROF-001 From 2018-01-03 the shares: 43 % and 1.1 times that, then lower."""
    for day, maintenance, initial in ((date(2018, 1, 3), 430, 473), (date(2020, 3, 12), 370, 407)):
        instrument = load_profile("cme", day).instrument("BTC")
        assert instrument.terms["rate_method"] == RATES_STEPS_WHOLE
        assert [(tier.maintenance_ppb, tier.initial_ppb) for tier in instrument.tiers] == [
            (maintenance * 1_000_000, initial * 1_000_000)]


@pytest.mark.parametrize(("symbol", "tick", "worth"), [
    ("BTC", "5", "25"), ("MBT", "5", "0.50"), ("ETH", "0.5", "25"), ("MET", "0.5", "0.05")])
def test_C20_one_tick(symbol, tick, worth):
    """VALU-001 PROF-006 C20 What one tick of one contract is worth."""
    instrument = load_profile("cme").instrument(symbol)
    assert instrument.terms["kind"] == LINEAR
    ticks = instrument.price_ticks(tick)
    assert ticks * instrument.terms["mark_units_per_tick"] * instrument.terms["lot_value_numerator"] == int(
        Decimal(worth) * USD)


@pytest.mark.parametrize(("symbol", "price", "notional"), [
    ("MET", "4000", 400), ("MBT", "40000", 4000), ("MET", "3000", 300), ("QBTC", "85000", 850), ("QETH", "2000", 400)])
def test_C21_notionals(symbol, price, notional):
    """VALU-001 C21 C22 C23 C24 One contract at a reference rate (the option premiums of C22 and C23 are not modeled).
    """
    instrument = load_profile("cme").instrument(symbol)
    row = load_plain("engine.records")._plain_maker(load_plain("engine.records").INSTRUMENT)()
    for name, value in instrument.terms.items():
        setattr(row.terms, name, value)
    assert contract.unit_value(row.terms, instrument.mark_units(price)) == notional * USD


def test_contracts_by_date():
    """PROF-009 Which contracts are there as of a date."""
    symbols = {day: [one.symbol for one in load_profile("cme", day).instruments]
               for day in (date(2017, 12, 18), date(2021, 5, 3), date(2024, 10, 1), date(2025, 7, 1))}
    assert list(symbols.values()) == [
        ["BTCF18", "BTCG18"], ["BTCK21", "BTCM21", "MBTK21", "MBTM21", "ETHK21", "ETHM21"],
        ["BTCV24", "BTCX24", "MBTV24", "MBTX24", "ETHV24", "ETHX24", "METV24", "METX24", "BFF04V24", "BFF11V24"],
        ["BTCN25", "BTCQ25", "MBTN25", "MBTQ25", "ETHN25", "ETHQ25", "METN25", "METQ25", "BFF03N25", "BFF11N25",
         "QBTCM26", "QBTCM27", "QETHM26", "QETHM27"]]


@pytest.mark.parametrize(("day", "symbol", "expiry"), [
    (date(2018, 3, 15), "BTCH18", datetime(2018, 3, 29, 15, tzinfo=UTC)),        # Good Friday is no business day
    (date(2018, 1, 2), "BTCF18", datetime(2018, 1, 26, 16, tzinfo=UTC)),         # 16:00 in London, in winter
    (date(2020, 12, 1), "BTCZ20", datetime(2020, 12, 24, 16, tzinfo=UTC)),
    (date(2024, 10, 1), "BTCV24", datetime(2024, 10, 25, 15, tzinfo=UTC))])
def test_PROF_014_a_product_means_its_contract_that_expires_next(day, symbol, expiry):
    """PROF-014 The last Friday of the month that is a business day; the month after stands beside it."""
    profile = load_profile("cme", day)
    lead, second = profile.product("BTC")
    assert profile.instrument("BTC") is lead and lead.symbol == symbol
    assert lead.terms["expiry_s"] == int(expiry.timestamp()) < second.terms["expiry_s"]
    assert [one.symbol for one in profile.product("MBT")] in ([], [f"MBT{lead.symbol[3:]}", f"MBT{second.symbol[3:]}"])


@pytest.mark.parametrize(("day", "limit"), [
    (date(2017, 12, 18), 1_000), (date(2019, 10, 1), 2_000), (date(2021, 11, 1), 4_000)])
def test_position_limits_by_date(day, limit):
    """PROF-001 Spot-month limits of BTC."""
    assert load_profile("cme", day).instrument("BTC").terms["position_lots_max"] == limit


def test_every_figure_names_its_source():
    """PROF-002 No figure of the profile is without a word on where it comes from, on any date."""
    for moment in change_dates("cme", listings=False):
        for instrument in load_profile("cme", moment).instruments:
            assert all(figure.source for figure in instrument.figures)
