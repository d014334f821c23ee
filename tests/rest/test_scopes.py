"""Who may do what: every route of SERV-007, asked by everybody."""
from __future__ import annotations

import pytest
from rest_world import error_of, order

from steelyard.service.rest.routes import GROUPS, ROUTES

WHO = ("nobody", "other", "reader", "trader", "session", "operator")
MAY = {"nobody": set(), "other": {"read"}, "reader": {"read"}, "trader": {"read", "trade"},
       "session": {"read", "trade", "transfer"}, "operator": {"read", "trade", "transfer", "operator"}}
"""The scopes of each of them. ``other`` has a key of somebody else's account."""
BODIES = {
    "/session": {"name": "nobody-at-all", "password": "wrong password"},
    "/users": {"name": "x", "password": "wrong password"}, "/password": {"new_password": "short"},
    "/keys": {"label": "", "scopes": ["read"]}, "/orders": order(size="0"), "/orders/{id}": {"size": "1"},
    "/cancel_all_after": {"timeout": 0}, "/preview": order(),
    "/positions/{symbol}/leverage": {"leverage": "10"}, "/positions/{symbol}/margin_mode": {"margin_mode": "cross"},
    "/positions/{symbol}/margin": {"amount": "1"}, "/positions/{symbol}/close": {},
    "/positions/{symbol}/scale_out": {"steps": [{"price": "1", "size": "1"}]},
    "/paper/deposit": {"asset": "XBT", "amount": "0"}, "/operator/status": {"state": "maintenance", "until": 1},
    "/operator/instruments/{symbol}/state": {"state": "trading"}, "/replay": {"speed": 1},
    "/plan/size": {}, "/plan/liq": {}, "/plan/compare": {}, "/plan/funding": {}, "/plan/ladder": {}, "/plan/hedge": {},
    "/plan/decay": {}, "/plan/survive": {},
}
"""Well-formed bodies that, where they are let in, do no harm."""


@pytest.fixture(scope="module")
def clients(world):
    """One client of each kind; ``mine`` is an order of the account they have in common."""
    session = world.trader()
    other = world.trader()
    found = {"nobody": world.client(), "other": world.key_client(other, "read"),
             "reader": world.key_client(session, "read"), "trader": world.key_client(session, "trade"),
             "session": session, "operator": world.operator()}
    found["mine"] = session.post("/orders", json=order()).json()["order_id"]
    return found


def ask(client, route, mine):
    path = route.path.replace("{symbol}", "XBTUSD").replace("{id}", mine).replace("{key}", "sy-none")
    body = {"json": BODIES.get(route.path, {})} if route.body is not None else {}
    cookies = dict(client.cookies)
    answer = client.request(route.method, path, **body)
    client.cookies.clear()                   # who signs in here must not be somebody else from now on
    client.cookies.update(cookies)
    return answer


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method}{route.path}")
def test_every_route_asked_by_everybody(clients, route, who):
    """SERV-007 PEOP-002: refused exactly where the table of scopes says so, before anything is looked at."""
    if route.name == "sign_out" and who in ("session", "operator"):
        pytest.skip("it ends the session; test_sign_in has it")
    answer = ask(clients[who], route, clients["mine"])
    code = error_of(answer)["code"] if not answer.is_success and "json" in answer.headers["content-type"] and (
        b'"error"' in answer.content) else None
    scope = "trade" if route.path == "/replay" else route.scope         # SERV-025: this venue listens to itself alone
    if scope and who == "nobody":
        assert (answer.status_code, code) == (401, "not_signed_in")
    elif scope and scope not in MAY[who]:
        assert (answer.status_code, code) == (403, "missing_scope")
    elif who == "operator" and answer.status_code == 403:
        assert error_of(answer)["message"].startswith("This user has no account")
    else:
        assert answer.status_code not in (401, 403, 500) or route.name == "sign_in"


def test_every_route_of_the_page_is_in_the_table():
    """SERV-007"""
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
    by_scope = {scope: {route.path for route in ROUTES if route.scope == scope} for scope in
                ("", "read", "trade", "transfer", "operator")}
    assert not any(path.startswith(("/orders", "/positions", "/wallet", "/fills", "/ledger", "/my", "/keys", "/notices",
                                    "/operator")) for path in by_scope[""])
    assert all(path.startswith("/operator") or path == "/replay" for path in by_scope["operator"])
    assert {"/password", "/keys", "/keys/{key}", "/paper/deposit"} == by_scope["transfer"]
    assert set(GROUPS) == {"market", "people", "orders", "account", "operator", "machine", "plan"}


@pytest.fixture(scope="module")
def two(world):
    """Ann, who has an order and a position, and Bob, who has nothing."""
    ann, bob = world.trader(), world.trader()
    placed = ann.post("/orders", json=order(client_order_id="anns-order")).json()
    ann.post("/orders", json=order(side="sell", price="7934.5", size="50"))
    world.trader().post("/orders", json=order(price="7934.5", size="50"))
    return ann, bob, placed


class TestSomebodyElse:
    """PEOP-002: no account sees or touches another's."""

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    @pytest.mark.parametrize("name", ["id", "client"])
    def test_orders_of_others_are_not_there(self, two, method, name):
        ann, bob, placed = two
        path = f"/orders/{placed['order_id'] if name == 'id' else 'client:anns-order'}"
        nobodys = "/orders/1" if name == "id" else "/orders/client:nobodys"
        body = {"json": {"size": "1"}} if method == "PATCH" else {}
        refused, unknown = (bob.request(method, one, **body) for one in (path, nobodys))
        assert refused.status_code == unknown.status_code and refused.status_code in (404, 409)
        first, second = error_of(refused), error_of(unknown)
        assert (first["code"], first["do"]) == (second["code"], second["do"])
        assert ann.get(path).json()["state"] == "open"

    @pytest.mark.parametrize("path", ["/orders", "/orders?state=all", "/positions", "/fills", "/funding_payments",
                                      "/my/liquidations"])
    def test_lists_have_only_ones_own(self, two, path):
        _ann, bob, _placed = two
        assert bob.get(path).json()["items"] == []

    def test_cash_and_positions_are_ones_own(self, two):
        ann, bob, _placed = two
        assert [one["size"] for one in ann.get("/positions").json()["items"]] == ["-50"]
        assert [entry["reason"] for entry in bob.get("/ledger").json()["items"]] == ["deposit"]
        assert bob.get("/ledger.csv").text.count("\n") == 2
        assert bob.get("/wallet").json()["items"][0]["balance"] == "10.00000000"

    def test_canceling_all_leaves_the_orders_of_others(self, two):
        ann, bob, placed = two
        assert bob.delete("/orders").json() == {"canceled": 0}
        assert ann.get(f"/orders/{placed['order_id']}").json()["state"] == "open"

    def test_the_same_name_of_two_accounts_is_two_orders(self, two):
        _ann, bob, placed = two
        made = bob.post("/orders", json=order(client_order_id="anns-order")).json()
        assert made["order_id"] != placed["order_id"] and not made.get("repeated")
        bob.delete("/orders")

    def test_oco_with_an_order_of_somebody_else_is_refused(self, two):
        _ann, bob, placed = two
        answer = bob.post("/orders", json=order(oco=placed["order_id"]))
        assert error_of(answer)["code"] == "oco_partner_must_exist"
