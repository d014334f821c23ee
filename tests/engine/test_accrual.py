"""FUND-011, FUND-012: funding that accrues all the time, to the millisecond, and the bands that know of it."""
import pytest
from price_world import ANN, BOB, CAT, PPB, three_sources

from steelyard.kernel import load_plain
from steelyard.units import HOUR

accrual, records = load_plain("engine.accrual"), load_plain("engine.records")
HOUR_S = 3600


def world_of(index=1_000_000, **terms):
    """Ann long 10, Bob short 10 of a contract of one atom a unit; dead zone 0.05 %, cap 1 % in 8 hours."""
    chosen = dict(mark_method=1, basis_sample_ns=0, basis_samples=1, funding_accrual_ns=8 * HOUR,
                  funding_interval_ns=HOUR, funding_offset_ns=0, premium_sample_ns=0, interest_ppb=0,
                  funding_clamp_ppb=500_000,
                  funding_cap_ppb=10_000_000, funding_step_cap_ppb=0, funding_delayed=0, maintenance_basis=1)
    world = three_sources(index, **chosen | terms)
    world.rule("STALE_AFTER_NS", 0)
    world.open_accounts(ANN, BOB, CAT, atoms=10**8)
    world.trade(ANN, BOB, 10, index)
    return world


def put_mark(world, units, seconds):
    """Have the mark formed at a price, as its average basis would."""
    world.contract.basis_count = 1
    world.contract.basis_units[0] = units - world.contract.index_price_units
    world.price(0, world.index.sources[0].price_units, seconds)
    load_plain("engine.marks").refresh_mark(world.state, 1, world.engine.outs[0])


@pytest.mark.parametrize("mark, index, rate", [
    (393_197, 391_046, 5_000_631), (8_710_201, 8_704_720, 129_660), (9_228_178, 9_226_355, 0),
    (391_046, 393_197, -4_970_542), (200, 100, 10_000_000)])
def test_FUND_011_the_rate_of_mark_and_index(mark, index, rate):
    """FUND-011 D18 D20 D21 with a dead zone of 0.05 % and a cap of 1 %; the last is capped."""
    row = records._plain_maker(records.INSTRUMENT)()
    row.mark_price_units, row.index_price_units = mark, index
    row.terms.funding_clamp_ppb, row.terms.funding_cap_ppb = 500_000, 10_000_000
    assert abs(accrual.accrual_rate(row) - rate) < 30


def test_FUND_011_it_accrues_to_the_millisecond_and_is_exchanged_to_the_atom():
    """FUND-011 Mark 1,001,500 on an index of 1,000,000: 0.15 % - 0.05 % = 0.1 % in 8 hours; a long lot owes 1,001.5."""
    world = world_of()
    start = 600
    put_mark(world, 1_001_500, start)
    assert accrual.accrual_rate(world.contract) == PPB // 1_000
    world.trade(CAT, BOB, 1, 1_001_500, start + 1)
    world.send("ADVANCE", HOUR_S)
    expected = 1_001_500_000 * (HOUR_S - start) // (8 * HOUR_S)
    assert world.contract.funding_index_micro == expected
    booked = {}
    for event in world.of(world.events, "FUNDING_SETTLED"):
        booked[int(event["account"])] = booked.get(int(event["account"]), 0) + int(event["cash_atoms"])
    assert booked[ANN] == -(10 * expected // 10**6 + 1)
    assert booked[BOB] > 0 and sum(booked.values()) + world.dust() == 0 and 0 <= world.dust() <= 3
    assert sum(world.cash().values()) == 0


def test_FUND_011_many_small_steps_give_what_one_long_step_gives():
    """FUND-011 The rest is carried: a hundred looks of 7 ms add up to one of 700 ms."""
    rules = load_plain("rules.funding")
    total, rest = 0, 0
    for _look in range(100):
        total, rest = total + rules.accrued_micro(-12_345, 7, 28_800_000, rest), rules.accrual_rest(
            -12_345, 7, 28_800_000, rest)
    assert (total, rest) == (rules.accrued_micro(-12_345, 700, 28_800_000, 0),
                             rules.accrual_rest(-12_345, 700, 28_800_000, 0))


def test_FUND_011_a_halted_market_pays_nothing():
    """FUND-011"""
    world = world_of()
    put_mark(world, 1_001_500, 10)
    world.send("SET_INSTRUMENT_STATE", instrument=1, value=world.codes.STATE_HALTED)
    before = world.contract.funding_index_micro
    world.advance(HOUR_S)
    assert world.contract.funding_index_micro == before


@pytest.mark.parametrize("terms", [dict(funding_cap_ppb=0), dict(mark_method=0), dict(funding_in_maintenance=1),
                                   dict(funding_interval_ns=9 * HOUR), dict(funding_accrual_ns=5)])
def test_FUND_011_what_is_refused_at_listing(terms):
    """FUND-011"""
    world = world_of()
    chosen = dict(mark_method=1, funding_accrual_ns=8 * HOUR, funding_interval_ns=HOUR, premium_sample_ns=0)
    assert world.refusal(world.list(2, **chosen | terms)) == "terms_must_be_consistent"


def test_FUND_012_funding_alone_brings_somebody_under_and_nobody_is_missed():
    """FUND-012 At 1 % in 8 hours an account with little slack goes under between two marks: seen at the next stamp."""
    world = world_of()
    dan = 19
    world.open_accounts(dan, atoms=120_000)
    world.trade(dan, BOB, 1, 1_000_000, 5)
    put_mark(world, 1_020_000, 10)
    broken = load_plain("engine.invariants").broken
    started = []
    for hour in range(1, 80):
        started += world.of(world.advance(hour * HOUR_S), "LIQUIDATION_STARTED")
        assert broken(world.state) == []
    assert [int(event["account"]) for event in started][:1] == [dan]
