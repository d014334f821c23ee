"""What a read model is: folded from batches, asked for what it shows and for what changed since it was last asked."""
from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from ..engine.records import FIRST_TRADER_ACCOUNT


class Change(NamedTuple):
    """Something to tell the subscribers of a channel. ``account`` 0 is everybody."""

    channel: str
    """As in SERV-004, with the symbol: ``"trades.XBTUSD"``, ``"orders"``."""
    account: int
    data: Any
    """Strings, integers, lists and dicts with text keys, as they go on the wire."""


class View(Protocol):
    """A read model of a venue. All calls come from one event loop, between two batches."""

    channels: tuple[str, ...]
    """First words of the channels it feeds: ``("trades",)``."""
    period_ms: int
    """How often ``changes`` is asked for; 0 = after every batch."""

    def fold(self, batch) -> None:
        """Take in a batch (:class:`steelyard.node.venue.Batch`: first, commands, events, time_ns). Must be cheap: it
        may hold thousands of events of a crowd that nobody watches."""

    def snapshot(self, channel: str, account: int) -> Any:
        """What a new subscriber of ``channel`` gets. KeyError for a symbol that is not there."""

    def changes(self) -> list[Change]:
        """What changed since the last call, in order; may do nothing while nobody is subscribed to it."""

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """The first subscriber of a channel (of an account) came, or the last one went."""


CROWD_FIRST_ACCOUNT = 1 << 19
"""Accounts from here on belong to a feed's population; people's begin at ``FIRST_TRADER_ACCOUNT``."""
PEOPLE = range(FIRST_TRADER_ACCOUNT, CROWD_FIRST_ACCOUNT)
"""Accounts of people: only theirs have private channels, notices and history of orders."""
CROWD_FIRST_ORDER_ID = 1 << 61
"""Order ids of a feed's population begin here, so that they never meet a sequence (SERV-009)."""
