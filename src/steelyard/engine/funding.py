"""Funding: samples of the premium, the rate of each interval, the exchange at the stamp, the clock that drives them.

At a stamp one number per instrument moves, the funding per long lot; a walk over the positions then books it a bounded
number at a time, and whoever is touched earlier is booked first, so the holder at the stamp pays.
"""
from ..codes import (
    BUY,
    FUNDING_AMOUNT_INDEX_AT_RATE,
    FUNDING_RATE_SET,
    MARK_FUNDING_BASIS,
    MARK_ORACLE_ONLY,
    PREMIUM_IMPACT_BEYOND_MARK,
    PREMIUM_MARK,
    SELL,
    STATE_HALTED,
    funding_exchanged,
    funding_not_exchanged,
    funding_stamps_skipped,
)
from ..kernel import add, gate, kernel, multiply
from ..rules.contract import unit_value
from ..rules.funding import (
    average_with_missing,
    capped_rate,
    divided_premium,
    funding_rate,
    increment_micro,
    premium_of_price,
    premium_units,
    rate_for_interval,
    ratio_ppb,
    smoothed_rate,
)
from ..rules.mark import BASIS_STEPS_MAX, highest_mark, lowest_mark
from ..units import PPB, SECOND
from .accrual import accrual_is_consistent, accrual_rate, accrue, fund_takeovers
from .breaker import breaker_is_consistent, resume_market
from .events import new_event
from .floors import forget_floors
from .index import index_due_ns, link_instrument, review_index
from .marks import NEVER_NS, basis_step_due_ns, due_count, impact_units, is_priced, refresh_mark, sample_basis, wake
from .positions import settle_funding
from .queues import mark_dirty, start_walk
from .records import BASIS_SAMPLES_MAX, INDEX_SOURCES_MAX, INDICES_MAX, MARK_UNITS_MAX, SIZE_LOTS_MAX
from .sessions import begin_session_end, session_is_consistent
from .settlement_price import (
    sample_settlement,
    set_expiry,
    settlement_due_ns,
    settlement_is_consistent,
    settlement_price,
)
from .waterfall import layers_are_consistent

TIMER_STAMPS_MAX = 64
"""One command lives through at most this many different instants of stamps and index changes; see FUND-009."""
TIMER_EVENTS_MAX = 20_000
"""Past this many events no further instant is lived through: one instant writes at most 3,840, a command 40,000."""
PERIOD_MAX_NS = SECOND << 31
"""Longest interval and period of a rate: rate x seconds stays exact in 64 bits."""
BAND_FAR_MAX_NS = SECOND << 31
FUNDING_DIVISOR_MAX = 8_784
"""An average premium is spread over at most the hours of a leap year."""
ROWS_PER_BOOKING = 16
"""Looking at this many positions that owe nothing counts as one unit of work."""


