"""A profile played forward in the running engine: rules that change, and the end of a venue."""
from datetime import date, datetime

import pytest

from fidelity.world import ANN, BOB, BUY, CAT, SELL, Venue, codes, records
from steelyard.engine.records import TERMS
from steelyard.kernel import load_plain
from steelyard.units import MINUTE, SECOND
from steelyard.venues.dated import ProfileError
from steelyard.venues.forward import FIXED_TERMS, Forward, nanoseconds
from steelyard.venues.overload import PASSES
from steelyard.venues.profile import find_profile, load_profile

CLOSURE = datetime(2026, 9, 23, 4)
invariants = load_plain("engine.invariants")


def test_the_terms_that_are_fixed_are_the_engine_s():
    """PROF-016 The bound is written twice, so that reading a profile loads no kernels."""
    assert FIXED_TERMS == load_plain("engine.configuration").FIXED_TERMS


def test_PROF_016_what_a_profile_changes_in_a_window():
    """PROF-016 April and May 2020: lower maintenance, twice; caps of funding follow; nothing else."""
    played = Forward("bitmex", datetime(2020, 4, 1), datetime(2020, 5, 31), ("XBTUSD",))
    names = [TERMS.names[row["parameter"]] for row in played.rows if row["kind"] == codes.SET_TERM]
    assert set(names) == {"funding_cap_ppb", "funding_step_cap_ppb"} and played.unplayed == []
    tiers = [row for row in played.rows if row["kind"] == codes.SET_TIER]
    assert len(tiers) == 48 and {row["time_ns"] for row in tiers} == {
        nanoseconds(moment.replace(tzinfo=load_profile("bitmex").as_of.tzinfo))
        for moment in (datetime(2020, 4, 17, 1), datetime(2020, 5, 5, 2))}


def test_PROF_016_what_cannot_change_while_listed_is_named():
    """PROF-016 TERM-002 The lot of 8 June 2021 gives stored sizes another meaning."""
    played = Forward("bitmex", datetime(2021, 6, 1), datetime(2021, 7, 1), ("XBTUSD",))
    assert played.rows == []
    assert played.unplayed == [f"XBTUSD on 2021-06-08T04:30Z: {change}" for change in (
        "lot_value_numerator 10000000000 -> 1000000000000", "order_lots_max 10000000 -> 100000",
        "position_lots_max 1000000000 -> 10000000")]
    played = Forward("bitmex", datetime(2024, 7, 1), datetime(2024, 12, 1), ("XBTUSD",))
    assert {TERMS.names[row["parameter"]] for row in played.rows} == {"maker_fee_ppb", "taker_fee_ppb"}
    assert [text.split(": ")[1].split(" ")[0] for text in played.unplayed] == [
        "mark_units_per_tick", "price_ticks_min", "price_ticks_max"], "the new tick waits for a new listing"


