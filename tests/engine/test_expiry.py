"""Good till date: the heap of expiries and what it ends. Rule TRIG-011 in docs/spec/triggers.md."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from price_world import START
from trigger_world import ANN, BOB, SECOND_NS, Venue

from steelyard.kernel import load_plain

expiry = load_plain("engine.expiry")
records = load_plain("engine.records")
BUY, SELL, GTD = 1, -1, 3


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 50)), max_size=60))
def test_the_heap_gives_the_soonest_first(entries):
    """TRIG-011: by time, then by order id, whatever the order of arrival."""
    state = records.new_state()[0]
    state.now_ns = 100
    for expires_ns, order_id in entries:
        expiry.push_expiry(state, order_id, expires_ns)
    popped = []
    while expiry.has_due(state):
        first = state.expiries[1].expires_ns, state.expiries[1].order_id
        assert expiry.pop_expiry(state) == first[1]
        popped.append(first)
    assert popped == sorted(entries)


def test_nothing_is_due_before_its_time():
    """TRIG-011"""
    state = records.new_state()[0]
    expiry.push_expiry(state, 7, 50)
    state.now_ns = 49
    assert not expiry.has_due(state)
    state.now_ns = 50
    assert expiry.has_due(state)


@pytest.mark.parametrize("seconds,alive", [(9.999, True), (10, False), (11, False)])
def test_an_order_ends_at_its_stamp(seconds, alive):
    """TRIG-011: at the stamp it is over."""
    venue = Venue()
    venue.place(ANN, BUY, 5, price_ticks=900, time_in_force=GTD, expires_ns=START + 10 * SECOND_NS)
    events = venue.advance(seconds)
    assert venue.orders(ANN) == ([(BUY, 5, 900)] if alive else [])
    if not alive:
        assert [venue.reason(event) for event in venue.of(events, "ORDER_CANCELED")] == ["canceled_expired"]


def test_a_trigger_ends_at_its_stamp_before_the_price_of_that_command():
    """TRIG-011: time passes before the command is looked at."""
    venue = Venue()
    venue.place(BOB, BUY, 5, price_ticks=900)
    venue.stop(ANN, SELL, 5, 950, time_in_force=GTD, expires_ns=START + 10 * SECOND_NS)
    events = venue.send("PUBLISH_MARK", 10, instrument=1, value=9_400)
    assert venue.story(events) == ["TRIGGER_CANCELED"]
    assert venue.reason(venue.of(events, "TRIGGER_CANCELED")[0]) == "canceled_expired"


def test_a_stop_limit_carries_its_stamp_into_the_book():
    """TRIG-011: the order a trigger sends ends when the trigger would have."""
    venue = Venue()
    venue.stop(ANN, SELL, 5, 950, "STOP_LIMIT", price_ticks=949, time_in_force=GTD, expires_ns=START + 10 * SECOND_NS)
    venue.mark(950)
    assert venue.orders(ANN) == [(SELL, 5, 949)]
    assert venue.story(venue.advance(10)) == ["ORDER_CANCELED"]


def test_entries_of_orders_that_are_gone_are_passed_over():
    """TRIG-011: an id that is used again later does not inherit the old stamp."""
    venue = Venue()
    stamp = START + 10 * SECOND_NS
    venue.place(ANN, BUY, 5, price_ticks=900, time_in_force=GTD, expires_ns=stamp, order_id=500)
    venue.cancel(500, ANN)
    venue.place(ANN, BUY, 5, price_ticks=901, order_id=500)
    assert venue.story(venue.advance(11)) == []
    assert venue.orders(ANN) == [(BUY, 5, 901)]
    assert venue.state.expiries_pool.live == 0


def test_a_full_heap_refuses_a_trigger_by_name():
    """TRIG-004"""
    venue = Venue()
    venue.state.expiries_pool.live = venue.records.EXPIRIES_MAX - 1
    venue.state.work_budget = 0                      # leave the empty entries alone
    events = venue.stop(ANN, SELL, 5, 950, time_in_force=GTD, expires_ns=START + 10 * SECOND_NS)
    assert venue.refusal(events) == "orders_table_must_have_room"


def test_expiries_are_bounded_per_command():
    """TRIG-011: what is left is ended by the commands that follow."""
    venue = Venue(open_orders_max=1_000)
    venue.state.work_budget = 10
    for n in range(25):
        venue.place(ANN, BUY, 1, price_ticks=800 + n, time_in_force=GTD, expires_ns=START + (10 + n % 3) * SECOND_NS)
    counts = [len(venue.of(venue.advance(20), "ORDER_CANCELED")) for _ in range(4)]
    assert counts == [10, 10, 5, 0]
