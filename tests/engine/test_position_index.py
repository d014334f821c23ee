"""The index from account and instrument to position row: one home for each pair, and a second one where it is taken."""
import numpy as np
from order_world import ANN, CONTRACT, OrderWorld

from steelyard.engine.records import POSITION, POSITION_SLOTS
from steelyard.kernel import load_plain
from steelyard.service import tables

positions = load_plain("engine.positions")
AWAY = POSITION_SLOTS >> 3
"""Accounts this far apart have their homes in common."""


def test_pairs_that_share_a_home_are_all_found():
    """Ann and whoever is a whole turn of the index away, in eight neighboring instruments: rows of their own, found
    again, and nobody else's where there is none."""
    state = OrderWorld().state
    pairs = [(account, instrument) for account in (ANN, ANN + AWAY) for instrument in range(CONTRACT, CONTRACT + 8)]
    assert positions.home_of_position(*pairs[0]) == positions.home_of_position(*pairs[8])
    rows = [positions.ensure_position(state, *pair) for pair in pairs]
    assert len(set(rows)) == len(pairs) and 0 not in rows
    assert [positions.position_of(state, *pair) for pair in pairs] == rows
    assert positions.position_of(state, ANN + AWAY, CONTRACT + 8) == 0
    assert positions.position_of(state, ANN + 1, CONTRACT) == 0


def test_homes_and_second_homes_are_slots():
    """Every pair of the largest tables has both inside the index, and a group of eight has eight homes."""
    for account in (1, 16, 17, AWAY - 1, AWAY, (1 << 20) - 1):
        for instrument in (1, 7, 8, 500, 511):
            assert 0 <= positions.home_of_position(account, instrument) < POSITION_SLOTS
            assert 0 <= positions.second_home(account, instrument) < POSITION_SLOTS
        assert len({positions.home_of_position(account, instrument) for instrument in range(8, 16)}) == 8


def test_the_service_finds_the_same_rows():
    """Rows looked up in the tables of a node, a second home among them."""
    kind = np.dtype([("position_index", [("row", "i4")], (POSITION_SLOTS,)), ("positions", POSITION, (4,))])
    states = np.zeros(1, kind)
    slots = (positions.home_of_position(ANN, 1), positions.second_home(ANN + AWAY, 1))
    for row, account, slot in ((1, ANN, slots[0]), (2, ANN + AWAY, slots[1])):
        states["position_index"]["row"][0][slot] = row
        states["positions"][0][row]["account"], states["positions"][0][row]["instrument"] = account, 1
    assert [tables.position_row(states, account, 1) for account in (ANN, ANN + AWAY, ANN + 1)] == [1, 2, 0]
