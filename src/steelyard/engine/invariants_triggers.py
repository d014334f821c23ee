"""Truths about triggers, brackets, OCO pairs and expiries that hold after every command. Each looks over the tables and
returns a sentence per violation; none means that it holds. For tests and audits, never called by a kernel. Part of
``invariants.py``.
"""
from __future__ import annotations

import numpy as np

from .invariants_tables import Tables
from .records import BRACKET_TARGETS_MAX, ORDERS_MAX
from .trigger_rows import FIRED, GONE, SLEEPING, WAITING


def _as_tables(state):
    """The tables of a state; tables as they are."""
    return state if isinstance(state, Tables) else Tables(state)


def _bracket_rows(tables):
    """Rows of live brackets."""
    return tables.live("brackets", "position").tolist()


def _fire_node(tables, trigger_row, field):
    """A field of the watch node that fires a trigger."""
    return int(tables.nodes(field)[tables.length("positions") + trigger_row])


def listed_triggers(tables, position_row):
    """Rows in a position's list of triggers, newest first."""
    row, rows, following = int(tables.column("positions", "first_trigger")[position_row]), [], tables.rows("triggers")
    while row != 0 and len(rows) <= len(following):
        rows.append(row)
        row = int(following[row].own_next)
    return rows


def _with_triggers(tables):
    """Positions that list or count triggers."""
    listed = tables.column("positions", "first_trigger") != 0
    return np.flatnonzero(listed | (tables.column("positions", "trigger_count") != 0)).tolist()


def nothing_is_left_to_settle(state):
    """Partners to cancel and brackets to settle are done with before a command ends."""
    tables = _as_tables(state)
    broken = []
    if tables.state.first_dirty_bracket != 0:
        broken.append(f"bracket {tables.state.first_dirty_bracket} is still to be settled")
    if tables.ring("cancel_ring").count != 0:
        broken.append(f"{tables.ring('cancel_ring').count} OCO partners are still to be canceled")
    return broken


def every_protected_lot_has_its_stop(state):
    """Per bracket: a stop of exactly the protected size waits in its ladder, no looser than asked, or is in the ring of
    fired ones; per position and side: no more is protected than there is, and the totals are right.  BRKT-004, BRKT-008
    """
    tables = _as_tables(state)
    broken, totals = [], {}
    for row in _bracket_rows(tables):
        bracket = tables.rows("brackets")[row]
        lots = int(bracket.protected_lots)
        key = int(bracket.position), int(bracket.side)
        totals[key] = totals.get(key, 0) + lots
        if lots < 0:
            broken.append(f"bracket {row} protects {lots} lots")
        if lots > 0:
            broken += [f"bracket {row}: {text}" for text in _stop_faults(tables, row)]
    sizes = tables.column("positions", "size_lots").tolist()
    for side, field in ((1, "protected_buy_lots"), (-1, "protected_sell_lots")):
        for position_row, total in enumerate(tables.column("positions", field).tolist()):
            if total != totals.get((position_row, side), 0):
                broken.append(f"position {position_row} counts {total} protected lots of side {side}, "
                              f"its brackets {totals.get((position_row, side), 0)}")
            if total > max(0, side * sizes[position_row]):
                broken.append(f"position {position_row} of {sizes[position_row]} has {total} protected on side {side}")
    return broken


def _stop_faults(tables, row):
    bracket = tables.rows("brackets")[row]
    trigger = tables.rows("triggers")[bracket.trigger]
    if bracket.trigger == 0:
        return ["no stop"]
    faults = []
    if trigger.fired not in (WAITING, FIRED):
        faults.append(f"its stop is neither waiting nor fired ({trigger.fired})")
    if trigger.fired == WAITING and _fire_node(tables, bracket.trigger, "ladder") == 0:
        faults.append("its stop is in no ladder")
    if trigger.size_lots != bracket.protected_lots or trigger.side != -bracket.side or trigger.bracket != row:
        faults.append(f"its stop is {trigger.side} {trigger.size_lots} of bracket {trigger.bracket}")
    asked = int(bracket.stop_ticks) * int(tables.state.instruments[trigger.instrument].terms.mark_units_per_tick)
    if (int(trigger.trigger_units) - asked) * bracket.side < 0:
        faults.append(f"its stop stands at {trigger.trigger_units}, looser than {asked}")
    return faults


def targets_never_exceed_protection(state):
    """Targets on the book are what their bracket says, and together no more than it protects.  BRKT-005"""
    tables = _as_tables(state)
    broken = []
    for row in _bracket_rows(tables):
        bracket = tables.rows("brackets")[row]
        total = 0
        for index in range(BRACKET_TARGETS_MAX):
            order_id = bracket.target_order_id[index]
            code = tables.code_of(order_id) if order_id else 0
            if code:
                order = tables.rows("orders")[code]
                total += int(order.remaining_lots)
                if order.bracket != row or order.target_index != index + 1 or order.side != -bracket.side:
                    broken.append(f"target {index} of bracket {row} is an order of bracket {order.bracket}")
        fired = bracket.trigger != 0 and tables.rows("triggers")[bracket.trigger].fired == FIRED
        if total > bracket.protected_lots and not fired:
            broken.append(f"bracket {row} protects {bracket.protected_lots} lots but its targets have {total}")
    return broken


