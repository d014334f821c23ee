"""A plan on the terminal: facts, picture, table, notes, and the link that reopens it."""
from __future__ import annotations

from rich.console import Console
from rich.table import Table

from .draw import bars, draw


def show(found, url: str) -> None:
    """Print an answer, at a glance first."""
    shown, console = found.shown, Console(highlight=False)
    console.print(shown.title, style="bold", markup=False)
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="bright_black")
    facts.add_column()
    for fact in shown.facts:
        facts.add_row(fact.label, fact.text)
    console.print(facts)
    if found.chart is not None and not shown.bars:
        console.print()
        console.print(draw(found.chart, width=max(30, min(72, console.width - 16))))
    if shown.bars:
        console.print("\nfrom entry to liquidation", style="bold")
        console.print(bars(shown.bars, max(20, min(60, console.width - 56))))
    if shown.rows:
        console.print()
        table = Table(title=shown.table_title or None, title_justify="left", box=None, pad_edge=False)
        for number, name in enumerate(shown.columns):
            table.add_column(name, justify="left" if number == 0 else "right")
        rows = thinned(shown.rows)
        for row in rows:
            table.add_row(*row)
        print_whole(console, table, [shown.columns, *rows])
    if getattr(found, "terms", None):
        console.print()
        terms = Table(title="Every term", title_justify="left", box=None, pad_edge=False)
        for name in ("term", "how", "value", "", "rule"):
            terms.add_column(name, justify="right" if name == "value" else "left")
        for one in found.terms:
            terms.add_row(one.name, one.formula, one.value, one.unit, one.rule)
        print_whole(console, terms, [[one.name, one.formula, one.value, one.unit, one.rule] for one in found.terms])
    for note in found.notes:
        console.print(f"- {note}", markup=False)
    console.print(f"\n{url}/{found.link}", style="bright_black", markup=False, soft_wrap=True)


def print_whole(console: Console, table: Table, rows: list[list[str]]) -> None:
    """Print a table as wide as it is: a figure cut off is worse than a line that wraps."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    Console(highlight=False, width=max(console.width, sum(widths) + 2 * len(widths))).print(table)


def thinned(rows: list, most: int = 24) -> list:
    """At most so many rows for a screen: evenly apart, the first and the last among them."""
    if len(rows) <= most:
        return rows
    return [rows[round(number * (len(rows) - 1) / (most - 1))] for number in range(most)]
