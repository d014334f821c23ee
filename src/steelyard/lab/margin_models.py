"""Measures of margin models: how a past return is seen today, how stress enters, how much margin swings with the cycle.

Floats over sequences; nothing here decides anything. Source of all: regulation.md 5.2.
"""
from __future__ import annotations

from collections.abc import Sequence


def filtered_return(past: float, volatility_then: float, volatility_now: float) -> float:
    """A past return at today's volatility: filtered historical simulation.  MODL-003

    >>> filtered_return(-0.02, 0.10, 0.20)
    -0.04
    """
    return past * volatility_now / volatility_then


def stressed_margin(current: float, stressed: float, weight: float = 0.25) -> float:
    """Margin with a weight of at least a quarter on stressed observations (EU 153/2013 Art 28).  MODL-004

    >>> stressed_margin(8, 20)
    11.0
    """
    return (1 - weight) * current + weight * stressed


def peak_to_trough(margins: Sequence[float]) -> float:
    """Largest over smallest margin of a fixed portfolio along a path.  MODL-005

    >>> round(peak_to_trough([10, 12, 9, 30, 27]), 2)
    3.33
    """
    return max(margins) / min(margins)


def worst_rise(margins: Sequence[float], steps: int = 1) -> float:
    """The largest relative rise over so many steps; 2.33 is +233 %.  MODL-005

    >>> round(worst_rise([10, 12, 9, 30, 27]), 2)
    2.33
    """
    return max(later / before - 1 for before, later in zip(margins, margins[steps:]))
