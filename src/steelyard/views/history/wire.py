"""Rows of the history as they go on the wire (SERV-006, HIST-010): decimal texts, milliseconds, names."""
from __future__ import annotations

import json

from ...codes import BracketLadder, Flag, InstrumentState, OrderType, PriceSource, Reason, TimeInForce
from ..scales import InstrumentScale, Scales, leverage_text, milliseconds, rate
from .codes import Counterpart, OrderState, Role, Stage

POST_ONLY = Flag.POST_ONLY | Flag.POST_ONLY_CANCEL


def side_text(side: int) -> str:
    """``buy`` or ``sell``."""
    return "buy" if side > 0 else "sell"


def units_text(scale: InstrumentScale, units: int) -> str:
    """A price in mark units: on the order grid where it lies on it, else on the mark's."""
    if units % scale.units_per_tick == 0:
        return scale.price(units // scale.units_per_tick)
    return scale.mark(units)


def _or_none(value, text):
    """The text of a value, None for zero."""
    return text(value) if value else None


def bracket(scale: InstrumentScale, text: str) -> dict | None:
    """A bracket as it was asked for."""
    if not text:
        return None
    asked = json.loads(text)
    return dict(stop_price=_or_none(asked["stop_ticks"], scale.price),
                stop_source=PriceSource(asked["stop_source"]).name.lower(),
                trail_offset=_or_none(asked["trail_offset_ticks"], scale.price),
                targets=[dict(price=scale.price(ticks), share=rate(share)) for ticks, share in asked["targets"]],
                ladder=BracketLadder(asked["ladder"]).name.lower())


def order(scales: Scales, row: dict) -> dict:
    """Order of SERV-006."""
    scale, flags = scales.by_id[row["instrument"]], row["flags"]
    sign = -1 if scale.inverse else 1
    return dict(
        order_id=str(row["order_id"]), client_order_id=row["client_order_id"] or None, symbol=scale.symbol,
        side=side_text(row["side"]), type=OrderType(row["order_type"] or OrderType.LIMIT).name.lower(),
        size=scale.size(row["size_lots"]), filled=scale.size(row["filled_lots"]),
        remaining=scale.size(row["remaining_lots"]), price=_or_none(row["price_ticks"], scale.price),
        trigger_price=_or_none(row["trigger_units"], lambda units: units_text(scale, units)),
        trigger_source=PriceSource(row["trigger_source"]).name.lower() if row["trigger_units"] else None,
        trail_offset=_or_none(row["trail_offset_ticks"], scale.price),
        time_in_force=TimeInForce(row["time_in_force"]).name.lower(), expires=_or_none(row["expires_ns"], milliseconds),
        post_only=bool(flags & POST_ONLY), reduce_only=bool(flags & (Flag.REDUCE_ONLY | Flag.CLOSE)),
        close=bool(flags & Flag.CLOSE), display_size=_or_none(row["display_lots"], scale.size),
        state=OrderState(row["state"]).name, reason=Reason(row["reason"]).name if row["reason"] else None,
        average_price=_or_none(row["filled_lots"], lambda lots: scale.average(lots, sign * row["filled_value_atoms"])),
        fee=scale.cash(row["fee_atoms"]), bracket=bracket(scale, row["bracket"]), role=Role(row["role"]).name,
        parent_order_id=_or_none(row["parent_order_id"], str), created=milliseconds(row["created_ns"]),
        updated=milliseconds(row["updated_ns"]))


def fill(scales: Scales, row: dict) -> dict:
    """Fill of SERV-006."""
    scale = scales.by_id[row["instrument"]]
    return dict(
        id=str(row["id"]), order_id=str(row["order_id"]), client_order_id=row["client_order_id"] or None,
        symbol=scale.symbol, side=side_text(row["side"]), price=scale.price(row["price_ticks"]),
        size=scale.size(row["size_lots"]), value=scale.cash(row["value_atoms"]), fee=scale.cash(row["fee_atoms"]),
        fee_rate=rate(row["fee_rate_ppb"]), realized=scale.cash(row["realized_atoms"]),
        liquidity="maker" if row["maker"] else "taker", role=Role(row["role"]).name,
        liquidation_id=_or_none(row["liquidation_id"], str), time=milliseconds(row["time_ns"]))


def funding_payment(scales: Scales, row: dict) -> dict:
    """What a position paid (< 0) or received at a funding stamp."""
    scale = scales.by_id[row["instrument"]]
    return dict(id=str(row["id"]), symbol=scale.symbol, size=scale.size(row["size_lots"]), rate=rate(row["rate_ppb"]),
                mark=scale.mark(row["mark_units"]), amount=scale.cash(row["cash_atoms"]),
                time=milliseconds(row["time_ns"]))


def ledger_entry(scales: Scales, row: dict) -> dict:
    """One change of a person's cash, with the balance of its place after it."""
    scale = scales.by_id.get(row["instrument"])
    return dict(
        id=str(row["id"]), asset=scales.assets[row["asset"]].name,
        place="collateral" if row["collateral"] else "wallet", symbol=scale.symbol if scale else None, amount=scales.cash(row["atoms"], row["asset"]),
        balance=scales.cash(row["balance_atoms"], row["asset"]), reason=Reason(row["reason"]).name,
        counterpart=Counterpart(row["counterpart"]).name, counterpart_account=_or_none(row["counterpart_account"], str),
        order_id=_or_none(row["order_id"], str), fill_id=_or_none(row["fill_id"], str),
        liquidation_id=_or_none(row["liquidation_id"], str), time=milliseconds(row["time_ns"]))


def liquidation(scales: Scales, row: dict) -> dict:
    """A person's own liquidation, in short."""
    scale = scales.by_id.get(row["instrument"])
    def cash(atoms: int) -> str:
        return scales.cash(atoms, row["asset"])
    return dict(
        id=str(row["id"]), asset=scales.assets[row["asset"]].name, margin_mode="isolated" if scale else "cross",
        symbol=scale.symbol if scale else None, size=scale.size(row["size_lots"]) if scale else None,
        mark=scale.mark(row["mark_units"]) if scale else None, equity=cash(row["equity_atoms"]),
        maintenance_margin=cash(row["maintenance_atoms"]),
        outcome=Reason(row["outcome"]).name if row["outcome"] else None,
        started=milliseconds(row["started_ns"]), ended=_or_none(row["ended_ns"], milliseconds))


def public_liquidation(scales: Scales, row: dict) -> dict:
    """PublicLiquidation of SERV-006: nobody is named."""
    scale = scales.by_id[row["instrument"]]
    return dict(
        id=str(row["id"]), symbol=scale.symbol, side="long" if row["side"] > 0 else "short",
        size=scale.size(row["size_lots"]), price=_or_none(row["price_ticks"], scale.price),
        value=scale.cash(row["value_atoms"]), leverage=leverage_text(row["leverage_ppb"]),
        stage=Stage(row["stage"]).name, surplus=scale.cash(row["surplus_atoms"]) if row["stage"] == Stage.closed else None,
        time=milliseconds(row["time_ns"]))


def trade(scales: Scales, row: dict) -> dict:
    """Trade of SERV-006."""
    scale = scales.by_id[row["instrument"]]
    return dict(id=str(row["id"]), price=scale.price(row["price_ticks"]), size=scale.size(row["size_lots"]),
                side=side_text(row["side"]), liquidation=bool(row["liquidation"]), time=milliseconds(row["time_ns"]))


def candle(scale: InstrumentScale, row: dict, minutes: int) -> dict:
    """Candle of SERV-006, of ``minutes`` minutes."""
    return dict(
        time=row["bucket"] * minutes * 60_000, open=scale.price(row["open_ticks"]), high=scale.price(row["high_ticks"]),
        low=scale.price(row["low_ticks"]), close=scale.price(row["close_ticks"]), volume=scale.size(row["volume_lots"]),
        mark=_or_none(row["mark_units"], scale.mark), index=_or_none(row["index_units"], scale.mark))


def funding_rate(scales: Scales, row: dict) -> dict:
    """A funding stamp: the rate that holds from then (> 0: longs pay), the mark, whether payments were exchanged."""
    scale = scales.by_id[row["instrument"]]
    return dict(id=str(row["id"]), symbol=scale.symbol, rate=rate(row["rate_ppb"]), mark=scale.mark(row["mark_units"]),
                exchanged=row["outcome"] == Reason.funding_exchanged, time=milliseconds(row["time_ns"]))


def insurance_point(scales: Scales, row: dict) -> dict:
    """What a fund held at the end of a minute, and what came and went in it."""
    def cash(atoms: int) -> str:
        return scales.cash(atoms, row["asset"])
    return dict(time=row["minute"] * 60_000, value=cash(row["balance_atoms"]), received=cash(row["received_atoms"]),
                paid=cash(row["paid_atoms"]))


def state_change(scales: Scales, row: dict) -> dict:
    """A market was halted, opened or settled."""
    return dict(id=str(row["id"]), symbol=scales.by_id[row["instrument"]].symbol,
                state=InstrumentState(row["state"]).name.lower(), time=milliseconds(row["time_ns"]))


