"""MARG-043: orders under a schedule whose rates rise with the size of the position."""
import numpy as np
import pytest
from order_world import ANN, BOB, BUY, IOC, PPB, SELL, OrderWorld

from steelyard.kernel import load_plain

groups = load_plain("engine.groups")
invariants = load_plain("engine.invariants")
LOT = 10_000_000
"""Atoms of a lot at the mark of 1,000."""
RISING = dict(rate_method=2, linear_initial_ppb=PPB // 50, linear_maintenance_ppb=PPB // 100,
              lot_value_numerator=10_000,
              position_lots_max=1_000, order_lots_max=1_000, unrealized_profit_opens=1)
PER_LOT = dict(RISING, linear_slope_ppb_per_lot=PPB // 1_000)
PER_VALUE = dict(RISING, linear_slope_value_atoms=LOT * 1_000 // PPB, initial_basis=1, maintenance_basis=1)


def available(world, account):
    """What an account has free above its initial margin, at the present marks."""
    return groups.available(world.state, world.state.accounts[account].first_wallet)


@pytest.mark.parametrize("terms", [PER_LOT, dict(PER_LOT, initial_basis=1), PER_VALUE],
                         ids=["per lot on entry", "per lot at mark", "per value"])
@pytest.mark.parametrize("method", [0, 1, 2], ids=["worse side", "bids net of offers", "both sides"])
@pytest.mark.parametrize("isolated", [False, True], ids=["cross", "isolated"])
def test_MARG_043_a_fill_of_accepted_orders_leaves_initial_margin_covered(terms, method, isolated):
    """MARG-043 MARG-009 Any part of what an account's orders offer, either side, from long, short and flat: what is
    free is no less than zero after it, to the atoms of rounding."""
    draw, accepted, refused, filled = np.random.default_rng(7 + method), 0, 0, 0
    for _round in range(40):
        world = OrderWorld(atoms=10**15, order_margin_method=method, **terms)
        world.deposit(dan=int(draw.integers(2, 40)) * LOT)
        account = 19
        if isolated:
            world.isolate(account, 50)
        start = int(draw.integers(-40, 41))
        if start and available(world, account) > abs(start) * LOT * (20 + abs(start)) // 1_000:
            world.hold(account, start)
        for _order in range(4):
            side, lots = int(draw.choice([BUY, SELL])), int(draw.integers(1, 90))
            events = world.place(account, side, lots, price_ticks=1_000 - side * int(draw.integers(1, 5)))
            accepted += bool(world.of(events, "ORDER_RESTED"))
            refused += world.kinds(events) == ["REJECTED"]
        assert available(world, account) >= 0
        for side, best in ((BUY, world.bids()), (SELL, world.asks())):
            if best:
                lots = int(draw.integers(1, 150))
                filled += len(world.fills(world.place(BOB, -side, lots, price_ticks=best, time_in_force=IOC)))
                assert available(world, account) >= -8, (start, side, lots)
                break
        assert not invariants.broken(world.state)
    assert accepted > 30 and refused > 10 and filled > 15, (accepted, refused, filled)


def test_MARG_043_one_large_order_is_charged_at_the_rate_it_reaches():
    """MARG-043 100 lots at 2 % + .1 % per lot ask for 12 %: with an atom less the order is refused; taken and filled,
    nothing is free and nothing is missing."""
    world = OrderWorld(atoms=10**15, **PER_LOT)
    needed = 100 * LOT * 12 // 100
    world.deposit(dan=needed - 1)
    assert world.refusal(world.place(19, BUY, 100, price_ticks=1_000)) == "initial_margin_must_be_covered"
    world.deposit(dan=1)
    assert world.of(world.place(19, BUY, 100, price_ticks=1_000), "ORDER_RESTED")
    assert (world.requirement(19), available(world, 19)) == (needed, 0)
    world.place(BOB, SELL, 60, price_ticks=1_000)
    assert available(world, 19) == 0, "40 lots still ask for what they reach"
    world.place(BOB, SELL, 40, price_ticks=1_000)
    assert (world.requirement(19), available(world, 19)) == (needed, 0)


def test_MARG_043_an_offer_beyond_a_long_is_charged_as_the_short_it_opens():
    """MARG-043 Long 20 and an offer of 50: a short of 30 at 5 %, on top of the long's own 4 %; a bid of 50 reaches 70
    at 9 %, with the long's own rise."""
    world = OrderWorld(atoms=10**15, **PER_LOT)
    world.hold(ANN, 20)
    own = 20 * LOT * 4 // 100
    world.place(ANN, SELL, 50, price_ticks=1_001)
    assert world.requirement(ANN) == own + 30 * LOT * 1_001 // 1_000 * 5 // 100
    world.place(ANN, BUY, 50, price_ticks=999)
    assert world.requirement(ANN) == own + (50 * LOT * 999 // 1_000 * 9 + 20 * LOT * 5) // 100
