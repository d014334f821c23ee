"""Signing in and out over HTTP: cookies, second tokens, keys, paper accounts; and what a crash leaves behind."""
from __future__ import annotations

import time

import httpx
import pytest
from rest_world import error_of, order, running

from steelyard.engine.records import FIRST_TRADER_ACCOUNT
from steelyard.service.limits import WorkLimits

PASSWORD = "four plain words here"


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    """Name -> whole text of every cookie an answer sets."""
    return {text.split("=", 1)[0]: text for text in answer.headers.get_list("set-cookie")}


def test_a_venue_that_is_not_for_paper_gives_none(tmp_path):
    """PEOP-010"""
    with running(tmp_path, paper=False) as world:
        client = world.client()
        refused = client.post("/paper", json={})
        assert refused.status_code == 404 and refused.json()["error"]["rule"] == "PEOP-010"
        made = client.post("/users", json={"name": "somebody", "password": "a long enough password"})
        assert made.status_code == 201, made.text


def test_one_click_makes_a_user_an_account_and_paper_money(world):
    """PEOP-010"""
    client = world.client()
    answer = client.post("/paper", json={})
    said = client.signed_in(answer)
    assert answer.status_code == 201 and said["user"].startswith("paper-") and said["paper"]
    assert said["account"] >= FIRST_TRADER_ACCOUNT and said["scopes"] == ["read", "trade", "transfer"]
    assert client.get("/wallet").json()["items"][0]["balance"] == "10.00000000"
    assert client.post("/orders", json=order()).json()["state"] == "open"
    assert client.post("/password", json={"new_password": PASSWORD}).json() == {"done": True}
    again = world.client()
    back = again.signed_in(again.post("/session", json={"name": said["user"], "password": PASSWORD}))
    assert back["account"] == said["account"] and not back["paper"]
    assert len(again.get("/orders").json()["items"]) == 1


def test_cookies_are_those_of_the_page(world):
    """PEOP-006"""
    plain = set_cookies(world.client().post("/paper"))
    session, csrf = plain["steelyard_session"], plain["steelyard_csrf"]
    assert "HttpOnly" in session and "SameSite=Lax" in session and "Path=/" in session and "Secure" not in session
    assert "HttpOnly" not in csrf and "SameSite=Lax" in csrf
    proxied = set_cookies(world.client().post("/paper", headers={"X-Forwarded-Proto": "https"}))
    assert all("; Secure" in text for text in proxied.values()) and len(proxied) == 2


