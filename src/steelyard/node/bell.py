"""Opens and closes a venue and flips its margin windows by its profile's calendar: commands, journaled like all
others.  CALR-006 CALR-008"""
from __future__ import annotations

from typing import TYPE_CHECKING

from ..codes import STATE_HALTED, STATE_TRADING, STATE_UNLISTED, CommandKind
from ..units import DAY
from ..venues.calendar import Calendar

if TYPE_CHECKING:
    from .venue import Batch, Venue

LOOK_AGAIN_NS = 8 * DAY
"""Where the calendar shows no change ahead."""


class Bell:
    """A listener of a venue. It hears the engine's time with every batch and rings where the calendar says so.

    It keeps nothing that is not in the tables: after a restart the first batch compares states with the calendar. Only
    trading and halted instruments are touched, and only when the calendar changes: an operator's own state lasts until
    then.
    """

    def __init__(self, venue: Venue, calendar: Calendar):
        self._venue, self._calendar = venue, calendar
        self._next_ns = 0

    def hear(self, batch: Batch) -> None:
        """Ring if a change of the calendar has come."""
        now_ns = batch.time_ns
        if now_ns < self._next_ns:
            return
        upcoming = self._calendar.next_change_ns(now_ns)
        self._next_ns = now_ns + LOOK_AGAIN_NS if upcoming is None else upcoming
        wanted = STATE_TRADING if self._calendar.is_open(now_ns) else STATE_HALTED
        for instrument in self._venue.instruments:
            held = self._venue.engine.state.instruments[instrument.id]
            present = STATE_TRADING if int(held.breaker_until_ns) else int(held.state)      # BRKR-007
            if present in (STATE_TRADING, STATE_HALTED) and present != wanted:
                self._venue.offer(self._venue.command(CommandKind.SET_INSTRUMENT_STATE, instrument=instrument.id,
                                                      value=wanted))
        self._flip(now_ns)

    def _flip(self, now_ns: int) -> None:
        """Let the margin window of the hour hold in every instrument that has rates for it.  CALR-008"""
        name = self._calendar.margin_window(now_ns)
        for instrument in self._venue.instruments:
            number = instrument.window_number(name)
            if number is None:
                continue
            held = self._venue.engine.state.instruments[instrument.id]
            if int(held.state) != STATE_UNLISTED and int(held.margin_window) != number:
                self._venue.offer(self._venue.command(CommandKind.SET_MARGIN_WINDOW, instrument=instrument.id,
                                                      value=number))
