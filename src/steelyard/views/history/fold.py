"""The folding of batches into rows not yet written: people's events one by one, everybody's by columns (HIST-001)."""
from __future__ import annotations

import numpy as np

from ... import codes
from ..direct import batch_rows
from ..scales import Scales
from .bookkeeping import Bookkeeping
from .codes import is_person, of_kinds, of_people, rows_of
from .forced import CROWD_KEPT, ForcedClosings
from .holdings import Holdings
from .market import TRADES_KEPT, Market
from .orders import Orders
from .stories import Stories

OF_THE_VENUE = (codes.FUNDING_RATE_SET, codes.CONFIGURED)
TWO_ACCOUNTS = (codes.TRADED, codes.TRANSFERRED)
_OF_ORDERS = np.zeros(max(codes.EventKind) + 1, bool)
_OF_ORDERS[[codes.REJECTED, codes.ORDER_ACCEPTED, codes.ORDER_RESTED, codes.ORDER_CANCELED, codes.ORDER_AMENDED,
            codes.TRIGGER_ACCEPTED, codes.TRIGGER_FIRED, codes.TRIGGER_CANCELED, codes.TRIGGER_MOVED,
            codes.BRACKET_CHANGED]] = True


class Fold:
    """All parts of the history in memory. Not for several threads at once."""

    def __init__(self, scales: Scales, trades_kept: int = TRADES_KEPT, crowd_kept: int = CROWD_KEPT):
        self.holdings, self.orders = Holdings(), Orders(scales)
        self.stories = Stories(scales, self.holdings, self.orders)
        self.books = Bookkeeping(scales, self.holdings, self.orders.live, self.stories.liquidation_of)
        self.accounts: set[int] = set()
        """People of whom rows wait."""
        self.market, self.forced = Market(scales, trades_kept), ForcedClosings(scales, crowd_kept)

    def load(self, states: np.ndarray) -> None:
        """Read what people hold, what they chose and what the market's prices are from an engine's tables."""
        self.holdings.load(states)
        self.books.load(states)
        self.stories.prices.load(states)
        self.forced.load_rates(states)

    def fold(self, batch) -> None:
        """Take in one batch, or several that follow each other as one: the rows are the same."""
        events = batch.events
        self.orders.begin(batch)
        self.books.begin(batch)
        if len(events):
            self._fold_people(batch, events)
            self.forced.fold(events, self.stories.named)
            self.market.fold(events)
        self.orders.end()
        self.stories.end(batch)

    def _fold_people(self, batch, events: np.ndarray) -> None:
        """The common course of orders by a kernel, everything else in between, in order."""
        special = np.flatnonzero(self._special(events))
        rows, places = iter(rows_of(events[special])), special.tolist()
        (columns, commands), done, at = batch_rows(batch), 0, 0
        while True:
            at = self.orders.fold_common(columns, commands, at)
            while done < len(places) and places[done] < at:
                self._fold_one(next(rows), batch)
                done += 1
            if at >= len(events):
                return
            if done < len(places) and places[done] == at:
                self._fold_one(next(rows), batch)
                done += 1
            else:
                self._fold_one(rows_of(events[at:at + 1])[0], batch)
            at += 1

    def _special(self, events: np.ndarray) -> np.ndarray:
        """Which events are looked at one by one whatever the kernel leaves: people's, but for those of orders alone."""
        kinds = events["kind"]
        mine = of_people(events["account"])
        if events["other_account"].any():
            mine |= of_people(events["other_account"]) & of_kinds(kinds, *TWO_ACCOUNTS)
        mine &= ~_OF_ORDERS[kinds]
        mine |= kinds == codes.FUNDING_RATE_SET
        mine |= (kinds == codes.CONFIGURED) & (events["order_type"] == codes.SET_FEE_CLASS)
        also = self.stories.concerns(events)
        return mine if also is None else mine | also

    def _fold_one(self, event, batch) -> None:
        books, orders, stories = self.books, self.orders, self.stories
        if event.kind in OF_THE_VENUE:
            books.venue_event(event)
            return
        orders.take_out(event)
        stories.fold(event, batch)
        if is_person(event.account) or is_person(event.other_account) and event.kind in TWO_ACCOUNTS:
            books.fold(event)
            orders.fold(event)
            self.accounts.add(event.account)
            self.accounts.add(event.other_account)

    def waits_for(self, account: int) -> bool:
        """Whether rows of a person wait."""
        return account in self.accounts or self.orders.common.waits_for(account) or any(
            row["account"] == account for row in self.stories.changed.values())

    @property
    def waiting(self) -> int:
        """Rows not yet written."""
        return (len(self.orders.changed) + self.orders.common.waiting
                + len(self.books.fills) + len(self.books.ledger) + len(self.books.payments)
                + self.market.trade_count + len(self.market.candles) + len(self.forced.changed))
