"""Commands as typed objects, one class per ``CommandKind``, in the imperative.

Prices are in ticks (index and mark prices in units), sizes in lots (always above 0; the side says which way), cash in
atoms, rates in parts per billion, times in nanoseconds UTC. ``time_ns`` 0 leaves the clock where it stands. A command
is checked by the engine, not here: what breaks a rule comes back as the event ``Rejected`` with its reason.
"""
from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from operator import index as whole_number
from typing import ClassVar

import msgspec
import numpy as np

from ..codes import (
    BracketLadder,
    CommandKind,
    IndexField,
    InstrumentState,
    OrderType,
    PriceSource,
    SelfTrade,
    TimeInForce,
)
from ..engine.records import BRACKET_TARGETS_MAX, COMMAND, TERMS, new_commands
from ..units import PPB

RESERVED = {CommandKind.SET_ASSET: "refused by every engine so far: an asset exists once it is used"}
"""Kinds without a class, and why."""


class Side(IntEnum):
    """Which way an order goes; also the sign of what it adds to a position."""

    BUY = 1
    SELL = -1


class Target(msgspec.Struct, frozen=True):
    """One target of a bracket: a price and the share of the filled entry that is closed there."""

    price_ticks: int
    share_ppb: int


class Command(msgspec.Struct, frozen=True):
    """What every command has: a kind and a time."""

    KIND: ClassVar[CommandKind]
    COLUMNS: ClassVar[dict[str, str]] = {}
    """Columns of COMMAND that are named otherwise than the attribute they come from."""

    def columns(self) -> dict[str, int]:
        """The record's columns that are not zero, by name."""
        found = {"kind": int(self.KIND)}
        for name in self.__struct_fields__:
            found[self.COLUMNS.get(name, name)] = getattr(self, name)
        return found

    def to_record(self) -> np.ndarray:
        """An array of one COMMAND record."""
        return records([self])


def records(commands: Iterable[Command]) -> np.ndarray:
    """COMMAND records of typed commands, in order: what ``Engine.apply`` and the journal take.

    A number that is not whole raises TypeError, one too large for its column OverflowError.
    """
    rows = []
    for command in commands:
        row = _EMPTY.copy()
        for name, value in command.columns().items():
            row[_PLACES[name]] = tuple(map(whole_number, value)) if type(value) is tuple else whole_number(value)
        rows.append(tuple(row))
    return np.array(rows, COMMAND)


_PLACES = {name: place for place, name in enumerate(COMMAND.names)}
_EMPTY = new_commands(1).tolist()[0]
_EMPTY = [tuple(value.tolist()) if isinstance(value, np.ndarray) else value for value in _EMPTY]


# ---------------------------------------------------------------- setting up a venue
class SetTerm(Command, frozen=True):
    """Set one contract term of an instrument by name; docs/spec/terms.md says what each means."""

    KIND = CommandKind.SET_TERM

    instrument: int
    term: str
    value: int
    time_ns: int = 0

    def columns(self):
        if self.term not in TERMS.names:
            raise ValueError(f"no term {self.term!r}; docs/spec/terms.md lists them")
        return dict(kind=self.KIND, instrument=self.instrument, parameter=TERMS.names.index(self.term),
                    value=self.value, time_ns=self.time_ns)


class SetTier(Command, frozen=True):
    """Set a risk limit: margin rates up to a position value. Tiers are sent in order; tier 0 starts the table anew."""

    KIND = CommandKind.SET_TIER
    COLUMNS = {"tier": "parameter", "value_max_atoms": "amount_atoms", "initial_ppb": "value",
               "maintenance_ppb": "size_lots"}

    instrument: int
    tier: int
    value_max_atoms: int
    initial_ppb: int
    maintenance_ppb: int
    time_ns: int = 0


class SetFeeClass(Command, frozen=True):
    """Set the fees of a class of accounts; a negative maker fee is a rebate. Class 0 is the instrument's own fees."""

    KIND = CommandKind.SET_FEE_CLASS
    COLUMNS = {"fee_class": "parameter", "taker_ppb": "value", "maker_ppb": "amount_atoms"}

    fee_class: int
    taker_ppb: int
    maker_ppb: int
    time_ns: int = 0


class SetAssignee(Command, frozen=True):
    """Let an account take positions from the liquidation engine: up to ``size_max_lots`` at one time, as long as its
    own position stays within ``position_max_lots``. ``sides`` are the bits of Assign; a size of 0 ends it."""

    KIND = CommandKind.SET_ASSIGNEE
    COLUMNS = {"size_max_lots": "size_lots", "position_max_lots": "display_lots", "sides": "flags"}

    account: int
    instrument: int
    size_max_lots: int
    position_max_lots: int
    sides: int
    time_ns: int = 0


