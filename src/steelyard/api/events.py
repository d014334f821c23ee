"""Events as typed objects, one class per ``EventKind``, in the past tense, made from EVENT records.

Every class says which columns of the record it reads and what they mean there (docs/spec/events.md is the same as
tables). Whoever folds events adds their numbers and recomputes nothing. Units and signs: prices in ticks or mark units,
sizes in lots, cash in atoms, rates in parts per billion. A signed size is > 0 for a long; cash > 0 comes to the account.
"""
from __future__ import annotations

import typing
from enum import IntEnum
from typing import ClassVar

import msgspec
import numpy as np

from ..codes import (
    CommandKind,
    EventKind,
    InstrumentState,
    InsuranceScope,
    OrderType,
    PriceSource,
    Reason,
)
from ..engine.records import EVENT
from .commands import Side

SOURCE_SHIFT = 8
"""Trigger events carry the price source in the bits of ``flags`` above the order's own."""
FLAG_BITS = (1 << SOURCE_SHIFT) - 1


class Event(msgspec.Struct, frozen=True):
    """What every event has: its number, its time, and the number of the command it follows from."""

    KIND: ClassVar[EventKind]
    COLUMNS: ClassVar[dict[str, str]] = {}
    """Columns of EVENT that are named otherwise than the attribute they fill."""

    sequence: int
    time_ns: int
    command_sequence: int


# ---------------------------------------------------------------- refusals and settings
class Rejected(Event, frozen=True):
    """A command was refused by name; nothing was changed. What it asked for is repeated."""

    KIND = EventKind.REJECTED
    COLUMNS = {"command": "order_type"}

    reason: Reason
    command: CommandKind
    account: int
    instrument: int
    order_id: int
    side: int
    price_ticks: int
    size_lots: int
    cash_atoms: int


class Configured(Event, frozen=True):
    """A term, tier, fee class, index rule or settlement stamp was set, as the command said it.

    ``number`` is the term, tier, fee class, index field or source; ``value`` the term's value, initial ppb, taker ppb,
    field's value, weight or stamp; ``amount_atoms`` a tier's end or a maker fee; ``size_lots`` a tier's maintenance ppb.
    """

    KIND = EventKind.CONFIGURED
    COLUMNS = {"command": "order_type", "index": "asset", "number": "flags", "value": "price_units",
               "amount_atoms": "value_atoms"}

    command: CommandKind
    instrument: int
    index: int
    number: int
    value: int
    amount_atoms: int
    size_lots: int
    reason: Reason


class InstrumentListed(Event, frozen=True):
    """An instrument's terms were found consistent and its market is open."""

    KIND = EventKind.INSTRUMENT_LISTED
    COLUMNS = {"command": "order_type"}

    instrument: int
    asset: int
    command: CommandKind


class InstrumentStateChanged(Event, frozen=True):
    """A market was halted or opened; by the operator's command, or (reason settlement) because its stamp has come."""

    KIND = EventKind.INSTRUMENT_STATE_CHANGED
    COLUMNS = {"state": "flags", "settlement_units": "price_units", "command": "order_type"}

    instrument: int
    state: InstrumentState
    settlement_units: int
    reason: Reason
    command: CommandKind | int


class AccountSet(Event, frozen=True):
    """An account was opened or changed. ``restrictions`` are bits of ``Restriction``."""

    KIND = EventKind.ACCOUNT_SET
    COLUMNS = {"parent": "other_account", "restrictions": "flags"}

    account: int
    parent: int
    restrictions: int


# ---------------------------------------------------------------- cash and settings of an account
class Deposited(Event, frozen=True):
    """Cash came into a wallet from outside."""

    KIND = EventKind.DEPOSITED
    COLUMNS = {"amount_atoms": "cash_atoms", "balance_atoms": "value_atoms", "reference": "order_id"}

    account: int
    asset: int
    amount_atoms: int
    balance_atoms: int
    reference: int


class Withdrawn(Event, frozen=True):
    """Cash left a wallet; ``amount_atoms`` > 0 is what left."""

    KIND = EventKind.WITHDRAWN
    COLUMNS = {"amount_atoms": "cash_atoms", "balance_atoms": "value_atoms", "reference": "order_id"}

    account: int
    asset: int
    amount_atoms: int
    balance_atoms: int
    reference: int


