"""From order id to row: a table of chains through the orders and triggers themselves. 1,024 neighboring ids share a
run of slots, so that live orders, which are mostly recent ones, lie close together in memory; a look-up touches one
slot and the row it is after."""
from ..kernel import kernel
from .records import ORDER_SLOTS, ORDERS_MAX

RUN_BITS = 10
BLOCK_BITS = 11                          # ORDER_SLOTS = 2**(11 + 10)
RUN_MASK = (1 << RUN_BITS) - 1
WORD = (1 << 31) - 1
assert ORDER_SLOTS == 1 << (BLOCK_BITS + RUN_BITS)


@kernel
def home_of(order_id):
    """Slot of the chain an id is in: blocks of 1,024 ids (a page of memory) scattered by a multiplicative hash of all
    their bits."""
    number = order_id >> RUN_BITS
    block = ((((number ^ (number >> 29)) & WORD) * 1640531527) & WORD) >> (31 - BLOCK_BITS)
    return (block << RUN_BITS) | (order_id & RUN_MASK)


@kernel
def id_of(state, code):
    """Order id of a code: below ORDERS_MAX a resting order's row, else ORDERS_MAX + a trigger's row."""
    if code < ORDERS_MAX:
        return state.orders[code].order_id
    return state.triggers[code - ORDERS_MAX].order_id


@kernel
def next_of(state, code):
    """The code behind this one in its chain; 0 at the end."""
    if code < ORDERS_MAX:
        return state.orders[code].next_in_slot
    return state.triggers[code - ORDERS_MAX].next_in_slot


@kernel
def link_next(state, code, following):
    """Write the code behind this one in its chain."""
    if code < ORDERS_MAX:
        state.orders[code].next_in_slot = following
    else:
        state.triggers[code - ORDERS_MAX].next_in_slot = following


@kernel
def find_order(state, order_id):
    """Code of a live order id: 0 none, below ORDERS_MAX a resting order's row, else ORDERS_MAX + a trigger's row."""
    code = state.order_slots[home_of(order_id)].code
    while code != 0 and id_of(state, code) != order_id:
        code = next_of(state, code)
    return code


@kernel
def insert_order_id(state, order_id, code):
    """Remember where a live order is: its row has the id already, and no other has."""
    slot = state.order_slots[home_of(order_id)]
    link_next(state, code, slot.code)
    slot.code = code


@kernel
def remove_order_id(state, order_id):
    """Forget an order id, while its row still has it."""
    slot = state.order_slots[home_of(order_id)]
    before = 0
    code = slot.code
    while code != 0 and id_of(state, code) != order_id:
        before = code
        code = next_of(state, code)
    if code == 0:
        return
    if before == 0:
        slot.code = next_of(state, code)
    else:
        link_next(state, before, next_of(state, code))
    link_next(state, code, 0)
