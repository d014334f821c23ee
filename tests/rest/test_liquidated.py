"""Being liquidated, as REST tells it: to its owner the whole story, to everybody else that it happened."""
from __future__ import annotations

import time

import jsonschema_rs
import pytest
from rest_world import error_of, order, running


@pytest.fixture(scope="module")
def fallen(tmp_path_factory):
    """A venue on which Ann held 10,000 long at 50x when the index fell by 5 %."""
    with running(tmp_path_factory.mktemp("fallen")) as world:
        world.publish("8000")
        ann, bob = world.trader(), world.trader()
        for trader in (ann, bob):
            assert trader.post("/positions/XBTUSD/leverage", json={"leverage": "50"}).is_success
        ann.post("/positions/XBTUSD/margin_mode", json={"margin_mode": "isolated"})
        bob.post("/orders", json=order(side="sell", price="8000", size="10000"))
        assert ann.post("/orders", json=order(price="8000", size="10000")).json()["state"] == "filled"
        world.trader().post("/orders", json=order(side="buy", price="7500", size="20000"))
        ann.post("/orders", json=order(price="7000", size="100", client_order_id="resting"))
        world.publish("7600")
        until = time.monotonic() + 20
        while not ann.get("/my/liquidations").json()["items"] and time.monotonic() < until:
            world.publish("7600")
            time.sleep(0.2)
        yield world, ann, bob


def schema_of(world, name):
    """A validator of one thing of the document, with its fields and no others."""
    document = world.client().get("/openapi.json").json()
    for one in document["components"]["schemas"].values():
        if one.get("properties"):
            one.setdefault("additionalProperties", False)
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def test_the_story_is_told_to_its_owner(fallen):
    """SERV-007: as the document describes it."""
    world, ann, _bob = fallen
    listed = ann.get("/my/liquidations").json()["items"]
    assert len(listed) == 1 and listed[0]["symbol"] == "XBTUSD" and listed[0]["margin_mode"] == "isolated"
    story = ann.get(f"/my/liquidations/{listed[0]['id']}").json()
    schema_of(world, "Story").validate(story)
    schema_of(world, "MyLiquidation").validate(listed[0])
    assert story["positions"][0]["size"] == "10000" and len(story["positions"][0]["index"]["sources"]) >= 2
    assert story["sentences"] and story["timeline"] and story["prevention"]["sentences"]


def test_nobody_else_is_told(fallen):
    """PEOP-002: the same words as for one that never was."""
    world, ann, bob = fallen
    number = ann.get("/my/liquidations").json()["items"][0]["id"]
    assert bob.get("/my/liquidations").json()["items"] == []
    other, never = bob.get(f"/my/liquidations/{number}"), bob.get("/my/liquidations/123456")
    assert other.status_code == never.status_code == 404
    assert error_of(other)["message"].replace(number, "") == error_of(never)["message"].replace("123456", "")
    assert world.client().get(f"/my/liquidations/{number}").status_code == 401
    operator = world.operator()
    assert operator.get(f"/my/liquidations/{number}").status_code == 403


def test_everybody_sees_that_it_happened_and_not_to_whom(fallen):
    """SERV-007"""
    world, ann, _bob = fallen
    listed = world.client().get("/liquidations/XBTUSD").json()["items"]
    validator = schema_of(world, "PublicLiquidation")
    for one in listed:
        validator.validate(one)
    assert listed and "account" not in str(listed) and listed[0]["side"] == "long"
    risk = world.client().get("/risk/XBTUSD").json()
    schema_of(world, "Risk").validate(risk)
    assert ann.get("/positions").json()["items"] == []


def test_lists_of_the_fallen_are_as_described(fallen):
    """SERV-006"""
    world, ann, bob = fallen
    for path, name in (("/fills", "Fill"), ("/ledger", "LedgerEntry"), ("/orders?state=all", "Order"),
                       ("/wallet", "Wallet"), ("/notices", "Notice"), ("/candles/XBTUSD", "Candle"),
                       ("/trades/XBTUSD", "Trade"), ("/tickers", "Ticker")):
        items = ann.get(path).json()["items"]
        validator = schema_of(world, name)
        for one in items:
            validator.validate(one)
        assert items, path
    assert any(entry["reason"] == "takeover" or entry["liquidation_id"] for entry in ann.get("/ledger").json()["items"])
    notices = bob.get("/notices").json()["items"]
    for one in notices:
        schema_of(world, "Notice").validate(one)
    assert "deleveraged" in {one["kind"] for one in notices}
