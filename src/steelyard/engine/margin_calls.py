"""Margin calls: a wallet whose equity has come down to maintenance is given time, down to a close-out level.

Only the cross group of a wallet is called; an isolated position is liquidated at once. A called group stands in the
table of calls until the call is met or missed, or the group is at its close-out level; who decides is the first step of
the liquidation ladder, so every group takes one road.
"""
from ..codes import (
    MARGIN_CALL_ENDED,
    MARGIN_CALLED,
    close_out_reached,
    margin_call_met,
    margin_call_missed,
)
from ..kernel import add, gate, kernel
from ..rules.margin_calls import call_requirement, close_out_requirement, due_atoms
from ..rules.requirement import initial_with_reserve
from ..units import PPB
from .events import new_event
from .groups import available, group_equity, group_maintenance, position_maintenance
from .positions import member
from .queues import push_liquidation
from .records import MARGIN_CALLS_MAX

HOLD = -1
"""What :func:`decide` says where the group is left alone."""


# ---------------------------------------------------------------- looking
@kernel
def is_called(state, row, isolated):
    """Whether a group is under a margin call."""
    return isolated == 0 and state.call_count != 0 and state.wallet_calls[row] != 0


@gate
def call_term(state, wallet_row, close_out):
    """The term that holds for a wallet: the shortest time to cure over its cross positions (0: none), or with
    ``close_out`` the highest close-out share.  CALL-001, CALL-002"""
    wallet = state.wallets[wallet_row]
    shortest = 1 << 62
    highest = 0
    for index in range(wallet.position_count):
        position = state.positions[member(state, wallet, index)]
        if position.isolated == 0 and position.size_lots != 0:
            terms = state.instruments[position.instrument].terms
            shortest = min(shortest, terms.margin_call_cure_ns)
            highest = max(highest, terms.close_out_ppb)
    return highest if close_out != 0 else shortest


@gate
def early_level(state, wallet_row, releases):
    """Equity below which a wallet is called where a position's terms call before maintenance is reached; with
    ``releases`` what a liquidation brings it back to: its initial margin. 0 where no call comes early.  CALL-004"""
    wallet = state.wallets[wallet_row]
    level = 0
    early = 0
    for index in range(wallet.position_count):
        row = member(state, wallet, index)
        position = state.positions[row]
        if position.isolated == 0 and position.size_lots != 0:
            instrument = state.instruments[position.instrument]
            if instrument.terms.margin_call_cure_ns == 0:
                return 0
            share = instrument.terms.call_initial_ppb
            early += share
            initial = 0
            if share != 0 or releases != 0:
                initial = initial_with_reserve(instrument, position, position.tier)
            if releases != 0:
                share = PPB
            level = add(level, call_requirement(position_maintenance(state, row), initial, share))
    return level if early != 0 else 0


@gate
def early_slack(state, wallet_row, slack_atoms):
    """What an uncalled wallet, ``slack_atoms`` > 0 above maintenance, has above the level at which it is called.
    CALL-004"""
    if state.call_count + 1 >= MARGIN_CALLS_MAX:
        return slack_atoms
    level = early_level(state, wallet_row, 0)
    if level == 0:
        return slack_atoms
    return min(slack_atoms, group_equity(state, wallet_row, 0) - level + 1)


@kernel
def is_covered(state, wallet_row, equity_atoms, maintenance_atoms):
    """Whether equity is above maintenance, and at least what lies between it and a call.  CALL-001, CALL-004"""
    if equity_atoms <= maintenance_atoms:
        return False
    return state.early_calls == 0 or equity_atoms >= early_level(state, wallet_row, 0)


@gate
def slack_under_call(state, wallet_row):
    """What a called group has above its close-out level; 0 where the call is met.  CALL-002, CALL-003"""
    call = state.margin_calls[state.wallet_calls[wallet_row]]
    equity = group_equity(state, wallet_row, 0)
    maintenance = group_maintenance(state, wallet_row, 0)
    if is_covered(state, wallet_row, equity, maintenance) and available(state, wallet_row) >= 0:
        return 0
    return equity - close_out_requirement(maintenance, call.close_out_ppb)


# ---------------------------------------------------------------- the table
@kernel
def call_event(state, kind, call_row, reason, out):
    """An event about a call, with equity and requirement as they are."""
    call = state.margin_calls[call_row]
    event = new_event(state, out, kind)
    event.account = state.wallets[call.wallet].account
    event.asset = state.wallets[call.wallet].asset
    event.equity_atoms = group_equity(state, call.wallet, 0)
    event.requirement_atoms = group_maintenance(state, call.wallet, 0)
    event.cash_atoms = call.due_atoms
    event.value_atoms = call.deadline_ns
    event.reason = reason


