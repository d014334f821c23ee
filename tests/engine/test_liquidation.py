"""LIQD: from the mark that reaches maintenance to the takeover at the bankruptcy price and its disposal."""
import pytest
from risk_world import ANN, BOB, BUY, CAT, CONTRACT, DAN, EVE, PPB, SELL, RiskWorld

TIERS = [(50_000, PPB // 10, PPB // 20), (100_000, PPB // 5, PPB // 10), (1 << 57, PPB // 2, PPB // 4)]


def isolated_long(atoms=20_000, lots=100, leverage=10, **terms):
    """Ann is long 100 at 1,000 with 10,000 of isolated collateral; Bob is short; nobody else is in the book."""
    world = RiskWorld(**terms)
    world.deposit(ann=atoms, bob=1_000_000, cat=1_000_000, dan=1_000_000)
    world.isolate(ANN, leverage)
    world.trade(ANN, BOB, lots, 1_000)
    return world


def fields(event, *names):
    """Fields of an event as integers."""
    return tuple(int(event[name]) for name in names)


# ---------------------------------------------------------------- when
@pytest.mark.parametrize("mark, liquidated", [(951, False), (950, True), (900, True), (400, True)])
def test_LIQD_008_equity_above_maintenance_is_left_alone(mark, liquidated):
    """LIQD-008 Collateral 10,000, maintenance 5 % of entry: at 950 equity equals it, and the position is taken over."""
    world = isolated_long()
    events = world.mark(mark)
    assert bool(world.of(events, "POSITION_TAKEN_OVER")) == liquidated
    assert world.size(ANN) == (0 if liquidated else 100)
    world.check()


def test_LIQD_008_last_prices_liquidate_nobody():
    """LIQD-008 Trades far from the mark change nothing for a holder: the mark alone counts."""
    world = isolated_long()
    events = world.trade(CAT, DAN, 1, 700)
    assert world.story(events) == ["TRADED"] and world.size(ANN) == 100
    world.check()


def test_LIQD_008_canceling_orders_comes_first_and_may_be_enough():
    """LIQD-008 With its bids the position of 60,000 stands in the tier that wants 25 %, without them 5 %: the group
    goes free."""
    world = RiskWorld(tiers=[(70_000, PPB // 10, PPB // 20), (1 << 57, 3 * PPB // 10, PPB // 4)])
    world.deposit(ann=40_000, bob=1_000_000)
    world.trade(ANN, BOB, 60, 1_000)
    world.order(ANN, BUY, 50, 900)
    events = world.mark(583)
    story = world.story(events)
    assert story[0] == "LIQUIDATION_STARTED"
    assert "POSITION_TAKEN_OVER" not in story and world.size(ANN) == 60
    assert story[-1] == "LIQUIDATION_ENDED" and world.reason(events[-1]) == "margin_recovered"
    assert world.wallet(ANN).liquidation == 0
    world.check()


# ---------------------------------------------------------------- takeover
@pytest.mark.parametrize("mark, equity, value", [(950, 5_000, 90_000), (930, 3_000, 90_000), (890, -1_000, 90_000)])
def test_LIQD_005_an_isolated_position_is_taken_over_at_its_bankruptcy_value(mark, equity, value):
    """LIQD-005 The takeover value is entry less collateral wherever the mark is, past bankruptcy too; collateral ends
    at zero."""
    world = isolated_long(adl_policy=0)
    world.fund(10_000)
    events = world.mark(mark)
    taken = world.of(events, "POSITION_TAKEN_OVER")[0]
    assert fields(taken, "size_lots", "price_ticks", "value_atoms", "realized_atoms", "equity_atoms") == (
        100, 900, value, -10_000, equity)
    assert world.position(ANN).collateral_atoms == 0 and world.balance(ANN) == 10_000
    world.check()


def test_LIQD_005_an_isolated_position_never_touches_the_rest_of_the_account():
    """LIQD-005 The wallet's cash is the same before and after, at any gap."""
    world = isolated_long(atoms=500_000)
    before = world.balance(ANN)
    world.mark(300)
    assert world.balance(ANN) == before and world.size(ANN) == 0
    world.check()


def test_LIQD_007_a_cross_account_is_liquidated_as_one():
    """LIQD-007 Two positions share the equity in proportion to maintenance; cash ends at exactly zero."""
    world = RiskWorld(instruments=2, adl_policy=0)
    world.deposit(ann=20_001, bob=1_000_000)
    world.trade(ANN, BOB, 100, 1_000, instrument=1)
    world.trade(BOB, ANN, 50, 1_000, instrument=2)
    events = world.mark(875)                              # equity 7,501 = requirement 7,500 + 1
    assert "POSITION_TAKEN_OVER" not in world.story(events)
    events = world.mark(874)                              # equity 7,401: 4,934 and 2,467 of it, by 5,000 and 2,500
    taken = world.of(events, "POSITION_TAKEN_OVER")
    assert [fields(event, "instrument", "size_lots", "equity_atoms", "requirement_atoms") for event in taken] == [
        (1, 100, 4_934, 5_000), (2, -50, 2_467, 2_500)]
    assert [fields(event, "value_atoms", "price_ticks") for event in taken] == [(82_466, 825), (-52_467, 1_049)]
    assert world.balance(ANN) == 0 and world.size(ANN, 1) == 0 and world.size(ANN, 2) == 0
    world.check()


def test_LIQD_007_negative_equity_is_shared_too():
    """LIQD-007 A gap: equity -2,499 is shared 2 : 1; the losses sit in the takeovers, the account ends at zero."""
    world = RiskWorld(instruments=2, adl_policy=0)
    world.deposit(ann=20_001, bob=1_000_000)
    world.trade(ANN, BOB, 100, 1_000, instrument=1)
    world.trade(BOB, ANN, 50, 1_000, instrument=2)
    taken = world.of(world.mark(775), "POSITION_TAKEN_OVER")
    assert [fields(event, "equity_atoms") for event in taken] == [(-1_666,), (-833,)]
    assert world.balance(ANN) == 0
    world.check()


def test_LIQD_005_the_closing_fee_reserve_is_outside_the_bankruptcy_price():
    """LIQD-005 Taker fee .05 %, reserve 55 atoms: it goes to the fees account and the bankruptcy price stays 900."""
    world = isolated_long(close_fee_reserve=1, taker_fee_ppb=500_000)
    assert world.position(ANN).collateral_atoms == 10_055
    fees = world.system(world.records.FEES_ACCOUNT)
    taken = world.of(world.mark(950), "POSITION_TAKEN_OVER")[0]
    assert fields(taken, "price_ticks", "fee_atoms", "value_atoms", "equity_atoms") == (900, 55, 90_000, 5_000)
    assert world.system(world.records.FEES_ACCOUNT) == fees + 55
    world.check()


def test_LIQD_005_the_liquidation_fee_goes_to_the_fund_and_never_beyond_equity():
    """LIQD-005 1 % of 95,000 is taken first; where equity is 400 only 400."""
    world = isolated_long(liquidation_fee_ppb=PPB // 100)
    taken = world.of(world.mark(950), "POSITION_TAKEN_OVER")[0]
    assert fields(taken, "fee_atoms", "equity_atoms", "price_ticks") == (950, 4_050, 910) and world.insurance == 950
    world = isolated_long(liquidation_fee_ppb=PPB // 100)
    taken = world.of(world.mark(904), "POSITION_TAKEN_OVER")[0]
    assert fields(taken, "fee_atoms", "equity_atoms", "price_ticks") == (400, 0, 904)
    world.check()


def test_LIQD_006_bankruptcy_prices_round_against_the_trader():
    """LIQD-006 7 lots, 1,003 of collateral: bankruptcy at 856.71 is 857 for a long; the short's 1143.29 is 1,143."""
    for side, ticks in ((BUY, 857), (SELL, 1_143)):
        world = RiskWorld()
        world.deposit(ann=1_003, bob=1_000_000)
        buyer, seller = (ANN, BOB) if side == BUY else (BOB, ANN)
        world.trade(buyer, seller, 7, 1_000)
        taken = world.of(world.mark(890 if side == BUY else 1_110), "POSITION_TAKEN_OVER")[0]
        assert fields(taken, "price_ticks", "realized_atoms") == (ticks, -1_003)
        world.check()


# ---------------------------------------------------------------- step down
def test_LIQD_009_a_large_position_is_sold_down_a_tier_at_a_time():
    """LIQD-009 120 lots at 1,000 (third tier) shed 20, then 50 as long as margin is short, by fill-or-kill orders."""
    world = RiskWorld(tiers=TIERS)
    world.deposit(ann=70_000, bob=1_000_000, cat=1_000_000)
    world.trade(ANN, BOB, 120, 1_000)
    world.order(CAT, BUY, 200, 660)
    events = world.mark(664)                              # equity 29,680 <= 25 % of 120,000
    stepped = world.of(events, "LIQUIDATION_STEPPED")
    assert [fields(event, "size_lots", "remaining_lots") for event in stepped] == [(20, 100)]
    assert world.reason(stepped[0]) == "stepped_down" and world.size(ANN) == 100
    assert world.reason(world.of(events, "LIQUIDATION_ENDED")[0]) == "margin_recovered"
    assert not world.of(events, "POSITION_TAKEN_OVER")
    world.check()


def test_LIQD_009_no_bids_means_takeover():
    """LIQD-009 Where the order cannot be filled whole within its limit nothing is sold, and the takeover follows."""
    world = RiskWorld(tiers=TIERS)
    world.deposit(ann=70_000, bob=1_000_000, cat=1_000_000)
    world.trade(ANN, BOB, 120, 1_000)
    world.order(CAT, BUY, 19, 660)
    events = world.mark(664)
    assert not world.of(events, "LIQUIDATION_STEPPED")
    assert fields(world.of(events, "POSITION_TAKEN_OVER")[0], "size_lots") == (120,)
    world.check()


# ---------------------------------------------------------------- disposal
def test_LIQD_011_bids_within_the_limit_are_hit_and_the_surplus_goes_to_the_fund():
    """LIQD-011 LIQD-010 30 lots at 945 and 50 at 942 are within 1 % of 950; 941 is the limit, where the rest is
    posted."""
    world = isolated_long()
    world.order(CAT, BUY, 30, 945)
    world.order(CAT, BUY, 50, 942)
    world.order(CAT, BUY, 50, 940)
    events = world.mark(950)
    assert [fields(event, "price_ticks", "size_lots", "realized_atoms") for event in world.of(events, "TRADED")] == [
        (945, 30, 1_350), (942, 50, 2_100)]
    assert world.insurance == 3_450
    assert world.asks() == 941 and [t.size_lots for t in world.takeovers()] == [20]
    world.check()


def test_LIQD_011_a_posted_remainder_is_filled_like_any_order():
    """LIQD-011 Dan buys what rests at 941: 41 a lot go to the fund and the takeover is closed with its whole result."""
    world = isolated_long()
    world.mark(950)
    events = world.order(DAN, BUY, 100, 941)
    assert world.story(events) == ["TRADED", "TAKEOVER_REDUCED", "INSURANCE_CHANGED", "TAKEOVER_CLOSED"]
    assert fields(world.of(events, "TAKEOVER_CLOSED")[0], "size_lots", "realized_atoms") == (100, 4_100)
    assert world.insurance == 4_100 and not world.takeovers() and world.size(DAN) == 100
    world.check()


def test_LIQD_012_the_fund_pays_at_most_what_it_has():
    """LIQD-012 Bankruptcy 900, a fund of 500 for 100 lots: the limit is 895, bids at 890 are not touched."""
    world = isolated_long(adl_policy=0)
    world.fund(500)
    world.order(CAT, BUY, 60, 896)
    world.order(CAT, BUY, 60, 895)
    world.order(CAT, BUY, 60, 890)
    events = world.mark(897)
    assert {int(event["price_ticks"]) for event in world.of(events, "TRADED")} == {896, 895}
    assert world.insurance == 500 - 60 * 4 - 40 * 5 and world.deficit == 0 and not world.takeovers()
    world.check()


def test_LIQD_012_a_share_of_the_fund_per_takeover():
    """LIQD-012 With a fifth of 500 per takeover the limit is 899; what finds no bid there goes on to deleveraging."""
    world = isolated_long(fund_share_ppb=PPB // 5)
    world.fund(500)
    world.order(CAT, BUY, 10, 899)
    world.order(CAT, BUY, 100, 898)
    events = world.mark(897)
    assert [fields(event, "price_ticks", "size_lots") for event in world.of(events, "TRADED")] == [(899, 10)]
    assert fields(world.of(events, "DELEVERAGED")[0], "size_lots", "price_ticks") == (90, 900)
    assert world.insurance == 490
    world.check()


def test_LIQD_011_slices_and_pauses():
    """LIQD-011 A quarter every second: bids inside the limit are not all hit at once."""
    world = isolated_long(disposal_slice_ppb=PPB // 4, disposal_interval_ns=10**9)
    world.order(CAT, BUY, 100, 945)
    world.mark(950, seconds=10)
    assert world.size(CAT) == 25 and world.asks() == 0
    world.advance(10.5)
    assert world.size(CAT) == 25
    for second, size in ((11, 50), (12, 75), (13, 100)):
        world.advance(second)
        assert world.size(CAT) == size
    assert not world.takeovers() and world.insurance == 4_500
    world.check()


def test_LIQD_013_takeovers_of_both_sides_meet_first():
    """LIQD-013 A long taken over at 900 and a short at 1,100 close against each other; 200 a lot go to the fund."""
    world = RiskWorld()
    world.deposit(ann=20_000, bob=1_000_000, eve=20_000)
    world.isolate(ANN)
    world.isolate(EVE)
    world.trade(ANN, BOB, 100, 1_000)
    world.trade(BOB, EVE, 60, 1_000)
    world.mark(950)
    events = world.mark(1_050)
    assert [t.size_lots for t in world.takeovers()] == [40]
    assert fields(world.of(events, "TAKEOVER_CLOSED")[0], "size_lots", "realized_atoms") == (60, 12_000)
    assert world.insurance == 12_000
    world.check()


@pytest.mark.parametrize("state, trades", [("CANCEL_ONLY", False), ("HALTED", False), ("POST_ONLY", False),
                                           ("REDUCE_ONLY", True)])
def test_LIQD_011_a_market_that_stands_still_is_not_sold_into(state, trades):
    """LIQD-011 Takeover happens in every state, immediate orders only where orders trade."""
    world = isolated_long()
    world.order(CAT, BUY, 100, 945)
    world.send("SET_INSTRUMENT_STATE", instrument=CONTRACT, value=world.codes.InstrumentState[state])
    events = world.mark(950)
    assert world.of(events, "POSITION_TAKEN_OVER")
    assert bool(world.of(events, "TRADED")) == trades
    world.check()


# ---------------------------------------------------------------- bounded work, and those who want the fund
def test_LIQD_008_a_cascade_is_worked_off_a_bounded_number_of_steps_at_a_time():
    """LIQD-008 Forty accounts at once with a budget of eight: no command does more, and all end the same."""
    world = RiskWorld()
    world.deposit(bob=10_000_000)
    accounts = range(100, 140)
    world.open_accounts(*accounts, atoms=1_000)
    for account in accounts:
        world.trade(account, BOB, 10, 1_000)
    world.state.work_budget = 8
    world.mark(940)
    rounds = 0
    while world.state.liquidation_ring.count or world.state.moved_ring.count:
        steps = len(world.of(world.advance(2), "POSITION_TAKEN_OVER"))
        assert steps <= 8
        rounds += 1
    assert rounds > 10 and all(world.size(account) == 0 for account in accounts)
    world.check()


def test_LIQD_014_self_trading_at_off_market_prices_takes_nothing_from_the_fund():
    """LIQD-014 Ann with tiny collateral sells to Eve far below the mark: matching refuses what Ann's own equity does
    not bear."""
    world = RiskWorld()
    world.fund(50_000)
    world.deposit(ann=1_100, bob=1_000_000, eve=100_000)
    world.isolate(ANN)
    world.order(EVE, BUY, 10, 500)
    world.order(ANN, SELL, 10, 500)
    world.order(ANN, SELL, 1, 500)
    assert world.insurance == 50_000 and world.equity(EVE) <= 100_000 + 1_100
    world.check()
