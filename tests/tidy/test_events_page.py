"""docs/spec/events.md has every kind and every column of it, as the typed events read them."""
from __future__ import annotations

import re
from pathlib import Path

from steelyard.kernel import load_plain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "spec" / "events.md"
codes = load_plain("codes")
typed = load_plain("api.events")
records = load_plain("engine.records")
COMMON = ("sequence", "time_ns", "command_sequence")


def written() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Kind -> (class, rows of (column, attribute)) as the page has them."""
    found = {}
    for part in re.split(r"^### ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        heading, body = part.split("\n", 1)
        rows = [(column, attribute) for column, attributes in re.findall(r"^\| `(\w+)` \| (`[\w`, ]+`) \| \S", body,
                                                                         re.MULTILINE)
                for attribute in re.findall(r"`(\w+)`", attributes)]
        for kind, name in re.findall(r"([A-Z_]+) `(\w+)`", heading):
            assert kind not in found, f"{kind} is on the page twice"
            found[kind] = name, rows
    return found


def declared() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """The same from the classes."""
    return {kind.name: (one.__name__, [(typed.column_of(one, name), name) for name in one.__struct_fields__
                                       if name not in COMMON])
            for kind, one in typed.EVENTS.items()}


def test_the_page_has_every_kind_and_every_column():
    page, classes = written(), declared()
    assert list(page) == [kind for kind in page if kind in classes] and set(page) == set(classes)
    for kind, (name, rows) in classes.items():
        assert page[kind][0] == name
        assert sorted(page[kind][1]) == sorted(rows), kind


def test_every_kind_has_a_class_in_the_past_tense_that_says_what_it_is():
    assert set(typed.EVENTS) == set(codes.EventKind)
    for kind, one in typed.EVENTS.items():
        assert one.KIND == kind and len(one.__doc__.split()) > 5
        assert kind.name.replace("_", "").lower() == one.__name__.lower()
        assert {typed.column_of(one, name) for name in one.__struct_fields__} <= set(records.EVENT.names)


def test_every_kind_of_command_has_a_class_or_a_reason_why_not():
    commands = load_plain("api.commands")
    assert set(commands.COMMANDS) | set(commands.RESERVED) == set(codes.CommandKind)
    assert not set(commands.COMMANDS) & set(commands.RESERVED)
    for kind, one in commands.COMMANDS.items():
        assert kind.name.replace("_", "").lower() == one.__name__.lower() and len(one.__doc__.split()) > 4
