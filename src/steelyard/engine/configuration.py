"""Terms, tiers, fees and states of instruments: everything a venue profile sends before trading, checked when it is
listed."""
from .. import codes
from ..kernel import gate, kernel, load_word, store_word
from ..rules import margin
from ..rules.contract import price_units, unit_value
from ..rules.requirement import note_plain_terms
from ..units import DAY, PPB, SECOND
from .events import new_event, reject
from .floors import forget_floors
from .funding import attach_instrument, timing_is_consistent
from .losses import end_asset_session
from .marks import wake
from .queues import start_walk
from .records import (
    ASSETS_MAX,
    CASH_ATOMS_MAX,
    COLLATERALS_PER_HUB,
    FEE_CLASSES_MAX,
    INDICES_MAX,
    MARK_UNITS_MAX,
    PRICE_TICKS_MAX,
    SIZE_LOTS_MAX,
    TERMS,
    TIERS_MAX,
    VALUE_ATOMS_MAX,
)

TERMS_COUNT = len(TERMS.names)
RATE_MAX = 9 * PPB
LOAN_PERIOD_MAX_NS = 366 * DAY


@kernel
def objection_terms(state, command):
    """May an instrument's terms be written now? Only while it is unlisted; a listed one changes by SET_TERM of open
    terms too.

    Terms that give prices and sizes their meaning are fixed once listed (TERM-002); rates, limits and fees may change.
    """
    if not 0 < command.instrument < len(state.instruments):
        return codes.instrument_must_exist
    return codes.NONE


PARAMETERS_MAX = 1 << 15
"""What an event can say of a command's ``parameter``; every parameter that means something is below it."""


@kernel
def announce(state, command, kind, out):
    """An event that repeats a configuration command. A ``parameter`` that its kind does not use, and nobody has looked
    at, is told as zero where the event has no room for it."""
    event = new_event(state, out, kind)
    event.instrument = command.instrument
    event.account = command.account
    event.other_account = command.other_account
    event.asset = command.asset
    event.price_units = command.value
    event.size_lots = command.size_lots
    event.value_atoms = command.amount_atoms
    event.order_type = command.kind
    event.flags = command.parameter if 0 <= command.parameter < PARAMETERS_MAX else 0
    event.order_id = command.order_id
    return event


EXPIRY, MARK_METHOD = TERMS.names.index("expiry_s"), TERMS.names.index("mark_method")
ISOLATED_ONLY, PROFIT_HELD = TERMS.names.index("isolated_only"), TERMS.names.index("session_profit_held")
FIXED_TERMS = 9
"""The first terms (kind … price_ticks_max) give prices and sizes their meaning; they cannot change while listed,
nor can the expiry: its stamp is moved by SCHEDULE_SETTLEMENT; nor whether positions stand alone."""


@gate
def set_term(state, command, out):
    """SET_TERM -> REJECTED | CONFIGURED"""
    objection = objection_terms(state, command)
    if objection == codes.NONE and not 0 <= command.parameter < TERMS_COUNT:
        objection = codes.parameter_must_exist
    if objection == codes.NONE:
        listed = state.instruments[command.instrument].state != codes.STATE_UNLISTED
        if listed and (command.parameter < FIXED_TERMS or command.parameter == EXPIRY
                       or command.parameter == ISOLATED_ONLY):
            objection = codes.instrument_must_be_unlisted
        elif not -CASH_ATOMS_MAX <= command.value <= CASH_ATOMS_MAX:
            objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    instrument = state.instruments[command.instrument]
    before = load_word(instrument.terms, command.parameter)
    store_word(instrument.terms, command.parameter, command.value)
    note_plain_terms(instrument)
    if instrument.state != codes.STATE_UNLISTED:
        if not is_consistent(state, command.instrument):
            store_word(instrument.terms, command.parameter, before)
            note_plain_terms(instrument)
            reject(state, command, codes.terms_must_be_consistent, out)
            return
        requirements_changed(state)
        if command.parameter == PROFIT_HELD and command.value != before:      # what was held, or not, begins anew
            end_asset_session(state, instrument.terms.settlement_asset)
        note_early_calls(state, command.instrument)
        if command.parameter == MARK_METHOD and command.value != before and (
                command.value == codes.MARK_ANNUAL_BASIS or before == codes.MARK_ANNUAL_BASIS):
            instrument.basis_count = 0          # samples of one method mean nothing to another
            instrument.basis_cursor = 0
    announce(state, command, codes.CONFIGURED, out)


