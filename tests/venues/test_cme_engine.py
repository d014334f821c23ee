"""CME rules at work in the engine, under the profile of a date: amounts per contract, trading, liquidation."""
from datetime import date

import pytest
from cme_world import ANN, BOB, BUY, CAT, SELL, USD, Venue, calls, codes, groups, invariants, kinds

LAUNCH = date(2017, 12, 18)


def test_MARG_024_orders_and_positions_hold_the_amount_per_contract():
    """MARG-024 C18 Two lots bid: 2 x 45,172; filled: the same; maintenance 2 x 41,065, whatever the price does."""
    venue = Venue(LAUNCH)
    venue.order(ANN, BUY, 2, "19000")
    assert groups.available(venue.state, venue.wallet(ANN)) == (1_000_000 - 2 * 45_172) * USD
    venue.order(BOB, SELL, 2, "19000")
    for account in (ANN, BOB):
        assert groups.available(venue.state, venue.wallet(account)) == (1_000_000 - 2 * 45_172) * USD
        assert groups.group_maintenance(venue.state, venue.wallet(account), 0) == 2 * 41_065 * USD
    venue.price("21000")
    venue.wait(5)
    assert groups.group_maintenance(venue.state, venue.wallet(ANN), 0) == 2 * 41_065 * USD


def test_MARG_024_an_order_beyond_the_amount_is_refused():
    """MARG-024 100,000 dollars carry two contracts of 45,172, not three; a closing order needs nothing."""
    venue = Venue(LAUNCH, dollars=100_000)
    venue.order(ANN, BUY, 3, "19000", refused="initial_margin_must_be_covered")
    venue.order(ANN, BUY, 2, "19000")
    venue.order(BOB, SELL, 2, "19000")
    venue.order(ANN, BUY, 1, "19000", refused="initial_margin_must_be_covered")
    venue.order(ANN, SELL, 2, "19500")
    assert groups.available(venue.state, venue.wallet(ANN)) == (100_000 - 2 * 45_172) * USD


def test_a_long_is_liquidated_where_its_equity_meets_the_amount():
    """MARG-024 LIQD-008 60,000 dollars, one contract at 19,000: maintenance 41,065, so 18,935 may be lost: 3,787 a
    coin."""
    venue = Venue(LAUNCH, dollars=60_000, margin_call_cure_ns=0, liquidation_step_ppb=0)
    venue.order(ANN, BUY, 1, "19000")
    venue.order(BOB, SELL, 1, "19000")
    assert "LIQUIDATION_STARTED" not in kinds(venue.price("15215"))
    assert venue.row.mark_price_units == 1_521_500
    assert "POSITION_TAKEN_OVER" in kinds(venue.price("15210"))
    assert venue.position(ANN).size_lots == 0


def test_the_same_contract_by_share_of_price_in_the_crash_of_2020():
    """MARG-003 2020-03-12: 37 % maintenance at the mark; 5 x 7,000 at 8,000 held with 20,000: gone at 6,349.2."""
    venue = Venue(date(2020, 3, 12), price="8000", dollars=20_000, margin_call_cure_ns=0)
    venue.order(ANN, BUY, 1, "8000")
    venue.order(BOB, SELL, 1, "8000")
    assert "LIQUIDATION_STARTED" not in kinds(venue.price("6350"))
    assert "LIQUIDATION_STARTED" in kinds(venue.price("6345"))
    assert codes.STATE_TRADING == venue.row.state


# ---------------------------------------------------------------- margin calls
def called(**terms):
    """Ann long one contract at 19,000 with 60,000 dollars, called at 15,210: equity 41,050 of 41,065."""
    venue = Venue(LAUNCH, dollars=60_000, **{"price_band_refuses": 0, "liquidation_step_ppb": 0, **terms})
    venue.order(ANN, BUY, 1, "19000")
    venue.order(BOB, SELL, 1, "19000")
    assert "MARGIN_CALLED" not in kinds(venue.price("15215"))
    return venue, venue.price("15210")


