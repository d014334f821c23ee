"""Orders of people, folded from their commands, notes and events: one row an order, as it stands now."""
from __future__ import annotations

import json

import numpy as np

from ... import codes as engine_codes
from ...api.commands import Note
from ...api.events import FLAG_BITS, SOURCE_SHIFT
from ...codes import Reason
from ..order import price_weight
from ..people import COMMAND_ROWS
from ..scales import Scales
from ..view import PEOPLE
from .codes import OrderState, Role, Row, is_person
from .common import CommonOrders

OPEN, WAITING, FILLED = int(OrderState.open), int(OrderState.waiting), int(OrderState.filled)
CANCELED, REFUSED = int(OrderState.canceled), int(OrderState.refused)
TRIGGER_EVENTS = (engine_codes.TRIGGER_ACCEPTED, engine_codes.TRIGGER_FIRED, engine_codes.TRIGGER_CANCELED,
                  engine_codes.TRIGGER_MOVED)


def bracket_text(command: np.void) -> str:
    """The bracket a PLACE_ORDER command asks for, as text for the column; empty where it asks for none."""
    targets = [[int(ticks), int(share)] for ticks, share in zip(command["target_ticks"], command["target_share_ppb"])
               if ticks]
    trailing_itself = command["order_type"] == engine_codes.ORDER_TRAILING_STOP
    if not (command["stop_ticks"] or targets or command["trail_offset_ticks"] and not trailing_itself):
        return ""
    return json.dumps(dict(stop_ticks=int(command["stop_ticks"]), stop_source=int(command["stop_source"]),
                           trail_offset_ticks=int(command["trail_offset_ticks"]), targets=targets,
                           ladder=int(command["bracket_ladder"])), separators=(",", ":"))


