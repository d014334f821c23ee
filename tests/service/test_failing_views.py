"""A view that fails is taken out of service alone; many readers get everything in order."""
import asyncio

import httpx
from running_venue import SYMBOL, play, serving

from steelyard.service.streams import SLICE


def break_fold(view) -> None:
    def fold(batch):
        raise ZeroDivisionError("a fault in a view")
    view.fold = fold


def test_a_view_that_fails_stops_nothing_else(tmp_path):
    """SERV-026"""
    async def story():
        async with serving(tmp_path) as running:
            views, door = running.application.views, running.application.door
            async with running.client() as reader, running.client() as trader:
                await reader.ask("subscribe", channels=[f"trades.{SYMBOL}"])
                await trader.ask("subscribe", channels=[f"depth.{SYMBOL}"])
                break_fold(views.trades)
                assert (await trader.place())["ok"]
                refused = await trader.ask("subscribe", channels=[f"trades.{SYMBOL}"])
                assert refused["error"]["code"] == "not_available" and refused["error"]["rule"] == "SERV-026"
                while (await trader.next(f"depth.{SYMBOL}"))["type"] != "delta":
                    pass
                await reader.socket.wait_closed()
                assert (await trader.ask("subscribe", channels=["status"]))["ok"]
                assert (await trader.next("status"))["data"]["out_of_service"] == ["trades"]
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}/api/v1") as http:
                    told = await http.get(f"/trades/{SYMBOL}")
                    assert (told.status_code, told.json()["error"]["rule"]) == (503, "SERV-026")
                    assert (await http.get(f"/depth/{SYMBOL}")).status_code == 200
                    assert (await http.get("/status")).json()["out_of_service"] == ["trades"]
                assert reader.socket.close_code == 1011 and len(door.connections) == 1
                text = running.application.figures.text().decode()
                assert f'view_in_service{{view="{type(views.trades).__name__}"}} 0.0' in text
                break_fold(views.orders)
                answered = await trader.place()
                assert answered["error"]["code"] == "not_available"
                assert running.venue.fault is None and running.application.admission.waiting == 0

    play(story)


class Reader:
    """Notes what it gets."""

    def __init__(self):
        self.account, self.channels, self.got = 0, {}, []

    def send_stream(self, channel, message):
        self.got.append(message)


def test_many_readers_get_every_message_in_order_whoever_comes_in_between(tmp_path):
    """SERV-027"""
    async def story():
        async with serving(tmp_path) as running:
            streams = running.application.streams
            channel, readers = streams.channel("status", 0), [Reader() for _ in range(3 * SLICE)]
            for reader in readers:
                streams.subscribe(reader, channel, None)
            for number in range(4):
                channel.publish(0, number)
            assert not any(reader.got for reader in readers)
            streams.unsubscribe(readers[0], channel)
            before = [message for _sequence, message in channel.kept][-4:]
            late = Reader()
            streams.subscribe(late, channel, None)               # what is unsent leaves first
            assert all(reader.got[-4:] == before for reader in readers[1:]) and not readers[0].got
            channel.publish(0, 4)
            while channel.unsent:
                await asyncio.sleep(0)
            assert late.got == [channel.kept[-1][1]] and readers[1].got[-1] == late.got[0]
            for reader in (*readers, late):
                streams.unsubscribe(reader, channel)

    play(story)
