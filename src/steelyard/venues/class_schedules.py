"""Schedules of margin that a venue has for classes of clients: tiers in place of the instrument's own.  PROF-031"""
from __future__ import annotations

from dataclasses import dataclass

from ..codes import TIERS_BY_LOTS
from ..engine.records import CLASS_TIERS_MAX
from ..units import PPB, UnitError
from . import values
from .eligibility import ANY, CLIENTS
from .instrument import Figures, Grid, Tier

KEYS = ("jurisdiction", "client", "tiers")
TIER_KEYS = ("up_to", "initial", "maintenance")


@dataclass(frozen=True)
class ClassSchedule:
    """Tiers of one kind of client in one jurisdiction or region (``any``: everywhere, every client)."""

    jurisdiction: str
    client: str
    tiers: tuple[Tier, ...]

    def fits(self, places: tuple[str, ...], client: str) -> bool:
        """Whether it is for a client of these places: a jurisdiction and the regions that hold it."""
        return (self.jurisdiction == ANY or self.jurisdiction in places) and self.client in (ANY, client)


def schedule_of(schedules: tuple[ClassSchedule, ...], places: tuple[str, ...], client: str) -> tuple[Tier, ...]:
    """The tiers of the first schedule that fits a client; none where the instrument's own hold.  ELIG-011"""
    return next((one.tiers for one in schedules if one.fits(places, client)), ())


def read_schedules(figures: Figures, grid: Grid, terms: dict[str, int]) -> tuple[ClassSchedule, ...]:
    """The schedules that hold, in the order of the list; none where the instrument states none.  PROF-031"""
    reach = values.size_lots if terms["tier_measure"] == TIERS_BY_LOTS else values.cash_atoms

    def parse(rows, grid, what):
        if not isinstance(rows, list):
            raise UnitError(f"{what}: must be a list of {{jurisdiction, client, tiers}}")
        return tuple(one_schedule(row, grid, what, reach) for row in rows)
    found = figures.read("margin.class_schedules", parse, grid, optional=True) or ()
    steps = terms["tier_measure"] == TIERS_BY_LOTS or not terms["initial_basis"] | terms["maintenance_basis"]
    for one in found:
        who = f"{one.client} in {one.jurisdiction}"
        place = figures.place.at("margin.class_schedules")
        if len(one.tiers) > CLASS_TIERS_MAX or (len(one.tiers) > 1 and not steps):
            raise place.error("PROF-031", f"{who}: {len(one.tiers)} tiers; the engine holds {CLASS_TIERS_MAX}, and one "
                                          "where a tier by value would follow the mark")
        for lower, upper in zip((None, *one.tiers), one.tiers):
            if not 0 < upper.maintenance_ppb < upper.initial_ppb <= PPB:
                raise place.error("PROF-031", f"{who}: maintenance must be above 0 and below initial, at most 100 %")
            if lower and not (lower.value_max_atoms < upper.value_max_atoms and lower.initial_ppb <= upper.initial_ppb
                              and lower.maintenance_ppb <= upper.maintenance_ppb):
                raise place.error("PROF-031", f"{who}: ends must rise and rates must not fall from tier to tier")
    return found


def one_schedule(row, grid: Grid, what: str, reach) -> ClassSchedule:
    """One row of the list."""
    if not isinstance(row, dict) or set(row) != set(KEYS) or not isinstance(row["tiers"], list) or not row["tiers"]:
        raise UnitError(f"{what}: a schedule has {', '.join(KEYS)}, not {row!r}")
    if row["client"] not in (ANY, *CLIENTS) or not isinstance(row["jurisdiction"], str) or not row["jurisdiction"]:
        raise UnitError(f"{what}: jurisdiction is a country code or a region, client one of any, {', '.join(CLIENTS)}")
    tiers = []
    for tier in row["tiers"]:
        if not isinstance(tier, dict) or set(tier) != set(TIER_KEYS):
            raise UnitError(f"{what}: a tier has {', '.join(TIER_KEYS)}, not {tier!r}")
        tiers.append(Tier(reach(tier["up_to"], grid, f"{what}, up_to"), values.rate(tier["initial"], grid, what),
                          values.rate(tier["maintenance"], grid, what)))
    return ClassSchedule(row["jurisdiction"], row["client"], tuple(tiers))
