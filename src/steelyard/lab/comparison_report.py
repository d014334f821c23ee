"""The report of one crash under several rule books: a table, two pictures, what differs and what was assumed."""

from __future__ import annotations

import csv
import html
import io
from importlib import resources
from pathlib import Path as FilePath

import numpy as np

from . import pictures
from .pictures import EXTRA, FUND, GRID, INDEX, INK, LONG, MARK, SHORT, SOFT
from .report import day_of_path, figure, share, short_money, table

COLORS = (INDEX, LONG, SHORT, MARK, FUND, EXTRA)
STYLES = ("-", (0, (4, 2)), (0, (1, 1.5)))

TABLES = (
    # caption, its columns: key, heading, how it is said
    ("What was forced out", (
        ("symbol", "contract", str), ("rules_as_of", "rules of", str),
        ("leverage_max", "leverage up to", lambda v: f"{v} x"),
        ("accounts_liquidated", "accounts liquidated", None), ("liquidations", "takeovers", lambda v: f"{v:,}"),
        ("forced_sales", "sales in the market", lambda v: f"{v:,}"),
        ("forced_usd", "forced out", None), ("worst_half_hour_usd", "worst half hour", None))),
    ("Who paid", (
        ("margin_lost_usd", "lost at takeovers", None), ("fund_paid_usd", "paid by the fund", None),
        ("layers_paid_usd", "paid by a waterfall", None), ("deleveraged_usd", "deleveraged", None),
        ("given_up_usd", "given up by winners", None), ("socialized_usd", "losses shared", None),
        ("bad_debt_usd", "bad debt", None))),
    ("What was left", (
        ("fund_received_usd", "received by the fund", None), ("carried_loss_usd", "worst loss carried", None),
        ("smallest_margin_ratio", "smallest margin ratio", lambda v: "–" if v is None else f"{v:.2f}"),
        ("funding_paid_usd", "funding paid", None), ("interest_end_usd", "open interest left", None))),
)
ASSUMPTIONS = (
    "The same outside path, the same draw of traders, makers and arbitrageurs, the same open interest and the same "
    "insurance fund in dollars for every venue. A profile says how a fund works, not how full it is.",
    "Whoever would take more leverage than a venue allows takes what it allows, with the same size in dollars; sizes "
    "stop at the venue's largest order. Contracts are whole, so small traders are larger where contracts are large.",
    "The contract is the venue's own on the same coin: of the same kind if it has one, with funding if it has one.",
    "Margin lost is what the liquidated had put up; the smallest margin ratio is equity over maintenance margin at the "
    "worst takeover: below 0 the position was already worth less than nothing.",
    "A venue with trading hours keeps them: while it is closed nobody trades, marks go on, and what was taken over "
    "waits. The worst loss carried is what the liquidation engine held under water at the end of a minute.",
    "Money is in dollars at the price of the minute. A fund in coins loses value as the coin falls.",
    "The path does not react to what happens on the venue: a deeper cascade would have moved it.",
)


def csv_text(found) -> str:
    """The rows as a spreadsheet reads them, one line per venue."""
    text = io.StringIO()
    names = [name for name in (found.rows[0] if found.rows else {}) if name != "events"]
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(found.rows)
    return text.getvalue()


def said(name: str, value, row: dict, how) -> str:
    """One cell."""
    if name == "accounts_liquidated":
        return f"{value:,} <span class=soft>({share(value, row['accounts'])})</span>"
    if name == "forced_usd":
        return f"{short_money(value)} <span class=soft>({100 * row['forced_share']:.0f} % of OI)</span>"
    return html.escape(how(value)) if how else short_money(value) if value else "0"


def venue_tables(found) -> str:
    """Venues down, measures across, in as many tables as fit a page: one more venue is one more row."""
    parts = []
    for caption, columns in TABLES:
        rows = [[html.escape(short_name(row)), *(said(name, row[name], row, how) for name, _heading, how in columns)]
                for row in found.rows]
        head = ["venue", *(heading for _name, heading, _how in columns)]
        parts.append(table(f"{caption} (USD)", head, rows, set(range(1, len(head))), "venues"))
    return "".join(parts)


def headline(found) -> list[str]:
    """What a risk officer would say first."""
    if not found.rows:
        return ["No venue could be replayed."]
    rows = sorted(found.rows, key=lambda row: row["forced_usd"])
    least, most = rows[0], rows[-1]
    lines = [f"<b>{html.escape(most['title'])} forced out {short_money(most['forced_usd'])} USD of contracts, "
             f"{html.escape(least['title'])} {short_money(least['forced_usd'])}</b>, with the same traders on the "
             f"same path; leverage goes up to {most['leverage_max']}x and {least['leverage_max']}x."]
    payers = [(row["title"], row["fund_paid_usd"], row["given_up_usd"], row["socialized_usd"], row["bad_debt_usd"],
               row["layers"], row["residual"]) for row in found.rows]
    unpaid = [title for title, *parts, layers, _residual in payers if sum(parts) + sum(layers.values()) == 0]
    if unpaid:
        lines.append(f"Nobody but the liquidated paid at {html.escape(', '.join(unpaid))}.")
    for title, fund, winners, shared, debt, layers, residual in payers:
        parts = [f"{short_money(value)} {word}" for value, word in (
            (fund, "from the fund"),
            *((paid, f"from {html.escape(name)}") for name, paid in layers.items()),
            (max(winners, 0), "from winners who were deleveraged"),
            (max(-winners, 0), "gained by those who were deleveraged, at a price better than the mark"),
            (shared, "shared by winners"),
            (debt, f"left as {html.escape(residual)}")) if value]
        if parts:
            lines.append(f"{html.escape(title)}: {', '.join(parts)}.")
    return lines


