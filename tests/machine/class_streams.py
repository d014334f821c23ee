"""Margin windows and client classes in random streams: rates, rules, the window that holds, who joins a class."""
from __future__ import annotations

import numpy as np

from steelyard import codes
from steelyard.units import HOUR, MINUTE, PPB

WINDOWS, CLASSES = 3, 4


def window_rate(pick, instrument: int, window: int, side: int) -> dict:
    """Rates of one side in one window: none, about the schedule's, or well above it."""
    initial = pick(0, PPB // 80, PPB // 30, PPB // 8, PPB // 3)
    return dict(kind=codes.SET_WINDOW_RATE, instrument=instrument, parameter=window, side=side, value=initial,
                size_lots=pick(0, initial // 2, initial))


def client_rule(pick, instrument: int, client_class: int) -> dict:
    """What a class must hold: multiplier, floor, close-out share; now and then it may not open."""
    return dict(kind=codes.SET_CLIENT_RULE, instrument=instrument, parameter=client_class,
                value=pick(0, PPB, 3 * PPB // 2), amount_atoms=pick(0, PPB // 50, PPB // 5, PPB // 2),
                size_lots=pick(0, 0, PPB // 2), flags=pick(0, 0, 0, 1, 2))


def class_tier(pick, instrument: int, client_class: int, tier: int) -> dict:
    """A tier of a class's own schedule; now and then the end of it."""
    initial = pick(PPB // 50, PPB // 20, PPB // 10) * (tier + 1)
    return dict(kind=codes.SET_CLASS_TIER, instrument=instrument, parameter=tier, flags=client_class,
                amount_atoms=pick(20, 500, 1 << 40) * (tier + 1), value=initial, size_lots=initial // 2)


def draw_loans_and_calls(later, draw, terms) -> None:
    """Loans, calls before maintenance is reached, steps that end, losses that their owner owes."""
    if draw.random() < 0.3:
        terms.update(loan_period_ns=later(MINUTE, 10 * MINUTE, HOUR),
                     loan_opening_long_ppb=later(0, 250_000),
                     loan_opening_short_ppb=later(0, 100_000), loan_rollover_long_ppb=later(0, 250_000),
                     loan_rollover_short_ppb=later(0, 100_000))
        if terms["kind"] == codes.LINEAR and not terms.get("linear_slope_value_atoms") and not terms.get(
                "oi_upper_atoms"):
            terms.update(initial_basis=2, maintenance_basis=2)
    if not terms.get("oi_upper_atoms") and draw.random() < 0.3:
        terms["maintenance_of_initial_ppb"] = later(PPB * 2 // 5, PPB * 2 // 3)
    if not terms.get("oi_upper_atoms") and terms["margin_call_cure_ns"]:
        terms["call_initial_ppb"] = later(0, PPB * 4 // 5, PPB)
    terms["liquidation_step_floor_ppb"] = later(0, 0, PPB // 2)
    terms["liquidation_step_fee_ppb"] = later(0, 0, 2_000_000)
    terms["recourse"] = later(0, 0, 1)


def draw_slope(world, terms, lot_value) -> None:
    """Some linear schedules rise with the value at mark: a rate one ppb higher for so many atoms."""
    if terms["rate_method"] == codes.RATES_LINEAR and world.draw.random() < 0.5:
        terms.update(initial_basis=1, maintenance_basis=1, linear_slope_ppb_per_lot=0,
                     linear_slope_value_atoms=max(1, lot_value // world.pick(10, 100, 1_000)))


SELDOM_TERMS = ("open_interest_lots_max price_band_ppb price_band_refuses price_band_ticks price_band_reference "
                "breaker_ppb breaker_window_ns breaker_pause_ns breaker_group breaker_state oi_lower_atoms "
                "oi_upper_atoms tier_measure initial_basis linear_slope_value_atoms maintenance_of_initial_ppb "
                "loan_period_ns margin_call_cure_ns call_initial_ppb expiry_s").split()
"""Terms that keep an instrument from being plain, and those that go with them."""


def make_plain(world, terms) -> None:
    """Where a venue is to be plain, the terms under which orders and fills go the short way (ORDR-017)."""
    if not world.plain:
        return
    terms.update(dict.fromkeys(SELDOM_TERMS, 0))
    terms.update(rate_method=codes.RATES_STEPS_WHOLE, order_margin_method=codes.ORDER_MARGIN_WORSE_SIDE,
                 maintenance_basis=min(terms["maintenance_basis"], codes.BASIS_MARK))


def first_classes(world, instrument: int) -> list[dict]:
    """What some instruments are listed with."""
    entries = []
    if world.plain:
        return entries
    if world.draw.random() < 0.4:
        entries += [window_rate(world.pick, instrument, window, side) for window in range(WINDOWS) for side in (1, -1)]
    if world.draw.random() < 0.5:
        entries += [client_rule(world.pick, instrument, client_class) for client_class in range(1, CLASSES)]
        entries += [class_tier(world.later, instrument, 1, tier) for tier in range(world.later(0, 0, 1, 2))]
    return entries


def draw_classes(world, commands) -> None:
    """Rates and rules that change, windows that begin, accounts that join a class, while the venue is open."""
    draw, kind = world.draw, commands["kind"]
    for at in np.flatnonzero(kind == codes.SET_WINDOW_RATE):
        row = window_rate(world.pick, 0, int(draw.integers(WINDOWS)), world.pick(1, -1))
        for name in ("parameter", "side", "value", "size_lots"):
            commands[name][at] = row[name]
    for at in np.flatnonzero(kind == codes.SET_CLIENT_RULE):
        row = client_rule(world.pick, 0, int(draw.integers(1, CLASSES)))
        for name in ("parameter", "value", "amount_atoms", "size_lots", "flags"):
            commands[name][at] = row[name]
    for at in np.flatnonzero(kind == codes.SET_CLASS_TIER):
        row = class_tier(world.pick, 0, int(draw.integers(1, CLASSES)), world.pick(0, 0, 1))
        for name in ("parameter", "flags", "amount_atoms", "value", "size_lots"):
            commands[name][at] = row[name]
        if draw.random() < 0.2:
            commands["value"][at] = 0
    entered = kind == codes.SET_MARGIN_WINDOW
    commands["value"][entered] = draw.integers(0, WINDOWS, entered.sum())
    commands["instrument"][entered & (draw.random(len(kind)) < 0.2)] = 0
    joined = kind == codes.SET_CLIENT_CLASS
    commands["parameter"][joined] = draw.choice([0, 0, *range(1, CLASSES)], joined.sum())
