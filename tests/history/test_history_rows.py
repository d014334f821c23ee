"""Rows of the history: whose they are, that they are exact, that they read as the live views do."""
from itertools import pairwise

import numpy as np
import pytest
import sqlalchemy as sa
from history_world import ANN, BOB, CROWD, PROFILE, START_NS, XBT, XBTUSD, HistoryWorld, market_day

from steelyard import codes
from steelyard.api.commands import (
    AmendOrder,
    CancelOrder,
    Note,
    PlaceOrder,
    SetAccount,
    SetInstrumentState,
    Side,
    Transfer,
)
from steelyard.engine.records import EVENT
from steelyard.kernel import COMPILED
from steelyard.units import HOUR
from steelyard.venues.commands import profile_commands
from steelyard.views.history import schema
from steelyard.views.history.common import columns_of
from steelyard.views.history.queries import Queries
from steelyard.views.history.store import Folded
from steelyard.views.orders import OrdersView
from steelyard.views.view import PEOPLE

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")


@pytest.fixture
def world(tmp_path):
    made = HistoryWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A day of trading with everything in it; read only."""
    made = HistoryWorld(tmp_path_factory.mktemp("day"))
    orders = OrdersView(made.venue.engine, made.scales)
    made.venue.add_listener(orders.fold)
    market_day(made, 300)
    made.history.flush()
    yield made, orders
    made.close()


def test_only_people_have_rows_of_their_own(day):
    """HIST-001: the crowd appears in candles, trades and public liquidations, and nowhere else."""
    world, _orders = day
    for table in (schema.ORDERS, schema.FILLS, schema.LEDGER, schema.LIQUIDATIONS):
        accounts = {row["account"] for row in world.rows(table)}
        assert accounts and all(account in PEOPLE for account in accounts), table.name
    assert {row["crowd"] for row in world.rows(schema.FORCED_CLOSINGS)} == {0, 1}
    public = Queries(world.history).public_liquidations("XBTUSD", limit=1000).items
    assert len(public) == len(world.rows(schema.FORCED_CLOSINGS)) and "account" not in public[0]


def test_the_ledger_adds_up_to_the_engine(day):
    """HIST-004: every entry stands on the one before it; the last are the engine's balances, to the atom."""
    world, _orders = day
    assert world.history.holdings.differences(world.venue.engine.states) == []
    places = {}
    for row in world.rows(schema.LEDGER):
        place = row["account"], row["asset"], row["instrument"] if row["collateral"] else 0
        assert row["balance_atoms"] == places.get(place, 0) + row["atoms"] and row["atoms"] != 0
        places[place] = row["balance_atoms"]
    state = world.venue.engine.states.view(np.ndarray)[0]
    wallets = state["wallets"][np.isin(state["wallets"]["account"], list(PEOPLE[:100]))]
    assert len(wallets) == 5
    for wallet in wallets:
        assert places[int(wallet["account"]), XBT, 0] == wallet["balance_atoms"]
    fills = {row["id"]: row for row in world.rows(schema.FILLS)}
    fees = [row for row in world.rows(schema.LEDGER) if row["reason"] == codes.Reason.fee]
    assert len(fees) == len(fills)
    assert all(row["atoms"] == -fills[row["fill_id"]]["fee_atoms"] for row in fees)


def test_a_fill_of_an_isolated_position_is_booked_where_it_belongs(world):
    """HIST-004: profit and fee of a fill that only reduces go to the collateral, the rest comes back to the wallet."""
    world.price(8_000)
    world.people(ANN, CROWD, coins=1, leverage=10)
    world.trade(ANN, Side.BUY, 2_000, 8_000)
    world.trade(ANN, Side.SELL, 500, 8_100, name="part")
    last = Queries(world.history).fills(ANN, limit=1).items[0]
    entries = [one for one in Queries(world.history).ledger(ANN).items if one["fill_id"] == last["id"]]
    assert [(one["place"], one["reason"], one["counterpart"]) for one in reversed(entries)] == [
        ("collateral", "trade", "clearing"), ("collateral", "fee", "fees"), ("wallet", "collateral", "collateral"),
        ("collateral", "collateral", "wallet")]
    assert last["client_order_id"] == "part" and last["fee_rate"] == "0.00075" and last["liquidity"] == "taker"
    assert entries[-1]["amount"] == last["realized"] == "0.00077000"
    assert entries[-2]["amount"] == f"-{last['fee']}"


