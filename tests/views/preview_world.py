"""Random previews, and what the engine then does: shared by the property tests."""
from __future__ import annotations

import numpy as np

from steelyard import codes
from steelyard.engine.records import as_record, new_commands
from steelyard.views.previewer import Previewer


def fields_of(row) -> dict:
    """A preview by its fields."""
    return row._asdict()


def taken(events: np.ndarray, order_id: int) -> dict:
    """What the engine's events say an order did in its own command."""
    mine = events[(events["kind"] == codes.TRADED) & (events["order_id"] == order_id)]
    rested = events[(events["kind"] == codes.ORDER_RESTED) & (events["order_id"] == order_id)]
    ended = events[(events["kind"] == codes.ORDER_CANCELED) & (events["order_id"] == order_id)]
    amended = events[(events["kind"] == codes.ORDER_AMENDED) & (events["order_id"] == order_id)]
    resting = int(rested["size_lots"][0]) if len(rested) else 0
    if len(amended):
        resting = int(amended["size_lots"][-1])
    if len(ended):
        resting = 0
    return {"filled_lots": int(mine["size_lots"].sum()), "filled_value_atoms": int(mine["value_atoms"].sum()),
            "fee_atoms": int(mine["fee_atoms"].sum()), "realized_atoms": int(mine["realized_atoms"].sum()),
            "fill_count": len(mine), "worst_ticks": int(mine["price_ticks"][-1]) if len(mine) else 0,
            "resting_lots": resting,
            "end_reason": int(ended["reason"][0]) if len(ended) else 0}


__all__ = ["Previewer", "as_record", "fields_of", "new_commands", "taken"]
