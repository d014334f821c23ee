"""Matching: the working order against the book, price first, then time. Every fill is booked from one integer value.

The order being matched is the record ``state.working``; who fills it in and who reads what is left is said in its
fields.
"""
from ..codes import (
    BUY,
    FLAG_HIDDEN,
    FLAG_LIQUIDATION,
    FLAG_REDUCE_ONLY,
    ORDER_CANCELED,
    SELF_ALLOW,
    SELF_CANCEL_BOTH,
    SELF_CANCEL_NEWEST,
    SELF_CANCEL_OLDEST,
    canceled_by_oco,
    canceled_fill_limit,
    canceled_margin,
    canceled_reduce_only,
    canceled_self_trade,
)
from ..kernel import COMPILED, gate, kernel, multiply, multiply_divide_down, prefetch
from ..rules.contract import price_units, unit_value
from ..rules.fees import fee
from .book import ensure_page, free_order_row, level_of, link_order, unlink_order, visible_lots
from .brackets import entry_ended, entry_filled, position_shrunk, target_filled
from .breaker import guarded_limit, watch_trades
from .events import order_event
from .fee_rates import dearest_fee_rate, fee_rate
from .groups import (
    group_equity,
    has_equity,
    is_available,
    note_nearer_tier,
    position_requirement,
    position_tier,
    refresh_requirement,
)
from .order_index import find_order, remove_order_id
from .positions import activate, book_fill, deactivate, isolated_requirement, owes_funding, settle_funding
from .queues import mark_dirty, note_last_price, push_cancel
from .records import FILLS_PER_COMMAND_MAX, ORDERS_MAX
from .short_fill import describe_fill, fill_short
from .takeovers import fill_takeover

CONDEMNED = -1
"""In ``oco_order_id``: the partner traded, this order must not."""


# ---------------------------------------------------------------- who may trade with whom
@kernel
def owner_of(state, account):
    """The account at the top: a sub-account answers for its parent when self-trades are looked for."""
    parent = state.accounts[account].parent_account
    return parent if parent != 0 else account


@kernel
def room_to_reduce(position, side):
    """Lots by which an order of this side can reduce the position."""
    return max(0, -side * position.size_lots)


@kernel
def is_examined(state, position):
    """Whether everybody was looked at since the last mark and stamp, and the position's group is not in liquidation:
    then its equity is above zero."""
    return (state.moved_ring.count == 0 and state.funding_rows_left == 0 and position.liquidation == 0
            and state.wallets[position.wallet].liquidation == 0)


