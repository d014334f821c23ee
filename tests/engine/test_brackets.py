"""Brackets: every refusal once, then each path, then random sequences. Rules: docs/spec/brackets.md."""
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trigger_world import ANN, BOB, CAT, CONTRACT, DAN, PPB, UNITS, Venue

from steelyard.kernel import load_plain

INVARIANTS = load_plain("engine.invariants_triggers").INVARIANTS
BUY, SELL = 1, -1
HALF = PPB // 2


def check(venue):
    """Every invariant of triggers and brackets, now."""
    broken = [text for invariant in INVARIANTS for text in invariant(venue.state)]
    assert not broken, broken


def bracketed(venue, lots=10, ticks=1_000, **fields):
    """Ann asks to buy with a stop at 950 and targets at 1,050 and 1,100."""
    bracket = dict(stop_ticks=950, target_ticks=[1_050, 1_100], target_share_ppb=[HALF, HALF])
    bracket.update(fields)
    events = venue.place(ANN, BUY, lots, price_ticks=ticks, **bracket)
    check(venue)
    return events


def stops(venue, account=ANN):
    """(lots, ticks) of an account's stops, newest first."""
    return [(int(trigger.size_lots), int(trigger.trigger_units) / UNITS) for trigger in venue.triggers(account)]


# ---------------------------------------------------------------- refusals
REFUSALS = [
    ("trigger_must_be_in_range", dict(stop_ticks=0)),
    ("trigger_must_be_in_range", dict(stop_ticks=-5)),
    ("trigger_must_be_in_range", dict(trail_offset_ticks=-1)),
    ("flags_must_be_compatible", dict(flags=4)),
    ("flags_must_be_compatible", dict(stop_source=3)),
    ("flags_must_be_compatible", dict(bracket_ladder=2)),
    ("stop_must_lie_beyond_entry", dict(stop_ticks=1_000)),
    ("stop_must_lie_beyond_entry", dict(ticks=1_020, stop_ticks=1_010, target_ticks=[1_050], target_share_ppb=[PPB])),
    ("targets_must_lie_beyond_entry", dict(target_ticks=[1_000, 1_100])),
    ("targets_must_lie_beyond_entry", dict(target_ticks=[1_100, 1_050])),
    ("targets_must_lie_beyond_entry", dict(target_ticks=[1_050, 0, 1_100])),
    ("targets_must_lie_beyond_entry", dict(target_ticks=[1_050, 100_001])),
    ("target_shares_must_not_exceed_one", dict(target_share_ppb=[HALF, HALF + 1])),
    ("target_shares_must_not_exceed_one", dict(target_share_ppb=[HALF, 0])),
    ("target_shares_must_not_exceed_one", dict(target_share_ppb=[HALF, HALF, 1])),
    ("target_shares_must_not_exceed_one", dict(target_share_ppb=[-1, HALF])),
    ("triggers_must_be_below_limit", dict(full=True)),
    ("orders_table_must_have_room", dict(pool="brackets", high="BRACKETS_MAX")),
    ("orders_table_must_have_room", dict(pool="triggers", high="TRIGGERS_MAX")),
    ("orders_table_must_have_room", dict(pool="orders", high="ORDERS_MAX", spare=3)),
]


@pytest.mark.parametrize("reason,fault", REFUSALS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(REFUSALS)])
def test_each_refusal_is_named(reason, fault):
    """BRKT-001: one fault, one name, and no row is taken."""
    venue = Venue()
    fault = dict(fault)
    if fault.pop("full", False):
        for ticks in range(500, 510):
            venue.stop(ANN, SELL, 1, ticks)
    if "pool" in fault:
        name = fault.pop("pool")
        getattr(venue.state, f"{name}_pool").live = getattr(venue.records, fault["high"]) - fault.pop("spare", 1)
        getattr(venue.state, f"{name}_pool").high_water = getattr(venue.records, fault.pop("high")) - 1
    ticks = fault.pop("ticks", 1_000)
    bracket = dict(stop_ticks=950, target_ticks=[1_050, 1_100], target_share_ppb=[HALF, HALF], price_ticks=ticks)
    bracket.update(fault)
    before = venue.state.brackets_pool.live
    assert venue.refusal(venue.place(ANN, BUY, 10, **bracket)) == reason
    assert venue.state.brackets_pool.live == before


