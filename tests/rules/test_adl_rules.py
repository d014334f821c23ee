"""ADLV: ranks as integers."""
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel import load_plain

RULE = load_plain("rules.adl")
amounts = st.integers(1, 1 << 58)


def test_ADLV_002_worked_example():
    """ADLV-002 Short 30 at 1,000 with 4,000 of cash at 880: .12 x 26,400 / 7,600; a loss is divided by leverage."""
    assert RULE.rank(3_600, -30_000, -26_400, 7_600) == 120_000 * 3_473_684
    assert RULE.rank(-3_000, 30_000, 27_000, 9_000) == -100_000 * 333_333
    assert RULE.rank(0, 30_000, 30_000, 9_000) == 0


@given(amounts, amounts, amounts, amounts)
@settings(max_examples=300, deadline=None)
def test_ADLV_002_is_close_to_the_exact_rank(profit, cost, value, equity):
    """ADLV-002 Within the rounding of both ratios, or at their end."""
    exact = Fraction(profit, cost) * Fraction(value, equity)
    one, two = RULE.ratio_micro(profit, cost), RULE.ratio_micro(value, equity)
    assert RULE.rank(profit, cost, value, equity) == one * two < 1 << 62
    if one < RULE.RATIO_MAX and two < RULE.RATIO_MAX:
        slack = Fraction(profit, cost) + Fraction(value, equity) + 1
        assert abs(Fraction(one * two, 10**12) - exact) <= slack * Fraction(2, 10**6) + exact * Fraction(2, 1 << 41)


@given(amounts, amounts, st.integers(1, 1 << 40))
@settings(max_examples=200, deadline=None)
def test_ADLV_002_more_profit_never_ranks_lower(profit, cost, more):
    """ADLV-002 All else equal."""
    assert RULE.rank(profit + more, cost, cost, cost) >= RULE.rank(profit, cost, cost, cost)
    assert RULE.rank(-profit, cost, cost, cost) <= 0 <= RULE.rank(profit, cost, cost, cost)


@pytest.mark.parametrize("part, whole, micro", [
    (1, 3, 333_333), (-1, 3, -333_334), (5, 0, 2**31 - 1), (-5, -1, -(2**31 - 1)), (1 << 60, 1, 2**31 - 1), (0, 7, 0),
    ((1 << 57) + 1, 1 << 58, 500_000)])
def test_ADLV_001_ratios(part, whole, micro):
    """ADLV-001 Rounded down, with an end on both sides."""
    assert RULE.ratio_micro(part, whole) == micro


@pytest.mark.parametrize("through, light", [(1, 1), (20, 1), (21, 2), (60, 3), (61, 4), (80, 4), (81, 5), (100, 5)])
def test_ADLV_003_lights(through, light):
    """ADLV-003 Rounded up to fifths."""
    assert RULE.quintile(through, 100) == light


@pytest.mark.parametrize("given_up, profit, ppb", [
    (200, 1_200, 166_666_666), (0, 5, 0), (5, 0, 0), (7, 5, 10**9), (1 << 57, 1 << 58, 5 * 10**8)])
def test_ADLV_004_haircut(given_up, profit, ppb):
    """ADLV-004 Rounded down, one at most."""
    assert RULE.haircut_ppb(given_up, profit) == ppb
