"""Every order of a person, from its command to long after its end, and again after a restart."""
import numpy as np
import pytest
from view_world import ANN, BOB, CAT, XBT, ViewWorld

from steelyard import codes
from steelyard.api.commands import AmendOrder, CancelOrder, Deposit, Note, PlaceOrder, SetAccount, Side, Target, records
from steelyard.kernel import COMPILED
from steelyard.views import preview_kernels
from steelyard.views.order import WEIGHT, Order, average_price, contents_of, price_weight
from steelyard.views.orders import OrdersView
from steelyard.views.people import COMMAND_ROWS, EVENT_ROWS, special_events
from steelyard.views.view import CROWD_FIRST_ACCOUNT, CROWD_FIRST_ORDER_ID

compiled = pytest.mark.skipif(not COMPILED, reason="read models look at the tables of the compiled engine")


@pytest.fixture
def world():
    return ViewWorld(lambda world: OrdersView(world.engine, world.scales))


def wire(world, order_id):
    """An order as it goes out."""
    return world.views[0].get(order_id).wire(world.scales)


def test_rows_are_the_records():
    """VIEW-001"""
    draw = np.random.default_rng(1)
    for unpacker in (EVENT_ROWS, COMMAND_ROWS):
        data = draw.integers(0, 256, 5 * unpacker.dtype.itemsize, np.uint8).view(unpacker.dtype)
        for row, record in zip(unpacker.rows(data), data):
            assert row._asdict() == {name: int(record[name]) for name in row._fields}


@compiled
def test_only_people_are_looked_at(world):
    """VIEW-001"""
    crowd = CROWD_FIRST_ACCOUNT
    batch = world.send(SetAccount(crowd), Deposit(crowd, XBT, 10**8), PlaceOrder(
        crowd, world.swap.id, CROWD_FIRST_ORDER_ID, Side.BUY, 10, world.ticks(7900)))
    assert special_events(batch) == [] and world.views[0].table.accounts() == []
    world.order(ANN, Side.SELL, 10, 7900)
    assert [row.kind for row in special_events(world.last)] == [codes.TRADED]


def test_an_order_lives_and_ends(world):
    """VIEW-002"""
    view = world.views[0]
    first = world.order(ANN, Side.BUY, 1000, 7990, name="mine-1")
    assert wire(world, first)["state"] == "open" and view.known_client_id(ANN, "mine-1").order_id == first
    assert view.known_client_id(BOB, "mine-1") is None
    world.order(BOB, Side.SELL, 400)
    half = wire(world, first)
    assert (half["filled"], half["remaining"], half["average_price"]) == ("400", "600", "7990.00")
    world.send(AmendOrder(ANN, first, 500, world.ticks(7980)))
    assert (wire(world, first)["size"], wire(world, first)["price"]) == ("900", "7980.0")
    world.send(CancelOrder(ANN, first))
    ended = wire(world, first)
    assert (ended["state"], ended["reason"], ended["filled"]) == ("canceled", "canceled_by_owner", "400")
    assert view.open_orders(ANN) == [] and view.known_client_id(ANN, "mine-1").state == "canceled"


def test_a_refused_order_leaves_its_name_free(world):
    """VIEW-002, SERV-008"""
    view = world.views[0]
    refused = world.order(ANN, Side.BUY, 9_000_000, 7990, name="again")
    assert wire(world, refused)["state"] == "refused" and wire(world, refused)["reason"].endswith("covered")
    assert view.known_client_id(ANN, "again") is None
    good = world.order(ANN, Side.BUY, 100, 7990, name="again")
    assert view.known_client_id(ANN, "again").order_id == good


def test_equal_requests_have_equal_contents(world):
    """SERV-008"""
    place = records([PlaceOrder(ANN, world.swap.id, 5, Side.BUY, 100, world.ticks(7990), time_ns=7)])
    same = records([PlaceOrder(ANN, world.swap.id, 6, Side.BUY, 100, world.ticks(7990), time_ns=8)])
    other = records([PlaceOrder(ANN, world.swap.id, 5, Side.BUY, 101, world.ticks(7990), time_ns=7)])
    assert contents_of(place) == contents_of(same) != contents_of(other)
    world.send(Note(ANN, 5, "n"), place)
    assert world.views[0].known_client_id(ANN, "n").contents == contents_of(same)


def test_a_note_at_the_end_of_a_batch_names_the_next_order(world):
    """ORDR-013"""
    world.send(Note(ANN, 77, "split"))
    world.send(PlaceOrder(ANN, world.swap.id, 77, Side.BUY, 100, world.ticks(7990)))
    assert world.views[0].known_client_id(ANN, "split").order_id == 77


def test_children_of_a_bracket_name_their_entry(world):
    """VIEW-002"""
    view = world.views[0]
    entry = world.order(BOB, Side.SELL, 300, 8010, stop_ticks=world.ticks(8200), targets=(
        Target(world.ticks(7900), 500_000_000), Target(world.ticks(7800), 500_000_000)))
    assert wire(world, entry)["bracket"]["targets"][0] == {"price": "7900.0", "share": "0.5"}
    world.order(CAT, Side.BUY, 200, 8010)
    children = {one.role: one for one in view.open_orders(BOB) if one.order_id != entry}
    assert set(children) == {"stop", "target"}
    assert {one.parent_order_id for one in children.values()} == {entry}
    assert children["stop"].wire(world.scales)["trigger_price"] == "8200.0"
    assert children["stop"].state == "waiting" and children["stop"].size_lots == 200


