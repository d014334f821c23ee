"""``survive``: the probability of touching liquidation or a stop before a horizon.  PLAN-022 to PLAN-024

Three ways that check each other: the closed form of a log-normal barrier, a simulation with its standard error, and
every window of a real stretch of bars. Floats: nothing here is booked anywhere; prices come from PLAN-005.
"""
from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from .answers import Barrier, Chart, Line, Series, SurvivalPoint, SurvivePlan
from .errors import PlanError
from .link import link
from .questions import Survive
from .rebalancing import number, share
from .sizing import hours_of
from .told import tell
from .trade import market_of, open_trade

STEPS = 64
POINTS = 16
PATHS_MAX = 20_000
YEAR_HOURS = 8_760.0


def normal(x: float) -> float:
    """The normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def touch_probability(log_distance: float, drift: float, volatility: float, years: float) -> float:
    """Probability that a log-normal price touches a barrier within a time, watched all the time.  PLAN-022

    log_distance  ln(barrier / price): below zero for one below
    drift         of the price a year; the logarithm drifts by drift - volatility^2 / 2

    >>> round(touch_probability(math.log(0.9), 0.0, 0.8, 7 / 365), 6)
    0.359796
    """
    if log_distance == 0:
        return 1.0
    if years == 0 or volatility == 0:
        reached = (drift - volatility * volatility / 2) * years
        return 1.0 if log_distance < 0 and reached <= log_distance or 0 < log_distance <= reached else 0.0
    slope = drift - volatility * volatility / 2
    if log_distance > 0:
        log_distance, slope = -log_distance, -slope
    width = volatility * math.sqrt(years)
    first = normal((log_distance - slope * years) / width)
    return min(1.0, first + math.exp(2 * slope * log_distance / volatility**2)
               * normal((log_distance + slope * years) / width))


def simulate(log_distances: list[float], drift: float, volatility: float, years: float, paths: int,
             seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Estimated touch probabilities by step and barrier, and their standard errors: (STEPS, barriers) each.  PLAN-023

    Between two steps the probability that a Brownian bridge crosses is exact, so the step length biases nothing.
    """
    draw = np.random.default_rng(seed)
    step = years / STEPS
    slope, width = (drift - volatility * volatility / 2) * step, volatility * math.sqrt(step)
    at = np.zeros(paths)
    alive = np.ones((len(log_distances), paths))
    means, errors = np.zeros((STEPS, len(log_distances))), np.zeros((STEPS, len(log_distances)))
    for number_ in range(STEPS):
        after = at + slope + width * draw.standard_normal(paths)
        for row, barrier in enumerate(log_distances):
            side = 1.0 if barrier < 0 else -1.0
            before_gap, after_gap = side * (at - barrier), side * (after - barrier)
            crosses = np.where((before_gap <= 0) | (after_gap <= 0), 1.0,
                               np.exp(np.minimum(0.0, -2 * before_gap * after_gap / (width * width))))
            alive[row] *= 1 - crosses
            touched = 1 - alive[row]
            means[number_, row] = touched.mean()
            errors[number_, row] = touched.std(ddof=1) / math.sqrt(paths)
        at = after
    return means, errors


def window_touches(high: np.ndarray, low: np.ndarray, close: np.ndarray, bars: int, ratio: float) -> np.ndarray:
    """Whether a barrier at ``ratio`` of each close is touched within the next ``bars`` bars, (starts,) of 0 and 1.
    PLAN-024"""
    reach = low if ratio < 1 else -high
    view = np.lib.stride_tricks.sliding_window_view(reach[1:], bars).min(axis=1)
    start = close[:len(view)] * ratio
    return (view <= start).astype(float) if ratio < 1 else (-view >= start).astype(float)


def block_error(touches: np.ndarray, bars: int) -> float | None:
    """Standard error from means of stretches one horizon long, because windows overlap; None for fewer than four."""
    count = len(touches) // bars
    if count < 4:
        return None
    means = touches[:count * bars].reshape(count, bars).mean(axis=1)
    return float(means.std(ddof=1) / math.sqrt(count))


