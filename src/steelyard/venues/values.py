"""What a written value means as an integer. One parser per kind of quantity; every one is exact or refuses.  PROF-004

Units are part of the text: ``"0.5 %"``, ``"8 h"``, ``"0.5 USD"``, ``"100 contracts"``, ``"200 XBT"``.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from ..units import DAY, HOUR, MINUTE, PPB, SECOND, UnitError, decimal, rate_ppb, to_steps
from .dated import nearest

DURATIONS = {"s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY}


@dataclass(frozen=True)
class Asset:
    """Something cash is kept in. ``id`` is its number in the engine, ``decimals`` how many places an atom has."""

    id: int
    name: str
    decimals: int

    @property
    def atom(self) -> Decimal:
        return Decimal(1).scaleb(-self.decimals)


@dataclass(frozen=True)
class Grid:
    """The steps an instrument's prices and sizes live on, and what one lot is worth."""

    kind: str                       # "linear", "inverse" or "quanto"
    base: str
    quote: str
    settlement: Asset
    tick: Decimal                   # quote currency
    mark_unit: Decimal              # quote currency
    index_unit: Decimal             # quote currency
    lot_contracts: int
    contract_size: Decimal          # inverse: quote; linear: base; quanto: settlement asset per 1 of price
    rounded_per: str                # inverse only: "lot" or "contract"

    @property
    def parts_per_lot(self) -> int:
        """How many times per lot an inverse value is rounded."""
        return self.lot_contracts if self.kind == "inverse" and self.rounded_per == "contract" else 1

    @property
    def lot_value_numerator(self) -> int:
        """Linear and quanto: atoms per lot and mark unit. Inverse: atoms x mark units per part of a lot.  PROF-006"""
        if self.kind == "inverse":
            contracts_per_part = self.lot_contracts // self.parts_per_lot
            exact = contracts_per_part * self.contract_size / (self.settlement.atom * self.mark_unit)
            what = f"{contracts_per_part} x {self.contract_size} / (atom x mark unit)"
        else:
            exact = self.lot_contracts * self.contract_size * self.mark_unit / self.settlement.atom
            what = f"{self.lot_contracts} x {self.contract_size} x {self.mark_unit} / atom"
        if exact != exact.to_integral_value() or exact <= 0:
            raise UnitError(f"one lot over one mark unit is {what} = {exact} atoms, not a whole number above 0; "
                            "a coarser mark unit or a larger lot would do")
        return int(exact)


def quantity(text: Any, unit: str, what: str) -> Decimal:
    """The number in front of ``unit``; anything else is refused with the unit that would do.

    >>> quantity("200 XBT", "XBT", "cap")
    Decimal('200')
    """
    if not isinstance(text, str):
        raise UnitError(f"{what}: write text with its unit, such as \"{text} {unit}\", not {text!r}")
    number, _, word = text.strip().partition(" ")
    if word.strip() != unit:
        raise UnitError(f"{what}: {text!r} must be given in {unit}, such as \"{number} {unit}\"")
    return decimal(number.replace("_", ""), what)


def positive(value: int, what: str) -> int:
    if value <= 0:
        raise UnitError(f"{what}: must be above 0")
    return value


def not_negative(value: int, what: str) -> int:
    if value < 0:
        raise UnitError(f"{what}: must not be negative")
    return value


def rate(text: Any, grid: Grid | None, what: str) -> int:
    """A rate from 0 to 1, in ppb."""
    return _rate_between(text, 0, what)


def signed_rate(text: Any, grid: Grid | None, what: str) -> int:
    """A rate from -1 to 1 (a rebate is negative), in ppb."""
    return _rate_between(text, -PPB, what)


def _rate_between(text: Any, low_ppb: int, what: str) -> int:
    if not isinstance(text, str):
        raise UnitError(f"{what}: write the rate as text, such as \"0.05 %\", not {text!r}")
    value = rate_ppb(text, what)
    if not low_ppb <= value <= PPB:
        raise UnitError(f"{what}: {text!r} must lie between {low_ppb // 10_000_000} % and 100 %")
    return value


def atoms_per_ppb(text: Any, grid: Grid, what: str) -> int:
    """A rate per whole coin of value, as the atoms of value for which it rises by one ppb; refused unless whole."""
    slope = positive(rate(text, grid, what), what)
    return positive(to_steps(1 / grid.settlement.atom / slope, "1", what), what)


