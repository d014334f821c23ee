"""Marks: the price each instrument's margin is computed at. Terms say how it is formed, this room says when.

Nothing here moves cash. A mark that changes is announced, and its watch ladders are queued to be looked at.
"""
from ..codes import (
    BASIS_FROM_IMPACT_MID,
    BUY,
    MARK_ANNUAL_BASIS,
    MARK_BASIS_AVERAGE,
    MARK_FUNDING_BASIS,
    MARK_ORACLE_ONLY,
    MARKED,
    SELL,
    STATE_SETTLED,
    STATE_UNLISTED,
    instrument_must_be_listed,
    instrument_must_exist,
    mark_must_be_published_directly,
    value_must_be_in_range,
)
from ..kernel import add, divide_up, gate, kernel, multiply
from ..rules.contract import price_units, unit_value
from ..rules.funding import ratio_ppb
from ..rules.index import HALF_BITS, HALF_MASK, split_mean
from ..rules.mark import (
    annual_basis,
    annual_basis_ppb,
    average_basis,
    band_to_expiry,
    basis_step_ns,
    basis_steps,
    funding_basis,
    highest_mark,
    lowest_mark,
    median_of_three,
    seconds_left,
    within_band,
)
from ..units import SECOND
from .accrual import accrue
from .book import level_of, next_ask_above, next_bid_below
from .events import new_event, reject
from .floors import note_move
from .queues import push_moved
from .records import BASIS_SAMPLES_MAX, INSTRUMENTS_MAX, MARK_UNITS_MAX, SIZE_LOTS_MAX

NEVER_NS = 1 << 62
"""Later than any time an engine will see."""
IMPACT_LEVELS_MAX = 1_000
"""An impact price looks at this many price levels at most."""


@kernel
def wake(state, due_ns):
    """Make sure the timers are looked at when ``due_ns`` has come."""
    state.timer_next_ns = min(state.timer_next_ns, due_ns)


@kernel
def is_priced(row):
    """True while an instrument's mark and funding live: listed, not settled, its settlement price not yet fixed."""
    return row.state != STATE_UNLISTED and row.state != STATE_SETTLED and row.settle_price_units == 0


# ---------------------------------------------------------------- the mark
@gate
def set_mark(state, instrument_id, units, out):
    """Store a mark within its bounds, announce it and queue its watch ladders; nothing where it is unchanged."""
    row = state.instruments[instrument_id]
    if units == row.mark_price_units:
        return
    if row.terms.funding_accrual_ns != 0:
        accrue(state, instrument_id, out)
    row.mark_price_units = units
    value = unit_value(row.terms, units)
    note_move(state, row.mark_unit_value_atoms, value)
    row.mark_unit_value_atoms = value
    row.mark_sequence += 1
    row.marked_ns = state.now_ns
    event = new_event(state, out, MARKED)
    event.instrument = instrument_id
    event.price_units = units
    event.value_atoms = row.mark_unit_value_atoms
    push_moved(state, instrument_id)
    if row.settle_at_ns != 0:
        wake(state, row.settle_at_ns)


@kernel
def funding_basis_price(row, now_ns):
    """Index plus the funding basis for the time left to the next funding, in mark units.  MARK-001"""
    terms = row.terms
    if row.funding_next_ns == 0 or terms.funding_interval_ns <= 0 or row.funding_rate_ppb == 0:
        return row.index_price_units
    steps = basis_steps(terms.funding_interval_ns, terms.basis_round_ns, terms.funding_interval_ns)
    left = basis_steps(max(0, row.funding_next_ns - now_ns), terms.basis_round_ns, terms.funding_interval_ns)
    return row.index_price_units + funding_basis(row.index_price_units, row.funding_rate_ppb, min(left, steps), steps)


@kernel
def basis_sample_limit(terms):
    """How many samples the moving average holds, 1..BASIS_SAMPLES_MAX."""
    return max(1, min(BASIS_SAMPLES_MAX, terms.basis_samples))


@kernel
def average_basis_price(row):
    """Index plus the moving average of (mid - index); the index where there is no sample.  MARK-002"""
    return row.index_price_units + average_sample(row)


@kernel
def average_sample(row):
    """Mean of the samples held, rounded half up; 0 without one."""
    count = min(row.basis_count, basis_sample_limit(row.terms))
    if count == 0:
        return 0
    basis_sum = 0
    for slot in range(count):
        basis_sum += row.basis_units[slot]
    return average_basis(basis_sum, count)


