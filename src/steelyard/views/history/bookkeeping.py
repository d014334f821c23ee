"""Fills, funding payments and the ledger of people: every change of their cash, with the balance after it.

Adds the numbers of events and recomputes no rule (EVNT-001). A position's profit and the fee of a fill that only
reduces an isolated position are booked to its collateral, every other fee to the wallet; what then lies elsewhere than
the event says has moved between the two (HIST-004).
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ... import codes as engine_codes
from ...codes import Reason
from ...units import PPB
from ..scales import Scales
from ..view import PEOPLE
from .codes import Counterpart, Role, Row, is_person, of_people
from .holdings import Holdings

LEGS = 8
"""An event makes at most so many ledger entries and fills: the id of one is event sequence x 8 + its number."""


NO_ORDER = {"role": int(Role.order), "client_order_id": ""}


class HistoryDiffers(RuntimeError):
    """A balance counted here is not the one the engine says: history stops and is made anew from the journal."""


class Bookkeeping:
    """Folds the events that move people's cash. ``fills``, ``ledger`` and ``payments`` are rows not yet written."""

    def __init__(self, scales: Scales, holdings: Holdings, orders: dict[int, dict],
                 liquidation_of: Callable[[int, int], int]):
        self.scales, self.holdings, self.orders, self.liquidation_of = scales, holdings, orders, liquidation_of
        self.fills: list[dict] = []
        self.ledger: list[dict] = []
        self.payments: list[dict] = []
        self.fee_class_of: dict[int, int] = {}
        """Fee class of every person that has one."""
        self.fee_classes: dict[int, tuple[int, int]] = {}
        """(maker, taker) ppb of every class that is set."""
        self.exchanged: dict[int, tuple[int, int]] = {}
        """Of the last funding stamp of every instrument: (rate that was exchanged in ppb, mark in units)."""
        self.rates: dict[int, int] = {}
        """Funding rate in force, by instrument."""
        self.stamps: list[dict] = []
        """Funding stamps: rows not yet written."""
        self._leg = 0
        self.handlers = {
            engine_codes.DEPOSITED: self.deposited, engine_codes.WITHDRAWN: self.withdrawn,
            engine_codes.TRANSFERRED: self.transferred, engine_codes.LEVERAGE_SET: self.setting,
            engine_codes.MARGIN_MODE_SET: self.setting, engine_codes.COLLATERAL_MOVED: self.setting,
            engine_codes.FUNDING_SETTLED: self.funding_settled, engine_codes.POSITION_TAKEN_OVER: self.taken_over,
            engine_codes.DELEVERAGED: self.deleveraged, engine_codes.LOSS_SOCIALIZED: self.loss_socialized,
            engine_codes.POSITION_SETTLED: self.position_settled,
            engine_codes.SESSION_SETTLED: self.session_settled,
            engine_codes.COLLATERAL_CONVERTED: self.converted, engine_codes.ASSIGNED: self.assigned,
            engine_codes.LIQUIDATION_STEPPED: self.liquidation_stepped, engine_codes.CASH_MOVED: self.charged}

    def load(self, states: np.ndarray) -> None:
        """Read fee classes and funding rates from an engine's tables."""
        state = states.view(np.ndarray)[0]
        people = state["accounts"]["fee_class"][PEOPLE.start:PEOPLE.stop]
        self.fee_class_of = {int(place) + PEOPLE.start: int(people[place]) for place in np.flatnonzero(people)}
        self.fee_classes = {number: (int(row["maker_fee_ppb"]), int(row["taker_fee_ppb"]))
                            for number, row in enumerate(state["fee_classes"]) if row["is_set"]}
        self.rates = {number: int(state["instruments"][number]["funding_rate_ppb"]) for number in self.scales.by_id}

    def begin(self, batch) -> None:
        """A batch begins: accounts whose fee class its commands set."""
        commands = batch.commands
        chosen = (commands["kind"] == engine_codes.SET_ACCOUNT) & of_people(commands["account"])
        if chosen.any():
            mine = commands[chosen]
            self.fee_class_of.update(zip(mine["account"].tolist(), mine["parameter"].tolist()))

    # ------------------------------------------------------------ one entry
    def _enter(self, event: Row, account: int, instrument: int, atoms: int, reason: int, counterpart: int,
               order_id: int = 0, fill_id: int = 0, other: int = 0, place: int = 0) -> None:
        """Book ``atoms`` to a wallet (``place`` 0) or to the collateral of ``instrument`` (1), unless they are zero."""
        if atoms == 0:
            return
        if place:
            position = self.holdings.position(account, instrument)
            balance = position.collateral_atoms = position.collateral_atoms + atoms
        else:
            key = account, event.asset
            balance = self.holdings.wallets[key] = self.holdings.wallets.get(key, 0) + atoms
        self.ledger.append(dict(
            id=event.sequence * LEGS + self._leg, account=account, asset=event.asset, instrument=instrument,
            collateral=place, atoms=atoms, balance_atoms=balance, reason=reason, counterpart=counterpart,
            counterpart_account=other, order_id=order_id, fill_id=fill_id,
            liquidation_id=self.liquidation_of(account, instrument), time_ns=event.time_ns))
        self._leg += 1

    def _move_collateral(self, event: Row, account: int, instrument: int, after: int, fill_id: int = 0) -> None:
        """Between wallet and collateral, so that the collateral stands where the event says."""
        moved = after - self.holdings.position(account, instrument).collateral_atoms
        self._enter(event, account, instrument, -moved, Reason.collateral, Counterpart.collateral, fill_id=fill_id)
        self._enter(event, account, instrument, moved, Reason.collateral, Counterpart.wallet, fill_id=fill_id, place=1)

    def _expect(self, event: Row, account: int, balance: int) -> None:
        held = self.holdings.wallets.get((account, event.asset), 0)
        if held != balance:
            raise HistoryDiffers(f"event {event.sequence}: account {account} has {held} atoms of asset {event.asset} "
                                 f"in the history and {balance} in the engine")

    def venue_event(self, event: Row) -> None:
        """A funding stamp, or a fee class that was set."""
        if event.kind == engine_codes.FUNDING_RATE_SET:
            before = self.rates.get(event.instrument, 0)
            if event.reason == Reason.funding_exchanged:
                self.exchanged[event.instrument] = before, event.price_units
            self.rates[event.instrument] = event.rate_ppb
            self.stamps.append(dict(id=event.sequence, instrument=event.instrument, rate_ppb=event.rate_ppb,
                                    exchanged_ppb=before if event.reason == Reason.funding_exchanged else 0,
                                    mark_units=event.price_units, outcome=event.reason, time_ns=event.time_ns))
        elif event.order_type == engine_codes.SET_FEE_CLASS:
            self.fee_classes[event.flags] = event.value_atoms, event.price_units

    def fold(self, event: Row) -> None:
        """Take in one event that concerns a person."""
        self._leg = 0
        if event.kind == engine_codes.TRADED:
            self.traded(event)
            return
        handler = self.handlers.get(event.kind)
        if handler is not None:
            handler(event)

    # ------------------------------------------------------------ cash from and to elsewhere
    def deposited(self, event: Row) -> None:
        self._enter(event, event.account, 0, event.cash_atoms, Reason.deposit, Counterpart.external)
        self._expect(event, event.account, event.value_atoms)

    def withdrawn(self, event: Row) -> None:
        self._enter(event, event.account, 0, -event.cash_atoms, Reason.withdrawal, Counterpart.external)
        self._expect(event, event.account, event.value_atoms)

    def transferred(self, event: Row) -> None:
        if is_person(event.account):
            self._enter(event, event.account, 0, -event.cash_atoms, Reason.transfer, Counterpart.account,
                        other=event.other_account)
            self._expect(event, event.account, event.value_atoms)
        if is_person(event.other_account):
            self._enter(event, event.other_account, 0, event.cash_atoms, Reason.transfer, Counterpart.account,
                        other=event.account)

    def converted(self, event: Row) -> None:
        """What was sold leaves one wallet; what came in, and its fee, are of the hub asset."""
        self._enter(event, event.account, 0, event.cash_atoms, Reason.conversion, Counterpart.conversion)
        received = event._replace(asset=event.flags)
        self._enter(received, event.account, 0, event.value_atoms, Reason.conversion, Counterpart.conversion)
        self._enter(received, event.account, 0, -event.fee_atoms, Reason.conversion, Counterpart.fees)

    def setting(self, event: Row) -> None:
        """Leverage, mode and collateral: the collateral stands at what is given."""
        position = self.holdings.position(event.account, event.instrument)
        self._move_collateral(event, event.account, event.instrument, event.collateral_atoms)
        position.isolated, position.leverage_ppb = event.flags, event.rate_ppb

    # ------------------------------------------------------------ trades
    def traded(self, event: Row) -> None:
        if is_person(event.account):
            self._side(event, event.account, event.side, event.order_id, event.realized_atoms, event.fee_atoms,
                       event.collateral_atoms, 0)
        if is_person(event.other_account):
            self._side(event, event.other_account, -event.side, event.maker_order_id, event.maker_realized_atoms,
                       event.maker_fee_atoms, event.maker_collateral_atoms, 1)

    def _side(self, event: Row, account, side, order_id, realized, fee_atoms, collateral_after, maker) -> None:
        instrument = event.instrument
        position = self.holdings.position(account, instrument)
        fill_id = event.sequence * LEGS + maker
        order = self.orders.get(order_id, NO_ORDER)
        role = order["role"]
        if event.flags & engine_codes.FLAG_LIQUIDATION and not maker:
            role = int(Role.liquidation)
        self.fills.append(dict(
            id=fill_id, account=account, instrument=instrument, order_id=order_id, side=side,
            price_ticks=event.price_ticks, size_lots=event.size_lots, value_atoms=event.value_atoms,
            fee_atoms=fee_atoms, fee_rate_ppb=self._fee_rate(account, instrument, event.value_atoms, fee_atoms, maker),
            realized_atoms=realized, maker=maker, role=role,
            liquidation_id=self.liquidation_of(account, instrument) if role == Role.liquidation else 0,
            time_ns=event.time_ns, client_order_id=order["client_order_id"]))
        place = int(bool(position.isolated))
        only_reduces = position.size_lots * side < 0 and event.size_lots <= abs(position.size_lots)
        self._enter(event, account, instrument, realized, Reason.trade, Counterpart.clearing, order_id, fill_id,
                    place=place)
        self._enter(event, account, instrument, -fee_atoms, Reason.fee, Counterpart.fees, order_id, fill_id,
                    place=place if only_reduces else 0)
        self._move_collateral(event, account, instrument, collateral_after, fill_id)
        sign = -1 if self.scales.by_id[instrument].inverse else 1
        position.size_lots += side * event.size_lots
        position.entry_value_atoms += side * sign * event.value_atoms + realized

    def _fee_rate(self, account: int, instrument: int, value: int, fee_atoms: int, maker: int) -> int:
        """The rate that was charged: the account's class or the contract's; a maker who hid may pay a taker's."""
        terms = self.scales.by_id[instrument].instrument.terms
        rates = self.fee_classes.get(self.fee_class_of.get(account, 0),
                                     (terms["maker_fee_ppb"], terms["taker_fee_ppb"]))
        if maker and fee_atoms == (rates[0] * value // PPB if rates[0] >= 0 else -(-rates[0] * value // PPB)):
            return rates[0]                          # FEES-001, told apart by what was charged
        return rates[1]

    # ------------------------------------------------------------ everything else that moves cash
    def funding_settled(self, event: Row) -> None:
        place = int(bool(self.holdings.position(event.account, event.instrument).isolated))
        if event.reason != Reason.funding:               # the fee of a loan: no stamp, no rate of the market
            self._enter(event, event.account, event.instrument, event.cash_atoms, Reason(event.reason),
                        Counterpart.fees, place=place)
            self._move_collateral(event, event.account, event.instrument, event.collateral_atoms)
            return
        payment = event.sequence * LEGS
        rate_ppb, mark_units = self.exchanged.get(event.instrument, (0, 0))
        self.payments.append(dict(
            id=payment, account=event.account, instrument=event.instrument, asset=event.asset,
            size_lots=event.size_lots, cash_atoms=event.cash_atoms, rate_ppb=rate_ppb,
            mark_units=mark_units, time_ns=event.time_ns))
        self._enter(event, event.account, event.instrument, event.cash_atoms, Reason.funding, Counterpart.dust,
                    place=place)
        self._move_collateral(event, event.account, event.instrument, event.collateral_atoms)

    def charged(self, event: Row) -> None:
        """A loss beyond equity that its owner owes."""
        self._enter(event, event.account, event.instrument, event.cash_atoms, Reason(event.reason),
                    Counterpart.clearing)

    def taken_over(self, event: Row) -> None:
        self._close(event, -event.size_lots, -event.value_atoms, event.realized_atoms, event.fee_atoms, Reason.takeover)

    def deleveraged(self, event: Row) -> None:
        self._close(event, event.side * event.size_lots, event.value_atoms, event.realized_atoms, 0,
                    Reason.deleveraging)

    def assigned(self, event: Row) -> None:
        self._close(event, event.side * event.size_lots, event.value_atoms, event.realized_atoms, 0, Reason.assignment)

    def position_settled(self, event: Row) -> None:
        self._enter(event, event.account, event.instrument, -event.fee_atoms, Reason.fee, Counterpart.fees)
        self._close(event, -event.size_lots, -event.value_atoms - event.requirement_atoms, event.realized_atoms, 0,
                    Reason.settlement)

    def liquidation_stepped(self, event: Row) -> None:
        if event.fee_atoms:
            place = int(bool(self.holdings.position(event.account, event.instrument).isolated and event.remaining_lots))
            self._enter(event, event.account, event.instrument, -event.fee_atoms, Reason.liquidation_fee,
                        Counterpart.fees, event.order_id, place=place)
            self._move_collateral(event, event.account, event.instrument, event.collateral_atoms)

    def session_settled(self, event: Row) -> None:
        self._close(event, 0, 0, event.realized_atoms, 0, Reason.session_settlement)

    def _close(self, event: Row, lots: int, value: int, realized: int, fee_atoms: int, reason: int) -> None:
        position = self.holdings.position(event.account, event.instrument)
        place = int(bool(position.isolated))
        self._enter(event, event.account, event.instrument, realized, reason, Counterpart.clearing, event.order_id,
                    place=place)
        self._enter(event, event.account, event.instrument, -fee_atoms, Reason.liquidation_fee, Counterpart.fees,
                    event.order_id, place=place)
        self._move_collateral(event, event.account, event.instrument, event.collateral_atoms)
        position.size_lots += lots
        position.entry_value_atoms += value + realized
        if not place:
            self._expect(event, event.account, event.cash_atoms)

    def loss_socialized(self, event: Row) -> None:
        place = int(event.instrument != 0 and bool(self.holdings.position(event.account, event.instrument).isolated))
        self._enter(event, event.account, event.instrument, event.cash_atoms, Reason.socialized_loss,
                    Counterpart.deficit, place=place)
        self._move_collateral(event, event.account, event.instrument, event.collateral_atoms)
