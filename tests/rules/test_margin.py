"""MARG: rates by tier, initial and maintenance margin, fee reserve, open orders. Vectors: venue study, section 9."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.units import PPB

PER_CENT = 10_000_000
TAKER = 750_000
XBT = 100_000_000


def ceil_rate(value, rate_ppb):
    """ceil(value x rate), in plain Python."""
    return -(-value * rate_ppb // PPB)


def flat(form, initial_ppb, maintenance_ppb, **terms):
    """An instrument with a single tier."""
    defaults = {"taker_fee_ppb": TAKER, "close_fee_reserve": 1}
    return form.instrument([(1 << 60, initial_ppb, maintenance_ppb)], **defaults | terms)


# ---------------------------------------------------------------- tiers
@pytest.mark.parametrize("name, value_xbt, tier, maintenance, initial", [
    ("up to the base limit", 200, 0, 5_000_000, 10_000_000),
    ("B17 position alone", 180, 0, 5_000_000, 10_000_000),
    ("B17 with its order", 180 + 50, 1, 10_000_000, 15_000_000),
    ("exactly one step", 350, 1, 10_000_000, 15_000_000),
    ("two steps", 500, 2, 15_000_000, 20_000_000),
    ("three steps", 501, 3, 20_000_000, 25_000_000),
    ("beyond the last tier", 10_000, 3, 20_000_000, 25_000_000),
])
def test_MARG_001_B17_risk_limits(form, risk_limits, name, value_xbt, tier, maintenance, initial):
    """MARG-001 B17 XBTUSD 200/150: caps belong to the tier below; the last tier holds everything larger."""
    instrument = form.instrument(risk_limits.tiers(200 * XBT, 150 * XBT, 10_000_000, 5_000_000))
    assert form.margin.tier_of(instrument, value_xbt * XBT) == tier
    assert form.margin.initial_rate(instrument, tier, 1, 0) == initial
    assert instrument.tiers[tier].maintenance_ppb == maintenance


def test_MARG_001_one_atom_over_the_cap_is_the_next_tier(form, risk_limits):
    """MARG-001 The cap is inclusive."""
    instrument = form.instrument(risk_limits.tiers(200 * XBT, 150 * XBT, 10_000_000, 5_000_000))
    assert form.margin.tier_of(instrument, 200 * XBT) == 0
    assert form.margin.tier_of(instrument, 200 * XBT + 1) == 1


def test_MARG_004_B17_maintenance_of_the_position(form, risk_limits):
    """MARG-004 B17 180 XBT alone needs 0.90 XBT; an order of 50 XBT lifts the rate of the whole to 1 %."""
    instrument = form.instrument(risk_limits.tiers(200 * XBT, 150 * XBT, 10_000_000, 5_000_000))
    position = form.position(size_lots=1, open_buy_lots=1, open_buy_value_atoms=50 * XBT)
    tier = form.margin.tier_of(instrument, form.margin.exposure_value(position, 180 * XBT))
    assert form.margin.maintenance_margin(instrument, 0, 180 * XBT, 1) == 90_000_000
    assert tier == 1
    assert form.margin.maintenance_margin(instrument, tier, 180 * XBT, 1) == 180_000_000


def test_MARG_001_B18_old_tiers(form, risk_limits):
    """MARG-001 B18 Base 100, step 50, IM 2 %, MM 0.5 %: 80 + 50 XBT is one step up, 1 % and 2.5 %."""
    instrument = form.instrument(risk_limits.tiers(100 * XBT, 50 * XBT, 20_000_000, 5_000_000))
    position = form.position(size_lots=1, open_buy_lots=1, open_buy_value_atoms=50 * XBT)
    exposure = form.margin.exposure_value(position, 80 * XBT)
    assert exposure == 130 * XBT
    tier = form.margin.tier_of(instrument, exposure)
    assert (tier, instrument.tiers[tier].maintenance_ppb) == (1, 10_000_000)
    assert form.margin.initial_rate(instrument, tier, 1, 0) == 25_000_000


@pytest.mark.parametrize("name, size, buys, sells, expected", [
    ("flat", 0, (0, 0), (0, 0), 0),
    ("B05 long and a bid", 1, (1, 14_100), (0, 0), 14_014 + 14_100),
    ("long and an offer that only closes", 10, (0, 0), (10, 5_000), 14_014),
    ("long and an offer beyond it", 10, (0, 0), (15, 150_000), 50_000),
    ("short and an offer", -3, (0, 0), (2, 500), 14_514),
    ("short and a bid beyond it", -3, (4, 400_000), (0, 0), 100_000),
    ("no position, both sides", 0, (4, 400), (5, 900), 900),
])
def test_MARG_001_exposure_takes_the_worse_side(form, name, size, buys, sells, expected):
    """MARG-001 Position plus orders on its own side, or what opposite orders would leave: B05 riskValue is 28,114."""
    value = 14_014 if size else 0
    position = form.position(size_lots=size, open_buy_lots=buys[0], open_buy_value_atoms=buys[1],
                             open_sell_lots=sells[0], open_sell_value_atoms=sells[1])
    assert form.margin.exposure_value(position, value) == expected


def test_MARG_001_B23_caps_that_follow_from_the_rates(form, risk_limits):
    """MARG-001 B23 0.75 x (IM - MM) and 0.75 x MM of the first tier are both 0.375 %, 1.125 % a day at three a day."""
    instrument = form.instrument(risk_limits.tiers(200 * XBT, 150 * XBT, 10_000_000, 5_000_000))
    tier = form.margin.tier_of(instrument, 0)
    initial, maintenance = form.margin.initial_rate(instrument, tier, 0, 0), instrument.tiers[tier].maintenance_ppb
    assert (initial - maintenance) * 3 // 4 == 3_750_000
    assert maintenance * 3 // 4 == 3_750_000
    assert 3 * 3_750_000 == 11_250_000


# ---------------------------------------------------------------- initial margin and reserve
# id, initial ppb, chosen rate ppb, value, posInit, posComm
POSITION_VECTORS = [
    ("B01 3x isolated", 10_000_000, 333_333_334, 39_260_000, 13_086_667, 39_261),
    ("B02 1x isolated", 10_000_000, 1_000_000_000, 26_459, 26_459, 40),
    ("B04 100x cross", 10_000_000, 0, 756_060, 7_561, 573),
    ("B05 100x cross", 10_000_000, 0, 14_025, 141, 11),
]


@pytest.mark.parametrize("name, rate, chosen, value, initial, reserve", POSITION_VECTORS)
def test_MARG_003_MARG_005_published_positions(form, name, rate, chosen, value, initial, reserve):
    """MARG-003 MARG-005 posInit = ceil(cost / leverage), posComm = ceil(taker x (cost + posInit))."""
    instrument = flat(form, rate, 5_000_000)
    position = form.position(size_lots=1, leverage_rate_ppb=chosen)
    assert form.margin.initial_margin(instrument, 0, value, position) == initial
    assert form.margin.close_fee_reserve(instrument.terms, value, initial) == reserve


@pytest.mark.parametrize("name, maintenance, funding, value, reserve, expected", [
    ("B01", 10_000_000, 100_000, 39_260_000, 39_261, 435_787),
    ("B02", 5_000_000, 0, 26_459, 40, 173),
    ("B08 no reserve", 5_000_000, 100_000, 8_639_330, 0, 44_061),
    ("B09a less its reserve", 3_500_000, 0, 912_269, 0, 3_193),
    ("rounded once", 5_000_000, 100_000, 100, 0, 1),
])
def test_MARG_004_published_maintenance(form, name, maintenance, funding, value, reserve, expected):
    """MARG-004 ceil((MM + funding) x value), then the reserve: one rounding for both rates."""
    instrument = flat(form, 2 * maintenance, maintenance)
    found = form.margin.maintenance_margin_with_funding(instrument, 0, value, 1, funding)
    assert found + reserve == expected
    if funding == 0:
        assert form.margin.maintenance_margin(instrument, 0, value, 1) == found


def test_MARG_002_the_larger_of_schedule_and_choice(form):
    """MARG-002 Chosen leverage raises the rate, never lowers it; 0 takes the schedule's."""
    instrument = flat(form, 10_000_000, 5_000_000)
    for chosen, expected in ((0, 10_000_000), (5_000_000, 10_000_000), (50_000_000, 50_000_000), (PPB, PPB)):
        assert form.margin.initial_rate(instrument, 0, 1, chosen) == expected


