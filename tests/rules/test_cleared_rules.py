"""Settlement tiers, the reference rate, the breaker, the waterfall and SPAN for futures, against dumber twins."""
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel import load_plain
from steelyard.rules import daily_settlement, reference_rate, span, waterfall
from steelyard.units import HOUR, PPB

breaker = load_plain("rules.breaker")
TRADES = st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=1, max_size=40)


# ---------------------------------------------------------------- reference rate
def naive_median(trades):
    """Each price written down as often as it was traded; the lower of the two in the middle."""
    written = sorted(price for price, size in trades for _one in range(size))
    return written[(len(written) - 1) // 2]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9)), min_size=1, max_size=20), st.randoms())
def test_BRRR_001_the_median_is_the_middle_of_all_units_traded(trades, chance):
    """BRRR-001 Against a list of every unit; the order of trades does not matter, splitting one does not either."""
    expected = naive_median(trades)
    assert reference_rate.weighted_median(trades) == expected
    split = [(price, 1) for price, size in trades for _one in range(size)]
    chance.shuffle(split)
    assert reference_rate.weighted_median(split) == expected


@settings(max_examples=200, deadline=None)
@given(TRADES, st.integers(1, 10**6))
def test_BRRR_001_one_unit_far_away_moves_no_median_of_more(trades, far):
    """BRRR-001 The median lies among the prices and rises when all prices do."""
    median = reference_rate.weighted_median(trades)
    assert min(price for price, _size in trades) <= median <= max(price for price, _size in trades)
    assert reference_rate.weighted_median([(price + far, size) for price, size in trades]) == median + far


def test_BRRR_002_boundaries_belong_to_the_later_part():
    """BRRR-002"""
    part = HOUR // 12
    assert [reference_rate.partition_of(time, 0, HOUR) for time in (-1, 0, part - 1, part, HOUR - 1, HOUR)] == [
        -1, 0, 0, 1, 11, -1]


def test_BRRR_003_a_captured_part_moves_the_rate_by_a_twelfth():
    """BRRR-003 D3 Eleven at 101, one at 113 and at 200; parts without trades do not count; none at all, no rate."""
    def rate(last, parts=12):
        trades = [(number * (HOUR // 12), 101_00, 5) for number in range(parts - 1)]
        return reference_rate.reference_rate([*trades, (HOUR - 1, last, 1)], 0, HOUR)
    assert (rate(113_00), rate(200_00)) == (102_00, 109_25)
    assert rate(113_00, parts=3) == 105_00
    assert reference_rate.reference_rate([(HOUR, 1, 1)], 0, HOUR) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, HOUR - 1), st.integers(1, 10**7), st.integers(1, 10**6)), min_size=1))
def test_BRRR_003_against_fractions(trades):
    """BRRR-003 The mean of naive medians of naive parts, half up."""
    parts = {}
    for time, price, size in trades:
        parts.setdefault(time // (5 * 60 * 10**9), []).append((price, size))
    mean = Fraction(sum(reference_rate.weighted_median(part) for part in parts.values()), len(parts))
    assert reference_rate.reference_rate(trades, 0, HOUR) == int(mean + Fraction(1, 2))


# ---------------------------------------------------------------- daily settlement
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**15), st.integers(1, 10**6), st.integers(1, 10**4), st.integers(0, 10**9))
def test_DSET_001_nearest_tick(numerator, denominator, tick, prior):
    """DSET-001 Never further than half a tick, and halfway toward the prior settlement."""
    price = daily_settlement.to_tick(numerator, denominator, tick, prior)
    off = Fraction(numerator, denominator) - price
    assert price % tick == 0 and abs(off) <= Fraction(tick, 2)
    if abs(off) == Fraction(tick, 2):
        assert prior <= price if off > 0 else prior > price - tick


def test_DSET_002_to_004_the_first_tier_that_has_a_price():
    """DSET-002 DSET-003 DSET-004 D1 Trades, else quotes, else carry."""
    def settle(trades=(), bid=0, ask=0, prior=19_000_00):
        return daily_settlement.lead_settlement(trades, bid, ask, 60_000_00, 30, 40_000_000, 5_00, prior)
    assert settle([(19_100_00, 2), (19_110_00, 1)], 19_000_00, 19_005_00) == 19_105_00
    assert settle(bid=19_095_00, ask=19_110_00) == 19_100_00
    assert settle(bid=19_095_00, ask=19_110_00, prior=20_000_00) == 19_105_00
    assert settle(ask=19_110_00) == 60_195_00
    assert daily_settlement.carry(60_000_00, 30, 40_000_000) == 60_197_26


def test_DSET_005_the_second_month_stands_on_the_lead():
    """DSET-005 Average of the window, else the last trade within the quotes; a spread may be negative."""
    spread = daily_settlement.spread_settlement
    assert 19_105_00 + spread([], 140_00, 142_00, 146_00, 1_00) == 19_247_00
    assert spread([], 150_00, 142_00, 146_00, 1_00) == 146_00
    assert spread([], 150_00, None, None, 1_00) == 150_00
    assert spread([(141_00, 1), (142_00, 2)], 0, None, None, 1_00) == 142_00
    assert spread([(-141_00, 1), (-142_00, 2)], 0, None, None, 1_00) == -142_00


# ---------------------------------------------------------------- breaker, waterfall, SPAN
@settings(max_examples=200, deadline=None)
@given(st.integers(1, 1 << 24), st.integers(0, PPB), st.integers(1, 1 << 24), st.integers(0, 1 << 20))
def test_BRKR_001_002_limits(settlement, share, low, span_ticks):
    """BRKR-001 BRKR-002 The variant is whole ticks, not more than the share; limits lie around the window."""
    variant = breaker.variant_ticks(settlement, share)
    assert variant * PPB <= settlement * share < (variant + 1) * PPB
    high = low + span_ticks
    assert breaker.upper_limit_ticks(low, variant) - low == high - breaker.lower_limit_ticks(high, variant) == variant


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**11), max_size=6))
def test_LOSS_010_nothing_is_lost_in_the_waterfall(loss, amounts):
    """LOSS-010 LOSS-011 Layers and the rest make the loss; a later layer pays only when the earlier are empty."""
    paid, left = waterfall.pay_by_layers(loss, [(str(number), amount) for number, amount in enumerate(amounts)])
    assert sum(part for _name, part in paid) + left == loss
    for at, (_name, part) in enumerate(paid):
        assert part <= amounts[at]
        if part < amounts[at]:
            assert left == 0 and all(later == 0 for _name, later in paid[at + 1:])
    assert waterfall.assessment_cap(6_154_113_094, 2_750_000_000) == 16_923_811_009


@pytest.mark.parametrize(("lots", "scan_range"), [(1, 700), (-3, 1_600), (7, 2_400)])
def test_SPAN_001_to_004_scan_risk_of_futures(lots, scan_range):
    """SPAN-001 SPAN-002 SPAN-003 SPAN-004 Of futures alone the scan risk is the range times the lots, on either side;
    an array and its negative cancel."""
    array = span.future_array(scan_range, lots)
    assert span.scan_risk(array) == abs(lots) * scan_range
    assert [one + other for one, other in zip(array, span.future_array(scan_range, -lots))] == [0] * 16
    assert span.scenario_with_credit(10, -10, PPB) == 0
    assert span.credited(6_000, 550_000_000) == 2_700
