"""Before the trade: size, liquidation price, fees and funding, by the rules the engine runs.

``from steelyard import plan; plan.liq(venue="bitmex", entry="8000", size="10000", leverage="25")``. Every function
takes the fields of :mod:`.questions` as text and answers with a type of :mod:`.answers`; what cannot be answered raises
:class:`PlanError`, which names the field, the rule, and what would do.
"""
from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import PlanError, read

KINDS = {"liq": ("liquidation", "Liq"), "size": ("sizing", "Size")}
"""Every plan: the module that answers it, the type of its question."""

__all__ = ["KINDS", "PlanError", "ask", *KINDS]


def ask(kind: str, body: dict[str, Any]):
    """The answer of a plan to a question given as a dictionary of its fields."""
    if kind not in KINDS:
        raise PlanError("kind", f"{kind!r} is no plan", f"one of {', '.join(KINDS)}", "PLAN-001", "not_found")
    room, question = KINDS[kind]
    questions = import_module(f"{__name__}.questions")
    return import_module(f"{__name__}.{room}").plan(read(getattr(questions, question), body))


def liq(**fields: Any):
    """Where a position is liquidated, every term of the condition, and what margin does to it.  PLAN-005"""
    return ask("liq", fields)


def size(**fields: Any):
    """The largest size that loses no more than the risk at its stop, all in.  PLAN-010"""
    return ask("size", fields)
