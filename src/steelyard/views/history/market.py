"""What the market did: candles, trades, funds, states. Folded by columns, never event by event.

A crash of a feed's crowd brings thousands of events a batch that nobody of the people caused; here they cost a few
array operations a batch.
"""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ... import codes
from ...engine.records import LIQUIDATOR_ACCOUNT
from ...units import MINUTE
from ..scales import Scales

TRADES_KEPT = 10_000
"""Trades kept of each instrument."""


def by_instrument(events: np.ndarray, column: str = "instrument") -> Iterator[tuple[int, np.ndarray]]:
    """The events of each instrument (or index) in turn, by id, each in their order."""
    owners = events[column]
    for owner in np.unique(owners).tolist():
        yield owner, events[owners == owner]


class Market:
    """Folds market events. ``candles``, ``funds``: rows as they stand now, not yet written; lists: new rows."""

    def __init__(self, scales: Scales, trades_kept: int = TRADES_KEPT):
        self.scales, self.trades_kept = scales, trades_kept
        self.candles: dict[tuple[int, int], dict] = {}
        self.funds: dict[tuple[int, int, int], dict] = {}
        self.trades: list[np.ndarray] = []
        self.trade_count = 0
        """Rows in ``trades``."""
        self.states: list[dict] = []
        self.trade_numbers: dict[int, int] = {}
        """How many trades each instrument has had."""
        self._last_candle: dict[int, dict] = {}
        self._last_fund: dict[tuple[int, int], dict] = {}
        self._followers: dict[int, list[tuple[int, int]]] = {}
        for scale in scales.by_id.values():
            followers = self._followers.setdefault(int(scale.instrument.terms["index_id"]), [])
            followers.append((scale.id, scale.units_per_index_unit))

    def load(self, candles: list[dict], funds: list[dict], trade_numbers: dict[int, int]) -> None:
        """Go on from the newest candle of each instrument, the newest row of each fund, and the trades counted."""
        self.candles.clear()
        self.funds.clear()
        self._last_candle = {row["instrument"]: row for row in candles}
        self._last_fund = {(row["asset"], row["instrument"]): row for row in funds}
        self.trade_numbers = dict(trade_numbers)

    def fold(self, events: np.ndarray) -> None:
        """Take in a batch's events, minute by minute."""
        if len(events) == 0:
            return
        minutes = np.maximum.accumulate(events["time_ns"] // MINUTE)
        begin = 0
        while begin < len(events):
            minute = int(minutes[begin])
            end = int(np.searchsorted(minutes, minute, side="right"))
            self._fold_minute(minute, events[begin:end])
            begin = end

    def _fold_minute(self, minute: int, events: np.ndarray) -> None:
        kinds = events["kind"]
        self._fold_trades(minute, events[kinds == codes.TRADED])
        self._fold_marks(minute, events[kinds == codes.MARKED])
        self._fold_indices(minute, events[kinds == codes.INDEX_CHANGED])
        self._fold_funds(minute, events[kinds == codes.INSURANCE_CHANGED])
        for event in events[kinds == codes.INSTRUMENT_STATE_CHANGED]:
            self.states.append(dict(id=int(event["sequence"]), instrument=int(event["instrument"]),
                                    state=int(event["flags"]), reason=int(event["reason"]),
                                    time_ns=int(event["time_ns"])))

    # ------------------------------------------------------------ candles
    def _candle(self, instrument: int, minute: int) -> dict:
        """The candle of a minute; a new one begins where the one before closed."""
        row = self._last_candle.get(instrument)
        if row is not None and row["minute"] == minute:
            self.candles[instrument, minute] = row
            return row
        close = row["close_ticks"] if row else 0
        mark = row["mark_units"] if row else 0
        new = dict(instrument=instrument, minute=minute, open_ticks=close, high_ticks=close, low_ticks=close,
                   close_ticks=close, volume_lots=0, turnover_atoms=0, trades=0, mark_units=mark, mark_low_units=mark,
                   mark_high_units=mark, index_units=row["index_units"] if row else 0)
        self._last_candle[instrument] = self.candles[instrument, minute] = new
        return new

    def _fold_trades(self, minute: int, trades: np.ndarray) -> None:
        for instrument, part in by_instrument(trades):
            prices, count = part["price_ticks"], len(part)
            candle = self._candle(instrument, minute)
            if candle["trades"] == 0:
                first = int(prices[0])
                candle["open_ticks"] = candle["high_ticks"] = candle["low_ticks"] = first
            candle["high_ticks"] = max(candle["high_ticks"], int(prices.max()))
            candle["low_ticks"] = min(candle["low_ticks"], int(prices.min()))
            candle["close_ticks"] = int(prices[-1])
            candle["volume_lots"] += int(part["size_lots"].sum())
            candle["turnover_atoms"] += int(part["value_atoms"].sum())
            candle["trades"] += count
            number = self.trade_numbers.get(instrument, 0) + count
            self.trade_numbers[instrument] = number
            kept = part[-self.trades_kept:]
            forced = ((kept["account"] == LIQUIDATOR_ACCOUNT) | (kept["other_account"] == LIQUIDATOR_ACCOUNT)
                      | (kept["flags"] & codes.FLAG_LIQUIDATION != 0))
            self.trades.append(np.stack([
                kept["sequence"], kept["instrument"].astype(np.int64), np.arange(number - len(kept), number) + 1,
                kept["price_ticks"], kept["size_lots"], kept["side"].astype(np.int64), forced.astype(np.int64),
                kept["time_ns"]], axis=1))
            self.trade_count += len(kept)

    def _fold_marks(self, minute: int, marks: np.ndarray) -> None:
        for instrument, part in by_instrument(marks):
            units = part["price_units"]
            candle = self._candle(instrument, minute)
            candle["mark_units"] = int(units[-1])
            low, high = int(units.min()), int(units.max())
            candle["mark_low_units"] = min(candle["mark_low_units"] or low, low)
            candle["mark_high_units"] = max(candle["mark_high_units"], high)

    def _fold_indices(self, minute: int, changes: np.ndarray) -> None:
        for index, part in by_instrument(changes, "asset"):
            for instrument, per_unit in self._followers.get(index, ()):
                self._candle(instrument, minute)["index_units"] = int(part["price_units"][-1]) * per_unit

    # ------------------------------------------------------------ funds
    def _fold_funds(self, minute: int, changes: np.ndarray) -> None:
        """Of each fund: what came, what went, what is there. A fund by asset has instrument 0."""
        if len(changes) == 0:
            return
        owners = np.where(changes["flags"] == codes.INSURANCE_INSTRUMENT, changes["instrument"], 0)
        keys = changes["asset"].astype(np.int64) << 32 | owners
        for key in np.unique(keys).tolist():
            part = changes[keys == key]
            fund, cash = (key >> 32, key & 0xFFFFFFFF), part["cash_atoms"]
            row = self._last_fund.get(fund)
            if row is None or row["minute"] != minute:
                row = self._last_fund[fund] = dict(asset=fund[0], instrument=fund[1], minute=minute, received_atoms=0,
                                                   paid_atoms=0, balance_atoms=0, changes=0)
            row["received_atoms"] += int(cash[cash > 0].sum())
            row["paid_atoms"] -= int(cash[cash < 0].sum())
            row["balance_atoms"] = int(part["equity_atoms"][-1])
            row["changes"] += len(part)
            self.funds[*fund, minute] = row
