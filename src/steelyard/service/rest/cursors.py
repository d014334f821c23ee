"""Cursors of lists that a view keeps: opaque texts that name the last item already had."""
from __future__ import annotations

import base64

from ..errors import ServiceError


def cursor_text(*numbers: int) -> str:
    """Numbers as a cursor.

    >>> cursor_numbers(cursor_text(7, 1 << 62), 2) == (7, 1 << 62)
    True
    """
    return base64.urlsafe_b64encode("-".join(map(str, numbers)).encode()).decode().rstrip("=")


def cursor_numbers(text: str, count: int) -> tuple[int, ...]:
    """The numbers of a cursor; refuses one that was not given out."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        numbers = tuple(int(part) for part in raw.decode("ascii").split("-"))
    except ValueError:
        numbers = ()
    if len(numbers) != count or cursor_text(*numbers) != text:
        raise ServiceError("invalid_value", "This cursor was not given out by this list.", "cursor", "SERV-007",
                           "Give back next of the page before as it came, or leave it out to begin anew.")
    return numbers
