"""Kills a journalling node with SIGKILL at random moments and checks what is found afterward.

    python -m tests.node.kill_campaign --kills 200 --seed 7

Each life is a forked process that recovers the folder, takes batches of a seeded command stream and tells the parent
through a pipe what it is about to offer and what was acknowledged. After the kill: every acknowledged command is in the
journal once and in order, nothing stands there that was not offered, and the node that starts again has the tables of a
run that was never interrupted. Every fifth kill also leaves half a frame behind, as a power cut would.
"""
from __future__ import annotations

import argparse
import os
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from node_flow import flow

from steelyard.engine.engine import Engine
from steelyard.engine.records import COMMAND
from steelyard.journal.frames import COMMANDS, SECTOR_BYTES, Header, frame_parts
from steelyard.journal.reading import JournalReader
from steelyard.journal.segments import segment_path
from steelyard.node.audit import audit
from steelyard.node.replica import NodeOptions, Replica
from steelyard.node.tables import state_digest

OPTIONS = NodeOptions(segment_bytes=512 << 10, snapshot_commands=3000, snapshots_kept=2)
KILLS_PER_FOLDER = 12
STREAM = 400_000
MESSAGE = struct.Struct("<cq")
READY, OFFERED, ACKNOWLEDGED = b"R", b"O", b"A"


@dataclass
class Tally:
    """What happened in a campaign."""

    kills: int = 0
    acknowledged: int = 0
    durable_unacknowledged: int = 0
    killed_in_recovery: int = 0
    torn_tails_cut: int = 0
    recovered_from_snapshot: int = 0
    segments: int = 0
    audits: int = 0


def live(folder: Path, commands: np.ndarray, pipe: int, seed: int) -> None:
    """One life: recover, then offer and acknowledge until killed."""
    draw = random.Random(seed)
    node = Replica(folder, options=OPTIONS)
    os.write(pipe, MESSAGE.pack(READY, node.sequence))
    while node.sequence <= len(commands):
        size = min(draw.choice((1, 3, 40, 256, 1000)), len(commands) + 1 - node.sequence)
        start = node.sequence - 1
        os.write(pipe, MESSAGE.pack(OFFERED, start + size))
        node.submit(commands[start:start + size])
        os.write(pipe, MESSAGE.pack(ACKNOWLEDGED, start + size))
    time.sleep(60)


def kill_once(folder: Path, commands: np.ndarray, draw: random.Random) -> dict[bytes, int]:
    """Start a life, kill it after a random time, return the last message of each kind."""
    reading, writing = os.pipe()
    seed, in_recovery = draw.getrandbits(32), draw.random() < 0.15
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            live(folder, commands, writing, seed)
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(9)
    os.close(writing)
    last: dict[bytes, int] = {}
    deadline = time.monotonic() + (draw.uniform(0, 0.03) if in_recovery else 60)
    delay = draw.expovariate(1 / 0.12)
    pending = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([reading], [], [], left)[0]:
            break
        if not (piece := os.read(reading, 1 << 16)):
            break
        before = READY in last
        pending = _note(pending + piece, last)
        if READY in last and not before and not in_recovery:
            deadline = time.monotonic() + delay
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while piece := os.read(reading, 1 << 16):
        pending = _note(pending + piece, last)
    os.close(reading)
    assert os.WIFSIGNALED(status), f"the node ended by itself with status {status}"
    return last


def _note(content: bytes, last: dict[bytes, int]) -> bytes:
    whole = len(content) // MESSAGE.size * MESSAGE.size
    for kind, value in MESSAGE.iter_unpack(content[:whole]):
        last[kind] = value
    return content[whole:]


def leave_half_a_frame(folder: Path, commands: np.ndarray, draw: random.Random) -> bool:
    """Write what a power cut leaves of a frame: some of its sectors. True where there was room for it."""
    if not (folder / "journal").exists():
        return False
    reader = JournalReader(folder / "journal")
    for _ in reader.frames():
        pass
    if reader.ending is None or reader.ending.torn_bytes:
        return False
    place, rows = reader.ending.place, commands[:draw.randrange(6, 60)]
    header = Header(COMMANDS, place.frame_number, place.sequence, len(rows), rows.nbytes, 0, place.previous_hash,
                    bytes(16))
    if place.offset_bytes + header.extent_bytes > reader.layout.segment_bytes:
        return False
    content = bytearray(b"".join(frame_parts(header, rows.tobytes())[0]))
    sectors = range(0, len(content), SECTOR_BYTES)
    for sector in draw.sample(sectors, draw.randrange(1, len(sectors))):
        content[sector:sector + SECTOR_BYTES] = bytes(SECTOR_BYTES)
    with segment_path(folder / "journal", place.segment).open("r+b") as file:
        file.seek(place.offset_bytes)
        file.write(content)
    return True


