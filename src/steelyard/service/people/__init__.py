"""Who comes in: users, passwords, sessions, API keys and signatures, kept in SQL."""
from .arrived import Arrived
from .database import create_engine, default_url
from .opening import open_missing
from .people import People, PeopleSettings, SignedIn
from .principal import SCOPES, Principal
from .users import Opening

__all__ = ["SCOPES", "Arrived", "Opening", "People", "PeopleSettings", "Principal", "SignedIn", "create_engine",
           "default_url", "open_missing"]
