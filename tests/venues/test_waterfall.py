"""PROF-040: a waterfall by name, as data of a profile, paid into the engine as the venue opens."""
from datetime import date

import pytest

from steelyard import codes
from steelyard.venues.commands import profile_commands
from steelyard.venues.dated import ProfileError
from steelyard.venues.profile import find_profile, load_profile
from steelyard.venues.reading import reading


def test_PROF_040_layers_in_order_with_their_amounts():
    """PROF-040 CME: the broker, the house, the guaranty fund, assessments of 275 % of it, to the atom."""
    waterfall = load_profile("cme", date(2024, 1, 2)).waterfall
    assert [(layer.number, layer.name) for layer in waterfall.layers] == [
        (1, "capital of the broker"), (2, "the house's own layer"), (3, "guaranty fund"), (4, "assessments")]
    amounts = [layer.amount_atoms for layer in waterfall.layers]
    assert amounts[1:] == [100_000_000 * 10**6, 6_154_113_094 * 10**6, 16_923_811_008_500_000]
    assert [layer.account for layer in waterfall.layers] == [8, 9, 10, 11]
    assert waterfall.layers[0].unverified.startswith("assumed") and not waterfall.layers[1].unverified


def test_PROF_040_they_are_paid_in_as_the_venue_opens():
    """PROF-040 LOSS-012 One FUND_INSURANCE a layer, before the first listing."""
    commands = profile_commands(load_profile("cme", date(2024, 1, 2)), 1)
    paid = commands[commands["kind"] == codes.FUND_INSURANCE]
    assert paid["parameter"].tolist() == [1, 2, 3, 4] and paid["amount_atoms"][1] == 10**14


def test_PROF_040_the_text_names_who_pays():
    profile = load_profile("cme", date(2024, 1, 2))
    text = reading(profile, [profile.instruments[0]])
    assert "then guaranty fund: 6_154_113_094 USD (not verified: the figure of 30 Sep 2023 stands" in text
    assert "what is left is a loss beyond all layers" in text


@pytest.mark.parametrize(("old", "new", "says"), [
    ("275 % of guaranty fund", "275 % of guarantee fund", "is no layer above this one; did you mean"),
    ("layers = [{from = 2017-12-18, value = 4", "layers = [{from = 2017-12-18, value = 5", "5 layers are asked for"),
    ('name = "assessments"', 'name = "guaranty fund"', "every layer needs a name of its own"),
    ('value = "6_154_113_094 USD"', 'value = "6_154_113_094 EUR"', "must be given in USD")])
def test_PROF_040_what_does_not_fit_is_refused_with_its_place(tmp_path, old, new, says):
    """PROF-040 A multiple of what is not there, more layers than there are, a name twice, another asset."""
    text = find_profile("cme").read_text("utf-8")
    assert old in text
    path = tmp_path / "cme.toml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ProfileError, match=says) as caught:
        load_profile(path, date(2024, 1, 2))
    assert "cme.toml" in str(caught.value)
