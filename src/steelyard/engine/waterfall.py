"""The layers of a clearing house's waterfall: what pays a loss beyond the fund, one layer after the other.

A layer is a system account with cash in each asset, paid in from outside like a fund; names are the profile's.
"""
from ..codes import LAYER_CHANGED, deposit, insurance_deficit
from ..kernel import gate, kernel
from .events import new_event
from .ledger import balance, clearing_place, system_place, transfer
from .records import FIRST_LAYER_ACCOUNT, LAYERS_MAX


@kernel
def layers_are_consistent(terms):
    """True where an instrument names no more layers than there are.  LOSS-012"""
    return 0 <= terms.loss_layers <= LAYERS_MAX


@kernel
def layer_place(state, layer, asset):
    """The cash of layer 1, 2, … in an asset."""
    return system_place(state, FIRST_LAYER_ACCOUNT + layer - 1, asset)


@gate
def announce_layer(state, instrument_id, asset, layer, atoms, out):
    """LAYER_CHANGED: ``cash_atoms`` came in (> 0) or went out; ``equity_atoms`` is what the layer holds now."""
    event = new_event(state, out, LAYER_CHANGED)
    event.other_account = FIRST_LAYER_ACCOUNT + layer - 1
    event.instrument = instrument_id
    event.asset = asset
    event.flags = layer
    event.cash_atoms = atoms
    event.equity_atoms = balance(state, layer_place(state, layer, asset))
    event.reason = deposit if atoms > 0 else insurance_deficit


@gate
def pay_from_layers(state, instrument_id, atoms, out):
    """Pay up to ``atoms`` from an instrument's layers, in order, into its clearing; returns what was paid.  LOSS-012"""
    terms = state.instruments[instrument_id].terms
    left = atoms
    for layer in range(1, terms.loss_layers + 1):
        place = layer_place(state, layer, terms.settlement_asset)
        part = min(left, balance(state, place))
        if part > 0:
            transfer(state, place, clearing_place(instrument_id), part)
            announce_layer(state, instrument_id, terms.settlement_asset, layer, -part, out)
            left -= part
    return atoms - left
