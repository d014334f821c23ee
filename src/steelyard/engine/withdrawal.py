"""Canceling what a position has open when the engine itself takes the position away: liquidation, deleveraging,
settlement."""
from ..codes import FLAG_BRACKET_TARGET, FLAG_CLOSE, FLAG_REDUCE_ONLY
from ..kernel import gate
from .matching import cancel_resting
from .order_changes import cancel_resting_of
from .triggers import cancel_triggers_of


@gate
def cancel_position_orders(state, position_row, reason, out):
    """Cancel every resting order and every trigger of a position; returns how many."""
    done = cancel_resting_of(state, position_row, reason, out)
    return done + cancel_triggers_of(state, position_row, reason, out)


@gate
def cancel_opening_orders(state, position_row, reason, out):
    """Cancel a position's resting orders except those that can only reduce it: its protection stays. Returns how
    many."""
    done = 0
    slot = state.positions[position_row].first_order
    while slot != 0:
        following = state.orders[slot].own_next
        if state.orders[slot].flags & (FLAG_REDUCE_ONLY | FLAG_CLOSE | FLAG_BRACKET_TARGET) == 0:
            cancel_resting(state, slot, reason, out)
            done += 1
        slot = following
    return done
