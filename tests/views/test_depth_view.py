"""The book that everybody sees is the engine's, snapshot and deltas agree, and the checksum proves it."""
import pytest
from market_world import ANN, BOB, INSTRUMENT, SYMBOL, MarketWorld, random_flow

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.views.depth import checksum
from steelyard.views.market_kernels import DEPTH_LEVELS

pytestmark = pytest.mark.skipif(not COMPILED, reason="over the compiled engine")


def naive_book(engine) -> tuple[dict[int, int], dict[int, int]]:
    """Displayed lots by price, straight from the table of orders."""
    sides = {1: {}, -1: {}}
    orders = engine.states["orders"][0][:int(engine.state.orders_pool.high_water) + 1]
    for order in orders[(orders["order_id"] != 0) & (orders["remaining_lots"] > 0)]:
        if not order["flags"] & codes.FLAG_HIDDEN:
            side, ticks = sides[int(order["side"])], int(order["price_ticks"])
            side[ticks] = side.get(ticks, 0) + int(order["displayed_lots"])
    return (dict(sorted(sides[1].items(), reverse=True)[:DEPTH_LEVELS]), dict(sorted(sides[-1].items())[:DEPTH_LEVELS]))


class Client:
    """Keeps a book as the protocol says, and checks every checksum."""

    def __init__(self, snapshot):
        self.bids, self.asks = dict(map(tuple, snapshot["bids"])), dict(map(tuple, snapshot["asks"]))
        self.check(snapshot)

    def apply(self, delta):
        for side, changed in ((self.bids, delta["bids"]), (self.asks, delta["asks"])):
            for price, size in changed:
                if size == "0":
                    del side[price]
                else:
                    side[price] = size
        self.check(delta)

    def sides(self):
        return (sorted(map(list, self.bids.items()), key=lambda level: -float(level[0])),
                sorted(map(list, self.asks.items()), key=lambda level: float(level[0])))

    def check(self, message):
        assert checksum(*self.sides()) == message["checksum"]


def test_the_published_example_of_the_checksum():
    """SERV-005"""
    assert checksum([["7934.5", "100"], ["7934.0", "50"]], [["7935.0", "10"]]) == 3473970962
    many = [[str(price), "1"] for price in range(100, 60, -1)]
    assert checksum(many, []) == checksum(many[:25], []) != checksum(many[:24], [])


def test_hidden_lots_are_not_shown_and_icebergs_show_their_clip():
    """MKTV-002"""
    world = MarketWorld()
    world.deposit(ANN)
    world.order(ANN, 1, 10, "7990.0", flags=codes.FLAG_HIDDEN)
    world.order(ANN, 1, 20, "7989.0", display_lots=5)
    assert world.changes("depth")[0]["bids"] == [["7989.0", "5"]]
    assert world.snapshot("depth") == {"bids": [["7989.0", "5"]], "asks": [],
                                       "checksum": checksum([["7989.0", "5"]], [])}


@pytest.mark.parametrize("seed", range(3))
def test_deltas_applied_to_any_snapshot_are_the_engines_book(seed):
    """MKTV-002, MKTV-003, SERV-004, SERV-005: clients that join at different times all have the same book."""
    world = MarketWorld()
    clients, scale = [Client(world.snapshot("depth"))], world.public.market.scale(SYMBOL)
    for number, _events in enumerate(random_flow(world, seed, 30)):
        if number % 5 == 0:                                  # joins before the batch is told
            clients.append(Client(world.snapshot("depth")))
        if number % 3 == 0:                                  # some batches are told together
            for delta in world.changes("depth"):
                for client in clients:
                    client.apply(delta)
            expected = tuple([[scale.price(ticks), scale.size(lots)] for ticks, lots in side.items()]
                             for side in naive_book(world.engine))
            assert all(client.sides() == expected for client in clients)
            assert len(expected[0]) > 20 or number < 10
    assert world.changes("depth") and not world.changes("depth")


def test_nothing_is_walked_while_nothing_moved_or_nobody_watches():
    """MKTV-001, MKTV-003"""
    world = MarketWorld(watch=False)
    world.deposit(ANN, BOB)
    walks, book = [], world.views["depth"].books[SYMBOL]
    walk, book.walk = book.walk, lambda: walks.append(1) or walk()
    world.order(ANN, 1, 10, "7990.0")
    assert world.changes("depth") == [] and not walks
    world.views["depth"].watch(f"depth.{SYMBOL}", 0, True)
    assert len(walks) == 1
    world.price("8001.00")
    assert world.changes("depth") == [] and len(walks) == 1
    world.order(BOB, 1, 10, "7990.0")
    assert world.changes("depth")[0]["bids"] == [["7990.0", "20"]] and len(walks) == 2
    world.views["depth"].watch(f"depth.{SYMBOL}", 0, False)
    world.order(BOB, 1, 10, "7980.0")
    assert world.changes("depth") == [] and len(walks) == 2
    assert len(world.snapshot("depth")["bids"]) == 2


def test_a_symbol_that_is_not_there_is_named():
    """SERV-004"""
    world = MarketWorld()
    with pytest.raises(KeyError, match="ETHXXX.*XBTUSD"):
        world.views["depth"].snapshot("depth.ETHXXX", 0)
    assert INSTRUMENT.symbol == SYMBOL
