"""Snapshot files: the blocks of a memory image that are not zero, compressed and hashed. A format, no policy.

The image is a few gigabytes of address space of which most was never touched; reading such a page costs almost nothing
and a block of zeros is neither hashed nor stored. A snapshot repeats what the journal already says, so a damaged one is
passed over and never a reason to refuse the folder (JRNL-020 to 024).
"""
from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import zstandard
from blake3 import blake3

from .disk import Disk
from .reading import Place

BLOCK_BYTES = 4096
RUN_BYTES_MAX = 8 << 20
SNAPSHOT_MAGIC = b"SYSNAP01"
COMPRESSION_LEVEL = 1
HASH_BYTES = 32
NAME = re.compile(r"snapshot-(\d{20})\.steelyard")
PREPARING = re.compile(r"snapshot-\d{20}\.steelyard\.preparing-\d+")
_LENGTH = struct.Struct("<I")


class SnapshotDamage(Exception):
    """The file is not the snapshot it was written as."""


class SnapshotHeader(msgspec.Struct, frozen=True):
    """What a snapshot is of, and where in the journal it was taken. Digests are hexadecimal text."""

    image_layout: str
    image_bytes: int
    image_digest: str
    segment: int
    offset_bytes: int
    frame_number: int
    sequence: int
    previous_hash: str
    event_count: int
    events_digest: str

    @property
    def place(self) -> Place:
        """Where the journal goes on after this snapshot."""
        return Place(self.segment, self.offset_bytes, self.frame_number, self.sequence,
                     bytes.fromhex(self.previous_hash))


@dataclass(frozen=True)
class Snapshot:
    """A file that was checked whole, ready to be loaded."""

    path: Path
    header: SnapshotHeader
    body: bytes


# ---------------------------------------------------------------- images
def nonzero_blocks(image: np.ndarray) -> np.ndarray:
    """Numbers of the 4 KiB blocks of ``image`` (uint8, one-dimensional) that hold a byte other than zero, ascending."""
    whole = len(image) // BLOCK_BYTES
    words = image[:whole * BLOCK_BYTES].view(np.int64).reshape(whole, BLOCK_BYTES // 8)
    blocks = np.flatnonzero(np.bitwise_or.reduce(words, axis=1))
    return np.append(blocks, whole) if image[whole * BLOCK_BYTES:].any() else blocks


def runs_of(blocks: np.ndarray) -> Iterator[tuple[int, int]]:
    """Blocks that follow each other, as (first byte, last byte + 1), each at most 8 MiB."""
    if not len(blocks):
        return
    breaks = np.flatnonzero(np.diff(blocks) != 1) + 1
    for run in np.split(blocks, breaks):
        start, end = int(run[0]) * BLOCK_BYTES, (int(run[-1]) + 1) * BLOCK_BYTES
        for piece in range(start, end, RUN_BYTES_MAX):
            yield piece, min(end, piece + RUN_BYTES_MAX)


def image_digest(image: np.ndarray, blocks: np.ndarray | None = None) -> bytes:
    """BLAKE3 over the numbers of the blocks that are not zero, then over their contents; 32 bytes.

    Two images are equal, zeros and all, exactly when their digests and lengths are.
    """
    blocks = nonzero_blocks(image) if blocks is None else blocks
    hasher = blake3(blocks.astype("<i8").tobytes())
    for start, end in runs_of(blocks):
        hasher.update(memoryview(image[start:end]))
    return hasher.digest()


# ---------------------------------------------------------------- files
def snapshot_path(folder: Path, sequence: int) -> Path:
    return folder / f"snapshot-{sequence:020d}.steelyard"


def list_snapshots(folder: Path) -> list[Path]:
    """Finished snapshots, newest first."""
    return sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name)), reverse=True)


def write_snapshot(folder: Path, image: np.ndarray, disk: Disk, process: int, **facts) -> Path:
    """Write ``image`` under a name that appears only once all of it is synced. ``facts``: the header's other fields."""
    blocks = nonzero_blocks(image)
    header = msgspec.json.encode(SnapshotHeader(
        image_bytes=len(image), image_digest=image_digest(image, blocks).hex(), **facts))
    path = snapshot_path(folder, facts["sequence"])
    preparing = path.with_name(f"{path.name}.preparing-{process}")
    hasher, offset = blake3(), 0
    descriptor = disk.open(preparing, create=True)
    try:
        for piece in _pieces(header, image, blocks):
            hasher.update(piece)
            disk.write(descriptor, [piece], offset)
            offset += len(piece)
        disk.write(descriptor, [hasher.digest()], offset)
        disk.sync_all(descriptor)
    except BaseException:
        preparing.unlink(missing_ok=True)
        raise
    finally:
        disk.close(descriptor)
    disk.rename(preparing, path)
    disk.sync_folder(folder)
    return path


def _pieces(header: bytes, image: np.ndarray, blocks: np.ndarray) -> Iterator[bytes]:
    yield SNAPSHOT_MAGIC + _LENGTH.pack(len(header)) + header
    compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL).compressobj()
    yield compressor.compress(struct.pack("<q", len(blocks)) + blocks.astype("<i8").tobytes())
    for start, end in runs_of(blocks):
        yield compressor.compress(memoryview(image[start:end]))
    yield compressor.flush()


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in ``path``, its checksum verified; raises SnapshotDamage."""
    content = path.read_bytes()
    start = len(SNAPSHOT_MAGIC) + _LENGTH.size
    if len(content) < start + HASH_BYTES or content[:len(SNAPSHOT_MAGIC)] != SNAPSHOT_MAGIC:
        raise SnapshotDamage(f"{path.name} is not a snapshot of this format")
    if blake3(memoryview(content)[:-HASH_BYTES]).digest() != content[-HASH_BYTES:]:
        raise SnapshotDamage(f"{path.name} does not match its checksum")
    end = start + _LENGTH.unpack_from(content, len(SNAPSHOT_MAGIC))[0]
    header = msgspec.json.decode(content[start:end], type=SnapshotHeader)
    return Snapshot(path, header, content[end:-HASH_BYTES])


def load_image(snapshot: Snapshot, image: np.ndarray) -> None:
    """Write the snapshot's blocks into ``image``, which must be all zero; raises SnapshotDamage."""
    if len(image) != snapshot.header.image_bytes:
        raise SnapshotDamage(f"{snapshot.path.name} is of an image of {snapshot.header.image_bytes} bytes, "
                             f"not {len(image)}")
    with zstandard.ZstdDecompressor().stream_reader(snapshot.body) as stream:
        count = struct.unpack("<q", stream.read(8))[0]
        blocks = np.frombuffer(stream.read(8 * count), "<i8")
        for start, end in runs_of(blocks):
            target = memoryview(image[start:end])
            while target:
                length = stream.readinto(target)
                if not length:
                    raise SnapshotDamage(f"{snapshot.path.name} ends before its last block")
                target = target[length:]
    if image_digest(image, blocks).hex() != snapshot.header.image_digest:
        raise SnapshotDamage(f"{snapshot.path.name} does not load to the image it was taken of")
