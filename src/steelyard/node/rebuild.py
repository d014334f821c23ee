"""Brings a history (or any fold that knows its sequence) up to a venue: replays what it misses from the journal.

A second engine begins at the newest snapshot that is not after the history's place, or at the first frame, decides the
commands up to that place without telling anybody, and folds everything after it. The journal is only read.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ..engine.records import COMMAND, EVENT
from ..journal.reading import JournalReader
from ..journal.snapshots import Snapshot, SnapshotDamage, list_snapshots, load_image, read_snapshot
from .recovery import commands_of
from .tables import image_of, layout_digest
from .venue import Batch, Venue

NO_EVENTS = np.zeros(0, EVENT)


class Follower(Protocol):
    """What can be brought up: it is complete through ``sequence`` - 1 of the journal it names."""

    sequence: int
    journal: str
    fault: BaseException | None

    def clear(self, journal: str) -> None:
        """Forget everything."""

    def attach(self, states: np.ndarray, journal: str) -> None:
        """Go on from an engine's tables, which are those before ``sequence``."""

    def detach(self) -> None:
        """Let go of the tables, with all that was folded on disk."""

    def fold(self, batch: Batch) -> None:
        """Take in a batch."""


@dataclass
class Rebuild:
    """How it went."""

    begun_at: int = 1
    """The first command that was folded."""
    cleared: bool = False
    """Whether what was there was of another journal, or ahead of this one, and was thrown away."""
    snapshot_sequence: int | None = None
    commands_folded: int = 0
    commands_passed: int = 0
    """Decided again only to come to where the history stood."""


def journal_name(folder: str | Path) -> str:
    """What tells a journal from every other one: the hash of its first frame; empty where there is none."""
    reader = JournalReader(Path(folder) / "journal", layout_digest(COMMAND))
    for frame in reader.frames():
        return frame.hash.hex()
    return ""


def bring_up(history: Follower, venue: Venue, progress: Callable[[int, int], None] | None = None) -> Rebuild:
    """Fold what ``history`` misses of ``venue``, attach it to the venue's engine and let it listen.

    To be called before the venue takes orders. ``progress`` is told the command it is at and the one it goes to.
    """
    folder, end = venue.replica.folder, venue.replica.sequence
    rebuild = catch_up(history, folder, end, progress)
    history.attach(venue.engine.states, journal_name(folder))
    venue.add_listener(history.fold)
    return rebuild


def catch_up(history: Follower, folder: str | Path, end: int,
             progress: Callable[[int, int], None] | None = None) -> Rebuild:
    """Fold the commands of ``folder``'s journal from ``history.sequence`` up to (not with) ``end``."""
    folder, rebuild = Path(folder), Rebuild()
    name = journal_name(folder)
    if history.sequence > end or history.sequence > 1 and history.journal != name:
        history.clear(name)
        rebuild.cleared = True
    rebuild.begun_at = history.sequence
    if history.sequence < end:
        _replay(history, folder, name, end, rebuild, progress)
        if history.fault is not None:
            raise history.fault
    return rebuild


def _replay(history: Follower, folder: Path, name: str, end: int, rebuild: Rebuild, progress) -> None:
    from ..engine.engine import Engine
    engine = Engine()
    snapshot = snapshot_before(folder / "snapshots", engine.states.dtype, history.sequence)
    place = None
    if snapshot is not None:
        load_image(snapshot, image_of(engine.states))
        place, rebuild.snapshot_sequence = snapshot.header.place, snapshot.header.sequence
    reader = JournalReader(folder / "journal", layout_digest(COMMAND))
    try:
        for frame in reader.frames(place):
            first, count = frame.header.first_sequence, frame.header.record_count
            if first >= end or history.fault is not None:
                break
            if count:
                _replay_frame(history, engine, name, Batch(first, commands_of(frame, COMMAND), NO_EVENTS, 0), rebuild)
                if progress is not None:
                    progress(first + count, end)
    finally:
        history.detach()


def _replay_frame(history: Follower, engine, name: str, batch: Batch, rebuild: Rebuild) -> None:
    """Decide one frame's commands again; from the history's place on, fold them."""
    if batch.first < history.sequence:
        for _events in engine.slices(batch.commands):
            pass
        rebuild.commands_passed += len(batch.commands)
        return
    if rebuild.commands_folded == 0:
        history.attach(engine.states, name)
    events = np.concatenate(list(engine.slices(batch.commands))).view(EVENT)
    history.fold(Batch(batch.first, batch.commands, events, int(engine.states["now_ns"][0])))
    rebuild.commands_folded += len(batch.commands)


def snapshot_before(folder: Path, state_dtype: np.dtype, sequence: int) -> Snapshot | None:
    """The newest whole snapshot of this build's tables taken at ``sequence`` or before."""
    wanted = layout_digest(state_dtype).hex()
    for path in list_snapshots(folder) if folder.is_dir() else []:
        if int(path.name.split("-")[1].split(".")[0]) > sequence:
            continue
        try:
            snapshot = read_snapshot(path)
        except (SnapshotDamage, OSError):
            continue
        if snapshot.header.image_layout == wanted:
            return snapshot
    return None
