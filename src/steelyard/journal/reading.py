"""Reads a journal back frame by frame, verifies each, and says how it ends: clean, torn or damaged (JRNL-010 to 019).

A sector is either wholly written or not at all, and segments are full of zeros before they are used. So a write that
was cut short leaves sectors of zeros where the frame has none, and a frame without such a sector was written to its
end: what does not match there was changed afterward.
"""
from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .faults import JournalDamage, LayoutDiffers
from .frames import (
    COMMANDS,
    CONTINUED,
    FRAME_VERSION,
    HASH_BYTES,
    HEADER_BYTES,
    KIND_NAMES,
    SECTOR_BYTES,
    Frame,
    Header,
    extent_bytes,
    frame_hash,
    header_is_whole,
    unpack_header,
)
from .segments import FRAMES_START, JournalLayout, list_segments, read_segment_header, segment_path

_ZERO_SECTOR = bytes(SECTOR_BYTES)
_SCAN_BYTES = 1 << 20
_ZERO_SCAN = bytes(_SCAN_BYTES)


@dataclass(frozen=True)
class Place:
    """Where the next frame belongs and what it must name: all that is needed to go on reading or writing."""

    segment: int
    offset_bytes: int
    frame_number: int
    sequence: int
    """Sequence of the next command; commands count from 1."""
    previous_hash: bytes


@dataclass(frozen=True)
class Located:
    """Where one whole frame lies, and its kind."""

    segment: int
    offset_bytes: int
    extent_bytes: int
    kind: int


@dataclass(frozen=True)
class Ending:
    """How the journal ends."""

    place: Place
    torn_bytes: int
    """0 for a clean end; else how many bytes from the place on belong to a write that was cut short."""
    why: str
    last: Located | None
    """The last whole frame that was read, None where there was none."""


def first_place(layout: JournalLayout) -> Place:
    """Where the first frame of an empty journal goes."""
    return Place(0, FRAMES_START, 0, 1, layout.genesis_hash)


class JournalReader:
    """All segments of a folder, read only. Iterate :meth:`frames` to the end; then ``ending`` tells how it ends."""

    def __init__(self, folder: Path, record_digest: bytes | None = None):
        self.folder = Path(folder)
        self.paths = list_segments(self.folder)
        self.layout: JournalLayout | None = None
        self.ending: Ending | None = None
        self._last: Located | None = None
        for number, path in enumerate(self.paths):
            self._check_segment(number, path, record_digest)

    def _check_segment(self, number: int, path: Path, record_digest: bytes | None) -> None:
        stated, layout = read_segment_header(path)
        if record_digest is not None and layout.record_digest != record_digest:
            raise LayoutDiffers(
                f"{path.name} holds records of layout {layout.record_digest.hex()[:16]}; this build writes "
                f"{record_digest.hex()[:16]}. To do: use the build that wrote the journal")
        if stated != number:
            raise JournalDamage(path, None, 0, f"its header says segment {stated}: files were renamed or swapped")
        if self.layout is not None and layout != self.layout:
            raise JournalDamage(path, None, 0, "its header disagrees with segment 0: it belongs to another journal")
        if path.stat().st_size != layout.segment_bytes:
            raise JournalDamage(path, None, min(path.stat().st_size, layout.segment_bytes),
                                f"the file has {path.stat().st_size} bytes and its header says {layout.segment_bytes}: "
                                "it was truncated or extended")
        self.layout = layout

    # ------------------------------------------------------------ frames
    def frames(self, start: Place | None = None) -> Iterator[Frame]:
        """Every whole frame from ``start`` (default: the first), verified against its own hash and the one before."""
        if self.layout is None:
            return
        place: Place | None = start or first_place(self.layout)
        self._last = None
        while place is not None and self.ending is None:
            if place.segment >= len(self.paths):
                raise JournalDamage(segment_path(self.folder, place.segment), place.frame_number, None,
                                    "the segment before says that the journal goes on here, but the file is missing")
            place = yield from self._frames_of_segment(place)

    def _frames_of_segment(self, place: Place):
        path = self.paths[place.segment]
        content = map_file(path)
        while (frame := self._frame_at(content, path, place)) is not None:
            header = frame.header
            self._last = Located(place.segment, place.offset_bytes, header.extent_bytes, header.kind)
            offset = place.offset_bytes + header.extent_bytes
            place = Place(place.segment, offset, header.number + 1, header.first_sequence + header.record_count,
                          frame.hash)
            yield frame
            if header.kind == CONTINUED:
                if (stray := first_byte(content, offset, len(content))) is not None:
                    raise JournalDamage(path, place.frame_number, stray, "bytes after the end of a full segment")
                return Place(place.segment + 1, FRAMES_START, place.frame_number, place.sequence, frame.hash)
        self._end(content, path, place)
        return None

    def _frame_at(self, content, path: Path, place: Place) -> Frame | None:
        """The frame at ``place``, or None where its bytes are not a whole frame; refused where it is the wrong one."""
        offset = place.offset_bytes
        head = content[offset:offset + HEADER_BYTES]
        if len(head) < HEADER_BYTES or not header_is_whole(head):
            return None
        header, version = unpack_header(head)
        if version != FRAME_VERSION:
            raise LayoutDiffers(f"{path.name}, frame {place.frame_number} has format {version}; this build reads "
                                f"{FRAME_VERSION}. To do: use the build that wrote it")
        self._check_order(header, path, place)
        end = offset + HEADER_BYTES + header.payload_bytes
        tail = offset + header.extent_bytes
        if header.payload_bytes != header.record_count * self.layout.record_bytes or tail > len(content):
            raise JournalDamage(path, place.frame_number, offset, "the frame's lengths contradict each other")
        payload = memoryview(content)[offset + HEADER_BYTES:end]
        digest = frame_hash(head, payload)
        padding = content[end:tail - HASH_BYTES]
        if digest == content[tail - HASH_BYTES:tail] and padding.count(0) == len(padding):
            return Frame(header, payload, digest, place.segment, offset)
        return None

    def _check_order(self, header: Header, path: Path, place: Place) -> None:
        if header.number != place.frame_number:
            raise JournalDamage(path, place.frame_number, place.offset_bytes,
                                f"frame {header.number} stands where frame {place.frame_number} belongs: wrong order")
        if header.previous_hash != place.previous_hash:
            raise JournalDamage(path, place.frame_number, place.offset_bytes,
                                "the frame does not name the hash of the frame before: the chain is broken")
        if header.first_sequence != place.sequence or header.kind not in KIND_NAMES or (
                header.kind != COMMANDS and header.record_count):
            raise JournalDamage(path, place.frame_number, place.offset_bytes,
                                f"the frame begins at command {header.first_sequence}, expected {place.sequence}")

    # ------------------------------------------------------------ the end
    def _end(self, content, path: Path, place: Place) -> None:
        """Decide what stands at ``place``, where no whole frame is: the clean end, a torn write, or damage."""
        self._refuse_later_frames(content, path, place)
        offset = place.offset_bytes
        first = first_byte(content, offset, len(content))
        torn, why = 0, "clean end"
        if first is not None:
            limit = min(len(content), offset + self.layout.frame_bytes_max)
            torn, why = _torn_extent(content, path, place, limit)
            if (stray := first_byte(content, offset + torn, len(content))) is not None:
                raise JournalDamage(path, place.frame_number, stray, "bytes where nothing was written yet")
        self.ending = Ending(place, torn, why, self._last)

    def _refuse_later_frames(self, content, path: Path, place: Place) -> None:
        """A frame is written only after all before it are durable: a later one means that this one was damaged."""
        for later in range(place.offset_bytes + SECTOR_BYTES, len(content), SECTOR_BYTES):
            if content[later] and is_frame_after(content, later, place):
                raise JournalDamage(path, place.frame_number, place.offset_bytes,
                                    f"the frame does not match its checksum, and later frames follow at offset {later}")
        for number in range(place.segment + 1, len(self.paths)):
            after = map_file(self.paths[number])
            if (stray := first_byte(after, FRAMES_START, len(after))) is not None:
                raise JournalDamage(path, place.frame_number, place.offset_bytes,
                                    f"the frame is missing or damaged: {self.paths[number].name} holds later bytes "
                                    f"at offset {stray}")

    def refuse_missing_before(self, place: Place) -> None:
        """Refuse where the frame just before ``place`` is not the one that ``place`` (from a snapshot) names."""
        known = place.segment < len(self.paths)
        if known and place.offset_bytes > FRAMES_START:
            with self.paths[place.segment].open("rb") as file:
                file.seek(place.offset_bytes - HASH_BYTES)
                known = file.read(HASH_BYTES) == place.previous_hash
        if not known:
            raise JournalDamage(segment_path(self.folder, place.segment), place.frame_number - 1, place.offset_bytes,
                                "a snapshot was taken after this frame, but the journal does not hold it")


