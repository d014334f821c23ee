"""The funding walk, cut into any budget: everybody ends with the same cash."""
from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from risk_world import PPB, RiskWorld

from steelyard.kernel import load_plain
from steelyard.units import HOUR

broken = load_plain("engine.invariants").broken
HOLDERS = 40


def after_a_stamp(budget):
    """Cash of every account after three stamps at a third of a per cent, with trades between, at this work budget."""
    draw = random.Random(5)
    world = RiskWorld(funding_interval_ns=HOUR, funding_offset_ns=0, premium_sample_ns=0, interest_ppb=3_333_333,
                      funding_clamp_ppb=PPB, funding_cap_ppb=PPB, funding_step_cap_ppb=0, funding_delayed=0)
    accounts = range(16, 16 + HOLDERS)
    world.open_accounts(*accounts, atoms=1_000_000)
    for number in range(60):
        world.trade(*draw.sample(accounts, 2), draw.randint(1, 7), 1_000, seconds=2 + number)
    world.state.work_budget = budget
    for hour in (1, 2, 3):
        world.advance(hour * 3_600)
        for _touch in range(5):         # whoever trades while the walk is under way is booked by the trade
            world.trade(*draw.sample(accounts, 2), 1, 1_000)
            assert broken(world.state) == []
        for _step in range(HOLDERS):
            world.advance(hour * 3_600 + 1)
    assert world.state.funding_rows_left == 0 and broken(world.state) == []
    return [world.equity(account) for account in accounts], world.system(world.records.DUST_ACCOUNT)


@pytest.mark.parametrize("budget", [1, 2, 7, 256])
def test_any_budget_books_the_same_funding(budget):
    """FUND-006, FUND-009"""
    cash, dust = after_a_stamp(budget)
    assert (cash, dust) == after_a_stamp(1_000)
    assert len(set(cash)) > 5 and dust > 0, "funding was exchanged and left dust"
