"""From a folder back to the engine that wrote it: the newest snapshot that is whole, then the rest of the journal."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..journal.faults import JournalDamage, JournalFault
from ..journal.frames import Frame
from ..journal.reading import Ending, JournalReader
from ..journal.snapshots import Snapshot, SnapshotDamage, list_snapshots, load_image, read_snapshot
from .tables import image_of, layout_digest
from .trail import EventTrail

Tell = Callable[[np.ndarray], None]
"""Takes a slice of event records; the slice is only valid during the call."""


@dataclass(eq=False)
class ReplayDiffers(JournalFault):
    """The same commands gave other events than when they were first decided: another build, or a broken machine."""

    frame_number: int
    first_sequence: int
    stored_digest: str
    digest: str
    stored_event_count: int
    event_count: int

    def __str__(self) -> str:
        return (f"frame {self.frame_number} (commands from {self.first_sequence}) turns out otherwise than when it was "
                f"first decided: {self.event_count} events so far against {self.stored_event_count}, digest "
                f"{self.digest} against {self.stored_digest}. To do: start with the build that wrote it")


@dataclass
class Recovery:
    """How a start went."""

    snapshot_sequence: int | None = None
    """First command after the snapshot that was loaded; None where everything was replayed."""
    snapshots_passed_over: list[str] = field(default_factory=list)
    frames_replayed: int = 0
    commands_replayed: int = 0
    torn_bytes: int = 0
    ending: str = "new journal"


def apply_batch(engine, commands: np.ndarray, trail: EventTrail, tell: Tell | None = None) -> None:
    """Let the engine decide one batch, following its events."""
    trail.begin()
    for events in engine.slices(commands):
        trail.add(events)
        if tell is not None:
            tell(events)
    trail.end()


def commands_of(frame: Frame, dtype: np.dtype) -> np.ndarray:
    """The command records of a frame (a private copy-on-write view)."""
    return np.frombuffer(frame.payload, dtype)


def refuse_other_outcome(frame: Frame, trail: EventTrail, before: Frame | None) -> None:
    """Compare what was told up to this frame with what the frame says was told."""
    header = frame.header
    if header.events_digest != trail.digest or header.event_count != trail.count:
        blamed = before.header if before is not None else header
        raise ReplayDiffers(blamed.number, blamed.first_sequence, header.events_digest.hex(), trail.digest.hex(),
                            header.event_count, trail.count)


def newest_snapshot(folder: Path, state_dtype: np.dtype, recovery: Recovery) -> Snapshot | None:
    """The newest snapshot that is whole and of this build's tables; what is passed over is written down."""
    wanted = layout_digest(state_dtype).hex()
    for path in list_snapshots(folder):
        try:
            snapshot = read_snapshot(path)
        except (SnapshotDamage, OSError) as fault:       # OSError: removed since by a child of the node before
            recovery.snapshots_passed_over.append(str(fault))
            continue
        if snapshot.header.image_layout == wanted:
            return snapshot
        recovery.snapshots_passed_over.append(f"{path.name} is of tables with another layout")
    return None


class Recoverer:
    """One start: loads, replays, and ends with the engine, the trail and the ending of the journal."""

    def __init__(self, engine, journal_folder: Path, snapshot_folder: Path, command_dtype: np.dtype,
                 verify_history: bool = True):
        self.engine, self.command_dtype, self.verify_history = engine, command_dtype, verify_history
        self.recovery, self.trail = Recovery(), EventTrail()
        self.reader = JournalReader(journal_folder, layout_digest(command_dtype))
        self.snapshot_folder = snapshot_folder

    def run(self) -> Ending | None:
        """Bring the engine to the last durable command. None for a folder without a journal."""
        snapshot = self._load_snapshot()
        if not self.reader.paths:
            if snapshot is not None:
                raise JournalDamage(self.reader.folder / "segment-00000000.journal", 0, None,
                                    "there are snapshots but no journal")
            return None
        start = None
        if snapshot is not None and not self.verify_history:
            start = snapshot.header.place
            self.reader.refuse_missing_before(start)
        self._replay(snapshot, start)
        ending = self.reader.ending
        self.recovery.torn_bytes, self.recovery.ending = ending.torn_bytes, ending.why
        return ending

    def _load_snapshot(self) -> Snapshot | None:
        snapshot = newest_snapshot(self.snapshot_folder, self.engine.states.dtype, self.recovery)
        if snapshot is None:
            return None
        states = np.zeros(1, self.engine.states.dtype)
        load_image(snapshot, image_of(states))
        self.engine.states = states
        self.trail = EventTrail(snapshot.header.event_count, bytes.fromhex(snapshot.header.events_digest))
        self.recovery.snapshot_sequence = snapshot.header.sequence
        return snapshot

    def _replay(self, snapshot: Snapshot | None, start) -> None:
        known = snapshot.header if snapshot is not None else None
        before = None
        for frame in self.reader.frames(start):
            header = frame.header
            if known is not None and header.number < known.frame_number:
                continue
            if known is not None and header.number == known.frame_number:
                self._refuse_other_history(snapshot, header.previous_hash)
            refuse_other_outcome(frame, self.trail, before)
            if header.record_count:
                apply_batch(self.engine, commands_of(frame, self.command_dtype), self.trail)
                self.recovery.frames_replayed += 1
                self.recovery.commands_replayed += header.record_count
            before = frame
        place = self.reader.ending.place
        if known is not None and place.frame_number <= known.frame_number:
            if place.frame_number < known.frame_number:
                raise JournalDamage(self.reader.paths[place.segment], place.frame_number, place.offset_bytes,
                                    f"{snapshot.path.name} was taken after frame {known.frame_number - 1}, but the "
                                    f"journal ends here ({self.reader.ending.why})")
            self._refuse_other_history(snapshot, place.previous_hash)

    def _refuse_other_history(self, snapshot: Snapshot, previous_hash: bytes) -> None:
        if previous_hash.hex() != snapshot.header.previous_hash:
            raise JournalDamage(snapshot.path, snapshot.header.frame_number, None,
                                "the snapshot was taken in another journal",
                                "put the journal and the snapshots of one node together, or remove the snapshot")
