"""Named numbers of the history's own columns, and how records of the engine are read as rows."""
from __future__ import annotations

from collections import namedtuple
from enum import IntEnum

import numpy as np

from ...engine.records import EVENT
from ..view import PEOPLE

Row = namedtuple("Row", EVENT.names)
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
    wallet = 8
    collateral = 9
    account = 10


def rows_of(events: np.ndarray) -> list[Row]:
    """EVENT records as rows of plain integers, in order."""
    return list(map(Row._make, events.tolist()))


def of_people(accounts: np.ndarray) -> np.ndarray:
    """Which of an array of accounts belong to people."""
    return (accounts >= PEOPLE.start) & (accounts < PEOPLE.stop)


def is_person(account: int) -> bool:
    """Whether an account belongs to a person."""
    return PEOPLE.start <= account < PEOPLE.stop
