"""What would happen at other marks: who would be liquidated and what would be missing (SERV-006 Risk.stress)."""
from __future__ import annotations

from typing import Any

from .scales import InstrumentScale, fixed


def stress_table(scale: InstrumentScale, rows, fund_atoms: int) -> list[dict[str, Any]]:
    """STRESS rows in wire form: ``move`` as a fraction, cash in the settlement asset.  MKTV-017

    ``fund_after`` is what the insurance fund would have left after the shortfall, never below zero: what a shortfall
    has beyond the fund is for deleveraging.
    """
    return [{"move": fixed(int(row["move_percent"]), 2), "liquidated_value": scale.cash(row["liquidated_atoms"]),
             "accounts": int(row["groups"]), "shortfall": scale.cash(row["shortfall_atoms"]),
             "fund_after": scale.cash(max(0, fund_atoms - int(row["shortfall_atoms"])))} for row in rows]
