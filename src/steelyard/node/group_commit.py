"""When a batch is committed: decided from the measured sync time and the measured arrivals. Clock values come in.

A turn, the sync and what deciding and telling a batch takes, costs nearly the same for one command as for dozens. While
a batch waits, commands arrive; whoever arrives one moment after the commit began waits for that whole turn and then for
its own. Waiting pays as long as the batch is smaller than what arrives meanwhile, and never longer than a sync and two
tellings: the loop is busy with one of them anyway, and whoever it answers comes back during the second, so that all who
send without a pause share one turn in the place of two halves taking turns. Where as many wait as were lately under way
at once, nobody else is expected, and the batch goes (JRNL-040).
"""
from __future__ import annotations

SMOOTHING = 8
"""Each observation counts one eighth."""
SILENCE = 4
"""So many times what a batch may wait without a command is a silence."""
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
        self.waiting = self.unread = 0
        """Commands in the waiting batch, and requests that came and are not read yet: most will be a command."""
        self.crowd = 1
        """How many commands were lately under way at once, waiting ones and those of the frame that was synced."""
        self._taken = 0
        self.oldest_ns = 0
        self._last_arrival_ns: int | None = None

    def expected(self, count: int, now_ns: int) -> None:
        """``count`` requests came at ``now_ns``; they are read when the batch is taken (:meth:`collected`)."""
        if not self.waiting and not self.unread:
            self.oldest_ns = now_ns
        self.unread += count
        self._note(count, now_ns)

    def collected(self) -> None:
        """All requests that came are read: what became commands of them has joined the batch."""
        self.unread = 0

    def arrived(self, count: int, now_ns: int) -> None:
        """``count`` commands joined the batch at ``now_ns``."""
        if not self.waiting and not self.unread:
            self.oldest_ns = now_ns
        self.waiting += count
        if not self.unread:                      # else they were expected
            self._note(count, now_ns)

    def _note(self, count: int, now_ns: int) -> None:
        """One observation of the time between two commands. Senders who wait for answers come in waves: the gap between
        two waves must not look like a slower flow, so one observation at most doubles; after a silence of several turns
        all begins anew."""
        if self._last_arrival_ns is not None:
            gap_ns = max(0, now_ns - self._last_arrival_ns) // count
            if gap_ns > SILENCE * self.patience_ns:
                self.arrival_ns, self.crowd = gap_ns, 1
            else:
                gap_ns = min(gap_ns, 2 * self.arrival_ns + 1000)
                self.arrival_ns += (gap_ns - self.arrival_ns) // SMOOTHING
        self._last_arrival_ns = now_ns

    def taken(self, count: int, now_ns: int) -> None:
        """A batch of ``count`` commands is on its way to the disk; the rest goes on waiting, from ``now_ns``."""
        self.waiting -= count
        self._taken = count
        self.oldest_ns = now_ns

    def put_back(self, count: int) -> None:
        """The batch found no room and waits again, in front of what came since."""
        self.waiting += count

    def synced(self, sync_ns: int) -> None:
        """A batch is durable; its sync took ``sync_ns``."""
        self.sync_ns += (sync_ns - self.sync_ns) // SMOOTHING
        self.crowd = max(1, self._taken + self.waiting + self.unread, self.crowd - max(1, self.crowd // SMOOTHING))
        self._taken = 0

    def told(self, telling_ns: int) -> None:
        """A batch was decided, answered and told in so long."""
        self.telling_ns += (telling_ns - self.telling_ns) // SMOOTHING

    def committed(self, sync_ns: int) -> None:
        """All that waited is durable; its sync took ``sync_ns``."""
        self.waiting, self._taken = 0, self.waiting
        self.synced(sync_ns)

    @property
    def patience_ns(self) -> int:
        """How long a batch may wait: a sync and two tellings."""
        return self.sync_ns + 2 * self.telling_ns

    @property
    def worthwhile(self) -> int:
        """How many commands arrive in that time, and are there to arrive: a batch of this size goes at once. At least
        1."""
        return max(1, min(self.batch_max, self.crowd, self.patience_ns // max(1, self.arrival_ns)))

    def wait_ns(self, now_ns: int) -> int | None:
        """How long the batch should still wait; 0 = commit now, None = nothing waits."""
        waiting = self.waiting + self.unread
        if not waiting:
            return None
        if waiting >= self.worthwhile:
            return 0
        return max(0, self.oldest_ns + self.patience_ns - now_ns)
