"""One instrument of a profile: its grid, its figures at an instant, and the engine terms and tiers they become."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ..codes import (
    INVERSE,
    LINEAR,
    RATES_FIXED,
    RATES_LINEAR,
    STATE_CANCEL_ONLY,
    STATE_HALTED,
    STATE_POST_ONLY,
    STATE_REDUCE_ONLY,
    STATE_TRADING,
    TIERS_BY_LOTS,
)
from ..engine.records import TERMS, TIERS_MAX
from ..rules.margin import initial_of_maintenance
from ..units import PPB, UnitError, from_steps, to_steps
from . import values
from .dated import Entry, Place, entry_at, read_entries, show, unverified
from .fields import FIELDS, SHARES
from .values import Asset, Grid

STATES = {"trading": STATE_TRADING, "cancel only": STATE_CANCEL_ONLY, "reduce only": STATE_REDUCE_ONLY,
          "post only": STATE_POST_ONLY, "halted": STATE_HALTED}
"""What ``calendar.state`` may say.  PROF-016"""
KINDS = {"linear": LINEAR, "quanto": LINEAR, "inverse": INVERSE}


@dataclass(frozen=True)
class Figure:
    """One figure as it holds: what the file says, what the engine sees, since when, on whose word, and what speaks
    against it."""

    key: str
    text: str
    engine: str
    since: datetime
    source: str
    doubt: str = ""

    @property
    def unverified(self) -> str:
        """Why not to rely on it; empty where a published text states it and nothing speaks against.  PROF-012"""
        return unverified(self.source, self.doubt)


@dataclass(frozen=True)
class Tier:
    """A risk limit: up to ``value_max_atoms`` of position value these rates hold (lots where the instrument measures
    tiers by size). The last one holds for anything larger."""

    value_max_atoms: int
    initial_ppb: int
    maintenance_ppb: int


@dataclass(frozen=True)
class Instrument:
    """A contract as it stands on a date. ``terms`` maps every engine term to its integer (docs/spec/terms.md)."""

    id: int
    symbol: str
    index: str
    grid: Grid
    terms: MappingProxyType
    tiers: tuple[Tier, ...]
    figures: tuple[Figure, ...]
    product: str = ""
    """What it is to the law (``eligibility.PRODUCTS``): the profile's word, else a perpetual where it has funding."""
    state: int = STATE_TRADING
    """What may be done with it by the venue's calendar.  PROF-016"""
    windows: tuple = ()
    """``margin_windows.Window`` rows by number: least rates by side and window of the day; none where it has none."""
    family: str = ""
    """The symbol of the family that a dated contract is of; empty for one that stands alone.  PROF-014"""
    class_schedules: tuple = ()
    """``class_schedules.ClassSchedule`` rows: tiers of classes of clients, in the order in which they are looked at."""

    def window_number(self, name: str | None) -> int | None:
        """The engine's number of a margin window; None where this contract states no rates for it.  CALR-008"""
        names = [window.name for window in self.windows]
        return names.index(name) if name in names else None

    def price_ticks(self, text: str | Decimal) -> int:
        """A price in quote currency on the order grid; refused off the grid."""
        return to_steps(text, self.grid.tick, f"{self.symbol} price")

    def price_text(self, ticks: int) -> str:
        return from_steps(ticks, self.grid.tick)

    def mark_units(self, text: str | Decimal) -> int:
        """A price in quote currency on the mark's grid; refused off the grid."""
        return to_steps(text, self.grid.mark_unit, f"{self.symbol} mark")

    def index_units(self, text: str | Decimal) -> int:
        """A price in quote currency on the grid of the instrument's index; refused off the grid."""
        return to_steps(text, self.grid.index_unit, f"{self.index} price")

    def size_lots(self, contracts: str | int | Decimal) -> int:
        """A size in contracts as lots; refused off the lot grid."""
        return to_steps(contracts, str(self.grid.lot_contracts), f"{self.symbol} size")

    def tier_end(self, tier: Tier) -> str:
        """How far a tier reaches, as text: a value in the settlement asset, or contracts where tiers go by size."""
        if self.terms["tier_measure"] == TIERS_BY_LOTS:
            return f"{tier.value_max_atoms * self.grid.lot_contracts:,} contracts"
        end = f"{tier.value_max_atoms * self.grid.settlement.atom:,f}"
        return f"{end.rstrip('0').rstrip('.') if '.' in end else end} {self.grid.settlement.name}"


