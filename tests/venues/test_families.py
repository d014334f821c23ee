"""PROF-014: one row of a profile that stands for several expiries."""
from datetime import UTC, date, datetime

import numpy as np
import pytest

from steelyard.codes import LIST_INSTRUMENT
from steelyard.units import SECOND
from steelyard.venues.commands import profile_commands
from steelyard.venues.dated import ProfileError
from steelyard.venues.families import expiry_symbol
from steelyard.venues.profile import find_profile, load_profile

DERIBIT = find_profile("deribit").read_text("utf-8")


@pytest.mark.parametrize("template, moment, symbol", [
    ("BTC-{d}{MMM}{yy}", datetime(2021, 9, 3, 8), "BTC-3SEP21"), ("XBT{F}{yy}", datetime(2020, 12, 25, 12), "XBTZ20"),
    ("FI_XBTUSD_{yy}{mm}{dd}", datetime(2023, 12, 1, 16), "FI_XBTUSD_231201"),
    ("MBT{F}{y}", datetime(2026, 1, 30), "MBTF6")])
def test_PROF_014_symbols_as_venues_write_them(template, moment, symbol):
    """PROF-014"""
    assert expiry_symbol(template, moment) == symbol


def test_PROF_014_each_expiry_has_its_symbol_number_and_life():
    """PROF-014 BTC-25DEC26 is the eleventh of its family, number 111, from the day it is listed until it expires."""
    names = {one.symbol: one for one in load_profile("deribit", date(2026, 1, 5)).instruments}
    december = names["BTC-25DEC26"]
    assert december.id == 111 and december.product == "future"
    assert december.terms["expiry_s"] == int(datetime(2026, 12, 25, 8, tzinfo=UTC).timestamp())
    assert names["BTC-PERPETUAL"].terms["expiry_s"] == 0 and "BTC-26DEC25" not in names
    assert "BTC-25DEC26" in {one.symbol for one in load_profile("deribit", datetime(2026, 12, 25, 7, 59)).instruments}
    assert "BTC-25DEC26" not in {one.symbol for one in load_profile("deribit", datetime(2026, 12, 25, 8)).instruments}
    assert "BTC-25DEC26" in {one.symbol for one in load_profile("deribit").instruments}


def test_PROF_011_what_has_expired_at_the_stamp_is_left_out():
    """PROF-011 PROF-014 Rules of September 2026 on an engine whose clock stands after the September expiry."""
    profile = load_profile("deribit", date(2026, 9, 1))
    late = int(datetime(2026, 9, 25, 8, tzinfo=UTC).timestamp()) * SECOND
    for time_ns, expected in ((late - 1, {110, 111}), (late, {111})):
        commands = profile_commands(profile, time_ns)
        listed = commands["instrument"][commands["kind"] == LIST_INSTRUMENT]
        assert set(np.unique(listed[listed > 100]).tolist()) == expected


@pytest.mark.parametrize("before, after, says", [
    ("ids_from = 101", "ids_from = 3", "number 3 belongs to 'BTC_USDC-PERPETUAL' already"),
    ("ids_from = 101\n", "", "needs a symbol and ids_from"),
    ("BTC-{d}{MMM}{yy}", "BTC-{day}", "unknown placeholder"),
    ("{at = 2020-03-27T08:00:00Z, listed = 2019-09-27}", "{at = 2020-03-27T08:00:00Z, listed = 2020-09-27}",
     "must be listed before it expires"),
    ("{at = 2020-03-27T08:00:00Z, listed = 2019-09-27}", "{at = 2020-03-27T08:00:00Z}", "needs listed ="),
    ("{at = 2020-03-27T08:00:00Z, listed = 2019-09-27}", "{at = 2020-03-27T08:00:00Z, lsted = 2019-09-27}",
     "unknown key 'lsted'"),
])
def test_PROF_014_refusals_name_the_family(tmp_path, before, after, says):
    """PROF-014"""
    path = tmp_path / "broken.toml"
    assert before in DERIBIT
    path.write_text(DERIBIT.replace(before, after, 1), "utf-8")
    with pytest.raises(ProfileError) as refused:
        load_profile(path)
    assert says in str(refused.value)
