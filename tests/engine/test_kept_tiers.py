"""MARG-045: tiers that change for new positions only."""
from risk_world import ANN, BOB, CAT, COIN, CONTRACT, DAN, PPB, RiskWorld

from steelyard.kernel import load_plain

groups = load_plain("engine.groups")
invariants = load_plain("engine.invariants")
OLD, NEW = PPB * 35 // 10_000, PPB // 200


def changed(world, maintenance=NEW, initial=PPB // 100, instrument=CONTRACT):
    """The venue sets another maintenance rate."""
    events = world.send("SET_TIER", instrument=instrument, parameter=0, amount_atoms=1 << 57, value=initial,
                        size_lots=maintenance)
    assert world.kinds(events)[0] == "CONFIGURED"
    return events


def held(world, account):
    """Maintenance requirement of an account's wallet."""
    return groups.group_maintenance(world.state, world.state.accounts[account].first_wallet, 0)


def world_of(**terms):
    world = RiskWorld(tiers=[(1 << 57, PPB // 100, OLD)], tiers_for_new=1, lot_value_numerator=1, **terms)
    world.deposit(ann=100_000, bob=100_000, cat=100_000)
    world.trade(ANN, BOB, 100, 1_000)
    return world


def test_MARG_045_who_is_in_keeps_maintenance_who_comes_has_the_new():
    """MARG-045 100 lots keep 350; another's 100 are asked for 500; added to, all of them are: 550; closed and opened
    again: 500."""
    world = world_of()
    changed(world)
    assert held(world, ANN) == held(world, BOB) == 350
    world.trade(CAT, BOB, 10, 1_000)
    assert (held(world, CAT), held(world, ANN), held(world, BOB)) == (50, 350, 550)
    world.trade(BOB, ANN, 40, 1_000)
    assert held(world, ANN) == 210, "reduced, and still kept"
    world.trade(BOB, ANN, 60, 1_000)
    world.trade(ANN, BOB, 100, 1_000)
    assert held(world, ANN) == 500
    assert not invariants.broken(world.state)


def test_MARG_045_leverage_is_set_under_the_new_rates():
    """MARG-045 Whoever sets leverage is margined anew; refused where maintenance would not be covered."""
    world = world_of()
    changed(world)
    setting = dict(account=ANN, instrument=CONTRACT, value=PPB // 50)
    assert world.kinds(world.send("SET_LEVERAGE", **setting)) == ["LEVERAGE_SET"] and held(world, ANN) == 500
    world = world_of()
    world.send("WITHDRAW", account=ANN, asset=COIN, amount_atoms=99_000)
    world.mark(994, seconds=5)
    changed(world)
    assert world.equity(ANN) == 400 and world.size(ANN) == 100, "alive between the old 350 and the new 500"
    assert world.refusal(world.send("SET_LEVERAGE", **dict(setting, value=0))) == "initial_margin_must_be_covered"
    assert held(world, ANN) == 350
    assert "LIQUIDATION_STARTED" in world.kinds(world.mark(993, seconds=6))
    assert not invariants.broken(world.state)


def test_MARG_045_a_turn_is_a_new_position():
    """MARG-045 Long 100 kept, sold 130: the short of 30 is new."""
    world = world_of()
    changed(world)
    world.trade(CAT, ANN, 130, 1_000)
    assert world.size(ANN) == -30 and held(world, ANN) == 150


def test_MARG_045_without_the_term_a_change_holds_for_all():
    """MARG-045 TERM-002 Also for those that kept an earlier one, and a lower rate is kept from nobody."""
    world = world_of()
    changed(world)
    world.term("tiers_for_new", 0)
    assert held(world, ANN) == 350
    changed(world, maintenance=PPB // 250)
    assert held(world, ANN) == 400


def test_MARG_045_bands_of_a_kept_dearer_rate_are_safe():
    """MARG-045 BAND-003 Maintenance at mark falls from 5 % to .5 % for others: a short that keeps 5 % is liquidated
    where the full sweep says so, mark by mark."""
    world = RiskWorld(tiers_for_new=1, maintenance_basis=1, initial_basis=1)
    world.deposit(ann=3_000, bob=100_000)
    world.trade(BOB, ANN, 20, 1_000)
    changed(world, maintenance=PPB // 200, initial=PPB // 100)
    for units in range(1_001, 1_200):
        world.mark(units)
        assert not invariants.broken(world.state), units
        if world.size(ANN) == 0:
            break
    assert 1_080 < units < 1_110 and world.size(DAN) == 0
