"""Two who would like to have what is not theirs: the trader who wants the insurance fund, and the flooder."""
from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from risk_world import ANN, BOB, BUY, CAT, COIN, DAN, EVE, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain

broken = load_plain("engine.invariants").broken
records = load_plain("engine.records")
FUND = 50_000


class Venue(RiskWorld):
    """A risk world with every invariant after every command."""

    def send(self, kind, seconds=None, **fields):
        events = super().send(kind, seconds, **fields)
        assert broken(self.state) == [], f"after {kind} {fields}"
        return events


# ---------------------------------------------------------------- the trader who wants the insurance fund
def worth(world, accounts):
    """What accounts own at the marks, all instruments and wallets together."""
    return sum(world.equity(account) for account in accounts)


class Gang:
    """Accounts under one hand that try everything at random while the mark of both contracts stands still."""

    THIEVES = (ANN, BOB, CAT)

    def __init__(self, seed, **terms):
        self.draw = random.Random(seed)
        pick = self.draw.choice
        chosen = dict(disposal_limit_ppb=pick([0, PPB // 50, PPB // 5]), fund_share_ppb=PPB, taker_fee_ppb=pick(
            [0, 500_000]), socialize_losses=pick([0, 1]), adl_policy=pick([0, 1, 2, 3]), adl_cap_ppb=PPB,
            close_fee_reserve=pick([0, 1]), initial_basis=pick([0, 1]), maintenance_basis=pick([0, 1]),
            liquidation_fee_ppb=pick([0, 2_000_000]), unrealized_profit_opens=1, order_margin_method=pick([0, 1, 2]),
            tiers=pick([None, [(30_000, PPB // 50, PPB // 100), (1 << 57, PPB // 5, PPB // 10)]]))
        chosen.update(terms)
        self.world = world = Venue(instruments=2, **chosen)
        world.fund(FUND)
        world.open_accounts(*self.THIEVES, atoms=10_000)
        world.open_accounts(DAN, EVE, atoms=10**7)
        for ticks in range(1, 6 if seed % 2 else 1):         # honest quotes around the mark, or an empty book
            for instrument in (1, 2):
                world.order(DAN, BUY, 50, 1_000 - 2 * ticks, instrument=instrument)
                world.order(EVE, SELL, 50, 1_000 + 2 * ticks, instrument=instrument)
        self.taken_out = 0

    def act(self):
        """One thing that a trader can do."""
        draw, world = self.draw, self.world
        account, instrument = draw.choice(self.THIEVES), draw.choice([1, 2])
        roll = draw.random()
        if roll < 0.7:
            price = draw.choice([1, 500, 900, 950, 990, 999, 1_000, 1_001, 1_010, 1_050, 1_100, 2_000, 100_000])
            extras = {}
            if draw.random() < 0.1:
                extras = dict(stop_ticks=max(1, price - 10), trail_offset_ticks=draw.choice([0, 10]))
            if draw.random() < 0.3:
                extras["flags"] = draw.choice([1, 2, 4, 16])
            world.order_id += 1
            world.send("PLACE_ORDER", account=account, instrument=instrument, side=draw.choice([BUY, SELL]),
                       size_lots=draw.choice([1, 10, 50, 100, 500]), price_ticks=price, order_id=world.order_id,
                       order_type=draw.choice([1, 1, 1, 2]) if not extras else 1, time_in_force=draw.choice([0, 0, 1]),
                       self_trade_mode=draw.choice([1, 2, 3, 4]), **extras)
        elif roll < 0.78:
            events = world.send("WITHDRAW", account=account, asset=COIN, amount_atoms=draw.choice([10, 1_000, 9_000]))
            self.taken_out += sum(int(event["cash_atoms"]) for event in world.of(events, "WITHDRAWN"))
        elif roll < 0.86:
            world.send("SET_MARGIN_MODE", account=account, instrument=instrument, value=draw.choice([0, 1]))
        elif roll < 0.92:
            world.send("SET_LEVERAGE", account=account, instrument=instrument, value=draw.choice([0, PPB // 100, PPB]))
        elif roll < 0.97:
            world.send("MOVE_COLLATERAL", account=account, instrument=instrument,
                       amount_atoms=draw.choice([-5_000, -500, -10, 10, 1_000]))
        else:
            world.send("CANCEL_ORDERS", account=account)


@pytest.mark.parametrize("seed", range(40))
def test_while_the_mark_stands_nobody_takes_anything_from_the_fund_or_from_others(seed):
    """LIQD-014, MTCH-004: off-market trades among friends, thin collateral, withdrawals, orders that meet one's own
    liquidation: after any 150 acts the gang has at most what it brought, and the fund what it had."""
    gang = Gang(seed)
    world = gang.world
    for _act in range(150):
        gang.act()
        brought = len(gang.THIEVES) * 10_000
        assert worth(world, gang.THIEVES) + gang.taken_out <= brought
        assert world.insurance >= FUND and world.deficit == 0
    assert worth(world, (DAN, EVE)) >= 2 * 10**7
    world.check()


def test_a_loss_sold_to_a_friend_stops_at_what_the_seller_has():
    """MTCH-004: Ann buys from Bob at ten times the mark; the loss is her own or there is no trade."""
    world = Venue()
    world.deposit(ann=5_000, bob=5_000)
    world.fund(FUND)
    world.order(BOB, SELL, 10, 10_000)
    events = world.order(ANN, BUY, 10, 10_000)
    assert world.refusal(events) == "initial_margin_must_be_covered"
    assert world.size(ANN) == 0 and world.insurance == FUND


def test_collateral_cannot_be_smaller_than_the_tier_asks():
    """MARG-002, MARG-009: a thousandfold leverage is what one may choose, the tier's rate is what one gets."""
    world = Venue()
    world.deposit(ann=9_000, bob=10**6)
    world.isolate(ANN, 1_000)
    world.order(BOB, SELL, 100, 1_000)
    assert world.refusal(world.order(ANN, BUY, 100, 1_000)) == "initial_margin_must_be_covered"
    world.order(ANN, BUY, 80, 1_000)
    assert world.position(ANN).collateral_atoms == 8_000
    removed = world.send("MOVE_COLLATERAL", account=ANN, instrument=1, amount_atoms=-1)
    assert world.refusal(removed) == "available_balance_must_cover"


@pytest.mark.parametrize("mark", [1_000, 1_200, 960, 951])
def test_nothing_leaves_that_a_position_needs(mark):
    """MARG-014: the most that can be withdrawn leaves nobody at the door of liquidation; profits stay until then."""
    world = Venue()
    world.deposit(ann=20_000, bob=10**6)
    world.trade(ANN, BOB, 100, 1_000)
    world.mark(mark)
    low, high = 0, 10**6
    while high - low > 1:                        # the largest amount that is paid out, found from outside
        middle = (low + high) // 2
        paid = world.kinds(world.send("WITHDRAW", account=ANN, asset=COIN, amount_atoms=middle)) == ["WITHDRAWN"]
        if paid:
            world.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=middle)
        low, high = (middle, high) if paid else (low, middle)
    world.send("WITHDRAW", account=ANN, asset=COIN, amount_atoms=max(1, low))
    assert low <= max(0, 10_000 - max(0, 1_000 - mark) * 100)
    assert world.size(ANN) == 100 and not world.of(world.events, "LIQUIDATION_STARTED")
    assert world.equity(ANN) >= 5_000


@pytest.mark.parametrize("limit", [PPB // 100, PPB // 20])
def test_bids_far_below_catch_nothing_from_the_liquidation_engine(limit):
    """LIQD-012: Ann lets herself be liquidated into Cat's bids; the engine sells within its limit of the mark only."""
    world = Venue(disposal_limit_ppb=limit)
    world.deposit(ann=11_000, bob=10**6, cat=10**6)
    world.fund(10**6)
    world.trade(ANN, BOB, 100, 1_000)
    for ticks in (1, 100, 500, 800, 890):
        world.order(CAT, BUY, 100, ticks)
    world.mark(930)
    for second in range(5, 40):
        world.mark(930 - second % 2, seconds=second)
    assert world.size(ANN) == 0
    sold = [int(event["price_ticks"]) for event in world.of(world.events, "TRADED")][1:]
    assert all(price >= 929 - 929 * limit // PPB - 1 for price in sold)
    assert worth(world, (ANN, CAT)) <= 11_000 + 10**6 + 100 * 50


# ---------------------------------------------------------------- the flooder
def shrink_tables(monkeypatch, **capacities):
    """Make tables small in every room of the plain form; codes and ladders use the same constants, so all agree."""
    for name, module in list(sys.modules.items()):
        if name.startswith("steelyard_plain"):
            for constant, size in capacities.items():
                if hasattr(module, constant):
                    monkeypatch.setattr(module, constant, size)


def flooded(monkeypatch, **capacities):
    """A venue with small tables and two rich accounts."""
    load_plain("engine.engine")
    shrink_tables(monkeypatch, **capacities)
    world = Venue(open_orders_max=10_000, triggers_max=10_000)
    world.open_accounts(ANN, BOB, atoms=10**12)
    return world


def refusals(world, events):
    """Reasons of the refusals among events."""
    return [world.reason(event) for event in world.of(events, "REJECTED")]


def still_works(world, lots=7):
    """After the flood is canceled everybody trades as before."""
    for account in (ANN, BOB):
        world.send("CANCEL_ORDERS", account=account)
    before = world.size(ANN)
    world.trade(ANN, BOB, lots, 1_000)
    assert world.size(ANN) == before + lots
    world.check()


def test_orders_fill_the_table_and_are_refused_by_name(monkeypatch):
    """ORDR-003: nothing that rests is lost, and a cancel makes room."""
    world = flooded(monkeypatch, ORDERS_MAX=60)
    reasons = [refusals(world, world.order(ANN, BUY, 1, 900 - number % 50)) for number in range(100)]
    resting = world.contract.order_count
    assert reasons[:50] == [[]] * 50 and reasons[-1] == ["orders_table_must_have_room"]
    assert 55 <= resting < 60
    taken = world.send("PLACE_ORDER", account=BOB, instrument=1, side=SELL, size_lots=1, price_ticks=850,
                       order_type=1, time_in_force=1, order_id=9_000)
    assert world.of(taken, "TRADED"), "orders that do not rest need no row"
    assert refusals(world, world.order(ANN, BUY, 1, 850)) == []
    still_works(world)


def test_brackets_and_triggers_fill_their_tables_by_name(monkeypatch):
    """TRIG-004, BRKT-003"""
    world = flooded(monkeypatch, TRIGGERS_MAX=20, BRACKETS_MAX=8)
    reasons = []
    for number in range(30):
        world.order_id += 1
        stop = world.send("PLACE_ORDER", account=ANN, instrument=1, side=SELL, size_lots=1, order_type=3,
                          trigger_ticks=900 - number, order_id=world.order_id)
        world.order_id += 1
        entry = world.send("PLACE_ORDER", account=ANN, instrument=1, side=BUY, size_lots=4, order_type=1,
                           price_ticks=950, stop_ticks=900, order_id=world.order_id)
        reasons += refusals(world, [*stop, *entry])
    assert set(reasons) == {"orders_table_must_have_room"} and len(reasons) > 20
    world.trade(BOB, ANN, 5, 1_000)
    world.order(BOB, SELL, 40, 940)              # the entries fill: each has its stop although the tables are full
    still_works(world)


def test_a_book_without_pages_refuses_prices_but_trades_on(monkeypatch):
    """ORDR-003: orders at every price far apart use up the pages; those near others still fit."""
    world = flooded(monkeypatch, LEVEL_PAGES_MAX=6)
    reasons = [refusals(world, world.order(ANN, BUY, 1, 1 + 1_024 * number)) for number in range(1)]
    for number in range(12):
        reasons.append(refusals(world, world.order(BOB, SELL, 1, 2_000 + 1_024 * number)))
    assert reasons[-1] == ["book_must_have_room"]
    assert refusals(world, world.order(BOB, SELL, 1, 2_001)) == []
    still_works(world)


def test_accounts_fill_their_tables_by_name(monkeypatch):
    """ORDR-001, LEDG-003: wallets and positions run out; whoever has one is not touched."""
    world = flooded(monkeypatch, WALLETS_MAX=records.SYSTEM_WALLETS + 8, POSITIONS_MAX=4)
    world.trade(ANN, BOB, 1, 1_000)
    for account in range(40, 60):
        world.send("SET_ACCOUNT", account=account)
    paid = [refusals(world, world.send("DEPOSIT", account=account, asset=COIN, amount_atoms=10**6))
            for account in range(40, 60)]
    assert paid[0] == [] and paid[-1] == ["accounts_table_must_have_room"]
    placed = [refusals(world, world.order(account, BUY, 1, 900)) for account in (40, 41, 42, 43)]
    assert ["accounts_table_must_have_room"] in placed
    still_works(world)


def test_expiries_fill_their_heap_by_name(monkeypatch):
    """TRIG-011: entries of orders that are gone count until their time."""
    world = flooded(monkeypatch, EXPIRIES_MAX=16)
    reasons = []
    for number in range(30):
        world.order_id += 1
        reasons += refusals(world, world.send(
            "PLACE_ORDER", account=ANN, instrument=1, side=BUY, size_lots=1, price_ticks=900, order_type=1,
            time_in_force=3, expires_ns=int(world.state.now_ns) + 10**9 * (number + 1), order_id=world.order_id))
    assert set(reasons) == {"orders_table_must_have_room"} and len(reasons) == 15
    world.advance(60)
    assert world.contract.order_count == 0
    still_works(world)


def test_a_full_table_of_takeovers_makes_the_ring_wait(monkeypatch):
    """LIQD-008: groups that find no row wait, in the ring and by name, until one is free."""
    world = flooded(monkeypatch, TAKEOVERS_MAX=3)
    world.term("adl_policy", 0)
    world.term("disposal_limit_ppb", PPB // 5)
    accounts = range(40, 50)
    world.fund(10**6)
    world.open_accounts(*accounts, atoms=1_100)
    for account in accounts:
        world.trade(account, BOB, 10, 1_000)
    world.mark(935)
    assert world.state.takeovers_pool.live == 2 and world.state.liquidation_ring.count == 8
    world.order(ANN, BUY, 1_000, 935)
    for step in range(30):
        world.mark(934 + step % 2, seconds=10 + step)
    assert all(world.size(account) == 0 for account in accounts) and world.state.liquidation_ring.count == 0
    world.check()


def test_one_order_meets_a_bounded_number_of_others():
    """MTCH-006: an order into ten thousand small ones stops by name; the rest of them still stands."""
    matching = load_plain("engine.matching")
    limit = matching.FILLS_PER_COMMAND_MAX
    world = RiskWorld(open_orders_max=100_000)
    accounts = range(30, 34)
    world.open_accounts(ANN, *accounts, atoms=10**12)
    for number in range(limit + 50):
        world.order(accounts[number % 4], SELL, 1, 1_000)
    events = world.order(ANN, BUY, limit + 50, 1_000)
    assert len(world.of(events, "TRADED")) == limit
    assert world.reason(world.of(events, "ORDER_CANCELED")[0]) == "canceled_fill_limit"
    assert world.contract.order_count == 50 and world.size(ANN) == limit
    assert broken(world.state) == []


def test_members_of_wallets_can_never_run_out_before_positions():
    """Every position beyond the 16th of a wallet needs a place in a holding: there are more than positions can use."""
    fewest_for_a_holding = records.WALLET_SLOTS + 1
    assert records.HOLDINGS_MAX * fewest_for_a_holding > records.POSITIONS_MAX
