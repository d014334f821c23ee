"""Orders of people as rows of one table: open and ended ones by id and by account, folded from the commonest events.

An event that is not common (a fill, a trigger, a bracket, a refusal) is the caller's: the fold stops there and is
called again. Nothing here decides anything; what is told of an order is made elsewhere.
"""
import numpy as np

from ..codes import (
    BRACKET_CHANGED,
    NOTE,
    ORDER_ACCEPTED,
    ORDER_AMENDED,
    ORDER_CANCELED,
    ORDER_RESTED,
    PLACE_ORDER,
    REJECTED,
    TIF_GTD,
    TRADED,
    TRIGGER_ACCEPTED,
    TRIGGER_CANCELED,
    TRIGGER_FIRED,
    TRIGGER_MOVED,
    canceled_by_owner,
)
from ..engine.records import FIRST_TRADER_ACCOUNT
from ..kernel import entry, kernel

i4, i8 = np.int32, np.int64
FIRST_PERSON, PEOPLE_END = FIRST_TRADER_ACCOUNT, 1 << 19
"""Accounts of people: see :data:`steelyard.views.view.PEOPLE`."""
ROWS = 1 << 20
"""Orders kept at most, open ones of people among them; row 0 is none."""
CHAINS = 1 << 20
"""Chains to find an order by its id: one for each row."""
NAMED = 1 << 14
"""Names of one batch that wait for the caller."""
OPEN, WAITING, FILLED, CANCELED, REFUSED, FIRED = range(6)
LIVE, ENDED = 1, 2

SCALARS = """
order_id account instrument side order_type size_lots price_ticks state reason filled_lots filled_value_atoms
price_sum_low price_sum_high fee_atoms trigger_units trigger_source trail_offset_ticks time_in_force expires_ns
order_flags display_lots role parent_order_id created_ns updated_ns has_bracket name_bytes sequence
""".split()
NAME_WORDS = 6
ORDER_ROW = np.dtype([(name, i8) for name in SCALARS] + [("name", i8, (NAME_WORDS,)), ("contents", i8, (2,))])
LINK = np.dtype([                        # where a row stands: 0 = nowhere, LIVE or ENDED
    ("chain", i4), ("own_next", i4), ("own_previous", i4), ("end_next", i4), ("end_previous", i4), ("place", i4),
    ("changed", i4), ("pad", i4)])
ROOM = np.dtype([                        # the orders of one account: open ones as they came, ended ones as they ended
    ("live_first", i4), ("live_last", i4), ("ended_first", i4), ("ended_last", i4), ("ended_count", i4),
    ("watched", i4)])
ORDERS = np.dtype([
    ("free", i8), ("high_water", i8),                    # first free row, rows used so far
    ("gone", i8),                                        # first row that was forgotten and is still the caller's
    ("ended_first", i8), ("ended_last", i8), ("ended_count", i8),
    ("ended_max", i8), ("ended_account_max", i8),
    ("dirty_count", i8), ("named_count", i8),
    ("asks", i8),                                        # 1: what happens to orders that are not here is the caller's
    ("rows", ORDER_ROW, (ROWS,)), ("links", LINK, (ROWS,)), ("heads", i4, (CHAINS,)), ("rooms", ROOM, (PEOPLE_END,)),
    ("dirty", i4, (ROWS,)), ("named_rows", i4, (NAMED,)), ("named_at", i4, (NAMED,)),
])


@kernel
def is_person(account):
    """Whether an account is a person's."""
    return FIRST_PERSON <= account < PEOPLE_END


@kernel
def chain_of(order_id):
    """The chain an id is in."""
    return (((order_id ^ (order_id >> 31)) & 0x7FFFFFFF) * 1640531527 >> 12) & (CHAINS - 1)


@kernel
def find(orders, order_id):
    """The row of an order, 0 for none."""
    row = orders.heads[chain_of(order_id)]
    while row != 0 and orders.rows[row].order_id != order_id:
        row = orders.links[row].chain
    return row


