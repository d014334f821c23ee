"""PLACE_ORDER: every refusal in order of precedence, then each kind of order. Rules: docs/spec/orders.md."""
import pytest
from order_world import (
    ANN,
    BOB,
    BUY,
    CAT,
    CLOSE,
    CONTRACT,
    DAN,
    FOK,
    GTC,
    GTD,
    HIDDEN,
    IOC,
    POST_ONLY,
    POST_ONLY_CANCEL,
    PPB,
    REDUCE_ONLY,
    SELL,
    OrderWorld,
)


# ---------------------------------------------------------------- refusals, in order
def test_refusals_come_in_the_order_of_the_page():
    """ORDR-001 ORDR-002 ORDR-003: one order with every fault, cured one by one; each time the next one is told."""
    world = OrderWorld(limit_collar_ppb=PPB // 20, position_lots_max=40, open_interest_lots_max=30, open_orders_max=2)
    world.place(BOB, SELL, 5, price_ticks=1_000, order_id=500)
    world.place(BOB, SELL, 5, price_ticks=1_001)
    first = world.place(ANN, BUY, 1, price_ticks=10)
    assert world.kinds(first) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    world.place(ANN, BUY, 1, price_ticks=11)
    world.restrict(ANN, 2)
    world.set_state("HALTED")
    world.position(ANN).liquidation = 1
    mark = int(world.contract.mark_price_units)
    world.contract.mark_price_units = 0

    def heal():
        world.position(ANN).liquidation = 0

    def know_mark():
        world.contract.mark_price_units = mark

    faults = [
        ("instrument_must_exist", dict(instrument=512), dict(instrument=9)),
        ("instrument_must_be_listed", dict(), dict(instrument=CONTRACT)),
        ("account_must_be_open", dict(account=99), dict(account=ANN)),
        ("account_must_not_be_restricted", dict(), lambda: world.restrict(ANN, 0)),
        ("instrument_must_be_trading", dict(), lambda: world.set_state("CANCEL_ONLY")),
        ("instrument_must_allow_new_orders", dict(), lambda: world.set_state("TRADING")),
        ("order_id_must_be_new", dict(order_id=500), dict(order_id=501)),
        ("side_must_be_buy_or_sell", dict(side=2), dict(side=BUY)),
        ("time_in_force_must_be_known", dict(time_in_force=4), dict(time_in_force=GTD)),
        ("size_must_be_in_range", dict(lots=0), dict(lots=50)),
        ("price_must_be_in_range", dict(price_ticks=0), dict(price_ticks=1_200)),
        ("display_must_be_within_size", dict(display_lots=51), dict(display_lots=0)),
        ("expiry_must_be_in_future", dict(expires_ns=0), dict(time_in_force=IOC)),
        ("flags_must_be_compatible", dict(flags=POST_ONLY), dict(time_in_force=GTC)),
        ("account_must_not_be_in_liquidation", dict(), heal),
        ("post_only_must_not_trade", dict(), dict(flags=0)),
        ("mark_must_be_known", dict(), know_mark),
        ("price_must_be_within_collar", dict(), dict(price_ticks=1_050)),
        ("open_orders_must_be_below_limit", dict(), lambda: world.cancel(3)),
        ("position_must_be_below_limit", dict(), dict(lots=35)),
        ("open_interest_must_be_below_cap", dict(), lambda: world.term("open_interest_lots_max", 0)),
    ]
    world.refuse_all(world.place, faults)
    world.check()


def test_the_last_refusals_in_order():
    """ORDR-003: margin, then fill-or-kill, then room in the tables."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.place(BOB, SELL, 5, price_ticks=1_000)
    fields = dict(account=ANN, side=BUY, price_ticks=1_000)
    assert world.refusal(world.place(lots=11, time_in_force=FOK, **fields)) == "initial_margin_must_be_covered"
    assert world.refusal(world.place(lots=6, time_in_force=FOK, **fields)) == "fill_or_kill_must_fill"
    world.state.orders_pool.live = world.records.ORDERS_MAX
    assert world.refusal(world.place(lots=6, **fields)) == "orders_table_must_have_room"
    world.state.orders_pool.live = 1
    pages = world.state.level_pages_pool
    pages.high_water, pages.free = world.records.LEVEL_PAGES_MAX, 0
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=1_900)) == "book_must_have_room"


SHAPES = [
    ("order_id_must_be_new", dict(order_id=0)),
    ("order_id_must_be_new", dict(order_id=-5)),
    ("order_id_must_be_new", dict(order_id=1 << 62)),
    ("side_must_be_buy_or_sell", dict(side=0)),
    ("size_must_be_in_range", dict(lots=-1)),
    ("size_must_be_in_range", dict(lots=(1 << 30) + 1)),
    ("price_must_be_in_range", dict(price_ticks=10_000_001)),
    ("price_must_be_in_range", dict(price_ticks=-1)),
    ("time_in_force_must_be_known", dict(self_trade_mode=5)),
    ("time_in_force_must_be_known", dict(time_in_force=-1)),
    ("display_must_be_within_size", dict(display_lots=-1)),
    ("expiry_must_be_in_future", dict(time_in_force=GTD, expires_ns=1)),
    ("flags_must_be_compatible", dict(flags=POST_ONLY, time_in_force=IOC)),
    ("flags_must_be_compatible", dict(flags=POST_ONLY_CANCEL, time_in_force=FOK)),
    ("flags_must_be_compatible", dict(flags=POST_ONLY, order_type="MARKET", price_ticks=0)),
    ("flags_must_be_compatible", dict(flags=HIDDEN, order_type="MARKET", price_ticks=0)),
    ("flags_must_be_compatible", dict(display_lots=1, order_type="MARKET", price_ticks=0)),
    ("flags_must_be_compatible", dict(flags=HIDDEN, display_lots=1)),
    ("flags_must_be_compatible", dict(flags=32)),
    ("flags_must_be_compatible", dict(flags=64)),
    ("flags_must_be_compatible", dict(flags=128)),
    ("flags_must_be_compatible", dict(flags=1 << 20)),
    ("flags_must_be_compatible", dict(flags=-1)),
    ("position_must_be_open", dict(flags=CLOSE)),
    ("reduce_only_must_reduce", dict(flags=REDUCE_ONLY)),
    ("position_must_be_below_limit", dict(lots=1 << 30, price_ticks=1, before=(1, 1))),
    ("instrument_must_exist", dict(instrument=0)),
    ("instrument_must_exist", dict(instrument=-1)),
    ("account_must_be_open", dict(account=0)),
    ("account_must_be_open", dict(account=-1)),
    ("account_must_be_open", dict(account=1 << 20)),
]


@pytest.mark.parametrize("reason,fault", SHAPES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(SHAPES)])
def test_each_fault_alone_is_named(reason, fault):
    """ORDR-002: one fault, one name, nothing changed."""
    world = OrderWorld()
    fault = dict(fault)
    if "before" in fault:
        lots, ticks = fault.pop("before")
        world.place(ANN, BUY, lots, price_ticks=ticks)
    fields = dict(account=ANN, side=BUY, lots=5, price_ticks=900)
    fields.update(fault)
    before = world.tables()
    assert world.refusal(world.place(**fields)) == reason
    assert world.tables() == before


# ---------------------------------------------------------------- states and restrictions
STATES = [                                   # state, plain, post-only, reduce-only, close, cancel
    ("TRADING", True, True, True, True, True),
    ("POST_ONLY", False, True, False, False, True),
    ("REDUCE_ONLY", False, False, True, True, True),
    ("CANCEL_ONLY", False, False, False, False, True),
    ("HALTED", False, False, False, False, False),
]


@pytest.mark.parametrize("name,plain,post,reduce,close,cancel", STATES, ids=[row[0] for row in STATES])
def test_what_each_state_allows(name, plain, post, reduce, close, cancel):
    """ORDR-001: the table of states."""
    world = OrderWorld()
    world.hold(ANN, 10)
    world.place(ANN, BUY, 1, price_ticks=900, order_id=777)
    world.set_state(name)
    refused = {"HALTED": "instrument_must_be_trading"}.get(name, "instrument_must_allow_new_orders")
    for allowed, fields in ((plain, {}), (post, dict(flags=POST_ONLY)), (reduce, dict(flags=REDUCE_ONLY)),
                            (close, dict(flags=CLOSE))):
        events = world.place(ANN, SELL, 2, price_ticks=1_100, **fields)
        if allowed:
            assert world.kinds(events) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
            world.cancel(world.order_id)
        else:
            assert world.refusal(events) == refused
    events = world.cancel(777)
    assert world.kinds(events) == (["ORDER_CANCELED"] if cancel else ["REJECTED"])


def test_a_settled_instrument_takes_nothing():
    """ORDR-001 TERM-002: settled is final."""
    world = OrderWorld()
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=world.state.now_ns + 1)
    world.advance(60)
    assert world.contract.state == world.codes.STATE_SETTLED
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=900)) == "instrument_must_be_trading"
    assert world.refusal(world.set_state("TRADING")) == "instrument_must_be_listed"
    assert world.refusal(world.send("LIST_INSTRUMENT", instrument=CONTRACT)) == "instrument_must_be_unlisted"


@pytest.mark.parametrize("flags,opens,reduces", [(0, True, True), (1, False, True), (2, False, False), (4, True, True)])
def test_restrictions_of_an_account(flags, opens, reduces):
    """ORDR-001: reduce-only and no-trading accounts."""
    world = OrderWorld()
    world.hold(ANN, 10)
    world.restrict(ANN, flags)
    for allowed, fields in ((opens, {}), (reduces, dict(flags=REDUCE_ONLY)), (reduces, dict(flags=CLOSE))):
        events = world.place(ANN, SELL, 2, price_ticks=1_100, **fields)
        assert world.kinds(events) == (["ORDER_ACCEPTED", "ORDER_RESTED"] if allowed else ["REJECTED"])
        if allowed:
            world.cancel(world.order_id)


# ---------------------------------------------------------------- time in force
def test_good_till_canceled_trades_then_rests():
    """ORDR-004: what is not traded at once rests at its limit."""
    world = OrderWorld()
    world.place(BOB, SELL, 3, price_ticks=1_000)
    events = world.place(ANN, BUY, 10, price_ticks=1_001)
    assert world.kinds(events) == ["ORDER_ACCEPTED", "TRADED", "ORDER_RESTED"]
    assert world.fills(events) == [(3, 1_000)] and world.orders(ANN) == [(BUY, 7, 1_001)]
    assert int(world.of(events, "ORDER_RESTED")[0]["size_lots"]) == 7


def test_immediate_or_cancel_never_rests():
    """ORDR-004: the remainder ends by name."""
    world = OrderWorld()
    world.place(BOB, SELL, 3, price_ticks=1_000)
    events = world.place(ANN, BUY, 10, price_ticks=1_001, time_in_force=IOC)
    assert world.fills(events) == [(3, 1_000)]
    assert world.ended(events) == [(world.order_id, 7, "canceled_immediate_remainder")]
    assert world.orders(ANN) == [] and world.bids() == 0


@pytest.mark.parametrize("lots,limit,fills", [(8, 1_001, [(5, 1_000), (3, 1_001)]), (8, 1_000, None), (11, 1_009, None),
                                              (10, 1_009, [(5, 1_000), (5, 1_001)])])
def test_fill_or_kill_is_whole_or_nothing(lots, limit, fills):
    """ORDR-004 MTCH-005: refused before anything trades where the book cannot fill it."""
    world = OrderWorld()
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(BOB, SELL, 5, price_ticks=1_001, display_lots=1)
    events = world.place(ANN, BUY, lots, price_ticks=limit, time_in_force=FOK)
    if fills is None:
        assert world.refusal(events) == "fill_or_kill_must_fill" and world.asks() == 1_000
    else:
        assert sum(lots for lots, _ticks in world.fills(events)) == sum(lots for lots, _ticks in fills)
        assert world.ended(events) == [] and world.size(ANN) == lots


def test_good_till_date_ends_at_its_time():
    """ORDR-004: canceled by the first command whose time reaches the expiry."""
    world = OrderWorld()
    expires = int(world.state.now_ns) + 60 * 10**9
    world.place(ANN, BUY, 5, price_ticks=900, time_in_force=GTD, expires_ns=expires)
    order_id = world.order_id
    assert world.ended(world.advance(60)) == []
    assert world.ended(world.advance(61)) == [(order_id, 5, "canceled_expired")]
    assert world.requirement(ANN) == 0


def test_a_market_order_walks_and_its_remainder_is_named():
    """ORDR-004: without anybody left the remainder is immediate, with the collar in the way it is the collar's."""
    world = OrderWorld(market_collar_ppb=PPB // 20)
    world.place(BOB, SELL, 3, price_ticks=1_000)
    world.place(BOB, SELL, 3, price_ticks=1_040)
    events = world.place(ANN, BUY, 10, "MARKET")
    assert world.fills(events) == [(3, 1_000), (3, 1_040)]
    assert world.ended(events) == [(world.order_id, 4, "canceled_immediate_remainder")]
    world.place(BOB, SELL, 3, price_ticks=1_000)
    world.place(BOB, SELL, 3, price_ticks=1_051)
    events = world.place(ANN, BUY, 10, "MARKET")
    assert world.fills(events) == [(3, 1_000)]
    assert world.ended(events) == [(world.order_id, 7, "canceled_collar")]


# ---------------------------------------------------------------- post-only
def test_post_only_is_refused_or_canceled_when_it_would_trade():
    """ORDR-005: either way nothing trades."""
    world = OrderWorld()
    world.place(BOB, SELL, 3, price_ticks=1_000)
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=1_000, flags=POST_ONLY)) == "post_only_must_not_trade"
    events = world.place(ANN, BUY, 1, price_ticks=1_000, flags=POST_ONLY_CANCEL)
    assert world.kinds(events) == ["ORDER_ACCEPTED", "ORDER_CANCELED"]
    assert world.ended(events) == [(world.order_id, 1, "canceled_post_only")]
    for flags in (POST_ONLY, POST_ONLY_CANCEL, POST_ONLY | POST_ONLY_CANCEL):
        assert world.kinds(world.place(ANN, BUY, 1, price_ticks=999, flags=flags)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    assert world.asks() == 1_000 and world.size(BOB) == 0


def test_post_only_meets_hidden_orders_too():
    """ORDR-005: what is not shown would trade all the same."""
    world = OrderWorld()
    world.place(BOB, SELL, 3, price_ticks=1_000, flags=HIDDEN)
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=1_000, flags=POST_ONLY)) == "post_only_must_not_trade"


