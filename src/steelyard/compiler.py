"""How Numba is made to write out the kernels of this package, and what it is kept from doing with them.

Stands on names inside Numba, whose version is pinned; code of other packages in the same process is left as it is.
Imported only where kernels are compiled. Why each of it: docs/decisions/0013.
"""
from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite import ir
from llvmlite.ir.instructions import LoadInstr, StoreInstr
from numba.core import cgutils, registry, types
from numba.core.callconv import RETCODE_EXC, RETCODE_OK, CPUCallConv, Status, excinfo_t
from numba.core.codegen import JITCodeLibrary
from numba.np import arrayobj

# In code of this package an index below zero is outside the table, as in the plain form: it does not count from the
# end. All range checks of a function leave by one block, all overflow checks by another (docs/decisions/0013).
_whole_index, _range_check = arrayobj.fix_integer_index, cgutils.do_boundscheck
_OWN = f"{len(__package__)}{__package__}"


def _is_own(builder):
    return _OWN in builder.function.name


def leave_unless(context, builder, holds, exception, message):
    """Raise where ``holds`` is false, from a block that the function has once for each kind of exception."""
    exits = builder.function.__dict__.setdefault("steelyard_exits", {})
    if exception not in exits:
        exits[exception] = builder.append_basic_block("leave")
        with builder.goto_block(exits[exception]):
            context.call_conv.return_user_exc(builder, exception, (message,))
    following = builder.append_basic_block("within")
    builder.cbranch(holds, following, exits[exception]).set_weights([99, 1])
    builder.position_at_end(following)


def _own_index(context, builder, index_type, index, size):
    if _is_own(builder) and index_type.signed:
        return context.cast(builder, index, index_type, types.intp)
    return _whole_index(context, builder, index_type, index, size)


def _own_range_check(context, builder, index, size, axis=None):
    if _is_own(builder):
        inside = builder.icmp_unsigned("<", index, size)
        leave_unless(context, builder, inside, IndexError, "index is out of bounds")
    else:
        _range_check(context, builder, index, size, axis)


arrayobj.fix_integer_index, cgutils.do_boundscheck = _own_index, _own_range_check


# LLVM takes it that any store may change any field, and reads everything again. A field of a record is only ever read
# and written as that field (or with its whole record, which is left unmarked), so what lies in records of one size at
# one offset is never what lies at another: loads and stores say so (docs/decisions/0015).
_member_place = cgutils.get_record_member
_context_class = type(registry.cpu_target.target_context)
_any_unpack, _any_pack = _context_class.unpack_value, _context_class.pack_value


def _own_member_place(builder, record, offset, kind):
    place = _member_place(builder, record, offset, kind)
    if _is_own(builder):
        place.steelyard_field = f"{record.type.pointee.count} {offset}"
    return place


def _mark_access(builder, place):
    """Name the field that the access just written to ``builder`` is to, if it is one."""
    field = getattr(place, "steelyard_field", None)
    for access in builder.block.instructions[-3:] if field is not None else ():
        if isinstance(access, (LoadInstr, StoreInstr)) and place in access.operands:
            module, zero = builder.module, ir.Constant(ir.IntType(64), 0)
            kind = module.add_metadata([field, module.add_metadata(["steelyard"]), zero])
            access.set_metadata("tbaa", module.add_metadata([kind, kind, zero]))


def _own_unpack(context, builder, kind, place, align=None):
    value = _any_unpack(context, builder, kind, place, align)
    _mark_access(builder, place)
    return value


def _own_pack(context, builder, kind, value, place, align=None):
    _any_pack(context, builder, kind, value, place, align)
    _mark_access(builder, place)


cgutils.get_record_member = _own_member_place
_context_class.unpack_value, _context_class.pack_value = _own_unpack, _own_pack


# Where one function calls another, Numba makes room on the stack for an answer and for the cause of a failure, and
# fills both with zeros at the head of the caller, called or not. Here the caller of the caller is told of a failure
# where it waits to be told, and the room is left as it is: a callee that succeeds has filled it (docs/decisions/0018).
_any_call = CPUCallConv.call_function
_failure_place = ir.PointerType(ir.PointerType(excinfo_t))