@kernel
def touch(orders, row):
    """Note that an order changed, once until it is told."""
    link = orders.links[row]
    if link.changed == 0 and orders.dirty_count < ROWS:
        link.changed = 1
        orders.dirty[orders.dirty_count] = row
        orders.dirty_count += 1


# ---------------------------------------------------------------- lists
@kernel
def append_live(orders, row):
    """Put a row at the end of its account's open orders."""
    link = orders.links[row]
    room = orders.rooms[orders.rows[row].account]
    link.place = LIVE
    link.own_next = 0
    link.own_previous = room.live_last
    if room.live_last != 0:
        orders.links[room.live_last].own_next = row
    else:
        room.live_first = row
    room.live_last = row


@kernel
def remove_live(orders, row):
    """Take a row out of its account's open orders."""
    link = orders.links[row]
    room = orders.rooms[orders.rows[row].account]
    if link.own_previous != 0:
        orders.links[link.own_previous].own_next = link.own_next
    else:
        room.live_first = link.own_next
    if link.own_next != 0:
        orders.links[link.own_next].own_previous = link.own_previous
    else:
        room.live_last = link.own_previous
    link.place = 0


@kernel
def append_ended(orders, row):
    """Put a row at the end of its account's ended orders and of all ended ones."""
    link = orders.links[row]
    room = orders.rooms[orders.rows[row].account]
    link.place = ENDED
    link.own_next = 0
    link.own_previous = room.ended_last
    if room.ended_last != 0:
        orders.links[room.ended_last].own_next = row
    else:
        room.ended_first = row
    room.ended_last = row
    room.ended_count += 1
    link.end_next = 0
    link.end_previous = orders.ended_last
    if orders.ended_last != 0:
        orders.links[orders.ended_last].end_next = row
    else:
        orders.ended_first = row
    orders.ended_last = row
    orders.ended_count += 1


@kernel
def remove_ended(orders, row):
    """Take a row out of the ended orders."""
    link = orders.links[row]
    room = orders.rooms[orders.rows[row].account]
    if link.own_previous != 0:
        orders.links[link.own_previous].own_next = link.own_next
    else:
        room.ended_first = link.own_next
    if link.own_next != 0:
        orders.links[link.own_next].own_previous = link.own_previous
    else:
        room.ended_last = link.own_previous
    room.ended_count -= 1
    if link.end_previous != 0:
        orders.links[link.end_previous].end_next = link.end_next
    else:
        orders.ended_first = link.end_next
    if link.end_next != 0:
        orders.links[link.end_next].end_previous = link.end_previous
    else:
        orders.ended_last = link.end_previous
    orders.ended_count -= 1
    link.place = 0


@kernel
def forget(orders, row):
    """An ended order is kept no longer. Where it has a name or a bracket the caller lets go of those first."""
    remove_ended(orders, row)
    held = orders.rows[row]
    link = orders.links[row]
    chain = chain_of(held.order_id)
    before = orders.heads[chain]
    if before == row:
        orders.heads[chain] = link.chain
    else:
        while orders.links[before].chain != row:
            before = orders.links[before].chain
        orders.links[before].chain = link.chain
    link.changed = 0
    if held.name_bytes != 0 or held.has_bracket != 0:
        link.chain = orders.gone
        orders.gone = row
    else:
        link.chain = orders.free
        orders.free = row


@kernel
def new_row(orders, order_id, account):
    """A row for an open order, wiped, found by its id from now on; 0 where there is no room."""
    row = orders.free
    if row != 0:
        orders.free = orders.links[row].chain
    else:
        if orders.high_water + 1 >= ROWS:
            return 0
        orders.high_water += 1
        row = orders.high_water
    held = orders.rows[row]
    held.order_id = order_id
    held.account = account
    held.reason = 0
    held.filled_lots = 0
    held.filled_value_atoms = 0
    held.price_sum_low = 0
    held.price_sum_high = 0
    held.fee_atoms = 0
    held.trigger_units = 0
    held.trigger_source = 0
    held.trail_offset_ticks = 0
    held.role = 0
    held.parent_order_id = 0
    held.has_bracket = 0
    held.name_bytes = 0
    held.contents[0] = 0
    held.contents[1] = 0
    chain = chain_of(order_id)
    orders.links[row].chain = orders.heads[chain]
    orders.heads[chain] = row
    append_live(orders, row)
    touch(orders, row)
    return row


