"""FEES: what a fill costs or pays. Vectors: venue study, section 9."""
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.units import PPB


@pytest.mark.parametrize("name, value, rate, expected", [
    ("B01 taker with a tenth off", 39_260_000, 675_000, 26_500),     # 26,500.5 rounds down
    ("B04 maker rebate", 756_060, -250_000, -189),                   # 189.015
    ("B27 rebate of the entry", 885 * 13_701, -250_000, -3_031),
    ("B27 rebate of the exit", 885 * 15_070, -250_000, -3_334),
    ("B27 entry, whole trade", 12_124_949, -250_000, -3_031),        # the poster's rounding gives the same rebates
    ("B27 exit, whole trade", 13_337_352, -250_000, -3_334),
    ("B02 taker", 26_459, 750_000, 19),                              # 19.84
    ("free", 26_459, 0, 0),
    ("nothing traded", 0, 750_000, 0),
    ("less than an atom", 1_333, 750_000, 0),
    ("one atom", 1_334, 750_000, 1),
    ("less than an atom back", 3_999, -250_000, 0),
])
def test_FEES_001_published_fees(form, name, value, rate, expected):
    """FEES-001 B01 B04 B27 Value x rate, toward zero: a fee is not rounded up, a rebate is not either."""
    assert form.fees.fee(value, rate) == expected


@settings(max_examples=400, deadline=None)
@given(value=st.integers(0, 1 << 58), rate=st.integers(-PPB, PPB))
def test_FEES_001_toward_zero_at_any_size(plain, value, rate):
    """FEES-001 The integer part of the exact product, both signs, at the stated bounds."""
    assert plain.fees.fee(value, rate) == int(Fraction(value * rate, PPB))


@settings(max_examples=200, deadline=None)
@given(value=st.integers(0, 1 << 50), maker=st.integers(-1_000_000, 1_000_000), taker=st.integers(0, 5_000_000))
def test_FEES_003_the_venue_never_pays_more_rebate_than_it_takes_by_rate(plain, value, maker, taker):
    """FEES-003 Where taker >= rebate in rate, taker fee + maker fee >= 0 in atoms: rounding opens no pump."""
    if maker + taker >= 0:
        assert plain.fees.fee(value, taker) + plain.fees.fee(value, maker) >= 0


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.integers(0, 10**9), min_size=1, max_size=8), rate=st.integers(0, 5_000_000))
def test_FEES_004_splitting_a_fill_saves_less_than_an_atom_per_fill(plain, parts, rate):
    """FEES-004 The fee of the parts is at most that of the whole, and short of it by less than one atom per part."""
    whole, split = plain.fees.fee(sum(parts), rate), sum(plain.fees.fee(part, rate) for part in parts)
    assert 0 <= whole - split < len(parts)
