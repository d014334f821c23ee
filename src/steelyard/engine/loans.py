"""Loans that positions were opened with: a fee when a position grows, then one every period while it is held.

A loan stands at its position's row. Those of an instrument are linked by when their next fee is due. Fees go to the
venue, which lent: they are booked as what holding a position costs (FUNDING_SETTLED), with a reason of their own.
"""
from ..codes import FUNDING_SETTLED, loan_opened, loan_rolled_over
from ..kernel import gate, kernel, multiply_divide_up
from ..units import PPB
from .events import new_event
from .ledger import system_place, transfer
from .positions import cash_place, note_result
from .queues import has_pending_changes, mark_dirty
from .records import FEES_ACCOUNT


# ---------------------------------------------------------------- the list
@kernel
def link_loan(state, position_row, due_ns):
    """Put a loan into its instrument's list behind all that are due no later. New ones belong at the end; the walk back
    passes those that were linked while others were late."""
    instrument = state.instruments[state.positions[position_row].instrument]
    loan = state.loans[position_row]
    loan.due_ns = due_ns
    before = instrument.last_loan
    while before != 0 and state.loans[before].due_ns > due_ns:
        before = state.loans[before].previous
    loan.previous = before
    if before == 0:
        loan.next = instrument.first_loan
        instrument.first_loan = position_row
    else:
        loan.next = state.loans[before].next
        state.loans[before].next = position_row
    if loan.next == 0:
        instrument.last_loan = position_row
    else:
        state.loans[loan.next].previous = position_row
    if state.loan_due_ns == 0 or due_ns < state.loan_due_ns:
        state.loan_due_ns = due_ns


@kernel
def unlink_loan(state, position_row):
    """Take a loan out of its instrument's list. The earliest time is found anew when it comes."""
    instrument = state.instruments[state.positions[position_row].instrument]
    loan = state.loans[position_row]
    if loan.previous == 0:
        instrument.first_loan = loan.next
    else:
        state.loans[loan.previous].next = loan.next
    if loan.next == 0:
        instrument.last_loan = loan.previous
    else:
        state.loans[loan.next].previous = loan.previous
    loan.next = 0
    loan.previous = 0
    loan.due_ns = 0


# ---------------------------------------------------------------- fees
@gate
def charge(state, position_row, borrowed_atoms, rate_ppb, reason, out):
    """FUNDING_SETTLED: a fee on what was borrowed, rounded up, from the position's cash to the venue's fees.  LOAN-001,
    LOAN-002"""
    position = state.positions[position_row]
    atoms = multiply_divide_up(borrowed_atoms, rate_ppb, PPB)
    if atoms == 0:
        return
    asset = state.instruments[position.instrument].terms.settlement_asset
    transfer(state, cash_place(state, position_row), system_place(state, FEES_ACCOUNT, asset), atoms)
    note_result(state, position_row, -atoms)
    event = new_event(state, out, FUNDING_SETTLED)
    event.account = position.account
    event.instrument = position.instrument
    event.asset = asset
    event.size_lots = position.size_lots
    event.cash_atoms = -atoms
    event.collateral_atoms = position.collateral_atoms
    event.reason = reason
    mark_dirty(state, position_row)


@kernel
def grown_atoms(state, position_row):
    """What a position grew by, at entry, since its loan was last looked at; all of it where it began or turned."""
    position = state.positions[position_row]
    loan = state.loans[position_row]
    if position.size_lots == 0 or position.size_lots == loan.lots:
        return 0
    if loan.lots == 0 or (loan.lots > 0) != (position.size_lots > 0):
        return abs(position.entry_value_atoms)
    if abs(position.size_lots) > abs(loan.lots):
        return max(0, abs(position.entry_value_atoms) - loan.entry_atoms)
    return 0


@kernel
def opening_rate(terms, size_lots):
    """Rate in ppb of the opening fee of a loan for a position of this side; 0 where nobody lends.  LOAN-001"""
    if terms.loan_period_ns == 0:
        return 0
    return terms.loan_opening_long_ppb if size_lots > 0 else terms.loan_opening_short_ppb


@gate
def opening_fee(state, position_row):
    """What :func:`follow_position` is going to charge the position, in atoms; for previews.  LOAN-001"""
    position = state.positions[position_row]
    rate = opening_rate(state.instruments[position.instrument].terms, position.size_lots)
    return multiply_divide_up(grown_atoms(state, position_row), rate, PPB) if rate != 0 else 0


@gate
def follow_position(state, position_row, out):
    """After a change of a position: what it grew by was borrowed and pays the opening fee; a position that began, or
    turned, begins a loan at the rate of now; one that is gone ends it.  LOAN-001"""
    position = state.positions[position_row]
    loan = state.loans[position_row]
    size = position.size_lots
    held = loan.lots
    if size == held:
        return
    grown = grown_atoms(state, position_row)
    loan.lots = size
    loan.entry_atoms = abs(position.entry_value_atoms)
    if loan.due_ns != 0 and (size == 0 or (held > 0) != (size > 0)):
        unlink_loan(state, position_row)
    terms = state.instruments[position.instrument].terms
    if size == 0 or terms.loan_period_ns == 0:
        return
    if loan.due_ns == 0:
        loan.rate_ppb = terms.loan_rollover_long_ppb if size > 0 else terms.loan_rollover_short_ppb
        link_loan(state, position_row, state.now_ns + terms.loan_period_ns)
    if grown != 0:
        charge(state, position_row, grown, opening_rate(terms, size), loan_opened, out)


@gate
def roll_over(state, position_row, out):
    """One period of a loan is over: its fee, and the next period. Where terms lend no more the loan ends.  LOAN-002"""
    position = state.positions[position_row]
    loan = state.loans[position_row]
    due_ns = loan.due_ns
    period_ns = state.instruments[position.instrument].terms.loan_period_ns
    unlink_loan(state, position_row)
    if period_ns == 0:
        return
    link_loan(state, position_row, due_ns + period_ns)
    charge(state, position_row, abs(position.entry_value_atoms), loan.rate_ppb, loan_rolled_over, out)


# ---------------------------------------------------------------- time
@kernel
def earliest_loan(state):
    """The position whose loan is due first, of all instruments; 0 where nobody borrowed."""
    found = 0
    for instrument_id in range(1, state.instrument_last + 1):
        first = state.instruments[instrument_id].first_loan
        if first != 0 and (found == 0 or state.loans[first].due_ns < state.loans[found].due_ns):
            found = first
    return found


@gate
def drain_loans(state, out, budget):
    """Roll over what is due, earliest first, ``budget`` loans at most; returns the work done. Comes back early when a
    fee changed a position.  LOAN-002"""
    work = 0
    while work < budget and state.loans_due != 0 and not has_pending_changes(state):
        row = earliest_loan(state)
        if row == 0 or state.loans[row].due_ns > state.now_ns:
            state.loans_due = 0
            state.loan_due_ns = 0 if row == 0 else state.loans[row].due_ns
        else:
            roll_over(state, row, out)
        work += 1
    return work
