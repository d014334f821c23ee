"""Triggers: every refusal once, then each path. Rules: docs/spec/triggers.md."""
import pytest
from trigger_world import ANN, BOB, CAT, CONTRACT, UNITS, Venue

BUY, SELL = 1, -1
SECOND = 1_000_000_000


def triggers_only(venue, *accounts):
    return [int(trigger.order_id) for account in accounts for trigger in venue.triggers(account)[::-1]]


# ---------------------------------------------------------------- refusals, in order of precedence
REFUSALS = [
    ("instrument_must_exist", dict(instrument=600)),
    ("instrument_must_be_listed", dict(instrument=7)),
    ("account_must_be_open", dict(account=99)),
    ("account_must_not_be_restricted", dict(restrict=2)),
    ("account_must_not_be_in_liquidation", dict(liquidation=1)),
    ("instrument_must_be_trading", dict(state="HALTED")),
    ("instrument_must_allow_new_orders", dict(state="CANCEL_ONLY")),
    ("order_id_must_be_new", dict(order_id=77)),
    ("order_id_must_be_new", dict(order_id=-1)),
    ("order_id_must_be_new", dict(order_id=1 << 62)),
    ("side_must_be_buy_or_sell", dict(side=0)),
    ("time_in_force_must_be_known", dict(time_in_force=4)),
    ("size_must_be_in_range", dict(lots=-1)),
    ("size_must_be_in_range", dict(lots=(1 << 30) + 1)),
    ("price_must_be_in_range", dict(order_type="STOP_LIMIT", price_ticks=0)),
    ("price_must_be_in_range", dict(order_type="STOP_MARKET", price_ticks=899)),
    ("display_must_be_within_size", dict(display_lots=6)),
    ("expiry_must_be_in_future", dict(time_in_force=3, expires_ns=1)),
    ("trigger_must_be_in_range", dict(trigger_ticks=0)),
    ("trigger_must_be_in_range", dict(trigger_ticks=100_001)),
    ("trigger_must_be_in_range", dict(trigger_source=3)),
    ("trigger_must_be_in_range", dict(order_type="TRAILING_STOP", trigger_ticks=0, trail_offset_ticks=0)),
    ("trigger_must_be_in_range", dict(order_type="TRAILING_STOP", trigger_ticks=0, trail_offset_ticks=1_000)),
    ("trigger_must_be_in_range", dict(order_type="TRAILING_STOP", trigger_ticks=900, trail_offset_ticks=10)),
    ("trigger_must_not_be_met", dict(trigger_ticks=1_000)),
    ("flags_must_be_compatible", dict(flags=32)),
    ("flags_must_be_compatible", dict(flags=1)),
    ("flags_must_be_compatible", dict(flags=16)),
    ("flags_must_be_compatible", dict(order_type="STOP_LIMIT", price_ticks=890, flags=1, time_in_force=1)),
    ("flags_must_be_compatible", dict(lots=0, stop_ticks=950)),
    ("stop_must_lie_beyond_entry", dict(side=BUY, trigger_ticks=1_050, stop_ticks=1_050)),
    ("targets_must_lie_beyond_entry", dict(side=BUY, trigger_ticks=1_050, stop_ticks=1_000, target_ticks=[1_050],
                                           target_share_ppb=[10**9])),
    ("target_shares_must_not_exceed_one", dict(side=BUY, trigger_ticks=1_050, stop_ticks=1_000,
                                               target_ticks=[1_060, 1_070], target_share_ppb=[10**9, 1])),
    ("oco_partner_must_exist", dict(oco_order_id=12345)),
    ("mark_must_be_known", dict(order_type="TRAILING_STOP", trigger_ticks=0, trail_offset_ticks=10, trigger_source=1)),
    ("triggers_must_be_below_limit", dict(full=True)),
    ("orders_table_must_have_room", dict(no_rows=True)),
]


