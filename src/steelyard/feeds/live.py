"""Feeds of the present: real exchanges as the sources of the index, with a small population around it; or nothing but
the passing of time.  FEED-009, FEED-011"""
from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..codes import ADVANCE, PUBLISH_PRICE
from ..engine.records import new_commands
from ..lab.population import Parameters
from ..node.venue import Venue
from ..venues.profile import Index
from ..views.scales import milliseconds
from . import keeping
from .clock import WallTime
from .crowd import MAKERS, Crowd, compile_kernels
from .exchanges import Exchanges, Source
from .feed import Feed
from .settings import FeedError, FeedSettings

ACCOUNTS = 400
OPEN_INTEREST_USD, DEPTH_USD, MAKER_LIMIT_USD, DEPOSIT_COINS, FUND_COINS = 20e6, 15e6, 10e6, 10_000.0, 100
ENTRY_MINUTES = 30
"""The population enters within this time."""
TURN_SECONDS = 0.1
ADVANCE_SECONDS = 1.0
SILENT_SECONDS = 15.0
"""With no word from any exchange for so long the makers take their quotes away."""
KEEP_SECONDS = 60.0
CHATTER_SECOND = 0.5
POPULATION_FILE = "population.npz"
EXCHANGE_OF = {"Bitstamp": "bitstamp", "Coinbase": "coinbaseexchange", "Kraken": "kraken", "Gemini": "gemini"}
"""Name of a source in a profile -> name of the exchange in the library, where one still stands behind it."""
USUAL = {"USDT": ("binance", "okx", "bybit", "kraken"), "USD": ("kraken", "bitstamp", "coinbaseexchange", "gemini")}
"""Exchanges for sources that a profile leaves unnamed, by quote coin."""


def exchanges_of(index: Index, wanted: tuple[str, ...]) -> list[Source | None]:
    """The exchange behind every source of an index, None where none is. Those asked for come in the index's order."""
    if len(wanted) > len(index.feeds):
        raise FeedError(f"feed: exchanges names {len(wanted)} (FEED-011); the index {index.name} has "
                        f"{len(index.feeds)} sources")
    if wanted:
        return [Source(name) for name in wanted] + [None] * (len(index.feeds) - len(wanted))
    named = [EXCHANGE_OF.get(feed.name) for feed in index.feeds]
    if not any(named):
        usual = USUAL.get(index.quote, USUAL["USD"])
        named = [usual[number] if number < len(usual) else None for number in range(len(index.feeds))]
    return [Source(name) if name else None for name in named]


class QuietFeed(Feed):
    """No outside world: time passes, prices come from whoever publishes them."""

    def __init__(self, settings: FeedSettings):
        super().__init__(settings)
        self.clock = WallTime()
        self.symbol = settings.symbol
        self.message = "no feed: time passes"

    async def run(self, venue: Venue) -> None:
        """An ADVANCE a second until canceled, so that funding and expiries come on time."""
        self.venue = venue
        while True:
            venue.offer(advance())
            await asyncio.sleep(ADVANCE_SECONDS)


def advance() -> np.ndarray:
    """One ADVANCE, stamped by the node."""
    command = new_commands(1)
    command["kind"] = ADVANCE
    return command


