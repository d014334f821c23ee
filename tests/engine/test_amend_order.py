"""AMEND_ORDER: refusals in order, what keeps its place, what does not, what an amend may never do. Rule ORDR-012."""
import pytest
from order_world import (
    ANN,
    BOB,
    BUY,
    CAT,
    CONTRACT,
    GTD,
    HIDDEN,
    POST_ONLY,
    POST_ONLY_CANCEL,
    PPB,
    REDUCE_ONLY,
    SELL,
    OrderWorld,
)


def test_refusals_come_in_order():
    """ORDR-012: one amend with every fault, cured one by one."""
    world = OrderWorld(position_lots_max=100)
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(ANN, BUY, 5, price_ticks=900, flags=POST_ONLY)
    mine = world.order_id
    world.set_state("HALTED")
    world.restrict(ANN, 2)
    world.position(ANN).liquidation = 1
    mark = int(world.contract.mark_price_units)
    world.contract.mark_price_units = 0

    def heal():
        world.position(ANN).liquidation = 0

    def know_mark():
        world.contract.mark_price_units = mark

    faults = [
        ("order_must_exist", dict(order_id=999), dict(order_id=mine)),
        ("order_must_belong_to_account", dict(account=CAT), dict(account=ANN)),
        ("instrument_must_be_trading", dict(), lambda: world.set_state("CANCEL_ONLY")),
        ("size_must_be_in_range", dict(size_lots=-1), dict(size_lots=101)),
        ("price_must_be_in_range", dict(price_ticks=-1), dict(price_ticks=1_000)),
        ("account_must_not_be_restricted", dict(), lambda: world.restrict(ANN, 0)),
        ("instrument_must_allow_new_orders", dict(), lambda: world.set_state("TRADING")),
        ("account_must_not_be_in_liquidation", dict(), heal),
        ("post_only_must_not_trade", dict(), dict(price_ticks=999)),
        ("mark_must_be_known", dict(), know_mark),
        ("position_must_be_below_limit", dict(), dict(size_lots=100)),
    ]
    events = world.refuse_all(world.amend, faults)
    assert world.kinds(events) == ["ORDER_AMENDED", "ORDER_RESTED"]
    assert world.level(999) == [(mine, 100, 100)]


