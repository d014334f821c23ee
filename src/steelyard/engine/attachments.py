"""What an order carries besides itself: a bracket, an OCO partner. Checked, attached and concluded for limit and market
orders (triggers do the same for themselves).
"""
from .. import codes
from ..kernel import gate
from .brackets import first_of, has_bracket, mark_bracket, objection_amended_entry, objection_bracket, open_bracket
from .oco import link_partner, may_pair
from .order_index import find_order
from .queues import push_cancel
from .records import ORDERS_MAX


@gate
def objection_attached(state, command, objection):
    """``objection`` to the order itself, or the one to what it carries where that takes precedence.  BRKT-001, OCOO-001
    """
    if objection != codes.NONE and objection <= codes.flags_must_be_compatible:
        return objection
    if has_bracket(command):
        objection = first_of(objection, objection_bracket(state, command))
    if not may_pair(state, command):
        objection = first_of(objection, codes.oco_partner_must_exist)
    return objection


@gate
def attach(state, command):
    """The order in ``state.working`` was accepted: make its bracket, name it to its partner. Before it is matched."""
    working = state.working
    if has_bracket(command):
        working.bracket = open_bracket(state, command, working.position)
    if working.oco_order_id != 0:
        link_partner(state, working.order_id, working.oco_order_id)


@gate
def conclude_pair(state):
    """Where the working order traded or ended, its partner ends too; what rests of it names no one any more.  OCOO-002
    """
    working = state.working
    code = find_order(state, working.order_id)
    if working.filled_lots > 0 or code == 0:
        push_cancel(state, working.oco_order_id)
        if 0 < code < ORDERS_MAX:
            state.orders[code].oco_order_id = 0


@gate
def conclude_working(state):
    """The order in ``state.working`` has run: its OCO partner and its bracket are told."""
    working = state.working
    if working.oco_order_id != 0:
        conclude_pair(state)
    if working.bracket != 0:
        mark_bracket(state, working.bracket)


@gate
def objection_amended(state, slot, price_ticks):
    """Whether an order of a bracket may be amended to a price: an entry within its levels, a target not at all.
    BRKT-009
    """
    order = state.orders[slot]
    if order.bracket == 0:
        return codes.NONE
    if order.target_index != 0:
        return codes.flags_must_be_compatible
    return objection_amended_entry(state, order.bracket, price_ticks)