@kernel
def end(orders, row, state, reason, time_ns):
    """An order is over; the oldest ended ones make room.  VIEW-002"""
    held = orders.rows[row]
    held.state = state
    held.reason = reason
    held.updated_ns = time_ns
    touch(orders, row)
    if orders.links[row].place != LIVE:
        return
    remove_live(orders, row)
    append_ended(orders, row)
    room = orders.rooms[held.account]
    if room.ended_count > orders.ended_account_max:
        forget(orders, room.ended_first)
    while orders.ended_count > orders.ended_max:
        forget(orders, orders.ended_first)


# ---------------------------------------------------------------- events
@kernel
def accept(orders, event, command):
    """A plain order was taken: its row as the command asked for it."""
    row = new_row(orders, event.order_id, event.account)
    if row == 0:
        return 0
    held = orders.rows[row]
    held.instrument = event.instrument
    held.side = event.side
    held.order_type = command.order_type
    held.size_lots = event.size_lots
    held.price_ticks = command.price_ticks
    held.state = OPEN
    held.sequence = event.sequence
    held.time_in_force = command.time_in_force
    held.expires_ns = command.expires_ns if command.time_in_force == TIF_GTD else 0
    held.order_flags = event.flags
    held.display_lots = command.display_lots
    held.created_ns = event.time_ns
    held.updated_ns = event.time_ns
    return row


@kernel
def is_plain(event, command):
    """Whether a command is the PLACE_ORDER of an event and asks for nothing but an order."""
    return (command.kind == PLACE_ORDER and command.order_id == event.order_id and command.stop_ticks == 0
            and command.trail_offset_ticks == 0)


@kernel
def change(orders, event):
    """An order rests, was amended or canceled. False where that is the caller's."""
    row = find(orders, event.order_id)
    if row == 0:
        return orders.asks == 0
    held = orders.rows[row]
    if event.kind == ORDER_CANCELED or event.kind == TRIGGER_CANCELED:
        if orders.asks != 0 and event.reason != canceled_by_owner:
            return False
        if held.state != FILLED and held.state != CANCELED and held.state != REFUSED:
            end(orders, row, CANCELED, event.reason, event.time_ns)
        return True
    held.size_lots = held.filled_lots + event.size_lots
    held.price_ticks = event.price_ticks
    held.updated_ns = event.time_ns
    if event.kind == ORDER_RESTED:
        held.state = OPEN
    else:
        held.display_lots = min(held.display_lots, event.size_lots)
    touch(orders, row)
    return True


@kernel
def is_left(event):
    """Whether an event of a person is the caller's."""
    kind = event.kind
    return (kind == TRADED or kind == TRIGGER_ACCEPTED or kind == TRIGGER_FIRED or kind == TRIGGER_MOVED
            or kind == BRACKET_CHANGED or (kind == REJECTED and event.order_type == PLACE_ORDER))


@entry
def fold_orders(tables, events, commands, first, begin, note_before):
    """Take in events from ``begin`` on. Returns the index of one that is the caller's, or the number of events.

    first        sequence of ``commands[0]``
    note_before  1 where the batch before ended with a note: the order of the first command is the caller's
    """
    orders = tables[0]
    for at in range(begin, len(events)):
        event = events[at]
        kind = event.kind
        if kind == TRADED:
            if is_person(event.account) or is_person(event.other_account):
                return at
        elif is_person(event.account):
            if kind == ORDER_ACCEPTED:
                index = event.command_sequence - first
                if index < note_before or index >= len(commands) or orders.named_count >= NAMED:
                    return at
                command = commands[index]
                if not is_plain(event, command):
                    return at
                row = accept(orders, event, command)
                if row == 0:
                    return at
                if index > 0:
                    note = commands[index - 1]
                    if note.kind == NOTE and note.order_id == event.order_id and note.account == event.account and (
                            note.parameter == 0):
                        orders.rows[row].name_bytes = 1          # until the caller has read it
                        orders.named_rows[orders.named_count] = row
                        orders.named_at[orders.named_count] = index
                        orders.named_count += 1
            elif kind == ORDER_RESTED or kind == ORDER_CANCELED or kind == ORDER_AMENDED or kind == TRIGGER_CANCELED:
                if not change(orders, event):
                    return at
            elif is_left(event):
                return at
    return len(events)


