"""How a mark is formed: the decaying funding basis, the average basis, median of three, band around the index."""
from ..codes import INVERSE
from ..kernel import divide_half_up, divide_up, kernel, multiply, multiply_divide_down
from ..units import DAY, PPB, SECOND

BASIS_STEPS_MAX = 1 << 17
"""A funding interval is cut into at most this many steps of the basis: keeps index x rate x steps exact in 64 bits."""

MARK_UNITS_MAX = 1 << 40
"""As in engine/records.py (a test compares them)."""
UNIT_VALUE_MAX = (1 << 42) - 1
"""Highest |value| of one lot at a mark, in atoms: what funding per lot is computed from (FUND-005)."""


YEAR_S = 365 * DAY // SECOND
ANNUAL_BASIS_MAX_PPB = 9 * PPB
"""An annual basis is cut off here, 900 % a year: near expiry a small basis is a large rate."""


@kernel
def lowest_mark(terms):
    """The lowest mark at which a lot's |value| is within UNIT_VALUE_MAX: 1 but for huge inverse lots.  MARK-006"""
    if terms.kind != INVERSE:
        return 1
    # half_up(n / p) <= m  <=>  p > 2 n / (2 m + 1)
    part_max = UNIT_VALUE_MAX // terms.inverse_parts_per_lot
    return 2 * terms.lot_value_numerator // (2 * part_max + 1) + 1


@kernel
def highest_mark(terms):
    """The highest mark on the grid at which a lot's value is within UNIT_VALUE_MAX.  MARK-006"""
    if terms.kind == INVERSE:
        return MARK_UNITS_MAX
    return min(MARK_UNITS_MAX, UNIT_VALUE_MAX // terms.lot_value_numerator)


@kernel
def basis_step_ns(round_ns, interval_ns):
    """Length of one step of the basis: the whole interval where ``round_ns`` is 0, never a finer cut than allowed."""
    if round_ns <= 0:
        return interval_ns
    return max(round_ns, divide_up(interval_ns, BASIS_STEPS_MAX))


@kernel
def basis_steps(span_ns, round_ns, interval_ns):
    """A span of time in whole steps of the basis, rounded up.  MARK-001"""
    return divide_up(span_ns, basis_step_ns(round_ns, interval_ns))


@kernel
def funding_basis(index_units, rate_ppb, steps_left, steps):
    """index x rate x steps_left / steps in mark units, rounded once, half up.  MARK-001

    index_units  1..2**40
    rate_ppb     funding rate in force, |rate| <= 1
    steps_left   0..steps, time to the next funding rounded up to whole steps
    steps        1..2**17 steps in the interval

    Source: bitmex.md 3 (B11a-i): half up, on the mark's own grid, reproduces every published basis; cutting off does
    not (B11b 5.987 is published as 5.99).
    """
    # index x rate = whole x PPB + rest, so that no product passes 2**58.
    index_rest = (index_units % PPB) * rate_ppb
    whole = (index_units // PPB) * rate_ppb + index_rest // PPB
    rest = index_rest % PPB
    return (multiply(whole, steps_left) + (2 * rest * steps_left + steps * PPB) // (2 * PPB)) // steps


@kernel
def average_basis(basis_sum, count):
    """Mean of ``count`` > 0 sampled differences between mid and index, rounded half up.  MARK-002"""
    return divide_half_up(basis_sum, count)


@kernel
def seconds_left(expires_ns, now_ns, round_ns):
    """Whole seconds to expiry, at least 0, the time first rounded up to ``round_ns`` (0: to a second).  MARK-007"""
    step = max(SECOND, round_ns)
    return max(0, divide_up(max(0, expires_ns - now_ns), step)) * (step // SECOND)


@kernel
def annual_basis_ppb(premium_ppb, left_s):
    """A premium over the index as a rate a year, cut off at +-900 %; 0 at expiry.  MARK-007

    |premium| <= 1, so that the product stays below 2**55.
    """
    if left_s <= 0:
        return 0
    rate = divide_half_up(premium_ppb * YEAR_S, left_s)
    return max(-ANNUAL_BASIS_MAX_PPB, min(ANNUAL_BASIS_MAX_PPB, rate))


@kernel
def annual_basis(index_units, rate_ppb, left_s):
    """index x rate x time left / year in mark units, rounded half up twice, at most the index itself.  MARK-007

    rate_ppb  +-900 % at most, left_s below 2**29 (17 years): the product stays below 2**63
    """
    rate = max(-ANNUAL_BASIS_MAX_PPB, min(ANNUAL_BASIS_MAX_PPB, rate_ppb))
    share = divide_half_up(rate * min(left_s, 1 << 29), YEAR_S)
    share = max(-PPB, min(PPB, share))
    rest = (index_units % PPB) * share
    return (index_units // PPB) * share + divide_half_up(rest, PPB)


@kernel
def median_of_three(a, b, c):
    """The middle one of three prices.  MARK-003"""
    return max(min(a, b), min(max(a, b), c))


@kernel
def within_band(units, index_units, band_ppb):
    """``units`` moved into index x (1 +- band), the width rounded down; unchanged where it is 0.  MARK-004"""
    if band_ppb <= 0:
        return units
    width = multiply_divide_down(index_units, min(band_ppb, PPB), PPB)
    return max(index_units - width, min(index_units + width, units))


@kernel
def band_to_expiry(terms, left_ns):
    """The band around the index of a contract that expires in ``left_ns``: linear between two times, rounded down; the
    terms' one band where no far one is set.  MARK-020

    Source: kraken.md 3 (K10: 1 % at one day, 20 % at 210 days).
    """
    if terms.mark_band_far_ppb == 0 or terms.expiry_s == 0:
        return terms.mark_index_band_ppb
    span_s = (terms.mark_band_far_ns - terms.mark_band_near_ns) // SECOND
    passed_s = max(0, min(span_s, (left_ns - terms.mark_band_near_ns) // SECOND))
    return terms.mark_index_band_ppb + multiply(terms.mark_band_far_ppb - terms.mark_index_band_ppb, passed_s) // span_s
