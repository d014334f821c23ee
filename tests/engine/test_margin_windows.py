"""MARG-040 to MARG-042: rates by side and window, the change of a window, orders charged on the side they open."""
import pytest
from order_world import ANN, BOB, BUY, CAT, COIN, CONTRACT, PPB, SELL, OrderWorld

from steelyard.kernel import load_plain

broken = load_plain("engine.invariants").broken
PERCENT = PPB // 100
DAY, NIGHT = 0, 1


def windows(world, day=(10, 9, 11, 10), night=(25, 22, 31, 28), instrument=CONTRACT):
    """Rates in percent: long initial, long maintenance, short initial, short maintenance."""
    for window, rates in ((DAY, day), (NIGHT, night)):
        for side, initial, maintenance in ((BUY, *rates[:2]), (SELL, *rates[2:])):
            events = world.send("SET_WINDOW_RATE", instrument=instrument, parameter=window, side=side,
                                value=initial * PERCENT, size_lots=maintenance * PERCENT)
            assert world.kinds(events) == ["CONFIGURED"] and events[0]["side"] == side


def enter(world, window, instrument=CONTRACT):
    return world.send("SET_MARGIN_WINDOW", instrument=instrument, value=window)


def maintenance(world, account):
    return load_plain("engine.groups").group_maintenance(
        world.state, world.state.accounts[account].first_wallet, 0)


def test_rate_refusals_in_order():
    """MARG-040: what a rate of a window must be."""
    world = OrderWorld()
    events = world.refuse_all(lambda **f: world.send("SET_WINDOW_RATE", **f), [
        ("instrument_must_exist", dict(instrument=512), dict(instrument=CONTRACT)),
        ("parameter_must_exist", dict(parameter=4), dict(parameter=3)),
        ("side_must_be_buy_or_sell", dict(side=0), dict(side=SELL)),
        ("value_must_be_in_range", dict(value=PPB + 1, size_lots=1), dict(value=PPB)),
    ])
    assert world.kinds(events) == ["CONFIGURED"]
    assert world.refusal(world.send("SET_WINDOW_RATE", instrument=1, side=BUY, value=1,
                                    size_lots=2)) == "value_must_be_in_range"


def test_window_refusals_in_order():
    """MARG-041: a window that exists, of an instrument that is listed."""
    world = OrderWorld()
    events = world.refuse_all(lambda **f: world.send("SET_MARGIN_WINDOW", **f), [
        ("instrument_must_exist", dict(instrument=512), dict(instrument=9)),
        ("value_must_be_in_range", dict(value=4), dict(value=1)),
        ("instrument_must_be_listed", dict(), dict(instrument=CONTRACT)),
    ])
    assert world.kinds(events) == ["MARGIN_WINDOW_CHANGED"]
    assert (events[0]["instrument"], events[0]["flags"]) == (CONTRACT, NIGHT)


def test_each_side_holds_its_own_rates():
    """MARG-040: at least the rates of the side; the schedule where that is more."""
    world = OrderWorld()
    windows(world, day=(10, 9, 11, 10))
    world.hold(ANN, 10)
    world.hold(BOB, -10)
    assert (world.requirement(ANN), maintenance(world, ANN)) == (1_000, 900)
    assert (world.requirement(BOB), maintenance(world, BOB)) == (1_100, 1_000)
    windows(world, day=(5, 4, 5, 4))
    assert (world.requirement(ANN), maintenance(world, ANN)) == (1_000, 500)


def test_a_window_changes_requirements_of_everyone():
    """MARG-041: requirements, and back again; everything is as a recomputation says."""
    world = OrderWorld()
    windows(world)
    world.hold(ANN, 10)
    world.hold(BOB, -10)
    enter(world, NIGHT)
    assert (world.requirement(ANN), world.requirement(BOB)) == (2_500, 3_100)
    assert broken(world.state) == []
    enter(world, DAY)
    assert (world.requirement(ANN), world.requirement(BOB)) == (1_000, 1_100)
    assert broken(world.state) == []


