"""People's jurisdiction and class at work: the client classes a venue needs, and refusals that name the rule of law.

The table of ``venues.eligibility`` decides; here its decisions about a venue's instruments become client classes of the
engine (ELIG-008), and an engine's refusal becomes the row's own words again (ELIG-010).
"""
from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..api.commands import SetClassTier, SetClientClass, SetClientRule
from ..codes import ClientFlag, Reason
from ..engine.records import CLIENT_CLASSES_MAX
from ..venues.class_schedules import schedule_of
from ..venues.dated import show
from ..venues.eligibility import CLIENTS, UNRESTRICTED, Decision, Question, Rulebook, nearest
from ..venues.eligibility_text import asks_of_margin, percent
from ..venues.instrument import Instrument, Tier
from ..venues.profile import Profile
from .errors import ServiceError


class Standing(msgspec.Struct, frozen=True):
    """Where a person lives, what kind of client they are, and how far they are identified. An empty jurisdiction is not
    restricted."""

    jurisdiction: str = UNRESTRICTED
    client: str = "retail"
    level: str = ""
    """Level of identification that the operator has seen; empty: it is not asked for.  ELIG-015"""


Asked = tuple[tuple[tuple[int, int, int, int], tuple[Tier, ...]], ...]
"""What a class asks of each instrument: multiplier, floor, close-out share, flags; and its own schedule."""
NOTHING = (0, 0, 0, 0), ()


