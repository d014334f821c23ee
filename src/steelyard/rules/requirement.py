"""What a position must hold under its instrument's terms, and the mark at which it no longer does: rows in, numbers
out. The engine's rooms, the screens and the planner ask here, so that a planned number is the number charged.

Rows are an instrument with its terms, tiers and mark, and a position with its size, entry value, tier and open orders.
"""
from ..codes import BASIS_ENTRY, INVERSE, ORDER_MARGIN_WORSE_SIDE, RATES_STEPS_WHOLE, TIERS_BY_LOTS
from ..kernel import add, gate, kernel, multiply, multiply_divide_up
from ..units import PPB
from . import margin
from .contract import on_mark, unit_value, units_worth_at_least, units_worth_at_most
from .mark import highest_mark, lowest_mark
from .windows import is_raised


@kernel
def basis_value(instrument, position, basis):
    """Absolute value of a position that a requirement is charged on: its entry value or its value at mark.  MARG-050"""
    if on_mark(basis, position.size_lots):
        return abs(multiply(position.size_lots, instrument.mark_unit_value_atoms))
    return abs(position.entry_value_atoms)


@kernel
def position_tier(instrument, position):
    """Risk-limit tier of a position with its open orders on the worse side.  MARG-011"""
    if instrument.tier_count <= 1:
        return 0
    if instrument.terms.tier_measure == TIERS_BY_LOTS:
        return margin.tier_of(instrument, margin.exposure_lots(position))
    value = basis_value(instrument, position, instrument.terms.initial_basis)
    return margin.tier_of(instrument, margin.exposure_value(position, value))


@kernel
def maintenance_at(instrument, position, value):
    """Maintenance requirement of a position with a size, charged on ``value`` >= 0.  MARG-010

    ceil(MM x value) + reserve; MM is raised by |funding rate| for the side that would pay. Source: bitmex.md 2.2.
    """
    terms = instrument.terms
    coming_ppb = 0
    if terms.funding_in_maintenance != 0 and (instrument.funding_rate_ppb > 0) == (position.size_lots > 0):
        coming_ppb = abs(instrument.funding_rate_ppb)
    required = margin.maintenance_margin_with_funding(instrument, position.tier, value, position.size_lots, coming_ppb)
    if instrument.kept_tiers != 0 and position.terms_epoch != instrument.terms_epoch:
        required = margin.kept_maintenance(instrument, position.tier, value, coming_ppb)
    if is_raised(instrument, position.client_class):
        required = margin.required_maintenance(instrument, position, required, value)
    if terms.maintenance_of_initial_ppb != 0:
        required = max(required, margin.share_of_initial(instrument, position, value))
    if terms.close_fee_reserve != 0:
        initial = margin.initial_margin(instrument, position.tier, value, position)
        required += margin.close_fee_reserve(terms, value, initial)
    return required


@gate
def initial_with_reserve(instrument, position, tier):
    """Initial margin and closing-fee reserve of a position without its orders, on the profile's basis.  MARG-012"""
    value = basis_value(instrument, position, instrument.terms.initial_basis)
    initial = margin.initial_margin(instrument, tier, value, position)
    return initial + margin.close_fee_reserve(instrument.terms, value, initial)


@kernel
def opening_collateral(instrument, position, value_atoms, lots, size_lots):
    """Collateral that ``lots`` more of an isolated position worth ``value_atoms`` must bring; ``size_lots`` is what it
    holds then. Where rates rise with the size, what is held for the rest rises with it.  MARG-009, MARG-043"""
    initial = margin.entry_initial(instrument, position, abs(value_atoms), lots, size_lots)
    size = position.size_lots
    if size != 0 and (size > 0) == (lots > 0) and margin.is_sloped(instrument.terms):
        held = abs(position.entry_value_atoms)
        initial += margin.entry_initial(instrument, position, held, size, size_lots)
        initial -= margin.entry_initial(instrument, position, held, size, size)
    return initial + margin.close_fee_reserve(instrument.terms, abs(value_atoms), initial)


# ---------------------------------------------------------------- ordinary terms
@kernel
def has_plain_terms(instrument):
    """Whether an ordinary order meets none of the terms that seldom hold: whole steps by value on the entry value, the
    worse side, no window, no scaling, no band, no cap, no breaker.  ORDR-017"""
    terms = instrument.terms
    seldom = (terms.oi_upper_atoms | terms.open_interest_lots_max | terms.price_band_ppb | terms.price_band_refuses
              | terms.breaker_ppb | instrument.has_window_rates)
    return (seldom == 0 and terms.kind != INVERSE and terms.rate_method == RATES_STEPS_WHOLE
            and terms.initial_basis == BASIS_ENTRY and terms.order_margin_method == ORDER_MARGIN_WORSE_SIDE
            and terms.tier_measure != TIERS_BY_LOTS and terms.price_ticks_min > 0)


