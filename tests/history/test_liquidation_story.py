"""Why was I liquidated: the figures are the engine's own, and what is said would have helped does help when tried."""
from decimal import Decimal

import pytest
from history_world import ANN, BOB, CROWD, PROFILE, XBT, XBTUSD, HistoryWorld, market_day

from steelyard import codes
from steelyard.api.commands import FundInsurance, MoveCollateral, OrderType, PublishPrice, Side
from steelyard.kernel import COMPILED
from steelyard.units import HOUR, SECOND
from steelyard.views.history.queries import Queries
from steelyard.views.story import liquidation_story

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")


def told(world: HistoryWorld, account: int = ANN) -> dict:
    """The story of the newest liquidation of an account."""
    queries = Queries(world.history)
    number = int(queries.liquidations(account).items[0]["id"])
    assert liquidation_story(queries, PROFILE, CROWD, number) is None
    return liquidation_story(queries, PROFILE, account, number)


def was_liquidated(world: HistoryWorld, account: int = ANN) -> bool:
    return bool(Queries(world.history).liquidations(account).items)


def fall(folder, leverage: int = 25, more_atoms: int = 0, stop_dollars: float = 0, isolated: bool = True,
         low: float = 7_650, coins: float = 1) -> HistoryWorld:
    """Ann is long 10,000 from 8,000 on; the index falls to 7,690, then to ``low``, and comes back."""
    folder.mkdir()
    world = HistoryWorld(folder)
    world.price(8_000)
    world.people(ANN, coins=coins, leverage=leverage, isolated=isolated)
    world.people(CROWD, coins=50, leverage=5, isolated=False)
    world.trade(ANN, Side.BUY, 10_000, 8_000)
    if stop_dollars:
        world.order(ANN, Side.SELL, 0, order_type=OrderType.STOP_MARKET, flags=codes.Flag.CLOSE,
                    trigger_ticks=round(stop_dollars * 2))
    if more_atoms:
        world.send(MoveCollateral(ANN, XBTUSD, more_atoms))
    for dollars in (7_950, 7_900, 7_850, 7_800, 7_760, 7_740, 7_720):
        world.after(60)
        world.order(CROWD, Side.BUY, 20_000, dollars)
        world.price(dollars)
    world.after(60).price(7_690)
    for dollars in (low, 7_900):
        world.after(600)
        world.price(dollars)
    return world


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    world = fall(tmp_path_factory.mktemp("story") / "venue")
    yield told(world)
    world.close()


def test_the_figures_add_up(story):
    """HIST-008: equity = collateral + unrealized; the maintenance is the rule's; the mark is index and basis."""
    position = story["positions"][0]
    assert Decimal(position["collateral"]) + Decimal(position["unrealized"]) == Decimal(story["equity"])
    assert position["maintenance"]["amount"] == story["maintenance_margin"]
    terms = position["mark_terms"]
    assert Decimal(terms["index"]) + Decimal(terms["funding_basis"]) == Decimal(terms["mark"]) == Decimal(story["mark"])
    assert [one["name"] for one in position["index"]["sources"]] == ["Bitstamp", "Coinbase", "Kraken"]
    takeover = story["takeovers"][0]
    assert sum(int(one["size"]) for one in takeover["fills"]) == int(takeover["filled"]) == 10_000
    assert Decimal(takeover["to_fund"]) - Decimal(takeover["from_fund"]) == Decimal(takeover["result"])
    assert Decimal(takeover["realized"]) - Decimal(takeover["fee"]) == -Decimal(position["collateral"])


def test_it_is_told_in_plain_words(story):
    """HIST-008"""
    text = "\n".join(story["sentences"])
    assert "The mark of XBTUSD fell to 7,7" in text and " UTC." in text
    assert f"Your position of 10,000 long at 25x needed {story['maintenance_margin'].rstrip('0')} XBT" in text
    assert "went to the insurance fund" in text and "The rest of your wallet was not touched." in text
    times = [one["time"] for one in story["timeline"]]
    assert times == sorted(times) and story["timeline"][-1]["text"] == "liquidation ended: taken over"