class Figures:
    """The figures of one instrument at an instant: looks one up, reads it, and remembers it for display."""

    def __init__(self, sections: dict, defaults: dict, sources: dict, moment: datetime, place: Place):
        self.sections, self.defaults, self.sources = sections, defaults, sources
        self.moment, self.place = moment, place
        self.seen: list[Figure] = []

    def raw(self, key: str) -> Any:
        """The dated list of ``section.key``, the instrument's own or the default of the file, or None."""
        section, name = key.split(".")
        own = self.sections.get(section, {})
        return own[name] if name in own else self.defaults.get(section, {}).get(name)

    def entry(self, key: str) -> Entry | None:
        raw, place = self.raw(key), self.place.at(key)
        if raw is None:
            return None
        entries = read_entries(raw, self.sources, place)
        held = entry_at(entries, self.moment)
        if held is None:
            raise place.error("PROF-001", f"has no value on {show(self.moment)}; the earliest is from "
                                          f"{show(entries[0].since)}")
        return held

    def read(self, key: str, parse, grid: Grid | None, optional: bool = False):
        """The figure through its parser; a refusal says the file, instrument, field, date, rule and what would do."""
        held = self.entry(key)
        if held is None:
            if optional:
                return None
            raise self.place.at(key).error("PROF-005", "is missing; every profile states it, even where it is \"none\"")
        try:
            value = parse(held.value, grid, f"from {show(held.since)}")
        except UnitError as error:
            raise self.place.at(key).nth(held.number).error("PROF-004", str(error)) from None
        self.note(key, held, value)
        return value

    def note(self, key: str, held: Entry, value: Any) -> None:
        engine = str(value) if isinstance(value, (int, Decimal)) else ""
        text = str(held.value).lower() if isinstance(held.value, bool) else str(held.value)
        if isinstance(held.value, list):
            text = f"{len(held.value)} rows"
        self.seen.append(Figure(key, text, engine, held.since, held.source, held.doubt))


def read_grid(figures: Figures, kind: str, base: str, quote: str, settlement: Asset, index_unit: Decimal) -> Grid:
    """The steps an instrument's prices and sizes live on.  PROF-006"""
    unit = {"inverse": quote, "linear": base, "quanto": settlement.name}[kind]

    def amount(word):
        return lambda text, grid, what: values.quantity(text, word, what)
    size = figures.read("contract.size", amount(unit), None)
    lot = figures.read("contract.lot", lambda text, grid, what: to_steps(
        values.quantity(text, "contracts", what), "1", what), None)
    tick = figures.read("contract.tick", amount(quote), None)
    mark_unit = figures.read("contract.mark_unit", amount(quote), None)
    rounded = "lot"
    if kind == "inverse":
        rounded = figures.read("contract.rounded_per", lambda text, grid, what: values.choice(
            {"lot": "lot", "contract": "contract"})(text, grid, what), None)
    for name, value in (("size", size), ("lot", lot), ("tick", tick), ("mark_unit", mark_unit)):
        if value <= 0:
            raise figures.place.at(f"contract.{name}").error("PROF-004", "must be above 0")
    return Grid(kind, base, quote, settlement, tick, mark_unit, index_unit, lot, size, rounded)


def whole_ratio(figures: Figures, key: str, large: Decimal, small: Decimal, what: str) -> int:
    """How many times ``small`` goes into ``large``; refused unless whole.  PROF-006"""
    try:
        return values.positive(to_steps(large, small, what), what)
    except UnitError as error:
        raise figures.place.at(key).error("PROF-006", str(error)) from None


def grid_terms(figures: Figures, grid: Grid, index_id: int) -> dict[str, int]:
    """The terms that follow from the grid and the ids.  PROF-006"""
    try:
        numerator = grid.lot_value_numerator
    except UnitError as error:
        raise figures.place.at("contract").error("PROF-006", str(error)) from None
    return {"kind": KINDS[grid.kind], "settlement_asset": grid.settlement.id, "index_id": index_id,
            "mark_units_per_tick": whole_ratio(figures, "contract.tick", grid.tick, grid.mark_unit,
                                               "tick in mark units"),
            "lot_value_numerator": numerator, "inverse_parts_per_lot": grid.parts_per_lot,
            "mark_units_per_index_unit": whole_ratio(figures, "contract.mark_unit", grid.index_unit, grid.mark_unit,
                                                     "index unit in mark units")}


def read_tiers(figures: Figures, grid: Grid, rate_method: int, measure: int) -> tuple[Tier, ...]:
    """The risk limits: listed, or made from base rates and equal steps.  PROF-007"""
    place = figures.place
    if figures.raw("margin.tiers") is not None:
        tiers = listed_tiers(figures, grid, measure)
    elif rate_method in (RATES_LINEAR, RATES_FIXED):
        tiers = ()
    else:
        tiers = stepped_tiers(figures, grid)
    if len(tiers) > TIERS_MAX:
        raise place.at("margin.tiers").error("PROF-007", f"{len(tiers)} tiers; the engine holds {TIERS_MAX}")
    for lower, upper in zip(tiers, tiers[1:]):
        if not (lower.value_max_atoms < upper.value_max_atoms and lower.initial_ppb <= upper.initial_ppb
                and lower.maintenance_ppb <= upper.maintenance_ppb):
            raise place.at("margin.tiers").error("PROF-007", "caps must rise and rates must not fall from tier to tier")
    for number, tier in enumerate(tiers):
        if not 0 < tier.maintenance_ppb < tier.initial_ppb <= PPB:
            raise place.at("margin.tiers").error(
                "PROF-007", f"tier {number}: maintenance must be above 0 and below initial, initial at most 100 %")
    return tiers