def test_an_unknown_mark_is_refused():
    """BRKT-001: without a mark nobody can say on which side of it the stop lies."""
    venue = Venue()
    venue.contract.mark_price_units = 0
    assert venue.refusal(venue.place(ANN, BUY, 1, price_ticks=1_000, stop_ticks=950)) == "mark_must_be_known"


def test_a_market_entry_is_measured_from_mark_and_book():
    """BRKT-002: the worse of mark and best opposite price."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_020)
    targets = dict(target_share_ppb=[PPB])
    assert venue.refusal(venue.place(ANN, BUY, 5, "MARKET", stop_ticks=990, target_ticks=[1_020], **targets)) == (
        "targets_must_lie_beyond_entry")
    events = venue.place(ANN, BUY, 5, "MARKET", stop_ticks=990, target_ticks=[1_021], **targets)
    assert venue.story(events) == ["TRADED", "TRIGGER_ACCEPTED", "ORDER_RESTED"]
    check(venue)


# ---------------------------------------------------------------- protection with the fill
def test_stop_and_targets_come_with_the_fill_in_the_same_command():
    """BRKT-004: TRADED, then the stop, then the targets, before anything else."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    events = bracketed(venue)
    assert venue.story(events) == ["TRADED", "TRIGGER_ACCEPTED", "ORDER_RESTED", "ORDER_RESTED"]
    assert stops(venue) == [(10, 950)]
    assert venue.orders(ANN) == [(SELL, 5, 1_050), (SELL, 5, 1_100)]


def test_a_short_entry_is_the_mirror_image():
    """BRKT-004"""
    venue = Venue()
    venue.place(BOB, BUY, 10, price_ticks=1_000)
    venue.place(ANN, SELL, 10, price_ticks=1_000, stop_ticks=1_040, target_ticks=[960], target_share_ppb=[PPB])
    check(venue)
    assert stops(venue) == [(10, 1_040)] and venue.orders(ANN) == [(BUY, 10, 960)]
    venue.place(CAT, SELL, 50, price_ticks=1_045)
    events = venue.mark(1_040)
    assert venue.story(events) == ["TRIGGER_FIRED", "ORDER_CANCELED", "TRADED"]
    assert venue.size(ANN) == 0
    check(venue)


def test_every_partial_fill_is_protected_as_it_comes():
    """BRKT-004, BRKT-005: the worked example of uneven shares: 7 lots at 30 / 30 / 40 %."""
    venue = Venue()
    bracketed(venue, lots=7, target_ticks=[1_050, 1_100, 1_150],
              target_share_ppb=[300_000_000, 300_000_000, 400_000_000])
    assert stops(venue) == []
    seen = []
    for _ in range(7):
        venue.place(BOB, SELL, 1, price_ticks=1_000)
        check(venue)
        resting = {ticks: lots for side, lots, ticks in venue.orders(ANN) if side == SELL}
        seen.append((stops(venue)[0][0], *(resting.get(ticks, 0) for ticks in (1_050, 1_100, 1_150))))
    assert seen == [(1, 0, 0, 1), (2, 0, 1, 1), (3, 0, 1, 2), (4, 1, 1, 2), (5, 1, 2, 2), (6, 1, 2, 3), (7, 2, 2, 3)]
    assert venue.state.brackets[1].entry_open == 0


def test_lots_that_close_an_opposite_position_are_not_protected():
    """BRKT-004: short 5, buys 8: three lots are a long position, three are protected."""
    venue = Venue()
    venue.trade(BOB, ANN, 5, 1_000)
    venue.place(CAT, SELL, 8, price_ticks=1_000)
    bracketed(venue, lots=8)
    assert venue.size(ANN) == 3 and stops(venue) == [(3, 950)]


def test_a_stop_that_is_met_when_it_is_placed_fires_at_once():
    """BRKT-006: the mark fell through the stop while the entry rested."""
    venue = Venue()
    bracketed(venue, ticks=960)
    assert venue.story(venue.mark(940)) == []
    venue.place(BOB, BUY, 20, price_ticks=930)
    events = venue.place(CAT, SELL, 10, price_ticks=960)
    assert venue.story(events) == ["TRADED", "TRIGGER_ACCEPTED", "TRIGGER_FIRED", "TRADED"]
    assert venue.size(ANN) == 0
    check(venue)


