"""Rows of the history as they go on the wire (SERV-006, HIST-010): decimal texts, milliseconds, names."""
from __future__ import annotations

import json

from ...codes import InstrumentState, OrderType, Reason
from ..order import Order
from ..scales import InstrumentScale, Scales, fixed, milliseconds, rate
from .bookkeeping import LEGS
from .codes import Counterpart, OrderState, Role, Stage


def side_text(side: int) -> str:
    """``buy`` or ``sell``."""
    return "buy" if side > 0 else "sell"


def units_text(scale: InstrumentScale, units: int) -> str:
    """A price in mark units: on the order grid where it lies on it, else on the mark's."""
    if units % scale.units_per_tick == 0:
        return scale.price(units // scale.units_per_tick)
    return scale.mark(units)


def short(text: str) -> str:
    """A decimal text without the zeros at its end.

    >>> short("0.00610000"), short("12.00000000"), short("100"), short("0.00")
    ('0.0061', '12', '100', '0')
    """
    return text.rstrip("0").rstrip(".") if "." in text else text


def _or_none(value, text):
    """The text of a value, None for zero."""
    return text(value) if value else None


def kept_order(row: dict) -> Order:
    """A row as the order the live view keeps, so that both read alike."""
    known = {**row, "state": OrderState(row["state"]).name, "role": Role(row["role"]).name,
             "order_type": row["order_type"] or OrderType.LIMIT, "price_sum": int(row["price_sum"]), "bracket": None}
    if row["bracket"]:
        asked = json.loads(row["bracket"])
        known["bracket"] = [asked["stop_ticks"], asked["stop_source"], asked["trail_offset_ticks"], asked["ladder"],
                            asked["targets"]]
    return Order.of_row(known)


def order(scales: Scales, row: dict) -> dict:
    """Order of SERV-006."""
    return kept_order(row).wire(scales)


def fill_id(number: int) -> str:
    """Id of a fill: the trade's event sequence and which side of it (VIEW-004).

    >>> fill_id(1_234 * 8), fill_id(1_234 * 8 + 1)
    ('1234t', '1234m')
    """
    sequence, maker = divmod(number, LEGS)
    return f"{sequence}{'m' if maker else 't'}"


def fill(scales: Scales, row: dict) -> dict:
    """Fill of SERV-006."""
    scale = scales.by_id[row["instrument"]]
    return dict(
        id=fill_id(row["id"]), order_id=str(row["order_id"]), client_order_id=row["client_order_id"] or None,
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
        place="collateral" if row["collateral"] else "wallet", symbol=scale.symbol if scale else None,
        amount=scales.cash(row["atoms"], row["asset"]),
        balance=scales.cash(row["balance_atoms"], row["asset"]), reason=Reason(row["reason"]).name,
        counterpart=Counterpart(row["counterpart"]).name, counterpart_account=_or_none(row["counterpart_account"], str),
        order_id=_or_none(row["order_id"], str), fill_id=_or_none(row["fill_id"], fill_id),
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
        size=scale.size(row["size_lots"]), price=_or_none(row["price_units"], scale.mark),
        value=scale.cash(row["value_atoms"]), leverage=short(fixed(row["leverage_hundredths"], 2)),
        stage=Stage(row["stage"]).name, surplus=scale.cash(row["surplus_atoms"]), time=milliseconds(row["updated_ns"]))


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


