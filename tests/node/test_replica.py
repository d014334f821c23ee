"""The node with the real engine: durable before told, recovered to the same tables, refused where it must be."""
from __future__ import annotations

import errno
import os
import shutil
import time

import numpy as np
import pytest
from node_flow import flow

from steelyard.engine.engine import Engine
from steelyard.engine.records import COMMAND
from steelyard.journal.disk import Disk
from steelyard.journal.faults import FolderInUse, JournalDamage, JournalFull, JournalStopped, LayoutDiffers
from steelyard.journal.reading import JournalReader
from steelyard.journal.snapshots import list_snapshots
from steelyard.kernel import COMPILED
from steelyard.node.audit import audit
from steelyard.node.lock import FolderLock
from steelyard.node.recovery import ReplayDiffers
from steelyard.node.replica import NodeOptions, NodeStopped, Replica
from steelyard.node.tables import conservation, layout_digest, state_digest

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")

OPTIONS = NodeOptions(segment_bytes=256 << 10, snapshot_commands=0)
COMMANDS = flow(6000, 11)


def fill(folder, commands=COMMANDS, batch=97, options=OPTIONS, snapshot_at=(), close=True) -> Replica:
    """A node that took ``commands`` in batches, with snapshots after the named batches."""
    node = Replica(folder, options=options)
    for number, start in enumerate(range(0, len(commands), batch)):
        node.submit(commands[start:start + batch])
        if number in snapshot_at:
            node.snapshot(wait=True)
    if close:
        node.close()
    return node


def kill(node: Replica) -> None:
    """Let go of a node as a kill would: nothing more is written."""
    writer, node.writer = node.writer, None
    writer.abandon()
    node.snapshots.poll(wait=True)
    node.lock.release()


def journalled(folder) -> np.ndarray:
    frames = JournalReader(folder / "journal").frames()
    return np.concatenate([np.frombuffer(bytes(frame.payload), COMMAND) for frame in frames])


@pytest.fixture(scope="module")
def reference():
    """Tables and events of the same commands given to a bare engine."""
    engine = Engine()
    events = engine.apply(COMMANDS)
    return state_digest(engine.states), events


def test_events_are_the_engines_and_the_journal_has_every_command(tmp_path, reference):
    """JRNL-041: the node adds nothing and loses nothing, however the stream is cut into batches."""
    node = Replica(tmp_path, options=OPTIONS)
    told = []
    assert node.submit(COMMANDS[:1000], lambda events: told.append(events.copy())) == 1
    assert node.submit(COMMANDS[1000:], lambda events: told.append(events.copy())) == 1001
    assert (np.concatenate(told) == reference[1]).all()
    assert node.digest() == reference[0]
    node.close()
    assert journalled(tmp_path).tobytes() == COMMANDS.tobytes()


def test_nothing_is_told_before_it_is_synced(tmp_path):
    """JRNL-042"""
    story = []

    class Watching(Disk):
        def sync(self, descriptor):
            super().sync(descriptor)
            story.append("synced")
    node = Replica(tmp_path, options=OPTIONS, disk=Watching())
    for start in range(0, 500, 100):
        node.submit(COMMANDS[start:start + 100], lambda events: story.append("told"))
    node.close()
    assert story == ["synced", "told"] * 5 + ["synced"]


@pytest.mark.parametrize("snapshots", [(), (20,), (5, 30, 61)])
@pytest.mark.parametrize("verify_history", [True, False])
@pytest.mark.parametrize("close", [True, False])
def test_snapshot_and_tail_give_the_tables_of_a_full_replay(tmp_path, reference, snapshots, verify_history, close):
    """JRNL-024, JRNL-043"""
    node = fill(tmp_path, snapshot_at=snapshots, close=close)
    if not close:
        kill(node)
    options = NodeOptions(segment_bytes=256 << 10, snapshot_commands=0, verify_history=verify_history)
    with Replica(tmp_path, options=options) as again:
        assert again.digest() == reference[0] and again.trail.count == len(reference[1])
        covered = min(len(COMMANDS), (snapshots[-1] + 1) * 97 if snapshots else 0)
        assert again.recovery.snapshot_sequence == (covered + 1 if snapshots else None)
        assert again.recovery.commands_replayed == len(COMMANDS) - covered
        assert again.sequence == len(COMMANDS) + 1


