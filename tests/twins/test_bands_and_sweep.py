"""Bands against the full sweep, and against the plainest arithmetic of all: nobody is missed, nobody is taken early."""
from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from risk_world import ANN, BOB, PPB, RiskWorld

from steelyard.kernel import load_plain
from steelyard.units import HOUR

sweep = load_plain("engine.sweep")
broken = load_plain("engine.invariants").broken
COUNT = 60


def short_groups(world):
    """Groups (row, isolated) at or below maintenance, by the sweep."""
    result = sweep.new_result()
    count = sweep.sweep_groups(world.engine.states, result)
    return {(int(result[0].short[at].row), int(result[0].short[at].isolated)) for at in range(count)}


def obvious_short_groups(world):
    """The same by hand: 5 % of the entry value, whole, one tier, no reserve; linear contracts of one atom a unit."""
    state, equity, needed, held = world.state, {}, {}, set()
    for row in range(1, int(state.positions_pool.high_water) + 1):
        position = state.positions[row]
        group = (row, 1) if position.isolated else (int(position.wallet), 0)
        cash = position.collateral_atoms if position.isolated else state.wallets[position.wallet].balance_atoms
        equity.setdefault(group, int(cash))
        needed.setdefault(group, 0)
        if position.size_lots:
            held.add(group)
            mark = state.instruments[position.instrument].mark_price_units
            equity[group] += int(position.size_lots) * int(mark) - int(position.entry_value_atoms)
            needed[group] += -(-abs(int(position.entry_value_atoms)) // 20)
    return {group for group in held if equity[group] <= needed[group]}


def crowd(seed):
    """A venue of two contracts in which 60 accounts, cross and isolated, traded with each other at many leverages."""
    draw, world = random.Random(seed), RiskWorld(instruments=2, disposal_limit_ppb=PPB // 10)
    world.fund(10**9)
    for number in range(COUNT):
        account = 16 + number
        world.open_accounts(account, atoms=draw.randint(2_000, 60_000))
        for instrument in (1, 2):
            if draw.random() < 0.4:
                world.isolate(account, draw.choice([2, 5, 10]), instrument)
    for _number in range(6 * COUNT):
        buyer, seller = draw.sample(range(16, 16 + COUNT), 2)
        world.trade(buyer, seller, draw.randint(1, 40), draw.randint(985, 1_015), instrument=draw.choice([1, 2]))
    for number in range(COUNT):
        world.send("CANCEL_ORDERS", account=16 + number)
    return draw, world


@pytest.mark.parametrize("seed", range(6))
def test_a_mark_takes_exactly_those_whom_the_sweep_finds(seed):
    """BAND-001, BAND-006: with the queues held back, who enters the ring at a mark is who stands short at it."""
    draw, world = crowd(seed)
    state, marks = world.state, {1: 1_000, 2: 1_000}
    for _move in range(60):
        instrument = draw.choice([1, 2])
        marks[instrument] = max(20, int(marks[instrument] * draw.choice([.999, 1.001, .99, 1.01, .97, 1.03, .9, 1.1])))
        before = {key: state.liquidation_ring.count for key in ("ring",)}
        state.work_budget = 0
        world.mark(marks[instrument], instrument)
        expected = short_groups(world)
        assert expected == obvious_short_groups(world)
        assert before["ring"] == 0
        drain_marks(world)
        assert ring(world) == expected
        state.work_budget = 100_000
        world.advance(2)
        assert broken(state) == []
        assert short_groups(world) == set()


def drain_marks(world):
    """Only the look at the bands: what a mark crossed enters the ring, nothing is liquidated yet."""
    dispatch = load_plain("engine.dispatch")
    while world.state.moved_ring.count:
        dispatch.drain_moved(world.state, world.engine.outs[0], 1_000)


def ring(world):
    """Groups in the liquidation ring."""
    state = world.state
    entries = (state.liquidations[state.liquidation_ring.head + step] for step in range(state.liquidation_ring.count))
    return {(int(case.row), int(case.isolated)) for case in entries}


def test_a_mark_that_crosses_nobody_looks_at_nobody():
    """BAND-001: small steps inside the bands examine a few groups in a thousand."""
    _draw, world = crowd(99)
    world.advance(2)
    examined, bands = [], load_plain("engine.bands")
    original = bands.examine_position
    bands.examine_position = lambda *arguments: (examined.append(arguments[1]), original(*arguments))
    try:
        for step in range(200):
            world.mark(1_000 + step % 2)
    finally:
        bands.examine_position = original
    assert len(examined) <= 3 * COUNT


@pytest.mark.parametrize("halted", [False, True])
def test_a_new_funding_rate_alone_can_end_a_group(halted):
    """BAND-001, MARG-010: the first stamp charges nothing but sets a rate that payers must hold: nobody is missed."""
    world = RiskWorld(funding_interval_ns=HOUR, funding_offset_ns=0, premium_sample_ns=0, interest_ppb=PPB // 100,
                      funding_clamp_ppb=PPB, funding_cap_ppb=PPB // 20, funding_delayed=1, funding_in_maintenance=1)
    world.deposit(ann=11_000, bob=100_000)
    world.trade(ANN, BOB, 100, 1_000, seconds=5)
    world.mark(943, seconds=6)                   # equity 5,300: above 5 % of entry, below 6 %
    assert world.size(ANN) == 100 and broken(world.state) == []
    if halted:
        world.send("SET_INSTRUMENT_STATE", instrument=1, value=world.codes.STATE_HALTED)
    world.advance(3_601)
    assert broken(world.state) == []
    assert world.of(world.events, "LIQUIDATION_STARTED") != []
