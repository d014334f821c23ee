"""Dated figures of spot margin: levels, loans, leverage by pair. Files stand in ``venues/spot-margin``.  SPOT-007"""
from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from ..units import UnitError
from . import values
from .dated import Entry, Place, entry_at, instant, nearest, only_known, read_entries, show
from .profile import FOLDERS

TOP_KEYS = ("title", "from", "sources", "levels", "loan", "borrowed", "pair")
LEVELS = ("call", "stop", "released_above")
LOAN = ("period", "term")


@dataclass(frozen=True)
class Loan:
    """What borrowing an asset costs when a loan is opened, and how much one account may borrow."""

    asset: str
    opening_ppb: int
    rollover_ppb: int
    cap: Decimal
    unverified: bool


@dataclass(frozen=True)
class SpotMargin:
    """The rules of one venue's spot margin as they hold on a date. Levels in ppb, 10**9 = 100 %."""

    title: str
    as_of: datetime
    call_ppb: int
    stop_ppb: int
    released_above_ppb: int
    period_ns: int
    term_ns: int
    loans: dict[str, Loan]
    leverage_max: dict[str, Decimal]


def spot_margin_path(name: str | Path) -> Path:
    """A file, or the name of one in the package."""
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path
    known = {found.stem: found for folder in FOLDERS for found in (folder / "spot-margin").glob("*.toml")}
    if str(name) not in known:
        raise Place(str(name), "").error("SPOT-007", f"no spot margin of that name{nearest(str(name), known)}")
    return known[str(name)]


def load_spot_margin(name: str | Path, as_of: date | None = None) -> SpotMargin:
    """The figures that held at ``as_of`` (the latest if absent).

    >>> load_spot_margin("kraken").call_ppb
    800000000
    """
    path = spot_margin_path(name)
    place = Place(path.name, "")
    raw = tomllib.loads(path.read_text("utf-8"))
    only_known(raw, TOP_KEYS, place)
    moment = datetime.max.replace(tzinfo=instant(date(2000, 1, 1)).tzinfo) if as_of is None else instant(as_of)
    if moment < instant(raw["from"]):
        raise place.error("PROF-009", f"its rules begin on {show(instant(raw['from']))}")
    read = _Reader(raw["sources"], moment, path)
    levels = {key: read.rate(raw["levels"], key, "levels") for key in LEVELS}
    loan = {key: read.figure(raw["loan"], key, "loan", lambda text: values.duration(text, None, "")) for key in LOAN}
    loans = {row["asset"]: read.loan(row) for row in raw["borrowed"]}
    pairs = {row["symbol"]: read.figure(row, "leverage_max", row["symbol"],
                                        lambda text: values.quantity(text, "x", "leverage_max"))
             for row in raw["pair"]}
    return SpotMargin(raw["title"], moment, levels["call"], levels["stop"], levels["released_above"], loan["period"],
                      loan["term"], loans, pairs)


class _Reader:
    """Reads dated figures at one moment; a refusal names file, owner and key."""

    def __init__(self, sources: dict, moment: datetime, path: Path):
        self.sources, self.moment, self.path = sources, moment, path

    def entry(self, table: dict, key: str, owner: str) -> Entry:
        place = Place(self.path.name, owner).at(key)
        if key not in table:
            raise place.error("PROF-005", "is missing")
        held = entry_at(read_entries(table[key], self.sources, place), self.moment)
        if held is None:
            raise place.error("PROF-001", f"has no value on {show(self.moment)}")
        return held

    def figure(self, table: dict, key: str, owner: str, parse):
        try:
            return parse(self.entry(table, key, owner).value)
        except UnitError as error:
            raise Place(self.path.name, owner).at(key).error("PROF-004", str(error)) from None

    def rate(self, table: dict, key: str, owner: str) -> int:
        return self.figure(table, key, owner, lambda text: values.rate(text, None, key))

    def loan(self, row: dict) -> Loan:
        asset = row["asset"]
        only_known(row, ("asset", "opening", "rollover", "cap"), Place(self.path.name, asset))
        held = [self.entry(row, key, asset) for key in ("opening", "rollover", "cap")]
        unverified = any(entry.doubt or entry.source.startswith("assumed:") for entry in held)
        return Loan(asset, self.rate(row, "opening", asset), self.rate(row, "rollover", asset),
                    self.figure(row, "cap", asset, lambda text: values.quantity(text, asset, "cap")), unverified)
