"""The two cookies of a browser session: the token, which no script can read, and the second token, which the page
sends back in a header.  PEOP-006"""
from __future__ import annotations

SESSION_COOKIE, CSRF_COOKIE = "steelyard_session", "steelyard_csrf"
CSRF_HEADER = "X-CSRF-Token"


def read_cookie(header: str, name: str) -> str:
    """The value of a cookie in a ``Cookie`` header, "" where there is none.

    >>> read_cookie("a=1; steelyard_session=abc; b=2", "steelyard_session")
    'abc'
    """
    for part in header.split(";"):
        key, found, value = part.strip().partition("=")
        if found and key == name:
            return value.strip()
    return ""


def set_cookies(token: str, csrf: str, seconds: int, secure: bool) -> list[str]:
    """``Set-Cookie`` headers that begin a session. ``secure`` where the page came over https."""
    ending = f"Path=/; SameSite=Lax; Max-Age={seconds}" + ("; Secure" if secure else "")
    return [f"{SESSION_COOKIE}={token}; HttpOnly; {ending}", f"{CSRF_COOKIE}={csrf}; {ending}"]


def clear_cookies(secure: bool) -> list[str]:
    """``Set-Cookie`` headers that end it."""
    return set_cookies("", "", 0, secure)
