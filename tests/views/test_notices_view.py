"""What traders are told without asking, and how often."""
import pytest
from view_world import ANN, BOB, CAT, ViewWorld

from steelyard import codes
from steelyard.api.commands import SetLeverage, SetMarginMode, Side
from steelyard.kernel import COMPILED
from steelyard.units import SECOND
from steelyard.views import notices as room
from steelyard.views.costs import CostBook
from steelyard.views.notices import NoticesView

pytestmark = pytest.mark.skipif(not COMPILED, reason="read models look at the tables of the compiled engine")


@pytest.fixture
def world():
    """Ann is long at 20x, isolated; Bob is short."""
    world = ViewWorld(lambda world: CostBook(world.engine))
    world.views.append(NoticesView(world.engine, world.scales, world.views[0]))
    world.notices = world.views[1]
    world.notices.watch("notices", ANN, True)
    world.send(SetLeverage.times(ANN, world.swap.id, 20), SetMarginMode(ANN, world.swap.id, True))
    world.order(BOB, Side.SELL, 10_000, 8_001)
    world.order(ANN, Side.BUY, 10_000, 8_001)
    world.notices.changes()
    return world


def told(world) -> list[tuple[str, str]]:
    """Kind and level of what is new for Ann."""
    return [(one["kind"], one["level"]) for change in world.notices.changes() for one in change.data]


def test_a_liquidation_is_told_step_by_step(world):
    """VIEW-017"""
    world.price(7_600)
    new = [one for change in world.notices.changes() for one in change.data]
    assert {one["kind"] for one in new} == {"liquidation"} and new[0]["level"] == "danger"
    assert "has come down to the maintenance margin" in new[0]["text"] and "taken over" in new[1]["text"]
    started = world.last.events[world.last.events["kind"] == codes.LIQUIDATION_STARTED]["sequence"][0]
    assert {one["liquidation_id"] for one in new} == {str(started)}
    assert world.notices.snapshot("notices", ANN) == new


def test_ends_that_the_owner_did_not_ask_for(world):
    """VIEW-017"""
    order = dict(time_in_force=codes.TimeInForce.GTD, expires_ns=world.now + 5 * SECOND)
    world.order(ANN, Side.BUY, 100, 7_900, **order)
    world.price(8_000, seconds=6)
    new = [one for change in world.notices.changes() for one in change.data]
    assert [one["text"] for one in new] == ["Your order to buy 100 XBTUSD ended: its time ran out."]
    world.order(ANN, Side.BUY, 100, 7_900, time_in_force=codes.TimeInForce.IOC)
    assert told(world) == []


def test_a_stop_that_fires_again_is_told_once(world):
    """VIEW-017"""
    world.order(ANN, Side.SELL, 10_000, order_type=codes.OrderType.STOP_MARKET, time_in_force=codes.TimeInForce.GTC,
                trigger_ticks=world.ticks(7_950), flags=codes.Flag.REDUCE_ONLY)
    world.order(CAT, Side.BUY, 10_000, 7_900)
    world.price(7_949)
    assert told(world) == [("order", "warning")]
    world.order(BOB, Side.SELL, 300, 7_960)
    world.order(ANN, Side.BUY, 300, 7_960, stop_ticks=world.ticks(7_940))
    for price in (7_939, 7_938, 7_937):
        world.price(price)
    assert told(world) == [("order", "warning")]


def test_what_is_kept_is_bounded(world, monkeypatch):
    """VIEW-017"""
    monkeypatch.setattr(room, "ACCOUNTS_KEPT", 2)
    for number in range(120):
        world.notices.tell(ANN + number % 3, "status", "info", str(number))
    assert [len(world.notices.snapshot("notices", ANN + at)) for at in range(3)] == [0, 1, 1]
    for number in range(60):
        world.notices.tell(CAT, "status", "info", str(number))
    kept = world.notices.snapshot("notices", CAT)
    assert len(kept) == 50 and kept[-1]["text"] == "59"
    assert len({one["id"] for one in kept}) == 50


def test_margin_warnings_come_once_a_level(world):
    """VIEW-018"""
    liquidation = 7_656
    world.price(7_700)
    first = told(world)
    world.price(liquidation + 10)
    assert [*first, *told(world)][-1] == ("margin_warning", "warning")
    world.price(liquidation + 9)
    assert told(world) == []
    world.price(liquidation + 3)
    assert told(world) == [("margin_warning", "danger")]
    world.price(liquidation + 4)
    world.price(liquidation + 2)
    assert told(world) == []
    world.price(8_000)
    told(world)
    world.price(liquidation + 3)
    assert told(world) == [("margin_warning", "danger")]


def test_hysteresis_of_five_points(world, monkeypatch):
    """VIEW-018: 81 % warns, 79 and 82 do not, 74 and then 80 does again."""
    given = []
    monkeypatch.setattr(world.notices, "_warn", lambda account, level, ratio, *_rest: given.append((level, ratio)))
    for percent in (81, 79, 82, 91, 88, 92, 74, 80, 70, 95, 84, 91):
        world.notices._weigh(ANN, 1, percent, 100, [object()])
    assert given == [("warning", 8100), ("danger", 9100), ("warning", 8000), ("danger", 9500), ("danger", 9100)]
