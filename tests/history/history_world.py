"""A venue with a history: people and a small crowd on the BitMEX profile of March 2020, in a folder that can be opened
again and again.
"""
from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from steelyard import codes
from steelyard.api.commands import (
    CancelOrder,
    Deposit,
    Note,
    PlaceOrder,
    PublishPrice,
    SetAccount,
    SetLeverage,
    SetMarginMode,
    Side,
    Target,
    Withdraw,
    records,
)
from steelyard.node.rebuild import bring_up
from steelyard.node.replica import NodeOptions
from steelyard.node.venue import Venue
from steelyard.units import SECOND
from steelyard.venues.profile import load_profile
from steelyard.views.history import schema
from steelyard.views.history.store import History
from steelyard.views.scales import Scales
from steelyard.views.view import CROWD_FIRST_ACCOUNT, CROWD_FIRST_ORDER_ID

PROFILE = load_profile("bitmex", date(2020, 3, 12))
XBTUSD = PROFILE.instrument("XBTUSD").id
XBT = 1
START_NS = int(datetime(2020, 3, 12, 10, 0, tzinfo=UTC).timestamp()) * SECOND
ANN, BOB, CAT = 16, 17, 18
CROWD = CROWD_FIRST_ACCOUNT


class StillClock:
    """A clock that goes when it is told to."""

    def __init__(self, time_ns: int = START_NS):
        self.time_ns = time_ns

    def now_ns(self) -> int:
        return self.time_ns


class HistoryWorld:
    """A venue, its history and short ways to send commands."""

    def __init__(self, folder: Path, url: str | None = None, clock: StillClock | None = None, **kept):
        self.folder, self.url = Path(folder), url or f"sqlite:///{folder}/history.sqlite"
        self.clock = clock or StillClock()
        self.kept = kept
        self.crowd_orders, self.checking = CROWD_FIRST_ORDER_ID, True
        self.open()

    def open(self) -> None:
        """Start, as after a stop."""
        self.venue = Venue(self.folder, PROFILE, ("XBTUSD",), self.clock, NodeOptions(segment_bytes=1 << 20))
        self.scales = Scales(PROFILE, self.venue.instruments)
        self.history = History(self.url, self.scales, **self.kept)
        self.rebuild = bring_up(self.history, self.venue)

    def close(self) -> None:
        self.venue.close()
        self.history.close()

    # ------------------------------------------------------------ commands
    def send(self, *commands) -> np.ndarray:
        """Commands as one batch; gives their events."""
        told = []
        self.venue.offer(records(commands), told.append)
        self.venue.commit()
        assert self.history.fault is None or not self.checking, self.history.fault
        return told[0]

    def after(self, seconds: float) -> HistoryWorld:
        """Let the clock go on."""
        self.clock.time_ns += int(seconds * SECOND)
        return self

    def price(self, dollars: float) -> np.ndarray:
        """All sources of the index say a price."""
        return self.send(*(PublishPrice(1, number, round(dollars * 100)) for number in range(3)))

    def people(self, *accounts: int, coins: float = 1, leverage: int = 25, isolated: bool = True) -> None:
        """Open accounts with cash, mode and leverage."""
        for account in accounts:
            self.send(SetAccount(account), Deposit(account, XBT, round(coins * 10**8)),
                      SetMarginMode(account, XBTUSD, isolated), SetLeverage.times(account, XBTUSD, leverage))

    def order(self, account: int, side: int, lots: int, dollars: float = 0, name: str = "", **fields) -> int:
        """Place an order, a market order where no price is given; gives its id."""
        if account >= CROWD:
            self.crowd_orders += 1
            order_id, notes = self.crowd_orders, ()
        else:
            order_id = self.venue.next_sequence + (1 if name else 0)
            notes = (Note(account, order_id, name),) if name else ()
        if not dollars:
            fields.setdefault("order_type", codes.OrderType.MARKET)
        self.send(*notes, PlaceOrder(account, XBTUSD, order_id, Side(side), lots, round(dollars * 2), **fields))
        return order_id

    def trade(self, account: int, side: int, lots: int, dollars: float, other: int = CROWD, **fields) -> int:
        """Meet an order of somebody else at a price."""
        self.order(other, -side, lots, dollars)
        return self.order(account, side, lots, dollars, **fields)

    # ------------------------------------------------------------ what is there
    def rows(self, table: sa.Table) -> list[dict]:
        """All rows of a table by key, after everything was written."""
        self.history.flush()
        with self.history.database.connect() as connection:
            found = connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
            return [dict(row) for row in found]

    def dump(self) -> dict[str, list[dict]]:
        """Every row of every table."""
        return {table.name: self.rows(table) for table in schema.METADATA.sorted_tables}


def market_day(world: HistoryWorld, steps: int, seed: int = 1) -> None:
    """People and crowd trade at random while the price walks, with names, stops, brackets, cancels and liquidations."""
    draw = random.Random(seed)
    world.price(7_900)
    crowd = range(CROWD, CROWD + 12)
    world.people(ANN, BOB, CAT, coins=2, leverage=20)
    world.people(19, 20, coins=2, leverage=10, isolated=False)
    world.people(*crowd, coins=20, leverage=5, isolated=False)
    world.people(CROWD + 12, CROWD + 13, coins=1, leverage=100)
    people, price, mine = (ANN, BOB, CAT, 19, 20), 7_900.0, []
    for step in range(steps):
        world.after(draw.choice((0.2, 1, 7, 40)))
        price = max(3_000.0, round(price * (1 + draw.gauss(-0.0006, 0.004)) * 2) / 2)
        world.price(price)
        for _ in range(3):
            maker, side = draw.choice(crowd), draw.choice((1, -1))
            world.order(maker, side, draw.randint(500, 4_000), price - side * draw.choice((0.5, 1, 2.5)))
        who = draw.choice(people + (CROWD + 12, CROWD + 13))
        name = f"n-{step}" if who < CROWD and draw.random() < 0.5 else ""
        lots, kind = draw.randint(100, 3_000), draw.random()
        side = draw.choice((1, 1, -1))
        if kind < 0.5:
            mine.append((who, world.order(who, side, lots, price + side * draw.choice((-3, 0, 3)), name)))
        elif kind < 0.65:
            world.order(who, side, lots, 0, name)
        elif kind < 0.8:
            world.order(who, side, lots, price + side * 5, name, stop_ticks=round((price - side * 120) * 2),
                        targets=(Target(round((price + side * 60) * 2), 400_000_000),
                                 Target(round((price + side * 130) * 2), 600_000_000)))
        elif kind < 0.9:
            world.order(who, -side, 0, 0, name, order_type=codes.OrderType.STOP_MARKET, flags=codes.Flag.CLOSE,
                        trigger_ticks=round((price - side * 50) * 2))
        elif mine:
            world.send(CancelOrder(*draw.choice(mine)))
        if step % 25 == 24:
            world.send(Withdraw(draw.choice(people), XBT, 10_000), Deposit(draw.choice(people), XBT, 5_000_000))
