"""Positions and wallets as people see them: the engine's own figures, told when they change."""
from math import log, sqrt

import numpy as np
import pytest
from view_world import ANN, BOB, CAT, DAN, XBT, ViewWorld

from steelyard import codes
from steelyard.api.commands import Deposit, SetAccount, SetLeverage, SetMarginMode, Side, Target
from steelyard.api.tables import measures
from steelyard.kernel import COMPILED
from steelyard.node.tables import state_digest
from steelyard.units import MINUTE
from steelyard.views.accounts import AccountsView, ratio
from steelyard.views.costs import Costs
from steelyard.views.view import CROWD_FIRST_ACCOUNT
from steelyard.views.volatility import Volatility

compiled = pytest.mark.skipif(not COMPILED, reason="read models look at the tables of the compiled engine")


class Stopwatch:
    """Monotonic time that moves when told."""

    def __init__(self):
        self.now_ns = 0

    def __call__(self):
        return self.now_ns


@pytest.fixture
def world():
    clock = Stopwatch()
    world = ViewWorld(lambda world: AccountsView(world.engine, world.scales, clock))
    world.clock, world.view = clock, world.views[0]
    return world


def told(world, channel, account):
    """What the next round tells an account."""
    return next((one.data for one in world.view.changes() if (one.channel, one.account) == (channel, account)), [])


@compiled
def test_figures_are_the_engines(world):
    """VIEW-005"""
    world.send(SetLeverage.times(ANN, world.swap.id, 20), SetMarginMode(ANN, world.swap.id, True))
    world.order(BOB, Side.SELL, 12_000, 8001)
    world.order(ANN, Side.BUY, 12_000, 8001)
    before = state_digest(world.engine.states)
    row = world.view.rows_of(ANN)[0][0]
    measured, _ = measures(world.engine, np.array([row.row]), np.zeros(0, np.int64))
    for name in measured.dtype.names:
        assert getattr(row, name) == int(measured[name][0])
    shown = world.view.snapshot("positions", ANN)[0]
    assert (shown["symbol"], shown["size"], shown["side"], shown["margin_mode"], shown["leverage"]) == (
        "XBTUSD", "12000", "long", "isolated", "20")
    assert float(shown["liquidation_price"]) == row.liquidation_units / 100
    assert float(shown["distance"]) == pytest.approx(1 - float(shown["liquidation_price"]) / 8000, abs=1e-5)
    assert world.view.snapshot("positions", BOB)[0]["size"] == "-12000"
    assert state_digest(world.engine.states) == before


@compiled
def test_what_changed_is_told_once_and_a_closed_position_with_size_0(world):
    """VIEW-005"""
    world.view.watch("positions", ANN, True)
    world.order(BOB, Side.SELL, 100, 8001)
    world.order(ANN, Side.BUY, 100, 8001)
    assert [one["size"] for one in told(world, "positions", ANN)] == ["100"]
    assert told(world, "positions", ANN) == []
    world.price(8010)
    assert [one["mark"] for one in told(world, "positions", ANN)] == ["8010.00"]
    world.order(BOB, Side.BUY, 100, 8000)
    world.order(ANN, Side.SELL, 100, 8000)
    assert [(one["symbol"], one["size"]) for one in told(world, "positions", ANN)] == [("XBTUSD", "0")]
    assert told(world, "positions", ANN) == []


@compiled
def test_who_asks_in_between_takes_no_change_from_a_subscriber(world):
    """VIEW-005: a page over REST reads the same snapshot."""
    for channel in ("positions", "wallet"):
        world.view.watch(channel, ANN, True)
        world.view.snapshot(channel, ANN)
    world.order(BOB, Side.SELL, 100, 8001)
    world.order(ANN, Side.BUY, 100, 8001)
    assert world.view.snapshot("positions", ANN) and world.view.snapshot("wallet", ANN)
    changed = {one.channel: one.data for one in world.view.changes()}
    assert [one["size"] for one in changed["positions"]] == ["100"] and changed["wallet"]
    assert world.view.changes() == []


