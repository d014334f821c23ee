"""Single rows of the engine's tables, looked at between two batches."""
from __future__ import annotations

import numpy as np

from ..engine.records import POSITION_SLOTS
from ..kernel import load_plain

_room = load_plain("engine.positions")


def position_row(states: np.ndarray, account: int, instrument: int) -> int:
    """Position row of an account in an instrument, 0 for none: the engine's own index (``engine/positions.py``)."""
    rows, positions = states["position_index"]["row"][0], states["positions"][0]
    slot = _room.home_of_position(account, instrument)
    row = int(rows[slot])
    if row == 0 or _is_position_of(positions[row], account, instrument):
        return row
    slot = _room.second_home(account, instrument)
    while True:
        row = int(rows[slot & (POSITION_SLOTS - 1)])
        if row == 0 or _is_position_of(positions[row], account, instrument):
            return row
        slot += 1


def _is_position_of(position, account: int, instrument: int) -> bool:
    return position["account"] == account and position["instrument"] == instrument


def position_lots(states: np.ndarray, account: int, instrument: int) -> int:
    """Signed size of a position in lots, 0 for none."""
    return int(states["positions"][0][position_row(states, account, instrument)]["size_lots"])
