"""The public views on a venue at work: wired by one call, folded once, wire forms as the protocol says."""
import asyncio
from datetime import date

import msgspec
import numpy as np
import pytest

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.node.replica import NodeOptions
from steelyard.node.venue import Venue
from steelyard.venues.profile import load_profile
from steelyard.views.public import open_public_views
from steelyard.views.view import Change

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")
PROFILE = load_profile("bitmex", date(2020, 3, 12))
INSTRUMENT = PROFILE.instrument("XBTUSD")
CHANNELS = ("depth.XBTUSD", "ticker.XBTUSD", "trades.XBTUSD", "candles.XBTUSD.1m", "candles.XBTUSD.1h",
            "liquidations.XBTUSD", "risk.XBTUSD")


class ReplayClock:
    """Stands where it is put."""

    time_ns = 1_583_971_200 * 10**9

    def now_ns(self):
        return self.time_ns


def opening(venue) -> np.ndarray:
    """A price, and two accounts that can trade."""
    index = PROFILE.index(INSTRUMENT.index)
    prices = [venue.command(codes.PUBLISH_PRICE, parameter=index.id, flags=feed.number,
                            value=INSTRUMENT.index_units("8000.00")) for feed in index.feeds]
    accounts = [venue.command(kind, account=account, asset=1, amount_atoms=10**9) for account in (16, 17)
                for kind in (codes.SET_ACCOUNT, codes.DEPOSIT)]
    return np.concatenate(prices + accounts)


def order(venue, account, side, lots, ticks) -> np.ndarray:
    return venue.command(codes.PLACE_ORDER, account=account, instrument=INSTRUMENT.id, side=side, size_lots=lots,
                         price_ticks=ticks, order_type=codes.ORDER_LIMIT, order_id=venue.next_sequence)


def test_all_channels_of_a_running_venue(tmp_path, monkeypatch):
    """MKTV-001, SERV-004: snapshots and changes of every public channel can be sent as they are; each batch is folded
    once for all views."""
    async def play():
        venue = Venue(tmp_path, PROFILE, ("XBTUSD",), clock=ReplayClock(), options=NodeOptions(segment_bytes=1 << 20))
        public = open_public_views(venue)
        by_name = {name: view for view in public for name in view.channels}
        folds = []
        fold = public.market._fold
        public.market._fold = lambda *arguments: folds.append(1) or fold(*arguments)
        for view in public:
            venue.add_listener(view.fold)
        batches = []
        venue.add_listener(batches.append)
        running = asyncio.create_task(venue.run())
        await venue.ask(opening(venue))
        for channel in CHANNELS:
            by_name[channel.split(".")[0]].watch(channel, 0, True)
        await venue.ask(order(venue, 16, -1, 100, 16_000))
        await venue.ask(order(venue, 17, 1, 60, 16_000))
        changes = [change for view in public for change in view.changes()]
        snapshots = {channel: by_name[channel.split(".")[0]].snapshot(channel, 0) for channel in CHANNELS}
        running.cancel()
        venue.close()
        return changes, snapshots, len(folds), len(batches)

    changes, snapshots, folds, batches = asyncio.run(play())
    assert folds == batches > 0
    assert {change.channel for change in changes} == set(CHANNELS) - {"liquidations.XBTUSD"}
    assert all(isinstance(change, Change) and change.account == 0 for change in changes)
    for data in [*snapshots.values(), *(change.data for change in changes)]:
        assert msgspec.json.decode(msgspec.json.encode(data)) == data
    assert snapshots["depth.XBTUSD"]["asks"] == [["8000.0", "40"]]
    assert snapshots["trades.XBTUSD"][0]["size"] == "60" and snapshots["candles.XBTUSD.1h"][0]["volume"] == "60"


def test_what_the_tables_know_is_there_after_a_restart(tmp_path):
    """MKTV-001, MKTV-008: prices, book and open interest need no history."""
    def open_venue():
        return Venue(tmp_path, PROFILE, ("XBTUSD",), clock=ReplayClock(), options=NodeOptions(segment_bytes=1 << 20))
    venue = open_venue()
    for commands in (opening(venue), order(venue, 16, -1, 100, 16_000)):
        venue.offer(commands)
        venue.commit()
    venue.offer(order(venue, 17, 1, 60, 16_000))
    venue.commit()
    before = {channel: view.snapshot(f"{channel}.XBTUSD", 0) for view in open_public_views(venue)
              for channel in view.channels if channel in ("ticker", "depth")}
    venue.close()
    again = open_venue()
    after = {channel: view.snapshot(f"{channel}.XBTUSD", 0) for view in open_public_views(again)
             for channel in view.channels if channel in ("ticker", "depth")}
    again.close()
    assert after == before and after["ticker"]["last"] == "8000.0" and after["ticker"]["open_interest"] == "60"