def of(events, kind):
    """The one event of a kind."""
    found = [event for event in events if codes.EventKind(int(event["kind"])).name == kind]
    assert len(found) == 1, kinds(events)
    return found[0]


def test_CALL_001_a_wallet_at_maintenance_is_called_and_given_time():
    """CALL-001 Due is what is missing of initial margin: 45,172 - 41,062.5; nothing is sold, nobody is called twice."""
    venue, events = called()
    event = of(events, "MARGIN_CALLED")
    assert (event["account"], event["equity_atoms"], event["requirement_atoms"], event["cash_atoms"]) == (
        ANN, 41_062_500_000, 41_065 * USD, 4_109_500_000)           # the index moves source by source
    assert event["value_atoms"] == venue.now + 24 * 3600 * 10**9
    later = venue.price("15000")
    assert "MARGIN_CALLED" not in kinds(later) and "LIQUIDATION_STARTED" not in kinds(later)
    assert venue.position(ANN).size_lots == 1 and invariants.broken(venue.state) == []


def test_CALL_001_while_called_nothing_opens_or_leaves_and_reducing_goes_on():
    """CALL-001 The opening order and the withdrawal are refused; selling the contract ends the call."""
    venue, _events = called()
    venue.order(ANN, BUY, 1, "15000", refused="initial_margin_must_be_covered")
    refused = venue.ask("WITHDRAW", account=ANN, asset=1, amount_atoms=1)
    assert kinds(refused) == ["REJECTED"]
    venue.send("DEPOSIT", account=CAT, asset=1, amount_atoms=10**6 * USD)
    venue.order(CAT, BUY, 1, "15200")
    events = venue.order(ANN, SELL, 1, "15200")
    assert codes.Reason(int(of(events, "MARGIN_CALL_ENDED")["reason"])).name == "position_gone"
    assert venue.position(ANN).size_lots == 0 and venue.cash(ANN) == 41_000 and venue.state.call_count == 0
    assert invariants.broken(venue.state) == []


def test_CALL_003_a_deposit_of_what_is_due_meets_the_call():
    """CALL-003 A dollar less does not; with it the wallet is free and has bands to its maintenance again."""
    venue, _events = called()
    assert "MARGIN_CALL_ENDED" not in kinds(venue.send("DEPOSIT", account=ANN, asset=1, amount_atoms=4_121 * USD))
    event = of(venue.send("DEPOSIT", account=ANN, asset=1, amount_atoms=USD), "MARGIN_CALL_ENDED")
    assert codes.Reason(int(event["reason"])).name == "margin_call_met" and event["equity_atoms"] == 45_172 * USD
    assert invariants.broken(venue.state) == []
    assert "MARGIN_CALLED" in kinds(venue.price("14385"))


def test_CALL_003_a_missed_call_is_liquidated_and_a_market_that_came_back_lapses_it():
    """CALL-003 A second before the deadline nothing happens; at it, below maintenance: sold; above: let go."""
    venue, _events = called()
    assert "MARGIN_CALL_ENDED" not in kinds(venue.wait(24 * 3600 - 1))
    events = venue.wait(1)
    assert codes.Reason(int(of(events, "MARGIN_CALL_ENDED")["reason"])).name == "margin_call_missed"
    assert codes.Reason(int(of(events, "LIQUIDATION_STARTED")["reason"])).name == "margin_call_missed"
    assert venue.position(ANN).size_lots == 0 and invariants.broken(venue.state) == []
    venue, _events = called()
    venue.price("15220")
    event = of(venue.wait(24 * 3600), "MARGIN_CALL_ENDED")
    assert codes.Reason(int(event["reason"])).name == "margin_call_met"
    assert venue.position(ANN).size_lots == 1 and invariants.broken(venue.state) == []


