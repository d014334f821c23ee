"""The risk desk: the fund, who holds what on what leverage, where liquidations wait against the book, the deleveraging
queue, the largest positions, and what other marks would do (SERV-006 Risk)."""
from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from ..engine.measures import POSITION_MEASURE, WALLET_MEASURE, measure
from ..engine.records import DEFICIT_ACCOUNT
from ..units import MINUTE, SECOND
from .direct import Direct, table
from .liquidations import leverage_text
from .market import Market, symbol_of
from .market_kernels import LEVERAGE_MAX, WINDOW, look_back
from .risk_kernels import (
    LEVERAGE_STEPS,
    SURVEY,
    begin_survey,
    survey_book,
    survey_positions,
)
from .scales import InstrumentScale, milliseconds
from .stress import stress_table
from .view import Change

FUND_POINTS = 120
"""Points of the fund's series: when there are more every second one goes, and the next come half as often."""
FUND_STEP_NS = 10 * SECOND
BUCKET_SHARE = 0.005
"""Width of a price bucket, about, as a share of the mark."""
PASS_SECONDS = 1.0
"""Shortest time from one survey to the next."""
STEP_SECONDS = 0.0015
"""Wall time one step of a survey should take."""
ROWS_FIRST, ROWS_MIN, ROWS_MAX = 4096, 256, 65536
FRESH_SECONDS = 2.0
"""A snapshot nobody watches is made anew when the last is older."""


class FundSeries:
    """The insurance fund over the venue's time, thinned so that it stays short (MKTV-012)."""

    def __init__(self):
        self.points: list[tuple[int, int]] = []
        self.step_ns, self.next_ns = FUND_STEP_NS, 0

    def note(self, time_ns: int, atoms: int) -> None:
        """A new moment; kept where a step has passed since the last."""
        if time_ns < self.next_ns:
            return
        self.points.append((time_ns, atoms))
        if len(self.points) > FUND_POINTS:
            self.points = self.points[::2]
            self.step_ns *= 2
        self.next_ns = time_ns - time_ns % self.step_ns + self.step_ns


