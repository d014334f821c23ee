"""Memory for records that are too large for the heap."""
from __future__ import annotations

import mmap

import numpy as np

HUGE_PAGE = 1 << 21


def mapped(dtype: np.dtype) -> np.ndarray:
    """One zeroed record in memory of its own that begins on a page, so that tables begin on cache lines.

    The system is asked to map it in large pages where it has them: rows are visited in no order, and finding the page
    of one takes longer than reading it (docs/decisions/0012). Memory is still taken when first touched. Private, so
    that a forked child that writes a snapshot sees the tables as they were.
    """
    if not hasattr(mmap, "MAP_PRIVATE"):
        return np.zeros(1, dtype)
    memory = mmap.mmap(-1, dtype.itemsize + HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        try:
            memory.madvise(mmap.MADV_HUGEPAGE)
        except OSError:                      # a system without large pages: the same, slower
            pass
    room = np.frombuffer(memory, np.uint8)
    start = -room.ctypes.data % HUGE_PAGE
    return room[start:start + dtype.itemsize].view(dtype)