def test_MARG_002_linear_rates_grow_with_size(form):
    """MARG-002 MARG-004 2 % + 5 ppb per lot and 1 % + 5 ppb per lot, whatever the sign of the size."""
    instrument = form.instrument(rate_method=form.codes.RATES_LINEAR, linear_initial_ppb=20_000_000,
                                 linear_maintenance_ppb=10_000_000, linear_slope_ppb_per_lot=5)
    for size in (1_000_000, -1_000_000):
        position = form.position(size_lots=size)
        assert form.margin.initial_rate(instrument, 0, size, 0) == 25_000_000
        assert form.margin.initial_margin(instrument, 0, 1_000_000, position) == 25_000
        assert form.margin.maintenance_margin(instrument, 0, 1_000_000, size) == 15_000


def marginal(form):
    """Slices of 1,000 / 4,000 / rest at 1, 2 and 5 %; deductions make the whole-value line meet the slices."""
    tiers = [(1_000_000, PER_CENT, PER_CENT // 2, 0, 0), (5_000_000, 2 * PER_CENT, PER_CENT, 10_000, 5_000),
             (1 << 60, 5 * PER_CENT, 3 * PER_CENT, 160_000, 105_000)]
    return form.instrument(tiers, rate_method=form.codes.RATES_STEPS_MARGINAL)


@pytest.mark.parametrize("value, initial, maintenance", [
    (1_000_000, 10_000, 5_000), (1_000_001, 10_001, 5_001), (5_000_000, 90_000, 45_000), (6_000_000, 140_000, 75_000)])
def test_MARG_003_marginal_steps_charge_each_slice_its_own_rate(form, value, initial, maintenance):
    """MARG-003 MARG-004 rate x value - deduction, continuous at each cap; the tier asked for does not matter."""
    instrument, position = marginal(form), form.position(size_lots=1)
    for tier in (0, 2):
        assert form.margin.initial_margin(instrument, tier, value, position) == initial
        assert form.margin.maintenance_margin(instrument, tier, value, 1) == maintenance


def by_slices(value, column):
    """The marginal schedule summed slice by slice: the twin of rate and deduction."""
    total, low = 0, 0
    for cap, rate in ((1_000_000, (1, 0.5)[column]), (5_000_000, (2, 1)[column]), (1 << 60, (5, 3)[column])):
        total += max(0, min(value, cap) - low) * int(rate * PER_CENT)
        low = cap
    return -(-total // PPB)


@settings(max_examples=200, deadline=None)
@given(value=st.one_of(st.integers(0, 10_000_000), st.sampled_from([999_999, 1_000_000, 1_000_001, 5_000_001])))
def test_MARG_003_marginal_steps_equal_the_sum_of_slices(plain, value):
    """MARG-003 MARG-004 The closed form against the sum over slices."""
    instrument, position = marginal(plain), plain.position(size_lots=1)
    assert plain.margin.initial_margin(instrument, 0, value, position) == by_slices(value, 0)
    assert plain.margin.maintenance_margin(instrument, 0, value, 1) == by_slices(value, 1)


def test_MARG_005_no_reserve_without_a_taker_fee_or_where_the_profile_holds_none(form):
    """MARG-005 A rebate is not reserved, and a profile may hold nothing."""
    reserve = form.margin.close_fee_reserve
    assert reserve(form.terms(taker_fee_ppb=TAKER, close_fee_reserve=1), 26_459, 26_459) == 40
    assert reserve(form.terms(taker_fee_ppb=TAKER, close_fee_reserve=0), 26_459, 26_459) == 0
    assert reserve(form.terms(taker_fee_ppb=0, close_fee_reserve=1), 26_459, 26_459) == 0
    assert reserve(form.terms(taker_fee_ppb=-250_000, close_fee_reserve=1), 26_459, 26_459) == 0


@settings(max_examples=300, deadline=None)
@given(value=st.integers(0, 1 << 58), rate=st.integers(0, PPB), chosen=st.integers(0, PPB))
def test_MARG_003_margins_round_up_by_less_than_one_atom(plain, value, rate, chosen):
    """MARG-003 MARG-004 Exact ceilings at the stated bounds, against unbounded integers."""
    instrument = flat(plain, rate, rate)
    position = plain.position(size_lots=1, leverage_rate_ppb=chosen)
    assert plain.margin.initial_margin(instrument, 0, value, position) == ceil_rate(value, max(rate, chosen))
    assert plain.margin.maintenance_margin(instrument, 0, value, 1) == ceil_rate(value, rate)


# ---------------------------------------------------------------- open orders
@pytest.mark.parametrize("name, value, rate, expected", [
    ("B05 bid of 1 at 7,092", 14_100, 10_000_000, 163),
    ("B06 excess of 1 at 3,779.5, 1x", 26_459, PPB, 26_519),
    ("nothing", 0, PPB, 0),
])
def test_MARG_008_order_margin(form, name, value, rate, expected):
    """MARG-008 B05 B06 ceil(value x IM) + ceil(value x taker) + ceil((value + value x IM) x taker)."""
    assert form.margin.order_margin(flat(form, 10_000_000, 5_000_000), value, rate) == expected


def test_MARG_006_B06_only_the_excess_over_the_position_is_charged(form):
    """MARG-006 B06 Short 6, bid 7 worth 185,213: grossOpenCost is the value of one, initMargin 26,519."""
    instrument = flat(form, 10_000_000, 5_000_000)
    position = form.position(size_lots=-6, open_buy_lots=7, open_buy_value_atoms=185_213)
    value = form.margin.order_excess_value(instrument.terms, position)
    assert value == 26_459
    assert form.margin.order_margin(instrument, value, PPB) == 26_519


def test_MARG_007_B19_bids_net_of_offers(form):
    """MARG-007 B19 Bid 20 at 100 and offer 15 at 150: margin on 5 bids and 15 offers."""
    position = form.position(open_buy_lots=20, open_buy_value_atoms=2_000,
                             open_sell_lots=15, open_sell_value_atoms=2_250)
    codes, charged = form.codes, form.margin.order_excess_value
    assert charged(form.terms(order_margin_method=codes.ORDER_MARGIN_BIDS_NET_OF_OFFERS), position) == 500 + 2_250
    assert charged(form.terms(order_margin_method=codes.ORDER_MARGIN_WORSE_SIDE), position) == 2_250
    assert charged(form.terms(order_margin_method=codes.ORDER_MARGIN_BOTH_SIDES), position) == 4_250


@pytest.mark.parametrize("size, buys, sells, worse, net, both", [
    (0, 0, 0, 0, 0, 0),
    (10, 3, 0, 300, 300, 300),          # adds
    (10, 0, 10, 0, 0, 0),               # only closes
    (10, 0, 12, 240, 240, 240),         # two beyond
    (10, 3, 12, 300, 340, 540),         # 3 bids, 2 offers beyond: 1 bid net
    (-10, 12, 3, 360, 360, 560),        # mirrored: 2 bids beyond, none left after 3 offers
    (-10, 15, 3, 500, 560, 860),        # 5 bids beyond, 2 after 3 offers
])
def test_MARG_007_methods_around_a_position(form, size, buys, sells, worse, net, both):
    """MARG-007 Bids at 100, offers at 120 a lot, around a long, a short and nothing."""
    position = form.position(size_lots=size, open_buy_lots=buys, open_buy_value_atoms=100 * buys,
                             open_sell_lots=sells, open_sell_value_atoms=120 * sells)
    for method, expected in (("WORSE_SIDE", worse), ("BIDS_NET_OF_OFFERS", net), ("BOTH_SIDES", both)):
        terms = form.terms(order_margin_method=getattr(form.codes, f"ORDER_MARGIN_{method}"))
        assert form.margin.order_excess_value(terms, position) == expected, method


@settings(max_examples=300, deadline=None)
@given(size=st.integers(-50, 50), buys=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 99)), max_size=6),
       sells=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 99)), max_size=6))
