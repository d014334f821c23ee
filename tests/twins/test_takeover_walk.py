"""The walk that passes over takeovers a mark leaves as they are, against a look at every one: the same events."""
from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from risk_world import BUY, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain

disposal = load_plain("engine.disposal")


def told(seed, steps):
    """The events of a venue without a disposal limit, where takeovers wait at their own price through violent marks."""
    draw = random.Random(seed)
    world = RiskWorld(instruments=2, disposal_limit_ppb=0, adl_policy=seed % 4, fund_share_ppb=PPB // 2, step_down=1,
                      disposal_slice_ppb=(0, PPB // 4)[seed % 2], taker_fee_ppb=100_000)
    accounts = range(16, 36)
    for account in accounts:
        world.open_accounts(account, atoms=draw.randrange(1_000, 20_000))
        if draw.random() < .5:
            world.isolate(account, draw.choice([5, 10]))
    world.fund(draw.randrange(1_000, 100_000))
    mark, second = [0, 1_000, 1_000], 2
    for _step in range(steps):
        second += draw.choice([0, 1])
        instrument = draw.choice([1, 2])
        if draw.random() < .6:
            price = max(1, int(mark[instrument] * draw.uniform(.93, 1.07)))
            account, side, lots = draw.choice(accounts), draw.choice([BUY, SELL]), draw.choice([1, 5, 20])
            world.order(account, side, lots, price, second, instrument)
        else:
            mark[instrument] = max(10, int(mark[instrument] * draw.choice([.93, .99, 1.01, 1.05])))
            world.mark(mark[instrument], instrument, second)
    return [event.tobytes() for event in world.events]


@pytest.mark.parametrize("seed", range(1, 7))
def test_passing_over_changes_nothing(seed, monkeypatch):
    """LIQD-011"""
    passed, looks = [0], disposal.stays_as_it_is

    def counted(state, row):
        answer = looks(state, row)
        passed[0] += answer
        return answer
    monkeypatch.setattr(disposal, "stays_as_it_is", counted)
    short = told(seed, 300)
    assert passed[0] > 0
    monkeypatch.setattr(disposal, "stays_as_it_is", lambda state, row: False)
    assert told(seed, 300) == short
