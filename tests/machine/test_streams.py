"""Random venues, random commands: every invariant after every command. `make soak` runs the long campaign."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import harness
from harness import describe, kind_counts, play, report, rooms, shrink
from soak import soak
from streams import World, rows_of

from steelyard import codes
from steelyard.kernel import COMPILED, load_plain

records = load_plain("engine.records")
NEVER = {"REJECTED"}
"""Kinds of events that a run need not be asked for."""


@pytest.mark.parametrize("seed", range(8))
def test_every_invariant_after_every_command(seed):
    """LEDG-001, LEDG-003, LEDG-004, ORDR-006, LIQD-008: plain form, a venue a seed."""
    world = World(seed, instruments=None if seed < 6 else 4)
    stream = world.stream(900)
    outcome = play("plain", stream, world.work_budget)
    assert not outcome.failed, report(seed, stream, outcome, world.work_budget)


@pytest.mark.compiled
@pytest.mark.skipif(not COMPILED, reason="runs the compiled form")
def test_a_short_campaign_on_the_compiled_engine():
    kinds = soak(120_000, 507, 2_000, 4, lambda line: None)
    seen = {kind.name for kind in codes.EventKind if kinds[kind]}
    assert {kind.name for kind in codes.EventKind} - seen <= NEVER, "the stream reaches every consequence there is"


def test_a_stream_is_the_same_for_the_same_seed_and_has_every_kind():
    one, other = World(4).stream(20_000), World(4).stream(20_000)
    assert one.tobytes() == other.tobytes() != World(5).stream(20_000).tobytes()
    assert {int(kind) for kind in np.unique(one["kind"])} >= {int(kind) for kind in codes.CommandKind}
    placed = one[one["kind"] == codes.PLACE_ORDER]
    assert {int(kind) for kind in np.unique(placed["order_type"])} >= {int(kind) for kind in codes.OrderType}
    assert {int(kind) for kind in np.unique(placed["time_in_force"])} >= {int(kind) for kind in codes.TimeInForce}


# ---------------------------------------------------------------- each invariant sees what it is for
BREAKS = [
    ("walks_are_counted", lambda state: setattr(state, "sessions_ending", 1)),
    ("money_is_conserved", lambda state: setattr(state.wallets[records.SYSTEM_WALLETS + 2], "balance_atoms", 1)),
    ("clearing_mirrors_entry_values", lambda state: add(state.instruments[1], "clearing_atoms", 1)),
    ("longs_equal_shorts", lambda state: add(first_held(state), "size_lots", 1)),
    ("open_interest_is_the_sum_of_longs", lambda state: add(state.instruments[1], "open_interest_lots", 1)),
    ("marks_have_their_unit_value", lambda state: add(state.instruments[1], "mark_unit_value_atoms", 1)),
    ("requirements_are_recomputed", lambda state: add(first_held(state), "requirement_atoms", 1)),
    ("positions_know_their_class", lambda state: setattr(first_held(state), "client_class", 1)),
    ("floors_hold", lambda state: raise_floor(state)),
    ("flat_positions_hold_nothing", lambda state: add(flat(state), "collateral_atoms", 1)),
    ("own_orders_are_listed", lambda state: add(first_held(state), "order_count", 1)),
    ("open_order_totals_are_what_rests", lambda state: add(first_held(state), "open_buy_lots", 1)),
    ("best_prices_are_the_best", lambda state: add(state.books[1], "best_bid_ticks", -1)),
    ("levels_hold_their_orders", lambda state: add(level(state), "total_lots", 1)),
    ("bitmaps_mark_the_levels", lambda state: state.books[1].summary.update({(0, 3): 1})),
    ("order_index_is_consistent", lambda state: add(slot(state), "code", 1)),
    ("free_lists_are_consistent", lambda state: add(state.orders_pool, "live", 1)),
    ("rings_agree_with_flags", lambda state: setattr(first_held(state), "liquidation", 1)),
    ("positions_are_watched", lambda state: setattr(state.watch_nodes[row_of(state)], "ladder", 0)),
    ("wallets_list_their_positions", lambda state: add(first_held(state), "wallet_slot", 1)),
    ("nobody_is_missed", lambda state: setattr(state.instruments[1], "mark_unit_value_atoms", -20_000)),
    ("books_are_uncrossed", lambda state: setattr(state.books[1], "best_bid_ticks", 1 << 20)),
    ("orders_are_in_shape", lambda state: setattr(order(state), "displayed_lots", 0)),
    ("reduce_only_orders_never_increase", lambda state: setattr(flat(state), "reduce_only_lots", 1)),
    ("funds_are_not_negative", lambda state: setattr(state.instruments[1], "insurance_atoms", -1)),
    ("nothing_is_left_to_settle", lambda state: setattr(state, "first_dirty_bracket", 1)),
    ("loans_are_listed", lambda state: add(state.loans[row_of(state)], "due_ns", 1)),
    ("nobody_without_a_position_owes", lambda state: setattr(
        state.wallets[next(row for row in range(records.SYSTEM_WALLETS + 1, records.SYSTEM_WALLETS + 99)
                           if state.wallets[row].account == 18)], "balance_atoms", -1)),
    ("cross_positions_hold_no_collateral", lambda state: setattr(first_held(state), "collateral_atoms", 5)),
]


def add(row, field, amount):
    setattr(row, field, getattr(row, field) + amount)


def raise_floor(state):
    wallet = state.wallets[first_held(state).wallet]
    wallet.floor_kind, wallet.floor_atoms, wallet.floor_drift_ppb = 1, 1 << 40, state.drift_ppb


def row_of(state):
    return next(row for row in sorted(state.positions) if state.positions[row].size_lots)


def first_held(state):
    return state.positions[row_of(state)]


def flat(state):
    return next(row for at, row in sorted(state.positions.items()) if at and row.size_lots == 0)


def order(state):
    return next(row for row in state.orders.values() if row.order_id)


def level(state):
    return next(row for page in state.level_pages.values() for row in page.levels.values() if row.total_lots)


def slot(state):
    return next(entry for entry in state.order_slots.values() if entry.code)


def small_venue():
    """A plain engine with positions, orders on both sides and a flat account."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
    from risk_world import ANN, BOB, BUY, CAT, SELL, RiskWorld
    world = RiskWorld()
    world.deposit(ann=100_000, bob=100_000, cat=100_000)
    world.trade(ANN, BOB, 10, 1_000)
    world.order(CAT, BUY, 3, 990)
    world.order(CAT, SELL, 3, 1_010)
    return world


