"""The form every published figure has: an id, what it is, what was published, what comes out here, and on whose word.

A venue's module owns a :class:`Facts` and adds vectors to it; the page and the tests are made from what it holds.
"""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

EXACT, ROUNDED = "exact", "rounded"
INCONSISTENT, DIFFERS, NOT_MODELLED = "inconsistent", "differs", "not modelled"
KINDS = {
    EXACT: "reproduced to the last digit",
    ROUNDED: "reproduced to the places that were published",
    INCONSISTENT: "the published example contradicts itself or its own rule; the note says how",
    DIFFERS: "the venue's figure stands and ours is another; the note says why",
    NOT_MODELLED: "nothing here answers it; the note says why and where it would belong",
}
SECTIONS = ("bitmex", "cme", "coinbase", "defi", "deribit", "kraken", "options", "regulation", "science")
"""Every module of figures, in the order of the page. A section stands on the page before it has vectors, so that two
people who fill two of them never touch the same lines."""


@dataclass(frozen=True)
class Row:
    """One figure of a vector. ``expected`` is as published, ``got`` as it comes out here."""

    kind: str
    what: str
    expected: Any
    got: Any
    note: str = ""

    def fault(self) -> str:
        """Why the row is not what its kind says, or nothing."""
        if self.kind == EXACT and self.got != self.expected:
            return f"{self.what}: published {self.expected!r}, here {self.got!r}"
        if self.kind == ROUNDED and to_places(self.got, self.expected) != Decimal(self.expected):
            return f"{self.what}: published {self.expected}, here {to_places(self.got, self.expected)}"
        if self.kind in (INCONSISTENT, DIFFERS) and self.got == self.expected:
            return f"{self.what}: comes out as published ({self.got!r}) and is not marked exact"
        if self.kind in (INCONSISTENT, DIFFERS, NOT_MODELLED) and len(self.note.split()) < 4:
            return f"{self.what}: {self.kind} needs a note that says how and why"
        return ""


@dataclass(frozen=True)
class Vector:
    """A published example: all figures of it that were stated."""

    id: str
    what: str
    source: str
    compute: Callable[[], Iterable[Row]]

    def rows(self) -> list[Row]:
        return list(self.compute())


@dataclass
class Facts:
    """The published figures of one venue. ``name`` is the module's name, ``study`` says where the ids are from."""

    name: str
    title: str
    study: str
    vectors: list[Vector] = field(default_factory=list)

    def vector(self, id: str, what: str, source: str):
        """Decorator of a function that yields the rows of one published example."""
        def add(compute: Callable[[], Iterable[Row]]) -> Callable[[], Iterable[Row]]:
            assert id not in [one.id for one in self.vectors], f"{self.name}: {id} twice"
            self.vectors.append(Vector(id, what, source, compute))
            return compute
        return add

    def not_modelled(self, id: str, what: str, source: str, why: str) -> None:
        """A published example that nothing here answers."""
        self.vector(id, what, source)(lambda: [Row(NOT_MODELLED, "", "", "", why)])


def exact(what: str, expected: Any, got: Any, note: str = "") -> Row:
    """Published and recomputed figures are equal."""
    return Row(EXACT, what, expected, plain(got), note)


def rounded(what: str, expected: str, got: int | Decimal | Fraction, note: str = "") -> Row:
    """Equal to the places of ``expected``, decimal text; halves are rounded away from zero."""
    return Row(ROUNDED, what, expected, got, note)


def inconsistent(what: str, expected: Any, got: Any, how: str) -> Row:
    """The published figure contradicts its own rule or its other figures."""
    return Row(INCONSISTENT, what, expected, plain(got), how)


def differs(what: str, expected: Any, got: Any, why: str) -> Row:
    """The published figure is sound; ours is another."""
    return Row(DIFFERS, what, expected, plain(got), why)


def not_modelled(what: str, why: str, expected: Any = "") -> Row:
    """One figure of a vector that nothing here answers, beside others that come out."""
    return Row(NOT_MODELLED, what, expected, "", why)


def plain(value: Any) -> Any:
    """Integers of any array type as Python's own."""
    if hasattr(value, "item"):
        return value.item()
    return type(value)(plain(one) for one in value) if isinstance(value, (list, tuple)) else value


def to_places(value: int | Decimal | Fraction, like: str) -> Decimal:
    """A number rounded to the decimal places of a text."""
    exponent = Decimal(like).as_tuple().exponent
    step = Decimal(1).scaleb(min(0, exponent))
    if isinstance(value, Fraction):
        scaled = value / Fraction(step)
        whole = (abs(scaled) + Fraction(1, 2)).__floor__()
        return (whole if scaled >= 0 else -whole) * step
    return Decimal(plain(value)).quantize(step, ROUND_HALF_UP)


def all_facts() -> list[Facts]:
    """The figures of every module beside this one that has some, in the order of the page."""
    package = importlib.import_module(__package__)
    found = {name for _, name, _ in pkgutil.iter_modules(package.__path__)}
    return [importlib.import_module(f"{__package__}.{name}").FACTS for name in SECTIONS if name in found]
