"""What every feed is: a clock, something to run beside a venue, switches, and the ``replay`` channel.  SERV-006"""
from __future__ import annotations

from datetime import date
from typing import Any

from ..lab.path import preset_names
from ..node.venue import Venue
from ..views.scales import milliseconds
from ..views.view import Change
from .clock import FeedClock, WallTime
from .settings import FeedError, FeedSettings


class Feed:
    """The outside world of a venue. Make the venue with :attr:`clock`, then ``await feed.run(venue)``.

    It is a view (:class:`steelyard.views.view.View`) of the channel ``replay``.
    """

    channels = ("replay",)
    period_ms = 250
    clock: FeedClock | WallTime
    symbol: str | None = None
    """The contract it drives; None where it drives none."""
    as_of: date | None = None
    """The day whose rules belong to it; None for the newest."""

    def __init__(self, settings: FeedSettings):
        self.settings = settings
        self.message = "not started"
        self.venue: Venue | None = None
        self._told: dict[str, Any] | None = None

    # ------------------------------------------------------------ the life of a feed
    async def run(self, venue: Venue) -> None:
        """Drive ``venue`` until canceled. Its loop (``venue.run()``) must run beside this."""
        raise NotImplementedError

    def control(self, speed: float | str | None = None, paused: bool | None = None, restart: bool | None = None,
                preset: str | None = None) -> dict[str, Any]:
        """Switch and answer with the new Replay. FeedError names what cannot be."""
        asked = [name for name, value in (("speed", speed), ("paused", paused), ("restart", restart),
                                          ("preset", preset)) if value]
        if asked:
            raise FeedError(f"{asked[0]}: the feed {self.settings.name} follows the time of day (FEED-009); start the "
                            "venue with a crash or a synthetic feed")
        return self.replay()

    # ------------------------------------------------------------ the channel
    def replay(self) -> dict[str, Any]:
        """The Replay of SERV-006: times in milliseconds, ``progress`` 0 … 1 of the round (or of the build-up)."""
        now = milliseconds(self.clock.now_ns())
        name = self.settings.name
        return {"feed": name, "name": name, "title": name, "start": now, "end": None, "now": now,
                "speed": 1, "paused": False, "progress": 0.0, "loop": False, "presets": [],
                "message": self.message}

    def snapshot(self, channel: str, account: int) -> dict[str, Any]:
        """The Replay."""
        return self.replay()

    def changes(self) -> list[Change]:
        """The Replay, whole, while anything of it changes."""
        current = self.replay()
        if current == self._told:
            return []
        self._told = current
        return [Change("replay", 0, current)]

    def fold(self, batch) -> None:
        """Nothing: what a feed learns it learns as a listener of its venue."""

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """Nothing: the channel costs nothing."""


PRESETS = preset_names()
