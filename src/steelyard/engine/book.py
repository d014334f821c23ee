"""Price levels and the queues of orders in them. Only this module links orders.

A book is a directory of pages of 1,024 levels taken from a pool, with bitmaps on two scales, so that a level is two
loads away, the next best price a few bit counts, and an instrument costs what it uses.
"""
from ..codes import BUY, FLAG_HIDDEN
from ..kernel import INT64_MAX, bit, gate, highest_bit, kernel, lowest_bit
from .records import LEVEL_PAGES_MAX, ORDERS_MAX, PAGE_TICKS, PAGES_PER_BOOK

PAGE_SHIFT = 10
PAGE_MASK = PAGE_TICKS - 1
PAGE_WORDS = PAGE_TICKS // 64
DIRECTORY_WORDS = PAGES_PER_BOOK // 4096


@kernel
def side_index(side):
    """0 for bids, 1 for asks."""
    return 0 if side == BUY else 1


@kernel
def level_of(state, instrument_id, ticks):
    """The level at a price; level 0 of page 0, always empty, where no page exists."""
    row = state.books[instrument_id].pages[ticks >> PAGE_SHIFT]
    return state.level_pages[row].levels[ticks & PAGE_MASK]


@kernel
def ensure_page(state, instrument_id, ticks):
    """Row of the page that holds a price, made if missing; 0 where the pool is used up."""
    page_number = ticks >> PAGE_SHIFT
    book = state.books[instrument_id]
    row = book.pages[page_number]
    if row == 0:
        pool = state.level_pages_pool
        if pool.free != 0:
            row = pool.free
            pool.free = state.level_pages[row].page
        elif pool.high_water + 1 < LEVEL_PAGES_MAX:
            row = pool.high_water + 1
            pool.high_water = row
        else:
            return 0
        pool.live += 1
        book.pages[page_number] = row
        state.level_pages[row].instrument = instrument_id
        state.level_pages[row].page = page_number
    return row


@kernel
def free_page(state, instrument_id, page_number):
    """Give an empty page back to the pool."""
    book = state.books[instrument_id]
    row = book.pages[page_number]
    page = state.level_pages[row]
    if page.summary[0] == 0 and page.summary[1] == 0:
        book.pages[page_number] = 0
        pool = state.level_pages_pool
        page.instrument = 0
        page.page = pool.free
        pool.free = row
        pool.live -= 1


@kernel
def mark_level(state, instrument_id, side, ticks):
    """Set the bits that say a level has orders."""
    book = state.books[instrument_id]
    page_number = ticks >> PAGE_SHIFT
    page = state.level_pages[book.pages[page_number]]
    slot = ticks & PAGE_MASK
    page.bits[side, slot >> 6] |= bit(slot & 63)
    if page.summary[side] == 0:
        book.bits[side, page_number >> 6] |= bit(page_number & 63)
        book.summary[side, page_number >> 12] |= bit((page_number >> 6) & 63)
    page.summary[side] |= bit(slot >> 6)


@kernel
def unmark_level(state, instrument_id, side, ticks):
    """Clear the bits of a level that ran empty."""
    book = state.books[instrument_id]
    page_number = ticks >> PAGE_SHIFT
    page = state.level_pages[book.pages[page_number]]
    slot = ticks & PAGE_MASK
    page.bits[side, slot >> 6] &= ~bit(slot & 63)
    if page.bits[side, slot >> 6] == 0:
        page.summary[side] &= ~bit(slot >> 6)
        if page.summary[side] == 0:
            book.bits[side, page_number >> 6] &= ~bit(page_number & 63)
            if book.bits[side, page_number >> 6] == 0:
                book.summary[side, page_number >> 12] &= ~bit((page_number >> 6) & 63)
            free_page(state, instrument_id, page_number)


@kernel
def below(word, index):
    """The bits of ``word`` strictly below bit ``index``; the sign bit is masked out because plain integers have no
    end."""
    return word & (bit(index) - 1) & INT64_MAX


@gate
def highest_below(state, instrument_id, side, ticks):
    """The highest level of a side below ``ticks``; 0 if none. Side index 0 bids, 1 asks."""
    book = state.books[instrument_id]
    page_number = ticks >> PAGE_SHIFT
    row = book.pages[page_number]
    if row != 0 and state.level_pages[row].summary[side] != 0:
        page = state.level_pages[row]
        slot = ticks & PAGE_MASK
        word = slot >> 6
        content = below(page.bits[side, word], slot & 63)
        if content != 0:
            return (page_number << PAGE_SHIFT) + (word << 6) + highest_bit(content)
        groups = below(page.summary[side], word)
        if groups != 0:
            word = highest_bit(groups)
            return (page_number << PAGE_SHIFT) + (word << 6) + highest_bit(page.bits[side, word])
    word = page_number >> 6
    content = below(book.bits[side, word], page_number & 63)
    if content == 0:
        group = word >> 6
        groups = below(book.summary[side, group], word & 63)
        while groups == 0:
            group -= 1
            if group < 0:
                return 0
            groups = book.summary[side, group]
        word = (group << 6) + highest_bit(groups)
        content = book.bits[side, word]
    page_number = (word << 6) + highest_bit(content)
    page = state.level_pages[book.pages[page_number]]
    word = highest_bit(page.summary[side])
    return (page_number << PAGE_SHIFT) + (word << 6) + highest_bit(page.bits[side, word])


