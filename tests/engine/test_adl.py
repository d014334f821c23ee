"""ADLV: the queue, the shares and the ceilings of auto-deleveraging."""
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from risk_world import ANN, BOB, BUY, CAT, DAN, EVE, FAY, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain

SHORTS = (BOB, CAT, DAN, EVE)


def crowd(policy, cash=(20_000, 20_000, 20_000, 20_000), lots=(10, 20, 30, 40), **terms):
    """Ann is long 100 at 10x isolated (bankruptcy 900) against four shorts of the given sizes, all from 1,000."""
    world = RiskWorld(**terms)
    world.term("adl_policy", world.codes.AdlPolicy[policy])
    world.deposit(ann=200_000)
    world.isolate(ANN, 10)
    for account, atoms, size in zip(SHORTS, cash, lots):
        world.open_accounts(account, atoms=atoms)
        world.trade(ANN, account, size, 1_000)
    return world


def deleveraged(world, events):
    """(account, lots) of each deleveraging, in order."""
    return [(int(event["account"]), int(event["size_lots"])) for event in world.of(events, "DELEVERAGED")]


# ---------------------------------------------------------------- the queue
def test_ADLV_006_the_highest_rank_closes_first_at_the_bankruptcy_price():
    """ADLV-006 Equal profit per lot, so effective leverage decides: 3.5, 2.8, .8 and .4 here."""
    world = crowd("QUEUE", cash=(2_000, 20_000, 4_000, 90_000))
    events = world.mark(880)
    assert deleveraged(world, events) == [(DAN, 30), (BOB, 10), (CAT, 20), (EVE, 40)]
    event = world.of(events, "DELEVERAGED")[0]
    assert (int(event["price_ticks"]), int(event["realized_atoms"]), int(event["fee_atoms"])) == (900, 3_000, 0)
    assert int(event["rate_ppb"]) == PPB // 6                      # 600 of 3,600 given up
    assert world.insurance == 0 and world.deficit == 0 and not world.takeovers()
    world.check()


def test_ADLV_006_a_partly_used_counterparty_stays_first_for_the_next_takeover():
    """ADLV-006 Longs of 20 and 30 at 900: Bob's 40 serve the first whole and the second in part."""
    world = RiskWorld()
    world.deposit(ann=3_000, fay=2_000, bob=6_000, cat=600_000)
    world.trade(ANN, BOB, 30, 1_000)
    world.trade(FAY, BOB, 10, 1_000)
    world.trade(FAY, CAT, 10, 1_000)
    events = world.mark(880)
    assert deleveraged(world, events) == [(BOB, 20), (BOB, 20), (CAT, 10)]
    world.check()


def test_ADLV_006_B20_order_and_quintiles(adl):
    """ADLV-006 ADLV-003 B20 Scores 3 6 1 4 5 2 rank 2 5 4 1 6 3; cumulative shares 10..100 light the quintiles rounded
    up."""
    entries = {1: (10, 3), 2: (10, 6), 3: (20, 1), 4: (30, 4), 5: (20, 5), 6: (10, 2)}
    state = adl.state
    state.adl.count = len(entries)
    for index, (account, (_lots, score)) in enumerate(entries.items()):
        state.adl_entries[index].position = account
        state.adl_entries[index].score = score
    adl.room.order_entries(state)
    order = []
    while state.adl.count:
        order.append(int(state.adl_entries[0].position))
        adl.room.pop_entry(state)
    assert order == [2, 5, 4, 1, 6, 3]
    through, lights = 0, []
    for account in order:
        through += entries[account][0]
        lights.append(20 * adl.rules.quintile(through, 100))
    assert lights == [20, 40, 60, 80, 80, 100]


def test_ADLV_006_B20_the_first_two_close_ten_lots_each_at_650():
    """ADLV-006 B20 A short of 20 with bankruptcy 650: account 2 closes 10, account 5 closes 10 of its 20, no fee."""
    world = RiskWorld(mark=500, taker_fee_ppb=500_000, maker_fee_ppb=0)
    world.open_accounts(ANN, atoms=20 * 150 + 5)
    sizes = {101: 10, 102: 10, 103: 20, 104: 30, 105: 20, 106: 10}
    cash = {101: 2_500, 102: 600, 103: 90_000, 104: 6_000, 105: 1_500, 106: 9_000}
    world.open_accounts(BOB, atoms=10**9)
    for account, lots in sizes.items():
        world.open_accounts(account, atoms=cash[account])
        world.trade(account, BOB, lots, 500)
    world.order(BOB, BUY, 20, 500)
    world.order(ANN, SELL, 20, 500)
    events = world.mark(651)
    assert deleveraged(world, events) == [(102, 10), (105, 10)]
    assert {int(event["price_ticks"]) for event in world.of(events, "DELEVERAGED")} == {650}
    assert all(int(event["fee_atoms"]) == 0 for event in world.of(events, "DELEVERAGED"))
    assert (world.size(102), world.size(105)) == (0, 10)
    world.check()


