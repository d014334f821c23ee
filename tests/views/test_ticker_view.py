"""A day's figures against the trades themselves."""
import pytest
from market_world import ANN, BOB, SYMBOL, MarketWorld, random_flow

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.units import MINUTE

pytestmark = pytest.mark.skipif(not COMPILED, reason="over the compiled engine")
FIELDS = """symbol state state_until mark index last bid ask mid high_24h low_24h volume_24h turnover_24h change_24h
open_interest open_interest_value funding_rate funding_rate_next funding_time insurance_fund time""".split()


def test_the_ticker_of_a_quiet_venue_and_of_one_with_a_trade():
    """MKTV-004, SERV-006"""
    world = MarketWorld(fund_coins=3)
    empty = world.snapshot("ticker")
    assert list(empty) == FIELDS
    assert (empty["last"], empty["bid"], empty["mid"], empty["high_24h"]) == (None, None, None, None)
    assert (empty["mark"], empty["state"], empty["insurance_fund"]) == ("8000.00", "trading", "3.00000000")
    world.deposit(ANN, BOB)
    world.trade(ANN, BOB, 8000, "8000.0")
    world.at(120)
    world.trade(ANN, BOB, 100, "7900.0")
    world.order(ANN, 1, 5, "7999.5")
    world.order(BOB, -1, 5, "8000.0")
    ticker = world.snapshot("ticker")
    assert (ticker["last"], ticker["high_24h"], ticker["low_24h"]) == ("7900.0", "8000.0", "7900.0")
    assert (ticker["change_24h"], ticker["volume_24h"], ticker["mid"]) == ("-0.0125", "8100", "7999.75")
    assert ticker["turnover_24h"] == "1.01265800"            # 8,000 x 12,500 + 100 x 12,658 satoshi
    assert (ticker["open_interest"], ticker["open_interest_value"]) == ("8100", "1.01250000")


def test_a_ticker_is_told_only_when_something_changed():
    """MKTV-001, SERV-004"""
    world = MarketWorld()
    world.deposit(ANN)
    world.changes("ticker")
    world.send(dict(kind=codes.ADVANCE))
    assert world.changes("ticker") == []
    world.order(ANN, 1, 5, "7999.5")
    assert [one["bid"] for one in world.changes("ticker")] == ["7999.5"]
    assert world.changes("ticker") == []
    world.price("8100.00")
    assert [one["mark"] for one in world.changes("ticker")] == ["8100.00"]


def test_the_day_rolls_over_its_minutes():
    """MKTV-004: against the trades of the last 1,440 minutes, over a random flow of a day and a half."""
    world, trades = MarketWorld(watch=False), []
    for number, events in enumerate(random_flow(world, 5, 60)):
        trades += [(int(event["time_ns"]) // MINUTE, int(event["price_ticks"]), int(event["size_lots"]),
                    int(event["value_atoms"])) for event in events[events["kind"] == codes.TRADED]]
        world.now += 40 * MINUTE
        if number % 7 == 6:
            world.send(dict(kind=codes.ADVANCE))
            now = int(world.engine.state.now_ns) // MINUTE
            inside = [one for one in trades if one[0] > now - 1440]
            ticker, scale = world.snapshot("ticker"), world.public.market.scale(SYMBOL)
            assert ticker["volume_24h"] == scale.size(sum(lots for _, _, lots, _ in inside))
            assert ticker["turnover_24h"] == scale.cash(sum(atoms for *_, atoms in inside))
            closed = [one[1] for one in trades if one[0] <= now - 1440][-1:]       # a quiet minute stands at the close
            prices = [ticks for _, ticks, _, _ in inside]
            assert ticker["high_24h"] in (scale.price(max(prices)), scale.price(max(prices + closed)))
            assert ticker["low_24h"] in (scale.price(min(prices)), scale.price(min(prices + closed)))
    assert len(trades) > 100