@pytest.mark.parametrize("reason,fault", REFUSALS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(REFUSALS)])
def test_each_refusal_is_named(reason, fault):
    """TRIG-002 to TRIG-004: one fault, one name; nothing changed."""
    venue = Venue()
    venue.place(BOB, SELL, 1, price_ticks=2_000, order_id=77)
    venue.stop(ANN, SELL, 1, 500)
    fields = dict(account=ANN, side=SELL, lots=5, ticks=900)
    fault = dict(fault)
    if "state" in fault:
        venue.set_state(fault.pop("state"))
    if "restrict" in fault:
        venue.send("SET_ACCOUNT", account=ANN, flags=fault.pop("restrict"))
    if "liquidation" in fault:
        venue.position(ANN).liquidation = fault.pop("liquidation")
    if fault.pop("full", False):
        for ticks in range(501, 510):
            venue.stop(ANN, SELL, 1, ticks)
    if fault.pop("no_rows", False):
        venue.state.triggers_pool.high_water = venue.records.TRIGGERS_MAX - 1
    if "trigger_ticks" in fault:
        fields["ticks"] = fault.pop("trigger_ticks")
    fields.update(fault)
    before = venue.position(ANN).trigger_count
    assert venue.refusal(venue.stop(**fields)) == reason
    assert venue.position(ANN).trigger_count == before


def test_the_first_fault_in_order_is_named():
    """TRIG-002: a command with every later fault too is refused for the earliest."""
    venue = Venue()
    faults = [("side_must_be_buy_or_sell", dict(side=0), dict(side=BUY)),
              ("size_must_be_in_range", dict(lots=-1), dict(lots=5)),
              ("display_must_be_within_size", dict(display_lots=9), dict(display_lots=0)),
              ("trigger_must_be_in_range", dict(ticks=0), dict(ticks=1_050)),
              ("flags_must_be_compatible", dict(flags=32), dict(flags=0)),
              ("stop_must_lie_beyond_entry", dict(stop_ticks=1_050), dict(stop_ticks=1_000)),
              ("targets_must_lie_beyond_entry", dict(target_ticks=[1_000], target_share_ppb=[2 * 10**9]),
               dict(target_ticks=[1_100])),
              ("target_shares_must_not_exceed_one", dict(), dict(target_share_ppb=[10**9])),
              ("oco_partner_must_exist", dict(oco_order_id=999), dict(oco_order_id=0))]
    fields = dict(account=ANN)
    for _, fault, _ in faults:
        fields.update(fault)
    for reason, _, cure in faults:
        assert venue.refusal(venue.stop(**fields)) == reason
        fields.update(cure)
    assert venue.kinds(venue.stop(**fields)) == ["TRIGGER_ACCEPTED", "BRACKET_CHANGED"]


# ---------------------------------------------------------------- direction and source
CONDITIONS = [                                   # type, side, trigger, mark that does not reach it, mark that does
    ("STOP_MARKET", SELL, 900, 901, 900),
    ("STOP_MARKET", BUY, 1_100, 1_099, 1_100),
    ("TAKE_PROFIT_MARKET", SELL, 1_100, 1_099, 1_101),
    ("TAKE_PROFIT_MARKET", BUY, 900, 901, 899),
    ("STOP_LIMIT", SELL, 900, 901, 900),
    ("TAKE_PROFIT_LIMIT", BUY, 900, 901, 900),
]


@pytest.mark.parametrize("order_type,side,ticks,short_of,reached", CONDITIONS)
def test_conditions_by_type_and_side(order_type, side, ticks, short_of, reached):
    """TRIG-001: stops fire against the position, take-profits with it; at the price counts."""
    venue = Venue()
    venue.place(BOB, -side, 5, price_ticks=1_000)
    price = dict(price_ticks=1_000) if order_type.endswith("LIMIT") else {}
    venue.stop(ANN, side, 5, ticks, order_type, **price)
    assert venue.story(venue.mark(short_of)) == []
    assert venue.story(venue.mark(reached), "LIQUIDATION_STARTED") == ["TRIGGER_FIRED", "TRADED"]
    assert venue.size(ANN) == 5 * side
    assert venue.triggers(ANN) == []