def journalled(folder: Path) -> tuple[np.ndarray, int]:
    """All commands that whole frames hold, and the number of segments."""
    if not (folder / "journal").exists():                    # killed before it was made
        return np.zeros(0, COMMAND), 0
    reader = JournalReader(folder / "journal")
    parts = [np.frombuffer(bytes(frame.payload), COMMAND) for frame in reader.frames()]
    return np.concatenate(parts) if parts else np.zeros(0, COMMAND), len(reader.paths)


def campaign(root: Path, kills: int, seed: int, report=None) -> Tally:
    """``kills`` kills in folders under ``root``; an AssertionError names the first thing that is lost or invented."""
    draw, tally = random.Random(seed), Tally()
    commands = flow(STREAM, seed)
    Engine().apply(commands[:2000])                          # compiled before the first fork
    folder = reference = None
    acknowledged = offered = 0
    while tally.kills < kills:
        if tally.kills % KILLS_PER_FOLDER == 0:
            folder = root / f"folder-{tally.kills:04d}"
            folder.mkdir()
            reference, acknowledged, offered = Engine(), 0, 0
        last = kill_once(folder, commands, draw)
        tally.kills += 1
        tally.killed_in_recovery += READY not in last
        assert last.get(READY, acknowledged + 1) >= acknowledged + 1, "a start lost what was acknowledged before"
        acknowledged = max(acknowledged, last.get(ACKNOWLEDGED, 0))
        offered = max(offered, last.get(OFFERED, 0))
        torn = draw.random() < 0.2 and leave_half_a_frame(folder, commands, draw)
        found, tally.segments = journalled(folder)
        assert acknowledged <= len(found) <= offered, (acknowledged, len(found), offered)
        assert found.tobytes() == commands[:len(found)].tobytes(), "the journal differs from what was offered"
        tally.durable_unacknowledged += len(found) - acknowledged
        acknowledged = len(found)
        _check_start(folder, found, reference, torn, draw, tally)
        if tally.kills % KILLS_PER_FOLDER == 0 or tally.kills == kills:
            tally.acknowledged += acknowledged
            audited = audit(folder)
            assert audited.passed and audited.digest == state_digest(reference.states), audited.finding
            assert audited.commands == acknowledged
            tally.audits += 1
            shutil.rmtree(folder)
        if report is not None:
            report(tally)
    return tally


def _check_start(folder: Path, found: np.ndarray, reference: Engine, torn: bool, draw: random.Random, tally: Tally):
    """Start the node in this process: its tables are those of an engine that was never interrupted."""
    rest = found[int(reference.states["command_sequence"][0]):]
    if len(rest):
        reference.apply(rest)
    node = Replica(folder, options=OPTIONS)
    assert node.sequence == len(found) + 1
    assert node.digest() == state_digest(reference.states), "the tables differ from those of an uninterrupted run"
    assert not torn or node.recovery.torn_bytes
    tally.torn_tails_cut += node.recovery.torn_bytes > 0
    tally.recovered_from_snapshot += node.recovery.snapshot_sequence is not None
    if draw.random() < 0.5:
        node.fault = RuntimeError("left as after a kill")
    node.close()


def main() -> None:
    """The campaign of `make soak`."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=7)
    given = arguments.parse_args()
    started = time.monotonic()

    def report(tally: Tally) -> None:
        if tally.kills % 20 == 0:
            print(f"{tally.kills} kills, {time.monotonic() - started:.0f} s", flush=True)
    with tempfile.TemporaryDirectory(prefix="steelyard-kills-") as root:
        tally = campaign(Path(root), given.kills, given.seed, report)
    for field in fields(tally):
        print(f"{field.name.replace('_', ' '):28}{getattr(tally, field.name):>12,}")
    print(f"{'seconds':28}{time.monotonic() - started:>12.0f}\nnothing acknowledged was lost, nothing was invented")


if __name__ == "__main__":
    main()
