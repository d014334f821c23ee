"""Collateral groups: equity, what must be held, what is free. Functions here look and never write, except the refresh
of cached totals.

A group is a wallet (cross: its cash and the profits of its cross positions) or one isolated position.
"""
from ..codes import BASIS_ENTRY
from ..kernel import add, gate, kernel
from ..rules import margin
from ..rules.requirement import (
    basis_value,
    initial_with_reserve,
    maintenance_at,
    plain_initial,
    plain_order_requirement,
    plain_tier,
    position_tier,
)
from .collateral import atoms_to_keep, collateral_value, hub_wallet, is_pledged, pledged_value
from .floors import OF_AVAILABLE, floor_loss, has_floor, set_floor
from .positions import exposure, floor_kind_of, member, unrealized, wallet_of
from .queues import mark_dirty

POSITIONS_FOR_FLOOR = 3
"""A wallet with fewer positions is as quickly summed as looked up."""


@gate
def position_maintenance(state, position_row):
    """Maintenance requirement of a position, with close-fee reserve and, where terms say so, the coming funding.
    MARG-010"""
    return maintenance_of(state, position_row)


@kernel
def maintenance_of(state, position_row):
    """:func:`position_maintenance` where it stands in its caller."""
    position = state.positions[position_row]
    if position.size_lots == 0:
        return 0
    instrument = state.instruments[position.instrument]
    return maintenance_at(instrument, position, basis_value(instrument, position, instrument.terms.maintenance_basis))


@gate
def group_equity(state, row, isolated):
    """Cash plus profits at the mark of a group (``isolated`` 0: wallet row, 1: position row), in atoms."""
    return equity_of(state, row, isolated)


@kernel
def equity_of(state, row, isolated):
    """:func:`group_equity` where it stands in its caller."""
    if isolated != 0:
        return add(state.positions[row].collateral_atoms, unrealized(state, row))
    wallet = state.wallets[row]
    equity = wallet.balance_atoms
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        if state.positions[position_row].isolated == 0:
            equity = add(equity, unrealized(state, position_row))
    if state.collateral_count != 0:
        equity = add(equity, collateral_value(state, wallet))
    return equity


@gate
def group_maintenance(state, row, isolated):
    """Maintenance requirement of a group, in atoms."""
    if isolated != 0:
        return maintenance_of(state, row)
    wallet = state.wallets[row]
    required = 0
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        if state.positions[position_row].isolated == 0:
            required = add(required, position_maintenance(state, position_row))
    return required


@gate
def position_requirement(instrument, position, tier):
    """Initial margin a position takes from its wallet: its own (cross only) and its open orders'.  MARG-012"""
    return requirement_with_orders(instrument, position, tier, margin.order_excess_value(instrument.terms, position))


@kernel
def own_requirement(instrument, position, tier):
    """Initial margin and fee reserve of a cross position without its orders. On the entry value it is remembered until
    size, leverage, tier or terms change (``own_requirement_key`` 0: unknown)."""
    terms = instrument.terms
    if position.own_requirement_key == tier + 1:
        return position.own_requirement_atoms
    required = initial_with_reserve(instrument, position, tier)
    if terms.initial_basis == BASIS_ENTRY:
        position.own_requirement_atoms = required
        position.own_requirement_key = tier + 1
    return required


@kernel
def requirement_with_orders(instrument, position, tier, order_value):
    """The requirement of a position and of open orders worth ``order_value`` on the worse side."""
    required = 0
    if position.isolated == 0 and position.size_lots != 0:
        required = own_requirement(instrument, position, tier)
    if order_value != 0:
        required += margin.orders_requirement(instrument, position, tier, order_value)
    return required


@kernel
def hold(state, position_row, tier, required):
    """Write a position's tier and cached requirement, and keep its wallet's total. A new tier makes the position
    dirty."""
    position = state.positions[position_row]
    if tier != position.tier:
        position.tier = tier
        if position.size_lots != 0:
            mark_dirty(state, position_row)
    wallet = state.wallets[position.wallet]
    wallet.initial_requirement_atoms = add(wallet.initial_requirement_atoms, required - position.requirement_atoms)
    position.requirement_atoms = required


