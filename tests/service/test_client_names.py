"""The same request twice makes one order, before and after a restart."""
import asyncio
import json

from running_venue import SYMBOL, play, serving


def test_the_same_request_again_is_answered_with_its_order(shared):
    """SERV-008: also while the first is still on its way; other contents are a conflict; a refused name is free."""
    async def story(running):
        async with running.client() as client, running.client() as other:
            order = {"id": 0, "op": "order.place", "symbol": SYMBOL, "side": "buy", "price": "7990", "size": "100",
                     "client_order_id": "a:1"}
            for number in (1, 2):
                await client.socket.send(json.dumps({**order, "id": number}))
            first, second = await client.answer(1), await client.answer(2)
            assert first["result"]["order_id"] == second["result"]["order_id"]
            assert "repeated" not in first["result"] and second["result"]["repeated"] is True
            third = await client.place(price="7990.0", client_order_id="a:1")
            assert third["result"]["repeated"] is True and third["result"]["order_id"] == first["result"]["order_id"]
            conflict = (await client.place(price="7991", client_order_id="a:1"))["error"]
            assert (conflict["code"], conflict["field"], conflict["rule"]) == (
                "conflict", "client_order_id", "SERV-008")
            assert (await other.place(client_order_id="a:1"))["ok"], "names are the account's own"
            assert not (await client.place(size="10000000", client_order_id="a:2"))["ok"]
            assert (await client.place(client_order_id="a:2"))["ok"]
            assert (await client.ask("order.cancel", client_order_id="a:1"))["result"]["state"] == "canceled"
            assert (await client.place(price="7990", client_order_id="a:1"))["result"]["state"] == "canceled"
            assert (await client.place(client_order_id="x" * 37))["error"]["rule"] == "SERV-008"
    shared.play(story)


def test_names_survive_a_restart(tmp_path):
    """SERV-008, SERV-021"""
    kept = {}

    async def before():
        async with serving(tmp_path) as running:
            kept["headers"] = await running.paper()
            async with running.client(headers=kept["headers"]) as client:
                kept["open"] = (await client.place(client_order_id="open", size="300"))["result"]
                kept["ended"] = (await client.place(client_order_id="ended"))["result"]
                await client.ask("order.cancel", client_order_id="ended")
                await client.ask("order.amend", client_order_id="open", size="200")

    async def after():
        async with serving(tmp_path) as running:
            headers = {**kept["headers"], "Origin": f"http://127.0.0.1:{running.port}"}
            async with running.client(headers=headers) as client:
                again = await client.place(client_order_id="open", size="300")
                assert again["ok"], again
                assert again["result"]["repeated"] and again["result"]["order_id"] == kept["open"]["order_id"]
                ended = (await client.place(client_order_id="ended"))["result"]
                assert (ended["state"], ended["order_id"]) == ("canceled", kept["ended"]["order_id"])
                assert (await client.place(client_order_id="open", size="400"))["error"]["code"] == "conflict"
                assert (await client.ask("order.cancel_all"))["result"] == {"canceled": 1}
    play(before)
    play(after)


def test_a_cancel_may_follow_its_order_at_once(shared):
    """SERV-008: sent in one breath, the cancel waits for its order and takes it back; of a refused one there is
    none."""
    async def story(running):
        async with running.client() as client:
            for number in range(20):
                order = {"op": "order.place", "symbol": SYMBOL, "side": "buy", "price": "7990", "size": "100",
                         "client_order_id": f"breath-{number}"}
                size = "10000000" if number % 5 == 4 else "100"                # more than the account can carry
                await client.socket.send(json.dumps({**order, "id": 2 * number, "size": size}))
                await client.socket.send(json.dumps({"id": 2 * number + 1, "op": "order.cancel",
                                                     "client_order_id": f"breath-{number}"}))
            answers = {}
            while len(answers) < 40:
                message = json.loads(await asyncio.wait_for(client.socket.recv(), 10))
                answers[message["id"]] = message
            for number in range(20):
                placed, canceled = answers[2 * number], answers[2 * number + 1]
                if number % 5 == 4:
                    assert not placed["ok"] and canceled["error"]["code"] == "not_found"
                else:
                    assert placed["ok"] and canceled["result"]["state"] == "canceled"
                    assert canceled["result"]["order_id"] == placed["result"]["order_id"]
    shared.play(story)
