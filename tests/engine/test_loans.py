"""LOAN-001, LOAN-002, MARG-050, MARG-051: what a position was opened with is borrowed, and costs."""
import pytest
from risk_world import ANN, BOB, CAT, COIN, CONTRACT, PPB, RiskWorld

from steelyard.kernel import load_plain
from steelyard.units import HOUR

broken = load_plain("engine.invariants").broken
records = load_plain("engine.records")
BP = PPB // 10_000
LENT = dict(loan_opening_long_ppb=25 * BP // 10, loan_opening_short_ppb=10 * BP // 10,
            loan_rollover_long_ppb=25 * BP // 10, loan_rollover_short_ppb=10 * BP // 10, loan_period_ns=4 * HOUR,
            initial_basis=2, maintenance_basis=2)
"""0.025 % for a long, 0.010 % for a short, every four hours."""


def world(**terms):
    venue = RiskWorld(funding_interval_ns=0, premium_sample_ns=0, **{**LENT, **terms})
    venue.deposit(ann=10_000_000, bob=10_000_000, cat=10_000_000)
    return venue


def fees(venue, events, account=ANN):
    """What an account paid for its loans, with why."""
    return [(venue.reason(event), -int(event["cash_atoms"])) for event in venue.of(events, "FUNDING_SETTLED")
            if event["account"] == account]


def check(venue):
    assert broken(venue.state) == []
    assert sum(venue.cash().values()) == 0


def test_a_position_that_grows_pays_the_opening_fee_of_its_side():
    """LOAN-001: 0.025 % of 10,000,000 bought, 0.010 % of what is sold; what only closes pays nothing; who turns borrows
    anew."""
    venue = world()
    events = venue.trade(ANN, BOB, 10_000, 1_000)
    assert fees(venue, events) == [("loan_opened", 2_500)] and fees(venue, events, BOB) == [("loan_opened", 1_000)]
    assert fees(venue, venue.trade(ANN, CAT, 1_001, 1_000)) == [("loan_opened", 251)]          # 250.25, up
    assert fees(venue, venue.trade(CAT, ANN, 5_000, 1_000)) == []
    turned = venue.trade(CAT, ANN, 16_001, 1_000)                          # 6,001 closed, 10,000 short
    assert fees(venue, turned) == [("loan_opened", 1_000)]
    fee_row = venue.state.wallets[1 + records.FEES_ACCOUNT * records.ASSETS_MAX + COIN]
    paid = [-int(event["cash_atoms"]) for event in venue.of(venue.events, "FUNDING_SETTLED")]
    assert fee_row.balance_atoms == sum(paid)
    check(venue)


def test_every_period_pays_from_the_opening_on_at_the_rate_of_the_opening():
    """LOAN-002, SPOT-006: nothing before four hours, one fee at four, none after the end; a changed rate holds for new
    loans."""
    venue = world()
    venue.trade(ANN, BOB, 10_000, 1_000, seconds=60)
    assert fees(venue, venue.advance(60 + 4 * 3600 - 1)) == []
    assert fees(venue, venue.advance(60 + 4 * 3600)) == [("loan_rolled_over", 2_500)]
    venue.term("loan_rollover_long_ppb", 0)
    venue.trade(ANN, BOB, 2_000, 1_000, seconds=60 + 5 * 3600)              # the clock stays that of the opening
    assert fees(venue, venue.advance(60 + 8 * 3600)) == [("loan_rolled_over", 3_000)]
    venue.trade(BOB, ANN, 12_000, 1_000, seconds=60 + 9 * 3600)
    assert fees(venue, venue.advance(60 + 30 * 3600)) == []
    assert venue.state.loans_due == 0 and venue.state.loan_due_ns == 0
    check(venue)


