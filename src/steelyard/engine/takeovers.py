"""Positions held by the liquidation engine: the table, its lists, and what a fill or a closing does to a row and to the
fund.

Only this module changes takeovers. How they are sold stands in ``disposal``, who takes them at their own price in
``adl``. A takeover has no cash: profit and loss against its entry value moves between the instrument's clearing and the
insurance fund.
"""
from ..codes import (
    BUY,
    CASH_MOVED,
    CLIENT_OWES_NOTHING,
    SELL,
    TAKEOVER_CLOSED,
    TAKEOVER_REDUCED,
    insurance_deficit,
    insurance_surplus,
    recourse,
    trade,
)
from ..kernel import add, gate, kernel, multiply, multiply_divide_down
from ..rules.contract import share_down, share_up
from ..rules.liquidation import ticks_at_value, units_at_value
from ..units import PPB
from .events import new_event
from .ledger import clearing_place, insurance_atoms, insurance_place, transfer, wallet_place
from .losses import announce_fund, cover_loss
from .positions import count_open_interest, member, wallet_of
from .queues import mark_dirty
from .records import SYSTEM_ORDER_BASE, TAKEOVERS_MAX

OWED_MAX_ATOMS = 1 << 59
"""More than any takeover can lose."""


# ---------------------------------------------------------------- rows and lists
@kernel
def next_system_order_id(state):
    """A new id for an order that the engine itself places: above every customer's."""
    state.system_order_count += 1
    return SYSTEM_ORDER_BASE + state.system_order_count


@kernel
def has_takeover_room(state, rows):
    """Whether ``rows`` more takeovers fit the table, so that a group is taken over whole or not at all."""
    return state.takeovers_pool.live + rows < TAKEOVERS_MAX


@kernel
def take_row(state):
    """A free takeover row; the caller has made sure of room."""
    pool = state.takeovers_pool
    row = pool.free
    if row != 0:
        pool.free = state.takeovers[row].next_takeover
    else:
        row = pool.high_water + 1
        pool.high_water = row
    pool.live += 1
    return row


@kernel
def list_instrument(state, instrument_id):
    """Put an instrument at the head of the list of those with takeovers."""
    instrument = state.instruments[instrument_id]
    instrument.previous_disposing = 0
    instrument.next_disposing = state.first_disposing
    if state.first_disposing != 0:
        state.instruments[state.first_disposing].previous_disposing = instrument_id
    state.first_disposing = instrument_id


@kernel
def unlist_instrument(state, instrument_id):
    """Take an instrument without takeovers out of the list."""
    instrument = state.instruments[instrument_id]
    if instrument.previous_disposing != 0:
        state.instruments[instrument.previous_disposing].next_disposing = instrument.next_disposing
    else:
        state.first_disposing = instrument.next_disposing
    if instrument.next_disposing != 0:
        state.instruments[instrument.next_disposing].previous_disposing = instrument.previous_disposing
    instrument.next_disposing = 0
    instrument.previous_disposing = 0
    instrument.disposal_next_ns = 0


@kernel
def link_takeover(state, row):
    """Put a takeover at the end of its instrument's list: the oldest is disposed of first."""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    takeover.previous_takeover = instrument.last_takeover
    takeover.next_takeover = 0
    if instrument.last_takeover != 0:
        state.takeovers[instrument.last_takeover].next_takeover = row
    else:
        instrument.first_takeover = row
        list_instrument(state, takeover.instrument)
    instrument.last_takeover = row
    if takeover.size_lots > 0:
        instrument.takeovers_long += 1
    else:
        instrument.takeovers_short += 1
    if instrument.takeover_cursor == 0:
        instrument.disposal_next_ns = max(1, state.now_ns)


@kernel
def unlink_takeover(state, row):
    """Take a takeover out of its instrument's list and give its row back; a walk that stands on it moves on."""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    if instrument.takeover_cursor == row:
        instrument.takeover_cursor = takeover.next_takeover
    if takeover.previous_takeover != 0:
        state.takeovers[takeover.previous_takeover].next_takeover = takeover.next_takeover
    else:
        instrument.first_takeover = takeover.next_takeover
    if takeover.next_takeover != 0:
        state.takeovers[takeover.next_takeover].previous_takeover = takeover.previous_takeover
    else:
        instrument.last_takeover = takeover.previous_takeover
    if takeover.taken_lots > 0:
        instrument.takeovers_long -= 1
    else:
        instrument.takeovers_short -= 1
    if instrument.first_takeover == 0:
        unlist_instrument(state, takeover.instrument)
    takeover.previous_takeover = 0
    takeover.order_id = 0
    takeover.account = 0
    takeover.instrument = 0
    pool = state.takeovers_pool
    takeover.next_takeover = pool.free
    pool.free = row
    pool.live -= 1


