"""From the engine's integers to the decimal text people see, for one venue. The way in is :mod:`steelyard.venues`.

Text has as many decimals as the step has, always: ``7934.5``, ``-0.00012345``. Exact: integers only.
"""
from __future__ import annotations

from decimal import Decimal

from ..codes import INVERSE
from ..units import PPB
from ..venues.instrument import Instrument
from ..venues.profile import Profile

_POWERS = tuple(10**decimals for decimals in range(32))
_PATTERNS = tuple(f"%d.%0{decimals}d" for decimals in range(32))


def fixed(number: int, decimals: int) -> str:
    """``number`` x 10**-decimals as text.

    >>> fixed(-12345, 8), fixed(79345, 1), fixed(7, 0)
    ('-0.00012345', '7934.5', '7')
    """
    if decimals == 0:
        return str(number)
    if number < 0:
        return "-" + _PATTERNS[decimals] % divmod(-number, _POWERS[decimals])
    return _PATTERNS[decimals] % divmod(number, _POWERS[decimals])


def rate(ppb: int) -> str:
    """A rate as a fraction without trailing zeros.

    >>> rate(100_000), rate(-250_000), rate(10_000_000), rate(0)
    ('0.0001', '-0.00025', '0.01', '0')
    """
    text = fixed(int(ppb), 9).rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def milliseconds(time_ns: int) -> int:
    """Time of the wire: whole milliseconds UTC (SERV-001)."""
    return int(time_ns) // 1_000_000


def _step(step: Decimal) -> tuple[int, int]:
    """A step as (whole number, decimals): 0.5 is (5, 1), 100 is (100, 0)."""
    decimals = max(0, -step.normalize().as_tuple().exponent)
    return int(step.scaleb(decimals)), decimals


class InstrumentScale:
    """How one instrument's integers read. All methods take engine integers and give text."""

    def __init__(self, instrument: Instrument):
        self.instrument, self.id, self.symbol = instrument, instrument.id, instrument.symbol
        grid = instrument.grid
        self.inverse = int(instrument.terms["kind"]) == INVERSE
        self.tick_steps, self.price_decimals = _step(Decimal(grid.tick))
        self._unit, self.mark_decimals = _step(Decimal(grid.mark_unit))
        self.lot_steps, self.size_decimals = _step(Decimal(str(grid.lot_contracts)))
        self.units_per_tick = int(instrument.terms["mark_units_per_tick"])
        self.units_per_index_unit = int(instrument.terms["mark_units_per_index_unit"])
        self.asset_id, self.cash_decimals = grid.settlement.id, grid.settlement.decimals
        self.asset = grid.settlement.name

    def price(self, ticks: int) -> str:
        """A price on the order grid."""
        return fixed(int(ticks) * self.tick_steps, self.price_decimals)

    def mark(self, units: int) -> str:
        """A price on the mark's grid."""
        return fixed(int(units) * self._unit, self.mark_decimals)

    def size(self, lots: int) -> str:
        """A size in contracts, signed as given."""
        return fixed(int(lots) * self.lot_steps, self.size_decimals)

    def cash(self, atoms: int) -> str:
        """Cash in the settlement asset."""
        return fixed(int(atoms), self.cash_decimals)

    def average_units(self, lots: int, value_atoms: int) -> float:
        """The price in mark units (a float, to be shown) at which ``lots`` have the entry value ``value_atoms``; 0 for
        none. Inverse contracts average harmonically."""
        if lots == 0 or value_atoms == 0:
            return 0.0
        terms = self.instrument.terms
        per_lot = value_atoms / lots
        if self.inverse:
            return -int(terms["inverse_parts_per_lot"]) * int(terms["lot_value_numerator"]) / per_lot
        return per_lot / int(terms["lot_value_numerator"])

    def average(self, lots: int, value_atoms: int) -> str:
        """Average price of ``lots`` with this entry value, rounded to the mark's grid; "0" for none."""
        units = self.average_units(int(lots), int(value_atoms))
        return self.mark(round(units)) if units else "0"


class Scales:
    """The scales of a venue's instruments and assets, by id and by symbol."""

    def __init__(self, profile: Profile, instruments: tuple[Instrument, ...] | None = None):
        chosen = profile.instruments if instruments is None else instruments
        self.by_id = {one.id: InstrumentScale(one) for one in chosen}
        self.by_symbol = {one.symbol: self.by_id[one.id] for one in chosen}
        self.assets = {one.id: one for one in profile.assets}

    def cash(self, atoms: int, asset_id: int) -> str:
        """Cash in an asset."""
        return fixed(int(atoms), self.assets[int(asset_id)].decimals)


def leverage_text(rate_ppb: int) -> str:
    """A chosen initial margin rate as leverage, at most two decimals; "0" where none was chosen.

    >>> leverage_text(10_000_000), leverage_text(333_333_334), leverage_text(0)
    ('100', '3', '0')
    """
    return "0" if rate_ppb == 0 else f"{PPB / rate_ppb:.2f}".rstrip("0").rstrip(".")