@compiled
def test_wallets_add_up(world):
    """VIEW-006"""
    world.view.watch("wallet", ANN, True)
    world.send(SetMarginMode(CAT, world.swap.id, True))
    world.order(BOB, Side.SELL, 2_000, 8001)
    for account in (ANN, CAT):
        world.order(account, Side.BUY, 1_000, 8001)
        world.order(account, Side.BUY, 500, 7_000)
    assert told(world, "wallet", ANN) and not told(world, "wallet", ANN)
    for account in (ANN, CAT):
        row = world.view.rows_of(account)[1][0]
        wallet = world.engine.state.wallets[row.row]
        assert row.position_margin_atoms + row.order_margin_atoms == int(wallet.initial_requirement_atoms)
        assert row.order_margin_atoms > 0 and (row.isolated_atoms > 0) == (account == CAT)
        assert row.available_atoms <= row.equity_atoms
    shown = world.view.snapshot("wallet", CAT)[0]
    assert shown["asset"] == "XBT" and float(shown["total_equity"]) > float(shown["equity"])


def test_margin_ratio_ends_at_9_9999():
    """VIEW-006"""
    assert [ratio(*one) for one in ((500, 1_000), (1_000, 1_000), (5, -1), (0, 0))] == [
        "0.5000", "1.0000", "9.9999", "0.0000"]


def test_costs_follow_what_is_open():
    """VIEW-007"""
    costs = Costs()
    costs.trade(10, 100, 0)
    costs.fund(50)
    costs.trade(-5, 30, 400)
    assert (costs.carried_atoms, costs.fees_paid_atoms, costs.funding_paid_atoms, costs.realized_atoms) == (
        75, 130, 50, 400)
    costs.trade(-15, 30, 700)
    assert (costs.size_lots, costs.carried_atoms, costs.fees_paid_atoms, costs.realized_atoms) == (-10, 20, 20, 0)
    costs.trade(10, 5, -3)
    assert (costs.size_lots, costs.carried_atoms, costs.realized_atoms) == (0, 0, -3)


@compiled
def test_costs_of_the_view_are_those_of_the_events(world):
    """VIEW-007"""
    world.order(BOB, Side.SELL, 1_000, 8001)
    world.order(ANN, Side.BUY, 1_000, 8001)
    world.order(BOB, Side.BUY, 400, 8000)
    world.order(ANN, Side.SELL, 400, 8000)
    shown = world.view.snapshot("positions", ANN)[0]
    events = world.engine.state.positions[world.view.rows_of(ANN)[0][0].row]
    assert int(round(float(shown["realized"]) * 1e8)) == int(events.realized_atoms)
    assert shown["fees_paid"] == "0.00013123"
    again = AccountsView(world.engine, world.scales, world.clock)
    again.costs.load(world.view.costs.rows())
    assert again.snapshot("positions", ANN)[0] == {**shown, "updated": again.snapshot("positions", ANN)[0]["updated"]}


