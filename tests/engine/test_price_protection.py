"""ORDR-015, ORDR-016: market orders whose rest rests, and price bands that refuse."""
from order_world import ANN, BOB, BUY, CAT, IOC, POST_ONLY, SELL, OrderWorld


class ProtectedWorld(OrderWorld):
    """OrderWorld with protection of 600 points."""

    def __init__(self, **terms):
        super().__init__(**{"mark": 90_000, "protection_ticks": 600, "market_limit": 1, "atoms": 1_000_000_000,
                            **terms})

    def book(self):
        """Cat's bids: 2 at 90,000, 3 at 89,900, 3 at 89,650, and 5 at 89,300."""
        for ticks, lots in ((90_000, 2), (89_900, 3), (89_650, 3), (89_300, 5)):
            self.place(CAT, BUY, lots, price_ticks=ticks)


def test_ORDR_015_the_rest_of_a_protected_market_order_rests_at_its_limit():
    """ORDR-015 Sell 10, best bid 90,000, 600 points: 2, 3, 3 are filled, 2 are offered at 89,400 (C25)."""
    world = ProtectedWorld()
    world.book()
    events = world.place(ANN, SELL, 10, "MARKET_PROTECTED")
    assert world.fills(events) == [(2, 90_000), (3, 89_900), (3, 89_650)]
    assert int(world.of(events, "ORDER_ACCEPTED")[0]["price_ticks"]) == 89_400
    assert world.asks() == 89_400 and world.bids() == 89_300
    assert [(int(e["size_lots"]), int(e["price_ticks"])) for e in world.of(events, "ORDER_RESTED")] == [(2, 89_400)]
    world.check()


def test_ORDR_015_a_market_limit_order_rests_at_the_best_price():
    """ORDR-015 Only the best level is taken; what is left is offered there. Immediate ones end instead."""
    world = ProtectedWorld()
    world.book()
    events = world.place(ANN, SELL, 3, "MARKET_LIMIT")
    assert world.fills(events) == [(2, 90_000)] and world.asks() == 90_000
    world.cancel(world.order_id)
    events = world.place(ANN, SELL, 4, "MARKET_LIMIT", time_in_force=IOC)
    assert world.fills(events) == [(3, 89_900)]
    assert [reason for _id, _lots, reason in world.ended(events)] == ["canceled_immediate_remainder"]
    world.check()


def test_ORDR_015_what_is_refused():
    """ORDR-015 On an empty side, without the term, post-only."""
    world = ProtectedWorld()
    for name in ("MARKET_PROTECTED", "MARKET_LIMIT"):
        assert world.refusal(world.place(ANN, SELL, 1, name)) == "opposite_side_must_have_orders"
    world.book()
    assert world.refusal(world.place(ANN, SELL, 1, "MARKET_LIMIT", flags=POST_ONLY)) == "flags_must_be_compatible"
    world.term("protection_ticks", 0)
    world.term("market_limit", 0)
    for name in ("MARKET_PROTECTED", "MARKET_LIMIT"):
        assert world.refusal(world.place(ANN, SELL, 1, name)) == "order_type_must_be_permitted"
    world.check()


def test_ORDR_015_a_protected_order_carries_a_bracket():
    """ORDR-015 Its entry is measured like a market order's; the stop stands under what was filled."""
    world = ProtectedWorld(triggers_max=5)
    world.book()
    events = world.place(ANN, SELL, 2, "MARKET_PROTECTED", stop_ticks=91_000, target_ticks=(89_000,),
                         target_share_ppb=(1_000_000_000,))
    assert world.fills(events) == [(2, 90_000)] and len(world.triggers(ANN)) == 1
    world.check()


def test_ORDR_016_a_limit_beyond_the_band_is_refused():
    """ORDR-016 Mark 1,000, 30 points: 1,030 is taken, 1,031 is refused; sells likewise; amended prices too."""
    world = OrderWorld(price_band_ticks=30, price_band_refuses=1)
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=1_031)) == "price_must_be_within_band"
    assert world.refusal(world.place(BOB, SELL, 1, price_ticks=969)) == "price_must_be_within_band"
    world.place(ANN, BUY, 1, price_ticks=960)
    order = world.order_id
    assert world.refusal(world.amend(order, price_ticks=1_031)) == "price_must_be_within_band"
    assert world.story(world.amend(order, price_ticks=1_030)) == ["ORDER_AMENDED", "ORDER_RESTED"]
    assert world.bids() == 1_030
    world.check()


def test_ORDR_016_the_reference_may_be_what_traded():
    """ORDR-016 Last trade 1,000, then a bid of 1,020: sells reach 990 and no lower, buys 1,050."""
    world = OrderWorld(price_band_ticks=30, price_band_refuses=1, price_band_reference=1)
    world.hold(ANN, 1, BOB, 1_000)
    world.place(CAT, BUY, 1, price_ticks=1_020)
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=1_051)) == "price_must_be_within_band"
    assert world.refusal(world.place(BOB, SELL, 1, price_ticks=989)) == "price_must_be_within_band"
    assert world.fills(world.place(BOB, SELL, 1, price_ticks=990)) == [(1, 1_020)]
    world.check()


def test_ORDR_016_a_share_of_the_reference():
    """ORDR-016 Without points the width is a share: 3 % of 1,000."""
    world = OrderWorld(price_band_ppb=30_000_000, price_band_refuses=1)
    assert world.refusal(world.place(ANN, BUY, 1, price_ticks=1_031)) == "price_must_be_within_band"
    assert world.story(world.place(ANN, BUY, 1, price_ticks=1_030)) == ["ORDER_RESTED"]
    world.check()
