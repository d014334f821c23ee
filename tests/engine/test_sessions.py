"""SESS, LOSS-006: at the end of a session profit and loss become cash, and what the fund could not pay is shared."""
import pytest
from price_world import COIN, START, three_sources
from risk_world import ANN, BOB, CAT, CONTRACT, DAN, EVE, RiskWorld

from steelyard.units import HOUR, SECOND

HOUR_S = 3600


def world_of(**terms):
    """Ann long 10, Bob short 10 at 1,000, an hourly session."""
    world = RiskWorld(**(dict(session_interval_ns=HOUR) | terms))
    world.deposit(ann=50_000, bob=50_000)
    world.trade(ANN, BOB, 10, 1_000)
    return world


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize("terms", [dict(session_interval_ns=-1), dict(session_interval_ns=5, session_offset_ns=6),
                                   dict(session_published=2), dict(session_offset_ns=-1), dict(socialize_losses=3)])
def test_SESS_001_what_is_refused_at_listing(terms):
    """SESS-001"""
    world = RiskWorld()
    assert world.refusal(world.list(2, index_id=0, mark_method=3, **terms)) == "terms_must_be_consistent"


def test_SESS_002_published_sessions_refuse_in_order():
    """SESS-002 Where the clock ends sessions no price is taken; while a walk goes on the next one waits."""
    publish = dict(instrument=CONTRACT, parameter=1, value=1_040)
    assert world_of().refusal(world_of().send("PUBLISH_SETTLEMENT", **publish)) == "settlement_must_be_published"
    world = world_of(session_published=1)
    assert world.refusal(world.send("PUBLISH_SETTLEMENT", **publish | dict(parameter=2))) == "value_must_be_in_range"
    world.state.work_budget = 1
    kinds = world.kinds(world.send("PUBLISH_SETTLEMENT", **publish))
    assert kinds == ["CONFIGURED", "SESSION_BEGUN", "SESSION_SETTLED"]
    assert world.refusal(world.send("PUBLISH_SETTLEMENT", **publish)[:1]) == "session_must_be_over"


# ---------------------------------------------------------------- the stamp and the walk
def test_SESS_003_the_example_of_the_page():
    """SESS-002 SESS-003 Session price 1,040: +400 and -400 in cash, both entries 10,400; at 1,050 100 is unrealized."""
    world = world_of()
    world.mark(1_040, seconds=HOUR_S - 1)
    events = world.mark(1_050, seconds=HOUR_S)
    begun = world.of(events, "SESSION_BEGUN")[0]
    assert (int(begun["price_units"]), int(begun["value_atoms"]), int(begun["size_lots"])) == (1_040, 1_040, 10)
    told = [(int(event["account"]), int(event["realized_atoms"]), int(event["value_atoms"]), int(event["cash_atoms"]))
            for event in world.of(events, "SESSION_SETTLED")]
    assert sorted(told) == [(ANN, 400, 10_400, 50_400), (BOB, -400, -10_400, 49_600)]
    assert world.position(ANN).entry_value_atoms == 10_400 and world.equity(ANN) == 50_500
    assert world.contract.clearing_atoms == 0 and world.size(ANN) == 10
    world.check()


def test_SESS_003_an_inverse_contract_to_the_atom():
    """SESS-003 Coin-margined, many sessions: what is cash at the end is what one settlement would have given."""
    terms = dict(kind=2, lot_value_numerator=100_000_000, inverse_parts_per_lot=1, mark=997)
    world = RiskWorld(session_interval_ns=HOUR, **terms)
    world.deposit(ann=100_000_000, bob=100_000_000)
    world.trade(ANN, BOB, 33, 1_001)
    for hour, mark in enumerate((1_013, 991, 1_111, 950), 1):
        world.mark(mark, seconds=hour * HOUR_S - 5)
        world.advance(hour * HOUR_S)
        world.check()
    assert world.balance(ANN) - 100_000_000 == 33 * (99_900 - 105_263)
    assert world.balance(ANN) + world.balance(BOB) == 200_000_000


@pytest.mark.parametrize("budget", [1, 2, 5])
def test_SESS_003_the_walk_is_bounded_and_equity_never_moves(budget):
    """SESS-003 A few steps per command; whoever trades between stamp and walk is settled as the walk finds it."""
    world = world_of()
    world.deposit(cat=50_000, dan=50_000)
    world.isolate(CAT)
    world.trade(CAT, DAN, 20, 1_000)
    world.mark(1_020, seconds=HOUR_S - 1)
    before = {account: world.equity(account) for account in (ANN, BOB, CAT, DAN)}
    world.state.work_budget = budget
    world.advance(HOUR_S)
    world.trade(ANN, BOB, 1, 1_020)
    for second in range(1, 15):
        world.check()
        world.advance(HOUR_S + second)
    assert {account: world.equity(account) for account in (ANN, BOB, CAT, DAN)} == before
    assert world.state.sessions_ending == 0 and world.position(CAT).entry_value_atoms == 20 * 1_020


