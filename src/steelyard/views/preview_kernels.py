"""What an order would do if it came now: the engine's own objections and rules on the live tables, every touched row
put back afterwards (``undo``). Only what the engine does to the book itself is retold here: who is met, in which order,
and who of them is passed over; whether they may trade, at what fee, and what it does to positions and cash is asked of
the engine's functions.
"""
import numpy as np

from .. import codes
from ..codes import BUY
from ..engine.accounts import set_leverage, set_margin_mode
from ..engine.attachments import objection_attached
from ..engine.book import level_of, next_ask_above, next_bid_below
from ..engine.breaker import guarded_limit
from ..engine.events import empty_outbox
from ..engine.groups import available, refresh_requirement
from ..engine.matching import (
    CONDEMNED,
    bears,
    best_opposite,
    count_open_lots,
    count_step,
    crosses,
    fee_rate,
    owner_of,
    room_to_reduce,
    taker_lots,
    would_trade,
)
from ..engine.order_index import find_order
from ..engine.orders import collar_ticks, objection_place
from ..engine.positions import activate, book_fill, ensure_position, settle_funding
from ..engine.records import FILLS_PER_COMMAND_MAX, LEVEL_PAGES_MAX, ORDERS_MAX
from ..engine.triggers import closes_whole, objection_trigger
from ..kernel import add, entry, kernel, multiply
from ..rules.contract import price_units, unit_value
from ..rules.fees import fee
from .preview_measures import measure_after
from .undo import begin, note_membership, note_order, note_position, note_wallet

i8 = np.int64
PREVIEW = np.dtype([(name, i8) for name in """
costs_atoms
reason refused_setting end_reason order_lots filled_lots filled_value_atoms fee_atoms realized_atoms price_sum_high
price_sum_low best_ticks worst_ticks next_ticks fill_count resting_lots resting_ticks
available_before_atoms available_atoms row size_lots entry_value_atoms collateral_atoms isolated leverage_ppb
mark_units value_atoms unrealized_atoms initial_atoms maintenance_atoms group_equity_atoms group_maintenance_atoms
liquidation_units bankruptcy_units break_even_units index_units funding_rate_ppb taker_ppb maker_ppb
""".split()])
"""Input: ``costs_atoms``, what the open position carries (VIEW-007). Everything else is the answer."""
WEIGHT = 10**12
"""As in ``views.order`` (a test compares them)."""
LOW_BITS = 20
SETTINGS = 2
"""Commands in front of the order: a leverage, a margin mode; kind 0 is none."""


# ---------------------------------------------------------------- makers
@kernel
def drop_maker(state, undo, slot):
    """A resting order would be canceled when it is met: its owner's totals lose it."""
    maker = state.orders[slot]
    if maker.position != 0:
        note_position(state, undo, maker.position)
        count_open_lots(state, slot, -maker.remaining_lots)
        state.positions[maker.position].order_count -= 1
        refresh_requirement(state, maker.position)
    maker.remaining_lots = 0


@kernel
def maker_room(state, undo, slot, lots):
    """How many of ``lots`` a resting order may trade; 0 where it would be canceled.  MTCH-004"""
    maker = state.orders[slot]
    if maker.takeover != 0:
        return lots
    if maker.oco_order_id != CONDEMNED:
        if maker.flags & codes.FLAG_REDUCE_ONLY:
            lots = min(lots, room_to_reduce(state.positions[maker.position], maker.side))
        note_wallet(state, undo, state.positions[maker.position].wallet)       # the question may renew its floor
        if lots > 0 and bears(state, maker.position, maker.side * lots, maker.price_ticks):
            return lots
    drop_maker(state, undo, slot)
    return 0


@kernel
def end_partner(state, undo, code):
    """The partner of an own order that was canceled ends with the command: its lots stop counting."""
    note_order(state, undo, code)
    count_open_lots(state, code, -state.orders[code].remaining_lots)
    state.orders[code].remaining_lots = 0
    state.orders[code].displayed_lots = 0


