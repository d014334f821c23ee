"""The population of a running venue: built once, acting turn by turn, learning from batches, kept on disk.

It trades through the venue like everyone else: its commands are offered, journaled and decided with the people's.
"""
from __future__ import annotations

import numpy as np

from ..codes import CANCEL_ORDERS
from ..engine.records import as_record, new_commands
from ..lab import population
from ..lab.crowd import records
from ..lab.opening import Market
from ..lab.population import Parameters
from ..node.venue import Batch, Venue
from ..units import MINUTE, SECOND
from ..views.direct import Direct
from ..views.view import CROWD_FIRST_ACCOUNT, CROWD_FIRST_ORDER_ID
from . import keeping, turns
from .disturbances import Disturbances

CALENDAR_MINUTES = 1 << 17
"""Length of the calendar of wakes; it is shifted long before its end."""
SHIFT_MINUTES = 1 << 16
ADVANCE_NS = SECOND
PARTS_MAX = 24
PART_BP = 15.0
"""A move larger than this is published in equal parts, as in the laboratory (LABS-001)."""
MAKERS = dict(makers=8, maker_limit_usd=60e6, maker_deposit_coins=80_000.0)
"""Half as many makers as in the laboratory, each twice as deep: the same book from half the commands.  FEED-007"""

BRAVE = 2
"""Makers who widen and thin out but never pull: the book is never empty for long."""
SMALL, SMALL_LIMIT_USD = 4, 2e6
"""Small traders, and the USD each may hold."""


