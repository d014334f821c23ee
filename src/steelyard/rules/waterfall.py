"""A clearing house's default waterfall: named layers pay a loss one after the other. Source: cme.md 8.

Not kernels: amounts are decisions of a default, which is rare, and some are beyond 64 bits of atoms.
"""
from ..units import PPB


def assessment_cap(fund: int, factor_ppb: int) -> int:
    """What members can be asked for beyond the fund: fund x factor, rounded half up.  LOSS-011

    >>> assessment_cap(6_154_113_094, 2_750_000_000)
    16923811009
    """
    return (2 * fund * factor_ppb + PPB) // (2 * PPB)


def pay_by_layers(loss: int, layers) -> tuple[list[tuple[str, int]], int]:
    """What each (name, amount) layer pays of ``loss`` >= 0, in order, and what nobody pays.  LOSS-010

    >>> pay_by_layers(120, [("margin", 50), ("house", 40), ("fund", 100)])
    ([('margin', 50), ('house', 40), ('fund', 30)], 0)
    """
    paid, left = [], loss
    for name, amount in layers:
        part = min(left, amount)
        paid.append((name, part))
        left -= part
    return paid, left
