"""Amending and canceling orders that rest."""
from .. import codes
from ..kernel import gate, kernel
from .attachments import conclude_working, objection_amended
from .book import free_order_row, level_of, unlink_order, visible_lots
from .events import new_event, reject
from .groups import refresh_requirement
from .matching import cancel_resting, count_open_lots, disown
from .order_index import find_order, remove_order_id
from .orders import (
    complete_working,
    exceeds_value,
    objection_permission,
    objection_working,
    run_working,
    within_price_band,
)
from .positions import deactivate, member
from .records import ORDERS_MAX


@kernel
def objection_change(state, command):
    """Does the order exist, and is it the account's own? Account 0 is the operator."""
    code = find_order(state, command.order_id)
    if command.order_id <= 0 or code == 0:
        return codes.order_must_exist
    account = state.orders[code].account if code < ORDERS_MAX else state.triggers[code - ORDERS_MAX].account
    if account == 0 or (command.account != 0 and command.account != account):
        return codes.order_must_belong_to_account
    market_state = state.instruments[order_instrument(state, code)].state
    if market_state == codes.STATE_HALTED or market_state == codes.STATE_SETTLED:
        return codes.instrument_must_be_trading
    return codes.NONE


@kernel
def order_instrument(state, code):
    """Instrument of a live order or trigger."""
    if code < ORDERS_MAX:
        return state.orders[code].instrument
    return state.triggers[code - ORDERS_MAX].instrument


@gate
def shrink_order(state, slot, lots):
    """Make a resting order smaller at the same price: it keeps its place in the queue.  ORDR-012"""
    order = state.orders[slot]
    level = level_of(state, order.instrument, order.price_ticks)
    cut = order.remaining_lots - lots
    shown = visible_lots(order)
    count_open_lots(state, slot, -cut)
    order.remaining_lots = lots
    order.displayed_lots = min(order.displayed_lots, lots)
    level.total_lots -= cut
    level.displayed_lots -= shown - visible_lots(order)
    refresh_requirement(state, order.position)


@kernel
def announce_amended(state, slot, lots, ticks, out):
    """ORDER_AMENDED with the new size and price."""
    order = state.orders[slot]
    event = new_event(state, out, codes.ORDER_AMENDED)
    event.order_id = order.order_id
    event.account = order.account
    event.instrument = order.instrument
    event.side = order.side
    event.price_ticks = ticks
    event.size_lots = lots
    event.remaining_lots = order.remaining_lots
    event.flags = order.flags


@kernel
def load_amended(state, slot, lots, ticks):
    """Copy a resting order, with its new size and price, into ``state.working``."""
    order = state.orders[slot]
    working = state.working
    working.order_id = order.order_id
    working.account = order.account
    working.instrument = order.instrument
    working.position = order.position
    working.side = order.side
    working.order_type = codes.ORDER_LIMIT
    working.time_in_force = order.time_in_force
    working.flags = order.flags & ~codes.FLAG_CLOSE
    working.remaining_lots = lots
    working.display_size_lots = min(order.display_size_lots, lots)
    working.limit_ticks = ticks
    working.expires_ns = order.expires_ns
    working.oco_order_id = order.oco_order_id
    working.self_trade_mode = order.self_trade_mode
    working.takeover = 0
    working.bracket = order.bracket
    working.target_index = order.target_index
    working.filled_lots = 0
    working.filled_value_atoms = 0