@kernel
def condemn_partner(state, undo, slot):
    """A resting order traded: its OCO partner is passed over from now on.  OCOO-002"""
    code = find_order(state, state.orders[slot].oco_order_id)
    if 0 < code < ORDERS_MAX:
        if state.orders[slot].position == state.working.position:
            end_partner(state, undo, code)
            return
        note_order(state, undo, code)
        state.orders[code].oco_order_id = CONDEMNED


# ---------------------------------------------------------------- one fill
@kernel
def count_price(preview, inverse, lots, ticks):
    """Add a fill to the sum an average price is made from, in two words.  VIEW-003"""
    weight = WEIGHT // ticks if inverse else ticks
    preview.price_sum_high += lots * (weight >> LOW_BITS)
    preview.price_sum_low += lots * (weight & ((1 << LOW_BITS) - 1))


@kernel
def fill_taker(state, out, preview, lots, signed_value, rate_ppb):
    """Book the order's own side of a fill."""
    working = state.working
    atoms = fee(abs(signed_value), rate_ppb)
    activate(state, working.position)
    realized = book_fill(state, working.position, lots, signed_value, atoms)
    preview.fee_atoms = add(preview.fee_atoms, atoms)
    preview.realized_atoms = add(preview.realized_atoms, realized)
    preview.filled_lots += abs(lots)
    preview.filled_value_atoms = add(preview.filled_value_atoms, abs(signed_value))


@kernel
def trade(state, undo, out, preview, slot, lots):
    """One fill against a resting order, both sides booked.  MTCH-001"""
    working = state.working
    maker = state.orders[slot]
    instrument = state.instruments[working.instrument]
    side = working.side
    value = lots * maker.unit_value_atoms
    signed_value = -value if instrument.mark_unit_value_atoms < 0 else value
    if maker.takeover == 0:
        note_position(state, undo, maker.position)
    settle_funding(state, working.position, out)
    if maker.takeover == 0:
        settle_funding(state, maker.position, out)
    empty_outbox(out)
    maker_rate = fee_rate(state, maker.account, instrument, True)
    if maker.flags & codes.FLAG_HIDDEN and instrument.terms.hidden_pays_taker != 0:
        maker_rate = fee_rate(state, maker.account, instrument, False)
    maker.displayed_lots -= lots
    working.remaining_lots -= lots
    working.filled_lots += lots
    working.filled_value_atoms += value
    if maker.position != 0:
        count_open_lots(state, slot, -lots)
    maker.remaining_lots -= lots
    fill_taker(state, out, preview, side * lots, side * signed_value, preview.taker_ppb)
    count_price(preview, instrument.terms.kind == codes.INVERSE, lots, maker.price_ticks)
    if preview.best_ticks == 0:
        preview.best_ticks = maker.price_ticks
    preview.worst_ticks = maker.price_ticks
    preview.fill_count += 1
    if maker.takeover == 0:
        book_fill(state, maker.position, -side * lots, -side * signed_value, fee(value, maker_rate))
        if maker.remaining_lots == 0:
            state.positions[maker.position].order_count -= 1
    if maker.oco_order_id > 0:
        condemn_partner(state, undo, slot)
        maker.oco_order_id = 0


@kernel
def is_own(state, maker):
    """Whether a resting order belongs to the owner of the working order, and that matters."""
    working = state.working
    return working.self_trade_mode != codes.SELF_ALLOW and maker.takeover == 0 and (
        maker.account == working.account or owner_of(state, maker.account) == owner_of(state, working.account))


