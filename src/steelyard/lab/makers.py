"""Market makers who widen, thin out and pull their quotes under stress, and arbitrageurs who tie the book to the
index."""

from __future__ import annotations

from ..codes import (
    BUY,
    CANCEL_ORDERS,
    FLAG_POST_ONLY_CANCEL,
    FLAG_REDUCE_ONLY,
    ORDER_LIMIT,
    SELL,
    STATE_REDUCE_ONLY,
    TIF_GTC,
)
from ..engine.positions import position_of
from ..kernel import kernel
from .crowd import EATEN_SHARE, LEVELS, ORDERS_PER_LEVEL, empty, publish, put, put_order, ticks_at


@kernel
def before_price(states, boxes, crowds, makers, clocks):
    """Everyone feels the new outside price; makers requote around it, then it is published."""
    box, crowd, clock = boxes[0], crowds[0], clocks[0]
    empty(box)
    crowd.minute = clock.minute
    crowd.now_ns = clock.now_ns
    crowd.usd_per_lot = clock.usd_per_lot
    crowd.index_units = float(clock.index_units)
    know_inventories(states[0], crowd, makers)
    quote(states[0], box, crowd, makers)
    publish(box, crowd, crowd.index_id, crowd.feeds, clock.price)
    return box.count


@kernel
def know_inventories(state, crowd, makers):
    """Makers and arbitrageurs look up their own positions."""
    for number in range(len(makers)):
        maker = makers[number]
        maker.size_lots = state.positions[position_of(state, maker.account, crowd.instrument)].size_lots


# ---------------------------------------------------------------- makers
@kernel
def quote(state, box, crowd, makers):
    """Each maker whose quotes are stale, eaten or no longer wanted cancels them and, unless it has lost its nerve,
    quotes again."""
    for number in range(crowd.makers):
        maker = makers[number]
        held = maker.size_lots * crowd.usd_per_lot / maker.limit_usd
        center = crowd.index_units * (1.0 + maker.offset - crowd.skew * held)
        spread = maker.spread * (1.0 + crowd.spread_stress * crowd.stress)
        if crowd.stress > maker.nerve * (1.0 - 0.5 * min(1.0, abs(held))):
            maker.pulled_until = max(maker.pulled_until, crowd.minute + 1 + int(crowd.stress / 8))
        pulled = maker.pulled_until > crowd.minute
        stale = (
            maker.center == 0
            or abs(center / maker.center - 1.0) > max(0.4 * spread, maker.patience)
            or maker.filled * crowd.usd_per_lot > EATEN_SHARE * maker.depth_usd
        )
        if pulled:
            if maker.orders != 0:
                put(box, crowd, CANCEL_ORDERS, maker.account)
            maker.orders = 0
            maker.quoting = 0
            maker.center = 0
        elif stale or maker.quoted_at + 10 <= crowd.minute:
            if maker.orders != 0:
                put(box, crowd, CANCEL_ORDERS, maker.account)
            maker.orders = 0
            maker.quoting = 1
            maker.center = center
            maker.filled = 0
            maker.quoted_at = crowd.minute
            ladder(state, box, crowd, maker, BUY, spread, held)
            ladder(state, box, crowd, maker, SELL, spread, -held)


@kernel
def ladder(state, box, crowd, maker, side, spread, held):
    """One side of a maker's quotes: LEVELS orders from its spread out to the reach, growing with distance,
    shrinking with stress
    and with inventory ``held`` (share of its limit, > 0: this side adds to it). Where a market is reduce only, no more
    than closes its position."""
    terms = state.instruments[crowd.instrument].terms
    depth = maker.depth_usd * max(0.0, 1.0 - max(0.0, held)) / (1.0 + crowd.shyness * crowd.stress)
    reach = max(crowd.reach, 2.0 * spread)
    distance = spread
    growth = growth_of(reach / spread)
    reducing = state.instruments[crowd.instrument].state == STATE_REDUCE_ONLY
    left = max(0, -side * maker.size_lots)
    for level in range(LEVELS):
        share = (level + 1) / (LEVELS * (LEVELS + 1) / 2)
        lots = int(depth * share / crowd.usd_per_lot)
        if reducing:
            lots = min(lots, left)
            left -= lots
        for _ in range(ORDERS_PER_LEVEL):
            if lots <= 0:
                break
            part = min(lots, terms.order_lots_max)
            lots -= part
            command = put_order(box, crowd, maker.account, side, part)
            command.order_type = ORDER_LIMIT
            command.time_in_force = TIF_GTC
            command.flags = FLAG_POST_ONLY_CANCEL | FLAG_REDUCE_ONLY if reducing else FLAG_POST_ONLY_CANCEL
            command.price_ticks = ticks_at(terms, maker.center * (1.0 - side * distance), side)
            maker.orders += 1
        distance *= growth


@kernel
def growth_of(ratio):
    """ratio ** (1 / (LEVELS - 1)) by Newton's method: only exact operations."""
    x = 1.0 + (ratio - 1.0) / (LEVELS - 1)
    for _ in range(60):
        power = 1.0
        for _ in range(LEVELS - 2):
            power *= x
        x -= (power * x - ratio) / ((LEVELS - 1) * power)
    return x


@kernel
def arbitrage(state, box, crowd, makers):
    """Arbitrageurs take what the book offers beyond their band around the index, up to their step and limit, and
    unwind near it."""
    terms = state.instruments[crowd.instrument].terms
    book = state.books[crowd.instrument]
    index = crowd.index_units / terms.mark_units_per_tick
    for number in range(crowd.makers, crowd.makers + crowd.arbitrageurs):
        one = makers[number]
        held = one.size_lots * crowd.usd_per_lot
        band = crowd.arbitrage_band * (1.0 + 0.25 * (number - crowd.makers)) * (1.0 + 0.5 * crowd.stress)
        step = crowd.arbitrage_step_usd / (1.0 + 0.5 * crowd.stress)
        side = 0
        if book.best_bid_ticks > index * (1.0 + band) and held > -one.limit_usd:
            side = SELL
        elif book.best_ask_ticks != 0 and book.best_ask_ticks < index * (1.0 - band) and held < one.limit_usd:
            side = BUY
        elif book.best_bid_ticks != 0 and held > step and book.best_bid_ticks > index * (1.0 - 0.25 * band):
            side = SELL
        elif book.best_ask_ticks != 0 and held < -step and book.best_ask_ticks < index * (1.0 + 0.25 * band):
            side = BUY
        if side != 0:
            command = put_order(box, crowd, one.account, side,
                                min(terms.order_lots_max, max(1, int(step / crowd.usd_per_lot))))
            command.order_type = ORDER_LIMIT
            edge = -0.25 if (held > 0 and side == SELL) or (held < 0 and side == BUY) else 0.5
            command.price_ticks = ticks_at(terms, crowd.index_units * (1.0 - side * edge * band), side)
