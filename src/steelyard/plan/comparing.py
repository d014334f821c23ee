"""``compare``: one position under every venue's rules, in each venue's own contracts.  PLAN-015 to PLAN-017"""
from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from ..units import UnitError, decimal
from ..venues.dated import show
from ..venues.instrument import Instrument
from ..venues.phrases import PHRASES
from ..venues.profile import Profile, profile_paths
from .answers import Chart, ComparePlan, Line, Series, VenueRow
from .errors import PlanError, from_unit
from .flow import funding_of_hours
from .link import link
from .market import Market, leverage_of, leverage_text, profile_of, rules, side_of
from .questions import Compare, Trade
from .sizing import hours_of
from .standing import decide, told
from .told import call_of, rate_of, share, told_call
from .trade import Opened, open_trade
from .windows import highest_rate, rows_of, told_window

SAME_COIN = {"XBT": "BTC"}
"""Names of one coin: data, as venues write them."""
EIGHT_HOURS = Decimal(8)
CENT = Decimal("0.01")
LEAST, MOST = Decimal("0.000000000001"), Decimal(10) ** 12
"""Bounds of an amount or a price that no venue's grid bounds."""


def plan(question: Compare) -> ComparePlan:
    """Answer ``compare``."""
    coin = SAME_COIN.get(question.coin.upper(), question.coin.upper())
    amount, entry = positive(question.amount, "amount"), positive(question.entry, "entry")
    hours, side = hours_of(question.hours), side_of(question.side)
    leverage_of(question.leverage)
    rows, opened = [], []
    for profile in profiles(question):
        for instrument in instruments(profile, coin, amount, entry):
            row, one = venue_row(question, profile, instrument, amount, entry, hours)
            rows.append(row)
            opened.append(one)
    if not rows:
        raise PlanError("coin", f"no profile lists {coin} on this date", "another coin, or another date", "PLAN-015",
                        "not_found")
    return ComparePlan(
        coin=coin, side="long" if side > 0 else "short", amount=f"{amount:f}", entry=f"{entry:f}",
        hours=f"{hours:f}", rows=rows, chart=picture(question, entry, [one for one in opened if one]),
        notes=notes(rows), link=link("compare", question))


def positive(text: str, field: str) -> Decimal:
    """A decimal above zero."""
    try:
        value = decimal(text, field)
    except UnitError as error:
        raise from_unit(error, field) from None
    if value <= 0:
        raise PlanError(field, f"{text} must be above zero", "such as 1.5")
    if not LEAST <= value <= MOST:
        raise PlanError(field, f"{text} is out of range", f"between {LEAST:f} and {MOST:f}")
    return value


def profiles(question: Compare) -> list[Profile]:
    """The profiles to compare; one that does not hold on the date is left out.  PLAN-015"""
    known = sorted(profile_paths())
    chosen = known if question.venues is None else [name.strip() for name in question.venues.split(",")]
    found = []
    for name in chosen:
        try:
            found.append(profile_of(name, question.as_of))
        except PlanError as error:
            if question.venues is not None and name not in known:
                raise PlanError("venues", error.message.partition(": ")[2], error.do, "PLAN-001") from None
            if error.field == "as_of":
                raise
    return found


def instruments(profile: Profile, coin: str, amount: Decimal, entry: Decimal) -> list[Instrument]:
    """The instruments of a venue that carry a position in the coin: one linear, one inverse and one quanto, those with
    funding before dated ones, then the one whose contracts come nearest to the amount, then the first.  PLAN-015"""
    def rank(one: Instrument) -> tuple:
        if one.grid.kind == "quanto":
            return not one.terms["funding_interval_ns"], 0
        per_lot = lot_amount(one, entry)
        return not one.terms["funding_interval_ns"], abs(max(1, nearest(amount / per_lot)) * per_lot - amount)
    held = [one for one in profile.instruments if SAME_COIN.get(one.grid.base, one.grid.base) == coin]
    found = []
    for kind in ("linear", "inverse", "quanto"):
        found += sorted((one for one in held if one.grid.kind == kind), key=rank)[:1]
    return found


# ---------------------------------------------------------------- one venue
def lot_amount(instrument: Instrument, price: Decimal, settlement_price: Decimal | None = None) -> Decimal:
    """How much of the coin one lot is at a price: what it earns when the price rises by one, in the quote currency. A
    quanto contract earns its settlement coin, so it takes the price of that.  PLAN-016"""
    grid = instrument.grid
    held = grid.contract_size * grid.lot_contracts
    if grid.kind == "quanto":
        if settlement_price is None:
            raise PlanError("settlement_price", f"is missing: {instrument.symbol} is a quanto contract; how much of "
                            f"{grid.base} it is depends on the price of {grid.settlement.name} in {grid.quote}",
                            "give settlement_price", "PLAN-016", "missing_field")
        return held * settlement_price
    return held / price if grid.kind == "inverse" else held