@kernel
def meet_own(state, undo, slot):
    """The order met one of its owner's.  MTCH-003"""
    working = state.working
    mode = working.self_trade_mode
    if mode == codes.SELF_CANCEL_OLDEST or mode == codes.SELF_CANCEL_BOTH:
        partner = state.orders[slot].oco_order_id
        drop_maker(state, undo, slot)
        code = find_order(state, partner) if partner > 0 else 0
        if 0 < code < ORDERS_MAX and state.orders[code].position == working.position:
            end_partner(state, undo, code)
    if mode == codes.SELF_CANCEL_NEWEST or mode == codes.SELF_CANCEL_BOTH:
        working.stop_reason = codes.canceled_self_trade


@kernel
def meet(state, undo, out, preview, slot, ticks):
    """Deal with one resting order, as one turn of the engine's matching loop does."""
    working = state.working
    maker = state.orders[slot]
    note_order(state, undo, slot)
    if is_own(state, maker):
        meet_own(state, undo, slot)
        count_step(working)
        return
    lots = maker_room(state, undo, slot, min(working.remaining_lots, maker.displayed_lots))
    if lots == 0:
        count_step(working)
        return
    lots = taker_lots(state, lots, ticks)
    if lots == 0:
        return
    trade(state, undo, out, preview, slot, lots)
    count_step(working)


@kernel
def walk_level(state, undo, out, preview, ticks):
    """Meet the orders of one level in their order; an iceberg's next clip goes behind the others.  MTCH-002"""
    working = state.working
    slot = level_of(state, working.instrument, ticks).head
    put = 0
    taken = 0
    while working.remaining_lots > 0 and working.stop_reason == 0:
        if slot == 0:
            if taken == put:
                return
            current = undo.waiting[taken]
            taken += 1
        else:
            current = slot
            slot = state.orders[slot].next
        maker = state.orders[current]
        if maker.remaining_lots == 0:        # gone with its partner
            continue
        meet(state, undo, out, preview, current, ticks)
        while maker.displayed_lots > 0 and maker.remaining_lots > 0 and working.remaining_lots > 0 and (
                working.stop_reason == 0):   # cut to what it may trade, so still first in its level
            meet(state, undo, out, preview, current, ticks)
        if maker.remaining_lots > 0 and maker.displayed_lots == 0:
            maker.displayed_lots = min(maker.display_size_lots, maker.remaining_lots)
            undo.waiting[put] = current
            put += 1


@kernel
def walk_book(state, undo, out, preview):
    """The working order against the book up to its limit; what is left, and why, stays in ``state.working``."""
    working = state.working
    working.stop_reason = 0
    working.fill_count = 0
    limit = working.limit_ticks
    if state.instruments[working.instrument].terms.breaker_ppb != 0:
        limit = guarded_limit(state)
    ticks = best_opposite(state, working.instrument, working.side)
    while working.remaining_lots > 0 and working.stop_reason == 0 and crosses(working.side, limit, ticks):
        walk_level(state, undo, out, preview, ticks)
        if working.side == BUY:
            ticks = next_ask_above(state, working.instrument, ticks)
        else:
            ticks = next_bid_below(state, working.instrument, ticks)
    preview.next_ticks = ticks
    if limit != working.limit_ticks and working.remaining_lots > 0 and working.stop_reason == 0 and crosses(
            working.side, working.limit_ticks, ticks):
        working.stop_reason = codes.canceled_by_breaker


# ---------------------------------------------------------------- what is left of it
@kernel
def can_rest(state):
    """Whether the page of the limit is there or can be made."""
    working = state.working
    pages = state.level_pages_pool
    return (state.books[working.instrument].pages[working.limit_ticks >> 10] != 0 or pages.free != 0
            or pages.high_water + 1 < LEVEL_PAGES_MAX)


@kernel
def count_rest(state, lots):
    """Add what rests of the order to its position's totals (< 0 takes it away)."""
    working = state.working
    position = state.positions[working.position]
    position.order_count += 1 if lots > 0 else -1
    if working.flags & codes.FLAG_REDUCE_ONLY:
        position.reduce_only_lots += lots
        return
    instrument = state.instruments[working.instrument]
    value = multiply(lots, abs(unit_value(instrument.terms, price_units(instrument.terms, working.limit_ticks))))
    if working.side == BUY:
        position.open_buy_lots += lots
        position.open_buy_value_atoms += value
    else:
        position.open_sell_lots += lots
        position.open_sell_value_atoms += value


