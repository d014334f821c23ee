"""What would have kept a position out of liquidation, by the engine's own rules (HIST-009).

The rules are the engine's functions in their plain form, over the position as it stood. Other marks stay as they were.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace

from ...codes import TIERS_BY_LOTS
from ...kernel import load_plain
from ...units import PPB
from ...venues.instrument import Instrument
from ...venues.rows import instrument_row


@cache
def _rules() -> SimpleNamespace:
    """The plain form of the rules, loaded when the first story is told."""
    return SimpleNamespace(contract=load_plain("rules.contract"), margin=load_plain("rules.margin"),
                           liquidation=load_plain("rules.liquidation"), mark=load_plain("rules.mark"),
                           requirement=load_plain("rules.requirement"))


def plain_instrument(instrument: Instrument, funding_rate_ppb: int, window: int = 0):
    """An instrument as the rules take it, with the funding rate and the margin window in force."""
    row = instrument_row(instrument, window)
    row.funding_rate_ppb = funding_rate_ppb
    return row


@dataclass(frozen=True)
class Case:
    """One position at the moment its group came into liquidation. Units and signs as in the engine's tables."""

    instrument: SimpleNamespace
    size_lots: int
    entry_value_atoms: int
    leverage_ppb: int
    tier: int

    @classmethod
    def of(cls, instrument: Instrument, position: dict, maintenance_atoms: int | None = None) -> Case:
        """From a position of a story. Its tier counted its open orders too, and the day has windows: where the position
        alone does not give ``maintenance_atoms``, the window and the tier are the first that do.
        """
        case = cls(plain_instrument(instrument, position["funding_rate_ppb"]), position["size_lots"],
                   position["entry_value_atoms"], position["leverage_ppb"], 0)
        at = position["mark_price_units"]
        measured = case.basis(case.instrument.terms.initial_basis, at)
        if case.instrument.terms.tier_measure == TIERS_BY_LOTS:
            measured = abs(case.size_lots)
        own = _rules().margin.tier_of(case.instrument, measured)
        case = replace(case, tier=own)
        if maintenance_atoms is None or case.maintenance(at) == maintenance_atoms:
            return case
        windows = [plain_instrument(instrument, position["funding_rate_ppb"], number)
                   for number in range(max(1, len(instrument.windows)))]
        others = (replace(case, instrument=row, tier=tier) for row in windows
                  for tier in range(own, max(own + 1, row.tier_count)))
        return next((one for one in others if one.maintenance(at) == maintenance_atoms), case)

    @property
    def _position(self) -> SimpleNamespace:
        return SimpleNamespace(size_lots=self.size_lots, entry_value_atoms=self.entry_value_atoms, tier=self.tier,
                               leverage_rate_ppb=self.leverage_ppb, client_class=0)

    def value(self, mark_units: int) -> int:
        """Signed value at a mark, atoms."""
        return self.size_lots * _rules().contract.unit_value(self.instrument.terms, mark_units)

    def basis(self, basis: int, mark_units: int) -> int:
        """Absolute value a requirement is charged on: at entry (0) or at the mark (1)."""
        return abs(self.value(mark_units)) if basis else abs(self.entry_value_atoms)

    def profit(self, mark_units: int) -> int:
        """Unrealized profit at a mark, atoms."""
        return self.value(mark_units) - self.entry_value_atoms

    def maintenance(self, mark_units: int) -> int:
        """Maintenance requirement at a mark, atoms (MARG-010)."""
        value = self.basis(self.instrument.terms.maintenance_basis, mark_units)
        return _rules().requirement.maintenance_at(self.instrument, self._position, value)

    def opening_collateral(self, leverage_ppb: int) -> int:
        """What opening the whole position isolated at a margin rate would have put up, atoms (MARG-009)."""
        rules, case = _rules(), replace(self, leverage_ppb=leverage_ppb)
        value = abs(self.entry_value_atoms)
        initial = rules.margin.initial_margin(self.instrument, self.tier, value, case._position)
        return initial + rules.margin.close_fee_reserve(self.instrument.terms, value, initial)

    def shortfall(self, equity_atoms: int, mark_from: int, mark_units: int) -> int:
        """What more cash would have kept a group with this equity at ``mark_from`` out of liquidation at another mark:
        one atom more than brings equity to maintenance, 0 where it had that.  LIQD-008
        """
        equity = equity_atoms + self.profit(mark_units) - self.profit(mark_from)
        return max(0, self.maintenance(mark_units) - equity + 1)

    def surviving_leverage(self, mark_units: int) -> int:
        """The highest whole leverage at which the position, opened isolated, would have stood above maintenance at a
        mark; 0 where not even 1 would do.
        """
        start = max(1, PPB // self.leverage_ppb) if self.leverage_ppb else 100
        for leverage in range(start, 0, -1):
            rate = -(-PPB // leverage)
            case = replace(self, leverage_ppb=rate)
            if self.opening_collateral(rate) + self.profit(mark_units) > case.maintenance(mark_units):
                return leverage
        return 0

    def price_at_loss(self, loss_atoms: int) -> int:
        """The order price nearest to the market at which the position has lost no more than this, ticks; 0 where none.
        """
        value = self.entry_value_atoms - loss_atoms
        return _rules().liquidation.ticks_at_value(self.instrument.terms, self.size_lots, value)

    def liquidation_units(self, equity_atoms: int, mark_units: int) -> int:
        """The mark nearest to the market at which a group with this equity at ``mark_units`` would be liquidated."""
        rules, direction = _rules(), 1 if self.size_lots > 0 else -1
        safe = mark_units
        step = max(1, mark_units // 1000)
        while self.shortfall(equity_atoms, mark_units, safe):
            safe += direction * step
            if not rules.mark.lowest_mark(self.instrument.terms) <= safe <= rules.mark.highest_mark(
                    self.instrument.terms):
                return mark_units
            step *= 2
        reached = mark_units
        while abs(safe - reached) > 1:
            middle = (safe + reached) // 2
            if self.shortfall(equity_atoms, mark_units, middle):
                reached = middle
            else:
                safe = middle
        return reached


def funding_basis(instrument: Instrument, position: dict, time_ns: int) -> dict:
    """The funding term of a mark at a time: rate, steps left of all steps, and the basis in mark units (MARK-001)."""
    rules, terms = _rules().mark, instrument.terms
    interval, due = terms["funding_interval_ns"], position["funding_next_ns"]
    if due == 0 or interval <= 0:
        return dict(left_ns=0, steps_left=0, steps=0, basis_units=0)
    steps = rules.basis_steps(interval, terms["basis_round_ns"], interval)
    left = min(steps, rules.basis_steps(max(0, due - time_ns), terms["basis_round_ns"], interval))
    basis = rules.funding_basis(position["index_price_units"], position["funding_rate_ppb"], left, steps)
    return dict(left_ns=max(0, due - time_ns), steps_left=left, steps=steps, basis_units=basis)


