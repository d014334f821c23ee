"""The end of an instrument: at a stamp its price is fixed, then every takeover and every position is closed at that
price.

An operator winds a market down with reduce-only first, then a stamp. From the stamp the market stands still; positions
are closed in a bounded walk; at the end sizes and clearing are exactly zero.
"""
from ..codes import (
    CONFIGURED,
    INSTRUMENT_SETTLED,
    INSTRUMENT_STATE_CHANGED,
    POSITION_SETTLED,
    SETTLE_AT_PUBLISHED,
    STATE_HALTED,
    STATE_SETTLED,
    STATE_UNLISTED,
    canceled_by_state,
    instrument_must_be_listed,
    instrument_must_exist,
    session_must_be_over,
    settlement,
    settlement_must_be_in_future,
    settlement_must_be_published,
    value_must_be_in_range,
)
from ..kernel import gate, kernel, multiply
from ..rules.contract import unit_value
from ..rules.fees import fee
from ..rules.mark import highest_mark, lowest_mark
from .collateral import collateral_value
from .disposal import cancel_takeover_order
from .events import new_event, reject
from .groups import group_equity
from .ledger import balance, system_place, transfer, wallet_place
from .losses import SCAN_ROWS, cover_loss, end_asset_session, equity_of, losses_waiting, release_session_loss
from .marks import wake
from .positions import cash_place, change_position, member, settle_funding
from .queues import has_pending_changes
from .records import FEES_ACCOUNT, INSTRUMENTS_MAX
from .sessions import RESTING, begin_session_end
from .settlement_price import settlement_price, start_sampling
from .takeovers import reduce_takeover
from .withdrawal import cancel_position_orders

FINAL, SESSION = 0, 1
"""What a published price is for: the end of the contract, or of a session."""
NOT_SETTLING, CLOSING_TAKEOVERS, CLOSING_POSITIONS, CLOSED, AWAITING_PRICE = 0, 1, 2, 3, 4


# ---------------------------------------------------------------- the stamp
@gate
def schedule_settlement(state, command, out):
    """SCHEDULE_SETTLEMENT -> REJECTED | CONFIGURED.  ``value`` is the stamp in ns; 0 takes a stamp back.  SETL-001"""
    if not 0 < command.instrument < INSTRUMENTS_MAX:
        return reject(state, command, instrument_must_exist, out)
    instrument = state.instruments[command.instrument]
    if instrument.state == STATE_UNLISTED or instrument.settle_phase != NOT_SETTLING:
        return reject(state, command, instrument_must_be_listed, out)
    if command.value != 0 and command.value <= state.now_ns:
        return reject(state, command, settlement_must_be_in_future, out)
    instrument.settle_at_ns = command.value
    start_sampling(state, instrument)
    find_next_stamp(state)
    announce_setting(state, command, out)
    return 0


@kernel
def find_next_stamp(state):
    """Keep the earliest stamp, so that nothing is looked at before it."""
    state.settle_next_ns = 0
    for instrument_id in range(1, INSTRUMENTS_MAX):
        instrument = state.instruments[instrument_id]
        if instrument.settle_at_ns != 0 and instrument.settle_phase == NOT_SETTLING and (
                state.settle_next_ns == 0 or instrument.settle_at_ns < state.settle_next_ns):
            state.settle_next_ns = instrument.settle_at_ns
    if state.settle_next_ns != 0:
        wake(state, state.settle_next_ns)


@gate
def publish_settlement(state, command, out):
    """PUBLISH_SETTLEMENT -> REJECTED | CONFIGURED.  ``value`` is the price of the stamp in mark units, computed
    outside; before the stamp the last one counts, after it the first. ``parameter`` 1: the price of a session's end.
    SETL-008, SESS-002"""
    if not 0 < command.instrument < INSTRUMENTS_MAX:
        return reject(state, command, instrument_must_exist, out)
    instrument = state.instruments[command.instrument]
    waiting = instrument.settle_phase == AWAITING_PRICE
    if instrument.state == STATE_UNLISTED or (instrument.settle_phase != NOT_SETTLING and not waiting):
        return reject(state, command, instrument_must_be_listed, out)
    if not lowest_mark(instrument.terms) <= command.value <= highest_mark(instrument.terms) or (
            not FINAL <= command.parameter <= SESSION):
        return reject(state, command, value_must_be_in_range, out)
    if command.parameter == SESSION:
        if instrument.terms.session_published == 0 or waiting:
            return reject(state, command, settlement_must_be_published, out)
        if instrument.session_phase != RESTING:
            return reject(state, command, session_must_be_over, out)
        announce_setting(state, command, out)
        begin_session_end(state, command.instrument, command.value, out)
        return 0
    if instrument.terms.settlement_method != SETTLE_AT_PUBLISHED:
        return reject(state, command, settlement_must_be_published, out)
    instrument.settle_published_units = command.value
    announce_setting(state, command, out)
    if waiting:
        begin_closing(state, command.instrument, out)
    return 0