@kernel
def is_consistent(state, instrument_id):
    """Whether an instrument's terms and tiers agree with each other, with its index and with the bounds.  TERM-001"""
    instrument = state.instruments[instrument_id]
    return (contract_is_consistent(instrument.terms) and rates_are_consistent(instrument)
            and timing_is_consistent(state, instrument.terms))


@kernel
def note_early_calls(state, instrument_id):
    """From the first listed instrument on whose terms call before maintenance is reached, wallets are looked at for it.
    CALL-004"""
    if state.instruments[instrument_id].terms.call_initial_ppb != 0:
        state.early_calls = 1


@kernel
def requirements_changed(state):
    """Terms of a listed instrument changed: clocks and every position are looked at again.  TERM-002"""
    wake(state, state.now_ns)
    start_walk(state)
    forget_floors(state)


EPOCHS = 128
"""An epoch is kept in seven bits of a position; 128 changes later it comes again."""


@kernel
def keep_tiers(instrument):
    """Before the table of tiers begins anew: where terms say that changes hold for new positions, those there are keep
    its maintenance rates; else nobody keeps anything.  MARG-045"""
    instrument.kept_tiers = 0
    if instrument.terms.tiers_for_new != 0 and instrument.terms.rate_method == codes.RATES_STEPS_WHOLE:
        instrument.kept_tiers = instrument.tier_count
        instrument.terms_epoch = (instrument.terms_epoch + 1) % EPOCHS
        for tier in range(instrument.tier_count):
            instrument.kept_maintenance_ppb[tier] = instrument.tiers[tier].maintenance_ppb


@gate
def set_tier(state, command, out):
    """SET_TIER -> REJECTED | CONFIGURED. Tiers are sent in order; sending tier 0 starts the table anew.

    For marginal schedules the deductions that make the requirement continuous are computed here.  MARG-015
    """
    objection = objection_terms(state, command)
    tier = command.parameter
    if objection == codes.NONE:
        instrument = state.instruments[command.instrument]
        if not 0 <= tier < TIERS_MAX or (tier != 0 and tier != instrument.tier_count):
            objection = codes.parameter_must_exist
        elif not (0 < command.amount_atoms <= VALUE_ATOMS_MAX and 0 <= command.size_lots <= command.value <= PPB):
            objection = codes.value_must_be_in_range
        elif tier > 0 and (command.amount_atoms <= instrument.tiers[tier - 1].value_max_atoms
                           or command.value < instrument.tiers[tier - 1].initial_ppb
                           or command.size_lots < instrument.tiers[tier - 1].maintenance_ppb):
            objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    instrument = state.instruments[command.instrument]
    if tier == 0 and instrument.state != codes.STATE_UNLISTED:
        keep_tiers(instrument)
    row = instrument.tiers[tier]
    row.value_max_atoms = command.amount_atoms
    row.initial_ppb = command.value
    row.maintenance_ppb = command.size_lots
    row.initial_deduction_atoms = 0
    row.maintenance_deduction_atoms = 0
    if tier > 0:
        before = instrument.tiers[tier - 1]
        cap = before.value_max_atoms
        row.initial_deduction_atoms = margin.next_deduction(
            before.initial_deduction_atoms, cap, row.initial_ppb - before.initial_ppb)
        row.maintenance_deduction_atoms = margin.next_deduction(
            before.maintenance_deduction_atoms, cap, row.maintenance_ppb - before.maintenance_ppb)
    instrument.tier_count = tier + 1
    if instrument.state != codes.STATE_UNLISTED:
        requirements_changed(state)
    announce(state, command, codes.CONFIGURED, out)


