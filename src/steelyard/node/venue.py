"""A venue at work: one replica, the profile it was configured from, its clock, and everybody who listens.

Commands come in from many senders and wait until the group commit's moment; after the sync the engine decides, then the
senders are answered and the listeners get the batch, in that order, all within one turn of the event loop.
"""
from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from ..codes import CommandKind
from ..engine.records import EVENT, new_commands
from ..journal.faults import JournalFull
from ..units import SECOND
from ..venues.calendar import Calendar, load_calendar
from ..venues.commands import profile_commands
from ..venues.profile import Profile, upcoming
from ..venues.settling import Publisher
from .bell import Bell
from .listings import LISTED_AHEAD, Listings
from .replica import NodeOptions, Replica
from .syncing import Syncing


class Clock(Protocol):
    """The venue's time. In a replay it is the time of the crash."""

    def now_ns(self) -> int:
        """Nanoseconds UTC; never goes back."""


class WallClock:
    """The time of day."""

    def now_ns(self) -> int:
        return time.time_ns()


@dataclass(frozen=True)
class Batch:
    """A batch that is durable and decided: its commands as stamped, and all events they caused, in order.

    ``first`` is the sequence of ``commands[0]``; an event's ``command_sequence`` says which command caused it.
    """

    first: int
    commands: np.ndarray
    events: np.ndarray
    time_ns: int

    def events_of(self, sequence: int, count: int = 1) -> np.ndarray:
        """The events of ``count`` commands beginning with ``sequence``."""
        causes = self.events["command_sequence"]
        return self.events[np.searchsorted(causes, sequence):np.searchsorted(causes, sequence + count)]


BACKLOG = 2048
"""Where so many commands wait, batches are full anyway, and whoever comes is read and refused without delay."""
LATE_S = 0.1
"""A sync that takes longer is not waited for with reading: pings, refusals and subscriptions go on."""
Listener = Callable[[Batch], None]
Answer = Callable[[np.ndarray], None]
"""Takes the EVENT records that one offer caused."""


@dataclass
class _Waiting:
    """An offer whose sender waits: the sequences not yet decided, and the events so far."""

    begin: int
    end: int
    answer: Answer
    events: list[np.ndarray] = field(default_factory=list)


class VenueClosed(RuntimeError):
    """The venue stopped before the command was decided. Whether it is in the journal is known after the restart."""


