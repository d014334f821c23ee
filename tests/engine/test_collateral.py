"""Collateral in several assets: what counts, what may be taken out, who pays with it, who is looked at in a fall."""
import random

import pytest
from risk_world import ANN, BOB, BUY, CAT, COIN, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain

rules = load_plain("rules.collateral")
groups, sweeping = load_plain("engine.groups"), load_plain("engine.sweep")
broken = load_plain("engine.invariants").broken
GOLD, TIN, GOLD_INDEX, TIN_INDEX = 2, 3, 1, 2
HAIRCUT, FEE = PPB // 5, PPB // 100


class CollateralWorld(RiskWorld):
    """A contract in coin at mark 1,000; gold at 100 coin counts for it at 80 % x 99 %, tin at 10 at 100 %."""

    def __init__(self, form="plain", **terms):
        super().__init__(form, **terms)
        for index, price in ((GOLD_INDEX, 100), (TIN_INDEX, 10)):
            self.send("SET_INDEX", parameter=index, flags=self.codes.INDEX_SOURCES_MIN, value=1)
            self.send("SET_INDEX_SOURCE", parameter=index, flags=0, value=PPB)
            self.value(price, index)
        self.count(GOLD, 0, GOLD_INDEX, HAIRCUT, FEE)
        self.count(TIN, 1, TIN_INDEX, 0, 0)

    def count(self, asset, slot, index, haircut, fee, **fields):
        """Let an asset count for coin, a unit of its index being an atom of coin per atom."""
        chosen = dict(asset=COIN, parameter=slot, flags=asset, other_account=index, value=haircut, amount_atoms=fee,
                      size_lots=1, display_lots=1)
        chosen.update(fields)
        return self.send("SET_COLLATERAL", **chosen)

    def value(self, price, index=GOLD_INDEX):
        """The price of a collateral asset."""
        return self.send("PUBLISH_PRICE", parameter=index, flags=0, value=price)

    def give(self, account, asset, atoms):
        """A deposit in any asset."""
        return self.send("DEPOSIT", account=account, asset=asset, amount_atoms=atoms)

    def row(self, account, asset=COIN):
        """Wallet row of an account in an asset."""
        row = int(self.state.accounts[account].first_wallet)
        while row and self.state.wallets[row].asset != asset:
            row = int(self.state.wallets[row].next_wallet)
        return row

    def held(self, account, asset=COIN):
        """Cash of an account in an asset."""
        return int(self.state.wallets[self.row(account, asset)].balance_atoms)

    def long(self, coin, gold, lots, tin=0):
        """Ann long ``lots`` at 1,000 with some coin and gold, Bob rich on the other side."""
        self.deposit(bob=10**9)
        self.send("SET_ACCOUNT", account=ANN)
        for asset, atoms in ((COIN, coin), (GOLD, gold), (TIN, tin)):
            if atoms:
                self.give(ANN, asset, atoms)
        self.trade(ANN, BOB, lots, 1_000)
        return self.check_all()

    def equity_of(self, account):
        """Equity of the account's cross group in coin."""
        return int(groups.group_equity(self.state, self.row(account), 0))

    def check_all(self):
        """Every invariant, sweep included."""
        assert broken(self.state) == []
        return self


