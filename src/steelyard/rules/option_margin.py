"""Options settled in coin, as one venue publishes their rules: payoff, fee, standard margin, what a portfolio's matrix
asks of futures. Source: deribit.md 1.5, 2.3, 2.4, 3.5 and 9.

Not kernels: the engine lists no options; published examples are checked with these. Money is in atoms of the coin
unless said, prices and strikes in any one unit; rates are ppb. What must be held rounds up.
"""
from ..units import PPB

CALL, PUT = 1, -1
OUT_PPB, FLOOR_PPB, MAINTENANCE_PPB = 150_000_000, 100_000_000, 75_000_000
"""Of a coin: initial margin at the money, the least of it, maintenance margin."""


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def payoff(kind: int, strike: int, price: int, coin_atoms: int) -> int:
    """What one option on a coin pays at a delivery price, in coin, rounded down.  OPTN-001

    >>> payoff(CALL, 100_000, 125_000, 10**8), payoff(PUT, 10_000, 5_000, 10**8)
    (20000000, 100000000)
    """
    return max(0, kind * (price - strike)) * coin_atoms // price


def fee(rate_ppb: int, premium_atoms: int, coin_atoms: int, cap_ppb: int = 125_000_000) -> int:
    """Fee of one option: a part of a coin, at most a part of the premium; rounded down.  OPTN-002"""
    return min(rate_ppb * coin_atoms, cap_ppb * premium_atoms) // PPB


def combo_fees(buys, sells) -> int:
    """Fees of a combination with legs on both sides: those of the dearer side, the other is waived.  OPTN-003

    >>> combo_fees([10], [8])
    10
    """
    return max(sum(buys), sum(sells)) if buys and sells else sum(buys) + sum(sells)


def futures_combo_fees(rates) -> int:
    """Rates of the legs of a futures combination, in hundredths: half is taken off the cheapest leg that pays; rebates
    stay.  OPTN-003

    >>> futures_combo_fees([-100, -100]), futures_combo_fees([300, 300])
    (-200, 450)
    """
    paying = [rate for rate in rates if rate > 0]
    return sum(rates) - (min(paying) // 2 if paying else 0)


def short_margins(kind: int, strike: int, index: int, mark_atoms: int, coin_atoms: int) -> tuple[int, int]:
    """(initial, maintenance) margin of one short option by the standard model; a long holds nothing.  OPTN-004"""
    out_ppb = max(0, kind * (strike - index)) * PPB // index
    held = _up(max(OUT_PPB - out_ppb, FLOOR_PPB) * coin_atoms, PPB) + mark_atoms
    maintenance = _up(MAINTENANCE_PPB * coin_atoms, PPB) + mark_atoms
    if kind == PUT:
        maintenance = _up(MAINTENANCE_PPB * max(coin_atoms, mark_atoms), PPB) + mark_atoms
        held = max(held, maintenance)
    return held, maintenance


def order_reserve(position: int, buys: int, mark_atoms: int) -> int:
    """What buy orders of a size reserve, in tenths of an option as the position: their premium at the mark, as far as
    they go beyond a short they would close; rounded up.  OPTN-005

    A third party's model of the venue, not its statement.
    """
    return _up(max(0, buys - max(0, -position)) * mark_atoms, 10)


def settlement_delta(delta_ppb: int, mark_atoms: int, passed_s: int, window_s: int, coin_atoms: int) -> tuple[int, int]:
    """(delta, net transaction delta) in ppb of an option whose delivery price is being averaged: both run down evenly
    over the window, the second less the mark.  OPTN-006"""
    left = window_s - passed_s
    decayed = delta_ppb * left // window_s
    return decayed, decayed - mark_atoms * PPB // coin_atoms * left // window_s


def shocked_volatility(shock_ppb: int, reference_days: int, days: int) -> int:
    """Size of a volatility shock that goes with the root of time, ppb, to the nearest.  OPTN-007

    The form of 2017, power one half: shock x sqrt(reference days / days).
    """
    square = shock_ppb * shock_ppb * reference_days // days
    root = 1 << (square.bit_length() + 1) // 2
    while True:
        nearer = (root + square // root) // 2
        if nearer >= root:
            return root + (square - root * root > root)
        root = nearer


def inverse_scenario(coins_atoms: int, move_ppb: int) -> int:
    """Gain (> 0) of an inverse future worth ``coins_atoms`` (long > 0) when the index moves, in coin, to the nearest.
    OPTN-008: q x (1 - 1 / (1 + move))"""
    return (2 * coins_atoms * move_ppb + (PPB + move_ppb)) // (2 * (PPB + move_ppb))


def worst_scenario(vectors) -> int:
    """The largest loss over the summed vectors of a portfolio, at least 0.  OPTN-008"""
    return max(0, -min(sum(cells) for cells in zip(*vectors)))


def roll_shock(deltas_atoms, move_ppb: int) -> int:
    """What is held against the spread between expiries: the sizes of their deltas, gross, by the least move; rounded
    up.  OPTN-009"""
    return _up(sum(abs(delta) for delta in deltas_atoms) * move_ppb, PPB)


def matrix_margins(matrix_atoms: int, orders_atoms: int, protection_atoms: int, factor_ppb: int) -> tuple[int, int]:
    """(initial, maintenance) of a portfolio: the matrix with what orders and market maker protection reserve, and a
    part of the matrix alone.  OPTN-010"""
    return matrix_atoms + orders_atoms + protection_atoms, _up(matrix_atoms * factor_ppb, PPB)
