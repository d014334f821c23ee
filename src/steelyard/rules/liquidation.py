"""Where a position is liquidated, where it is bankrupt, and the fields of a position that say so. Numbers in, numbers
out.

Everything is a *signed position value* first (size x unit value: linear long > 0, linear short < 0, inverse the other
way round) and a price last, so one formula serves all kinds and sides. Source of the formulas: bitmex.md 2.2.
"""
from ..kernel import add, kernel, multiply_divide_down, multiply_divide_up
from ..units import PPB
from .bands import loss_rate_ppb
from .contract import UNITS_BEYOND, units_worth_at_least, units_worth_at_most


# ---------------------------------------------------------------- fields of a position
@kernel
def position_initial(cost_atoms, leverage_rate_ppb):
    """posInit: initial margin of an entry worth ``cost_atoms`` (any sign) at 1/leverage in ppb; rounds up.  LIQD-001"""
    return multiply_divide_up(abs(cost_atoms), leverage_rate_ppb, PPB)


@kernel
def position_close_fee(cost_atoms, initial_atoms, taker_fee_ppb):
    """posComm: reserve for the fee of the closing trade, on the cost and the initial margin; rounds up.  LIQD-001"""
    return multiply_divide_up(abs(cost_atoms) + initial_atoms, max(0, taker_fee_ppb), PPB)


@kernel
def position_cross(unrealized_atoms):
    """posCross: the loss that a cross position has drawn from its wallet, >= 0.  LIQD-001"""
    return max(0, -unrealized_atoms)


@kernel
def position_margin(initial_atoms, cross_atoms, close_fee_atoms):
    """posMargin: what a position holds, before profit and loss.  LIQD-001"""
    return initial_atoms + cross_atoms + close_fee_atoms


@kernel
def position_maintenance(cost_atoms, maintenance_ppb, funding_ppb, close_fee_atoms):
    """posMaint: what it must keep; ``funding_ppb`` is |funding rate| where the position would pay it, else 0.  LIQD-001

    ceil((MM + funding) x cost) + close fee: one rounding, up.
    """
    return multiply_divide_up(abs(cost_atoms), maintenance_ppb + funding_ppb, PPB) + close_fee_atoms


@kernel
def return_on_equity_ppb(unrealized_atoms, initial_atoms):
    """ROE: profit per initial margin in ppb, rounded down; 0 where no margin was needed.  LIQD-001"""
    if initial_atoms == 0:
        return 0
    return multiply_divide_down(unrealized_atoms, PPB, initial_atoms)


# ---------------------------------------------------------------- values
@kernel
def liquidation_value(cost_atoms, margin_atoms, maintenance_atoms):
    """Signed position value at which margin plus profit meets maintenance: cost - (margin - maintenance).  LIQD-002"""
    return add(cost_atoms, maintenance_atoms - margin_atoms)


@kernel
def bankruptcy_value(cost_atoms, initial_atoms, cross_atoms):
    """Signed position value at which margin without the close-fee reserve is gone: cost - posInit - posCross.
    LIQD-003"""
    return add(cost_atoms, -initial_atoms - cross_atoms)


@kernel
def breakeven_value(cost_atoms, fees_paid_atoms):
    """Signed position value that pays back the fees paid so far (rebates are negative fees).  LIQD-004"""
    return add(cost_atoms, fees_paid_atoms)


@kernel
def takeover_value(mark_value_atoms, equity_share_atoms):
    """Signed value at which a position worth ``mark_value_atoms`` is taken over: exactly its equity is given up.
    LIQD-005

    Negative equity makes the taken-over position dearer than the mark; that loss is met on disposal, not by the trader.
    """
    return add(mark_value_atoms, -equity_share_atoms)


@kernel
def shortfall_ppb(equity_atoms, required_atoms):
    """1 - equity / maintenance in ppb, within 0..1; rounds down.  LIQD-042"""
    if equity_atoms >= required_atoms:
        return 0
    if equity_atoms <= 0:
        return PPB
    return loss_rate_ppb(required_atoms - equity_atoms, required_atoms)


