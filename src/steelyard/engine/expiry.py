"""When good-till-date orders end: a binary heap of (time, order id). Entries are never searched for and removed; an
order that is gone when its entry comes up is passed over (``consequences.run_expiries``).
"""
from ..kernel import gate, kernel
from .records import EXPIRIES_MAX


@kernel
def comes_before(state, one, other):
    """Whether heap entry ``one`` is due before ``other``: by time, then by order id.  TRIG-011"""
    a = state.expiries[one]
    b = state.expiries[other]
    if a.expires_ns != b.expires_ns:
        return a.expires_ns < b.expires_ns
    return a.order_id < b.order_id


@kernel
def swap(state, one, other):
    """Exchange two heap entries."""
    a = state.expiries[one]
    b = state.expiries[other]
    expires_ns = a.expires_ns
    order_id = a.order_id
    a.expires_ns = b.expires_ns
    a.order_id = b.order_id
    b.expires_ns = expires_ns
    b.order_id = order_id


@kernel
def has_expiry_room(state):
    """Whether one more good-till-date order can be remembered: checked at the door."""
    return state.expiries_pool.live + 1 < EXPIRIES_MAX


@gate
def push_expiry(state, order_id, expires_ns):
    """Remember when an order ends. Entries are 1 .. live; the first is the soonest."""
    pool = state.expiries_pool
    pool.live += 1
    pool.high_water = max(pool.high_water, pool.live)
    slot = pool.live
    state.expiries[slot].expires_ns = expires_ns
    state.expiries[slot].order_id = order_id
    while slot > 1 and comes_before(state, slot, slot // 2):
        swap(state, slot, slot // 2)
        slot //= 2


@kernel
def has_due(state):
    """Whether the soonest entry is due now."""
    return state.expiries_pool.live > 0 and state.expiries[1].expires_ns <= state.now_ns


@gate
def pop_expiry(state):
    """Take the soonest entry out; returns its order id."""
    pool = state.expiries_pool
    order_id = state.expiries[1].order_id
    swap(state, 1, pool.live)
    state.expiries[pool.live].expires_ns = 0
    state.expiries[pool.live].order_id = 0
    pool.live -= 1
    slot = 1
    while 2 * slot <= pool.live:
        child = 2 * slot
        if child < pool.live and comes_before(state, child + 1, child):
            child += 1
        if not comes_before(state, child, slot):
            break
        swap(state, slot, child)
        slot = child
    return order_id
