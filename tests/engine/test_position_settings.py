"""SET_LEVERAGE, SET_MARGIN_MODE, MOVE_COLLATERAL: refusals in order, then what is held in each mode."""
import pytest
from order_world import ANN, BOB, BUY, COIN, CONTRACT, PPB, SELL, OrderWorld

LEVERAGE_10 = PPB // 10


def settings_faults(world, last):
    """Faults that all three commands share, then those of one."""
    world.wallet(ANN).liquidation = 1

    def heal():
        world.wallet(ANN).liquidation = 0
    return [("instrument_must_exist", dict(instrument=512), dict(instrument=9)),
            ("instrument_must_be_listed", dict(), dict(instrument=CONTRACT)),
            ("account_must_be_open", dict(account=99), dict(account=ANN)),
            ("account_must_not_be_in_liquidation", dict(), heal), *last]


# ---------------------------------------------------------------- leverage
def test_leverage_refusals_in_order():
    """MARG-002: 1x at least; what it asks for must be covered."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_500, bob=100_000)
    world.hold(ANN, 10, other=BOB)
    events = world.refuse_all(lambda **f: world.send("SET_LEVERAGE", **f), settings_faults(world, [
        ("leverage_must_be_allowed", dict(value=PPB + 1), dict(value=PPB)),
        ("initial_margin_must_be_covered", dict(), dict(value=PPB * 15 // 100)),
    ]))
    assert world.kinds(events) == ["LEVERAGE_SET"] and world.requirement(ANN) == 1_500
    assert world.refusal(world.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT,
                                    value=-1)) == "leverage_must_be_allowed"


def test_more_leverage_than_the_schedule_allows_changes_nothing():
    """MARG-002: chosen leverage can ask for more margin, never for less."""
    world = OrderWorld()
    world.hold(ANN, 10)
    for value in (0, 1, PPB // 100, PPB // 10):
        assert world.kinds(world.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT,
                                      value=value)) == ["LEVERAGE_SET"]
        assert world.requirement(ANN) == 1_000
    world.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT, value=PPB // 2)
    assert world.requirement(ANN) == 5_000


def test_less_margin_is_always_given_back():
    """MARG-002: whoever is short of margin may still choose more leverage."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=5_000, bob=100_000)
    world.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT, value=PPB // 2)
    world.hold(ANN, 10, other=BOB)
    world.mark(900)
    assert world.kinds(world.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT,
                                  value=PPB * 49 // 100)) == ["LEVERAGE_SET"]
    assert world.refusal(world.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT, value=PPB // 2)) == (
        "initial_margin_must_be_covered")


# ---------------------------------------------------------------- mode
def test_mode_refusals_in_order():
    """MARG-016: the value, then orders and triggers, then the cash it takes."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.hold(ANN, 10, other=BOB)
    world.place(ANN, SELL, 1, price_ticks=2_000)
    order = world.order_id
    world.stop(ANN, SELL, 1, 500)
    trigger = world.order_id
    world.mark(990)
    events = world.refuse_all(lambda **f: world.send("SET_MARGIN_MODE", **f), settings_faults(world, [
        ("value_must_be_in_range", dict(value=2), dict(value=1)),
        ("open_orders_must_be_canceled_first", dict(), lambda: world.cancel(order)),
        ("open_orders_must_be_canceled_first", dict(), lambda: world.cancel(trigger)),
        ("available_balance_must_cover", dict(), lambda: world.deposit(ann=100)),
    ]))
    assert world.kinds(events) == ["MARGIN_MODE_SET"]
    assert int(world.position(ANN).collateral_atoms) == 1_100 and world.balance(ANN) == 0


def test_isolated_takes_margin_with_the_fill_and_stands_alone():
    """MARG-009 MARG-012 MARG-016: 10 % of 10,000 from the wallet; its loss never touches the rest."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=5_000, bob=100_000)
    world.isolate(ANN, leverage=5)
    world.place(ANN, BUY, 10, price_ticks=1_000)
    assert world.requirement(ANN) == 2_000
    world.place(BOB, SELL, 10, price_ticks=1_000)
    assert (int(world.position(ANN).collateral_atoms), world.balance(ANN), world.requirement(ANN)) == (2_000, 3_000, 0)
    world.place(BOB, BUY, 20, price_ticks=840)
    world.mark(840)
    for _ in range(20):
        world.advance(int(world.state.now_ns - 1_699_920_000 * 10**9) // 10**9 + 30)
    assert world.size(ANN) == 0 and world.balance(ANN) == 3_000


def test_back_to_cross_all_collateral_returns():
    """MARG-016: with profit or loss the wallet answers again for all."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=5_000, bob=100_000)
    world.isolate(ANN)
    world.hold(ANN, 10, other=BOB)
    world.mark(960)
    assert world.kinds(world.send("SET_MARGIN_MODE", account=ANN, instrument=CONTRACT, value=0)) == ["MARGIN_MODE_SET"]
    assert (int(world.position(ANN).collateral_atoms), world.balance(ANN), world.requirement(ANN)) == (0, 5_000, 1_000)
    assert world.story(world.mark(910)) == []
    world.check()


# ---------------------------------------------------------------- collateral
def test_collateral_refusals_in_order():
    """MARG-016: an amount, an isolated position, and what is free on the side it comes from."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=2_000, bob=100_000)
    world.hold(ANN, 10, other=BOB)
    faults = settings_faults(world, [
        ("amount_must_be_positive", dict(amount_atoms=0), dict(amount_atoms=1_001)),
        ("position_must_be_isolated", dict(),
         lambda: world.send("SET_MARGIN_MODE", account=ANN, instrument=CONTRACT, value=1)),
        ("available_balance_must_cover", dict(), dict(amount_atoms=1_000)),
    ])
    events = world.refuse_all(lambda **f: world.send("MOVE_COLLATERAL", **f), faults)
    assert world.kinds(events) == ["COLLATERAL_MOVED"] and int(events[0]["collateral_atoms"]) == 2_000
    assert world.balance(ANN) == 0


@pytest.mark.parametrize("mark,most", [(1_000, 500), (1_050, 500), (980, 300)])
def test_collateral_may_be_taken_back_down_to_the_initial_margin(mark, most):
    """MARG-016: 1,500 of collateral, initial margin 1,000; profits never leave, losses are held back."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_500, bob=100_000)
    world.isolate(ANN)
    world.hold(ANN, 10, other=BOB)
    move = dict(account=ANN, instrument=CONTRACT)
    world.send("MOVE_COLLATERAL", amount_atoms=500, **move)
    world.mark(mark)
    assert world.refusal(world.send("MOVE_COLLATERAL", amount_atoms=-most - 1,
                                    **move)) == "available_balance_must_cover"
    assert world.kinds(world.send("MOVE_COLLATERAL", amount_atoms=-most, **move)) == ["COLLATERAL_MOVED"]
    assert world.balance(ANN) == most
    world.check()


@pytest.mark.parametrize("amount", [1 << 62, -(1 << 62), -(1 << 63), (1 << 63) - 1])
def test_an_amount_beyond_the_bound_is_refused(amount):
    """LEDG-003: the smallest 64-bit number has no absolute value; it is refused all the same."""
    world = OrderWorld()
    world.isolate(ANN)
    world.hold(ANN, 10)
    move = dict(account=ANN, instrument=CONTRACT, amount_atoms=amount)
    assert world.refusal(world.send("MOVE_COLLATERAL", **move)) == "amount_must_be_positive"
    assert COIN == 1
