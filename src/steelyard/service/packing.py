"""COMMAND records written straight into bytes: several times faster than NumPy writes them field by field."""
from __future__ import annotations

import struct
from collections.abc import Callable
from operator import itemgetter

import numpy as np

from ..engine.records import COMMAND

_LETTERS = {1: "b", 2: "h", 4: "i", 8: "q"}


def _layout() -> tuple[struct.Struct, dict[str, int]]:
    """The record as a format of ``struct``, and the place of every field's first number in it."""
    fields = sorted((COMMAND.fields[name][1], name, COMMAND.fields[name][0]) for name in COMMAND.names)
    text, places, at, number = "<", {}, 0, 0
    for offset, name, dtype in fields:
        base, shape = dtype.subdtype or (dtype, ())
        count = int(np.prod(shape)) if shape else 1
        text += "x" * (offset - at) + _LETTERS[base.itemsize] * count
        places[name] = number
        number += count
        at = offset + dtype.itemsize
    return struct.Struct(text + "x" * (COMMAND.itemsize - at)), places


RECORD, PLACES = _layout()
"""The format of one record, and where each field's first number stands in what :data:`RECORD` packs."""
EMPTY = [0] * len(RECORD.unpack(bytes(COMMAND.itemsize)))
SIZE = COMMAND.itemsize


def row(kind: int, **columns: int) -> list[int]:
    """The numbers of a record of ``kind`` with ``columns``, ready to be packed."""
    numbers = EMPTY.copy()
    numbers[PLACES["kind"]] = int(kind)
    for name, number in columns.items():
        numbers[PLACES[name]] = int(number)
    return numbers


def packer(*names: str) -> Callable[[tuple[int, ...]], bytes]:
    """What packs a record of which only these fields are not 0, from their numbers in this order: ten numbers take a
    third of the time that all take."""
    placed = sorted(names, key=lambda name: COMMAND.fields[name][1])
    text, at = "<", 0
    for name in placed:
        dtype, offset = COMMAND.fields[name][:2]
        text += "x" * (offset - at) + _LETTERS[dtype.itemsize]
        at = offset + dtype.itemsize
    pack = struct.Struct(text + "x" * (COMMAND.itemsize - at)).pack
    arrange = itemgetter(*(names.index(name) for name in placed))
    return lambda numbers: pack(*arrange(numbers))
