"""What the venue does at present, and until when: the operator's word, planned windows, and what the engine says of its
markets.  SERV-018

Markets are switched in the engine, by commands that stay in the journal; maintenance is kept at the door. Times of the
status are wall time: it concerns people, not the crash.
"""
from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import __version__
from ..codes import InstrumentState
from ..views.ticker import until
from ..views.view import Change
from .errors import ServiceError

STATES = {"operating": InstrumentState.TRADING, "cancel_only": InstrumentState.CANCEL_ONLY,
          "reduce_only": InstrumentState.REDUCE_ONLY, "post_only": InstrumentState.POST_ONLY,
          "halted": InstrumentState.HALTED}
"""States an operator chooses, and what they are in the engine."""
CHOICES = (*STATES, "maintenance")
PLANNED_MAX = 20
_NAMES = {int(InstrumentState.UNLISTED): "unlisted", int(InstrumentState.TRADING): "operating",
          int(InstrumentState.CANCEL_ONLY): "cancel_only", int(InstrumentState.REDUCE_ONLY): "reduce_only",
          int(InstrumentState.POST_ONLY): "post_only", int(InstrumentState.HALTED): "halted",
          int(InstrumentState.SETTLED): "settled"}
_WORST_FIRST = ("halted", "cancel_only", "reduce_only", "post_only")