@kernel
def trim_rest(state, preview):
    """Where fills of this order left less to reduce than all reduce-only orders have, the newest is cut: this one.
    ORDR-006"""
    working = state.working
    position = state.positions[working.position]
    excess = position.reduce_only_lots - room_to_reduce(position, working.side)
    if excess >= preview.resting_lots:
        count_rest(state, -preview.resting_lots)
        preview.resting_lots = 0
        preview.end_reason = codes.canceled_reduce_only
    elif excess > 0:
        position.reduce_only_lots -= excess
        preview.resting_lots -= excess


@kernel
def settle_rest(state, undo, preview):
    """Rest, or end with a reason.  ORDR-004"""
    working = state.working
    if working.remaining_lots == 0:
        return
    if working.stop_reason != 0:
        preview.end_reason = working.stop_reason
    elif working.time_in_force == codes.TIF_IOC or working.time_in_force == codes.TIF_FOK:
        preview.end_reason = codes.canceled_immediate_remainder
        if working.order_type == codes.ORDER_MARKET and preview.next_ticks != 0:
            preview.end_reason = codes.canceled_collar
    elif not can_rest(state):
        preview.end_reason = codes.canceled_no_room
    else:
        preview.resting_lots = working.remaining_lots
        preview.resting_ticks = working.limit_ticks
        note_membership(state, undo, working.position)
        activate(state, working.position)
        count_rest(state, working.remaining_lots)
        if working.flags & codes.FLAG_REDUCE_ONLY:
            trim_rest(state, preview)


# ---------------------------------------------------------------- what it comes to
@kernel
def carry_costs(preview, size_before, signed_lots, fee_atoms):
    """What the open position carries after one more fill, as :mod:`.costs` counts it.  VIEW-007"""
    after = size_before + signed_lots
    if after == 0:
        preview.costs_atoms = 0
    elif size_before == 0:
        preview.costs_atoms = fee_atoms
    elif size_before * signed_lots > 0:
        preview.costs_atoms += fee_atoms
    elif size_before * after > 0:
        preview.costs_atoms -= preview.costs_atoms * abs(signed_lots) // abs(size_before)
    else:
        preview.costs_atoms = fee_atoms * abs(after) // abs(signed_lots)


@kernel
def fill_rest(state, undo, out, preview, lots, ticks, rate_ppb):
    """Suppose the rest fills whole at one price.  VIEW-013"""
    working = state.working
    instrument = state.instruments[working.instrument]
    before = state.positions[working.position].size_lots
    if working.flags & codes.FLAG_REDUCE_ONLY:
        lots = min(lots, room_to_reduce(state.positions[working.position], working.side))
    if lots == 0:
        return
    settle_funding(state, working.position, out)
    empty_outbox(out)
    note_membership(state, undo, working.position)
    value = multiply(working.side * lots, unit_value(instrument.terms, price_units(instrument.terms, ticks)))
    paid = preview.fee_atoms
    fill_taker(state, out, preview, working.side * lots, value, rate_ppb)
    count_price(preview, instrument.terms.kind == codes.INVERSE, lots, ticks)
    if preview.best_ticks == 0:
        preview.best_ticks = ticks
    preview.worst_ticks = ticks
    carry_costs(preview, before, working.side * lots, preview.fee_atoms - paid)


