"""A position opened by one fill, and the group it stands in: what the engine would hold of it, by the engine's rules.

Nothing here is a formula of its own: rows go to ``rules`` and numbers come back (PLAN-003 to PLAN-006).
"""
from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from ..codes import BASIS_MARK, RATES_STEPS_WHOLE
from ..venues.rows import position_row
from .errors import PlanError
from .market import Market, leverage_of, rules, side_of
from .questions import Trade

MODES = {"isolated": 1, "cross": 0}
LIQUIDITY = ("taker", "maker")


@dataclass
class Member:
    """A position of the group with the market it is in."""

    market: Market
    row: SimpleNamespace

    def maintenance(self) -> int:
        """Maintenance requirement at the market's present mark, atoms.  MARG-010"""
        instrument = self.market.row
        value = rules().requirement.basis_value(instrument, self.row, instrument.terms.maintenance_basis)
        return rules().requirement.maintenance_at(instrument, self.row, value)

    def profit(self) -> int:
        """Unrealized profit at the market's present mark, atoms."""
        return self.row.size_lots * self.market.row.mark_unit_value_atoms - self.row.entry_value_atoms


@dataclass
class Opened:
    """The planned position and its group right after the fill. All amounts in atoms of the settlement asset.

    ``cash_atoms`` is what stands behind the group besides profits: collateral when isolated, else the wallet.
    """

    market: Market
    side: int
    lots: int
    entry_ticks: int
    isolated: bool
    row: SimpleNamespace
    fee_atoms: int
    collateral_atoms: int
    cash_atoms: int
    needed_atoms: int
    others: list[Member] = field(default_factory=list)

    @property
    def member(self) -> Member:
        """The position itself as a member of its group."""
        return Member(self.market, self.row)

    # ------------------------------------------------------------ the group at the present mark
    def equity(self) -> int:
        """Cash and unrealized profits of the group."""
        return self.cash_atoms + self.member.profit() + sum(one.profit() for one in self.others)

    def other_maintenance(self) -> int:
        """What the group's other positions must keep."""
        return sum(one.maintenance() for one in self.others)

    def maintenance(self) -> int:
        """What the group must keep."""
        return self.member.maintenance() + self.other_maintenance()

    def value_at(self, units: int) -> int:
        """Signed value of the position at a mark."""
        return self.row.size_lots * self.market.unit_value(units)

    # ------------------------------------------------------------ other marks
    def slack_at(self, units: int) -> int:
        """Equity less maintenance if the mark were ``units``, other marks as they are; the tier read there.  PLAN-005
        """
        self._look(units)
        slack = self.equity() - self.maintenance()
        return rules().requirement.slack_at(self.market.row, self.row, slack, units)

    def _look(self, units: int) -> None:
        """Read the tier at a mark, as the engine does when it looks at a position there.  MARG-011"""
        if self._tier_moves():
            instrument = self.market.row
            held = instrument.mark_unit_value_atoms
            instrument.mark_unit_value_atoms = self.market.unit_value(units)
            self.row.tier = rules().requirement.position_tier(instrument, self.row)
            instrument.mark_unit_value_atoms = held

    def _tier_moves(self) -> bool:
        instrument = self.market.row
        terms = instrument.terms
        return (terms.initial_basis == BASIS_MARK and terms.rate_method == RATES_STEPS_WHOLE
                and instrument.tier_count > 1)

    def liquidation_units(self) -> int:
        """The first mark, going against the position from the present one, at which the engine liquidates the group; 0
        where there is none.  PLAN-005

        Whole steps whose tier follows the mark are searched tier by tier, because maintenance jumps between them.
        """
        near, far = self.market.row.mark_price_units, rules().requirement.farthest_mark(
            self.market.row.terms, self.row.size_lots)
        if self.slack_at(near) <= 0:
            return near
        while True:
            end = self._tier_end(near, far)
            slack = self.equity() - self.maintenance()
            if rules().requirement.slack_at(self.market.row, self.row, slack, end) <= 0:
                found = rules().requirement.first_without_slack(self.market.row, self.row, slack, near, end)
                self._look(self.market.row.mark_price_units)
                return found
            if end == far:
                self._look(self.market.row.mark_price_units)
                return 0
            near = end + (1 if far > near else -1)
            if self.slack_at(near) <= 0:
                self._look(self.market.row.mark_price_units)
                return near

    def _tier_end(self, near: int, far: int) -> int:
        """The last mark on the way to ``far`` with the tier that holds at ``near``, which is left in the row."""
        if not self._tier_moves():
            return far
        self._look(far)
        last = self.row.tier
        self._look(near)
        tier, safe, beyond = self.row.tier, near, far
        if last == tier:
            return far
        while abs(beyond - safe) > 1:
            middle = (safe + beyond) // 2
            self._look(middle)
            safe, beyond = (middle, beyond) if self.row.tier == tier else (safe, middle)
        self._look(near)
        return safe

    def bankruptcy_units(self) -> int:
        """The mark at which the group's equity is used up, rounded against the trader; 0 where there is none.
        LIQD-006"""
        value = rules().liquidation.takeover_value(self.value_at(self.market.row.mark_price_units), self.equity())
        units = rules().liquidation.units_at_value(self.market.row.terms, self.row.size_lots, value)
        return 0 if units >= rules().contract.UNITS_BEYOND - 1 else units

    # ------------------------------------------------------------ closing
    def closed_at(self, units: int, rate_ppb: int) -> int:
        """Profit of closing at a price, after the fee of the entry and of the exit.  PLAN-007"""
        return rules().outcome.closing_result(self.market.row.terms, self.row, units, rate_ppb) - self.fee_atoms

    def break_even_ticks(self, rate_ppb: int) -> int:
        """The order price nearest to the entry at which closing loses nothing, all fees paid; 0 where none.  PLAN-007
        """
        terms = self.market.row.terms
        bad, good = self.entry_ticks, terms.price_ticks_max if self.side > 0 else terms.price_ticks_min

        def result(ticks: int) -> int:
            return self.closed_at(rules().contract.price_units(terms, ticks), rate_ppb)
        if result(bad) >= 0:
            return bad
        if result(good) < 0:
            return 0
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            bad, good = (bad, middle) if result(middle) >= 0 else (middle, good)
        return good


