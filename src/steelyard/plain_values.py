"""Values that are found once: what a written function of the plain form need not look up or work out again.

Such a function looks up the same row for each kernel that became part of it. Here every expression gets a number, and
two of the same number have the same value (global value numbering over the syntax tree). The second one becomes the
local name that holds the first. A row of a table is the same object for good. A field is the same until a field of that
name in a row of that type is written, or something is called that may write; nobody writes a command.
"""
from __future__ import annotations

import ast
import operator

import numpy as np

from .plain_tidy import LEAVES, clone, leave_at_once, spell_out, without_overwritten_fields, without_unread_names

ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.BitAnd: operator.and_,
              ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.LShift: operator.lshift,
              ast.RShift: operator.rshift, ast.USub: operator.neg, ast.Invert: operator.invert, ast.Not: operator.not_,
              ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
              ast.Gt: operator.gt, ast.GtE: operator.ge}
"""What is worked out while writing, where both sides are numbers."""
NUMBERED = (ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Tuple)
ITEM = "[]"
"""In place of the field's name: an integer of an array."""

TYPES: dict = {}
"""Which dtype the rows have that a parameter of this name stands for (``state``, ``out``, ``command`` ...)."""
EVERYWHERE = ("state", "out", "command")
"""Names that stand for the same type of row in every kernel, not in gates alone."""
_kinds: dict = {}


def name_records(**dtypes):
    """State which record each parameter name of a gate stands for."""
    TYPES.update(dtypes)


def kind_of(dtype):
    """One number for all dtypes that are equal."""
    found = _kinds.get(id(dtype))
    if found is None:
        kind = next((kind for other, kind in _kinds.values() if other == dtype), len(_kinds))
        found = _kinds[id(dtype)] = dtype, kind
    return found[1]


class Known:
    """What is known at a point of a function: the number of each local name, of each field that was read or written
    (rows and tables apart, which nobody replaces), and where the value of a number stands."""

    __slots__ = ("names", "fields", "rows", "held")

    def __init__(self, names, fields, rows, held):
        self.names, self.fields, self.rows, self.held = names, fields, rows, held

    def copy(self):
        return Known(self.names.copy(), self.fields.copy(), self.rows.copy(), self.held.copy())

    def become(self, other):
        self.names, self.fields, self.rows, self.held = other.names, other.fields, other.rows, other.held


class Numbers:
    """Numbers for the values of one function."""

    def __init__(self):
        self.count = 0
        self.known = {}                              # (operation, numbers) -> number
        self.constants = {}                          # number -> constant
        self.types = {}                              # number -> dtype of the row or table

    def fresh(self):
        self.count += 1
        return self.count

    def of(self, key):
        """The number of an operation on numbers."""
        number = self.known.get(key)
        if number is None:
            number = self.known[key] = self.fresh()
        return number

    def constant(self, value):
        number = self.of(("constant", type(value), value))
        self.constants[number] = value
        return number

    def kind(self, number):
        """Which type of row a number stands for; None where that is not known."""
        dtype = self.types.get(number)
        return None if dtype is None else kind_of(dtype)

    def field_type(self, base, field):
        """The dtype of a field that holds rows or a table; None for an integer, or where nothing is known."""
        dtype = self.types.get(base)
        if dtype is None:
            return None
        if field == ITEM:
            if dtype.subdtype is None or len(dtype.subdtype[1]) > 1 or dtype.subdtype[0].names is None:
                return None
            return dtype.subdtype[0]
        if dtype.names is None or field not in dtype.fields:
            return np.dtype(np.int64) if field == "length" else None
        found = dtype.fields[field][0]
        return found if found.names is not None or found.subdtype is not None else None


