"""Lists page by page: nothing twice, nothing left out, while they grow; damaged cursors are refused by name."""
import pytest
from history_world import ANN, BOB, CROWD, HistoryWorld

from steelyard.api.commands import Side
from steelyard.kernel import COMPILED
from steelyard.views.history.cursors import BadCursor, cursor_key, cursor_text
from steelyard.views.history.queries import Queries, UnknownValue

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = HistoryWorld(tmp_path_factory.mktemp("pages"))
    made.price(8_000)
    made.people(ANN, BOB, CROWD, coins=5)
    for step in range(30):
        made.after(1).trade(ANN, Side.BUY if step % 2 else Side.SELL, 10, 8_000, name=f"o{step}")
    yield made
    made.close()


def all_of(ask, **options) -> list[str]:
    """Ids of a whole list, page by page."""
    found, cursor = [], None
    while True:
        page = ask(cursor=cursor, limit=7, **options)
        assert len(page.items) <= 7
        found += [one["id"] for one in page.items]
        cursor = page.next
        if cursor is None:
            return found


def test_pages_hold_every_row_once(world):
    """HIST-007"""
    queries = Queries(world.history)
    world.history.flush()
    fills = all_of(lambda **options: queries.fills(ANN, **options))
    assert len(fills) == len(set(fills)) == 30
    ledger = all_of(lambda **options: queries.ledger(ANN, **options))
    assert [one["id"] for one in queries.ledger_export(ANN)] == ledger[::-1]
    assert len(all_of(lambda **options: queries.trades("XBTUSD", **options))) == 30


def test_a_cursor_stays_right_while_the_list_grows(world):
    """HIST-007: what comes later is before the first page, and moves nothing."""
    queries = Queries(world.history)
    first = queries.fills(ANN, limit=5)
    rest = queries.fills(ANN, cursor=first.next, limit=5)
    world.trade(ANN, Side.BUY, 10, 8_000)
    assert queries.fills(ANN, cursor=first.next, limit=5) == rest
    assert queries.fills(ANN, limit=1).items[0]["id"] != first.items[0]["id"]


def test_filters(world):
    """HIST-007"""
    queries = Queries(world.history)
    assert queries.orders(ANN, state="filled", symbol="XBTUSD", limit=1000).next is None
    assert queries.orders(ANN, state="live").items == [] and queries.orders(BOB).items == []
    order = queries.orders(ANN, limit=1).items[0]
    assert [one["order_id"] for one in queries.fills(ANN, order_id=int(order["order_id"])).items] == [order["order_id"]]


@pytest.mark.parametrize("text", ["x", "AAAA", "é", "!!", cursor_text("ledger", 5), cursor_text("fills", 5)[:-1] + "_",
                                  "A" * 600, "0", " "])
def test_a_damaged_cursor_is_refused(world, text):
    """HIST-007: so is one of another list."""
    with pytest.raises(BadCursor, match="cursor: was not given by the list of fills") as refused:
        Queries(world.history).fills(ANN, cursor=text)
    assert refused.value.field == "cursor" and refused.value.rule == "HIST-007" and refused.value.do


def test_a_cursor_is_its_key():
    """HIST-007"""
    for key in (0, 1, 1 << 62, (1 << 63) - 1):
        assert cursor_key("orders", cursor_text("orders", key)) == key
    assert cursor_key("orders", None) is None and cursor_key("orders", "") is None


@pytest.mark.parametrize(("call", "field"), [
    (lambda queries: queries.orders(ANN, state="gone"), "state"),
    (lambda queries: queries.fills(ANN, symbol="NONE"), "symbol"),
    (lambda queries: queries.fills(ANN, limit=0), "limit"),
    (lambda queries: queries.fills(ANN, limit=1501), "limit"),
    (lambda queries: queries.candles("XBTUSD", "2m"), "interval"),
])
def test_unknown_values_are_refused_by_field(world, call, field):
    """HIST-007"""
    with pytest.raises(UnknownValue) as refused:
        call(Queries(world.history))
    assert refused.value.field == field and refused.value.do in str(refused.value)
