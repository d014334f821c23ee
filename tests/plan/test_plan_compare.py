"""``plan compare`` and ``plan funding``: the same position under every profile, and funding stamp by stamp."""
from __future__ import annotations

import json
from decimal import Decimal

import pytest
from plan_world import PROFILES
from typer.testing import CliRunner

from steelyard import plan
from steelyard.cli import app
from steelyard.venues.profile import load_profile

ASKED = dict(entry="60000", amount="1.5", leverage="10", hours="24")


@pytest.fixture(scope="module")
def found():
    """One and a half bitcoin everywhere."""
    return plan.compare(**ASKED)


def test_every_profile_that_lists_the_coin_is_there(found):
    """PLAN-015: and no row failed."""
    assert {row.venue for row in found.rows} == set(PROFILES)
    assert [row.error for row in found.rows if row.error] == []
    assert all(row.kind in ("linear", "inverse") for row in found.rows)


def test_each_row_is_the_venues_own_plan(found):
    """PLAN-015: asking ``liq`` of the venue gives the same margin, liquidation and bankruptcy price."""
    for row in found.rows:
        alone = plan.liq(venue=row.venue, symbol=row.symbol, entry=row.entry, size=row.size, leverage="10",
                         funding_rate=interval_rate(row)).position
        assert (alone.margin, alone.liquidation_price, alone.bankruptcy_price) == (
            row.margin, row.liquidation_price, row.bankruptcy_price), row.venue


def interval_rate(row) -> str:
    """The default eight-hour rate over the instrument's interval."""
    hours = Decimal(load_profile(row.venue).instrument(row.symbol).terms["funding_interval_ns"]) / 3_600_000_000_000
    return f"{(Decimal('0.0001') * hours / 8).quantize(Decimal('1e-9'), 'ROUND_FLOOR'):f}"


def test_rounding_to_contracts_is_shown():
    """PLAN-016: 0.0123 BTC in contracts of a hundredth is one, and the difference is said."""
    found = plan.compare(entry="60000", amount="0.0123", venues="coinbase")
    assert (found.rows[0].size, found.rows[0].amount, found.rows[0].amount_off) == ("1", "0.01000000", "-0.00230000")
    assert "0.01000000 (-0.00230000)" in found.notes[0]


def test_an_eight_hour_rate_is_shared_over_a_venues_interval(found):
    """PLAN-017: 0.01 % for eight hours on 90,000 for a day is 27 everywhere, within the rounding of each stamp; nothing
    where a contract has no funding. LOAN-001, LOAN-002: what is borrowed at 0.025 % costs 22.50, and six times more."""
    for row in found.rows:
        terms = load_profile(row.venue).instrument(row.symbol).terms
        paid = 27 if terms["funding_interval_ns"] else Decimal("157.50") if terms["loan_period_ns"] else 0
        assert abs(Decimal(row.funding_quote) + paid) < Decimal("0.1"), row.venue


def test_who_may_trade_it_is_told_with_the_rule():
    """PLAN-015: by the table of eligibility, for a place and a class of client."""
    rows = {row.venue: row for row in plan.compare(**ASKED, jurisdiction="US").rows}
    assert rows["coinbase"].allowed is True and rows["bitmex"].allowed is False
    assert "US-OFFSHORE-RETAIL" in rows["bitmex"].eligibility and rows["deribit"].allowed is False
    assert rows["cme"].allowed is True
    with pytest.raises(plan.PlanError, match="jurisdiction"):
        plan.compare(**ASKED, jurisdiction="Atlantis")


def test_a_clients_class_lowers_the_leverage():
    """PLAN-015, ELIG-003: a retail client in Germany stands at 2, whatever the venue would lend; a professional not."""
    rows = plan.compare(**ASKED, jurisdiction="DE", venues="bitmex,coinbase").rows
    assert {row.leverage for row in rows} == {"2"}
    assert {row.leverage_max for row in rows} == {"2"}
    free = plan.compare(**ASKED, jurisdiction="DE", client="professional", venues="bitmex").rows
    assert {row.leverage for row in free} == {"10"}


def test_a_close_out_rule_is_in_the_liquidation_price():
    """PLAN-027, ELIG-004: half of the required half: closed out where a quarter of the entry value is left."""
    for client, left in (("retail", "0.25"), ("professional", None)):
        found = plan.liq(venue="deribit", symbol="BTC_USDC-PERPETUAL", entry="60000", size="10", leverage="2",
                         jurisdiction="DE", client=client)
        one = found.position
        equity = float(one.margin) + float(one.value) * (float(one.liquidation_price) / 60_000 - 1)
        if left:
            assert equity / float(one.value) == pytest.approx(0.25 * float(one.liquidation_price) / 60_000, rel=1e-4)
            assert any(term.rule == "ELIG-004" and term.value == "0.5" for term in found.terms)
            assert "close-out at 50 %" in one.eligibility
        else:
            assert equity / float(one.value) < 0.02


