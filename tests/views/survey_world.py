"""Random venues with published marks on the compiled engine, and the survey of an instrument in them."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "machine"))
from streams import World

from steelyard import codes
from steelyard.engine.engine import Engine
from steelyard.engine.measures import POSITION_MEASURE, WALLET_MEASURE, measure
from steelyard.engine.records import new_commands
from steelyard.views.direct import table
from steelyard.views.risk_kernels import SURVEY, begin_survey, survey_book, survey_positions


class PublishedWorld(World):
    """A drawn venue whose marks are all published. Even seeds charge initial margin on the entry value; odd ones may
    charge it on the value at mark, with a single tier (the sweep knows tiers as they stand, not as they would be)."""

    def pick(self, *values):
        if values == (False, False, True):
            return True
        if self.seed % 2 == 0 and values == (0, 0, 1):
            return 0
        if self.seed % 2 == 1 and values == (1, 2, 4):
            return 1
        return super().pick(*values)


def one_command(kind, **fields) -> np.ndarray:
    """A single command; its time is the engine's."""
    command = new_commands(1)
    command["kind"] = kind
    for name, value in fields.items():
        command[name] = value
    return command


def random_venue(seed: int, count: int = 2_500) -> Engine:
    """An engine after a random stream, its queues drained; from then on it follows no consequence."""
    world = PublishedWorld(seed, accounts=24, instruments=3, mutations=0.0)
    engine = Engine(256)
    engine.apply(world.stream(count))
    for _ in range(200):
        engine.apply(one_command(codes.ADVANCE))
    engine.state.work_budget = 0
    return engine


def held_instruments(engine: Engine) -> list[int]:
    """Instruments with open interest and a mark."""
    return [number for number in range(1, int(engine.state.instrument_last) + 1)
            if engine.state.instruments[number].open_interest_lots > 0
            and engine.state.instruments[number].mark_price_units > 10
            and engine.state.instruments[number].state != codes.STATE_SETTLED
            and engine.state.instruments[number].settle_phase == 0]


def survey_of(engine: Engine, instrument: int, rows: int = 1 << 40, step_units: int | None = None):
    """A whole survey of an instrument, ``rows`` at a time."""
    survey = table(SURVEY, 1)
    survey["instrument"] = instrument
    mark = int(engine.state.instruments[instrument].mark_price_units)
    assert begin_survey(engine.states, survey, step_units or max(1, mark // 200)) == 1
    while survey_positions(engine.states, survey, rows) > 0:
        pass
    survey_book(engine.states, survey)
    return survey.view(SURVEY)[0]


def measured(engine: Engine, instrument: int):
    """POSITION rows of an instrument with a size, and their POSITION_MEASURE rows."""
    positions = engine.states["positions"][0][:int(engine.state.positions_pool.high_water) + 1]
    rows = np.flatnonzero((positions["instrument"] == instrument) & (positions["size_lots"] != 0))
    measures = table(POSITION_MEASURE, len(rows))
    measures["row"] = rows
    measure(engine.states, measures, table(WALLET_MEASURE, 0))
    return positions[rows], measures.view(POSITION_MEASURE)
