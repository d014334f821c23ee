"""Torn, truncated and changed files are told apart, byte by byte (JRNL-010 to JRNL-019)."""
from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from small_journals import LAYOUT, read, records, write

from steelyard.journal.faults import JournalDamage
from steelyard.journal.frames import COMMANDS, HEADER_BYTES, Header, frame_parts
from steelyard.journal.segments import FRAMES_START, list_segments, segment_path
from steelyard.journal.writing import JournalWriter

SIZES = [1, 3, 20, 2, 7]
SEGMENT = "segment-00000000.journal"


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Path, list[bytes], list[int]]:
    """A journal of five frames, the payloads, and where each frame starts (and the last one ends)."""
    folder = tmp_path_factory.mktemp("small")
    payloads = write(folder, SIZES)
    starts = [FRAMES_START]
    for size in SIZES:
        starts.append(starts[-1] + Header(COMMANDS, 0, 0, size, size * 160, 0, bytes(32), bytes(16)).extent_bytes)
    return folder, payloads, starts


def changed(small, tmp_path, change) -> Path:
    """A copy of the small journal whose first segment went through ``change(bytearray)``."""
    folder = tmp_path / "copy"
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(small[0], folder)
    content = bytearray((folder / SEGMENT).read_bytes())
    content = change(content) or content
    (folder / SEGMENT).write_bytes(content)
    return folder


def damage(folder: Path) -> JournalDamage:
    with pytest.raises(JournalDamage) as caught:
        read(folder)
    return caught.value


def test_a_flipped_bit_in_any_byte_of_any_frame_is_refused_with_the_frame_named(small, tmp_path):
    """JRNL-010, JRNL-011, JRNL-017: header, records, padding and hash, of the last frame too."""
    _, _, starts = small
    draw = random.Random(5)
    positions = set(draw.sample(range(starts[0], starts[-1]), 500))
    for start, end in zip(starts, starts[1:]):
        positions |= {start, start + 7, start + HEADER_BYTES - 1, start + HEADER_BYTES, end - 33, end - 32, end - 1}
    folder = changed(small, tmp_path, lambda content: None)
    path = folder / SEGMENT
    with path.open("r+b") as file:
        for position in sorted(positions):
            file.seek(position)
            original = file.read(1)[0]
            file.seek(position)
            file.write(bytes([original ^ (1 << draw.randrange(8))]))
            file.flush()
            fault = damage(folder)
            expected = max(n for n, start in enumerate(starts[:-1]) if start <= position)
            assert fault.frame_number == expected and fault.offset_bytes == starts[expected], (position, str(fault))
            assert fault.file.name == SEGMENT
            file.seek(position)
            file.write(bytes([original]))
            file.flush()
    assert read(folder)[0] == small[1]


def test_a_flipped_bit_in_any_byte_of_the_segment_header_is_refused(small, tmp_path):
    """JRNL-006"""
    for position in [*range(0, 64), 100, 2000, FRAMES_START - 1]:
        def flip(content, position=position):
            content[position] ^= 4
        assert damage(changed(small, tmp_path, flip)).file.name == SEGMENT


def test_every_truncated_length_is_refused_as_truncated(small, tmp_path):
    """JRNL-012: a segment has its full size before it has its name, so no crash makes it shorter."""
    starts = small[2]
    lengths = {0, 1, 63, 4095, 4096, *starts, *(start + 1 for start in starts), LAYOUT.segment_bytes - 1,
               *random.Random(3).sample(range(LAYOUT.segment_bytes), 300)}
    folder = changed(small, tmp_path, lambda content: None)
    whole = (folder / SEGMENT).read_bytes()
    for length in sorted(lengths):
        (folder / SEGMENT).write_bytes(whole[:length])
        assert "truncated" in damage(folder).what


def test_a_segment_that_grew_is_refused(small, tmp_path):
    assert "extended" in damage(changed(small, tmp_path, lambda content: content + bytes(512))).what


@pytest.mark.parametrize("missing", [{1}, {2}, {3}, {1, 2, 3}, {2, 4}, set(range(1, 7))])
def test_a_last_frame_with_unwritten_sectors_is_torn_and_cut(small, tmp_path, missing):
    """JRNL-014: the frame of 20 records fills 7 sectors; the ones after it were never written."""
    starts, payloads = small[2], small[1]

    def tear(content):
        content[starts[3]:starts[-1]] = bytes(starts[-1] - starts[3])
        for sector in missing:
            at = starts[2] + 512 * sector
            content[at:at + 512] = bytes(512)
    folder = changed(small, tmp_path, tear)
    got, reader = read(folder)
    assert got == payloads[:2]
    assert reader.ending.torn_bytes == starts[3] - starts[2] and "never written" in reader.ending.why
    assert_goes_on(folder, reader, payloads[:2])


@pytest.mark.parametrize("kept", [{1}, {5, 6}, set(range(1, 7))])
def test_a_last_frame_without_its_first_sector_is_torn_and_cut(small, tmp_path, kept):
    """JRNL-015: the disk may write the sectors of one write in any order."""
    starts, payloads = small[2], small[1]

    def tear(content):
        frame = bytes(content[starts[2]:starts[3]])
        content[starts[2]:starts[-1]] = bytes(starts[-1] - starts[2])
        for sector in kept:
            content[starts[2] + 512 * sector:starts[2] + 512 * sector + 512] = frame[512 * sector:512 * sector + 512]
    folder = changed(small, tmp_path, tear)
    got, reader = read(folder)
    assert got == payloads[:2] and reader.ending.torn_bytes == 512 * (max(kept) + 1)
    assert_goes_on(folder, reader, payloads[:2])


