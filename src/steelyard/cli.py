"""The command line. It parses, calls one function, and prints; every answer can also be had from Python.

Imports happen inside the commands, so that ``steelyard version`` does not load a compiler.
"""
from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from . import __version__
from .cli_venues import venues
from .console import console, fail, moment
from .plan.command import app as plan

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="A leveraged-trading venue and the laboratory that tells whether its rules are safe.")
stress = typer.Typer(no_args_is_help=True, help="Break: replay a crash against a population of leveraged accounts.")
operator = typer.Typer(no_args_is_help=True, help="Switch a running venue: needs the operator's password.")
app.add_typer(plan, name="plan")
app.add_typer(stress, name="stress")
app.add_typer(operator, name="operator")
app.add_typer(venues, name="venues")

def warm_up() -> None:
    """Compile the kernels with a progress line; silent where the cache is warm."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from .engine.warm import compile_kernels
    progress = Progress(TextColumn("compiling kernels"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                        TextColumn("{task.description}"), console=console, transient=False)
    task = None
    told = time.perf_counter()

    def report(done: int, total: int, name: str, seconds: float) -> None:
        nonlocal task, told
        if not console.is_terminal:
            if done == 1 or time.perf_counter() - told > 10:
                told = time.perf_counter()
                console.print(f"compiling kernels: {done} of about {total} ({seconds:.0f} s, {name})")
            return
        if task is None:
            progress.start()
            task = progress.add_task(name, total=total)
        progress.update(task, completed=done, total=total, description=name)

    try:
        seconds = compile_kernels(report)
        if task is not None:
            progress.update(task, completed=progress.tasks[0].total, description="done")
    finally:
        if task is not None:
            progress.stop()
    if seconds > 5:
        console.print(f"kernels compiled in {seconds:.0f} s; the next start loads them from the cache")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def warm_up_service() -> None:
    """Compile what a venue looks and trades with, by a rehearsal; nothing where this was done before."""
    warm_up()
    from .feeds import open_feed
    from .service.rehearsal import is_rehearsed, rehearse
    if is_rehearsed():
        return
    console.print("compiling what screens and the crowd need: a small venue is rehearsed (up to a minute, once)")
    started = time.perf_counter()
    rehearse(lambda folder: open_feed("covid-2020-03,accounts=200", folder))
    console.print(f"rehearsed in {time.perf_counter() - started:.0f} s")


@app.command()
def warm() -> None:
    """Compile the kernels now, so that nothing else has to wait for it."""
    warm_up_service()


@stress.command("replay")
def stress_replay(
        scenario: Annotated[str, typer.Argument(metavar="PRESET_OR_FILE",
                                                help="Name of a preset, or a Parquet/CSV/TOML file.")],
        accounts: Annotated[int, typer.Option(min=1, help="How many leveraged accounts.")] = 100_000,
        seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
        out: Annotated[Path, typer.Option(help="Folder for the report and the tables.")] = Path("out/replay"),
        venue: Annotated[str, typer.Option(help="Profile name or file.")] = "bitmex",
        as_of: Annotated[str | None, typer.Option(help="Rules as of this date; the scenario's own by default.")] = None,
) -> None:
    """Replay a crash through the engine: who is liquidated, what the fund pays, who is deleveraged."""
    from .units import UnitError
    from .venues.profile import ProfileError
    warm_up()
    from .lab.replay import run_replay
    day = moment(as_of)
    try:
        result = run_replay(scenario, accounts=accounts, seed=seed, out=out, venue=venue,
                            as_of=None if day is None else day.date().isoformat())
    except (ProfileError, UnitError, FileNotFoundError) as error:
        raise fail(str(error)) from None
    print(result.report)


@stress.command("compare")
def stress_compare(
        scenario: Annotated[str, typer.Argument(metavar="PRESET_OR_FILE",
                                                help="Name of a preset, or a Parquet/CSV/TOML file.")],
        venues: Annotated[str, typer.Option(help="Profile names or files, with commas between; or all.")] = "all",
        accounts: Annotated[int, typer.Option(min=1, help="How many leveraged accounts.")] = 2_000,
        seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
        out: Annotated[Path, typer.Option(help="Folder for report.html, venues.csv, venues.json.")] = Path(
            "out/compare"),
        as_of: Annotated[str | None, typer.Option(help="Rules as of this date; the scenario's own by default.")] = None,
        minutes: Annotated[int | None, typer.Option(min=10, help="Only so many minutes of the path.")] = None,
        fund_usd: Annotated[float | None, typer.Option(min=0, help="Insurance fund of each at the start; one percent "
                                                                   "of the open interest by default.")] = None,
) -> None:
    """The same crash and the same people under each venue's rules: one table, two pictures."""
    from .units import UnitError
    from .venues.profile import ProfileError
    warm_up()
    from .lab.compare import run_comparison
    day = moment(as_of)
    chosen = None if venues == "all" else tuple(one.strip() for one in venues.split(",") if one.strip())
    try:
        with venue_bars() as told:
            found = run_comparison(scenario, chosen, accounts, seed, out, None if day is None else
                                   day.date().isoformat(), minutes, fund_usd, told)
    except (ProfileError, UnitError, FileNotFoundError) as error:
        raise fail(str(error)) from None
    for venue, why in found.failures:
        console.print(f"{venue} was not run: {why}", markup=False, soft_wrap=True)
    print(found.report)
    if not found.rows:
        raise fail("no venue could be replayed")