@gate
def set_fee_class(state, command, out):
    """SET_FEE_CLASS -> REJECTED | CONFIGURED. Class 0 is the instrument's own fees and cannot be set."""
    objection = codes.NONE
    if not 0 < command.parameter < FEE_CLASSES_MAX:
        objection = codes.parameter_must_exist
    elif not -PPB < command.amount_atoms < PPB or not 0 <= command.value < PPB or (
            command.amount_atoms + command.value < 0):
        objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    row = state.fee_classes[command.parameter]
    row.is_set = 1
    row.taker_fee_ppb = command.value
    row.maker_fee_ppb = command.amount_atoms
    announce(state, command, codes.CONFIGURED, out)


@kernel
def contract_is_consistent(terms):
    """Contract, price and size terms within the bounds of docs/limits.md, and every value they can make within 63
    bits."""
    if terms.kind != codes.LINEAR and terms.kind != codes.INVERSE:
        return False
    if not 0 < terms.settlement_asset < ASSETS_MAX or not 0 <= terms.index_id < INDICES_MAX:
        return False
    if not 0 < terms.mark_units_per_tick <= PPB or not 0 < terms.lot_value_numerator <= CASH_ATOMS_MAX // 4:
        return False
    if terms.kind == codes.INVERSE and not 0 < terms.inverse_parts_per_lot <= PPB:
        return False
    if not 0 < terms.price_ticks_min <= terms.price_ticks_max < PRICE_TICKS_MAX:
        return False
    if terms.price_ticks_max > MARK_UNITS_MAX // terms.mark_units_per_tick:
        return False
    if not 0 < terms.order_lots_max <= SIZE_LOTS_MAX or not 0 < terms.position_lots_max <= SIZE_LOTS_MAX:
        return False
    if terms.open_orders_max <= 0 or terms.triggers_max < 0 or terms.open_interest_lots_max < 0:
        return False
    if terms.inverse_parts_per_lot > 1 and terms.inverse_parts_per_lot > VALUE_ATOMS_MAX // terms.lot_value_numerator:
        return False
    return values_are_bounded(terms)


@kernel
def values_are_bounded(terms):
    """Whether the dearest lot within the price limits, times the largest position or order, stays within the bounds."""
    units = price_units(terms, terms.price_ticks_max)
    if terms.kind == codes.INVERSE:
        units = price_units(terms, terms.price_ticks_min)
    elif terms.lot_value_numerator > VALUE_ATOMS_MAX // units:
        return False
    dearest = abs(unit_value(terms, units))
    return max(terms.position_lots_max, terms.order_lots_max) <= VALUE_ATOMS_MAX // max(1, dearest)


