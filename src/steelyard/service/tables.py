"""Single rows of the engine's tables, looked at between two batches."""
from __future__ import annotations

import numpy as np

from ..engine.records import POSITION_SLOTS
from ..kernel import load_plain

home_of_position = load_plain("engine.positions").home_of_position


def position_row(states: np.ndarray, account: int, instrument: int) -> int:
    """Position row of an account in an instrument, 0 for none: the engine's own index (``engine/positions.py``)."""
    rows, positions = states["position_index"]["row"][0], states["positions"][0]
    slot = home_of_position(account, instrument)
    while True:
        row = int(rows[slot & (POSITION_SLOTS - 1)])
        if row == 0:
            return 0
        position = positions[row]
        if position["account"] == account and position["instrument"] == instrument:
            return row
        slot += 1


def position_lots(states: np.ndarray, account: int, instrument: int) -> int:
    """Signed size of a position in lots, 0 for none."""
    return int(states["positions"][0][position_row(states, account, instrument)]["size_lots"])
