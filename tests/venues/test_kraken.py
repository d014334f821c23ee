"""The Kraken profile as of a date, and the published figures that need no engine: funding both ways, fees, caps.

Vectors that no rule here can answer, and why: K23 counts requests, K25 and K26 price options, K13 is inconsistent in
its own text. K05, K12, K15, K18, K22, K27 to K29 name no figures. K14 to K21 are spot margin (test_kraken_spot.py).
"""
from datetime import date
from fractions import Fraction

import pytest

from steelyard import codes
from steelyard.kernel import load_plain
from steelyard.units import PPB
from steelyard.venues.checks import unit_value_atoms
from steelyard.venues.profile import ProfileError, change_dates, load_profile

funding, fees = load_plain("rules.funding"), load_plain("rules.fees")
LATEST = date(2026, 10, 9)
USD, XBT = 10**8, 10**12


def micro_per_lot(symbol, index, rate_ppb, as_of=LATEST):
    """What a long lot pays at a rate set at an index (text), in millionths of an atom."""
    instrument = load_profile("kraken", as_of).instrument(symbol)
    terms = load_plain("engine.records")._plain_maker(load_plain("engine.records").TERMS)()
    for name, value in instrument.terms.items():
        setattr(terms, name, value)
    return funding.increment_micro(load_plain("rules.contract").unit_value(terms, instrument.mark_units(index)),
                                   rate_ppb)


# ---------------------------------------------------------------- the profile by date
@pytest.mark.parametrize(("as_of", "symbol", "term", "expected"), [
    (date(2020, 3, 12), "PI_XBTUSD", "funding_interval_ns", 4 * 3600 * 10**9),
    (date(2022, 9, 28), "PI_XBTUSD", "funding_interval_ns", 4 * 3600 * 10**9),
    (date(2022, 9, 29), "PI_XBTUSD", "funding_interval_ns", 3600 * 10**9),
    (date(2024, 1, 1), "PF_XBTUSD", "funding_divisor", 24),
    (date(2024, 1, 1), "PF_XBTUSD", "funding_cap_ppb", 2_500_000),
    (LATEST, "PF_XBTUSD", "funding_divisor", 8),
    (LATEST, "PF_XBTUSD", "funding_cap_ppb", 5_000_000),
    (LATEST, "PI_XBTUSD", "lot_value_numerator", 10**14),
    (LATEST, "PF_XBTUSD", "lot_value_numerator", 100),
    (date(2024, 1, 1), "PF_XBTUSD", "mark_units_per_tick", 50),
    (LATEST, "PF_XBTUSD", "mark_units_per_tick", 100),
    (LATEST, "PI_XBTUSD", "tier_measure", codes.TIERS_BY_LOTS),
    (LATEST, "PF_XBTUSD", "tier_measure", codes.TIERS_BY_VALUE),
    (LATEST, "PI_XBTUSD", "impact_lots", 1_000),
    (LATEST, "PF_XBTUSD", "position_lots_max", 12_000_000),
    (LATEST, "PF_XBTUSD", "market_collar_ppb", 10_000_000),
])
def test_PROF_001_a_figure_holds_from_its_date_until_the_next(as_of, symbol, term, expected):
    """PROF-001"""
    assert load_profile("kraken", as_of).instrument(symbol).terms[term] == expected


