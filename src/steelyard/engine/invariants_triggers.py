"""Truths about triggers, brackets, OCO pairs and expiries that hold after every command. Each looks over the tables and
returns a sentence per violation; none means that it holds. For tests and audits, never called by a kernel.
"""
from __future__ import annotations

from .order_index import find_order
from .records import BRACKET_TARGETS_MAX, ORDERS_MAX, POSITIONS_MAX
from .trigger_rows import FIRED, GONE, SLEEPING, WAITING


def _position_rows(state):
    return range(1, int(state.positions_pool.high_water) + 1)


def _trigger_rows(state):
    return range(1, int(state.triggers_pool.high_water) + 1)


def _bracket_rows(state):
    """Rows of live brackets."""
    return [row for row in range(1, int(state.brackets_pool.high_water) + 1) if state.brackets[row].position != 0]


def listed_triggers(state, position_row):
    """Rows in a position's list of triggers, newest first."""
    row, rows = int(state.positions[position_row].first_trigger), []
    while row != 0:
        rows.append(row)
        row = int(state.triggers[row].own_next)
    return rows


def nothing_is_left_to_settle(state):
    """Partners to cancel and brackets to settle are done with before a command ends."""
    broken = []
    if state.first_dirty_bracket != 0:
        broken.append(f"bracket {state.first_dirty_bracket} is still to be settled")
    if state.cancel_ring.count != 0:
        broken.append(f"{state.cancel_ring.count} OCO partners are still to be canceled")
    return broken


def every_protected_lot_has_its_stop(state):
    """Per bracket: a stop of exactly the protected size waits in its ladder, no looser than asked, or is in the ring of
    fired ones; per position and side: no more is protected than there is, and the totals are right.  BRKT-004, BRKT-008
    """
    broken = []
    totals = {}
    for row in _bracket_rows(state):
        bracket = state.brackets[row]
        lots = int(bracket.protected_lots)
        key = int(bracket.position), int(bracket.side)
        totals[key] = totals.get(key, 0) + lots
        if lots < 0:
            broken.append(f"bracket {row} protects {lots} lots")
        if lots > 0:
            broken += [f"bracket {row}: {text}" for text in _stop_faults(state, row)]
    for position_row in _position_rows(state):
        position = state.positions[position_row]
        for side, total in ((1, position.protected_buy_lots), (-1, position.protected_sell_lots)):
            if total != totals.get((position_row, side), 0):
                broken.append(f"position {position_row} counts {total} protected lots of side {side}, "
                              f"its brackets {totals.get((position_row, side), 0)}")
            if total > max(0, side * int(position.size_lots)):
                broken.append(f"position {position_row} of {position.size_lots} has {total} protected on side {side}")
    return broken


def _stop_faults(state, row):
    bracket = state.brackets[row]
    trigger = state.triggers[bracket.trigger]
    if bracket.trigger == 0:
        return ["no stop"]
    faults = []
    if trigger.fired not in (WAITING, FIRED):
        faults.append(f"its stop is neither waiting nor fired ({trigger.fired})")
    if trigger.fired == WAITING and state.watch_nodes[POSITIONS_MAX + bracket.trigger].ladder == 0:
        faults.append("its stop is in no ladder")
    if trigger.size_lots != bracket.protected_lots or trigger.side != -bracket.side or trigger.bracket != row:
        faults.append(f"its stop is {trigger.side} {trigger.size_lots} of bracket {trigger.bracket}")
    asked = int(bracket.stop_ticks) * int(state.instruments[trigger.instrument].terms.mark_units_per_tick)
    if (int(trigger.trigger_units) - asked) * bracket.side < 0:
        faults.append(f"its stop stands at {trigger.trigger_units}, looser than {asked}")
    return faults


def targets_never_exceed_protection(state):
    """Targets on the book are what their bracket says, and together no more than it protects.  BRKT-005"""
    broken = []
    for row in _bracket_rows(state):
        bracket = state.brackets[row]
        total = 0
        for index in range(BRACKET_TARGETS_MAX):
            code = int(find_order(state, bracket.target_order_id[index])) if bracket.target_order_id[index] else 0
            if code:
                order = state.orders[code]
                total += int(order.remaining_lots)
                if order.bracket != row or order.target_index != index + 1 or order.side != -bracket.side:
                    broken.append(f"target {index} of bracket {row} is an order of bracket {order.bracket}")
        fired = bracket.trigger != 0 and state.triggers[bracket.trigger].fired == FIRED
        if total > bracket.protected_lots and not fired:
            broken.append(f"bracket {row} protects {bracket.protected_lots} lots but its targets have {total}")
    return broken


