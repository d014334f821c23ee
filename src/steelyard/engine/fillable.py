"""What an order that fills whole or not at all would surely trade: counted before anything is touched."""
from ..codes import BUY, FLAG_REDUCE_ONLY, SELF_ALLOW, SELF_CANCEL_OLDEST
from ..kernel import gate, kernel
from .book import level_of, next_ask_above, next_bid_below
from .breaker import guarded_limit
from .matching import CONDEMNED, bears, best_opposite, crosses, owner_of, room_to_reduce
from .order_index import find_order
from .records import FILLS_PER_COMMAND_MAX, ORDERS_MAX


@kernel
def sure_of_pair(state, slot):
    """Lots of a resting order with an OCO partner that are certain to trade: of two on one side only the nearer counts,
    and no more than the smaller of both has.  MTCH-005"""
    order = state.orders[slot]
    code = find_order(state, order.oco_order_id) if order.oco_order_id > 0 else 0
    if order.oco_order_id == CONDEMNED:
        return 0
    if code == 0 or code >= ORDERS_MAX or state.orders[code].side != order.side:
        return order.remaining_lots
    partner = state.orders[code]
    behind = (order.price_ticks - partner.price_ticks) * order.side
    if behind < 0 or (behind == 0 and order.order_id > partner.order_id):
        return 0
    return min(order.remaining_lots, partner.remaining_lots)


@kernel
def sure_lots(state, slot):
    """Lots of a resting order that are certain to trade, whatever its owner's other orders do first.  MTCH-005"""
    order = state.orders[slot]
    lots = order.remaining_lots
    if order.oco_order_id != 0:
        lots = sure_of_pair(state, slot)
    if order.takeover != 0 or lots == 0:
        return lots
    if not bears(state, order.position, order.side * lots, order.price_ticks):
        return 0
    if order.flags & FLAG_REDUCE_ONLY == 0:
        return lots
    position = state.positions[order.position]
    others = position.reduce_only_lots - order.remaining_lots
    others += position.open_buy_lots if order.side == BUY else position.open_sell_lots
    return max(0, min(lots, room_to_reduce(position, order.side) - others))


@gate
def fillable_lots(state, enough_lots):
    """Lots the working order would surely trade within its limit, counted up to ``enough_lots``; its owner's orders
    count nothing. A market order is from then on checked at the last price counted.  MTCH-005"""
    working = state.working
    owner = owner_of(state, working.account)
    ticks = best_opposite(state, working.instrument, working.side)
    total = 0
    orders = 0
    limit = working.limit_ticks
    if state.instruments[working.instrument].terms.breaker_ppb != 0:
        limit = guarded_limit(state)
    while crosses(working.side, limit, ticks) and total < enough_lots:
        if working.checked_ticks != 0:
            working.checked_ticks = ticks
        slot = level_of(state, working.instrument, ticks).head
        while slot != 0 and total < enough_lots:
            order = state.orders[slot]
            if working.self_trade_mode == SELF_ALLOW or owner_of(state, order.account) != owner:
                total += sure_lots(state, slot)
            elif working.self_trade_mode != SELF_CANCEL_OLDEST:
                return total
            orders += 1
            if orders >= FILLS_PER_COMMAND_MAX:
                return total
            slot = order.next
        if working.side == BUY:
            ticks = next_ask_above(state, working.instrument, ticks)
        else:
            ticks = next_bid_below(state, working.instrument, ticks)
    return total
