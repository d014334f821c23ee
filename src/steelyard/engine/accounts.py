"""Accounts and their cash: opening, deposits, withdrawals, transfers to sub-accounts, leverage, margin mode, isolated
collateral."""
from .. import codes
from ..kernel import gate, kernel, multiply
from ..rules import margin
from ..units import PPB
from .bands import examine_wallet
from .collateral import hub_wallet
from .events import new_event, reject
from .floors import forget_floor
from .groups import (
    available,
    group_equity,
    group_maintenance,
    payable,
    refresh_requirement,
    refresh_wallet,
    withdrawable,
)
from .ledger import balance, collateral_place, insurance_place, system_place, transfer, wallet_place
from .margin_calls import is_called
from .positions import ensure_position, ensure_wallet, wallet_of
from .queues import mark_dirty
from .records import (
    ASSETS_MAX,
    CASH_ATOMS_MAX,
    EXTERNAL_ACCOUNT,
    FEE_CLASSES_MAX,
    FIRST_TRADER_ACCOUNT,
    INSURANCE_ACCOUNT,
    LAYERS_MAX,
)
from .waterfall import announce_layer, layer_place

RESTRICTIONS_ALL = codes.RESTRICT_REDUCE_ONLY | codes.RESTRICT_NO_TRADING | codes.RESTRICT_NO_WITHDRAWAL


# ---------------------------------------------------------------- opening
@gate
def set_account(state, command, out):
    """SET_ACCOUNT -> REJECTED | ACCOUNT_SET. Opens an account or changes its fee class, restrictions, self-trade
    mode."""
    if not 0 <= command.parameter < FEE_CLASSES_MAX or command.flags & ~RESTRICTIONS_ALL or not (
            codes.SELF_ACCOUNT_DEFAULT <= command.self_trade_mode <= codes.SELF_ALLOW):
        reject(state, command, codes.value_must_be_in_range, out)
        return
    if not FIRST_TRADER_ACCOUNT <= command.account < len(state.accounts):
        reject(state, command, codes.account_must_be_open, out)
        return
    parent = command.other_account
    if parent != 0 and (not FIRST_TRADER_ACCOUNT <= parent < len(state.accounts) or state.accounts[parent].is_open == 0
                        or state.accounts[parent].parent_account != 0 or parent == command.account):
        reject(state, command, codes.parent_must_be_open, out)
        return
    account = state.accounts[command.account]
    if account.is_open != 0 and account.parent_account != parent:
        reject(state, command, codes.parent_must_be_open, out)
        return
    if account.is_open == 0 and parent != 0:
        account.client_class = state.accounts[parent].client_class
    account.is_open = 1
    account.parent_account = parent
    account.fee_class = command.parameter
    account.restrictions = command.flags
    account.self_trade_mode = command.self_trade_mode
    event = new_event(state, out, codes.ACCOUNT_SET)
    event.account = command.account
    event.other_account = parent
    event.flags = command.flags


# ---------------------------------------------------------------- cash in and out
@kernel
def objection_cash(state, command):
    """What every movement of cash asks: an open account, a known asset, a positive amount."""
    if not 0 < command.account < len(state.accounts) or state.accounts[command.account].is_open == 0:
        return codes.account_must_be_open
    if not 0 < command.asset < ASSETS_MAX:
        return codes.asset_must_exist
    if not 0 < command.amount_atoms <= CASH_ATOMS_MAX:
        return codes.amount_must_be_positive
    return codes.NONE


@kernel
def announce_cash(state, command, kind, wallet_row, out):
    """An event of cash that entered or left a wallet, with the balance after."""
    event = new_event(state, out, kind)
    event.account = command.account
    event.other_account = command.other_account
    event.asset = command.asset
    event.instrument = command.instrument
    event.cash_atoms = command.amount_atoms
    event.value_atoms = state.wallets[wallet_row].balance_atoms
    event.order_id = command.order_id


@kernel
def awaits_cash(state, wallet_row):
    """Whether cash that comes into a wallet may meet a margin call: its own, or that of a hub it counts for.  CALL-003
    """
    if is_called(state, wallet_row, 0):
        return True
    if state.call_count == 0 or state.collateral_count == 0:
        return False
    hub_row = hub_wallet(state, state.wallets[wallet_row])
    return hub_row != 0 and is_called(state, hub_row, 0)


