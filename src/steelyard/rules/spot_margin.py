"""Spot margin: assets bought or sold with a loan of the venue. Equity, used margin, level, where a call and a
liquidation begin, what the loan costs. Numbers in, numbers out, for one position alone; what the engine runs are terms
of a contract and its loan (docs/spec/spot-margin.md).

Amounts are atoms of the quote asset, sizes atoms of the base asset; a *level* is in ppb, 10**9 being 100 %.
"""
from ..kernel import add, kernel, multiply_divide_down, multiply_divide_up
from ..units import PPB

SOUND, CALLED, LIQUIDATED = 0, 1, 2
LEVEL_MAX = 1 << 62
"""The level of an account that uses no margin."""


@kernel
def used_margin(cost_atoms, leverage):
    """Margin that a position of this opening cost uses, or base atoms that a short of this size reserves; rounds up.
    SPOT-001

    Source: kraken.md 7 (K14, K17, K19).

    >>> used_margin(15_000, 5)
    3000
    """
    return -(-cost_atoms // leverage)


@kernel
def equity(trade_balance_atoms, unrealized_atoms):
    """Collateral at its haircut value plus unrealized profit or loss.  SPOT-002 (K20, K21)"""
    return add(trade_balance_atoms, unrealized_atoms)


@kernel
def free_margin(equity_atoms, used_atoms):
    """What new positions may use; negative after a fall.  SPOT-002 (K19, K21)"""
    return add(equity_atoms, -used_atoms)


@kernel
def level_ppb(equity_atoms, used_atoms):
    """Margin level: equity over used margin, rounded down; LEVEL_MAX where none is used.  SPOT-003

    Source: kraken.md 7 (K14, K16, K17, K21). used_atoms * 10**9 fits for used_atoms < 2**33; larger ones are halved
    together, which moves the level by less than 1 ppm.

    >>> level_ppb(5_000, 2_000)
    2500000000
    """
    if used_atoms <= 0:
        return LEVEL_MAX
    while used_atoms >= 1 << 33:
        used_atoms >>= 1
        equity_atoms >>= 1
    return multiply_divide_down(equity_atoms, PPB, used_atoms)


@kernel
def standing(level, call_ppb, stop_ppb):
    """SOUND, CALLED (at or below the call level: the venue may liquidate) or LIQUIDATED (at or below the stop level).
    SPOT-004

    >>> standing(799_990_000, 800_000_000, 400_000_000)
    1
    """
    if level <= stop_ppb:
        return LIQUIDATED
    if level <= call_ppb:
        return CALLED
    return SOUND


@kernel
def long_value_at_level(trade_balance_atoms, cost_atoms, used_atoms, level):
    """Value of a long at which the level of an account with this position alone is ``level``; rounds up.  SPOT-005

    tb + value - cost = level x used, used fixed at the opening.
    """
    return add(cost_atoms, multiply_divide_up(used_atoms, level, PPB) - trade_balance_atoms)


@kernel
def short_value_at_level(trade_balance_atoms, proceeds_atoms, leverage, level):
    """Value of a short at which the level of an account with this position alone is ``level``; rounds down.  SPOT-005

    tb + proceeds - value = level x value / leverage, because what it reserves follows the price.
    """
    total = add(trade_balance_atoms, proceeds_atoms)
    return multiply_divide_down(total, leverage * PPB, leverage * PPB + level)


@kernel
def loan_cost(cost_atoms, opening_ppb, rollover_ppb, held_ns, period_ns):
    """What a loan has cost after a time: the opening fee, then a rollover fee for every whole period; rounds up, each
    fee for itself.  SPOT-006

    >>> loan_cost(1_000_000, 250_000, 250_000, 9, 4)
    750
    """
    opening = multiply_divide_up(cost_atoms, opening_ppb, PPB)
    return add(opening, (held_ns // period_ns) * multiply_divide_up(cost_atoms, rollover_ppb, PPB))
