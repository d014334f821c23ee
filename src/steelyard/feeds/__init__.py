"""Feeds: the outside world of a running venue. ``open_feed`` is the way in."""
from __future__ import annotations

from pathlib import Path

from .feed import Feed
from .settings import FeedError, FeedSettings, parse

__all__ = ["Feed", "FeedError", "FeedSettings", "open_feed"]


def open_feed(spec: str = "covid-2020-03", folder: str | Path | None = None) -> Feed:
    """The feed a text asks for (FEED-006): a preset, a file, ``synthetic``, ``live`` or ``none``, with options.

    ``folder`` is where the population is kept (the venue's own folder); None: it is forgotten at the end. The venue is
    made with ``feed.clock``, and with the rules of ``feed.as_of`` where it is a date. Compiles kernels at the first
    call ever. FeedError names the field and what would do.
    """
    settings = parse(spec)
    place = Path(folder) if folder is not None else None
    if settings.name == "none":
        from .live import QuietFeed
        return QuietFeed(settings)
    if settings.name == "live":
        from .live import LiveFeed
        return LiveFeed(settings, place)
    from .replayed import ReplayedFeed
    return ReplayedFeed(settings, place)
