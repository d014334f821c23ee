"""What has no place in deciding code: clocks, chance, floats, sets, files. And venue names in conditions, anywhere."""
from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "steelyard"
ROOMS = ("engine", "rules")
BANNED_MODULES = {"time", "random", "secrets", "datetime", "math", "os", "socket", "threading", "asyncio"}
BANNED_CALLS = {"set", "frozenset", "open", "input", "print", "float", "hash", "id", "eval", "exec"}
OUTSIDE = {"warm": "reads a clock to show progress, outside any kernel",
           "invariants": "looks at tables after the command, in tests and on demand; decides nothing",
           "naive": "the obvious twin of something clever; may use any container"}
"""Files of these rooms, by the first word of their name, that are not deciding code, and why."""


def deciding_files() -> list[Path]:
    return [path for room in ROOMS for path in sorted((SOURCE / room).glob("*.py"))
            if path.stem.split("_")[0] not in OUTSIDE]


def faults(text: str) -> list[str]:
    """Everything banned in a source, with its line."""
    found = []
    for node in ast.walk(ast.parse(text)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import):
            found += [f"{line}: imports {alias.name}" for alias in node.names
                      if alias.name.split(".")[0] in BANNED_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module
                                                                       or "").split(".")[0] in BANNED_MODULES:
            found.append(f"{line}: imports {node.module}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
            found.append(f"{line}: calls {node.func.id}()")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (
                node.value.id in ("np", "numpy") and node.attr in ("random", "float64", "float32")):
            found.append(f"{line}: uses {node.value.id}.{node.attr}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"{line}: the float {node.value}")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            found.append(f"{line}: divides with /, which makes a float")
        elif isinstance(node, (ast.Set, ast.SetComp)):
            found.append(f"{line}: a set, which has no order")
    return found


@pytest.mark.parametrize("path", deciding_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_deciding_code_has_no_clock_chance_float_set_or_file(path):
    assert faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize(("text", "count"), [
    ("import time", 1), ("from random import random", 1), ("x = 0.5", 1), ("x = {1, 2}", 1), ("x = set()", 1),
    ("x = open('f')", 1), ("x = a / b", 1), ("x = np.random.rand()", 1), ("x = a // b", 0),
    ("from ..units import PPB", 0),
])
def test_the_search_finds_each_of_them(text, count):
    assert len(faults(text)) == count


def kernel_faults(text: str) -> list[str]:
    """What a deciding kernel must not contain: exceptions, and containers of unbounded or unordered kind."""
    found = []
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef) or not any(
                isinstance(mark, ast.Name) and mark.id in ("kernel", "gate") for mark in function.decorator_list):
            continue
        for node in ast.walk(function):
            if isinstance(node, (ast.Raise, ast.Try, ast.Dict, ast.DictComp, ast.ListComp, ast.Lambda, ast.With)):
                found.append(f"{function.name}:{node.lineno}: {type(node).__name__}")
        if len(function.args.args) > 6:
            found.append(f"{function.name}: {len(function.args.args)} arguments; a record is missing")
    return found


@pytest.mark.parametrize("path", deciding_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_kernels_raise_nothing_allocate_nothing_and_take_few_arguments(path):
    assert kernel_faults(path.read_text("utf-8")) == []


def venue_faults(text: str) -> list[str]:
    """Comparisons that ask which venue this is."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare) or isinstance(node, ast.match_case):
            names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
            names |= {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}
            if isinstance(node, ast.Compare) and names & {"venue", "venue_name", "exchange"} and any(
                    isinstance(child, ast.Constant) and isinstance(child.value, str) for child in ast.walk(node)):
                found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_code_asks_which_venue_it_is(path):
    assert venue_faults(path.read_text("utf-8")) == []
    assert venue_faults('if venue == "bitmex":\n    pass') != []
