"""``ladder``: leaving a position in steps, with what each locks in and where the stop stands after it.  PLAN-019"""
from __future__ import annotations

from ..units import PPB
from .answers import LadderPlan, Rung
from .curve import chart
from .errors import PlanError
from .link import link
from .market import Market, rules
from .questions import Ladder
from .told import line_ticks, tell
from .trade import Opened, market_of, open_trade

LADDERS = ("fixed", "trail_targets")
COUNT_MAX = 20


def plan(question: Ladder) -> LadderPlan:
    """Answer ``ladder``."""
    market = market_of(question)
    opened = open_trade(question, market.size(question.size), market)
    stop = market.price(question.stop, "stop")
    if (opened.entry_ticks - stop) * opened.side <= 0:
        raise PlanError("stop", f"{question.stop} is not on the losing side of the entry {question.entry}",
                        "below the entry for a long, above it for a short", "PLAN-010")
    if question.ladder not in LADDERS:
        raise PlanError("ladder", f"{question.ladder!r} is not known", "fixed or trail_targets", "PLAN-019")
    trail = None if question.trail is None else distance(market, question.trail)
    steps = steps_of(question, opened)
    rungs = climb(question, opened, steps, stop, trail)
    first = opened.closed_at(units_of(market, stop), market.taker_ppb)
    free = next((one.number for one in rungs if one.worst[0] != "-"), None)
    lines = {"stop": stop, **line_ticks(opened), **{f"target {one.number}": ticks
                                                    for one, (ticks, _lots) in zip(rungs, steps)}}
    return LadderPlan(
        position=tell(opened), stop=market.price_text(stop), loss_at_first_stop=market.cash_text(first), rungs=rungs,
        total_profit=rungs[-1].worst if rungs[-1].remaining == "0" else rungs[-1].locked_in, free_after=free,
        chart=chart(opened, lines), notes=notes(opened, stop, free), link=link("ladder", question))


def units_of(market: Market, ticks: int) -> int:
    """An order price in mark units.  VALU-006"""
    return rules().contract.price_units(market.row.terms, ticks)


def distance(market: Market, text: str) -> int:
    """A distance of prices in ticks, above zero."""
    ticks = market._steps(text, market.instrument.grid.tick, "trail")
    if ticks <= 0:
        raise PlanError("trail", f"{text} is no distance", "above zero", "PLAN-019")
    return ticks


# ---------------------------------------------------------------- the steps
def steps_of(question: Ladder, opened: Opened) -> list[tuple[int, int]]:
    """Steps as (ticks, lots), nearest first, together at most the position.  PLAN-019"""
    found = listed(question, opened) if question.steps else equal(question, opened)
    for ticks, _lots in found:
        if (ticks - opened.entry_ticks) * opened.side <= 0:
            raise PlanError("steps", f"{opened.market.price_text(ticks)} is not on the winning side of the entry "
                            f"{question.entry}", "targets of a long lie above it, of a short below", "PLAN-019")
    found.sort(reverse=opened.side < 0)
    if sum(lots for _ticks, lots in found) > opened.lots:
        raise PlanError("steps", "close more than the position", "shares of at most 1 in all", "PLAN-019")
    return found


def listed(question: Ladder, opened: Opened) -> list[tuple[int, int]]:
    """Targets as given; the lots up to a target are the position x the shares up to it, rounded down."""
    market, found, shares, lots = opened.market, [], 0, 0
    for step in question.steps:
        share = market.rate(step.share, "steps.share")
        if share <= 0:
            raise PlanError("steps.share", f"{step.share} closes nothing", "above zero, such as 0.5", "PLAN-019")
        shares += share
        part = opened.lots * shares // PPB - lots
        lots += part
        if part == 0:
            raise PlanError("steps.share", f"{step.share} of {market.size_text(opened.lots)} is less than a lot",
                            "a larger share", "PLAN-019")
        found.append((market.price(step.price, "steps.price"), part))
    return found


def equal(question: Ladder, opened: Opened) -> list[tuple[int, int]]:
    """So many equal steps up to the target; prices evenly apart, the larger parts last."""
    if question.count is None or question.target is None:
        raise PlanError("steps", "are missing", "give steps, or count and target", "PLAN-019", "missing_field")
    if not question.count.isdigit() or not 1 <= int(question.count) <= min(COUNT_MAX, opened.lots):
        raise PlanError("count", f"{question.count!r} is not a number of steps",
                        f"1 to {min(COUNT_MAX, opened.lots)}", "PLAN-019")
    count, target = int(question.count), opened.market.price(question.target, "target")
    if count > abs(target - opened.entry_ticks):
        raise PlanError("target", f"{question.target} is too near for {count} steps", "a farther target", "PLAN-019")
    way = target - opened.entry_ticks
    return [(opened.entry_ticks + (abs(way) * (number + 1) // count) * (1 if way > 0 else -1),
             opened.lots * (number + 1) // count - opened.lots * number // count) for number in range(count)]


# ---------------------------------------------------------------- climbing
def climb(question: Ladder, opened: Opened, steps: list[tuple[int, int]], stop: int, trail: int | None) -> list[Rung]:
    """Every rung: the maker's fee at targets, the taker's at the stop."""
    market = opened.market
    left, entry, locked = opened.lots, opened.row.entry_value_atoms, -opened.fee_atoms
    rungs = []
    for number, (ticks, lots) in enumerate(steps, 1):
        profit, part = close_part(opened, entry, left, lots, ticks, market.maker_ppb)
        left, entry, locked = left - lots, entry - part, locked + profit
        stop = stop_after(question, opened, steps, number, stop, trail)
        rest = close_part(opened, entry, left, left, stop, market.taker_ppb)[0] if left else 0
        rungs.append(Rung(
            number, market.price_text(ticks), market.size_text(lots), market.cash_text(profit),
            market.cash_text(locked), market.size_text(left), market.price_text(stop) if left else None,
            market.cash_text(locked + rest)))
    return rungs


def close_part(opened: Opened, entry: int, left: int, lots: int, ticks: int, rate_ppb: int) -> tuple[int, int]:
    """Profit of closing ``lots`` of ``left`` after its fee, and the entry value that goes with them.  VALU-004"""
    market = opened.market
    part = rules().parts.entry_share(entry, lots, left)
    return rules().parts.part_result(market.row.terms, part, opened.side * lots, units_of(market, ticks),
                                     rate_ppb), part


def stop_after(question: Ladder, opened: Opened, steps, number: int, stop: int, trail: int | None) -> int:
    """Where the stop stands once a target is filled; it never moves back.  BRKT-006"""
    found = [stop]
    if question.ladder == "trail_targets":
        found.append(opened.entry_ticks if number == 1 else steps[number - 2][0])
    if trail is not None:
        found.append(steps[number - 1][0] - opened.side * trail)
    return max(found) if opened.side > 0 else min(found)


def notes(opened: Opened, stop: int, free: int | None) -> list[str]:
    """What a reader should know besides the numbers."""
    found = []
    units = opened.liquidation_units()
    if units and (units_of(opened.market, stop) - units) * opened.side <= 0:
        found.append("The first stop lies at or beyond the liquidation price: the venue closes the position first.")
    if free is not None:
        found.append(f"After target {free} the trade cannot lose any more, if stops fill at their price.")
    found.append("Targets pay the maker fee, the stop the taker fee; the entry fee is in every sum.")
    return found
