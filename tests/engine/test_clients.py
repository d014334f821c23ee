"""ELIG-008, ELIG-009: what a client class asks of margin, who may open, and what a change of class does."""
import pytest
from order_world import ANN, BOB, BUY, CAT, CLOSE, CONTRACT, IOC, PPB, REDUCE_ONLY, SELL, OrderWorld

from steelyard.kernel import load_plain

broken = load_plain("engine.invariants").broken
RETAIL, BANNED = 1, 2
HALF = PPB // 2
MAY_NOT_OPEN = 1


def rule(world, client_class=RETAIL, multiplier=3 * HALF, floor=HALF, close_out=HALF, flags=0, instrument=CONTRACT):
    events = world.send("SET_CLIENT_RULE", instrument=instrument, parameter=client_class, value=multiplier,
                        amount_atoms=floor, size_lots=close_out, flags=flags)
    assert world.kinds(events)[0] == "CONFIGURED"
    return events


def join(world, account, client_class=RETAIL):
    events = world.send("SET_CLIENT_CLASS", account=account, parameter=client_class)
    assert world.kinds(events)[0] == "CLIENT_CLASS_SET"
    return events


def maintenance(world, account):
    return load_plain("engine.groups").group_maintenance(
        world.state, world.state.accounts[account].first_wallet, 0)


def test_rule_refusals_in_order():
    """ELIG-008: class 0 is no class; multiplier 1 to 4 or none, rates up to one, known flags."""
    world = OrderWorld()
    good = dict(value=PPB, amount_atoms=PPB, size_lots=PPB, flags=MAY_NOT_OPEN)
    events = world.refuse_all(lambda **f: world.send("SET_CLIENT_RULE", **f), [
        ("instrument_must_exist", dict(instrument=512), dict(instrument=CONTRACT)),
        ("parameter_must_exist", dict(parameter=32), dict(parameter=31)),
        ("value_must_be_in_range", dict(value=PPB - 1), good),
    ])
    assert world.kinds(events) == ["CONFIGURED"]
    for name, value in (("value", 4 * PPB + 1), ("amount_atoms", PPB + 1), ("size_lots", -1), ("flags", 4)):
        assert world.refusal(world.send("SET_CLIENT_RULE", **dict(
            good, instrument=CONTRACT, parameter=1, **{name: value}))) == "value_must_be_in_range"


def test_class_refusals_in_order():
    """ELIG-009: an open account, a class that exists."""
    world = OrderWorld()
    events = world.refuse_all(lambda **f: world.send("SET_CLIENT_CLASS", **f), [
        ("account_must_be_open", dict(account=99), dict(account=ANN)),
        ("parameter_must_exist", dict(parameter=32), dict(parameter=RETAIL)),
    ])
    assert world.kinds(events) == ["CLIENT_CLASS_SET"]


def test_margin_of_a_class():
    """ELIG-008: value 10,000 at 10 % / 5 %, 1.5 x and at least half, close-out at half."""
    world = OrderWorld()
    rule(world)
    join(world, ANN)
    world.hold(ANN, 10)
    world.hold(BOB, 10)
    assert (world.requirement(ANN), maintenance(world, ANN)) == (5_000, 2_500)
    assert (world.requirement(BOB), maintenance(world, BOB)) == (1_000, 500)
    rule(world, multiplier=3 * HALF, floor=0, close_out=HALF)
    assert (world.requirement(ANN), maintenance(world, ANN)) == (1_500, 750)
    assert broken(world.state) == []


def test_chosen_leverage_is_not_what_the_rules_require():
    """ELIG-004, ELIG-008: the close-out share is of the required margin."""
    world = OrderWorld()
    rule(world)
    join(world, ANN)
    world.hold(ANN, 10)
    world.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT, value=PPB)
    assert (world.requirement(ANN), maintenance(world, ANN)) == (10_000, 2_500)


