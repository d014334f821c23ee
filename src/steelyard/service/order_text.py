"""An order as JSON, written at once: what ``Order.wire`` and an encoder make in five times the time (SERV-006).

A test compares both over orders of every kind.
"""
from __future__ import annotations

import msgspec
import numpy as np

from ..codes import FLAG_CLOSE, FLAG_HIDDEN, ORDER_MARKET, ORDER_STOP_MARKET, SELL
from ..views import order_text_kernels as kernels
from ..views.direct import Direct, table
from ..views.order import POST_ONLY, REASON_NAMES, REDUCING, ROLES, SOURCE_NAMES, TIF_NAMES, TYPE_NAMES, Order
from ..views.order_table import STATES, OrderTable
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
        source = SOURCE_NAMES[order.trigger_source] if order.waits else None
        trail = scale.price(order.trail_offset_ticks) if order.trail_offset_ticks else None
        return f'"trigger_price":{_quoted(trigger)},"trigger_source":{_quoted(source)},"trail_offset":{_quoted(trail)}'


_WORDS = ("false", "true")


def _quoted(text) -> str:
    """In quotes, which nothing here needs to escape; null for nothing."""
    return f'"{text}"' if text else "null"


def as_wire(result, scales: Scales):
    """An answer as it goes on the wire: an order, or one as JSON, as its fields; all else as it is."""
    if type(result) is Order:
        return result.wire(scales)
    return msgspec.json.decode(result) if type(result) is bytes else result


class PlainOrders:
    """Writes many plain orders at once, from the rows of the table; the same words as :class:`OrderTexts`."""

    def __init__(self, scales: Scales, orders: OrderTable):
        self.orders = orders
        self.words, self._said = table(kernels.TEXTS, 1), table(kernels.SAID, 1)
        self._bytes = memoryview(self._said["bytes"][0])
        self._write = Direct(kernels.write_orders)
        texts = self.words["texts"][0]
        for at, text in enumerate(kernels.KEYS):
            _set_text(texts, at, text)
        for begin, names in ((kernels.TYPES, TYPE_NAMES), (kernels.TIMES, TIF_NAMES), (kernels.REASONS, REASON_NAMES)):
            for number, name in names.items():
                _set_text(texts, begin + number, name)
        for begin, names in ((kernels.STATES, STATES), (kernels.ROLES, ROLES)):
            for number, name in enumerate(names):
                _set_text(texts, begin + number, name)
        for number, one in scales.by_id.items():
            row = self.words["scales"][0][number:number + 1]
            (row["tick"], row["price_decimals"], row["lot"], row["size_decimals"]) = (
                one.tick_steps, one.price_decimals, one.lot_steps, one.size_decimals)
            row["cash_decimals"], row["is_shown"] = one.cash_decimals, 1
            _set_text(row["symbol"], 0, one.symbol)

    def write(self, order_ids: list[int]) -> list[bytes | None]:
        """The orders as JSON; None for one that is not plain, or not there."""
        ids = np.array(order_ids, np.int64)
        ends = np.empty(len(ids), np.int64)
        self._write(self.orders.tables, self.words, ids, self._said, ends)
        found: list[bytes | None] = []
        begin, data = 0, self._bytes
        for end in ends.tolist():
            if end < 0:
                found.append(None)
            else:
                found.append(bytes(data[begin:end]))
                begin = end
        return found


def _set_text(texts: np.ndarray, at: int, text: str) -> None:
    data = text.encode()
    texts["length"][at] = len(data)
    texts["bytes"][at, :len(data)] = np.frombuffer(data, np.uint8)
