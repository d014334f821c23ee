"""BRKR-003 to BRKR-007, LIQD-050: the circuit breaker as a room of the engine."""
import pytest
from order_world import ANN, BOB, BUY, CAT, DAN, IOC, PPB, SELL, OrderWorld
from price_world import SECOND, START

MINUTE = 60 * SECOND


class BreakerWorld(OrderWorld):
    """OrderWorld with a breaker of 10 % over an hour that pauses for two minutes."""

    def __init__(self, **terms):
        super().__init__(**{"breaker_ppb": PPB // 10, "breaker_window_ns": 60 * MINUTE, "breaker_pause_ns": 2 * MINUTE,
                            "breaker_state": 2, **terms})

    def market(self, instrument=1):
        """State and end of the pause of a market, the end in seconds from now."""
        row = self.state.instruments[instrument]
        left = int(row.breaker_until_ns) - int(self.state.now_ns)
        return self.codes.InstrumentState(int(row.state)).name, left // SECOND if row.breaker_until_ns else 0


def test_BRKR_005_a_sweep_ends_at_the_limit_and_stops_the_market():
    """BRKR-005 Last 1,000, variant 100: a sweep trades up to 1,100; the rest, which would go on, is canceled."""
    world = BreakerWorld()
    world.hold(ANN, 1, CAT, 1_000)
    for ticks in (1_050, 1_100, 1_150):
        world.place(CAT, SELL, 1, price_ticks=ticks)
    events = world.place(BOB, BUY, 3, price_ticks=1_200)
    assert world.fills(events) == [(1, 1_050), (1, 1_100)]
    assert [(lots, reason) for _id, lots, reason in world.ended(events)] == [(1, "canceled_by_breaker")]
    assert world.market() == ("CANCEL_ONLY", 120)
    stopped = world.of(events, "INSTRUMENT_STATE_CHANGED")[0]
    assert world.reason(stopped) == "circuit_breaker" and int(stopped["value_atoms"]) == world.state.now_ns + 2 * MINUTE
    world.check()


def test_BRKR_005_an_order_that_rests_beyond_stops_the_market_and_rests():
    """BRKR-005 A bid of 1,101 that meets nobody rests and stops the market; an immediate one does not."""
    world = BreakerWorld()
    world.hold(ANN, 1, CAT, 1_000)
    world.place(BOB, BUY, 1, price_ticks=1_101, time_in_force=IOC)
    assert world.market() == ("TRADING", 0)
    world.place(BOB, BUY, 1, price_ticks=1_100)
    assert world.market() == ("TRADING", 0)
    events = world.place(BOB, BUY, 1, price_ticks=1_101)
    assert world.story(events) == ["INSTRUMENT_STATE_CHANGED", "ORDER_RESTED"] and world.bids() == 1_101
    world.check()


def test_BRKR_007_the_pause_ends_by_the_clock():
    """BRKR-007 While it lasts orders are refused with its end, cancels pass; then the market trades from its last."""
    world = BreakerWorld()
    world.hold(ANN, 1, CAT, 1_000)
    world.place(CAT, SELL, 1, price_ticks=900 - 10)
    refused = world.place(ANN, BUY, 1, price_ticks=1_000)
    assert world.refusal(refused) == "circuit_breaker_must_be_over"
    assert int(refused[0]["value_atoms"]) == int(world.state.instruments[1].breaker_until_ns)
    assert world.story(world.cancel(world.order_id - 1)) == ["ORDER_CANCELED"]
    world.advance(120)
    assert world.market()[0] == "CANCEL_ONLY"
    events = world.advance(500)
    assert int(world.of(events, "INSTRUMENT_STATE_CHANGED")[0]["time_ns"]) == START + 121 * SECOND
    opened = world.of(events, "INSTRUMENT_STATE_CHANGED")[0]
    assert world.market() == ("TRADING", 0) and int(opened["value_atoms"]) == 0
    assert world.story(world.place(ANN, BUY, 1, price_ticks=1_100)) == ["ORDER_RESTED"]
    world.check()


def test_BRKR_003_the_look_back_rolls():
    """BRKR-003 A low of 1,000 binds for an hour; after it the limit is measured from later prices."""
    world = BreakerWorld()
    world.hold(ANN, 1, CAT, 1_000)
    world.advance(30 * 60)
    world.hold(ANN, 1, CAT, 1_080)
    assert world.story(world.place(BOB, BUY, 1, price_ticks=1_100)) == ["ORDER_RESTED"]
    world.cancel(world.order_id)
    world.advance(61 * 60 + 5)
    assert world.story(world.place(BOB, BUY, 1, price_ticks=1_180)) == ["ORDER_RESTED"]
    assert world.market() == ("TRADING", 0)
    world.cancel(world.order_id)
    world.place(BOB, BUY, 1, price_ticks=1_181)
    assert world.market()[0] == "CANCEL_ONLY"
    world.check()


