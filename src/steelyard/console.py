"""What every command line of the package says and how it fails: one line on stderr, status 1."""
from __future__ import annotations

from datetime import datetime

import typer
from rich.console import Console

console = Console(stderr=True, highlight=False)


def fail(message: str) -> typer.Exit:
    """Print one line on stderr and leave with status 1."""
    console.print(f"steelyard: {message}", style="red", markup=False, soft_wrap=True)
    return typer.Exit(1)


def moment(text: str | None) -> datetime | None:
    """A date or time of the command line, or None; anything else ends the program with what would do."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"a date or time must be such as 2020-03-12 or 2021-06-08T04:30, not {text!r}") from None
