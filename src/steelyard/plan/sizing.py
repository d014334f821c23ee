"""``size``: how large a position may be that loses no more than the risk at its stop, all in.  PLAN-010 to PLAN-013"""
from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ..units import PPB, UnitError, decimal
from .answers import SizePlan, Term
from .curve import chart
from .errors import PlanError, from_unit
from .flow import funding_of_hours
from .link import link
from .liquidation import group_notes
from .market import Market, leverage_text, rules
from .questions import Size
from .told import line_ticks, price_or_none, share, tell, terms_of
from .trade import Opened, market_of, open_trade, side_of

SAFE_PART = 10
"""A safe stop keeps this part (1 / SAFE_PART) of the way from the mark to liquidation in hand.  VIEW-015"""


@dataclass
class Exit:
    """Where the stop closes and at what, in the market's units."""

    stop_ticks: int
    exit_units: int
    hours: Decimal


@dataclass
class Loss:
    """What a size loses at the stop, in atoms, each part above zero when it costs."""

    price_atoms: int
    fee_atoms: int
    funding_atoms: int

    @property
    def total(self) -> int:
        """All in."""
        return self.price_atoms + self.fee_atoms + self.funding_atoms


def plan(question: Size) -> SizePlan:
    """Answer ``size``."""
    market = market_of(question)
    exits = read_exit(question, market)
    risk = risk_atoms(question, market)
    lots = lots_for_risk(question, market, exits, risk)
    opened = open_safely(question, market, exits, lots)
    return answer(question, opened, exits, risk)


# ---------------------------------------------------------------- the question
def read_exit(question: Size, market: Market) -> Exit:
    """The stop on the losing side of the entry, and its price after slippage, rounded against the trader.  PLAN-010"""
    side, entry = side_of(question.side), market.price(question.entry, "entry")
    stop = market.price(question.stop, "stop")
    if (entry - stop) * side <= 0:
        raise PlanError("stop", f"{question.stop} is not on the losing side of the entry {question.entry}",
                        "below the entry for a long, above it for a short", "PLAN-010")
    slip = market.rate(question.slippage, "slippage")
    if not 0 <= slip < PPB:
        raise PlanError("slippage", f"{question.slippage!r} is out of range", "from 0 to below 100 %", "PLAN-010")
    units = rules().contract.price_units(market.row.terms, stop)
    slipped = units * (PPB - slip) // PPB if side > 0 else -(-units * (PPB + slip) // PPB)
    return Exit(stop, max(1, slipped), hours_of(question.hours))


def hours_of(text: str, field: str = "hours") -> Decimal:
    """A time in hours, zero or more, at most ten years."""
    try:
        hours = decimal(text, field)
    except UnitError as error:
        raise from_unit(error, field) from None
    if not 0 <= hours <= 87_600:
        raise PlanError(field, f"{text} is out of range", "from 0 to 87600 hours")
    return hours


def risk_atoms(question: Size, market: Market) -> int:
    """The risk in atoms: cash, or a share of the balance, rounded down.  PLAN-010"""
    if not question.risk.rstrip().endswith("%"):
        atoms = market.cash(question.risk, "risk")
    elif question.balance is None:
        raise PlanError("balance", "is missing: the risk is a share of it", "give balance, or the risk as cash",
                        "PLAN-010", "missing_field")
    else:
        atoms = market.cash(question.balance, "balance") * market.rate(question.risk, "risk") // PPB
    if atoms <= 0:
        raise PlanError("risk", f"{question.risk!r} is nothing to risk", "an amount above zero", "PLAN-010")
    return atoms


# ---------------------------------------------------------------- the size
def loss_at(question: Size, market: Market, exits: Exit, lots: int) -> Loss:
    """What ``lots`` lose at the stop: price, both fees, funding of the time held.  PLAN-011"""
    side = side_of(question.side)
    entry_ticks = market.price(question.entry, "entry")
    value = side * lots * market.value_at_ticks(entry_ticks)
    rate = market.maker_ppb if question.liquidity == "maker" else market.taker_ppb
    paid = rules().fees.fee(abs(value), rate)
    closing = rules().outcome.closing_fee(market.row.terms, side * lots, exits.exit_units, market.taker_ppb)
    proceeds = side * lots * market.unit_value(exits.exit_units)
    funding = funding_of_hours(market, side * lots, entry_ticks, exits.hours)
    return Loss(value - proceeds, paid + closing, -funding)


