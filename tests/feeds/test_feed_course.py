"""The outside price at any instant: given prices hit, a seeded bridge between, rounds with the same returns."""
from dataclasses import replace

import numpy as np
import pytest

from steelyard.feeds.course import Course
from steelyard.feeds.settings import parse
from steelyard.feeds.synthetic import MINUTES, log_returns, synthetic_path
from steelyard.lab.path import STEP_NS, load_path
from steelyard.units import MINUTE, SECOND

PATH = load_path("covid-2020-03")
COURSE = Course(PATH, 7)


def test_the_prices_of_the_path_are_hit_exactly():
    """FEED-002"""
    for step in range(1, 3 * PATH.minutes, 97):
        assert COURSE.price_at(step * STEP_NS) == PATH.prices.reshape(-1)[step - 1]


def test_the_price_moves_ten_times_a_second_at_real_speed_and_does_not_jump():
    """FEED-002"""
    begin = 2_000 * MINUTE
    prices = np.array([COURSE.price_at(begin + k * SECOND // 10) for k in range(6_000)])
    moves = np.abs(np.diff(prices)) / prices[:-1] * 10_000
    assert (moves > 0).mean() > 0.99
    assert moves.max() < 5 and 0.02 < moves.mean() < 1.0
    assert [COURSE.price_at(begin + k * SECOND // 10) for k in range(50)] == prices[:50].tolist()
    assert COURSE.price_at(begin + 1_234_567) != Course(PATH, 8).price_at(begin + 1_234_567)


def test_no_price_lies_beyond_the_paths_own():
    """FEED-002"""
    low = int(np.argmin(PATH.prices.min(axis=1)))
    prices = [COURSE.price_at(low * MINUTE + k * SECOND // 4) for k in range(-400, 400)]
    assert PATH.prices.min() <= min(prices) and max(prices) <= PATH.prices.max()


def straight(*closes):
    prices = np.repeat(np.array(closes, np.int64)[:, None], 3, axis=1)
    return Course(replace(PATH, prices=prices), 7, calm_bp=0.0)


def test_a_second_round_has_the_same_returns_from_the_price_that_holds():
    """FEED-003: 100 -> 80, then 80 -> 64."""
    course = straight(10_000, 10_000, 8_000, 8_000)
    first = course.begin(1, 50, 0)
    assert course.price(first, 50) == 10_000 and course.price(first, 50 + 4 * MINUTE) == 8_000
    assert course.ended(first, 50 + 4 * MINUTE) and not course.ended(first, 49 + 4 * MINUTE)
    assert course.ends_ns(first) == 50 + 4 * MINUTE and course.progress(first, 50 + 2 * MINUTE) == 0.5
    second = course.begin(2, 50 + 4 * MINUTE, 0, 8_000)
    assert course.price(second, 50 + 8 * MINUTE) == pytest.approx(6_400)


def test_a_round_that_begins_far_from_the_venues_first_price_leads_back_to_it():
    """FEED-003"""
    course = straight(*[70_000] * 100)
    assert course.begin(2, 0, 0, 4_000, 10_000).drift == 1.0
    walk = course.begin(9, 0, 0, 1_000, 10_000)
    prices = [course.price(walk, minute * MINUTE) for minute in range(101)]
    assert prices[0] == pytest.approx(1_000) and prices[-1] == pytest.approx(10_000)
    assert all(1.0 < after / before < 1.03 for before, after in zip(prices, prices[1:]))


def test_a_synthetic_market_has_the_volatility_it_was_asked_for_and_jumps():
    """FEED-010"""
    steps = 20 * 1440 * 3
    logs = log_returns(5, steps, 0.8, 0.0)
    a_year = np.diff(logs).std() * np.sqrt(365 * 1440 * 3)
    assert 0.6 < a_year < 1.1
    jumping = np.diff(log_returns(5, steps, 0.8, 10.0) - logs)
    assert 120 < (np.abs(jumping) > 0.005).sum() < 280 and np.abs(jumping).max() < 0.031


def test_synthetic_rounds_differ_and_the_first_has_a_lead():
    """FEED-010"""
    settings = parse("synthetic,price=2000,seed=3")
    one, two = synthetic_path(settings, 1, 500), synthetic_path(settings, 2, 500)
    assert one.minutes == MINUTES and one.focus[0] == 500 and two.focus[0] == 0
    assert abs(one.prices[0, 0] / 200_000 - 1) < 0.01 and (one.prices != two.prices).any()
    assert (synthetic_path(settings, 2, 500).prices == two.prices).all()
