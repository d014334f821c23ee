"""Streams of a real server: sequences without a gap, a book that checks, coming back, and readers that are slow."""
import asyncio
import zlib

from running_venue import SYMBOL, play, serving

DEPTH = f"depth.{SYMBOL}"


class Book:
    """A client's book, made from a snapshot and deltas."""

    def __init__(self):
        self.sides = {"bids": {}, "asks": {}}
        self.sequence = None

    def take(self, message: dict) -> None:
        """Take a message in, and check what it says of the book after it."""
        if message["type"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        else:
            assert message["sequence"] == self.sequence + 1
        self.sequence = message["sequence"]
        for side, levels in self.sides.items():
            for price, size in message["data"][side]:
                levels.pop(price, None)
                if size != "0":
                    levels[price] = size
        assert self.checksum() == message["data"]["checksum"]

    def checksum(self) -> int:
        """CRC-32 over the first 25 levels of both sides, as SERV-005 says."""
        bids = sorted(self.sides["bids"].items(), key=lambda level: -float(level[0]))
        asks = sorted(self.sides["asks"].items(), key=lambda level: float(level[0]))
        parts = []
        for level in range(25):
            for side in (bids, asks):
                if level < len(side):
                    parts += side[level]
        return zlib.crc32(":".join(parts).encode())


async def read_on(reader, book: Book) -> None:
    """Take in what comes until nothing comes any more."""
    try:
        while True:
            book.take(await asyncio.wait_for(reader.next(DEPTH), 0.5))
    except TimeoutError:
        pass


def test_a_client_can_check_its_book(shared):
    """SERV-005, SERV-003: the worked example, then a live book message by message."""
    book = Book()
    book.sides = {"bids": {"7934.5": "100", "7934.0": "50"}, "asks": {"7935.0": "10"}}
    assert book.checksum() == 3473970962

    async def story(running):
        async with running.client() as reader, running.client() as trader:
            live = Book()
            await reader.ask("subscribe", channels=[DEPTH])
            live.take(await reader.next(DEPTH))
            for number in range(60):
                side, price = ("buy", 7900 - number % 40) if number % 2 else ("sell", 8100 + number % 40)
                await trader.place(side=side, price=str(price), size=str(100 + number))
                if number % 7 == 0:
                    await trader.ask("order.cancel_all")
                if number % 20 == 0:
                    await read_on(reader, live)
                if number == 30:                # a newcomer in between does not disturb the others
                    async with running.client(signed_in=False) as newcomer:
                        fresh = Book()
                        await newcomer.ask("subscribe", channels=[DEPTH])
                        fresh.take(await newcomer.next(DEPTH))
            await trader.ask("order.cancel_all")
            await read_on(reader, live)
            levels = {side: len(found) for side, found in live.sides.items()}
            snapshot = running.application.views.depth.snapshot(DEPTH)
            assert levels == {side: len(snapshot[side]) for side in ("bids", "asks")}
            assert live.checksum() == snapshot["checksum"]
    shared.play(story)


def test_sequences_count_by_one_and_who_comes_back_goes_on(shared):
    """SERV-003, SERV-015"""
    async def story(running):
        headers = await running.paper()
        async with running.client(headers=headers) as trader:
            async with running.client(headers=headers) as reader:
                await reader.ask("subscribe", channels=["orders"])
                first = await reader.next("orders")
                assert first["type"] == "snapshot" and first["sequence"] > 1_700_000_000_000
                for _number in range(3):
                    await trader.place()
                seen = [await reader.next("orders") for _ in range(3)]
                assert [one["sequence"] for one in seen] == [first["sequence"] + n for n in (1, 2, 3)]
                assert {one["type"] for one in seen} == {"delta"}
            for _number in range(3):
                await trader.place()
            async with running.client(headers=headers) as again:
                await again.ask("subscribe", channels=["orders"], resume={"orders": seen[-1]["sequence"]})
                missed = [await again.next("orders") for _ in range(3)]
                assert [(one["type"], one["sequence"]) for one in missed] == [
                    ("delta", first["sequence"] + n) for n in (4, 5, 6)]
            async with running.client(headers=headers) as late:
                await late.ask("subscribe", channels=["orders"], resume={"orders": first["sequence"] - 10})
                snapshot = await late.next("orders")
                assert snapshot["type"] == "snapshot" and len(snapshot["data"]) == 6
                assert snapshot["sequence"] == first["sequence"] + 6
    shared.play(story)


def test_a_private_stream_is_of_one_account_only(shared):
    """SERV-015"""
    async def story(running):
        async with running.client() as one, running.client() as other:
            for client in (one, other):
                await client.ask("subscribe", channels=["orders", "fills", "positions", "wallet"])
                for channel in ("orders", "fills", "positions", "wallet"):
                    assert (await client.next(channel))["type"] == "snapshot"
            await one.place(price="8005", side="sell")
            await other.place(price="8005", side="buy")
            assert {order["side"] for order in (await one.next("orders"))["data"]} == {"sell"}
            assert {order["side"] for order in (await other.next("orders"))["data"]} == {"buy"}
            assert [fill["liquidity"] for fill in (await one.next("fills"))["data"]] == ["maker"]
            assert [fill["liquidity"] for fill in (await other.next("fills"))["data"]] == ["taker"]
            assert (await one.next("positions"))["data"][0]["size"] == "-100"
            assert (await other.next("positions"))["data"][0]["size"] == "100"
            assert (await other.next("wallet"))["data"]
            await other.ask("unsubscribe", channels=["orders"])
            await other.place(price="7900")
            assert not other.streams["orders"]
    shared.play(story)


def test_a_slow_reader_is_conflated_and_then_cut(tmp_path):
    """SERV-016: what it missed comes as one snapshot; behind for too long, it is cut."""
    async def story():
        async with serving(tmp_path, unsent_soft_bytes=20_000, behind_s=1.0) as running:
            door = running.application.door
            async with running.client() as trader, running.client(signed_in=False) as slow:
                await slow.ask("subscribe", channels=[DEPTH])
                channel = next(one.channels[DEPTH] for one in door.connections if DEPTH in one.channels)
                connection = next(one for one in door.connections if DEPTH in one.channels)
                slow.socket.transport.pause_reading()
                filler = {"bids": [["7000.0", "1"]] * 3000, "asks": [], "checksum": 0}
                for _ in range(400):
                    channel.publish(0, filler)
                    if connection._behind:
                        break
                assert connection._behind and door.conflated == 1
                sent = channel.sequence
                for _ in range(50):
                    channel.publish(0, filler)
                unsent = connection._socket.get_write_buffer_size()
                assert unsent < 200_000 and channel.sequence == sent + 50
                slow.socket.transport.resume_reading()
                while True:
                    message = await slow.next(DEPTH)
                    if message["type"] == "snapshot" and message["sequence"] > sent:
                        break
                assert message["sequence"] == channel.sequence and not connection._behind
                assert (await trader.place())["ok"]
            deaf, _writer = await running.deaf_reader(DEPTH)
            connection = next(one for one in door.connections if DEPTH in one.channels)
            channel = connection.channels[DEPTH]
            while not connection._behind:
                channel.publish(0, filler)
            await asyncio.sleep(1.1)
            channel.publish(0, filler)
            await asyncio.sleep(0.1)
            assert door.cuts == 1 and connection not in door.connections
    play(story)