def atoms(text: str) -> int:
    return int(Decimal(text) * 10**8)


def test_the_margin_it_names_would_have_sufficed_to_the_atom(story, tmp_path):
    """HIST-009: with so much more Ann keeps her position through the worst mark; with one atom less she does not."""
    needed = atoms(story["prevention"]["margin_hour"])
    assert needed > atoms(story["prevention"]["margin_now"]) > 0
    enough = fall(tmp_path / "enough", more_atoms=needed)
    assert not was_liquidated(enough)
    enough.close()
    short = fall(tmp_path / "short", more_atoms=needed - 1)
    assert was_liquidated(short)
    short.close()


def test_the_leverage_it_names_would_have_survived(story, tmp_path):
    """HIST-009: that one lives, the next higher one does not."""
    leverage = int(story["prevention"]["leverage"])
    assert 1 < leverage < 25
    lives = fall(tmp_path / "lives", leverage=leverage)
    assert not was_liquidated(lives)
    lives.close()
    dies = fall(tmp_path / "dies", leverage=leverage + 1)
    assert was_liquidated(dies)
    dies.close()


def test_the_stop_it_names_would_have_closed_it(story, tmp_path):
    """HIST-009"""
    assert "There was no stop" in story["sentences"][-1]
    stopped = fall(tmp_path / "stopped", stop_dollars=float(story["prevention"]["stop_price"]))
    assert not was_liquidated(stopped)
    assert stopped.history.holdings.position(ANN, XBTUSD).size_lots == 0
    stopped.close()


def test_a_stop_beyond_the_liquidation_price_is_named(tmp_path):
    """HIST-009"""
    world = fall(tmp_path / "late", stop_dollars=7_000)
    found = told(world)
    assert found["positions"][0]["stops"][0]["price"] == "7000.0"
    assert "beyond the liquidation price" in found["sentences"][-1] and found["canceled_orders"]["count"] == 1
    world.close()


def test_a_cross_wallet_is_told_too(tmp_path):
    """HIST-008: one position, the wallet behind it."""
    world = fall(tmp_path / "cross", isolated=False, coins=0.06, leverage=25)
    found = told(world)
    assert found["margin_mode"] == "cross" and found["symbol"] is None and found["prevention"]["leverage"] is None
    assert "backed by your whole wallet," in "\n".join(found["sentences"])
    position = found["positions"][0]
    assert Decimal(found["balance"]) + Decimal(position["unrealized"]) == Decimal(found["equity"])
    assert position["maintenance"]["amount"] == found["maintenance_margin"]
    needed = atoms(found["prevention"]["margin_hour"])
    world.close()
    for more, dies in ((needed, False), (needed - 1, True)):
        again = fall(tmp_path / f"cross{more}", isolated=False, coins=0.06 + more / 10**8, leverage=25)
        assert was_liquidated(again) == dies
        again.close()


def test_winners_who_were_closed_are_counted_not_named(tmp_path):
    """HIST-008: nobody bids, the fund is empty: auto-deleveraging."""
    world = HistoryWorld(tmp_path)
    world.price(8_000)
    world.people(ANN, BOB, CROWD, CROWD + 1, coins=3, leverage=50)
    world.trade(ANN, Side.BUY, 10_000, 8_000, CROWD)
    world.trade(ANN, Side.BUY, 10_000, 8_000, CROWD + 1)
    world.after(30).price(7_000)
    world.after(30).price(6_900)
    takeover = told(world)["takeovers"][0]
    assert takeover["deleveraged"]["counterparties"] == 2 and takeover["deleveraged"]["size"] == "20000"
    text = "\n".join(told(world)["sentences"])
    assert "2 winners on the other side were closed against 20,000 (auto-deleveraging)" in text
    assert str(CROWD) not in text
    world.close()


