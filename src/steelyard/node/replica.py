"""One node over one folder: takes commands in order, makes batches durable, lets the engine decide, hands out events.

    DIR/lock, DIR/journal/segment-*.journal, DIR/snapshots/snapshot-*.steelyard
"""
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine.records import COMMAND
from ..journal.disk import Disk
from ..journal.faults import JournalFault, JournalFull
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
        self.next_sequence = self.sequence
        """The sequence the next command that is offered will have."""
        self._snapshot_due = self.sequence - self.recovery.commands_replayed + self.options.snapshot_commands
        self.batch_max = min(self.options.batch_max, layout.frame_records_max)

    # ------------------------------------------------------------ commands in, events out
    @property
    def sequence(self) -> int:
        """Sequence of the next command to be made durable; commands count from 1."""
        return self.writer.place.sequence

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
        """
        self._refuse_if_stopped()
        if not self._pending:
            return 0
        waiting = self._pending[0] if len(self._pending) == 1 else np.concatenate(
            [part.view(np.uint8) for part in self._pending]).view(self.command_dtype)
        self._pending = []                        # what is offered while events are told waits for the next commit
        for start in range(0, len(waiting), self.batch_max):
            batch = waiting[start:start + self.batch_max]
            try:
                self._commit_batch(batch, tell)
            except JournalFull:
                self._pending.insert(0, waiting[start:])
                raise
            except BaseException as fault:
                self.fault = fault
                raise
        if self._pending:
            self.policy.arrived(sum(map(len, self._pending)), time.monotonic_ns())
        if self.options.snapshot_commands and self.sequence >= self._snapshot_due:
            self.snapshot()
        return len(waiting)

    def _commit_batch(self, batch: np.ndarray, tell: Tell | None) -> None:
        self.writer.append(batch.view(np.uint8).data, len(batch), self.trail.count, self.trail.digest)
        self.policy.committed(self.writer.last_sync_ns)
        self.batch = (self.sequence - len(batch), batch)
        apply_batch(self.engine, batch, self.trail, tell)
        self.batch = None
        decided = int(self.engine.states["command_sequence"][0])
        assert decided == self.sequence - 1, f"{self.sequence - 1} commands are durable and {decided} decided"

    def _refuse_if_stopped(self) -> None:
        if self.fault is not None:
            raise NodeStopped(f"the node stopped at command {self.sequence - 1} after {self.trail.count} events, "
                              f"digest {self.trail.digest.hex()}: {self.fault}") from self.fault

    # ------------------------------------------------------------ snapshots, the end
    def snapshot(self, wait: bool = False) -> bool:
        """Begin a snapshot of the tables; with ``wait``, return once it is on disk. False: one is being written."""
        self._refuse_if_stopped()
        self.snapshots.poll(wait)
        taken = self.snapshots.take(self.engine.states, self.writer.place, self.trail, self.lock.release)
        if taken:
            self._snapshot_due = self.sequence + self.options.snapshot_commands
        if wait:
            self.snapshots.poll(wait=True)
        return taken

    def digest(self) -> str:
        """Digest of the tables as they are."""
        return state_digest(self.engine.states)

    def close(self) -> None:
        """Stop in order: what waits uncommitted is dropped, the journal gets its last frame. May be called twice."""
        if self.writer is None:
            return
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
