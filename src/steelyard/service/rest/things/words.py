"""Words and errors that all things are made of."""
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