@kernel
def born_sound(state, position_row, signed_lots, price_ticks):
    """Whether an isolated position that a fill opens, adds to or turns has equity at the mark on its own collateral, so
    that what its owner pays too much never falls to those behind the position.  MTCH-004"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    unit = unit_value(instrument.terms, price_units(instrument.terms, price_ticks))
    added = signed_lots
    equity = 0
    if position.size_lots * signed_lots < 0:
        added = signed_lots + position.size_lots
        equity = min(0, position.collateral_atoms + multiply(position.size_lots, unit) - position.entry_value_atoms)
    elif position.size_lots != 0:
        equity = group_equity(state, position_row, 1)
    loss = multiply(added, unit - instrument.mark_unit_value_atoms)
    held = position.size_lots + signed_lots
    return equity + isolated_requirement(state, position_row, multiply(added, unit), added, held) - loss >= 0


@gate
def bears(state, position_row, signed_lots, price_ticks):
    """Whether a position's group still has equity, at the mark, after a fill at this price with its fee.  MTCH-004

    A fill at the mark or better always may, unless its group is, or may be, at the door of liquidation; a worse one
    must not take from anyone but its owner. An isolated position must bear the loss with its collateral alone, and its
    wallet must be able to bring the collateral of what is added.
    """
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    value = multiply(signed_lots, unit_value(instrument.terms, price_units(instrument.terms, price_ticks)))
    loss = value - multiply(signed_lots, instrument.mark_unit_value_atoms)
    cost = max(0, loss) + fee(abs(value), dearest_fee_rate(state, position.account, instrument))
    reducing = (position.size_lots > 0 and signed_lots < 0) or (position.size_lots < 0 and signed_lots > 0)
    if position.isolated != 0:
        if reducing and abs(signed_lots) <= abs(position.size_lots):
            if loss <= 0 and is_examined(state, position):
                return True
            realized = -value - multiply_divide_down(
                position.entry_value_atoms, abs(signed_lots), abs(position.size_lots))
            return (group_equity(state, position_row, 1) >= cost
                    and position.collateral_atoms + realized >= cost - max(0, loss))
        if (loss > 0 or not is_examined(state, position)) and not born_sound(
                state, position_row, signed_lots, price_ticks):
            return False
        added = signed_lots + (position.size_lots if reducing else 0)
        added_value = multiply(added, unit_value(instrument.terms, price_units(instrument.terms, price_ticks)))
        held = position.size_lots + signed_lots
        needed = isolated_requirement(state, position_row, added_value, added, held) + cost
        return is_available(state, position.wallet, needed - position.requirement_atoms)
    if loss <= 0 and is_examined(state, position):
        return True
    return has_equity(state, position.wallet, cost)


# ---------------------------------------------------------------- open-order totals of a position
@kernel
def count_order(state, slot, sign):
    """Add (+1) or take away (-1) a resting order's lots and value to or from its position's open-order totals."""
    order = state.orders[slot]
    count_open_lots(state, slot, sign * order.remaining_lots)
    state.positions[order.position].order_count += sign


@kernel
def count_open_lots(state, slot, lots):
    """Change the open-order totals of an order's position by ``lots`` of that order."""
    order = state.orders[slot]
    position = state.positions[order.position]
    if order.flags & FLAG_REDUCE_ONLY:
        position.reduce_only_lots += lots
    else:
        bought = lots if order.side == BUY else 0       # no branch: the side of an order cannot be foreseen
        sold = lots - bought
        position.open_buy_lots += bought
        position.open_sell_lots += sold
        position.open_buy_value_atoms += bought * order.unit_value_atoms
        position.open_sell_value_atoms += sold * order.unit_value_atoms
    note_nearer_tier(state, order.position, lots)


@kernel
def own(state, slot):
    """Put an order at the head of its position's list of own orders."""
    order = state.orders[slot]
    position = state.positions[order.position]
    order.own_previous = 0
    order.own_next = position.first_order
    if position.first_order != 0:
        state.orders[position.first_order].own_previous = slot
    position.first_order = slot


@kernel
def disown(state, slot):
    """Take an order out of its position's list."""
    order = state.orders[slot]
    if order.own_previous != 0:
        state.orders[order.own_previous].own_next = order.own_next
    else:
        state.positions[order.position].first_order = order.own_next
    if order.own_next != 0:
        state.orders[order.own_next].own_previous = order.own_previous


@kernel
def drop_order(state, slot):
    """Remove an order that is out of its level from every list and give its row back."""
    order = state.orders[slot]
    if order.position != 0:
        disown(state, slot)
        state.accounts[order.account].order_count -= 1
    state.instruments[order.instrument].order_count -= 1
    remove_order_id(state, order.order_id)
    free_order_row(state, slot)


@gate
def cancel_resting(state, slot, reason, out):
    """Take a resting order off the book and release what it held.  ORDR-011"""
    order = state.orders[slot]
    event = order_event(state, out, ORDER_CANCELED)
    event.reason = reason
    event.order_id = order.order_id
    event.account = order.account
    event.instrument = order.instrument
    event.side = order.side
    event.price_ticks = order.price_ticks
    event.size_lots = order.remaining_lots
    event.flags = order.flags
    oco_order_id = order.oco_order_id
    bracket = order.bracket
    target_index = order.target_index
    position_row = order.position
    takeover = order.takeover
    unlink_order(state, slot)
    if position_row != 0:
        count_order(state, slot, -1)
    drop_order(state, slot)
    if position_row != 0 and state.book_only == 0:
        refresh_requirement(state, position_row)
        deactivate(state, position_row)
    if takeover != 0:
        state.takeovers[takeover].is_posted = 0
    if bracket != 0 and target_index == 0:
        entry_ended(state, bracket)
    if oco_order_id > 0 and reason != canceled_by_oco:
        push_cancel(state, oco_order_id)


