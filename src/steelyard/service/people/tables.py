"""The tables of people: users, their accounts, sessions and API keys. Times are wall clock, ms UTC."""
from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

users = sa.Table(
    "users", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("name_key", sa.String(32), nullable=False, unique=True),       # lower case, as names are compared
    sa.Column("password_hash", sa.String(256)),                              # NULL: no password yet (one-click users)
    sa.Column("operator", sa.Boolean, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)
accounts = sa.Table(
    "accounts", metadata,
    sa.Column("account", sa.Integer, primary_key=True, autoincrement=False),  # the engine's number
    sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("grant_asset", sa.Integer, nullable=False),                    # paper money that opens it, 0 = none
    sa.Column("grant_atoms", sa.BigInteger, nullable=False),
    sa.Column("opened_ms", sa.BigInteger),                                   # NULL: the engine's word is not yet known
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)
standings = sa.Table(
    "standings", metadata,
    sa.Column("account", sa.ForeignKey("accounts.account"), primary_key=True, autoincrement=False),
    sa.Column("jurisdiction", sa.String(16), nullable=False),                # no row: not restricted
    sa.Column("client", sa.String(32), nullable=False),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
)
levels = sa.Table(
    "levels", metadata,
    sa.Column("account", sa.ForeignKey("accounts.account"), primary_key=True, autoincrement=False),
    sa.Column("level", sa.String(8), nullable=False),                        # no row: identification is not asked for
    sa.Column("since_ms", sa.BigInteger, nullable=False),
)
sessions = sa.Table(
    "sessions", metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),                # SHA-256; the token is not kept
    sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("address", sa.String(64), nullable=False),
)
api_keys = sa.Table(
    "api_keys", metadata,
    sa.Column("key_id", sa.String(32), primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("account", sa.ForeignKey("accounts.account")),                 # NULL: an operator who does not trade
    sa.Column("label", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),                        # "hmac" or "ed25519"
    sa.Column("sealed_secret", sa.LargeBinary),                              # AES-GCM, the node's key; NULL: ed25519
    sa.Column("secret_hash", sa.String(64)),                                 # SHA-256: a wrong node key is found
    sa.Column("public_key", sa.LargeBinary),                                 # 32 bytes; NULL: hmac
    sa.Column("scopes", sa.String(64), nullable=False),                      # words, space between
    sa.Column("addresses", sa.Text, nullable=False),                         # networks, space between; empty = any
    sa.Column("expires_ms", sa.BigInteger),                                  # NULL: never
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)
