"""What closing a part of a position takes with it and leaves: the arithmetic of reducing, for whoever plans it. Numbers
in, numbers out."""
from ..kernel import add, kernel, multiply
from .contract import share_down, unit_value
from .fees import fee


@kernel
def entry_share(entry_value_atoms, lots, left_lots):
    """The entry value that goes with ``lots`` of ``left_lots``: its share, rounded down; the last part takes the rest.
    VALU-004

    >>> entry_share(100, 1, 3), entry_share(-100, 1, 3), entry_share(34, 1, 1)
    (33, -34, 34)
    """
    if lots == left_lots:
        return entry_value_atoms
    return share_down(entry_value_atoms, lots, left_lots)


@kernel
def part_result(terms, share_atoms, signed_lots, units, rate_ppb):
    """Profit (> 0) or loss of closing ``signed_lots`` of a position (its own sign) at a price, less the fee of that
    fill; ``share_atoms`` is the entry value that goes with them.  VALU-004, FEES-001"""
    proceeds = multiply(signed_lots, unit_value(terms, units))
    return add(proceeds, -share_atoms) - fee(abs(proceeds), rate_ppb)
