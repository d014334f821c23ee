"""The tape: public trades, newest last (SERV-006 Trade)."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .market import Market, symbol_of
from .market_kernels import TRADES_KEPT
from .scales import InstrumentScale, milliseconds
from .view import Change

SHOWN = 100
"""Trades of a snapshot."""
PER_MESSAGE = 20
"""Most trades of one message."""


class TradesView:
    """Channel ``trades.SYMBOL``: the last 100 trades, then new ones; bounded per message (MKTV-006)."""

    channels = ("trades",)
    period_ms = 100

    def __init__(self, market: Market):
        self.market = market
        self._told: dict[str, int] = {}
        self._loaded: dict[str, list[dict]] = {}
        self._watched: dict[str, str] = {}

    def fold(self, batch) -> None:
        """Take in a batch."""
        self.market.fold(batch)

    def load(self, symbol: str, rows: Iterable[dict]) -> None:
        """Trades from history in wire form, oldest first: those before this process began."""
        self._loaded[symbol] = list(rows)[-SHOWN:]

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """The first subscriber came, or the last one went."""
        symbol = symbol_of(channel, self.market.scales)
        if not watched:
            self._watched.pop(channel, None)
        elif channel not in self._watched:
            self._watched[channel] = symbol
            self._told[symbol] = int(self.market.row(symbol).trade_count)

    def snapshot(self, channel: str, account: int = 0) -> list[dict]:
        """The last trades; of a watched tape as far as it was told."""
        symbol = symbol_of(channel, self.market.scales)
        count = int(self.market.row(symbol).trade_count)
        if channel in self._watched:
            count = self._told[symbol]
        shown = wire(self.market.scale(symbol), self._rows(symbol, count - SHOWN, count))
        return (self._loaded.get(symbol, []) + shown)[-SHOWN:]

    def changes(self) -> list[Change]:
        """New trades of watched tapes."""
        found = []
        for channel, symbol in self._watched.items():
            count, told = int(self.market.row(symbol).trade_count), self._told[symbol]
            if count != told:
                self._told[symbol] = count
                rows = bounded(self._rows(symbol, told, count))
                found.append(Change(channel, 0, wire(self.market.scale(symbol), rows)))
        return found

    def _rows(self, symbol: str, first: int, count: int) -> np.ndarray:
        """TRADE rows numbered ``first`` .. ``count`` - 1 as far as they are kept."""
        numbers = np.arange(max(0, first, int(self.market.row(symbol).trade_count) - TRADES_KEPT), count)
        return self.market.rows["trades"][self.market.row_of[symbol]][numbers % TRADES_KEPT]


def bounded(rows: np.ndarray) -> np.ndarray:
    """At most PER_MESSAGE trades: where there are more, those of one price, side and kind are one, in the place of the
    last of them; of these the newest.  MKTV-006"""
    if len(rows) <= PER_MESSAGE:
        return rows
    keys = (rows["price_ticks"] * 4 + (rows["side"] > 0) * 2 + rows["liquidation"])[::-1]
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    sizes = np.zeros(len(first), np.int64)
    np.add.at(sizes, group, rows["size_lots"][::-1])
    merged = rows[::-1][first].copy()
    merged["size_lots"] = sizes
    return merged[np.argsort(merged["id"])][-PER_MESSAGE:]


def wire(scale: InstrumentScale, rows: np.ndarray) -> list[dict[str, Any]]:
    """TRADE rows in wire form."""
    return [{"id": str(number), "price": scale.price(ticks), "size": scale.size(lots),
             "side": "buy" if side > 0 else "sell", "liquidation": bool(forced), "time": milliseconds(time_ns)}
            for number, ticks, lots, side, forced, time_ns in zip(*(rows[name].tolist() for name in (
                "id", "price_ticks", "size_lots", "side", "liquidation", "time_ns")))]
