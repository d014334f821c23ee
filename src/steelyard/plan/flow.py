"""Funding of a position over time, stamp by stamp, as the engine books it.  PLAN-014, PLAN-018"""
from __future__ import annotations

from decimal import Decimal

from ..units import HOUR, PPB, SECOND
from .answers import Chart, FundingPlan, Series, Stamp
from .errors import PlanError
from .link import link
from .market import Market, rules
from .questions import Funding
from .told import price_or_none, tell
from .trade import Opened, cover_debt, market_of, open_trade

MILLISECOND = 1_000_000
STAMPS_MAX = 20_000
SHOWN_MAX = 200
"""Stamps listed in an answer; of more, every n-th, and always the last."""


def stamp_cash(market: Market, size_lots: int, mark_units: int, rate_ppb: int) -> int:
    """What one funding stamp brings a position (below zero: costs), atoms, booked by itself.  FUND-005, FUND-006"""
    delta = rules().funding.increment_micro(market.unit_value(mark_units), rate_ppb)
    return rules().funding.funding_cash(size_lots, delta)


def stamps_of_hours(market: Market, hours: Decimal) -> int:
    """Stamps that a time passes, counted in whole intervals from the opening; 0 where the instrument has no funding."""
    interval = market.funding_hours
    return 0 if interval is None else int(hours / interval)


def funding_of_hours(market: Market, size_lots: int, entry_ticks: int, hours: Decimal) -> int:
    """Cash of funding at the rate in force and the entry price over a time, and of the loan the position was opened
    with; below zero it is paid.  PLAN-014, PLAN-029, LOAN-001, LOAN-002"""
    loan = loan_of_hours(market, size_lots, entry_ticks, hours)
    return loan + _funding_of_hours(market, size_lots, entry_ticks, hours)


def loan_of_hours(market: Market, size_lots: int, entry_ticks: int, hours: Decimal) -> int:
    """What a loan of the entry value costs over a time, as cash below zero; 0 where nothing is lent.  LOAN-001"""
    terms = market.row.terms
    if terms.loan_period_ns == 0:
        return 0
    opening, rollover = terms.loan_opening_short_ppb, terms.loan_rollover_short_ppb
    if size_lots > 0:
        opening, rollover = terms.loan_opening_long_ppb, terms.loan_rollover_long_ppb
    value = abs(size_lots * market.value_at_ticks(entry_ticks))
    return -rules().spot_margin.loan_cost(value, opening, rollover, int(hours * HOUR), terms.loan_period_ns)


def _funding_of_hours(market: Market, size_lots: int, entry_ticks: int, hours: Decimal) -> int:
    if market.row.terms.funding_accrual_ns and market.row.funding_rate_ppb:
        return accrued_of_hours(market, size_lots, entry_ticks, hours)
    stamps = stamps_of_hours(market, hours)
    if stamps == 0 or market.row.funding_rate_ppb == 0:
        return 0
    units = rules().contract.price_units(market.row.terms, entry_ticks)
    return stamps * stamp_cash(market, size_lots, units, market.row.funding_rate_ppb)


# ---------------------------------------------------------------- funding that accrues
def accrued(market: Market, mark_units: int, rate_ppb: int, span_ms: int, rest: int = 0) -> tuple[int, int]:
    """What a long lot owes over a time at one mark and rate, in millionths of an atom, and what is left over for the
    time after.  FUND-011"""
    rule, period = rules().funding, market.row.terms.funding_accrual_ns // MILLISECOND
    whole = rule.increment_micro(market.unit_value(mark_units), rate_ppb)
    return rule.accrued_micro(whole, span_ms, period, rest), rule.accrual_rest(whole, span_ms, period, rest)


def accrued_of_hours(market: Market, size_lots: int, entry_ticks: int, hours: Decimal) -> int:
    """Funding that accrues over a time, booked whole at each stamp and, for what is left, when the position is left.
    Stamps owe one of two amounts, so they are counted, not walked.  PLAN-029"""
    units = rules().contract.price_units(market.row.terms, entry_ticks)
    rate, interval = market.row.funding_rate_ppb, market.row.terms.funding_interval_ns // MILLISECOND
    span = int(hours * HOUR / MILLISECOND)
    stamps = span // interval
    least, _rest = accrued(market, units, rate, interval)
    at_stamps, rest = accrued(market, units, rate, interval * stamps)
    more = at_stamps - stamps * least
    tail, _rest = accrued(market, units, rate, span - interval * stamps, rest)
    cash = rules().funding.funding_cash
    return (more * cash(size_lots, least + 1) + (stamps - more) * cash(size_lots, least) + cash(size_lots, tail))


# ---------------------------------------------------------------- the rates
def rates_of(question: Funding, market: Market) -> list[int]:
    """The rate charged at each stamp, ppb.  PLAN-018"""
    given = [name for name in ("rates", "premiums", "history") if getattr(question, name)]
    if len(given) > 1:
        raise PlanError(given[1], f"and {given[0]} contradict each other", "give one of rates, premiums and history",
                        "PLAN-018")
    if question.rates:
        return [market.rate(text, "rates") for text in question.rates]
    if question.premiums:
        return rates_of_premiums(market, [market.rate(text, "premiums") for text in question.premiums])
    if question.history:
        from .files import history_rates
        return history_rates(question)
    from .sizing import hours_of
    return [market.row.funding_rate_ppb] * stamps_of_hours(market, hours_of(question.hours))


