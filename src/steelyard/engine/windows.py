"""Margin windows: least margin rates by side, and which window of the day holds. A command says when it changes."""
from .. import codes
from ..kernel import gate, kernel
from ..rules.requirement import note_plain_terms
from ..units import PPB
from .configuration import announce, requirements_changed
from .events import new_event, reject
from .records import MARGIN_WINDOWS_MAX


@kernel
def count_window_rates(instrument):
    """Note whether any rate of any window is set: orders of an instrument without one read no further."""
    rates = 0
    for place in range(2 * MARGIN_WINDOWS_MAX):
        rates += instrument.window_rates[place].initial_ppb
    instrument.has_window_rates = 1 if rates > 0 else 0
    note_plain_terms(instrument)


@gate
def set_window_rate(state, command, out):
    """SET_WINDOW_RATE -> REJECTED | CONFIGURED. Initial and maintenance rate of one side in one window.  MARG-040"""
    objection = codes.NONE
    if not 0 < command.instrument < len(state.instruments):
        objection = codes.instrument_must_exist
    elif not 0 <= command.parameter < MARGIN_WINDOWS_MAX:
        objection = codes.parameter_must_exist
    elif command.side != codes.BUY and command.side != codes.SELL:
        objection = codes.side_must_be_buy_or_sell
    elif not 0 <= command.size_lots <= command.value <= PPB:
        objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    instrument = state.instruments[command.instrument]
    row = instrument.window_rates[2 * command.parameter + (1 if command.side == codes.SELL else 0)]
    row.initial_ppb = command.value
    row.maintenance_ppb = command.size_lots
    count_window_rates(instrument)
    if instrument.state != codes.STATE_UNLISTED:
        requirements_changed(state)
    event = announce(state, command, codes.CONFIGURED, out)
    event.side = command.side


@kernel
def enter_window(state, instrument_id, window, out):
    """Switch one instrument and say so; whether anybody's requirement may have changed."""
    instrument = state.instruments[instrument_id]
    changed = instrument.margin_window != window
    instrument.margin_window = window
    event = new_event(state, out, codes.MARGIN_WINDOW_CHANGED)
    event.instrument = instrument_id
    event.flags = window
    return changed and instrument.has_window_rates != 0


@gate
def set_margin_window(state, command, out):
    """SET_MARGIN_WINDOW -> REJECTED | MARGIN_WINDOW_CHANGED*: of one listed instrument, or of all (0).  MARG-041

    Every position is then looked at by the walk that changed terms use: its requirement, its band, its group.
    """
    objection = codes.NONE
    if not 0 <= command.instrument < len(state.instruments):
        objection = codes.instrument_must_exist
    elif not 0 <= command.value < MARGIN_WINDOWS_MAX:
        objection = codes.value_must_be_in_range
    elif command.instrument != 0 and state.instruments[command.instrument].state == codes.STATE_UNLISTED:
        objection = codes.instrument_must_be_listed
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    changed = 0
    if command.instrument != 0:
        changed += enter_window(state, command.instrument, command.value, out)
    else:
        for instrument_id in range(1, state.instrument_last + 1):
            if state.instruments[instrument_id].state != codes.STATE_UNLISTED:
                changed += enter_window(state, instrument_id, command.value, out)
    if changed > 0:
        requirements_changed(state)
