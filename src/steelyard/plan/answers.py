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


class ListedVenue(Struct):
    """A profile that plans can be asked about, with its instruments of today."""

    name: str
    title: str
    first_date: str
    symbols: list[str]


class VenueList(Struct):
    """All of them."""

    venues: list[ListedVenue]


class Fact(Struct):
    """A label and its text, for a reader."""

    label: str
    text: str


class Bar(Struct):
    """From entry to liquidation: how far the price may go."""

    label: str
    start: Decimal
    end: Decimal


class Shown(Struct):
    """The answer as every screen shows it at a glance: facts, then a table or bars. The exact numbers are beside it."""

    title: str
    facts: list[Fact]
    columns: list[str] = []
    rows: list[list[str]] = []
    table_title: str = ""
    bars: list[Bar] = []


class MarginStep(Struct):
    """With ``add`` more margin than at the opening the position looks like this; below zero is margin taken out."""

    add: Decimal
    margin: Decimal
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    distance: Decimal | None


class WindowRow(Struct, kw_only=True):
    """What one margin window of the day asks of the position, where it is liquidated in it, and when it next begins
    (UTC, as far as the profile knows the hours)."""

    window: str
    leverage_max: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    liquidation_price: Decimal | None
    liquidated_at_once: bool
    opened_in: bool
    begins: str | None = None


class CallRow(Struct, kw_only=True):
    """What a venue that gives time does at the liquidation price: the hours to meet the call, and the price at which it
    closes out without waiting."""

    price: Decimal | None
    hours: Decimal
    close_out_share: Decimal
    close_out_price: Decimal | None


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
    call_price: Decimal | None = None
    break_even_price: Decimal | None
    distance: Decimal | None
    window: str | None = None
    windows: list[WindowRow] = []
    call: CallRow | None = None
    collateral: Decimal | None = None
    eligibility: str | None = None


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
    shown: Shown | None = None


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
    shown: Shown | None = None


class Stamp(Struct):
    """One funding stamp: what was charged at which mark (below zero: paid), the sum so far, and where liquidation
    is afterwards."""

    number: int
    hours: Decimal
    rate: Decimal
    mark: Decimal
    cash: Decimal
    total: Decimal
    liquidation_price: Decimal | None


class FundingPlan(Struct, kw_only=True):
    """Funding over time."""

    position: Opened
    interval_hours: Decimal
    total: Decimal
    paid: Decimal
    received: Decimal
    average_rate: Decimal
    annualized: Decimal
    share_of_margin: Decimal
    liquidated_at_stamp: int | None
    stamps: list[Stamp]
    chart: Chart
    notes: list[str]
    link: str
    shown: Shown | None = None


class VenueRow(Struct, kw_only=True):
    """The position under one venue. ``margin`` and the others in the venue's settlement asset, ``*_quote`` in the quote
    currency at the entry price; ``error`` says why it cannot be opened there."""

    venue: str
    title: str
    symbol: str
    as_of: str
    product: str
    kind: str
    asset: str
    size: Decimal | None = None
    amount: Decimal | None = None
    amount_off: Decimal | None = None
    entry: Decimal | None = None
    leverage: Decimal | None = None
    leverage_max: Decimal | None = None
    margin: Decimal | None = None
    margin_quote: Decimal | None = None
    maintenance: Decimal | None = None
    maintenance_quote: Decimal | None = None
    fees: Decimal | None = None
    fees_quote: Decimal | None = None
    funding: Decimal | None = None
    funding_quote: Decimal | None = None
    liquidation_price: Decimal | None = None
    bankruptcy_price: Decimal | None = None
    distance: Decimal | None = None
    window: str | None = None
    windows: list[WindowRow] = []
    call: CallRow | None = None
    ladder: list[str] = []
    allowed: bool | None = None
    eligibility: str | None = None
    error: str | None = None


class ComparePlan(Struct, kw_only=True):
    """One position, every rule book."""

    coin: str
    side: str
    amount: Decimal
    entry: Decimal
    hours: Decimal
    rows: list[VenueRow]
    chart: Chart | None
    notes: list[str]
    link: str
    shown: Shown | None = None


class Rung(Struct):
    """One step out: what it closes and locks in, where the stop is afterwards, and what the whole trade would have
    earned were the rest closed there."""

    number: int
    price: Decimal
    size: Decimal
    profit: Decimal
    locked_in: Decimal
    remaining: Decimal
    stop: Decimal | None
    worst: Decimal


class LadderPlan(Struct, kw_only=True):
    """Leaving in steps."""

    position: Opened
    stop: Decimal
    loss_at_first_stop: Decimal
    rungs: list[Rung]
    total_profit: Decimal
    free_after: int | None
    chart: Chart
    notes: list[str]
    link: str
    shown: Shown | None = None


class HedgePoint(Struct):
    """Spot and short at one price: what each is worth, together, and the margin left of the short."""

    price: Decimal
    move: Decimal
    spot_value: Decimal
    short_result: Decimal
    total: Decimal
    margin_left: Decimal
    needs: Decimal
    liquidated: bool


class HedgePlan(Struct, kw_only=True):
    """Spot and short."""

    position: Opened
    amount: Decimal
    hedged: Decimal
    hedge_ratio: Decimal
    basis: Decimal
    basis_share: Decimal
    basis_annualized: Decimal | None
    funding: Decimal
    fees: Decimal
    locked_value: Decimal
    locked_share: Decimal
    rise_survived: Decimal | None
    points: list[HedgePoint]
    chart: Chart
    notes: list[str]
    link: str
    shown: Shown | None = None


class DecayPoint(Struct):
    """One price of the path, or one move at the horizon: the token's value, and what holding the multiple of the move
    would have been, both for 1 put in."""

    at: Decimal
    price: Decimal
    token: Decimal
    held: Decimal
    decay: Decimal


class DecayPlan(Struct, kw_only=True):
    """A leveraged token."""

    multiple: Decimal
    days: Decimal
    token: Decimal
    underlying: Decimal
    held: Decimal
    decay: Decimal
    realized_volatility: Decimal | None
    costs: Decimal
    wiped_out_at: Decimal | None
    points: list[DecayPoint]
    chart: Chart
    notes: list[str]
    link: str
    shown: Shown | None = None


class Barrier(Struct):
    """How likely a price is touched before the horizon, by each way there is; errors are one standard error."""

    name: str
    price: Decimal
    distance: Decimal
    closed_form: Decimal | None
    simulated: Decimal | None
    simulated_error: Decimal | None
    historical: Decimal | None
    historical_error: Decimal | None


class SurvivalPoint(Struct):
    """Probability of having been liquidated by a time."""

    hours: Decimal
    closed_form: Decimal | None
    simulated: Decimal | None
    historical: Decimal | None


class SurvivePlan(Struct, kw_only=True):
    """Whether a position lives."""

    position: Opened
    hours: Decimal
    volatility: Decimal | None
    paths: int
    seed: int
    windows: int
    barriers: list[Barrier]
    points: list[SurvivalPoint]
    chart: Chart
    notes: list[str]
    link: str
    shown: Shown | None = None
