"""Decimal text of the engine's integers is exact and comes back."""
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel import load_plain
from steelyard.venues.profile import load_profile
from steelyard.views import scales

unit_value = load_plain("rules.contract").unit_value
PROFILE = load_profile("bitmex", date(2021, 6, 1))
SCALES = scales.Scales(PROFILE)


@given(st.integers(-10**18, 10**18), st.integers(0, 12))
def test_fixed_is_the_decimal(number, decimals):
    """SERV-001"""
    assert Decimal(scales.fixed(number, decimals)) == Decimal(number).scaleb(-decimals)


@pytest.mark.parametrize("symbol", [one.symbol for one in PROFILE.instruments])
def test_prices_and_sizes_come_back(symbol):
    """SERV-001"""
    scale, instrument = SCALES.by_symbol[symbol], PROFILE.instrument(symbol)
    for ticks in (1, 15868, 999_999):
        assert instrument.price_ticks(scale.price(ticks)) == ticks
    for lots in (1, 10, 12345):
        assert instrument.size_lots(scale.size(lots)) == lots
    assert instrument.mark_units(scale.mark(793_456)) == 793_456


@pytest.mark.parametrize("symbol", [one.symbol for one in PROFILE.instruments])
def test_the_average_price_of_one_fill_is_its_price(symbol):
    """SERV-006"""
    scale = SCALES.by_symbol[symbol]
    terms = type("Terms", (), {name: int(value) for name, value in scale.instrument.terms.items()})
    units = 8000 * scale.units_per_tick
    value = 1000 * int(unit_value(terms, units))
    assert scale.average_units(1000, value) == pytest.approx(units, rel=1e-3)
