"""The folding of batches into rows not yet written: people's events one by one, everybody's by columns (HIST-001)."""
from __future__ import annotations

import numpy as np

from ... import codes
from ..scales import Scales
from .bookkeeping import Bookkeeping
from .codes import is_person, of_people, rows_of
from .forced import CROWD_KEPT, ForcedClosings
from .holdings import Holdings
from .market import TRADES_KEPT, Market
from .orders import Orders
from .stories import Stories

OF_THE_VENUE = (codes.FUNDING_RATE_SET, codes.CONFIGURED)
TWO_ACCOUNTS = (codes.TRADED, codes.TRANSFERRED)


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
        self.orders.begin(batch.commands)
        self.books.begin(batch)
        if len(events):
            self._fold_people(batch, events)
            self.forced.fold(events, self.stories.named)
            self.market.fold(events)
        self.orders.end()
        self.stories.end(batch)

    def _fold_people(self, batch, events: np.ndarray) -> None:
        mine = of_people(events["account"])
        if events["other_account"].any():
            mine |= of_people(events["other_account"]) & np.isin(events["kind"], TWO_ACCOUNTS)
        kinds = events["kind"]
        mine |= kinds == codes.FUNDING_RATE_SET
        mine |= (kinds == codes.CONFIGURED) & (events["order_type"] == codes.SET_FEE_CLASS)
        also = self.stories.concerns(events)
        if also is not None:
            mine |= also
        if not mine.any():
            return
        books, orders, stories = self.books, self.orders, self.stories
        for event in rows_of(events[mine]):
            if event.kind in OF_THE_VENUE:
                books.venue_event(event)
                continue
            stories.fold(event, batch)
            if is_person(event.account) or is_person(event.other_account) and event.kind in TWO_ACCOUNTS:
                books.fold(event)
                orders.fold(event)
                self.accounts.add(event.account)
                self.accounts.add(event.other_account)

    def waits_for(self, account: int) -> bool:
        """Whether rows of a person wait."""
        return account in self.accounts or any(row["account"] == account for row in self.stories.changed.values())

    @property
    def waiting(self) -> int:
        """Rows not yet written."""
        return (len(self.orders.changed) + len(self.books.fills) + len(self.books.ledger) + len(self.books.payments)
                + self.market.trade_count + len(self.market.candles) + len(self.forced.changed))