def test_the_fund_pays_and_the_story_says_so(tmp_path):
    """HIST-008: closed below the bankruptcy price out of the fund."""
    world = HistoryWorld(tmp_path)
    world.price(8_000)
    world.people(ANN, coins=1, leverage=50)
    world.people(CROWD, coins=50, leverage=5, isolated=False)
    world.send(FundInsurance(XBT, 5 * 10**8))
    world.trade(ANN, Side.BUY, 10_000, 8_000)
    world.order(CROWD, Side.BUY, 50_000, 7_600)
    world.after(30).price(7_650)
    world.after(30).price(7_640)
    found = told(world)
    takeover = found["takeovers"][0]
    assert Decimal(takeover["result"]) < 0 and takeover["closed"] is not None
    assert "The insurance fund paid; you owe nothing." in "\n".join(found["sentences"])
    world.close()


def test_a_step_down_is_a_step_of_the_story(tmp_path):
    """HIST-008: sold down a risk limit, with fills and fees; where that suffices the rest stays with its owner."""
    world = HistoryWorld(tmp_path)
    world.price(8_000)
    world.people(ANN, coins=400, leverage=20, isolated=True)
    world.people(CROWD, coins=100_000, leverage=2, isolated=False)
    world.trade(ANN, Side.BUY, 2_000_000, 8_000)
    dollars = 8_000
    while not was_liquidated(world):
        dollars -= 10
        assert dollars > 7_000
        world.after(5).order(CROWD, Side.BUY, 3_000_000, dollars)
        world.price(dollars)
        world.history.flush()
    found = told(world)
    steps = [one for one in found["steps"] if one["kind"] == "stepped_down"]
    assert steps and all(sum(int(fill["size"]) for fill in one["fills"]) == int(one["size"]) for one in steps)
    assert "to come down to a lower risk limit" in "\n".join(found["sentences"])
    assert found["positions"][0]["maintenance"]["amount"] == found["maintenance_margin"]
    assert found["positions"][0]["maintenance"]["tier"] > 1
    world.close()


def test_a_source_that_did_not_count_is_named(tmp_path):
    """HIST-008: sources as they were at that event, in the middle of a batch."""
    world = HistoryWorld(tmp_path)
    world.price(8_000)
    world.people(ANN, coins=1, leverage=50)
    world.people(CROWD, coins=50, leverage=5, isolated=False)
    world.trade(ANN, Side.BUY, 10_000, 8_000)
    world.after(30)
    world.send(*(PublishPrice(1, number, price) for number, price in
                 ((0, 500_000), (1, 785_000), (2, 785_000), (1, 790_000), (2, 790_000))))
    sources = {one["name"]: one for one in told(world)["positions"][0]["index"]["sources"]}
    assert sources["Bitstamp"]["state"] == "outlier" and not sources["Bitstamp"]["counts"]
    assert sources["Bitstamp"]["price"] == "5000.00"
    assert "Bitstamp did not count: it was outlier." in told(world)["sentences"]
    assert {sources["Coinbase"]["price"], sources["Kraken"]["price"]} <= {"8000.00", "7850.00"}
    world.close()


def test_the_hour_after_is_followed_and_then_over(tmp_path):
    """HIST-009: marks after the hour change nothing any more."""
    world = fall(tmp_path / "hour")
    assert told(world)["prevention"]["hour_complete"] is False
    world.after(HOUR // SECOND).price(7_950)
    before = told(world)
    assert before["prevention"]["hour_complete"] and before["prevention"]["worst_marks"][0]["mark"] == "7650.00"
    world.after(60).price(7_000)
    assert told(world) == before
    world.close()


def test_every_story_of_a_day_can_be_told(tmp_path):
    """HIST-008: whatever happened, the figures of an isolated position add up."""
    world = HistoryWorld(tmp_path)
    market_day(world, 300, seed=11)
    queries, count = Queries(world.history), 0
    for account in range(ANN, ANN + 5):
        for one in queries.liquidations(account).items:
            found = liquidation_story(queries, PROFILE, account, int(one["id"]))
            assert found["sentences"] and found["timeline"]
            if found["margin_mode"] == "isolated":
                position = found["positions"][0]
                assert Decimal(position["collateral"]) + Decimal(position["unrealized"]) == Decimal(found["equity"])
                assert position["maintenance"]["amount"] == found["maintenance_margin"]
            count += 1
    assert count >= 2
    world.close()