def test_transfers_name_the_other_account(world):
    """HIST-004"""
    world.people(ANN, coins=1)
    world.send(SetAccount(BOB, parent=ANN), Transfer(ANN, BOB, XBT, 40_000))
    queries = Queries(world.history)
    paid, got = queries.ledger(ANN).items[0], queries.ledger(BOB).items[0]
    assert (paid["amount"], paid["counterpart_account"]) == ("-0.00040000", str(BOB))
    assert (got["amount"], got["balance"], got["counterpart_account"]) == ("0.00040000", "0.00040000", str(ANN))


def test_orders_read_as_in_the_live_view(day):
    """HIST-003: the same order from history and from the view of open orders is the same text."""
    world, view = day
    queries = Queries(world.history)
    compared, roles = 0, set()
    for account in range(ANN, ANN + 5):
        cursor = None
        while True:
            page = queries.orders(account, cursor=cursor, limit=37)
            for order in page.items:
                live = view.get(int(order["order_id"]))
                if live is not None:
                    assert order == live.wire(world.scales)
                    compared += 1
                    roles.add((order["role"], order["state"]))
            cursor = page.next
            if cursor is None:
                break
    assert compared > 200 and {("stop", "filled"), ("target", "filled"), ("order", "canceled")} <= roles


def test_fills_read_as_in_the_live_view(day):
    """HIST-010: ids too."""
    world, view = day
    shown = view.snapshot("fills", ANN)
    known = {one["id"]: one for one in Queries(world.history).fills(ANN, limit=1000).items}
    assert len(shown) > 20
    for one in shown:
        assert one.items() <= known[one["id"]].items()


def test_a_name_waits_for_its_order_over_the_end_of_a_batch(world):
    """HIST-003: a note at the very end of what is folded names the order that comes next, after a restart too."""
    world.price(8_000)
    world.people(ANN, coins=1)
    number = world.venue.next_sequence + 1
    world.send(Note(ANN, number, "late"))
    world.close()
    world.open()
    world.send(PlaceOrder(ANN, XBTUSD, number, Side.BUY, 100, 15_000))
    assert Queries(world.history).order(ANN, client_order_id="late")["order_id"] == str(number)
    assert Queries(world.history).names(ANN) == {"late": number}


def test_an_order_keeps_its_story(world):
    """HIST-003: amended, partly filled, canceled; refused ones keep their reason; another's order is not there."""
    world.price(8_000)
    world.people(ANN, CROWD, coins=1)
    number = world.order(ANN, Side.BUY, 1_000, 7_990, "mine")
    world.send(AmendOrder(ANN, number, 800, 15_990))
    world.order(CROWD, Side.SELL, 300, 7_995)
    world.after(5).send(CancelOrder(ANN, number))
    queries = Queries(world.history)
    order = queries.order(ANN, number)
    assert (order["size"], order["filled"], order["remaining"], order["price"]) == ("800", "300", "500", "7995.0")
    assert (order["state"], order["reason"], order["average_price"]) == ("canceled", "canceled_by_owner", "7995.00")
    assert order["updated"] - order["created"] == 5_000
    refused = world.order(ANN, Side.BUY, 9_000_000, 8_000, "big")
    assert queries.order(ANN, client_order_id="big")["reason"] == "initial_margin_must_be_covered"
    assert queries.order(ANN, refused)["state"] == "refused"
    assert queries.order(BOB, number) is None


