"""An engine to try things with: typed commands in, typed events out, tables as frames."""
from __future__ import annotations

import numpy as np

from ..engine import engine
from .commands import Command, records
from .events import Event, events


class Engine(engine.Engine):
    """The state machine with a face for scripts and notebooks.

    Everything ``steelyard.engine.engine.Engine`` does, and: ``send`` takes typed commands, ``tables`` shows the state.
    """

    def send(self, *commands: Command | np.ndarray) -> list[Event]:
        """Apply commands in order, typed ones or arrays of COMMAND records, and return all events they caused."""
        found: list[Event] = []
        waiting: list[Command] = []
        for command in (*commands, None):
            if isinstance(command, Command):
                waiting.append(command)
                continue
            if waiting:
                found += events(self.apply(records(waiting)))
                waiting = []
            if command is not None:
                found += events(self.apply(command))
        return found

    def tables(self, profile=None) -> dict:
        """The live rows of the state as Polars frames, by name; see :func:`steelyard.api.tables.tables`."""
        from .tables import tables
        return tables(self, profile)
