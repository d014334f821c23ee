"""Triggers: stop and take-profit orders that wait for mark, last or index, and trailing stops. Placing, amending,
canceling, crossing. What a fired trigger does stands in ``consequences.py``; rows, lists and ladders in
``trigger_rows.py``.
"""
from .. import codes
from ..kernel import gate, kernel
from ..rules.contract import price_units, unit_value
from .brackets import (
    dissolve_bracket,
    entry_ended,
    first_of,
    has_bracket,
    objection_amended_entry,
    objection_bracket,
    open_bracket,
    triggers_are_at_limit,
)
from .events import reject
from .expiry import has_expiry_room, push_expiry
from .groups import may_unpledge
from .oco import link_partner, may_pair
from .order_index import find_order
from .orders import KNOWN_FLAGS, POST_ONLY_FLAGS, objection_access
from .positions import activate, ensure_position, position_of, wallet_of
from .queues import push_cancel
from .records import MARK_UNITS_MAX, POSITIONS_MAX, SYSTEM_ORDER_BASE, TRIGGERS_MAX, VALUE_ATOMS_MAX
from .trigger_rows import (
    WAITING,
    arm_trigger,
    disarm_trigger,
    end_trigger,
    fire,
    has_trigger_row,
    is_bracket_stop,
    is_limit_type,
    is_met,
    is_rising,
    list_trigger,
    source_price,
    take_trigger_row,
    trailing_units,
    trigger_event,
    triggers_may_fire,
)
from .watches import first_crossed, has_room_for_trigger

ADVANCE_NODES = POSITIONS_MAX + TRIGGERS_MAX


# ---------------------------------------------------------------- objections
@kernel
def placed_trigger_units(state, command):
    """Trigger price a new trigger starts with, in mark units; a trailing stop's from the present price of its source.
    """
    instrument = state.instruments[command.instrument]
    if command.order_type == codes.ORDER_TRAILING_STOP:
        peak = source_price(instrument, command.trigger_source)
        offset = price_units(instrument.terms, command.trail_offset_ticks)
        return trailing_units(peak, offset, is_rising(command.order_type, command.side))
    return price_units(instrument.terms, command.trigger_ticks)


@kernel
def closes_whole(size_lots, flags):
    """Whether a trigger closes whatever the position is when it fires: flag CLOSE, or no size at all."""
    return size_lots == 0 or flags & codes.FLAG_CLOSE != 0


@gate
def objection_trigger_shape(state, command):
    """Are a trigger's own fields right and do they fit together?  TRIG-002"""
    terms = state.instruments[command.instrument].terms
    if not 0 < command.order_id < SYSTEM_ORDER_BASE or find_order(state, command.order_id) != 0:
        return codes.order_id_must_be_new
    if command.side != codes.BUY and command.side != codes.SELL:
        return codes.side_must_be_buy_or_sell
    if not codes.ORDER_STOP_MARKET <= command.order_type <= codes.ORDER_TRAILING_STOP:
        return codes.order_type_must_be_known
    if not codes.TIF_GTC <= command.time_in_force <= codes.TIF_GTD or not (
            codes.SELF_ACCOUNT_DEFAULT <= command.self_trade_mode <= codes.SELF_ALLOW):
        return codes.time_in_force_must_be_known
    if not 0 <= command.size_lots <= terms.order_lots_max:
        return codes.size_must_be_in_range
    if not is_limit_price(state, command.instrument, command.order_type, command.price_ticks):
        return codes.price_must_be_in_range
    if is_too_large(terms, command.size_lots, command.price_ticks):
        return codes.size_must_be_in_range
    if not 0 <= command.display_lots <= command.size_lots:
        return codes.display_must_be_within_size
    if command.time_in_force == codes.TIF_GTD and command.expires_ns <= state.now_ns:
        return codes.expiry_must_be_in_future
    return codes.NONE


@kernel
def is_too_large(terms, size_lots, price_ticks):
    """Whether a limit order's value would pass the bound of ``docs/limits.md``."""
    if size_lots == 0 or price_ticks == 0:
        return False
    return VALUE_ATOMS_MAX // size_lots < abs(unit_value(terms, price_units(terms, price_ticks)))


@kernel
def is_limit_price(state, instrument_id, order_type, price_ticks):
    """Whether a limit price is what the type calls for: in range for limit types, none (0) for the others."""
    terms = state.instruments[instrument_id].terms
    if is_limit_type(order_type):
        return terms.price_ticks_min <= price_ticks <= terms.price_ticks_max
    return price_ticks == 0


