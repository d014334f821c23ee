"""Orders over the WebSocket of a real server: answers, errors, ids."""
import asyncio

import msgspec
import pytest
from running_venue import SYMBOL


def error_of(answer: dict) -> dict:
    assert answer["ok"] is False, answer
    assert set(answer["error"]) == {"code", "message", "field", "rule", "do"}
    return answer["error"]


def test_an_order_is_answered_when_it_is_durable_and_decided(shared):
    """SERV-003, SERV-009: the id is the sequence of its command."""
    async def story(running):
        async with running.client() as client:
            expected = running.venue.next_sequence
            answer = await client.place()
            assert answer["ok"], answer
            order = answer["result"]
            assert (order["order_id"], order["state"], order["price"], order["size"]) == (
                str(expected), "open", "7990.0", "100")
            assert running.venue.replica.sequence > expected
            canceled = await client.ask("order.cancel", order_id=order["order_id"])
            assert canceled["result"]["state"] == "canceled"
            named = await client.place(client_order_id="mine")
            assert int(named["result"]["order_id"]) == expected + 3      # the note has the sequence before
    shared.play(story)


def test_numbers_are_texts_and_times_are_whole_milliseconds(shared):
    """SERV-001"""
    async def story(running):
        async with running.client() as client:
            number = error_of(await client.ask("order.place", symbol=SYMBOL, side="buy", price=7990, size="100"))
            assert (number["code"], number["field"], number["rule"]) == ("invalid_value", "price", "SERV-001")
            exponent = error_of(await client.place(price="1e3"))
            assert exponent["code"] == "invalid_value" and exponent["field"] == "price"
            off_grid = error_of(await client.place(price="7990.25"))
            assert "multiple of 0.5" in off_grid["message"] and "7990.0 and 7990.5" in off_grid["message"]
            order = (await client.place(time_in_force="gtd", expires=4_000_000_000_000))["result"]
            assert order["expires"] == 4_000_000_000_000 and isinstance(order["created"], int)
            assert all(isinstance(order[name], str) for name in ("order_id", "size", "filled", "price", "fee"))
            assert order["side"] == "buy"
    shared.play(story)


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"sze": "1"}, "unknown_field", "sze"),
    ({"size": None}, "missing_field", "size"),
    ({"side": "long"}, "invalid_value", "side"),
    ({"symbol": "XBTEUR"}, "not_found", "symbol"),
    ({"type": "market"}, "invalid_value", "price"),
    ({"price": None}, "missing_field", "price"),
    ({"type": "stop_limit"}, "missing_field", "trigger_price"),
    ({"trigger_price": "7000"}, "invalid_value", "trigger_price"),
    ({"type": "trailing_stop", "price": None}, "missing_field", "trail_offset"),
    ({"trail_offset": "10"}, "invalid_value", "trail_offset"),
    ({"time_in_force": "gtd"}, "missing_field", "expires"),
    ({"time_in_force": "ioc", "expires": 5}, "invalid_value", "expires"),
    ({"close": True}, "invalid_value", "size"),
    ({"targets": [{"price": "8100", "share": "1"}]}, "missing_field", "stop_price"),
    ({"stop_price": "7900", "targets": [{"price": "8100", "share": "2"}]}, "invalid_value", "targets[0].share"),
    ({"client_order_id": "ü"}, "invalid_value", "client_order_id"),
    ({"oco": "client:nobody"}, "not_found", "oco"),
    ({"oco": "x"}, "invalid_value", "oco"),
    ({"size": "-100"}, "invalid_value", "size"),
    ({"size": "99999999999999999999"}, "invalid_value", "size"),
    ({"price": "0"}, "invalid_value", "price"),
])
def test_what_cannot_be_read_is_refused_with_field_and_rule(shared, fields, code, field):
    """SERV-002"""
    async def story(running):
        async with running.client() as client:
            asked = {"symbol": SYMBOL, "side": "buy", "price": "7990.0", "size": "100", **fields}
            before = running.venue.next_sequence
            error = error_of(await client.ask("order.place", **{k: v for k, v in asked.items() if v is not None}))
            assert (error["code"], error["field"]) == (code, field), error
            assert error["rule"] and error["do"]
            assert running.venue.next_sequence == before
    shared.play(story)


