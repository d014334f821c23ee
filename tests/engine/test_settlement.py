"""SETL: the end of an instrument: a stamp, one price for all, nothing left over."""
import pytest
from price_world import START
from risk_world import ANN, BOB, BUY, CAT, CONTRACT, DAN, SELL, RiskWorld

SECOND = 1_000_000_000


def stamp(world, seconds, instrument=CONTRACT):
    """Schedule the settlement of a contract."""
    return world.send("SCHEDULE_SETTLEMENT", instrument=instrument, value=START + seconds * SECOND)


def crowded(**terms):
    """Three holders, an order, an isolated position."""
    world = RiskWorld(**terms)
    world.deposit(ann=50_000, bob=1_000_000, cat=40_000, dan=1_000_000)
    world.isolate(ANN)
    world.trade(ANN, BOB, 100, 1_000)
    world.trade(CAT, BOB, 30, 1_000)
    world.order(DAN, BUY, 5, 900)
    world.order(CAT, SELL, 5, 1_500)
    return world


# ---------------------------------------------------------------- refusals, in order
def test_SETL_001_refusals():
    """SETL-001 The instrument must exist, be listed and not settled; the stamp must be in the future."""
    world = RiskWorld()
    assert world.refusal(stamp(world, 100, instrument=0)) == "instrument_must_exist"
    assert world.refusal(stamp(world, 100, instrument=7)) == "instrument_must_be_listed"
    assert world.refusal(stamp(world, 1)) == "settlement_must_be_in_future"
    assert world.kinds(stamp(world, 100)) == ["CONFIGURED"]
    world.advance(101)
    assert world.refusal(stamp(world, 200)) == "instrument_must_be_listed"


# ---------------------------------------------------------------- closing
def test_SETL_004_everybody_is_closed_at_the_mark_of_the_stamp():
    """SETL-004 SETL-005 Mark 1,040 at the stamp: profits of 40 a lot are cash, orders are gone, clearing is exactly
    zero."""
    world = crowded()
    stamp(world, 100)
    world.mark(1_040, seconds=99)
    events = world.mark(2_000, seconds=100)                   # too late: the price was fixed before this command ran
    assert world.refusal(world.of(events, "REJECTED")) == "instrument_must_be_listed"
    settled = world.of(events, "POSITION_SETTLED")
    names = ("account", "size_lots", "realized_atoms", "price_units")
    assert [tuple(int(event[name]) for name in names) for event in settled] == [
        (ANN, 100, 4_000, 1_040), (BOB, -130, -5_200, 1_040), (CAT, 30, 1_200, 1_040)]
    end = world.of(events, "INSTRUMENT_SETTLED")[0]
    assert (int(end["price_units"]), int(end["size_lots"]), int(end["equity_atoms"])) == (1_040, 0, 0)
    assert (world.balance(ANN), world.balance(BOB), world.balance(CAT)) == (54_000, 994_800, 41_200)
    contract = world.contract
    assert (contract.clearing_atoms, contract.open_interest_lots, contract.order_count) == (0, 0, 0)
    assert world.contract.state == world.codes.STATE_SETTLED
    world.check()


def test_SETL_002_the_wind_down_a_venue_goes_through():
    """SETL-002 Reduce-only first, by the operator; then the stamp closes what is left. Nothing trades afterwards."""
    world = crowded()
    world.send("SET_INSTRUMENT_STATE", instrument=CONTRACT, value=world.codes.STATE_REDUCE_ONLY)
    stamp(world, 100)
    assert world.kinds(world.order(DAN, BUY, 1, 1_000)) == ["REJECTED"]
    world.advance(100)
    assert all(world.size(account) == 0 for account in (ANN, BOB, CAT, DAN))
    assert world.kinds(world.order(DAN, BUY, 1, 1_000)) == ["REJECTED"]
    assert world.kinds(world.mark(500)) == ["REJECTED"]
    world.check()


def test_SETL_003_takeovers_are_closed_first_and_their_loss_goes_the_way_of_losses():
    """SETL-003 A takeover at 900 waits at mark 890 because the fund of 1,500 would do; settled there it takes 1,000 of
    it."""
    world = crowded()
    world.fund(1_500)
    world.send("CANCEL_ORDER", account=DAN, order_id=world.order_id - 1)
    stamp(world, 100)
    world.mark(890, seconds=50)
    assert len(world.takeovers()) == 1 and world.insurance == 1_500
    events = world.advance(100)
    closed = world.of(events, "TAKEOVER_CLOSED")[0]
    assert int(closed["realized_atoms"]) == -1_000 and world.insurance == 500 and world.deficit == 0
    assert world.contract.clearing_atoms == 0 and not world.takeovers()
    world.check()


@pytest.mark.parametrize("budget", [1, 2, 5])
def test_SETL_003_the_walk_is_bounded(budget):
    """SETL-003 A few steps per command; the price stays fixed however long the walk takes, and the books balance
    throughout."""
    world = crowded()
    stamp(world, 100)
    world.state.work_budget = budget
    world.advance(100)
    for second in range(101, 125):
        world.check()
        assert world.contract.mark_price_units == 1_000
        world.advance(second)
    assert world.contract.state == world.codes.STATE_SETTLED and world.contract.clearing_atoms == 0
    assert world.balance(ANN) == 50_000


def test_SETL_004_an_inverse_contract_settles_to_the_atom():
    """SETL-004 Coin-margined: values round per lot, clearing still ends at zero."""
    world = RiskWorld(kind=2, lot_value_numerator=100_000_000, inverse_parts_per_lot=1, mark=997)
    world.deposit(ann=100_000_000, bob=100_000_000)
    world.trade(ANN, BOB, 33, 1_001)
    stamp(world, 100)
    world.mark(1_013, seconds=50)
    world.advance(100)
    assert world.contract.clearing_atoms == 0
    assert world.balance(ANN) + world.balance(BOB) == 200_000_000
    assert world.balance(ANN) - 100_000_000 == 33 * (99_900 - 98_717)
    world.check()


def test_SETL_004_other_instruments_of_a_cross_account_go_on():
    """SETL-004 Only the settled instrument is closed; the account's other position keeps its margin and its bands."""
    world = RiskWorld(instruments=2)
    world.deposit(ann=20_000, bob=1_000_000)
    world.trade(ANN, BOB, 50, 1_000, instrument=1)
    world.trade(ANN, BOB, 50, 1_000, instrument=2)
    stamp(world, 100, instrument=2)
    world.mark(900, instrument=2, seconds=50)
    world.advance(100)
    assert world.size(ANN, 1) == 50 and world.size(ANN, 2) == 0 and world.balance(ANN) == 15_000
    events = world.mark(750)
    assert world.of(events, "POSITION_TAKEN_OVER") and world.balance(ANN) == 0
    world.check()


def test_SETL_001_a_stamp_can_be_moved_and_taken_back():
    """SETL-001 The last stamp counts; 0 takes it back."""
    world = crowded()
    stamp(world, 100)
    stamp(world, 200)
    world.advance(150)
    assert world.size(ANN) == 100
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=0)
    world.advance(250)
    assert world.size(ANN) == 100 and world.state.settle_next_ns == 0
    world.check()


