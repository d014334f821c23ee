"""Published BitMEX positions and orders, opened in the engine under the profile of their date: the tables show the
rows.

Vectors that no rule here can answer, and why: B16 mixes two multipliers in its text; B29 is about status codes of a web
service; the entry of B09a is an average of fills that were not published, so it is recomputed by rule only.
"""
from datetime import date, datetime

import numpy as np
import pytest

from steelyard.kernel import load_plain
from steelyard.units import PPB
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile

records, codes = load_plain("engine.records"), load_plain("codes")
groups = load_plain("engine.groups")
START = 1_600_000_000 * 10**9 // (8 * 3600 * 10**9) * 8 * 3600 * 10**9 + 5 * 3600 * 10**9
ANN, BOB, CAT = 16, 17, 18
BUY, SELL = 1, -1


class Venue:
    """An engine that was told the profile of a date, with one instrument and three accounts."""

    def __init__(self, as_of, symbol, mark, atoms=10**12):
        profile = load_profile("bitmex", as_of)
        self.contract = profile.instrument(symbol)
        self.engine = load_plain("engine.engine").Engine()
        self.state, self.order_id = self.engine.state, 0
        for event in self.engine.apply(profile_commands(profile, START, (symbol,))):
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        self.terms = self.contract.terms
        for account in (ANN, BOB, CAT):
            self.send("SET_ACCOUNT", account=account)
            self.send("DEPOSIT", account=account, asset=self.terms["settlement_asset"], amount_atoms=atoms)
        self.mark(mark)

    def send(self, kind, **fields):
        """One command; a refusal fails the test."""
        command = records.new_commands(1)
        command["kind"] = codes.CommandKind[kind]
        for name, value in fields.items():
            command[name] = value
        events = self.engine.apply(command)
        for event in events:
            assert event["kind"] != codes.REJECTED, codes.Reason(int(event["reason"])).name
        return events

    def mark(self, units):
        """Every source of the index prints, in index units; without a rate the mark is the index."""
        events = []
        index = self.state.indices[self.terms["index_id"]]
        for number in range(records.INDEX_SOURCES_MAX):
            if index.sources[number].weight_ppb > 0:
                events.append(self.send("PUBLISH_PRICE", parameter=self.terms["index_id"], flags=number, value=units))
        assert self.row.mark_price_units == units * self.terms["mark_units_per_index_unit"]
        return np.concatenate(events)

    @property
    def row(self):
        return self.state.instruments[self.contract.id]

    def settings(self, account, isolated, leverage):
        """Margin mode and leverage."""
        self.send("SET_MARGIN_MODE", account=account, instrument=self.contract.id, value=int(isolated))
        self.send("SET_LEVERAGE", account=account, instrument=self.contract.id, value=-(-PPB // leverage))

    def order(self, account, side, lots, ticks):
        """A limit order."""
        self.order_id += 1
        return self.send("PLACE_ORDER", account=account, instrument=self.contract.id, side=side, size_lots=lots,
                         price_ticks=ticks, order_type=codes.ORDER_LIMIT, order_id=self.order_id)

    def trade(self, account, side, lots, ticks):
        """The account trades as taker with Cat; returns the TRADED event."""
        self.order(CAT, -side, lots, ticks)
        return [event for event in self.order(account, side, lots, ticks) if event["kind"] == codes.TRADED][0]

    def position(self, account=ANN):
        """The position row of an account."""
        return next(row for row in (self.state.positions[n] for n in range(1, self.state.positions_pool.high_water + 1))
                    if row.account == account)

    def wallet(self, account=ANN):
        """The wallet row of an account."""
        return self.state.wallets[self.position(account).wallet]

    def position_row(self, account=ANN):
        """The number of that row."""
        return next(n for n in range(1, self.state.positions_pool.high_water + 1)
                    if self.state.positions[n].account == account)


def test_B02_long_one_isolated_at_1x():
    """B02 XBTUSD long 1 @ 3779.5: cost, margin, maintenance, profit and live margin of the row; bankruptcy at 1890."""
    venue = Venue(date(2019, 1, 4), "XBTUSD", 375_412)
    venue.settings(ANN, True, 1)
    venue.trade(ANN, BUY, 1, 7_559)
    position = venue.position()
    assert abs(position.entry_value_atoms) == 26_459
    assert position.collateral_atoms == 26_499
    assert groups.position_maintenance(venue.state, venue.position_row()) == 173
    assert groups.unrealized(venue.state, venue.position_row()) == -178
    assert groups.group_equity(venue.state, venue.position_row(), 1) == 26_321


def test_B04_short_thirty_cross_at_100x():
    """B04 XBTUSD short 30 @ 3968: cost, margin taken from the wallet, profit; the maker's rebate is 189."""
    venue = Venue(date(2019, 3, 25), "XBTUSD", 396_482)
    venue.settings(ANN, False, 100)
    venue.order(ANN, SELL, 30, 7_936)
    event = [event for event in venue.order(CAT, BUY, 30, 7_936) if event["kind"] == codes.TRADED][0]
    assert int(event["maker_fee_atoms"]) == -189
    assert venue.position().entry_value_atoms == 756_060
    assert venue.wallet().initial_requirement_atoms == 7_561 + 573
    assert groups.unrealized(venue.state, venue.position_row()) == 600


def test_B05_position_and_open_order():
    """B05 XBTUSD long 1 @ 7130 with a bid 1 @ 7092 at 100x: 141 + 11 for the position, 163 for the order."""
    venue = Venue(date(2020, 4, 12), "XBTUSD", 713_579)
    venue.settings(ANN, False, 100)
    venue.trade(ANN, BUY, 1, 14_260)
    assert abs(venue.position().entry_value_atoms) == 14_025
    assert venue.wallet().initial_requirement_atoms == 152
    venue.order(ANN, BUY, 1, 14_184)
    assert venue.position().open_buy_value_atoms == 14_100
    assert venue.wallet().initial_requirement_atoms == 152 + 163


def test_B06_only_what_goes_beyond_the_position_is_charged():
    """B06 XBTUSD short 6 @ 3779.5 with a bid of 7 at the same price, 1x: 26,519 for the one lot beyond."""
    venue = Venue(date(2019, 1, 4), "XBTUSD", 377_950)
    venue.settings(ANN, True, 1)
    venue.trade(ANN, SELL, 6, 7_559)
    assert venue.wallet().initial_requirement_atoms == 0
    venue.order(ANN, BUY, 6, 7_558)
    assert venue.wallet().initial_requirement_atoms == 0
    venue.send("CANCEL_ORDERS", account=ANN)
    venue.order(ANN, BUY, 7, 7_559)
    assert venue.position().open_buy_value_atoms == 185_213
    assert venue.wallet().initial_requirement_atoms == 26_519


def test_B01_isolated_collateral_and_bankruptcy_price():
    """B01 ETHUSDT long 2,000 @ 1963 at 3x: 13,125,928 of margin, 13,149,828 live; taken over at its bankruptcy value.

    The engine's takeover value counts the closing-fee reserve to the trader only while equity lasts; the row's
    26,173,333 leaves it out always (LIQD-003, LIQD-005).
    """
    venue = Venue(date(2022, 5, 21), "ETHUSDT", 196_419)
    venue.settings(ANN, True, 3)
    venue.trade(ANN, BUY, 2, 1_963 * 20)
    position = venue.position()
    assert (position.entry_value_atoms, position.collateral_atoms) == (39_260_000, 13_125_928)
    venue.row.mark_price_units, venue.row.mark_unit_value_atoms = 1_964_195, 19_641_950      # finer than index units
    assert groups.unrealized(venue.state, venue.position_row()) == 23_900
    assert groups.group_equity(venue.state, venue.position_row(), 1) == 13_149_828
    taken = [event for event in venue.mark(130_000) if event["kind"] == codes.POSITION_TAKEN_OVER]
    assert len(taken) == 1 and int(taken[0]["value_atoms"]) == 39_260_000 - 13_125_928


def test_B17_the_tier_is_read_with_open_orders():
    """B17 Base limit 200 XBT, step 150: a position of 180 is in the base tier, an order of 50 more lifts it one
    step."""
    xbt = 100_000_000
    venue = Venue(date(2020, 3, 12), "XBTUSD", 1_000_000, atoms=10_000 * xbt)
    venue.trade(ANN, BUY, 1_800_000, 20_000)
    assert venue.position().tier == 0
    assert groups.position_maintenance(venue.state, venue.position_row()) - 90_000_000 == -(
        -(180 * xbt + 180 * xbt // 100) * 750_000 // PPB)
    venue.order(ANN, BUY, 500_000, 20_000)
    assert venue.position().tier == 1
    initial = 230 * xbt * 15 // 1_000
    reserve = -(-(180 * xbt + 180 * xbt * 15 // 1_000) * 750_000 // PPB)
    entry = -(-50 * xbt * 750_000 // PPB)
    leave = -(-(50 * xbt + 50 * xbt * 15 // 1_000) * 750_000 // PPB)
    assert venue.wallet().initial_requirement_atoms == initial + reserve + entry + leave


@pytest.mark.parametrize("moment,lot,values", [
    (datetime(2021, 6, 8, 4, 29), 1, (2_000, 2_000)), (datetime(2021, 6, 8, 4, 31), 100, (200_000, 199_998))])
def test_B25_what_rounding_per_lot_did_to_prices(moment, lot, values):
    """B25 B24 One lot at 50,000 and at 50,000.5: worth the same at lot 1, told apart at lot 100; a lot is the least
    there is."""
    venue = Venue(moment, "XBTUSD", 5_000_000)
    told = [int(venue.trade(ANN, BUY, 1, ticks)["value_atoms"]) for ticks in (100_000, 100_001)]
    assert tuple(told) == values and venue.contract.terms["lot_value_numerator"] == 10**10 * lot


def test_B18_the_old_schedule():
    """B18 Base 100, step 50, initial margin 2 %: 80 + 50 is one step up, 1 % and 2.5 %."""
    venue = Venue(date(2020, 3, 12), "XBTUSD", 1_000_000, atoms=10**13)
    xbt, percent = 100_000_000, PPB // 100
    for number, (cap, initial, maintenance) in enumerate([(100, 20, 5), (150, 25, 10), (200, 30, 15)]):
        venue.send("SET_TIER", instrument=venue.contract.id, parameter=number, amount_atoms=cap * xbt,
                   value=initial * percent // 10, size_lots=maintenance * percent // 10)
    venue.trade(ANN, BUY, 800_000, 20_000)
    assert venue.position().tier == 0
    venue.order(ANN, BUY, 500_000, 20_000)
    tier = venue.row.tiers[venue.position().tier]
    assert (venue.position().tier, tier.initial_ppb, tier.maintenance_ppb) == (1, 25_000_000, 10_000_000)


def test_B19_bids_are_charged_net_of_offers():
    """B19 Bid 20 @ 100 and offer 15 @ 150 (in lots of the perpetual): margin of five bids and fifteen offers."""
    venue = Venue(date(2020, 3, 12), "XBTUSD", 1_200_000)
    venue.order(ANN, BUY, 2_000, 20_000)
    bids = venue.position().open_buy_value_atoms
    venue.order(ANN, SELL, 1_500, 30_000)
    offers = venue.position().open_sell_value_atoms
    charged = offers + bids * 500 // 2_000
    initial = -(-charged // 100)
    fees = -(-charged * 750_000 // PPB) - (-(charged + initial) * 750_000 // PPB)
    assert venue.wallet().initial_requirement_atoms == initial + fees