def nearest(value: Decimal) -> int:
    """The nearest whole number, halves up."""
    return int(value.to_integral_value(ROUND_HALF_UP))


def lots_of(market: Market, amount: Decimal, ticks: int, settlement_price: Decimal | None = None) -> int:
    """The amount in lots, rounded to the nearest, halves up, at least one.  PLAN-016"""
    return max(1, nearest(amount / lot_amount(market.instrument, ticks * market.instrument.grid.tick,
                                              settlement_price)))


def amount_of(market: Market, lots: int, ticks: int, settlement_price: Decimal | None = None) -> Decimal:
    """How much of the coin so many lots are at the entry, eight places."""
    per_lot = lot_amount(market.instrument, ticks * market.instrument.grid.tick, settlement_price)
    return (lots * per_lot).quantize(Decimal("0.00000001"))


def venue_row(question: Compare, profile: Profile, instrument: Instrument, amount: Decimal, entry: Decimal,
              hours: Decimal) -> tuple[VenueRow, Opened | None]:
    """The position under one instrument's rules, or why it cannot be opened."""
    row = VenueRow(venue=profile.name, title=profile.title, symbol=instrument.symbol, as_of=show(profile.as_of),
                   product=instrument.product, kind=instrument.grid.kind, asset=instrument.grid.settlement.name,
                   ladder=ladder_words(instrument))
    decision = decide(question.jurisdiction, question.client, profile, instrument, question.as_of is not None)
    row.allowed, row.eligibility = told(question.jurisdiction, decision)
    price = None if question.settlement_price is None else positive(question.settlement_price, "settlement_price")
    try:
        market = Market.of(str(profile.path), question.as_of, instrument.symbol)
        ticks = market.nearest_tick(entry)
        lots = lots_of(market, amount, ticks, price)
        set_rate(question, market)
        opened = open_at_most(question, market, ticks, lots)
        fill(row, opened, amount, ticks, hours, price)
    except (PlanError, OverflowError) as error:
        row.error = getattr(error, "message", str(error))
        return row, None
    return row, opened


def set_rate(question: Compare, market: Market) -> None:
    """The rate of eight hours as the instrument's own interval or period has it, cut off to a ppb.  PLAN-017"""
    interval = market.rate_hours
    rate = market.rate(question.funding_rate, "funding_rate")
    market.row.funding_rate_ppb = 0 if interval is None else int(rate * interval / EIGHT_HOURS)


def leverage_max(market: Market, opened: Opened) -> str:
    """The highest leverage the schedule lets this size have.  MARG-002"""
    return leverage_text(highest_rate(market.row, opened.row))


def open_at_most(question: Compare, market: Market, ticks: int, lots: int) -> Opened:
    """Open it at the wished leverage, or at the venue's highest where that is less (the schedule's rate holds), in the
    window that asks most of the side and under the class of the trader.  MARG-040, ELIG-003"""
    trade = Trade(entry=market.price_text(ticks), venue=question.venues or "", side=question.side,
                  leverage=question.leverage, margin_mode="isolated", liquidity=question.liquidity,
                  as_of=question.as_of, jurisdiction=question.jurisdiction, client=question.client)
    market.size(market.size_text(lots))
    opened = open_trade(trade, lots, market)
    if question.margin_mode == "cross":
        opened.isolated, opened.row.isolated = False, 0
    elif question.margin_mode != "isolated":
        raise PlanError("margin_mode", f"{question.margin_mode!r} is not known", "isolated or cross", "MARG-016")
    return opened


def fill(row: VenueRow, opened: Opened, amount: Decimal, ticks: int, hours: Decimal, price: Decimal | None) -> None:
    """The numbers of a row."""
    market, cash = opened.market, opened.market.cash_text
    per_tick = rules().contract.price_units(market.row.terms, ticks)
    held = amount_of(market, opened.lots, ticks, price)
    fees = opened.fee_atoms + rules().outcome.closing_fee(
        market.row.terms, opened.row.size_lots, per_tick, market.taker_ppb)
    funding = funding_of_hours(market, opened.row.size_lots, opened.entry_ticks, hours)
    liquidation, mark = opened.liquidation_units(), market.row.mark_price_units
    bankruptcy = opened.bankruptcy_units()
    row.size, row.amount, row.entry = market.size_text(opened.lots), f"{held:f}", market.price_text(ticks)
    row.amount_off = f"{(held - amount).quantize(Decimal('0.00000001')):f}"
    row.leverage, row.leverage_max = leverage_text(rate_of(opened)), leverage_max(market, opened)
    for name, atoms in (("margin", opened.cash_atoms), ("maintenance", opened.member.maintenance()), ("fees", fees),
                        ("funding", funding)):
        setattr(row, name, cash(atoms))
        setattr(row, f"{name}_quote", in_quote(market, atoms, ticks, price))
    row.liquidation_price = market.mark_text(liquidation) if liquidation else None
    row.bankruptcy_price = market.mark_text(bankruptcy) if bankruptcy else None
    row.distance = share(mark - liquidation, mark) if liquidation else None
    row.window, row.windows, row.call = opened.window, rows_of(opened), call_of(opened, liquidation)


