"""What a trader should be told without having asked: margin running low, liquidation, deleveraging, funding, stops that
fired, orders the venue ended. In sentences.
"""
from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import codes
from ..codes import Reason
from ..engine.records import SYSTEM_ORDER_BASE
from .account_kernels import GATHERED, POSITION_ROW, WALLET_ROW, gather, measure_rows
from .call_notices import CallNotices
from .costs import CostBook
from .direct import Direct, table
from .order import REASON_NAMES
from .people import Unpacker, is_person, special_events
from .scales import Scales, milliseconds
from .view import Change

KEPT = 50
ACCOUNTS_KEPT = 10_000
LEVELS = ((9_000, "danger"), (8_000, "warning"))
"""Margin ratios in 1/10,000 at which a warning is given, worst first."""
HYSTERESIS = 500
"""A warning is given again only after the ratio fell this far below its level."""
PER_LOOK = 512
"""Accounts whose margins are looked at in one round."""
SOURCE_NAMES = ("mark", "last", "index")
OWN_DOING = {Reason.canceled_by_owner, Reason.canceled_by_oco, Reason.canceled_by_bracket, Reason.NONE,
             Reason.canceled_with_position, Reason.canceled_immediate_remainder, Reason.canceled_by_amend}
"""Ends of orders that their owner caused or asked for: no notice."""
BECAUSE = {
    Reason.canceled_expired: "its time ran out",
    Reason.canceled_post_only: "it would have traded at once, and is post-only",
    Reason.canceled_self_trade: "it met an order of your own",
    Reason.canceled_reduce_only: "there was nothing left to reduce",
    Reason.canceled_collar: "the rest of the book was priced too far from the mark",
    Reason.canceled_margin: "your margin did not cover it any more",
    Reason.canceled_by_liquidation: "the position was being liquidated",
    Reason.canceled_by_deleveraging: "the position was deleveraged",
    Reason.canceled_by_state: "the market was closed to it",
    Reason.canceled_fill_limit: "it met more orders than one command may trade with",
    Reason.canceled_no_room: "the book had no room for it"}
POSITION_ROWS = Unpacker("NoticedPosition", POSITION_ROW, ("account", "instrument", "row", "isolated", "size_lots",
                                                           "group_equity_atoms", "group_maintenance_atoms",
                                                           "liquidation_units", "mark_units", "in_liquidation"))
WALLET_ROWS = Unpacker("NoticedWallet", WALLET_ROW, ("account", "asset", "row", "equity_atoms", "maintenance_atoms",
                                                     "in_liquidation"))


@dataclass(slots=True)
class Notice:
    """One thing a trader was told."""

    notice_id: int
    kind: str
    level: str
    text: str
    symbol: str | None
    liquidation_id: int
    time_ns: int

    def wire(self) -> dict:
        """The Notice of SERV-006."""
        return {"id": str(self.notice_id), "kind": self.kind, "level": self.level, "text": self.text,
                "symbol": self.symbol, "liquidation_id": str(self.liquidation_id) if self.liquidation_id else None,
                "time": milliseconds(self.time_ns)}


