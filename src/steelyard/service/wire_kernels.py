"""The commonest messages read and answered by compiled code: limit orders and cancels, many at a time (SERV-019).

What is not understood here is left to the caller, who reads it with the decoder of everything: nothing is refused here,
and what is taken is taken as the decoder would (a test compares both).
"""
import numpy as np

from ..codes import (
    CANCEL_ORDER,
    FLAG_POST_ONLY,
    FLAG_REDUCE_ONLY,
    ORDER_LIMIT,
    PLACE_ORDER,
    REJECTED,
    TIF_FOK,
    TIF_GTC,
    TIF_IOC,
)
from ..engine.records import ACCOUNTS_MAX, INSTRUMENTS_MAX
from ..kernel import entry, kernel
from ..views.order_kernels import find
from ..views.order_text_kernels import ORDER_BYTES_MAX, SAID_BYTES, is_plain_row, say, say_byte, say_order

i4, i8, u1 = np.int32, np.int64, np.uint8
WORD_BYTES = 64
TAG_BYTES_MAX = 256
FRAME_HEAD_BYTES = 4
WHOLE_TEXT, SIZE_FOLLOWS = 0x81, 126
"""How the frame of an answer begins; then its size in two bytes. No answer is shorter than 126 bytes: the names of its
fields alone are longer."""
DIGITS_MAX = 17
"""Digits of a number, with the decimals of its grid, that are read here."""
TICKS_MAX, LOTS_MAX = (1 << 31) - 1, 1 << 53

WORDS = ("id", "op", "order_id", "symbol", "side", "type", "size", "price", "time_in_force", "post_only", "reduce_only",
         "order.place", "order.cancel", "buy", "sell", "limit", "gtc", "ioc", "fok", "true", "false",
         '{"id":', ',"ok":true,"result":')
"""Fields first; then what they may say; then what an answer begins with."""
(ID, OP, ORDER_ID, SYMBOL, SIDE, TYPE, SIZE, PRICE, TIME_IN_FORCE, POST_ONLY, REDUCE_ONLY, PLACE, CANCEL, BUY, SELL,
 LIMIT, GTC, IOC, FOK, TRUE, FALSE, HEAD, TAKEN) = range(len(WORDS))
FIELDS = REDUCE_ONLY + 1
QUOTE, COMMA, COLON, BACKSLASH, OPEN, CLOSE, SPACE, POINT, ZERO, NINE = 34, 44, 58, 92, 123, 125, 32, 46, 48, 57

WORD = np.dtype([("length", i8), ("bytes", u1, (WORD_BYTES,))])
GRID = np.dtype([("id", i8), ("tick", i8), ("price_decimals", i8), ("lot", i8), ("size_decimals", i8),
                 ("symbol", WORD)])
WIRE = np.dtype([
    ("may_place", i8), ("taken", i8),                    # whether orders are taken now; how many messages were read
    ("grids", i8), ("begins", i8, (FIELDS,)), ("ends", i8, (FIELDS,)),   # of the message that is read
    ("words", WORD, (len(WORDS),)), ("grid", GRID, (INSTRUMENTS_MAX,))])
QUEUE = np.dtype([("waiting", i8), ("new_max", i8), ("account_max", i8), ("accounts", i4, (ACCOUNTS_MAX,))])
"""Commands of people that wait for the engine, altogether and by account (SERV-013)."""
TICKET = np.dtype([("at", i8), ("account", i8), ("order_id", i8), ("tag_begin", i8), ("tag_end", i8)])


@kernel
def same(data, begin, end, word):
    """Whether bytes are a word."""
    if end - begin != word.length:
        return False
    for at in range(word.length):
        if data[begin + at] != word.bytes[at]:
            return False
    return True


@kernel
def after_spaces(data, at, end):
    """The next place that is no space."""
    while at < end and data[at] == SPACE:
        at += 1
    return at


@kernel
def text_end(data, at, end):
    """Where a plain text's closing quote is; -1 where it has none, an escape, or a byte that is not plain ASCII."""
    while at < end:
        byte = data[at]
        if byte == QUOTE:
            return at
        if byte < SPACE or byte > 126 or byte == BACKSLASH:
            return -1
        at += 1
    return -1


@kernel
def number_end(data, at, end):
    """Where a whole number without sign and needless zeros ends; -1 for anything else."""
    begin = at
    while at < end and ZERO <= data[at] <= NINE:
        at += 1
    if at == begin or at - begin > 18 or (data[begin] == ZERO and at - begin > 1):
        return -1
    return at


@kernel
def field_of(wire, data, begin, end):
    """The number of a field, -1 for one that is not read here."""
    for number in range(FIELDS):
        if same(data, begin, end, wire.words[number]):
            return number
    return -1