def test_funding_payments_have_the_rate_that_was_exchanged(world):
    """HIST-010: amount = value at the mark of the stamp x rate, to the rounding of one atom."""
    world.price(8_000)
    world.people(ANN, CROWD, coins=1, leverage=5)
    world.trade(ANN, Side.BUY, 10_000, 8_000)
    world.order(CROWD, Side.BUY, 1_000, 8_010)
    world.order(CROWD, Side.SELL, 1_000, 8_030)
    for _hour in range(60):
        world.after(HOUR // 10**9).price(8_000)
    world.send(AmendOrder(ANN, 1, 1))
    queries = Queries(world.history)
    payments, stamps = queries.funding_payments(ANN, limit=100).items, queries.funding_rates("XBTUSD").items
    assert payments and any(one["exchanged"] for one in stamps)
    paid = [one for one in world.rows(schema.FUNDING_PAYMENTS) if one["rate_ppb"]]
    assert paid
    for one in paid:
        value = -one["size_lots"] * round(10**10 / one["mark_units"])
        assert abs(one["cash_atoms"] - value * one["rate_ppb"] / 10**9) <= 2
    booked = [one for one in world.rows(schema.LEDGER) if one["reason"] == codes.Reason.funding]
    assert [one["atoms"] for one in booked] == [one["cash_atoms"] for one in world.rows(schema.FUNDING_PAYMENTS)]


def test_candles_are_what_a_plain_loop_makes_of_the_events(tmp_path):
    """HIST-011: 1m by hand from every event; 5m, 15m and 1h from those."""
    world, told = HistoryWorld(tmp_path), []
    world.venue.add_listener(lambda batch: told.append(batch.events.copy()))
    market_day(world, 200, seed=3)
    events = np.concatenate(told)
    plain = {}
    for event in events:
        minute = int(event["time_ns"]) // (60 * 10**9)
        if event["kind"] == codes.TRADED:
            plain.setdefault(minute, []).append((int(event["price_ticks"]), int(event["size_lots"])))
    queries = Queries(world.history)
    world.history.flush()
    candles = {one["time"] // 60_000: one for one in queries.candles("XBTUSD", limit=1000)}
    scale = world.scales.by_symbol["XBTUSD"]
    for minute, trades in plain.items():
        prices = [ticks for ticks, _lots in trades]
        one = candles[minute]
        assert [one["open"], one["high"], one["low"], one["close"]] == [
            scale.price(ticks) for ticks in (prices[0], max(prices), min(prices), prices[-1])]
        assert one["volume"] == str(sum(lots for _ticks, lots in trades))
    ordered = [candles[minute] for minute in sorted(candles)]
    assert all(after["open"] == before["close"] for before, after in pairwise(ordered) if after["volume"] == "0")
    for interval, minutes in (("5m", 5), ("15m", 15), ("1h", 60)):
        for one in queries.candles("XBTUSD", interval, limit=1000):
            part = [each for each in ordered if each["time"] // (minutes * 60_000) == one["time"] // (minutes * 60_000)]
            assert one["open"] == part[0]["open"] and one["close"] == part[-1]["close"]
            assert float(one["high"]) == max(float(each["high"]) for each in part)
            assert float(one["low"]) == min(float(each["low"]) for each in part)
            assert int(one["volume"]) == sum(int(each["volume"]) for each in part)
            assert one["mark"] == part[-1]["mark"] and one["index"] == part[-1]["index"]
    middle = ordered[len(ordered) // 2]["time"]
    assert queries.candles("XBTUSD", start_ms=middle, limit=3) == ordered[len(ordered) // 2:][:3]
    assert queries.candles("XBTUSD", end_ms=middle, limit=3) == ordered[:len(ordered) // 2][-3:]
    world.close()


def test_trades_and_crowd_are_kept_to_a_bound(tmp_path):
    """HIST-011: the last ones stay, people's liquidations all of them."""
    world = HistoryWorld(tmp_path, trades_kept=50, crowd_kept=3)
    market_day(world, 200)
    trades = world.rows(schema.TRADES)
    assert [one["number"] for one in trades] == list(range(trades[0]["number"], trades[0]["number"] + 50))
    crowd = [one["number"] for one in world.rows(schema.FORCED_CLOSINGS) if one["crowd"]]
    assert crowd == list(range(crowd[0], crowd[0] + 3)) and crowd[0] > 1
    people = [one["number"] for one in world.rows(schema.FORCED_CLOSINGS) if not one["crowd"]]
    assert people == list(range(1, len(people) + 1))
    world.close()


def test_orders_and_fills_of_people_are_kept_to_a_bound(tmp_path):
    """HIST-012: the newest stay, open orders all of them, and the ledger whole."""
    world = HistoryWorld(tmp_path, own_kept=40, drop_every=1)
    market_day(world, 200)
    ended = [one for one in world.rows(schema.ORDERS) if one["ended"]]
    fills = sorted(one["id"] for one in world.rows(schema.FILLS))
    booked = [one["fill_id"] for one in world.rows(schema.LEDGER) if one["fill_id"]]
    assert (len(ended), len(fills)) == (40, 40)
    assert min(booked) < fills[0] and max(booked) == fills[-1]
    state = world.venue.engine.states.view(np.ndarray)[0]["orders"]
    resting = {int(one["order_id"]) for one in state[:1000] if one["remaining_lots"] > 0 and one["order_id"] > 0}
    held = {one["order_id"] for one in world.rows(schema.ORDERS) if not one["ended"]}
    assert held and held <= resting | {one["order_id"] for one in world.rows(schema.ORDERS) if one["state"] == 1}
    world.close()


def test_the_fund_is_told_by_minutes(day):
    """HIST-011: what came and went explains what is there."""
    world, _orders = day
    rows = world.rows(schema.INSURANCE)
    assert rows
    balance = 0
    for row in rows:
        balance += row["received_atoms"] - row["paid_atoms"]
        assert row["balance_atoms"] == balance
    state = world.venue.engine.states.view(np.ndarray)[0]
    assert balance == state["wallets"][1 + 3 * 64 + XBT]["balance_atoms"]
    assert Queries(world.history).insurance_fund("XBTUSD", 2)[-1]["value"] == f"{balance / 10**8:.8f}"


def test_a_batch_of_many_is_folded_as_one(tmp_path):
    """HIST-002: several batches joined are their commands and events one after the other."""
    commands = profile_commands(PROFILE, START_NS, ("XBTUSD",))
    joined = Folded.of([Folded(1, commands[:3], np.zeros(0, EVENT), 5),
                        Folded(4, commands[3:], np.zeros(2, EVENT), 9)])
    assert joined.first == 1 and joined.time_ns == 9 and len(joined.events) == 2
    assert joined.commands.tobytes() == commands.tobytes()


def test_state_changes_are_kept(world):
    """HIST-011"""
    world.send(SetInstrumentState(XBTUSD, codes.InstrumentState.HALTED))
    world.send(SetInstrumentState(XBTUSD, codes.InstrumentState.TRADING))
    world.history.flush()
    assert [one["state"] for one in Queries(world.history).state_changes("XBTUSD").items] == ["trading", "halted"]
    with world.history.database.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.STATES)).scalar() == 2


def test_values_that_all_rows_have_are_written_as_those_that_differ(world):
    """HIST-003: a transaction writes a value that all its orders have into its statement; the rows are the same, those
    of one order alone too, and of a name that looks like SQL."""
    table, rows = world.history._fold.orders.common.table, []
    for number, name in enumerate(["", "", "'); DROP TABLE orders; --"] + [""] * 120):
        row = np.zeros(1, table.rows.dtype)
        for field, value in dict(order_id=900 + number, account=ANN, instrument=XBT, side=1, size_lots=100, state=0,
                                 price_ticks=14_000 + number, sequence=70 + number, created_ns=5, updated_ns=6).items():
            row[field] = value
        row["name_bytes"] = len(name)
        row["name"] = np.frombuffer(name.encode().ljust(row["name"].nbytes, b"\0"), np.int64)
        rows.append(row)
    written = {}
    for parts in ([rows[0], rows[1]], rows, [rows[2]], [rows[0]]):
        some = np.concatenate(parts)
        with world.history.database.begin() as connection:
            world.history._upsert(connection, schema.ORDERS, columns_of(some))
        found = {row["order_id"]: row for row in world.rows(schema.ORDERS)}
        for row in some:
            alone = columns_of(row.reshape(1)).dicts()[0]
            assert dict(found[int(row["order_id"])]) == alone
            assert written.setdefault(int(row["order_id"]), alone) == alone
    assert len(written) == len(rows) and columns_of(np.concatenate(rows)).same["size_lots"] == 100