def lots_for_risk(question: Size, market: Market, exits: Exit, risk: int) -> int:
    """The most lots whose loss at the stop is within the risk.  PLAN-012 (VIEW-014)"""
    def loss(lots: int) -> int:
        return loss_at(question, market, exits, lots).total
    if loss(1) > risk:
        raise PlanError("risk", f"one lot ({market.size_text(1)} contracts) loses {market.cash_text(loss(1))} "
                        f"{market.asset.name} at this stop, more than {market.cash_text(risk)}",
                        "risk more, or bring the stop nearer to the entry", "PLAN-012")
    most = min(market.row.terms.order_lots_max, market.row.terms.position_lots_max)
    low, high = 1, 2
    while high <= most and loss(high) <= risk:
        low, high = high, 2 * high
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if loss(middle) <= risk else (low, middle)
    return low


def open_safely(question: Size, market: Market, exits: Exit, lots: int) -> Opened:
    """The position, refused where its stop lies at or beyond its liquidation price.  PLAN-013

    Isolated without a leverage: the highest whole one whose safe stop is at or beyond the stop.
    """
    if question.leverage is None and question.margin_mode == "isolated":
        return highest_safe(question, market, exits, lots)
    opened = open_trade(question, lots, market)
    if is_beyond(opened, exits):
        refuse_stop(question, market, exits, lots, opened)
    return opened


def is_beyond(opened: Opened, exits: Exit) -> bool:
    """Whether the position is liquidated before its stop is reached, or as soon as it is."""
    units = opened.liquidation_units()
    stop = rules().contract.price_units(opened.market.row.terms, exits.stop_ticks)
    return units != 0 and (stop - units) * opened.side <= 0