def map_file(path: Path) -> mmap.mmap:
    """The file as private memory: arrays over it may be handed to kernels, and writes to them never reach the file."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def is_frame_after(content, offset: int, place: Place) -> bool:
    """True where a header stands at ``offset`` that is whole and numbered after the one expected at ``place``."""
    head = content[offset:offset + HEADER_BYTES]
    return len(head) == HEADER_BYTES and header_is_whole(head) and unpack_header(head)[0].number > place.frame_number


def first_byte(content, start: int, end: int) -> int | None:
    """Offset of the first byte that is not zero in [start, end), or None."""
    while start < end:
        length = min(_SCAN_BYTES, end - start)
        piece = content[start:start + length]
        if piece != (_ZERO_SCAN if length == _SCAN_BYTES else bytes(length)):
            return start + length - len(piece.lstrip(b"\0"))
        start += length
    return None


def last_byte(content, start: int, end: int) -> int:
    """Offset after the last byte that is not zero in [start, end); ``start`` where all are zero."""
    return start + len(content[start:end].rstrip(b"\0"))


def _torn_extent(content, path: Path, place: Place, limit: int) -> tuple[int, str]:
    """Length of the write that was cut short at ``place`` and the sign by which it is known; damage is raised."""
    offset = place.offset_bytes
    head = content[offset:offset + HEADER_BYTES]
    if content[offset:offset + SECTOR_BYTES] == _ZERO_SECTOR:          # JRNL-015
        end = last_byte(content, offset, limit)
        return -(-(end - offset) // SECTOR_BYTES) * SECTOR_BYTES, "torn: the first sector was never written"
    if not header_is_whole(head):                                      # JRNL-016
        if not any(content[offset + HEADER_BYTES - 4:limit]):
            return SECTOR_BYTES, "torn: the header was not written to its end"
        raise JournalDamage(path, place.frame_number, offset, "the frame's header does not match its checksum")
    header, _ = unpack_header(head)
    end = offset + extent_bytes(header.payload_bytes)
    for sector in range(offset + SECTOR_BYTES, end, SECTOR_BYTES):      # JRNL-014
        if content[sector:sector + SECTOR_BYTES] == _ZERO_SECTOR:
            return end - offset, f"torn: the sector at offset {sector} was never written"
    if not any(content[end - HASH_BYTES:end]):
        return end - offset, "torn: the frame's hash was never written"
    raise JournalDamage(path, place.frame_number, offset,              # JRNL-017
                        "the last frame was written to its end and does not match its hash; it may have been "
                        "acknowledged")