def trigger_lists_agree(state):
    """Lists, order index, ladders, ring and pool tell the same story of every trigger.  TRIG-008"""
    broken = []
    listed = set()
    for position_row in _position_rows(state):
        rows = listed_triggers(state, position_row)
        listed |= set(rows)
        if len(rows) != state.positions[position_row].trigger_count:
            counted = state.positions[position_row].trigger_count
            broken.append(f"position {position_row} counts {counted} triggers, lists {len(rows)}")
        for row in rows:
            trigger = state.triggers[row]
            if find_order(state, trigger.order_id) != ORDERS_MAX + row:
                broken.append(f"trigger {row} is not found by its id {trigger.order_id}")
            node = state.watch_nodes[POSITIONS_MAX + row]
            astray = node.ladder != 0 and node.key_units != trigger.trigger_units
            if (trigger.fired == WAITING) != (node.ladder != 0) or astray:
                broken.append(f"trigger {row} in state {trigger.fired} has a node in {node.ladder} at {node.key_units}")
            if trigger.fired not in (WAITING, FIRED):
                broken.append(f"trigger {row} is listed in state {trigger.fired}")
    aside = [row for row in _trigger_rows(state) if state.triggers[row].fired in (GONE, SLEEPING)]
    if set(aside) & listed or len(aside) + len(listed) != state.triggers_pool.live:
        broken.append(f"{state.triggers_pool.live} trigger rows are taken, {len(listed)} listed and {len(aside)} held")
    in_ring = sum(state.triggers[row].fired in (FIRED, GONE) for row in _trigger_rows(state))
    if in_ring != state.fired_ring.count:
        broken.append(f"{state.fired_ring.count} triggers are in the ring of fired ones, {in_ring} say so")
    return broken


def pairs_name_each_other(state):
    """Whoever names an OCO partner is named by it.  OCOO-001"""
    broken = []
    for row in _trigger_rows(state):
        trigger = state.triggers[row]
        if trigger.oco_order_id != 0:
            broken += _pair_faults(state, trigger.order_id, trigger.oco_order_id)
    for slot in range(1, int(state.orders_pool.high_water) + 1):
        order = state.orders[slot]
        if order.remaining_lots > 0 and order.oco_order_id != 0:
            broken += _pair_faults(state, order.order_id, order.oco_order_id)
    return broken


def _pair_faults(state, order_id, oco_order_id):
    code = int(find_order(state, oco_order_id))
    if code == 0:
        return [f"order {order_id} names {oco_order_id}, which is gone"]
    named = state.orders[code].oco_order_id if code < ORDERS_MAX else state.triggers[code - ORDERS_MAX].oco_order_id
    return [] if named == order_id else [f"order {order_id} names {oco_order_id}, which names {named}"]


def expiries_are_a_heap(state):
    """No entry is due before the one above it, and every good-till-date order has an entry.  TRIG-011"""
    live = int(state.expiries_pool.live)
    keys = [(int(state.expiries[slot].expires_ns), int(state.expiries[slot].order_id)) for slot in range(1, live + 1)]
    broken = [f"expiry {slot + 1} is due before its parent" for slot in range(1, live)
              if keys[slot] < keys[(slot + 1) // 2 - 1]]
    known = set(keys)
    for position_row in _position_rows(state):
        for row in listed_triggers(state, position_row):
            trigger = state.triggers[row]
            if trigger.expires_ns != 0 and (int(trigger.expires_ns), int(trigger.order_id)) not in known:
                broken.append(f"trigger {row} expires at {trigger.expires_ns} but nobody remembers")
    return broken


INVARIANTS = [nothing_is_left_to_settle, every_protected_lot_has_its_stop, targets_never_exceed_protection,
              trigger_lists_agree, pairs_name_each_other, expiries_are_a_heap]
"""Run after every command in tests; each takes the state and returns what is broken."""
