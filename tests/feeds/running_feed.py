"""A venue with its feed in one event loop, for tests: open, wait, look, close."""
from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import numpy as np

from steelyard import codes
from steelyard.engine.invariants import broken
from steelyard.feeds import open_feed
from steelyard.node.replica import NodeOptions
from steelyard.node.venue import Venue
from steelyard.venues.profile import load_profile

SMALL = "covid-2020-03,accounts=400"


class Running:
    """The pair under test, and every event it told."""

    def __init__(self, folder, spec=SMALL, feed=None, symbols=("XBTUSD",)):
        self.feed = feed or open_feed(spec, folder)
        self.venue = Venue(folder, load_profile("bitmex", self.feed.as_of), symbols, clock=self.feed.clock,
                           options=NodeOptions(segment_bytes=1 << 24))
        self.commands, self.events, self.batches = [], [], []
        self.venue.add_listener(self._listen)
        self.tasks = []

    def _listen(self, batch):
        self.commands.append(np.array(batch.commands))
        self.events.append(batch.events)
        self.batches.append((time.monotonic(), batch))

    def begin(self):
        """Run venue and feed."""
        self.tasks = [asyncio.create_task(self.venue.run()), asyncio.create_task(self.feed.run(self.venue))]

    def forget(self):
        """Begin to listen anew."""
        self.commands.clear(), self.events.clear(), self.batches.clear()

    async def until(self, condition, seconds=20.0):
        """Wait until ``condition()``; what stops the venue or the feed is raised here."""
        ends = time.monotonic() + seconds
        while not condition():
            for task in self.tasks:
                if task.done():
                    task.result()
            assert time.monotonic() < ends, f"not within {seconds} s: {self.feed.replay()}"
            await asyncio.sleep(0.01)

    async def stop(self):
        """Cancel both, in the order the service does, and close."""
        for task in reversed(self.tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self.venue.close()

    # ------------------------------------------------------------ looking
    @property
    def instrument(self):
        return self.venue.engine.state.instruments[self.venue.instruments[0].id]

    @property
    def book(self):
        return self.venue.engine.state.books[self.venue.instruments[0].id]

    def all_commands(self):
        return np.concatenate(self.commands)

    def all_events(self, kind=None):
        found = np.concatenate(self.events)
        return found if kind is None else found[found["kind"] == kind]

    def refusals(self):
        """Names of the reasons for which anything was refused."""
        return {codes.Reason(int(reason)).name for reason in self.all_events(codes.REJECTED)["reason"]}

    def broken(self):
        """Invariants of the engine that do not hold."""
        return broken(self.venue.engine.state)


@asynccontextmanager
async def running(folder, spec=SMALL, **more):
    """An open venue whose feed has opened its market."""
    pair = Running(folder, spec, **more)
    pair.begin()
    try:
        await pair.until(lambda: pair.feed.opened)
        yield pair
    finally:
        await pair.stop()
