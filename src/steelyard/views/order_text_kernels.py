"""Plain orders as JSON, written from their rows: what is said of most orders, in a hundredth of the time (SERV-006).

Plain is what has neither traded nor a trigger nor a bracket. Everything else is written by the door, in the same words.
"""
import numpy as np

from ..codes import (
    FLAG_CLOSE,
    FLAG_HIDDEN,
    FLAG_POST_ONLY,
    FLAG_POST_ONLY_CANCEL,
    FLAG_REDUCE_ONLY,
    ORDER_MARKET,
    ORDER_STOP_MARKET,
    SELL,
)
from ..engine.records import INSTRUMENTS_MAX
from ..kernel import entry, kernel
from .order_kernels import find

i8, u1 = np.int64, np.uint8
TEXT_BYTES = 128
TEXTS_MAX = 640
SAID_BYTES = 1 << 20
"""Bytes written at once; what does not fit is the caller's."""
ORDER_BYTES_MAX = 2048
TEXT = np.dtype([("length", i8), ("bytes", u1, (TEXT_BYTES,))])
ORDER_SCALE = np.dtype([("is_shown", i8), ("tick", i8), ("price_decimals", i8), ("lot", i8), ("size_decimals", i8),
                        ("cash_decimals", i8), ("symbol", TEXT)])
TEXTS = np.dtype([("texts", TEXT, (TEXTS_MAX,)), ("scales", ORDER_SCALE, (INSTRUMENTS_MAX,))])
SAID = np.dtype([("length", i8), ("bytes", u1, (SAID_BYTES,))])

KEYS = (
    '{"order_id":"', '","client_order_id":', ',"symbol":"', '","side":"', '","type":"', '","size":"',
    '","filled":"', '","remaining":"', '","price":',
    ',"trigger_price":null,"trigger_source":null,"trail_offset":null,"time_in_force":"', '","expires":',
    ',"post_only":', ',"reduce_only":', ',"close":', ',"display_size":', ',"state":"', '","reason":',
    ',"average_price":null,"fee":"', '","bracket":null,"role":"', '","parent_order_id":', ',"created":',
    ',"updated":', "}", "null", "true", "false", "buy", "sell", '"0"')
(ORDER_ID, CLIENT, SYMBOL, SIDE, TYPE, SIZE, FILLED, REMAINING, PRICE, TIME_IN_FORCE, EXPIRES, POST_ONLY, REDUCE_ONLY,
 CLOSE, DISPLAY, STATE, REASON, FEE, ROLE, PARENT, CREATED, UPDATED, END, NULL, TRUE, FALSE, BUY, SOLD,
 HIDDEN) = range(len(KEYS))
TYPES, TIMES, STATES, ROLES, REASONS = 40, 60, 70, 80, 100
"""Where the names of each kind begin among the texts."""
QUOTE, MINUS, POINT, ZERO = 34, 45, 46, 48


@kernel
def say(said, text):
    """Append a text."""
    begin = said.length
    length = text.length
    for at in range(length):
        said.bytes[begin + at] = text.bytes[at]
    said.length = begin + length


@kernel
def say_byte(said, byte):
    """Append one byte."""
    said.bytes[said.length] = byte
    said.length += 1


@kernel
def say_number(said, number, digits):
    """Append a number >= 0 with at least so many digits."""
    count = 1
    power = 10
    while count < 19 and (count < digits or number >= power):
        count += 1
        if count < 19:
            power *= 10
    at = said.length + count
    said.length = at
    while count > 0:
        at -= 1
        said.bytes[at] = ZERO + number % 10
        number //= 10
        count -= 1


