"""How much of the bare disk's rate is left when every batch is framed, hashed and chained; and how fast a restart is.

    python bench/journal.py [--folder DIR] [--commands 1000000]

Prints ratios measured in one run, each rate as the median of alternating rounds. "Bare" writes the same number of bytes
with pwrite into a pre-zeroed file and calls fdatasync, nothing else.
"""
from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "node"))
from node_flow import flow

from steelyard.engine.records import COMMAND
from steelyard.journal.segments import JournalLayout
from steelyard.journal.writing import JournalWriter
from steelyard.node.replica import NodeOptions, Replica
from steelyard.node.tables import layout_digest

BATCHES = (1, 16, 256, 4096)
ROUNDS = 7
SEGMENT_BYTES = 256 << 20


def bare_file(folder: Path, length: int) -> int:
    """A file of real zeros, synced."""
    descriptor = os.open(folder / "bare", os.O_RDWR | os.O_CREAT)
    for start in range(0, length, 1 << 20):
        os.pwrite(descriptor, bytes(1 << 20), start)
    os.fsync(descriptor)
    return descriptor


class Bare:
    """pwrite + fdatasync of the same bytes, one after the other."""

    def __init__(self, folder: Path):
        self.descriptor, self.offset = bare_file(folder, SEGMENT_BYTES), 0

    def commit(self, payload) -> None:
        os.pwrite(self.descriptor, payload, self.offset)
        os.fdatasync(self.descriptor)
        self.offset += len(payload)


def seconds_per_commit(commit, batches: list, commits: int) -> float:
    """Wall time of one commit."""
    started = time.perf_counter()
    for number in range(commits):
        commit(batches[number % len(batches)])
    return (time.perf_counter() - started) / commits


def journal_rates(folder: Path, commands: np.ndarray) -> None:
    """Durable commands per second at each batch size, bare and journalled in turn."""
    print(f"{'batch':>6}{'bare, commands/s':>18}{'journal, commands/s':>21}{'ratio':>8}{'added per commit':>19}")
    for size in BATCHES:
        batches = [commands[start:start + size].view(np.uint8).data for start in range(0, size * 16, size)]
        commits = {1: 300, 16: 300, 256: 200, 4096: 40}[size]
        (folder / str(size)).mkdir()
        bare = Bare(folder / str(size))
        layout = JournalLayout(COMMAND.itemsize, layout_digest(COMMAND), SEGMENT_BYTES)
        writer = JournalWriter(folder / str(size), layout)
        writer._preparation.join()

        def journal(payload, writer=writer, size=size):
            writer.append(payload, size)
        pairs = [(seconds_per_commit(bare.commit, batches, commits), seconds_per_commit(journal, batches, commits))
                 for _ in range(ROUNDS + 1)][1:]
        ratio = statistics.median(plain / framed for plain, framed in pairs)
        plain, framed = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        print(f"{size:>6}{size / plain:>18,.0f}{size / framed:>21,.0f}{ratio:>8.2f}{(framed - plain) * 1e6:>16.0f} us")
        writer.close()


def restart_rates(folder: Path, commands: np.ndarray) -> None:
    """Commands per second through the whole node, then from its journal back to the tables."""
    options = NodeOptions(snapshot_commands=0)
    node = Replica(folder, options=options)
    started = time.perf_counter()
    for start in range(0, len(commands), 4096):
        node.submit(commands[start:start + 4096])
    lived = time.perf_counter() - started
    node.close()
    for _ in range(3):
        started = time.perf_counter()
        node = Replica(folder, options=options)
        replayed = time.perf_counter() - started
        assert node.recovery.commands_replayed == len(commands)
        print(f"restart from the first command {len(commands) / replayed:>12,.0f} commands/s, "
              f"{lived / replayed:.2f} times as fast as they were decided and journalled")
        node.close()
    node = Replica(folder, options=options)
    started = time.perf_counter()
    node.snapshot()
    pause = time.perf_counter() - started
    node.snapshot(wait=True)
    node.close()
    started = time.perf_counter()
    Replica(folder, options=options).close()
    loaded = time.perf_counter() - started
    path = max((folder / "snapshots").iterdir())
    print(f"snapshot: {pause * 1e3:.1f} ms pause, {path.stat().st_size / 1e6:.1f} MB; "
          f"restart from it {loaded * 1e3:.0f} ms")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--folder", type=Path, help="where to write (default: a temporary folder); the disk decides")
    arguments.add_argument("--commands", type=int, default=1_000_000)
    given = arguments.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"{COMMAND.itemsize}-byte commands")
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="bench-journal-") as root:
        journal_rates(Path(root), flow(4096 * 16, 1))
        restart_rates(Path(root) / "node", flow(given.commands, 1))


if __name__ == "__main__":
    main()
