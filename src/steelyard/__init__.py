"""Steelyard: a leveraged-trading venue for crypto derivatives, with the laboratory that proves its rules.

``from steelyard import Engine, PlaceOrder, Traded, load_profile`` and the like: names are looked up when first asked
for, so that ``import steelyard`` alone stays cheap. docs/python.md has a worked example.
"""
from __future__ import annotations

__version__ = "0.1.0"

_ROOMS = {
    "Engine": "api.engine", "EngineFault": "engine.engine", "tables": "api.tables",
    "Side": "api.commands", "Target": "api.commands", "records": "api.commands", "events": "api.events",
    "load_profile": "venues.profile", "profile_commands": "venues.commands", "to_atoms": "venues.profile",
    "to_steps": "units", "from_steps": "units", "atoms_text": "units", "rate_ppb": "units", "PPB": "units",
}
"""Where each name lives; commands, events and the enums of ``codes`` are found by their own names."""


def __getattr__(name: str):
    if name not in _ROOMS and not name[0].isupper():       # a room of the package that is about to be imported, perhaps
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module
    for room in (_ROOMS[name],) if name in _ROOMS else ("api.commands", "api.events", "codes"):
        module = import_module(f"{__name__}.{room}")
        if name in _ROOMS or hasattr(module, name):
            value = globals()[name] = getattr(module, name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
