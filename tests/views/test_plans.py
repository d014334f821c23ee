"""Plans for a position that is held: the engine then does what they say."""
import pytest
from view_world import ANN, BOB, CAT, ViewWorld

from steelyard import codes
from steelyard.api.commands import Deposit, MoveCollateral, SetLeverage, SetMarginMode, Side
from steelyard.kernel import COMPILED
from steelyard.node.tables import state_digest
from steelyard.views.accounts import AccountsView
from steelyard.views.orders import OrdersView
from steelyard.views.plans import Plans
from steelyard.views.preview import Unreadable

pytestmark = pytest.mark.skipif(not COMPILED, reason="read models look at the tables of the compiled engine")


@pytest.fixture(params=["isolated", "cross"])
def world(request):
    """Ann is long 50,000 at 20x."""
    world = ViewWorld(lambda world: AccountsView(world.engine, world.scales, lambda: 0),
                      lambda world: OrdersView(world.engine, world.scales))
    world.plans = Plans(world.engine, world.scales, world.views[0])
    world.isolated = request.param == "isolated"
    world.send(SetLeverage.times(ANN, world.swap.id, 20), SetMarginMode(ANN, world.swap.id, world.isolated))
    world.order(BOB, Side.SELL, 50_000, 8_001)
    world.order(ANN, Side.BUY, 50_000, 8_001)
    return world


def test_more_margin_does_what_the_engine_then_does(world):
    """VIEW-019"""
    before = state_digest(world.engine.states)
    answer = world.plans.margin(ANN, {"symbol": "XBTUSD", "amount": "0.1"})
    assert state_digest(world.engine.states) == before
    shown = world.views[0].snapshot("positions", ANN)[0]
    same = next(row for row in answer["table"] if float(row["amount"]) == 0)
    assert same["liquidation_price"] == shown["liquidation_price"] and same["margin_ratio"] == shown["margin_ratio"]
    prices = [float(row["liquidation_price"]) for row in answer["table"] if row["accepted"]]
    assert prices == sorted(prices, reverse=True) and len(prices) >= 6
    if world.isolated:
        world.send(MoveCollateral(ANN, world.swap.id, 10_000_000))
    else:
        world.send(Deposit(ANN, 1, 10_000_000))
    after = world.views[0].snapshot("positions", ANN)[0]
    for name in ("collateral", "liquidation_price", "bankruptcy_price", "margin_ratio"):
        assert answer["asked"][name] == after[name]


def test_margin_the_engine_would_not_let_go(world):
    """VIEW-019"""
    answer = world.plans.margin(ANN, {"symbol": "XBTUSD", "amount": "-0.99"})
    assert answer["asked"]["error"] == "available_balance_must_cover" and not answer["asked"]["accepted"]


def test_the_margin_a_liquidation_price_needs(world):
    """VIEW-020"""
    swap = world.swap.id
    now = world.plans.ask(ANN, swap, 0).liquidation_units
    for wanted in (now - 1_000, now + 1_000):
        needed = world.plans.ask(ANN, swap, 0, wanted).needed_atoms
        assert (needed > 0) == (wanted < now)
        enough, short = (world.plans.ask(ANN, swap, atoms) for atoms in (needed, needed - 1))
        if enough.reason == 0:
            assert enough.liquidation_units <= wanted
        if short.reason == 0:
            assert short.liquidation_units > wanted
    told = world.plans.margin(ANN, {"symbol": "XBTUSD", "liquidation_price": f"{(now - 1_000) / 100:.2f}"})["needed"]
    assert told["accepted"] and float(told["liquidation_price"]) <= (now - 1_000) / 100


def test_steps_lock_in_what_the_fills_bring(world):
    """VIEW-021"""
    plan = world.plans.scale_out(ANN, {"symbol": "XBTUSD", "count": 3, "target_price": "8300"})
    assert [one["size"] for one in plan["orders"]] == ["16666", "16667", "16667"]
    assert [one["price"] for one in plan["orders"]] == ["8100.0", "8200.0", "8300.0"]
    for one in plan["orders"]:
        world.order(ANN, Side.SELL, one["size"], one["price"], flags=codes.Flag.REDUCE_ONLY)
    for one in plan["orders"]:
        world.price(float(one["price"]))
        world.order(CAT, Side.BUY, one["size"], one["price"])
    fills = [one for one in world.views[1].fills(ANN) if one.side < 0]
    locked = 0
    for one, fill in zip(plan["orders"], fills, strict=True):
        locked += fill.realized_atoms - fill.fee_atoms
        assert one["profit"] == f"{(fill.realized_atoms - fill.fee_atoms) / 1e8:.8f}"
        assert one["locked_in"] == f"{locked / 1e8:.8f}"
    assert plan["left"] == "0" and len(plan["bracket"]["targets"]) == 3


def test_shares_and_refusals(world):
    """VIEW-021"""
    plan = world.plans.scale_out(ANN, {"symbol": "XBTUSD", "steps": [
        {"price": "8300", "share": "0.25"}, {"price": "8100", "share": "0.5"}]})
    assert [(one["price"], one["size"], one["remaining"]) for one in plan["orders"]] == [
        ("8100.0", "25000", "25000"), ("8300.0", "12500", "12500")]
    for body, field in (({"steps": [{"price": "7900", "size": "10"}]}, "steps"),
                        ({"steps": [{"price": "8100", "size": "60000"}]}, "steps"),
                        ({"steps": [{"price": "8100"}]}, "steps"), ({"steps": []}, "steps"),
                        ({"count": 0, "target_price": "8100"}, "count"), ({"count": 2}, "target_price"),
                        ({"count": 2, "target_price": "8100.2"}, "target_price")):
        with pytest.raises(Unreadable) as refusal:
            world.plans.scale_out(ANN, {"symbol": "XBTUSD", **body})
        assert refusal.value.error["field"] == field
    with pytest.raises(Unreadable):
        world.plans.margin(CAT, {"symbol": "XBTUSD"})
