"""A route as data: method, path, who may, what it takes, what it gives."""
from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from .asked import Nothing
from .call import Call

Handler = Callable[[Call], Awaitable[Any]]


class Route(msgspec.Struct, frozen=True):
    """``scope`` is what the sender must have, "" for everybody; ``result`` a type of ``things``, ``page`` says that it
    comes as a list with a cursor. Errors that every route has are not listed."""

    method: str
    path: str
    scope: str
    handler: Handler
    summary: str
    result: Any
    query: type = Nothing
    body: type | None = None
    page: bool = False
    status: int = 200
    errors: tuple[int, ...] = ()
    media_type: str = "application/json"
    anonymous: bool = False
    """Nobody's: a cookie or signature that comes with it is not looked at, because it begins a session."""

    decode: Callable[[bytes], Any] | None = None
    """How the body is read, where the type alone is not enough."""

    @property
    def name(self) -> str:
        """Its name in the document."""
        return self.handler.__name__

    @property
    def is_unsafe(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"
