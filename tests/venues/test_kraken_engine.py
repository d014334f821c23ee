"""Published Kraken positions, traded in the engine under the profile of their date."""
from datetime import date

import numpy as np
import pytest
from kraken_venue import ANN, BOB, BUY, CAT, DAN, HOUR, SELL, USD, XBT, Venue, codes, groups, kinds

from steelyard.kernel import load_plain

LATEST = date(2026, 10, 9)


def test_K01_inverse_position_and_its_liquidation_mark():
    """K01 MARG-010 PI long 1,000 @ 8,000 with .01 BTC: value .125, IM .0025, MM .00125; safe at 7,481.49, liquidated
    at 7,481.48. The closing order's limit, where equity is gone, is 7,407.5 on the grid of 0.5 (exact 7,407.41)."""
    venue = Venue(date(2021, 1, 1), "PI_XBTUSD")
    venue.open(ann=XBT // 100 + XBT // 1_000, bob=10 * XBT)
    venue.price("8000")
    venue.trade(ANN, BOB, 1_000, "8000")
    position = venue.position(ANN)
    assert abs(position.entry_value_atoms) == 125 * XBT // 1_000
    assert venue.state.wallets[position.wallet].initial_requirement_atoms == 25 * XBT // 10_000
    assert groups.position_maintenance(venue.state, venue.position_row(ANN)) == 125 * XBT // 100_000
    fee = XBT // 1_000 + XBT // 100 - venue.balance(ANN)
    venue.send("WITHDRAW", account=ANN, asset=1, amount_atoms=XBT // 1_000 - fee)
    assert venue.balance(ANN) == XBT // 100
    measures = load_plain("engine.measures")
    slack = groups.group_equity(venue.state, position.wallet, 0) - groups.group_maintenance(
        venue.state, position.wallet, 0)
    assert measures.liquidation_units(venue.row, position, slack) == 748_148
    assert kinds(venue.price("7481.49"), "LIQUIDATION_STARTED") == []
    events = venue.price("7481.48")
    assert kinds(events, "LIQUIDATION_STARTED", "POSITION_TAKEN_OVER") == ["LIQUIDATION_STARTED", "POSITION_TAKEN_OVER"]
    taken = next(event for event in events if event["kind"] == codes.POSITION_TAKEN_OVER)
    assert (taken["price_units"], venue.contract.price_text(int(taken["price_ticks"]))) == (740_741, "7407.5")
    venue.check()


def test_K09_market_order_stops_one_per_cent_from_the_price():
    """K09 ORDR-008 Reference 66,596: the market order's limit is 66,596 x 1.01 = 67,261.96, 67,261 on a grid of 1."""
    venue = Venue(LATEST, "PF_XBTUSD")
    venue.open(ann=100_000 * USD, bob=1_000_000 * USD)
    venue.price("66596")
    for text in ("67261", "67262"):
        venue.order(BOB, SELL, 10, text)
    venue.row.mark_price_units, venue.row.mark_unit_value_atoms = 6_659_600, 6_659_600 * 100
    venue.order(BOB, SELL, 1, "66596")
    events = venue.send("PLACE_ORDER", account=ANN, instrument=venue.contract.id, side=BUY, size_lots=21,
                        order_type=codes.ORDER_MARKET, order_id=99)
    prices = [int(event["price_ticks"]) for event in events if event["kind"] == codes.TRADED]
    assert prices == [66_596, 67_261]
    assert codes.canceled_collar in [event["reason"] for event in events if event["kind"] == codes.ORDER_CANCELED]


def test_MARG_030_the_level_is_read_from_contracts_with_orders():
    """MARG-030 400,000 contracts short are in the first level, an offer of 100,001 more lifts them into the second."""
    venue = Venue(LATEST, "PI_XBTUSD")
    venue.open(ann=100 * XBT, bob=100 * XBT)
    venue.price("80000")
    venue.trade(BOB, ANN, 400_000, "80000")
    assert venue.position(ANN).tier == 0
    venue.order(ANN, SELL, 100_000, "80100")
    assert venue.position(ANN).tier == 0
    venue.order(ANN, SELL, 1, "80100")
    assert venue.position(ANN).tier == 1
    venue.check()


def test_FUND_023_an_hour_is_charged_at_the_index_its_rate_was_set_at():
    """FUND-021 FUND-022 FUND-023 FUND-024 A premium of .4 % over 8: .05 %; set at 80,000, charged an hour later at
    80,000 although the index has moved to 88,000. 1 BTC long pays 40 USD; FUND-005: nothing at the first stamp."""
    venue = Venue(LATEST, "PF_XBTUSD")
    venue.open(ann=500_000 * USD, bob=500_000 * USD, cat=500_000 * USD)
    venue.price("80000")
    venue.order(CAT, BUY, 800, "80300")
    venue.order(CAT, SELL, 800, "80340")
    venue.trade(ANN, BOB, 10_000, "80320")
    before = venue.balance(ANN)
    for _minute in range(30):
        venue.later(60 * 10**9 - 1)
        venue.price("80000")
        venue.now += 1
    venue.send("ADVANCE")
    assert venue.row.funding_rate_ppb == 500_000 and venue.row.funding_amount_micro == 40 * USD * 10**6 // 10_000
    assert venue.balance(ANN) == before
    venue.price("88000")
    events = []
    for _minute in range(60):
        venue.later(60 * 10**9 - 1)
        venue.price("88000")
        venue.now += 1
    events = venue.send("ADVANCE")
    paid = {int(event["account"]): int(event["cash_atoms"]) for event in events
            if event["kind"] == codes.FUNDING_SETTLED}
    assert paid == {ANN: -40 * USD, BOB: 40 * USD}
    assert venue.balance(ANN) == before - 40 * USD and venue.now % HOUR == 0
    venue.check()


@pytest.mark.parametrize("as_of", [date(2020, 3, 12), date(2022, 10, 1), date(2024, 6, 1), LATEST])
def test_the_profile_trades_funds_and_liquidates_on_every_date(as_of):
    """FUND-005 LIQD-008 A small life under the rules of four dates: trade, a stamp, a fall, a liquidation; every
    invariant holds."""
    symbol, lots, cash = ("PI_XBTUSD", 1_000, XBT // 200)
    if as_of > date(2022, 3, 22):
        symbol, lots, cash = ("PF_XBTUSD", 10_000, 900 * USD)
    venue = Venue(as_of, symbol)
    venue.open(ann=cash, bob=1_000 * cash, cat=1_000 * cash)
    venue.price("8000")
    venue.trade(ANN, BOB, lots, "8000")
    venue.order(CAT, BUY, lots, "7900")
    venue.order(CAT, SELL, lots, "8100")
    venue.later(4 * HOUR)
    venue.price("8000")
    venue.order(CAT, BUY, lots, "7050")
    seen = [name for text in ("7900", "7600", "7300", "7100") for name in kinds(venue.price(text))]
    assert "LIQUIDATION_STARTED" in seen and "POSITION_TAKEN_OVER" in seen
    assert venue.position(ANN).size_lots == 0 and venue.balance(ANN) == 0
    venue.check()


def test_COLL_003_bitcoin_backs_a_linear_contract_and_pays_for_its_loss():
    """COLL-003 COLL-005 COLL-006 A fifth of a bitcoin at 80,000 counts for 15,640.80 USD of 16,000; a loss of 3,000 on
    1 BTC is paid with it; when bitcoin falls, position and collateral fall together and nobody owes anything."""
    venue = Venue(LATEST, "PF_XBTUSD")
    venue.open(ann=0, bob=1_000_000 * USD)
    venue.price("80000")
    venue.send("DEPOSIT", account=ANN, asset=1, amount_atoms=XBT // 5)
    venue.send("DEPOSIT", account=ANN, asset=venue.terms["settlement_asset"], amount_atoms=100 * USD)
    venue.trade(ANN, BOB, 10_000, "80000")
    equity = groups.group_equity(venue.state, venue.wallet_row(ANN), 0)
    assert equity == 15_640 * USD + 80 * USD // 100 + 60 * USD                 # 100 less the fee of 40
    venue.price("77000")
    assert kinds(venue.trade(BOB, ANN, 10_000, "77000"), "COLLATERAL_CONVERTED") == ["COLLATERAL_CONVERTED"]
    assert venue.balance(ANN) >= 0 and venue.balance(ANN, 1) < XBT // 5 - 2_960 * XBT // 77_000
    venue.check()
    venue.trade(ANN, BOB, 10_000, "77000")
    seen = [name for text in ("74000", "71000", "68000", "66000") for name in kinds(venue.price(text))]
    assert "LIQUIDATION_STARTED" in seen
    venue.check()


def test_K11_what_the_book_does_not_take_is_assigned():
    """K11 LIQD-028 LIQD-032 PI long 1,760,000: 1,007,379 in the book at the limit or better, 752,621 to providers who
    opted in, of whom one takes no more than 184,317. No takeover is left, nobody is deleveraged."""
    venue = Venue(date(2021, 1, 1), "PI_XBTUSD")
    venue.open(ann=0, bob=10**6 * XBT // 10**3, cat=10**6 * XBT // 10**3, dan=10**6 * XBT // 10**3)
    venue.send("DEPOSIT", account=ANN, asset=1, amount_atoms=10 * XBT)
    venue.price("40000")
    venue.trade(ANN, BOB, 1_760_000, "40000")
    limit = "33350"
    venue.order(CAT, BUY, 1_007_379, limit)
    for account, size in ((CAT, 184_317), (DAN, 10**7)):
        venue.send("SET_ASSIGNEE", account=account, instrument=venue.contract.id, size_lots=size, display_lots=10**7,
                   flags=3)
    events, price = [], 40_000
    while not kinds(np.array(events), "LIQUIDATION_STARTED") if len(events) else True:
        price -= 50
        events = venue.price(str(price))
    sold = sum(int(event["size_lots"]) for event in events if event["kind"] == codes.LIQUIDATION_STEPPED)
    assigned = dict.fromkeys((CAT, DAN), 0)
    for event in events:
        if event["kind"] == codes.ASSIGNED:
            assigned[int(event["account"])] += int(event["size_lots"])
    assert sold == 1_007_379 and sum(assigned.values()) == 752_621 and assigned[CAT] == 184_317
    assert venue.row.first_takeover == 0 and "DELEVERAGED" not in kinds(events)
    assert venue.position(ANN).size_lots == 0
    venue.check()


def test_SETL_007_a_linear_future_ends_at_the_average_of_its_last_half_hour():
    """SETL-007 MARK-020 FF_XBTUSD_261225, bought at 80,000: half of the last thirty minutes at 80,000, half at 82,000
    settles near 81,000; everybody is flat and every invariant holds."""
    venue = Venue(LATEST, "FF_XBTUSD_261225")
    venue.now = (venue.terms["expiry_s"] - 3_600) * 10**9
    venue.open(ann=50_000 * USD, bob=50_000 * USD)
    venue.price("80000")
    venue.trade(ANN, BOB, 10_000, "80000")
    before = venue.balance(ANN)
    for minute in range(61):
        venue.now = (venue.terms["expiry_s"] - 3_600 + 60 * minute) * 10**9
        venue.price("80000" if minute < 45 else "82000")
    venue.later(60 * 10**9)
    assert venue.row.state == codes.STATE_SETTLED and venue.position(ANN).size_lots == 0
    settled = venue.row.settle_price_units / 100
    assert abs(settled - 81_000) <= 70
    gain = venue.balance(ANN) - before
    fee = gain - int((settled - 80_000) * USD)
    assert -int(settled * USD * 0.0005) - 1 <= fee <= 0
    venue.check()
