"""API keys: an id, a secret shown once (or a public key of the owner's), what it may do, from where, until when.

PEOP-007
"""
from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
from collections.abc import Callable

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from ..errors import ServiceError
from .principal import SCOPES
from .tables import api_keys, users
from .vault import Vault

KEYS_PER_USER_MAX = 50
ADDRESSES_MAX = 20
LABEL_LENGTH_MAX = 64

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Key(msgspec.Struct, frozen=True):
    """A key as its owner sees it."""

    key_id: str
    user_id: int
    account: int
    label: str
    kind: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    expires_ms: int
    created_ms: int


class OpenKey(msgspec.Struct, frozen=True):
    """A key ready to check signatures with: ``secret`` for HMAC, ``public_key`` for Ed25519."""

    key: Key
    user_name: str
    operator: bool
    secret: bytes
    public_key: bytes
    networks: tuple[Network, ...]

    def allows(self, address: str) -> bool:
        """Whether a request may come from this address."""
        if not self.networks:
            return True
        try:
            come_from = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(come_from, ipaddress.IPv6Address) and come_from.ipv4_mapped:
            come_from = come_from.ipv4_mapped
        return any(come_from in network for network in self.networks)


def read_networks(addresses) -> tuple[Network, ...]:
    """Addresses and networks as the list of a key; refuses what is none."""
    if len(addresses) > ADDRESSES_MAX:
        raise ServiceError("invalid_value", f"At most {ADDRESSES_MAX} addresses.", "addresses", "PEOP-007",
                           "Give networks such as 192.0.2.0/24.")
    networks = []
    for text in addresses:
        try:
            networks.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise ServiceError("invalid_value", f"addresses: {error}", "addresses", "PEOP-007",
                               "Give addresses or networks such as 192.0.2.7 or 2001:db8::/32.") from None
    return tuple(networks)


def read_public_key(text: str) -> bytes:
    """The 32 bytes of an Ed25519 public key, from PEM or base64."""
    try:
        if "BEGIN PUBLIC KEY" in text:
            key = load_pem_public_key(text.encode())
        else:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
        if isinstance(key, Ed25519PublicKey):
            return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    except (ValueError, TypeError):
        pass
    raise ServiceError("invalid_value", "This is not an Ed25519 public key.", "public_key", "PEOP-007",
                       "Give PEM, or base64 of its 32 bytes.")


class Keys:
    """Thread-safe; every method is one short transaction."""

    def __init__(self, engine: sa.Engine, vault: Vault, now_ms: Callable[[], int]):
        self._engine, self._vault, self._now_ms = engine, vault, now_ms

    def add(self, user_id: int, account: int, operator: bool, *, label: str, scopes, addresses=(),
            expires_ms: int | None = None, public_key: str | None = None) -> tuple[Key, str | None]:
        """A new key; gives it and its secret, which is not shown again (None for Ed25519)."""
        _check(label, scopes, operator, expires_ms, self._now_ms())
        networks = read_networks(addresses)
        public = None if public_key is None else read_public_key(public_key)
        key = Key("sy-" + secrets.token_hex(10), user_id, account, label, "hmac" if public is None else "ed25519",
                  tuple(scope for scope in SCOPES if scope in scopes), tuple(map(str, networks)), expires_ms or 0,
                  self._now_ms())
        secret = None if public is not None else secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            if connection.execute(sa.select(sa.func.count()).select_from(api_keys).where(
                    api_keys.c.user_id == user_id)).scalar() >= KEYS_PER_USER_MAX:
                raise ServiceError("conflict", f"There are {KEYS_PER_USER_MAX} keys already.", rule="PEOP-007",
                                   do="Delete one first.")
            connection.execute(sa.insert(api_keys).values(
                key_id=key.key_id, user_id=user_id, account=account or None, label=label, kind=key.kind,
                sealed_secret=None if secret is None else self._vault.seal(secret.encode(), key.key_id),
                secret_hash=None if secret is None else hashlib.sha256(secret.encode()).hexdigest(), public_key=public,
                scopes=" ".join(key.scopes), addresses=" ".join(key.addresses), expires_ms=expires_ms,
                created_ms=key.created_ms))
        return key, secret

    def of_user(self, user_id: int) -> list[Key]:
        """A user's keys, newest first, those that ended too."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(api_keys).where(api_keys.c.user_id == user_id).order_by(
                api_keys.c.created_ms.desc(), api_keys.c.key_id)).all()
        return [_key(row) for row in rows]

    def remove(self, user_id: int, key_id: str) -> bool:
        """Delete a user's key; False where they have none of that id."""
        with self._engine.begin() as connection:
            return connection.execute(sa.delete(api_keys).where(
                api_keys.c.user_id == user_id, api_keys.c.key_id == key_id)).rowcount == 1

    def open(self, key_id: str) -> OpenKey | None:
        """A key with its secret, None where there is none or it ended."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(api_keys, users.c.name, users.c.operator).join(users).where(
                api_keys.c.key_id == key_id)).one_or_none()
        if row is None or (row.expires_ms is not None and row.expires_ms <= self._now_ms()):
            return None
        secret = b"" if row.sealed_secret is None else self._vault.open(row.sealed_secret, key_id, row.secret_hash)
        key = _key(row)
        return OpenKey(key, row.name, row.operator, secret, row.public_key or b"", read_networks(key.addresses))


def _check(label: str, scopes, operator: bool, expires_ms: int | None, now_ms: int) -> None:
    if not 1 <= len(label) <= LABEL_LENGTH_MAX or not label.isprintable():
        raise ServiceError("invalid_value", f"A label has 1 to {LABEL_LENGTH_MAX} characters.", "label", "PEOP-007",
                           "Say what the key is for.")
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise ServiceError("invalid_value", f"Scopes are {', '.join(SCOPES)}.", "scopes", "PEOP-002",
                           "Give at least one.")
    if "operator" in scopes and not operator:
        raise ServiceError("missing_scope", "Only an operator may make a key with the scope operator.", "scopes",
                           "PEOP-002", "Leave it out.")
    if expires_ms is not None and not now_ms < expires_ms < 1 << 53:
        raise ServiceError("invalid_value", "The end of a key lies in the future.", "expires", "PEOP-007",
                           "Give ms UTC of the wall clock, or leave it out.")


def _key(row) -> Key:
    return Key(row.key_id, row.user_id, row.account or 0, row.label, row.kind, tuple(row.scopes.split()),
               tuple(row.addresses.split()), row.expires_ms or 0, row.created_ms)


