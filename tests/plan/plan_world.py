"""A venue of a real profile on the plain engine, with marks published directly: what the planner is compared with."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from steelyard.kernel import load_plain
from steelyard.units import SECOND, from_steps
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile, profile_paths

codes = load_plain("codes")
records = load_plain("engine.records")
groups, positions = load_plain("engine.groups"), load_plain("engine.positions")
TRADER, OTHER_SIDE = 16, 17
START = 1_900_000_000 * SECOND
DEEP = 1 << 58
PROFILES = sorted(profile_paths())


@cache
def whole_steps() -> str:
    """A copy of the example whose tiers hold for the whole value at mark, so that maintenance jumps where they end: the
    path of its file."""
    text = profile_paths()["example"].read_text("utf-8")
    assert '"slice by slice"' in text
    path = Path(mkdtemp()) / "whole-steps.toml"
    path.write_text(text.replace('"slice by slice"', '"whole value"'), "utf-8")
    return str(path)


EVERY_VENUE = [*PROFILES, whole_steps()]
"""The profiles of the package, and one with another schedule."""


@dataclass
class Venue:
    """One profile at its latest date. ``symbols`` are those it lists there."""

    name: str
    indexed: bool = False
    """Whether instruments keep their index; else their marks stand alone."""
    engine: object = None
    now_ns: int = START
    order_id: int = 0
    events: list = field(default_factory=list)

    def __post_init__(self):
        self.profile = load_profile(self.name)
        self.instruments = {one.symbol: one for one in self.profile.instruments
                            if not 0 < one.terms["expiry_s"] <= self.now_ns // 10**9}
        if not self.instruments:                       # all that it lists will have expired by then
            self.now_ns = int(self.profile.as_of.timestamp() + 3600) * SECOND
            self.instruments = {one.symbol: one for one in self.profile.instruments}
        self.engine = load_plain("engine.engine").Engine()
        commands = profile_commands(self.profile, self.now_ns)
        alone = () if self.indexed else (("index_id", 0), ("mark_units_per_index_unit", 1))
        for term, value in (("mark_method", codes.MARK_ORACLE_ONLY), ("price_band_ppb", 0), ("price_band_refuses", 0),
                            ("breaker_ppb", 0), *alone):    # marks of these tests lie anywhere beside the entry
            number = records.TERMS.names.index(term)
            commands["value"][(commands["kind"] == codes.SET_TERM) & (commands["parameter"] == number)] = value
        for event in self.engine.apply(commands):
            assert event["kind"] != codes.REJECTED, (int(event["instrument"]), codes.Reason(int(event["reason"])).name)
        for account in (TRADER, OTHER_SIDE):
            self.send("SET_ACCOUNT", account=account)
        for asset in self.profile.assets:
            self.deposit(OTHER_SIDE, asset.id, DEEP)
        for one in self.profile.collateral:
            self.one_source(one.index)

    # ------------------------------------------------------------ commands
    def send(self, kind, **fields):
        """One command; its events as (kind name, record)."""
        command = records.new_commands(1)
        command["kind"], command["time_ns"] = codes.CommandKind[kind], self.now_ns
        for name, value in fields.items():
            command[name] = value
        found = [(codes.EventKind(int(event["kind"])).name, event) for event in self.engine.apply(command)]
        self.events += found
        return found

    def one_source(self, name):
        """Let the price of an index be what one source says."""
        index = self.profile.index(name)
        self.send("SET_INDEX", parameter=index.id, flags=codes.INDEX_SOURCES_MIN, value=1)
        self.send("SET_INDEX", parameter=index.id, flags=codes.INDEX_STALE_AFTER_NS, value=0)
        for number, feed in enumerate(index.feeds):
            self.send("SET_INDEX_SOURCE", parameter=index.id, flags=feed.number, value=0 if number else 10**9)

    def price_of(self, name, units):
        """The price of an index goes there, by a tenth at most at a time: a source that jumps farther than the index
        follows is doubted, and where there is no other the index freezes. Names of the events it caused."""
        index, found = self.profile.index(name), []
        at = self.engine.state.indices[index.id].price_units or units
        while True:
            at = min(max(units, at - at // 10), at + at // 10) if at >= 10 else units
            found += [kind for kind, _event in self.send(
                "PUBLISH_PRICE", parameter=index.id, flags=index.feeds[0].number, value=at)]
            if at == units:
                return found

    def enter_window(self, name):
        """Flip every instrument that has such a margin window."""
        for instrument in self.instruments.values():
            number = instrument.window_number(name)
            if number is not None:
                self.send("SET_MARGIN_WINDOW", instrument=instrument.id, value=number)

    def join_class(self, decide):
        """Put the trader into a class that asks what ``decide`` says of each instrument."""
        for instrument in self.instruments.values():
            found = decide(instrument)
            if found is not None:
                self.send("SET_CLIENT_RULE", instrument=instrument.id, parameter=1, value=found.multiplier_ppb,
                          amount_atoms=found.floor_ppb, size_lots=found.close_out_ppb)
        self.send("SET_CLIENT_CLASS", account=TRADER, parameter=1)

    def deposit(self, account, asset, atoms):
        """Cash for an account."""
        return self.send("DEPOSIT", account=account, asset=asset, amount_atoms=atoms)

    def mark(self, instrument, units):
        """Publish a mark; returns the names of the events it caused."""
        return [kind for kind, _event in self.send("PUBLISH_MARK", instrument=instrument.id, value=units)]

    def order(self, account, instrument, side, lots, ticks):
        """A limit order; returns its events."""
        self.order_id += 1
        return self.send("PLACE_ORDER", account=account, instrument=instrument.id, side=side, size_lots=lots,
                         price_ticks=ticks, order_type=codes.ORDER_LIMIT, order_id=self.order_id)

    def trade(self, instrument, side, lots, ticks, maker=False):
        """The trader's fill of the whole size at one price; the events of his order."""
        if maker:
            mine = self.order(TRADER, instrument, side, lots, ticks)
            return mine + self.order(OTHER_SIDE, instrument, -side, lots, ticks)
        self.order(OTHER_SIDE, instrument, -side, lots, ticks)
        return self.order(TRADER, instrument, side, lots, ticks)

    def settings(self, instrument, isolated, rate_ppb):
        """Margin mode and leverage of the trader."""
        self.send("SET_MARGIN_MODE", account=TRADER, instrument=instrument.id, value=isolated)
        if rate_ppb is not None:
            self.send("SET_LEVERAGE", account=TRADER, instrument=instrument.id, value=rate_ppb)

    # ------------------------------------------------------------ what is there
    def position(self, instrument):
        """The trader's row in an instrument, or None."""
        state = self.engine.state
        for row in range(1, state.positions_pool.high_water + 1):
            one = state.positions[row]
            if one.account == TRADER and one.instrument == instrument.id:
                return one
        return None

    def withdrawable(self, asset):
        """What may leave the trader's wallet in an asset, atoms."""
        state = self.engine.state
        return int(groups.withdrawable(state, positions.wallet_of(state, TRADER, asset)))

    def balance(self, asset):
        """The trader's cash in an asset, atoms."""
        row = self.engine.state.accounts[TRADER].first_wallet
        while row and self.engine.state.wallets[row].asset != asset:
            row = self.engine.state.wallets[row].next_wallet
        return int(self.engine.state.wallets[row].balance_atoms) if row else 0


def price(instrument, ticks):
    """Ticks as text."""
    return from_steps(ticks, instrument.grid.tick)


def mark_text(instrument, units):
    """Mark units as text."""
    return from_steps(units, instrument.grid.mark_unit)


def size(instrument, lots):
    """Lots as contracts."""
    return str(lots * instrument.grid.lot_contracts)


def cash(instrument, atoms):
    """Atoms of the settlement asset as text."""
    return from_steps(atoms, instrument.grid.settlement.atom)
