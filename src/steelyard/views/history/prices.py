"""What an index and a mark were made of at one event, exactly: the tables as they were before the batch, and then what
the batch had said by then.
"""
from __future__ import annotations

import numpy as np

from ... import codes
from ...codes import Reason
from ...engine.records import BASIS_SAMPLES_MAX
from ..scales import Scales

STATE_AFTER = {Reason.source_priced: codes.SOURCE_IS_ACTIVE, Reason.source_readmitted: codes.SOURCE_IS_ACTIVE,
               Reason.source_silent: codes.SOURCE_IS_STALE, Reason.source_outlier: codes.SOURCE_IS_OUTLIER,
               Reason.source_removed: codes.SOURCE_IS_SILENT}
KEPT = ("mark_price_units", "index_price_units", "index_frozen", "funding_rate_ppb", "funding_next_ns",
        "last_price_units", "basis_count")


SOURCE_FIELDS = ("weight_ppb", "price_units", "priced_ns", "state")


class Prices:
    """The prices before the batch that is being folded, and the way from there to one of its events."""

    def __init__(self, scales: Scales):
        self.ids = np.array(sorted(scales.by_id), np.int64)
        self.index_of = {one.id: int(one.instrument.terms["index_id"]) for one in scales.by_id.values()}
        self._instruments = self._indices = None

    def remember(self, states: np.ndarray) -> None:
        """Keep the tables as they are now: between two batches."""
        state = states.view(np.ndarray)[0]
        self._instruments = state["instruments"][self.ids]
        self._indices = state["indices"][:int(state["index_last"]) + 1].copy()

    def mark(self, instrument: int, events: np.ndarray) -> int:
        """The mark after ``events`` (all of the batch up to a moment), mark units."""
        mine = events["price_units"][(events["kind"] == codes.MARKED) & (events["instrument"] == instrument)]
        return int(mine[-1]) if len(mine) else int(self._row(instrument)["mark_price_units"])

    def _row(self, instrument: int) -> np.void:
        return self._instruments[int(np.searchsorted(self.ids, instrument))]

    def explain(self, instrument: int, batch, events: np.ndarray, command_sequence: int) -> dict:
        """Index, sources and mark of an instrument after ``events``, while ``command_sequence`` was carried out."""
        row = self._row(instrument)
        found = {name: int(row[name]) for name in KEPT}
        count = min(found.pop("basis_count"), max(1, min(BASIS_SAMPLES_MAX, int(row["terms"]["basis_samples"]))))
        found["basis_sum_units"], found["basis_count"] = int(row["basis_units"][:count].sum()), count
        found["mark_price_units"] = self.mark(instrument, events)
        rates = events[(events["kind"] == codes.FUNDING_RATE_SET) & (events["instrument"] == instrument)]
        if len(rates):
            found["funding_rate_ppb"] = int(rates["rate_ppb"][-1])
            found["funding_next_ns"] += int(row["terms"]["funding_interval_ns"]) * len(rates)
        trades = events[(events["kind"] == codes.TRADED) & (events["instrument"] == instrument)]
        if len(trades):
            found["last_price_units"] = int(trades["price_ticks"][-1]) * int(row["terms"]["mark_units_per_tick"])
        index = self.index_of[instrument]
        if index == 0:
            return {**found, "index": 0, "sources": []}
        changed = events[(events["kind"] == codes.INDEX_CHANGED) & (events["asset"] == index)]
        if len(changed):
            per_unit = int(row["terms"]["mark_units_per_index_unit"])
            found["index_price_units"] = int(changed["price_units"][-1]) * per_unit
        frozen = events["kind"][np.isin(events["kind"], (codes.INDEX_FROZEN, codes.INDEX_THAWED))
                                & (events["asset"] == index)]
        if len(frozen):
            found["index_frozen"] = int(frozen[-1] == codes.INDEX_FROZEN)
        return {**found, "index": index, "sources": self._sources(index, batch, events, command_sequence)}

    def _sources(self, index: int, batch, events: np.ndarray, command_sequence: int) -> list[dict]:
        """Every source with a weight: price, when it spoke, state, weight."""
        rows = {}
        if index < len(self._indices):
            for number, source in enumerate(self._indices[index]["sources"]):
                if source["weight_ppb"]:
                    rows[number] = {name: int(source[name]) for name in SOURCE_FIELDS}
        until = command_sequence - batch.first + 1
        commands = batch.commands[:until]
        refused = set(events["command_sequence"][events["kind"] == codes.REJECTED].tolist())
        mine = (commands["parameter"] == index) & np.isin(
            commands["kind"], (codes.PUBLISH_PRICE, codes.SET_INDEX_SOURCE))
        for place in np.flatnonzero(mine).tolist():
            command = commands[place]
            if batch.first + place in refused:
                continue
            number = int(command["flags"])
            row = rows.setdefault(number, dict(weight_ppb=0, price_units=0, priced_ns=0, state=0))
            if command["kind"] == codes.SET_INDEX_SOURCE:
                row["weight_ppb"] = int(command["value"])
            else:
                row["price_units"], row["priced_ns"] = int(command["value"]), int(command["time_ns"])
        changes = events[(events["kind"] == codes.INDEX_SOURCE_CHANGED) & (events["asset"] == index)]
        for change in changes:
            if int(change["flags"]) in rows:
                rows[int(change["flags"])]["state"] = int(STATE_AFTER.get(int(change["reason"]), 0))
        return [dict(number=number, **row) for number, row in sorted(rows.items()) if row["weight_ppb"]]
