"""ORDR-014: limit prices that are moved into a band around the mark."""
from risk_world import ANN, BOB, CAT, CONTRACT, RiskWorld


def test_ORDR_014_a_limit_is_moved_into_the_band():
    """ORDR-014 Mark 1,000, band 1.5 %: a buy at 2,000 has 1,015, a sell at 900 has 985; amended prices too."""
    world = RiskWorld(price_band_ppb=15_000_000)
    world.deposit(ann=1_000_000, bob=1_000_000, cat=1_000_000)
    accepted = world.of(world.order(ANN, 1, 5, 2_000), "ORDER_ACCEPTED")[0]
    assert int(accepted["price_ticks"]) == 1_015
    world.send("CANCEL_ORDERS", account=ANN)
    rested = world.of(world.order(BOB, -1, 5, 900), "ORDER_RESTED")
    assert world.state.books[CONTRACT].best_ask_ticks == 985 and rested
    world.order(CAT, 1, 5, 980)
    amended = world.send("AMEND_ORDER", account=CAT, order_id=world.order_id, price_ticks=5_000)
    traded = world.of(amended, "TRADED")
    assert [int(event["price_ticks"]) for event in traded] == [985]
    world.check()