# ---------------------------------------------------------------- reduce-only and close
def test_reduce_only_never_opens_adds_or_turns():
    """ORDR-006: cut to the position; all resting ones together never exceed it."""
    world = OrderWorld()
    world.hold(ANN, 10)
    assert world.refusal(world.place(ANN, BUY, 5, price_ticks=990, flags=REDUCE_ONLY)) == "reduce_only_must_reduce"
    accepted = world.place(ANN, SELL, 6, price_ticks=1_100, flags=REDUCE_ONLY)
    assert int(world.of(accepted, "ORDER_ACCEPTED")[0]["size_lots"]) == 6
    accepted = world.place(ANN, SELL, 100, price_ticks=1_101, flags=REDUCE_ONLY)
    assert int(world.of(accepted, "ORDER_ACCEPTED")[0]["size_lots"]) == 4
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=1_102, flags=REDUCE_ONLY)) == "reduce_only_must_reduce"
    assert world.requirement(ANN) == 1_000                   # the position's alone: they need no margin


def test_reduce_only_orders_are_cut_when_the_position_shrinks():
    """ORDR-006: newest first; the worked example of the page."""
    world = OrderWorld()
    world.hold(ANN, 10)
    world.place(ANN, SELL, 6, price_ticks=1_100, flags=REDUCE_ONLY)
    older = world.order_id
    world.place(ANN, SELL, 4, price_ticks=1_101, flags=REDUCE_ONLY)
    newer = world.order_id
    world.place(BOB, BUY, 3, price_ticks=999)
    events = world.place(ANN, SELL, 3, price_ticks=999)
    assert [(int(e["order_id"]), int(e["size_lots"])) for e in world.of(events, "ORDER_AMENDED")] == [(newer, 1)]
    assert world.orders(ANN) == [(SELL, 6, 1_100), (SELL, 1, 1_101)]
    world.place(BOB, BUY, 3, price_ticks=999)
    events = world.place(ANN, SELL, 3, price_ticks=999)
    assert world.ended(events) == [(newer, 1, "canceled_reduce_only")]
    assert [(int(e["order_id"]), int(e["size_lots"])) for e in world.of(events, "ORDER_AMENDED")] == [(older, 4)]


