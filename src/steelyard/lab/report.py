"""The report of a replay: one HTML file without scripts or network, the same bytes for the same replay."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from importlib import resources

from . import pictures
from .metrics import Result, comparisons, ending, summary
from .path import Path

NUMBER_WORDS = ("billion", 1e9), ("million", 1e6), ("thousand", 1e3)


def usd(value: float) -> str:
    """1234567 as '1.23 million USD'."""
    for word, size in NUMBER_WORDS[:2]:
        if abs(value) >= size:
            return f"{value / size:,.3g} {word} USD" if abs(value) < 1000 * size else f"{value / size:,.0f} {word} USD"
    return f"{value:,.0f} USD"


def short_money(value: float) -> str:
    """1234567890 as '1.23 bn'."""
    for size, word in ((1e9, " bn"), (1e6, " m")):
        if abs(value) >= size:
            return f"{value / size:.3g}{word}"
    return f"{value:,.0f}"


def stamp(result: Result, minute: int) -> str:
    """'13 Mar 02:15 UTC' for a minute of the path."""
    moment = datetime.fromtimestamp(result.path.start_ns // 10**9 + minute * 60, UTC)
    return f"{moment.day} {moment:%b} {moment:%H:%M} UTC"


def day_of(result: Result, minute: int) -> str:
    return day_of_path(result.path, minute)


def day_of_path(path: Path, minute: int) -> str:
    """'13 March 2020' for a minute of a path."""
    moment = datetime.fromtimestamp(path.start_ns // 10**9 + minute * 60, UTC)
    return f"{moment.day} {moment:%B} {moment:%Y}"


def coins(result: Result, value: float) -> str:
    return f"{value:,.1f} {result.scale.asset}" if abs(value) < 1e5 else f"{value:,.0f} {result.scale.asset}"


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


# ---------------------------------------------------------------- sentences
def headlines(result: Result) -> list[str]:
    """The sentences a risk officer would quote, most important first."""
    s = summary(result)
    fall = 1 - s["trough_price"] / s["high_price"] if s["high_price"] else 0
    if s["liquidations"] == 0 and s["forced_usd"] == 0:
        lines = [
            f"No position was liquidated: none of the {s['accounts']:,} leveraged accounts met its maintenance margin."
        ]
    else:
        begin, half = s["half_hour"]
        lines = [
            f"<b>{s['accounts_liquidated']:,} of {s['accounts']:,} leveraged accounts "
            f"({share(s['accounts_liquidated'], s['accounts'])})"
            f" were liquidated</b> at least once, {s['liquidations']:,} times in all: {usd(s['forced_usd'])} of "
            f"contracts at mark, "
            f"{share(s['forced_long_usd'], s['forced_usd'])} of it long.",
            f"The price fell {100 * fall:.0f} % from its high to {s['trough_price']:,.0f} at "
            f"{stamp(result, s['trough'])}. The worst minute, {stamp(result, s['peak_minute'])}, forced "
            f"{usd(s['peak_usd'])}; "
            f"the worst half hour, from {stamp(result, begin)}, {usd(half)}.",
        ]
    if s["fund_paid"] > 0 or s["fund_received"] > 0:
        drop = s["fund_start"] - s["fund_low"]
        fell = (
            f"fell by {coins(result, drop)} ({share(drop, s['fund_start'])}) to {coins(result, s['fund_low'])} at "
            f"{stamp(result, s['fund_low_minute'])}"
            if drop > 0
            else "never fell below its start"
        )
        lines.append(
            f"The insurance fund began with {coins(result, s['fund_start'])}, {fell} and ended with "
            f"{coins(result, s['fund_end'])}. It paid {coins(result, s['fund_paid'])} for fills past bankruptcy and "
            f"received {coins(result, s['fund_received'])} from better ones."
        )
    else:
        lines.append(f"The insurance fund was not touched; it holds {coins(result, s['fund_end'])}.")
    lines += [f"{coins(result, float(result.scale.cash(paid)))} came from {html.escape(name)}."
              for name, paid in result.layers if paid]
    if s["deleveragings"]:
        lines.append(
            f"<b>{s['deleveraged_accounts']:,} winning accounts were auto-deleveraged</b> for "
            f"{usd(s['deleveraged_usd'])}, giving up {coins(result, s['given_up'])} against the mark."
        )
    else:
        lines.append("No winning position was auto-deleveraged.")
    lines.append(
        (f"Losses of {coins(result, s['socialized'])} were shared among winners. " if s["socialized"] else "")
        + (
            f"<b>Bad debt of {coins(result, s['bad_debt'])} is left"
            f"{'' if result.residual == 'bad debt' else ': ' + html.escape(result.residual)}.</b>"
            if s["bad_debt"]
            else "No bad debt is left: nobody owes more than the deposit."
        )
    )
    lines.append(
        f"Open interest peaked at {usd(s['interest_peak'])} and ended at {usd(s['interest_end'])}. Resting bids were "
        f"thinnest at {usd(s['bid_depth_min'])}. {_conserved(result)}"
    )
    end = ending(result)
    if end is not None:
        lines.append(
            f"<b>The contract ended at {stamp(result, end['minute'])}, at a mark of {end['price']:,.0f}:</b> "
            f"{end['positions']:,} positions, {usd(end['closed_usd'])} on each side, were closed there by the venue. "
            f"That is {100 * end['left_share']:.0f} % of the largest open interest, and found no way out before: the "
            f"last trade was at {stamp(result, end['last_trade'])}."
        )
    return lines


def _conserved(result: Result) -> str:
    broken = [asset for asset, places in result.conservation if sum(atoms for _, atoms in places) != 0]
    if broken:
        return f"<b>Cash does not add up in {', '.join(broken)}.</b>"
    return "Cash adds up to the last atom." if result.conservation else ""


def cards(result: Result) -> str:
    s = summary(result)
    rows = [
        ("Forced out", short_money(s["forced_usd"]), "USD at mark"),
        ("Liquidated", f"{s['accounts_liquidated']:,}", f"of {s['accounts']:,} accounts"),
        ("Fund at its lowest", f"{s['fund_low'] - s['fund_start']:+,.0f}", f"{result.scale.asset} against its start"),
        ("Past bankruptcy", share(s["past_bankruptcy_lots"], s["disposed_lots"]), "of contracts sold in the book"),
        ("Deleveraged", f"{s['deleveraged_accounts']:,}", "winning accounts"),
        ("Bad debt", f"{s['bad_debt']:,.0f}", result.scale.asset),
    ]
    return "".join(f"<div><dt>{name}</dt><dd>{value}<small>{unit}</small></dd></div>" for name, value, unit in rows)


# ---------------------------------------------------------------- tables
def table(caption: str, head: list[str], rows: list[list[str]], numeric: set[int], look: str = "") -> str:
    """An HTML table with a caption; columns in ``numeric`` are set flush right. Cells are HTML already."""
    cls = [' class="n"' if i in numeric else "" for i in range(len(head))]
    top = "".join(f'<th scope="col"{cls[i]}>{h}</th>' for i, h in enumerate(head))
    body = "".join(f"<tr>{_cells(row, head, cls)}</tr>" for row in rows)
    return (
        f'<div class="scroll {look}" role="region" aria-label="{html.escape(caption)}" tabindex="0"><table><caption>'
        f"{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: list[str], head: list[str], cls: list[str]) -> str:
    """The first cell names the row, the others carry their column's name for narrow screens."""
    rest = "".join(f'<td{c} data-label="{h}">{cell}</td>' for cell, h, c in zip(row[1:], head[1:], cls[1:]))
    return f'<th scope="row"{cls[0]}>{row[0]}</th>{rest}'


