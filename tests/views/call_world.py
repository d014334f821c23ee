"""One contract of any profile whose mark is published, for tests of what its holders are told."""
from __future__ import annotations

from datetime import date

import numpy as np
from view_world import ANN, ViewWorld

from steelyard import codes
from steelyard.api.commands import Deposit, PlaceOrder, PublishMark, SetAccount, Side
from steelyard.engine.engine import Engine
from steelyard.engine.records import TERMS
from steelyard.units import SECOND
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile
from steelyard.views.costs import CostBook
from steelyard.views.notices import NoticesView
from steelyard.views.scales import Scales

START_NS = 1_780_000_000 * SECOND
RICH = 1 << 50


class CallWorld(ViewWorld):
    """Accounts with cash in the contract's settlement asset and a view of their notices."""

    def __init__(self, name: str, symbol: str, mark: float, as_of: date | None = None, **terms):
        self.engine = Engine()
        self.profile = load_profile(name, as_of)
        self.contract = self.profile.instrument(symbol)
        self.instruments = {symbol: self.contract}
        self.scales = Scales(self.profile, (self.contract,))
        self.now, self.sequence, self.order_id, self.views = START_NS, 1, 1_000, []
        rows = profile_commands(self.profile, self.now, (symbol,))
        changed = dict(mark_method=codes.MarkMethod.ORACLE_ONLY, index_id=0, mark_units_per_index_unit=1,
                       price_band_ppb=0, session_interval_ns=0, session_published=0, **terms)
        for term, value in changed.items():
            chosen = (rows["kind"] == codes.SET_TERM) & (rows["parameter"] == TERMS.names.index(term))
            rows["value"][chosen] = int(value)
        self.send(rows)
        self.send(*(SetAccount(ANN + at) for at in range(4)))
        self.mark(mark)
        self.costs = CostBook(self.engine)
        self.notices = NoticesView(self.engine, self.scales, self.costs)
        self.views = [self.costs, self.notices]
        for at in range(4):
            self.notices.watch("notices", ANN + at, True)

    @property
    def swap(self):
        """The contract."""
        return self.contract

    def mark(self, price: float, seconds: float = 1):
        """Publish a mark."""
        return self.send(PublishMark(self.contract.id, self.contract.mark_units(str(price))), seconds=seconds)

    def deposit(self, account: int, amount: float, asset: str | None = None):
        """Cash, by default of the settlement asset."""
        held = self.contract.grid.settlement if asset is None else self.profile.asset(asset)
        return self.send(Deposit(account, held.id, round(amount * 10**held.decimals)))

    def trade(self, buyer: int, seller: int, contracts: int, price: float):
        """A fill between two accounts."""
        ticks, lots = self.contract.price_ticks(str(price)), self.contract.size_lots(contracts)
        self.send(PlaceOrder(seller, self.contract.id, self.next_id(), Side.SELL, lots, ticks))
        return self.send(PlaceOrder(buyer, self.contract.id, self.next_id(), Side.BUY, lots, ticks))

    def told(self, account: int) -> list[dict]:
        """What is new for an account."""
        return [one for change in self.notices.changes() if change.account == account for one in change.data]

    def kinds(self) -> set[str]:
        """Names of the events of the last batch."""
        return {codes.EventKind(int(kind)).name for kind in np.unique(self.last.events["kind"])}
