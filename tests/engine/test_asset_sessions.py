"""SESS-004 LOSS-007: profits held until the session ends, and losses shared over all who earned in an asset."""
import pytest
from risk_world import ANN, BOB, BUY, CAT, COIN, CONTRACT, DAN, EVE, RiskWorld

from steelyard.kernel import load_plain
from steelyard.units import HOUR

invariants = load_plain("engine.invariants")
HOUR_S = HOUR // 1_000_000_000
OTHER = 2
HELD = dict(session_interval_ns=HOUR, session_profit_held=1, socialize_losses=3, adl_policy=0, disposal_limit_ppb=0)


def holds(world):
    """Every invariant."""
    assert not invariants.broken(world.state), invariants.broken(world.state)
    world.check()


def result(world, account):
    """What an account's wallet earned in the session so far."""
    return int(world.state.wallet_results[world.state.accounts[account].first_wallet])


def pays(world, account, atoms):
    """None where a withdrawal goes through, else the reason."""
    events = world.send("WITHDRAW", account=account, asset=COIN, amount_atoms=atoms)
    return None if world.kinds(events)[0] == "WITHDRAWN" else world.reason(events[0])


# ---------------------------------------------------------------- held
def test_SESS_004_profit_of_the_session_is_margin_at_once_and_cash_after_it():
    """SESS-004 Bought 10 at 1,000, sold at 1,050: 500 open positions at once and cannot leave before the hour ends."""
    world = RiskWorld(**HELD)
    world.deposit(ann=10_000, bob=100_000, cat=100_000)
    world.trade(ANN, BOB, 10, 1_000)
    world.mark(1_050, seconds=10)
    world.trade(CAT, ANN, 10, 1_050)
    assert (world.balance(ANN), result(world, ANN), world.size(ANN)) == (10_500, 500, 0)
    assert pays(world, ANN, 10_001) == "available_balance_must_cover"
    assert pays(world, ANN, 9_900) is None
    world.order(ANN, BUY, 5, 1_050)                           # 525 of margin of the 600 that are left
    assert world.wallet(ANN).initial_requirement_atoms == 525
    world.send("CANCEL_ORDERS", account=ANN)
    assert pays(world, ANN, 101) == "available_balance_must_cover"
    world.advance(HOUR_S)
    assert result(world, ANN) == 0 and pays(world, ANN, 600) is None
    holds(world)


def test_SESS_004_losses_count_against_what_is_held():
    """SESS-004 300 realized, then an open loss of 200: 100 are held; the money that came in stays free. A loss that was
    realized is never held."""
    world = RiskWorld(**HELD)
    world.deposit(ann=50_000, bob=100_000, cat=100_000)
    world.trade(ANN, BOB, 10, 1_000)
    world.mark(1_030, seconds=5)
    world.trade(CAT, ANN, 10, 1_030)
    world.trade(ANN, CAT, 10, 1_030)
    world.mark(1_010, seconds=6)
    assert (result(world, ANN), world.equity(ANN)) == (300, 50_100)
    margin = int(world.wallet(ANN).initial_requirement_atoms)
    assert pays(world, ANN, 50_000 - margin + 1) == "available_balance_must_cover"
    assert pays(world, ANN, 50_000 - margin) is None
    world.trade(CAT, ANN, 10, 1_010)
    assert result(world, ANN) == 100
    world.trade(ANN, CAT, 10, 1_010)
    world.mark(980, seconds=7)
    world.trade(CAT, ANN, 10, 980)
    assert result(world, ANN) == -200 and pays(world, ANN, world.balance(ANN)) is None
    holds(world)


def test_SESS_004_a_transfer_to_a_sub_account_is_no_way_around():
    """SESS-004 What cannot be withdrawn cannot be moved to a sub-account either."""
    world = RiskWorld(**HELD)
    world.deposit(ann=10_000, bob=100_000, cat=100_000)
    world.send("SET_ACCOUNT", account=40, other_account=ANN)
    world.trade(ANN, BOB, 10, 1_000)
    world.mark(1_050, seconds=10)
    world.trade(CAT, ANN, 10, 1_050)
    move = dict(account=ANN, other_account=40, asset=COIN)
    assert world.refusal(world.send("TRANSFER", amount_atoms=10_001, **move)) == "available_balance_must_cover"
    assert world.kinds(world.send("TRANSFER", amount_atoms=10_000, **move)) == ["TRANSFERRED"]


def test_SESS_004_nothing_is_paid_out_while_a_session_ends():
    """SESS-004 With one unit of work a command the walk takes several; withdrawals wait, deposits do not."""
    world = RiskWorld(**HELD)
    world.deposit(ann=100_000, bob=100_000)
    world.trade(ANN, BOB, 10, 1_000)
    world.mark(1_020, seconds=10)
    world.state.work_budget = 1
    world.advance(HOUR_S)
    assert world.state.assets[COIN].session_phase != 0
    assert pays(world, BOB, 1) == "session_must_be_over"
    for step in range(1, 12):
        world.advance(HOUR_S + step)
    assert world.state.assets[COIN].session_phase == 0 and world.state.sessions_ending == 0
    assert pays(world, BOB, 1) is None
    holds(world)


