"""FUND: premium, plateau, caps and the cash of positions."""
import importlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel import load_plain
from steelyard.units import MICRO, PPB, rate_ppb

rules = load_plain("rules.funding")
SIZE_MAX = 1 << 40
INTEREST, CLAMP = rate_ppb("0.01 %"), rate_ppb("0.05 %")


def load(form):
    """The funding rules in a form."""
    return rules if form.name == "plain" else importlib.import_module("steelyard.rules.funding")


@settings(max_examples=300, deadline=None)
@given(st.integers(-(1 << 40), 1 << 40), st.integers(1, 1 << 40))
def test_FUND_001_ratio(numerator, denominator):
    """FUND-001 Nearest ppb, halves away from zero, cut off at one."""
    exact = min(Fraction(1), Fraction(abs(numerator), denominator)) * PPB
    expected = (exact + Fraction(1, 2)).__floor__()
    assert rules.ratio_ppb(numerator, denominator) == (expected if numerator >= 0 else -expected)


@pytest.mark.parametrize("bid, ask, mark, premium", [
    (1010, 1020, 1000, 10), (980, 990, 1000, -10), (990, 1010, 1000, 0), (0, 1010, 1000, 0), (1010, 0, 1000, 10),
    (0, 990, 1000, -10), (0, 0, 1000, 0), (1000, 1000, 1000, 0)])
def test_FUND_001_premium(form, bid, ask, mark, premium):
    """FUND-001 Bids above the mark count up, asks below it down; a side that is too thin counts nothing."""
    assert load(form).premium_units(bid, ask, mark) == premium


def test_FUND_002_average(form):
    """FUND-002 Half up; without samples the premium is zero."""
    room = load(form)
    assert (room.average_premium(7, 2), room.average_premium(-7, 2), room.average_premium(0, 0)) == (4, -3, 0)


@pytest.mark.parametrize("premium, rate", [
    ("-0.10 %", "-0.05 %"), ("0.03 %", "0.01 %"), ("0.20 %", "0.15 %"), ("-0.04 %", "0.01 %"), ("0.06 %", "0.01 %"),
    ("0.07 %", "0.02 %"), ("0", "0.01 %")])
def test_FUND_003_plateau(form, premium, rate):
    """FUND-003 The published examples: a plateau at I around I, not a floor."""
    assert load(form).funding_rate(rate_ppb(premium), INTEREST, CLAMP) == rate_ppb(rate)


def test_FUND_004_B23_caps(form):
    """FUND-004 B23 IM 1 %, MM .5 %: |F| and the change between intervals are at most .375 %, 1.125 % a day."""
    room = load(form)
    initial, maintenance = rate_ppb("1 %"), rate_ppb("0.5 %")
    cap, step = (initial - maintenance) * 3 // 4, maintenance * 3 // 4
    assert cap == step == rate_ppb("0.375 %")
    assert room.capped_rate(rate_ppb("2 %"), 0, cap, step) == cap
    assert room.capped_rate(rate_ppb("-2 %"), 0, cap, step) == -cap
    assert room.capped_rate(rate_ppb("-2 %"), cap, cap, step) == 0
    assert 3 * cap == rate_ppb("1.125 %")
    assert 12 * cap == rate_ppb("4.5 %")


@settings(max_examples=300, deadline=None)
@given(st.integers(-PPB, PPB), st.integers(-PPB, PPB), st.integers(0, PPB), st.integers(0, PPB), st.integers(0, PPB))
def test_FUND_004_caps_hold(premium, previous, clamp, cap, step):
    """FUND-004 Whatever the premium, both caps hold where the previous rate is within the cap."""
    rate = rules.capped_rate(rules.funding_rate(premium, INTEREST, clamp), previous, cap, step)
    assert abs(rate) <= PPB
    if cap:
        assert abs(rate) <= cap
    if step and (not cap or abs(previous) <= cap):
        assert abs(rate - previous) <= step


@settings(max_examples=300, deadline=None)
@given(st.integers(-(1 << 42) + 1, (1 << 42) - 1), st.integers(-PPB, PPB))
def test_FUND_005_increment(value, rate):
    """FUND-005 |value| x F in millionths of an atom, rounded half up; the sign of the value does not matter."""
    exact = Fraction(abs(value) * rate * MICRO, PPB)
    assert rules.increment_micro(value, rate) == (exact + Fraction(1, 2)).__floor__()
    assert rules.increment_micro(value, rate) == rules.increment_micro(-value, rate)


@pytest.mark.parametrize("size, delta, cash", [
    (3, 1_500_000, -5), (-3, 1_500_000, 4), (1, 1, -1), (-1, 1, 0), (1, -1, 0), (-1, -1, -1), (0, 99, 0), (5, 0, 0),
    (SIZE_MAX, 1_000_001, -SIZE_MAX - SIZE_MAX // MICRO - 1)])
def test_FUND_006_cash(form, size, delta, cash):
    """FUND-006 Payers pay rounded up, receivers get rounded down."""
    assert load(form).funding_cash(size, delta) == cash


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(-SIZE_MAX, SIZE_MAX), min_size=1, max_size=30), st.integers(-(10**12), 10**12))
def test_FUND_006_conservation(sizes, delta):
    """FUND-006 When sizes sum to zero, dust is at least nothing and less than one atom for each holder."""
    sizes = [*sizes, -sum(sizes)] if abs(sum(sizes)) <= SIZE_MAX else [*sizes, *(-size for size in sizes)]
    dust = -sum(rules.funding_cash(size, delta) for size in sizes)
    assert 0 <= dust < len(sizes)