@kernel
def announce_setting(state, command, out):
    """CONFIGURED: a stamp or a published price."""
    event = new_event(state, out, CONFIGURED)
    event.instrument = command.instrument
    event.price_units = command.value
    event.order_type = command.kind
    event.reason = settlement


@kernel
def begin_closing(state, instrument_id, out):
    """The price is known: what is open is closed at it from now on.  SETL-002"""
    instrument = state.instruments[instrument_id]
    if instrument.settle_price_units == 0:
        instrument.settle_price_units = settlement_price(instrument)
    instrument.settle_phase = CLOSING_TAKEOVERS
    instrument.settle_cursor = 1
    state.settling += 1
    announce_halt(state, instrument_id, out)


@kernel
def announce_halt(state, instrument_id, out):
    """INSTRUMENT_STATE_CHANGED to halted, with the settlement price, 0 while it is awaited."""
    event = new_event(state, out, INSTRUMENT_STATE_CHANGED)
    event.instrument = instrument_id
    event.price_units = state.instruments[instrument_id].settle_price_units
    event.reason = settlement
    event.flags = STATE_HALTED


@gate
def begin_due_settlements(state, out):
    """Fix the price of every instrument whose stamp has come and stop its market: before the command at that time runs.
    SETL-002"""
    if state.settle_next_ns == 0 or state.now_ns < state.settle_next_ns:
        return
    for instrument_id in range(1, INSTRUMENTS_MAX):
        instrument = state.instruments[instrument_id]
        if 0 < instrument.settle_at_ns <= state.now_ns and instrument.settle_phase == NOT_SETTLING:
            instrument.state = STATE_HALTED
            instrument.breaker_until_ns = 0
            if settlement_price(instrument) != 0:
                begin_closing(state, instrument_id, out)
            else:
                instrument.settle_phase = AWAITING_PRICE
                announce_halt(state, instrument_id, out)
    find_next_stamp(state)


# ---------------------------------------------------------------- closing
@kernel
def close_takeover(state, instrument_id, out):
    """Close the oldest takeover at the settlement price; its result goes to the fund or the way of all losses.
    SETL-003"""
    instrument = state.instruments[instrument_id]
    row = instrument.first_takeover
    cancel_takeover_order(state, row, out)
    size = state.takeovers[row].size_lots
    value = multiply(size, unit_value(instrument.terms, instrument.settle_price_units))
    reduce_takeover(state, row, -size, -value, settlement, out)


@kernel
def holds_others(state, position_row):
    """Whether the group of a position holds another position with a size."""
    position = state.positions[position_row]
    if position.isolated != 0:
        return False
    wallet = state.wallets[position.wallet]
    for index in range(wallet.position_count):
        other = member(state, wallet, index)
        if other != position_row and state.positions[other].isolated == 0 and state.positions[other].size_lots != 0:
            return True
    return False


@kernel
def take_settlement_fee(state, position_row, value_atoms):
    """Charge the settlement fee on a value >= 0, as far as the wallet has cash and equity; returns what was paid.
    SETL-009"""
    position = state.positions[position_row]
    terms = state.instruments[position.instrument].terms
    if terms.settlement_fee_ppb == 0:
        return 0
    wallet = wallet_place(position.wallet)
    most = min(balance(state, wallet), group_equity(state, position.wallet, 0))
    atoms = max(0, min(fee(value_atoms, terms.settlement_fee_ppb), most))
    transfer(state, wallet, system_place(state, FEES_ACCOUNT, terms.settlement_asset), atoms)
    return atoms


