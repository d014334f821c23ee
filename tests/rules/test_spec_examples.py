"""The worked examples of the spec are Python sessions; here they run, over the plain form of the rules."""
import doctest
from pathlib import Path

import pytest

from steelyard.kernel import load_plain
from steelyard.units import to_steps

SPEC = Path(__file__).resolve().parents[2] / "docs" / "spec"


@pytest.mark.parametrize("page, examples_min", [("value.md", 10), ("margin.md", 10), ("fees.md", 4), ("bands.md", 1)])
def test_worked_examples(plain, page, examples_min):
    """Every example of VALU, MARG, FEES and BAND gives what its page says."""
    names = {"to_steps": to_steps}
    for row in ("linear", "inverse", "instrument", "position"):
        names[row] = getattr(plain, row)
    for room in (plain.contract, plain.margin, plain.fees, load_plain("rules.bands")):
        names.update((name, value) for name, value in vars(room).items() if callable(value))
    text = (SPEC / page).read_text("utf-8")
    examples = doctest.DocTestParser().get_doctest(text, names, page, page, 0)
    assert len(examples.examples) >= examples_min
    result = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(examples)
    assert result.failed == 0
