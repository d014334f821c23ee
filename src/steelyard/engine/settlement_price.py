"""What a contract is settled at: its mark, the time average of its index before the stamp, or a price from outside.

The average is sampled by the clock (``funding.pass_instant``); a published price waits in the instrument until the
stamp.
"""
from ..codes import SETTLE_AT_INDEX_AVERAGE, SETTLE_AT_PUBLISHED
from ..kernel import add, divide_half_up, kernel, multiply
from ..rules.mark import highest_mark, lowest_mark
from ..units import SECOND
from .marks import NEVER_NS, due_count, wake

SETTLEMENT_SAMPLES_MAX = 1 << 16
"""Samples of one settlement window: their sum stays below 2**56."""


@kernel
def settlement_is_consistent(terms):
    """True where an instrument's settlement terms can be carried out.  SETL-006"""
    if terms.expiry_s < 0 or not 0 <= terms.settlement_method <= SETTLE_AT_PUBLISHED:
        return False
    if terms.settlement_window_ns < 0 or terms.settlement_sample_ns < 0:
        return False
    if terms.settlement_method != SETTLE_AT_INDEX_AVERAGE:
        return True
    return 0 < terms.settlement_sample_ns <= terms.settlement_window_ns and (
        terms.settlement_window_ns // terms.settlement_sample_ns <= SETTLEMENT_SAMPLES_MAX)


@kernel
def set_expiry(state, row):
    """Give a contract that is being listed the stamp of its expiry.  SETL-006"""
    row.settle_at_ns = multiply(row.terms.expiry_s, SECOND)
    if state.settle_next_ns == 0 or row.settle_at_ns < state.settle_next_ns:
        state.settle_next_ns = row.settle_at_ns
    wake(state, row.settle_at_ns)
    start_sampling(state, row)


@kernel
def start_sampling(state, row):
    """Plan the samples of a stamp that was set: window - step, ..., the last at the stamp itself.  SETL-007"""
    terms = row.terms
    row.settle_sum_units = 0
    row.settle_count = 0
    row.settle_sample_next_ns = 0
    if row.settle_at_ns == 0 or terms.settlement_method != SETTLE_AT_INDEX_AVERAGE:
        return
    step = terms.settlement_sample_ns
    first = row.settle_at_ns - terms.settlement_window_ns + terms.settlement_window_ns % step + step
    if first <= state.now_ns:
        first = add(first, multiply((state.now_ns - first) // step + 1, step))
    if first <= row.settle_at_ns:
        row.settle_sample_next_ns = first
        wake(state, first)


@kernel
def sample_settlement(state, row):
    """Take the samples that are due of the index as it stood; one look stands for all that were missed.  SETL-007"""
    if row.settle_sample_next_ns == 0 or row.settle_sample_next_ns > state.now_ns:
        return
    step = row.terms.settlement_sample_ns
    if step <= 0:
        row.settle_sample_next_ns = 0
        return
    count = due_count(row.settle_sample_next_ns, min(state.now_ns, row.settle_at_ns), step)
    row.settle_sample_next_ns = add(row.settle_sample_next_ns, multiply(count, step))
    if row.settle_sample_next_ns > row.settle_at_ns:
        row.settle_sample_next_ns = 0
    units = row.index_price_units if row.index_price_units > 0 else row.mark_price_units
    if units > 0:
        row.settle_sum_units = add(row.settle_sum_units, multiply(units, count))
        row.settle_count += count


@kernel
def settlement_due_ns(row):
    """When the clock fixes an instrument's settlement price; never while its mark is unknown or where it is published.
    SETL-002"""
    if row.settle_at_ns != 0 and row.mark_price_units > 0 and row.terms.settlement_method != SETTLE_AT_PUBLISHED:
        return row.settle_at_ns
    return NEVER_NS


@kernel
def settlement_price(row):
    """The price of the stamp by the instrument's method, within what a mark may be; 0: not published yet.  SETL-007

    Without a sample it is the mark; an instrument that never had one is settled at its index, its last price or one
    unit (nobody holds it).
    """
    units = row.settle_published_units
    if row.terms.settlement_method != SETTLE_AT_PUBLISHED:
        units = row.mark_price_units
        if row.terms.settlement_method == SETTLE_AT_INDEX_AVERAGE and row.settle_count > 0:
            units = divide_half_up(row.settle_sum_units, row.settle_count)
        elif units == 0:
            units = max(1, row.index_price_units if row.index_price_units > 0 else row.last_price_units)
    if units == 0:
        return 0
    return max(lowest_mark(row.terms), min(highest_mark(row.terms), units))
