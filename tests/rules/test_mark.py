"""MARK: the published bases of a real venue, exactness at the bounds, median and band."""
import importlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel import load_plain
from steelyard.units import HOUR, MINUTE, PPB, SECOND

UNITS_MAX = 1 << 40
rules = load_plain("rules.mark")

# id, index in mark units, rate in ppb, time to funding, basis, mark (units). B11f, g, i: rate and the time of the
# instrument rows (14:39:07 before 20:00) are taken, not published with the figure.
AT_11_31_37 = 28 * MINUTE + 23 * SECOND
AT_23_33_19 = 4 * HOUR + 26 * MINUTE + 41 * SECOND
AT_14_39_07 = 5 * HOUR + 20 * MINUTE + 53 * SECOND
VECTORS = [
    ("B11a", 927_687, 597_000, AT_11_31_37, 33, 927_720),
    ("B11b", 9_784_377, 110_000, AT_23_33_19, 599, 9_784_976),
    ("B11f", 53_870, 100_000, AT_14_39_07, 4, 53_874),
    ("B11g", 24_783, 100_000, AT_14_39_07, 2, 24_785),
    ("B11h", 136_072, 32_000, AT_14_39_07, 3, 136_075),
    ("B11i", 104_455, 100_000, AT_14_39_07, 7, 104_462),
]


def load(form):
    """The mark rules in a form."""
    return rules if form.name == "plain" else importlib.import_module("steelyard.rules.mark")


@pytest.mark.parametrize("name, index, rate, left_ns, basis, mark", VECTORS, ids=[v[0] for v in VECTORS])
def test_MARK_001_published_basis(form, name, index, rate, left_ns, basis, mark):
    """MARK-001 B11a B11b B11f B11g B11h B11i: time left rounds up to minutes, the basis half up to mark units."""
    room = load(form)
    steps = room.basis_steps(8 * HOUR, MINUTE, 8 * HOUR)
    assert steps == 480
    found = room.funding_basis(index, rate, room.basis_steps(left_ns, MINUTE, 8 * HOUR), steps)
    assert found == basis
    assert index + found == mark


def test_MARK_001_B11b_time_rounds_up_not_down():
    """MARK-001 B11b With 266 minutes instead of 267 the basis would be 5.96, with the basis cut off 5.98."""
    assert rules.funding_basis(9_784_377, 110_000, 266, 480) == 596
    assert 9_784_377 * 110_000 * 267 // (480 * PPB) == 598


@pytest.mark.parametrize("rate, annual", [(597_000, ".653715"), (110_000, ".12045"), (32_000, ".03504")],
                         ids=["B11a", "B11b", "B11h"])
def test_MARK_001_annual_rate(rate, annual):
    """MARK-001 B11a B11b B11h The published yearly basis rate is the funding rate times 3 x 365."""
    assert Fraction(rate * 3 * 365, PPB) == Fraction(annual)


@settings(max_examples=400, deadline=None)
@given(st.integers(1, UNITS_MAX), st.integers(-PPB, PPB), st.integers(1, rules.BASIS_STEPS_MAX), st.data())
def test_MARK_001_basis_is_exact(index, rate, steps, data):
    """MARK-001 One rounding, half up, over the whole stated range; the plain form proves that 64 bits are enough."""
    left = data.draw(st.integers(0, steps))
    exact = Fraction(index * rate * left, PPB * steps)
    assert rules.funding_basis(index, rate, left, steps) == (exact + Fraction(1, 2)).__floor__()


def test_MARK_001_bounds_in_both_forms(form):
    """MARK-001 The corners of the stated range do not overflow in 64 bits."""
    room = load(form)
    for rate in (PPB, -PPB):
        full = room.BASIS_STEPS_MAX
        assert room.funding_basis(UNITS_MAX, rate, full, full) == UNITS_MAX * rate // PPB
    assert room.funding_basis(UNITS_MAX - 1, PPB - 1, 0, 480) == 0


@pytest.mark.parametrize("round_ns, steps", [(0, 1), (MINUTE, 480), (7 * MINUTE, 69), (1, 1 << 17), (24 * HOUR, 1)])
def test_MARK_001_steps_of_an_interval(form, round_ns, steps):
    """MARK-001 0 means one step, odd steps round up, and no cut is finer than 2**17 steps."""
    assert load(form).basis_steps(8 * HOUR, round_ns, 8 * HOUR) == steps


@pytest.mark.parametrize("numerator", [1, 10**6, 10**12, (1 << 42) - 1])
def test_MARK_006_bounds_of_a_linear_mark(form, numerator):
    """MARK-006 At the highest mark a lot is worth at most 2**42 - 1 atoms, one unit higher it is not."""
    room, terms = load(form), form.linear(numerator)
    assert room.MARK_UNITS_MAX == form.records.MARK_UNITS_MAX
    highest = room.highest_mark(terms)
    assert room.lowest_mark(terms) == 1 <= highest <= UNITS_MAX
    assert form.contract.unit_value(terms, highest) < 1 << 42
    assert highest == UNITS_MAX or form.contract.unit_value(terms, highest + 1) >= 1 << 42


@pytest.mark.parametrize("numerator, parts", [(10**12, 1), (10**12, 100), (1 << 50, 7), ((1 << 58) // 1000, 1000)])
def test_MARK_006_bounds_of_an_inverse_mark(form, numerator, parts):
    """MARK-006 The same for an inverse lot, whose value grows as the price falls."""
    room = load(form)
    terms = form.terms(kind=form.codes.INVERSE, lot_value_numerator=numerator, inverse_parts_per_lot=parts)
    lowest = room.lowest_mark(terms)
    assert room.highest_mark(terms) == UNITS_MAX
    assert -form.contract.unit_value(terms, lowest) < 1 << 42
    assert lowest == 1 or -form.contract.unit_value(terms, lowest - 1) >= 1 << 42


@pytest.mark.parametrize("total, count, mean", [(7, 2, 4), (-7, 2, -3), (5, 5, 1), (-1, 3, 0), (0, 1, 0)])
def test_MARK_002_average_rounds_half_up(form, total, count, mean):
    """MARK-002 Halves go up, also below zero."""
    assert load(form).average_basis(total, count) == mean


@settings(max_examples=200, deadline=None)
@given(st.integers(1, UNITS_MAX), st.integers(1, UNITS_MAX), st.integers(1, UNITS_MAX))
def test_MARK_003_median_of_three(a, b, c):
    """MARK-003 The middle one."""
    assert rules.median_of_three(a, b, c) == sorted((a, b, c))[1]


@pytest.mark.parametrize("units, band, kept", [
    (120, 0, 120), (120, PPB // 10, 110), (80, PPB // 10, 90), (105, PPB // 10, 105), (1, PPB, 1), (500, 9 * PPB, 200)])
def test_MARK_004_band(form, units, band, kept):
    """MARK-004 Around an index of 100 the mark is moved into the band; a band of 0 is none."""
    assert load(form).within_band(units, 100, band) == kept
