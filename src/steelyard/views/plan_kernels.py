"""What more or less margin would do to a position: the engine's own command carried out on the live tables and put back
(``undo``), and the margin that brings a liquidation price.
"""
import numpy as np

from .. import codes
from ..engine.accounts import move_collateral
from ..engine.events import empty_outbox
from ..engine.groups import available, group_equity, group_maintenance, refresh_requirement, withdrawable
from ..engine.measures import measure_position
from ..engine.positions import position_of
from ..kernel import add, entry, kernel
from ..rules.mark import highest_mark, lowest_mark
from ..rules.requirement import slack_at
from .undo import begin

i8 = np.int64
MARGIN_IF = np.dtype([(name, i8) for name in """
account instrument amount_atoms wanted_units
reason row isolated needed_atoms collateral_atoms available_atoms withdrawable_atoms
mark_units value_atoms unrealized_atoms maintenance_atoms group_equity_atoms group_maintenance_atoms liquidation_units
bankruptcy_units
""".split()])
"""Input: whose position, cash to add (> 0) or take, and a liquidation price in mark units (0: none wanted)."""


@kernel
def needed_margin(state, row):
    """Cash to add (> 0) or that could be taken (< 0) so that the position is liquidated at the wanted mark or farther.
    VIEW-020

    Group equity moves one to one with cash, so what is missing is the slack at the mark next to the wanted one.
    """
    position = state.positions[row.row]
    instrument = state.instruments[position.instrument]
    group = row.row if position.isolated != 0 else position.wallet
    slack = group_equity(state, group, position.isolated) - group_maintenance(state, group, position.isolated)
    nearer = row.wanted_units + 1 if position.size_lots > 0 else row.wanted_units - 1
    nearer = max(lowest_mark(instrument.terms), min(highest_mark(instrument.terms), nearer))
    return 1 - slack_at(instrument, position, slack, nearer)


@kernel
def add_cash(state, row):
    """Cash comes into a cross position's wallet, or leaves it as a withdrawal; the reason it may not, or 0."""
    wallet = state.wallets[state.positions[row.row].wallet]
    if row.amount_atoms < 0 and withdrawable(state, state.positions[row.row].wallet) < -row.amount_atoms:
        return codes.available_balance_must_cover
    wallet.balance_atoms = add(wallet.balance_atoms, row.amount_atoms)
    return 0


@kernel
def add_collateral(state, row, command, out):
    """MOVE_COLLATERAL of an isolated position; the reason it is refused for, or 0."""
    command.kind = codes.MOVE_COLLATERAL
    command.account = row.account
    command.instrument = row.instrument
    command.amount_atoms = row.amount_atoms
    empty_outbox(out)
    move_collateral(state, command, out)
    refused = out.events[0].kind == codes.REJECTED
    empty_outbox(out)
    return out.events[0].reason if refused else 0


@entry
def margin_if(states, commands, undos, outs, rows):
    """Fill a MARGIN_IF row. Leaves its changes in the tables: the caller calls ``put_back``.  VIEW-019"""
    state = states[0]
    row = rows[0]
    row.row = position_of(state, row.account, row.instrument)
    if row.row == 0 or state.positions[row.row].size_lots == 0:
        row.reason = codes.position_must_be_open
        return
    begin(state, undos[0], row.account, row.instrument)
    position = state.positions[row.row]
    row.reason = 0
    row.isolated = position.isolated
    row.needed_atoms = needed_margin(state, row) if row.wanted_units != 0 else 0
    if row.amount_atoms != 0:
        if position.isolated != 0:
            row.reason = add_collateral(state, row, commands[0], outs[0])
        else:
            row.reason = add_cash(state, row)
    refresh_requirement(state, row.row)
    row.collateral_atoms = position.collateral_atoms
    row.available_atoms = available(state, position.wallet)
    row.withdrawable_atoms = withdrawable(state, position.wallet)
    measure_position(state, row)
