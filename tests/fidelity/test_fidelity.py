"""Every published figure is a test named by its id; the page made from them is the one that is committed."""
import re

import pytest

from .form import KINDS, SECTIONS, Row, all_facts, exact, rounded
from .page import PAGE, page

VECTORS = [pytest.param(vector, id=f"{facts.name}-{vector.id}") for facts in all_facts() for vector in facts.vectors]


@pytest.mark.parametrize("vector", VECTORS)
def test_published_figure(vector):
    """Each figure of the example is what its kind says: equal, equal to its places, or openly neither."""
    rows = vector.rows()
    assert rows and all(row.kind in KINDS for row in rows)
    assert [row.fault() for row in rows if row.fault()] == []
    assert vector.source and vector.what


def test_the_page_is_fresh():
    assert PAGE.read_text("utf-8") == page(), "docs/fidelity.md is stale: make fidelity"


def test_every_module_is_a_section_and_ids_are_unique():
    facts = all_facts()
    assert [one.name for one in facts] == [name for name in SECTIONS if name in {one.name for one in facts}]
    for one in facts:
        ids = [vector.id for vector in one.vectors]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[A-Z]{1,3}-?\d{1,3}[a-z]*(-[a-z0-9]+)?", name) for name in ids), ids


@pytest.mark.parametrize("row, fails", [
    (exact("x", 1, 1), False), (exact("x", 1, 2), True),
    (rounded("x", "0.12", 0), True), (rounded("x", "-0", 0), False),
    (Row("inconsistent", "x", 1, 2, "short note"), True), (Row("differs", "x", 1, 2, "a note of four words"), False),
    (Row("differs", "x", 1, 1, "a note of four words"), True), (Row("not modelled", "", "", "", ""), True)])
def test_a_row_says_when_it_is_not_what_its_kind_claims(row, fails):
    assert bool(row.fault()) is fails
