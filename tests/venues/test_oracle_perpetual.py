"""The oracle-marked perpetual on the engine: published figures of the dYdX v4 code, and one life of the venue."""
from datetime import date

from profile_world import ANN, BOB, BUY, CAT, SELL, ProfileWorld, codes, groups

JANUARY = date(2024, 1, 15)


def test_the_mark_is_the_oracle():
    """MARK-005 Margin of 0.1 BTC at 50,000 is 5 and 3 %: 250 and 150 USDC, and the mark is the oracle to the cent."""
    world = ProfileWorld("oracle-perpetual", JANUARY, "BTC-USD")
    world.price("50000")
    world.trade(ANN, BUY, 1_000, "50000")
    assert (world.initial(), world.maintenance()) == (250_000_000, 150_000_000)
    world.price("49999.99")
    assert world.row().mark_price_units == 4_999_999


def test_the_venue_trades_funds_and_liquidates():
    """One life on the profile: a trade, an hour of funding, a fall that takes a long over, nothing lost on the way."""
    world = ProfileWorld("oracle-perpetual", JANUARY, "BTC-USD", "SOL-USD", coins=10**6)
    for symbol, price, contracts in (("BTC-USD", "42000", 10_000), ("SOL-USD", "100", 10_000)):
        world.price(price, symbol)
        world.trade(ANN, BUY, contracts, price, symbol)
    world.order(BOB, BUY, 20_000, "41990", "BTC-USD")
    world.order(CAT, SELL, 20_000, "42500", "BTC-USD")
    spare = world.wallet().balance_atoms - 2 * (world.maintenance() + world.maintenance(ANN, "SOL-USD"))
    world.send("WITHDRAW", account=ANN, asset=1, amount_atoms=min(spare, groups.withdrawable(
        world.state, world.position().wallet)))
    world.price("41900", "BTC-USD", seconds=3_000)
    world.send("ADVANCE", seconds=3_601)
    rate = world.of(world.events, "FUNDING_RATE_SET")[-1]
    assert world.position().size_lots == 10_000 and int(rate["reason"]) in (codes.funding_exchanged,)
    events = world.price("33000", "BTC-USD", seconds=3_700)
    assert world.of(events, "LIQUIDATION_STARTED")
    assert world.of(world.price("25000", "BTC-USD", seconds=3_800), "POSITION_TAKEN_OVER")
    world.check()
