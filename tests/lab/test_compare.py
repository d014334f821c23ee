"""One crash under several rule books: what is adapted and what is not, the table, the files, what cannot be run."""

import csv
import json
from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from steelyard.cli import app
from steelyard.kernel import COMPILED
from steelyard.lab import adapting, population
from steelyard.lab.compare import run_comparison
from steelyard.lab.population import Parameters
from steelyard.venues.profile import load_profile, profile_paths

ACCOUNTS, MINUTES = (150, 2_200) if COMPILED else (12, 8)
"""Compiled, long enough for the fall of 10 October 2025."""
VENUES = ("bitmex", "example")
DAY = date(2025, 10, 9)


def compared(folder, **options):
    with np.errstate(over="ignore"):
        return run_comparison("october-2025", VENUES, ACCOUNTS, 7, folder, minutes=MINUTES, **options)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return compared(tmp_path_factory.mktemp("compare"))


def test_LABS_008_one_row_a_venue_with_the_same_people_and_fund(found):
    """LABS-008"""
    assert [row["venue"] for row in found.rows] == list(VENUES) and found.failures == []
    assert [row["symbol"] for row in found.rows] == ["XBTUSDT", "BTCUSDT"]
    assert all(row["accounts"] == ACCOUNTS and row["conserved"] for row in found.rows)
    assert all(row["fund_start_usd"] == pytest.approx(20e6, rel=1e-6) for row in found.rows)
    assert all(row["rules_as_of"] == "2025-10-09" and row["note"] == "" for row in found.rows)
    assert all(len(found.curves[venue]) == found.path.minutes for venue in VENUES)


@pytest.mark.skipif(not COMPILED, reason="a crash is too long for the plain form")
def test_LABS_008_the_rules_make_the_difference(found):
    """LABS-008 Same path, same people: some are liquidated under each, not the same ones; curves end in the totals."""
    for row in found.rows:
        assert row["liquidations"] > 0 and row["smallest_margin_ratio"] is not None
        assert found.curves[row["venue"]][-1] == pytest.approx(row["forced_usd"])
    assert found.rows[0]["forced_usd"] != found.rows[1]["forced_usd"]


def test_LABS_008_same_arguments_same_bytes(found, tmp_path):
    """LABS-007 LABS-008"""
    compared(tmp_path)
    for name in ("report.html", "venues.csv", "venues.json"):
        assert (tmp_path / name).read_bytes() == (type(tmp_path)(found.report).parent / name).read_bytes()


def test_the_three_files_say_the_same(found):
    folder = type(profile_paths()["bitmex"])(found.report).parent
    facts = json.loads((folder / "venues.json").read_text("utf-8"))
    with (folder / "venues.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [row["venue"] for row in facts["rows"]] == [line["venue"] for line in lines] == list(VENUES)
    assert [float(line["forced_usd"]) for line in lines] == [row["forced_usd"] for row in facts["rows"]]
    page = (folder / "report.html").read_text("utf-8")
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")
    assert all(row["title"] in page for row in found.rows) and page.count("<svg") == 4


def test_LABS_008_a_venue_that_cannot_be_run_is_named_with_the_reason(tmp_path):
    """LABS-008"""
    text = profile_paths()["example"].read_text("utf-8").replace('base = "BTC"', 'base = "DOGE"')
    text = text.replace('"0.001 BTC"', '"0.001 DOGE"')
    path = tmp_path / "dogs.toml"
    path.write_text(text, "utf-8")
    with np.errstate(over="ignore"):
        found = run_comparison("october-2025", (str(path), "bitmex"), 4, minutes=4)
    assert [venue for venue, _ in found.failures] == [str(path)]
    assert "no linear or inverse contract on BTC" in found.failures[0][1]
    assert [row["venue"] for row in found.rows] == ["bitmex"]


# ---------------------------------------------------------------- what is adapted
def test_LABS_008_contract_and_date():
    """LABS-008 The path's symbol first; outside a venue's dates the nearest day on which it has such a contract."""
    stage = adapting.stage("bitmex", "BTC", "linear", DAY, "XBTUSDT")
    assert (stage.symbol, stage.as_of, stage.note) == ("XBTUSDT", "2025-10-09", "")
    assert adapting.stage("bitmex", "BTC", "inverse", DAY).symbol == "XBTUSD"
    early = adapting.stage("example", "BTC", "inverse", date(2017, 6, 1))
    assert (early.symbol, early.as_of) == ("BTCUSDT", "2020-01-01") and "nearest to 2017-06-01" in early.note
    late = adapting.stage("bitmex", "BTC", "linear", date(2027, 1, 1))
    assert "2024-11-24" <= late.as_of < "2026-08-26", "the last day before its wind-down"
    assert adapting.base_of("XBTUSDT", "linear") == ("BTC", "linear")
    assert adapting.base_of("ETHUSD", "quanto") == ("ETH", "quanto")


def test_LABS_008_nobody_takes_more_leverage_than_the_venue_allows():
    """LABS-008 100x becomes what the smallest position may have; sides and sizes stay."""
    people = population.build(Parameters(), 500, 7, 600, 200)
    before = people.agents.copy()
    contract = load_profile("example", DAY).instrument("BTCUSDT")
    adapting.fit(people.agents, contract, 120_000)
    assert (people.agents["leverage"] == before["leverage"]).all() and adapting.leverage_max(contract, 120_000) == 100
    contract = load_profile("coinbase").instruments[0]
    adapting.fit(people.agents, contract, 120_000)
    assert people.agents["leverage"].max() == adapting.leverage_max(contract, 120_000) < 10
    for name in ("side", "weight", "isolated", "protection"):
        assert (people.agents[name] == before[name]).all()


def test_every_profile_of_the_package_has_a_stage_for_a_crash_of_bitcoin():
    """LABS-008 What the package ships can be compared; who adds a profile sees here that it fits."""
    for name in profile_paths():
        stage = adapting.stage(name, "BTC", "linear", DAY)
        assert load_profile(name, date.fromisoformat(stage.as_of)).instrument(stage.symbol).grid.kind == stage.kind


def test_the_command_writes_a_report_and_names_what_failed(tmp_path):
    with np.errstate(over="ignore"):
        result = CliRunner().invoke(app, ["stress", "compare", "october-2025", "--venues", "example,nowhere",
                                          "--accounts", "4", "--minutes", "10", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "nowhere was not run" in result.output.replace("\n", " ")
    assert (tmp_path / "report.html").exists()
    assert CliRunner().invoke(app, ["stress", "compare", "october-2025", "--venues", "nowhere", "--minutes", "10",
                                    "--out", str(tmp_path)]).exit_code == 1