def test_a_stop_that_finds_nobody_waits_again(world):
    """VIEW-002, BRKT-007"""
    view = world.views[0]
    world.order(BOB, Side.SELL, 300, 8000)
    world.order(ANN, Side.BUY, 300, 8000, stop_ticks=world.ticks(7900))
    stop_id = next(one.order_id for one in view.open_orders(ANN) if one.role == "stop")
    world.price(7890)
    stop = view.get(stop_id)
    assert (stop.state, stop.size_lots, stop.reason) == ("waiting", 300, 0)
    world.order(CAT, Side.BUY, 100, 7880)
    world.price(7889)
    stop = view.get(stop_id)
    assert (stop.state, stop.filled_lots, stop.size_lots) == ("waiting", 100, 300)
    world.order(CAT, Side.BUY, 500, 7880)
    world.price(7888)
    stop = view.get(stop_id)
    assert (stop.state, stop.filled_lots) == ("filled", 300) and stop not in view.open_orders(ANN)


def test_the_average_price_is_the_price_of_one_fill():
    """VIEW-003"""
    world = ViewWorld()
    inverse = world.scales.by_symbol["XBTUSD"]
    for ticks in (1, 15_980, 16_001, 999_999):
        assert average_price(inverse, 400, price_weight(True, 400, ticks)) == f"{ticks / 2:.2f}"
    linear = type("Linear", (), {"inverse": False, "units_per_tick": 10, "mark": staticmethod(lambda units: units)})
    assert average_price(linear, 200, price_weight(False, 100, 800) + price_weight(False, 100, 801)) == 8005
    assert preview_kernels.WEIGHT == WEIGHT


def test_fills_of_both_sides(world):
    """VIEW-004"""
    view = world.views[0]
    view.watch("fills", ANN, True)
    world.order(ANN, Side.BUY, 1000, 7990, name="rest")
    world.order(BOB, Side.SELL, 400)
    made, taken = view.fills(ANN)[0], view.fills(BOB)[0]
    assert (made.fill_id, taken.fill_id) == (f"{taken.sequence}m", f"{taken.sequence}t")
    told = made.wire(world.scales)
    assert (told["liquidity"], told["fee_rate"], told["fee"]) == ("maker", "-0.00025", "-0.00001251")
    assert taken.wire(world.scales)["fee_rate"] == "0.00075"
    assert [one.data[0]["id"] for one in view.changes() if one.channel == "fills"] == [made.fill_id]


def test_changes_come_once_and_only_to_those_who_watch(world):
    """VIEW-002"""
    view = world.views[0]
    view.watch("orders", ANN, True)
    first = world.order(ANN, Side.BUY, 1000, 7990)
    world.order(BOB, Side.BUY, 1000, 7980)
    told = view.changes()
    assert [(one.account, one.data[0]["order_id"]) for one in told] == [(ANN, str(first))]
    assert view.changes() == []
    world.send(CancelOrder(ANN, first))
    assert view.changes()[0].data[0]["state"] == "canceled" and view.snapshot("orders", ANN) == []


def test_what_is_kept_is_bounded(world):
    """VIEW-002"""
    view = world.views[0]
    view.table.orders.ended_account_max, view.table.orders.ended_max = 5, 8
    for number in range(20):
        for account in (ANN, BOB):
            world.order(account, Side.BUY, 100, 7990, name=f"n{number}", time_in_force=codes.TimeInForce.IOC)
    assert [len(view.table.ended(account)) for account in (ANN, BOB)] == [4, 4]
    assert view.table.ended_count == 8 and view.known_client_id(ANN, "n3") is None
    assert sorted(view.table.names[ANN]) == ["n16", "n17", "n18", "n19"] and int(view.table.orders.high_water) <= 12
    assert view.known_client_id(ANN, "n19").state == "canceled"
    assert [one.client_order_id for one in view.listing(ANN, limit=2)] == ["n19", "n18"]


@compiled
def test_after_a_restart_the_tables_say_what_is_open(world):
    """VIEW-002"""
    view = world.views[0]
    first = world.order(ANN, Side.BUY, 1000, 7990, name="mine-1", stop_ticks=world.ticks(7800), targets=(
        Target(world.ticks(8200), 500_000_000),))
    world.order(BOB, Side.SELL, 400)
    done = world.order(ANN, Side.BUY, 100, 7000, time_in_force=codes.TimeInForce.IOC, name="gone")
    waiting = world.order(CAT, Side.BUY, 100, order_type=codes.OrderType.STOP_MARKET,
                          time_in_force=codes.TimeInForce.GTC, trigger_ticks=world.ticks(8500))
    kept = [view.get(one).row() for one in (first, done, waiting)]
    again = OrdersView(world.engine, world.scales)
    assert {one.order_id for one in again.open_orders(ANN)} == {one.order_id for one in view.open_orders(ANN)}
    assert again.get(first).filled_lots == 0 and again.known_client_id(ANN, "mine-1") is None
    again.load(kept)
    assert {one.role: one.parent_order_id for one in again.open_orders(ANN)} == {"order": 0, "stop": first,
                                                                                 "target": first}
    for one in (first, done, waiting):
        before, after = wire(world, one), again.get(one).wire(world.scales)
        assert {name for name in before if before[name] != after[name]} <= {"updated"}
    assert again.known_client_id(ANN, "mine-1").contents == view.get(first).contents
    assert again.known_client_id(ANN, "gone").state == "canceled"
    assert Order.of_row(view.get(first).row()) == view.get(first)


@compiled
def test_names_come_back_from_notes_alone(world):
    """ORDR-013"""
    first = world.order(ANN, Side.BUY, 1000, 7990, name="mine-1")
    commands = world.last.commands
    again = OrdersView(world.engine, world.scales)
    again.load_notes(commands)
    assert again.known_client_id(ANN, "mine-1").order_id == first
