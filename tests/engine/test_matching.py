"""How orders meet: price and time, icebergs, hidden orders, self-trades, what cannot be borne, what surely fills."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_world import ANN, BOB, BUY, CAT, CONTRACT, DAN, FOK, HIDDEN, IOC, PPB, REDUCE_ONLY, SELL, OrderWorld

NEWEST, OLDEST, BOTH, ALLOW = 1, 2, 3, 4


# ---------------------------------------------------------------- price, then time
def test_price_then_time():
    """MTCH-001: the worked example: A 5 @ 100, B 5 @ 100, C 5 @ 101; buy 12 at 101."""
    world = OrderWorld(mark=100)
    world.place(CAT, SELL, 5, price_ticks=101, order_id=3)
    world.place(ANN, SELL, 5, price_ticks=100, order_id=1)
    world.place(BOB, SELL, 5, price_ticks=100, order_id=2)
    world.deposit(dan=100_000)
    events = world.place(DAN, BUY, 12, price_ticks=101, order_id=9)
    told = [(int(e["maker_order_id"]), int(e["size_lots"]), int(e["price_ticks"])) for e in world.of(events, "TRADED")]
    assert told == [(1, 5, 100), (2, 5, 100), (3, 2, 101)]
    assert world.level(101) == [(3, 3, 3)] and world.size(DAN) == 12
    world.check()


def test_every_fill_is_at_the_resting_price_and_booked_for_both():
    """MTCH-001 FEES-002 LEDG-008: value, fees and profits of both sides in one event."""
    world = OrderWorld(maker_fee_ppb=-PPB // 4_000, taker_fee_ppb=PPB // 1_000)
    world.place(BOB, SELL, 10, price_ticks=1_000)
    event = world.of(world.place(ANN, BUY, 10, price_ticks=1_050), "TRADED")[0]
    assert (int(event["value_atoms"]), int(event["fee_atoms"]), int(event["maker_fee_atoms"])) == (10_000, 10, -2)
    assert (int(event["account"]), int(event["other_account"])) == (ANN, BOB)
    assert world.balance(ANN) == 999_990 and world.balance(BOB) == 1_000_002
    assert world.system(world.records.FEES_ACCOUNT) == 8
    world.place(CAT, SELL, 4, price_ticks=1_030)
    event = world.of(world.place(BOB, BUY, 4, price_ticks=1_030), "TRADED")[0]
    assert (int(event["realized_atoms"]), int(event["maker_realized_atoms"])) == (-120, 0)
    world.check()


orders = st.lists(st.tuples(st.sampled_from([ANN, BOB, CAT, DAN]), st.sampled_from([BUY, SELL]), st.integers(1, 9),
                            st.integers(995, 1_005), st.sampled_from([0, 0, 0, 1, 3])), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(orders)
def test_against_a_list(flow):
    """MTCH-001 MTCH-002: the same fills as a list sorted by price and arrival, icebergs refilled at the end."""
    world = OrderWorld()
    world.deposit(dan=1_000_000)
    for account in (ANN, BOB, CAT, DAN):
        world.restrict(account, 0, self_trade_mode=ALLOW)
    book, arrival, last = {BUY: [], SELL: []}, 0, 0
    for account, side, lots, ticks, display in flow:
        display = min(display, lots)
        expected, left = [], lots
        queue = book[-side]
        while left:
            queue.sort(key=lambda row: (row["ticks"] * side, row["time"]))
            if not queue or (queue[0]["ticks"] - ticks) * side > 0:
                break
            maker = queue[0]
            part = min(left, maker["shown"])
            expected.append((maker["id"], part, maker["ticks"]))
            left -= part
            maker["left"] -= part
            maker["shown"] -= part
            if maker["left"] == 0:
                queue.remove(maker)
            elif maker["shown"] == 0:
                arrival += 1
                maker.update(shown=min(maker["display"], maker["left"]), time=arrival)
        events = world.place(account, side, lots, price_ticks=ticks, display_lots=display)
        told = [(int(e["maker_order_id"]), int(e["size_lots"]), int(e["price_ticks"])) for e in world.of(events,
                "TRADED")]
        assert told == expected
        if left:
            arrival += 1
            book[side].append(dict(id=world.order_id, left=left, shown=min(display or left, left), display=display
                                   or left,
                                   ticks=ticks, time=arrival))
        assert world.bids() < world.asks() or 0 in (world.bids(), world.asks())
        last += 1
    world.check()


# ---------------------------------------------------------------- iceberg and hidden
def test_an_iceberg_shows_its_next_clip_at_the_end_of_the_level():
    """MTCH-002: I 10 showing 4, then J 5; selling 11 fills I 4, J 5, I 2, and 2 of the second clip stay shown."""
    world = OrderWorld(mark=100)
    world.place(ANN, BUY, 10, price_ticks=100, display_lots=4, order_id=1)
    world.place(BOB, BUY, 5, price_ticks=100, order_id=2)
    events = world.place(CAT, SELL, 11, price_ticks=100)
    assert [(int(e["maker_order_id"]), int(e["size_lots"])) for e in world.of(events, "TRADED")] == [(1, 4), (2, 5),
            (1, 2)]
    assert world.level(100) == [(1, 4, 2)]


def test_a_lone_iceberg_is_traded_clip_by_clip():
    """MTCH-002: nobody else at the price: its own next clip is next, the last clip is what is left."""
    world = OrderWorld()
    world.place(ANN, BUY, 10, price_ticks=1_000, display_lots=4)
    assert world.fills(world.place(BOB, SELL, 10, price_ticks=1_000)) == [(4, 1_000), (4, 1_000), (2, 1_000)]
    assert world.orders(ANN) == [] and world.requirement(ANN) == 1_000


def test_a_hidden_order_keeps_its_time_and_shows_nothing():
    """MTCH-002 FEES-002: it pays the taker rate where terms say so."""
    world = OrderWorld(maker_fee_ppb=0, taker_fee_ppb=PPB // 1_000, hidden_pays_taker=1)
    world.place(ANN, SELL, 5, price_ticks=1_000, flags=HIDDEN, order_id=1)
    world.place(BOB, SELL, 5, price_ticks=1_000, order_id=2)
    page = world.state.level_pages[world.state.books[CONTRACT].pages[0]]
    assert (page.levels[1_000].displayed_lots, page.levels[1_000].total_lots) == (5, 10)
    events = world.of(world.place(CAT, BUY, 8, price_ticks=1_000), "TRADED")
    assert [int(e["maker_order_id"]) for e in events] == [1, 2]
    assert [int(e["maker_fee_atoms"]) for e in events] == [5, 0]
    assert (page.levels[1_000].displayed_lots, page.levels[1_000].total_lots) == (2, 2)


# ---------------------------------------------------------------- self-trade
@pytest.mark.parametrize("mode,resting,rest_reason,left", [
    (NEWEST, 5, None, 0), (OLDEST, 0, "canceled_self_trade", 3), (BOTH, 0, "canceled_self_trade", 0)])
def test_self_trade_modes(mode, resting, rest_reason, left):
    """MTCH-003: Bob's 4 first, then Ann meets herself with 3 left; fills made before stand."""
    world = OrderWorld()
    world.place(BOB, SELL, 4, price_ticks=1_000)
    world.place(ANN, SELL, 5, price_ticks=1_001)
    own = world.order_id
    events = world.place(ANN, BUY, 7, price_ticks=1_001, self_trade_mode=mode)
    assert world.fills(events) == [(4, 1_000)]
    ended = {order: (lots, reason) for order, lots, reason in world.ended(events)}
    assert (own in ended) == (resting == 0)
    if resting == 0:
        assert ended[own] == (5, rest_reason)
    if left == 0:
        assert ended[world.order_id] == (3, "canceled_self_trade")
    assert [lots for side, lots, _ticks in world.orders(ANN) if side == BUY] == ([left] if left else [])
    assert [lots for side, lots, _ticks in world.orders(ANN) if side == SELL] == ([resting] if resting else [])
    world.check()


