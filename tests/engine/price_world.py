"""A small venue on the real engine for tests of index, mark and funding: commands in, named events out."""
import importlib

from steelyard.kernel import load_plain
from steelyard.units import HOUR, MINUTE, PPB, SECOND

START = 1_699_920_000 * SECOND
"""2023-11-14 00:00 UTC, a whole day."""
ANN, BOB, CAT, DAN = 16, 17, 18, 19
COIN = 1
INDEX = 1
CONTRACT = 1


class World:
    """One engine in either form, with short ways to command it. Times are seconds from START."""

    def __init__(self, form="plain"):
        load = load_plain if form == "plain" else lambda name: importlib.import_module(f"steelyard.{name}")
        self.codes = load("codes")
        self.records = load("engine.records")
        self.engine = load("engine.engine").Engine()
        self.state = self.engine.state
        self.events = []
        self.sent = []
        self.order_id = 0

    # ------------------------------------------------------------ commands
    def send(self, kind, seconds=None, **fields):
        """Apply one command; returns the events it caused, oldest first, as records."""
        command = self.records.new_commands(1)
        command["kind"] = self.codes.CommandKind[kind]
        if seconds is not None:
            command["time_ns"] = START + int(seconds * SECOND)
        for name, value in fields.items():
            command[name] = value
        self.sent.append(command)
        events = list(self.engine.apply(command))
        self.events += events
        return events

    def advance(self, seconds):
        """Let time pass."""
        return self.send("ADVANCE", seconds)

    def rule(self, field, value, index=INDEX):
        """Set one rule of an index."""
        return self.send("SET_INDEX", parameter=index, flags=self.codes.IndexField[field], value=value)

    def source(self, number, weight=PPB // 4, index=INDEX):
        """Give an index a source, or take it away with weight 0."""
        return self.send("SET_INDEX_SOURCE", parameter=index, flags=number, value=weight)

    def price(self, number, units, seconds=None, index=INDEX):
        """A source of the index prints a price."""
        return self.send("PUBLISH_PRICE", seconds, parameter=index, flags=number, value=units)

    def list(self, instrument=CONTRACT, **terms):
        """List a linear contract of one atom per unit and lot, or what the terms say; no fees, 10 % / 5 % margin."""
        chosen = dict(kind=self.codes.LINEAR, settlement_asset=COIN, index_id=INDEX, mark_units_per_tick=1,
                      lot_value_numerator=1, inverse_parts_per_lot=0, mark_units_per_index_unit=1, price_ticks_min=1,
                      price_ticks_max=10_000_000, order_lots_max=1 << 30, position_lots_max=1 << 30,
                      open_orders_max=200, triggers_max=10, funding_interval_ns=8 * HOUR,
                      funding_offset_ns=4 * HOUR, basis_round_ns=MINUTE,
                      premium_sample_ns=MINUTE, interest_ppb=100_000, funding_clamp_ppb=500_000,
                      funding_cap_ppb=3_750_000, funding_step_cap_ppb=3_750_000, funding_delayed=1)
        chosen.update(terms)
        names = self.records.TERMS.names
        for name, value in chosen.items():
            self.send("SET_TERM", instrument=instrument, parameter=names.index(name), value=value)
        self.send("SET_TIER", instrument=instrument, parameter=0, amount_atoms=1 << 57, value=PPB // 10,
                  size_lots=PPB // 20)
        return self.send("LIST_INSTRUMENT", instrument=instrument)

    def open_accounts(self, *accounts, atoms=10**12):
        """Open accounts with a deposit each."""
        for account in accounts:
            self.send("SET_ACCOUNT", account=account)
            self.send("DEPOSIT", account=account, asset=COIN, amount_atoms=atoms)

    def order(self, account, side, lots, ticks, seconds=None, instrument=CONTRACT):
        """A limit order; returns its events."""
        self.order_id += 1
        return self.send("PLACE_ORDER", seconds, account=account, instrument=instrument, side=side, size_lots=lots,
                         price_ticks=ticks, order_type=self.codes.ORDER_LIMIT, order_id=self.order_id)

    def trade(self, buyer, seller, lots, ticks, seconds=None, instrument=CONTRACT):
        """Two accounts trade with each other at a price of an otherwise empty book."""
        self.order(seller, -1, lots, ticks, seconds, instrument)
        return self.order(buyer, 1, lots, ticks, seconds, instrument)

    # ------------------------------------------------------------ what is there
    def kinds(self, events):
        """Names of event kinds."""
        return [self.codes.EventKind(int(event["kind"])).name for event in events]

    def of(self, events, kind):
        """The events of one kind."""
        return [event for event in events if int(event["kind"]) == self.codes.EventKind[kind]]

    def reason(self, event):
        """Name of an event's reason."""
        return self.codes.Reason(int(event["reason"])).name

    def refusal(self, events):
        """The reason of the only event, which is a refusal."""
        assert self.kinds(events) == ["REJECTED"]
        return self.reason(events[0])

    @property
    def index(self):
        """The row of the first index."""
        return self.state.indices[INDEX]

    @property
    def contract(self):
        """The row of the first instrument."""
        return self.state.instruments[CONTRACT]

    def source_states(self):
        """Names of the states of the sources that have a weight."""
        return [self.codes.SourceState(int(self.index.sources[number].state)).name
                for number in range(8) if self.index.sources[number].weight_ppb > 0]

    def cash(self):
        """All cash in the one asset, per place: it sums to zero always."""
        state = self.state
        cash = {}
        for row in range(1, int(state.wallets_pool.high_water) + 1):
            if state.wallets[row].asset == COIN:
                cash["wallet", row] = int(state.wallets[row].balance_atoms)
        for account in range(1, 8):
            row = 1 + account * self.records.ASSETS_MAX + COIN
            cash["wallet", row] = int(state.wallets[row].balance_atoms)
        for row in range(1, int(state.positions_pool.high_water) + 1):
            cash["collateral", row] = int(state.positions[row].collateral_atoms)
        for row in range(1, int(state.instrument_last) + 1):
            cash["clearing", row] = int(state.instruments[row].clearing_atoms)
            cash["insurance", row] = int(state.instruments[row].insurance_atoms)
        return cash

    def dust(self):
        """Cash in the dust account."""
        return int(self.state.wallets[1 + self.records.DUST_ACCOUNT * self.records.ASSETS_MAX + COIN].balance_atoms)


def three_sources(price=100, form="plain", **terms):
    """A world with an index of three equal sources, protected as BitMEX's, all at one price."""
    world = World(form)
    world.advance(0)
    world.rule("STALE_AFTER_NS", 15 * MINUTE)
    world.rule("OUTLIER_PPB", PPB // 4)
    world.rule("READMIT_PPB", PPB // 50)
    world.rule("READMIT_AFTER_NS", 15 * MINUTE)
    for number in range(3):
        world.source(number, 333_333_333)
    if terms:
        world.list(**terms)
    for number in range(3):
        world.price(number, price)
    return world
