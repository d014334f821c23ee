"""ADLV-021: counterparties from a drawn place on, whole pairs whose bankruptcy prices overlap."""
from collections import Counter

import pytest
from risk_world import ANN, BOB, BUY, CAT, COIN, CONTRACT, DAN, EVE, PPB, RiskWorld

from steelyard.kernel import load_plain

adl = load_plain("rules.adl")
invariants = load_plain("engine.invariants")
SHORTS = (BOB, CAT, DAN, EVE)


def crowd(before=0, cash=(90_000, 90_000, 90_000, 90_000), lots=(30, 30, 30, 30), **terms):
    """Ann is long of four shorts, isolated at 10x (bankruptcy 900); ``before`` commands first, which move the place."""
    world = RiskWorld(adl_policy=4, **terms)
    world.deposit(ann=200_000)
    world.isolate(ANN, 10)
    for account, atoms, size in zip(SHORTS, cash, lots):
        world.open_accounts(account, atoms=atoms)
        world.trade(ANN, account, size, 1_000)
    for _command in range(before):
        world.send("NOTE")
    return world


def closed(world, events):
    """(account, lots) of each deleveraging, in order."""
    return [(int(event["account"]), int(event["size_lots"])) for event in world.of(events, "DELEVERAGED")]


def test_ADLV_021_the_place_is_even_and_always_the_same():
    """ADLV-021 4,000 numbers in a row fall on 8 places evenly, and on the same ones every time."""
    places = [adl.drawn_place(sequence, (1 << 62) + 7, 97_250_00, 8) for sequence in range(4_000)]
    assert places == [adl.drawn_place(sequence, (1 << 62) + 7, 97_250_00, 8) for sequence in range(4_000)]
    counts = Counter(places)
    assert set(counts) == set(range(8)) and max(counts.values()) - min(counts.values()) < 120
    assert 0 <= adl.mixed((1 << 32) - 1, (1 << 63) - 1) < 1 << 32


def test_ADLV_021_in_the_order_of_rows_from_a_drawn_place():
    """ADLV-021 All four close 30 at the bankruptcy price 900, each start happens, the order goes round."""
    starts = set()
    for before in range(12):
        world = crowd(before)
        told = closed(world, world.mark(880))
        assert sorted(told) == [(account, 30) for account in SHORTS]
        first = SHORTS.index(told[0][0])
        assert [account for account, _lots in told] == [*SHORTS[first:], *SHORTS[:first]]
        assert world.deficit == 0 and not world.takeovers() and not invariants.broken(world.state)
        starts.add(first)
    assert starts == {0, 1, 2, 3}
    event = world.of(world.events, "DELEVERAGED")[0]
    assert (int(event["price_ticks"]), int(event["fee_atoms"]), int(event["realized_atoms"])) == (900, 0, 3_000)


def test_ADLV_021_a_pair_whose_prices_do_not_overlap_is_passed_by():
    """ADLV-021 Mark 800: 100 a lot to give up. With 2,000 left Cat cannot bear the 3,000 of her 30 lots and is passed
    by, whole; with 3,100 she can."""
    for equity, taken in ((2_000, False), (3_100, True)):
        world = crowd()
        paid = 90_000 - (equity - 30 * 200)
        world.wallet(CAT).balance_atoms -= paid
        world.state.wallets[1 + world.records.EXTERNAL_ACCOUNT * world.records.ASSETS_MAX + COIN].balance_atoms += paid
        told = closed(world, world.mark(800))
        assert ((CAT, 30) in told) == taken and len(told) == 3 + taken
        assert bool(world.takeovers()) != taken and world.size(CAT) == (0 if taken else -30)


def test_ADLV_021_the_shared_equity_of_a_group_counts_in_part():
    """ADLV-021 With half of its requirement elsewhere, a counterparty's price is half as far: 30 lots, 20 a lot lost,
    is borne by 1,200 and not by 1,199."""
    assert adl.prices_overlap(600, 1_200, 50, 100, 30, 30) and not adl.prices_overlap(600, 1_199, 50, 100, 30, 30)
    assert adl.prices_overlap(300, 1_200, 50, 100, 15, 30) and adl.prices_overlap(0, -5, 1, 1, 1, 1)
    assert not adl.prices_overlap(1, 0, 1, 1, 1, 1)


def test_ADLV_021_partly_at_both_ends():
    """ADLV-021 A takeover of 20 against shorts of 30: one pair, 20 lots, 10 stay."""
    world = crowd(lots=(30, 30, 30, 30))
    world = RiskWorld(adl_policy=4)
    world.deposit(ann=2_000, bob=90_000)
    world.trade(ANN, BOB, 20, 1_000)
    world.open_accounts(CAT, atoms=90_000)
    world.trade(CAT, BOB, 10, 1_000)
    assert closed(world, world.mark(880)) == [(BOB, 20)] and world.size(BOB) == -10
    assert not invariants.broken(world.state)


def test_LOSS_009_a_loss_ends_in_its_own_pool():
    """LOSS-009 MARG-044 1,000 in the fund of the first contract pay nothing of a loss in the second."""
    world = RiskWorld(instruments=2, insurance_scope=1, isolated_only=1, adl_policy=0)
    world.fund(1_000)
    world.deposit(ann=100_000, dan=100_000)
    world.send("SET_LEVERAGE", account=DAN, instrument=2, value=PPB // 10)
    world.trade(ANN, DAN, 30, 1_000, instrument=2)
    world.mark(1_120, 2, seconds=5)
    assert world.state.instruments[CONTRACT].insurance_atoms == 1_000 and world.deficit == -600
    assert world.size(DAN, 2) == 0 and world.balance(DAN) == 97_000
    assert world.kinds(world.order(DAN, BUY, 1, 1_000))[0] == "ORDER_ACCEPTED"
    assert not invariants.broken(world.state)


@pytest.mark.parametrize("policy", [1, 4])
def test_ADLV_021_nobody_left_ends_the_pass(policy):
    """ADLV-021 ADLV-009 Counterparties without equity: the rest is written down and nothing hangs."""
    world = RiskWorld(adl_policy=policy)
    world.deposit(ann=2_000, bob=2_100)
    world.trade(ANN, BOB, 20, 1_000)
    world.mark(880)
    world.advance(5)
    assert world.state.adl.phase == 0 and not invariants.broken(world.state)
