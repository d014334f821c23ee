"""A venue's rules played forward: what a profile changes between two instants, as commands for an engine that runs.

Also how a venue ends: a contract that is delisted, or listed when the venue closes, is settled at that stamp.  PROF-016
"""
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from ..codes import LIST_INSTRUMENT, SCHEDULE_SETTLEMENT, SET_INSTRUMENT_STATE, SET_TERM, SET_TIER, SET_WINDOW_RATE
from ..engine.records import TERMS, new_commands
from .commands import fee_class_row, index_rows, instrument_rows
from .dated import instant, show
from .instrument import Instrument
from .profile import Profile, change_dates, find_profile, load_profile, read_file

MOMENT = timedelta(microseconds=1)
FIXED_TERMS = TERMS.names.index("price_ticks_max") + 1
"""Terms that give stored numbers their meaning and cannot change once a contract is listed.  TERM-002"""
GRID = ("_ticks", "_lots", "_per_lot", "_lots_max", "_lots_min")
"""Endings of terms that count on the contract's grid of prices and sizes."""


def nanoseconds(moment: datetime) -> int:
    """A moment in ns UTC, exact to the microsecond."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / MOMENT) * 1_000


class Forward:
    """What happens to the rules of some contracts of a profile after ``start`` and not after ``end``.

    commands  command records in order of time; those of one instant in the order in which the engine takes them
    unplayed  figures that cannot change while a contract is listed (its lot, its tick), with their instant
    """

    def __init__(self, path_or_name: str | Path, start: datetime, end: datetime,
                 symbols: tuple[str, ...] | None = None):
        self.path = find_profile(path_or_name)
        self.symbols = symbols
        self.start, self.end = instant(start), instant(end)
        self.rows: list[dict[str, int]] = []
        self.unplayed: list[str] = []
        raw = read_file(self.path)
        self.closed = instant(raw["closed"]) if "closed" in raw else None
        self._endings(raw)
        for moment in change_dates(self.path):
            if self.start < moment <= self.end and (self.closed is None or moment < self.closed):
                self._change(moment)
        self.rows.sort(key=lambda row: row["time_ns"])

    @property
    def commands(self) -> np.ndarray:
        """The rows as records of the engine."""
        commands = new_commands(len(self.rows))
        for command, row in zip(commands, self.rows):
            for name, value in row.items():
                command[name] = value
        return commands

    def _chosen(self, profile: Profile) -> dict[int, Instrument]:
        return {one.id: one for one in profile.instruments if self.symbols is None or one.symbol in self.symbols}

    def _add(self, moment: datetime, rows: list[dict[str, int]]) -> None:
        self.rows += [dict(row, time_ns=nanoseconds(moment)) for row in rows]

    def _endings(self, raw: dict) -> None:
        """A stamp for every contract that ends in the window; one with an expiry of its own needs none."""
        for one in self._chosen(load_profile(self.path, self.start)).values():
            table = next(row for row in raw["instrument"] if row["symbol"] == one.symbol)
            ends = [instant(table["delisted"])] if "delisted" in table else []
            ends += [self.closed] if self.closed is not None else []
            if ends and self.start < min(ends) <= self.end and not one.terms.get("expiry_s", 0):
                self._add(self.start, [dict(kind=SCHEDULE_SETTLEMENT, instrument=one.id, value=nanoseconds(min(ends)))])

    def _change(self, moment: datetime) -> None:
        before, after = load_profile(self.path, moment - MOMENT), load_profile(self.path, moment)
        for index in after.indices:
            if index not in before.indices:
                self._add(moment, index_rows(index))
        self._add(moment, [fee_class_row(one) for one in after.fee_classes if one not in before.fee_classes])
        old = self._chosen(before)
        for number, one in self._chosen(after).items():
            if number not in old:
                self._add(moment, instrument_rows(one))
            else:
                self._instrument(moment, old[number], one)

    def _instrument(self, moment: datetime, old: Instrument, new: Instrument) -> None:
        """Terms, tiers and state that changed. Where the grid itself did, what is counted in ticks or lots stays."""
        changed = [name for name in TERMS.names if old.terms[name] != new.terms[name]]
        fixed = [name for name in changed if TERMS.names.index(name) < FIXED_TERMS]
        left = fixed + ([name for name in changed if name.endswith(GRID)] if fixed else [])
        self.unplayed += [f"{new.symbol} on {show(moment)}: {name} {old.terms[name]} -> {new.terms[name]}"
                          for name in dict.fromkeys(left)]
        rows = [row for row in instrument_rows(new) if row["kind"] not in (LIST_INSTRUMENT, SET_INSTRUMENT_STATE)]
        played = [TERMS.names.index(name) for name in changed if name not in left]
        self._add(moment, [row for row in rows if row["kind"] == SET_TERM and row["parameter"] in played])
        if old.tiers != new.tiers:
            self._add(moment, [row for row in rows if row["kind"] == SET_TIER])
        if old.windows != new.windows:
            self._add(moment, [row for row in rows if row["kind"] == SET_WINDOW_RATE])
        if old.state != new.state:
            self._add(moment, [dict(kind=SET_INSTRUMENT_STATE, instrument=new.id, value=new.state)])
