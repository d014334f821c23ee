"""Fixtures that every room of tests knows."""
from database_server import database_url, postgresql_server

__all__ = ["database_url", "postgresql_server"]
