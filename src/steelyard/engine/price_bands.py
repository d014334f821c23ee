"""Prices that an order gets, or must not have: protection of market orders whose rest rests, and bands that refuse."""
from ..codes import BAND_FROM_TRADED, BUY, ORDER_LIMIT, ORDER_MARKET_LIMIT
from ..kernel import add, gate, kernel, multiply, multiply_divide_down
from ..rules.contract import price_units
from ..units import PPB
from .matching import best_opposite


# ---------------------------------------------------------------- market orders that rest
@kernel
def is_permitted(terms, order_type):
    """Whether terms allow a market order whose rest rests: with protection, or at the best price.  ORDR-015"""
    if order_type == ORDER_MARKET_LIMIT:
        return terms.market_limit != 0
    return terms.protection_ticks != 0


@gate
def protected_ticks(state):
    """The limit of a market order that may rest: the best opposite price, with protection points beyond it; 0 where
    nobody stands there.  ORDR-015"""
    working = state.working
    terms = state.instruments[working.instrument].terms
    opposite = best_opposite(state, working.instrument, working.side)
    if opposite == 0 or working.order_type == ORDER_MARKET_LIMIT:
        return opposite
    return max(terms.price_ticks_min, min(terms.price_ticks_max, opposite + working.side * terms.protection_ticks))


# ---------------------------------------------------------------- bands that refuse
@kernel
def band_reference(state, instrument_id):
    """What a band is measured from, in mark units: the mark, or the last trade moved to a better bid or offer.
    ORDR-016"""
    instrument = state.instruments[instrument_id]
    units = instrument.mark_price_units
    if instrument.terms.price_band_reference == BAND_FROM_TRADED:
        book = state.books[instrument_id]
        if instrument.last_price_units > 0:
            units = instrument.last_price_units
        units = max(units, price_units(instrument.terms, book.best_bid_ticks))
        if book.best_ask_ticks != 0:
            units = min(units, price_units(instrument.terms, book.best_ask_ticks))
    return units


@gate
def beyond_band(state):
    """Whether the working order's own limit lies further through the reference than its band.  ORDR-016"""
    working = state.working
    terms = state.instruments[working.instrument].terms
    reference = band_reference(state, working.instrument)
    if working.order_type != ORDER_LIMIT or reference == 0:
        return False
    width = multiply(terms.price_band_ticks, terms.mark_units_per_tick)
    if width == 0:
        width = multiply_divide_down(reference, terms.price_band_ppb, PPB)
    units = price_units(terms, working.limit_ticks)
    if working.side == BUY:
        return width != 0 and units > add(reference, width)
    return width != 0 and units < add(reference, -width)
