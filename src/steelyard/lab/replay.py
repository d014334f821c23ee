"""A crash replayed: an outside path, a seeded population on the engine's own book, and everything that follows,
written down.

``run_replay`` is the laboratory's main job. The engine sees command records only; tables are read, never written.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path as FilePath

import numpy as np

from .. import codes
from ..engine import dispatch
from ..engine.engine import Engine, EngineFault
from ..engine.records import (
    ASSETS_MAX,
    COMMAND,
    DEFICIT_ACCOUNT,
    DUST_ACCOUNT,
    EXTERNAL_ACCOUNT,
    FEES_ACCOUNT,
    INSURANCE_ACCOUNT,
    SYSTEM_WALLETS,
    TERMS,
    as_record,
    new_commands,
    plain_row,
)
from ..engine.warm import compile_kernels
from ..kernel import COMPILED
from ..units import MINUTE
from ..views.direct import Direct
from . import fold, makers, population, report, traders
from .adapting import fit
from .crowd import records
from .metrics import Result
from .opening import Market
from .path import STEP_NS, SUBSTEPS, Path, load_path
from .population import Parameters
from .tables import ACCOUNT_ROW, MINUTE_ROW, TABLES, write_counts, write_parquet

WALK_BP = 15
"""A move larger than this, in basis points, is walked in equal parts: a market passes through the prices between."""
WALK_PARTS_MAX = 24


def run_replay(
    preset_or_file,
    accounts: int = 100_000,
    seed: int = 7,
    out: str | FilePath | None = None,
    venue: str = "bitmex",
    as_of: str | None = None,
    progress: bool = True,
    parameters: Parameters | None = None,
    symbol: str | None = None,
    minutes: int | None = None,
    changes: dict[str, int] | None = None,
    fund_coins: str | None = None,
    **path_options,
) -> Result:
    """Replay a preset, preset file or file of bars against ``accounts`` leveraged traders; write report and tables
    to ``out``.

    Same arguments, same bytes. ``minutes`` cuts the path; ``changes`` replaces terms of the contract
    (``{"adl_policy": 2}``,
    docs/spec/terms.md) and ``fund_coins`` the fund at the start, to see what another rule would have done;
    ``path_options`` go to :func:`steelyard.lab.path.bars_path`.
    """
    if accounts < 1:
        raise ValueError("accounts must be at least 1")
    path = load_path(preset_or_file, seed, **_options(preset_or_file, path_options))
    if minutes is not None:
        path = replace(
            path,
            prices=path.prices[:minutes],
            build_up=min(path.build_up, minutes // 4),
            focus=(min(path.focus[0], max(0, minutes - 2)), min(path.focus[1], minutes - 1)),
        )
    path = replace(path, as_of=as_of or path.as_of, symbol=symbol or path.symbol)
    if fund_coins is not None:
        given = {"fund_coins": fund_coins, "fund_source": f"{fund_coins} coins, given"}
        path = replace(path, population={**path.population, **given})
    replay = Replay(path, accounts, seed, venue, parameters, changes)
    replay.run(progress)
    result = replay.result()
    if out is not None:
        write(result, FilePath(out))
    return result


def _options(preset_or_file, options: dict) -> dict:
    return options if str(preset_or_file).endswith((".parquet", ".csv")) else {}


class Replay:
    """One replay under way: engine, venue, population, and the rows found so far."""

    def __init__(
        self,
        path: Path,
        accounts: int,
        seed: int,
        venue: str,
        parameters: Parameters | None,
        changes: dict[str, int] | None = None,
    ):
        from ..venues.commands import profile_commands
        from ..venues.profile import load_profile

        self.path, self.accounts, self.seed, self.venue = path, accounts, seed, venue
        self.changes = changes or {}
        self.profile = profile = load_profile(venue, date.fromisoformat(path.as_of))
        self.market = Market(profile, path.symbol)
        self.instrument, self.asset, self.scale = self.market.instrument, self.market.asset, self.market.scale
        self.parameters = parameters or Parameters(**population_of(path))
        self.seconds = {"compilation": compile_kernels()}
        self.engine = Engine()
        self.people = population.build(self.parameters, accounts, seed, path.minutes, path.build_up)
        fit(self.people.agents, self.instrument, float(path.prices[0, 0]) / 100)
        self.commands = as_record(self.people.box["commands"][0])
        self.before_price, self.after_price = Direct(makers.before_price), Direct(traders.after_price)
        self.fold, self.observe, self.decide = Direct(fold.fold), Direct(fold.observe), Direct(dispatch.apply)
        self.rows = records(fold.ROWS, 1)
        self.minutes = records(MINUTE_ROW, path.minutes)
        self.last_units = self.market.units(int(path.prices[0, 0]))
        self.kept = {"liquidations": [], "disposals": [], "deleveraged": []}
        self.fund_start_atoms = int(round(float(path.population.get("fund_coins", "35508")) * 10**self.asset.decimals))
        self.publisher = None                    # what clearing publishes, where the venue has a calendar
        self._open(profile_commands(profile, path.start_ns, (path.symbol,)))
        self.calendar = self._calendar()

    def _calendar(self) -> np.ndarray:
        """Trading hours during the path, and, where the path says so, what the profile changes; in order of time.
        PROF-016 CALR-006"""
        from ..venues.forward import Forward

        start_ns, end_ns = self.path.start_ns, int(self.path.times_ns()[-1])
        found = self._sessions(start_ns, end_ns)
        if self.path.plays_calendar:
            start, end = (datetime.fromtimestamp(ns // 10**9, UTC) for ns in (start_ns, end_ns))
            found = np.concatenate([found, Forward(self.venue, start, end, (self.path.symbol,)).commands])
        return found[np.argsort(found["time_ns"], kind="stable")]

    def _sessions(self, start_ns: int, end_ns: int) -> np.ndarray:
        """The contract opens and closes with its venue; one without a calendar trades around the clock."""
        from ..venues.calendar import load_calendar
        from ..venues.profile import find_profile
        from ..venues.settling import Publisher

        calendar = load_calendar(find_profile(self.venue))
        if calendar is None:
            return new_commands(0)
        calendar = calendar.reaching(start_ns)
        self.publisher = Publisher(calendar, (self.instrument,), start_ns)
        changes = [(start_ns, calendar.is_open(start_ns)), *calendar.changes(start_ns, end_ns)]
        commands = new_commands(len(changes))
        commands["kind"], commands["instrument"] = codes.SET_INSTRUMENT_STATE, self.instrument.id
        for command, (time_ns, is_open) in zip(commands, changes):
            command["time_ns"] = time_ns
            command["value"] = codes.STATE_TRADING if is_open else codes.STATE_HALTED
        return np.concatenate([commands, self._windows(calendar, start_ns, end_ns)])

    def _windows(self, calendar, start_ns: int, end_ns: int) -> np.ndarray:
        """The margin window that holds when the path begins, and every flip during it.  CALR-008"""
        flips = [(start_ns, calendar.margin_window(start_ns)), *calendar.margin_flips(start_ns, end_ns)]
        known = [(time_ns, number) for time_ns, name in flips
                 if (number := self.instrument.window_number(name)) is not None]
        commands = new_commands(len(known))
        commands["kind"], commands["instrument"] = codes.SET_MARGIN_WINDOW, self.instrument.id
        for command, (time_ns, number) in zip(commands, known):
            command["time_ns"], command["value"] = time_ns, number
        return commands

    def _clear(self, began_ns: int) -> None:
        """What clearing publishes by the time a minute begins.  CALR-009"""
        if self.publisher is not None:
            commands = self.publisher.due(began_ns, self.engine.state)
            if len(commands):
                commands["time_ns"] = began_ns
                self._apply(as_record(commands))

    def _note(self, commands) -> None:
        """Let clearing see the events of what was just decided, while it cares."""
        out = self.engine.outs[0]
        if COMPILED and self.publisher is not None and self.publisher.listens(int(self.engine.state.now_ns)):
            self.publisher.note(np.asarray(commands), np.asarray(out.events[:out.count]))

    def _play_calendar(self, began_ns: int) -> None:
        """The changes that are due when a minute begins."""
        due = int((self.calendar["time_ns"] <= began_ns).sum())
        if due:
            commands, self.calendar = self.calendar[:due], self.calendar[due:]
            commands["time_ns"] = began_ns
            self._apply(as_record(commands))

    def _open(self, configuration: np.ndarray):
        """Configure the venue, pay in the fund, publish the first price, open the makers' accounts."""
        first, start_ns = self.path.prices[0, 0] / 100, self.path.start_ns
        self.market.acquaint(self.people, self.accounts, first, start_ns)
        opening = self.market.opening(self.people, self.fund_start_atoms, first, start_ns)
        for commands in (self._changed(configuration), opening, self.market.first_price(first, start_ns)):
            self._apply(as_record(commands))
        if self.rows[0].reasons.any():
            reasons = [codes.Reason(r).name for r in np.flatnonzero(self.rows[0].reasons)]
            raise RuntimeError(f"the venue refused its own opening: {', '.join(reasons)}")

    def _changed(self, configuration: np.ndarray) -> np.ndarray:
        """The venue's configuration with the terms of ``changes`` put in place of its own."""
        for name, value in self.changes.items():
            if name not in TERMS.names:
                raise ValueError(f"changes: no term {name!r}; terms are {', '.join(TERMS.names)}")
            chosen = (configuration["kind"] == codes.SET_TERM) & (configuration["instrument"] == self.instrument.id)
            configuration["value"][chosen & (configuration["parameter"] == TERMS.names.index(name))] = value
        return configuration

    # ------------------------------------------------------------ running
    def run(self, progress: bool, done=None) -> None:
        """All minutes of the path, one after the other; ``done`` is called with the number of each."""
        started = time.perf_counter()
        self._minute(0)
        self.seconds["compilation"] += time.perf_counter() - started
        started = time.perf_counter()
        for minute in _tracked(range(1, self.path.minutes), progress, self.path):
            self._minute(minute)
            if done is not None:
                done(minute + 1)
        self.seconds["replay"] = time.perf_counter() - started

    def _minute(self, minute: int) -> None:
        """One minute: three sub-steps of makers, index, traders, arbitrageurs and consequences; then a look at the
        tables."""
        people, states = self.people, self.engine.states
        self._play_calendar(self.path.start_ns + minute * MINUTE)
        self._clear(self.path.start_ns + minute * MINUTE)
        for step in range(SUBSTEPS):
            last, units = self.last_units, self.market.units(int(self.path.prices[minute, step]))
            parts = min(WALK_PARTS_MAX, max(1, -(-abs(units - last) * 10_000 // (last * WALK_BP))))
            began_ns = self.path.start_ns + minute * MINUTE + step * STEP_NS
            for part in range(1, parts + 1):
                self._publish(minute, began_ns + STEP_NS // 2 * part // parts, last + (units - last) * part // parts)
            self.last_units = units
            count = self.after_price(
                states, people.box, people.crowd, people.agents, people.heads, people.makers, int(step == 0)
            )
            self._apply(self.commands[:count])
        self.observe(states, people.crowd, people.makers, self.minutes)
        self._keep()

    def _publish(self, minute: int, now_ns: int, units: int) -> None:
        """Makers requote around one outside price, the price is published, and what follows is applied.  LABS-001"""
        people = self.people
        price = max(1, units // self.market.units_per_index_unit)
        people.clock[0] = (minute, now_ns, units, price, self.market.usd_per_lot(units))
        count = self.before_price(self.engine.states, people.box, people.crowd, people.makers, people.clock)
        self._apply(self.commands[:count])

    def _apply(self, commands) -> None:
        """Apply commands and fold their events, an outbox at a time, without copying."""
        engine, people = self.engine, self.people
        batch = commands if COMPILED else [plain_row(one, COMMAND) for one in commands]
        done = 0
        while done < len(batch):
            try:
                self.decide(engine.states, batch[done:], engine.outs)
            except Exception as cause:
                engine.faulted = True
                raise EngineFault(int(engine.state.command_sequence), cause) from cause
            self._note(commands[done : done + int(engine.outs[0].consumed)])
            done += self.fold(
                engine.outs,
                engine.states,
                people.crowd,
                people.agents,
                people.heads,
                people.makers,
                self.minutes,
                self.rows,
            )

    def _keep(self) -> None:
        """Move the rows found in this minute out of the buffers."""
        rows = self.rows[0]
        for name, count, table in (
            ("forced", "forced_count", "liquidations"),
            ("disposals", "disposal_count", "disposals"),
            ("deleveraged", "deleveraged_count", "deleveraged"),
        ):
            found = int(rows[count])
            if found:
                self.kept[table].append(np.array(rows[name][:found]))
                rows[count] = 0

    # ------------------------------------------------------------ result
    def result(self) -> Result:
        """Everything written down so far, as a Result."""
        rows = self.rows[0]
        tables = {
            name: np.concatenate(self.kept[name]).view(TABLES[name]) if self.kept[name] else np.zeros(0, TABLES[name])
            for name in self.kept
        }
        tables["minutes"] = np.array(self.minutes).view(MINUTE_ROW)
        tables["accounts"] = self._accounts()
        result = Result(self.path, self.scale, tables, fund_start_atoms=self.fund_start_atoms, seconds=self.seconds)
        result.events_by_kind = {codes.EventKind(k).name: int(n) for k, n in enumerate(rows.kinds) if n}
        result.refused_by_reason = {codes.Reason(k).name: int(n) for k, n in enumerate(rows.reasons) if n}
        result.conservation = self._conservation()
        result.layers = [(name, amount - held) for name, amount, held in self._layers()]
        result.residual = self.profile.waterfall.residual
        result.parameters = {
            "venue": self.venue,
            "symbol": self.path.symbol,
            "rules as of": self.path.as_of,
            "seed": self.seed,
            "accounts": f"{self.accounts:,}",
            "path": self.path.name,
            "minutes": f"{self.path.minutes:,}",
            "build-up minutes": f"{self.path.build_up:,}",
            "insurance fund at the start": self.path.population.get("fund_source", "assumption: 35,508 coins"),
            "changed terms": ", ".join(f"{k} = {v}" for k, v in sorted(self.changes.items())) or "none",
            **self.people.shown(),
        }
        result.digests = {"path": self.path.digest()}
        return result

    def _accounts(self) -> np.ndarray:
        """One row an account, with equity at the last mark (funding not yet booked left out)."""
        people = self.people
        rows = np.zeros(self.accounts + len(people.makers), ACCOUNT_ROW)
        agents = people.agents
        first = people.crowd[0].first_account
        rows["account"] = first + np.arange(len(rows))
        for name in (
            "side",
            "isolated",
            "protection",
            "leverage",
            "entries",
            "liquidations",
            "deleveragings",
            "deposited_atoms",
        ):
            rows[name][: self.accounts] = agents[name]
        rows["deposited_atoms"][self.accounts :] = people.makers["deposited_atoms"]
        rows["role"][self.accounts :] = np.where(np.arange(len(people.makers)) < self.parameters.makers, 1, 2)
        if COMPILED:
            states = self.engine.states
            positions = states["positions"][0][1 : int(states["positions_pool"][0]["high_water"]) + 1]
            wallets = states["wallets"][0][SYSTEM_WALLETS + 1 : int(states["wallets_pool"][0]["high_water"]) + 1]
            unit = int(states["instruments"][0][self.instrument.id]["mark_unit_value_atoms"])
            equity = positions["collateral_atoms"] + positions["size_lots"] * unit - positions["entry_value_atoms"]
            np.add.at(rows["end_equity_atoms"], positions["account"] - first, equity)
            np.add.at(rows["end_equity_atoms"], wallets["account"] - first, wallets["balance_atoms"])
            rows["size_lots"][positions["account"] - first] = positions["size_lots"]
        return rows

    def _layers(self) -> list[tuple[str, int, int]]:
        """Layers of the waterfall of the settlement asset: name, what was paid in, what is left.  LOSS-012"""
        def held(account: int) -> int:
            return int(self.engine.state.wallets[1 + account * ASSETS_MAX + self.asset.id].balance_atoms)
        return [(layer.name, layer.amount_atoms, held(layer.account))
                for layer in self.profile.waterfall.of_asset(self.asset.id)]

    def _conservation(self) -> list:
        """Cash of the settlement asset by kind of place; the sum is zero."""
        state, asset = self.engine.state, self.asset.id
        instrument = state.instruments[self.instrument.id]
        traders = (
            sum(
                int(state.wallets[row].balance_atoms)
                for row in range(SYSTEM_WALLETS + 1, int(state.wallets_pool.high_water) + 1)
            )
            if not COMPILED
            else int(
                self.engine.states["wallets"][0]["balance_atoms"][
                    SYSTEM_WALLETS + 1 : int(state.wallets_pool.high_water) + 1
                ].sum()
            )
        )
        collateral = (
            sum(
                int(state.positions[row].collateral_atoms) for row in range(1, int(state.positions_pool.high_water) + 1)
            )
            if not COMPILED
            else int(
                self.engine.states["positions"][0]["collateral_atoms"][
                    1 : int(state.positions_pool.high_water) + 1
                ].sum()
            )
        )
        places = [
            ("wallets of accounts", traders),
            ("collateral of isolated positions", collateral),
            ("clearing of open positions", int(instrument.clearing_atoms)),
            ("insurance fund of the contract", int(instrument.insurance_atoms)),
        ]
        for name, account in (
            ("insurance fund", INSURANCE_ACCOUNT),
            ("fees", FEES_ACCOUNT),
            ("rounding", DUST_ACCOUNT),
            ("deficit (bad debt)", DEFICIT_ACCOUNT),
            ("paid in from outside", EXTERNAL_ACCOUNT),
        ):
            places.append((name, int(state.wallets[1 + account * ASSETS_MAX + asset].balance_atoms)))
        places += [(f"layer: {name}", held) for name, _amount, held in self._layers()]
        return [(self.asset.name, places)]


def population_of(path: Path) -> dict:
    """Parameters that a preset sets."""
    if "open_interest_usd" in path.population:
        return {"open_interest_usd": float(path.population["open_interest_usd"])}
    return {}


def _tracked(minutes, progress: bool, path: Path):
    """Minutes with a progress bar on a terminal."""
    if not progress:
        yield from minutes
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("minutes"),
        TimeRemainingColumn(),
        transient=True,
    ) as bar:
        task = bar.add_task(path.name, total=len(minutes))
        for minute in minutes:
            yield minute
            if minute % 64 == 0:
                bar.update(task, completed=minute)


def write(result: Result, folder: FilePath) -> None:
    """Write the Parquet tables, then the report with their digests."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        result.digests[f"{name}.parquet"] = write_parquet(folder / f"{name}.parquet", result.tables[name])
    counts = [("event", name, count) for name, count in sorted(result.events_by_kind.items())]
    counts += [("reason", name, count) for name, count in sorted(result.refused_by_reason.items())]
    result.digests["events.parquet"] = write_counts(folder / "events.parquet", counts)
    file = folder / "report.html"
    file.write_text(report.page(result), "utf-8")
    result.report = str(file)
