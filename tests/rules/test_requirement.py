"""Requirements at other marks: the price search stays within 64 bits, however large the position."""
from __future__ import annotations

import pytest

from steelyard.kernel import load_plain
from steelyard.venues.profile import load_profile
from steelyard.venues.rows import instrument_row, position_row

requirement = load_plain("rules.requirement")
contract = load_plain("rules.contract")


@pytest.mark.parametrize(("venue", "symbol", "mark"), [("example", "BTCUSDT", 5_000_000),
                                                       ("bitmex", "XBTUSD", 790_000)])
@pytest.mark.parametrize("part", [1, 1000, 3])
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("slack", [1, 10**9, 1 << 59])
def test_a_liquidation_mark_is_found_or_there_is_none(venue, symbol, mark, part, side, slack):
    """LIQD-008, PLAN-005: no overflow at any size and slack; the mark found has no slack and its neighbor has some."""
    row = instrument_row(load_profile(venue).instrument(symbol))
    row.mark_price_units, row.mark_unit_value_atoms = mark, contract.unit_value(row.terms, mark)
    lots = side * max(1, row.terms.position_lots_max // part)
    position = position_row(size_lots=lots, entry_value_atoms=lots * row.mark_unit_value_atoms)
    found = requirement.liquidation_units(row, position, slack)
    if found == 0:
        far = requirement.farthest_mark(row.terms, lots)
        assert requirement.slack_at(row, position, slack, far) > 0
    else:
        assert requirement.slack_at(row, position, slack, found) <= 0
        assert requirement.slack_at(row, position, slack, found + side) > 0