def test_reduce_only_orders_end_when_the_position_turns():
    """ORDR-006: what was to reduce a long has nothing to reduce once the position is short."""
    world = OrderWorld()
    world.hold(ANN, 10)
    world.place(ANN, SELL, 4, price_ticks=1_100, flags=REDUCE_ONLY)
    reducing = world.order_id
    world.place(BOB, BUY, 15, price_ticks=999)
    events = world.place(ANN, SELL, 15, price_ticks=999)
    assert world.size(ANN) == -5
    assert world.ended(events) == [(reducing, 4, "canceled_reduce_only")]
    assert world.position(ANN).reduce_only_lots == 0
    assert world.kinds(world.place(ANN, BUY, 5, price_ticks=900, flags=REDUCE_ONLY)) == ["ORDER_ACCEPTED",
            "ORDER_RESTED"]


def test_an_immediate_reduce_only_order_may_use_the_whole_position():
    """ORDR-006: it does not rest, so resting ones do not stand in its way; they are cut after it."""
    world = OrderWorld()
    world.hold(ANN, 10)
    world.place(ANN, SELL, 10, price_ticks=1_100, flags=REDUCE_ONLY)
    world.place(BOB, BUY, 10, price_ticks=999)
    events = world.place(ANN, SELL, 10, "MARKET", flags=REDUCE_ONLY)
    assert world.fills(events) == [(10, 999)] and world.size(ANN) == 0
    assert [reason for _id, _lots, reason in world.ended(events)] == ["canceled_reduce_only"]


