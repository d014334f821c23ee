"""Events of a venue's ordinary life: refusals, settings, cash, orders, triggers, prices, funding."""
from __future__ import annotations

from typing import ClassVar

import msgspec

from ..codes import (
    CommandKind,
    EventKind,
    InstrumentState,
    OrderType,
    PriceSource,
    Reason,
)
from .commands import Side


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
    COLUMNS = {"command": "order_type", "until_ns": "value_atoms"}

    reason: Reason
    command: CommandKind
    account: int
    instrument: int
    order_id: int
    side: int
    price_ticks: int
    size_lots: int
    cash_atoms: int
    until_ns: int


class Configured(Event, frozen=True):
    """A term, tier, fee class, index rule, settlement stamp, window rate or client rule was set, as the command said.

    ``number`` is the term, tier, fee class, index field, source, window or client class; ``value`` the term's value,
    initial ppb, taker ppb, field's value, weight, stamp or multiplier; ``amount_atoms`` a tier's end, a maker fee or a
    client rule's floor; ``size_lots`` maintenance ppb of a tier or a window, or a close-out share; ``side`` the side of
    a window's rate. ``account`` is who opted in to assignments; ``collateral_index`` the index that prices a pledged
    asset.
    """

    KIND = EventKind.CONFIGURED
    COLUMNS = {"command": "order_type", "index": "asset", "number": "flags", "value": "price_units",
               "amount_atoms": "value_atoms", "collateral_index": "other_account"}

    command: CommandKind
    instrument: int
    index: int
    number: int
    value: int
    amount_atoms: int
    size_lots: int
    reason: Reason
    side: Side
    account: int
    collateral_index: int


class InstrumentListed(Event, frozen=True):
    """An instrument's terms were found consistent and its market is open."""

    KIND = EventKind.INSTRUMENT_LISTED
    COLUMNS = {"command": "order_type"}

    instrument: int
    asset: int
    command: CommandKind


class InstrumentStateChanged(Event, frozen=True):
    """A market was halted or opened; by the operator's command, because its stamp has come (reason settlement), or by
    its circuit breaker: ``until_ns`` is when that pause ends."""

    KIND = EventKind.INSTRUMENT_STATE_CHANGED
    COLUMNS = {"state": "flags", "settlement_units": "price_units", "until_ns": "value_atoms", "command": "order_type"}

    instrument: int
    state: InstrumentState
    settlement_units: int
    until_ns: int
    reason: Reason
    command: CommandKind | int


class AccountSet(Event, frozen=True):
    """An account was opened or changed. ``restrictions`` are bits of ``Restriction``."""

    KIND = EventKind.ACCOUNT_SET
    COLUMNS = {"parent": "other_account", "restrictions": "flags"}

    account: int
    parent: int
    restrictions: int


class MarginWindowChanged(Event, frozen=True):
    """From now on an instrument's requirements are those of another margin window; every position is looked at."""

    KIND = EventKind.MARGIN_WINDOW_CHANGED
    COLUMNS = {"window": "flags"}

    instrument: int
    window: int


class ClientClassSet(Event, frozen=True):
    """An account belongs to a client class from now on; 0 is no class."""

    KIND = EventKind.CLIENT_CLASS_SET
    COLUMNS = {"client_class": "flags"}

    account: int
    client_class: int


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


class CollateralConverted(Event, frozen=True):
    """An account's cash in one asset was sold to the venue to pay what it owed in another: ``cash_atoms`` < 0 of the
    asset, ``value_atoms`` > 0 of the hub asset in return, ``fee_atoms`` of it for the conversion."""

    KIND = EventKind.COLLATERAL_CONVERTED
    COLUMNS = {"hub": "flags", "conversion_fee_ppb": "rate_ppb"}

    account: int
    asset: int
    hub: int
    cash_atoms: int
    value_atoms: int
    fee_atoms: int
    price_units: int
    conversion_fee_ppb: int
    reason: Reason


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