class Eligibility:
    """Who may trade what on one venue, by the rules of its day."""

    def __init__(self, book: Rulebook, profile: Profile, instruments: Iterable[Instrument]):
        self.book, self.instruments = book, tuple(instruments)
        self._moment = max(profile.as_of, book.first)
        self._access = profile.access or "offshore"
        self._profile = profile
        self._names = {one.id: place for place, one in enumerate(self.instruments)}
        self._standings: dict[int, Standing] = {}
        self._decided: dict[tuple[str, str, str], Decision] = {}
        self._classes: dict[Standing, int] = {}
        self._asked: list[Asked] = [tuple(NOTHING for _one in self.instruments)]
        for level in ("", *book.levels):                  # who has no level keeps the number that they would have alone
            for jurisdiction in book.jurisdictions if not level else (UNRESTRICTED, *book.jurisdictions):
                for client in CLIENTS:
                    self._enter(Standing(jurisdiction, client, level))

    def _enter(self, standing: Standing) -> None:
        """Number the class of a standing; standings that are asked the same share one."""
        places = self.book.places(standing.jurisdiction)
        asked = tuple((self._asks(self.decide(standing, one)),
                       schedule_of(one.class_schedules, places, standing.client)) for one in self.instruments)
        if asked not in self._asked:
            if len(self._asked) == CLIENT_CLASSES_MAX:
                raise ValueError(f"{self.book.path.name} makes more than {CLIENT_CLASSES_MAX - 1} different classes")
            self._asked.append(asked)
        self._classes[standing] = self._asked.index(asked)

    def decide(self, standing: Standing, instrument: Instrument) -> Decision:
        """What the table says about a person and an instrument."""
        asked = standing.jurisdiction, standing.client, instrument.product
        if asked not in self._decided:
            self._decided[asked] = self.book.decide(Question(*asked, self._access, self._moment))
        return self.book.identified(self._decided[asked], self._profile.name, standing.level)

    @staticmethod
    def _asks(decision: Decision) -> tuple[int, int, int, int]:
        flags = 0 if decision.allowed else int(ClientFlag.MAY_NOT_OPEN)
        flags |= int(ClientFlag.OWES_NOTHING) if decision.negative_balance_protected else 0
        return decision.multiplier_ppb, decision.floor_ppb, decision.close_out_ppb, flags

    def checked(self, jurisdiction: str, client: str, level: str = "") -> Standing:
        """A standing that the table knows; else a refusal with the nearest known word.  ELIG-006"""
        for field, word, known in (("jurisdiction", jurisdiction, ("", *self.book.jurisdictions)),
                                   ("client", client, CLIENTS), ("level", level, ("", *self.book.levels))):
            if word not in known:
                raise ServiceError(
                    "invalid_value", f"unknown {field} {word!r}{nearest(word, known)}", field, "ELIG-006",
                    "a country code of the table, or none; retail, professional or institutional; a level of the table")
        return Standing(jurisdiction, client, level)

    # ------------------------------------------------------------ the engine
    def client_class(self, standing: Standing) -> int:
        """The engine's class of a standing; 0 where nothing is asked."""
        return self._classes.get(standing, 0)

    def missing_rules(self, states) -> list[SetClientRule | SetClassTier]:
        """The rules of classes that the engine does not have yet; none where nobody stated a jurisdiction."""
        missing: list[SetClientRule | SetClassTier] = []
        if not self._standings:
            return missing
        for place, instrument in enumerate(self.instruments):
            known = states["instruments"][0][instrument.id]["client_rules"]
            for number, asked in enumerate(self._asked):
                if number:
                    missing += self._missing_rule(known[number], instrument.id, number, *asked[place])
        return missing

    @staticmethod
    def _missing_rule(row, instrument: int, number: int, rule: tuple, tiers: tuple[Tier, ...]) -> list:
        """What one class of one instrument lacks: its rule, its schedule."""
        missing: list[SetClientRule | SetClassTier] = []
        if tuple(int(row[name]) for name in ("multiplier_ppb", "floor_ppb", "close_out_ppb", "flags")) != rule:
            missing.append(SetClientRule(instrument, number, *rule))
        held = [(int(tier["end"]), int(tier["initial_ppb"]), int(tier["maintenance_ppb"]))
                for tier in row["tiers"][:int(row["tier_count"])]]
        wanted = [(tier.value_max_atoms, tier.initial_ppb, tier.maintenance_ppb) for tier in tiers]
        if held != wanted:
            missing += [SetClassTier(instrument, number, place, *tier)
                        for place, tier in enumerate(wanted or [(0, 0, 0)])]
        return missing

    def missing_commands(self, states, account: int) -> list[SetClientRule | SetClassTier | SetClientClass]:
        """Everything that puts an account into its class: the rules first."""
        return [*self.missing_rules(states), *self.missing_class(states, account)]

    def missing_class(self, states, account: int) -> list[SetClientClass]:
        """The command that puts an account into its class, where it is not in it."""
        wanted = self.client_class(self._standings.get(account, Standing()))
        if int(states["accounts"][0][account]["client_class"]) == wanted:
            return []
        return [SetClientClass(account, wanted)]

    # ------------------------------------------------------------ before somebody signs up
    def listing(self, standing: Standing) -> dict:
        """The words of the table, what the venue itself asks, and what the rules say about a standing and every
        instrument.  ELIG-014"""
        profile = self._profile
        asked = self.book.asked_by(profile.name, self._moment)
        return {
            "as_of": show(self._moment), "access": self._access, "jurisdictions": list(self.book.jurisdictions),
            "clients": list(CLIENTS), "jurisdiction": standing.jurisdiction, "client": standing.client,
            "levels": [{"level": level, "means": means} for level, means in self.book.levels.items()],
            "venue_asks": [{"level": one.level, "asks": one.asks, "derivatives": one.derivatives,
                            "withdrawal_max": list(one.withdrawal_max), "from": show(one.since),
                            "source": self.book.source_text(one.source)} for one in asked],
            "instruments": [self._told(standing, one) for one in self.instruments]}

    def _told(self, standing: Standing, one: Instrument) -> dict:
        """What the rules say about one instrument, as a person reads it."""
        decision = self.decide(standing, one)
        tiers = schedule_of(one.class_schedules, self.book.places(standing.jurisdiction), standing.client)
        asks = asks_of_margin(decision)
        if tiers:
            asks.append(f"a schedule of its own from {percent(tiers[0].initial_ppb)} initial margin")
        refusal = None
        if decision.refusal is not None:
            told = decision.refusal
            refusal = {"rule": told["rule"], "from": told["from"], "source": told["source"], "do": told["what_to_do"]}
        return {"symbol": one.symbol, "product": one.product, "allowed": decision.allowed, "asks": asks,
                "level": decision.kyc, "rules": [rule.id for rule in decision.rules], "refusal": refusal}

    def previewed(self, found: dict, account: int, symbol: object) -> dict:
        """A preview whose refusal is the table's, in the words of the row that denies.  ELIG-010"""
        code = Reason.client_class_must_be_admitted.name
        if not found.get("error") or found["error"].get("code") != code:
            return found
        instrument = next((one.id for one in self.instruments if one.symbol == symbol), 0)
        error = found["error"]
        told = self.explained(ServiceError(code, error["message"], error["field"], error["rule"], error["do"]), account,
                              instrument)
        return {**found, "error": told.wire()}

    # ------------------------------------------------------------ people
    def learn(self, account: int, standing: Standing) -> None:
        """An account belongs to a person of this standing."""
        if standing.jurisdiction != UNRESTRICTED or standing.level:
            self._standings[account] = standing

    def raised(self, account: int, level: str) -> Standing:
        """The standing of an account once the operator has set its level.  ELIG-015"""
        held = self._standings.get(account, Standing())
        standing = self.checked(held.jurisdiction, held.client, level)
        self.learn(account, standing)
        return standing

    @property
    def accounts(self) -> tuple[int, ...]:
        """Accounts of people who stated a jurisdiction or have a level."""
        return tuple(self._standings)

    def explained(self, error: ServiceError, account: int, instrument_id: int) -> ServiceError:
        """The engine's refusal in the words of the row that denies: rule, date, source, what to do.  ELIG-010"""
        standing, place = self._standings.get(account), self._names.get(instrument_id)
        told = None if standing is None or place is None else self.decide(standing, self.instruments[place]).refusal
        if told is None:
            return error
        one = self.instruments[place]
        who = f"{standing.client} clients" + (f" in {standing.jurisdiction}" if standing.jurisdiction else "")
        if "level" in told:
            who += f" at level {standing.level} of identification"
        return ServiceError(
            error.code, f"{who} may not open {one.symbol} ({one.product}): {told['rule']}, in force from "
                        f"{told['from']}; source: {told['source']}", error.field,
            "ELIG-015" if "level" in told else "ELIG-010", told["what_to_do"])
