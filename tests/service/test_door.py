"""One port, and what it refuses before the engine sees it: sizes, rates, queue, connections, silence."""
import asyncio
import random
import time

import httpx
import msgspec
import pytest
from running_venue import SYMBOL, frame, play, serving
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from steelyard.codes import Reason
from steelyard.service.admission import Admission
from steelyard.service.errors import ServiceError
from steelyard.service.limits import Buckets, WorkLimits
from steelyard.service.refusals import ADVICE
from steelyard.venues.overload import REQUESTS
from steelyard.venues.profile import load_profile


async def raw(port: int, data: bytes) -> bytes:
    """What comes back for bytes sent as they are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(65_536), 5)
    writer.close()
    return answer


def test_one_port_for_pages_rest_and_websocket(shared):
    """SERV-010, SERV-024"""
    async def story(running):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as browser:
            page = await browser.get("/")
            assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
            assert page.headers["x-content-type-options"] == "nosniff"
            assert page.headers["content-type"].startswith("text/html")
            assert (await browser.get("/risk/desk")).status_code == 200
            assert (await browser.get("/api/v1/instruments")).json()["items"][0]["symbol"] == SYMBOL
            assert (await browser.get("/api/v1/ready")).status_code == 200
        async with running.client(signed_in=False) as client:
            assert (await client.ask("ping"))["result"]["wall_time"] > 1_700_000_000_000
        assert (await raw(running.port, b"GET /ws/v1x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).startswith(
            b"HTTP/1.1 200")
        assert b" 431 " in await raw(running.port, b"GET / HTTP/1.1\r\nX: " + b"x" * 17_000)
        assert b" 400 " in await raw(running.port, b"GET /ws/v1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 400 " in await raw(running.port, b"\x16\x03\x01 nonsense\r\n\r\n")
    shared.play(story)


def test_a_connection_kept_alive_by_http_may_ask_for_the_websocket(shared):
    """SERV-010"""
    async def story(running):
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert head.startswith(b"HTTP/1.1 200") and await reader.readexactly(size)
        await running.upgrade(reader, writer)
        writer.write(frame(b'{"id":5,"op":"ping"}'))
        assert b'"id":5,"ok":true' in await asyncio.wait_for(reader.read(1000), 5)
        writer.close()
    shared.play(story)


def test_a_cookie_counts_only_from_a_page_of_ours(shared):
    """SERV-010, PEOP-006"""
    async def story(running):
        headers = await running.paper()
        for origin in ("http://evil.example", ""):
            async with running.client(headers={**headers, "Origin": origin}) as client:
                assert (await client.place())["error"]["code"] == "not_signed_in"
    shared.play(story)


def test_messages_have_a_bound(shared):
    """SERV-011: whole, or in fragments."""
    async def story(running):
        async with running.client(signed_in=False) as client:
            await client.socket.send([b'{"id":1,'.decode(), '"op":', '"ping"}'])
            assert (await client.answer(1))["ok"]
            with pytest.raises(ConnectionClosed):
                await client.socket.send("x" * 70_000)
                await asyncio.wait_for(client.socket.recv(), 5)
        async with running.client(signed_in=False) as client:
            with pytest.raises(ConnectionClosed):
                await client.socket.send(["y" * 1000 for _ in range(70)])
                await asyncio.wait_for(client.socket.recv(), 5)
    shared.play(story)


def test_a_bucket_fills_with_time():
    """SERV-012: the worked example."""
    now = [100.0]
    buckets = Buckets(1.0, 3, 1000, lambda: now[0])
    verdicts = [buckets.take("key:a") for _ in range(4)]
    assert [one.allowed for one in verdicts] == [True, True, True, False]
    assert [one.remaining for one in verdicts] == [2, 1, 0, 0] and verdicts[3].reset_ms == 3000
    assert buckets.take("key:b").allowed
    now[0] += 1.0
    assert buckets.take("key:a").allowed and not buckets.take("key:a").allowed


def test_messages_counted_together_pass_as_one_by_one():
    """SERV-012: the first so many of a burst pass, and the bucket is as after one by one."""
    dice, now = random.Random(3), [50.0]
    alone, together = (Buckets(7.0, 5, 1000, lambda: now[0]) for _ in range(2))
    seen = set()
    for _ in range(2000):
        now[0] += dice.random() * dice.choice((0.05, 1.0))
        who, count = dice.choice("ab"), dice.randint(1, 9)
        each = [alone.take(who).allowed for _ in range(count)]
        passed = together.passes(who, now[0], count)
        assert each == [True] * passed + [False] * (count - passed)
        assert abs(alone._full_at[who] - together._full_at[who]) < 1e-7
        seen.add(passed == 0 or 2 * (passed == count))
    assert seen == {True, 0, 2}


def test_buckets_stay_bounded():
    """SERV-012"""
    now = [0.0]
    buckets = Buckets(1.0, 3, 100, lambda: now[0])
    for number in range(10_000):
        now[0] += 0.001
        buckets.take(f"address:{number}")
    assert len(buckets._full_at) <= 100


def test_who_asks_too_often_is_told_and_others_are_not(tmp_path):
    """SERV-012"""
    async def story():
        async with serving(tmp_path, key_rate=5.0, key_burst=5) as running:
            async with running.client() as client, running.client() as other:
                answers = [await client.ask("ping") for _ in range(6)]
                assert [one["ok"] for one in answers] == 5 * [True] + [False]
                assert answers[5]["error"]["code"] == "rate_limited" and "ms" in answers[5]["error"]["do"]
                assert (await other.ask("ping"))["ok"]
    play(story)


def test_cancels_pass_where_new_orders_do_not():
    """SERV-013"""
    admission = Admission(WorkLimits(queue_new=10, queue_all=20, queue_account=15))
    admission.entered(16, 10)
    with pytest.raises(ServiceError) as refusal:
        admission.admit(17, "new order")
    assert (refusal.value.code, refusal.value.status, refusal.value.retry_after_s) == ("overloaded", 503, 1)
    admission.admit(17, "cancel")
    admission.entered(16, 5)
    with pytest.raises(ServiceError, match="of this account"):
        admission.admit(16, "cancel")
    admission.admit(17, "cancel")
    admission.entered(17, 5)
    with pytest.raises(ServiceError, match="20 commands"):
        admission.admit(18, "reduce only")
    admission.left(16, 15)
    admission.left(17, 5)
    assert admission.waiting == 0 and not admission._accounts.any()


def test_PROF_015_which_requests_pass_is_a_matter_of_the_profile():
    """PROF-015 SERV-013 BitMEX: cancels and closes without a size; leverage, collateral, reduce-only wait like all."""
    admission = Admission(WorkLimits(queue_new=10, queue_all=20, queue_account=15), load_profile("bitmex").overload)
    admission.entered(16, 10)
    for request in ("cancel", "close"):
        admission.admit(17, request)
    for request in set(REQUESTS) - {"cancel", "close"}:
        with pytest.raises(ServiceError):
            admission.admit(17, request)


def test_beyond_the_queue_new_orders_are_refused_at_once_and_cancels_pass(tmp_path):
    """SERV-013"""
    async def story():
        async with serving(tmp_path, queue_new=20, queue_account=1000) as running:
            async with running.client() as client:
                order = (await client.place())["result"]["order_id"]
                place = {"op": "order.place", "symbol": SYMBOL, "side": "buy", "price": "7000", "size": "100"}
                messages = [msgspec.json.encode({**place, "id": 1000 + number}).decode() for number in range(200)]
                messages.append(msgspec.json.encode({"id": 9, "op": "order.cancel", "order_id": order}).decode())
                data = b"".join(frame(message.encode()) for message in messages)
                client.socket.transport.write(data)         # all in one turn
                answers = {}
                while len(answers) < 201:
                    answer = msgspec.json.decode(await asyncio.wait_for(client.socket.recv(), 10))
                    answers[answer["id"]] = answer
                refused = [one for one in answers.values() if not one["ok"]]
                assert refused and {one["error"]["code"] for one in refused} == {"overloaded"}
                assert answers[9]["result"]["state"] == "canceled"
                assert running.application.admission.waiting == 0
    play(story)


def test_connections_have_a_bound(tmp_path):
    """SERV-014"""
    async def story():
        async with serving(tmp_path, connections_address=2) as running:
            url = f"ws://127.0.0.1:{running.port}/ws/v1"
            async with connect(url), connect(url) as second:
                assert b" 503 " in await raw(running.port, b"")
                await second.close()
                await asyncio.sleep(0.1)
                async with connect(url) as fourth:
                    await fourth.send('{"id":1,"op":"ping"}')
                    assert '"ok":true' in await fourth.recv()
    play(story)


def test_a_silent_connection_is_pinged_and_then_cut(tmp_path):
    """SERV-020"""
    async def story():
        async with serving(tmp_path, heartbeat_s=0.2) as running:
            async with running.client(signed_in=False) as polite:
                reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
                await running.upgrade(reader, writer)
                begun = time.monotonic()
                data = await asyncio.wait_for(reader.read(-1), 10)
                assert data[:1] == b"\x89" and 0.3 < time.monotonic() - begun < 5
                assert (await polite.ask("ping"))["ok"]
    play(story)


def test_figures_are_there_for_prometheus(shared):
    """SERV-023"""
    async def story(running):
        async with running.client() as client:
            await client.place()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as browser:
            text = (await browser.get("/api/v1/metrics")).text
        assert "steelyard_commands_total" in text and 'steelyard_request_seconds_bucket{le="0.02"}' in text
        assert 'steelyard_state{state="operating"} 1.0' in text
    shared.play(story)


def test_advice_is_that_of_the_page():
    """SERV-022: docs/spec/refusals.md and the table in the code say the same."""
    import re
    from pathlib import Path
    page = (Path(__file__).resolve().parents[2] / "docs" / "spec" / "refusals.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| ([A-Z]{4}-\d{3}) \| (.*?) \|$", page, re.MULTILINE)
    assert {Reason[name]: (rule, do) for name, _number, rule, do in rows} == ADVICE
    assert set(ADVICE) == set(Reason) - {Reason.NONE}