def test_a_refused_amend_leaves_the_order_in_its_place():
    """ORDR-012: same size, same price, same place."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.place(ANN, BUY, 10, price_ticks=1_000)
    mine = world.order_id
    world.place(BOB, BUY, 10, price_ticks=1_000)
    assert world.refusal(world.amend(mine, size_lots=11)) == "initial_margin_must_be_covered"
    assert world.refusal(world.amend(mine, price_ticks=1_001)) == "initial_margin_must_be_covered"
    assert [row[0] for row in world.level(1_000)] == [mine, world.order_id]
    assert world.requirement(ANN) == 1_000
    world.check()


@pytest.mark.parametrize("fields,keeps", [
    (dict(size_lots=3), True), (dict(size_lots=5), True), (dict(), True), (dict(price_ticks=990), True),
    (dict(size_lots=3, price_ticks=990), True), (dict(size_lots=6), False), (dict(size_lots=3, price_ticks=991), False),
])
def test_only_less_at_the_same_price_keeps_its_place(fields, keeps):
    """ORDR-012: the table of the page."""
    world = OrderWorld()
    world.place(ANN, BUY, 5, price_ticks=990)
    mine = world.order_id
    world.place(BOB, BUY, 5, price_ticks=991 if fields.get("price_ticks") == 991 else 990)
    ticks = fields.get("price_ticks", 990)
    world.amend(mine, **fields)
    ids = [row[0] for row in world.level(ticks)]
    assert ids == ([mine, world.order_id] if keeps else [world.order_id, mine])
    lots = fields.get("size_lots", 5)
    assert world.orders(ANN) == [(BUY, lots, ticks)]
    assert world.requirement(ANN) == -(-lots * ticks // 10)
    world.check()


def test_size_means_what_remains():
    """ORDR-012: 10 with 4 traded, amended to 8, has 8 to trade."""
    world = OrderWorld()
    world.place(ANN, BUY, 10, price_ticks=990)
    mine = world.order_id
    world.place(BOB, SELL, 4, price_ticks=990)
    events = world.amend(mine, size_lots=8)
    assert int(world.of(events, "ORDER_AMENDED")[0]["size_lots"]) == 8
    assert world.orders(ANN) == [(BUY, 8, 990)]


def test_an_amend_that_crosses_trades():
    """ORDR-012: at the resting price, the rest goes on resting under the same id."""
    world = OrderWorld()
    world.place(BOB, SELL, 4, price_ticks=1_000)
    world.place(ANN, BUY, 10, price_ticks=990)
    mine = world.order_id
    events = world.amend(mine, price_ticks=1_002)
    assert world.story(events) == ["ORDER_AMENDED", "TRADED", "ORDER_RESTED"]
    assert world.fills(events) == [(4, 1_000)] and world.level(1_002) == [(mine, 6, 6)]
    world.check()


def test_post_only_cancel_ends_where_it_would_trade():
    """ORDR-005 ORDR-012"""
    world = OrderWorld()
    world.place(BOB, SELL, 4, price_ticks=1_000)
    world.place(ANN, BUY, 10, price_ticks=990, flags=POST_ONLY_CANCEL)
    events = world.amend(world.order_id, price_ticks=1_000)
    assert [reason for *_rest, reason in world.ended(events)] == ["canceled_post_only"]
    assert world.orders(ANN) == [] and world.requirement(ANN) == 0


@pytest.mark.parametrize("name", ["POST_ONLY", "REDUCE_ONLY", "CANCEL_ONLY"])
def test_an_amend_is_no_way_around_the_state(name):
    """ORDR-012 ORDR-001: where a new order is refused, an order may get smaller and nothing else."""
    world = OrderWorld()
    world.place(BOB, SELL, 4, price_ticks=1_000)
    world.place(ANN, BUY, 10, price_ticks=990)
    mine = world.order_id
    world.set_state(name)
    for fields in (dict(price_ticks=1_000), dict(size_lots=11), dict(price_ticks=980)):
        assert world.refusal(world.amend(mine, **fields)) == "instrument_must_allow_new_orders"
    assert world.kinds(world.amend(mine, size_lots=9)) == ["ORDER_AMENDED"]
    assert world.size(ANN) == 0


@pytest.mark.parametrize("flags", [1, 2])
def test_an_amend_is_no_way_around_a_restriction(flags):
    """ORDR-012 ORDR-001"""
    world = OrderWorld()
    world.place(ANN, BUY, 10, price_ticks=990)
    world.restrict(ANN, flags)
    assert world.refusal(world.amend(world.order_id, price_ticks=995)) == "account_must_not_be_restricted"
    assert world.kinds(world.amend(world.order_id, size_lots=9)) == ["ORDER_AMENDED"]


def test_reduce_only_is_cut_again():
    """ORDR-006 ORDR-012: an amended reduce-only order never exceeds the position with the others."""
    world = OrderWorld()
    world.hold(ANN, 10)
    world.place(ANN, SELL, 6, price_ticks=1_100, flags=REDUCE_ONLY)
    mine = world.order_id
    world.place(ANN, SELL, 3, price_ticks=1_101, flags=REDUCE_ONLY)
    world.amend(mine, size_lots=50)
    assert sorted(world.orders(ANN)) == [(SELL, 3, 1_101), (SELL, 7, 1_100)]
    assert world.position(ANN).reduce_only_lots == 10


def test_iceberg_and_hidden_stay_what_they_are():
    """MTCH-002 ORDR-012: what is shown never exceeds what remains."""
    world = OrderWorld()
    world.place(ANN, BUY, 10, price_ticks=990, display_lots=4)
    iceberg = world.order_id
    world.place(BOB, BUY, 10, price_ticks=990, flags=HIDDEN)
    world.amend(iceberg, size_lots=3)
    assert world.level(990)[0] == (iceberg, 3, 3)
    world.amend(iceberg, size_lots=20)
    row = world.level(990)[-1]
    assert row[:2] == (iceberg, 20) and 0 < row[2] <= 4
    level = world.state.level_pages[world.state.books[CONTRACT].pages[0]].levels[990]
    assert (level.total_lots, level.displayed_lots) == (30, row[2])


def test_a_date_stays_a_date():
    """TRIG-011 ORDR-012: the expiry belongs to the order, not to the place."""
    world = OrderWorld()
    expires = int(world.state.now_ns) + 10**9
    world.place(ANN, BUY, 10, price_ticks=990, time_in_force=GTD, expires_ns=expires)
    mine = world.order_id
    world.amend(mine, price_ticks=980)
    assert world.ended(world.advance(10)) == [(mine, 10, "canceled_expired")]


def test_the_operator_may_amend_for_anybody():
    """ORDR-012: account 0 is the operator; only the owner otherwise."""
    world = OrderWorld()
    world.place(ANN, BUY, 10, price_ticks=990)
    assert world.refusal(world.amend(world.order_id, BOB, size_lots=1)) == "order_must_belong_to_account"
    assert world.kinds(world.amend(world.order_id, 0, size_lots=1)) == ["ORDER_AMENDED"]


def test_more_margin_is_taken_and_less_given_back():
    """ORDR-010 ORDR-012: 10 % of the new value at every step; with a collar of 5 % a far price is refused."""
    world = OrderWorld(limit_collar_ppb=PPB // 20)
    world.place(BOB, SELL, 1, price_ticks=1_000)
    world.place(ANN, BUY, 10, price_ticks=900)
    for lots, ticks in ((20, 900), (20, 950), (5, 950), (5, 500)):
        world.amend(world.order_id, size_lots=lots, price_ticks=ticks)
        assert world.requirement(ANN) == lots * ticks // 10
    assert world.refusal(world.amend(world.order_id, price_ticks=1_051)) == "price_must_be_within_collar"
