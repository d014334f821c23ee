"""Public liquidations: stages, leverage and surplus against the engine's events, and never an account."""
import json

import pytest
from market_world import ANN, BOB, CAT, COIN, SYMBOL, MarketWorld

from steelyard import codes
from steelyard.engine.records import FIRST_TRADER_ACCOUNT
from steelyard.kernel import COMPILED
from steelyard.views.liquidations import PER_MESSAGE

pytestmark = pytest.mark.skipif(not COMPILED, reason="over the compiled engine")


def short_of_margin(leverage=25, isolated=True, bid=None):
    """Ann is long 10,000 at 8,000 on 25x (or what is said) and the index falls to 7,700; Cat may bid."""
    world = MarketWorld()
    world.deposit(ANN, BOB, CAT)
    if isolated:
        world.isolate(ANN, leverage)
    world.trade(ANN, BOB, 10_000, "8000.0")
    if bid:
        world.order(CAT, 1, 20_000, bid)
    world.changes("liquidations")
    world.price("7700.00")
    return world


def test_an_isolated_position_goes_through_its_stages():
    """MKTV-009, MKTV-010, MKTV-011, SERV-006"""
    world = short_of_margin()
    started, = world.events(codes.LIQUIDATION_STARTED)
    taken, = world.events(codes.POSITION_TAKEN_OVER)
    row, = world.changes("liquidations")[0]
    assert row == {"id": str(started["sequence"]), "symbol": SYMBOL, "side": "long", "size": "10000",
                   "price": world.public.market.scale(SYMBOL).mark(taken["price_units"]),
                   "value": f"{abs(int(taken['value_atoms'])) / COIN:.8f}", "leverage": row["leverage"],
                   "stage": "taken_over", "surplus": "0.00000000", "time": row["time"]}
    assert 24 < float(row["leverage"]) <= 25                  # the collateral has a fee reserve on top
    world.order(CAT, 1, 20_000, "7800.0")                     # takes what the engine offers at the bankruptcy price
    closed, = world.changes("liquidations")[0]
    end, = world.events(codes.TAKEOVER_CLOSED)
    assert (closed["id"], closed["stage"], closed["size"]) == (row["id"], "closed", "10000")
    assert closed["surplus"] == f"{int(end['realized_atoms']) / COIN:.8f}"
    assert world.snapshot("liquidations") == [closed] and world.changes("liquidations") == []


def test_a_surplus_is_what_the_fund_was_given():
    """MKTV-011: Cat bids above the bankruptcy price."""
    world = short_of_margin(leverage=10, bid="7790.0")
    assert world.snapshot("liquidations") == []
    world.price("7250.00")
    rows = world.snapshot("liquidations")
    gained = world.events(codes.INSURANCE_CHANGED)
    gained = gained[gained["reason"] == codes.insurance_surplus]["cash_atoms"].sum()
    assert [row["stage"] for row in rows] == ["closed"] and gained > 0
    assert rows[0]["surplus"] == f"{int(gained) / COIN:.8f}"


def test_a_cross_position_appears_with_its_takeover_at_the_leverage_chosen():
    """MKTV-009, MKTV-010"""
    world = MarketWorld()
    world.deposit(BOB, CAT)
    world.deposit(ANN, coins=0.03)
    world.send(dict(kind=codes.SET_MARGIN_MODE, account=ANN, instrument=1, value=0),
               dict(kind=codes.SET_LEVERAGE, account=ANN, instrument=1, value=20_000_000))
    world.trade(ANN, BOB, 10_000, "8000.0")
    world.price("7700.00")
    rows = world.snapshot("liquidations")
    assert [(row["stage"], row["side"], row["leverage"]) for row in rows] == [("taken_over", "long", "50")]


def test_a_message_is_bounded_and_the_rest_follows():
    """MKTV-011, SERV-004"""
    world, accounts = MarketWorld(), range(FIRST_TRADER_ACCOUNT + 10, FIRST_TRADER_ACCOUNT + 60)
    world.deposit(BOB, coins=1000)
    for account in accounts:
        world.deposit(account, coins=0.1)
        world.isolate(account, 50)
        world.trade(account, BOB, 100 + account, "8000.0")
    world.changes("liquidations")
    world.price("7700.00")
    client, told = {}, []
    for _ in range(10):
        for message in world.changes("liquidations"):
            told.append(len(message))
            client.update((row["id"], row) for row in message)
    assert told == [PER_MESSAGE, PER_MESSAGE, 10]
    shown = world.snapshot("liquidations")
    assert sorted(client.values(), key=lambda row: int(row["id"])) == shown and len(shown) == 50
    assert "account" not in json.dumps(shown)


def test_history_comes_first():
    """MKTV-008"""
    world = short_of_margin()
    world.views["liquidations"].load(SYMBOL, [{"id": "1"}])
    assert [row["id"] for row in world.snapshot("liquidations")][0] == "1"
