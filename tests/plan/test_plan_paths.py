"""``ladder``, ``hedge``, ``decay`` and ``survive``: worked examples, the engine, and ways that check each other."""
from __future__ import annotations

import math
import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from plan_world import TRADER, Venue

from steelyard import plan
from steelyard.plan.rebalancing import continuous, token_path
from steelyard.plan.survival import block_error, simulate, touch_probability, window_touches

XBT = dict(venue="bitmex", as_of="2020-03-12", entry="7900", size="10000", leverage="10")
STEPS = [{"price": "8100", "share": "0.25"}, {"price": "8300", "share": "0.25"}, {"price": "8600", "share": "0.5"}]
SHARED = Path(os.environ.get("STEELYARD_SHARED") or Path(__file__).resolve().parents[3] / "shared")
CRASH = SHARED / "data" / "crashes" / "bitmex_xbtusd_1m_2020-03_covid.parquet"


# ---------------------------------------------------------------- ladder
def test_the_ladder_of_the_spec():
    """PLAN-019: the stop follows the targets, and at worst is never less than before."""
    found = plan.ladder(**XBT, stop="7700", steps=STEPS)
    assert [(one.size, one.stop, one.worst) for one in found.rungs] == [
        ("2500", "7900.0", "0.00621580"), ("2500", "8100.0", "0.03739014"), ("5000", None, "0.07389846")]
    assert (found.loss_at_first_stop, found.free_after) == ("-0.03482337", 1)
    worst = [Decimal(found.loss_at_first_stop), *(Decimal(one.worst) for one in found.rungs)]
    assert worst == sorted(worst)


def test_a_trailing_stop_and_a_fixed_one():
    """PLAN-019: the tighter of ladder and trail holds; a fixed stop stays."""
    trailed = plan.ladder(**XBT, stop="7700", steps=STEPS, trail="100")
    assert [one.stop for one in trailed.rungs] == ["8000.0", "8200.0", None]
    fixed = plan.ladder(**XBT, stop="7700", steps=STEPS, ladder="fixed")
    assert [one.stop for one in fixed.rungs] == ["7700.0", "7700.0", None]


def test_equal_steps_end_at_the_target():
    """PLAN-019: for a short downward; lots as equal as can be."""
    found = plan.ladder(**{**XBT, "size": "10"}, side="short", stop="8000", count="3", target="7600")
    assert [(one.price, one.size) for one in found.rungs] == [("7800.0", "3"), ("7700.0", "3"), ("7600.0", "4")]


def test_the_engine_books_the_ladder():
    """PLAN-019, VALU-004: closed part by part on the engine, the wallet ends where the plan says."""
    found = plan.ladder(**{**XBT, "as_of": None, "entry": "60000"}, stop="59000",
                        steps=[{"price": "61000", "share": "0.3"}, {"price": "62000.5", "share": "0.7"}])
    venue = Venue("bitmex")
    instrument = venue.instruments["XBTUSD"]
    per_tick = instrument.terms["mark_units_per_tick"]
    venue.deposit(TRADER, instrument.grid.settlement.id, 1 << 57)
    venue.mark(instrument, instrument.price_ticks("60000") * per_tick)
    venue.settings(instrument, 0, None)
    venue.trade(instrument, 1, instrument.size_lots("10000"), instrument.price_ticks("60000"))
    for one in found.rungs:
        ticks = instrument.price_ticks(one.price)
        venue.mark(instrument, ticks * per_tick)
        venue.trade(instrument, -1, instrument.size_lots(one.size), ticks, maker=True)
        won = venue.balance(instrument.grid.settlement.id) - (1 << 57)
        assert f"{Decimal(won).scaleb(-8):f}" == one.locked_in


@pytest.mark.parametrize(("body", "words"), [
    (dict(stop="8000", steps=STEPS), "stop: 8000 is not on the losing side"),
    (dict(stop="7700"), "steps: are missing; give steps, or count and target"),
    (dict(stop="7700", steps=[{"price": "7800", "share": "1"}]), "steps: 7800.0 is not on the winning side"),
    (dict(stop="7700", steps=[{"price": "8100", "share": "0.7"}] * 2), "steps: close more than the position"),
    (dict(stop="7700", count="0", target="8000"), "count: '0' is not a number of steps"),
    (dict(stop="7700", steps=STEPS, ladder="up"), "ladder: 'up' is not known"),
    (dict(stop="7700", steps=STEPS, trail="0"), "trail: 0 is no distance"),
])
def test_a_ladder_that_cannot_be_read(body, words):
    """PLAN-002."""
    with pytest.raises(plan.PlanError) as refused:
        plan.ladder(**XBT, **body)
    assert str(refused.value).startswith(words)


