"""What must be held: rates by tier, initial and maintenance margin of a value, margin of open orders. All round up."""
from ..codes import (
    ORDER_MARGIN_BIDS_NET_OF_OFFERS,
    ORDER_MARGIN_BOTH_SIDES,
    ORDER_MARGIN_WORSE_SIDE,
    RATES_FIXED,
    RATES_LINEAR,
    RATES_STEPS_MARGINAL,
)
from ..kernel import divide_up, gate, kernel, multiply, multiply_divide_up
from ..units import PPB
from .contract import on_mark, share_up
from .windows import is_raised, raised_initial, raised_maintenance, raised_rate


@kernel
def tier_of(instrument, value_atoms):
    """Index of the first tier whose cap holds ``value_atoms`` >= 0; the last tier for anything larger.  MARG-001"""
    tier = 0
    last = instrument.tier_count - 1
    while tier < last and value_atoms > instrument.tiers[tier].value_max_atoms:
        tier += 1
    return tier


SLOPE_MAX_PPB = 4 * PPB
"""A schedule linear in value rises by at most this: keeps value x rate exact in 64 bits."""


@gate
def linear_slope(instrument, size_lots):
    """What a linear schedule adds to both rates at a size: by lots, or by the value at mark, rounded up.  MARG-018"""
    terms = instrument.terms
    slope = multiply(terms.linear_slope_ppb_per_lot, abs(size_lots))
    if terms.linear_slope_value_atoms > 0:
        value = abs(multiply(size_lots, instrument.mark_unit_value_atoms))
        slope += min(SLOPE_MAX_PPB, divide_up(value, terms.linear_slope_value_atoms))
    return slope


@kernel
def is_sloped(terms):
    """Whether an instrument's rates rise with the size of a position.  MARG-018"""
    return terms.rate_method == RATES_LINEAR and terms.linear_slope_ppb_per_lot + terms.linear_slope_value_atoms != 0


@kernel
def next_deduction(deduction_atoms, cap_atoms, rise_ppb):
    """Deduction of a tier: that of the tier below, and ceil(cap of it x rise of the rate).  MARG-015"""
    return deduction_atoms + multiply_divide_up(cap_atoms, rise_ppb, PPB)


@gate
def fixed_rate_ppb(amount_atoms, unit_value_atoms):
    """What part of a lot's value an amount per lot is, in ppb, rounded up; exact while a lot is worth less than 2**33
    atoms, else of both with their low bits dropped. 0 without a value."""
    if unit_value_atoms == 0:
        return 0
    while unit_value_atoms >= 1 << 33:
        unit_value_atoms >>= 1
        amount_atoms = (amount_atoms + 1) >> 1
    return multiply_divide_up(amount_atoms, PPB, unit_value_atoms)


@kernel
def scaled_by_interest(base_ppb, interest_atoms, lower_atoms, upper_atoms):
    """Initial rate that rises from its base at one open interest to one at another, rounded up.  MARG-019

    base + (1 - base) x (interest - lower) / (upper - lower), within base..1. Values are halved until they fit 32 bits.
    """
    if interest_atoms <= lower_atoms:
        return base_ppb
    if interest_atoms >= upper_atoms:
        return max(base_ppb, PPB)
    part = interest_atoms - lower_atoms
    whole = upper_atoms - lower_atoms
    while whole >= 1 << 32:
        part = (part + 1) >> 1
        whole >>= 1
    return min(PPB, base_ppb + multiply_divide_up(min(part, whole), PPB - base_ppb, whole))


@gate
def rate_at_interest(instrument, rate_ppb):
    """:func:`scaled_rate` where terms do scale it.  MARG-019"""
    terms = instrument.terms
    interest = multiply(instrument.open_interest_lots, abs(instrument.mark_unit_value_atoms))
    return scaled_by_interest(rate_ppb, interest, terms.oi_lower_atoms, terms.oi_upper_atoms)


