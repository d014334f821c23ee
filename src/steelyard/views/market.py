"""The tables behind the public views of a venue, folded once per batch whoever asks first."""
from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

import numpy as np

from ..engine.records import ASSETS_MAX, EVENT, INSURANCE_ACCOUNT
from ..kernel import load_plain
from ..units import MINUTE
from .direct import Direct, batch_rows, kernel_rows, table
from .market_kernels import CANDLES_KEPT, DIRECTORY, INTERVALS, MARKET, fold_events
from .scales import InstrumentScale, Scales

_unit_value = load_plain("rules.contract").unit_value
INTERVAL_NAMES = {"1m": 0, "5m": 1, "15m": 2, "1h": 3}


def symbol_of(channel: str, scales: Scales) -> str:
    """The symbol in a channel's name (``depth.XBTUSD``). KeyError where it is not there."""
    symbol = channel.split(".")[1] if "." in channel else ""
    if symbol not in scales.by_symbol:
        raise KeyError(f"no instrument {symbol!r} here; instruments are {', '.join(scales.by_symbol)}")
    return symbol


def value_atoms(scale: InstrumentScale, units: int, lots: int) -> int:
    """Absolute value of ``lots`` at a price in mark units, by the engine's rule; 0 where there is no price."""
    return abs(int(lots) * _unit_value(SimpleNamespace(**scale.instrument.terms), int(units))) if units else 0