@kernel
def rates_are_consistent(instrument):
    """Fees, margins and loss terms are rates below one; there is a tier; a rebate never exceeds the taker's fee."""
    terms = instrument.terms
    if not 0 <= terms.taker_fee_ppb < PPB or not -terms.taker_fee_ppb <= terms.maker_fee_ppb < PPB:
        return False
    if not 0 <= terms.market_collar_ppb < PPB or not 0 <= terms.limit_collar_ppb < PPB:
        return False
    if not 0 <= terms.disposal_limit_ppb <= PPB or not 0 <= terms.disposal_slice_ppb <= PPB:
        return False
    if terms.margin_call_cure_ns < 0 or not 0 <= terms.close_out_ppb <= PPB:
        return False
    if not 0 <= terms.fund_share_ppb <= PPB or not 0 <= terms.adl_cap_ppb <= PPB:
        return False
    if not 0 <= terms.equity_taken_max_ppb <= PPB or not 0 <= terms.assignment_edge_ppb <= PPB:
        return False
    if not 0 <= terms.leverage_default_ppb <= PPB or not 0 <= terms.liquidation_fee_ppb < PPB:
        return False
    if not 0 <= terms.price_band_ppb < PPB or not 0 <= terms.liquidation_step_ppb <= PPB:
        return False
    if not 0 <= terms.tiers_for_new <= 1 or not 0 <= terms.isolated_only <= 1:
        return False
    if not 0 <= terms.withdrawal_gate_ns <= 366 * DAY:
        return False
    if terms.liquidation_step_min_atoms < 0 or terms.liquidation_step_max_atoms < 0 or terms.liquidation_step_ns < 0:
        return False
    if not 0 <= terms.fillable_spread_ppb <= RATE_MAX or not 0 <= terms.bankruptcy_adjust_ppb <= RATE_MAX:
        return False
    if not early_rates_are_consistent(terms) or (instrument.class_steps != 0 and not may_step(terms)):
        return False
    if not 0 <= terms.settlement_fee_ppb < PPB or not (
            0 <= terms.socialize_losses <= codes.SOCIALIZE_AT_SESSION_BY_ASSET):
        return False
    if terms.oi_upper_atoms != 0 and (not 0 <= terms.oi_lower_atoms < terms.oi_upper_atoms or (
            terms.initial_basis != codes.BASIS_MARK or terms.rate_method == codes.RATES_STEPS_MARGINAL
            or terms.rate_method == codes.RATES_FIXED)):
        return False
    if terms.rate_method == codes.RATES_LINEAR:
        if not 0 < terms.linear_maintenance_ppb <= terms.linear_initial_ppb <= PPB:
            return False
        if terms.linear_slope_value_atoms < 0 or (terms.linear_slope_value_atoms > 0 and (
                terms.initial_basis != codes.BASIS_MARK or terms.maintenance_basis != codes.BASIS_MARK
                or terms.linear_slope_ppb_per_lot != 0)):
            return False
        return 0 <= terms.linear_slope_ppb_per_lot <= RATE_MAX // terms.position_lots_max
    if terms.rate_method == codes.RATES_FIXED:
        most = VALUE_ATOMS_MAX // terms.position_lots_max
        return 0 < terms.fixed_maintenance_atoms <= terms.fixed_initial_atoms <= most
    if terms.tier_measure != codes.TIERS_BY_VALUE and (
            terms.tier_measure != codes.TIERS_BY_LOTS or terms.rate_method != codes.RATES_STEPS_WHOLE):
        return False
    return instrument.tier_count > 0


@kernel
def may_step(terms):
    """Whether a class's own schedule may have several tiers: they go by size, or by entry values.  ELIG-011"""
    return terms.tier_measure == codes.TIERS_BY_LOTS or (
        terms.initial_basis == codes.BASIS_ENTRY and terms.maintenance_basis == codes.BASIS_ENTRY)


@kernel
def early_rates_are_consistent(terms):
    """Shares of margin, fees of steps and loans as rates below one. A requirement on what was borrowed is that of a
    linear contract; a share of initial margin is of one that no others' open interest scales.  TERM-001"""
    if not 0 <= terms.call_initial_ppb <= PPB or not 0 <= terms.maintenance_of_initial_ppb <= PPB:
        return False
    if not 0 <= terms.liquidation_step_floor_ppb <= PPB or not 0 <= terms.liquidation_step_fee_ppb < PPB:
        return False
    if not 0 <= terms.loan_opening_long_ppb < PPB or not 0 <= terms.loan_opening_short_ppb < PPB:
        return False
    if not 0 <= terms.loan_rollover_long_ppb < PPB or not 0 <= terms.loan_rollover_short_ppb < PPB:
        return False
    if not 0 <= terms.recourse <= 1:
        return False
    if terms.loan_period_ns != 0 and not SECOND <= terms.loan_period_ns <= LOAN_PERIOD_MAX_NS:
        return False
    if terms.oi_upper_atoms != 0 and terms.call_initial_ppb + terms.maintenance_of_initial_ppb != 0:
        return False
    borrowed = terms.initial_basis == codes.BASIS_LOAN or terms.maintenance_basis == codes.BASIS_LOAN
    return not borrowed or terms.kind == codes.LINEAR


@gate
def list_instrument(state, command, out):
    """LIST_INSTRUMENT -> REJECTED | INSTRUMENT_LISTED. All terms are checked here, together.  TERM-001"""
    objection = objection_terms(state, command)
    if objection == codes.NONE:
        instrument = state.instruments[command.instrument]
        if instrument.state != codes.STATE_UNLISTED:
            objection = codes.instrument_must_be_unlisted
        elif not is_consistent(state, command.instrument):
            objection = codes.terms_must_be_consistent
        elif 0 < instrument.terms.expiry_s <= state.now_ns // SECOND:
            objection = codes.settlement_must_be_in_future
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    state.instruments[command.instrument].state = codes.STATE_TRADING
    attach_instrument(state, command.instrument)
    note_early_calls(state, command.instrument)
    event = announce(state, command, codes.INSTRUMENT_LISTED, out)
    event.asset = state.instruments[command.instrument].terms.settlement_asset