class Transferred(Event, frozen=True):
    """Cash went from an account's wallet to the receiver's; the balance is the sender's after."""

    KIND = EventKind.TRANSFERRED
    COLUMNS = {"receiver": "other_account", "amount_atoms": "cash_atoms", "balance_atoms": "value_atoms",
               "reference": "order_id"}

    account: int
    receiver: int
    asset: int
    amount_atoms: int
    balance_atoms: int
    reference: int


class PositionSettingChanged(Event, frozen=True):
    """What the three events about a position's settings have in common.

    ``amount_atoms`` went from the wallet into the collateral; ``collateral_atoms`` is what is there after.
    """

    COLUMNS = {"initial_ppb": "rate_ppb", "isolated": "flags", "amount_atoms": "cash_atoms", "reference": "order_id"}

    account: int
    instrument: int
    asset: int
    initial_ppb: int
    isolated: bool
    amount_atoms: int
    collateral_atoms: int
    reference: int


class LeverageSet(PositionSettingChanged, frozen=True):
    """The initial margin rate (1 / leverage) was chosen; collateral does not move."""

    KIND = EventKind.LEVERAGE_SET


class MarginModeSet(PositionSettingChanged, frozen=True):
    """A position is isolated or cross now; its collateral moved with the mode, as ``collateral_atoms`` says."""

    KIND = EventKind.MARGIN_MODE_SET


class CollateralMoved(PositionSettingChanged, frozen=True):
    """Isolated margin was added (amount > 0) or taken out."""

    KIND = EventKind.COLLATERAL_MOVED


# ---------------------------------------------------------------- orders
class OrderAccepted(Event, frozen=True):
    """An order passed every check; ``size_lots`` may be less than asked for where it only reduces."""

    KIND = EventKind.ORDER_ACCEPTED

    order_id: int
    account: int
    instrument: int
    side: Side
    order_type: OrderType
    price_ticks: int
    size_lots: int
    flags: int


class OrderRested(Event, frozen=True):
    """What was left of an order is on the book; account 6 is the liquidation engine."""

    KIND = EventKind.ORDER_RESTED

    order_id: int
    account: int
    instrument: int
    side: Side
    price_ticks: int
    size_lots: int
    flags: int


class Traded(Event, frozen=True):
    """An incoming order (taker) traded with a resting one (maker), at the maker's price.

    ``value_atoms`` is the absolute value. Realized is profit before fees; the cash of a side changes by realized less
    fee, the collateral stands at what is given, the wallet takes the rest. A side of account 6 is the liquidation
    engine's: its realized result is settled with the insurance fund by the events that follow.
    """

    KIND = EventKind.TRADED
    COLUMNS = {"taker": "account", "maker": "other_account", "taker_order_id": "order_id",
               "taker_remaining_lots": "remaining_lots", "taker_fee_atoms": "fee_atoms",
               "taker_realized_atoms": "realized_atoms", "taker_collateral_atoms": "collateral_atoms"}

    instrument: int
    asset: int
    side: Side
    price_ticks: int
    size_lots: int
    value_atoms: int
    taker: int
    taker_order_id: int
    taker_remaining_lots: int
    taker_fee_atoms: int
    taker_realized_atoms: int
    taker_collateral_atoms: int
    maker: int
    maker_order_id: int
    maker_remaining_lots: int
    maker_fee_atoms: int
    maker_realized_atoms: int
    maker_collateral_atoms: int
    order_type: OrderType
    flags: int


class OrderCanceled(Event, frozen=True):
    """What was left of an order (``size_lots``) ended without trading, and why."""

    KIND = EventKind.ORDER_CANCELED

    order_id: int
    account: int
    instrument: int
    side: Side
    price_ticks: int
    size_lots: int
    flags: int
    reason: Reason


class OrderAmended(Event, frozen=True):
    """A resting order is to have this size and price; ``before_lots`` is what it had."""

    KIND = EventKind.ORDER_AMENDED
    COLUMNS = {"before_lots": "remaining_lots"}

    order_id: int
    account: int
    instrument: int
    side: Side
    price_ticks: int
    size_lots: int
    before_lots: int
    flags: int


