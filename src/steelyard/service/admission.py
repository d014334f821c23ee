"""Who may still join the queue to the engine: a bound on what waits, in classes that the venue's
profile names, and a bound for each account."""
from __future__ import annotations

from ..venues.overload import PASSES
from .errors import ServiceError
from .limits import WorkLimits


class Admission:
    """Counts commands of people that wait for the engine. What reduces risk passes for longer than what adds to it.
    SERV-013"""

    def __init__(self, work: WorkLimits, passes: tuple[str, ...] = PASSES):
        self.work, self.passes = work, passes
        self.waiting = 0
        """Commands taken and not yet answered."""
        self.refused = 0
        self.closed: ServiceError | None = None
        """Where set, nothing is taken any more."""
        self._accounts: dict[int, int] = {}

    def admit(self, account: int, request: str) -> None:
        """Refuse at once what would not be decided soon. ``request``: one of ``venues.overload.REQUESTS``; which of
        them wait longer is a matter of the venue's profile.  PROF-015"""
        first = request not in self.passes
        if self.closed is not None:
            raise self.closed
        if self.waiting >= (self.work.queue_new if first else self.work.queue_all):
            self.refused += 1
            raise ServiceError(
                "overloaded", f"{self.waiting} commands are waiting for the engine", None, "SERV-013",
                f"try again in a second; still taken: {', '.join(self.passes)}" if first else "try again in a second",
                retry_after_s=1)
        if self._accounts.get(account, 0) >= self.work.queue_account:
            self.refused += 1
            raise ServiceError(
                "overloaded", f"{self.work.queue_account} commands of this account are waiting", None, "SERV-013",
                "wait for their answers", retry_after_s=1)

    def entered(self, account: int, count: int) -> None:
        """``count`` commands of an account joined the queue."""
        self.waiting += count
        self._accounts[account] = self._accounts.get(account, 0) + count

    def left(self, account: int, count: int) -> None:
        """They were answered."""
        self.waiting -= count
        remaining = self._accounts[account] - count
        if remaining:
            self._accounts[account] = remaining
        else:
            del self._accounts[account]
