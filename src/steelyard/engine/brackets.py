"""Brackets: an entry that carries its stop and up to four targets in the same command. What is asked for, accepted and
counted.

This module keeps the count of what is protected; ``protection.py`` turns the count into the stop and the targets at the
end of the command. Everything a bracket will ever need (its row, the stop's row, the targets' rows) is taken when it is
accepted, so protection cannot fail for want of room after a fill.
"""
from ..codes import (
    BRACKET_FIXED,
    BRACKET_TRAIL_TARGETS,
    BUY,
    FLAG_CLOSE,
    FLAG_REDUCE_ONLY,
    ORDER_LIMIT,
    ORDER_STOP_MARKET,
    ORDER_TRAILING_STOP,
    SELL,
    SOURCE_INDEX,
    SOURCE_MARK,
    flags_must_be_compatible,
    mark_must_be_known,
    orders_table_must_have_room,
    stop_must_lie_beyond_entry,
    target_shares_must_not_exceed_one,
    targets_must_lie_beyond_entry,
    trigger_must_be_in_range,
    triggers_must_be_below_limit,
)
from ..kernel import add, gate, kernel
from ..units import PPB
from .book import free_order_row, take_order_row
from .order_index import find_order
from .positions import position_of
from .records import BRACKET_TARGETS_MAX, BRACKETS_MAX, NONE, ORDERS_MAX
from .trigger_rows import (
    SLEEPING,
    free_trigger_row,
    has_trigger_row,
    is_limit_type,
    is_met,
    source_price,
    take_trigger_row,
)


# ---------------------------------------------------------------- what a command asks for
@kernel
def has_bracket(command):
    """Whether an order carries a bracket. A trailing stop's own offset is not one."""
    if command.stop_ticks != 0 or command.target_ticks[0] != 0 or command.target_ticks[1] != 0:
        return True
    if command.target_ticks[2] != 0 or command.target_ticks[3] != 0:
        return True
    return command.trail_offset_ticks != 0 and command.order_type != ORDER_TRAILING_STOP


@kernel
def target_count(command):
    """How many targets a command names: those in front of the first empty one."""
    count = 0
    while count < BRACKET_TARGETS_MAX and command.target_ticks[count] != 0:
        count += 1
    return count


