"""Positions closed by force, of everybody: stepped down, taken over, disposed of. What the public sees of them."""
from __future__ import annotations

import numpy as np

from ... import codes
from ...engine.records import ACCOUNTS_MAX
from .codes import Row, Stage, is_person, rows_of

CROWD_KEPT = 20_000
"""Rows kept of a feed's population, of each instrument; people's are kept for good."""

KINDS = (codes.POSITION_TAKEN_OVER, codes.TAKEOVER_CLOSED, codes.LIQUIDATION_STEPPED)
SETTINGS = (codes.LEVERAGE_SET, codes.MARGIN_MODE_SET, codes.COLLATERAL_MOVED)


class ForcedClosings:
    """Folds takeovers and steps down. ``changed`` are rows not yet written, by id; ``open`` takeovers not yet closed."""

    def __init__(self, crowd_kept: int = CROWD_KEPT):
        self.crowd_kept = crowd_kept
        self.changed: dict[int, dict] = {}
        self.open: dict[int, dict] = {}
        self.numbers: dict[tuple[int, int], int] = {}
        """How many rows there have been, by (crowd, instrument)."""
        self._leverage: dict[int, np.ndarray] = {}

    def load(self, states: np.ndarray, open_rows: list[dict], numbers: dict[tuple[int, int], int]) -> None:
        """Go on from rows not yet closed and the counts so far; chosen margin rates are read from the tables."""
        self.changed.clear()
        self.open = {row["takeover"]: row for row in open_rows}
        self.numbers = dict(numbers)
        self._leverage.clear()
        state = states.view(np.ndarray)[0]
        positions = state["positions"][:int(state["positions_pool"]["high_water"]) + 1]
        chosen = np.flatnonzero(positions["leverage_rate_ppb"])
        for instrument in np.unique(positions["instrument"][chosen]).tolist():
            mine = chosen[positions["instrument"][chosen] == instrument]
            self._rates(instrument)[positions["account"][mine]] = positions["leverage_rate_ppb"][mine]

    def _rates(self, instrument: int) -> np.ndarray:
        """Margin rate chosen by every account in an instrument, ppb."""
        found = self._leverage.get(instrument)
        if found is None:
            found = self._leverage[instrument] = np.zeros(ACCOUNTS_MAX, np.int32)
        return found

    def fold(self, events: np.ndarray, liquidations: dict[int, int]) -> None:
        """Take in a batch's events. ``liquidations`` are those that events belong to, by sequence of the event."""
        kinds = events["kind"]
        settings = events[np.isin(kinds, SETTINGS)]
        for instrument in np.unique(settings["instrument"]).tolist():
            mine = settings[settings["instrument"] == instrument]
            self._rates(instrument)[mine["account"]] = mine["rate_ppb"]
        chosen = np.isin(kinds, KINDS)
        chosen &= (kinds != codes.LIQUIDATION_STEPPED) | (events["order_id"] != 0) & (events["size_lots"] != 0)
        if not chosen.any():
            return
        for event in rows_of(events[chosen]):
            if event.kind == codes.TAKEOVER_CLOSED:
                self._closed(event)
            elif event.kind == codes.POSITION_TAKEN_OVER:
                row = self._add(event, 1 if event.size_lots > 0 else -1, Stage.taken_over, liquidations)
                row["takeover"] = event.order_id
                self.open[event.order_id] = row
            else:
                self._add(event, -event.side, Stage.reduced, liquidations)

    def _add(self, event: Row, side: int, stage: Stage, liquidations: dict[int, int]) -> dict:
        crowd = 0 if is_person(event.account) else 1
        key = crowd, event.instrument
        self.numbers[key] = number = self.numbers.get(key, 0) + 1
        row = self.changed[event.sequence] = dict(
            id=event.sequence, instrument=event.instrument, number=number, crowd=crowd, side=side,
            size_lots=abs(event.size_lots), price_ticks=event.price_ticks, value_atoms=abs(event.value_atoms),
            leverage_ppb=int(self._rates(event.instrument)[event.account]), stage=int(stage), surplus_atoms=0,
            takeover=0, liquidation_id=liquidations.get(event.sequence, 0),
            time_ns=event.time_ns, updated_ns=event.time_ns)
        return row

    def _closed(self, event: Row) -> None:
        row = self.open.pop(event.order_id, None)
        if row is not None:
            row["stage"], row["surplus_atoms"], row["updated_ns"] = (
                int(Stage.closed), event.realized_atoms, event.time_ns)
            self.changed[row["id"]] = row
