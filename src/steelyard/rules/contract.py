"""What a lot is worth at a price. Both contract kinds share one signed number, so everything above is written once.

A *unit value* is the value of one long lot in atoms of the settlement asset: positive for linear and quanto contracts,
negative for inverse ones (a long owes coins that are worth less as the price rises).
"""
from ..codes import BASIS_LOAN, BASIS_MARK, INVERSE
from ..kernel import add, divide_half_up, divide_up, gate, kernel, multiply, multiply_divide_down, multiply_divide_up


@kernel
def price_units(terms, price_ticks):
    """An order price in mark units, the finer grid that marks live on.  VALU-006"""
    return price_ticks * terms.mark_units_per_tick


@kernel
def unit_value(terms, units):
    """Signed value of one long lot at ``units`` > 0 mark units, in atoms.  VALU-001 (linear), VALU-002 (inverse)

    Inverse contracts round half up once per part; ``inverse_parts_per_lot`` says how many parts a lot has.

    Source: bitmex.md 2.1 (B10a-f, B25).
    """
    if terms.kind == INVERSE:
        return -multiply(terms.inverse_parts_per_lot, divide_half_up(terms.lot_value_numerator, units))
    return multiply(terms.lot_value_numerator, units)


@kernel
def on_mark(basis, size_lots):
    """Whether a requirement on this basis follows the mark: always on BASIS_MARK, for a short on BASIS_LOAN.  MARG-050
    """
    return basis == BASIS_MARK or (basis == BASIS_LOAN and size_lots < 0)


UNITS_BEYOND = 1 << 40
"""A price above any market's: what is asked for happens at no price from 1 to ``UNITS_BEYOND - 1``."""


@kernel
def units_worth_at_least(terms, value_atoms):
    """The lowest price in mark units at which one long lot is worth at least ``value_atoms`` (signed).  VALU-003

    Exact inverse of :func:`unit_value`. A linear contract answers 0 for a value of zero or less (every price will do);
    ``UNITS_BEYOND`` means that no price below it will do. Needs lot_value_numerator < 2**61.
    """
    if terms.kind == INVERSE:
        if value_atoms > 0:
            return UNITS_BEYOND
        # parts * round_half_up(n / p) <= -value  <=>  round_half_up(n / p) <= m  <=>  n / p < m + 1/2
        m = (-value_atoms) // terms.inverse_parts_per_lot
        return min(UNITS_BEYOND, (2 * terms.lot_value_numerator) // (2 * m + 1) + 1)
    return min(UNITS_BEYOND, max(0, divide_up(value_atoms, terms.lot_value_numerator)))


@kernel
def units_worth_at_most(terms, value_atoms):
    """The highest price in mark units at which one long lot is worth at most ``value_atoms`` (signed).  VALU-003

    0 means at no price; ``UNITS_BEYOND - 1`` means at every price.
    """
    return max(0, units_worth_at_least(terms, value_atoms + 1) - 1)


@gate
def share_far(total_atoms, part_lots, whole_lots):
    """:func:`share_down` of more lots than 64-bit products allow: the part is taken in two digits of 20 bits and the
    rest.  VALU-007"""
    rest = total_atoms % whole_lots
    high = rest * (part_lots >> 20)                                     # < 2**62
    low = ((high % whole_lots) << 20) + rest * (part_lots & 0xFFFFF)    # < 2**62
    return add(multiply(total_atoms // whole_lots, part_lots), ((high // whole_lots) << 20) + low // whole_lots)


@kernel
def share_down(total_atoms, part_lots, whole_lots):
    """floor(total x part / whole) for 0 <= part <= whole < 2**41 and any sign of total, exact.  VALU-007"""
    if whole_lots < 1 << 31:
        return multiply_divide_down(total_atoms, part_lots, whole_lots)
    return share_far(total_atoms, part_lots, whole_lots)


@kernel
def share_up(total_atoms, part_lots, whole_lots):
    """ceil(total x part / whole), with the bounds of :func:`share_down`.  VALU-007"""
    if whole_lots < 1 << 31:
        return multiply_divide_up(total_atoms, part_lots, whole_lots)
    return -share_far(-total_atoms, part_lots, whole_lots)
