"""CALR-009, CALR-010: the prices that clearing publishes, from what was seen, carried out by the engine."""
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from steelyard.kernel import load_plain
from steelyard.units import HOUR, MINUTE, SECOND
from steelyard.venues.calendar import load_calendar
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import find_profile, load_profile
from steelyard.venues.settling import Publisher

codes, records = load_plain("codes"), load_plain("engine.records")
CALENDAR = load_calendar(find_profile("cme"))
ANN, BOB = 16, 17


def at(*when) -> int:
    """A time in ns UTC."""
    return int(datetime(*when, tzinfo=UTC).timestamp()) * SECOND


class Clearing:
    """An engine under the CME profile of a day with two months of a product, and its publisher."""

    def __init__(self, begin_ns, day, product="BTC"):
        self.profile = load_profile("cme", day)
        self.months = sorted((one for one in self.profile.instruments if one.symbol.startswith(product)
                              and one.terms["expiry_s"] * SECOND > begin_ns), key=lambda one: one.terms["expiry_s"])[:2]
        self.engine, self.now, self.order_id = load_plain("engine.engine").Engine(), begin_ns, 0
        self.publisher = Publisher(CALENDAR, self.months, begin_ns)
        self.apply(profile_commands(self.profile, begin_ns, tuple(one.symbol for one in self.months)))
        self.print(19_000)
        for account in (ANN, BOB):
            self.send("SET_ACCOUNT", account=account)
            self.send("DEPOSIT", account=account, asset=1, amount_atoms=10**8 * 10**6)

    def apply(self, commands):
        """Commands and what clearing does about them."""
        events = self.engine.apply(commands)
        assert not (events["kind"] == codes.REJECTED).any(), [
            codes.Reason(int(one["reason"])).name for one in events if one["kind"] == codes.REJECTED]
        self.publisher.note(commands, events)
        due = self.publisher.due(int(self.engine.state.now_ns), self.engine.state)
        due["time_ns"] = 0
        return np.concatenate([events, self.apply(due)]) if len(due) else events

    def send(self, kind, **fields):
        """One command at the present time."""
        command = records.new_commands(1)
        command["kind"], command["time_ns"] = codes.CommandKind[kind], self.now
        for name, value in fields.items():
            command[name] = value
        return self.apply(command)

    def print(self, dollars):
        """Every source prints."""
        for index in self.profile.indices[:1]:
            for feed in index.feeds:
                self.send("PUBLISH_PRICE", parameter=index.id, flags=feed.number, value=dollars * 100)

    def order(self, month, account, side, lots, dollars):
        """A limit order."""
        self.order_id += 1
        self.send("PLACE_ORDER", account=account, instrument=self.months[month].id, side=side, size_lots=lots,
                  price_ticks=dollars // 5, order_type=codes.ORDER_LIMIT, order_id=self.order_id)

    def trade(self, month, lots, dollars):
        """Bob sells to Ann."""
        self.order(month, ANN, 1, lots, dollars)
        self.order(month, BOB, -1, lots, dollars)

    def settled(self, month):
        """The price of the last session's end, in dollars."""
        return int(self.engine.state.instruments[self.months[month].id].session_price_units) / 100


def test_CALR_009_the_day_is_settled_at_what_traded_in_the_window():
    """CALR-009 DSET-002 2 at 19,100 and 1 at 19,110 in the last minute before 15:00 Chicago: 19,105; a trade before it
    does not count; the second month by what both books imply."""
    clearing = Clearing(at(2018, 1, 16, 20, 0), date(2018, 1, 16))
    clearing.trade(0, 1, 18_000)
    clearing.now = at(2018, 1, 16, 20, 59, 30)
    clearing.trade(0, 2, 19_100)
    clearing.trade(0, 1, 19_110)
    clearing.order(0, ANN, 1, 1, 19_100)
    clearing.order(0, BOB, -1, 1, 19_110)
    clearing.order(1, ANN, 1, 1, 19_250)
    clearing.order(1, BOB, -1, 1, 19_255)
    clearing.now = at(2018, 1, 16, 21, 0, 1)
    events = clearing.send("ADVANCE")
    assert clearing.settled(0) == 19_105 and clearing.settled(1) == 19_105 + 140
    turned = [int(event["account"]) for event in events if event["kind"] == codes.SESSION_SETTLED]
    assert sorted(set(turned)) == [ANN, BOB]


def test_CALR_009_without_trades_quotes_and_without_quotes_carry():
    """CALR-009 DSET-003 DSET-004 The middle of 19,095 and 19,110 after a lower mark: 19,100; next day nobody quotes:
    the index carried to the expiry at the calendar's rate."""
    clearing = Clearing(at(2018, 1, 16, 20, 0), date(2018, 1, 16))
    clearing.order(0, ANN, 1, 1, 19_095)
    clearing.order(0, BOB, -1, 1, 19_110)
    clearing.now = at(2018, 1, 16, 21, 0)
    clearing.send("ADVANCE")
    assert clearing.settled(0) == 19_100
    clearing.send("CANCEL_ORDERS")
    clearing.now = at(2018, 1, 17, 21, 0)
    clearing.print(19_000)
    days = (clearing.months[0].terms["expiry_s"] * SECOND - clearing.now) // (24 * HOUR)
    expected = 19_000 * (1 + days / 365 * CALENDAR.carry_ppb(clearing.now) / 1e9)
    assert abs(clearing.settled(0) - expected) <= 2.5


def test_CALR_009_profit_becomes_cash_twice_a_day():
    """CALR-009 At the hour of the first variation the session ends at the mark; at the settlement once more."""
    clearing = Clearing(at(2018, 1, 16, 14, 0), date(2018, 1, 16))
    clearing.trade(0, 1, 19_000)
    found = []
    for hour, minute in ((18, 0), (18, 1), (20, 59), (21, 0), (21, 1)):
        clearing.now = at(2018, 1, 16, hour, minute)
        found += [(hour, minute) for event in clearing.send("ADVANCE") if event["kind"] == codes.SESSION_BEGUN]
    assert sorted(set(found)) == [(18, 0), (21, 0)]


def test_CALR_010_a_contract_ends_at_the_reference_rate_of_its_last_hour():
    """CALR-010 BRRR-003 Eleven parts of the hour before 16:00 London at 19,000, one at 19,120: 19,010; positions are
    closed at it."""
    clearing = Clearing(at(2018, 1, 26, 14, 30), date(2018, 1, 26))
    expiry = clearing.months[0].terms["expiry_s"] * SECOND
    assert expiry == at(2018, 1, 26, 16, 0)
    clearing.trade(0, 3, 19_000)
    for part in range(12):
        clearing.now = expiry - HOUR + part * 5 * MINUTE + SECOND
        clearing.print(19_120 if part == 7 else 19_000)
    clearing.now = expiry + SECOND
    events = clearing.send("ADVANCE")
    settled = [event for event in events if event["kind"] == codes.INSTRUMENT_SETTLED]
    assert [int(event["price_units"]) for event in settled] == [1_901_000]
    assert int(clearing.engine.state.instruments[clearing.months[0].id].state) == codes.STATE_SETTLED
    assert int(clearing.engine.state.instruments[clearing.months[1].id].state) == codes.STATE_TRADING


def test_CALR_010_without_prints_it_is_the_index():
    """CALR-010 Nobody printed in the last hour: the index as it stands."""
    clearing = Clearing(at(2018, 1, 26, 14, 30), date(2018, 1, 26))
    clearing.now = clearing.months[0].terms["expiry_s"] * SECOND + SECOND
    events = clearing.send("ADVANCE")
    assert [int(event["price_units"]) for event in events if event["kind"] == codes.INSTRUMENT_SETTLED] == [1_900_000]


@pytest.mark.parametrize("year", [2019, 2021, 2024])
def test_CALR_009_the_calendar_knows_its_times(year):
    """CALR-009 The window is a minute, the first variation at noon in Chicago of business days."""
    begin = at(year, 6, 3, 0, 0)
    assert CALENDAR.settlement_window_ns(begin) == MINUTE
    found = CALENDAR.variations(begin, begin + 7 * 24 * HOUR)
    assert len(found) == 5 and found[0] == at(year, 6, 3, 17, 0)
    assert SimpleNamespace(carry=CALENDAR.carry_ppb(begin)).carry > 0