# ---------------------------------------------------------------- the plan
def plan(question: Survive) -> SurvivePlan:
    """Answer ``survive``."""
    market = market_of(question)
    opened = open_trade(question, market.size(question.size), market)
    hours = float(hours_of(question.hours))
    if hours == 0:
        raise PlanError("hours", "0 leaves no time to be liquidated in", "such as 168", "PLAN-022")
    barriers = barriers_of(question, opened)
    bars = None
    if question.bars:
        from .files import bars_of
        bars = bars_of(question)
    volatility = volatility_of(question, bars)
    drift = number(question.drift, "drift", -10, 10)
    paths = int(number(question.paths, "paths", 100, PATHS_MAX))
    seed = int(number(question.seed, "seed", 0, 2**32 - 1))
    logs = [math.log(ratio) for _name, _price, ratio in barriers]
    years = hours / YEAR_HOURS
    means, errors = simulate(logs, drift, volatility, years, paths, seed)
    history = [windows_of(bars, hours, ratio) for _name, _price, ratio in barriers]
    rows = [Barrier(name, price, f"{abs(1 - ratio):.6f}", text(touch_probability(log, drift, volatility, years)),
                    text(means[-1, row]), text(errors[-1, row]), text(history[row][0]), text(history[row][1]))
            for row, ((name, price, ratio), log) in enumerate(zip(barriers, logs))]
    points = [point_of(logs[0], barriers[0][2], drift, volatility, years, means, bars, hours, step)
              for step in range(STEPS // POINTS - 1, STEPS, STEPS // POINTS)]
    return SurvivePlan(
        position=tell(opened), hours=f"{Decimal(question.hours):f}", volatility=text(volatility), paths=paths,
        seed=seed,
        windows=history[0][2], barriers=rows, points=points, chart=picture(points, rows),
        notes=notes(question, rows, bars), link=link("survive", question))


def barriers_of(question: Survive, opened) -> list[tuple[str, str, float]]:
    """Liquidation and the stop as (name, price, ratio to the mark)."""
    market, mark = opened.market, opened.market.row.mark_price_units
    units, found = opened.liquidation_units(), []
    if units == mark:
        raise PlanError("size", "is liquidated as soon as it is open", "more margin or less leverage", "PLAN-005")
    if units:
        found.append(("liquidation", market.mark_text(units), units / mark))
    if question.stop is not None:
        ticks = market.price(question.stop, "stop")
        if (opened.entry_ticks - ticks) * opened.side <= 0:
            raise PlanError("stop", f"{question.stop} is not on the losing side of the entry {question.entry}",
                            "below the entry for a long, above it for a short", "PLAN-010")
        found.append(("stop", market.price_text(ticks), ticks * market.row.terms.mark_units_per_tick / mark))
    if not found:
        raise PlanError("stop", "is missing: no price liquidates this position", "give a stop", "PLAN-022",
                        "missing_field")
    return found


def volatility_of(question: Survive, bars) -> float:
    """The volatility a year that is stated, else that of the bars."""
    if question.volatility is not None:
        found = share(question.volatility, "volatility", 20)
        if found == 0:
            raise PlanError("volatility", "is 0", "such as 60 %", "PLAN-022")
        return found
    if bars is None:
        raise PlanError("volatility", "is missing", "give volatility, or bars to take it from", "PLAN-022",
                        "missing_field")
    moves = np.diff(np.log(bars.close))
    return float(np.sqrt((moves**2).mean() * YEAR_HOURS / bars.hours))


def windows_of(bars, hours: float, ratio: float) -> tuple[float | None, float | None, int]:
    """Share of the windows of the bars that touch, its error, and how many windows there are.  PLAN-024"""
    if bars is None:
        return None, None, 0
    count = max(1, round(hours / bars.hours))
    if len(bars.close) <= count + 1:
        raise PlanError("bars", f"hold {len(bars.close)} bars, a window is {count}", "a longer stretch, or fewer hours",
                        "PLAN-024")
    touches = window_touches(bars.high, bars.low, bars.close, count, ratio)
    return float(touches.mean()), block_error(touches, count), len(touches)


def point_of(log: float, ratio: float, drift, volatility, years, means, bars, hours, step: int) -> SurvivalPoint:
    """Probability by a time, for the first barrier."""
    part = (step + 1) / STEPS
    past = None
    if bars is not None and round(hours * part / bars.hours) >= 1:
        past = windows_of(bars, hours * part, ratio)[0]
    return SurvivalPoint(f"{hours * part:.6g}", text(touch_probability(log, drift, volatility, years * part)),
                         text(means[step, 0]), text(past))


def picture(points: list[SurvivalPoint], rows: list[Barrier]) -> Chart:
    """Probability of having touched the first barrier, over time."""
    series = [Series("closed form", ["0", *(one.closed_form for one in points)]),
              Series("simulated", ["0", *(one.simulated for one in points)])]
    if any(one.historical for one in points):
        series.append(Series("in the window", ["0", *(one.historical for one in points)]))
    return Chart(x="hours", y=f"probability of {rows[0].name}", prices=["0", *(one.hours for one in points)],
                 series=series, lines=[Line("horizon", points[-1].hours)])


def text(value: float | None) -> str | None:
    """Six places, or None."""
    return None if value is None else f"{value:.6f}"


def notes(question: Survive, rows: list[Barrier], bars) -> list[str]:
    """What a reader should know besides the numbers."""
    found = ["Log-normal and watched all the time: real prices jump and their volatility changes, so the tails are "
             "fatter than this."]
    if question.volatility is None:
        found.append("The volatility is that of the bars.")
    if bars is not None and rows[0].historical_error is None:
        found.append("The stretch is too short for an error: fewer than four horizons fit into it.")
    if question.funding_rate != "0":
        found.append("Funding over the horizon is left out: it moves the liquidation price, see plan funding.")
    return found
