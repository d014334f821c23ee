"""Candles of 1 and 5 minutes, a quarter and a whole hour, with the close of mark and index (SERV-006 Candle)."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..units import MINUTE
from .market import INTERVAL_NAMES, Market, symbol_of
from .market_kernels import INTERVALS
from .scales import InstrumentScale, milliseconds
from .view import Change

SHOWN = 500
"""Candles of a snapshot."""
CHANGED_MAX = 60
"""Most candles that one call of changes tells per channel: more only follow a long silence of the venue's clock."""


class CandlesView:
    """Channels ``candles.SYMBOL.1m`` (5m, 15m, 1h): the last 500, then the candle that changed."""

    channels = ("candles",)
    period_ms = 250

    def __init__(self, market: Market):
        self.market = market
        self._watched: dict[str, tuple[str, int]] = {}
        self._told: dict[str, tuple[int, int]] = {}

    def fold(self, batch) -> None:
        """Take in a batch."""
        self.market.fold(batch)

    def load(self, symbol: str, rows: Iterable[dict], interval: str = "1m") -> int:
        """Candles from history in wire form, ascending; returns how many were taken."""
        return self.market.load(symbol, rows, interval)

    def _parse(self, channel: str) -> tuple[str, int]:
        symbol, name = symbol_of(channel, self.market.scales), channel.rpartition(".")[2]
        if name not in INTERVAL_NAMES or channel != f"candles.{symbol}.{name}":
            raise KeyError(f"no candles {channel!r}; the channel is candles.{symbol}.INTERVAL with INTERVAL one of "
                           f"{', '.join(INTERVAL_NAMES)}")
        return symbol, INTERVAL_NAMES[name]

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """The first subscriber came, or the last one went."""
        if watched:
            symbol, interval = self._watched[channel] = self._parse(channel)
            self._told[channel] = (self.market.last_number(symbol, interval),
                                   int(self.market.row(symbol).candle_changes))
        else:
            self._watched.pop(channel, None)
            self._told.pop(channel, None)

    def snapshot(self, channel: str, account: int = 0) -> list[dict]:
        """The last candles, oldest first; the newest is still growing."""
        symbol, interval = self._parse(channel)
        last = self.market.last_number(symbol, interval)
        rows = self.market.candles(symbol, interval, last - SHOWN + 1, last)
        return wire(self.market.scale(symbol), interval, rows)

    def changes(self) -> list[Change]:
        """Candles that changed, one change each, oldest first."""
        found = []
        for channel, (symbol, interval) in self._watched.items():
            number, seen = self._told[channel]
            changed = int(self.market.row(symbol).candle_changes)
            if changed != seen:
                last = self.market.last_number(symbol, interval)
                self._told[channel] = last, changed
                rows = self.market.candles(symbol, interval, max(number, last - CHANGED_MAX + 1), last)
                found += [Change(channel, 0, one) for one in wire(self.market.scale(symbol), interval, rows)]
        return found


def wire(scale: InstrumentScale, interval: int, rows: np.ndarray) -> list[dict[str, Any]]:
    """CANDLE rows in wire form."""
    length, price, mark = INTERVALS[interval] * MINUTE, scale.price, scale.mark
    columns = (rows[name].tolist() for name in ("number", "open_ticks", "high_ticks", "low_ticks", "close_ticks",
                                                "volume_lots", "mark_units", "index_units"))
    return [{"time": milliseconds(number * length), "open": price(opened), "high": price(high), "low": price(low),
             "close": price(close), "volume": scale.size(lots), "mark": mark(marked) if marked else None,
             "index": mark(index) if index else None}
            for number, opened, high, low, close, lots, marked, index in zip(*columns)]
