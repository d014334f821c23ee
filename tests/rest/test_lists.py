"""Lists page by page, while they grow."""
from __future__ import annotations

import csv
import io

import pytest
from rest_world import order


@pytest.fixture(scope="module")
def busy(world):
    """A trader with 25 open orders, 3 canceled ones and a position that was made by fills of both sides."""
    trader, other = world.trader(), world.trader()
    for number in range(28):
        trader.post("/orders", json=order(price=f"{6000 + number}", client_order_id=f"n-{number}"))
    for number in range(3):
        trader.delete(f"/orders/client:n-{number}")
    for number in range(4):
        other.post("/orders", json=order(side="sell", price="7940", size="10"))
        trader.post("/orders", json=order(price="7940", size="10", client_order_id=f"fill-{number}"))
    return trader


def pages(client, path, limit):
    """All items of a list, page by page."""
    items, cursor = [], None
    while True:
        params = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
        page = client.get(path, params=params).json()
        assert set(page) == {"items", "next"} and len(page["items"]) <= limit
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


@pytest.mark.parametrize("path", ["/orders", "/fills", "/ledger", "/orders?state=all", "/orders?state=canceled"])
def test_a_list_comes_whole_in_pages_of_any_size(busy, path):
    """SERV-007"""
    path, _mark, query = path.partition("?")
    busy.params = {"state": query.partition("=")[2]} if query else {}
    whole = pages(busy, path, 1000)
    ids = [one.get("order_id") if path == "/orders" else one["id"] for one in whole]
    assert len(ids) == len(set(ids)) > 2
    for limit in (1, 7, len(whole)):
        assert pages(busy, path, limit) == whole
    busy.params = {}
    times = [one.get("created", one.get("time")) for one in whole]
    assert times == sorted(times, reverse=True)


def test_a_cursor_stays_valid_while_the_list_grows(busy):
    """SERV-007"""
    first = busy.get("/orders", params={"limit": 5}).json()
    busy.post("/orders", json=order(price="5000", client_order_id="late"))
    second = busy.get("/orders", params={"limit": 1000, "cursor": first["next"]}).json()
    seen = [one["client_order_id"] for one in first["items"] + second["items"]]
    assert "late" not in seen and len(seen) == len(set(seen)) == 25
    busy.delete("/orders/client:late")


def test_open_orders_are_those_that_are_open(busy):
    """SERV-007"""
    assert {one["state"] for one in busy.get("/orders").json()["items"]} == {"open"}
    assert len(busy.get("/orders?state=canceled").json()["items"]) >= 3
    assert busy.get("/orders/client:n-1").json()["state"] == "canceled"
    assert busy.get("/orders/client:fill-1").json()["filled"] == "10"


def test_the_ledger_as_a_table_has_the_same_entries(busy):
    """SERV-007"""
    answer = busy.get("/ledger.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    entries = pages(busy, "/ledger", 1000)
    assert [row["id"] for row in rows] == [entry["id"] for entry in reversed(entries)]
    assert [row["balance"] for row in rows] == [entry["balance"] for entry in reversed(entries)]


def test_candles_follow_from_one_page_to_the_next(busy):
    """SERV-007"""
    page = busy.get("/candles/XBTUSD", params={"from": 0, "limit": 1}).json()
    assert len(page["items"]) == 1
    rest = busy.get("/candles/XBTUSD", params={"from": page["next"], "limit": 1000}).json()
    assert all(one["time"] > page["items"][0]["time"] for one in rest["items"]) and rest["next"] is None
