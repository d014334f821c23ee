"""Margin windows and client classes in random streams: rates, rules, the window that holds, who joins a class."""
from __future__ import annotations

import numpy as np

from steelyard import codes
from steelyard.units import PPB

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
                size_lots=pick(0, 0, PPB // 2), flags=pick(0, 0, 0, 1))


def first_classes(world, instrument: int) -> list[dict]:
    """What some instruments are listed with."""
    entries = []
    if world.draw.random() < 0.4:
        entries += [window_rate(world.pick, instrument, window, side) for window in range(WINDOWS) for side in (1, -1)]
    if world.draw.random() < 0.5:
        entries += [client_rule(world.pick, instrument, client_class) for client_class in range(1, CLASSES)]
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
    entered = kind == codes.SET_MARGIN_WINDOW
    commands["value"][entered] = draw.integers(0, WINDOWS, entered.sum())
    commands["instrument"][entered & (draw.random(len(kind)) < 0.2)] = 0
    joined = kind == codes.SET_CLIENT_CLASS
    commands["parameter"][joined] = draw.choice([0, 0, *range(1, CLASSES)], joined.sum())