def test_SESS_002_stamps_in_a_long_gap_and_of_a_contract_that_ends():
    """SESS-002 The first stamp of a gap begins the walk, those during it pass; none after the settlement stamp."""
    world = world_of()
    world.mark(1_010, seconds=10)
    events = world.advance(3 * HOUR_S)
    assert [int(event["time_ns"]) - START for event in world.of(events, "SESSION_BEGUN")] == [HOUR_S * SECOND]
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=START + 4 * HOUR_S * SECOND)
    events = world.advance(4 * HOUR_S)
    assert not world.of(events, "SESSION_BEGUN") and world.of(events, "INSTRUMENT_SETTLED")
    world.advance(9 * HOUR_S)
    world.check()


# ---------------------------------------------------------------- losses
def losing(**terms):
    """Dan's short of 100 loses 12,500 at 1,125 and had 11,000: 1,500 wait for the end of the session."""
    world = RiskWorld(session_interval_ns=HOUR, socialize_losses=2, adl_policy=0, disposal_limit_ppb=0, **terms)
    world.deposit(ann=100_000, bob=100_000, cat=100_000, dan=11_000, eve=1_000_000)
    for winner, lots in ((ANN, 20), (BOB, 30), (CAT, 50)):
        world.trade(winner, DAN, lots, 1_000)
    world.mark(1_120, seconds=50)
    world.mark(1_125, seconds=51)
    assert (world.contract.session_loss_atoms, world.deficit) == (1_500, -1_500)
    return world


def test_LOSS_006_shared_by_the_profits_of_the_session():
    """LOSS-006 Ann and Cat hold, Bob closed and is flat: 2,500, 3,750, 6,250 bear 1,500 as 300, 450, 750."""
    world = losing()
    world.trade(EVE, BOB, 30, 1_125)
    assert world.size(BOB) == 0 and world.contract.loss_pending_atoms == 0
    events = world.advance(HOUR_S)
    told = {int(event["account"]): (int(event["cash_atoms"]), int(event["value_atoms"]))
            for event in world.of(events, "LOSS_SOCIALIZED")}
    assert told == {ANN: (-300, 2_500), BOB: (-450, 3_750), CAT: (-750, 6_250)}
    assert world.deficit == 0 and not world.of(events, "DEFICIT_BOOKED")
    assert world.balance(BOB) == 100_000 + 3_750 - 450
    world.check()
    assert not world.of(world.advance(2 * HOUR_S), "LOSS_SOCIALIZED")


def test_LOSS_006_only_this_session_counts():
    """LOSS-006 Profits of the session before are cash and safe: Cat, who earned nothing since, bears nothing."""
    world = RiskWorld(session_interval_ns=HOUR, socialize_losses=2, adl_policy=0, disposal_limit_ppb=0)
    world.deposit(ann=100_000, bob=100_000, cat=100_000, dan=11_000)
    world.trade(CAT, BOB, 10, 1_000)
    world.mark(1_040, seconds=10)
    world.trade(BOB, CAT, 10, 1_040)
    world.advance(HOUR_S)
    world.trade(ANN, DAN, 100, 1_040)
    world.mark(1_165, seconds=HOUR_S + 10)
    world.mark(1_165, seconds=HOUR_S + 11)
    assert world.deficit == -1_500
    events = world.advance(2 * HOUR_S)
    assert [int(event["account"]) for event in world.of(events, "LOSS_SOCIALIZED")] == [ANN]
    world.check()


def test_LOSS_006_what_winners_cannot_bear_is_bad_debt():
    """LOSS-006 The winners lose it all again before the session ends: nobody earned anything, DEFICIT_BOOKED."""
    world = losing()
    world.mark(990, seconds=60)
    events = world.advance(HOUR_S)
    assert [int(event["cash_atoms"]) for event in world.of(events, "DEFICIT_BOOKED")] == [-1_500]
    assert not world.of(events, "LOSS_SOCIALIZED") and world.deficit == -1_500
    world.check()


def test_the_settlement_price_of_a_session_follows_funding_of_the_same_stamp():
    """SESS-002 FUND-009 Funding due at the stamp is booked before profit becomes cash."""
    world = three_sources(1_000, session_interval_ns=8 * HOUR, session_offset_ns=4 * HOUR, interest_ppb=1_000_000,
                          premium_sample_ns=0, funding_delayed=0, funding_clamp_ppb=10**9, funding_cap_ppb=0,
                          funding_step_cap_ppb=0)
    world.rule("STALE_AFTER_NS", 0)
    world.open_accounts(ANN, BOB, atoms=100_000)
    world.trade(ANN, BOB, 10, 1_000)
    world.state.work_budget = 64
    kinds = world.kinds(world.advance(4 * HOUR_S))
    assert "FUNDING_SETTLED" in kinds and "SESSION_BEGUN" in kinds
    assert sum(world.cash().values()) == 0 and COIN == 1