@pytest.mark.parametrize("lots", [10, -10])
def test_close_takes_the_whole_position(lots):
    """ORDR-007: a size that is given is ignored, however large."""
    world = OrderWorld()
    world.hold(ANN, lots)
    side = SELL if lots > 0 else BUY
    for size in (0, 3, 1 << 40, -7):
        events = world.place(ANN, side, size, price_ticks=1_000 + 100 * (lots > 0) - 100 * (lots < 0), flags=CLOSE)
        assert int(world.of(events, "ORDER_ACCEPTED")[0]["size_lots"]) == 10
        world.cancel(world.order_id)
    assert world.refusal(world.place(ANN, -side, 0, price_ticks=1_000, flags=CLOSE)) == "reduce_only_must_reduce"


def test_closing_stays_possible_at_the_limit_of_open_orders():
    """ORDR-009: the limit counts what rests; nobody is kept in a position by it."""
    world = OrderWorld(open_orders_max=2)
    world.hold(ANN, 10)
    world.place(ANN, BUY, 1, price_ticks=900)
    world.place(ANN, BUY, 1, price_ticks=901)
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=1_100)) == "open_orders_must_be_below_limit"
    world.place(BOB, BUY, 10, price_ticks=999)
    assert world.fills(world.place(ANN, SELL, 10, "MARKET", flags=CLOSE)) == [(10, 999)]


