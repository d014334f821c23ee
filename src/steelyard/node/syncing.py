"""The thread that waits for the disk, so that the loop does not."""
from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

SWITCH_S = 0.0005
"""How long one thread runs while another wants to: Python's own 5 ms would be added to the time of a sync."""


class Syncing:
    """Does one piece of work at a time; the thread begins with the first."""

    def __init__(self):
        self._work: SimpleQueue = SimpleQueue()
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None

    def begin(self, work: Callable[[], None], loop: asyncio.AbstractEventLoop) -> asyncio.Future:
        """Do ``work``, which never raises, in the thread; the future is done in ``loop`` once it returned."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
            self._thread.start()
            sys.setswitchinterval(SWITCH_S)
        done = loop.create_future()
        self._idle.clear()
        self._work.put((work, loop, done))
        return done

    def _run(self) -> None:
        while (piece := self._work.get()) is not None:
            work, loop, done = piece
            work()
            self._idle.set()
            try:
                loop.call_soon_threadsafe(_set, done)
            except RuntimeError:                 # the loop is closed: nobody waits any more
                pass

    def wait(self) -> None:
        """Return once nothing is being done."""
        self._idle.wait()

    def close(self) -> None:
        """Finish what is being done and end the thread."""
        self.wait()
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None


def _set(done: asyncio.Future) -> None:
    if not done.done():
        done.set_result(None)
