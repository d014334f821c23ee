"""Multi-asset collateral: which wallets of an account count for its group in another asset, and for how much. Looks,
never writes.

A *hub* is the asset a multi-collateral contract settles in. It has a list of assets that count for it; each of those
counts for one hub only, and only while its own wallet holds no position and no order.
"""
from ..kernel import add, gate, kernel, multiply_divide_down
from ..rules.collateral import atoms_worth, counted_ppb, gross_for_net, gross_value
from ..units import PPB
from .positions import wallet_of


@kernel
def is_pledged(state, wallet):
    """Whether a wallet's cash counts for a hub now: its asset is on a list, it is positive, nothing is open on it.
    COLL-001"""
    return (state.hubs[wallet.asset].pledged_to != 0 and wallet.balance_atoms > 0 and wallet.position_count == 0
            and wallet.liquidation == 0)


@kernel
def counted_value(state, hub_asset, slot, atoms):
    """What ``atoms`` of the asset in a hub's slot count for, in atoms of the hub asset; 0 while its price is unknown.
    COLL-002"""
    row = state.hubs[hub_asset].rows[slot]
    gross = gross_value(atoms, state.indices[row.index_id].price_units, row.numerator, row.denominator)
    return multiply_divide_down(gross, counted_ppb(row.haircut_ppb, row.conversion_fee_ppb), PPB)


@kernel
def pledged_value(state, wallet):
    """What a wallet counts for its hub, in atoms of the hub asset.  COLL-001, COLL-002"""
    if not is_pledged(state, wallet):
        return 0
    own = state.hubs[wallet.asset]
    return counted_value(state, own.pledged_to, own.pledged_slot, wallet.balance_atoms)


@gate
def collateral_value(state, wallet):
    """What an account's other wallets add to the cross group of a hub's wallet, in atoms.  COLL-003"""
    if state.hubs[wallet.asset].count == 0:
        return 0
    total = 0
    row = state.accounts[wallet.account].first_wallet
    while row != 0:
        other = state.wallets[row]
        if state.hubs[other.asset].pledged_to == wallet.asset:
            total = add(total, pledged_value(state, other))
        row = other.next_wallet
    return total


@kernel
def hub_wallet(state, wallet):
    """Wallet row of the hub that a wallet's asset counts for, of the same account; 0 if none."""
    hub = state.hubs[wallet.asset].pledged_to
    if hub == 0:
        return 0
    return wallet_of(state, wallet.account, hub)


@gate
def atoms_to_keep(state, wallet, value_atoms):
    """The fewest atoms of a pledged wallet that still count for ``value_atoms``; all of them where they do not.
    COLL-004"""
    if value_atoms <= 0:
        return 0
    own = state.hubs[wallet.asset]
    row = state.hubs[own.pledged_to].rows[own.pledged_slot]
    share = counted_ppb(row.haircut_ppb, row.conversion_fee_ppb)
    if share == 0:
        return wallet.balance_atoms
    return atoms_worth(gross_for_net(value_atoms, share), state.indices[row.index_id].price_units, row.numerator,
                       row.denominator, wallet.balance_atoms)
