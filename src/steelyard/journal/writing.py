"""Appends frames, one write and one sync each, and moves from segment to segment. One writer per folder.

After any failed write or sync the writer refuses everything: what the disk holds is unknown until it is read back
(a second fdatasync may report success for pages the kernel has already dropped).
"""
from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from .disk import Disk
from .faults import JournalFull, JournalStopped
from .frames import CLOSED, COMMANDS, CONTINUED, NO_EVENTS, Header, frame_parts
from .reading import Ending, Located, Place, first_place
from .segments import (
    FRAMES_START,
    NAME,
    PREPARING_SUFFIX,
    SECTOR_BYTES,
    JournalLayout,
    Preparation,
    make_segment,
    segment_path,
)


class JournalWriter:
    """The one appender of a folder, placed where :class:`JournalReader` found the end (or at the start)."""

    def __init__(self, folder: Path, layout: JournalLayout, ending: Ending | None = None, disk: Disk | None = None):
        self.folder, self.layout, self.disk = Path(folder), layout, disk or Disk()
        self.place: Place = ending.place if ending else first_place(layout)
        self.last_sync_ns = 0
        self._descriptor: int | None = None
        self._preparation: Preparation | None = None
        self._stopped: BaseException | None = None
        self._remove_unfinished()
        if ending is None:
            make_segment(self.folder, 0, layout, self.disk)
        self._open_segment()
        if ending and ending.last:
            self._write_again(ending.last)
        if ending and ending.torn_bytes:
            self._cut(ending)

    def _remove_unfinished(self) -> None:
        for path in self.folder.iterdir():
            if path.name.endswith(PREPARING_SUFFIX) and NAME.fullmatch(path.name[:-len(PREPARING_SUFFIX)]):
                path.unlink()

    def _open_segment(self) -> None:
        number = self.place.segment
        self._descriptor = self.disk.open(segment_path(self.folder, number))
        if not segment_path(self.folder, number + 1).exists():
            self._preparation = Preparation(self.folder, number + 1, self.layout, self.disk)

    # ------------------------------------------------------------ appending
    def append(self, payload, record_count: int, event_count: int = 0, events_digest: bytes = NO_EVENTS) -> Place:
        """Make one batch durable. Returns the place after it; what is returned has been synced.

        payload        buffer of ``record_count`` records, none of them all zero bytes (JRNL-005)
        event_count    events told for all commands before this batch, and ``events_digest`` their digest
        """
        return self._append(COMMANDS, payload, record_count, event_count, events_digest)

    def close(self, event_count: int = 0, events_digest: bytes = NO_EVENTS) -> None:
        """End in order: a last frame confirms everything before it. After a fault only the file is closed."""
        try:
            if self._stopped is None and self._descriptor is not None:
                with suppress(JournalFull):          # then the end is as after a kill: whole, but not confirmed
                    self._append(CLOSED, b"", 0, event_count, events_digest)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the file and write nothing more, as a killed process would."""
        if self._preparation is not None:
            self._preparation.join()
        if self._descriptor is not None:
            self.disk.close(self._descriptor)
            self._descriptor = None

    def _append(self, kind: int, payload, record_count: int, event_count: int, events_digest: bytes) -> Place:
        if self._stopped is not None or self._descriptor is None:
            raise JournalStopped("the journal stopped after a fault; start again to read back what is durable") \
                from self._stopped
        header = self._header(kind, record_count, event_count, events_digest)
        if header.extent_bytes > self.layout.frame_bytes_max:
            raise ValueError(f"{record_count} records do not fit one frame; at most {self.layout.frame_records_max} do")
        if self.place.offset_bytes + header.extent_bytes + SECTOR_BYTES > self.layout.segment_bytes:
            self._next_segment(event_count, events_digest)
            header = self._header(kind, record_count, event_count, events_digest)
        self._commit(header, payload)
        return self.place

    def _header(self, kind: int, record_count: int, event_count: int, events_digest: bytes) -> Header:
        return Header(kind, self.place.frame_number, self.place.sequence, record_count,
                      record_count * self.layout.record_bytes, event_count, self.place.previous_hash, events_digest)

    def _commit(self, header: Header, payload) -> None:
        parts, digest = frame_parts(header, payload)
        try:
            self.disk.write(self._descriptor, parts, self.place.offset_bytes)
            start = time.perf_counter_ns()
            self.disk.sync(self._descriptor)
            self.last_sync_ns = time.perf_counter_ns() - start
        except BaseException as fault:
            self._stopped = fault
            if isinstance(fault, OSError):
                raise JournalStopped(f"frame {header.number} is not durable ({fault}); the node stops. "
                                     "To do: mend the disk and start again: it reads back what is durable") from fault
            raise
        self.place = Place(self.place.segment, self.place.offset_bytes + header.extent_bytes, header.number + 1,
                           header.first_sequence + header.record_count, digest)

    # ------------------------------------------------------------ segments
    def _next_segment(self, event_count: int, events_digest: bytes) -> None:
        """Seal the full segment once the next one exists, then go on there."""
        number = self.place.segment + 1
        if self._preparation is not None:
            self._preparation.join()
            self._preparation = None
        if not segment_path(self.folder, number).exists():
            try:
                make_segment(self.folder, number, self.layout, self.disk)
            except OSError as fault:
                raise JournalFull(f"segment {number} of {self.layout.segment_bytes} bytes could not be made ({fault}); "
                                  "nothing of the batch was written. To do: make room and offer it again") from fault
        self._commit(self._header(CONTINUED, 0, event_count, events_digest), b"")
        self.disk.close(self._descriptor)
        self.place = Place(number, FRAMES_START, self.place.frame_number, self.place.sequence, self.place.previous_hash)
        self._open_segment()

    # ------------------------------------------------------------ after reading back
    def _cut(self, ending: Ending) -> None:
        """Zero what a write that was cut short left behind, keeping a copy beside the segments."""
        path = segment_path(self.folder, ending.place.segment)
        with path.open("rb") as file:
            file.seek(ending.place.offset_bytes)
            torn = file.read(ending.torn_bytes)
        (self.folder / f"torn-{ending.place.frame_number:012d}.bytes").write_bytes(torn)
        self.disk.write_zeros(self._descriptor, ending.place.offset_bytes, ending.place.offset_bytes + len(torn))
        self.disk.sync(self._descriptor)

    def _write_again(self, located: Located) -> None:
        """Write a frame once more as it was read, and sync.

        A process that died between its write and its sync leaves the frame in memory only; after a failed sync the
        kernel even takes it for clean though the disk lacks it. Both end here, before anything is built on it.
        """
        path = segment_path(self.folder, located.segment)
        with path.open("rb") as file:
            file.seek(located.offset_bytes)
            content = file.read(located.extent_bytes)
        descriptor = self.disk.open(path)
        try:
            self.disk.write(descriptor, [content], located.offset_bytes)
            self.disk.sync(descriptor)
        finally:
            self.disk.close(descriptor)
