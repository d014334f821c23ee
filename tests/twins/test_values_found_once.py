"""A function in which every value is found once does what the function did: made-up functions over rows that may be the
same, with branches, loops, answers that end it, and calls that write."""
from __future__ import annotations

import ast
import random
from functools import cache
from types import SimpleNamespace

import pytest

from steelyard.kernel import load_plain
from steelyard.plain import source
from steelyard.plain_tidy import without_overwritten_fields, without_unread_names

FIELDS = ("remaining_lots", "displayed_lots", "flags", "price_ticks", "account")
COMMAND_FIELDS = ("price_ticks", "account", "size_lots")
ROWS = ("first", "second", "wallet")


@cache
def plain():
    records = load_plain("engine.records")
    return SimpleNamespace(records=records, Saver=load_plain("plain_values").Saver)


class Program:
    """A function of random statements, as lines of source."""

    def __init__(self, seed):
        self.draw, self.lines, self.names = random.Random(seed), [], ["a", "b", "c"]
        self.block(1, 9)
        rows = "first, second, wallet = state.orders[1], state.orders[command.account & 1], state.wallets[2]"
        self.source = "\n".join(["def made_up(state, command, out):", f"    {rows}", "    a = b = c = 0",
                                 *self.lines, "    return a, b, c"])

    def field(self):
        """A field of a row, by one of the ways to it."""
        row = self.draw.choice(["first", "second", "state.orders[1]", "state.orders[a & 1]", "state.orders[0]",
                                "command", "state.books[1]", "state.wallets[2]", "wallet"])
        if row == "command":
            return f"command.{self.draw.choice(COMMAND_FIELDS)}"
        if row.startswith("state.books"):
            return self.draw.choice([f"{row}.pages[{self.draw.choice('ab')} & 1]", f"{row}.bits[1, a & 1]"])
        return f"{row}.{'account' if 'wallet' in row else self.draw.choice(FIELDS)}"

    def expression(self, depth=2):
        """An expression of integers."""
        roll = self.draw.random()
        if depth == 0 or roll < 0.3:
            return self.draw.choice([*self.names, str(self.draw.randrange(-2, 4)), self.field(), self.field()])
        one, other = self.expression(depth - 1), self.expression(depth - 1)
        if roll < 0.4:
            return f"({one} if {self.test()} else {other})"
        if roll < 0.5:
            return f"(({self.draw.choice(self.names)} := {one}) - {other})"
        if roll < 0.55:
            return f"writes(state, {one})"
        if roll < 0.6:
            return f"looks(state, {one})"
        return f"({one} {self.draw.choice(['+', '-', '*', '&', '|'])} {other} & 255)"

    def test(self):
        """A condition."""
        one = f"{self.expression(1)} {self.draw.choice(['<', '<=', '==', '!='])} {self.expression(1)}"
        roll = self.draw.random()
        if roll < 0.25:
            return f"{one} {self.draw.choice(['and', 'or'])} {self.expression(1)} > 1"
        if roll < 0.35:
            return f"0 <= {self.expression(1)} < {self.expression(1)}"
        return f"not ({one})" if roll < 0.5 else one

    def block(self, depth, count, in_loop=False):
        for _ in range(count):
            self.statement(depth, in_loop)

    def say(self, depth, line):
        self.lines.append("    " * depth + line)

    def statement(self, depth, in_loop):
        roll, draw = self.draw.random(), self.draw
        if roll < 0.3:
            self.say(depth, f"{draw.choice(self.names)} = {self.expression()}")
        elif roll < 0.55 or depth > 3:
            target = self.field()
            while target.startswith("command"):
                target = self.field()
            self.say(depth, f"{target} {draw.choice(['=', '+=', '|='])} {self.expression()}")
        elif roll < 0.6:
            self.say(depth, f"{draw.choice(ROWS[:2])} = state.orders[{draw.choice(['1', 'b & 1', '0'])}]")
        elif roll < 0.75:
            self.say(depth, f"if {self.test()}:")
            self.block(depth + 1, draw.randrange(1, 4), in_loop)
            if draw.random() < 0.2:
                self.say(depth + 1, "return 1")
            if draw.random() < 0.4:
                self.say(depth, "else:")
                self.block(depth + 1, draw.randrange(1, 3), in_loop)
        elif roll < 0.87:
            self.answered(depth)
        else:
            self.say(depth, f"for turn in range({self.expression(1)} & 3):")
            self.block(depth + 1, draw.randrange(1, 4), True)
            if draw.random() < 0.5:
                self.say(depth + 1, f"if {self.test()}:")
                self.say(depth + 2, draw.choice(["break", "continue", "return turn"]))

    def answered(self, depth):
        """A kernel that became part of its caller: a block that is left with an answer."""
        name = self.draw.choice(self.names)
        self.say(depth, "while True:")
        for _ in range(self.draw.randrange(1, 3)):
            self.say(depth + 1, f"if {self.test()}:")
            self.say(depth + 2, f"{name} = {self.draw.choice(['False', 'True', '7'])}")
            self.say(depth + 2, "break")
        self.block(depth + 1, 1)
        self.say(depth + 1, f"{name} = {self.test()}")
        self.say(depth + 1, "break")
        if self.draw.random() < 0.7:
            self.say(depth, f"if {self.draw.choice(['', 'not '])}{name}:")
            self.say(depth + 1, "return 2")


