"""A venue's turn: durable first, then decided, answered, told; offers made while telling are not lost."""
import asyncio
from datetime import date

import numpy as np

from steelyard import codes
from steelyard.node.replica import NodeOptions
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