@gate
def objection_amend(state, command, slot):
    """Objections to a resting order's new size and price; leaves the changed order in ``state.working``, and, where it
    will be put back into the book and nothing is objected to, what it held released."""
    order = state.orders[slot]
    terms = state.instruments[order.instrument].terms
    lots = command.size_lots if command.size_lots != 0 else order.remaining_lots
    ticks = command.price_ticks if command.price_ticks != 0 else order.price_ticks
    if not 0 < lots <= terms.order_lots_max:
        return codes.size_must_be_in_range
    if not terms.price_ticks_min <= ticks <= terms.price_ticks_max:
        return codes.price_must_be_in_range
    if command.price_ticks != 0:
        ticks = within_price_band(state.instruments[order.instrument], order.side, ticks)
    if exceeds_value(terms, lots, ticks):
        return codes.size_must_be_in_range
    objection = objection_amended(state, slot, ticks)
    if objection != codes.NONE:
        return objection
    load_amended(state, slot, lots, ticks)
    if ticks == order.price_ticks and lots <= order.remaining_lots:
        return codes.NONE
    if state.book_only != 0:
        return codes.NONE
    objection = objection_permission(state.instruments[order.instrument], state.accounts[order.account], order.flags)
    if objection != codes.NONE:
        return objection
    count_open_lots(state, slot, -order.remaining_lots)
    position = state.positions[order.position]
    position.order_count -= 1
    refresh_requirement(state, order.position)
    complete_working(state)
    objection = objection_working(state)
    count_open_lots(state, slot, order.remaining_lots)
    position.order_count += 1
    if objection != codes.NONE:
        refresh_requirement(state, order.position)
    return objection


@gate
def amend_resting(state, command, slot, out):
    """Change a resting order: smaller at the same price keeps its place, anything else goes to the end of its level.
    ORDR-012"""
    objection = objection_amend(state, command, slot)
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    working = state.working
    order = state.orders[slot]
    announce_amended(state, slot, working.remaining_lots, working.limit_ticks, out)
    if working.limit_ticks == order.price_ticks and working.remaining_lots <= order.remaining_lots:
        shrink_order(state, slot, working.remaining_lots)
        return
    position_row = order.position
    withdraw_order(state, slot)
    run_working(state, out)
    conclude_working(state)
    if position_row != 0 and state.book_only == 0:
        deactivate(state, position_row)         # it may not rest again


@kernel
def withdraw_order(state, slot):
    """Take an order off the book silently, to put it back changed under the same id. What it held is released already
    (``objection_amend``)."""
    order = state.orders[slot]
    unlink_order(state, slot)
    if order.position != 0:
        count_open_lots(state, slot, -order.remaining_lots)
        state.positions[order.position].order_count -= 1
        state.accounts[order.account].order_count -= 1
        disown(state, slot)
    state.instruments[order.instrument].order_count -= 1
    remove_order_id(state, order.order_id)
    free_order_row(state, slot)


@gate
def trim_reduce_only(state, position_row, out):
    """Cut reduce-only orders that no longer fit the position, newest first, so that all of them together never increase
    it.  ORDR-006"""
    position = state.positions[position_row]
    slot = position.first_order
    while slot != 0 and position.reduce_only_lots > 0:
        order = state.orders[slot]
        following = order.own_next
        if order.flags & codes.FLAG_REDUCE_ONLY and order.bracket == 0:
            room = max(0, -order.side * position.size_lots)
            excess = position.reduce_only_lots - room
            if excess >= order.remaining_lots:
                cancel_resting(state, slot, codes.canceled_reduce_only, out)
            elif excess > 0:
                announce_amended(state, slot, order.remaining_lots - excess, order.price_ticks, out)
                shrink_order(state, slot, order.remaining_lots - excess)
        slot = following


@gate
def cancel_resting_of(state, position_row, reason, out):
    """Cancel every resting order of a position; returns how many."""
    done = 0
    slot = state.positions[position_row].first_order
    while slot != 0:
        following = state.orders[slot].own_next
        cancel_resting(state, slot, reason, out)
        done += 1
        slot = following
    return done


@kernel
def first_with_orders(state, wallet, instrument_id):
    """A position of a wallet that has a resting order or a trigger, in an instrument (0: any); 0 if none."""
    for index in range(wallet.position_count):
        row = member(state, wallet, index)
        position = state.positions[row]
        if (instrument_id == 0 or position.instrument == instrument_id) and (
                position.first_order != 0 or position.first_trigger != 0):
            return row
    return 0
