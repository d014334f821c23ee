"""Positions and wallets: who holds what. The only code that changes a position's size, entry value or place in a
wallet."""
from ..codes import BASIS_ENTRY, FUNDING_SETTLED, funding
from ..kernel import add, gate, kernel, multiply, multiply_divide_down
from ..rules.funding import funding_cash
from ..rules.requirement import opening_collateral
from .events import new_event
from .floors import OF_AVAILABLE, OF_EQUITY, UNKNOWN, move_floor
from .ledger import clearing_place, collateral_place, system_place, transfer, wallet_place
from .queues import mark_dirty
from .records import (
    DUST_ACCOUNT,
    FEES_ACCOUNT,
    HOLDINGS_MAX,
    INSTRUMENTS_MAX,
    POSITION_SLOTS,
    POSITIONS_MAX,
    SYSTEM_WALLETS,
    WALLET_SLOTS,
    WALLETS_MAX,
)

HOLDING_SLOTS = 15
POSITION_MASK = POSITION_SLOTS - 1
WORD = (1 << 31) - 1
RUNS_PER_ACCOUNT = INSTRUMENTS_MAX >> 3
RUN_MASK = (POSITION_SLOTS >> 3) - 1
GROUP_STRIDE = 324_027
"""Between the runs of an account in one group of eight instruments and in the next: 0.618 of all, so that groups lie
apart."""


# ---------------------------------------------------------------- look-up
@kernel
def wallet_of(state, account, asset):
    """Wallet row of a trader's account in an asset; 0 if it has none."""
    row = state.accounts[account].first_wallet
    while row != 0 and state.wallets[row].asset != asset:
        row = state.wallets[row].next_wallet
    return row


@gate
def ensure_wallet(state, account, asset):
    """Wallet row of a trader's account in an asset, made if missing; 0 where the table is full."""
    row = wallet_of(state, account, asset)
    if row == 0:
        pool = state.wallets_pool
        row = max(pool.high_water, SYSTEM_WALLETS) + 1
        if row >= WALLETS_MAX:
            return 0
        pool.high_water = row
        pool.live += 1
        wallet = state.wallets[row]
        wallet.account = account
        wallet.asset = asset
        wallet.next_wallet = state.accounts[account].first_wallet
        state.accounts[account].first_wallet = row
    return row


@kernel
def home_of_position(account, instrument_id):
    """The one slot of the position index where a pair is looked for first. The eight slots of an account and of eight
    neighboring instruments lie together, and accounts in their order, so that the index fills few pages of memory."""
    run = (account + (instrument_id >> 3) * GROUP_STRIDE) & RUN_MASK
    return (run << 3) | (instrument_id & 7)


@kernel
def second_home(account, instrument_id):
    """Slot where the search goes on, slot by slot, for a pair whose home another pair has: a multiplicative hash."""
    number = account * RUNS_PER_ACCOUNT + (instrument_id >> 3)
    run = (((number & WORD) * 1640531527) & WORD) >> 12
    return (run << 3) | ((run + instrument_id) & 7)


@kernel
def is_position_of(state, row, account, instrument_id):
    """Whether a row is that of a pair."""
    position = state.positions[row]
    return position.account == account and position.instrument == instrument_id


@kernel
def position_slot(state, account, instrument_id):
    """Slot of the (account, instrument) pair in the position table's index, or the empty slot where it would go."""
    slot = home_of_position(account, instrument_id)
    row = state.position_index[slot].row
    if row == 0 or is_position_of(state, row, account, instrument_id):
        return slot
    return far_slot(state, account, instrument_id)


@gate
def far_slot(state, account, instrument_id):
    """:func:`position_slot` from the second home on."""
    slot = second_home(account, instrument_id)
    while True:
        row = state.position_index[slot].row
        if row == 0 or is_position_of(state, row, account, instrument_id):
            return slot
        slot = (slot + 1) & POSITION_MASK


@kernel
def position_of(state, account, instrument_id):
    """Position row of an account in an instrument; 0 if it never had one."""
    return state.position_index[position_slot(state, account, instrument_id)].row


