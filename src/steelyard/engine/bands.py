"""Safe bands: a mark touches only whom it can hurt.

Every position with a size has a band price in a watch ladder. While each mark of a group stays inside the bands of its
positions, no change of the marks can bring the group to its maintenance margin. The full sweep (``sweep.py``) is the
twin that proves it.
"""
from ..codes import BASIS_ENTRY, LADDER_BAND_FALL, LADDER_BAND_RISE
from ..kernel import add, gate, kernel, multiply_divide_down
from ..rules.bands import band_units, keeps_band, loss_rate_ppb
from ..rules.collateral import band_units as collateral_units
from ..rules.requirement import plain_maintenance
from ..units import PPB
from .accrual import accrual_reserve
from .collateral import collateral_value, hub_wallet, pledged_value
from .groups import equity_of, group_maintenance, hold_plain, refresh_requirement
from .margin_calls import early_slack, is_called, slack_under_call
from .positions import deactivate, exposure, member, unrealized
from .queues import push_liquidation
from .records import DIRTY_MAX, INSTRUMENTS_MAX, PLEDGE_NODES
from .watches import first_crossed, unwatch, watch


@gate
def set_band(state, position_row, slack_atoms):
    """Link a position at its band price, unless it is already linked nearer (which is safe and costs nothing)."""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    if instrument.terms.funding_accrual_ns != 0:
        slack_atoms = max(1, slack_atoms - accrual_reserve(instrument, position))
    ladder = position.instrument * 8 + LADDER_BAND_FALL
    if position.size_lots < 0:
        ladder = position.instrument * 8 + LADDER_BAND_RISE
    node = state.watch_nodes[position_row]
    if node.ladder == ladder + 1 and keeps_band(instrument, position, slack_atoms, node.key_units):
        return
    units = band_units(instrument, position, slack_atoms)
    if node.ladder == ladder + 1:
        if position.size_lots > 0 and units <= node.key_units:
            return
        if position.size_lots < 0 and units >= node.key_units:
            return
    unwatch(state, position_row)
    watch(state, position_row, ladder, units, 0)
    position.band_units = units


@kernel
def drop_band(state, position_row):
    """Take a position out of its band ladder."""
    unwatch(state, position_row)
    state.positions[position_row].band_units = 0


@kernel
def pledge_ladder(index_id):
    """The watch ladder of an index: even, so it fires when the price is at or below a key."""
    return 8 * INSTRUMENTS_MAX + 2 * index_id


@kernel
def set_pledge_band(state, wallet_row, ladder, units):
    """Link a pledged wallet at its band price, unless it is linked nearer already."""
    node = state.watch_nodes[PLEDGE_NODES + wallet_row]
    if node.ladder == ladder + 1 and units <= node.key_units:
        return
    unwatch(state, PLEDGE_NODES + wallet_row)
    watch(state, PLEDGE_NODES + wallet_row, ladder, units, 0)


@gate
def band_pledges(state, wallet_row, rate_ppb):
    """Watch the price of everything that counts for a hub's wallet: each asset may lose its part of the slack.
    COLL-006"""
    hub = state.wallets[wallet_row]
    row = state.accounts[hub.account].first_wallet
    while row != 0:
        other = state.wallets[row]
        if state.hubs[other.asset].pledged_to == hub.asset:
            value = pledged_value(state, other)
            if value > 0:
                collateral = state.hubs[hub.asset].rows[state.hubs[other.asset].pledged_slot]
                price = state.indices[collateral.index_id].price_units
                share = max(1, multiply_divide_down(value, min(PPB, rate_ppb), PPB))
                set_pledge_band(state, row, pledge_ladder(collateral.index_id), collateral_units(price, value, share))
        row = other.next_wallet


@kernel
def band_wallet(state, wallet_row, slack_atoms):
    """Share the slack of a cross group over its positions by exposure: one relative move for all.  BAND-005"""
    wallet = state.wallets[wallet_row]
    total = 0
    held = 0
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        position = state.positions[position_row]
        if position.isolated == 0 and position.size_lots != 0:
            total = add(total, exposure(state, position_row))
            held += 1
    if held != 0 and state.collateral_count != 0:
        pledged = collateral_value(state, wallet)
        if pledged > 0:
            total = add(total, pledged)
            held += 1                                   # a single position is not alone any more
            band_pledges(state, wallet_row, loss_rate_ppb(slack_atoms, total))
    rate = 0
    if held > 1:
        rate = loss_rate_ppb(slack_atoms, total)
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        position = state.positions[position_row]
        if position.isolated == 0 and position.size_lots != 0:
            share = slack_atoms
            if held > 1:
                share = max(1, multiply_divide_down(exposure(state, position_row), rate, PPB))
            set_band(state, position_row, share)


@kernel
def drop_group_bands(state, row, isolated):
    """Take every position of a group out of its band ladder (the group is in liquidation)."""
    if isolated != 0:
        drop_band(state, row)
        return
    wallet = state.wallets[row]
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        if state.positions[position_row].isolated == 0:
            drop_band(state, position_row)


