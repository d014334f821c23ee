"""The things of SERV-006 as types: what answers look like, described once, for the document and for those who read it.

Answers are made by the views in this form already; the types are not a second conversion.
"""
from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Decimal = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="Decimal text (SERV-001).",
                              examples=["7934.5"])]
Time = Annotated[int, Meta(ge=0, description="Milliseconds UTC of the venue's clock.", examples=[1584003600000])]
WallTime = Annotated[int, Meta(ge=0, description="Milliseconds UTC of the wall clock.", examples=[1763776800000])]
Id = Annotated[str, Meta(max_length=64, description="Id of the venue.", examples=["48213"])]
Symbol = Annotated[str, Meta(max_length=64, examples=["XBTUSD"])]
Cursor = Annotated[str, Meta(max_length=512, description="Opaque: give it back to get what follows.")]
Side = Literal["buy", "sell"]
Source = Literal["mark", "last", "index"]
Scope = Literal["read", "trade", "transfer", "operator"]
InstrumentState = Literal["unlisted", "trading", "cancel_only", "reduce_only", "post_only", "halted", "settled"]
VenueState = Literal["operating", "cancel_only", "reduce_only", "post_only", "maintenance", "index_disrupted", "halted"]
MarginMode = Literal["isolated", "cross"]


# ---------------------------------------------------------------- the market
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
    """A market at a glance."""

    symbol: Symbol
    state: InstrumentState
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
    """A funding rate as it was exchanged at a stamp; positive: longs paid."""

    symbol: Symbol
    rate: Decimal
    mark: Decimal | None
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


class PlannedState(Struct, rename={"from_": "from"}):
    """A change of state announced ahead, on the venue's clock."""

    state: VenueState
    from_: Time | None
    until: Time | None
    message: str


class Status(Struct):
    """What the venue takes now, and what is announced."""

    state: VenueState
    message: str
    until: Time | None
    since: Time | None
    instruments: list[SymbolState]
    planned: list[PlannedState]
    version: str


class Clock(Struct):
    """The venue's time and the time of day of the machine it runs on."""

    time: Time
    wall_time: WallTime


# ---------------------------------------------------------------- an account
class Target(Struct):
    """One target of a bracket."""

    price: Decimal
    share: Decimal


class Bracket(Struct):
    """What an entry carries: a stop, and targets."""

    stop_price: Decimal | None
    stop_source: Source
    trail_offset: Decimal | None
    targets: list[Target]
    ladder: Literal["fixed", "trail_targets"]


class Order(Struct):
    """An order or a trigger."""

    order_id: Id
    client_order_id: str | None
    symbol: Symbol
    side: Side
    type: Literal["limit", "market", "stop_market", "stop_limit", "take_profit_market", "take_profit_limit",
                  "trailing_stop"]
    size: Decimal
    filled: Decimal
    remaining: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    trigger_source: Source | None
    trail_offset: Decimal | None
    time_in_force: Literal["gtc", "ioc", "fok", "gtd"]
    expires: Time | None
    post_only: bool
    reduce_only: bool
    close: bool
    display_size: Decimal | None
    state: Literal["open", "waiting", "filled", "canceled", "refused"]
    reason: str | None
    average_price: Decimal | None
    fee: Decimal
    bracket: Bracket | None
    role: Literal["order", "stop", "target", "liquidation"]
    parent_order_id: Id | None
    created: Time
    updated: Time
    repeated: bool = False


class Fill(Struct):
    """A fill of an own order."""

    id: Id
    order_id: Id
    client_order_id: str | None
    symbol: Symbol
    side: Side
    price: Decimal
    size: Decimal
    fee: Decimal
    fee_rate: Decimal
    realized: Decimal
    liquidity: Literal["maker", "taker"]
    role: Literal["order", "stop", "target", "liquidation"]
    time: Time


class Position(Struct):
    """A position with everything that decides about its end."""

    symbol: Symbol
    size: Decimal
    side: Literal["long", "short", "buy", "sell", "flat"] | None
    entry_price: Decimal | None
    mark: Decimal | None
    value: Decimal
    margin_mode: MarginMode
    leverage: Decimal | None
    collateral: Decimal
    unrealized: Decimal
    realized: Decimal
    funding_paid: Decimal
    fees_paid: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    margin_ratio: Decimal | None
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    break_even_price: Decimal | None
    distance: Decimal | None
    distance_volatility: Decimal | None
    adl_rank: Annotated[int, Meta(ge=0, le=5)]
    stop_price: Decimal | None
    target_prices: list[Decimal]
    loss_at_stop: Decimal | None
    updated: Time


class Wallet(Struct):
    """Cash of an account in one asset, and what of it is bound."""

    asset: str
    balance: Decimal
    equity: Decimal
    available: Decimal
    withdrawable: Decimal
    order_margin: Decimal
    position_margin: Decimal
    maintenance_margin: Decimal
    margin_ratio: Decimal | None
    updated: Time


