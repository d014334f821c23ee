"""The people of a replay, drawn from a seed: parameters with their defaults, and the tables they become."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from ..engine.records import FIRST_TRADER_ACCOUNT
from .crowd import AGENT, BOX, BRACKETED, CLOCK, CROWD, MAKER, PLAIN, STOP, WAKE_NONE, records
from .rng import powers_of_two, uniforms


@dataclass(frozen=True)
class Parameters:
    """Everything about the population that can be turned. Defaults are the report's assumptions; docs/lab.md
    explains each."""

    open_interest_usd: float = 900e6
    leverages: tuple = (2, 3, 5, 10, 20, 25, 50, 100)
    leverage_shares: tuple = (0.12, 0.14, 0.20, 0.19, 0.12, 0.10, 0.07, 0.06)
    long_share: float = 0.53
    isolated_share: float = 0.7
    stop_share: float = 0.25
    bracket_share: float = 0.25
    adds_share: float = 0.1
    greed_low: float = 0.4
    greed_high: float = 2.5
    size_spread: float = 1.9
    size_cap: float = 150.0
    size_leverage: float = 6.0
    hold_low_minutes: float = 7_200.0
    hold_high_minutes: float = 480.0
    wait_minutes: float = 600.0
    return_share: float = 0.8
    dip_buying: float = 1.5
    makers: int = 16
    maker_depth_usd: float = 140e6
    maker_limit_usd: float = 30e6
    maker_deposit_coins: float = 40_000.0
    half_spread_bp: float = 1.0
    reach: float = 0.05
    skew: float = 0.004
    calm_bp: float = 6.0
    shyness: float = 0.25
    nerve_low: float = 6.0
    nerve_high: float = 60.0
    depth_pull: float = 1.0
    spread_stress: float = 0.5
    arbitrageurs: int = 8
    arbitrage_band: float = 0.0012
    arbitrage_step_usd: float = 2e6
    arbitrage_limit_usd: float = 30e6
    arbitrage_deposit_coins: float = 40_000.0


@dataclass
class Population:
    """Arrays of one replay's people; ``crowd`` is a record array of one."""

    parameters: Parameters
    agents: np.ndarray
    makers: np.ndarray
    crowd: np.ndarray
    heads: np.ndarray
    box: np.ndarray
    clock: np.ndarray

    def shown(self) -> dict:
        """Parameters as they stand in the report."""
        return {name.replace("_", " "): value for name, value in asdict(self.parameters).items()}


def build(
    parameters: Parameters,
    count: int,
    seed: int,
    minutes: int,
    build_up: int,
    first_account: int = FIRST_TRADER_ACCOUNT,
    first_order_id: int = 1,
) -> Population:
    """Draw a population. Every trader's traits are functions of (seed, trader), so the first thousand are the same
    in any size. Traders have the accounts from ``first_account`` on, makers and arbitrageurs those after them."""
    agents = records(AGENT, count)
    draw = [uniforms(seed, 100 + stream, count) for stream in range(8)]
    edges = np.cumsum(parameters.leverage_shares) / np.sum(parameters.leverage_shares)
    choice = np.minimum(np.searchsorted(edges, draw[0], side="right"), len(edges) - 1)
    agents["leverage"] = np.array(parameters.leverages)[choice]
    agents["side"] = np.where(draw[1] < parameters.long_share, 1, -1)
    agents["isolated"] = draw[2] < parameters.isolated_share
    agents["protection"] = np.where(
        draw[3] < parameters.stop_share,
        STOP,
        np.where(draw[3] < parameters.stop_share + parameters.bracket_share, BRACKETED, PLAIN),
    )
    agents["adds"] = draw[4] < parameters.adds_share
    agents["greed"] = parameters.greed_low + (parameters.greed_high - parameters.greed_low) * draw[7]
    bell = sum(uniforms(seed, 200 + part, count) for part in range(12)) - 6.0
    weight = np.minimum(powers_of_two(bell * parameters.size_spread * 1.4426950408889634), parameters.size_cap)
    weight = weight * np.minimum(1.0, np.sqrt(parameters.size_leverage / agents["leverage"]))
    agents["weight"] = weight / weight.mean() if count else weight
    agents["next"] = agents["previous"] = agents["wake"] = WAKE_NONE
    heads = np.full(minutes + 1, WAKE_NONE, np.int32)
    _first_wakes(agents, heads, draw[5], draw[6], build_up, minutes)
    makers = _makers(parameters, seed, first_account + count)
    crowd = records(CROWD, 1)
    c = crowd[0]
    c.seed, c.agents, c.first_account, c.minutes = seed, count, first_account, minutes
    c.makers, c.arbitrageurs = parameters.makers, parameters.arbitrageurs
    c.order_id = first_order_id
    for name in (
        "long_share",
        "dip_buying",
        "return_share",
        "wait_minutes",
        "hold_low_minutes",
        "hold_high_minutes",
        "calm_bp",
        "shyness",
        "skew",
        "reach",
        "arbitrage_band",
        "arbitrage_step_usd",
        "arbitrage_limit_usd",
        "depth_pull",
        "spread_stress",
    ):
        c[name] = getattr(parameters, name)
    return Population(parameters, agents, makers, crowd, heads, records(BOX, 1), records(CLOCK, 1))


def _first_wakes(agents, heads, when, who, build_up, minutes):
    """Most traders enter during the build-up, a quarter of them at any time of the window; same order on every
    machine."""
    early = who < 0.75
    span = max(1, build_up - 2)
    wake = np.where(early, 2 + (when * span).astype(np.int64), 2 + (when * max(1, minutes - 3)).astype(np.int64))
    for agent, minute in enumerate(np.minimum(wake, minutes - 1).tolist()):
        head = heads[minute]
        agents["wake"][agent] = minute
        agents["next"][agent] = head
        if head != WAKE_NONE:
            agents["previous"][head] = agent
        heads[minute] = agent


def _makers(parameters: Parameters, seed: int, first_account: int) -> np.ndarray:
    """Makers, then arbitrageurs, in one table; an arbitrageur quotes nothing (depth 0)."""
    makers = records(MAKER, parameters.makers + parameters.arbitrageurs)
    if not len(makers):
        return makers
    u, v, w = (uniforms(seed, 300 + stream, len(makers)) for stream in range(3))
    makers["account"] = first_account + np.arange(len(makers))
    makers["spread"] = parameters.half_spread_bp * 1e-4 * (0.6 + 1.6 * u)
    makers["nerve"] = parameters.nerve_low + (parameters.nerve_high - parameters.nerve_low) * v * v
    makers["offset"] = (w - 0.5) * parameters.half_spread_bp * 1e-4
    makers["patience"] = 1e-4 * (1.0 + 3.0 * u)
    quoting = np.arange(len(makers)) < parameters.makers
    makers["depth_usd"] = np.where(quoting, parameters.maker_depth_usd / max(1, parameters.makers), 0.0)
    makers["limit_usd"] = np.where(quoting, parameters.maker_limit_usd, parameters.arbitrage_limit_usd)
    return makers
