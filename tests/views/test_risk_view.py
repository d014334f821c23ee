"""The risk desk against the engine's own measures, position by position."""
import json
from types import SimpleNamespace

import numpy as np
import pytest
from market_world import ANN, BOB, CAT, COIN, SYMBOL, MarketWorld
from survey_world import held_instruments, measured, random_venue, survey_of

from steelyard import codes
from steelyard.kernel import COMPILED, load_plain
from steelyard.rules.adl import rank
from steelyard.units import SECOND
from steelyard.views.risk import FUND_POINTS, KEYED, FundSeries, bucket_step, lights
from steelyard.views.risk_kernels import LEVERAGE_STEPS, SCORE_BUCKETS, SURVEY

pytestmark = pytest.mark.skipif(not COMPILED, reason="over the compiled engine")
score_bucket = load_plain("views.risk_kernels").score_bucket
FIELDS = """symbol insurance_fund open_interest long_accounts short_accounts leverage_histogram liquidation_levels
depth_levels adl_queue largest stress bad_debt socialized waterfall margin_calls deleveraged_24h""".split()


def exposure(engine, position) -> int:
    """Value at the mark of all positions of a position's group."""
    positions = engine.states["positions"][0][:int(engine.state.positions_pool.high_water) + 1]
    mine = positions[(positions["wallet"] == position["wallet"]) & (positions["isolated"] == 0)]
    if position["isolated"]:
        mine = [position]
    return sum(abs(int(one["size_lots"]) * int(engine.state.instruments[int(one["instrument"])].mark_unit_value_atoms))
               for one in mine)


@pytest.mark.parametrize("seed", range(16, 24))
def test_a_survey_is_what_the_measures_say_position_by_position(seed):
    """MKTV-013, MKTV-014, MKTV-016: counts, histogram, map and the largest on random venues."""
    engine, seen = random_venue(seed), 0
    for instrument in held_instruments(engine):
        survey = survey_of(engine, instrument)
        positions, rows = measured(engine, instrument)
        sides = np.sign(positions["size_lots"])
        assert (survey["long_positions"], survey["short_positions"]) == ((sides > 0).sum(), (sides < 0).sum())
        bars = np.zeros((2, len(LEVERAGE_STEPS) + 1), np.int64)
        levels = np.zeros((2, survey["bucket_count"]), np.int64)
        for position, row in zip(positions, rows):
            side, equity = int(position["size_lots"] < 0), int(row["group_equity_atoms"])
            leverage = exposure(engine, position) * 100 // equity if equity > 0 else 100_000
            bar = next((at for at, step in enumerate(LEVERAGE_STEPS) if leverage <= 100 * step), len(LEVERAGE_STEPS))
            bars[side, bar] += abs(int(row["value_atoms"]))
            bucket = int(row["liquidation_units"]) // int(survey["bucket_step_units"]) - int(survey["bucket_first"])
            if row["liquidation_units"] > 0 and 0 <= bucket < survey["bucket_count"]:
                levels[side, bucket] += abs(int(position["size_lots"]))
        assert survey["leverage_long_atoms"].tolist() == bars[0].tolist()
        assert survey["leverage_short_atoms"].tolist() == bars[1].tolist()
        assert survey["long_lots"][:survey["bucket_count"]].tolist() == levels[0].tolist()
        assert survey["short_lots"][:survey["bucket_count"]].tolist() == levels[1].tolist()
        values = sorted(np.abs(rows["value_atoms"]).tolist(), reverse=True)[:10]
        assert sorted(survey["largest"]["value_atoms"].tolist(), reverse=True)[:len(values)] == values
        seen += len(rows)
    assert seen > 10


@pytest.mark.parametrize("seed", range(4))
def test_a_survey_in_steps_is_the_survey_in_one(seed):
    """MKTV-016: where the tables stand still."""
    engine = random_venue(seed)
    for instrument in held_instruments(engine):
        assert survey_of(engine, instrument, rows=3).tobytes() == survey_of(engine, instrument).tobytes()


