"""``hedge``: spot held and a short against it: what is locked in, and how far the price may rise.  PLAN-020"""
from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from .answers import Chart, HedgePlan, HedgePoint, Line, Series
from .comparing import SAME_COIN, amount_of, lots_of, positive
from .errors import PlanError
from .flow import funding_of_hours
from .link import link
from .liquidation import add_cash
from .market import Market
from .questions import Hedge
from .sizing import hours_of
from .told import tell
from .trade import Opened, market_of, open_trade

MOVES = (-50, -30, -20, -10, -5, 0, 5, 10, 20, 30, 50, 100)
CENT = Decimal("0.01")
SIX = Decimal("0.000001")


def plan(question: Hedge) -> HedgePlan:
    """Answer ``hedge``."""
    market = market_of(question)
    question.side = "short"
    amount, spot = positive(question.amount, "amount"), positive(question.spot, "spot")
    ticks = market.price(question.entry, "entry")
    if market.instrument.grid.kind == "quanto":
        raise PlanError("symbol", f"{market.instrument.symbol} is a quanto contract: its result is not in the coin's "
                        "price", "a linear or an inverse one", "PLAN-015")
    wanted = market.size_text(lots_of(market, amount, ticks)) if question.size is None else question.size
    lots = market.size(wanted, "amount" if question.size is None else "size")
    opened = open_trade(question, lots, market)
    if question.add_margin is not None:
        add_cash(opened, market.cash(question.add_margin, "add_margin", negative=True), "add_margin")
    hours = hours_of(question.hours)
    funding = funding_of_hours(market, opened.row.size_lots, ticks, hours)
    points = [point_at(opened, amount, spot, move, funding) for move in MOVES]
    held = hedged_amount(market, lots, ticks)
    basis = ticks * market.instrument.grid.tick - spot
    fees = in_quote(market, opened.fee_atoms, spot)
    standing = [Decimal(one.total) for one in points if not one.liquidated]
    locked = min(standing) if standing else Decimal(0)
    liquidation, mark = opened.liquidation_units(), market.row.mark_price_units
    return HedgePlan(
        position=tell(opened), amount=f"{amount:f}", hedged=f"{held:f}",
        hedge_ratio=f"{(held / amount).quantize(SIX):f}",
        basis=f"{basis.quantize(CENT):f}", basis_share=f"{(basis / spot).quantize(SIX):f}",
        basis_annualized=yearly(question, basis / spot), funding=f"{in_quote(market, funding, spot):f}",
        fees=f"{fees:f}", locked_value=f"{locked:f}",
        locked_share=f"{(locked / (amount * spot)).quantize(SIX):f}",
        rise_survived=f"{(Decimal(liquidation) / mark - 1).quantize(SIX):f}" if liquidation else None,
        points=points, chart=picture(opened, points, spot), notes=notes(question, opened, held, amount),
        link=link("hedge", question))


def hedged_amount(market: Market, lots: int, ticks: int) -> Decimal:
    """How much of the coin the short is, at its entry."""
    return amount_of(market, lots, ticks)


def in_quote(market: Market, atoms: int, price: Decimal) -> Decimal:
    """Cash at a price of the coin, in the quote currency, to the cent, halves up."""
    grid = market.instrument.grid
    value = Decimal(atoms).scaleb(-grid.settlement.decimals)
    if SAME_COIN.get(grid.settlement.name, grid.settlement.name) == SAME_COIN.get(grid.base, grid.base):
        value *= price
    return value.quantize(CENT, ROUND_HALF_UP)


def yearly(question: Hedge, share: Decimal) -> str | None:
    """The basis as a yearly rate, simple interest; None where no expiry is given."""
    if question.days_to_expiry is None:
        return None
    days = positive(question.days_to_expiry, "days_to_expiry")
    return f"{(share * 365 / days).quantize(SIX):f}"


def point_at(opened: Opened, amount: Decimal, spot: Decimal, move: int, funding: int) -> HedgePoint:
    """Spot and short after the price moved by so many per cent and the basis is gone: mark and spot are one.

    Past the liquidation price the short is gone with all of its margin, and the spot stays.
    """
    market, grid = opened.market, opened.market.instrument.grid
    price = spot * (100 + move) / 100
    units = max(1, int(price / grid.mark_unit))
    liquidation = opened.liquidation_units()
    dead = liquidation != 0 and units >= liquidation
    profit = opened.value_at(units) - opened.row.entry_value_atoms
    atoms = (-opened.cash_atoms if dead else profit + funding) - opened.fee_atoms
    short = in_quote(market, atoms, price)
    needs = max(0, 1 - opened.slack_at(max(1, units)))
    left = 0 if dead else opened.cash_atoms + profit + funding
    return HedgePoint(
        price=f"{price.quantize(grid.tick if grid.tick < 1 else CENT):f}", move=f"{move / 100:.2f}",
        spot_value=f"{(amount * price).quantize(CENT):f}", short_result=f"{short:f}",
        total=f"{(amount * price).quantize(CENT) + short:f}", margin_left=market.cash_text(left),
        needs=market.cash_text(needs), liquidated=dead)


def picture(opened: Opened, points: list[HedgePoint], spot: Decimal) -> Chart:
    """Spot, short and both over price."""
    units = opened.liquidation_units()
    lines = [Line("entry", opened.market.price_text(opened.entry_ticks))]
    if units and Decimal(opened.market.mark_text(units)) < 2 * spot:
        lines.append(Line("liquidation", opened.market.mark_text(units)))
    return Chart(x=f"price, {opened.market.instrument.grid.quote}", y=opened.market.instrument.grid.quote,
                 prices=[one.price for one in points], lines=lines,
                 series=[Series("spot", [one.spot_value for one in points]),
                         Series("short", [one.short_result for one in points]),
                         Series("both", [one.total for one in points])])


def notes(question: Hedge, opened: Opened, held: Decimal, amount: Decimal) -> list[str]:
    """What a reader should know besides the numbers."""
    found = []
    if abs(held / amount - 1) > Decimal("0.01"):
        found.append(f"The short is {held:f} of {amount:f}: what is left over moves with the price.")
    if opened.market.inverse:
        found.append("An inverse short locks in a value in the quote currency; its result is paid in the coin.")
    units = opened.liquidation_units()
    if units:
        found.append(f"The short is liquidated at {opened.market.mark_text(units)}: the spot cannot help it unless it "
                     "is the margin; add margin before.")
    if not opened.market.row.terms.funding_interval_ns and question.days_to_expiry is None:
        found.append("A dated contract earns its basis by its expiry: give days_to_expiry for the yearly rate.")
    return found
