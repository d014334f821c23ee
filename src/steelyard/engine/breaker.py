"""The dynamic circuit breaker: prices may run so far from the extremes of a rolling look-back; whoever would trade or
rest beyond stops the market for a pause, and the lead of a group stops all of it.

The look-back is kept in equal parts of its window, so it moves on a part at a time. Marks, cash and liquidation
bookkeeping go on; what the ladder does meanwhile stands in ``liquidation``.
"""
from ..codes import (
    BUY,
    INSTRUMENT_STATE_CHANGED,
    STATE_CANCEL_ONLY,
    STATE_HALTED,
    STATE_REDUCE_ONLY,
    STATE_TRADING,
    TIF_GTC,
    TIF_GTD,
    canceled_by_breaker,
    circuit_breaker,
)
from ..kernel import gate, kernel
from ..rules.breaker import lower_limit_ticks, upper_limit_ticks, variant_ticks
from ..units import DAY, PPB
from .events import new_event
from .records import BREAKER_PARTS

WINDOW_MAX_NS = 7 * DAY


@kernel
def breaker_is_consistent(terms):
    """True where an instrument's breaker can be carried out.  BRKR-003"""
    if not 0 <= terms.breaker_ppb < PPB or terms.breaker_group < 0 or not 0 <= terms.liquidation_waits <= 1:
        return False
    if terms.protection_ticks < 0 or not 0 <= terms.market_limit <= 1:
        return False
    if terms.price_band_ticks < 0 or not 0 <= terms.price_band_refuses <= 1 or not 0 <= terms.price_band_reference <= 1:
        return False
    if terms.protection_ticks > terms.price_ticks_max or terms.price_band_ticks > terms.price_ticks_max:
        return False
    if terms.price_band_ticks != 0 and terms.price_band_refuses == 0:
        return False
    if terms.breaker_ppb == 0:
        return 0 <= terms.breaker_window_ns <= WINDOW_MAX_NS and 0 <= terms.breaker_pause_ns <= WINDOW_MAX_NS
    return (BREAKER_PARTS <= terms.breaker_window_ns <= WINDOW_MAX_NS and 0 < terms.breaker_pause_ns <= WINDOW_MAX_NS
            and (terms.breaker_state == STATE_CANCEL_ONLY or terms.breaker_state == STATE_HALTED))


# ---------------------------------------------------------------- the look-back
@kernel
def part_of(terms, now_ns):
    """Which part of all time a moment lies in."""
    return now_ns // (terms.breaker_window_ns // BREAKER_PARTS)


@kernel
def extreme_ticks(instrument, now_ns, lowest):
    """Lowest (1) or highest (0) price of the look-back; the last trade where nothing traded in it, 0 without any.
    BRKR-003"""
    now_part = part_of(instrument.terms, now_ns)
    found = 0
    for slot in range(BREAKER_PARTS):
        part = instrument.breaker_part - slot
        held = instrument.breaker_parts[part % BREAKER_PARTS]
        if part > now_part - BREAKER_PARTS and held.low_ticks != 0:
            if lowest != 0:
                found = held.low_ticks if found == 0 else min(found, held.low_ticks)
            else:
                found = max(found, held.high_ticks)
    return found if found != 0 else instrument.last_price_ticks


@kernel
def clear_parts(instrument):
    """Forget the look-back."""
    for slot in range(BREAKER_PARTS):
        instrument.breaker_parts[slot].low_ticks = 0
        instrument.breaker_parts[slot].high_ticks = 0


@kernel
def note_price(instrument, now_ns, ticks):
    """Count a price in the part of this moment; parts that lie between it and the one before hold nothing."""
    part = part_of(instrument.terms, now_ns)
    gap = part - instrument.breaker_part
    if gap < 0 or gap >= BREAKER_PARTS:
        clear_parts(instrument)
        gap = 0
    for step in range(gap):
        held = instrument.breaker_parts[(part - step) % BREAKER_PARTS]
        held.low_ticks = 0
        held.high_ticks = 0
    instrument.breaker_part = part
    held = instrument.breaker_parts[part % BREAKER_PARTS]
    held.low_ticks = ticks if held.low_ticks == 0 else min(held.low_ticks, ticks)
    held.high_ticks = max(held.high_ticks, ticks)


# ---------------------------------------------------------------- the limits
@kernel
def settlement_ticks(instrument):
    """What the variant is a share of: the price of the last session's end; before the first, the mark.  BRKR-004"""
    units = instrument.session_price_units if instrument.session_price_units > 0 else instrument.mark_price_units
    return units // instrument.terms.mark_units_per_tick


@gate
def bound_ticks(state, instrument_id, side):
    """The worst price at which an order of a side trades or rests without stopping the market; 0 while there is none.
    BRKR-002 BRKR-004"""
    instrument = state.instruments[instrument_id]
    extreme = extreme_ticks(instrument, state.now_ns, 1 if side == BUY else 0)
    variant = variant_ticks(settlement_ticks(instrument), instrument.terms.breaker_ppb)
    if extreme == 0 or variant == 0:
        return 0
    if side == BUY:
        return min(instrument.terms.price_ticks_max, upper_limit_ticks(extreme, variant))
    return max(instrument.terms.price_ticks_min, lower_limit_ticks(extreme, variant))