def _own_call(self, builder, callee, return_type, argument_types, arguments, attrs=None):
    caller = builder.function
    if attrs is not None or not _is_own(builder) or isinstance(return_type, types.Optional) or len(caller.args) < 2 or (
            caller.args[1].type != _failure_place):
        return _any_call(self, builder, callee, return_type, argument_types, arguments, attrs)
    with builder.goto_entry_block():
        answer = builder.alloca(self.get_return_type(return_type).pointee)
    failure = self._get_excinfo_argument(caller)
    packed = self._get_arg_packer(argument_types).as_arguments(builder, arguments)
    code = builder.call(callee, [answer, failure, *packed])
    holds = builder.icmp_signed("==", code, RETCODE_OK)
    status = Status(code=code, is_ok=holds, is_error=builder.not_(holds), is_none=cgutils.false_bit,
                    is_python_exc=builder.icmp_signed("==", code, RETCODE_EXC), is_user_exc=builder.not_(holds),
                    is_stop_iteration=cgutils.false_bit, excinfoptr=builder.load(failure))
    return status, self.context.get_returned_value(builder, return_type, builder.load(answer))


CPUCallConv.call_function = _own_call


class UnitLibrary(JITCodeLibrary):
    """Code that is called: optimized once, with all that was linked in (Numba's first round is for reference
    counts, and records have none)."""

    def _optimize_final_module(self):
        passes, builder = self._codegen._module_pass_manager()
        passes.run(self._final_module, builder)


class GateLibrary(UnitLibrary):
    """Code that is called by address: in the cache, names stand in for its intermediate form, which nobody links
    and every start would read."""

    def serialize_using_object_code(self):
        self._ensure_finalized()
        module = self._final_module
        names = [f'define void @"{item.name}"() {{ ret void }}' for item in module.functions
                 if not item.is_declaration]
        names += [f'@"{item.name}" = global i8 0' for item in module.global_variables
                  if not item.is_declaration and item.name.startswith("_ZN")]
        stand_ins = llvm.parse_assembly("\n".join(names))
        return self.name, "object", (self._get_compiled_object(), stand_ins.as_bitcode())


class InlinedLibrary(JITCodeLibrary):
    """Code that only becomes part of its callers: it waits, as it is, to be optimized with them, and is never
    turned into machine code of its own."""

    def _optimize_functions(self, module):
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name):
        return 0


_making: list = []                                 # (name, library class) of what is being compiled, innermost last
_codegen = registry.cpu_target.target_context.codegen()
_any_library, _any_environment = _codegen.create_library, _codegen.set_env


def _own_library(name, **options):
    if _making and _making[-1][0] == name:
        return _making[-1][1](_codegen, name, **options)
    return _any_library(name, **options)


def _own_environment(name, environment):
    if _codegen._engine.get_global_value_address(name):
        _any_environment(name, environment)


_codegen.create_library, _codegen.set_env = _own_library, _own_environment


# Numba would note when the compiler's lock is taken and given back: a tenth of compiling, and nobody asks.
for _callbacks in list(getattr(getattr(llvm.ffi.lib, "_lock", None), "_cblist", ())):
    llvm.ffi.unregister_lock_callback(*_callbacks)


_initialized: list = []                            # target contexts that are ready to take code from the cache


def _load_plainly(cache):
    """Loading from a cache, without asking before each function which declarations came since the last one."""
    def load_overload(signature, target):
        if target not in _initialized:
            target.refresh()
            _initialized.append(target)
        with cache._guard_against_spurious_io_errors():
            return cache._load_overload(signature, target)
    return load_overload


def make_with(dispatcher, library_class):
    if hasattr(dispatcher._cache, "_load_overload"):
        dispatcher._cache.load_overload = _load_plainly(dispatcher._cache)
    compile_plainly = dispatcher._compiler.compile

    def compile_as(arguments, return_type):
        _making.append((dispatcher.py_func.__qualname__, library_class))
        try:
            return compile_plainly(arguments, return_type)
        finally:
            _making.pop()
    dispatcher._compiler.compile = compile_as
