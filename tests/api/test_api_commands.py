"""Typed commands: what they write, what they refuse to write, and that every one is taken by an engine."""
import numpy as np
import pytest
from random_stream import COIN, LINEAR, Stream

from steelyard.kernel import load_plain

c = load_plain("api.commands")
codes = load_plain("codes")
records = load_plain("engine.records")
Engine = load_plain("api.engine").Engine
PPB = 10**9

EXAMPLES = [
    (c.SetTerm(1, "taker_fee_ppb", 500_000), dict(instrument=1, parameter=records.TERMS.names.index("taker_fee_ppb"),
                                                  value=500_000)),
    (c.SetTier(1, 2, 10_000, 30, 20), dict(instrument=1, parameter=2, amount_atoms=10_000, value=30, size_lots=20)),
    (c.SetFeeClass(3, 500, -100), dict(parameter=3, value=500, amount_atoms=-100)),
    (c.SetCollateral(1, 2, 3, 4, 50, 60, 7, 8), dict(asset=1, parameter=2, flags=3, other_account=4, value=50,
                                                     amount_atoms=60, size_lots=7, display_lots=8)),
    (c.SetAssignee(16, 1, 5, 9, 3), dict(account=16, instrument=1, size_lots=5, display_lots=9, flags=3)),
    (c.SetIndex(1, codes.IndexField.SOURCES_MIN, 2), dict(parameter=1, flags=4, value=2)),
    (c.SetIndexSource(1, 2, 500), dict(parameter=1, flags=2, value=500)),
    (c.ListInstrument(1), dict(instrument=1)),
    (c.SetInstrumentState(1, codes.InstrumentState.HALTED), dict(instrument=1, value=5)),
    (c.ScheduleSettlement(1, 99), dict(instrument=1, value=99)),
    (c.PublishSettlement(1, 99), dict(instrument=1, value=99)),
    (c.SetAccount(20, parent=16, fee_class=2, restrictions=1, self_trade=codes.SelfTrade.ALLOW),
     dict(account=20, other_account=16, parameter=2, flags=1, self_trade_mode=4)),
    (c.Deposit(16, 1, 100, reference=7), dict(account=16, asset=1, amount_atoms=100, order_id=7)),
    (c.Withdraw(16, 1, 100), dict(account=16, asset=1, amount_atoms=100)),
    (c.Transfer(16, 20, 1, 100), dict(account=16, other_account=20, asset=1, amount_atoms=100)),
    (c.SetLeverage.times(16, 1, 3), dict(account=16, instrument=1, value=333_333_334)),
    (c.SetMarginMode(16, 1, True), dict(account=16, instrument=1, value=1)),
    (c.MoveCollateral(16, 1, -5), dict(account=16, instrument=1, amount_atoms=-5)),
    (c.PlaceOrder(16, 1, 9, c.Side.SELL, 10, 100, flags=5, display_lots=2, time_in_force=codes.TimeInForce.GTD,
                  expires_ns=50, stop_ticks=110, targets=(c.Target(90, 6), c.Target(80, 4)), oco_order_id=8),
     dict(account=16, instrument=1, order_id=9, side=-1, size_lots=10, price_ticks=100, order_type=1, flags=5,
          display_lots=2, time_in_force=3, expires_ns=50, stop_ticks=110, oco_order_id=8,
          target_ticks=[90, 80, 0, 0], target_share_ppb=[6, 4, 0, 0])),
    (c.AmendOrder(16, 9, size_lots=5), dict(account=16, order_id=9, size_lots=5)),
    (c.CancelOrder(16, 9), dict(account=16, order_id=9)),
    (c.CancelOrders(16), dict(account=16)),
    (c.PublishPrice(1, 2, 500, time_ns=3), dict(parameter=1, flags=2, value=500, time_ns=3)),
    (c.PublishMark(1, 500), dict(instrument=1, value=500)),
    (c.Advance(3), dict(time_ns=3)),
    (c.FundInsurance(1, 500), dict(asset=1, amount_atoms=500)),
    (c.FundInsurance(1, 500, layer=2), dict(asset=1, amount_atoms=500, parameter=2)),
    (c.SetWindowRate(1, 2, c.Side.SELL, 30, 20), dict(instrument=1, parameter=2, side=-1, value=30, size_lots=20)),
    (c.SetMarginWindow(0, 2), dict(value=2)),
    (c.SetClientRule(1, 3, 2 * PPB, 5, 4, 1),
     dict(instrument=1, parameter=3, value=2 * PPB, amount_atoms=5, size_lots=4, flags=1)),
    (c.SetClassTier(1, 3, 0, 500, 40, 20),
     dict(instrument=1, flags=3, amount_atoms=500, value=40, size_lots=20)),
    (c.SetClientClass(16, 3), dict(account=16, parameter=3)),
    (c.Note(16, 9, "ab", subject=1), dict(account=16, order_id=9, parameter=1, size_lots=0x6261)),
]