# ---------------------------------------------------------------- pictures
def short_name(row: dict) -> str:
    """A venue in a word: the name of its profile."""
    return FilePath(str(row["venue"])).stem


def looks(number: int) -> dict:
    """Color and dash of a venue's line: six colors, then dashed."""
    return dict(color=COLORS[number % len(COLORS)], linestyle=STYLES[number // len(COLORS) % len(STYLES)])


def forced_picture(found) -> str:
    """Price, and below it what each venue had forced out by then."""
    first, last = 0, found.path.minutes - 1

    def paint(axes, narrow):
        price, forced = axes
        take = pictures.thin(first, last, narrow)
        x = np.arange(found.path.minutes)[take]
        for one in axes:
            one.axvspan(0, found.path.build_up, color=GRID, alpha=0.35, lw=0)
        price.plot(x, found.index[take], color=INK, lw=0.9)
        price.set_title("index", loc="left")
        pictures.prices(price)
        for number, row in enumerate(found.rows):
            label = short_name(row) if narrow else row["title"]
            forced.plot(x, found.curves[str(row["venue"])][take], lw=1.4, label=label, **looks(number))
        forced.set_title("forced out so far, USD", loc="left")
        pictures.money(forced)
        pictures.hours(forced, found.path, first, last, narrow)
        forced.legend(loc="upper left", ncols=1 if narrow else 2)

    return pictures.draw("venues", paint, 1.6, rows=2, ratios=(1, 1.6))


PAYERS = (("fund_paid_usd", "insurance fund", FUND), ("layers_paid_usd", "layers of a waterfall", LONG),
          ("given_up_usd", "winners, deleveraged", MARK),
          ("socialized_usd", "winners, losses shared", EXTRA), ("bad_debt_usd", "nobody: bad debt", INK))


def payers_picture(found) -> str:
    """Who paid beyond the liquidated, one bar per venue."""

    def paint(axes, narrow):
        at = np.arange(len(found.rows))[::-1]
        left = np.zeros(len(found.rows))
        for name, label, color in PAYERS:
            width = np.array([row[name] for row in found.rows])
            axes.barh(at, width, left=left, height=0.62, color=color, label=label)
            left += width
        for y, total in zip(at, left):
            axes.annotate(f" {pictures.short(total)}", (total, y), va="center", color=SOFT, fontsize=8)
        axes.set_yticks(at, [short_name(row) if narrow else row["title"] for row in found.rows])
        axes.set_xlim(0, max(1.0, left.max()) * 1.12)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(pictures.FuncFormatter(pictures.short))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2 if narrow else 4)

    return pictures.draw("payers", paint, 0.5 + 0.13 * max(3, len(found.rows)))


# ---------------------------------------------------------------- page
def page(found) -> str:
    """The whole report as HTML text; no scripts, no network, the same bytes for the same arguments."""
    path = found.path
    style = (resources.files(__package__) / "report.css").read_text("utf-8")
    lines = "".join(f"<li>{line}</li>" for line in headline(found))
    body = ""
    if found.rows:
        body = f"""<section><h2>Venue by venue</h2>{venue_tables(found)}</section>
<section><h2>Pictures</h2>
{figure("Forced out, venue by venue", "Contracts taken over or reduced by force, at the mark of the moment, "
        "counted from the end of the build-up (shaded).", forced_picture(found),
        "Index price, and cumulative forced notional by venue")}
{figure("Who paid when margin was not enough", "What was missing after positions were closed, by who bore it. "
        "The liquidated bore theirs before.", payers_picture(found),
        "Bars by venue: insurance fund, deleveraged winners, shared losses, bad debt")}</section>"""
    notes = "".join(f"<li>{html.escape(one.title)}: {html.escape(one.note)}</li>" for one in found.stages if one.note)
    skipped = "".join(f"<li>{html.escape(venue)}: {html.escape(why)}</li>" for venue, why in found.failures)
    broken = [row["title"] for row in found.rows if not row["conserved"]]
    cash = f"<b>Cash does not add up at {html.escape(', '.join(broken))}.</b>" if broken else (
        "Cash adds up to the last atom at every venue.")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>One crash, {len(found.rows)} rule books: {html.escape(path.title)}</title>
<style>{style}</style></head>
<body><main><header><p class="eyebrow">Steelyard · one crash under each rule book</p><h1>{html.escape(path.title)}</h1>
<p class="lead">{found.accounts:,} leveraged accounts, {day_of_path(path, 0)} to {day_of_path(path, path.minutes - 1)},
seed {found.seed}, a fund of {short_money(found.fund_usd)} USD each.</p></header>
<section aria-label="Headlines"><ol class="headlines">{lines}</ol></section>
{body}
<section><h2>Method</h2><p>{cash} Path: {html.escape(path.source)}. {html.escape(path.order_note)}.</p>
<ul>{"".join(f"<li>{html.escape(one)}</li>" for one in ASSUMPTIONS)}</ul>
{f"<h3>Rules of another day</h3><ul>{notes}</ul>" if notes else ""}
{f"<h3>Not run</h3><ul>{skipped}</ul>" if skipped else ""}
</section></main></body></html>
"""
