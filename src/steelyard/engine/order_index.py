"""From order id to row: open addressing, deletion without tombstones. Neighboring ids share a run of 64 slots,
so that live orders, which are mostly recent ones, lie close together in memory."""
from ..kernel import kernel
from .records import ORDER_SLOTS

MASK = ORDER_SLOTS - 1
RUN_BITS = 6
BLOCK_BITS = 16                          # ORDER_SLOTS = 2**(16 + 6)
WORD = (1 << 31) - 1


@kernel
def home_of(order_id):
    """Slot where the search for an id begins: blocks of 64 ids scattered by a multiplicative hash."""
    block = ((((order_id >> RUN_BITS) & WORD) * 1640531527) & WORD) >> (31 - BLOCK_BITS)
    return (block << RUN_BITS) | (order_id & 63)


@kernel
def slot_of(state, order_id):
    """Slot that holds the id, or the empty slot where it would go."""
    slot = home_of(order_id)
    while state.order_slots[slot].order_id != order_id and state.order_slots[slot].order_id != 0:
        slot = (slot + 1) & MASK
    return slot


@kernel
def find_order(state, order_id):
    """Code of a live order id: 0 none, below ORDERS_MAX a resting order's row, else ORDERS_MAX + a trigger's row."""
    return state.order_slots[slot_of(state, order_id)].code


@kernel
def insert_order_id(state, order_id, code):
    """Remember where a live order is."""
    entry = state.order_slots[slot_of(state, order_id)]
    entry.order_id = order_id
    entry.code = code


@kernel
def remove_order_id(state, order_id):
    """Forget an order id; later entries of the run move up so that searches still end at the first empty slot."""
    hole = slot_of(state, order_id)
    if state.order_slots[hole].order_id == 0:
        return
    slot = hole
    while True:
        slot = (slot + 1) & MASK
        entry = state.order_slots[slot]
        if entry.order_id == 0:
            break
        home = home_of(entry.order_id)
        if ((slot - home) & MASK) >= ((slot - hole) & MASK):
            target = state.order_slots[hole]
            target.order_id = entry.order_id
            target.code = entry.code
            hole = slot
    state.order_slots[hole].order_id = 0
    state.order_slots[hole].code = 0
