"""The running digest of all events told: how two runs of one journal are compared batch by batch."""
from __future__ import annotations

import numpy as np
from xxhash import xxh3_128

from ..journal.frames import NO_EVENTS


class EventTrail:
    """Count and digest of every event so far; the digest of a batch covers the digest before it.

    XXH3 finds differences, not forgers: the frame that holds the digest is itself under the journal's hash chain.
    """

    def __init__(self, count: int = 0, digest: bytes = NO_EVENTS):
        self.count, self.digest = count, digest
        self._hasher = None

    def begin(self) -> None:
        """A batch starts."""
        self._hasher = xxh3_128(self.digest)

    def add(self, events: np.ndarray) -> None:
        """Events of the batch, in order; contiguous records."""
        self.count += len(events)
        self._hasher.update(events.view(np.uint8).data if len(events) else b"")

    def end(self) -> None:
        """The batch is decided."""
        self.digest = self._hasher.digest()
