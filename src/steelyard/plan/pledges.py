"""Collateral in other assets, as a plan counts it: by the engine's rule, at prices that stay or move with the mark.
PLAN-026"""
from __future__ import annotations

from dataclasses import dataclass

from ..units import PPB, UnitError, from_steps, to_steps
from ..venues.collateral import Collateral
from .errors import PlanError, from_unit
from .market import Market, rules
from .questions import Pledge

MOVES = ("fixed", "mark")


@dataclass
class Pledged:
    """Cash of another asset that counts for the plan's wallet: ``price_units`` on its index' grid."""

    row: Collateral
    atoms: int
    price_units: int
    moves: bool

    def gross(self, mark: int, mark_before: int) -> int:
        """Value before haircut and fee with the mark at ``mark``, in atoms of the hub.  COLL-002"""
        price = self.price_units * mark // mark_before if self.moves and mark_before else self.price_units
        return rules().collateral.gross_value(self.atoms, price, self.row.numerator, self.row.denominator)

    @property
    def share_ppb(self) -> int:
        """What part of its price counts.  COLL-002"""
        return rules().collateral.counted_ppb(self.row.haircut_ppb, self.row.conversion_fee_ppb)

    def counted(self, mark: int, mark_before: int) -> int:
        """What it counts for, in atoms of the hub.  COLL-002"""
        return self.gross(mark, mark_before) * self.share_ppb // PPB


def read_pledges(market: Market, asked: tuple[Pledge, ...], isolated: bool) -> list[Pledged]:
    """The collateral of a question; refused where it does not count for the instrument's wallet.  COLL-001"""
    if asked and isolated:
        raise PlanError("collateral", "does not count for an isolated position", "margin_mode cross", "COLL-001")
    names = [one.asset for one in asked]
    for name in names:
        if names.count(name) > 1:
            raise PlanError("collateral.asset", f"{name} stands there twice", "one line with the sum", "COLL-001")
    return [read_pledge(market, one) for one in asked]


def read_pledge(market: Market, one: Pledge) -> Pledged:
    """One asset with its amount and price."""
    known = {row.asset.name: row for row in market.profile.collateral if row.hub.id == market.asset.id}
    row = known.get(one.asset)
    if row is None:
        raise PlanError("collateral.asset", f"{one.asset} does not count for {market.asset.name} at "
                        f"{market.profile.name}", f"one of {', '.join(known)}" if known else "leave it out", "COLL-001")
    if one.moves not in MOVES:
        raise PlanError("collateral.moves", f"{one.moves!r} is not known", "fixed or mark", "PLAN-026")
    try:
        atoms = to_steps(one.amount, row.asset.atom, "collateral.amount")
        unit = market.profile.index(row.index).unit
        price = market.row.mark_price_units * market.instrument.grid.mark_unit // unit if one.price is None and (
            market.instrument.grid.base == row.asset.name) else None
        if price is None and one.price is None:
            raise PlanError("collateral.price", f"the price of {one.asset} in {row.hub.name} is missing",
                            f"give the price of {row.index}", "PLAN-026", "missing_field")
        units = int(price) if one.price is None else to_steps(one.price, unit, "collateral.price")
    except UnitError as error:
        raise from_unit(error, "collateral.amount" if "amount" in str(error) else "collateral.price") from None
    if not 0 < atoms <= 1 << 60 or not 0 < units <= 1 << 40:
        raise PlanError("collateral", f"{one.amount} {one.asset} at this price is out of range",
                        "an amount and a price above zero", "COLL-002")
    return Pledged(row, atoms, units, one.moves == "mark")


@dataclass
class Sale:
    """A conversion: atoms of an asset given, atoms of the hub received, the fee of them."""

    row: Collateral
    atoms: int
    gross_atoms: int
    fee_atoms: int


def cover(pledged: list[Pledged], cash: int) -> tuple[int, list[Sale]]:
    """Sell assets, lowest haircut first, then in the order of the profile, until the cash is zero or more; the cash
    then, and the sales. What is left of an asset stays in the list.  COLL-005"""
    rule, sales = rules().collateral, []
    for one in sorted(pledged, key=lambda one: (one.row.haircut_ppb, one.row.slot)):
        if cash >= 0:
            break
        row = one.row
        wanted = rule.gross_for_net(-cash, PPB - row.conversion_fee_ppb)
        atoms = rule.atoms_worth(wanted, one.price_units, row.numerator, row.denominator, one.atoms)
        gross = rule.gross_value(atoms, one.price_units, row.numerator, row.denominator)
        if gross == 0:
            continue
        fee = -(-gross * row.conversion_fee_ppb // PPB)
        one.atoms -= atoms
        cash += gross - fee
        sales.append(Sale(row, atoms, gross, fee))
    return cash, sales


def told_sale(market: Market, one: Sale) -> str:
    """A conversion in a sentence."""
    return (f"The wallet's cash does not pay the fee: {from_steps(one.atoms, one.row.asset.atom)} {one.row.asset.name} "
            f"are sold for {market.cash_text(one.gross_atoms)} {market.asset.name}, of which "
            f"{market.cash_text(one.fee_atoms)} is the conversion fee (COLL-005).")


def told(market: Market, one: Pledged) -> str:
    """What counts of one asset, in a sentence."""
    mark = market.row.mark_price_units
    atoms = from_steps(one.atoms, one.row.asset.atom)
    return (f"{atoms} {one.row.asset.name} count for {market.cash_text(one.counted(mark, mark))} {market.asset.name} "
            f"({one.share_ppb / 10_000_000:.4f} % of their price: haircut {one.row.haircut_ppb / 10_000_000:g} %, "
            f"conversion fee {one.row.conversion_fee_ppb / 10_000_000:g} %)"
            + (", at a price that moves as the mark does." if one.moves else ", at a price that stays."))
