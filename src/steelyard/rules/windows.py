"""Least margin rates by side and window of the day, and what a client class adds: what a schedule alone does not say.

A schedule (tiers, linear, amounts per lot) gives a requirement of a value; where the instrument has window rates, or
the account a class, the larger holds. An instrument without window rates and an account without a class never come
here.
"""
from ..codes import TIERS_BY_LOTS
from ..kernel import kernel, multiply_divide_up
from ..units import PPB
from .clients import close_out_margin, initial_for_class


@kernel
def window_rate(instrument, size_lots):
    """Row of the rates that hold now for a side: long for a size of zero or more, else short.  MARG-040"""
    return instrument.window_rates[2 * instrument.margin_window + (1 if size_lots < 0 else 0)]


@kernel
def is_raised(instrument, client_class):
    """Whether window rates or a client class may raise a schedule's requirement."""
    return instrument.has_window_rates + client_class != 0


@kernel
def class_tier(rule, measure):
    """The tier of a class's own schedule that holds a value in atoms, or lots where tiers go by size.  ELIG-011"""
    tier = 0
    while tier < rule.tier_count - 1 and measure > rule.tiers[tier].end:
        tier += 1
    return rule.tiers[tier]


@kernel
def class_measure(instrument, value_atoms, size_lots):
    """What a class's tier is read from: the value that is charged, or its lots.  ELIG-011"""
    return abs(size_lots) if instrument.terms.tier_measure == TIERS_BY_LOTS else value_atoms


@kernel
def raised_initial(instrument, client_class, schedule_atoms, value_atoms, size_lots):
    """Initial margin of ``value_atoms`` >= 0 on one side, of what the schedule asks for.  MARG-040, ELIG-008, ELIG-011

    The class's own schedule in place of the instrument's, max(of it, value x window rate), then max(of it, of it x
    multiplier, value x floor) of the class; rounds up.
    """
    initial = schedule_atoms
    if client_class != 0 and instrument.client_rules[client_class].tier_count != 0:
        tier = class_tier(instrument.client_rules[client_class], class_measure(instrument, value_atoms, size_lots))
        initial = multiply_divide_up(value_atoms, tier.initial_ppb, PPB)
    if instrument.has_window_rates != 0:
        initial = max(initial, multiply_divide_up(value_atoms, window_rate(instrument, size_lots).initial_ppb, PPB))
    if client_class != 0:
        rule = instrument.client_rules[client_class]
        initial = initial_for_class(initial, value_atoms, rule.multiplier_ppb, rule.floor_ppb)
    return initial


@kernel
def raised_maintenance(instrument, client_class, schedule_atoms, initial_atoms, value_atoms, size_lots):
    """Maintenance margin of ``value_atoms`` >= 0 on one side, of what the schedule asks for.  MARG-040, ELIG-008

    The class's own schedule in place of the instrument's, max(of it, value x window rate), then max(of it, share of
    ``initial_atoms``) of the class; rounds up.
    """
    maintenance = schedule_atoms
    if client_class != 0 and instrument.client_rules[client_class].tier_count != 0:
        tier = class_tier(instrument.client_rules[client_class], class_measure(instrument, value_atoms, size_lots))
        maintenance = multiply_divide_up(value_atoms, tier.maintenance_ppb, PPB)
    if instrument.has_window_rates != 0:
        maintenance = max(maintenance, multiply_divide_up(
            value_atoms, window_rate(instrument, size_lots).maintenance_ppb, PPB))
    if client_class != 0:
        maintenance = close_out_margin(
            maintenance, initial_atoms, instrument.client_rules[client_class].close_out_ppb)
    return maintenance


@kernel
def raised_rate(instrument, client_class, rate_ppb, size_lots, value_atoms):
    """The initial rate of one side, of the schedule's: for showing leverage.  MARG-040, ELIG-008"""
    if client_class != 0 and instrument.client_rules[client_class].tier_count != 0:
        rate_ppb = class_tier(instrument.client_rules[client_class],
                              class_measure(instrument, value_atoms, size_lots)).initial_ppb
    if instrument.has_window_rates != 0:
        rate_ppb = max(rate_ppb, window_rate(instrument, size_lots).initial_ppb)
    if client_class != 0:
        rule = instrument.client_rules[client_class]
        rate_ppb = max(rate_ppb, multiply_divide_up(rate_ppb, rule.multiplier_ppb, PPB), rule.floor_ppb)
    return rate_ppb


@kernel
def raised_initial_growth_ppb(instrument, client_class, growth_ppb, size_lots):
    """How much a raised initial margin can grow, in ppb of each atom that the value grows by: an upper end.  BAND-003
    """
    if client_class != 0 and instrument.client_rules[client_class].tier_count != 0:
        rule = instrument.client_rules[client_class]
        growth_ppb = rule.tiers[rule.tier_count - 1].initial_ppb
    if instrument.has_window_rates != 0:
        growth_ppb = max(growth_ppb, window_rate(instrument, size_lots).initial_ppb)
    if client_class != 0:
        rule = instrument.client_rules[client_class]
        growth_ppb = max(growth_ppb, rule.floor_ppb, multiply_divide_up(growth_ppb, rule.multiplier_ppb, PPB))
    return growth_ppb


@kernel
def raised_growth_ppb(instrument, client_class, growth_ppb, initial_growth_ppb, size_lots):
    """How much a raised maintenance can grow, in ppb of each atom that the value grows by: an upper end.  BAND-003"""
    if client_class != 0 and instrument.client_rules[client_class].tier_count != 0:
        rule = instrument.client_rules[client_class]
        growth_ppb = rule.tiers[rule.tier_count - 1].maintenance_ppb
        initial_growth_ppb = rule.tiers[rule.tier_count - 1].initial_ppb
    if instrument.has_window_rates != 0:
        growth_ppb = max(growth_ppb, window_rate(instrument, size_lots).maintenance_ppb)
        initial_growth_ppb = max(initial_growth_ppb, window_rate(instrument, size_lots).initial_ppb)
    if client_class != 0:
        rule = instrument.client_rules[client_class]
        initial_growth_ppb = max(initial_growth_ppb, rule.floor_ppb, multiply_divide_up(
            initial_growth_ppb, rule.multiplier_ppb, PPB))
        growth_ppb = max(growth_ppb, multiply_divide_up(initial_growth_ppb, rule.close_out_ppb, PPB))
    return growth_ppb