@kernel
def is_special(event):
    """Whether an event of a person is anything but the ordinary course of an order."""
    kind = event.kind
    if kind == ORDER_CANCELED:
        return event.reason != canceled_by_owner
    return kind != ORDER_ACCEPTED and kind != ORDER_RESTED and kind != ORDER_AMENDED and kind != REJECTED


@entry
def find_special(events, found):
    """Note the events that name a person and are special; returns how many.  VIEW-001"""
    count = 0
    for at in range(len(events)):
        event = events[at]
        if (is_person(event.account) or is_person(event.other_account)) and is_special(event):
            found[count] = at
            count += 1
    return count


@entry
def number_orders(commands, first):
    """Orders get their sequence as id, a note its order's: the one after it (SERV-009)."""
    for at in range(len(commands)):
        command = commands[at]
        if command.kind == PLACE_ORDER:
            command.order_id = first + at
        elif command.kind == NOTE:
            command.order_id = first + at + 1


# ---------------------------------------------------------------- for the caller's events and questions
@entry
def find_order(tables, order_id):
    """The row of an order, 0 for none."""
    return find(tables[0], order_id)


@entry
def add_order(tables, order_id, account):
    """A wiped row for an open order; 0 where there is no room."""
    return new_row(tables[0], order_id, account)


@entry
def touch_order(tables, row):
    """Note that an order changed."""
    touch(tables[0], row)


@entry
def end_order(tables, row, state, reason, time_ns):
    """An order is over."""
    end(tables[0], row, state, reason, time_ns)


@entry
def take_out_order(tables, row):
    """An open order is kept elsewhere from now on: its row is free."""
    orders = tables[0]
    remove_live(orders, row)
    append_ended(orders, row)
    forget(orders, row)


@entry
def revive_order(tables, row):
    """An order that had ended is open again."""
    orders = tables[0]
    if orders.links[row].place == ENDED:
        remove_ended(orders, row)
        append_live(orders, row)
    touch(orders, row)


@entry
def forget_oldest(tables, count):
    """Forget up to ``count`` of the orders that ended first."""
    orders = tables[0]
    while count > 0 and orders.ended_first != 0:
        forget(orders, orders.ended_first)
        count -= 1


@entry
def release(tables):
    """The caller has let go of the forgotten rows: they may be used again."""
    orders = tables[0]
    while orders.gone != 0:
        row = orders.gone
        orders.gone = orders.links[row].chain
        orders.links[row].chain = orders.free
        orders.free = row


@entry
def collect_gone(tables, found):
    """Note the rows that were forgotten and are still the caller's; returns how many fit."""
    orders = tables[0]
    row = orders.gone
    count = 0
    while row != 0 and count < len(found):
        found[count] = row
        count += 1
        row = orders.links[row].chain
    return count


@entry
def collect(tables, account, place, found):
    """Note the open (LIVE) or ended (ENDED) orders of an account, oldest first; returns how many fit."""
    orders = tables[0]
    row = orders.rooms[account].live_first if place == LIVE else orders.rooms[account].ended_first
    count = 0
    while row != 0 and count < len(found):
        found[count] = row
        count += 1
        row = orders.links[row].own_next
    return count


@entry
def take_changed(tables, found):
    """Note the changed orders of accounts that are watched, in order of their first change, and forget all changes;
    returns how many."""
    orders = tables[0]
    count = 0
    for at in range(orders.dirty_count):
        row = orders.dirty[at]
        link = orders.links[row]
        if link.changed != 0:
            link.changed = 0
            if link.place != 0 and orders.rooms[orders.rows[row].account].watched != 0 and count < len(found):
                found[count] = row
                count += 1
    orders.dirty_count = 0
    return count