@kernel
def ensure_position(state, account, instrument_id):
    """Position row of an account in an instrument, made if missing; 0 where a table is full."""
    slot = position_slot(state, account, instrument_id)
    row = state.position_index[slot].row
    if row != 0:
        return row
    pool = state.positions_pool
    row = pool.high_water + 1
    if row >= POSITIONS_MAX:
        return 0
    wallet_row = ensure_wallet(state, account, state.instruments[instrument_id].terms.settlement_asset)
    if wallet_row == 0:
        return 0
    pool.high_water = row
    pool.live += 1
    state.position_index[slot].row = row
    position = state.positions[row]
    position.account = account
    position.instrument = instrument_id
    position.wallet = wallet_row
    position.leverage_rate_ppb = state.instruments[instrument_id].terms.leverage_default_ppb
    position.client_class = state.accounts[account].client_class
    position.isolated = state.instruments[instrument_id].terms.isolated_only
    return row


# ---------------------------------------------------------------- membership of a wallet
@kernel
def member(state, wallet, index):
    """The ``index``-th active position row of a wallet."""
    if index < WALLET_SLOTS:
        return wallet.positions[index]
    index -= WALLET_SLOTS
    row = wallet.first_holding
    while index >= HOLDING_SLOTS:
        row = state.holdings[row].next_holding
        index -= HOLDING_SLOTS
    return state.holdings[row].positions[index]


@kernel
def set_member(state, wallet, index, position_row):
    """Write the ``index``-th active position row of a wallet; its holding exists."""
    if index < WALLET_SLOTS:
        wallet.positions[index] = position_row
        return
    index -= WALLET_SLOTS
    row = wallet.first_holding
    while index >= HOLDING_SLOTS:
        row = state.holdings[row].next_holding
        index -= HOLDING_SLOTS
    state.holdings[row].positions[index] = position_row


@kernel
def ensure_holding(state, wallet):
    """Make sure the next member of a wallet has a place; False where the holdings table is full."""
    index = wallet.position_count - WALLET_SLOTS
    if index < 0 or index % HOLDING_SLOTS != 0:
        return True
    row = wallet.first_holding
    last = 0
    while row != 0:
        last = row
        index -= HOLDING_SLOTS
        row = state.holdings[row].next_holding
    if index < 0:
        return True
    pool = state.holdings_pool
    row = pool.high_water + 1
    if row >= HOLDINGS_MAX:
        return False
    pool.high_water = row
    pool.live += 1
    if last == 0:
        wallet.first_holding = row
    else:
        state.holdings[last].next_holding = row
    return True


@kernel
def activate(state, position_row):
    """Count a position among its wallet's active ones (it gets a size or an order); False where there is no room."""
    position = state.positions[position_row]
    if position.wallet_slot != 0:
        return True
    wallet = state.wallets[position.wallet]
    if not ensure_holding(state, wallet):
        return False
    set_member(state, wallet, wallet.position_count, position_row)
    wallet.position_count += 1
    position.wallet_slot = wallet.position_count
    return True


@kernel
def deactivate(state, position_row):
    """Drop a position that has neither size nor orders from its wallet's active ones."""
    position = state.positions[position_row]
    if position.wallet_slot == 0 or position.size_lots != 0 or position.order_count != 0 or position.trigger_count != 0:
        return
    wallet = state.wallets[position.wallet]
    last = member(state, wallet, wallet.position_count - 1)
    set_member(state, wallet, position.wallet_slot - 1, last)
    state.positions[last].wallet_slot = position.wallet_slot
    set_member(state, wallet, wallet.position_count - 1, 0)
    wallet.position_count -= 1
    position.wallet_slot = 0


# ---------------------------------------------------------------- cash of a position
@kernel
def cash_place(state, position_row):
    """Where a position's profits, losses and fees are booked: its own collateral when isolated, else its wallet."""
    position = state.positions[position_row]
    if position.isolated != 0:
        return collateral_place(position_row)
    return wallet_place(position.wallet)


@kernel
def funding_due(instrument, position):
    """Funding not yet booked, in atoms; > 0: the position owes it (rounded up), < 0: it is owed (rounded down)."""
    return -funding_cash(position.size_lots, instrument.funding_index_micro - position.funding_index_micro)


