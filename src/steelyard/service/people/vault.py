"""The node's key, and secrets sealed with it: an HMAC secret must be known to check a signature, so it cannot be kept
as a hash alone.  PEOP-007"""
from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12


class VaultError(RuntimeError):
    """The node's key is missing, damaged, open to others, or not the one a secret was sealed with."""


class Vault:
    """Seals and opens secrets with AES-256-GCM under the key in a file that only its owner may read."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._cipher = AESGCM(self._read() if self.path.exists() else self._make())

    def _make(self) -> bytes:
        key = secrets.token_bytes(KEY_BYTES)
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.rename(fresh, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return key

    def _read(self) -> bytes:
        mode = self.path.stat().st_mode & 0o777
        if mode & 0o077:
            raise VaultError(f"{self.path.name} may be read by others (mode {mode:o}): chmod 600 it, and make new API "
                             "keys if others were on this machine")
        key = self.path.read_bytes()
        if len(key) != KEY_BYTES:
            raise VaultError(f"{self.path.name} has {len(key)} bytes instead of {KEY_BYTES}: put the backup of it back")
        return key

    def seal(self, secret: bytes, name: str) -> bytes:
        """The secret, sealed for ``name``: under another name it does not open."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, name.encode())

    def open(self, sealed: bytes, name: str, secret_hash: str) -> bytes:
        """The secret again. VaultError where it was changed or sealed with another key."""
        try:
            secret = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise VaultError(f"the secret of {name} does not open with {self.path.name}") from None
        if hashlib.sha256(secret).hexdigest() != secret_hash:
            raise VaultError(f"the secret of {name} is not the one that was sealed")
        return secret
