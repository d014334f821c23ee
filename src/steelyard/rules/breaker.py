"""The dynamic circuit breaker: limits from the extremes of a look-back, and what stops where. Source: cme.md 6."""
from ..kernel import add, kernel, multiply_divide_down
from ..units import PPB


@kernel
def variant_ticks(settlement_ticks, variant_ppb):
    """How far prices may run within the look-back: settlement x share, down to a whole tick.  BRKR-001"""
    return multiply_divide_down(settlement_ticks, variant_ppb, PPB)


@kernel
def upper_limit_ticks(low_ticks, variant):
    """The highest price that does not stop the market: the look-back's low plus the variant.  BRKR-002"""
    return add(low_ticks, variant)


@kernel
def lower_limit_ticks(high_ticks, variant):
    """The lowest price that does not stop the market: the look-back's high less the variant.  BRKR-002"""
    return add(high_ticks, -variant)
