"""One request on its way through the REST door: who asks, for what, with what."""
from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from starlette.requests import Request

from ...views.history.queries import Queries
from ..errors import ServiceError
from ..people import Principal
from .services import Services

NOBODY = Principal(0, frozenset(), 0)


class Call(msgspec.Struct):
    """What a handler gets. ``query`` and ``body`` are of the types that the route names; ``headers`` go out with the
    answer."""

    services: Services
    request: Request
    principal: Principal
    address: str
    query: Any
    body: Any
    headers: list[tuple[str, str]]

    @property
    def account(self) -> int:
        """The account of the request; refused where the user has none."""
        if self.principal.account == 0:
            raise ServiceError("missing_scope", "This user has no account to trade with.", rule="PEOP-002",
                               do="Sign in as a user who trades; an operator does not.")
        return self.principal.account

    def path(self, name: str) -> str:
        """A part of the path."""
        return self.request.path_params[name]

    @property
    def is_https(self) -> bool:
        """Whether the browser came over https, perhaps to a proxy in front."""
        return (self.services.settings.secure_cookies or self.request.url.scheme == "https"
                or self.request.headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https")

    def view(self, name: str) -> Any:
        """A view or service that runs; refused where it does not."""
        found = getattr(self.services, name, None) or getattr(self.services.views, name, None)
        if found is None:
            raise not_here(name)
        if found in self.services.faults and name != "status":       # which is asked anew, and folds nothing
            raise ServiceError("not_available", f"{name} is out of service: what makes it failed", None, "SERV-026",
                               "everything else goes on; come back after the venue's restart", retry_after_s=60)
        return found

    @property
    def queries(self) -> Queries:
        """The history's questions; refused where there is no history."""
        queries = self.request.app.state.queries
        if queries is None:
            raise not_here("history")
        return queries

    async def history(self, name: str, *arguments) -> Any:
        """What the history answers, asked in a thread; its refusals in the form of the service."""
        try:
            return await asyncio.to_thread(getattr(self.queries, name), *arguments)
        except ValueError as error:
            if not hasattr(error, "field"):
                raise
            raise ServiceError("invalid_value", str(error), error.field, error.rule, error.do) from None

    async def page(self, name: str, *arguments) -> dict:
        """A page of a list of the history."""
        page = await self.history(name, *arguments)
        return {"items": page.items, "next": page.next}

    @property
    def has_history(self) -> bool:
        """Whether there is a history to ask."""
        return self.request.app.state.queries is not None

    def own_symbol(self) -> str | None:
        """The instrument of the query, where one is asked for, which exists."""
        asked = self.query.symbol
        return None if asked is None else self.services.operations.reader(asked).symbol

    def symbol(self) -> str:
        """The instrument of the path, which exists."""
        return self.services.operations.reader(self.path("symbol")).symbol


def not_here(name: str) -> ServiceError:
    """Something that this venue runs without."""
    return ServiceError("not_found", f"This venue runs without {name}.", rule="SERV-007",
                        do="Ask the operator, or do without it.")
