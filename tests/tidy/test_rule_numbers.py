"""Every numbered rule of the spec has a test that carries its number; every number in code or tests is in the spec."""
from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC, SOURCE, TESTS = ROOT / "docs" / "spec", ROOT / "src" / "steelyard", ROOT / "tests"
HEADING = re.compile(r"^#+ ([A-Z]{4}-\d{3})\b", re.MULTILINE)
NUMBER = re.compile(r"(?<![A-Z0-9-])([A-Z]{4})[-_](\d{3})(?![0-9])")


def defined() -> dict[str, str]:
    """Rule number -> page that defines it by a heading."""
    found: dict[str, str] = {}
    for page in sorted(SPEC.glob("*.md")):
        for number in HEADING.findall(page.read_text("utf-8")):
            assert number not in found, f"{number} is defined in {found.get(number)} and {page.name}"
            found[number] = page.name
    return found


def named(folder: Path) -> dict[str, str]:
    """Rule number -> a file under ``folder`` that names it (`ABCD-001`, or `ABCD_001` in a test's name)."""
    rooms = {number[:4] for number in defined()}
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        if path == Path(__file__).resolve():
            continue
        for room, digits in NUMBER.findall(path.read_text("utf-8")):
            if room in rooms or folder == SOURCE:
                found.setdefault(f"{room}-{digits}", path.relative_to(ROOT).as_posix())
    return found


def test_every_rule_has_a_test_that_carries_its_number():
    missing = sorted(set(defined()) - set(named(TESTS)))
    assert missing == [], f"no test carries {missing}"


def test_every_number_in_the_code_is_a_rule_of_the_spec():
    rules = defined()
    unknown = {number: where for number, where in named(SOURCE).items() if number not in rules}
    assert unknown == {}


def test_every_number_in_a_test_is_a_rule_of_the_spec():
    rules = defined()
    unknown = {number: where for number, where in named(TESTS).items() if number not in rules}
    assert unknown == {}


def test_every_number_on_a_page_is_a_rule_of_the_spec():
    rules = defined()
    rooms = {number[:4] for number in rules}
    unknown = {f"{room}-{digits}": page.name for page in sorted(SPEC.glob("*.md"))
               for room, digits in NUMBER.findall(page.read_text("utf-8"))
               if f"{room}-{digits}" not in rules and (room in rooms or page.name in ("terms.md", "refusals.md"))}
    assert unknown == {}


def test_a_worked_rule_is_long_enough_to_be_one():
    """A heading without a sentence under it is not a rule."""
    for page in sorted(SPEC.glob("*.md")):
        parts = HEADING.split(page.read_text("utf-8"))
        for number, body in zip(parts[1::2], parts[2::2]):
            assert len(body.split()) >= 6, f"{page.name}: {number} says too little"
