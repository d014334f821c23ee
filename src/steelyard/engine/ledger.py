"""Double entry: the only code that changes cash. Every movement is a transfer between two named places.

A place is a number: what kind of row holds the cash, and which row. Per asset the sum over all places is zero, always.
"""
from ..codes import INSURANCE_INSTRUMENT
from ..kernel import add, kernel
from .records import ASSETS_MAX, FEES_ACCOUNT, INSURANCE_ACCOUNT

PLACE_SHIFT = 32
PLACE_ROW = (1 << PLACE_SHIFT) - 1
PLACE_WALLET = 0
PLACE_COLLATERAL = 1
PLACE_CLEARING = 2
PLACE_INSURANCE = 3


@kernel
def wallet_place(wallet_row):
    """The cash of a wallet."""
    return wallet_row


@kernel
def collateral_place(position_row):
    """The collateral of an isolated position."""
    return (PLACE_COLLATERAL << PLACE_SHIFT) + position_row


@kernel
def clearing_place(instrument_id):
    """What open positions of an instrument have not yet realized: always minus the sum of their entry values."""
    return (PLACE_CLEARING << PLACE_SHIFT) + instrument_id


@kernel
def system_wallet(account, asset):
    """Wallet row of a system account: a fixed row, so no look-up."""
    return 1 + account * ASSETS_MAX + asset


@kernel
def system_place(state, account, asset):
    """The cash of a system account (fees, dust, insurance, external, deficit) in one asset."""
    row = system_wallet(account, asset)
    wallet = state.wallets[row]
    wallet.account = account
    wallet.asset = asset
    return row


@kernel
def insurance_place(state, instrument_id):
    """The insurance fund that answers for an instrument: its own, or the one of its settlement asset."""
    terms = state.instruments[instrument_id].terms
    if terms.insurance_scope == INSURANCE_INSTRUMENT:
        return (PLACE_INSURANCE << PLACE_SHIFT) + instrument_id
    return system_place(state, INSURANCE_ACCOUNT, terms.settlement_asset)


@kernel
def insurance_atoms(state, instrument_id):
    """Cash in the insurance fund that answers for an instrument."""
    return balance(state, insurance_place(state, instrument_id))


@kernel
def balance(state, place):
    """Cash at a place, in atoms."""
    row = place & PLACE_ROW
    kind = place >> PLACE_SHIFT
    if kind == PLACE_WALLET:
        return state.wallets[row].balance_atoms
    if kind == PLACE_COLLATERAL:
        return state.positions[row].collateral_atoms
    if kind == PLACE_CLEARING:
        return state.instruments[row].clearing_atoms
    return state.instruments[row].insurance_atoms


@kernel
def change_balance(state, place, atoms):
    """One leg of a transfer. Only :func:`transfer` calls this."""
    row = place & PLACE_ROW
    kind = place >> PLACE_SHIFT
    if kind == PLACE_WALLET:
        wallet = state.wallets[row]
        wallet.balance_atoms = add(wallet.balance_atoms, atoms)
    elif kind == PLACE_COLLATERAL:
        position = state.positions[row]
        position.collateral_atoms = add(position.collateral_atoms, atoms)
    elif kind == PLACE_CLEARING:
        instrument = state.instruments[row]
        instrument.clearing_atoms = add(instrument.clearing_atoms, atoms)
    else:
        instrument = state.instruments[row]
        instrument.insurance_atoms = add(instrument.insurance_atoms, atoms)


@kernel
def transfer(state, debit, credit, atoms):
    """Move ``atoms`` from ``debit`` to ``credit`` (a negative amount moves the other way).  LEDG-001"""
    if atoms != 0:
        change_balance(state, debit, -atoms)
        change_balance(state, credit, atoms)


@kernel
def pay_for_trade(state, wallet_row, instrument_id, realized_atoms, fee_atoms):
    """Two transfers at once: what a trade realized, from an instrument's clearing to a wallet, and its fee, from there
    to the venue's fees.  LEDG-001"""
    instrument = state.instruments[instrument_id]
    wallet = state.wallets[wallet_row]
    fees = state.wallets[system_place(state, FEES_ACCOUNT, instrument.terms.settlement_asset)]
    instrument.clearing_atoms = add(instrument.clearing_atoms, -realized_atoms)
    wallet.balance_atoms = add(add(wallet.balance_atoms, realized_atoms), -fee_atoms)
    fees.balance_atoms = add(fees.balance_atoms, fee_atoms)
