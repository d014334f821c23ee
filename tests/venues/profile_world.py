"""An engine that was told a profile as of a date: commands in, events out, tables to look at. For tests of venues."""
from datetime import UTC, datetime

import numpy as np

from steelyard.kernel import load_plain
from steelyard.venues.commands import profile_commands
from steelyard.venues.dated import instant
from steelyard.venues.profile import load_profile

records, codes = load_plain("engine.records"), load_plain("codes")
groups = load_plain("engine.groups")
ANN, BOB, CAT = 16, 17, 18
BUY, SELL = 1, -1
SECOND = 1_000_000_000


class ProfileWorld:
    """Instruments of a profile on the plain engine with three rich accounts. Times are seconds after midnight UTC of
    the date; sizes are contracts, prices text in quote currency."""

    def __init__(self, profile, as_of, *symbols, coins=10**4):
        self.profile = load_profile(profile, as_of)
        self.contracts = {symbol: self.profile.instrument(symbol) for symbol in symbols}
        self.symbol = symbols[0]
        self.start = int((instant(as_of) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND
        self.engine = load_plain("engine.engine").Engine()
        self.state, self.order_id, self.events = self.engine.state, 0, []
        self.run(profile_commands(self.profile, self.start, symbols))
        for account in (ANN, BOB, CAT):
            self.send("SET_ACCOUNT", account=account)
            for asset in {contract.terms["settlement_asset"] for contract in self.contracts.values()}:
                self.send("DEPOSIT", account=account, asset=asset, amount_atoms=coins * self.coin(asset))

    # ------------------------------------------------------------ commands
    def run(self, commands):
        """Apply commands; a refusal fails the test."""
        events = np.array(self.engine.apply(commands))
        for event in events:
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        self.events.extend(events)
        return events

    def send(self, kind, seconds=None, **fields):
        """One command."""
        command = records.new_commands(1)
        command["kind"] = codes.CommandKind[kind]
        if seconds is not None:
            command["time_ns"] = self.start + int(seconds * SECOND)
        for name, value in fields.items():
            command[name] = value
        return self.run(command)

    def price(self, text, symbol=None, seconds=None):
        """Every source of the instrument's index prints; returns the events."""
        contract = self.contract(symbol)
        index = self.state.indices[contract.terms["index_id"]]
        events = [self.send("PUBLISH_PRICE", seconds, parameter=contract.terms["index_id"], flags=number,
                            value=contract.index_units(text))
                  for number in range(records.INDEX_SOURCES_MAX) if index.sources[number].weight_ppb > 0]
        return np.concatenate(events)

    def order(self, account, side, contracts, price, symbol=None, seconds=None, **fields):
        """A limit order; returns its events."""
        contract = self.contract(symbol)
        self.order_id += 1
        return self.send("PLACE_ORDER", seconds, account=account, instrument=contract.id, side=side,
                         size_lots=contract.size_lots(contracts), price_ticks=contract.price_ticks(price),
                         order_type=codes.ORDER_LIMIT, order_id=self.order_id, **fields)

    def trade(self, account, side, contracts, price, symbol=None, other=CAT):
        """The account trades as taker with another one; returns the TRADED event."""
        self.order(other, -side, contracts, price, symbol)
        return self.of(self.order(account, side, contracts, price, symbol), "TRADED")[0]

    # ------------------------------------------------------------ what is there
    def contract(self, symbol=None):
        """An instrument of the profile."""
        return self.contracts[symbol or self.symbol]

    def row(self, symbol=None):
        """The engine's row of an instrument."""
        return self.state.instruments[self.contract(symbol).id]

    def coin(self, asset):
        """Atoms of one whole coin."""
        return 10 ** self.profile.assets[asset - 1].decimals

    def mark(self, units_text, symbol=None):
        """Put the mark at a price finer than the index, as if it had been formed there."""
        contract, row = self.contract(symbol), self.row(symbol)
        row.mark_price_units = contract.mark_units(units_text)
        row.mark_unit_value_atoms = load_plain("rules.contract").unit_value(row.terms, row.mark_price_units)

    def position_row(self, account=ANN, symbol=None):
        """Number of a position's row."""
        return next(number for number in range(1, self.state.positions_pool.high_water + 1)
                    if self.state.positions[number].account == account
                    and self.state.positions[number].instrument == self.contract(symbol).id)

    def position(self, account=ANN, symbol=None):
        """A position's row."""
        return self.state.positions[self.position_row(account, symbol)]

    def wallet(self, account=ANN, symbol=None):
        """The wallet row of a position."""
        return self.state.wallets[self.position(account, symbol).wallet]

    def initial(self, account=ANN, symbol=None):
        """Initial margin of a position without orders, in atoms."""
        position = self.position(account, symbol)
        return groups.own_requirement(self.row(symbol), position, position.tier)

    def maintenance(self, account=ANN, symbol=None):
        """Maintenance margin of a position, in atoms."""
        return groups.position_maintenance(self.state, self.position_row(account, symbol))

    @staticmethod
    def of(events, kind):
        """The events of one kind."""
        return [event for event in events if int(event["kind"]) == codes.EventKind[kind]]

    def check(self):
        """Every invariant holds."""
        assert load_plain("engine.invariants").broken(self.state) == []