def test_SESS_004_terms_that_do_not_fit():
    """SESS-001 SESS-004 Held without sessions, and shared by asset without being held, are not listed."""
    for terms in (dict(session_profit_held=1), dict(session_interval_ns=HOUR, socialize_losses=3),
                  dict(session_interval_ns=HOUR, session_profit_held=2)):
        with pytest.raises(AssertionError, match="terms_must_be_consistent"):
            RiskWorld(**terms)


# ---------------------------------------------------------------- shared
def losing():
    """Two contracts in one coin. Dan's short of 100 in the first loses 12,500 and had 11,000; Eve earns in the second
    alone, Bob loses there what he earned in the first."""
    world = RiskWorld(instruments=2, **HELD)
    world.deposit(ann=100_000, bob=100_000, cat=100_000, dan=11_000, eve=100_000)
    world.trade(ANN, DAN, 40, 1_000)
    world.trade(BOB, DAN, 60, 1_000)
    world.trade(EVE, BOB, 50, 1_000, instrument=OTHER)
    world.mark(1_120, seconds=50)
    world.mark(1_125, seconds=51)
    world.mark(1_150, OTHER, seconds=52)
    assert (world.state.assets[COIN].session_loss_atoms, world.deficit) == (1_500, -1_500)
    return world


def test_LOSS_007_all_who_earned_in_the_asset_share():
    """LOSS-007 Ann earned 5,000 in the contract of the loss, Eve 7,500 in another, Bob 7,500 and lost 7,500: 1,500 are
    600 of Ann's and 900 of Eve's."""
    world = losing()
    events = world.advance(HOUR_S)
    shared = world.of(events, "LOSS_SOCIALIZED")
    told = {int(event["account"]): (int(event["cash_atoms"]), int(event["value_atoms"])) for event in shared}
    assert told == {ANN: (-600, 5_000), EVE: (-900, 7_500)}
    assert all((int(event["instrument"]), int(event["asset"])) == (0, COIN) for event in shared)
    assert world.deficit == 0 and not world.of(events, "DEFICIT_BOOKED")
    assert not world.of(world.advance(2 * HOUR_S), "LOSS_SOCIALIZED")
    holds(world)


def test_LOSS_007_insurance_comes_first():
    """LOSS-007 LOSS-002 1,000 in the fund leave 500 to share: 200 and 300."""
    world = RiskWorld(instruments=2, **HELD)
    world.fund(1_000)
    world.deposit(ann=100_000, bob=100_000, cat=100_000, dan=11_000, eve=100_000)
    world.trade(ANN, DAN, 40, 1_000)
    world.trade(BOB, DAN, 60, 1_000)
    world.trade(EVE, BOB, 50, 1_000, instrument=OTHER)
    world.mark(1_120, seconds=50)
    world.mark(1_125, seconds=51)
    world.mark(1_150, OTHER, seconds=52)
    assert (world.state.assets[COIN].session_loss_atoms, world.insurance) == (500, 0)
    events = world.advance(HOUR_S)
    assert [int(event["cash_atoms"]) for event in world.of(events, "LOSS_SOCIALIZED")] == [-200, -300]
    holds(world)


def test_LOSS_007_who_closed_and_is_flat_counts_and_cannot_leave_before():
    """LOSS-007 SESS-004 Ann sells everything: her 5,000 are held until the hour ends, then bear their share."""
    world = losing()
    world.trade(CAT, ANN, 40, 1_125)
    assert pays(world, ANN, 100_001) == "available_balance_must_cover"
    assert pays(world, ANN, 100_000) is None
    events = world.advance(HOUR_S)
    assert {int(event["account"]): int(event["cash_atoms"]) for event in world.of(events, "LOSS_SOCIALIZED")} == {
        ANN: -600, EVE: -900}
    assert pays(world, ANN, 5_000 - 600) is None and world.balance(ANN) == 0
    holds(world)


def test_LOSS_007_what_nobody_earned_is_bad_debt():
    """LOSS-007 Everybody lost it again: 1,500 of bad debt, and the session begins anew."""
    world = losing()
    world.mark(990, seconds=60)
    world.mark(995, OTHER, seconds=61)
    world.trade(BOB, EVE, 50, 995, instrument=OTHER)
    world.mark(1_000, seconds=62)
    events = world.advance(HOUR_S)
    earned = sum(max(0, int(event["value_atoms"])) for event in world.of(events, "LOSS_SOCIALIZED"))
    booked = [int(event["cash_atoms"]) for event in world.of(events, "DEFICIT_BOOKED")]
    assert booked == [-1_500 + earned] and world.deficit == sum(booked)
    holds(world)


