"""What is written is what is read, over frames, segments and restarts."""
from __future__ import annotations

import pytest
from small_journals import LAYOUT, read, records, write

from steelyard.journal.faults import JournalDamage, LayoutDiffers
from steelyard.journal.frames import CLOSED, COMMANDS, CONTINUED, SECTOR_BYTES, Header, extent_bytes, frame_parts
from steelyard.journal.reading import JournalReader
from steelyard.journal.segments import JournalLayout, list_segments
from steelyard.journal.writing import JournalWriter


@pytest.mark.parametrize("payload_bytes,expected", [(0, 512), (160, 512), (352, 512), (353, 1024), (40960, 41472)])
def test_a_frame_fills_whole_sectors(payload_bytes, expected):
    """JRNL-001"""
    assert extent_bytes(payload_bytes) == expected


def test_header_is_128_bytes_and_the_frame_hash_covers_header_and_records():
    """JRNL-002, JRNL-003"""
    header = Header(COMMANDS, 7, 90, 2, 320, 5, b"p" * 32, b"e" * 16)
    parts, digest = frame_parts(header, records(2))
    assert len(parts[0]) == 128 and sum(map(len, parts)) == 512 == header.extent_bytes
    assert parts[2].endswith(digest)
    other, changed = frame_parts(Header(COMMANDS, 7, 90, 2, 320, 5, b"q" * 32, b"e" * 16), records(2))
    assert changed != digest


def test_round_trip_over_many_segments(tmp_path):
    """JRNL-004, JRNL-006: the chain goes through segments, each but the last sealed."""
    payloads = write(tmp_path, [1, 2, 3, 50, 100, 100, 100, 7, 250, 250, 1, 1, 100])
    got, reader = read(tmp_path)
    assert got == payloads
    assert len(list_segments(tmp_path)) >= 4
    assert reader.ending.torn_bytes == 0 and reader.ending.place.sequence == 1 + sum(len(p) // 160 for p in payloads)
    kinds = [frame.header.kind for frame in JournalReader(tmp_path).frames()]
    assert kinds.count(CONTINUED) == len(list_segments(tmp_path)) - 2


def test_a_writer_goes_on_where_the_reader_ended(tmp_path):
    payloads = write(tmp_path, [3, 4], close=True)
    for round_number in range(8):
        _, reader = read(tmp_path)
        writer = JournalWriter(tmp_path, LAYOUT, reader.ending)
        payloads.append(records(60, 100 + round_number))
        writer.append(payloads[-1], 60)
        writer.close() if round_number % 2 else writer.abandon()
    got, reader = read(tmp_path)
    assert got == payloads
    assert reader.ending.last.kind == CLOSED


def test_the_largest_frame_fits_and_one_more_record_is_refused(tmp_path):
    writer = JournalWriter(tmp_path, LAYOUT)
    writer.append(records(LAYOUT.frame_records_max), LAYOUT.frame_records_max)
    with pytest.raises(ValueError, match="at most"):
        writer.append(records(LAYOUT.frame_records_max + 1), LAYOUT.frame_records_max + 1)
    writer.append(records(LAYOUT.frame_records_max), LAYOUT.frame_records_max)
    writer.close()
    got, _ = read(tmp_path)
    assert [len(payload) // 160 for payload in got] == [LAYOUT.frame_records_max] * 2


def test_other_record_layout_is_refused_by_name(tmp_path):
    """JRNL-007"""
    write(tmp_path, [1])
    with pytest.raises(LayoutDiffers, match="this build writes"):
        JournalReader(tmp_path, b"x" * 32)


def test_records_wider_than_half_a_sector_are_refused():
    """JRNL-005"""
    with pytest.raises(ValueError, match="record_bytes"):
        JournalLayout(SECTOR_BYTES // 2 + 1, bytes(32))


def test_one_batch_gives_the_same_bytes_on_every_run(tmp_path):
    """JRNL-008: nothing of this machine, clock or process is in a segment."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, [5, 6, 7], close=True)
    first, second = ((tmp_path / name / "segment-00000000.journal").read_bytes() for name in ("a", "b"))
    assert first == second


def test_damage_names_file_frame_offset_and_what_to_do(tmp_path):
    write(tmp_path, [1, 1])
    path = tmp_path / "segment-00000000.journal"
    content = bytearray(path.read_bytes())
    content[4096 + 200] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalDamage, match=r"segment-00000000.journal, frame 0, offset 4096: .* To do: "):
        read(tmp_path)