@gate
def examine_group(state, row, isolated):
    """Compare a group with its maintenance margin: at or below it goes to liquidation, above it gets new bands.
    BAND-001"""
    if isolated != 0:
        if state.positions[row].liquidation != 0 or state.positions[row].size_lots == 0:
            return
    elif state.wallets[row].liquidation != 0:
        return
    called = is_called(state, row, isolated)
    if not called and not has_size(state, row, isolated):
        return                                          # nothing that could be liquidated, nothing to watch
    if called:
        slack = slack_under_call(state, row)
    else:
        slack = equity_of(state, row, isolated) - group_maintenance(state, row, isolated)
        if isolated == 0 and state.early_calls != 0 and slack > 0:
            slack = early_slack(state, row, slack)
    if slack <= 0:
        drop_group_bands(state, row, isolated)
        push_liquidation(state, row, isolated)
    elif isolated != 0:
        set_band(state, row, slack)
    elif slack > 0:
        band_wallet(state, row, slack)


@kernel
def has_size(state, row, isolated):
    """Whether a group holds any position."""
    if isolated != 0:
        return state.positions[row].size_lots != 0
    wallet = state.wallets[row]
    for index in range(wallet.position_count):
        position_row = member(state, wallet, index)
        if state.positions[position_row].isolated == 0 and state.positions[position_row].size_lots != 0:
            return True
    return False


@gate
def settle_plain(state, position_row):
    """Refresh a cross position that changed, under plain terms: requirement, band; returns 0, with nothing done, where
    another rule might have a say.  ORDR-017, BAND-001"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    terms = instrument.terms
    wallet = state.wallets[position.wallet]
    seldom = position.isolated | position.first_bracket | position.client_class | position.reduce_only_lots
    seldom |= state.cancel_ring.count | state.first_dirty_bracket | state.loan_due_ns | terms.loan_period_ns
    seldom |= state.collateral_count | state.early_calls | state.call_count | state.bands_off
    if instrument.plain_terms == 0 or seldom | instrument.kept_tiers | terms.maintenance_of_initial_ppb != 0:
        return 0
    position.own_requirement_key = 0
    hold_plain(state, position_row)
    if position.size_lots == 0:
        drop_band(state, position_row)
        deactivate(state, position_row)
    elif wallet.liquidation == 0 and wallet.position_count == 1:
        slack = add(wallet.balance_atoms, unrealized(state, position_row)) - plain_maintenance(instrument, position)
        if slack > 0:
            set_band(state, position_row, slack)
            return 1
    if wallet.position_count != 0:
        examine_group(state, position.wallet, 0)
    return 1


@kernel
def examine_position(state, position_row):
    """Examine the group a position belongs to."""
    position = state.positions[position_row]
    if position.isolated != 0:
        examine_group(state, position_row, 1)
    else:
        examine_group(state, position.wallet, 0)


@kernel
def drain_dirty(state):
    """Refresh requirement and bands of every position that changed in this command. Runs to the end before anything
    else."""
    ring = state.dirty_ring
    while ring.count > 0:
        position_row = state.dirty[ring.head]
        ring.head = (ring.head + 1) % DIRTY_MAX
        ring.count -= 1
        position = state.positions[position_row]
        position.dirty = 0
        refresh_requirement(state, position_row)
        if position.size_lots == 0:
            drop_band(state, position_row)
            deactivate(state, position_row)
        if state.bands_off == 0 and state.instruments[position.instrument].mark_price_units > 0:
            examine_position(state, position_row)
            if position.isolated != 0:
                examine_group(state, position.wallet, 0)


@gate
def pop_crossed_bands(state, instrument_id, budget):
    """Examine groups whose band the present mark has reached, at most ``budget``; returns how many."""
    mark = state.instruments[instrument_id].mark_price_units
    done = 0
    while done < budget:
        position_row = first_crossed(state, instrument_id * 8 + LADDER_BAND_FALL, mark)
        if position_row == 0:
            position_row = first_crossed(state, instrument_id * 8 + LADDER_BAND_RISE, mark)
        if position_row == 0:
            break
        drop_band(state, position_row)
        if state.instruments[instrument_id].terms.initial_basis != BASIS_ENTRY:
            refresh_requirement(state, position_row)         # a schedule on the value at mark moves with it: new tier
        examine_position(state, position_row)
        done += 1
    return done


@gate
def pop_crossed_pledges(state, index_id, budget):
    """Examine the hubs of pledged wallets whose band the index has reached, at most ``budget``; returns how many.
    COLL-006"""
    price = state.indices[index_id].price_units
    done = 0
    while done < budget:
        node = first_crossed(state, pledge_ladder(index_id), price)
        if node == 0:
            break
        unwatch(state, node)
        hub_row = hub_wallet(state, state.wallets[node - PLEDGE_NODES])
        if hub_row != 0:
            examine_group(state, hub_row, 0)
        done += 1
    return done


@kernel
def examine_wallet(state, wallet_row):
    """Examine the cross group of a wallet whose cash changed, and that of the hub it counts for."""
    examine_group(state, wallet_row, 0)
    if state.collateral_count != 0:
        hub_row = hub_wallet(state, state.wallets[wallet_row])
        if hub_row != 0:
            examine_group(state, hub_row, 0)