class Market:
    """Candles, tape and liquidations of a venue's instruments (MKTV-001). ``venue`` has ``engine`` and ``instruments``.

    Views hand every batch to :meth:`fold`; the first to come does the work.
    """

    def __init__(self, venue, scales: Scales | None = None):
        self.engine = venue.engine
        self.waterfall = venue.profile.waterfall
        self.scales = scales or Scales(venue.profile, venue.instruments)
        self.row_of = {one.symbol: row for row, one in enumerate(venue.instruments, 1)}
        self.rows = table(MARKET, len(venue.instruments) + 1)
        self._directory = table(DIRECTORY, 1)
        self._fold = Direct(fold_events)
        self._last = None
        self.now_ns = int(self.engine.state.now_ns)
        """The venue's time of the last batch."""
        for row, one in enumerate(venue.instruments, 1):
            self._directory["row_of"][0, one.id] = row
            self._open(self.rows[row], one)

    def _open(self, row, instrument) -> None:
        """What the engine's tables know already."""
        held = self.engine.state.instruments[instrument.id]
        row.instrument, row.index_id = instrument.id, int(instrument.terms["index_id"])
        row.units_per_index_unit = int(instrument.terms["mark_units_per_index_unit"])
        row.units_per_tick = int(instrument.terms["mark_units_per_tick"])
        row.close_ticks = int(held.last_price_ticks)
        row.mark_units, row.index_units = int(held.mark_price_units), int(held.index_price_units)

    def fold(self, batch) -> None:
        """Take in a batch, once."""
        if batch is self._last:
            return
        self._last = batch
        self.now_ns = batch.time_ns
        if len(batch.events):
            self._fold(self.engine.states, batch_rows(batch)[0], self._directory, self.rows)

    def warm(self) -> None:
        """Compile or load the fold."""
        self._fold(self.engine.states, kernel_rows(np.zeros(0, EVENT)), self._directory, self.rows)

    # ------------------------------------------------------------ rows of one instrument
    def row(self, symbol: str):
        """The MARKET row of a symbol."""
        return self.rows[self.row_of[symbol]]

    def scale(self, symbol: str) -> InstrumentScale:
        """How the integers of a symbol read."""
        return self.scales.by_symbol[symbol]

    def instrument(self, symbol: str):
        """The engine's row of a symbol."""
        return self.engine.state.instruments[self.scale(symbol).id]

    def candles(self, symbol: str, interval: int, first: int, last: int) -> np.ndarray:
        """Candles numbered ``first`` .. ``last`` that are kept and have a price, oldest first."""
        kept = self.rows["candles"][self.row_of[symbol]]
        first = max(first, last - CANDLES_KEPT + 1, 0)
        numbers = np.arange(first, last + 1)
        found = kept[interval * CANDLES_KEPT + numbers % CANDLES_KEPT]
        return found[(found["number"] == numbers) & (found["close_ticks"] != 0)]

    def last_number(self, symbol: str, interval: int) -> int:
        """Number of the newest candle of an interval."""
        return int(self.rows["last_numbers"][self.row_of[symbol], interval])

    def fund_atoms(self, symbol: str) -> int:
        """Cash in the insurance fund that answers for an instrument."""
        instrument = self.scale(symbol).instrument
        if int(instrument.terms["insurance_scope"]) != 0:
            return int(self.instrument(symbol).insurance_atoms)
        return self.system_atoms(INSURANCE_ACCOUNT, self.scale(symbol).asset_id)

    def system_atoms(self, account: int, asset_id: int) -> int:
        """Cash of one of the venue's own accounts in an asset."""
        return int(self.engine.state.wallets[1 + account * ASSETS_MAX + asset_id].balance_atoms)

    # ------------------------------------------------------------ from before the start
    def load(self, symbol: str, rows: Iterable[dict], interval: str = "1m") -> int:
        """Candles from history, in wire form and ascending, as if they had been folded; returns how many were taken.

        Best before the first batch, which then goes on in the newest candle; trades folded since are kept.
        """
        scale, number, taken = self.scale(symbol), INTERVAL_NAMES[interval], 0
        before: dict[str, int] | None = None
        for one in rows:
            candle = _candle(scale, INTERVALS[number], one)
            missing = range(before["number"] + 1, candle["number"]) if before else range(0)
            for flat in missing[-CANDLES_KEPT:]:
                self._put(symbol, number, _flat(before, flat))
            taken += self._put(symbol, number, candle)
            before = candle
        return taken

    def _put(self, symbol: str, interval: int, candle: dict[str, int]) -> bool:
        """A candle in its place, unless there is a newer one or one with trades."""
        at = self.row_of[symbol]
        place = interval * CANDLES_KEPT + candle["number"] % CANDLES_KEPT
        market, held = self.rows[at], self.rows["candles"][at, place]
        if held["number"] > candle["number"] or held["number"] == candle["number"] and held["volume_lots"] != 0:
            return False
        for name, value in candle.items():
            held[name] = value
        self.rows["last_numbers"][at, interval] = max(candle["number"], self.last_number(symbol, interval))
        if market.close_ticks == 0:
            market.close_ticks = candle["close_ticks"]
        return True


def _candle(scale: InstrumentScale, minutes: int, one: dict) -> dict[str, int]:
    """Fields of a CANDLE row from its wire form."""
    instrument = scale.instrument
    ticks = {f"{name}_ticks": instrument.price_ticks(one[name]) for name in ("open", "high", "low", "close")}
    lots = instrument.size_lots(one["volume"])
    return {"number": int(one["time"]) * 1_000_000 // (MINUTE * minutes), **ticks, "volume_lots": lots,
            "turnover_atoms": value_atoms(scale, ticks["close_ticks"] * scale.units_per_tick, lots),
            "mark_units": _units(instrument, one.get("mark")), "index_units": _units(instrument, one.get("index")),
            "deleveraged_lots": 0}


def _flat(before: dict[str, int], number: int) -> dict[str, int]:
    """An interval in which nothing happened, after ``before``."""
    prices = {f"{name}_ticks": before["close_ticks"] for name in ("open", "high", "low", "close")}
    return {**before, **prices, "number": number, "volume_lots": 0, "turnover_atoms": 0}


def _units(instrument, text: str | None) -> int:
    """A mark's text as units; 0 for none."""
    return instrument.mark_units(text) if text and text != "0" else 0
