"""Users and the engine accounts that are theirs, in SQL. What a call writes is durable when it returns.  PEOP-005"""
from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from ...views.view import PEOPLE
from ..errors import ServiceError
from .tables import accounts, levels, standings, users

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{2,31}\Z")
PAPER_PREFIX = "paper-"
PAPER_LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""No vowels and nothing that looks like something else."""


class User(msgspec.Struct, frozen=True):
    """One row of users, with the account they trade in (0 = none)."""

    id: int
    name: str
    password_hash: str | None
    operator: bool
    account: int


class Opening(msgspec.Struct, frozen=True):
    """An account that people have and the engine may not know yet: what to offer it."""

    account: int
    asset: int
    grant_atoms: int


class Users:
    """Thread-safe; every method is one short transaction. ``is_taken(account)`` says whether the engine has an account
    already that these tables do not know (a database that was lost must not hand it to somebody else)."""

    def __init__(self, engine: sa.Engine, is_taken: Callable[[int], bool], now_ms: Callable[[], int]):
        self._engine, self._is_taken, self._now_ms = engine, is_taken, now_ms
        self._lock = threading.Lock()

    # ------------------------------------------------------------ making
    def add(self, name: str, password_hash: str | None, grant: tuple[int, int] | None,
            operator: bool = False, standing: tuple[str, str] | None = None) -> User:
        """A new user; with an account that ``grant`` (asset, atoms) opens, or without one (None); ``standing`` is their
        jurisdiction and client class, None: not restricted."""
        check_name(name)
        with self._lock:
            for _attempt in range(20):
                try:
                    return self._insert(name, password_hash, grant, operator, standing)
                except sa.exc.IntegrityError:
                    if self.find(name) is not None:
                        raise ServiceError("conflict", f"The name {name} is taken.", "name", "PEOP-005",
                                           "Choose another name.") from None
            raise ServiceError("overloaded", "Many users are being made at once.", rule="PEOP-005", do="Try again.",
                               retry_after_s=1)

    def add_paper(self, grant: tuple[int, int], standing: tuple[str, str] | None = None) -> User:
        """A new user without a password, under a name nobody chose."""
        for _attempt in range(20):
            name = PAPER_PREFIX + "".join(secrets.choice(PAPER_LETTERS) for _letter in range(6))
            try:
                return self.add(name, None, grant, standing=standing)
            except ServiceError as error:
                if error.code != "conflict":
                    raise
        raise ServiceError("not_available", "No name is left for a paper user.", rule="PEOP-005",
                           do="Register with a name of your own.")

    def _insert(self, name, password_hash, grant, operator, standing) -> User:
        now_ms = self._now_ms()
        with self._engine.begin() as connection:
            user_id = connection.execute(sa.insert(users).values(
                name=name, name_key=name.lower(), password_hash=password_hash, operator=operator,
                created_ms=now_ms)).inserted_primary_key[0]
            account = 0
            if grant is not None:
                account = self._next_account(connection)
                connection.execute(sa.insert(accounts).values(
                    account=account, user_id=user_id, grant_asset=grant[0], grant_atoms=grant[1], created_ms=now_ms))
            if grant is not None and standing is not None:
                connection.execute(sa.insert(standings).values(
                    account=account, jurisdiction=standing[0], client=standing[1], since_ms=now_ms))
        return User(user_id, name, password_hash, operator, account)

    def _next_account(self, connection: sa.Connection) -> int:
        highest = connection.execute(sa.select(sa.func.max(accounts.c.account))).scalar()
        account = PEOPLE.start if highest is None else highest + 1
        while account in PEOPLE and self._is_taken(account):
            account += 1
        if account not in PEOPLE:
            raise ServiceError("not_available", "The venue has no room for another account.", rule="PEOP-005",
                               do="Sign in with a user you have.")
        return account

    # ------------------------------------------------------------ looking
    def find(self, name: str) -> User | None:
        """The user of a name, however it is written."""
        return self._one(users.c.name_key == name.lower())

    def get(self, user_id: int) -> User | None:
        """The user of an id."""
        return self._one(users.c.id == user_id)

    def _one(self, condition) -> User | None:
        account = sa.select(sa.func.min(accounts.c.account)).where(accounts.c.user_id == users.c.id).scalar_subquery()
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(
                users.c.id, users.c.name, users.c.password_hash, users.c.operator,
                sa.func.coalesce(account, 0)).where(condition)).one_or_none()
        return None if row is None else User(*row)

    def has_operator(self) -> bool:
        """Whether there is an operator at all."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(users.c.id).where(users.c.operator).limit(1)).first() is not None

    # ------------------------------------------------------------ changing
    def set_password(self, user_id: int, password_hash: str) -> None:
        """Another password from now on."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(users).where(users.c.id == user_id).values(password_hash=password_hash))

    def unopened(self) -> list[Opening]:
        """Accounts of which it is not yet known that the engine has them, in order of their numbers."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(
                accounts.c.account, accounts.c.grant_asset, accounts.c.grant_atoms).where(
                    accounts.c.opened_ms.is_(None)).order_by(accounts.c.account)).all()
        return [Opening(*row) for row in rows]

    def standings(self) -> dict[int, tuple[str, str, str]]:
        """Jurisdiction, client class and level of identification of every account of which one of them is known;
        what is not known is empty, or retail."""
        with self._engine.connect() as connection:
            stated = connection.execute(sa.select(
                standings.c.account, standings.c.jurisdiction, standings.c.client)).all()
            shown = {row.account: row.level for row in connection.execute(sa.select(levels))}
        known = {account: (jurisdiction, client, shown.pop(account, "")) for account, jurisdiction, client in stated}
        return known | {account: ("", "retail", level) for account, level in shown.items()}

    def set_level(self, account: int, level: str) -> None:
        """The level of identification of an account from now on.  ELIG-015"""
        with self._lock, self._engine.begin() as connection:
            if connection.execute(sa.select(accounts.c.account).where(accounts.c.account == account)).first() is None:
                raise ServiceError("not_found", f"Nobody has account {account}.", "account", "ELIG-015",
                                   "Give the number of a person's account.")
            connection.execute(sa.delete(levels).where(levels.c.account == account))
            connection.execute(sa.insert(levels).values(account=account, level=level, since_ms=self._now_ms()))

    def opened(self, account: int) -> None:
        """The engine has the account and what was granted."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(accounts).where(accounts.c.account == account).values(
                opened_ms=self._now_ms()))


def check_name(name: str) -> None:
    """Refuse a name that is too short, too long, or made of other characters."""
    if not NAME.match(name):
        raise ServiceError(
            "invalid_value", "A name has 3 to 32 of A-Z a-z 0-9 _ . - and begins with a letter or digit.", "name",
            "PEOP-005", "Choose another name.")
