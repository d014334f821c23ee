"""What longs pay shorts: premium samples, the rate of an interval, its caps, a position's cash. F > 0: longs pay."""
from ..kernel import divide_half_up, kernel, multiply, multiply_divide_down
from ..units import MICRO, PPB

THOUSAND = 1_000
"""A ratio in ppb is formed three digits at a time: a remainder below 2**40 times a thousand fits easily."""


@kernel
def ratio_ppb(numerator, denominator):
    """numerator / denominator in ppb, halves away from zero, cut off at +-1; 0 < denominator <= 2**40.  FUND-001"""
    size = abs(numerator)
    if size >= denominator:
        ratio = PPB
    else:
        ratio = 0
        rest = size
        for _digits in range(3):
            rest *= THOUSAND
            ratio = ratio * THOUSAND + rest // denominator
            rest %= denominator
        if 2 * rest >= denominator:
            ratio += 1
    return -ratio if numerator < 0 else ratio


@kernel
def premium_units(impact_bid_units, impact_ask_units, mark_units):
    """max(0, impact bid - mark) - max(0, mark - impact ask), in mark units.  FUND-001

    An impact price of 0 means that the side is too thin to fill the impact notional: it contributes nothing.
    """
    above = max(0, impact_bid_units - mark_units)
    below = 0
    if impact_ask_units > 0:
        below = max(0, mark_units - impact_ask_units)
    return above - below


@kernel
def average_premium(premium_sum_ppb, count):
    """Time average of the interval's samples, rounded half up; 0 where none could be taken.  FUND-002"""
    if count == 0:
        return 0
    return divide_half_up(premium_sum_ppb, count)


@kernel
def average_with_missing(premium_sum_ppb, count, expected):
    """Average in which samples that could not be taken count as zero, truncated toward zero.  FUND-013"""
    number = max(count, expected)
    if number == 0:
        return 0
    return premium_sum_ppb // number if premium_sum_ppb >= 0 else -(-premium_sum_ppb // number)


@kernel
def rate_for_interval(rate_ppb, interval, period):
    """The part of a rate stated for ``period`` that one interval exchanges, truncated toward zero.  FUND-013

    Both in the same unit, 0 < interval, 0 < period, |rate| <= 1: the product stays below 2**61 for intervals of 2**31.
    """
    if rate_ppb >= 0:
        return multiply(rate_ppb, interval) // period
    return -(multiply(-rate_ppb, interval) // period)


@kernel
def premium_of_price(price_units, index_units):
    """(price - index) / index in ppb, halves away from zero, |premium| <= 1; index > 0.  FUND-021

    Source: kraken.md 3 (K02: 10 on 7000 is .142857 %).

    >>> premium_of_price(7_010, 7_000)
    1428571
    """
    return ratio_ppb(price_units - index_units, index_units)


@kernel
def divided_premium(premium_sum_ppb, count, divisor):
    """Time average of the samples over a divisor (0: 1), rounded once, half up; 0 where none could be taken.  FUND-022

    Source: kraken.md 3 (K02a, K02b: .142857 % over 8 and over 24 hours).

    >>> divided_premium(1_428_571, 1, 8), divided_premium(1_428_571, 1, 24)
    (178571, 59524)
    """
    return average_premium(premium_sum_ppb, count * max(1, divisor))


@kernel
def clamp(value, low, high):
    """``value`` moved into low..high; ``high`` holds where they cross."""
    return min(high, max(low, value))


@kernel
def funding_rate(premium_ppb, interest_ppb, clamp_ppb):
    """P + clamp(I - P, +-c).  FUND-003

    A plateau at I for every P within c of I, not a floor.

    Source: bitmex.md 3; stress-science.md 3.2.

    >>> funding_rate(300_000, 100_000, 500_000)
    100000
    """
    return premium_ppb + clamp(interest_ppb - premium_ppb, -clamp_ppb, clamp_ppb)


@kernel
def capped_rate(rate_ppb, previous_ppb, cap_ppb, step_cap_ppb):
    """The rate within +-step cap of the previous one, then within +-cap; a cap of 0 is none.  FUND-004

    The absolute cap is applied last, so it holds even where it was lowered below the previous rate.

    Source: bitmex.md 3 (B23).
    """
    if step_cap_ppb > 0:
        rate_ppb = clamp(rate_ppb, previous_ppb - step_cap_ppb, previous_ppb + step_cap_ppb)
    if cap_ppb > 0:
        rate_ppb = clamp(rate_ppb, -cap_ppb, cap_ppb)
    return clamp(rate_ppb, -PPB, PPB)


@kernel
def increment_micro(unit_value_atoms, rate_ppb):
    """Funding of one long lot at a stamp, in millionths of an atom, > 0: longs pay.  FUND-005

    |unit value| x F, rounded half up: one number, owed by every long lot and due to every short lot.
    |unit value| < 2**42 atoms and |F| <= 1; the multiplication is checked.
    """
    value = abs(unit_value_atoms)
    return multiply(value // THOUSAND, rate_ppb) + divide_half_up((value % THOUSAND) * rate_ppb, THOUSAND)


@kernel
def accrued_micro(rate_micro, span, period, rest):
    """Funding of one long lot over a part of its period: floor((rate_micro x span + rest) / period).  FUND-011

    rate_micro  funding of one long lot over a whole period, in millionths of an atom
    span, period  in the same unit of time, span >= 0, period 1..2**31
    rest        what :func:`accrual_rest` left over of the part before, 0..period - 1

    >>> accrued_micro(10, 1, 3, 0), accrual_rest(10, 1, 3, 0)
    (3, 1)
    """
    return multiply(rate_micro // period, span) + (multiply(rate_micro % period, span) + rest) // period


@kernel
def accrual_rest(rate_micro, span, period, rest):
    """What a part leaves over, in units of 1 / period of a millionth of an atom.  FUND-011"""
    return (multiply(rate_micro % period, span) + rest) % period


@kernel
def funding_cash(size_lots, delta_micro):
    """Cash a position gets for funding of ``delta_micro`` per long lot: payers pay up, receivers get down.  FUND-006

    floor(-size x delta / 10**6): exact for |size| <= 2**40 and any delta whose cash fits 64 bits.

    >>> funding_cash(3, 1_500_000), funding_cash(-3, 1_500_000)
    (-5, 4)
    """
    if size_lots < 0:
        return multiply_divide_down(delta_micro, -size_lots, MICRO)
    return multiply_divide_down(-delta_micro, size_lots, MICRO)


@kernel
def smoothed_rate(rate_ppb, before_ppb, weight_ppb):
    """weight x new rate + (1 - weight) x rate before, in ppb, rounded half up; weight 0 keeps no memory.  FUND-030

    Source: coinbase.md 4 (international exchange: weight 0.75).

    >>> smoothed_rate(41_667, 12_500, 750_000_000)
    34375
    """
    if weight_ppb == 0:
        return rate_ppb
    return before_ppb + divide_half_up(multiply(rate_ppb - before_ppb, weight_ppb), PPB)


@kernel
def linear_weights(count):
    """Sum of the weights 1 .. count of a linearly weighted average of premiums.  FUND-031

    Source: coinbase.md 2 (Bitnomial: 1,920 samples).

    >>> linear_weights(1_920)
    1844160
    """
    return count * (count + 1) // 2