def test_who_stands_below_the_new_maintenance_is_liquidated():
    """MARG-041, LIQD-008: nobody is missed at the change, nobody is taken who has enough."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=2_000, bob=2_300, cat=1_000_000, dan=1_000_000)
    windows(world)
    world.hold(ANN, 10)
    world.hold(BOB, 10)
    events = enter(world, NIGHT)
    assert [int(event["account"]) for event in world.of(events, "LIQUIDATION_STARTED")] == [ANN]
    assert world.size(ANN) == 0 and world.size(BOB) == 10
    assert broken(world.state) == []


def test_the_walk_is_bounded_and_misses_nobody():
    """MARG-041: with a small budget the change takes several commands; in the end all are looked at."""
    world = OrderWorld(atoms=0)
    world.deposit(cat=10_000_000)
    windows(world)
    for account in range(30, 70):
        world.open_accounts(account, atoms=2_000)
        world.hold(account, 10)
    world.state.work_budget = 1
    events = enter(world, NIGHT)
    assert world.state.funding_rows_left > 0
    started = [int(event["account"]) for event in world.of(events, "LIQUIDATION_STARTED")]
    for _turn in range(400):
        started += [int(event["account"]) for event in world.of(world.send("ADVANCE"), "LIQUIDATION_STARTED")]
    assert sorted(started) == list(range(30, 70)) and broken(world.state) == []


def test_while_the_walk_is_under_way_nobody_takes_out_what_the_window_asks_for():
    """MARG-041: a withdrawal looks at the wallet's own positions first."""
    world = OrderWorld(atoms=0)
    world.deposit(cat=10_000_000)
    windows(world)
    for account in range(30, 70):
        world.open_accounts(account, atoms=4_000)
        world.hold(account, 10)
    world.state.work_budget = 1
    enter(world, NIGHT)
    assert world.requirement(69) == 1_000
    assert world.refusal(world.send("WITHDRAW", account=69, asset=COIN,
                                    amount_atoms=1_501)) == "available_balance_must_cover"
    assert world.kinds(world.send("WITHDRAW", account=68, asset=COIN, amount_atoms=1_500))[0] == "WITHDRAWN"


@pytest.mark.parametrize("method, expected", [(0, 2_500 + 6_200), (2, 2_500 + 6_200 + 2_500), (1, 2_500 + 6_200)])
def test_orders_are_charged_at_the_rates_of_the_side_they_open(method, expected):
    """MARG-042: long 10 at 25 %, offers of 30 open a short of 20 at 31 %, bids of 10 add to the long."""
    world = OrderWorld(order_margin_method=method)
    windows(world)
    enter(world, NIGHT)
    world.hold(ANN, 10)
    world.place(ANN, SELL, 30, price_ticks=1_000)
    world.place(ANN, BUY, 10, price_ticks=999)
    bids = -(-9_990 * 25 // 100)
    assert world.requirement(ANN) == expected - (2_500 - bids if method == 2 else 0)
    assert broken(world.state) == []


def test_an_order_must_be_covered_at_the_rates_of_its_own_side():
    """MARG-042, ORDR-010: 3,000 open a long of 10 at 25 %, not a short at 31 %."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=3_000, cat=1_000_000)
    windows(world)
    enter(world, NIGHT)
    assert world.refusal(world.place(ANN, SELL, 10, price_ticks=1_000)) == "initial_margin_must_be_covered"
    assert "ORDER_RESTED" in world.kinds(world.place(ANN, BUY, 10, price_ticks=1_000))


def test_an_isolated_position_brings_the_collateral_of_its_side():
    """MARG-040, MARG-009: and is looked at by itself when the window changes."""
    world = OrderWorld()
    windows(world)
    world.isolate(ANN, leverage=20)
    world.hold(ANN, -10)
    assert world.position(ANN).collateral_atoms == 1_100
    events = enter(world, NIGHT)
    assert [int(event["account"]) for event in world.of(events, "LIQUIDATION_STARTED")] == [ANN]
    assert broken(world.state) == []


def test_turning_a_position_changes_its_rates():
    """MARG-040: the requirement follows the sign."""
    world = OrderWorld()
    windows(world)
    enter(world, NIGHT)
    world.hold(ANN, 10)
    world.place(CAT, BUY, 20, price_ticks=1_000)
    world.place(ANN, SELL, 20, price_ticks=1_000)
    assert world.size(ANN) == -10 and world.requirement(ANN) == 3_100 and maintenance(world, ANN) == 2_800
    assert broken(world.state) == []


def test_all_instruments_change_together():
    """MARG-041: instrument 0 is every listed one; one without rates is told and not looked at."""
    world = OrderWorld(instruments=2)
    windows(world, instrument=2)
    events = enter(world, NIGHT, instrument=0)
    assert [(int(event["instrument"]), int(event["flags"])) for event in world.of(events, "MARGIN_WINDOW_CHANGED")] == [
        (1, NIGHT), (2, NIGHT)]