@kernel
def value_end(wire, data, field, at, end):
    """Note where the value of a field lies, and give the place after it; -1 for a value that is not read here."""
    wire.begins[field] = at
    if data[at] == QUOTE and field < POST_ONLY:
        found = text_end(data, at + 1, end)
        if found < 0:
            return -1
        if field != ID:
            wire.begins[field] = at + 1
            wire.ends[field] = found
            return found + 1
        found += 1
    elif field == ID:
        found = number_end(data, at, end)
    elif field >= POST_ONLY and data[at] == wire.words[TRUE].bytes[0]:
        found = at + 4
    elif field >= POST_ONLY:
        found = at + 5
    else:
        return -1
    if found > end:
        return -1
    wire.ends[field] = found
    return found


@kernel
def read_fields(wire, data, begin, end):
    """Find the fields of a message; False where anything about it is not common."""
    for field in range(FIELDS):
        wire.begins[field] = -1
    at = after_spaces(data, begin, end)
    if at >= end or data[at] != OPEN:
        return False
    at += 1
    while True:
        at = after_spaces(data, at, end)
        if at >= end or data[at] != QUOTE:
            return False
        close = text_end(data, at + 1, end)
        if close < 0:
            return False
        field = field_of(wire, data, at + 1, close)
        at = after_spaces(data, close + 1, end)
        if field < 0 or wire.begins[field] >= 0 or at >= end or data[at] != COLON:
            return False
        at = after_spaces(data, at + 1, end)
        if at >= end:
            return False
        at = value_end(wire, data, field, at, end)
        if at < 0:
            return False
        at = after_spaces(data, at, end)
        if at >= end:
            return False
        if data[at] == CLOSE:
            return after_spaces(data, at + 1, end) == end
        if data[at] != COMMA:
            return False
        at += 1


@kernel
def says(wire, data, field, word):
    """Whether a field says a word."""
    return wire.begins[field] >= 0 and same(data, wire.begins[field], wire.ends[field], wire.words[word])


@kernel
def steps_of(data, begin, end, step, decimals, most):
    """Decimal text in steps of ``step`` x 10**-decimals; 0 where that is no whole number from 1 to ``most``, or where
    the caller has to look at it."""
    value = 0
    digits = 0
    at = begin
    while at < end and ZERO <= data[at] <= NINE:
        value = 10 * value + i8(data[at]) - ZERO
        at += 1
        digits += 1
        if digits + decimals > DIGITS_MAX:
            return 0
    if digits == 0:
        return 0
    behind = 0
    if at < end:
        if data[at] != POINT or at + 1 == end or end - at > 18:
            return 0
        at += 1
        while at < end:
            digit = i8(data[at]) - ZERO
            if digit < 0 or digit > 9 or (behind >= decimals and digit != 0):
                return 0
            if behind < decimals:
                value = 10 * value + digit
                behind += 1
            at += 1
    while behind < decimals:
        value *= 10
        behind += 1
    if value % step != 0 or value // step > most:
        return 0
    return value // step


@kernel
def grid_of(wire, data):
    """The place of the instrument a message names, -1 for none."""
    for at in range(wire.grids):
        if same(data, wire.begins[SYMBOL], wire.ends[SYMBOL], wire.grid[at].symbol):
            return at
    return -1


@kernel
def flag_of(wire, data, field):
    """1, 0, or -1 where the field says neither true nor false."""
    if wire.begins[field] < 0 or says(wire, data, field, FALSE):
        return 0
    return 1 if says(wire, data, field, TRUE) else -1


@kernel
def time_of(wire, data):
    """The time in force a message names, -1 for one that is not read here."""
    if wire.begins[TIME_IN_FORCE] < 0 or says(wire, data, TIME_IN_FORCE, GTC):
        return TIF_GTC
    if says(wire, data, TIME_IN_FORCE, IOC):
        return TIF_IOC
    if says(wire, data, TIME_IN_FORCE, FOK):
        return TIF_FOK
    return -1


@kernel
def read_place(wire, data, command):
    """Fill the command of a plain limit order; False where it is none."""
    if (wire.begins[ORDER_ID] >= 0 or wire.begins[SYMBOL] < 0 or wire.begins[SIZE] < 0 or wire.begins[PRICE] < 0
            or (wire.begins[TYPE] >= 0 and not says(wire, data, TYPE, LIMIT))):
        return False
    is_buy = says(wire, data, SIDE, BUY)
    if not is_buy and not says(wire, data, SIDE, SELL):
        return False
    at = grid_of(wire, data)
    time = time_of(wire, data)
    post_only = flag_of(wire, data, POST_ONLY)
    reduce_only = flag_of(wire, data, REDUCE_ONLY)
    if at < 0 or time < 0 or post_only < 0 or reduce_only < 0:
        return False
    grid = wire.grid[at]
    lots = steps_of(data, wire.begins[SIZE], wire.ends[SIZE], grid.lot, grid.size_decimals, LOTS_MAX)
    ticks = steps_of(data, wire.begins[PRICE], wire.ends[PRICE], grid.tick, grid.price_decimals, TICKS_MAX)
    if lots == 0 or ticks == 0:
        return False
    command.kind = PLACE_ORDER
    command.instrument = grid.id
    command.side = 1 if is_buy else -1
    command.order_type = ORDER_LIMIT
    command.time_in_force = time
    command.flags = post_only * FLAG_POST_ONLY + reduce_only * FLAG_REDUCE_ONLY
    command.size_lots = lots
    command.price_ticks = ticks
    return True


