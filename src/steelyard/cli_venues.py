"""``steelyard venues``: what a profile says, whether it is whole, and how two of them differ."""
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .console import fail, moment

venues = typer.Typer(no_args_is_help=True, help="Venue profiles: rules as data, each figure with source and date.")
DAYS_MAX = 200
"""Dates that a check loads one by one."""
PROFILE = Annotated[str, typer.Argument(help="Profile name or file; NAME@DATE for its rules on a date.")]
AS_OF = Annotated[str | None, typer.Option(help="Rules that held on this date (YYYY-MM-DD[THH:MM]); the latest by "
                                                "default.")]


@venues.command("list")
def venues_list() -> None:
    """The profiles in the package."""
    from .venues.profile import load_profile, profile_paths
    table = Table("profile", "venue", "from", "until", "instruments", box=None)
    for name, path in profile_paths().items():
        profile = load_profile(path)
        table.add_row(name, profile.title, profile.first_date.isoformat(),
                      "" if profile.closed is None else profile.closed.date().isoformat(),
                      ", ".join(instrument.symbol for instrument in profile.instruments))
    Console(highlight=False).print(table)


@venues.command("check")
def venues_check(profile: PROFILE) -> None:
    """Load a profile at every date on which one of its figures changes and offer each to an empty engine; say what is
    wrong with it and on which line, or that nothing is."""
    from .venues.dated import ProfileError, show
    from .venues.profile import change_dates, load_profile
    from .venues.trial import refusal
    try:
        days = change_dates(profile)
        if len(days) > DAYS_MAX:                       # hundreds of expiries: where a figure changes will do
            days = change_dates(profile, listings=False)
        for day in days:
            loaded = load_profile(profile, day)
            refused = refusal(loaded)
            if refused:
                raise ProfileError(f"{loaded.path.name} on {show(day)}: {refused}")
            doubts = sum(bool(figure.unverified) for one in loaded.instruments for figure in one.figures)
            print(f"{show(day):18} {len(loaded.instruments)} instruments, {doubts} figures unverified")
    except ProfileError as error:
        raise fail(str(error)) from None
    print("nothing is wrong")


@venues.command("show")
def venues_show(
        profile: PROFILE,
        as_of: AS_OF = None,
        instrument: Annotated[str | None, typer.Option(help="Only this instrument.")] = None,
        figures: Annotated[bool, typer.Option("--figures", help="Every figure with the integer the engine sees, its "
                                              "first date and its source.")] = False,
) -> None:
    """The rules as a person reads them; ``(?)`` marks what no published text states or what is doubtful."""
    from .venues.comparison import load_at
    from .venues.dated import ProfileError, show
    from .venues.reading import reading
    try:
        loaded = load_at(profile, moment(as_of))
        chosen = [one for one in loaded.instruments if instrument in (None, one.symbol)]
        if not chosen:
            loaded.instrument(str(instrument))
    except ProfileError as error:
        raise fail(str(error)) from None
    if not figures:
        print(reading(loaded, chosen))
        return
    print(f"{loaded.title} as of {show(loaded.as_of)}")
    for one in chosen:
        print(f"\n{one.symbol}")
        print_rows([("figure", "written", "engine", "from", "source"),
                    *((figure.key, figure.text, figure.engine, show(figure.since), figure.source
                       + (f"  (?) {figure.doubt}" if figure.doubt else "")) for figure in one.figures)])


@venues.command("diff")
def venues_diff(
        left: Annotated[str, typer.Argument(metavar="A", help="Profile name or file, or NAME@DATE.")],
        right: Annotated[str, typer.Argument(metavar="B", help="The other one; the same name at another date, too.")],
        as_of: AS_OF = None,
        instrument: Annotated[tuple[str, str] | None, typer.Option(metavar="X Y", help="Hold X of A beside Y of B.")]
        = None,
) -> None:
    """Two venues, or one at two dates, figure by figure: only what differs; ``?`` marks what is unverified."""
    from .venues.comparison import differences, heading, load_at, pairs, venue_differences
    from .venues.dated import ProfileError
    try:
        sides = load_at(left, moment(as_of)), load_at(right, moment(as_of))
        held = pairs(*sides, instrument)
    except ProfileError as error:
        raise fail(str(error)) from None
    found = [("venue", venue_differences(*sides))] if instrument is None else []
    found += [(f"{one.symbol} | {other.symbol}" if one.symbol != other.symbol else one.symbol, differences(one, other))
              for one, other in held]
    head = ("", heading(sides[0]), heading(sides[1]), "")
    for title, rows in found:
        if rows:
            print(f"{title}")
            print_rows([head, *((row.key, row.left or "-", row.right or "-", "?" if row.doubtful else "")
                                for row in rows)], indent="  ")
    for side in sides:
        only = [one.symbol for one in side.instruments if instrument is None
                and one.symbol not in [pair[sides.index(side)].symbol for pair in held]]
        if only:
            print(f"only in {heading(side)}: {', '.join(only)}")
    if not any(rows for _, rows in found):
        print("nothing differs")


@venues.command("eligibility")
def venues_eligibility(
        jurisdiction: Annotated[str | None, typer.Option(help="Country code, such as GB or DE.")] = None,
        client: Annotated[str | None, typer.Option("--class", help="retail, professional, institutional.")] = None,
        product: Annotated[str | None, typer.Option(help="perpetual, future, option, cfd, \"spot margin\" ...")] = None,
        profile: Annotated[str | None, typer.Option(help="Only what concerns the instruments of a profile.")] = None,
        as_of: Annotated[str | None, typer.Option(help="Rules in force on this date; today by default.")] = None,
        file: Annotated[Path | None, typer.Option(help="Another table of the same form.")] = None,
) -> None:
    """Who may trade what on a date, and under which conditions, each row with its source."""
    from .venues.eligibility import load_rulebook, today
    from .venues.eligibility_text import table_text
    from .venues.profile import ProfileError, load_profile
    day = moment(as_of) or today()
    try:
        loaded = None if profile is None else load_profile(profile, None if as_of is None else day)
        print(table_text(load_rulebook(file), day, jurisdiction, client, product, loaded))
    except ProfileError as error:
        raise fail(str(error)) from None


@venues.command("new")
def venues_new(path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")]) -> None:
    """Write the documented template: a venue of your own without a line of Python."""
    from .venues.template import template_text
    if path.suffix != ".toml":
        raise fail(f"a profile's name ends in .toml, not {path.name!r}")
    if path.exists():
        raise fail(f"{str(path)!r} exists; choose another name")
    path.write_text(template_text(), "utf-8")
    print(f"{path}: change what you like, then: steelyard venues check {path}")


def print_rows(rows: list[tuple[str, ...]], indent: str = "") -> None:
    """Columns as wide as their widest cell; the last one as it is."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)] + [row[-1]]
        print((indent + "  ".join(cells)).rstrip())
