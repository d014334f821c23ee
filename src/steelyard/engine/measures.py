"""What positions and wallets come to at the present marks, by the engine's own rules. Looks at the state, never writes.

For tables and screens: an entry fills rows that name positions and wallets. Nothing that decides calls this room.
"""
import numpy as np

from ..kernel import entry, kernel, multiply
from ..rules.contract import UNITS_BEYOND
from ..rules.liquidation import takeover_value, units_at_value
from ..rules.requirement import liquidation_units
from .groups import available, group_equity, group_maintenance, position_maintenance, unrealized, withdrawable

i8 = np.int64
POSITION_MEASURE = np.dtype([
    ("row", i8), ("mark_units", i8), ("value_atoms", i8), ("unrealized_atoms", i8), ("maintenance_atoms", i8),
    ("group_equity_atoms", i8), ("group_maintenance_atoms", i8), ("liquidation_units", i8), ("bankruptcy_units", i8),
])
WALLET_MEASURE = np.dtype([
    ("row", i8), ("equity_atoms", i8), ("maintenance_atoms", i8), ("available_atoms", i8), ("withdrawable_atoms", i8),
])


@kernel
def measure_position(state, measure):
    """Fill one row of POSITION_MEASURE; its ``row`` names a position with a size."""
    position = state.positions[measure.row]
    instrument = state.instruments[position.instrument]
    group = measure.row if position.isolated != 0 else position.wallet
    measure.mark_units = instrument.mark_price_units
    measure.value_atoms = multiply(position.size_lots, instrument.mark_unit_value_atoms)
    measure.unrealized_atoms = unrealized(state, measure.row)
    measure.maintenance_atoms = position_maintenance(state, measure.row)
    measure.group_equity_atoms = group_equity(state, group, position.isolated)
    measure.group_maintenance_atoms = group_maintenance(state, group, position.isolated)
    measure.liquidation_units = liquidation_units(
        instrument, position, measure.group_equity_atoms - measure.group_maintenance_atoms)
    bankruptcy = units_at_value(
        instrument.terms, position.size_lots, takeover_value(measure.value_atoms, measure.group_equity_atoms))
    measure.bankruptcy_units = 0 if bankruptcy >= UNITS_BEYOND - 1 else bankruptcy


@entry
def measure(states, positions, wallets):
    """Fill rows of POSITION_MEASURE and WALLET_MEASURE."""
    state = states[0]
    for index in range(len(positions)):
        measure_position(state, positions[index])
    for index in range(len(wallets)):
        row = wallets[index]
        row.equity_atoms = group_equity(state, row.row, 0)
        row.maintenance_atoms = group_maintenance(state, row.row, 0)
        row.available_atoms = available(state, row.row)
        row.withdrawable_atoms = withdrawable(state, row.row)
