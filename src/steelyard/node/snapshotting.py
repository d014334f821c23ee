"""Takes snapshots without holding up the node: a forked child has the tables as they were and writes them.

Where the system cannot fork, the node writes the snapshot itself. When a snapshot is due is said here; how it looks on
disk is the journal's matter.
"""
from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..journal.disk import Disk
from ..journal.reading import Place
from ..journal.snapshots import PREPARING, list_snapshots, write_snapshot
from .tables import image_of, layout_digest
from .trail import EventTrail


class Snapshots:
    """The snapshots of one node; at most one is being written at a time."""

    def __init__(self, folder: Path, disk: Disk, kept: int = 3):
        self.folder, self.disk, self.kept = folder, disk, kept
        self.child: int | None = None
        self.last_fault: str | None = None
        for path in folder.iterdir():
            if PREPARING.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def take(self, states: np.ndarray, place: Place, trail: EventTrail, in_child: Callable[[], None]) -> bool:
        """Begin a snapshot of the tables as it is after ``place``; False while another is being written.

        in_child is called in the child first, to let go of what must not outlive the node.
        """
        if not self.poll():
            return False
        facts = dict(image_layout=layout_digest(states.dtype).hex(), segment=place.segment,
                     offset_bytes=place.offset_bytes, frame_number=place.frame_number, sequence=place.sequence,
                     previous_hash=place.previous_hash.hex(), event_count=trail.count, events_digest=trail.digest.hex())
        child = _fork()
        if child is None:
            self._write(states, facts)
        elif child:
            self.child = child
        else:
            status = 1
            try:
                in_child()
                os.nice(5)
                self._write(states, facts)
                status = 0
            finally:
                os._exit(status)
        return True

    def _write(self, states: np.ndarray, facts: dict) -> None:
        write_snapshot(self.folder, image_of(states), self.disk, os.getpid(), **facts)
        for path in list_snapshots(self.folder)[self.kept:]:
            path.unlink(missing_ok=True)

    def poll(self, wait: bool = False) -> bool:
        """True when no snapshot is being written (any more). A failed one is noted; the journal has it all anyway."""
        if self.child is None:
            return True
        child, status = os.waitpid(self.child, 0 if wait else os.WNOHANG)
        if not child:
            return False
        self.child = None
        self.last_fault = f"the snapshot process ended with status {status}" if status else None
        return True


def _fork() -> int | None:
    """The child's id, 0 in the child, None where there is no fork or no room for one."""
    if not hasattr(os, "fork"):
        return None
    try:
        with warnings.catch_warnings():
            # The child runs straight to _exit and takes no lock another thread may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            return os.fork()
    except OSError:
        return None
