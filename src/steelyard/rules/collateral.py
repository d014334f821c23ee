"""What an asset counts as collateral for another: its price less haircut and conversion fee, and the way back. Values
round down, what must be sold or kept rounds up.

A *scale* is (numerator, denominator): atoms of the hub asset per atom of the collateral asset and index unit. Callers
keep numerator x price x denominator below 2**62.
"""
from ..kernel import kernel, multiply, multiply_divide_down, multiply_divide_up
from ..units import PPB

VALUE_MAX = 1 << 58
"""Collateral of one asset counts up to this many atoms of the hub asset (docs/limits.md)."""


@kernel
def counted_ppb(haircut_ppb, fee_ppb):
    """The share of its price that an asset counts for: (1 - haircut) x (1 - conversion fee), rounded down.  COLL-002

    Source: kraken.md 2.2.

    >>> counted_ppb(20_000_000, 2_500_000)
    977550000
    """
    return (PPB - haircut_ppb) * (PPB - fee_ppb) // PPB


@kernel
def gross_value(atoms, price_units, numerator, denominator):
    """What ``atoms`` >= 0 are worth at a price, before haircut and fee; rounds down, at most VALUE_MAX.  COLL-002"""
    unit = price_units * numerator
    if unit == 0:
        return 0
    if atoms // denominator >= VALUE_MAX // unit:
        return VALUE_MAX
    return multiply_divide_down(atoms, unit, denominator)


@kernel
def atoms_worth(value_atoms, price_units, numerator, denominator, atoms_max):
    """The fewest atoms whose gross value is at least ``value_atoms`` >= 0; ``atoms_max`` where that is not enough.
    COLL-005"""
    unit = price_units * numerator
    if value_atoms == 0:
        return 0
    if unit == 0 or value_atoms // unit > atoms_max // denominator:
        return atoms_max
    return min(atoms_max, multiply_divide_up(value_atoms, denominator, unit))


@kernel
def gross_for_net(net_atoms, share_ppb):
    """The least gross value of which ``share_ppb`` > 0 is at least ``net_atoms`` >= 0; rounds up, never above
    VALUE_MAX.  COLL-005"""
    if net_atoms >= VALUE_MAX // PPB * share_ppb:
        return VALUE_MAX
    return min(VALUE_MAX, multiply_divide_up(net_atoms, PPB, share_ppb))


@kernel
def band_units(price_units, value_atoms, share_atoms):
    """The index price at or below which collateral worth ``value_atoms`` may have lost ``share_atoms`` > 0; above it,
    surely less. At least one unit below the present price.  COLL-006

    A fall by d costs at most d x (value + 1) / price + 1.
    """
    safe = 0
    if share_atoms > 2 and value_atoms > 0:
        if share_atoms - 2 > value_atoms:
            safe = price_units
        else:
            safe = fall_within(price_units, share_atoms - 2, value_atoms + 1)
    return max(0, price_units - max(1, safe + 1))


@kernel
def fall_within(price_units, part_atoms, whole_atoms):
    """floor(price x part / whole) or a little less, for part < whole < 2**59 and price <= 2**40."""
    while whole_atoms >= 1 << 22:
        part_atoms >>= 1
        whole_atoms = (whole_atoms >> 1) + 1
    return multiply(price_units, part_atoms) // whole_atoms
