"""A request as it arrived, as far as it says who sends it, and whether a page of ours made it.  PEOP-006"""
from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from ..errors import ServiceError
from .cookies import CSRF_HEADER

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


class Arrived(msgspec.Struct, frozen=True):
    """``headers`` has lower-case names; ``target`` is path and query as sent; ``address`` the sender's."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    address: str

    def header(self, name: str) -> str:
        """A header, "" where it is absent."""
        return self.headers.get(name.lower(), "")

    @property
    def is_safe(self) -> bool:
        """Whether the method changes nothing."""
        return self.method in SAFE_METHODS

    def is_from_own_page(self) -> bool | None:
        """What the browser says about the page that sent it: True our own, False another one, None not said."""
        origin = self.header("origin")
        if origin:
            return urlsplit(origin).netloc.lower() == self.header("host").lower() != ""
        site = self.header("sec-fetch-site")
        return site in ("same-origin", "none") if site else None

    def refuse_other_pages(self) -> None:
        """A page of another site must not begin a session here either. Programs, which send no Origin, may."""
        if self.is_from_own_page() is False:
            raise _csrf("The request comes from a page of another site.")

    def check_csrf(self, expected: str) -> None:
        """Refuse an unsafe request with a cookie unless our own page sent it with the session's second token."""
        if self.is_safe:
            return
        if not self.is_from_own_page():
            raise _csrf("The request does not say that it comes from a page of this venue (Origin).")
        if not same_text(self.header(CSRF_HEADER), expected):
            raise _csrf(f"The header {CSRF_HEADER} is missing or is not that of this session.")


def same_text(one: str, other: str) -> bool:
    """Equality in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _csrf(message: str) -> ServiceError:
    return ServiceError("csrf", message, CSRF_HEADER, "PEOP-006",
                        "Send csrf of GET /session (also in the cookie steelyard_csrf) in the header X-CSRF-Token, "
                        "from a page of this venue; programs sign with an API key.")
