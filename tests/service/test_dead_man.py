"""Whoever falls silent leaves no orders behind."""
import asyncio
import json

from running_venue import play, serving

from steelyard.service.deadman import DeadMan


def test_a_switch_that_is_not_renewed_cancels_everything(shared):
    """SERV-017"""
    async def story(running):
        async with running.client() as client, running.client() as other:
            await other.place()
            order = (await client.place())["result"]["order_id"]
            armed = (await client.ask("cancel_all_after", timeout=400))["result"]["at"]
            await asyncio.sleep(0.25)
            assert (await client.ask("cancel_all_after", timeout=400))["result"]["at"] > armed
            await asyncio.sleep(0.25)
            assert running.application.operations.orders.get(int(order)).state == "open", "it was renewed in time"
            await asyncio.sleep(0.35)
            assert running.application.operations.orders.get(int(order)).state == "canceled"
            assert (await other.ask("order.cancel_all"))["result"] == {"canceled": 1}
            assert (await client.ask("cancel_all_after", timeout=0))["result"] == {"at": None}
    shared.play(story)


def test_orders_end_with_the_connection_that_asked_for_it(shared):
    """SERV-017"""
    async def story(running):
        headers = await running.paper()
        async with running.client(headers=headers) as staying:
            async with running.client(headers=headers) as client:
                order = int((await client.place())["result"]["order_id"])
                assert (await client.ask("cancel_on_disconnect", on=True))["result"] == {"on": True}
            for _ in range(100):
                await asyncio.sleep(0.02)
                if running.application.operations.orders.get(order).state == "canceled":
                    break
            assert running.application.operations.orders.get(order).state == "canceled"
            order = int((await staying.place())["result"]["order_id"])
            async with running.client(headers=headers) as client:
                await client.ask("cancel_on_disconnect", on=True)
                await client.ask("cancel_on_disconnect", on=False)
            await asyncio.sleep(0.1)
            assert running.application.operations.orders.get(order).state == "open"
    shared.play(story)


def test_the_guard_stands_after_a_restart(tmp_path):
    """SERV-017: a switch begins anew, a guarded connection has 15 s to come back; also after a second restart."""
    now, canceled = [1_000_000], []

    def start():
        return DeadMan(tmp_path / "deadman.json", canceled.append, lambda: now[0])
    first = start()
    assert first.renew(16, 60_000) == 1_060_000
    first.renew(17, 5_000)
    first.renew(17, 0)
    first.guard(18, True)
    first.guard(19, True)
    now[0] += 50_000
    second = start()
    second.guard(19, True)                           # it came back
    second.renew(20, 1_000)
    now[0] += 900
    third = start()
    now[0] += 14_999
    third.check()
    assert canceled == [20], "16 has 60 s anew, 18 and 19 have 15 s anew"
    now[0] += 1
    third.check()
    assert canceled == [20, 18, 19]
    now[0] += 45_000
    third.check()
    assert canceled == [20, 18, 19, 16]
    assert json.loads((tmp_path / "deadman.json").read_text()) == {"timeouts": {}, "disconnect": []}


def test_an_order_left_by_a_stopped_server_is_canceled_when_nobody_comes_back(tmp_path, monkeypatch):
    """SERV-017, SERV-021"""
    monkeypatch.setattr("steelyard.service.deadman.RESTART_GRACE_MS", 200)
    kept = {}

    async def before():
        async with serving(tmp_path) as running:
            async with running.client() as client:
                kept["order"] = int((await client.place())["result"]["order_id"])
                await client.ask("cancel_on_disconnect", on=True)
                await running.application.stop()

    async def after():
        async with serving(tmp_path) as running:
            await asyncio.sleep(0.6)
            assert running.application.operations.orders.get(kept["order"]).state == "canceled"
    play(before)
    play(after)
