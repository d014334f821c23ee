"""What a previewed order comes to: the account's position, margins and prices in the changed tables."""
from ..engine.groups import available, group_equity, group_maintenance, refresh_requirement
from ..engine.ledger import system_place, transfer
from ..engine.loans import opening_fee
from ..engine.measures import measure_position
from ..engine.positions import cash_place
from ..engine.records import FEES_ACCOUNT
from ..kernel import add, kernel
from ..rules import margin
from .account_kernels import break_even_units, initial_of


@kernel
def measure_after(state, preview):
    """Position, margins and prices as they stand in the changed tables, the opening fee of a loan paid. It is given
    back: the answer that supposes the rest filled pays one for all.  LOAN-001"""
    instrument = state.instruments[state.positions[state.working.position].instrument]
    lent = opening_fee(state, state.working.position)
    cash = cash_place(state, state.working.position)
    fees = system_place(state, FEES_ACCOUNT, instrument.terms.settlement_asset)
    transfer(state, cash, fees, lent)
    measure_changed(state, preview, lent)
    transfer(state, fees, cash, lent)


@kernel
def measure_changed(state, preview, lent_atoms):
    """The measures of the answer; ``lent_atoms`` is what the position carries besides its costs."""
    working = state.working
    position = state.positions[working.position]
    instrument = state.instruments[position.instrument]
    position.own_requirement_key = 0
    refresh_requirement(state, working.position)
    preview.row = working.position
    preview.available_atoms = available(state, position.wallet)
    preview.size_lots = position.size_lots
    preview.entry_value_atoms = position.entry_value_atoms
    preview.collateral_atoms = position.collateral_atoms
    preview.isolated = position.isolated
    preview.leverage_ppb = margin.shown_rate(instrument, position)
    preview.mark_units = instrument.mark_price_units
    preview.index_units = instrument.index_price_units
    preview.funding_rate_ppb = instrument.funding_rate_ppb
    preview.initial_atoms = initial_of(state, working.position) if position.size_lots != 0 else 0
    preview.liquidation_units = 0
    preview.bankruptcy_units = 0
    preview.break_even_units = 0
    preview.maintenance_atoms = 0
    preview.value_atoms = 0
    preview.unrealized_atoms = 0
    preview.group_equity_atoms = group_equity(
        state, working.position if position.isolated != 0 else position.wallet, position.isolated)
    preview.group_maintenance_atoms = group_maintenance(
        state, working.position if position.isolated != 0 else position.wallet, position.isolated)
    if position.size_lots == 0:
        return
    measure_position(state, preview)
    preview.break_even_units = break_even_units(
        instrument, position.size_lots,
        add(position.entry_value_atoms, preview.costs_atoms + lent_atoms), preview.taker_ppb)
