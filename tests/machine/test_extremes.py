"""Extremes: each ends in a named, conserved outcome. Every command is followed by every invariant."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from price_world import World
from risk_world import ANN, BOB, BUY, CAT, COIN, DAN, EVE, FAY, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain
from steelyard.units import HOUR

broken = load_plain("engine.invariants").broken
LOTS_MAX = 3_000_000_000
TICKS_MAX = (1 << 24) - 1
POLICIES = (0, 1, 2, 3)


class Checked:
    """Sends commands and checks every invariant after each."""

    def send(self, kind, seconds=None, **fields):
        events = super().send(kind, seconds, **fields)
        assert broken(self.state) == [], f"after {kind} {fields}"
        return events


class Venue(Checked, RiskWorld):
    """A risk world under watch."""


class PricedVenue(Checked, World):
    """A world with an index under watch."""


def finish(world, instrument=1):
    """Let the queues run out, then state that nothing is owed: cash sums to zero, nobody is below zero."""
    for _step in range(30):
        world.advance(1_000)
    world.check()
    assert world.state.liquidation_ring.count == 0 and world.state.adl.phase == 0


# ---------------------------------------------------------------- bounds of sizes and prices
@pytest.mark.parametrize("ticks", [1, 2, TICKS_MAX // 2, TICKS_MAX])
@pytest.mark.parametrize("lots", [1, LOTS_MAX])
def test_the_largest_and_smallest_linear_position(ticks, lots):
    """ORDR-002, VALU-001, LIQD-005: one lot and 3 x 10^9 lots, at the lowest and the highest price, to the halving."""
    world = Venue(mark=ticks, price_ticks_max=TICKS_MAX, order_lots_max=LOTS_MAX, position_lots_max=LOTS_MAX)
    world.open_accounts(ANN, BOB, atoms=1 << 58)
    assert world.kinds(world.trade(ANN, BOB, lots, ticks))[-1] == "TRADED"
    assert (world.size(ANN), world.size(BOB)) == (lots, -lots)
    for mark in (TICKS_MAX, 1, max(1, ticks // 2), ticks):
        world.mark(mark)
    assert world.refusal(world.order(ANN, BUY, LOTS_MAX, ticks)) in (
        "position_must_be_below_limit", "initial_margin_must_be_covered") or lots == 1
    world.send("CANCEL_ORDERS", account=ANN)
    world.trade(BOB, ANN, lots, ticks)
    finish(world)


@pytest.mark.parametrize("ticks", [1, 1_000, 1_000_000])
def test_the_largest_inverse_position(ticks):
    """VALU-002: an inverse lot is dearest at the lowest price."""
    numerator, lots = 10**9, 100_000
    world = Venue(mark=ticks, kind=2, lot_value_numerator=numerator, inverse_parts_per_lot=1, order_lots_max=lots,
                  position_lots_max=lots, price_ticks_max=1_000_000)
    world.open_accounts(ANN, BOB, atoms=1 << 58)
    world.trade(ANN, BOB, lots, ticks)
    assert (world.size(ANN), world.size(BOB)) == (lots, -lots)
    for mark in (1_000_000, 1, ticks):
        world.mark(mark)
    finish(world)


@pytest.mark.parametrize(("fields", "reason"), [
    (dict(size_lots=0), "size_must_be_in_range"), (dict(size_lots=-1), "size_must_be_in_range"),
    (dict(size_lots=(1 << 63) - 1), "size_must_be_in_range"), (dict(size_lots=LOTS_MAX + 1), "size_must_be_in_range"),
    (dict(price_ticks=0), "price_must_be_in_range"), (dict(price_ticks=-1), "price_must_be_in_range"),
    (dict(price_ticks=(1 << 31) - 1), "price_must_be_in_range"), (dict(side=0), "side_must_be_buy_or_sell"),
    (dict(side=2), "side_must_be_buy_or_sell"), (dict(order_type=0), "order_type_must_be_known"),
    (dict(order_id=0), "order_id_must_be_new"), (dict(order_id=-(1 << 63)), "order_id_must_be_new"),
    (dict(order_id=1 << 62), "order_id_must_be_new"), (dict(account=0), "account_must_be_open"),
    (dict(account=-1), "account_must_be_open"), (dict(account=(1 << 31) - 1), "account_must_be_open"),
    (dict(instrument=-1), "instrument_must_exist"), (dict(instrument=512), "instrument_must_exist"),
    (dict(instrument=511), "instrument_must_be_listed"), (dict(display_lots=-1), "display_must_be_within_size"),
    (dict(display_lots=11), "display_must_be_within_size"), (dict(flags=1 << 30), "flags_must_be_compatible"),
    (dict(time_in_force=3), "expiry_must_be_in_future"), (dict(time_in_force=9), "time_in_force_must_be_known"),
    (dict(self_trade_mode=9), "time_in_force_must_be_known"), (dict(oco_order_id=99), "oco_partner_must_exist"),
    (dict(stop_ticks=(1 << 31) - 1), "trigger_must_be_in_range"),
])
def test_numbers_outside_their_bounds_are_refused_by_name(fields, reason):
    """ORDR-002"""
    world = Venue()
    world.deposit(ann=100_000)
    order = dict(account=ANN, instrument=1, side=BUY, size_lots=10, price_ticks=1_000, order_type=1, order_id=5)
    assert world.refusal(world.send("PLACE_ORDER", **{**order, **fields})) == reason


def test_a_position_of_zero_is_nothing_to_close_or_to_change():
    """ORDR-006, MARG-016: every command on a position that is not there has its name."""
    world = Venue()
    world.deposit(ann=10_000)
    close = dict(account=ANN, instrument=1, order_type=2, side=SELL, order_id=1, flags=world.codes.FLAG_CLOSE)
    assert world.refusal(world.send("PLACE_ORDER", **close)) == "position_must_be_open"
    reduce = dict(close, flags=world.codes.FLAG_REDUCE_ONLY, size_lots=1)
    assert world.refusal(world.send("PLACE_ORDER", **reduce)) == "reduce_only_must_reduce"
    moved = world.send("MOVE_COLLATERAL", account=ANN, instrument=1, amount_atoms=5)
    assert world.refusal(moved) == "position_must_be_isolated"
    world.isolate(ANN)
    moved = world.send("MOVE_COLLATERAL", account=ANN, instrument=1, amount_atoms=5)
    assert world.refusal(moved) == "position_must_be_isolated"
    for mark in (1, 10_000):
        assert world.story(world.mark(mark)) == []
    finish(world)


def test_one_lot_lives_and_dies_like_any_other():
    """LIQD-005, VALU-004: one lot with the least collateral there is."""
    world = Venue(taker_fee_ppb=1_000_000, close_fee_reserve=1)
    world.deposit(ann=150, bob=10_000)
    world.isolate(ANN, 10)
    world.trade(ANN, BOB, 1, 1_000)
    assert world.size(ANN) == 1
    world.mark(500)
    assert world.size(ANN) == 0 and world.balance(ANN) >= 0
    finish(world)


# ---------------------------------------------------------------- the price halves, nobody bids, the fund is empty
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("socialize", [0, 1])
@pytest.mark.parametrize("fund", [0, 7, 10**9])
@pytest.mark.parametrize("shape", ["linear", "inverse"])
def test_a_price_that_halves_in_one_tick_over_an_empty_book(policy, socialize, fund, shape):
    """LIQD-005, LIQD-011, LOSS-001, LOSS-002, LOSS-003, ADLV-006: whatever the policy, everything is paid by somebody
    with a name."""
    inverse = dict(kind=2, lot_value_numerator=10**6, inverse_parts_per_lot=1)
    world = Venue(adl_policy=policy, adl_cap_ppb=PPB // 2, socialize_losses=socialize,
                  **(inverse if shape == "inverse" else {}))
    world.deposit(ann=12_000, bob=12_000, cat=30_000, dan=200_000, eve=200_000)
    if fund:
        world.fund(fund)
    world.isolate(ANN, 10)
    world.trade(ANN, DAN, 80, 1_000)
    world.trade(BOB, EVE, 80, 1_000)
    world.trade(CAT, EVE, 20, 1_000)
    before = world.balance(DAN) + world.balance(EVE)
    events = list(world.mark(500)) + [event for _step in range(5) for event in world.advance(10)]
    kinds = set(world.kinds(events))
    assert {"LIQUIDATION_STARTED", "POSITION_TAKEN_OVER", "LIQUIDATION_ENDED"} <= kinds
    assert world.size(ANN) == world.size(BOB) == 0 and world.balance(ANN) >= 0 == world.balance(BOB)
    if fund < 10**6 and policy == 0:
        assert ("LOSS_SOCIALIZED" if socialize else "DEFICIT_BOOKED") in kinds
    if fund < 10**6 and policy in (1, 2):
        assert "DELEVERAGED" in kinds and world.deficit == 0
    assert world.insurance >= 0 and world.equity(DAN) + world.equity(EVE) >= before - 1
    finish(world)


@pytest.mark.parametrize("policy", POLICIES)
def test_everyone_on_one_side(policy):
    """ADLV-006, ADLV-007, LEDG-004: thirty longs against one short; all longs go down at once."""
    world = Venue(adl_policy=policy, adl_cap_ppb=PPB)
    longs = range(30, 60)
    world.open_accounts(*longs, atoms=1_100)
    world.deposit(bob=10_000_000)
    for number in longs:
        world.trade(number, BOB, 10, 1_000)
    world.mark(700)
    finish(world)
    assert all(world.size(number) == 0 for number in longs)
    taken = sum(int(row.size_lots) for row in world.takeovers())
    assert taken + world.size(BOB) == 0
    if policy in (1, 2, 3):
        assert world.size(BOB) == 0 and world.contract.open_interest_lots == 0
    assert world.equity(BOB) > 10_000_000


def test_a_market_maker_that_is_gone_leaves_takeovers_that_wait():
    """LIQD-011, LIQD-012: with a rich fund and nobody bidding the rest is posted, and sold when somebody comes."""
    world = Venue(disposal_limit_ppb=PPB // 20)
    world.deposit(ann=11_000, bob=1_000_000, cat=1_000_000)
    world.fund(10**6)
    world.trade(ANN, BOB, 100, 1_000)
    world.mark(939)
    assert sum(int(row.size_lots) for row in world.takeovers()) == 100
    world.order(CAT, BUY, 100, 938)
    world.mark(938)
    assert world.takeovers() == [] and world.size(CAT) == 100
    finish(world)


def test_a_halving_there_and_back_in_small_budgets():
    """LIQD-008: a ring that waits while the mark returns: who recovered goes free, who was taken stays taken."""
    world = Venue()
    accounts = range(30, 50)
    world.open_accounts(*accounts, atoms=2_000)
    world.deposit(bob=10_000_000)
    for number in accounts:
        world.trade(number, BOB, 10, 1_000)
    world.state.work_budget = 24
    world.mark(840)
    world.state.work_budget = 1
    assert world.state.liquidation_ring.count > 10
    world.mark(1_000)
    for _step in range(400):
        world.advance(5)
    free = [number for number in accounts if world.size(number) == 10]
    assert len(free) >= 15 and "margin_recovered" in {world.reason(event) for event in world.events}
    finish(world)


# ---------------------------------------------------------------- index and funding
def test_an_index_without_a_live_source_freezes_and_liquidates_nobody():
    """INDX-004, INDX-007, MARK-006: the mark stands, trading goes on at it, and a thaw takes up the new price."""
    world = PricedVenue()
    world.rule("STALE_AFTER_NS", 60 * 10**9)
    world.rule("SOURCES_MIN", 1)
    for number in range(2):
        world.source(number, PPB // 2)
        world.price(number, 1_000, 1)
    world.list(funding_interval_ns=0, premium_sample_ns=0)
    world.open_accounts(ANN, BOB, atoms=15_000)
    world.advance(2)
    world.trade(ANN, BOB, 100, 1_000, 3)
    events = world.advance(300)
    assert "INDEX_FROZEN" in world.kinds(events) and world.index.frozen
    assert world.contract.mark_price_units == 1_000
    world.trade(BOB, ANN, 10, 1_000, 400)
    assert not world.of(world.events, "LIQUIDATION_STARTED")
    events = [*world.price(0, 700, 500), *world.price(1, 700, 501)]
    for second in range(502, 520):
        events += world.advance(second)
    assert "INDEX_THAWED" in world.kinds(events) and "POSITION_TAKEN_OVER" in world.kinds(events)


@pytest.mark.parametrize("sign", [1, -1])
def test_funding_at_its_cap_until_nobody_is_left(sign):
    """FUND-004, FUND-006, LIQD-008: a cap of 2 % an interval eats a holder's equity; liquidation, not debt, ends it."""
    cap = PPB // 50
    world = Venue(funding_interval_ns=HOUR, funding_offset_ns=0, premium_sample_ns=0, interest_ppb=sign * PPB // 10,
                  funding_clamp_ppb=PPB, funding_cap_ppb=cap, funding_step_cap_ppb=0, funding_delayed=0)
    world.deposit(ann=14_000, bob=14_000)
    world.trade(ANN, BOB, 100, 1_000)
    for hour in range(1, 12):
        world.advance(hour * 3_600)
        world.advance(hour * 3_600 + 1)
        rates = {int(event["rate_ppb"]) for event in world.of(world.events, "FUNDING_RATE_SET")}
        assert rates <= {sign * cap, 0}
    payer, receiver = (ANN, BOB) if sign > 0 else (BOB, ANN)
    assert world.size(payer) == 0 and world.balance(payer) >= 0
    assert world.equity(receiver) > 14_000
    finish(world)


