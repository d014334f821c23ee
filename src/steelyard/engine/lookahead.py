"""Looking ahead in a batch: the rows that coming commands will touch are brought into the cache before they are needed.

Which rows those are may change in between; a wrong guess costs nothing but the hint. Nothing here writes, and the plain
form skips it, so what a command does never depends on its neighbors. Without it the engine waits for memory most of the
time.

What a command is cannot be foreseen by the processor either, so nearly all of it is asked for without a branch: an id
that names no order leads to row 0, and a price or an instrument that nobody asked for to a row that is near already.
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


# ---------------------------------------------------------------- what a command names, always inside its table
@kernel
def named_account(command):
    """The account a command names."""
    return command.account & (ACCOUNTS_MAX - 1)


@kernel
def named_instrument(command):
    """The instrument a command names."""
    return command.instrument & (INSTRUMENTS_MAX - 1)


@kernel
def named_order(state, command):
    """Row of the resting order at the head of the chain of a command's order id; 0 where there is none."""
    code = state.order_slots[home_of(command.order_id)].code
    return code if code < ORDERS_MAX else 0


@kernel
def named_position(state, command):
    """Row of the position that the search for a command's account and instrument begins with; 0 where there is none."""
    return state.position_index[home_of_position(named_account(command), named_instrument(command))].row


@kernel
def takes(command):
    """Whether a command is an order that will not rest."""
    return command.kind == codes.PLACE_ORDER and (
        command.time_in_force == codes.TIF_IOC or command.time_in_force == codes.TIF_FOK)


@kernel
def first_opposite(state, command):
    """Row of the first order that an order would trade with."""
    book = state.books[named_instrument(command)]
    bid = book.best_bid_ticks
    ask = book.best_ask_ticks
    ticks = ask if command.side == codes.BUY else bid
    return state.level_pages[book.pages[ticks >> PAGE_SHIFT]].levels[ticks & PAGE_MASK].head


# ---------------------------------------------------------------- the nearer, the more is known
@kernel
def look_far(state, command):
    """Bring near the index entries by which a command will find its position and account."""
    prefetch(state.position_index[home_of_position(named_account(command), named_instrument(command))])
    prefetch(state.accounts[named_account(command)])


@kernel
def look_near(state, command, ahead):
    """Bring near the row of a command's order, and keep which it is."""
    ahead.order = named_order(state, command)
    prefetch(state.orders[ahead.order])


@kernel
def look_next(state, command, ahead):
    """Bring near what hangs on that row: the neighbors in its level, or the level a new order goes to."""
    order = state.orders[ahead.order]
    prefetch_line(state.orders[order.previous])
    prefetch_line(state.orders[order.next])
    placed_ticks = command.price_ticks & (PRICE_TICKS_MAX - 1)
    resting_ticks = order.price_ticks
    placed_in = named_instrument(command)
    resting_in = order.instrument
    places = command.kind == codes.PLACE_ORDER
    ticks = placed_ticks if places else resting_ticks
    book = state.books[placed_in if places else resting_in]
    level = state.level_pages[book.pages[ticks >> PAGE_SHIFT]].levels[ticks & PAGE_MASK]
    prefetch(level)
    prefetch_line(state.orders[level.tail])


@kernel
def look_at_owner(state, ahead):
    """Bring near the wallet behind a command's position, and the neighbors in the owner's list."""
    order = state.orders[ahead.order]
    position = state.positions[ahead.position]
    prefetch(state.wallets[position.wallet])
    prefetch_line(state.orders[position.first_order])
    prefetch_line(state.orders[order.own_previous])
    prefetch_line(state.orders[order.own_next])


@kernel
def look_soon(state, command):
    """Bring near whom an order will trade with."""
    maker = state.orders[first_opposite(state, command)]
    prefetch(state.orders[maker.next])
    prefetch(state.positions[maker.position])
    prefetch(state.accounts[maker.account])
    prefetch(state.watch_nodes[maker.position])


@gate
def look_ahead(state, out, far, near, following, soon):
    """One look for each of four commands that are coming behind ``out.consumed`` of their batch, the farther the less
    is known of its rows."""
    ahead = out.ahead[(out.consumed + NEXT) & 15]
    nearer = out.ahead[(out.consumed + NEAR) & 15]
    prefetch(state.order_slots[home_of(far.order_id)])
    look_far(state, far)
    look_near(state, near, nearer)
    nearer.position = named_position(state, near)
    prefetch_pair(state.positions[nearer.position])
    look_next(state, following, ahead)
    look_at_owner(state, ahead)
    if takes(following):
        prefetch(state.orders[first_opposite(state, following)])
        prefetch(state.positions[ahead.position])
        prefetch(state.watch_nodes[ahead.position])
    if takes(soon):
        look_soon(state, soon)


@gate
def look_ahead_in_book(state, out, far, near, following):
    """:func:`look_ahead` for the bare book: orders and levels alone."""
    ahead = out.ahead[(out.consumed + NEXT) & 15]
    prefetch(state.order_slots[home_of(far.order_id)])
    look_near(state, near, out.ahead[(out.consumed + NEAR) & 15])
    look_next(state, following, ahead)
    if takes(following):
        prefetch(state.orders[first_opposite(state, following)])


ENABLED = COMPILED
