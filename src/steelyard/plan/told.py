"""The opened position in words and text: what every plan about one position answers alike."""
from __future__ import annotations

from decimal import Decimal

from ..units import HOUR, PPB
from ..venues.dated import show
from . import answers, standing
from .answers import CallRow, Term
from .market import leverage_text, rules
from .trade import Opened
from .windows import rows_of


def share(part: int, whole: int) -> str:
    """A ratio with six places, cut off."""
    return f"{Decimal(abs(part) * 10**6 // whole).scaleb(-6):f}" if whole else "0"


def price_or_none(opened: Opened, units: int) -> str | None:
    """Mark units as a price; None for 0."""
    return opened.market.mark_text(units) if units else None


def rate_of(opened: Opened) -> int:
    """The initial margin rate the position stands at, ppb: the larger of its tier's and the chosen one.  MARG-002"""
    return rules().margin.shown_rate(opened.market.row, opened.row)


def initial_of(opened: Opened) -> int:
    """Initial margin with closing-fee reserve of the position, atoms.  MARG-012"""
    return rules().requirement.initial_with_reserve(opened.market.row, opened.row, opened.row.tier)


def tell(opened: Opened) -> answers.Opened:
    """The position as its venue would hold it."""
    market, cash = opened.market, opened.market.cash_text
    liquidation, mark = opened.liquidation_units(), market.row.mark_price_units
    break_even = opened.break_even_ticks(market.taker_ppb)
    return answers.Opened(
        venue=market.profile.name, title=market.profile.title, as_of=show(market.profile.as_of),
        symbol=market.instrument.symbol, asset=market.asset.name, quote=market.instrument.grid.quote,
        side="long" if opened.side > 0 else "short", size=market.size_text(opened.lots),
        entry=market.price_text(opened.entry_ticks), mark=market.mark_text(mark),
        margin_mode="isolated" if opened.isolated else "cross", leverage=leverage_text(rate_of(opened)),
        value=cash(abs(opened.row.entry_value_atoms)), initial_margin=cash(initial_of(opened)),
        maintenance_margin=cash(opened.member.maintenance()), entry_fee=cash(opened.fee_atoms),
        margin=cash(opened.cash_atoms), equity=cash(opened.equity()), needed_balance=cash(max(0, opened.needed_atoms)),
        liquidation_price=price_or_none(opened, liquidation),
        bankruptcy_price=price_or_none(opened, opened.bankruptcy_units()),
        call_price=price_or_none(opened, opened.call_units()),
        break_even_price=market.price_text(break_even) if break_even else None,
        distance=share(mark - liquidation, mark) if liquidation else None,
        window=opened.window, windows=rows_of(opened), call=call_of(opened, liquidation),
        collateral=cash(opened.counted_at(mark)) if opened.pledged else None,
        eligibility=standing.told(opened.jurisdiction, opened.decision)[1])


def call_of(opened: Opened, liquidation: int) -> CallRow | None:
    """What a venue that gives time does at the liquidation price; None where it gives none.  PLAN-028"""
    if not opened.cure_ns:
        return None
    close_out = opened.close_out_units()
    return CallRow(price=price_or_none(opened, liquidation), hours=f"{(Decimal(opened.cure_ns) / HOUR).normalize():f}",
                   close_out_share=f"{(Decimal(opened.close_out_ppb) / PPB).normalize():f}",
                   close_out_price=price_or_none(opened, close_out))


def line_ticks(opened: Opened) -> dict[str, int]:
    """Liquidation and bankruptcy as lines of the picture, in ticks toward the market."""
    found = {}
    for name, units in (("liquidation", opened.liquidation_units()), ("bankruptcy", opened.bankruptcy_units())):
        if units:
            found[name] = opened.market.tick_inward(units, opened.side)
    return found


