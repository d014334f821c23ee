"""One instrument of a profile as a planner sees it: the rules' row, its fees, and text to integers and back."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from functools import cache, lru_cache
from types import SimpleNamespace

from ..codes import INVERSE
from ..kernel import load_plain
from ..units import HOUR, PPB, UnitError, atoms_text, decimal, from_steps, rate_ppb, to_steps
from ..venues.instrument import Instrument
from ..venues.profile import Profile, ProfileError, load_profile
from ..venues.rows import instrument_row
from .errors import PlanError, from_unit

CASH_ATOMS_MAX = 1 << 60


@cache
def rules() -> SimpleNamespace:
    """The engine's rules in their plain form, by room."""
    rooms = ("collateral", "contract", "fees", "funding", "liquidation", "margin", "margin_calls", "mark",
             "outcome", "parts", "requirement", "spot_margin", "windows")
    return SimpleNamespace(**{room: load_plain(f"rules.{room}") for room in rooms})


@lru_cache(maxsize=64)
def profile_of(venue: str, as_of: str | None) -> Profile:
    """A profile by name or file, as of a date or the latest; a PlanError says which field is wrong."""
    try:
        moment = None if as_of is None else datetime.fromisoformat(as_of)
    except ValueError:
        raise PlanError("as_of", f"{as_of!r} is not a date", "give a date such as 2020-03-12") from None
    try:
        return load_profile(venue, moment)
    except ProfileError as error:
        text = str(error)
        raise PlanError("venue", text, "see steelyard venues list", "PLAN-001") from None


