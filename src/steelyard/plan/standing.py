"""Whose rules bind a trader: what the table of eligibility adds to a venue's margin, as a client class of the rules'
rows.  PLAN-027"""
from __future__ import annotations

from datetime import UTC, datetime

from ..venues.class_schedules import schedule_of
from ..venues.eligibility import Decision, Question, load_rulebook
from ..venues.eligibility_text import asks_of_margin
from ..venues.instrument import Instrument
from ..venues.profile import Profile, ProfileError
from .errors import PlanError
from .market import Market

CLASS = 1
"""The number a plan gives to the trader's class: 0 is no class."""


def decide(jurisdiction: str | None, client: str, profile: Profile, instrument: Instrument, dated: bool,
           ) -> Decision | None:
    """What the table decides for a trader, on the profile's date where it was asked for (``dated``), else today; None
    where nobody asked, or the profile does not say what kind of venue it is.  ELIG-002"""
    if jurisdiction is None or not profile.access or not instrument.product:
        return None
    moment = profile.as_of if dated else datetime.now(UTC)
    try:
        return load_rulebook().decide(Question(jurisdiction, client, instrument.product, profile.access, moment))
    except ProfileError as error:
        raise PlanError("jurisdiction", str(error), "see steelyard venues eligibility", "ELIG-006") from None


def told(jurisdiction: str | None, found: Decision | None) -> tuple[bool | None, str | None]:
    """The decision as yes or no and in words."""
    if found is None:
        return None, None if jurisdiction is None else "the profile does not say what kind of venue it is"
    if not found.allowed:
        return False, f"denied by {found.refusal['rule']} ({found.refusal['from']}): {found.refusal['what_to_do']}"
    asked = asks_of_margin(found)
    return True, "allowed" + (": " + "; ".join(asked) if asked else "")


def bind(market: Market, jurisdiction: str | None, client: str) -> tuple[Decision | None, int]:
    """What the table decides about a market, put into its row, and the class of positions in it. A trader of whom
    anything is asked in any instrument of the venue belongs to a class in all of them, as accounts do.  ELIG-008
    """
    found = decide(jurisdiction, client, market.profile, market.instrument, market.dated)
    if found is None or not any(asks(decide(jurisdiction, client, market.profile, one, market.dated))
                                or tiers_of(one, jurisdiction, client) for one in market.profile.instruments):
        return found, 0
    rule = market.row.client_rules[CLASS]
    rule.multiplier_ppb, rule.floor_ppb = found.multiplier_ppb, found.floor_ppb
    rule.close_out_ppb = found.close_out_ppb
    tiers = tiers_of(market.instrument, jurisdiction, client)
    rule.tier_count = len(tiers)
    for number, tier in enumerate(tiers):
        target = rule.tiers[number]
        target.end, target.initial_ppb = tier.value_max_atoms, tier.initial_ppb
        target.maintenance_ppb = tier.maintenance_ppb
    return found, CLASS


def tiers_of(instrument: Instrument, jurisdiction: str | None, client: str) -> tuple:
    """The client's own schedule in an instrument; none where the instrument's own holds.  ELIG-011"""
    if jurisdiction is None or not instrument.class_schedules:
        return ()
    return schedule_of(instrument.class_schedules, load_rulebook().places(jurisdiction), client)


def asks(decision: Decision | None) -> bool:
    """Whether a decision asks anything of a client that the venue does not ask of everybody."""
    return decision is not None and bool(decision.multiplier_ppb or decision.floor_ppb or decision.close_out_ppb
                                         or not decision.allowed)