def trigger_lists_agree(state):
    """Lists, order index, ladders, ring and pool tell the same story of every trigger.  TRIG-008"""
    tables = _as_tables(state)
    broken, listed, triggers = [], set(), tables.rows("triggers")
    for position_row in _with_triggers(tables):
        rows = listed_triggers(tables, position_row)
        listed |= set(rows)
        counted = tables.column("positions", "trigger_count")[position_row]
        if len(rows) != counted:
            broken.append(f"position {position_row} counts {counted} triggers, lists {len(rows)}")
        for row in rows:
            broken += _trigger_faults(tables, row)
    states = [int(trigger.fired) for trigger in triggers]
    aside = [row for row in range(1, len(triggers)) if states[row] in (GONE, SLEEPING)]
    taken = tables.pool("triggers").live
    if set(aside) & listed or len(aside) + len(listed) != taken:
        broken.append(f"{taken} trigger rows are taken, {len(listed)} listed and {len(aside)} held")
    in_ring = sum(states[row] in (FIRED, GONE) for row in range(1, len(triggers)))
    if in_ring != tables.ring("fired_ring").count:
        broken.append(f"{tables.ring('fired_ring').count} triggers are in the ring of fired ones, {in_ring} say so")
    return broken


def _trigger_faults(tables, row):
    trigger = tables.rows("triggers")[row]
    faults = []
    if tables.code_of(trigger.order_id) != ORDERS_MAX + row:
        faults.append(f"trigger {row} is not found by its id {trigger.order_id}")
    ladder, key = _fire_node(tables, row, "ladder"), _fire_node(tables, row, "key_units")
    if (trigger.fired == WAITING) != (ladder != 0) or (ladder != 0 and key != trigger.trigger_units):
        faults.append(f"trigger {row} in state {trigger.fired} has a node in {ladder} at {key}")
    if trigger.fired not in (WAITING, FIRED):
        faults.append(f"trigger {row} is listed in state {trigger.fired}")
    return faults


def pairs_name_each_other(state):
    """Whoever names an OCO partner is named by it.  OCOO-001"""
    tables = _as_tables(state)
    broken = []
    for row in tables.live("triggers", "oco_order_id").tolist():
        trigger = tables.rows("triggers")[row]
        broken += _pair_faults(tables, int(trigger.order_id), int(trigger.oco_order_id))
    ids, partners, lots = (tables.column("orders", name) for name in ("order_id", "oco_order_id", "remaining_lots"))
    for row in np.flatnonzero((partners != 0) & (lots > 0)).tolist():
        broken += _pair_faults(tables, int(ids[row]), int(partners[row]))
    return broken


def _pair_faults(tables, order_id, oco_order_id):
    code = tables.code_of(oco_order_id)
    if code == 0:
        return [f"order {order_id} names {oco_order_id}, which is gone"]
    table, row = ("orders", code) if code < ORDERS_MAX else ("triggers", code - ORDERS_MAX)
    named = int(tables.column(table, "oco_order_id")[row])
    return [] if named == order_id else [f"order {order_id} names {oco_order_id}, which names {named}"]


def expiries_are_a_heap(state):
    """No entry is due before the one above it, and every good-till-date order has an entry.  TRIG-011"""
    tables = _as_tables(state)
    live, entries = tables.pool("expiries").live, tables.rows("expiries")
    keys = [(int(entries[slot].expires_ns), int(entries[slot].order_id)) for slot in range(1, live + 1)]
    broken = [f"expiry {slot + 1} is due before its parent" for slot in range(1, live)
              if keys[slot] < keys[(slot + 1) // 2 - 1]]
    known = set(keys)
    for table, held in (("triggers", "position"), ("orders", "order_id")):
        rows = np.flatnonzero((tables.column(table, held) != 0) & (tables.column(table, "expires_ns") != 0))
        ids, times = tables.column(table, "order_id")[rows], tables.column(table, "expires_ns")[rows]
        broken += [f"order {order_id} ends at {time} but nobody remembers" for time, order_id in zip(
            times.tolist(), ids.tolist()) if (time, order_id) not in known]
    return broken


INVARIANTS = [nothing_is_left_to_settle, every_protected_lot_has_its_stop, targets_never_exceed_protection,
              trigger_lists_agree, pairs_name_each_other, expiries_are_a_heap]
"""Part of the list in ``invariants.py``; each takes tables, or a state, and returns what is broken."""