@kernel
def unrealized(state, position_row):
    """Profit (> 0) or loss of a position at the mark, less funding that is due but not yet booked (rounded up)."""
    position = state.positions[position_row]
    if position.size_lots == 0:
        return 0
    instrument = state.instruments[position.instrument]
    profit = multiply(position.size_lots, instrument.mark_unit_value_atoms) - position.entry_value_atoms
    if position.funding_index_micro != instrument.funding_index_micro:
        profit -= funding_due(instrument, position)
    return profit


@kernel
def exposure(state, position_row):
    """Absolute value of a position at the mark."""
    position = state.positions[position_row]
    return abs(multiply(position.size_lots, state.instruments[position.instrument].mark_unit_value_atoms))


@kernel
def floor_kind_of(terms):
    """The best floor a wallet with a position under these terms can have.  MARG-017"""
    if terms.unrealized_profit_opens == 0 or terms.initial_basis != BASIS_ENTRY:
        return OF_EQUITY
    return OF_AVAILABLE


@kernel
def note_result(state, position_row, atoms):
    """Add what a position realized to its results, and to those of its wallet's session where profits are held until it
    ends.  SESS-004"""
    position = state.positions[position_row]
    position.realized_atoms = add(position.realized_atoms, atoms)
    if state.instruments[position.instrument].terms.session_profit_held != 0:
        state.wallet_results[position.wallet] = add(state.wallet_results[position.wallet], atoms)


@kernel
def owes_funding(state, position_row):
    """Whether a stamp passed since a position's funding was last booked."""
    position = state.positions[position_row]
    return position.funding_index_micro != state.instruments[position.instrument].funding_index_micro


@gate
def settle_funding(state, position_row, out):
    """Book the funding a position owes or is owed since it was last booked.  FUND-006

    Payers pay rounded up, receivers get rounded down, the difference goes to the dust account.
    """
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    if position.funding_index_micro == instrument.funding_index_micro:
        return
    atoms = funding_due(instrument, position)
    position.funding_index_micro = instrument.funding_index_micro
    if atoms == 0:
        return
    pool = system_place(state, DUST_ACCOUNT, instrument.terms.settlement_asset)
    transfer(state, cash_place(state, position_row), pool, atoms)
    if position.isolated == 0:
        move_floor(state, state.wallets[position.wallet], atoms, 0, OF_AVAILABLE)
    note_result(state, position_row, -atoms)
    event = new_event(state, out, FUNDING_SETTLED)
    event.account = position.account
    event.instrument = position.instrument
    event.asset = instrument.terms.settlement_asset
    event.size_lots = position.size_lots
    event.cash_atoms = -atoms
    event.collateral_atoms = position.collateral_atoms
    event.reason = funding
    mark_dirty(state, position_row)


@kernel
def count_open_interest(state, instrument_id, lots_before, lots_after):
    """Keep the sum of long sizes when one holder's size changes."""
    state.instruments[instrument_id].open_interest_lots += max(0, lots_after) - max(0, lots_before)


# ---------------------------------------------------------------- change of size
@kernel
def isolated_requirement(state, position_row, value_atoms, lots, size_lots):
    """Collateral that ``lots`` more of an isolated position worth ``value_atoms`` must bring, ``size_lots`` being what
    it holds then: its size with them, but ``lots`` alone where the fill turns it.  MARG-009"""
    position = state.positions[position_row]
    return opening_collateral(state.instruments[position.instrument], position, value_atoms, lots, size_lots)


@kernel
def increase(state, position_row, signed_lots, value_atoms):
    """Open or add: the entry value grows by the exact value; an isolated position takes its collateral from the
    wallet."""
    position = state.positions[position_row]
    if position.isolated != 0:
        atoms = isolated_requirement(
            state, position_row, value_atoms, signed_lots, position.size_lots + signed_lots)
        transfer(state, wallet_place(position.wallet), collateral_place(position_row), atoms)
    position.entry_value_atoms = add(position.entry_value_atoms, value_atoms)
    position.size_lots += signed_lots


@kernel
def reduce(state, position_row, signed_lots, value_atoms):
    """Close part or all: realize proceeds less the proportional entry value; the last lot takes the rest.  VALU-004

    ``signed_lots`` opposes the size and does not exceed it. Returns realized profit (> 0) or loss in atoms.
    """
    position = state.positions[position_row]
    size = abs(position.size_lots)
    lots = abs(signed_lots)
    part = position.entry_value_atoms
    if lots < size:
        part = multiply_divide_down(position.entry_value_atoms, lots, size)
    realized = -value_atoms - part
    transfer(state, clearing_place(position.instrument), cash_place(state, position_row), realized)
    position.entry_value_atoms -= part
    position.size_lots += signed_lots
    note_result(state, position_row, realized)
    return realized