@kernel
def above(word, index):
    """The bits of ``word`` strictly above bit ``index``."""
    if index >= 63:
        return 0
    return word & -bit(index + 1)


@gate
def lowest_above(state, instrument_id, side, ticks):
    """The lowest level of a side above ``ticks``; 0 if none."""
    book = state.books[instrument_id]
    page_number = ticks >> PAGE_SHIFT
    row = book.pages[page_number]
    if row != 0 and state.level_pages[row].summary[side] != 0:
        page = state.level_pages[row]
        slot = ticks & PAGE_MASK
        word = slot >> 6
        content = above(page.bits[side, word], slot & 63)
        if content != 0:
            return (page_number << PAGE_SHIFT) + (word << 6) + lowest_bit(content)
        groups = above(page.summary[side], word)
        if groups != 0:
            word = lowest_bit(groups)
            return (page_number << PAGE_SHIFT) + (word << 6) + lowest_bit(page.bits[side, word])
    word = page_number >> 6
    content = above(book.bits[side, word], page_number & 63)
    if content == 0:
        group = word >> 6
        groups = above(book.summary[side, group], word & 63)
        while groups == 0:
            group += 1
            if group >= DIRECTORY_WORDS:
                return 0
            groups = book.summary[side, group]
        word = (group << 6) + lowest_bit(groups)
        content = book.bits[side, word]
    page_number = (word << 6) + lowest_bit(content)
    page = state.level_pages[book.pages[page_number]]
    word = lowest_bit(page.summary[side])
    return (page_number << PAGE_SHIFT) + (word << 6) + lowest_bit(page.bits[side, word])


@kernel
def next_bid_below(state, instrument_id, ticks):
    """The next lower bid price, 0 if none."""
    return highest_below(state, instrument_id, 0, ticks)


@kernel
def next_ask_above(state, instrument_id, ticks):
    """The next higher ask price, 0 if none."""
    return lowest_above(state, instrument_id, 1, ticks)


@kernel
def visible_lots(order):
    """What an order shows in its level: the current clip of an iceberg, nothing when hidden."""
    if order.flags & FLAG_HIDDEN:
        return 0
    return order.displayed_lots


@kernel
def link_order(state, slot):
    """Put an order at the end of its level; its page exists. Moves the best price when it is better."""
    order = state.orders[slot]
    instrument_id = order.instrument
    ticks = order.price_ticks
    level = level_of(state, instrument_id, ticks)
    tail = level.tail
    order.previous = tail
    order.next = 0
    if tail != 0:
        state.orders[tail].next = slot
    else:
        level.head = slot
        side = side_index(order.side)
        mark_level(state, instrument_id, side, ticks)
        book = state.books[instrument_id]
        if side == 0:
            if ticks > book.best_bid_ticks:
                book.best_bid_ticks = ticks
        elif book.best_ask_ticks == 0 or ticks < book.best_ask_ticks:
            book.best_ask_ticks = ticks
    level.tail = slot
    level.total_lots += order.remaining_lots
    level.displayed_lots += visible_lots(order)


@kernel
def unlink_order(state, slot):
    """Take an order out of its level; a level that runs empty gives up its bits and perhaps the best price."""
    order = state.orders[slot]
    instrument_id = order.instrument
    ticks = order.price_ticks
    level = level_of(state, instrument_id, ticks)
    level.total_lots -= order.remaining_lots
    level.displayed_lots -= visible_lots(order)
    before = order.previous
    after = order.next
    if before != 0:
        state.orders[before].next = after
    else:
        level.head = after
    if after != 0:
        state.orders[after].previous = before
    else:
        level.tail = before
    if before == 0 and after == 0:
        side = side_index(order.side)
        unmark_level(state, instrument_id, side, ticks)
        book = state.books[instrument_id]
        if side == 0:
            if ticks == book.best_bid_ticks:
                book.best_bid_ticks = highest_below(state, instrument_id, 0, ticks)
        elif ticks == book.best_ask_ticks:
            book.best_ask_ticks = lowest_above(state, instrument_id, 1, ticks)


@kernel
def take_order_row(state):
    """A free order row; 0 where the table is full."""
    pool = state.orders_pool
    slot = pool.free
    if slot != 0:
        pool.free = state.orders[slot].next
    elif pool.high_water + 1 < ORDERS_MAX:
        slot = pool.high_water + 1
        pool.high_water = slot
    else:
        return 0
    pool.live += 1
    return slot


@kernel
def free_order_row(state, slot):
    """Give an unlinked order's row back."""
    pool = state.orders_pool
    order = state.orders[slot]
    order.order_id = 0
    order.remaining_lots = 0
    order.next = pool.free
    pool.free = slot
    pool.live -= 1