class LiveFeed(Feed):
    """Real exchanges as sources. ``sources`` replaces the exchanges that the index names (one for each source, None:
    it stays silent); ``python`` the environment of the library."""

    def __init__(self, settings: FeedSettings, folder: Path | None = None, sources: list[Source | None] | None = None,
                 python: str | None = None):
        super().__init__(settings)
        self.folder, self._sources = folder, sources
        self.clock = WallTime()
        self.symbol = settings.symbol or "XBTUSD"
        self.accounts = settings.accounts or ACCOUNTS
        self.message = "waiting for the first prices"
        self.crowd: Crowd | None = None
        self.opened = False
        self.exchanges = Exchanges([], settings.pair or "", python)
        self.numbers: list[int] = []
        self._kept = self._advanced = time.monotonic()
        compile_kernels()

    # ------------------------------------------------------------ the life of a feed
    async def run(self, venue: Venue) -> None:
        """Follow the exchanges until canceled."""
        if self.symbol not in venue.symbols:
            raise FeedError(f"feed: the venue does not list {self.symbol} (FEED-006); it lists "
                            f"{', '.join(venue.symbols)}: give symbol=")
        self.venue = venue
        self._bind(venue)
        listening = asyncio.create_task(self.exchanges.run())
        try:
            while True:
                if listening.done():
                    listening.result()
                self._turn()
                await asyncio.sleep(TURN_SECONDS)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            self.keep()

    def _bind(self, venue: Venue) -> None:
        grid = venue.profile.instrument(self.symbol).grid
        self.index = venue.profile.index(venue.profile.instrument(self.symbol).index)
        behind = self._sources or exchanges_of(self.index, self.settings.exchanges)
        self.numbers = [feed.number for feed, source in zip(self.index.feeds, behind) if source is not None]
        self.exchanges.sources = [source for source in behind if source is not None]
        base = "BTC" if grid.base == "XBT" else grid.base
        self.exchanges.pair = self.exchanges.pair or f"{base}/{self.index.quote}"
        self.index_unit = grid.index_unit

    # ------------------------------------------------------------ a turn
    def _turn(self) -> None:
        """Publish what was heard, and let the crowd act around the index that the engine makes of it."""
        prices = self._prices()
        if len(prices):
            self.venue.offer(prices)
        units = int(self.venue.engine.state.instruments[self._instrument_id()].index_price_units)
        if self.crowd is None and units and any(source.price for source in self.exchanges.sources):
            self._open(units)
        if self.crowd is not None:
            heard = max(source.heard for source in self.exchanges.sources)
            quoting = time.monotonic() - heard < SILENT_SECONDS
            if not quoting and self.crowd.quoting:
                self.crowd.withdraw()
            self.crowd.quoting = quoting
            if quoting:
                self.crowd.turn(self.clock.now_ns(), units, None, True, CHATTER_SECOND * TURN_SECONDS)
            self.message = self.exchanges.shown()
        elif self.exchanges.sources:
            self.message = "waiting for the first prices: " + self.exchanges.shown()
        now = time.monotonic()
        if now - self._advanced >= ADVANCE_SECONDS:
            self._advanced = now
            self.venue.offer(advance())
        if now - self._kept >= KEEP_SECONDS:
            self.keep()

    def _instrument_id(self) -> int:
        return self.venue.profile.instrument(self.symbol).id

    def _prices(self) -> np.ndarray:
        """PUBLISH_PRICE of every source that has spoken since the last turn, the same price again too: a feed that
        repeats itself is not silent. Rounded to the index's unit, halves to even."""
        fresh = [(number, source) for number, source in zip(self.numbers, self.exchanges.sources) if source.fresh]
        commands = new_commands(len(fresh))
        for command, (number, source) in zip(commands, fresh):
            source.fresh = False
            command["kind"], command["parameter"], command["flags"] = PUBLISH_PRICE, self.index.id, number
            command["value"] = max(1, round(source.price / self.index_unit))
        return commands

    # ------------------------------------------------------------ the population
    def _parameters(self) -> Parameters:
        return Parameters(**{**MAKERS, "maker_limit_usd": MAKER_LIMIT_USD, "maker_deposit_coins": DEPOSIT_COINS},
                          open_interest_usd=OPEN_INTEREST_USD, maker_depth_usd=DEPTH_USD,
                          arbitrage_limit_usd=MAKER_LIMIT_USD, arbitrage_step_usd=200_000.0,
                          arbitrage_deposit_coins=DEPOSIT_COINS)

    def _open(self, units: int) -> None:
        """The first index price is there: build the population, or take up the one that is kept."""
        now_ns, stored = self.venue.replica.last_stamp_ns, None
        if self.folder is not None:
            try:
                stored = keeping.read(self.folder / POPULATION_FILE)
            except keeping.PopulationDamage:
                stored = None                      # the tables are the truth; the rest is drawn anew
        if stored is not None:
            self.accounts = int(stored[0]["accounts"])
        self.crowd = Crowd(self.venue, self.symbol, self.accounts, self.settings.seed, self._parameters(),
                           ENTRY_MINUTES, now_ns, 0.0)
        self.crowd.now["publishing"] = 0
        self.venue.add_listener(self.crowd.learn)
        price = self.crowd.market.price(units)
        if self.crowd.is_new:
            fund = int(FUND_COINS * self.crowd.market.coin_atoms(price))
            self.crowd.open(price, fund, now_ns, publish=False)
        else:
            self.crowd.take_up(stored, price)
        self.opened = True

    def keep(self) -> None:
        """Write the population now."""
        self._kept = time.monotonic()
        if self.crowd is not None and self.folder is not None:
            keeping.write(self.folder / POPULATION_FILE, keeping.pack(self.crowd.people, self.crowd.facts()))

    # ------------------------------------------------------------ the channel
    def replay(self) -> dict[str, Any]:
        now = milliseconds(self.clock.now_ns())
        title = f"Live: {self.exchanges.pair or self.symbol} of {', '.join(one.id for one in self.exchanges.sources)}"
        return {**super().replay(), "feed": "live", "name": "live", "title": title, "now": now}
