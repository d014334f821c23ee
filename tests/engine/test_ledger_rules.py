"""LEDG: where cash is and what is conserved, told by small stories; with them VALU-004, FEES-002, MARG-009 and on."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from risk_world import ANN, BOB, BUY, CAT, COIN, CONTRACT, DAN, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain

MILLION = 1_000_000
NAMES = {"ann": MILLION, "bob": MILLION, "cat": MILLION}


def world(**terms):
    """Three accounts of a million each in a venue at mark 1,000, one atom a lot and unit, 10 % / 5 %, no fees."""
    venue = RiskWorld(**terms)
    venue.deposit(**NAMES)
    return venue


# ---------------------------------------------------------------- places and deposits
def test_LEDG_001_LEDG_003_deposits_come_from_outside_and_go_back_there():
    """LEDG-001 LEDG-003 What customers hold, the external place owes; nothing else moves."""
    venue = world()
    assert venue.system(venue.records.EXTERNAL_ACCOUNT) == -3 * MILLION
    events = venue.send("WITHDRAW", account=ANN, asset=COIN, amount_atoms=400_000)
    assert venue.kinds(events) == ["WITHDRAWN"]
    assert venue.balance(ANN) == 600_000
    assert venue.system(venue.records.EXTERNAL_ACCOUNT) == -2_600_000
    assert sum(venue.cash().values()) == 0
    assert venue.refusal(venue.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=0)) == "amount_must_be_positive"
    most = 1 << 60
    assert venue.refusal(venue.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=most)) == "value_must_be_in_range"


def test_LEDG_002_every_place_that_holds_cash_is_one_of_the_list():
    """LEDG-002 After trades, fees and a fund, wallets, collateral, clearing and insurance make up all there is."""
    venue = world(taker_fee_ppb=1_000_000, maker_fee_ppb=-500_000)
    venue.fund(5_000)
    venue.isolate(BOB)
    venue.trade(ANN, BOB, 10, 1_000)
    venue.mark(1_010)
    venue.order(CAT, SELL, 10, 1_020)
    venue.order(ANN, SELL, 5, 1_005)
    venue.order(CAT, BUY, 5, 1_005)
    cash = venue.cash()
    assert sum(cash.values()) == 0
    assert {place for (place, _row), atoms in cash.items() if atoms} == {"wallet", "collateral", "clearing"}
    assert venue.insurance == 5_000
    assert venue.system(venue.records.FEES_ACCOUNT) == 10 - 5 + 5 - 2


# ---------------------------------------------------------------- clearing
def test_LEDG_008_LEDG_003_the_worked_example_of_clearing():
    """LEDG-008 Ann buys 10 from Bob at 100, Cat buys Ann's 10 at 103: clearing is minus the sum of entry values."""
    venue = world(mark_units_per_tick=1)
    venue.mark(100)
    venue.trade(ANN, BOB, 10, 100)
    assert venue.contract.clearing_atoms == 0
    assert [venue.position(account).entry_value_atoms for account in (ANN, BOB)] == [1_000, -1_000]
    venue.trade(CAT, ANN, 10, 103)
    assert venue.contract.clearing_atoms == -30
    assert [venue.position(account).entry_value_atoms for account in (ANN, BOB, CAT)] == [0, -1_000, 1_030]
    assert venue.balance(ANN) == MILLION + 30
    assert venue.balance(BOB) == MILLION                         # his loss of 30 is not realized yet
    venue.check()


@pytest.mark.parametrize("kind", ["linear", "inverse"])
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from([(ANN, BOB), (BOB, CAT), (CAT, ANN)]), st.integers(1, 40),
                                st.integers(990, 1_010)), min_size=1, max_size=12))
