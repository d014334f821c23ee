"""A plan as a link that reopens it in the terminal: its question as a query.  PLAN-009"""
from __future__ import annotations

import json
from urllib.parse import urlencode

import msgspec

FILES = ("history", "bars")
"""Fields that name a file of the asker's own machine: no link carries them."""


def link(kind: str, question) -> str:
    """``#/plan/liq?entry=8000&size=100...``: the venue and what differs from the default; lists as JSON."""
    fields = []
    for one in msgspec.structs.fields(type(question)):
        value = getattr(question, one.name)
        usual = one.default is not msgspec.NODEFAULT and value == one.default
        if value is None or one.name in FILES or (usual and one.name != "venue"):
            continue
        if not isinstance(value, str):
            value = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
        fields.append((one.name, value))
    return f"#/plan/{kind}?{urlencode(fields)}"
