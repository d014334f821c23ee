"""What may differ from server to server."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

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
    paper_asset: str = "XBT"
    paper_atoms: int = 10 * 10**8
    """What a one-click account begins with."""
    work: WorkLimits = field(default_factory=WorkLimits)