# ---------------------------------------------------------------- triggers and brackets
class TriggerChanged(Event, frozen=True):
    """What the four events about a trigger have in common.

    ``price_ticks`` is the limit of the order it sends, ``trigger_units`` where it fires, ``source`` on which price;
    size 0 is the whole position.
    """

    COLUMNS = {"trigger_units": "price_units", "oco_order_id": "maker_order_id", "source": "flags"}

    order_id: int
    account: int
    instrument: int
    side: Side
    order_type: OrderType
    price_ticks: int
    trigger_units: int
    size_lots: int
    flags: int
    source: PriceSource
    oco_order_id: int
    reason: Reason


class TriggerAccepted(TriggerChanged, frozen=True):
    """A stop, take-profit or trailing stop waits for its price."""

    KIND = EventKind.TRIGGER_ACCEPTED


class TriggerFired(TriggerChanged, frozen=True):
    """Its price has come: an order under the same id follows."""

    KIND = EventKind.TRIGGER_FIRED


class TriggerCanceled(TriggerChanged, frozen=True):
    """A trigger ended without firing, and why."""

    KIND = EventKind.TRIGGER_CANCELED


class TriggerMoved(TriggerChanged, frozen=True):
    """A trigger stands elsewhere now: amended by its owner, trailing a price, or sized with a bracket."""

    KIND = EventKind.TRIGGER_MOVED


class BracketChanged(Event, frozen=True):
    """What a bracket protects now (``size_lots``), what its entry filled so far, where its stop stands."""

    KIND = EventKind.BRACKET_CHANGED
    COLUMNS = {"entry_order_id": "order_id", "filled_lots": "remaining_lots", "stop_ticks": "price_ticks",
               "stop_order_id": "maker_order_id", "stop_units": "price_units"}

    entry_order_id: int
    account: int
    instrument: int
    side: Side
    size_lots: int
    filled_lots: int
    stop_ticks: int
    stop_units: int
    stop_order_id: int


# ---------------------------------------------------------------- prices
class IndexPriced(Event, frozen=True):
    """What the three events about an index have in common: its price in index units."""

    COLUMNS = {"index": "asset"}

    index: int
    price_units: int
    reason: Reason


class IndexChanged(IndexPriced, frozen=True):
    """An index has a new price."""

    KIND = EventKind.INDEX_CHANGED


class IndexFrozen(IndexPriced, frozen=True):
    """An index may not move for now, and why: marks stand still with it."""

    KIND = EventKind.INDEX_FROZEN


class IndexThawed(IndexPriced, frozen=True):
    """An index moves again; the price is the one it froze at."""

    KIND = EventKind.INDEX_THAWED


class IndexSourceChanged(Event, frozen=True):
    """A source counts, or does not count any more, and why; its latest price and its weight."""

    KIND = EventKind.INDEX_SOURCE_CHANGED
    COLUMNS = {"index": "asset", "source": "flags", "weight_ppb": "rate_ppb"}

    index: int
    source: int
    price_units: int
    weight_ppb: int
    reason: Reason


class Marked(Event, frozen=True):
    """An instrument has a new mark; ``unit_value_atoms`` is the signed value of one long lot at it."""

    KIND = EventKind.MARKED
    COLUMNS = {"mark_units": "price_units", "unit_value_atoms": "value_atoms"}

    instrument: int
    mark_units: int
    unit_value_atoms: int


class FundingRateSet(Event, frozen=True):
    """A funding stamp passed: the rate that holds from now (> 0: longs pay), the mark, and what the stamp did."""

    KIND = EventKind.FUNDING_RATE_SET
    COLUMNS = {"mark_units": "price_units", "unit_value_atoms": "value_atoms"}

    instrument: int
    rate_ppb: int
    mark_units: int
    unit_value_atoms: int
    reason: Reason


class FundingSettled(Event, frozen=True):
    """A position's funding was booked: ``cash_atoms`` > 0 was received; the collateral stands at what is given."""

    KIND = EventKind.FUNDING_SETTLED

    account: int
    instrument: int
    asset: int
    size_lots: int
    cash_atoms: int
    collateral_atoms: int
    reason: Reason


# ---------------------------------------------------------------- liquidation
class LiquidationChanged(Event, frozen=True):
    """What the three events about a liquidation have in common.

    Equity and maintenance requirement are the group's. Instrument, signed size and mark are given for an isolated
    position, and 0 for a whole wallet.
    """

    COLUMNS = {"mark_units": "price_units", "maintenance_atoms": "requirement_atoms"}

    account: int
    asset: int
    instrument: int
    size_lots: int
    mark_units: int
    equity_atoms: int
    maintenance_atoms: int
    reason: Reason


