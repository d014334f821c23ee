"""The level of identification of an account: what it lets somebody open, and what is kept of it."""
from __future__ import annotations

from datetime import date

import pytest

from steelyard.engine.records import CLIENT_CLASSES_MAX
from steelyard.service.eligibility import Eligibility, Standing
from steelyard.service.errors import ServiceError
from steelyard.venues.eligibility import load_rulebook
from steelyard.venues.profile import load_profile, profile_paths


def at(venue: str, day: str) -> Eligibility:
    """The table at work on a venue of a day."""
    profile = load_profile(venue, date.fromisoformat(day))
    return Eligibility(load_rulebook(), profile, profile.instruments)


def told(eligibility: Eligibility, standing: Standing) -> dict | None:
    return eligibility.decide(standing, eligibility.instruments[0]).refusal


def test_a_venue_asks_a_level_of_its_own():
    """ELIG-015: the worked example; the rule, its first day, its source, and what to do."""
    kraken = at("kraken", "2020-03-12")
    refusal = told(kraken, Standing("", "retail", "K1"))
    assert (refusal["rule"], refusal["from"]) == ("KRAKEN-ASKS-K2", "2019-02-04")
    assert refusal["source"] == "support.kraken.com, verification levels; support.kraken.com, eligibility for futures"
    assert "identity, address, residence" in refusal["what_to_do"]
    for level in ("", "K2", "K5"):
        assert told(kraken, Standing("", "retail", level)) is None
    assert kraken.client_class(Standing("", "retail", "K1")) != 0 == kraken.client_class(Standing("", "retail", "K2"))


def test_the_level_is_the_one_of_the_day():
    """ELIG-013, ELIG-015: at Deribit K1 was enough until the end of 2020, then K2 was asked of everyone."""
    assert told(at("deribit", "2020-06-01"), Standing("", "retail", "K1")) is None
    assert told(at("deribit", "2020-06-01"), Standing("", "retail", "K0"))["rule"] == "DERIBIT-ASKS-K1"
    later = told(at("deribit", "2021-06-01"), Standing("", "retail", "K1"))
    assert (later["rule"], later["from"]) == ("DERIBIT-ASKS-K2", "2021-01-01")


def test_a_row_of_law_asks_more_than_the_venue_and_is_named():
    """ELIG-015: of matching rows the highest level; a denial that no level lifts is told first."""
    found = 0
    eligibility = at("kraken", "2026-06-20")
    for jurisdiction in eligibility.book.jurisdictions:
        bare = eligibility.decide(Standing(jurisdiction, "professional"), eligibility.instruments[0])
        low = eligibility.decide(Standing(jurisdiction, "professional", "K0"), eligibility.instruments[0])
        asking = [rule for rule in bare.rules if rule.kyc > "K0"]
        if not bare.allowed:
            assert low.refusal == bare.refusal and "level" not in low.refusal
        elif asking:
            found += 1
            assert low.refusal["level"] == max(rule.kyc for rule in asking) == bare.kyc
            assert low.refusal["rule"] in {rule.id for rule in asking}
            enough = Standing(jurisdiction, "professional", max(bare.kyc, "K2"))
            assert eligibility.decide(enough, eligibility.instruments[0]).refusal is None
    assert found > 0


def test_an_unknown_level_is_refused():
    """ELIG-006, ELIG-015"""
    with pytest.raises(ServiceError, match="unknown level 'K9'"):
        at("kraken", "2020-03-12").checked("", "retail", "K9")


@pytest.mark.parametrize("venue", sorted(profile_paths()))
def test_classes_fit_the_engine(venue):
    """ELIG-010, ELIG-015: with every level of every standing there are no more classes than the engine has."""
    eligibility = at(venue, "2026-06-20")
    classes = {eligibility.client_class(Standing(jurisdiction, client, level))
               for jurisdiction in eligibility.book.jurisdictions for client in ("retail", "professional")
               for level in ("", *eligibility.book.levels)}
    assert len(classes) < CLIENT_CLASSES_MAX
