"""What follows from a command: OCO partners end, brackets are settled, fired triggers become orders, good-till-date
orders end.

These are the only places where a trigger turns into an order. Each drain does a bounded number of steps and says how
many.
"""
from .. import codes
from ..kernel import gate, kernel
from .brackets import cap_protection, change_protected, mark_bracket
from .expiry import has_due, pop_expiry
from .matching import cancel_resting, room_to_reduce
from .order_index import find_order
from .orders import complete_working, may_open, run_working, self_trade_mode, submit_working
from .protection import drain_brackets, put_to_sleep
from .queues import push_cancel
from .records import BRACKET_TARGETS_MAX, CANCELS_MAX, FIRED_MAX, ORDERS_MAX
from .trigger_rows import (
    GONE,
    WAITING,
    arm_trigger,
    drop_trigger,
    free_trigger_row,
    is_bracket_stop,
    is_limit_type,
    trigger_event,
    triggers_may_fire,
)
from .triggers import cancel_trigger


# ---------------------------------------------------------------- OCO partners and brackets
@gate
def cancel_partner(state, order_id, out):
    """End the partner of an order that is done. It names no one any more, so nothing comes back.  OCOO-002"""
    code = find_order(state, order_id)
    if code >= ORDERS_MAX:
        state.triggers[code - ORDERS_MAX].oco_order_id = 0
        cancel_trigger(state, code - ORDERS_MAX, codes.canceled_by_oco, out)
    elif code != 0:
        state.orders[code].oco_order_id = 0
        cancel_resting(state, code, codes.canceled_by_oco, out)


@gate
def drain_cancels(state, out):
    """End every partner that is queued. Runs to the end."""
    ring = state.cancel_ring
    while ring.count > 0:
        order_id = state.cancels[ring.head]
        ring.head = (ring.head + 1) % CANCELS_MAX
        ring.count -= 1
        cancel_partner(state, order_id, out)


@kernel
def settle_orders(state, out):
    """Partners and brackets, until neither has anything left: after every command and every step of a queue."""
    while state.cancel_ring.count > 0 or state.first_dirty_bracket != 0:
        drain_cancels(state, out)
        drain_brackets(state, out)


# ---------------------------------------------------------------- triggers that fired
@gate
def load_fired(state, row, lots):
    """Write the order a trigger sends into ``state.working``."""
    trigger = state.triggers[row]
    working = state.working
    working.order_id = trigger.order_id
    working.account = trigger.account
    working.instrument = trigger.instrument
    working.position = trigger.position
    working.side = trigger.side
    working.order_type = codes.ORDER_MARKET
    working.time_in_force = codes.TIF_IOC
    if is_limit_type(trigger.order_type):
        working.order_type = codes.ORDER_LIMIT
        working.time_in_force = trigger.time_in_force
    elif trigger.time_in_force == codes.TIF_FOK:
        working.time_in_force = codes.TIF_FOK
    working.flags = trigger.flags & ~(codes.FLAG_CLOSE | codes.FLAG_POST_ONLY)
    if trigger.flags & codes.FLAG_POST_ONLY:
        working.flags |= codes.FLAG_POST_ONLY_CANCEL
    working.remaining_lots = lots
    working.display_size_lots = min(trigger.display_size_lots, lots)
    working.limit_ticks = trigger.limit_ticks
    working.checked_ticks = 0
    working.expires_ns = trigger.expires_ns
    working.oco_order_id = 0
    working.self_trade_mode = self_trade_mode(state, trigger.account, trigger.self_trade_mode)
    working.takeover = 0
    working.bracket = 0
    working.target_index = 0
    working.filled_lots = 0
    working.filled_value_atoms = 0
    working.stop_reason = 0


@kernel
def run_reducing(state, out):
    """Run a reduce-only market order: no limit on orders or margin stands in the way of getting out.  TRIG-006"""
    complete_working(state)
    if state.working.remaining_lots > 0:
        run_working(state, out)


@kernel
def fired_lots(state, row):
    """Lots a fired trigger sends: its size, cut to the position where it only reduces; all of it where it closes."""
    trigger = state.triggers[row]
    if trigger.flags & codes.FLAG_REDUCE_ONLY == 0:
        return trigger.size_lots
    room = room_to_reduce(state.positions[trigger.position], trigger.side)
    if trigger.flags & codes.FLAG_CLOSE:
        return room
    return min(trigger.size_lots, room)


@gate
def send_order(state, row, out):
    """A trigger of the owner's becomes an order under the same id; its OCO partner ends first.  TRIG-006"""
    trigger = state.triggers[row]
    lots = fired_lots(state, row)
    if lots == 0:
        cancel_trigger(state, row, codes.canceled_reduce_only, out)
        return
    event = trigger_event(state, row, codes.TRIGGER_FIRED, out)
    event.size_lots = lots
    if trigger.oco_order_id != 0:
        push_cancel(state, trigger.oco_order_id)
        trigger.oco_order_id = 0
        drain_cancels(state, out)
        lots = fired_lots(state, row)
    bracket = trigger.bracket
    load_fired(state, row, lots)
    drop_trigger(state, row)
    state.working.bracket = bracket
    if state.working.flags & codes.FLAG_REDUCE_ONLY and state.working.order_type == codes.ORDER_MARKET:
        run_reducing(state, out)
    else:
        submit_working(state, out)
    if bracket != 0:
        mark_bracket(state, bracket)


