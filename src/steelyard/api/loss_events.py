"""Events of trouble and of the end: liquidation, takeovers, the fund, deleveraging, losses, settlement."""
from __future__ import annotations

from ..codes import EventKind, InsuranceScope, Reason
from .commands import Side
from .market_events import Event


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

    After a sale ``size_lots`` is what was sold, ``remaining_lots`` what is left, ``price_ticks`` the limit,
    ``fee_atoms`` what the account paid the fund (< 0: what the fund paid it).
    """

    KIND = EventKind.LIQUIDATION_STEPPED

    order_id: int
    side: int
    price_ticks: int
    remaining_lots: int
    value_atoms: int
    fee_atoms: int
    collateral_atoms: int


class LiquidationEnded(LiquidationChanged, frozen=True):
    """The group is out of liquidation, and how: margin_recovered, taken_over or position_gone."""

    KIND = EventKind.LIQUIDATION_ENDED


class MarginCallEvent(Event, frozen=True):
    """What the two events about a margin call have in common: the wallet's equity and maintenance, what was asked for,
    until when."""

    COLUMNS = {"maintenance_atoms": "requirement_atoms", "due_atoms": "cash_atoms", "deadline_ns": "value_atoms"}

    account: int
    asset: int
    equity_atoms: int
    maintenance_atoms: int
    due_atoms: int
    deadline_ns: int
    reason: Reason


class MarginCalled(MarginCallEvent, frozen=True):
    """A wallet's equity has come down to its maintenance margin and it is given time."""

    KIND = EventKind.MARGIN_CALLED


class MarginCallEnded(MarginCallEvent, frozen=True):
    """A margin call is over: met, missed, at the close-out level, or its positions are gone."""

    KIND = EventKind.MARGIN_CALL_ENDED


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

    ``value_atoms`` is signed, < 0 where lots were sold. Deleveraging has no result of its own: ``given_up_atoms`` is
    what the winner gave up and ``severity_ppb`` the part of the deficit placed so far.
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


class LayerChanged(Event, frozen=True):
    """Cash came into a layer of the waterfall (> 0) or went out; ``balance_atoms`` is what it holds now.  LOSS-012

    ``layer`` 1 is the first to pay; the reason is deposit (from outside) or insurance_deficit (to clearing).
    """

    KIND = EventKind.LAYER_CHANGED
    COLUMNS = {"layer_account": "other_account", "balance_atoms": "equity_atoms", "layer": "flags"}

    layer_account: int
    layer: int
    asset: int
    instrument: int
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


class Assigned(Event, frozen=True):
    """An account that opted in took part of a takeover at its bankruptcy value, without fee.

    ``side`` is the side it took, ``value_atoms`` the signed value it took it at, ``edge_atoms`` what that was better
    than the mark. Cash changes by realized; collateral and equity are what is there after.
    """

    KIND = EventKind.ASSIGNED
    COLUMNS = {"taker": "other_account", "takeover_order_id": "order_id", "bankruptcy_ticks": "price_ticks",
               "bankruptcy_units": "price_units", "balance_atoms": "cash_atoms", "edge_atoms": "requirement_atoms"}

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
    edge_atoms: int
    reason: Reason


class LossSocialized(Event, frozen=True):
    """A winner paid (``cash_atoms`` < 0) its share of a loss that fund and deleveraging did not cover. ``instrument``
    0: of what it earned in the asset in the session (LOSS-007)."""

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
    """A loss to be shared out was put on the deficit account, which winners repay (LossSocialized); or its former owner
    was charged for what a takeover lost (reason recourse)."""

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

    ``fee_atoms`` is the settlement fee. ``shortfall_atoms`` is the part of its loss that the group could not pay;
    realized counts it as forgiven.
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
    fee_atoms: int
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


class SessionBegun(Event, frozen=True):
    """The end of a session began to be settled at a price. ``unit_value_atoms`` is that of one long lot, signed."""

    KIND = EventKind.SESSION_BEGUN
    COLUMNS = {"settlement_units": "price_units", "unit_value_atoms": "value_atoms", "open_interest_lots": "size_lots"}

    instrument: int
    asset: int
    settlement_units: int
    unit_value_atoms: int
    open_interest_lots: int
    reason: Reason


class SessionSettled(Event, frozen=True):
    """A position's profit or loss of the session became cash. Size stays; the entry value is ``value_atoms`` now."""

    KIND = EventKind.SESSION_SETTLED
    COLUMNS = {"settlement_units": "price_units", "balance_atoms": "cash_atoms"}

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
    reason: Reason
