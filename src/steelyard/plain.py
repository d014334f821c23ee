"""The plain form, written out: what runs long where kernels are not compiled.

In the plain form a command is a hundred small calls. So what :class:`Door` leads to is written a second time, by the
rule that the compiled form follows too: a kernel becomes part of its callers, a gate is called. Named numbers become
numbers, ``max``, ``min``, ``abs`` and ``len`` need no call, and a value is found once. The source stays what it is: it
runs first, wherever a debugger looks, and whenever a name it uses was given another value (docs/decisions/0014).
"""
from __future__ import annotations

import ast
import builtins
import functools
import gc
import os
import sys
import types
from collections import Counter
from pathlib import Path

from .plain_values import Saver

MAYBE, SURE, FIRST = 0, 1, 2
"""How an expression is evaluated in its statement: on a condition; always; always, with nothing of effect before it."""

NODES_MAX = 3_000
"""A written function does not grow beyond this many nodes of syntax: what is left is called."""
ROWS_FIRST = 60_000
"""To write everything out takes four seconds or five: who applies fewer rows does not wait for it."""

PURE = {max, min, abs, len, range, int, bool}


# ---------------------------------------------------------------- kernels as they stand
@functools.cache
def _definitions(path: str) -> dict:
    """Function definitions of a file by their first line, decorators counted."""
    tree = ast.parse(Path(path).read_text("utf-8"))
    return {min([node.lineno, *(mark.lineno for mark in node.decorator_list)]): node
            for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _loads(node, name):
    return sum(isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
               for part in ast.walk(node))


def _uses(node, name):
    """How often an expression evaluates a name, at most: of two branches one is taken."""
    if isinstance(node, ast.IfExp):
        return _uses(node.test, name) + max(_uses(node.body, name), _uses(node.orelse, name))
    own = isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    return own + sum(_uses(child, name) for child in ast.iter_child_nodes(node))


def _bind_first(node, name, value):
    """The expression with the first use of ``name`` replaced by ``(name := value)``; None if that use is not sure to
    be evaluated. Later uses stay."""
    for field in node._fields:
        part = getattr(node, field, None)
        many = isinstance(part, list)
        for index, child in enumerate(part if many else [part]):
            if not isinstance(child, ast.AST) or not _loads(child, name):
                continue
            if isinstance(node, ast.BoolOp) and index > 0 or isinstance(node, ast.IfExp) and field != "test" or (
                    isinstance(node, ast.Compare) and field == "comparators" and index > 0):
                return None
            if isinstance(child, ast.Name):
                new = ast.copy_location(ast.NamedExpr(ast.Name(name, ast.Store()), value), child)
            else:
                new = _bind_first(child, name, value)
                if new is None:
                    return None
            copy = type(node)(**{key: getattr(node, key) for key in node._fields})
            setattr(copy, field, [*part[:index], new, *part[index + 1:]] if many else new)
            return ast.copy_location(copy, node)
    return None


class Source:
    """A kernel as it stands in its file, and what may be done with it."""

    def __init__(self, function):
        self.function = function
        self.names = function.__globals__
        self.node = _definitions(function.__code__.co_filename)[function.__code__.co_firstlineno]
        self.parameters = [parameter.arg for parameter in self.node.args.args]
        body = self.node.body
        has_words = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        self.body = body[1:] if has_words else body
        self.local = set(function.__code__.co_varnames)
        parts = list(ast.walk(self.node))
        self.assigned = Counter(part.id for part in parts if isinstance(part, ast.Name)
                                and isinstance(part.ctx, ast.Store))
        self.returns = sum(isinstance(part, ast.Return) for part in parts)
        self.ends = bool(self.body) and isinstance(self.body[-1], ast.Return)
        loops = [part for part in parts if isinstance(part, (ast.For, ast.While))]
        self.returns_in_loop = any(isinstance(part, ast.Return) for loop in loops for part in ast.walk(loop))
        self.expression = self._as_expression(self.body)

    def resolve(self, node):
        """(value of a global name or of a name in a module, where it was read as (names, name, value)); None for
        anything else."""
        if isinstance(node, ast.Name) and node.id not in self.local and node.id[0] != "=":
            names = self.names if node.id in self.names else vars(builtins)
            return names[node.id], [(names, node.id, names[node.id])]
        if isinstance(node, ast.Attribute):
            module = self.resolve(node.value)
            if module and isinstance(module[0], types.ModuleType):
                names = vars(module[0])
                return names[node.attr], [*module[1], (names, node.attr, names[node.attr])]
        return None

    @functools.cached_property
    def is_pure(self):
        """Whether a call changes nothing (it may raise)."""
        self.is_pure = False                            # while it is found out: a kernel that calls itself is not
        return all(self.changes_nothing(statement) for statement in self.body)

    def changes_nothing(self, node):
        """Whether to run a part of this kernel changes nothing but local names."""
        for part in ast.walk(node):
            if isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load):
                return False
            if isinstance(part, ast.Call):
                target = self.resolve(part.func)
                if target is None and part.func.attr == "bit_length":
                    continue
                if target is None or not (target[0] in PURE or is_kernel(target[0]) and source(target[0]).is_pure):
                    return False
        return True

    def _as_expression(self, body):
        """The one expression a body comes to; None where it is more than that."""
        if not body:
            return None
        first, rest = body[0], body[1:]
        if isinstance(first, ast.Return):
            return first.value
        if isinstance(first, ast.If):
            chosen = self._as_expression(first.body) if self._leaves(first.body) else None
            other = self._as_expression([*first.orelse, *rest])
            if chosen is None or other is None:
                return None
            return ast.copy_location(ast.IfExp(first.test, chosen, other), first)
        if isinstance(first, ast.Assign) and isinstance(first.targets[0], ast.Name):
            name, following = first.targets[0].id, self._as_expression(rest)
            if following is not None and self.assigned[name] == 1 and name not in self.parameters and (
                    self.changes_nothing(first.value)):
                if isinstance(following, ast.Name):
                    return first.value if following.id == name else None
                return _bind_first(following, name, first.value)
        return None

    def _leaves(self, body):
        last = body[-1]
        return isinstance(last, ast.Return) or isinstance(last, ast.If) and bool(last.orelse) and (
            self._leaves(last.body) and self._leaves(last.orelse))