def test_a_node_that_restarts_often_is_one_that_never_did(tmp_path, reference):
    for start in range(0, len(COMMANDS), 1500):
        with Replica(tmp_path, options=OPTIONS) as node:
            node.submit(COMMANDS[start:start + 1500])
            if start == 1500:
                node.snapshot(wait=True)
    report = audit(tmp_path)
    assert report.passed and report.digest == reference[0] and report.commands == len(COMMANDS)


def test_snapshots_are_taken_by_the_count_of_commands_and_old_ones_go(tmp_path):
    """JRNL-025"""
    node = Replica(tmp_path, options=NodeOptions(segment_bytes=256 << 10, snapshot_commands=500, snapshots_kept=2))
    for start in range(0, 3000, 250):
        node.submit(COMMANDS[start:start + 250])
        node.snapshots.poll(wait=True)
    node.close()
    assert len(list_snapshots(tmp_path / "snapshots")) == 2
    assert audit(tmp_path).snapshots_compared == [path.name for path in list_snapshots(tmp_path / "snapshots")][::-1]


def test_a_damaged_snapshot_is_passed_over_for_an_older_one(tmp_path, reference):
    """JRNL-022"""
    fill(tmp_path, snapshot_at=(5, 30))
    newest = list_snapshots(tmp_path / "snapshots")[0]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    with Replica(tmp_path, options=OPTIONS) as node:
        assert node.digest() == reference[0]
        assert "checksum" in node.recovery.snapshots_passed_over[0]
        assert node.recovery.snapshot_sequence == 6 * 97 + 1


def test_two_nodes_never_share_a_folder(tmp_path):
    """JRNL-044"""
    with Replica(tmp_path, options=OPTIONS):
        with pytest.raises(FolderInUse, match="is open in process"):
            Replica(tmp_path, options=OPTIONS)
    Replica(tmp_path, options=OPTIONS).close()


def test_a_snapshot_process_does_not_keep_the_lock(tmp_path):
    """JRNL-044: the node may be killed while its child still writes."""
    parent, (ready, go) = os.getpid(), os.pipe()

    class Held(Disk):
        def sync_all(self, descriptor):
            if os.getpid() != parent:
                os.read(ready, 1)
            super().sync_all(descriptor)
    node = Replica(tmp_path, options=OPTIONS, disk=Held())
    node.submit(COMMANDS[:500])
    assert node.snapshot() and not node.snapshot()
    node.lock.release()
    for _ in range(2000):
        try:
            FolderLock(tmp_path).release()
            break
        except FolderInUse:
            time.sleep(0.001)
    else:
        pytest.fail("the child holds the lock")
    assert node.snapshots.child is not None and not node.snapshots.poll()
    os.write(go, b"1")
    node.close()
    assert node.snapshots.last_fault is None and list_snapshots(tmp_path / "snapshots")


def test_damage_in_an_old_frame_is_refused_by_default_and_by_the_audit(tmp_path):
    """JRNL-010"""
    fill(tmp_path, snapshot_at=(40,))
    path = tmp_path / "journal" / "segment-00000000.journal"
    content = bytearray(path.read_bytes())
    content[20_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalDamage, match="segment-00000000.journal, frame"):
        Replica(tmp_path, options=OPTIONS)
    report = audit(tmp_path)
    assert not report.passed and isinstance(report.fault, JournalDamage) and "frame" in report.finding