def stepped_tiers(figures: Figures, grid: Grid) -> tuple[Tier, ...]:
    """Tier k: cap = base + k x step, maintenance = b + k x b, initial = i + k x b.  PROF-007 (bitmex.md 1.3, B17,
    B18)"""
    initial = figures.read("margin.initial", values.rate, grid)
    maintenance = figures.read("margin.maintenance", values.rate, grid)
    base = figures.read("margin.tier_base", values.cash_atoms, grid)
    step = figures.read("margin.tier_step", values.cash_atoms, grid)
    count = figures.read("margin.tier_count", values.count, grid)
    if not 1 <= count <= TIERS_MAX:
        raise figures.place.at("margin.tier_count").error("PROF-007", f"must lie between 1 and {TIERS_MAX}")
    return tuple(Tier(base + k * step, initial + k * maintenance, maintenance + k * maintenance) for k in range(count))


def listed_tiers(figures: Figures, grid: Grid, measure: int) -> tuple[Tier, ...]:
    """Tiers as a list of {up_to, initial, maintenance}; their ends in cash, or in contracts where the measure is size.
    PROF-007"""
    reach = values.size_lots if measure == TIERS_BY_LOTS else values.cash_atoms

    def parse(rows, grid, what):
        if not isinstance(rows, list) or not rows:
            raise UnitError(f"{what}: must be a list of {{up_to, initial, maintenance}}")
        tiers = []
        for row in rows:
            if not isinstance(row, dict) or set(row) != {"up_to", "initial", "maintenance"}:
                raise UnitError(f"{what}: a tier has up_to, initial and maintenance, not {row!r}")
            tiers.append(Tier(reach(row["up_to"], grid, f"{what}, up_to"),
                              values.rate(row["initial"], grid, f"{what}, initial"),
                              values.rate(row["maintenance"], grid, f"{what}, maintenance")))
        return tuple(tiers)
    return figures.read("margin.tiers", parse, grid)


def read_state(figures: Figures) -> int:
    """The state of the contract on the date; trading where the profile says nothing.  PROF-016"""
    state = figures.read("calendar.state", values.choice(STATES), None, optional=True)
    return STATE_TRADING if state is None else state


def share_cap(figures: Figures, key: str, term: str, rates: tuple[int, int], terms: dict[str, int]) -> None:
    """A funding cap stated as a share of the first tier's margin rates, rounded down to a ppb.  PROF-008 (B23)"""
    share = figures.read(key, values.rate, None, optional=True)
    plain = next(field.key for field in FIELDS if field.term == term)
    stated = figures.raw(plain) is not None
    if share is not None:
        if stated:
            raise figures.place.at(key).error("PROF-008", f"state either this or {plain}, not both")
        initial, maintenance = rates
        gap = maintenance if key.endswith("of_maintenance") else initial - maintenance
        terms[term] = gap * share // PPB
    elif not stated:
        raise figures.place.at(plain).error("PROF-005", f"is missing; state it, \"none\", or {key}")


def fixed_initial_atoms(figures: Figures, grid: Grid, maintenance_atoms: int) -> int:
    """Initial amount per lot from the maintenance amount per contract, rounded up to a step per contract.  PROF-020"""
    factor = figures.read("margin.initial_of_maintenance", values.factor, grid, optional=True)
    step = figures.read("margin.initial_step", values.cash_atoms, grid, optional=True)
    if not maintenance_atoms:
        return 0
    for key, value in (("margin.initial_of_maintenance", factor), ("margin.initial_step", step)):
        if value is None:
            raise figures.place.at(key).error("PROF-020", "is missing; an amount per contract needs it")
    per_contract = maintenance_atoms // grid.lot_contracts
    return grid.lot_contracts * initial_of_maintenance(per_contract, factor, step)


def base_rates(tiers: tuple[Tier, ...], terms: dict[str, int]) -> tuple[int, int]:
    """Initial and maintenance rate of the smallest position."""
    if tiers:
        return tiers[0].initial_ppb, tiers[0].maintenance_ppb
    return terms["linear_initial_ppb"], terms["linear_maintenance_ppb"]


def read_terms(figures: Figures, grid: Grid, index_id: int,
               expires: datetime | None = None) -> tuple[dict[str, int], tuple[Tier, ...]]:
    """Every engine term and the tiers of one instrument, in the order of the record."""
    terms = grid_terms(figures, grid, index_id)
    terms["expiry_s"] = 0 if expires is None else int(expires.timestamp())
    for field in FIELDS:
        value = figures.read(field.key, field.parse, grid, field.optional)
        terms[field.term] = 0 if value is None else value
    tiers = read_tiers(figures, grid, terms["rate_method"], terms["tier_measure"])
    terms["fixed_initial_atoms"] = fixed_initial_atoms(figures, grid, terms["fixed_maintenance_atoms"])
    for key, term in SHARES.items():
        share_cap(figures, key, term, base_rates(tiers, terms), terms)
    missing = set(TERMS.names) ^ set(terms)
    assert not missing, f"fields.py and TERMS disagree about {sorted(missing)}"
    return {name: terms[name] for name in TERMS.names}, tiers
