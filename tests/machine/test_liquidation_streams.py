"""Crowded books and violent marks: streams of orders and marks alone, so that nearly every mark liquidates somebody."""
from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from risk_world import BUY, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain

broken = load_plain("engine.invariants").broken
MOVES = [.99, 1.01, .97, 1.03, .85, 1.15]


def violent(seed, steps):
    """A venue of two contracts with drawn rules and ``steps`` orders and marks; every invariant after each."""
    draw = random.Random(seed)
    pick = draw.choice
    inverse = pick([False, True])
    scale = 1_000 if inverse else 1
    terms = dict(
        adl_policy=pick([0, 1, 2, 3]), adl_cap_ppb=pick([PPB // 2, PPB]), socialize_losses=pick([0, 1]),
        disposal_limit_ppb=pick([0, PPB // 100, PPB // 20]), disposal_slice_ppb=pick([0, PPB // 4]),
        disposal_interval_ns=pick([0, 10**9]), fund_share_ppb=pick([PPB, PPB // 4]), step_down=1,
        close_fee_reserve=pick([0, 1]), taker_fee_ppb=pick([100_000, 500_000]), maker_fee_ppb=pick([0, -100_000]),
        liquidation_fee_ppb=pick([0, 1_000_000]), insurance_scope=pick([0, 1]), maintenance_basis=pick([0, 1]),
        initial_basis=pick([0, 1]))
    if inverse:
        terms.update(kind=2, lot_value_numerator=10**9, inverse_parts_per_lot=1, order_lots_max=1_000_000,
                     position_lots_max=1_000_000)
    tiers = pick([None, [(20_000 * scale, PPB // 10, PPB // 20), (50_000 * scale, PPB // 5, PPB // 10),
                         (1 << 57, PPB // 3, PPB // 6)]])
    world = RiskWorld(tiers=tiers, instruments=2, **terms)
    accounts = range(16, 30)
    for account in accounts:
        world.open_accounts(account, atoms=draw.randrange(1_000, 40_000) * scale)
        if draw.random() < .5:
            world.isolate(account, pick([2, 5, 10]))
    if draw.random() < .5:
        world.fund(draw.randrange(1, 20_000) * scale)
    mark, second = [0, 1_000, 1_000], 2
    for _step in range(steps):
        second += pick([0, 0, 1])
        instrument, roll = pick([1, 2]), draw.random()
        if roll < .75:
            price = max(1, int(mark[instrument] * draw.uniform(.93, 1.07)))
            world.order(pick(accounts), pick([BUY, SELL]), pick([1, 5, 20, 40]), price, second, instrument)
        elif roll < .97:
            move = .5 if draw.random() < .01 else pick(MOVES)
            mark[instrument] = max(10, int(mark[instrument] * move))
            world.mark(mark[instrument], instrument, second)
        else:
            world.advance(second)
        world.check()
        assert broken(world.state) == [], f"seed {seed}, step {_step}"
    return Counter(world.kinds(world.events))


@pytest.mark.parametrize("seed", range(10))
def test_every_invariant_holds_through_violent_marks(seed):
    """LIQD-005, LIQD-010, LIQD-013, LOSS-001, ADLV-005"""
    kinds = violent(seed, 260)
    assert kinds["LIQUIDATION_STARTED"] == kinds["LIQUIDATION_ENDED"] > 0 and kinds["POSITION_TAKEN_OVER"] > 0
