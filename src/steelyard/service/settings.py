"""What may differ from server to server."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..units import to_steps
from ..venues.instrument import Instrument
from ..venues.profile import Asset, Profile
from .limits import WorkLimits


@dataclass(frozen=True)
class Settings:
    """Where a venue lives and whom it listens to.

    ``database`` empty: SQLite in the folder; ``port`` 0: any free one.
    """

    data: Path
    venue: str = "bitmex"
    as_of: str | None = None
    symbols: tuple[str, ...] = ("XBTUSD",)
    host: str = "127.0.0.1"
    port: int = 8100
    database: str = ""
    paper_asset: str = ""
    """What a one-click account begins with; empty: what the first instrument settles in."""
    paper_amount: str = ""
    """How much of it; empty: 10 of a coin, 100,000 of an asset named for the dollar."""
    paper: bool = True
    """Whether anybody gets an account with paper money for a click, and more of it for asking."""
    secure_cookies: bool = False
    """Set where a proxy in front speaks https without saying so."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose ``X-Forwarded-For`` is believed."""
    work: WorkLimits = field(default_factory=WorkLimits)

    def paper_grant(self, profile: Profile, first: Instrument) -> tuple[Asset, int]:
        """Asset and atoms of a one-click account. ProfileError, UnitError: no such asset, no such amount."""
        asset = profile.asset(self.paper_asset or first.grid.settlement.name)
        amount = self.paper_amount or ("100000" if asset.name.startswith("USD") else "10")
        return asset, to_steps(amount, asset.atom, "paper amount")
