"""Compiled against plain, and any way of cutting a stream into batches: the same events to the last word."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "machine"))
from harness import play, rooms
from streams import World

from steelyard.engine.records import EVENT
from steelyard.kernel import COMPILED

pytestmark = pytest.mark.skipif(not COMPILED, reason="compares with the compiled form")


def first_difference(seed: int, count: int, step: int = 250):
    """The first pair of events in which the forms differ, as text; None where all are equal."""
    world = World(seed)
    stream = world.stream(count)
    compiled, plain = (rooms(form)[0](world.work_budget) for form in ("compiled", "plain"))
    for start in range(0, len(stream), step):
        one, other = (engine.apply(stream[start:start + step]) for engine in (compiled, plain))
        if one.tobytes() != other.tobytes():
            at = next((i for i in range(min(len(one), len(other))) if one[i] != other[i]), min(len(one), len(other)))
            return f"seed {seed}, event {at} after command {start}: {one[at:at + 1]} {other[at:at + 1]} {EVENT.names}"
    return None


@pytest.mark.compiled
@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_both_forms_tell_the_same_story(seed):
    assert first_difference(seed, 4_000) is None


@pytest.mark.compiled
def test_the_cut_of_a_stream_into_batches_changes_nothing():
    """LEDG-007: outbox slices and batch sizes of 1, 7 and 4,096 give the same events and the same tables."""
    from steelyard.node.tables import state_digest

    world = World(21)
    stream = world.stream(9_000)
    digests, events = [], []
    for size in (1, 7, 4_096, len(stream)):
        engine = rooms("compiled")[0](world.work_budget)
        parts = [part for start in range(0, len(stream), size) for part in engine.slices(stream[start:start + size])]
        events.append(np.concatenate(parts).tobytes())
        digests.append(state_digest(engine.states))
    assert len(set(events)) == 1 and len(set(digests)) == 1


def test_batches_do_not_matter_to_the_plain_form_either():
    world = World(22)
    stream = world.stream(1_500)
    outcomes = [play("plain", stream, world.work_budget, every=0, batch=size) for size in (1, 7, 4_096)]
    assert len({outcome.digest for outcome in outcomes}) == 1 and not any(outcome.failed for outcome in outcomes)
