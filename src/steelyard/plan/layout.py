"""What of an answer is shown as facts, as a table and as bars: one layout for every screen.  PLAN-009"""
from __future__ import annotations

import csv
import io
from collections.abc import Callable

import msgspec

from . import answers
from .answers import Bar, Fact, Shown


def _text(value, unit: str = "") -> str:
    if value is None:
        return "none"
    return f"{value} {unit}".strip()


def percent(ratio: str | None) -> str:
    """A ratio as per cent with two decimals."""
    return "none" if ratio is None else f"{float(ratio) * 100:.2f} %"


def shown(title: str, facts: list[tuple[str, str]], columns: list[str] | None = None,
          rows: list[list[str]] | None = None, table_title: str = "", bars: list[Bar] | None = None) -> Shown:
    """A layout from plain pairs and rows."""
    return Shown(title, [Fact(*one) for one in facts], columns or [], rows or [], table_title, bars or [])


def position_facts(one: answers.Opened) -> list[tuple[str, str]]:
    """The opened position."""
    return [
        ("called at" if one.call else "liquidation price",
         f"{_text(one.liquidation_price)} ({percent(one.distance)} away)" if one.liquidation_price
         else "none: no price liquidates it"),
        *([("margin call", f"below {_text(one.call_price)}")] if one.call_price else []),
        ("bankruptcy price", _text(one.bankruptcy_price)),
        ("margin behind it", _text(one.margin, one.asset)),
        ("position", f"{one.side} {one.size} {one.symbol} at {one.entry} {one.quote}"),
        ("value", _text(one.value, one.asset)),
        ("margin mode", f"{one.margin_mode}, leverage {one.leverage}"),
        ("maintenance", _text(one.maintenance_margin, one.asset)),
        ("needed free before", _text(one.needed_balance, one.asset)),
        ("break even", _text(one.break_even_price)),
        ("entry fee", _text(one.entry_fee, one.asset)),
        *special_facts(one),
    ]


def special_facts(one: answers.Opened) -> list[tuple[str, str]]:
    """What only some venues and traders have: calls, windows of the day, other collateral, rules of a jurisdiction."""
    found = []
    if one.call is not None:
        found.append(("time to meet the call", f"{one.call.hours} h; closed out at once at "
                      f"{_text(one.call.close_out_price)}"))
    for row in one.windows:
        ends = "at once" if row.liquidated_at_once else _text(row.liquidation_price)
        begins = f", next {row.begins}" if row.begins else ""
        found.append((f"{row.window}{' (opened in)' if row.opened_in else ''}",
                      f"liquidation {ends}, leverage up to {row.leverage_max}{begins}"))
    if one.collateral is not None:
        found.append(("other assets count", _text(one.collateral, one.asset)))
    if one.eligibility:
        found.append(("for the trader", one.eligibility))
    return found


def where(one: answers.Opened) -> str:
    """Venue and date of the rules."""
    return f"{one.title}, rules as of {one.as_of}"


def liq(found: answers.LiqPlan) -> Shown:
    """``liq``: facts, the margin table, the picture."""
    one = found.position
    rows = [[row.add, row.margin, _text(row.liquidation_price), _text(row.bankruptcy_price), percent(row.distance)]
            for row in found.margin_table]
    facts = position_facts(one)
    if found.needed is not None:
        facts.append(("wished liquidation", f"{_text(found.needed.liquidation_price)} with {found.needed.add} "
                      f"{one.asset} more"))
    return shown(f"Liquidation of {one.symbol}. {where(one)}", facts,
                  ["margin added", "margin", "liquidation", "bankruptcy", "distance"], rows,
                  f"How margin ({one.asset}) moves it")


def size(found: answers.SizePlan) -> Shown:
    """``size``: the size first, then what it means."""
    one = found.position
    facts = [("size", f"{one.size} contracts"), ("loss at stop", f"{found.loss_at_stop} of {found.risk} {one.asset}"),
             ("stop to liquidation", percent(found.stop_to_liquidation)),
             ("of it by price, fees, funding", f"{found.price_loss}, {found.fees}, {found.funding}"),
             ("stop", f"{found.stop}, filled at {found.exit_price}"),
             ("implied leverage", found.implied_leverage),
             ("farthest safe stop", _text(found.safe_stop))]
    if found.profit_at_target is not None:
        facts.append(("profit at target", f"{found.profit_at_target} {one.asset}, reward to risk "
                      f"{_text(found.reward_to_risk)}"))
    return shown(f"Size of {one.symbol}. {where(one)}", facts + position_facts(one))


def funding(found: answers.FundingPlan) -> Shown:
    """``funding``: the sum first, then stamp by stamp."""
    one = found.position
    facts = [("funding", f"{found.total} {one.asset}"), ("of the margin", percent(found.share_of_margin)),
             ("a year, of the value", percent(found.annualized)),
             ("paid, received", f"{found.paid}, {found.received} {one.asset}"),
             ("average rate", f"{percent4(found.average_rate)} every {found.interval_hours} h")]
    rows = [[str(row.number), row.hours, percent4(row.rate), row.mark, row.cash, row.total,
             _text(row.liquidation_price)] for row in found.stamps]
    return shown(f"Funding of {one.symbol}. {where(one)}", facts + position_facts(one),
                  ["stamp", "hours", "rate", "mark", f"{one.asset}", "so far", "liquidation"], rows,
                  "Stamp by stamp")


