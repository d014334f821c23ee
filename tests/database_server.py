"""A PostgreSQL server of our own for the tests that need a real one: free port, temporary folder, gone afterward.

The fixture ``database_url`` (known to all tests) gives an empty database of every kind: SQLite in a folder, PostgreSQL.
"""
from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

PLACES = ("/usr/local/bin", "/usr/bin", *(f"/usr/lib/postgresql/{version}/bin" for version in range(20, 11, -1)))
"""Where Debian and others keep the programs of the server."""


def program(name: str) -> str | None:
    """The path of a PostgreSQL program, None where there is none."""
    return shutil.which(name) or next((path for path in (f"{place}/{name}" for place in PLACES)
                                       if os.access(path, os.X_OK)), None)


def _unprivileged() -> tuple[str, dict]:
    """The name of a user who may run the server (it refuses root), and what makes a child that user."""
    if os.geteuid() != 0:
        return getpass.getuser(), {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return name, {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def postgresql() -> Iterator[str]:
    """A running server; gives the URL of its administrative database. Skips where PostgreSQL is not installed."""
    initdb, server = program("initdb"), program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL on this machine: install the package postgresql to run these tests")
    user, become = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="steelyard-postgres-"))
    if become:
        os.chown(folder, become["user"], become["group"])
    port, place = free_port(), {"cwd": folder, "env": {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder)}}
    try:
        subprocess.run([initdb, "-D", str(folder / "data"), "-U", "steelyard", "-A", "trust", "-E", "UTF8",
                        "--no-sync"], check=True, capture_output=True, **place, **become)
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [server, "-D", str(folder / "data"), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
                 "-c", f"unix_socket_directories={folder}", "-c", "fsync=off", "-c", "shared_buffers=16MB"],
                stdout=log, stderr=log, **place, **become)
        url = f"postgresql+psycopg://steelyard@127.0.0.1:{port}/postgres"
        try:
            _wait(url, running, folder / "log")
            yield url
        finally:
            running.send_signal(signal.SIGINT)      # fast: open connections do not hold it up
            running.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str, running: subprocess.Popen, log: Path) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    until = time.monotonic() + 30
    while True:
        try:
            with engine.connect():
                return
        except sa.exc.OperationalError:
            if running.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text('utf-8')}") from None
            time.sleep(0.05)


def new_database(server_url: str) -> str:
    """An empty database on a server; gives its URL."""
    name = f"steelyard_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return server_url.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """One server for the whole run."""
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'people.sqlite'}"
    return new_database(request.getfixturevalue("postgresql_server"))
