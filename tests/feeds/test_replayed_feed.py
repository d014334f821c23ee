"""A crash on a venue's own book: opened at once, moving ten times a second, switched, stopped and taken up again."""
import asyncio
import time

import numpy as np
import pytest
from running_feed import SMALL, running

from steelyard import codes
from steelyard.engine.records import FIRST_TRADER_ACCOUNT
from steelyard.feeds import FeedError
from steelyard.lab.path import load_path
from steelyard.units import MINUTE, SECOND
from steelyard.views.view import CROWD_FIRST_ACCOUNT, CROWD_FIRST_ORDER_ID


def play(scene, folder, spec=SMALL, **more):
    """Run a scene against a running pair, and return what it returns."""
    async def whole():
        async with running(folder, spec, **more) as pair:
            return await scene(pair)
    return asyncio.run(whole())


def person(pair, account=FIRST_TRADER_ACCOUNT):
    """Commands that give a person an account and paper money."""
    asset = pair.venue.instruments[0].grid.settlement.id
    return np.concatenate([pair.venue.command(codes.SET_ACCOUNT, account=account),
                           pair.venue.command(codes.DEPOSIT, account=account, asset=asset, amount_atoms=10**9)])


def order(pair, side, account=FIRST_TRADER_ACCOUNT, lots=100):
    """A market order of a person; its id is the sequence it gets."""
    return pair.venue.command(codes.PLACE_ORDER, account=account, instrument=pair.venue.instruments[0].id, side=side,
                              size_lots=lots, order_type=codes.ORDER_MARKET, time_in_force=codes.TIF_IOC,
                              order_id=pair.venue.next_sequence)