@gate
def set_instrument_state(state, command, out):
    """SET_INSTRUMENT_STATE -> REJECTED | INSTRUMENT_STATE_CHANGED. SETTLED is reached by settlement only."""
    objection = objection_terms(state, command)
    if objection == codes.NONE:
        present = state.instruments[command.instrument].state
        settling = state.instruments[command.instrument].settle_phase != 0
        if present == codes.STATE_UNLISTED or present == codes.STATE_SETTLED or settling:
            objection = codes.instrument_must_be_listed
        elif not codes.STATE_TRADING <= command.value <= codes.STATE_HALTED:
            objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    state.instruments[command.instrument].state = command.value
    state.instruments[command.instrument].breaker_until_ns = 0
    event = announce(state, command, codes.INSTRUMENT_STATE_CHANGED, out)
    event.flags = command.value
    event.price_units = 0


# ---------------------------------------------------------------- collateral
SCALE_MAX = 1 << 40
SCALE_PRODUCT_MAX = 1 << 61
"""Largest product of an index price and both numbers of a scale: every value of collateral is exact in 64 bits."""
CONVERSION_FEE_MAX = PPB // 2


@kernel
def objection_collateral(state, command):
    """What an entry of a hub's list asks: two assets, an index that is set up, a place in the list, rates, a scale."""
    if not 0 < command.asset < ASSETS_MAX or not 0 < command.flags < ASSETS_MAX or command.flags == command.asset:
        return codes.asset_must_exist
    if not 0 < command.other_account < INDICES_MAX or state.indices[command.other_account].is_set == 0:
        return codes.index_must_exist
    hub = state.hubs[command.asset]
    if not 0 <= command.parameter < COLLATERALS_PER_HUB or command.parameter > hub.count:
        return codes.parameter_must_exist
    own = state.hubs[command.flags]
    if own.pledged_to != 0 and (own.pledged_to != command.asset or own.pledged_slot != command.parameter):
        return codes.asset_must_exist
    if command.parameter < hub.count and hub.rows[command.parameter].asset != command.flags:
        return codes.asset_must_exist
    if not 0 <= command.value <= PPB or not 0 <= command.amount_atoms <= CONVERSION_FEE_MAX:
        return codes.value_must_be_in_range
    return objection_scale(state, command)


@kernel
def objection_scale(state, command):
    """Whether a scale leaves room for the index's present price."""
    if not 0 < command.size_lots <= SCALE_MAX or not 0 < command.display_lots <= SCALE_MAX:
        return codes.value_must_be_in_range
    if command.size_lots > SCALE_PRODUCT_MAX // command.display_lots:
        return codes.value_must_be_in_range
    if state.indices[command.other_account].price_units > SCALE_PRODUCT_MAX // (
            command.size_lots * command.display_lots):
        return codes.value_must_be_in_range
    return codes.NONE


@gate
def set_collateral(state, command, out):
    """SET_COLLATERAL -> REJECTED | CONFIGURED. An asset counts for one hub; a row's asset stays, haircut, fee, index
    and scale may change, and every position is looked at again.  COLL-001"""
    objection = objection_collateral(state, command)
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    hub = state.hubs[command.asset]
    row = hub.rows[command.parameter]
    if command.parameter == hub.count:
        hub.count += 1
        state.collateral_count += 1
        state.hubs[command.flags].pledged_to = command.asset
        state.hubs[command.flags].pledged_slot = command.parameter
    row.asset = command.flags
    row.index_id = command.other_account
    row.haircut_ppb = command.value
    row.conversion_fee_ppb = command.amount_atoms
    row.numerator = command.size_lots
    row.denominator = command.display_lots
    index = state.indices[command.other_account]
    index.is_collateral_price = 1
    index.price_units_max = min(index.price_units_max, SCALE_PRODUCT_MAX // (command.size_lots * command.display_lots))
    requirements_changed(state)
    announce(state, command, codes.CONFIGURED, out)
