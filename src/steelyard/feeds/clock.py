"""The venue's time in a replay: it runs at a speed, stands while paused, and never goes back."""
from __future__ import annotations

import time
from collections.abc import Callable

from ..units import SECOND


class FeedClock:
    """Venue time as a straight line over the machine's steady clock.  FEED-001

    >>> wall = [0]
    >>> clock = FeedClock(1_000, speed=60, wall_ns=lambda: wall[0])
    >>> clock.start(); wall[0] = 10; clock.now_ns()
    1600
    >>> clock.pause(); wall[0] = 20; clock.now_ns()
    1600
    """

    def __init__(self, begin_ns: int, speed: float = 1.0, wall_ns: Callable[[], int] = time.monotonic_ns):
        self._wall_ns = wall_ns
        self._base_ns, self._base_wall_ns = int(begin_ns), wall_ns()
        self.speed = float(speed)
        self.running = False

    def now_ns(self) -> int:
        """Nanoseconds UTC of the venue's time."""
        if not self.running:
            return self._base_ns
        return self._base_ns + int((self._wall_ns() - self._base_wall_ns) * self.speed)

    def _rebase(self, now_ns: int) -> None:
        self._base_ns, self._base_wall_ns = max(now_ns, self._base_ns), self._wall_ns()

    def start(self) -> None:
        """Let time run from where it stands."""
        if not self.running:
            self._rebase(self._base_ns)
            self.running = True

    def pause(self) -> None:
        """Let time stand."""
        self._rebase(self.now_ns())
        self.running = False

    def set_speed(self, speed: float) -> None:
        """Venue seconds a second of the machine, from now on."""
        self._rebase(self.now_ns())
        self.speed = float(speed)

    def not_before(self, time_ns: int) -> None:
        """Jump forward to ``time_ns``; a time that has passed changes nothing."""
        self._rebase(max(self.now_ns(), int(time_ns)))


class WallTime:
    """The time of day, for feeds whose outside world is now. It has one speed and cannot stand."""

    speed, running = 1.0, True

    def now_ns(self) -> int:
        return time.time_ns()

    def start(self) -> None:
        """It runs already."""

    def not_before(self, time_ns: int) -> None:
        """A journal from the future: the node stamps no earlier than what it has, until the day catches up."""


def seconds(time_ns: int) -> float:
    """Nanoseconds as seconds."""
    return time_ns / SECOND
