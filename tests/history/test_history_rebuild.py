"""History is written behind and made anew from the journal: the same rows, whatever was lost, in either database."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from history_world import ANN, CROWD, START_NS, HistoryWorld, StillClock, market_day

from steelyard.api.commands import Side
from steelyard.kernel import COMPILED
from steelyard.node.rebuild import bring_up, catch_up
from steelyard.units import SECOND
from steelyard.views.history import schema, store
from steelyard.views.history.queries import Queries
from steelyard.views.history.schema import HistoryUnreadable
from steelyard.views.history.store import Folded, History

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")


def forget(world: HistoryWorld) -> None:
    """Throw the history away."""
    with sa.create_engine(world.url).begin() as connection:
        schema.METADATA.drop_all(connection)


def test_a_lost_database_is_made_anew_byte_for_byte(tmp_path, database_url):
    """HIST-006: from the first frame; equal to what was written live, batch by batch."""
    world = HistoryWorld(tmp_path, database_url)
    market_day(world, 150)
    live = world.dump()
    assert all(live[name] for name in ("orders", "fills", "ledger", "liquidations", "forced_closings", "candles"))
    world.close()
    forget(world)
    world.open()
    assert world.rebuild.begun_at == 1 and world.rebuild.commands_folded == world.venue.replica.sequence - 1
    assert world.dump() == live
    world.close()


def test_what_is_missing_is_folded_from_the_newest_snapshot_before_it(tmp_path, monkeypatch):
    """HIST-006: history stood still for a while; a snapshot from before that saves the way, a later one is no use."""
    world = HistoryWorld(tmp_path)
    market_day(world, 60)
    world.venue.replica.snapshot(wait=True)
    early = world.venue.replica.sequence
    market_day_goes_on(world, 20)
    world.history.flush()
    begun = world.history.sequence
    monkeypatch.setattr(world.history, "_write", lambda taken, sequence: (_ for _ in ()).throw(OSError("disk is gone")))
    world.checking = False
    market_day_goes_on(world, 20)
    world.venue.replica.snapshot(wait=True)
    with pytest.raises(HistoryUnreadable, match="disk is gone"):
        world.history.flush()
    world.close()
    world.open()
    assert world.rebuild.snapshot_sequence == early and world.rebuild.begun_at == begun
    assert world.rebuild.commands_passed == begun - early
    rows = world.dump()
    world.close()
    forget(world)
    world.open()
    assert world.dump() == rows and world.rebuild.begun_at == 1
    assert world.history.holdings.differences(world.venue.engine.states) == []
    world.close()


def market_day_goes_on(world: HistoryWorld, steps: int) -> None:
    """Some more trades."""
    for step in range(steps):
        world.after(3)
        world.trade(ANN, Side.BUY if step % 2 else Side.SELL, 10, 7_000, CROWD, name=f"more-{step}")


def test_how_batches_are_gathered_changes_no_row(tmp_path, monkeypatch):
    """HIST-002: one by one, and all at once."""
    monkeypatch.setattr(store, "GATHER", 1)
    world = HistoryWorld(tmp_path)
    market_day(world, 100)
    single = world.dump()
    world.close()
    forget(world)
    monkeypatch.setattr(store, "GATHER", 1 << 30)
    monkeypatch.setattr(store, "COMMIT_EVERY_S", 3600)
    world.open()
    assert world.dump() == single
    world.close()


def test_folding_again_changes_nothing(tmp_path):
    """HIST-005: a batch that was folded is passed over, one after a gap stops history and leaves the venue alone."""
    world = HistoryWorld(tmp_path)
    told = []
    world.venue.add_listener(told.append)
    world.price(8_000)
    before = world.dump()
    for batch in told:
        world.history.fold(batch)
    assert world.dump() == before and world.history.fault is None
    gap = Folded(world.history.sequence + 5, told[-1].commands, told[-1].events, told[-1].time_ns)
    world.history.fold(gap)
    assert "never folded" in str(world.history.fault)
    world.venue.offer(world.venue.command(10, account=40))
    world.venue.commit()
    assert world.venue.fault is None
    world.close()


def test_history_of_another_journal_is_thrown_away(tmp_path):
    """HIST-006: so is one that is ahead of the journal."""
    url = f"sqlite:///{tmp_path}/shared.sqlite"
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    first = HistoryWorld(tmp_path / "one", url)
    first.people(ANN)
    first.close()
    second = HistoryWorld(tmp_path / "two", url, StillClock(START_NS + SECOND))
    assert second.rebuild.cleared and second.rebuild.begun_at == 1
    assert second.rows(schema.LEDGER) == []
    second.people(ANN)
    second.close()
    history = History(url, second.scales)
    with history.database.begin() as connection:
        connection.execute(sa.update(schema.POSITION).values(sequence=10**9))
    history.close()
    second.open()
    assert second.rebuild.cleared and len(second.rows(schema.LEDGER)) == 1
    second.close()


def test_two_writers_are_found_out(tmp_path):
    """HIST-005: the sequence moves from where this process left it, or not at all."""
    world = HistoryWorld(tmp_path)
    world.history.flush()
    with world.history.database.begin() as connection:
        connection.execute(sa.update(schema.POSITION).values(sequence=7))
    world.price(8_000)
    with pytest.raises(HistoryUnreadable, match="another process writes this history"):
        world.history.flush()
    world.close()


def test_a_history_says_where_it_cannot_go_on(tmp_path):
    """HIST-006"""
    world = HistoryWorld(tmp_path)
    other = History(f"sqlite:///{tmp_path}/other.sqlite", world.scales)
    with pytest.raises(HistoryUnreadable, match="complete up to command 0"):
        other.attach(world.venue.engine.states, "name")
    assert catch_up(other, tmp_path, world.venue.replica.sequence).commands_folded == world.venue.replica.sequence - 1
    assert bring_up(other, world.venue).commands_folded == 0
    other.close()
    with pytest.raises(HistoryUnreadable, match="sqlite:///FILE or postgresql"):
        History("mysql://host/name", world.scales)
    world.close()


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from history_world import *
world = HistoryWorld({folder!r}, {url!r})
print("up", flush=True)
market_day(world, 100_000, seed=int(sys.argv[1]))
"""


