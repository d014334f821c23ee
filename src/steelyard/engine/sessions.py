"""The end of a session: at a stamp every open position's profit or loss becomes cash, and losses that the fund could
not pay are shared among the session's winners.

One price per instrument, a bounded walk over the positions, exact: a position's entry value becomes its value at the
price, and the difference moves between clearing and where the position keeps its cash. Equity does not change by it.
"""
from ..codes import SESSION_BEGUN, SESSION_SETTLED, SOCIALIZE_AT_SESSION_BY_ASSET, session_settlement
from ..kernel import gate, kernel, multiply
from ..rules.contract import unit_value
from .events import new_event
from .ledger import balance
from .losses import (
    SCAN_ROWS,
    end_asset_session,
    equity_of,
    losses_waiting,
    release_asset_loss,
    release_session_loss,
)
from .positions import cash_place, realize_at, settle_funding
from .queues import has_pending_changes
from .records import INSTRUMENTS_MAX

RESTING, WALKING = 0, 1


@kernel
def session_is_consistent(terms):
    """True where an instrument's session terms can be carried out: profits are held where sessions end, and a loss is
    shared by asset where they are held.  SESS-001, SESS-004"""
    if terms.session_interval_ns < 0 or not 0 <= terms.session_offset_ns <= terms.session_interval_ns:
        return False
    if not 0 <= terms.session_profit_held <= 1 or not 0 <= terms.session_published <= 1:
        return False
    if terms.socialize_losses == SOCIALIZE_AT_SESSION_BY_ASSET and terms.session_profit_held == 0:
        return False
    return terms.session_profit_held == 0 or terms.session_interval_ns + terms.session_published != 0


@gate
def begin_session_end(state, instrument_id, units, out):
    """Fix the price of a session's end and start the walk; a walk that is still under way goes on instead.  SESS-002"""
    instrument = state.instruments[instrument_id]
    if instrument.session_phase != RESTING or units <= 0:
        return
    instrument.session_price_units = units
    instrument.session_phase = WALKING
    instrument.session_cursor = 1
    state.sessions_ending += 1
    if instrument.terms.session_profit_held != 0:
        end_asset_session(state, instrument.terms.settlement_asset)
    event = new_event(state, out, SESSION_BEGUN)
    event.instrument = instrument_id
    event.asset = instrument.terms.settlement_asset
    event.price_units = units
    event.value_atoms = unit_value(instrument.terms, units)
    event.size_lots = instrument.open_interest_lots
    event.reason = session_settlement


# ---------------------------------------------------------------- one position
@kernel
def is_left_out(state, position_row, realized_atoms):
    """Whether a position waits for its liquidation instead, or is isolated and could not bear the loss in cash."""
    position = state.positions[position_row]
    if position.isolated == 0:
        return state.wallets[position.wallet].liquidation != 0
    return position.liquidation != 0 or position.collateral_atoms + realized_atoms < 0


@gate
def settle_session_of(state, position_row, out):
    """Turn one position's profit or loss at the session's price into cash.  SESS-003"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    settle_funding(state, position_row, out)
    value = multiply(position.size_lots, unit_value(instrument.terms, instrument.session_price_units))
    realized = value - position.entry_value_atoms
    if realized == 0 or is_left_out(state, position_row, realized):
        return
    realize_at(state, position_row, value)
    event = new_event(state, out, SESSION_SETTLED)
    event.account = position.account
    event.instrument = position.instrument
    event.asset = instrument.terms.settlement_asset
    event.size_lots = position.size_lots
    event.price_units = instrument.session_price_units
    event.value_atoms = value
    event.realized_atoms = realized
    event.cash_atoms = balance(state, cash_place(state, position_row))
    event.collateral_atoms = position.collateral_atoms
    event.equity_atoms = equity_of(state, position_row)
    event.reason = session_settlement


# ---------------------------------------------------------------- the walk
@kernel
def walk_session(state, instrument_id, out):
    """Walk on to the next open position of the instrument and settle it; one bounded stretch of rows.

    Without a loss to share the session's profit begins anew here, else when it is looked at for its share (LOSS-006).
    """
    instrument = state.instruments[instrument_id]
    last = min(instrument.session_cursor + SCAN_ROWS, state.positions_pool.high_water + 1)
    while instrument.session_cursor < last:
        position_row = instrument.session_cursor
        instrument.session_cursor += 1
        position = state.positions[position_row]
        if position.instrument == instrument_id:
            is_open = position.size_lots != 0
            if is_open:
                settle_session_of(state, position_row, out)
            if instrument.session_loss_atoms == 0:
                position.session_start_atoms = position.realized_atoms
            if is_open:
                return
    if instrument.session_cursor > state.positions_pool.high_water:
        end_walk(state, instrument_id)


@kernel
def end_walk(state, instrument_id):
    """The walk is done: a loss that waited for it is shared out now."""
    instrument = state.instruments[instrument_id]
    instrument.session_phase = RESTING
    state.sessions_ending -= 1
    release_session_loss(state, instrument_id)
    if instrument.terms.session_profit_held != 0:
        end_asset_session(state, instrument.terms.settlement_asset)


@kernel
def ending_instrument(state):
    """The lowest instrument whose session is ending; 0 if none."""
    for instrument_id in range(1, INSTRUMENTS_MAX):
        if state.instruments[instrument_id].session_phase != RESTING:
            return instrument_id
    return 0


@gate
def drain_sessions(state, out, budget):
    """Up to ``budget`` units of work on the lowest instrument whose session is ending, then on assets; returns the work
    done.  SESS-003, LOSS-007

    Waits (0) for liquidations, deleveraging and losses; comes back early when a step changed positions.
    """
    work = 0
    while work < budget and state.sessions_ending > 0 and not has_pending_changes(state) and (
            state.liquidation_ring.count == 0 and state.adl.phase == 0 and not losses_waiting(state)):
        instrument_id = ending_instrument(state)
        instrument = state.instruments[instrument_id]
        if instrument_id == 0:
            release_asset_loss(state)
        elif instrument.settle_phase != 0:            # the contract ends altogether
            end_walk(state, instrument_id)
        else:
            walk_session(state, instrument_id, out)
        work += 1
    return work
