"""A disk that is full, fails or writes half: what was acknowledged stays, what was not is never claimed."""
from __future__ import annotations

import errno

import pytest
from small_journals import LAYOUT, read, records, write

from steelyard.journal.disk import Disk
from steelyard.journal.faults import JournalFull, JournalStopped
from steelyard.journal.writing import JournalWriter


class FaultyDisk(Disk):
    """A disk whose next calls can be made to fail."""

    def __init__(self):
        self.sync_fault = self.write_fault = self.create_fault = None
        self.step_bytes = None
        self.syncs = 0

    def open(self, path, create=False):
        if create and self.create_fault:
            raise self.create_fault
        return super().open(path, create)

    def sync(self, descriptor):
        self.syncs += 1
        if self.sync_fault:
            fault, self.sync_fault = self.sync_fault, None
            raise fault
        super().sync(descriptor)

    def write_some(self, descriptor, parts, offset):
        if self.write_fault:
            raise self.write_fault
        if self.step_bytes is None:
            return super().write_some(descriptor, parts, offset)
        return super().write_some(descriptor, [b"".join(parts)[:self.step_bytes]], offset)


def test_a_failed_sync_stops_the_writer_for_good(tmp_path):
    """JRNL-030: the second sync would report success for pages that the kernel dropped."""
    disk = FaultyDisk()
    writer = JournalWriter(tmp_path, LAYOUT, disk=disk)
    writer.append(records(3), 3)
    disk.sync_fault = OSError(errno.EIO, "input/output error")
    with pytest.raises(JournalStopped, match="frame 1 is not durable"):
        writer.append(records(4), 4)
    syncs = disk.syncs
    with pytest.raises(JournalStopped):
        writer.append(records(5), 5)
    writer.close()
    assert disk.syncs == syncs
    got, reader = read(tmp_path)
    assert got in ([records(3)], [records(3), records(4)]) and reader.ending.torn_bytes == 0


def test_the_last_frame_is_written_and_synced_again_on_start(tmp_path):
    """JRNL-031"""
    write(tmp_path, [3, 4])
    _, reader = read(tmp_path)
    written = []

    class Watching(FaultyDisk):
        def write_some(self, descriptor, parts, offset):
            written.append((offset, sum(map(len, parts))))
            return super().write_some(descriptor, parts, offset)
    disk = Watching()
    JournalWriter(tmp_path, LAYOUT, reader.ending, disk).abandon()
    last = reader.ending.last
    assert written[0] == (last.offset_bytes, last.extent_bytes) and disk.syncs == 1


def test_short_writes_are_continued(tmp_path):
    """JRNL-032"""
    disk = FaultyDisk()
    writer = JournalWriter(tmp_path, LAYOUT, disk=disk)
    writer._preparation.join()
    disk.step_bytes = 700
    writer.append(records(30), 30)
    writer.append(records(2, 2), 2)
    writer.abandon()
    assert read(tmp_path)[0] == [records(30), records(2, 2)]


def test_a_write_that_fails_half_way_leaves_a_torn_tail(tmp_path):
    disk = FaultyDisk()
    writer = JournalWriter(tmp_path, LAYOUT, disk=disk)
    writer.append(records(3), 3)
    writer._preparation.join()
    disk.step_bytes = 1024

    class Full:
        calls = 0
    real = disk.write_some

    def second_fails(descriptor, parts, offset):
        Full.calls += 1
        if Full.calls > 1:
            raise OSError(errno.ENOSPC, "no space left on device")
        return real(descriptor, parts, offset)
    disk.write_some = second_fails
    with pytest.raises(JournalStopped, match="no space"):
        writer.append(records(40), 40)
    writer.abandon()
    got, reader = read(tmp_path)
    assert got == [records(3)] and reader.ending.torn_bytes


def test_no_room_for_the_next_segment_refuses_the_batch_whole_and_recovers(tmp_path):
    """JRNL-033"""
    disk = FaultyDisk()
    writer = JournalWriter(tmp_path, LAYOUT, disk=disk)
    writer._preparation.join()
    (tmp_path / "segment-00000001.journal").unlink()
    disk.create_fault = OSError(errno.ENOSPC, "no space left on device")
    payloads = [records(300)]
    writer.append(payloads[0], 300)
    place = writer.place
    for _ in range(2):
        with pytest.raises(JournalFull, match="make room"):
            writer.append(records(300, 2), 300)
    assert writer.place == place
    payloads.append(records(5, 3))
    writer.append(payloads[1], 5)                          # a smaller one still fits the segment
    disk.create_fault = None
    payloads.append(records(300, 2))
    writer.append(payloads[2], 300)
    writer.close()
    assert read(tmp_path)[0] == payloads