def figure_number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return f"{100 * value:.2f} %"
    if unit == "USD":
        return usd(value)
    return f"{value:,.0f} {unit}" if abs(value) >= 100 or value == int(value) else f"{value:,.1f} {unit}"


def compared(result: Result) -> str:
    rows = []
    for c in comparisons(result):
        low, high = figure_number(c["low"], c["unit"]), figure_number(c["high"], c["unit"])
        band = low if low == high else f"{low.removesuffix(' USD').removesuffix(' XBT').removesuffix(' x')} to {high}"
        rows.append(
            [
                html.escape(c["name"]),
                band,
                figure_number(c["replayed"], c["unit"]),
                f"<b>{c['verdict']}</b><br><span class=soft>{c['kind']}</span>",
                f"{html.escape(c['rule'])}.<br><span class=soft>{html.escape(c['source'])}</span>",
            ]
        )
    if not rows:
        return "<p>This path carries no published figures to compare with; presets do.</p>"
    return table(
        "Published figures beside the replayed ones",
        ["figure", "published", "replayed", "verdict and class", "counting rule and source"],
        rows,
        {1, 2},
        "stack",
    )


def conserved(result: Result) -> str:
    tables = []
    for asset, places in result.conservation:
        rows = [[html.escape(name), f"{atoms:,}"] for name, atoms in places]
        rows.append(["<b>sum</b>", f"<b>{sum(atoms for _, atoms in places):,}</b>"])
        tables.append(table(f"Where the {html.escape(asset)} is at the end, in atoms", ["place", "atoms"], rows, {1}))
    return "".join(tables)


