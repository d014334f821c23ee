"""Segment files: a header sector block, then frames, then zeros up to a fixed size. Names, headers, making new ones.

A segment gets its name only when all of it is written and synced, so a file under a segment's name that is shorter than
its header says was cut by something else than a crash (JRNL-006, JRNL-012).
"""
from __future__ import annotations

import re
import struct
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from .disk import Disk
from .faults import JournalDamage, LayoutDiffers
from .frames import FRAME_VERSION, HASH_BYTES, HEADER_BYTES, RECORD_BYTES_MAX, SECTOR_BYTES

SEGMENT_MAGIC = b"STEELYRD"
SEGMENT_HEADER = struct.Struct("<8sHHIQQI32s")
FRAMES_START = 4096
SEGMENT_BYTES = 64 << 20
SEGMENT_BYTES_MIN = FRAMES_START + 16 * SECTOR_BYTES
NAME = re.compile(r"segment-(\d{8})\.journal")
PREPARING_SUFFIX = ".preparing"


@dataclass(frozen=True)
class JournalLayout:
    """What every segment of one journal agrees on."""

    record_bytes: int
    record_digest: bytes
    """32 bytes naming the fields of a record: a build with other fields refuses the folder."""
    segment_bytes: int = SEGMENT_BYTES

    def __post_init__(self):
        if not 0 < self.record_bytes <= RECORD_BYTES_MAX:
            raise ValueError(f"record_bytes must be 1 to {RECORD_BYTES_MAX}, got {self.record_bytes}")
        if self.segment_bytes % SECTOR_BYTES or self.segment_bytes < SEGMENT_BYTES_MIN:
            raise ValueError(f"segment_bytes must be a multiple of {SECTOR_BYTES} and at least {SEGMENT_BYTES_MIN}")

    @property
    def frame_bytes_max(self) -> int:
        """The largest frame: one that fills a segment, with a sector left for the frame that says it goes on."""
        return self.segment_bytes - FRAMES_START - SECTOR_BYTES

    @property
    def frame_records_max(self) -> int:
        """How many records the largest frame holds."""
        return (self.frame_bytes_max - HEADER_BYTES - HASH_BYTES) // self.record_bytes

    @property
    def genesis_hash(self) -> bytes:
        """What the first frame names as the hash before it."""
        return blake3(b"steelyard journal" + struct.pack("<HI", FRAME_VERSION, self.record_bytes)
                      + self.record_digest).digest()


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"segment-{number:08d}.journal"


def pack_segment_header(number: int, layout: JournalLayout) -> bytes:
    """The first 4096 bytes of a segment, closed by a CRC-32 of what is before it."""
    head = SEGMENT_HEADER.pack(SEGMENT_MAGIC, FRAME_VERSION, SECTOR_BYTES, layout.record_bytes, number,
                               layout.segment_bytes, 0, layout.record_digest)
    body = head + bytes(FRAMES_START - 4 - len(head))
    return body + zlib.crc32(body).to_bytes(4, "little")


def read_segment_header(path: Path) -> tuple[int, JournalLayout]:
    """Number and layout a segment states; refused where the header is damaged or of another format version."""
    with path.open("rb") as file:
        head = file.read(FRAMES_START)
    if len(head) < FRAMES_START:
        raise JournalDamage(path, None, len(head), f"the file ends after {len(head)} bytes, inside the segment header: "
                                                   "it was truncated")
    if zlib.crc32(head[:-4]) != int.from_bytes(head[-4:], "little") or head[:8] != SEGMENT_MAGIC:
        raise JournalDamage(path, None, 0, "the segment header does not match its checksum")
    _, version, sector, record_bytes, number, segment_bytes, _, record_digest = SEGMENT_HEADER.unpack_from(head)
    if version != FRAME_VERSION or sector != SECTOR_BYTES:
        raise LayoutDiffers(f"{path.name} has journal format {version}; this build reads format {FRAME_VERSION}. "
                            "To do: use the build that wrote it")
    return number, JournalLayout(record_bytes, record_digest, segment_bytes)


def list_segments(folder: Path) -> list[Path]:
    """Segment files in order; a number that is missing between them is damage."""
    found = {int(match[1]): path for path in folder.iterdir() if (match := NAME.fullmatch(path.name))}
    for number in range(max(found, default=-1) + 1):
        if number not in found:
            raise JournalDamage(segment_path(folder, number), None, None,
                                "the segment is missing, but later ones exist")
    return [found[number] for number in sorted(found)]


def make_segment(folder: Path, number: int, layout: JournalLayout, disk: Disk) -> Path:
    """Create segment ``number``: header and zeros to its full size, synced, and only then under its name."""
    path = segment_path(folder, number)
    preparing = path.with_name(path.name + PREPARING_SUFFIX)
    descriptor = disk.open(preparing, create=True)
    try:
        disk.write(descriptor, [pack_segment_header(number, layout)], 0)
        disk.write_zeros(descriptor, FRAMES_START, layout.segment_bytes)
        disk.sync_all(descriptor)
    finally:
        disk.close(descriptor)
    disk.rename(preparing, path)
    disk.sync_folder(folder)
    return path


class Preparation(threading.Thread):
    """Makes the next segment while the current one is filled; a fault is kept until the segment is needed."""

    def __init__(self, folder: Path, number: int, layout: JournalLayout, disk: Disk):
        super().__init__(name=f"prepare segment {number}", daemon=True)
        self.work = (folder, number, layout, disk)
        self.fault: OSError | None = None
        self.start()

    def run(self):
        try:
            make_segment(*self.work)
        except OSError as fault:
            self.fault = fault
