"""Could the state be rebuilt from what the engine emits? Cash and positions, to the atom, after every command."""
import pytest
from ledger_fold import Fold, fold_balances, state_balances
from random_stream import Stream

from steelyard.kernel import load_plain

Engine = load_plain("api.engine").Engine
COMMANDS = 500
SEEDS = range(12)
MUST_OCCUR = {
    "Traded", "FundingSettled", "PositionTakenOver", "TakeoverReduced", "Deleveraged", "LossSocialized",
    "DeficitBooked", "CashMoved", "CollateralMoved", "MarginModeSet", "Transferred", "Withdrawn", "PositionSettled",
    "TriggerFired", "CollateralConverted", "Assigned",
    "InsuranceChanged deposit", "InsuranceChanged insurance_surplus", "InsuranceChanged insurance_deficit",
    "InsuranceChanged funding", "InsuranceChanged liquidation_fee"}


def run(seed: int):
    """Engine and fold after every command of a stream, with the events of that command."""
    stream, engine, fold = Stream(seed), Engine(), Fold()
    for command in stream.opening():
        yield engine, fold, command, engine.send(command)
    for _number in range(COMMANDS):
        command = stream.next()
        yield engine, fold, command, engine.send(command)
    for command in stream.closing():
        yield engine, fold, command, engine.send(command)


@pytest.mark.parametrize("seed", SEEDS)
def test_balances_and_positions_are_the_sum_of_the_events(seed):
    """EVNT-001 Wallets, collateral, clearing, funds, fees, dust, deficit, sizes, entry values, after every command."""
    for engine, fold, command, events in run(seed):
        for event in events:
            fold.add(event)
        assert fold_balances(fold) == state_balances(engine.state), f"seed {seed}: after {command}: {events}"
    assert not fold_balances(fold)["clearing"], "everything was settled"


def test_the_streams_reach_every_way_in_which_cash_moves():
    """Without this the fold could be right because nothing happened."""
    found = set()
    for seed in SEEDS:
        for _engine, _fold, _command, events in run(seed):
            for event in events:
                found |= {type(event).__name__, f"{type(event).__name__} {event.reason.name}"
                          if getattr(event, "reason", 0) else ""}
        if MUST_OCCUR <= found:
            break
    assert MUST_OCCUR - found == set()


def test_EVNT_002_events_are_numbered_without_a_gap_and_follow_their_command():
    """EVNT-002 Sequence by sequence; time and command never go back."""
    before = None
    number = 0
    for engine, _fold, _command, events in run(3):
        number += 1
        for event in events:
            assert before is None or event.sequence == before.sequence + 1 and event.time_ns >= before.time_ns
            assert event.command_sequence == number == engine.state.command_sequence
            before = event
