"""What was looked up lately, for a short while, so that a request does not cost a query."""
from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Any

LIFE_S = 2.0
"""What another process deletes is known here after this time; what this one deletes, at once."""
ENTRIES_MAX = 10_000


class Recent:
    """Thread-safe, bounded."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._round = 0

    def get(self, name: str) -> Any:
        """What was kept under the name, None when it is too old or was not."""
        held = self._held.get(name)
        return held[1] if held is not None and held[0] > self._clock() else None

    @property
    def round(self) -> int:
        """Counts what was dropped: a look-up that began in an earlier round must not be kept."""
        return self._round

    def keep(self, name: str, value: Any, begun: int) -> None:
        """Keep what a look-up found that began in round ``begun``."""
        with self._lock:
            if begun != self._round:
                return
            self._held[name] = (self._clock() + LIFE_S, value)
            self._held.move_to_end(name)
            while len(self._held) > ENTRIES_MAX:
                self._held.popitem(last=False)

    def drop(self, *names: str) -> None:
        """Forget at once."""
        with self._lock:
            self._round += 1
            for name in names:
                self._held.pop(name, None)
