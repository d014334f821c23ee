"""The Python face of the state machine: command records in, event records out."""
from __future__ import annotations

import numpy as np

from ..kernel import COMPILED, open_gates
from . import dispatch
from .records import COMMAND, EVENT, WORK_BUDGET_DEFAULT, as_record, event_tuple, new_outbox, new_state, plain_row


class EngineFault(RuntimeError):
    """A kernel stopped half-way: a broken invariant or a number out of its bounds. The state is no longer usable.

    Rebuild from the last snapshot and the journal; ``command_sequence`` names the command that failed.
    """

    def __init__(self, command_sequence: int, cause: BaseException):
        super().__init__(f"command {command_sequence} failed: {type(cause).__name__}: {cause}; "
                         "the state is half changed: rebuild it from snapshot and journal")
        self.command_sequence = command_sequence


class Engine:
    """A deterministic leveraged-trading engine: the same commands give the same events and the same tables, always.

    It reads no clock, draws no random number and opens no file; time, prices and parameters arrive as commands.
    """

    def __init__(self, work_budget: int = WORK_BUDGET_DEFAULT):
        for _ in open_gates():
            pass
        self.states = new_state()
        self.outs = new_outbox()
        self.faulted = False
        self.state.work_budget = work_budget

    @property
    def state(self):
        """The one record of tables (a view, compiled) or the plain object of tables."""
        return self.states[0]

    def apply(self, commands: np.ndarray) -> np.ndarray:
        """Apply COMMAND records in order and return all EVENT records they caused, in order."""
        parts = list(self.slices(commands))
        return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.zeros(0, EVENT)

    def slices(self, commands: np.ndarray):
        """Apply COMMAND records and yield the events an outbox at a time (a copy each)."""
        if self.faulted:
            raise EngineFault(int(self.state.command_sequence), RuntimeError("an earlier command failed"))
        rows = self._rows(commands)
        done = 0
        while done < len(rows):
            try:
                count = dispatch.apply(self.states, rows[done:], self.outs)
            except Exception as cause:
                self.faulted = True
                raise EngineFault(int(self.state.command_sequence), cause) from cause
            done += int(self.outs[0].consumed)
            yield self._events(int(count))

    def _rows(self, commands: np.ndarray):
        commands = np.atleast_1d(commands)
        if commands.dtype != COMMAND:
            raise TypeError("commands must be an array of COMMAND records; see steelyard.engine.commands")
        return as_record(commands) if COMPILED else [plain_row(row, COMMAND) for row in commands]

    def _events(self, count: int) -> np.ndarray:
        if COMPILED:
            return self.outs["events"][0][:count].view(np.uint8).copy().view(EVENT)
        events = self.outs[0].events
        return np.array([event_tuple(events[index]) for index in range(count)], EVENT)
