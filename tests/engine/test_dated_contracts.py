"""SETL, MARK: contracts that expire: the stamp they are listed with, at which price they end, their mark on the way."""
import pytest
from price_world import ANN, BOB, PPB, START, three_sources
from risk_world import CONTRACT, RiskWorld

from steelyard.units import MINUTE, SECOND

HOUR_S = 3600
EXPIRY = START // SECOND + 2 * HOUR_S


def dated(method=1, window=30 * MINUTE, sample=4 * SECOND, **terms):
    """A contract that expires two hours after the start, at the average of its last half hour; index 100."""
    world = three_sources(100, mark_method=terms.pop("mark_method", 3), funding_interval_ns=0, premium_sample_ns=0,
                          expiry_s=EXPIRY, settlement_method=method, settlement_window_ns=window,
                          settlement_sample_ns=sample, **terms)
    world.open_accounts(ANN, BOB, atoms=10_000)
    return world


def index(world, units, seconds):
    """All three sources print one price."""
    for number in range(3):
        world.price(number, units, seconds)


# ---------------------------------------------------------------- the stamp
def test_SETL_006_listing_sets_the_stamp():
    """SETL-006 The stamp is the expiry; it cannot be set while listed, but moved; an expiry that is past is refused."""
    world = dated()
    assert world.contract.settle_at_ns == EXPIRY * SECOND
    parameter = world.records.TERMS.names.index("expiry_s")
    assert world.refusal(world.send("SET_TERM", instrument=CONTRACT, parameter=parameter,
                                    value=EXPIRY + 60)) == "instrument_must_be_unlisted"
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=(EXPIRY + 60) * SECOND)
    assert world.contract.settle_at_ns == (EXPIRY + 60) * SECOND
    late = RiskWorld()
    late.advance(10)
    assert late.refusal(late.list(2, index_id=0, mark_method=3, expiry_s=START // SECOND + 10)) == (
        "settlement_must_be_in_future")


@pytest.mark.parametrize("terms", [dict(settlement_sample_ns=0), dict(settlement_sample_ns=31 * MINUTE),
                                   dict(settlement_method=3), dict(settlement_window_ns=10**15, settlement_sample_ns=1),
                                   dict(settlement_fee_ppb=-1), dict(expiry_s=-1)])
def test_SETL_006_what_is_refused_at_listing(terms):
    """SETL-006 No sample, a sample beyond the window, an unknown method, too many samples."""
    world = RiskWorld()
    chosen = dict(settlement_method=1, settlement_window_ns=30 * MINUTE, settlement_sample_ns=4 * SECOND) | terms
    assert world.refusal(world.list(2, index_id=0, mark_method=3, **chosen)) == "terms_must_be_consistent"


# ---------------------------------------------------------------- the price
def test_SETL_007_450_prints_of_the_last_half_hour():
    """SETL-007 100 for ten minutes, 103 for twenty: (150 x 100 + 300 x 103) / 450 = 102, whatever the mark says."""
    world = dated()
    world.trade(ANN, BOB, 10, 100)
    index(world, 90, HOUR_S)
    index(world, 100, 5_400)
    index(world, 103, 6_000)
    index(world, 103, 7_199)
    assert world.contract.settle_count == 449
    events = world.advance(7_200)
    assert world.contract.settle_count == 450
    end = world.of(events, "INSTRUMENT_SETTLED")[0]
    assert int(end["price_units"]) == 102 and (int(end["size_lots"]), int(end["equity_atoms"])) == (0, 0)
    assert [int(event["realized_atoms"]) for event in world.of(events, "POSITION_SETTLED")] == [-20, 20] or (
        sorted(int(event["realized_atoms"]) for event in world.of(events, "POSITION_SETTLED")) == [-20, 20])
    assert sum(world.cash().values()) == 0


def test_SETL_007_a_gap_is_filled_with_the_index_that_held():
    """SETL-007 One command long after the stamp: every sample of the gap is the index that held, 100."""
    world = dated()
    world.rule("STALE_AFTER_NS", 0)
    world.trade(ANN, BOB, 10, 90)
    end = world.of(world.advance(9_000), "INSTRUMENT_SETTLED")[0]
    assert int(end["price_units"]) == 100 and world.contract.settle_count == 450


def test_SETL_007_other_stamps_of_a_perpetual_use_the_same_ways():
    """SETL-007 A perpetual that is wound down at the average: only samples after the stamp was set count."""
    world = three_sources(100, mark_method=3, settlement_method=1, settlement_window_ns=10 * MINUTE,
                          settlement_sample_ns=MINUTE)
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=START + 600 * SECOND)
    index(world, 200, 270)
    end = world.of(world.advance(600), "INSTRUMENT_SETTLED")[0]
    assert int(end["price_units"]) == (4 * 100 + 6 * 200) // 10


