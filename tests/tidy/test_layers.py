"""Who may import whom: the table of the design, kept as data so that it cannot go stale."""
from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "steelyard"

FLOOR = {"kernel", "codes", "units"}
"""Compiler, named numbers and scales: everyone may import them. ``units`` and ``codes`` import nothing of ours."""

LAYERS = {
    "units": set(),
    "codes": set(),
    "kernel": {"compiler", "plain", "plain_values"},
    "compiler": set(),
    "plain": {"plain_values"},
    "plain_values": {"plain_tidy"},
    "plain_tidy": set(),
    "rules": FLOOR,
    "pricing": FLOOR,
    "journal": FLOOR,
    "engine": FLOOR | {"rules"},
    "venues": FLOOR | {"rules", "engine"},
    "api": FLOOR | {"engine"},
    "views": FLOOR | {"rules", "engine", "venues", "api"},
    "plan": FLOOR | {"rules", "pricing", "venues"},
    "node": FLOOR | {"engine", "journal", "venues", "views"},
    "service": FLOOR | {"engine", "pricing", "venues", "api", "views", "plan", "node", "journal"},
    "lab": FLOOR | {"rules", "pricing", "journal", "engine", "venues", "views", "plan", "node", "api"},
    "feeds": FLOOR | {"engine", "venues", "api", "views", "node", "lab"},
    "cli": None,                    # everything
    "cli_venues": {"console", "venues"},
    "console": set(),
}

RELATIVE_ONLY = {"rules", "engine"}
"""Imported a second time under another name as the plain form: an absolute import would mix the two."""


def files() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if path.name != "__init__.py" or path.stat().st_size)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path, text: str | None = None) -> list[tuple[str, int]]:
    """(room, line) of every import of ours, relative or absolute, at the top or inside a function."""
    package = ("steelyard", *path.relative_to(SOURCE).parent.parts)
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8") if text is None else text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[:len(package) - node.level + 1]) if node.level else []
            module = ".".join(base + ([node.module] if node.module else []))
            names = [module] if "." in module else [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        found += [(name.split(".")[1], node.lineno) for name in names if name.startswith("steelyard.")]
    return found


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_room_imports_only_what_the_design_allows(path):
    room = room_of(path)
    if room == "__init__":
        return
    assert room in LAYERS, f"{room} is not in the table of who may import whom"
    allowed = LAYERS[room]
    for imported, line in imported_rooms(path):
        assert allowed is None or imported in allowed | {room, "__version__"}, (
            f"{path.name}:{line}: {room} may not import {imported}")


@pytest.mark.parametrize("path", [path for path in files() if room_of(path) in RELATIVE_ONLY],
                         ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_compiled_rooms_import_relatively(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        absolute = (isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("steelyard")
                    or isinstance(node, ast.Import) and any(alias.name.startswith("steelyard") for alias in node.names))
        assert not absolute, f"{path.name}:{node.lineno}: import relatively, the plain form is a second copy"


def test_the_table_has_no_cycle():
    order: list[str] = []
    while len(order) < len(LAYERS):
        ready = sorted(room for room, allowed in LAYERS.items() if room not in order
                       and (set(LAYERS) - {room} if allowed is None else allowed & set(LAYERS)) <= set(order))
        assert ready, f"a cycle among {sorted(set(LAYERS) - set(order))}"
        order += ready


@pytest.mark.parametrize(("where", "text", "rooms"), [
    ("engine/x.py", "from ..rules.mark import a", ["rules"]),
    ("engine/x.py", "from .. import codes", ["codes"]),
    ("engine/x.py", "def f():\n    from ..lab import replay", ["lab"]),
    ("lab/x.py", "import steelyard.service.rest", ["service"]),
    ("lab/x.py", "from steelyard.engine.records import STATE", ["engine"]),
    ("cli.py", "from .engine import warm", ["engine"]),
    ("engine/x.py", "import numpy as np", []),
])
def test_imports_of_every_form_are_seen(where, text, rooms):
    assert [room for room, _line in imported_rooms(SOURCE / where, text)] == rooms