# ---------------------------------------------------------------- opening
def open_trade(question: Trade, lots: int, market: Market | None = None) -> Opened:
    """The position of a question, in the engine's integers.  PLAN-003, PLAN-004"""
    market = market or market_of(question)
    side = side_of(question.side)
    isolated = _mode(question.margin_mode)
    entry_ticks = market.price(question.entry, "entry")
    _set_mark(market, question, entry_ticks)
    row = _empty_position(market, question.leverage)
    for order in question.orders:
        _count(market, row, *_waiting(market, order))
    entry_units = rules().contract.price_units(market.row.terms, entry_ticks)
    value = side * lots * market.unit_value(entry_units)
    maker = _liquidity(question.liquidity) == "maker"
    fee = rules().fees.fee(abs(value), market.maker_ppb if maker else market.taker_ppb)
    before = rules().requirement.position_tier(market.row, row)
    _count(market, row, side, lots, entry_ticks)
    needed = _needed(market, row, side * lots, value, entry_units)
    row.tier = rules().requirement.position_tier(market.row, row) if maker else before
    _count(market, row, side, -lots, entry_ticks)
    collateral = 0
    if isolated:
        collateral = rules().requirement.opening_collateral(market.row, row, value, side * lots, side * lots)
    row.size_lots, row.entry_value_atoms, row.isolated = side * lots, value, int(isolated)
    row.collateral_atoms = collateral
    row.tier = rules().requirement.position_tier(market.row, row)
    balance = None if question.balance is None else market.cash(question.balance, "balance")
    if balance is None and not isolated:
        raise PlanError("balance", "is missing: a cross position stands on its whole wallet",
                        "give balance, or margin_mode isolated", "PLAN-004", "missing_field")
    others = [_other(question, one, market) for one in question.positions]
    needed += sum(_held(one) for one in others)
    cash = collateral if isolated else balance - fee
    opened = Opened(market, side, lots, entry_ticks, isolated, row, fee, collateral, cash, needed,
                    [] if isolated else others)
    if balance is not None and balance < needed:
        raise PlanError("balance", f"{question.balance} {market.asset.name} does not open this position",
                        f"at least {market.cash_text(needed)}, a smaller size or more leverage", "ORDR-010")
    return opened