@kernel
def scaled_rate(instrument, rate_ppb):
    """A schedule's initial rate, scaled by the instrument's open interest at mark where terms say so.  MARG-019"""
    if instrument.terms.oi_upper_atoms == 0 or rate_ppb >= PPB:
        return rate_ppb
    return rate_at_interest(instrument, rate_ppb)


@kernel
def schedule_rate(instrument, tier, size_lots):
    """Initial margin rate of the schedule in ppb, before chosen leverage.  MARG-002

    Of an amount per lot: what part of a lot's value at mark it is, rounded up; for showing leverage, nothing is charged
    by it.
    """
    terms = instrument.terms
    if terms.rate_method == RATES_FIXED:
        return fixed_rate_ppb(terms.fixed_initial_atoms, abs(instrument.mark_unit_value_atoms))
    if terms.rate_method == RATES_LINEAR:
        return terms.linear_initial_ppb + linear_slope(instrument, size_lots)
    return instrument.tiers[tier].initial_ppb


@kernel
def initial_rate(instrument, tier, size_lots, leverage_rate_ppb):
    """Initial margin rate in ppb: the larger of the schedule's and the one chosen by leverage.  MARG-002"""
    return max(scaled_rate(instrument, schedule_rate(instrument, tier, size_lots)), leverage_rate_ppb)


@kernel
def shown_rate(instrument, position):
    """Initial margin rate of a position with all that raises it: window, class, chosen leverage.  MARG-002, MARG-040"""
    rate = scaled_rate(instrument, schedule_rate(instrument, position.tier, position.size_lots))
    if is_raised(instrument, position.client_class):
        rate = raised_rate(instrument, position.client_class, rate, position.size_lots,
                           abs(position.entry_value_atoms))
    return max(rate, position.leverage_rate_ppb)


@kernel
def excess_value(value_atoms, lots, excess_lots):
    """The part of open orders' value that goes beyond the position they would first close; rounds up.  MARG-006"""
    if excess_lots <= 0:
        return 0
    if excess_lots == lots:
        return value_atoms
    return share_up(value_atoms, excess_lots, lots)


@kernel
def exposure_value(position, value_atoms):
    """What the tier is read from: a position worth ``value_atoms`` >= 0 plus open orders, on the worse side.  MARG-001

    Orders on the position's own side add to it; opposite ones count as far as they go beyond it.
    Source: bitmex.md 1.3 and 9 (B05 riskValue, B17).
    """
    if position.size_lots == 0:                          # then every order goes beyond it
        return max(position.open_buy_value_atoms, position.open_sell_value_atoms)
    buys = position.open_buy_lots - max(0, -position.size_lots)
    sells = position.open_sell_lots - max(0, position.size_lots)
    buy_value = excess_value(position.open_buy_value_atoms, position.open_buy_lots, buys)
    sell_value = excess_value(position.open_sell_value_atoms, position.open_sell_lots, sells)
    if position.size_lots > 0:
        return max(value_atoms + buy_value, sell_value)
    return max(buy_value, value_atoms + sell_value)


@kernel
def fixed_initial(terms, lots, value_atoms, leverage_rate_ppb):
    """Initial margin of lots (any sign) worth ``value_atoms`` >= 0 by an amount per lot, or by chosen leverage where
    that is more.  MARG-024"""
    chosen = multiply_divide_up(value_atoms, leverage_rate_ppb, PPB)
    return max(multiply(abs(lots), terms.fixed_initial_atoms), chosen)


