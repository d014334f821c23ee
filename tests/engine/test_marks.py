"""MARK on the engine: methods, minutes, samples, bands, and what happens when the index does not help."""
import pytest
from price_world import ANN, BOB, CONTRACT, World, three_sources

from steelyard.units import HOUR, MINUTE, PPB, SECOND

STAMP = 4 * 3600
"""Seconds from START to the first funding stamp."""


def a_world(price=9_784_377, **terms):
    """A world with one source, no protection, one contract."""
    world = World()
    world.advance(0)
    world.source(0)
    world.list(**terms)
    world.price(0, price)
    return world


def marks_of(world, events):
    """Marks announced."""
    return [int(event["price_units"]) for event in world.of(events, "MARKED")]


def test_MARK_001_B11b_on_the_engine():
    """MARK-001 B11b 267 minutes before the stamp the mark is 97,849.76; it is formed anew on whole minutes only."""
    world = a_world()
    world.advance(STAMP)
    world.contract.funding_rate_ppb = 110_000
    at = STAMP + 8 * 3600 - (4 * 3600 + 26 * 60 + 41)
    assert marks_of(world, world.advance(at))[-1] == 9_784_976
    assert marks_of(world, world.advance(at + 40)) == []
    assert marks_of(world, world.advance(at + 41)) == [9_784_973]               # 266 minutes left: basis 5.96


def test_MARK_001_mark_meets_the_index_at_the_stamp():
    """MARK-001 The basis decays to nothing at the stamp and starts at the whole new rate."""
    world = a_world(1_000_000, interest_ppb=1_000_000, funding_clamp_ppb=1_000_000)
    world.advance(STAMP)
    assert world.contract.mark_price_units == 1_001_000
    world.advance(STAMP + 4 * 3600)
    assert world.contract.mark_price_units == 1_000_500
    world.advance(STAMP + 8 * 3600 - 1)
    assert world.contract.mark_price_units == 1_000_002
    events = world.advance(STAMP + 8 * 3600)
    assert marks_of(world, events) == [1_000_000, 1_001_000]


def test_MARK_001_a_mark_that_does_not_change_is_not_announced():
    """MARK-001 The same index again says nothing."""
    world = a_world()
    sequence = world.contract.mark_sequence
    assert world.price(0, 9_784_377, 5) == []
    assert world.contract.mark_sequence == sequence


def basis_world(**terms):
    """A contract marked by the average of the last three samples, one a minute, and a book to sample."""
    world = a_world(1000, mark_method=1, basis_sample_ns=MINUTE, basis_samples=3, funding_interval_ns=0,
                    premium_sample_ns=0, **terms)
    world.open_accounts(ANN, BOB)
    return world


def test_MARK_002_moving_average_of_the_basis():
    """MARK-002 Samples of (mid - index) every minute, the last three averaged; the index moves the mark at once."""
    world = basis_world()
    world.order(ANN, 1, 1, 1009, 1)
    world.order(BOB, -1, 1, 1012, 1)
    assert marks_of(world, world.advance(60)) == [1010]        # (1009 + 1012) // 2 = 1010
    assert marks_of(world, world.price(0, 1001, 61)) == [1011]
    assert marks_of(world, world.advance(120)) == []           # samples 10 and 9 average to 9.5: half up, 10
    assert [int(world.contract.basis_units[slot]) for slot in range(2)] == [10, 9]
    world.advance(180)
    world.price(0, 1004, 181)
    world.advance(240)
    assert sorted(int(world.contract.basis_units[slot]) for slot in range(3)) == [6, 9, 9]
    assert world.contract.mark_price_units == 1012


def test_MARK_002_no_sample_from_half_a_book():
    """MARK-002 With a side empty nothing is sampled; without samples the mark is the index."""
    world = basis_world()
    world.order(ANN, 1, 1, 1009, 1)
    world.advance(600)
    assert world.contract.basis_count == 0
    assert world.contract.mark_price_units == 1000


def test_MARK_002_a_gap_fills_the_window_with_what_held():
    """MARK-002 After a day without commands one look stands for all missed samples and fills the ring."""
    world = basis_world()
    world.order(ANN, 1, 1, 1009, 1)
    world.order(BOB, -1, 1, 1011, 1)
    world.advance(86_400)
    assert world.contract.basis_count == 3
    assert [int(world.contract.basis_units[slot]) for slot in range(3)] == [10, 10, 10]
    assert world.contract.basis_next_ns > world.state.now_ns


def test_MARK_002_impact_mid():
    """MARK-002 With basis_source 1 the mid of impact prices is sampled: 3,000 atoms of notional walk two levels."""
    world = basis_world(basis_source=1, impact_value_atoms=3_000)
    world.order(ANN, 1, 2, 1000, 1)
    world.order(ANN, 1, 5, 990, 1)
    world.order(BOB, -1, 9, 1020, 1)
    world.advance(60)
    # bids: 2 lots at 1000, then ceil(1000 / 990) = 2 at 990: average 995; asks: 3 at 1020
    assert int(world.contract.basis_units[0]) == (995 + 1020) // 2 - 1000


def test_MARK_003_median_of_three():
    """MARK-003 The middle of funding basis, average basis and last price."""
    world = a_world(1000, mark_method=2, basis_sample_ns=MINUTE, basis_samples=3)
    world.open_accounts(ANN, BOB)
    assert world.contract.mark_price_units == 1000
    world.trade(ANN, BOB, 1, 1030, 1)
    world.order(ANN, 1, 1, 1009, 2)
    world.order(BOB, -1, 1, 1011, 2)
    world.advance(60)
    assert world.contract.mark_price_units == 1010             # of 1000, 1010 and 1030


