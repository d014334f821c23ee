"""The tape: one row per taker order and price, bounded messages, nothing twice and nothing missing."""
import numpy as np
import pytest
from market_world import ANN, BOB, CAT, SYMBOL, MarketWorld, random_flow

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.views.market_kernels import TRADE
from steelyard.views.trades import PER_MESSAGE, bounded

pytestmark = pytest.mark.skipif(not COMPILED, reason="over the compiled engine")


def test_fills_of_one_taker_at_one_price_are_one_trade():
    """MKTV-005, SERV-006"""
    world = MarketWorld()
    world.deposit(ANN, BOB, CAT)
    for account, lots, price in ((BOB, 30, "7900.0"), (CAT, 50, "7900.0"), (BOB, 20, "7901.0")):
        world.order(account, -1, lots, price)
    world.at(7.25)
    world.order(ANN, 1, 100, "7901.0")
    told = world.changes("trades")
    assert [(one["price"], one["size"]) for one in told[0]] == [("7900.0", "80"), ("7901.0", "20")]
    assert told[0][0] == {"id": told[0][0]["id"], "price": "7900.0", "size": "80", "side": "buy", "liquidation": False,
                          "time": 1_583_971_207_250}
    assert world.changes("trades") == [] and world.snapshot("trades") == told[0]
    world.order(BOB, -1, 10, "7900.0")
    world.order(ANN, 1, 4, "7900.0")
    world.order(ANN, 1, 6, "7900.0")                          # another order: another trade, at the same price
    assert [one["size"] for one in world.changes("trades")[0]] == ["4", "6"]


@pytest.mark.parametrize("seed", range(2))
def test_the_tape_is_the_fills_added_up(seed):
    """MKTV-005, SERV-004: every fill is in exactly one trade; a snapshot continues where the messages are."""
    world, told, expected = MarketWorld(), [], {}
    for events in random_flow(world, seed, 40, orders=12):
        for event in events[events["kind"] == codes.TRADED]:
            key = int(event["order_id"]), int(event["command_sequence"]), int(event["price_ticks"])
            first, lots = expected.get(key, (int(event["sequence"]), 0))
            expected[key] = first, lots + int(event["size_lots"])
        assert world.snapshot("trades") == told[-100:]
        for message in world.changes("trades"):
            assert len(message) <= PER_MESSAGE
            told += message
    scale = world.public.market.scale(SYMBOL)
    fills = [(str(first), scale.size(lots)) for first, lots in expected.values()]
    assert [(one["id"], one["size"]) for one in told] == fills
    assert len(told) > 50


def test_a_long_message_is_added_up_by_price_side_and_kind():
    """MKTV-006"""
    draw = np.random.default_rng(1)
    rows = np.zeros(300, TRADE)
    rows["id"], rows["time_ns"] = np.arange(300), np.arange(300)
    rows["price_ticks"], rows["side"] = draw.integers(100, 107, 300), draw.choice([-1, 1], 300)
    rows["size_lots"] = draw.integers(1, 50, 300)
    short = bounded(rows)
    assert len(short) == 14 and short["size_lots"].sum() == rows["size_lots"].sum()
    assert (np.diff(short["id"]) > 0).all() and short["id"][-1] == 299
    for row in short:
        same = rows[(rows["price_ticks"] == row["price_ticks"]) & (rows["side"] == row["side"])]
        assert row["size_lots"] == same["size_lots"].sum() and row["id"] == same["id"][-1]
    rows["price_ticks"] = np.arange(300)
    assert bounded(rows)["id"].tolist() == list(range(280, 300))
    assert bounded(rows[:PER_MESSAGE])["id"].tolist() == list(range(PER_MESSAGE))


def test_trades_of_history_come_first():
    """MKTV-008"""
    world = MarketWorld()
    world.deposit(ANN, BOB)
    old = [{"id": str(number), "price": "1.0"} for number in range(150)]
    world.views["trades"].load(SYMBOL, old)
    world.trade(ANN, BOB, 5, "8000.0")
    world.changes("trades")
    shown = world.snapshot("trades")
    assert len(shown) == 100 and shown[:99] == old[-99:] and shown[-1]["size"] == "5"
