"""Plans for a position that is held: closing it step by step, and what more or less margin would do to it."""
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ..codes import Reason
from ..engine.records import COMMAND, as_record, new_outbox
from ..kernel import load_plain
from ..units import PPB, UnitError, decimal, rate_ppb, to_steps
from .accounts import AccountsView, ratio
from .direct import Direct, table
from .people import Unpacker
from .plan_kernels import MARGIN_IF, margin_if
from .preview import Unreadable
from .scales import InstrumentScale, Scales
from .undo import UNDO, put_back

parts = load_plain("rules.parts")
STEPS_MAX = 20
TABLE_SHARES = (-50, -25, -10, 0, 10, 25, 50, 100, 200)
"""Rows of the table of a margin what-if, in per cent of what the position holds now."""
MARGIN_ROWS = Unpacker("MarginRow", MARGIN_IF, MARGIN_IF.names)


class Plans:
    """Scale-out plans and margin what-ifs. Prices are text, sizes in contracts, cash in the settlement asset."""

    def __init__(self, engine, scales: Scales, accounts: AccountsView):
        self.engine, self.scales, self.accounts = engine, scales, accounts
        self._undo, self._outs = table(UNDO, 1), new_outbox()
        self._commands, self._rows = as_record(np.zeros(1, COMMAND)), table(MARGIN_IF, 1)
        self._ask, self._put_back = Direct(margin_if), Direct(put_back)
        self._terms = {number: SimpleNamespace(**{name: int(value) for name, value in scale.instrument.terms.items()})
                       for number, scale in scales.by_id.items()}

    # ------------------------------------------------------------ scale-out
    def scale_out(self, account: int, body: dict[str, Any]) -> dict[str, Any]:
        """The reduce-only limit orders that close a position step by step, and what each locks in.  VIEW-021

        ``{"symbol", "steps": [{"price", "size" | "share"}]}``, or ``{"symbol", "count": n, "target_price"}`` for n
        equal steps from the mark to the target. Unreadable names the field that cannot be carried out.
        """
        scale, held = self._position(account, body)
        steps = self._steps(scale, held, body)
        terms, side = self._terms[scale.id], 1 if held.size_lots > 0 else -1
        _taker, maker = self._rates(account, terms)
        left, entry, locked = abs(held.size_lots), held.entry_value_atoms, 0
        orders = []
        for ticks, lots in steps:
            if (ticks * terms.mark_units_per_tick - held.mark_units) * side <= 0:
                raise Unreadable("steps", f"{scale.price(ticks)} is not beyond the mark {scale.mark(held.mark_units)}",
                                 "steps of a long lie above the mark, of a short below")
            part = parts.entry_share(entry, lots, left)
            profit = parts.part_result(terms, part, side * lots, ticks * terms.mark_units_per_tick, maker)
            left, entry, locked = left - lots, entry - part, locked + profit
            orders.append({
                "side": "sell" if side > 0 else "buy", "type": "limit", "reduce_only": True, "time_in_force": "gtc",
                "price": scale.price(ticks), "size": scale.size(lots), "profit": scale.cash(profit),
                "locked_in": scale.cash(locked), "remaining": scale.size(left)})
        return {"symbol": scale.symbol, "orders": orders, "total_profit": scale.cash(locked),
                "left": scale.size(left), "bracket": self._bracket(scale, steps, abs(held.size_lots))}

    def _bracket(self, scale: InstrumentScale, steps: list, size: int) -> dict | None:
        """The same steps as targets of a bracket, for the next entry: at most four."""
        if len(steps) > 4:
            return None
        return {"targets": [{"price": scale.price(ticks), "share": f"{lots * PPB // size / PPB:.9f}"}
                            for ticks, lots in steps], "ladder": "trail_targets"}

    def _steps(self, scale: InstrumentScale, held, body: dict) -> list[tuple[int, int]]:
        """Steps as (ticks, lots), nearest first; together at most the position."""
        size = abs(held.size_lots)
        found = self._equal_steps(scale, held, body) if body.get("steps") is None else [
            self._step(scale, size, step) for step in body["steps"]]
        if not 1 <= len(found) <= STEPS_MAX:
            raise Unreadable("steps", f"{len(found)} steps", f"1 to {STEPS_MAX} steps")
        if sum(lots for _ticks, lots in found) > size:
            raise Unreadable("steps", "the steps close more than the position", f"at most {scale.size(size)} in all")
        return sorted(found, reverse=held.size_lots < 0)

    def _step(self, scale: InstrumentScale, size: int, step: dict) -> tuple[int, int]:
        try:
            ticks = scale.instrument.price_ticks(step["price"])
            if step.get("size") is not None:
                lots = scale.instrument.size_lots(step["size"])
            else:
                lots = size * rate_ppb(step["share"], "share") // PPB
        except KeyError as missing:
            raise Unreadable("steps", f"a step without {missing}", "a price, and a size or a share", "missing_field"
                             ) from None
        except UnitError as error:
            raise Unreadable("steps", str(error), str(error).rpartition("; ")[2]) from None
        if ticks <= 0 or lots <= 0:
            raise Unreadable("steps", "a step closes nothing", "a price and a size above 0")
        return ticks, lots

    def _equal_steps(self, scale: InstrumentScale, held, body: dict) -> list[tuple[int, int]]:
        """``count`` steps from the mark to the target: prices evenly apart, the last at the target; sizes as equal as
        lots allow, the larger ones last."""
        count = body.get("count")
        if type(count) is not int or not 1 <= count <= STEPS_MAX:
            raise Unreadable("count", f"{count!r} is not a number of steps", f"1 to {STEPS_MAX}, or give steps")
        size = abs(held.size_lots)
        if size < count:
            raise Unreadable("count", f"{scale.size(size)} cannot be split into {count}", f"at most {size} steps")
        try:
            target = scale.instrument.price_ticks(body["target_price"])
        except KeyError:
            raise Unreadable("target_price", "is missing", "the price of the last step", "missing_field") from None
        except UnitError as error:
            raise Unreadable("target_price", str(error), str(error).rpartition("; ")[2]) from None
        mark = held.mark_units / self._terms[scale.id].mark_units_per_tick
        return [(round(mark + (target - mark) * (number + 1) / count),
                 size * (number + 1) // count - size * number // count) for number in range(count)]

    # ------------------------------------------------------------ margin
    def margin(self, account: int, body: dict[str, Any]) -> dict[str, Any]:
        """How the liquidation price moves with margin added or taken, by the engine's own command.  VIEW-019, VIEW-020

        ``{"symbol", "amount"?, "liquidation_price"?}``: a table over part of what the position holds; the row of the
        amount asked for; the margin needed for the liquidation price asked for.
        """
        scale, held = self._position(account, body)
        base = held.collateral_atoms if held.isolated else held.initial_atoms
        rows = [self.margin_row(scale, self.ask(account, scale.id, base * share // 100)) for share in TABLE_SHARES]
        found = {"symbol": scale.symbol, "margin_mode": "isolated" if held.isolated else "cross", "table": rows,
                 "asked": None, "needed": None}
        if body.get("amount") is not None:
            atoms = self._cash(scale, body["amount"])
            found["asked"] = self.margin_row(scale, self.ask(account, scale.id, atoms))
        if body.get("liquidation_price") is not None:
            found["needed"] = self._needed(scale, account, body["liquidation_price"])
        return found

    def _needed(self, scale: InstrumentScale, account: int, text: str) -> dict[str, Any]:
        try:
            units = scale.instrument.mark_units(text)
        except UnitError as error:
            raise Unreadable("liquidation_price", str(error), str(error).rpartition("; ")[2]) from None
        if units <= 0:
            raise Unreadable("liquidation_price", f"{text!r} must be above 0", "a price on the losing side of the mark")
        asked = self.ask(account, scale.id, 0, units)
        return self.margin_row(scale, self.ask(account, scale.id, asked.needed_atoms))

    def ask(self, account: int, instrument: int, amount_atoms: int, wanted_units: int = 0):
        """A MARGIN_IF row as a named tuple; the tables are as before, also where this raises."""
        self._rows.view(np.uint8)[:] = 0
        row = self._rows[0]
        row.account, row.instrument = account, instrument
        row.amount_atoms, row.wanted_units = amount_atoms, wanted_units
        states = self.engine.states
        try:
            self._ask(states, self._commands, self._undo, self._outs, self._rows)
        finally:
            self._put_back(states, self._undo, states["working"])
        return MARGIN_ROWS.rows(self._rows)[0]

    def margin_row(self, scale: InstrumentScale, row) -> dict[str, Any]:
        """One line of the table: with ``amount`` more margin (negative: less) the position looks like this."""
        accepted = row.reason == 0
        return {"amount": scale.cash(row.amount_atoms), "accepted": accepted,
                "error": None if accepted else Reason(row.reason).name,
                "collateral": scale.cash(row.collateral_atoms) if accepted else None,
                "liquidation_price": scale.mark(row.liquidation_units) if accepted and row.liquidation_units else None,
                "bankruptcy_price": scale.mark(row.bankruptcy_units) if accepted and row.bankruptcy_units else None,
                "margin_ratio": ratio(row.group_maintenance_atoms, row.group_equity_atoms) if accepted else None,
                "available": scale.cash(row.available_atoms) if accepted else None}

    # ------------------------------------------------------------ shared
    def _position(self, account: int, body: dict):
        scale = self.scales.by_symbol.get(body.get("symbol"))
        if scale is None:
            raise Unreadable("symbol", f"{body.get('symbol')!r} is not traded here",
                             f"one of {', '.join(sorted(self.scales.by_symbol))}", "not_found")
        for row in self.accounts.rows_of(account)[0]:
            if row.instrument == scale.id:
                return scale, row
        raise Unreadable("symbol", f"you hold no position in {scale.symbol}", "open one first",
                         Reason.position_must_be_open.name)

    def _rates(self, account: int, terms) -> tuple[int, int]:
        """Taker and maker rate of an account.  FEES-002"""
        fee_class = self.engine.state.fee_classes[int(self.engine.state.accounts[account].fee_class)]
        if fee_class.is_set:
            return int(fee_class.taker_fee_ppb), int(fee_class.maker_fee_ppb)
        return terms.taker_fee_ppb, terms.maker_fee_ppb

    def _cash(self, scale: InstrumentScale, text: str) -> int:
        try:
            decimal(text, "amount")
            atoms = to_steps(text, self.scales.assets[scale.asset_id].atom, "amount")
        except UnitError as error:
            raise Unreadable("amount", str(error), str(error).rpartition("; ")[2]) from None
        if not 0 < abs(atoms) < 1 << 60:
            raise Unreadable("amount", f"{text!r} is out of range", "an amount other than 0")
        return atoms
