"""An engine that was told the CME profile of a date, with one contract, quotes around the index and three accounts."""
import numpy as np

from steelyard.kernel import load_plain
from steelyard.units import SECOND
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile

records, codes = load_plain("engine.records"), load_plain("codes")
groups, invariants = load_plain("engine.groups"), load_plain("engine.invariants")
calls = load_plain("rules.margin_calls")
ANN, BOB, CAT = 16, 17, 18
BUY, SELL = 1, -1
USD = 1_000_000
START = 1_513_620_000 * SECOND                   # 2017-12-18 18:00 UTC, noon in Chicago


class Venue:
    """Commands in human units: ``venue.order(ANN, BUY, 2, "19000")``."""

    def __init__(self, as_of, symbol="BTC", price="19000", dollars=1_000_000, **terms):
        profile = load_profile("cme", as_of)
        self.contract, self.order_id, self.now = profile.instrument(symbol), 0, START
        self.engine = load_plain("engine.engine").Engine()
        self.state = self.engine.state
        commands = profile_commands(profile, START, (self.contract.symbol,))
        for name, value in terms.items():
            at = (commands["kind"] == codes.SET_TERM) & (commands["parameter"] == records.TERMS.names.index(name))
            commands["value"][at] = value
        for event in self.engine.apply(commands):
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        for account in (ANN, BOB, CAT):
            self.send("SET_ACCOUNT", account=account)
            self.send("DEPOSIT", account=account, asset=1, amount_atoms=dollars * USD)
        self.price(price)

    def ask(self, kind, **fields):
        """One command; its events."""
        command = records.new_commands(1)
        command["kind"], command["time_ns"] = codes.CommandKind[kind], self.now
        for name, value in fields.items():
            command[name] = value
        return self.engine.apply(command)

    def send(self, kind, **fields):
        """One command; a refusal fails the test."""
        events = self.ask(kind, **fields)
        for event in events:
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        return events

    def wait(self, seconds):
        """Time passes."""
        self.now += seconds * SECOND
        return self.send("ADVANCE")

    def price(self, text):
        """Every source of the index prints; while nobody quotes, the mark is the index."""
        events = []
        index = self.state.indices[self.contract.terms["index_id"]]
        for number in range(records.INDEX_SOURCES_MAX):
            if index.sources[number].weight_ppb > 0:
                events.append(self.send("PUBLISH_PRICE", parameter=self.contract.terms["index_id"], flags=number,
                                        value=self.contract.index_units(text)))
        return np.concatenate(events)

    def order(self, account, side, lots, price=None, tif="GTC", refused=None, **fields):
        """A limit order, or a market order without a price; ``refused``: the reason it must be refused for."""
        self.order_id += 1
        events = self.ask("PLACE_ORDER", account=account, instrument=self.contract.id, side=side, size_lots=lots,
                          price_ticks=self.contract.price_ticks(price) if price else 0,
                          order_type=fields.pop("order_type", codes.ORDER_LIMIT if price else codes.ORDER_MARKET),
                          time_in_force=codes.TimeInForce[tif], order_id=self.order_id, **fields)
        reasons = [codes.Reason(int(event["reason"])).name for event in events if event["kind"] == codes.REJECTED]
        assert reasons == ([refused] if refused else [])
        return events

    @property
    def row(self):
        """The instrument's row."""
        return self.state.instruments[self.contract.id]

    def position(self, account):
        """The position row of an account."""
        return self.state.positions[load_plain("engine.positions").position_of(self.state, account, self.contract.id)]

    def wallet(self, account):
        """The number of an account's wallet."""
        return load_plain("engine.positions").wallet_of(self.state, account, 1)

    def cash(self, account):
        """Cash of an account, in dollars (whole atoms as a fraction)."""
        return self.state.wallets[self.wallet(account)].balance_atoms / USD


def kinds(events):
    """Names of events, in order."""
    return [codes.EventKind(int(event["kind"])).name for event in events]
