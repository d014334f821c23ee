"""VALU: what a lot is worth, and the prices at which it is worth that much. Vectors: shared venue study, section 9."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.units import UnitError, to_steps

# id, contracts per lot, contracts, price in hundredths of a dollar, satoshi
INVERSE_VECTORS = [
    ("B10a", 1, 2_000, 690650, 28_958_000),
    ("B10b", 1, 1_000, 690600, 14_480_000),
    ("B10c", 1, 15_000, 937800, 159_945_000),
    ("B10d", 1, 37_412, 952150, 392_938_236),
    ("B10e", 1, 1, 113437, 88_155),
    ("B10f", 100, 100, 9857090, 101_450),
    ("B10h", 100, 411_647_400, 9784976, 420_691_293_378),
    ("B10i", 100, 157_964_500, 7706962, 204_963_677_685),
    ("B25 at 50,000", 1, 1, 5_000_000, 2_000),
    ("B25 at 50,000.5", 1, 1, 5_000_050, 2_000),
    ("B02 cost", 1, 1, 377950, 26_459),
    ("B02 mark value", 1, 1, 375412, 26_637),
    ("B04 cost", 1, 30, 396800, 756_060),
    ("B04 mark value", 1, 30, 396482, 756_660),
    ("B05 order cost", 1, 1, 709200, 14_100),
    ("B05 cost", 1, 1, 713000, 14_025),
    ("B05 mark value", 1, 1, 713579, 14_014),
]
IDS = [vector[0] for vector in INVERSE_VECTORS]


@pytest.mark.parametrize("name, per_lot, contracts, units, satoshi", INVERSE_VECTORS, ids=IDS)
def test_VALU_002_inverse_value_of_published_trades(form, name, per_lot, contracts, units, satoshi):
    """VALU-002 A long's value is negative; each lot is rounded half up on its own."""
    lots, rest = divmod(contracts, per_lot)
    assert rest == 0
    assert lots * form.contract.unit_value(form.inverse(per_lot), units) == -satoshi


# id, atoms per lot and mark unit, lots, mark units, atoms
LINEAR_VECTORS = [
    ("B01 cost", 10, 2, 1_963_000, 39_260_000),             # ETHUSDT, lot of 1,000 contracts, units of 0.001
    ("B01 mark value", 10, 2, 1_964_195, 39_283_900),
    ("B08 cost", 1, 1, 8_639_330, 8_639_330),               # XBTUSDT, lot of 100 contracts, units of 0.01
    ("B08 mark value", 1, 1, 8_863_692, 8_863_692),
    ("quanto ETHUSD", 5, 10, 4_000, 200_000),               # 100 satoshi per dollar, units of 0.05: 10 x 200 x 100
]


@pytest.mark.parametrize("name, per_unit, lots, units, atoms", LINEAR_VECTORS, ids=[v[0] for v in LINEAR_VECTORS])
def test_VALU_001_linear_value_of_published_positions(form, name, per_unit, lots, units, atoms):
    """VALU-001 Linear and quanto values are exact: nothing is rounded."""
    assert lots * form.contract.unit_value(form.linear(per_unit), units) == atoms


def test_VALU_002_B25_the_lot_of_100_tells_the_two_prices_apart(form):
    """VALU-002 B25 At lot 1 both prices were worth 2,000 satoshi; that is why the lot became 100."""
    value = form.contract.unit_value
    assert value(form.inverse(100), 5_000_000) == -200_000
    assert value(form.inverse(100), 5_000_050) == -199_998


def test_VALU_002_parts_per_lot_round_inside_the_lot(form):
    """VALU-002 A lot of 100 contracts that still rounds each contract has 100 parts: the other reading of the flag."""
    terms = form.inverse(1)
    terms.inverse_parts_per_lot = 100
    assert form.contract.unit_value(terms, 5_000_050) == -200_000


def test_VALU_005_B01_B02_B04_profit_is_value_less_entry(form):
    """VALU-005 Unrealized profit = size x unit value at mark - entry value, for both kinds and both sides."""
    value, linear, inverse = form.contract.unit_value, form.linear(10), form.inverse(1)
    assert 2 * value(linear, 1_964_195) - 2 * value(linear, 1_963_000) == 23_900
    assert value(inverse, 375412) - value(inverse, 377950) == -178
    assert -30 * value(inverse, 396482) + 30 * value(inverse, 396800) == 600