@pytest.mark.parametrize(("command", "columns"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_command_writes_these_columns_and_no_other(command, columns):
    row = command.to_record()[0]
    assert row["kind"] == command.KIND
    for name in records.COMMAND.names:
        expected = columns.get(name, int(command.KIND) if name == "kind" else 0)
        assert np.array_equal(row[name], expected if not row[name].shape else np.broadcast_to(expected, 4)), name


def test_there_is_an_example_of_every_command():
    assert {type(command) for command, _columns in EXAMPLES} == set(c.COMMANDS.values())


@pytest.mark.parametrize(("command", "error"), [
    (c.Deposit(16, 1, 0.5), TypeError), (c.Deposit(16, 1, 1 << 63), OverflowError),
    (c.SetTerm(1, "taker_fee", 1), ValueError), (c.CancelOrder(1 << 31, 1), OverflowError),
    (c.PlaceOrder(16, 1, 1, c.Side.BUY, 1, 1, targets=(c.Target(1, 1),) * 5), ValueError)])
def test_what_does_not_fit_is_not_written(command, error):
    with pytest.raises(error):
        command.to_record()


def test_send_takes_commands_and_arrays_in_order():
    engine = Engine()
    opening = Stream(0).opening()
    half = len(opening) // 2
    events = engine.send(*opening[:half], c.records(opening[half:-1]), opening[-1])
    assert [event.command_sequence for event in events] == sorted(event.command_sequence for event in events)
    assert not [event for event in events if type(event).__name__ == "Rejected"]
    assert engine.send() == []
    refused = engine.send(c.Withdraw(16, COIN, 10**15))
    assert [event.reason.name for event in refused] == ["available_balance_must_cover"]
    assert engine.send(c.PublishMark(LINEAR, 0))[0].command is codes.CommandKind.PUBLISH_MARK


def test_names_of_the_package_are_found_when_asked_for():
    import steelyard
    from steelyard import Deposit, EventKind, Flag, Traded, load_profile, to_steps
    assert Deposit(16, 1, 2).amount_atoms == 2 and EventKind.TRADED == 14 and Flag.CLOSE == 8
    assert Traded.KIND == EventKind.TRADED and to_steps("1.5", "0.5") == 3 and load_profile("example").name == "example"
    with pytest.raises(AttributeError, match="Depositt"):
        _ = steelyard.Depositt


@pytest.mark.parametrize("text", ["", "stop-1", "a" * 48, "märz ✓", "9f1c2c3e-0f1b-4c7c-9d8e-0123456789ab"])
def test_a_note_keeps_its_text_and_decides_nothing(text):
    """ORDR-013"""
    engine = Engine()
    record = c.Note(16, 9, text, time_ns=5).to_record()
    assert c.Note.text_of(record[0]) == text
    assert engine.send(record) == [] and engine.state.now_ns == 5 and engine.state.command_sequence == 1


@pytest.mark.parametrize("text", ["a" * 49, "é" * 25, "a\0b"])
def test_a_text_too_long_for_a_note_is_refused(text):
    """ORDR-013"""
    with pytest.raises(ValueError, match="at most 48 bytes"):
        c.Note(16, 9, text).to_record()