# ---------------------------------------------------------------- numbers
def test_COLL_002_the_example_of_the_page():
    """COLL-002 .5 XBT at 40,000 with 2 % and .25 %: 19,551 USD of 20,000."""
    gross = rules.gross_value(10**12 // 2, 4_000_000, 1, 10**6)
    share = rules.counted_ppb(20_000_000, 2_500_000)
    assert (gross, share, gross * share // PPB) == (20_000 * 10**8, 977_550_000, 19_551 * 10**8)


def test_COLL_005_the_example_of_the_page():
    """COLL-005 1,000 USD owed at 40,000 with a fee of .25 %: .025062656642 XBT sold for 1,002.506 USD."""
    wanted = rules.gross_for_net(1_000 * 10**8, PPB - 2_500_000)
    sold = rules.atoms_worth(wanted, 4_000_000, 1, 10**6, 10**12)
    gross = rules.gross_value(sold, 4_000_000, 1, 10**6)
    assert (wanted, sold) == (100_250_626_567, 25_062_656_642)
    assert gross - -(-gross * 2_500_000 // PPB) >= 1_000 * 10**8


@pytest.mark.parametrize("seed", range(200))
def test_COLL_006_above_the_band_less_than_the_part_is_lost(seed):
    """COLL-002 COLL-006 For drawn balances, prices, scales and parts: one unit above the band the loss is below the
    part."""
    draw = random.Random(seed)
    price, scale = draw.choice([3, 100, 10_000, 8_000_000, 1 << 40]), (draw.choice([1, 3]), draw.choice([1, 10**4]))
    atoms = draw.choice([1, 17, 10**6, 10**12, 10**17])
    share = rules.counted_ppb(draw.choice([0, PPB // 50, PPB // 2]), draw.choice([0, 2_500_000]))

    def counted(units):
        return rules.gross_value(atoms, units, *scale) * share // PPB
    value = counted(price)
    part = max(1, int(value * draw.choice([0.0001, 0.01, 0.5, 1.0, 3.0])))
    band = rules.band_units(price, value, part)
    assert 0 <= band < price and value - counted(band + 1) < max(part, 1)


@pytest.mark.parametrize("seed", range(100))
def test_COLL_005_selling_what_is_wanted_brings_it(seed):
    """COLL-005 The fewest atoms for a debt bring at least the debt after the fee, unless all of them are sold."""
    draw = random.Random(seed)
    price, scale = draw.randrange(1, 10**7), (draw.choice([1, 3, 1000]), draw.choice([1, 10**4, 10**6]))
    balance, debt = draw.randrange(1, 10**13), draw.randrange(1, 10**13)
    fee = draw.choice([0, 2_500_000, PPB // 2])
    wanted = rules.gross_for_net(debt, PPB - fee)
    sold = rules.atoms_worth(wanted, price, *scale, balance)
    gross = rules.gross_value(sold, price, *scale)
    assert 0 < sold <= balance
    assert sold == balance or gross - -(-gross * fee // PPB) >= debt
    if sold < balance and sold > 1:
        assert rules.gross_value(sold - 1, price, *scale) < wanted


# ---------------------------------------------------------------- what counts
def test_COLL_003_other_assets_count_for_equity_and_for_orders():
    """COLL-001 COLL-003 100 gold count for 7,920: with 100 coin, 80 lots at 1,000 (margin 8,000) are opened, 81 not."""
    world = CollateralWorld()
    world.deposit(bob=10**9, ann=100)
    world.give(ANN, GOLD, 100)
    assert world.equity_of(ANN) == 100 + 7_920
    assert world.refusal(world.order(ANN, BUY, 81, 1_000)) == "initial_margin_must_be_covered"
    world.trade(ANN, BOB, 80, 1_000)
    assert world.size(ANN) == 80 and world.equity_of(ANN) == 8_020
    world.check_all()


def test_COLL_001_without_a_price_or_at_a_haircut_of_all_nothing_counts():
    """COLL-001 COLL-002"""
    world = CollateralWorld()
    world.deposit(ann=100)
    world.give(ANN, GOLD, 100)
    world.count(GOLD, 0, GOLD_INDEX, PPB, 0)
    assert world.equity_of(ANN) == 100
    world.send("SET_INDEX", parameter=3, flags=world.codes.INDEX_SOURCES_MIN, value=1)
    world.count(GOLD, 0, 3, 0, 0)
    assert world.equity_of(ANN) == 100
    world.check_all()


@pytest.mark.parametrize(("change", "reason"), [
    (dict(asset=0), "asset_must_exist"), (dict(flags=COIN), "asset_must_exist"),
    (dict(flags=TIN), "asset_must_exist"), (dict(flags=9), "asset_must_exist"),
    (dict(other_account=9), "index_must_exist"),
    (dict(parameter=3, flags=9), "parameter_must_exist"), (dict(asset=GOLD, flags=TIN), "asset_must_exist"),
    (dict(value=PPB + 1), "value_must_be_in_range"), (dict(amount_atoms=PPB), "value_must_be_in_range"),
    (dict(size_lots=0), "value_must_be_in_range"),
    (dict(size_lots=1 << 40, display_lots=1 << 40), "value_must_be_in_range"),
    (dict(size_lots=1 << 30, display_lots=1 << 30), "value_must_be_in_range")])
def test_COLL_001_a_row_that_does_not_fit_is_refused(change, reason):
    """COLL-001 COLL-002"""
    world = CollateralWorld()
    row = dict(asset=COIN, parameter=0, flags=GOLD, other_account=GOLD_INDEX, size_lots=1, display_lots=1)
    assert world.refusal(world.send("SET_COLLATERAL", **{**row, **change})) == reason


# ---------------------------------------------------------------- taking it out
def test_COLL_004_what_the_hub_can_do_without_may_leave():
    """COLL-004 MARG-014 60 lots need 6,000 of 8,020: 25 gold may leave, since 75 still count for 5,940 + 100."""
    world = CollateralWorld().long(coin=100, gold=100, lots=60)
    assert int(groups.withdrawable(world.state, world.row(ANN, GOLD))) == 25
    refused = world.send("WITHDRAW", account=ANN, asset=GOLD, amount_atoms=26)
    assert world.refusal(refused) == "available_balance_must_cover"
    world.send("WITHDRAW", account=ANN, asset=GOLD, amount_atoms=25)
    assert world.held(ANN, GOLD) == 75
    world.mark(1_050)                                   # a profit does not let collateral out
    assert int(groups.withdrawable(world.state, world.row(ANN, GOLD))) == 0
    world.check_all()


def test_COLL_004_coins_do_not_stand_for_two_things():
    """COLL-004 A contract settled in gold: its first order is refused while the gold is needed, and taken when it is
    not; then the gold counts no more."""
    world = CollateralWorld().long(coin=100, gold=100, lots=60)
    world.list(2, index_id=0, mark_method=world.codes.MARK_ORACLE_ONLY, settlement_asset=GOLD)
    world.mark(100, 2)
    assert world.refusal(world.order(ANN, BUY, 1, 100, instrument=2)) == "initial_margin_must_be_covered"
    world.order_id += 1
    assert world.refusal(world.send(
        "PLACE_ORDER", account=ANN, instrument=2, side=BUY, size_lots=1, order_id=world.order_id, trigger_ticks=120,
        order_type=world.codes.ORDER_STOP_MARKET)) == "initial_margin_must_be_covered"
    world.give(ANN, COIN, 6_000)
    world.order(ANN, BUY, 1, 100, instrument=2)
    assert world.equity_of(ANN) == 6_100
    world.check_all()
    world.send("CANCEL_ORDERS", account=ANN, instrument=2)
    assert world.equity_of(ANN) == 6_100 + 7_920
    world.check_all()


# ---------------------------------------------------------------- paying with it
def test_COLL_005_a_loss_is_paid_by_selling_the_lowest_haircut_first():
    """COLL-005 A loss of 700 with 100 coin: 60 tin (haircut 0) bring 600; with 20 tin, 200 and the rest in gold."""
    world = CollateralWorld().long(coin=100, gold=100, tin=60, lots=10)
    world.mark(930)
    world.trade(BOB, ANN, 10, 930)
    assert (world.held(ANN), world.held(ANN, TIN), world.held(ANN, GOLD)) == (0, 0, 100)
    world = CollateralWorld().long(coin=100, gold=100, tin=20, lots=10)
    world.mark(930)
    events = world.trade(BOB, ANN, 10, 930)
    sold = [(int(event["asset"]), int(event["cash_atoms"]), int(event["value_atoms"]), int(event["fee_atoms"]))
            for event in world.of(events, "COLLATERAL_CONVERTED")]
    assert sold == [(TIN, -20, 200, 0), (GOLD, -5, 500, 5)] or sold == [(TIN, -20, 200, 0), (GOLD, -5, 500, 5)]
    assert world.held(ANN) >= 0 and world.held(ANN, GOLD) == 95
    conversion = 1 + world.records.CONVERSION_ACCOUNT * world.records.ASSETS_MAX
    assert [int(world.state.wallets[conversion + asset].balance_atoms) for asset in (COIN, GOLD, TIN)] == [-700, 5, 20]
    world.check_all()


def test_COLL_005_a_takeover_leaves_the_haircut_to_its_owner():
    """COLL-005 LIQD-005 Everything that counted is given up; 20 % of the gold stays, nobody owes anything."""
    world = CollateralWorld().long(coin=100, gold=100, lots=80)
    events = world.mark(930)
    assert "POSITION_TAKEN_OVER" in world.kinds(events)
    assert world.size(ANN) == 0 and world.held(ANN) >= 0 and 18 <= world.held(ANN, GOLD) <= 20
    world.check_all()


# ---------------------------------------------------------------- a fall of its price
def test_COLL_006_a_fall_of_the_collateral_liquidates():
    """COLL-006 BAND-001 80 lots need 4,000: gold at 50 counts for 3,960 + 100, still above; at 49 (3,880.8) not."""
    world = CollateralWorld().long(coin=100, gold=100, lots=80)
    for price in (90, 70, 60, 50):
        assert "LIQUIDATION_STARTED" not in world.kinds(world.value(price))
        world.check_all()
    assert "LIQUIDATION_STARTED" in world.kinds(world.value(49))
    world.check_all()


def test_COLL_006_a_higher_haircut_is_looked_at_too():
    """COLL-001 COLL-006 Haircut 20 % to 70 %: 2,970 + 100 do not bear 4,000."""
    world = CollateralWorld().long(coin=100, gold=100, lots=80)
    assert "LIQUIDATION_STARTED" in world.kinds(world.count(GOLD, 0, GOLD_INDEX, 7 * PPB // 10, FEE))
    world.check_all()


def test_COLL_006_a_quiet_price_looks_at_nobody():
    """COLL-006 BAND-005 Inside the band a price of the index examines no group."""
    world = CollateralWorld().long(coin=10_000, gold=100, lots=80)
    node = world.records.PLEDGE_NODES + world.row(ANN, GOLD)
    key = int(world.state.watch_nodes[node].key_units)
    assert 0 < key < 99
    before = int(world.state.watch_nodes[node].ladder)
    for price in (99, 98, key + 1):
        world.value(price)
        watched = world.state.watch_nodes[node]
        assert (int(watched.key_units), int(watched.ladder)) == (key, before)
    world.value(key)
    assert int(world.state.watch_nodes[node].key_units) < key


@pytest.mark.parametrize("budget", [1, 256])
@pytest.mark.parametrize("seed", range(8))
def test_COLL_006_nobody_is_missed_through_violent_prices(seed, budget):
    """COLL-003 COLL-005 COLL-006 BAND-006 Twelve accounts in two contracts and three assets, marks and prices that
    jump: every invariant after every step, the sweep among them, money conserved."""
    draw = random.Random(seed)
    world = CollateralWorld(instruments=2, maintenance_basis=draw.choice([0, 1]), initial_basis=draw.choice([0, 1]),
                            taker_fee_ppb=draw.choice([0, 500_000]),
                            liquidation_fee_ppb=draw.choice([0, 1_000_000]),
                            disposal_limit_ppb=draw.choice([0, PPB // 20]), adl_policy=draw.choice([0, 1, 2]))
    world.list(3, index_id=0, mark_method=world.codes.MARK_ORACLE_ONLY, settlement_asset=GOLD, adl_policy=1,
               disposal_limit_ppb=PPB // 20, fund_share_ppb=PPB)
    world.mark(1_000, 3)
    world.state.work_budget = budget
    for account in range(16, 28):
        world.open_accounts(account, atoms=draw.randrange(1, 8_000))
        world.give(account, GOLD, draw.randrange(1, 400))
        world.give(account, TIN, draw.randrange(1, 2_000))
        if draw.random() < .3:
            world.isolate(account, draw.choice([2, 5, 10]))
    marks, prices = [0, 1_000, 1_000, 1_000], {GOLD_INDEX: 100, TIN_INDEX: 10}
    prices = {index: price * 100 for index, price in prices.items()}
    for asset, slot, index in ((GOLD, 0, GOLD_INDEX), (TIN, 1, TIN_INDEX)):
        world.count(asset, slot, index, HAIRCUT if asset == GOLD else 0, FEE, display_lots=100)
        world.value(prices[index], index)
    for step in range(300):
        roll, account = draw.random(), draw.randrange(16, 28)
        instrument = draw.choice([1, 1, 2, 2, 2, 3])
        if roll < .55:
            price = max(1, int(marks[instrument] * draw.uniform(.96, 1.04)))
            world.order(account, draw.choice([BUY, SELL]), draw.choice([1, 5, 20, 40]), price, instrument=instrument)
        elif roll < .7:
            marks[instrument] = max(50, int(marks[instrument] * draw.choice([.85, .9, .97, 1.03, 1.1, 1.18])))
            world.mark(marks[instrument], instrument)
        elif roll < .85:
            index = draw.choice([GOLD_INDEX, TIN_INDEX])
            prices[index] = max(20, int(prices[index] * draw.choice([.5, .8, .95, .99, 1.01, 1.05, 1.3])))
            world.value(prices[index], index)
        elif roll < .92:
            world.send("WITHDRAW", account=account, asset=draw.choice([COIN, GOLD, TIN]),
                       amount_atoms=draw.randrange(1, 500))
        elif roll < .96:
            world.give(account, draw.choice([COIN, GOLD, TIN]), draw.randrange(1, 500))
        elif roll < .98:
            world.send("CANCEL_ORDERS", account=account)
        else:
            world.count(GOLD, 0, GOLD_INDEX, draw.choice([0, HAIRCUT, PPB // 2]), FEE, display_lots=100)
        assert broken(world.state) == [], f"seed {seed}, step {step}"
    assert world.of(world.events, "COLLATERAL_CONVERTED") and world.of(world.events, "LIQUIDATION_STARTED")


def test_the_rest_of_the_day_is_quiet_without_collateral():
    """COLL-001 Where nothing was set, no table of collateral is ever touched."""
    world = RiskWorld()
    world.deposit(ann=10_000, bob=10_000)
    world.trade(ANN, BOB, 10, 1_000)
    world.deposit(cat=5)
    assert world.state.collateral_count == 0 and world.size(ANN) == 10 and world.balance(CAT) == 5


def test_other_assets_do_not_become_the_collateral_of_one_position():
    """MARG-016: what a position takes when it is isolated is cash; gold cannot pay it, and leaves no debt behind."""
    world = CollateralWorld().long(coin=50, gold=100, lots=10)
    isolate = dict(account=ANN, instrument=1, value=1)
    assert world.refusal(world.send("SET_MARGIN_MODE", **isolate)) == "available_balance_must_cover"
    assert world.held(ANN) == 50
    world.check_all()
    world.give(ANN, COIN, 10_000)
    assert world.kinds(world.send("SET_MARGIN_MODE", **isolate)) == ["MARGIN_MODE_SET"]
    taken = 10_050 - world.held(ANN)
    assert 50 < taken <= 10_050 and int(world.position(ANN).collateral_atoms) == taken
    world.check_all()
