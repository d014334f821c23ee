"""The stress table against the engine itself: publish the mark and see who is liquidated."""
import sys
from pathlib import Path

import numpy as np
import pytest
from survey_world import held_instruments, one_command, random_venue, survey_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "engine"))
from risk_world import RiskWorld

from steelyard import codes
from steelyard.api.tables import measures
from steelyard.engine.records import FIRST_TRADER_ACCOUNT
from steelyard.engine.sweep import kept_result, sweep_groups
from steelyard.kernel import COMPILED
from steelyard.units import PPB
from steelyard.views.risk_kernels import MOVES_PERCENT

pytestmark = pytest.mark.skipif(not COMPILED, reason="over the compiled engine")


def swept(engine, instrument: int) -> tuple[int, int, int, int]:
    """Groups at or below maintenance that hold the instrument, by the full sweep: their number, lots and value in it,
    and what their equity is short of zero; with the deficits of takeovers at the mark. Who is only to be called early
    (CALL-004) is named by the sweep too, and is not liquidated."""
    state, found = engine.state, []
    positions = engine.states["positions"][0][:int(state.positions_pool.high_water) + 1]
    count, unit = sweep_groups(engine.states, kept_result()), int(state.instruments[instrument].mark_unit_value_atoms)
    result = kept_result()[0]
    for number in range(count):
        row, isolated = int(result.short[number].row), int(result.short[number].isolated)
        mine = positions[row:row + 1] if isolated else positions[
            (positions["wallet"] == row) & (positions["isolated"] == 0)]
        lots = int(np.abs(mine["size_lots"][mine["instrument"] == instrument]).sum())
        if lots and not (state.early_calls and only_called(engine, row, isolated)):
            found.append((lots, max(0, -int(result.short_equity_atoms[number]))))
    shortfall, at = sum(short for _, short in found), int(state.instruments[instrument].first_takeover)
    while at:
        takeover = state.takeovers[at]
        shortfall += max(0, int(takeover.entry_value_atoms) - int(takeover.size_lots) * unit)
        at = int(takeover.next_takeover)
    return len(found), sum(lots for lots, _ in found), sum(lots for lots, _ in found) * abs(unit), shortfall


def only_called(engine, row: int, isolated: int) -> bool:
    """Whether a wallet's cross group is above its maintenance margin."""
    if isolated:
        return False
    _positions, wallets = measures(engine, np.array([], np.int64), np.array([row]))
    return int(wallets["equity_atoms"][0]) > int(wallets["maintenance_atoms"][0])


@pytest.mark.parametrize("first", range(0, 32, 8))
def test_the_stress_is_what_the_full_sweep_finds_at_those_marks(first):
    """MKTV-017: on random venues, linear, inverse and quanto, every margin method, isolated and cross."""
    assert sum(compared_with_the_sweep(seed) for seed in range(first, first + 8)) > 5


def compared_with_the_sweep(seed: int) -> int:
    """Groups found short over all moves of a venue's instruments, each as many as the full sweep finds."""
    engine, compared = random_venue(seed), 0
    for instrument in held_instruments(engine):
        row = engine.state.instruments[instrument]
        if row.terms.initial_basis == codes.BASIS_MARK and row.tier_count > 1:
            continue                                     # the sweep knows tiers as they stand, not as they would be
        before = int(engine.state.instruments[instrument].mark_price_units)
        for stress in survey_of(engine, instrument)["stress"]:
            events = engine.apply(one_command(codes.PUBLISH_MARK, instrument=instrument, value=stress["mark_units"]))
            assert not (events["kind"] == codes.REJECTED).any()
            expected = swept(engine, instrument)
            assert (stress["groups"], stress["liquidated_lots"], stress["liquidated_atoms"],
                    stress["shortfall_atoms"]) == expected, (instrument, stress["move_percent"])
            compared += expected[0]
        engine.apply(one_command(codes.PUBLISH_MARK, instrument=instrument, value=before))
    return compared


def crowd(seed: int, **terms):
    """Thirty accounts on every leverage, isolated and cross, against Ann; the book is empty. Returns the world."""
    draw, world = np.random.default_rng(seed), RiskWorld(
        "compiled", tiers=[(30_000, PPB // 50, PPB // 100), (120_000, PPB // 25, PPB // 50),
                           (1 << 57, PPB // 10, PPB // 20)], adl_policy=codes.ADL_NONE, disposal_limit_ppb=0, **terms)
    world.deposit(ann=10**9)
    for number in range(30):
        account, lots, side = FIRST_TRADER_ACCOUNT + 20 + number, int(draw.integers(1, 200)), int(draw.choice([1, -1]))
        world.open_accounts(account, atoms=int(lots * 1000 * draw.choice([0.12, 0.2, 0.3, 0.6])) + 50)
        if draw.random() < 0.5:
            world.isolate(account, int(draw.choice([2, 5, 10, 12])))
        buyer, seller = (account, FIRST_TRADER_ACCOUNT) if side > 0 else (FIRST_TRADER_ACCOUNT, account)
        world.trade(buyer, seller, lots, 1_000)
        world.send("CANCEL_ORDERS")                           # where the taker's margin did not suffice
    return world


@pytest.mark.parametrize(("seed", "terms"), [
    (1, {}), (2, dict(maintenance_basis=1)), (3, dict(maintenance_basis=1, initial_basis=1)),
    (4, dict(initial_basis=1)), (5, dict(maintenance_basis=1, initial_basis=1, close_fee_reserve=1,
                                         taker_fee_ppb=750_000, rate_method=codes.RATES_STEPS_MARGINAL))])
def test_who_the_engine_liquidates_when_the_mark_is_published(seed, terms):
    """MKTV-017: the accounts that enter liquidation, tiers read anew at the mark included."""
    stresses, liquidated = survey_of(crowd(seed, **terms).engine, 1)["stress"].copy(), []
    for stress in stresses:
        world = crowd(seed, **terms)
        events = world.mark(int(stress["mark_units"]))
        for _ in range(20):
            events += world.advance(None)
        started = world.of(events, "LIQUIDATION_STARTED")
        taken = sum(abs(int(event["size_lots"])) for event in world.of(events, "POSITION_TAKEN_OVER"))
        assert len({int(event["account"]) for event in started}) == stress["groups"], stress["move_percent"]
        assert taken == stress["liquidated_lots"]
        liquidated.append(int(stress["groups"]))
    assert [int(one) for one in stresses["move_percent"]] == list(MOVES_PERCENT)
    assert liquidated[0] > liquidated[2] >= 0 and liquidated[7] > 0


def test_the_worked_example():
    """MKTV-017: long 100 at 1,000 with collateral 150."""
    world = RiskWorld("compiled", adl_policy=codes.ADL_NONE, leverage_default_ppb=0)
    world.deposit(ann=10_000_000, bob=100_000)
    world.isolate(17)
    world.trade(17, 16, 100, 1_000)
    world.send("MOVE_COLLATERAL", account=17, instrument=1, amount_atoms=-1)
    position = world.engine.states["positions"][0]
    row = int(np.flatnonzero((position["account"] == 17) & (position["size_lots"] != 0))[0])
    position["collateral_atoms"][row] = 150
    stress = survey_of(world.engine, 1)["stress"][3]
    assert (stress["move_percent"], stress["mark_units"]) == (-2, 980)
    assert (stress["groups"], stress["liquidated_atoms"], stress["shortfall_atoms"]) == (1, 98_000, 1_850)
