"""The short way of what nine in ten commands are: a limit order that only rests, and the cancel of a resting order.
With accounts, and in the bare book that benchmarks and twins use.

Whoever goes the short way meets nothing that seldom holds: plain terms, an account and a position without restrictions,
an order that carries nothing and crosses nobody. Each such thing is looked for before anything is changed, and where
one is found the command goes the long way, which knows them all. The short way never refuses, and what it does is what
the long way would do, to the last word (``tests/twins/test_short_way.py``).
"""
from .. import codes
from ..codes import BUY
from ..kernel import add, gate, kernel, multiply
from ..rules.margin import excess_value
from ..rules.requirement import plain_tier
from .book import PAGE_SHIFT, free_order_row, link_order, take_order_row, unlink_order
from .events import order_event
from .groups import hold, hold_plain, is_available, plain_requirement
from .matching import best_opposite, crosses, disown, own
from .order_index import find_order, home_of, insert_order_id
from .orders import ORDERS_PER_ACCOUNT_MAX, is_beyond_bound, self_trade_mode
from .positions import activate, deactivate, position_of, unrealized
from .records import ACCOUNTS_MAX, INSTRUMENTS_MAX, ORDERS_MAX, SIZE_LOTS_MAX, SYSTEM_ORDER_BASE


# ---------------------------------------------------------------- who may go the short way
@kernel
def is_ordinary(command):
    """Whether an order is a good-till-canceled limit order that carries nothing.  ORDR-017"""
    carried = (command.flags | command.display_lots | command.oco_order_id | command.stop_ticks
               | command.trail_offset_ticks | command.target_ticks[0] | command.target_ticks[1]
               | command.target_ticks[2] | command.target_ticks[3])
    return command.order_type == codes.ORDER_LIMIT and command.time_in_force == codes.TIF_GTC and carried == 0


@kernel
def is_admitted(state, command):
    """Whether instrument and account let every order in.  ORDR-017"""
    if not (0 < command.instrument < INSTRUMENTS_MAX and 0 < command.account < ACCOUNTS_MAX):
        return False
    instrument = state.instruments[command.instrument]
    account = state.accounts[command.account]
    return (instrument.plain_terms != 0 and instrument.state == codes.STATE_TRADING and instrument.mark_price_units != 0
            and account.is_open != 0 and account.restrictions | account.client_class | state.collateral_count == 0
            and account.order_count < ORDERS_PER_ACCOUNT_MAX)


@kernel
def is_well_formed(state, command):
    """Whether an ordinary order's own numbers are right, and there is room for it on a page that is there.  ORDR-017"""
    terms = state.instruments[command.instrument].terms
    if command.side != BUY and command.side != codes.SELL:
        return False
    if not codes.SELF_ACCOUNT_DEFAULT <= command.self_trade_mode <= codes.SELF_ALLOW:
        return False
    if not (terms.price_ticks_min <= command.price_ticks <= terms.price_ticks_max
            and 0 < command.size_lots <= terms.order_lots_max and 0 < command.order_id < SYSTEM_ORDER_BASE):
        return False
    if state.books[command.instrument].pages[command.price_ticks >> PAGE_SHIFT] == 0 or (
            state.orders_pool.live + 2 >= ORDERS_MAX):
        return False
    return find_order(state, command.order_id) == 0


@kernel
def is_within_limits(position, terms, command, unit_atoms):
    """Whether a position may grow by an ordinary order whose lots are worth this much.  ORDR-002, ORDR-009"""
    signed_size = command.side * position.size_lots
    bought = position.open_buy_lots
    sold = position.open_sell_lots
    open_lots = command.size_lots + (bought if command.side == BUY else sold)
    reach = open_lots + signed_size
    return (unit_atoms > 0 and position.order_count < terms.open_orders_max and reach <= terms.position_lots_max
            and open_lots <= SIZE_LOTS_MAX and not is_beyond_bound(unit_atoms, max(reach, command.size_lots)))