def test_PROF_016_rules_change_under_open_positions():
    """PROF-016 The maintenance margin of a position falls with the rules of 17 April 2020; everything stays true."""
    venue = Venue("bitmex", date(2020, 4, 16), "XBTUSD", 700_000)
    venue.trade(ANN, BUY, 10_000, 14_000)
    before = venue.maintenance()
    commands = Forward("bitmex", datetime(2020, 4, 16), datetime(2020, 4, 18), ("XBTUSD",)).commands
    commands["time_ns"] += int(venue.state.now_ns) - int(commands["time_ns"][0]) + SECOND
    venue.apply(commands)
    venue.mark(700_001)
    cost = abs(venue.position().entry_value_atoms)
    assert before - venue.maintenance() == pytest.approx(cost * 5 // 10_000, abs=1)
    assert invariants.broken(venue.state) == []


def wind_down(start: datetime) -> Venue:
    """BitMEX at a moment of its last weeks, with its calendar told ahead, Ann long and Bob short."""
    venue = Venue("bitmex", date(2026, 8, 20), "XBTUSD", 7_700_000, start_ns=nanoseconds_of(start))
    venue.trade(ANN, BUY, 100, 770_000, maker=BOB)
    calendar = Forward("bitmex", start, datetime(2026, 9, 24), ("XBTUSD",)).commands
    venue.apply(calendar[calendar["kind"] == codes.SCHEDULE_SETTLEMENT])
    venue.later = calendar[calendar["kind"] != codes.SCHEDULE_SETTLEMENT]
    return venue


def nanoseconds_of(moment: datetime) -> int:
    return nanoseconds(moment.replace(tzinfo=load_profile("bitmex").as_of.tzinfo))


def refused(venue, account, side, lots, ticks, flags=0):
    """The name of the refusal of an order, or nothing."""
    command = records.new_commands(1)
    venue.order_id += 1
    command["kind"], command["account"], command["instrument"] = codes.PLACE_ORDER, account, venue.contract.id
    command["side"], command["size_lots"], command["price_ticks"] = side, lots, ticks
    command["order_type"], command["order_id"], command["flags"] = codes.ORDER_LIMIT, venue.order_id, flags
    command["time_ns"] = venue.state.now_ns
    event = venue.engine.apply(command)[0]
    return codes.Reason(int(event["reason"])).name if event["kind"] == codes.REJECTED else ""


def test_PROF_016_the_wind_down_of_2026():
    """PROF-016 SETL-002 SETL-004 Reduce only from 26 August 04:00; on 23 September 04:00 funding is exchanged, then
    every position is closed at the mark of the stamp, and nothing is left."""
    venue = wind_down(datetime(2026, 8, 26, 3, 59))
    assert refused(venue, CAT, BUY, 1, 760_000) == ""
    venue.send("CANCEL_ORDERS", account=CAT)
    venue.apply(venue.later)
    assert refused(venue, CAT, BUY, 1, 760_000) != ""
    assert refused(venue, ANN, SELL, 50, 780_000, codes.FLAG_REDUCE_ONLY) == ""
    assert refused(venue, CAT, SELL, 1, 780_000, codes.FLAG_REDUCE_ONLY) != "", "nothing to reduce"
    venue.row.funding_rate_ppb = 100_000
    stamp = nanoseconds_of(CLOSURE)
    venue.send("ADVANCE", time_ns=stamp - MINUTE)
    for feed in load_profile("bitmex", date(2026, 8, 20)).index(".BXBT").feeds:
        venue.send("PUBLISH_PRICE", time_ns=stamp - MINUTE, parameter=1, flags=feed.number, value=7_600_000)
    mark = int(venue.row.mark_price_units)
    events = venue.send("ADVANCE", time_ns=stamp)
    for _ in range(3):
        events = [*events, *venue.send("ADVANCE", time_ns=stamp + SECOND)]
    kinds = [codes.EventKind(int(event["kind"])).name for event in events]
    settled = venue.of(events, "POSITION_SETTLED")
    assert sorted((int(event["account"]), int(event["size_lots"])) for event in settled) == [(ANN, 100), (BOB, -100)]
    assert {int(event["price_units"]) for event in settled} == {int(venue.row.settle_price_units)}
    assert abs(int(venue.row.settle_price_units) - mark) < 10_000
    assert kinds.index("FUNDING_SETTLED") < kinds.index("POSITION_SETTLED") < kinds.index("INSTRUMENT_SETTLED")
    assert venue.row.open_interest_lots == venue.row.clearing_atoms == 0
    assert venue.row.state == codes.STATE_SETTLED
    assert invariants.broken(venue.state) == []


def test_PROF_016_a_venue_loaded_in_its_last_weeks_is_reduce_only():
    """PROF-016 As of a day of the wind-down the contract is reduce only; without a date the rules before hold."""
    assert load_profile("bitmex", date(2026, 9, 1)).instrument("XBTUSD").state == codes.STATE_REDUCE_ONLY
    assert load_profile("bitmex").instrument("XBTUSD").state == codes.STATE_TRADING
    venue = Venue("bitmex", date(2026, 9, 1), "XBTUSD", 7_700_000)
    assert refused(venue, ANN, BUY, 1, 770_000) != ""


# ---------------------------------------------------------------- overload
def test_PROF_015_what_passes_under_overload():
    """PROF-015 BitMEX sheds changes of leverage and collateral, too; by default what adds no risk passes."""
    assert load_profile("bitmex").overload == ("close", "cancel")
    assert load_profile("example").overload == PASSES


@pytest.mark.parametrize(("after", "says"), [
    ('["cancel", "closing"]', "did you mean 'close'"), ('"cancel"', "must be a list of requests")])
def test_PROF_015_an_unknown_request_is_refused(tmp_path, after, says):
    """PROF-015 PROF-013"""
    text = find_profile("bitmex").read_text("utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('["cancel", "close"]', after), "utf-8")
    with pytest.raises(ProfileError, match=says) as refusal:
        load_profile(path)
    assert "passes = " in path.read_text("utf-8").split("\n")[refusal.value.line - 1]