def ratio(text: Any, grid: Grid | None, what: str) -> int:
    """A ratio from 0 to 9 written as a rate such as ``"150 %"``, in ppb."""
    if not isinstance(text, str):
        raise UnitError(f"{what}: write the ratio as text, such as \"150 %\", not {text!r}")
    value = rate_ppb(text, what)
    if not 0 <= value <= 9 * PPB:
        raise UnitError(f"{what}: {text!r} must lie between 0 % and 900 %")
    return value


def leverage_rate(text: Any, grid: Grid | None, what: str) -> int:
    """Leverage such as ``"100 x"`` as the initial margin rate it means, rounded up to the next ppb (less leverage)."""
    times = quantity(text, "x", what)
    if not 1 <= times <= 1000:
        raise UnitError(f"{what}: {text!r} must lie between 1 x and 1000 x")
    return int((PPB / times).to_integral_value(ROUND_CEILING))


def duration(text: Any, grid: Grid | None, what: str) -> int:
    """A time above 0 in nanoseconds."""
    word = text.rpartition(" ")[2] if isinstance(text, str) else ""
    if word not in DURATIONS:
        raise UnitError(f"{what}: {text!r} must end in one of {', '.join(DURATIONS)}, such as \"8 h\"")
    return positive(to_steps(quantity(text, word, what) * DURATIONS[word], "1", what), what)


def offset(text: Any, grid: Grid | None, what: str) -> int:
    """A time of day as a distance from midnight UTC; may be 0."""
    return 0 if text == "0 h" else duration(text, grid, what)


def price_ticks(text: Any, grid: Grid, what: str) -> int:
    """A price on the order grid."""
    return positive(to_steps(quantity(text, grid.quote, what), grid.tick, what), what)


def size_lots(text: Any, grid: Grid, what: str) -> int:
    """A size in contracts, on the lot grid."""
    return positive(to_steps(quantity(text, "contracts", what), str(grid.lot_contracts), what), what)


def cash_atoms(text: Any, grid: Grid, what: str) -> int:
    """An amount of the settlement asset."""
    return positive(to_steps(quantity(text, grid.settlement.name, what), grid.settlement.atom, what), what)


def cash_per_lot(text: Any, grid: Grid, what: str) -> int:
    """An amount of the settlement asset per contract, in atoms per lot."""
    return cash_atoms(text, grid, what) * grid.lot_contracts


def factor(text: Any, grid: Grid | None, what: str) -> int:
    """A multiple such as ``"110 %"``, in ppb; from 100 % to 1,000 %."""
    if not isinstance(text, str):
        raise UnitError(f"{what}: write the factor as text, such as \"110 %\", not {text!r}")
    value = rate_ppb(text, what)
    if not PPB <= value <= 10 * PPB:
        raise UnitError(f"{what}: {text!r} must lie between 100 % and 1,000 %")
    return value


def count(text: Any, grid: Grid | None, what: str) -> int:
    """A whole number, written bare."""
    if type(text) is not int:
        raise UnitError(f"{what}: {text!r} must be a whole number without quotes")
    return not_negative(text, what)


def flag(text: Any, grid: Grid | None, what: str) -> int:
    """``true`` or ``false``."""
    if type(text) is not bool:
        raise UnitError(f"{what}: {text!r} must be true or false")
    return int(text)


def flag_or(words: dict[str, int]) -> Callable[[Any, Grid | None, str], int]:
    """``true``, ``false``, or one of the named ways."""
    def parse(text: Any, grid: Grid | None, what: str) -> int:
        return int(text) if type(text) is bool else choice(words)(text, grid, what)
    return parse


def choice(words: dict[str, int]) -> Callable[[Any, Grid | None, str], int]:
    """One of the named ways."""
    def parse(text: Any, grid: Grid | None, what: str) -> int:
        if text not in words:
            raise UnitError(f"{what}: {text!r} is not a choice{nearest(text, words)}")
        return words[text]
    return parse


def or_none(parse: Callable[[Any, Grid | None, str], int]) -> Callable[[Any, Grid | None, str], int]:
    """The same quantity, or ``"none"``, which the engine reads as 0: this rule does not apply."""
    def parse_or_none(text: Any, grid: Grid | None, what: str) -> int:
        return 0 if text == "none" else parse(text, grid, what)
    return parse_or_none