class Status:
    """The venue's status; also the view behind the channel ``status``."""

    channels = ("status",)
    period_ms = 100

    def __init__(self, venue, path: Path, wall_ms: Callable[[], int] | None = None):
        self.venue, self.path = venue, path
        self.wall_ms = wall_ms or (lambda: time.time_ns() // 1_000_000)
        self.maintenance = False
        self.message = ""
        self.since = self.wall_ms()
        self.until: int | None = None
        self.planned: list[dict[str, Any]] = []
        self.operations = None
        self.stopping = False
        self.faults: Any = ()
        """Views that failed (SERV-026)."""
        self._told: dict | None = None
        self._window: dict[str, Any] | None = None
        self._read()

    # ------------------------------------------------------------ what it is
    def instruments(self) -> list[dict[str, Any]]:
        """The state of every market, as the engine has it; ``until`` where a circuit breaker holds it, on the venue's
        clock (BRKR-006)."""
        rows = self.venue.engine.states["instruments"][0]
        found = []
        for one in self.venue.instruments:
            row = rows[one.id]
            state = _NAMES[int(row["state"])]
            if state == "operating" and row["index_frozen"]:
                state = "index_disrupted"
            found.append({"symbol": one.symbol, "state": state, "until": until(row["breaker_until_ns"])})
        return found

    @property
    def state(self) -> str:
        """The venue's state: maintenance before what all its markets have in common, then a disrupted index."""
        if self.stopping or self.maintenance:
            return "maintenance"
        states = [one["state"] for one in self.instruments() if one["state"] not in ("settled", "unlisted")]
        for state in _WORST_FIRST:
            if states and all(one == state for one in states):
                return state
        return "index_disrupted" if "index_disrupted" in states else "operating"

    def wire(self) -> dict[str, Any]:
        """The Status of SERV-006."""
        return {"state": self.state, "message": self.message, "until": self.until, "since": self.since,
                "instruments": self.instruments(), "planned": self.planned,
                "out_of_service": sorted(word for view in self.faults for word in view.channels),
                "version": __version__}

    # ------------------------------------------------------------ what it refuses
    @property
    def refuses_new_orders(self) -> bool:
        """Whether the door itself takes no new orders."""
        return bool(self.stopping or self.maintenance)

    def refuse_new_orders(self) -> None:
        """Refuse at the door what maintenance does not allow; everything else is the engine's to refuse."""
        if self.refuses_new_orders:
            raise self._refusal("maintenance")

    def _refusal(self, state: str) -> ServiceError:
        wait = 60.0 if self.until is None else max(1.0, (self.until - self.wall_ms()) / 1000)
        return ServiceError("venue_state", f"the venue is in {state}{self._until_text()}{self._because()}", None,
                            "SERV-018", "new orders are taken again afterward; cancels pass", retry_after_s=wait)

    def explained(self, error: ServiceError, symbol: str | None) -> ServiceError:
        """A refusal of the engine because of a market's state, with the state and until when."""
        market = next((one for one in self.instruments() if one["symbol"] == symbol), None)
        state = self.state if market is None else market["state"]
        if market is not None and market["until"]:
            why = f"{symbol} is {state}{at_text(market['until'])}: its circuit breaker stopped it"
            return ServiceError(error.code, why, "symbol", error.rule, error.do)
        return ServiceError(error.code, f"{symbol or 'the market'} is {state}{self._until_text()}{self._because()}",
                            "symbol", error.rule, error.do)

    def _until_text(self) -> str:
        if self.until is None:
            return ", until further notice"
        return at_text(self.until)

    def _because(self) -> str:
        return f": {self.message}" if self.message else ""

    # ------------------------------------------------------------ the operator
    async def switch(self, state: str, message: str = "", until: int | None = None) -> dict[str, Any]:
        """Put the whole venue into a state, now, until a time or until further notice."""
        check_window(state, None, until, self.wall_ms())
        self._window = None
        await self._enter(state, message, until)
        self._write()
        return self.wire()

    async def change(self, state: str, message: str = "", begin: int | None = None, until: int | None = None) -> dict:
        """Switch now, or (with ``begin``, which needs ``until``) announce a window."""
        if begin is None:
            return await self.switch(state, message or "", until)
        if until is None:
            raise ServiceError("missing_field", "until is missing", "until", "SERV-018", "a window ends by itself")
        return self.plan(state, begin, until, message or "")

    async def switch_instrument(self, symbol: str, state: str) -> dict[str, Any]:
        """Put one market into a state."""
        if state not in STATES:
            raise ServiceError("invalid_value", f"state: a market cannot be in {state!r}", "state", "SERV-018",
                               "one of " + ", ".join(STATES))
        await self.operations.set_instrument_state(symbol, int(STATES[state]))
        return next(one for one in self.instruments() if one["symbol"] == symbol)

    def plan(self, state: str, begin: int, until: int, message: str = "") -> dict[str, Any]:
        """Announce a window that begins and ends by itself."""
        check_window(state, begin, until, self.wall_ms())
        if len(self.planned) >= PLANNED_MAX:
            raise ServiceError("conflict", f"{PLANNED_MAX} windows are planned already", "planned", "SERV-018",
                               "take one back first")
        self.planned = sorted([*self.planned, {"state": state, "from": begin, "until": until, "message": message}],
                              key=lambda window: window["from"])
        self._write()
        return self.wire()

    def unplan(self, begin: int) -> dict[str, Any]:
        """Take a planned window back."""
        kept = [window for window in self.planned if window["from"] != begin]
        if len(kept) == len(self.planned):
            raise ServiceError("not_found", f"no window is planned from {begin}", "from", "SERV-018",
                               "see planned of GET /status")
        self.planned = kept
        self._write()
        return self.wire()

    async def turn(self) -> None:
        """Begin and end what is due; called every now and then."""
        now = self.wall_ms()
        if self.until is not None and now >= self.until:
            self._window = None
            await self._enter("operating", "", None)
            self._write()
        while self.planned and self.planned[0]["until"] <= now:
            self.planned.pop(0)
        if self.planned and self.planned[0]["from"] <= now and self._window is None:
            self._window = self.planned.pop(0)
            await self._enter(self._window["state"], self._window["message"], self._window["until"])
            self._write()

    async def _enter(self, state: str, message: str, until: int | None) -> None:
        self.message, self.until, self.since = message, until, self.wall_ms()
        self.maintenance = state == "maintenance"
        if not self.maintenance:
            for one in self.instruments():
                if one["state"] not in ("settled", "unlisted"):
                    await self.operations.set_instrument_state(one["symbol"], int(STATES[state]))

    # ------------------------------------------------------------ as a view
    def fold(self, batch) -> None:
        """A market's state may have changed."""

    def snapshot(self, channel: str, account: int) -> Any:
        """The status now."""
        return self.wire()

    def changes(self) -> list[Change]:
        """The status where it is another one than before."""
        now = self.wire()
        if now == self._told:
            return []
        self._told = now
        return [Change("status", 0, now)]

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """It is small: told to all alike."""

    # ------------------------------------------------------------ kept
    def _read(self) -> None:
        if self.path.exists():
            kept = json.loads(self.path.read_text("utf-8"))
            self.maintenance, self.message = kept["maintenance"], kept["message"]
            self.since, self.until, self.planned = kept["since"], kept["until"], kept["planned"]

    def _write(self) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"maintenance": self.maintenance, "message": self.message, "since": self.since,
                                     "until": self.until, "planned": self.planned}), "utf-8")
        os.replace(fresh, self.path)


def at_text(until_ms: int) -> str:
    """The end of a state in words and as a number."""
    return f" until {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(until_ms / 1000))} ({until_ms})"


def check_window(state: str, begin: int | None, until: int | None, now: int) -> None:
    """Refuse a state that is none, and times that are not ahead."""
    if state not in CHOICES:
        raise ServiceError("invalid_value", f"state: {state!r} is none an operator chooses", "state", "SERV-018",
                           "one of " + ", ".join(CHOICES))
    if begin is not None and begin <= now:
        raise ServiceError("invalid_value", "from: must lie ahead", "from", "SERV-018", f"wall time in ms, after {now}")
    if until is not None and until <= max(now, begin or 0):
        raise ServiceError("invalid_value", "until: must lie ahead and after from", "until", "SERV-018",
                           f"wall time in ms, after {max(now, begin or 0)}")