@kernel
def copy_preview(target, source):
    """Begin a second answer with what the first one has."""
    target.costs_atoms = source.costs_atoms
    target.order_lots = source.order_lots
    target.filled_lots = source.filled_lots
    target.filled_value_atoms = source.filled_value_atoms
    target.fee_atoms = source.fee_atoms
    target.realized_atoms = source.realized_atoms
    target.price_sum_high = source.price_sum_high
    target.price_sum_low = source.price_sum_low
    target.best_ticks = source.best_ticks
    target.worst_ticks = source.worst_ticks
    target.fill_count = source.fill_count
    target.end_reason = source.end_reason
    target.resting_lots = source.resting_lots
    target.resting_ticks = source.resting_ticks
    target.available_before_atoms = source.available_before_atoms
    target.taker_ppb = source.taker_ppb
    target.maker_ppb = source.maker_ppb


# ---------------------------------------------------------------- the whole
@kernel
def change_setting(state, command, out):
    """Carry out SET_LEVERAGE or SET_MARGIN_MODE; the reason it is refused for, or 0."""
    empty_outbox(out)
    if command.kind == codes.SET_LEVERAGE:
        set_leverage(state, command, out)
    else:
        set_margin_mode(state, command, out)
    refused = out.events[0].kind == codes.REJECTED
    empty_outbox(out)
    return out.events[0].reason if refused else 0


@kernel
def preview_trigger(state, undo, command, out, now, whole):
    """A stop or take-profit: taken or refused now; what it would be if it filled whole where it fires."""
    now.reason = objection_trigger(state, command)
    if now.reason != 0:
        return
    working = state.working
    position_row = ensure_position(state, command.account, command.instrument)
    working.position = position_row
    working.instrument = command.instrument
    working.account = command.account
    working.side = command.side
    working.flags = command.flags
    working.remaining_lots = command.size_lots
    if closes_whole(command.size_lots, command.flags):
        working.flags |= codes.FLAG_REDUCE_ONLY
        working.remaining_lots = abs(state.positions[position_row].size_lots)
    now.order_lots = working.remaining_lots
    copy_preview(whole, now)
    measure_after(state, now)
    ticks = command.price_ticks
    if ticks == 0:
        ticks = command.trigger_ticks
    if ticks == 0:                           # a trailing stop: from where its source stands
        terms = state.instruments[command.instrument].terms
        ticks = max(terms.price_ticks_min, state.instruments[command.instrument].mark_price_units // (
            terms.mark_units_per_tick) + command.side * command.trail_offset_ticks)
    fill_rest(state, undo, out, whole, working.remaining_lots, ticks, now.taker_ppb)
    measure_after(state, whole)


@kernel
def note_makers(state, undo, instrument_id, side, limit_ticks):
    """A fill-or-kill order asks every maker within its limit (0: any) whether he bears his fill, and the question may
    renew the floor of his wallet (MARG-017): remember the wallets."""
    ticks = best_opposite(state, instrument_id, side)
    orders = 0
    while ticks != 0 and orders < FILLS_PER_COMMAND_MAX and (limit_ticks == 0 or crosses(side, limit_ticks, ticks)):
        slot = level_of(state, instrument_id, ticks).head
        while slot != 0 and orders < FILLS_PER_COMMAND_MAX:
            if state.orders[slot].position != 0:
                note_wallet(state, undo, state.positions[state.orders[slot].position].wallet)
            orders += 1
            slot = state.orders[slot].next
        if side == BUY:
            ticks = next_ask_above(state, instrument_id, ticks)
        else:
            ticks = next_bid_below(state, instrument_id, ticks)


@kernel
def preview_order(state, undo, command, out, now, whole):
    """A limit or market order, as ``place_order`` runs it."""
    if command.time_in_force == codes.TIF_FOK and abs(command.side) == 1:
        note_makers(state, undo, command.instrument, command.side, command.price_ticks)
    now.reason = objection_attached(state, command, objection_place(state, command))
    if now.reason != 0:
        return
    working = state.working
    now.order_lots = working.remaining_lots
    before = state.positions[working.position].size_lots
    if working.flags & codes.FLAG_POST_ONLY_CANCEL and would_trade(state):
        now.end_reason = codes.canceled_post_only
    else:
        note_membership(state, undo, working.position)
        walk_book(state, undo, out, now)
        if now.filled_lots > 0:
            carry_costs(now, before, working.side * now.filled_lots, now.fee_atoms)
        settle_rest(state, undo, now)
    copy_preview(whole, now)
    measure_after(state, now)
    if now.resting_lots > 0:
        count_rest(state, -now.resting_lots)
        fill_rest(state, undo, out, whole, now.resting_lots, now.resting_ticks, now.maker_ppb)
    measure_after(state, whole)


