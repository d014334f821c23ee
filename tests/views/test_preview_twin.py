"""A preview says what the engine then does, to the atom, and leaves no trace: random orders on random worlds."""
import sys
from pathlib import Path

import numpy as np
import pytest
from preview_world import Previewer, fields_of, new_commands, taken

from steelyard import codes
from steelyard.api.tables import measures
from steelyard.engine.engine import Engine
from steelyard.engine.records import FIRST_TRADER_ACCOUNT
from steelyard.kernel import COMPILED
from steelyard.node.tables import state_digest

sys.path.append(str(Path(__file__).resolve().parents[1] / "machine"))
from streams import World

pytestmark = pytest.mark.skipif(not COMPILED, reason="read models look at the tables of the compiled engine")

COMPARED = ("filled_lots", "filled_value_atoms", "fee_atoms", "realized_atoms", "fill_count", "worst_ticks",
            "resting_lots", "end_reason")


def table_parts(engine) -> dict:
    """Digest of every part of the tables, up to what is in use."""
    states = engine.states.view(np.ndarray)
    found = {}
    for name in states.dtype.names:
        part = states[name][0]
        if f"{name}_pool" in states.dtype.names:
            part = part[:int(states[f"{name}_pool"]["high_water"][0]) + 600]
        found[name] = np.ascontiguousarray(part).tobytes()
    return found


def orders_of(world, count: int) -> np.ndarray:
    """Random PLACE_ORDER commands at the time it is."""
    commands = world.segment(count)
    commands = commands[commands["kind"] == codes.PLACE_ORDER]
    commands["time_ns"] = 0
    commands["oco_order_id"] = 0
    return commands


def settings_of(draw, order) -> tuple:
    """A leverage and a margin mode for the account and instrument of an order."""
    settings = []
    for kind, value in ((codes.SET_LEVERAGE, draw.choice([0, 10_000_000, 200_000_000])),
                        (codes.SET_MARGIN_MODE, draw.integers(2))):
        setting = new_commands(1)
        setting["kind"], setting["account"] = kind, order["account"]
        setting["instrument"], setting["value"] = order["instrument"], value
        settings.append(setting)
    return tuple(settings)


def reopen(engine):
    """End every pause of a circuit breaker: an operator's word."""
    state = engine.state
    for number in range(1, int(state.instrument_last) + 1):
        if int(state.instruments[number].breaker_until_ns):
            command = new_commands(1)
            command["kind"], command["instrument"] = codes.SET_INSTRUMENT_STATE, number
            command["value"] = codes.STATE_TRADING
            engine.apply(command)


@pytest.mark.parametrize("seed", range(4))
def test_a_preview_is_what_the_engine_then_does(seed):
    """VIEW-012"""
    world = World(seed, accounts=12, instruments=3, mutations=0.0)
    engine = Engine()
    engine.apply(world.stream(3_000))
    reopen(engine)
    previewer, draw = Previewer(engine), np.random.default_rng(seed)
    seen, accepted, compared = 0, 0, 0
    for command in orders_of(world, 2_500):
        order = new_commands(1)
        order[0] = command
        settings = settings_of(draw, order) if draw.random() < 0.15 else ()
        now, _whole = previewer.ask(order, settings)
        answer = fields_of(now)
        seen += 1
        if settings:
            changed = engine.apply(np.concatenate(settings))
            refused = changed[changed["kind"] == codes.REJECTED]
            if len(refused):
                assert answer["reason"] == int(refused["reason"][0])
                continue
            if not set(changed["kind"].tolist()) <= {codes.LEVERAGE_SET, codes.MARGIN_MODE_SET}:
                continue                                             # a queue went on in between: another world
        events = engine.apply(order)
        tripped = codes.INSTRUMENT_STATE_CHANGED in events["kind"]
        refused = events[events["kind"] == codes.REJECTED]
        reason = int(refused["reason"][0]) if len(refused) else 0
        assert answer["reason"] == reason, f"order {seen}: {codes.Reason(reason)!r}"
        if reason or codes.ORDER_STOP_MARKET <= order["order_type"][0] <= codes.ORDER_TRAILING_STOP:
            continue
        accepted += 1
        told = taken(events, int(order["order_id"][0]))
        quiet = quiet_after(events, int(order["account"][0]))
        if not quiet:                                                # what rested may have been cut by a consequence
            told.update(end_reason=answer["end_reason"], resting_lots=answer["resting_lots"])
        assert {name: answer[name] for name in COMPARED} == told, f"order {seen}: {events['kind'].tolist()}"
        if tripped:
            reopen(engine)
        if not quiet or tripped:
            continue
        compared += 1
        same_after(engine, answer)
        if seen % 200 == 0:
            engine.apply(world.segment(50))
    assert accepted > 150 and compared > 80


def quiet_after(events, account) -> bool:
    """Whether the command changed the account by nothing but the order itself."""
    loud = (codes.TRIGGER_FIRED, codes.LIQUIDATION_STARTED, codes.DELEVERAGED, codes.POSITION_TAKEN_OVER,
            codes.TRIGGER_MOVED, codes.MARKED, codes.LOSS_SOCIALIZED, codes.POSITION_SETTLED, codes.TAKEOVER_CLOSED,
            codes.COLLATERAL_CONVERTED, codes.SESSION_SETTLED, codes.ASSIGNED, codes.TAKEOVER_REDUCED)
    if np.isin(events["kind"], loud).any():
        return False
    orders = set(events["order_id"][events["kind"] == codes.TRADED].tolist())
    other = events[(events["kind"] == codes.ORDER_CANCELED) & (events["account"] == account)]
    return len(orders) <= 1 and len(set(other["order_id"].tolist()) - orders) == 0


def same_after(engine, answer) -> None:
    """The position's row and its measures are what was foretold."""
    row = answer["row"]
    position = engine.state.positions[row]
    assert answer["size_lots"] == int(position.size_lots)
    assert answer["entry_value_atoms"] == int(position.entry_value_atoms)
    assert answer["collateral_atoms"] == int(position.collateral_atoms)
    rows = [row] if answer["size_lots"] else []
    measured, wallets = measures(engine, np.array(rows, np.int64), np.array([int(position.wallet)]))
    assert answer["available_atoms"] == int(wallets["available_atoms"][0])
    for name in measured.dtype.names[1:]:
        assert not rows or answer[name] == int(measured[name][0]), name


@pytest.mark.parametrize("seed", [20, 21])
def test_a_preview_leaves_no_trace(seed):
    """VIEW-012: every byte of the tables is as before after thousands of previews, settings and new accounts too."""
    world = World(seed, accounts=12, instruments=40 if seed % 2 else 3, mutations=0.02)
    engine = Engine()
    engine.apply(world.stream(3_000))
    fresh = new_commands(1)
    fresh["kind"], fresh["account"] = codes.SET_ACCOUNT, FIRST_TRADER_ACCOUNT + 12
    engine.apply(fresh)
    before, parts = state_digest(engine.states), table_parts(engine)
    previewer = Previewer(engine)
    draw = np.random.default_rng(seed)
    reasons = set()
    for command in orders_of(world, 2_500):
        order = new_commands(1)
        order[0] = command
        if draw.random() < 0.05:
            order["account"] = FIRST_TRADER_ACCOUNT + 12
        now, _whole = previewer.ask(order, settings_of(draw, order) if draw.random() < 0.5 else ())
        reasons.add(now.reason)
    after = table_parts(engine)
    assert [name for name in parts if parts[name] != after[name]] == []
    assert state_digest(engine.states) == before
    assert len(reasons) > 8