class Saver:
    """One function: finds which values are there already, and writes it anew."""

    def __init__(self, function, is_pure, is_gate):
        self.function, self.is_pure, self.is_gate = clone(function), is_pure, is_gate
        self.numbers = Numbers()
        self.replaced = {}                           # id of a node -> the node that stands for it
        self.wanted = {}                             # id of a node -> local name that keeps its value
        self.chosen = {}                             # id of a test -> True or False, where it is sure
        self.breaks = []

    def written(self):
        """The function with every value found once."""
        known = Known({}, {}, {}, {})
        for argument in self.function.args.args:
            number = known.names[argument.arg] = self.numbers.fresh()
            if self.is_gate or argument.arg in EVERYWHERE:
                self.numbers.types[number] = TYPES.get(argument.arg)
        leave_at_once(self.function.body)
        spell_out(self.function.body)
        self.block(self.function.body, known)
        self.function.body = self.rebuilt_block(self.function.body) or [ast.Pass()]
        without_unread_names(self.function, self.is_pure)
        without_overwritten_fields(self.function.body, self.is_pure)
        return ast.fix_missing_locations(self.function)

    # ------------------------------------------------------------ where paths meet
    def joined(self, paths):
        """What is known whichever of several paths was taken; None where none gets here."""
        paths = [path for path in paths if path is not None]
        if len(paths) < 2:
            return paths[0] if paths else None
        first, others = paths[0], paths[1:]
        names = {}
        for name in {name: None for path in paths for name in path.names}:
            number = first.names.get(name)
            same = number is not None and all(other.names.get(name) == number for other in others)
            names[name] = number if same else self.numbers.fresh()
        fields, rows, held = ({key: value for key, value in getattr(first, part).items()
                               if all(getattr(other, part).get(key) == value for other in others)}
                              for part in ("fields", "rows", "held"))
        return Known(names, fields, rows, held)

    def forget(self, nodes, known):
        """Before a loop: forget all that a turn of it may change."""
        for node in nodes:
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    known.names[part.id] = self.numbers.fresh()
                elif isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                    self.write_field(known, None, part.attr)
                elif isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store):
                    self.write_field(known, None, ITEM)
                elif isinstance(part, ast.Call) and not self.is_pure(part):
                    known.fields = {}

    def write_field(self, known, kind, field):
        """Forget a field of every row that may be the one that is written."""
        known.fields = {key: value for key, value in known.fields.items()
                        if key[1] != field or None not in (key[2], kind) and key[2] != kind}

    # ------------------------------------------------------------ statements
    def block(self, statements, known):
        """Follow statements; what is known behind them, None where nothing gets there."""
        for statement in statements:
            known = getattr(self, f"follow_{type(statement).__name__}")(statement, known)
            if known is None:
                break
        return known

    def follow_Pass(self, node, known):
        return known

    def follow_Break(self, node, known):
        self.breaks[-1].append(known)

    def follow_Continue(self, node, known):
        return None

    def follow_Return(self, node, known):
        if node.value is not None:
            self.value(node.value, known)

    def follow_Raise(self, node, known):
        self.value(node.exc, known)

    def follow_Assert(self, node, known):
        self.value(node.test, known)
        return known

    def follow_Expr(self, node, known):
        self.value(node.value, known)
        return known

    def follow_Assign(self, node, known):
        number = self.value(node.value, known)
        for target in node.targets:
            self.store(target, number, known)
        return known

    def follow_AugAssign(self, node, known):
        if isinstance(node.target, ast.Name):
            self.value(node.value, known)
            known.names[node.target.id] = self.numbers.fresh()
            return known
        base = self.value(node.target.value, known)
        if isinstance(node.target, ast.Subscript):
            self.value(node.target.slice, known)
        self.value(node.value, known)
        node.target.kind = self.numbers.kind(base)
        self.write_field(known, node.target.kind, getattr(node.target, "attr", ITEM))
        return known

    def store(self, target, number, known):
        """Note that a target has a value now."""
        if isinstance(target, ast.Name):
            known.names[target.id] = number
            if target.id in EVERYWHERE and self.numbers.types.get(number) is None:
                self.numbers.types[number] = TYPES.get(target.id)
            held = self.place(number, known)
            if held is None or isinstance(held, ast.AST) and id(held) not in self.wanted:
                known.held[number] = target.id
        elif isinstance(target, ast.Tuple):
            for part in target.elts:
                self.store(part, self.numbers.fresh(), known)
        else:
            base = self.value(target.value, known)
            field, index = getattr(target, "attr", ITEM), None
            if field == ITEM:
                index = self.value(target.slice, known)
            kind = target.kind = self.numbers.kind(base)
            self.write_field(known, kind, field)
            known.fields[base, field, kind, index] = number

    def follow_If(self, node, known):
        yes, no = self.condition(node.test, known)
        if id(node.test) in self.chosen:
            chosen = self.chosen[id(node.test)]
            return self.block(node.body if chosen else node.orelse, yes if chosen else no)
        return self.joined([self.block(node.body, yes), self.block(node.orelse, no)])

    def follow_While(self, node, known):
        goes_on = any(isinstance(part, ast.Continue) for part in ast.walk(node)) or not leaves(node.body)
        if goes_on or not isinstance(node.test, ast.Constant):
            self.forget([node.test, *node.body], known)
        self.breaks.append([])
        yes, no = self.condition(node.test, known)
        self.block(node.body, yes)
        ends = self.breaks.pop()
        return self.joined([*ends, None if isinstance(node.test, ast.Constant) and node.test.value else no])

    def follow_For(self, node, known):
        self.value(node.iter, known)
        self.forget([node.target, *node.body], known)
        self.store(node.target, self.numbers.fresh(), known)
        self.breaks.append([])
        self.block(node.body, known.copy())
        return self.joined([*self.breaks.pop(), known])

    # ------------------------------------------------------------ conditions
    def condition(self, node, known):
        """What is known where a condition holds, and where it does not."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yes, no = self.condition(node.operand, known)
            if id(node.operand) in self.chosen:
                self.chosen[id(node)] = not self.chosen[id(node.operand)]
            return no, yes
        if isinstance(node, ast.BoolOp):
            leaving = []
            goes_on = isinstance(node.op, ast.And)
            for part in node.values:
                yes, no = self.condition(part, known)
                known, left = (yes, no) if goes_on else (no, yes)
                leaving.append(left)
            out = self.joined(leaving)
            return (known, out) if goes_on else (out, known)
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            no = self.compared(node, known)
            return known, self.joined([no, known])
        number = self.value(node, known)
        if number in self.numbers.constants and not binds(node):
            self.chosen[id(node)] = bool(self.numbers.constants[number])
        return known, known.copy()

    def compared(self, node, known):
        """Follow ``a < b < c``; what is known where the first comparison ends it."""
        self.value(node.left, known)
        self.value(node.comparators[0], known)
        early = known.copy()
        for part in node.comparators[1:]:
            self.value(part, known)
        return early

    # ------------------------------------------------------------ values
    def place(self, number, known):
        """The node or the local name that holds a value; None where it is nowhere."""
        held = known.held.get(number)
        if held is None or isinstance(held, ast.AST) or known.names.get(held) == number:
            return held
        return None

    def stand_in(self, node, number, known):
        """Whether something else may stand for an expression; notes it."""
        if number in self.numbers.constants:
            self.replaced[id(node)] = ast.copy_location(ast.Constant(self.numbers.constants[number]), node)
            return True
        held = self.place(number, known)
        if held is None or held is node:
            return False
        if isinstance(held, ast.AST):
            name = self.wanted.setdefault(id(held), f"_v{len(self.wanted)}")
        else:
            name = held
        self.replaced[id(node)] = ast.copy_location(ast.Name(name, ast.Load()), node)
        return True

    def value(self, node, known):
        """The number of an expression, which is evaluated here."""
        if isinstance(node, ast.Constant):
            return self.numbers.constant(node.value)
        if isinstance(node, ast.Name):
            number = known.names.get(node.id)
            if number is None:
                return self.numbers.of(("global", node.id))
            if not self.stand_in(node, number, known):
                known.held[number] = node.id
            return number
        if isinstance(node, ast.NamedExpr):
            number = self.value(node.value, known)
            self.store(node.target, number, known)
            return number
        if isinstance(node, NUMBERED):
            number = self.looked_at(node, known)
            if number is not None and self.stand_in(node, number, known):
                return number
        number = getattr(self, f"value_{type(node).__name__}")(node, known)
        if number in self.numbers.constants:
            if not binds(node):
                self.stand_in(node, number, known)
        elif self.place(number, known) is None:
            known.held[number] = node
        return number

    def looked_at(self, node, known):
        """The number of an expression if it were evaluated here; None where that is not known yet."""
        numbers = self.numbers
        if isinstance(node, ast.Constant):
            return numbers.constant(node.value)
        if isinstance(node, ast.Name):
            return known.names.get(node.id)
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            base = self.looked_at(node.value, known)
            index = self.looked_at(node.slice, known) if isinstance(node, ast.Subscript) else None
            if base is None or isinstance(node, ast.Subscript) and index is None:
                return None
            key = base, getattr(node, "attr", ITEM), numbers.kind(base), index
            found = known.rows.get(key)
            return known.fields.get(key) if found is None else found
        if isinstance(node, ast.Compare) and len(node.ops) > 1 or not isinstance(node, NUMBERED):
            return None
        parts = [self.looked_at(part, known) for part in parts_of(node)]
        return None if None in parts else numbers.known.get((operation_of(node), *parts))

    def value_Attribute(self, node, known):
        base = self.value(node.value, known)
        node.kind = self.numbers.kind(base)
        return self.field(known, base, node.attr, None)

    def value_Subscript(self, node, known):
        base = self.value(node.value, known)
        return self.field(known, base, ITEM, self.value(node.slice, known))

    def field(self, known, base, field, index):
        """The number of a field or element that is read."""
        dtype = self.numbers.field_type(base, field)
        key = base, field, self.numbers.kind(base), index
        stays = dtype is not None or self.numbers.types.get(base) is TYPES.get("command", self)
        table = known.rows if stays else known.fields
        number = table.get(key)
        if number is None:
            number = table[key] = self.numbers.fresh()
            if dtype is not None and (dtype.names is not None or dtype.subdtype is not None):
                self.numbers.types[number] = dtype
        return number

    def value_BinOp(self, node, known):
        return self.worked_out(node, [self.value(part, known) for part in parts_of(node)])

    value_UnaryOp = value_BinOp

    def value_Compare(self, node, known):
        if len(node.ops) == 1:
            return self.value_BinOp(node, known)
        early = self.compared(node, known)
        known.become(self.joined([early, known]))
        return self.numbers.fresh()

    def worked_out(self, node, parts):
        """The number of an operation; of a constant where its parts are constants."""
        constants = self.numbers.constants
        operation = operation_of(node)
        if operation[1] in ARITHMETIC and all(part in constants for part in parts):
            return self.numbers.constant(ARITHMETIC[operation[1]](*(constants[part] for part in parts)))
        return self.numbers.of((operation, *parts))

    def value_IfExp(self, node, known):
        yes, no = self.condition(node.test, known)
        if id(node.test) in self.chosen:
            taken, path = (node.body, yes) if self.chosen[id(node.test)] else (node.orelse, no)
            number = self.value(taken, path)
            known.become(path)
            return number
        self.value(node.body, yes)
        self.value(node.orelse, no)
        known.become(self.joined([yes, no]))
        return self.numbers.fresh()

    def value_BoolOp(self, node, known):
        self.value(node.values[0], known)
        paths = [known]
        for part in node.values[1:]:
            paths.append(paths[-1].copy())
            self.value(part, paths[-1])
        known.become(self.joined([path.copy() for path in paths]))
        return self.numbers.fresh()

    def value_Call(self, node, known):
        if isinstance(node.func, ast.Attribute):
            self.value(node.func.value, known)
        for argument in node.args:
            self.value(argument, known)
        if not self.is_pure(node):
            known.fields = {}
        return self.numbers.fresh()

    value_Tuple = value_BinOp

    # ------------------------------------------------------------ writing
    def rebuilt_block(self, statements):
        written = []
        for statement in statements:
            if isinstance(statement, ast.If) and id(statement.test) in self.chosen:
                written += self.rebuilt_block(statement.body if self.chosen[id(statement.test)] else statement.orelse)
            else:
                for field in statement._fields:
                    part = getattr(statement, field)
                    if isinstance(part, list) and field in ("body", "orelse"):
                        part = self.rebuilt_block(part)
                        setattr(statement, field, part or ([ast.Pass()] if field == "body" else []))
                    elif isinstance(part, list):
                        setattr(statement, field, [self.rebuilt(child) for child in part])
                    elif isinstance(part, ast.AST):
                        setattr(statement, field, self.rebuilt(part))
                written.append(statement)
            if written and isinstance(written[-1], LEAVES):
                break
        return written

    def rebuilt(self, node):
        """An expression with what stands for its parts, and its value kept where it is needed again."""
        if not isinstance(node, ast.expr):
            return node
        if id(node) in self.replaced and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return self.replaced[id(node)]
        new = node
        if isinstance(node, ast.IfExp) and id(node.test) in self.chosen:
            new = self.rebuilt(node.body if self.chosen[id(node.test)] else node.orelse)
        else:
            for field in node._fields:
                part = getattr(node, field)
                if isinstance(part, list):
                    setattr(node, field, [self.rebuilt(child) for child in part])
                elif isinstance(part, ast.AST):
                    setattr(node, field, self.rebuilt(part))
        if id(node) in self.wanted:
            new = ast.copy_location(ast.NamedExpr(ast.Name(self.wanted[id(node)], ast.Store()), new), node)
        return new


def parts_of(node):
    """The operands of an operation, as they are evaluated."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    return node.elts


def operation_of(node):
    """What an operation is, apart from its operands."""
    return type(node), type(node.ops[0] if isinstance(node, ast.Compare) else getattr(node, "op", None))


def binds(node):
    """Whether an expression gives a local name a value."""
    return any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))


def leaves(statements):
    """Whether nothing gets behind statements."""
    if not statements:
        return False
    last = statements[-1]
    return isinstance(last, LEAVES) or isinstance(last, ast.If) and leaves(last.body) and leaves(last.orelse)
