"""Liquidations of people with all that explains them, written down while it happens (HIST-008); texts come later."""
from __future__ import annotations

import json

import numpy as np

from ... import codes
from ...codes import Reason
from ...units import HOUR
from ..scales import Scales
from .codes import Row, is_person, of_kinds, of_people
from .holdings import Holding, Holdings
from .orders import Orders
from .prices import Prices

AFTER_NS = HOUR
"""How long marks are followed after a liquidation began, to say what would have survived."""
LISTED_MAX = 100
"""Canceled orders and fills listed in a story; more are counted and summed."""


class Stories:
    """Folds liquidations of people. ``open`` are stories that go on, ``changed`` those not yet written, by id."""

    def __init__(self, scales: Scales, holdings: Holdings, orders: Orders):
        self.scales, self.holdings, self.orders = scales, holdings, orders
        self.prices = Prices(scales)
        self.open: dict[int, dict] = {}
        self.changed: dict[int, dict] = {}
        self._groups: dict[tuple[int, int, int], int] = {}
        self._takeovers: dict[int, int] = {}
        self._calls: dict[tuple[int, int], list[dict]] = {}
        self._flips: dict[int, tuple[int, int]] = {}
        self.named: dict[int, int] = {}
        """Liquidations of the batch's takeovers and steps down, by sequence of the event."""

    def load(self, rows: list[dict]) -> None:
        """Go on from stories that were not over."""
        self.changed.clear()
        self.open, self._groups, self._takeovers = {}, {}, {}
        for row in rows:
            story = self.open[row["id"]] = {**row, "story": json.loads(row["story"])}
            if story["ended_ns"] == 0:
                self._groups[row["account"], row["asset"], row["instrument"]] = row["id"]
            for takeover in story["story"]["takeovers"]:
                if takeover["closed_ns"] == 0:
                    self._takeovers[takeover["order_id"]] = row["id"]

    def liquidation_of(self, account: int, instrument: int) -> int:
        """The liquidation that a person's position is in now; 0 where it is in none."""
        if not self._groups or instrument == 0:
            return 0
        asset = self.scales.by_id[instrument].asset_id
        found = self._groups.get((account, asset, instrument))
        if found is None and not self.holdings.position(account, instrument).isolated:
            found = self._groups.get((account, asset, 0))
        return found or 0

    def rows(self) -> list[dict]:
        """Rows to be written, and none of them waits any more."""
        found = [{**row, "story": json.dumps(row["story"], separators=(",", ":"))} for row in self.changed.values()]
        self.changed.clear()
        return found

    # ------------------------------------------------------------ what of a batch matters
    def concerns(self, events: np.ndarray) -> np.ndarray | None:
        """Which events besides people's own belong to their stories: disposals, deleveraging, shared losses."""
        kinds = events["kind"]
        begun = events["order_id"][(kinds == codes.POSITION_TAKEN_OVER) & of_people(events["account"])]
        if not len(begun) and not self._takeovers:
            return None
        ids = np.concatenate([begun, np.fromiter(self._takeovers, np.int64, len(self._takeovers))])
        chosen = of_kinds(kinds, codes.TRADED, codes.DELEVERAGED)
        found = np.zeros(len(events), bool)
        found[chosen] = np.isin(events["order_id"][chosen], ids) | np.isin(events["maker_order_id"][chosen], ids)
        return found | of_kinds(kinds, codes.LOSS_SOCIALIZED, codes.DEFICIT_BOOKED)

    # ------------------------------------------------------------ events
    def fold(self, event: Row, batch) -> None:
        """Take in one event that concerns a person, or that :meth:`concerns` chose."""
        kind = event.kind
        if kind == codes.LIQUIDATION_STARTED:
            self._start(event, batch)
            return
        if kind in (codes.MARGIN_CALLED, codes.MARGIN_CALL_ENDED):
            self._called(event)
            return
        if not self.open:
            return
        if kind == codes.TRADED:
            self._traded(event)
        elif kind in (codes.ORDER_CANCELED, codes.TRIGGER_CANCELED):
            if event.reason == Reason.canceled_by_liquidation:
                self._canceled(event)
        elif kind == codes.LIQUIDATION_STEPPED:
            self._stepped(event)
        elif kind == codes.POSITION_TAKEN_OVER:
            self._taken_over(event)
        elif kind == codes.LIQUIDATION_ENDED:
            self._ended(event)
        elif kind in (codes.TAKEOVER_REDUCED, codes.TAKEOVER_CLOSED, codes.DELEVERAGED):
            self._takeover_event(event)
        elif kind in (codes.LOSS_SOCIALIZED, codes.DEFICIT_BOOKED):
            self._shared_loss(event)
        elif kind == codes.COLLATERAL_CONVERTED:
            self._converted(event)

    def _called(self, event: Row) -> None:
        """A margin call, or its end: kept until the liquidation it leads to, or until it is met."""
        if event.reason in (Reason.margin_call_met, Reason.position_gone):
            self._calls.pop((event.account, event.asset), None)
            return
        self._calls.setdefault((event.account, event.asset), []).append(dict(
            reason=event.reason, time_ns=event.time_ns, deadline_ns=event.value_atoms, due_atoms=event.cash_atoms,
            equity_atoms=event.equity_atoms, maintenance_atoms=event.requirement_atoms))

    def _flipped(self, events: np.ndarray) -> None:
        """Remember which margin window holds in which instrument since when; of one that has not flipped since the
        start of the process nothing is said.  MARG-041"""
        for event in events[events["kind"] == codes.MARGIN_WINDOW_CHANGED]:
            number, window = int(event["instrument"]), int(event["flags"])
            if self._flips.get(number, (-1, 0))[0] != window:
                self._flips[number] = window, int(event["time_ns"])

    def _start(self, event: Row, batch) -> None:
        account, isolated = event.account, event.instrument != 0
        held = ([(event.instrument, self.holdings.position(account, event.instrument))] if isolated
                else [(instrument, one) for instrument, one in self.holdings.cross_positions(account)
                      if self.scales.by_id[instrument].asset_id == event.asset])
        self._flipped(batch.events[batch.events["sequence"] < event.sequence])
        prices = self.prices.at(batch, event.sequence, event.command_sequence)
        positions = [dict(self._position(account, instrument, holding), **prices.explain(instrument))
                     for instrument, holding in held]
        story = dict(balance_atoms=self.holdings.wallets.get((account, event.asset), 0), positions=positions,
                     canceled=dict(count=0, listed=[]), steps=[], takeovers=[], socialized=dict(accounts=0, atoms=0),
                     calls=[] if isolated else self._calls.pop((account, event.asset), []), conversions=[],
                     deficit_atoms=0, until_ns=event.time_ns + AFTER_NS,
                     after={str(one["instrument"]): [one["mark_price_units"]] * 2 for one in positions})
        row = dict(id=event.sequence, account=account, asset=event.asset, instrument=event.instrument,
                   size_lots=event.size_lots, mark_units=event.price_units, equity_atoms=event.equity_atoms,
                   maintenance_atoms=event.requirement_atoms, outcome=0, open=1, started_ns=event.time_ns, ended_ns=0,
                   story=story)
        self.open[row["id"]] = self.changed[row["id"]] = row
        self._groups[account, event.asset, event.instrument] = self.named[event.sequence] = row["id"]

    def _position(self, account: int, instrument: int, holding: Holding) -> dict:
        """A position as it stood, and the stops that waited for it."""
        stops = [dict(order_id=order["order_id"], trigger_units=order["trigger_units"], source=order["trigger_source"],
                      size_lots=order["size_lots"])
                 for order in self.orders.live.values()
                 if order["account"] == account and order["instrument"] == instrument and order["trigger_units"]
                 and order["side"] * holding.size_lots < 0 and order["order_type"] in (
                     codes.ORDER_STOP_MARKET, codes.ORDER_STOP_LIMIT, codes.ORDER_TRAILING_STOP)]
        return dict(instrument=instrument, size_lots=holding.size_lots, entry_value_atoms=holding.entry_value_atoms,
                    collateral_atoms=holding.collateral_atoms, isolated=holding.isolated,
                    leverage_ppb=holding.leverage_ppb, window=self._flips.get(instrument),
                    stops=sorted(stops, key=lambda stop: stop["order_id"]))

    def _of_account(self, event: Row) -> dict | None:
        """The story of an event of a person whose group is being liquidated."""
        number = self.liquidation_of(event.account, event.instrument) or self._groups.get(
            (event.account, event.asset, event.instrument)) or self._groups.get((event.account, event.asset, 0))
        return self._changed(number)

    def _changed(self, number: int | None) -> dict | None:
        row = self.open.get(number or 0)
        if row is not None:
            self.changed[row["id"]] = row
        return row

    def _canceled(self, event: Row) -> None:
        row = self._of_account(event)
        if row is None:
            return
        canceled = row["story"]["canceled"]
        canceled["count"] += 1
        if len(canceled["listed"]) < LISTED_MAX:
            canceled["listed"].append(dict(order_id=event.order_id, instrument=event.instrument, side=event.side,
                                           price_ticks=event.price_ticks, size_lots=event.size_lots,
                                           trigger_units=event.price_units, time_ns=event.time_ns))

    def _stepped(self, event: Row) -> None:
        row = self._of_account(event)
        if row is not None:
            self.named[event.sequence] = row["id"]
            row["story"]["steps"].append(dict(
                reason=event.reason, instrument=event.instrument, order_id=event.order_id, side=event.side,
                size_lots=abs(event.size_lots) if event.order_id else 0, remaining_lots=event.remaining_lots,
                price_ticks=event.price_ticks, value_atoms=event.value_atoms, equity_atoms=event.equity_atoms,
                maintenance_atoms=event.requirement_atoms, time_ns=event.time_ns, fills=row.pop("_fills", [])))

    def _traded(self, event: Row) -> None:
        """A fill of a step down (the person's own), or of a takeover's disposal (the liquidation engine's)."""
        if is_person(event.account) and event.flags & codes.FLAG_LIQUIDATION:
            row = self._of_account(event)
            if row is not None:
                row.setdefault("_fills", []).append(dict(
                    price_ticks=event.price_ticks, size_lots=event.size_lots, fee_atoms=event.fee_atoms,
                    realized_atoms=event.realized_atoms, time_ns=event.time_ns))
        for order_id in {event.order_id, event.maker_order_id} & self._takeovers.keys():
            takeover = self._takeover(order_id)
            maker = order_id == event.maker_order_id
            takeover["fill_count"] += 1
            takeover["filled_lots"] += event.size_lots
            if len(takeover["fills"]) < LISTED_MAX:
                takeover["fills"].append(dict(
                    price_ticks=event.price_ticks, size_lots=event.size_lots, maker=int(maker),
                    fee_atoms=event.maker_fee_atoms if maker else event.fee_atoms, time_ns=event.time_ns))

    def _takeover(self, order_id: int) -> dict | None:
        """A takeover of a person that is not closed; its story counts as changed."""
        row = self._changed(self._takeovers.get(order_id))
        if row is None:
            return None
        return next(one for one in row["story"]["takeovers"] if one["order_id"] == order_id)

    def _taken_over(self, event: Row) -> None:
        row = self._of_account(event)
        if row is None:
            return
        self._takeovers[event.order_id] = self.named[event.sequence] = row["id"]
        row["story"]["takeovers"].append(dict(
            order_id=event.order_id, instrument=event.instrument, size_lots=event.size_lots,
            bankruptcy_ticks=event.price_ticks, bankruptcy_units=event.price_units, value_atoms=event.value_atoms,
            realized_atoms=event.realized_atoms, fee_atoms=event.fee_atoms, equity_atoms=event.equity_atoms,
            time_ns=event.time_ns, fill_count=0, filled_lots=0, fills=[], to_fund_atoms=0, from_fund_atoms=0,
            netted_lots=0, written_down_atoms=0, settled_lots=0, assigned_lots=0, assigned_count=0,
            deleveraged=dict(count=0, size_lots=0, given_up_atoms=0), result_atoms=0, closed_ns=0))

    def _takeover_event(self, event: Row) -> None:
        takeover = self._takeover(event.order_id)
        if takeover is None:
            return
        if event.kind == codes.DELEVERAGED:
            takeover["deleveraged"]["count"] += 1
            takeover["deleveraged"]["size_lots"] += event.size_lots
        elif event.kind == codes.TAKEOVER_REDUCED:
            self._reduced(takeover, event)
        else:
            takeover["result_atoms"], takeover["closed_ns"] = event.realized_atoms, event.time_ns
            row = self.open[self._takeovers.pop(event.order_id)]
            self._finish(row, event.time_ns)

    def _reduced(self, takeover: dict, event: Row) -> None:
        takeover["to_fund_atoms"] += max(0, event.realized_atoms)
        takeover["from_fund_atoms"] += max(0, -event.realized_atoms)
        if event.reason == Reason.taken_over:
            takeover["netted_lots"] += event.size_lots
        elif event.reason == Reason.assignment:
            takeover["assigned_lots"] = takeover.get("assigned_lots", 0) + event.size_lots
            takeover["assigned_count"] = takeover.get("assigned_count", 0) + 1
        elif event.reason == Reason.deleveraging:
            takeover["deleveraged"]["given_up_atoms"] += event.equity_atoms
        elif event.reason == Reason.insurance_deficit:
            takeover["written_down_atoms"] += -event.realized_atoms
        elif event.reason == Reason.settlement:
            takeover["settled_lots"] += event.size_lots

    def _converted(self, event: Row) -> None:
        """Collateral sold for a hub wallet in debt belongs to the account's last liquidation there.  COLL-005"""
        found = [row for row in self.open.values() if row["account"] == event.account and row["asset"] == event.flags]
        if found:
            row = self._changed(max(one["id"] for one in found))
            row["story"].setdefault("conversions", []).append(dict(
                asset=event.asset, atoms=-event.cash_atoms, value_atoms=event.value_atoms, fee_atoms=event.fee_atoms,
                time_ns=event.time_ns))

    def _shared_loss(self, event: Row) -> None:
        """A loss of an instrument, told with every story that had a takeover of it open then."""
        for order_id in list(self._takeovers):
            takeover = self._takeover(order_id)
            shared = self.scales.by_id[takeover["instrument"]].asset_id == event.asset if event.instrument == 0 else (
                takeover["instrument"] == event.instrument)
            if not shared or takeover["written_down_atoms"] == 0:
                continue
            story = self.open[self._takeovers[order_id]]["story"]
            if event.kind == codes.LOSS_SOCIALIZED:
                story["socialized"]["accounts"] += 1
                story["socialized"]["atoms"] -= event.cash_atoms
            else:
                story["deficit_atoms"] -= event.cash_atoms

    def _ended(self, event: Row) -> None:
        number = self._groups.pop((event.account, event.asset, event.instrument), None)
        row = self._changed(number)
        if row is not None:
            row.pop("_fills", None)
            row["outcome"], row["ended_ns"] = event.reason, event.time_ns
            row["story"]["ended_equity_atoms"] = event.equity_atoms
            row["story"]["ended_maintenance_atoms"] = event.requirement_atoms
            self._finish(row, event.time_ns)

    # ------------------------------------------------------------ the hour after
    def end(self, batch) -> None:
        """The batch is folded: follow the marks of the hour after, and the prices."""
        self.prices.fold(batch, batch.events, batch.commands)
        self._flipped(batch.events)
        self.named.clear()
        if not self.open:
            return
        marks = batch.events[batch.events["kind"] == codes.MARKED]
        for row in list(self.open.values()):
            after, until = row["story"]["after"], row["story"]["until_ns"]
            for instrument, extremes in after.items():
                units = marks["price_units"][(marks["instrument"] == int(instrument)) & (marks["sequence"] > row["id"])
                                             & (marks["time_ns"] <= until)]
                if len(units) and (units.min() < extremes[0] or units.max() > extremes[1]):
                    after[instrument] = [min(extremes[0], int(units.min())), max(extremes[1], int(units.max()))]
                    self.changed[row["id"]] = row
            self._finish(row, batch.time_ns)

    def _finish(self, row: dict, now_ns: int) -> None:
        """A story is over when its liquidation ended, its takeovers are closed and its hour has passed."""
        if row["ended_ns"] and now_ns > row["story"]["until_ns"] and all(
                takeover["closed_ns"] for takeover in row["story"]["takeovers"]):
            row["open"] = 0
            self.open.pop(row["id"], None)
            self.changed[row["id"]] = row
