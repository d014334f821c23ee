"""Safe bands against the full look at every group: whom a mark can hurt is looked at, nobody else.
docs/spec/bands.md."""
import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_world import ANN, BOB, BUY, CAT, CONTRACT, DAN, EVE, FAY, PPB, SELL, OrderWorld

from steelyard.kernel import load_plain

bands = load_plain("rules.bands")
groups = load_plain("engine.groups")


def band(world, account, instrument=CONTRACT):
    """Band price of an account's position, 0 if it has none."""
    return int(world.position(account, instrument).band_units)


def trader(atoms=1_000, lots=10, **terms):
    """Ann with a position against Bob, who has all the money there is."""
    world = OrderWorld(atoms=0, **terms)
    world.deposit(ann=atoms, bob=10**9, cat=10**9)
    world.hold(ANN, lots, other=BOB)
    return world


def test_the_band_of_the_worked_example():
    """BAND-001 BAND-003 BAND-004: slack 500 over 10 lots: 49 a lot, band 950, and 950 is where she is liquidated."""
    world = trader()
    assert band(world, ANN) == 950
    assert world.story(world.mark(951)) == [] and band(world, ANN) == 950
    assert "LIQUIDATION_STARTED" in world.kinds(world.mark(950))
    assert band(world, ANN) == 0


def test_a_short_is_the_mirror_image():
    """BAND-001 BAND-004"""
    world = trader(lots=-10)
    assert band(world, ANN) == 1_050
    assert world.story(world.mark(1_049)) == []
    assert "LIQUIDATION_STARTED" in world.kinds(world.mark(1_050))


@pytest.mark.parametrize("slack,exposure,rate", [(500, 10_000, 50_000_000), (1, 3, 333_333_333), (10**18, 1, 4 * PPB),
                                                 (0, 5, 0), (1 << 57, 1 << 58, None), (1, 1 << 60, 0)])
def test_the_rate_is_never_too_large(slack, exposure, rate):
    """BAND-002: exact where it fits, else below."""
    got = bands.loss_rate_ppb(slack, exposure)
    assert got * exposure <= slack * PPB or got == 4 * PPB and slack >= 4 * exposure
    assert rate is None or got == rate


@given(st.integers(0, 1 << 60), st.integers(1, 1 << 60))
def test_no_rate_costs_more_than_the_slack(slack, exposure):
    """BAND-002"""
    assert bands.loss_rate_ppb(slack, exposure) * exposure <= slack * PPB


