"""States of the venue: what they refuse, what they say, and windows that begin and end by themselves."""
import asyncio
import time

from running_venue import SYMBOL, play, serving


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def test_every_state_refuses_what_it_should_and_says_until_when(tmp_path):
    """SERV-018, SERV-022: the reason's name, the state and the time."""
    async def story():
        async with serving(tmp_path) as running:
            status = running.application.status
            async with running.client() as client, running.client() as other:
                await other.place(side="sell", price="8010", size="1000")
                assert (await client.place(price="8010", size="300"))["ok"]
                until = wall_ms() + 3_600_000
                for state, open_new, passive, reducing, cancel in (
                        ("cancel_only", False, False, False, True), ("reduce_only", False, False, True, True),
                        ("post_only", False, True, False, True), ("halted", False, False, False, False),
                        ("operating", True, True, True, True)):
                    resting = (await client.place())["result"]["order_id"]
                    await status.switch(state, "because of a test", until if state != "operating" else None)
                    assert status.wire()["state"] == state and status.wire()["instruments"][0]["state"] == state
                    answers = [await client.place(price="7980", time_in_force="ioc"),
                               await client.place(price="7980", post_only=True),
                               await client.place(side="sell", price="8200", size="100", reduce_only=True),
                               await client.ask("order.cancel", order_id=resting)]
                    assert [one["ok"] for one in answers] == [open_new, passive, reducing, cancel], (state, answers)
                    for one in answers[:3]:
                        if not one["ok"]:
                            assert one["error"]["code"] in ("instrument_must_be_trading",
                                                            "instrument_must_allow_new_orders"), one
                            assert f"{SYMBOL} is {state} until" in one["error"]["message"]
                            assert str(until) in one["error"]["message"] and "test" in one["error"]["message"]
                    await status.switch("operating")
                    await client.ask("order.cancel_all")
    play(story)


def test_maintenance_is_kept_at_the_door_and_ends_by_itself(tmp_path):
    """SERV-018"""
    async def story():
        async with serving(tmp_path) as running:
            status = running.application.status
            async with running.client() as client:
                await client.ask("subscribe", channels=["status"])
                assert (await client.next("status"))["data"]["state"] == "operating"
                order = (await client.place())["result"]["order_id"]
                begin = wall_ms() + 400
                await status.change("maintenance", "new disks", begin, begin + 900)
                assert status.wire()["planned"][0]["message"] == "new disks"
                await asyncio.sleep(0.9)
                refusal = (await client.place())["error"]
                assert refusal["code"] == "venue_state" and str(begin + 900) in refusal["message"]
                assert (await client.ask("order.amend", order_id=order, price="7000"))["error"]["code"] == "venue_state"
                assert (await client.ask("order.cancel", order_id=order))["ok"]
                await asyncio.sleep(1.0)
                assert (await client.place())["ok"]
                seen = [(await client.next("status"))["data"]["state"] for _ in range(3)]
                assert seen[-2:] == ["maintenance", "operating"]
    play(story)


def test_a_planned_window_survives_a_restart_and_can_be_taken_back(tmp_path):
    """SERV-018, SERV-021"""
    begin = wall_ms() + 3_600_000

    async def before():
        async with serving(tmp_path) as running:
            running.application.status.plan("cancel_only", begin, begin + 1000)

    async def after():
        async with serving(tmp_path) as running:
            status = running.application.status
            assert [window["from"] for window in status.wire()["planned"]] == [begin]
            assert status.unplan(begin)["planned"] == []
            assert status.wire()["state"] == "operating"
    play(before)
    play(after)
