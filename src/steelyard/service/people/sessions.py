"""Browser sessions: a random token in a cookie, its hash in SQL, an end.  PEOP-006"""
from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from .tables import sessions

DAY_MS = 86_400_000
SESSIONS_PER_USER_MAX = 20
TOKEN_BYTES = 32


class Session(msgspec.Struct, frozen=True):
    """A session as it is kept."""

    token_hash: str
    user_id: int
    expires_ms: int


def token_hash(token: str) -> str:
    """What is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def csrf_token(token: str) -> str:
    """The second token of a session, which a page reads and sends in a header: derived, so it needs no keeping, and it
    does not give the first one away."""
    return hmac.new(token.encode("utf-8", "replace"), b"steelyard csrf", hashlib.sha256).hexdigest()[:43]


class Sessions:
    """Thread-safe; every method is one short transaction."""

    def __init__(self, engine: sa.Engine, now_ms: Callable[[], int], days: int):
        self._engine, self._now_ms, self._life_ms = engine, now_ms, days * DAY_MS

    def begin(self, user_id: int, address: str) -> tuple[str, Session]:
        """A new session; gives the token, which is not kept. Those that ended, and the oldest beyond a bound, go."""
        token, now_ms = secrets.token_urlsafe(TOKEN_BYTES), self._now_ms()
        kept = Session(token_hash(token), user_id, now_ms + self._life_ms)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.expires_ms <= now_ms))
            newest = sa.select(sessions.c.token_hash).where(sessions.c.user_id == user_id).order_by(
                sessions.c.created_ms.desc(), sessions.c.token_hash).limit(SESSIONS_PER_USER_MAX - 1)
            keep = connection.execute(newest).scalars().all()
            connection.execute(sa.delete(sessions).where(
                sessions.c.user_id == user_id, sessions.c.token_hash.not_in(keep)))
            connection.execute(sa.insert(sessions).values(
                token_hash=kept.token_hash, user_id=user_id, created_ms=now_ms, expires_ms=kept.expires_ms,
                address=address[:64]))
        return token, kept

    def find(self, token: str) -> Session | None:
        """The session of a token, None when there is none or it ended."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(
                sessions.c.token_hash, sessions.c.user_id, sessions.c.expires_ms).where(
                    sessions.c.token_hash == token_hash(token), sessions.c.expires_ms > self._now_ms())).one_or_none()
        return None if row is None else Session(*row)

    def renew(self, session: Session) -> Session:
        """The session with a whole life ahead, where less than half is left."""
        now_ms = self._now_ms()
        if session.expires_ms - now_ms > self._life_ms // 2:
            return session
        with self._engine.begin() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.token_hash == session.token_hash).values(
                expires_ms=now_ms + self._life_ms))
        return Session(session.token_hash, session.user_id, now_ms + self._life_ms)

    def end(self, hashed: str) -> None:
        """End one session."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.token_hash == hashed))

    def end_others(self, user_id: int, kept: str) -> list[str]:
        """End all sessions of a user but one; gives the hashes of those that ended."""
        others = sa.and_(sessions.c.user_id == user_id, sessions.c.token_hash != kept)
        with self._engine.begin() as connection:
            ended = connection.execute(sa.select(sessions.c.token_hash).where(others)).scalars().all()
            connection.execute(sa.delete(sessions).where(others))
        return list(ended)