def test_a_newcomer_meets_a_full_market_just_before_the_fall(tmp_path):
    """FEED-003: within seconds, at 12 March 2020 09:00 UTC, near the path's own price."""
    async def scene(pair):
        path = load_path("covid-2020-03")
        begin_ns = path.start_ns + path.focus[0] * MINUTE
        assert pair.feed.clock.now_ns() - begin_ns < 600 * SECOND
        assert pair.book.best_bid_ticks and pair.book.best_ask_ticks > pair.book.best_bid_ticks
        price = path.prices[path.focus[0], -1]
        assert abs(pair.instrument.index_price_units / price - 1) < 0.01
        assert 300e6 < pair.instrument.open_interest_lots < 2_000e6
        marked = pair.all_events(codes.MARKED)
        assert len(np.unique(marked["time_ns"] // MINUTE)) >= 499, "a mark for every minute of the lead"
        replay = pair.feed.snapshot("replay", 0)
        assert (replay["feed"], replay["speed"], replay["paused"], replay["message"]) == ("crash", 60, False, "running")
        assert replay["start"] < replay["now"] < replay["end"] and 0 < replay["progress"] < 1
    play(scene, tmp_path)


def test_turns_come_ten_times_a_second_and_time_is_never_far_behind(tmp_path):
    """FEED-004"""
    async def scene(pair):
        pair.forget()
        late_s, begun = 0.0, time.monotonic()
        while (now := time.monotonic()) < begun + 3.0:
            await asyncio.sleep(0.005)
            late_s = max(late_s, time.monotonic() - now - 0.005)
        commands, batches = pair.all_commands(), pair.batches
        prices = [batch for _at, batch in batches if (batch.commands["kind"] == codes.PUBLISH_PRICE).any()]
        moved = [batch for batch in prices if (batch.events["kind"] == codes.MARKED).any()]
        assert len(prices) >= 20 - late_s / 0.1 and len(moved) >= 0.9 * len(prices)
        times = np.sort(commands["time_ns"])
        # Where the machine lets this process wait, nothing can be announced, and a moment is worth 60 of the venue's.
        assert np.diff(times).max() <= (1.25 + 60 * late_s) * SECOND, "a second of venue time never passes unannounced"
        assert (np.diff(commands["time_ns"]) >= 0).all()
        crowd = commands[commands["account"] != 0]
        assert crowd["account"].min() >= CROWD_FIRST_ACCOUNT
        placed = crowd[crowd["kind"] == codes.PLACE_ORDER]["order_id"]
        assert placed.min() >= CROWD_FIRST_ORDER_ID and len(np.unique(placed)) == len(placed)
        assert len(pair.all_events(codes.TRADED)) >= 3, "the tape is alive"
    play(scene, tmp_path)


def test_people_trade_among_the_crowd_and_nobodys_time_goes_back(tmp_path):
    """FEED-004: orders of people between two turns are stamped in order."""
    async def scene(pair):
        await pair.venue.ask(person(pair))
        traded = 0
        for turn in range(60):
            told = await pair.venue.ask(order(pair, codes.BUY if turn % 2 else codes.SELL))
            traded += int((told["kind"] == codes.TRADED).any())
            await asyncio.sleep(0.007)
        assert traded == 60
        assert "time_must_not_go_back" not in pair.refusals()
    play(scene, tmp_path, SMALL + ",speed=600")


def test_while_paused_time_stands_and_orders_still_trade(tmp_path):
    """FEED-001, FEED-009"""
    async def scene(pair):
        await pair.venue.ask(person(pair))
        assert pair.feed.control(paused=True)["paused"]
        await asyncio.sleep(0.15)
        now, turns = pair.feed.clock.now_ns(), pair.feed.turns
        pair.forget()
        told = [await pair.venue.ask(order(pair, codes.BUY)) for _ in range(3)]
        assert all((events["kind"] == codes.TRADED).any() for events in told)
        assert {int(time_ns) for events in told for time_ns in events["time_ns"]} == {now}
        assert pair.feed.clock.now_ns() == now and pair.feed.turns == turns
        assert not pair.feed.control(paused=False)["paused"]
        await pair.until(lambda: pair.feed.clock.now_ns() > now + 5 * SECOND)
        assert pair.feed.turns > turns
    play(scene, tmp_path)


def test_speed_restart_and_preset_are_switched_while_it_runs(tmp_path):
    """FEED-009, FEED-003: a new round begins now, at the price that holds."""
    async def scene(pair):
        feed = pair.feed
        assert feed.control(speed="600x")["speed"] == 600 and feed.turn_seconds == pytest.approx(1 / 60)
        await asyncio.sleep(0.5)
        before, now = feed.hundredths, feed.clock.now_ns()
        replay = feed.control(speed=1, restart=True)
        assert replay["start"] * 10**6 >= now - 10**6 and replay["progress"] == 0.0
        assert feed.walk.number == 2
        await asyncio.sleep(0.3)
        assert abs(feed.hundredths / before - 1) < 0.01 and feed.clock.now_ns() > now
        replay = feed.control(preset="october-2025")
        assert replay["name"] == "october-2025" and replay["title"].startswith("1")
        await asyncio.sleep(0.3)
        assert abs(feed.hundredths / before - 1) < 0.01
        for switch, words in (({"speed": 0}, "from 1 to 600"), ({"speed": "x"}, "not a number"),
                              ({"preset": "nothing"}, "there are covid-2020-03")):
            with pytest.raises(FeedError, match=words):
                feed.control(**switch)
        assert feed.changes() and (feed.changes() or True)
    play(scene, tmp_path)


def test_before_the_market_is_open_only_the_speed_can_be_changed(tmp_path):
    """FEED-009"""
    from running_feed import Running
    pair = Running(tmp_path)
    assert pair.feed.control(speed=2)["speed"] == 2
    for switch in ({"paused": True}, {"restart": True}, {"preset": "may-2021"}):
        with pytest.raises(FeedError, match="still opening"):
            pair.feed.control(**switch)
    pair.venue.close()


def test_the_path_ends_and_the_next_round_follows(tmp_path):
    """FEED-003"""
    async def scene(pair):
        feed = pair.feed
        await pair.until(lambda: feed.walk.number == 2)
        assert feed.walk.scale == pytest.approx(feed.hundredths / feed.course.price_at(feed.walk.offset_ns), rel=0.05)
        assert not pair.feed.replay()["paused"]
    play(scene, tmp_path, SMALL + ",speed=600,from=2020-03-13T23:50Z")


def test_without_loop_time_stands_at_the_end(tmp_path):
    """FEED-006"""
    async def scene(pair):
        await pair.until(lambda: pair.feed.replay()["paused"])
        assert "has ended" in pair.feed.replay()["message"] and pair.feed.walk.number == 1
    play(scene, tmp_path, SMALL + ",speed=600,loop=no,from=2020-03-13T23:55Z")


def test_through_the_fall_positions_are_taken_over_and_the_book_never_dries_up_for_long(tmp_path):
    """FEED-007"""
    async def scene(pair):
        pair.forget()
        bid = []
        ends = pair.feed.clock.now_ns() + 40 * MINUTE

        def look():
            bid.append(pair.book.best_bid_ticks * 50 / pair.instrument.index_price_units)
            return pair.feed.clock.now_ns() > ends
        await pair.until(look)
        assert len(pair.all_events(codes.POSITION_TAKEN_OVER)) > 10
        # In hundredths of the index: half of the time there is a bid within 6 %, at the height of the crash.
        assert np.median(bid) > 0.94
        quoting = pair.feed.crowd.people.makers["quoting"]
        assert quoting.sum() >= 2, "the brave ones stay"
        await pair.feed._keep_aside()
    play(scene, tmp_path, SMALL + ",speed=300,from=2020-03-12T10:25Z")


def test_commands_are_bounded(tmp_path):
    """FEED-007: no maker quotes more than once per part of a move, 13 commands each."""
    async def scene(pair):
        pair.forget()
        await asyncio.sleep(4.0)
        turns = [batch.commands for _at, batch in pair.batches]
        for commands in turns:
            parts = max(1, (commands["kind"] == codes.PUBLISH_PRICE).sum() // 3)
            makers = commands[commands["kind"] == codes.CANCEL_ORDERS]
            assert len(makers) <= 8 * parts
        assert len(pair.all_commands()) / 4 < 2_000, "commands a second at 60x"
    play(scene, tmp_path)


def test_sources_differ_a_little_and_follow_each_other(tmp_path):
    """FEED-005"""
    async def scene(pair):
        pair.forget()
        await asyncio.sleep(1.0)
        told = pair.all_commands()
        told = told[told["kind"] == codes.PUBLISH_PRICE]
        by_source = {int(number): told["value"][told["flags"] == number] for number in np.unique(told["flags"])}
        assert len(by_source) == 3
        last = np.array([prices[-1] for prices in by_source.values()])
        assert len(set(last.tolist())) > 1 and (last.max() / last.min() - 1) < 0.001
    play(scene, tmp_path)


def test_disturbed_sources_show_the_rules_of_the_index(tmp_path):
    """FEED-005: one prints far off and is dropped, one falls silent and is dropped; the index stays."""
    async def scene(pair):
        reasons = {codes.Reason(int(reason)).name for reason in pair.all_events(codes.INDEX_SOURCE_CHANGED)["reason"]}
        assert {"source_outlier", "source_silent", "source_readmitted"} <= reasons
        marks = pair.all_events(codes.MARKED)["price_units"]
        assert np.abs(np.diff(marks) / marks[:-1]).max() < 0.02
    play(scene, tmp_path, SMALL + ",outlier=yes,stale=yes")


def test_a_synthetic_market_opens_near_the_time_of_day(tmp_path):
    """FEED-010"""
    async def scene(pair):
        import time
        assert abs(pair.feed.clock.now_ns() - time.time_ns()) < 120 * SECOND
        assert abs(pair.instrument.index_price_units / 5_000_000 - 1) < 0.25
        assert pair.book.best_bid_ticks and pair.feed.replay()["feed"] == "synthetic"
        pair.forget()
        await asyncio.sleep(1.5)
        assert len(pair.all_events(codes.MARKED)) >= 8
    play(scene, tmp_path, "synthetic,accounts=300")


def test_a_feed_for_a_contract_that_is_not_listed_is_refused(tmp_path):
    """FEED-006"""
    with pytest.raises(FeedError, match="does not list XBTUSDT .* XBTUSD"):
        play(None, tmp_path, SMALL + ",symbol=XBTUSDT")


def test_a_quiet_feed_lets_time_pass_and_has_no_switches(tmp_path):
    """FEED-009"""
    from running_feed import Running

    async def scene():
        pair = Running(tmp_path, "none")
        pair.begin()
        await pair.until(lambda: len(pair.commands) >= 2)
        assert set(pair.all_commands()["kind"].tolist()) == {codes.ADVANCE}
        with pytest.raises(FeedError, match="speed: .*FEED-009"):
            pair.feed.control(speed=2)
        assert pair.feed.snapshot("replay", 0)["feed"] == "none"
        await pair.stop()
    asyncio.run(scene())