# ---------------------------------------------------------------- one fill
@kernel
def book_side(state, position_row, signed_lots, value_atoms, fee_atoms, out):
    """One side of a fill: position, cash and fee, then what hangs on the position. Funding due was settled before."""
    position = state.positions[position_row]
    size_before = abs(position.size_lots)
    activate(state, position_row)
    realized = book_fill(state, position_row, signed_lots, value_atoms, fee_atoms)
    if position.first_bracket != 0 and (abs(position.size_lots) < size_before or position.size_lots * signed_lots > 0):
        position_shrunk(state, position_row)
    return realized


@gate
def fill(state, slot, lots, out):
    """Trade ``lots`` between the working order and a resting one, at the resting price.  MTCH-001"""
    working = state.working
    maker = state.orders[slot]
    instrument = state.instruments[working.instrument]
    side = working.side
    ticks = maker.price_ticks
    value = lots * maker.unit_value_atoms           # absolute; bounded at the door
    signed_value = value
    if instrument.mark_unit_value_atoms < 0:
        signed_value = -value
    if state.book_only == 0:                        # before the fill is told, so that a fold may add in order
        if working.takeover == 0 and owes_funding(state, working.position):
            settle_funding(state, working.position, out)
        if maker.takeover == 0 and owes_funding(state, maker.position):
            settle_funding(state, maker.position, out)
    event = describe_fill(state, slot, lots, value, out)
    level = level_of(state, working.instrument, ticks)
    level.total_lots -= lots
    level.displayed_lots -= min(lots, visible_lots(maker))
    maker.displayed_lots -= lots
    working.remaining_lots -= lots
    working.filled_lots += lots
    working.filled_value_atoms += value
    instrument.last_price_ticks = ticks
    if state.book_only != 0:
        maker.remaining_lots -= lots
        return
    maker_rate = fee_rate(state, maker.account, instrument, True)
    if maker.flags & FLAG_HIDDEN and instrument.terms.hidden_pays_taker != 0:
        maker_rate = fee_rate(state, maker.account, instrument, False)
    if maker.position != 0:
        count_open_lots(state, slot, -lots)
    maker.remaining_lots -= lots
    if working.takeover != 0:
        event.realized_atoms = fill_takeover(state, working.takeover, side * lots, side * signed_value, out)
    else:
        event.fee_atoms = fee(value, fee_rate(state, working.account, instrument, False))
        event.realized_atoms = book_side(state, working.position, side * lots, side * signed_value,
                                         event.fee_atoms, out)
        event.collateral_atoms = state.positions[working.position].collateral_atoms
        if working.bracket != 0:
            if working.target_index != 0:
                target_filled(state, working.bracket, working.target_index - 1, lots)
            else:
                entry_filled(state, working.bracket, lots, value)
    if maker.takeover != 0:
        event.maker_realized_atoms = fill_takeover(state, maker.takeover, -side * lots, -side * signed_value, out)
    else:
        event.maker_fee_atoms = fee(value, maker_rate)
        event.maker_realized_atoms = book_side(state, maker.position, -side * lots, -side * signed_value,
                                               event.maker_fee_atoms, out)
        event.maker_collateral_atoms = state.positions[maker.position].collateral_atoms
        if maker.bracket != 0:
            if maker.target_index != 0:
                target_filled(state, maker.bracket, maker.target_index - 1, lots)
            else:
                entry_filled(state, maker.bracket, lots, value)


@kernel
def condemn(state, order_id):
    """An order whose OCO partner traded must not trade any more, even before its cancel is carried out.  OCOO-002"""
    code = find_order(state, order_id)
    if 0 < code < ORDERS_MAX:
        state.orders[code].oco_order_id = CONDEMNED


