"""What a random venue says of market orders whose rest rests, bands that refuse and circuit breakers."""
from __future__ import annotations

import numpy as np

from steelyard import codes
from steelyard.units import HOUR, MINUTE, PPB, SECOND


def draw_protection(seed: int, number: int) -> dict:
    """Terms from a generator of their own: what earlier ones are drawn does not change by them."""
    draw = np.random.default_rng(seed + (number << 33))

    def pick(*values):
        return values[int(draw.integers(len(values)))]
    terms = dict(protection_ticks=pick(0, 1, 50, 5_000), market_limit=pick(0, 1), liquidation_waits=pick(0, 0, 1),
                 breaker_group=pick(0, 1, 1), loss_layers=pick(0, 0, 1, 3))
    if draw.random() < 0.2:
        terms.update(price_band_refuses=1, price_band_ticks=pick(0, 20, 500), price_band_ppb=pick(0, PPB // 100),
                     price_band_reference=pick(0, 1))
    if draw.random() < 0.4:
        terms.update(breaker_ppb=pick(PPB // 100, PPB // 10), breaker_window_ns=pick(MINUTE, HOUR),
                     breaker_pause_ns=pick(SECOND, MINUTE, HOUR),
                     breaker_state=pick(codes.STATE_CANCEL_ONLY, codes.STATE_HALTED))
    return terms


def let_some_rest(commands, market):
    """A third of the market orders are of the types whose rest rests."""
    chosen = market & (np.arange(len(commands)) % 3 == 0)
    commands["order_type"][chosen] = np.where(commands["size_lots"][chosen] % 2, codes.ORDER_MARKET_PROTECTED,
                                              codes.ORDER_MARKET_LIMIT)
