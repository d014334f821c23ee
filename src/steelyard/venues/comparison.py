"""Two venues, or one at two dates, figure by figure: what differs between two instruments, and between fee classes."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .dated import ProfileError, show
from .instrument import Instrument, Tier
from .profile import Profile, load_profile
from .reading import TIERS_SHOWN, percent

ALIASES = {"XBT": "BTC"}
"""Codes for the same thing, so that contracts of two venues find each other."""


@dataclass(frozen=True)
class Difference:
    """One figure that is not the same on both sides; an empty text where a side has none. ``doubtful``: unverified."""

    key: str
    left: str
    right: str
    doubtful: bool = False


def load_at(name: str, as_of: datetime | None = None) -> Profile:
    """A profile by ``NAME`` or ``NAME@DATE``; ``as_of`` holds where the name says no date.

    >>> load_at("bitmex@2020-03-12").as_of.date().isoformat()
    '2020-03-12'
    """
    path, _, moment = name.partition("@")
    if not moment:
        return load_profile(path, as_of)
    try:
        return load_profile(path, datetime.fromisoformat(moment))
    except ValueError as error:
        if isinstance(error, ProfileError):
            raise
        raise ProfileError(f"{name}: after @ stands a date or time such as 2020-03-12, not {moment!r}") from None


def pairs(left: Profile, right: Profile, chosen: tuple[str, str] | None = None) -> list[tuple[Instrument, Instrument]]:
    """Which instruments are held side by side: the chosen two, those of the same symbol, or those alike in kind, coin
    and expiry."""
    if chosen is not None:
        return [(left.instrument(chosen[0]), right.instrument(chosen[1]))]
    known = {instrument.symbol: instrument for instrument in right.instruments}
    same = [(one, known[one.symbol]) for one in left.instruments if one.symbol in known]
    if same:
        return same
    alike = [(one, other) for one in left.instruments for other in right.instruments
             if likeness(one) == likeness(other)]
    if not alike:
        names = [f"{side.name} ({', '.join(one.symbol for one in side.instruments)})" for side in (left, right)]
        raise ProfileError(f"no contracts alike in {' and '.join(names)}; name two with --instrument X Y")
    return alike[:1]


def likeness(instrument: Instrument) -> tuple[str, str]:
    """What makes two contracts comparable: kind and coin."""
    return instrument.grid.kind, ALIASES.get(instrument.grid.base, instrument.grid.base)


def differences(left: Instrument, right: Instrument) -> list[Difference]:
    """Every figure that differs, in the order of the left instrument; what only the right one states comes last."""
    found = [Difference(name, *texts) for name, *texts in (
        ("kind", left.grid.kind, right.grid.kind), ("quote", left.grid.quote, right.grid.quote),
        ("settles", left.grid.settlement.name, right.grid.settlement.name), ("index", left.index, right.index))
        if texts[0] != texts[1]]
    mine = {figure.key: figure for figure in left.figures}
    other = {figure.key: figure for figure in right.figures}
    for key in dict.fromkeys([*mine, *other]):
        texts = [sides[key].text.replace("_", ",") if key in sides else "" for sides in (mine, other)]
        rows = (key == "margin.tiers" and left.tiers != right.tiers
                or key == "margin.windows" and left.windows != right.windows
                or key == "margin.class_schedules" and left.class_schedules != right.class_schedules)
        if texts[0] != texts[1] or rows:
            doubtful = any(sides[key].unverified for sides in (mine, other) if key in sides)
            found.append(Difference(key, *texts, doubtful))
    return found + tier_differences(left, right)


def tier_differences(left: Instrument, right: Instrument) -> list[Difference]:
    """Risk limits side by side: the first that differ, and how many more do."""
    found = []
    for number in range(max(len(left.tiers), len(right.tiers))):
        texts = [tier_text(one, one.tiers[number]) if number < len(one.tiers) else "" for one in (left, right)]
        if texts[0] != texts[1]:
            found.append(Difference(f"tier {number}", *texts))
    more = len(found) - TIERS_SHOWN
    return found if more <= 1 else found[:TIERS_SHOWN] + [Difference("tiers above", *[f"{more} more differ"] * 2)]


def tier_text(instrument: Instrument, tier: Tier) -> str:
    """A risk limit in one line: its cap, initial and maintenance rate."""
    return f"{instrument.tier_end(tier)}: {percent(tier.initial_ppb)} / {percent(tier.maintenance_ppb)}"


def venue_differences(left: Profile, right: Profile) -> list[Difference]:
    """Fee classes that differ, and the sources of indices with the same name."""
    def classes(profile):
        return {f"fee class {one.name}": f"{percent(one.maker_ppb)} / {percent(one.taker_ppb)}"
                for one in profile.fee_classes}

    def weights(profile):
        return {f"index {one.name}": ", ".join(f"{feed.name} {percent(feed.weight_ppb)}" for feed in one.feeds)
                for one in profile.indices}
    shared = set(weights(left)) & set(weights(right))
    found = []
    for table, keep in ((weights, shared), (classes, None)):
        mine, other = table(left), table(right)
        for key in dict.fromkeys([*mine, *other]):
            if mine.get(key, "") != other.get(key, "") and (keep is None or key in keep):
                found.append(Difference(key, mine.get(key, ""), other.get(key, "")))
    return found


def heading(profile: Profile) -> str:
    """A side of the comparison in a word."""
    return f"{profile.name} {show(profile.as_of)}"
