"""What belongs to one account: orders, fills, positions, cash, notices."""
from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .words import Decimal, ErrorBody, Id, MarginMode, Side, Source, Symbol, Time, WallTime


class BracketTarget(Struct):
    """One target of a bracket."""

    price: Decimal
    share: Decimal


class Bracket(Struct):
    """What an entry carries: a stop, and targets."""

    stop_price: Decimal | None
    stop_source: Source
    trail_offset: Decimal | None
    targets: list[BracketTarget]
    ladder: Literal["fixed", "trail_targets"]


class Order(Struct):
    """An order or a trigger."""

    order_id: Id
    client_order_id: str | None
    symbol: Symbol
    side: Side
    type: Literal["limit", "market", "stop_market", "stop_limit", "take_profit_market", "take_profit_limit",
                  "trailing_stop", "market_protected", "market_limit"]
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
    value: Decimal | None = None
    liquidation_id: Id | None = None


class Position(Struct):
    """A position with everything that decides about its end."""

    symbol: Symbol
    size: Decimal
    side: Literal["long", "short"]
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
    stop_size: Decimal
    in_liquidation: bool
    updated: Time


class MarginCall(Struct):
    """A margin call: ``asked`` when it was made, ``due`` what would meet it now; where equity falls to
    ``close_out_equity``, or the deadline passes unmet, the wallet is liquidated."""

    asked: Decimal
    due: Decimal
    called: Time
    deadline: Time
    close_out_equity: Decimal


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
    margin_level: Annotated[Decimal | None, Meta(description="Equity over the initial margin of positions.")]
    buffer: Annotated[Decimal | None, Meta(description="1: just the initial margin is there, 0: at maintenance.")]
    isolated_margin: Decimal
    total_equity: Decimal
    in_liquidation: bool
    margin_call: MarginCall | None
    updated: Time


class Notice(Struct):
    """Something an account holder should know."""

    id: Id
    kind: Literal["margin_warning", "margin_call", "liquidation", "deleveraged", "assigned", "conversion",
                  "margin_window", "settlement", "funding", "order", "status"]
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
    mark: Decimal
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
    errors: list[ErrorBody]


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
    place: Literal["wallet", "collateral"]
    symbol: Symbol | None
    amount: Decimal
    balance: Decimal
    reason: str
    counterpart: str
    counterpart_account: str | None
    order_id: Id | None
    fill_id: Id | None
    liquidation_id: Id | None
    time: Time
