"""OPTN: payoff, fees, standard margin and the matrix of options settled in coin."""
import doctest
from math import isqrt

import pytest

from steelyard.rules import option_margin as options
from steelyard.units import PPB

COIN = 10**9


def test_the_examples_in_the_docstrings_run():
    """OPTN-001 OPTN-003"""
    result = doctest.testmod(options)
    assert result.attempted >= 3 and result.failed == 0


def test_OPTN_001_nothing_is_paid_out_of_the_money_and_a_put_at_most_strike_over_price():
    """OPTN-001"""
    assert options.payoff(options.CALL, 100, 100, COIN) == options.payoff(options.PUT, 100, 101, COIN) == 0
    assert options.payoff(options.PUT, 100, 50, COIN) == COIN


def test_OPTN_002_the_cap_holds_for_cheap_options():
    """OPTN-002"""
    assert options.fee(300_000, COIN // 1_000, COIN) == 125_000 and options.fee(300_000, COIN // 10, COIN) == 300_000


def test_OPTN_003_one_sided_combinations_pay_all():
    """OPTN-003"""
    assert options.combo_fees([10, 8], []) == 18 and options.combo_fees([10, 8], [17]) == 18


@pytest.mark.parametrize("kind, strike, expected", [
    (options.CALL, 9_000, (175, 100)), (options.CALL, 10_200, (155, 100)), (options.CALL, 20_000, (125, 100)),
    (options.PUT, 9_000, (125, 100)), (options.PUT, 9_800, (155, 100)), (options.PUT, 12_000, (175, 100))])
def test_OPTN_004_standard_margin(kind, strike, expected):
    """OPTN-004 Index 10,000, mark .025, in thousandths of a coin."""
    assert options.short_margins(kind, strike, 10_000, COIN // 40, COIN) == tuple(m * COIN // 1_000 for m in expected)


def test_OPTN_004_a_put_worth_more_than_a_coin_holds_by_its_mark():
    """OPTN-004 A put at twice the coin: maintenance 2 + .15, and initial no less."""
    assert options.short_margins(options.PUT, 30_000, 10_000, 2 * COIN, COIN) == (215 * COIN // 100, 215 * COIN // 100)


def test_OPTN_005_an_order_that_closes_a_short_is_free():
    """OPTN-005"""
    assert options.order_reserve(-10, 10, 250) == 0 and options.order_reserve(10, 1, 250) == 25


def test_OPTN_006_delta_is_gone_at_the_end():
    """OPTN-006"""
    assert options.settlement_delta(PPB, COIN // 4, 1_800, 1_800, COIN) == (0, 0)
    assert options.settlement_delta(PPB, COIN // 4, 0, 1_800, COIN) == (PPB, PPB * 3 // 4)


def test_OPTN_007_the_root_is_the_nearest():
    """OPTN-007"""
    for days in range(1, 60):
        square = 400_000_000**2 * 30 // days
        got = options.shocked_volatility(400_000_000, 30, days)
        assert got - isqrt(square) in (0, 1) and abs(got * got - square) <= got


def test_OPTN_008_009_010_gains_are_no_margin():
    """OPTN-008 OPTN-009 OPTN-010 A flat portfolio holds only its roll."""
    long = [options.inverse_scenario(COIN, move * 40_000_000) for move in range(-4, 5)]
    short = [-gain for gain in long]
    assert options.worst_scenario([long, short]) == 0 and options.worst_scenario([long]) == -long[0]
    assert options.roll_shock([COIN, -COIN], 10_000_000) == COIN // 50
    assert options.matrix_margins(100, 5, 7, 800_000_000) == (112, 80)
