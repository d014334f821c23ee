"""The full sweep: every collateral group against its maintenance margin. The twin that proves the bands (``bands.py``).

The target is 80 ns per account. One walk over the position table in the order of its rows adds profits and requirements
to the wallets they belong to, one over the wallets compares; no list is followed from an account to its positions.
"""
import numpy as np

from ..codes import BASIS_ENTRY
from ..kernel import COMPILED, add, entry, kernel
from ..rules import margin
from ..rules.margin_calls import close_out_requirement
from .collateral import collateral_value
from .groups import position_maintenance, position_tier, unrealized
from .margin_calls import early_level
from .records import GROUP_REFERENCE, SYSTEM_WALLETS, WALLETS_MAX, _plain_maker, as_record

SHORT_MAX = 1 << 16
"""Groups at or below maintenance that are named; beyond it they are only counted."""
WALLET_SUM = np.dtype([("profit_atoms", "i8"), ("maintenance_atoms", "i8"), ("held", "i8")])
SWEEP = np.dtype([
    ("groups", "i8"),                    # groups with a size
    ("short_count", "i8"),               # of these, at or below maintenance
    ("negative_count", "i8"),            # of these, with equity below zero
    ("stale_count", "i8"),               # positions whose cached requirement or tier differs from a recomputation
    ("short", GROUP_REFERENCE, (SHORT_MAX,)), ("short_equity_atoms", "i8", (SHORT_MAX,)),
    ("stale", "i8", (SHORT_MAX,)), ("wallets", WALLET_SUM, (WALLETS_MAX,)),
])


def new_result():
    """An empty result, in the form of the state it is for."""
    return as_record(np.zeros(1, SWEEP)) if COMPILED else [_plain_maker(SWEEP)()]


@kernel
def note_group(result, row, isolated, equity_atoms, maintenance_atoms):
    """Count a group that holds something; name it where it is at or below maintenance."""
    result.groups += 1
    if equity_atoms > maintenance_atoms:
        return
    if result.short_count < SHORT_MAX:
        reference = result.short[result.short_count]
        reference.row = row
        reference.isolated = isolated
        result.short_equity_atoms[result.short_count] = equity_atoms
    result.short_count += 1
    if equity_atoms < 0:
        result.negative_count += 1


@kernel
def walk_positions(state, result):
    """Every position with a size: isolated ones are groups of their own, the others are added to their wallet."""
    for row in range(1, state.positions_pool.high_water + 1):
        position = state.positions[row]
        if position.size_lots != 0:
            profit = unrealized(state, row)
            maintenance = position_maintenance(state, row)
            if position.isolated != 0:
                note_group(result, row, 1, add(position.collateral_atoms, profit), maintenance)
            else:
                total = result.wallets[position.wallet]
                total.profit_atoms = add(total.profit_atoms, profit)
                total.maintenance_atoms = add(total.maintenance_atoms, maintenance)
                total.held += 1


@kernel
def walk_wallets(state, result):
    """Every wallet that holds cross positions; its sums are wiped for the next sweep."""
    for row in range(SYSTEM_WALLETS, state.wallets_pool.high_water + 1):
        total = result.wallets[row]
        if total.held != 0:
            required = total.maintenance_atoms
            if state.wallet_calls[row] != 0:
                required = close_out_requirement(required, state.margin_calls[state.wallet_calls[row]].close_out_ppb)
            elif state.early_calls != 0:
                required = max(required, early_level(state, row, 0) - 1)
            equity = add(state.wallets[row].balance_atoms, total.profit_atoms)
            note_group(result, row, 0, add(equity, collateral_value(state, state.wallets[row])), required)
            total.profit_atoms = 0
            total.maintenance_atoms = 0
            total.held = 0


@entry
def sweep_groups(states, results):
    """Compare every group of a state with its maintenance margin; returns how many are at or below it.  BAND-006"""
    state = states[0]
    result = results[0]
    result.groups = 0
    result.short_count = 0
    result.negative_count = 0
    walk_positions(state, result)
    walk_wallets(state, result)
    return result.short_count


@kernel
def fresh_requirement(instrument, position, tier):
    """Initial margin of a position and its open orders, computed from the start: nothing remembered is used.  MARG-012
    """
    terms = instrument.terms
    required = 0
    if position.isolated == 0 and position.size_lots != 0:
        value = abs(position.entry_value_atoms)
        initial = margin.initial_margin(instrument, tier, value, position)
        required = initial + margin.close_fee_reserve(terms, value, initial)
    order_value = margin.order_excess_value(terms, position)
    if order_value != 0:
        required += margin.orders_requirement(instrument, position, tier, order_value)
    return required


@kernel
def is_stale(state, row):
    """Whether a position's cached requirement differs from the one its size and orders ask for now.

    Where initial margin is on the value at mark the cached figure is that of an earlier mark, and is not compared.
    """
    position = state.positions[row]
    instrument = state.instruments[position.instrument]
    if position.account == 0 or instrument.terms.initial_basis != BASIS_ENTRY:
        return False
    tier = position_tier(instrument, position)
    return tier != position.tier or fresh_requirement(instrument, position, tier) != position.requirement_atoms


@entry
def find_stale(states, results):
    """Recompute the requirement of every position; returns how many differ from what is cached.  MARG-012"""
    state = states[0]
    result = results[0]
    result.stale_count = 0
    for row in range(1, state.positions_pool.high_water + 1):
        if is_stale(state, row):
            if result.stale_count < SHORT_MAX:
                result.stale[result.stale_count] = row
            result.stale_count += 1
    return result.stale_count


@entry
def collateral_of(states, row):
    """What other wallets count for a wallet's group, as the engine forms it, for :mod:`invariants`.  COLL-003"""
    state = states[0]
    return collateral_value(state, state.wallets[row])


_kept: list = []


def kept_result():
    """A result that is made once and used again: nothing of it outlives the next sweep."""
    if not _kept:
        _kept.append(new_result())
    return _kept[0]


def sweep(states):
    """One full sweep; returns how many groups are at or below maintenance."""
    return sweep_groups(states, kept_result())
