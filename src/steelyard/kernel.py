"""How engine functions are compiled: one decorator, checked arithmetic, bit counting, and the plain twin of each.

The package can be imported a second time under the name ``steelyard_plain`` (see :func:`load_plain`). Every module that
uses this one imports it relatively, so the second copy gets the *plain* form: ordinary Python functions over ordinary
objects with unbounded integers. Equal event streams of both forms are the overflow test.
"""
from __future__ import annotations

import functools
import gc
import hashlib
import importlib
import inspect
import os
import shutil
import sys
import threading
import time
import types as python_types
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:                                   # no locks between processes where there is no such call
    fcntl = None

PACKAGE = Path(__file__).resolve().parent
COMPILED = __name__.split(".")[0] == "steelyard" and os.environ.get("STEELYARD_COMPILE", "1") != "0"
"""True where kernels are machine code; False in the plain copy and under ``STEELYARD_COMPILE=0``."""

INT64_MAX = (1 << 63) - 1
INT64_MIN = -INT64_MAX - 1
PLAIN_PACKAGE = "steelyard_plain"


DECIDING = ("engine", "rules")
"""Packages whose kernels decide. Kernels elsewhere (laboratory, views) call them and are called by none of them."""


def kernel_sources(deciding: bool = False) -> list[Path]:
    """Every source file that holds a kernel or is called by one, in a stated order; only those that decide if asked."""
    own = ("kernel.py", "compiler.py", "codes.py")
    return sorted(p for p in PACKAGE.rglob("*.py") if p.parent.name in DECIDING or p.name in own
                  or not deciding and "@kernel" in p.read_text("utf-8"))


def source_digest(deciding: bool) -> str:
    """Digest of kernel sources, interpreter and compiler versions: the name of a cache folder."""
    digest = hashlib.sha256(f"{sys.version}".encode())
    for path in kernel_sources(deciding):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:20]


