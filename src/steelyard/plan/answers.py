"""What plans answer: every number as decimal text, with the rule it comes from where it is a term of a formula."""
from __future__ import annotations

from typing import Literal

from msgspec import Struct

Decimal = str


class Term(Struct):
    """One term of a formula: what it is, how it comes about, its value in ``unit``, and the rule."""

    name: str
    formula: str
    value: Decimal
    unit: str
    rule: str


class Line(Struct):
    """A price worth a line in the picture."""

    name: str
    price: Decimal


class Series(Struct):
    """One curve over the picture's prices; null where it does not exist."""

    name: str
    values: list[Decimal | None]


class Chart(Struct):
    """PnL and equity against price: what closing there would leave (fees paid), and what stands behind the position."""

    x: str
    y: str
    prices: list[Decimal]
    series: list[Series]
    lines: list[Line]


class MarginStep(Struct):
    """With ``add`` more margin than at the opening the position looks like this; below zero is margin taken out."""

    add: Decimal
    margin: Decimal
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    distance: Decimal | None


class Opened(Struct, kw_only=True):
    """The position as its venue would hold it right after the fill."""

    venue: str
    title: str
    as_of: str
    symbol: str
    asset: str
    quote: str
    side: Literal["long", "short"]
    size: Decimal
    entry: Decimal
    mark: Decimal
    margin_mode: Literal["isolated", "cross"]
    leverage: Decimal
    value: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    entry_fee: Decimal
    margin: Decimal
    equity: Decimal
    needed_balance: Decimal
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    break_even_price: Decimal | None
    distance: Decimal | None


class LiqPlan(Struct, kw_only=True):
    """Where the position is liquidated, why there, and what margin does to it."""

    position: Opened
    liquidated_at_once: bool
    terms: list[Term]
    margin_table: list[MarginStep]
    needed: MarginStep | None
    chart: Chart
    notes: list[str]
    link: str


class SizePlan(Struct, kw_only=True):
    """The largest size within the risk, and what it means."""

    position: Opened
    risk: Decimal
    stop: Decimal
    exit_price: Decimal
    loss_at_stop: Decimal
    price_loss: Decimal
    fees: Decimal
    funding: Decimal
    implied_leverage: Decimal
    stop_to_liquidation: Decimal | None
    safe_stop: Decimal | None
    profit_at_target: Decimal | None
    reward_to_risk: Decimal | None
    terms: list[Term]
    chart: Chart
    notes: list[str]
    link: str