class Surveyor:
    """Walks the positions of one instrument, a few rows at a time, and keeps the last whole survey in wire form."""

    def __init__(self, market: Market, symbol: str):
        self.market, self.symbol, self.scale = market, symbol, market.scale(symbol)
        self._survey = table(SURVEY, 1)
        self._begin, self._walk, self._book = Direct(begin_survey), Direct(survey_positions), Direct(survey_book)
        self._rows, self._active, self._began = ROWS_FIRST, False, -math.inf
        self.result: dict[str, Any] = empty()
        self.finished = -math.inf
        """Monotonic time at which the last survey was complete."""

    def warm(self) -> None:
        """Compile or load what a survey calls."""
        states = self.market.engine.states
        self._start(-math.inf)
        self._survey["cursor"] = 1
        self._walk(states, self._survey, 0)
        self._survey["bucket_step_units"] = 1
        self._book(states, self._survey)
        self._active = False
        measure(states, table(POSITION_MEASURE, 0), table(WALLET_MEASURE, 0))

    def step(self, now: float) -> bool:
        """The next rows, about 1.5 ms of them; True when a survey is complete.  MKTV-016"""
        if not self._active:
            if now - self._began < PASS_SECONDS:
                return False
            self._start(now)
        before = time.perf_counter()
        left = self._walk(self.market.engine.states, self._survey, self._rows) if self._active else 0
        spent = max(1e-6, time.perf_counter() - before)
        if left > 0:
            self._rows = int(min(ROWS_MAX, max(ROWS_MIN, self._rows * min(4.0, STEP_SECONDS / spent))))
            return False
        self._finish(now)
        return True

    def whole(self, now: float) -> None:
        """A survey from begin to end."""
        self._start(now)
        if self._active:
            self._walk(self.market.engine.states, self._survey, 1 << 40)
        self._finish(now)

    def _start(self, now: float) -> None:
        self._began = now
        self._survey[...] = np.zeros((), SURVEY)
        self._survey["instrument"] = self.scale.id
        mark = int(self.market.instrument(self.symbol).mark_price_units)
        self._active = bool(self._begin(self.market.engine.states, self._survey, bucket_step(mark)))

    def _finish(self, now: float) -> None:
        if self._active:
            self._book(self.market.engine.states, self._survey)
            self.result = self._wire(self._survey.view(SURVEY)[0])
        else:
            self.result = empty()
        self._active, self.finished = False, now

    def _wire(self, survey) -> dict[str, Any]:
        scale = self.scale
        return {
            "long_accounts": int(survey["long_positions"]), "short_accounts": int(survey["short_positions"]),
            "leverage_histogram": histogram(scale, survey),
            "liquidation_levels": levels(scale, survey, (("long_value", "long_lots"), ("short_value", "short_lots"))),
            "depth_levels": depth_levels(scale, survey),
            "adl_queue": {"long": lights(scale, survey["rank_long_lots"], survey["rank_long_atoms"]),
                          "short": lights(scale, survey["rank_short_lots"], survey["rank_short_atoms"])},
            "largest": self._largest(survey),
            "stress": stress_table(scale, survey["stress"], self.market.fund_atoms(self.symbol)),
        }

    def _largest(self, survey) -> list[dict[str, Any]]:
        """The ten largest, without their accounts; distance to liquidation as a fraction of the mark, null for none."""
        held = survey["largest"][survey["largest"]["position"] != 0]
        held = held[np.argsort(-held["value_atoms"], kind="stable")]
        rows = table(POSITION_MEASURE, len(held))
        rows["row"] = held["position"]
        positions, found = self.market.engine.state.positions, []
        measure(self.market.engine.states, rows, table(WALLET_MEASURE, 0))
        for holder, row in zip(held, rows):
            size = int(positions[int(row.row)].size_lots)
            if size == 0:                       # gone while the survey went on
                continue
            away = abs(int(row.liquidation_units) - int(row.mark_units)) / max(1, int(row.mark_units))
            found.append({"side": "long" if size > 0 else "short", "size": self.scale.size(abs(size)),
                          "value": self.scale.cash(abs(int(row.value_atoms))),
                          "leverage": leverage_text(int(holder["leverage_hundredths"])),
                          "distance": f"{away:.4f}" if row.liquidation_units else None})
        return found


# ---------------------------------------------------------------- the parts of a survey in wire form
def bucket_step(mark_units: int) -> int:
    """Width of a price bucket in mark units: 1, 2 or 5 times a power of ten, at least half a percent of the mark.

    >>> bucket_step(790_000), bucket_step(100), bucket_step(0)
    (5000, 1, 1)
    """
    wanted = max(1.0, mark_units * BUCKET_SHARE)
    power = 10 ** math.floor(math.log10(wanted))
    return int(next(power * one for one in (1, 2, 5, 10) if power * one >= wanted))


def histogram(scale: InstrumentScale, survey) -> list[dict[str, Any]]:
    """Value at the mark by leverage, each bar named by its upper end; the last holds all above 100.  MKTV-013"""
    names = [str(step) for step in (*LEVERAGE_STEPS, LEVERAGE_MAX)]
    return [{"leverage": name, "long": scale.cash(long), "short": scale.cash(short)} for name, long, short in zip(
        names, survey["leverage_long_atoms"].tolist(), survey["leverage_short_atoms"].tolist())]


