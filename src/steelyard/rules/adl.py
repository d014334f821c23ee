"""Who is deleveraged first: profit x effective leverage as one integer, and the lights that show it. Source: bitmex.md
4."""
from ..kernel import kernel, multiply_divide_down
from ..units import MICRO, PPB

RATIO_MAX = (1 << 31) - 1
"""Ratios are millionths and end here (2,147-fold), so that a product of two fits 62 bits."""
RATIO_BITS = 1 << 42


@kernel
def ratio_micro(part_atoms, whole_atoms):
    """part / whole in millionths, rounded down, within +- RATIO_MAX; a whole of zero or less is infinitely small.
    ADLV-001

    Beyond 42 bits both are halved until they fit: the order of two accounts depends on the same integers everywhere.
    """
    if whole_atoms <= 0:
        return RATIO_MAX if part_atoms >= 0 else -RATIO_MAX
    part = part_atoms
    whole = whole_atoms
    while whole >= RATIO_BITS:
        part >>= 1
        whole >>= 1
    if abs(part) // whole > RATIO_MAX // MICRO:
        return RATIO_MAX if part >= 0 else -RATIO_MAX
    return max(-RATIO_MAX, min(RATIO_MAX, multiply_divide_down(part, MICRO, whole)))


@kernel
def rank(profit_atoms, cost_atoms, value_atoms, equity_atoms):
    """Deleveraging rank: a larger number goes first.  ADLV-002

    profit ratio x effective leverage where there is a profit, profit ratio / effective leverage where there is a loss;
    profit ratio = profit / |entry value|, effective leverage = |value at mark| / equity. Unit: 10**-12.
    """
    ratio = ratio_micro(profit_atoms, abs(cost_atoms))
    if profit_atoms > 0:
        return ratio * ratio_micro(abs(value_atoms), equity_atoms)
    if value_atoms == 0:
        return 0
    return ratio * max(0, ratio_micro(equity_atoms, abs(value_atoms)))


@kernel
def quintile(lots_through, lots_total):
    """Light 1 (deleveraged first) to 5 of the account with which the ranked lots reach ``lots_through``; rounds up.
    ADLV-003"""
    return -(-(5 * lots_through) // lots_total)


@kernel
def haircut_ppb(given_up_atoms, profit_atoms):
    """Part of a winner's profit that deleveraging took, in ppb, rounded down; 0 where there was none.  ADLV-004"""
    if profit_atoms <= 0 or given_up_atoms <= 0:
        return 0
    part = given_up_atoms
    whole = profit_atoms
    while whole >= 1 << 33:
        part >>= 1
        whole >>= 1
    return multiply_divide_down(min(part, whole), PPB, whole)