@gate
def objection_condition(state, command):
    """Is the trigger price in range (TRIG-002), and not reached already (TRIG-003)?"""
    instrument = state.instruments[command.instrument]
    if not codes.SOURCE_MARK <= command.trigger_source <= codes.SOURCE_INDEX:
        return codes.trigger_must_be_in_range
    price = source_price(instrument, command.trigger_source)
    units = placed_trigger_units(state, command)
    if command.order_type == codes.ORDER_TRAILING_STOP:
        if command.trigger_ticks != 0 or not 0 < command.trail_offset_ticks <= instrument.terms.price_ticks_max:
            return codes.trigger_must_be_in_range
        if price != 0 and not 0 < units < MARK_UNITS_MAX:
            return codes.trigger_must_be_in_range
    elif not instrument.terms.price_ticks_min <= command.trigger_ticks <= instrument.terms.price_ticks_max:
        return codes.trigger_must_be_in_range
    elif is_met(price, units, is_rising(command.order_type, command.side)):
        return codes.trigger_must_not_be_met
    return codes.NONE


@kernel
def objection_trigger_flags(command):
    """Combinations that contradict each other.  TRIG-002"""
    limit = is_limit_type(command.order_type)
    immediate = command.time_in_force == codes.TIF_IOC or command.time_in_force == codes.TIF_FOK
    if command.flags & ~KNOWN_FLAGS:
        return codes.flags_must_be_compatible
    if command.flags & POST_ONLY_FLAGS and (immediate or not limit):
        return codes.flags_must_be_compatible
    if (command.flags & codes.FLAG_HIDDEN or command.display_lots != 0) and not limit:
        return codes.flags_must_be_compatible
    if command.flags & codes.FLAG_HIDDEN and command.display_lots != 0:
        return codes.flags_must_be_compatible
    if closes_whole(command.size_lots, command.flags) and has_bracket(command):
        return codes.flags_must_be_compatible
    return codes.NONE


@gate
def objection_market(state, command):
    """What accounts, prices and limits object to a new trigger.  TRIG-004"""
    instrument = state.instruments[command.instrument]
    if command.order_type == codes.ORDER_TRAILING_STOP and source_price(instrument, command.trigger_source) == 0:
        return codes.mark_must_be_known
    row = position_of(state, command.account, command.instrument)
    if triggers_are_at_limit(state, command.instrument, row):
        return codes.triggers_must_be_below_limit
    if state.collateral_count != 0 and not may_unpledge(state, command.account, instrument.terms.settlement_asset):
        return codes.initial_margin_must_be_covered
    if not has_trigger_row(state) or not has_room_for_trigger(state):
        return codes.orders_table_must_have_room
    if command.time_in_force == codes.TIF_GTD and not has_expiry_room(state):
        return codes.orders_table_must_have_room
    return codes.NONE


@kernel
def is_in_liquidation(state, account, instrument_id):
    """Whether the collateral group that an account's orders in an instrument belong to is being liquidated."""
    row = position_of(state, account, instrument_id)
    if row != 0 and state.positions[row].liquidation != 0:
        return True
    wallet = wallet_of(state, account, state.instruments[instrument_id].terms.settlement_asset)
    return wallet != 0 and state.wallets[wallet].liquidation != 0


@gate
def objection_trigger(state, command):
    """All objections to a new trigger, in order of precedence.  TRIG-002 to TRIG-004"""
    objection = objection_access(state, command)
    if objection == codes.NONE or objection > codes.account_must_not_be_in_liquidation:
        if is_in_liquidation(state, command.account, command.instrument):
            return codes.account_must_not_be_in_liquidation
    if objection != codes.NONE:
        return objection
    objection = objection_trigger_shape(state, command)
    if objection == codes.NONE:
        objection = objection_condition(state, command)
    if objection == codes.NONE:
        objection = objection_trigger_flags(command)
    if objection != codes.NONE:
        return objection
    objection = objection_bracket(state, command)
    if not may_pair(state, command):
        objection = first_of(objection, codes.oco_partner_must_exist)
    return first_of(objection, objection_market(state, command))


