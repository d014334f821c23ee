"""A hub wallet in debt: other assets of its account are sold to the venue, lowest haircut first, until it is not.

The venue takes the asset and gives the hub asset at the index price; the conversion account stands for the venue, and
its balances say what it holds and what it spent.
"""
from ..codes import COLLATERAL_CONVERTED, conversion
from ..kernel import gate, kernel, multiply_divide_up
from ..rules.collateral import atoms_worth, gross_for_net, gross_value
from ..units import PPB
from .collateral import is_pledged
from .events import new_event
from .ledger import system_place, transfer, wallet_place
from .positions import wallet_of
from .records import COLLATERALS_PER_HUB, CONVERSION_ACCOUNT, FEES_ACCOUNT


@kernel
def next_to_sell(state, wallet, haircut_after, slot_after):
    """The slot of a hub's list to sell from next: lowest haircut, then lowest slot, after the one given; -1 if none.
    COLL-005"""
    hub = state.hubs[wallet.asset]
    found = -1
    for slot in range(hub.count):
        haircut = hub.rows[slot].haircut_ppb
        later = haircut > haircut_after or (haircut == haircut_after and slot > slot_after)
        if later and (found < 0 or haircut < hub.rows[found].haircut_ppb):
            found = slot
    return found


@gate
def convert(state, hub_row, sold_row, slot, out):
    """Sell as much of one wallet as the hub's debt asks for, all of it where that is not enough.  COLL-005"""
    hub_cash = state.wallets[hub_row]
    sold = state.wallets[sold_row]
    row = state.hubs[hub_cash.asset].rows[slot]
    price = state.indices[row.index_id].price_units
    needed = gross_for_net(-hub_cash.balance_atoms, PPB - row.conversion_fee_ppb)
    atoms = atoms_worth(needed, price, row.numerator, row.denominator, sold.balance_atoms)
    gross = gross_value(atoms, price, row.numerator, row.denominator)
    if gross == 0:
        return
    cost = multiply_divide_up(gross, row.conversion_fee_ppb, PPB)
    place = wallet_place(hub_row)
    transfer(state, wallet_place(sold_row), system_place(state, CONVERSION_ACCOUNT, sold.asset), atoms)
    transfer(state, system_place(state, CONVERSION_ACCOUNT, hub_cash.asset), place, gross)
    transfer(state, place, system_place(state, FEES_ACCOUNT, hub_cash.asset), cost)
    event = new_event(state, out, COLLATERAL_CONVERTED)
    event.account = hub_cash.account
    event.asset = sold.asset
    event.flags = hub_cash.asset
    event.cash_atoms = -atoms
    event.value_atoms = gross
    event.fee_atoms = cost
    event.price_units = price
    event.rate_ppb = row.conversion_fee_ppb
    event.reason = conversion


@gate
def cover_debt(state, hub_row, out):
    """Bring a hub wallet's cash back to zero or more by selling the account's other assets, as far as they go.
    COLL-005"""
    wallet = state.wallets[hub_row]
    slot = next_to_sell(state, wallet, -1, -1)
    for _slot in range(COLLATERALS_PER_HUB):
        if slot < 0 or wallet.balance_atoms >= 0:
            return
        row = state.hubs[wallet.asset].rows[slot]
        sold_row = wallet_of(state, wallet.account, row.asset)
        if sold_row != 0 and is_pledged(state, state.wallets[sold_row]):
            convert(state, hub_row, sold_row, slot, out)
        slot = next_to_sell(state, wallet, row.haircut_ppb, slot)