def test_self_trade_allowed_leaves_the_position_where_it_is():
    """MTCH-003: one account on both sides: size, clearing and open interest as before, two fees."""
    world = OrderWorld(maker_fee_ppb=PPB // 1_000, taker_fee_ppb=PPB // 1_000)
    world.place(ANN, SELL, 5, price_ticks=1_000)
    events = world.place(ANN, BUY, 5, price_ticks=1_000, self_trade_mode=ALLOW)
    assert world.fills(events) == [(5, 1_000)]
    assert world.size(ANN) == 0 and world.contract.open_interest_lots == 0 and world.balance(ANN) == 999_990
    assert world.requirement(ANN) == 0
    world.check()


def test_the_default_is_cancel_newest_and_an_account_may_choose():
    """MTCH-003: order's mode, else the account's, else cancel newest."""
    world = OrderWorld()
    world.place(ANN, SELL, 5, price_ticks=1_001)
    assert [r for *_x, r in world.ended(world.place(ANN, BUY, 5, price_ticks=1_001))] == ["canceled_self_trade"]
    assert world.asks() == 1_001
    world.restrict(ANN, 0, self_trade_mode=OLDEST)
    events = world.place(ANN, BUY, 5, price_ticks=1_001)
    assert world.ended(events) == [(1, 5, "canceled_self_trade")] and world.bids() == 1_001


@pytest.mark.parametrize("maker,taker", [("parent", "child"), ("child", "parent"), ("child", "sibling")])
def test_sub_accounts_are_one_owner(maker, taker):
    """MTCH-003: the account at the top answers for all."""
    world = OrderWorld()
    rows = dict(parent=ANN, child=30, sibling=31)
    for name in ("child", "sibling"):
        world.send("SET_ACCOUNT", account=rows[name], other_account=ANN)
        world.send("DEPOSIT", account=rows[name], asset=1, amount_atoms=100_000)
    world.place(rows[maker], SELL, 5, price_ticks=1_000)
    events = world.place(rows[taker], BUY, 5, price_ticks=1_000)
    assert world.fills(events) == [] and [r for *_x, r in world.ended(events)] == ["canceled_self_trade"]
    assert world.fills(world.place(BOB, BUY, 5, price_ticks=1_000)) == [(5, 1_000)]


# ---------------------------------------------------------------- what cannot be borne
def test_a_maker_that_cannot_bear_its_fill_is_passed_over():
    """MTCH-004: Ann's bid at 1,000 with 100 atoms left of equity after the mark fell; the taker goes on to Bob's."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000, cat=100_000)
    world.place(ANN, BUY, 10, price_ticks=1_000)
    mine = world.order_id
    world.place(BOB, BUY, 10, price_ticks=890)
    world.mark(890)                                           # filled at 1,000 she would lose 1,100
    events = world.place(CAT, SELL, 10, price_ticks=890)
    assert world.ended(events) == [(mine, 10, "canceled_margin")]
    assert world.fills(events) == [(10, 890)] and world.requirement(ANN) == 0
    world.check()


def test_the_fee_that_must_be_borne_is_the_accounts_own():
    """MTCH-004 FEES-002: 1,000 of collateral, a loss of 950, a fee class of 2 %; the contract itself charges none."""
    world = OrderWorld(taker_fee_ppb=0)
    world.send("SET_FEE_CLASS", parameter=3, value=PPB // 50, amount_atoms=0)
    world.send("SET_ACCOUNT", account=ANN, parameter=3)
    world.send("SET_MARGIN_MODE", account=ANN, instrument=CONTRACT, value=1)
    world.hold(ANN, 10, other=BOB)
    collateral = int(world.position(ANN).collateral_atoms)
    assert 0 < collateral < 1_131
    world.place(CAT, BUY, 10, price_ticks=905)
    events = world.place(ANN, SELL, 10, price_ticks=905, flags=REDUCE_ONLY)
    assert world.fills(events) == [] and [reason for *_x, reason in world.ended(events)] == ["canceled_margin"]
    assert world.position(ANN).collateral_atoms == collateral

def test_a_fill_that_turns_an_isolated_position_is_asked_for_what_it_will_bring():
    """MTCH-004 MARG-009: a rate of 10 % and 1 % a lot. Long 4 turned by 20 is short 16: 26 % of 16,000, 4,160; the lots
    that were closed count nothing. A wallet that can bring 3,540 does not trade, and one that can bring 4,160 does."""
    for atoms, collateral in ((4_100, 0), (4_720, 4_160)):
        world = OrderWorld(atoms=0, rate_method=2, linear_initial_ppb=PPB // 10, linear_maintenance_ppb=PPB // 20,
                           linear_slope_ppb_per_lot=PPB // 100, position_lots_max=20)
        world.deposit(ann=atoms, bob=1_000_000, cat=1_000_000)
        world.send("SET_MARGIN_MODE", account=ANN, instrument=CONTRACT, value=1)
        world.hold(ANN, 4)
        assert world.position(ANN).collateral_atoms == 560
        world.place(ANN, SELL, 20, price_ticks=1_000)
        world.place(BOB, BUY, 20, price_ticks=1_000)
        assert (world.size(ANN), world.position(ANN).collateral_atoms) == ((-16, 4_160) if collateral else (4, 560))
        world.check()


def test_nobody_trades_his_fund_away():
    """MTCH-004 LIQD-014: selling to a friend far below the mark ends where one's own equity does."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.place(BOB, BUY, 10, price_ticks=1)
    assert world.refusal(world.place(ANN, SELL, 10, price_ticks=1)) == "initial_margin_must_be_covered"
    assert world.refusal(world.place(ANN, SELL, 10, "MARKET")) == "initial_margin_must_be_covered"
    world.hold(ANN, 5, other=BOB)
    events = world.place(ANN, SELL, 5, price_ticks=1, flags=REDUCE_ONLY)
    assert world.fills(events) == [] and [r for *_x, r in world.ended(events)] == ["canceled_margin"]
    world.check()


# ---------------------------------------------------------------- what surely fills
@pytest.mark.parametrize("mode,fills", [(NEWEST, False), (OLDEST, True), (BOTH, False), (ALLOW, True)])
def test_fill_or_kill_counts_own_orders_by_mode(mode, fills):
    """MTCH-005: Ann's own 5 stand between Bob's 5 and Cat's 5."""
    world = OrderWorld()
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(ANN, SELL, 5, price_ticks=1_001)
    world.place(CAT, SELL, 5, price_ticks=1_002)
    events = world.place(ANN, BUY, 10, price_ticks=1_002, time_in_force=FOK, self_trade_mode=mode)
    if fills:
        assert sum(lots for lots, _ticks in world.fills(events)) == 10
    else:
        assert world.refusal(events) == "fill_or_kill_must_fill"
    world.check()


def test_fill_or_kill_counts_reduce_only_as_far_as_it_is_sure():
    """MTCH-005: Bob is long 5, offers 5 reduce-only behind 5 plain: nothing of the second is sure."""
    world = OrderWorld()
    world.hold(BOB, 5)
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(BOB, SELL, 5, price_ticks=1_001, flags=REDUCE_ONLY)
    assert world.refusal(world.place(ANN, BUY, 6, price_ticks=1_001, time_in_force=FOK)) == "fill_or_kill_must_fill"
    assert world.fills(world.place(ANN, BUY, 5, price_ticks=1_001, time_in_force=FOK)) == [(5, 1_000)]


def test_fill_or_kill_counts_no_order_whose_partner_may_trade_first():
    """MTCH-005 OCOO-002: of two offers that end each other only one can trade."""
    world = OrderWorld()
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(BOB, SELL, 5, price_ticks=1_001, oco_order_id=world.order_id)
    assert world.refusal(world.place(ANN, BUY, 10, price_ticks=1_001, time_in_force=FOK)) == "fill_or_kill_must_fill"
    assert world.size(ANN) == 0
    assert world.fills(world.place(ANN, BUY, 5, price_ticks=1_001, time_in_force=FOK)) == [(5, 1_000)]


def test_a_fill_or_kill_market_order_is_covered_at_its_worst_price():
    """MTCH-005 ORDR-010: covered at 1,000 but not at 1,060: refused, not half filled."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.place(BOB, SELL, 5, price_ticks=1_000)
    world.place(BOB, SELL, 5, price_ticks=1_060)
    events = world.place(ANN, BUY, 10, "MARKET", time_in_force=FOK)
    assert world.refusal(events) == "initial_margin_must_be_covered" and world.size(ANN) == 0


def test_fill_or_kill_counts_no_maker_that_cannot_bear_it():
    """MTCH-004 MTCH-005"""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000, cat=100_000)
    world.place(ANN, BUY, 10, price_ticks=1_000)
    world.place(BOB, BUY, 5, price_ticks=890)
    world.mark(890)
    assert world.refusal(world.place(CAT, SELL, 10, price_ticks=890, time_in_force=FOK)) == "fill_or_kill_must_fill"


# ---------------------------------------------------------------- bounded work
def test_one_order_meets_a_bounded_number_of_others(monkeypatch):
    """MTCH-006: here three; what is left ends by name."""
    world = OrderWorld()
    module = __import__("steelyard.kernel", fromlist=["load_plain"]).load_plain("engine.matching")
    monkeypatch.setattr(module, "FILLS_PER_COMMAND_MAX", 3)
    for _ in range(5):
        world.place(BOB, SELL, 1, price_ticks=1_000)
    events = world.place(ANN, BUY, 5, price_ticks=1_000)
    assert len(world.fills(events)) == 3
    assert world.ended(events) == [(world.order_id, 2, "canceled_fill_limit")]
    assert world.fills(world.place(ANN, BUY, 2, price_ticks=1_000, time_in_force=IOC)) == [(1, 1_000)] * 2


@pytest.mark.parametrize("ticks", [895, 896, 959, 960, 1_023, 1_024, 1_087])
@pytest.mark.parametrize("side", [BUY, SELL])
def test_levels_at_the_edges_of_words_and_pages_are_counted_once(ticks, side):
    """MTCH-005: the last price of a word of the bitmap once counted twice in the uncompiled form."""
    world = OrderWorld(mark=ticks)
    world.place(BOB, -side, 5, price_ticks=ticks)
    far = ticks + side * 3
    assert world.refusal(world.place(ANN, side, 6, price_ticks=far, time_in_force=FOK)) == "fill_or_kill_must_fill"
    world.place(BOB, -side, 2, price_ticks=ticks + side)
    assert world.fills(world.place(ANN, side, 6, price_ticks=far, time_in_force=FOK)) == [(5, ticks), (1, ticks + side)]
