"""An engine that was told the Kraken profile of a date, with accounts and short ways to trade in it."""
import numpy as np

from steelyard.kernel import load_plain
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile

records, codes = load_plain("engine.records"), load_plain("codes")
groups = load_plain("engine.groups")
HOUR = 3600 * 10**9
START = 1_600_000_000 * 10**9 // (24 * HOUR) * 24 * HOUR + HOUR // 2
ANN, BOB, CAT, DAN = 16, 17, 18, 19
BUY, SELL = 1, -1
USD, XBT = 10**8, 10**12


class Venue:
    """One engine under a profile, its clock and its accounts; ``symbol`` is the contract that orders are for."""

    def __init__(self, as_of, symbol, name="kraken"):
        self.profile = load_profile(name, as_of)
        self.contract = self.profile.instrument(symbol)
        self.engine = load_plain("engine.engine").Engine()
        self.state, self.order_id, self.now = self.engine.state, 0, START
        commands = profile_commands(self.profile, START)
        for event in self.engine.apply(commands):
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        self.terms = self.contract.terms

    def send(self, kind, refused=None, **fields):
        """One command; a refusal fails the test unless it is the one named."""
        command = records.new_commands(1)
        command["kind"], command["time_ns"] = codes.CommandKind[kind], self.now
        for name, value in fields.items():
            command[name] = value
        events = self.engine.apply(command)
        reasons = [codes.Reason(int(event["reason"])).name for event in events if event["kind"] == codes.REJECTED]
        assert reasons == ([] if refused is None else [refused])
        return events

    def open(self, **atoms):
        """Accounts with a deposit in the contract's settlement asset: ``open(ann=10**8)``."""
        for name, amount in atoms.items():
            account = globals()[name.upper()]
            self.send("SET_ACCOUNT", account=account)
            if amount:
                self.send("DEPOSIT", account=account, asset=self.terms["settlement_asset"], amount_atoms=amount)

    def price(self, text, index=None):
        """The index prints a price (its own text); every sample of the mark's average follows in the next half
        minute."""
        index = index or self.contract.index
        found = self.profile.index(index)
        units = int(round(float(text) / float(found.unit)))
        events = [self.send("PUBLISH_PRICE", parameter=found.id, flags=0, value=units)]
        return np.concatenate(events)

    def order(self, account, side, lots, price, refused=None, **fields):
        """A limit order at a price (text)."""
        self.order_id += 1
        return self.send("PLACE_ORDER", refused, account=account, instrument=self.contract.id, side=side,
                         size_lots=lots, price_ticks=self.contract.price_ticks(price), order_type=codes.ORDER_LIMIT,
                         order_id=self.order_id, **fields)

    def trade(self, buyer, seller, lots, price):
        """The buyer meets the seller's resting order."""
        self.order(seller, SELL, lots, price)
        return self.order(buyer, BUY, lots, price)

    def later(self, ns):
        """Time passes; the index says again what it said, so that it never falls silent."""
        self.now += ns
        return self.send("ADVANCE")

    @property
    def row(self):
        """The contract's instrument row."""
        return self.state.instruments[self.contract.id]

    def position_row(self, account):
        """The number of an account's position row in the contract, 0 if none."""
        return next((n for n in range(1, self.state.positions_pool.high_water + 1)
                     if self.state.positions[n].account == account
                     and self.state.positions[n].instrument == self.contract.id), 0)

    def position(self, account):
        """An account's position row in the contract."""
        return self.state.positions[self.position_row(account)]

    def wallet_row(self, account, asset=None):
        """The number of an account's wallet row."""
        asset = asset or self.terms["settlement_asset"]
        row = self.state.accounts[account].first_wallet
        while row and self.state.wallets[row].asset != asset:
            row = self.state.wallets[row].next_wallet
        return row

    def balance(self, account, asset=None):
        """Cash of an account."""
        return int(self.state.wallets[self.wallet_row(account, asset)].balance_atoms)

    def check(self):
        """Every invariant of the tables."""
        assert load_plain("engine.invariants").broken(self.state) == []


def kinds(events, *wanted):
    """Names of events in order, all or only those wanted."""
    names = [codes.EventKind(int(event["kind"])).name for event in events]
    return [name for name in names if not wanted or name in wanted]