# ---------------------------------------------------------------- collar
@pytest.mark.parametrize("mark,ask,worst", [(98, 100, 105), (110, 100, 115), (100, 0, 105)])
def test_a_market_buy_stops_at_the_collar(mark, ask, worst):
    """ORDR-008: 5 % through the further of mark and best offer."""
    world = OrderWorld(mark=mark, market_collar_ppb=PPB // 20)
    if ask:
        world.place(BOB, SELL, 1, price_ticks=ask)
    events = world.place(ANN, BUY, 5, "MARKET")
    assert int(world.of(events, "ORDER_ACCEPTED")[0]["price_ticks"]) == worst
    world.place(BOB, SELL, 1, price_ticks=ask or mark)
    world.place(BOB, SELL, 1, price_ticks=worst)
    world.place(BOB, SELL, 1, price_ticks=worst + 1)
    events = world.place(ANN, BUY, 5, "MARKET")
    assert world.fills(events) == [(1, ask or mark), (1, worst)]
    assert world.ended(events) == [(world.order_id, 3, "canceled_collar")]


@pytest.mark.parametrize("mark,bid,worst", [(102, 100, 95), (90, 100, 86), (100, 0, 95)])
def test_a_market_sell_stops_at_the_collar(mark, bid, worst):
    """ORDR-008: the mirror image, rounded inward: ceil(90 x .95) = 86."""
    world = OrderWorld(mark=mark, market_collar_ppb=PPB // 20)
    if bid:
        world.place(BOB, BUY, 1, price_ticks=bid)
    events = world.place(ANN, SELL, 5, "MARKET")
    assert int(world.of(events, "ORDER_ACCEPTED")[0]["price_ticks"]) == worst


def test_a_large_limit_order_far_through_the_book_is_refused():
    """ORDR-008: crossing, beyond the collar, and larger than the best level shows; each alone is let through."""
    world = OrderWorld(limit_collar_ppb=PPB // 20)
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(BOB, SELL, 9, price_ticks=1_000, flags=HIDDEN)
    assert world.refusal(world.place(ANN, BUY, 6, price_ticks=1_051)) == "price_must_be_within_collar"
    assert world.fills(world.place(ANN, BUY, 5, price_ticks=1_051)) == [(5, 1_000)]
    assert world.refusal(world.place(ANN, BUY, 1,
                                     price_ticks=1_051)) == "price_must_be_within_collar"   # hidden: shows 0
    assert world.fills(world.place(ANN, BUY, 1, price_ticks=1_050)) == [(1, 1_000)]
    world.place(CAT, BUY, 5, price_ticks=900)
    assert world.kinds(world.place(ANN, SELL, 500, price_ticks=2_000)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]


# ---------------------------------------------------------------- limits
def test_position_with_open_orders_stays_below_the_limit():
    """ORDR-009: position plus open orders of the side."""
    world = OrderWorld(position_lots_max=20)
    world.hold(ANN, 10)
    world.place(ANN, BUY, 6, price_ticks=900)
    assert world.refusal(world.place(ANN, BUY, 5, price_ticks=900)) == "position_must_be_below_limit"
    assert world.kinds(world.place(ANN, BUY, 4, price_ticks=900)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    assert world.kinds(world.place(ANN, SELL, 30, price_ticks=1_100)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=1_100)) == "position_must_be_below_limit"


def test_open_interest_never_passes_the_cap():
    """ORDR-009: a maker does not wear the cap, the taker does; reducing is always free."""
    world = OrderWorld(open_interest_lots_max=10)
    for ticks in (1_000, 1_001):
        world.place(BOB, SELL, 10, price_ticks=ticks)
    assert world.refusal(world.place(ANN, BUY, 11, price_ticks=1_001)) == "open_interest_must_be_below_cap"
    assert world.fills(world.place(ANN, BUY, 10, price_ticks=1_001)) == [(10, 1_000)]
    assert world.refusal(world.place(CAT, BUY, 1, price_ticks=1_001)) == "open_interest_must_be_below_cap"
    assert world.contract.open_interest_lots == 10
    world.place(BOB, BUY, 10, price_ticks=990, flags=REDUCE_ONLY)
    assert world.fills(world.place(ANN, SELL, 10, price_ticks=990)) == [(10, 990)]
    assert world.contract.open_interest_lots == 0


def test_an_account_has_a_limit_over_all_instruments():
    """ORDR-009: 10,000 resting orders an account."""
    world = OrderWorld()
    world.state.accounts[ANN].order_count = 10_000
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=900)) == "open_orders_must_be_below_limit"
    world.state.accounts[ANN].order_count = 9_999
    assert world.kinds(world.place(ANN, BUY, 1, price_ticks=900)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]


# ---------------------------------------------------------------- initial margin
def test_initial_margin_is_covered_to_the_atom():
    """ORDR-010 MARG-012: an order of 10 lots at 1,000 needs 10 %: 1,000 atoms."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=999)
    assert world.refusal(world.place(ANN, BUY, 10, price_ticks=1_000)) == "initial_margin_must_be_covered"
    world.deposit(ann=1)
    assert world.kinds(world.place(ANN, BUY, 10, price_ticks=1_000)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    assert world.requirement(ANN) == 1_000


def test_the_fees_of_entry_and_exit_are_reserved():
    """ORDR-010 MARG-008: 10,000 at 10 %, taker .1 %: 1,000 + 10 + ceil(11,000 x .001) = 1,021."""
    world = OrderWorld(atoms=0, taker_fee_ppb=PPB // 1_000, close_fee_reserve=1)
    world.deposit(ann=1_020)
    assert world.refusal(world.place(ANN, BUY, 10, price_ticks=1_000)) == "initial_margin_must_be_covered"
    world.deposit(ann=1)
    world.place(ANN, BUY, 10, price_ticks=1_000)
    assert world.requirement(ANN) == 1_021


def test_a_price_through_the_mark_must_bring_its_loss():
    """ORDR-010: a buy of 10 at 1,010 with the mark at 1,000 loses 100 at once: 1,010 of margin and 100."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_109)
    assert world.refusal(world.place(ANN, BUY, 10, price_ticks=1_010)) == "initial_margin_must_be_covered"
    world.deposit(ann=1)
    assert world.kinds(world.place(ANN, BUY, 10, price_ticks=1_010)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]


def test_a_sell_is_margined_at_the_best_bid_where_that_is_higher():
    """ORDR-010: selling 10 at 1 into a bid of 1,000 is not margined at 1."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=999, bob=100_000)
    world.place(BOB, BUY, 10, price_ticks=1_000)
    assert world.refusal(world.place(ANN, SELL, 10, price_ticks=1)) == "initial_margin_must_be_covered"
    world.deposit(ann=1)
    assert world.fills(world.place(ANN, SELL, 10, price_ticks=1, time_in_force=IOC)) == [(10, 1_000)]


def test_whoever_is_short_of_margin_can_still_reduce():
    """ORDR-010: a requirement that does not grow needs no cover."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.hold(ANN, 10, other=BOB)
    world.mark(951)                                           # equity 510, initial 1,000, maintenance 500
    assert world.size(ANN) == 10
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=900)) == "initial_margin_must_be_covered"
    assert world.kinds(world.place(ANN, SELL, 10, price_ticks=1_200)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=1_200)) == "initial_margin_must_be_covered"


