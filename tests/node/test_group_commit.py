"""The policy against a simulated disk and simulated arrivals: nothing here waits or reads a clock."""
from __future__ import annotations

import pytest

from steelyard.node.group_commit import GroupCommit

MICROSECOND = 1_000


def run(policy: GroupCommit | None, gap_ns: int, sync_ns: int, count: int = 3000) -> tuple[float, float]:
    """Commands arrive every ``gap_ns``, a commit blocks for ``sync_ns``: mean latency and commits per command.

    ``policy`` None commits whatever waits at once.
    """
    arrivals = [number * gap_ns for number in range(1, count + 1)]
    now, taken, commits, latency, waiting = 0, 0, 0, 0, []
    while len(arrivals) > taken or waiting:
        while taken < len(arrivals) and arrivals[taken] <= now:
            waiting.append(arrivals[taken])
            if policy:
                policy.arrived(1, arrivals[taken])
            taken += 1
        if not waiting:
            now = arrivals[taken]
            continue
        wait = policy.wait_ns(now) if policy else 0
        if wait:
            following = arrivals[taken] if taken < len(arrivals) else now + wait
            now = min(now + wait, following)
            continue
        now += sync_ns
        commits += 1
        latency += sum(now - arrival for arrival in waiting)
        waiting.clear()
        if policy:
            policy.committed(sync_ns)
    return latency / count, commits / count


def test_a_lone_command_goes_at_once():
    """JRNL-040: nothing else is expected during the sync, so waiting gains nothing."""
    policy = GroupCommit()
    policy.committed(100 * MICROSECOND)
    policy.arrived(1, 10**12)
    assert policy.wait_ns(10**12) == 0
    assert policy.worthwhile == 1


def test_nothing_waits_nothing_is_due():
    assert GroupCommit().wait_ns(5) is None


def test_the_oldest_never_waits_longer_than_one_sync():
    """JRNL-040"""
    policy = GroupCommit()
    for _ in range(60):
        policy.committed(800 * MICROSECOND)
    for number in range(400):
        policy.arrived(1, number * MICROSECOND)
    policy.committed(policy.sync_ns)
    policy.arrived(1, 400 * MICROSECOND)
    assert 0 < policy.wait_ns(400 * MICROSECOND) <= policy.sync_ns
    assert policy.wait_ns(400 * MICROSECOND + policy.sync_ns) == 0


def test_a_full_batch_goes_at_once():
    policy = GroupCommit(batch_max=50)
    for number in range(50):
        policy.arrived(1, number)
    assert policy.wait_ns(50) == 0


@pytest.mark.parametrize("sync_us", [50, 200, 5_000])
@pytest.mark.parametrize("gap_us", [2, 20, 1_000, 50_000])
def test_latency_stays_within_three_syncs_at_any_rate_and_disk(gap_us, sync_us):
    """JRNL-040"""
    latency, _ = run(GroupCommit(), gap_us * MICROSECOND, sync_us * MICROSECOND)
    assert latency <= 3 * sync_us * MICROSECOND


def test_syncs_are_shared_when_commands_come_fast_and_not_when_they_do_not():
    """JRNL-040: the same policy on the same disk."""
    _, fast = run(GroupCommit(), 2 * MICROSECOND, 100 * MICROSECOND)
    _, slow = run(GroupCommit(), 1_000 * MICROSECOND, 100 * MICROSECOND)
    assert fast < 1 / 40 and slow == 1


def test_it_follows_the_disk():
    """JRNL-040: the measured sync time decides, so a slower disk gets larger batches."""
    _, quick = run(GroupCommit(), 20 * MICROSECOND, 50 * MICROSECOND)
    _, slow = run(GroupCommit(), 20 * MICROSECOND, 5_000 * MICROSECOND)
    assert slow < quick / 20


def test_what_telling_takes_belongs_to_a_turn():
    """JRNL-040: commands that come while the batch before is told are one batch, not many."""
    policy = GroupCommit()
    for _ in range(80):
        policy.committed(200 * MICROSECOND)
        policy.told(600 * MICROSECOND)
    for number in range(400):
        policy.arrived(1, number * 20 * MICROSECOND)
    policy.crowd = 1000
    assert 67 <= policy.worthwhile <= 70
    policy.waiting, policy.oldest_ns = 10, 0
    assert 1390 * MICROSECOND < policy.wait_ns(0) <= 1400 * MICROSECOND


def test_what_is_not_read_yet_counts_like_what_waits():
    """JRNL-040: requests are counted when they come, and once; a batch of them goes as one of commands would."""
    read, unread = GroupCommit(batch_max=50), GroupCommit(batch_max=50)
    read.arrival_ns = unread.arrival_ns = 0
    read.crowd = unread.crowd = 1000
    for number in range(49):
        read.arrived(1, number * MICROSECOND)
        unread.expected(1, number * MICROSECOND)
        assert read.wait_ns(number * MICROSECOND) == unread.wait_ns(number * MICROSECOND)
    assert unread.wait_ns(48 * MICROSECOND) > 0
    unread.expected(1, 49 * MICROSECOND)
    assert unread.wait_ns(49 * MICROSECOND) == 0
    gap_ns = unread.arrival_ns
    unread.arrived(30, 90 * MICROSECOND)         # twenty asked for nothing
    unread.collected()
    assert (unread.waiting, unread.arrival_ns) == (30, gap_ns)


def test_those_who_send_without_a_pause_share_one_turn():
    """JRNL-040: fifty senders of one order at a time do not stay two halves that take turns, and the batch that holds
    all of them waits for nobody."""
    policy, sync_ns, telling_ns, gap_ns = GroupCommit(), 300 * MICROSECOND, 500 * MICROSECOND, 10 * MICROSECOND
    coming = [number * 40 * MICROSECOND for number in range(50)]
    now, batches, waits = 0, [], []

    def admit():
        while coming and coming[0] <= now:
            policy.arrived(1, coming.pop(0))
    for _ in range(60):
        admit()
        while wait := policy.wait_ns(now) if policy.waiting else 10**9:
            now = min(coming[0] if coming else now + wait, now + wait)
            admit()
        count = policy.waiting
        batches.append(count)
        waits.append(now - policy.oldest_ns)
        policy.taken(count, now)
        now += sync_ns
        admit()
        policy.synced(sync_ns)
        now += telling_ns
        policy.told(telling_ns)
        coming += [now + number * gap_ns for number in range(count)]
        coming.sort()
    assert sum(batches[20:]) / 40 > 45
    assert max(waits[20:]) < 50 * gap_ns + telling_ns