@compiled
def test_closing_at_break_even_leaves_nothing(world):
    """VIEW-008"""
    world.order(BOB, Side.SELL, 12_000, 8001)
    world.order(ANN, Side.BUY, 12_000, 8001)
    before = world.view.rows_of(ANN)[1][0].balance_atoms
    held = world.view.rows_of(ANN)[0][0]
    price = -(-held.break_even_units // 50) * 50 / 100
    start = 100_000_000
    assert before < start
    world.price(price)
    world.order(CAT, Side.BUY, 12_000, price)
    world.order(ANN, Side.SELL, 12_000, price)
    assert 0 <= world.view.rows_of(ANN)[1][0].balance_atoms - start < 12_000 * 12


@compiled
def test_stops_and_targets_of_a_position(world):
    """VIEW-009"""
    world.order(BOB, Side.SELL, 400, 8000)
    world.order(ANN, Side.BUY, 400, 8000, stop_ticks=world.ticks(7900),
                targets=(Target(world.ticks(8100), 500_000_000), Target(world.ticks(8200), 500_000_000)))
    world.order(ANN, Side.SELL, 100, order_type=codes.OrderType.STOP_MARKET, time_in_force=codes.TimeInForce.GTC,
                trigger_ticks=world.ticks(7950), flags=codes.Flag.REDUCE_ONLY)
    shown = world.view.snapshot("positions", ANN)[0]
    assert (shown["stop_price"], shown["stop_size"]) == ("7950.00", "400")
    assert shown["target_prices"] == ["8100.00", "8200.00"]
    row = world.view.rows_of(ANN)[0][0]
    one, other = (int(np.floor(1e8 / price + 0.5)) for price in (7950, 7900))
    fees = (one * 100 * 75 // 100_000) + (other * 300 * 75 // 100_000)
    assert row.stop_loss_atoms == row.entry_value_atoms + 100 * one + 300 * other + fees


def test_volatility_of_even_moves():
    """VIEW-010"""
    volatility = Volatility()
    for minute in range(200):
        volatility.mark(10_000 if minute % 2 else 10_010, minute * MINUTE)
        volatility.mark(99_999, minute * MINUTE + 1_000)          # too soon to count
    assert volatility.daily == pytest.approx(log(1.001) * sqrt(1440), rel=1e-9)
    assert Volatility().daily is None


@compiled
def test_distance_in_days_of_ordinary_moves(world):
    """VIEW-010"""
    world.send(SetLeverage.times(ANN, world.swap.id, 20), SetMarginMode(ANN, world.swap.id, True))
    world.order(BOB, Side.SELL, 100, 8001)
    world.order(ANN, Side.BUY, 100, 8001)
    assert world.view.snapshot("positions", ANN)[0]["distance_volatility"] is None
    for minute in range(30):
        world.price(8000 if minute % 2 else 8008, seconds=60)
    shown = world.view.snapshot("positions", ANN)[0]
    daily = world.view.volatilities.daily(world.swap.id)
    assert daily == pytest.approx(log(1.001) * sqrt(1440), rel=0.01)
    assert float(shown["distance_volatility"]) == pytest.approx(float(shown["distance"]) / daily, abs=0.01)


@compiled
def test_the_queue_of_deleveraging(world):
    """VIEW-011"""
    accounts = [CROWD_FIRST_ACCOUNT + at for at in range(9)]
    world.send(*(SetAccount(one) for one in accounts), *(Deposit(one, XBT, 10**7 * (at + 1)) for at, one in
                                                         enumerate(accounts)), Deposit(DAN, XBT, 10**9))
    world.view.watch("positions", ANN, True)
    for account in (*accounts, ANN):
        world.order(DAN, Side.SELL, 1000, 8000)
        world.order(account, Side.BUY, 1000, 8000)
    assert told(world, "positions", ANN)[0]["adl_rank"] == 0
    world.clock.now_ns += 10**9
    world.price(8100)
    # one XBT of deposit: behind the nine with less; the first has a tenth of it
    assert told(world, "positions", ANN)[0]["adl_rank"] == 1
    world.view._ranked_ns = -(1 << 62)
    world.view.watch("positions", accounts[0], True)
    world.view.changes()
    assert world.view._adl_rank(world.view.rows_of(accounts[0])[0][0]) == 5
    assert world.view._adl_rank(world.view.rows_of(accounts[3])[0][0]) == 4


def test_what_a_position_cost_comes_back_from_its_fills_and_funding():
    """VIEW-007: after a restart the same as if the venue had gone on."""
    story = [(1, 10, 100, 0), (2, 0, 50, 0), (3, -5, 7, 40), (4, 3, 9, 0), (5, 0, -20, 0)]
    lived = Costs()
    for _, lots, paid, realized in story:
        lived.trade(lots, paid, realized) if lots else lived.fund(paid)
    assert lived.size_lots == 8 and lived.carried_atoms == 75 + 9 - 20
    again = Costs(size_lots=8)
    again.replay(story[::-1])
    assert again == lived
    through = Costs(size_lots=-4)
    through.trade(10, 100, -3)
    again = Costs(size_lots=6)
    again.replay([(9, 10, 100, -3)])
    assert again == through and again.fees_paid_atoms == 60
    missing = Costs(size_lots=16)
    missing.replay(story[:2])
    assert (missing.size_lots, missing.carried_atoms, missing.funding_paid_atoms) == (16, 150, 50)


def test_margin_level_and_buffer():
    """MARG-033, SPOT-003: 150 free over a threshold of 100 and an initial margin of 200: half; a level of 3.8220 (K21's
    kind); without positions neither."""
    from types import SimpleNamespace

    from steelyard.views.accounts import buffer_text, level_text

    def row(equity, orders, maintenance, initial):
        return SimpleNamespace(equity_atoms=equity, order_margin_atoms=orders, maintenance_atoms=maintenance,
                               position_margin_atoms=initial)
    assert buffer_text(row(160, 10, 100, 200)) == "0.500000" and buffer_text(row(90, 0, 100, 200)) == "-0.100000"
    assert buffer_text(row(500, 0, 0, 0)) is None
    assert level_text(row(38_220, 0, 0, 10_000)) == "3.8220" and level_text(row(-5, 0, 0, 10)) == "-0.5000"
    assert level_text(row(5, 0, 0, 0)) is None