@kernel
def note_plain_terms(instrument):
    """Remember, after terms changed, whether they are plain."""
    instrument.plain_terms = 1 if has_plain_terms(instrument) else 0


@kernel
def plain_tier(instrument, position, buys_atoms, sells_atoms):
    """:func:`position_tier` under plain terms, open orders being worth this much beyond the position.  MARG-011"""
    if instrument.tier_count <= 1:
        return 0
    value = abs(position.entry_value_atoms)
    long_value = value if position.size_lots > 0 else 0
    return margin.tier_of(instrument, max(long_value + buys_atoms, value - long_value + sells_atoms))


@kernel
def plain_order_requirement(instrument, position, tier, value_atoms):
    """Requirement of open orders worth ``value_atoms`` on the worse side, under plain terms.  MARG-008"""
    if value_atoms == 0:
        return 0
    rate = max(instrument.tiers[tier].initial_ppb, position.leverage_rate_ppb)
    return margin.order_requirement(instrument, value_atoms, multiply_divide_up(value_atoms, rate, PPB))


@kernel
def plain_initial(instrument, position, tier, value):
    """:func:`initial_with_reserve` of a position worth ``value`` >= 0, under plain terms and without a class.  MARG-012
    """
    rate = max(instrument.tiers[tier].initial_ppb, position.leverage_rate_ppb)
    initial = multiply_divide_up(value, rate, PPB)
    return initial + margin.close_fee_reserve(instrument.terms, value, initial)


@kernel
def plain_maintenance(instrument, position):
    """Maintenance requirement of a position with a size, under plain terms, without a class, an earlier schedule or a
    share of initial margin.  MARG-010"""
    terms = instrument.terms
    value = basis_value(instrument, position, terms.maintenance_basis)
    rate = instrument.tiers[position.tier].maintenance_ppb
    if terms.funding_in_maintenance != 0 and (instrument.funding_rate_ppb > 0) == (position.size_lots > 0):
        rate += abs(instrument.funding_rate_ppb)
    required = multiply_divide_up(value, rate, PPB)
    initial = multiply_divide_up(
        value, max(instrument.tiers[position.tier].initial_ppb, position.leverage_rate_ppb), PPB)
    return required + margin.close_fee_reserve(terms, value, initial)


# ---------------------------------------------------------------- other marks
@kernel
def slack_at(instrument, position, slack_atoms, units):
    """What a group has above its maintenance margin if one position's mark were ``units``, others as they are.
    LIQD-008

    ``slack_atoms`` is the same at the present mark. The position's tier stays, as it does until it is looked at again.
    """
    value = multiply(position.size_lots, unit_value(instrument.terms, units))
    now = multiply(position.size_lots, instrument.mark_unit_value_atoms)
    slack = add(slack_atoms, add(value, -now))
    if on_mark(instrument.terms.maintenance_basis, position.size_lots):
        slack += maintenance_at(instrument, position, abs(now)) - maintenance_at(instrument, position, abs(value))
    return slack


VALUE_SEARCHED_ATOMS = 1 << 60
"""No account's equity is higher, so a position that would have to be worth more is liquidated at no price."""


@kernel
def farthest_mark(terms, size_lots):
    """The last mark at which a liquidation is looked for: the end of the grid, or where the position's value would
    pass what 64 bits and any equity hold.  LIQD-008"""
    per_lot = VALUE_SEARCHED_ATOMS // abs(size_lots)
    if size_lots > 0:
        if terms.kind == INVERSE:
            return max(lowest_mark(terms), units_worth_at_least(terms, -per_lot))
        return lowest_mark(terms)
    if terms.kind == INVERSE:
        return highest_mark(terms)
    return min(highest_mark(terms), units_worth_at_most(terms, per_lot))


@kernel
def first_without_slack(instrument, position, slack_atoms, safe, reached):
    """The mark nearest to ``safe`` without slack, between a mark that has some and one (``reached``) that has none.

    Found by halving, so it assumes one crossing between the two.  LIQD-008
    """
    while abs(safe - reached) > 1:
        middle = (safe + reached) // 2
        if slack_at(instrument, position, slack_atoms, middle) > 0:
            safe = middle
        else:
            reached = middle
    return reached


@kernel
def liquidation_units(instrument, position, slack_atoms):
    """The mark nearest to the present one at which the group meets its maintenance margin; 0 where there is none.

    LIQD-008 at another mark: the highest such mark below for a long, the lowest above for a short, other marks as they
    are. The present mark where the group is there already.
    """
    safe = instrument.mark_price_units
    if safe == 0 or slack_atoms <= 0:
        return safe
    reached = farthest_mark(instrument.terms, position.size_lots)
    if slack_at(instrument, position, slack_atoms, reached) > 0:
        return 0
    return first_without_slack(instrument, position, slack_atoms, safe, reached)