def _buckets(survey, *names: str):
    """Numbers of the buckets in which something is, their middle prices, and the columns."""
    columns = [survey[name][:survey["bucket_count"]] for name in names]
    used = np.flatnonzero(np.any(columns, axis=0)).tolist()
    step, first = int(survey["bucket_step_units"]), int(survey["bucket_first"])
    return [(one, (first + one) * step + step // 2, [int(column[one]) for column in columns]) for one in used]


def levels(scale: InstrumentScale, survey, fields) -> list[dict[str, Any]]:
    """Lots by price bucket as values at the bucket's middle, ascending; empty buckets are left out.  MKTV-014"""
    values = survey["bucket_unit_value"]
    return [{"price": scale.mark(middle), **{name: scale.cash(lots * int(values[number]))
                                             for (name, _), lots in zip(fields, held)}}
            for number, middle, held in _buckets(survey, *(column for _, column in fields))]


def depth_levels(scale: InstrumentScale, survey) -> list[dict[str, Any]]:
    """What rests in the book by the same buckets: size, and value at the bucket's middle to hold against the
    liquidation levels."""
    values = survey["bucket_unit_value"]
    return [{"price": scale.mark(middle), "size": scale.size(sum(held)),
             "value": scale.cash(sum(held) * int(values[number]))}
            for number, middle, held in _buckets(survey, "bid_lots", "ask_lots")]


def lights(scale: InstrumentScale, lots: np.ndarray, profit_atoms: np.ndarray) -> list[str]:
    """Unrealized profit behind each light of a side, the light that is deleveraged first in front.  MKTV-015

    A light is a fifth of the side's lots in order of rank. Within a class of rank lots and profit are shared evenly.
    """
    total = int(lots.sum())
    parts = [0.0] * 5
    if total == 0:
        return [scale.cash(0)] * 5
    through, share = 0, total / 5
    for number in np.flatnonzero(lots)[::-1].tolist():
        held, profit = int(lots[number]), int(profit_atoms[number])
        begin, through = through, through + held
        for light in range(min(4, int(begin / share)), min(4, int((through - 1e-9) / share)) + 1):
            inside = min(through, (light + 1) * share) - max(begin, light * share)
            parts[light] += profit * max(0.0, inside) / held
    return [scale.cash(round(part)) for part in parts]


def empty() -> dict[str, Any]:
    """A survey of nothing: the instrument has no mark yet."""
    return {"long_accounts": 0, "short_accounts": 0, "leverage_histogram": [], "liquidation_levels": [],
            "depth_levels": [], "adl_queue": {"long": [], "short": []}, "largest": [], "stress": []}


KEYED = {"liquidation_levels": "price", "depth_levels": "price", "leverage_histogram": "leverage"}
"""Lists whose entries are told one by one, and what an entry is known by."""


def changed_fields(before: dict[str, Any], desk: dict[str, Any]) -> dict[str, Any]:
    """What of a desk is not as before: of keyed lists the entries that differ, one that is gone as its key alone; of
    the fund's series the points from the first that differs, and how many before them stay.  MKTV-018

    >>> old = {"symbol": "X", "insurance_fund": [1, 2], "depth_levels": [{"price": "1", "size": "5"}]}
    >>> changed_fields(old, {"symbol": "X", "insurance_fund": [1, 3], "depth_levels": []})
    {'insurance_fund': [3], 'depth_levels': [{'price': '1'}], 'insurance_fund_kept': 1}
    """
    changed = {name: value for name, value in desk.items() if before.get(name) != value}
    for name, key in KEYED.items():
        if name in changed:
            known = {entry[key]: entry for entry in before.get(name, ())}
            fresh = [entry for entry in changed[name] if known.pop(entry[key], None) != entry]
            changed[name] = fresh + [{key: gone} for gone in known]
    points = changed.get("insurance_fund")
    if points is not None:
        known, same = before.get("insurance_fund", []), 0
        while same < min(len(known), len(points)) and known[same] == points[same]:
            same += 1
        changed["insurance_fund"], changed["insurance_fund_kept"] = points[same:], same
    return changed


# ---------------------------------------------------------------- the view
class RiskView:
    """Channel ``risk.SYMBOL``: the whole desk, then what changed in it, about once a second while somebody watches."""

    channels = ("risk",)
    period_ms = 100
    """A step of the survey each time; a message only when one is complete."""

    def __init__(self, market: Market):
        self.market = market
        self.surveyors = {symbol: Surveyor(market, symbol) for symbol in market.row_of}
        self.funds = {symbol: FundSeries() for symbol in market.row_of}
        self._window, self._look = table(WINDOW, 1), Direct(look_back)
        self._watched: dict[str, str] = {}
        self._told: dict[str, dict[str, Any]] = {}
        """The desks as subscribers know them."""
        self._fund_next_ns = 0

    def fold(self, batch) -> None:
        """Take in a batch; every ten seconds of the venue's time the funds are noted."""
        self.market.fold(batch)
        if batch.time_ns >= self._fund_next_ns:
            self._fund_next_ns = batch.time_ns - batch.time_ns % FUND_STEP_NS + FUND_STEP_NS
            for symbol, series in self.funds.items():
                series.note(batch.time_ns, self.market.fund_atoms(symbol))

    def load(self, symbol: str, points: list[tuple[int, int]]) -> None:
        """The fund's series from history, (time in ns, atoms) ascending: for the time before this process began."""
        later, self.funds[symbol] = self.funds[symbol].points, FundSeries()
        for time_ns, atoms in [*points, *later]:
            self.funds[symbol].note(time_ns, atoms)

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """The first subscriber came, or the last one went."""
        symbol = symbol_of(channel, self.market.scales)
        if watched:
            self._watched[channel] = symbol
        else:
            self._watched.pop(channel, None)
            self._told.pop(channel, None)

    def snapshot(self, channel: str, account: int = 0) -> dict[str, Any]:
        """The desk, of a watched one as far as it was told; surveyed now where the last survey is older than two
        seconds."""
        symbol = symbol_of(channel, self.market.scales)
        if channel in self._told:
            return self._told[channel]
        surveyor, now = self.surveyors[symbol], time.monotonic()
        if now - surveyor.finished > FRESH_SECONDS:
            surveyor.whole(now)
        desk = self.risk(symbol)
        if channel in self._watched:
            self._told[channel] = desk
        return desk

    def changes(self) -> list[Change]:
        """What changed in the desks of watched instruments whose survey was completed by this step.  MKTV-018"""
        now, found = time.monotonic(), []
        for channel, symbol in self._watched.items():
            if self.surveyors[symbol].step(now):
                desk, before = self.risk(symbol), self._told.get(channel, {})
                self._told[channel] = desk
                changed = changed_fields(before, desk)
                if changed:
                    found.append(Change(channel, 0, changed))
        return found

    def risk(self, symbol: str) -> dict[str, Any]:
        """The desk in wire form, with the last complete survey."""
        market, scale, held = self.market, self.market.scale(symbol), self.market.instrument(symbol)
        self._look(market.rows, self._window, market.row_of[symbol], market.now_ns // MINUTE)
        return {
            "symbol": symbol,
            "insurance_fund": [{"time": milliseconds(time_ns), "value": scale.cash(atoms)}
                               for time_ns, atoms in self._fund_points(symbol)],
            "open_interest": scale.size(held.open_interest_lots),
            **self.surveyors[symbol].result,
            "bad_debt": scale.cash(-market.system_atoms(DEFICIT_ACCOUNT, scale.asset_id)),
            "socialized": scale.cash(held.socialized_atoms),
            "waterfall": self._layers(symbol),
            "margin_calls": self._calls(symbol),
            "deleveraged_24h": scale.size(self._window[0].deleveraged_lots),
        }

    def _calls(self, symbol: str) -> dict[str, Any]:
        """Wallets of the settlement asset that are under a margin call: how many, what they were asked for in all, and
        the next deadline.  MKTV-019"""
        states, scale = self.market.engine.states, self.market.scale(symbol)
        calls = states["margin_calls"][0][1:int(states["call_count"][0]) + 1]
        calls = calls[states["wallets"][0]["asset"][calls["wallet"]] == scale.asset_id]
        return {"count": len(calls), "asked": scale.cash(sum(calls["due_atoms"].tolist())),
                "next_deadline": milliseconds(int(calls["deadline_ns"].min())) if len(calls) else None}

    def _layers(self, symbol: str) -> list[dict[str, Any]]:
        """What each layer of the waterfall held at the start and holds now, in the order in which they pay.  LOSS-012
        """
        market, scale = self.market, self.market.scale(symbol)
        layers = market.waterfall.of_asset(scale.asset_id, int(scale.instrument.terms["loss_layers"]))
        return [{"name": layer.name, "amount": scale.cash(layer.amount_atoms),
                 "held": scale.cash(market.system_atoms(layer.account, scale.asset_id))} for layer in layers]

    def _fund_points(self, symbol: str) -> list[tuple[int, int]]:
        """The series, and the fund as it stands now."""
        points, now_ns = self.funds[symbol].points, self.market.now_ns
        if points and points[-1][0] >= now_ns:
            return points
        return [*points, (now_ns, self.market.fund_atoms(symbol))]