@kernel
def fillable_value(mark_value_atoms, equity_atoms, required_atoms, total_atoms, spread_ppb, adjust_ppb):
    """Signed position value down to which a liquidation may sell: value - ABR x spread x maintenance.  LIQD-042

    mark_value_atoms  signed value of the position at mark
    equity_atoms      of the group; ABR = min(1, adjust x (1 - equity / total maintenance))
    required_atoms    maintenance of the position, > 0; total_atoms that of the group
    spread_ppb        spread to maintenance ratio, at most 9
    adjust_ppb        how fast the price runs to bankruptcy, at most 9

    Source: defi.md 2 (dYdX v4, L1).
    """
    ratio = min(PPB, multiply_divide_down(shortfall_ppb(equity_atoms, total_atoms), adjust_ppb, PPB))
    part = multiply_divide_down(required_atoms, ratio, PPB)
    return add(mark_value_atoms, -multiply_divide_down(part, spread_ppb, PPB))


@kernel
def bankruptcy_quote(part_value_atoms, equity_atoms, part_required_atoms, total_required_atoms):
    """Quote that closing a part leaves the group with at bankruptcy: its share of equity is given up.  LIQD-042

    part_value_atoms  signed value at mark of what is closed; the quote has its sign. Rounds so that the group gives up
    no more than its share: toward the fund's cost, as the source does (2,775.11 is 2,776).

    >>> bankruptcy_quote(5_000, 499, 500, 500), bankruptcy_quote(-5_000, 499, 500, 500)
    (4501, -5499)
    """
    return add(part_value_atoms, -portion_down(equity_atoms, part_required_atoms, total_required_atoms))


# ---------------------------------------------------------------- prices
@kernel
def units_at_value(terms, size_lots, value_atoms):
    """The price nearest to zero profit at which the position is worth at least ``value_atoms``, in mark units.
    LIQD-006

    The lowest such price for a long, the highest for a short, so that it rounds against the trader. 0: at no price;
    a long that is worth enough at any price gets 1, a short ``UNITS_BEYOND - 1``.
    """
    if size_lots > 0:
        units = max(1, units_worth_at_least(terms, -((-value_atoms) // size_lots)))
        return 0 if units >= UNITS_BEYOND else units
    return units_worth_at_most(terms, (-value_atoms) // -size_lots)


@kernel
def ticks_at_value(terms, size_lots, value_atoms):
    """:func:`units_at_value` on the order grid: up to a tick for a long, down for a short; 0 where no tick will do.
    LIQD-006

    A price outside the instrument's range is moved to its nearer end where the position is still worth enough there.
    """
    units = units_at_value(terms, size_lots, value_atoms)
    if units == 0:
        return 0
    if size_lots > 0:
        ticks = max(terms.price_ticks_min, -(-units // terms.mark_units_per_tick))
        return 0 if ticks > terms.price_ticks_max else ticks
    ticks = min(terms.price_ticks_max, units // terms.mark_units_per_tick)
    return 0 if ticks < terms.price_ticks_min else ticks


# ---------------------------------------------------------------- shares
@kernel
def portion_down(total, part, whole):
    """floor(total x part / whole), exact for 0 <= part <= whole, 0 < whole < 2**62 and any sign of ``total``.  LIQD-007

    Two 62-bit amounts do not fit one product, so the quotient is found bit by bit when the short way does not hold.
    """
    if whole < 1 << 31:
        return multiply_divide_down(total, part, whole)
    if part == whole:
        return total
    size = abs(total)
    quotient = 0
    remainder = 0
    for index in range(63):
        quotient *= 2
        remainder *= 2
        if remainder >= whole:
            remainder -= whole
            quotient += 1
        if (size >> (62 - index)) & 1:
            remainder += part
            if remainder >= whole:
                remainder -= whole
                quotient += 1
    if total >= 0:
        return quotient
    return -quotient if remainder == 0 else -quotient - 1
