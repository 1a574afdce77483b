"""Compiles the ``.cu`` files of this folder and launches their kernels.

``module("activations", dtype)`` is the source ``activations.cu`` compiled for numbers of that dtype: the macro ``REAL``
is ``float`` or ``double`` in it. It is compiled once for each device, dtype and set of options.

A `Compiler` compiles. The default is `CupyCompiler`, which uses NVRTC, NVIDIA's compiler as a library. The tests use
another one, which compiles the same sources for the CPU (`compiling_with`).
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from minigan import backend
from minigan.backend import Array
from minigan.errors import BackendError, DtypeError

__all__ = [
    "Compiler",
    "CupyCompiler",
    "Module",
    "Program",
    "compiling_with",
    "contiguous",
    "fits",
    "module",
    "source_of",
    "spread",
]

FOLDER = Path(__file__).parent

#: The macro REAL for each dtype.
REAL = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}

#: An argument of a kernel: an array, a number, or None for a null pointer.
Argument: TypeAlias = Any

#: The most blocks and threads that CUDA allows along x, y and z, and the most threads of a block.
GRID_LIMITS = (2**31 - 1, 65535, 65535)
BLOCK_LIMITS = (1024, 1024, 64)
BLOCK_THREADS = 1024

#: The most entries of an array that the kernels can number: they count in 32 bits, with room for one stride more.
LARGEST = 2**30


class Program(Protocol):
    """A compiled source."""

    def launch(self, kernel: str, grid: tuple[int, ...], block: tuple[int, ...], arguments: Sequence[Argument]) -> None:
        """Run a kernel. The arguments are arrays, NumPy scalars of the kernel's types, and None for a null pointer."""


class Compiler(Protocol):
    """Compiles sources to programs."""

    #: The compiled programs.
    programs: dict[Hashable, Program]

    def device(self) -> Hashable:
        """The device for which programs are compiled."""

    def compile(self, name: str, source: str, options: tuple[str, ...]) -> Program:
        """The program of a source; `name` is that of its file."""


class CupyCompiler:
    """NVRTC, through CuPy."""

    def __init__(self) -> None:
        self.programs: dict[Hashable, Program] = {}

    def device(self) -> Hashable:
        return backend.cuda_device()

    def compile(self, name: str, source: str, options: tuple[str, ...]) -> Program:
        return CupyProgram(backend.compile_cuda(source, options))


class CupyProgram:
    """A module of CuPy."""

    def __init__(self, compiled: Any) -> None:
        self.compiled = compiled
        self.functions: dict[str, Any] = {}

    def launch(self, kernel: str, grid: tuple[int, ...], block: tuple[int, ...], arguments: Sequence[Argument]) -> None:
        function = self.functions.get(kernel)
        if function is None:
            function = self.functions[kernel] = self.compiled.get_function(kernel)
        function(grid, block, tuple(np.uintp(0) if value is None else value for value in arguments))


#: The compiler in use.
compiler: Compiler = CupyCompiler()


@contextmanager
def compiling_with(other: Compiler) -> Iterator[None]:
    """Use another compiler inside a ``with`` block."""
    global compiler
    before, compiler = compiler, other
    try:
        yield
    finally:
        compiler = before


