"""How a taken-over position is split among accounts that opted in: edge, even parts, what a margin bears."""
from ..kernel import kernel, multiply_divide_up
from ..units import PPB


@kernel
def has_edge(edge_atoms, value_atoms, edge_ppb):
    """Whether a price is better than the mark by at least ``edge_ppb`` of the value there.  LIQD-030

    Source: kraken.md 4 (assignment program: at least 75 basis points to the mark).

    >>> has_edge(75, 10_000, 7_500_000), has_edge(74, 10_000, 7_500_000)
    (True, False)
    """
    return edge_atoms >= multiply_divide_up(value_atoms, edge_ppb, PPB)


@kernel
def even_share(lots, takers):
    """Equal parts of a size, rounded up so that nothing is left for want of a lot.  LIQD-032

    >>> even_share(10, 3)
    4
    """
    return -(-lots // takers)


@kernel
def lots_borne(closing_lots, available_atoms, margin_atoms):
    """Lots that close an opposite position are free, each further one takes ``margin_atoms`` > 0.  LIQD-032

    >>> lots_borne(5, 100, 30), lots_borne(5, -1, 30)
    (8, 5)
    """
    return closing_lots + max(0, available_atoms) // margin_atoms
