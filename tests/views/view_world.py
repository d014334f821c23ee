"""A venue in memory for tests of views: an engine, the commands of a profile, and batches as a node would tell them."""
from __future__ import annotations

from datetime import date

import numpy as np

from steelyard import codes
from steelyard.api.commands import Deposit, Note, PlaceOrder, PublishPrice, SetAccount, records
from steelyard.engine.engine import Engine
from steelyard.engine.records import FIRST_TRADER_ACCOUNT
from steelyard.node.venue import Batch
from steelyard.units import SECOND
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile
from steelyard.views.scales import Scales

ANN, BOB, CAT, DAN = range(FIRST_TRADER_ACCOUNT, FIRST_TRADER_ACCOUNT + 4)
PROFILE = load_profile("bitmex", date(2020, 3, 12))
SYMBOLS = ("XBTUSD", "ETHUSD")
START_NS = 1_584_000_000 * SECOND
XBT = 1
MARK = 8_000


class ViewWorld:
    """An engine with two instruments of a profile; ``send`` applies commands as one batch and folds it."""

    def __init__(self, *makers, accounts: int = 4, deposit: int = 100_000_000):
        self.engine = Engine()
        self.instruments = {symbol: PROFILE.instrument(symbol) for symbol in SYMBOLS}
        self.scales = Scales(PROFILE, tuple(self.instruments.values()))
        self.now, self.sequence, self.order_id = START_NS, 1, 1_000
        self.views: list = []
        self.last: Batch | None = None
        self.send(profile_commands(PROFILE, self.now, SYMBOLS))
        self.send(*(SetAccount(ANN + at) for at in range(accounts)),
                  *(Deposit(ANN + at, XBT, deposit) for at in range(accounts)))
        self.price(MARK)
        self.views = [maker(self) for maker in makers]

    @property
    def swap(self):
        """The inverse perpetual."""
        return self.instruments["XBTUSD"]

    def send(self, *commands, seconds: float = 0) -> Batch:
        """Apply typed commands or records as one batch."""
        self.now += int(seconds * SECOND)
        batch = np.concatenate([one if isinstance(one, np.ndarray) else records([one]) for one in commands])
        batch["time_ns"] = self.now
        events = self.engine.apply(batch)
        self.last = Batch(self.sequence, batch, events, self.now)
        self.sequence += len(batch)
        for view in self.views:
            view.fold(self.last)
        return self.last

    def price(self, dollars: float, seconds: float = 1) -> Batch:
        """All sources of the index of XBTUSD print a price: the mark follows."""
        index = next(one for one in PROFILE.indices if one.id == self.swap.terms["index_id"])
        units = self.swap.index_units(str(dollars))
        return self.send(*(PublishPrice(index.id, feed.number, units) for feed in index.feeds), seconds=seconds)

    def next_id(self) -> int:
        """A new order id: the sequence its command would have in a node is what a venue uses; here it only grows."""
        self.order_id += 1
        return self.order_id

    def order(self, account, side, contracts, price=None, name=None, **fields):
        """Place an order on XBTUSD (a limit at ``price``, else a market order), with a name; returns its id."""
        order_id = self.next_id()
        if price is None:
            fields.setdefault("order_type", codes.OrderType.MARKET)
            fields.setdefault("time_in_force", codes.TimeInForce.IOC)
        ticks = self.swap.price_ticks(str(price)) if price is not None else 0
        place = PlaceOrder(account, self.swap.id, order_id, side, self.swap.size_lots(contracts), ticks, **fields)
        self.send(*([Note(account, order_id, name)] if name else []), place)
        return order_id

    def ticks(self, dollars) -> int:
        """A price of XBTUSD in ticks."""
        return self.swap.price_ticks(str(dollars))
