"""MARG-033 to MARG-035, MODL-001 to MODL-005: a policy's rates and stages, buffers, calls, layers, swings."""
import pytest

from steelyard.kernel import load_plain
from steelyard.lab import margin_models
from steelyard.units import PPB

policy, clearing = load_plain("rules.policy"), load_plain("rules.clearing")
PERCENT = PPB // 100


@pytest.mark.parametrize("square", [0, 1, 2, 3, 4, 99, 10**9, 10**18, (1 << 62) - 1])
def test_a_root_is_the_smallest_that_will_do(square):
    """MARG-034: rounded up."""
    root = policy.root_up(square)
    assert root * root >= square and (root == 0 or (root - 1) ** 2 < square)


def test_initial_rate_is_the_larger_of_base_and_risk():
    """MARG-034: sqrt(9 %) is 30 %."""
    assert policy.policy_initial_ppb(20 * PERCENT, PPB, 9 * PERCENT) == 30 * PERCENT
    assert policy.policy_initial_ppb(20 * PERCENT, PPB, PERCENT) == 20 * PERCENT
    assert policy.policy_initial_ppb(0, PPB, PPB) == PPB


def test_close_out_never_passes_maintenance():
    """MARG-034: initial above maintenance above close-out, at every whole percent."""
    for percent in range(1, 101):
        initial = percent * PERCENT
        maintenance, close_out = policy.policy_maintenance_ppb(initial), policy.policy_close_out_ppb(initial)
        assert 0 < close_out < maintenance < initial
        assert (close_out > -(-initial // 3)) == (percent > 36)


@pytest.mark.parametrize("equity, stage", [(20, 0), (19, 1), (13, 1), (12, 2), (7, 2), (6, 3), (-1, 3)])
def test_stages(equity, stage):
    """MARG-035: at a threshold the better stage holds."""
    assert policy.stage_of(equity, 20, 13, 7) == stage


@pytest.mark.parametrize("available, buffer, warning", [
    (200, PPB, policy.FIRST_WARNING), (201, PPB + PERCENT, policy.NO_WARNING), (120, PPB // 5, policy.LAST_WARNING),
    (121, 21 * PERCENT, policy.FIRST_WARNING), (100, 0, policy.LIQUIDATED), (99, -PERCENT, policy.LIQUIDATED)])
def test_buffer_and_its_warnings(available, buffer, warning):
    """MARG-033: threshold 100, initial margin 200."""
    found = policy.liquidation_buffer_ppb(available, 100, 200)
    assert (found, policy.buffer_warning(found)) == (buffer, warning)


def test_a_huge_buffer_fits():
    """MARG-033: the most an account can hold over the least margin there is."""
    assert policy.buffer_warning(policy.liquidation_buffer_ppb(1 << 60, 0, 1)) == policy.NO_WARNING


def test_calls_layers_and_measures():
    """MODL-001 to MODL-005: thresholds, a waterfall that always adds up, and measures of flat paths."""
    assert not clearing.is_call_due(110, 100) and clearing.is_call_due(111, 100)
    for loss in range(0, 80):
        fund, rest = clearing.layer_pays(loss, 0, 50), clearing.layer_pays(loss, 50, 10)
        assert fund + rest + max(0, loss - 60) == loss
    assert margin_models.peak_to_trough([5, 5]) == 1 and margin_models.worst_rise([4, 8, 12], 2) == 2
    assert margin_models.filtered_return(0.01, 1, 1) == 0.01 and margin_models.stressed_margin(4, 4) == 4


def test_each_measure_of_a_margin_model_by_its_number():
    """MODL-002, MODL-003, MODL-004: the last layer of a waterfall takes what is left, half the volatility halves a
    return, no stress changes nothing."""
    assert clearing.layer_pays(7, 10, 5) == 0 and clearing.layer_pays(12, 10, 5) == 2
    assert margin_models.filtered_return(0.04, 2, 1) == 0.02
    assert margin_models.stressed_margin(8, 0) == 6


@pytest.mark.parametrize("computed, before, weight, rate", [
    (41_667, 12_500, 750_000_000, 34_375), (100, 50, 0, 100), (100, 50, PPB, 100), (-7, 0, PPB // 2, -3),
    (-9, 9, 1, 9)])
def test_a_rate_that_remembers_the_one_before(computed, before, weight, rate):
    """FUND-030: half up; weight 0 keeps no memory."""
    funding = load_plain("rules.funding")
    assert funding.smoothed_rate(computed, before, weight) == rate


def test_linear_weights_sum_up():
    """FUND-031"""
    assert load_plain("rules.funding").linear_weights(4) == 1 + 2 + 3 + 4