@gate
def after_fill(state, slot, out):
    """Remove a filled resting order, or show the next clip of an iceberg at the end of its level.  MTCH-002"""
    maker = state.orders[slot]
    oco_order_id = maker.oco_order_id
    if maker.remaining_lots == 0:
        bracket = maker.bracket
        target_index = maker.target_index
        position_row = maker.position
        unlink_order(state, slot)
        if position_row != 0:
            state.positions[position_row].order_count -= 1
        drop_order(state, slot)
        if position_row != 0 and state.book_only == 0:
            mark_dirty(state, position_row)
        if bracket != 0 and target_index == 0:
            entry_ended(state, bracket)
    elif maker.displayed_lots == 0:
        unlink_order(state, slot)
        maker.displayed_lots = min(maker.display_size_lots, maker.remaining_lots)
        ensure_page(state, maker.instrument, maker.price_ticks)     # given back if it was the last order of its page
        link_order(state, slot)
    if oco_order_id != 0:
        maker.oco_order_id = 0
        push_cancel(state, oco_order_id)
        condemn(state, oco_order_id)


# ---------------------------------------------------------------- the loop
@kernel
def best_opposite(state, instrument_id, side):
    """Best price an order of this side can trade at; 0 if none."""
    book = state.books[instrument_id]
    bid = book.best_bid_ticks
    ask = book.best_ask_ticks
    return ask if side == BUY else bid


@kernel
def crosses(side, limit_ticks, ticks):
    """Whether an order of this side with this limit trades at ``ticks`` (0: nobody there)."""
    return ticks != 0 and side * (limit_ticks - ticks) >= 0


@kernel
def would_trade(state):
    """Whether the working order meets anybody within its limit."""
    working = state.working
    return crosses(working.side, working.limit_ticks, best_opposite(state, working.instrument, working.side))


@kernel
def resolve_self_trade(state, slot, out):
    """The working order met one of its own owner's: cancel the newest, the oldest or both.  MTCH-003"""
    working = state.working
    mode = working.self_trade_mode
    if mode == SELF_CANCEL_OLDEST or mode == SELF_CANCEL_BOTH:
        cancel_resting(state, slot, canceled_self_trade, out)
    if mode == SELF_CANCEL_NEWEST or mode == SELF_CANCEL_BOTH:
        working.stop_reason = canceled_self_trade


@kernel
def maker_lots(state, slot, lots, out):
    """How many of ``lots`` a resting order may trade now; where none, it is canceled with its reason and 0 returned."""
    working = state.working
    maker = state.orders[slot]
    if maker.takeover != 0:
        return lots
    if maker.oco_order_id == CONDEMNED:
        cancel_resting(state, slot, canceled_by_oco, out)
        return 0
    if maker.flags & FLAG_REDUCE_ONLY:
        lots = min(lots, room_to_reduce(state.positions[maker.position], maker.side))
        if lots == 0:
            cancel_resting(state, slot, canceled_reduce_only, out)
            return 0
    if not bears(state, maker.position, maker.side * lots, maker.price_ticks):
        cancel_resting(state, slot, canceled_margin, out)
        return 0
    return lots if working.remaining_lots > 0 else 0


@gate
def is_covered_at(state, lots, ticks):
    """Whether the wallet can hold the initial margin of ``lots`` more at a price worse than the one a market order was
    checked at, and the loss against the mark that the fill brings at once.  ORDR-010"""
    working = state.working
    position = state.positions[working.position]
    instrument = state.instruments[working.instrument]
    refresh_requirement(state, working.position)
    value_per_lot = unit_value(instrument.terms, price_units(instrument.terms, ticks))
    value = multiply(lots, abs(value_per_lot))
    buys = lots if working.side == BUY else 0
    buy_value = value if working.side == BUY else 0
    position.open_buy_lots += buys
    position.open_sell_lots += lots - buys
    position.open_buy_value_atoms += buy_value
    position.open_sell_value_atoms += value - buy_value
    required = position_requirement(instrument, position, position_tier(instrument, position))
    position.open_buy_lots -= buys
    position.open_sell_lots -= lots - buys
    position.open_buy_value_atoms -= buy_value
    position.open_sell_value_atoms -= value - buy_value
    growth = required - position.requirement_atoms
    premium = multiply(working.side * lots, value_per_lot - instrument.mark_unit_value_atoms)
    return growth <= 0 or is_available(state, position.wallet, growth + max(0, premium))


