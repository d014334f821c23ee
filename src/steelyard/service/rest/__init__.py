"""REST under ``/api/v1``: routes, things, errors and the OpenAPI document made from them."""
