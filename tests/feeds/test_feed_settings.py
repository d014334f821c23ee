"""What a feed can be asked for, and what is said to everything else."""
import re

import pytest

from steelyard.feeds import FeedError, open_feed
from steelyard.feeds.settings import parse


def test_everything_that_can_be_asked_for():
    """FEED-006"""
    settings = parse("covid-2020-03, speed=10x,accounts=500,seed=3,from=2020-03-12T23:00Z,loop=no,outlier=yes,"
                     "stale=yes,apart=2.5,symbol=XBTUSD")
    assert (settings.name, settings.speed, settings.accounts, settings.seed) == ("covid-2020-03", 10.0, 500, 3)
    assert settings.begin_ns == 1_584_054_000 * 10**9
    assert (settings.loop, settings.outlier, settings.stale, settings.apart_bp) == (False, True, True, 2.5)
    assert parse("live,exchanges=kraken+bitstamp,pair=BTC/USD").exchanges == ("kraken", "bitstamp")
    assert parse("synthetic,volatility=120%,jumps=0,price=100").volatility == 1.2


@pytest.mark.parametrize(("spec", "words"), [
    ("", "no preset and no file"),
    ("nothing.parquet", "covid-2020-03, may-2021, october-2025, wind-down-2026, synthetic, live, none"),
    ("covid-2020-03,speed=0.5", "speed is 0.5 .* from 1 to 600"),
    ("covid-2020-03,speed=fast", "speed is 'fast', not a number"),
    ("covid-2020-03,accounts=1e9", "accounts is '1e9'"),
    ("covid-2020-03,loop=maybe", "give yes or no"),
    ("covid-2020-03,from=noon", "2020-03-12T09:00Z"),
    ("covid-2020-03,colour=red", "'colour=red' is no option .* speed="),
    ("covid-2020-03,speed", "'speed' is no option"),
    ("live,pair=", "pair is empty"),
    ("synthetic,volatility=nan", "volatility"),
])
def test_what_cannot_be_had_is_refused_by_name(spec, words):
    """FEED-006"""
    with pytest.raises(FeedError) as refused:
        parse(spec)
    assert re.search(words, str(refused.value)) and "FEED-006" in str(refused.value)


def test_a_begin_outside_the_path_is_refused():
    """FEED-006"""
    with pytest.raises(FeedError, match="goes from 2020-03-11T00:00Z to 2020-03-13T23:59Z"):
        open_feed("covid-2020-03,from=2021-01-01T00:00Z")
