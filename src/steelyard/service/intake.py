"""From what people write to the engine's integers: decimal text through the instrument's grid, words to numbers.

Every refusal here names the field, the rule and what would pass; what the text means in the market the engine decides.
"""
from __future__ import annotations

import re

from ..api.commands import Note
from ..codes import (
    CANCEL_ORDER,
    FLAG_CLOSE,
    FLAG_HIDDEN,
    FLAG_POST_ONLY,
    FLAG_REDUCE_ONLY,
    NOTE,
    ORDER_LIMIT,
    PLACE_ORDER,
    BracketLadder,
    OrderType,
    PriceSource,
    TimeInForce,
)
from ..units import UnitError, rate_ppb, to_steps
from ..venues.instrument import Instrument
from .errors import ServiceError
from .packing import EMPTY, PLACES, packer, row
from .requests import AmendOrder, PlaceOrder

DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
CLIENT_ID = re.compile(r"[A-Za-z0-9._:/-]{1,36}")
TICKS_MAX = (1 << 31) - 1
LOTS_MAX = 1 << 53
TIME_MS_MAX = 9_000_000_000_000
REMEMBERED_MAX = 1 << 15
"""Texts of an instrument whose integers are remembered."""
SIDES = {"buy": 1, "sell": -1}
TYPES = {one.name.lower(): int(one) for one in OrderType}
TIMES = {one.name.lower(): int(one) for one in TimeInForce}
SOURCES = {one.name.lower(): int(one) for one in PriceSource}
LADDERS = {one.name.lower(): int(one) for one in BracketLadder}
PRICED = {"limit", "stop_limit", "take_profit_limit"}
TRIGGERED = {"stop_market", "stop_limit", "take_profit_market", "take_profit_limit"}
AT = PLACES


def invalid(field: str, message: str, do: str, rule: str = "SERV-003") -> ServiceError:
    """A field that cannot be read."""
    return ServiceError("invalid_value", f"{field}: {message}", field, rule, do)


class Reader:
    """Reads one instrument's decimal texts; remembers those it has seen."""

    def __init__(self, instrument: Instrument):
        self.instrument, self.id, self.symbol = instrument, instrument.id, instrument.symbol
        self._ticks: dict[str, int] = {}
        self._lots: dict[str, int] = {}

    def ticks(self, text: str, field: str) -> int:
        """A price in ticks, at least 1."""
        found = self._ticks.get(text)
        if found is None:
            found = _steps(text, self.instrument.price_ticks, field, TICKS_MAX)
            if len(self._ticks) >= REMEMBERED_MAX:
                self._ticks.clear()
            self._ticks[text] = found
        return found

    def lots(self, text: str, field: str = "size") -> int:
        """A size in lots, at least 1."""
        found = self._lots.get(text)
        if found is None:
            found = _steps(text, self.instrument.size_lots, field, LOTS_MAX)
            if len(self._lots) >= REMEMBERED_MAX:
                self._lots.clear()
            self._lots[text] = found
        return found


def _steps(text: str, read, field: str, most: int) -> int:
    if not DECIMAL.fullmatch(text):
        raise invalid(field, f"{text!r} is not a decimal number", "plain decimal text, such as \"7934.5\"", "SERV-001")
    try:
        steps = read(text)
    except UnitError as error:
        message = str(error).partition(": ")[2]
        raise invalid(field, message, message.rpartition("; ")[2] or message, "SERV-001") from None
    if not 0 < steps <= most:
        raise invalid(field, f"{text!r} must be above 0 and within the range of the instrument",
                      "see GET /instruments for the range", "SERV-001")
    return steps


def signed_atoms(text: str, decimals: int, field: str = "amount") -> int:
    """Cash as atoms of an asset with so many decimals; may be negative, not 0."""
    if not DECIMAL.fullmatch(text):
        raise invalid(field, f"{text!r} is not a decimal number", "plain decimal text, such as \"0.5\"", "SERV-001")
    try:
        atoms = to_steps(text, f"1e-{decimals}", field)
    except UnitError as error:
        message = str(error).partition(": ")[2]
        raise invalid(field, message, f"give at most {decimals} decimals", "SERV-001") from None
    if atoms == 0 or abs(atoms) >= 1 << 60:
        raise invalid(field, f"{text!r} is out of range", "an amount other than 0", "SERV-001")
    return atoms


