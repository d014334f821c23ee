"""FUND on the engine: samples, rates, stamps, the exchange, gaps. Vectors: shared venue study, B23."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from price_world import ANN, BOB, CAT, CONTRACT, DAN, START, World, three_sources

from steelyard.units import HOUR, MINUTE, PPB, SECOND

STAMP = 4 * 3600
"""Seconds from START to the first funding stamp; the next follow every 8 hours."""
DAY = 86_400


def a_world(price=1_000_000, form="plain", **terms):
    """A world with one unprotected source, one contract and four funded accounts."""
    world = World(form)
    world.advance(0)
    world.source(0)
    world.list(**terms)
    world.price(0, price)
    world.open_accounts(ANN, BOB, CAT, DAN)
    return world


def rates_of(world, events):
    """(seconds, new rate, what the stamp did) of each funding stamp."""
    return [((int(event["time_ns"]) - START) // SECOND, int(event["rate_ppb"]), world.reason(event))
            for event in world.of(events, "FUNDING_RATE_SET")]


def paid(world, events):
    """Cash each account got for funding."""
    cash = {}
    for event in world.of(events, "FUNDING_SETTLED"):
        cash[int(event["account"])] = cash.get(int(event["account"]), 0) + int(event["cash_atoms"])
    return cash


def balanced(world):
    """Cash sums to zero, and no funding is outstanding."""
    assert sum(world.cash().values()) == 0
    assert world.state.funding_rows_left == 0
    for row in range(1, int(world.state.positions_pool.high_water) + 1):
        position = world.state.positions[row]
        if position.size_lots != 0:
            instrument = world.state.instruments[position.instrument]
            assert position.funding_index_micro == instrument.funding_index_micro
    return True


# ---------------------------------------------------------------- the rate
@pytest.mark.parametrize("bid, ask, rate", [
    (0, 0, 100_000),                                     # an empty book: no premium, F = I
    (999_000, 1_001_000, 100_000),                       # the mark lies inside the spread
    (1_002_000, 1_003_000, 1_500_000),                   # P = 0.20 % -> 0.15 %
    (998_000, 999_000, -500_000),                        # P = -0.10 % -> -0.05 %
    (1_000_300, 1_001_000, 100_000),                     # P = 0.03 % -> 0.01 %: the plateau
])
def test_FUND_003_rate_from_the_book(bid, ask, rate):
    """FUND-003 The published examples, from premiums that a book really shows."""
    world = a_world()
    if bid:
        world.order(ANN, 1, 5, bid, 1)
        world.order(BOB, -1, 5, ask, 1)
    events = world.advance(STAMP)
    assert rates_of(world, events) == [(STAMP, rate, "funding_exchanged")]
    assert world.contract.funding_rate_ppb == rate


def test_FUND_002_time_average():
    """FUND-002 A premium of .2 % for a quarter of the minutes averages to .05 %."""
    world = a_world(interest_ppb=0)
    world.advance(STAMP)
    before = STAMP + 6 * 3600
    world.order(ANN, 1, 5, 1_002_000, before + 1)
    world.order(BOB, -1, 5, 1_003_000, before + 1)
    world.advance(STAMP + 8 * 3600 - 1)
    assert (world.contract.premium_sum_ppb, world.contract.premium_count) == (119 * 2_000_000, 479)
    assert world.contract.funding_rate_next_ppb == 0     # 496,868: within the plateau
    world.advance(STAMP + 8 * 3600)
    assert world.contract.premium_count == 0


def test_FUND_004_B23_caps_on_the_engine():
    """FUND-004 B23 With a premium of 5 % the rate moves by .375 % at most and never beyond .375 %."""
    world = a_world()
    world.order(ANN, 1, 5, 1_050_000, 1)
    world.advance(STAMP)
    assert world.contract.funding_rate_ppb == 3_750_000
    world.advance(STAMP + 8 * 3600)
    assert world.contract.funding_rate_ppb == 3_750_000
    world.send("CANCEL_ORDERS", account=ANN, instrument=CONTRACT)
    world.order(BOB, -1, 5, 900_000)
    world.advance(STAMP + 16 * 3600)
    assert world.contract.funding_rate_ppb == 0
    world.advance(STAMP + 24 * 3600)
    assert world.contract.funding_rate_ppb == -3_750_000


def test_FUND_001_premium_may_include_the_basis():
    """FUND-001 With the basis included the rate in force is added to each sample, so a rate without spread lives on."""
    world = a_world(premium_includes_basis=1)
    world.contract.funding_rate_ppb = 3_000_000
    world.advance(STAMP)
    assert world.contract.funding_rate_ppb == 2_500_000       # P = F = .3 %: F' = P - .05 %
    world.advance(STAMP + 8 * 3600)
    assert world.contract.funding_rate_ppb == 2_000_000


def test_FUND_007_impact_prices_walk_the_book():
    """FUND-007 The average price over the levels that the notional takes; too thin a side counts nothing."""
    world = a_world(impact_value_atoms=5_000_000)
    world.order(ANN, 1, 2, 1_004_000, 1)
    world.order(ANN, 1, 2, 1_002_000, 1)
    assert world.advance(60) == [] and world.contract.premium_sum_ppb == 0      # four lots: too thin
    world.order(ANN, 1, 9, 1_001_000, 61)
    world.advance(120)
    assert world.contract.premium_sum_ppb == 2_600_000        # (2 x 1004 + 2 x 1002 + 1 x 1001) / 5 = 1002.6


def test_FUND_007_hidden_lots_do_not_count():
    """FUND-007 Only what the book shows: an iceberg counts with its shown part."""
    world = a_world(impact_value_atoms=5_000_000)
    world.order_id += 1
    world.send("PLACE_ORDER", 1, account=ANN, instrument=CONTRACT, side=1, size_lots=50, display_lots=2,
               price_ticks=1_004_000, order_type=world.codes.ORDER_LIMIT, order_id=world.order_id)
    world.advance(60)
    assert world.contract.premium_sum_ppb == 0


def test_FUND_007_inverse_contracts():
    """FUND-007 An inverse lot counts with its worth in coin: 100 dollars at 10,000 are 1,000,000 satoshi."""
    world = a_world(1_000_000, kind=2, lot_value_numerator=10**12, inverse_parts_per_lot=1,
                    impact_value_atoms=3_000_000, order_lots_max=10**5, position_lots_max=10**5)
    world.order(ANN, 1, 2, 1_002_000, 1)
    world.order(ANN, 1, 9, 1_000_500, 1)
    world.advance(60)
    # 2 lots worth 998,004 each, then 2 lots for the 1,003,992 satoshi that are left
    assert world.contract.premium_sum_ppb == (2_000 + 500) // 2 * 1_000


# ---------------------------------------------------------------- the exchange
def test_FUND_005_holders_at_the_stamp_pay():
    """FUND-005 Payment = value at mark x F; the rate of one interval is charged at the end of the next."""
    world = a_world()
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    assert paid(world, world.advance(STAMP)) == {}                              # the rate in force was 0
    events = world.advance(STAMP + 8 * 3600)
    assert paid(world, events) == {ANN: -3_000, BOB: 3_000}                     # 30,000,000 x .01 %
    assert world.kinds(events)[-2:] == ["FUNDING_SETTLED", "FUNDING_SETTLED"]
    assert balanced(world)


def test_FUND_005_at_once_where_it_is_not_delayed():
    """FUND-005 Without the delay the rate just computed is charged at the end of its own interval."""
    world = a_world(funding_delayed=0)
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    assert paid(world, world.advance(STAMP)) == {ANN: -3_000, BOB: 3_000}


def test_FUND_005_negative_rates_are_paid_by_shorts():
    """FUND-005 F < 0: shorts pay longs."""
    world = a_world()
    world.trade(ANN, BOB, 7, 1_000_000, 1)
    world.contract.funding_rate_ppb = -100_003
    assert paid(world, world.advance(STAMP)) == {ANN: 700, BOB: -701}           # 700.021: payer up, receiver down
    assert world.dust() == 1
    assert balanced(world)


def test_FUND_005_inverse_longs_pay_too():
    """FUND-005 An inverse long has a negative value; it pays |value at mark| x F all the same."""
    world = a_world(1_000_000, kind=2, lot_value_numerator=10**12, inverse_parts_per_lot=1, order_lots_max=10**5,
                    position_lots_max=10**5)
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    world.contract.funding_rate_ppb = 100_000
    assert paid(world, world.advance(STAMP)) == {ANN: -3_000, BOB: 3_000}


def test_FUND_006_rounding_stays_in_the_dust_account():
    """FUND-006 Three payers of a third of an atom pay one each, the receiver's whole atom falls short: three of
    dust."""
    world = a_world(1_000, interest_ppb=0)
    for account in (ANN, CAT, DAN):
        world.trade(account, BOB, 1, 1_000, 1)
    world.contract.funding_rate_ppb = 333_333
    assert paid(world, world.advance(STAMP)) == {ANN: -1, CAT: -1, DAN: -1}
    assert world.dust() == 3
    assert balanced(world)


def test_FUND_006_who_trades_after_the_stamp_is_settled_at_the_stamp():
    """FUND-006 A walk that has not come by does not matter: the holder at the stamp pays, a later buyer does not."""
    world = a_world()
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    world.contract.funding_rate_ppb = 100_000
    world.state.work_budget = 0                          # nothing is drained: the walk stands still
    assert paid(world, world.advance(STAMP)) == {}
    events = world.trade(CAT, ANN, 30, 1_000_000, STAMP + 1)
    assert paid(world, events)[ANN] == -3_000
    world.state.work_budget = 256
    events = world.advance(STAMP + 2)
    assert paid(world, events) == {BOB: 3_000}
    assert balanced(world)


def test_FUND_006_the_walk_is_bounded_and_ends():
    """FUND-006 A budget of two books two holders a command; every holder once, whatever is opened meanwhile."""
    world = a_world()
    for account in range(30, 50):
        world.open_accounts(account)
        world.trade(account, BOB, 1, 1_000_000, 1)
    world.contract.funding_rate_ppb = 100_000
    world.state.work_budget = 2
    assert len(paid(world, world.advance(STAMP))) <= 2
    for step in range(15):
        assert len(world.of(world.advance(STAMP + step), "FUNDING_SETTLED")) <= 2
        if step < 3:
            world.open_accounts(60 + step)
            world.trade(60 + step, CAT, 1, 1_000_000, STAMP + step)
    settled = [int(event["account"]) for event in world.of(world.events, "FUNDING_SETTLED")]
    assert len(settled) == len(set(settled))
    cash = paid(world, world.events)
    assert cash == {BOB: 2_000, **dict.fromkeys(range(30, 50), -100)}
    assert balanced(world)


def test_FUND_006_a_stamp_during_a_walk_starts_it_anew():
    """FUND-006 Two stamps with the walk standing still: each holder is booked once for both."""
    world = a_world()
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    world.contract.funding_rate_ppb = 100_000
    world.state.work_budget = 0
    world.advance(STAMP)
    world.advance(STAMP + 8 * 3600)
    world.state.work_budget = 256
    assert paid(world, world.advance(STAMP + 8 * 3600 + 1)) == {ANN: -6_000, BOB: 6_000}
    assert balanced(world)


def test_FUND_008_takeovers_pay_through_the_fund():
    """FUND-008 What the liquidation engine holds pays out of the fund; what the fund lacks is a deficit, never lost."""
    world = a_world()
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    row = world.state.takeovers[1]
    row.size_lots, row.instrument = 10, CONTRACT
    world.contract.first_takeover = 1
    world.contract.funding_rate_ppb = 100_000
    world.send("FUND_INSURANCE", asset=1, amount_atoms=400)
    events = world.advance(STAMP)
    assert [int(event["cash_atoms"]) for event in world.of(events, "INSURANCE_CHANGED")] == [-400]
    assert [int(event["cash_atoms"]) for event in world.of(events, "DEFICIT_BOOKED")] == [-600]
    assert sum(world.cash().values()) == 0


def test_FUND_009_a_halted_instrument_exchanges_nothing():
    """FUND-009 While nobody can leave nobody pays; stamps pass and are announced."""
    world = a_world()
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    world.contract.funding_rate_ppb = 100_000
    world.send("SET_INSTRUMENT_STATE", instrument=CONTRACT, value=world.codes.STATE_HALTED)
    events = world.advance(STAMP)
    assert [reason for _, _, reason in rates_of(world, events)] == ["funding_not_exchanged"]
    assert paid(world, events) == {}
    assert world.contract.funding_index_micro == 0


def test_FUND_010_no_interval_no_funding():
    """FUND-010 An interval of 0 means none: no stamp, no sample, no timer."""
    world = a_world(funding_interval_ns=0, premium_sample_ns=0)
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    events = world.advance(10 * DAY)
    assert events == []
    assert world.state.timer_next_ns > START + 1_000 * DAY * SECOND


# ---------------------------------------------------------------- gaps
def test_FUND_009_a_day_at_once_is_lived_through_stamp_by_stamp():
    """FUND-009 Three stamps in one command: each at its own time, mark and rate."""
    world = a_world()
    world.order(CAT, 1, 5, 1_002_000, 1)
    world.trade(ANN, BOB, 30, 1_003_000, 1)
    events = world.advance(DAY)
    assert rates_of(world, events) == [
        (STAMP, 1_500_000, "funding_exchanged"), (STAMP + 8 * 3600, 100_000, "funding_exchanged"),
        (STAMP + 16 * 3600, 1_400_000, "funding_exchanged")]
    times = [int(event["time_ns"]) for event in events]
    assert times == sorted(times)
    cash = paid(world, events)
    assert cash[ANN] < 0 < cash[BOB]
    assert balanced(world)


def test_FUND_009_one_look_stands_for_the_gap():
    """FUND-009 A premium that held through a gap weighs as much as if it had been sampled every minute."""
    jumping, ticking = a_world(), a_world()
    for world in (jumping, ticking):
        world.order(CAT, 1, 5, 1_002_000, 7_210)
    for seconds in range(7_260, STAMP, 60):
        ticking.advance(seconds)
    for world in (jumping, ticking):
        world.advance(STAMP)
    assert jumping.contract.funding_rate_ppb == ticking.contract.funding_rate_ppb == 500_000
    assert jumping.contract.funding_index_micro == ticking.contract.funding_index_micro


def test_FUND_009_a_very_long_gap_is_cut():
    """FUND-009 After 64 instants the stamps still due are skipped, by name; the clock is right again afterwards."""
    world = a_world()
    world.trade(ANN, BOB, 30, 1_000_000, 1)
    events = world.advance(100 * DAY)
    done = [reason for _, _, reason in rates_of(world, events)]
    assert done == ["funding_exchanged"] * 64 + ["funding_stamps_skipped"]
    assert world.contract.funding_next_ns == START + (100 * DAY + STAMP) * SECOND
    assert START + 100 * DAY * SECOND < world.state.timer_next_ns <= world.contract.funding_next_ns
    assert paid(world, events) == {ANN: -63 * 3_000, BOB: 63 * 3_000}
    assert balanced(world)


def test_FUND_009_the_settlement_price_is_the_mark_of_its_stamp():
    """FUND-009 A command that comes an hour late finds the settlement price fixed at the mark of its stamp."""
    world = three_sources(1_000_000, mark_method=0)
    world.rule("STALE_AFTER_NS", 0)
    world.contract.settle_at_ns = START + STAMP * SECOND
    world.advance(1)
    events = world.price(0, 1_100_000, STAMP + 3600)
    assert rates_of(world, events)[0][0] == STAMP
    assert world.contract.settle_price_units == 1_000_000
    assert world.contract.index_price_units == 1_000_000


@pytest.mark.parametrize("terms", [
    dict(funding_interval_ns=-1), dict(premium_sample_ns=9 * HOUR), dict(basis_round_ns=1), dict(basis_samples=65),
    dict(interest_ppb=PPB + 1), dict(funding_clamp_ppb=-1), dict(funding_cap_ppb=PPB + 1), dict(index_id=2),
    dict(mark_units_per_index_unit=0), dict(mark_units_per_index_unit=1 << 30), dict(mark_index_band_ppb=-1),
    dict(impact_value_atoms=-1), dict(index_id=0, mark_units_per_index_unit=5)])
def test_FUND_010_terms_that_cannot_be_carried_out(terms):
    """FUND-010 Listing refuses what the clocks could not follow."""
    world = World()
    world.advance(0)
    world.source(0)
    world.price(0, 1_000_000)
    events = world.list(**terms)
    assert world.reason(events[-1]) == "terms_must_be_consistent"


# ---------------------------------------------------------------- properties
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((ANN, BOB, CAT, DAN)), st.sampled_from((ANN, BOB, CAT, DAN)),
                          st.integers(1, 500), st.integers(1, 30_000), st.integers(-3_750_000, 3_750_000)),
                min_size=1, max_size=15), st.integers(0, 3))
def test_FUND_006_paid_equals_received_plus_dust(trades, budget):
    """FUND-006 Random trades, rates and gaps, a starved walk: to the atom, paid = received + dust, dust >= 0."""
    world = a_world()
    world.state.work_budget = budget
    total, seconds = 0, 1
    for buyer, seller, lots, wait, rate in trades:
        seconds += wait
        total += sum(paid(world, world.advance(seconds)).values())
        world.contract.funding_rate_ppb = rate
        if buyer != seller:
            total += sum(paid(world, world.order(seller, -1, lots, 1_000_000)).values())
            total += sum(paid(world, world.order(buyer, 1, lots, 1_000_000)).values())
        assert sum(world.cash().values()) == 0
    world.state.work_budget = 256
    total += sum(paid(world, world.advance(seconds + 1)).values())
    assert balanced(world)
    assert total == -world.dust()
    assert world.dust() >= 0


@pytest.mark.compiled
def test_the_rooms_are_equal_in_both_forms():
    """INDX MARK FUND The same commands, compiled and plain, give the same events to the last word."""
    plain = three_sources(1_000_000, mark_method=2, basis_sample_ns=MINUTE, basis_samples=5, basis_source=1,
                          impact_value_atoms=3_000_000, mark_index_band_ppb=PPB // 10)
    plain.open_accounts(ANN, BOB, CAT, DAN)
    for step in range(60):
        at = 600 * step + 1
        plain.price(step % 3, 1_000_000 + (step * 7_919) % 40_000 - 20_000, at)
        plain.order(ANN, 1, 3 + step % 5, 990_000 + (step * 613) % 15_000, at)
        plain.order(BOB, -1, 2 + step % 7, 996_000 + (step * 401) % 15_000, at)
        plain.order((CAT, DAN)[step % 2], (1, -1)[step // 2 % 2], 1, 1_000_000, at)
    plain.price(0, 300_000)
    plain.advance(10 * DAY)
    plain.price(1, 1_000_000, 10 * DAY + 1)
    plain.advance(200 * DAY)
    compiled = World("compiled")
    for command in plain.sent:
        compiled.events += list(compiled.engine.apply(command))
    assert len(plain.of(plain.events, "FUNDING_SETTLED")) >= 4
    assert [event.tobytes() for event in compiled.events] == [event.tobytes() for event in plain.events]


def test_FUND_013_missing_samples_and_a_rate_of_eight_hours():
    """FUND-013 F1 The book shows .1 % for half of the samples: .05 % of eight hours, an eighth of it an hour."""
    from steelyard.units import HOUR
    world = a_world(interest_ppb=0, funding_clamp_ppb=0, funding_interval_ns=HOUR, funding_offset_ns=0,
                    funding_delayed=0, premium_missing_is_zero=1, premium_period_ns=8 * HOUR, funding_cap_ppb=0,
                    funding_step_cap_ppb=0)
    world.advance(3600)
    world.send("SET_INSTRUMENT_STATE", instrument=CONTRACT, value=world.codes.STATE_HALTED)
    world.advance(3600 + 1800)
    world.send("SET_INSTRUMENT_STATE", instrument=CONTRACT, value=world.codes.STATE_TRADING)
    world.order(ANN, 1, 5, 1_001_000)
    world.order(BOB, -1, 5, 1_002_000)
    world.advance(7199)
    assert (world.contract.premium_sum_ppb, world.contract.premium_count) == (29 * 1_000_000, 29)
    assert rates_of(world, world.advance(7200)) == [(7200, 62_500, "funding_exchanged")]


def test_FUND_013_F1_averages():
    """FUND-013 F1 60 of 1,000 ppm: 125 ppm an hour, 6.25 of 50,000; 30 of 60: half; 75 of 1,000 and 25 of 5,000."""
    from steelyard.kernel import load_plain
    rules = load_plain("rules.funding")
    hourly = lambda total, count: rules.rate_for_interval(  # noqa: E731
        rules.average_with_missing(total, count, 60), 3_600, 8 * 3_600)
    assert hourly(60 * 1_000_000, 60) == 125_000 and hourly(30 * 1_000_000, 30) == 62_500
    assert hourly(75 * 1_000_000 + 25 * 5_000_000, 100) == 250_000
    assert hourly(-30 * 1_000_000, 30) == -62_500 and rules.average_with_missing(5, 0, 0) == 0
