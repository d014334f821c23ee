"""Looking ahead in a batch: the rows that coming commands will touch are brought into the cache before they are needed.

Which rows those are may change in between; a wrong guess costs nothing but the hint. Nothing here writes, and the plain
form skips it, so what a command does never depends on its neighbors. Without it the engine waits for memory most of the
time.
"""
from .. import codes
from ..kernel import COMPILED, gate, kernel, prefetch, prefetch_line, prefetch_pair
from .book import PAGE_MASK, PAGE_SHIFT
from .order_index import home_of
from .positions import home_of_position
from .records import ACCOUNTS_MAX, INSTRUMENTS_MAX, ORDERS_MAX, PRICE_TICKS_MAX

ROWS = 48
"""How many commands ahead their own records are asked for."""
FAR = 16
NEAR = 12
NEXT = 8
SOON = 4
EVENTS = 6
"""How many events ahead the outbox is asked for."""


@kernel
def names_order(command):
    """Whether a command names a resting order by its id."""
    return command.kind == codes.CANCEL_ORDER or command.kind == codes.AMEND_ORDER


@kernel
def opens(state, command):
    """Whether a command is an order of an account in an instrument that can be, with checks to come (in the bare book
    there are none, so nothing of the account is read)."""
    return state.book_only == 0 and command.kind == codes.PLACE_ORDER and (
        0 < command.account < ACCOUNTS_MAX and 0 < command.instrument < INSTRUMENTS_MAX)


@kernel
def look_far(state, command):
    """Bring near the index entries by which a command will find its rows."""
    if names_order(command):
        prefetch(state.order_slots[home_of(command.order_id)])
    elif command.kind == codes.PLACE_ORDER:
        prefetch(state.order_slots[home_of(command.order_id)])
        if opens(state, command):
            prefetch(state.position_index[home_of_position(command.account, command.instrument)])
            prefetch(state.accounts[command.account])


@kernel
def look_near(state, command):
    """Bring near the rows themselves."""
    if names_order(command):
        code = state.order_slots[home_of(command.order_id)].code
        if 0 < code < ORDERS_MAX:
            prefetch(state.orders[code])
    elif command.kind == codes.PLACE_ORDER:
        if opens(state, command):
            row = state.position_index[home_of_position(command.account, command.instrument)].row
            prefetch_pair(state.positions[row])
        if 0 < command.price_ticks < PRICE_TICKS_MAX and 0 < command.instrument < INSTRUMENTS_MAX:
            page = state.books[command.instrument].pages[command.price_ticks >> PAGE_SHIFT]
            prefetch(state.level_pages[page].levels[command.price_ticks & PAGE_MASK])


@kernel
def look_next(state, command):
    """Bring near what hangs on those rows: neighbors in the level and in the owner's list, position and wallet."""
    if names_order(command):
        code = state.order_slots[home_of(command.order_id)].code
        if 0 < code < ORDERS_MAX:
            order = state.orders[code]
            prefetch_line(state.orders[order.previous])
            prefetch_line(state.orders[order.next])
            if order.position != 0:
                prefetch_pair(state.positions[order.position])
                prefetch_line(state.orders[order.own_previous])
                prefetch_line(state.orders[order.own_next])
                prefetch(state.accounts[order.account])
            page = state.books[order.instrument].pages[order.price_ticks >> PAGE_SHIFT]
            prefetch(state.level_pages[page].levels[order.price_ticks & PAGE_MASK])
    elif command.kind == codes.PLACE_ORDER:
        if opens(state, command):
            row = state.position_index[home_of_position(command.account, command.instrument)].row
            position = state.positions[row]
            prefetch(state.wallets[position.wallet])
            prefetch_line(state.orders[position.first_order])
        if 0 < command.price_ticks < PRICE_TICKS_MAX and 0 < command.instrument < INSTRUMENTS_MAX:
            page = state.books[command.instrument].pages[command.price_ticks >> PAGE_SHIFT]
            prefetch_line(state.orders[state.level_pages[page].levels[command.price_ticks & PAGE_MASK].tail])


@kernel
def look_soon(state, command):
    """Bring near the wallet behind a named order."""
    if names_order(command) and state.book_only == 0:
        code = state.order_slots[home_of(command.order_id)].code
        if 0 < code < ORDERS_MAX:
            prefetch_line(state.wallets[state.positions[state.orders[code].position].wallet])


@gate
def look_ahead(state, far, near, following, soon):
    """One look for each of four commands that are coming, the farther the less is known of its rows."""
    look_far(state, far)
    look_near(state, near)
    look_next(state, following)
    look_soon(state, soon)


ENABLED = COMPILED
