"""Funding of a position over time, stamp by stamp, as the engine books it.  PLAN-014"""
from __future__ import annotations

from decimal import Decimal

from .market import Market, rules


def stamp_cash(market: Market, size_lots: int, mark_units: int, rate_ppb: int) -> int:
    """What one funding stamp brings a position (below zero: costs), atoms, booked by itself.  FUND-005, FUND-006"""
    delta = rules().funding.increment_micro(market.unit_value(mark_units), rate_ppb)
    return rules().funding.funding_cash(size_lots, delta)


def stamps_of_hours(market: Market, hours: Decimal) -> int:
    """Stamps that a time passes, counted in whole intervals from the opening; 0 where the instrument has no funding."""
    interval = market.funding_hours
    return 0 if interval is None else int(hours / interval)


def funding_of_hours(market: Market, size_lots: int, entry_ticks: int, hours: Decimal) -> int:
    """Cash of funding at the rate in force and the entry price over a time; below zero it is paid.  PLAN-014"""
    stamps = stamps_of_hours(market, hours)
    if stamps == 0 or market.row.funding_rate_ppb == 0:
        return 0
    units = rules().contract.price_units(market.row.terms, entry_ticks)
    return stamps * stamp_cash(market, size_lots, units, market.row.funding_rate_ppb)