@gate
def guarded_limit(state):
    """The working order's limit, moved to where it would stop the market.  BRKR-005"""
    working = state.working
    bound = bound_ticks(state, working.instrument, working.side)
    if bound == 0:
        return working.limit_ticks
    return min(working.limit_ticks, bound) if working.side == BUY else max(working.limit_ticks, bound)


# ---------------------------------------------------------------- the pause
@kernel
def is_paused(instrument):
    """Whether a circuit breaker holds the market."""
    return instrument.breaker_until_ns != 0


@kernel
def announce(state, instrument_id, out):
    """INSTRUMENT_STATE_CHANGED by a circuit breaker; ``value_atoms`` is when the market opens again, 0 when it has."""
    instrument = state.instruments[instrument_id]
    event = new_event(state, out, INSTRUMENT_STATE_CHANGED)
    event.instrument = instrument_id
    event.flags = instrument.state
    event.value_atoms = instrument.breaker_until_ns
    event.reason = circuit_breaker


@gate
def leads_group(state, instrument_id):
    """Whether an instrument is the lead of its group: of those that still trade, the one that expires first, the lowest
    number among equals; one without an expiry comes last.  BRKR-006"""
    lead = state.instruments[instrument_id]
    for other_id in range(1, state.instrument_last + 1):
        other = state.instruments[other_id]
        if other_id != instrument_id and other.terms.breaker_group == lead.terms.breaker_group and (
                other.settle_phase == 0 and STATE_TRADING <= other.state <= STATE_HALTED):
            if other.settle_at_ns == lead.settle_at_ns:
                if other_id < instrument_id:
                    return False
            elif other.settle_at_ns != 0 and (lead.settle_at_ns == 0 or other.settle_at_ns < lead.settle_at_ns):
                return False
    return True


@kernel
def pause_market(state, instrument_id, stopped_state, until_ns, out):
    """INSTRUMENT_STATE_CHANGED with the end of the pause; a market that does not trade is left as it is.  BRKR-006"""
    instrument = state.instruments[instrument_id]
    if (instrument.state != STATE_TRADING and instrument.state != STATE_REDUCE_ONLY) or instrument.settle_phase != 0:
        return
    instrument.breaker_resume_state = instrument.state
    instrument.state = stopped_state
    instrument.breaker_until_ns = until_ns
    state.timer_next_ns = min(state.timer_next_ns, until_ns)
    announce(state, instrument_id, out)


@gate
def stop_market(state, instrument_id, out):
    """Stop an instrument's market; with the lead of a group, every market of the group.  BRKR-006"""
    group = state.instruments[instrument_id].terms.breaker_group
    until_ns = state.now_ns + state.instruments[instrument_id].terms.breaker_pause_ns
    stopped_state = state.instruments[instrument_id].terms.breaker_state
    all_stop = group != 0 and leads_group(state, instrument_id)
    pause_market(state, instrument_id, stopped_state, until_ns, out)
    if all_stop:
        for other_id in range(1, state.instrument_last + 1):
            if other_id != instrument_id and state.instruments[other_id].terms.breaker_group == group:
                pause_market(state, other_id, stopped_state, until_ns, out)


@gate
def resume_market(state, instrument_id, out):
    """The pause is over: the state before comes back and the look-back begins anew at the last trade.  BRKR-007"""
    instrument = state.instruments[instrument_id]
    instrument.breaker_until_ns = 0
    instrument.state = instrument.breaker_resume_state
    clear_parts(instrument)
    if instrument.terms.breaker_window_ns >= BREAKER_PARTS and instrument.last_price_ticks != 0:
        note_price(instrument, state.now_ns, instrument.last_price_ticks)
    announce(state, instrument_id, out)


# ---------------------------------------------------------------- what stops it
@gate
def watch_trades(state, first_ticks, last_ticks, limit_ticks, opposite_ticks, out):
    """After the working order met the book up to ``limit_ticks``: its trades count in the look-back; where it would go
    on, or rest, beyond, the market stops and what would trade ends.  BRKR-005"""
    working = state.working
    instrument = state.instruments[working.instrument]
    if first_ticks != 0:
        note_price(instrument, state.now_ns, first_ticks)
        note_price(instrument, state.now_ns, last_ticks)
    if working.limit_ticks == limit_ticks or working.remaining_lots == 0 or working.stop_reason != 0:
        return
    meets = opposite_ticks != 0 and (working.limit_ticks - opposite_ticks) * working.side >= 0
    if meets:
        working.stop_reason = canceled_by_breaker
    elif working.time_in_force != TIF_GTC and working.time_in_force != TIF_GTD:
        return
    stop_market(state, working.instrument, out)