def test_VALU_005_B27_a_published_loss_was_rounded_per_trade(form):
    """VALU-005 B27 disagrees: the poster's loss of 1,212,403 satoshi rounds the whole trade once.

    The venue rounds each contract: 885 x (15,070 - 13,701) = 1,211,565. Our engine gives the venue's figure. The two
    rebates in the same post, 3,031 and 3,334, come out alike either way and are asserted in test_fees.
    """
    value, terms = form.contract.unit_value, form.inverse(1)
    assert 885 * (value(terms, 663550) - value(terms, 729900)) == -1_211_565
    whole = [(885 * 10**10 * 2 + units) // (2 * units) for units in (663550, 729900)]
    assert whole[0] - whole[1] == 1_212_403


def test_VALU_008_B24_odd_lots_are_refused_with_the_nearest_whole_ones():
    """VALU-008 B24 The engine counts lots, so 2,135 and 99 contracts cannot enter; the lower ones are 2,100 and 0."""
    for contracts, below, above in (("2135", "2100", "2200"), ("99", "0", "100")):
        with pytest.raises(UnitError, match=f"nearest are {below} and {above}"):
            to_steps(contracts, "100", "size")
    assert to_steps("2100", "100", "size") == 21


def test_VALU_006_order_prices_become_mark_units(form):
    """VALU-006 A tick of 0.5 on a grid of 0.01 is 50 mark units."""
    assert form.contract.price_units(form.terms(mark_units_per_tick=50), 14_600) == 730_000


def lowest_by_search(form, terms, value_atoms, units_max):
    """VALU-003 by trying every price: the twin of the closed form."""
    for units in range(1, units_max):
        if form.contract.unit_value(terms, units) >= value_atoms:
            return units
    return None


@settings(max_examples=150, deadline=None)
@given(numerator=st.integers(1, 3_000), parts=st.integers(1, 7), value=st.integers(-20_000, 5))
def test_VALU_003_inverse_of_an_inverse_contract_by_brute_force(plain, numerator, parts, value):
    """VALU-003 Lowest price worth at least, highest worth at most, against trying every price that matters."""
    terms = plain.terms(kind=plain.codes.INVERSE, lot_value_numerator=numerator, inverse_parts_per_lot=parts)
    units_max = 2 * numerator + 3
    lowest = lowest_by_search(plain, terms, value, units_max)
    found = plain.contract.units_worth_at_least(terms, value)
    assert found == (plain.contract.UNITS_BEYOND if lowest is None else lowest)
    worth_at_most = [u for u in range(1, units_max) if plain.contract.unit_value(terms, u) <= value]
    highest = plain.contract.units_worth_at_most(terms, value)
    if value >= 0:
        assert highest == plain.contract.UNITS_BEYOND - 1
    else:
        assert highest == max(worth_at_most, default=0)


@settings(max_examples=150, deadline=None)
@given(numerator=st.integers(1, 50), value=st.integers(-200, 5_000))
def test_VALU_003_inverse_of_a_linear_contract_by_brute_force(plain, numerator, value):
    """VALU-003 The same for a linear contract, where price zero counts as worth nothing."""
    terms = plain.linear(numerator)
    expected = next(u for u in range(0, 5_001) if numerator * u >= value)
    assert plain.contract.units_worth_at_least(terms, value) == expected
    assert plain.contract.units_worth_at_most(terms, value) == max(
        (u for u in range(0, 5_002) if numerator * u <= value), default=0)


UNITS = st.one_of(st.integers(1, 1 << 14), st.integers(1, (1 << 40) - 2))


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(("LINEAR", "INVERSE")), numerator=st.integers(1, 10**14), parts=st.integers(1, 100),
       units=UNITS, shift=st.integers(-3, 3))
def test_VALU_003_the_boundary_is_sharp_at_any_size(plain, kind, numerator, parts, units, shift):
    """VALU-003 One unit lower falls short, one unit higher is too much, at the stated bounds of price and value."""
    rules = plain.contract
    terms = plain.terms(kind=getattr(plain.codes, kind), lot_value_numerator=numerator if kind == "INVERSE" else
                        min(numerator, 1 << 18), inverse_parts_per_lot=parts)
    value = rules.unit_value(terms, units) + shift
    low, high = rules.units_worth_at_least(terms, value), rules.units_worth_at_most(terms, value)
    if low < rules.UNITS_BEYOND and low > 0:
        assert rules.unit_value(terms, low) >= value
    if low > 1:
        assert rules.unit_value(terms, low - 1) < value
    if high > 0:
        assert rules.unit_value(terms, high) <= value
    if high < rules.UNITS_BEYOND - 1:
        assert rules.unit_value(terms, high + 1) > value


def test_VALU_003_both_forms_answer_alike(form, plain):
    """VALU-003 Compiled and plain agree on a grid of values and at the edges of the price range."""
    rows = [dict(kind=1, lot_value_numerator=7), dict(kind=2, lot_value_numerator=10**12, inverse_parts_per_lot=1),
            dict(kind=2, lot_value_numerator=10**10, inverse_parts_per_lot=100)]
    for row in rows:
        for value in (-10**15, -200_001, -200_000, -101, -100, -99, -1, 0, 1, 6, 7, 8, 10**15):
            for rule in ("units_worth_at_least", "units_worth_at_most"):
                assert getattr(form.contract, rule)(form.terms(**row), value) == getattr(plain.contract, rule)(
                    plain.terms(**row), value)


@settings(max_examples=200, deadline=None)
@given(numerator=st.integers(1, 10**12), parts=st.integers(1, 100), a=UNITS, b=UNITS)
def test_VALU_002_value_never_falls_as_price_rises(plain, numerator, parts, a, b):
    """VALU-002 A long is never worth less at a higher price, rounding included: bands rest on this."""
    terms = plain.terms(kind=plain.codes.INVERSE, lot_value_numerator=numerator, inverse_parts_per_lot=parts)
    low, high = min(a, b), max(a, b)
    assert plain.contract.unit_value(terms, low) <= plain.contract.unit_value(terms, high)
