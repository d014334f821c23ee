"""The pictures of a replay as SVG text: drawn once wide and once narrow, colored by CSS variables so both themes
read well.

Bytes are deterministic: a fixed hash salt, no dates, text kept as text.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..units import MINUTE
from .metrics import Result
from .path import Path

# Stand-in colors: each becomes a CSS variable of the page.
INK, SOFT, GRID, CARD = "#010101", "#020202", "#030303", "#040404"
LONG, SHORT, INDEX, MARK, FUND, EXTRA = "#050505", "#060606", "#070707", "#080808", "#090909", "#0a0a0a"
VARIABLES = {
    INK: "ink",
    SOFT: "soft",
    GRID: "grid",
    CARD: "card",
    LONG: "long",
    SHORT: "short",
    INDEX: "index",
    MARK: "mark",
    FUND: "fund",
    EXTRA: "extra",
}
SETTINGS = {
    "svg.hashsalt": "steelyard",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.edgecolor": GRID,
    "axes.labelcolor": SOFT,
    "axes.titlesize": 9,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.1,
    "path.simplify": True,
    "path.simplify_threshold": 0.4,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "xtick.major.width": 0.6,
    "legend.handlelength": 1.4,
    "legend.borderaxespad": 0.2,
    "figure.constrained_layout.use": True,
}
SIZES = {"wide": (10.4, 3.7), "narrow": (4.5, 3.5)}


def draw(name: str, paint, height: float = 1.0, rows: int = 1, ratios=None) -> str:
    """HTML of one picture in both widths. ``paint(axes, narrow)`` fills the axes."""
    parts = []
    for variant, (width, tall) in SIZES.items():
        with matplotlib.rc_context(SETTINGS):
            figure = Figure(figsize=(width, tall * height))
            axes = figure.subplots(rows, 1, sharex=rows > 1, squeeze=False, height_ratios=ratios)[:, 0]
            paint(axes if rows > 1 else axes[0], variant == "narrow")
            text = io.StringIO()
            figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        parts.append(f'<div class="{variant}">{_inline(text.getvalue(), f"{name}-{variant}")}</div>')
    return "".join(parts)


def _inline(svg: str, prefix: str) -> str:
    """Body of an SVG file: own ids, variables for colors, the page's typeface."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    for color, variable in VARIABLES.items():
        svg = svg.replace(color, f"var(--{variable})")
    svg = re.sub(r"(font: [^;\"]*?px) [^;\"]*", r"\1 var(--face)", svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: var(--face)", svg)
    svg = re.sub(
        r"<svg[^>]*?viewBox=\"([^\"]*)\"[^>]*>",
        r'<svg viewBox="\1" aria-hidden="true" focusable="false">',
        svg,
        count=1,
    )
    svg = re.sub(r"(\d+\.\d{2})\d+", r"\1", svg)
    return re.sub(r"\n\s*", "\n", svg)


# ---------------------------------------------------------------- axes
def short(value: float, _=None) -> str:
    """1234567 as 1.2M, for axes."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def money(axes):
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.yaxis.set_major_locator(MaxNLocator(5))


def prices(axes):
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(6))


def _time(axes, result: Result, first: int, last: int, narrow: bool):
    hours(axes, result.path, first, last, narrow)


def hours(axes, path: Path, first: int, last: int, narrow: bool):
    """Ticks on round UTC hours or days between two minutes."""
    axes.set_xlim(first, last)
    span = last - first
    wanted = 4 if narrow else 9
    step = next((s for s in (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5760) if span / s <= wanted), 11520)
    begin = path.start_ns // MINUTE
    ticks = [m for m in range(first, last + 1) if (begin + m) % step == 0]
    axes.set_xticks(ticks, [_label(begin + m, step, i == 0) for i, m in enumerate(ticks)])


def _label(minute: int, step: int, is_first: bool) -> str:
    moment = datetime.fromtimestamp(minute * 60, UTC)
    if step >= 1440 or (is_first and moment.hour == moment.minute == 0):
        return f"{moment:%d} {moment:%b}"
    return f"{moment:%H:%M}" if not (moment.hour == moment.minute == 0) else f"{moment:%d} {moment:%b}"


def thin(first: int, last: int, narrow: bool) -> slice:
    return slice(first, last + 1, max(1, (last - first) // (900 if narrow else 2400)))


def _legend(axes, narrow, **kwargs):
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3 if narrow else 6, columnspacing=1.2, **kwargs)


# ---------------------------------------------------------------- pictures
def price_whole(result: Result) -> str:
    minutes = result.path.minutes
    index, mark = result.index(), result.mark()
    forced, usd = result.forced_minute(), result.forced_usd()

    def paint(axes, narrow):
        take = thin(0, minutes - 1, narrow)
        x = np.arange(minutes)[take]
        axes.axvspan(0, result.path.build_up, color=GRID, alpha=0.35, lw=0)
        axes.text(result.path.build_up / 2, index.min(), "build-up", ha="center", va="bottom", color=SOFT, fontsize=7.5)
        axes.plot(x, mark[take], color=MARK, lw=1.8, label="mark")
        axes.plot(x, index[take], color=INDEX, lw=0.8, label="index")
        bins = 60 if narrow else 160
        width = max(1, minutes // bins)
        largest = max(1.0, np.bincount(forced // width, weights=usd, minlength=1).max())
        for side, color, label in ((1, LONG, "longs forced out"), (-1, SHORT, "shorts forced out")):
            chosen = result.tables["liquidations"]["side"] == side
            total = np.bincount(forced[chosen] // width, weights=usd[chosen], minlength=minutes // width + 1)
            at = np.flatnonzero(total)
            axes.scatter(
                at * width + width / 2,
                index[np.minimum(at * width + width // 2, minutes - 1)],
                s=total[at] / largest * 700,
                color=color,
                alpha=0.4,
                lw=0,
                label=label,
            )
        prices(axes)
        _time(axes, result, 0, minutes - 1, narrow)
        legend = axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2 if narrow else 4)
        for handle in legend.legend_handles[2:]:
            handle.set_sizes([25])

    return draw("price", paint, 1.05)


def price_close(result: Result) -> str:
    first, last = result.path.focus
    rows = result.minutes
    usd, forced = result.forced_usd(), result.forced_minute()

    def paint(axes, narrow):
        take = thin(first, last, narrow)
        x = np.arange(result.path.minutes)[take]
        traded = rows["high_ticks"] > 0
        high = np.where(traded, result.scale.tick_price(rows["high_ticks"]), np.nan)[take]
        low = np.where(traded, result.scale.tick_price(rows["low_ticks"]), np.nan)[take]
        axes[0].fill_between(x, low, high, color=EXTRA, alpha=0.45, lw=0, label="traded range")
        axes[0].plot(x, result.mark()[take], color=MARK, lw=1.6, label="mark")
        axes[0].plot(x, result.index()[take], color=INDEX, lw=0.8, label="index")
        axes[0].set_ylim(*_focus_limits(result, first, last))
        prices(axes[0])
        axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3)
        width = -(-(last - first) // (120 if narrow else 600))
        bins = np.arange(first, last + width + 1, width)
        chosen = (forced >= first) & (forced <= last)
        sides = result.tables["liquidations"]["side"]
        base = np.zeros(len(bins) - 1)
        for side, color, label in ((1, LONG, "longs"), (-1, SHORT, "shorts")):
            total = np.histogram(forced[chosen & (sides == side)], bins, weights=usd[chosen & (sides == side)])[0]
            axes[1].stairs(base + total, bins, baseline=base, fill=True, color=color, lw=0, label=label)
            base = base + total
        money(axes[1])
        axes[1].set_ylabel(f"USD forced per {'minute' if width == 1 else f'{width} min'}")
        axes[1].set_ylim(0, max(1.0, base.max() * 1.05))
        _time(axes[1], result, first, last, narrow)
        if chosen.any():
            axes[1].legend(loc="upper right", ncols=2)
        else:
            _nothing(axes[1], "no liquidation in these hours")

    return draw("focus", paint, 1.45, 2, (3, 2))


def _focus_limits(result, first, last):
    index = result.index()[first : last + 1]
    room = max(index.max() - index.min(), index.max() * 0.002) * 0.12
    return index.min() - room, index.max() + room


def _nothing(axes, text):
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=SOFT)


def by_leverage(result: Result) -> str:
    rows, usd, counted = result.tables["liquidations"], result.forced_usd(), result.counted()
    people = result.tables["accounts"][result.tables["accounts"]["role"] == 0]
    levels = np.unique(people["leverage"])

    def paint(axes, narrow):
        x = np.arange(len(levels))
        share = []
        for level in levels:
            hit = np.unique(rows["account"][counted & (rows["leverage"] == level)])
            share.append(len(hit) / max(1, (people["leverage"] == level).sum()))
        base = np.zeros(len(levels))
        for side, color, label in ((1, LONG, "longs"), (-1, SHORT, "shorts")):
            total = np.array(
                [usd[counted & (rows["side"] == side) & (rows["leverage"] == level)].sum() for level in levels]
            )
            axes[0].bar(x, total, 0.7, bottom=base, color=color, lw=0, label=label)
            base = base + total
        money(axes[0])
        axes[0].set_ylabel("USD forced")
        axes[0].set_ylim(0, max(1.0, base.max() * 1.08))
        axes[0].legend(loc="upper right", ncols=2)
        axes[1].bar(x, np.array(share) * 100, 0.7, color=EXTRA, lw=0)
        axes[1].set_ylabel("% of accounts hit")
        axes[1].set_ylim(0, 105)
        axes[1].set_xticks(x, [f"{level}x" for level in levels])
        axes[1].set_xlabel("leverage chosen at entry")
        if not counted.any():
            _nothing(axes[0], "no liquidation after the build-up")

    return draw("leverage", paint, 1.3, 2, (3, 2))


def fund(result: Result) -> str:
    rows, scale = result.minutes, result.scale

    def paint(axes, narrow):
        minutes = result.path.minutes
        take = thin(0, minutes - 1, narrow)
        x = np.arange(minutes)[take]
        balance = scale.cash(rows["fund_atoms"])
        start = float(scale.cash(result.fund_start_atoms))
        axes[0].axhline(start, color=SOFT, lw=0.7, ls=(0, (4, 3)))
        axes[0].plot(x, balance[take], color=FUND)
        room = max(balance.max() - balance.min(), start * 0.002, 1e-9) * 0.15
        axes[0].set_ylim(min(balance.min(), start) - room, max(balance.max(), start) + room)
        axes[0].set_ylabel(f"fund, {scale.asset}")
        axes[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
        axes[0].yaxis.set_major_locator(MaxNLocator(5))
        width = max(1, minutes // (60 if narrow else 200))
        edges = np.arange(0, minutes + width, width)
        at = np.arange(minutes)
        received = np.histogram(at, edges, weights=scale.cash(rows["fund_received_atoms"]))[0]
        paid = np.histogram(at, edges, weights=scale.cash(rows["fund_paid_atoms"]))[0]
        axes[1].stairs(received, edges, fill=True, color=SHORT, lw=0, label="surplus received")
        axes[1].stairs(-paid, edges, fill=True, color=LONG, lw=0, label="deficit paid")
        axes[1].set_ylabel(f"{scale.asset} per {_span(width)}")
        axes[1].yaxis.set_major_formatter(FuncFormatter(short))
        axes[1].yaxis.set_major_locator(MaxNLocator(4))
        if not (received.any() or paid.any()):
            axes[1].set_ylim(-1, 1)
        axes[1].legend(loc="lower left", ncols=2)
        _time(axes[1], result, 0, minutes - 1, narrow)

    return draw("fund", paint, 1.3, 2, (3, 2))


def _span(minutes: int) -> str:
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.3g} h"


def open_interest(result: Result) -> str:
    rows = result.minutes
    price = result.index()

    def paint(axes, narrow):
        take = thin(0, result.path.minutes - 1, narrow)
        x = np.arange(result.path.minutes)[take]
        total = result.scale.usd(rows["open_interest_lots"], price)
        axes.axvspan(0, result.path.build_up, color=GRID, alpha=0.35, lw=0)
        axes.fill_between(x, 0, total[take], color=INDEX, alpha=0.18, lw=0)
        axes.plot(x, total[take], color=INDEX, label="open interest")
        makers = result.scale.usd(rows["maker_lots"] + rows["arbitrage_lots"], price)
        axes.plot(x, makers[take], color=EXTRA, lw=0.9, label="net held by makers and arbitrageurs")
        held = result.scale.usd(rows["held_long_lots"] + rows["held_short_lots"], price)
        axes.plot(x, held[take], color=LONG, lw=0.9, label="held by the liquidation engine")
        money(axes)
        axes.set_ylabel("USD")
        _time(axes, result, 0, result.path.minutes - 1, narrow)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=1 if narrow else 3)

    return draw("interest", paint, 1.1)


def depth(result: Result) -> str:
    rows = result.minutes
    price = result.index()
    first, last = result.path.focus

    def paint(axes, narrow):
        take = thin(first, last, narrow)
        x = np.arange(result.path.minutes)[take]
        for column, sign, color, alpha, label in (
            ("bid_depth_lots", 1, SHORT, 0.22, "all bids"),
            ("bid_near_lots", 1, SHORT, 0.75, "bids within 1 %"),
            ("ask_depth_lots", -1, LONG, 0.22, "all asks"),
            ("ask_near_lots", -1, LONG, 0.75, "asks within 1 %"),
        ):
            value = sign * result.scale.usd(rows[column], price)[take]
            axes[0].fill_between(x, 0, value, color=color, alpha=alpha, lw=0, label=label)
        axes[0].axhline(0, color=SOFT, lw=0.6)
        axes[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(abs(value))))
        axes[0].set_ylabel("USD resting")
        axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2 if narrow else 4)
        axes[1].plot(x, rows["makers_quoting"][take], color=INDEX)
        axes[1].set_ylabel("makers quoting")
        axes[1].set_ylim(0, max(1, rows["makers_quoting"].max()) * 1.1)
        axes[1].yaxis.set_major_locator(MaxNLocator(4, integer=True))
        _time(axes[1], result, first, last, narrow)

    return draw("depth", paint, 1.35, 2, (3, 1.4))


def first_bankruptcy(result: Result) -> np.ndarray:
    """(disposals,) bankruptcy price, in ticks, at which the contracts of each fill were taken over (a write-down
    moves it later)."""
    forced = result.tables["liquidations"]
    order = np.argsort(forced["order_id"], kind="stable")
    ids = forced["order_id"][order]
    rows = result.tables["disposals"]
    if not len(ids) or not len(rows):
        return rows["bankruptcy_ticks"]
    at = np.minimum(np.searchsorted(ids, rows["order_id"]), len(ids) - 1)
    return np.where(ids[at] == rows["order_id"], forced["bankruptcy_ticks"][order][at], rows["bankruptcy_ticks"])


def slippage(result: Result) -> str:
    rows = result.tables["disposals"]
    price = result.scale.tick_price(rows["price_ticks"])
    bankruptcy = np.maximum(result.scale.tick_price(first_bankruptcy(result)), 1e-9)
    past = -rows["side"] * (price / bankruptcy - 1.0) * 100
    weight = result.scale.usd(rows["lots"], price)
    book = (rows["kind"] == 0) & (rows["bankruptcy_ticks"] > 0)

    def paint(axes, narrow):
        edges = np.linspace(-5, 5, 81)
        clipped = np.clip(past[book], -4.999, 4.999)
        total = np.histogram(clipped, edges, weights=weight[book])[0]
        centers = (edges[:-1] + edges[1:]) / 2
        better = centers < 0
        for chosen, color, label in ((better, SHORT, "better than bankruptcy: fund gains"),
                                     (~better, LONG, "past bankruptcy: fund pays")):
            axes.stairs(np.where(chosen, total, 0), edges, fill=True, color=color, lw=0, label=label)
        money(axes)
        axes.set_ylabel("USD disposed of")
        axes.set_xlabel("fill past the bankruptcy price, % (ends hold everything beyond)")
        if book.any():
            axes.axvline(0, color=SOFT, lw=0.8)
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=1 if narrow else 2)
        else:
            axes.set_ylim(0, 1)
            _nothing(axes, "nothing was disposed of in the book")

    return draw("slippage", paint, 1.0)


def deleveraging(result: Result) -> str:
    rows = result.tables["deleveraged"]
    usd = result.scale.usd(rows["lots"], result.scale.tick_price(rows["price_ticks"]))

    def paint(axes, narrow):
        place = np.clip(10 * (rows["rank"] - 1) // np.maximum(rows["ranked"], 1), 0, 9)
        total = np.bincount(place, weights=usd, minlength=10)
        axes.bar(np.arange(10), total, 0.75, color=MARK, lw=0)
        axes.set_xticks(np.arange(10), [f"{10 * i}-{10 * i + 10}" for i in range(10)])
        axes.set_xlabel("place in the queue, % (0-10: highest profit x leverage)")
        axes.set_ylabel("USD closed")
        money(axes)

    return draw("adl", paint, 0.9)


def premium(result: Result) -> str:
    rows = result.minutes
    index = np.maximum(result.index(), 1e-9)

    def paint(axes, narrow):
        minutes = result.path.minutes
        width = max(1, minutes // (150 if narrow else 500))
        count = minutes // width
        last = result.scale.tick_price(rows["last_ticks"])
        gap = np.where(rows["trades"] > 0, (last / index - 1) * 1e4, np.nan)[: count * width].reshape(count, width)
        traded = ~np.isnan(gap).all(axis=1)
        x = (np.arange(count) * width + width / 2)[traded]
        gap = gap[traded]
        if len(x):
            axes[0].fill_between(x, np.nanmin(gap, axis=1), np.nanmax(gap, axis=1), color=EXTRA, alpha=0.4, lw=0)
            axes[0].plot(x, np.nanmedian(gap, axis=1), color=INDEX, lw=0.8)
            reach = max(5.0, float(np.nanquantile(np.abs(gap), 0.995)))
            axes[0].set_ylim(-reach, reach)
        axes[0].set_ylabel("trade to index, bp")
        rate = rows["funding_rate_ppb"]
        at = np.flatnonzero(np.r_[True, rate[1:] != rate[:-1]])
        axes[1].step(np.r_[at, minutes - 1], rate[np.r_[at, minutes - 1]] / 1e7, color=FUND, where="post")
        axes[1].set_ylabel("funding, %")
        axes[1].yaxis.set_major_locator(MaxNLocator(4))
        _time(axes[1], result, 0, minutes - 1, narrow)

    return draw("premium", paint, 1.2, 2, (3, 2))


def who_paid(result: Result, parts: list[tuple[str, float, str]]) -> str:
    """Horizontal bars: how much each payer contributed, in the settlement asset."""
    colors = {"long": LONG, "fund": FUND, "mark": MARK, "extra": EXTRA, "ink": INK}

    def paint(axes, narrow):
        y = np.arange(len(parts))[::-1]
        values = [value for _, value, _ in parts]
        axes.barh(y, values, 0.6, color=[colors[c] for _, _, c in parts], lw=0)
        reach = max(max(values), 1e-9)
        for at, (_, value, _) in zip(y, parts, strict=True):
            axes.text(value + reach * 0.01, at, f"{value:,.1f}", va="center", fontsize=8.5)
        axes.set_yticks(y, [label.replace(" | ", "\n") for label, _, _ in parts])
        axes.set_xlim(0, reach * (1.25 if narrow else 1.14))
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(short))
        axes.set_xlabel(result.scale.asset)

    return draw("paid", paint, 0.85)