def test_a_triggered_entry_carries_its_bracket():
    """BRKT-002, BRKT-003: a buy stop with its own stop below the present mark's reach."""
    venue = Venue()
    venue.stop(ANN, BUY, 10, 1_050, stop_ticks=1_020, target_ticks=[1_100], target_share_ppb=[PPB])
    check(venue)
    venue.place(BOB, SELL, 10, price_ticks=1_050)
    events = venue.mark(1_050)
    assert venue.story(events) == ["TRIGGER_FIRED", "TRADED", "TRIGGER_ACCEPTED", "ORDER_RESTED"]
    check(venue)
    assert stops(venue) == [(10, 1_020)]


def test_a_target_the_market_has_passed_trades_at_once():
    """BRKT-005: a buy stop fires in a gap beyond its own target."""
    venue = Venue()
    venue.stop(ANN, BUY, 10, 1_050, stop_ticks=1_020, target_ticks=[1_100], target_share_ppb=[PPB])
    venue.place(BOB, SELL, 10, price_ticks=1_130)
    venue.place(CAT, BUY, 10, price_ticks=1_120)
    events = venue.mark(1_125)
    assert [int(event["price_ticks"]) for event in venue.of(events, "TRADED")] == [1_130, 1_120]
    assert venue.size(ANN) == 0 and venue.state.brackets_pool.live == 0
    check(venue)


def test_a_stop_nobody_can_watch_fires_at_once():
    """BRKT-003: no page of the ladders is left; rather no position than an unwatched one."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    venue.place(BOB, BUY, 10, price_ticks=990)
    venue.state.watch_pages_pool.live = venue.records.WATCH_PAGES_MAX
    events = venue.place(ANN, BUY, 10, price_ticks=1_000, stop_ticks=950)
    assert venue.story(events) == ["TRADED", "TRIGGER_ACCEPTED", "TRIGGER_FIRED", "TRADED"]
    assert venue.size(ANN) == 0


# ---------------------------------------------------------------- the stop fires
def test_the_stop_cancels_targets_and_entry_first():
    """BRKT-007: order of events when the stop fires with half of the entry unfilled."""
    venue = Venue()
    bracketed(venue)
    venue.place(BOB, SELL, 4, price_ticks=1_000)
    venue.place(CAT, BUY, 50, price_ticks=940)
    events = venue.mark(950)
    assert venue.story(events) == ["TRIGGER_FIRED", "ORDER_CANCELED", "ORDER_CANCELED", "ORDER_CANCELED", "TRADED"]
    assert {venue.reason(event) for event in venue.of(events, "ORDER_CANCELED")} == {"canceled_by_bracket"}
    assert venue.size(ANN) == 0 and venue.orders(ANN) == [] and venue.state.brackets_pool.live == 0
    check(venue)


def test_a_stop_that_cannot_fill_keeps_watch():
    """BRKT-007: an empty book at the stop; the rest of the stop fires again at the next price."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue)
    venue.place(CAT, BUY, 3, price_ticks=940)
    events = venue.mark(945)
    assert [int(event["size_lots"]) for event in venue.of(events, "TRIGGER_FIRED")] == [10, 7]    # its trade is a price
    assert venue.size(ANN) == 7 and stops(venue) == [(7, 950)]
    check(venue)
    venue.place(CAT, BUY, 20, price_ticks=941)
    events = venue.mark(944)
    assert venue.story(events) == ["TRIGGER_FIRED", "TRADED"]
    assert venue.size(ANN) == 0 and venue.state.brackets_pool.live == 0
    check(venue)