@kernel
def plain_requirement(instrument, position, tier, order_value):
    """The requirement of a position and of open orders worth ``order_value`` on the worse side, under plain terms.
    MARG-012"""
    required = plain_order_requirement(instrument, position, tier, order_value)
    if position.isolated == 0 and position.size_lots != 0:
        if position.own_requirement_key != tier + 1:
            position.own_requirement_atoms = plain_initial(instrument, position, tier, abs(position.entry_value_atoms))
            position.own_requirement_key = tier + 1
        required += position.own_requirement_atoms
    return required


@kernel
def hold_plain(state, position_row):
    """Recompute a position's tier and cached requirement under plain terms, and its wallet's total.  ORDR-017"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    buys = margin.excess_value(position.open_buy_value_atoms, position.open_buy_lots,
                               position.open_buy_lots - max(0, -position.size_lots))
    sells = margin.excess_value(position.open_sell_value_atoms, position.open_sell_lots,
                                position.open_sell_lots - max(0, position.size_lots))
    tier = plain_tier(instrument, position, buys, sells)
    hold(state, position_row, tier, plain_requirement(instrument, position, tier, max(buys, sells)))


@kernel
def note_nearer_tier(state, position_row, lots):
    """``lots`` more are open as orders: where the tier moves with the mark its end came nearer, and with it the band.
    BAND-003"""
    position = state.positions[position_row]
    if lots > 0 and position.size_lots != 0:
        instrument = state.instruments[position.instrument]
        if instrument.terms.initial_basis != BASIS_ENTRY and instrument.tier_count > 1:
            mark_dirty(state, position_row)


@gate
def refresh_requirement(state, position_row):
    """Recompute a position's tier and cached requirement, and its wallet's total."""
    position = state.positions[position_row]
    if position.size_lots == 0 and position.open_buy_lots == 0 and position.open_sell_lots == 0:
        hold(state, position_row, 0, 0)
        return
    instrument = state.instruments[position.instrument]
    if instrument.plain_terms != 0 and position.client_class == 0:
        hold_plain(state, position_row)
        return
    order_value = margin.order_excess_value(instrument.terms, position)
    tier = position_tier(instrument, position)
    hold(state, position_row, tier, requirement_with_orders(instrument, position, tier, order_value))


@gate
def refresh_wallet(state, wallet_row):
    """Recompute the requirements of a wallet's positions: while a walk is under way, some are those of former terms."""
    wallet = state.wallets[wallet_row]
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        state.positions[position_row].own_requirement_key = 0
        refresh_requirement(state, position_row)


@gate
def available(state, wallet_row):
    """Cash and cross profits of a wallet not held as initial margin, in atoms; negative when initial margin is not
    covered.

    Where a requirement is on the value at mark it is taken at the present mark, else the cached total is exact. Where
    terms do not let unrealized profits open positions, only losses count.  MARG-013
    """
    wallet = state.wallets[wallet_row]
    free = wallet.balance_atoms - wallet.initial_requirement_atoms
    if state.collateral_count != 0:
        free = add(free, collateral_value(state, wallet))
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        position = state.positions[position_row]
        if position.size_lots != 0:
            instrument = state.instruments[position.instrument]
            if position.isolated == 0:
                profit = unrealized(state, position_row)
                if instrument.terms.unrealized_profit_opens == 0:
                    profit = min(profit, 0)
                free = add(free, profit)
            if instrument.terms.initial_basis != BASIS_ENTRY:
                free += position.requirement_atoms - position_requirement(
                    instrument, position, position_tier(instrument, position))
    return free


@gate
def refresh_floor(state, wallet_row):
    """Take the exact sums behind a wallet's floor.  MARG-017"""
    wallet = state.wallets[wallet_row]
    kind = OF_AVAILABLE
    profits = 0
    exposed = 0
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        position = state.positions[position_row]
        if position.size_lots != 0:
            kind = min(kind, floor_kind_of(state.instruments[position.instrument].terms))
            if position.isolated == 0:
                profits = add(profits, unrealized(state, position_row))
                exposed = add(exposed, exposure(state, position_row))
    set_floor(state, wallet, kind, profits, exposed)


