"""The function that Python calls: it looks at the types of its arguments, and calls the loop with their values.

It is a C function of CPython's "fastcall" convention, written in LLVM's language. A call costs a tenth of a
microsecond. Where the arguments are not those that the loop was compiled for, it returns ``NotImplemented``.

An array is read from the structure that NumPy's binary interface promises, `PyArrayObject`, after the head that all
Python objects have: pointers to the numbers, the number of axes, pointers to sizes and strides, the base, the dtype
(`PyArray_Descr`) and flags. A number of NumPy or a float of Python is right after its head.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from minigan.kernels.compiled.compiler.signature import Argument, ArrayOf, IntegersOf, NothingOf, NumberOf

__all__ = ["PYTHON", "Entry", "add_reshape"]

HEAD = object.__basicsize__

#: Where the parts of an array's structure begin, and those of its dtype's.
DATA, NDIM, SHAPE, STRIDES, DTYPE, FLAGS = (HEAD + place for place in (0, 8, 16, 24, 40, 48))
BYTE_ORDER, TYPE_NUMBER = HEAD + 10, HEAD + 12

C_CONTIGUOUS, ALIGNED = 0x1, 0x100

#: The sign of a dtype in the other byte order.
SWAPPED = ord(np.dtype(np.int32).newbyteorder().byteorder)

#: The interpreter's lock is kept for fewer numbers than this: they take less time than its release.
FEW = 2048

BYTE, INT32, INT64, DOUBLE = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.DoubleType()
POINTER = BYTE.as_pointer()

#: CPython's functions that an entry calls, with what they return and take.
PYTHON = {
    "PyBool_FromLong": (POINTER, (INT64,)),
    "PyErr_BadInternalCall": (ir.VoidType(), ()),
    "PyErr_Occurred": (POINTER, ()),
    "PyEval_RestoreThread": (ir.VoidType(), (POINTER,)),
    "PyEval_SaveThread": (POINTER, ()),
    "PyFloat_FromDouble": (POINTER, (DOUBLE,)),
    "PyLong_AsSsize_t": (INT64, (POINTER,)),
    "PyLong_FromSsize_t": (POINTER, (INT64,)),
    "PyTuple_GetItem": (POINTER, (POINTER, INT64)),
    "PyTuple_Size": (INT64, (POINTER,)),
    "Py_IncRef": (ir.VoidType(), (POINTER,)),
}


class Entry:
    """Writes an entry, step by step.

    Parameters
    ----------
    context : numba.core.base.BaseContext
        It knows the structures that compiled loops take.
    module : llvmlite.ir.Module
        It gets the entry.
    name : str
    """

    def __init__(self, context: Any, module: ir.Module, name: str) -> None:
        self.context, self.module = context, module
        function = ir.Function(module, ir.FunctionType(POINTER, [POINTER, POINTER.as_pointer(), INT64]), name)
        _, self.arguments, self.count = function.args
        self.builder = ir.IRBuilder(function.append_basic_block("entry"))
        self.other = function.append_basic_block("other")
        self.numbers = INT64(0)

    def write(self, signature: Sequence[Argument], loop: ir.Function, result: Any, kinds: Sequence[Any]) -> None:
        """Write all of it: the call of `loop`, whose result and arguments are of these types of Numba."""
        build = self.builder
        self.require(build.icmp_signed("==", self.count, INT64(len(signature))))
        values = [self.value(place, expected, kind) for place, (expected, kind) in enumerate(zip(signature, kinds))]
        is_long = build.icmp_signed(">=", self.numbers, INT64(FEW))
        state = build.alloca(POINTER)
        with build.if_then(is_long):
            build.store(self.call("PyEval_SaveThread"), state)
        status, answer = self.context.call_conv.call_function(build, loop, result, kinds, values)
        with build.if_then(is_long):
            self.call("PyEval_RestoreThread", build.load(state))
        with build.if_then(status.is_error, likely=False):
            self.call("PyErr_BadInternalCall")
            build.ret(POINTER(None))
        build.ret(self.boxed(answer, result))
        build.position_at_end(self.other)
        build.ret(self.owned("NotImplemented"))

    def value(self, place: int, expected: Argument, kind: Any) -> Any:
        """The value of an argument, if it is of the expected type."""
        given = self.builder.load(self.builder.gep(self.arguments, [INT64(place)]))
        match expected:
            case ArrayOf():
                return self.array(given, expected, kind)
            case IntegersOf():
                return self.integers(given, expected)
            case NothingOf():
                self.require(self.builder.icmp_unsigned("==", given, self.object("None")))
                return self.context.get_dummy_value()
        return self.number(given, expected, kind)

    # Python's side

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one of CPython's functions."""
        if name not in self.module.globals:
            ir.Function(self.module, ir.FunctionType(*PYTHON[name]), name)
        return self.builder.call(self.module.globals[name], arguments)

    def object(self, name: str) -> Any:
        """One of Python's objects."""
        name = f"minigan.{name}"
        if name not in self.module.globals:
            ir.GlobalVariable(self.module, BYTE, name)
        return self.module.globals[name]

    def owned(self, name: str) -> Any:
        """One of Python's objects, to be returned."""
        self.call("Py_IncRef", self.object(name))
        return self.object(name)

    def field(self, owner: Any, place: int, kind: Any) -> Any:
        """What begins `place` bytes after a structure's begin."""
        at = self.builder.gep(owner, [INT64(place)])
        return self.builder.load(self.builder.bitcast(at, kind.as_pointer()))

    def require(self, condition: Any) -> None:
        """Go on only if the condition holds."""
        ahead = self.builder.append_basic_block()
        self.builder.cbranch(condition, ahead, self.other)
        self.builder.position_at_end(ahead)

    def require_type(self, given: Any, name: str) -> None:
        """Go on only if an object is of this very type."""
        self.require(self.builder.icmp_unsigned("==", self.field(given, HEAD - 8, POINTER), self.object(name)))

    # Numba's side

    def array(self, given: Any, expected: ArrayOf, kind: Any) -> Any:
        """An array, if it has this dtype, this number of axes and this order."""
        self.require_type(given, "np.ndarray")
        dtype, flags = np.dtype(expected.dtype), ALIGNED | C_CONTIGUOUS * expected.contiguous
        described = self.field(given, DTYPE, POINTER)
        build = self.builder
        self.require(build.icmp_signed("==", self.field(described, TYPE_NUMBER, INT32), INT32(dtype.num)))
        self.require(build.icmp_signed("!=", self.field(described, BYTE_ORDER, BYTE), BYTE(SWAPPED)))
        self.require(build.icmp_signed("==", self.field(given, NDIM, INT32), INT32(expected.ndim)))
        self.require(build.icmp_signed("==", build.and_(self.field(given, FLAGS, INT32), INT32(flags)), INT32(flags)))
        shape, strides = (
            [self.field(self.field(given, place, POINTER), 8 * axis, INT64) for axis in range(expected.ndim)]
            for place in (SHAPE, STRIDES)
        )
        size = INT64(1)
        for length in shape:
            size = build.mul(size, length)
        self.numbers = build.add(self.numbers, size)
        array = self.context.make_array(kind)(self.context, build)
        array.data = build.bitcast(self.field(given, DATA, POINTER), array.data.type)
        array.shape, array.strides = self.packed(shape), self.packed(strides)
        array.itemsize, array.nitems = INT64(dtype.itemsize), size
        array.meminfo, array.parent = array.meminfo.type(None), array.parent.type(None)
        return array._getvalue()

    def number(self, given: Any, expected: NumberOf, kind: Any) -> Any:
        """A number, if it is of this type."""
        self.require_type(given, expected.name)
        if expected.name == "int":
            return self.integer(given)
        if expected.name == "bool":
            return self.builder.icmp_unsigned("==", given, self.object("True"))
        if expected.name == "np.bool":
            return self.builder.icmp_unsigned("!=", self.field(given, HEAD, BYTE), BYTE(0))
        return self.field(given, HEAD, self.context.get_value_type(kind))

    def integers(self, given: Any, expected: IntegersOf) -> Any:
        """A tuple of integers, if it has this length."""
        self.require_type(given, "tuple")
        length = self.call("PyTuple_Size", given)
        self.require(self.builder.icmp_signed("==", length, INT64(expected.length)))
        items = [self.call("PyTuple_GetItem", given, INT64(place)) for place in range(expected.length)]
        for item in items:
            self.require_type(item, "int")
        return self.packed([self.integer(item) for item in items])

    def integer(self, given: Any) -> Any:
        """The value of a Python integer; its error, if it has more than 64 bits."""
        number = self.call("PyLong_AsSsize_t", given)
        with self.builder.if_then(self.builder.icmp_signed("==", number, INT64(-1)), likely=False):
            raised = self.builder.icmp_unsigned("!=", self.call("PyErr_Occurred"), POINTER(None))
            with self.builder.if_then(raised, likely=False):
                self.builder.ret(POINTER(None))
        return number

    def packed(self, values: Sequence[Any]) -> Any:
        """Integers as one value."""
        packed = ir.Constant(ir.ArrayType(INT64, len(values)), ir.Undefined)
        for place, value in enumerate(values):
            packed = self.builder.insert_value(packed, value, place)
        return packed

    def boxed(self, answer: Any, kind: Any) -> Any:
        """The result as an object of Python."""
        if isinstance(answer.type, ir.FloatType):
            return self.call("PyFloat_FromDouble", self.builder.fpext(answer, DOUBLE))
        if isinstance(answer.type, ir.DoubleType):
            return self.call("PyFloat_FromDouble", answer)
        if answer.type == INT64:
            return self.call("PyLong_FromSsize_t", answer)
        if str(kind) == "bool":
            return self.call("PyBool_FromLong", self.builder.zext(answer, INT64))
        if str(kind) == "none":
            return self.owned("None")
        raise TypeError(f"expected a loop that returns a number or nothing, got {kind}")