# ---------------------------------------------------------------- limits
def test_ADLV_005_nobody_gives_up_more_than_its_equity_and_the_rest_goes_on():
    """ADLV-005 Bob came in at 890 with 180: at 860 his 780 bear 19 lots at 900 instead of 20; the next takes the
    rest."""
    world = RiskWorld(tiers=[(1 << 57, PPB // 100, PPB // 200)])
    world.fund(1_000)
    world.deposit(ann=3_000, cat=600_000, fay=600_000, bob=180)
    world.isolate(ANN, 10)
    world.trade(ANN, CAT, 30, 1_000)
    world.mark(890)
    assert world.size(ANN) == 0 and len(world.takeovers()) == 1
    world.trade(FAY, BOB, 20, 890)
    events = world.mark(860)
    assert deleveraged(world, events) == [(BOB, 19), (CAT, 11)]
    assert all(int(event["equity_atoms"]) >= 0 for event in world.of(events, "DELEVERAGED"))
    world.check()


def test_ADLV_005_the_fund_pays_before_anyone_is_deleveraged():
    """ADLV-005 Deficit at mark 2,000: with 2,000 in the fund nobody is closed, with 1,999 they are."""
    for atoms, closed in ((2_000, False), (1_999, True)):
        world = crowd("QUEUE")
        world.fund(atoms)
        events = world.mark(880)
        assert bool(deleveraged(world, events)) == closed
        world.check()


def test_ADLV_006_open_orders_of_the_closed_are_canceled_and_protection_of_the_rest_stays():
    """ADLV-006 Closed in part, Bob loses the offer that could add and keeps his stop; Cat, closed whole, loses
    everything."""
    world = RiskWorld()
    world.deposit(ann=3_000, fay=600_000, bob=9_000, cat=1_200)
    world.isolate(ANN, 10)
    world.trade(ANN, CAT, 10, 1_000)
    world.trade(ANN, BOB, 20, 1_000)
    world.trade(FAY, BOB, 20, 1_000)
    for account in (BOB, CAT):
        if account == BOB:
            world.order(account, SELL, 1, 2_000)
        world.send("PLACE_ORDER", account=account, instrument=1, side=BUY, size_lots=5, trigger_ticks=1_500,
                   order_id=5_000 + account, flags=world.codes.FLAG_REDUCE_ONLY,
                   order_type=world.codes.ORDER_STOP_MARKET)
        assert world.position(account).trigger_count == 1
    events = world.mark(880)
    assert deleveraged(world, events) == [(CAT, 10), (BOB, 20)]
    assert world.reason(world.of(events, "ORDER_CANCELED")[0]) == "canceled_by_deleveraging"
    assert (world.size(CAT), world.position(CAT).order_count, world.position(CAT).trigger_count) == (0, 0, 0)
    assert (world.size(BOB), world.position(BOB).order_count, world.position(BOB).trigger_count) == (-20, 0, 1)
    world.check()


# ---------------------------------------------------------------- shares
def test_ADLV_007_pro_rata_by_profit():
    """ADLV-007 Profits 1,200 / 2,400 / 3,600 / 4,800: lots 10, 20, 30, 40; every haircut is the same."""
    world = crowd("PRO_RATA")
    events = world.mark(880)
    assert sorted(deleveraged(world, events)) == [(BOB, 10), (CAT, 20), (DAN, 30), (EVE, 40)]
    assert {int(event["rate_ppb"]) for event in world.of(events, "DELEVERAGED")} == {PPB // 6}
    world.check()


def test_ADLV_007_largest_remainders_get_the_odd_lots():
    """ADLV-007 7 lots over profits 3 : 3 : 1 are 3, 3, 1; 5 lots are 2.14, 2.14, .71: the odd lot goes to the largest
    fraction."""
    world = RiskWorld(adl_policy=2)
    world.deposit(ann=500, bob=100_000, cat=100_000, dan=100_000, fay=1_000_000)
    world.trade(ANN, BOB, 5, 1_000)
    world.trade(FAY, BOB, 25, 1_000)
    world.trade(FAY, CAT, 30, 1_000)
    world.trade(FAY, DAN, 10, 1_000)
    events = world.mark(880)
    assert sorted(deleveraged(world, events)) == [(BOB, 2), (CAT, 2), (DAN, 1)]
    world.check()


def test_ADLV_008_no_one_gives_up_more_than_the_cap():
    """ADLV-008 Cap 10 % of profit: 100 of Bob's 1,200 x 10 % bear 6 lots of 20 given up each; the rest is written
    down."""
    world = crowd("CAPPED_PRO_RATA", adl_cap_ppb=PPB // 10)
    events = world.mark(880)
    assert sorted(deleveraged(world, events)) == [(BOB, 6), (CAT, 12), (DAN, 18), (EVE, 24)]
    assert all(int(event["rate_ppb"]) <= PPB // 10 for event in world.of(events, "DELEVERAGED"))
    assert int(world.of(events, "DEFICIT_BOOKED")[0]["cash_atoms"]) == -40 * 20
    reduced = [event for event in world.of(events, "TAKEOVER_REDUCED") if world.reason(event) == "deleveraging"]
    assert int(reduced[-1]["rate_ppb"]) == 600_000_000               # the severity: 1,200 of 2,000 placed
    world.check()


def test_ADLV_007_worked_example_of_five_accounts(adl):
    """ADLV-007 Profits 8, 4, .5 and 7.5 to take (shares of the literature's example A): pro rata takes .6 of each."""
    entries, rest, total = (8_000, 4_000, 500), 7_500, 12_500
    state = adl.state
    state.adl.count = 3
    for index, profit in enumerate(entries):
        entry = state.adl_entries[index]
        entry.position, entry.score, entry.lots, entry.lots_max = index + 1, profit, 0, profit
    assert adl.room.open_weight(state) == total
    assert adl.room.fill_capped(state, rest, total) == 0
    assert adl.room.share_rest(state, rest, total) == rest
    assert [int(state.adl_entries[index].lots) for index in range(3)] == [4_800, 2_400, 300]


profits_and_limits = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 2_000)), min_size=1, max_size=12)


@given(profits_and_limits, st.integers(1, 10_000))
@settings(max_examples=60, deadline=None)
def test_ADLV_007_shares_are_water_filling(rows, lots):
    """ADLV-007 Against exact fractions: nobody beyond its limit, within one lot of the water level, nothing left while
    there is room."""
    room, state = load_plain("engine.adl"), PLAIN_STATE[0]
    state.adl.count = len(rows)
    for index, (profit, most) in enumerate(rows):
        entry = state.adl_entries[index]
        entry.position, entry.score, entry.lots, entry.lots_max = index + 1, profit, 0, most
    rest = room.share_lots(state, lots)
    given = {int(state.adl_entries[i].position): int(state.adl_entries[i].lots) for i in range(len(rows))}
    room_left = sum(most for profit, most in rows if profit > 0)
    assert sum(given.values()) + rest == lots and rest == max(0, lots - room_left)
    exact = water_level(rows, lots)
    for index, (_profit, most) in enumerate(rows):
        assert given[index + 1] <= most
        assert abs(given[index + 1] - exact[index]) < 1 + 1e-9 or given[index + 1] == most


def water_level(rows, lots):
    """Shares in exact fractions: proportional to profit, each at most its limit."""
    shares = [Fraction(0)] * len(rows)
    open_rows = {i for i, (profit, most) in enumerate(rows) if profit > 0 and most > 0}
    rest = Fraction(lots)
    while open_rows and rest > 0:
        total = sum(rows[i][0] for i in open_rows)
        full = {i for i in open_rows if rest * rows[i][0] / total >= rows[i][1]}
        if not full:
            for i in open_rows:
                shares[i] = rest * rows[i][0] / total
            break
        for i in full:
            shares[i] = Fraction(rows[i][1])
            rest -= rows[i][1]
        open_rows -= full
    return shares


# ---------------------------------------------------------------- determinism and bounds
@pytest.mark.parametrize("policy", ["QUEUE", "PRO_RATA", "CAPPED_PRO_RATA"])
@pytest.mark.parametrize("budget", [1, 3, 256])
def test_ADLV_009_a_pass_may_take_many_commands(policy, budget):
    """ADLV-009 With one unit of work per command the same counterparties end with the same lots."""
    world = crowd(policy, adl_cap_ppb=PPB // 2)
    world.state.work_budget = budget
    events = list(world.mark(880))
    for _command in range(60):
        events += world.advance(2)
    assert sum(lots for _account, lots in deleveraged(world, events)) == 100
    assert sorted(deleveraged(world, events)) == [(BOB, 10), (CAT, 20), (DAN, 30), (EVE, 40)]
    world.check()


PLAIN_STATE = load_plain("engine.records").new_state()


@pytest.fixture
def adl():
    """The room and the rules in plain form over an empty state."""
    class Rooms:
        room = load_plain("engine.adl")
        rules = load_plain("rules.adl")
        state = load_plain("engine.records").new_state()[0]
    return Rooms

