"""How much of the door one may use: token buckets by key and address, and how deep the queue to the engine may get."""
from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from typing import NamedTuple

from .errors import ServiceError


class Verdict(NamedTuple):
    """Whether a request may pass, and what the headers ``X-RateLimit-*`` say."""

    allowed: bool
    limit: int
    remaining: int
    reset_ms: int
    """Until the bucket is full again."""

    def error(self) -> ServiceError:
        """The refusal of a request that may not pass.  SERV-012"""
        return ServiceError("rate_limited", f"more than {self.limit} requests at once", None, "SERV-012",
                            f"wait {self.reset_ms} ms for the whole allowance, or ask less often",
                            retry_after_s=max(1, self.reset_ms // 1000))


@dataclass(frozen=True)
class WorkLimits:
    """What one door takes. ``rate`` is tokens a second, ``burst`` how many may be saved up."""

    key_rate: float = 500.0
    key_burst: int = 1000
    address_rate: float = 100.0
    address_burst: int = 300
    queue_new: int = 4096
    """Commands waiting for the engine beyond which no new order is taken."""
    queue_all: int = 8192
    """... beyond which nothing is taken, cancels included."""
    queue_account: int = 512
    """Commands of one account waiting."""
    message_bytes: int = 65_536
    connections: int = 4096
    connections_address: int = 1024
    unsent_soft_bytes: int = 262_144
    """Beyond this a connection's streams are conflated."""
    unsent_hard_bytes: int = 2_097_152
    """Beyond this a connection is cut."""
    behind_s: float = 30.0
    """A connection that stays conflated so long is cut."""
    heartbeat_s: float = 15.0
    buckets: int = 65_536


class Buckets:
    """Token buckets by name; a bucket nobody used for long is forgotten, so their number is bounded.  SERV-012"""

    def __init__(self, rate: float, burst: int, most: int, clock=time.monotonic):
        self.rate, self.burst, self.most, self.clock = rate, burst, most, clock
        self._token_s, self._burst_s = 1.0 / rate, burst / rate + 1e-9
        self._full_at: dict[object, float] = {}
        """When each bucket will be full again: the whole state of a bucket in one number."""

    def take(self, who: object, cost: float = 1.0) -> Verdict:
        """Take ``cost`` tokens of ``who``."""
        now = self.clock()
        full_at = self._full_at.get(who, now)
        if full_at < now:
            full_at = now
        later = full_at + cost / self.rate
        allowed = later - now <= self._burst_s
        if allowed:
            if who not in self._full_at and len(self._full_at) >= self.most:
                self._forget(now)
            self._full_at[who] = full_at = later
        missing = (full_at - now) * self.rate
        return Verdict(allowed, self.burst, max(0, int(self.burst - missing)), int((full_at - now) * 1000))

    def passes(self, who: object, now: float, count: int = 1) -> int:
        """How many of ``count`` messages at ``now``, a time of the clock, may pass: :meth:`take` of one token for each,
        where nobody asks for the figures. The way of every message."""
        full_at = self._full_at.get(who, now)
        if full_at < now:
            full_at = now
        if full_at + count * self._token_s - now > self._burst_s:
            count = max(0, int((now + self._burst_s - full_at) * self.rate))
            if count == 0:
                return 0
        if len(self._full_at) >= self.most and who not in self._full_at:
            self._forget(now)
        self._full_at[who] = full_at + count * self._token_s
        return count

    def _forget(self, now: float) -> None:
        """Full buckets say nothing; where none is full the fullest half goes, in favor of those who ask now."""
        kept = {who: at for who, at in self._full_at.items() if at > now}
        if len(kept) >= self.most:
            kept = dict(sorted(kept.items(), key=lambda item: item[1])[len(kept) // 2:])
        self._full_at = kept


class Limits:
    """The buckets of a server."""

    def __init__(self, work: WorkLimits | None = None):
        self.work = work or WorkLimits()
        self._keys = Buckets(self.work.key_rate, self.work.key_burst, self.work.buckets)
        self._addresses = Buckets(self.work.address_rate, self.work.address_burst, self.work.buckets)

    def take(self, who: str, cost: float = 1.0) -> Verdict:
        """Take from the bucket of ``who``: ``key:ID``, ``user:ID`` or ``account:N`` (signed in), or ``address:IP``."""
        return self.buckets_of(who).take(who, cost)

    def buckets_of(self, who: str) -> Buckets:
        """The buckets one belongs to."""
        return self._addresses if who.startswith("address:") else self._keys


def forwarded_address(peer: str, forwarded_for: str, trusted: tuple[str, ...]) -> str:
    """Where a request comes from: the peer, or, behind a trusted proxy, the last address it was forwarded for that is
    not a trusted proxy's own.  PEOP-008"""
    if peer not in trusted:
        return peer
    for address in reversed(forwarded_for.split(",")):
        try:
            known = str(ipaddress.ip_address(address.strip()))
        except ValueError:
            break
        if known not in trusted:
            return known
    return peer
