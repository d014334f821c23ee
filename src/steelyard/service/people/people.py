"""The people of a venue: who signs in how, and who a request comes from.

Everything here is thread-safe and may wait for the database or for a password hash: call it off the event loop, except
what says that it does not wait. Nothing here touches the engine: accounts are opened by those who call.
"""
from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher

from ..errors import ServiceError
from .arrived import Arrived
from .cookies import SESSION_COOKIE, read_cookie
from .database import create_tables
from .keys import Key, Keys, OpenKey
from .passwords import Passwords, check_password
from .principal import Principal, scopes_of
from .recent import Recent
from .sessions import Session, Sessions, csrf_token, token_hash
from .signatures import (
    NONCE,
    WEBSOCKET_TARGET,
    Nonces,
    check_time,
    is_ed25519_signature,
    is_hmac_signature,
    signed_text,
)
from .throttle import NewUsers, Throttle
from .users import PAPER_PREFIX, Opening, User, Users, check_name
from .vault import Vault

OPERATOR_NAME = "operator"
NODE_KEY = "node.key"
NOBODY_SECRET = secrets.token_bytes(32)
"""Checked for keys that do not exist, so that they take as long."""
SESSION_SCOPES = ("read", "trade", "transfer", "operator")


class PeopleSettings(msgspec.Struct, frozen=True):
    """Figures of a venue's people."""

    session_days: int = 30
    new_users_per_hour: int = 300
    """From one address."""
    grant_asset: int = 1
    grant_atoms: int = 0
    """Paper money a new account begins with; 0 = none."""


class SignedIn(msgspec.Struct, frozen=True):
    """A session that just began. ``opening`` is what the engine must be offered before the account is of use."""

    principal: Principal
    token: str
    csrf: str
    opening: Opening | None = None


def wall_ms() -> int:
    """The time of day, ms UTC."""
    return time.time_ns() // 1_000_000