def add_reshape(module: ir.Module) -> None:
    """Write the function that Numba's ``reshape`` calls for the strides of an array, here for contiguous ones."""
    integers = INT64.as_pointer()
    takes = (INT64, integers, integers, INT64, integers, integers, INT64, INT32)
    function = ir.Function(module, ir.FunctionType(INT32, takes), "numba_attempt_nocopy_reshape")
    function.linkage = "linkonce_odr"  # left out where nothing calls it
    _, _, _, axes, sizes, strides, itemsize, _ = function.args
    begin, step, body, end = (function.append_basic_block(name) for name in ("begin", "step", "body", "end"))
    ir.IRBuilder(begin).branch(step)
    builder = ir.IRBuilder(step)
    left, stride = builder.phi(INT64), builder.phi(INT64)  # from the last axis to the first
    builder.cbranch(builder.icmp_signed(">", left, INT64(0)), body, end)
    builder.position_at_end(body)
    axis = builder.sub(left, INT64(1))
    builder.store(stride, builder.gep(strides, [axis]))
    larger = builder.mul(stride, builder.load(builder.gep(sizes, [axis])))
    builder.branch(step)
    for phi, first, then in ((left, axes, axis), (stride, itemsize, larger)):
        phi.add_incoming(first, begin)
        phi.add_incoming(then, body)
    ir.IRBuilder(end).ret(INT32(1))