@gate
def deposit(state, command, out):
    """DEPOSIT -> REJECTED | DEPOSITED.  LEDG-003"""
    objection = objection_cash(state, command)
    external = system_place(state, EXTERNAL_ACCOUNT, max(0, min(command.asset, ASSETS_MAX - 1)))
    if objection == codes.NONE and -state.wallets[external].balance_atoms > CASH_ATOMS_MAX - command.amount_atoms:
        objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    wallet_row = ensure_wallet(state, command.account, command.asset)
    if wallet_row == 0:
        reject(state, command, codes.accounts_table_must_have_room, out)
        return
    transfer(state, external, wallet_place(wallet_row), command.amount_atoms)
    announce_cash(state, command, codes.DEPOSITED, wallet_row, out)
    if awaits_cash(state, wallet_row):
        examine_wallet(state, wallet_row)


@gate
def objection_payout(state, command):
    """What every payment out of a wallet asks on top: no restriction, no liquidation, an asset that pays out, enough
    that is free.  MARG-014, SESS-004, LOSS-008"""
    objection = objection_cash(state, command)
    if objection != codes.NONE:
        return objection
    if state.accounts[command.account].restrictions & codes.RESTRICT_NO_WITHDRAWAL:
        return codes.account_must_not_be_restricted
    wallet_row = wallet_of(state, command.account, command.asset)
    if wallet_row == 0:
        return codes.available_balance_must_cover
    if state.wallets[wallet_row].liquidation != 0:
        return codes.account_must_not_be_in_liquidation
    if state.assets[command.asset].session_phase != 0:
        return codes.session_must_be_over
    if state.assets[command.asset].gated_until_ns > state.now_ns:
        return codes.withdrawals_must_be_open
    if state.funding_rows_left > 0:
        refresh_wallet(state, wallet_row)
    if payable(state, wallet_row) < command.amount_atoms:
        return codes.available_balance_must_cover
    return codes.NONE


@gate
def withdraw(state, command, out):
    """WITHDRAW -> REJECTED | WITHDRAWN. Never below what the wallet must hold."""
    objection = objection_payout(state, command)
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    wallet_row = wallet_of(state, command.account, command.asset)
    external = system_place(state, EXTERNAL_ACCOUNT, command.asset)
    transfer(state, wallet_place(wallet_row), external, command.amount_atoms)
    announce_cash(state, command, codes.WITHDRAWN, wallet_row, out)
    examine_wallet(state, wallet_row)


@kernel
def related(state, account, other):
    """Whether two accounts are parent and child, or children of one parent."""
    if account == other or not 0 < other < len(state.accounts) or state.accounts[other].is_open == 0:
        return False
    parent = state.accounts[account].parent_account
    other_parent = state.accounts[other].parent_account
    return parent == other or other_parent == account or (parent != 0 and parent == other_parent)


@gate
def transfer_between(state, command, out):
    """TRANSFER -> REJECTED | TRANSFERRED: between an account and its sub-accounts."""
    objection = objection_payout(state, command)
    if objection != codes.account_must_be_open and not related(state, command.account, command.other_account):
        objection = codes.parent_must_be_open
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    receiver = ensure_wallet(state, command.other_account, command.asset)
    if receiver == 0:
        reject(state, command, codes.accounts_table_must_have_room, out)
        return
    wallet_row = wallet_of(state, command.account, command.asset)
    transfer(state, wallet_place(wallet_row), wallet_place(receiver), command.amount_atoms)
    announce_cash(state, command, codes.TRANSFERRED, wallet_row, out)
    examine_wallet(state, wallet_row)
    if awaits_cash(state, receiver):
        examine_wallet(state, receiver)


