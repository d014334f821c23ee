"""Who is signed in, and with which keys."""
from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .words import Scope, WallTime


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


class EligibleInstrument(Struct):
    """What the rules say about one instrument: what they add to margin, which level of identification they ask for."""

    symbol: str
    product: str
    allowed: bool
    asks: list[str]
    level: str
    rules: list[str]
    refusal: dict[str, str] | None


class AccountLevel(Struct):
    """An account and how far its owner is identified."""

    account: int
    level: str


class Level(Struct):
    """A level of identification."""

    level: str
    means: str


class Eligibility(Struct):
    """Words to sign up with, what the venue itself asks, and what the rules say about every instrument. An empty
    jurisdiction is not restricted."""

    as_of: str
    access: str
    jurisdictions: list[str]
    clients: list[str]
    jurisdiction: str
    client: str
    levels: list[Level]
    venue_asks: list[dict]
    instruments: list[EligibleInstrument]