class Venue:
    """A running venue. Everything happens on one event loop; the tables may be read at any time between two awaits.

    ``engine.states`` are the tables; ``add_listener`` is for views and feeds, ``offer`` and ``ask`` for senders.
    """

    def __init__(self, folder: str | Path, profile: Profile, symbols: Iterable[str] | None = None,
                 clock: Clock | None = None, options: NodeOptions | None = None, engine=None):
        self.profile, self.clock = profile, clock or WallClock()
        self.symbols = tuple(symbols) if symbols else tuple(one.symbol for one in profile.instruments)
        self.instruments = tuple(profile.instrument(symbol) for symbol in self.symbols)
        self.replica = Replica(folder, engine, options, clock_ns=self.clock.now_ns)
        self.engine = self.replica.engine
        self._listeners: list[Listener] = []
        self._answers: deque[_Waiting] = deque()
        self._decided: deque[Batch] = deque()
        self._gathering: list[Callable[[], None]] = []
        self._syncing = Syncing()
        self._wake = asyncio.Event()
        self._dozing = self._collects = self._collecting = False
        self.fault: BaseException | None = None
        self.waiting = 0
        """Commands offered and not yet decided: the depth of the queue."""
        calendar = load_calendar(profile.path)
        if calendar is not None:
            self._know_ahead(calendar)
            self.add_listener(Bell(self, calendar).hear)
            self._publisher = Publisher(calendar, self.instruments, self.clock.now_ns())
            self.add_listener(self._publish)
        if self.replica.sequence == 1:
            self._configure()

    def _know_ahead(self, calendar: Calendar) -> None:
        """Contracts that will be listed soon belong to the venue before they are: readers and views know them, the
        engine does not. A venue that runs chosen contracts lists no other; one that runs a product, all of its months.
        CALR-011"""
        now = max(self.profile.as_of, datetime.fromtimestamp(self.clock.now_ns() // SECOND, UTC))
        known = {one.symbol for one in self.profile.instruments}
        families = {one.family for one, name in zip(self.instruments, self.symbols) if name not in known}
        coming = [(day, one) for day, one in upcoming(self.profile, now + LISTED_AHEAD)
                  if set(self.symbols) >= known or one.family in families]
        self.instruments += tuple(instrument for _day, instrument in coming)
        listings = Listings(self, calendar, {one.id: int(day.timestamp()) * SECOND for day, one in coming})
        self.add_listener(listings.hear)

    def _configure(self) -> None:
        """The profile enters an empty journal as commands."""
        self.offer(profile_commands(self.profile, self.clock.now_ns(), self.symbols))
        self.commit()

    def _publish(self, batch: Batch) -> None:
        """What clearing publishes when its time has come: a listener.  CALR-009"""
        self._publisher.note(batch.commands, batch.events)
        commands = self._publisher.due(batch.time_ns, self.engine.state)
        if len(commands):
            self.offer(commands)

    # ------------------------------------------------------------ senders
    def offer(self, commands: np.ndarray, answer: Answer | None = None) -> int:
        """Put commands into the waiting batch; returns the sequence of the first. ``answer`` gets their events once
        they are durable and decided; it must not raise."""
        first = self.replica.offer(commands)
        self.waiting += len(commands)
        if answer is not None:
            self._answers.append(_Waiting(first, first + len(commands), answer))
        self._stir()
        return first

    def gather(self, offer: Callable[[], None], count: int = 1) -> None:
        """Call ``offer``, which must not raise, when the next batch is taken: what ``count`` more requests ask for is
        offered then, with all that came meanwhile. Where none is taken (the journal is full, the venue has
        stopped), or many wait, it is called at the end of this turn of the loop."""
        if not self._collects or self.waiting >= BACKLOG:
            asyncio.get_running_loop().call_soon(offer)
            return
        if offer not in self._gathering:
            self._gathering.append(offer)
        if not self._collecting:
            self.replica.policy.expected(count, time.monotonic_ns())
            self._stir()

    def _stir(self) -> None:
        """Wake the loop that commits, where there is something to do: it may be dozing until a batch is due."""
        if not self._dozing or self.replica.due_in_ns() == 0:
            self._wake.set()

    def _collect(self) -> None:
        """Everybody who gathered offers now, and who gathers because of that."""
        self._collecting = True
        while self._gathering:
            self._gathering.pop(0)()
        self._collecting = False
        self.replica.policy.collected()

    async def ask(self, commands: np.ndarray) -> np.ndarray:
        """Offer commands and wait for their events."""
        answered = asyncio.get_running_loop().create_future()
        self.offer(commands, lambda events: answered.done() or answered.set_result(events))
        return await answered

    @property
    def next_sequence(self) -> int:
        """The sequence that the first command of the next offer will have (SERV-009: an order's id)."""
        return self.replica.next_sequence

    def command(self, kind: CommandKind, **columns: int) -> np.ndarray:
        """One COMMAND record of ``kind`` with ``columns``."""
        record = new_commands(1)
        record["kind"] = kind
        for name, value in columns.items():
            record[name] = value
        return record

    def add_listener(self, listener: Listener) -> None:
        """``listener`` gets every batch after its senders were answered. It must not raise and not await."""
        self._listeners.append(listener)

    # ------------------------------------------------------------ the loop
    async def run(self) -> None:
        """Commit whenever it is time, until canceled. A fault stops the venue and is raised here.

        While a frame is written and synced in a thread of its own the loop goes on: messages join the next batch, and
        the batch before is answered and told. One frame is on its way at most.
        """
        loop = asyncio.get_running_loop()
        self._collects = True
        try:
            while True:
                due = self.replica.due_in_ns()
                if due != 0:
                    if self._decided:
                        self._deliver()          # may bring new offers
                        continue
                    await self._doze(due, loop)
                    continue
                self._collect()
                if self.replica.frame is not None or not self.replica.begin():
                    continue
                frame = self.replica.frame
                synced = self._syncing.begin(self.replica.sync, loop)
                self._deliver()                  # of the batch before, while the disk works
                late = loop.call_later(LATE_S, self._collect_late, frame)
                await synced
                late.cancel()
                if self.replica.frame is not frame:
                    continue                     # somebody could not wait and finished it: ``commit``
                begun = time.perf_counter_ns()
                try:
                    self._decide()
                except JournalFull:
                    self._collects = False
                    self._collect()              # they learn how long the queue is
                    await asyncio.sleep(1.0)     # nothing was lost: the batch waits for room
                    self._collects = True
                    continue
                self._deliver()
                self.replica.policy.told(time.perf_counter_ns() - begun)
                await asyncio.sleep(0)           # what came meanwhile joins the next batch
        except asyncio.CancelledError:
            self._collects = False
            with suppress(JournalFull):
                self._settle()
            raise
        except BaseException as fault:
            self.fault = self.fault or fault
            self._collects = False
            self._collect()                      # they learn that it stopped
            raise

    def _collect_late(self, frame) -> None:
        """The disk is slow with ``frame``: who came meanwhile is read all the same, and again while it lasts."""
        if self.replica.frame is frame:
            self._collect()
            asyncio.get_running_loop().call_later(LATE_S, self._collect_late, frame)

    async def _doze(self, due: int | None, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until something comes, or, where something waits, until it is due."""
        self._wake.clear()
        if due is None:
            await self._wake.wait()
            await asyncio.sleep(0)               # everything that came in this turn of the loop is one batch
            return
        self._dozing = True
        timer = loop.call_later(due / 1e9, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            self._dozing = False
            timer.cancel()

    def commit(self) -> None:
        """Make everything that waits durable, decide it, answer and tell, before this returns."""
        try:
            self._settle()
            end = self.replica.next_sequence
            while self.replica.sequence < end:
                self.replica.begin(end)
                self.replica.sync()
                self._decide()
                self._deliver()
        except JournalFull:
            raise
        except BaseException as fault:
            self.fault = fault
            raise

    def _settle(self) -> None:
        """Wait for the frame that is on its way, if there is one; decide, answer and tell it."""
        self._syncing.wait()
        if self.replica.frame is not None:
            self._decide()
        self._deliver()

    def _decide(self) -> None:
        """Let the engine decide the frame that was synced; who waits for it is told by ``_deliver``."""
        first, commands = self.replica.sequence, self.replica.frame.commands
        told: list[np.ndarray] = []
        self.replica.finish(told.append)
        events = told[0] if len(told) == 1 else np.concatenate(told)
        self._decided.append(Batch(first, commands, events.view(EVENT), int(self.engine.states["now_ns"][0])))

    def _deliver(self) -> None:
        """Answer and tell what was decided, in order."""
        while self._decided:
            self._tell(self._decided.popleft())

    def _tell(self, batch: Batch) -> None:
        self.waiting -= len(batch.commands)
        end = batch.first + len(batch.commands)
        while self._answers and self._answers[0].begin < end:
            waiting = self._answers[0]
            part = min(waiting.end, end) - waiting.begin
            waiting.events.append(batch.events if part == len(batch.commands) else
                                  batch.events_of(waiting.begin, part))
            waiting.begin = end
            if waiting.end > end:                # the rest of the offer is in the next frame
                break
            self._answers.popleft()
            waiting.answer(waiting.events[0] if len(waiting.events) == 1 else np.concatenate(waiting.events))
        for listener in self._listeners:
            listener(batch)

    def close(self) -> None:
        """Stop in order: what waits uncommitted is dropped, a frame on its way is waited for and decided."""
        self._syncing.close()
        self.replica.close()