@gate
def settle_position(state, position_row, out):
    """Close one position at the settlement price. A group left with nothing but a debt is brought to zero, at the cost
    of the fund and those behind it.  SETL-004"""
    position = state.positions[position_row]
    instrument_id = position.instrument
    instrument = state.instruments[instrument_id]
    settle_funding(state, position_row, out)
    size = position.size_lots
    if size != 0:
        value = multiply(size, unit_value(instrument.terms, instrument.settle_price_units))
        shortfall = 0
        if not holds_others(state, position_row):
            cash = position.collateral_atoms
            if position.isolated == 0:
                wallet = state.wallets[position.wallet]
                cash = balance(state, wallet_place(position.wallet)) + collateral_value(state, wallet)
            shortfall = max(0, -(cash + value - position.entry_value_atoms))
        realized = change_position(state, position_row, -size, -value - shortfall)
        if shortfall > 0:
            cover_loss(state, instrument_id, shortfall, out)
        charged = take_settlement_fee(state, position_row, abs(value))
        event = new_event(state, out, POSITION_SETTLED)
        event.account = position.account
        event.instrument = instrument_id
        event.asset = instrument.terms.settlement_asset
        event.size_lots = size
        event.price_units = instrument.settle_price_units
        event.value_atoms = value
        event.realized_atoms = realized
        event.fee_atoms = charged
        event.cash_atoms = balance(state, cash_place(state, position_row))
        event.collateral_atoms = position.collateral_atoms
        event.equity_atoms = equity_of(state, position_row)
        event.requirement_atoms = shortfall
        event.reason = settlement
    cancel_position_orders(state, position_row, canceled_by_state, out)


@kernel
def close_next_position(state, instrument_id, out):
    """Walk on to the next position of the instrument and close it; one bounded stretch of rows."""
    instrument = state.instruments[instrument_id]
    last = min(instrument.settle_cursor + SCAN_ROWS, state.positions_pool.high_water + 1)
    while instrument.settle_cursor < last:
        position_row = instrument.settle_cursor
        instrument.settle_cursor += 1
        position = state.positions[position_row]
        if position.instrument == instrument_id and (
                position.size_lots != 0 or position.order_count != 0 or position.trigger_count != 0):
            settle_position(state, position_row, out)
            return
    if instrument.settle_cursor > state.positions_pool.high_water:
        instrument.settle_phase = CLOSED


@kernel
def end_settlement(state, instrument_id, out):
    """INSTRUMENT_SETTLED. ``equity_atoms`` is what is left in clearing, ``size_lots`` the open interest: both zero.
    SETL-005"""
    instrument = state.instruments[instrument_id]
    instrument.state = STATE_SETTLED
    instrument.settle_at_ns = 0
    release_session_loss(state, instrument_id)
    if instrument.terms.session_profit_held != 0:
        end_asset_session(state, instrument.terms.settlement_asset)
    state.settling -= 1
    event = new_event(state, out, INSTRUMENT_SETTLED)
    event.instrument = instrument_id
    event.asset = instrument.terms.settlement_asset
    event.price_units = instrument.settle_price_units
    event.size_lots = instrument.open_interest_lots
    event.equity_atoms = instrument.clearing_atoms


@kernel
def settling_instrument(state):
    """The lowest instrument that is being settled; 0 if none."""
    if state.settling == 0:
        return 0
    for instrument_id in range(1, INSTRUMENTS_MAX):
        instrument = state.instruments[instrument_id]
        if NOT_SETTLING < instrument.settle_phase <= CLOSED and instrument.state != STATE_SETTLED:
            return instrument_id
    return 0


@kernel
def settlement_waiting(state):
    """Whether :func:`drain_settlement` has anything to do."""
    return state.settling > 0


@kernel
def may_settle(state):
    """Liquidations, deleveraging and losses that are under way come first."""
    return state.liquidation_ring.count == 0 and state.adl.phase == 0 and not losses_waiting(state)


@gate
def drain_settlement(state, out, budget):
    """Up to ``budget`` units of work on the lowest instrument being settled; returns the work done.  SETL-003

    Waits (0) for liquidations, deleveraging and losses; comes back early when a step changed positions.
    """
    work = 0
    while work < budget and state.settling > 0 and may_settle(state) and not has_pending_changes(state):
        instrument_id = settling_instrument(state)
        instrument = state.instruments[instrument_id]
        if instrument.first_takeover != 0:
            close_takeover(state, instrument_id, out)
        elif instrument.settle_phase == CLOSING_TAKEOVERS:
            instrument.settle_phase = CLOSING_POSITIONS
        elif instrument.settle_phase == CLOSING_POSITIONS:
            close_next_position(state, instrument_id, out)
        else:
            end_settlement(state, instrument_id, out)
        work += 1
    return work
