"""PROF-004 Written quantities: exact on their grid, or refused with what would do."""
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.units import HOUR, MINUTE, UnitError
from steelyard.venues import values
from steelyard.venues.values import Asset, Grid

USDT = Asset(1, "USDT", 6)
GRID = Grid("linear", "BTC", "USDT", USDT, Decimal("0.5"), Decimal("0.01"), Decimal("0.01"), 100, Decimal("0.001"),
            "lot")


@pytest.mark.parametrize(("parse", "text", "expected"), [
    (values.rate, "0.5 %", 5_000_000),
    (values.rate, "0.005", 5_000_000),
    (values.rate, "0.0000001 %", 1),
    (values.rate, "100 %", 1_000_000_000),
    (values.signed_rate, "-0.025 %", -250_000),
    (values.leverage_rate, "100 x", 10_000_000),
    (values.leverage_rate, "3 x", 333_333_334),        # rounds up: never more leverage than written
    (values.leverage_rate, "1 x", 1_000_000_000),
    (values.duration, "8 h", 8 * HOUR),
    (values.duration, "0.5 min", MINUTE // 2),
    (values.duration, "1 d", 24 * HOUR),
    (values.offset, "0 h", 0),
    (values.price_ticks, "5000.5 USDT", 10_001),
    (values.price_ticks, "1_000_000 USDT", 2_000_000),
    (values.size_lots, "2_500 contracts", 25),
    (values.cash_atoms, "0.000001 USDT", 1),
    (values.count, 200, 200),
    (values.flag, True, 1),
    (values.flag, False, 0),
    (values.or_none(values.rate), "none", 0),
    (values.choice({"entry": 0, "mark": 1}), "mark", 1),
])
def test_PROF_004_a_quantity_in_its_own_unit(parse, text, expected):
    """PROF-004"""
    assert parse(text, GRID, "here") == expected


@pytest.mark.parametrize(("parse", "text", "says"), [
    (values.rate, "0.00000001 %", "nearest are 0"),
    (values.rate, "-1 %", "between 0 % and 100 %"),
    (values.rate, "101 %", "between 0 % and 100 %"),
    (values.rate, 0.005, "as text"),
    (values.rate, "half", "not a decimal number"),
    (values.leverage_rate, "0.5 x", "between 1 x and 1000 x"),
    (values.leverage_rate, "100", "given in x"),
    (values.duration, "8 hours", "must end in one of s, min, h, d"),
    (values.duration, "0 s", "above 0"),
    (values.duration, 8, "must end in one of"),
    (values.price_ticks, "5000.3 USDT", "the nearest are 5000.0 and 5000.5"),
    (values.price_ticks, "5000.5 USD", "must be given in USDT"),
    (values.price_ticks, "-1 USDT", "above 0"),
    (values.size_lots, "2_550 contracts", "the nearest are 2500 and 2600"),
    (values.cash_atoms, "0.0000001 USDT", "must be a multiple of 0.000001"),
    (values.count, "200", "without quotes"),
    (values.count, True, "without quotes"),
    (values.flag, "true", "true or false"),
    (values.choice({"entry": 0, "mark": 1}), "marc", "did you mean 'mark'?"),
])
def test_PROF_004_what_is_not_exact_is_refused_with_what_would_do(parse, text, says):
    """PROF-004"""
    with pytest.raises(UnitError, match="here") as refusal:
        parse(text, GRID, "here")
    assert says in str(refusal.value)


@given(ticks=st.integers(1, 10**7), lots=st.integers(1, 10**9))
def test_PROF_004_text_and_steps_are_inverse(ticks, lots):
    """PROF-004"""
    assert values.price_ticks(f"{ticks * GRID.tick} USDT", GRID, "price") == ticks
    assert values.size_lots(f"{lots * GRID.lot_contracts} contracts", GRID, "size") == lots


@given(lot=st.integers(1, 1000), micro=st.integers(1, 10**6))
def test_PROF_006_a_linear_lot_is_worth_its_numerator_times_the_mark(lot, micro):
    """PROF-006 numerator x mark units equals lots x size x price in atoms, wherever it is whole."""
    grid = Grid("linear", "BTC", "USDT", USDT, Decimal("0.5"), Decimal("0.01"), Decimal("0.01"), lot,
                Decimal(micro) / 10_000, "lot")
    price_units = 790_012
    exact = lot * Decimal(micro) / 10_000 * price_units * Decimal("0.01") / USDT.atom
    assert grid.lot_value_numerator * price_units == exact


def test_PROF_006_a_lot_below_an_atom_per_unit_is_refused():
    """PROF-006"""
    grid = Grid("linear", "BTC", "USDT", USDT, Decimal("0.5"), Decimal("0.01"), Decimal("0.01"), 1,
                Decimal("0.00001"), "lot")
    with pytest.raises(UnitError, match="a coarser mark unit or a larger lot would do"):
        grid.lot_value_numerator  # noqa: B018
