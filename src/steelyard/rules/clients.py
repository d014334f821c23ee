"""What the class of a client adds to a venue's margin: a multiplier, a floor, a close-out share. Numbers in, numbers
out; everything rounds up."""
from ..kernel import kernel, multiply_divide_up
from ..units import PPB


@kernel
def rate_for_class(schedule_ppb, multiplier_ppb, floor_ppb):
    """Initial margin rate of a class: max(schedule, schedule x multiplier, floor), in ppb, rounded up.  ELIG-003

    ``multiplier_ppb`` and ``floor_ppb`` of 0 add nothing. Source: regulation.md 1 and 6 (1, 2, D1, D2).

    >>> rate_for_class(300_000_000, 1_500_000_000, 500_000_000)
    500000000
    >>> rate_for_class(350_000_000, 1_500_000_000, 500_000_000)
    525000000
    """
    return max(schedule_ppb, multiply_divide_up(schedule_ppb, multiplier_ppb, PPB), floor_ppb)


@kernel
def initial_for_class(schedule_atoms, value_atoms, multiplier_ppb, floor_ppb):
    """Initial margin of a class in atoms: max(schedule, schedule x multiplier, value x floor), rounded up.  ELIG-003

    >>> initial_for_class(4_000, 10_000, 1_500_000_000, 500_000_000)
    6000
    """
    return max(schedule_atoms, multiply_divide_up(schedule_atoms, multiplier_ppb, PPB),
               multiply_divide_up(value_atoms, floor_ppb, PPB))


@kernel
def close_out_margin(maintenance_atoms, initial_atoms, close_out_ppb):
    """What a position must keep: max(maintenance, share of its required initial margin), rounded up.  ELIG-004

    Source: regulation.md 2 (EU and Australia: close-out at half of the required margin).

    >>> close_out_margin(100, 1_000, 500_000_000)
    500
    """
    return max(maintenance_atoms, multiply_divide_up(initial_atoms, close_out_ppb, PPB))


@kernel
def withdrawal_leaves_initial(net_liquidating_atoms, initial_atoms, withdrawal_atoms):
    """Whether a withdrawal leaves at least the initial margin of the account.  ELIG-007

    Source: regulation.md 4 and 6 (CFTC 1.44, D7).

    >>> withdrawal_leaves_initial(10_000, 7_000, 3_500), withdrawal_leaves_initial(10_000, 7_000, 3_000)
    (False, True)
    """
    return net_liquidating_atoms - withdrawal_atoms >= initial_atoms