@kernel
def annual_basis_price(row, now_ns):
    """Index plus the annual basis, sampled or stated, for the time left to expiry.  MARK-007"""
    terms = row.terms
    if row.settle_at_ns == 0:
        return row.index_price_units
    rate = terms.basis_annual_ppb
    if row.basis_count > 0:
        rate = average_sample(row)
    left = seconds_left(row.settle_at_ns, now_ns, terms.basis_round_ns)
    return row.index_price_units + annual_basis(row.index_price_units, rate, left)


@kernel
def mark_price(row, now_ns):
    """The mark an instrument's method gives from its index, moved into its bounds.  MARK-001..MARK-006"""
    method = row.terms.mark_method
    units = row.index_price_units
    if method == MARK_FUNDING_BASIS:
        units = funding_basis_price(row, now_ns)
    elif method == MARK_BASIS_AVERAGE:
        units = average_basis_price(row)
    elif method == MARK_ANNUAL_BASIS:
        units = annual_basis_price(row, now_ns)
    elif method != MARK_ORACLE_ONLY:
        last = row.last_price_units if row.last_price_units > 0 else row.index_price_units
        units = median_of_three(funding_basis_price(row, now_ns), average_basis_price(row), last)
    units = within_band(
        units, row.index_price_units, band_to_expiry(row.terms, row.terms.expiry_s * SECOND - now_ns))
    return max(lowest_mark(row.terms), min(highest_mark(row.terms), units))


@gate
def refresh_mark(state, instrument_id, out):
    """Form the mark anew from index, rate and samples; nothing while the index is unknown or frozen.  MARK-006"""
    row = state.instruments[instrument_id]
    if row.index_price_units > 0 and row.index_frozen == 0 and is_priced(row):
        set_mark(state, instrument_id, mark_price(row, state.now_ns), out)


@gate
def publish_mark(state, command, out):
    """PUBLISH_MARK -> REJECTED | MARKED?  Only for ORACLE_ONLY without an index.  MARK-005"""
    instrument_id = command.instrument
    if command.value < 1 or command.value > MARK_UNITS_MAX:
        return reject(state, command, value_must_be_in_range, out)
    if instrument_id < 1 or instrument_id >= INSTRUMENTS_MAX:
        return reject(state, command, instrument_must_exist, out)
    row = state.instruments[instrument_id]
    if not is_priced(row):
        return reject(state, command, instrument_must_be_listed, out)
    if command.value < lowest_mark(row.terms) or command.value > highest_mark(row.terms):
        return reject(state, command, value_must_be_in_range, out)
    if row.terms.mark_method != MARK_ORACLE_ONLY or row.terms.index_id != 0:
        return reject(state, command, mark_must_be_published_directly, out)
    set_mark(state, instrument_id, command.value, out)
    return 0


# ---------------------------------------------------------------- what the book says
@kernel
def best_ticks(book, side):
    """Best price of a side of a book in ticks, 0 where it is empty."""
    return book.best_bid_ticks if side == BUY else book.best_ask_ticks


@kernel
def next_ticks(state, instrument_id, side, ticks):
    """The next price of a side away from the best, 0 where there is none."""
    if side == BUY:
        return next_bid_below(state, instrument_id, ticks)
    return next_ask_above(state, instrument_id, ticks)


@kernel
def impact_of_lots(state, instrument_id, side):
    """Average price in mark units of filling ``impact_lots`` against one side; 0 where too thin.  FUND-024"""
    terms = state.instruments[instrument_id].terms
    ticks = best_ticks(state.books[instrument_id], side)
    lots_left = terms.impact_lots
    high_sum = 0
    low_sum = 0
    looked_at = 0
    while ticks != 0 and lots_left > 0 and looked_at < IMPACT_LEVELS_MAX:
        units = price_units(terms, ticks)
        lots = min(lots_left, level_of(state, instrument_id, ticks).displayed_lots)
        high_sum += lots * (units >> HALF_BITS)
        low_sum += lots * (units & HALF_MASK)
        lots_left -= lots
        ticks = next_ticks(state, instrument_id, side, ticks)
        looked_at += 1
    if lots_left > 0:
        return 0
    return split_mean(high_sum, low_sum, terms.impact_lots)


