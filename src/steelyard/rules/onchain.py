"""How other on-chain venues margin, liquidate and fund: pure rules that their published tests are checked with.

Not kernels: the oracle perpetual that runs in the engine is of another kind. Source: defi.md 2, 3 and 12. Money and
prices are whole micro-units of a dollar, sizes whole units, rates ppb; what must be held rounds up, what is paid toward
zero.
"""
from ..units import PPB

DAY_S = 86_400


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


# ---------------------------------------------------------------- Vega
def slippage_maintenance(size: int, buys: int, sells: int, mark: int, linear_ppb: int, quadratic_ppb: int,
                         long_ppb: int, short_ppb: int) -> int:
    """Maintenance margin with orders: slippage of the open position (linear and quadratic in it) and a risk factor of
    the side with its orders; the worse side; rounded up.  CHNM-001

    >>> slippage_maintenance(-1, 0, 0, 15_900, 250_000_000, 0, 0, 100_000_000)
    5565
    """
    worse = 0
    for held, orders, factor in ((max(size, 0), buys, long_ppb), (max(-size, 0), sells, short_ppb)):
        if held + orders > 0:
            rate = linear_ppb * held + quadratic_ppb * held * held + (held + orders) * factor
            worse = max(worse, mark * rate)
    return _up(worse, PPB)


def scaled(maintenance: int, factor_ppb: int) -> int:
    """Another level of the same margin (search, initial, release): a multiple, rounded down.  CHNM-001"""
    return maintenance * factor_ppb // PPB


def clamped_payment(forward: int, spot: int, interest_ppb: int, low_ppb: int, high_ppb: int) -> int:
    """Funding a unit pays (> 0: the long): forward less spot, and what interest on spot is above the forward within
    bounds of spot.  CHNM-002"""
    rest = spot + spot * interest_ppb // PPB - forward
    return forward - spot + max(spot * low_ppb // PPB, min(spot * high_ppb // PPB, rest))


def haircut(gains, collected: int) -> list[int]:
    """What winners get of what was collected, in proportion, rounded down; the last one gets the rest.  CHNM-003

    >>> haircut([80, 8_000], 5_080)
    [50, 5030]
    """
    owed = sum(gains)
    if collected >= owed:
        return list(gains)
    paid = [gain * collected // owed for gain in gains]
    paid[-1] += collected - sum(paid)
    return paid


# ---------------------------------------------------------------- Synthetix
def skewed_fill(price: int, skew: int, size: int, scale: int) -> int:
    """Price of a fill against a pool: the oracle's with half of the skew before and after, over the scale; down.
    CHNM-004"""
    return price + price * (2 * skew + size) // (2 * scale)


def drifted_rate(rate_ppb: int, skew: int, scale: int, velocity_ppb: int, seconds: int) -> int:
    """A funding rate after some time: it drifts by the skew over the scale (at most 1) of the velocity a day.
    CHNM-005"""
    return rate_ppb + max(-scale, min(scale, skew)) * velocity_ppb * seconds // (scale * DAY_S)


def drifted_funding(before_ppb: int, after_ppb: int, seconds: int, value: int) -> int:
    """What a position of a value (long > 0) has paid over some time: at the mean of both rates.  CHNM-005"""
    return (before_ppb + after_ppb) * seconds * value // (2 * DAY_S * PPB)


# ---------------------------------------------------------------- Drift, Hyperliquid, GMX
def liquidated_size(shortage: int, price: int, margin_ppb: int, fee_ppb: int, fund_ppb: int, quote: int) -> int:
    """Millionths of a unit to take over so that a shortage of margin is gone: shortage / (price x (margin - fee) x
    quote price - price x fund fee), rounded to the nearest.  CHNM-006"""
    relieved = price * ((margin_ppb - fee_ppb) * quote - fund_ppb * 1_000_000)
    return (2 * shortage * PPB * 10**12 + relieved) // (2 * relieved)


def pair_liquidation_price(price: int, size: int, available: int, leverage: int) -> int:
    """Price at which an account is liquidated: price - available / size / (1 - side / leverage of maintenance), rounded
    to the nearest; ``available`` is account value less maintenance margin, size signed.  CHNM-007"""
    side = 1 if size > 0 else -1
    divisor = abs(size) * (leverage - side)
    return price - side * ((2 * available * leverage + divisor) // (2 * divisor))


def pool_impact(before: int, after: int, factor_ppt: int) -> int:
    """What moving the imbalance of a pool from one amount (whole dollars) to another pays (> 0) or costs: the
    difference of squares x a factor in 10**-12.  CHNM-008

    >>> pool_impact(0, 50_000, 200_000), pool_impact(50_000, 25_000, 200_000)
    (-500, 375)
    """
    return (before * before - after * after) * factor_ppt // 10**12
