"""Tables: live rows only, and figures that are the engine's own: the liquidation price shown is the true one."""
import importlib

import numpy as np
import pytest
from random_stream import COIN, GOLD, INVERSE, LINEAR, Stream, c

from steelyard.kernel import load_plain

codes = load_plain("codes")
Engine = load_plain("api.engine").Engine
ANN, BOB = 16, 17
LONG, SHORT = 1, -1


def venue(**terms):
    """Two contracts at 1,000, accounts with 1,000,000 in both assets, nobody in the books."""
    engine, stream = Engine(), Stream(1)
    opening = [command for command in stream.opening() if not isinstance(command, c.Deposit)]
    engine.send(*opening)
    chosen = dict(adl_policy=0, socialize_losses=0, liquidation_fee_ppb=0, funding_interval_ns=0)
    chosen.update(terms)
    set_terms = [c.SetTerm(number, name, value) for number in (LINEAR, INVERSE) for name, value in chosen.items()]
    assert {type(event).__name__ for event in engine.send(*set_terms)} == {"Configured"}
    engine.send(*(c.Deposit(account, asset, 1_000_000) for account in (ANN, BOB) for asset in (COIN, GOLD)))
    return engine


def open_position(engine, side, instrument=LINEAR, lots=200, isolated=True, leverage=10):
    """Ann opens against Bob at 1,000."""
    other = c.Side.SELL if side > 0 else c.Side.BUY
    base = engine.state.command_sequence * 10
    events = engine.send(
        c.SetMarginMode(ANN, instrument, isolated), c.SetLeverage.times(ANN, instrument, leverage),
        c.PlaceOrder(BOB, instrument, base + 1, other, lots, 1_000),
        c.PlaceOrder(ANN, instrument, base + 2, c.Side(side), lots, 1_000))
    assert [type(event).__name__ for event in events][-1] == "Traded", events


def row_of(engine, table, **where):
    """The only row of a table with these values, as a dict."""
    found = engine.tables()[table]
    for name, value in where.items():
        found = found.filter(found[name] == value)
    assert len(found) == 1, found
    return found.row(0, named=True)


@pytest.mark.parametrize("basis", [0, 1])
@pytest.mark.parametrize("reserve", [0, 1])
@pytest.mark.parametrize("instrument", [LINEAR, INVERSE])
@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("isolated", [True, False])
def test_LIQD_008_the_liquidation_price_shown_is_the_one_that_liquidates(isolated, side, instrument, reserve, basis):
    """LIQD-008 One unit before it nothing happens, at it the group is in liquidation."""
    engine = venue(initial_basis=basis, maintenance_basis=basis, close_fee_reserve=reserve)
    if not isolated:                             # so that the wallet can be used up
        engine.send(c.Withdraw(ANN, COIN if instrument == LINEAR else GOLD, 900_000))
    open_position(engine, side, instrument, 80 if instrument == INVERSE else 250, isolated)
    units = row_of(engine, "positions", account=ANN)["liquidation_units"]
    assert 0 < units != 1_000 and (units < 1_000) == (side > 0)
    started = engine.send(c.PublishMark(instrument, units + side))
    assert [type(event).__name__ for event in started] == ["Marked"]
    assert row_of(engine, "positions", account=ANN)["liquidation_units"] == units
    started = engine.send(c.PublishMark(instrument, units))
    assert "LiquidationStarted" in [type(event).__name__ for event in started]


def test_figures_of_a_position_follow_by_hand():
    """200 lots of 3 atoms a unit at 1,000, 10 x: value 600,000, initial 60,000; tier 2 maintains 5 %: 30,000."""
    engine = venue(maker_fee_ppb=0, taker_fee_ppb=0, close_fee_reserve=0, initial_basis=0, maintenance_basis=0)
    open_position(engine, LONG)
    engine.send(c.PublishMark(LINEAR, 990))
    row = row_of(engine, "positions", account=ANN)
    assert (row["size_lots"], row["entry_value_atoms"], row["value_atoms"]) == (200, 600_000, 594_000)
    assert (row["unrealized_atoms"], row["collateral_atoms"], row["isolated"]) == (-6_000, 60_000, True)
    assert (row["maintenance_atoms"], row["group_equity_atoms"]) == (30_000, 54_000)
    assert (row["liquidation_units"], row["bankruptcy_units"]) == (950, 900)
    wallet = row_of(engine, "wallets", account=ANN, asset="asset 1")
    assert (wallet["balance_atoms"], wallet["equity_atoms"], wallet["withdrawable_atoms"]) == (940_000,) * 3
    assert row_of(engine, "positions", account=BOB)["liquidation_units"] > 1_000


def test_a_position_that_no_mark_can_hurt_has_no_liquidation_price():
    """A long with more cash than it can lose."""
    engine = venue()
    open_position(engine, LONG, isolated=False, lots=100)
    row = row_of(engine, "positions", account=ANN)
    assert row["liquidation_units"] == 0 and row["bankruptcy_units"] == 1


def test_tables_have_live_rows_only_and_names():
    engine = venue()
    engine.send(c.PlaceOrder(ANN, LINEAR, 1, c.Side.BUY, 10, 900, flags=2),
                c.PlaceOrder(ANN, LINEAR, 2, c.Side.BUY, 5, 901), c.CancelOrder(ANN, 1),
                c.PlaceOrder(ANN, INVERSE, 3, c.Side.SELL, 7, order_type=codes.OrderType.STOP_MARKET,
                             trigger_ticks=950))
    tables = engine.tables()
    assert set(tables) == {"accounts", "wallets", "positions", "orders", "triggers", "takeovers", "instruments",
                           "indices"}
    assert tables["orders"]["order_id"].to_list() == [2] and tables["triggers"]["order_id"].to_list() == [3]
    assert tables["triggers"]["order_type"].to_list() == ["stop_market"]
    assert tables["instruments"]["kind"].to_list() == ["linear", "inverse"]
    assert tables["instruments"]["state"].to_list() == ["trading"] * 2
    assert len(tables["accounts"]) == 10 and len(tables["positions"]) == len(tables["takeovers"]) == 0
    assert set(tables["wallets"]["holder"]) == {"external", "account 16", "account 17"}
    assert tables["wallets"]["balance_atoms"].sum() == 0
    profile = load_plain("venues.profile").load_profile("example")
    named = engine.tables(profile)
    assert named["orders"]["instrument"].to_list() == ["BTCUSDT"] and "USDT" in named["wallets"]["asset"].to_list()


def test_a_takeover_is_in_its_table_and_frames_stay_as_they_are():
    engine = venue()
    open_position(engine, LONG)
    before = engine.tables()
    engine.send(c.PublishMark(LINEAR, 940))
    after = engine.tables()
    assert before["positions"].filter(before["positions"]["account"] == ANN)["mark_units"].to_list() == [1_000]
    assert after["takeovers"].select("account", "size_lots").rows() == [(ANN, 200)]
    assert ANN not in after["positions"]["account"]


@pytest.mark.compiled
def test_both_forms_show_the_same():
    """The compiled engine's tables are those of the plain one, whatever happened."""
    engines = [Engine(), importlib.import_module("steelyard.api.engine").Engine()]
    stream = Stream(4)
    commands = c.records(stream.opening() + [stream.next() for _number in range(400)])
    events = [engine.apply(commands) for engine in engines]
    assert np.array_equal(*events)
    plain, compiled = (engine.tables() for engine in engines)
    for name in plain:
        assert plain[name].equals(compiled[name]), name
    assert len(plain["positions"]) > 3 and len(plain["orders"]) > 0
