"""A gate is compiled as a unit of its own, those it calls before it: so each is defined before every gate that calls
it.

Order is that of import (as ``engine.dispatch`` pulls the rooms in), then of the file. What a kernel calls counts as
called by whoever calls the kernel.
"""
from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "steelyard"
FIRST = "engine/dispatch.py"


class Room:
    """One module: what it imports, and its functions with what they call, in order."""

    def __init__(self, name: str, text: str):
        self.name, self.modules, self.names, self.functions, self.order = name, {}, {}, {}, []
        for node in ast.parse(text).body:
            if isinstance(node, ast.ImportFrom) and node.level:
                self.imports(node)
            elif isinstance(node, ast.FunctionDef):
                marks = {mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)}
                self.functions[node.name] = ("gate" in marks, set(self.calls(node)))

    def imports(self, node: ast.ImportFrom) -> None:
        """Note which module each imported name comes from; a module imported whole is known by its own name."""
        folder = self.name.rsplit("/", 1)[0] if "/" in self.name and node.level == 1 else ""
        base = "/".join(part for part in (folder, (node.module or "").replace(".", "/")) if part)
        for alias in node.names:
            whole = f"{base}/{alias.name}.py" if base else f"{alias.name}.py"
            if (SOURCE / whole).exists():
                self.modules[alias.asname or alias.name] = whole
                self.order.append(whole)
            else:
                self.names[alias.asname or alias.name] = (f"{base}.py", alias.name)
                self.order.append(f"{base}.py")

    @staticmethod
    def calls(node: ast.FunctionDef):
        """Names called, ``f`` or ``module.f``, in order."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                if isinstance(inner.func, ast.Name):
                    yield inner.func.id
                elif isinstance(inner.func, ast.Attribute) and isinstance(inner.func.value, ast.Name):
                    yield f"{inner.func.value.id}.{inner.func.attr}"

    def resolve(self, called: str) -> tuple[str, str] | None:
        """(module, function) of a call, None where it is not ours."""
        if "." in called:
            module, name = called.split(".")
            return (self.modules[module], name) if module in self.modules else None
        return (self.name, called) if called in self.functions else self.names.get(called)


def load(first: str = FIRST) -> tuple[dict[str, Room], list[tuple[str, str]]]:
    """All rooms reached from ``first``, and their gates in the order in which import defines them."""
    rooms: dict[str, Room] = {}
    gates: list[tuple[str, str]] = []

    def visit(name: str) -> None:
        if name in rooms or not (SOURCE / name).exists():
            return
        room = rooms[name] = Room(name, (SOURCE / name).read_text("utf-8"))
        for module in room.order:
            visit(module)
        gates.extend((name, function) for function, (is_gate, _calls) in room.functions.items() if is_gate)
    visit(first)
    return rooms, gates


def gates_called(rooms: dict[str, Room], start: tuple[str, str]) -> set[tuple[str, str]]:
    """Gates that a function calls itself or through kernels (not through other gates)."""
    found, seen, left = set(), set(), [start]
    while left:
        module, function = left.pop()
        if (module, function) in seen or function not in rooms[module].functions:
            continue
        seen.add((module, function))
        for called in rooms[module].functions[function][1]:
            target = rooms[module].resolve(called)
            if target is None or target[0] not in rooms or target[1] not in rooms[target[0]].functions:
                continue
            if rooms[target[0]].functions[target[1]][0]:
                found.add(target)
            else:
                left.append(target)
    return found


def test_a_gate_is_defined_before_every_gate_that_calls_it():
    rooms, gates = load()
    place = {gate: index for index, gate in enumerate(gates)}
    assert len(gates) > 50
    late = [f"{caller[0]}:{caller[1]} calls {called[0]}:{called[1]}, which is defined later"
            for caller in gates for called in sorted(gates_called(rooms, caller)) if place[called] >= place[caller]]
    assert late == []


def test_the_order_is_the_one_import_really_has():
    """The reading of the sources above against the gates that Python registers when the engine is imported first."""
    from steelyard import kernel
    if not kernel.COMPILED:
        return
    code = ("from steelyard import kernel\nfrom steelyard.engine import dispatch\n"
            "print(*(item.symbol for item in kernel._GATES))")
    registered = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    expected = [f"steelyard.{name[:-3].replace('/', '.')}.{function}" for name, function in load()[1]]
    assert [symbol for symbol in registered if symbol in set(expected)] == expected
    assert set(registered) >= set(expected)
