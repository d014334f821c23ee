"""Selling what the liquidation engine holds: in slices, within limits, the rest posted at the bankruptcy price, else
deleveraged.

Takeovers of an instrument are looked at in turn whenever its mark moved or a pause ended; each look is one bounded
step. Losses being shared out and deleveraging under way are finished before the next takeover is looked at.
"""
from ..codes import (
    ADL_NONE,
    BUY,
    FLAG_LIQUIDATION,
    ORDER_LIMIT,
    SELF_ALLOW,
    STATE_HALTED,
    STATE_POST_ONLY,
    STATE_REDUCE_ONLY,
    STATE_TRADING,
    TIF_GTC,
    TIF_IOC,
    canceled_by_liquidation,
)
from ..codes import takeover as taken_over_reason
from ..kernel import gate, kernel, multiply_divide_down, multiply_divide_up
from ..rules.contract import share_up
from ..rules.liquidation import ticks_at_value
from ..units import PPB
from . import adl as deleveraging
from .assignment import assign_takeover
from .book import ensure_page
from .losses import loss_step, losses_waiting
from .matching import best_opposite, cancel_resting, crosses, match_working
from .order_index import find_order
from .queues import has_pending_changes
from .records import LIQUIDATOR_ACCOUNT, ORDERS_MAX
from .resting import rest_working
from .takeovers import closing_side, deficit_at_mark, fund_allowance, price_takeover, reduce_takeover, write_down

FILLS_PER_WORK = 16
OPPOSITE_ROWS_MAX = 1024
SKIPS_PER_WORK = 64
"""Takeovers that a look would leave as they are, for one unit of work."""


# ---------------------------------------------------------------- limits
@kernel
def tighter(side, one_ticks, other_ticks):
    """The better (for the seller or buyer) of two limit prices."""
    return min(one_ticks, other_ticks) if side == BUY else max(one_ticks, other_ticks)


