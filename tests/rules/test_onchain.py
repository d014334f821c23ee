"""CHNM: rules of other on-chain venues, beyond their published examples."""
import doctest

from steelyard.rules import onchain
from steelyard.units import PPB


def test_the_examples_in_the_docstrings_run():
    """CHNM-001 CHNM-003 CHNM-008"""
    result = doctest.testmod(onchain)
    assert result.attempted >= 3 and result.failed == 0


def test_CHNM_001_the_worse_side_decides():
    """CHNM-001 Orders carry no slippage; without size and orders nothing is asked."""
    assert onchain.slippage_maintenance(0, 0, 0, 100, PPB, PPB, PPB, PPB) == 0
    assert onchain.slippage_maintenance(2, 0, 5, 100, PPB // 10, PPB // 100, PPB // 10, PPB // 10) == 50
    assert onchain.slippage_maintenance(2, 5, 0, 100, PPB // 10, PPB // 100, PPB // 10, PPB // 10) == 94


def test_CHNM_002_without_bounds_the_payment_is_interest():
    """CHNM-002"""
    assert onchain.clamped_payment(1_700, 1_600, PPB // 100, -PPB, PPB) == 16


def test_CHNM_003_all_is_paid_and_nothing_more():
    """CHNM-003"""
    for collected in range(0, 120, 7):
        paid = onchain.haircut([10, 33, 57], collected)
        assert sum(paid) == min(100, collected) and paid[0] <= 10


def test_CHNM_004_005_an_even_pool_costs_nothing():
    """CHNM-004 CHNM-005"""
    assert onchain.skewed_fill(1_000, 0, 0, 10) == 1_000 == onchain.skewed_fill(1_000, 5, -10, 10)
    assert onchain.drifted_rate(5, 0, 10, PPB, 60) == 5 and onchain.drifted_funding(7, -7, 60, 10**9) == 0
    assert onchain.drifted_rate(0, 99, 10, PPB, onchain.DAY_S) == PPB


def test_CHNM_006_007_fees_take_more_and_shorts_go_the_other_way():
    """CHNM-006 CHNM-007"""
    sizes = [onchain.liquidated_size(10, 100, PPB // 10, fee, 0, 10**6) for fee in (0, PPB // 100, PPB // 50)]
    assert sizes == sorted(sizes) and sizes[0] == 10**6
    assert onchain.pair_liquidation_price(2_000, -10, 1_600, 50) > 2_000 > onchain.pair_liquidation_price(
        2_000, 10, 1_600, 50)
