"""PnL and equity against price: the numbers behind every picture of a plan.  PLAN-008"""
from __future__ import annotations

from .answers import Chart, Line, Series
from .market import rules
from .trade import Opened

POINTS = 61


def chart(opened: Opened, lines: dict[str, int | None]) -> Chart:
    """Sampled at order prices that frame every line; ``lines`` are in ticks, None or 0 where there is none."""
    market, terms = opened.market, opened.market.row.terms
    named = {"entry": opened.entry_ticks, **{name: ticks for name, ticks in lines.items() if ticks}}
    low, high = _span(opened, [ticks for ticks in named.values() if ticks <= 3 * opened.entry_ticks])
    low, high = max(low, terms.price_ticks_min), min(high, terms.price_ticks_max)
    ticks = sorted({low + (high - low) * number // (POINTS - 1) for number in range(POINTS)})
    units = [rules().contract.price_units(terms, one) for one in ticks]
    now = opened.equity() - opened.member.profit()
    counted = opened.counted_at(market.row.mark_price_units)
    profit = [opened.value_at(one) - opened.row.entry_value_atoms + opened.counted_at(one) - counted for one in units]
    closed = [opened.closed_at(one, market.taker_ppb) for one in units]
    return Chart(
        x=f"{opened.market.instrument.symbol} price, {market.instrument.grid.quote}", y=market.asset.name,
        prices=[market.price_text(one) for one in ticks],
        series=[Series("pnl", [market.cash_text(one) for one in closed]),
                Series("equity", [market.cash_text(now + one) for one in profit])],
        lines=[Line(name, market.price_text(one)) for name, one in named.items() if low <= one <= high])


def _span(opened: Opened, ticks: list[int]) -> tuple[int, int]:
    """A frame with a sixth of its width free on both sides, at least 2 % of the entry wide."""
    low, high = min(ticks), max(ticks)
    reach = max(high - low, opened.entry_ticks // 50, 10)
    if opened.side > 0:
        high = max(high, opened.entry_ticks + reach // 2)
    else:
        low = min(low, opened.entry_ticks - reach // 2)
    return low - reach // 6, high + reach // 6