class LiquidationStarted(LiquidationChanged, frozen=True):
    """A group's equity has come down to its maintenance margin."""

    KIND = EventKind.LIQUIDATION_STARTED


class LiquidationStepped(LiquidationChanged, frozen=True):
    """A step of the ladder was done: orders canceled, or (reason stepped_down) a position sold down a tier.

    After a sale ``size_lots`` is what was sold, ``remaining_lots`` what is left, ``price_ticks`` the limit.
    """

    KIND = EventKind.LIQUIDATION_STEPPED

    order_id: int
    side: int
    price_ticks: int
    remaining_lots: int
    value_atoms: int


class LiquidationEnded(LiquidationChanged, frozen=True):
    """The group is out of liquidation, and how: margin_recovered, taken_over or position_gone."""

    KIND = EventKind.LIQUIDATION_ENDED


class PositionTakenOver(Event, frozen=True):
    """The liquidation engine assumed a whole position at the value that leaves its owner nothing.

    Signed size and value; ``bankruptcy_ticks`` is the price of that value. Realized is the owner's result before fees.
    ``equity_atoms`` is what the owner gave up, ``fee_atoms`` what was paid of it before: closing fee and liquidation
    fee. ``balance_atoms`` is what is left where the position kept its cash.
    """

    KIND = EventKind.POSITION_TAKEN_OVER
    COLUMNS = {"taker": "other_account", "bankruptcy_ticks": "price_ticks", "bankruptcy_units": "price_units",
               "balance_atoms": "cash_atoms", "maintenance_atoms": "requirement_atoms"}

    account: int
    taker: int
    instrument: int
    asset: int
    order_id: int
    size_lots: int
    bankruptcy_ticks: int
    bankruptcy_units: int
    value_atoms: int
    realized_atoms: int
    fee_atoms: int
    balance_atoms: int
    collateral_atoms: int
    equity_atoms: int
    maintenance_atoms: int
    reason: Reason


class TakeoverReduced(Event, frozen=True):
    """The liquidation engine got rid of part of a takeover: in the book, against a winner, at settlement.

    ``value_atoms`` is signed, < 0 where lots were sold. Deleveraging has no result of its own: ``given_up_atoms`` is what
    the winner gave up and ``severity_ppb`` the part of the deficit placed so far.
    """

    KIND = EventKind.TAKEOVER_REDUCED
    COLUMNS = {"bankruptcy_ticks": "price_ticks", "bankruptcy_units": "price_units", "given_up_atoms": "equity_atoms",
               "severity_ppb": "rate_ppb"}

    account: int
    instrument: int
    asset: int
    order_id: int
    side: Side
    size_lots: int
    remaining_lots: int
    bankruptcy_ticks: int
    bankruptcy_units: int
    value_atoms: int
    realized_atoms: int
    given_up_atoms: int
    severity_ppb: int
    reason: Reason


class TakeoverClosed(Event, frozen=True):
    """A takeover is done: its first size (absolute) and its whole result, which the fund took or paid."""

    KIND = EventKind.TAKEOVER_CLOSED

    account: int
    instrument: int
    asset: int
    order_id: int
    size_lots: int
    realized_atoms: int
    reason: Reason


# ---------------------------------------------------------------- losses
class InsuranceChanged(Event, frozen=True):
    """Cash came into an insurance fund (> 0) or went out of it; ``balance_atoms`` is what it holds now.

    The reason says where from or to: deposit (outside), insurance_surplus and insurance_deficit (clearing), funding
    (dust), liquidation_fee (the fees of the PositionTakenOver that follows).
    """

    KIND = EventKind.INSURANCE_CHANGED
    COLUMNS = {"balance_atoms": "equity_atoms", "scope": "flags"}

    asset: int
    instrument: int
    scope: InsuranceScope
    cash_atoms: int
    balance_atoms: int
    reason: Reason


