"""The OpenAPI document, made from the routes and the types that read requests and describe answers.  SERV-007"""
from __future__ import annotations

from typing import Any

import msgspec

from ... import __version__
from .route import Route
from .things import Error

REF = "#/components/schemas/{name}"
TITLE = "Steelyard"
PATH_PARAMETERS = {
    "symbol": {"schema": {"type": "string", "pattern": "^[^/]+$"}, "description": "Symbol of an instrument.",
               "example": "XBTUSD"},
    "account": {"schema": {"type": "integer", "minimum": 1, "maximum": 999999999},
                "description": "Number of an account."},
    "id": {"schema": {"type": "string", "pattern": "^[^/]+$"},
           "description": "An id as it was answered; of an order also ``client:NAME``.", "example": "48213"},
    "key": {"schema": {"type": "string", "pattern": "^[^/]+$"}, "description": "Id of an API key."},
}
MEANING = {
    400: "A field is bad; the error names it.", 401: "Not known who you are.", 403: "Known, but not allowed.",
    404: "There is no such thing.", 409: "Refused by the engine, or a conflict.", 413: "The body is too large.",
    429: "Too many requests; Retry-After says when.", 503: "Overloaded, or not now; Retry-After says when.",
    500: "Something broke in the venue; the log has it under the id of the message.",
}
DESCRIPTION = """Decimals are text, times are milliseconds UTC of the venue's clock. The rules behind every field have
numbers; errors name them. Browsers sign in with a session and send `csrf` back in `X-CSRF-Token`; programs sign every
request with an API key: `X-Key`, `X-Time` (wall clock, ms), `X-Nonce`, `X-Signature` = HMAC-SHA256 in hex (or Ed25519
in base64) over five lines: time, nonce, method, path with query, SHA-256 of the body in hex."""


def errors_of(route: Route) -> list[int]:
    """The statuses other than success that a route may answer with."""
    found = {400, 401, 403, 404, 413, 429, 500, 503, *route.errors}
    if route.is_unsafe or route.scope:
        found.add(409)
    return sorted(found)


class Document:
    """Schemas of all types at once, and the operation of each route."""

    def __init__(self, routes: tuple[Route, ...]):
        results = [route.result for route in routes if route.result is not None]
        bodies = [route.body for route in routes if route.body is not None]
        self._queries = {route.query: msgspec.json.schema(route.query) for route in routes}
        _references, self.schemas = msgspec.json.schema_components([*results, *bodies, Error], ref_template=REF)

    def operation(self, route: Route) -> dict[str, Any]:
        """What the framework does not know of a route."""
        found: dict[str, Any] = {"parameters": self._parameters(route), "responses": self._responses(route)}
        if route.body is not None:
            found["requestBody"] = {"required": True, "content": {"application/json": {
                "schema": {"$ref": REF.format(name=route.body.__name__)}}}}
        found["security"] = [{"session": []}, {"key": []}] if route.scope else []
        if route.scope:
            found["x-scope"] = route.scope
        return found

    def _parameters(self, route: Route) -> list[dict]:
        found = [{"name": part[1:-1], "in": "path", "required": True, **PATH_PARAMETERS[part[1:-1]]}
                 for part in route.path.split("/") if part.startswith("{")]
        schema = self._queries[route.query]
        schema = schema.get("$defs", {}).get(route.query.__name__, schema)
        for name, kind in schema.get("properties", {}).items():
            kind = {key: value for key, value in kind.items() if key != "default" or value is not None}
            plain = [one for one in kind.get("anyOf", []) if one != {"type": "null"}]
            if len(plain) == 1:
                kind = plain[0]
            found.append({"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": kind})
        return found

    def _responses(self, route: Route) -> dict[str, dict]:
        content = {"schema": {"type": "string"}}
        if route.result is not None:
            content = {"schema": {"$ref": REF.format(name=route.result.__name__)}}
        if route.page:
            content = {"schema": {"type": "object", "required": ["items", "next"], "properties": {
                "items": {"type": "array", "items": content["schema"]},
                "next": {"anyOf": [{"type": "string"}, {"type": "null"}],
                         "description": "Cursor of the next page; null: this is the last one."}}}}
        answers = {str(route.status): {"description": route.summary, "content": {route.media_type: content}}}
        for status in errors_of(route):
            answers[str(status)] = {"description": MEANING[status], "content": {"application/json": {
                "schema": {"anyOf": [{"$ref": REF.format(name="Error")}, {"$ref": REF.format(name="Health")}]}
                if (route.name, status) in (("ready", 503), ("health", 503)) else
                {"$ref": REF.format(name="Error")}}}}
        return answers

    def whole(self, paths: dict[str, Any]) -> dict[str, Any]:
        """The document around the framework's paths."""
        for operations in paths.values():
            for operation in operations.values():
                operation["responses"] = {status: one for status, one in operation["responses"].items()
                                          if status != "422" and "description" in one and one.get("content") != {
                                              "application/json": {"schema": {}}}}
        return {
            "openapi": "3.1.0", "info": {"title": TITLE, "version": __version__, "description": DESCRIPTION},
            "paths": paths,
            "components": {"schemas": self.schemas, "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "steelyard_session",
                            "description": "From POST /session or /paper; unsafe methods send X-CSRF-Token too."},
                "key": {"type": "apiKey", "in": "header", "name": "X-Key",
                        "description": "With X-Time, X-Nonce and X-Signature (PEOP-008)."}}}}
