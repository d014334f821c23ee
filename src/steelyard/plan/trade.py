"""A position opened by one fill, and the group it stands in: what the engine would hold of it, by the engine's rules.

Nothing here is a formula of its own: rows go to ``rules`` and numbers come back (PLAN-003 to PLAN-006).
"""
from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from ..codes import RATES_STEPS_WHOLE
from ..units import PPB
from ..venues.eligibility import Decision
from ..venues.rows import position_row
from .errors import PlanError
from .market import Market, leverage_of, rules, side_of
from .pledges import Pledged, Sale, cover, read_pledges
from .questions import Trade
from .standing import bind
from .windows import chosen_window, enter

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

    def call_level(self) -> int:
        """What it must be covered with lest its wallet is called, at the market's present mark, atoms.  CALL-004"""
        instrument = self.market.row
        initial = rules().requirement.initial_with_reserve(instrument, self.row, self.row.tier)
        return rules().margin_calls.call_requirement(
            self.maintenance(), initial, instrument.terms.call_initial_ppb)

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
    pledged: list[Pledged] = field(default_factory=list)
    window: str | None = None
    jurisdiction: str | None = None
    decision: Decision | None = None
    sold: list[Sale] = field(default_factory=list)

    @property
    def member(self) -> Member:
        """The position itself as a member of its group."""
        return Member(self.market, self.row)

    # ------------------------------------------------------------ the group at the present mark
    def equity(self) -> int:
        """Cash, unrealized profits of the group, and what other assets count for.  COLL-003"""
        return (self.cash_atoms + self.member.profit() + sum(one.profit() for one in self.others)
                + self.counted_at(self.market.row.mark_price_units))

    def counted_at(self, units: int) -> int:
        """What other assets of the account count for with the mark at ``units``.  COLL-002"""
        return sum(one.counted(units, self.market.row.mark_price_units) for one in self.pledged)

    @property
    def collateral_moves(self) -> bool:
        """Whether a move of the mark moves collateral too."""
        return any(one.moves for one in self.pledged)

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
        self.look(units)
        slack = self.equity() - self.maintenance()
        moved = self.counted_at(units) - self.counted_at(self.market.row.mark_price_units)
        return rules().requirement.slack_at(self.market.row, self.row, slack, units) + moved

    def look(self, units: int) -> None:
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
        follows = rules().contract.on_mark(terms.initial_basis, self.row.size_lots)
        return (follows and terms.rate_method == RATES_STEPS_WHOLE
                and instrument.tier_count > 1)

    def liquidation_units(self) -> int:
        """The first mark, going against the position from the present one, at which the engine liquidates the group; 0
        where there is none.  PLAN-005

        Whole steps whose tier follows the mark are searched tier by tier, because maintenance jumps between them.
        """
        return self.first_without_slack(rules().requirement.farthest_mark(self.market.row.terms, self.row.size_lots))

    def liquidation_behind(self) -> int:
        """The first mark going *with* the position at which moving collateral has fallen more than the position has
        won; 0 where there is none.  PLAN-026"""
        if not self.collateral_moves or self.slack_at(self.market.row.mark_price_units) <= 0:
            return 0
        return self.first_without_slack(rules().requirement.farthest_mark(self.market.row.terms, -self.row.size_lots))

    def first_without_slack(self, far: int) -> int:
        """The first mark on the way from the present one to ``far`` at which the group has no slack; 0 if none."""
        near = self.market.row.mark_price_units
        if self.slack_at(near) <= 0:
            return near
        found = 0
        while not found:
            end = self._tier_end(near, far)
            if self.slack_at(end) <= 0:
                found = self._halve(near, end)
            elif end == far:
                break
            else:
                near = end + (1 if far > near else -1)
                found = near if self.slack_at(near) <= 0 else 0
        self.look(self.market.row.mark_price_units)
        return found

    def _halve(self, near: int, end: int) -> int:
        """The crossing between a mark with slack and one without, in one tier."""
        if not self.collateral_moves:
            slack = self.equity() - self.maintenance()
            return rules().requirement.first_without_slack(self.market.row, self.row, slack, near, end)
        while abs(end - near) > 1:
            middle = (near + end) // 2
            near, end = (middle, end) if self.slack_at(middle) > 0 else (near, middle)
        return end

    def _tier_end(self, near: int, far: int) -> int:
        """The last mark on the way to ``far`` with the tier that holds at ``near``, which is left in the row."""
        if not self._tier_moves():
            return far
        self.look(far)
        last = self.row.tier
        self.look(near)
        tier, safe, beyond = self.row.tier, near, far
        if last == tier:
            return far
        while abs(beyond - safe) > 1:
            middle = (safe + beyond) // 2
            self.look(middle)
            safe, beyond = (middle, beyond) if self.row.tier == tier else (safe, middle)
        self.look(near)
        return safe

    # ------------------------------------------------------------ calls
    @property
    def cure_ns(self) -> int:
        """Time a margin call gives: the shortest of the group; 0 where one gives none, and for isolated positions.
        CALL-001"""
        terms = [one.market.row.terms for one in (self.member, *self.others)]
        if self.isolated or any(one.call_initial_ppb for one in terms):      # called before: ``call_units`` says where
            return 0
        return min(one.margin_call_cure_ns for one in terms)

    def call_slack_at(self, units: int) -> int:
        """Equity less what keeps a call away, if the mark were ``units``; the tier read there.  CALL-004"""
        self.look(units)
        held = self.market.row.mark_price_units
        self.market.set_mark(units)
        slack = self.equity() - sum(one.call_level() for one in (self.member, *self.others))
        self.market.set_mark(held)
        return slack

    def call_units(self) -> int:
        """The first mark, going against the position, at which its wallet is called before maintenance is reached; 0
        where none is.  CALL-004"""
        if self.isolated or not self.market.row.terms.call_initial_ppb:
            return 0
        safe, reached = self.market.row.mark_price_units, rules().requirement.farthest_mark(
            self.market.row.terms, self.row.size_lots)
        if self.call_slack_at(safe) < 0:
            return safe
        if self.call_slack_at(reached) >= 0:
            return 0
        while abs(safe - reached) > 1:
            middle = (safe + reached) // 2
            safe, reached = (middle, reached) if self.call_slack_at(middle) >= 0 else (safe, middle)
        self.look(self.market.row.mark_price_units)
        return reached

    @property
    def close_out_ppb(self) -> int:
        """The close-out share of a call: the highest of the group.  CALL-002"""
        return max(one.market.row.terms.close_out_ppb for one in (self.member, *self.others))

    def close_out_units(self) -> int:
        """The first mark at which a called group is closed out without more time; 0 where there is none.  CALL-002"""
        far = rules().requirement.farthest_mark(self.market.row.terms, self.row.size_lots)
        near, held = self.market.row.mark_price_units, self.market.row.mark_price_units

        def spare(units: int) -> int:
            self.look(units)
            counted = self.counted_at(units)
            pledged, self.pledged = self.pledged, []
            self.market.set_mark(units)
            equity, kept = self.equity() + counted, self.maintenance()
            self.market.set_mark(held)
            self.pledged = pledged
            return equity - rules().margin_calls.close_out_requirement(kept, self.close_out_ppb)
        found = 0
        if spare(near) <= 0:
            found = near
        elif spare(far) <= 0:
            found = far
            while abs(found - near) > 1:
                middle = (near + found) // 2
                near, found = (middle, found) if spare(middle) > 0 else (near, middle)
        self.look(held)
        return found

    def bankruptcy_units(self) -> int:
        """The mark at which the group's equity is used up, rounded against the trader; 0 where there is none.
        LIQD-006"""
        if self.collateral_moves:
            return self._bankruptcy_with_collateral()
        value = rules().liquidation.takeover_value(self.value_at(self.market.row.mark_price_units), self.equity())
        units = rules().liquidation.units_at_value(self.market.row.terms, self.row.size_lots, value)
        return 0 if units >= rules().contract.UNITS_BEYOND - 1 else units

    def _bankruptcy_with_collateral(self) -> int:
        """The same where collateral moves too: found by halving, because its value is rounded asset by asset."""
        mark = near = self.market.row.mark_price_units
        far = rules().requirement.farthest_mark(self.market.row.terms, self.row.size_lots)

        def equity(units: int) -> int:
            return (self.equity() + self.value_at(units) - self.value_at(mark) + self.counted_at(units)
                    - self.counted_at(mark))
        if equity(near) <= 0 or equity(far) > 0:
            return near if equity(near) <= 0 else 0
        while abs(far - near) > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if equity(middle) > 0 else (near, middle)
        return far

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
    window = chosen_window(market, side, question.window)
    enter(market, window)
    decision, client_class = bind(market, question.jurisdiction, question.client)
    row = _empty_position(market, question.leverage, client_class)
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
    if not isolated and market.row.terms.isolated_only:
        raise PlanError("margin_mode", f"cross does not exist for {question.symbol}: its positions stand alone",
                        "margin_mode isolated", "MARG-044")
    if isolated:
        collateral = rules().requirement.opening_collateral(market.row, row, value, side * lots, side * lots)
    loan = loan_fee(market, value)
    collateral -= loan if isolated else 0
    row.size_lots, row.entry_value_atoms, row.isolated = side * lots, value, int(isolated)
    row.collateral_atoms = collateral
    row.tier = rules().requirement.position_tier(market.row, row)
    balance = None if question.balance is None else market.cash(question.balance, "balance")
    if balance is None and not isolated:
        raise PlanError("balance", "is missing: a cross position stands on its whole wallet",
                        "give balance, or margin_mode isolated", "PLAN-004", "missing_field")
    others = [_other(question, one, market, window) for one in question.positions]
    loss = max(0, value - side * lots * market.row.mark_unit_value_atoms)
    if isolated:
        needed = max(needed, borne(market, collateral + loan, value, loss))
    pledged = read_pledges(market, question.collateral, isolated)
    needed += sum(_held(one) for one in others)
    cash = collateral if isolated else balance - fee - loan
    opened = Opened(market, side, lots, entry_ticks, isolated, row, fee, collateral, cash, needed,
                    [] if isolated else others, pledged, window, question.jurisdiction, decision)
    opened.needed_atoms -= opened.counted_at(market.row.mark_price_units)
    opened.sold = cover_debt(opened)
    if balance is not None and balance < opened.needed_atoms:
        raise PlanError("balance", f"{question.balance} {market.asset.name} does not open this position",
                        f"at least {market.cash_text(opened.needed_atoms)}, a smaller size or more leverage",
                        "ORDR-010")
    return opened


