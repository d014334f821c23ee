"""Passwords: what one must be, how it is kept, and that checking takes as long for a name nobody has.  PEOP-003"""
from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..errors import ServiceError

PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 10, 256
AT_ONCE_MAX = 2
"""Checks that run at once: each takes 64 MiB and a core for some 50 ms."""
WAITING_MAX = 32


class Passwords:
    """Argon2id with its authors' parameters. Thread-safe; call it off the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None):
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")
        self._running = threading.BoundedSemaphore(AT_ONCE_MAX)
        self._waiting = threading.BoundedSemaphore(WAITING_MAX)

    def hash(self, password: str) -> str:
        """What is kept instead of the password."""
        return self._guarded(lambda: self._hasher.hash(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether the password is the kept one. None (no such user, or no password yet) takes as long and is False."""
        def check() -> bool:
            try:
                return self._hasher.verify(kept or self._nobody, password) and kept is not None
            except (VerificationError, InvalidHashError):
                return False
        return self._guarded(check)

    def is_stale(self, kept: str) -> bool:
        """Whether a kept hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _guarded(self, work):
        if not self._waiting.acquire(blocking=False):
            raise ServiceError("overloaded", "Too many sign-ins at this moment.", rule="PEOP-003",
                               do="Try again in a second.", retry_after_s=1)
        try:
            with self._running:
                return work()
        finally:
            self._waiting.release()


def check_password(password: str, name: str, field: str = "password") -> None:
    """Refuse what is too short, too long, or the name itself."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise ServiceError(
            "invalid_value", f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters.", field=field,
            rule="PEOP-003", do="Take a longer one; a few words are fine.")
    if password.lower() == name.lower():
        raise ServiceError("invalid_value", "The password must not be the name.", field=field, rule="PEOP-003",
                           do="Take another one.")