@functools.cache
def cache_folder(deciding: bool = True) -> Path:
    """Folder of compiled kernels for exactly these sources (``STEELYARD_CACHE_DIR`` or the user's cache folder).

    Kernels that decide have a folder of their own: a change in the laboratory does not compile the engine again.
    """
    base = os.environ.get("STEELYARD_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "steelyard")
    return Path(base) / "kernels" / source_digest(deciding)


def prune_caches(keep: int = 8, unused_seconds: float = 86_400.0) -> None:
    """Delete cache folders that nobody used for a day, but for the ``keep`` most recently used."""
    root = cache_folder().parent
    folders = sorted((p for p in root.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for folder in folders[keep:]:
        if time.time() - folder.stat().st_mtime > unused_seconds:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def only_compiler(symbols: set[str]):
    """Within the block no other process compiles the gates named by ``symbols``; nothing where all are in the cache.

    Code that a process finds in the cache may call gates it has not opened itself, and that ends the interpreter. So
    one process compiles and the others wait for it. What a killed one left half done is deleted, and compiled again.
    """
    folder = cache_folder()
    finished, begun = folder / "finished", folder / "begun"
    if not symbols - _lines(finished):
        yield
        return
    with open(folder / "lock", "w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if symbols - _lines(finished):
            if begun.exists():
                for path in folder.iterdir():
                    if path.name != "lock":
                        shutil.rmtree(path) if path.is_dir() else path.unlink()
            begun.touch()
            yield
            finished.write_text("\n".join(sorted(symbols | _lines(finished))), "utf-8")
            begun.unlink()
        else:
            yield


def _lines(path: Path) -> set[str]:
    return set(path.read_text("utf-8").split()) if path.exists() else set()


if COMPILED:
    for _folder in (cache_folder(False), cache_folder()):
        _folder.mkdir(parents=True, exist_ok=True)
        os.utime(_folder)
    prune_caches()
    os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

    import llvmlite.binding as llvm
    from llvmlite import ir
    from numba import config, from_dtype, njit
    from numba.core import cgutils, types
    from numba.core.extending import _Intrinsic
    from numba.core.registry import CPUDispatcher
    from numba.core.types import Record
    from numba.core.typing import signature as typing_signature
    from numba.extending import intrinsic

    from .compiler import GateLibrary, InlinedLibrary, UnitLibrary, leave_unless, make_with

    # A record type's symbol is named by its content, not by a counter of this process: two cached layouts never clash.
    Record.mangling_args = property(lambda self: (
        self.__class__.__name__, (int(hashlib.sha256(self.name.encode()).hexdigest()[:15], 16),)))

    # Numba writes out a record type at every use; the state's is long, and writing it once is enough.
    _record_text = Record.__repr__

    def _remembered_text(self):
        text = self.__dict__.get("_steelyard_text")
        if text is None:
            text = self.__dict__["_steelyard_text"] = _record_text(self)
        return text

    Record.__repr__ = _remembered_text

    # In the cache a record type of the engine is its name: its fields, written out, were half of what a start reads.
    _record_parts = Record.__reduce__

    def _record_named(name):
        return RECORD_TYPES[name]

    def _reduced(self):
        name = _NAMES.get(id(self))
        return _record_parts(self) if name is None else (_record_named, (name,))

    Record.__reduce__ = _reduced

    _OPTIONS = dict(nogil=True, boundscheck=True, error_model="python", no_cfunc_wrapper=True)

    class _Inlined(CPUDispatcher):
        """A kernel that becomes part of its callers; where Python calls it, it is compiled a second time, to be
        called."""

        def __call__(self, *arguments):
            if "door" not in self.__dict__:
                self.door = _njit(self.py_func, opens=True)
            return self.door(*arguments)

    def _njit(function, opens=False, inlined=False, library=UnitLibrary, **options):
        deciding = function.__module__.split(".")[1] in (*DECIDING, "kernel")
        config.CACHE_DIR = str(cache_folder(deciding))
        dispatcher = njit(**_OPTIONS, **options, cache=not inlined)(function)
        if deciding:
            make_with(dispatcher, InlinedLibrary if inlined else library)
        if inlined:
            dispatcher.__class__ = _Inlined
        if opens or not deciding:
            load = dispatcher._cache.load_overload

            def load_after_gates(signature, target):
                _open_all_gates()
                return load(signature, target)
            dispatcher._cache.load_overload = load_after_gates
        return dispatcher

    def kernel(function):
        """Compile ``function`` lazily with bounds checks, Python's division and a cache keyed by all kernel sources.

        Kernels of engine and rules become part of whatever calls them: a call costs more than most of them do, and only
        where the code stands together does the compiler see what was loaded or checked before. What should stay apart
        is a gate, what Python calls an :func:`entry`.
        """
        package = function.__module__.split(".")[1]
        inlined = package in (*DECIDING, "kernel")
        return _njit(function, inlined=inlined, no_cpython_wrapper=inlined, forceinline=inlined)

    def entry(function):
        """A kernel that Python calls."""
        return _njit(function, opens=True)

    RECORD_TYPES: dict = {}
    _NAMES: dict = {}                              # id of a record type -> its first name; types live as long as we do
    _GATES: list = []

    def name_records(**dtypes):
        """State which record each parameter name of a gate stands for (``state``, ``out``, ``command`` ...)."""
        for name, dtype in dtypes.items():
            RECORD_TYPES[name] = from_dtype(dtype)
            _NAMES.setdefault(id(RECORD_TYPES[name]), name)

    class Gate(_Intrinsic):
        """A kernel compiled as a unit of its own and called by address.

        Numba links the code of everything a kernel calls into the kernel and optimizes it again, level by level; a gate
        ends that, so that compile time grows with the code and not with the depth of the calls. Parameters are records
        by the names of :func:`name_records`, all others 64-bit integers.
        """

        def __init__(self, function):
            self.function = _njit(function, library=GateLibrary, no_cpython_wrapper=True)
            self.parameters = tuple(inspect.signature(function).parameters)
            self.symbol = f"{function.__module__}.{function.__name__}"
            self.compiled = None
            source = ", ".join(self.parameters)
            scope = {"typing": self.typing}
            given = f"({source}{',' if source else ''})"
            exec(f"def definition(typing_context, {source}):\n    return typing({given})", scope)
            super().__init__(function.__name__, scope["definition"])
            self._register()
            _GATES.append(self)

        @property
        def argument_types(self):
            return tuple(RECORD_TYPES.get(name, types.int64) for name in self.parameters)

        def open(self):
            """Compile the kernel (or load it from the cache) and make its address known to whatever calls it."""
            if self.compiled is None:
                self.function.compile(self.argument_types)
                compiled = self.function.overloads[self.argument_types]
                address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
                llvm.add_symbol(self.symbol, address)
                _note_ready(self.symbol)
                self.compiled = compiled
            return self.compiled

        def typing(self, given):
            signature = self.open().signature
            symbol = self.symbol

            def generate(context, builder, call_signature, arguments):
                convention = context.call_conv
                function_type = convention.get_function_type(signature.return_type, signature.args)
                target = cgutils.get_or_insert_function(builder.module, function_type, symbol)
                status, result = convention.call_function(builder, target, signature.return_type, signature.args,
                                                          arguments)
                with cgutils.if_unlikely(builder, status.is_error):
                    convention.return_status_propagate(builder, status)
                return result
            return typing_signature(signature.return_type, *signature.args), generate

    def _order_file() -> Path:
        """Where the order is kept in which gates were first ready: each after the gates it calls."""
        return cache_folder() / "gates"

    _ready: set = set()

    def _note_ready(symbol: str) -> None:
        """Add a gate to the order file, once."""
        if symbol not in _ready:
            _ready.add(symbol)
            with open(_order_file(), "a", encoding="utf-8") as order:
                order.write(symbol + "\n")

    def _gates_in_order() -> list:
        """All gates, callees first: as they were first compiled, then in order of definition."""
        known = {}
        if _order_file().exists():
            for rank, symbol in enumerate(_order_file().read_text("utf-8").split()):
                known.setdefault(symbol, rank)
        _ready.update(known)
        return sorted(_GATES, key=lambda item: known.get(item.symbol, len(known)))

    def gate(function):
        """Compile ``function`` as a unit of its own: for kernels that are long or call much. See :class:`Gate`."""
        return Gate(function)

    def open_gates():
        """Compile or load every gate, those that are called first; yields the name of each when it is ready."""
        if all(item.compiled is not None for item in _GATES):
            return
        collecting = gc.isenabled()
        gc.disable()
        try:
            with _opening, only_compiler({item.symbol for item in _GATES}):
                for item in _gates_in_order():
                    item.open()
                    yield item.symbol
        finally:
            if collecting:
                gc.enable()

    _opening = threading.RLock()

    def _open_all_gates() -> None:
        """Have every gate open, unless this thread is about it: code from the cache calls them by address."""
        if not _opening._is_owned():
            for _symbol in open_gates():
                pass

    def gate_count() -> int:
        """How many gates the imported modules have."""
        return len(_GATES)

    def _checked(name):
        @intrinsic
        def operation(typing_context, a, b):
            def generate(context, builder, signature, arguments):
                result = getattr(builder, name)(*arguments)
                leave_unless(context, builder, builder.not_(builder.extract_value(result, 1)), OverflowError,
                              "result does not fit in 64 bits")
                return builder.extract_value(result, 0)
            return types.int64(types.int64, types.int64), generate
        return operation

    add = _checked("sadd_with_overflow")
    subtract = _checked("ssub_with_overflow")
    multiply = _checked("smul_with_overflow")

    @intrinsic
    def lowest_bit(typing_context, word):
        """Index of the lowest set bit of a non-zero 64-bit word."""
        def generate(context, builder, signature, arguments):
            return builder.cttz(arguments[0], cgutils.true_bit)
        return types.int64(types.int64), generate

    @intrinsic
    def highest_bit(typing_context, word):
        """Index of the highest set bit of a non-zero 64-bit word (63 for a negative one)."""
        def generate(context, builder, signature, arguments):
            leading = builder.ctlz(arguments[0], cgutils.true_bit)
            return builder.sub(context.get_constant(types.int64, 63), leading)
        return types.int64(types.int64), generate

    @intrinsic
    def store_word(typing_context, record, index, value):
        """Write ``value`` as the ``index``-th 64-bit word of a record whose fields are all 64-bit integers."""
        if not isinstance(record, Record) or record.size % 8:
            return None
        words = record.size // 8

        def generate(context, builder, signature, arguments):
            target, position, content = arguments
            inside = builder.icmp_unsigned("<", position, ir.Constant(ir.IntType(64), words))
            with builder.if_then(builder.not_(inside), likely=False):
                context.call_conv.return_user_exc(builder, IndexError, ("word index outside the record",))
            pointer = builder.bitcast(target, ir.IntType(64).as_pointer())
            builder.store(content, builder.gep(pointer, [position]))
            return context.get_dummy_value()
        return types.void(record, types.int64, types.int64), generate

    def _prefetch_typing(record, lines_max):
        if not isinstance(record, Record):
            return None
        lines = min((record.size + 63) // 64, lines_max)

        def generate(context, builder, signature, arguments):
            byte = ir.IntType(8).as_pointer()
            hint = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [
                byte, ir.IntType(32), ir.IntType(32), ir.IntType(32)]), "llvm.prefetch.p0")
            start = builder.bitcast(arguments[0], byte)
            for line in range(lines):
                address = builder.gep(start, [ir.Constant(ir.IntType(64), 64 * line)])
                builder.call(hint, [address, ir.Constant(ir.IntType(32), 1), ir.Constant(ir.IntType(32), 3),
                                    ir.Constant(ir.IntType(32), 1)])
            return context.get_dummy_value()
        return types.void(record), generate

    @intrinsic
    def prefetch(typing_context, record):
        """Ask the processor to bring a record's cache lines near. A hint: no value is read, nothing changes."""
        return _prefetch_typing(record, 4)

    @intrinsic
    def prefetch_pair(typing_context, record):
        """The same for a record's first two cache lines only."""
        return _prefetch_typing(record, 2)

    @intrinsic
    def prefetch_line(typing_context, record):
        """The same for a record's first cache line only."""
        return _prefetch_typing(record, 1)

    @intrinsic
    def load_word(typing_context, record, index):
        """The ``index``-th 64-bit word of a record whose fields are all 64-bit integers."""
        if not isinstance(record, Record) or record.size % 8:
            return None
        words = record.size // 8

        def generate(context, builder, signature, arguments):
            source, position = arguments
            inside = builder.icmp_unsigned("<", position, ir.Constant(ir.IntType(64), words))
            with builder.if_then(builder.not_(inside), likely=False):
                context.call_conv.return_user_exc(builder, IndexError, ("word index outside the record",))
            pointer = builder.bitcast(source, ir.IntType(64).as_pointer())
            return builder.load(builder.gep(pointer, [position]))
        return types.int64(record, types.int64), generate

    @kernel
    def bit(index):
        """The 64-bit word with only bit ``index`` set (0..63); bit 63 is the sign."""
        return types_one() << index

    @intrinsic
    def types_one(typing_context):
        def generate(context, builder, signature, arguments):
            return context.get_constant(types.int64, 1)
        return types.int64(), generate
else:
    from .plain import Door
    from .plain_values import name_records as name_records

    def kernel(function):
        """Return ``function`` unchanged: the plain form."""
        return function

    def gate(function):
        """Mark ``function`` as one that stays apart where the plain form is written out."""
        function.apart = True
        return function

    def entry(function):
        """What Python calls: the source, written out where it runs long. See :class:`steelyard.plain.Door`."""
        return Door(gate(function))

    def open_gates():
        """Nothing to compile in the plain form."""
        return iter(())

    def gate_count() -> int:
        """No gates in the plain form."""
        return 0

    def _overflow():
        raise OverflowError("result does not fit in 64 bits")

    def add(a, b):
        """a + b, raising OverflowError where 64 bits do not hold it."""
        result = a + b
        return result if INT64_MIN <= result <= INT64_MAX else _overflow()

    def subtract(a, b):
        """a - b, raising OverflowError where 64 bits do not hold it."""
        result = a - b
        return result if INT64_MIN <= result <= INT64_MAX else _overflow()

    def multiply(a, b):
        """a * b, raising OverflowError where 64 bits do not hold it."""
        result = a * b
        return result if INT64_MIN <= result <= INT64_MAX else _overflow()

    def lowest_bit(word):
        """Index of the lowest set bit of a non-zero 64-bit word."""
        return (word & -word).bit_length() - 1

    def highest_bit(word):
        """Index of the highest set bit of a non-zero 64-bit word (63 for a negative one)."""
        return 63 if word < 0 else word.bit_length() - 1

    def store_word(record, index, value):
        """Write ``value`` into the ``index``-th field of a plain row whose fields are all 64-bit integers."""
        setattr(record, record.__slots__[index], value)

    def prefetch(record):
        """Nothing to bring near in the plain form."""

    prefetch_line = prefetch_pair = prefetch

    def load_word(record, index):
        """The ``index``-th field of a plain row whose fields are all 64-bit integers."""
        return getattr(record, record.__slots__[index])

    def bit(index):
        """The 64-bit word with only bit ``index`` set (0..63); bit 63 is the sign."""
        return (1 << index) if index < 63 else -(1 << 63)


SMALL_A = (1 << 32) - 1
SMALL_B = (1 << 30) - 1
"""Factors up to these multiply within 62 bits: one division then does what otherwise takes three."""


@gate
def multiply_divide_far(a, b, c):
    """:func:`multiply_divide_down` for factors of any size: divisions one by one, and apart, because it is rarely
    needed and stood in its callers a hundred times."""
    if -SMALL_A <= a < 0 and 0 <= b <= SMALL_B:
        return a * b // c
    rest = a % c
    whole = add(multiply(a // c, b), multiply(rest, b // c))
    return add(whole, multiply(rest, b % c) // c)


@kernel
def multiply_divide_down(a, b, c):
    """floor(a * b / c), exact without 128 bits, for any sign of a; 0 <= b, 0 < c, and c * min(b, c) < 2**63:
    with parts per billion b may be anything."""
    if 0 <= a <= SMALL_A and 0 <= b <= SMALL_B:
        return a * b // c
    return multiply_divide_far(a, b, c)


@kernel
def multiply_divide_up(a, b, c):
    """ceil(a * b / c), exact without 128 bits, for any sign of a; 0 <= b, 0 < c, and c * min(b, c) < 2**63:
    with parts per billion b may be anything."""
    if 0 <= a <= SMALL_A and 0 <= b <= SMALL_B:
        return (a * b + c - 1) // c
    return -multiply_divide_far(-a, b, c)


@kernel
def divide_up(a, b):
    """ceil(a / b) for b > 0 and any sign of a."""
    return -((-a) // b)


@kernel
def divide_half_up(a, b):
    """a / b rounded to the nearest integer, halves upward; b > 0."""
    return (2 * a + b) // (2 * b)


def row_initializer(makers: dict):
    """``__init__`` of a plain row: 0 in every field whose maker is ``int``, what the maker makes in the others.

    Written out, not looped: rows are made all the time, and this is most of what that takes.
    """
    numbers = [f"self.{name}" for name, make in makers.items() if make is int]
    lines = [" = ".join([*numbers, "0"])] if numbers else []
    lines += [f"self.{name} = makers[{name!r}]()" for name, make in makers.items() if make is not int]
    scope = {"makers": makers}
    exec("def __init__(self):\n    " + "\n    ".join(lines), scope)
    return scope["__init__"]


def load_plain(name: str = "engine.engine") -> python_types.ModuleType:
    """Import a module of the package a second time, uncompiled, as ``steelyard_plain.<name>``."""
    if PLAIN_PACKAGE not in sys.modules:
        package = python_types.ModuleType(PLAIN_PACKAGE)
        package.__path__ = [str(PACKAGE)]
        sys.modules[PLAIN_PACKAGE] = package
    return importlib.import_module(f"{PLAIN_PACKAGE}.{name}")
