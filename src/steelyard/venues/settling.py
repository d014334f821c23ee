"""What a venue behind a clearing house publishes: the price of a trading day, the price of an intraday variation, the
rate a contract ends at; computed from the trades, quotes and prices that were seen.  CALR-009

Fed with commands and events as they come, asked for commands when time has passed. No clock and no engine of its own:
a running venue and a replay use it alike.
"""
from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

import numpy as np

from ..codes import PUBLISH_PRICE, PUBLISH_SETTLEMENT, SETTLE_AT_PUBLISHED, STATE_SETTLED, STATE_UNLISTED, TRADED
from ..engine.records import new_commands
from ..rules.daily_settlement import carry, lead_settlement, spread_settlement, to_tick
from ..rules.reference_rate import reference_rate
from ..units import DAY, SECOND
from .calendar import Calendar
from .instrument import Instrument

AWAITING_PRICE = 4
"""``settle_phase`` of a contract whose stamp has passed without a price (SETL-008)."""
FINAL, SESSION = 0, 1
NEVER_NS = 1 << 62
DAILY, INTRADAY = "daily", "intraday"


class Publisher:
    """The prices a calendar's clearing publishes for some instruments.

    ``note`` takes what happened, ``due`` gives the commands that time has made due. What it saw is kept in memory:
    after a restart a window that was cut has fewer trades, and stamps that passed meanwhile are not made up for.
    """

    def __init__(self, calendar: Calendar, instruments: Iterable[Instrument], now_ns: int):
        self.calendar = calendar
        self.instruments = [one for one in instruments if one.terms["session_published"]
                            or one.terms["settlement_method"] == SETTLE_AT_PUBLISHED]
        self._published = set()
        self._trades: dict[int, deque] = defaultdict(deque)
        self._prints: dict[int, deque] = defaultdict(deque)
        self._ids = np.array([one.id for one in self.instruments], np.int64)
        self._keep_ns = max([one.terms["settlement_window_ns"] for one in self.instruments], default=0)
        self._observed_ns = self._daily_ns = 0
        self._window_ns = calendar.settlement_window_ns(now_ns)
        self._next_ns, self._stamp = 0, ("", 0)
        self._plan(now_ns)

    def _plan(self, now_ns: int) -> None:
        """Note the next stamp of the calendar after a time."""
        self._window_ns = self.calendar.settlement_window_ns(now_ns)
        stamps = [(stamp, DAILY) for stamp, _day in self.calendar.settlements(now_ns, now_ns + 8 * DAY)[:1]]
        self._daily_ns = stamps[0][0] if stamps else NEVER_NS
        self._observed_ns = min([one.terms["expiry_s"] * SECOND - one.terms["settlement_window_ns"]
                                 for one in self.instruments if one.terms["settlement_window_ns"]
                                 and one.terms["expiry_s"] * SECOND > now_ns - DAY], default=NEVER_NS)
        stamps += [(stamp, INTRADAY) for stamp in self.calendar.variations(now_ns, now_ns + 8 * DAY)[:1]]
        self._next_ns, kind = min(stamps, default=(now_ns + 8 * DAY, ""))
        self._stamp = kind, self._next_ns

    # ------------------------------------------------------------ what happened
    def listens(self, now_ns: int) -> bool:
        """Whether anything that happens now can matter for a price."""
        return now_ns >= min(self._daily_ns - self._window_ns, self._observed_ns)

    def note(self, commands: np.ndarray, events: np.ndarray) -> None:
        """Keep the trades of the instruments and the prints of their indices for as long as a window may need them."""
        if not self.instruments:
            return
        traded = events[(events["kind"] == TRADED) & (events["time_ns"] >= self._daily_ns - self._window_ns)]
        for event in traded[np.isin(traded["instrument"], self._ids)]:
            self._trades[int(event["instrument"])].append(
                (int(event["time_ns"]), int(event["price_ticks"]), int(event["size_lots"])))
        printed = (commands["kind"] == PUBLISH_PRICE) & (commands["time_ns"] >= self._observed_ns)
        for command in commands[printed]:
            self._prints[int(command["parameter"])].append(
                (int(command["time_ns"]), int(command["value"]), max(1, int(command["size_lots"]))))

    def _forget(self, now_ns: int) -> None:
        for kept, reach in ((self._trades, self._window_ns), (self._prints, self._keep_ns)):
            for rows in kept.values():
                while rows and rows[0][0] < now_ns - 2 * reach:
                    rows.popleft()

    # ------------------------------------------------------------ what is due
    def due(self, now_ns: int, state) -> np.ndarray:
        """Commands for every stamp that has come and every contract that waits for its price; mostly none."""
        rows: list[dict[str, int]] = []
        if self.instruments:
            rows += self._finals(state)
            while self._next_ns <= now_ns:
                kind, stamp = self._stamp
                rows += self._daily(stamp, state) if kind == DAILY else (
                    self._intraday(state) if kind == INTRADAY else [])
                self._plan(stamp)
            self._forget(now_ns)
        commands = new_commands(len(rows))
        for command, row in zip(commands, rows):
            command["kind"] = PUBLISH_SETTLEMENT
            for name, value in row.items():
                command[name] = value
        return commands

    def _finals(self, state) -> list[dict[str, int]]:
        """The reference rate of the hour before the stamp for every contract that waits; the index where nothing was
        printed.  CALR-010"""
        rows = []
        for one in self.instruments:
            held = state.instruments[one.id]
            if int(held.settle_phase) != AWAITING_PRICE or one.id in self._published:
                continue
            window, stamp = one.terms["settlement_window_ns"], int(held.settle_at_ns)
            rate = reference_rate(self._prints[one.terms["index_id"]], stamp - window, window) if window else None
            units = (rate or int(held.index_price_units) // one.terms["mark_units_per_index_unit"])
            if units > 0:
                self._published.add(one.id)
                rows.append({"instrument": one.id, "parameter": FINAL,
                             "value": units * one.terms["mark_units_per_index_unit"]})
        return rows

    def _sessions(self, state) -> list[list[Instrument]]:
        """Contracts whose sessions end at published prices and which are neither settled nor at their end, family by
        family, the next to expire first."""
        families: dict[str, list[Instrument]] = defaultdict(list)
        for one in self.instruments:
            held = state.instruments[one.id]
            if one.terms["session_published"] and int(held.settle_phase) == 0 and int(held.state) not in (
                    STATE_UNLISTED, STATE_SETTLED) and int(held.mark_price_units) > 0:
                families[one.family or one.symbol].append(one)
        return [sorted(family, key=lambda one: one.terms["expiry_s"] or 1 << 60) for family in families.values()]

    def _intraday(self, state) -> list[dict[str, int]]:
        """The mark of this moment ends the session: the first of the two variations of a day.  CALR-009"""
        return [{"instrument": one.id, "parameter": SESSION, "value": int(state.instruments[one.id].mark_price_units)}
                for family in self._sessions(state) for one in family]

    def _daily(self, stamp: int, state) -> list[dict[str, int]]:
        """The day's settlement of every contract: the lead by its tiers, each later one by its distance to the one
        before.  DSET-002 DSET-005"""
        rows = []
        for family in self._sessions(state):
            lead_units = 0
            for place, one in enumerate(family):
                units = self._lead(one, stamp, state) if place == 0 else self._later(one, family[place - 1], lead_units,
                                                                                     stamp, state)
                lead_units = units
                rows.append({"instrument": one.id, "parameter": SESSION, "value": units})
        return rows

    def _quote(self, one: Instrument, state) -> tuple[int, int, int]:
        """Units of a tick, best bid and best offer in mark units (0: none)."""
        tick, book = one.terms["mark_units_per_tick"], state.books[one.id]
        return tick, int(book.best_bid_ticks) * tick, int(book.best_ask_ticks) * tick

    def _lead(self, one: Instrument, stamp: int, state) -> int:
        tick, bid, ask = self._quote(one, state)
        held = state.instruments[one.id]
        trades = [(price * tick, size) for time_ns, price, size in self._trades[one.id]
                  if stamp - self._window_ns <= time_ns < stamp]
        days = max(0, one.terms["expiry_s"] - stamp // SECOND) * SECOND // DAY if one.terms["expiry_s"] else 0
        reference = int(held.index_price_units) or int(held.mark_price_units)
        prior = int(held.session_price_units) or int(held.mark_price_units)
        return lead_settlement(trades, bid, ask, reference, days, self.calendar.carry_ppb(stamp), tick, prior)

    def _later(self, one: Instrument, before: Instrument, before_units: int, stamp: int, state) -> int:
        """The one before's settlement and the distance to it: the last one, moved into what both books offer."""
        tick, bid, ask = self._quote(one, state)
        _tick, lead_bid, lead_ask = self._quote(before, state)
        mine, other = (int(state.instruments[each.id].session_price_units) for each in (one, before))
        days = max(0, one.terms["expiry_s"] - before.terms["expiry_s"]) * SECOND // DAY
        last = mine - other if mine and other else to_tick(
            carry(before_units, days, self.calendar.carry_ppb(stamp)), 1, tick, before_units) - before_units
        low = bid - lead_ask if bid and lead_ask else None
        high = ask - lead_bid if ask and lead_bid else None
        return max(tick, before_units + spread_settlement([], last, low, high, tick))
