"""What is left of the working order when matching has ended: it rests, or it ends with its reason."""
from ..codes import ORDER_CANCELED, ORDER_RESTED
from ..kernel import gate
from ..rules.contract import price_units, unit_value
from .book import link_order, take_order_row
from .events import order_event
from .expiry import push_expiry
from .groups import hold, refresh_requirement
from .matching import count_order, own
from .order_index import insert_order_id
from .positions import activate


@gate
def rest_working(state, out):
    """Put what is left of the working order on the book; its page and row are there. Returns the order's row."""
    working = state.working
    slot = take_order_row(state)
    order = state.orders[slot]
    instrument = state.instruments[working.instrument]
    order.order_id = working.order_id
    order.remaining_lots = working.remaining_lots
    order.display_size_lots = working.display_size_lots
    order.displayed_lots = working.remaining_lots
    if working.display_size_lots > 0:
        order.displayed_lots = min(working.remaining_lots, working.display_size_lots)
    is_known = working.required_order_id == working.order_id        # it was margined at its limit a moment ago
    if is_known:
        order.unit_value_atoms = abs(working.required_unit_atoms)
    else:
        order.unit_value_atoms = abs(unit_value(instrument.terms, price_units(instrument.terms, working.limit_ticks)))
    order.price_ticks = working.limit_ticks
    order.account = working.account
    order.position = working.position
    order.instrument = working.instrument
    order.expires_ns = working.expires_ns
    order.oco_order_id = working.oco_order_id
    order.takeover = working.takeover
    order.bracket = working.bracket
    order.target_index = working.target_index
    order.side = working.side
    order.time_in_force = working.time_in_force
    order.self_trade_mode = working.self_trade_mode
    order.flags = working.flags
    order.placed_ns = state.now_ns
    link_order(state, slot)
    insert_order_id(state, order.order_id, slot)
    instrument.order_count += 1
    if order.position != 0:
        own(state, slot)
        count_order(state, slot, 1)
        state.accounts[order.account].order_count += 1
        if state.book_only == 0:
            activate(state, order.position)
            if is_known and working.fill_count == 0:
                hold(state, order.position, working.required_tier, working.required_atoms)
            else:
                refresh_requirement(state, order.position)
    if order.expires_ns != 0:
        push_expiry(state, order.order_id, order.expires_ns)
    event = order_event(state, out, ORDER_RESTED)
    event.order_id = order.order_id
    event.account = order.account
    event.instrument = order.instrument
    event.side = order.side
    event.price_ticks = order.price_ticks
    event.size_lots = order.remaining_lots
    event.flags = order.flags
    return slot


@gate
def drop_working(state, reason, out):
    """What is left of the working order ends here; its bracket and its OCO partner are told."""
    working = state.working
    event = order_event(state, out, ORDER_CANCELED)
    event.reason = reason
    event.order_id = working.order_id
    event.account = working.account
    event.instrument = working.instrument
    event.side = working.side
    event.price_ticks = working.limit_ticks
    event.size_lots = working.remaining_lots
    event.flags = working.flags
    working.remaining_lots = 0
