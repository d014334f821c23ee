"""Candles against a fold of the same events in plain Python."""
import pytest
from market_world import ANN, BOB, START, SYMBOL, MarketWorld, random_flow

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.units import MINUTE

pytestmark = pytest.mark.skipif(not COMPILED, reason="over the compiled engine")


def test_a_minute_without_a_trade_is_flat():
    """MKTV-007, SERV-006"""
    world = MarketWorld("7905.00")
    world.deposit(ANN, BOB)
    assert world.snapshot("candles", ".1m") == []
    for seconds, price in ((36_005, "7900.0"), (36_059, "7910.0"), (36_121, "7905.0")):
        world.at(seconds)
        world.trade(ANN, BOB, 10, price)
    ten, one, two = world.snapshot("candles", ".1m")
    assert ten == {"time": START // 1_000_000 + 36_000_000, "open": "7900.0", "high": "7910.0", "low": "7900.0",
                   "close": "7910.0", "volume": "20", "mark": "7905.00", "index": "7905.00"}
    assert (one["open"], one["low"], one["close"], one["volume"]) == ("7910.0", "7910.0", "7910.0", "0")
    assert (two["open"], two["high"], two["close"], two["volume"]) == ("7905.0", "7905.0", "7905.0", "10")
    assert [candle["volume"] for candle in world.snapshot("candles", ".5m")] == ["30"]


def naive_candles(events, minutes: int) -> dict[int, list]:
    """Open, high, low, close, lots of the intervals with trades, by number."""
    found: dict[int, list] = {}
    for time_ns, ticks, lots in events:
        number = time_ns // (minutes * MINUTE)
        candle = found.setdefault(number, [ticks, ticks, ticks, ticks, 0])
        candle[1], candle[2], candle[3] = max(candle[1], ticks), min(candle[2], ticks), ticks
        candle[4] += lots
    return found


def test_candles_of_all_intervals_are_the_trades():
    """MKTV-007: and messages applied to a snapshot give the next snapshot."""
    world = MarketWorld()
    client = {one["time"]: one for one in world.snapshot("candles", ".1m")}
    for number, _events in enumerate(random_flow(world, 3, 60, orders=8)):
        if number % 13 == 12:
            world.now += 17 * MINUTE
        if number % 2:
            client.update((one["time"], one) for one in world.changes("candles"))
            shown = world.snapshot("candles", ".1m")
            assert list(client.values())[-500:] == shown
            assert [b["time"] - a["time"] for a, b in zip(shown, shown[1:])] == [60_000] * (len(shown) - 1)
    scale = world.public.market.scale(SYMBOL)
    trades = [tuple(map(int, (event["time_ns"], event["price_ticks"], event["size_lots"])))
              for event in world.events(codes.TRADED)]
    for name, minutes in (("1m", 1), ("5m", 5), ("15m", 15), ("1h", 60)):
        expected, shown = naive_candles(trades, minutes), world.snapshot("candles", f".{name}")
        traded = {one["time"] * 1_000_000 // (minutes * MINUTE): one for one in shown if one["volume"] != "0"}
        assert traded.keys() == expected.keys()
        for number, (opened, high, low, close, lots) in expected.items():
            one = traded[number]
            assert [one["open"], one["high"], one["low"], one["close"]] == [
                scale.price(ticks) for ticks in (opened, high, low, close)]
            assert one["volume"] == scale.size(lots)
    assert shown[-1]["mark"] == scale.mark(world.events(codes.MARKED)["price_units"][-1])


def test_candles_of_history_are_taken_and_those_since_are_kept():
    """MKTV-008"""
    first = MarketWorld()
    for _ in random_flow(first, 3, 30, orders=8):
        pass
    minutes, hours = first.snapshot("candles", ".1m"), first.snapshot("candles", ".1h")
    again = MarketWorld(watch=False)
    again.now = first.now
    again.price("8000.00")
    view = again.views["candles"]
    assert view.load(SYMBOL, minutes) > 5 and view.load(SYMBOL, hours, "1h") >= 1
    assert again.snapshot("candles", ".1m")[:len(minutes) - 1] == minutes[:-1]
    assert again.snapshot("ticker")["volume_24h"] == first.snapshot("ticker")["volume_24h"]
    with_gaps = MarketWorld(watch=False)
    assert with_gaps.views["candles"].load(SYMBOL, [minutes[0], minutes[3]]) == 2
    shown = with_gaps.snapshot("candles", ".1m")
    assert [one["time"] for one in shown] == [one["time"] for one in minutes[:4]]
    assert [(one["open"], one["low"], one["volume"]) for one in shown[1:3]] == [(minutes[0]["close"],) * 2 + ("0",)] * 2
    again.deposit(ANN, BOB)
    again.at((again.now - START) / 10**9 + 60)
    again.trade(ANN, BOB, 7, "8000.0")
    newest = again.snapshot("candles", ".1m")[-1]
    assert newest["volume"] == "7"
    assert view.load(SYMBOL, [{**newest, "volume": "99"}]) == 0


def test_an_interval_that_is_not_there_is_named():
    """SERV-004"""
    with pytest.raises(KeyError, match="1m, 5m, 15m, 1h"):
        MarketWorld().views["candles"].snapshot(f"candles.{SYMBOL}.2m", 0)
