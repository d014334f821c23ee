"""What REST requests say beyond what both doors share (``service.requests``): queries, and the bodies of people."""
from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ..requests import Ladder, MarginMode, Name, Side, Source, Step, Target, Text, TimeInForce, Type
from .things.words import Scope

Limit = Annotated[int, Meta(ge=1, le=1000, description="How many at most.")]
CursorText = Annotated[str, Meta(max_length=512, description="``next`` of the page before.")]
Millis = Annotated[int, Meta(ge=0, le=9_000_000_000_000, description="Milliseconds UTC of the venue's clock.")]
STRICT = {"forbid_unknown_fields": True, "kw_only": True}


# ---------------------------------------------------------------- queries
class Nothing(Struct, **STRICT):
    """No query."""


class DepthQuery(Struct, **STRICT):
    """How deep."""

    levels: Annotated[int, Meta(ge=1, le=50)] = 50


class CountQuery(Struct, **STRICT):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 100


class PageQuery(Struct, **STRICT):
    """A page of a list, newest first."""

    symbol: Name | None = None
    cursor: CursorText | None = None
    limit: Limit = 100


class SymbolPageQuery(Struct, **STRICT):
    """A page of a list of one instrument, newest first."""

    cursor: CursorText | None = None
    limit: Limit = 100


class OrdersQuery(PageQuery, **STRICT):
    """Orders of a state: ``open`` has those that wait for a trigger too."""

    state: Literal["open", "filled", "canceled", "refused", "all"] = "open"


class CandlesQuery(Struct, rename={"from_": "from"}, **STRICT):
    """Candles that begin in [from, to), oldest first: the newest ``limit`` of them, with ``from`` alone the first."""

    interval: Literal["1m", "5m", "15m", "1h"] = "1m"
    from_: Millis | None = None
    to: Millis | None = None
    limit: Limit = 500


class SymbolQuery(Struct, **STRICT):
    """One instrument, or all."""

    symbol: Name | None = None


# ---------------------------------------------------------------- people
class SignIn(Struct, **STRICT):
    """Name and password."""

    name: Annotated[str, Meta(min_length=1, max_length=64, examples=["ann"])]
    password: Annotated[str, Meta(min_length=1, max_length=256, examples=["four plain words here"])]


Jurisdiction = Annotated[str, Meta(max_length=16, description="Country code whose rules bind; empty: none.",
                                   examples=["GB"])]
ClientClass = Annotated[str, Meta(max_length=32, description="retail, professional or institutional.",
                                  examples=["retail"])]


class Register(SignIn, **STRICT):
    """A new user. Who states a jurisdiction and a client class is bound by its rules."""

    jurisdiction: Jurisdiction = ""
    client: ClientClass = "retail"


class PaperQuery(Struct, **STRICT):
    """Whose rules bind the account; none where no jurisdiction is given."""

    jurisdiction: Jurisdiction = ""
    client: ClientClass = "retail"


class PasswordChange(Struct, **STRICT):
    """Another password. One-click users have no old one."""

    new_password: Annotated[str, Meta(min_length=1, max_length=256)]
    old_password: Annotated[str, Meta(max_length=256)] | None = None


class KeyWanted(Struct, **STRICT):
    """A new API key. With ``public_key`` (Ed25519, PEM or base64) the venue keeps no secret."""

    label: Annotated[str, Meta(min_length=1, max_length=64, examples=["my bot"])]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4, examples=[["trade"]])]
    addresses: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=20)] = []
    expires: Annotated[int, Meta(ge=1, lt=1 << 53, description="Wall clock, ms UTC.")] | None = None
    public_key: Annotated[str, Meta(max_length=400)] | None = None


# ---------------------------------------------------------------- orders and positions
class Amendment(Struct, **STRICT):
    """New numbers for an order; what is not given stays. ``size`` is what is to remain."""

    size: Text | None = None
    price: Text | None = None
    trigger_price: Text | None = None
    trail_offset: Text | None = None


class PreviewWanted(Struct, **STRICT):
    """An order to be looked at. ``risk`` is the cash to lose at the stop; it gives the size."""

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
    targets: Annotated[list[Target], Meta(max_length=4)] = []
    post_only: bool = False
    reduce_only: bool = False
    time_in_force: TimeInForce | None = None


class Timeout(Struct, **STRICT):
    """Milliseconds from now, 0 = off."""

    timeout: Annotated[int, Meta(ge=0, le=86_400_000, examples=[60_000])]


class LeverageChoice(Struct, **STRICT):
    """Leverage such as ``"25"``; ``"0"`` leaves it to the tier."""

    leverage: Annotated[str, Meta(max_length=40, examples=["25"])]


class MarginModeChoice(Struct, **STRICT):
    """Isolated with its own collateral, or cross with the whole wallet."""

    margin_mode: MarginMode


class MarginChange(Struct, **STRICT):
    """Cash to add to an isolated position, or (negative) to take from it."""

    amount: Annotated[str, Meta(max_length=40, examples=["0.05"])]


class Closing(Struct, **STRICT):
    """At the market, or at a limit."""

    price: Text | None = None
    client_order_id: Name | None = None


class ScalingOut(Struct, **STRICT):
    """Resting reduce-only orders, a price and a size each."""

    steps: Annotated[list[Step], Meta(min_length=1, max_length=20)]


# ---------------------------------------------------------------- operator
class StatusChange(Struct, rename={"from_": "from"}, **STRICT):
    """A state of the venue, now, or (with ``from``) announced ahead. ``until`` says when it ends by itself. Times are
    wall time."""

    state: Literal["operating", "cancel_only", "reduce_only", "post_only", "maintenance", "halted"]
    message: Annotated[str, Meta(max_length=500)] = ""
    from_: Millis | None = None
    until: Millis | None = None


class InstrumentStateChange(Struct, **STRICT):
    """A state of one market."""

    state: Literal["trading", "cancel_only", "reduce_only", "post_only", "halted"]


class LevelChange(Struct, **STRICT):
    """How far the operator has seen who the owner of an account is."""

    level: Annotated[str, Meta(min_length=1, max_length=8, description="A level of the eligibility table.",
                               examples=["K2"])]


class ReplayChange(Struct, **STRICT):
    """Controls of a feed; what is not given stays."""

    speed: Annotated[float, Meta(ge=1, le=600)] | UnsetType = UNSET
    paused: bool | UnsetType = UNSET
    restart: bool | UnsetType = UNSET
    preset: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


__all__ = ["Ladder", *[name for name, one in list(globals().items()) if isinstance(one, type)
                       and issubclass(one, Struct)]]