def test_last_price_is_its_own_source():
    """TRIG-001: a trigger on the last price sees trades, not marks."""
    venue = Venue()
    venue.stop(ANN, SELL, 5, 990, trigger_source=1)
    venue.place(BOB, BUY, 5, price_ticks=950)
    assert venue.story(venue.mark(940)) == []
    assert "TRIGGER_FIRED" not in venue.kinds(venue.last(991))
    assert venue.story(venue.last(990)) == ["TRADED", "TRIGGER_FIRED", "TRADED"]
    assert venue.size(ANN) == -5


def test_one_price_fires_nearest_first_then_in_order_of_placing():
    """TRIG-005: firing order is by nearness, then by arrival."""
    venue = Venue()
    venue.place(BOB, BUY, 100, price_ticks=800)
    placed = []
    for ticks in (905, 910, 905, 900, 910):
        venue.stop(ANN, SELL, 1, ticks)
        placed.append((-ticks, venue.order_id))
    fired = [int(event["order_id"]) for event in venue.of(venue.mark(880), "TRIGGER_FIRED")]
    assert fired == [order_id for _, order_id in sorted(placed)]
    assert venue.size(ANN) == -5


def test_a_cascade_through_the_last_price():
    """TRIG-005: a stop's own trades move the last price and fire the next; each is one step of a queue."""
    venue = Venue()
    for ticks in (990, 980, 970):
        venue.place(BOB, BUY, 1, price_ticks=ticks)
    for ticks in (995, 990, 980):
        venue.stop(ANN, SELL, 1, ticks, trigger_source=1)
    events = venue.place(CAT, BUY, 1, price_ticks=994)
    assert venue.story(events) == ["ORDER_RESTED"]
    events = venue.place(ANN, SELL, 1, price_ticks=994)
    assert [int(event["price_ticks"]) for event in venue.of(events, "TRADED")] == [994, 990, 980, 970]


# ---------------------------------------------------------------- what a fired trigger sends
def test_a_closing_trigger_closes_what_the_position_is_when_it_fires():
    """TRIG-006: size 0 means the whole position at the time."""
    venue = Venue()
    venue.trade(ANN, BOB, 5, 1_000)
    venue.stop(ANN, SELL, 0, 950)
    venue.trade(ANN, BOB, 3, 1_000)
    venue.place(BOB, BUY, 20, price_ticks=940)
    events = venue.mark(950)
    assert [int(event["size_lots"]) for event in venue.of(events, "TRADED")] == [8]
    assert venue.size(ANN) == 0


def test_a_closing_trigger_with_nothing_to_close_is_canceled():
    """TRIG-006"""
    venue = Venue()
    venue.stop(ANN, SELL, 0, 950)
    events = venue.mark(940)
    assert venue.story(events) == ["TRIGGER_CANCELED"]
    assert venue.reason(events[-1]) == "canceled_reduce_only"


def test_reduce_only_is_cut_to_the_position():
    """TRIG-006"""
    venue = Venue()
    venue.trade(ANN, BOB, 5, 1_000)
    venue.stop(ANN, SELL, 9, 950, flags=4)
    venue.place(CAT, BUY, 20, price_ticks=940)
    assert [int(event["size_lots"]) for event in venue.of(venue.mark(950), "TRADED")] == [5]


def test_a_stop_limit_rests_under_its_own_id():
    """TRIG-006: the order has the trigger's id; what does not trade rests."""
    venue = Venue()
    venue.place(BOB, BUY, 2, price_ticks=945)
    venue.stop(ANN, SELL, 5, 950, "STOP_LIMIT", price_ticks=945)
    order_id = venue.order_id
    assert venue.story(venue.mark(950)) == ["TRIGGER_FIRED", "TRADED", "ORDER_RESTED"]
    assert venue.orders(ANN) == [(SELL, 3, 945)]
    assert venue.story(venue.cancel(order_id)) == ["ORDER_CANCELED"]


