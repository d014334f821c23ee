"""Pages that repeat constants of the code, kept equal to it: limits, terms, refusals."""
from __future__ import annotations

import ast
import re
from pathlib import Path

from steelyard import codes
from steelyard.engine import records
from steelyard.venues.fields import DERIVED_TERMS, FIELDS, KEYS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def rows(page: Path, columns: int) -> list[list[str]]:
    """Cells of every table row whose first cell is code."""
    found = []
    for line in page.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) >= columns:
            found.append(cells)
    return found


def constants() -> dict[str, int]:
    """Capacities and bounds of records.py: upper-case integers between its two banners."""
    text = (ROOT / "src" / "steelyard" / "engine" / "records.py").read_text("utf-8")
    names = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names.append(node.targets[0].id)
    return {name: getattr(records, name) for name in names
            if name.isupper() and type(getattr(records, name)) is int
            and not name.endswith("_ACCOUNT") and name != "NONE"}


def test_limits_page_equals_the_constants():
    written = {cells[0].strip("`"): int(cells[1].replace(",", "")) for cells in rows(DOCS / "limits.md", 3)
               if cells[1].replace(",", "").isdigit()}
    assert written == constants()
    assert all(len(cells[2].split()) >= 4 for cells in rows(DOCS / "limits.md", 3)), "every limit has a reason"


def test_terms_page_has_every_term_and_every_figure():
    written = [cells[0].strip("`") for cells in rows(DOCS / "spec" / "terms.md", 4)]
    assert written == list(records.TERMS.names)
    text = (DOCS / "spec" / "terms.md").read_text("utf-8")
    assert [key for key in KEYS if f"`{key}`" not in text] == []
    assert {field.term for field in FIELDS} | set(DERIVED_TERMS) == set(records.TERMS.names)


def test_every_term_names_a_rule():
    for cells in rows(DOCS / "spec" / "terms.md", 4):
        assert re.search(r"[A-Z]{4}-\d{3}", cells[3]), f"{cells[0]} names no rule"


def test_refusals_page_has_every_reason_in_order():
    written = [(int(cells[1]), cells[0].strip("`")) for cells in rows(DOCS / "spec" / "refusals.md", 3)]
    assert written == [(int(reason), reason.name) for reason in codes.Reason if reason]
    assert all(cells[2] for cells in rows(DOCS / "spec" / "refusals.md", 3))


def test_glossary_is_sorted_and_knows_the_words_of_the_tables():
    words = [match.lower() for match in re.findall(r"^\*\*([^*]+)\*\*", (DOCS / "glossary.md").read_text("utf-8"),
                                                   re.MULTILINE)]
    assert words == sorted(words)
    for word in ("atom", "lot", "tick", "mark unit", "takeover", "clearing", "band", "tier", "adl", "bankruptcy price"):
        assert word in words


def test_every_runtime_dependency_has_its_reason():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    block = project[project.index("dependencies = ["):project.index("]", project.index("dependencies = ["))]
    reasons = "".join(page.read_text("utf-8") for page in (DOCS / "decisions").glob("*.md"))
    for package in re.findall(r'"([a-z0-9-]+)[><=]', block):
        assert f"**{package}**" in reasons, f"{package} is used without a reason in docs/decisions"
