"""What positions of people have paid and earned since they were opened: fees, funding, realized results, and the costs
that the open part still carries. Folded from events; adds their numbers and recomputes nothing.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from .. import codes
from .people import is_person, of_people, special_events


@dataclass(slots=True)
class Costs:
    """A position's account of itself since it was opened. Paid is > 0, received < 0, in atoms."""

    size_lots: int = 0
    realized_atoms: int = 0
    """Profit (> 0) or loss of closed parts, before fees and funding."""
    fees_paid_atoms: int = 0
    funding_paid_atoms: int = 0
    carried_atoms: int = 0
    """Fees and funding of what is still open: the part of a closed share is dropped, rounded down."""

    def trade(self, lots: int, fee_atoms: int, realized_atoms: int) -> None:
        """A fill of ``lots`` (signed) changed the position; one through zero opens a new one with its share of the fee.
        VIEW-007"""
        before, after = self.size_lots, self.size_lots + lots
        if before == 0:
            self.restart()
        if before * after < 0:
            self.restart()
            fee_atoms = fee_atoms * abs(after) // abs(lots)
            realized_atoms = 0
        self.size_lots = after
        self.fees_paid_atoms += fee_atoms
        self.realized_atoms += realized_atoms
        if before * lots < 0 and before * after > 0:
            self.carried_atoms -= self.carried_atoms * abs(lots) // abs(before)
        elif after == 0:
            self.carried_atoms = 0
        else:
            self.carried_atoms += fee_atoms

    def restart(self) -> None:
        """A new position begins."""
        self.realized_atoms = self.fees_paid_atoms = self.funding_paid_atoms = self.carried_atoms = 0

    def replay(self, found: Iterable[tuple[int, int, int, int]]) -> None:
        """Begin from what happened since the position was opened: (event's number, signed lots, paid, realized), 0 lots
        for funding. Where lots are missing (a deleveraging is no fill), the open part carries all that was paid."""
        after, steps = self.size_lots, sorted(found)
        start = after - sum(lots for _, lots, _, _ in steps)
        first = next((lots for _, lots, _, _ in steps if lots), 0)
        whole = start == 0 or start * first < 0 and abs(first) > abs(start)
        self.size_lots = start if whole else 0
        self.restart()
        for _, lots, paid, realized in steps:
            if not whole:
                self.fees_paid_atoms += paid if lots else 0
                self.funding_paid_atoms += 0 if lots else paid
                self.realized_atoms += realized
            elif lots:
                self.trade(lots, paid, realized)
            else:
                self.fund(paid)
        if not whole:
            self.carried_atoms = self.fees_paid_atoms + self.funding_paid_atoms
        self.size_lots = after

    def fund(self, paid_atoms: int) -> None:
        """Funding was booked; > 0: paid."""
        self.funding_paid_atoms += paid_atoms
        self.carried_atoms += paid_atoms

    def close(self, realized_atoms: int, fee_atoms: int = 0) -> None:
        """The position was taken away as a whole."""
        self.realized_atoms += realized_atoms
        self.fees_paid_atoms += fee_atoms
        self.size_lots = self.carried_atoms = 0


class CostBook:
    """The costs of every open position of people, by (account, instrument)."""

    def __init__(self, engine):
        self.costs: dict[tuple[int, int], Costs] = {}
        self.rebuild(engine)

    def rebuild(self, engine) -> None:
        """Sizes from the engine's tables; what they cost before comes with ``load``."""
        if not isinstance(engine.states, np.ndarray):
            return
        state = engine.states.view(np.ndarray)[0]
        rows = state["positions"][:int(state["positions_pool"]["high_water"]) + 1]
        for at in np.flatnonzero((rows["size_lots"] != 0) & of_people(rows["account"])).tolist():
            self.of(int(rows["account"][at]), int(rows["instrument"][at])).size_lots = int(rows["size_lots"][at])

    def of(self, account: int, instrument: int) -> Costs:
        """The costs of a position, made if missing."""
        found = self.costs.get((account, instrument))
        if found is None:
            found = self.costs[account, instrument] = Costs()
        return found

    def rows(self) -> list[dict]:
        """Everything as plain values, for whoever keeps history."""
        return [{"account": account, "instrument": instrument, **asdict(one)}
                for (account, instrument), one in self.costs.items()]

    def load(self, rows: Iterable[dict]) -> None:
        """Costs as history knows them, of positions that are open; sizes stay the tables'."""
        for row in rows:
            found = self.costs.get((row["account"], row["instrument"]))
            if found is not None:
                for name in ("realized_atoms", "fees_paid_atoms", "funding_paid_atoms"):
                    setattr(found, name, int(row.get(name) or 0))
                carried = row.get("carried_atoms")
                found.carried_atoms = (found.fees_paid_atoms + found.funding_paid_atoms if carried is None
                                       else int(carried))

    def fold(self, batch) -> None:
        """Take in a batch."""
        for row in special_events(batch):
            kind = row.kind
            if kind == codes.TRADED:
                if is_person(row.account):
                    self._trade(row.account, row.instrument, row.side * row.size_lots, row.fee_atoms,
                                row.realized_atoms)
                if is_person(row.other_account):
                    self._trade(row.other_account, row.instrument, -row.side * row.size_lots, row.maker_fee_atoms,
                                row.maker_realized_atoms)
            elif kind == codes.FUNDING_SETTLED:
                self.of(row.account, row.instrument).fund(-row.cash_atoms)
            elif kind == codes.DELEVERAGED:
                self._trade(row.account, row.instrument, row.side * row.size_lots, 0, row.realized_atoms)
            elif kind == codes.LIQUIDATION_STEPPED and row.fee_atoms != 0:
                if (row.account, row.instrument) in self.costs:
                    self.costs[row.account, row.instrument].fees_paid_atoms += row.fee_atoms
            elif kind == codes.SESSION_SETTLED:
                self.of(row.account, row.instrument).realized_atoms += row.realized_atoms
            elif kind == codes.POSITION_TAKEN_OVER or kind == codes.POSITION_SETTLED:
                self.of(row.account, row.instrument).close(row.realized_atoms, row.fee_atoms)
                del self.costs[row.account, row.instrument]

    def _trade(self, account: int, instrument: int, lots: int, fee_atoms: int, realized_atoms: int) -> None:
        costs = self.of(account, instrument)
        costs.trade(lots, fee_atoms, realized_atoms)
        if costs.size_lots == 0:
            del self.costs[account, instrument]
