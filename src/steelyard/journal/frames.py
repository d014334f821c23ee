"""One frame: the bytes of one committed batch. This room packs, unpacks and hashes; it opens no file.

    | header, 128 bytes | records | zeros up to the last 32 bytes of a sector | frame hash, 32 bytes |

A frame begins at a sector (512 bytes) and ends at one, so no acknowledged byte is ever in a sector that is written
again. Rules JRNL-001 to JRNL-005 in docs/spec/journal.md.
"""
from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from blake3 import blake3

SECTOR_BYTES = 512
FRAME_MAGIC = b"SYFR"
FRAME_VERSION = 1
RECORD_BYTES_MAX = SECTOR_BYTES // 2
"""Every sector inside the records then holds one whole record: a sector of zeros was never written (JRNL-005)."""

COMMANDS = 1
CONTINUED = 2
"""Last frame of a full segment: the chain goes on in the next one, which exists."""
CLOSED = 3
"""The node was stopped in order: everything before was applied, and its outcome is confirmed here."""
KIND_NAMES = {COMMANDS: "commands", CONTINUED: "continued", CLOSED: "closed"}

HEADER = struct.Struct("<4sHHQQIIQ32s16s36xI")
HEADER_BYTES = HEADER.size
HASH_BYTES = 32
EVENTS_DIGEST_BYTES = 16
NO_EVENTS = bytes(EVENTS_DIGEST_BYTES)
_CHECKED_BYTES = HEADER_BYTES - 4
assert HEADER_BYTES == 128


@dataclass(frozen=True, slots=True)
class Header:
    """The facts in front of a frame's records."""

    kind: int
    number: int
    """Counts frames of every kind over the whole journal, from 0."""
    first_sequence: int
    """Sequence of the first command of the batch, or of the next one if the frame has none; commands count from 1."""
    record_count: int
    payload_bytes: int
    event_count: int
    """Events told for all commands before ``first_sequence``."""
    previous_hash: bytes
    events_digest: bytes
    """Digest of those events: an audit sees by it the first batch that turns out otherwise."""

    def pack(self) -> bytes:
        """The 128 bytes on disk, little-endian, closed by a CRC-32 of the 124 before."""
        head = HEADER.pack(FRAME_MAGIC, FRAME_VERSION, self.kind, self.number, self.first_sequence, self.record_count,
                           self.payload_bytes, self.event_count, self.previous_hash, self.events_digest, 0)
        return head[:_CHECKED_BYTES] + zlib.crc32(head[:_CHECKED_BYTES]).to_bytes(4, "little")

    @property
    def extent_bytes(self) -> int:
        return extent_bytes(self.payload_bytes)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame read back and verified, and where it stands."""

    header: Header
    payload: memoryview
    hash: bytes
    segment: int
    offset_bytes: int


def extent_bytes(payload_bytes: int) -> int:
    """Bytes on disk of a frame with so many bytes of records: whole sectors.

    >>> extent_bytes(0), extent_bytes(352), extent_bytes(353)
    (512, 512, 1024)
    """
    return -(-(HEADER_BYTES + payload_bytes + HASH_BYTES) // SECTOR_BYTES) * SECTOR_BYTES


def header_is_whole(head: bytes) -> bool:
    """True where the 128 bytes carry the magic and their own checksum."""
    return (head[:4] == FRAME_MAGIC
            and zlib.crc32(head[:_CHECKED_BYTES]) == int.from_bytes(head[_CHECKED_BYTES:HEADER_BYTES], "little"))


def unpack_header(head: bytes) -> tuple[Header, int]:
    """The header and its format version; call :func:`header_is_whole` first."""
    (_, version, kind, number, first_sequence, record_count, payload_bytes, event_count, previous_hash, events_digest,
     _) = HEADER.unpack(head)
    return Header(kind, number, first_sequence, record_count, payload_bytes, event_count, previous_hash,
                  events_digest), version


def frame_hash(head: bytes, payload) -> bytes:
    """BLAKE3 of header and records. The header holds the hash of the frame before, so the hashes are a chain."""
    hasher = blake3(head)
    hasher.update(payload)
    return hasher.digest()


def frame_parts(header: Header, payload) -> tuple[list, bytes]:
    """What is written for a frame, in order, and its hash. The records are not copied."""
    head = header.pack()
    digest = frame_hash(head, payload)
    padding = header.extent_bytes - HEADER_BYTES - header.payload_bytes - HASH_BYTES
    return [head, payload, bytes(padding) + digest], digest
