"""Kernels of the views called from Python: tables they share with it, and a call without type dispatch."""
from __future__ import annotations

import numpy as np

from ..engine.records import COMMAND, EVENT, as_record, plain_row
from ..kernel import COMPILED


class Direct:
    """A compiled kernel called without type dispatch (1 µs in the place of 5): every call has the argument types of
    the first one."""

    def __init__(self, function):
        self.function, self.enter = function, None

    def __call__(self, *arguments):
        if self.enter is not None:
            return self.enter(*arguments)
        result = self.function(*arguments)
        self.enter = self.function
        if COMPILED:
            from numba import typeof
            self.enter = self.function.overloads[tuple(typeof(argument) for argument in arguments)].entry_point
        return result


def table(dtype: np.dtype, count: int) -> np.ndarray:
    """An empty table whose rows kernels and Python see by attribute."""
    return as_record(np.zeros(count, dtype))


_RECORDS = {id(dtype): np.dtype((np.record, dtype)) for dtype in (COMMAND, EVENT)}


def kernel_rows(array: np.ndarray):
    """Records in the form a kernel takes: as they are, or plain objects where kernels are not compiled."""
    if not COMPILED:
        return [plain_row(row, array.dtype) for row in array]
    known = _RECORDS.get(id(array.dtype))        # to make the type costs more than all else here, a view too
    return as_record(array) if known is None else np.ndarray(len(array), known, np.ascontiguousarray(array))


_last: tuple = (None, None, None)


def batch_rows(batch) -> tuple:
    """The events and the commands of a batch in the form kernels take; made once for all views that fold it."""
    global _last
    if _last[0] is not batch:
        _last = (batch, kernel_rows(batch.events), kernel_rows(batch.commands))
    return _last[1:]
