"""What a planner objects to, in the same words on the command line, from Python and over REST.  PLAN-002"""
from __future__ import annotations

import re
from typing import Any

import msgspec

from ..units import UnitError


class PlanError(ValueError):
    """A question that cannot be answered: the field, what is wrong with it, what would do, and the rule."""

    def __init__(self, field: str, message: str, do: str, rule: str = "PLAN-002", code: str = "invalid_value"):
        super().__init__(f"{field}: {message}; {do} ({rule})")
        self.field, self.message, self.do, self.rule, self.code = field, f"{field}: {message}", do, rule, code


def from_unit(error: UnitError, field: str) -> PlanError:
    """A number that is not on its grid; the second half of its message says what would do."""
    text = str(error)
    what, _, do = text.partition("; ")
    return PlanError(field, what.partition(": ")[2] or what, do or "give a decimal such as \"7934.5\"")


_PATH = re.compile(r" - at `(?:key in )?\$?\.?(.*?)`$")
_MISSING = re.compile(r"^Object missing required field `(.+?)`")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.+?)`")


def from_decoder(error: msgspec.ValidationError) -> PlanError:
    """What the decoder of a question objected to."""
    text = str(error)
    path = _PATH.search(text)
    at = path.group(1) if path else ""
    what = text[:path.start()] if path else text
    missing, unknown = _MISSING.match(what), _UNKNOWN.match(what)
    if missing:
        field = f"{at}.{missing.group(1)}" if at else missing.group(1)
        return PlanError(field, "is missing", f"give {field}", code="missing_field")
    if unknown:
        field = f"{at}.{unknown.group(1)}" if at else unknown.group(1)
        return PlanError(field, "is not a field here", "check the spelling; unknown fields are refused",
                         code="unknown_field")
    do = "give text, such as \"7934.5\"" if "Expected `str" in what else "see docs/planner.md for the type"
    return PlanError(at or "question", f"{what[0].lower()}{what[1:]}", do)


def read(kind: type, body: dict[str, Any]):
    """``body`` as a question of this kind; a PlanError names the field that is wrong, missing or unknown."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise from_decoder(error) from None
