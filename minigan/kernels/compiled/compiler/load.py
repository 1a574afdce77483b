"""Machine code in this process, by llvmlite alone: a warm start need not import Numba."""

import ctypes
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from llvmlite import binding as llvm

__all__ = ["Code", "emit", "load", "processor"]

#: CPython's flag of functions that take their arguments as an array.
FASTCALL = 0x80

#: Functions of C's mathematics that a loop may call, for double numbers; those for single ones have an f at the end.
MATHEMATICS = {"cos", "exp", "expm1", "floor", "fma", "log", "log1p", "pow", "rint", "sin", "sqrt", "tanh"}

#: Functions that code may call, apart from those of CPython.
KNOWN = {name + kind for name in MATHEMATICS for kind in ("", "f")} | {"memcpy", "memmove", "memset"}

#: Functions of CPython that entries call (`minigan.kernels.compiled.compiler.entry`).
PYTHON = {
    "PyBool_FromLong",
    "PyErr_BadInternalCall",
    "PyErr_Occurred",
    "PyEval_RestoreThread",
    "PyEval_SaveThread",
    "PyFloat_FromDouble",
    "PyLong_AsSsize_t",
    "PyLong_FromSsize_t",
    "PyTuple_GetItem",
    "PyTuple_Size",
    "Py_IncRef",
}

#: The dtypes of arrays and numbers.
DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")


class Code(NamedTuple):
    """Machine code.

    Attributes
    ----------
    calls : tuple of str
        The functions of C's library that it calls.
    machine : bytes
        An object file.
    """

    calls: tuple[str, ...]
    machine: bytes


@cache
def start() -> Any:
    """LLVM, ready for this processor."""
    from llvmlite import binding as llvm

    with suppress(RuntimeError):  # versions that need no start raise
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@cache
def with_symbols() -> Any:
    """LLVM, which finds what entries call and compare with."""
    llvm = start()
    for name in PYTHON:
        llvm.add_symbol(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value)
    for name, value in objects().items():
        llvm.add_symbol(f"minigan.{name}", id(value))
    return llvm


def processor() -> tuple[str, str]:
    """The name of the processor, and its instruction sets."""
    llvm = start()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@cache
def target() -> "llvm.TargetMachine":
    """What code is made for."""
    llvm, (name, features) = start(), processor()
    found = llvm.Target.from_triple(llvm.get_process_triple())
    relocation = "static" if found.name.startswith("x86") else "default"  # as Numba has it
    return found.create_target_machine(
        cpu=name, features=features, opt=3, reloc=relocation, codemodel="jitdefault", jit=True
    )


def emit(text: str, name: str) -> Code:
    """Machine code of a module in LLVM's language, of which only the function of this name can be called.

    Raises
    ------
    ValueError
        It needs what only Numba has.
    """
    llvm = start()
    module = llvm.parse_assembly(text)
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and value.name != name:
            value.linkage = "internal"  # two loops may call the same third one
    module.verify()
    calls = tuple(sorted(filter(None, (c_function(value.name) for value in module.functions if value.is_declaration))))
    if unknown := [call for call in calls if call not in KNOWN]:
        raise ValueError(f"expected a loop that needs nothing of Numba where it runs, found calls of {unknown}")
    return Code(calls, target().emit_object(module))


def c_function(name: str) -> str | None:
    """The function of C's library that is called by this name; None where there is none."""
    if name in PYTHON:
        return None
    if not name.startswith("llvm."):
        return name
    _, function, *kinds = name.split(".")
    if function in MATHEMATICS:
        return function + ("f" if kinds[-1:] == ["f32"] else "")
    return None


def load(code: Code, name: str) -> Callable[..., Any]:
    """The function of this name in machine code, which Python can call.

    Raises
    ------
    OSError
        The process has no function that the code calls.
    """
    with _lock:
        llvm, machine = start(), engine()
        if missing := [call for call in code.calls if not llvm.address_of_symbol(call)]:
            raise OSError(f"expected {', '.join(missing)} in C's library")
        machine.add_object_file(llvm.ObjectFileRef.from_data(code.machine))
        machine.finalize_object()
        return function_at(machine.get_function_address(name), name)


_lock = threading.Lock()


@cache
def engine() -> "llvm.ExecutionEngine":
    """What holds all machine code of this process."""
    llvm = with_symbols()
    return never_freed(llvm.create_mcjit_compiler(llvm.parse_assembly(""), target()))


def objects() -> dict[str, Any]:
    """Python's objects with which entries compare, by the names that they have for them."""
    named = {"int": int, "float": float, "bool": bool, "tuple": tuple, "np.ndarray": np.ndarray}
    numbers = {f"np.{name}": np.dtype(name).type for name in DTYPES}
    return {**named, **numbers, "None": None, "NotImplemented": NotImplemented, "True": True}


class Method(ctypes.Structure):
    """CPython's description of a function in C."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    )


def function_at(address: int, name: str) -> Callable[..., Any]:
    """The function of Python that calls the machine code at this address."""
    method = never_freed(Method(name.encode(), address, FASTCALL, None))
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.argtypes, make.restype = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p), ctypes.py_object
    return make(ctypes.addressof(method), None, None)


def never_freed(item: Any) -> Any:
    """An object that outlives the interpreter, which frees objects in any order at its end.

    CPython reads the description of a function when it frees the function; and machine code may still be called.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(item))
    return item
