"""``decay``: what rebalancing does to a leveraged token on a path, or at a volatility.  PLAN-021

Floats: nothing here is booked anywhere. Sources: stress-science.md 7, defi.md 7.
"""
from __future__ import annotations

import math
from decimal import Decimal

from .answers import Chart, DecayPlan, DecayPoint, Line, Series
from .errors import PlanError
from .link import link
from .questions import Decay

MOVES = (-50, -40, -30, -20, -10, -5, 0, 5, 10, 20, 30, 50, 75, 100)
POINTS_MAX = 200
YEAR_DAYS = 365.0


def plan(question: Decay) -> DecayPlan:
    """Answer ``decay``."""
    multiple = number(question.multiple, "multiple", -10, 10)
    given = [name for name in ("prices", "bars", "volatility") if getattr(question, name)]
    if len(given) != 1:
        raise PlanError("volatility", "a path or a volatility is asked for, and one only",
                        "give one of volatility, prices and bars", "PLAN-021", "missing_field")
    days = number(question.days, "days", 0.001, 3650)
    fee, yearly = share(question.fee, "fee"), share(question.yearly_cost, "yearly_cost")
    if question.volatility:
        return at_volatility(question, multiple, share(question.volatility, "volatility", 20), days, yearly)
    prices = [number(text, "prices", 1e-12, 1e15) for text in question.prices]
    if question.bars:
        from .files import closes
        prices, days = closes(question, days, number(question.rebalance_hours, "rebalance_hours", 0.01, 8760))
    if len(prices) < 2:
        raise PlanError("prices", f"{len(prices)} is no path", "two prices or more", "PLAN-021")
    return on_path(question, multiple, prices, days, fee, yearly)


def number(text: str, field: str, low: float, high: float) -> float:
    """A finite number within bounds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise PlanError(field, f"{text!r} is out of range", f"a number from {low:g} to {high:g}", "PLAN-021")
    return value


def share(text: str, field: str, high: float = 1) -> float:
    """A share as a fraction or per cent."""
    plain = text.strip().removesuffix("%").strip()
    try:
        value = float(plain) / (100 if plain != text.strip() else 1)
    except ValueError:
        value = math.nan
    if not 0 <= value <= high:
        raise PlanError(field, f"{text!r} is out of range", f"from 0 to {high:g}, such as \"0.8\" or \"80 %\"",
                        "PLAN-021")
    return value


# ---------------------------------------------------------------- on a path
def token_path(multiple: float, prices: list[float], fee: float, cost_per_step: float) -> tuple[list[float], float]:
    """Values of a token worth 1 at the first price, rebalanced at each; and what rebalancing cost in all.

    V x (1 + L r) x (1 - cost), less fee x |L (L - 1) r| x V for the trade that brings the multiple back. 0 once gone.
    """
    values, costs = [1.0], 0.0
    for before, after in zip(prices, prices[1:]):
        move = after / before - 1
        grown = max(0.0, values[-1] * (1 + multiple * move))
        paid = min(grown, fee * abs(multiple * (multiple - 1) * move) * values[-1])
        costs += paid
        values.append(max(0.0, (grown - paid) * (1 - cost_per_step)))
    return values, costs


def on_path(question: Decay, multiple: float, prices: list[float], days: float, fee: float, yearly: float) -> DecayPlan:
    """The token on a price path."""
    steps = len(prices) - 1
    values, costs = token_path(multiple, prices, fee, yearly * days / YEAR_DAYS / steps)
    points = [point(f"{days * at / steps:.4g}", price, value, held_multiple(multiple, price / prices[0]))
              for at, (price, value) in enumerate(zip(prices, values))]
    logs = [math.log(after / before) for before, after in zip(prices, prices[1:])]
    spread = math.sqrt(sum(one * one for one in logs) / days * YEAR_DAYS)
    gone = next((one.at for one, value in zip(points, values) if value == 0.0), None)
    kept = points[::max(1, -(-len(points) // POINTS_MAX))]
    if kept[-1] is not points[-1]:
        kept.append(points[-1])
    return answer(question, multiple, days, kept, points[-1], spread, costs, gone, Chart(
        x="days", y="value of 1", prices=[one.at for one in kept], lines=[],
        series=[Series("token", [one.token for one in kept]), Series("held", [one.held for one in kept]),
                Series("coin", [text(float(one.price) / prices[0]) for one in kept])]),
        ["held: the multiple of the whole move, without rebalancing, never below zero."])


def held_multiple(multiple: float, ratio: float) -> float:
    """1 put into the multiple once and left alone."""
    return max(0.0, 1 + multiple * (ratio - 1))


# ---------------------------------------------------------------- at a volatility
def continuous(multiple: float, ratio: float, volatility: float, years: float, yearly: float) -> float:
    """Value of 1 after the price went to ``ratio`` of itself, rebalanced all the time.

    ratio^L x exp(-L (L - 1) / 2 x volatility^2 x years) x exp(-cost x years).
    """
    return ratio ** multiple * math.exp(-0.5 * multiple * (multiple - 1) * volatility * volatility * years
                                        - yearly * years)


def at_volatility(question: Decay, multiple: float, volatility: float, days: float, yearly: float) -> DecayPlan:
    """The token at the horizon, move by move."""
    years = days / YEAR_DAYS
    points = [point(f"{move / 100:+.2f}", 1 + move / 100,
                    continuous(multiple, 1 + move / 100, volatility, years, yearly),
                    held_multiple(multiple, 1 + move / 100)) for move in MOVES]
    flat = points[MOVES.index(0)]
    return answer(question, multiple, days, points, flat, volatility, 0.0, None, Chart(
        x="move of the coin", y="value of 1", prices=[text(1 + move / 100) for move in MOVES],
        series=[Series("token", [one.token for one in points]), Series("held", [one.held for one in points])],
        lines=[Line("flat", "1")]),
        [f"Rebalanced all the time; at no move in {days:g} days the token is worth {flat.token}."])


# ---------------------------------------------------------------- words
def text(value: float) -> str:
    """Six places."""
    return f"{value:.6f}"


def point(at: str, price: float, token: float, held: float) -> DecayPoint:
    """One row."""
    return DecayPoint(at, f"{price:.8g}", text(token), text(held), text(token - held))


def answer(question: Decay, multiple: float, days: float, points: list[DecayPoint], last: DecayPoint, volatility: float,
           costs: float, gone: str | None, chart: Chart, notes: list[str]) -> DecayPlan:
    """The answer around its points."""
    if gone is not None:
        notes.append(f"The token is wiped out at {gone} days: one step moved by more than 1 / {abs(multiple):g}.")
    first = float(points[0].price) if question.volatility is None else 1.0
    return DecayPlan(
        multiple=f"{multiple:g}", days=f"{Decimal(str(round(days, 6))).normalize():f}", token=last.token,
        underlying=text(float(last.price) / first), held=last.held, decay=last.decay,
        realized_volatility=text(volatility), costs=text(costs), wiped_out_at=gone, points=points, chart=chart,
        notes=notes, link=link("decay", question))