@pytest.mark.parametrize("lots", [10, -10])
@pytest.mark.parametrize("terms", [
    dict(), dict(maintenance_basis=1, initial_basis=1),
    dict(maintenance_basis=1, close_fee_reserve=1, taker_fee_ppb=750_000),
    dict(maintenance_basis=1, tiers=[(11_000, PPB // 10, PPB // 20), (1 << 50, PPB // 5, PPB // 10)]),
    dict(maintenance_basis=1, rate_method=1, tiers=[(9_000, PPB // 10, PPB // 20), (1 << 50, PPB // 5, PPB // 10)]),
    dict(maintenance_basis=1, rate_method=2, linear_initial_ppb=PPB // 10, linear_maintenance_ppb=PPB // 20,
         linear_slope_ppb_per_lot=PPB // 1_000, position_lots_max=9_000, order_lots_max=9_000),
], ids=["entry", "mark", "reserve", "tiers", "marginal", "linear"])
def test_inside_its_band_nobody_is_at_maintenance(lots, terms):
    """BAND-003 BAND-004: brute force over every mark between the present one and the band."""
    world = trader(atoms=3_000, lots=lots, **terms)
    row = world.position(ANN).wallet
    edge, mark = band(world, ANN), 1_000
    step = -1 if lots > 0 else 1
    instrument = world.contract
    assert (edge - mark) * step >= 1
    for units in range(mark, edge, step):
        instrument.mark_price_units = instrument.mark_unit_value_atoms = units
        assert groups.group_equity(world.state, row, 0) > groups.group_maintenance(world.state, row, 0), units


def test_open_orders_bring_the_end_of_a_tier_nearer():
    """BAND-003: short 10 at 1,000 and one more offered at 1,050: the second tier, 10 % instead of 5 %, begins where the
    ten are worth 10,450, not 11,500; at 1,060 equity 1,000 is below 1,060."""
    world = trader(atoms=1_600, lots=-10, maintenance_basis=1, initial_basis=1,
                   tiers=[(11_500, PPB // 10, PPB // 20), (1 << 50, PPB // 5, PPB // 10)])
    world.place(ANN, SELL, 1, price_ticks=1_050)
    assert band(world, ANN) <= 1_047
    assert "LIQUIDATION_STARTED" in world.kinds(world.mark(1_060))


def test_a_band_is_within_half_and_double():
    """BAND-004: whoever has money for any fall is looked at on the way all the same, once per halving."""
    world = trader(atoms=10**9)
    assert band(world, ANN) == 500
    world.mark(500)
    assert band(world, ANN) == 250
    world = trader(atoms=10**9, lots=-10)
    assert band(world, ANN) == 2_000


def test_a_cross_group_shares_its_slack_by_exposure():
    """BAND-005: 200 of slack over exposures 10,000 and 5,000, by rate; both marks may fall together."""
    world = OrderWorld(atoms=0, instruments=2)
    world.deposit(ann=1_050, bob=10**9)
    world.trade(ANN, BOB, 5, 1_000, instrument=1)
    world.trade(ANN, BOB, 5, 1_000, instrument=2)
    slack = 1_050 - 500
    share = 5_000 * bands.loss_rate_ppb(slack, 10_000) // PPB
    assert share == 275
    assert [band(world, ANN, instrument) for instrument in (1, 2)] == [1_000 - 1 - (share - 1) // 5] * 2
    world.mark(946, 1)
    assert "LIQUIDATION_STARTED" not in world.kinds(world.mark(946, 2))
    assert "LIQUIDATION_STARTED" in world.kinds(world.mark(944, 2))


def test_money_in_makes_bands_wider_only_when_they_are_reached():
    """BAND-005: a nearer band is left; cash out makes it nearer at once."""
    world = trader()
    world.deposit(ann=1_000)
    assert band(world, ANN) in (850, 950)
    assert world.story(world.mark(950)) == [] and band(world, ANN) == 850
    world.send("WITHDRAW", account=ANN, asset=1, amount_atoms=100)
    assert band(world, ANN) == 860


moves = st.lists(st.tuples(st.sampled_from([ANN, CAT, DAN, EVE, FAY]), st.sampled_from([BUY, SELL]), st.integers(1, 30),
                           st.integers(-80, 80), st.booleans()), min_size=3, max_size=25)


@settings(max_examples=40, deadline=None)
@given(moves)
def test_the_sweep_never_finds_anybody_the_bands_missed(flow):
    """BAND-001 BAND-006: random trades, modes and marks in two instruments; every group above maintenance at rest."""
    world = OrderWorld(atoms=0, instruments=2, maintenance_basis=1, initial_basis=1)
    world.deposit(ann=2_000, bob=10**9, cat=5_000, dan=1_500, eve=3_000, fay=900)
    mark = [0, 1_000, 1_000]
    for account, side, lots, move, second in flow:
        instrument = 2 if second else 1
        if lots % 7 == 0:
            world.isolate(account, instrument=instrument)
        world.trade(*((account, BOB) if side == BUY else (BOB, account)), lots, mark[instrument], instrument=instrument)
        world.send("CANCEL_ORDERS", account=account)
        world.send("CANCEL_ORDERS", account=BOB)
        mark[instrument] = max(100, mark[instrument] + move)
        world.mark(mark[instrument], instrument)
        for _ in range(50):
            if world.state.liquidation_ring.count == 0 and world.state.moved_ring.count == 0:
                break
            world.advance(int(world.state.now_ns - 1_699_920_000 * 10**9) // 10**9 + 1)
        for row in range(1, int(world.state.positions_pool.high_water) + 1):
            position = world.state.positions[row]
            if position.size_lots == 0 or position.liquidation or world.state.wallets[position.wallet].liquidation:
                continue
            group = (row, 1) if position.isolated else (position.wallet, 0)
            assert groups.group_equity(world.state, *group) > groups.group_maintenance(world.state, *group)


def test_the_sweep_is_there_in_both_forms():
    """BAND-006: the twin is never deleted."""
    for form in (load_plain("engine.sweep"), importlib.import_module("steelyard.engine.sweep")):
        assert callable(form.new_result) and form.SWEEP.names[:2] == ("groups", "short_count")


@pytest.mark.parametrize("lots", [7, -7])
@pytest.mark.parametrize("basis", [0, 1])
def test_a_band_is_kept_exactly_where_a_new_one_would_not_be_nearer(lots, basis):
    """BAND-004: the test without a division says what dividing would, for every slack and every key about the mark."""
    world = trader(atoms=10**9, lots=lots, maintenance_basis=basis)
    position = world.position(ANN)
    for slack in (1, 2, 7, 8, 500, 1_399, 1_400, 1_401, 3_000, 3_500, 10**6):
        new = bands.band_units(world.contract, position, slack)
        for key in range(450, 2_050):
            if lots > 0:
                as_near = new <= key and key >= 500
            else:
                as_near = new >= key and key <= 2_000
            kept = bands.keeps_band(world.contract, position, slack, key)
            assert not kept or as_near, (slack, key)
            if abs(new - 1_000) > 1 and as_near:
                assert kept, (slack, key)
