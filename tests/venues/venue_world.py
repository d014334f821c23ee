"""An engine told a profile of a date, one instrument and three accounts: what tests of a venue's own figures run on."""
import numpy as np

from steelyard.kernel import load_plain
from steelyard.units import PPB, SECOND
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile

records, codes = load_plain("engine.records"), load_plain("codes")
groups = load_plain("engine.groups")
START = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % (3600 * SECOND) + 60 * SECOND
"""A minute past a full hour."""
ANN, BOB, CAT = 16, 17, 18
BUY, SELL = 1, -1


class Venue:
    """One instrument of a profile, listed in a plain engine; a refusal fails the test unless it is asked for."""

    def __init__(self, profile, symbol, index_price, as_of=None, cash="1000000"):
        loaded = load_profile(profile, as_of)
        self.contract = loaded.instrument(symbol)
        self.engine = load_plain("engine.engine").Engine()
        self.state, self.order_id, self.now = self.engine.state, 0, START
        self.run(profile_commands(loaded, START, (symbol,)))
        self.terms = self.contract.terms
        for account in (ANN, BOB, CAT):
            self.send("SET_ACCOUNT", account=account)
            self.send("DEPOSIT", account=account, asset=self.terms["settlement_asset"], amount_atoms=self.atoms(cash))
        self.index(index_price)

    def run(self, commands):
        events = self.engine.apply(commands)
        for event in events:
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        return events

    def command(self, kind, **fields):
        command = records.new_commands(1)
        command["kind"] = codes.CommandKind[kind]
        command["time_ns"] = self.now
        for name, value in fields.items():
            command[name] = value
        return command

    def send(self, kind, **fields):
        """One command that is carried out."""
        return self.run(self.command(kind, **fields))

    def refused(self, kind, **fields):
        """One command that is refused; the name of the rule it broke."""
        events = self.engine.apply(self.command(kind, **fields))
        assert events[0]["kind"] == codes.REJECTED
        return codes.Reason(int(events[0]["reason"])).name

    def atoms(self, text):
        return int(np.int64(round(float(text) * 10 ** self.contract.grid.settlement.decimals)))

    def index(self, price):
        """Every source of the index prints a price in quote currency."""
        events = []
        index = self.state.indices[self.terms["index_id"]]
        for number in range(records.INDEX_SOURCES_MAX):
            if index.sources[number].weight_ppb > 0:
                events.append(self.send("PUBLISH_PRICE", parameter=self.terms["index_id"], flags=number,
                                        value=self.contract.index_units(price)))
        return np.concatenate(events)

    def wait(self, seconds):
        """Let time pass and everything that falls due happen."""
        self.now += seconds * SECOND
        events = [self.send("ADVANCE")]
        while len(events[-1]) > 0:
            events.append(self.send("ADVANCE"))
        return np.concatenate(events)

    @property
    def row(self):
        return self.state.instruments[self.contract.id]

    def leverage(self, account, times):
        self.send("SET_LEVERAGE", account=account, instrument=self.contract.id, value=-(-PPB // times))

    def order_fields(self, account, side, contracts, price, **fields):
        self.order_id += 1
        return dict(account=account, instrument=self.contract.id, side=side, order_type=codes.ORDER_LIMIT,
                    size_lots=self.contract.size_lots(contracts), price_ticks=self.contract.price_ticks(price),
                    order_id=self.order_id, **fields)

    def order(self, account, side, contracts, price, **fields):
        return self.send("PLACE_ORDER", **self.order_fields(account, side, contracts, price, **fields))

    def trade(self, account, side, contracts, price):
        """The account trades as taker with Cat; returns the TRADED event."""
        self.order(CAT, -side, contracts, price)
        return [event for event in self.order(account, side, contracts, price) if event["kind"] == codes.TRADED][0]

    def position(self, account):
        positions = load_plain("engine.positions")
        return self.state.positions[positions.position_of(self.state, account, self.contract.id)]

    def wallet(self, account):
        return self.state.wallets[self.position(account).wallet]

    def maintenance(self, account):
        return groups.group_maintenance(self.state, self.position(account).wallet, 0)

    def equity(self, account):
        return groups.group_equity(self.state, self.position(account).wallet, 0)


def kinds(events):
    """Names of the kinds of some events."""
    return [codes.EventKind(int(event["kind"])).name for event in events]