def test_PROF_007_margin_levels_by_contracts_and_by_value():
    """PROF-007 MARG-030 PI_XBTUSD: 2/1 to 500,000 contracts … 40/20; PF_XBTUSD 100x at the top from September 2026."""
    tiers = load_profile("kraken", LATEST).instrument("PI_XBTUSD").tiers
    assert [(tier.value_max_atoms, tier.initial_ppb // 10**6, tier.maintenance_ppb // 10**6) for tier in tiers] == [
        (500_000, 20, 10), (1_000_000, 40, 20), (3_000_000, 60, 30), (6_000_000, 100, 50), (12_000_000, 150, 75),
        (20_000_000, 250, 125), (50_000_000, 300, 150), (75_000_000, 400, 200)]
    for as_of, first in ((date(2024, 1, 1), (500_000 * USD, 20_000_000)), (LATEST, (1_000_000 * USD, 10_000_000))):
        tier = load_profile("kraken", as_of).instrument("PF_XBTUSD").tiers[0]
        assert (tier.value_max_atoms, tier.initial_ppb) == first


def test_every_date_of_change_loads_and_every_figure_says_where_it_is_from():
    """PROF-001 PROF-002 PROF-009 Before PF_XBTUSD was listed it does not exist."""
    assert len(change_dates("kraken")) >= 5
    for day in change_dates("kraken"):
        profile = load_profile("kraken", day)
        for instrument in profile.instruments:
            assert all(figure.since <= day and figure.source for figure in instrument.figures)
    assert [one.symbol for one in load_profile("kraken", date(2020, 3, 12)).instruments] == ["PI_XBTUSD"]


def test_COLL_007_haircuts_and_scales_of_the_multi_collateral_wallet():
    """COLL-007 XBT and EUR 2 %, USDT 5 % for USD, conversion fee .25 %; before March 2022 there is none."""
    rows = {one.asset.name: one for one in load_profile("kraken", LATEST).collateral}
    assert {name: one.haircut_ppb // 10**7 for name, one in rows.items()} == {"XBT": 2, "EUR": 2, "USDT": 5, "ETH": 5}
    assert {one.conversion_fee_ppb for one in rows.values()} == {2_500_000}
    assert (rows["XBT"].numerator, rows["XBT"].denominator) == (1, 10**6)
    assert [one.slot for one in rows.values()] == [0, 1, 2, 3] and {one.hub.name for one in rows.values()} == {"USD"}
    assert load_profile("kraken", date(2021, 1, 1)).collateral == ()


@pytest.mark.parametrize(("old", "new", "says"), [
    ('index = "EURUSD"\nsource', 'index = "BRTX"\nsource', "unknown 'BRTX'"),
    ('hub = "USD"\nasset = "EUR"', 'hub = "XBT"\nasset = "EUR"', "the price of EUR in XBT is needed"),
    ('asset = "EUR"\nindex', 'asset = "XBT"\nindex', "counts for one asset only"),
    ('haircut = [{from = 2022-03-22, value = "5 %", source = "ccxt"}]', 'haircut = 5', "must be a list"),
])
def test_COLL_007_a_row_that_cannot_be_is_refused_by_name(tmp_path, old, new, says):
    """COLL-007 PROF-004 The refusal names file, row and key."""
    text = load_profile("kraken").path.read_text("utf-8")
    path = tmp_path / "broken.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ProfileError, match=says):
        load_profile(path, LATEST)


# ---------------------------------------------------------------- funding
def test_FUND_022_K02_premium_over_eight_and_over_twenty_four_hours():
    """FUND-021 FUND-022 K02a K02b 10 on 7,000: .142857 %; over 8 .0178571 %, over 24 .00595238 % (here in ppb)."""
    premium = funding.premium_of_price(701_000, 700_000)
    assert premium == 1_428_571
    assert funding.divided_premium(premium, 1, 8) == 178_571
    assert funding.divided_premium(premium, 1, 24) == 59_524
    assert funding.divided_premium(premium * 60, 60, 8) == 178_571


def test_FUND_023_K02a_a_short_of_100_000_earns_17_857_dollars():
    """FUND-023 K02a .0178571 % of 100,000 contracts of 1 USD at 7,000: .00255102 BTC, 17.857 USD."""
    coins = funding.funding_cash(-100_000, micro_per_lot("PI_XBTUSD", "7000", 178_571))
    assert Fraction(coins, XBT) == pytest.approx(Fraction("0.00255102"), abs=1e-8)
    assert float(Fraction(coins, XBT) * 7_000) == pytest.approx(17.857, abs=5e-4)


def test_FUND_023_K02d_inverse_amount_is_rate_over_index():
    """FUND-023 K02d .05 % at 7,000: 7.142857e-8 BTC per contract and hour; 125,000 short earn .00892857."""
    amount = micro_per_lot("PI_XBTUSD", "7000", 500_000)
    assert f"{amount / XBT / 10**6:.6e}" == "7.142857e-08"
    assert f"{funding.funding_cash(-125_000, amount) / XBT:.8f}" == "0.00892857"


@pytest.mark.parametrize(("vector", "absolute", "relative", "index"), [
    ("K03", "0.858943191939791995", "0.000020164637711864", "42596.51"),
    ("K03", "-0.084584032794196903", "-0.000001999193855932", "42309.07"),
    ("K04a", "1.4840707878906", "0.000018166270833333", "81693.75"),
    ("K04d", "1.30091458365", "0.000015901875", "81808.88"),
    ("K04e", "0.912482213835", "0.00001089345", "83764.30"),
    ("K04e", "1.3285114808978307", "0.000011795815277778", "112625.66"),
])
def test_FUND_023_K04_linear_absolute_is_relative_times_index(vector, absolute, relative, index):
    """FUND-023 K03 K04a K04d K04e Rows give back the index to the cent; the engine's rate of whole ppb gives the amount
    per coin to half a ppb of the index."""
    implied = Fraction(absolute) / Fraction(relative)
    assert abs(implied - Fraction(index)) < Fraction(1, 100), vector
    rate = round(Fraction(relative) * PPB)
    per_coin = Fraction(micro_per_lot("PF_XBTUSD", index, rate) * 10_000, USD * 10**6)
    assert abs(per_coin - Fraction(absolute)) <= Fraction(index) / (2 * PPB) + Fraction(1, 10**7)


def test_FUND_023_K04d_inverse_prediction_gives_the_index_too():
    """FUND-023 K04d PI_XBTUSD 1.343640021e-9 per contract at .00010987885: 81,777.00; amount of a lot to half a ppb."""
    absolute, relative = Fraction("0.000000001343640021"), Fraction("0.00010987885")
    assert abs(relative / absolute - 81_777) < Fraction(1, 100)
    amount = Fraction(micro_per_lot("PI_XBTUSD", "81777", round(relative * PPB)), XBT * 10**6)
    assert abs(amount - absolute) <= Fraction(1, 2 * PPB) / 81_777 + Fraction(2, XBT)


# ---------------------------------------------------------------- fees and values
def test_FEES_001_K07_K08_taker_fees():
    """FEES-001 K07 100 DOGE at .070914: .0035 shown in 4 places; K08 250 at .08105: .01013125, profit .05."""
    doge = load_profile("kraken", date(2024, 1, 1)).instrument("PF_DOGEUSD")
    value = 100 * unit_value_atoms(doge.terms, doge.price_ticks("0.070914"))
    assert fees.fee(value, doge.terms["taker_fee_ppb"]) // 10**4 == 35
    doge = load_profile("kraken", LATEST).instrument("PF_DOGEUSD")
    bought, sold = (250 * unit_value_atoms(doge.terms, doge.price_ticks(price)) for price in ("0.08085", "0.08105"))
    assert fees.fee(sold, doge.terms["taker_fee_ppb"]) == 1_013_125
    assert sold - bought == 5 * USD // 100


def test_VALU_001_K24_notional():
    """VALU-001 K24 .0001 at 81,777 is 8.1777 USD, .0154 at 81,782 is 1,259.4428."""
    perpetual = load_profile("kraken", LATEST).instrument("PF_XBTUSD")
    assert unit_value_atoms(perpetual.terms, perpetual.price_ticks("81777")) == 817_770_000
    assert 154 * unit_value_atoms(perpetual.terms, perpetual.price_ticks("81782")) == 125_944_280_000


def test_PROF_001_K13_fee_table():
    """K13 .04 % and .015 % of 2 BTC are .0008 and .0003 BTC; the page that says .008 and .003 is wrong by ten."""
    assert [fees.fee(2 * XBT, rate) for rate in (400_000, 150_000)] == [8 * XBT // 10**4, 3 * XBT // 10**4]


@pytest.mark.parametrize(("index", "mark"), [("83995.76", "84004.11"), ("81770.17", "81780.43")])
def test_MARK_004_K30_published_marks_lie_within_one_per_cent(index, mark):
    """MARK-004 K30 Live rows: the premium is under the cap of 1 %, so the band leaves the mark as it is."""
    perpetual = load_profile("kraken", LATEST).instrument("PF_XBTUSD")
    units = perpetual.mark_units(mark)
    assert load_plain("rules.mark").within_band(
        units, perpetual.index_units(index), perpetual.terms["mark_index_band_ppb"]) == units


def test_PROF_014_dated_futures_and_the_cap_of_their_marks():
    """PROF-014 MARK-020 K10 FF_ at the average of half an hour at 08:00, FI_ at a published price at 16:00 London; 87
    days before expiry the mark may be 8.818 % from the index, on the last day 1 %, at 210 days and before 20 %."""
    profile = load_profile("kraken", LATEST)
    linear, inverse = (profile.instrument(symbol) for symbol in ("FF_XBTUSD_261225", "FI_XBTUSD_261225"))
    assert (linear.terms["settlement_method"], inverse.terms["settlement_method"]) == (
        codes.SETTLE_AT_INDEX_AVERAGE, codes.SETTLE_AT_PUBLISHED)
    assert (linear.terms["expiry_s"], inverse.terms["expiry_s"]) == (1_798_185_600, 1_798_214_400)
    mark, records = load_plain("rules.mark"), load_plain("engine.records")
    for one in (linear, inverse):
        terms = records._plain_maker(records.TERMS)()
        for name, value in one.terms.items():
            setattr(terms, name, value)
        bands = [mark.band_to_expiry(terms, days * 86_400 * 10**9) for days in (87, 1, 0, 210, 400)]
        assert bands == [88_181_818, 10_000_000, 10_000_000, 200_000_000, 200_000_000]
    perpetual = profile.instrument("PF_XBTUSD").terms
    assert perpetual["mark_band_far_ppb"] == 0 and perpetual["expiry_s"] == 0