@pytest.mark.parametrize("seed", range(4))
def test_the_queue_is_in_order_of_the_engines_rank(seed):
    """MKTV-015, ADLV-002: classes of rank keep the order, and each position is in its class."""
    engine = random_venue(seed)
    for instrument in held_instruments(engine):
        survey, (positions, rows) = survey_of(engine, instrument), measured(engine, instrument)
        lots = np.zeros((2, SCORE_BUCKETS), np.int64)
        for position, row in zip(positions, rows):
            score = rank(int(row["unrealized_atoms"]), int(position["entry_value_atoms"]), int(row["value_atoms"]),
                         int(row["group_equity_atoms"]))
            lots[int(position["size_lots"] < 0), score_bucket(score)] += abs(int(position["size_lots"]))
        assert survey["rank_long_lots"].tolist() == lots[0].tolist()
        assert survey["rank_short_lots"].tolist() == lots[1].tolist()


def test_classes_of_rank_grow_with_the_rank_and_stay_inside_the_table():
    """MKTV-015"""
    powers = [1 << bits for bits in range(62)]
    scores = sorted({sign * number for power in powers for number in (power - 1, power, power * 9 // 8)
                     for sign in (1, -1)} | {(1 << 62) - 1, 1 - (1 << 62)})
    classes = [score_bucket(score) for score in scores]
    assert classes == sorted(classes) and 0 <= classes[0] and classes[-1] < SCORE_BUCKETS
    assert score_bucket(1 << 40) < score_bucket((1 << 40) * 9 // 8)


def test_lights_are_fifths_of_the_lots():
    """MKTV-015, ADLV-003"""
    scale = SimpleNamespace(cash=lambda atoms: atoms)
    lots, profit = np.zeros(SCORE_BUCKETS, np.int64), np.zeros(SCORE_BUCKETS, np.int64)
    for at, (held, atoms) in {900: (10, 1000), 800: (20, 600), 700: (30, 300), 500: (40, 0)}.items():
        lots[at], profit[at] = held, atoms
    assert lights(scale, lots, profit) == [1000 + 300, 300 + 100, 200, 0, 0]
    assert lights(scale, lots * 0, profit) == [0] * 5


def test_buckets_have_round_widths():
    """MKTV-014"""
    assert [bucket_step(mark) for mark in (790_000, 100_000, 300_000, 1_999_999, 3, 10**12)] == [
        5_000, 500, 2_000, 10_000, 1, 5 * 10**9]
    for mark in np.random.default_rng(1).integers(1, 1 << 40, 1000).tolist():
        step = bucket_step(mark)
        assert step >= mark * 0.005 and mark * 13 // 10 // step - mark * 7 // 10 // step + 1 <= 160


def test_the_series_of_the_fund_stays_short_and_reaches_back():
    """MKTV-012"""
    series = FundSeries()
    for second in range(0, 40_000):
        series.note(second * SECOND, second)
    times = [time_ns // SECOND for time_ns, _ in series.points]
    assert FUND_POINTS // 2 <= len(times) <= FUND_POINTS and times[0] == 0 and times[-1] > 39_000
    assert len(set(np.diff(times).tolist())) == 1 and all(time_ns == atoms * SECOND for time_ns, atoms in series.points)


def test_the_desk_of_a_small_venue():
    """MKTV-012 to MKTV-017, SERV-006: what goes over the wire."""
    world = MarketWorld(fund_coins=1)
    world.deposit(ANN, BOB, CAT)
    world.isolate(ANN, 25)
    world.trade(ANN, BOB, 40_000, "8000.0")
    world.order(CAT, 1, 500, "7810.0")
    world.at(30)
    world.price("7950.00")
    desk = world.snapshot("risk")
    assert list(desk) == FIELDS
    assert (desk["open_interest"], desk["long_accounts"], desk["short_accounts"]) == ("40000", 1, 1)
    assert [point["value"] for point in desk["insurance_fund"]][-1] == "1.00000000"
    assert [bar["leverage"] for bar in desk["leverage_histogram"] if bar["long"] != "0.00000000"] == ["33"]
    level, = [one for one in desk["liquidation_levels"] if one["long_value"] != "0.00000000"]
    assert level["price"] in ("7675.00", "7725.00", "7775.00") and level["short_value"] == "0.00000000"
    assert [(one["price"], one["size"]) for one in desk["depth_levels"]] == [("7825.00", "500")]
    assert float(desk["depth_levels"][0]["value"]) == pytest.approx(500 / 7825, rel=1e-4)
    assert desk["adl_queue"]["long"] == ["0.00000000"] * 5
    assert sum(map(float, desk["adl_queue"]["short"])) == pytest.approx(40_000 * (1 / 7950 - 1 / 8000), rel=0.01)
    assert {one["side"] for one in desk["largest"]} == {"long", "short"}
    longest = next(one for one in desk["largest"] if one["side"] == "long")
    assert 0.02 < float(longest["distance"]) < 0.04 and 25 < float(longest["leverage"]) < 33
    fell = {one["move"]: one for one in desk["stress"]}
    assert list(fell) == ["-0.20", "-0.10", "-0.05", "-0.02", "0.02", "0.05", "0.10", "0.20"]
    assert fell["-0.02"]["accounts"] == 0 and fell["-0.05"]["accounts"] == 1
    short = 40_000 * (1 / 6360 - 1 / 8000) - 40_000 / 8000 * 0.04
    assert float(fell["-0.20"]["shortfall"]) == pytest.approx(short, rel=0.02)
    assert float(fell["-0.20"]["fund_after"]) == pytest.approx(max(0, 1 - short), abs=0.02)
    assert (desk["bad_debt"], desk["socialized"], desk["deleveraged_24h"]) == ("0.00000000", "0.00000000", "0")
    assert "account" not in json.dumps(desk["largest"])


def test_the_desk_is_told_once_a_second_while_watched(monkeypatch):
    """MKTV-001, MKTV-016, MKTV-018, SERV-004"""
    world, view = MarketWorld(), None
    view = world.views["risk"]
    world.deposit(ANN, BOB)
    world.trade(ANN, BOB, 400, "8000.0")
    clock = [100.0]
    monkeypatch.setattr("steelyard.views.risk.time", SimpleNamespace(
        monotonic=lambda: clock[0], perf_counter=lambda: clock[0]))
    assert world.changes("risk") == []
    view.watch(f"risk.{SYMBOL}", 0, True)
    known, told = dict(world.snapshot("risk")), []
    for step in range(35):
        if step % 10 == 0:
            world.price(f"{8000 + step}.00")
        for changed in world.changes("risk"):
            told.append(dict(changed))
            if "insurance_fund" in changed:
                kept = changed.pop("insurance_fund_kept")
                changed["insurance_fund"] = known["insurance_fund"][:kept] + changed["insurance_fund"]
            for name, key in KEYED.items():
                if name in changed:
                    entries = {one[key]: one for one in known[name]} | {one[key]: one for one in changed[name]}
                    changed[name] = sorted((one for one in entries.values() if len(one) > 1),
                                           key=lambda one: float(one[key]))
            known.update(changed)
            assert known == world.snapshot("risk")
        clock[0] += 0.1
    assert len(told) in (3, 4) and known["long_accounts"] == 1 and known["leverage_histogram"]
    assert all("symbol" not in one for one in told), "what stays is not told again"
    view.watch(f"risk.{SYMBOL}", 0, False)
    clock[0] += 10
    assert world.changes("risk") == []


def test_bad_debt_and_deleveraging_are_on_the_desk():
    """MKTV-004, MKTV-011, MKTV-017, ADLV-006: an empty fund and a mark far beyond bankruptcy."""
    world = MarketWorld(fund_coins=0.001)
    world.deposit(ANN, BOB)
    world.isolate(ANN, 50)
    world.isolate(BOB, 2)
    world.trade(ANN, BOB, 10_000, "8000.0")
    world.price("7000.00")
    for second in range(1, 30):
        world.at(second)
        world.send(dict(kind=codes.ADVANCE))
    desk, closed = world.snapshot("risk"), world.events(codes.DELEVERAGED)
    assert desk["deleveraged_24h"] == str(int(closed["size_lots"].sum())) != "0"
    assert desk["bad_debt"] == f"{-int(world.engine.state.wallets[1 + 5 * 64 + 1].balance_atoms) / COIN:.8f}"
    assert world.snapshot("liquidations")[-1]["stage"] == "closed"


def test_a_venue_without_a_mark_has_an_empty_desk():
    """MKTV-016"""
    world = MarketWorld()
    world.engine.state.instruments[1].mark_price_units = 0
    desk = world.snapshot("risk")
    assert list(desk) == FIELDS and desk["stress"] == [] and desk["largest"] == []
    assert SURVEY.itemsize < 1 << 17