@kernel
def is_available(state, wallet_row, atoms):
    """Whether at least ``atoms`` are available in a wallet: by its floor where that is enough, else exactly.  MARG-017
    """
    wallet = state.wallets[wallet_row]
    if wallet.position_count == 0 and state.collateral_count == 0:
        return wallet.balance_atoms - wallet.initial_requirement_atoms >= atoms
    if wallet.position_count >= POSITIONS_FOR_FLOOR:
        if wallet.floor_kind == OF_AVAILABLE and has_floor(state, wallet):
            surely = wallet.balance_atoms - wallet.initial_requirement_atoms - floor_loss(state, wallet)
            if add(surely, wallet.floor_atoms) >= atoms:
                return True
        refresh_floor(state, wallet_row)
    return available(state, wallet_row) >= atoms


@kernel
def has_equity(state, wallet_row, atoms):
    """Whether a wallet's cross group has at least ``atoms`` of equity: by its floor where that is enough, else exactly.
    MARG-017"""
    wallet = state.wallets[wallet_row]
    if wallet.position_count >= POSITIONS_FOR_FLOOR:
        if has_floor(state, wallet) and add(
                wallet.balance_atoms - floor_loss(state, wallet), wallet.floor_atoms) >= atoms:
            return True
        refresh_floor(state, wallet_row)
    return group_equity(state, wallet_row, 0) >= atoms


@kernel
def profits_that_open(state, wallet):
    """Unrealized profits of a wallet's cross positions as far as they count in what is available."""
    profits = 0
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        position = state.positions[position_row]
        if position.isolated == 0 and state.instruments[position.instrument].terms.unrealized_profit_opens != 0:
            profits += max(0, unrealized(state, position_row))
    return profits


@gate
def pledge_spare(state, wallet_row):
    """Atoms of a pledged wallet that its hub can do without, never counting unrealized profits: all of them while
    nothing is open there.  COLL-004"""
    wallet = state.wallets[wallet_row]
    hub_row = hub_wallet(state, wallet)
    if hub_row == 0 or state.wallets[hub_row].position_count == 0:
        return wallet.balance_atoms
    if state.wallets[hub_row].liquidation != 0:
        return 0
    spare = available(state, hub_row) - profits_that_open(state, state.wallets[hub_row])
    return wallet.balance_atoms - atoms_to_keep(state, wallet, pledged_value(state, wallet) - spare)


@gate
def may_unpledge(state, account, asset):
    """Whether an account's cash in an asset may begin to stand for positions of its own: its hub can do without all of
    it, or it does so already.  COLL-004"""
    row = wallet_of(state, account, asset)
    if row == 0 or not is_pledged(state, state.wallets[row]):
        return True
    return pledge_spare(state, row) >= state.wallets[row].balance_atoms


@gate
def unpledge(state, account, instrument_id):
    """After an order: where it was the first on a wallet whose cash counted for a hub, the hub is looked at again.
    COLL-004"""
    row = wallet_of(state, account, state.instruments[instrument_id].terms.settlement_asset)
    if row != 0 and state.wallets[row].position_count == 1:
        hub_row = hub_wallet(state, state.wallets[row])
        if hub_row != 0 and state.wallets[hub_row].position_count > 0:
            mark_dirty(state, member(state, state.wallets[hub_row], 0))


@gate
def withdrawable(state, wallet_row):
    """What may leave a wallet: available, never counting unrealized profits, never more than its cash, and no more than
    a hub it counts for can do without.  MARG-014, COLL-004"""
    wallet = state.wallets[wallet_row]
    profits = profits_that_open(state, wallet)
    free = max(0, min(wallet.balance_atoms, available(state, wallet_row) - profits))
    if state.collateral_count != 0 and is_pledged(state, wallet):
        free = min(free, pledge_spare(state, wallet_row))
    return free


@kernel
def held_profit(state, wallet_row):
    """What a wallet earned in the session under way, less its losses that are not realized, where profits are held
    until the session ends; zero or more.  SESS-004"""
    held = state.wallet_results[wallet_row]
    if held <= 0:
        return 0
    wallet = state.wallets[wallet_row]
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        if state.positions[position_row].isolated == 0:
            held += min(0, unrealized(state, position_row))
    return max(0, held)


@gate
def payable(state, wallet_row):
    """What may be paid out of a wallet: what is withdrawable without the profit of the session under way.  SESS-004"""
    wallet = state.wallets[wallet_row]
    held = held_profit(state, wallet_row)
    free = withdrawable(state, wallet_row)
    if held > 0:
        free = max(0, min(free, available(state, wallet_row) - profits_that_open(state, wallet) - held))
    return free