def test_gaps_of_years_are_lived_through_or_skipped_by_name():
    """FUND-009: a gap of ten years of hourly stamps neither hangs nor overflows."""
    world = Venue(funding_interval_ns=HOUR, funding_offset_ns=0, premium_sample_ns=60 * 10**9, interest_ppb=100_000,
                  funding_clamp_ppb=PPB, funding_cap_ppb=PPB // 50)
    world.deposit(ann=50_000, bob=50_000)
    world.trade(ANN, BOB, 100, 1_000)
    world.advance(10 * 365 * 86_400)
    assert "funding_stamps_skipped" in {world.reason(event) for event in world.events}
    for _step in range(3):
        world.advance(10 * 365 * 86_400 + 1)
    assert sum(world.cash().values()) == 0


def test_deposits_stop_at_the_bound_of_an_asset():
    """LEDG-003: all cash of an asset stays below 2^60 atoms, by name."""
    world = Venue()
    world.deposit(ann=1 << 59)
    last = world.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=(1 << 59) + 1)
    assert world.refusal(last) == "value_must_be_in_range"
    assert world.kinds(world.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=1 << 59)) == ["DEPOSITED"]
    assert world.refusal(world.fund(1)) == "value_must_be_in_range"
    gone = world.send("WITHDRAW", account=ANN, asset=COIN, amount_atoms=1 << 60)
    assert world.kinds(gone) == ["WITHDRAWN"]


def test_settlement_of_a_crowd_with_a_bankrupt_among_them():
    """SETL-002, SETL-004, SETL-005: who cannot pay the settlement price is brought to zero, the rest is exact."""
    world = Venue(socialize_losses=1)
    world.deposit(ann=10_500, bob=300_000, fay=300_000)
    world.trade(ANN, BOB, 100, 1_000)
    world.trade(FAY, BOB, 50, 1_000)
    stamp = int(world.state.now_ns) + 10**9
    world.send("SCHEDULE_SETTLEMENT", instrument=1, value=stamp)
    world.state.bands_off = 1                    # a mark that jumps at the very stamp: liquidation had no turn
    world.mark(800)
    world.state.bands_off = 0
    world.advance(10)
    for _step in range(20):
        world.advance(11)
    assert world.contract.state == world.codes.STATE_SETTLED
    assert world.balance(ANN) == 0 and world.size(FAY) == 0 and world.balance(FAY) == 300_000 - 50 * 200
    assert sum(world.cash().values()) == 0
