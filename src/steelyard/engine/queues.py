"""Rings of pending consequences. Each entry is in its ring at most once; each ring is drained a bounded number at a
time."""
from ..kernel import COMPILED, kernel, prefetch
from ..rules.contract import price_units
from .records import CANCELS_MAX, DIRTY_MAX, FIRED_MAX, INSTRUMENTS_MAX, LIQUIDATIONS_MAX, MOVED_MAX


@kernel
def mark_dirty(state, position_row):
    """Note that a position changed in this command: its requirement and bands are refreshed before the command ends."""
    position = state.positions[position_row]
    if position.dirty == 0:
        position.dirty = 1
        if COMPILED:
            prefetch(state.watch_nodes[position_row])       # its band is looked at when the command is done
        ring = state.dirty_ring
        state.dirty[(ring.head + ring.count) % DIRTY_MAX] = position_row
        ring.count += 1


@kernel
def push_moved(state, instrument_id):
    """Note that a price of an instrument moved: its watch ladders are looked at."""
    instrument = state.instruments[instrument_id]
    if instrument.moved_queued == 0:
        instrument.moved_queued = 1
        ring = state.moved_ring
        state.moved[(ring.head + ring.count) % MOVED_MAX] = instrument_id
        ring.count += 1


@kernel
def note_last_price(state, instrument_id, ticks):
    """Remember the last trade price; ladders that watch it are looked at when it moved and there are triggers."""
    instrument = state.instruments[instrument_id]
    units = price_units(instrument.terms, ticks)
    if units != instrument.last_price_units:
        instrument.last_price_units = units
        if state.triggers_pool.live != 0:
            push_moved(state, instrument_id)


@kernel
def push_moved_index(state, index_id):
    """Note that the price of an index moved by which collateral is valued: its ladder is looked at.  COLL-006"""
    index = state.indices[index_id]
    if index.is_collateral_price != 0 and index.moved_queued == 0:
        index.moved_queued = 1
        ring = state.moved_ring
        state.moved[(ring.head + ring.count) % MOVED_MAX] = INSTRUMENTS_MAX + index_id
        ring.count += 1


@kernel
def push_liquidation(state, row, isolated):
    """Queue a collateral group for liquidation (a wallet row, or the row of an isolated position)."""
    if isolated != 0:
        if state.positions[row].liquidation != 0:
            return
        state.positions[row].liquidation = 1
    else:
        if state.wallets[row].liquidation != 0:
            return
        state.wallets[row].liquidation = 1
    ring = state.liquidation_ring
    entry = state.liquidations[(ring.head + ring.count) % LIQUIDATIONS_MAX]
    ring.count += 1
    entry.row = row
    entry.isolated = isolated
    entry.step = 0
    entry.attempts = 0
    entry.canceled = 0
    entry.next_ns = 0
    entry.started_ns = state.now_ns


@kernel
def rotate_liquidations(state):
    """Put the group at the head of the ring behind all others."""
    ring = state.liquidation_ring
    case = state.liquidations[ring.head]
    last = state.liquidations[(ring.head + ring.count) % LIQUIDATIONS_MAX]
    last.row = case.row
    last.isolated = case.isolated
    last.step = case.step
    last.attempts = case.attempts
    last.started_ns = case.started_ns
    last.canceled = case.canceled
    last.next_ns = case.next_ns
    ring.head = (ring.head + 1) % LIQUIDATIONS_MAX


@kernel
def push_fired(state, trigger_row):
    """Queue a trigger whose price was reached."""
    ring = state.fired_ring
    state.fired[(ring.head + ring.count) % FIRED_MAX] = trigger_row
    ring.count += 1


@kernel
def push_cancel(state, order_id):
    """Queue the cancel of an order whose OCO partner is done; carried out before the command ends."""
    ring = state.cancel_ring
    state.cancels[(ring.head + ring.count) % CANCELS_MAX] = order_id
    ring.count += 1


@kernel
def has_pending_changes(state):
    """Whether positions, OCO partners or brackets wait to be refreshed before the next step of a queue."""
    return state.dirty_ring.count > 0 or state.cancel_ring.count > 0 or state.first_dirty_bracket != 0


@kernel
def start_walk(state):
    """Have every position looked at once more, from where the walk stands, round to there."""
    state.funding_wrap_row = state.positions_pool.high_water
    state.funding_rows_left = state.positions_pool.high_water