def test_orders_and_isolated_collateral_hold_the_margin_of_the_class():
    """ELIG-008, MARG-042: 5,000 open 10 at half, not 11; an isolated position brings half."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=5_000, bob=10_000, cat=1_000_000)
    rule(world)
    join(world, ANN)
    join(world, BOB)
    assert world.refusal(world.place(ANN, BUY, 11, price_ticks=1_000)) == "initial_margin_must_be_covered"
    assert "ORDER_RESTED" in world.kinds(world.place(ANN, BUY, 10, price_ticks=1_000))
    world.isolate(BOB, leverage=10)
    world.hold(BOB, -10)
    assert world.position(BOB).collateral_atoms == 5_000
    assert broken(world.state) == []


def test_the_class_is_closed_out_where_its_share_says():
    """ELIG-008, LIQD-008: half of the required margin, long before the venue's own maintenance."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=5_000, bob=5_000, cat=1_000_000)
    rule(world)
    join(world, ANN)
    world.hold(ANN, 10)
    world.hold(BOB, 10)
    assert not world.of(world.mark(751), "LIQUIDATION_STARTED")
    events = world.mark(750)
    assert [int(event["account"]) for event in world.of(events, "LIQUIDATION_STARTED")] == [ANN]
    assert world.size(BOB) == 10 and broken(world.state) == []


