"""Who may still join the queue to the engine: a bound on what waits, in classes that the venue's
profile names, and a bound for each account."""
from __future__ import annotations

from ..venues.overload import PASSES
from ..views.direct import table
from .errors import ServiceError
from .limits import WorkLimits
from .wire_kernels import QUEUE


class Admission:
    """Counts commands of people that wait for the engine. What reduces risk passes for longer than what adds to it.
    SERV-013"""

    def __init__(self, work: WorkLimits, passes: tuple[str, ...] = PASSES):
        self.work, self.passes = work, passes
        self.queues = table(QUEUE, 1)
        """What waits, altogether and by account; compiled code counts there too."""
        self._queue = self.queues[0]
        self._queue.new_max, self._queue.account_max = work.queue_new, work.queue_account
        self._accounts = self.queues["accounts"][0]
        self.refused = 0
        self.closed: ServiceError | None = None
        """Where set, nothing is taken any more."""

    @property
    def waiting(self) -> int:
        """Commands taken and not yet answered."""
        return int(self._queue.waiting)

    def admit(self, account: int, request: str) -> None:
        """Refuse at once what would not be decided soon. ``request``: one of ``venues.overload.REQUESTS``; which of
        them wait longer is a matter of the venue's profile.  PROF-015"""
        first = request not in self.passes
        if self.closed is not None:
            raise self.closed
        waiting = self._queue.waiting
        if waiting >= (self.work.queue_new if first else self.work.queue_all):
            self.refused += 1
            raise ServiceError(
                "overloaded", f"{waiting} commands are waiting for the engine", None, "SERV-013",
                f"try again in a second; still taken: {', '.join(self.passes)}" if first else "try again in a second",
                retry_after_s=1)
        if self._accounts[account] >= self.work.queue_account:
            self.refused += 1
            raise ServiceError(
                "overloaded", f"{self.work.queue_account} commands of this account are waiting", None, "SERV-013",
                "wait for their answers", retry_after_s=1)

    def entered(self, account: int, count: int) -> None:
        """``count`` commands of an account joined the queue."""
        self._queue.waiting += count
        self._accounts[account] += count

    def left(self, account: int, count: int) -> None:
        """They were answered."""
        self._queue.waiting -= count
        self._accounts[account] -= count
