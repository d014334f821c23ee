"""``liq``: where a position is liquidated and why, and how much margin moves it where.  PLAN-005, PLAN-006"""
from __future__ import annotations

from . import standing
from .answers import LiqPlan, MarginStep
from .curve import chart
from .errors import PlanError
from .link import link
from .market import rules
from .pledges import told as told_pledge
from .pledges import told_sale
from .questions import Liq
from .told import call_of, line_ticks, price_or_none, share, tell, terms_of, told_call
from .trade import Opened, market_of, open_trade
from .windows import rows_of, told_window

TABLE_PERCENT = (-50, -25, -10, 0, 10, 25, 50, 100, 200)
"""Margin added in per cent of what the position holds at the opening."""


def plan(question: Liq) -> LiqPlan:
    """Answer ``liq``."""
    market = market_of(question)
    opened = open_trade(question, market.size(question.size), market)
    if question.add_margin is not None:
        add_cash(opened, market.cash(question.add_margin, "add_margin", negative=True), "add_margin")
    position = tell(opened)
    wanted = None
    if question.liquidation_price is not None:
        wanted = step(opened, needed_cash(opened, market.mark(question.liquidation_price, "liquidation_price")))
    table = [step(opened, opened.cash_atoms * percent // 100) for percent in TABLE_PERCENT]
    at_once = opened.slack_at(market.row.mark_price_units) <= 0
    return LiqPlan(position=position, liquidated_at_once=at_once, terms=terms_of(opened), margin_table=table,
                   needed=wanted, chart=chart(opened, line_ticks(opened)), notes=notes(opened, at_once),
                   link=link("liq", question))


def add_cash(opened: Opened, atoms: int, field: str) -> None:
    """More cash behind the group, or less; an isolated position keeps its initial margin.  MARG-016"""
    if opened.cash_atoms + atoms < 0:
        raise PlanError(field, "takes out more than there is", f"at most {opened.market.cash_text(opened.cash_atoms)}",
                        "MARG-016")
    opened.cash_atoms += atoms


def step(opened: Opened, atoms: int) -> MarginStep:
    """The position with so much more cash behind it."""
    market = opened.market
    opened.cash_atoms += atoms
    units, mark = opened.liquidation_units(), market.row.mark_price_units
    found = MarginStep(add=market.cash_text(atoms), margin=market.cash_text(opened.cash_atoms),
                       liquidation_price=price_or_none(opened, units),
                       bankruptcy_price=price_or_none(opened, opened.bankruptcy_units()),
                       distance=share(mark - units, mark) if units else None)
    opened.cash_atoms -= atoms
    return found


def needed_cash(opened: Opened, wanted_units: int) -> int:
    """Cash to add so that the group is liquidated at the wanted mark or farther: one atom of slack at the mark next to
    it toward the market.  VIEW-020"""
    mark = opened.market.row.mark_price_units
    if (mark - wanted_units) * opened.side <= 0:
        raise PlanError("liquidation_price", f"{opened.market.mark_text(wanted_units)} is not on the losing side of "
                        f"the mark {opened.market.mark_text(mark)}",
                        "a price below the mark for a long, above it for a short")
    return 1 - opened.slack_at(wanted_units + opened.side)


def notes(opened: Opened, at_once: bool) -> list[str]:
    """What a reader should know besides the numbers."""
    found = []
    terms = opened.market.row.terms
    found += group_notes(opened)
    if at_once:
        found.append("The position would be liquidated as soon as it is open: equity is at or below maintenance.")
    elif not opened.liquidation_units():
        found.append("No price liquidates this position: its margin covers the whole of its value.")
    if not opened.isolated:
        found.append("Cross margin: marks of other positions are held where they are; if they move, this price moves.")
    if terms.funding_in_maintenance and opened.market.row.funding_rate_ppb:
        found.append("The coming funding payment is part of maintenance for the side that will pay it (MARG-010).")
    if rules().requirement.position_tier(opened.market.row, opened.row) > 0:
        found.append("The position stands above the first risk limit: it is first sold down tier by tier (LIQD-009)."
                     if terms.step_down else "The position stands above the first risk limit.")
    return found


def group_notes(opened: Opened) -> list[str]:
    """What windows, calls, collateral and the rules of the trader's jurisdiction add."""
    found, call = [], call_of(opened, opened.liquidation_units())
    rows = rows_of(opened)
    if rows:
        found.append("Margin changes with the hour: " + "; ".join(told_window(one) for one in rows) + ".")
    if call is not None and call.price is not None:
        found.append("It is called first: " + told_call(call, call.price))
    found += [told_pledge(opened.market, one) for one in opened.pledged]
    found += [told_sale(opened.market, one) for one in opened.sold]
    if opened.pledged:
        found.append("An asset counts only while its own wallet has no position and no order (COLL-001).")
    other_way = opened.liquidation_behind()
    if other_way:
        found.append(f"Collateral outweighs the position: the other way, at {opened.market.mark_text(other_way)}, the "
                     "fall of what stands behind it liquidates it too.")
    said = standing.told(opened.jurisdiction, opened.decision)[1]
    if said:
        found.append(f"{opened.market.profile.title}: {said}.")
    return found
