"""Errors: one form for all of them, naming field and rule, whatever breaks."""
from __future__ import annotations

import socket

import httpx
import pytest
from rest_world import error_of, order
from sqlalchemy.exc import OperationalError

from steelyard.service.rest import endpoint


@pytest.fixture(scope="module")
def trader(world):
    return world.trader()


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/nothing", 404, "not_found"), ("GET", "/orders/", 404, "not_found"),
    ("PUT", "/orders", 405, "unknown_operation"),
    ("POST", "/time", 405, "unknown_operation"), ("TRACE", "/time", 405, "unknown_operation"),
    ("GET", "/paper", 405, "unknown_operation"), ("GET", "/depth/NOPE", 404, "not_found"),
    ("GET", "/depth/XBTUSD?levels=51", 400, "invalid_value"), ("GET", "/depth/XBTUSD?levels=x", 400, "invalid_value"),
    ("GET", "/depth/XBTUSD?level=5", 400, "unknown_field"), ("GET", "/time?x=1", 400, "unknown_field"),
    ("GET", "/orders?limit=1&limit=2", 400, "invalid_value"), ("GET", "/orders?cursor=AAAA", 400, "invalid_value"),
    ("GET", "/orders?state=none", 400, "invalid_value"), ("GET", "/fills?cursor=%00", 400, "invalid_value"),
    ("GET", "/fills?cursor=zz%C3%A9", 400, "invalid_value"), ("GET", "/orders/%20", 400, "invalid_value"),
    ("GET", "/orders/client:", 404, "not_found"), ("GET", "/my/liquidations/99999999999999999999", 404, "not_found"),
    ("DELETE", "/orders/123", 409, "order_must_exist"), ("DELETE", "/orders?symbol=NOPE", 404, "not_found"),
    ("DELETE", "/keys/none", 404, "not_found")])
def test_what_is_not_there_or_cannot_be(trader, method, path, status, code):
    """SERV-002 SERV-007"""
    answer = trader.request(method, path)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(("body", "code", "field"), [
    (b"", "invalid_json", None), (b"{", "invalid_json", None), (b"[]", "invalid_value", None),
    (b"\xff\xfe", "invalid_json", None), (b'{"symbol": "XBTUSD"}', "missing_field", "side"),
    (b"[" * 10_000, None, None), (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, None, None)])
def test_bodies_that_are_none(trader, body, code, field):
    """SERV-002"""
    answer = trader.post("/orders", content=body, headers={"content-type": "application/json"})
    error = error_of(answer)
    assert answer.status_code == 400 and error["code"] == (code or error["code"]) and error["field"] == (field or error[
        "field"])


@pytest.mark.parametrize(("change", "code", "field"), [
    ({"price": 7000}, "invalid_value", "price"), ({"size": 1.5}, "invalid_value", "size"),
    ({"price": "7000.3"}, "invalid_value", "price"), ({"size": "1e3"}, "invalid_value", "size"),
    ({"price": "-1"}, "invalid_value", "price"), ({"price": "NaN"}, "invalid_value", "price"),
    ({"side": "long"}, "invalid_value", "side"), ({"colour": "red"}, "unknown_field", "colour"),
    ({"symbol": "NOPE"}, "not_found", "symbol"), ({"client_order_id": "a b"}, "invalid_value", "client_order_id"),
    ({"price": None}, "missing_field", "price"), ({"size": "0"}, "invalid_value", "size"),
    ({"size": "10000001"}, "size_must_be_in_range", "size"), ({"post_only": "yes"}, "invalid_value", "post_only"),
    ({"side": "buy", "price": "1" * 41}, "invalid_value", "price"),
    ({"reduce_only": True}, "reduce_only_must_reduce", "reduce_only"),
    ({"size": "9000000", "price": "7900"}, "initial_margin_must_be_covered", "size")])
def test_orders_that_cannot_be_name_field_and_rule(trader, change, code, field):
    """SERV-001 SERV-002"""
    answer = trader.post("/orders", json=order(**change))
    error = error_of(answer)
    assert (error["code"], error["field"]) == (code, field) and error["rule"] and error["do"]
    assert answer.status_code == {"not_found": 404, "unknown_field": 400, "missing_field": 400,
                                  "invalid_value": 400}.get(code, 409)


def test_a_body_has_a_bound(world, trader):
    """SERV-007: told by its length, and cut where it is longer than it said."""
    answer = trader.post("/orders", content=b" " * 65_537, headers={"content-type": "application/json"})
    assert (answer.status_code, error_of(answer)["field"]) == (413, "body")

    def pieces():
        for _piece in range(40):
            yield b" " * 4_096
    with httpx.Client() as client:
        answer = client.post(f"{world.url}/api/v1/session", content=pieces())
    assert answer.status_code == 413


def test_a_body_that_never_comes_is_not_waited_for(world, monkeypatch):
    """SERV-007"""
    monkeypatch.setattr(endpoint, "BODY_SECONDS_MAX", 0.2)
    with socket.create_connection(("127.0.0.1", world.application.port), 10) as connection:
        connection.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 503") and b"too_slow" in answer


def test_other_types_of_body_are_refused(trader):
    """SERV-002"""
    answer = trader.post("/orders", data={"symbol": "XBTUSD"})
    assert error_of(answer)["field"] == "Content-Type"
    answer = trader.request("GET", "/time", content=b"{}")
    assert error_of(answer)["code"] == "unknown_field"


def test_what_breaks_here_is_told_without_its_inside(world, monkeypatch, capfd):
    """SERV-002: an id that the log has too; no line of code, no value."""
    def broken(*_arguments):
        raise RuntimeError("a secret of the inside")
    monkeypatch.setattr(world.application.status, "wire", broken)
    answer = world.client().get("/status", headers={"X-Mine": "a value of mine"})
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (500, "internal_error")
    assert "secret of the inside" not in answer.text and "Traceback" not in answer.text
    number = error["message"].split()[-1].rstrip(".")
    logged = "".join(capfd.readouterr())
    assert number in logged and "a secret of the inside" in logged and "a value of mine" not in logged


def test_a_database_that_does_not_answer_is_said_to(world, monkeypatch):
    """SERV-002: not now, rather than broken."""
    def gone(*_arguments):
        raise OperationalError("SELECT", {}, Exception("connection refused"))
    monkeypatch.setattr(world.application.people._sessions, "find", gone)
    answer = world.client(cookies={"steelyard_session": "anything"}).get("/wallet")
    assert (answer.status_code, error_of(answer)["code"]) == (503, "not_available") and answer.headers["retry-after"]


def test_answers_are_not_kept_by_anybody(trader):
    """SERV-007"""
    for path in ("/wallet", "/instruments", "/nothing"):
        answer = trader.get(path)
        assert answer.headers["cache-control"] == "no-store" and answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("bytes_sent", [
    b"GET /api/v1/time HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", b"\x00\xff\x16\x03\x01\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"GET /api/v1/orders/%ff%fe HTTP/1.1\r\nHost: x\r\nCookie: steelyard_session=\xff\xfe\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/time HTTP/1.1\r\nHost: x\r\nX-Key: \xff\r\nX-Time: 1\r\nX-Nonce: \xe9\r\nConnection: close\r\n\r\n"])
def test_hostile_bytes_get_no_more_than_a_refusal(world, bytes_sent):
    """SERV-002"""
    with socket.create_connection(("127.0.0.1", world.application.port), 5) as connection:
        connection.sendall(bytes_sent)
        answer = connection.recv(65_536)
    assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert world.client().get("/time").status_code == 200
