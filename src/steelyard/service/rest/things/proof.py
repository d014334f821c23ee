"""What a venue publishes so that others can check it."""
from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from .words import Decimal, Time

Hash = Annotated[str, Meta(pattern="^([0-9a-f]{32}|[0-9a-f]{64})$", description="Hexadecimal.")]


class AssetSum(Struct):
    """All cash of an asset: wallets, collateral, clearing and funds. The sum is zero, or something is wrong."""

    asset: str
    sum: Decimal


class Proof(Struct):
    """Where the journal stands. ``steelyard audit`` over a copy of it comes to the same hashes."""

    sequence: Annotated[int, Meta(ge=0, description="Commands that are durable and decided.")]
    events: Annotated[int, Meta(ge=0)]
    events_digest: Hash
    chain_hash: Hash
    conservation: list[AssetSum]
    time: Time
