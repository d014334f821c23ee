"""Rows of watched accounts: their positions and wallets, found through the account's own lists and measured at the
marks by the engine's rules. Looks at the tables, leaves them as they are.
"""
import numpy as np

from ..codes import (
    FLAG_REDUCE_ONLY,
    ORDER_TAKE_PROFIT_LIMIT,
    ORDER_TAKE_PROFIT_MARKET,
)
from ..engine.accounts import isolated_initial
from ..engine.adl import score_of
from ..engine.groups import available, group_equity, group_maintenance, own_requirement, payable
from ..engine.matching import fee_rate
from ..engine.measures import measure_position
from ..engine.positions import member
from ..kernel import add, entry, kernel, load_word, multiply, multiply_divide_down, store_word
from ..rules import margin
from ..rules.contract import price_units, unit_value
from ..rules.fees import fee
from ..rules.mark import highest_mark, lowest_mark

i8 = np.int64
STOPS_SHOWN = 8
TARGETS_SHOWN = 8
ORDERS_LOOKED_AT = 512
"""Own orders of a position that are looked at for targets; no profile allows more in one instrument."""

_SCALARS = """
account instrument row size_lots entry_value_atoms isolated collateral_atoms initial_rate_ppb costs_atoms
mark_units value_atoms unrealized_atoms initial_atoms maintenance_atoms group_equity_atoms group_maintenance_atoms
liquidation_units bankruptcy_units break_even_units opened_ns in_liquidation stop_lots stop_loss_atoms
""".split()
POSITION_ROW = np.dtype([(name, i8) for name in _SCALARS] + [("stop_count", i8), ("target_count", i8)] + [
    (f"{what}_{at}", i8) for what, count in (("stop_units", STOPS_SHOWN), ("stop_size", STOPS_SHOWN),
                                             ("target_units", TARGETS_SHOWN)) for at in range(count)])
