"""Cursors of lists: opaque texts that name the last row given, so that a list may grow while it is read (HIST-007)."""
from __future__ import annotations

import base64
import binascii
import struct
import zlib

_FORM = struct.Struct("<qI")


class BadCursor(ValueError):
    """The cursor was not given by this list, or was damaged on the way. ``do`` says what would pass."""

    field = "cursor"
    rule = "HIST-007"
    do = "send the `next` of the page before as it is, or no cursor to begin with the newest"

    def __init__(self, name: str):
        super().__init__(f"cursor: was not given by the list of {name}, or was damaged; {self.do}")


def cursor_text(name: str, key: int) -> str:
    """The cursor after the row with this key, of the list called ``name``.

    >>> cursor_text("fills", 1234)
    '0gQAAAAAAAAsWGHY'
    """
    return base64.urlsafe_b64encode(_FORM.pack(key, _check(name, key))).decode().rstrip("=")


def cursor_key(name: str, text: str | None) -> int | None:
    """The key a cursor names; None without a cursor; BadCursor where it is not one of this list.

    >>> cursor_key("fills", cursor_text("fills", 1234))
    1234
    """
    if text is None or text == "":
        return None
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        key, check = _FORM.unpack(raw)
    except (binascii.Error, struct.error, UnicodeEncodeError, AttributeError):
        raise BadCursor(name) from None
    if check != _check(name, key):
        raise BadCursor(name)
    return key


def _check(name: str, key: int) -> int:
    return zlib.crc32(f"{name}:{key}".encode())
