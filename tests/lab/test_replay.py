"""A small replay through the real engine: conserved, repeatable, plausible in kind."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.lab import crowd, population
from steelyard.lab.population import Parameters
from steelyard.lab.replay import run_replay

ACCOUNTS, MINUTES = (400, 2_100) if COMPILED else (40, 6)
"""Long enough, compiled, to reach the first fall of March 2020."""


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    with np.errstate(over="ignore"):
        return run_replay("covid-2020-03", ACCOUNTS, seed=7, out=folder, progress=False, minutes=MINUTES), folder


def digests(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_same_arguments_same_bytes(replayed, tmp_path):
    """LABS-007"""
    with np.errstate(over="ignore"):
        run_replay("covid-2020-03", ACCOUNTS, seed=7, out=tmp_path, progress=False, minutes=MINUTES)
    assert digests(tmp_path) == digests(replayed[1]) and len(digests(tmp_path)) == 7


def test_cash_adds_up_to_the_atom(replayed):
    ((_, places),) = replayed[0].conservation
    assert sum(atoms for _, atoms in places) == 0
    assert dict(places)["paid in from outside"] < 0 and dict(places)["deficit (bad debt)"] == 0


def test_everybody_comes_in_by_command_and_the_book_lives(replayed):
    """LABS-005"""
    result, _ = replayed
    minutes = result.minutes
    assert minutes["entries"].sum() >= (ACCOUNTS if COMPILED else 1) // 2
    assert (minutes["bid_depth_lots"][5:] > 0).all() and (minutes["commands"][1:] > 0).all()
    assert (minutes["mark_units"] > 0).all() and minutes["open_interest_lots"].max() > 0
    assert np.all(np.diff(minutes["time_ns"]) == 60 * 10**9)


@pytest.mark.skipif(not COMPILED, reason="a crash is too long for the plain form")
def test_the_crash_liquidates_longs_and_the_tables_agree(replayed):
    """LABS-006: minute sums equal the rows; one row a takeover; fund changes explain the fund."""
    result, _ = replayed
    rows, minutes = result.tables["liquidations"], result.minutes
    assert len(rows) > 20 and (rows["side"] > 0).mean() > 0.5 and set(np.unique(rows["side"])) <= {-1, 1}
    assert minutes["forced_long_lots"].sum() == rows["lots"][rows["side"] > 0].sum()
    assert minutes["forced_short_lots"].sum() == rows["lots"][rows["side"] < 0].sum()
    assert result.events_by_kind[codes.EventKind.POSITION_TAKEN_OVER.name] == (rows["step"] == 0).sum()
    change = (minutes["fund_received_atoms"] - minutes["fund_paid_atoms"]).sum()
    assert minutes["fund_atoms"][-1] - result.fund_start_atoms == change
    people = result.tables["accounts"]
    assert people["liquidations"].sum() == (rows["step"] == 0).sum()
    assert (people["end_equity_atoms"] >= 0).all()
    held = minutes["held_long_lots"][-1] + minutes["held_short_lots"][-1]
    disposed = result.tables["disposals"]["lots"].sum()
    assert disposed + held == rows["lots"][rows["step"] == 0].sum()


def test_changed_terms_are_applied_and_shown():
    with np.errstate(over="ignore"):
        result = run_replay("covid-2020-03", 20, progress=False, minutes=5, changes={"adl_policy": 2})
    assert result.parameters["changed terms"] == "adl_policy = 2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"accounts": 0}, "at least 1"),
        ({"changes": {"adl": 2}, "accounts": 1}, "no term 'adl'"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        run_replay("covid-2020-03", progress=False, minutes=5, **arguments)


def test_a_population_is_a_function_of_its_seed():
    """LABS-004"""
    first, again, other = (population.build(Parameters(), 500, seed, 600, 200) for seed in (7, 7, 8))
    assert first.agents.tobytes() == again.agents.tobytes() != other.agents.tobytes()
    larger = population.build(Parameters(), 1_000, 7, 600, 200)
    assert larger.agents["leverage"][:500].tolist() == first.agents["leverage"].tolist()
    assert abs(first.agents["weight"].mean() - 1) < 1e-9 and first.agents["weight"].max() > 5


def test_every_trader_is_on_the_calendar_exactly_once():
    people = population.build(Parameters(), 300, 7, 600, 200)
    seen = []
    for minute, head in enumerate(people.heads.tolist()):
        while head != crowd.WAKE_NONE:
            assert people.agents["wake"][head] == minute
            seen.append(head)
            head = int(people.agents["next"][head])
    assert sorted(seen) == list(range(300))


def test_a_replay_flips_the_margin_windows_of_its_calendar():
    """CALR-008 The window that holds when the path begins, and every flip on its way, under rules of a later year."""
    from steelyard.lab.path import load_path
    from steelyard.lab.replay import Replay

    path = load_path("covid-2020-03", 7)
    replay = Replay(replace(path, as_of="2026-04-07", symbol="BIP-20DEC30"), 20, 7, "coinbase", None)
    flips = replay.calendar[replay.calendar["kind"] == codes.SET_MARGIN_WINDOW]
    days = (int(path.times_ns()[-1]) - path.start_ns) // (86_400 * 10**9)
    assert flips["value"].tolist()[:2] in ([0, 1], [1, 0]) and days <= len(flips) <= 2 * days + 2
    assert (np.diff(flips["time_ns"]) > 0).all() and (np.diff(flips["value"]) != 0).all()
