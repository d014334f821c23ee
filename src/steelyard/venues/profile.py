"""Loads a venue profile as of a date: finds the file, reads assets, indices, fee classes and instruments, checks them.

A profile is data. Nothing here knows a venue by name, and nothing here decides: the result is frozen.
"""
from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from ..engine.records import ASSETS_MAX, FEE_CLASSES_MAX, INDEX_SOURCES_MAX, INDICES_MAX, INSTRUMENTS_MAX
from ..units import PPB, UnitError, to_steps
from . import values
from .calendar import read_calendar
from .checks import check_instrument
from .class_schedules import read_schedules
from .collateral import Collateral, read_collateral
from .dated import Place, ProfileError, entry_at, instant, nearest, only_known, read_entries, show, source_of
from .eligibility import PRODUCTS, VENUES
from .families import expand
from .fields import KEYS, SECTIONS
from .instrument import KINDS, Figures, Instrument, read_grid, read_state, read_terms
from .margin_windows import check_hours, read_windows
from .overload import PASSES, read_overload
from .shapes import check_shapes
from .values import Asset
from .waterfall import Waterfall, check_layers, read_waterfall

__all__ = ["Asset", "FeeClass", "Feed", "Index", "Instrument", "Profile", "ProfileError", "change_dates",
           "load_profile",
           "profile_paths"]

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "profiles", HERE.parents[2] / "venues")
"""Where profiles are: inside the installed package, or the top of the source tree it is installed from."""

TOP_KEYS = ("title", "summary", "access", "from", "closed", "sources", "calendar", "asset", "index", "fee_class",
            "overload", "defaults", "instrument", "collateral", "waterfall")
INSTRUMENT_KEYS = ("symbol", "kind", "product", "base", "quote", "settles", "index", "listed", "delisted", "source",
                   "expiries", "ids_from")
INDEX_FIGURES = {"stale_after": values.duration, "outlier": values.rate, "readmit_within": values.rate,
                 "readmit_after": values.duration, "sources_min": values.count}
WEIGHTS_SLACK_PPB = 1_000
"""Weights of an index must sum to one within a millionth, so that three thirds can be written down."""


@dataclass(frozen=True)
class Feed:
    """One source of an index. ``number`` counts from 0 in the order of the file."""

    number: int
    name: str
    weight_ppb: int


@dataclass(frozen=True)
class Index:
    """An outside price: its grid, its sources on the date, and when a source counts."""

    id: int
    name: str
    quote: str
    unit: Decimal
    stale_after_ns: int
    outlier_ppb: int
    readmit_ppb: int
    readmit_after_ns: int
    sources_min: int
    clamp_ppb: int
    feeds: tuple[Feed, ...]


@dataclass(frozen=True)
class FeeClass:
    """Fees of accounts in a class; they replace the instrument's own."""

    id: int
    name: str
    maker_ppb: int
    taker_ppb: int


@dataclass(frozen=True)
class Profile:
    """A venue's rules as they hold at ``as_of``. Ids count from 1 in the order of the file, whatever the date.
    PROF-009"""

    name: str
    title: str
    summary: str
    as_of: datetime
    first_date: date
    closed: datetime | None
    path: Path
    sources: MappingProxyType
    assets: tuple[Asset, ...]
    indices: tuple[Index, ...]
    fee_classes: tuple[FeeClass, ...]
    instruments: tuple[Instrument, ...]
    collateral: tuple[Collateral, ...] = ()
    access: str = ""
    overload: tuple[str, ...] = PASSES      # requests that still pass when the venue is overloaded  PROF-015
    """What kind of venue it is to the law (``eligibility.VENUES``); empty where the profile does not say."""
    waterfall: Waterfall = Waterfall()

    def product(self, name: str) -> list[Instrument]:
        """The dated contracts of a product, the next to expire first: their family's symbol is ``name`` and what tells
        the expiry.  PROF-014"""
        found = [one for one in self.instruments if one.family and one.family.partition("{")[0].rstrip("-_") == name]
        return sorted(found, key=lambda one: one.terms["expiry_s"])

    def instrument(self, symbol: str) -> Instrument:
        """The contract of a symbol; of a product's name, the one that expires next."""
        if symbol not in [one.symbol for one in self.instruments] and self.product(symbol):
            return self.product(symbol)[0]
        return _named(self.instruments, "symbol", symbol, f"{self.name} on {show(self.as_of)}: no instrument")

    def asset(self, name: str) -> Asset:
        return _named(self.assets, "name", name, f"{self.name}: no asset")

    def index(self, name: str) -> Index:
        return _named(self.indices, "name", name, f"{self.name}: no index")

    def fee_class(self, name: str) -> FeeClass:
        return _named(self.fee_classes, "name", name, f"{self.name} on {show(self.as_of)}: no fee class")


