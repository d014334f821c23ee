"""One line per instrument: state, prices, a day's figures, funding and the fund (SERV-006 Ticker)."""
from __future__ import annotations

from typing import Any

from ..codes import InstrumentState
from ..units import MINUTE, PPB
from .direct import Direct, table
from .market import Market, symbol_of, value_atoms
from .market_kernels import WINDOW, look_back
from .scales import milliseconds, rate
from .view import Change

STATES = {int(state): state.name.lower() for state in InstrumentState}


class TickerView:
    """Channel ``ticker.SYMBOL``: the whole ticker when something in it changed, at most ten a second."""

    channels = ("ticker",)
    period_ms = 100

    def __init__(self, market: Market):
        self.market = market
        self._window, self._look = table(WINDOW, 1), Direct(look_back)
        self._watched: dict[str, str] = {}
        self._told: dict[str, tuple] = {}

    def fold(self, batch) -> None:
        """Take in a batch."""
        self.market.fold(batch)

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """The first subscriber came, or the last one went."""
        symbol = symbol_of(channel, self.market.scales)
        if watched:
            self._watched[channel] = symbol
        else:
            self._watched.pop(channel, None)
            self._told.pop(channel, None)

    def snapshot(self, channel: str, account: int = 0) -> dict[str, Any]:
        """The ticker now."""
        return self.ticker(symbol_of(channel, self.market.scales))

    def changes(self) -> list[Change]:
        """Tickers of watched instruments in which something but the time changed."""
        found = []
        for channel, symbol in self._watched.items():
            key = self._key(symbol)
            if key != self._told.get(channel):
                self._told[channel] = key
                found.append(Change(channel, 0, self.ticker(symbol)))
        return found

    def _key(self, symbol: str) -> tuple:
        """What tells two tickers apart without making them."""
        row, held, market = self.market.row(symbol), self.market.instrument(symbol), self.market
        return (int(row.book_changes), int(row.price_changes), int(held.state), int(held.breaker_until_ns),
                int(held.funding_rate_next_ppb), int(held.funding_next_ns),
                market.fund_atoms(symbol), market.now_ns // MINUTE)

    def window(self, symbol: str):
        """A day up to now as a WINDOW row."""
        market = self.market
        self._look(market.rows, self._window, market.row_of[symbol], market.now_ns // MINUTE)
        return self._window[0]

    def ticker(self, symbol: str) -> dict[str, Any]:
        """The ticker in wire form. Prices that are not known are ``null``.  MKTV-004"""
        market, scale, held = self.market, self.market.scale(symbol), self.market.instrument(symbol)
        book = market.engine.state.books[scale.id]
        day = self.window(symbol)
        bid, ask, last = int(book.best_bid_ticks), int(book.best_ask_ticks), int(held.last_price_ticks)
        opened, mark, index = int(day.open_ticks), int(held.mark_price_units), int(held.index_price_units)
        interest = int(held.open_interest_lots)
        return {
            "symbol": symbol, "state": STATES[int(held.state)], "state_until": until(held.breaker_until_ns),
            "mark": scale.mark(mark) if mark else None, "index": scale.mark(index) if index else None,
            "last": scale.price(last) if last else None,
            "bid": scale.price(bid) if bid else None, "ask": scale.price(ask) if ask else None,
            "mid": scale.mark((bid + ask) * scale.units_per_tick // 2) if bid and ask else None,
            "high_24h": scale.price(day.high_ticks) if opened else None,
            "low_24h": scale.price(day.low_ticks) if opened else None,
            "volume_24h": scale.size(day.volume_lots), "turnover_24h": scale.cash(day.turnover_atoms),
            "change_24h": change(opened, last),
            "open_interest": scale.size(interest),
            "open_interest_value": scale.cash(value_atoms(scale, mark, interest)),
            "funding_rate": rate(held.funding_rate_ppb), "funding_rate_next": rate(held.funding_rate_next_ppb),
            "funding_time": milliseconds(held.funding_next_ns) if held.funding_next_ns else None,
            "insurance_fund": scale.cash(market.fund_atoms(symbol)), "time": milliseconds(market.now_ns),
        }


def until(time_ns: int) -> int | None:
    """When a pause of a market ends, in ms; None where it is in none."""
    return milliseconds(time_ns) if time_ns else None


def change(opened: int, last: int) -> str:
    """Relative change of a price as a fraction with at most six decimals; "0" where there was none before.

    >>> change(8000, 7900), change(0, 7900), change(3, 4)
    ('-0.0125', '0', '0.333333')
    """
    if not opened or not last:
        return "0"
    return rate(round((last - opened) / opened * 1_000_000) * (PPB // 1_000_000))
