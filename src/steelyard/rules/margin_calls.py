"""What a margin call asks for and when it is not waited for. Numbers in, numbers out."""
from ..kernel import kernel, multiply_divide_up
from ..units import PPB


@kernel
def close_out_requirement(maintenance_atoms, close_out_ppb):
    """Equity at or below which a group under a call is closed out at once: a share of its maintenance, up.  CALL-002"""
    return multiply_divide_up(maintenance_atoms, close_out_ppb, PPB)


@kernel
def call_requirement(maintenance_atoms, initial_atoms, call_initial_ppb):
    """What a position must be covered with lest its wallet is called: its maintenance or, where that is more, a share
    of its initial margin, up.  CALL-004

    >>> call_requirement(400, 1_000, 800_000_000)
    800
    """
    return max(maintenance_atoms, multiply_divide_up(initial_atoms, call_initial_ppb, PPB))


@kernel
def due_atoms(available_atoms):
    """What a call asks for: as much as brings equity to initial margin; at least an atom.  CALL-001"""
    return max(1, -available_atoms)