# ---------------------------------------------------------------- listing
@kernel
def next_on_grid_ns(now_ns, offset_ns, step_ns):
    """The first time after ``now_ns`` that lies a whole number of steps from ``offset_ns``."""
    return offset_ns + ((now_ns - offset_ns) // step_ns + 1) * step_ns


@kernel
def timing_is_consistent(state, terms):
    """True where an instrument's index, mark and funding terms can be carried out.  FUND-010"""
    interval = terms.funding_interval_ns
    if interval < 0 or terms.premium_sample_ns < 0 or terms.basis_sample_ns < 0 or terms.basis_round_ns < 0:
        return False
    if interval > 0 and (interval // BASIS_STEPS_MAX >= terms.basis_round_ns > 0 or terms.premium_sample_ns > interval):
        return False
    if terms.basis_samples < 0 or terms.basis_samples > BASIS_SAMPLES_MAX or terms.impact_value_atoms < 0:
        return False
    if terms.premium_period_ns != 0 and not SECOND <= terms.premium_period_ns <= PERIOD_MAX_NS:
        return False
    if not 0 <= terms.premium_missing_is_zero <= 1 or interval > PERIOD_MAX_NS:
        return False
    if not 0 <= terms.impact_lots <= SIZE_LOTS_MAX:
        return False
    if terms.mark_band_far_ppb != 0 and not (
            terms.mark_index_band_ppb <= terms.mark_band_far_ppb <= PPB
            and 0 <= terms.mark_band_near_ns <= terms.mark_band_far_ns - SECOND <= BAND_FAR_MAX_NS):
        return False
    if abs(terms.interest_ppb) > PPB or terms.funding_clamp_ppb < 0 or terms.funding_clamp_ppb > PPB:
        return False
    if not 0 <= terms.premium_method <= PREMIUM_MARK or not 0 <= terms.funding_divisor <= FUNDING_DIVISOR_MAX:
        return False
    if not 0 <= terms.funding_amount_basis <= FUNDING_AMOUNT_INDEX_AT_RATE:
        return False
    if terms.funding_cap_ppb < 0 or terms.funding_step_cap_ppb < 0 or terms.mark_index_band_ppb < 0:
        return False
    if terms.funding_cap_ppb > PPB or terms.funding_step_cap_ppb > PPB or terms.mark_index_band_ppb > PPB:
        return False
    if not 0 <= terms.funding_smoothing_ppb <= PPB or terms.funding_payment_ns < 0:
        return False
    if terms.funding_payment_offset_ns < 0:
        return False
    if not settlement_is_consistent(terms) or not session_is_consistent(terms) or not (
            accrual_is_consistent(terms)) or not breaker_is_consistent(terms) or (
            not layers_are_consistent(terms)) or abs(terms.basis_annual_ppb) > PPB:
        return False
    if highest_mark(terms) < lowest_mark(terms) or lowest_mark(terms) > MARK_UNITS_MAX:
        return False
    if terms.index_id == 0:
        return terms.mark_units_per_index_unit == 0 or terms.mark_units_per_index_unit == 1
    return index_fits(state, terms)


@kernel
def index_fits(state, terms):
    """True where an instrument's index is set up and all its prices fit on the instrument's mark grid."""
    if terms.index_id < 0 or terms.index_id >= INDICES_MAX or state.indices[terms.index_id].is_set == 0:
        return False
    scale = terms.mark_units_per_index_unit
    if scale < 1 or scale > MARK_UNITS_MAX:
        return False
    index = state.indices[terms.index_id]
    highest = index.price_units
    for number in range(INDEX_SOURCES_MAX):
        highest = max(highest, index.sources[number].price_units)
    return highest <= MARK_UNITS_MAX // scale


@gate
def attach_instrument(state, instrument_id):
    """Start the clocks of an instrument that is being listed and link it to its index.  FUND-010

    Its mark, if the index is known, comes with the next look at the timers: the next command.
    """
    if state.instruments[instrument_id].terms.index_id != 0:
        link_instrument(state, instrument_id)
    state.instrument_last = max(state.instrument_last, instrument_id)
    row = state.instruments[instrument_id]
    if row.terms.expiry_s != 0:
        set_expiry(state, row)
    set_clocks(state, instrument_id)
    wake(state, state.now_ns)


@kernel
def set_clocks(state, instrument_id):
    """Start the clocks that an instrument's terms ask for and stop the others; a running clock keeps its next time.

    Terms may change while an instrument is listed; a new interval holds from the next stamp on.
    """
    row = state.instruments[instrument_id]
    terms = row.terms
    now = state.now_ns
    if terms.funding_interval_ns <= 0:
        row.funding_next_ns = 0
    elif row.funding_next_ns == 0:
        row.funding_next_ns = next_on_grid_ns(now, terms.funding_offset_ns, terms.funding_interval_ns)
    if terms.premium_sample_ns <= 0 or row.funding_next_ns == 0:
        row.premium_sample_next_ns = 0
    elif row.premium_sample_next_ns == 0:
        row.premium_sample_next_ns = next_on_grid_ns(now, terms.funding_offset_ns, terms.premium_sample_ns)
    if terms.funding_accrual_ns == 0:
        row.accrued_ns = 0
    if terms.session_interval_ns <= 0 or terms.session_published != 0:
        row.session_next_ns = 0
    elif row.session_next_ns == 0:
        row.session_next_ns = next_on_grid_ns(now, terms.session_offset_ns, terms.session_interval_ns)
    if terms.basis_sample_ns <= 0 or terms.mark_method == MARK_FUNDING_BASIS or terms.mark_method == MARK_ORACLE_ONLY:
        row.basis_next_ns = 0
    elif row.basis_next_ns == 0:
        row.basis_next_ns = next_on_grid_ns(now, 0, terms.basis_sample_ns)


# ---------------------------------------------------------------- the rate
@gate
def sample_premium(state, instrument_id):
    """Take the premium samples that are due; one look stands for all that were missed in a gap.  FUND-001, FUND-009

    None while the mark is unknown, the index frozen or the instrument halted: the average is over those there are.
    """
    row = state.instruments[instrument_id]
    if row.premium_sample_next_ns == 0 or row.premium_sample_next_ns > state.now_ns:
        return
    count = due_count(row.premium_sample_next_ns, state.now_ns, row.terms.premium_sample_ns)
    row.premium_sample_next_ns = add(row.premium_sample_next_ns, multiply(count, row.terms.premium_sample_ns))
    if row.mark_price_units == 0 or row.index_frozen != 0 or row.state == STATE_HALTED:
        return
    reference = row.index_price_units if row.index_price_units > 0 else row.mark_price_units
    if row.terms.premium_method == PREMIUM_MARK:
        premium = premium_of_price(row.mark_price_units, reference)
    else:
        bid = impact_units(state, instrument_id, BUY)
        ask = impact_units(state, instrument_id, SELL)
        if row.terms.premium_method == PREMIUM_IMPACT_BEYOND_MARK:
            premium = ratio_ppb(premium_units(bid, ask, row.mark_price_units), reference)
        elif bid == 0 or ask == 0:
            return                              # no middle: the average is over the samples there are
        else:
            premium = premium_of_price((bid + ask) // 2, reference)
    if row.terms.premium_includes_basis != 0:
        premium += row.funding_rate_ppb
    row.premium_sum_ppb = add(row.premium_sum_ppb, multiply(premium, count))
    row.premium_count += count
    row.funding_rate_next_ppb = rate_of_samples(row)


@kernel
def rate_of_samples(row):
    """The rate that the samples so far give: clamped, capped and smoothed against the rate in force.  FUND-002 to
    FUND-004, FUND-030"""
    terms = row.terms
    divisor = max(1, terms.funding_divisor)
    premium = divided_premium(row.premium_sum_ppb, row.premium_count, divisor)
    if terms.premium_missing_is_zero != 0 and terms.premium_sample_ns > 0:
        expected = terms.funding_interval_ns // terms.premium_sample_ns
        premium = average_with_missing(row.premium_sum_ppb, row.premium_count * divisor, expected * divisor)
    rate = funding_rate(premium, terms.interest_ppb, terms.funding_clamp_ppb)
    rate = capped_rate(rate, row.funding_rate_ppb, terms.funding_cap_ppb, terms.funding_step_cap_ppb)
    if terms.premium_period_ns != 0:
        rate = rate_for_interval(rate, terms.funding_interval_ns // SECOND, terms.premium_period_ns // SECOND)
    return smoothed_rate(rate, row.funding_rate_ppb, terms.funding_smoothing_ppb)


# ---------------------------------------------------------------- the exchange
@kernel
def amount_at_index(row, rate_ppb):
    """What a rate comes to per long lot, in millionths of an atom, at the index that holds now (the mark where there is
    none): linear rate x index, inverse rate / index.  FUND-023"""
    units = row.index_price_units if row.index_price_units > 0 else row.mark_price_units
    if units == 0:
        return 0
    return increment_micro(unit_value(row.terms, min(highest_mark(row.terms), max(lowest_mark(row.terms), units))),
                           rate_ppb)


@kernel
def charged_micro(row, charged_ppb, computed_ppb):
    """What a long lot pays at a stamp, in millionths of an atom: the rate at the mark now, or the amount that was fixed
    when the rate was set.  FUND-005, FUND-023"""
    if row.terms.funding_amount_basis != FUNDING_AMOUNT_INDEX_AT_RATE:
        return increment_micro(row.mark_unit_value_atoms, charged_ppb)
    if row.terms.funding_delayed != 0:
        return row.funding_amount_micro
    return amount_at_index(row, computed_ppb)


@kernel
def is_payment(terms, stamp_ns):
    """Whether funding that is owed is booked at a stamp, or only owed until a later one.  FUND-032"""
    return terms.funding_payment_ns == 0 or (
        stamp_ns - terms.funding_payment_offset_ns) % terms.funding_payment_ns == 0


@gate
def exchange(state, instrument_id, delta, out):
    """Let longs owe and shorts be owed one interval's funding, ``delta`` millionths of an atom per long lot.  FUND-005
    """
    row = state.instruments[instrument_id]
    if delta == 0:
        return
    row.funding_index_micro = add(row.funding_index_micro, delta)
    forget_floors(state)
    fund_takeovers(state, instrument_id, delta, out)
    start_walk(state)


@gate
def drain_funding(state, out, budget):
    """Book funding for the next positions of the walk, up to ``budget`` units of work; returns those used.  FUND-006

    A booking is one unit, ROWS_PER_BOOKING positions that owe nothing are one unit.
    """
    work = 0
    while state.funding_rows_left > 0 and work < budget * ROWS_PER_BOOKING:
        row = state.funding_cursor + 1
        if row > state.funding_wrap_row:
            row = 1
        state.funding_cursor = row
        state.funding_rows_left -= 1
        work += 1
        position = state.positions[row]
        if position.size_lots != 0:
            instrument = state.instruments[position.instrument]
            if instrument.funding_held == 0 and position.funding_index_micro != instrument.funding_index_micro:
                settle_funding(state, row, out)
                work += ROWS_PER_BOOKING - 1
        if position.size_lots != 0 or position.order_count != 0:
            mark_dirty(state, row)          # a new rate or new terms change what must be held
    return (work + ROWS_PER_BOOKING - 1) // ROWS_PER_BOOKING


@kernel
def announce_rate(state, instrument_id, reason, out):
    """Announce the rate that holds from now on, and what the stamp did."""
    row = state.instruments[instrument_id]
    event = new_event(state, out, FUNDING_RATE_SET)
    event.instrument = instrument_id
    event.rate_ppb = row.funding_rate_ppb
    event.price_units = row.mark_price_units
    event.value_atoms = row.mark_unit_value_atoms
    event.reason = reason


@kernel
def start_interval(row, stamp_ns):
    """Begin a funding interval with the samples wiped."""
    row.funding_stamp_ns = stamp_ns
    row.funding_next_ns = stamp_ns + row.terms.funding_interval_ns
    row.premium_sum_ppb = 0
    row.premium_count = 0


@gate
def pass_stamp(state, instrument_id, out):
    """A funding stamp: exchange at the mark of this instant, set the next rate, begin the next interval.  FUND-005

    Delayed funding charges the rate that was in force, set one interval ago; otherwise the one just computed. A halted
    instrument exchanges nothing, because nobody could leave.
    """
    row = state.instruments[instrument_id]
    if row.terms.funding_accrual_ns != 0:
        book_accrual(state, instrument_id, out)
        return
    computed = rate_of_samples(row)
    charged = row.funding_rate_ppb if row.terms.funding_delayed != 0 else computed
    exchanged = row.state != STATE_HALTED and row.mark_price_units > 0
    if exchanged:
        was_held = row.funding_held
        row.funding_held = 0 if is_payment(row.terms, row.funding_next_ns) else 1
        if was_held > row.funding_held:
            start_walk(state)               # what accrued is booked, whether this hour adds to it or not
        exchange(state, instrument_id, charged_micro(row, charged, computed), out)
    if row.terms.funding_in_maintenance != 0 and row.funding_rate_ppb != computed:
        start_walk(state)                   # whoever will pay must hold the new rate, exchanged or not
    row.funding_rate_ppb = computed
    row.funding_rate_next_ppb = computed
    row.funding_amount_micro = 0
    if row.terms.funding_amount_basis == FUNDING_AMOUNT_INDEX_AT_RATE:
        row.funding_amount_micro = amount_at_index(row, computed)
    start_interval(row, row.funding_next_ns)
    announce_rate(state, instrument_id, funding_exchanged if exchanged else funding_not_exchanged, out)
    refresh_mark(state, instrument_id, out)


@kernel
def book_accrual(state, instrument_id, out):
    """A stamp of continuous funding: what accrued is booked for everybody, the rate of this moment announced.  FUND-011
    """
    row = state.instruments[instrument_id]
    accrue(state, instrument_id, out)
    row.funding_held = 0
    row.funding_rate_ppb = accrual_rate(row)
    row.funding_rate_next_ppb = row.funding_rate_ppb
    start_walk(state)
    start_interval(row, row.funding_next_ns)
    announce_rate(state, instrument_id, funding_exchanged, out)
    refresh_mark(state, instrument_id, out)


@gate
def skip_stamps(state, out):
    """After a gap too long to live through, leave out the stamps still due: no exchange, the rate stays.  FUND-009"""
    for instrument_id in range(1, state.instrument_last + 1):
        row = state.instruments[instrument_id]
        if is_priced(row) and row.funding_next_ns != 0 and row.funding_next_ns < state.now_ns:
            following = next_on_grid_ns(state.now_ns, row.funding_next_ns, row.terms.funding_interval_ns)
            start_interval(row, following - row.terms.funding_interval_ns)
            if row.premium_sample_next_ns != 0:
                row.premium_sample_next_ns = next_on_grid_ns(
                    row.funding_stamp_ns, row.premium_sample_next_ns, row.terms.premium_sample_ns)
            announce_rate(state, instrument_id, funding_stamps_skipped, out)
            if row.terms.funding_accrual_ns != 0:
                start_walk(state)               # what accrued in the gap is owed all the same
        if is_priced(row) and row.session_next_ns != 0 and row.session_next_ns < state.now_ns:
            row.session_next_ns = next_on_grid_ns(state.now_ns, row.session_next_ns, row.terms.session_interval_ns)


# ---------------------------------------------------------------- the clock
@gate
def next_stamp_ns(state):
    """The next instant that must be lived through by itself: a funding or settlement stamp, a change of an index."""
    due = NEVER_NS
    for instrument_id in range(1, state.instrument_last + 1):
        row = state.instruments[instrument_id]
        if is_priced(row):
            due = min(due, settlement_due_ns(row))
            if row.funding_next_ns != 0:
                due = min(due, row.funding_next_ns)
            if row.session_next_ns != 0:
                due = min(due, row.session_next_ns)
            if row.breaker_until_ns != 0:
                due = min(due, row.breaker_until_ns)
    for index_id in range(1, state.index_last + 1):
        due = min(due, index_due_ns(state.indices[index_id]))
    return due


@gate
def next_due_ns(state):
    """The earliest time at which the passing of time alone changes anything."""
    due = next_stamp_ns(state)
    for instrument_id in range(1, state.instrument_last + 1):
        row = state.instruments[instrument_id]
        if is_priced(row):
            due = min(due, basis_step_due_ns(row, state.now_ns))
            if row.premium_sample_next_ns != 0:
                due = min(due, row.premium_sample_next_ns)
            if row.basis_next_ns != 0:
                due = min(due, row.basis_next_ns)
            if row.settle_sample_next_ns != 0:
                due = min(due, row.settle_sample_next_ns)
    return due


@gate
def pass_instant(state, out):
    """Everything due at ``state.now_ns``: samples of what held until now, indices, marks, stamps, settlement prices."""
    for instrument_id in range(1, state.instrument_last + 1):
        if is_priced(state.instruments[instrument_id]):
            set_clocks(state, instrument_id)
            sample_premium(state, instrument_id)
            sample_basis(state, instrument_id)
            sample_settlement(state, state.instruments[instrument_id])
    for index_id in range(1, state.index_last + 1):
        if index_due_ns(state.indices[index_id]) <= state.now_ns:
            review_index(state, index_id, out)
    for instrument_id in range(1, state.instrument_last + 1):
        row = state.instruments[instrument_id]
        if is_priced(row):
            refresh_mark(state, instrument_id, out)
            if settlement_due_ns(row) <= state.now_ns:
                if row.terms.funding_accrual_ns != 0:
                    accrue(state, instrument_id, out)
                row.settle_price_units = settlement_price(row)
            if row.funding_next_ns != 0 and row.funding_next_ns <= state.now_ns:
                pass_stamp(state, instrument_id, out)
            if row.session_next_ns != 0 and row.session_next_ns <= state.now_ns:
                row.session_next_ns = add(row.session_next_ns, row.terms.session_interval_ns)
                if is_priced(row):
                    begin_session_end(state, instrument_id, row.mark_price_units, out)
            if row.breaker_until_ns != 0 and row.breaker_until_ns <= state.now_ns:
                resume_market(state, instrument_id, out)


@gate
def run_timers(state, out):
    """Live through the time since the last command, stamp by stamp, in order.  FUND-009

    While a stamp is lived through, ``state.now_ns`` is its time, so its events carry it. At most TIMER_STAMPS_MAX
    instants and about TIMER_EVENTS_MAX events per command; funding stamps beyond are skipped and announced as such.
    """
    now = state.now_ns
    before = out.count
    lived = 0
    due = next_stamp_ns(state)
    while due < now and lived < TIMER_STAMPS_MAX and out.count - before < TIMER_EVENTS_MAX:
        state.now_ns = due
        pass_instant(state, out)
        due = next_stamp_ns(state)
        lived += 1
    state.now_ns = now
    if due < now:
        skip_stamps(state, out)
    pass_instant(state, out)
    state.timer_next_ns = next_due_ns(state)
