"""An order as JSON, written at once: what ``Order.wire`` and an encoder make in five times the time (SERV-006).

A test compares both over orders of every kind.
"""
from __future__ import annotations

import msgspec

from ..codes import FLAG_CLOSE, FLAG_HIDDEN, ORDER_MARKET, ORDER_STOP_MARKET, SELL
from ..views.order import POST_ONLY, REASON_NAMES, REDUCING, SOURCE_NAMES, TIF_NAMES, TYPE_NAMES, Order
from ..views.scales import InstrumentScale, Scales

REMEMBERED_MAX = 1 << 15
_encode = msgspec.json.Encoder().encode


class _Texts(dict):
    """Texts of an instrument's numbers, remembered; begins anew when there are too many."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def __missing__(self, number: int) -> str:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        text = self[number] = self.make(number)
        return text


class OrderTexts:
    """Writes orders of one venue."""

    def __init__(self, scales: Scales):
        self.scales = scales
        self._of = {number: (scale, _Texts(scale.price), _Texts(scale.size)) for number, scale in scales.by_id.items()}

    def json(self, order: Order) -> str:
        """The Order of SERV-006 as JSON."""
        scale, price, size = self._of[order.instrument]
        flags, filled, kind = order.flags, order.filled_lots, order.order_type
        remaining = order.size_lots - filled
        limit = f'"{price[order.price_ticks]}"' if order.price_ticks and kind != ORDER_MARKET else "null"
        seldom = self._seldom(order, scale) if (
            order.trigger_units or kind >= ORDER_STOP_MARKET or order.trail_offset_ticks) else (
            '"trigger_price":null,"trigger_source":null,"trail_offset":null')
        display = f'"{size[order.display_lots]}"' if order.display_lots else '"0"' if flags & FLAG_HIDDEN else "null"
        return (
            f'{{"order_id":"{order.order_id}","client_order_id":{_quoted(order.client_order_id)},'
            f'"symbol":"{scale.symbol}","side":"{"sell" if order.side == SELL else "buy"}","type":"{TYPE_NAMES[kind]}",'
            f'"size":"{size[order.size_lots]}","filled":"{size[filled]}",'
            f'"remaining":"{size[remaining if remaining > 0 else 0]}","price":{limit},{seldom},'
            f'"time_in_force":"{TIF_NAMES[order.time_in_force]}",'
            f'"expires":{order.expires_ns // 1_000_000 if order.expires_ns else "null"},'
            f'"post_only":{_WORDS[flags & POST_ONLY != 0]},"reduce_only":{_WORDS[flags & REDUCING != 0]},'
            f'"close":{_WORDS[flags & FLAG_CLOSE != 0]},"display_size":{display},"state":"{order.state}",'
            f'"reason":{_quoted(REASON_NAMES.get(order.reason) if order.reason else None)},'
            f'"average_price":{_quoted(order.average_price(scale)) if filled else "null"},'
            f'"fee":"{scale.cash(order.fee_atoms)}",'
            f'"bracket":{_encode(order.bracket.wire(scale)).decode() if order.bracket else "null"},'
            f'"role":"{order.role}","parent_order_id":{_quoted(order.parent_order_id)},'
            f'"created":{order.created_ns // 1_000_000},"updated":{order.updated_ns // 1_000_000}}}')

    @staticmethod
    def _seldom(order: Order, scale: InstrumentScale) -> str:
        """What only orders that wait for a price have."""
        trigger = None
        if order.trigger_units:
            ticks, rest = divmod(order.trigger_units, scale.units_per_tick)
            trigger = scale.mark(order.trigger_units) if rest else scale.price(ticks)
        source = SOURCE_NAMES[order.trigger_source] if order.order_type >= ORDER_STOP_MARKET else None
        trail = scale.price(order.trail_offset_ticks) if order.trail_offset_ticks else None
        return f'"trigger_price":{_quoted(trigger)},"trigger_source":{_quoted(source)},"trail_offset":{_quoted(trail)}'


_WORDS = ("false", "true")


def _quoted(text) -> str:
    """In quotes, which nothing here needs to escape; null for nothing."""
    return f'"{text}"' if text else "null"
