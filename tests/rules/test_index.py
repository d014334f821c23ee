"""INDX: average, median and distance, in both forms; the protection rules themselves are tested on the engine."""
import importlib
from fractions import Fraction
from statistics import median_low

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel import load_plain
from steelyard.units import PPB

UNITS_MAX = 1 << 40
rules = load_plain("rules.index")
prices = st.integers(1, UNITS_MAX)
weights = st.integers(1, PPB)
sources = st.lists(st.tuples(weights, prices, st.sampled_from((0, 1, 1, 1, 2, 3))), min_size=1, max_size=8)


def load(form):
    """The index rules in a form."""
    return rules if form.name == "plain" else importlib.import_module("steelyard.rules.index")


def an_index(form, rows):
    """An index whose sources are (weight, price, state)."""
    index = form.row(form.records.INDEX)
    for number, (weight, price, state) in enumerate(rows):
        index.sources[number].weight_ppb = weight
        index.sources[number].price_units = price
        index.sources[number].state = state
    return index


def test_the_table_has_as_many_sources_as_the_rules_look_at(form):
    """INDX-001 The bound is written twice, because rules know no tables."""
    assert load(form).INDEX_SOURCES_MAX == form.records.INDEX_SOURCES_MAX


@pytest.mark.parametrize("rows, average", [
    ([(333_333_333, 100, 1)] * 3, 100),
    ([(380_700_000, 3_700_000, 1), (288_100_000, 3_700_200, 1), (202_800_000, 3_699_900, 1),
      (73_400_000, 3_700_100, 1), (55_000_000, 3_699_800, 1)], 3_700_034),          # .BXBT of 15 Jan 2021
    ([(1, 100, 1), (1, 101, 1)], 101),                                               # half up
    ([(500_000_000, 100, 1), (500_000_000, 300, 3)], 100),                           # an outlier does not count
    ([(0, 100, 0)], 0),
    ([(PPB, UNITS_MAX, 1)] * 8, UNITS_MAX),
])
def test_INDX_001_weighted_average(form, rows, average):
    """INDX-001 Weights are renormalized over the active sources; the average is rounded half up."""
    assert load(form).weighted_price(an_index(form, rows)) == average


@settings(max_examples=300, deadline=None)
@given(sources)
def test_INDX_001_average_is_exact(plain, rows):
    """INDX-001 The split sums give the exactly rounded average, between the lowest and the highest active price."""
    active = [(weight, price) for weight, price, state in rows if state == 1]
    average = rules.weighted_price(an_index(plain, rows))
    if not active:
        assert average == 0
        return
    exact = Fraction(sum(w * p for w, p in active), sum(w for w, _ in active))
    assert average == (exact + Fraction(1, 2)).__floor__()
    assert min(p for _, p in active) <= average <= max(p for _, p in active)


@settings(max_examples=300, deadline=None)
@given(sources)
def test_INDX_002_median(plain, rows):
    """INDX-002 The median of the active prices; of an even number the mean of the middle two, rounded down."""
    active = sorted(price for _, price, state in rows if state == 1)
    found = rules.median_price(an_index(plain, rows))
    if not active:
        assert found == 0
    elif len(active) % 2:
        assert found == median_low(active)
    else:
        assert found == (active[len(active) // 2 - 1] + active[len(active) // 2]) // 2


def test_INDX_002_median_in_both_forms(form):
    """INDX-002 Equal prices do not confuse the ranks."""
    rows = [(1, 5, 1), (1, 5, 1), (1, 5, 1), (1, 9, 1), (1, 1, 2), (1, 7, 1), (1, 5, 1)]
    assert load(form).median_price(an_index(form, rows)) == 5


@settings(max_examples=300, deadline=None)
@given(prices, prices, st.integers(0, PPB), st.sampled_from((1, 2)))
def test_INDX_003_distance_is_exact(price, reference, share, parts):
    """INDX-003 'Further than' is decided without rounding."""
    expected = Fraction(abs(price - reference)) > Fraction(reference * share, parts * PPB)
    assert rules.lies_beyond(price, reference, share, parts) == expected


def test_INDX_003_at_the_edge_is_not_beyond(form):
    """INDX-003 75 and 125 are within 25 % of 100; 74 and 126 are not; of two sources half of that counts."""
    beyond = load(form).lies_beyond
    assert [bool(beyond(p, 100, PPB // 4, 1)) for p in (74, 75, 125, 126)] == [True, False, False, True]
    assert [bool(beyond(p, 1000, PPB // 4, 2)) for p in (874, 875, 1125, 1126)] == [True, False, False, True]
    assert bool(beyond(UNITS_MAX, 1, PPB, 1))