def test_a_change_of_class_holds_at_once():
    """ELIG-009: requirements, and liquidation of who stands below the new close-out."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=2_400, bob=100_000, cat=1_000_000)
    rule(world)
    world.hold(ANN, 10)
    world.hold(BOB, 10)
    join(world, BOB)
    assert world.requirement(BOB) == 5_000
    events = join(world, ANN)
    assert [int(event["account"]) for event in world.of(events, "LIQUIDATION_STARTED")] == [ANN]
    join(world, BOB, 0)
    assert world.requirement(BOB) == 1_000 and broken(world.state) == []


def test_a_change_of_rule_reaches_every_account_of_the_class():
    """ELIG-008, TERM-002: by the walk of changed terms."""
    world = OrderWorld()
    join(world, ANN)
    world.hold(ANN, 10)
    assert world.requirement(ANN) == 1_000
    rule(world)
    assert world.requirement(ANN) == 5_000 and broken(world.state) == []


def test_a_class_that_may_not_open_can_always_get_out():
    """ELIG-009: opening orders are canceled and refused by name, reducing ones live on."""
    world = OrderWorld()
    rule(world, BANNED, 0, 0, 0, MAY_NOT_OPEN)
    world.hold(ANN, 10)
    world.place(ANN, BUY, 5, price_ticks=990)
    world.place(ANN, SELL, 5, price_ticks=1_010, flags=REDUCE_ONLY)
    events = join(world, ANN, BANNED)
    assert [reason for _order, _lots, reason in world.ended(events)] == ["canceled_by_client_class"]
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=990)) == "client_class_must_be_admitted"
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=1_010)) == "client_class_must_be_admitted"
    assert world.refusal(world.stop(ANN, BUY, 1, 1_100)) == "client_class_must_be_admitted"
    world.place(CAT, BUY, 20, price_ticks=1_000)
    world.place(ANN, SELL, 0, price_ticks=1_000, flags=CLOSE, time_in_force=IOC)
    assert world.size(ANN) == 0 and broken(world.state) == []


def test_a_stop_that_would_open_ends_when_its_class_may_not():
    """ELIG-009, TRIG-006: it fires and is canceled."""
    world = OrderWorld()
    rule(world, BANNED, 0, 0, 0, MAY_NOT_OPEN)
    world.stop(ANN, BUY, 1, 1_100)
    join(world, ANN, BANNED)
    events = world.mark(1_101)
    assert "TRADED" not in world.kinds(events) and world.triggers(ANN) == []


def test_a_sub_account_begins_in_the_class_of_its_parent():
    """ELIG-009: and so do its positions."""
    world = OrderWorld()
    rule(world)
    join(world, ANN)
    world.send("SET_ACCOUNT", account=50, other_account=ANN)
    world.send("DEPOSIT", account=50, asset=1, amount_atoms=100_000)
    world.hold(50, 10)
    assert world.state.accounts[50].client_class == RETAIL and world.requirement(50) == 5_000


@pytest.mark.parametrize("basis", (0, 1))
@pytest.mark.parametrize("method", (0, 1, 2))
def test_bands_of_a_class_miss_nobody(basis, method):
    """BAND-003, ELIG-008: every schedule, value at entry or at mark, long and short, in steps of one unit."""
    world = OrderWorld(atoms=0, maintenance_basis=basis, initial_basis=basis, rate_method=method,
                       linear_initial_ppb=PPB // 10, linear_maintenance_ppb=PPB // 20, linear_slope_ppb_per_lot=10_000,
                       position_lots_max=100_000)
    world.deposit(ann=5_200, bob=5_200, cat=10_000_000)
    rule(world, multiplier=3 * HALF, floor=PPB // 3, close_out=7 * PPB // 10)
    join(world, ANN)
    join(world, BOB)
    world.hold(ANN, 10)
    world.hold(BOB, -10)
    world.state.work_budget = 100_000
    for move in range(1, 400):
        for mark in (1_000 - move, 1_000 + move):
            if mark > 0:
                world.mark(mark)
                assert broken(world.state) == []
    assert world.size(ANN) == world.size(BOB) == 0


# ---------------------------------------------------------------- a schedule of its own
def class_tiers(world, *tiers, client_class=RETAIL, instrument=CONTRACT):
    """Give a class its own tiers: (end, initial, maintenance)."""
    for number, (end, initial, maintenance) in enumerate(tiers):
        events = world.send("SET_CLASS_TIER", instrument=instrument, parameter=number, flags=client_class,
                            amount_atoms=end, value=initial, size_lots=maintenance)
        assert world.kinds(events)[0] == "CONFIGURED"


def test_tier_refusals_of_a_class_in_order():
    """ELIG-011: an instrument, a class, a place in the list, rates that rise."""
    world = OrderWorld()
    good = dict(instrument=CONTRACT, parameter=0, flags=RETAIL, amount_atoms=100, value=PPB // 10, size_lots=PPB // 20)
    for fields, why in ((dict(instrument=512), "instrument_must_exist"), (dict(flags=0), "parameter_must_exist"),
                        (dict(parameter=1), "parameter_must_exist"), (dict(size_lots=PPB), "value_must_be_in_range"),
                        (dict(amount_atoms=0), "value_must_be_in_range")):
        assert world.refusal(world.send("SET_CLASS_TIER", **{**good, **fields})) == why
    assert world.kinds(world.send("SET_CLASS_TIER", **good)) == ["CONFIGURED"]
    lower = dict(good, parameter=1, amount_atoms=200, value=PPB // 11)
    assert world.refusal(world.send("SET_CLASS_TIER", **lower)) == "value_must_be_in_range"


def test_a_class_has_a_schedule_of_its_own():
    """ELIG-011, the table of an inverse contract (kraken.md 1.1): 8 % / 4 %, then 20 % / 10 %, in place of the
    instrument's 10 % / 5 %; multiplier, floor and close-out come on top."""
    world = OrderWorld()
    groups, positions = load_plain("engine.groups"), load_plain("engine.positions")
    world.hold(ANN, 10)
    value = 10 * 1_000

    def asked():
        row = positions.position_of(world.state, ANN, CONTRACT)
        position = world.state.positions[row]
        instrument = world.state.instruments[CONTRACT]
        position.own_requirement_key = 0
        kept = groups.position_maintenance(world.state, row)
        return groups.own_requirement(instrument, position, position.tier), kept
    before = asked()
    class_tiers(world, (value, PPB * 8 // 100, PPB * 4 // 100), (1 << 57, PPB // 5, PPB // 10))
    assert asked() == before                                     # nobody is in the class yet
    join(world, ANN)
    assert asked() == (800, 400)
    world.hold(ANN, 1)                                           # 11,000: the next tier, whole value
    assert asked() == (2_200, 1_100)
    class_tiers(world, (1, 0, 0))                                # back to the instrument's own schedule
    assert asked() == (before[0] * 11 // 10, before[1] * 11 // 10)
    assert broken(world.state) == []