class NoticesView:
    """Notices of people (channel ``notices``).  VIEW-017

    ``costs`` is the book of open positions; people who hold one are looked at in turn, watched or not, so that the
    warning is there when they come back.
    """

    channels = ("notices",)
    period_ms = 200

    def __init__(self, engine, scales: Scales, costs: CostBook):
        self.engine, self.scales, self.costs = engine, scales, costs
        self.time_ns = 0
        self._next_id = 1
        self._kept: OrderedDict[int, deque[Notice]] = OrderedDict()
        self._new: list[tuple[int, Notice]] = []
        self._watched: set[int] = set()
        self._warned: dict[tuple[int, int], int] = {}
        self._turn = 0
        self._fired_stops: OrderedDict[int, None] = OrderedDict()
        self._started: dict[tuple[int, int], int] = {}
        self._gather, self._measure = Direct(gather), Direct(measure_rows)
        self._counts, self._positions = table(GATHERED, 1), table(POSITION_ROW, 4 * PER_LOOK)
        self._wallets = table(WALLET_ROW, 2 * PER_LOOK)
        self._calls = CallNotices(engine, scales, costs, self.tell)
        self._handlers = {
            codes.MARGIN_CALLED: self._calls.called, codes.MARGIN_CALL_ENDED: self._calls.ended,
            codes.COLLATERAL_CONVERTED: self._calls.converted, codes.ASSIGNED: self._calls.assigned,
            codes.LIQUIDATION_STARTED: self._liquidation_started, codes.LIQUIDATION_STEPPED: self._liquidation_stepped,
            codes.LIQUIDATION_ENDED: self._liquidation_ended, codes.POSITION_TAKEN_OVER: self._taken_over,
            codes.DELEVERAGED: self._deleveraged, codes.FUNDING_SETTLED: self._funding,
            codes.CASH_MOVED: self._owed,
            codes.TRIGGER_FIRED: self._fired, codes.ORDER_CANCELED: self._ended, codes.TRIGGER_CANCELED: self._ended,
            codes.LOSS_SOCIALIZED: self._socialized, codes.POSITION_SETTLED: self._settled,
            codes.SESSION_SETTLED: self._session_settled}

    # ------------------------------------------------------------ as a view
    def fold(self, batch) -> None:
        """Take in a batch."""
        self.time_ns = batch.time_ns
        for row in special_events(batch):
            handler = self._handlers.get(row.kind)
            if handler is not None and is_person(row.account):
                handler(row)
        self._calls.flips(batch.events)

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """Somebody reads an account's notices, or nobody does any more."""
        (self._watched.add if watched else self._watched.discard)(account)

    def snapshot(self, channel: str, account: int) -> Any:
        """The last 50 notices, oldest first."""
        return [one.wire() for one in self._kept.get(account, ())]

    def changes(self) -> list[Change]:
        """Look at the margins of those whose turn it is; tell what is new."""
        self._look_at_margins()
        told: dict[int, list] = {}
        for account, notice in self._new:
            if account in self._watched:
                told.setdefault(account, []).append(notice.wire())
        self._new = []
        return [Change("notices", account, notices) for account, notices in told.items()]

    def tell(self, account: int, kind: str, level: str, text: str, symbol: str | None = None, liquidation_id: int = 0,
             time_ns: int = 0) -> None:
        """Keep a notice for an account."""
        notice = Notice(self._next_id, kind, level, text, symbol, liquidation_id, time_ns or self.time_ns)
        self._next_id += 1
        kept = self._kept.get(account)
        if kept is None:
            kept = self._kept[account] = deque(maxlen=KEPT)
            if len(self._kept) > ACCOUNTS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(account)
        kept.append(notice)
        if account in self._watched:
            self._new.append((account, notice))

    # ------------------------------------------------------------ margins
    def _look_at_margins(self) -> None:
        """Measure the groups of up to PER_LOOK people who hold a position, in turn.  VIEW-018"""
        holders = sorted({account for account, _instrument in self.costs.costs})
        if not holders:
            self._warned.clear()
            return
        self._turn %= len(holders)
        chosen = holders[self._turn:self._turn + PER_LOOK]
        self._turn += len(chosen)
        self._gather(self.engine.states, np.array(chosen, np.int64), self._counts, self._positions, self._wallets)
        positions = self._positions[:int(self._counts[0].position_count)]
        wallets = self._wallets[:int(self._counts[0].wallet_count)]
        self._measure(self.engine.states, positions, wallets)
        cross: dict[tuple[int, int], list] = {}
        for row in POSITION_ROWS.rows(positions):
            if row.isolated:
                self._weigh(row.account, row.row, row.group_maintenance_atoms, row.group_equity_atoms, [row])
            else:
                cross.setdefault((row.account, self.scales.by_id[row.instrument].asset_id), []).append(row)
        for row in WALLET_ROWS.rows(wallets):
            held = cross.get((row.account, row.asset), [])
            self._weigh(row.account, -row.row, row.maintenance_atoms, row.equity_atoms, held)

    def _weigh(self, account: int, group: int, maintenance: int, equity: int, held: list) -> None:
        """Warn where a group's ratio has come to a level it was not warned of."""
        ratio = 10_000 * maintenance // equity if equity > 0 else 10_000 if maintenance > 0 else 0
        warned = self._warned.get((account, group), 0)
        if not held or ratio < LEVELS[-1][0] - HYSTERESIS:
            self._warned.pop((account, group), None)
            return
        if warned and ratio < warned - HYSTERESIS:
            warned = self._warned[account, group] = max(
                (level for level, _word in LEVELS if ratio >= level - HYSTERESIS), default=0)
        for level, word in LEVELS:
            if ratio >= level > warned:
                self._warned[account, group] = level
                if ratio < 10_000:
                    self._warn(account, word, ratio, maintenance, equity, held)
                return

    def _warn(self, account: int, level: str, ratio: int, maintenance: int, equity: int, held: list) -> None:
        nearest = min(held, key=lambda row: abs(row.mark_units - row.liquidation_units) / row.mark_units
                      if row.liquidation_units else 9.0)
        scale = self.scales.by_id[nearest.instrument]
        where = ""
        if nearest.liquidation_units:
            away = 100 * abs(nearest.mark_units - nearest.liquidation_units) / nearest.mark_units
            where = f" At a mark of {scale.mark(nearest.liquidation_units)} ({away:.2f} % away) it is liquidated."
        what = f"Your {scale.symbol} position" if nearest.isolated else f"Your {scale.asset} wallet"
        self.tell(account, "margin_warning", level,
                  f"{what} needs {scale.cash(maintenance)} {scale.asset} of maintenance margin and has "
                  f"{scale.cash(equity)}: {ratio / 100:.0f} % is used.{where} Add margin, or make the position "
                  "smaller.", scale.symbol)

    # ------------------------------------------------------------ events
    def _symbol(self, row):
        return self.scales.by_id.get(row.instrument)

    def _group(self, row) -> tuple[int, int]:
        return row.account, row.instrument if row.instrument else -row.asset

    def _subject(self, row) -> str:
        scale = self._symbol(row)
        return f"Your {scale.symbol} position" if scale else (
            f"Your wallet in {self.scales.assets[row.asset].name} with its cross positions")

    def _liquidation_started(self, row) -> None:
        """A liquidation is known by the sequence of the event that began it."""
        self._started[self._group(row)] = row.sequence
        scale, name = self._symbol(row), self.scales.assets[row.asset].name
        self.tell(row.account, "liquidation", "danger",
                  f"{self._subject(row)} is being liquidated: equity {self.scales.cash(row.equity_atoms, row.asset)} "
                  f"{name} has come down to the maintenance margin of "
                  f"{self.scales.cash(row.requirement_atoms, row.asset)}.", scale.symbol if scale else None,
                  row.sequence, row.time_ns)

    def _liquidation_stepped(self, row) -> None:
        if row.reason == Reason.orders_canceled:
            text, symbol = "Liquidation: your open orders were canceled to free their margin.", None
        else:
            scale = self._symbol(row)
            symbol = scale.symbol
            why = "in the book" if row.reason == Reason.closed_in_book else "to come down to a lower risk tier"
            text = (f"Liquidation: {scale.size(row.size_lots)} contracts of {symbol} were closed {why}, at "
                    f"{scale.price(row.price_ticks)} or better; "
                    f"{scale.size(row.remaining_lots)} are left.")
        self.tell(row.account, "liquidation", "danger", text, symbol, self._liquidation_of(row), row.time_ns)

    def _liquidation_of(self, row) -> int:
        """The liquidation an event belongs to: the position's own, else its wallet's."""
        found = self._started.get((row.account, row.instrument)) if row.instrument else None
        return found or self._started.get((row.account, -row.asset), 0)

    def _liquidation_ended(self, row) -> None:
        sequence = self._started.pop(self._group(row), 0)
        scale = self._symbol(row)
        if row.reason == Reason.margin_recovered:
            text, level = f"{self._subject(row)} is out of liquidation: margin is sufficient again.", "info"
        elif row.reason == Reason.taken_over:
            text, level = f"{self._subject(row)}: liquidation has ended. Nothing more can be lost on it.", "danger"
        else:
            text, level = f"{self._subject(row)}: liquidation has ended, there was nothing left to take over.", "info"
        self.tell(row.account, "liquidation", level, text, scale.symbol if scale else None, sequence, row.time_ns)

    def _taken_over(self, row) -> None:
        scale = self._symbol(row)
        self.tell(row.account, "liquidation", "danger",
                  f"Your {'long' if row.size_lots > 0 else 'short'} of {scale.size(abs(row.size_lots))} {scale.symbol} "
                  "was taken over by the liquidation engine at its bankruptcy price "
                  f"{scale.mark(row.price_units) if row.price_units else '(none)'}: result "
                  f"{scale.cash(row.realized_atoms)} {scale.asset}, "
                  f"fees {scale.cash(row.fee_atoms)}.", scale.symbol, self._liquidation_of(row), row.time_ns)

    def _deleveraged(self, row) -> None:
        scale = self._symbol(row)
        self.tell(row.account, "deleveraged", "danger",
                  f"{scale.size(row.size_lots)} contracts of your {scale.symbol} position were closed against a "
                  f"bankrupt position at {scale.mark(row.price_units)}, without fee: result "
                  f"{scale.cash(row.realized_atoms)} {scale.asset}. You gave up "
                  f"{row.rate_ppb / 10_000_000:.2f} % of your profit.", scale.symbol,
                  time_ns=row.time_ns)

    def _socialized(self, row) -> None:
        scale, name = self._symbol(row), self.scales.assets[row.asset].name
        where = f"profit in {scale.symbol}" if scale else f"profits of the session in {name}"
        self.tell(row.account, "deleveraged", "warning",
                  "A loss that the insurance fund did not cover was shared out: "
                  f"{self.scales.cash(-row.cash_atoms, row.asset)} {name} of your {where}.",
                  scale.symbol if scale else None, time_ns=row.time_ns)

    def _settled(self, row) -> None:
        scale = self._symbol(row)
        self.tell(row.account, "status", "info",
                  f"{scale.symbol} was settled at {scale.mark(row.price_units)}: your position of "
                  f"{scale.size(row.size_lots)} ended with {scale.cash(row.realized_atoms)} {scale.asset}.",
                  scale.symbol, time_ns=row.time_ns)

    def _session_settled(self, row) -> None:
        scale = self._symbol(row)
        if scale is None:
            return
        self.tell(row.account, "settlement", "info",
                  f"{scale.symbol}: the session ended at {scale.mark(row.price_units)}; "
                  f"{scale.cash(row.realized_atoms)} {scale.asset} of your position became cash.",
                  scale.symbol, time_ns=row.time_ns)

    def _funding(self, row) -> None:
        scale = self._symbol(row)
        if row.cash_atoms == 0 or scale is None:
            return
        if row.reason != codes.funding:
            what = "Opening fee" if row.reason == codes.loan_opened else "Rollover fee"
            self.tell(row.account, "funding", "info",
                      f"{what} of the loan on {scale.symbol}: {scale.cash(-row.cash_atoms)} {scale.asset} for "
                      f"{scale.size(row.size_lots)} contracts.", scale.symbol, time_ns=row.time_ns)
            return
        did = "received" if row.cash_atoms > 0 else "paid"
        self.tell(row.account, "funding", "info",
                  f"Funding {did} on {scale.symbol}: {scale.cash(abs(row.cash_atoms))} {scale.asset} for "
                  f"{scale.size(row.size_lots)} contracts.", scale.symbol, time_ns=row.time_ns)

    def _owed(self, row) -> None:
        scale = self._symbol(row)
        if scale is not None:
            self.tell(row.account, "liquidation", "danger",
                      f"Closing your liquidated {scale.symbol} lost {scale.cash(-row.cash_atoms)} {scale.asset} more "
                      f"than there was: by the venue's rules you owe it. A deposit pays it.", scale.symbol,
                      time_ns=row.time_ns)

    def _fired(self, row) -> None:
        """A bracket's stop that finds no buyer fires again at every price (BRKT-007): that is told once."""
        if row.order_id in self._fired_stops:
            return
        self._fired_stops[row.order_id] = None
        if len(self._fired_stops) > ACCOUNTS_KEPT:
            self._fired_stops.popitem(last=False)
        scale = self._symbol(row)
        own = row.flags & codes.FLAG_BRACKET_STOP
        word = "Your stop" if own or row.order_type in (
            codes.ORDER_STOP_MARKET, codes.ORDER_STOP_LIMIT, codes.ORDER_TRAILING_STOP) else "Your take-profit"
        self.tell(row.account, "order", "warning" if word == "Your stop" else "info",
                  f"{word} on {scale.symbol} fired at {scale.mark(row.price_units)} on the "
                  f"{SOURCE_NAMES[row.flags >> 8]} price: {'buy' if row.side > 0 else 'sell'} "
                  f"{scale.size(row.size_lots)}.", scale.symbol, time_ns=row.time_ns)

    def _ended(self, row) -> None:
        if row.reason in OWN_DOING or row.instrument not in self.scales.by_id:
            return
        bracket = row.flags & (codes.FLAG_BRACKET_STOP | codes.FLAG_BRACKET_TARGET)
        if row.order_id >= SYSTEM_ORDER_BASE and bracket and row.reason in (
                Reason.canceled_reduce_only, Reason.canceled_collar):
            return                               # a bracket keeps itself in order
        scale = self._symbol(row)
        because = BECAUSE.get(row.reason) or f"refused: {REASON_NAMES.get(row.reason, '?').replace('_', ' ')}"
        size = f"{scale.size(row.size_lots)} " if row.size_lots else ""
        self.tell(row.account, "order", "info",
                  f"Your order to {'buy' if row.side > 0 else 'sell'} {size}{scale.symbol} ended: {because}.",
                  scale.symbol, time_ns=row.time_ns)

    # ------------------------------------------------------------ after a restart
    def load(self, account: int, rows: list[dict]) -> None:
        """Notices as history kept them (fields of :class:`Notice`), oldest first."""
        for row in rows:
            notice = Notice(**{name: row[name] for name in Notice.__slots__})
            self._next_id = max(self._next_id, notice.notice_id + 1)
            self._kept.setdefault(account, deque(maxlen=KEPT)).append(notice)