def test_killed_while_writing(tmp_path, database_url):
    """HIST-005: rows and sequence go together; after SIGKILL at any moment the rest comes from the journal."""
    script = KILLED.format(tests=str(Path(__file__).parent), folder=str(tmp_path), url=database_url)
    for seed, seconds in ((5, 1.3), (6, 0.7)):
        process = subprocess.Popen([sys.executable, "-c", script, str(seed)], stdout=subprocess.PIPE, env=os.environ)
        assert process.stdout.readline() == b"up\n"
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    world = HistoryWorld(tmp_path, database_url, StillClock(START_NS + 10**6 * SECOND))
    assert world.rebuild.commands_folded > 0
    assert world.history.holdings.differences(world.venue.engine.states) == []
    continued = world.dump()
    world.close()
    forget(world)
    world.open()
    assert world.dump() == continued
    world.close()


def test_a_fold_that_is_too_fast_waits_for_the_writer(tmp_path):
    """HIST-005: memory is bounded."""
    world = HistoryWorld(tmp_path, waiting_max=100)
    most = 0
    for step in range(8):
        if step == 0:
            world.price(8_000)
            world.people(ANN, CROWD, coins=5)
        for _ in range(60):
            world.trade(ANN, Side.BUY if step % 2 else Side.SELL, 10, 8_000)
            most = max(most, world.history._fold.waiting)
    assert most <= 100 + 1_000
    assert len(Queries(world.history).fills(ANN, limit=1000).items) == 480
    assert np.all(np.diff([row["id"] for row in world.rows(schema.LEDGER)]) > 0)
    world.close()
