"""CALL-004: a wallet that is called before its maintenance margin is reached."""
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from risk_world import ANN, BOB, CONTRACT, PPB, RiskWorld

from steelyard.kernel import load_plain
from steelyard.units import HOUR

broken = load_plain("engine.invariants").broken


def world(share=PPB * 4 // 5, close_out=PPB, cash=100_000, **terms):
    """Margin 10 % / 4 %, called at 80 % of initial, closed out at maintenance."""
    chosen = dict(tiers=[(1 << 57, PPB // 10, PPB // 25)], margin_call_cure_ns=HOUR, close_out_ppb=close_out,
                  call_initial_ppb=share, initial_basis=1, maintenance_basis=1)
    venue = RiskWorld(**{**chosen, **terms})
    venue.deposit(ann=cash, bob=10_000_000, cat=10_000_000)
    venue.trade(ANN, BOB, 1_000, 1_000)
    return venue


def kinds(venue, events):
    """Kinds of events about calls and liquidation, with their reasons."""
    names = [(venue.codes.EventKind(int(event["kind"])).name, venue.reason(event)) for event in events]
    return [(name, reason) for name, reason in names if name.startswith(("MARGIN_CALL", "LIQUIDATION_"))]


def test_called_below_the_share_and_met_by_a_deposit():
    """CALL-004: initial 97,700 at 977, the share 78,160: equity 77,000 is called, at 980 (78,400 held, 80,000 there)
    nobody is."""
    venue = world()
    assert kinds(venue, venue.mark(980)) == []
    events = venue.mark(977)
    assert kinds(venue, events) == [("MARGIN_CALLED", "NONE")]
    assert events[-1]["cash_atoms"] == 97_700 - 77_000
    assert kinds(venue, venue.mark(981)) == []                   # better, not met: initial margin is not there
    assert kinds(venue, venue.send("DEPOSIT", account=ANN, asset=1, amount_atoms=18_000)) == [
        ("MARGIN_CALL_ENDED", "margin_call_met")]
    assert broken(venue.state) == []


def test_missed_although_above_maintenance_and_brought_back_to_initial():
    """CALL-004, LIQD-041: at the deadline equity is above maintenance and below the share: sold in steps until initial
    margin is there again, not longer."""
    venue = world(liquidation_step_ppb=PPB // 10, disposal_limit_ppb=0)
    venue.mark(977, seconds=10)
    venue.order(BOB, 1, 5_000, 976)
    events = venue.advance(10 + 3600)
    told = kinds(venue, events)
    assert told[:2] == [("MARGIN_CALL_ENDED", "margin_call_missed"), ("LIQUIDATION_STARTED", "margin_call_missed")]
    assert told[-1] == ("LIQUIDATION_ENDED", "margin_recovered")
    left = venue.state.positions[load_plain("engine.positions").position_of(venue.state, ANN, CONTRACT)].size_lots
    assert 0 < left < 1_000
    groups = load_plain("engine.groups")
    wallet = venue.state.accounts[ANN].first_wallet
    assert groups.group_equity(venue.state, wallet, 0) >= left * 977 // 10
    assert broken(venue.state) == []


def test_closed_out_at_once_at_maintenance():
    """CALL-002, CALL-004: a fall through both levels gives no time."""
    venue = world()
    assert kinds(venue, venue.mark(937))[0] == ("LIQUIDATION_STARTED", "close_out_reached")
    assert broken(venue.state) == []


def test_without_time_to_cure_no_call_comes_early():
    """CALL-004: a position without calls takes them from the whole wallet."""
    venue = world(margin_call_cure_ns=0)
    assert kinds(venue, venue.mark(960)) == []
    assert broken(venue.state) == []


def test_a_full_share_calls_at_initial_margin():
    """CALL-004: at 100 % whoever has less than initial margin is called, whoever has just that is not."""
    venue = world(share=PPB, cash=100_100, initial_basis=0)
    assert kinds(venue, venue.mark(1_000)) == []
    assert kinds(venue, venue.mark(999)) == [("MARGIN_CALLED", "NONE")]
    assert broken(venue.state) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32))
def test_nobody_is_missed_on_a_random_walk(seed):
    """CALL-004, BAND-001: marks, deposits, time and leverage in any order; every level is noticed when it is passed."""
    draw = random.Random(seed)
    venue = world(share=draw.choice([PPB, PPB * 4 // 5, PPB // 2]), close_out=draw.choice([0, PPB // 2, PPB]),
                  cash=draw.choice([100_000, 200_000]), initial_basis=draw.choice([0, 1, 2]),
                  maintenance_basis=draw.choice([0, 1, 2]), liquidation_step_ppb=draw.choice([0, PPB // 10]),
                  maintenance_of_initial_ppb=draw.choice([0, PPB // 2]),
                  liquidation_step_floor_ppb=draw.choice([0, PPB // 2]))
    venue.trade(BOB, 18, 500, 1_000)
    mark, seconds = 1_000, 10
    for _step in range(40):
        roll = draw.random()
        if roll < 0.6:
            mark = max(1, mark + draw.choice([-40, -9, -3, -1, 1, 3, 9, 40]))
            venue.mark(mark)
        elif roll < 0.7:
            venue.send("DEPOSIT", account=ANN, asset=1, amount_atoms=draw.choice([1, 5_000, 20_000]))
        elif roll < 0.8:
            venue.send("SET_LEVERAGE", account=ANN, instrument=CONTRACT, value=draw.choice([0, PPB // 5, PPB // 8]))
        elif roll < 0.9:
            venue.order(BOB, draw.choice([1, -1]), 200, mark)
        else:
            seconds += draw.choice([60, 1_800, 4_000])
            venue.advance(seconds)
        assert broken(venue.state) == [], seed
