"""A made-up outside world: a seeded random walk whose volatility wanders and which jumps now and then.  FEED-010"""
from __future__ import annotations

import numpy as np

from ..lab.path import SUBSTEPS, Path
from ..lab.rng import normals, uniforms
from .settings import FeedSettings

MINUTES = 2 * 1440
"""Length of a round; the next one has another seed and goes on from its price."""
YEAR_STEPS = 365 * 1440 * SUBSTEPS
CLUSTER_STEPS = 360 * SUBSTEPS
"""The logarithm of volatility comes back to its mean with this time constant: six hours."""
WANDER = 0.5
"""Standard deviation of the logarithm of volatility over long times."""
RETURN_STEPS = 5 * 1440 * SUBSTEPS
"""Price comes back to where the round began with this time constant: five days."""
JUMP_LOW, JUMP_HIGH = 0.006, 0.03
PRICE = 50_000.0


def log_returns(seed: int, steps: int, volatility: float, jumps: float) -> np.ndarray:
    """(steps,) log price less its start: diffusion with clustered volatility, jumps of 0.6 … 3 % either way.

    ``volatility`` a year; ``jumps`` a day.
    """
    shocks, winds = normals(seed, 11, steps), normals(seed, 12, steps)
    pull = 1.0 / CLUSTER_STEPS
    logs, level, price = np.empty(steps), 0.0, 0.0
    happens = uniforms(seed, 13, steps) < jumps / (1440 * SUBSTEPS)
    sizes = JUMP_LOW + (JUMP_HIGH - JUMP_LOW) * uniforms(seed, 14, steps) ** 2
    sides = np.where(uniforms(seed, 15, steps) < 0.5, -1.0, 1.0)
    kicks = np.where(happens, sides * sizes, 0.0)
    unit = volatility / np.sqrt(YEAR_STEPS)
    for step in range(steps):
        level += -pull * level + WANDER * np.sqrt(2 * pull) * winds[step]
        price += -price / RETURN_STEPS + unit * np.exp(level - 0.5 * WANDER**2) * shocks[step] + kicks[step]
        logs[step] = price
    return logs


def synthetic_path(settings: FeedSettings, number: int, lead_minutes: int) -> Path:
    """The path of a round. The first one begins with a lead in which the population enters."""
    steps = MINUTES * SUBSTEPS
    logs = log_returns(settings.seed * 1_000_003 + number, steps, settings.volatility, settings.jumps)
    start = (settings.price or PRICE) * 100
    prices = np.maximum(1, np.rint(start * np.exp(logs))).astype(np.int64).reshape(-1, SUBSTEPS)
    lead = lead_minutes if number == 1 else 0
    return Path(
        name="synthetic", title="A synthetic market", symbol=settings.symbol or "XBTUSD", as_of="", start_ns=0,
        prices=prices, build_up=lead, focus=(lead, MINUTES - 1),
        source=f"random walk of seed {settings.seed}", order_note="three seeded prices a minute",
        population={"open_interest_usd": 300e6},
    )
