"""The live index against exchanges on this machine that speak the real ones' protocols, through the real library."""
import asyncio
import hashlib
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from exchange_servers import LocalBitstamp, LocalCoinbase, LocalKraken
from running_feed import Running

from steelyard import codes
from steelyard.feeds import FeedError
from steelyard.feeds.exchanges import Exchanges, Source, find_python
from steelyard.feeds.live import LiveFeed, exchanges_of
from steelyard.feeds.settings import parse
from steelyard.venues.profile import load_profile
from steelyard.views.view import CROWD_FIRST_ACCOUNT

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements-live.txt"
PORTS = range(8450, 8453)


@pytest.fixture(scope="session")
def library() -> str:
    """A Python with the exchange library, in an environment of its own, made once for these pins."""
    named = os.environ.get("STEELYARD_LIVE_PYTHON")
    if named:
        return named
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steelyard"
    folder = base / f"live-{hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]}-{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                               "--require-hashes", "-r", str(PINS)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip("the packages of requirements-live.txt cannot be installed here: " + done.stderr[-300:])
        (folder / "complete").touch()
    return str(python)


def play(scene, folder, library, prices=(10_000.0, 10_002.0, 9_999.0)):
    """Three exchanges, a venue that follows them, and a scene."""
    async def whole():
        exchanges = [kind(port) for kind, port in zip((LocalBitstamp, LocalCoinbase, LocalKraken), PORTS)]
        for exchange, price in zip(exchanges, prices):
            exchange.price = price
            await exchange.start()
        sources = [Source(exchange.id, exchange.options()) for exchange in exchanges] + [None, None]
        feed = LiveFeed(parse("live,accounts=50"), folder, sources, library)
        pair = Running(folder, feed=feed)
        pair.begin()
        try:
            return await scene(pair, exchanges)
        finally:
            await pair.stop()
            for exchange in exchanges:
                await exchange.stop()
    return asyncio.run(whole())


async def keep_telling(exchanges):
    """Every exchange repeats its price ten times a second, as busy ones do."""
    while True:
        for exchange in exchanges:
            await exchange.tell(exchange.price)
        await asyncio.sleep(0.1)


def test_three_exchanges_make_the_index_and_a_book_stands_around_it(tmp_path, library):
    """FEED-011: weights 28.81, 38.07 and 20.28 %; the two sources without an exchange stay silent."""
    async def scene(pair, exchanges):
        telling = asyncio.create_task(keep_telling(exchanges))
        await pair.until(lambda: pair.feed.opened, 60)
        await pair.until(lambda: all(one.state == "connected" for one in pair.feed.exchanges.sources), 60)
        expected = (2881 * 10_000 + 3807 * 10_002 + 2028 * 9_999) / (2881 + 3807 + 2028)
        await pair.until(lambda: abs(pair.instrument.index_price_units / 100 - expected) < 0.011)
        await pair.until(lambda: pair.book.best_bid_ticks and pair.book.best_ask_ticks)
        assert pair.book.best_bid_ticks / 10 < expected + 3 and pair.book.best_ask_ticks / 10 > expected - 3
        owners = pair.venue.engine.states["orders"][0]
        owners = owners["account"][owners["remaining_lots"] > 0]
        assert len(owners) >= 20 and owners.min() >= CROWD_FIRST_ACCOUNT
        # B21 in the live: one exchange prints half of the price, is dropped, and the index stays with the others.
        exchanges[2].price = 5_000.0
        await pair.until(lambda: len(pair.all_events(codes.INDEX_SOURCE_CHANGED)) and
                         (pair.all_events(codes.INDEX_SOURCE_CHANGED)["reason"] == codes.Reason.source_outlier).any())
        await asyncio.sleep(0.5)
        assert 10_000 <= pair.instrument.index_price_units / 100 <= 10_002
        assert "time_must_not_go_back" not in pair.refusals()
        replay = pair.feed.snapshot("replay", 0)
        assert replay["feed"] == "live" and "bitstamp connected" in replay["message"]
        with pytest.raises(FeedError, match="FEED-009"):
            pair.feed.control(paused=True)
        telling.cancel()
    play(scene, tmp_path, library)