def safe_stop_ticks(opened: Opened) -> int:
    """The farthest stop that keeps a tenth of the way from the mark to liquidation in hand, rounded toward the market;
    0 where nothing liquidates.  PLAN-013 (VIEW-015)"""
    units, mark = opened.liquidation_units(), opened.market.row.mark_price_units
    if units == 0:
        return 0
    kept = -(-abs(mark - units) // SAFE_PART)
    return max(1, opened.market.tick_inward(units + opened.side * kept, opened.side))


def with_leverage(question: Size, market: Market, lots: int, leverage: int) -> Opened | None:
    """The position at another leverage; None where it cannot be opened."""
    asked = type(question)(**{name: getattr(question, name) for name in question.__struct_fields__})
    asked.leverage = str(leverage)
    try:
        return open_trade(asked, lots, market)
    except PlanError:
        return None


def highest_safe(question: Size, market: Market, exits: Exit, lots: int) -> Opened:
    """The position at the highest whole leverage at which the stop is safe.  PLAN-013"""
    first = open_trade(question, lots, market)
    most = max(1, PPB // max(1, rules().margin.initial_rate(market.row, first.row.tier, 1, 0)))
    low, found = 0, None
    high = most + 1
    while high - low > 1:
        middle = (low + high) // 2
        opened = with_leverage(question, market, lots, middle)
        safe = 0 if opened is None else safe_stop_ticks(opened)
        if opened is not None and (safe == 0 or (exits.stop_ticks - safe) * opened.side >= 0):
            low, found = middle, opened
        else:
            high = middle
    if found is None:
        refuse_stop(question, market, exits, lots, first)
    return found


def refuse_stop(question: Size, market: Market, exits: Exit, lots: int, opened: Opened) -> None:
    """Say what would be safe instead: a nearer stop, less leverage, more behind it.  PLAN-013"""
    liquidation = price_or_none(opened, opened.liquidation_units())
    stop = rules().contract.price_units(market.row.terms, exits.stop_ticks)
    does = [f"a stop at {market.price_text(safe_stop_ticks(opened))} or nearer to the entry"]
    if opened.isolated:
        for leverage in range(min(200, PPB // max(1, opened.row.leverage_rate_ppb or 1)), 0, -1):
            other = with_leverage(question, market, lots, leverage)
            safe = 0 if other is None else safe_stop_ticks(other)
            if other is not None and (safe == 0 or (exits.stop_ticks - safe) * other.side >= 0):
                does.append(f"leverage {leverage} or less")
                break
    more = 1 - opened.slack_at(max(1, stop - opened.side))
    if more > 0:
        does.append(f"{market.cash_text(more)} {market.asset.name} more behind it")
    raise PlanError("stop", f"{question.stop} lies beyond the liquidation price {liquidation}: the venue closes the "
                    "position before the stop does", ", or ".join(does), "PLAN-013", "stop_beyond_liquidation")


# ---------------------------------------------------------------- the answer
def answer(question: Size, opened: Opened, exits: Exit, risk: int) -> SizePlan:
    """The sizing in text."""
    market, cash = opened.market, opened.market.cash_text
    loss = loss_at(question, market, exits, opened.lots)
    position = tell(opened)
    stop = rules().contract.price_units(market.row.terms, exits.stop_ticks)
    liquidation = opened.liquidation_units()
    behind = max(1, opened.cash_atoms)
    safe = safe_stop_ticks(opened)
    profit = None if question.target is None else target_profit(question, opened)
    lines = {"stop": exits.stop_ticks, **line_ticks(opened)}
    if question.target is not None:
        lines["target"] = market.price(question.target, "target")
    return SizePlan(
        position=position, risk=cash(risk), stop=market.price_text(exits.stop_ticks),
        exit_price=market.mark_text(exits.exit_units), loss_at_stop=cash(loss.total),
        price_loss=cash(loss.price_atoms), fees=cash(loss.fee_atoms), funding=cash(loss.funding_atoms),
        implied_leverage=leverage_text(behind * PPB // max(1, abs(opened.row.entry_value_atoms))),
        stop_to_liquidation=share((stop - liquidation), market.row.mark_price_units) if liquidation else None,
        safe_stop=market.price_text(safe) if safe else None,
        profit_at_target=None if profit is None else cash(profit),
        reward_to_risk=None if profit is None or loss.total <= 0 else f"{Decimal(profit) / loss.total:.2f}",
        terms=loss_terms(question, opened, exits, loss) + terms_of(opened), chart=chart(opened, lines),
        notes=notes(question, opened, exits), link=link("size", question))


def target_profit(question: Size, opened: Opened) -> int:
    """Profit at the target after both fees and the funding of the time held, atoms; the target pays the maker's fee.
    PLAN-011"""
    market = opened.market
    target = market.price(question.target, "target")
    if (target - opened.entry_ticks) * opened.side <= 0:
        raise PlanError("target", f"{question.target} is not on the winning side of the entry {question.entry}",
                        "above the entry for a long, below it for a short", "PLAN-010")
    units = rules().contract.price_units(market.row.terms, target)
    held = funding_of_hours(market, opened.row.size_lots, opened.entry_ticks, hours_of(question.hours))
    return opened.closed_at(units, market.maker_ppb) + held


def loss_terms(question: Size, opened: Opened, exits: Exit, loss: Loss) -> list[Term]:
    """The parts of the loss at the stop with their rules."""
    cash, asset = opened.market.cash_text, opened.market.asset.name
    return [
        Term("exit price", "stop worsened by the slippage", opened.market.mark_text(exits.exit_units),
             opened.market.instrument.grid.quote, "PLAN-010"),
        Term("loss by price", "entry value - value at the exit price", cash(loss.price_atoms), asset, "VALU-004"),
        Term("fees", f"{question.liquidity} in, taker out", cash(loss.fee_atoms), asset, "FEES-001"),
        Term("funding", f"{question.funding_rate} each {opened.market.rate_hours or 0:f} h for {question.hours} h",
             cash(loss.funding_atoms), asset, "FUND-006"),
    ]


def notes(question: Size, opened: Opened, exits: Exit) -> list[str]:
    """What a reader should know besides the numbers."""
    found = []
    if question.leverage is None and opened.isolated:
        found.append(f"Leverage {leverage_text(opened.row.leverage_rate_ppb)} was chosen: the highest at which the "
                     "stop keeps a tenth of the way to liquidation in hand.")
    found += group_notes(opened)
    safe = safe_stop_ticks(opened)
    if safe and (exits.stop_ticks - safe) * opened.side < 0:
        found.append("The stop is within a tenth of the way to liquidation: a wick of the mark may be first.")
    return found