"""A position with what it comes to; all words of 64 bits, so that lists are words at known places."""
_WORDS = {name: POSITION_ROW.fields[name][1] // 8 for name in POSITION_ROW.names}
STOP_UNITS, STOP_SIZE, TARGET_UNITS = _WORDS["stop_units_0"], _WORDS["stop_size_0"], _WORDS["target_units_0"]
WALLET_ROW = np.dtype([(name, i8) for name in """
account asset row balance_atoms equity_atoms maintenance_atoms available_atoms withdrawable_atoms order_margin_atoms
position_margin_atoms isolated_atoms isolated_equity_atoms in_liquidation
""".split()])
GATHERED = np.dtype([("position_count", i8), ("wallet_count", i8)])


# ---------------------------------------------------------------- gathering
@kernel
def gather_wallet(state, wallet_row, gathered, positions):
    """Note the rows of a wallet's positions that have a size."""
    wallet = state.wallets[wallet_row]
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        if state.positions[position_row].size_lots != 0 and gathered.position_count < len(positions):
            positions[gathered.position_count].row = position_row
            gathered.position_count += 1


@entry
def gather(states, accounts, counts, positions, wallets):
    """Note the position and wallet rows of some accounts, as many as the tables take; ``counts`` says how many."""
    state = states[0]
    gathered = counts[0]
    gathered.position_count = 0
    gathered.wallet_count = 0
    for index in range(len(accounts)):
        wallet_row = state.accounts[accounts[index]].first_wallet
        while wallet_row != 0 and gathered.wallet_count < len(wallets):
            wallets[gathered.wallet_count].row = wallet_row
            gathered.wallet_count += 1
            gather_wallet(state, wallet_row, gathered, positions)
            wallet_row = state.wallets[wallet_row].next_wallet


# ---------------------------------------------------------------- one position
@kernel
def initial_of(state, position_row):
    """Initial margin that a position itself takes, isolated or cross; what the engine remembers of it stays as it was.
    MARG-003, MARG-012"""
    position = state.positions[position_row]
    if position.isolated != 0:
        return isolated_initial(state, position_row)
    if position.size_lots == 0:
        return 0
    key = position.own_requirement_key
    atoms = position.own_requirement_atoms
    required = own_requirement(state.instruments[position.instrument], position, position.tier)
    position.own_requirement_key = key
    position.own_requirement_atoms = atoms
    return required


@kernel
def closing_result(instrument, size_lots, cost_atoms, taker_ppb, units):
    """What is left after closing a position at a price, with the taker's fee, less everything it cost."""
    value = multiply(size_lots, unit_value(instrument.terms, units))
    return value - cost_atoms - fee(abs(value), max(0, taker_ppb))


@kernel
def break_even_units(instrument, size_lots, cost_atoms, taker_ppb):
    """The price from which closing the position earns: the lowest for a long, the highest for a short; 0 for none.
    VIEW-008"""
    low = lowest_mark(instrument.terms)
    high = highest_mark(instrument.terms)
    good = high if size_lots > 0 else low
    bad = low if size_lots > 0 else high
    if closing_result(instrument, size_lots, cost_atoms, taker_ppb, good) < 0:
        return 0
    if closing_result(instrument, size_lots, cost_atoms, taker_ppb, bad) >= 0:
        return bad
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        if closing_result(instrument, size_lots, cost_atoms, taker_ppb, middle) >= 0:
            good = middle
        else:
            bad = middle
    return good


@kernel
def note_stop(row, units, lots):
    """Put a stop among the nearest ones, in order from the market."""
    side = 1 if row.size_lots > 0 else -1
    at = row.stop_count
    while at > 0 and (units - load_word(row, STOP_UNITS + at - 1)) * side > 0:
        if at < STOPS_SHOWN:
            store_word(row, STOP_UNITS + at, load_word(row, STOP_UNITS + at - 1))
            store_word(row, STOP_SIZE + at, load_word(row, STOP_SIZE + at - 1))
        at -= 1
    if at < STOPS_SHOWN:
        store_word(row, STOP_UNITS + at, units)
        store_word(row, STOP_SIZE + at, lots)
        row.stop_count = min(STOPS_SHOWN, row.stop_count + 1)


@kernel
def note_target(row, units):
    """Add a target while there is room."""
    if row.target_count < TARGETS_SHOWN:
        store_word(row, TARGET_UNITS + row.target_count, units)
        row.target_count += 1


@kernel
def find_exits(state, row):
    """Stops and targets of a position: triggers and resting reduce-only orders of the other side.  VIEW-009"""
    position = state.positions[row.row]
    row.stop_count = 0
    row.target_count = 0
    trigger_row = position.first_trigger
    looked_at = 0
    while trigger_row != 0 and looked_at < ORDERS_LOOKED_AT:
        trigger = state.triggers[trigger_row]
        if trigger.side * position.size_lots < 0:
            if trigger.order_type == ORDER_TAKE_PROFIT_MARKET or trigger.order_type == ORDER_TAKE_PROFIT_LIMIT:
                note_target(row, trigger.trigger_units)
            else:
                lots = trigger.size_lots if trigger.size_lots != 0 else abs(position.size_lots)
                note_stop(row, trigger.trigger_units, lots)
        trigger_row = trigger.own_next
        looked_at += 1
    if position.reduce_only_lots == 0:
        return
    terms = state.instruments[position.instrument].terms
    slot = position.first_order
    looked_at = 0
    while slot != 0 and looked_at < ORDERS_LOOKED_AT:
        order = state.orders[slot]
        if order.flags & FLAG_REDUCE_ONLY and order.side * position.size_lots < 0:
            note_target(row, price_units(terms, order.price_ticks))
        slot = order.own_next
        looked_at += 1


@kernel
def lose_at_stops(instrument, row, taker_ppb):
    """Lots that the stops close, nearest first, each at its own price, and what that loses (> 0) with the closing fee.
    VIEW-009"""
    size = abs(row.size_lots)
    side = 1 if row.size_lots > 0 else -1
    left = size
    loss = 0
    for at in range(row.stop_count):
        lots = min(left, load_word(row, STOP_SIZE + at))
        if lots > 0:
            value = multiply(side * lots, unit_value(instrument.terms, load_word(row, STOP_UNITS + at)))
            part = multiply_divide_down(row.entry_value_atoms, lots, size)
            loss = add(loss, part - value + fee(abs(value), max(0, taker_ppb)))
            left -= lots
    row.stop_lots = size - left
    row.stop_loss_atoms = loss


@kernel
def measure_row(state, row):
    """Fill a POSITION_ROW whose ``row`` names a position with a size; ``costs_atoms`` is the caller's."""
    position = state.positions[row.row]
    instrument = state.instruments[position.instrument]
    row.account = position.account
    row.instrument = position.instrument
    row.size_lots = position.size_lots
    row.entry_value_atoms = position.entry_value_atoms
    row.isolated = position.isolated
    row.collateral_atoms = position.collateral_atoms
    row.opened_ns = position.opened_ns
    row.initial_rate_ppb = margin.shown_rate(instrument, position)
    row.in_liquidation = position.liquidation
    if position.isolated == 0:
        row.in_liquidation = state.wallets[position.wallet].liquidation
    measure_position(state, row)
    row.initial_atoms = initial_of(state, row.row)
    taker_ppb = fee_rate(state, position.account, instrument, False)
    row.break_even_units = break_even_units(
        instrument, position.size_lots, add(position.entry_value_atoms, row.costs_atoms), taker_ppb)
    find_exits(state, row)
    lose_at_stops(instrument, row, taker_ppb)


@kernel
def measure_wallet(state, row):
    """Fill a WALLET_ROW whose ``row`` names a wallet."""
    wallet = state.wallets[row.row]
    row.account = wallet.account
    row.asset = wallet.asset
    row.balance_atoms = wallet.balance_atoms
    row.equity_atoms = group_equity(state, row.row, 0)
    row.maintenance_atoms = group_maintenance(state, row.row, 0)
    row.available_atoms = available(state, row.row)
    row.withdrawable_atoms = payable(state, row.row)
    row.in_liquidation = wallet.liquidation
    row.order_margin_atoms = 0
    row.position_margin_atoms = 0
    row.isolated_atoms = 0
    row.isolated_equity_atoms = 0
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        position = state.positions[position_row]
        own = 0
        if position.isolated != 0:
            row.isolated_atoms = add(row.isolated_atoms, position.collateral_atoms)
            row.isolated_equity_atoms = add(row.isolated_equity_atoms, group_equity(state, position_row, 1))
        elif position.size_lots != 0:
            own = initial_of(state, position_row)
        row.position_margin_atoms = add(row.position_margin_atoms, own)
        row.order_margin_atoms = add(row.order_margin_atoms, position.requirement_atoms - own)


@entry
def measure_rows(states, positions, wallets):
    """Fill the noted rows."""
    state = states[0]
    for index in range(len(positions)):
        measure_row(state, positions[index])
    for index in range(len(wallets)):
        measure_wallet(state, wallets[index])


# ---------------------------------------------------------------- who is deleveraged first
@entry
def rank_positions(states, wanted, scores, sides):
    """Deleveraging rank (ADLV-002) of every position of the wanted instruments, by row; ``sides`` is 0 where there is
    none, else its instrument with the sign of the position."""
    state = states[0]
    for row in range(1, len(scores)):
        position = state.positions[row]
        sides[row] = 0
        if position.size_lots != 0 and wanted[position.instrument] != 0:
            scores[row] = score_of(state, row)
            sides[row] = position.instrument if position.size_lots > 0 else -position.instrument