def test_a_journal_that_ends_before_its_snapshot_is_refused(tmp_path):
    """JRNL-051: the snapshot remembers a frame; erasing it from the end of the journal is noticed."""
    fill(tmp_path, COMMANDS[:970], snapshot_at=(9,), close=False)
    shutil.copytree(tmp_path, tmp_path / "copy")
    path = next((tmp_path / "copy" / "journal").glob("segment-00000000*"))
    reader = JournalReader(path.parent)
    last = [frame.offset_bytes for frame in reader.frames()][-1]
    content = path.read_bytes()
    path.write_bytes(content[:last] + bytes(len(content) - last))
    for verify in (True, False):
        with pytest.raises(JournalDamage, match="snapshot"):
            Replica(tmp_path / "copy", options=NodeOptions(verify_history=verify))
    assert "snapshot" in audit(tmp_path / "copy").finding


def test_snapshots_without_a_journal_are_refused(tmp_path):
    fill(tmp_path, COMMANDS[:500], snapshot_at=(2,))
    shutil.rmtree(tmp_path / "journal")
    with pytest.raises(JournalDamage, match="no journal"):
        Replica(tmp_path, options=OPTIONS)


def test_a_snapshot_of_another_journal_is_refused(tmp_path):
    """JRNL-051"""
    fill(tmp_path / "a", COMMANDS[:970], snapshot_at=(5,))
    fill(tmp_path / "b", COMMANDS[:970], batch=194, snapshot_at=(2,))
    shutil.rmtree(tmp_path / "a" / "snapshots")
    shutil.copytree(tmp_path / "b" / "snapshots", tmp_path / "a" / "snapshots")
    with pytest.raises(JournalDamage, match="another journal"):
        Replica(tmp_path / "a", options=OPTIONS)
    assert "another journal" in audit(tmp_path / "a").finding


def test_a_failed_sync_stops_the_node_untold(tmp_path):
    """JRNL-030"""
    class Failing(Disk):
        fail = False

        def sync(self, descriptor):
            if self.fail:
                raise OSError(errno.EIO, "input/output error")
            super().sync(descriptor)
    disk, told = Failing(), []
    node = Replica(tmp_path, options=OPTIONS, disk=disk)
    node.submit(COMMANDS[:300])
    disk.fail = True
    with pytest.raises(JournalStopped):
        node.submit(COMMANDS[300:400], told.append)
    disk.fail = False
    with pytest.raises(NodeStopped, match="command 300"):
        node.submit(COMMANDS[300:400], told.append)
    node.close()
    assert not told
    with Replica(tmp_path, options=OPTIONS) as again:
        assert again.sequence in (301, 401)


def test_a_full_disk_refuses_the_batch_which_may_be_tried_again(tmp_path, reference):
    """JRNL-033"""
    class Full(Disk):
        full = False

        def open(self, path, create=False):
            if create and self.full:
                raise OSError(errno.ENOSPC, "no space left on device")
            return super().open(path, create)
    disk = Full()
    node = Replica(tmp_path, options=OPTIONS, disk=disk)
    node.writer._preparation.join()
    disk.full = True
    node.offer(COMMANDS)
    with pytest.raises(JournalFull):
        node.commit()
    disk.full = False
    node.commit()
    assert node.digest() == reference[0]
    node.close()
    assert journalled(tmp_path).tobytes() == COMMANDS.tobytes()


def test_other_outcome_names_the_first_frame(tmp_path, monkeypatch):
    """JRNL-045, JRNL-052: the third batch is decided by an engine that differs in one event."""
    from steelyard.node import recovery
    real = recovery.EventTrail.add
    node = Replica(tmp_path, options=OPTIONS)
    node.submit(COMMANDS[:300])
    node.submit(COMMANDS[300:400])

    def changed(self, events):
        other = events.copy()
        other["fee_atoms"][-1] += 1
        real(self, other)
    monkeypatch.setattr(recovery.EventTrail, "add", changed)
    node.submit(COMMANDS[400:500])
    monkeypatch.undo()
    node.submit(COMMANDS[500:600])
    node.close()
    with pytest.raises(ReplayDiffers, match="frame 2 .commands from 401."):
        Replica(tmp_path, options=OPTIONS)
    report = audit(tmp_path)
    assert isinstance(report.fault, ReplayDiffers) and report.fault.frame_number == 2