@contextmanager
def venue_bars():
    """A progress bar per venue on a terminal, a line per finished venue elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    tasks: dict[str, TaskID] = {}
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("minutes"),
                  TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        def told(venue: str, done: int, total: int) -> None:
            if venue not in tasks:
                tasks[venue] = bar.add_task(venue, total=total)
            if done % 32 == 0 or done == total:
                bar.update(tasks[venue], completed=done)
            if done == total and not console.is_terminal:
                console.print(f"{venue}: {total} minutes replayed", markup=False)
        yield told


@app.command()
def audit(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a journal.")]) -> None:
    """Replay a journal from its first frame; print digest, counts and conservation, or name the first frame that
    differs."""
    warm_up()
    from .node.audit import audit as run_audit
    if not directory.is_dir():
        raise fail(f"no folder {str(directory)!r}")
    found = run_audit(directory)
    print(f"frames {found.frames:,}, commands {found.commands:,}, events {found.events:,}")
    for name, count in sorted(found.command_counts.items()):
        print(f"  {name} {count:,}")
    for asset, atoms in sorted(found.conservation.items()):
        print(f"asset {asset}: all cash places sum to {atoms} atoms")
    if found.torn_bytes:
        print(f"found a torn tail of {found.torn_bytes} bytes, never acknowledged")
    print(f"chain  {found.chain_hash}")
    print(f"events {found.events_digest}")
    print(f"tables {found.digest}")
    if not found.passed:
        raise fail(found.finding)
    print("passed")


@app.command()
def serve(
        data: Annotated[Path, typer.Option(help="The venue's folder: journal, snapshots, people, history.")] = Path(
            "out/venue"),
        venue: Annotated[str, typer.Option(help="Profile name or file.")] = "bitmex",
        as_of: Annotated[str | None, typer.Option(help="Rules as of this date; the feed's own by default.")] = None,
        symbol: Annotated[list[str] | None, typer.Option(help="Instruments to list; the feed's by default.")] = None,
        feed: Annotated[str, typer.Option(help="A preset, a file, synthetic, live or none.")] = "covid-2020-03",
        host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8100,
        database: Annotated[str, typer.Option(help="URL of a PostgreSQL; SQLite in the folder by default.")] = "",
        paper: Annotated[bool, typer.Option(help="Accounts with paper money for a click.")] = True,
        secure_cookies: Annotated[bool, typer.Option(help="A proxy in front speaks https.")] = False,
        trusted_proxy: Annotated[list[str] | None, typer.Option(
            help="Address of a proxy whose X-Forwarded-For is believed; may be given again.")] = None,
) -> None:
    """Run a venue: terminal, REST and WebSocket on one port, until it is told to stop."""
    import uvloop

    from .feeds import FeedError, open_feed
    from .journal.faults import JournalFault
    from .service.app import serve as run
    from .service.logs import begin_logs
    from .service.settings import Settings
    from .venues.profile import ProfileError
    warm_up_service()
    begin_logs()
    day = moment(as_of)
    try:
        source = open_feed(feed, data)
        listed = tuple(symbol or (source.symbol or "XBTUSD",))
        settings = Settings(data, venue, None if day is None else day.isoformat(), listed, host, port, database,
                            paper=paper, secure_cookies=secure_cookies, trusted_proxies=_addresses(trusted_proxy))
        status = uvloop.run(run(settings, source))
    except (ProfileError, FeedError, JournalFault, OSError) as error:
        raise fail(str(error)) from None
    raise typer.Exit(status)


def _addresses(texts: list[str] | None) -> tuple[str, ...]:
    from ipaddress import ip_address
    found = []
    for text in texts or ():
        try:
            found.append(str(ip_address(text)))
        except ValueError:
            raise fail(f"--trusted-proxy: {text!r} is not an address. To do: give one such as 127.0.0.1") from None
    return tuple(found)


URL = Annotated[str, typer.Option(help="Where the venue listens.")]
USER = Annotated[str, typer.Option(help="Name of an operator.")]
PASSWORD = Annotated[str, typer.Option(envvar="STEELYARD_PASSWORD", prompt=True, hide_input=True,
                                       help="Asked for where it is not given.")]


@operator.command("status")
def operator_status(
        state: Annotated[str, typer.Argument(help="operating, cancel_only, reduce_only, post_only, halted or "
                                                  "maintenance.")],
        password: PASSWORD,
        message: Annotated[str, typer.Option(help="Why: people are told.")] = "",
        begin: Annotated[str | None, typer.Option(help="Announce it for this time, UTC; now by default.")] = None,
        until: Annotated[str | None, typer.Option(help="When it ends by itself, UTC.")] = None,
        url: URL = "http://127.0.0.1:8100",
        user: USER = "operator",
) -> None:
    """Put the whole venue into a state, now or at a time, until further notice or until a time."""
    body = {"state": state, "message": message, "from": _wall_ms(begin), "until": _wall_ms(until)}
    _operate(url, user, password, "/operator/status", {name: one for name, one in body.items() if one is not None})


@operator.command("market")
def operator_market(
        symbol: Annotated[str, typer.Argument(help="Which market.")],
        state: Annotated[str, typer.Argument(help="trading, cancel_only, reduce_only, post_only or halted.")],
        password: PASSWORD,
        url: URL = "http://127.0.0.1:8100",
        user: USER = "operator",
) -> None:
    """Put one market into a state."""
    _operate(url, user, password, f"/operator/instruments/{symbol}/state", {"state": state})


@operator.command("level")
def operator_level(
        account: Annotated[int, typer.Argument(help="Number of the account.")],
        level: Annotated[str, typer.Argument(help="How far its owner is identified: K0 … K5.")],
        password: PASSWORD,
        url: URL = "http://127.0.0.1:8100",
        user: USER = "operator",
) -> None:
    """Set the level of identification of an account: what the rules ask more for is refused from now on."""
    _operate(url, user, password, f"/operator/accounts/{account}/level", {"level": level})


def _operate(url: str, user: str, password: str, path: str, body: dict) -> None:
    import json

    from .service.operator_line import OperatorError, OperatorLine
    try:
        line = OperatorLine(url, user, password)
        answer = line.ask("POST", path, body)
        told = ("account", "level", "symbol", "state", "message", "until", "planned")
        print(json.dumps({name: answer[name] for name in told if name in answer}))
        line.close()
    except OperatorError as error:
        raise fail(str(error)) from None


def _wall_ms(text: str | None) -> int | None:
    if text is None:
        return None
    time_utc = moment(text)
    return int((time_utc if time_utc.tzinfo else time_utc.replace(tzinfo=UTC)).timestamp() * 1000)


def main() -> None:
    """Entry point of the ``steelyard`` script."""
    app()


if __name__ == "__main__":
    sys.exit(main())
