"""Passwords: what one must be, how it is kept, and that checking takes as long for a name nobody has.  PEOP-003"""
from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..errors import ServiceError

PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 10, 256
AT_ONCE_MAX = 2
"""Checks that run at once: each takes 64 MiB and a core for some 50 ms."""
WAITING_MAX = 32


class Passwords:
    """Argon2id with its authors' parameters. Thread-safe; what hashes goes through :meth:`in_line`, which has threads
    of its own: a line of sign-ins holds up nobody else."""

    def __init__(self, hasher: PasswordHasher | None = None):
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")
        self._threads = ThreadPoolExecutor(AT_ONCE_MAX, "password")
        self._lock, self._line = threading.Lock(), 0

    def hash(self, password: str) -> str:
        """What is kept instead of the password."""
        return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether the password is the kept one. None (no such user, or no password yet) takes as long and is False."""
        try:
            return self._hasher.verify(kept or self._nobody, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_stale(self, kept: str) -> bool:
        """Whether a kept hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def in_line(self, work: Callable, *arguments) -> Future[Any]:
        """Do work that hashes as soon as its turn comes; refused where the line is long. Does not wait."""
        with self._lock:
            if self._line >= AT_ONCE_MAX + WAITING_MAX:
                raise ServiceError("overloaded", "Too many sign-ins at this moment.", rule="PEOP-003",
                                   do="Try again in a second.", retry_after_s=1)
            self._line += 1
        done = self._threads.submit(work, *arguments)
        done.add_done_callback(self._left)
        return done

    def _left(self, _done: Future) -> None:
        with self._lock:
            self._line -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def check_password(password: str, name: str, field: str = "password") -> None:
    """Refuse what is too short, too long, or the name itself."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise ServiceError(
            "invalid_value", f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters.", field=field,
            rule="PEOP-003", do="Take a longer one; a few words are fine.")
    if password.lower() == name.lower():
        raise ServiceError("invalid_value", "The password must not be the name.", field=field, rule="PEOP-003",
                           do="Take another one.")
