"""What of a batch concerns people: their events and commands as plain tuples, found without looking at the crowd's one
by one.

Every view of accounts needs the same rows of the same batch, so the last answer is kept.
"""
from __future__ import annotations

import struct
from collections import namedtuple
from functools import partial

import numpy as np

from ..engine.records import COMMAND, EVENT
from .direct import Direct, batch_rows
from .order_kernels import find_special
from .view import CROWD_FIRST_ACCOUNT, PEOPLE

_CODES = {"i1": "b", "i2": "h", "i4": "i", "i8": "q"}


class Unpacker:
    """Turns records of a dtype into named tuples of chosen fields, several times faster than NumPy does."""

    def __init__(self, name: str, dtype: np.dtype, fields: tuple[str, ...]):
        parts, at = ["<"], 0
        for field in sorted(fields, key=lambda one: dtype.fields[one][1]):
            kind, offset = dtype.fields[field][:2]
            assert kind.subdtype is None, f"{field} is an array"
            parts.append(f"{offset - at}x{_CODES[kind.str[1:]]}")
            at = offset + kind.itemsize
        parts.append(f"{dtype.itemsize - at}x")
        self.struct = struct.Struct("".join(parts))
        self.dtype = dtype
        self.row = namedtuple(name, sorted(fields, key=lambda one: dtype.fields[one][1]))
        self.make = partial(tuple.__new__, self.row)
        """What ``row._make`` does, without a frame of Python for each row."""

    def rows(self, records: np.ndarray) -> list:
        """Named tuples of ``records``, in order."""
        data = np.ascontiguousarray(records).view(np.uint8)
        return list(map(self.make, self.struct.iter_unpack(data.data)))


EVENT_ROWS = Unpacker("EventRow", EVENT, EVENT.names)
COMMAND_ROWS = Unpacker("CommandRow", COMMAND, tuple(
    name for name in COMMAND.names if COMMAND.fields[name][0].subdtype is None and not name.startswith("pad")))


def is_person(account: int) -> bool:
    """Whether an account is a person's."""
    return PEOPLE.start <= account < CROWD_FIRST_ACCOUNT


def of_people(accounts: np.ndarray) -> np.ndarray:
    """Which of these account numbers are people's."""
    return (accounts >= PEOPLE.start) & (accounts < CROWD_FIRST_ACCOUNT)


_last: tuple = (None, [])
_find = Direct(find_special)
_found = np.zeros(1024, np.int64)


def special_events(batch) -> list:
    """Events of a batch that name a person as account or other account, without the ordinary course of an order (taken,
    resting, amended, canceled by its owner, refused), as named tuples with the columns of EVENT.  VIEW-001"""
    global _last, _found
    if _last[0] is not batch.events:
        events = batch.events
        if len(events) > len(_found):
            _found = np.zeros(2 * len(events), np.int64)
        count = _find(batch_rows(batch)[0], _found) if len(events) else 0
        _last = (events, EVENT_ROWS.rows(events[_found[:count]]) if count else [])
    return _last[1]