# ---------------------------------------------------------------- hedge
def test_an_inverse_short_against_the_coin_locks_in_its_value():
    """PLAN-020: 1.5 coins and 12,000 contracts sold at 8,000 are 12,000 dollars less fees at any price it survives."""
    found = plan.hedge(venue="bitmex", as_of="2020-03-12", entry="8000", spot="7900", amount="1.5", leverage="3",
                       days_to_expiry="90")
    assert (found.position.size, found.hedge_ratio, found.basis) == ("12000", "1.000000", "100.00")
    assert found.basis_annualized == f"{Decimal(100) / 7900 * 365 / 90:.6f}"
    standing = [one for one in found.points if not one.liquidated]
    assert len(standing) >= 8
    assert all(abs(Decimal(one.total) - 12_000) < 21 for one in standing)
    assert Decimal(found.rise_survived) == Decimal("0.488894")


def test_a_linear_short_too_and_the_margin_it_needs_is_enough():
    """PLAN-020: what is said to be needed at +50 % keeps the short alive there."""
    asked = dict(venue="example", entry="60000", spot="60000", amount="0.5", leverage="5")
    found = plan.hedge(**asked)
    dead = next(one for one in found.points if one.move == "0.50")
    assert dead.liquidated and Decimal(dead.needs) > 0
    saved = plan.hedge(**asked, add_margin=dead.needs)
    assert not next(one for one in saved.points if one.move == "0.50").liquidated
    standing = {one.total for one in found.points if not one.liquidated}
    assert len(standing) == 1 and standing == {found.locked_value}


def test_a_quanto_contract_is_no_hedge():
    """PLAN-020: refused by name."""
    with pytest.raises(plan.PlanError, match="quanto"):
        plan.hedge(venue="bitmex", symbol="ETHUSD", entry="3000", spot="3000", amount="1")


# ---------------------------------------------------------------- decay
@pytest.mark.parametrize(("multiple", "value"), [(2, 0.5273), (3, 0.1466), (-1, 0.5273), (-2, 0.1466), (-3, 0.0215)])
def test_decay_at_eighty_per_cent_for_a_year(multiple, value):
    """PLAN-021: the recomputed values of Avellaneda and Zhang's formula at a flat price, to four places."""
    assert round(continuous(multiple, 1.0, 0.8, 1.0, 0.0), 4) == value
    found = plan.decay(multiple=str(multiple), volatility="80 %", days="365")
    assert round(float(found.token), 4) == value


@pytest.mark.parametrize(("prices", "change"), [
    ((10_000, 11_000, 10_000), -0.0545), ((10_000, 11_000, 12_100), 0.69), ((10_000, 9_500, 9_000), -0.284),
    ((200, 210, 220), 0.314), ((200, 210, 200), -0.014), ((200, 190, 180), -0.284)])
def test_worked_paths_of_a_threefold_token(prices, change):
    """PLAN-021: the issuer's published examples, to the places they are given in."""
    places = 4 if abs(change) == 0.0545 else 2 if change == 0.69 else 3
    assert round(token_path(3, list(map(float, prices)), 0.0, 0.0)[0][-1] - 1, places) == change
    assert round(float(plan.decay(multiple="3", prices=list(map(str, prices)), days="2").token) - 1, places) == change


def test_many_steps_come_near_the_closed_form():
    """PLAN-021: a simulated path rebalanced 20,000 times against the formula at its own volatility and move."""
    draw = np.random.default_rng(3)
    prices = np.exp(np.concatenate(([0.0], np.cumsum(draw.standard_normal(20_000) * 0.8 / math.sqrt(20_000)))))
    variance = float((np.diff(np.log(prices)) ** 2).sum())
    for multiple in (2.0, 3.0, -1.0):
        value = token_path(multiple, prices.tolist(), 0.0, 0.0)[0][-1]
        expected = continuous(multiple, float(prices[-1]), math.sqrt(variance), 1.0, 0.0)
        assert abs(value / expected - 1) < 0.01


def test_costs_and_the_end_of_a_token():
    """PLAN-021: rebalancing costs fee x |L (L - 1) r|; a step of more than 1 / L ends it."""
    values, costs = token_path(3, [100.0, 101.0], 0.01, 0.0)
    assert costs == pytest.approx(0.01 * 6 * 0.01) and values[-1] == pytest.approx(1.03 - costs)
    gone = plan.decay(multiple="3", prices=["100", "60", "90"], days="2")
    assert gone.wiped_out_at == "1" and gone.token == "0.000000"


@pytest.mark.parametrize("body", [dict(multiple="3"), dict(multiple="x", volatility="1"),
                                  dict(multiple="3", volatility="-1"), dict(multiple="3", prices=["1"]),
                                  dict(multiple="3", prices=["1", "2"], volatility="1")])
