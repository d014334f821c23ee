"""What indices and marks are made of, folded event by event, so that at any event it can be said what they were made of
then: sources with their prices, index, funding rate, last price, mark.
"""
from __future__ import annotations

import copy

import numpy as np

from ... import codes
from ...codes import Reason
from ..scales import Scales
from .codes import of_kinds
from .market import by_instrument

STATE_AFTER = {Reason.source_priced: codes.SOURCE_IS_ACTIVE, Reason.source_readmitted: codes.SOURCE_IS_ACTIVE,
               Reason.source_silent: codes.SOURCE_IS_STALE, Reason.source_outlier: codes.SOURCE_IS_OUTLIER,
               Reason.source_removed: codes.SOURCE_IS_SILENT}
INSTRUMENT_FIELDS = ("mark_price_units", "index_price_units", "index_frozen", "funding_rate_ppb", "funding_next_ns",
                     "last_price_units")
SOURCE_FIELDS = ("weight_ppb", "price_units", "priced_ns", "state")
RARE = (codes.INSTRUMENT_LISTED, codes.FUNDING_RATE_SET, codes.INDEX_FROZEN, codes.INDEX_THAWED,
        codes.INDEX_SOURCE_CHANGED)


class Prices:
    """Prices of a venue as they are after what was folded. ``sources``: rows by number, by index."""

    def __init__(self, scales: Scales):
        self.scales = scales
        self.followers: dict[int, list[int]] = {}
        for scale in scales.by_id.values():
            self.followers.setdefault(int(scale.instrument.terms["index_id"]), []).append(scale.id)
        self.instruments = {number: dict.fromkeys(INSTRUMENT_FIELDS, 0) for number in scales.by_id}
        self.sources: dict[int, dict[int, dict]] = {}

    def load(self, states: np.ndarray) -> None:
        """Read everything from an engine's tables."""
        state = states.view(np.ndarray)[0]
        for number, row in self.instruments.items():
            row.update((name, int(state["instruments"][number][name])) for name in INSTRUMENT_FIELDS)
        self.sources = {
            index: {number: {name: int(source[name]) for name in SOURCE_FIELDS}
                    for number, source in enumerate(state["indices"][index]["sources"]) if source["weight_ppb"]}
            for index in range(1, int(state["index_last"]) + 1)}

    # ------------------------------------------------------------ folding
    def fold(self, batch, events: np.ndarray, commands: np.ndarray) -> None:
        """Take in ``events`` and ``commands`` of a batch, which may be its beginning only."""
        kinds = events["kind"]
        for instrument, part in by_instrument(events[kinds == codes.MARKED]):
            self.instruments[instrument]["mark_price_units"] = int(part["price_units"][-1])
        for instrument, part in by_instrument(events[kinds == codes.TRADED]):
            per_tick = self.scales.by_id[instrument].units_per_tick
            self.instruments[instrument]["last_price_units"] = int(part["price_ticks"][-1]) * per_tick
        for index, part in by_instrument(events[kinds == codes.INDEX_CHANGED], "asset"):
            for instrument in self.followers.get(index, ()):
                per_unit = self.scales.by_id[instrument].units_per_index_unit
                self.instruments[instrument]["index_price_units"] = int(part["price_units"][-1]) * per_unit
        self._fold_commands(batch, events, commands)
        for event in events[of_kinds(kinds, *RARE)]:
            self._fold_rare(event)

    def _fold_rare(self, event: np.void) -> None:
        kind, index = int(event["kind"]), int(event["asset"])
        if kind in (codes.FUNDING_RATE_SET, codes.INSTRUMENT_LISTED):
            row = self.instruments[int(event["instrument"])]
            terms = self.scales.by_id[int(event["instrument"])].instrument.terms
            interval, offset = terms["funding_interval_ns"], terms["funding_offset_ns"]
            row["funding_rate_ppb"] = int(event["rate_ppb"])
            if interval > 0:
                row["funding_next_ns"] = offset + ((int(event["time_ns"]) - offset) // interval + 1) * interval
        elif kind == codes.INDEX_SOURCE_CHANGED:
            source = self.sources.get(index, {}).get(int(event["flags"]))
            if source is not None:
                source["state"] = int(STATE_AFTER.get(int(event["reason"]), 0))
        else:
            for instrument in self.followers.get(index, ()):
                self.instruments[instrument]["index_frozen"] = int(kind == codes.INDEX_FROZEN)

    def _fold_commands(self, batch, events: np.ndarray, commands: np.ndarray) -> None:
        """Prices and weights of sources; what was refused is passed over."""
        places = np.flatnonzero(of_kinds(commands["kind"], codes.PUBLISH_PRICE, codes.SET_INDEX_SOURCE))
        if len(places) == 0:
            return
        refused = set(events["command_sequence"][events["kind"] == codes.REJECTED].tolist())
        mine = commands[places]
        for place, kind, index, number, value, time_ns in zip(
                places.tolist(), mine["kind"].tolist(), mine["parameter"].tolist(), mine["flags"].tolist(),
                mine["value"].tolist(), mine["time_ns"].tolist()):
            if batch.first + place in refused:
                continue
            sources = self.sources.setdefault(index, {})
            if kind == codes.PUBLISH_PRICE:
                sources[number]["price_units"], sources[number]["priced_ns"] = value, time_ns
            elif value == 0:
                sources.pop(number, None)
            else:
                sources.setdefault(number, dict.fromkeys(SOURCE_FIELDS, 0))["weight_ppb"] = value

    # ------------------------------------------------------------ looking
    def at(self, batch, event_sequence: int, command_sequence: int) -> Prices:
        """The prices just before an event of ``batch``, of which nothing was folded yet."""
        found = copy.copy(self)
        found.instruments = {number: dict(row) for number, row in self.instruments.items()}
        found.sources = {index: {number: dict(row) for number, row in sources.items()}
                         for index, sources in self.sources.items()}
        before = batch.events[:int(np.searchsorted(batch.events["sequence"], event_sequence))]
        found.fold(batch, before, batch.commands[:command_sequence - batch.first + 1])
        return found

    def explain(self, instrument: int) -> dict:
        """What an instrument's index and mark are made of."""
        index = int(self.scales.by_id[instrument].instrument.terms["index_id"])
        sources = [dict(number=number, **row) for number, row in sorted(self.sources.get(index, {}).items())]
        return dict(self.instruments[instrument], index=index, sources=sources)