def test_CALL_002_at_the_close_out_level_nobody_waits():
    """CALL-002 Half of 41,065 is 20,533, up: 60,000 - 5 x (19,000 - price) meets it at 11,106.6; so does a gap."""
    venue, _events = called()
    assert "LIQUIDATION_STARTED" not in kinds(venue.price("11110"))
    events = venue.price("11105")
    assert codes.Reason(int(of(events, "MARGIN_CALL_ENDED")["reason"])).name == "close_out_reached"
    assert codes.Reason(int(of(events, "LIQUIDATION_STARTED")["reason"])).name == "close_out_reached"
    assert invariants.broken(venue.state) == []
    venue = Venue(LAUNCH, dollars=60_000, liquidation_step_ppb=0)
    venue.order(ANN, BUY, 1, "19000")
    venue.order(BOB, SELL, 1, "19000")
    events = venue.price("11000")
    assert "MARGIN_CALLED" not in kinds(events) and "POSITION_TAKEN_OVER" in kinds(events)


def test_CALL_001_an_isolated_position_is_not_called():
    """CALL-001 It is liquidated at once, as without calls."""
    venue = Venue(LAUNCH, dollars=60_000, liquidation_step_ppb=0)
    venue.send("SET_MARGIN_MODE", account=ANN, instrument=venue.contract.id, value=1)
    venue.order(ANN, BUY, 1, "19000")
    venue.order(BOB, SELL, 1, "19000")
    events = venue.price("18000")
    assert "MARGIN_CALLED" not in kinds(events) and "POSITION_TAKEN_OVER" in kinds(events)


def rich(venue, account):
    """Money enough for what follows."""
    venue.send("DEPOSIT", account=account, asset=1, amount_atoms=10**8 * USD)


def test_LIQD_041_the_broker_sells_in_the_market_after_a_missed_call():
    """LIQD-041 CALL-003 Eight contracts, the call missed: a quarter every ten seconds in the owner's name, at the bids
    there are; nothing is taken over while equity is above zero."""
    venue = Venue(LAUNCH, dollars=480_000, price_band_refuses=0)
    rich(venue, BOB)
    rich(venue, CAT)
    venue.order(ANN, BUY, 8, "19000")
    venue.order(BOB, SELL, 8, "19000")
    assert "MARGIN_CALLED" in kinds(venue.price("15210"))
    venue.order(CAT, BUY, 20, "15100")
    events = venue.wait(24 * 3600)
    assert {"MARGIN_CALL_ENDED", "LIQUIDATION_STARTED", "TRADED"} <= set(kinds(events))
    sold = [int(event["size_lots"]) for event in events if event["kind"] == codes.LIQUIDATION_STEPPED
            and codes.Reason(int(event["reason"])).name == "stepped_down"]
    assert sold[0] == 2 and venue.position(ANN).size_lots > 0, "a quarter, then a pause"
    assert "POSITION_TAKEN_OVER" not in kinds(events) and invariants.broken(venue.state) == []


def test_LOSS_012_a_loss_beyond_the_margin_goes_down_the_waterfall():
    """LOSS-012 A gap to 5,000 leaves Ann with a debt of 10,000 dollars: her broker pays it, the house nothing."""
    venue = Venue(LAUNCH, dollars=60_000, price_band_refuses=0)
    rich(venue, BOB)
    venue.order(ANN, BUY, 1, "19000")
    venue.order(BOB, SELL, 1, "19000")
    events = venue.price("5000")
    paid = [(int(event["flags"]), int(event["cash_atoms"])) for event in events if event["kind"] == codes.LAYER_CHANGED]
    assert paid and {layer for layer, _atoms in paid} == {1}
    assert "DEFICIT_BOOKED" not in kinds(events) and venue.cash(ANN) == 0 and invariants.broken(venue.state) == []


@pytest.mark.parametrize(("maintenance", "share", "level"), [
    (41_065, 500_000_000, 20_533), (41_065, 0, 0), (7, 10**9, 7)])
def test_CALL_002_the_level_rounds_up(maintenance, share, level):
    """CALL-002"""
    assert calls.close_out_requirement(maintenance, share) == level
