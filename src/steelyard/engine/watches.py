"""Watch ladders: who wants to know when a price crosses a key. A price that crosses nobody costs a few nanoseconds.

Keys are bucketed by their leading 15 bits (width 0.003-0.006 % of the price), buckets live in pages, two levels of
bitmaps find the nearest one. A FALL ladder fires when the price is at or below a key, a RISE ladder when it is at or
above. Bands are pushed in front of their bucket; triggers are kept in order of nearness, then of arrival.
"""
from ..kernel import bit, gate, highest_bit, kernel, lowest_bit
from .records import WATCH_MANTISSA_BITS, WATCH_PAGE, WATCH_PAGES_MAX, WATCH_PAGES_PER_LADDER

PAGE_SHIFT = 10
PAGE_MASK = WATCH_PAGE - 1
MANTISSA_MASK = (1 << WATCH_MANTISSA_BITS) - 1
LADDER_WORDS = WATCH_PAGES_PER_LADDER // 64 + 1
BAND_RESERVE_PAGES = WATCH_PAGES_MAX // 2


@kernel
def bucket_of(key_units):
    """Bucket of a key: exact below 2**14, then 2**14 buckets to the octave; monotone."""
    if key_units <= MANTISSA_MASK:
        return key_units
    exponent = highest_bit(key_units)
    return ((exponent - WATCH_MANTISSA_BITS + 1) << WATCH_MANTISSA_BITS) + (
        (key_units >> (exponent - WATCH_MANTISSA_BITS)) & MANTISSA_MASK)


@kernel
def has_room_for_trigger(state):
    """Whether a trigger may still take a page; half of the pages are kept for margin bands."""
    return state.watch_pages_pool.live < BAND_RESERVE_PAGES


@kernel
def ensure_watch_page(state, ladder_number, page_number):
    """Page row of a ladder's page, made if missing."""
    ladder = state.watch_ladders[ladder_number]
    row = ladder.pages[page_number]
    if row == 0:
        pool = state.watch_pages_pool
        if pool.free != 0:
            row = pool.free
            pool.free = state.watch_pages[row].live
            state.watch_pages[row].live = 0
        else:
            row = pool.high_water + 1
            pool.high_water = row
        pool.live += 1
        ladder.pages[page_number] = row
        ladder.bits[page_number >> 6] |= bit(page_number & 63)
    return row


@gate
def watch(state, node_id, ladder_number, key_units, in_order):
    """Put a node (not linked now) into a ladder at a key; ``in_order`` keeps the bucket sorted by nearness, then
    arrival."""
    bucket = bucket_of(key_units)
    row = ensure_watch_page(state, ladder_number, bucket >> PAGE_SHIFT)
    page = state.watch_pages[row]
    node = state.watch_nodes[node_id]
    node.key_units = key_units
    node.ladder = ladder_number + 1
    slot = bucket & PAGE_MASK
    after = 0
    if in_order != 0:
        rising = ladder_number & 1
        after = page.tails[slot]
        while after != 0:
            other = state.watch_nodes[after].key_units
            if (rising != 0 and other <= key_units) or (rising == 0 and other >= key_units):
                break
            after = state.watch_nodes[after].previous
    following = page.heads[slot]
    if after != 0:
        following = state.watch_nodes[after].next
        state.watch_nodes[after].next = node_id
    else:
        if following == 0:
            page.bits[slot >> 6] |= bit(slot & 63)
            page.summary |= bit(slot >> 6)
        page.heads[slot] = node_id
    node.previous = after
    node.next = following
    if following != 0:
        state.watch_nodes[following].previous = node_id
    else:
        page.tails[slot] = node_id
    page.live += 1


@gate
def unwatch(state, node_id):
    """Take a node out of its ladder; nothing happens where it is in none."""
    node = state.watch_nodes[node_id]
    if node.ladder == 0:
        return
    ladder = state.watch_ladders[node.ladder - 1]
    bucket = bucket_of(node.key_units)
    page_number = bucket >> PAGE_SHIFT
    row = ladder.pages[page_number]
    page = state.watch_pages[row]
    slot = bucket & PAGE_MASK
    if node.previous != 0:
        state.watch_nodes[node.previous].next = node.next
    else:
        page.heads[slot] = node.next
    if node.next != 0:
        state.watch_nodes[node.next].previous = node.previous
    else:
        page.tails[slot] = node.previous
    if page.heads[slot] == 0:
        page.bits[slot >> 6] &= ~bit(slot & 63)
        if page.bits[slot >> 6] == 0:
            page.summary &= ~bit(slot >> 6)
    node.ladder = 0
    node.previous = 0
    node.next = 0
    page.live -= 1
    if page.live == 0:
        ladder.pages[page_number] = 0
        ladder.bits[page_number >> 6] &= ~bit(page_number & 63)
        pool = state.watch_pages_pool
        page.live = pool.free
        pool.free = row
        pool.live -= 1


@kernel
def lowest_bucket(state, ladder_number):
    """The lowest bucket in use, -1 for an empty ladder."""
    ladder = state.watch_ladders[ladder_number]
    for word in range(LADDER_WORDS):
        if ladder.bits[word] != 0:
            page_number = (word << 6) + lowest_bit(ladder.bits[word])
            page = state.watch_pages[ladder.pages[page_number]]
            group = lowest_bit(page.summary)
            return (page_number << PAGE_SHIFT) + (group << 6) + lowest_bit(page.bits[group])
    return -1


@kernel
def highest_bucket(state, ladder_number):
    """The highest bucket in use, -1 for an empty ladder."""
    ladder = state.watch_ladders[ladder_number]
    for reverse in range(LADDER_WORDS):
        word = LADDER_WORDS - 1 - reverse
        if ladder.bits[word] != 0:
            page_number = (word << 6) + highest_bit(ladder.bits[word])
            page = state.watch_pages[ladder.pages[page_number]]
            group = highest_bit(page.summary)
            return (page_number << PAGE_SHIFT) + (group << 6) + highest_bit(page.bits[group])
    return -1


@kernel
def first_in_bucket(state, ladder_number, bucket):
    """Head node of a bucket that is in use."""
    row = state.watch_ladders[ladder_number].pages[bucket >> PAGE_SHIFT]
    return state.watch_pages[row].heads[bucket & PAGE_MASK]


@gate
def first_crossed(state, ladder_number, price_units):
    """A node whose key the price has reached, 0 if none: the nearest bucket first, in a sorted bucket the nearest
    key."""
    if price_units <= 0:
        return 0
    here = bucket_of(price_units)
    if ladder_number & 1:
        bucket = lowest_bucket(state, ladder_number)
        if bucket < 0 or bucket > here:
            return 0
        node_id = first_in_bucket(state, ladder_number, bucket)
        if bucket == here:
            while node_id != 0 and state.watch_nodes[node_id].key_units > price_units:
                node_id = state.watch_nodes[node_id].next
        return node_id
    bucket = highest_bucket(state, ladder_number)
    if bucket < here:
        return 0
    node_id = first_in_bucket(state, ladder_number, bucket)
    if bucket == here:
        while node_id != 0 and state.watch_nodes[node_id].key_units < price_units:
            node_id = state.watch_nodes[node_id].next
    return node_id