def test_LEDG_001_LEDG_004_LEDG_007_LEDG_008_random_trades_conserve_everything(kind, steps):
    """LEDG-001 LEDG-004 LEDG-007 LEDG-008 After every trade: cash sums to zero, sizes too, open interest is the longs,
    clearing mirrors the entries; and what was deposited is what all places but the outside hold."""
    terms = dict(kind=2, lot_value_numerator=10**7, inverse_parts_per_lot=1) if kind == "inverse" else {}
    venue = world(taker_fee_ppb=500_000, maker_fee_ppb=-250_000, **terms)
    venue.isolate(CAT)
    for (buyer, seller), lots, ticks in steps:
        venue.trade(buyer, seller, lots, ticks)
        venue.check()
        held = sum(atoms for place, atoms in venue.cash().items()
                   if place != ("wallet", 1 + venue.records.EXTERNAL_ACCOUNT * venue.records.ASSETS_MAX + COIN))
        assert held == 3 * MILLION
    assert venue.state.instruments[CONTRACT].open_interest_lots == sum(
        max(0, venue.size(account)) for account in (ANN, BOB, CAT))


# ---------------------------------------------------------------- realized profit
def test_VALU_004_parts_of_an_odd_entry_value_sum_to_the_whole():
    """VALU-004 Three lots entered for 3,001 in all, closed one by one at 1,000: floors, and the rest at the end."""
    venue = world()
    venue.trade(ANN, BOB, 2, 1_000)
    venue.trade(ANN, BOB, 1, 1_001)
    assert venue.position(ANN).entry_value_atoms == 3_001
    entries, realized = [], []
    for _ in range(3):
        before = venue.balance(ANN)
        venue.trade(CAT, ANN, 1, 1_000)
        realized.append(venue.balance(ANN) - before)
        entries.append(int(venue.position(ANN).entry_value_atoms))
    assert entries == [2_001, 1_001, 0]
    assert realized == [0, 0, -1]


def test_VALU_004_a_fill_through_zero_is_a_close_and_an_open():
    """VALU-004 Long 10 from 1,000, then 15 sold at 1,010: 100 realized, short 5 with an entry value of -5,050."""
    venue = world()
    venue.trade(ANN, BOB, 10, 1_000)
    venue.mark(1_010)
    venue.trade(CAT, ANN, 15, 1_010)
    assert (venue.size(ANN), venue.position(ANN).entry_value_atoms) == (-5, -5_050)
    assert venue.balance(ANN) == MILLION + 100
    venue.check()


# ---------------------------------------------------------------- fees
def test_FEES_002_the_class_of_the_account_comes_before_the_instrument():
    """FEES-002 Taker 0.1 %, maker -0.05 %; Ann's class pays 0.03 % as taker and nothing as maker."""
    venue = world(taker_fee_ppb=1_000_000, maker_fee_ppb=-500_000)
    venue.send("SET_FEE_CLASS", parameter=3, value=300_000, amount_atoms=0)
    venue.send("SET_ACCOUNT", account=ANN, parameter=3)
    (fill,) = venue.of(venue.trade(ANN, BOB, 10, 1_000), "TRADED")
    assert (fill["fee_atoms"], fill["maker_fee_atoms"]) == (3, -5)
    (fill,) = venue.of(venue.trade(BOB, ANN, 10, 1_000), "TRADED")
    assert (fill["fee_atoms"], fill["maker_fee_atoms"]) == (10, 0)
    assert venue.system(venue.records.FEES_ACCOUNT) == 3 - 5 + 10


@pytest.mark.parametrize("hidden_pays, maker_fee", [(0, -5), (1, 10)])
def test_FEES_002_a_hidden_order_may_pay_as_taker(hidden_pays, maker_fee):
    """FEES-002 hidden_pays_taker decides."""
    venue = world(taker_fee_ppb=1_000_000, maker_fee_ppb=-500_000, hidden_pays_taker=hidden_pays)
    venue.order_id += 1
    venue.send("PLACE_ORDER", account=BOB, instrument=CONTRACT, side=SELL, size_lots=10, price_ticks=1_000,
               order_type=venue.codes.ORDER_LIMIT, order_id=venue.order_id, flags=venue.codes.FLAG_HIDDEN)
    (fill,) = venue.of(venue.order(ANN, BUY, 10, 1_000), "TRADED")
    assert (fill["fee_atoms"], fill["maker_fee_atoms"]) == (10, maker_fee)