def writes(state, number):
    """A call that writes."""
    order = state.orders[number & 1]
    order.remaining_lots += number & 7
    order.flags = order.remaining_lots & 3
    state.books[1].pages[number & 1] += 1
    return order.flags


def looks(state, number):
    """A call that changes nothing."""
    return state.orders[number & 1].remaining_lots + state.wallets[2].account


def outcome(function, seed):
    """What a function answers, and what it leaves in the rows."""
    draw, records = random.Random(seed), plain().records
    state = records.new_state()[0]
    for row in (0, 1):
        for field in FIELDS:
            setattr(state.orders[row], field, draw.randrange(5))
    command = records.empty_row(records.COMMAND)
    for field in COMMAND_FIELDS:
        setattr(command, field, draw.randrange(4))
    answer = function(state, command, None)
    left = [[getattr(state.orders[row], field) for field in FIELDS] for row in (0, 1)]
    book = state.books[1]
    return answer, left, state.wallets[2].account, [book.pages[at] for at in (0, 1)], book.bits[1, 0], book.bits[1, 1]


def is_pure(call):
    return call.func.id in ("looks", "range")


@pytest.mark.parametrize("part", range(8))
def test_made_up_functions_do_what_they_did(part):
    """LEDG-007"""
    shorter = 0
    for seed in range(part * 60, part * 60 + 60):
        program = Program(seed)
        tree = ast.parse(program.source)
        saved = ast.Module([plain().Saver(tree.body[0], is_pure, True).written()], [])
        functions = []
        for module in (tree, saved):
            names = {"writes": writes, "looks": looks}
            exec(compile(module, "made_up", "exec"), names)
            functions.append(names["made_up"])
        for start in range(6):
            expected = outcome(functions[0], start)
            assert outcome(functions[1], start) == expected, (
                f"seed {seed}, start {start}\n{program.source}\n{ast.unparse(saved)}")
        shorter += len(functions[1].__code__.co_code) < len(functions[0].__code__.co_code)
    assert shorter > 30


def written_again(text):
    """The lines of a function after what nobody reads was left out."""
    function = ast.parse(text).body[0]
    without_unread_names(function, is_pure)
    without_overwritten_fields(function.body, is_pure)
    return ast.unparse(function)


def test_what_nobody_reads_is_left_out():
    told = written_again("def f(row, n):\n    row.flags = 0\n    unread = n\n    row.flags = n\n    return (m := n)")
    assert told == "def f(row, n):\n    row.flags = n\n    return n"


@pytest.mark.parametrize("between", ["n = row.flags", "n = other.flags", "row = other", "writes(row)", "row.flags += 1",
                                     "if n:\n        return n"])
def test_a_write_that_may_be_read_stays(between):
    told = written_again(f"def f(row, other, n):\n    row.flags = 0\n    {between}\n    row.flags = 1\n    return n")
    assert "row.flags = 0" in told


def test_a_value_of_a_whole_way_of_orders_is_found_once():
    """In the short way of an order its row of the instrument table is looked up once."""
    short_way, form = load_plain("engine.short_way"), load_plain("plain")
    writer = form.Writer({}, [])
    written = plain().Saver(writer.function(form.source(short_way.place_short)), writer.is_pure, True).written()
    assert ast.unparse(written).count("state.instruments") == 1     # the table itself, and a row of it by each number
    assert ast.unparse(source(short_way.place_short).node).count("state.instruments[") == 1
