"""Kraken spot margin in the running engine: loans, margin level, call, liquidation (figures: tests/fidelity/kraken.py).
"""
from datetime import date
from decimal import Decimal

import pytest
from venue_world import ANN, BOB, BUY, CAT, SELL, Venue, codes, kinds

from steelyard.kernel import load_plain
from steelyard.rules.spot_margin import level_ppb, loan_cost

broken = load_plain("engine.invariants").broken
groups = load_plain("engine.groups")
HOUR = 3600


def venue(cash="5000", price="50000", leverage=5):
    found = Venue("kraken-margin", "XBTUSD", price, date(2022, 1, 1), cash="10000000")
    found.send("WITHDRAW", account=ANN, asset=1, amount_atoms=found.atoms("10000000") - found.atoms(cash))
    found.leverage(ANN, leverage)
    return found


def usd(found, atoms):
    return Decimal(int(atoms)).scaleb(-found.contract.grid.settlement.decimals)


def used(found):
    """Used margin as the engine holds it: initial margin of the position."""
    position = found.position(ANN)
    return groups.own_requirement(found.row, position, position.tier)


def level(found):
    return Decimal(level_ppb(int(found.equity(ANN)), int(used(found)))) / 10**7


def fees(events, account=ANN):
    return [(codes.Reason(int(event["reason"])).name, -int(event["cash_atoms"])) for event in events
            if event["kind"] == codes.FUNDING_SETTLED and event["account"] == account]


def test_K14_and_K16_a_short_reserves_coins():
    """K14, K16, MARG-050, SPOT-001: 5,000 USD, short .2 BTC at 50,000 with leverage 5 uses 2,000; at 54,500 2,180."""
    found = venue()
    found.trade(ANN, SELL, 2_000, "50000")
    assert usd(found, used(found)) == 2_000
    found.index("54500")
    assert usd(found, used(found)) == 2_180
    assert broken(found.state) == []


def test_K17_called_at_a_level_of_80_and_liquidated_at_40_percent():
    """K17, SPOT-004, SPOT-005, CALL-004: 10,000 USD after fees of 180 and a loan's 11.25, long 1.5 BTC at 30,000 with
    leverage 5: called below 28,133.33, liquidated at 25,733.33."""
    found = venue(cash="10191.25", price="30000")
    found.trade(ANN, BUY, 15_000, "30000")
    assert usd(found, used(found)) == 9_000 and found.equity(ANN) == found.atoms("10000")
    assert "MARGIN_CALLED" not in kinds(found.index("28133.34"))
    assert level(found) >= 80
    assert "MARGIN_CALLED" in kinds(found.index("28133.30"))
    assert round(level(found), 3) == Decimal("79.999")
    assert "LIQUIDATION_STARTED" not in kinds(found.index("25733.34"))
    events = found.index("25733.33")
    assert "LIQUIDATION_STARTED" in kinds(events)
    assert broken(found.state) == []


def test_a_call_is_met_by_a_deposit_that_brings_the_level_to_100():
    """CALL-003, CALL-004: 1,800 short of 9,000; a dollar less does not do."""
    found = venue(cash="10191.25", price="30000")
    found.trade(ANN, BUY, 15_000, "30000")
    found.index("28133.30")
    short = found.atoms("9000") - int(found.equity(ANN))
    assert "MARGIN_CALL_ENDED" not in kinds(found.send("DEPOSIT", account=ANN, asset=1, amount_atoms=short - 1))
    assert "MARGIN_CALL_ENDED" in kinds(found.send("DEPOSIT", account=ANN, asset=1, amount_atoms=1))
    assert level(found) == 100


def test_a_call_that_is_missed_is_liquidated_until_the_level_is_100_again():
    """CALL-004, LIQD-041: from the deadline on the venue sells parts until the margin level is above 100 %."""
    found = venue(cash="10191.25", price="30000")
    found.trade(ANN, BUY, 15_000, "30000")
    found.index("28133.30")
    found.order(CAT, BUY, 15_000, "28130")
    events = found.wait(25 * HOUR)
    assert "MARGIN_CALL_ENDED" in kinds(events) and "LIQUIDATION_STEPPED" in kinds(events)
    assert 0 < found.position(ANN).size_lots < 15_000 and level(found) >= 100
    assert broken(found.state) == []


@pytest.mark.parametrize("side, rate", [(BUY, 250_000), (SELL, 100_000)])
def test_the_loan_costs_what_the_rule_says(side, rate):
    """LOAN-001, LOAN-002, SPOT-006: 10,000 USD at .025 %: 2.50 to open, 2.50 every four hours; a short pays .010 %."""
    found = venue(cash="9000")
    found.order(CAT, -side, 2_000, "50000")
    events = found.order(ANN, side, 2_000, "50000")
    paid = fees(events)
    for _hour in range(9):
        paid += fees(found.wait(HOUR))
    assert [reason for reason, _atoms in paid] == ["loan_opened", "loan_rolled_over", "loan_rolled_over"]
    assert sum(atoms for _reason, atoms in paid) == loan_cost(found.atoms("10000"), rate, rate, 9, 4)
    assert "LIQUIDATION_STARTED" not in kinds(events)
    assert broken(found.state) == []


def test_who_borrowed_more_than_there_is_owes_it():
    """LOSS-020: a fall through everything leaves a debt, which the next deposit pays."""
    found = venue(cash="10191.25", price="30000")
    found.trade(ANN, BUY, 15_000, "30000")
    found.order(BOB, BUY, 15_000, "21900")
    found.index("22000")
    found.wait(60)
    assert found.position(ANN).size_lots == 0
    wallet = found.state.wallets[found.state.accounts[ANN].first_wallet]
    assert wallet.balance_atoms < 0
    assert broken(found.state) == []