# ---------------------------------------------------------------- isolated positions
def test_MARG_009_LEDG_005_collateral_comes_with_the_fill_and_returns_with_the_close():
    """MARG-009 LEDG-005 10 lots at 1,000, 10x, taker 0.1 % reserved: 1,000 + ceil(0.1 % x 11,000) = 1,011 from the
    wallet, the fee of the opening fill besides; half of it closed returns its share and the profit, less its fee."""
    venue = world(taker_fee_ppb=1_000_000, close_fee_reserve=1)
    venue.isolate(ANN)
    venue.trade(ANN, BOB, 10, 1_000)
    assert venue.position(ANN).collateral_atoms == 1_011
    assert venue.balance(ANN) == MILLION - 1_011 - 10
    venue.mark(1_010)
    venue.order(CAT, BUY, 5, 1_010)
    venue.order(ANN, SELL, 5, 1_010)
    fee = 5 * 1_010 // 1_000
    assert venue.position(ANN).collateral_atoms == 1_011 - 505
    assert venue.balance(ANN) == MILLION - 1_011 - 10 + 505 + 50 - fee
    venue.order(CAT, BUY, 5, 1_010)
    venue.order(ANN, SELL, 5, 1_010)
    assert venue.position(ANN).collateral_atoms == 0
    assert venue.balance(ANN) == MILLION - 10 + 100 - 2 * fee
    venue.check()


def test_MARG_016_mode_and_collateral_move_cash_between_wallet_and_position():
    """MARG-016 To isolated with a loss of 100: margin and loss; added and taken back; to cross everything returns."""
    venue = world()
    venue.trade(ANN, BOB, 10, 1_000)
    venue.mark(990)
    assert venue.kinds(venue.send("SET_MARGIN_MODE", account=ANN, instrument=CONTRACT, value=1)) == ["MARGIN_MODE_SET"]
    assert venue.position(ANN).collateral_atoms == 1_100
    assert venue.kinds(venue.send("MOVE_COLLATERAL", account=ANN, instrument=CONTRACT, amount_atoms=500)) == [
        "COLLATERAL_MOVED"]
    assert venue.position(ANN).collateral_atoms == 1_600
    assert venue.refusal(venue.send("MOVE_COLLATERAL", account=ANN, instrument=CONTRACT, amount_atoms=-501)) == (
        "available_balance_must_cover")
    venue.send("MOVE_COLLATERAL", account=ANN, instrument=CONTRACT, amount_atoms=-500)
    assert (venue.position(ANN).collateral_atoms, venue.balance(ANN)) == (1_100, MILLION - 1_100)
    venue.order(ANN, BUY, 1, 900)
    assert venue.refusal(venue.send("SET_MARGIN_MODE", account=ANN, instrument=CONTRACT, value=0)) == (
        "open_orders_must_be_canceled_first")
    venue.send("CANCEL_ORDERS", account=ANN)
    venue.send("SET_MARGIN_MODE", account=ANN, instrument=CONTRACT, value=0)
    assert (venue.position(ANN).collateral_atoms, venue.balance(ANN)) == (0, MILLION)


# ---------------------------------------------------------------- what is held, what is free
groups = load_plain("engine.groups")


def wallet_row(venue, account):
    """Row of an account's wallet."""
    return venue.state.accounts[account].first_wallet


