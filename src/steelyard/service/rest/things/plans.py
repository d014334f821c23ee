"""Plans for a position that is held, as ``views/plans.py`` makes them."""
from __future__ import annotations

from typing import Literal

from msgspec import Struct

from .account import BracketTarget
from .words import Decimal, MarginMode, Side, Symbol


class MarginRow(Struct):
    """With ``amount`` more margin (below zero: less) the position looks like this; ``error``: why it cannot be."""

    amount: Decimal
    accepted: bool
    error: str | None
    collateral: Decimal | None
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    margin_ratio: Decimal | None
    available: Decimal | None


class MarginPlan(Struct):
    """What margin does to a position: a table, the amount asked for, and what the price asked for needs."""

    symbol: Symbol
    margin_mode: MarginMode
    table: list[MarginRow]
    asked: MarginRow | None
    needed: MarginRow | None


class PlannedOrder(Struct):
    """One order of a scale-out, and what is locked in once it is filled."""

    side: Side
    type: Literal["limit"]
    reduce_only: bool
    time_in_force: Literal["gtc"]
    price: Decimal
    size: Decimal
    profit: Decimal
    locked_in: Decimal
    remaining: Decimal


class PlannedTargets(Struct):
    """The same steps as targets of a bracket."""

    targets: list[BracketTarget]
    ladder: Literal["fixed", "trail_targets"]


class ScaleOutPlan(Struct):
    """A position left step by step."""

    symbol: Symbol
    orders: list[PlannedOrder]
    total_profit: Decimal
    left: Decimal
    bracket: PlannedTargets | None