@gate
def fund_insurance(state, command, out):
    """FUND_INSURANCE -> REJECTED | INSURANCE_CHANGED | LAYER_CHANGED: cash from outside comes into a fund, or into a
    layer of the waterfall (``parameter``).  LOSS-012"""
    if not 0 <= command.instrument < len(state.instruments):
        reject(state, command, codes.instrument_must_exist, out)
        return
    if command.instrument != 0 and state.instruments[command.instrument].state == codes.STATE_UNLISTED:
        reject(state, command, codes.instrument_must_be_listed, out)     # its fund and its asset may still change
        return
    if not 0 < command.asset < ASSETS_MAX:
        reject(state, command, codes.asset_must_exist, out)
        return
    if not 0 < command.amount_atoms <= CASH_ATOMS_MAX:
        reject(state, command, codes.amount_must_be_positive, out)
        return
    if not 0 <= command.parameter <= LAYERS_MAX:
        reject(state, command, codes.parameter_must_exist, out)
        return
    place = system_place(state, INSURANCE_ACCOUNT, command.asset)
    if command.instrument != 0:
        if state.instruments[command.instrument].terms.settlement_asset != command.asset:
            reject(state, command, codes.instrument_must_exist, out)
            return
        place = insurance_place(state, command.instrument)
    if command.parameter != 0:
        place = layer_place(state, command.parameter, command.asset)
    external = system_place(state, EXTERNAL_ACCOUNT, command.asset)
    if -state.wallets[external].balance_atoms > CASH_ATOMS_MAX - command.amount_atoms:
        reject(state, command, codes.value_must_be_in_range, out)
        return
    transfer(state, external, place, command.amount_atoms)
    if command.parameter != 0:
        announce_layer(state, 0, command.asset, command.parameter, command.amount_atoms, out)
        return
    event = new_event(state, out, codes.INSURANCE_CHANGED)
    event.asset = command.asset
    event.instrument = command.instrument
    event.cash_atoms = command.amount_atoms
    event.equity_atoms = balance(state, place)
    if command.instrument != 0:
        event.flags = state.instruments[command.instrument].terms.insurance_scope
    event.reason = codes.deposit


# ---------------------------------------------------------------- leverage, mode, collateral
@gate
def objection_position(state, command):
    """What every change of a position's settings asks: known instrument, open account, no liquidation under way."""
    if not 0 < command.instrument < len(state.instruments):
        return codes.instrument_must_exist
    if state.instruments[command.instrument].state == codes.STATE_UNLISTED:
        return codes.instrument_must_be_listed
    if not 0 < command.account < len(state.accounts) or state.accounts[command.account].is_open == 0:
        return codes.account_must_be_open
    row = ensure_position(state, command.account, command.instrument)
    if row == 0:
        return codes.accounts_table_must_have_room
    if state.positions[row].liquidation != 0 or state.wallets[state.positions[row].wallet].liquidation != 0:
        return codes.account_must_not_be_in_liquidation
    return codes.NONE


@kernel
def announce_position(state, command, kind, position_row, out):
    """An event of changed settings, with the position's collateral after."""
    position = state.positions[position_row]
    event = new_event(state, out, kind)
    event.account = command.account
    event.instrument = command.instrument
    event.asset = state.wallets[position.wallet].asset
    event.rate_ppb = position.leverage_rate_ppb
    event.cash_atoms = command.amount_atoms
    event.collateral_atoms = position.collateral_atoms
    event.flags = position.isolated
    event.order_id = command.order_id


@gate
def bears_new_tiers(state, position_row):
    """Put a position that kept the schedule before the last change under the present one; False, and nothing done,
    where its group would then be at its maintenance margin.  MARG-045"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    kept = position.terms_epoch
    if kept == instrument.terms_epoch:
        return True
    position.terms_epoch = instrument.terms_epoch
    row = position_row if position.isolated != 0 else position.wallet
    if position.size_lots == 0 or instrument.kept_tiers == 0 or (
            group_equity(state, row, position.isolated) > group_maintenance(state, row, position.isolated)):
        return True
    position.terms_epoch = kept
    return False


@gate
def set_leverage(state, command, out):
    """SET_LEVERAGE -> REJECTED | LEVERAGE_SET. The new requirement must be covered; isolated collateral does not
    move."""
    objection = objection_position(state, command)
    if objection == codes.NONE and not 0 <= command.value <= PPB:
        objection = codes.leverage_must_be_allowed
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    row = ensure_position(state, command.account, command.instrument)
    position = state.positions[row]
    before = position.leverage_rate_ppb
    held = position.requirement_atoms
    position.leverage_rate_ppb = command.value
    position.own_requirement_key = 0
    refresh_requirement(state, row)
    worse = position.requirement_atoms > held and available(state, position.wallet) < 0
    if worse or not isolated_leverage_covered(state, row) or not bears_new_tiers(state, row):
        position.leverage_rate_ppb = before
        position.own_requirement_key = 0
        refresh_requirement(state, row)
        reject(state, command, codes.initial_margin_must_be_covered, out)
        return
    mark_dirty(state, row)
    announce_position(state, command, codes.LEVERAGE_SET, row, out)


@kernel
def isolated_leverage_covered(state, position_row):
    """Whether an isolated position's collateral and profit cover the initial margin of its present leverage."""
    position = state.positions[position_row]
    if position.isolated == 0 or position.size_lots == 0:
        return True
    return group_equity(state, position_row, 1) >= isolated_initial(state, position_row)