def test_a_market_order_is_checked_again_as_it_walks():
    """ORDR-010: 10 lots at 1,000 are covered, at 1,060 they are not any more."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(BOB, SELL, 5, price_ticks=1_060)
    events = world.place(ANN, BUY, 10, "MARKET")
    assert world.fills(events) == [(5, 1_000)]
    assert [reason for _id, _lots, reason in world.ended(events)] == ["canceled_margin"]
    world.check()


def test_a_market_order_without_a_book_is_checked_at_its_collar():
    """ORDR-010: nobody there: the limit is the price."""
    world = OrderWorld(atoms=0, market_collar_ppb=PPB // 10)
    world.deposit(ann=1_199)                                  # 10 at 1,100: 1,100 margin + 1,000 loss
    assert world.refusal(world.place(ANN, BUY, 10, "MARKET")) == "initial_margin_must_be_covered"
    world.deposit(ann=901)
    assert world.ended(world.place(ANN, BUY, 10, "MARKET")) == [(world.order_id, 10, "canceled_immediate_remainder")]


METHODS = [                                  # bid 20 @ 100, offer 15 @ 150 (B19): value charged by each method
    ("ORDER_MARGIN_WORSE_SIDE", 2_250), ("ORDER_MARGIN_BIDS_NET_OF_OFFERS", 2_750), ("ORDER_MARGIN_BOTH_SIDES", 4_250),
]


@pytest.mark.parametrize("method,value", METHODS, ids=[row[0] for row in METHODS])
def test_order_margin_methods(method, value):
    """ORDR-010 MARG-007 B19: margin of both sides of the book, 10 %."""
    world = OrderWorld(mark=120)
    world.term("order_margin_method", getattr(world.codes, method))
    world.place(ANN, BUY, 20, price_ticks=100)
    world.place(ANN, SELL, 15, price_ticks=150)
    assert world.requirement(ANN) == value // 10
    world.cancel(1)
    world.cancel(2)
    assert world.requirement(ANN) == 0


def test_an_order_that_reaches_a_higher_tier_pays_its_rate():
    """ORDR-010 MARG-001 MARG-011: 10 % up to 10,000 of value, 20 % above, on the whole."""
    world = OrderWorld(tiers=[(10_000, PPB // 10, PPB // 20), (1 << 50, PPB // 5, PPB // 10)])
    world.place(ANN, BUY, 10, price_ticks=1_000)
    assert world.requirement(ANN) == 1_000
    world.place(ANN, BUY, 1, price_ticks=1_000)
    assert world.requirement(ANN) == 2_200
    world.cancel(world.order_id)
    assert world.requirement(ANN) == 1_000


# ---------------------------------------------------------------- extremes
def test_one_lot_at_both_ends_of_the_price_range():
    """ORDR-002: the bounds are inclusive."""
    world = OrderWorld(price_ticks_min=2, price_ticks_max=20_000)
    for side, ticks in ((BUY, 2), (SELL, 20_000)):
        assert world.kinds(world.place(ANN, side, 1, price_ticks=ticks)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=1)) == "price_must_be_in_range"
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=20_001)) == "price_must_be_in_range"


def test_a_value_beyond_the_bound_is_a_refusal_not_a_fault():
    """ORDR-002: size x value within 2**58 atoms, for limit and market, new and amended."""
    world = OrderWorld(lot_value_numerator=1 << 16, order_lots_max=3 * 10**9, position_lots_max=3 * 10**9,
                       price_ticks_max=10**3)
    for order_type in ("LIMIT", "MARKET"):
        price = dict(price_ticks=1_000) if order_type == "LIMIT" else {}
        events = world.place(ANN, BUY, 3 * 10**9, order_type, **price)
        assert world.refusal(events) in ("size_must_be_in_range", "initial_margin_must_be_covered")
    world.place(ANN, BUY, 1, price_ticks=1)
    events = world.amend(world.order_id, size_lots=3 * 10**9, price_ticks=1_000)
    assert world.refusal(events) in ("size_must_be_in_range", "initial_margin_must_be_covered")


@pytest.mark.compiled
@pytest.mark.parametrize("form", ["plain", "compiled"])
def test_both_forms_tell_the_same_story(form, request):
    """ORDR-004 ORDR-005 ORDR-006 MTCH-001: a day's orders, the same events from both forms."""
    world = OrderWorld(form, market_collar_ppb=PPB // 20)
    world.send("DEPOSIT", account=DAN, asset=1, amount_atoms=5)
    world.place(BOB, SELL, 5, price_ticks=1_000, display_lots=2)
    world.place(BOB, SELL, 5, price_ticks=1_001, flags=HIDDEN)
    world.place(ANN, BUY, 8, price_ticks=1_001)
    world.place(ANN, SELL, 20, price_ticks=1_010, flags=REDUCE_ONLY)
    world.amend(world.order_id, size_lots=3)
    world.place(CAT, BUY, 4, "MARKET")
    world.place(CAT, SELL, 4, "MARKET", flags=CLOSE)
    world.cancel(world.order_id)
    world.mark(900)
    world.check()
    told = [tuple(int(value) for value in event.tolist()) for event in world.events]
    kept = request.config.stash.setdefault(STORY, {})
    kept[form] = told
    if len(kept) == 2:
        assert kept["plain"] == kept["compiled"]


STORY = pytest.StashKey()


def test_a_market_order_in_an_empty_book_at_the_lowest_mark_is_answered():
    """ORDR-008 A collar around a mark of one unit ends below the first tick; the order is margined at the lowest
    price."""
    from trigger_world import ANN, Venue
    venue = Venue(mark_ticks=1_000)
    venue.send("PUBLISH_MARK", instrument=1, value=1)
    events = venue.place(ANN, 1, 2, "MARKET")
    assert venue.kinds(events)[-1] in ("ORDER_CANCELED", "REJECTED")