class Notice(Struct):
    """Something an account holder should know."""

    id: Id
    kind: Literal["margin_warning", "liquidation", "deleveraged", "funding", "order", "status"]
    level: Literal["info", "warning", "danger"]
    text: str
    symbol: Symbol | None
    liquidation_id: Id | None
    time: Time


class FundingPayment(Struct):
    """Funding an account paid (below zero) or received."""

    id: Id
    symbol: Symbol
    size: Decimal
    rate: Decimal
    amount: Decimal
    time: Time


class Canceled(Struct):
    """How many orders were canceled."""

    canceled: Annotated[int, Meta(ge=0)]


class Deadline(Struct):
    """When all orders will be canceled, on the wall clock; null: the switch is off."""

    at: WallTime | None


class ScaledOut(Struct):
    """The orders a scale-out became, and what was refused of it."""

    items: list[Order]
    errors: list[dict]


# ---------------------------------------------------------------- people
class SignedIn(Struct):
    """Who is signed in; ``user`` null: nobody. ``csrf`` goes back in the header X-CSRF-Token with everything that
    changes something."""

    user: str | None
    account: Annotated[int, Meta(ge=16, description="The engine's account.")] | None
    scopes: list[Scope]
    operator: bool
    paper: Annotated[bool, Meta(description="Made with one click, and without a password so far.")]
    expires: WallTime | None
    csrf: str | None


class Key(Struct):
    """An API key. The secret of a new one is shown once, in the answer that made it."""

    key: Annotated[str, Meta(examples=["sy-0123456789abcdef0123"])]
    label: str
    kind: Literal["hmac", "ed25519"]
    scopes: list[Scope]
    addresses: list[str]
    expires: WallTime | None
    created: WallTime


class NewKey(Key):
    """A key just made; ``secret`` is null for Ed25519."""

    secret: str | None


class Done(Struct):
    """It is done."""

    done: bool


# ---------------------------------------------------------------- the machine
class Health(Struct):
    """Whether the node is alive, and takes orders."""

    ok: bool
    state: str
    version: str


# ---------------------------------------------------------------- answers of operations
class LeverageChosen(Struct):
    """The leverage that holds now."""

    symbol: Symbol
    leverage: Decimal


class MarginModeChosen(Struct):
    """The margin mode that holds now."""

    symbol: Symbol
    margin_mode: MarginMode


class MarginMoved(Struct):
    """What was moved."""

    symbol: Symbol
    amount: Decimal


class Deposited(Struct):
    """What came in."""

    asset: str
    amount: Decimal


class PositionAfter(Struct):
    """The position as it would be."""

    size: Decimal
    entry_price: Decimal | None
    leverage: Decimal | None
    margin_ratio: Decimal | None
    collateral: Decimal


class ErrorBody(Struct):
    """What was wrong, with which field, by which rule, and what would pass (SERV-002)."""

    code: Annotated[str, Meta(examples=["invalid_value"])]
    message: str
    field: str | None
    rule: str | None
    do: str | None


class Error(Struct):
    """Every answer that is not a success."""

    error: ErrorBody


class Preview(Struct):
    """What an order would do if it came now."""

    accepted: bool
    error: ErrorBody | None
    size: Decimal | None
    value: Decimal | None
    average_price: Decimal | None
    worst_price: Decimal | None
    slippage: Decimal | None
    fee: Decimal | None
    cost: Decimal | None
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    available_after: Decimal | None
    position_after: PositionAfter | None
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    break_even_price: Decimal | None
    distance: Decimal | None
    loss_at_stop: Decimal | None
    loss_at_stop_share: Decimal | None
    profit_at_targets: list[Decimal]
    reward_to_risk: Decimal | None
    funding_per_day: Decimal | None
    stop_beyond_liquidation: bool | None
    safe_stop_price: Decimal | None
    filled_now: Decimal | None
    resting: Decimal | None


class LedgerEntry(Struct):
    """One movement of an account's cash, with the balance after it."""

    id: Id
    asset: str
    amount: Decimal
    balance: Decimal
    reason: str
    symbol: Symbol | None
    order_id: Id | None
    liquidation_id: Id | None
    time: Time


# ---------------------------------------------------------------- the desk and the feed
class Risk(Struct):
    """What threatens a market: the fund, who is how leveraged, where they are liquidated, what a move would do."""

    symbol: Symbol
    insurance_fund: list[dict]
    open_interest: Decimal
    long_accounts: int
    short_accounts: int
    leverage_histogram: list[dict]
    liquidation_levels: list[dict]
    depth_levels: list[dict]
    adl_queue: dict
    largest: list[dict]
    stress: list[dict]
    bad_debt: Decimal
    socialized: Decimal
    deleveraged_24h: int


class MyLiquidation(Struct):
    """One of your liquidations."""

    id: Id
    symbol: Symbol
    time: Time


class Story(Struct):
    """Everything that explains one liquidation: what the index and the mark were, what was held and needed, each step,
    and what would have prevented it."""

    id: Id
    symbol: Symbol
    time: Time


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
    presets: list
    message: str