@gate
def price_takeover(state, row):
    """Recompute the bankruptcy price of what is left: at it, or better, selling loses nothing. 0 where there is no such
    price."""
    takeover = state.takeovers[row]
    terms = state.instruments[takeover.instrument].terms
    takeover.bankruptcy_units = units_at_value(terms, takeover.size_lots, takeover.entry_value_atoms)
    takeover.bankruptcy_ticks = ticks_at_value(terms, takeover.size_lots, takeover.entry_value_atoms)


@gate
def open_takeover(state, position_row, entry_value_atoms):
    """A new takeover of a position's whole size at an exact signed value; returns its row. The account's side is not
    touched."""
    row = take_row(state)
    position = state.positions[position_row]
    takeover = state.takeovers[row]
    takeover.size_lots = position.size_lots
    takeover.taken_lots = position.size_lots
    takeover.entry_value_atoms = entry_value_atoms
    takeover.order_id = next_system_order_id(state)
    takeover.opened_ns = state.now_ns
    takeover.next_action_ns = state.now_ns
    takeover.surplus_atoms = 0
    takeover.is_posted = 0
    takeover.account = position.account
    takeover.instrument = position.instrument
    price_takeover(state, row)
    link_takeover(state, row)
    count_open_interest(state, takeover.instrument, 0, takeover.size_lots)
    return row


# ---------------------------------------------------------------- looking
@kernel
def closing_side(takeover):
    """The side of the orders that dispose of a takeover."""
    return SELL if takeover.size_lots > 0 else BUY


@kernel
def deficit_at_mark(state, row):
    """What disposing of all that is left at the mark would lose; < 0 where it would gain.  ADLV-005"""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    return takeover.entry_value_atoms - multiply(takeover.size_lots, instrument.mark_unit_value_atoms)


@kernel
def entry_part(takeover, lots):
    """Entry value of ``lots`` (absolute) of a takeover, rounded down; all that is left for the last ones."""
    if lots == abs(takeover.size_lots):
        return takeover.entry_value_atoms
    return share_down(takeover.entry_value_atoms, lots, abs(takeover.size_lots))


# ---------------------------------------------------------------- the fund
@gate
def is_owed(state, row):
    """Whether the loss of a takeover is its former owner's: terms say so, and the owner's class is not protected from
    negative balances.  LOSS-020"""
    takeover = state.takeovers[row]
    instrument = state.instruments[takeover.instrument]
    if instrument.terms.recourse == 0 or takeover.account == 0:
        return False
    rule = instrument.client_rules[state.accounts[takeover.account].client_class]
    return rule.flags & CLIENT_OWES_NOTHING == 0


@kernel
def fund_allowance(state, row):
    """What the fund may still pay for a takeover: its share of the fund, less what was paid for it before; no end where
    its former owner owes the loss.  LIQD-012, LOSS-020"""
    if is_owed(state, row):
        return OWED_MAX_ATOMS
    takeover = state.takeovers[row]
    fund = insurance_atoms(state, takeover.instrument)
    spent = max(0, -takeover.surplus_atoms)
    share = multiply_divide_down(fund + spent, state.instruments[takeover.instrument].terms.fund_share_ppb, PPB)
    return max(0, min(fund, share - spent))


@gate
def lose(state, row, atoms, out):
    """Bring a takeover's loss of ``atoms`` > 0 into clearing: from its former owner's wallet, which may fall below
    zero, where that one owes it; else the way of all losses.  LOSS-002, LOSS-020"""
    takeover = state.takeovers[row]
    asset = state.instruments[takeover.instrument].terms.settlement_asset
    wallet_row = 0
    if is_owed(state, row):
        wallet_row = wallet_of(state, takeover.account, asset)
    if wallet_row == 0:
        cover_loss(state, takeover.instrument, atoms, out)
        return
    transfer(state, wallet_place(wallet_row), clearing_place(takeover.instrument), atoms)
    state.owed_atoms[asset] = add(state.owed_atoms[asset], atoms)
    wallet = state.wallets[wallet_row]
    if wallet.position_count > 0:
        mark_dirty(state, member(state, wallet, 0))
    event = new_event(state, out, CASH_MOVED)
    event.account = takeover.account
    event.instrument = takeover.instrument
    event.asset = asset
    event.cash_atoms = -atoms
    event.equity_atoms = wallet.balance_atoms
    event.reason = recourse