class Orders:
    """Folds order events. ``live`` are orders that may still change, ``changed`` rows not yet written, by id."""

    def __init__(self, scales: Scales):
        self.scales = scales
        self.live: dict[int, dict] = {}
        self.changed: dict[int, dict] = {}
        self.names: dict[int, str] = {}
        """A note that came at the end of a batch and whose order did not yet: the text by order id."""
        self.common = CommonOrders()
        """Orders of whom nothing but the common course is known."""
        self._batch, self._loose = None, False
        self._children: dict[int, int] = {}
        """Stop of a bracket, by the id of its entry."""
        self._orphans: list[dict] = []
        """Stops and targets of the bracket that is named next."""

    def load(self, rows: list[dict], names: dict[int, str]) -> None:
        """Go on from rows that had not ended and notes that waited."""
        self.live.clear()
        self.live.update((row["order_id"], row) for row in rows)
        self.changed.clear()
        self.names = dict(names)
        self._children = {row["parent_order_id"]: row["order_id"] for row in rows if row["role"] == Role.stop}

    # ------------------------------------------------------------ commands
    def fold_common(self, events, commands, begin: int) -> int:
        """Take in the common course from event ``begin`` on; the index of one that :meth:`fold` is for, or their
        number."""
        return self.common.fold(events, commands, self._batch, begin, int(bool(self._loose)))

    def take_out(self, event: Row) -> None:
        """The orders that an event names leave the common course."""
        for order_id in (event.order_id, event.maker_order_id):
            row = self.common.take_out(order_id)
            if row is not None:
                self.live[order_id] = self.changed[order_id] = row

    def begin(self, batch) -> None:
        """A batch begins."""
        self._batch, self._loose = batch, bool(self.names)

    def end(self) -> None:
        """The batch is folded: only a note at its very end may still wait for its order."""
        for row in self._orphans:                   # no bracket named them: they stay without a parent
            self.changed[row["order_id"]] = row
        self._orphans.clear()
        commands = self._batch.commands
        if len(commands):
            last = commands[-1]
            waits = (last["kind"] == engine_codes.NOTE and last["parameter"] == 0
                     and PEOPLE.start <= last["account"] < PEOPLE.stop)
            self.names = {int(last["order_id"]): Note.text_of(last)} if waits else {}
        self._batch = None

    def _placed(self, event: Row, order_id: int) -> tuple | None:
        """The command that placed an order in this batch: as a row, with its bracket's text and the name before it."""
        at = event.command_sequence - self._batch.first
        commands = self._batch.commands
        if not 0 <= at < len(commands):
            return None
        command = commands[at]
        if command["kind"] != engine_codes.PLACE_ORDER or command["order_id"] != order_id:
            return None
        note = commands[at - 1] if at else None
        named = note is not None and (note["kind"], note["parameter"], note["order_id"]) == (
            engine_codes.NOTE, 0, order_id) and note["account"] == command["account"]
        return (COMMAND_ROWS.rows(commands[at:at + 1])[0], bracket_text(command),
                Note.text_of(note) if named else self.names.get(order_id, ""))

    # ------------------------------------------------------------ rows
    def _new(self, event: Row, order_id: int, account: int, **known) -> dict:
        """A row from the command that placed the order, or for one of the engine's own from the event alone."""
        row = dict(
            order_id=order_id, account=account, instrument=event.instrument, side=event.side, order_type=0, size_lots=0,
            remaining_lots=0, filled_lots=0, filled_value_atoms=0, fee_atoms=0, price_ticks=0, trigger_units=0,
            trigger_source=0, trail_offset_ticks=0, time_in_force=0, expires_ns=0, flags=event.flags & FLAG_BITS,
            display_lots=0, state=OPEN, reason=0, role=int(Role.order), parent_order_id=0, created_ns=event.time_ns,
            updated_ns=event.time_ns, ended=0, number=2 * event.sequence,
            client_order_id="", bracket="", price_sum="0")
        placed = self._placed(event, order_id)
        if placed is not None:
            command, row["bracket"], row["client_order_id"] = placed
            row.update(order_type=command.order_type, time_in_force=command.time_in_force, flags=command.flags,
                       expires_ns=command.expires_ns, display_lots=command.display_lots,
                       price_ticks=command.price_ticks, size_lots=command.size_lots, remaining_lots=command.size_lots,
                       trigger_source=command.trigger_source)
            if command.order_type == engine_codes.ORDER_TRAILING_STOP:
                row["trail_offset_ticks"] = command.trail_offset_ticks
        elif row["flags"] & engine_codes.FLAG_BRACKET_STOP:
            row["role"] = int(Role.stop)
            self._orphans.append(row)
        elif row["flags"] & engine_codes.FLAG_BRACKET_TARGET:
            row["role"] = int(Role.target)
            self._orphans.append(row)
        elif row["flags"] & engine_codes.FLAG_LIQUIDATION:
            row["role"] = int(Role.liquidation)
        row.update(known)
        self.live[order_id] = row
        return row

    def _touch(self, row: dict, event: Row) -> None:
        row["updated_ns"] = event.time_ns
        self.changed[row["order_id"]] = row

    def _end(self, row: dict, state: int, reason: int = 0) -> None:
        row["state"], row["reason"], row["ended"] = state, reason, 1
        self.live.pop(row["order_id"], None)

    # ------------------------------------------------------------ events
    def fold(self, event: Row) -> None:
        """Take in one event that concerns a person."""
        kind = event.kind
        if kind == engine_codes.TRADED:
            self.traded(event)
        elif kind == engine_codes.ORDER_ACCEPTED:
            self.accepted(event)
        elif kind == engine_codes.ORDER_RESTED:
            row = self.live.get(event.order_id) or self._new(event, event.order_id, event.account)
            row["state"], row["remaining_lots"] = OPEN, event.size_lots
            row["price_ticks"] = event.price_ticks
            self._touch(row, event)
        elif kind == engine_codes.ORDER_CANCELED:
            self.canceled(event)
        elif kind == engine_codes.ORDER_AMENDED:
            row = self.live.get(event.order_id) or self._new(event, event.order_id, event.account)
            row["remaining_lots"], row["price_ticks"] = event.size_lots, event.price_ticks
            row["size_lots"] = row["filled_lots"] + event.size_lots
            self._touch(row, event)
        elif kind in TRIGGER_EVENTS:
            self.trigger(event)
        elif kind == engine_codes.BRACKET_CHANGED:
            self.bracket(event)
        elif kind == engine_codes.REJECTED and event.order_type == engine_codes.PLACE_ORDER:
            self.refused(event)

    def accepted(self, event: Row) -> None:
        row = self.live.get(event.order_id) or self._new(event, event.order_id, event.account)
        if row["order_type"] == 0:
            row["order_type"] = event.order_type
        if event.order_type != engine_codes.ORDER_MARKET:
            row["price_ticks"] = event.price_ticks
        row["state"], row["size_lots"], row["remaining_lots"] = OPEN, event.size_lots, event.size_lots
        self._touch(row, event)

    def traded(self, event: Row) -> None:
        """Both sides, where they are people's."""
        sides = ((event.account, event.order_id, event.remaining_lots, event.fee_atoms, event.side),
                 (event.other_account, event.maker_order_id, event.maker_remaining_lots, event.maker_fee_atoms,
                  -event.side))
        for account, order_id, remaining, fee_atoms, side in sides:
            if not is_person(account):
                continue
            row = self.live.get(order_id)
            if row is None:                          # placed by the engine without another word
                row = self._new(event, order_id, account, side=side, order_type=event.order_type or 1,
                                size_lots=remaining + event.size_lots, price_ticks=event.price_ticks,
                                number=2 * event.sequence + (order_id == event.maker_order_id))
            row["filled_lots"] += event.size_lots
            row["filled_value_atoms"] += event.value_atoms
            row["fee_atoms"] += fee_atoms
            weight = price_weight(self.scales.by_id[event.instrument].inverse, event.size_lots, event.price_ticks)
            row["price_sum"] = str(int(row["price_sum"]) + weight)
            row["remaining_lots"] = remaining
            if row["size_lots"] < row["filled_lots"] + remaining:
                row["size_lots"] = row["filled_lots"] + remaining
            self._touch(row, event)
            if remaining == 0:
                self._end(row, FILLED)

    def canceled(self, event: Row) -> None:
        row = self.live.get(event.order_id) or self._new(event, event.order_id, event.account)
        self._touch(row, event)
        if row["role"] == Role.stop and event.reason != Reason.canceled_by_liquidation:
            row["state"], row["remaining_lots"] = WAITING, event.size_lots    # BRKT-007: what did not fill keeps it
            return
        row["remaining_lots"] = event.size_lots
        self._end(row, CANCELED, event.reason)

    def trigger(self, event: Row) -> None:
        row = self.live.get(event.order_id) or self._new(event, event.order_id, event.account)
        row["order_type"], row["trigger_units"] = event.order_type, event.price_units
        row["trigger_source"] = event.flags >> SOURCE_SHIFT
        if row["filled_lots"] == 0 or row["role"] == Role.stop:
            row["remaining_lots"] = event.size_lots
            row["size_lots"] = row["filled_lots"] + event.size_lots
        if event.price_ticks:
            row["price_ticks"] = event.price_ticks
        row["state"] = OPEN if event.kind == engine_codes.TRIGGER_FIRED else WAITING
        self._touch(row, event)
        if event.kind == engine_codes.TRIGGER_CANCELED:
            self._end(row, CANCELED, event.reason)

    def bracket(self, event: Row) -> None:
        """The bracket's stop and targets that came since the last such event are this one's."""
        for row in self._orphans:
            if (row["account"], row["instrument"]) == (event.account, event.instrument):
                row["parent_order_id"] = event.order_id
                if row["role"] == Role.stop:
                    self._children[event.order_id] = row["order_id"]
                self.changed[row["order_id"]] = row
        self._orphans.clear()
        stop = self.live.get(self._children.get(event.order_id, 0))
        if event.maker_order_id == 0:
            self._children.pop(event.order_id, None)
            if stop is not None:                     # nothing is left to protect
                self._touch(stop, event)
                self._end(stop, FILLED if stop["remaining_lots"] == 0 else CANCELED,
                          0 if stop["remaining_lots"] == 0 else Reason.canceled_with_position)

    def refused(self, event: Row) -> None:
        if event.reason == Reason.order_id_must_be_new or event.order_id in self.live or event.order_id <= 0:
            return
        row = self._new(event, event.order_id, event.account)
        row["size_lots"] = row["remaining_lots"] = event.size_lots
        row["side"], row["price_ticks"] = event.side, event.price_ticks
        self._touch(row, event)
        self._end(row, REFUSED, event.reason)