class Module:
    """A source compiled for numbers of one dtype.

    Parameters
    ----------
    name : str
        Of the source, without ``.cu``.
    dtype : numpy.dtype
        float32 or float64.
    program : Program
    """

    def __init__(self, name: str, dtype: np.dtype, program: Program) -> None:
        self.name, self.dtype, self.program = name, dtype, program

    def launch(self, kernel: str, grid: tuple[int, ...], block: tuple[int, ...], arguments: Sequence[Argument]) -> None:
        """Run ``kernel<<<grid, block>>>(*arguments)``; it has not ended when this returns.

        Parameters
        ----------
        kernel : str
            Its name in the source.
        grid, block : tuple of 1 to 3 int
            The blocks of the grid and the threads of each block, along x, y and z. A grid without blocks is not
            launched.
        arguments : sequence
            In the kernel's order: C-contiguous arrays, for pointers; None for a null pointer; an int for ``int``, a
            float for ``real``, and NumPy scalars for other types: ``np.uint64(7)`` for ``unsigned long long``.

        Raises
        ------
        BackendError
            The grid or the block is larger than CUDA allows, or an argument cannot be passed.
        """
        if not prod(grid):
            return
        self._check_size(kernel, "grid", grid, GRID_LIMITS)
        self._check_size(kernel, "block", block, BLOCK_LIMITS)
        if prod(block) > BLOCK_THREADS:
            raise self._error(kernel, f"expected a block of at most {BLOCK_THREADS} threads, got {prod(block)}")
        passed = [self._passed(kernel, place, value) for place, value in enumerate(arguments)]
        self.program.launch(kernel, grid, block, passed)

    def _check_size(self, kernel: str, what: str, size: tuple[int, ...], limits: tuple[int, ...]) -> None:
        if not 1 <= len(size) <= 3 or not all(1 <= extent <= limit for extent, limit in zip(size, limits)):
            raise self._error(kernel, f"expected a {what} of 1 to 3 numbers from 1 to {limits}, got {size}")

    def _passed(self, kernel: str, place: int, value: Argument) -> Argument:
        """An argument as the kernel takes it."""
        if value is None or isinstance(value, np.generic):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            if not -(2**31) <= value < 2**31:
                raise self._error(kernel, f"argument {place}: expected a number of 32 bits, got {value}")
            return np.int32(value)
        if isinstance(value, float):
            return self.dtype.type(value)
        if not hasattr(value, "flags"):
            raise self._error(kernel, f"argument {place}: expected an array or a number, got {type(value).__name__}")
        if not value.flags.c_contiguous:
            raise self._error(kernel, f"argument {place}: expected a C-contiguous array, got strides {value.strides}")
        return value

    def _error(self, kernel: str, message: str) -> BackendError:
        return BackendError(f"kernel {kernel!r} of {self.name}.cu: {message}")


def module(name: str, dtype: Any, options: tuple[str, ...] = ()) -> Module:
    """The source ``name.cu``, compiled for a dtype and the current device.

    Parameters
    ----------
    name : str
        Of the source, without ``.cu``.
    dtype : dtype
        float32 or float64.
    options : tuple of str
        For the compiler, such as ``"-DTF32"``.

    Returns
    -------
    Module

    Raises
    ------
    DtypeError
        The kernels are not for numbers of this dtype.
    BackendError
        There is no such source, it does not compile, or there is no device.
    """
    dtype = np.dtype(dtype)
    key = (name, dtype, options, compiler.device())
    found = compiler.programs.get(key)
    if found is None:
        found = compiler.programs[key] = _compiled(name, dtype, options)
    return Module(name, dtype, found)


def _compiled(name: str, dtype: np.dtype, options: tuple[str, ...]) -> Program:
    if dtype not in REAL:
        raise DtypeError(f"{name}.cu: expected float32 or float64, got {dtype}")
    return compiler.compile(f"{name}.cu", source_of(f"{name}.cu"), (f"-DREAL={REAL[dtype]}", *options))


INCLUDE = re.compile(r'^#include "([^"]+)"$', re.MULTILINE)


def source_of(file: str, folder: Path = FOLDER) -> str:
    """The text of a source, with the files of this folder that it includes in their places.

    So a compiler gets one text, and can find it in its cache. Its messages still name the right files and lines: the
    text has ``#line``.
    """
    path = folder / file
    if not path.is_file():
        raise BackendError(f"expected a source {file} in {folder}, found none")
    text = path.read_text(encoding="utf-8")

    def included(match: re.Match[str]) -> str:
        line = text.count("\n", 0, match.start()) + 1
        return f'{source_of(match[1], folder)}\n#line {line + 1} "{file}"'

    return f'#line 1 "{file}"\n' + INCLUDE.sub(included, text)


def fits(*sizes: int) -> bool:
    """Whether the kernels, which count in 32 bits, can number this many entries."""
    return max(sizes, default=0) <= LARGEST


def spread(count: int, threads: int = 256, blocks: int = 4096) -> tuple[tuple[int], tuple[int]]:
    """The grid and the block for ``FOR_EACH``: a thread for each entry, up to `blocks` blocks.

    Returns
    -------
    grid, block : tuple of int
    """
    return (min(-(-count // threads), blocks),), (threads,)


def contiguous(array: Array) -> Array:
    """The array itself, or a C-contiguous copy."""
    return array if array.flags.c_contiguous else backend.array_module(array).ascontiguousarray(array)