@kernel
def isolated_initial(state, position_row):
    """Initial margin of an isolated position at its present leverage, with fee reserve."""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    value = abs(position.entry_value_atoms)
    initial = margin.entry_initial(instrument, position, value, position.size_lots, position.size_lots)
    return initial + margin.close_fee_reserve(instrument.terms, value, initial)


@gate
def set_margin_mode(state, command, out):
    """SET_MARGIN_MODE -> REJECTED | MARGIN_MODE_SET. Orders must be gone; collateral moves with the mode.  MARG-016

    To isolated: the position takes its initial margin, plus its loss so far, from the wallet. To cross: all collateral
    returns.
    """
    objection = objection_position(state, command)
    if objection == codes.NONE and not 0 <= command.value <= 1:
        objection = codes.value_must_be_in_range
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    row = ensure_position(state, command.account, command.instrument)
    position = state.positions[row]
    if command.value == 0 and state.instruments[command.instrument].terms.isolated_only != 0:
        reject(state, command, codes.position_must_be_isolated, out)
        return
    if position.order_count != 0 or position.trigger_count != 0:
        reject(state, command, codes.open_orders_must_be_canceled_first, out)
        return
    if position.isolated != command.value:
        if command.value != 0 and not isolate(state, row):
            reject(state, command, codes.available_balance_must_cover, out)
            return
        if command.value == 0:
            transfer(state, collateral_place(row), wallet_place(position.wallet), position.collateral_atoms)
            position.isolated = 0
            forget_floor(state.wallets[position.wallet])
        refresh_requirement(state, row)
        mark_dirty(state, row)
    announce_position(state, command, codes.MARGIN_MODE_SET, row, out)


@kernel
def isolate(state, position_row):
    """Move a position's initial margin and its present loss from the wallet into its own collateral; False if not
    free, or more than the wallet's cash: other assets and other positions' profits do not move.  MARG-016"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    if position.size_lots == 0:
        position.isolated = 1
        return True
    profit = multiply(position.size_lots, instrument.mark_unit_value_atoms) - position.entry_value_atoms
    needed = isolated_initial(state, position_row) + max(0, -profit)
    free = available(state, position.wallet) + position.requirement_atoms + max(0, -profit)
    if instrument.terms.unrealized_profit_opens != 0:
        free -= max(0, profit)
    if free < needed or state.wallets[position.wallet].balance_atoms < needed:
        return False
    position.isolated = 1
    forget_floor(state.wallets[position.wallet])
    transfer(state, wallet_place(position.wallet), collateral_place(position_row), needed)
    return True


@gate
def move_collateral(state, command, out):
    """MOVE_COLLATERAL -> REJECTED | COLLATERAL_MOVED. Adding takes free cash; removing leaves the initial margin
    covered."""
    objection = objection_position(state, command)
    if objection == codes.NONE and (
            command.amount_atoms == 0 or not -CASH_ATOMS_MAX <= command.amount_atoms <= CASH_ATOMS_MAX):
        objection = codes.amount_must_be_positive
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    row = ensure_position(state, command.account, command.instrument)
    position = state.positions[row]
    if position.isolated == 0 or position.size_lots == 0:
        reject(state, command, codes.position_must_be_isolated, out)
        return
    atoms = command.amount_atoms
    if atoms < 0 and state.instruments[command.instrument].gated_until_ns > state.now_ns:
        reject(state, command, codes.withdrawals_must_be_open, out)
        return
    if atoms > 0:
        enough = withdrawable(state, position.wallet) >= atoms
    else:
        profit = group_equity(state, row, 1) - position.collateral_atoms
        left = position.collateral_atoms + atoms + min(0, profit)
        enough = left >= isolated_initial(state, row) and left > group_maintenance(state, row, 1)
    if not enough:
        reject(state, command, codes.available_balance_must_cover, out)
        return
    transfer(state, wallet_place(position.wallet), collateral_place(row), atoms)
    mark_dirty(state, row)
    announce_position(state, command, codes.COLLATERAL_MOVED, row, out)
