"""Measures: what they count, what they refuse to claim, what the headline numbers say."""

import pytest
from small_results import made_up

from steelyard.lab.metrics import comparisons, measure, summary, verdict


def test_totals_of_a_made_up_replay():
    """LABS-006: one count per forced contract at the mark; fills that dispose of it are not counted again."""
    s = summary(made_up(forced=100))
    assert s["forced_usd"] == 100_000 and s["forced_long_usd"] == 50_000
    assert s["liquidations"] == 100 and s["accounts_liquidated"] == 10 and s["accounts"] == 10
    assert s["fund_start"] - s["fund_low"] == 100 and s["fund_paid"] == 10_000
    assert s["past_bankruptcy_lots"] * 2 == s["disposed_lots"] == 100_000
    assert s["half_hour"] == (made_up().path.build_up, 30_000)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("fund_fall_coins", 100.0),
        ("fund_recovery_coins", 100.0),
        ("calm_leverage", None),
        ("deleveraged_usd", 0.0),
        ("forced_long_share", 0.5),
        ("open_interest_fall_share", 0.0),
        ("bid_depth_min_usd", 50_000.0),
        ("liquidated_usd:2020-03-13", 0.0),
        ("liquidated_usd:2019-01-01", None),
        ("calm_long_share", None),
        ("worst_half_hour_share", 0.3),
    ],
)
def test_measures(metric, value):
    """LABS-006"""
    assert measure(made_up(forced=100), metric) == value


def test_nothing_happened_is_a_result_too():
    s = summary(made_up())
    assert s["forced_usd"] == 0 and s["liquidations"] == 0 and s["fund_low"] == s["fund_start"]
    assert measure(made_up(), "calm_leverage") is None


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("published band", 5.0, "inside"),
        ("published band", 11.0, "above"),
        ("published band", 0.0, "below"),
        ("direction only", 5.0, "agrees"),
        ("direction only", 11.0, "does not agree"),
        ("exact", None, "not measured in this window"),
    ],
)
def test_a_direction_never_validates_a_magnitude(kind, value, text):
    """LABS-006"""
    assert verdict({"low": 1.0, "high": 10.0, "kind": kind}, value) == text


@pytest.mark.parametrize("preset", ["covid-2020-03", "may-2021", "october-2025"])
def test_every_published_figure_has_rule_source_class_and_measure(preset):
    """LABS-006"""
    rows = comparisons(made_up(forced=100, preset=preset))
    assert rows
    for row in rows:
        assert row["rule"] and row["source"] and row["low"] <= row["high"] and row["verdict"]
