"""Who is deleveraged first: profit x effective leverage as one integer, and the lights that show it. Source: bitmex.md
4."""
from ..kernel import kernel, multiply_divide_down
from ..units import MICRO, PPB
from .liquidation import portion_down

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


WORD = (1 << 32) - 1
MIXER = 0x45D9F3B
"""An odd number below 2**27: a product with a word stays below 2**59."""


@kernel
def mixed(word, number):
    """A word of 32 bits in which every bit depends on all of ``word`` and ``number`` >= 0.  ADLV-021"""
    word = (word ^ number ^ (number >> 32)) & WORD
    word = ((word ^ (word >> 16)) * MIXER) & WORD
    word = ((word ^ (word >> 16)) * MIXER) & WORD
    return word ^ (word >> 16)


@kernel
def drawn_place(command_sequence, order_id, mark_units, count):
    """A place from 0 to ``count`` - 1 that nobody chooses: a mix of where the journal stands, the takeover and the
    mark, the same on every replay.  ADLV-021"""
    return mixed(mixed(mixed(0, command_sequence), order_id), mark_units) % count


@kernel
def prices_overlap(loss_atoms, equity_atoms, requirement_atoms, total_atoms, lots, size_lots):
    """Whether a counterparty can close ``lots`` of its ``size_lots`` (both > 0) with a loss against the mark of
    ``loss_atoms``: not beyond its own bankruptcy price, which gives the position the share of the group's equity that
    its maintenance requirement has of the group's.  ADLV-021

    Source: defi.md 2 and L4 (dYdX v4: deleveraging of pairs).
    """
    if loss_atoms <= 0:
        return True
    if equity_atoms <= 0:
        return False
    own = equity_atoms
    if total_atoms > requirement_atoms:
        own = portion_down(equity_atoms, requirement_atoms, total_atoms)
    return loss_atoms <= portion_down(own, lots, size_lots)


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