def rates_of_premiums(market: Market, premiums: list[int]) -> list[int]:
    """What the venue's formula charges for average premiums, interval by interval.  FUND-003, FUND-004

    Where a rate is charged one interval after it was computed, the first stamp charges the rate in force.
    """
    terms, charged, in_force = market.row.terms, [], market.row.funding_rate_ppb
    for premium in premiums:
        rate = rules().funding.funding_rate(premium, terms.interest_ppb, terms.funding_clamp_ppb)
        computed = rules().funding.capped_rate(rate, in_force, terms.funding_cap_ppb, terms.funding_step_cap_ppb)
        if terms.premium_period_ns:
            computed = rules().funding.rate_for_interval(
                computed, terms.funding_interval_ns // SECOND, terms.premium_period_ns // SECOND)
        charged.append(in_force if terms.funding_delayed else computed)
        in_force = computed
    return charged


# ---------------------------------------------------------------- the plan
def plan(question: Funding) -> FundingPlan:
    """Answer ``funding``."""
    market = market_of(question)
    if market.funding_hours is None:
        raise PlanError("symbol", f"{market.instrument.symbol} has no funding", "a perpetual",
                        "FUND-010")
    opened = open_trade(question, market.size(question.size), market)
    position, begun = tell(opened), opened.cash_atoms
    rates = rates_of(question, market)
    if not 0 < len(rates) <= STAMPS_MAX:
        raise PlanError("hours", f"{len(rates)} stamps", f"a time of 1 to {STAMPS_MAX} stamps; one interval is "
                        f"{market.funding_hours:f} h", "PLAN-018")
    marks = [market.mark(text, "marks") for text in question.marks]
    stamps, cash, died = walk(opened, rates, marks)
    total = sum(cash)
    held = Decimal(len(rates)) * market.funding_hours / Decimal(24 * 365)
    value = max(1, abs(opened.row.entry_value_atoms))
    return FundingPlan(
        position=position, interval_hours=f"{market.rate_hours:f}", total=market.cash_text(total),
        paid=market.cash_text(-sum(one for one in cash if one < 0)),
        received=market.cash_text(sum(one for one in cash if one > 0)),
        average_rate=f"{Decimal(sum(rates)) / len(rates) / PPB:.9f}",
        annualized=f"{Decimal(total) / value / held:.6f}", share_of_margin=f"{Decimal(total) / max(1, begun):.6f}",
        liquidated_at_stamp=died, stamps=stamps, chart=picture(market, stamps),
        notes=notes(question, opened, died), link=link("funding", question))


def walk(opened: Opened, rates: list[int], marks: list[int]) -> tuple[list[Stamp], list[int], int | None]:
    """Book stamp after stamp until liquidation: what is listed, the cash of all, and the stamp that liquidated.

    Where a venue fixes the amount with the rate, one interval before it is paid, the mark before stands for its index.
    """
    market, total, stamps, cash = opened.market, 0, [], []
    terms = market.row.terms
    fixed_before = getattr(terms, "funding_amount_basis", 0) != 0 and terms.funding_delayed != 0
    rest, interval_ms = 0, terms.funding_interval_ns // MILLISECOND
    every = max(1, -(-len(rates) // SHOWN_MAX))
    for number, rate in enumerate(rates):
        before = market.row.mark_price_units
        if number < len(marks):
            market.set_mark(marks[number])
        market.row.funding_rate_ppb = rate
        mark = market.row.mark_price_units
        if terms.funding_accrual_ns:
            delta, rest = accrued(market, mark, rate, interval_ms, rest)
            got = rules().funding.funding_cash(opened.row.size_lots, delta)
        else:
            got = stamp_cash(market, opened.row.size_lots, before if fixed_before else mark, rate)
        opened.cash_atoms += got
        cover_debt(opened)
        total += got
        cash.append(got)
        last = number == len(rates) - 1
        over = opened.slack_at(mark) <= 0
        if number % every == 0 or last or over:
            stamps.append(Stamp(number + 1, f"{(number + 1) * market.funding_hours:f}",
                                f"{Decimal(rate) / PPB:.9f}", market.mark_text(mark), market.cash_text(got),
                                market.cash_text(total), price_or_none(opened, opened.liquidation_units())))
        if over:
            return stamps, cash, number + 1
    return stamps, cash, None


def picture(market: Market, stamps: list[Stamp]) -> Chart:
    """Funding so far over time."""
    return Chart(x="hours", y=market.asset.name, prices=["0", *(one.hours for one in stamps)],
                 series=[Series("funding", ["0", *(one.total for one in stamps)])], lines=[])


def notes(question: Funding, opened: Opened, died: int | None) -> list[str]:
    """What a reader should know besides the numbers."""
    found = []
    if died is not None:
        found.append(f"The position is liquidated at stamp {died}: funding and mark have used up its margin.")
    if question.history:
        found.append("Each rate of the file is charged at one stamp, whatever interval the file's venue had.")
    if opened.market.row.terms.funding_accrual_ns:
        found.append(f"Funding accrues all the time here, at a rate of {opened.market.rate_hours:f} hours; what "
                     f"accrued is booked every {opened.market.funding_hours:f} h and when the position changes "
                     "(FUND-011). Each rate holds for one such stretch.")
    if opened.market.row.terms.funding_delayed and question.premiums:
        found.append("This venue charges a rate one interval after it is computed.")
    return found
