"""What a preview touched, and how it is put back: every row is noted with its contents before it is changed, and all of
them are restored backwards, so that the tables are byte for byte what they were.
"""
import numpy as np

from ..engine.ledger import system_wallet
from ..engine.positions import position_of, position_slot, set_member, wallet_of
from ..engine.records import (
    DUST_ACCOUNT,
    FEES_ACCOUNT,
    FILLS_PER_COMMAND_MAX,
    ORDER,
    POOL,
    POSITION,
    SYSTEM_WALLETS,
    WALLET,
    WALLET_SLOTS,
    WORKING,
)
from ..kernel import entry, kernel

i8, i4 = np.int64, np.int32
ROOM = FILLS_PER_COMMAND_MAX + 64
UNDO = np.dtype([
    ("active", i8), ("order_count", i8), ("position_count", i8), ("wallet_count", i8), ("account", i8),
    ("instrument", i8), ("first_wallet", i8), ("index_slot", i8), ("holding_index", i8), ("holding_wallet", i8),
    ("event_sequence", i8), ("clearing_atoms", i8), ("open_interest_lots", i8), ("insurance_atoms", i8),
    ("pools", POOL, (3,)), ("working", WORKING, (1,)),
    ("order_rows", i4, (2 * ROOM,)), ("position_rows", i4, (2 * ROOM,)), ("wallet_rows", i4, (4 * ROOM,)),
    ("orders", ORDER, (2 * ROOM,)), ("positions", POSITION, (2 * ROOM,)), ("wallets", WALLET, (4 * ROOM,)),
    ("wallet_results", i8, (4 * ROOM,)),
    ("waiting", i4, (ROOM,)),
])
"""A scratch record: rows as they were, in the order they were touched. ``waiting``: icebergs behind the level's end."""


@kernel
def note_order(state, undo, slot):
    """Remember an order's row."""
    undo.order_rows[undo.order_count] = slot
    undo.orders[undo.order_count] = state.orders[slot]
    undo.order_count += 1


@kernel
def note_wallet(state, undo, row):
    """Remember a wallet's row and what it earned in its session."""
    undo.wallet_rows[undo.wallet_count] = row
    undo.wallets[undo.wallet_count] = state.wallets[row]
    undo.wallet_results[undo.wallet_count] = state.wallet_results[row]
    undo.wallet_count += 1


@kernel
def note_position(state, undo, row):
    """Remember a position's row and its wallet's. From then on it counts as dirty, so that no queue hears of it."""
    undo.position_rows[undo.position_count] = row
    undo.positions[undo.position_count] = state.positions[row]
    undo.position_count += 1
    state.positions[row].dirty = 1
    note_wallet(state, undo, state.positions[row].wallet)


@kernel
def note_membership(state, undo, position_row):
    """Remember that a position will take the next place of its wallet, where that lies in a holding."""
    wallet = state.wallets[state.positions[position_row].wallet]
    if state.positions[position_row].wallet_slot == 0 and wallet.position_count >= WALLET_SLOTS:
        undo.holding_wallet = state.positions[position_row].wallet
        undo.holding_index = wallet.position_count


@kernel
def save_pool(saved, pool):
    """Copy a pool's three numbers."""
    saved.free = pool.free
    saved.high_water = pool.high_water
    saved.live = pool.live


@kernel
def begin(state, undo, account, instrument_id):
    """Remember what any order of this account in this instrument may touch. Both exist."""
    undo.order_count = 0
    undo.position_count = 0
    undo.wallet_count = 0
    undo.holding_wallet = 0
    undo.account = account
    undo.instrument = instrument_id
    undo.first_wallet = state.accounts[account].first_wallet
    undo.event_sequence = state.event_sequence
    instrument = state.instruments[instrument_id]
    undo.clearing_atoms = instrument.clearing_atoms
    undo.insurance_atoms = instrument.insurance_atoms
    undo.open_interest_lots = instrument.open_interest_lots
    save_pool(undo.pools[0], state.wallets_pool)
    save_pool(undo.pools[1], state.positions_pool)
    save_pool(undo.pools[2], state.holdings_pool)
    undo.working[0] = state.working
    undo.index_slot = position_slot(state, account, instrument_id)
    undo.active = 1
    asset = instrument.terms.settlement_asset
    note_wallet(state, undo, system_wallet(FEES_ACCOUNT, asset))
    note_wallet(state, undo, system_wallet(DUST_ACCOUNT, asset))
    row = wallet_of(state, account, asset)
    if row == 0:
        row = max(state.wallets_pool.high_water, SYSTEM_WALLETS) + 1
    if row < len(state.wallets):
        note_wallet(state, undo, row)
    row = position_of(state, account, instrument_id)
    if row != 0:
        note_position(state, undo, row)
    elif state.positions_pool.high_water + 1 < len(state.positions):
        row = state.positions_pool.high_water + 1
        undo.position_rows[undo.position_count] = row
        undo.positions[undo.position_count] = state.positions[row]
        undo.position_count += 1
        state.positions[row].dirty = 1


@kernel
def leave_holding(state, undo):
    """Empty the place a position took in a holding, and unlink the holding that was made for it."""
    wallet = state.wallets[undo.holding_wallet]
    if wallet.position_count <= undo.holding_index:
        return
    set_member(state, wallet, undo.holding_index, 0)
    made = state.holdings_pool.high_water
    if made == undo.pools[2].high_water or wallet.first_holding == made:
        return                               # a wallet's own link comes back with its row
    row = wallet.first_holding
    while state.holdings[row].next_holding != made:
        row = state.holdings[row].next_holding
    state.holdings[row].next_holding = 0


@kernel
def restore_pool(pool, saved):
    """Put a pool's three numbers back."""
    pool.free = saved.free
    pool.high_water = saved.high_water
    pool.live = saved.live


@entry
def put_back(states, undos, workings):
    """Restore everything that was noted, backwards. Harmless when nothing was begun."""
    state = states[0]
    undo = undos[0]
    if undo.active == 0:
        return
    if undo.holding_wallet != 0:
        leave_holding(state, undo)
    while undo.order_count > 0:
        undo.order_count -= 1
        state.orders[undo.order_rows[undo.order_count]] = undo.orders[undo.order_count]
    while undo.position_count > 0:
        undo.position_count -= 1
        state.positions[undo.position_rows[undo.position_count]] = undo.positions[undo.position_count]
    while undo.wallet_count > 0:
        undo.wallet_count -= 1
        row = undo.wallet_rows[undo.wallet_count]
        state.wallets[row] = undo.wallets[undo.wallet_count]
        state.wallet_results[row] = undo.wallet_results[undo.wallet_count]
    if state.positions_pool.high_water != undo.pools[1].high_water:
        state.position_index[undo.index_slot].row = 0
    restore_pool(state.wallets_pool, undo.pools[0])
    restore_pool(state.positions_pool, undo.pools[1])
    restore_pool(state.holdings_pool, undo.pools[2])
    state.accounts[undo.account].first_wallet = undo.first_wallet
    state.event_sequence = undo.event_sequence
    instrument = state.instruments[undo.instrument]
    instrument.clearing_atoms = undo.clearing_atoms
    instrument.insurance_atoms = undo.insurance_atoms
    instrument.open_interest_lots = undo.open_interest_lots
    workings[0] = undo.working[0]
    undo.active = 0