@dataclass
class Market:
    """``row`` is the instrument as the rules read it; its mark is set by the plan."""

    profile: Profile
    instrument: Instrument
    row: SimpleNamespace
    taker_ppb: int
    maker_ppb: int
    dated: bool = False
    """Whether the question named a date; else the plan is of today."""

    @classmethod
    def of(cls, venue: str, as_of: str | None, symbol: str | None, fee_class: str | None = None,
           funding_rate: str = "0") -> Market:
        """The market a question names; the profile's first where it names none.  PLAN-001"""
        profile = profile_of(venue, as_of)
        try:
            instrument = profile.instruments[0] if symbol is None else profile.instrument(symbol)
        except (ProfileError, IndexError) as error:
            raise PlanError("symbol", str(error) or "no instrument is listed", "see steelyard venues show",
                            "PLAN-001", "not_found") from None
        row = instrument_row(instrument)
        taker, maker = row.terms.taker_fee_ppb, row.terms.maker_fee_ppb
        if fee_class is not None:
            try:
                held = profile.fee_class(fee_class)
            except ProfileError as error:
                raise PlanError("fee_class", str(error), "leave it out for the instrument's own fees") from None
            taker, maker = held.taker_ppb, held.maker_ppb
        market = cls(profile, instrument, row, taker, maker, as_of is not None)
        row.funding_rate_ppb = market.rate(funding_rate, "funding_rate")
        return market

    # ------------------------------------------------------------ text to integers
    def price(self, text: str, field: str) -> int:
        """A price on the order grid, in ticks, within the instrument's range."""
        ticks = self._steps(text, self.instrument.grid.tick, field)
        terms = self.row.terms
        if not terms.price_ticks_min <= ticks <= terms.price_ticks_max:
            raise PlanError(field, f"{text} is outside {self.instrument.symbol}'s prices",
                            f"{self.price_text(terms.price_ticks_min)} to {self.price_text(terms.price_ticks_max)}",
                            "ORDR-002")
        return ticks

    def mark(self, text: str, field: str = "mark") -> int:
        """A price on the mark's grid, in units, within what the engine takes as a mark."""
        units = self._steps(text, self.instrument.grid.mark_unit, field)
        low, high = rules().mark.lowest_mark(self.row.terms), rules().mark.highest_mark(self.row.terms)
        if not low <= units <= high:
            raise PlanError(field, f"{text} is no mark of {self.instrument.symbol}",
                            f"{self.mark_text(low)} to {self.mark_text(high)}", "MARK-006")
        return units

    def size(self, text: str, field: str = "size") -> int:
        """A size in contracts as lots."""
        lots = self._steps(text, Decimal(self.instrument.grid.lot_contracts), field)
        most = min(self.row.terms.order_lots_max, self.row.terms.position_lots_max)
        if not 0 < lots <= most:
            raise PlanError(field, f"{text} is outside what {self.instrument.symbol} takes",
                            f"{self.size_text(1)} to {self.size_text(most)}", "ORDR-002")
        return lots

    def cash(self, text: str, field: str, negative: bool = False) -> int:
        """Cash in the settlement asset as atoms."""
        atoms = self._steps(text, self.asset.atom, field)
        if not (-CASH_ATOMS_MAX if negative else 0) <= atoms <= CASH_ATOMS_MAX:
            raise PlanError(field, f"{text} {self.asset.name} is out of range", "an amount of zero or more", "LEDG-003")
        return atoms

    def rate(self, text: str, field: str) -> int:
        """A rate between -1 and 1, in ppb."""
        try:
            ppb = rate_ppb(text, field)
        except UnitError as error:
            raise from_unit(error, field) from None
        if not -PPB <= ppb <= PPB:
            raise PlanError(field, f"{text!r} is not a rate", "between -1 and 1, such as \"0.0001\" or \"0.01 %\"")
        return ppb

    def _steps(self, text: str, step: Decimal, field: str) -> int:
        try:
            return to_steps(text, step, field)
        except UnitError as error:
            raise from_unit(error, field) from None

    # ------------------------------------------------------------ integers to text
    @property
    def asset(self):
        """What the instrument settles in."""
        return self.instrument.grid.settlement

    @property
    def inverse(self) -> bool:
        """Whether a lot is worth less of the settlement asset as the price rises."""
        return self.row.terms.kind == INVERSE

    def price_text(self, ticks: int) -> str:
        """Ticks as a price."""
        return from_steps(ticks, self.instrument.grid.tick)

    def mark_text(self, units: int) -> str:
        """Mark units as a price."""
        return from_steps(units, self.instrument.grid.mark_unit)

    def size_text(self, lots: int) -> str:
        """Lots as contracts, without a sign."""
        return str(abs(lots) * self.instrument.grid.lot_contracts)

    def cash_text(self, atoms: int) -> str:
        """Atoms as cash."""
        return atoms_text(atoms, self.asset.decimals)

    # ------------------------------------------------------------ grids
    def nearest_tick(self, price: Decimal) -> int:
        """The tick nearest to a price, halves up, at least the lowest the instrument takes."""
        return max(self.row.terms.price_ticks_min, int(price / self.instrument.grid.tick + Decimal("0.5")))

    def tick_inward(self, units: int, side: int) -> int:
        """Mark units on the order grid, toward the market: up for a long, down for a short."""
        per_tick = self.row.terms.mark_units_per_tick
        return -(-units // per_tick) if side > 0 else units // per_tick

    def set_mark(self, units: int) -> None:
        """Let the mark be this."""
        self.row.mark_price_units = units
        self.row.mark_unit_value_atoms = rules().contract.unit_value(self.row.terms, units)

    def unit_value(self, units: int) -> int:
        """Signed value of one long lot at a mark, atoms.  VALU-001, VALU-002"""
        return rules().contract.unit_value(self.row.terms, units)

    def value_at_ticks(self, ticks: int) -> int:
        """Signed value of one long lot at an order price, atoms."""
        return self.unit_value(rules().contract.price_units(self.row.terms, ticks))

    @property
    def funding_hours(self) -> Decimal | None:
        """Hours between two funding stamps; None where the instrument has none."""
        interval = self.row.terms.funding_interval_ns
        return Decimal(interval) / HOUR if interval else None

    @property
    def rate_hours(self) -> Decimal | None:
        """Hours that a funding rate is stated for: those between stamps, or the period over which it accrues.  FUND-011
        """
        accrues = self.row.terms.funding_accrual_ns
        return Decimal(accrues) / HOUR if accrues and self.funding_hours else self.funding_hours


def side_of(text: str, field: str = "side") -> int:
    """long is 1, short is -1."""
    sides = {"long": 1, "short": -1, "buy": 1, "sell": -1}
    if text not in sides:
        raise PlanError(field, f"{text!r} is not known", "long or short")
    return sides[text]


def leverage_of(text: str | None, field: str = "leverage") -> int | None:
    """A leverage as the initial margin rate it means, rounded up; None where none is given.  MARG-002"""
    if text is None:
        return None
    try:
        times = decimal(text, field)
    except UnitError as error:
        raise from_unit(error, field) from None
    if not 1 <= times <= 1000:
        raise PlanError(field, f"{text} is not a leverage", "between 1 and 1000", "MARG-002")
    return int((PPB / times).to_integral_value(ROUND_CEILING))


def leverage_text(rate: int) -> str:
    """A margin rate as leverage, at most two decimals, rounded to the nearest; "0" for none."""
    if rate <= 0:
        return "0"
    times = (Decimal(PPB) / rate).quantize(Decimal("0.01"))
    return str(int(times)) if times == times.to_integral() else format(times.normalize(), "f")
