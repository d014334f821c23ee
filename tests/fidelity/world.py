"""What vectors are computed with: the rules in plain form, rows for them, a profile loaded into the engine."""
from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from steelyard.kernel import load_plain
from steelyard.units import PPB
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile
from steelyard.venues.rows import instrument_row

ANN, BOB, CAT = 16, 17, 18
BUY, SELL = 1, -1
records, codes, groups = load_plain("engine.records"), load_plain("codes"), load_plain("engine.groups")
rules = SimpleNamespace(**{name: load_plain(f"rules.{name}") for name in (
    "adl", "contract", "fees", "funding", "index", "liquidation", "margin", "mark")})
START = 1_600_000_000 * 10**9 // (8 * 3600 * 10**9) * 8 * 3600 * 10**9 + 5 * 3600 * 10**9
"""An hour after a funding stamp."""


def row(table: str, **fields):
    """One empty row of a table of records.py, with the given fields: ``row("POSITION", size_lots=1)``."""
    made = records._plain_maker(getattr(records, table))()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def instrument(profile: str, as_of, symbol: str):
    """An instrument row with the terms and tiers of a profile on a date, for rules that take one."""
    return instrument_row(load_profile(profile, as_of).instrument(symbol))


class Venue:
    """An engine that was told the profile of a date, with one instrument and three accounts that hold ``atoms``.

    A refusal fails the vector. ``terms`` replaces terms of the profile where a published example has others.
    """

    def __init__(self, profile: str, as_of, symbol: str, mark: int, atoms: int = 10**12, start_ns: int = START,
                 **terms):
        loaded = load_profile(profile, as_of)
        self.contract = loaded.instrument(symbol)
        self.engine = load_plain("engine.engine").Engine()
        self.state, self.order_id = self.engine.state, 0
        self.apply(profile_commands(loaded, start_ns, (self.contract.symbol,)))
        self.terms = dict(self.contract.terms, **terms)
        for name, value in terms.items():
            self.send("SET_TERM", instrument=self.contract.id, parameter=records.TERMS.names.index(name), value=value)
        for account in (ANN, BOB, CAT):
            self.open(account, atoms)
        self.mark(mark)

    def apply(self, commands):
        events = self.engine.apply(commands)
        for event in events:
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        return events

    def send(self, kind, **fields):
        """One command; a refusal fails the vector."""
        command = records.new_commands(1)
        command["kind"] = codes.CommandKind[kind]
        for name, value in fields.items():
            command[name] = value
        return self.apply(command)

    def open(self, account, atoms):
        """An account with a deposit of the settlement asset."""
        self.send("SET_ACCOUNT", account=account)
        self.send("DEPOSIT", account=account, asset=self.terms["settlement_asset"], amount_atoms=atoms)

    def mark(self, units):
        """Every source of the index prints, in index units; without a rate the mark is the index."""
        events = []
        index = self.state.indices[self.terms["index_id"]]
        for number in range(records.INDEX_SOURCES_MAX):
            if index.sources[number].weight_ppb > 0:
                events.append(self.send("PUBLISH_PRICE", parameter=self.terms["index_id"], flags=number, value=units))
        assert self.row.mark_price_units == units * self.terms["mark_units_per_index_unit"]
        return np.concatenate(events)

    @property
    def row(self):
        return self.state.instruments[self.contract.id]

    def settings(self, account, isolated, leverage):
        """Margin mode and leverage."""
        self.send("SET_MARGIN_MODE", account=account, instrument=self.contract.id, value=int(isolated))
        self.send("SET_LEVERAGE", account=account, instrument=self.contract.id, value=-(-PPB // leverage))

    def order(self, account, side, lots, ticks, order_type="LIMIT"):
        """An order of a type; a limit order unless said."""
        self.order_id += 1
        return self.send("PLACE_ORDER", account=account, instrument=self.contract.id, side=side, size_lots=lots,
                         price_ticks=ticks, order_type=codes.OrderType[order_type], order_id=self.order_id)

    def trade(self, account, side, lots, ticks, maker=CAT):
        """The account trades as taker with the maker; returns the TRADED event."""
        self.order(maker, -side, lots, ticks)
        return self.of(self.order(account, side, lots, ticks), "TRADED")[0]

    @staticmethod
    def of(events, kind):
        """The events of one kind."""
        return [event for event in events if event["kind"] == codes.EventKind[kind]]

    def position_row(self, account=ANN):
        """The number of the account's position row."""
        return next(n for n in range(1, self.state.positions_pool.high_water + 1)
                    if self.state.positions[n].account == account)

    def position(self, account=ANN):
        """The position row of an account."""
        return self.state.positions[self.position_row(account)]

    def wallet(self, account=ANN):
        """The wallet row of an account."""
        return self.state.wallets[self.position(account).wallet]

    def unrealized(self, account=ANN):
        """Profit at the mark, in atoms."""
        return groups.unrealized(self.state, self.position_row(account))

    def maintenance(self, account=ANN):
        """Maintenance margin of the position, in atoms."""
        return groups.position_maintenance(self.state, self.position_row(account))

    def equity(self, account=ANN):
        """Equity of the isolated position, in atoms."""
        return groups.group_equity(self.state, self.position_row(account), 1)
