"""Compiles every kernel once, ahead of the first batch, and says how far it is.

Compiled kernels are cached per source digest (see ``kernel.py``), so this takes a minute on the first start after a
change
and a fraction of a second afterward. Nothing here decides anything: the engine is the same with or without the call.
"""
from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import contextmanager

from ..kernel import COMPILED, kernel_sources, open_gates

Report = Callable[[int, int, str, float], None]
"""Called with (functions compiled so far, functions known, name of the latest, seconds elapsed)."""

_KERNEL = re.compile(r"^\s*@(?:kernel|gate|entry)\s*$", re.MULTILINE)


def kernel_total() -> int:
    """How many kernels the sources define: the expected number of compilations.

    A kernel called with two sets of argument types is compiled twice, one never reached not at all: good enough for a
    progress line.
    """
    return sum(len(_KERNEL.findall(path.read_text("utf-8"))) for path in kernel_sources())


@contextmanager
def watch_compilation(report: Report):
    """Within the block, ``report`` is called after every function that was compiled; a warm cache calls it never."""
    if not COMPILED:
        yield
        return
    from numba.core import event

    total, started = kernel_total(), time.perf_counter()

    class Listener(event.Listener):
        done = 0

        def on_start(self, started_event):
            pass

        def on_end(self, ended_event):
            self.done += 1
            name = ended_event.data["dispatcher"].py_func.__name__
            report(self.done, max(total, self.done), name, time.perf_counter() - started)

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)


def compile_kernels(report: Report = lambda done, total, name, seconds: None) -> float:
    """Compile (or load from the cache) everything ``apply`` reaches, by an empty batch; returns the seconds."""
    started = time.perf_counter()
    with watch_compilation(report):
        from . import dispatch
        from .records import as_record, new_commands, new_outbox, new_state
        if COMPILED:
            for _name in open_gates():
                pass
            dispatch.apply(new_state(), as_record(new_commands(0)), new_outbox())
    return time.perf_counter() - started
