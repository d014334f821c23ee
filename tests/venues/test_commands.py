"""PROF-011 The commands of a profile: complete, in order, and accepted by the engine's configuration."""
from datetime import date

import pytest

from steelyard import codes
from steelyard.engine.records import TERMS
from steelyard.kernel import load_plain
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import change_dates, load_profile, profile_paths

DAY = date(2020, 3, 12)
STAMP = 1_583_971_200_000_000_000


def terms_of(commands, instrument: int) -> dict[str, int]:
    rows = commands[(commands["kind"] == codes.SET_TERM) & (commands["instrument"] == instrument)]
    return {TERMS.names[row["parameter"]]: int(row["value"]) for row in rows}


@pytest.mark.parametrize("name", sorted(profile_paths()))
def test_PROF_011_round_trip_from_profile_to_commands_and_back(name):
    """PROF-011 Terms, tiers, fees and index read back from the commands are the profile's."""
    profile = load_profile(name)
    commands = profile_commands(profile, STAMP)
    assert set(commands["time_ns"].tolist()) == {STAMP}
    for instrument in profile.instruments:
        assert terms_of(commands, instrument.id) == dict(instrument.terms)
        tiers = commands[(commands["kind"] == codes.SET_TIER) & (commands["instrument"] == instrument.id)]
        assert [(int(row["amount_atoms"]), int(row["value"]), int(row["size_lots"])) for row in tiers] == [
            (tier.value_max_atoms, tier.initial_ppb, tier.maintenance_ppb) for tier in instrument.tiers]
        assert tiers["parameter"].tolist() == list(range(len(instrument.tiers)))
    classes = commands[commands["kind"] == codes.SET_FEE_CLASS]
    assert [(int(row["parameter"]), int(row["amount_atoms"]), int(row["value"])) for row in classes] == [
        (one.id, one.maker_ppb, one.taker_ppb) for one in profile.fee_classes]
    for index in profile.indices:
        rows = commands[(commands["kind"] == codes.SET_INDEX) & (commands["parameter"] == index.id)]
        assert dict(zip(rows["flags"].tolist(), rows["value"].tolist())) == {
            codes.INDEX_STALE_AFTER_NS: index.stale_after_ns, codes.INDEX_OUTLIER_PPB: index.outlier_ppb,
            codes.INDEX_READMIT_PPB: index.readmit_ppb, codes.INDEX_READMIT_AFTER_NS: index.readmit_after_ns,
            codes.INDEX_SOURCES_MIN: index.sources_min} | (
                {codes.INDEX_CLAMP_PPB: index.clamp_ppb} if index.clamp_ppb else {})
        sources = commands[(commands["kind"] == codes.SET_INDEX_SOURCE) & (commands["parameter"] == index.id)]
        assert dict(zip(sources["flags"].tolist(), sources["value"].tolist())) == {
            feed.number: feed.weight_ppb for feed in index.feeds}


def test_PROF_011_an_instrument_is_listed_last_and_one_can_be_chosen():
    """PROF-011"""
    commands = profile_commands(load_profile("bitmex", DAY), STAMP, symbols=("XBTUSD",))
    assert commands[-1]["kind"] == codes.LIST_INSTRUMENT and commands[-1]["instrument"] == 1
    assert set(commands["instrument"].tolist()) == {0, 1}
    own = commands[commands["instrument"] == 1]["kind"].tolist()
    assert own == [codes.SET_TERM] * len(TERMS.names) + [codes.SET_TIER] * 24 + [codes.LIST_INSTRUMENT]


@pytest.mark.parametrize("name", sorted(profile_paths()))
def test_PROF_011_the_engine_accepts_every_command_on_every_date(name):
    """PROF-011 No command is refused, uncompiled, on any date on which the profile changes."""
    plain = load_plain("engine.engine")
    for day in change_dates(name, listings=False):
        profile = load_profile(name, day)
        stamp = int(day.timestamp()) * 1_000_000_000          # its own: what has expired by then is left out
        events = plain.Engine().apply(profile_commands(profile, stamp))
        refused = events[events["kind"] == codes.REJECTED]
        assert [(int(row["order_type"]), codes.Reason(int(row["reason"])).name) for row in refused] == []
        assert int((events["kind"] == codes.INSTRUMENT_LISTED).sum()) == len(profile.instruments)
