"""Positions closed by force, of everybody, as the public sees them: one row through all its stages (MKTV-009)."""
from __future__ import annotations

import numpy as np

from ... import codes
from ...codes import INVERSE, TIERS_BY_LOTS, Reason
from ...engine.records import ACCOUNTS_MAX
from ...units import PPB
from ..scales import Scales
from .codes import Row, Stage, is_person, of_kinds, rows_of
from .market import by_instrument

CROWD_KEPT = 20_000
"""Rows kept of a feed's population, of each instrument; people's are kept for good."""
LEVERAGE_MAX = 1_000
"""The highest leverage that is shown (MKTV-010)."""
KINDS = (codes.LIQUIDATION_STARTED, codes.LIQUIDATION_STEPPED, codes.LIQUIDATION_ENDED, codes.POSITION_TAKEN_OVER,
         codes.TAKEOVER_REDUCED, codes.TAKEOVER_CLOSED)
SETTINGS = (codes.LEVERAGE_SET, codes.MARGIN_MODE_SET, codes.COLLATERAL_MOVED)


def hundredths(value_atoms: int, equity_atoms: int) -> int:
    """|value| / equity in hundredths, rounded down.  MKTV-010

    >>> hundredths(-10_000, 400), hundredths(10_000, 0)
    (2500, 100000)
    """
    if equity_atoms <= 0:
        return 100 * LEVERAGE_MAX
    return max(1, min(100 * LEVERAGE_MAX, abs(value_atoms) * 100 // equity_atoms))


class ForcedClosings:
    """Folds liquidations. ``changed``: rows not yet written, by id."""

    def __init__(self, scales: Scales, crowd_kept: int = CROWD_KEPT):
        self.scales, self.crowd_kept = scales, crowd_kept
        self.changed: dict[int, dict] = {}
        self.numbers: dict[tuple[int, int], int] = {}
        """How many rows there have been, by (crowd, instrument)."""
        self._open: dict[tuple[int, int], dict] = {}
        self._takeovers: dict[int, dict] = {}
        self._rates: dict[int, np.ndarray] = {}

    def load(self, open_rows: list[dict], numbers: dict[tuple[int, int], int]) -> None:
        """Go on from rows that may still change and the counts so far."""
        self.changed.clear()
        self._takeovers = {row["takeover"]: row for row in open_rows if row["takeover"]}
        self._open = {(row["account"], row["instrument"]): row for row in open_rows if not row["takeover"]}
        self.numbers = dict(numbers)

    def load_rates(self, states: np.ndarray) -> None:
        """Read the margin rates everybody chose from an engine's tables."""
        self._rates.clear()
        state = states.view(np.ndarray)[0]
        positions = state["positions"][:int(state["positions_pool"]["high_water"]) + 1]
        chosen = positions[positions["leverage_rate_ppb"] != 0]
        for instrument, mine in by_instrument(chosen):
            self._rates_of(instrument)[mine["account"]] = mine["leverage_rate_ppb"]

    def _rates_of(self, instrument: int) -> np.ndarray:
        """Margin rate chosen by every account in an instrument, ppb."""
        found = self._rates.get(instrument)
        if found is None:
            found = self._rates[instrument] = np.zeros(ACCOUNTS_MAX, np.int32)
        return found

    # ------------------------------------------------------------ folding
    def fold(self, events: np.ndarray, liquidations: dict[int, int]) -> None:
        """Take in a batch's events. ``liquidations`` are those that events belong to, by sequence of the event."""
        kinds = events["kind"]
        settings, chosen = of_kinds(kinds, *SETTINGS), of_kinds(kinds, *KINDS)
        if not chosen.any():
            for instrument, mine in by_instrument(events[settings]):
                self._rates_of(instrument)[mine["account"]] = mine["rate_ppb"]
            return
        for event in rows_of(events[chosen | settings]):
            kind = event.kind
            if kind in SETTINGS:
                self._rates_of(event.instrument)[event.account] = event.rate_ppb
            elif kind == codes.TAKEOVER_REDUCED or kind == codes.TAKEOVER_CLOSED:
                self._disposed(event)
            elif kind == codes.POSITION_TAKEN_OVER:
                self._taken_over(event, liquidations)
            elif kind == codes.LIQUIDATION_STEPPED:
                if event.reason in (Reason.stepped_down, Reason.closed_in_book):
                    self._reduced(event, liquidations)
            elif kind == codes.LIQUIDATION_ENDED:
                self._ended(event)
            elif event.instrument:
                self._started(event, liquidations)

    def _new(self, event: Row, side: int, liquidations: dict[int, int]) -> dict:
        crowd = 0 if is_person(event.account) else 1
        key = crowd, event.instrument
        self.numbers[key] = number = self.numbers.get(key, 0) + 1
        row = dict(id=event.sequence, account=event.account, instrument=event.instrument, number=number, crowd=crowd,
                   isolated=0, side=side, size_lots=0, price_units=0, value_atoms=0, leverage_hundredths=0,
                   stage=int(Stage.started), surplus_atoms=0, reduced_lots=0, reduced_atoms=0, takeover=0,
                   liquidation_id=liquidations.get(event.sequence, 0), open=1, time_ns=event.time_ns, updated_ns=0)
        self._open[event.account, event.instrument] = row
        return row

    def _touch(self, row: dict, event: Row) -> dict:
        row["updated_ns"] = event.time_ns
        self.changed[row["id"]] = row
        return row

    def _started(self, event: Row, liquidations: dict[int, int]) -> None:
        """An isolated position enters the ladder. A wallet's is shown from its first sale or takeover on."""
        row = self._touch(self._new(event, 1 if event.size_lots > 0 else -1, liquidations), event)
        row["isolated"], row["size_lots"], row["price_units"] = 1, abs(event.size_lots), event.price_units
        row["value_atoms"] = value_at(self.scales.by_id[event.instrument].instrument.terms, row["size_lots"],
                                      event.price_units)
        row["leverage_hundredths"] = self._chosen(event, row["value_atoms"])

    def _chosen(self, event: Row, value_atoms: int) -> int:
        """Leverage chosen, at most what the tier of the value (or size) allows, in hundredths."""
        instrument = self.scales.by_id[event.instrument].instrument
        tiers = instrument.tiers
        if instrument.terms["tier_measure"] == TIERS_BY_LOTS:
            value_atoms = abs(event.size_lots)
        tier = next((one for one in tiers if value_atoms <= one.value_max_atoms), tiers[-1])
        rate = max(int(self._rates_of(event.instrument)[event.account]), tier.initial_ppb)
        return 100 * PPB // rate if rate else 0

    def _reduced(self, event: Row, liquidations: dict[int, int]) -> None:
        row = self._open.get((event.account, event.instrument))
        if row is None:
            row = self._new(event, -event.side, liquidations)
            row["leverage_hundredths"] = self._chosen(event, event.value_atoms)
        self._touch(row, event)
        row["reduced_lots"] += event.size_lots
        row["reduced_atoms"] += event.value_atoms
        row["stage"], row["size_lots"], row["value_atoms"] = (
            int(Stage.reduced), row["reduced_lots"], row["reduced_atoms"])
        row["price_units"] = event.price_ticks * self.scales.by_id[event.instrument].units_per_tick

    def _taken_over(self, event: Row, liquidations: dict[int, int]) -> None:
        row = self._open.get((event.account, event.instrument))
        if row is None:
            row = self._new(event, 1 if event.size_lots > 0 else -1, liquidations)
        self._touch(row, event)
        del self._open[event.account, event.instrument]
        self._takeovers[event.order_id] = row
        row.update(stage=int(Stage.taken_over), takeover=event.order_id, size_lots=abs(event.size_lots),
                   value_atoms=abs(event.value_atoms), price_units=event.price_units, reduced_lots=0, reduced_atoms=0)
        if row["isolated"]:
            row["leverage_hundredths"] = hundredths(event.value_atoms - event.realized_atoms,
                                                    event.fee_atoms - event.realized_atoms)
        else:
            row["leverage_hundredths"] = self._chosen(event, row["value_atoms"])

    def _disposed(self, event: Row) -> None:
        row = self._takeovers.get(event.order_id)
        if row is None:
            return
        self._touch(row, event)
        if event.kind == codes.TAKEOVER_REDUCED:
            row["reduced_lots"] += event.size_lots
            row["reduced_atoms"] += abs(event.value_atoms)
            row["surplus_atoms"] += event.realized_atoms
            return
        del self._takeovers[event.order_id]
        row.update(stage=int(Stage.closed), open=0, size_lots=event.size_lots, surplus_atoms=event.realized_atoms)
        if row["reduced_lots"] == row["size_lots"]:
            row["value_atoms"] = row["reduced_atoms"]

    def _ended(self, event: Row) -> None:
        """A group is out of the ladder without a takeover: what was sold is what there was."""
        if event.reason == Reason.taken_over:
            return
        keys = [(event.account, event.instrument)] if event.instrument else [
            key for key in self._open if key[0] == event.account and not self._open[key]["isolated"]]
        for key in keys:
            row = self._open.pop(key, None)
            if row is not None:
                self._touch(row, event).update(stage=int(Stage.closed), open=0, size_lots=row["reduced_lots"],
                                               value_atoms=row["reduced_atoms"])


def value_at(terms, lots: int, units: int) -> int:
    """Absolute value of lots at a price in mark units, atoms (VALU-001, VALU-002)."""
    if terms["kind"] == INVERSE:
        return lots * terms["inverse_parts_per_lot"] * ((2 * terms["lot_value_numerator"] + units) // (2 * units))
    return lots * terms["lot_value_numerator"] * units