class People:
    """Users, sessions and keys of one venue.

    ``on_revoked`` are called with a session's or key's id once it is deleted, so that open connections can be cut.
    """

    def __init__(self, engine: sa.Engine, folder: str | Path, settings: PeopleSettings | None = None,
                 is_taken: Callable[[int], bool] = lambda account: False, now_ms: Callable[[], int] = wall_ms,
                 hasher: PasswordHasher | None = None):
        self.settings, self._now_ms = settings or PeopleSettings(), now_ms
        create_tables(engine)
        self._engine = engine
        self._started_ms = now_ms()
        self._passwords = Passwords(hasher)
        self._users = Users(engine, is_taken, now_ms)
        self._sessions = Sessions(engine, now_ms, self.settings.session_days)
        self._keys = Keys(engine, Vault(Path(folder) / NODE_KEY), now_ms)
        self._throttle, self._new_users = Throttle(), NewUsers(self.settings.new_users_per_hour)
        self._nonces, self._recent = Nonces(), Recent()
        self.on_revoked: list[Callable[[str], None]] = []

    # ------------------------------------------------------------ beginning a session
    def register(self, name: str, password: str, address: str, standing: tuple[str, str] | None = None) -> SignedIn:
        """A new user with a password and an account; ``standing`` is their jurisdiction and client class."""
        check_name(name)
        if name.lower().startswith(PAPER_PREFIX) or name.lower() == OPERATOR_NAME:
            raise ServiceError("invalid_value", f"Names that begin with {PAPER_PREFIX} are given by the venue.", "name",
                               "PEOP-005", "Choose another name.")
        check_password(password, name)
        self._new_users.take(address)
        user = self._users.add(name, self._passwords.hash(password), self._grant, standing=standing)
        return self._begin(user, address, new=True)

    def paper(self, address: str, standing: tuple[str, str] | None = None) -> SignedIn:
        """One click: a user under a name nobody chose, without a password, with an account and paper money."""
        self._new_users.take(address)
        return self._begin(self._users.add_paper(self._grant, standing), address, new=True)

    def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """A session for a name and its password. The refusal does not tell whether the name exists."""
        self._throttle.begin(name[:64], address)
        user = self._users.find(name)
        if not self._passwords.verify(user and user.password_hash, password):
            raise ServiceError("not_signed_in", "Name or password is wrong.", rule="PEOP-003",
                               do="Check both; after a few wrong tries every further one has to wait.")
        self._throttle.succeeded(name[:64], address)
        if self._passwords.is_stale(user.password_hash):
            self._users.set_password(user.id, self._passwords.hash(password))
        return self._begin(user, address)

    def in_line(self, work: Callable, *arguments) -> Future:
        """Do what hashes a password (registering, signing in, another password) in the line for that.  PEOP-003"""
        return self._passwords.in_line(work, *arguments)

    @property
    def _grant(self) -> tuple[int, int]:
        return self.settings.grant_asset, self.settings.grant_atoms

    def _begin(self, user: User, address: str, new: bool = False) -> SignedIn:
        token, session = self._sessions.begin(user.id, address)
        opening = Opening(user.account, *self._grant) if new else None
        return SignedIn(_principal_of_user(user, session), token, csrf_token(token), opening)

    # ------------------------------------------------------------ ending one, changing a password
    def sign_out(self, principal: Principal) -> None:
        """End the session of the request."""
        self._sessions.end(principal.session_id)
        self._revoke([principal.session_id])

    def change_password(self, principal: Principal, old: str | None, new: str, address: str) -> None:
        """Another password; all other sessions of the user end. A one-click user, who has none, gives no old one."""
        user = self._users.get(principal.user_id)
        check_password(new, user.name, "new_password")
        if user.password_hash is not None:
            self._throttle.begin(user.name, address)
            if not self._passwords.verify(user.password_hash, old or ""):
                raise ServiceError("invalid_value", "The old password is wrong.", "old_password", "PEOP-003",
                                   "Give the password you signed in with.")
            self._throttle.succeeded(user.name, address)
        self._users.set_password(user.id, self._passwords.hash(new))
        self._recent.drop(principal.session_id)
        self._revoke(self._sessions.end_others(user.id, principal.session_id))

    def _revoke(self, ids: list[str]) -> None:
        self._recent.drop(*ids)
        for one in ids:
            for listener in self.on_revoked:
                listener(one)

    # ------------------------------------------------------------ who a request comes from
    def knows(self, arrived: Arrived) -> bool:
        """Whether :meth:`principal_of_request` answers without waiting, because it was asked lately."""
        key_id = arrived.header("x-key")
        token = "" if key_id else read_cookie(arrived.header("cookie"), SESSION_COOKIE)
        return not (key_id or token) or self._recent.get(key_id or token_hash(token)) is not None

    def principal_of_request(self, arrived: Arrived) -> Principal | None:
        """The sender of a request: by signature where ``X-Key`` is given, else by cookie; None for nobody.

        ServiceError where a proof was given and is bad, or where a cookie came from a page that is not ours.
        """
        key_id = arrived.header("x-key")
        if key_id:
            time_text = arrived.header("x-time")
            if not (time_text.isascii() and time_text.isdigit() and len(time_text) <= 15):
                raise ServiceError("invalid_value", "X-Time must be the wall clock in ms.", "X-Time", "PEOP-008",
                                   "Sign time, nonce, method, path and body; see PEOP-008.")
            text = signed_text(time_text, arrived.header("x-nonce"), arrived.method, arrived.target, arrived.body)
            return self._verify(key_id, int(time_text), arrived.header("x-nonce"), arrived.header("x-signature"), text,
                                arrived.address)
        cookie = arrived.header("cookie")
        principal = self.principal_of_cookie(cookie)
        if principal is not None:
            arrived.check_csrf(csrf_token(read_cookie(cookie, SESSION_COOKIE)))
        return principal

    def principal_of_cookie(self, cookie_header: str) -> Principal | None:
        """The user of a ``Cookie`` header; None for nobody. One query at most, none within two seconds.

        Says nothing about the page that sent it: check the Origin.
        """
        token = read_cookie(cookie_header, SESSION_COOKIE)
        if not token:
            return None
        name = token_hash(token)
        known = self._recent.get(name)
        if known is not None:
            return known if known.expires_ms > self._now_ms() else None
        begun = self._recent.round
        session = self._sessions.find(token)
        user = None if session is None else self._users.get(session.user_id)
        if user is None:
            return None
        principal = _principal_of_user(user, session)
        self._recent.keep(name, principal, begun)
        return principal

    def renew(self, principal: Principal) -> Principal:
        """The session lives on: called when a page asks who is signed in."""
        session = self._sessions.renew(Session(principal.session_id, principal.user_id, principal.expires_ms))
        if session.expires_ms == principal.expires_ms:
            return principal
        self._recent.drop(principal.session_id)
        return msgspec.structs.replace(principal, expires_ms=session.expires_ms)

    def token_of_cookie(self, cookie_header: str) -> str:
        """The token of a session's cookie. Does not wait."""
        return read_cookie(cookie_header, SESSION_COOKIE)

    def csrf_of_cookie(self, cookie_header: str) -> str:
        """The second token that belongs to a session's cookie. Does not wait."""
        return csrf_token(read_cookie(cookie_header, SESSION_COOKIE))

    def verify_sign_in(self, key_id: str, time_ms: int, nonce: str, signature: str, address: str) -> Principal:
        """The sender of a ``sign_in`` over the WebSocket (SERV-003). ServiceError where the proof is bad."""
        return self._verify(key_id, time_ms, nonce, signature, signed_text(time_ms, nonce, *WEBSOCKET_TARGET), address)

    def _verify(self, key_id: str, time_ms: int, nonce: str, signature: str, text: bytes, address: str) -> Principal:
        if not NONCE.match(nonce):
            raise ServiceError("invalid_value", "A nonce has 1 to 64 of A-Z a-z 0-9 _ -.", "nonce", "PEOP-009",
                               "Take a random or counting text.")
        now_ms = self._now_ms()
        check_time(time_ms, now_ms, self._started_ms)
        opened = self._open_key(key_id)
        if opened is None:
            is_hmac_signature(NOBODY_SECRET, text, signature)
        if opened is None or not _is_signed(opened, text, signature):
            raise ServiceError(
                "invalid_signature", "The key is not known, or the signature is not that of this request.", "signature",
                "PEOP-008", "Sign time, nonce, method, path with query and SHA-256 of the body, a line each, as "
                            "sent.")
        if not opened.allows(address):
            raise ServiceError("address_not_allowed", f"This key may not be used from {address}.", None, "PEOP-007",
                               "Use it from an address of its list, or make another key.")
        self._nonces.use(key_id, nonce, time_ms, now_ms)
        return _principal_of_key(opened)

    def _open_key(self, key_id: str) -> OpenKey | None:
        known = self._recent.get(key_id)
        if known is None and len(key_id) <= 32:
            begun = self._recent.round
            known = self._keys.open(key_id)
            if known is not None:
                self._recent.keep(key_id, known, begun)
        if known is not None and 0 < known.key.expires_ms <= self._now_ms():
            return None
        return known

    # ------------------------------------------------------------ keys
    def add_key(self, principal: Principal, **wanted) -> tuple[Key, str | None]:
        """A new key for the user of a request, and its secret; see :meth:`Keys.add`.  A key makes no key that may more
        than itself."""
        beyond = [scope for scope in wanted["scopes"] if principal.key_id and not principal.may(scope)]
        if beyond:
            raise ServiceError("missing_scope", f"This key may not give the scope {beyond[0]}.", "scopes", "PEOP-002",
                               "Make the key with a session, or with a key that may.")
        return self._keys.add(principal.user_id, principal.account, principal.operator, **wanted)

    def keys(self, principal: Principal) -> list[Key]:
        """The keys of the user of a request, newest first."""
        return self._keys.of_user(principal.user_id)

    def remove_key(self, principal: Principal, key_id: str) -> None:
        """Delete a key; from now on it is not known."""
        if not self._keys.remove(principal.user_id, key_id):
            raise ServiceError("not_found", "You have no key of this id.", "key", "PEOP-007",
                               "GET /keys lists those you have.")
        self._revoke([key_id])

    # ------------------------------------------------------------ operator, accounts
    def ensure_operator(self) -> tuple[str, str] | None:
        """Make the operator of a venue that has none; gives name and password, which is not shown again."""
        if self._users.has_operator():
            return None
        password = "-".join(secrets.token_hex(3) for _word in range(4))
        self._users.add(OPERATOR_NAME, self._passwords.hash(password), None, operator=True)
        return OPERATOR_NAME, password

    def unopened(self) -> list[Opening]:
        """Accounts of which it is not known that the engine has them: to be offered at start.  PEOP-005"""
        return self._users.unopened()

    def standings(self) -> dict[int, tuple[str, str, str]]:
        """Jurisdiction, client class and level of identification of every account of which one of them is known."""
        return self._users.standings()

    def set_level(self, account: int, level: str) -> None:
        """The level of identification of an account from now on."""
        self._users.set_level(account, level)

    def opened(self, account: int) -> None:
        """The engine has the account now."""
        self._users.opened(account)

    def close(self) -> None:
        """Give the database's connections and the threads back."""
        self._passwords.close()
        self._engine.dispose()


def _is_signed(opened: OpenKey, text: bytes, signature: str) -> bool:
    if opened.key.kind == "hmac":
        return is_hmac_signature(opened.secret, text, signature)
    return is_ed25519_signature(opened.public_key, text, signature)


def _principal_of_user(user: User, session: Session) -> Principal:
    return Principal(user.account, scopes_of(SESSION_SCOPES, user.operator), user.id, user.name,
                     session_id=session.token_hash, operator=user.operator, expires_ms=session.expires_ms,
                     paper=user.password_hash is None)


def _principal_of_key(opened: OpenKey) -> Principal:
    key = opened.key
    scopes = scopes_of(key.scopes, opened.operator)
    return Principal(key.account, scopes, key.user_id, opened.user_name, key_id=key.key_id,
                     operator="operator" in scopes, expires_ms=key.expires_ms)
