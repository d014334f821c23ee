"""One node over one folder: takes commands in order, makes batches durable, lets the engine decide, hands out events.

    DIR/lock, DIR/journal/segment-*.journal, DIR/snapshots/snapshot-*.steelyard
"""
from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine.records import COMMAND
from ..journal.disk import Disk
from ..journal.faults import JournalFault, JournalFull
from ..journal.reading import Place
from ..journal.segments import SEGMENT_BYTES, JournalLayout
from ..journal.writing import JournalWriter
from .group_commit import GroupCommit
from .lock import FolderLock
from .recovery import Recoverer, Recovery, Tell, apply_batch
from .snapshotting import Snapshots
from .tables import layout_digest, state_digest


class NodeStopped(JournalFault):
    """The node met a fault and takes nothing more. The message keeps the sequence and the digest of events so far."""


@dataclass(frozen=True)
class NodeOptions:
    """What may differ from node to node; none of it changes what the engine decides."""

    segment_bytes: int = SEGMENT_BYTES
    batch_max: int = 8192
    """Most commands in one frame."""
    snapshot_commands: int = 1_000_000
    """A snapshot is begun when so many commands came after the last; 0 = only when asked."""
    snapshots_kept: int = 3
    verify_history: bool = True
    """Verify the hash chain from the first frame on every start, not only from the snapshot."""


@dataclass(slots=True)
class FrameOnItsWay:
    """A batch whose frame is being made durable, and how that went."""

    commands: np.ndarray
    event_count: int
    """Events told for all commands before it, and their digest (JRNL-002)."""
    events_digest: bytes
    place: Place | None = None
    """Where the journal stands after it; None until it was synced."""
    sync_ns: int = 0
    fault: BaseException | None = None


