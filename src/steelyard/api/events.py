"""Events as typed objects, one class per ``EventKind``, in the past tense, made from EVENT records.

Every class says which columns of the record it reads and what they mean there (docs/spec/events.md is the same as
tables). Whoever folds events adds their numbers and recomputes nothing. Units and signs: prices in ticks or mark units,
sizes in lots, cash in atoms, rates in parts per billion. A signed size is > 0 for a long, cash > 0 comes to the
account.
"""
from __future__ import annotations

import typing
from enum import IntEnum

import numpy as np

from ..codes import CommandKind, EventKind, PriceSource
from ..engine.records import EVENT
from .commands import Side
from .loss_events import (
    Assigned,
    CashMoved,
    DeficitBooked,
    Deleveraged,
    InstrumentSettled,
    InsuranceChanged,
    LayerChanged,
    LiquidationEnded,
    LiquidationStarted,
    LiquidationStepped,
    LossSocialized,
    MarginCalled,
    MarginCallEnded,
    PositionSettled,
    PositionTakenOver,
    SessionBegun,
    SessionSettled,
    TakeoverClosed,
    TakeoverReduced,
)
from .market_events import (
    AccountSet,
    BracketChanged,
    ClientClassSet,
    CollateralConverted,
    CollateralMoved,
    Configured,
    Deposited,
    Event,
    FundingRateSet,
    FundingSettled,
    IndexChanged,
    IndexFrozen,
    IndexSourceChanged,
    IndexThawed,
    InstrumentListed,
    InstrumentStateChanged,
    LeverageSet,
    MarginModeSet,
    MarginWindowChanged,
    Marked,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderRested,
    Rejected,
    Traded,
    Transferred,
    TriggerAccepted,
    TriggerCanceled,
    TriggerChanged,
    TriggerFired,
    TriggerMoved,
    Withdrawn,
)

SOURCE_SHIFT = 8
"""Trigger events carry the price source in the bits of ``flags`` above the order's own."""
FLAG_BITS = (1 << SOURCE_SHIFT) - 1

EVENTS: dict[EventKind, type[Event]] = {one.KIND: one for one in (
    Rejected, Configured, InstrumentListed, InstrumentStateChanged, AccountSet, Deposited, Withdrawn, Transferred,
    LeverageSet, MarginModeSet, CollateralMoved, OrderAccepted, OrderRested, Traded, OrderCanceled, OrderAmended,
    TriggerAccepted, TriggerFired, TriggerCanceled, TriggerMoved, BracketChanged, IndexChanged, IndexFrozen,
    IndexSourceChanged, Marked, FundingRateSet, FundingSettled, LiquidationStarted, LiquidationStepped,
    LiquidationEnded, PositionTakenOver, TakeoverReduced, TakeoverClosed, InsuranceChanged, LayerChanged, Deleveraged,
    LossSocialized, DeficitBooked, InstrumentSettled, PositionSettled, CashMoved, IndexThawed,
    SessionBegun, SessionSettled, CollateralConverted, Assigned,
    MarginCalled, MarginCallEnded, MarginWindowChanged, ClientClassSet)}
"""The class of every kind."""


# ---------------------------------------------------------------- from records
def column_of(event_type: type[Event], attribute: str) -> str:
    """The column of EVENT that fills an attribute."""
    return event_type.COLUMNS.get(attribute, attribute)


def _members(enum, *others) -> dict:
    """Number -> member of an enum, and numbers that may stand in its place."""
    return {**{number: number for number in others}, **{int(member): member for member in enum}}


def _meaning(event_type: type[Event], attribute: str, annotation):
    """What turns a column's integer into the attribute; None where it stays as it is."""
    if issubclass(event_type, TriggerChanged) and attribute == "flags":
        return FLAG_BITS.__and__
    if issubclass(event_type, TriggerChanged) and attribute == "source":
        return lambda value: PriceSource(value >> SOURCE_SHIFT)
    if annotation is bool:
        return bool
    if annotation == (CommandKind | int):
        return _members(CommandKind, 0).__getitem__
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        return _members(annotation, 0).__getitem__ if annotation is Side else _members(annotation).__getitem__
    return None


def _plan(event_type: type[Event]) -> list:
    """(place of the column, meaning) of every attribute, in the order of the class."""
    annotations = typing.get_type_hints(event_type)
    return [(EVENT.names.index(column_of(event_type, name)), _meaning(event_type, name, annotations[name]))
            for name in event_type.__struct_fields__]


_PLANS = {int(kind): (event_type, _plan(event_type)) for kind, event_type in EVENTS.items()}
_KIND_PLACE = EVENT.names.index("kind")


def events(rows: np.ndarray) -> list[Event]:
    """Typed events of EVENT records, in order."""
    if rows.dtype != EVENT:
        raise TypeError("events are made from an array of EVENT records")
    found = []
    for row in np.atleast_1d(rows).tolist():
        event_type, plan = _PLANS[row[_KIND_PLACE]]
        found.append(event_type(*[row[place] if meaning is None else meaning(row[place]) for place, meaning in plan]))
    return found