@kernel
def entry_reference(state, command):
    """The price stop and targets are measured from, in ticks.  BRKT-002

    A limit price where the order has one, else the trigger price; for a market order the worse of mark and best
    opposite price (rounded away from the winning side's favor), 0 while neither is known.
    """
    if command.order_type == ORDER_LIMIT or is_limit_type(command.order_type):
        return command.price_ticks
    if ORDER_STOP_MARKET <= command.order_type <= ORDER_TRAILING_STOP:
        return command.trigger_ticks
    instrument = state.instruments[command.instrument]
    per_tick = instrument.terms.mark_units_per_tick
    book = state.books[command.instrument]
    if command.side == BUY:
        return max(-(-instrument.mark_price_units // per_tick), book.best_ask_ticks)
    mark = instrument.mark_price_units // per_tick
    if book.best_bid_ticks == 0:
        return mark
    return min(mark, book.best_bid_ticks)


# ---------------------------------------------------------------- objections
@kernel
def first_of(one, other):
    """Of two objections the one that takes precedence: the smaller number, unless it is none."""
    if one == NONE:
        return other
    if other == NONE:
        return one
    return min(one, other)


@kernel
def is_price(state, instrument_id, ticks):
    """Whether a price is inside the instrument's range."""
    terms = state.instruments[instrument_id].terms
    return terms.price_ticks_min <= ticks <= terms.price_ticks_max


@gate
def objection_levels(state, command, reference_ticks):
    """Whether stop and targets lie on their sides of the entry, and the shares add up.  BRKT-001"""
    if (reference_ticks - command.stop_ticks) * command.side <= 0 or stop_is_met(state, command):
        return stop_must_lie_beyond_entry
    count = target_count(command)
    nearest = reference_ticks
    total = 0
    for index in range(BRACKET_TARGETS_MAX):
        ticks = command.target_ticks[index]
        if index < count:
            if (ticks - nearest) * command.side <= 0 or not is_price(state, command.instrument, ticks):
                return targets_must_lie_beyond_entry
            nearest = ticks
        elif ticks != 0:
            return targets_must_lie_beyond_entry
    for index in range(BRACKET_TARGETS_MAX):
        share = command.target_share_ppb[index]
        total += share
        if (share > 0) != (index < count) or share < 0 or total > PPB:
            return target_shares_must_not_exceed_one
    return NONE


@kernel
def stop_is_met(state, command):
    """Whether the stop would fire at the present mark, or at the present price of its own source.

    An entry that itself waits for a price is not there yet: its stop is measured against the entry alone.
    """
    if ORDER_STOP_MARKET <= command.order_type <= ORDER_TRAILING_STOP:
        return False
    instrument = state.instruments[command.instrument]
    units = command.stop_ticks * instrument.terms.mark_units_per_tick
    rising = 1 if command.side == SELL else 0
    return is_met(instrument.mark_price_units, units, rising) or is_met(
        source_price(instrument, command.stop_source), units, rising)


@kernel
def sleeping_stops(state, position_row):
    """Stops that brackets of a position hold a row for but have not placed. Walks the brackets."""
    count = 0
    row = state.positions[position_row].first_bracket
    while row != 0:
        if state.triggers[state.brackets[row].trigger].fired == SLEEPING:
            count += 1
        row = state.brackets[row].next_bracket
    return count


@kernel
def triggers_are_at_limit(state, instrument_id, position_row):
    """Whether one more trigger would pass the limit per account and instrument; stops not yet placed count.  TRIG-004
    """
    limit = state.instruments[instrument_id].terms.triggers_max
    if position_row == 0:
        return limit <= 0
    return state.positions[position_row].trigger_count + sleeping_stops(state, position_row) >= limit


@gate
def objection_room(state, command):
    """Whether there is room for the stop and the rows of a bracket."""
    count = target_count(command)
    position_row = position_of(state, command.account, command.instrument)
    if triggers_are_at_limit(state, command.instrument, position_row):
        return triggers_must_be_below_limit
    if state.brackets_pool.live + 1 >= BRACKETS_MAX or not has_trigger_row(state):
        return orders_table_must_have_room
    if state.orders_pool.live + count + 2 >= ORDERS_MAX:
        return orders_table_must_have_room
    return NONE


@gate
def objection_bracket(state, command):
    """The first objection to the bracket an order carries, NONE where there is none or none is carried.  BRKT-001

    Reasons are numbered in order of precedence: whoever has objections of its own reports the smaller number.
    """
    if not has_bracket(command):
        return NONE
    if command.stop_ticks <= 0 or command.trail_offset_ticks < 0 or not is_price(
            state, command.instrument, command.stop_ticks):
        return trigger_must_be_in_range
    if (command.order_type == ORDER_TRAILING_STOP or command.flags & (FLAG_REDUCE_ONLY | FLAG_CLOSE) != 0
            or command.stop_source < SOURCE_MARK or command.stop_source > SOURCE_INDEX
            or command.bracket_ladder < BRACKET_FIXED or command.bracket_ladder > BRACKET_TRAIL_TARGETS):
        return flags_must_be_compatible
    reference = entry_reference(state, command)
    objection = objection_levels(state, command, reference)
    if objection != NONE:
        return objection
    if state.instruments[command.instrument].mark_price_units == 0:
        return mark_must_be_known
    return objection_room(state, command)


@gate
def objection_amended_entry(state, bracket_row, reference_ticks):
    """Whether an entry that is amended to another price still lies between its stop and its first target.  BRKT-009"""
    bracket = state.brackets[bracket_row]
    if (reference_ticks - bracket.stop_ticks) * bracket.side <= 0:
        return stop_must_lie_beyond_entry
    if bracket.target_count > 0 and (bracket.target_ticks[0] - reference_ticks) * bracket.side <= 0:
        return targets_must_lie_beyond_entry
    return NONE


# ---------------------------------------------------------------- a bracket's life
@kernel
def take_bracket_row(state):
    """A free bracket row, wiped; the objections made sure there is one."""
    pool = state.brackets_pool
    row = pool.free
    if row != 0:
        pool.free = state.brackets[row].next_bracket
    else:
        row = pool.high_water + 1
        pool.high_water = row
    pool.live += 1
    return row


@gate
def open_bracket(state, command, position_row):
    """Make the bracket of an accepted entry: rows taken, nothing placed. The caller writes the row into its order.
    BRKT-003
    """
    row = take_bracket_row(state)
    bracket = state.brackets[row]
    bracket.entry_order_id = command.order_id
    bracket.position = position_row
    bracket.side = command.side
    bracket.stop_ticks = command.stop_ticks
    bracket.trail_offset_ticks = command.trail_offset_ticks
    bracket.stop_source = command.stop_source
    bracket.ladder = command.bracket_ladder
    bracket.target_count = target_count(command)
    bracket.entry_open = 1
    bracket.stop_fired = 0
    bracket.dirty = 0
    bracket.next_dirty = 0
    bracket.trigger = take_trigger_row(state)
    state.triggers[bracket.trigger].fired = SLEEPING
    for index in range(BRACKET_TARGETS_MAX):
        bracket.target_ticks[index] = command.target_ticks[index]
        bracket.target_share_ppb[index] = command.target_share_ppb[index]
        bracket.target_row[index] = 0
        bracket.target_order_id[index] = 0
        if index < bracket.target_count:
            bracket.target_row[index] = take_order_row(state)
    bracket.protected_lots = 0
    restart_bracket(bracket)
    link_bracket(state, row)
    mark_bracket(state, row)
    return row


@kernel
def restart_bracket(bracket):
    """Forget what was filled: the position it protected is gone, its entry may still fill.  BRKT-008"""
    bracket.filled_lots = 0
    bracket.entry_value_atoms = 0
    bracket.targets_done = 0
    for index in range(BRACKET_TARGETS_MAX):
        bracket.target_filled_lots[index] = 0
        bracket.target_asked_lots[index] = 0
        bracket.target_withdrawn[index] = 0


@kernel
def link_bracket(state, row):
    """Put a bracket in front of its position's list: the newest is the first."""
    bracket = state.brackets[row]
    position = state.positions[bracket.position]
    bracket.previous_bracket = 0
    bracket.next_bracket = position.first_bracket
    if position.first_bracket != 0:
        state.brackets[position.first_bracket].previous_bracket = row
    position.first_bracket = row
    position.bracket_count += 1


@gate
def free_bracket(state, row):
    """Give back a bracket that protects nothing and waits for nothing, with every row it holds. Its stop is asleep or
    gone.
    """
    bracket = state.brackets[row]
    position = state.positions[bracket.position]
    if bracket.previous_bracket != 0:
        state.brackets[bracket.previous_bracket].next_bracket = bracket.next_bracket
    else:
        position.first_bracket = bracket.next_bracket
    if bracket.next_bracket != 0:
        state.brackets[bracket.next_bracket].previous_bracket = bracket.previous_bracket
    position.bracket_count -= 1
    if bracket.trigger != 0:
        free_trigger_row(state, bracket.trigger)
    for index in range(BRACKET_TARGETS_MAX):
        if bracket.target_row[index] != 0:
            free_order_row(state, bracket.target_row[index])
            bracket.target_row[index] = 0
    bracket.trigger = 0
    bracket.position = 0
    bracket.entry_order_id = 0
    bracket.previous_bracket = 0
    bracket.next_bracket = state.brackets_pool.free
    state.brackets_pool.free = row
    state.brackets_pool.live -= 1


@kernel
def mark_bracket(state, row):
    """Note that a bracket's stop and targets must be brought into line before the command ends."""
    bracket = state.brackets[row]
    if bracket.dirty == 0:
        bracket.dirty = 1
        bracket.next_dirty = state.first_dirty_bracket
        state.first_dirty_bracket = row


# ---------------------------------------------------------------- what happens to it
@kernel
def change_protected(state, row, lots):
    """Add lots to what a bracket protects (< 0 takes away) and to its position's total of that side."""
    bracket = state.brackets[row]
    position = state.positions[bracket.position]
    bracket.protected_lots += lots
    if bracket.side == BUY:
        position.protected_buy_lots += lots
    else:
        position.protected_sell_lots += lots


@gate
def entry_filled(state, row, lots, value_atoms):
    """An entry filled ``lots`` > 0 worth ``value_atoms`` (absolute: lots x unit value at the fill).  BRKT-004"""
    bracket = state.brackets[row]
    if bracket.entry_open == 0:
        return
    bracket.filled_lots += lots
    bracket.entry_value_atoms = add(bracket.entry_value_atoms, value_atoms)
    change_protected(state, row, lots)
    mark_bracket(state, row)


@gate
def target_filled(state, row, index, lots):
    """A target (``index`` from 0) closed ``lots`` > 0 of the position: so much less is protected.  BRKT-005"""
    bracket = state.brackets[row]
    bracket.target_filled_lots[index] += lots
    change_protected(state, row, -min(lots, bracket.protected_lots))
    mark_bracket(state, row)


@kernel
def entry_ended(state, row):
    """An entry is filled, canceled or refused: nothing more comes. Harmless when said twice.  BRKT-007"""
    state.brackets[row].entry_open = 0
    mark_bracket(state, row)


@kernel
def position_shrunk(state, position_row):
    """A position became smaller or changed sides by whatever means: where more is protected than there is, its brackets
    are settled. Cheap when nothing is out of line.  BRKT-008
    """
    position = state.positions[position_row]
    if position.first_bracket == 0:
        return
    long_lots = max(0, position.size_lots)
    short_lots = max(0, -position.size_lots)
    if position.protected_buy_lots > long_lots or position.protected_sell_lots > short_lots:
        mark_bracket(state, position.first_bracket)


@gate
def cap_protection(state, position_row):
    """Never protect more than there is: cut the newest bracket first. Lots no bracket protects go before any.  BRKT-008
    """
    position = state.positions[position_row]
    excess_buy = position.protected_buy_lots - max(0, position.size_lots)
    excess_sell = position.protected_sell_lots - max(0, -position.size_lots)
    row = position.first_bracket
    while row != 0 and (excess_buy > 0 or excess_sell > 0):
        bracket = state.brackets[row]
        excess = excess_buy if bracket.side == BUY else excess_sell
        cut = min(excess, bracket.protected_lots)
        if cut > 0:
            change_protected(state, row, -cut)
            mark_bracket(state, row)
            if bracket.side == BUY:
                excess_buy -= cut
            else:
                excess_sell -= cut
        row = bracket.next_bracket


@kernel
def release_entry(state, row):
    """An entry that still waits carries nothing any more."""
    bracket = state.brackets[row]
    code = find_order(state, bracket.entry_order_id)
    if bracket.entry_open != 0 and code != 0:
        if code >= ORDERS_MAX:
            state.triggers[code - ORDERS_MAX].bracket = 0
        else:
            state.orders[code].bracket = 0
    bracket.entry_open = 0


@gate
def dissolve_bracket(state, row):
    """The stop was taken away by its owner or by liquidation: the bracket protects nothing any more.  BRKT-010"""
    bracket = state.brackets[row]
    release_entry(state, row)
    change_protected(state, row, -bracket.protected_lots)
    bracket.trigger = 0
    mark_bracket(state, row)
