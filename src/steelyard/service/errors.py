"""Errors as people get them (SERV-002): a stable word, what is wrong, the field, the rule, what would pass."""
from __future__ import annotations

import re
import secrets
import traceback
from typing import Any

import msgspec
import structlog

from ..codes import Reason
from .refusals import ADVICE

log = structlog.get_logger("steelyard")
STATUS = {
    "invalid_json": 400, "unknown_field": 400, "missing_field": 400, "invalid_value": 400, "unknown_operation": 400,
    "unknown_channel": 400, "not_signed_in": 401, "invalid_signature": 401, "expired_request": 401,
    "replayed_request": 401, "missing_scope": 403, "address_not_allowed": 403, "csrf": 403, "not_found": 404,
    "conflict": 409, "rate_limited": 429, "overloaded": 503, "venue_state": 503, "too_slow": 503, "not_available": 503,
    "internal_error": 500,
}
"""HTTP status of every code of the service; names of ``Reason`` are 409."""


class ServiceError(Exception):
    """A request that was not carried out. ``retry_after_s`` goes into ``Retry-After``."""

    def __init__(self, code: str, message: str, field: str | None = None, rule: str | None = None,
                 do: str | None = None, retry_after_s: float | None = None):
        super().__init__(message)
        self.code, self.message, self.field, self.rule, self.do = code, message, field, rule, do
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """HTTP status."""
        return STATUS.get(self.code, 409)

    def wire(self) -> dict[str, Any]:
        """The ``error`` object of SERV-002."""
        return {"code": self.code, "message": self.message, "field": self.field, "rule": self.rule, "do": self.do}


def refused(reason: int, message: str | None = None) -> ServiceError:
    """What the engine refused, with the rule and the advice of docs/spec/refusals.md."""
    name = Reason(reason).name
    rule, do = ADVICE[reason]
    return ServiceError(name, message or f"refused: {name.replace('_', ' ')}", FIELDS.get(name), rule, do)


def broken(fault: Exception, what: str) -> ServiceError:
    """A fault of ours while answering: told by a number that is in the log, with nothing of its insides."""
    number = secrets.token_hex(6)
    log.error("fault", id=number, where=what, fault="".join(traceback.format_exception(fault)))
    return ServiceError("internal_error", f"Something broke here; the log has it under {number}.", None, "SERV-002",
                        "try again; tell the operator the id if it happens again")


FIELDS = {
    "instrument_must_exist": "symbol", "side_must_be_buy_or_sell": "side", "order_type_must_be_known": "type",
    "time_in_force_must_be_known": "time_in_force", "size_must_be_in_range": "size", "price_must_be_in_range": "price",
    "display_must_be_within_size": "display_size", "expiry_must_be_in_future": "expires",
    "trigger_must_be_in_range": "trigger_price", "trigger_must_not_be_met": "trigger_price",
    "stop_must_lie_beyond_entry": "stop_price", "targets_must_lie_beyond_entry": "targets",
    "target_shares_must_not_exceed_one": "targets", "oco_partner_must_exist": "oco",
    "reduce_only_must_reduce": "reduce_only", "post_only_must_not_trade": "price",
    "price_must_be_within_collar": "price", "price_must_be_within_band": "price",
    "order_type_must_be_permitted": "type", "initial_margin_must_be_covered": "size",
    "position_must_be_below_limit": "size", "leverage_must_be_allowed": "leverage",
    "order_must_exist": "order_id", "order_must_belong_to_account": "order_id",
    "amount_must_be_positive": "amount", "available_balance_must_cover": "amount",
}
"""The request's field that a refusal is about, where it is one."""

_PATH = re.compile(r" - at `(?:key in )?\$?\.?(.*?)`$")
_MISSING = re.compile(r"^Object missing required field `(.+?)`")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.+?)`")
_GOT_NUMBER = re.compile(r"^Expected `str(?: \| null)?`, got `(?:int|float)`")


def from_msgspec(error: Exception) -> ServiceError:
    """What the decoder objected to, in the form of SERV-002."""
    if isinstance(error, RecursionError):
        return ServiceError("invalid_json", "the message is nested too deeply", None, "SERV-011", "nest less")
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return ServiceError("invalid_json", f"the message is not JSON: {text}", None, "SERV-003",
                            "send one JSON object in UTF-8")
    path = _PATH.search(text)
    at = path.group(1) if path else ""
    what = text[:path.start()] if path else text
    missing, unknown = _MISSING.match(what), _UNKNOWN.match(what)
    if missing:
        field = f"{at}.{missing.group(1)}" if at else missing.group(1)
        return ServiceError("missing_field", f"{field} is missing", field, "SERV-003", f"give {field}")
    if unknown:
        field = f"{at}.{unknown.group(1)}" if at else unknown.group(1)
        return ServiceError("unknown_field", f"{field} is not a field here", field, "SERV-003",
                            "check the spelling; unknown fields are refused so that none is passed over")
    do = "a decimal in quotes, such as \"7934.5\"" if _GOT_NUMBER.match(what) else "see SERV-003 for the type"
    rule = "SERV-001" if _GOT_NUMBER.match(what) else "SERV-003"
    return ServiceError("invalid_value", f"{at or 'the message'}: {what[0].lower()}{what[1:]}", at or None, rule, do)
