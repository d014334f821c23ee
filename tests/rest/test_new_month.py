"""A month that is listed while the venue runs, as people see it."""
from __future__ import annotations

from datetime import UTC, datetime

from rest_world import error_of, order, running

from steelyard.api.commands import Advance, records
from steelyard.feeds import open_feed
from steelyard.feeds.clock import FeedClock
from steelyard.units import SECOND


def at(*when) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * SECOND


def test_a_new_month_is_listed_and_traded_without_a_restart(tmp_path):
    """CALR-011: in no list and refused before; then it is listed, takes orders and shows its book and its ticker."""
    feed = open_feed("none", tmp_path)
    feed.clock = FeedClock(at(2018, 1, 28, 23, 30))
    with running(tmp_path, feed=feed, venue="cme", as_of="2018-01-28", symbols=("BTC",)) as world:
        venue = world.application.venue

        def pass_time(*when):
            world.call(feed.clock.not_before, at(*when))
            for _turn in range(2):
                world.run(venue.ask(records([Advance(at(*when))])))

        pass_time(2018, 1, 28, 23, 59)
        march = next(one for one in venue.instruments if one.symbol.endswith("H18"))
        trader = world.trader()
        wanted = {**order(), "symbol": march.symbol, "price": "11000", "size": "1"}
        listed = [one["symbol"] for one in trader.get("/instruments").json()["items"]]
        assert march.symbol not in listed and listed == ["BTCG18"]
        assert [one["symbol"] for one in trader.get("/tickers").json()["items"]] == listed
        assert error_of(trader.post("/orders", json=wanted))["code"] == "instrument_must_be_listed"
        assert trader.post("/preview", json=wanted).status_code < 500
        bound = world.client()
        account = bound.signed_in(bound.post("/paper?jurisdiction=HK&client=retail"))["account"]
        pass_time(2018, 1, 29, 0, 1)
        items = {one["symbol"]: one for one in trader.get("/instruments").json()["items"]}
        assert set(items) == {*listed, march.symbol} and items[march.symbol]["state"] == "trading"
        rows = venue.engine.states["instruments"][0]
        number = venue.engine.states["accounts"][0][account]["client_class"]
        rules = [rows[one.id]["client_rules"][number] for one in (venue.instruments[0], march)]
        assert number != 0 and rules[0] == rules[1], "who lives where binds the new month too (ELIG-010)"
        world.publish("11000")
        answer = trader.post("/orders", json=wanted)
        assert answer.status_code == 200 and answer.json()["state"] == "open", answer.text
        assert trader.get(f"/depth/{march.symbol}").json()["bids"][0][0] == "11000"
        ticker = next(one for one in trader.get("/tickers").json()["items"] if one["symbol"] == march.symbol)
        assert ticker["bid"] == "11000" and float(ticker["mark"]) > 0
        assert trader.get(f"/risk/{march.symbol}").json()["symbol"] == march.symbol
        assert world.cash_atoms() == [0]
