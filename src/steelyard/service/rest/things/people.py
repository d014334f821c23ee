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