def in_quote(market: Market, atoms: int, ticks: int, price: Decimal | None = None) -> str:
    """Cash in the quote currency at the entry price, of a quanto contract at the price of what it settles in, to the
    cent; as it is where it settles in a quote currency."""
    grid = market.instrument.grid
    amount = Decimal(atoms).scaleb(-grid.settlement.decimals)
    if grid.kind == "quanto":
        amount *= price
    elif SAME_COIN.get(grid.settlement.name, grid.settlement.name) == SAME_COIN.get(grid.base, grid.base):
        amount *= ticks * grid.tick
    return f"{amount.quantize(CENT):f}"


def ladder_words(instrument: Instrument) -> list[str]:
    """What happens there when margin runs out, as the profile's own figures say it."""
    found = []
    for figure in instrument.figures:
        section = figure.key.split(".")[0]
        if section in ("liquidation", "losses") and figure.key in PHRASES:
            said, absent = PHRASES[figure.key]
            words = absent if figure.text in ("none", "false", "0") and absent else said.format(figure.text)
            found.append(words)
    return found


# ---------------------------------------------------------------- the picture
def picture(question: Compare, entry: Decimal, opened: list[Opened]) -> Chart | None:
    """Equity left of the margin, as a share of it, over price: where each line meets zero the venue's customer has
    nothing left; the lines of the picture are liquidation prices."""
    if not opened:
        return None
    marks = [Decimal(one.liquidation_units()) * one.market.instrument.grid.mark_unit for one in opened]
    near = [mark for mark in marks if mark and abs(mark - entry) < 2 * entry]
    low, high = min([entry, *near]), max([entry, *near])
    reach = max(high - low, entry / 50)
    low, high = max(entry / 100, low - reach / 4), high + reach / 4
    prices = [low + (high - low) * number / 60 for number in range(61)]
    series, lines = [], [Line("entry", f"{entry:f}")]
    for one, mark in zip(opened, marks):
        name = f"{one.market.profile.name} {one.market.instrument.symbol}"
        values = []
        for price in prices:
            units = max(1, int(price / one.market.instrument.grid.mark_unit))
            left = one.cash_atoms + one.value_at(units) - one.row.entry_value_atoms
            values.append(f"{Decimal(left) / max(1, one.cash_atoms) * 100:.2f}")
        series.append(Series(name, values))
        if mark and low <= mark <= high:
            lines.append(Line(name, f"{mark:f}"))
    return Chart(x=f"price of {question.coin.upper()}", y="% of margin left",
                 prices=[f"{price:.2f}" for price in prices], series=series, lines=lines)


def notes(rows: list[VenueRow]) -> list[str]:
    """What a reader should know besides the numbers."""
    found = []
    off = [row for row in rows if row.amount_off and Decimal(row.amount_off) != 0]
    if off:
        found.append("Amounts are rounded to whole contracts: " + "; ".join(
            f"{row.venue} {row.symbol} {row.amount} ({'+' if row.amount_off[0] != '-' else ''}{row.amount_off})"
            for row in off) + ".")
    for ladder in dict.fromkeys(tuple(row.ladder) for row in rows):
        names = dict.fromkeys(row.venue for row in rows if tuple(row.ladder) == ladder)
        found.append(f"{', '.join(names)}: {'; '.join(ladder)}.")
    found += list(dict.fromkeys(f"{row.venue}: {row.eligibility}." for row in rows if row.eligibility))
    found += [f"{row.venue} {row.symbol}: opened in the window {row.window}, which asks most of this side; "
              + "; ".join(told_window(one) for one in row.windows) + "." for row in rows if row.windows]
    found += [f"{row.venue} {row.symbol}: {told_call(row.call, 'its price of liquidation')}"
              for row in rows if row.call]
    lower = [row for row in rows if row.leverage and row.leverage_max and row.leverage == row.leverage_max]
    if lower:
        found.append("At their highest leverage: " + ", ".join(f"{row.venue} {row.symbol} ({row.leverage})"
                                                               for row in lower) + ".")
    return found