def test_every_length_at_which_a_write_can_stop_is_cut_or_refused_never_believed(small, tmp_path):
    """JRNL-014, JRNL-016: a prefix of the last frame, then zeros: cut wherever it can be told."""
    starts, payloads = small[2], small[1]
    start, end = starts[-2], starts[-1]
    for length in range(0, end - start):
        def stop(content, length=length):
            content[start + length:end] = bytes(end - start - length)
        folder = changed(small, tmp_path, stop)
        hash_started = length > end - start - 32
        header_sealed = HEADER_BYTES - 4 < length < HEADER_BYTES
        if hash_started or header_sealed:
            assert damage(folder).frame_number == 4
        else:
            got, reader = read(folder)
            assert got == payloads[:4] and bool(reader.ending.torn_bytes) == (length > 0)


def assert_goes_on(folder, reader, payloads):
    """After the cut the journal takes new frames, and reads back clean."""
    writer = JournalWriter(folder, LAYOUT, reader.ending)
    more = records(9, 77)
    writer.append(more, 9)
    writer.close()
    got, again = read(folder)
    assert got == [*payloads, more] and again.ending.torn_bytes == 0
    assert list(folder.glob("torn-*.bytes"))


def test_a_torn_frame_that_is_followed_by_a_whole_one_is_damage(small, tmp_path):
    """JRNL-011: a frame is written only once all before it are durable."""
    starts = small[2]

    def tear(content):
        content[starts[2] + 512:starts[3]] = bytes(starts[3] - starts[2] - 512)
    fault = damage(changed(small, tmp_path, tear))
    assert fault.frame_number == 2 and "later frames follow" in fault.what


def test_an_erased_frame_before_others_is_damage(small, tmp_path):
    starts = small[2]

    def erase(content):
        content[starts[1]:starts[2]] = bytes(starts[2] - starts[1])
    assert damage(changed(small, tmp_path, erase)).frame_number == 1


def test_frames_that_changed_places_are_wrong_order(small, tmp_path):
    """JRNL-013"""
    starts = small[2]

    def swap(content):
        first, second = bytes(content[starts[0]:starts[1]]), bytes(content[starts[1]:starts[2]])
        content[starts[0]:starts[2]] = second + first
    fault = damage(changed(small, tmp_path, swap))
    assert fault.frame_number == 0 and "wrong order" in fault.what


def test_a_well_made_frame_of_another_history_breaks_the_chain(small, tmp_path):
    """JRNL-013: whole, numbered rightly and with its own hash right, but made after other commands."""
    starts = small[2]

    def replace(content):
        parts, _ = frame_parts(Header(COMMANDS, 1, 2, 3, 480, 0, b"other history".ljust(32), bytes(16)), records(3, 9))
        content[starts[1]:starts[2]] = b"".join(parts)
    fault = damage(changed(small, tmp_path, replace))
    assert fault.frame_number == 1 and "chain" in fault.what


def test_stray_bytes_far_beyond_the_end_are_refused_near_ones_cut(small, tmp_path):
    """JRNL-018: what lies further away than one frame cannot be a write that was cut short."""
    content = (small[0] / SEGMENT).read_bytes()
    assert content[small[2][-1]:].count(0) == len(content) - small[2][-1]
    folder = changed(small, tmp_path, lambda content: content.__setitem__(small[2][-1] + 5000, 1))
    got, reader = read(folder)
    assert got == small[1] and reader.ending.torn_bytes


@pytest.fixture
def long(tmp_path) -> tuple[Path, list[bytes]]:
    folder = tmp_path / "long"
    folder.mkdir()
    return folder, write(folder, [100] * 16)


def test_a_missing_segment_is_named(long):
    """JRNL-019: in the middle, and at the end where the one before says that it goes on."""
    folder, _ = long
    paths = list_segments(folder)
    assert len(paths) >= 5
    paths[1].rename(folder / "aside")
    fault = damage(folder)
    assert fault.file.name == paths[1].name and "missing" in fault.what
    (folder / "aside").rename(paths[1])
    for path in paths[-2:]:
        path.unlink()
    fault = damage(folder)
    assert fault.file.name == paths[-2].name and "missing" in fault.what


def test_swapped_and_foreign_segments_are_refused(long):
    folder, _ = long
    first, second = segment_path(folder, 1).read_bytes(), segment_path(folder, 2).read_bytes()
    segment_path(folder, 1).write_bytes(second)
    segment_path(folder, 2).write_bytes(first)
    assert "swapped" in damage(folder).what


def test_a_damaged_frame_in_an_early_segment_is_found(long):
    folder, _ = long
    path = segment_path(folder, 1)
    content = bytearray(path.read_bytes())
    content[FRAMES_START + 3000] ^= 16
    path.write_bytes(content)
    fault = damage(folder)
    assert fault.file.name == path.name and fault.offset_bytes == FRAMES_START


def test_a_damaged_seal_is_found_by_the_segment_after_it(long):
    """JRNL-019"""
    folder, payloads = long
    path = segment_path(folder, 0)
    content = path.read_bytes()
    end = len(content.rstrip(b"\0")) + 511 & ~511
    path.write_bytes(content[:end - 512] + bytes(len(content) - end + 512))
    fault = damage(folder)
    assert fault.file.name == path.name and "segment-00000001" in fault.what
