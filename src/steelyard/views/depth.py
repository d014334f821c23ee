"""The book as everyone sees it: the best 50 levels a side, what changed in them, and a checksum (SERV-005)."""
from __future__ import annotations

import zlib
from typing import Any

from .direct import Direct, table
from .market import Market, symbol_of
from .market_kernels import DEPTH, DEPTH_LEVELS, walk_depth
from .scales import InstrumentScale
from .view import Change

CHECKSUM_LEVELS = 25
TEXTS_KEPT = 4096
"""Texts of prices remembered per instrument."""


def checksum(bids: list[list[str]], asks: list[list[str]]) -> int:
    """CRC-32 of the first 25 levels, bid then ask level by level, a missing one left out.  SERV-005

    >>> checksum([["7934.5", "100"], ["7934.0", "50"]], [["7935.0", "10"]])
    3473970962
    """
    parts = []
    for level in range(min(CHECKSUM_LEVELS, max(len(bids), len(asks)))):
        for side in (bids, asks):
            if level < len(side):
                parts += side[level]
    return zlib.crc32(":".join(parts).encode())


class Book:
    """The book of one instrument as it was last told: price ticks to lots per side, best first."""

    def __init__(self, engine, scale: InstrumentScale):
        self.engine, self.scale = engine, scale
        self._walk, self._depth = Direct(walk_depth), table(DEPTH, 1)
        self._texts: dict[int, str] = {}
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.seen = -1
        """Counter of the market's book changes when it was walked."""

    def walk(self) -> tuple[dict[int, int], dict[int, int]]:
        """Look at the engine's tables: the levels as they are now.  MKTV-002"""
        self._walk(self.engine.states, self._depth, self.scale.id)
        depth = self._depth
        bids, asks = int(depth["bid_count"][0]), int(depth["ask_count"][0])
        return (dict(zip(depth["bid_ticks"][0, :bids].tolist(), depth["bid_lots"][0, :bids].tolist())),
                dict(zip(depth["ask_ticks"][0, :asks].tolist(), depth["ask_lots"][0, :asks].tolist())))

    def price(self, ticks: int) -> str:
        """A price's text, remembered."""
        text = self._texts.get(ticks)
        if text is None:
            if len(self._texts) >= TEXTS_KEPT:
                self._texts.clear()
            text = self._texts[ticks] = self.scale.price(ticks)
        return text

    def levels(self, side: dict[int, int], most: int = DEPTH_LEVELS) -> list[list[str]]:
        """The first levels of a side in wire form."""
        price, size = self.price, self.scale.size
        return [[price(ticks), size(lots)] for ticks, lots in list(side.items())[:most]]

    def checksum(self) -> int:
        """Checksum of the book as last told."""
        return checksum(self.levels(self.bids, CHECKSUM_LEVELS), self.levels(self.asks, CHECKSUM_LEVELS))

    def snapshot(self) -> dict[str, Any]:
        """The whole book as last told, in wire form."""
        return {"bids": self.levels(self.bids), "asks": self.levels(self.asks), "checksum": self.checksum()}

    def renew(self) -> None:
        """Take the book as it is now for what was told."""
        self.bids, self.asks = self.walk()

    def delta(self) -> dict[str, Any] | None:
        """Levels that differ from what was told, size "0" for those that are gone or fell out of the first 50; None
        where nothing does. They are told from now on.  MKTV-003"""
        bids, asks = self.walk()
        changed = {"bids": self._changed(self.bids, bids), "asks": self._changed(self.asks, asks)}
        if not changed["bids"] and not changed["asks"]:
            return None
        self.bids, self.asks = bids, asks
        return {**changed, "checksum": self.checksum()}

    def _changed(self, before: dict[int, int], now: dict[int, int]) -> list[list[str]]:
        price, size = self.price, self.scale.size
        changed = [[price(ticks), size(lots)] for ticks, lots in now.items() if before.get(ticks) != lots]
        return changed + [[price(ticks), "0"] for ticks in before if ticks not in now]


class DepthView:
    """Channel ``depth.SYMBOL``: a snapshot, then changed levels with the checksum of the book after them.

    A book is walked at most once a period, only while somebody watches it and after something moved in it.
    """

    channels = ("depth",)
    period_ms = 100

    def __init__(self, market: Market):
        self.market = market
        self.books = {symbol: Book(market.engine, market.scale(symbol)) for symbol in market.row_of}
        self._watched: dict[str, str] = {}

    def fold(self, batch) -> None:
        """Take in a batch."""
        self.market.fold(batch)

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """The first subscriber came, or the last one went."""
        symbol = symbol_of(channel, self.market.scales)
        if not watched:
            self._watched.pop(channel, None)
        elif channel not in self._watched:
            self._watched[channel] = symbol
            if self.books[symbol].seen != int(self.market.row(symbol).book_changes):
                self._renew(symbol)

    def _renew(self, symbol: str) -> None:
        self.books[symbol].seen = int(self.market.row(symbol).book_changes)
        self.books[symbol].renew()

    def snapshot(self, channel: str, account: int = 0) -> dict[str, Any]:
        """The book; of a watched one as it was last told, so that the next delta fits it."""
        symbol = symbol_of(channel, self.market.scales)
        if channel not in self._watched:
            self._renew(symbol)
        return self.books[symbol].snapshot()

    def changes(self) -> list[Change]:
        """Changed levels of watched books."""
        found = []
        for channel, symbol in self._watched.items():
            book, changes = self.books[symbol], int(self.market.row(symbol).book_changes)
            if book.seen != changes:
                book.seen = changes
                delta = book.delta()
                if delta is not None:
                    found.append(Change(channel, 0, delta))
        return found