def terms_of(opened: Opened) -> list[Term]:
    """Every term of the liquidation condition with its value at the liquidation price and its rule.  PLAN-006"""
    market, cash, asset = opened.market, opened.market.cash_text, opened.market.asset.name
    terms = market.row.terms
    units = opened.liquidation_units() or market.row.mark_price_units
    where = "at the liquidation price" if opened.liquidation_units() else "at the mark: no price liquidates"
    others = sum(one.profit() for one in opened.others)
    found = [
        Term("unit value", "value of one lot " + where, cash(market.unit_value(units)), asset,
             "VALU-002" if market.inverse else "VALU-001"),
        Term("entry value", "size x unit value at entry", cash(opened.row.entry_value_atoms), asset, "VALU-006"),
        Term("value there", "size x unit value", cash(opened.value_at(units)), asset, "VALU-006"),
        Term("profit there", "value there - entry value",
             cash(opened.value_at(units) - opened.row.entry_value_atoms), asset, "VALU-004"),
        Term("entry fee", "value x rate, toward zero", cash(opened.fee_atoms), asset, "FEES-001"),
    ]
    if opened.isolated:
        found.append(Term("margin", "ceil(value x initial rate) + closing-fee reserve, and what was added",
                          cash(opened.cash_atoms), asset, "MARG-009"))
    else:
        found.append(Term("wallet", "balance - entry fee", cash(opened.cash_atoms), asset, "LEDG-003"))
        found.append(Term("other profits", "of the wallet's other positions", cash(others), asset, "VALU-004"))
        found.append(Term("other maintenance", "of the wallet's other positions",
                          cash(opened.other_maintenance()), asset, "MARG-010"))
        for one in opened.pledged:
            found.append(Term(f"collateral {one.row.asset.name}", "gross value x (1 - haircut) x (1 - conversion fee)",
                              cash(one.counted(units, market.row.mark_price_units)), asset, "COLL-002"))
    opened.look(units)
    marked = rules().contract.on_mark(terms.maintenance_basis, opened.row.size_lots)
    basis = opened.value_at(units) if marked else opened.row.entry_value_atoms
    needed = rules().requirement.maintenance_at(market.row, opened.row, abs(basis))
    found += raises_of(opened)
    found += [
        Term("tier", "first whose cap holds the value with its open orders", str(opened.row.tier), "", "MARG-001"),
        Term("maintenance basis", "value there" if marked else "entry value",
             cash(abs(basis)), asset, "MARG-004"),
        Term("maintenance", "ceil(basis x rate) - deduction + closing-fee reserve", cash(needed), asset, "MARG-010"),
        Term("slack there", "cash + profits - maintenance; zero or less: liquidation", cash(opened.slack_at(units)),
             asset, "LIQD-008"),
    ]
    opened.look(market.row.mark_price_units)
    return found


def raises_of(opened: Opened) -> list[Term]:
    """What raises the schedule's maintenance: the window of the day, the class of the client."""
    instrument, found = opened.market.row, []
    if opened.window is not None:
        rates = rules().windows.window_rate(instrument, opened.row.size_lots)
        found.append(Term("window rate", f"least maintenance rate of the side in the window {opened.window}",
                          f"{Decimal(rates.maintenance_ppb) / PPB:f}", "", "MARG-040"))
    if opened.row.client_class:
        rule = instrument.client_rules[opened.row.client_class]
        found.append(Term("close-out share", "of the initial margin that the rules require, chosen leverage left aside",
                          f"{Decimal(rule.close_out_ppb) / PPB:f}", "", "ELIG-004"))
    return found


def told_call(row: CallRow, where: str) -> str:
    """What a call means, in a sentence.  PLAN-028"""
    close_out = f"at {row.close_out_price} it is closed out without waiting" if row.close_out_price else (
        "no price closes it out without waiting")
    return (f"at {where} its wallet is called, not liquidated: {row.hours} h to bring it back to initial margin, "
            f"then it is liquidated; {close_out}.")
