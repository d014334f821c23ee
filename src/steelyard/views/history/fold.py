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

TWO_ACCOUNTS = (codes.TRADED, codes.TRANSFERRED)


class Fold:
    """All parts of the history in memory. Not for several threads at once."""

    def __init__(self, scales: Scales, trades_kept: int = TRADES_KEPT, crowd_kept: int = CROWD_KEPT):
        self.holdings, self.orders = Holdings(), Orders()
        self.stories = Stories(scales, self.holdings, self.orders)
        self.books = Bookkeeping(scales, self.holdings, self.orders.live, self.stories.liquidation_of)
        self.accounts: set[int] = set()
        """People of whom rows wait."""
        self.market, self.forced = Market(scales, trades_kept), ForcedClosings(crowd_kept)

    def fold(self, batch, states: np.ndarray) -> None:
        """Take in one batch; ``states`` are the engine's tables after it."""
        events = batch.events
        self.orders.begin(batch.commands)
        self.books.state = states.view(np.ndarray)[0]
        if len(events):
            self._fold_people(batch, events)
            self.forced.fold(events, self.stories.named)
            self.market.fold(events)
        self.orders.end()
        self.stories.end(batch, states)

    def _fold_people(self, batch, events: np.ndarray) -> None:
        mine = of_people(events["account"])
        if events["other_account"].any():
            mine |= of_people(events["other_account"]) & np.isin(events["kind"], TWO_ACCOUNTS)
        also = self.stories.concerns(events)
        if also is not None:
            mine |= also
        if not mine.any():
            return
        books, orders, stories = self.books, self.orders, self.stories
        for event in rows_of(events[mine]):
            stories.fold(event, batch)
            if is_person(event.account) or is_person(event.other_account) and event.kind in TWO_ACCOUNTS:
                books.fold(event)
                orders.fold(event)
                self.accounts.add(event.account)
                self.accounts.add(event.other_account)

    @property
    def waiting(self) -> int:
        """Rows not yet written."""
        return (len(self.orders.changed) + len(self.books.fills) + len(self.books.ledger) + len(self.books.payments)
                + self.market.trade_count + len(self.market.candles) + len(self.forced.changed))
