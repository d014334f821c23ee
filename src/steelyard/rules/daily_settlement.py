"""The settlement price of a trading day, by tiers: trades of the window, else quotes, else carry. Source: cme.md 4.

Prices are integers on a grid finer than the tick (``units``); not kernels, they run once a day and a contract.
"""
from ..units import PPB


def to_tick(numerator: int, denominator: int, tick: int, prior: int) -> int:
    """``numerator / denominator`` on the tick grid: the nearest tick, halfway toward the prior settlement.  DSET-001

    >>> to_tick(60_197_26, 1, 500, 60_000_00), to_tick(2_250, 1, 500, 0), to_tick(2_250, 1, 500, 9_000)
    (6019500, 2000, 2500)
    """
    whole, rest = divmod(numerator, denominator * tick)
    twice = 2 * rest - denominator * tick
    up = twice > 0 or (twice == 0 and prior > whole * tick)
    return (whole + up) * tick


def window_vwap(trades, tick: int, prior: int) -> int | None:
    """Tier 1: the volume-weighted average of a window's (price, size) trades on the tick grid; None without any.
    DSET-002"""
    lots = sum(size for _price, size in trades)
    if lots == 0:
        return None
    return to_tick(sum(price * size for price, size in trades), lots, tick, prior)


def window_mid(bid: int, ask: int, tick: int, prior: int) -> int | None:
    """Tier 2: the middle of bid and ask on the tick grid; None where one is missing (0).  DSET-003"""
    if bid == 0 or ask == 0:
        return None
    return to_tick(bid + ask, 2, tick, prior)


def carry(reference: int, days: int, rate_ppb: int) -> int:
    """Tier 3: reference + days / 365 x rate x reference, rounded half up to a unit.  DSET-004

    >>> carry(60_000_00, 30, 40_000_000)
    6019726
    """
    divisor = 365 * PPB
    return reference + (2 * reference * days * rate_ppb + divisor) // (2 * divisor)


def lead_settlement(trades, bid: int, ask: int, reference: int, days: int, rate_ppb: int, tick: int, prior: int) -> int:
    """Settlement of the lead month: the first tier that has a price.  DSET-002 DSET-003 DSET-004"""
    price = window_vwap(trades, tick, prior)
    if price is None:
        price = window_mid(bid, ask, tick, prior)
    if price is None:
        price = to_tick(carry(reference, days, rate_ppb), 1, tick, prior)
    return price


def spread_settlement(trades, last: int, bid: int | None, ask: int | None, tick: int) -> int:
    """What the second month stands above the lead: the spread's window average on its tick, else its last trade, moved
    to the nearer of bid and ask where it lies outside them (None: nobody quotes).  DSET-005"""
    if trades:
        lots = sum(size for _price, size in trades)
        return to_tick(sum(price * size for price, size in trades), lots, tick, last)
    if ask is not None and last > ask:
        return ask
    if bid is not None and last < bid:
        return bid
    return last
