"""A venue that closes during a replay: reduce only, then every position closed at the stamp, and nothing left."""

import numpy as np
import pytest

from steelyard import codes
from steelyard.kernel import COMPILED
from steelyard.lab.metrics import ending
from steelyard.lab.path import load_path
from steelyard.lab.replay import Replay
from steelyard.lab.report import headlines
from steelyard.units import MINUTE
from steelyard.venues.profile import find_profile

ACCOUNTS, MINUTES = (120, 600) if COMPILED else (16, 36)
PRESET = """
title = "A short end"
symbol = "XBTUSD"
as_of = "2026-08-24"
build_up_minutes = {third}
focus = ["2026-08-24T04:01Z", "2026-08-24T04:05Z"]
plays_calendar = true
[bridge]
base_bp_per_root_minute = "2"
move_share = "1.0"
[path]
source = "made up"
points = [{{ time = "2026-08-24T04:00Z", price = "77000.0" }}, {{ time = "2026-08-24T{end}Z", price = "77100.0" }}]
[population]
open_interest_usd = 100_000_000
fund_coins = "20000"
"""


def clock(minute: int) -> str:
    return f"{4 + minute // 60:02d}:{minute % 60:02d}"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """BitMEX with its last weeks pressed into minutes: reduce only after a half, closed five minutes before the end."""
    folder = tmp_path_factory.mktemp("end")
    text = find_profile("bitmex").read_text("utf-8")
    text = text.replace("2026-08-26T04:00:00Z", f"2026-08-24T{clock(MINUTES // 2)}:00Z")
    text = text.replace("2026-09-23T04:00:00Z", f"2026-08-24T{clock(MINUTES - 5)}:00Z")
    (folder / "short.toml").write_text(text, "utf-8")
    (folder / "end.toml").write_text(PRESET.format(third=MINUTES // 3, end=clock(MINUTES)), "utf-8")
    with np.errstate(over="ignore"):
        replay = Replay(load_path(folder / "end.toml"), ACCOUNTS, 7, str(folder / "short.toml"), None)
        replay.run(False)
    return replay, replay.result()


def test_PROF_016_the_replay_ends_with_nothing_open(replayed):
    """PROF-016 SETL-005 Contract settled, no open interest, cash in wallets, all of it accounted for."""
    replay, result = replayed
    contract = replay.engine.state.instruments[replay.instrument.id]
    assert contract.state == codes.STATE_SETTLED and len(replay.calendar) == 0
    assert contract.open_interest_lots == contract.clearing_atoms == 0
    assert result.events_by_kind["INSTRUMENT_SETTLED"] == 1 and result.events_by_kind["POSITION_SETTLED"] > 0
    ((_, places),) = result.conservation
    assert sum(atoms for _, atoms in places) == 0
    assert dict(places)["collateral of isolated positions"] == dict(places)["clearing of open positions"] == 0


def test_PROF_016_the_report_says_how_it_ended(replayed):
    """PROF-016 LABS-007 Stamp, positions closed there, what found no way out, the last trade before."""
    _, result = replayed
    end = ending(result)
    assert end["minute"] == MINUTES - 5 and end["positions"] == result.events_by_kind["POSITION_SETTLED"]
    assert 0 < end["left_share"] <= 1 and end["last_trade"] < end["minute"] and end["closed_usd"] > 0
    text = " ".join(headlines(result))
    assert f"The contract ended at 24 Aug {clock(MINUTES - 5)} UTC" in text and "found no way out before" in text


def test_PROF_016_open_interest_only_falls_once_the_market_is_reduce_only(replayed):
    """PROF-016 Nobody comes in any more; who may leave does, as far as anyone is left to trade with."""
    _, result = replayed
    interest = result.minutes["open_interest_lots"]
    half, stamp = MINUTES // 2, MINUTES - 5
    assert interest[half - 1] > 0 and (np.diff(interest[half:]) <= 0).all()
    assert interest[stamp - 1] > 0 and interest[-1] == 0
    assert (result.minutes["time_ns"][1:] - result.minutes["time_ns"][:-1] == MINUTE).all()


def test_CALR_006_a_venue_with_hours_keeps_them_in_a_replay(tmp_path):
    """CALR-006 LABS-008 CME stops on Thursday 9 October 2025 at 16:00 in Chicago, 21:00 UTC: no trade after it."""
    text = PRESET.format(third=2, end="04:12").replace("2026-08-24T04:00Z", "2025-10-09T20:55Z").replace(
        "2026-08-24T04:12Z", "2025-10-09T21:07Z").replace("2026-08-24T04:0", "2025-10-09T20:5").replace(
        "plays_calendar = true", "").replace('symbol = "XBTUSD"', 'symbol = "MBT"').replace("2026-08-24", "2025-10-09")
    (tmp_path / "evening.toml").write_text(text, "utf-8")
    with np.errstate(over="ignore"):
        replay = Replay(load_path(tmp_path / "evening.toml"), 12, 7, "cme", None)
        replay.run(False)
    minutes = replay.result().minutes
    assert replay.engine.state.instruments[replay.instrument.id].state == codes.STATE_HALTED
    assert minutes["trades"][1:5].sum() > 0 and minutes["trades"][6:].sum() == 0
    assert minutes["refused"][:5].sum() < minutes["refused"][6:].sum()


def test_CALR_009_a_replay_is_settled_at_the_end_of_the_day(tmp_path):
    """CALR-009 LABS-008 15:00 in Chicago, 20:00 UTC: the session ends at a published price, profit becomes cash."""
    text = PRESET.format(third=2, end="04:12").replace("2026-08-24T04:00Z", "2025-10-09T19:55Z").replace(
        "2026-08-24T04:12Z", "2025-10-09T20:07Z").replace("2026-08-24T04:0", "2025-10-09T19:5").replace(
        "plays_calendar = true", "").replace('symbol = "XBTUSD"', 'symbol = "MBT"').replace("2026-08-24", "2025-10-09")
    (tmp_path / "day.toml").write_text(text, "utf-8")
    with np.errstate(over="ignore"):
        replay = Replay(load_path(tmp_path / "day.toml"), 12, 7, "cme", None)
        replay.run(False)
    result = replay.result()
    held = replay.engine.state.instruments[replay.instrument.id]
    assert result.events_by_kind["SESSION_BEGUN"] == 1 and result.events_by_kind["SESSION_SETTLED"] > 0
    assert int(held.session_price_units) > 0 and int(held.session_price_units) % 500 == 0
    assert [name for name, _paid in result.layers][:2] == ["capital of the broker", "the house's own layer"]
    assert all(sum(atoms for _name, atoms in places) == 0 for _asset, places in result.conservation)