def test_a_lost_exchange_is_connected_again_and_a_dead_one_later_and_later(tmp_path, library):
    """FEED-011"""
    async def scene(pair, exchanges):
        await pair.until(lambda: [one.state for one in pair.feed.exchanges.sources] == ["connected"] * 3, 60)
        kraken, before = exchanges[2], exchanges[2].connections
        await kraken.cut()
        await pair.until(lambda: pair.feed.exchanges.sources[2].state == "lost", 20)
        assert pair.feed.exchanges.sources[2].text
        await pair.until(lambda: kraken.connections > before and
                         pair.feed.exchanges.sources[2].state == "connected", 30)
        await kraken.tell(10_005.0)
        await pair.until(lambda: pair.feed.exchanges.sources[2].price == Decimal("10005"), 10)
        assert pair.feed.exchanges.sources[0].state == "connected", "the others were not disturbed"
    play(scene, tmp_path, library)


def test_with_no_word_from_anyone_the_makers_withdraw_and_come_back(tmp_path, library, monkeypatch):
    """FEED-011"""
    monkeypatch.setattr("steelyard.feeds.live.SILENT_SECONDS", 1.0)

    async def scene(pair, exchanges):
        telling = asyncio.create_task(keep_telling(exchanges))
        await pair.until(lambda: pair.feed.opened and pair.book.best_bid_ticks, 60)
        telling.cancel()
        makers = pair.feed.crowd.people.makers["account"]

        def quotes():
            orders = pair.venue.engine.states["orders"][0]
            return int(((orders["remaining_lots"] > 0) & (orders["account"] >= makers[0])).sum())
        await pair.until(lambda: quotes() == 0, 10)
        telling = asyncio.create_task(keep_telling(exchanges))           # one word alone would be silence again soon
        await pair.until(lambda: quotes() > 10, 10)
        telling.cancel()
    play(scene, tmp_path, library)


def test_the_program_ends_with_the_venue(tmp_path, library):
    """FEED-011: its input closes, it ends; nothing is left behind."""
    async def scene(pair, exchanges):
        await pair.until(lambda: pair.feed.exchanges.starts == 1)
        await asyncio.sleep(0.5)
    play(scene, tmp_path, library)
    ends = time.monotonic() + 5
    while children() and time.monotonic() < ends:
        time.sleep(0.1)
    assert children() == []


def children() -> list[str]:
    """Programs of this process that listen to exchanges."""
    found = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True,
                           check=False).stdout
    return [line for line in found.splitlines() if "exchange_prices" in line]


def test_lines_that_are_not_understood_are_passed_over():
    """FEED-011"""
    exchanges = Exchanges([Source("kraken")], "BTC/USD", python=sys.executable)
    for line in (b"\n", b"[]\n", b"{}\n", b'{"source": 7, "price": "1"}\n', b'{"source": 0, "price": "nan"}\n',
                 b'{"source": 0, "price": "-3"}\n', b'{"source": 0, "price": "x"}\n', b'{"source": "a"}\n'):
        exchanges.take(line)
    assert exchanges.sources[0].price is None
    exchanges.take(b'{"source": 0, "price": "97250.5"}\n')
    assert exchanges.sources[0].price == Decimal("97250.5") and exchanges.sources[0].state == "connected"


def test_the_exchanges_behind_an_index():
    """FEED-011"""
    profile = load_profile("bitmex")
    named = [one.id if one else None for one in exchanges_of(profile.index(".BXBT"), ())]
    assert named == ["bitstamp", "coinbaseexchange", "kraken", "gemini", None]
    assert [one.id for one in exchanges_of(profile.index(".BXBTT"), ())] == ["binance", "okx", "bybit"]
    asked = exchanges_of(profile.index(".BXBTT"), ("kraken", "okx"))
    assert [one.id if one else None for one in asked] == ["kraken", "okx", None]
    with pytest.raises(FeedError, match="has 3 sources"):
        exchanges_of(profile.index(".BXBTT"), ("a", "b", "c", "d"))


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch, tmp_path):
    """FEED-011"""
    monkeypatch.delenv("STEELYARD_LIVE_PYTHON", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr("steelyard.feeds.exchanges.find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FeedError, match="--require-hashes -r requirements-live.txt"):
        find_python()
    monkeypatch.setenv("STEELYARD_LIVE_PYTHON", str(tmp_path / "nothing"))
    with pytest.raises(FeedError, match="which is no file"):
        find_python()