@kernel
def initial_of_maintenance(maintenance_atoms, factor_ppb, step_atoms):
    """Initial amount of one contract from its maintenance amount: x factor, up to a whole step of cash.  MARG-025

    Source: cme.md 9.1 vectors 15 to 18.
    """
    exact = multiply_divide_up(maintenance_atoms, factor_ppb, PPB)
    return multiply(-(-exact // step_atoms), step_atoms)


@kernel
def exposure_lots(position):
    """What the tier is read from where tiers are measured in lots: the position with its open orders on the worse side.
    MARG-030

    Source: kraken.md 1.1 (inverse contracts: tiers by number of contracts).
    """
    longs = position.open_buy_lots + position.size_lots
    shorts = position.open_sell_lots - position.size_lots
    return max(abs(position.size_lots), longs, shorts)


@kernel
def initial_margin(instrument, tier, value_atoms, position):
    """Initial margin of ``value_atoms`` >= 0 at the rates of ``tier``, without fee reserve; rounds up.  MARG-003

    Size and chosen leverage are the position's. Marginal steps read the tier from the value itself: a deduction belongs
    to the slice the value ends in.
    """
    chosen_ppb = position.leverage_rate_ppb
    if is_raised(instrument, position.client_class):
        required = required_initial(instrument, tier, value_atoms, position.size_lots, position.client_class, 1)
        return max(required, multiply_divide_up(value_atoms, chosen_ppb, PPB))
    if instrument.terms.rate_method == RATES_FIXED:
        return fixed_initial(instrument.terms, position.size_lots, value_atoms, chosen_ppb)
    if instrument.terms.rate_method == RATES_STEPS_MARGINAL:
        own = tier_of(instrument, value_atoms)
        stepped = multiply_divide_up(value_atoms, instrument.tiers[own].initial_ppb, PPB)
        chosen = multiply_divide_up(value_atoms, chosen_ppb, PPB)
        return max(stepped - instrument.tiers[own].initial_deduction_atoms, chosen)
    return multiply_divide_up(value_atoms, initial_rate(instrument, tier, position.size_lots, chosen_ppb), PPB)


@gate
def required_initial(instrument, tier, value_atoms, size_lots, client_class, with_interest):
    """Initial margin that the rules require of a size worth ``value_atoms`` >= 0, whatever leverage was chosen: the
    schedule's, raised by window rates and client class.  MARG-003, MARG-040, ELIG-008

    ``with_interest`` 1: scaled by open interest where terms say so; a close-out share is of the margin without (0), so
    that nobody is closed out by what others open.
    """
    terms = instrument.terms
    if terms.rate_method == RATES_FIXED:
        initial = multiply(abs(size_lots), terms.fixed_initial_atoms)
    elif terms.rate_method == RATES_STEPS_MARGINAL:
        own = tier_of(instrument, value_atoms)
        initial = multiply_divide_up(value_atoms, instrument.tiers[own].initial_ppb, PPB)
        initial -= instrument.tiers[own].initial_deduction_atoms
    else:
        rate = schedule_rate(instrument, tier, size_lots)
        if with_interest != 0:
            rate = scaled_rate(instrument, rate)
        initial = multiply_divide_up(value_atoms, rate, PPB)
    return raised_initial(instrument, client_class, initial, value_atoms, size_lots)


@gate
def required_maintenance(instrument, position, schedule_atoms, value_atoms):
    """Maintenance margin of a position worth ``value_atoms`` >= 0, of what its schedule asks for: raised by window
    rates and client class.  MARG-040, ELIG-008"""
    client_class = position.client_class
    initial = 0
    if client_class != 0:
        initial = required_initial(instrument, position.tier, value_atoms, position.size_lots, client_class, 0)
    return raised_maintenance(
        instrument, client_class, schedule_atoms, initial, value_atoms, position.size_lots)


@gate
def share_of_initial(instrument, position, value_atoms):
    """Maintenance margin of a position worth ``value_atoms`` >= 0 as a share of the initial margin it is held with,
    chosen leverage included; rounds up.  MARG-051"""
    initial = initial_margin(instrument, position.tier, value_atoms, position)
    return multiply_divide_up(initial, instrument.terms.maintenance_of_initial_ppb, PPB)


@gate
def raised_side_initial(instrument, position, tier, value_atoms, lots, size_lots):
    """Initial margin of ``lots`` (signed: the side that is opened) worth ``value_atoms`` >= 0, by whole rates of a tier
    at ``size_lots``, raised by window rates, class and chosen leverage.  MARG-042, ELIG-008"""
    terms = instrument.terms
    initial = multiply(abs(lots), terms.fixed_initial_atoms)
    if terms.rate_method != RATES_FIXED:
        rate = scaled_rate(instrument, schedule_rate(instrument, tier, size_lots))
        initial = multiply_divide_up(value_atoms, rate, PPB)
    initial = raised_initial(instrument, position.client_class, initial, value_atoms, lots)
    return max(initial, multiply_divide_up(value_atoms, position.leverage_rate_ppb, PPB))


@kernel
def entry_initial(instrument, position, value_atoms, lots, size_lots):
    """Initial margin that ``lots`` (any sign) entered at ``value_atoms`` >= 0 bring, at the position's tier and
    leverage, its size being ``size_lots``; whole rates, rounded up.  MARG-009, MARG-024"""
    if is_raised(instrument, position.client_class):
        return raised_side_initial(instrument, position, position.tier, value_atoms, lots, size_lots)
    if instrument.terms.rate_method == RATES_FIXED:
        return fixed_initial(instrument.terms, lots, value_atoms, position.leverage_rate_ppb)
    rate = initial_rate(instrument, position.tier, size_lots, position.leverage_rate_ppb)
    return multiply_divide_up(value_atoms, rate, PPB)


@kernel
def maintenance_margin(instrument, tier, value_atoms, size_lots):
    """Maintenance margin of ``value_atoms`` >= 0 at the rates of ``tier``, without fee reserve or funding.  MARG-004"""
    return maintenance_margin_with_funding(instrument, tier, value_atoms, size_lots, 0)


@kernel
def maintenance_margin_with_funding(instrument, tier, value_atoms, size_lots, funding_rate_ppb):
    """Maintenance margin with the rate raised by a coming funding payment >= 0; rounded up once.  MARG-004"""
    terms = instrument.terms
    deduction = 0
    if terms.rate_method == RATES_FIXED:
        return multiply(abs(size_lots), terms.fixed_maintenance_atoms) + multiply_divide_up(
            value_atoms, funding_rate_ppb, PPB)
    if terms.rate_method == RATES_LINEAR:
        rate = terms.linear_maintenance_ppb + linear_slope(instrument, size_lots)
    elif terms.rate_method == RATES_STEPS_MARGINAL:
        own = tier_of(instrument, value_atoms)
        rate = instrument.tiers[own].maintenance_ppb
        deduction = instrument.tiers[own].maintenance_deduction_atoms
    else:
        rate = instrument.tiers[tier].maintenance_ppb
    return multiply_divide_up(value_atoms, rate + funding_rate_ppb, PPB) - deduction


@kernel
def kept_rate(instrument, tier):
    """Maintenance rate of a tier by the schedule before the last change; above its end, that of its last tier.
    MARG-045"""
    return instrument.kept_maintenance_ppb[min(tier, instrument.kept_tiers - 1)]


@gate
def kept_maintenance(instrument, tier, value_atoms, funding_rate_ppb):
    """Maintenance margin of ``value_atoms`` >= 0 of a position that keeps the schedule before the last change; whole
    rates, rounded up.  MARG-045"""
    return multiply_divide_up(value_atoms, kept_rate(instrument, tier) + funding_rate_ppb, PPB)


@kernel
def close_fee_reserve(terms, value_atoms, initial_atoms):
    """What is held to pay the taker fee of the closing trade; rounds up; 0 where the profile holds none.  MARG-005"""
    if terms.close_fee_reserve == 0 or terms.taker_fee_ppb <= 0:
        return 0
    return multiply_divide_up(value_atoms + initial_atoms, terms.taker_fee_ppb, PPB)


@kernel
def order_excess_value(terms, position):
    """Value of open orders that margin is charged on, by the profile's method.  MARG-007

    Orders that would only close the position are free; what goes beyond counts on the worse side, or offers in full and
    bids beyond the offers (B19), or both sides.
    """
    if position.size_lots == 0 and terms.order_margin_method == ORDER_MARGIN_WORSE_SIDE:
        return max(position.open_buy_value_atoms, position.open_sell_value_atoms)
    buys = position.open_buy_lots - max(0, -position.size_lots)
    sells = position.open_sell_lots - max(0, position.size_lots)
    if buys <= 0 and sells <= 0:
        return 0
    buy_value = excess_value(position.open_buy_value_atoms, position.open_buy_lots, buys)
    sell_value = excess_value(position.open_sell_value_atoms, position.open_sell_lots, sells)
    if terms.order_margin_method == ORDER_MARGIN_BOTH_SIDES:
        return buy_value + sell_value
    if terms.order_margin_method == ORDER_MARGIN_BIDS_NET_OF_OFFERS:
        return sell_value + excess_value(position.open_buy_value_atoms, position.open_buy_lots, buys - max(0, sells))
    return max(buy_value, sell_value)


@kernel
def order_excess_lots(terms, position):
    """Lots of open orders that margin is charged on, by the profile's method: as :func:`order_excess_value`, counted.
    MARG-007"""
    buys = max(0, position.open_buy_lots - max(0, -position.size_lots))
    sells = max(0, position.open_sell_lots - max(0, position.size_lots))
    if terms.order_margin_method == ORDER_MARGIN_BOTH_SIDES:
        return buys + sells
    return max(buys, sells)


@kernel
def orders_requirement(instrument, position, tier, value_atoms):
    """Initial margin and fees of a position's open orders, worth ``value_atoms`` > 0 where they are charged.  MARG-008,
    MARG-042, MARG-043"""
    if is_raised(instrument, position.client_class) or is_sloped(instrument.terms):
        return sided_order_requirement(instrument, position, tier)
    return order_requirement(instrument, value_atoms, order_initial(instrument, position, tier, value_atoms))


@kernel
def order_initial(instrument, position, tier, value_atoms):
    """Initial margin of a position's open orders, worth ``value_atoms`` where they are charged; rounds up.  MARG-008,
    MARG-024"""
    terms = instrument.terms
    if terms.rate_method == RATES_FIXED:
        return fixed_initial(terms, order_excess_lots(terms, position), value_atoms, position.leverage_rate_ppb)
    rate = initial_rate(instrument, tier, position.size_lots, position.leverage_rate_ppb)
    return multiply_divide_up(value_atoms, rate, PPB)


@kernel
def order_requirement(instrument, value_atoms, initial_atoms):
    """Initial margin of open orders worth ``value_atoms`` > 0 with the fees of entry and exit.  MARG-008"""
    entry_fee = multiply_divide_up(value_atoms, max(0, instrument.terms.taker_fee_ppb), PPB)
    return initial_atoms + entry_fee + close_fee_reserve(instrument.terms, value_atoms, initial_atoms)


@gate
def sided_order_requirement(instrument, position, tier):
    """Initial margin of a position's open orders, with fees, where sides differ: each side's excess at the rates of the
    side and of the size it would open.  MARG-042, MARG-043

    Worse side: the larger of both. Both sides: their sum. Bids net of offers: offers in full, bids beyond them, and
    under rates that rise with the size no less than either side alone.
    """
    terms = instrument.terms
    buys = max(0, position.open_buy_lots - max(0, -position.size_lots))
    sells = max(0, position.open_sell_lots - max(0, position.size_lots))
    bought = side_requirement(instrument, position, tier, buys, buys)
    sold = side_requirement(instrument, position, tier, -sells, -sells)
    if terms.order_margin_method == ORDER_MARGIN_WORSE_SIDE:
        return max(bought, sold)
    if terms.order_margin_method == ORDER_MARGIN_BOTH_SIDES:
        return bought + sold
    net = sold + side_requirement(instrument, position, tier, max(0, buys - sells), buys)
    return max(net, max(bought, sold)) if is_sloped(terms) else net


@kernel
def side_requirement(instrument, position, tier, lots, reach_lots):
    """Initial margin and fees of ``lots`` (signed: bids > 0) of one side's orders beyond the position, at the rates of
    the size that ``reach_lots`` of them would make.  MARG-042, MARG-043"""
    if lots == 0:
        return 0
    value = excess_value(position.open_buy_value_atoms, position.open_buy_lots, lots)
    reach_value = excess_value(position.open_buy_value_atoms, position.open_buy_lots, reach_lots)
    if lots < 0:
        value = excess_value(position.open_sell_value_atoms, position.open_sell_lots, -lots)
        reach_value = value
    if is_sloped(instrument.terms):
        initial = sloped_side_initial(instrument, position, value, lots, reach_value, reach_lots)
    else:
        initial = raised_side_initial(instrument, position, tier, value, lots, position.size_lots)
    return order_requirement(instrument, value, initial)


@kernel
def sloped_initial(instrument, position, slope_ppb, value_atoms, lots):
    """Initial margin of ``lots`` (signed: the side) worth ``value_atoms`` >= 0 at a slope of the linear schedule, with
    all that raises it: open interest, window, class, chosen leverage; rounds up.  MARG-043"""
    rate = scaled_rate(instrument, instrument.terms.linear_initial_ppb + slope_ppb)
    initial = raised_initial(
        instrument, position.client_class, multiply_divide_up(value_atoms, rate, PPB), value_atoms, lots)
    return max(initial, multiply_divide_up(value_atoms, position.leverage_rate_ppb, PPB))


@kernel
def sloped_side_initial(instrument, position, value_atoms, lots, reach_value_atoms, reach_lots):
    """Initial margin of one side's orders under a schedule that rises with the size, at the rate of the size they would
    reach, and what the position under them would be asked for on top; rounds up.  MARG-043

    A size by value counts orders at their price or at the mark, whichever is more.
    """
    terms = instrument.terms
    unit = abs(instrument.mark_unit_value_atoms)
    adds = position.size_lots != 0 and (position.size_lots > 0) == (lots > 0)
    reach = reach_lots + position.size_lots if adds else reach_lots
    slope = multiply(terms.linear_slope_ppb_per_lot, abs(reach))
    if terms.linear_slope_value_atoms > 0:
        value = max(reach_value_atoms, multiply(abs(reach_lots), unit))
        if adds:
            value += multiply(abs(position.size_lots), unit)
        slope += min(SLOPE_MAX_PPB, divide_up(value, terms.linear_slope_value_atoms))
    initial = sloped_initial(instrument, position, slope, value_atoms, lots)
    if adds:
        own = abs(position.entry_value_atoms)
        if on_mark(terms.initial_basis, position.size_lots):
            own = multiply(abs(position.size_lots), unit)
        present = linear_slope(instrument, position.size_lots)
        initial += sloped_initial(instrument, position, max(slope, present), own, lots)
        initial -= sloped_initial(instrument, position, present, own, lots)
    return initial


@kernel
def order_margin(instrument, value_atoms, initial_rate_ppb):
    """Initial margin of open orders worth ``value_atoms``, with entry and exit fee reserve.  MARG-008

    ceil(value x IM) + ceil(value x taker) + ceil((value + value x IM) x taker). Source: bitmex.md 2.3 (B05, B06).
    """
    if value_atoms == 0:
        return 0
    return order_requirement(instrument, value_atoms, multiply_divide_up(value_atoms, initial_rate_ppb, PPB))