class SetCollateral(Command, frozen=True):
    """Let an asset count as collateral for another, the hub, at an index price less haircut and conversion fee.

    Slots of a hub are filled from 0 up; a slot keeps its asset. An atom is worth index units x numerator / denominator
    atoms of the hub asset. ``index`` 0 takes no price and is refused.
    """

    KIND = CommandKind.SET_COLLATERAL
    COLUMNS = {"hub": "asset", "slot": "parameter", "collateral": "flags", "index": "other_account",
               "haircut_ppb": "value", "conversion_fee_ppb": "amount_atoms", "numerator": "size_lots",
               "denominator": "display_lots"}

    hub: int
    slot: int
    collateral: int
    index: int
    haircut_ppb: int
    conversion_fee_ppb: int
    numerator: int
    denominator: int
    time_ns: int = 0


class SetWindowRate(Command, frozen=True):
    """Set the least margin rates of one side of an instrument in one margin window."""

    KIND = CommandKind.SET_WINDOW_RATE
    COLUMNS = {"window": "parameter", "initial_ppb": "value", "maintenance_ppb": "size_lots"}

    instrument: int
    window: int
    side: Side
    initial_ppb: int
    maintenance_ppb: int
    time_ns: int = 0


class SetMarginWindow(Command, frozen=True):
    """Switch an instrument (0: all that are listed) to another margin window."""

    KIND = CommandKind.SET_MARGIN_WINDOW
    COLUMNS = {"window": "value"}

    instrument: int
    window: int
    time_ns: int = 0


class SetClientRule(Command, frozen=True):
    """Set what an instrument asks of a client class; ``flags`` are bits of ``ClientFlag``."""

    KIND = CommandKind.SET_CLIENT_RULE
    COLUMNS = {"client_class": "parameter", "multiplier_ppb": "value", "floor_ppb": "amount_atoms",
               "close_out_ppb": "size_lots"}

    instrument: int
    client_class: int
    multiplier_ppb: int = 0
    floor_ppb: int = 0
    close_out_ppb: int = 0
    flags: int = 0
    time_ns: int = 0


class SetClassTier(Command, frozen=True):
    """Set one tier of a client class's own schedule: up to a value in atoms, or to lots where tiers go by size. Tier 0
    begins anew; with a rate of 0 it ends the schedule."""

    KIND = CommandKind.SET_CLASS_TIER
    COLUMNS = {"client_class": "flags", "tier": "parameter", "end": "amount_atoms", "initial_ppb": "value",
               "maintenance_ppb": "size_lots"}

    instrument: int
    client_class: int
    tier: int
    end: int
    initial_ppb: int
    maintenance_ppb: int
    time_ns: int = 0


class SetIndex(Command, frozen=True):
    """Set one rule of an index: a time in ns, a share in ppb or a count, as the field says."""

    KIND = CommandKind.SET_INDEX
    COLUMNS = {"index": "parameter", "field": "flags"}

    index: int
    field: IndexField
    value: int
    time_ns: int = 0


class SetIndexSource(Command, frozen=True):
    """Give an index a source, numbered from 0, with its weight; weight 0 takes it away."""

    KIND = CommandKind.SET_INDEX_SOURCE
    COLUMNS = {"index": "parameter", "source": "flags", "weight_ppb": "value"}

    index: int
    source: int
    weight_ppb: int
    time_ns: int = 0


class ListInstrument(Command, frozen=True):
    """Check an instrument's terms and open its market."""

    KIND = CommandKind.LIST_INSTRUMENT

    instrument: int
    time_ns: int = 0


class SetInstrumentState(Command, frozen=True):
    """Halt a market, or open it again, wholly or in part."""

    KIND = CommandKind.SET_INSTRUMENT_STATE
    COLUMNS = {"state": "value"}

    instrument: int
    state: InstrumentState
    time_ns: int = 0


class ScheduleSettlement(Command, frozen=True):
    """Have every position closed at a stamp, at the price its terms name; stamp 0 takes it back."""

    KIND = CommandKind.SCHEDULE_SETTLEMENT
    COLUMNS = {"stamp_ns": "value"}

    instrument: int
    stamp_ns: int
    time_ns: int = 0


# ---------------------------------------------------------------- accounts and cash
class PublishSettlement(Command, frozen=True):
    """The price a contract is settled at, in mark units, computed outside. Before the stamp the last one counts.

    ``session``: the price of a session's end instead, settled at once.
    """

    KIND = CommandKind.PUBLISH_SETTLEMENT
    COLUMNS = {"units": "value", "session": "parameter"}

    instrument: int
    units: int
    session: bool = False
    time_ns: int = 0


