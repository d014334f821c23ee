"""A plan answered in a process of its own, as bytes: a venue's loop is not held up by somebody's arithmetic."""
from __future__ import annotations

import os
import threading
import time

NICENESS = 10
VENUES = "venues"
"""Asked like a plan, for the list of what can be asked about."""


def begin() -> None:
    """Prepare the process: plain rules only, behind everything else, and no longer alive than its parent."""
    os.environ["STEELYARD_COMPILE"] = "0"
    os.nice(NICENESS)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)
    threading.Thread(target=watch, daemon=True).start()


def answer(kind: str, body: dict) -> tuple[bytes, dict | None]:
    """The answer as JSON; or what is wrong, as the fields of a PlanError."""
    import msgspec

    from . import PlanError, ask, venues
    try:
        return msgspec.json.encode(venues() if kind == VENUES else ask(kind, body)), None
    except PlanError as error:
        return b"", {"code": error.code, "message": error.message, "field": error.field, "rule": error.rule,
                     "do": error.do}
