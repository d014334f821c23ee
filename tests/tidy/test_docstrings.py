"""Examples in docstrings run, in the plain form, where kernels are ordinary functions."""
from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from steelyard.kernel import load_plain

SOURCE = Path(__file__).resolve().parents[2] / "src" / "steelyard"
WITH_EXAMPLES = sorted(path for path in SOURCE.rglob("*.py") if ">>> " in path.read_text("utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_examples_in_docstrings_come_out(path):
    module = load_plain(".".join(path.relative_to(SOURCE).with_suffix("").parts))
    names = dict(vars(module), load_plain=load_plain)
    result = doctest.testmod(module, extraglobs=names)
    assert result.attempted > 0 and result.failed == 0
