"""What may be asked, as types: the decoder refuses unknown fields, missing ones, numbers where text is due (SERV-001).

Amounts, prices, sizes and rates are decimal text; times milliseconds UTC of the venue's clock. The same types serve
both doors; the WebSocket's carry ``op`` and ``id`` besides.
"""
from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=40)]
Name = Annotated[str, Meta(max_length=64)]
Side = Literal["buy", "sell"]
Type = Literal["limit", "market", "stop_market", "stop_limit", "take_profit_market", "take_profit_limit",
               "trailing_stop", "market_protected", "market_limit"]
TimeInForce = Literal["gtc", "ioc", "fok", "gtd"]
Source = Literal["mark", "last", "index"]
Ladder = Literal["fixed", "trail_targets"]
MarginMode = Literal["isolated", "cross"]


class Target(Struct, forbid_unknown_fields=True, frozen=True):
    """One target of a bracket: a price, and the share of the filled entry closed there."""

    price: Text
    share: Text


class PlaceOrder(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new order or trigger, perhaps with a bracket. ``oco`` names its partner: an order id or ``client:NAME``."""

    symbol: Name
    side: Side
    type: Type = "limit"
    size: Text | None = None
    price: Text | None = None
    trigger_price: Text | None = None
    trigger_source: Source = "mark"
    trail_offset: Text | None = None
    time_in_force: TimeInForce | None = None
    expires: int | None = None
    post_only: bool = False
    reduce_only: bool = False
    close: bool = False
    display_size: Text | None = None
    client_order_id: Name | None = None
    oco: Name | None = None
    stop_price: Text | None = None
    stop_source: Source = "mark"
    targets: Annotated[tuple[Target, ...], Meta(max_length=4)] = ()
    ladder: Ladder = "fixed"


class AmendOrder(Struct, forbid_unknown_fields=True, kw_only=True):
    """New numbers for an order; what is not given stays. ``size`` is what is to remain."""

    order_id: Name | None = None
    client_order_id: Name | None = None
    size: Text | None = None
    price: Text | None = None
    trigger_price: Text | None = None
    trail_offset: Text | None = None


class CancelOrder(Struct, forbid_unknown_fields=True, kw_only=True):
    """An order to take back, by either id."""

    order_id: Name | None = None
    client_order_id: Name | None = None


class CancelAll(Struct, forbid_unknown_fields=True, kw_only=True):
    """All orders of the account, in one instrument or in all."""

    symbol: Name | None = None


class Leverage(Struct, forbid_unknown_fields=True, kw_only=True):
    """Leverage of a position, such as ``"25"``; ``"0"`` leaves it to the tier."""

    symbol: Name
    leverage: Text


class ChooseMarginMode(Struct, forbid_unknown_fields=True, kw_only=True):
    """Isolated with its own collateral, or cross with the whole wallet."""

    symbol: Name
    margin_mode: MarginMode


class MoveMargin(Struct, forbid_unknown_fields=True, kw_only=True):
    """Cash to add to an isolated position's collateral, or (negative) to take from it."""

    symbol: Name
    amount: Text


class ClosePosition(Struct, forbid_unknown_fields=True, kw_only=True):
    """Close a whole position at the market, or at a limit."""

    symbol: Name
    price: Text | None = None
    client_order_id: Name | None = None


class Step(Struct, forbid_unknown_fields=True, frozen=True):
    """One step of a scale-out: a price and a size in contracts."""

    price: Text
    size: Text


class ScaleOut(Struct, forbid_unknown_fields=True, kw_only=True):
    """Resting reduce-only orders that close a position step by step."""

    symbol: Name
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=20)]


class Deposit(Struct, forbid_unknown_fields=True, kw_only=True):
    """Paper money for an account."""

    asset: Name
    amount: Text


# ---------------------------------------------------------------- the WebSocket's messages
class Message(Struct, forbid_unknown_fields=True, kw_only=True, tag_field="op"):
    """A message of a client. ``id`` is repeated in the answer as it came."""

    id: msgspec.Raw = msgspec.Raw(b"null")


class PlaceMessage(PlaceOrder, tag_field="op", tag="order.place", kw_only=True, forbid_unknown_fields=True):
    id: msgspec.Raw = msgspec.Raw(b"null")


class AmendMessage(AmendOrder, tag_field="op", tag="order.amend", kw_only=True, forbid_unknown_fields=True):
    id: msgspec.Raw = msgspec.Raw(b"null")


class CancelMessage(CancelOrder, tag_field="op", tag="order.cancel", kw_only=True, forbid_unknown_fields=True):
    id: msgspec.Raw = msgspec.Raw(b"null")


class CancelAllMessage(CancelAll, tag_field="op", tag="order.cancel_all", kw_only=True, forbid_unknown_fields=True):
    id: msgspec.Raw = msgspec.Raw(b"null")


class Ping(Message, tag="ping"):
    """Is the venue there, and what time is it."""


class SignIn(Message, tag="sign_in"):
    """Prove a key: ``signature`` over ``time`` (wall clock, ms) and ``nonce``."""

    key: Name
    time: int
    nonce: Name
    signature: Annotated[str, Meta(max_length=256)]


class Subscribe(Message, tag="subscribe"):
    """Streams to begin, perhaps after a known sequence."""

    channels: Annotated[list[Name], Meta(min_length=1, max_length=100)]
    resume: Annotated[dict[Name, int], Meta(max_length=100)] = {}


class Unsubscribe(Message, tag="unsubscribe"):
    """Streams to end."""

    channels: Annotated[list[Name], Meta(min_length=1, max_length=100)]


class CancelAllAfter(Message, tag="cancel_all_after"):
    """The dead man's switch: ``timeout`` ms from now, 0 = off."""

    timeout: Annotated[int, Meta(ge=0, le=86_400_000)]


class CancelOnDisconnect(Message, tag="cancel_on_disconnect"):
    """Whether the account's orders are canceled when this connection ends."""

    on: bool


class Preview(Struct, forbid_unknown_fields=True, kw_only=True, tag_field="op", tag="preview"):
    """What an order would do if it came now."""

    symbol: Name
    side: Side
    type: Type = "limit"
    size: Text | None = None
    risk: Text | None = None
    price: Text | None = None
    trigger_price: Text | None = None
    leverage: Text | None = None
    margin_mode: MarginMode | None = None
    stop_price: Text | None = None
    stop_source: Source = "mark"
    targets: Annotated[tuple[Target, ...], Meta(max_length=4)] = ()
    post_only: bool = False
    reduce_only: bool = False
    time_in_force: TimeInForce | None = None
    id: msgspec.Raw = msgspec.Raw(b"null")


Any = (PlaceMessage | AmendMessage | CancelMessage | CancelAllMessage | Ping | SignIn | Subscribe | Unsubscribe
       | CancelAllAfter | CancelOnDisconnect | Preview)


class Head(Struct):
    """The part of a bad message that lets its answer find the question."""

    id: msgspec.Raw = msgspec.Raw(b"null")
    op: str | None = None


OPERATIONS = ("ping", "sign_in", "subscribe", "unsubscribe", "order.place", "order.amend", "order.cancel",
              "order.cancel_all", "cancel_all_after", "cancel_on_disconnect", "preview")
