"""A plan as one self-contained page: facts, picture as SVG, table, every term. No script, no address but the link."""
from __future__ import annotations

from html import escape

from .answers import Bar, Chart

STYLE = """
:root{color-scheme:light dark;--ink:#16202c;--soft:#55606e;--line:#d5dbe3;--back:#fff;--pnl:#0b6bcb;--equity:#a15c00;
--entry:#3c4653;--stop:#8a3ffc;--liquidation:#c4162a;--bankruptcy:#7a0c1a;--target:#0a7a3b}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf5;--soft:#9fb0c3;--line:#2b3644;--back:#0f151c;--pnl:#5aaefc;
--equity:#f0b64a;--entry:#c3ccd8;--stop:#c49bff;--liquidation:#ff6b7a;--bankruptcy:#ff9aa5;--target:#4cc987}}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--ink);
background:var(--back)}
h1{font-size:1.25rem}table{border-collapse:collapse;margin:1rem 0;width:100%}td,th{padding:.25rem .6rem .25rem 0;
border-bottom:1px solid var(--line);text-align:left;font-variant-numeric:tabular-nums}
td.n,th.n{text-align:right}caption{text-align:left;font-weight:600}
svg{width:100%;height:auto}svg text{fill:var(--soft);font-size:12px}.wide{overflow-x:auto}a{color:var(--pnl)}
"""
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 800, 360, 84, 44, 14
CURVES = ("pnl", "equity", "target", "stop", "entry", "liquidation", "bankruptcy")


def color(name: str, number: int = 0) -> str:
    """The color of a curve or line, as the style names it."""
    return f"var(--{name if name in CURVES else CURVES[number % len(CURVES)]})"


def svg(chart: Chart) -> str:
    """The picture. Curves are labeled at their ends, lines at their heads."""
    xs = [float(one) for one in chart.prices]
    known = [float(value) for one in chart.series for value in one.values if value is not None]
    low, high = min(known), max(known)
    span, reach = high - low or 1.0, xs[-1] - xs[0] or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return (LEFT + (x - xs[0]) / reach * (WIDTH - LEFT - 8),
                TOP + (high - y) / span * (HEIGHT - TOP - BOTTOM))
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.y)} over {escape(chart.x)}">']
    for step in range(5):
        y = low + span * step / 4
        height = at(xs[0], y)[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{height:.1f}" y2="{height:.1f}" stroke="var(--line)"/>'
                     f'<text x="{LEFT - 6}" y="{height + 4:.1f}" text-anchor="end">{y:.5g}</text>')
        x = xs[0] + reach * step / 4
        anchor = "start" if step == 0 else "end" if step == 4 else "middle"
        parts.append(f'<text x="{at(x, low)[0]:.1f}" y="{HEIGHT - 26}" text-anchor="{anchor}">{x:.6g}</text>')
    if low < 0 < high:
        zero = at(xs[0], 0)[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="var(--soft)"/>')
    for number, line in enumerate(chart.lines):
        x = at(float(line.price), low)[0]
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke-dasharray="4 3" '
                     f'stroke="{color(line.name)}"/><text x="{x + 3:.1f}" y="{TOP + 12 + 14 * number}" '
                     f'style="fill:{color(line.name)}">{escape(line.name)} {escape(line.price)}</text>')
    for number, one in enumerate(chart.series):
        points = " ".join("{:.1f},{:.1f}".format(*at(x, float(value)))
                          for x, value in zip(xs, one.values) if value is not None)
        parts.append(f'<polyline points="{points}" fill="none" stroke-width="2" stroke="{color(one.name, number)}"/>')
        parts.append(f'<text x="{LEFT + 130 * number}" y="{HEIGHT - 6}" style="fill:{color(one.name, number)}">'
                     f'{escape(one.name)} ({escape(chart.y)})</text>')
    return "".join(parts) + "</svg>"


def bars(rows: list[Bar]) -> str:
    """From entry to liquidation, one bar each: how far the price may go."""
    low = min(min(float(one.start), float(one.end)) for one in rows)
    high = max(max(float(one.start), float(one.end)) for one in rows)
    span, left, height = (high - low) or 1.0, 260, 26
    parts = [f'<svg viewBox="0 0 {WIDTH} {height * len(rows) + 24}" role="img" '
             'aria-label="From entry to liquidation, venue by venue">']
    for number, row in enumerate(rows):
        first, last = sorted(left + (float(one) - low) / span * (WIDTH - left - 110)
                             for one in (row.start, row.end))
        top = number * height + 4
        parts.append(f'<text x="{left - 8}" y="{top + 13}" text-anchor="end">{escape(row.label)}</text>'
                     f'<rect x="{first:.1f}" y="{top}" width="{max(2, last - first):.1f}" height="16" '
                     f'fill="var(--liquidation)" rx="3"/>'
                     f'<text x="{WIDTH - 104}" y="{top + 13}">{escape(row.end)}</text>')
    foot = height * len(rows) + 18
    parts.append(f'<text x="{left}" y="{foot}">{low:.6g}</text>'
                 f'<text x="{WIDTH - 110}" y="{foot}" text-anchor="end">{high:.6g}</text></svg>')
    return "".join(parts)


def table(columns: list[str], rows: list[list[str]], caption: str, left: int = 1) -> str:
    """A table whose first ``left`` columns are words."""
    def cells(row: list[str], tag: str) -> str:
        return "".join(f'<{tag}{"" if number < left else " class=n"}>{escape(cell)}</{tag}>'
                       for number, cell in enumerate(row))
    head = f"<tr>{cells(columns, 'th')}</tr>" if columns else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f'<div class="wide"><table><caption>{escape(caption)}</caption>{head}{body}</table></div>'


def page(found, url: str) -> str:
    """The whole page."""
    shown = found.shown
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
             f"<title>{escape(shown.title)}</title><style>{STYLE}</style><h1>{escape(shown.title)}</h1>"]
    if found.chart is not None and not shown.bars:
        parts.append(svg(found.chart))
    if shown.bars:
        parts.append(f"<h2>From entry to liquidation</h2>{bars(shown.bars)}")
    parts.append(table([], [[one.label, one.text] for one in shown.facts], "At a glance", 2))
    if shown.rows:
        parts.append(table(shown.columns, shown.rows, shown.table_title))
    parts += [f"<p>{escape(note)}</p>" for note in found.notes]
    if getattr(found, "terms", None):
        parts.append(table(["term", "how", "rule", "value", "unit"],
                           [[one.name, one.formula, one.rule, one.value, one.unit] for one in found.terms],
                           "Every term", 3))
    link = f"{url}/{found.link}"
    parts.append(f'<p><a href="{escape(link, quote=True)}">Open this plan in the terminal</a></p></html>')
    return "\n".join(parts)
