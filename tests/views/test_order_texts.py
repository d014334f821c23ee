"""Orders written by the kernel, and by Python, and by an encoder: the same words."""
import msgspec
from view_world import ANN, BOB, ViewWorld

from steelyard import codes
from steelyard.api.commands import AmendOrder, CancelOrder, Side
from steelyard.service.order_text import OrderTexts, PlainOrders
from steelyard.views.orders import OrdersView


def test_the_kernel_writes_what_python_writes():
    """SERV-006: an order that has neither traded nor a trigger nor a bracket is written from its row."""
    world = ViewWorld(lambda world: OrdersView(world.engine, world.scales))
    view = world.views[0]
    ids = [world.order(ANN, Side.BUY, 1000, 7990), world.order(BOB, Side.SELL, 300, 8100.5, name="a/b:c.D_1-2"),
           world.order(ANN, Side.BUY, 1000, 7000, name="x" * 36, flags=codes.FLAG_POST_ONLY),
           world.order(ANN, Side.BUY, 2_000_000_000, 7990),
           world.order(ANN, Side.SELL, 70, flags=codes.FLAG_REDUCE_ONLY),
           world.order(ANN, Side.BUY, 1000, 7001, display_lots=100),
           world.order(ANN, Side.BUY, 1000, 7002, time_in_force=codes.TimeInForce.GTD, expires_ns=world.now + 10**12)]
    world.send(AmendOrder(ANN, ids[0], 500, world.ticks(7980)))
    world.send(CancelOrder(BOB, ids[1]))
    strange = world.order(ANN, Side.BUY, 100, 7003, name='say "x"\\')
    texts, plain = OrderTexts(world.scales), PlainOrders(world.scales, view.table)
    written = plain.write([*ids, strange, 999_999])
    for order_id, text in zip(ids, written):
        order = view.get(order_id)
        assert text == texts.json(order).encode() == msgspec.json.encode(order.wire(world.scales))
    assert {view.get(one).state for one in ids} == {"open", "canceled", "refused"}
    assert written[len(ids):] == [None, None]
    traded = world.order(BOB, Side.SELL, 100)
    assert plain.write([ids[0], traded]) == [None, None], "they have traded: Python writes them"