def test_the_owners_own_bids_do_not_stand_in_the_way_of_the_stop():
    """BRKT-007: they are canceled, the stop goes on to the next bid."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue)
    venue.place(ANN, BUY, 3, price_ticks=945)
    venue.place(CAT, BUY, 20, price_ticks=940)
    events = venue.mark(950)
    assert "canceled_self_trade" in {venue.reason(event) for event in events}
    assert venue.size(ANN) == 0 and venue.orders(ANN) == []
    check(venue)


# ---------------------------------------------------------------- targets and the ladder
def test_ladder_trails_the_stop_behind_the_targets():
    """BRKT-006: to the entry average after the first target, then to the target before the last filled."""
    venue = Venue()
    venue.place(BOB, SELL, 4, price_ticks=999)
    venue.place(BOB, SELL, 5, price_ticks=1_000)
    bracketed(venue, lots=9, bracket_ladder=1, target_ticks=[1_050, 1_100, 1_150],
              target_share_ppb=[PPB // 3, PPB // 3, PPB // 3 + 1])
    assert [lots for _, lots, _ in venue.orders(ANN)] == [2, 3, 4]
    venue.mark(1_060)
    venue.place(CAT, BUY, 2, price_ticks=1_050)
    check(venue)
    assert stops(venue) == [(7, 1_000)]               # average 999.56, rounded up to a tick
    venue.place(CAT, BUY, 1, price_ticks=1_100)
    assert stops(venue) == [(6, 1_000)]               # the second target is not complete
    venue.mark(1_110)
    venue.place(CAT, BUY, 2, price_ticks=1_100)
    check(venue)
    assert stops(venue) == [(4, 1_050)]
    events = venue.place(CAT, BUY, 4, price_ticks=1_150)
    assert venue.story(events) == ["TRADED", "TRIGGER_CANCELED"]
    assert venue.size(ANN) == 0 and venue.state.brackets_pool.live == 0
    check(venue)


def test_fixed_stop_stays():
    """BRKT-006"""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue)
    venue.place(CAT, BUY, 5, price_ticks=1_050)
    assert stops(venue) == [(5, 950)]


def test_ladder_stop_that_is_met_where_it_moves_fires():
    """BRKT-006: a spike trades the target while the mark lies below the entry."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue, bracket_ladder=1)
    venue.mark(990)
    venue.place(DAN, BUY, 50, price_ticks=980)
    events = venue.place(CAT, BUY, 5, price_ticks=1_050)
    assert venue.story(events, "ORDER_CANCELED") == ["TRADED", "TRIGGER_MOVED", "TRIGGER_FIRED", "TRADED"]
    assert venue.size(ANN) == 0
    check(venue)