def leverage_ppb(text: str) -> int:
    """Leverage as the initial margin rate it means, rounded up (less leverage); 0 leaves it to the tier."""
    if not DECIMAL.fullmatch(text):
        raise invalid("leverage", f"{text!r} is not a decimal number", "a number such as \"25\"", "SERV-001")
    whole, _, part = text.partition(".")
    scale = 10 ** len(part)
    times = int(whole + part)
    if times == 0:
        return 0
    if not scale <= times <= 1000 * scale:
        raise invalid("leverage", f"{text!r} must lie between 1 and 1000, or be 0 for the tier's own",
                      "see leverage_max of GET /instruments", "SERV-001")
    return -(-1_000_000_000 * scale // times)


def client_name(text: str) -> str:
    """A client order id, of the allowed characters.  SERV-008"""
    if not CLIENT_ID.fullmatch(text):
        raise invalid("client_order_id", f"{text!r} is not an allowed name",
                      "1 to 36 of A-Z a-z 0-9 . _ : / -", "SERV-008")
    return text


def order_number(text: str, field: str = "order_id") -> int:
    """An order id of the venue."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) < 1 << 63):
        raise invalid(field, f"{text!r} is not an order id", "the id as it was answered, or client:NAME", "SERV-009")
    return int(text)


def note_row(account: int, text: str) -> list[int]:
    """The name a client gave the order that follows.  ORDR-013"""
    columns = Note(account, 0, text).columns()
    columns.pop("kind")
    return row(NOTE, **columns)


_pack_plain = packer("kind", "account", "instrument", "side", "order_type", "time_in_force", "flags", "size_lots",
                     "price_ticks")
_pack_cancel = packer("kind", "account", "order_id")
_CANCEL_ORDER, _PLACE_ORDER, _LIMIT = int(CANCEL_ORDER), int(PLACE_ORDER), int(ORDER_LIMIT)


def cancel_record(account: int, order_id: int) -> bytes:
    """A CANCEL_ORDER."""
    return _pack_cancel((_CANCEL_ORDER, account, order_id))


def plain_limit(reader: Reader, account: int, request: PlaceOrder) -> bytes | None:
    """The record of a limit order that asks for nothing special, as :func:`order_row` makes it; None for all else."""
    if (request.type != "limit" or request.size is None or request.price is None or request.close
            or request.trigger_price is not None or request.trail_offset is not None or request.oco is not None
            or request.display_size is not None or request.stop_price is not None or request.targets
            or request.expires is not None or request.time_in_force == "gtd"):
        return None
    flags = (FLAG_POST_ONLY if request.post_only else 0) | (FLAG_REDUCE_ONLY if request.reduce_only else 0)
    return _pack_plain((_PLACE_ORDER, account, reader.id, SIDES[request.side], _LIMIT,
                        TIMES[request.time_in_force or "gtc"], flags, reader.lots(request.size),
                        reader.ticks(request.price, "price")))


def order_row(reader: Reader, account: int, request: PlaceOrder, oco_order_id: int) -> list[int]:
    """The numbers of PLACE_ORDER, all but its id, which is its sequence (SERV-009)."""
    numbers = EMPTY.copy()
    kind = request.type
    numbers[AT["kind"]] = PLACE_ORDER
    numbers[AT["account"]] = account
    numbers[AT["instrument"]] = reader.id
    numbers[AT["side"]] = SIDES[request.side]
    numbers[AT["order_type"]] = TYPES[kind]
    flags = 0
    if request.close:
        flags = FLAG_CLOSE | FLAG_REDUCE_ONLY
        if request.size is not None:
            raise invalid("size", "a closing order brings no size", "leave size out: it closes the whole position",
                          "ORDR-007")
    elif request.size is None:
        raise ServiceError("missing_field", "size is missing", "size", "SERV-003", "give size, or close: true")
    else:
        numbers[AT["size_lots"]] = reader.lots(request.size)
    if request.price is not None:
        if kind not in PRICED:
            raise invalid("price", f"a {kind} order has no limit price", "leave price out, or choose another type",
                          "ORDR-002")
        numbers[AT["price_ticks"]] = reader.ticks(request.price, "price")
    elif kind in PRICED:
        raise ServiceError("missing_field", "price is missing", "price", "SERV-003", f"a {kind} order has a limit")
    if request.post_only:
        flags |= FLAG_POST_ONLY
    if request.reduce_only:
        flags |= FLAG_REDUCE_ONLY
    if kind not in ("limit", "market") or request.trigger_price is not None or request.trail_offset is not None:
        _trigger(reader, request, numbers)
    _time(request, numbers)
    if request.display_size is not None:
        if request.display_size == "0":
            flags |= FLAG_HIDDEN
        else:
            numbers[AT["display_lots"]] = reader.lots(request.display_size, "display_size")
    numbers[AT["flags"]] = flags
    numbers[AT["oco_order_id"]] = oco_order_id
    if request.stop_price is not None or request.targets:
        _bracket(reader, request, numbers)
    return numbers


def _trigger(reader: Reader, request: PlaceOrder, numbers: list[int]) -> None:
    kind = request.type
    numbers[AT["trigger_source"]] = SOURCES[request.trigger_source]
    if kind in TRIGGERED:
        if request.trigger_price is None:
            raise ServiceError("missing_field", "trigger_price is missing", "trigger_price", "SERV-003",
                               f"a {kind} order waits for a price")
        numbers[AT["trigger_ticks"]] = reader.ticks(request.trigger_price, "trigger_price")
    elif request.trigger_price is not None:
        raise invalid("trigger_price", f"a {kind} order has no trigger price", "leave it out, or choose another type",
                      "TRIG-002")
    if request.trail_offset is not None:
        if kind != "trailing_stop" and request.stop_price is None:
            raise invalid("trail_offset", "only a trailing stop, or the stop of a bracket, trails",
                          "leave it out, give stop_price, or choose trailing_stop", "TRIG-002")
        numbers[AT["trail_offset_ticks"]] = reader.ticks(request.trail_offset, "trail_offset")
    elif kind == "trailing_stop":
        raise ServiceError("missing_field", "trail_offset is missing", "trail_offset", "SERV-003",
                           "a trailing stop follows at a distance")


def _time(request: PlaceOrder, numbers: list[int]) -> None:
    chosen = request.time_in_force
    if chosen is None:
        chosen = "gtd" if request.expires is not None else "gtc"
    if chosen == "gtd":
        if request.expires is None:
            raise ServiceError("missing_field", "expires is missing", "expires", "SERV-003",
                               "a good-till-date order ends at a time, in ms of the venue's clock")
        if not 0 < request.expires < TIME_MS_MAX:
            raise invalid("expires", f"{request.expires} is not a time", "milliseconds UTC of the venue's clock",
                          "SERV-001")
        numbers[AT["expires_ns"]] = request.expires * 1_000_000
    elif request.expires is not None:
        raise invalid("expires", f"a {chosen} order does not expire", "choose gtd, or leave expires out", "ORDR-004")
    numbers[AT["time_in_force"]] = TIMES[chosen]


def _bracket(reader: Reader, request: PlaceOrder, numbers: list[int]) -> None:
    if request.stop_price is None:
        raise ServiceError("missing_field", "stop_price is missing", "stop_price", "BRKT-001",
                           "every bracket has a stop")
    numbers[AT["stop_ticks"]] = reader.ticks(request.stop_price, "stop_price")
    numbers[AT["stop_source"]] = SOURCES[request.stop_source]
    numbers[AT["bracket_ladder"]] = LADDERS[request.ladder]
    for index, target in enumerate(request.targets):
        numbers[AT["target_ticks"] + index] = reader.ticks(target.price, f"targets[{index}].price")
        numbers[AT["target_share_ppb"] + index] = _share(target.share, f"targets[{index}].share")


def _share(text: str, field: str) -> int:
    try:
        share = rate_ppb(text, field) if DECIMAL.fullmatch(text) else -1
    except UnitError as error:
        raise invalid(field, str(error).partition(": ")[2], "at most 9 decimals", "BRKT-001") from None
    if not 0 < share <= 1_000_000_000:
        raise invalid(field, f"{text!r} must be above 0 and at most 1", "a fraction such as \"0.5\"", "BRKT-001")
    return share


def amend_columns(reader: Reader, request: AmendOrder) -> dict[str, int]:
    """The columns an amendment changes."""
    columns: dict[str, int] = {}
    if request.size is not None:
        columns["size_lots"] = reader.lots(request.size)
    if request.price is not None:
        columns["price_ticks"] = reader.ticks(request.price, "price")
    if request.trigger_price is not None:
        columns["trigger_ticks"] = reader.ticks(request.trigger_price, "trigger_price")
    if request.trail_offset is not None:
        columns["trail_offset_ticks"] = reader.ticks(request.trail_offset, "trail_offset")
    if not columns:
        raise ServiceError("missing_field", "nothing to change", "size", "SERV-003",
                           "give size, price, trigger_price or trail_offset")
    return columns