def test_a_long_silence_is_paid_period_by_period():
    """LOAN-002: after nine hours two fees, whenever somebody comes; those who borrowed first pay first."""
    venue = world()
    venue.trade(ANN, BOB, 10_000, 1_000, seconds=60)
    venue.trade(CAT, BOB, 10_000, 1_000, seconds=3_660)
    events = venue.advance(60 + 13 * 3600)
    order = [(int(event["account"]), -int(event["cash_atoms"])) for event in venue.of(events, "FUNDING_SETTLED")]
    assert order == [(ANN, 2_500), (BOB, 2_000), (CAT, 2_500)] * 3
    assert fees(venue, venue.advance(60 + 16 * 3600)) == [("loan_rolled_over", 2_500)]
    check(venue)


def test_a_fee_can_cost_the_position():
    """LOAN-002, LIQD-008: who is at the edge of maintenance is liquidated by a rollover."""
    venue = world(loan_rollover_long_ppb=PPB // 100, loan_opening_long_ppb=0)
    venue.deposit(dan=1_000_100)
    venue.trade(19, BOB, 10_000, 1_000)
    venue.mark(951)                                         # equity 510,100, maintenance 500,000 of the entry
    assert venue.state.wallets[venue.state.accounts[19].first_wallet].liquidation == 0
    kinds = venue.kinds(venue.advance(4 * 3600 + 10))
    assert "LIQUIDATION_STARTED" in kinds
    check(venue)


def test_terms_that_lend_no_more_end_loans_at_their_next_period():
    """LOAN-002"""
    venue = world()
    venue.trade(ANN, BOB, 10_000, 1_000, seconds=60)
    venue.term("loan_period_ns", 0)
    assert fees(venue, venue.advance(20_000)) == []
    assert venue.state.loan_due_ns == 0 and venue.contract.first_loan == 0
    check(venue)


def test_a_short_reserves_what_it_borrowed_at_the_mark():
    """MARG-050, SPOT-001: initial margin of a long on its entry value, of a short on its value at mark (K14, K16)."""
    venue = world()
    venue.trade(ANN, BOB, 1_000, 1_000)
    groups, positions = load_plain("engine.groups"), load_plain("engine.positions")
    venue.mark(1_090)

    def initial(account):
        row = venue.state.positions[positions.position_of(venue.state, account, CONTRACT)]
        return groups.own_requirement(venue.contract, row, row.tier)
    assert (initial(ANN), initial(BOB)) == (100_000, 109_000)
    check(venue)


def test_maintenance_is_a_share_of_the_initial_margin_held():
    """MARG-051: 40 % of what a leverage of 5 holds, 8 % of the value, where the schedule asks for 4 %."""
    venue = world(tiers=[(1 << 57, PPB // 10, PPB // 25)], maintenance_of_initial_ppb=PPB * 2 // 5, loan_period_ns=0,
                  loan_opening_long_ppb=0, loan_opening_short_ppb=0, loan_rollover_long_ppb=0,
                  loan_rollover_short_ppb=0)
    venue.deposit(dan=200_000)
    venue.send("SET_LEVERAGE", account=19, instrument=CONTRACT, value=PPB // 5)
    venue.trade(19, BOB, 1_000, 1_000)
    groups = load_plain("engine.groups")
    wallet = venue.state.accounts[19].first_wallet
    assert groups.group_maintenance(venue.state, wallet, 0) == 80_000
    venue.mark(881)
    assert venue.state.wallets[wallet].liquidation == 0 and venue.state.wallets[wallet].position_count == 1
    assert "LIQUIDATION_STARTED" in venue.kinds(venue.mark(880))             # 200,000 - 120,000
    check(venue)


@pytest.mark.parametrize("terms", [
    dict(call_initial_ppb=PPB + 1), dict(maintenance_of_initial_ppb=-1), dict(liquidation_step_floor_ppb=PPB + 1),
    dict(liquidation_step_fee_ppb=PPB), dict(loan_opening_long_ppb=-1), dict(loan_rollover_short_ppb=PPB),
    dict(loan_period_ns=1), dict(initial_basis=2, kind=2, inverse_parts_per_lot=1)])
def test_terms_of_loans_are_checked_together(terms):
    """TERM-001"""
    venue = RiskWorld()
    chosen = dict(index_id=0, mark_method=venue.codes.MARK_ORACLE_ONLY, **terms)
    assert venue.refusal(venue.list(2, **chosen)) == "terms_must_be_consistent"