# ---------------------------------------------------------------- placing
@gate
def fill_in(state, command, row, position_row):
    """Write a command into its trigger row."""
    trigger = state.triggers[row]
    instrument = state.instruments[command.instrument]
    trigger.order_id = command.order_id
    trigger.account = command.account
    trigger.instrument = command.instrument
    trigger.position = position_row
    trigger.order_type = command.order_type
    trigger.side = command.side
    trigger.size_lots = command.size_lots
    trigger.flags = command.flags
    if closes_whole(command.size_lots, command.flags):
        trigger.size_lots = 0
        trigger.flags = command.flags | codes.FLAG_CLOSE
    if trigger.flags & codes.FLAG_CLOSE:
        trigger.flags |= codes.FLAG_REDUCE_ONLY
    trigger.limit_ticks = command.price_ticks
    trigger.display_size_lots = command.display_lots
    trigger.time_in_force = command.time_in_force
    trigger.expires_ns = command.expires_ns if command.time_in_force == codes.TIF_GTD else 0
    trigger.self_trade_mode = command.self_trade_mode
    trigger.oco_order_id = command.oco_order_id
    trigger.bracket = 0
    trigger.source = command.trigger_source
    trigger.fires_rising = is_rising(command.order_type, command.side)
    trigger.trigger_units = placed_trigger_units(state, command)
    trigger.trail_offset_units = 0
    trigger.trail_peak_units = 0
    if command.order_type == codes.ORDER_TRAILING_STOP:
        trigger.trail_offset_units = price_units(instrument.terms, command.trail_offset_ticks)
        trigger.trail_peak_units = source_price(instrument, command.trigger_source)


@gate
def place_trigger(state, command, out):
    """PlaceOrder of a trigger type -> Rejected | TriggerAccepted. It never fires in the step that accepts it."""
    objection = objection_trigger(state, command)
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    position_row = ensure_position(state, command.account, command.instrument)
    if position_row == 0:
        reject(state, command, codes.accounts_table_must_have_room, out)
        return
    if not activate(state, position_row):
        reject(state, command, codes.accounts_table_must_have_room, out)
        return
    row = take_trigger_row(state)
    fill_in(state, command, row, position_row)
    list_trigger(state, row)
    if command.time_in_force == codes.TIF_GTD:
        push_expiry(state, command.order_id, command.expires_ns)
    link_partner(state, command.order_id, command.oco_order_id)
    arm_trigger(state, row)
    if has_bracket(command):
        state.triggers[row].bracket = open_bracket(state, command, position_row)
    trigger_event(state, row, codes.TRIGGER_ACCEPTED, out)


# ---------------------------------------------------------------- canceling
@gate
def cancel_trigger(state, row, reason, out):
    """End a waiting (or fired, not yet carried out) trigger: its OCO partner ends too, its bracket is told.  TRIG-009
    """
    trigger = state.triggers[row]
    bracket = trigger.bracket
    partner = trigger.oco_order_id
    stop = is_bracket_stop(trigger)
    if stop:
        dissolve_bracket(state, bracket)
    end_trigger(state, row, reason, out)
    if bracket != 0 and not stop:
        entry_ended(state, bracket)
    if partner != 0 and reason != codes.canceled_by_oco:
        push_cancel(state, partner)


@gate
def cancel_triggers_of(state, position_row, reason, out):
    """Cancel the triggers of a position; returns how many.  TRIG-009

    A mass cancel by the owner leaves the stops of brackets standing: they are taken away one by one, by their order
    ids.
    """
    done = 0
    row = state.positions[position_row].first_trigger
    while row != 0:
        following = state.triggers[row].own_next
        if reason != codes.canceled_by_owner or not is_bracket_stop(state.triggers[row]):
            cancel_trigger(state, row, reason, out)
            done += 1
        row = following
    return done


# ---------------------------------------------------------------- amending
@kernel
def amended_units(state, command, row):
    """Trigger price after an amendment: a new price, a trailing stop's new offset from its peak, or as it was."""
    trigger = state.triggers[row]
    terms = state.instruments[trigger.instrument].terms
    if command.trail_offset_ticks != 0 and trigger.trail_offset_units != 0:
        offset = price_units(terms, command.trail_offset_ticks)
        return trailing_units(trigger.trail_peak_units, offset, trigger.fires_rising)
    if command.trigger_ticks != 0:
        return price_units(terms, command.trigger_ticks)
    return trigger.trigger_units


