"""Brings the stop and the targets of brackets into line with what they protect: runs to the end of every command,
before any price is looked at, so that no lot stands without the stop that was asked for.
"""
from .. import codes
from ..codes import BUY
from ..kernel import divide_up, gate, kernel, multiply_divide_down
from ..rules.contract import price_units, units_worth_at_least, units_worth_at_most
from ..units import PPB
from .book import ensure_page, free_order_row, link_order, take_order_row, unlink_order
from .brackets import cap_protection, free_bracket, mark_bracket, restart_bracket
from .events import new_event
from .matching import cancel_resting, count_open_lots
from .order_changes import announce_amended, shrink_order, trim_reduce_only
from .order_index import find_order
from .orders import announce_accepted, run_working, self_trade_mode
from .records import BRACKET_TARGETS_MAX, ORDERS_MAX
from .takeovers import next_system_order_id
from .trigger_rows import (
    FIRED,
    SLEEPING,
    WAITING,
    arm_or_fire,
    disarm_trigger,
    list_trigger,
    source_price,
    trailing_units,
    trigger_event,
    triggers_may_fire,
    unlist_trigger,
    wipe_trigger,
)


# ---------------------------------------------------------------- sizes
@kernel
def target_lots(bracket, index):
    """Lots a target is to close of all that was filled: the difference of two running shares, each rounded down.
    BRKT-005
    """
    before = 0
    for other in range(index):
        before += bracket.target_share_ppb[other]
    through = before + bracket.target_share_ppb[index]
    lots_before = multiply_divide_down(bracket.filled_lots, before, PPB)
    return multiply_divide_down(bracket.filled_lots, through, PPB) - lots_before


@gate
def wanted_lots(bracket, index):
    """Lots a target should have on the book now: nearest targets first, never more in all than is protected.  BRKT-005
    """
    left = bracket.protected_lots
    wanted = 0
    for other in range(index + 1):
        wanted = 0
        if bracket.target_withdrawn[other] == 0:
            wanted = min(left, max(0, target_lots(bracket, other) - bracket.target_filled_lots[other]))
        left -= wanted
    return wanted