# ---------------------------------------------------------------- published
def test_SETL_008_a_published_price_before_and_after_the_stamp():
    """SETL-008 Published before the stamp it closes at the stamp; without one the market waits, marks go on."""
    early = dated(method=2)
    early.trade(ANN, BOB, 10, 100)
    assert early.kinds(early.send("PUBLISH_SETTLEMENT", instrument=CONTRACT, value=107)) == ["CONFIGURED"]
    assert early.of(early.advance(7_200), "INSTRUMENT_SETTLED")[0]["price_units"] == 107
    late = dated(method=2)
    late.trade(ANN, BOB, 10, 100)
    halt = late.of(late.advance(7_200), "INSTRUMENT_STATE_CHANGED")[0]
    assert (int(halt["flags"]), int(halt["price_units"])) == (late.codes.STATE_HALTED, 0)
    assert late.kinds(late.order(ANN, 1, 1, 100)) == ["REJECTED"]
    index(late, 101, 7_201)
    assert late.contract.mark_price_units == 101 and late.contract.settle_price_units == 0
    events = late.send("PUBLISH_SETTLEMENT", instrument=CONTRACT, value=95)
    assert late.of(events, "INSTRUMENT_SETTLED")[0]["price_units"] == 95
    assert sum(late.cash().values()) == 0


def test_SETL_008_refusals_in_order():
    """SETL-008"""
    world = RiskWorld()
    publish = lambda instrument, value: world.refusal(  # noqa: E731
        world.send("PUBLISH_SETTLEMENT", instrument=instrument, value=value))
    assert publish(0, 5) == "instrument_must_exist"
    assert publish(7, 5) == "instrument_must_be_listed"
    assert publish(CONTRACT, 0) == "value_must_be_in_range"
    assert publish(CONTRACT, 5) == "settlement_must_be_published"


# ---------------------------------------------------------------- fee
def test_SETL_009_the_fee_goes_as_far_as_cash_does():
    """SETL-009 10 % of 100 lots at 960: 9,600; whoever has only 6,910 left pays that and owes nothing."""
    world = RiskWorld(settlement_fee_ppb=PPB // 10)
    world.deposit(ann=50_000, bob=1_000_000, cat=10_910)
    world.trade(16, 17, 100, 1_000)
    world.trade(18, 17, 100, 1_000)
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=START + 100 * SECOND)
    world.term("maintenance_basis", 0)
    world.mark(960, seconds=90)
    settled = world.of(world.advance(100), "POSITION_SETTLED")
    fees = {int(event["account"]): int(event["fee_atoms"]) for event in settled}
    assert fees == {16: 9_600, 17: 19_200, 18: 6_910} and world.balance(18) == 0
    assert world.system(world.records.FEES_ACCOUNT) == sum(fees.values())
    world.check()


# ---------------------------------------------------------------- the mark
def test_MARK_007_a_basis_that_goes_to_zero():
    """MARK-007 Mid 1 % over the index with two hours left: 1 % now, half of it at half time, none at the end."""
    world = three_sources(100_000, mark_method=4, funding_interval_ns=0, premium_sample_ns=0, expiry_s=EXPIRY,
                          basis_round_ns=MINUTE, basis_sample_ns=MINUTE, basis_samples=1)
    world.rule("STALE_AFTER_NS", 0)
    world.open_accounts(ANN, BOB, atoms=10**9)
    world.order(ANN, 1, 1, 100_090, 1)
    world.order(BOB, -1, 1, 100_110, 1)
    world.advance(60)
    assert abs(world.contract.mark_price_units - 100_100) <= 1
    world.send("CANCEL_ORDERS", 61, account=ANN)
    world.advance(3_660)
    assert abs(world.contract.mark_price_units - 100_050) <= 1
    world.advance(7_199)
    assert 100_000 <= world.contract.mark_price_units <= 100_001


def test_MARK_007_the_example_of_the_page():
    """MARK-007 Index 40,000, mid 40,400, 73 days: 5 % a year; a day later 394.52."""
    from steelyard.kernel import load_plain
    mark = load_plain("rules.mark")
    rate = mark.annual_basis_ppb(PPB // 100, 73 * 86_400)
    assert rate == PPB // 20
    assert mark.annual_basis(4_000_000, rate, 72 * 86_400) == 39_452
    assert mark.annual_basis_ppb(PPB, 1) == 9 * PPB and mark.annual_basis_ppb(PPB, 0) == 0
    assert mark.annual_basis(1 << 40, 9 * PPB, 1 << 40) == 1 << 40
