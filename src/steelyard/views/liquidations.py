"""Liquidations as the public sees them: what, how much, where, how it ended; never whose (SERV-006)."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .market import Market, symbol_of
from .market_kernels import LIQUIDATIONS_KEPT
from .scales import InstrumentScale, fixed, milliseconds
from .view import Change

SHOWN = 100
"""Liquidations of a snapshot."""
PER_MESSAGE = 20
"""Most liquidations of one message: the rest comes with the next, newest first."""
STAGES = ("", "started", "reduced", "taken_over", "closed")


class LiquidationsView:
    """Channel ``liquidations.SYMBOL``: the last 100, then new or changed ones (MKTV-009 … 011)."""

    channels = ("liquidations",)
    period_ms = 250

    def __init__(self, market: Market):
        self.market = market
        self._watched: dict[str, str] = {}
        self._told = {symbol: np.zeros(LIQUIDATIONS_KEPT, np.int64) for symbol in market.row_of}
        self._loaded: dict[str, list[dict]] = {}

    def fold(self, batch) -> None:
        """Take in a batch."""
        self.market.fold(batch)

    def load(self, symbol: str, rows: Iterable[dict]) -> None:
        """Liquidations from history in wire form, oldest first: those before this process began."""
        self._loaded[symbol] = list(rows)[-SHOWN:]

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """The first subscriber came, or the last one went."""
        symbol = symbol_of(channel, self.market.scales)
        if not watched:
            self._watched.pop(channel, None)
        elif channel not in self._watched:
            self._watched[channel] = symbol
            self._told[symbol][:] = self.market.rows["liquidations"][self.market.row_of[symbol]]["change"]

    def snapshot(self, channel: str, account: int = 0) -> list[dict]:
        """The last liquidations as they stand, oldest first."""
        symbol = symbol_of(channel, self.market.scales)
        shown = wire(self.market.scale(symbol), symbol, self._last(symbol)[0])
        return (self._loaded.get(symbol, []) + shown)[-SHOWN:]

    def _last(self, symbol: str) -> tuple[np.ndarray, np.ndarray]:
        """The last PUBLIC_LIQUIDATION rows, oldest first, and their places in the ring."""
        count = int(self.market.row(symbol).liquidation_count)
        places = np.arange(max(0, count - SHOWN), count) % LIQUIDATIONS_KEPT
        return self.market.rows["liquidations"][self.market.row_of[symbol]][places], places

    def changes(self) -> list[Change]:
        """New and changed liquidations of watched instruments."""
        found = []
        for channel, symbol in self._watched.items():
            rows, places = self._last(symbol)
            changed = np.flatnonzero(rows["change"] != self._told[symbol][places])[-PER_MESSAGE:]
            if len(changed):
                self._told[symbol][places[changed]] = rows["change"][changed]
                found.append(Change(channel, 0, wire(self.market.scale(symbol), symbol, rows[changed])))
        return found


def wire(scale: InstrumentScale, symbol: str, rows: np.ndarray) -> list[dict[str, Any]]:
    """PUBLIC_LIQUIDATION rows in wire form.  MKTV-011"""
    columns = (rows[name].tolist() for name in (
        "id", "side", "size_lots", "price_units", "value_atoms", "leverage_hundredths", "stage", "surplus_atoms",
        "time_ns"))
    return [{"id": str(number), "symbol": symbol, "side": "long" if side > 0 else "short", "size": scale.size(lots),
             "price": scale.mark(units) if units else None, "value": scale.cash(value),
             "leverage": leverage_text(leverage), "stage": STAGES[stage], "surplus": scale.cash(surplus),
             "time": milliseconds(time_ns)}
            for number, side, lots, units, value, leverage, stage, surplus, time_ns in zip(*columns)]


def leverage_text(hundredths: int) -> str:
    """Leverage with at most two decimals.

    >>> leverage_text(2500), leverage_text(333), leverage_text(0)
    ('25', '3.33', '0')
    """
    text = fixed(hundredths, 2).rstrip("0").rstrip(".")
    return text or "0"
