"""TERM-001, TERM-002: what the engine makes of terms when an instrument is listed, and which may change afterward."""
from datetime import date

import numpy as np
import pytest

from steelyard import codes
from steelyard.engine.records import TERMS, new_commands
from steelyard.kernel import load_plain
from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import load_profile

PROFILE = load_profile("example", date(2024, 6, 1))
COMMANDS = profile_commands(PROFILE, 1, symbols=("BTCUSDT",))
FIXED = 9
OTHER_VALUES = {"kind": 2, "settlement_asset": 2, "index_id": 2}


def set_term(name: str, value: int) -> np.ndarray:
    command = new_commands(1)
    command["kind"], command["time_ns"], command["instrument"] = codes.SET_TERM, 1, 1
    command["parameter"], command["value"] = TERMS.names.index(name), value
    return command


def refusals(engine, commands) -> list[str]:
    events = engine.apply(commands)
    return [codes.Reason(int(event["reason"])).name for event in events if event["kind"] == codes.REJECTED]


@pytest.mark.parametrize(("name", "value"), [
    ("kind", 3), ("settlement_asset", 0), ("index_id", 9), ("mark_units_per_tick", 0), ("lot_value_numerator", 0),
    ("price_ticks_min", 0), ("price_ticks_max", 1 << 24), ("order_lots_max", 0), ("position_lots_max", 0),
    ("open_orders_max", 0), ("maker_fee_ppb", -500_001), ("taker_fee_ppb", -1), ("market_collar_ppb", 10**9),
    ("leverage_default_ppb", 10**9 + 1), ("liquidation_fee_ppb", 10**9), ("premium_sample_ns", -1),
    ("funding_interval_ns", -1), ("basis_samples", 65), ("funding_clamp_ppb", 10**9 + 1),
])
def test_TERM_001_one_term_out_of_place_keeps_the_instrument_from_being_listed(name, value):
    """TERM-001"""
    engine = load_plain("engine.engine").Engine()
    assert refusals(engine, COMMANDS[:-1]) == []
    assert refusals(engine, set_term(name, value)) == []
    assert refusals(engine, COMMANDS[-1:]) == ["terms_must_be_consistent"]
    assert refusals(engine, set_term(name, PROFILE.instrument("BTCUSDT").terms[name])) == []
    assert refusals(engine, COMMANDS[-1:]) == []


def test_TERM_001_without_a_tier_nothing_is_listed():
    """TERM-001"""
    engine = load_plain("engine.engine").Engine()
    without_tiers = COMMANDS[COMMANDS["kind"] != codes.SET_TIER]
    assert refusals(engine, without_tiers) == ["terms_must_be_consistent"]


def test_TERM_002_what_gives_numbers_their_meaning_is_fixed_and_rates_are_not():
    """TERM-002"""
    engine = load_plain("engine.engine").Engine()
    assert refusals(engine, COMMANDS) == []
    terms = PROFILE.instrument("BTCUSDT").terms
    for name in TERMS.names[:FIXED]:
        assert refusals(engine, set_term(name, OTHER_VALUES.get(name,
                                                                terms[name] + 1))) == ["instrument_must_be_unlisted"]
        assert getattr(engine.state.instruments[1].terms, name) == terms[name]
    for name in ("taker_fee_ppb", "limit_collar_ppb", "funding_cap_ppb", "open_orders_max", "fund_share_ppb"):
        assert refusals(engine, set_term(name, terms[name] - 1)) == []
        assert getattr(engine.state.instruments[1].terms, name) == terms[name] - 1
