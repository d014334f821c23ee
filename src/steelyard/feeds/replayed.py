"""Feeds whose outside world is a path: a crash, a file of bars, a synthetic market. Rounds follow one another, and the
population of the crash replay trades on the venue's own book.  FEED-003, FEED-004, FEED-007"""
from __future__ import annotations

import asyncio
import time
from datetime import date
from pathlib import Path as FilePath
from typing import Any

from ..lab.path import Path, load_path
from ..lab.population import Parameters
from ..node.venue import JournalFull, Venue
from ..units import MINUTE, SECOND
from ..views.scales import milliseconds
from . import keeping
from .clock import FeedClock
from .course import Course, Round
from .crowd import ADVANCE_NS, MAKERS, Crowd, compile_kernels
from .disturbances import disturbances
from .feed import PRESETS, Feed
from .settings import FeedError, FeedSettings, speed_of
from .synthetic import synthetic_path

ACCOUNTS, SPEED, SYNTHETIC = 10_000, 60.0, "synthetic"
LEAD_MINUTES = 500
"""Venue time passed through at the start, as fast as the engine can, so that the first visitor meets a full market."""
LEAD_STEP_NS = 20 * SECOND
RETURN_MINUTES = 40
"""A new round calls those who wait back within this time."""
TURN_SECONDS = 0.1
TURN_VENUE_SECONDS = 10.0
"""A turn is a tenth of a second, or ten seconds of the venue's time where that is shorter, but no less than a 60th."""
TURN_SECONDS_MIN = 1 / 60
CHATTER_SECOND = 3.0
"""Small trades a second, so that the tape is alive at every speed."""
WAITING_MAX = 20_000
"""With more commands undecided the crowd holds still."""
KEEP_SECONDS = 60.0
POPULATION_FILE = "population.npz"
YIELD_SECONDS = 0.02


