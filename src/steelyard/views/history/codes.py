"""Named numbers of the history's own columns, and how records of the engine are read as rows."""
from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np

from ..people import EVENT_ROWS, is_person, of_people

__all__ = ["Counterpart", "OrderState", "Role", "Row", "Stage", "is_person", "of_kinds", "of_people", "rows_of"]

Row = EVENT_ROWS.row
"""One event as plain integers."""


class OrderState(IntEnum):
    """Where an order stands; names are those of SERV-006."""

    open = 0
    waiting = 1
    filled = 2
    canceled = 3
    refused = 4


class Role(IntEnum):
    """What an order is for; names are those of SERV-006."""

    order = 0
    stop = 1
    target = 2
    liquidation = 3


class Stage(IntEnum):
    """How far a closing by force has come; names are those of SERV-006."""

    started = 0
    reduced = 1
    taken_over = 2
    closed = 3


class Counterpart(IntEnum):
    """The other side of a ledger entry. Numbers below 6 are the venue's own accounts."""

    external = 1
    fees = 2
    insurance = 3
    dust = 4
    deficit = 5
    clearing = 7
    conversion = 11
    wallet = 8
    collateral = 9
    account = 10


rows_of = EVENT_ROWS.rows
"""EVENT records as rows of plain integers, in order."""


def of_kinds(kinds: np.ndarray, *chosen: int) -> np.ndarray:
    """Which of these kinds, of commands or events, are chosen ones.

    >>> of_kinds(np.array([3, 250, 7, -1], np.int16), 3, 250).tolist()
    [True, True, False, False]
    """
    return _chosen(chosen)[kinds.view(np.uint16)]


@lru_cache(maxsize=64)
def _chosen(kinds: tuple[int, ...]) -> np.ndarray:
    table = np.zeros(1 << 16, bool)
    table[list(kinds)] = True
    return table
