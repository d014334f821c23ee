"""Small journals of opaque records for the tests of this room."""
from __future__ import annotations

import random
from pathlib import Path

from steelyard.journal.reading import JournalReader
from steelyard.journal.segments import JournalLayout
from steelyard.journal.writing import JournalWriter

LAYOUT = JournalLayout(160, bytes(range(32)), 64 << 10)


def records(count: int, seed: int = 1) -> bytes:
    """``count`` records of 160 bytes, each ending in zeros as commands do, none all zero."""
    draw = random.Random(seed)
    return b"".join(draw.randbytes(100) + b"\1" + bytes(59) for _ in range(count))


def write(folder: Path, sizes: list[int], close: bool = False, layout: JournalLayout = LAYOUT) -> list[bytes]:
    """A new journal with one frame per size; returns the payloads."""
    writer = JournalWriter(folder, layout)
    payloads = [records(size, number) for number, size in enumerate(sizes)]
    for payload in payloads:
        writer.append(payload, len(payload) // layout.record_bytes)
    if close:
        writer.close()
    else:
        writer.abandon()
    return payloads


def read(folder: Path) -> tuple[list[bytes], JournalReader]:
    """All payloads of command frames, and the reader with its ending."""
    reader = JournalReader(folder, LAYOUT.record_digest)
    return [bytes(frame.payload) for frame in reader.frames() if frame.header.record_count], reader