def test_BRKR_004_the_variant_is_a_share_of_the_last_settlement():
    """BRKR-004 A session settled at 1,200: the variant is 120; before, it was a tenth of the mark."""
    world = BreakerWorld(session_published=1)
    world.hold(ANN, 1, CAT, 1_000)
    world.send("PUBLISH_SETTLEMENT", instrument=1, value=1_200, parameter=1)
    assert world.story(world.place(BOB, BUY, 1, price_ticks=1_120)) == ["ORDER_RESTED"]
    assert world.market() == ("TRADING", 0)
    world.place(BOB, BUY, 1, price_ticks=1_121)
    assert world.market()[0] == "CANCEL_ONLY"
    world.check()


@pytest.mark.parametrize(("breaking", "stopped"), [(2, [1, 2, 3]), (1, [1]), (3, [3])])
def test_BRKR_006_the_lead_stops_its_group(breaking, stopped):
    """BRKR-006 Contract 2 expires first and leads 1 and 3 of its group; the others stop alone; 4 is of no group."""
    world = BreakerWorld(instruments=4, breaker_group=7, settlement_method=2)
    world.term("breaker_group", 0, 4)
    for instrument, days in ((1, 60), (2, 30)):
        world.send("SCHEDULE_SETTLEMENT", instrument=instrument, value=world.state.now_ns + days * 86_400 * SECOND)
    world.place(CAT, SELL, 1, price_ticks=1_000, instrument=breaking)
    world.place(ANN, BUY, 1, price_ticks=1_000, instrument=breaking)
    world.place(BOB, BUY, 1, price_ticks=1_101, instrument=breaking)
    assert [one for one in range(1, 5) if world.market(one)[0] == "CANCEL_ONLY"] == stopped
    world.advance(121)
    assert [one for one in range(1, 5) if world.market(one) == ("TRADING", 0)] == [1, 2, 3, 4]
    world.check()


def test_BRKR_005_fill_or_kill_stays_within_the_limits():
    """BRKR-005 What lies beyond the limit does not count for it: refused, and nothing stops."""
    world = BreakerWorld()
    world.hold(ANN, 1, CAT, 1_000)
    for ticks in (1_050, 1_150):
        world.place(CAT, SELL, 1, price_ticks=ticks)
    assert world.refusal(world.place(BOB, BUY, 2, price_ticks=1_200, time_in_force=2)) == "fill_or_kill_must_fill"
    assert world.market() == ("TRADING", 0)


def test_LIQD_050_who_is_sold_in_the_market_waits_for_it():
    """LIQD-050 In a paused market nobody is taken over; when it opens again the position is sold in the book."""
    world = BreakerWorld(liquidation_waits=1, liquidation_step_ppb=PPB, liquidation_step_ns=SECOND)
    world.deposit(dan=1_100)
    world.hold(DAN, 10, CAT, 1_000)
    world.place(CAT, SELL, 1, price_ticks=890)
    assert world.market()[0] == "CANCEL_ONLY"
    events = world.mark(940)
    assert world.story(events) == ["LIQUIDATION_STARTED"]
    assert world.story(world.cancel(world.order_id)) == ["ORDER_CANCELED"]
    assert world.story(world.advance(60)) == [] and world.size(DAN) == 10
    world.advance(121)
    world.place(BOB, BUY, 20, price_ticks=950)
    events = world.advance(123)
    assert world.fills(events) == [(10, 950)] and world.size(DAN) == 0
    assert "LIQUIDATION_STEPPED" in world.kinds(events) and "POSITION_TAKEN_OVER" not in world.kinds(events)
    world.check()


def test_LIQD_050_without_the_term_a_closed_market_ends_in_a_takeover():
    """LIQD-050 The same pause: the position goes to the liquidation engine at once."""
    world = BreakerWorld(liquidation_step_ppb=PPB, liquidation_step_ns=SECOND)
    world.deposit(dan=1_100)
    world.hold(DAN, 10, CAT, 1_000)
    world.place(CAT, SELL, 1, price_ticks=890)
    assert "POSITION_TAKEN_OVER" in world.kinds(world.mark(940))
    world.check()


def test_BRKR_003_terms_that_cannot_be_carried_out_are_refused():
    """BRKR-003 A pause of nothing, a window without parts, a state in which trades go on."""
    world = BreakerWorld()
    for name, value in (("breaker_pause_ns", 0), ("breaker_window_ns", 59), ("breaker_state", 1),
                        ("breaker_ppb", PPB), ("price_band_ticks", 5)):
        parameter = world.records.TERMS.names.index(name)
        assert world.refusal(world.send("SET_TERM", instrument=1, parameter=parameter, value=value)) == (
            "terms_must_be_consistent")
