"""A profile in the words of a person: sections, sentences, tiers, what is unverified. Text only."""
from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from .dated import show
from .instrument import Figure, Instrument
from .overload import PASSES
from .phrases import PHRASES, SECTION_TITLES
from .profile import Profile
from .waterfall import waterfall_lines

NOTHING = ("none", "false", "0", "0 %")
TIERS_SHOWN = 4
MARK = " (?)"


def percent(ppb: int) -> str:
    """A rate in ppb as text: ``0.05 %``."""
    text = f"{Decimal(ppb) / 10_000_000:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " %"


def sentence(figure: Figure) -> str:
    """A figure in words; by its key where it has none."""
    says, when_none = PHRASES.get(figure.key, ("", ""))
    if not says:
        return f"{figure.key.split('.')[1].replace('_', ' ')}: {figure.text}"
    if figure.text in NOTHING and when_none:
        return when_none
    return says.format(written(figure))


def written(figure: Figure) -> str:
    """The figure as a person writes it: digits in groups, one contract in the singular."""
    text = figure.text.replace("_", ",")
    return "1 contract" if text == "1 contracts" else text


def unit_sentence(instrument: Instrument, figure: Figure) -> str:
    """What a contract is worth, by its kind."""
    grid = instrument.grid
    asset = grid.settlement.name
    worth = {"inverse": f"1 contract is {figure.text} of {grid.base} at any price, profit in {asset}",
             "linear": f"1 contract is {figure.text}, profit in {asset}",
             "quanto": f"1 contract gains {figure.text} per {grid.quote} of price, whatever {asset} costs"}
    return worth.get(grid.kind, f"1 contract is {figure.text}").replace("_", ",")


def sections(instrument: Instrument) -> dict[str, list[str]]:
    """Title -> sentences, in reading order; a sentence that nothing verifies ends in ``(?)``."""
    found: dict[str, list[str]] = {}
    present = [figure.key.split(".")[0] for figure in instrument.figures]
    for section in dict.fromkeys([*SECTION_TITLES, *present]):
        lines = found.setdefault(SECTION_TITLES.get(section, section.replace("_", " ").capitalize()), [])
        for figure in instrument.figures:
            if figure.key.split(".")[0] == section:
                says = unit_sentence(instrument, figure) if figure.key == "contract.size" else sentence(figure)
                lines.append(says + (MARK if figure.unverified else ""))
        if section == "margin":
            lines += tier_lines(instrument) + window_lines(instrument) + class_lines(instrument)
    return {title: lines for title, lines in found.items() if lines}


def tier_lines(instrument: Instrument) -> list[str]:
    """The first risk limits and the last."""
    lines = []
    for number, tier in enumerate(instrument.tiers):
        if number < TIERS_SHOWN or number == len(instrument.tiers) - 1:
            lines.append(f"tier {number}: up to {instrument.tier_end(tier)}: initial "
                         f"{percent(tier.initial_ppb)} ({10**9 / tier.initial_ppb:.4g}x), maintenance "
                         f"{percent(tier.maintenance_ppb)}")
        elif number == TIERS_SHOWN:
            lines.append("...")
    return lines


def window_lines(instrument: Instrument) -> list[str]:
    """Least rates of each side in each window of the day."""
    return [f"window {number}, {window.name}: long {percent(window.long_initial_ppb)} / "
            f"{percent(window.long_maintenance_ppb)}, short {percent(window.short_initial_ppb)} / "
            f"{percent(window.short_maintenance_ppb)}" for number, window in enumerate(instrument.windows)]


def class_lines(instrument: Instrument) -> list[str]:
    """Tiers of classes of clients that have a schedule of their own."""
    return [f"{one.client} in {one.jurisdiction}: " + "; ".join(
        f"up to {instrument.tier_end(tier)} {percent(tier.initial_ppb)} / {percent(tier.maintenance_ppb)}"
        for tier in one.tiers) for one in instrument.class_schedules]


def unverified(instrument: Instrument) -> list[str]:
    """What is not to be relied on, and why."""
    return [f"{figure.key} = {figure.text}: {figure.unverified}" for figure in instrument.figures if figure.unverified]


def expiry_words(instrument: Instrument) -> str:
    """When a dated contract expires; nothing for a perpetual."""
    seconds = instrument.terms["expiry_s"]
    return f", expires {show(datetime.fromtimestamp(seconds, UTC))}" if seconds else ""


def head(profile: Profile, instruments: list[Instrument]) -> list[str]:
    """Title, date, assets, fee classes, and the indices of the instruments."""
    lines = [f"{profile.title} as of {show(profile.as_of)}"]
    if profile.summary:
        lines.append(f"  {profile.summary}")
    lines.append("  assets: " + ", ".join(f"{asset.name} ({asset.decimals} decimals)" for asset in profile.assets))
    for index in profile.indices:
        if index.name not in [instrument.index for instrument in instruments]:
            continue
        lines.append(f"  index {index.name}: " + ", ".join(f"{feed.name} {percent(feed.weight_ppb)}"
                                                          for feed in index.feeds))
    if profile.overload != PASSES:
        lines.append(f"  when overloaded it still takes: {', '.join(profile.overload) or 'nothing'}")
    lines.append(f"  who may trade: steelyard venues eligibility --profile {profile.name}")
    lines += [f"  fee class {one.name}: maker {percent(one.maker_ppb)}, taker {percent(one.taker_ppb)}"
              for one in profile.fee_classes]
    lines += waterfall_lines(profile.waterfall)
    lines += [f"  collateral: {one.asset.name} counts for {one.hub.name} at {one.index} less "
              f"{percent(one.haircut_ppb)}, conversion fee {percent(one.conversion_fee_ppb)}"
              for one in profile.collateral]
    return lines


def reading(profile: Profile, instruments: list[Instrument]) -> str:
    """The rules of a venue, or of some of its instruments, as text."""
    lines = head(profile, instruments)
    for instrument in instruments:
        grid = instrument.grid
        lines += ["", f"{instrument.symbol}: {grid.kind} on {grid.base} in {grid.quote}, settled in "
                      f"{grid.settlement.name}" + (f", index {instrument.index}" if instrument.index else "")
                  + expiry_words(instrument)]
        for title, sentences in sections(instrument).items():
            lines += [f"  {title}"] + [f"    {says}" for says in sentences]
        doubts = unverified(instrument)
        if doubts:
            lines += ["  Not verified"] + [f"    {doubt}" for doubt in doubts]
    return "\n".join(lines)
