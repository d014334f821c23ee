"""Signed requests: the text that is signed, the two ways to sign it, the time window, and nonces used once.

PEOP-008, PEOP-009
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections import deque

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..errors import ServiceError

WINDOW_MS = 5_000
"""How far a request's time may lie from the node's wall clock, either way."""
NONCES_PER_KEY_MAX = 20_000
NONCES_MAX = 400_000
NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
WEBSOCKET_TARGET = ("GET", "/ws/v1")
"""Method and path that a sign-in over the WebSocket signs, with an empty body."""


def signed_text(time_ms: int | str, nonce: str, method: str, target: str, body: bytes = b"") -> bytes:
    """What is signed: five lines, the last without a line end. ``target`` is path and query exactly as sent.

    >>> signed_text(1, "n", "GET", "/api/v1/orders?state=open").decode().split(chr(10))[:4]
    ['1', 'n', 'GET', '/api/v1/orders?state=open']
    """
    return "\n".join((str(time_ms), nonce, method, target, hashlib.sha256(body).hexdigest())).encode()


def hmac_signature(secret: str, text: bytes) -> str:
    """HMAC-SHA256 under the secret as it was shown (its characters, not what they encode), in lower-case hex.

    >>> hmac_signature("secret", signed_text(1584000000000, "n-1", "GET", "/ws/v1"))[:16]
    '387ae5e1f1a4f8a2'
    """
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def is_hmac_signature(secret: bytes, text: bytes, signature: str) -> bool:
    """Whether ``signature`` is that of ``text``, in a time that does not depend on where it differs."""
    expected = hmac.new(secret, text, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace"))


def is_ed25519_signature(public_key: bytes, text: bytes, signature: str) -> bool:
    """Whether ``signature`` (base64 of 64 bytes) was made by the owner of the public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(base64.b64decode(signature, validate=True), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_time(time_ms: int, now_ms: int, started_ms: int) -> None:
    """Refuse a request from outside the window, or from before the node started: what it used then is not known."""
    if abs(time_ms - now_ms) > WINDOW_MS or time_ms < started_ms:
        raise ServiceError("expired_request", f"The request's time is {time_ms}, the node's is {now_ms}.", field="time",
                           rule="PEOP-009", do=f"Sign with the wall clock in ms, at most {WINDOW_MS} ms off; GET "
                                               "/api/v1/time tells wall_time.")


class Nonces:
    """The nonces of the window, each good once. Bounded per key and in all."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._line: deque[tuple[int, str, str]] = deque()
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def use(self, key_id: str, nonce: str, time_ms: int, now_ms: int) -> None:
        """Take the nonce of a request whose signature is good; refuse one that was used."""
        with self._lock:
            self._forget(now_ms)
            if (key_id, nonce) in self._seen:
                raise ServiceError("replayed_request", "This nonce was used already.", field="nonce", rule="PEOP-009",
                                   do="Sign every request with a new nonce.")
            if self._counts.get(key_id, 0) >= NONCES_PER_KEY_MAX or len(self._seen) >= NONCES_MAX:
                raise ServiceError("rate_limited", "Too many signed requests within the window.", rule="PEOP-009",
                                   do="Send fewer, or sign in once over the WebSocket.", retry_after_s=1)
            self._seen.add((key_id, nonce))
            self._counts[key_id] = self._counts.get(key_id, 0) + 1
            self._line.append((now_ms + 2 * WINDOW_MS, key_id, nonce))

    def _forget(self, now_ms: int) -> None:
        """A request's time is at most a window ahead of now, so after two windows its time is out."""
        while self._line and self._line[0][0] < now_ms:
            _until, key_id, nonce = self._line.popleft()
            self._seen.discard((key_id, nonce))
            self._counts[key_id] -= 1
            if not self._counts[key_id]:
                del self._counts[key_id]

    def __len__(self) -> int:
        return len(self._seen)