@gate
def cancel_companions(state, bracket_row, out):
    """What is left of the entry and of the targets of a bracket whose stop fired is canceled before the stop is sent.
    BRKT-007
    """
    bracket = state.brackets[bracket_row]
    code = find_order(state, bracket.entry_order_id)
    if bracket.entry_open != 0 and code != 0:
        if code >= ORDERS_MAX:
            cancel_trigger(state, code - ORDERS_MAX, codes.canceled_by_bracket, out)
        else:
            cancel_resting(state, code, codes.canceled_by_bracket, out)
    bracket.entry_open = 0
    for index in range(BRACKET_TARGETS_MAX):
        code = 0
        if bracket.target_order_id[index] != 0:
            code = find_order(state, bracket.target_order_id[index])
        bracket.target_order_id[index] = 0
        if code != 0:
            cancel_resting(state, code, codes.canceled_by_bracket, out)


@gate
def stop_out(state, row, out):
    """A bracket's stop: companions canceled, a reduce-only market order over what is protected. What does not fill
    keeps the stop, which fires again at the next price of its source.  BRKT-007
    """
    trigger = state.triggers[row]
    bracket_row = trigger.bracket
    bracket = state.brackets[bracket_row]
    cap_protection(state, bracket.position)
    mark_bracket(state, bracket_row)
    if bracket.protected_lots == 0:
        return
    bracket.stop_fired = 1
    trigger.size_lots = bracket.protected_lots
    trigger_event(state, row, codes.TRIGGER_FIRED, out)
    cancel_companions(state, bracket_row, out)
    load_fired(state, row, bracket.protected_lots)
    if state.working.self_trade_mode != codes.SELF_ALLOW:
        state.working.self_trade_mode = codes.SELF_CANCEL_OLDEST
    run_reducing(state, out)
    change_protected(state, bracket_row, -min(state.working.filled_lots, bracket.protected_lots))
    cap_protection(state, bracket.position)
    if bracket.protected_lots == 0:
        put_to_sleep(state, row)
    else:
        arm_trigger(state, row)


@kernel
def may_send(state, row):
    """Whether market and account let a fired trigger's order in: where only reducing is allowed, only if it reduces."""
    trigger = state.triggers[row]
    if trigger.flags & codes.FLAG_REDUCE_ONLY:
        return True
    barred = codes.RESTRICT_REDUCE_ONLY | codes.RESTRICT_NO_TRADING
    instrument = state.instruments[trigger.instrument]
    account = state.accounts[trigger.account]
    return (instrument.state != codes.STATE_REDUCE_ONLY and account.restrictions & barred == 0
            and may_open(instrument, account.client_class))


@kernel
def is_barred(state, row):
    """Whether liquidation forbids a fired trigger: its group is being liquidated, or it would open more beside one that
    is.
    """
    trigger = state.triggers[row]
    position = state.positions[trigger.position]
    if position.isolated != 0 and trigger.flags & codes.FLAG_REDUCE_ONLY:
        return position.liquidation != 0
    return position.liquidation != 0 or state.wallets[position.wallet].liquidation != 0


@gate
def carry_out(state, row, out):
    """Do what one fired trigger asks for. In a market that stands still it waits again.  TRIG-006"""
    trigger = state.triggers[row]
    if trigger.fired == GONE:
        free_trigger_row(state, row)
        return
    trigger.fired = WAITING
    instrument = state.instruments[trigger.instrument]
    if is_barred(state, row):
        cancel_trigger(state, row, codes.canceled_by_liquidation, out)
    elif instrument.state == codes.STATE_SETTLED or not may_send(state, row):
        cancel_trigger(state, row, codes.canceled_by_state, out)
    elif not triggers_may_fire(instrument):
        arm_trigger(state, row)
    elif is_bracket_stop(trigger):
        stop_out(state, row, out)
    else:
        send_order(state, row, out)


@gate
def drain_fired(state, out, budget):
    """Carry out up to ``budget`` fired triggers in the order they fired; returns how many.  TRIG-006"""
    ring = state.fired_ring
    done = 0
    while done < budget and ring.count > 0:
        row = state.fired[ring.head]
        ring.head = (ring.head + 1) % FIRED_MAX
        ring.count -= 1
        carry_out(state, row, out)
        settle_orders(state, out)
        done += 1
    return done


# ---------------------------------------------------------------- good till date
@gate
def run_expiries(state, out, budget):
    """End up to ``budget`` orders whose time has come; returns the entries looked at.  TRIG-011

    An entry whose order is gone, or lives on under a later date, is passed over.
    """
    done = 0
    while done < budget and has_due(state):
        code = find_order(state, pop_expiry(state))
        done += 1
        if code >= ORDERS_MAX:
            trigger = state.triggers[code - ORDERS_MAX]
            if 0 < trigger.expires_ns <= state.now_ns:
                cancel_trigger(state, code - ORDERS_MAX, codes.canceled_expired, out)
        elif code != 0:
            order = state.orders[code]
            if 0 < order.expires_ns <= state.now_ns:
                cancel_resting(state, code, codes.canceled_expired, out)
    settle_orders(state, out)
    return done
