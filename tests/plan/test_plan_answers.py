"""What plans answer: worked examples of the spec, every form of an answer, and errors that say what to do."""
from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from steelyard import plan
from steelyard.cli import app
from steelyard.plan import market, questions
from steelyard.plan.draw import draw
from steelyard.plan.errors import read
from steelyard.plan.layout import csv_text
from steelyard.plan.page import page
from steelyard.plan.trade import open_trade

XBT = dict(venue="bitmex", as_of="2020-03-12", entry="7900", size="10000", leverage="25")


@pytest.fixture(scope="module")
def found():
    """The position of the spec."""
    return plan.liq(**XBT)


def test_the_position_of_the_spec(found):
    """PLAN-003, PLAN-005, PLAN-007: as the engine's own page has it (docs/python.md: 763271)."""
    one = found.position
    assert (one.value, one.entry_fee, one.margin) == ("1.26580000", "0.00094935", "0.05161933")
    assert (one.liquidation_price, one.bankruptcy_price, one.break_even_price) == ("7632.71", "7590.43", "7912.0")


def test_the_slack_on_both_sides_of_the_price():
    """PLAN-005: above zero one unit nearer, the stated -9,700 there."""
    asked = read(questions.Liq, XBT)
    one = market.Market.of(asked.venue, asked.as_of, None)
    opened = open_trade(asked, one.size(asked.size), one)
    assert opened.slack_at(763_272) > 0
    assert opened.slack_at(763_271) == -9_700


def test_every_term_is_there_and_adds_up(found):
    """PLAN-006: margin + profit - maintenance is the slack, each with its rule."""
    terms = {one.name: one for one in found.terms}
    assert all(one.rule for one in found.terms)
    atoms = {name: round(float(terms[name].value) * 10**8) for name in ("margin", "profit there", "maintenance",
                                                                         "slack there")}
    assert atoms["margin"] + atoms["profit there"] - atoms["maintenance"] == atoms["slack there"] == -9_700


def test_margin_moves_the_price_and_a_wished_price_names_its_margin():
    """PLAN-006: what is said to be needed brings the price, and one atom less does not."""
    wished = plan.liq(**XBT, liquidation_price="7500").needed
    assert float(wished.liquidation_price) <= 7500
    again = plan.liq(**XBT, add_margin=wished.add)
    assert again.position.liquidation_price == wished.liquidation_price
    less = f"{float(wished.add) - 1e-8:.8f}"
    assert float(plan.liq(**XBT, add_margin=less).position.liquidation_price) > 7500
    table = plan.liq(**XBT).margin_table
    prices = [float(row.liquidation_price) for row in table]
    assert prices == sorted(prices, reverse=True) and len(table) == 9


def test_the_picture_frames_its_lines(found):
    """PLAN-008: lines lie inside, curves are as long as the prices, the result at the entry is both fees."""
    chart = found.chart
    assert {line.name for line in chart.lines} == {"entry", "liquidation", "bankruptcy"}
    assert all(float(chart.prices[0]) < float(line.price) < float(chart.prices[-1]) for line in chart.lines)
    assert all(len(one.values) == len(chart.prices) for one in chart.series)
    text = draw(chart).plain
    assert "L liquidation" in text and "E entry" in text and len(text.splitlines()) >= 16


def test_json_csv_page_and_link_carry_the_same_numbers(found):
    """PLAN-009: decimals are strings; the link asks the same question again."""
    run = CliRunner()
    line = ["plan", "liq", "--entry", "7900", "--size", "10000", "--leverage", "25", "--as-of", "2020-03-12"]
    asked = run.invoke(app, [*line, "--json"])
    assert asked.exit_code == 0, asked.output
    body = json.loads(asked.stdout)
    assert body["position"]["liquidation_price"] == "7632.71"
    shown = run.invoke(app, line).stdout
    assert "7632.71" in shown and body["link"] in shown.replace("\n", "")
    rows = csv_text("liq", found).splitlines()
    assert rows[0].startswith("add,margin,liquidation_price") and len(rows) == 10
    written = page(found, "http://127.0.0.1:8100")
    assert "<svg" in written and "7632.71" in written and "http-equiv" not in written and "<script" not in written
    from urllib.parse import parse_qsl
    assert plan.ask("liq", dict(parse_qsl(found.link.partition("?")[2]))) == found