def test_LOSS_007_the_end_of_a_contract_ends_the_session_of_its_asset():
    """LOSS-007 SETL-005 A contract settled between two stamps: what it lost is shared then, and nothing stays held."""
    world = losing()
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=world.state.now_ns + 10**9)
    events = world.advance(60)
    assert world.of(events, "INSTRUMENT_SETTLED") and world.of(events, "LOSS_SOCIALIZED")
    assert result(world, ANN) == 0 and world.state.assets[COIN].session_phase == 0
    holds(world)


def test_SESS_004_a_term_taken_back_lets_go():
    """SESS-004 TERM-002 Where profits are no longer held the asset's session ends at once."""
    world = RiskWorld(**dict(HELD, socialize_losses=0))
    world.deposit(ann=10_000, bob=100_000, cat=100_000)
    world.trade(ANN, BOB, 10, 1_000)
    world.mark(1_050, seconds=10)
    world.trade(CAT, ANN, 10, 1_050)
    world.term("session_profit_held", 0)
    world.advance(11)
    assert result(world, ANN) == 0 and pays(world, ANN, 10_500) is None


# ---------------------------------------------------------------- payouts that wait, contracts that stand alone
def test_LOSS_008_payouts_wait_after_a_group_below_zero():
    """LOSS-008 Dan is found with less than nothing: an hour without withdrawals in the asset, for all."""
    world = RiskWorld(withdrawal_gate_ns=HOUR, adl_policy=0)
    world.fund(100_000)
    world.deposit(ann=100_000, dan=5_000)
    world.trade(ANN, DAN, 40, 1_000)
    world.mark(1_110, seconds=10)
    assert pays(world, ANN, 1) is None, "taken over with something left: no reason to wait"
    world = RiskWorld(withdrawal_gate_ns=HOUR, adl_policy=0)
    world.fund(100_000)
    world.deposit(ann=100_000, dan=5_000)
    world.trade(ANN, DAN, 40, 1_000)
    world.mark(1_130, seconds=10)
    assert pays(world, ANN, 1) == "withdrawals_must_be_open"
    world.advance(9 + HOUR_S)
    assert pays(world, ANN, 1) == "withdrawals_must_be_open"
    world.advance(10 + HOUR_S)
    assert pays(world, ANN, 1) is None
    holds(world)


def test_LOSS_008_an_isolated_market_has_a_gate_of_its_own():
    """LOSS-008 MARG-044 With a fund of its own a contract's loss closes its own collateral, not the asset."""
    world = RiskWorld(withdrawal_gate_ns=HOUR, adl_policy=0, insurance_scope=1, isolated_only=1)
    world.deposit(ann=100_000, dan=100_000)
    world.send("SET_LEVERAGE", account=DAN, instrument=CONTRACT, value=10**8)
    world.trade(ANN, DAN, 40, 1_000)
    assert world.position(ANN).isolated == 1 and world.position(DAN).collateral_atoms == 4_000
    move = dict(account=ANN, instrument=CONTRACT)
    assert world.kinds(world.send("MOVE_COLLATERAL", amount_atoms=100, **move)) == ["COLLATERAL_MOVED"]
    world.mark(1_130, seconds=10)
    assert world.refusal(world.send("MOVE_COLLATERAL", amount_atoms=-1, **move)) == "withdrawals_must_be_open"
    assert pays(world, ANN, 1) is None
    assert world.kinds(world.send("MOVE_COLLATERAL", amount_atoms=100, **move)) == ["COLLATERAL_MOVED"]
    world.advance(10 + HOUR_S)
    assert world.kinds(world.send("MOVE_COLLATERAL", amount_atoms=-1, **move)) == ["COLLATERAL_MOVED"]
    holds(world)


def test_MARG_044_positions_that_stand_alone():
    """MARG-044 Isolated from the first order on; cross is refused; the term is fixed once listed."""
    world = RiskWorld(isolated_only=1)
    world.deposit(ann=100_000, bob=100_000)
    mode = dict(account=ANN, instrument=CONTRACT)
    assert world.refusal(world.send("SET_MARGIN_MODE", value=0, **mode)) == "position_must_be_isolated"
    assert world.kinds(world.send("SET_MARGIN_MODE", value=1, **mode)) == ["MARGIN_MODE_SET"]
    world.trade(ANN, BOB, 10, 1_000)
    assert world.position(BOB).isolated == 1 and world.position(BOB).collateral_atoms == 1_000
    parameter = world.records.TERMS.names.index("isolated_only")
    assert world.refusal(world.send("SET_TERM", instrument=CONTRACT, parameter=parameter, value=0)) == (
        "instrument_must_be_unlisted")
    holds(world)
