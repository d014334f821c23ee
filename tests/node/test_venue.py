"""A venue's turn: durable first, then decided, answered, told; offers made while telling are not lost."""
import asyncio
import threading
from datetime import date

import numpy as np
import pytest

from steelyard import codes
from steelyard.journal.disk import Disk
from steelyard.journal.faults import JournalFull, JournalStopped
from steelyard.node.replica import NodeOptions, Replica
from steelyard.node.venue import Venue
from steelyard.venues.profile import load_profile

PROFILE = load_profile("bitmex", date(2020, 3, 12))


def open_venue(folder, **options):
    return Venue(folder, PROFILE, ("XBTUSD",), options=NodeOptions(segment_bytes=1 << 20, **options))


def deposit(venue, account, count=1):
    commands = np.concatenate([venue.command(codes.SET_ACCOUNT, account=account)] + [
        venue.command(codes.DEPOSIT, account=account, asset=1, amount_atoms=100) for _ in range(count - 1)])
    return commands


def test_a_sender_gets_the_events_of_its_own_commands_and_listeners_get_all(tmp_path):
    """SERV-009: the sequence of an offer is known before it is sent."""
    async def play():
        venue = open_venue(tmp_path, batch_max=5)
        told = []
        venue.add_listener(lambda batch: told.append((batch.first, len(batch.commands), len(batch.events))))
        running = asyncio.create_task(venue.run())
        expected = venue.next_sequence
        one, other = await asyncio.gather(venue.ask(deposit(venue, 16, 3)), venue.ask(deposit(venue, 17, 9)))
        running.cancel()
        venue.close()
        return expected, one, other, told

    expected, one, other, told = asyncio.run(play())
    assert one["kind"].tolist() == [codes.ACCOUNT_SET] + 2 * [codes.DEPOSITED]
    assert one["command_sequence"].tolist() == [expected, expected + 1, expected + 2]
    assert set(other["account"].tolist()) == {17} and len(other) == 9
    assert sum(count for _first, count, _events in told) == 12 and max(count for _f, count, _e in told) == 5


def test_what_a_listener_offers_waits_for_the_next_commit(tmp_path):
    """JRNL-040"""
    venue = open_venue(tmp_path)
    answers = []

    def echo(batch):
        if len(batch.commands) == 1 and batch.commands["account"][0] == 16:
            venue.offer(venue.command(codes.SET_ACCOUNT, account=17), answers.append)
    venue.add_listener(echo)
    first = venue.offer(venue.command(codes.SET_ACCOUNT, account=16))
    venue.commit()
    assert venue.waiting == 1 and venue.next_sequence == first + 2 and not answers
    venue.commit()
    assert venue.waiting == 0 and answers[0]["account"].tolist() == [17]
    venue.close()
    again = open_venue(tmp_path)
    assert again.engine.state.accounts[17].is_open == 1 and again.next_sequence == first + 2
    again.close()


class HeldDisk(Disk):
    """A disk whose syncs of frames wait until they are let go, and may fail."""

    def __init__(self):
        self.go, self.waiting, self.fault = threading.Event(), threading.Event(), None
        self.go.set()

    def sync(self, descriptor):
        self.waiting.set()
        assert self.go.wait(10)
        if self.fault:
            raise self.fault
        super().sync(descriptor)


def held_venue(folder) -> tuple[Venue, HeldDisk]:
    venue, disk = open_venue(folder), HeldDisk()
    venue.replica.disk = venue.replica.writer.disk = disk
    return venue, disk


async def until(event: threading.Event) -> None:
    while not event.is_set():
        await asyncio.sleep(0.001)


def test_the_loop_goes_on_while_the_disk_syncs_and_nothing_is_told_before(tmp_path, monkeypatch):
    """JRNL-040, JRNL-042: what comes during a sync is the next batch; the tables wait for the sync."""
    monkeypatch.setattr("steelyard.node.venue.LATE_S", 60.0)

    async def play():
        venue, disk = held_venue(tmp_path)
        batches = []
        venue.add_listener(lambda batch: batches.append(len(batch.commands)))
        running = asyncio.create_task(venue.run())
        disk.waiting.clear()
        disk.go.clear()
        first = asyncio.create_task(venue.ask(deposit(venue, 16)))
        await until(disk.waiting)
        gathered = []
        venue.gather(lambda: gathered.append(venue.next_sequence))
        rest = [asyncio.create_task(venue.ask(deposit(venue, account))) for account in (17, 18, 19)]
        await asyncio.sleep(0.05)
        assert not first.done() and not batches and not gathered and venue.engine.state.accounts[16].is_open == 0
        disk.go.set()
        await asyncio.gather(first, *rest)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        venue.close()
        return batches, gathered, venue.waiting

    batches, gathered, waiting = asyncio.run(play())
    assert batches == [1, 3] and len(gathered) == 1 and waiting == 0


