"""The REST door as one FastAPI application, made from the table of routes."""
from __future__ import annotations

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from ... import __version__
from .answers import answer, error_answer, no_such_path, other_method
from .document import TITLE, Document
from .endpoint import endpoint
from .guard import Guard
from .instruments import Instruments
from .page import page
from .route import Route
from .routes import GROUPS, ROUTES
from .services import RestSettings, Services

PREFIX = "/api/v1"
PAGE_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
                "x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
OPENAPI, PAGE = f"{PREFIX}/openapi.json", "/api/docs"


def create_app(services: Services) -> FastAPI:
    """The application; the services must run for as long as it is asked."""
    document = Document(ROUTES)
    app = FastAPI(title=TITLE, version=__version__, docs_url=None, redoc_url=None, openapi_url=None,
                  redirect_slashes=False)
    app.state.services, app.state.instruments = services, Instruments(services.venue)
    app.state.queries = services.history
    router = APIRouter(prefix=PREFIX, redirect_slashes=False)
    for group, routes in GROUPS.items():
        for route in (opened(route, services.settings) for route in routes):
            router.add_api_route(
                route.path, endpoint(route, services), methods=[route.method], summary=route.summary,
                description=route.handler.__doc__, operation_id=route.name, tags=[group], status_code=route.status,
                response_model=None, response_class=Response, openapi_extra=document.operation(route))
    app.include_router(router)
    _serve_document(app, document)
    app.mount("/api", NoSuchRoute())
    app.add_middleware(Guard, body_bytes_max=services.settings.body_bytes_max)
    return app


def opened(route: Route, settings: RestSettings) -> Route:
    """The route as these settings have it: the clock of a replay may be everybody's who may trade."""
    everybodys = settings.everyone_replays and route.path == "/replay"
    return msgspec.structs.replace(route, scope="trade") if everybodys else route


def _serve_document(app: FastAPI, document: Document) -> None:
    def openapi() -> dict:
        if app.openapi_schema is None:
            made = get_openapi(title=TITLE, version=__version__, routes=app.routes)
            app.openapi_schema = document.whole(made["paths"])
        return app.openapi_schema

    async def openapi_json(request: Request) -> Response:
        return answer(openapi())

    async def openapi_page(request: Request) -> Response:
        return HTMLResponse(page(openapi()), headers=PAGE_HEADERS)

    app.openapi = openapi
    app.add_route(OPENAPI, openapi_json, include_in_schema=False)
    app.add_route(PAGE, openapi_page, include_in_schema=False)


class NoSuchRoute:
    """Everything under ``/api`` that no route takes: 404, or 405 where the path goes with other methods."""

    def __init__(self) -> None:
        self._paths = [(compile_path(PREFIX + route.path)[0], route.method) for route in ROUTES]
        self._paths += [(compile_path(path)[0], "GET") for path in (OPENAPI, PAGE)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        allowed = ", ".join(sorted({method for pattern, method in self._paths if pattern.match(path)}))
        response = error_answer(other_method(method, path, allowed), 405) if allowed else error_answer(
            no_such_path(path))
        if allowed:
            response.headers["allow"] = allowed
        await response(scope, receive, send)