@kernel
def can_bring(state, position_row, atoms):
    """Whether at least ``atoms`` are available in a position's wallet, under plain terms and without collateral assets:
    at once where the wallet has no other active position.  MARG-013"""
    position = state.positions[position_row]
    wallet = state.wallets[position.wallet]
    if wallet.position_count != 1 or position.wallet_slot != 1:
        return is_available(state, position.wallet, atoms)
    free = wallet.balance_atoms - wallet.initial_requirement_atoms
    if position.isolated == 0:
        profit = unrealized(state, position_row)
        if state.instruments[position.instrument].terms.unrealized_profit_opens == 0:
            profit = min(profit, 0)
        free = add(free, profit)
    return free >= atoms


# ---------------------------------------------------------------- what it does
@gate
def place_short(state, command, out):
    """ORDER_ACCEPTED, ORDER_RESTED for an ordinary order that rests; returns 0, with nothing done, where it may not go
    this way.  ORDR-017"""
    if not is_admitted(state, command):
        return 0
    if not is_well_formed(state, command):
        return 0
    side = command.side
    ticks = command.price_ticks
    lots = command.size_lots
    if crosses(side, ticks, best_opposite(state, command.instrument, side)):
        return 0
    position_row = position_of(state, command.account, command.instrument)
    position = state.positions[position_row]
    wallet = state.wallets[position.wallet]
    if position_row == 0 or position.liquidation | wallet.liquidation | position.client_class != 0:
        return 0
    instrument = state.instruments[command.instrument]
    unit = multiply(instrument.terms.lot_value_numerator, ticks * instrument.terms.mark_units_per_tick)
    if not is_within_limits(position, instrument.terms, command, unit):
        return 0

    value = multiply(lots, unit)
    bought = lots if side == BUY else 0                 # no branch: the side of an order cannot be foreseen
    bought_value = value if side == BUY else 0
    buy_lots = position.open_buy_lots + bought
    buy_value = position.open_buy_value_atoms + bought_value
    sell_lots = position.open_sell_lots + lots - bought
    sell_value = position.open_sell_value_atoms + value - bought_value
    buys = excess_value(buy_value, buy_lots, buy_lots - max(0, -position.size_lots))
    sells = excess_value(sell_value, sell_lots, sell_lots - max(0, position.size_lots))
    tier = plain_tier(instrument, position, buys, sells)
    required = plain_requirement(instrument, position, tier, max(buys, sells))
    growth = required - position.requirement_atoms
    if growth > 0 and not can_bring(state, position_row, growth + max(
            0, multiply(side * lots, unit - instrument.mark_unit_value_atoms))):
        return 0

    announce(state, command, codes.ORDER_ACCEPTED, out)
    slot = enter_order(state, command, position_row, unit)
    state.orders[slot].self_trade_mode = self_trade_mode(state, command.account, command.self_trade_mode)
    own(state, slot)
    position.open_buy_lots = buy_lots
    position.open_buy_value_atoms = buy_value
    position.open_sell_lots = sell_lots
    position.open_sell_value_atoms = sell_value
    position.order_count += 1
    state.accounts[command.account].order_count += 1
    activate(state, position_row)
    hold(state, position_row, tier, required)
    announce(state, command, codes.ORDER_RESTED, out)
    return 1


@kernel
def announce(state, command, kind, out):
    """ORDER_ACCEPTED or ORDER_RESTED of an ordinary order: all of it, at its price."""
    event = order_event(state, out, kind)
    event.order_id = command.order_id
    event.account = command.account
    event.instrument = command.instrument
    event.side = command.side
    event.order_type = command.order_type if kind == codes.ORDER_ACCEPTED else 0
    event.price_ticks = command.price_ticks
    event.size_lots = command.size_lots


@kernel
def enter_order(state, command, position_row, unit_atoms):
    """Write the row of an ordinary order, link it in its level and by its id; returns the row."""
    slot = take_order_row(state)
    order = state.orders[slot]
    order.order_id = command.order_id
    order.remaining_lots = command.size_lots
    order.display_size_lots = 0
    order.displayed_lots = command.size_lots
    order.unit_value_atoms = unit_atoms
    order.price_ticks = command.price_ticks
    order.account = command.account
    order.position = position_row
    order.instrument = command.instrument
    order.expires_ns = 0
    order.oco_order_id = 0
    order.takeover = 0
    order.bracket = 0
    order.target_index = 0
    order.side = command.side
    order.time_in_force = command.time_in_force
    order.self_trade_mode = 0
    order.flags = 0
    order.placed_ns = state.now_ns
    link_order(state, slot)
    insert_order_id(state, command.order_id, slot)
    state.instruments[command.instrument].order_count += 1
    return slot