def test_who_comes_while_the_disk_is_slow_is_read_all_the_same(tmp_path, monkeypatch):
    """JRNL-040: every LATE_S while a sync lasts; nothing is told before the sync all the same."""
    monkeypatch.setattr("steelyard.node.venue.LATE_S", 0.01)

    async def play():
        venue, disk = held_venue(tmp_path)
        read, told = [], []
        venue.add_listener(lambda batch: told.extend(batch.commands["account"].tolist()))
        running = asyncio.create_task(venue.run())
        disk.waiting.clear()
        disk.go.clear()
        venue.offer(deposit(venue, 16))
        await until(disk.waiting)
        for account in (17, 18):
            venue.gather(lambda account=account: (read.append(account), venue.offer(deposit(venue, account))))
            while account not in read:
                await asyncio.sleep(0.005)
        assert read == [17, 18] and not told and venue.replica.policy.waiting == 2
        disk.go.set()
        while len(told) < 3:
            await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        venue.close()
        return told

    assert asyncio.run(play()) == [16, 17, 18]


def test_where_many_wait_whoever_comes_is_read_in_the_same_turn(tmp_path, monkeypatch):
    """JRNL-040: a refusal for want of room waits for no disk."""
    monkeypatch.setattr("steelyard.node.venue.LATE_S", 60.0)
    monkeypatch.setattr("steelyard.node.venue.BACKLOG", 2)

    async def play():
        venue, disk = held_venue(tmp_path)
        running = asyncio.create_task(venue.run())
        disk.waiting.clear()
        disk.go.clear()
        venue.offer(deposit(venue, 16))
        await until(disk.waiting)
        venue.offer(deposit(venue, 17))
        read = []
        venue.gather(lambda: read.append(True))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert read
        disk.go.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        venue.close()

    asyncio.run(play())


@pytest.mark.parametrize("how", ["commit", "cancel", "close"])
def test_a_frame_on_its_way_is_waited_for(tmp_path, how):
    """JRNL-040: whoever cannot wait for the loop commits, ends or closes with the frame decided."""
    async def play():
        venue, disk = held_venue(tmp_path)
        told = []
        venue.add_listener(lambda batch: told.extend(batch.commands["account"].tolist()))
        running = asyncio.create_task(venue.run())
        disk.waiting.clear()
        disk.go.clear()
        venue.offer(deposit(venue, 16))
        await until(disk.waiting)
        venue.offer(deposit(venue, 17))
        threading.Timer(0.05, disk.go.set).start()
        if how == "commit":
            venue.commit()
            assert told == [16, 17]
            await asyncio.sleep(0.02)
        if how == "cancel":
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert told == [16]
        venue.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(play())
    with Replica(tmp_path) as again:
        assert again.engine.state.accounts[16].is_open == 1
        assert again.engine.state.accounts[17].is_open == (how == "commit")


def test_a_failed_sync_stops_the_venue_and_tells_nothing(tmp_path):
    """JRNL-030"""
    async def play():
        venue, disk = held_venue(tmp_path)
        told = []
        venue.add_listener(told.append)
        disk.fault = OSError(5, "input/output error")
        venue.offer(deposit(venue, 16))
        with pytest.raises(JournalStopped, match="is not durable"):
            await venue.run()
        assert not told and isinstance(venue.fault, JournalStopped) and venue.replica.fault is venue.fault
        venue.close()

    asyncio.run(play())


def test_a_batch_without_room_waits_in_front_of_what_came_since(tmp_path):
    """JRNL-033"""
    venue = open_venue(tmp_path)
    append, told = venue.replica.writer.append, []
    venue.add_listener(lambda batch: told.extend(batch.commands["account"].tolist()))
    venue.offer(deposit(venue, 16))

    def full(*_arguments):
        venue.offer(deposit(venue, 17))
        raise JournalFull("no room")
    venue.replica.writer.append = full
    with pytest.raises(JournalFull):
        venue.commit()
    assert venue.replica.policy.waiting == 2 and not told
    venue.replica.writer.append = append
    venue.commit()
    assert told == [16, 17] and venue.waiting == 0 and venue.replica.policy.waiting == 0
    venue.close()
