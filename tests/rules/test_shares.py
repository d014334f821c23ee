"""Products divided: exact for every factor whose result fits, against unbounded integers."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.kernel import load_plain
from steelyard.units import PPB

kernel = load_plain("kernel")
ATOMS = st.integers(-(1 << 60), 1 << 60)


@given(ATOMS, st.integers(0, 1 << 40))
def test_a_share_in_ppb_is_exact_or_refused(atoms, rate_ppb):
    """VALU-007: rates far above one too, which a rising schedule reaches in front of large orders."""
    down, up = atoms * rate_ppb // PPB, -(-atoms * rate_ppb // PPB)
    if abs(atoms * rate_ppb) < (PPB << 62):
        assert kernel.multiply_divide_down(atoms, rate_ppb, PPB) == down
        assert kernel.multiply_divide_up(atoms, rate_ppb, PPB) == up
    elif not -(1 << 63) <= down < 1 << 63:
        with pytest.raises(OverflowError):
            kernel.multiply_divide_down(atoms, rate_ppb, PPB)


def test_1350_percent_of_1854():
    """VALU-007: found by random commands: 1,854 x 13.509212858 = 25,046.08..., up 25,047."""
    assert kernel.multiply_divide_up(1_854, 13_509_212_858, PPB) == 25_047
    assert kernel.multiply_divide_down(1_854, 13_509_212_858, PPB) == 25_046
