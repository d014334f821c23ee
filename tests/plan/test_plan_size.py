"""``plan size``: the loss at the stop is what the engine then books, and no lot more fits the risk."""
from __future__ import annotations

import random

import pytest
from plan_world import PROFILES, TRADER, Venue, price
from test_planner_and_engine import around

from steelyard import plan
from steelyard.plan import market, questions, sizing
from steelyard.plan.errors import read

XBT = dict(venue="bitmex", as_of="2020-03-12", entry="7900", stop="7700", risk="0.05")


def test_the_size_of_the_spec():
    """PLAN-010, PLAN-012: the worked example, and one lot more."""
    found = plan.size(**XBT, slippage="0.2 %")
    assert (found.exit_price, found.position.size, found.loss_at_stop) == ("7684.60", "13359", "0.04999648")
    asked = read(questions.Size, dict(XBT, slippage="0.2 %"))
    one = market.Market.of("bitmex", "2020-03-12", None)
    exits = sizing.read_exit(asked, one)
    lots = one.size("13359")
    least, more = (sizing.loss_at(asked, one, exits, lots + extra).total for extra in (0, 1))
    assert least <= 5_000_000 < more


def test_a_stop_beyond_liquidation_is_refused_with_what_would_be_safe():
    """PLAN-013: each of the ways out that the refusal names is taken."""
    with pytest.raises(plan.PlanError) as refused:
        plan.size(**dict(XBT, stop="7600", leverage="25"))
    assert (refused.value.field, refused.value.rule) == ("stop", "PLAN-013")
    assert "7632.71" in str(refused.value)
    assert "a stop at 7659.5" in refused.value.do and "leverage 20 or less" in refused.value.do
    assert plan.size(**dict(XBT, stop="7659.5", leverage="25")).position.liquidation_price == "7632.71"
    assert plan.size(**dict(XBT, stop="7600", leverage="20")).notes == []


def test_without_a_leverage_the_highest_safe_one_is_chosen():
    """PLAN-013: one more and the stop is nearer to liquidation than a tenth of the way."""
    found = plan.size(**XBT)
    times = int(found.position.leverage)
    assert found.notes and float(found.stop) >= float(found.safe_stop)
    higher = plan.size(**XBT, leverage=str(times + 1))
    assert float(higher.stop) < float(higher.safe_stop)


def test_the_risk_may_be_a_share_of_the_balance():
    """PLAN-010: one per cent of 1,000, rounded down to atoms."""
    found = plan.size(venue="example", side="short", entry="60000", stop="61000", risk="1 %", balance="1000",
                      margin_mode="cross")
    assert found.risk == "10.000000" and float(found.loss_at_stop) <= 10


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("seed", range(8))
def test_the_engine_books_the_loss_that_was_planned(name, seed):
    """PLAN-011, PLAN-007: open as planned, close at the planned exit: the cash that is missing is the planned loss."""
    chance = random.Random(f"size {name} {seed}")
    venue = Venue(name)
    instrument = chance.choice(list(venue.instruments.values()))
    side = chance.choice((1, -1))
    ticks = around(instrument, chance)
    stop = max(instrument.terms["price_ticks_min"], ticks - side * max(1, ticks * chance.randint(1, 8) // 100))
    one = market.Market.of(name, None, instrument.symbol)
    lot_loss = abs(one.value_at_ticks(ticks)) // 4 + 10
    body = dict(venue=name, symbol=instrument.symbol, side="long" if side > 0 else "short", leverage="2",
                entry=price(instrument, ticks), stop=price(instrument, stop),
                risk=one.cash_text(lot_loss * chance.randint(1, 5000)))
    try:
        found = plan.size(**body)
    except plan.PlanError as refused:
        assert refused.rule in ("PLAN-012", "PLAN-013", "ORDR-002"), str(refused)
        return
    per_tick = instrument.terms["mark_units_per_tick"]
    asset = instrument.grid.settlement.id
    venue.deposit(TRADER, asset, 1 << 57)
    venue.mark(instrument, ticks * per_tick)
    venue.settings(instrument, 1, 500_000_000)
    lots = instrument.size_lots(found.position.size)
    assert any(kind == "TRADED" for kind, _event in venue.trade(instrument, side, lots, ticks))
    venue.mark(instrument, stop * per_tick)
    assert any(kind == "TRADED" for kind, _event in venue.trade(instrument, -side, lots, stop))
    lost = (1 << 57) - venue.balance(asset)
    assert one.cash_text(lost) == found.loss_at_stop

