"""The public views of BitMEX XBTUSD over a compiled engine: commands in, views folded, batch by batch."""
from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np

from steelyard import codes
from steelyard.engine.engine import Engine
from steelyard.engine.records import new_commands
from steelyard.units import PPB, SECOND
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile
from steelyard.views.public import open_public_views

START = 1_583_971_200 * SECOND
"""2020-03-12 00:00 UTC."""
SYMBOL = "XBTUSD"
COIN = 10**8
ANN, BOB, CAT, DAN, EVE = range(16, 21)
PROFILE = load_profile("bitmex", date(2020, 3, 12))
INSTRUMENT = PROFILE.instrument(SYMBOL)
INDEX = PROFILE.index(INSTRUMENT.index)


def commands_of(entries: list[dict]) -> np.ndarray:
    """COMMAND records from dictionaries of fields."""
    commands = new_commands(len(entries))
    for at, entry in enumerate(entries):
        for name, value in entry.items():
            commands[at][name] = value
    return commands


class MarketWorld:
    """A venue with the public views over it. ``terms`` replace terms of the contract. Prices are texts."""

    def __init__(self, price="8000.00", watch=True, fund_coins=100, **terms):
        self.engine = Engine()
        self.venue = SimpleNamespace(engine=self.engine, profile=PROFILE, instruments=(INSTRUMENT,))
        self.public = open_public_views(self.venue)
        self.views = {view.channels[0]: view for view in self.public}
        self.now, self.order_id, self.sequence, self.told = START, 0, 1, []
        configuration = profile_commands(PROFILE, START, (SYMBOL,))
        for name, value in terms.items():
            chosen = (configuration["kind"] == codes.SET_TERM) & (configuration["instrument"] == INSTRUMENT.id)
            chosen &= configuration["parameter"] == list(INSTRUMENT.terms).index(name)
            assert chosen.sum() == 1, name
            configuration["value"][chosen] = value
        self.apply(configuration)
        self.send(dict(kind=codes.FUND_INSURANCE, asset=1, amount_atoms=fund_coins * COIN))
        self.price(price)
        if watch:
            for channel in ("depth", "ticker", "trades", "liquidations"):
                self.views[channel].watch(f"{channel}.{SYMBOL}", 0, True)
            self.views["candles"].watch(f"candles.{SYMBOL}.1m", 0, True)

    # ------------------------------------------------------------ commands
    def apply(self, commands: np.ndarray) -> np.ndarray:
        """One batch: decided, then folded by every view. Returns its events."""
        unset = commands["time_ns"] == 0
        commands["time_ns"][unset] = self.now
        events = self.engine.apply(commands)
        batch = SimpleNamespace(first=self.sequence, commands=commands, events=events,
                                time_ns=int(self.engine.state.now_ns))
        self.sequence += len(commands)
        self.told.append(events)
        for view in self.public:
            view.fold(batch)
        return events

    def send(self, *entries: dict) -> np.ndarray:
        """Commands as one batch."""
        return self.apply(commands_of(list(entries)))

    def at(self, seconds: float) -> None:
        """It is so many seconds after START from now on."""
        self.now = START + int(seconds * SECOND)

    def price(self, text: str) -> np.ndarray:
        """All sources of the index print a price."""
        return self.send(*(dict(kind=codes.PUBLISH_PRICE, parameter=INDEX.id, flags=feed.number,
                                value=INSTRUMENT.index_units(text)) for feed in INDEX.feeds))

    def deposit(self, *accounts: int, coins: float = 100) -> None:
        """Accounts with a deposit each."""
        for account in accounts:
            self.send(dict(kind=codes.SET_ACCOUNT, account=account),
                      dict(kind=codes.DEPOSIT, account=account, asset=1, amount_atoms=int(coins * COIN)))

    def isolate(self, account: int, leverage: int) -> None:
        """Isolated margin at a leverage."""
        self.send(dict(kind=codes.SET_MARGIN_MODE, account=account, instrument=INSTRUMENT.id, value=1),
                  dict(kind=codes.SET_LEVERAGE, account=account, instrument=INSTRUMENT.id, value=-(-PPB // leverage)))

    def entry(self, account: int, side: int, lots: int, price: str, **more) -> dict:
        """A limit order as a command's fields."""
        self.order_id += 1
        return dict(kind=codes.PLACE_ORDER, account=account, instrument=INSTRUMENT.id, side=side, size_lots=lots,
                    order_type=codes.ORDER_LIMIT, price_ticks=INSTRUMENT.price_ticks(price), order_id=self.order_id,
                    **more)

    def order(self, account: int, side: int, lots: int, price: str, **more) -> np.ndarray:
        """A limit order as a batch of its own."""
        return self.send(self.entry(account, side, lots, price, **more))

    def trade(self, buyer: int, seller: int, lots: int, price: str) -> None:
        """Two accounts trade with each other at a price of an otherwise empty book."""
        self.order(seller, -1, lots, price)
        self.order(buyer, 1, lots, price)

    def events(self, kind: int) -> np.ndarray:
        """All events of a kind so far."""
        events = np.concatenate(self.told)
        return events[events["kind"] == kind]

    # ------------------------------------------------------------ what is shown
    def changes(self, channel: str) -> list:
        """Data of all changes of a view since the last call."""
        return [change.data for change in self.views[channel].changes()]

    def snapshot(self, channel: str, end: str = ""):
        """What a new subscriber gets."""
        return self.views[channel].snapshot(f"{channel}.{SYMBOL}{end}", 0)


def random_flow(world: MarketWorld, seed: int, batches: int, orders: int = 30):
    """Random orders, some hidden or iceberg, cancels, amendments and prices; yields after each batch."""
    draw = np.random.default_rng(seed)
    accounts = (ANN, BOB, CAT, DAN)
    world.deposit(*accounts)
    live: dict[int, list[int]] = {account: [] for account in accounts}
    middle = 16_000
    for _ in range(batches):
        entries = []
        world.now += int(draw.integers(0, 40 * SECOND))
        for _ in range(orders):
            account, side = int(draw.choice(accounts)), int(draw.choice([1, -1]))
            ticks = middle - side * int(draw.integers(-20, 60))
            lots = int(draw.integers(1, 200))
            more = draw.choice(["", "", "", "hidden", "iceberg"])
            entry = world.entry(account, side, lots, INSTRUMENT.price_text(ticks),
                                flags=codes.FLAG_HIDDEN if more == "hidden" else 0,
                                display_lots=max(1, lots // 4) if more == "iceberg" else 0)
            entries.append(entry)
            live[account].append(entry["order_id"])
            if len(live[account]) > 40:
                target = dict(account=account, instrument=INSTRUMENT.id,
                              order_id=live[account].pop(int(draw.integers(0, 30))))
                kind = codes.CANCEL_ORDER if draw.random() < 0.8 else codes.AMEND_ORDER
                entries.append(dict(kind=kind, size_lots=lots if kind == codes.AMEND_ORDER else 0, **target))
        if draw.random() < 0.3:
            middle += int(draw.integers(-20, 21))
            world.price(f"{middle / 2:.2f}")
        yield world.send(*entries)