@kernel
def settle_result(state, row, realized_atoms, out):
    """Move a takeover's result between clearing and the fund, or its former owner.  LOSS-001

    Limits are chosen so that the fund can pay every loss in the book (LIQD-012); what it cannot pay goes the way of all
    losses.
    """
    instrument_id = state.takeovers[row].instrument
    if realized_atoms > 0:
        transfer(state, clearing_place(instrument_id), insurance_place(state, instrument_id), realized_atoms)
        announce_fund(state, instrument_id, realized_atoms, insurance_surplus, out)
    elif realized_atoms < 0:
        lose(state, row, -realized_atoms, out)


# ---------------------------------------------------------------- fills
@kernel
def announce_reduced(state, row, lots, reason, out):
    """TAKEOVER_REDUCED by ``lots``; the caller adds value, result and rate."""
    takeover = state.takeovers[row]
    event = new_event(state, out, TAKEOVER_REDUCED)
    event.account = takeover.account
    event.instrument = takeover.instrument
    event.asset = state.instruments[takeover.instrument].terms.settlement_asset
    event.order_id = takeover.order_id
    event.price_ticks = takeover.bankruptcy_ticks
    event.price_units = takeover.bankruptcy_units
    event.size_lots = lots
    event.remaining_lots = abs(takeover.size_lots)
    event.side = closing_side(takeover)
    event.reason = reason
    return event


@kernel
def drop_lots(state, row, signed_lots, part_atoms):
    """Take lots and their entry value off a takeover; cash is the caller's matter."""
    takeover = state.takeovers[row]
    before = takeover.size_lots
    takeover.size_lots += signed_lots
    takeover.entry_value_atoms = add(takeover.entry_value_atoms, -part_atoms)
    count_open_interest(state, takeover.instrument, before, takeover.size_lots)


@gate
def finish_takeover(state, row, reason, out):
    """TAKEOVER_CLOSED with its whole result, and the row is free again."""
    takeover = state.takeovers[row]
    event = new_event(state, out, TAKEOVER_CLOSED)
    event.account = takeover.account
    event.instrument = takeover.instrument
    event.asset = state.instruments[takeover.instrument].terms.settlement_asset
    event.order_id = takeover.order_id
    event.size_lots = abs(takeover.taken_lots)
    event.realized_atoms = takeover.surplus_atoms
    event.reason = reason
    unlink_takeover(state, row)


@gate
def reduce_takeover(state, row, signed_lots, value_atoms, reason, out):
    """Close ``signed_lots`` (opposing the size) of a takeover for ``value_atoms`` and settle the result with the fund.
    LIQD-010

    The entry value of the part is rounded so that neither the fund nor a later fill pays for the rounding: up while
    selling does not lose (what is left gets cheaper), down where the fund pays. Returns the result in atoms.
    """
    takeover = state.takeovers[row]
    lots = abs(signed_lots)
    part = takeover.entry_value_atoms
    if lots < abs(takeover.size_lots):
        part = share_up(takeover.entry_value_atoms, lots, abs(takeover.size_lots))
        if -value_atoms - part < 0:
            part = share_down(takeover.entry_value_atoms, lots, abs(takeover.size_lots))
    realized = -value_atoms - part
    event = announce_reduced(state, row, lots, reason, out)
    drop_lots(state, row, signed_lots, part)
    event.remaining_lots = abs(takeover.size_lots)
    event.value_atoms = value_atoms
    event.realized_atoms = realized
    takeover.surplus_atoms = add(takeover.surplus_atoms, realized)
    settle_result(state, row, realized, out)
    if takeover.size_lots == 0:
        finish_takeover(state, row, reason, out)
    return realized


@kernel
def fill_takeover(state, row, signed_lots, value_atoms, out):
    """Matching's door: a fill of a takeover's order worth ``value_atoms`` (= signed lots x unit value). Returns its
    result."""
    return reduce_takeover(state, row, signed_lots, value_atoms, trade, out)


@gate
def write_down(state, row, out):
    """Bring a takeover's entry value to the mark: its loss is paid now, by fund, winners or as deficit.  LOSS-004"""
    takeover = state.takeovers[row]
    loss = deficit_at_mark(state, row)
    if loss <= 0:
        return
    lose(state, row, loss, out)
    takeover.entry_value_atoms = add(takeover.entry_value_atoms, -loss)
    takeover.surplus_atoms = add(takeover.surplus_atoms, -loss)
    price_takeover(state, row)
    event = announce_reduced(state, row, 0, insurance_deficit, out)
    event.realized_atoms = -loss