def test_trailing_bracket_stop():
    """BRKT-006: starts at its price, follows at its offset once that is tighter."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue, trail_offset_ticks=60)
    assert stops(venue) == [(10, 950)]
    venue.mark(1_005)
    assert stops(venue) == [(10, 950)]
    venue.mark(1_030)
    assert stops(venue) == [(10, 970)]
    venue.place(CAT, BUY, 20, price_ticks=965)
    assert "TRIGGER_FIRED" in venue.story(venue.mark(970))
    assert venue.size(ANN) == 0
    check(venue)


@pytest.mark.parametrize("side", [BUY, SELL])
def test_average_of_an_inverse_contract(side):
    """BRKT-006: the tick at which the filled lots are worth what they cost, on the winning side."""
    venue = Venue(kind=2, lot_value_numerator=10**12, inverse_parts_per_lot=1, order_lots_max=10**4,
                  position_lots_max=10**4)
    spent = 0
    for lots, ticks in ((3, 1_000), (5, 1_000 + 7 * side), (4, 1_000 + 9 * side)):
        venue.place(BOB, -side, lots, price_ticks=ticks)
        spent += lots * -round(10**12 / (ticks * UNITS))
    venue.place(ANN, side, 12, price_ticks=1_000 + 9 * side, stop_ticks=1_000 - 50 * side, bracket_ladder=1,
                target_ticks=[1_000 + 50 * side, 1_000 + 90 * side], target_share_ppb=[HALF, HALF])
    check(venue)
    venue.mark(1_000 + 40 * side)
    venue.place(CAT, side, 6, price_ticks=1_000 + 50 * side)
    check(venue)
    prices = [ticks for ticks in range(900, 1_100) if side * 12 * -round(10**12 / (ticks * UNITS)) >= side * spent]
    assert stops(venue) == [(6, min(prices) if side == BUY else max(prices))]


# ---------------------------------------------------------------- the position changes by other means
def test_unprotected_lots_go_first_then_the_newest_bracket():
    """BRKT-008: 4 free lots, brackets of 3 (older) and 3 (newer); closing 5 costs the newer one lot."""
    venue = Venue()
    venue.trade(ANN, BOB, 4, 1_000)
    for stop_ticks in (900, 910):
        venue.place(BOB, SELL, 3, price_ticks=1_000)
        bracketed(venue, lots=3, stop_ticks=stop_ticks)
    assert venue.size(ANN) == 10
    venue.place(CAT, BUY, 20, price_ticks=990)
    venue.place(ANN, SELL, 4, price_ticks=990)
    assert stops(venue) == [(3, 910), (3, 900)]
    venue.place(ANN, SELL, 1, price_ticks=990)
    check(venue)
    assert stops(venue) == [(2, 910), (3, 900)]


def test_the_farthest_target_is_cut_first():
    """BRKT-005, BRKT-008"""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue)
    venue.place(CAT, BUY, 20, price_ticks=990)
    venue.place(ANN, SELL, 3, price_ticks=990)
    check(venue)
    assert stops(venue) == [(7, 950)] and venue.orders(ANN) == [(SELL, 5, 1_050), (SELL, 2, 1_100)]


def test_closing_the_position_takes_stop_and_targets_with_it():
    """BRKT-008"""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue)
    venue.place(CAT, BUY, 20, price_ticks=990)
    events = venue.place(ANN, SELL, 10, price_ticks=990)
    ended = venue.of(events, "ORDER_CANCELED") + venue.of(events, "TRIGGER_CANCELED")
    assert [venue.reason(event) for event in ended] == ["canceled_with_position"] * 3
    assert venue.state.brackets_pool.live == 0 and venue.state.orders_pool.live == 1
    check(venue)


def test_an_entry_that_outlives_its_position_starts_anew():
    """BRKT-008: filled 4, closed 4, then the rest fills: protected as on the first day."""
    venue = Venue()
    bracketed(venue, bracket_ladder=1)
    venue.place(BOB, SELL, 4, price_ticks=1_000)
    venue.mark(1_010)
    venue.place(CAT, BUY, 2, price_ticks=1_050)
    assert stops(venue) == [(2, 1_000)]
    venue.place(CAT, BUY, 2, price_ticks=1_001)
    venue.place(ANN, SELL, 2, price_ticks=1_001)
    check(venue)
    assert venue.size(ANN) == 0 and stops(venue) == []
    venue.place(BOB, SELL, 6, price_ticks=1_000)
    check(venue)
    assert stops(venue) == [(6, 950)] and venue.orders(ANN) == [(SELL, 3, 1_050), (SELL, 3, 1_100)]


def test_a_flip_ends_what_was_protected():
    """BRKT-008"""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue)
    venue.place(CAT, BUY, 20, price_ticks=990)
    venue.place(ANN, SELL, 15, price_ticks=990)
    check(venue)
    assert venue.size(ANN) == -5 and venue.triggers(ANN) == [] and venue.orders(ANN) == []


def test_targets_come_before_the_owners_other_reduce_only_orders():
    """BRKT-005: together they never exceed the position."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue, lots=5)
    venue.place(ANN, SELL, 5, price_ticks=1_200, flags=4)
    venue.trade(ANN, BOB, 0, 1_000)
    check(venue)
    assert venue.position(ANN).reduce_only_lots <= venue.size(ANN)


# ---------------------------------------------------------------- what the owner does
def test_canceling_the_entry_keeps_what_filled_protected():
    """BRKT-007"""
    venue = Venue()
    bracketed(venue)
    entry = venue.order_id
    venue.place(BOB, SELL, 4, price_ticks=1_000)
    assert venue.story(venue.cancel(entry, ANN)) == ["ORDER_CANCELED"]
    check(venue)
    assert stops(venue) == [(4, 950)]


def test_canceling_an_unfilled_entry_gives_every_row_back():
    """BRKT-003, BRKT-007"""
    venue = Venue()
    bracketed(venue)
    assert (venue.state.orders_pool.live, venue.state.triggers_pool.live) == (3, 1)
    venue.cancel(venue.order_id, ANN)
    check(venue)
    assert (venue.state.orders_pool.live, venue.state.triggers_pool.live, venue.state.brackets_pool.live) == (0, 0, 0)


def test_canceling_the_stop_dissolves_the_bracket():
    """BRKT-010: whoever takes the stop away by its id no longer asks for it."""
    venue = Venue()
    bracketed(venue)
    venue.place(BOB, SELL, 4, price_ticks=1_000)
    events = venue.cancel(int(venue.triggers(ANN)[0].order_id), ANN)
    assert venue.story(events) == ["TRIGGER_CANCELED", "ORDER_CANCELED", "ORDER_CANCELED"]
    venue.place(BOB, SELL, 6, price_ticks=1_000)
    check(venue)
    assert venue.size(ANN) == 10 and venue.triggers(ANN) == [] and venue.state.brackets_pool.live == 0