def test_MARK_004_band_around_the_index():
    """MARK-004 A basis of 10 % is cut to the band of 5 %."""
    world = basis_world(mark_index_band_ppb=PPB // 20)
    world.order(ANN, 1, 1, 1099, 1)
    world.order(BOB, -1, 1, 1101, 1)
    world.advance(60)
    assert int(world.contract.basis_units[0]) == 100
    assert world.contract.mark_price_units == 1050


def test_MARK_005_published_marks():
    """MARK-005 Without an index a mark is published; the same mark again says nothing."""
    world = World()
    world.advance(0)
    world.list(mark_method=3, index_id=0, funding_interval_ns=0, premium_sample_ns=0)
    events = world.send("PUBLISH_MARK", 1, instrument=CONTRACT, value=777)
    assert [(int(e["price_units"]), int(e["value_atoms"])) for e in events] == [(777, 777)]
    assert world.send("PUBLISH_MARK", 2, instrument=CONTRACT, value=777) == []
    assert world.contract.mark_sequence == 1


def test_MARK_005_an_oracle_index_is_the_mark():
    """MARK-005 ORACLE_ONLY with an index: the mark is the index, and no other mark is taken."""
    world = a_world(500, mark_method=3)
    assert world.contract.mark_price_units == 500
    refused = world.send("PUBLISH_MARK", 1, instrument=CONTRACT, value=777)
    assert world.refusal(refused) == "mark_must_be_published_directly"


@pytest.mark.parametrize("fields, reason", [
    (dict(instrument=CONTRACT, value=0), "value_must_be_in_range"),
    (dict(instrument=CONTRACT, value=(1 << 40) + 1), "value_must_be_in_range"),
    (dict(instrument=0, value=5), "instrument_must_exist"),
    (dict(instrument=512, value=5), "instrument_must_exist"),
    (dict(instrument=2, value=5), "instrument_must_be_listed"),
    (dict(instrument=CONTRACT, value=5), "mark_must_be_published_directly"),
])
def test_MARK_005_refusals(fields, reason):
    """MARK-005 Each refusal by name."""
    world = a_world(500, mark_method=0)
    assert world.refusal(world.send("PUBLISH_MARK", **fields)) == reason
    assert world.contract.mark_price_units == 500


def test_MARK_006_a_frozen_index_freezes_the_mark():
    """MARK-006 Not even the decay of the basis moves a mark whose index is frozen."""
    world = three_sources(1_000_000, mark_method=0, interest_ppb=1_000_000, funding_clamp_ppb=1_000_000)
    for seconds in range(600, STAMP + 600, 600):
        for number in range(3):
            world.price(number, 1_000_000, seconds)
    before = int(world.contract.mark_price_units)
    assert before == 1_001_000
    for seconds in (60, 600, 899):
        world.advance(STAMP + seconds)
    moving = int(world.contract.mark_price_units)
    assert moving < before
    world.advance(STAMP + 900)
    frozen = int(world.contract.mark_price_units)
    world.advance(STAMP + 5000)
    assert world.contract.index_frozen == 1
    assert world.contract.mark_price_units == frozen


def test_MARK_006_a_mark_stays_within_its_bounds():
    """MARK-006 A basis below minus the index gives 1 unit, never 0 or less."""
    world = a_world(1, mark_method=0, interest_ppb=-PPB, funding_clamp_ppb=PPB, funding_cap_ppb=0,
                    funding_step_cap_ppb=0)
    world.advance(STAMP)
    assert world.contract.funding_rate_ppb == -PPB
    assert world.contract.mark_price_units == 1


def test_MARK_006_a_huge_lot_has_a_lower_highest_mark():
    """MARK-006 A lot of 10**9 atoms a unit: an index beyond the bound is followed as far as the bound."""
    few = dict(order_lots_max=10, position_lots_max=10)
    world = a_world(4_398, mark_method=0, lot_value_numerator=10**9, **few)
    world.price(0, 5_000, 1)
    assert world.contract.mark_price_units == ((1 << 42) - 1) // 10**9 == 4_398
    world.list(2, mark_method=3, index_id=0, lot_value_numerator=10**9, funding_interval_ns=0, premium_sample_ns=0,
               **few)
    assert world.refusal(world.send("PUBLISH_MARK", instrument=2, value=4_399)) == "value_must_be_in_range"
    assert world.kinds(world.send("PUBLISH_MARK", instrument=2, value=4_398)) == ["MARKED"]


def test_MARK_006_listing_on_a_known_index_gives_a_mark_with_the_next_command():
    """MARK-006 An instrument listed after its index has its mark when time next passes."""
    world = a_world(500, mark_method=0)
    world.list(2, mark_method=0, mark_units_per_index_unit=3)
    assert marks_of(world, world.advance(1)) == [1500]


def test_MARK_006_terms_that_change_while_listed_are_survived():
    """MARK-006 Sampling switched off, a window made smaller, another method: clocks stop and start by themselves."""
    world = basis_world()
    names = world.records.TERMS.names
    world.order(ANN, 1, 1, 1009, 1)
    world.order(BOB, -1, 1, 1011, 1)
    world.advance(200)
    for term, value in (("basis_samples", 1), ("basis_sample_ns", 0), ("mark_method", 0), ("funding_interval_ns", HOUR),
                        ("premium_sample_ns", 10 * SECOND), ("mark_method", 2), ("basis_sample_ns", SECOND)):
        world.send("SET_TERM", instrument=CONTRACT, parameter=names.index(term), value=value)
        world.state.timer_next_ns = 0
        world.advance((int(world.state.now_ns) // SECOND) % 86_400 + 120)
    assert world.contract.basis_count == 1
    assert world.contract.funding_next_ns > world.state.now_ns
