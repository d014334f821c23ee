"""How far a mark may move before a position can have lost a given sum: the arithmetic of safe bands."""
from ..codes import INVERSE, RATES_FIXED, RATES_LINEAR, RATES_STEPS_WHOLE, TIERS_BY_VALUE
from ..kernel import kernel, multiply, multiply_divide_down, multiply_divide_up
from ..units import PPB
from .contract import on_mark, units_worth_at_least, units_worth_at_most
from .margin import exposure_value, kept_rate, linear_slope
from .windows import is_raised, raised_growth_ppb, raised_initial_growth_ppb

SCALE_BITS = 33
VALUE_DOUBLED_MAX = 1 << 61
ROUNDINGS = 8
"""Atoms by which a class's maintenance, or a share of initial margin, can be above its exact figure: a schedule rounded
up, times a multiplier of at most 4, rounded up, times a share, rounded up, and two of a fee."""


@kernel
def loss_rate_ppb(slack_atoms, exposure_atoms):
    """Largest relative move, in ppb rounded down and at most 4, that costs ``exposure_atoms`` no more than the slack.
    BAND-002"""
    while exposure_atoms >= 1 << SCALE_BITS or slack_atoms >= 1 << SCALE_BITS:
        exposure_atoms = (exposure_atoms >> 1) + 1
        slack_atoms >>= 1
    return min(4 * PPB, multiply(slack_atoms, PPB) // max(1, exposure_atoms))


@kernel
def slope_growth_ppb(instrument, position):
    """How much the rising part of a linear schedule can grow, in ppb of each atom that the value grows by."""
    slope = linear_slope(instrument, position.size_lots)
    if instrument.terms.linear_slope_value_atoms > 0:       # m + (v + v')/s per atom of value gained, and v' <= 2 v
        slope *= 4
    return slope


@kernel
def initial_growth_ppb(instrument, position):
    """How much a schedule's initial margin can grow, in ppb of each atom that the value grows by: an upper end."""
    terms = instrument.terms
    if terms.rate_method == RATES_LINEAR:
        return terms.linear_initial_ppb + slope_growth_ppb(instrument, position)
    if terms.rate_method == RATES_STEPS_WHOLE:
        return instrument.tiers[position.tier].initial_ppb
    if terms.rate_method == RATES_FIXED:
        return 0
    return instrument.tiers[instrument.tier_count - 1].initial_ppb


@kernel
def held_growth_ppb(instrument, position):
    """How much the initial margin a position is held with can grow, in ppb of each atom that the value grows by."""
    rate = initial_growth_ppb(instrument, position)
    if is_raised(instrument, position.client_class):
        rate = raised_initial_growth_ppb(instrument, position.client_class, rate, position.size_lots)
    return max(rate, position.leverage_rate_ppb)


@kernel
def maintenance_growth_ppb(instrument, position):
    """How much maintenance margin can grow, in ppb of each atom that the value grows by, without a fee's reserve."""
    terms = instrument.terms
    rate = abs(instrument.funding_rate_ppb)
    if terms.rate_method == RATES_LINEAR:
        rate += terms.linear_maintenance_ppb + slope_growth_ppb(instrument, position)
    elif terms.rate_method == RATES_STEPS_WHOLE:
        tier_ppb = instrument.tiers[position.tier].maintenance_ppb
        if instrument.kept_tiers != 0:
            tier_ppb = max(tier_ppb, kept_rate(instrument, position.tier))
        rate += tier_ppb
    elif terms.rate_method != RATES_FIXED:
        rate += instrument.tiers[instrument.tier_count - 1].maintenance_ppb
    if is_raised(instrument, position.client_class):
        rate = raised_growth_ppb(instrument, position.client_class, rate, initial_growth_ppb(instrument, position),
                                 position.size_lots)
    if terms.maintenance_of_initial_ppb != 0:
        rate = max(rate, multiply_divide_up(held_growth_ppb(instrument, position), terms.maintenance_of_initial_ppb,
                                            PPB))
    return rate


@kernel
def growth_ppb(instrument, position):
    """How much what is watched can grow, in ppb of each atom lost, while the tier stays; 0 where it is on the entry
    value: maintenance margin, and the share of initial margin at which a call comes.

    Only an adverse move that raises the value does that: a short of a linear contract, a long of an inverse one.
    """
    terms = instrument.terms
    if (terms.kind == INVERSE) != (position.size_lots > 0):
        return 0
    rate = 0
    if on_mark(terms.maintenance_basis, position.size_lots):
        rate = maintenance_growth_ppb(instrument, position)
    if terms.call_initial_ppb != 0 and on_mark(terms.initial_basis, position.size_lots):
        rate = max(rate, multiply_divide_up(held_growth_ppb(instrument, position), terms.call_initial_ppb, PPB))
    if rate != 0 and terms.close_fee_reserve != 0:
        rate += 3 * max(0, terms.taker_fee_ppb)
    return rate


@kernel
def safe_loss(instrument, position, slack_atoms):
    """Largest fall in a position's value that surely keeps its share of slack above zero; zero or more.  BAND-003

    ``slack_atoms`` > 0. A schedule of whole steps is safe only inside its tier, so the tier's end bounds the answer
    too; open orders count in the tier (MARG-011), so they bring its end nearer.
    """
    size = abs(position.size_lots)
    growth = growth_ppb(instrument, position)
    is_plain = position.client_class + instrument.terms.maintenance_of_initial_ppb + (
        instrument.terms.call_initial_ppb) == 0
    loss = slack_atoms - 1
    if instrument.terms.linear_slope_value_atoms > 0:       # a rate rounded up to a ppb of twice the value
        finer = 2 * abs(multiply(size, instrument.mark_unit_value_atoms)) // PPB + 3
        loss = max(0, loss - (finer if is_plain else 4 * finer))
    if growth != 0:
        loss = max(0, multiply_divide_down(loss, PPB, PPB + growth) - (2 if is_plain else ROUNDINGS))
        by_value = instrument.terms.rate_method == RATES_STEPS_WHOLE and instrument.terms.tier_measure == TIERS_BY_VALUE
        if by_value and position.tier < instrument.tier_count - 1:
            value = exposure_value(position, abs(multiply(size, instrument.mark_unit_value_atoms)))
            loss = max(0, min(loss, instrument.tiers[position.tier].value_max_atoms - value))
    return loss


@kernel
def keeps_band(instrument, position, slack_atoms, key_units):
    """Whether a band at ``key_units`` is surely as near as :func:`band_units`, told without a division. False: perhaps
    not.  BAND-004

    A lot's value falls to the key by so much; lots x that is within the safe loss exactly where that is within the safe
    loss per lot, rounded down.
    """
    terms = instrument.terms
    mark = instrument.mark_price_units
    size = abs(position.size_lots)
    if terms.kind == INVERSE or instrument.mark_unit_value_atoms >= VALUE_DOUBLED_MAX:
        return False
    if position.size_lots > 0:
        if key_units < mark // 2:
            return False
        fall = instrument.mark_unit_value_atoms - multiply(terms.lot_value_numerator, key_units + 1)
    else:
        if key_units > 2 * mark:
            return False
        fall = multiply(terms.lot_value_numerator, key_units - 1) - instrument.mark_unit_value_atoms
    return fall <= 0 or multiply(fall, size) <= safe_loss(instrument, position, slack_atoms)


@kernel
def band_units(instrument, position, slack_atoms):
    """First mark, in units, at which the position may have used up ``slack_atoms`` > 0: below for a long, above for a
    short.

    At least one unit away from the present mark, and never further than to half or double of it.  BAND-004
    """
    mark = instrument.mark_price_units
    loss = safe_loss(instrument, position, slack_atoms) // abs(position.size_lots)
    if position.size_lots > 0:
        units = units_worth_at_most(instrument.terms, instrument.mark_unit_value_atoms - loss - 1)
        return min(max(units, mark // 2), max(mark - 1, 0))
    units = units_worth_at_least(instrument.terms, instrument.mark_unit_value_atoms + loss + 1)
    return max(min(units, 2 * mark), mark + 1)
