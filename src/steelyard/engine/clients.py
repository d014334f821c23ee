"""Client classes: what an instrument asks of the accounts of a class, and to which class an account belongs."""
from .. import codes
from ..kernel import gate, kernel
from ..units import PPB
from .configuration import announce, may_step, requirements_changed
from .events import new_event, reject
from .positions import position_of
from .queues import mark_dirty
from .records import CLASS_TIERS_MAX, CLIENT_CLASSES_MAX, VALUE_ATOMS_MAX
from .withdrawal import cancel_opening_orders

MULTIPLIER_MAX_PPB = 4 * PPB
FLAGS_ALL = codes.CLIENT_MAY_NOT_OPEN | codes.CLIENT_OWES_NOTHING


@gate
def set_client_rule(state, command, out):
    """SET_CLIENT_RULE -> REJECTED | CONFIGURED. Class 0 is no class and asks for nothing.  ELIG-008"""
    objection = codes.NONE
    if not 0 < command.instrument < len(state.instruments):
        objection = codes.instrument_must_exist
    elif not 0 < command.parameter < CLIENT_CLASSES_MAX:
        objection = codes.parameter_must_exist
    elif not (command.value == 0 or PPB <= command.value <= MULTIPLIER_MAX_PPB) or not (
            0 <= command.amount_atoms <= PPB) or not 0 <= command.size_lots <= PPB or command.flags & ~FLAGS_ALL:
        objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    instrument = state.instruments[command.instrument]
    rule = instrument.client_rules[command.parameter]
    rule.multiplier_ppb = command.value
    rule.floor_ppb = command.amount_atoms
    rule.close_out_ppb = command.size_lots
    rule.flags = command.flags
    if instrument.state != codes.STATE_UNLISTED:
        requirements_changed(state)
    announce(state, command, codes.CONFIGURED, out)


@kernel
def objection_class_tier(state, command):
    """What a tier of a class's own schedule asks: an instrument, a class, its place in the list, rates that rise; more
    than one tier by value only where margin is on entry values, so that no mark jumps between them."""
    if not 0 < command.instrument < len(state.instruments):
        return codes.instrument_must_exist
    if not 0 < command.flags < CLIENT_CLASSES_MAX or not 0 <= command.parameter < CLASS_TIERS_MAX:
        return codes.parameter_must_exist
    instrument = state.instruments[command.instrument]
    rule = instrument.client_rules[command.flags]
    tier = command.parameter
    if tier != 0 and tier != rule.tier_count:
        return codes.parameter_must_exist
    if command.value == 0 and tier == 0:
        return codes.NONE
    if not 0 < command.amount_atoms <= VALUE_ATOMS_MAX or not 0 < command.size_lots <= command.value <= PPB:
        return codes.value_must_be_in_range
    if tier > 0:
        before = rule.tiers[tier - 1]
        if command.amount_atoms <= before.end or command.value < before.initial_ppb or (
                command.size_lots < before.maintenance_ppb):
            return codes.value_must_be_in_range
        if not may_step(instrument.terms):
            return codes.terms_must_be_consistent
    return codes.NONE


@gate
def set_class_tier(state, command, out):
    """SET_CLASS_TIER -> REJECTED | CONFIGURED. Tiers of a class's own schedule, in order; sending tier 0 starts anew,
    with no rate it ends the schedule.  ELIG-011"""
    objection = objection_class_tier(state, command)
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    instrument = state.instruments[command.instrument]
    rule = instrument.client_rules[command.flags]
    if command.parameter == 0 and rule.tier_count > 1:
        instrument.class_steps -= 1
    if command.parameter == 1:
        instrument.class_steps += 1
    tier = rule.tiers[command.parameter]
    tier.end = command.amount_atoms
    tier.initial_ppb = command.value
    tier.maintenance_ppb = command.size_lots
    rule.tier_count = 0 if command.value == 0 else command.parameter + 1
    if instrument.state != codes.STATE_UNLISTED:
        requirements_changed(state)
    event = announce(state, command, codes.CONFIGURED, out)
    event.other_account = command.flags


@kernel
def join_class(state, account, instrument_id, out):
    """Put one position of an account into the account's class; orders that may no longer open are canceled."""
    row = position_of(state, account, instrument_id)
    if row == 0:
        return
    position = state.positions[row]
    position.client_class = state.accounts[account].client_class
    position.own_requirement_key = 0
    if position.wallet_slot == 0:
        return
    rule = state.instruments[instrument_id].client_rules[position.client_class]
    if rule.flags & codes.CLIENT_MAY_NOT_OPEN:
        cancel_opening_orders(state, row, codes.canceled_by_client_class, out)
    mark_dirty(state, row)


@gate
def set_client_class(state, command, out):
    """SET_CLIENT_CLASS -> REJECTED | CLIENT_CLASS_SET, ORDER_CANCELED*. Holds from now on for all its positions.
    ELIG-009"""
    objection = codes.NONE
    if not 0 < command.account < len(state.accounts) or state.accounts[command.account].is_open == 0:
        objection = codes.account_must_be_open
    elif not 0 <= command.parameter < CLIENT_CLASSES_MAX:
        objection = codes.parameter_must_exist
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    state.accounts[command.account].client_class = command.parameter
    event = new_event(state, out, codes.CLIENT_CLASS_SET)
    event.account = command.account
    event.flags = command.parameter
    for instrument_id in range(1, state.instrument_last + 1):
        join_class(state, command.account, instrument_id, out)