def test_a_page_of_another_site_begins_and_changes_nothing(world):
    """PEOP-006"""
    away = {"Origin": "https://evil.test"}
    for path, body in (("/paper", {}), ("/users", {"name": "ann-x", "password": PASSWORD}),
                       ("/session", {"name": "ann-x", "password": PASSWORD})):
        assert error_of(world.client().post(path, json=body, headers=away))["code"] == "csrf"
    client = world.trader()
    for headers in (away, {"X-CSRF-Token": "0" * 43, "Origin": world.url}, {"X-CSRF-Token": client.csrf}):
        answer = client.post("/orders", json=order(), headers={"X-CSRF-Token": client.csrf, **headers})
        if "Origin" in headers:
            assert error_of(answer)["code"] == "csrf"
    bare = httpx.post(f"{world.url}/api/v1/orders", json=order(), headers={
        "Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())})
    assert error_of(bare)["code"] == "csrf" and client.get("/orders").json()["items"] == []


def test_registering_signing_out_and_in(world):
    """PEOP-001 PEOP-003"""
    client = world.client()
    said = client.signed_in(client.post("/users", json={"name": "Ann.Reed", "password": PASSWORD}))
    assert said["user"] == "Ann.Reed" and not said["paper"]
    old = dict(client.cookies)
    answer = client.delete("/session")
    assert answer.json() == {"done": True} and all("Max-Age=0" in text for text in set_cookies(answer).values())
    assert client.get("/session").json()["user"] is None
    assert error_of(httpx.get(f"{world.url}/api/v1/orders", cookies=old))["code"] == "not_signed_in"
    wrong, nobody = (world.client().post("/session", json={"name": name, "password": "wrong password"})
                     for name in ("ann.reed", "no.body"))
    assert wrong.status_code == nobody.status_code == 401 and error_of(wrong) == error_of(nobody)
    assert client.signed_in(client.post("/session", json={"name": "ann.reed", "password": PASSWORD}))["account"] == (
        said["account"])
    taken = world.client().post("/users", json={"name": "ANN.reed", "password": PASSWORD})
    assert (taken.status_code, error_of(taken)["field"]) == (409, "name")


def test_signing_in_again_asks_nothing_of_the_session_before(world):
    """PEOP-006: what begins a session does not look at the one there is."""
    client = world.trader()
    client.csrf = None
    first, answer = dict(client.cookies), client.post("/paper")
    assert answer.status_code == 201 and dict(client.cookies) != first
    assert world.client().post("/paper", headers={"X-Key": "sy-none"}).status_code == 201


def test_who_is_signed_in(world):
    """PEOP-001 PEOP-006: with the second token for pages, without for keys."""
    trader = world.trader()
    said = trader.get("/session").json()
    assert said["account"] == trader.account and said["csrf"] == trader.csrf and said["expires"] > time.time() * 1000
    by_key = world.key_client(trader, "trade").get("/session").json()
    assert by_key["account"] == trader.account and by_key["csrf"] is None and by_key["scopes"] == ["read", "trade"]


def test_keys_over_the_wire(world):
    """PEOP-007: the secret is in one answer only."""
    trader = world.trader()
    made = trader.post("/keys", json={"label": "my bot", "scopes": ["trade"], "addresses": ["127.0.0.1"]}).json()
    listed = trader.get("/keys").json()["items"]
    assert made["secret"] and [one["key"] for one in listed] == [made["key"]] and "secret" not in listed[0]
    assert listed[0]["addresses"] == ["127.0.0.1/32"] and listed[0]["scopes"] == ["trade"]
    client = world.client()
    client.key, client.secret = made["key"], made["secret"]
    assert client.post("/orders", json=order()).status_code == 200
    assert trader.delete(f"/keys/{made['key']}").json() == {"done": True}
    answer = client.get("/orders")
    assert (answer.status_code, error_of(answer)["code"]) == (401, "invalid_signature")
    assert trader.delete(f"/keys/{made['key']}").status_code == 404


def test_a_key_for_another_address_does_not_work_here(world):
    """PEOP-007"""
    client = world.key_client(world.trader(), "read", addresses=["192.0.2.0/24"])
    answer = client.get("/orders", headers={"X-Forwarded-For": "192.0.2.7"})
    assert (answer.status_code, error_of(answer)["code"]) == (403, "address_not_allowed")


def test_a_recorded_request_is_worth_nothing(world):
    """PEOP-009: neither again, nor with another body or path."""
    client = world.key_client(world.trader(), "trade")
    sent = client.post("/orders", json=order())
    headers = {name: value for name, value in sent.request.headers.items() if name.startswith("x-")}
    headers["content-type"] = "application/json"
    url = f"{world.url}/api/v1/orders"
    again = httpx.post(url, content=sent.request.content, headers=headers)
    assert (again.status_code, error_of(again)["code"]) == (401, "replayed_request")
    headers["x-nonce"] = "fresh"
    assert error_of(httpx.post(url, content=sent.request.content, headers=headers))["code"] == "invalid_signature"
    assert len(client.get("/orders").json()["items"]) == 1


def test_a_crash_before_the_engine_knew_leaves_nobody_without_an_account(tmp_path):
    """PEOP-005: the rows are durable, the node dies, the next start opens what is missing, once."""
    with running(tmp_path) as world:
        world.publish()
        people = world.application.people
        lost, half = people.paper("127.0.0.1"), people.paper("127.0.0.1")
        world.run(world.application.operations.open_account(half.principal.account))
        kept = world.trader().account
    for _start in range(2):
        with running(tmp_path) as world:
            assert world.application.people.unopened() == []
            for account in (lost.principal.account, half.principal.account, kept):
                wallets = world.call(world.application.views.accounts.snapshot, "wallet", account)
                assert [wallet["balance"] for wallet in wallets] == ["10.00000000"]
            client = world.client(cookies={"steelyard_session": lost.token})
            client.csrf = lost.csrf
            assert client.get("/session").json()["account"] == lost.principal.account
            client.delete("/orders")


def test_sessions_keys_and_people_outlive_a_restart(database_url, tmp_path):
    """PEOP-001: on SQLite and on PostgreSQL."""
    with running(tmp_path / "venue", database=database_url) as world:
        world.publish()
        trader = world.trader()
        made = trader.post("/keys", json={"label": "bot", "scopes": ["trade"]}).json()
        placed = trader.post("/orders", json=order(client_order_id="kept")).json()
    with running(tmp_path / "venue", database=database_url) as world:
        page = world.client(cookies=dict(trader.cookies))
        assert page.get("/session").json()["account"] == trader.account
        bot = world.client()
        bot.key, bot.secret = made["key"], made["secret"]
        assert bot.get("/orders/client:kept").json()["order_id"] == placed["order_id"]
        assert world.trader().account == trader.account + 1


def test_too_many_requests_are_told_when_to_come_again(tmp_path):
    """SERV-007: headers on every answer, 429 with Retry-After; a bad proof costs its address more."""
    slow = WorkLimits(address_rate=0.1, address_burst=20, key_rate=0.1, key_burst=10)
    with running(tmp_path, work=slow) as world:
        client = world.client()
        left = [int(client.get("/time").headers["x-ratelimit-remaining"]) for _turn in range(3)]
        assert left == [19, 18, 17]
        headers = {"X-Key": "sy-none", "X-Time": str(time.time_ns() // 1_000_000), "X-Nonce": "n", "X-Signature": "0"}
        for expected in (12, 7, 2):
            answer = client.get("/time", headers=headers)
            assert (answer.status_code, int(answer.headers["x-ratelimit-remaining"])) == (401, expected)
        answer = client.get("/time", headers=headers)
        assert answer.status_code == 429
        assert [client.get("/time").status_code for _turn in range(3)] == [200, 200, 429]
        answer = client.get("/time")
        assert error_of(answer)["code"] == "rate_limited" and int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("forwarded", "trusted", "found"), [
    ("198.51.100.1", (), "127.0.0.1"), ("198.51.100.1", ("127.0.0.1",), "198.51.100.1"),
    ("203.0.113.5, 198.51.100.1", ("127.0.0.1",), "198.51.100.1"),
    ("203.0.113.5, 198.51.100.1", ("127.0.0.1", "198.51.100.1"), "203.0.113.5"),
    ("nonsense", ("127.0.0.1",), "127.0.0.1"), ("", ("127.0.0.1",), "127.0.0.1")])
def test_only_a_trusted_proxy_says_where_a_request_comes_from(forwarded, trusted, found):
    """PEOP-004"""
    from starlette.requests import Request

    from steelyard.service.rest.endpoint import client_address
    scope = {"type": "http", "client": ("127.0.0.1", 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert client_address(Request(scope), trusted) == found


def test_who_states_a_jurisdiction_is_bound_by_its_rules(world):
    """ELIG-010: the class of the account, the refusal in the words of the row; who states none is not restricted."""
    client = world.client()
    answer = client.post("/paper?jurisdiction=US&client=retail")
    account = client.signed_in(answer)["account"]
    assert answer.status_code == 201
    told = error_of(client.post("/orders", json=order()))
    assert told["code"] == "client_class_must_be_admitted" and told["rule"] == "ELIG-010"
    assert "retail clients in US may not open XBTUSD (perpetual): US-OFFSHORE-RETAIL" in told["message"]
    assert "in force from 2017-12-01; source: Kraken, eligibility for futures" in told["message"]
    assert "exchange designated by the CFTC" in told["do"]
    german = world.client()
    bound = german.signed_in(german.post("/users?", json={
        "name": "gerda", "password": PASSWORD, "jurisdiction": "DE", "client": "retail"}))["account"]
    accounts = world.application.venue.engine.states["accounts"][0]
    assert accounts[account]["client_class"] != accounts[bound]["client_class"] != 0
    placed = german.post("/orders", json=order()).json()
    assert placed["state"] == "open", placed
    assert accounts[world.trader().get("/session").json()["account"]]["client_class"] == 0


def test_an_unknown_jurisdiction_is_refused(world):
    """ELIG-006: with the nearest known word, and nobody is made."""
    told = error_of(world.client().post("/paper?jurisdiction=UK"))
    assert (told["code"], told["field"], told["rule"]) == ("invalid_value", "jurisdiction", "ELIG-006")
    told = error_of(world.client().post("/paper?jurisdiction=GB&client=retial"))
    assert told["field"] == "client" and "did you mean 'retail'?" in told["message"]


def test_what_the_rules_say_is_told_before_somebody_signs_up(world):
    """ELIG-014: words to choose from, and of every instrument: allowed or not, by which rule, what to do."""
    client = world.client()
    told = client.get("/eligibility").json()
    assert "DE" in told["jurisdictions"] and told["clients"][0] == "retail"
    assert {one["allowed"] for one in told["instruments"]} == {True} and told["levels"][0]["level"] == "K0"
    told = client.get("/eligibility?jurisdiction=US&client=retail").json()
    one = next(one for one in told["instruments"] if one["symbol"] == "XBTUSD")
    assert not one["allowed"] and "US-OFFSHORE-RETAIL" in one["rules"] and one["refusal"]["do"]
    told = client.get("/eligibility?jurisdiction=GB&client=retail").json()
    one = next(one for one in told["instruments"] if one["symbol"] == "XBTUSD")
    assert one["allowed"] and "GB-RETAIL-BAN" not in one["rules"]                # not before 6 January 2021
    german = client.get("/eligibility?jurisdiction=DE&client=retail").json()["instruments"][0]
    assert german["allowed"] and any("at least 50 %" in words for words in german["asks"])
    assert error_of(client.get("/eligibility?jurisdiction=UK"))["rule"] == "ELIG-006"


def test_a_preview_is_refused_in_the_words_of_the_rule(world):
    """ELIG-010: rule, first day, source and what to do, as the order's own refusal says it."""
    client = world.client()
    client.signed_in(client.post("/paper?jurisdiction=US&client=retail"))
    previewed = client.post("/preview", json=order()).json()["error"]
    placed = error_of(client.post("/orders", json=order()))
    assert previewed == placed and "US-OFFSHORE-RETAIL, in force from 2017-12-01; source" in previewed["message"]