@pytest.mark.parametrize(("body", "words"), [
    (dict(entry="7900.2"), "entry: 7900.2 must be a multiple of 0.5; the nearest are 7900.0 and 7900.5 (PLAN-002)"),
    (dict(size=None), "size: is missing; give size (PLAN-002)"),
    (dict(size="0"), "size: 0 is outside what XBTUSD takes; 1 to 10000000 (ORDR-002)"),
    (dict(side="up"), "side: 'up' is not known; long or short (PLAN-002)"),
    (dict(venue="oracle-perpetual", as_of="2025-01-02", symbol="ISO-USD", entry="1", size="10", margin_mode="cross",
          balance="100"),
     "margin_mode: cross does not exist for ISO-USD: its positions stand alone; margin_mode isolated (MARG-044)"),
    (dict(margin_mode="both"), "margin_mode: 'both' is not known; isolated or cross (MARG-016)"),
    (dict(margin_mode="cross"), "balance: is missing: a cross position stands on its whole wallet; give balance, or "
                                "margin_mode isolated (PLAN-004)"),
    (dict(balance="0.01"), "balance: 0.01 XBT does not open this position; at least 0.05256868, a smaller size or more "
                           "leverage (ORDR-010)"),
    (dict(leverage="0.5"), "leverage: 0.5 is not a leverage; between 1 and 1000 (MARG-002)"),
    (dict(venue="bitmx"), "venue: no profile 'bitmx'; did you mean 'bitmex'?; see steelyard venues list (PLAN-001)"),
    (dict(as_of="yesterday"), "as_of: 'yesterday' is not a date; give a date such as 2020-03-12 (PLAN-002)"),
    (dict(symbool="XBTUSD"), "symbool: is not a field here; check the spelling; unknown fields are refused (PLAN-002)"),
    (dict(entry=7900), "entry: expected `str`, got `int`; give text, such as \"7934.5\" (PLAN-002)"),
    (dict(funding_rate="2"), "funding_rate: '2' is not a rate; between -1 and 1, such as \"0.0001\" or \"0.01 %\" "
                             "(PLAN-002)"),
    (dict(liquidation_price="8000"), "liquidation_price: 8000.00 is not on the losing side of the mark 7900.00; a "
                                     "price below the mark for a long, above it for a short (PLAN-002)"),
])
def test_what_cannot_be_read_says_what_to_do(body, words):
    """PLAN-001, PLAN-002: field, fault, remedy and rule."""
    asked = {name: value for name, value in {**XBT, **body}.items() if value is not None}
    with pytest.raises(plan.PlanError) as refused:
        plan.liq(**asked)
    assert str(refused.value) == words


def test_the_command_line_says_the_same_words():
    """PLAN-002: one line on stderr, status 1."""
    answer = CliRunner().invoke(app, ["plan", "liq", "--entry", "7900.2", "--size", "1", "--as-of", "2020-03-12"])
    assert answer.exit_code == 1
    assert "entry: 7900.2 must be a multiple of 0.5; the nearest are 7900.0 and 7900.5 (PLAN-002)" in " ".join(
        answer.stderr.split())


