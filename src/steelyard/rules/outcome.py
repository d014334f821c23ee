"""What closing a position at a price leaves: proceeds, fees, funding. Numbers in, numbers out."""
from ..kernel import add, kernel, multiply
from .contract import unit_value
from .fees import fee


@kernel
def closing_fee(terms, size_lots, units, rate_ppb):
    """Fee of closing the whole position at ``units``, at a fee rate; negative for a rebate.  FEES-001"""
    return fee(abs(multiply(size_lots, unit_value(terms, units))), rate_ppb)


@kernel
def closing_result(terms, position, units, rate_ppb):
    """Profit (> 0) or loss of closing the whole position at ``units``, less the fee of closing.  VALU-004, FEES-001

    Signed size and entry value are the position's; fees paid before and funding are not in it.
    """
    proceeds = multiply(position.size_lots, unit_value(terms, units))
    return add(proceeds, -position.entry_value_atoms) - fee(abs(proceeds), rate_ppb)
