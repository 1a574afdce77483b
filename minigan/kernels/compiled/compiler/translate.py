"""From a loop to machine code, by Numba: the only file that imports it.

Numba finds the type of every name of the loop, and writes it in LLVM's language. LLVM makes machine code of that and of
the entry (`minigan.kernels.compiled.compiler.entry`). A product and a sum may be contracted to one instruction (FMA);
nothing else of a formula is changed, so that NaN and infinity come out as the formula has them. Nothing is compiled for
Numba's own calls, and arrays cannot be made in a loop: its code then needs nothing of Numba where it runs.
"""

import types as python_types
from collections.abc import Sequence
from typing import Any

from minigan.kernels.compiled.compiler.load import Code, emit, with_symbols
from minigan.kernels.compiled.compiler.signature import Argument, ArrayOf, IntegersOf, NothingOf, NumberOf
from minigan.kernels.compiled.compiler.source import Source

__all__ = ["translate"]

#: Numba's options for all loops. Division by zero gives infinity, as NumPy's does.
OPTIONS = {"error_model": "numpy", "_nrt": False, "boundscheck": False}


def translate(loop: Source, signature: Sequence[Argument], name: str) -> Code:
    """Compile a loop for these types; its entry gets this name.

    Raises
    ------
    Exception
        Numba cannot do it.
    """
    with_symbols()
    from numba.core import compiler, registry
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import _FunctionCompiler

    from minigan.kernels.compiled.compiler.entry import Entry, add_reshape

    class Compiler(_FunctionCompiler):
        """Compiles to a library without calls from Python, to which an entry can be added."""

        def _customize_flags(self, flags: Any) -> Any:
            flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.no_compile = True
            flags.enable_pyobject = False
            return flags

    target = registry.cpu_target
    options = {**OPTIONS, "nopython": True, "fastmath": loop.flags}
    kinds = [numba_type(argument) for argument in signature]
    with global_compiler_lock:
        result = Compiler(with_compiled_calls(loop), target, options, {}, compiler.Compiler).compile(kinds, None)
        module = result.library.create_ir_module(name)
        entry = Entry(target.target_context, module, name)
        function = target.target_context.declare_function(module, result.fndesc)
        entry.write(signature, function, result.fndesc.restype, kinds)
        add_reshape(module)
        result.library.add_ir_module(module)
        result.library._finalize_final_module = lambda: None  # or Numba makes machine code, too
        result.library.finalize()
    return emit(result.library.get_llvm_str(), name)


def with_compiled_calls(loop: Source) -> Any:
    """The loop's function, in which the loops that it calls are functions of Numba."""
    import numba

    calls = {
        name: numba.njit(with_compiled_calls(called), no_cpython_wrapper=True, fastmath=called.flags, **OPTIONS)
        for name, called in loop.called.items()
    }
    written, names = loop.python, {**loop.names, **calls}
    cells = tuple(python_types.CellType(names[name]) for name in written.__code__.co_freevars)
    return python_types.FunctionType(
        written.__code__, {**written.__globals__, **names}, written.__name__, written.__defaults__, cells
    )


def numba_type(argument: Argument) -> Any:
    """Numba's type of an argument."""
    from numba import types

    match argument:
        case ArrayOf(dtype, ndim, contiguous):
            return types.Array(getattr(types, dtype), ndim, "C" if contiguous else "A")
        case IntegersOf(length):
            return types.UniTuple(types.int64, length)
        case NothingOf():
            return types.none
        case NumberOf(name):
            python = {"int": types.int64, "float": types.float64, "bool": types.boolean}
            return python[name] if name in python else getattr(types, name.removeprefix("np."))