def test_a_quanto_contract_needs_the_price_of_what_it_settles_in():
    """PLAN-015, PLAN-016: 15 ETH are 45,000 dollars at 3,000; a contract earns 0.000001 XBT a dollar, six cents at
    60,000: one ETH is 1 / 0.06 contracts."""
    asked = dict(coin="ETH", amount="15", entry="3000", venues="bitmex")
    without = {row.kind: row for row in plan.compare(**asked).rows}
    assert "settlement_price: is missing" in without["quanto"].error and without["linear"].error is None
    row = {row.kind: row for row in plan.compare(**asked, settlement_price="60000").rows}["quanto"]
    assert (row.size, row.error) == ("250", None)
    assert float(row.margin_quote) == pytest.approx(4_500, rel=0.01)
    assert float(row.amount) == 15


def test_windows_are_compared_by_the_worse():
    """PLAN-025: the venue's nano contract stands on its overnight rate; both windows and the next flip are told."""
    row = plan.compare(**ASKED, venues="coinbase", as_of="2026-04-07").rows[0]
    assert (row.window, row.leverage, [one.window for one in row.windows]) == (
        "overnight", "4.07", ["overnight", "intraday"])
    assert [one.begins for one in row.windows] == ["2026-04-07T20:00Z", "2026-04-07T12:00Z"]
    assert row.liquidation_price == row.windows[0].liquidation_price != row.windows[1].liquidation_price


def test_the_ladder_is_said_in_words(found):
    """PLAN-015: as the profile's own figures have it."""
    rows = {row.venue: row for row in found.rows}
    assert any("deleveraging: queue" in words for words in rows["bitmex"].ladder)
    assert any("liquidation fee 0.1 %" in words for words in rows["example"].ladder)


@pytest.mark.parametrize(("body", "words"), [
    (dict(amount="0"), "amount: 0 must be above zero"),
    (dict(venues="bitmx"), "venues: no profile 'bitmx'; did you mean 'bitmex'?"),
    (dict(coin="DOGECOIN"), "coin: no profile lists DOGECOIN"),
    (dict(hours="-1"), "hours: -1 is out of range"),
])
def test_a_comparison_that_cannot_be_made_says_why(body, words):
    """PLAN-002."""
    with pytest.raises(plan.PlanError) as refused:
        plan.compare(**{**ASKED, **body})
    assert str(refused.value).startswith(words)


# ---------------------------------------------------------------- funding
XBT = dict(venue="bitmex", as_of="2020-03-12", entry="7900", size="10000", leverage="25")


def test_funding_of_the_spec():
    """PLAN-018: thirty stamps of 0.05 %."""
    found = plan.funding(**XBT, funding_rate="0.0005", hours="240")
    assert (found.total, len(found.stamps)) == ("-0.01898700", 30)
    assert found.stamps[0].cash == "-0.00063290" and found.stamps[-1].liquidation_price == "7749.23"
    alone = plan.liq(**XBT, funding_rate="0.0005", add_margin="-0.01898700")
    assert alone.position.liquidation_price == "7749.23"


def test_a_premium_path_becomes_rates_by_the_venues_formula():
    """PLAN-018, FUND-003: clamped by 0.05 %, charged one interval later, the last one not yet."""
    found = plan.funding(**XBT, premiums=["0.001", "0.002", "0.003"])
    assert [one.rate for one in found.stamps] == ["0.000000000", "0.000500000", "0.001500000"]


def test_a_position_that_funding_kills_says_when():
    """PLAN-018: the walk ends at the stamp that liquidates."""
    found = plan.funding(**{**XBT, "leverage": "100"}, rates=["0.003"] * 10)
    assert found.liquidated_at_stamp == len(found.stamps) < 10
    assert f"liquidated at stamp {found.liquidated_at_stamp}" in found.notes[0]


def test_a_history_file_is_read_from_its_start(tmp_path):
    """PLAN-018: rows of the chosen series in the time asked for, each at one stamp; a rate is rounded to a ppb."""
    path = tmp_path / "rates.csv"
    rows = [f"2021-05-0{day}T{hour:02}:00:00,{symbol},{rate}" for symbol, rate in (("BTC", 0.0001), ("ETH", 0.0002))
            for day in (1, 2) for hour in (0, 8, 16)]
    path.write_text("time,symbol,rate\n" + "\n".join(rows) + "\n", "utf-8")
    found = plan.funding(**XBT, history=str(path), history_symbol="ETH", start="2021-05-01T08:00", hours="24")
    assert [one.rate for one in found.stamps] == ["0.000200000"] * 3
    with pytest.raises(plan.PlanError, match="history_symbol: is missing: the file has more than one; one of BTC, ETH"):
        plan.funding(**XBT, history=str(path))
    with pytest.raises(plan.PlanError, match="read on your own machine only"):
        plan.ask("funding", {**XBT, "history": str(path)})
    asked = CliRunner().invoke(app, ["plan", "funding", "--entry", "7900", "--size", "10000", "--history", str(path),
                                     "--history-symbol", "BTC", "--hours", "16", "--json"])
    assert asked.exit_code == 0 and len(json.loads(asked.stdout)["stamps"]) == 2