def test_post_only_is_canceled_when_it_would_trade_at_firing():
    """TRIG-006"""
    venue = Venue()
    venue.place(BOB, BUY, 2, price_ticks=945)
    venue.stop(ANN, SELL, 5, 950, "STOP_LIMIT", price_ticks=945, flags=1)
    events = venue.mark(950)
    assert venue.story(events) == ["TRIGGER_FIRED", "ORDER_CANCELED"]
    assert venue.reason(events[-1]) == "canceled_post_only"


def test_an_order_that_margin_does_not_cover_ends_by_name():
    """TRIG-006: margin is checked when the trigger fires, not before."""
    venue = Venue()
    venue.stop(ANN, SELL, 1 << 30, 950)
    venue.place(BOB, BUY, 5, price_ticks=945)
    events = venue.mark(950)
    assert venue.story(events) == ["TRIGGER_FIRED", "ORDER_CANCELED"]
    assert venue.reason(events[-1]) == "initial_margin_must_be_covered"


def test_a_reducing_stop_fires_at_the_order_limit():
    """TRIG-006: nobody is kept in a position by a limit on open orders."""
    venue = Venue(open_orders_max=2)
    venue.trade(ANN, BOB, 5, 1_000)
    venue.place(ANN, SELL, 1, price_ticks=1_100)
    venue.place(ANN, SELL, 1, price_ticks=1_101)
    venue.stop(ANN, SELL, 5, 950, flags=4)
    venue.place(CAT, BUY, 5, price_ticks=949)
    venue.mark(950)
    assert venue.size(ANN) == 0


def test_triggers_wait_while_the_market_stands_still():
    """TRIG-006: in a halt nothing fires; the first price after it does."""
    venue = Venue()
    venue.place(BOB, BUY, 5, price_ticks=900)
    venue.stop(ANN, SELL, 5, 950)
    venue.set_state("HALTED")
    assert venue.story(venue.mark(940)) == []
    venue.set_state("TRADING")
    assert venue.story(venue.mark(939)) == ["TRIGGER_FIRED", "TRADED"]


def test_only_reducing_triggers_fire_in_reduce_only():
    """TRIG-006"""
    venue = Venue()
    venue.trade(ANN, BOB, 5, 1_000)
    venue.stop(ANN, SELL, 5, 950, flags=4)
    venue.stop(CAT, SELL, 5, 950)
    venue.place(BOB, BUY, 5, price_ticks=949)
    venue.set_state("REDUCE_ONLY")
    events = venue.mark(950)
    assert venue.story(events) == ["TRIGGER_FIRED", "TRADED", "TRIGGER_CANCELED"]
    assert venue.reason(events[-1]) == "canceled_by_state"
    assert (venue.size(ANN), venue.size(CAT)) == (0, 0)


def test_liquidation_cancels_what_fired():
    """TRIG-009: an account in liquidation sends nothing of its own."""
    venue = Venue()
    venue.place(BOB, BUY, 5, price_ticks=900)
    venue.stop(ANN, SELL, 5, 950)
    venue.position(ANN).liquidation = 1
    events = venue.mark(940)
    assert venue.story(events) == ["TRIGGER_CANCELED"]
    assert venue.reason(events[-1]) == "canceled_by_liquidation"


