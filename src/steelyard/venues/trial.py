"""Offers a profile to an empty engine, in the plain form, so that a file can be proved whole without compiling."""
from __future__ import annotations

from ..codes import REJECTED, SET_TERM, Reason
from ..engine.records import TERMS
from ..kernel import load_plain
from .commands import profile_commands
from .profile import Profile


def refusal(profile: Profile) -> str:
    """What the engine refuses of the profile, in words; empty if it takes everything.  PROF-011"""
    commands = profile_commands(profile, 0)
    symbols = {instrument.id: instrument.symbol for instrument in profile.instruments}
    for event in load_plain("engine.engine").Engine().apply(commands):
        if event["kind"] == REJECTED:
            command = commands[int(event["command_sequence"]) - 1]
            owner = symbols.get(int(command["instrument"]), profile.name)
            term = TERMS.names[int(command["parameter"])] if int(command["kind"]) == SET_TERM else ""
            return f"{owner}{f': {term}' if term else ''}: the engine refuses it: {Reason(int(event['reason'])).name}"
    return ""
