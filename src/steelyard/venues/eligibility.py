"""Who may trade what: jurisdiction x client class x product as dated rows with sources, and the decision they make.

A row allows, denies or adds (a floor under initial margin, a multiplier, a close-out share, protection from negative
balances, a rule for withdrawals). All rows that match are applied together; nothing is allowed that no row allows.
What a decision asks of margin becomes a client class of the engine (``client_rule``). Data, not legal advice.
"""
from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..rules.clients import rate_for_class
from ..units import PPB, UnitError
from . import values
from .dated import Place, ProfileError, instant, nearest, only_known, show, source_of

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "profiles" / "eligibility", HERE.parents[2] / "venues" / "eligibility")
"""Where the table is: inside the installed package, or the top of the source tree it is installed from."""

ANY, UNRESTRICTED = "any", ""
CLIENTS = ("retail", "professional", "institutional", "brokerage margin client")
PRODUCTS = ("perpetual", "perpetual-style future", "future", "option", "cfd", "spot margin", "exchange-traded note",
            "conversion to perpetual")
VENUES = ("us exchange", "licensed", "offshore", "foreign exchange through a broker")
UNDERLYINGS = ("crypto", "other", "major currency pair", "minor currency pair", "gold", "major index",
               "other commodity", "minor index", "share")
CONFIDENCE = ("two sources", "one source", "press", "unverified")
LEVELS = ("K0", "K1", "K2", "K3", "K4", "K5")
TOP_KEYS = ("title", "from", "sources", "region", "kyc", "rule", "venue_kyc")
RULE_KEYS = ("id", "jurisdiction", "client", "product", "venue", "underlying", "allowed", "leverage_max",
             "initial_floor", "initial_multiplier", "close_out", "negative_balance", "withdrawal", "margin",
             "conditions", "kyc", "remedy", "from", "to", "source", "confidence", "doubt")
VENUE_KYC_KEYS = ("venue", "level", "asks", "derivatives", "withdrawal_max", "from", "to", "source", "confidence",
                  "doubt")
MULTIPLIER_MAX = 4


@dataclass(frozen=True)
class Rule:
    """One row of the table. ``until`` is the first instant at which it no longer holds; rates are in ppb, 0: none."""

    id: str
    line: int
    jurisdiction: str
    clients: tuple[str, ...]
    products: tuple[str, ...]
    venues: tuple[str, ...]
    underlyings: tuple[str, ...]
    allowed: bool | None            # None: the row adds to what others allow
    floor_ppb: int
    multiplier_ppb: int
    close_out_ppb: int
    negative_balance_protected: bool
    withdrawal_leaves_initial: bool
    margin: str
    conditions: str
    kyc: str
    remedy: str
    since: datetime
    until: datetime | None
    source: str
    confidence: str
    doubt: str

    def holds(self, moment: datetime) -> bool:
        """Whether the row is in force at an instant: from its first until before its last.  ELIG-001"""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True)
