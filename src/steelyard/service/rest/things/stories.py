"""Why was I liquidated: the story of one liquidation, as ``views/story.py`` tells it."""
from __future__ import annotations

from typing import Literal

from msgspec import Struct

from .words import Decimal, Id, MarginMode, Side, Source, Symbol, Time


class MyLiquidation(Struct):
    """One of your liquidations, in short. Of a cross margin liquidation symbol, size and mark are in its story."""

    id: Id
    asset: str
    margin_mode: MarginMode
    symbol: Symbol | None
    size: Decimal | None
    mark: Decimal | None
    equity: Decimal
    maintenance_margin: Decimal
    outcome: str | None
    started: Time
    ended: Time | None


class StorySource(Struct):
    """One source of the index at that moment."""

    name: str
    weight: Decimal
    price: Decimal | None
    time: Time
    age_ms: int
    state: Literal["silent", "active", "stale", "outlier"]
    counts: bool


class StoryIndex(Struct):
    """The index at that moment."""

    name: str
    price: Decimal
    frozen: bool
    sources: list[StorySource]


class MarkTerms(Struct):
    """What the mark was made of."""

    method: str
    index: Decimal
    funding_rate: Decimal
    time_to_funding_ms: int
    steps_left: int
    steps: int
    funding_basis: Decimal
    average_basis: Decimal
    last: Decimal | None
    band: Decimal
    mark: Decimal


class Maintenance(Struct):
    """What a position had to keep, and how that is made up."""

    amount: Decimal
    tier: int
    rate: Decimal
    coming_funding: Decimal
    charged_on: Literal["mark", "entry"]
    close_fee_rate: Decimal


class StoryStop(Struct):
    """A stop that stood."""

    order_id: Id
    price: Decimal
    source: Source
    size: Decimal


class StoryCall(Struct):
    """A margin call before the liquidation, or how it ended."""

    kind: Literal["called", "margin_call_missed", "close_out_reached"]
    due: Decimal
    deadline: Time
    equity: Decimal
    maintenance_margin: Decimal
    time: Time


class StoryConversion(Struct):
    """Collateral that was sold because the wallet was below zero."""

    asset: str
    amount: Decimal
    received: Decimal
    fee: Decimal
    time: Time


class StoryWindow(Struct):
    """The margin window that held."""

    name: str
    since: Time | None


class StoryPosition(Struct):
    """A position as it stood."""

    symbol: Symbol
    side: Literal["long", "short"]
    size: Decimal
    entry_price: Decimal
    mark: Decimal
    value: Decimal
    unrealized: Decimal
    collateral: Decimal | None
    leverage: Decimal
    margin_mode: MarginMode
    maintenance: Maintenance
    index: StoryIndex | None
    mark_terms: MarkTerms
    window: StoryWindow | None
    stops: list[StoryStop]


class CanceledOrder(Struct):
    """An order that the liquidation canceled."""

    order_id: Id
    symbol: Symbol
    side: Side
    size: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    time: Time


class CanceledOrders(Struct):
    """How many orders were canceled, and the first hundred of them."""

    count: int
    listed: list[CanceledOrder]


class StepFill(Struct):
    """A fill of a step."""

    price: Decimal
    size: Decimal
    fee: Decimal
    realized: Decimal
    time: Time


class StoryStep(Struct):
    """A step before the takeover."""

    kind: str
    symbol: Symbol | None
    size: Decimal | None
    remaining: Decimal | None
    limit: Decimal | None
    fills: list[StepFill]
    equity: Decimal
    maintenance_margin: Decimal
    time: Time


class TakeoverFill(Struct):
    """A fill with which the liquidation engine got rid of the position."""

    price: Decimal
    size: Decimal
    liquidity: Literal["maker", "taker"]
    fee: Decimal
    time: Time


class Deleveraging(Struct):
    """How many others were closed against the takeover, and what they gave up."""

    counterparties: int
    size: Decimal
    given_up: Decimal


class Takeover(Struct):
    """A position that the liquidation engine assumed, how it got rid of it, and who paid or gained."""

    symbol: Symbol
    size: Decimal
    bankruptcy_price: Decimal | None
    realized: Decimal
    fee: Decimal
    equity_given_up: Decimal
    time: Time
    fills: list[TakeoverFill]
    fill_count: int
    filled: Decimal
    netted: Decimal
    assigned: Decimal
    to_fund: Decimal
    from_fund: Decimal
    deleveraged: Deleveraging
    written_down: Decimal
    result: Decimal
    closed: Time | None


class Socialized(Struct):
    """A loss that was shared among winners."""

    accounts: int
    amount: Decimal


class Moment(Struct):
    """What happened when."""

    time: Time
    text: str


class WorstMark(Struct):
    """The mark of the hour after that was worst for the position."""

    symbol: Symbol
    mark: Decimal


class Prevention(Struct):
    """What would have prevented it."""

    margin_now: Decimal
    margin_hour: Decimal
    hour_complete: bool
    leverage: Decimal | None
    stop_price: Decimal | None
    sentences: list[str]
    worst_marks: list[WorstMark]


class Story(MyLiquidation):
    """Everything that explains one liquidation: index, mark, what was held and needed, each step and its
    cost, and what would have prevented it."""

    balance: Decimal
    positions: list[StoryPosition]
    canceled_orders: CanceledOrders
    steps: list[StoryStep]
    takeovers: list[Takeover]
    calls: list[StoryCall]
    conversions: list[StoryConversion]
    socialized: Socialized
    bad_debt: Decimal
    complete: bool
    timeline: list[Moment]
    sentences: list[str]
    prevention: Prevention
