"""REST under ``/api/v1``: routes, things, errors and the OpenAPI document made from them."""
from .app import create_app
from .services import RestSettings, Services

__all__ = ["RestSettings", "Services", "create_app"]
