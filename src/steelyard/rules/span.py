"""SPAN for futures: a risk array of sixteen scenarios per contract, scan risk, spread credits. Source: cme.md 5.

Signs as published there: loss positive, gain negative. Not kernels: futures margin reaches the engine as amounts per
contract; arrays of options come with portfolio margin. Money is in any whole unit; thirds round half away from zero.
"""
from ..units import PPB

MOVES = (0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3)
"""Price moves of scenarios 1 to 14, in thirds of the price scan range; volatility moves do not touch a future."""


def rounded(numerator: int, denominator: int) -> int:
    """The nearest whole, halves away from zero; denominator > 0."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def future_array(scan_range: int, lots: int, extreme: int = 3, cover_ppb: int = 330_000_000) -> list[int]:
    """Losses of ``lots`` futures (long > 0) in the sixteen scenarios, rounded for one contract; the extreme pair is
    ``extreme`` scan ranges, of which ``cover_ppb`` counts.  SPAN-001"""
    losses = [rounded(-move * scan_range, 3) * lots for move in MOVES]
    far = rounded(extreme * cover_ppb * scan_range, PPB) * lots
    return [*losses, -far, far]


def scan_risk(array) -> int:
    """The largest loss over the scenarios, at least 0.  SPAN-002"""
    return max(0, *array)


def scenario_with_credit(one: int, other: int, credit_ppb: int) -> int:
    """A scanning-based spread: losses count whole, gains of the other leg by the credit, in ppb of a unit.  SPAN-003"""
    return sum(loss * PPB if loss > 0 else loss * credit_ppb for loss in (one, other))


def credited(outright: int, credit_ppb: int) -> int:
    """Margin of legs that form an inter-commodity spread: the outright sum less the credit on it, rounded up.  SPAN-004

    >>> credited(6_000, 550_000_000)
    2700
    """
    return outright - outright * credit_ppb // PPB
