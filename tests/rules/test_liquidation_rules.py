"""LIQD: prices of values, for every kind and side, against brute force."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel import load_plain

RULE = load_plain("rules.liquidation")
CONTRACT = load_plain("rules.contract")
RECORDS = load_plain("engine.records")
LINEAR, INVERSE = 1, 2


def terms(kind, numerator, per_tick=1, low=1, high=400):
    row = RECORDS._plain_maker(RECORDS.TERMS)()
    row.kind, row.lot_value_numerator, row.inverse_parts_per_lot = kind, numerator, 1
    row.mark_units_per_tick, row.price_ticks_min, row.price_ticks_max = per_tick, low, high
    return row


kinds = st.tuples(st.sampled_from([LINEAR, INVERSE]), st.integers(1, 50_000))
sizes = st.integers(-50, 50).filter(bool)


@given(kinds, sizes, st.integers(-60_000, 60_000), st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_LIQD_006_the_nearest_tick_that_is_worth_enough(kind, size, value, per_tick):
    """LIQD-006 Every tick of the range is tried: the lowest for a long, the highest for a short, 0 where none is worth
    enough."""
    row = terms(*kind, per_tick=per_tick, low=5)
    enough = [ticks for ticks in range(row.price_ticks_min, row.price_ticks_max + 1)
              if size * CONTRACT.unit_value(row, ticks * per_tick) >= value]
    expected = 0 if not enough else min(enough) if size > 0 else max(enough)
    assert RULE.ticks_at_value(row, size, value) == expected


@given(kinds, sizes, st.integers(1, 300), st.integers(1, 300), st.integers(-5_000, 5_000))
@settings(max_examples=200, deadline=None)
def test_LIQD_005_a_takeover_gives_up_exactly_the_share(kind, size, entry, mark, share):
    """LIQD-005 Realized profit at the takeover value is unrealized profit less the share of equity."""
    row = terms(*kind)
    cost = size * CONTRACT.unit_value(row, entry)
    value = size * CONTRACT.unit_value(row, mark)
    assert RULE.takeover_value(value, share) - cost == (value - cost) - share


@pytest.mark.parametrize("cost, margin, maintenance, initial, cross, liquidation, bankruptcy", [
    (39_260_000, 13_125_928, 435_787, 13_086_667, 0, 26_569_859, 26_173_333),       # B01
    (-26_459, 26_499, 173, 26_459, 0, -52_785, -52_918),                             # B02
    (756_060, 8_134, 4_712, 7_561, 100, 752_638, 748_399),           # a short with a loss drawn from its wallet
])
def test_LIQD_002_LIQD_003_values_of_both_sides(cost, margin, maintenance, initial, cross, liquidation, bankruptcy):
    """LIQD-002 LIQD-003 One formula for every kind and side, by sign."""
    assert RULE.liquidation_value(cost, margin, maintenance) == liquidation
    assert RULE.bankruptcy_value(cost, initial, cross) == bankruptcy


def test_LIQD_004_rebates_count_against():
    """LIQD-004 A rebate lowers a long's break-even value."""
    assert RULE.breakeven_value(39_260_000, 26_500) == 39_286_500
    assert RULE.breakeven_value(756_060, -189) == 755_871
