"""Rows of the trigger table: taken, listed under their position, put into the watch ladders, given back. Decides
nothing.

A trigger is an order that waits for a price. While it waits it has one node in the ladder of its source and direction
(its *fire* node); a trailing stop has a second one on the other side (its *advance* node), touched only by a new
extreme.
"""
from ..codes import (
    BUY,
    FLAG_BRACKET_STOP,
    LADDER_MARK_FALL,
    ORDER_STOP_LIMIT,
    ORDER_TAKE_PROFIT_LIMIT,
    ORDER_TAKE_PROFIT_MARKET,
    SOURCE_LAST,
    SOURCE_MARK,
    STATE_REDUCE_ONLY,
    STATE_TRADING,
    TRIGGER_CANCELED,
)
from ..kernel import gate, kernel
from .events import new_event
from .order_index import insert_order_id, remove_order_id
from .positions import activate
from .queues import mark_dirty, push_fired
from .records import MARK_UNITS_MAX, ORDERS_MAX, POSITIONS_MAX, TRIGGERS_MAX, WATCH_PAGES_MAX
from .watches import unwatch, watch

WAITING = 0
FIRED = 1                                # in the ring of fired triggers
GONE = 2                                 # canceled after firing: its place in the ring gives the row back
SLEEPING = 3                             # row held by a bracket that protects nothing now
SOURCE_SHIFT = 8
"""Events carry the price source in the bits of ``flags`` above the order's own."""
BRACKET_PAGES_MAX = WATCH_PAGES_MAX - 64


# ---------------------------------------------------------------- what a row says
@kernel
def source_price(instrument, source):
    """The price a trigger watches, in mark units: mark, last trade or index; 0 while there is none."""
    if source == SOURCE_MARK:
        return instrument.mark_price_units
    if source == SOURCE_LAST:
        return instrument.last_price_units
    return instrument.index_price_units


@kernel
def is_rising(order_type, side):
    """1 where the condition is 'price at or above', 0 where it is 'at or below'.  TRIG-001"""
    take_profit = order_type == ORDER_TAKE_PROFIT_MARKET or order_type == ORDER_TAKE_PROFIT_LIMIT
    return 1 if (side == BUY) != take_profit else 0


@kernel
def is_limit_type(order_type):
    """Whether the order that is sent has a limit price."""
    return order_type == ORDER_STOP_LIMIT or order_type == ORDER_TAKE_PROFIT_LIMIT


@kernel
def is_bracket_stop(trigger):
    """Whether a trigger is the stop of a bracket (and not an order of the owner's, which may carry a bracket)."""
    return trigger.flags & FLAG_BRACKET_STOP != 0


@kernel
def is_met(price_units, trigger_units, rising):
    """Whether a condition holds at a price; an unknown price (0) meets nothing."""
    if price_units <= 0:
        return False
    if rising != 0:
        return price_units >= trigger_units
    return price_units <= trigger_units


@kernel
def trailing_units(peak_units, offset_units, rising):
    """Trigger price of a trailing stop: below the peak for a sell (it fires falling), above the trough for a buy."""
    if rising != 0:
        return peak_units + offset_units
    return peak_units - offset_units


@kernel
def triggers_may_fire(instrument):
    """Triggers fire while the instrument takes aggressive orders; in every other state they wait.  TRIG-006"""
    return instrument.state == STATE_TRADING or instrument.state == STATE_REDUCE_ONLY


# ---------------------------------------------------------------- rows
@gate
def take_trigger_row(state):
    """A free trigger row; 0 where the table is full."""
    pool = state.triggers_pool
    row = pool.free
    if row != 0:
        pool.free = state.triggers[row].own_next
    elif pool.high_water + 1 < TRIGGERS_MAX:
        row = pool.high_water + 1
        pool.high_water = row
    else:
        return 0
    pool.live += 1
    trigger = state.triggers[row]
    trigger.own_next = 0
    trigger.own_previous = 0
    return row


@kernel
def has_trigger_row(state):
    """Whether the table has a row left."""
    return state.triggers_pool.free != 0 or state.triggers_pool.high_water + 1 < TRIGGERS_MAX


@kernel
def wipe_trigger(trigger):
    """Empty every field but the links."""
    trigger.order_id = 0
    trigger.size_lots = 0
    trigger.limit_ticks = 0
    trigger.trigger_units = 0
    trigger.trail_offset_units = 0
    trigger.trail_peak_units = 0
    trigger.expires_ns = 0
    trigger.oco_order_id = 0
    trigger.display_size_lots = 0
    trigger.account = 0
    trigger.position = 0
    trigger.instrument = 0
    trigger.bracket = 0
    trigger.order_type = 0
    trigger.side = 0
    trigger.source = 0
    trigger.time_in_force = 0
    trigger.flags = 0
    trigger.self_trade_mode = 0
    trigger.fires_rising = 0
    trigger.fired = WAITING


@kernel
def free_trigger_row(state, row):
    """Give an unlisted, unwatched row back."""
    trigger = state.triggers[row]
    wipe_trigger(trigger)
    trigger.own_previous = 0
    trigger.own_next = state.triggers_pool.free
    state.triggers_pool.free = row
    state.triggers_pool.live -= 1


