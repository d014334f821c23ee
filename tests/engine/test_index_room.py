"""INDX on the engine: protection rules, freezes, and who follows. Vectors: shared venue study, B21."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from price_world import CONTRACT, INDEX, START, World, three_sources

from steelyard.units import DAY, MINUTE, PPB, SECOND


def sources_of(world, events):
    """(source, reason) of the events about sources."""
    return [(int(event["flags"]), world.reason(event)) for event in world.of(events, "INDEX_SOURCE_CHANGED")]


def test_INDX_005_B21_an_outlier_is_dropped_and_the_index_stays():
    """INDX-005 B21 Three equal sources at 100; C prints 50: C is removed, the index stays 100."""
    world = three_sources()
    events = world.price(2, 50, 1)
    assert sources_of(world, events) == [(2, "source_outlier")]
    assert world.kinds(events) == ["INDEX_SOURCE_CHANGED"]
    assert world.index.price_units == 100
    assert world.source_states() == ["ACTIVE", "ACTIVE", "OUTLIER"]
    world.price(0, 104, 2)
    assert world.index.price_units == 102                # weights renormalized over A and B


def test_INDX_005_a_source_at_exactly_the_tolerance_stays():
    """INDX-005 Further than 25 % is dropped, 25 % is not."""
    world = three_sources()
    assert world.kinds(world.price(2, 75, 1)) == ["INDEX_CHANGED"]
    assert world.index.price_units == 92                 # (100 + 100 + 75) / 3 = 91.67
    world = three_sources()
    assert world.kinds(world.price(2, 74, 1)) == ["INDEX_SOURCE_CHANGED"]


def test_INDX_006_readmission_after_a_continuous_quarter_of_an_hour():
    """INDX-006 As in the published example: out at 150, near after 20 minutes, back a quarter of an hour later."""
    world = three_sources()
    assert sources_of(world, world.price(0, 150, 1)) == [(0, "source_outlier")]
    for number, units in ((1, 120), (2, 120), (0, 122)):
        world.price(number, units, 1200)
    assert world.index.price_units == 120
    for seconds in (1500, 1800, 2099):
        for number, units in ((1, 121), (2, 119), (0, 122)):
            assert sources_of(world, world.price(number, units, seconds)) == []
    assert world.index.price_units == 120
    events = world.advance(2100)
    assert sources_of(world, events) == [(0, "source_readmitted")]
    assert world.index.price_units == 121                # (122 + 121 + 119) / 3 = 120.67


def test_INDX_006_straying_starts_the_time_anew():
    """INDX-006 One price further than 2 % from the median of the rest and the quarter of an hour begins again."""
    world = three_sources()
    world.price(0, 150, 1)
    world.price(0, 101, 10)
    world.price(0, 103, 20)
    world.price(0, 101, 30)
    for seconds in (600, 929):
        for number in (0, 1, 2):
            world.price(number, 101 if number == 0 else 100, seconds)
    assert world.source_states()[0] == "OUTLIER"
    world.advance(930)
    assert world.source_states()[0] == "ACTIVE"


def test_INDX_006_a_silent_outlier_is_not_continuously_near():
    """INDX-006 An outlier must keep speaking; silent for the stale time it is no longer near."""
    world = three_sources()
    world.rule("READMIT_AFTER_NS", 30 * MINUTE)
    world.price(0, 150, 1)
    world.price(0, 100, 10)
    for seconds in range(300, 3000, 300):
        world.price(1, 100, seconds)
        world.price(2, 100, seconds)
    assert world.source_states()[0] == "OUTLIER"
    assert world.index.sources[0].near_since_ns == 0


def test_INDX_004_a_silent_source_keeps_its_price_then_is_dropped():
    """INDX-004 Until the stale time the last price counts, then the source is out; its next price brings it back."""
    world = three_sources()
    world.price(0, 110, 60)
    world.price(1, 110, 60)
    world.advance(899)
    assert world.index.price_units == 107                # (110 + 110 + 100) / 3
    events = world.advance(900)
    assert sources_of(world, events) == [(2, "source_silent")]
    assert world.index.price_units == 110
    events = world.price(2, 104, 901)
    assert sources_of(world, events) == [(2, "source_readmitted")]
    assert world.index.price_units == 108


def test_INDX_004_the_time_of_a_drop_is_the_time_it_fell_due():
    """INDX-004 A command that comes late finds the drops at their own times, in order."""
    world = three_sources()
    world.price(0, 100, 60)
    world.price(1, 100, 120)
    events = world.advance(5000)
    changed = world.of(events, "INDEX_SOURCE_CHANGED")
    assert [(int(e["flags"]), int(e["time_ns"]) - START) for e in changed] == [
        (2, 900 * SECOND), (0, 960 * SECOND), (1, 1020 * SECOND)]
    assert world.kinds(events)[-1] == "INDEX_FROZEN"
    assert world.state.now_ns == START + 5000 * SECOND


def test_INDX_007_no_live_source_freezes_index_and_mark():
    """INDX-007 When sources run out the last index and mark stand; one price thaws them."""
    world = three_sources(mark_method=0)
    assert world.contract.mark_price_units == 100
    events = world.advance(1000)
    assert world.kinds(events) == ["INDEX_SOURCE_CHANGED"] * 3 + ["INDEX_FROZEN"]
    assert world.reason(events[-1]) == "index_sources_too_few"
    assert (world.index.frozen, world.contract.index_frozen) == (1, 1)
    assert (world.index.price_units, world.contract.mark_price_units) == (100, 100)
    assert world.advance(2000) == []
    events = world.price(1, 90, 2001)
    assert world.kinds(events) == ["INDEX_SOURCE_CHANGED", "INDEX_THAWED", "INDEX_CHANGED", "MARKED"]
    assert (world.contract.index_frozen, world.contract.mark_price_units) == (0, 90)


def test_INDX_007_two_sources_that_disagree():
    """INDX-007 Two sources further than X/2 from their average freeze the index; agreeing again thaws it."""
    world = three_sources(1000)
    world.source(2, 0)
    assert world.kinds(world.price(0, 1284, 1)) == ["INDEX_CHANGED"]           # 142 from 1142; 12.5 % is 142.75
    events = world.price(0, 1300, 2)                                            # 150 from 1150
    assert world.kinds(events) == ["INDEX_FROZEN"]
    assert world.reason(events[0]) == "index_sources_disagree"
    assert world.index.price_units == 1142
    assert world.kinds(world.price(1, 1300, 3)) == ["INDEX_THAWED", "INDEX_CHANGED"]
    assert world.index.price_units == 1300


def test_INDX_007_one_source_too_far_from_the_last_index():
    """INDX-007 A single source freezes the index beyond X and thaws it when it comes back."""
    world = three_sources(1000)
    world.source(1, 0)
    world.source(2, 0)
    assert world.kinds(world.price(0, 750, 1)) == ["INDEX_CHANGED"]
    events = world.price(0, 562, 2)                      # 188 from 750: 25 % is 187.5
    assert [world.reason(event) for event in events] == ["index_source_too_far"]
    assert world.index.price_units == 750
    assert world.kinds(world.price(0, 563, 3)) == ["INDEX_THAWED", "INDEX_CHANGED"]


def test_INDX_007_fewer_than_the_least_number():
    """INDX-007 With three asked for, dropping one freezes; before its first price an index is unknown, not frozen."""
    world = World()
    world.advance(0)
    world.rule("SOURCES_MIN", 3)
    world.rule("STALE_AFTER_NS", MINUTE)
    for number in range(3):
        world.source(number)
    world.list(mark_method=0)
    assert world.kinds(world.price(0, 100, 1)) == ["INDEX_SOURCE_CHANGED"]
    assert world.kinds(world.price(1, 100, 2)) == ["INDEX_SOURCE_CHANGED"]
    assert (world.index.price_units, world.index.frozen, world.contract.mark_price_units) == (0, 0, 0)
    assert world.kinds(world.price(2, 103, 3)) == ["INDEX_SOURCE_CHANGED", "INDEX_CHANGED", "MARKED"]
    assert world.index.price_units == 101
    assert world.kinds(world.advance(61)) == ["INDEX_SOURCE_CHANGED", "INDEX_FROZEN"]


def test_INDX_007_every_rule_off_halves_the_price_in_one_tick():
    """INDX-007 With no tolerance set a halving passes; with 25 % it freezes: both are named outcomes."""
    world = World()
    world.source(0)
    world.list(mark_method=0)
    world.price(0, 1000, 1)
    assert world.kinds(world.price(0, 500, 2)) == ["INDEX_CHANGED", "MARKED"]
    world.rule("OUTLIER_PPB", PPB // 4)
    assert world.kinds(world.price(0, 250, 3)) == ["INDEX_FROZEN"]
    world.rule("OUTLIER_PPB", 0)
    assert (world.index.frozen, world.contract.mark_price_units) == (0, 250)


@pytest.mark.parametrize("fields, reason", [
    (dict(parameter=INDEX, flags=6, value=1), "parameter_must_exist"),
    (dict(parameter=INDEX, flags=-1, value=1), "parameter_must_exist"),
    (dict(parameter=INDEX, flags=0, value=-1), "value_must_be_in_range"),
    (dict(parameter=INDEX, flags=0, value=367 * DAY), "value_must_be_in_range"),
    (dict(parameter=INDEX, flags=1, value=PPB + 1), "value_must_be_in_range"),
    (dict(parameter=INDEX, flags=2, value=PPB + 1), "value_must_be_in_range"),
    (dict(parameter=INDEX, flags=4, value=9), "value_must_be_in_range"),
    (dict(parameter=0, flags=0, value=1), "index_must_exist"),
    (dict(parameter=128, flags=0, value=1), "index_must_exist"),
])
def test_INDX_008_refusals_of_set_index(fields, reason):
    """INDX-008 Each refusal by name; nothing changes."""
    world = World()
    assert world.refusal(world.send("SET_INDEX", **fields)) == reason
    assert world.state.index_last == 0


@pytest.mark.parametrize("fields, reason", [
    (dict(parameter=INDEX, flags=0, value=-1), "value_must_be_in_range"),
    (dict(parameter=INDEX, flags=0, value=PPB + 1), "value_must_be_in_range"),
    (dict(parameter=-1, flags=0, value=1), "index_must_exist"),
    (dict(parameter=INDEX, flags=8, value=1), "source_must_exist"),
])
def test_INDX_008_refusals_of_set_index_source(fields, reason):
    """INDX-008 Each refusal by name."""
    assert World().refusal(World().send("SET_INDEX_SOURCE", **fields)) == reason


@pytest.mark.parametrize("fields, reason", [
    (dict(parameter=2, flags=0, value=1), "index_must_exist"),
    (dict(parameter=128, flags=0, value=1), "index_must_exist"),
    (dict(parameter=INDEX, flags=0, value=0), "value_must_be_in_range"),
    (dict(parameter=INDEX, flags=0, value=(1 << 40) + 1), "value_must_be_in_range"),
    (dict(parameter=INDEX, flags=3, value=1), "source_must_exist"),
    (dict(parameter=INDEX, flags=8, value=1), "source_must_exist"),
])
def test_INDX_009_refusals_of_publish_price(fields, reason):
    """INDX-009 Each refusal by name."""
    assert three_sources().refusal(three_sources().send("PUBLISH_PRICE", **fields)) == reason


def test_INDX_009_a_price_must_fit_every_instrument_that_follows():
    """INDX-009 With 100 mark units to an index unit the highest price is a hundredth of the highest mark."""
    world = three_sources(100, mark_units_per_index_unit=100)
    assert world.index.price_units_max == (1 << 40) // 100
    assert world.contract.index_price_units == 10_000
    command = dict(parameter=INDEX, flags=0, value=(1 << 40) // 100 + 1)
    assert world.refusal(world.send("PUBLISH_PRICE", **command)) == "value_must_be_in_range"


def test_INDX_010_all_instruments_of_an_index_follow():
    """INDX-010 Two instruments on one index and one on another: each follows its own, in its own units."""
    world = World()
    world.source(0)
    world.source(0, index=2)
    world.list(CONTRACT, mark_method=0)
    world.list(2, mark_method=0, mark_units_per_index_unit=10)
    world.list(3, mark_method=0, index_id=2)
    events = world.price(0, 50, 1)
    marked = [(int(event["instrument"]), int(event["price_units"])) for event in world.of(events, "MARKED")]
    assert sorted(marked) == [(1, 50), (2, 500)]
    world.price(0, 70, 2, index=2)
    marks = [int(world.state.instruments[row].mark_price_units) for row in (1, 2, 3)]
    assert marks == [50, 500, 70]


def test_INDX_008_removing_a_source_forgets_it():
    """INDX-008 Weight 0 removes; set anew the source is silent until its next price."""
    world = three_sources()
    world.price(2, 106, 1)
    assert world.index.price_units == 102
    assert sources_of(world, world.source(2, 0)) == [(2, "source_removed")]
    assert world.index.price_units == 100
    world.source(2, PPB)
    assert world.source_states() == ["ACTIVE", "ACTIVE", "SILENT"]
    assert world.index.price_units == 100


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(60, 140), st.integers(1, 500)), min_size=1, max_size=60),
       st.integers(0, 3))
def test_INDX_invariants_on_random_prints(prints, sources_min):
    """INDX-007 Whatever is printed: an unfrozen index lies among its active sources, a frozen one does not move."""
    world = three_sources()
    world.source(3, PPB // 2)
    world.rule("SOURCES_MIN", sources_min)
    seconds = 0
    for number, units, wait in prints:
        seconds += wait
        world.advance(seconds)
        before = (int(world.index.price_units), int(world.index.frozen))
        world.price(number, units, seconds)
        sources = [world.index.sources[row] for row in range(8)]
        active = [int(source.price_units) for source in sources if source.state == 1]
        if world.index.frozen:
            if before[1]:
                assert world.index.price_units == before[0]
        else:
            assert len(active) >= max(1, sources_min)
            assert min(active) <= world.index.price_units <= max(active)
        assert world.state.timer_next_ns > world.state.now_ns


def test_INDX_011_D24_a_price_far_off_is_clamped_and_nobody_is_dropped():
    """INDX-011 D24 A 100 (25 %), B 101 (50 %), C 120 (25 %), clamp 0.5 %: median 101, index 101 (in thousandths)."""
    world = World()
    world.advance(0)
    world.rule("CLAMP_PPB", PPB // 200)
    for number, (weight, price) in enumerate(((PPB // 4, 100_000), (PPB // 2, 101_000), (PPB // 4, 120_000))):
        world.source(number, weight)
        world.price(number, price)
    assert world.index.price_units == 101_000 and world.source_states() == ["ACTIVE"] * 3
    world.price(0, 99_000)
    assert world.index.price_units == 101_000
    world.rule("CLAMP_PPB", 0)
    assert world.index.price_units == (99_000 + 2 * 101_000 + 120_000) // 4
