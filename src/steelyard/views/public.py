"""All views of a venue that everybody may watch, over one set of tables."""
from __future__ import annotations

from dataclasses import dataclass

from .candles import CandlesView
from .depth import DepthView
from .liquidations import LiquidationsView
from .market import Market
from .risk import RiskView
from .scales import Scales
from .ticker import TickerView
from .trades import TradesView


@dataclass(frozen=True)
class PublicViews:
    """The public views of a venue; iterates over them."""

    market: Market
    depth: DepthView
    ticker: TickerView
    trades: TradesView
    candles: CandlesView
    liquidations: LiquidationsView
    risk: RiskView

    def __iter__(self):
        return iter((self.depth, self.ticker, self.trades, self.candles, self.liquidations, self.risk))

    def warm(self) -> None:
        """Compile or load every kernel now: the first time takes seconds, in which nobody should be waiting."""
        self.market.warm()
        for symbol in self.market.row_of:
            self.depth.books[symbol].walk()
            self.ticker.window(symbol)
            self.risk.surveyors[symbol].warm()


def open_public_views(venue, scales: Scales | None = None) -> PublicViews:
    """The public views of ``venue`` (which has ``engine``, ``profile`` and ``instruments``), warm."""
    market = Market(venue, scales)
    views = PublicViews(market, DepthView(market), TickerView(market), TradesView(market), CandlesView(market),
                        LiquidationsView(market), RiskView(market))
    views.warm()
    return views