def test_a_fault_of_the_engine_stops_the_node(tmp_path):
    """JRNL-046"""
    class Broken(Engine):
        def slices(self, commands):
            raise OverflowError("result does not fit in 64 bits")
    node = Replica(tmp_path, Broken(), OPTIONS)
    with pytest.raises(OverflowError):
        node.submit(COMMANDS[:10])
    with pytest.raises(NodeStopped, match="digest"):
        node.submit(COMMANDS[10:20])
    node.close()
    with Replica(tmp_path, options=OPTIONS) as again:
        assert again.sequence == 11


def test_a_torn_tail_is_cut_and_reported(tmp_path):
    """JRNL-014"""
    node = fill(tmp_path, COMMANDS[:970], close=False)
    place = node.writer.place
    kill(node)
    path = tmp_path / "journal" / f"segment-{place.segment:08d}.journal"
    with path.open("r+b") as file:
        file.seek(place.offset_bytes - 2048)
        file.write(bytes(2048))
    with Replica(tmp_path, options=OPTIONS) as again:
        assert again.sequence == 9 * 97 + 1 and again.recovery.torn_bytes and "never written" in again.recovery.ending
        again.submit(COMMANDS[9 * 97:])
        digest = again.digest()
    assert audit(tmp_path).digest == digest


def test_commands_of_another_layout_are_refused(tmp_path):
    """JRNL-007"""
    fill(tmp_path, COMMANDS[:100])
    other = np.dtype([("renamed" if name == "value" else name, COMMAND.fields[name][0]) for name in COMMAND.names])
    assert other.itemsize == COMMAND.itemsize and layout_digest(other) != layout_digest(COMMAND)
    with pytest.raises(LayoutDiffers, match="this build writes"):
        Replica(tmp_path, options=OPTIONS, command_dtype=other)


def test_a_command_without_a_kind_is_refused_at_the_door(tmp_path):
    """JRNL-005"""
    with Replica(tmp_path, options=OPTIONS) as node:
        with pytest.raises(ValueError, match="kind"):
            node.submit(np.zeros(1, COMMAND))
        assert node.submit(COMMANDS[:0]) == 1 and node.sequence == 1


def test_a_node_with_a_clock_stamps_commands_that_have_no_time(tmp_path):
    """JRNL-047: never back, even when the clock does."""
    times = iter([50, 40, 60])
    node = Replica(tmp_path, options=OPTIONS, clock_ns=lambda: next(times))
    for _ in range(3):
        rows = COMMANDS[:2].copy()
        rows["time_ns"] = 0
        node.submit(rows)
    node.close()
    assert journalled(tmp_path)["time_ns"].tolist() == [50, 50, 50, 50, 60, 60]


def test_audit_tells_counts_digest_and_conservation(tmp_path, reference):
    """JRNL-050"""
    fill(tmp_path, snapshot_at=(10, 40))
    report = audit(tmp_path)
    assert report.passed and report.closed_in_order and report.finding == ""
    assert report.digest == reference[0] and report.events == len(reference[1]) and report.commands == len(COMMANDS)
    assert sum(report.command_counts.values()) == len(COMMANDS) and report.command_counts["LIST_INSTRUMENT"] == 1
    assert sum(report.event_counts.values()) == report.events and report.event_counts["TRADED"] > 100
    assert report.conservation == {1: 0} and len(report.snapshots_compared) == 2


def test_audit_notices_cash_that_is_not_conserved():
    engine = Engine()
    engine.apply(COMMANDS[:400])
    assert conservation(engine.states) == {1: 0}
    engine.states["instruments"]["insurance_atoms"][0, 1] += 1
    assert conservation(engine.states) == {1: 1}


def test_audit_of_an_empty_folder(tmp_path):
    Replica(tmp_path, options=OPTIONS).close()
    report = audit(tmp_path)
    assert report.passed and report.commands == 0 and report.frames == 1
