"""What an operator switches over REST: the venue, one market, the feed."""
from __future__ import annotations

import time

import pytest
from rest_world import error_of, order, running

from steelyard.feeds import open_feed
from steelyard.service.eligibility import Standing


@pytest.fixture
def operator(world):
    made = world.operator()
    yield made
    made.post("/operator/status", json={"state": "operating"})


def test_every_refusal_names_the_state_and_until_when(world, operator):
    """SERV-007: cancels pass."""
    trader = world.trader()
    placed = trader.post("/orders", json=order()).json()
    until = time.time_ns() // 1_000_000 + 600_000
    said = operator.post("/operator/status", json={"state": "maintenance", "message": "new disks", "until": until})
    assert said.json()["state"] == "maintenance" and said.json()["until"] == until
    answer = trader.post("/orders", json=order())
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (503, "venue_state") and answer.headers["retry-after"]
    assert "maintenance" in error["message"] and str(until) in error["message"] and "new disks" in error["message"]
    assert trader.delete(f"/orders/{placed['order_id']}").json()["state"] == "canceled"
    assert operator.post("/operator/status", json={"state": "operating"}).json()["state"] == "operating"
    assert trader.post("/orders", json=order()).json()["state"] == "open"


def test_one_market_is_switched_in_the_engine(world, operator):
    """SERV-007"""
    trader = world.trader()
    answer = operator.post("/operator/instruments/XBTUSD/state", json={"state": "cancel_only"})
    assert answer.json()["state"] == "cancel_only"
    refused = trader.post("/orders", json=order())
    assert (refused.status_code, error_of(refused)["code"]) == (409, "instrument_must_allow_new_orders")
    assert "cancel_only" in error_of(refused)["message"]
    assert operator.post("/operator/instruments/XBTUSD/state", json={"state": "trading"}).json()["state"] == "trading"


@pytest.mark.parametrize(("body", "field"), [
    ({"state": "asleep"}, "state"), ({"state": "halted", "until": 5}, "until"),
    ({"state": "maintenance", "from": 4_000_000_000_000}, "until"), ({"state": "halted", "forever": True}, "forever"),
    ({"state": "maintenance", "from": 4_000_000_000_000, "until": 3_000_000_000_000}, "until")])
def test_states_that_cannot_be(operator, body, field):
    """SERV-002"""
    answer = operator.post("/operator/status", json=body)
    assert (answer.status_code, error_of(answer)["field"]) == (400, field)


def test_a_window_is_announced(operator):
    """SERV-007"""
    begin = time.time_ns() // 1_000_000 + 3_600_000
    said = operator.post("/operator/status", json={"state": "maintenance", "from": begin, "until": begin + 60_000,
                                                   "message": "soon"}).json()
    assert said["state"] == "operating" and said["planned"][-1]["from"] == begin
    assert operator.get("/status").json()["planned"] == said["planned"]


def test_a_venue_without_a_feed_says_so(operator):
    """SERV-007"""
    answer = operator.post("/replay", json={"speed": 5})
    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")


def test_figures_are_for_prometheus(world, operator):
    """SERV-007"""
    for client, path in ((operator, "/operator/metrics"), (world.client(), "/metrics")):
        answer = client.get(path)
        assert answer.headers["content-type"].startswith("text/plain") and "steelyard_commands_total" in answer.text


def test_alive_and_ready(world):
    """SERV-007"""
    for path, word in (("/health", "alive"), ("/ready", "ready")):
        answer = world.client().get(path)
        assert answer.status_code == 200 and answer.json()["ok"] and answer.json()["state"] == word
    world.application.status.stopping = True
    try:
        answer = world.client().get("/ready")
        assert (answer.status_code, answer.json()["state"]) == (503, "not ready")
    finally:
        world.application.status.stopping = False


def test_the_feed_is_controlled(tmp_path):
    """SERV-007: speed and pause of a real feed."""
    feed = open_feed("synthetic,accounts=50", tmp_path)
    with running(tmp_path, feed=feed, as_of=None) as world:
        operator = world.operator()
        assert operator.post("/replay", json={"speed": 20}).json()["speed"] == 20
        assert error_of(operator.post("/replay", json={}))["code"] == "missing_field"
        assert error_of(operator.post("/replay", json={"speed": 20_000}))["code"] == "invalid_value"
        answer = operator.post("/replay", json={"preset": "no such preset"})
        assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_value")


def test_the_operator_says_how_far_somebody_is_identified(world, operator):
    """ELIG-015: kept with the account; a level that is enough leaves the account as it was."""
    trader = world.client()
    account = trader.signed_in(trader.post("/paper?jurisdiction=DE&client=professional"))["account"]
    found = world.application.eligibility.decide(Standing("DE", "professional"), world.application.venue.instruments[0])
    assert found.kyc > "K0", "a row of law asks a level of professional clients in the EU"
    placed = trader.post("/orders", json=order()).json()
    assert placed["state"] == "open"
    said = operator.post(f"/operator/accounts/{account}/level", json={"level": "K0"})
    assert said.json() == {"account": account, "level": "K0"}
    error = error_of(trader.post("/orders", json=order()))
    assert (error["code"], error["rule"]) == ("client_class_must_be_admitted", "ELIG-015")
    assert "professional clients in DE at level K0 of identification may not open XBTUSD" in error["message"]
    assert "in force from" in error["message"] and "source: " in error["message"] and found.kyc in error["do"]
    assert trader.get(f"/orders/{placed['order_id']}").json()["state"] == "canceled"
    assert trader.post("/preview", json=order()).json()["error"] == error
    assert world.application.people.standings()[account] == ("DE", "professional", "K0")
    assert operator.post(f"/operator/accounts/{account}/level", json={"level": found.kyc}).json()["level"] == found.kyc
    assert trader.post("/orders", json=order()).json()["state"] == "open"


@pytest.mark.parametrize(("account", "level", "code", "field"), [
    ("77777", "K1", "not_found", "account"), ("me", "K1", "invalid_value", "account"),
    ("1", "K9", "invalid_value", "level")])
def test_levels_that_cannot_be(operator, account, level, code, field):
    """ELIG-015: nobody's account, no number, a level that no table knows."""
    error = error_of(operator.post(f"/operator/accounts/{account}/level", json={"level": level}))
    assert (error["code"], error["field"], error["rule"][:4]) == (code, field, "ELIG")


def test_only_an_operator_sets_a_level(world):
    """PEOP-002, ELIG-015"""
    trader = world.trader()
    answer = trader.post("/operator/accounts/1/level", json={"level": "K5"})
    assert answer.status_code == 403
