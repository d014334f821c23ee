"""Answers as bytes: results, errors in the one form of SERV-002, and the faults of the framework in that form too."""
from __future__ import annotations

import traceback
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import structlog
from starlette.responses import Response, StreamingResponse

from ..errors import ServiceError

ENCODER = msgspec.json.Encoder()
JSON = "application/json"
log = structlog.get_logger("rest")

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Raw(msgspec.Struct):
    """An answer that is no JSON object: its bytes (or many, that are sent as they are made) and what they are."""

    content: bytes | Iterator[bytes]
    media_type: str
    headers: dict[str, str] = {}
    status: int = 200


def answer(result: Any, status: int = 200) -> Response:
    """A success."""
    if isinstance(result, Raw):
        if not isinstance(result.content, bytes):
            return StreamingResponse(result.content, result.status, {**HEADERS, **result.headers}, result.media_type)
        return Response(result.content, result.status, {**HEADERS, **result.headers}, result.media_type)
    return Response(ENCODER.encode(result), status, HEADERS, JSON)


def error_answer(error: ServiceError, status: int | None = None) -> Response:
    """A refusal."""
    headers = dict(HEADERS)
    status = status or error.status
    if error.retry_after_s is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    elif status in (429, 503):
        headers["retry-after"] = "1"
    if status == 401:
        headers["www-authenticate"] = 'Signature realm="steelyard"'
    return Response(ENCODER.encode({"error": error.wire()}), status, headers, JSON)


def note_fault(fault: BaseException, where: str) -> str:
    """Put a fault into the log; gives the id it has there. The log gets the lines of code, no values: among them would
    be passwords and tokens."""
    number = uuid.uuid4().hex[:12]
    log.error("request failed", id=number, where=where, fault="".join(traceback.format_exception(fault)))
    return number


def fault_answer(fault: BaseException, where: str) -> Response:
    """Something broke here: the log has it under an id, the answer has the id and nothing else."""
    number = note_fault(fault, where)
    return error_answer(ServiceError("internal_error", f"Something broke here; the log has it under {number}.",
                                     rule="SERV-002", do="Try again; tell the operator the id if it happens again."),
                        500)


def no_such_path(path: str) -> ServiceError:
    """404 of the router."""
    return ServiceError("not_found", f"There is no {path[:200]!r}.", rule="SERV-007",
                        do="See /api/docs for what there is.")


def other_method(method: str, path: str, allowed: str) -> ServiceError:
    """405 of the router."""
    return ServiceError("unknown_operation", f"{method[:20]!r} does not go with {path[:200]!r}.", "method", "SERV-007",
                        f"Use {allowed}." if allowed else "See /api/docs for what goes.")


class TooLarge(ServiceError):
    """413."""

    def __init__(self, limit: int):
        super().__init__("invalid_value", f"The body is larger than {limit} bytes.", "body", "SERV-007",
                         "Send less in one request.")

    @property
    def status(self) -> int:
        """HTTP status."""
        return 413
