"""One request on its way through the REST door: who asks, for what, with what."""
from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

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
            raise not_available(name)
        return found

    def symbol(self) -> str:
        """The instrument of the path, which exists."""
        return self.services.operations.reader(self.path("symbol")).symbol


def not_available(name: str) -> ServiceError:
    """Something that this venue runs without."""
    return ServiceError("not_available", f"This venue runs without {name}.", rule="SERV-007",
                        do="Ask the operator, or do without it.", retry_after_s=60)