def compare(found: answers.ComparePlan) -> Shown:
    """``compare``: one row per venue and kind of contract."""
    facts = [("position", f"{found.side} {found.amount} {found.coin} at {found.entry}"),
             ("held for", f"{found.hours} h"), ("rule books", str(len(found.rows)))]
    rows = []
    for row in found.rows:
        name = f"{row.venue} {row.symbol}"
        if row.error:
            rows.append([name, "-", "-", "-", "-", "-", "-", "-", row.error])
            continue
        may = {True: "yes", False: "no", None: "not asked"}[row.allowed]
        rows.append([name, row.size, row.margin_quote, f"{row.leverage} of {row.leverage_max}", row.fees_quote,
                     row.funding_quote, _text(row.liquidation_price), percent(row.distance), may])
    return shown(f"{found.side.capitalize()} {found.amount} {found.coin} under every venue's rules", facts,
                  ["venue", "contracts", "margin", "leverage", "fees", "funding", "liquidation", "distance",
                   "may trade"], rows, "Amounts in the quote currency",
                  [Bar(f"{row.venue} {row.symbol}", found.entry, row.liquidation_price) for row in found.rows
                   if row.liquidation_price])


def ladder(found: answers.LadderPlan) -> Shown:
    """``ladder``: rung by rung."""
    one = found.position
    facts = [("all targets earn", f"{found.total_profit} {one.asset}"),
             ("the first stop leaves", f"{found.loss_at_first_stop} {one.asset}"),
             ("cannot lose after target", _text(found.free_after))]
    rows = [[str(row.number), row.price, row.size, row.profit, row.locked_in, row.remaining, _text(row.stop), row.worst]
            for row in found.rungs]
    return shown(f"Ladder out of {one.symbol}. {where(one)}", facts + position_facts(one),
                  ["target", "price", "size", f"profit {one.asset}", "locked in", "left", "stop then", "at worst"],
                  rows, "Step by step")


def hedge(found: answers.HedgePlan) -> Shown:
    """``hedge``: what is locked in first."""
    one = found.position
    facts = [("locked in", f"{found.locked_value} {one.quote}"), ("of the spot value", percent(found.locked_share)),
             ("hedged", percent(found.hedge_ratio)), ("amount hedged", f"{found.hedged} of {found.amount}"),
             ("basis", f"{found.basis} {one.quote} ({percent(found.basis_share)})"
              + (f", {percent(found.basis_annualized)} a year" if found.basis_annualized else "")),
             ("funding and fees", f"{found.funding} and -{found.fees} {one.quote}"),
             ("rise survived", percent(found.rise_survived))]
    rows = [[row.price, percent(row.move), row.spot_value, row.short_result, row.total, row.margin_left, row.needs,
             "liquidated" if row.liquidated else ""] for row in found.points]
    return shown(f"Spot and short {one.symbol}. {where(one)}", facts + position_facts(one),
                  ["price", "move", "spot", "short", "both", f"margin {one.asset}", "to add", ""], rows,
                  f"What both are worth ({one.quote})")


def decay(found: answers.DecayPlan) -> Shown:
    """``decay``: the token against the multiple of the move."""
    facts = [("token", f"1 becomes {found.token} in {found.days} days"), ("the coin", found.underlying),
             ("held without rebalancing", found.held), ("difference", found.decay),
             ("volatility a year", percent(found.realized_volatility)), ("cost of rebalancing", found.costs)]
    rows = [[row.at, row.price, row.token, row.held, row.decay] for row in found.points]
    first = "move" if found.chart.x.startswith("move") else "day"
    return shown(f"A token of {found.multiple}x", facts, [first, "price", "token", "held", "difference"],
                  rows, "Value of 1 put in")


def survive(found: answers.SurvivePlan) -> Shown:
    """``survive``: how likely each barrier is touched."""
    one = found.position
    facts = [(f"{row.name} at {row.price} within {found.hours} h", percent(row.closed_form)) for row in found.barriers]
    facts.append(("volatility a year", percent(found.volatility)))
    rows = [[row.name, row.price, percent(row.distance), percent(row.closed_form),
             f"{percent(row.simulated)} ± {percent(row.simulated_error)}",
             "-" if row.historical is None else percent(row.historical) + (
                 f" ± {percent(row.historical_error)}" if row.historical_error else "")] for row in found.barriers]
    return shown(f"Survival of {one.symbol}. {where(one)}", facts + position_facts(one),
                  ["barrier", "price", "away", "closed form", f"{found.paths} paths", f"{found.windows} windows"], rows,
                  "Probability of touching it")


def percent4(ratio: str) -> str:
    """A rate as per cent with four decimals."""
    return f"{float(ratio) * 100:.4f} %"


LAYOUTS: dict[str, Callable] = {"liq": liq, "size": size, "funding": funding, "compare": compare,
                                "ladder": ladder, "hedge": hedge, "decay": decay, "survive": survive}


def layout(kind: str, found) -> Shown:
    """The layout of an answer."""
    return LAYOUTS[kind](found)


TABLES = {"liq": "margin_table", "funding": "stamps", "compare": "rows", "ladder": "rungs",
          "hedge": "points", "decay": "points", "survive": "barriers"}
"""Which list of an answer is its table; facts where it has none."""


def csv_text(kind: str, found) -> str:
    """The answer's table as CSV; its facts as field and value where it has none. Exact text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    flat = msgspec.to_builtins(found)
    flat.pop("shown", None)
    rows = flat.get(TABLES.get(kind, ""), [])
    if rows:
        writer.writerow(rows[0])
        writer.writerows([["" if value is None else value for value in row.values()] for row in rows])
    else:
        writer.writerow(["field", "value"])
        for name, value in {**flat.pop("position", {}), **flat}.items():
            if not isinstance(value, (list, dict)):
                writer.writerow([name, "" if value is None else value])
    return out.getvalue()
