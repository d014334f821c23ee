"""Before and after values are found once (:mod:`steelyard.plain_values`): answers that end a function end it where they
are found, sums are spelled out, and what nobody reads is left out."""
from __future__ import annotations

import ast
from collections import Counter

LEAVES = (ast.Return, ast.Break, ast.Continue, ast.Raise)


def clone(node):
    """A copy of a syntax tree in which no node stands twice."""
    if isinstance(node, list):
        return [clone(part) for part in node]
    if not isinstance(node, ast.AST):
        return node
    new = type(node)(**{field: clone(getattr(node, field)) for field in node._fields})
    return ast.copy_location(new, node)


# ---------------------------------------------------------------- answers that end the function
def leave_at_once(statements):
    """Where a kernel that stands here breaks off with an answer at which the next statement returns, return there: what
    is known behind it is then known from its last line."""
    for at, statement in enumerate(statements):
        for inner in (getattr(statement, "body", None), getattr(statement, "orelse", None)):
            if inner:
                leave_at_once(inner)
        following = statements[at + 1] if at + 1 < len(statements) else None
        if isinstance(statement, ast.While) and isinstance(following, ast.If) and not following.orelse and (
                len(following.body) == 1 and isinstance(following.body[0], ast.Return)):
            test = following.test
            refuses = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
            name = test.operand if refuses else test
            if isinstance(name, ast.Name):
                _answer(statement.body, name.id, not refuses, following.body[0])


def _answer(statements, name, wanted, leave):
    """Put ``leave`` in place of every ``name = constant; break`` whose constant is as ``wanted``."""
    for statement in statements:
        if isinstance(statement, ast.If):
            _answer(statement.body, name, wanted, leave)
            _answer(statement.orelse, name, wanted, leave)
    if len(statements) > 1 and isinstance(statements[-1], ast.Break):
        last = statements[-2]
        if isinstance(last, ast.Assign) and isinstance(last.value, ast.Constant) and (
                isinstance(last.targets[0], ast.Name) and last.targets[0].id == name
                and bool(last.value.value) == wanted):
            statements[-2:] = [clone(leave)]


def spell_out(statements):
    """``row.field += value`` as ``row.field = row.field + value``: what was read, and what is written, may stand in a
    local name then."""
    for at, statement in enumerate(statements):
        for inner in (getattr(statement, "body", None), getattr(statement, "orelse", None)):
            if inner:
                spell_out(inner)
        target = getattr(statement, "target", None)
        if isinstance(statement, ast.AugAssign) and isinstance(target, ast.Attribute) and (
                target.value.id not in _bound(statement.value) if isinstance(target.value, ast.Name)
                else not _has_effect(target) and not _has_effect(statement.value)):
            read = ast.copy_location(ast.Attribute(clone(target.value), target.attr, ast.Load()), target)
            value = ast.copy_location(ast.BinOp(read, statement.op, statement.value), statement)
            statements[at] = ast.copy_location(ast.Assign([target], value), statement)


def _has_effect(node):
    """Whether an expression calls something or gives a local name a value."""
    return any(isinstance(part, (ast.NamedExpr, ast.Call)) for part in ast.walk(node))


def _bound(node):
    return {part.target.id for part in ast.walk(node) if isinstance(part, ast.NamedExpr)}


# ---------------------------------------------------------------- what nobody reads
def has_effect(node, is_pure):
    """Whether to evaluate an expression does more than give its value."""
    return any(isinstance(part, ast.NamedExpr) or isinstance(part, ast.Call) and not is_pure(part)
               for part in ast.walk(node))


class _Unread(ast.NodeTransformer):
    def __init__(self, read, is_pure):
        self.read, self.is_pure = read, is_pure

    def visit_NamedExpr(self, node):
        self.generic_visit(node)
        return node if self.read[node.target.id] else node.value

    def visit_Assign(self, node):
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Name) or self.read[target.id]:
            return node
        if has_effect(node.value, self.is_pure):
            return ast.copy_location(ast.Expr(node.value), node)
        return None

    def visit_If(self, node):
        self.generic_visit(node)
        if not node.body and not node.orelse:
            return ast.copy_location(ast.Expr(node.test), node)
        node.body = node.body or [ast.copy_location(ast.Pass(), node)]
        return node

    def visit_While(self, node):
        self.generic_visit(node)
        node.body = node.body or [ast.copy_location(ast.Pass(), node)]
        return node

    visit_For = visit_FunctionDef = visit_While


def without_unread_names(function, is_pure):
    """Take away local names that nobody reads, until none is left."""
    before = None
    while True:
        names = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
        if len(names) == before:
            return
        before = len(names)
        read = Counter(part.id for part in names if isinstance(part.ctx, ast.Load))
        _Unread(read, is_pure).visit(function)


def without_overwritten_fields(statements, is_pure):
    """Take away writes of a field that is written again before anybody could read it."""
    for statement in statements:
        for inner in (getattr(statement, "body", None), getattr(statement, "orelse", None)):
            if inner:
                without_overwritten_fields(inner, is_pure)
    if sum(_field_written(statement) is not None for statement in statements) > 1:
        told = [_Told(statement, is_pure) for statement in statements]
        statements[:] = [one for at, one in enumerate(statements) if not _is_overwritten(one, told[at + 1:])]


class _Told:
    """What a statement does that may be in the way of leaving out a write before it."""

    def __init__(self, statement, is_pure):
        self.written = _field_written(statement)
        self.reads, self.names, self.ends = set(), set(), False
        leaving = (ast.Return, ast.Raise) if isinstance(statement, ast.While) else LEAVES
        for part in ast.walk(statement):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load):
                self.reads.add((part.attr, getattr(part, "kind", None)))
            elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Attribute):
                self.reads.add((part.target.attr, getattr(part.target, "kind", None)))
            elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                self.names.add(part.id)
            elif isinstance(part, ast.Call):
                self.ends = self.ends or not (is_pure(part) and knows_numbers(part))
            elif isinstance(part, leaving):
                self.ends = True

    def may_read(self, name, field, kind):
        """Whether it reads a field of rows of a kind, or makes the name stand for another row."""
        if name in self.names or (field, kind) in self.reads or (field, None) in self.reads:
            return True
        return kind is None and any(field == read for read, _kind in self.reads)


def _is_overwritten(statement, following):
    """Whether a plain write of a field of a local row is followed by another, with no reader between."""
    written = _field_written(statement)
    if written is None or not isinstance(statement.value, (ast.Constant, ast.Name)):
        return False
    for told in following:
        if told.ends or told.may_read(*written):
            return False
        if told.written == written:
            return True
    return False


def knows_numbers(call):
    """Whether a kernel that is called is one of those that are given no row."""
    return isinstance(call.func, ast.Attribute) or ".kernel." in call.func.id


def _field_written(statement):
    """(name, field, kind of row) where a statement is ``name.field = ...``; None elsewhere."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            return target.value.id, target.attr, getattr(target, "kind", None)
    return None
