"""One cancels other: two orders or triggers that name each other; the first fill, firing or end of one ends the other.

The one that is done queues the other's id (``queues.push_cancel``); ``consequences.drain_cancels`` ends it before
anything else happens in the command.
"""
from ..kernel import gate, kernel
from .order_index import find_order
from .records import ORDERS_MAX
from .trigger_rows import WAITING, is_bracket_stop


@gate
def is_free_partner(state, command):
    """Whether the named partner is a live, unpaired order or trigger of the same account and instrument, and no
    bracket's.  OCOO-001
    """
    if command.oco_order_id == command.order_id:
        return False
    code = find_order(state, command.oco_order_id)
    if code == 0:
        return False
    if code < ORDERS_MAX:
        order = state.orders[code]
        return (order.account == command.account and order.instrument == command.instrument and order.oco_order_id == 0
                and order.target_index == 0)
    trigger = state.triggers[code - ORDERS_MAX]
    return (trigger.account == command.account and trigger.instrument == command.instrument
            and trigger.oco_order_id == 0 and trigger.fired == WAITING and not is_bracket_stop(trigger))


@kernel
def may_pair(state, command):
    """Whether an order names no partner, or one it may have.  OCOO-001"""
    return command.oco_order_id == 0 or is_free_partner(state, command)


@gate
def link_partner(state, order_id, oco_order_id):
    """Make the partner name ``order_id``; the caller has written ``oco_order_id`` into the new order.  OCOO-001"""
    if oco_order_id == 0:
        return
    code = find_order(state, oco_order_id)
    if code >= ORDERS_MAX:
        state.triggers[code - ORDERS_MAX].oco_order_id = order_id
    elif code != 0:
        state.orders[code].oco_order_id = order_id
