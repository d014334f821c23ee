"""A population that outlives its process: stopped in order, killed at any moment, its file lost or damaged."""
import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from running_feed import SMALL, Running, running

from steelyard import codes
from steelyard.engine.records import ORDERS_MAX
from steelyard.feeds import keeping
from steelyard.feeds.replayed import POPULATION_FILE
from steelyard.lab.crowd import OPEN
from steelyard.node.audit import audit
from steelyard.views.view import CROWD_FIRST_ACCOUNT

HERE = Path(__file__).resolve().parent


def sizes(pair) -> dict[int, int]:
    """Account -> lots, of the crowd, by the engine's tables."""
    rows = pair.venue.engine.states["positions"][0]
    rows = rows[(rows["account"] >= CROWD_FIRST_ACCOUNT) & (rows["size_lots"] != 0)]
    return dict(zip(rows["account"].tolist(), rows["size_lots"].tolist()))


def resting(pair) -> np.ndarray:
    """Ids of resting orders of the crowd's makers."""
    rows = pair.venue.engine.states["orders"][0][:ORDERS_MAX]
    makers = pair.feed.crowd.people.makers["account"] if pair.feed.crowd else []
    return rows["order_id"][(rows["remaining_lots"] > 0) & np.isin(rows["account"], makers)]


def agrees_with_tables(pair) -> None:
    """Whoever has a position is in the market by the records too, and nobody else."""
    held, crowd = sizes(pair), pair.feed.crowd
    agents = crowd.people.agents
    inside = {CROWD_FIRST_ACCOUNT + int(number) for number in np.flatnonzero(agents["state"] == OPEN)}
    traders = {account for account in held if account < CROWD_FIRST_ACCOUNT + len(agents)}
    assert traders <= inside
    waiting = np.flatnonzero((agents["state"] == OPEN) & (agents["wake"] < 0))
    assert not len(waiting), "everyone in the market is on the calendar"


async def goes_on(folder, spec, not_before_ns: int) -> Running:
    """Open the folder again and watch the market go on; returns the pair, still running."""
    pair = Running(folder, spec)
    stood_ns = int(pair.venue.engine.states["now_ns"][0])
    old = set(pair.venue.engine.states["orders"][0]["order_id"][
        pair.venue.engine.states["orders"][0]["remaining_lots"] > 0].tolist())
    pair.begin()
    await pair.until(lambda: pair.feed.opened and pair.feed.turns > 0)
    agrees_with_tables(pair)
    await pair.until(lambda: pair.feed.turns > 12 and pair.book.best_bid_ticks and pair.book.best_ask_ticks)
    assert not old & set(resting(pair).tolist()), "every maker canceled what stood and quoted anew"
    assert stood_ns >= not_before_ns and pair.feed.clock.now_ns() > stood_ns
    assert pair.feed.clock.now_ns() - stood_ns < 600 * 120 * 10**9, "it goes on where the time stood"
    assert not pair.refusals() & {"order_id_must_be_new", "time_must_not_go_back", "account_must_be_open"}
    return pair


def test_stopped_in_order_it_goes_on_where_it_stood(tmp_path):
    """FEED-008, FEED-001"""
    async def first():
        async with running(tmp_path) as pair:
            pair.feed.control(preset="may-2021")
            await asyncio.sleep(1.0)
            return pair.feed.clock.now_ns(), pair.feed.hundredths, pair.feed.walk

    async def second(now_ns, hundredths, walk):
        pair = await goes_on(tmp_path, SMALL, now_ns - 10**9)
        assert pair.feed.walk == walk and pair.feed.path_name == "may-2021"
        assert abs(pair.feed.hundredths / hundredths - 1) < 0.06
        await pair.stop()
    asyncio.run(second(*asyncio.run(first())))
    assert audit(tmp_path).passed


def test_killed_at_any_moment_it_goes_on(tmp_path):
    """FEED-008: six real kills, during the lead and in the crash; the journal audits, no id is used twice."""
    spec = SMALL + ",speed=600,from=2020-03-12T10:20Z"
    chance = np.random.default_rng(11)
    for kill in range(6):
        process = subprocess.Popen([sys.executable, str(HERE / "feed_process.py"), str(tmp_path), spec],
                                   stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(HERE)})
        assert process.stdout.readline().strip() == "began"
        if kill >= 2:
            assert process.stdout.readline().startswith("open")
        time.sleep(float(chance.uniform(0.02, 0.4)))
        process.kill()
        process.wait()
        process.stdout.close()

    async def after():
        pair = await goes_on(tmp_path, spec, 0)
        await pair.until(lambda: len(pair.all_events(codes.TRADED)) > 5)
        await pair.stop()
        return pair.broken()
    assert asyncio.run(after()) == []
    found = audit(tmp_path)
    assert found.passed and set(found.conservation.values()) == {0}


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_without_its_file_the_population_is_drawn_anew_around_its_positions(tmp_path, damage):
    """FEED-008"""
    async def first():
        async with running(tmp_path) as pair:
            await asyncio.sleep(0.5)
        return sizes(pair), pair.feed.hundredths
    before, hundredths = asyncio.run(first())
    file = tmp_path / POPULATION_FILE
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:1_000])
    else:
        file.write_bytes(b"something else")

    async def second():
        pair = Running(tmp_path, SMALL)
        assert sizes(pair) == before
        pair.begin()
        await pair.until(lambda: pair.feed.opened and pair.feed.turns > 5)
        agrees_with_tables(pair)
        assert abs(pair.feed.hundredths / hundredths - 1) < 0.01
        await pair.stop()
    asyncio.run(second())


def test_the_file_is_replaced_whole(tmp_path):
    """FEED-008: a kill while it is written leaves the old one; what is not of this form is refused."""
    file = tmp_path / "population.npz"
    keeping.write(file, b"old")
    (tmp_path / "population.preparing").write_bytes(b"half of the ne")
    with pytest.raises(keeping.PopulationDamage, match="cannot be read"):
        keeping.read(file)
    assert keeping.read(tmp_path / "nothing.npz") is None
