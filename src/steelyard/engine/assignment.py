"""Assignment: accounts that opted in take what the liquidation engine holds, at its own price, before anybody is
deleveraged.

An account says per instrument how much it takes at one time, up to which position, and of which side. A takeover is
split evenly among those who may and can; what they leave goes on down the ladder.
"""
from .. import codes
from ..kernel import divide_up, gate, kernel, multiply, multiply_divide_up
from ..rules.assignment import even_share, has_edge, lots_borne
from ..rules.margin import initial_rate, is_sloped, tier_of
from ..units import PPB
from .brackets import position_shrunk
from .configuration import announce
from .events import new_event, reject
from .groups import available, may_unpledge, refresh_requirement, unpledge
from .losses import tell_handed
from .positions import activate, change_position, ensure_position, settle_funding
from .records import ASSIGNEES_PER_INSTRUMENT, SIZE_LOTS_MAX
from .takeovers import announce_reduced, deficit_at_mark, drop_lots, entry_part, finish_takeover

SIDES_BOTH = codes.ASSIGN_LONG | codes.ASSIGN_SHORT


# ---------------------------------------------------------------- who takes part
@kernel
def assignee_slot(state, instrument_id, account):
    """The row of an account among those of an instrument, or the first free one; 0 where there is neither."""
    free = 0
    for slot in range(ASSIGNEES_PER_INSTRUMENT):
        row = instrument_id * ASSIGNEES_PER_INSTRUMENT + slot
        if state.assignees[row].account == account:
            return row
        if free == 0 and state.assignees[row].account == 0:
            free = row
    return free


@kernel
def objection_assignee(state, command):
    """What a standing preference asks: a listed instrument, an open account, sizes within bounds, a side."""
    if not 0 < command.instrument < len(state.instruments):
        return codes.instrument_must_exist
    if state.instruments[command.instrument].state == codes.STATE_UNLISTED:
        return codes.instrument_must_be_listed
    if not 0 < command.account < len(state.accounts) or state.accounts[command.account].is_open == 0:
        return codes.account_must_be_open
    if not 0 <= command.size_lots <= SIZE_LOTS_MAX or not 0 <= command.display_lots <= SIZE_LOTS_MAX:
        return codes.value_must_be_in_range
    if command.flags & ~SIDES_BOTH or (command.size_lots > 0 and command.flags == 0):
        return codes.flags_must_be_compatible
    return codes.NONE


@gate
def set_assignee(state, command, out):
    """SET_ASSIGNEE -> REJECTED | CONFIGURED. A size of zero takes the account off the list.  LIQD-031"""
    objection = objection_assignee(state, command)
    row = 0
    if objection == codes.NONE:
        row = assignee_slot(state, command.instrument, command.account)
        if row == 0 or ensure_position(state, command.account, command.instrument) == 0:
            objection = codes.accounts_table_must_have_room
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    assignee = state.assignees[row]
    assignee.account = command.account if command.size_lots > 0 else 0
    assignee.position = ensure_position(state, command.account, command.instrument)
    assignee.sides = command.flags
    assignee.size_max_lots = command.size_lots
    assignee.position_max_lots = command.display_lots
    announce(state, command, codes.CONFIGURED, out)