def _named(rows, attribute: str, name: str, message: str):
    for row in rows:
        if getattr(row, attribute) == name:
            return row
    raise ProfileError(f"{message} {name!r}{nearest(name, [getattr(row, attribute) for row in rows])}")


# ---------------------------------------------------------------- finding
def profile_paths() -> dict[str, Path]:
    """The profiles that ship with the package, by name."""
    for folder in FOLDERS:
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {}


def find_profile(path_or_name: str | Path) -> Path:
    """The file of a profile: a path that exists, or the name of one in the package."""
    path = Path(path_or_name)
    if path.suffix == ".toml":
        if path.is_file():
            return path
        raise ProfileError(f"no file {str(path_or_name)!r}")
    known = profile_paths()
    if str(path_or_name) not in known:
        raise ProfileError(f"no profile {str(path_or_name)!r}{nearest(str(path_or_name), known)}")
    return known[str(path_or_name)]


def read_file(path: Path) -> dict:
    """The file as tables, with every key known.  PROF-003"""
    place = Place(path.name, "")
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise place.error("PROF-003", f"is not TOML: {error}") from None
    only_known(raw, TOP_KEYS, place)
    check_shapes(raw, place)
    for key in ("title", "from", "sources", "asset", "instrument"):
        if key not in raw:
            raise place.error("PROF-005", f"needs {key!r}")
    known_sections(raw.get("defaults", {}), (), Place(path.name, "defaults"))
    for table in raw["instrument"]:
        known_sections(table, INSTRUMENT_KEYS, Place(path.name, str(table.get("symbol", "instrument"))))
    raw["instrument"] = expand(raw["instrument"], place)
    return raw


def known_sections(table: dict, scalars: tuple[str, ...], place: Place) -> None:
    """Refuse a section or figure that no rule reads.  PROF-003"""
    only_known(table, scalars + SECTIONS, place)
    for section in SECTIONS:
        names = [key.split(".")[1] for key in KEYS if key.split(".")[0] == section]
        only_known(table.get(section, {}), names, place.at(section))


