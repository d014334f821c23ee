"""LIQD-041, LIQD-042: liquidation in steps in the book, at the bankruptcy price or a fillable one."""
import pytest
from price_world import PPB
from risk_world import ANN, BOB, BUY, CAT, CONTRACT, DAN, SELL, RiskWorld

from steelyard.kernel import load_plain
from steelyard.units import SECOND

rules = load_plain("rules.liquidation")


def stepped(ann=11_000, mark=1_000, **terms):
    """Ann long 100 with 11,000; 12.5 % a step, once a second, fee 0.5 %; maintenance 5 % of the value at mark."""
    chosen = dict(liquidation_step_ppb=PPB // 8, liquidation_step_ns=SECOND, liquidation_fee_ppb=5_000_000,
                  maintenance_basis=1, initial_basis=1, disposal_limit_ppb=PPB // 10)
    world = RiskWorld(mark=mark, **chosen | terms)
    world.deposit(ann=ann, bob=1_000_000, cat=1_000_000)
    world.trade(ANN, BOB, 100, 1_000)
    return world


def steps_of(world, events):
    """(lots sold, lots left, paid to the fund) of each step."""
    return [tuple(int(event[name]) for name in ("size_lots", "remaining_lots", "fee_atoms"))
            for event in world.of(events, "LIQUIDATION_STEPPED") if event["reason"] == world.codes.stepped_down]


def test_LIQD_041_a_part_at_a_time_until_margin_is_met():
    """LIQD-041 At 935 equity 4,500 < 4,675: 13 lots at 935 (fee 60), maintenance 4,067: free at once."""
    world = stepped()
    world.order(CAT, BUY, 500, 935)
    events = world.mark(935, seconds=10)
    assert steps_of(world, events) == [(13, 87, 60)]
    ended = world.of(events, "LIQUIDATION_ENDED")[0]
    assert world.reason(ended) == "margin_recovered" and world.size(ANN) == 87 and world.insurance == 60
    assert not world.takeovers()
    world.check()


def test_LIQD_041_one_step_a_second():
    """LIQD-041 At 900 one step is not enough: the next comes a second later, and not before; the rest stays."""
    world = stepped(ann=13_000)
    world.order(CAT, BUY, 500, 900)
    assert steps_of(world, world.mark(900, seconds=10)) == [(13, 87, 58)]
    assert steps_of(world, world.send("ADVANCE", 10.5)) == []
    assert steps_of(world, world.advance(11)) == [(11, 76, 49)]
    world.check()
    seen = []
    for second in range(12, 20):
        seen += world.of(world.advance(second), "LIQUIDATION_ENDED")
    assert [world.reason(event) for event in seen] == ["margin_recovered"]
    world.check()


def test_LIQD_041_nobody_bids_so_it_waits_and_is_taken_over_when_equity_is_gone():
    """LIQD-041 Without a bid the group waits; with equity gone the position passes to the engine at bankruptcy."""
    world = stepped()
    events = world.mark(935, seconds=10)
    assert not world.takeovers() and world.of(events, "LIQUIDATION_STARTED")
    world.advance(15)
    assert not world.takeovers()
    events = world.mark(880, seconds=16)
    assert world.of(events, "POSITION_TAKEN_OVER") and world.size(ANN) == 0
    world.check()


def test_LIQD_041_a_group_that_recovers_while_it_waits_goes_free():
    """LIQD-041"""
    world = stepped()
    world.mark(935, seconds=10)
    events = world.mark(990, seconds=10)
    assert world.reason(world.of(events, "LIQUIDATION_ENDED")[0]) == "margin_recovered" and world.size(ANN) == 100


@pytest.mark.parametrize("least, most, lots", [(0, 0, 13), (30_000, 0, 33), (0, 5_000, 5), (1_000_000, 0, 100)])
def test_LIQD_041_size_of_a_step(least, most, lots):
    """LIQD-041 12.5 % of 100 lots; at least 30,000 of value at 935; at most 5,000; never more than the position."""
    world = stepped(liquidation_step_min_atoms=least, liquidation_step_max_atoms=most)
    world.order(CAT, BUY, 500, 935)
    assert steps_of(world, world.mark(935, seconds=10))[0][0] == lots
    world.check()


def test_LIQD_041_isolated_positions_too():
    """LIQD-041 Isolated collateral pays; what a step leaves goes to the wallet."""
    world = RiskWorld(liquidation_step_ppb=PPB // 4, liquidation_step_ns=0, liquidation_fee_ppb=1_000_000,
                      maintenance_basis=1, initial_basis=1, disposal_limit_ppb=PPB // 10)
    world.deposit(ann=50_000, bob=1_000_000, cat=1_000_000)
    world.isolate(ANN)
    world.trade(ANN, BOB, 100, 1_000)
    world.order(CAT, BUY, 1_000, 940)
    events = world.mark(945, seconds=10)
    assert steps_of(world, events)
    world.check()
    world.mark(905, seconds=20)
    world.check()


# ---------------------------------------------------------------- fillable
@pytest.mark.parametrize("cash, adjust, price", [(-4_501, 1, 49_999), (-4_501, 2, 49_998), (-5_000, 1, 49_500)])
def test_LIQD_042_L1_fillable_price(cash, adjust, price):
    """LIQD-042 L1 Long 0.1 at 50,000, maintenance 10 %, spread 10 %: equity 499 and 0."""
    micro = 10**6
    equity = (cash + 5_000) * micro
    value = rules.fillable_value(5_000 * micro, equity, 500 * micro, 500 * micro, PPB // 10, adjust * PPB)
    assert value == price * micro // 10


@pytest.mark.parametrize("part, equity, required, total, quote", [
    (5_000_000_000, 499_000_000, 500, 500, 4_501_000_000), (-5_000_000_000, 499_000_000, 500, 500, -5_499_000_000)])
def test_LIQD_042_L1_bankruptcy_quote(part, equity, required, total, quote):
    """LIQD-042 L1 Long 0.1 with cash -4,501: 4,501; short 0.1 with cash 5,499: -5,499."""
    assert rules.bankruptcy_quote(part, equity, required, total) == quote


@pytest.mark.parametrize("fill, fee_ppb, paid", [(1_100, 5_000_000, 550), (1_100, 25_000_000, 2_750),
                                                 (936, 5_000_000, 468), (936, PPB // 2, 4_600)])
def test_LIQD_042_the_fund_gets_what_is_left_up_to_the_fee(fill, fee_ppb, paid):
    """LIQD-042 As L3, at mark 935 with equity 4,500: 1,100 leaves 21,000 and 936 leaves 4,600; at most the fee."""
    world = stepped(liquidation_step_ppb=PPB, liquidation_fee_ppb=fee_ppb)
    world.order(CAT, BUY, 100, fill)
    assert steps_of(world, world.mark(935, seconds=10)) == [(100, 0, paid)]
    assert world.insurance == paid and world.balance(ANN) == 4_500 + (fill - 935) * 100 - paid
    world.check()


def test_LIQD_042_the_fund_pays_what_a_fillable_fill_falls_short():
    """LIQD-042 Equity 400 of 4,480: the limit lies beyond bankruptcy; filled there, the fund pays the difference."""
    world = stepped(ann=10_800, liquidation_step_ppb=PPB, fillable_spread_ppb=3 * PPB // 2, bankruptcy_adjust_ppb=PPB,
                    disposal_limit_ppb=PPB // 5)
    world.fund(100_000)
    world.order(CAT, BUY, 100, 880)
    events = world.mark(896, seconds=10)
    told = steps_of(world, events)
    assert told == [(100, 0, -1_200)] and world.insurance == 98_800 and world.balance(ANN) == 0
    assert not world.takeovers()
    world.check()


def test_LIQD_042_without_a_fund_the_limit_is_the_bankruptcy_price():
    """LIQD-042 The same without money in the fund: the bid below bankruptcy is not hit."""
    world = stepped(ann=10_800, liquidation_step_ppb=PPB, fillable_spread_ppb=3 * PPB // 2, bankruptcy_adjust_ppb=PPB,
                    disposal_limit_ppb=PPB // 5)
    world.order(CAT, BUY, 100, 880)
    events = world.mark(896, seconds=10)
    assert steps_of(world, events) == [] and world.size(ANN) == 100
    world.check()
    assert (DAN, SELL, CONTRACT) == (19, -1, 1)


def test_LIQD_060_steps_end_at_a_share_of_maintenance():
    """LIQD-060 Maintenance 4,450 at 890: with a floor of half of it equity of 2,225 is taken over whole, 2,226 steps;
    a fee of the step of its own (LIQD-042)."""
    for ann, steps in ((13_225, 0), (13_226, 1)):
        world = stepped(ann=ann, liquidation_step_floor_ppb=PPB // 2, liquidation_step_fee_ppb=10_000_000)
        world.order(CAT, BUY, 500, 890)
        events = world.mark(890, seconds=10)
        sold = steps_of(world, events)
        assert len(sold) == steps and bool(world.of(events, "POSITION_TAKEN_OVER")) == (steps == 0)
        assert all(paid == size * 890 // 100 for size, _left, paid in sold)
        world.check()
