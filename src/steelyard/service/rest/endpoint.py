"""What happens around every handler: who is it, may they, is it well formed; then the answer, or the refusal."""
from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.requests import Request
from starlette.responses import Response

from ...node.venue import VenueClosed
from ..errors import ServiceError, from_msgspec
from ..limits import Verdict, forwarded_address
from ..people import Arrived, Principal
from .answers import JSON, answer, error_answer, fault_answer, note_fault
from .asked import Nothing
from .call import NOBODY, Call
from .route import Route
from .services import Services

BODY_SECONDS_MAX = 15.0


def endpoint(route: Route, services: Services):
    """The function that serves a route."""
    decode = route.decode or (None if route.body is None else msgspec.json.Decoder(route.body).decode)

    async def serve(request: Request) -> Response:
        headers: list[tuple[str, str]] = []
        try:
            response = await _serve(route, services, request, decode, headers)
        except ServiceError as error:
            response = error_answer(error)
        except (OperationalError, InterfaceError) as fault:
            note_fault(fault, f"{route.method} {route.path}")
            response = error_answer(ServiceError("not_available", "The database does not answer.", retry_after_s=5,
                                                 do="Try again in a few seconds."))
        except VenueClosed as closed:
            response = error_answer(ServiceError("not_available", str(closed), do="Ask what became of it after the "
                                                                                  "restart.", retry_after_s=5))
        except Exception as fault:
            response = fault_answer(fault, f"{route.method} {route.path}")
        for name, value in headers:
            response.headers.append(name, value)
        return response

    serve.__name__ = route.name
    return serve


async def _serve(route: Route, services: Services, request: Request, decode, headers) -> Response:
    address = client_address(request, services.settings.trusted_proxies)
    body = await body_of(request, headers)
    principal = None if route.anonymous else await principal_of(request, services, body, address, headers)
    _take(services, headers, who_of(principal, address))
    if route.scope:
        check_scope(principal, route.scope)
    call = Call(services, request, principal or NOBODY, address, read_query(route, request),
                read_body(route, request, body, decode), headers)
    return answer(await route.handler(call), route.status)


async def body_of(request: Request, headers) -> bytes:
    """The whole body; one that does not come to its end is refused, and its connection closed."""
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            return await request.body()
    except TimeoutError:
        headers.append(("connection", "close"))
        raise ServiceError("too_slow", f"The body did not come within {BODY_SECONDS_MAX} s.", "body", "SERV-007",
                           "Send it at once.") from None


# ---------------------------------------------------------------- who
def client_address(request: Request, trusted: tuple[str, ...]) -> str:
    """Where the request comes from."""
    peer = request.client.host if request.client else "0.0.0.0"
    return forwarded_address(peer, request.headers.get("x-forwarded-for", ""), trusted)


async def principal_of(request: Request, services: Services, body: bytes, address: str, headers) -> Principal | None:
    """The sender. A bad proof costs its address more than a request."""
    scope = request.scope
    if "x-key" not in request.headers and "cookie" not in request.headers:
        return None
    target = (scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    arrived = Arrived(request.method, target, request.headers, body, address)
    people = services.people
    try:
        if people.knows(arrived):
            return people.principal_of_request(arrived)
        return await asyncio.to_thread(people.principal_of_request, arrived)
    except ServiceError:
        _take(services, headers, f"address:{address}", 5)
        raise


def who_of(principal: Principal | None, address: str) -> str:
    """Whose allowance a request is taken from."""
    if principal is None:
        return f"address:{address}"
    return f"key:{principal.key_id}" if principal.key_id else f"user:{principal.user_id}"


def _take(services: Services, headers: list[tuple[str, str]], who: str, cost: float = 1) -> None:
    if services.limits is None:
        return
    verdict: Verdict = services.limits.take(who, cost)
    headers[:] = [("x-ratelimit-limit", str(verdict.limit)), ("x-ratelimit-remaining", str(verdict.remaining)),
                  ("x-ratelimit-reset", str(verdict.reset_ms))]
    if not verdict.allowed:
        raise verdict.error()


def check_scope(principal: Principal | None, scope: str) -> None:
    """Refuse who is nobody, or may not."""
    if principal is None:
        raise ServiceError("not_signed_in", "This needs somebody who is signed in.", rule="PEOP-001",
                           do="Sign in (POST /session or /paper), or sign the request with an API key.")
    if not principal.may(scope):
        raise ServiceError("missing_scope", f"This needs the scope {scope}.", rule="PEOP-002",
                           do=f"Use a key or a session that may {scope}.")


# ---------------------------------------------------------------- what
def read_query(route: Route, request: Request) -> Any:
    """The query as the route's type; unknown and repeated fields are refused."""
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    if len(given) < len(pairs):
        names = [name for name, _value in pairs]
        field = next(name for name in names if names.count(name) > 1)
        raise ServiceError("invalid_value", f"{field} is given more than once", field, "SERV-003", "give it once")
    try:
        return msgspec.convert(given, route.query, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise from_msgspec(error) from None


def read_body(route: Route, request: Request, body: bytes, decode) -> Any:
    """The body as the route's type."""
    if decode is None and route.is_unsafe and not body:
        return None
    if decode is None and not route.is_unsafe:
        if body:
            raise ServiceError("unknown_field", "This request takes no body.", "body", "SERV-003", "send none")
        return None
    kind = request.headers.get("content-type", JSON).split(";")[0].strip().lower()
    if kind != JSON:
        raise ServiceError("invalid_json", f"The body is {kind[:100]!r}.", "Content-Type", "SERV-003", f"send {JSON}")
    try:
        return (decode or msgspec.json.Decoder(Nothing).decode)(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise from_msgspec(error) from None
