"""Lists the contracts of a family when their day has come, on a running venue: commands, journaled like all others.
CALR-011"""
from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from ..codes import SET_INSTRUMENT_STATE, STATE_HALTED, STATE_TRADING, STATE_UNLISTED
from ..engine.records import new_commands
from ..units import SECOND
from ..venues.calendar import Calendar
from ..venues.commands import instrument_rows
from ..venues.instrument import Instrument

if TYPE_CHECKING:
    from .venue import Batch, Venue

LISTED_AHEAD = timedelta(days=100)
"""How far ahead a venue knows contracts that are not listed yet: each has its rows in views and readers."""
NEVER_NS = 1 << 62


class Listings:
    """A listener of a venue. It keeps nothing that is not in the tables: what is unlisted there though its day has come
    is listed, with all its terms, in one offer.

    ``days`` are the times at which contracts are listed by their number; the others of the profile have been before.
    """

    def __init__(self, venue: Venue, calendar: Calendar, days: dict[int, int]):
        self._venue, self._calendar = venue, calendar
        self._waiting = [(days.get(one.id, 0), one) for one in venue.instruments if one.family]
        self._next_ns = 0

    def hear(self, batch: Batch) -> None:
        """List what is due."""
        if batch.time_ns < self._next_ns:
            return
        state, now_ns = self._venue.engine.state, batch.time_ns
        due = [one for day, one in self._waiting if day <= now_ns and self._may_begin(one, state, now_ns)]
        self._waiting = [(day, one) for day, one in self._waiting if day > now_ns]
        self._next_ns = min((day for day, _one in self._waiting), default=NEVER_NS)
        for one in due:
            self._venue.offer(self._commands(one, now_ns))

    @staticmethod
    def _may_begin(one: Instrument, state, now_ns: int) -> bool:
        """Unlisted, not expired, and on an index that the engine has."""
        return (int(state.instruments[one.id].state) == STATE_UNLISTED and one.terms["expiry_s"] * SECOND > now_ns
                and bool(state.indices[one.terms["index_id"]].is_set))

    def _commands(self, one: Instrument, now_ns: int) -> np.ndarray:
        rows = instrument_rows(one)
        if one.state == STATE_TRADING and not self._calendar.is_open(now_ns):
            rows.append(dict(kind=SET_INSTRUMENT_STATE, instrument=one.id, value=STATE_HALTED))
        commands = new_commands(len(rows))
        for command, row in zip(commands, rows):
            for name, value in row.items():
                command[name] = value
        return commands
