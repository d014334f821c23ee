"""What a clearing house asks for and who pays when that was not enough. Numbers in, numbers out."""
from ..kernel import kernel, multiply_divide_down

CALL_OF_PERCENT = 110


@kernel
def is_call_due(requirement_atoms, collateral_atoms):
    """Whether a client account must be called within the hour: its requirement is more than 110 % of its collateral.
    MODL-001

    Source: regulation.md 5.1 (EU 153/2013 Art 26, D8).

    >>> is_call_due(115, 100), is_call_due(108, 100)
    (True, False)
    """
    return requirement_atoms > multiply_divide_down(collateral_atoms, CALL_OF_PERCENT, 100)


@kernel
def layer_pays(loss_atoms, before_atoms, layer_atoms):
    """What one layer of a waterfall pays of a loss: all that the layers before it leave, up to its size.  MODL-002

    ``before_atoms`` is the sum of the layers before. Source: regulation.md 5.2 (9).

    >>> layer_pays(65, 0, 50), layer_pays(65, 50, 10), max(0, 65 - 60)
    (50, 10, 5)
    """
    return max(0, min(loss_atoms - before_atoms, layer_atoms))