class SetAccount(Command, frozen=True):
    """Open an account (16 or above), or change it; ``restrictions`` are bits of ``Restriction``."""

    KIND = CommandKind.SET_ACCOUNT
    COLUMNS = {"parent": "other_account", "fee_class": "parameter", "restrictions": "flags",
               "self_trade": "self_trade_mode"}

    account: int
    parent: int = 0
    fee_class: int = 0
    restrictions: int = 0
    self_trade: SelfTrade = SelfTrade.ACCOUNT_DEFAULT
    time_ns: int = 0


class SetClientClass(Command, frozen=True):
    """Put an account into a client class; 0 takes it out."""

    KIND = CommandKind.SET_CLIENT_CLASS
    COLUMNS = {"client_class": "parameter"}

    account: int
    client_class: int
    time_ns: int = 0


class Deposit(Command, frozen=True):
    """Bring cash into an account. ``reference`` is repeated in the event."""

    KIND = CommandKind.DEPOSIT
    COLUMNS = {"reference": "order_id"}

    account: int
    asset: int
    amount_atoms: int
    reference: int = 0
    time_ns: int = 0


class Withdraw(Command, frozen=True):
    """Take free cash out of an account."""

    KIND = CommandKind.WITHDRAW
    COLUMNS = {"reference": "order_id"}

    account: int
    asset: int
    amount_atoms: int
    reference: int = 0
    time_ns: int = 0


class Transfer(Command, frozen=True):
    """Move free cash between an account and its sub-accounts."""

    KIND = CommandKind.TRANSFER
    COLUMNS = {"receiver": "other_account", "reference": "order_id"}

    account: int
    receiver: int
    asset: int
    amount_atoms: int
    reference: int = 0
    time_ns: int = 0


