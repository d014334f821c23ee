"""What everybody may see: instruments, prices, the book, risk, the state of the venue."""
from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .words import Decimal, Id, InstrumentState, Side, Symbol, Time, VenueState, WallTime


class Decimals(Struct):
    """How many decimals texts have."""

    price: int
    size: int
    cash: int


class Tier(Struct):
    """A risk limit: up to a position value these margin rates hold. The last one holds for anything larger."""

    value_max: Decimal
    initial: Decimal
    maintenance: Decimal


class Instrument(Struct):
    """A contract: its grid, its limits, its fees and margins."""

    symbol: Symbol
    kind: Literal["linear", "inverse"]
    base: str
    quote: str
    settlement: str
    contract_size: Decimal
    lot: Decimal
    tick: Decimal
    decimals: Decimals
    price_min: Decimal
    price_max: Decimal
    size_max: Decimal
    leverage_max: Decimal
    leverage_default: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    tiers: list[Tier]
    funding_interval_ms: int
    mark_method: Literal["funding_basis", "basis_average", "median_of_three", "oracle_only"]
    state: InstrumentState
    index: str
    open_time: Time


class Ticker(Struct):
    """A market at a glance; state_until is when a pause of its circuit breaker ends, on the venue's clock."""

    symbol: Symbol
    state: InstrumentState
    state_until: Time | None
    mark: Decimal | None
    index: Decimal | None
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    mid: Decimal | None
    high_24h: Decimal | None
    low_24h: Decimal | None
    volume_24h: Decimal
    turnover_24h: Decimal
    change_24h: Decimal | None
    open_interest: Decimal
    open_interest_value: Decimal
    funding_rate: Decimal
    funding_rate_next: Decimal
    funding_time: Time | None
    insurance_fund: Decimal
    time: Time


Level = Annotated[list[Decimal], Meta(min_length=2, max_length=2, description="Price and size.")]


class Depth(Struct):
    """The best levels of a book, best first. The checksum is SERV-005, over the first 25 levels of the whole book."""

    bids: list[Level]
    asks: list[Level]
    checksum: int


class Trade(Struct):
    """A trade; the side is the taker's."""

    id: Id
    price: Decimal
    size: Decimal
    side: Side
    liquidation: bool
    time: Time


class Candle(Struct):
    """What happened in an interval; time is its begin, mark and index are its last ones."""

    time: Time
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume: Decimal
    mark: Decimal | None
    index: Decimal | None


class FundingRate(Struct):
    """A funding stamp: the rate that holds from then (above zero: longs pay), the mark, whether payments were made."""

    id: Id
    symbol: Symbol
    rate: Decimal
    mark: Decimal
    exchanged: bool
    time: Time


class IndexSource(Struct):
    """One source of an index, and whether it counts now."""

    name: str
    weight: Decimal
    price: Decimal | None
    state: Literal["silent", "active", "stale", "outlier"]
    time: Time | None


class Index(Struct):
    """The index of an instrument and where it comes from."""

    symbol: Symbol
    index: str
    price: Decimal | None
    frozen: bool
    sources_min: int
    sources: list[IndexSource]
    time: Time | None


class PublicLiquidation(Struct):
    """A liquidation as everybody sees it."""

    id: Id
    symbol: Symbol
    side: Literal["long", "short"]
    size: Decimal
    price: Decimal | None
    value: Decimal
    leverage: Decimal
    stage: Literal["started", "reduced", "taken_over", "closed"]
    surplus: Decimal | None
    time: Time


class SymbolState(Struct):
    """The state of one market."""

    symbol: Symbol
    state: str
    until: Annotated[Time | None, Meta(description="When its circuit breaker lets it trade again, venue's clock.")]


class PlannedState(Struct, rename={"from_": "from"}):
    """A change of state announced ahead."""

    state: VenueState
    from_: WallTime
    until: WallTime | None
    message: str


class Status(Struct):
    """What the venue takes now, and what is announced."""

    state: VenueState
    message: str
    until: WallTime | None
    since: WallTime | None
    instruments: list[SymbolState]
    planned: list[PlannedState]
    out_of_service: Annotated[list[str], Meta(description="Channels whose view failed; the rest goes on (SERV-026).")]
    version: str


class Clock(Struct):
    """The venue's time and the time of day of the machine it runs on."""

    time: Time
    wall_time: WallTime


class FundPoint(Struct):
    """The insurance fund at a time."""

    time: Time
    value: Decimal


class LeverageBar(Struct):
    """Value of positions up to a leverage."""

    leverage: Decimal
    long: Decimal
    short: Decimal


class LiquidationLevel(Struct):
    """Value of positions that would be liquidated near a price."""

    price: Decimal
    long_value: Decimal
    short_value: Decimal


class DepthLevel(Struct):
    """What rests in the book near a price."""

    price: Decimal
    size: Decimal
    value: Decimal


class AdlQueue(Struct):
    """Unrealized profit behind each fifth of a side, the one that is deleveraged first in front."""

    long: list[Decimal]
    short: list[Decimal]


class LargePosition(Struct):
    """One of the largest positions, without its account."""

    side: Literal["long", "short"]
    size: Decimal
    value: Decimal
    leverage: Decimal
    distance: Decimal | None


class Stress(Struct):
    """What a move of the mark would do by the engine's own rules."""

    move: Decimal
    liquidated_value: Decimal
    accounts: int
    shortfall: Decimal
    fund_after: Decimal


class WaterfallLayer(Struct):
    """A layer that pays losses after the fund: what it held when the venue opened, and now."""

    name: str
    amount: Decimal
    held: Decimal


class MarginCalls(Struct):
    """Wallets under a margin call: how many, what they were asked for in all, the next deadline."""

    count: int
    asked: Decimal
    next_deadline: Time | None


class Risk(Struct):
    """What threatens a market: the fund, who is how leveraged, where they are liquidated, what a move would do."""

    symbol: Symbol
    insurance_fund: list[FundPoint]
    open_interest: Decimal
    long_accounts: int
    short_accounts: int
    leverage_histogram: list[LeverageBar]
    liquidation_levels: list[LiquidationLevel]
    depth_levels: list[DepthLevel]
    adl_queue: AdlQueue
    largest: list[LargePosition]
    stress: list[Stress]
    bad_debt: Decimal
    socialized: Decimal
    waterfall: list[WaterfallLayer]
    margin_calls: MarginCalls
    deleveraged_24h: Decimal


class Replay(Struct):
    """What drives the venue from outside, and how fast."""

    feed: str
    name: str
    title: str
    start: Time | None
    end: Time | None
    now: Time | None
    speed: float | int | None
    paused: bool
    progress: float | None
    loop: bool
    presets: list[str]
    message: str


class Health(Struct):
    """Whether the node is alive, and takes orders."""

    ok: bool
    state: str
    version: str
