"""The book against the obvious one: same orders, same trades, same queues; bare and with accounts and margin."""
from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
sys.path.insert(0, str(Path(__file__).parent))
from naive_book import BUY, SELL, NaiveBook
from risk_world import RiskWorld

MODES = {1: "newest", 2: "oldest", 3: "both", 4: "allow"}
TIFS = {0: "gtc", 1: "ioc", 2: "fok"}
PRICES = [40, 63, 64, 1023, 1024, 4096, 66_000]
"""Middles of the flow: around the borders of words, pages and directory words."""


def told(world, events):
    """What the engine says happened, in the words of the naive book."""
    story = []
    for event in events:
        kind, order_id = world.codes.EventKind(int(event["kind"])).name, int(event["order_id"])
        if kind == "TRADED":
            story.append(("traded", order_id, int(event["maker_order_id"]), int(event["price_ticks"]),
                          int(event["size_lots"])))
        elif kind == "ORDER_CANCELED":
            story.append(("canceled", order_id, int(event["size_lots"])))
        elif kind == "ORDER_RESTED":
            story.append(("rested", order_id, int(event["size_lots"])))
        elif kind == "ORDER_AMENDED":
            story.append(("amended", order_id))
        elif kind == "REJECTED":
            story.append(("rejected", order_id))
    return story


def queue(world, side):
    """(id, remaining) of one side of the engine's book, best first, by walking its levels."""
    state, rooms = world.state, world.records
    ticks, found = (world.bids() if side == BUY else world.asks()), []
    while ticks:
        page = state.level_pages[state.books[1].pages[ticks // rooms.PAGE_TICKS]]
        slot = page.levels[ticks % rooms.PAGE_TICKS].head
        while slot:
            found.append((int(state.orders[slot].order_id), int(state.orders[slot].remaining_lots)))
            slot = state.orders[slot].next
        ticks = world.below(ticks) if side == BUY else world.above(ticks)
    return found


class BookWorld(RiskWorld):
    """One contract, accounts rich enough that margin never decides."""

    def __init__(self, middle, book_only):
        super().__init__(mark=middle, price_ticks_max=1_000_000, open_orders_max=100_000)
        from steelyard.kernel import load_plain
        book = load_plain("engine.book")
        self.below = lambda ticks: book.next_bid_below(self.state, 1, ticks)
        self.above = lambda ticks: book.next_ask_above(self.state, 1, ticks)
        for account in range(16, 20):
            self.open_accounts(account, atoms=10**17)
        self.send("SET_ACCOUNT", account=20, other_account=16)
        self.send("DEPOSIT", account=20, asset=1, amount_atoms=10**17)
        self.state.book_only = int(book_only)


@pytest.mark.parametrize("book_only", [True, False])
@pytest.mark.parametrize("middle", PRICES)
def test_fast_and_naive_book_tell_the_same_story(middle, book_only):
    """MTCH-001, MTCH-002, MTCH-003, ORDR-012: 2,500 random commands per middle price."""
    draw, world, naive = random.Random(middle), BookWorld(middle, book_only), NaiveBook()
    last = 0
    for _number in range(2_500):
        roll, price = draw.random(), max(1, middle + draw.randint(-30, 30))
        if roll < 0.65 or last == 0:
            last += 1
            account, side, lots = draw.choice([16, 17, 18, 19, 20]), draw.choice([BUY, SELL]), draw.randint(1, 30)
            tif, mode = draw.choice([0, 0, 0, 1, 2]), draw.choice([1, 2, 3, 4])
            post, clip, flags = None, 0, 0
            if book_only:
                tif, mode = min(tif, 1), 4
            elif tif == 0 and draw.random() < 0.2:
                post, flags = draw.choice([("reject", 1), ("cancel", 2)])
            if tif == 0 and draw.random() < 0.3:
                clip = draw.randint(1, lots)
            elif tif == 0 and draw.random() < 0.1:
                flags |= world.codes.FLAG_HIDDEN
            events = world.send("PLACE_ORDER", order_id=last, account=account, instrument=1, side=side, size_lots=lots,
                                price_ticks=price, order_type=1, time_in_force=tif, self_trade_mode=mode, flags=flags,
                                display_lots=clip)
            owner = 16 if account == 20 else account
            expected = naive.place(last, owner, side, price, lots, tif=TIFS[tif], clip=clip, post=post,
                                   mode=MODES[mode])
        elif roll < 0.85:
            order_id = draw.randint(max(1, last - 40), last)
            events, expected = world.send("CANCEL_ORDER", order_id=order_id), naive.cancel(order_id)
        else:
            order_id = draw.randint(max(1, last - 40), last)
            resting = naive.find(order_id)
            price = draw.choice([0, price, resting.price if resting else 0])
            lots = draw.choice([0, draw.randint(1, 40), max(1, resting.lots // 2) if resting else 0])
            mode = "allow" if book_only else None
            if resting is not None and mode is None:
                slot = world.records and [o for o in world.state.orders.values() if o.order_id == order_id][0]
                mode = MODES[int(slot.self_trade_mode)]
            events = world.send("AMEND_ORDER", order_id=order_id, price_ticks=price, size_lots=lots)
            expected = naive.amend(order_id, price, lots, mode)
        assert told(world, events) == expected
        if _number % 20 == 0:
            assert queue(world, BUY) == naive.queue(BUY) and queue(world, SELL) == naive.queue(SELL)
    assert queue(world, BUY) == naive.queue(BUY) and queue(world, SELL) == naive.queue(SELL)