@kernel
def announce_canceled(state, slot, out):
    """ORDER_CANCELED of a resting order that carries nothing, by its owner."""
    order = state.orders[slot]
    event = order_event(state, out, codes.ORDER_CANCELED)
    event.reason = codes.canceled_by_owner
    event.order_id = order.order_id
    event.account = order.account
    event.instrument = order.instrument
    event.side = order.side
    event.price_ticks = order.price_ticks
    event.size_lots = order.remaining_lots


@kernel
def leave_head(state, chain, slot):
    """Forget an unlinked order that stands at the head of its chain of ids, and give its row back."""
    order = state.orders[slot]
    state.instruments[order.instrument].order_count -= 1
    chain.code = order.next_in_slot
    order.next_in_slot = 0
    free_order_row(state, slot)


@gate
def cancel_short(state, command, out):
    """ORDER_CANCELED for the owner's cancel of a resting order that carries nothing; returns 0, with nothing done,
    where it may not go this way.  ORDR-017"""
    chain = state.order_slots[home_of(command.order_id)]
    slot = chain.code
    if not 0 < slot < ORDERS_MAX:
        return 0
    order = state.orders[slot]
    if order.order_id != command.order_id or order.account != command.account or order.position == 0:
        return 0
    position_row = order.position
    position = state.positions[position_row]
    instrument = state.instruments[order.instrument]
    if order.flags | order.takeover | order.bracket | order.oco_order_id | position.client_class != 0:
        return 0
    if instrument.plain_terms == 0 or instrument.state != codes.STATE_TRADING:
        return 0

    lots = order.remaining_lots
    announce_canceled(state, slot, out)
    unlink_order(state, slot)
    value = lots * order.unit_value_atoms
    bought = lots if order.side == BUY else 0
    bought_value = value if order.side == BUY else 0
    position.open_buy_lots -= bought
    position.open_buy_value_atoms -= bought_value
    position.open_sell_lots -= lots - bought
    position.open_sell_value_atoms -= value - bought_value
    position.order_count -= 1
    disown(state, slot)
    state.accounts[order.account].order_count -= 1
    leave_head(state, chain, slot)
    hold_plain(state, position_row)
    deactivate(state, position_row)
    return 1


# ---------------------------------------------------------------- the bare book
@gate
def rest_short(state, command, out):
    """ORDER_ACCEPTED, ORDER_RESTED for an ordinary order of the bare book that rests; returns 0, with nothing done,
    where it may not go this way.  ORDR-017"""
    if not 0 < command.instrument < INSTRUMENTS_MAX or (command.side != BUY and command.side != codes.SELL):
        return 0
    instrument = state.instruments[command.instrument]
    terms = instrument.terms
    ticks = command.price_ticks
    if instrument.plain_terms == 0 or not (terms.price_ticks_min <= ticks <= terms.price_ticks_max
                                           and 0 < command.size_lots <= terms.order_lots_max):
        return 0
    if (state.books[command.instrument].pages[ticks >> PAGE_SHIFT] == 0 or state.orders_pool.live + 2 >= ORDERS_MAX
            or crosses(command.side, ticks, best_opposite(state, command.instrument, command.side))):
        return 0
    announce(state, command, codes.ORDER_ACCEPTED, out)
    enter_order(state, command, 0, multiply(terms.lot_value_numerator, ticks * terms.mark_units_per_tick))
    announce(state, command, codes.ORDER_RESTED, out)
    return 1


@gate
def leave_short(state, command, out):
    """ORDER_CANCELED for an order of the bare book that carries nothing; returns 0, with nothing done, where it may
    not go this way.  ORDR-017"""
    chain = state.order_slots[home_of(command.order_id)]
    slot = chain.code
    if not 0 < slot < ORDERS_MAX:
        return 0
    order = state.orders[slot]
    if order.order_id != command.order_id or (
            order.position | order.flags | order.takeover | order.bracket | order.oco_order_id) != 0:
        return 0
    announce_canceled(state, slot, out)
    unlink_order(state, slot)
    leave_head(state, chain, slot)
    return 1
