"""The database of people: SQLite in the data folder, PostgreSQL by URL.

By default a file of its own: history can be deleted and is made again from the journal, people cannot; and history's
writer holds its database for long. With PostgreSQL one database serves both.
"""
from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from .tables import metadata


def default_url(folder: str | Path) -> str:
    """The SQLite database of people in a data folder."""
    return f"sqlite:///{Path(folder) / 'people.sqlite'}"


def create_engine(url: str) -> sa.Engine:
    """An engine with what the kind of database needs: SQLite in WAL mode, foreign keys on, patient with other writers;
    PostgreSQL with connections that are tested before use."""
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=5)
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def settle(connection, _record):
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")
    return engine


def create_tables(engine: sa.Engine) -> None:
    """Make the tables of people that are missing."""
    metadata.create_all(engine)