def counted(title: str, counts: dict) -> str:
    rows = [
        [html.escape(str(name).replace("_", " ").lower()), f"{count:,}"]
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
        if count
    ]
    return table(title, ["kind", "count"], rows or [["none", "0"]], {1})


def parameters(result: Result) -> str:
    rows = [[html.escape(name), html.escape(str(value))] for name, value in result.parameters.items()]
    rows += [[f"digest: {html.escape(name)}", f"<code>{value}</code>"] for name, value in result.digests.items()]
    return table("Parameters and digests", ["name", "value"], rows, set())


def payers(result: Result) -> list[tuple[str, float, str]]:
    s = summary(result)
    return [
        ("margin of the | liquidated", s["lost_margin"], "long"),
        ("insurance fund", s["fund_paid"], "fund"),
        *((name, float(result.scale.cash(paid)), "index") for name, paid in result.layers),
        ("winners, | deleveraged", s["given_up"], "mark"),
        ("winners, | loss shared", s["socialized"], "extra"),
        (f"nobody: | {result.residual}", s["bad_debt"], "ink"),
    ]


# ---------------------------------------------------------------- page
def figure(title: str, says: str, picture: str, alt: str) -> str:
    return (
        f'<figure><h3>{title}</h3><div class="picture" role="img" aria-label="{html.escape(alt)}">{picture}</div>'
        f"<figcaption>{says}</figcaption></figure>"
    )


def figures(result: Result) -> str:
    s = summary(result)
    asset = result.scale.asset
    adl = (
        figure(
            "Who was deleveraged",
            "Contracts of winners closed by force, by place in the queue of their side.",
            pictures.deleveraging(result),
            f"{s['deleveragings']:,} deleveragings by rank",
        )
        if s["deleveragings"]
        else '<figure class="none"><h3>Who was deleveraged</h3><p>Nobody: the insurance fund and the book took '
        "everything, so no winner was closed by force.</p></figure>"
    )
    return "".join(
        [
            figure(
                "Price and liquidations, the whole window",
                "Index, mark and forced contracts. The area of a disc is the notional forced in its stretch of time.",
                pictures.price_whole(result),
                f"price from {s['high_price']:,.0f} to {s['trough_price']:,.0f}",
            ),
            figure(
                "The crash close up",
                f"{stamp(result, result.path.focus[0])} to {stamp(result, result.path.focus[1])}: what "
                "traded in our book, and contracts forced out minute by minute.",
                pictures.price_close(result),
                f"worst minute {stamp(result, s['peak_minute'])}, {usd(s['peak_usd'])}",
            ),
            figure(
                "Who was liquidated",
                "Notional forced out by chosen leverage, and the share of accounts of each leverage that "
                "was liquidated at least once after the build-up.",
                pictures.by_leverage(result),
                f"{s['liquidations']:,} liquidations by leverage",
            ),
            figure(
                "Insurance fund",
                f"Balance in {asset} (dashed: start), and what flowed in and out.",
                pictures.fund(result),
                f"fund from {s['fund_start']:,.0f} to a low of {s['fund_low']:,.0f} and {s['fund_end']:,.0f} at the "
                f"end",
            ),
            figure(
                "Slippage past bankruptcy",
                "Fills that got rid of taken-over contracts, by distance from the price at which "
                "the margin was used up.",
                pictures.slippage(result),
                f"{share(s['past_bankruptcy_lots'], s['disposed_lots'])} of contracts filled past bankruptcy",
            ),
            figure(
                "Who paid",
                f"Losses on liquidated positions from entry to disposal, by payer, in {asset}. What the fund "
                "received is not taken off.",
                pictures.who_paid(result, payers(result)),
                "; ".join(f"{n.replace(' | ', ' ')}: {v:,.1f}" for n, v, _ in payers(result)),
            ),
            adl,
            figure(
                "Depth of the book",
                "Resting orders of everyone but the liquidation engine, and how many makers quote.",
                pictures.depth(result),
                f"thinnest bids {usd(s['bid_depth_min'])}",
            ),
            figure(
                "Open interest",
                "Sum of long positions in USD, with what makers, arbitrageurs and the liquidation engine hold.",
                pictures.open_interest(result),
                f"peak {usd(s['interest_peak'])}, end {usd(s['interest_end'])}",
            ),
            figure(
                "Trade price against index, and funding",
                "Band: range of last trades; line: median. Funding as charged, per interval.",
                pictures.premium(result),
                "premium in basis points and funding rate in per cent",
            ),
        ]
    )


