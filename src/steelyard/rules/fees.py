"""What a fill costs."""
from ..kernel import kernel, multiply_divide_down
from ..units import PPB


@kernel
def fee(value_atoms, rate_ppb):
    """Fee in atoms on a fill worth ``value_atoms`` >= 0; negative for a rebate.  FEES-001

    Rounds toward zero: a fee down, a rebate down (B01: 26,500; B04: -189).
    """
    if rate_ppb < 0:
        return -multiply_divide_down(value_atoms, -rate_ppb, PPB)
    return multiply_divide_down(value_atoms, rate_ppb, PPB)
