"""What is written out of the plain form means what its source means: each construct, whole streams, lines, changed
names."""
from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "machine"))
from harness import play
from streams import World

from steelyard.kernel import INT64_MAX, load_plain
from steelyard.plain import ROWS_FIRST, Door, Written

SMALL = """
HIGH = 70


def sign(number):
    if number > 0:
        return 1
    if number < 0:
        return -1
    return 0


def doubled(number):
    twice = add(number, number)
    return twice if twice > 10 else -twice


def counted(row, number):
    row.trace.append(number)
    row.total += number
    return row.total


def until(row, limit):
    step = 0
    while counted(row, step) < limit and sign(limit) > 0:
        step += 1
        if step == 3:
            continue
        if step > 6:
            break
    return step


def first_above(row, limit):
    for index in range(len(row.table)):
        if row.table[index] > limit:
            return index
    return -1


def settle(row, number):
    if number < 0:
        return
    number -= 1
    row.total += number
    if number == 5:
        row.total = 0
        return
    row.total += 1


def larger(a, b):
    best = a
    if b > a:
        best = b
    return best


def within(value, low, high):
    return min(high, max(low, value))


def plateau(value, width):
    return value + within(7 - value, -width, width)


def bottom(number):
    return 0 if number <= 0 else 1 + bottom(number - 1)


def root_signs(row, number):
    return sign(number) + 10 * sign(-number) + 100 * sign(number - 1)


def root_bounds(row, number):
    return max(0, number), min(number, row.total, 3), abs(number), abs(number - row.total), max(number, HIGH)


def root_short(row, number):
    if number > 0 and counted(row, number) > 4 or counted(row, -1) == 7:
        row.trace.append("yes")
    return row.total if number and counted(row, 2) else counted(row, 3)


def root_order(row, number):
    row.total += counted(row, number)
    answer = row.total + counted(row, 1) * larger(row.total, number)
    return answer - counted(row, answer) + larger(counted(row, 1), counted(row, 2))


def root_loops(row, number):
    for turn in range(number):
        settle(row, turn)
        if first_above(row, turn) < 0:
            return until(row, turn)
    return until(row, number)


def root_checked(row, number):
    flat = plateau(number, row.total + 2)
    return doubled(number) + doubled(doubled(number)) + multiply(number, larger(number, 2)) + flat


def root_same_name(row, number):
    best = number + 1
    step = larger(best, larger(number, 3))
    return best, step, bottom(min(number, 5))


def root_choice(row, number):
    which = counted(row, 1) if number > 2 else larger(counted(row, 2), 7)
    return which if not number == 0 else until(row, 2)
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The functions above as a room of the plain form."""
    path = tmp_path_factory.mktemp("room") / "made_up.py"
    path.write_text(SMALL, "utf-8")
    plain = load_plain("kernel")
    names = {"__name__": "steelyard_plain.rules.made_up", "add": plain.add, "multiply": plain.multiply}
    exec(compile(SMALL, str(path), "exec"), names)
    return SimpleNamespace(**{name: value for name, value in names.items() if callable(value)}, names=names)


def outcome(function, number):
    row = SimpleNamespace(total=number % 5, trace=[], table=load_plain("engine.records")._Rows(int, 3))
    row.table.update(enumerate((3, number, 9)))
    try:
        answer = function(row, number)
    except OverflowError as error:
        answer = str(error)
    return answer, row.total, row.trace


@pytest.mark.parametrize("root", ["signs", "bounds", "short", "order", "loops", "checked", "same_name", "choice"])
def test_each_construct_means_the_same(small, root):
    source = getattr(small, f"root_{root}")
    written = Written(source).function
    assert written.__code__.co_code != source.__code__.co_code
    for number in (*range(-4, 13), 71, INT64_MAX, -INT64_MAX - 1, INT64_MAX // 2, INT64_MAX // 2 + 1, 1 << 32):
        if root != "loops" or number < 100:
            assert outcome(written, number) == outcome(source, number), number


def test_an_overflow_is_raised_at_the_line_of_the_call(small):
    """The line is one of the function that stands there, not of the kernel that became part of it."""
    written = Written(small.root_checked).function
    with pytest.raises(OverflowError) as caught:
        written(SimpleNamespace(total=0), INT64_MAX)
    frame = next(frame for frame in traceback.extract_tb(caught.tb) if frame.name == "root_checked")
    assert frame.filename.endswith("made_up.py")
    assert SMALL.splitlines()[frame.lineno - 1].strip().startswith("return doubled(number)")


def test_a_changed_name_and_a_tracer_bring_the_source_back(small):
    door = Door(small.root_bounds)
    door.rows = ROWS_FIRST
    row = SimpleNamespace(total=2)

    def ask():                                         # a door counts the rows of what it is given; these have none
        return door.written.function if door.written.holds() else door.function
    assert door(row, 5) == small.root_bounds(row, 5) and ask() is door.written.function
    before, small.names["HIGH"] = small.names["HIGH"], 1_000
    assert ask() is door.function and door(row, 5)[-1] == 1_000
    small.names["HIGH"] = before
    assert ask() is door.written.function and door(row, 5)[-1] == 70
    fresh, tracer = Door(small.root_bounds), sys.gettrace()
    fresh.rows = ROWS_FIRST
    sys.settrace(lambda *_: None)
    try:
        fresh.rows, answer = ROWS_FIRST, None
        fresh.function = lambda *_: "source"
        answer = fresh()
    finally:
        sys.settrace(tracer)
    assert answer == "source" and fresh.written is None


@pytest.mark.parametrize("seed", [61, 62, 63, 64])
def test_streams_come_out_the_same(seed):
    """LEDG-007: source and written form, the same events, every invariant."""
    door = load_plain("engine.dispatch").apply
    world = World(seed)
    stream = world.stream(3_000)
    kept, digests = (door.rows, door.stays), []
    try:
        for door.stays, door.rows in ((True, 0), (False, ROWS_FIRST)):
            told = play("plain", stream, world.work_budget, every=300)
            assert not told.failed, told.faults
            digests.append(told.digest)
        assert door.written.holds() and digests[0] == digests[1]
    finally:
        door.rows, door.stays = kept