def test_other_positions_and_orders_on_the_command_line():
    """PLAN-004: a cross position with another one and an order; another asset's is refused by name."""
    line = ["plan", "liq", "--entry", "7900", "--size", "10000", "--as-of", "2020-03-12", "--margin-mode", "cross",
            "--balance", "0.5"]
    alone = json.loads(CliRunner().invoke(app, [*line, "--json"]).stdout)
    more = CliRunner().invoke(app, [*line, "--json", "--order", "buy 100 @ 7000", "--position",
                                    "ETHUSD long 100 @ 190 mark 180 leverage 10"])
    assert more.exit_code == 0, more.output
    held = json.loads(more.stdout)
    assert float(held["position"]["liquidation_price"]) > float(alone["position"]["liquidation_price"])
    assert {one["name"] for one in held["terms"]} >= {"other profits", "other maintenance"}
    wrong = CliRunner().invoke(app, [*line, "--position", "ETHUSD long 100"])
    assert wrong.exit_code == 1 and "positions: 'ETHUSD long 100' cannot be read" in " ".join(wrong.stderr.split())


# ---------------------------------------------------------------- windows, collateral, calls
def test_windows_of_the_spec():
    """PLAN-025: margin of 7 April 2026 by window; opened intraday, the position does not live through the evening."""
    asked = dict(venue="coinbase", as_of="2026-04-07", entry="68930", size="10", leverage="10")
    worse = plan.liq(**asked).position
    assert (worse.window, worse.margin, worse.liquidation_price) == ("overnight", "1693.09312500", "66948.325569")
    assert {row.window: row.liquidation_price for row in worse.windows} == {
        "overnight": "66948.325569", "intraday": "57200.033882"}
    day = plan.liq(**asked, window="intraday").position
    assert day.margin == "689.42752050"
    assert {row.window: row.liquidated_at_once for row in day.windows} == {"overnight": True, "intraday": False}
    with pytest.raises(plan.PlanError, match="window: BIP-20DEC30 has no window 'night'; one of overnight, intraday"):
        plan.liq(**asked, window="night")


def test_collateral_of_the_spec():
    """PLAN-026: half a bitcoin, moving as the mark does, and two ether behind one bitcoin long."""
    asked = dict(venue="kraken", symbol="PF_XBTUSD", entry="60000", size="10000", margin_mode="cross", balance="100")
    ether = dict(asset="ETH", amount="2", price="3000")
    moving = plan.liq(**asked, collateral=(dict(asset="XBT", amount="0.5", moves="mark"), ether)).position
    assert (moving.collateral, moving.liquidation_price) == ("35012.25000000", "36637.00")
    fixed = plan.liq(**asked, collateral=(dict(asset="XBT", amount="0.5"), ether)).position
    assert float(fixed.liquidation_price) == pytest.approx(60_000 - 35_012.25 - 70 + 300, abs=1)


@pytest.mark.parametrize(("pledge", "words"), [
    (dict(asset="GOLD", amount="1", price="1"), "collateral.asset: GOLD does not count for USD at kraken; one of"),
    (dict(asset="ETH", amount="1"), "collateral.price: the price of ETH in USD is missing"),
    (dict(asset="XBT", amount="1", moves="up"), "collateral.moves: 'up' is not known"),
    (dict(asset="XBT", amount="-1"), "collateral: -1 XBT at this price is out of range"),
])
def test_collateral_that_does_not_count_is_refused(pledge, words):
    """PLAN-002, PLAN-026."""
    with pytest.raises(plan.PlanError) as refused:
        plan.liq(venue="kraken", symbol="PF_XBTUSD", entry="60000", size="10000", margin_mode="cross", balance="10000",
                 collateral=(pledge,))
    assert str(refused.value).startswith(words)


def test_a_call_of_the_spec():
    """PLAN-028: called, given a day, and closed out without waiting further down."""
    one = plan.liq(venue="cme", entry="68930", size="1", margin_mode="cross", balance="200000").position
    assert one.liquidation_price == one.call.price == "48216.66"
    assert (one.call.hours, one.call.close_out_price) == ("24", "36162.50")
    assert plan.liq(venue="cme", entry="68930", size="1").position.call is None
