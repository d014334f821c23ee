"""LOSS: fund, then the winners, then in plain sight as bad debt; every path to the atom."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from risk_world import ANN, BOB, BUY, CAT, CONTRACT, DAN, EVE, PPB, RiskWorld

from steelyard.kernel import load_plain

WINNERS = (BOB, CAT, DAN)


def bankrupt_long(fund=0, lots=(20, 30, 50), **terms):
    """Ann is long 100 at 10x isolated (bankruptcy 900) against three shorts; no deleveraging."""
    world = RiskWorld(adl_policy=0, **terms)
    world.deposit(ann=20_000, bob=1_000_000, cat=1_000_000, dan=1_000_000)
    world.isolate(ANN)
    for account, size in zip(WINNERS, lots):
        world.trade(ANN, account, size, 1_000)
    if fund:
        world.fund(fund)
    return world


def amounts(world, events, kind):
    """cash_atoms of the events of a kind."""
    return [int(event["cash_atoms"]) for event in world.of(events, kind)]


def test_LOSS_001_the_fund_pays_alone_while_it_can():
    """LOSS-001 Mark 880 owes 2,000 at the bankruptcy price 900; with 2,000 in the fund nothing is booked until it is
    sold."""
    world = bankrupt_long(fund=2_000)
    events = world.mark(880)
    assert not world.of(events, "INSURANCE_CHANGED") and world.insurance == 2_000
    world.deposit(eve=1_000_000)
    world.order(EVE, 1, 100, 880)
    events = world.mark(881)
    assert amounts(world, events, "INSURANCE_CHANGED") == [-2_000] and world.insurance == 0
    world.check()


def test_LOSS_002_without_socialisation_the_rest_is_bad_debt():
    """LOSS-002 Fund 500, loss 2,000: 500 from the fund, 1,500 in plain sight; the takeover now stands at the mark."""
    world = bankrupt_long(fund=500)
    events = world.mark(880)
    assert amounts(world, events, "INSURANCE_CHANGED") == [-500]
    assert amounts(world, events, "DEFICIT_BOOKED") == [-1_500]
    assert world.deficit == -1_500 and world.insurance == 0
    assert [(t.size_lots, t.entry_value_atoms, t.bankruptcy_ticks) for t in world.takeovers()] == [(100, 88_000, 880)]
    world.check()


def test_LOSS_003_winners_pay_in_proportion_to_profit():
    """LOSS-003 1,500 over profits of 2,400 / 3,600 / 6,000: 300, 450, 750; no bad debt."""
    world = bankrupt_long(fund=500, socialize_losses=1)
    events = world.mark(880)
    shared = world.of(events, "LOSS_SOCIALIZED")
    assert [(int(event["account"]), int(event["cash_atoms"])) for event in shared] == [
        (BOB, -300), (CAT, -450), (DAN, -750)]
    assert {int(event["rate_ppb"]) for event in shared} == {125_000_000}
    assert world.deficit == 0 and world.contract.socialized_atoms == 1_500
    world.check()


def test_LOSS_003_cumulative_rounding_is_exact():
    """LOSS-003 1,001 over three equal profits is 333, 334, 334: the sum is the loss to the atom."""
    world = bankrupt_long(fund=999, lots=(20, 20, 20), socialize_losses=1)
    events = world.mark(850)
    charged = amounts(world, events, "LOSS_SOCIALIZED")
    assert sum(charged) == -(60 * 50 - 999) and max(charged) - min(charged) <= 1
    world.check()


def test_LOSS_003_nobody_is_charged_beyond_its_profit():
    """LOSS-003 Where profits do not reach, all of each is taken and the rest is bad debt."""
    world = RiskWorld(adl_policy=0, socialize_losses=1)
    world.deposit(ann=1_000, bob=1_000_000, cat=1_000_000)
    world.isolate(ANN, 10)
    world.fund(200)
    world.trade(ANN, BOB, 10, 1_000)
    world.mark(885)                                         # loss 150: the fund will do, the takeover waits
    assert len(world.takeovers()) == 1
    world.trade(CAT, BOB, 1, 885)
    world.order(CAT, 1, 10, 885)
    world.order(BOB, 1, 11, 885)
    events = world.mark(800)
    assert world.deficit <= 0 and all(int(event["equity_atoms"]) >= 0 for event in world.of(events, "LOSS_SOCIALIZED"))
    world.check()


@pytest.mark.parametrize("budget", [1, 2, 256])
def test_LOSS_003_sharing_is_bounded_and_balances_at_every_moment(budget):
    """LOSS-003 One winner per unit of work: the deficit account carries what is not yet shared out, the books always
    balance."""
    world = bankrupt_long(socialize_losses=1)
    world.state.work_budget = budget
    world.mark(880)
    world.check()
    for _command in range(30):
        world.advance(2)
        world.check()
    assert world.deficit == 0 and world.contract.socialized_atoms == 2_000


def test_LOSS_005_each_instrument_may_have_its_own_fund():
    """LOSS-005 With the scope of the instrument the fund of the asset is not touched."""
    world = RiskWorld(instruments=2, insurance_scope=1, adl_policy=0)
    world.deposit(ann=20_000, bob=1_000_000)
    world.isolate(ANN)
    world.fund(5_000)
    assert world.state.instruments[1].insurance_atoms == 5_000 and world.insurance == 0
    world.trade(ANN, BOB, 100, 1_000)
    world.mark(840)
    assert world.state.instruments[1].insurance_atoms == 0 and world.state.instruments[2].insurance_atoms == 0
    assert world.deficit == -1_000
    world.check()


atoms = st.integers(-(1 << 62) + 1, (1 << 62) - 1)


@given(atoms, st.integers(1, (1 << 62) - 1), st.integers(0, 1 << 62))
@settings(max_examples=300, deadline=None)
def test_LIQD_007_portions_are_exact(total, whole, share):
    """LIQD-007 Against unbounded integers."""
    part = share % (whole + 1)
    assert load_plain("rules.liquidation").portion_down(total, part, whole) == total * part // whole


def test_LOSS_004_what_nobody_answers_for_is_written_down_to_the_mark():
    """LOSS-004 No fund, no deleveraging: 2,000 at mark 880 is booked, the takeover stands at 88,000 and goes on."""
    world = RiskWorld(adl_policy=0)
    world.deposit(ann=10_000, bob=100_000)
    world.trade(ANN, BOB, 100, 1_000)
    events = world.mark(880)
    reduced = [event for event in world.of(events, "TAKEOVER_REDUCED") if int(event["size_lots"]) == 0]
    assert len(reduced) == 1 and abs(int(reduced[0]["realized_atoms"])) == 2_000
    takeover = world.takeovers()[0]
    assert (int(takeover.size_lots), int(takeover.entry_value_atoms)) == (100, 88_000)
    assert world.deficit == -2_000 and int(takeover.bankruptcy_units) == 880
    world.check()


def layered(*layers, **terms):
    """The bankrupt long with a fund of 100 and layers of these amounts."""
    world = bankrupt_long(fund=100, loss_layers=len(layers), **terms)
    for number, atoms in enumerate(layers, 1):
        world.send("FUND_INSURANCE", asset=1, parameter=number, amount_atoms=atoms)
    return world


def held(world, layer):
    """Cash of a layer."""
    return world.system(world.records.FIRST_LAYER_ACCOUNT + layer - 1)


def test_LOSS_012_layers_pay_in_order_after_the_fund():
    """LOSS-012 Fund 100, layers of 300 and 5,000, loss 2,000: 100, 300 and 1,600; no bad debt."""
    world = layered(300, 5_000)
    events = world.mark(880)
    assert amounts(world, events, "INSURANCE_CHANGED") == [-100]
    changed = world.of(events, "LAYER_CHANGED")
    assert [(int(e["flags"]), int(e["cash_atoms"]), int(e["equity_atoms"])) for e in changed] == [
        (1, -300, 0), (2, -1_600, 3_400)]
    assert (world.deficit, held(world, 1), held(world, 2)) == (0, 0, 3_400)
    world.check()


def test_LOSS_012_what_no_layer_pays_is_shared_or_booked():
    """LOSS-012 Layers of 300 and 500 leave 1,100: bad debt, or shared where terms say so."""
    world = layered(300, 500)
    assert amounts(world, world.mark(880), "DEFICIT_BOOKED") == [-1_100] and world.deficit == -1_100
    world.check()
    world = layered(300, 500, socialize_losses=1)
    shared = world.of(world.mark(880), "LOSS_SOCIALIZED")
    assert sum(int(event["cash_atoms"]) for event in shared) == -1_100 and world.deficit == 0
    world.check()


def test_LOSS_012_layers_beyond_the_number_of_a_contract_are_not_touched():
    """LOSS-012 One layer of two stands behind it; a layer is paid into by number, 1 to 8."""
    world = layered(300, 5_000)
    world.term("loss_layers", 1)
    world.mark(880)
    assert (world.deficit, held(world, 1), held(world, 2)) == (-1_600, 0, 5_000)
    refused = world.send("FUND_INSURANCE", asset=1, parameter=9, amount_atoms=1)
    assert world.refusal(refused) == "parameter_must_exist"
    world.check()


# ---------------------------------------------------------------- the owner owes
def owed(protected=0, **terms):
    """Ann long 100 at 1,000 with 11,000, gone through at 800; nobody bids above 780."""
    world = RiskWorld(recourse=1, adl_policy=0, disposal_limit_ppb=PPB // 20, **terms)
    world.deposit(ann=11_000, bob=1_000_000, cat=1_000_000)
    if protected:
        world.send("SET_CLIENT_RULE", instrument=CONTRACT, parameter=1, flags=2)
        world.send("SET_CLIENT_CLASS", account=ANN, parameter=1)
    world.trade(ANN, BOB, 100, 1_000)
    world.order(CAT, BUY, 100, 780)
    return world, world.mark(800)


def test_LOSS_020_a_loss_beyond_equity_is_the_owners():
    """LOSS-020 Taken over at 890, sold at 780: 11,000 fall on her account, which stands below zero; a deposit pays it,
    and until then nothing is opened or withdrawn."""
    world, events = owed()
    moved = world.of(events, "CASH_MOVED")
    assert [(int(event["account"]), int(event["cash_atoms"]), world.reason(event)) for event in moved] == [
        (ANN, -11_000, "recourse")]
    wallet = world.state.wallets[world.state.accounts[ANN].first_wallet]
    assert wallet.balance_atoms == -11_000 and world.insurance == 0
    assert world.refusal(world.order(ANN, BUY, 1, 700)) == "initial_margin_must_be_covered"
    assert world.refusal(world.send("WITHDRAW", account=ANN, asset=1, amount_atoms=1)) == "available_balance_must_cover"
    world.send("DEPOSIT", account=ANN, asset=1, amount_atoms=11_100)
    assert wallet.balance_atoms == 100
    world.check()


def test_LOSS_020_a_class_that_is_protected_owes_nothing():
    """LOSS-020, ELIG-012 The same fall of a retail client of the EU: the venue bears it."""
    world, events = owed(protected=1)
    assert not [event for event in world.of(events, "CASH_MOVED") if event["account"] == ANN]
    assert world.of(events, "DEFICIT_BOOKED")
    assert world.state.wallets[world.state.accounts[ANN].first_wallet].balance_atoms == 0
    world.check()


def test_LOSS_020_a_debt_can_cost_what_is_opened_later():
    """LOSS-020, LIQD-008 She deposits and opens anew while her old position is still being sold: what that loses more
    comes out of the new one's margin."""
    world = RiskWorld(recourse=1, adl_policy=0, disposal_limit_ppb=PPB // 100)
    world.deposit(ann=11_000, bob=1_000_000, cat=1_000_000)
    world.trade(ANN, BOB, 100, 1_000)
    world.mark(880)
    assert world.takeovers()
    world.send("DEPOSIT", account=ANN, asset=1, amount_atoms=10_000)
    world.trade(ANN, BOB, 50, 880)
    world.order(CAT, BUY, 100, 800)
    events = world.mark(805)
    assert world.of(events, "CASH_MOVED") and world.of(events, "LIQUIDATION_STARTED")
    world.check()