class Crowd:
    """The population at work on one venue's instrument."""

    def __init__(self, venue: Venue, symbol: str, accounts: int, seed: int, parameters: Parameters,
                 build_up_minutes: int, epoch_ns: int, apart_bp: float):
        self.venue, self.accounts, self.seed = venue, accounts, seed
        self.market = Market(venue.profile, symbol)
        self.people = population.build(parameters, accounts, seed, CALENDAR_MINUTES, build_up_minutes,
                                       CROWD_FIRST_ACCOUNT, CROWD_FIRST_ORDER_ID)
        hearten(self.people)
        self.epoch_ns = epoch_ns
        self.now = records(turns.TURN, 1)
        self.now["epoch_ns"], self.now["units_per_index_unit"] = epoch_ns, self.market.units_per_index_unit
        self.now["acting"] = self.now["quoting"] = self.now["publishing"] = 1
        self.now["advance_ns"] = ADVANCE_NS
        self.quoting = True
        self.sources = records(turns.SOURCE, len(self.market.index.feeds))
        self.sources["number"] = [feed.number for feed in self.market.index.feeds]
        self.sources["factor"], self.sources["apart_bp"] = 1.0, apart_bp
        self.commands = as_record(self.people.box["commands"][0])
        self._turn = Direct(turns.turn)

    # ------------------------------------------------------------ to and from the venue
    @property
    def is_new(self) -> bool:
        """Whether the venue has never seen this crowd."""
        return not int(self.venue.engine.state.accounts[int(self.people.makers["account"][0])].is_open)

    def open(self, price: float, fund_atoms: int, now_ns: int, publish: bool = True) -> None:
        """Fund, makers' deposits and the first price enter the venue."""
        self.market.acquaint(self.people, self.accounts, price, now_ns)
        self.venue.offer(self.market.opening(self.people, fund_atoms, price, now_ns))
        if publish:
            self.venue.offer(self.market.first_price(price, now_ns))

    def take_up(self, stored, price: float) -> str:
        """Go on where the engine's time stands: the records as they were kept, corrected by the tables, or drawn anew
        where there are none. Returns what is to be said about it, or nothing.  FEED-008"""
        said = ""
        try:
            if stored is None:
                raise keeping.PopulationDamage("there is no population file")
            keeping.put_back(self.people, stored[1])
            self.epoch_ns = int(stored[0]["epoch_ns"])
            self.now["epoch_ns"] = self.epoch_ns
        except keeping.PopulationDamage as damage:
            said = f"the population was drawn anew: {damage}"
            self.market.acquaint(self.people, self.accounts, price, self.venue.replica.last_stamp_ns)
        self.reconcile()
        return said

    def facts(self) -> dict:
        """What a restart needs besides the records."""
        return {"seed": self.seed, "accounts": self.accounts, "epoch_ns": int(self.epoch_ns),
                "sequence": int(self.venue.next_sequence)}

    def learn(self, batch: Batch) -> None:
        """A listener: what a batch of the venue means to the crowd."""
        people = self.people
        if len(batch.events):
            turns.learn(as_record(batch.events), people.crowd, people.agents, people.heads, people.makers)

    def turn(self, now_ns: int, units: float, disturbances: Disturbances | None = None, quoting: bool = True,
             chatter: float = 0.0) -> int:
        """Offer the commands of one turn at ``now_ns`` (never before the last stamp), with the outside price at
        ``units`` mark units; ``chatter``: chance of a small trade. Returns how many."""
        now, people, venue = self.now[0], self.people, self.venue
        self._keep_calendar()
        now.before_ns = venue.replica.last_stamp_ns
        now.now_ns = max(now_ns, now.before_ns)
        now.units_before = now.units or units
        now.units = units
        move_bp = abs(units - now.units_before) / now.units_before * 10_000
        now.parts = min(PARTS_MAX, max(1, int(-(-move_bp // PART_BP))))
        now.usd_per_lot = self.market.usd_per_lot(units)
        now.quoting, now.chatter = int(quoting), chatter
        if disturbances is not None:
            disturbances.set(self.sources, now.now_ns)
        count = self._turn(venue.engine.states, people.box, people.crowd, people.agents, people.heads, people.makers,
                           self.now, self.sources)
        if count:
            venue.offer(self.commands[:count].view(np.ndarray).view(venue.replica.command_dtype))
        return count

    def withdraw(self) -> None:
        """Every maker cancels and waits."""
        makers = self.people.makers
        quoting = makers[makers["orders"] != 0]
        commands = new_commands(len(quoting))
        commands["kind"], commands["account"] = CANCEL_ORDERS, quoting["account"]
        commands["instrument"] = self.market.instrument.id
        makers["orders"] = makers["quoting"] = 0
        makers["center"] = 0.0
        if len(commands):
            self.venue.offer(commands)

    def begin_round(self, spread_minutes: int) -> None:
        """Call back whoever waits; refill makers who lost."""
        self._offer(turns.begin_round(*self._tables(), spread_minutes))

    def reconcile(self) -> None:
        """Bring the crowd in line with the tables, and cancel what the makers have in the book.  FEED-008"""
        crowd = self.people.crowd[0]
        crowd.order_id = max(int(crowd.order_id), CROWD_FIRST_ORDER_ID + self.venue.next_sequence)
        crowd.minute = max(0, (self.venue.replica.last_stamp_ns - self.epoch_ns) // MINUTE)
        self._keep_calendar()
        self._offer(turns.reconcile(*self._tables()))

    def _tables(self) -> tuple:
        people = self.people
        return (self.venue.engine.states, people.box, people.crowd, people.agents, people.heads, people.makers)

    def _offer(self, count: int) -> None:
        if count:
            commands = np.array(self.commands[:count].view(np.ndarray).view(self.venue.replica.command_dtype))
            commands["time_ns"] = 0
            self.venue.offer(commands)

    def _keep_calendar(self) -> None:
        people = self.people
        while people.crowd[0].minute >= SHIFT_MINUTES:
            turns.shift_calendar(people.crowd, people.agents, people.heads, people.makers, SHIFT_MINUTES)
            self.epoch_ns += SHIFT_MINUTES * MINUTE
            self.now["epoch_ns"] = self.epoch_ns
            self.now["step"] = 0

    # ------------------------------------------------------------ what is known
    @property
    def index_hundredths(self) -> float:
        """The venue's index in hundredths of the quote coin; 0 where it has none yet."""
        units = int(self.venue.engine.state.instruments[self.market.instrument.id].index_price_units)
        return self.market.price(units) * 100


def hearten(people: population.Population) -> None:
    """Two of the makers never lose their nerve, and small traders stand after the arbitrageurs.  FEED-007"""
    makers, count = people.makers, int(people.crowd[0].makers)
    if not count:
        return
    makers["nerve"][np.argsort(-makers["nerve"][:count], kind="stable")[:BRAVE]] = np.inf
    small = records(makers.dtype, SMALL)
    small["account"] = makers["account"][-1] + 1 + np.arange(SMALL)
    small["limit_usd"] = SMALL_LIMIT_USD
    people.makers = np.concatenate((makers, small)).view(makers.dtype)


def compile_kernels() -> None:
    """Compile (or load from the cache) what a turn reaches, on an empty market, before anybody waits for it."""
    from ..engine.engine import Engine
    from ..engine.records import EVENT
    states = Engine().states
    people = population.build(Parameters(makers=0, arbitrageurs=0), 1, 1, 8, 4, CROWD_FIRST_ACCOUNT)
    tables = (people.crowd, people.agents, people.heads, people.makers)
    now = records(turns.TURN, 1)
    now["units"] = now["units_before"] = now["units_per_index_unit"] = 1
    turns.learn(as_record(np.zeros(0, EVENT)), *tables)
    turns.turn(states, people.box, *tables, now, records(turns.SOURCE, 0))
    turns.reconcile(states, people.box, *tables)
    turns.begin_round(states, people.box, *tables, 1)
    turns.shift_calendar(*tables, 0)
