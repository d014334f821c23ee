"""Floors of wallets against exact sums: the same answers, so the same events."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "machine"))
from harness import play, rooms
from streams import World

from steelyard.kernel import load_plain

floors, groups = load_plain("engine.floors"), load_plain("engine.groups")


def test_the_worked_example():
    """MARG-017: P = 500, X = 100,000, d = 0.3 %: a floor of 162."""
    state = rooms("plain")[0]().state
    wallet = state.wallets[600]
    floors.set_floor(state, wallet, floors.OF_AVAILABLE, 500, 100_000)
    floors.note_move(state, 1_000, 1_001)
    floors.note_move(state, -5_000, -4_990)
    assert floors.has_floor(state, wallet) and wallet.floor_atoms - floors.floor_loss(state, wallet) == 162
    floors.move_floor(state, wallet, 40, 1_000, floors.OF_EQUITY)
    assert (wallet.floor_kind, wallet.floor_atoms) == (floors.OF_EQUITY, 202)
    assert wallet.floor_exposure_atoms == 101_338 and floors.floor_loss(state, wallet) == 0


def test_a_leap_or_a_first_mark_ends_every_floor():
    """MARG-017: a move of more than 1/16, and a mark where there was none."""
    for before, after in ((1_000, 1_063), (0, 1_000)):
        state = rooms("plain")[0]().state
        floors.set_floor(state, state.wallets[600], floors.OF_EQUITY, 0, 0)
        floors.note_move(state, before, after)
        assert not floors.has_floor(state, state.wallets[600])


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_without_floors_the_same_happens(seed, monkeypatch):
    """MARG-017"""
    world = World(seed)
    stream = world.stream(3_000)
    with_floors = play("plain", stream, world.work_budget, every=0)
    monkeypatch.setattr(groups, "has_floor", lambda state, wallet: False)
    assert play("plain", stream, world.work_budget, every=0).digest == with_floors.digest
    assert not with_floors.failed