def test_MARG_007_no_method_charges_twice_and_reducing_is_free(plain, size, buys, sells):
    """MARG-007 No method charges more than both sides in full; orders that can only reduce cost nothing."""
    position = plain.position(size_lots=size, open_buy_lots=sum(q for q, _ in buys),
                              open_sell_lots=sum(q for q, _ in sells),
                              open_buy_value_atoms=sum(q * v for q, v in buys),
                              open_sell_value_atoms=sum(q * v for q, v in sells))
    worse, net, both = (plain.margin.order_excess_value(plain.terms(order_margin_method=m), position) for m in range(3))
    assert 0 <= worse <= both and 0 <= net <= both
    if position.open_buy_lots <= max(0, -size) and position.open_sell_lots <= max(0, size):
        assert (worse, net, both) == (0, 0, 0)
    if size == 0:
        assert both == position.open_buy_value_atoms + position.open_sell_value_atoms


# ---------------------------------------------------------------- shares
@settings(max_examples=500, deadline=None)
@given(total=st.integers(-(1 << 58), 1 << 58), data=st.data(),
       whole=st.one_of(st.integers(1, 1 << 20), st.integers(1 << 31, (1 << 41) - 1)))
def test_VALU_007_shares_are_exact_at_any_size(plain, total, data, whole):
    """VALU-007 floor and ceil of total x part / whole against unbounded integers, lots up to 2**41."""
    part = data.draw(st.one_of(st.sampled_from([0, 1, whole // 2, whole - 1, whole]), st.integers(0, whole)))
    assert plain.contract.share_down(total, part, whole) == total * part // whole
    assert plain.contract.share_up(total, part, whole) == -(-total * part // whole)


def test_VALU_007_shares_fit_the_machine(form):
    """VALU-007 The same in machine words at the bounds: no product passes 64 bits."""
    for total in (-(1 << 58), -1, 0, 1, 1 << 58):
        for whole in (3, (1 << 31) - 1, 1 << 31, (1 << 41) - 1):
            for part in (0, 1, whole // 3, whole - 1, whole):
                assert form.contract.share_down(total, part, whole) == total * part // whole
                assert form.contract.share_up(total, part, whole) == -(-total * part // whole)


@pytest.mark.parametrize("interest, lower, upper, value, expected", [
    (1_234_567, 1_000_000, 2_000_000, 0, 0), (28_123_456_789_123, 25 * 10**12, 60 * 10**12, 500_000, 135_697)])
def test_MARG_019_M7_rates_rise_with_open_interest(form, interest, lower, upper, value, expected):
    """MARG-019 M7 Base 20 %: 387,653 ppm of 1,234,567 in 1 to 2 million; 135,697 of 500,000."""
    rate = form.margin.scaled_by_interest(200_000_000, interest, lower, upper)
    if interest == 1_234_567:
        assert rate // 1_000 == 387_653
    else:
        assert ceil_rate(value, rate) == expected
    assert form.margin.scaled_by_interest(200_000_000, lower, lower, upper) == 200_000_000
    assert form.margin.scaled_by_interest(200_000_000, upper + 1, lower, upper) == PPB