# ---------------------------------------------------------------- the stop
@kernel
def average_ticks(state, row):
    """Average entry price in ticks, rounded to the winning side: stopping there does not lose before fees.  BRKT-006"""
    bracket = state.brackets[row]
    terms = state.instruments[state.positions[bracket.position].instrument].terms
    value = bracket.entry_value_atoms
    if terms.kind == codes.INVERSE:
        value = -value
    if bracket.side == BUY:
        units = units_worth_at_least(terms, divide_up(value, bracket.filled_lots))
        return divide_up(units, terms.mark_units_per_tick)
    return units_worth_at_most(terms, value // bracket.filled_lots) // terms.mark_units_per_tick


@gate
def ladder_ticks(state, row):
    """Where the targets filled so far move the stop: entry average, then target by target; 0 where nowhere.  BRKT-006
    """
    bracket = state.brackets[row]
    if bracket.ladder != codes.BRACKET_TRAIL_TARGETS or bracket.targets_done == 0:
        return 0
    if bracket.targets_done == 1:
        return average_ticks(state, row)
    return bracket.target_ticks[bracket.targets_done - 2]


@kernel
def count_targets_done(bracket):
    """Targets that closed all they are to close of what was filled so far; the count never goes back."""
    done = 0
    for index in range(bracket.target_count):
        lots = target_lots(bracket, index)
        if lots > 0 and bracket.target_filled_lots[index] >= lots:
            done += 1
    bracket.targets_done = max(bracket.targets_done, done)


@kernel
def tighten(trigger, units):
    """Move a stop towards the market, never back. Whether it moved."""
    if trigger.fires_rising != 0:
        if units >= trigger.trigger_units:
            return False
    elif units <= trigger.trigger_units:
        return False
    trigger.trigger_units = units
    return True


@gate
def place_stop(state, row, out):
    """Wake a bracket's stop: a reduce-only market stop over what is protected. Where it is met already it fires now.
    BRKT-004
    """
    bracket = state.brackets[row]
    trigger = state.triggers[bracket.trigger]
    position = state.positions[bracket.position]
    instrument = state.instruments[position.instrument]
    wipe_trigger(trigger)
    trigger.order_id = next_system_order_id(state)
    trigger.account = position.account
    trigger.position = bracket.position
    trigger.instrument = position.instrument
    trigger.bracket = row
    trigger.side = -bracket.side
    trigger.order_type = codes.ORDER_STOP_MARKET
    trigger.source = bracket.stop_source
    trigger.flags = codes.FLAG_REDUCE_ONLY | codes.FLAG_BRACKET_STOP
    trigger.size_lots = bracket.protected_lots
    trigger.fires_rising = 1 if bracket.side == codes.SELL else 0
    trigger.trigger_units = price_units(instrument.terms, bracket.stop_ticks)
    if bracket.trail_offset_ticks != 0:
        trigger.order_type = codes.ORDER_TRAILING_STOP
        trigger.trail_offset_units = price_units(instrument.terms, bracket.trail_offset_ticks)
        peak = source_price(instrument, bracket.stop_source)
        if peak == 0:
            peak = trailing_units(trigger.trigger_units, trigger.trail_offset_units, 1 - trigger.fires_rising)
        trigger.trail_peak_units = peak
        tighten(trigger, trailing_units(peak, trigger.trail_offset_units, trigger.fires_rising))
    list_trigger(state, bracket.trigger)
    trigger_event(state, bracket.trigger, codes.TRIGGER_ACCEPTED, out)
    arm_or_fire(state, bracket.trigger)


@gate
def adjust_stop(state, row, out):
    """Give a placed stop its size, and its ladder's price where that is tighter."""
    bracket = state.brackets[row]
    trigger = state.triggers[bracket.trigger]
    instrument = state.instruments[trigger.instrument]
    resized = trigger.size_lots != bracket.protected_lots
    trigger.size_lots = bracket.protected_lots
    ticks = ladder_ticks(state, row)
    if ticks != 0 and trigger.fired == WAITING and tighten(trigger, price_units(instrument.terms, ticks)):
        trigger_event(state, bracket.trigger, codes.TRIGGER_MOVED, out)
        disarm_trigger(state, bracket.trigger)
        arm_or_fire(state, bracket.trigger)
    elif resized:
        trigger_event(state, bracket.trigger, codes.TRIGGER_MOVED, out)


@gate
def put_to_sleep(state, trigger_row):
    """Unlist and disarm a bracket's stop but keep its row: the entry may still fill."""
    trigger = state.triggers[trigger_row]
    unlist_trigger(state, trigger_row)
    disarm_trigger(state, trigger_row)
    wipe_trigger(trigger)
    trigger.fired = SLEEPING


@gate
def settle_stop(state, row, out):
    """Place, adjust or take away the stop of a bracket. A stop that has fired is left to ``consequences``."""
    bracket = state.brackets[row]
    if bracket.trigger == 0:
        return
    trigger = state.triggers[bracket.trigger]
    if trigger.fired == SLEEPING:
        if bracket.protected_lots > 0:
            place_stop(state, row, out)
    elif bracket.protected_lots > 0:
        adjust_stop(state, row, out)
    elif trigger.fired == WAITING:
        event = trigger_event(state, bracket.trigger, codes.TRIGGER_CANCELED, out)
        event.reason = codes.canceled_with_position
        put_to_sleep(state, bracket.trigger)


# ---------------------------------------------------------------- the targets
@gate
def note_gone_target(state, row, index):
    """A target that is not on the book any more either filled all it had, or was taken away and stays away.  BRKT-010
    """
    bracket = state.brackets[row]
    order_id = bracket.target_order_id[index]
    if order_id == 0 or find_order(state, order_id) != 0:
        return
    bracket.target_order_id[index] = 0
    if bracket.target_filled_lots[index] < bracket.target_asked_lots[index]:
        bracket.target_withdrawn[index] = 1
    if bracket.entry_open != 0:
        bracket.target_row[index] = take_order_row(state)


@kernel
def grow_order(state, slot, lots):
    """Make a resting order larger: it goes to the end of its level."""
    order = state.orders[slot]
    unlink_order(state, slot)
    growth = lots - order.remaining_lots
    count_open_lots(state, slot, growth)
    order.remaining_lots = lots
    order.displayed_lots += growth
    ensure_page(state, order.instrument, order.price_ticks)         # given back if it was the last order of its page
    link_order(state, slot)


@gate
def adjust_target(state, row, index, lots, out):
    """Change what a resting target has left to ``lots``, or cancel it for 0."""
    bracket = state.brackets[row]
    slot = find_order(state, bracket.target_order_id[index])
    order = state.orders[slot]
    bracket.target_asked_lots[index] = bracket.target_filled_lots[index] + lots
    if lots == 0:
        reason = codes.canceled_by_bracket
        if bracket.protected_lots == 0:
            reason = codes.canceled_with_position
        bracket.target_order_id[index] = 0
        cancel_resting(state, slot, reason, out)
        if bracket.entry_open != 0:
            bracket.target_row[index] = take_order_row(state)
    elif lots < order.remaining_lots:
        announce_amended(state, slot, lots, order.price_ticks, out)
        shrink_order(state, slot, lots)
    elif lots > order.remaining_lots:
        announce_amended(state, slot, lots, order.price_ticks, out)
        grow_order(state, slot, lots)


@kernel
def load_target(state, row, index, lots):
    """Write a target into ``state.working``: a reduce-only limit order, good till canceled."""
    bracket = state.brackets[row]
    position = state.positions[bracket.position]
    working = state.working
    working.order_id = next_system_order_id(state)
    working.account = position.account
    working.instrument = position.instrument
    working.position = bracket.position
    working.side = -bracket.side
    working.order_type = codes.ORDER_LIMIT
    working.time_in_force = codes.TIF_GTC
    working.flags = codes.FLAG_REDUCE_ONLY | codes.FLAG_BRACKET_TARGET
    working.remaining_lots = lots
    working.display_size_lots = 0
    working.limit_ticks = bracket.target_ticks[index]
    working.checked_ticks = 0
    working.expires_ns = 0
    working.oco_order_id = 0
    working.self_trade_mode = self_trade_mode(state, position.account, codes.SELF_ACCOUNT_DEFAULT)
    working.takeover = 0
    working.bracket = row
    working.target_index = index + 1
    working.filled_lots = 0
    working.filled_value_atoms = 0


@gate
def place_target(state, row, index, lots, out):
    """Send a target to the book in the row kept for it. Where the market is there already it trades at once.  BRKT-005
    """
    bracket = state.brackets[row]
    position = state.positions[bracket.position]
    if not triggers_may_fire(state.instruments[position.instrument]):
        bracket.target_withdrawn[index] = 1
        return
    if bracket.target_row[index] != 0:
        free_order_row(state, bracket.target_row[index])
        bracket.target_row[index] = 0
    elif state.orders_pool.live + 2 >= ORDERS_MAX:
        bracket.target_withdrawn[index] = 1
        return
    load_target(state, row, index, lots)
    order_id = state.working.order_id
    bracket.target_order_id[index] = order_id
    bracket.target_asked_lots[index] = bracket.target_filled_lots[index] + lots
    announce_accepted(state, out)
    run_working(state, out)
    if find_order(state, order_id) == 0:
        mark_bracket(state, row)


@gate
def settle_targets(state, row, out):
    """Place, resize or take away the targets of a bracket; those of a fired stop are off."""
    bracket = state.brackets[row]
    fired = bracket.trigger != 0 and state.triggers[bracket.trigger].fired == FIRED
    for index in range(bracket.target_count):
        lots = wanted_lots(bracket, index)
        if bracket.stop_fired != 0 or bracket.trigger == 0:
            lots = 0
        if bracket.target_order_id[index] != 0:
            if find_order(state, bracket.target_order_id[index]) != 0:
                adjust_target(state, row, index, lots, out)
        elif lots > 0 and not fired:
            place_target(state, row, index, lots, out)


# ---------------------------------------------------------------- the whole
@gate
def announce_bracket(state, row, out):
    """BRACKET_CHANGED: what is protected now (size), what the entry filled (remaining), where the stop stands."""
    bracket = state.brackets[row]
    position = state.positions[bracket.position]
    event = new_event(state, out, codes.BRACKET_CHANGED)
    event.order_id = bracket.entry_order_id
    event.account = position.account
    event.instrument = position.instrument
    event.side = bracket.side
    event.size_lots = bracket.protected_lots
    event.remaining_lots = bracket.filled_lots
    event.price_ticks = bracket.stop_ticks
    if bracket.trigger != 0:
        event.maker_order_id = state.triggers[bracket.trigger].order_id
        event.price_units = state.triggers[bracket.trigger].trigger_units


@kernel
def has_targets_out(bracket):
    """Whether any target is still on the book (or not yet noticed to be gone)."""
    for index in range(BRACKET_TARGETS_MAX):
        if bracket.target_order_id[index] != 0:
            return True
    return False


@gate
def settle_bracket(state, row, out):
    """Bring one bracket into line: entry looked at, stop first, then targets; a bracket with nothing to do is given
    back.
    """
    bracket = state.brackets[row]
    if bracket.entry_open != 0 and find_order(state, bracket.entry_order_id) == 0:
        bracket.entry_open = 0
    for index in range(bracket.target_count):
        note_gone_target(state, row, index)
    count_targets_done(bracket)
    settle_stop(state, row, out)
    settle_targets(state, row, out)
    announce_bracket(state, row, out)
    position = state.positions[bracket.position]
    if position.reduce_only_lots > abs(position.size_lots):
        trim_reduce_only(state, bracket.position, out)
    asleep = bracket.trigger == 0 or state.triggers[bracket.trigger].fired == SLEEPING
    if bracket.protected_lots == 0 and asleep and bracket.dirty == 0 and not has_targets_out(bracket):
        if bracket.entry_open == 0:
            free_bracket(state, row)
        else:
            restart_bracket(bracket)


@gate
def drain_brackets(state, out):
    """Settle every bracket that something happened to. Runs to the end: call it before anything else is drained.
    BRKT-004
    """
    while state.first_dirty_bracket != 0:
        row = state.first_dirty_bracket
        bracket = state.brackets[row]
        state.first_dirty_bracket = bracket.next_dirty
        bracket.next_dirty = 0
        bracket.dirty = 0
        cap_protection(state, bracket.position)
        settle_bracket(state, row, out)