@functools.cache
def source(function):
    """The :class:`Source` of a function."""
    return Source(function)


def is_kernel(value):
    """Whether a value is an uncompiled function of the rooms that decide, or of ``kernel``."""
    return isinstance(value, types.FunctionType) and value.__module__.split(".")[1:2][0] in ROOMS


ROOMS = ("engine", "rules", "kernel")


# ---------------------------------------------------------------- writing one out
class Scope:
    """What local names of a kernel are called where it is written out, and what a ``return`` of it becomes."""

    def __init__(self, kernel, names=None, place=None, result=None, leaves_by=None):
        self.kernel, self.names, self.place = kernel, names, place
        self.result, self.leaves_by = result, leaves_by      # leaves_by: return, break or None (falls out of the end)

    def name(self, name):
        """The expression that stands for a local name."""
        return ast.Name(name, ast.Load()) if self.names is None else self.names[name]


def _bound(node):
    """Names that an expression binds while it is evaluated."""
    if _is_trivial(node):
        return []
    return [part.target.id for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]


def _is_trivial(node):
    return isinstance(node, (ast.Name, ast.Constant))


def _is_safe(node):
    """Whether an expression is cheap, cannot fail and has no effect: it may be evaluated twice, later or not at all."""
    if isinstance(node, ast.Attribute):
        return _is_safe(node.value)
    if isinstance(node, ast.UnaryOp):
        return _is_safe(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
        return _is_safe(node.left) and _is_safe(node.right)
    return _is_trivial(node)


class Writer:
    """Writes one function out; what it still calls is put under its own name into the names of all that is written."""

    def __init__(self, names, held):
        self.names, self.held = names, held
        self.pure = {function.__name__ for function in PURE}     # names of what changes nothing when it is called
        self.called = []                     # functions that need writing too
        self.before, self.tainted = [], False
        self.count = self.nodes = 0
        self.stack = []

    def function(self, kernel):
        """The definition of a kernel, written out."""
        self.stack.append(kernel.function)
        body = self.block(kernel.body, Scope(kernel, leaves_by="return"))
        node = kernel.node
        new = ast.FunctionDef(node.name, node.args, body, [], None)
        new = ast.copy_location(new, node)
        for argument in new.args.args:
            argument.annotation = None
        return new

    def fresh(self, name):
        """A local name that no source has."""
        self.count += 1
        return f"_{self.count}"

    # ------------------------------------------------------------ statements
    def block(self, statements, scope):
        """Statements written out, each after what had to go before it."""
        written = []
        for statement in statements:
            outer = self.before, self.tainted
            self.before, self.tainted = [], False
            new = getattr(self, f"write_{type(statement).__name__}")(statement, scope)
            written += [*self.before, *new]
            self.before, self.tainted = outer
            if new and isinstance(new[-1], (ast.Return, ast.Break, ast.Continue)):
                break
        return written

    def located(self, new, node, scope):
        """A new node with the line of its original, or of the call that is being written out."""
        self.nodes += 1
        return ast.copy_location(new, scope.place or node)

    def write_Pass(self, node, scope):
        return []

    def write_Break(self, node, scope):
        return [self.located(type(node)(), node, scope)]

    write_Continue = write_Break

    def write_Raise(self, node, scope):
        return [self.located(ast.Raise(self.expression(node.exc, scope, MAYBE)), node, scope)]

    def write_Assert(self, node, scope):
        return [self.located(ast.Assert(self.expression(node.test, scope, MAYBE), node.msg), node, scope)]

    def write_Expr(self, node, scope):
        value = self.expression(node.value, scope, FIRST, wanted=False)
        return [] if _is_trivial(value) else [self.located(ast.Expr(value), node, scope)]

    def write_Assign(self, node, scope):
        value = self.expression(node.value, scope, FIRST)
        targets = [self.expression(target, scope, MAYBE) for target in node.targets]
        return [self.located(ast.Assign(targets, value), node, scope)]

    def write_AugAssign(self, node, scope):
        at = FIRST if isinstance(node.target, ast.Name) else SURE
        value = self.expression(node.value, scope, at)
        target = self.expression(node.target, scope, MAYBE)
        return [self.located(ast.AugAssign(target, node.op, value), node, scope)]

    def write_Return(self, node, scope):
        value = node.value and self.expression(node.value, scope, FIRST)
        if scope.leaves_by == "return":
            return [self.located(ast.Return(value), node, scope)]
        written = []
        if scope.result is not None:
            new = ast.Assign([ast.Name(scope.result, ast.Store())], value or ast.Constant(None))
            written.append(self.located(new, node, scope))
        if scope.leaves_by == "break":
            written.append(self.located(ast.Break(), node, scope))
        return written

    def write_If(self, node, scope):
        test = self.expression(node.test, scope, FIRST)
        before = self.before
        if isinstance(test, ast.Constant):
            chosen = self.block(node.body if test.value else node.orelse, scope)
            self.before = before
            return chosen
        body, orelse = self.block(node.body, scope), self.block(node.orelse, scope)
        return [self.located(ast.If(test, body or [ast.Pass()], orelse), node, scope)]

    def write_For(self, node, scope):
        within = self.expression(node.iter, scope, FIRST)
        target = self.expression(node.target, scope, MAYBE)
        return [self.located(ast.For(target, within, self.block(node.body, scope), []), node, scope)]

    def write_While(self, node, scope):
        outer, self.before = self.before, []
        test = self.expression(node.test, scope, FIRST)
        before, self.before = self.before, outer
        body = self.block(node.body, scope)
        if before:
            leave = ast.If(ast.UnaryOp(ast.Not(), test), [ast.Break()], [])
            test, body = ast.Constant(True), [*before, self.located(leave, node, scope), *body]
        return [self.located(ast.While(test, body, []), node, scope)]

    # ------------------------------------------------------------ expressions
    def expression(self, node, scope, at, wanted=True):
        """An expression written out; what has to run before it is left in ``self.before``."""
        found = scope.kernel.resolve(node)
        if found is not None:
            return self.located(self.constant(*found), node, scope)
        if isinstance(node, ast.Name):
            known = scope.name(node.id)
            return self.located(ast.Name(known.id, node.ctx), node, scope) if isinstance(known, ast.Name) else known
        if isinstance(node, ast.Call):
            return self.call(node, scope, at, wanted)
        if isinstance(node, ast.BoolOp):
            return self.connected(node, scope, at)
        if isinstance(node, ast.IfExp):
            return self.chosen(node, scope, at)
        fields = {}
        for field in node._fields:
            part = getattr(node, field)
            if isinstance(part, list):
                fields[field] = new = []
                for child in part:
                    if isinstance(child, ast.expr):
                        child = self.expression(child, scope, at)
                        at = self.behind(child, at)
                    new.append(child)
                    if isinstance(node, ast.Compare) and field == "comparators":
                        at = MAYBE
            elif isinstance(part, ast.expr):
                fields[field] = self.expression(part, scope, at)
                at = self.behind(fields[field], at)
            else:
                fields[field] = part
        return self.located(type(node)(**fields), node, scope)

    def behind(self, node, at):
        """How what follows ``node`` in an expression is evaluated."""
        return at if _is_trivial(node) else min(at, SURE)

    def constant(self, value, where):
        """A global value: a number as itself, anything else by a name."""
        self.held.extend(where)
        if value is None or isinstance(value, bool):
            return ast.Constant(value)
        return ast.Constant(int(value)) if isinstance(value, int) else ast.Name(self.known(value), ast.Load())

    def known(self, value):
        """The name by which written functions know a value."""
        name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', id(value))}"
        self.names.setdefault(name, value)
        if is_kernel(value) and (source(value).is_pure or isinstance(source(value).body[0], ast.Raise)):
            self.pure.add(name)
        return name

    def is_pure(self, call):
        """Whether a call that was written changes nothing."""
        return isinstance(call.func, ast.Attribute) or call.func.id in self.pure

    def may_lift(self, at, pure=False):
        """Whether a part of an expression may be evaluated before the statement it is in."""
        return at == FIRST or at == SURE and pure and not self.tainted

    def aside(self, node, scope, at):
        """An expression and what has to run right before it, kept apart."""
        outer, self.before = self.before, []
        value = self.expression(node, scope, at)
        before, self.before = self.before, outer
        return value, before

    def connected(self, node, scope, at):
        """``and`` and ``or``: in statements where a later part needs some before it."""
        values = [self.expression(node.values[0], scope, at)]
        stops = isinstance(node.op, ast.Or)
        for part in node.values[1:]:
            last = values[-1]
            if isinstance(last, ast.Constant):
                if bool(last.value) == stops:
                    break
                values.pop()
            later = at if self.may_lift(at, True) else MAYBE
            value, before = self.aside(part, scope, later)
            if before:
                name = self.fresh("truth")
                so_far = values[0] if len(values) == 1 else ast.BoolOp(node.op, values) if values else (
                    ast.Constant(not stops))
                self.assign(name, so_far, node, scope)
                test = ast.Name(name, ast.Load())
                before.append(self.assignment(name, value, node, scope))
                new = ast.If(ast.UnaryOp(ast.Not(), test) if stops else test, before, [])
                self.before.append(self.located(new, node, scope))
                values = [test]
            else:
                values.append(value)
        return values[0] if len(values) == 1 else self.located(ast.BoolOp(node.op, values), node, scope)

    def chosen(self, node, scope, at):
        """``a if c else b``: a statement where a or b needs some before it."""
        test = self.expression(node.test, scope, at)
        if isinstance(test, ast.Constant):
            return self.expression(node.body if test.value else node.orelse, scope, at)
        later = at if self.may_lift(at, True) else MAYBE
        (body, before), (orelse, otherwise) = (self.aside(part, scope, later) for part in (node.body, node.orelse))
        if not before and not otherwise:
            return self.located(ast.IfExp(test, body, orelse), node, scope)
        name = self.fresh("choice")
        branches = ([*before, self.assignment(name, body, node, scope)],
                    [*otherwise, self.assignment(name, orelse, node, scope)])
        self.before.append(self.located(ast.If(test, *branches), node, scope))
        return self.located(ast.Name(name, ast.Load()), node, scope)

    def assignment(self, name, value, node, scope):
        return self.located(ast.Assign([ast.Name(name, ast.Store())], value), node, scope)

    def assign(self, name, value, node, scope):
        self.before.append(self.assignment(name, value, node, scope))

    # ------------------------------------------------------------ calls
    def call(self, node, scope, at, wanted):
        """A call: of a kernel, what the kernel says; of a gate, the gate as it is written out."""
        function, where = scope.kernel.resolve(node.func) or (None, [])
        self.held.extend(where)
        arguments, behind, tainted = [], at, self.tainted
        for argument in node.args:
            arguments.append(self.expression(argument, scope, behind))
            behind = self.behind(arguments[-1], behind)
        clean = self.tainted == tainted
        if function in (max, min, abs, len):
            return self.counted(function, arguments, node, scope)
        if function is None:                                # a method of an integer: bit_length
            method = self.expression(node.func, scope, MAYBE)
            return self.located(ast.Call(method, arguments, []), node, scope)
        if not is_kernel(function):
            self.tainted = self.tainted or function not in PURE
            name = ast.Name(function.__name__, ast.Load())
            return self.located(ast.Call(name, arguments, []), node, scope)
        kernel = source(function)
        if not hasattr(function, "apart") and function not in self.stack and self.nodes < NODES_MAX:
            if clean and kernel.expression is not None:
                new = self.as_expression(kernel, arguments, node, scope)
                if new is not None:
                    return new
            if self.may_lift(at, kernel.is_pure) and (not kernel.returns_in_loop):
                return self.as_statements(kernel, arguments, node, scope, wanted)
        self.tainted = self.tainted or not kernel.is_pure
        self.called.append(function)
        return self.located(ast.Call(ast.Name(self.known(function), ast.Load()), arguments, []), node, scope)

    def counted(self, function, arguments, node, scope):
        """``max``, ``min``, ``abs`` and ``len`` without a call."""
        if function is len and isinstance(arguments[0], ast.Attribute):
            return self.located(ast.Attribute(arguments[0], "length", ast.Load()), node, scope)
        if function is len or len(arguments) == 1 and function is not abs:
            return self.located(ast.Call(ast.Name(function.__name__, ast.Load()), arguments, []), node, scope)
        first, again = self.twice(arguments[0], node, scope)
        if function is abs:
            test = ast.Compare(first, [ast.Lt()], [ast.Constant(0)])
            return self.located(ast.IfExp(test, ast.UnaryOp(ast.USub(), again), again), node, scope)
        for argument in arguments[1:]:
            other, other_again = self.twice(argument, node, scope)
            test = ast.Compare(first, [ast.Lt() if function is max else ast.Gt()], [other])
            new = self.located(ast.IfExp(test, other_again, again), node, scope)
            first, again = self.twice(new, node, scope)
        return new

    def twice(self, argument, node, scope):
        """An expression to be evaluated once and used twice: what stands first, and what stands later."""
        if _is_trivial(argument):
            return argument, argument
        name = self.fresh("value")
        first = ast.NamedExpr(ast.Name(name, ast.Store()), argument)
        return self.located(first, node, scope), ast.Name(name, ast.Load())

    def as_expression(self, kernel, arguments, node, scope):
        """A call as the expression its kernel comes to; None where an argument may not be moved to where it is used."""
        names, expression, early = {}, kernel.expression, []
        if any(_loads(other, name) for argument in arguments for name in _bound(argument)
               for other in arguments if other is not argument):
            return None                                  # one argument names what another one binds: their order counts
        for name, argument in zip(kernel.parameters, arguments):
            uses = _uses(expression, name)
            if _is_trivial(argument) or uses <= 1 and _is_safe(argument):
                names[name] = argument
                continue
            bound = _bind_first(expression, name, ast.Name(f"={name}", ast.Load()))
            if bound is not None:
                expression = bound
                names[f"={name}"] = argument
                names[name] = ast.Name(self.fresh(name), ast.Load())
            elif _is_safe(argument):
                names[name] = argument
            else:                                        # where it is used first is not sure to be evaluated
                names[name] = ast.Name(self.fresh(name), ast.Load())
                bound = ast.NamedExpr(ast.Name(names[name].id, ast.Store()), argument)
                early.append(ast.Compare(bound, [ast.IsNot()], [ast.Constant(None)]))
        for name in kernel.assigned:
            names[name] = ast.Name(self.fresh(name), ast.Load())
        self.stack.append(kernel.function)
        new = self.expression(expression, Scope(kernel, names, scope.place or node), MAYBE)
        self.stack.pop()
        if early:                                        # always true, and quicker than a call
            test = early[0] if len(early) == 1 else ast.BoolOp(ast.And(), early)
            new = self.located(ast.IfExp(test, new, ast.Constant(0)), node, scope)
        return new

    def as_statements(self, kernel, arguments, node, scope, wanted):
        """A call as its kernel's statements, put before the statement it is in; returns what stands for its result."""
        names = {}
        for name in kernel.local:
            names[name] = ast.Name(self.fresh(name), ast.Load())
        for name, argument in zip(kernel.parameters, arguments):
            if kernel.assigned[name] == 0 and _is_trivial(argument):
                names[name] = argument
            else:
                self.assign(names[name].id, argument, node, scope)
        result = self.fresh(kernel.node.name) if kernel.returns and wanted else None
        jumps = kernel.returns > kernel.ends
        inner = Scope(kernel, names, scope.place or node, result, "break" if jumps else None)
        self.stack.append(kernel.function)
        body = self.block(kernel.body, inner)
        self.stack.pop()
        if jumps:
            if not body or not isinstance(body[-1], ast.Break):
                body.append(self.located(ast.Break(), node, scope))
            body = [self.located(ast.While(ast.Constant(True), body, []), node, scope)]
        self.before += body
        if result is None:
            return ast.Constant(None)
        if not jumps and _is_trivial(body[-1].value):                # it ends with result = a name or number
            return self.before.pop().value
        return ast.Name(result, ast.Load())


# ---------------------------------------------------------------- all that an entry reaches
class Written:
    """An entry and all it reaches, written out."""

    def __init__(self, function):
        held, names = [], {"__builtins__": builtins}
        waiting, done = [function], set()
        while waiting:
            one = waiting.pop()
            if one in done:
                continue
            done.add(one)
            writer, own = Writer(names, held), {}
            new = Saver(writer.function(source(one)), writer.is_pure, hasattr(one, "apart")).written()
            exec(compile(ast.Module([new], []), one.__code__.co_filename, "exec", dont_inherit=True), names, own)
            name = writer.known(one)
            names[name] = own[one.__name__]
            waiting += writer.called
        self.function = names[f"{function.__module__}.{function.__qualname__}"]
        self.held = list({(id(found), name): (found, name, value) for found, name, value in held}.values())

    def holds(self):
        """Whether every name it was written from has the value it had then: tests give names other values."""
        return all(names[name] is value for names, name, value in self.held)


class Door:
    """An entry of the plain form: the source for the first ``ROWS_FIRST`` rows it is given, then what is written from
    it, unless somebody traces it or has changed what it was written from (``STEELYARD_WRITE_OUT=0``: the source
    always)."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function, self.rows, self.written = function, 0, None
        self.stays = os.environ.get("STEELYARD_WRITE_OUT") == "0"

    def __call__(self, *arguments):
        if self.rows < ROWS_FIRST or self.stays or sys.gettrace() is not None:
            self.rows += sum(len(argument) for argument in arguments if hasattr(argument, "__len__"))
            return self.function(*arguments)
        if self.written is None:
            self.written = Written(self.function)
        collecting = gc.isenabled()
        gc.disable()                                     # what a batch makes is rows of tables, and they stay
        try:
            return (self.written.function if self.written.holds() else self.function)(*arguments)
        finally:
            if collecting:
                gc.enable()