# ---------------------------------------------------------------- dates
def change_dates(path_or_name: str | Path, calendar: bool = True, listings: bool = True) -> list[datetime]:
    """Every instant from the profile's first on at which a figure changes, ending before the venue closed.

    ``calendar`` False leaves out when contracts merely change their state, and that those of a family expire;
    ``listings`` False that they are listed, too.
    """
    path = find_profile(path_or_name)
    try:
        raw = read_file(path)
    except ProfileError as error:
        raise error.at_line(path.read_text("utf-8", "replace")) from None
    moments = {instant(raw["from"])}

    def collect(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if (key == "calendar" or (key == "delisted" and "expires" in node)) and not calendar:
                    continue
                if key in ("listed", "delisted") and "expires" in node and not listings:
                    continue
                if key in ("from", "listed", "delisted") and isinstance(value, date):
                    moments.add(instant(value))
                else:
                    collect(value)
        elif isinstance(node, list):
            for item in node:
                collect(item)
    collect([raw["asset"], raw.get("index", []), raw.get("fee_class", []), raw.get("overload", {}),
             raw.get("defaults", {}), raw["instrument"], raw.get("collateral", []), raw.get("waterfall", {})])
    closed = instant(raw["closed"]) if "closed" in raw else None
    return sorted(m for m in moments if m >= instant(raw["from"]) and (closed is None or m < closed))


def _moment(raw: dict, path: Path, as_of: date | datetime | None) -> datetime:
    """The instant to load, within the time the profile knows.  PROF-009"""
    place = Place(path.name, "")
    moment = change_dates(path, calendar=False)[-1] if as_of is None else instant(as_of)
    if moment < instant(raw["from"]):
        raise place.error("PROF-009", f"its rules begin on {show(instant(raw['from']))}, after {show(moment)}")
    if "closed" in raw and moment >= instant(raw["closed"]):
        raise place.error("PROF-009",
                          f"the venue closed on {show(instant(raw['closed']))}; load it as of an earlier date")
    return moment


# ---------------------------------------------------------------- reading
def load_profile(path_or_name: str | Path, as_of: date | datetime | None = None) -> Profile:
    """The rules of a venue as they held at ``as_of``: midnight UTC of a date, or an instant; the latest known if
    absent.

    >>> load_profile("bitmex", date(2020, 3, 12)).instrument("XBTUSD").tiers[0].maintenance_ppb
    5000000
    """
    path = find_profile(path_or_name)
    try:
        return _read_profile(path, as_of)
    except ProfileError as error:
        raise error.at_line(path.read_text("utf-8", "replace")) from None


def upcoming(profile: Profile, until: datetime) -> tuple[tuple[datetime, Instrument], ...]:
    """Contracts of the profile's families that are listed after its day and until a time, first those listed first,
    each under the rules of the day it is listed. One on an index or an asset that the profile does not have is left
    out: a venue cannot begin it while it runs.  CALR-011"""
    raw = read_file(profile.path)
    days = sorted({instant(row["listed"]) for row in raw["instrument"]
                   if "family" in row and profile.as_of < instant(row["listed"]) <= until})
    known = {(index.id, index.name) for index in profile.indices}
    found = []
    for day in days:
        then = load_profile(profile.path, day)
        new = {row["id"] for row in raw["instrument"] if "family" in row and instant(row["listed"]) == day}
        found += [(day, one) for one in then.instruments if one.id in new
                  and (one.terms["index_id"], one.index) in known and one.grid.settlement in profile.assets]
    return tuple(found)


def _read_profile(path: Path, as_of: date | datetime | None) -> Profile:
    raw = read_file(path)
    moment = _moment(raw, path, as_of)
    sources = raw["sources"]
    calendar = read_calendar(raw, path)              # refused here, read again by whoever runs by it
    assets = _read_assets(raw["asset"], sources, path)
    indices = _read_indices(raw.get("index", []), sources, moment, path)
    instruments = tuple(_read_instruments(raw, {asset.name: asset for asset in assets},
                                          {index.name: index for index in indices}, moment, path))
    waterfall = read_waterfall(raw, sources, moment, path, {asset.name: asset for asset in assets})
    for one in instruments:
        check_layers(one.terms, waterfall, Place(path.name, one.symbol))
    if calendar is not None:
        check_hours(calendar, instruments, Place(path.name, "calendar"))
    return Profile(path.stem, str(raw["title"]), str(raw.get("summary", "")), moment,
                   instant(raw["from"]).date(), instant(raw["closed"]) if "closed" in raw else None, path,
                   MappingProxyType(dict(sources)),
                   assets, indices, _read_fee_classes(raw.get("fee_class", []), sources, moment, path), instruments,
                   read_collateral(raw.get("collateral", []), sources, moment, path,
                                   {asset.name: asset for asset in assets}, {index.name: index for index in indices}),
                   _word(raw, "access", VENUES, Place(path.name, "")), read_overload(raw, sources, moment, path),
                   waterfall)


def _word(table: dict, key: str, known: tuple[str, ...], place: Place) -> str:
    """One of the known words, or nothing where the key is absent.  PROF-004"""
    if key in table and table[key] not in known:
        raise place.at(key).error("PROF-004", f"unknown {table[key]!r}{nearest(table[key], known)}")
    return table.get(key, "")


def _unique(rows: list, key: str, limit: int, what: str, path: Path) -> list[str]:
    names = [row.get(key) for row in rows]
    place = Place(path.name, what)
    for name in names:
        if not isinstance(name, str) or not name:
            raise place.error("PROF-005", f"every {what} needs {key!r}")
        if names.count(name) > 1:
            raise place.error("PROF-009", f"{name!r} appears twice", name)
    if len(names) >= limit:
        raise place.error("PROF-009", f"{len(names)} of them; the engine holds {limit - 1}")
    return names


def _read_assets(rows: list, sources: dict, path: Path) -> tuple[Asset, ...]:
    assets = []
    for number, name in enumerate(_unique(rows, "name", ASSETS_MAX, "asset", path), 1):
        row, place = rows[number - 1], Place(path.name, name)
        only_known(row, ("name", "decimals", "source"), place)
        source_of(row, sources, place)
        if type(row.get("decimals")) is not int or not 0 <= row["decimals"] <= 18:
            raise place.at("decimals").error("PROF-004", "must be a whole number from 0 to 18")
        assets.append(Asset(number, name, row["decimals"]))
    return tuple(assets)


def _read_indices(rows: list, sources: dict, moment: datetime, path: Path) -> tuple[Index, ...]:
    indices = []
    for number, name in enumerate(_unique(rows, "name", INDICES_MAX, "index", path), 1):
        row, place = rows[number - 1], Place(path.name, name)
        only_known(row, ("name", "quote", "unit", "source", "feed", "clamp", *INDEX_FIGURES), place)
        source_of(row, sources, place)
        for key in ("quote", "unit", "feed"):
            if key not in row:
                raise place.at(key).error("PROF-005", "is missing")
        figures = Figures({"": row}, {}, sources, moment, place)
        read = {key: figures.read(f".{key}", parse, None) for key, parse in INDEX_FIGURES.items()}
        clamp = figures.read(".clamp", values.or_none(values.rate), None, optional=True)
        try:
            unit = values.quantity(row["unit"], row["quote"], "unit")
        except UnitError as error:
            raise place.error("PROF-004", str(error)) from None
        feeds = _read_feeds(row["feed"], sources, moment, place)
        if not 1 <= read["sources_min"] <= len(feeds):
            raise place.at("sources_min").error("PROF-010",
                                                f"must lie between 1 and the {len(feeds)} feeds of the date")
        indices.append(Index(number, name, row["quote"], unit, read["stale_after"], read["outlier"],
                             read["readmit_within"],
                             read["readmit_after"], read["sources_min"], clamp or 0, feeds))
    return tuple(indices)


def _read_feeds(rows: list, sources: dict, moment: datetime, place: Place) -> tuple[Feed, ...]:
    """The sources that carry weight at the moment; their numbers do not depend on it.  PROF-009"""
    if len(rows) > INDEX_SOURCES_MAX:
        raise place.at("feed").error("PROF-009", f"{len(rows)} feeds; the engine holds {INDEX_SOURCES_MAX}")
    feeds = []
    for number, row in enumerate(rows):
        feed_place = place.at(f"feed {row.get('name', number)}")
        only_known(row, ("name", "weight"), feed_place)
        held = entry_at(read_entries(row.get("weight"), sources, feed_place), moment)
        try:
            weight = 0 if held is None else values.or_none(values.rate)(held.value, None, "weight")
        except UnitError as error:
            raise feed_place.error("PROF-004", str(error)) from None
        if weight:
            feeds.append(Feed(number, str(row.get("name")), weight))
    total = sum(feed.weight_ppb for feed in feeds)
    if abs(total - PPB) > WEIGHTS_SLACK_PPB:
        raise place.at("feed").error("PROF-010",
                                     f"weights on {show(moment)} sum to {total / PPB:.6%}; they must make 100 %")
    return tuple(feeds)


def _read_fee_classes(rows: list, sources: dict, moment: datetime, path: Path) -> tuple[FeeClass, ...]:
    """The classes whose fees hold at the moment; one that is \"none\" or begins later is absent."""
    classes = []
    for number, name in enumerate(_unique(rows, "name", FEE_CLASSES_MAX, "fee_class", path), 1):
        row, place = rows[number - 1], Place(path.name, f"fee class {name}")
        only_known(row, ("name", "maker", "taker"), place)
        fees = []
        for key, parse in (("maker", values.signed_rate), ("taker", values.rate)):
            held = entry_at(read_entries(row.get(key), sources, place.at(key)), moment)
            if held is not None and held.value != "none":
                try:
                    fees.append(parse(held.value, None, key))
                except UnitError as error:
                    raise place.error("PROF-004", str(error)) from None
        if len(fees) == 1:
            raise place.error("PROF-010", f"maker and taker must both hold on {show(moment)}, or neither")
        if fees:
            if sum(fees) < 0:
                raise place.error("PROF-010", "a rebate must not exceed the taker fee")
            classes.append(FeeClass(number, name, *fees))
    return tuple(classes)


def _read_instruments(raw: dict, assets: dict, indices: dict, moment: datetime, path: Path):
    """Those listed and not yet delisted at the moment; their ids do not depend on it.  PROF-009"""
    rows, sources = raw["instrument"], raw["sources"]
    for row, symbol in zip(rows, _unique(rows, "symbol", INSTRUMENTS_MAX, "instrument", path)):
        number, place = row["id"], Place(path.name, row.get("family", symbol))
        source_of(row, sources, place)
        for key in ("kind", "base", "quote", "settles", "index", "listed"):
            if key not in row:
                raise place.at(key).error("PROF-005", "is missing")
        for key, known in (("kind", KINDS), ("settles", assets), ("index", indices)):
            if row[key] not in known:
                raise place.at(key).error("PROF-004", f"unknown {row[key]!r}{nearest(row[key], known)}")
        if moment < instant(row["listed"]) or ("delisted" in row and moment >= instant(row["delisted"])):
            continue
        index = indices[row["index"]]
        figures = Figures({section: row.get(section, {}) for section in SECTIONS}, raw.get("defaults", {}), sources,
                          moment, place)
        grid = read_grid(figures, row["kind"], row["base"], row["quote"], assets[row["settles"]], index.unit)
        expires = instant(row["expires"]) if "expires" in row else None
        terms, tiers = read_terms(figures, grid, index.id, expires)
        check_instrument(terms, tiers, place)
        product = _word(row, "product", PRODUCTS, place) or (
            "perpetual" if expires is None and terms["funding_interval_ns"] else "future")
        state, windows = read_state(figures), read_windows(figures)
        schedules = read_schedules(figures, grid, terms)
        yield Instrument(number, symbol, index.name, grid, MappingProxyType(terms), tiers, tuple(figures.seen), product,
                         state, windows, row.get("family", ""), schedules)


def to_atoms(profile: Profile, asset: str, text: str | Decimal) -> int:
    """Cash as decimal text in atoms; refused below an atom."""
    return to_steps(text, profile.asset(asset).atom, asset)
