"""What people hold, folded event by event: cash, collateral, sizes and entry values, exact after every event."""
from __future__ import annotations

import numpy as np

from ...engine.records import SYSTEM_WALLETS
from .codes import of_people


class Holding:
    """A person's position in one instrument: signed lots, signed entry value, collateral, mode, chosen margin rate."""

    __slots__ = ("size_lots", "entry_value_atoms", "collateral_atoms", "isolated", "leverage_ppb")

    def __init__(self, size_lots=0, entry_value_atoms=0, collateral_atoms=0, isolated=0, leverage_ppb=0):
        self.size_lots, self.entry_value_atoms, self.collateral_atoms = size_lots, entry_value_atoms, collateral_atoms
        self.isolated, self.leverage_ppb = isolated, leverage_ppb


class Holdings:
    """Wallets by (account, asset) in atoms, positions by (account, instrument)."""

    def __init__(self):
        self.wallets: dict[tuple[int, int], int] = {}
        self.positions: dict[tuple[int, int], Holding] = {}

    def position(self, account: int, instrument: int) -> Holding:
        """The position, made empty where there was none."""
        found = self.positions.get((account, instrument))
        if found is None:
            found = self.positions[account, instrument] = Holding()
        return found

    def cross_positions(self, account: int) -> list[tuple[int, Holding]]:
        """(instrument, position) of a person's cross positions that have a size."""
        return sorted((key[1], one) for key, one in self.positions.items()
                      if key[0] == account and one.size_lots and not one.isolated)

    def load(self, states: np.ndarray) -> None:
        """Read everything from an engine's tables, as they are between two batches."""
        state = states.view(np.ndarray)[0]
        self.wallets.clear()
        self.positions.clear()
        wallets = state["wallets"][:max(int(state["wallets_pool"]["high_water"]), SYSTEM_WALLETS) + 1]
        for row in np.flatnonzero(of_people(wallets["account"])).tolist():
            wallet = wallets[row]
            self.wallets[int(wallet["account"]), int(wallet["asset"])] = int(wallet["balance_atoms"])
        positions = state["positions"][:int(state["positions_pool"]["high_water"]) + 1]
        for row in np.flatnonzero(of_people(positions["account"])).tolist():
            position = positions[row]
            self.positions[int(position["account"]), int(position["instrument"])] = Holding(
                int(position["size_lots"]), int(position["entry_value_atoms"]), int(position["collateral_atoms"]),
                int(position["isolated"]), int(position["leverage_rate_ppb"]))

    def differences(self, states: np.ndarray) -> list[str]:
        """Where an engine's tables say otherwise; empty when all agrees to the atom."""
        other = Holdings()
        other.load(states)
        found = [f"wallet {key}: {self.wallets.get(key, 0)} here, {other.wallets.get(key, 0)} in the engine"
                 for key in sorted(self.wallets.keys() | other.wallets.keys())
                 if self.wallets.get(key, 0) != other.wallets.get(key, 0)]
        for key in sorted(self.positions.keys() | other.positions.keys()):
            here, there = self.positions.get(key, Holding()), other.positions.get(key, Holding())
            mine, theirs = ([getattr(one, name) for name in Holding.__slots__] for one in (here, there))
            if mine != theirs and (here.size_lots or there.size_lots or mine[2] != theirs[2]):
                found.append(f"position {key}: {mine} here, {theirs} in the engine")
        return found
