"""What an order would do if it came now, as people ask it and read it: size from money at risk, prices, margins, what
it loses at its stop and earns at its targets. The engine's rules answer (``previewer``); here are words and estimates.
"""
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..codes import (
    BUY,
    FLAG_POST_ONLY,
    FLAG_REDUCE_ONLY,
    ORDER_LIMIT,
    ORDER_MARKET,
    ORDER_STOP_MARKET,
    ORDER_TRAILING_STOP,
    PLACE_ORDER,
    SELL,
    SET_LEVERAGE,
    SET_MARGIN_MODE,
    OrderType,
    PriceSource,
    Reason,
    TimeInForce,
)
from ..engine.records import BRACKET_TARGETS_MAX, new_commands
from ..kernel import load_plain
from ..units import DAY, PPB, UnitError, decimal, rate_ppb, to_steps
from .accounts import ratio
from .order import average_price
from .preview_kernels import LOW_BITS
from .previewer import PREVIEW_ID, Previewer
from .scales import InstrumentScale, Scales, leverage_text

unit_value = load_plain("rules.contract").unit_value
fee_of = load_plain("rules.fees").fee
closing_result = load_plain("rules.outcome").closing_result
TYPES = {one.name.lower(): int(one) for one in OrderType}
TIMES = {one.name.lower(): int(one) for one in TimeInForce}
SOURCES = {one.name.lower(): int(one) for one in PriceSource}
SAFE_PART = 10
"""A safe stop keeps this part (1 / SAFE_PART) of the way from the mark to liquidation in hand.  VIEW-015"""
RISK_TRIES = 8
FIELDS = """size value average_price worst_price slippage fee cost initial_margin maintenance_margin available_after
position_after liquidation_price bankruptcy_price break_even_price distance loss_at_stop loss_at_stop_share
profit_at_targets reward_to_risk funding_per_day stop_beyond_liquidation safe_stop_price filled_now resting""".split()


class Unreadable(Exception):
    """A field of a question that cannot be read: which, why, and what would do."""

    def __init__(self, field: str, message: str, do: str, code: str = "invalid_value"):
        super().__init__(message)
        self.error = {"code": code, "message": f"{field}: {message}", "field": field, "rule": "SERV-006", "do": do}


def plain_words(reason: int) -> dict:
    """A refusal of the engine as SERV-002 wants it, where the service gives no better one."""
    name = Reason(reason).name
    return {"code": name, "message": f"refused: {name.replace('_', ' ')}", "field": None, "rule": None, "do": None}


class Question(SimpleNamespace):
    """A preview that was asked for, in the engine's units. ``lots`` 0: sized from ``risk_atoms``."""