def cover_debt(opened: Opened) -> list[Sale]:
    """Where the wallet's cash is below zero, other assets are sold until it is not; what was sold.  COLL-005"""
    if opened.cash_atoms >= 0 or not opened.pledged:
        return []
    opened.cash_atoms, sold = cover(opened.pledged, opened.cash_atoms)
    return sold


def borne(market: Market, collateral: int, value: int, loss: int) -> int:
    """What the wallet must be able to bring to an isolated fill: its collateral, what it loses at once against the
    mark, and the dearer fee; refused where the collateral does not bear that loss.  MTCH-004"""
    if loss > collateral:
        raise PlanError("entry", f"loses {market.cash_text(loss)} {market.asset.name} at once against the mark, more "
                        f"than the collateral of {market.cash_text(collateral)}: the venue refuses such a fill",
                        "an entry nearer to the mark, or less leverage", "MTCH-004")
    return collateral + loss + max(0, rules().fees.fee(abs(value), max(market.taker_ppb, market.maker_ppb)))


def loan_fee(market: Market, value: int) -> int:
    """What opening a position of a signed value costs where the venue lends it.  LOAN-001"""
    terms = market.row.terms
    rate = terms.loan_opening_long_ppb if value > 0 else terms.loan_opening_short_ppb
    return -(-abs(value) * rate // PPB) if terms.loan_period_ns else 0


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


def _empty_position(market: Market, leverage: str | None, client_class: int) -> SimpleNamespace:
    """A position of the trader's class at a chosen leverage."""
    chosen = leverage_of(leverage)
    rate = market.row.terms.leverage_default_ppb if chosen is None else chosen
    return position_row(leverage_rate_ppb=rate, client_class=client_class)


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


def _held(one: Member) -> int:
    """What another position takes from the wallet's free cash: its initial margin less the profit that counts.
    MARG-013"""
    profit = one.profit() if one.market.row.terms.unrealized_profit_opens else min(0, one.profit())
    return rules().requirement.initial_with_reserve(one.market.row, one.row, one.row.tier) - profit


def _other(question: Trade, one, market: Market, window: str | None) -> Member:
    """Another position of the wallet, at its mark; it must be held in the same asset."""
    held = Market.of(question.venue, question.as_of, one.symbol)
    if held.asset.id != market.asset.id:
        raise PlanError("positions", f"{one.symbol} is settled in {held.asset.name}, this wallet holds "
                        f"{market.asset.name}", "leave it out: it stands on another wallet", "PLAN-004")
    ticks = held.price(one.entry, "positions.entry")
    held.set_mark(rules().contract.price_units(held.row.terms, ticks) if one.mark is None
                  else held.mark(one.mark, "positions.mark"))
    enter(held, window)
    row = _empty_position(held, one.leverage, bind(held, question.jurisdiction, question.client)[1])
    lots = side_of(one.side, "positions.side") * held.size(one.size, "positions.size")
    row.size_lots, row.entry_value_atoms = lots, lots * held.value_at_ticks(ticks)
    row.tier = rules().requirement.position_tier(held.row, row)
    return Member(held, row)
