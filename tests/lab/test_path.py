"""Paths: presets hit their points, bars are walked in the stated order, the same seed gives the same path."""

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.lab.path import SUBSTEPS, bars_path, bridge, load_path, preset_names
from steelyard.units import MINUTE

PRESETS = {
    "covid-2020-03": ("XBTUSD", 3596_00),
    "may-2021": ("XBTUSD", 28157_00),
    "october-2025": ("XBTUSDT", 101516_50),
    "wind-down-2026": ("XBTUSD", 74000_00),
}


def bars(folder, rows, minutes=1):
    """A file of bars (minute, high, low, close)."""
    file = folder / "bars.parquet"
    polars.DataFrame(
        {
            "time": [minute * minutes * 60_000 for minute, *_ in rows],
            "high": [row[1] for row in rows],
            "low": [row[2] for row in rows],
            "close": [row[3] for row in rows],
        },
        schema_overrides={"high": polars.Float64, "low": polars.Float64, "close": polars.Float64},
    ).with_columns(polars.col("time").cast(polars.Datetime("ms", "UTC"))).write_parquet(file)
    return file


@pytest.mark.parametrize("name", PRESETS)
def test_presets_hit_every_published_point(name):
    """LABS-002"""
    path = load_path(name)
    closes = path.prices[:, -1]
    symbol, low = PRESETS[name]
    assert path.symbol == symbol and path.prices.min() == low
    assert [closes[minute] for minute, _ in path.points] == [price for _, price in path.points]
    assert path.prices.max() == path.points[:, 1].max() and len(path.points) > (3 if path.plays_calendar else 40)
    assert 0 < path.build_up < path.focus[0] < path.focus[1] < path.minutes


def test_preset_names_are_these():
    assert set(preset_names()) == set(PRESETS)


def test_same_seed_same_path_other_seed_other_path():
    """LABS-004"""
    assert load_path("may-2021", 7).digest() == load_path("may-2021", 7).digest() != load_path("may-2021", 8).digest()


def test_a_bridge_without_noise_is_a_straight_line():
    """LABS-002: points (0, 100.00) and (10, 90.00)."""
    closes = bridge(np.array([[0, 10_000], [10, 9_000]]), 7, 0.0, 0.0)
    assert closes.tolist() == [10_000 - 100 * minute for minute in range(11)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(100_000, 9_000_000)), min_size=2, max_size=12),
    st.integers(0, 2**63),
)
def test_a_bridge_hits_its_points_and_stays_between_extremes(steps, seed):
    """LABS-002"""
    minutes = np.cumsum([0] + [gap for gap, _ in steps[1:]])
    grid = np.array(list(zip(minutes, [price for _, price in steps], strict=True)), np.int64)
    closes = bridge(grid, seed, 10.0, 0.35)
    assert closes[grid[:, 0]].tolist() == grid[:, 1].tolist()
    assert closes.min() == grid[:, 1].min() and closes.max() == grid[:, 1].max()


def test_bars_of_one_minute_in_the_stated_order(tmp_path):
    """LABS-003: falling bars high, low, close; others low, high, close; the first bar has no previous close."""
    file = bars(tmp_path, [(0, 101, 99, 100), (1, 103, 95, 97), (2, 98, 94, 98)])
    path = bars_path(file)
    assert path.prices.tolist() == [[9900, 10100, 10000], [10300, 9500, 9700], [9400, 9800, 9800]]
    assert "high, low, close" in path.order_note and path.minutes == 3


def test_missing_bars_keep_the_previous_close(tmp_path):
    """LABS-003"""
    path = bars_path(bars(tmp_path, [(0, 101, 99, 100), (1, 101, 99, 100), (4, 99, 90, 95)]))
    assert path.prices.tolist()[2:4] == [[10000] * SUBSTEPS] * 2
    assert path.prices[4].tolist() == [9900, 9000, 9500] and "2 missing bar(s)" in path.order_note


def test_bars_of_five_minutes_are_walked_through_their_extremes(tmp_path):
    """LABS-003"""
    path = bars_path(bars(tmp_path, [(0, 100, 100, 100), (1, 110, 80, 90)], minutes=5))
    flat = path.prices.reshape(-1)[15:]
    assert path.minutes == 10 and [flat[4], flat[9], flat[14]] == [11000, 8000, 9000]
    assert np.all(np.diff(flat[:5]) > 0) and np.all(np.diff(flat[4:10]) < 0)


def test_closes_only(tmp_path):
    path = bars_path(bars(tmp_path, [(0, 101, 99, 100), (1, 200, 50, 97)]), intra_bar="close")
    assert path.prices[1].tolist() == [9900, 9800, 9700]


@pytest.mark.parametrize(
    "columns, message",
    [
        ({"time": [0], "high": [1.0]}, "missing column"),
        ({"time": [0], "high": [1.0], "low": [1.0], "close": [1.0]}, "fewer than two bars"),
    ],
)
def test_unusable_files_are_refused_by_name(tmp_path, columns, message):
    file = tmp_path / "odd.parquet"
    polars.DataFrame(columns).with_columns(polars.col("time").cast(polars.Datetime("ms", "UTC"))).write_parquet(file)
    with pytest.raises(ValueError, match=message):
        load_path(file)


def test_an_unknown_name_lists_the_presets():
    with pytest.raises(FileNotFoundError, match="covid-2020-03"):
        load_path("covid")


def test_times_are_the_ends_of_minutes():
    """LABS-001"""
    path = load_path("covid-2020-03")
    assert path.times_ns()[0] == path.start_ns + MINUTE and path.prices.dtype == np.int64