@pytest.mark.parametrize(("message", "code", "tag"), [
    (b'{"id":7,"op":"fly"}', "unknown_operation", 7),
    (b'{"id":"a"}', "missing_field", "a"),
    (b'{"id":[1],"op":"ping","x":1}', "unknown_field", [1]),
    (b"nonsense", "invalid_json", None),
    (b"[1]", "invalid_value", None),
    (b'{"id":1,"op":"ping","id":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "invalid_json", None),
    (b'{"op":"order.cancel","id":3}', "not_signed_in", 3),
    (b'{"op":"subscribe","channels":["orders"],"id":4}', "not_signed_in", 4),
    (b'{"op":"subscribe","channels":["weather"],"id":5}', "unknown_channel", 5),
    (b'{"op":"subscribe","channels":["depth.NOPE"],"id":6}', "unknown_channel", 6),
    (b'{"op":"sign_in","key":"no","time":1,"nonce":"n","signature":"00","id":8}', "expired_request", 8),
    (b'{"op":"ping","id":"' + b"x" * 300 + b'"}', "invalid_value", None),
])
def test_bad_messages_are_answered_and_the_connection_lives_on(shared, message, code, tag):
    """SERV-003, SERV-011: the answer carries the question's id where it can be read."""
    async def story(running):
        async with running.client(signed_in=False) as client:
            await client.socket.send(message.decode())
            answer = msgspec.json.decode(await asyncio.wait_for(client.socket.recv(), 5))
            assert error_of(answer)["code"] == code, answer
            assert answer["id"] == tag
            assert (await client.ask("ping"))["ok"]
    shared.play(story)


def test_the_engines_refusal_has_its_name_rule_and_advice(shared):
    """SERV-022"""
    async def story(running):
        async with running.client() as client, running.client() as other:
            error = error_of(await client.place(size="10000000"))
            assert (error["code"], error["field"], error["rule"]) == (
                "initial_margin_must_be_covered", "size", "ORDR-010")
            assert "deposit" in error["do"]
            order = (await client.place())["result"]["order_id"]
            mine = error_of(await other.ask("order.cancel", order_id="999999999"))
            others = error_of(await other.ask("order.cancel", order_id=order))
            assert mine == others and mine["code"] == "order_must_exist"
            assert error_of(await other.ask("order.amend", order_id=order, size="200")) == mine
            nothing = error_of(await client.place(side="sell", reduce_only=True))
            assert nothing["code"] == "reduce_only_must_reduce" and nothing["field"] == "reduce_only"
    shared.play(story)


def test_everything_an_order_can_carry(shared):
    """SERV-003: brackets, triggers, icebergs, pairs; amending; canceling all."""
    async def story(running):
        async with running.client() as client:
            order = (await client.place(
                stop_price="7900", stop_source="last", ladder="trail_targets",
                targets=[{"price": "8100", "share": "0.5"}, {"price": "8200", "share": "0.5"}]))["result"]
            assert order["bracket"]["stop_price"] == "7900.0" and len(order["bracket"]["targets"]) == 2
            assert order["bracket"]["ladder"] == "trail_targets"
            iceberg = (await client.place(size="1000", display_size="100", post_only=True))["result"]
            assert iceberg["display_size"] == "100" and iceberg["post_only"]
            stop = (await client.ask("order.place", symbol=SYMBOL, side="sell", type="stop_market", size="100",
                                     trigger_price="7800"))["result"]
            assert (stop["state"], stop["trigger_price"], stop["trigger_source"]) == ("waiting", "7800.0", "mark")
            paired = await client.place(price="7980", oco=stop["order_id"])
            assert paired["ok"], paired
            amended = await client.ask("order.amend", order_id=iceberg["order_id"], price="7985", size="500")
            amended = amended["result"]
            assert (amended["price"], amended["size"]) == ("7985.0", "500")
            assert (await client.ask("order.cancel_all", symbol=SYMBOL))["result"] == {"canceled": 4}
    shared.play(story)


def test_what_comes_in_one_turn_is_one_batch_and_many_answers(shared):
    """SERV-019"""
    async def story(running):
        async with running.client() as one, running.client() as other:
            batches = []
            running.venue.add_listener(lambda batch: batches.append(len(batch.commands)))
            answers = await asyncio.gather(*(client.place(price=price) for client in (one, other)
                                             for price in ("7990.0",)))
            for number in range(5):
                await one.socket.send(msgspec.json.encode(
                    {"id": 100 + number, "op": "order.place", "symbol": SYMBOL, "side": "buy", "price": "7980.0",
                     "size": "100"}).decode())
            ids = [(await one.answer(100 + number))["result"]["order_id"] for number in range(5)]
            assert all(answer["ok"] for answer in answers) and len(set(ids)) == 5
            assert sorted(ids, key=int) == ids and sum(batches) >= 7 > len(batches) - 1
    shared.play(story)


def test_an_answered_order_is_in_the_stream_before_its_answer(shared):
    """SERV-019"""
    async def story(running):
        async with running.client() as client:
            await client.ask("subscribe", channels=["orders"])
            assert (await client.next("orders"))["type"] == "snapshot"
            order = (await client.place())["result"]
            assert client.streams["orders"][0]["data"][0]["order_id"] == order["order_id"]
    shared.play(story)


def test_a_preview_comes_from_the_node(shared):
    """SERV-003"""
    async def story(running):
        async with running.client() as client:
            answer = await client.ask("preview", symbol=SYMBOL, side="buy", price="7990", size="100", stop_price="7900")
            assert answer["ok"] and answer["result"]["accepted"] is True, answer
    shared.play(story)


def test_a_key_signs_a_connection_in(shared):
    """SERV-003: sign_in over time and nonce."""
    async def story(running):
        import hashlib
        import hmac
        import time
        people = running.application.people
        signed_in = people.paper("127.0.0.1")
        key, secret = people.add_key(signed_in.principal, label="bot", scopes=["read"], addresses=[], expires_ms=None,
                                     public_key=None)
        from steelyard.service.people.signatures import WEBSOCKET_TARGET, signed_text
        moment, nonce = time.time_ns() // 1_000_000, "n1"
        text = signed_text(moment, nonce, *WEBSOCKET_TARGET)
        signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        async with running.client(signed_in=False) as client:
            answer = await client.ask("sign_in", key=key.key_id, time=moment, nonce=nonce, signature=signature)
            assert answer["ok"], answer
            assert answer["result"] == {"account": signed_in.principal.account, "scopes": ["read"]}
            assert error_of(await client.place())["code"] == "missing_scope"
            again = await client.ask("sign_in", key=key.key_id, time=moment, nonce=nonce, signature=signature)
            assert error_of(again)["code"] == "replayed_request"
    shared.play(story)


def test_a_fault_of_ours_is_answered_and_harms_nobody_else(shared, monkeypatch):
    """SERV-002, SERV-019: a number that is in the log, nothing of its insides; the venue goes on."""
    async def story(running):
        async with running.client() as client, running.client() as other:
            monkeypatch.setattr(running.application.operations._plain, "write", lambda ids: 1 // 0)
            assert (await client.place())["ok"], "where the fast way breaks there is the other"
            await client.ask("order.cancel_all")
            monkeypatch.setattr(running.application.operations, "_order", lambda order_id: 1 // 0)
            error = error_of(await client.place())
            assert error["code"] == "internal_error" and "division" not in str(error)
            monkeypatch.undo()
            assert (await other.place())["ok"] and (await client.ask("order.cancel_all"))["result"] == {"canceled": 1}
            assert running.application.admission.waiting == 0 and running.venue.fault is None
    shared.play(story)