@kernel
def read_cancel(wire, data, command):
    """Fill the command that takes an order back by its id; False where the message says anything else."""
    if wire.begins[ORDER_ID] < 0:
        return False
    for field in range(SYMBOL, FIELDS):
        if wire.begins[field] >= 0:
            return False
    number = steps_of(data, wire.begins[ORDER_ID], wire.ends[ORDER_ID], 1, 0, 1 << 62)
    for at in range(wire.begins[ORDER_ID], wire.ends[ORDER_ID]):
        if data[at] == POINT:
            return False
    command.kind = CANCEL_ORDER
    command.order_id = number
    return number != 0


@kernel
def may_wait(wire, queue, account, is_new):
    """Whether a command of an account may join the queue; where it may not the caller refuses it.  SERV-013"""
    if queue.waiting >= queue.new_max or queue.accounts[account] >= queue.account_max:
        return False
    return wire.may_place != 0 or not is_new


@entry
def read_messages(wires, queues, data, ends, accounts, begin, commands, count, empty, tickets):
    """Read messages from ``begin`` on into ``commands`` from ``count`` on, until one is the caller's or there is no
    more room; returns its index, or the number of messages. ``wire.taken`` says how many were read.

    accounts  of each message: who may trade and sent it, 0 where the caller has to look
    """
    wire = wires[0]
    queue = queues[0]
    wire.taken = 0
    for at in range(begin, len(ends)):
        account = accounts[at]
        if account == 0 or count >= len(commands):
            return at
        if not read_fields(wire, data, 0 if at == 0 else ends[at - 1], ends[at]) or wire.begins[ID] < 0:
            return at
        command = commands[count]
        commands[count] = empty[0]
        is_new = says(wire, data, OP, PLACE)
        if is_new:
            if not read_place(wire, data, command):
                return at
        elif not says(wire, data, OP, CANCEL) or not read_cancel(wire, data, command):
            return at
        if wire.ends[ID] - wire.begins[ID] > TAG_BYTES_MAX or not may_wait(wire, queue, account, is_new):
            return at
        command.account = account
        ticket = tickets[wire.taken]
        ticket.at = count
        ticket.account = account
        ticket.order_id = command.order_id
        ticket.tag_begin = wire.begins[ID]
        ticket.tag_end = wire.ends[ID]
        queue.waiting += 1
        queue.accounts[account] += 1
        wire.taken += 1
        count += 1
    return len(ends)


@entry
def answer_messages(wires, queues, tables, texts, data, tickets, events, first, outs, ends):
    """Write the answers of messages whose orders are plain and were not refused, as whole frames one after the other
    (RFC 6455, 5.2: text, in one piece, of 126 to 65,535 bytes); they wait no longer. ``ends`` says where each ends, -1
    where it is the caller's.

    first   sequence of the command that tickets count from
    events  of these commands, in order
    """
    wire = wires[0]
    queue = queues[0]
    orders = tables[0]
    said = outs[0]
    said.length = 0
    at = 0
    for number in range(len(tickets)):
        ticket = tickets[number]
        ends[number] = -1
        sequence = first + ticket.at
        while at < len(events) and events[at].command_sequence < sequence:
            at += 1
        refused = False
        while at < len(events) and events[at].command_sequence == sequence:
            refused = refused or events[at].kind == REJECTED
            at += 1
        if refused or said.length + ORDER_BYTES_MAX + TAG_BYTES_MAX + FRAME_HEAD_BYTES > SAID_BYTES:
            continue
        row = find(orders, ticket.order_id if ticket.order_id != 0 else sequence)
        if row == 0 or not is_plain_row(texts[0], orders.rows[row]):
            continue
        head = said.length
        said.length = head + FRAME_HEAD_BYTES
        say(said, wire.words[HEAD])
        for place in range(ticket.tag_begin, ticket.tag_end):
            say_byte(said, data[place])
        say(said, wire.words[TAKEN])
        say_order(said, texts[0], orders.rows[row])
        say_byte(said, CLOSE)
        size = said.length - head - FRAME_HEAD_BYTES
        said.bytes[head] = WHOLE_TEXT
        said.bytes[head + 1] = SIZE_FOLLOWS
        said.bytes[head + 2] = size >> 8
        said.bytes[head + 3] = size & 255
        ends[number] = said.length
        queue.waiting -= 1
        queue.accounts[ticket.account] -= 1