@gate
def impact_units(state, instrument_id, side):
    """Average price in mark units of filling the impact notional on one side of the book; 0 where too thin.  FUND-007

    Shown lots only, whole lots, weighted by lots, rounded half up; at most IMPACT_LEVELS_MAX levels and SIZE_LOTS_MAX
    lots.
    With an impact notional of 0 it is the best price.
    """
    terms = state.instruments[instrument_id].terms
    ticks = best_ticks(state.books[instrument_id], side)
    if ticks == 0 or (terms.impact_value_atoms <= 0 and terms.impact_lots <= 0):
        return price_units(terms, ticks)
    if terms.impact_lots > 0:
        return impact_of_lots(state, instrument_id, side)
    value_left = terms.impact_value_atoms
    high_sum = 0
    low_sum = 0
    lots_sum = 0
    looked_at = 0
    while ticks != 0 and value_left > 0 and looked_at < IMPACT_LEVELS_MAX:
        units = price_units(terms, ticks)
        lot_value = abs(unit_value(terms, units))
        lots = level_of(state, instrument_id, ticks).displayed_lots
        if lot_value > 0 and lots > 0:
            lots = min(lots, divide_up(value_left, lot_value))
            if lots_sum + lots > SIZE_LOTS_MAX:
                return 0
            lots_sum += lots
            high_sum += lots * (units >> HALF_BITS)
            low_sum += lots * (units & HALF_MASK)
            value_left -= multiply(lots, lot_value)
        ticks = next_ticks(state, instrument_id, side, ticks)
        looked_at += 1
    if value_left > 0:
        return 0
    return split_mean(high_sum, low_sum, lots_sum)


@kernel
def mid_units(state, instrument_id):
    """Middle of the book in mark units, rounded down, by best or by impact prices; 0 where a side gives none."""
    terms = state.instruments[instrument_id].terms
    if terms.basis_source == BASIS_FROM_IMPACT_MID:
        bid = impact_units(state, instrument_id, BUY)
        ask = impact_units(state, instrument_id, SELL)
    else:
        book = state.books[instrument_id]
        bid = price_units(terms, best_ticks(book, BUY))
        ask = price_units(terms, best_ticks(book, SELL))
    if bid == 0 or ask == 0:
        return 0
    return (bid + ask) // 2


# ---------------------------------------------------------------- samples
@kernel
def due_count(due_ns, until_ns, step_ns):
    """How many of the times due, due + step, ... have come by ``until_ns`` >= due."""
    return (until_ns - due_ns) // step_ns + 1


@gate
def sample_basis(state, instrument_id):
    """Take the basis samples that are due; one look at the book stands for all that were missed in a gap.  MARK-002"""
    row = state.instruments[instrument_id]
    if row.basis_next_ns == 0 or row.basis_next_ns > state.now_ns:
        return
    count = due_count(row.basis_next_ns, state.now_ns, row.terms.basis_sample_ns)
    row.basis_next_ns = add(row.basis_next_ns, multiply(count, row.terms.basis_sample_ns))
    middle = mid_units(state, instrument_id)
    if middle == 0 or row.index_price_units == 0 or row.index_frozen != 0:
        return
    sample = middle - row.index_price_units
    if row.terms.mark_method == MARK_ANNUAL_BASIS:
        sample = annual_basis_ppb(ratio_ppb(sample, row.index_price_units),
                                  seconds_left(row.settle_at_ns, state.now_ns, row.terms.basis_round_ns))
    limit = basis_sample_limit(row.terms)
    for _sample in range(min(count, limit)):
        row.basis_cursor %= limit
        row.basis_units[row.basis_cursor] = sample
        row.basis_cursor += 1
        row.basis_count = min(limit, row.basis_count + 1)


@kernel
def basis_step_due_ns(row, now_ns):
    """When the time left to funding next falls by a whole step, so that the basis must be formed anew."""
    terms = row.terms
    if terms.mark_method == MARK_ANNUAL_BASIS:
        left = row.settle_at_ns - now_ns
        if left <= 0 or row.index_price_units == 0 or row.index_frozen != 0 or terms.basis_round_ns <= 0:
            return NEVER_NS
        return row.settle_at_ns - (left - 1) // terms.basis_round_ns * terms.basis_round_ns
    if terms.mark_method == MARK_BASIS_AVERAGE or terms.mark_method == MARK_ORACLE_ONLY:
        return NEVER_NS
    if row.funding_next_ns == 0 or terms.funding_interval_ns <= 0 or terms.basis_round_ns <= 0:
        return NEVER_NS
    if row.funding_rate_ppb == 0 or row.index_price_units == 0 or row.index_frozen != 0:
        return NEVER_NS
    left = basis_steps(max(0, row.funding_next_ns - now_ns), terms.basis_round_ns, terms.funding_interval_ns)
    if left <= 1:
        return NEVER_NS
    return row.funding_next_ns - (left - 1) * basis_step_ns(terms.basis_round_ns, terms.funding_interval_ns)