@gate
def open_call(state, wallet_row, cure_ns, close_out_ppb, out):
    """MARGIN_CALLED: what is due, until when.  CALL-001"""
    state.call_count += 1
    call = state.margin_calls[state.call_count]
    call.wallet = wallet_row
    call.called_ns = state.now_ns
    call.deadline_ns = state.now_ns + cure_ns
    call.close_out_ppb = close_out_ppb
    call.due_atoms = due_atoms(available(state, wallet_row))
    state.wallet_calls[wallet_row] = state.call_count
    if state.call_due_ns == 0 or call.deadline_ns < state.call_due_ns:
        state.call_due_ns = call.deadline_ns
    if state.call_next_ns == 0 or call.deadline_ns < state.call_next_ns:
        state.call_next_ns = call.deadline_ns
    call_event(state, MARGIN_CALLED, state.call_count, 0, out)


@gate
def end_call(state, wallet_row, reason, out):
    """MARGIN_CALL_ENDED; the last call takes its row."""
    row = state.wallet_calls[wallet_row]
    call_event(state, MARGIN_CALL_ENDED, row, reason, out)
    call = state.margin_calls[row]
    last = state.margin_calls[state.call_count]
    call.wallet = last.wallet
    call.called_ns = last.called_ns
    call.deadline_ns = last.deadline_ns
    call.close_out_ppb = last.close_out_ppb
    call.due_atoms = last.due_atoms
    state.wallet_calls[last.wallet] = row
    state.wallet_calls[wallet_row] = 0
    last.wallet = 0
    last.called_ns = 0
    last.deadline_ns = 0
    last.close_out_ppb = 0
    last.due_atoms = 0
    state.call_count -= 1


# ---------------------------------------------------------------- deciding
@gate
def decide(state, wallet_row, out):
    """What becomes of a wallet at or below a level: HOLD where it is left alone (a call is opened, stands, or is met),
    else the reason to liquidate it (0: no calls here).  CALL-001, CALL-002, CALL-003"""
    equity = group_equity(state, wallet_row, 0)
    maintenance = group_maintenance(state, wallet_row, 0)
    if state.wallet_calls[wallet_row] == 0:
        cure_ns = call_term(state, wallet_row, 0)
        covered = is_covered(state, wallet_row, equity, maintenance)
        if covered or cure_ns == 0 or state.call_count + 1 >= MARGIN_CALLS_MAX:
            return 0
        close_out_ppb = call_term(state, wallet_row, 1)
        if equity <= close_out_requirement(maintenance, close_out_ppb):
            return close_out_reached
        open_call(state, wallet_row, cure_ns, close_out_ppb, out)
        return HOLD
    call = state.margin_calls[state.wallet_calls[wallet_row]]
    overdue = state.now_ns >= call.deadline_ns
    covered = is_covered(state, wallet_row, equity, maintenance)
    if covered and (overdue or available(state, wallet_row) >= 0):
        end_call(state, wallet_row, margin_call_met, out)
        return HOLD
    if equity <= close_out_requirement(maintenance, call.close_out_ppb):
        end_call(state, wallet_row, close_out_reached, out)
        return close_out_reached
    if overdue:
        end_call(state, wallet_row, margin_call_missed, out)
        return margin_call_missed
    return HOLD


# ---------------------------------------------------------------- time
@kernel
def begin_due_calls(state):
    """A deadline has passed: every call is looked at once, from the last row down.  CALL-003"""
    if state.call_cursor == 0:
        state.call_cursor = state.call_count
        state.call_next_ns = 0
        if state.call_count == 0:
            state.call_due_ns = 0


@gate
def drain_calls(state, budget):
    """Send overdue groups to the ladder, ``budget`` calls at most; returns how many were looked at. At the end of the
    walk the next deadline is known."""
    done = 0
    while done < budget and state.call_cursor > 0:
        if state.call_cursor <= state.call_count:
            call = state.margin_calls[state.call_cursor]
            if call.deadline_ns <= state.now_ns:
                push_liquidation(state, call.wallet, 0)
            elif state.call_next_ns == 0 or call.deadline_ns < state.call_next_ns:
                state.call_next_ns = call.deadline_ns
        state.call_cursor -= 1
        done += 1
    if state.call_cursor == 0:
        state.call_due_ns = state.call_next_ns
    return done
