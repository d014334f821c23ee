"""The OpenAPI document is true: requests made from it find no undocumented answer, and answers are as it says."""
from __future__ import annotations

import httpx
import pytest
from fuzzing import MODES, fuzz
from rest_world import order

from steelyard.service.rest import things
from steelyard.service.rest.document import MEANING
from steelyard.service.rest.routes import ROUTES


@pytest.fixture(scope="module")
def document(world):
    return world.client().get("/openapi.json").json()


@pytest.fixture(scope="module")
def trader(world):
    """A trader with a position, open orders and a history, so that answers have something in them."""
    trader, other = world.trader(), world.trader()
    trader.post("/orders", json=order(client_order_id="mine", stop_price="6500", targets=[
        {"price": "9000", "share": "0.5"}]))
    other.post("/orders", json=order(side="sell", price="7940", size="100"))
    trader.post("/orders", json=order(price="7940", size="100", stop_price="7000"))
    trader.post("/orders", json=order(type="stop_market", side="sell", price=None, trigger_price="6000", size="10"))
    return trader


def test_every_route_is_described(document):
    """SERV-007: and nothing else is."""
    described = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    assert described == {(route.method, f"/api/v1{route.path}") for route in ROUTES}
    for path, operations in document["paths"].items():
        for method, one in operations.items():
            assert one["summary"] and one["description"] and one["operationId"] and "422" not in one["responses"]
            assert {"400", "401", "403", "429", "500", "503"} <= set(one["responses"]), (method, path)
            names = {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"}
            assert names == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def test_every_thing_of_the_document_says_what_it_is(document):
    """SERV-006"""
    schemas = document["components"]["schemas"]
    assert all(one.get("description") for one in schemas.values())
    assert {"Instrument", "Ticker", "Depth", "Trade", "Candle", "Order", "Fill", "Position", "Wallet", "Notice",
            "PublicLiquidation", "Risk", "Status", "Replay", "Preview", "Story", "Error"} <= set(schemas)
    assert schemas["PlaceOrder"]["additionalProperties"] is False
    assert set(things.__all__) >= {"Order", "Error"} and set(MEANING) >= {400, 500}
    text = str(document)
    for reference in set(part.split("'")[0] for part in text.split("#/components/schemas/")[1:]):
        assert reference in schemas, reference


def test_the_page_shows_every_route_and_loads_nothing(world):
    """SERV-007"""
    page = httpx.get(f"{world.url}/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert all(route.path in page.text for route in ROUTES) and "<script" not in page.text
    assert "src=" not in page.text and "http://" not in page.text and "https://" not in page.text


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_requests_made_from_the_document_find_no_answer_it_does_not_have(world, document, trader, mode):
    """SERV-007 SERV-006: no 5xx, no undocumented status, no field that is not described; and no moved cent."""
    asked = fuzz(world, document, trader, 6, mode)
    assert asked >= 6 * (len(document["paths"]) // 2)
    assert world.cash_atoms() == [0]
