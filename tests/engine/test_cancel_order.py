"""CANCEL_ORDER and CANCEL_ORDERS: who may, what is released, what stays. Rule ORDR-011."""
import pytest
from order_world import ANN, BOB, BUY, CAT, CONTRACT, REDUCE_ONLY, SELL, OrderWorld


def test_refusals_come_in_order():
    """ORDR-011: it exists, it is the account's own, the market is not halted."""
    world = OrderWorld()
    world.place(ANN, BUY, 5, price_ticks=900)
    mine = world.order_id
    world.set_state("HALTED")
    events = world.refuse_all(world.cancel, [
        ("order_must_exist", dict(order_id=999), dict(order_id=mine)),
        ("order_must_belong_to_account", dict(account=BOB), dict(account=ANN)),
        ("instrument_must_be_trading", dict(), lambda: world.set_state("CANCEL_ONLY")),
    ])
    assert world.ended(events) == [(mine, 5, "canceled_by_owner")]
    assert world.refusal(world.cancel(mine, ANN)) == "order_must_exist"
    for order_id in (0, -1, 1 << 62, -(1 << 63)):
        assert world.refusal(world.cancel(order_id)) == "order_must_exist"


def test_a_canceled_order_releases_its_margin_at_once():
    """ORDR-011 MARG-012: the next command may use it."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000)
    world.place(ANN, BUY, 10, price_ticks=1_000)
    mine = world.order_id
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=1_000)) == "initial_margin_must_be_covered"
    world.cancel(mine)
    assert world.requirement(ANN) == 0 and world.level(1_000) == [] and world.bids() == 0
    assert world.kinds(world.place(ANN, BUY, 10, price_ticks=1_000)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]


def test_canceling_in_the_middle_of_a_level_keeps_the_others_in_order():
    """ORDR-011 MTCH-001"""
    world = OrderWorld()
    for _ in range(4):
        world.place(ANN, BUY, 5, price_ticks=900)
    world.cancel(2)
    world.cancel(3)
    assert [row[0] for row in world.level(900)] == [1, 4]
    world.cancel(4)
    world.place(BOB, BUY, 5, price_ticks=900)
    assert [row[0] for row in world.level(900)] == [1, 5]


def test_cancels_all_of_one_account():
    """ORDR-011: by account, in one instrument or in all; positions and other accounts stay."""
    world = OrderWorld(instruments=2)
    for instrument in (1, 2):
        for ticks in (900, 901, 902):
            world.place(ANN, BUY, 1, price_ticks=ticks, instrument=instrument)
        world.place(BOB, BUY, 1, price_ticks=900, instrument=instrument)
    world.stop(ANN, SELL, 1, 800)
    events = world.send("CANCEL_ORDERS", account=ANN, instrument=2)
    assert [reason for *_rest, reason in world.ended(events)] == ["canceled_by_owner"] * 3
    assert {int(event["instrument"]) for event in events} == {2}
    events = world.send("CANCEL_ORDERS", account=ANN)
    assert sorted(world.kinds(events)) == ["ORDER_CANCELED"] * 3 + ["TRIGGER_CANCELED"]
    assert world.requirement(ANN) == 0 and len(world.level(900)) == 1
    assert world.send("CANCEL_ORDERS", account=ANN) == []


def test_cancel_orders_refuses():
    """ORDR-011"""
    world = OrderWorld()
    for account in (99, -1, 1 << 20):
        assert world.refusal(world.send("CANCEL_ORDERS", account=account)) == "account_must_be_open"


def test_cancel_orders_with_many_positions_misses_none():
    """ORDR-011: positions that end while they are walked over are replaced by the last one, and none is passed over."""
    world = OrderWorld(instruments=40)
    for instrument in range(1, 41):
        world.place(ANN, BUY, 1, price_ticks=900, instrument=instrument)
        world.place(ANN, BUY, 1, price_ticks=901, instrument=instrument)
    for instrument in (3, 17, 40):
        world.place(BOB, SELL, 1, price_ticks=901, instrument=instrument)
    events = world.send("CANCEL_ORDERS", account=ANN)
    assert len(world.ended(events)) == 77 and world.state.accounts[ANN].order_count == 0
    assert world.wallet(ANN).position_count == 3
    world.check()


def test_in_a_halt_nothing_is_canceled():
    """ORDR-011: one by one or all, an order in a halted market stays; the other market's goes."""
    world = OrderWorld(instruments=2)
    world.place(ANN, BUY, 1, price_ticks=900, instrument=1)
    world.place(ANN, BUY, 1, price_ticks=900, instrument=2)
    world.send("SET_INSTRUMENT_STATE", instrument=1, value=world.codes.STATE_HALTED)
    assert world.refusal(world.send("CANCEL_ORDERS", account=ANN, instrument=1)) == "instrument_must_be_trading"
    assert world.ended(world.send("CANCEL_ORDERS", account=ANN)) == [(2, 1, "canceled_by_owner")]


def test_reduce_only_room_comes_back():
    """ORDR-006 ORDR-011"""
    world = OrderWorld()
    world.hold(ANN, 5)
    world.place(ANN, SELL, 5, price_ticks=1_100, flags=REDUCE_ONLY)
    assert world.refusal(world.place(ANN, SELL, 5, price_ticks=1_100, flags=REDUCE_ONLY)) == "reduce_only_must_reduce"
    world.cancel(world.order_id - 1)
    assert world.position(ANN).reduce_only_lots == 0
    assert world.kinds(world.place(ANN, SELL, 5, price_ticks=1_100, flags=REDUCE_ONLY)) == ["ORDER_ACCEPTED",
            "ORDER_RESTED"]


@pytest.mark.parametrize("reused", [True, False])
def test_an_id_may_be_used_again_once_it_is_gone(reused):
    """ORDR-002 ORDR-011: an id names one live order."""
    world = OrderWorld()
    world.place(ANN, BUY, 5, price_ticks=900, order_id=7)
    if reused:
        world.cancel(7)
    events = world.place(CAT, BUY, 5, price_ticks=901, order_id=7)
    assert world.kinds(events) == (["ORDER_ACCEPTED", "ORDER_RESTED"] if reused else ["REJECTED"])
    assert world.contract.order_count == 1 and CONTRACT == 1


def test_ORDR_011_the_operator_clears_the_books_of_all_accounts():
    """ORDR-011 CANCEL_ORDERS of account 0 takes every resting order of an instrument off, whoever's it is."""
    from trigger_world import ANN, BOB, Venue
    venue = Venue()
    venue.place(ANN, 1, 5, price_ticks=900)
    venue.place(BOB, -1, 7, price_ticks=1_100)
    events = venue.send("CANCEL_ORDERS", account=0, instrument=1)
    assert venue.kinds(events) == ["ORDER_CANCELED", "ORDER_CANCELED"]
    assert {venue.reason(event) for event in events} == {"canceled_by_state"}
    assert venue.orders(ANN) == [] and venue.orders(BOB) == []