def market_of(question: Trade) -> Market:
    """The market a question is about."""
    return Market.of(question.venue, question.as_of, question.symbol, question.fee_class, question.funding_rate)


def _mode(text: str) -> bool:
    if text not in MODES:
        raise PlanError("margin_mode", f"{text!r} is not known", "isolated or cross", "MARG-016")
    return MODES[text] == 1


def _liquidity(text: str) -> str:
    if text not in LIQUIDITY:
        raise PlanError("liquidity", f"{text!r} is not known", "taker or maker", "FEES-001")
    return text


def _set_mark(market: Market, question: Trade, entry_ticks: int) -> None:
    units = rules().contract.price_units(market.row.terms, entry_ticks)
    market.set_mark(units if question.mark is None else market.mark(question.mark))


def _empty_position(market: Market, leverage: str | None) -> SimpleNamespace:
    chosen = leverage_of(leverage)
    rate = market.row.terms.leverage_default_ppb if chosen is None else chosen
    return position_row(leverage_rate_ppb=rate)


def _waiting(market: Market, order) -> tuple[int, int, int]:
    if order.side not in ("buy", "sell"):
        raise PlanError("orders", f"side {order.side!r} is not known", "buy or sell")
    return side_of(order.side), market.size(order.size, "orders.size"), market.price(order.price, "orders.price")


def _count(market: Market, row: SimpleNamespace, side: int, lots: int, ticks: int) -> None:
    """Count an open order into a position's totals; lots below zero take it away."""
    value = lots * abs(market.value_at_ticks(ticks))
    if side > 0:
        row.open_buy_lots += lots
        row.open_buy_value_atoms += value
    else:
        row.open_sell_lots += lots
        row.open_sell_value_atoms += value


def _needed(market: Market, row: SimpleNamespace, lots: int, value: int, entry_units: int) -> int:
    """What the wallet must have free before the order: its margin with both fees, and what it loses at once against
    the mark.  ORDR-010"""
    instrument = market.row
    tier = rules().requirement.position_tier(instrument, row)
    order_value = rules().margin.order_excess_value(instrument.terms, row)
    premium = value - lots * instrument.mark_unit_value_atoms
    return orders_requirement(instrument, row, tier, order_value) + max(0, premium)


def orders_requirement(instrument: SimpleNamespace, row: SimpleNamespace, tier: int, value: int) -> int:
    """Initial margin and fees of open orders worth ``value`` where they are charged.  MARG-008"""
    return rules().margin.orders_requirement(instrument, row, tier, value) if value else 0


def schedule_rate(instrument: SimpleNamespace, row: SimpleNamespace, leverage_ppb: int) -> int:
    """The initial margin rate a position stands at with a chosen leverage (0: none), ppb.  MARG-002"""
    margin, held = rules().margin, row.leverage_rate_ppb
    row.leverage_rate_ppb = leverage_ppb
    rate = margin.shown_rate(instrument, row)
    row.leverage_rate_ppb = held
    return rate


def _held(one: Member) -> int:
    """What another position takes from the wallet's free cash: its initial margin less the profit that counts.
    MARG-013"""
    profit = one.profit() if one.market.row.terms.unrealized_profit_opens else min(0, one.profit())
    return rules().requirement.initial_with_reserve(one.market.row, one.row, one.row.tier) - profit


def _other(question: Trade, one, market: Market) -> Member:
    """Another position of the wallet, at its mark; it must be held in the same asset."""
    held = Market.of(question.venue, question.as_of, one.symbol)
    if held.asset.id != market.asset.id:
        raise PlanError("positions", f"{one.symbol} is settled in {held.asset.name}, this wallet holds "
                        f"{market.asset.name}", "leave it out: it stands on another wallet", "PLAN-004")
    ticks = held.price(one.entry, "positions.entry")
    held.set_mark(rules().contract.price_units(held.row.terms, ticks) if one.mark is None
                  else held.mark(one.mark, "positions.mark"))
    row = _empty_position(held, one.leverage)
    lots = side_of(one.side, "positions.side") * held.size(one.size, "positions.size")
    row.size_lots, row.entry_value_atoms = lots, lots * held.value_at_ticks(ticks)
    row.tier = rules().requirement.position_tier(held.row, row)
    return Member(held, row)
