"""When a batch is committed: decided from the measured sync time and the measured arrivals. Clock values come in.

A turn, the sync and what deciding and telling a batch takes, costs nearly the same for one command as for dozens. While
a batch waits, commands arrive; whoever arrives one moment after the commit began waits for that whole turn and then for
its own. Waiting pays as long as the batch is smaller than what arrives during one turn, and never longer than one
(JRNL-040).
"""
from __future__ import annotations

SMOOTHING = 8
"""Each observation counts one eighth."""
SYNC_NS_AT_FIRST = 200_000


class GroupCommit:
    """The policy of one node."""

    def __init__(self, batch_max: int = 8192):
        self.batch_max = batch_max
        self.sync_ns = SYNC_NS_AT_FIRST
        self.telling_ns = 0
        """Smoothed time from a sync's return to the end of telling what it made durable."""
        self.arrival_ns = 1_000_000_000
        """Smoothed time between two commands."""
        self.waiting = 0
        self.oldest_ns = 0
        self._last_arrival_ns: int | None = None

    def arrived(self, count: int, now_ns: int) -> None:
        """``count`` commands joined the batch at ``now_ns``."""
        if not self.waiting:
            self.oldest_ns = now_ns
        self.waiting += count
        if self._last_arrival_ns is not None:
            gap_ns = max(0, now_ns - self._last_arrival_ns) // count
            self.arrival_ns += (gap_ns - self.arrival_ns) // SMOOTHING
        self._last_arrival_ns = now_ns

    def taken(self, count: int, now_ns: int) -> None:
        """A batch of ``count`` commands is on its way to the disk; the rest goes on waiting, from ``now_ns``."""
        self.waiting -= count
        self.oldest_ns = now_ns

    def put_back(self, count: int) -> None:
        """The batch found no room and waits again, in front of what came since."""
        self.waiting += count

    def synced(self, sync_ns: int) -> None:
        """A batch is durable; its sync took ``sync_ns``."""
        self.sync_ns += (sync_ns - self.sync_ns) // SMOOTHING

    def told(self, telling_ns: int) -> None:
        """A batch was decided, answered and told in so long."""
        self.telling_ns += (telling_ns - self.telling_ns) // SMOOTHING

    def committed(self, sync_ns: int) -> None:
        """All that waited is durable; its sync took ``sync_ns``."""
        self.waiting = 0
        self.synced(sync_ns)

    @property
    def turn_ns(self) -> int:
        """How long a turn takes."""
        return self.sync_ns + self.telling_ns

    @property
    def worthwhile(self) -> int:
        """How many commands arrive during one turn: a batch of this size goes at once. At least 1."""
        return max(1, min(self.batch_max, self.turn_ns // max(1, self.arrival_ns)))

    def wait_ns(self, now_ns: int) -> int | None:
        """How long the batch should still wait; 0 = commit now, None = nothing waits."""
        if not self.waiting:
            return None
        if self.waiting >= self.worthwhile:
            return 0
        return max(0, self.oldest_ns + self.turn_ns - now_ns)