class Deleveraged(Event, frozen=True):
    """A winner was closed at a takeover's bankruptcy value, without fee.

    ``side`` is the side it was closed with, ``value_atoms`` the signed value it was closed at, ``haircut_ppb`` the part
    of its profit that it gave up. Cash changes by realized; collateral and equity are what is there after.
    """

    KIND = EventKind.DELEVERAGED
    COLUMNS = {"taker": "other_account", "takeover_order_id": "order_id", "bankruptcy_ticks": "price_ticks",
               "bankruptcy_units": "price_units", "balance_atoms": "cash_atoms", "haircut_ppb": "rate_ppb"}

    account: int
    taker: int
    instrument: int
    asset: int
    takeover_order_id: int
    side: Side
    size_lots: int
    remaining_lots: int
    bankruptcy_ticks: int
    bankruptcy_units: int
    value_atoms: int
    realized_atoms: int
    balance_atoms: int
    collateral_atoms: int
    equity_atoms: int
    haircut_ppb: int
    reason: Reason


class LossSocialized(Event, frozen=True):
    """A winner paid (``cash_atoms`` < 0) its share of a loss that fund and deleveraging did not cover."""

    KIND = EventKind.LOSS_SOCIALIZED
    COLUMNS = {"profit_atoms": "value_atoms", "haircut_ppb": "rate_ppb"}

    account: int
    instrument: int
    asset: int
    size_lots: int
    profit_atoms: int
    cash_atoms: int
    haircut_ppb: int
    collateral_atoms: int
    equity_atoms: int
    reason: Reason


class DeficitBooked(Event, frozen=True):
    """A loss that nobody covered became bad debt: ``cash_atoms`` < 0, ``balance_atoms`` the asset's bad debt so far.

    Reason socialized_loss: what the winners did not bear; its cash moved when the sharing began (CashMoved).
    """

    KIND = EventKind.DEFICIT_BOOKED
    COLUMNS = {"balance_atoms": "equity_atoms"}

    instrument: int
    asset: int
    cash_atoms: int
    balance_atoms: int
    reason: Reason


class CashMoved(Event, frozen=True):
    """A loss to be shared out was put on the deficit account, which winners repay (LossSocialized)."""

    KIND = EventKind.CASH_MOVED
    COLUMNS = {"balance_atoms": "equity_atoms"}

    account: int
    instrument: int
    asset: int
    cash_atoms: int
    balance_atoms: int
    reason: Reason


# ---------------------------------------------------------------- settlement
class PositionSettled(Event, frozen=True):
    """A position was closed at the settlement price. Signed size and value.

    ``shortfall_atoms`` is the part of its loss that the group could not pay; realized counts it as forgiven.
    """

    KIND = EventKind.POSITION_SETTLED
    COLUMNS = {"settlement_units": "price_units", "balance_atoms": "cash_atoms",
               "shortfall_atoms": "requirement_atoms"}

    account: int
    instrument: int
    asset: int
    size_lots: int
    settlement_units: int
    value_atoms: int
    realized_atoms: int
    balance_atoms: int
    collateral_atoms: int
    equity_atoms: int
    shortfall_atoms: int
    reason: Reason


class InstrumentSettled(Event, frozen=True):
    """An instrument has ended; what is left in clearing and open interest are both zero."""

    KIND = EventKind.INSTRUMENT_SETTLED
    COLUMNS = {"settlement_units": "price_units", "open_interest_lots": "size_lots", "clearing_atoms": "equity_atoms"}

    instrument: int
    asset: int
    settlement_units: int
    open_interest_lots: int
    clearing_atoms: int


EVENTS: dict[EventKind, type[Event]] = {one.KIND: one for one in (
    Rejected, Configured, InstrumentListed, InstrumentStateChanged, AccountSet, Deposited, Withdrawn, Transferred,
    LeverageSet, MarginModeSet, CollateralMoved, OrderAccepted, OrderRested, Traded, OrderCanceled, OrderAmended,
    TriggerAccepted, TriggerFired, TriggerCanceled, TriggerMoved, BracketChanged, IndexChanged, IndexFrozen,
    IndexSourceChanged, Marked, FundingRateSet, FundingSettled, LiquidationStarted, LiquidationStepped,
    LiquidationEnded, PositionTakenOver, TakeoverReduced, TakeoverClosed, InsuranceChanged, Deleveraged,
    LossSocialized, DeficitBooked, InstrumentSettled, PositionSettled, CashMoved, IndexThawed)}
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