class Replica:
    """A running node. Construction takes the lock and recovers; every method but :meth:`close` may raise a fault.

    ``node = Replica("folder", Engine())``, then ``node.submit(commands, tell=lambda events: print(events["kind"]))``.
    """

    def __init__(self, folder: str | Path, engine=None, options: NodeOptions | None = None, disk: Disk | None = None,
                 command_dtype: np.dtype = COMMAND, clock_ns: Callable[[], int] | None = None):
        self.folder, self.options, self.disk = Path(folder), options or NodeOptions(), disk or Disk()
        self.engine = engine if engine is not None else _new_engine()
        self.command_dtype, self.clock_ns = command_dtype, clock_ns
        self.policy = GroupCommit(self.options.batch_max)
        self.batch: tuple[int, np.ndarray] | None = None
        """While events are told: the sequence of the first command of their batch, and its commands as stamped."""
        self.fault: BaseException | None = None
        self.writer: JournalWriter | None = None
        self.frame: FrameOnItsWay | None = None
        """The batch between :meth:`begin` and :meth:`finish`."""
        self._pending: list[np.ndarray] = []
        for part in ("", "journal", "snapshots"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.lock = FolderLock(self.folder)
        try:
            self._recover()
        except BaseException:
            self.lock.release()
            raise

    def _recover(self) -> None:
        self.disk.sync_folder(self.folder)
        journal_folder = self.folder / "journal"
        self.snapshots = Snapshots(self.folder / "snapshots", self.disk, self.options.snapshots_kept)
        recoverer = Recoverer(self.engine, journal_folder, self.snapshots.folder, self.command_dtype,
                              self.options.verify_history)
        ending = recoverer.run()
        layout = recoverer.reader.layout or JournalLayout(
            self.command_dtype.itemsize, layout_digest(self.command_dtype), self.options.segment_bytes)
        self.writer = JournalWriter(journal_folder, layout, ending, self.disk)
        self.recovery: Recovery = recoverer.recovery
        self.trail = recoverer.trail
        self._last_ns = int(self.engine.states["now_ns"][0])
        self.place: Place = self.writer.place
        """Where the journal stood after the last frame that was decided."""
        self._sequence = self.next_sequence = self.place.sequence
        """The sequence the next command that is offered will have."""
        self._snapshot_due = self.sequence - self.recovery.commands_replayed + self.options.snapshot_commands
        self.batch_max = min(self.options.batch_max, layout.frame_records_max)

    # ------------------------------------------------------------ commands in, events out
    @property
    def sequence(self) -> int:
        """Sequence of the next command to be decided; commands count from 1."""
        return self._sequence

    @property
    def last_stamp_ns(self) -> int:
        """Earliest time the next command may have: of the newest command offered, or the clock's at that moment."""
        return self._last_ns

    def submit(self, commands: np.ndarray, tell: Tell | None = None) -> int:
        """Make ``commands`` durable, decide them and tell the events; returns the sequence of the first one."""
        first = self.offer(commands)
        self.commit(tell)
        return first

    def offer(self, commands: np.ndarray) -> int:
        """Put commands into the waiting batch; returns the sequence the first one will have. Nothing is promised yet.

        Where the node was given a clock, a command without a time gets the clock's, never earlier than one before it.
        Each needs a kind.
        """
        self._refuse_if_stopped()
        if not commands["kind"].all():
            raise ValueError("a command without a kind: set `kind` of every record")
        first = self.next_sequence
        if len(commands):
            if commands.dtype != self.command_dtype:
                raise TypeError("commands must be an array of COMMAND records")
            batch = raw_copy(commands)
            if self.clock_ns is not None:
                self._stamp(batch["time_ns"])
            self._pending.append(batch)
            self.next_sequence += len(batch)
            self.policy.arrived(len(batch), time.monotonic_ns())
        return first

    def _stamp(self, times_ns: np.ndarray) -> None:
        self._last_ns = max(self._last_ns, self.clock_ns())
        times_ns[times_ns == 0] = self._last_ns
        self._last_ns = max(self._last_ns, int(times_ns[-1]))

    def due_in_ns(self) -> int | None:
        """How long the waiting batch should still gather: 0 = commit now, None = nothing waits."""
        return self.policy.wait_ns(time.monotonic_ns())

    def commit(self, tell: Tell | None = None) -> int:
        """Make everything that waits durable, decide it and tell the events. Returns how many commands that was.

        Nothing of a batch is told before its sync returned. JournalFull leaves the batch waiting; try again later.
        What is offered while events are told waits for the next commit.
        """
        self._refuse_if_stopped()
        begun, end = self._sequence, self.next_sequence
        while self._sequence < end:
            self.begin(end)
            self.sync()
            self.finish(tell)
        return end - begun

    # ------------------------------------------------------------ the three steps of a commit
    def begin(self, end: int | None = None) -> bool:
        """Take the next batch out of what waits, up to the command before ``end``; False where nothing waits. From here
        to :meth:`finish` one frame is on its way, and the engine stays as it is."""
        self._refuse_if_stopped()
        assert self.frame is None, "a frame is on its way already"
        limit = self.batch_max if end is None else min(self.batch_max, end - self._sequence)
        taken, count = [], 0
        while self._pending and count < limit:
            part = self._pending[0]
            if len(part) > limit - count:
                self._pending[0], part = part[limit - count:], part[:limit - count]
            else:
                del self._pending[0]
            taken.append(part)
            count += len(part)
        if not taken:
            return False
        batch = taken[0] if len(taken) == 1 else np.concatenate(
            [part.view(np.uint8) for part in taken]).view(self.command_dtype)
        self.frame = FrameOnItsWay(batch, self.trail.count, self.trail.digest)
        self.policy.taken(count, time.monotonic_ns())
        return True

    def sync(self) -> None:
        """Write the frame that was begun and sync it. Never raises and touches nothing but the journal, so that it may
        run in a thread of its own; :meth:`finish` says how it went."""
        frame, writer = self.frame, self.writer
        try:
            frame.place = writer.append(frame.commands.view(np.uint8).data, len(frame.commands), frame.event_count,
                                        frame.events_digest)
            frame.sync_ns = writer.last_sync_ns
        except BaseException as fault:
            frame.fault = fault

    def finish(self, tell: Tell | None = None) -> None:
        """Let the engine decide the frame that was synced, and tell its events. Raises what went wrong with it:
        JournalFull puts the batch back in front of what waits, all else stops the node."""
        frame, self.frame = self.frame, None
        if isinstance(frame.fault, JournalFull):
            self._pending.insert(0, frame.commands)
            self.policy.put_back(len(frame.commands))
            raise frame.fault
        try:
            if frame.fault is not None:
                raise frame.fault
            self._decide(frame, tell)
        except BaseException as fault:
            self.fault = fault
            raise
        if self.options.snapshot_commands and self._sequence >= self._snapshot_due:
            self.snapshot()

    def _decide(self, frame: FrameOnItsWay, tell: Tell | None) -> None:
        assert frame.place is not None, "the frame was not synced"
        self.policy.synced(frame.sync_ns)
        self.batch = (self._sequence, frame.commands)
        self.place, self._sequence = frame.place, frame.place.sequence
        apply_batch(self.engine, frame.commands, self.trail, tell)
        self.batch = None
        decided = int(self.engine.states["command_sequence"][0])
        assert decided == self._sequence - 1, f"{self._sequence - 1} commands are durable and {decided} decided"

    def _refuse_if_stopped(self) -> None:
        if self.fault is not None:
            raise NodeStopped(f"the node stopped at command {self.sequence - 1} after {self.trail.count} events, "
                              f"digest {self.trail.digest.hex()}: {self.fault}") from self.fault

    # ------------------------------------------------------------ snapshots, the end
    def snapshot(self, wait: bool = False) -> bool:
        """Begin a snapshot of the tables; with ``wait``, return once it is on disk. False: one is being written."""
        self._refuse_if_stopped()
        self.snapshots.poll(wait)
        taken = self.snapshots.take(self.engine.states, self.place, self.trail, self.lock.release)
        if taken:
            self._snapshot_due = self.sequence + self.options.snapshot_commands
        if wait:
            self.snapshots.poll(wait=True)
        return taken

    def digest(self) -> str:
        """Digest of the tables as they are."""
        return state_digest(self.engine.states)

    def close(self) -> None:
        """Stop in order: what waits uncommitted is dropped, a frame that was synced is decided, the journal gets its
        last frame. No :meth:`sync` may be running. May be called twice."""
        if self.writer is None:
            return
        if self.frame is not None and (self.frame.place is not None or self.frame.fault is not None):
            with suppress(Exception):            # kept in ``fault``, or the batch was never written
                self.finish()
        writer, self.writer = self.writer, None
        try:
            if self.fault is not None and writer._stopped is None:
                writer.abandon()
            else:
                writer.close(self.trail.count, self.trail.digest)
        finally:
            self.snapshots.poll(wait=True)
            self.fault = self.fault or RuntimeError("closed")
            self.lock.release()

    def __enter__(self) -> Replica:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def raw_copy(rows: np.ndarray) -> np.ndarray:
    """A copy of records as bytes: six times faster than field by field."""
    return np.ascontiguousarray(rows).view(np.uint8).copy().view(rows.dtype)


def _new_engine():
    from ..engine.engine import Engine
    return Engine()
