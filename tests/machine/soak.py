"""Millions of random commands on the compiled engine, all invariants at intervals, plain comparison on a sample.

    python -m tests.machine.soak --commands 10_000_000 --seed 1

Each seed is a venue of its own (``streams.World``); a failure prints its seed and a short command list and ends the
run.
"""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from harness import play, report
from streams import World

from steelyard import codes

STREAM = 200_000
"""Commands of one venue."""
COMPARED = 20_000
"""Commands of the sample that the plain form repeats."""


def soak(commands: int, seed: int, every: int, compare_every: int, tell=print) -> np.ndarray:
    """Run venues from ``seed`` on until ``commands`` are done; returns events by kind. A failure is an AssertionError.
    """
    done, kinds, started, number = 0, np.zeros(64, np.int64), time.monotonic(), seed
    while done < commands:
        world = World(number, plain=number % 2 == 0)            # every second venue has plain terms (ORDR-017)
        stream = world.stream(min(STREAM, max(COMPARED, commands - done)))
        outcome = play("compiled", stream, world.work_budget, every)
        assert not outcome.failed, report(number, stream, outcome, world.work_budget)
        if (number - seed) % compare_every <= 1:
            compare(number, stream[:COMPARED], world.work_budget)
        kinds += outcome.kinds
        done += len(stream)
        number += 1
        tell(f"{done:>12,} commands, {number - seed} venues, {time.monotonic() - started:.0f} s")
    return kinds


def compare(seed: int, stream: np.ndarray, budget: int) -> None:
    """Both forms, same commands: the same events to the last word."""
    compiled = play("compiled", stream, budget, every=0, batch=997)
    plain = play("plain", stream, budget, every=0)
    assert not plain.failed, report(seed, stream, plain, budget)
    assert plain.digest == compiled.digest, f"seed {seed}: plain and compiled events differ in {len(stream)} commands"


def main() -> None:
    """The campaign of `make soak`."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--commands", type=int, default=10_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--every", type=int, default=5_000, help="commands between two checks of all invariants")
    arguments.add_argument("--compare-every", type=int, default=10,
                           help="venues between two pairs that the plain form repeats")
    given = arguments.parse_args()
    kinds = soak(given.commands, given.seed, given.every, given.compare_every, lambda line: print(line, flush=True))
    for kind in codes.EventKind:
        print(f"{kind.name:28}{int(kinds[kind]):>14,}")
    print("every invariant held")


if __name__ == "__main__":
    main()