def test_a_mass_cancel_leaves_the_stop():
    """BRKT-010"""
    venue = Venue()
    bracketed(venue)
    venue.place(BOB, SELL, 4, price_ticks=1_000)
    venue.send("CANCEL_ORDERS", account=ANN, instrument=CONTRACT)
    check(venue)
    assert stops(venue) == [(4, 950)]


def test_a_target_the_owner_cancels_stays_away():
    """BRKT-010: its lots stay under the stop; the other targets keep theirs."""
    venue = Venue()
    bracketed(venue)
    venue.place(BOB, SELL, 4, price_ticks=1_000)
    venue.cancel(int(venue.state.brackets[1].target_order_id[0]), ANN)
    venue.place(BOB, SELL, 6, price_ticks=1_000)
    check(venue)
    assert stops(venue) == [(10, 950)] and venue.orders(ANN) == [(SELL, 5, 1_100)]


def test_the_owner_moves_the_stop():
    """BRKT-009: a stop may be moved to any price that is not met; its size is the bracket's."""
    venue = Venue()
    venue.place(BOB, SELL, 10, price_ticks=1_000)
    bracketed(venue)
    stop = int(venue.triggers(ANN)[0].order_id)
    assert venue.refusal(venue.amend(stop, ANN, trigger_ticks=1_000)) == "trigger_must_not_be_met"
    assert venue.refusal(venue.amend(stop, ANN, size_lots=3)) == "flags_must_be_compatible"
    assert venue.story(venue.amend(stop, ANN, trigger_ticks=970)) == ["TRIGGER_MOVED"]
    assert stops(venue) == [(10, 970)]
    check(venue)


def test_the_entry_may_move_between_stop_and_first_target():
    """BRKT-009"""
    venue = Venue()
    bracketed(venue)
    entry = venue.order_id
    assert venue.refusal(venue.amend(entry, ANN, price_ticks=950)) == "stop_must_lie_beyond_entry"
    assert venue.refusal(venue.amend(entry, ANN, price_ticks=1_050)) == "targets_must_lie_beyond_entry"
    assert venue.story(venue.amend(entry, ANN, price_ticks=1_010)) == ["ORDER_AMENDED", "ORDER_RESTED"]
    venue.place(BOB, SELL, 4, price_ticks=1_010)
    check(venue)
    assert stops(venue) == [(4, 950)]
    target = int(venue.state.brackets[1].target_order_id[0])
    assert venue.refusal(venue.amend(target, ANN, size_lots=1)) == "flags_must_be_compatible"


def test_brackets_count_against_the_trigger_limit_before_they_fill():
    """BRKT-003: ten stops may stand; reserved ones count."""
    venue = Venue()
    for _ in range(10):
        bracketed(venue, lots=1, ticks=990)
    assert venue.refusal(venue.place(ANN, BUY, 1, price_ticks=990, stop_ticks=950)) == "triggers_must_be_below_limit"
    assert venue.refusal(venue.stop(ANN, SELL, 1, 900)) == "triggers_must_be_below_limit"


# ---------------------------------------------------------------- random sequences
ACCOUNTS = [ANN, BOB, CAT]
STEP = st.tuples(st.integers(0, 11), st.sampled_from(ACCOUNTS), st.sampled_from([BUY, SELL]), st.integers(1, 12),
                 st.integers(-12, 12), st.integers(0, 1 << 30))