@kernel
def say_fixed(said, number, decimals):
    """Append ``number`` x 10**-decimals as :func:`steelyard.views.scales.fixed` writes it."""
    if number < 0:
        say_byte(said, MINUS)
        number = -number
    if decimals == 0:
        say_number(said, number, 1)
        return
    power = 1
    for _ in range(decimals):
        power *= 10
    say_number(said, number // power, 1)
    say_byte(said, POINT)
    say_number(said, number % power, decimals)


@kernel
def say_word(said, texts, is_true):
    """Append true or false."""
    say(said, texts.texts[TRUE if is_true else FALSE])


@kernel
def say_quoted(said, text):
    """Append a text in quotes."""
    say_byte(said, QUOTE)
    say(said, text)
    say_byte(said, QUOTE)


@kernel
def is_plain_name(row):
    """Whether a name needs no escape."""
    for at in range(row.name_bytes):
        byte = (row.name[at >> 3] >> (8 * (at & 7))) & 255
        if byte < 45 or byte > 122 or byte == 92 or byte == 60 or byte == 62:
            return False
    return True


@kernel
def is_plain_row(texts, row):
    """Whether an order is written here."""
    return (row.filled_lots == 0 and row.trigger_units == 0 and row.order_type < ORDER_STOP_MARKET
            and row.trail_offset_ticks == 0 and row.has_bracket == 0 and texts.scales[row.instrument].is_shown != 0
            and is_plain_name(row))


@kernel
def say_name(said, texts, row):
    """Append the name its owner gave it."""
    if row.name_bytes == 0:
        say(said, texts.texts[NULL])
        return
    say_byte(said, QUOTE)
    for at in range(row.name_bytes):
        say_byte(said, (row.name[at >> 3] >> (8 * (at & 7))) & 255)
    say_byte(said, QUOTE)


@kernel
def say_asked(said, texts, scale, row):
    """Append what was asked for: from the id to the time in force."""
    pieces = texts.texts
    say(said, pieces[ORDER_ID])
    say_number(said, row.order_id, 1)
    say(said, pieces[CLIENT])
    say_name(said, texts, row)
    say(said, pieces[SYMBOL])
    say(said, scale.symbol)
    say(said, pieces[SIDE])
    say(said, pieces[SOLD if row.side == SELL else BUY])
    say(said, pieces[TYPE])
    say(said, pieces[TYPES + row.order_type])
    say(said, pieces[SIZE])
    say_fixed(said, row.size_lots * scale.lot, scale.size_decimals)
    say(said, pieces[FILLED])
    say_fixed(said, 0, scale.size_decimals)
    say(said, pieces[REMAINING])
    say_fixed(said, max(0, row.size_lots) * scale.lot, scale.size_decimals)
    say(said, pieces[PRICE])
    if row.price_ticks != 0 and row.order_type != ORDER_MARKET:
        say_byte(said, QUOTE)
        say_fixed(said, row.price_ticks * scale.tick, scale.price_decimals)
        say_byte(said, QUOTE)
    else:
        say(said, pieces[NULL])
    say(said, pieces[TIME_IN_FORCE])
    say(said, pieces[TIMES + row.time_in_force])
    say(said, pieces[EXPIRES])
    if row.expires_ns != 0:
        say_number(said, row.expires_ns // 1_000_000, 1)
    else:
        say(said, pieces[NULL])


@kernel
def say_order(said, texts, row):
    """Append a plain order."""
    pieces = texts.texts
    scale = texts.scales[row.instrument]
    say_asked(said, texts, scale, row)
    flags = row.order_flags
    say(said, pieces[POST_ONLY])
    say_word(said, texts, flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_CANCEL) != 0)
    say(said, pieces[REDUCE_ONLY])
    say_word(said, texts, flags & (FLAG_REDUCE_ONLY | FLAG_CLOSE) != 0)
    say(said, pieces[CLOSE])
    say_word(said, texts, flags & FLAG_CLOSE != 0)
    say(said, pieces[DISPLAY])
    if row.display_lots != 0:
        say_byte(said, QUOTE)
        say_fixed(said, row.display_lots * scale.lot, scale.size_decimals)
        say_byte(said, QUOTE)
    else:
        say(said, pieces[HIDDEN if flags & FLAG_HIDDEN != 0 else NULL])
    say(said, pieces[STATE])
    say(said, pieces[STATES + row.state])
    say(said, pieces[REASON])
    if row.reason != 0:
        say_quoted(said, pieces[REASONS + row.reason])
    else:
        say(said, pieces[NULL])
    say(said, pieces[FEE])
    say_fixed(said, row.fee_atoms, scale.cash_decimals)
    say(said, pieces[ROLE])
    say(said, pieces[ROLES + row.role])
    say(said, pieces[PARENT])
    if row.parent_order_id != 0:
        say_byte(said, QUOTE)
        say_number(said, row.parent_order_id, 1)
        say_byte(said, QUOTE)
    else:
        say(said, pieces[NULL])
    say(said, pieces[CREATED])
    say_number(said, row.created_ns // 1_000_000, 1)
    say(said, pieces[UPDATED])
    say_number(said, row.updated_ns // 1_000_000, 1)
    say(said, pieces[END])


@entry
def write_orders(tables, words, ids, outs, ends):
    """Write the plain ones of some orders one after the other; ``ends`` says where each ends, -1 where it is the
    caller's."""
    orders = tables[0]
    texts = words[0]
    said = outs[0]
    said.length = 0
    for at in range(len(ids)):
        ends[at] = -1
        row = find(orders, ids[at])
        if row != 0 and said.length + ORDER_BYTES_MAX <= SAID_BYTES and is_plain_row(texts, orders.rows[row]):
            say_order(said, texts, orders.rows[row])
            ends[at] = said.length
