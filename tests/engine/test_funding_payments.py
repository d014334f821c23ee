"""FUND-030, FUND-032 on the engine: rates that remember, funding that accrues hourly and is paid later."""
from price_world import ANN, BOB, CAT, CONTRACT, World

from steelyard.kernel import load_plain
from steelyard.units import HOUR, PPB

broken = load_plain("engine.invariants").broken


def a_world(**terms):
    """Funding of 0.01 % an hour on a mark of 1,000,000: 100 atoms a lot."""
    world = World()
    world.advance(0)
    world.source(0)
    world.list(**dict(dict(funding_interval_ns=HOUR, funding_offset_ns=0, funding_delayed=0), **terms))
    world.price(0, 1_000_000)
    world.open_accounts(ANN, BOB, CAT)
    return world


def paid(world, events):
    return {int(event["account"]): int(event["cash_atoms"]) for event in world.of(events, "FUNDING_SETTLED")}


def test_a_smoothed_rate_moves_by_its_weight():
    """FUND-030: three quarters of the way from 0 to 0.01 %, then of the rest."""
    world = a_world(funding_smoothing_ppb=PPB * 3 // 4)
    found = []
    for hour in (1, 2, 3):
        world.advance(hour * 3_600)
        found.append(int(world.contract.funding_rate_ppb))
    assert found == [75_000, 93_750, 98_438]


def test_what_accrues_is_owed_at_once_and_booked_at_the_payment():
    """FUND-032, FUND-006: what is due grows every hour and counts as a loss, cash moves every three."""
    positions = load_plain("engine.positions")
    world = a_world(funding_payment_ns=3 * HOUR, funding_payment_offset_ns=0)
    world.trade(ANN, BOB, 10, 1_000_000)
    row = positions.position_of(world.state, ANN, CONTRACT)
    position, wallet = world.state.positions[row], world.state.wallets[world.state.accounts[ANN].first_wallet]
    start, due = wallet.balance_atoms, 0
    for hour in (1, 2):
        events = world.advance(hour * 3_600)
        due += 10 * 100_000 * world.contract.mark_unit_value_atoms // PPB
        assert paid(world, events) == {} and broken(world.state) == []
        assert abs(positions.funding_due(world.contract, position) - due) <= 1 and wallet.balance_atoms == start
        profit = 10 * world.contract.mark_unit_value_atoms - position.entry_value_atoms
        assert positions.unrealized(world.state, row) == profit - positions.funding_due(world.contract, position)
    booked = paid(world, world.advance(3 * 3_600))
    assert abs(booked[ANN] + due + 1_000) <= 2 and booked[BOB] in (-booked[ANN], -booked[ANN] - 1)
    assert wallet.balance_atoms == start + booked[ANN] and broken(world.state) == []


def test_a_payment_books_what_accrued_even_where_its_own_hour_adds_nothing():
    """FUND-032: two hours of 0.01 %, then none."""
    world = a_world(funding_payment_ns=3 * HOUR)
    world.trade(ANN, BOB, 10, 1_000_000)
    world.advance(2 * 3_600)
    for name in ("interest_ppb", "premium_sample_ns"):
        world.send("SET_TERM", instrument=CONTRACT, parameter=world.records.TERMS.names.index(name), value=0)
    assert set(paid(world, world.advance(3 * 3_600))) == {ANN, BOB} and world.contract.funding_rate_ppb == 0


def test_a_fill_books_what_its_position_owes():
    """FUND-032: who leaves between two payments has paid."""
    world = a_world(funding_payment_ns=3 * HOUR)
    world.trade(ANN, BOB, 10, 1_000_000)
    world.advance(3_600)
    events = world.trade(CAT, ANN, 10, 1_000_000)
    assert paid(world, events)[ANN] == -1_000
    booked = paid(world, world.advance(3 * 3_600))
    assert set(booked) == {BOB, CAT} and abs(booked[BOB] - 3_000) <= 1 and abs(booked[CAT] + 2_000) <= 1
    assert broken(world.state) == []


def test_who_can_no_longer_carry_what_accrues_is_found():
    """FUND-032, BAND-001: the walk looks at everyone though nothing is booked."""
    world = a_world(funding_payment_ns=24 * HOUR, interest_ppb=20_000_000, funding_clamp_ppb=PPB,
                    funding_cap_ppb=0, funding_step_cap_ppb=0)
    world.open_accounts(20, atoms=1_000_001)
    world.trade(20, BOB, 10, 1_000_000)
    started = []
    for hour in range(1, 9):
        started += [int(event["account"]) for event in world.of(world.advance(hour * 3_600), "LIQUIDATION_STARTED")]
    assert started == [20] and broken(world.state) == []


def test_terms_of_payment_are_checked():
    """TERM-001: a weight above one, a negative time."""
    for name, value in (("funding_smoothing_ppb", PPB + 1), ("funding_payment_ns", -1),
                        ("funding_payment_offset_ns", -1)):
        world = World()
        world.advance(0)
        world.source(0)
        assert world.refusal(world.list(**{name: value})) == "terms_must_be_consistent"
        assert world.state.instruments[CONTRACT].state == 0