def test_a_token_that_cannot_be_read(body):
    """PLAN-002."""
    with pytest.raises(plan.PlanError, match="PLAN-021"):
        plan.decay(**body)


# ---------------------------------------------------------------- survive
@pytest.mark.parametrize(("distance", "drift", "volatility", "days"), [
    (-0.1, 0.0, 0.8, 7), (-0.3, 0.5, 1.2, 30), (0.1, -0.4, 0.6, 20), (-0.02, 0.0, 0.5, 1), (0.25, 1.0, 0.9, 60)])
def test_closed_form_and_simulation_agree(distance, drift, volatility, days):
    """PLAN-022, PLAN-023: within four standard errors, at five seeds of ten within two."""
    log, years = math.log(1 + distance), days / 365
    exact = touch_probability(log, drift, volatility, years)
    near = 0
    for seed in range(10):
        means, errors = simulate([log], drift, volatility, years, 5_000, seed)
        assert abs(means[-1, 0] - exact) < 4.5 * errors[-1, 0]
        near += abs(means[-1, 0] - exact) < 2 * errors[-1, 0]
    assert near >= 5


def test_the_closed_form_at_its_ends():
    """PLAN-022: the reflection principle without drift, certainty at the barrier, nothing without volatility."""
    log, width = math.log(0.9), 0.8 * math.sqrt(7 / 365)
    drift = 0.8 * 0.8 / 2                                      # the logarithm then has none
    twice = math.erfc(-log / width / math.sqrt(2))
    assert touch_probability(log, 0.0, 0.8, 7 / 365) == pytest.approx(0.359796, abs=1e-6)
    assert touch_probability(log, drift, 0.8, 7 / 365) == pytest.approx(twice, rel=1e-12)
    assert touch_probability(0.0, 0.1, 0.5, 1.0) == 1.0
    assert touch_probability(log, 0.0, 0.0, 1.0) == 0.0
    assert touch_probability(log, -1.0, 0.0, 1.0) == 1.0


def test_windows_of_bars_counted_by_hand():
    """PLAN-024: of each close, the lows of the next two bars; for a barrier above, the highs."""
    close = np.array([100.0, 100.0, 95.0, 90.0, 100.0, 120.0])
    low, high = close - 2, close + 2
    assert window_touches(high, low, close, 2, 0.94).tolist() == [1, 1, 1, 0]
    assert window_touches(high, low, close, 2, 1.1).tolist() == [0, 0, 0, 1]
    assert block_error(np.array([0.0, 1.0] * 2), 2) is None
    assert block_error(np.array([0.0, 0, 1, 1, 0, 0, 1, 1]), 2) == pytest.approx(math.sqrt(1 / 3 / 4))


def test_survival_of_a_position():
    """PLAN-022: the barrier is the planned liquidation price; more leverage lives less long."""
    shares = []
    for leverage in ("5", "10", "25", "50"):
        found = plan.survive(**{**XBT, "leverage": leverage}, volatility="80 %", hours="48", paths="2000")
        assert found.barriers[0].price == found.position.liquidation_price
        shares.append(float(found.barriers[0].closed_form))
        assert [float(one.closed_form) for one in found.points] == sorted(float(one.closed_form)
                                                                          for one in found.points)
    assert shares == sorted(shares)
    twice = [plan.survive(**XBT, volatility="0.8", hours="48", paths="2000", seed="5") for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.skipif(not CRASH.exists(), reason="the bars of March 2020 are not on this machine")
def test_survival_through_march_2020():
    """PLAN-024: half of all days that week would have liquidated a long at 25x, far more than the average volatility
    of a calm year says."""
    found = plan.survive(**{**XBT, "leverage": "25"}, bars=str(CRASH), hours="24", paths="1000")
    row = found.barriers[0]
    assert found.windows > 15_000 and row.historical_error is not None
    assert 0.3 < float(row.historical) < 1
    calm = plan.survive(**{**XBT, "leverage": "25"}, volatility="50 %", hours="24", paths="1000").barriers[0]
    assert float(row.historical) > 3 * float(calm.closed_form)


@pytest.mark.parametrize(("body", "words"), [
    (dict(), "volatility: is missing; give volatility"), (dict(volatility="0"), "volatility: is 0"),
    (dict(volatility="1", hours="0"), "hours: 0 leaves no time"),
    (dict(volatility="1", paths="10"), "paths: '10' is out of range"),
    (dict(volatility="1", stop="8000"), "stop: 8000 is not on the losing side"),
])
def test_a_survival_that_cannot_be_read(body, words):
    """PLAN-002."""
    with pytest.raises(plan.PlanError) as refused:
        plan.survive(**XBT, **body)
    assert str(refused.value).startswith(words)