# ---------------------------------------------------------------- how much
@kernel
def margin_of_lot(instrument, position, lots, entry_atoms):
    """Initial margin that one lot of ``lots`` more takes from a cross wallet, at the dearer of mark and entry, at the
    tier of the whole; rounds up.  LIQD-032, MARG-043"""
    terms = instrument.terms
    value = max(abs(instrument.mark_unit_value_atoms), -(-abs(entry_atoms) // lots))
    reach = abs(position.size_lots) + lots
    tier = 0
    if instrument.tier_count > 1:
        reach_measure = reach
        if terms.tier_measure == codes.TIERS_BY_VALUE:
            reach_measure = multiply(reach, value)
        tier = tier_of(instrument, reach_measure)
    rate = initial_rate(instrument, tier, reach, position.leverage_rate_ppb)
    if terms.close_fee_reserve != 0:
        rate += 3 * max(0, terms.taker_fee_ppb)
    risen = 0
    if is_sloped(terms):                                # what the lots held before are asked for on top
        held = max(abs(position.entry_value_atoms), abs(multiply(position.size_lots, instrument.mark_unit_value_atoms)))
        rise = rate - initial_rate(instrument, tier, position.size_lots, position.leverage_rate_ppb)
        risen = divide_up(multiply_divide_up(held, max(0, rise), PPB), lots)
    return multiply_divide_up(value, rate, PPB) + risen + 1


@gate
def lots_taken(state, row, assignee_row):
    """Lots of a takeover that an assignee may take by its preference and can carry by its margin.  LIQD-032"""
    takeover = state.takeovers[row]
    assignee = state.assignees[assignee_row]
    if assignee.account == 0 or assignee.account == takeover.account:
        return 0
    if assignee.sides & (codes.ASSIGN_LONG if takeover.size_lots > 0 else codes.ASSIGN_SHORT) == 0:
        return 0
    position = state.positions[assignee.position]
    instrument = state.instruments[takeover.instrument]
    wallet = state.wallets[position.wallet]
    barred = codes.RESTRICT_NO_TRADING | codes.RESTRICT_REDUCE_ONLY
    if position.isolated != 0 or position.liquidation != 0 or wallet.liquidation != 0 or (
            state.accounts[assignee.account].restrictions & barred != 0):
        return 0
    if state.collateral_count != 0 and not may_unpledge(state, assignee.account, instrument.terms.settlement_asset):
        return 0
    held = position.size_lots if takeover.size_lots > 0 else -position.size_lots
    most = min(instrument.terms.position_lots_max, assignee.position_max_lots) - held
    lots = min(min(most, assignee.size_max_lots - assignee.given_lots), abs(takeover.size_lots))
    if lots <= 0:
        return 0
    closing = max(0, -held)
    if lots <= closing:
        return lots
    per_lot = margin_of_lot(instrument, position, lots, entry_part(takeover, lots))
    return min(lots, lots_borne(closing, available(state, position.wallet), per_lot))


@gate
def assign(state, row, position_row, lots, out):
    """Hand ``lots`` of a takeover to an assignee at the takeover's entry value, without fee.  LIQD-032"""
    takeover = state.takeovers[row]
    position = state.positions[position_row]
    settle_funding(state, position_row, out)
    if not activate(state, position_row):
        return 0
    signed_lots = lots if takeover.size_lots > 0 else -lots
    part = entry_part(takeover, lots)
    edge = multiply(signed_lots, state.instruments[takeover.instrument].mark_unit_value_atoms) - part
    before = abs(position.size_lots)
    realized = change_position(state, position_row, signed_lots, part)
    if abs(position.size_lots) < before or position.size_lots * signed_lots > 0:
        position_shrunk(state, position_row)
    refresh_requirement(state, position_row)
    if state.collateral_count != 0:
        unpledge(state, position.account, takeover.instrument)
    event = new_event(state, out, codes.ASSIGNED)
    tell_handed(state, event, row, position_row, signed_lots, part)
    event.realized_atoms = realized
    event.requirement_atoms = edge
    event.reason = codes.assignment
    reduced = announce_reduced(state, row, lots, codes.assignment, out)
    drop_lots(state, row, -signed_lots, part)
    reduced.remaining_lots = abs(takeover.size_lots)
    reduced.value_atoms = -part
    return lots


@gate
def assign_takeover(state, row, out):
    """Split a takeover evenly among those who take it, in two passes: equal parts, then what is left in the order of
    the list. Returns the work done.  LIQD-030, LIQD-032"""
    takeover = state.takeovers[row]
    instrument_id = takeover.instrument
    terms = state.instruments[instrument_id].terms
    value = abs(multiply(takeover.size_lots, state.instruments[instrument_id].mark_unit_value_atoms))
    if not has_edge(-deficit_at_mark(state, row), value, terms.assignment_edge_ppb):
        return 0
    first = instrument_id * ASSIGNEES_PER_INSTRUMENT
    takers = 0
    for slot in range(ASSIGNEES_PER_INSTRUMENT):
        state.assignees[first + slot].given_lots = 0
        if lots_taken(state, row, first + slot) > 0:
            takers += 1
    if takers == 0:
        return 0
    share = even_share(abs(takeover.size_lots), takers)
    for _pass in range(2):
        for slot in range(ASSIGNEES_PER_INSTRUMENT):
            if takeover.size_lots != 0:
                lots = min(share, lots_taken(state, row, first + slot))
                if lots > 0:
                    state.assignees[first + slot].given_lots += assign(
                        state, row, state.assignees[first + slot].position, lots, out)
        share = abs(takeover.size_lots)
    if takeover.size_lots == 0:
        finish_takeover(state, row, codes.assignment, out)
    return 2 * takers
