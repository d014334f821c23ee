"""Scales, and decimal text to integers and back. Everything the engine sees has passed through here.

Rates are integers in parts per billion (``PPB``), time is nanoseconds UTC, prices are ticks (marks: finer *mark
units*), sizes are lots, cash is atoms of its asset.
"""
from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

PPB = 1_000_000_000
"""One, as a rate: parts per billion."""
MICRO = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class UnitError(ValueError):
    """Text that is not a number on the required grid. The message names the field, the rule and what would do."""


def decimal(text: str | int | Decimal, field: str = "value") -> Decimal:
    """Exact decimal of ``text``; floats are refused because they are not exact.

    >>> decimal("97250.5")
    Decimal('97250.5')
    """
    if isinstance(text, float):
        raise UnitError(f"{field}: got the float {text!r}; give decimal text such as \"{text}\"")
    try:
        value = Decimal(text)
    except (InvalidOperation, ValueError, TypeError):
        raise UnitError(f"{field}: {text!r} is not a decimal number") from None
    if not value.is_finite():
        raise UnitError(f"{field}: {text!r} is not a finite number")
    return value


def to_steps(text: str | int | Decimal, step: str | Decimal, field: str = "value") -> int:
    """How many whole ``step``s ``text`` is; refused when it is not on the grid.

    >>> to_steps("97250.5", "0.5", "price")
    194501
    """
    value, size = decimal(text, field), decimal(step, "step")
    steps = value / size
    whole = steps.to_integral_value(ROUND_FLOOR)
    if whole != steps:
        below, above = whole * size, steps.to_integral_value(ROUND_CEILING) * size
        raise UnitError(f"{field}: {value} must be a multiple of {size}; the nearest are {below} and {above}")
    return int(whole)


def from_steps(steps: int, step: str | Decimal) -> str:
    """Decimal text of ``steps`` steps.

    >>> from_steps(194501, "0.5")
    '97250.5'
    """
    return format(Decimal(steps) * decimal(step, "step"), "f")


def rate_ppb(text: str | int | Decimal, field: str = "rate") -> int:
    """A rate written as a fraction (``"0.0005"``) or per cent (``"0.05 %"``), in parts per billion.

    >>> rate_ppb("0.05 %")
    500000
    """
    if isinstance(text, str) and text.rstrip().endswith("%"):
        return to_steps(decimal(text.rstrip()[:-1].strip(), field) / 100, Decimal(1).scaleb(-9), field)
    return to_steps(text, Decimal(1).scaleb(-9), field)


def atoms_text(atoms: int, decimals: int) -> str:
    """Cash as decimal text with all its places.

    >>> atoms_text(-12345, 8)
    '-0.00012345'
    """
    return format(Decimal(atoms).scaleb(-decimals), f".{decimals}f")