def take(venue, step):
    """One random command; many are refused, which is as good a test."""
    kind, account, side, lots, offset, word = step
    mid = int(venue.contract.mark_price_units) // UNITS
    ticks = mid + offset * 5
    bracket = dict(stop_ticks=ticks - side * (5 + word % 60), stop_source=word // 7 % 2, bracket_ladder=word // 11 % 2,
                   trail_offset_ticks=word // 13 % 3 * 20)
    count = word // 17 % 5
    bracket["target_ticks"] = [ticks + side * (5 + 7 * n + word // 19 % 9) for n in range(count)]
    bracket["target_share_ppb"] = [PPB // (count + word // 23 % 2)] * count if count else []
    known = [event for event in venue.events if event["order_id"] != 0]
    some_id = int(known[word % len(known)]["order_id"]) if known else 1
    if kind <= 2:
        venue.place(account, side, lots, price_ticks=ticks)
    elif kind <= 5:
        order_type, limit = ("LIMIT", ticks) if kind < 5 else ("MARKET", 0)
        venue.place(account, side, lots, order_type, price_ticks=limit, **bracket)
    elif kind == 6:
        venue.mark(max(200, mid + offset * 4))
    elif kind == 7:
        venue.stop(account, side, lots * (word % 2), ticks, ["STOP_MARKET", "TAKE_PROFIT_MARKET"][word // 2 % 2],
                   flags=4 * (word // 3 % 2), trigger_source=word // 5 % 2,
                   oco_order_id=some_id if word % 7 == 0 else 0)
    elif kind == 8:
        venue.stop(account, side, lots, ticks, **{**bracket, "order_type": "STOP_LIMIT", "price_ticks": ticks})
    elif kind == 9:
        venue.cancel(some_id, 0)
    elif kind == 10:
        venue.amend(some_id, 0, price_ticks=ticks if word % 2 else 0, trigger_ticks=ticks if word % 3 else 0,
                    size_lots=word % 5)
    else:
        venue.place(account, side, lots, price_ticks=ticks, flags=4, oco_order_id=some_id if word % 2 else 0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, min_size=20, max_size=80))
def test_a_bracketed_position_always_has_its_stop(steps):
    """BRKT-004, BRKT-008: whatever happens, after every command every invariant of brackets, triggers and pairs holds.
    """
    venue = Venue()
    for step in steps:
        take(venue, step)
        check(venue)
        for row in range(1, int(venue.state.positions_pool.high_water) + 1):
            position = venue.state.positions[row]
            assert position.reduce_only_lots <= abs(position.size_lots)
    assert sum(venue.cash().values()) == 0


def test_random_flow_reaches_the_interesting_events():
    """The sequences above do fill, stop out, complete targets and cancel: a seeded run counts what happened."""
    import random
    draw = random.Random(5)
    venue = Venue(triggers_max=50)
    for _ in range(1_500):
        step = (draw.randrange(12), draw.choice(ACCOUNTS), draw.choice([BUY, SELL]), draw.randint(1, 12),
                draw.randint(-12, 12), draw.randrange(1 << 30))
        take(venue, step)
        check(venue)
    kinds = venue.kinds(venue.events)
    reasons = {venue.reason(event) for event in venue.events}
    assert kinds.count("TRIGGER_FIRED") > 20 and kinds.count("TRIGGER_MOVED") > 20
    assert {"canceled_by_bracket", "canceled_with_position", "canceled_by_oco"} <= reasons


@pytest.mark.parametrize("work_budget", [1, 2, 3])
def test_a_starved_queue_changes_nothing_but_the_time(work_budget):
    """TRIG-005, TRIG-008: fired triggers wait over many commands and are canceled and traded around meanwhile."""
    import random
    draw = random.Random(work_budget)
    venue = Venue(triggers_max=50)
    venue.state.work_budget = work_budget
    waited = 0
    for _ in range(400):
        step = (draw.randrange(12), draw.choice(ACCOUNTS), draw.choice([BUY, SELL]), draw.randint(1, 12),
                draw.randint(-12, 12), draw.randrange(1 << 30))
        take(venue, step)
        check(venue)
        waited += int(venue.state.fired_ring.count > 0)
    assert waited > 0


@pytest.mark.compiled
def test_compiled_and_plain_tell_the_same_story():
    """The same commands in both forms: the same events, to the last number."""
    import random
    draw = random.Random(11)
    steps = [(draw.randrange(12), draw.choice(ACCOUNTS), draw.choice([BUY, SELL]), draw.randint(1, 12),
              draw.randint(-12, 12), draw.randrange(1 << 30)) for _ in range(1_000)]
    plain, compiled = Venue("plain", triggers_max=50), Venue("compiled", triggers_max=50)
    for step in steps:
        take(plain, step)
        take(compiled, step)
    assert [tuple(event) for event in plain.events] == [tuple(event) for event in compiled.events]