class VenueKyc:
    """What a venue itself asks of a client at a level of identification, and what the level allows there.  ELIG-013"""

    venue: str
    level: str
    asks: str
    derivatives: bool                       # whether derivatives may be traded at this level
    withdrawal_max: tuple[str, ...]         # "1 BTC": most that leaves at this level; empty: no bound
    since: datetime
    until: datetime | None
    source: str
    confidence: str
    doubt: str

    def holds(self, moment: datetime) -> bool:
        """Whether the row is in force at an instant."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True)
class Question:
    """Who asks to trade what, where, and when."""

    jurisdiction: str
    client: str
    product: str
    venue: str
    moment: datetime
    underlying: str = "crypto"

    def describe(self) -> str:
        return f"{self.client} clients in {self.jurisdiction}, {self.product} ({self.venue}), {show(self.moment)}"


@dataclass(frozen=True)
class Decision:
    """What the matching rows come to, and the refusal a client is told where they deny."""

    question: Question
    allowed: bool
    rules: tuple[Rule, ...]
    refusal: dict[str, str] | None
    floor_ppb: int = 0
    multiplier_ppb: int = 0
    close_out_ppb: int = 0
    negative_balance_protected: bool = False
    withdrawal_leaves_initial: bool = False
    kyc: str = "K0"

    def initial_rate(self, venue_ppb: int) -> int:
        """Initial margin rate under the rows: max(venue, venue x multiplier, floor), in ppb, rounded up.  ELIG-003"""
        return rate_for_class(venue_ppb, self.multiplier_ppb, self.floor_ppb)


@dataclass(frozen=True)
class Rulebook:
    """The table as read from its file."""

    path: Path
    first: datetime
    sources: MappingProxyType
    regions: MappingProxyType
    levels: MappingProxyType
    rules: tuple[Rule, ...]
    venue_kyc: tuple[VenueKyc, ...]

    def places(self, jurisdiction: str) -> tuple[str, ...]:
        """The jurisdiction and the regions it belongs to: Germany's clients are the European Union's."""
        return (jurisdiction, *(region for region, members in self.regions.items() if jurisdiction in members))

    def asked_by(self, venue: str, moment: datetime) -> tuple[VenueKyc, ...]:
        """What a venue asks on a date, lowest level first.  ELIG-013"""
        return tuple(sorted((one for one in self.venue_kyc if one.venue == venue and one.holds(moment)),
                            key=lambda one: one.level))

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Every jurisdiction that a row names, and the members of its regions."""
        named = {rule.jurisdiction for rule in self.rules}
        return tuple(sorted(named.union(*self.regions.values())))

    def matching(self, question: Question) -> tuple[Rule, ...]:
        """The rows that speak about a question.  ELIG-001"""
        places = self.places(question.jurisdiction)
        return tuple(rule for rule in self.rules
                     if rule.jurisdiction in places and rule.holds(question.moment)
                     and matches(rule.clients, question.client) and matches(rule.products, question.product)
                     and matches(rule.venues, question.venue) and matches(rule.underlyings, question.underlying))

    def decide(self, question: Question) -> Decision:
        """Apply every matching row together: one denial denies, the strictest figure holds.  ELIG-002"""
        if question.jurisdiction == UNRESTRICTED:
            return Decision(question, True, (), None)
        self._known(question)
        rules = self.matching(question)
        denying = [rule for rule in rules if rule.allowed is False]
        allowed = not denying and any(rule.allowed for rule in rules)
        return Decision(
            question, allowed, rules, None if allowed else self.refusal(question, denying),
            max((rule.floor_ppb for rule in rules), default=0),
            max((rule.multiplier_ppb for rule in rules), default=0),
            max((rule.close_out_ppb for rule in rules), default=0),
            any(rule.negative_balance_protected for rule in rules),
            any(rule.withdrawal_leaves_initial for rule in rules),
            max((rule.kyc for rule in rules), default="K0"))

    def refusal(self, question: Question, denying: list[Rule]) -> dict[str, str]:
        """What a refused client is told: the rule, since when, on whose word, and what to do.  ELIG-005"""
        if denying:
            rule = max(denying, key=lambda one: one.since)
            return {"rule": rule.id, "from": show(rule.since), "source": self.source_text(rule.source),
                    "what_to_do": rule.remedy}
        return {"rule": "NO-RULE-ALLOWS", "from": show(self.first), "source": self.path.name,
                "what_to_do": f"no row of the table allows {question.describe()}; where the law does, add a row with "
                              "its source"}

    def identified(self, decision: Decision, venue: str, level: str) -> Decision:
        """The decision for a client of whom the level of identification is known (empty: it is not asked).  ELIG-015

        What a row of law asks comes before what the venue asks itself; of several rows the highest level counts.
        """
        if not level or not decision.allowed:
            return decision
        asking = [rule for rule in decision.rules if rule.kyc > level]
        if asking:
            rule = max(asking, key=lambda one: (one.kyc, one.since))
            return self._unidentified(decision, rule.id, rule.kyc, rule.since, rule.source)
        asked = self.asked_by(venue, decision.question.moment)
        enough = next((one for one in asked if one.derivatives), None)
        if asked and enough is None:
            return self._unidentified(decision, f"{venue.upper()}-NO-DERIVATIVES", asked[-1].level, asked[-1].since,
                                      asked[-1].source)
        if enough is not None and level < enough.level:
            return self._unidentified(decision, f"{venue.upper()}-ASKS-{enough.level}", enough.level, enough.since,
                                      enough.source)
        return decision

    def _unidentified(self, decision: Decision, rule: str, level: str, since: datetime, source: str) -> Decision:
        return replace(decision, allowed=False, kyc=max(decision.kyc, level), refusal={
            "rule": rule, "from": show(since), "source": self.source_text(source), "level": level,
            "what_to_do": f"show the operator what {level} asks for ({self.levels.get(level, level)}), who then raises "
                          "the account's level"})

    def source_text(self, keys: str) -> str:
        """The sources a row names, written out."""
        return "; ".join(self.sources.get(key.strip(), key.strip()) for key in keys.split(","))

    def _known(self, question: Question) -> None:
        """Refuse a word that no row knows: a misspelled jurisdiction must not look like one without rules.  ELIG-006"""
        place = Place(self.path.name, "")
        for what, word, known in (("jurisdiction", question.jurisdiction, self.jurisdictions),
                                  ("client class", question.client, CLIENTS), ("product", question.product, PRODUCTS),
                                  ("venue class", question.venue, VENUES),
                                  ("underlying", question.underlying, UNDERLYINGS)):
            if word not in known:
                raise place.error("ELIG-006", f"unknown {what} {word!r}{nearest(word, known)}")
        if question.moment < self.first:
            raise place.error("ELIG-006", f"its rows begin on {show(self.first)}, after {show(question.moment)}")