@gate
def objection_amend_trigger(state, command, row):
    """Objections to new values of a trigger, in order of precedence. 0 in a field keeps what is.  TRIG-010"""
    trigger = state.triggers[row]
    instrument = state.instruments[trigger.instrument]
    terms = instrument.terms
    if trigger.fired != WAITING:
        return codes.order_must_exist
    if not 0 <= command.size_lots <= terms.order_lots_max:
        return codes.size_must_be_in_range
    if command.price_ticks != 0 and not is_limit_price(
            state, trigger.instrument, trigger.order_type, command.price_ticks):
        return codes.price_must_be_in_range
    size = command.size_lots if command.size_lots != 0 else trigger.size_lots
    if is_too_large(terms, size, command.price_ticks if command.price_ticks != 0 else trigger.limit_ticks):
        return codes.size_must_be_in_range
    if not 0 <= command.trail_offset_ticks <= terms.price_ticks_max:
        return codes.trigger_must_be_in_range
    if command.trigger_ticks != 0 and not terms.price_ticks_min <= command.trigger_ticks <= terms.price_ticks_max:
        return codes.trigger_must_be_in_range
    units = amended_units(state, command, row)
    if not 0 < units < MARK_UNITS_MAX:
        return codes.trigger_must_be_in_range
    if is_met(source_price(instrument, trigger.source), units, trigger.fires_rising):
        return codes.trigger_must_not_be_met
    if command.trigger_ticks != 0 and trigger.trail_offset_units != 0 and not is_bracket_stop(trigger):
        return codes.flags_must_be_compatible
    if command.trail_offset_ticks != 0 and trigger.trail_offset_units == 0:
        return codes.flags_must_be_compatible
    if command.size_lots != 0 and (trigger.flags & codes.FLAG_CLOSE or is_bracket_stop(trigger)):
        return codes.flags_must_be_compatible
    return objection_amended_bracket(state, command, row)


@kernel
def objection_amended_bracket(state, command, row):
    """Whether an entry that waits still lies between the stop and the first target it carries.  BRKT-009"""
    trigger = state.triggers[row]
    if trigger.bracket == 0 or is_bracket_stop(trigger):
        return codes.NONE
    if is_limit_type(trigger.order_type):
        return objection_amended_entry(state, trigger.bracket,
                                       command.price_ticks if command.price_ticks != 0 else trigger.limit_ticks)
    if command.trigger_ticks != 0:
        return objection_amended_entry(state, trigger.bracket, command.trigger_ticks)
    return codes.NONE


@gate
def amend_trigger(state, command, row, out):
    """AmendOrder of a trigger -> Rejected | TriggerMoved. A new trigger price goes behind others at that price.
    TRIG-010
    """
    objection = objection_amend_trigger(state, command, row)
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    trigger = state.triggers[row]
    units = amended_units(state, command, row)
    if command.size_lots != 0:
        trigger.size_lots = command.size_lots
        trigger.display_size_lots = min(trigger.display_size_lots, command.size_lots)
    if command.price_ticks != 0:
        trigger.limit_ticks = command.price_ticks
    if command.trail_offset_ticks != 0:
        terms = state.instruments[trigger.instrument].terms
        trigger.trail_offset_units = price_units(terms, command.trail_offset_ticks)
    if is_bracket_stop(trigger) and command.trigger_ticks != 0:
        state.brackets[trigger.bracket].stop_ticks = command.trigger_ticks
    if units != trigger.trigger_units or command.trail_offset_ticks != 0:
        disarm_trigger(state, row)
        trigger.trigger_units = units
        arm_trigger(state, row)
    event = trigger_event(state, row, codes.TRIGGER_MOVED, out)
    event.reason = codes.canceled_by_owner


# ---------------------------------------------------------------- crossing
@gate
def advance(state, row, price, out):
    """A trailing stop saw a new extreme: its peak is there, and its trigger follows, never back.  TRIG-007"""
    trigger = state.triggers[row]
    units = trailing_units(price, trigger.trail_offset_units, trigger.fires_rising)
    trigger.trail_peak_units = price
    disarm_trigger(state, row)
    tighter = units < trigger.trigger_units if trigger.fires_rising != 0 else units > trigger.trigger_units
    if tighter:
        trigger.trigger_units = units
        trigger_event(state, row, codes.TRIGGER_MOVED, out)
    arm_trigger(state, row)


@gate
def cross_ladder(state, ladder_number, price, out, budget):
    """Take up to ``budget`` crossed nodes of one ladder, nearest first; returns how many.  TRIG-005"""
    done = 0
    while done < budget:
        node = first_crossed(state, ladder_number, price)
        if node == 0:
            break
        if node >= ADVANCE_NODES:
            advance(state, node - ADVANCE_NODES, price, out)
        else:
            fire(state, node - POSITIONS_MAX)
        done += 1
    return done


@gate
def fire_crossed(state, instrument_id, out, budget):
    """Fire (or advance) what the instrument's mark, last and index have reached; returns the work done.  TRIG-005

    Less than ``budget`` means that nothing is left. Ladders in order: mark, last, index; falling before rising.
    """
    instrument = state.instruments[instrument_id]
    if not triggers_may_fire(instrument):
        return 0
    done = 0
    for ladder in range(codes.LADDER_MARK_FALL, codes.LADDER_INDEX_RISE + 1):
        price = source_price(instrument, (ladder - codes.LADDER_MARK_FALL) // 2)
        done += cross_ladder(state, instrument_id * 8 + ladder, price, out, budget - done)
    return done