class Previews:
    """Answers ``POST /preview``.  VIEW-012 to VIEW-016

    ``costs`` is the book of what open positions carry (:class:`.costs.CostBook`), ``explain`` turns a refusal into the
    error object of SERV-002.
    """

    def __init__(self, engine, scales: Scales, costs=None, explain: Callable[[int], dict] = plain_words):
        self.engine, self.scales, self.costs, self.explain = engine, scales, costs, explain
        self.previewer = Previewer(engine)
        self._terms = {number: SimpleNamespace(**{name: int(value) for name, value in scale.instrument.terms.items()})
                       for number, scale in scales.by_id.items()}

    # ------------------------------------------------------------ the question
    def preview(self, account: int, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of SERV-006 to a body of it. What cannot be read, and what the engine would refuse, is answered
        with ``accepted`` false and its error: nothing is raised for it."""
        try:
            question = self.read(account, body)
            self._look(question)
            if question.lots == 0 and question.risk_atoms:
                question.lots = self.lots_for_risk(question)
        except Unreadable as refusal:
            return self._refused(refusal.error)
        return self.answer(question)

    def read(self, account: int, body: dict[str, Any]) -> Question:
        """The body in the engine's units; Unreadable names the field."""
        scale = self.scales.by_symbol.get(body.get("symbol"))
        if scale is None:
            raise Unreadable("symbol", f"{body.get('symbol')!r} is not traded here",
                             f"one of {', '.join(sorted(self.scales.by_symbol))}", "not_found")
        kind = _word(body, "type", TYPES, "limit")
        side = _word(body, "side", {"buy": BUY, "sell": SELL}, None)
        question = Question(
            account=account, scale=scale, side=side, kind=kind, lots=0, risk_atoms=0,
            price_ticks=_price(scale, body, "price") if kind in PRICED else 0,
            trigger_ticks=_price(scale, body, "trigger_price"), stop_ticks=_price(scale, body, "stop_price"),
            stop_source=_word(body, "stop_source", SOURCES, "mark"), targets=_targets(scale, body),
            tif=_word(body, "time_in_force", TIMES, "ioc" if kind == ORDER_MARKET else "gtc"),
            flags=(FLAG_POST_ONLY if body.get("post_only") else 0) | (
                FLAG_REDUCE_ONLY if body.get("reduce_only") else 0),
            leverage_ppb=_leverage(body), isolated=None)
        if kind in PRICED and question.price_ticks == 0:
            raise Unreadable("price", "is missing", "the limit of the order", "missing_field")
        if body.get("margin_mode") is not None:
            question.isolated = _word(body, "margin_mode", {"cross": 0, "isolated": 1}, None)
        if body.get("size") is not None:
            question.lots = _steps(body, "size", lambda text: scale.instrument.size_lots(text))
        elif body.get("risk") is not None:
            asset = self.scales.assets[scale.asset_id]
            question.risk_atoms = _steps(body, "risk", lambda text: to_steps(text, asset.atom, "risk"))
            if question.stop_ticks == 0:
                raise Unreadable("stop_price", "is missing: money at risk is what is lost at the stop",
                                 "give stop_price, or size in the place of risk", "missing_field")
        else:
            raise Unreadable("size", "is missing", "give size, or risk and stop_price", "missing_field")
        return question

    # ------------------------------------------------------------ money at risk
    def lots_for_risk(self, question: Question) -> int:
        """The most lots whose loss at the stop, with both fees and the slippage of getting out, is within the risk; at
        least one lot must be.  VIEW-014"""
        scale = question.scale
        most = min(self._terms[scale.id].order_lots_max, 1 << 40)
        least = self.expected_loss(question, 1)
        if least > question.risk_atoms:
            raise Unreadable("risk", f"one lot loses {scale.cash(least)} {scale.asset} at this stop, more than "
                             f"{scale.cash(question.risk_atoms)}", "risk more, or bring the stop nearer to the entry")
        low, high = 1, 2
        while high <= most and self.expected_loss(question, high) <= question.risk_atoms:
            low, high = high, high * 2
        high = min(high, most + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if self.expected_loss(question, middle) <= question.risk_atoms:
                low = middle
            else:
                high = middle
        return low

    def expected_loss(self, question: Question, lots: int) -> int:
        """What ``lots`` would lose at the stop, in atoms: filled from the book as far as the limit goes, the rest at
        the limit (a market order: at the last level), closed at the stop."""
        terms, side = self._terms[question.scale.id], question.side
        taker, maker = question.taker_ppb, question.maker_ppb
        limit = question.price_ticks
        waits = ORDER_STOP_MARKET <= question.kind <= ORDER_TRAILING_STOP
        filled = value = rest_ticks = 0
        if not waits:
            quote = self.previewer.quote(question.scale.id, side, lots, limit)
            filled, value, rest_ticks = quote.filled_lots, quote.value_atoms, quote.worst_ticks
        fees = fee_of(value, taker)
        if filled < lots:
            ticks = limit or question.trigger_ticks or rest_ticks or max(
                1, question.mark_units // terms.mark_units_per_tick)
            rest = (lots - filled) * abs(unit_value(terms, ticks * terms.mark_units_per_tick))
            value += rest
            fees += fee_of(rest, maker if question.kind == ORDER_LIMIT else taker)
        return self._loss(question, lots, value, fees)

    def _loss(self, question: Question, lots: int, value: int, fees: int) -> int:
        """Entry value (absolute) less what closing at the stop brings, and the fees of both."""
        terms, side = self._terms[question.scale.id], question.side
        entry = -value if question.scale.inverse else value
        position = SimpleNamespace(size_lots=side * lots, entry_value_atoms=side * entry)
        return fees - closing_result(terms, position, self.exit_units(question, lots), max(0, question.taker_ppb))

    def exit_units(self, question: Question, lots: int) -> int:
        """Where a stop over ``lots`` would be closed on average, in mark units: the stop's price, worse by as much as
        taking so many lots out of the book now is worse than the mark.  VIEW-013"""
        scale, terms = question.scale, self._terms[question.scale.id]
        stop = question.stop_ticks * terms.mark_units_per_tick
        mark = question.mark_units
        quote = self.previewer.quote(scale.id, -question.side, lots)
        filled, value = quote.filled_lots, quote.value_atoms
        if filled == 0 or mark == 0:
            return stop
        if filled < lots:
            value += (lots - filled) * abs(unit_value(terms, quote.worst_ticks * terms.mark_units_per_tick))
        average = scale.average_units(lots, -value if scale.inverse else value)
        if question.side > 0:
            return max(1, int(stop * min(1.0, average / mark)))
        return -int(-stop * max(1.0, average / mark) // 1)

    def _look(self, question: Question) -> None:
        """Note the account's fee rates (FEES-002) and the mark, which do not change while a question is answered."""
        terms = self._terms[question.scale.id]
        instrument = self.engine.state.instruments[question.scale.id]
        question.mark_units = int(instrument.mark_price_units)
        question.taker_ppb, question.maker_ppb = terms.taker_fee_ppb, terms.maker_fee_ppb
        fee_class = self.engine.state.fee_classes[int(self.engine.state.accounts[question.account].fee_class)]
        if fee_class.is_set:
            question.taker_ppb, question.maker_ppb = int(fee_class.taker_fee_ppb), int(fee_class.maker_fee_ppb)

    # ------------------------------------------------------------ the answer
    def command(self, question: Question) -> np.ndarray:
        """The PLACE_ORDER that is asked about."""
        record = new_commands(1)
        row = record[0]
        row["kind"], row["account"], row["instrument"] = PLACE_ORDER, question.account, question.scale.id
        row["order_id"], row["side"], row["order_type"] = PREVIEW_ID, question.side, question.kind
        row["size_lots"], row["price_ticks"] = question.lots, question.price_ticks
        row["time_in_force"], row["flags"] = question.tif, question.flags
        row["trigger_ticks"], row["stop_ticks"] = question.trigger_ticks, question.stop_ticks
        row["stop_source"] = question.stop_source
        for at, (ticks, share) in enumerate(question.targets):
            row["target_ticks"][at], row["target_share_ppb"][at] = ticks, share
        return record

    def settings(self, question: Question) -> tuple[np.ndarray, ...]:
        """Leverage first, then margin mode, where they are to differ from what is set.  VIEW-012"""
        found = []
        for kind, value in ((SET_LEVERAGE, question.leverage_ppb), (SET_MARGIN_MODE, question.isolated)):
            if value is not None:
                record = new_commands(1)
                record["kind"], record["account"] = kind, question.account
                record["instrument"], record["value"] = question.scale.id, value
                found.append(record)
        return tuple(found)

    def answer(self, question: Question) -> dict[str, Any]:
        """Ask the engine and put it into words."""
        costs = self.costs.costs.get((question.account, question.scale.id)) if self.costs else None
        carried = costs.carried_atoms if costs else 0
        settings = self.settings(question)
        now, whole = self.previewer.ask(self.command(question), settings, carried)
        tries = 0
        while question.risk_atoms and now.reason == 0 and question.lots > 1 and tries < RISK_TRIES and (
                self._entry_loss(question, whole) > question.risk_atoms):
            question.lots = max(1, question.lots * 99 // 100)
            now, whole = self.previewer.ask(self.command(question), settings, carried)
            tries += 1
        if now.reason:
            found = self._refused(self.explain(now.reason))
            found["size"] = question.scale.size(question.lots)
            if question.stop_ticks and question.lots:
                found["loss_at_stop"] = question.scale.cash(self.expected_loss(question, question.lots))
            return found
        return self._accepted(question, now, whole)

    @staticmethod
    def _refused(error: dict) -> dict:
        return {"accepted": False, "error": error, **dict.fromkeys(FIELDS), "profit_at_targets": []}

    def _entry_loss(self, question: Question, whole) -> int:
        return self._loss(question, whole.filled_lots, whole.filled_value_atoms, whole.fee_atoms)

    def _accepted(self, question: Question, now, whole) -> dict[str, Any]:
        """The answer in wire form; ``now``: right after the order, ``whole``: with its rest filled at its limit."""
        scale = question.scale
        cash = scale.cash
        lots, size = whole.filled_lots, whole.size_lots
        best, worst = whole.best_ticks, whole.worst_ticks
        found = dict.fromkeys(FIELDS)
        found.update(
            accepted=True, error=None, size=scale.size(now.order_lots), value=cash(whole.filled_value_atoms),
            fee=cash(whole.fee_atoms), cost=cash(now.available_before_atoms - now.available_atoms),
            available_after=cash(now.available_atoms), initial_margin=cash(whole.initial_atoms),
            maintenance_margin=cash(whole.maintenance_atoms), filled_now=scale.size(now.filled_lots),
            resting=scale.size(now.resting_lots), profit_at_targets=[],
            position_after={
                "size": scale.size(size), "entry_price": scale.average(size, whole.entry_value_atoms),
                "leverage": leverage_text(whole.leverage_ppb), "collateral": cash(whole.collateral_atoms),
                "margin_ratio": ratio(whole.group_maintenance_atoms, whole.group_equity_atoms)})
        if now.end_reason:
            found["error"] = {**self.explain(now.end_reason), "code": Reason(now.end_reason).name}
        if lots:
            average = average_price(scale, lots, (whole.price_sum_high << LOW_BITS) + whole.price_sum_low)
            found.update(average_price=average, worst_price=scale.price(worst))
            slip = abs(Decimal(average) / Decimal(scale.price(best)) - 1) if best != worst else Decimal(0)
            found["slippage"] = f"{slip:.6f}"
        if size:
            self._tell_prices(found, question, whole, size)
        if question.stop_ticks and lots and size * question.side > 0:
            self._tell_exits(found, question, now, whole, min(lots, abs(size)))
        return found

    def _tell_prices(self, found: dict, question: Question, whole, size: int) -> None:
        """Liquidation, bankruptcy, break-even, funding of the position after."""
        scale, terms = question.scale, self._terms[question.scale.id]
        for name in ("liquidation", "bankruptcy", "break_even"):
            units = getattr(whole, f"{name}_units")
            found[f"{name}_price"] = scale.mark(units) if units else None
        liquidation, mark_units = whole.liquidation_units, whole.mark_units
        if liquidation:
            found["distance"] = f"{abs(mark_units - liquidation) / mark_units:.6f}"
        if terms.funding_interval_ns:
            stamp = abs(whole.value_atoms) * whole.funding_rate_ppb * DAY
            per_day = stamp // (PPB * terms.funding_interval_ns)
            found["funding_per_day"] = scale.cash(per_day if size > 0 else -per_day)
        found["stop_beyond_liquidation"] = False
        if liquidation:
            found["safe_stop_price"] = scale.price(self.safe_stop_ticks(question, liquidation, mark_units, size))
            if question.stop_ticks:
                stop = question.stop_ticks * terms.mark_units_per_tick
                found["stop_beyond_liquidation"] = stop <= liquidation if size > 0 else stop >= liquidation

    def safe_stop_ticks(self, question: Question, liquidation_units: int, mark_units: int, size: int) -> int:
        """The farthest stop that keeps a tenth of the way to liquidation in hand, rounded toward the mark.  VIEW-015"""
        per_tick = self._terms[question.scale.id].mark_units_per_tick
        kept = -(-abs(mark_units - liquidation_units) // SAFE_PART)
        if size > 0:
            return -(-(liquidation_units + kept) // per_tick)
        return max(1, (liquidation_units - kept) // per_tick)

    def _tell_exits(self, found: dict, question: Question, now, whole, lots: int) -> None:
        """Loss at the stop, profits at the targets, and how they compare, for the lots this order brings.  VIEW-013"""
        scale, terms = question.scale, self._terms[question.scale.id]
        all_lots = whole.filled_lots
        value = whole.filled_value_atoms * lots // all_lots
        fees = whole.fee_atoms * lots // all_lots
        loss = self._loss(question, lots, value, fees)
        found["loss_at_stop"] = scale.cash(loss)
        before = now.available_before_atoms
        found["loss_at_stop_share"] = f"{loss / before:.4f}" if before > 0 else None
        profits, share_before = [], 0
        for ticks, share in question.targets:
            part = lots * (share_before + share) // PPB - lots * share_before // PPB
            share_before += share
            exit_value = part * unit_value(terms, ticks * terms.mark_units_per_tick)
            entry = value * part // lots
            entry = -entry if scale.inverse else entry
            paid = fees * part // lots + fee_of(abs(exit_value), question.maker_ppb)
            profits.append(question.side * (exit_value - entry) - paid)
        found["profit_at_targets"] = [scale.cash(profit) for profit in profits]
        if profits and loss > 0:
            found["reward_to_risk"] = f"{sum(profits) / loss:.2f}"


PRICED = {int(one) for one in (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT)}


def _word(body: dict, field: str, words: dict[str, int], default: str | None) -> int:
    """One of a list of words as its number."""
    text = body.get(field)
    text = default if text is None else text
    if not isinstance(text, str) or text not in words:
        missing = text is None
        raise Unreadable(field, "is missing" if missing else f"{text!r} is not known", f"one of {', '.join(words)}",
                         "missing_field" if missing else "invalid_value")
    return words[text]


def _steps(body: dict, field: str, read: Callable[[str], int], most: int = 1 << 53) -> int:
    """Decimal text through a grid, above 0."""
    text = body[field]
    if not isinstance(text, str) or len(text) > 40:
        raise Unreadable(field, f"{text!r} is not decimal text", "decimal text, such as \"7934.5\"")
    try:
        steps = read(text)
    except UnitError as error:
        raise Unreadable(field, str(error).partition(": ")[2] or str(error), str(error).rpartition("; ")[2]) from None
    if not 0 < steps <= most:
        raise Unreadable(field, f"{text!r} must be above 0 and within the instrument's range", "see GET /instruments")
    return steps


def _price(scale: InstrumentScale, body: dict, field: str) -> int:
    """A price in ticks; 0 where none is given."""
    if body.get(field) is None:
        return 0
    return _steps(body, field, scale.instrument.price_ticks, (1 << 31) - 1)


def _leverage(body: dict) -> int | None:
    """A leverage as the initial margin rate it means, rounded up; None where none is given."""
    if body.get("leverage") is None:
        return None
    try:
        times = decimal(body["leverage"], "leverage")
    except UnitError:
        times = Decimal(-1)
    if times != 0 and not 1 <= times <= 1000:
        raise Unreadable("leverage", f"{body['leverage']!r} must lie between 1 and 1000", "0 leaves it to the tier")
    return 0 if times == 0 else int(-(-PPB // times))


def _targets(scale: InstrumentScale, body: dict) -> list[tuple[int, int]]:
    """Targets as (ticks, share in ppb)."""
    targets = body.get("targets") or []
    if len(targets) > BRACKET_TARGETS_MAX:
        raise Unreadable("targets", f"{len(targets)} are too many", f"at most {BRACKET_TARGETS_MAX}")
    found = []
    for target in targets:
        if not isinstance(target, dict) or target.get("price") is None or target.get("share") is None:
            raise Unreadable("targets", "a target has a price and a share", '{"price": "8100", "share": "0.5"}')
        ticks = _price(scale, target, "price")
        try:
            share = rate_ppb(target["share"], "share")
        except UnitError as error:
            raise Unreadable("targets", str(error), "a share such as \"0.5\"") from None
        if not 0 < share <= PPB:
            raise Unreadable("targets", f"share {target['share']!r} must be above 0 and at most 1",
                             "the part of the entry to close there, such as \"0.5\"")
        found.append((ticks, share))
    return found
