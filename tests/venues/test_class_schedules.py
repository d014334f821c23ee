"""PROF-031 Tiers of classes of clients as a profile states them."""
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from steelyard.venues.class_schedules import read_schedules, schedule_of
from steelyard.venues.dated import Place, ProfileError
from steelyard.venues.instrument import Figures
from steelyard.venues.values import Asset

GRID = SimpleNamespace(settlement=Asset(1, "USD", 2), lot_contracts=1)


def schedules(rows, **terms):
    """What a list of class schedules reads as, for an instrument with tiers by value on entry values."""
    chosen = dict(dict(tier_measure=0, initial_basis=0, maintenance_basis=0), **terms)
    figures = Figures({"margin": {"class_schedules": [{"from": date(2025, 5, 29), "value": rows, "source": "s"}]}}, {},
                      {"s": "t"}, datetime(2026, 1, 1, tzinfo=UTC), Place("x.toml", "X"))
    return read_schedules(figures, GRID, chosen)


def tier(up_to="30_000_000 USD", initial="10 %", maintenance="5 %"):
    return {"up_to": up_to, "initial": initial, "maintenance": maintenance}


def test_PROF_031_the_first_row_that_fits_a_client_holds():
    """PROF-031 Retail clients of the EU, then everybody there; elsewhere the instrument's own tiers."""
    found = schedules([{"jurisdiction": "EU", "client": "retail", "tiers": [tier()]},
                       {"jurisdiction": "EU", "client": "any", "tiers": [tier(initial="8 %", maintenance="4 %")]}])
    assert schedule_of(found, ("DE", "EU"), "retail")[0].initial_ppb == 100_000_000
    assert schedule_of(found, ("DE", "EU"), "professional")[0].initial_ppb == 80_000_000
    assert schedule_of(found, ("JP",), "retail") == () and schedules([]) == ()


@pytest.mark.parametrize(("rows", "terms", "says"), [
    ("all", {}, "must be a list"), ([{"jurisdiction": "EU"}], {}, "a schedule has jurisdiction, client, tiers"),
    ([{"jurisdiction": "EU", "client": "retial", "tiers": [tier()]}], {}, "client one of any, retail"),
    ([{"jurisdiction": "EU", "client": "any", "tiers": [{"up_to": "1 USD"}]}], {}, "a tier has up_to"),
    ([{"jurisdiction": "EU", "client": "any", "tiers": [tier(initial="4 %")]}], {}, "maintenance must be above 0"),
    ([{"jurisdiction": "EU", "client": "any", "tiers": [tier(), tier()]}], {}, "ends must rise"),
    ([{"jurisdiction": "EU", "client": "any", "tiers": [tier(), tier("40_000_000 USD")]}], dict(initial_basis=1),
     "one where a tier by value would follow the mark")])
def test_PROF_031_a_schedule_that_cannot_be_read_is_refused(rows, terms, says):
    """PROF-031 In words that say what is wrong."""
    with pytest.raises(ProfileError, match=says):
        schedules(rows, **terms)
