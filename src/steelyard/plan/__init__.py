"""Before the trade: size, liquidation price, fees and funding, by the rules the engine runs.

``from steelyard import plan; plan.liq(venue="bitmex", entry="8000", size="10000", leverage="25")``. Every function
takes the fields of :mod:`.questions` as text and answers with a type of :mod:`.answers`; what cannot be answered raises
:class:`PlanError`, which names the field, the rule, and what would do.
"""
from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import PlanError, read
from .link import FILES

KINDS = {"size": ("sizing", "Size"), "liq": ("liquidation", "Liq"), "compare": ("comparing", "Compare"),
         "funding": ("flow", "Funding"), "ladder": ("rungs", "Ladder"), "hedge": ("hedging", "Hedge"),
         "decay": ("rebalancing", "Decay"), "survive": ("survival", "Survive")}
"""Every plan: the module that answers it, the type of its question."""

__all__ = ["KINDS", "PlanError", "ask", *KINDS]


def ask(kind: str, body: dict[str, Any], files: bool = False):
    """The answer of a plan to a question given as a dictionary of its fields; ``files``: whether it may name files."""
    if kind not in KINDS:
        raise PlanError("kind", f"{kind!r} is no plan", f"one of {', '.join(KINDS)}", "PLAN-001", "not_found")
    room, question = KINDS[kind]
    asked = read(getattr(import_module(f"{__name__}.questions"), question), body)
    for field in FILES + ("venue", "venues"):
        given = getattr(asked, field, None)
        if given and not files and (field in FILES or "." in given or "/" in given):
            raise PlanError(field, "names a file, and files are read on your own machine only",
                            "use the command line, or send the numbers themselves", "PLAN-018")
    try:
        found = import_module(f"{__name__}.{room}").plan(asked)
    except ArithmeticError:
        raise PlanError("question", "a number in it is beyond what the engine holds in 64 bits",
                        "smaller sizes, or prices nearer to each other") from None
    found.shown = import_module(f"{__name__}.layout").layout(kind, found)
    return found


def venues():
    """The profiles that plans can be asked about, with their instruments.  PLAN-001"""
    from ..venues.profile import load_profile, profile_paths
    from .answers import ListedVenue, VenueList
    found = [load_profile(path) for path in profile_paths().values()]
    return VenueList([ListedVenue(one.name, one.title, one.first_date.isoformat(),
                                  [held.symbol for held in one.instruments]) for one in found])


def liq(**fields: Any):
    """Where a position is liquidated, every term of the condition, and what margin does to it.  PLAN-005"""
    return ask("liq", fields, files=True)


def size(**fields: Any):
    """The largest size that loses no more than the risk at its stop, all in.  PLAN-010"""
    return ask("size", fields, files=True)


def compare(**fields: Any):
    """One position under every venue's rules.  PLAN-015"""
    return ask("compare", fields, files=True)


def funding(**fields: Any):
    """What funding costs or brings over time, stamp by stamp.  PLAN-018"""
    return ask("funding", fields, files=True)


def ladder(**fields: Any):
    """Leaving a position in steps: what each locks in, and where the stop stands.  PLAN-019"""
    return ask("ladder", fields, files=True)


def hedge(**fields: Any):
    """Spot held and a short against it: what is locked in, and how far the price may rise.  PLAN-020"""
    return ask("hedge", fields, files=True)


def decay(**fields: Any):
    """What rebalancing does to a leveraged token.  PLAN-021"""
    return ask("decay", fields, files=True)


def survive(**fields: Any):
    """The probability of touching liquidation or a stop before a horizon.  PLAN-022"""
    return ask("survive", fields, files=True)
