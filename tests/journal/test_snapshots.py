"""Images come back byte for byte, and a file that is not whole is passed over."""
from __future__ import annotations

import numpy as np
import pytest

from steelyard.journal.disk import Disk
from steelyard.journal.snapshots import (
    BLOCK_BYTES,
    SnapshotDamage,
    image_digest,
    list_snapshots,
    load_image,
    nonzero_blocks,
    read_snapshot,
    write_snapshot,
)

FACTS = dict(image_layout="aa", segment=0, offset_bytes=4096, frame_number=3, sequence=9, previous_hash="00" * 32,
             event_count=4, events_digest="00" * 16)


def image(length: int = 40 * BLOCK_BYTES + 77) -> np.ndarray:
    content = np.zeros(length, np.uint8)
    for start, size in ((5, 3), (BLOCK_BYTES * 3, 9000), (BLOCK_BYTES * 20 - 1, 2), (length - 1, 1)):
        content[start:start + size] = np.arange(1, size + 1, dtype=np.int64).astype(np.uint8) | 1
    return content


def test_only_blocks_with_content_count():
    """JRNL-021"""
    assert nonzero_blocks(image()).tolist() == [0, 3, 4, 5, 19, 20, 40]
    assert nonzero_blocks(np.zeros(10 * BLOCK_BYTES, np.uint8)).tolist() == []


def test_an_image_comes_back_byte_for_byte(tmp_path):
    """JRNL-020"""
    write_snapshot(tmp_path, image(), Disk(), 1, **FACTS)
    snapshot = read_snapshot(list_snapshots(tmp_path)[0])
    back = np.zeros(len(image()), np.uint8)
    load_image(snapshot, back)
    assert (back == image()).all() and snapshot.header.sequence == 9
    assert snapshot.header.image_digest == image_digest(image()).hex()


def test_an_empty_image(tmp_path):
    write_snapshot(tmp_path, np.zeros(9000, np.uint8), Disk(), 1, **FACTS)
    back = np.zeros(9000, np.uint8)
    load_image(read_snapshot(list_snapshots(tmp_path)[0]), back)
    assert not back.any()


def test_digest_sees_content_and_place():
    """JRNL-021: one bit, and the same bytes one block further, are other images."""
    one, moved, flipped = image(), np.roll(image(), BLOCK_BYTES), image()
    flipped[6] ^= 1
    assert len({image_digest(one), image_digest(moved), image_digest(flipped)}) == 3


def test_every_flip_and_every_length_is_noticed(tmp_path):
    """JRNL-022"""
    path = write_snapshot(tmp_path, image(), Disk(), 1, **FACTS)
    content = path.read_bytes()
    for position in range(0, len(content), 3):
        path.write_bytes(content[:position] + bytes([content[position] ^ 64]) + content[position + 1:])
        with pytest.raises(SnapshotDamage):
            read_snapshot(path)
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(SnapshotDamage):
            read_snapshot(path)


def test_a_failed_write_leaves_no_file(tmp_path):
    """JRNL-023"""
    class Failing(Disk):
        def sync_all(self, descriptor):
            raise OSError(5, "input/output error")
    with pytest.raises(OSError):
        write_snapshot(tmp_path, image(), Failing(), 1, **FACTS)
    assert not list(tmp_path.iterdir())


def test_an_image_of_another_size_is_refused(tmp_path):
    write_snapshot(tmp_path, image(), Disk(), 1, **FACTS)
    with pytest.raises(SnapshotDamage, match="bytes"):
        load_image(read_snapshot(list_snapshots(tmp_path)[0]), np.zeros(100, np.uint8))