@kernel
def release_collateral(state, position_row, share_atoms):
    """Return to the wallet the collateral of a closed part, less what the part lost: never below zero, all at the
    end."""
    position = state.positions[position_row]
    atoms = share_atoms
    if position.size_lots == 0:
        atoms = position.collateral_atoms
    atoms = max(0, min(atoms, position.collateral_atoms))
    transfer(state, collateral_place(position_row), wallet_place(position.wallet), atoms)


@gate
def book_fill(state, position_row, signed_lots, value_atoms, fee_atoms):
    """Change a position by a fill worth ``value_atoms`` (= signed lots x unit value) and charge its fee.

    A fill through zero is a close and an open, split at the exact value per lot. The fee of a reducing fill of an
    isolated position comes out of its collateral, every other fee out of the wallet. Returns realized profit or loss,
    before fee.
    """
    position = state.positions[position_row]
    position.own_requirement_key = 0
    instrument_id = position.instrument
    instrument = state.instruments[instrument_id]
    fees = system_place(state, FEES_ACCOUNT, instrument.terms.settlement_asset)
    before = position.size_lots
    wallet = state.wallets[position.wallet]
    has_follower = position.isolated == 0 and wallet.floor_kind != UNKNOWN
    profit_before = 0
    exposure_before = 0
    if has_follower:
        profit_before = unrealized(state, position_row)
        exposure_before = exposure(state, position_row)
    if before == 0:
        position.funding_index_micro = instrument.funding_index_micro
        position.opened_ns = state.now_ns
    realized = 0
    opening = signed_lots
    opening_value = value_atoms
    fee_place = wallet_place(position.wallet)
    if (before > 0 and signed_lots < 0) or (before < 0 and signed_lots > 0):
        closing = signed_lots
        closing_value = value_atoms
        if abs(signed_lots) > abs(before):
            closing = -before
            closing_value = (value_atoms // signed_lots) * closing
        opening = signed_lots - closing
        opening_value = value_atoms - closing_value
        share = 0
        if position.isolated != 0:
            share = multiply_divide_down(position.collateral_atoms, abs(closing), abs(before))
        realized = reduce(state, position_row, closing, closing_value)
        if position.isolated != 0:
            if opening == 0:
                transfer(state, collateral_place(position_row), fees, fee_atoms)
                fee_place = fees
                share -= fee_atoms
            release_collateral(state, position_row, share + realized)
    transfer(state, fee_place, fees, fee_atoms)
    if opening != 0:
        if position.size_lots == 0:
            position.funding_index_micro = instrument.funding_index_micro
            position.opened_ns = state.now_ns
        position.terms_epoch = instrument.terms_epoch
        increase(state, position_row, opening, opening_value)
    if has_follower:
        move_floor(state, wallet, unrealized(state, position_row) - profit_before,
                   exposure(state, position_row) - exposure_before, floor_kind_of(instrument.terms))
    count_open_interest(state, instrument_id, before, position.size_lots)
    mark_dirty(state, position_row)
    return realized


@kernel
def realize_at(state, position_row, value_atoms):
    """Turn an open position's profit or loss at ``value_atoms`` (= size x unit value) into cash: its entry value
    becomes that value. Size and equity stay.  SESS-003"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    realized = value_atoms - position.entry_value_atoms
    transfer(state, clearing_place(position.instrument), cash_place(state, position_row), realized)
    if position.isolated == 0:
        move_floor(state, state.wallets[position.wallet], -realized, 0, floor_kind_of(instrument.terms))
    position.entry_value_atoms = value_atoms
    note_result(state, position_row, realized)
    position.own_requirement_key = 0
    mark_dirty(state, position_row)


@kernel
def change_position(state, position_row, signed_lots, value_atoms):
    """A fill without a fee, at any exact value: takeover, deleveraging, settlement. It never goes through zero."""
    return book_fill(state, position_row, signed_lots, value_atoms, 0)