# ---------------------------------------------------------------- trailing
def test_trailing_stop_follows_and_never_loosens():
    """TRIG-007: the peak moves in steps of five ticks, the trigger stays its offset behind, and it fires there."""
    venue = Venue()
    venue.place(BOB, BUY, 5, price_ticks=900)
    venue.stop(ANN, SELL, 5, 0, "TRAILING_STOP", trail_offset_ticks=50)
    seen = []
    for mark in (1_000, 1_004, 1_005, 980, 1_009, 1_020, 971):
        moves = venue.of(venue.mark(mark), "TRIGGER_MOVED")
        seen.append(int(moves[0]["price_units"]) // UNITS if moves else None)
    assert seen == [None, None, 955, None, None, 970, None]
    assert venue.story(venue.mark(970)) == ["TRIGGER_FIRED", "TRADED"]


def test_trailing_buy_follows_down():
    """TRIG-007"""
    venue = Venue()
    venue.place(BOB, SELL, 5, price_ticks=1_100)
    venue.stop(ANN, BUY, 5, 0, "TRAILING_STOP", trail_offset_ticks=50)
    assert int(venue.of(venue.mark(900), "TRIGGER_MOVED")[0]["price_units"]) == 950 * UNITS
    assert venue.story(venue.mark(949)) == []
    assert venue.story(venue.mark(950)) == ["TRIGGER_FIRED", "TRADED"]


def test_trailing_trough_near_zero_has_no_next_step():
    """TRIG-007: a step that would lie below one unit is never watched for."""
    venue = Venue(mark_ticks=4)
    venue.stop(ANN, BUY, 5, 0, "TRAILING_STOP", trail_offset_ticks=50)
    assert venue.story(venue.mark(1)) == []
    venue.cancel(venue.order_id)
    assert venue.triggers(ANN) == []


# ---------------------------------------------------------------- cancel, amend
def test_cancel_frees_everything():
    """TRIG-009: row, list, ladder pages and order id are given back."""
    venue = Venue()
    for ticks in range(500, 510):
        venue.stop(ANN, SELL, 1, ticks)
    ids = triggers_only(venue, ANN)
    for order_id in ids[::2] + ids[1::2]:
        events = venue.cancel(order_id, ANN)
        assert venue.story(events) == ["TRIGGER_CANCELED"] and venue.reason(events[0]) == "canceled_by_owner"
    assert venue.state.triggers_pool.live == 0 and venue.state.watch_pages_pool.live == 0
    assert venue.position(ANN).wallet_slot == 0
    assert venue.refusal(venue.cancel(ids[0], ANN)) == "order_must_exist"


def test_mass_cancel_takes_triggers():
    """TRIG-009"""
    venue = Venue()
    venue.stop(ANN, SELL, 1, 500)
    venue.place(ANN, SELL, 1, price_ticks=1_500)
    events = venue.send("CANCEL_ORDERS", account=ANN, instrument=CONTRACT)
    assert sorted(venue.story(events)) == ["ORDER_CANCELED", "TRIGGER_CANCELED"]


AMENDMENTS = [
    ("STOP_MARKET", dict(size_lots=-1), "size_must_be_in_range"),
    ("STOP_MARKET", dict(price_ticks=900), "price_must_be_in_range"),
    ("STOP_LIMIT", dict(price_ticks=100_001), "price_must_be_in_range"),
    ("STOP_MARKET", dict(trigger_ticks=100_001), "trigger_must_be_in_range"),
    ("STOP_MARKET", dict(trigger_ticks=-1), "trigger_must_be_in_range"),
    ("STOP_MARKET", dict(trigger_ticks=1_000), "trigger_must_not_be_met"),
    ("STOP_MARKET", dict(trail_offset_ticks=9), "flags_must_be_compatible"),
    ("TRAILING_STOP", dict(trigger_ticks=910), "flags_must_be_compatible"),
    ("TRAILING_STOP", dict(trail_offset_ticks=1_000), "trigger_must_be_in_range"),
]


@pytest.mark.parametrize("order_type,change,reason", AMENDMENTS)
def test_refused_amendments(order_type, change, reason):
    """TRIG-010"""
    venue = Venue()
    if order_type == "TRAILING_STOP":
        venue.stop(ANN, SELL, 5, 0, order_type, trail_offset_ticks=100)
    else:
        venue.stop(ANN, SELL, 5, 900, order_type, price_ticks=890 if order_type == "STOP_LIMIT" else 0)
    assert venue.refusal(venue.amend(venue.order_id, ANN, **change)) == reason


def test_amended_trigger_fires_where_it_was_moved():
    """TRIG-010: price, limit and size change under the same id."""
    venue = Venue()
    venue.place(BOB, BUY, 9, price_ticks=930)
    venue.stop(ANN, SELL, 5, 900, "STOP_LIMIT", price_ticks=890)
    events = venue.amend(venue.order_id, ANN, trigger_ticks=950, price_ticks=930, size_lots=7)
    assert venue.story(events) == ["TRIGGER_MOVED"]
    events = venue.mark(950)
    assert [int(event["size_lots"]) for event in venue.of(events, "TRADED")] == [7]


def test_amended_offset_is_measured_from_the_peak():
    """TRIG-010: the owner may loosen a trailing stop; the market never does."""
    venue = Venue()
    venue.stop(ANN, SELL, 5, 0, "TRAILING_STOP", trail_offset_ticks=50)
    venue.mark(1_100)
    venue.amend(venue.order_id, ANN, trail_offset_ticks=200)
    assert venue.triggers(ANN)[0].trigger_units == 900 * UNITS


# ---------------------------------------------------------------- one cancels other
def test_a_fill_cancels_the_partner_once():
    """OCOO-002: stop and target of a manual pair; whichever is first ends the other."""
    venue = Venue()
    venue.trade(ANN, BOB, 5, 1_000)
    venue.place(ANN, SELL, 5, price_ticks=1_050, flags=4)
    target = venue.order_id
    venue.stop(ANN, SELL, 5, 950, flags=4, oco_order_id=target)
    events = venue.place(BOB, BUY, 2, price_ticks=1_050)
    assert venue.story(events) == ["TRADED", "TRIGGER_CANCELED"]
    assert venue.reason(venue.of(events, "TRIGGER_CANCELED")[0]) == "canceled_by_oco"
    assert venue.orders(ANN) == [(SELL, 3, 1_050)]
    assert venue.story(venue.cancel(target, ANN)) == ["ORDER_CANCELED"]


def test_a_firing_cancels_the_resting_partner_first():
    """OCOO-002"""
    venue = Venue()
    venue.trade(ANN, BOB, 5, 1_000)
    venue.stop(ANN, SELL, 5, 950, "STOP_LIMIT", price_ticks=940, flags=4)
    venue.place(ANN, SELL, 5, price_ticks=1_050, flags=4, oco_order_id=venue.order_id)
    events = venue.mark(950)
    assert venue.story(events) == ["TRIGGER_FIRED", "ORDER_CANCELED", "ORDER_RESTED"]
    assert venue.orders(ANN) == [(SELL, 5, 940)]


def test_a_cancel_cancels_the_partner():
    """OCOO-002: two triggers around the market."""
    venue = Venue()
    venue.stop(ANN, SELL, 5, 950)
    first = venue.order_id
    venue.stop(ANN, BUY, 5, 1_050, oco_order_id=first)
    events = venue.cancel(first, ANN)
    assert [venue.reason(event) for event in events] == ["canceled_by_owner", "canceled_by_oco"]
    assert venue.triggers(ANN) == []


def test_two_triggers_met_by_one_price_fire_one():
    """OCOO-002: the farther one is in the ring already and gives its row back when its turn comes."""
    venue = Venue()
    venue.place(BOB, BUY, 50, price_ticks=900)
    venue.stop(ANN, SELL, 5, 950)
    venue.stop(ANN, SELL, 5, 940, oco_order_id=venue.order_id)
    events = venue.mark(930)
    assert venue.story(events) == ["TRIGGER_FIRED", "TRIGGER_CANCELED", "TRADED"]
    assert venue.size(ANN) == -5 and venue.state.triggers_pool.live == 0


def test_an_order_that_trades_on_arrival_ends_its_partner():
    """OCOO-002"""
    venue = Venue()
    venue.stop(ANN, SELL, 5, 950)
    venue.place(BOB, SELL, 2, price_ticks=1_000)
    events = venue.place(ANN, BUY, 5, price_ticks=1_000, oco_order_id=venue.order_id - 1)
    assert venue.story(events) == ["TRADED", "ORDER_RESTED", "TRIGGER_CANCELED"]


def test_a_pair_is_a_pair():
    """OCOO-001: no third, no stranger, not oneself."""
    venue = Venue()
    venue.stop(ANN, SELL, 5, 950)
    venue.stop(ANN, SELL, 5, 940, oco_order_id=venue.order_id)
    assert venue.refusal(venue.stop(ANN, SELL, 5, 930, oco_order_id=venue.order_id)) == "oco_partner_must_exist"
    venue.stop(ANN, SELL, 5, 950)
    assert venue.refusal(venue.stop(BOB, SELL, 5, 930, oco_order_id=venue.order_id)) == "oco_partner_must_exist"
    assert venue.refusal(venue.stop(ANN, SELL, 5, 930, oco_order_id=venue.order_id + 1)) == "oco_partner_must_exist"


@pytest.mark.parametrize("order_type,side,ticks,met", [
    ("STOP_MARKET", SELL, 1_000, True), ("STOP_MARKET", SELL, 999, False), ("STOP_MARKET", BUY, 1_000, True),
    ("STOP_MARKET", BUY, 1_001, False), ("TAKE_PROFIT_MARKET", SELL, 1_000, True),
    ("TAKE_PROFIT_MARKET", SELL, 1_001, False), ("TAKE_PROFIT_MARKET", BUY, 1_000, True),
    ("TAKE_PROFIT_MARKET", BUY, 999, False)])
def test_what_is_met_already_is_refused(order_type, side, ticks, met):
    """TRIG-003: mark 1,000: at the price counts as met; a price that is not known yet meets nothing."""
    venue = Venue()
    events = venue.stop(ANN, side, 5, ticks, order_type)
    assert venue.kinds(events) == (["REJECTED"] if met else ["TRIGGER_ACCEPTED"])
    if met:
        assert venue.refusal(events) == "trigger_must_not_be_met"
        assert venue.kinds(venue.stop(ANN, side, 5, ticks, order_type, trigger_source=1)) == ["TRIGGER_ACCEPTED"]


def test_the_events_of_a_trigger_say_what_it_is():
    """TRIG-012: accepted, moved, fired and canceled carry price, limit, partner and source."""
    venue = Venue()
    venue.place(ANN, BUY, 5, price_ticks=900)
    partner = venue.order_id
    event = venue.stop(ANN, SELL, 5, 950, "STOP_LIMIT", price_ticks=940, trigger_source=0, oco_order_id=partner)[0]
    fields = ("order_id", "account", "instrument", "side", "size_lots", "price_ticks", "price_units", "maker_order_id")
    assert [int(event[name]) for name in fields] == [venue.order_id, ANN, 1, SELL, 5, 940, 9_500, partner]
    assert int(event["order_type"]) == venue.codes.ORDER_STOP_LIMIT and int(event["flags"]) == 0
    moved = venue.of(venue.amend(venue.order_id, trigger_ticks=960), "TRIGGER_MOVED")[0]
    assert int(moved["price_units"]) == 9_600 and venue.reason(moved) == "canceled_by_owner"
    fired = venue.of(venue.mark(960), "TRIGGER_FIRED")[0]
    assert [int(fired[name]) for name in ("size_lots", "price_ticks", "price_units")] == [5, 940, 9_600]
    closing = venue.stop(ANN, SELL, 0, 900, trigger_source=1)[0]
    assert int(closing["size_lots"]) == 0 and int(closing["flags"]) & 256 == 256
    gone = venue.of(venue.cancel(venue.order_id), "TRIGGER_CANCELED")[0]
    assert venue.reason(gone) == "canceled_by_owner" and int(gone["order_id"]) == venue.order_id