# ---------------------------------------------------------------- the list of a position, and the order index
@gate
def list_trigger(state, row):
    """Put a filled-in row in front of its position's list and make it known by its order id."""
    trigger = state.triggers[row]
    position = state.positions[trigger.position]
    trigger.own_previous = 0
    trigger.own_next = position.first_trigger
    if position.first_trigger != 0:
        state.triggers[position.first_trigger].own_previous = row
    position.first_trigger = row
    position.trigger_count += 1
    activate(state, trigger.position)
    insert_order_id(state, trigger.order_id, ORDERS_MAX + row)


@gate
def unlist_trigger(state, row):
    """Take a row out of its position's list and the order index. The position's membership is looked at again."""
    trigger = state.triggers[row]
    position = state.positions[trigger.position]
    if trigger.own_previous != 0:
        state.triggers[trigger.own_previous].own_next = trigger.own_next
    else:
        position.first_trigger = trigger.own_next
    if trigger.own_next != 0:
        state.triggers[trigger.own_next].own_previous = trigger.own_previous
    trigger.own_previous = 0
    trigger.own_next = 0
    position.trigger_count -= 1
    remove_order_id(state, trigger.order_id)
    mark_dirty(state, trigger.position)


# ---------------------------------------------------------------- ladders
@kernel
def ladder_number(trigger, rising):
    """Watch ladder of the trigger's instrument and source in a direction."""
    return trigger.instrument * 8 + LADDER_MARK_FALL + 2 * trigger.source + rising


@kernel
def watch_advance(state, row):
    """Link the advance node of a trailing stop one step beyond its peak; a key outside the mark's range is never
    reached.
    """
    trigger = state.triggers[row]
    terms = state.instruments[trigger.instrument].terms
    step = max(1, terms.trailing_step_ticks) * terms.mark_units_per_tick
    key = trailing_units(trigger.trail_peak_units, step, 1 - trigger.fires_rising)
    if 0 < key < MARK_UNITS_MAX:
        watch(state, POSITIONS_MAX + TRIGGERS_MAX + row, ladder_number(trigger, 1 - trigger.fires_rising), key, 1)


@gate
def arm_trigger(state, row):
    """Put a waiting trigger's nodes into the ladders. It fires at the next price of its source that meets it."""
    trigger = state.triggers[row]
    trigger.fired = WAITING
    watch(state, POSITIONS_MAX + row, ladder_number(trigger, trigger.fires_rising), trigger.trigger_units, 1)
    if trigger.trail_offset_units != 0:
        watch_advance(state, row)


@gate
def disarm_trigger(state, row):
    """Take a trigger's nodes out of the ladders; nothing happens where it is in none."""
    unwatch(state, POSITIONS_MAX + row)
    unwatch(state, POSITIONS_MAX + TRIGGERS_MAX + row)


@gate
def fire(state, row):
    """Move a trigger from the ladders to the ring of fired ones."""
    disarm_trigger(state, row)
    state.triggers[row].fired = FIRED
    push_fired(state, row)


@gate
def arm_or_fire(state, row):
    """Arm a bracket's stop; where it is met already, or no page of the ladders is left to watch it, it fires now.
    BRKT-006
    """
    trigger = state.triggers[row]
    price = source_price(state.instruments[trigger.instrument], trigger.source)
    if is_met(price, trigger.trigger_units, trigger.fires_rising) or state.watch_pages_pool.live >= BRACKET_PAGES_MAX:
        fire(state, row)
    else:
        arm_trigger(state, row)


# ---------------------------------------------------------------- telling and ending
@gate
def trigger_event(state, row, kind, out):
    """An event about a trigger: its id, size, limit and present trigger price. The caller may add a reason."""
    trigger = state.triggers[row]
    event = new_event(state, out, kind)
    event.order_id = trigger.order_id
    event.account = trigger.account
    event.instrument = trigger.instrument
    event.side = trigger.side
    event.order_type = trigger.order_type
    event.flags = trigger.flags | (trigger.source << SOURCE_SHIFT)
    event.size_lots = trigger.size_lots
    event.price_ticks = trigger.limit_ticks
    event.price_units = trigger.trigger_units
    event.maker_order_id = trigger.oco_order_id
    return event


@gate
def drop_trigger(state, row):
    """Unlist and disarm a trigger and give its row back, at once or, where the ring still holds it, when that is
    drained.
    """
    trigger = state.triggers[row]
    unlist_trigger(state, row)
    disarm_trigger(state, row)
    if trigger.fired == FIRED:
        wipe_trigger(trigger)
        trigger.fired = GONE
    else:
        free_trigger_row(state, row)


@gate
def end_trigger(state, row, reason, out):
    """TRIGGER_CANCELED, and the row is gone. Its OCO partner and its bracket are the caller's affair (triggers.py)."""
    event = trigger_event(state, row, TRIGGER_CANCELED, out)
    event.reason = reason
    drop_trigger(state, row)