@pytest.mark.parametrize(("name", "damage"), BREAKS, ids=[name for name, _damage in BREAKS])
def test_each_invariant_names_the_damage_it_is_for(name, damage):
    world, broken = small_venue(), rooms("plain")[1].broken
    assert broken(world.state) == []
    damage(world.state)
    assert name in {sentence.split(":")[0] for sentence in broken(world.state)}


def test_a_failing_list_is_shrunk_to_what_still_fails():
    stream = World(5).stream(600)
    marks = np.flatnonzero(stream["kind"] == codes.SET_LEVERAGE)
    short = shrink(stream, lambda some: (some["kind"] == codes.SET_LEVERAGE).sum() >= 2)
    assert len(marks) > 2 and len(short) == 2
    assert describe(rows_of([dict(kind=codes.DEPOSIT, account=16, amount_atoms=5)])) == (
        "DEPOSIT amount_atoms=5 account=16")


def test_a_fault_is_reported_with_its_seed_and_commands(monkeypatch):
    invariants = rooms("plain")[1]
    monkeypatch.setattr(harness, "COMPILED", False)
    monkeypatch.setattr(invariants, "broken", lambda state: ["made_up: false"] if state.wallets_pool.live > 3 else [])
    world = World(6)
    stream = world.stream(50)
    outcome = play("plain", stream, world.work_budget)
    text = report(6, stream, outcome, world.work_budget, seconds=20)
    assert "seed 6" in text and "made_up" in text and text.count("\n") < 16
    assert kind_counts(outcome)["DEPOSITED"] >= 1