class ReplayedFeed(Feed):
    """A path, walked round after round at a speed. ``folder`` keeps the population; None: it is forgotten."""

    def __init__(self, settings: FeedSettings, folder: FilePath | None = None):
        super().__init__(settings)
        self.folder = folder
        self.accounts = settings.accounts or ACCOUNTS
        self.paths: dict[str, Path] = {}
        self.path_name = settings.name
        self.course = self._course(1)
        self.begin_offset_ns = self._begin_offset()
        self.lead_offset_ns = max(0, self.begin_offset_ns - LEAD_MINUTES * MINUTE)
        self.symbol = settings.symbol or self.course.path.symbol
        self.as_of = self._as_of()
        self.clock = FeedClock(self._start_ns(), settings.speed or (1.0 if self.kind == "synthetic" else SPEED))
        self.walk = self.course.begin(1, self.clock.now_ns(), self.lead_offset_ns)
        self.live_from_ns = self.walk.begin_ns + self.begin_offset_ns - self.lead_offset_ns
        self.crowd: Crowd | None = None
        self.hundredths = self.course.price(self.walk, self.walk.begin_ns)
        self.home = self.hundredths
        self.opened = False
        self._moved = asyncio.Event()
        self._kept = time.monotonic()
        self.turns = self.commands = 0
        compile_kernels()

    # ------------------------------------------------------------ the outside world
    @property
    def kind(self) -> str:
        """What the outside world is: ``crash`` (a preset), ``file`` or ``synthetic``."""
        return SYNTHETIC if self.path_name == SYNTHETIC else "crash" if self.path_name in PRESETS else "file"

    def _course(self, number: int) -> Course:
        """The course of a round."""
        if self.path_name == SYNTHETIC:
            return Course(synthetic_path(self.settings, number, LEAD_MINUTES), self.settings.seed)
        if self.path_name not in self.paths:
            self.paths[self.path_name] = load_path(self.path_name, self.settings.seed)
        return Course(self.paths[self.path_name], self.settings.seed)

    def _begin_offset(self) -> int:
        """Time on the path at which people begin to watch: asked for, or where the path's own close look begins."""
        path, asked = self.course.path, self.settings.begin_ns
        if asked is None:
            return path.focus[0] * MINUTE
        last = path.start_ns + (path.minutes - 1) * MINUTE
        if not path.start_ns <= asked <= last:
            raise FeedError(f"feed: from is outside the path (FEED-006); {path.name} goes from "
                            f"{_utc(path.start_ns)} to {_utc(last)}")
        return asked - path.start_ns

    def _as_of(self) -> date | None:
        return date.fromisoformat(self.course.path.as_of) if self.course.path.as_of else None

    def _start_ns(self) -> int:
        """Venue time at which an empty venue begins: the crash's own; a synthetic market is nearly at the time of
        day when its lead is over."""
        if self.kind == SYNTHETIC:
            return (time.time_ns() // MINUTE - LEAD_MINUTES) * MINUTE
        return self.course.path.start_ns + self.lead_offset_ns

    def _parameters(self) -> Parameters:
        given = self.course.path.population
        return Parameters(**MAKERS, open_interest_usd=float(given.get("open_interest_usd", 900e6)))

    def _fund_atoms(self, crowd: Crowd) -> int:
        coins = float(self.course.path.population.get("fund_coins", "35508"))
        named = crowd.market.scale.inverse or "fund_coins" in self.course.path.population
        price = 1.0 if named else self.hundredths / 100
        return int(round(coins * price * 10**crowd.market.asset.decimals))

    # ------------------------------------------------------------ the life of a feed
    async def run(self, venue: Venue) -> None:
        """Open or take up the population, then walk until canceled; the population is kept at the end."""
        if self.symbol not in venue.symbols:
            raise FeedError(f"feed: the venue does not list {self.symbol} (FEED-006); it lists "
                            f"{', '.join(venue.symbols)}: give symbol=")
        self.venue = venue
        self.clock.not_before(venue.replica.last_stamp_ns)
        fresh = self._take_up(venue)
        venue.add_listener(self.crowd.learn)
        self.disturbances = disturbances(self.crowd.market.index, self.settings.seed, self.settings.outlier,
                                         self.settings.stale)
        try:
            if fresh:
                self.crowd.open(self.hundredths / 100, self._fund_atoms(self.crowd), venue.replica.last_stamp_ns)
                self.keep()
            await self._build_up()
            self.opened, self.message = True, "running"
            self.clock.start()
            await self._walk()
        finally:
            self.keep()

    def _take_up(self, venue: Venue) -> bool:
        """Build the population, or take up the one that is kept; True where the venue has never seen one."""
        now_ns = venue.replica.last_stamp_ns
        stored, damage = None, ""
        if self.folder is not None:
            try:
                stored = keeping.read(self.folder / POPULATION_FILE)
            except keeping.PopulationDamage as fault:
                damage = str(fault)
        if stored is not None:
            self.accounts = int(stored[0]["accounts"])
        seed = int(stored[0]["seed"]) if stored else self.settings.seed
        self.crowd = Crowd(venue, self.symbol, self.accounts, seed, self._parameters(),
                           (self.begin_offset_ns - self.lead_offset_ns) // MINUTE, now_ns, self.settings.apart_bp)
        if self.crowd.is_new:
            self._first_round(now_ns)
            return True
        said = self.crowd.take_up(stored, self.course.points[0] / 100)
        self._resume(None if said else stored[0])
        self.message = said or damage or self.message
        return False

    def _first_round(self, now_ns: int) -> None:
        self.walk = self.course.begin(1, now_ns, self.lead_offset_ns)
        self.live_from_ns = now_ns + self.begin_offset_ns - self.lead_offset_ns
        self.home = self.hundredths = self.course.price(self.walk, now_ns)

    def _resume(self, facts: dict[str, Any] | None) -> None:
        """Go on with the round that was under way, or with a new one from the index price that holds."""
        facts = facts or {}
        now_ns = self.clock.now_ns()
        self.hundredths = self.crowd.index_hundredths or float(facts.get("hundredths", self.hundredths))
        self.live_from_ns = int(facts.get("live_from_ns", now_ns))
        self.home = float(facts.get("home", self.hundredths))
        if (facts.get("feed"), facts.get("path_seed")) == (self.settings.name, self.settings.seed):
            self.path_name = facts["path"]
            self.walk = Round(**facts["round"])
            self.course = self._course(self.walk.number)
            if self.settings.speed is None:
                self.clock.set_speed(float(facts["speed"]))
        else:
            self._begin_round(now_ns, int(facts.get("round", {}).get("number", 0)) + 1)

    def _begin_round(self, now_ns: int, number: int) -> None:
        self.course = self._course(number)
        own = self.path_name == self.settings.name and self.settings.begin_ns is not None
        self.begin_offset_ns = self._begin_offset() if own else self.course.path.focus[0] * MINUTE
        if self.path_name == SYNTHETIC:
            self.begin_offset_ns = 0
        self.walk = self.course.begin(number, now_ns, self.begin_offset_ns, self.hundredths, self.home)

    # ------------------------------------------------------------ opening
    async def _build_up(self) -> None:
        """Pass through the lead as fast as the engine can; the loop is given back every few milliseconds."""
        crowd, venue = self.crowd, self.venue
        crowd.now["advance_ns"] = LEAD_STEP_NS // 2
        begin_ns = now_ns = venue.replica.last_stamp_ns
        given_back = time.monotonic()
        step = 0
        while now_ns < self.live_from_ns:
            step += 1
            now_ns = min(now_ns + LEAD_STEP_NS, self.live_from_ns)
            self.clock.not_before(now_ns)
            self._turn(now_ns, quoting=step % 3 == 0)
            try:
                venue.commit()
            except JournalFull:
                await asyncio.sleep(1.0)
            if time.monotonic() - given_back > YIELD_SECONDS:
                share = (now_ns - begin_ns) / (self.live_from_ns - begin_ns)
                self.message = f"opening the market: {share:.0%}"
                await asyncio.sleep(0)
                given_back = time.monotonic()
        crowd.now["advance_ns"] = ADVANCE_NS

    # ------------------------------------------------------------ walking
    async def _walk(self) -> None:
        deadline = time.monotonic()
        while True:
            if not self.clock.running:
                self._moved.clear()
                await self._moved.wait()
                deadline = time.monotonic()
                continue
            now_ns = self.clock.now_ns()
            if self.course.ended(self.walk, now_ns):
                self._end_round(now_ns)
                continue
            if self.venue.waiting < WAITING_MAX:
                self._turn(now_ns)
            if time.monotonic() - self._kept > KEEP_SECONDS:
                await self._keep_aside()
            deadline = max(deadline + self.turn_seconds, time.monotonic() - self.turn_seconds)
            await asyncio.sleep(max(0.0, deadline - time.monotonic()))

    @property
    def turn_seconds(self) -> float:
        """Time of the machine between two turns at this speed."""
        return min(TURN_SECONDS, max(TURN_SECONDS_MIN, TURN_VENUE_SECONDS / self.clock.speed))

    def _turn(self, now_ns: int, quoting: bool = True) -> None:
        self.hundredths = self.course.price(self.walk, now_ns)
        units = self.hundredths / 100 / self.crowd.market.price(1)
        self.commands += self.crowd.turn(now_ns, units, self.disturbances, quoting, self._chatter())
        self.turns += 1

    def _chatter(self) -> float:
        """Chance of a small trade in this turn: CHATTER_SECOND a second of the machine, or of the lead's minutes."""
        return CHATTER_SECOND * (self.turn_seconds if self.opened else TURN_SECONDS)

    def _end_round(self, now_ns: int) -> None:
        if self.settings.loop:
            self._begin_round(now_ns, self.walk.number + 1)
            if self.path_name != SYNTHETIC:
                self.crowd.begin_round(RETURN_MINUTES)
        else:
            self.clock.pause()
            self.message = "the path has ended; restart it or choose another"

    # ------------------------------------------------------------ switches
    @property
    def presets(self) -> list[str]:
        """What can be chosen while it runs."""
        name = self.settings.name
        own = [] if name in PRESETS or name == SYNTHETIC else [FilePath(name).stem]
        return [*own, *PRESETS, SYNTHETIC]

    def control(self, speed=None, paused=None, restart=None, preset=None) -> dict[str, Any]:
        """Speed 1 … 600; paused: time stands and orders still trade; restart: a new round from the price that holds;
        preset: its returns from now on. FeedError where it cannot be."""
        if speed is not None:
            self.clock.set_speed(speed_of(speed))
        if (restart or preset or paused is not None) and not self.opened:
            raise FeedError("the market is still opening (FEED-009); try again in a few seconds")
        if preset is not None:
            self._choose(preset)
        elif restart:
            self._again()
        if paused is not None:
            self._pause(paused)
        return self.replay()

    def _choose(self, preset: str) -> None:
        if preset not in self.presets:
            raise FeedError(f"preset: there is no {preset!r} (FEED-009); there are {', '.join(self.presets)}")
        known = preset in PRESETS or preset == SYNTHETIC
        self.path_name = preset if known else self.settings.name
        self._again()

    def _again(self) -> None:
        self._begin_round(self.clock.now_ns(), self.walk.number + 1)
        self.crowd.begin_round(RETURN_MINUTES)
        self._pause(False)

    def _pause(self, paused: bool) -> None:
        if paused:
            self.clock.pause()
        else:
            self.clock.start()
        self.message = "paused: time stands, orders still trade" if paused else "running"
        self._moved.set()

    # ------------------------------------------------------------ what is kept
    def facts(self) -> dict[str, Any]:
        """Everything besides the records that a restart needs."""
        walk = self.walk
        return {**self.crowd.facts(), "feed": self.settings.name, "path": self.path_name,
                "path_seed": self.settings.seed, "symbol": self.symbol,
                "round": {"number": walk.number, "begin_ns": walk.begin_ns, "offset_ns": walk.offset_ns,
                          "scale": walk.scale, "drift": walk.drift},
                "live_from_ns": int(self.live_from_ns), "hundredths": float(self.hundredths), "home": float(self.home),
                "speed": self.clock.speed}

    def keep(self) -> None:
        """Write the population now."""
        if self.crowd is not None and self.folder is not None:
            keeping.write(self.folder / POPULATION_FILE, keeping.pack(self.crowd.people, self.facts()))
            self._kept = time.monotonic()

    async def _keep_aside(self) -> None:
        """Write the population without holding up the loop."""
        self._kept = time.monotonic()
        if self.folder is not None:
            contents = keeping.pack(self.crowd.people, self.facts())
            await asyncio.to_thread(keeping.write, self.folder / POPULATION_FILE, contents)

    # ------------------------------------------------------------ the channel
    def replay(self) -> dict[str, Any]:
        now_ns, path = self.clock.now_ns(), self.course.path
        progress = self.course.progress(self.walk, now_ns)
        return {"feed": self.kind, "name": path.name, "title": path.title, "start": milliseconds(self.walk.begin_ns),
                "end": milliseconds(self.course.ends_ns(self.walk)), "now": milliseconds(now_ns),
                "speed": _plain(self.clock.speed), "paused": self.opened and not self.clock.running,
                "progress": round(progress, 4), "loop": self.settings.loop, "presets": self.presets,
                "message": self.message}


def _plain(speed: float) -> float | int:
    return int(speed) if speed == int(speed) else speed


def _utc(time_ns: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(time_ns // SECOND))
