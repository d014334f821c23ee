"""Margin rates that a policy derives from one figure, the stages of a loss between them, and how near the end is.

Numbers in, numbers out; rates in ppb. What must be held rounds up, what is left rounds down.
"""
from ..kernel import kernel, multiply, multiply_divide_down, multiply_divide_up
from ..units import PPB

SOUND, NO_NEW_RISK, REDUCING, ASSIGNED = 0, 1, 2, 3
"""Stages: initial margin held; below it nothing is opened; below maintenance parts are closed; below close-out margin
the position goes to others."""
NO_WARNING, FIRST_WARNING, LAST_WARNING, LIQUIDATED = 0, 1, 2, 3
FIRST_WARNING_PPB, LAST_WARNING_PPB = PPB, PPB // 5


@kernel
def root_up(square):
    """The smallest whole number whose square is at least ``square`` >= 0 (below 2**62), by halving.

    >>> root_up(16), root_up(17)
    (4, 5)
    """
    low = -1
    high = 1 << 31
    while high - low > 1:
        middle = (low + high) // 2
        if middle * middle >= square:
            high = middle
        else:
            low = middle
    return high


@kernel
def policy_initial_ppb(base_ppb, risk_ppb, horizon_ppb):
    """Initial rate max(base, risk x sqrt(close-out horizon)), the horizon in ppb of 30-day volume; rounds up.  MARG-034

    Source: coinbase.md 4 (leverage policy).

    >>> policy_initial_ppb(200_000_000, 1_000_000_000, 90_000_000)
    300000000
    """
    return max(base_ppb, multiply_divide_up(risk_ppb, root_up(multiply(horizon_ppb, PPB)), PPB))


@kernel
def policy_maintenance_ppb(initial_ppb):
    """Maintenance rate: two thirds of the initial rate, rounded up.  MARG-034"""
    return -(-2 * initial_ppb // 3)


@kernel
def policy_close_out_ppb(initial_ppb):
    """Close-out rate: max(initial / 3, maintenance - 12 %), rounded up.  MARG-034

    >>> policy_close_out_ppb(500_000_000)
    213333334
    """
    return max(-(-initial_ppb // 3), policy_maintenance_ppb(initial_ppb) - 120_000_000)


@kernel
def stage_of(equity_atoms, initial_atoms, maintenance_atoms, close_out_atoms):
    """Which stage an account's equity is in: at a threshold it is still in the better one.  MARG-035"""
    if equity_atoms >= initial_atoms:
        return SOUND
    if equity_atoms >= maintenance_atoms:
        return NO_NEW_RISK
    return REDUCING if equity_atoms >= close_out_atoms else ASSIGNED


@kernel
def liquidation_buffer_ppb(available_atoms, threshold_atoms, initial_atoms):
    """(available - threshold) / (initial margin - threshold) in ppb, rounded down: 100 % where exactly initial margin
    is there, 0 at the threshold.  MARG-033

    ``available_atoms`` is cash and futures profit less order holds, ``threshold_atoms`` what liquidates, below
    ``initial_atoms``. Beyond 64 bits of ppb it stays at the largest. Source: coinbase.md 3.

    >>> liquidation_buffer_ppb(150, 100, 200)
    500000000
    """
    free, span = available_atoms - threshold_atoms, initial_atoms - threshold_atoms
    if free // span >= 1 << 32:
        return (1 << 32) * PPB
    return multiply_divide_down(free, PPB, span)


@kernel
def buffer_warning(buffer_ppb):
    """What a buffer calls for: a warning at 100 %, the last at 20 %, liquidation at 0 %.  MARG-033"""
    if buffer_ppb <= 0:
        return LIQUIDATED
    if buffer_ppb <= LAST_WARNING_PPB:
        return LAST_WARNING
    return FIRST_WARNING if buffer_ppb <= FIRST_WARNING_PPB else NO_WARNING