def matches(words: tuple[str, ...], word: str) -> bool:
    """Whether a row's words include one: listed, or the row is for any."""
    return ANY in words or word in words


# ---------------------------------------------------------------- reading
def eligibility_path() -> Path:
    """The table that ships with the package."""
    return next(folder / "rules.toml" for folder in FOLDERS if folder.is_dir())


def header_lines(text: str, header: str) -> list[int]:
    """Line numbers of the ``[[header]]`` lines of a file, in order: where its n-th row begins."""
    return [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{header}]]"]


def key_line(text: str, first: int, key: str) -> int:
    """The line of a key within the row that begins at line ``first``; ``first`` itself where it is absent."""
    for number, line in enumerate(text.splitlines()[first:], first + 1):
        if line.startswith("["):
            break
        if line.partition("=")[0].strip() == key:
            return number
    return first


class Row:
    """One row of the file, which knows its line: every refusal names file, line, row and key.  ELIG-006"""

    def __init__(self, table: dict, path: Path, text: str, line: int, owner: str):
        self.table, self.path, self.text, self.line, self.owner = table, path, text, line, owner

    def place(self, key: str = "") -> Place:
        return Place(f"{self.path.name}:{key_line(self.text, self.line, key) if key else self.line}", self.owner, key)

    def error(self, key: str, message: str) -> ProfileError:
        return self.place(key).error("ELIG-006", message)

    def words(self, key: str, known: tuple[str, ...], default: str | None = None) -> tuple[str, ...]:
        """One word or a list of words, each known."""
        raw = self.table.get(key, default)
        listed = raw if isinstance(raw, list) else [raw]
        if not listed:
            raise self.error(key, "must name at least one of " + ", ".join(known))
        for word in listed:
            if word not in known:
                raise self.error(key, f"unknown {word!r}{nearest(word, known)}")
        return tuple(listed)

    def text_of(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            raise self.error(key, f"must be text, not {value!r}")
        return value

    def day(self, key: str) -> datetime | None:
        value = self.table.get(key)
        if value is not None and not isinstance(value, date):
            raise self.error(key, f"must be a date such as 2021-01-06, not {value!r}")
        return None if value is None else instant(value)

    def figure(self, key: str, parse) -> int:
        """A figure in ppb, 0 where the row does not state it."""
        if key not in self.table:
            return 0
        try:
            return parse(self.table[key], None, key)
        except UnitError as error:
            raise self.error(key, str(error)) from None

    def flag(self, key: str, word: str) -> bool:
        """True where the row says the one word that the key knows."""
        if key in self.table and self.table[key] != word:
            raise self.error(key, f"may say {word!r} or be left out, not {self.table[key]!r}")
        return key in self.table


def multiplier(text: Any, grid: Any, what: str) -> int:
    """A multiplier such as ``"1.5 x"`` in ppb."""
    times = values.quantity(text, "x", what)
    if not 1 <= times <= MULTIPLIER_MAX:
        raise UnitError(f"{what}: {text!r} must lie between 1 x and {MULTIPLIER_MAX} x")
    return int(times * PPB)


def read_rule(row: Row, sources: dict, regions: dict) -> Rule:
    """One row, checked.  ELIG-006"""
    table = row.table
    only_known(table, RULE_KEYS, row.place())
    source_of(table, sources, row.place("source"))
    jurisdiction, since, until = row.text_of("jurisdiction"), row.day("from"), row.day("to")
    if jurisdiction not in regions and not jurisdiction[:2].isupper():
        raise row.error("jurisdiction", f"must be a country code such as GB, or a region of the file, "
                                        f"not {jurisdiction!r}")
    if since is None:
        raise row.error("from", "is missing: the first day on which the row holds")
    if until is not None and until <= since:
        raise row.error("to", f"must be after {show(since)}")
    if type(table.get("allowed", True)) is not bool:
        raise row.error("allowed", "must be true or false, or be left out where the row only adds")
    if table.get("allowed") is False and not row.text_of("remedy"):
        raise row.error("remedy", "is missing: a denial says what a client can do")
    row.words("confidence", CONFIDENCE)
    floor = max(row.figure("initial_floor", values.rate), row.figure("leverage_max", values.leverage_rate))
    return Rule(
        row.owner, row.line, jurisdiction, row.words("client", (ANY, *CLIENTS)), row.words("product", PRODUCTS),
        row.words("venue", (ANY, *VENUES)), row.words("underlying", (ANY, *UNDERLYINGS), "crypto"),
        table.get("allowed"), floor, row.figure("initial_multiplier", multiplier),
        row.figure("close_out", values.rate), row.flag("negative_balance", "protected"),
        row.flag("withdrawal", "leaves initial margin"), row.text_of("margin"), row.text_of("conditions"),
        row.words("kyc", LEVELS, "K0")[0], row.text_of("remedy"), since, until, table["source"], table["confidence"],
        row.text_of("doubt"))


def read_venue_kyc(row: Row, sources: dict) -> VenueKyc:
    """One row about a venue's own levels, checked.  ELIG-013"""
    table = row.table
    only_known(table, VENUE_KYC_KEYS, row.place())
    source_of(table, sources, row.place("source"))
    since, until = row.day("from"), row.day("to")
    if since is None:
        raise row.error("from", "is missing: the first day on which the row holds")
    if until is not None and until <= since:
        raise row.error("to", f"must be after {show(since)}")
    for key in ("venue", "asks"):
        if not row.text_of(key):
            raise row.error(key, "is missing: which venue, and what it asks for")
    if type(table.get("derivatives", True)) is not bool:
        raise row.error("derivatives", "must be true or false, or be left out where derivatives may be traded")
    bounds = table.get("withdrawal_max", [])
    for bound in bounds if isinstance(bounds, list) else [bounds]:
        try:
            amount = values.quantity(bound, str(bound).split(" ")[-1], "withdrawal_max")
        except UnitError as error:
            raise row.error("withdrawal_max", str(error)) from None
        if not isinstance(bounds, list) or amount <= 0:
            raise row.error("withdrawal_max", f"must be a list of amounts such as [\"1 BTC\"], not {bounds!r}")
    row.words("confidence", CONFIDENCE)
    return VenueKyc(row.text_of("venue"), row.words("level", LEVELS)[0], row.text_of("asks"),
                    table.get("derivatives", True), tuple(bounds), since, until, table["source"],
                    table["confidence"], row.text_of("doubt"))


def load_rulebook(path: str | Path | None = None) -> Rulebook:
    """The eligibility table: the one of the package, or a file of the same form.

    >>> question = Question("GB", "retail", "future", "offshore", datetime(2021, 1, 6, tzinfo=UTC))
    >>> load_rulebook().decide(question).refusal["rule"]
    'GB-RETAIL-BAN'
    """
    return _load(Path(path) if path is not None else eligibility_path())


@cache
def _load(path: Path) -> Rulebook:
    place = Place(path.name, "")
    try:
        text = path.read_text("utf-8")
        raw = tomllib.loads(text)
    except OSError as error:
        raise place.error("ELIG-006", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise place.error("ELIG-006", f"is not TOML: {error}") from None
    only_known(raw, TOP_KEYS, place)
    for key in ("from", "sources", "rule"):
        if key not in raw:
            raise place.error("ELIG-006", f"needs {key!r}")
    regions = {region["id"]: tuple(region["members"]) for region in raw.get("region", [])}
    rules, seen = [], {}
    for table, line in zip(raw["rule"], header_lines(text, "rule"), strict=True):
        name = str(table.get("id", ""))
        row = Row(table, path, text, line, name or "rule")
        if not name or name in seen:
            raise row.error("id", f"every row needs an id of its own; {name!r} is that of line {seen.get(name, line)}")
        seen[name] = line
        rules.append(read_rule(row, raw["sources"], regions))
    asked = [read_venue_kyc(Row(table, path, text, line, str(table.get("venue", "venue_kyc"))), raw["sources"])
             for table, line in zip(raw.get("venue_kyc", []), header_lines(text, "venue_kyc"), strict=True)]
    return Rulebook(path, instant(raw["from"]), MappingProxyType(raw["sources"]), MappingProxyType(regions),
                    MappingProxyType({one["level"]: one["means"] for one in raw.get("kyc", [])}), tuple(rules),
                    tuple(asked))


def today() -> datetime:
    """The present instant: the date a person asks as of where none is given."""
    return datetime.now(UTC)