@entry
def preview(states, commands, undos, outs, previews):
    """Answer what the last command would do after the settings in front of it: ``previews[0]`` as the tables would
    stand right after it, ``previews[1]`` with what rests of it filled at its limit. Leaves its changes in the tables:
    the caller calls ``put_back``, whatever happens.  VIEW-012"""
    state = states[0]
    undo = undos[0]
    out = outs[0]
    now = previews[0]
    command = commands[SETTINGS]
    now.reason = 0
    now.refused_setting = 0
    known = 0 < command.instrument < len(state.instruments) and (
        state.instruments[command.instrument].state != codes.STATE_UNLISTED)
    if known and 0 < command.account < len(state.accounts) and state.accounts[command.account].is_open != 0:
        begin(state, undo, command.account, command.instrument)
        for index in range(SETTINGS):
            if commands[index].kind != 0 and now.reason == 0:
                now.reason = change_setting(state, commands[index], out)
                now.refused_setting = index + 1 if now.reason != 0 else 0
        row = ensure_position(state, command.account, command.instrument)
        if row != 0:
            instrument = state.instruments[command.instrument]
            now.taker_ppb = fee_rate(state, command.account, instrument, False)
            now.maker_ppb = fee_rate(state, command.account, instrument, True)
            now.available_before_atoms = available(state, state.positions[row].wallet)
            now.mark_units = instrument.mark_price_units
    if now.reason != 0:
        return
    if codes.ORDER_STOP_MARKET <= command.order_type <= codes.ORDER_TRAILING_STOP:
        preview_trigger(state, undo, command, out, now, previews[1])
    else:
        preview_order(state, undo, command, out, now, previews[1])
    empty_outbox(out)


# ---------------------------------------------------------------- the cost of getting out, and of getting in
QUOTE = np.dtype([(name, i8) for name in """
instrument side lots limit_ticks
filled_lots value_atoms worst_ticks best_ticks collar_ticks
""".split()])
"""Input: an instrument, a side, lots and a limit (0: the collar). Answer: what the book holds for them now."""


@entry
def quote_book(states, quotes):
    """Walk the levels of the book, sizes alone: nobody's margin is asked. ``value_atoms`` is absolute."""
    state = states[0]
    for index in range(len(quotes)):
        quote = quotes[index]
        terms = state.instruments[quote.instrument].terms
        quote.filled_lots = 0
        quote.value_atoms = 0
        quote.collar_ticks = collar_ticks(state, quote.instrument, quote.side, terms.market_collar_ppb)
        limit = quote.limit_ticks if quote.limit_ticks != 0 else quote.collar_ticks
        ticks = best_opposite(state, quote.instrument, quote.side)
        quote.best_ticks = ticks
        quote.worst_ticks = 0
        while quote.filled_lots < quote.lots and crosses(quote.side, limit, ticks):
            lots = min(quote.lots - quote.filled_lots, level_of(state, quote.instrument, ticks).total_lots)
            value = multiply(lots, abs(unit_value(terms, price_units(terms, ticks))))
            quote.value_atoms = add(quote.value_atoms, value)
            quote.filled_lots += lots
            quote.worst_ticks = ticks
            if quote.side == BUY:
                ticks = next_ask_above(state, quote.instrument, ticks)
            else:
                ticks = next_bid_below(state, quote.instrument, ticks)