@kernel
def mark_bound_ticks(instrument, side):
    """The worst price within ``disposal_limit_ppb`` of the mark for an order of this side, inside the price range.
    LIQD-012

    Without a limit: the end of the price range.
    """
    terms = instrument.terms
    if side == BUY:
        if terms.disposal_limit_ppb == 0:
            return terms.price_ticks_max
        units = multiply_divide_down(instrument.mark_price_units, PPB + terms.disposal_limit_ppb, PPB)
        return max(terms.price_ticks_min, min(terms.price_ticks_max, units // terms.mark_units_per_tick))
    if terms.disposal_limit_ppb == 0:
        return terms.price_ticks_min
    units = multiply_divide_up(instrument.mark_price_units, max(0, PPB - terms.disposal_limit_ppb), PPB)
    return max(terms.price_ticks_min, min(terms.price_ticks_max, -(-units // terms.mark_units_per_tick)))


@kernel
def disposal_limit_ticks(state, row, lots):
    """Limit of an order for ``lots`` of a takeover: within the mark bound, losing at most what the fund may pay.
    LIQD-012

    0 where no price will do. Without a mark bound the fund pays nothing in the book: the limit is the bankruptcy price.
    """
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    allowance = 0
    if instrument.terms.disposal_limit_ppb > 0:
        allowance = fund_allowance(state, row)
    cost = share_up(takeover.entry_value_atoms, lots, abs(takeover.size_lots))
    signed_lots = lots if takeover.size_lots > 0 else -lots
    worst = ticks_at_value(instrument.terms, signed_lots, cost - allowance)
    if worst == 0:
        return 0
    side = closing_side(takeover)
    return tighter(side, worst, mark_bound_ticks(instrument, side))


@kernel
def slice_lots(state, row):
    """Lots of the next order: ``disposal_slice_ppb`` of the size taken over, rounded up; 0 means the whole."""
    takeover = state.takeovers[row]
    share = state.instruments[takeover.instrument].terms.disposal_slice_ppb
    if share <= 0:
        return abs(takeover.size_lots)
    return min(abs(takeover.size_lots), max(1, multiply_divide_up(abs(takeover.taken_lots), min(share, PPB), PPB)))


# ---------------------------------------------------------------- orders
@kernel
def load_order(state, row, lots, limit_ticks, time_in_force):
    """Fill ``state.working`` with an order of the liquidation engine."""
    takeover = state.takeovers[row]
    working = state.working
    working.order_id = takeover.order_id
    working.remaining_lots = lots
    working.display_size_lots = 0
    working.expires_ns = 0
    working.oco_order_id = 0
    working.limit_ticks = limit_ticks
    working.filled_lots = 0
    working.filled_value_atoms = 0
    working.stop_reason = 0
    working.account = LIQUIDATOR_ACCOUNT
    working.position = 0
    working.instrument = takeover.instrument
    working.takeover = row
    working.bracket = 0
    working.fill_count = 0
    working.side = closing_side(takeover)
    working.time_in_force = time_in_force
    working.self_trade_mode = SELF_ALLOW
    working.order_type = ORDER_LIMIT
    working.flags = FLAG_LIQUIDATION
    working.target_index = 0
    working.checked_ticks = 0


@gate
def cancel_takeover_order(state, row, out):
    """Take a takeover's resting order off the book, if it has one."""
    slot = find_order(state, state.takeovers[row].order_id)
    if 0 < slot < ORDERS_MAX:
        cancel_resting(state, slot, canceled_by_liquidation, out)


@kernel
def takes_orders(instrument):
    """Whether immediate orders trade in the instrument now."""
    return instrument.state == STATE_TRADING or instrument.state == STATE_REDUCE_ONLY


@gate
def sell_slice(state, row, out):
    """One immediate order for the next slice, if anybody bids within its limit; returns the work done.  LIQD-011"""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    if not takes_orders(instrument) or state.now_ns < takeover.next_action_ns:
        return 1
    lots = slice_lots(state, row)
    limit = disposal_limit_ticks(state, row, lots)
    side = closing_side(takeover)
    if limit == 0 or not crosses(side, limit, best_opposite(state, takeover.instrument, side)):
        return 1
    cancel_takeover_order(state, row, out)
    load_order(state, row, lots, limit, TIF_IOC)
    match_working(state, out)
    state.working.takeover = 0
    fills = state.working.fill_count
    if takeover.size_lots != 0:
        takeover.next_action_ns = state.now_ns + instrument.terms.disposal_interval_ns
        price_takeover(state, row)
    return 1 + fills // FILLS_PER_WORK


@kernel
def rest_ticks(state, row):
    """Price at which the rest of a takeover is posted: the bankruptcy price, or the mark bound where that is better; 0
    none."""
    takeover = state.takeovers[row]
    if takeover.bankruptcy_ticks == 0:
        return 0
    side = closing_side(takeover)
    return tighter(side, takeover.bankruptcy_ticks, mark_bound_ticks(state.instruments[takeover.instrument], side))


@kernel
def may_stay(state, row, slot, ticks):
    """Whether a resting order still does: the whole size, no loss, and not more than a quarter of the limit off its
    price."""
    takeover = state.takeovers[row]
    order = state.orders[slot]
    if order.remaining_lots != abs(takeover.size_lots) or ticks == 0:
        return False
    if tighter(order.side, order.price_ticks, takeover.bankruptcy_ticks) != order.price_ticks:
        return False
    slack = multiply_divide_down(ticks, state.instruments[takeover.instrument].terms.disposal_limit_ppb, PPB) // 4
    return abs(order.price_ticks - ticks) <= slack


@gate
def rest_remainder(state, row, out):
    """Post what is left, unless it would trade at once (then the next slice sells it) or the book takes no orders.
    LIQD-011"""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    ticks = rest_ticks(state, row)
    slot = find_order(state, takeover.order_id)
    if 0 < slot < ORDERS_MAX:
        if may_stay(state, row, slot, ticks):
            return
        cancel_resting(state, slot, canceled_by_liquidation, out)
    side = closing_side(takeover)
    if ticks == 0 or crosses(side, ticks, best_opposite(state, takeover.instrument, side)):
        return
    if not takes_orders(instrument) and instrument.state != STATE_POST_ONLY:
        return
    pool = state.orders_pool
    if (pool.free == 0 and pool.high_water + 1 >= ORDERS_MAX) or ensure_page(state, takeover.instrument, ticks) == 0:
        return
    load_order(state, row, abs(takeover.size_lots), ticks, TIF_GTC)
    rest_working(state, out)
    state.working.takeover = 0
    takeover.is_posted = 1 if ticks == takeover.bankruptcy_ticks else 0


# ---------------------------------------------------------------- two takeovers of opposite sides
@kernel
def opposite_takeover(state, row):
    """The oldest takeover on the other side of the same instrument; 0 if none among the first rows."""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    if (instrument.takeovers_short if takeover.size_lots > 0 else instrument.takeovers_long) == 0:
        return 0
    other = instrument.first_takeover
    for _row in range(OPPOSITE_ROWS_MAX):
        if other == 0 or (state.takeovers[other].size_lots > 0) != (takeover.size_lots > 0):
            return other
        other = state.takeovers[other].next_takeover
    return 0


@gate
def net_takeovers(state, row, out):
    """Close a takeover against one of the other side at the first one's own price, the second settles with the fund.
    LIQD-013

    Done only where both together lose no more than the fund may pay for either.
    """
    other = opposite_takeover(state, row)
    if other == 0:
        return
    one = state.takeovers[row]
    two = state.takeovers[other]
    lots = min(abs(one.size_lots), abs(two.size_lots))
    cost = share_up(one.entry_value_atoms, lots, abs(one.size_lots))
    joint_loss = cost + share_up(two.entry_value_atoms, lots, abs(two.size_lots))
    if joint_loss > min(fund_allowance(state, row), fund_allowance(state, other)):
        return
    cancel_takeover_order(state, row, out)
    cancel_takeover_order(state, other, out)
    signed_lots = -lots if one.size_lots > 0 else lots
    reduce_takeover(state, row, signed_lots, -cost, taken_over_reason, out)
    reduce_takeover(state, other, -signed_lots, cost, taken_over_reason, out)
    if one.size_lots != 0:
        price_takeover(state, row)
    if two.size_lots != 0:
        price_takeover(state, other)


# ---------------------------------------------------------------- one look
@kernel
def schedule(state, row):
    """Make sure the takeover is looked at when its pause ends."""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    if takeover.next_action_ns > state.now_ns and (
            instrument.disposal_next_ns == 0 or takeover.next_action_ns < instrument.disposal_next_ns):
        instrument.disposal_next_ns = takeover.next_action_ns


@kernel
def stays_as_it_is(state, row):
    """Whether a look at a takeover would change nothing: all of it is posted at its bankruptcy price, which without a
    ``disposal_limit_ppb`` no mark moves, nobody bids it, nothing of the other side is held, the fund can pay for it.
    LIQD-011"""
    takeover = state.takeovers[row]
    if takeover.is_posted == 0:
        return False
    instrument = state.instruments[takeover.instrument]
    if instrument.terms.assigns != 0 or instrument.terms.adl_at_once != 0:
        return False
    if instrument.terms.disposal_limit_ppb != 0 or instrument.takeovers_long * instrument.takeovers_short != 0:
        return False
    side = closing_side(takeover)
    if crosses(side, takeover.bankruptcy_ticks, best_opposite(state, takeover.instrument, side)):
        return False
    deficit = deficit_at_mark(state, row)
    return deficit <= 0 or deficit <= fund_allowance(state, row)


@gate
def examine_takeover(state, row, out):
    """Net, sell, deleverage or write down, post the rest: one look at a takeover; returns the work done.  LIQD-011"""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    if instrument.settle_price_units != 0:
        return 1
    net_takeovers(state, row, out)
    work = 1
    if takeover.size_lots != 0 and instrument.terms.assigns != 0 and instrument.state != STATE_HALTED:
        cancel_takeover_order(state, row, out)
        work += assign_takeover(state, row, out)
    if takeover.size_lots != 0:
        work = sell_slice(state, row, out)
    if takeover.size_lots == 0:
        return work
    unwinds = instrument.terms.adl_at_once != 0 and instrument.terms.adl_policy != ADL_NONE
    if unwinds or deficit_at_mark(state, row) > fund_allowance(state, row):
        cancel_takeover_order(state, row, out)
        if instrument.terms.adl_policy != ADL_NONE:
            deleveraging.begin_adl(state, row)
            return work
        write_down(state, row, out)
    rest_remainder(state, row, out)
    schedule(state, row)
    return work


@kernel
def is_due(state, instrument_id):
    """Whether an instrument's takeovers are to be looked at: a walk is under way, the mark moved, or a pause ended."""
    instrument = state.instruments[instrument_id]
    return instrument.takeover_cursor != 0 or instrument.takeover_mark_sequence != instrument.mark_sequence or (
        instrument.disposal_next_ns != 0 and state.now_ns >= instrument.disposal_next_ns)


@kernel
def next_takeover_due(state):
    """The next takeover to look at, taken off its instrument's walk; 0 where none is due."""
    instrument_id = state.first_disposing
    while instrument_id != 0 and not is_due(state, instrument_id):
        instrument_id = state.instruments[instrument_id].next_disposing
    if instrument_id == 0:
        return 0
    instrument = state.instruments[instrument_id]
    if instrument.takeover_cursor == 0:
        instrument.takeover_cursor = instrument.first_takeover
        instrument.takeover_mark_sequence = instrument.mark_sequence
        instrument.disposal_next_ns = 0
    row = instrument.takeover_cursor
    instrument.takeover_cursor = state.takeovers[row].next_takeover
    return row


@gate
def skip_unconcerned(state, row):
    """Walk on from a takeover that is due over those that a look would leave as they are, SKIPS_PER_WORK at most.
    Returns the first that is not, still to be looked at; 0 where the walk ended or is to go on later."""
    skipped = 0
    while row != 0 and stays_as_it_is(state, row):
        schedule(state, row)
        skipped += 1
        if skipped == SKIPS_PER_WORK:
            return 0
        row = next_takeover_due(state)
    return row


@kernel
def takeover_waiting(state):
    """Whether :func:`drain_takeovers` has anything to do; a few loads while no instrument holds takeovers."""
    if state.adl.phase != 0 or losses_waiting(state):
        return True
    instrument_id = state.first_disposing
    while instrument_id != 0:
        if is_due(state, instrument_id):
            return True
        instrument_id = state.instruments[instrument_id].next_disposing
    return False


@gate
def drain_takeovers(state, out, budget):
    """Up to ``budget`` units of work on takeovers, deleveraging and losses; returns the work done.

    It comes back early when a step changed positions: the caller refreshes what changed, then calls again.
    """
    work = 0
    while work < budget and not has_pending_changes(state):
        if state.adl.phase != 0:
            work += deleveraging.adl_step(state, out)
        elif losses_waiting(state):
            work += loss_step(state, out)
        else:
            row = next_takeover_due(state)
            if row == 0:
                break
            row = skip_unconcerned(state, row)
            work += 1
            if row != 0:
                work += examine_takeover(state, row, out) - 1
    return work