@kernel
def taker_lots(state, lots, ticks):
    """How many of ``lots`` the working order may trade at this price; 0 with ``stop_reason`` set where none."""
    working = state.working
    if working.takeover != 0:
        return lots
    position = state.positions[working.position]
    if working.flags & FLAG_REDUCE_ONLY:
        lots = min(lots, room_to_reduce(position, working.side))
        if lots == 0:
            working.stop_reason = canceled_reduce_only
            return 0
    if not bears(state, working.position, working.side * lots, ticks):
        working.stop_reason = canceled_margin
        return 0
    if working.checked_ticks != 0 and (ticks - working.checked_ticks) * working.side > 0:
        reducing = room_to_reduce(position, working.side) >= lots
        if not reducing and working.flags & FLAG_LIQUIDATION == 0 and not is_covered_at(state, lots, ticks):
            working.stop_reason = canceled_margin
            return 0
    return lots


@kernel
def count_step(working):
    """One resting order was dealt with; a command deals with a bounded number of them.  MTCH-006"""
    working.fill_count += 1
    if working.fill_count >= FILLS_PER_COMMAND_MAX and working.stop_reason == 0:
        working.stop_reason = canceled_fill_limit


@gate
def trade_working(state, out):
    """The loop of :func:`match_working`, for an order that meets somebody, or that a circuit breaker watches."""
    working = state.working
    traded_at = 0
    first_at = 0
    limit = working.limit_ticks
    guarded = state.instruments[working.instrument].terms.breaker_ppb != 0
    if guarded:
        limit = guarded_limit(state)
    while working.remaining_lots > 0 and working.stop_reason == 0:
        ticks = best_opposite(state, working.instrument, working.side)
        if not crosses(working.side, limit, ticks):
            break
        slot = level_of(state, working.instrument, ticks).head
        maker = state.orders[slot]
        if COMPILED and maker.next != 0:                    # likely the next to trade, and the one behind it
            following = state.orders[maker.next]
            prefetch(state.orders[following.next])
            prefetch(state.positions[following.position])
            prefetch(state.accounts[following.account])
            prefetch(state.watch_nodes[following.position])
        if COMPILED and state.book_only == 0:
            prefetch(state.wallets[state.positions[maker.position].wallet])
        lots = min(working.remaining_lots, maker.displayed_lots)
        if state.book_only == 0:
            if working.self_trade_mode != SELF_ALLOW and working.takeover == 0 and maker.takeover == 0 and (
                    maker.account == working.account
                    or owner_of(state, maker.account) == owner_of(state, working.account)):
                resolve_self_trade(state, slot, out)
                count_step(working)
                continue
        if state.book_only != 0 or fill_short(state, slot, lots, out) == 0:
            if state.book_only == 0:
                lots = maker_lots(state, slot, lots, out)
                if lots == 0:
                    count_step(working)
                    continue
                lots = taker_lots(state, lots, ticks)
                if lots == 0:
                    break
            fill(state, slot, lots, out)
        if traded_at == 0:
            first_at = ticks
        traded_at = ticks
        after_fill(state, slot, out)
        count_step(working)
    if traded_at != 0:
        note_last_price(state, working.instrument, traded_at)
    if guarded:
        watch_trades(state, first_at, traded_at, limit, best_opposite(state, working.instrument, working.side), out)


@kernel
def match_working(state, out):
    """Trade the working order against the book up to its limit; what is left, and why it stopped, stays in
    ``state.working``."""
    working = state.working
    working.stop_reason = 0
    working.fill_count = 0
    if would_trade(state) or state.instruments[working.instrument].terms.breaker_ppb != 0:
        trade_working(state, out)