class SetLeverage(Command, frozen=True):
    """Choose the initial margin rate of an account in an instrument (1 / leverage); 0 leaves it to the tier."""

    KIND = CommandKind.SET_LEVERAGE
    COLUMNS = {"initial_ppb": "value"}

    account: int
    instrument: int
    initial_ppb: int
    time_ns: int = 0

    @classmethod
    def times(cls, account: int, instrument: int, leverage: int, time_ns: int = 0) -> SetLeverage:
        """Leverage as a whole number of times: 3 is 333,333,334 ppb, rounded up.

        >>> SetLeverage.times(16, 1, 3).initial_ppb
        333333334
        """
        return cls(account, instrument, -(-PPB // leverage), time_ns)


class SetMarginMode(Command, frozen=True):
    """Isolate a position with its own collateral, or back it with the whole wallet again."""

    KIND = CommandKind.SET_MARGIN_MODE
    COLUMNS = {"isolated": "value"}

    account: int
    instrument: int
    isolated: bool
    time_ns: int = 0


class MoveCollateral(Command, frozen=True):
    """Add to an isolated position's collateral (amount > 0), or take from it (< 0)."""

    KIND = CommandKind.MOVE_COLLATERAL

    account: int
    instrument: int
    amount_atoms: int
    time_ns: int = 0


# ---------------------------------------------------------------- orders
class PlaceOrder(Command, frozen=True):
    """Place an order or a trigger. ``flags`` are bits of ``Flag``.

    ``price_ticks`` is the limit (0 for market types), ``trigger_ticks`` where a stop or take-profit fires on
    ``trigger_source``, ``trail_offset_ticks`` the distance of a trailing stop. ``stop_ticks`` and ``targets`` make the
    order carry a bracket; ``oco_order_id`` names a partner of which only one is carried out. ``display_lots`` is the
    visible part of an iceberg. Size 0 with flag CLOSE is the whole position.
    """

    KIND = CommandKind.PLACE_ORDER
    COLUMNS = {"self_trade": "self_trade_mode"}

    account: int
    instrument: int
    order_id: int
    side: Side
    size_lots: int
    price_ticks: int = 0
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    flags: int = 0
    display_lots: int = 0
    expires_ns: int = 0
    trigger_ticks: int = 0
    trigger_source: PriceSource = PriceSource.MARK
    trail_offset_ticks: int = 0
    self_trade: SelfTrade = SelfTrade.ACCOUNT_DEFAULT
    oco_order_id: int = 0
    stop_ticks: int = 0
    stop_source: PriceSource = PriceSource.MARK
    targets: tuple[Target, ...] = ()
    bracket_ladder: BracketLadder = BracketLadder.FIXED
    time_ns: int = 0

    def columns(self):
        if len(self.targets) > BRACKET_TARGETS_MAX:
            raise ValueError(f"{len(self.targets)} targets; a command carries at most {BRACKET_TARGETS_MAX}")
        found = super().columns()
        targets = found.pop("targets") + (Target(0, 0),) * (BRACKET_TARGETS_MAX - len(self.targets))
        found["target_ticks"] = tuple(target.price_ticks for target in targets)
        found["target_share_ppb"] = tuple(target.share_ppb for target in targets)
        return found


class AmendOrder(Command, frozen=True):
    """Change an order or a trigger; a number left at 0 stays. ``account`` 0 is the operator."""

    KIND = CommandKind.AMEND_ORDER

    account: int
    order_id: int
    size_lots: int = 0
    price_ticks: int = 0
    trigger_ticks: int = 0
    trail_offset_ticks: int = 0
    time_ns: int = 0


class CancelOrder(Command, frozen=True):
    """Take back an order or a trigger. ``account`` 0 is the operator."""

    KIND = CommandKind.CANCEL_ORDER

    account: int
    order_id: int
    time_ns: int = 0


class CancelOrders(Command, frozen=True):
    """Take back all orders and triggers of an account, in one instrument or (0) in all."""

    KIND = CommandKind.CANCEL_ORDERS

    account: int
    instrument: int = 0
    time_ns: int = 0


# ---------------------------------------------------------------- prices, time, the fund
class PublishPrice(Command, frozen=True):
    """One source of an index says its price, in index units."""

    KIND = CommandKind.PUBLISH_PRICE
    COLUMNS = {"index": "parameter", "source": "flags", "price_units": "value"}

    index: int
    source: int
    price_units: int
    time_ns: int = 0


class PublishMark(Command, frozen=True):
    """Set a mark directly, in mark units: only where an instrument has no index and the method says so."""

    KIND = CommandKind.PUBLISH_MARK
    COLUMNS = {"mark_units": "value"}

    instrument: int
    mark_units: int
    time_ns: int = 0


class Advance(Command, frozen=True):
    """Let time pass; what fell due happens, queues are drained."""

    KIND = CommandKind.ADVANCE

    time_ns: int = 0


class FundInsurance(Command, frozen=True):
    """Pay into an insurance fund from outside: the one that answers for an instrument, or (0) the asset's; or into a
    layer of the waterfall, 1 the first to pay.  LOSS-012"""

    KIND = CommandKind.FUND_INSURANCE
    COLUMNS = {"layer": "parameter"}

    asset: int
    amount_atoms: int
    instrument: int = 0
    layer: int = 0
    time_ns: int = 0


class Note(Command, frozen=True):
    """Keep a short text with the commands, such as the name a client gave the order that follows. Decides nothing.

    ``subject`` says what the text is about (0 = the order ``order_id``); at most 48 bytes of UTF-8.  ORDR-013
    """

    KIND = CommandKind.NOTE
    TEXT_COLUMNS: ClassVar[tuple[str, ...]] = (
        "size_lots", "display_lots", "expires_ns", "amount_atoms", "value", "oco_order_id")
    BYTES_MAX: ClassVar[int] = 8 * len(TEXT_COLUMNS)

    account: int
    order_id: int
    text: str
    subject: int = 0
    time_ns: int = 0

    def columns(self):
        data = self.text.encode()
        if len(data) > self.BYTES_MAX or b"\0" in data:
            raise ValueError(f"text: {self.text!r} must be at most {self.BYTES_MAX} bytes of UTF-8 without a zero byte")
        words = np.frombuffer(data.ljust(self.BYTES_MAX, b"\0"), "<i8")
        return dict(kind=self.KIND, account=self.account, order_id=self.order_id, parameter=self.subject,
                    time_ns=self.time_ns, **dict(zip(self.TEXT_COLUMNS, words.tolist())))

    @classmethod
    def text_of(cls, record: np.ndarray) -> str:
        """The text of one COMMAND record of this kind."""
        words = np.array([record[name] for name in cls.TEXT_COLUMNS], "<i8")
        return words.tobytes().rstrip(b"\0").decode()


COMMANDS: dict[CommandKind, type[Command]] = {one.KIND: one for one in (
    SetTerm, SetTier, SetFeeClass, SetIndex, SetIndexSource, ListInstrument, SetInstrumentState, ScheduleSettlement,
    PublishSettlement, SetAccount, Deposit, Withdraw, Transfer, SetLeverage, SetMarginMode, MoveCollateral, PlaceOrder,
    AmendOrder, CancelOrder, CancelOrders, PublishPrice, PublishMark, Advance, FundInsurance, Note, SetCollateral,
    SetAssignee, SetWindowRate, SetMarginWindow, SetClientRule, SetClientClass,
    SetClassTier)}
"""The class of every kind that an engine takes."""
