"""What the REST door stands on. Everything is made by the application; nothing here owns any of it."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

from ...node.venue import Venue
from ...views.history.queries import Queries
from ..eligibility import Eligibility
from ..limits import Limits
from ..operations import Operations
from ..people import People
from ..planners import Planners


class Feed(Protocol):
    """What drives a venue from outside (the room ``feeds``, which the service may not import)."""

    def control(self, **wanted) -> None:
        """Speed, pause, restart, preset, loop."""

    def snapshot(self, channel: str, account: int) -> Any:
        """The thing ``Replay`` of SERV-006 for the channel ``replay``."""


@dataclass(frozen=True)
class RestSettings:
    """Figures of the REST door."""

    body_bytes_max: int = 65_536
    paper: bool = True
    """Whether people may open an account with paper money for a click, and give themselves more."""
    paper_atoms_max: int = 1_000 * 100_000_000
    """The most paper money of one deposit, in atoms."""
    everyone_replays: bool = False
    """Whether everybody who may trade may turn the clock of a replay, not the operator alone."""
    secure_cookies: bool = False
    """Set where a proxy in front speaks https without saying so."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose ``X-Forwarded-For`` is believed."""


@dataclass
class Services:
    """``views`` has orders, accounts, notices, preview, depth, ticker, trades, candles, risk, liquidations as far as
    they run; what is None is answered with 404."""

    venue: Venue
    operations: Operations
    people: People
    views: SimpleNamespace = field(default_factory=SimpleNamespace)
    history: Queries | None = None
    feed: Feed | None = None
    status: Any = None
    limits: Limits | None = None
    deadman: Any = None
    metrics: Callable[[], bytes] | None = None
    settings: RestSettings = field(default_factory=RestSettings)
    planners: Planners = field(default_factory=Planners)
    faults: Any = ()
    """Views that failed: what they would show is not told any more.  SERV-026"""
    eligibility: Eligibility | None = None
    """None: nobody states a jurisdiction here."""
