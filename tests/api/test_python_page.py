"""The example of docs/python.md runs and prints what the page says, in both forms."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
CODE, PRINTED = re.search(r"```python\n(.*?)```\s+```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL).groups()


@pytest.mark.parametrize("compiled", ["0", pytest.param("1", marks=pytest.mark.compiled)])
def test_the_example_prints_what_the_page_says(compiled):
    environment = dict(os.environ, STEELYARD_COMPILE=compiled, PYTHONIOENCODING="utf-8", COLUMNS="100")
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, encoding="utf-8",
                         env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == PRINTED


def test_the_example_is_short_and_the_page_knows_every_command():
    from steelyard.api.commands import COMMANDS
    lines = [line for line in CODE.splitlines() if line.strip() and "import" not in line]
    assert len(lines) <= 25
    for one in COMMANDS.values():
        assert f"`{one.__name__}`" in PAGE.read_text("utf-8"), one.__name__


def test_importing_the_package_alone_loads_no_compiler():
    code = "import sys, steelyard; print(steelyard.__version__, 'numba' in sys.modules, 'numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[1:] == ["False", "False"]