def test_MARG_010_MARG_011_maintenance_uses_the_tier_of_position_and_orders():
    """MARG-010 MARG-011 Up to 10,000 5 %, beyond 10 %: 8 lots at 1,000 need 400; an order of 3 more makes it 800."""
    venue = world(tiers=[(10_000, PPB // 10, PPB // 20), (1 << 40, PPB // 5, PPB // 10)])
    venue.trade(ANN, BOB, 8, 1_000)
    row = wallet_row(venue, ANN)
    assert groups.group_maintenance(venue.state, row, 0) == 400
    venue.order(ANN, BUY, 3, 900)
    assert groups.group_maintenance(venue.state, row, 0) == 800
    venue.send("CANCEL_ORDERS", account=ANN)
    assert groups.group_maintenance(venue.state, row, 0) == 400


def test_MARG_012_what_a_position_takes_from_its_wallet():
    """MARG-012 Cross: margin of position and orders; isolated: of the orders only."""
    venue = world()
    venue.isolate(BOB)
    venue.trade(ANN, BOB, 10, 1_000)
    venue.order(ANN, BUY, 5, 900)
    venue.order(BOB, SELL, 5, 1_100)
    assert venue.position(ANN).requirement_atoms == 1_000 + 450
    assert venue.position(BOB).requirement_atoms == 550
    for account in (ANN, BOB):
        assert venue.wallet(account).initial_requirement_atoms == venue.position(account).requirement_atoms


@pytest.mark.parametrize("opens, mark, available, withdrawable", [
    (1, 1_010, MILLION - 1_000 + 100, MILLION - 1_000),
    (0, 1_010, MILLION - 1_000, MILLION - 1_000),
    (1, 990, MILLION - 1_000 - 100, MILLION - 1_000 - 100),
    (0, 990, MILLION - 1_000 - 100, MILLION - 1_000 - 100),
])
def test_MARG_013_MARG_014_profits_may_open_but_never_leave(opens, mark, available, withdrawable):
    """MARG-013 MARG-014 Cash 1,000,000, margin 1,000, profit or loss 100: losses count, profits where terms say."""
    venue = world(unrealized_profit_opens=opens)
    venue.trade(ANN, BOB, 10, 1_000)
    venue.mark(mark)
    row = wallet_row(venue, ANN)
    assert groups.available(venue.state, row) == available
    assert groups.withdrawable(venue.state, row) == withdrawable
    too_much = venue.send("WITHDRAW", account=ANN, asset=COIN, amount_atoms=withdrawable + 1)
    assert venue.refusal(too_much) == "available_balance_must_cover"
    assert venue.kinds(venue.send("WITHDRAW", account=ANN, asset=COIN, amount_atoms=withdrawable)) == ["WITHDRAWN"]
    assert groups.withdrawable(venue.state, row) == 0


def test_MARG_015_deductions_make_marginal_steps_continuous():
    """MARG-015 Caps 1,000,000 and 5,000,000, rates 1, 2, 5 %: deductions 0, 10,000 and 160,000."""
    venue = RiskWorld()
    venue.tiers = [(1_000_000, 10_000_000, 5_000_000), (5_000_000, 20_000_000, 10_000_000),
                   (1 << 50, 50_000_000, 30_000_000)]
    venue.list(2, index_id=0, rate_method=venue.codes.RATES_STEPS_MARGINAL, mark_method=venue.codes.MARK_ORACLE_ONLY)
    tiers = venue.state.instruments[2].tiers
    assert [tiers[n].initial_deduction_atoms for n in range(3)] == [0, 10_000, 160_000]
    assert [tiers[n].maintenance_deduction_atoms for n in range(3)] == [0, 5_000, 105_000]


# ---------------------------------------------------------------- dust
def test_LEDG_006_what_rounding_leaves_is_in_the_dust_account():
    """LEDG-006 Funding of a fraction of an atom: three payers round up, the receiver down, dust has the rest."""
    venue = world()
    venue.deposit(dan=MILLION)
    for buyer in (ANN, BOB, CAT):
        venue.trade(buyer, DAN, 1, 1_000)
    venue.contract.funding_index_micro += 400_000                # 0.4 atoms a lot: longs owe
    for buyer in (ANN, BOB, CAT):
        venue.trade(DAN, buyer, 1, 1_000)
    assert [venue.balance(account) for account in (ANN, BOB, CAT)] == [MILLION - 1] * 3
    assert venue.balance(DAN) == MILLION + 1
    assert venue.dust() == 2
    assert sum(venue.cash().values()) == 0