ASSUMPTIONS = (
    "The path is the index of the venue from outside. What the population does moves trade prices, premium "
    "and funding, not the path: a cascade that drags the index itself is in the path already, not produced "
    "here.",
    "Liquidation is decided on the mark, which the venue derives from index and funding. So who is liquidated "
    "depends on path, leverage and entry; what it costs depends on the book.",
    "Leverage, sizes, holding times, stops, re-entry and the makers' reaction to stress are assumptions, "
    "listed below. Leverage mix, size by leverage and depth were set with the published figures above in "
    "view; a figure used so proves nothing.",
    "Sizes are scaled so that the open interest fits the parameter, whatever the number of accounts: fewer "
    "accounts means larger ones, not a smaller market.",
    "Makers are faster than the mark: when the index moves they cancel and quote again before it is "
    "published. A move of more than 15 basis points is walked in parts, so nobody is jumped over.",
    "Makers and arbitrageurs are funded generously; they carry inventory up to a limit and are assumed to "
    "hedge elsewhere.",
    "Accounts come back after a liquidation with a new deposit, as new traders would; an account can be "
    "liquidated many times.",
    "How far from the mark the liquidation engine sells is a term of the venue's profile and not public for "
    "every venue; the fund's figures depend on it.",
)
LIMITS = (
    "Three index prices a minute: nothing faster exists here. Outages, overload and delays of the venue are not "
    "modeled.",
    "One instrument, one collateral. No contagion between contracts, no withdrawals out of fear, no outside forced "
    "sellers.",
    "Published liquidation totals are not measurements: their counting rules are unknown and sources differ by "
    "factors. A band "
    "reached is plausibility, not proof.",
)


def page(result: Result) -> str:
    """The whole report as HTML text."""
    path = result.path
    style = (resources.files(__package__) / "report.css").read_text("utf-8")
    lines = "".join(f"<li>{line}</li>" for line in headlines(result))
    span = f"{day_of(result, 0)} to {day_of(result, path.minutes - 1)}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Crash replay:
{html.escape(path.title)}</title><style>{style}</style></head>
<body><main>
<header><p class="eyebrow">Steelyard · crash replay</p><h1>{html.escape(path.title)}</h1>
<p class="lead">{html.escape(path.symbol)} under {html.escape(str(result.parameters.get("venue", "")))} rules as of
{html.escape(path.as_of)}; {span}, {path.minutes:,} minutes; seed {result.parameters.get("seed", "")}.</p></header>
<section aria-label="Headline numbers"><dl class="cards">{cards(result)}</dl><ol
class="headlines">{lines}</ol></section>
<section><h2>Against the record</h2>{compared(result)}
<p class="soft">Classes: <i>exact</i>, <i>own recomputation</i>, <i>published band</i>, <i>direction only</i>. A
direction never
validates a magnitude. Counted: contracts taken over or reduced by force, once each, at the mark of that moment,
after the
build-up.</p></section>
<section><h2>Pictures</h2>{figures(result)}</section>
<section><h2>Every atom</h2><p>Cash moves by double entry, so per asset all places add up to zero after every
command.</p>
{conserved(result)}</section>
<section><h2>Method</h2>
<p><b>Path.</b> {html.escape(path.source)}. Order inside a minute: {html.escape(path.order_note)}.</p>
<h3>Assumptions</h3><ul>{"".join(f"<li>{a}</li>" for a in ASSUMPTIONS)}</ul>
<h3>Limits</h3><ul>{"".join(f"<li>{a}</li>" for a in LIMITS)}</ul>
{parameters(result)}
<div class="pair">{counted("Events by kind", result.events_by_kind)}{
        counted("Refusals and endings by reason", result.refused_by_reason)
    }</div>
</section></main></body></html>
"""
