"""Compiles CUDA sources for the CPU and runs them on NumPy arrays."""

import contextlib
import ctypes
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Hashable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.devices.host.memory import Guarded

__all__ = ["HostCompiler", "HostError", "HostProgram"]

SHIM = Path(__file__).parent / "shim.h"
FLAGS = (
    *("-std=c++17", "-O1", "-gdwarf-4", "-fPIC", "-U_FORTIFY_SOURCE", "-w", "-fmax-errors=5"),
    *("-ffp-contract=off", "-fno-strict-aliasing"),
    *("-fsanitize=undefined,bounds-strict,float-cast-overflow", "-fno-sanitize=vptr", "-fno-sanitize-recover=all"),
)

KERNEL = re.compile(r'extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\(([^)]*)\)\s*)?(\w+)\s*\(')

VECTORS = re.compile(r"\b(float|double|int|uint|uchar)[24]\b")

#: The orders in which the threads of a block, and the blocks of a grid, take their turns.
ORDERS = {"ascending": 0, "descending": 1, "shuffled": 2}


class HostError(Exception):
    """A kernel does what it must not do."""


class HostCompiler:
    """The compiler of `minigan.kernels.cuda.compiler` that needs no GPU: g++, with its checks.

    Parameters
    ----------
    orders : sequence of str
        The orders in which each launch runs its threads, out of "ascending", "descending" and "shuffled". The results
        must be the same.
    """

    def __init__(self, orders: Sequence[str] = tuple(ORDERS)) -> None:
        self.orders = tuple(orders)
        self.programs: dict[Hashable, Any] = {}

    def device(self) -> Hashable:
        return "host"

    def compile(self, name: str, source: str, options: tuple[str, ...] = ()) -> "HostProgram":
        """The program of a source; raises HostError with the compiler's message."""
        file = library(source, options)
        names = json.loads(file.with_suffix(".json").read_text())
        alignment = 16 if VECTORS.search(source) else 1
        return HostProgram(name, file, names, self.orders, alignment)


def kernels(source: str, options: tuple[str, ...] = ()) -> dict[str, str]:
    """The names of a source's kernels, and what each says of the size of its blocks: "256, 2", or nothing."""
    expanded = run("-E", "-P", "-x", "c++", *options, "-", stdin=source)  # macros may make kernels, too
    return {name: bounds for bounds, name in KERNEL.findall(expanded)}


def launcher(name: str, bounds: str) -> str:
    """What Python calls: the kernel's launch, its signature, and the most threads that it promises to be run with."""
    return f"""
extern "C" unsigned threads_{name}() {{
    const unsigned bounds[] = {{{bounds or 1024}}};
    return bounds[0];
}}
extern "C" const char* launch_{name}(const unsigned* size, int order, void** arguments) {{
    shim::arguments = arguments;
    dim3 grid{{size[0], size[1], size[2]}}, block{{size[3], size[4], size[5]}};
    return shim::launch(grid, block, order, [] {{ shim::call({name}); }});
}}
extern "C" const char* signature_{name}() {{
    static std::string text = shim::signature({name});
    return text.c_str();
}}
"""


def compiler() -> str | None:
    """The C++ compiler, if there is one."""
    return shutil.which("g++")


def cache() -> Path:
    """The folder of what was compiled before."""
    folder = Path(tempfile.gettempdir()) / f"minigan-host-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def key(*parts: object) -> str:
    """A name for what is compiled of these parts, the same in every checkout."""
    return hashlib.sha256(repr((parts, SHIM.read_text(), FLAGS)).encode()).hexdigest()[:24]


def library(source: str, options: tuple[str, ...]) -> Path:
    """The shared library of a source, compiled if there is none yet; a JSON file beside it has its kernels' names."""
    file = cache() / f"{key(source, options)}.so"
    if file.exists():
        return file
    found = kernels(source, options)
    # In a namespace of its own nothing has a linkage that would forbid shared memory its section.
    text = f'#include "{SHIM.name}"\nnamespace {{\n{source}\n}}\n'
    text += "".join(launcher(name, bounds) for name, bounds in found.items())
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        code, names, compiled, linked = (Path(folder) / f"kernels.{kind}" for kind in ("cpp", "json", "o", "so"))
        code.write_text(text)
        run("-c", *FLAGS, *options, "-I", precompiled_shim(), code, "-o", compiled)
        run("-shared", compiled, "-o", linked, "-lm", "-ldl")  # without libubsan: shim.h has its functions
        names.write_text(json.dumps(list(found)))
        os.replace(names, file.with_suffix(".json"))
        os.replace(linked, file)
    return file


def precompiled_shim() -> Path:
    """A folder with shim.h and what g++ has read of it: the standard headers take most of a compilation."""
    folder = cache() / f"{key()}-shim"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=cache()) as place:
            made = Path(place, "shim")
            made.mkdir()
            shutil.copy(SHIM, made)
            run(*FLAGS, "-x", "c++-header", made / SHIM.name, "-o", made / f"{SHIM.name}.gch")
            with contextlib.suppress(OSError):  # another process was first
                os.rename(made, folder)
    return folder


def run(*arguments: Any, stdin: str | None = None) -> str:
    plain = {**os.environ, "LC_ALL": "C"}  # messages in English and ASCII
    done = subprocess.run(["g++", *map(str, arguments)], input=stdin, capture_output=True, text=True, env=plain)
    if done.returncode:
        raise HostError(f"a CUDA source does not compile:\n{done.stderr}")
    return done.stdout


class HostProgram:
    """A source compiled for the CPU."""

    def __init__(self, name: str, file: Path, names: list[str], orders: tuple[str, ...], alignment: int) -> None:
        self.name, self.file, self.names, self.orders, self.alignment = name, file, names, orders, alignment
        self.blocks: dict[str, int] = {}  #: the most threads that each kernel was launched with in a block
        self.library = ctypes.PyDLL(str(file))  # holds the interpreter's lock: one launch at a time

    def signature(self, kernel: str) -> list[str]:
        """The kernel's parameters: "rf" a pointer to floats to read, "wd" to doubles to write, "i4" an int ..."""
        if kernel not in self.names:
            raise HostError(f"{self.name} has no kernel {kernel!r}: expected one of {', '.join(self.names)}")
        function = self.library[f"signature_{kernel}"]
        function.restype = ctypes.c_char_p
        return function().decode().split()

    def launch(self, kernel: str, grid: tuple[int, ...], block: tuple[int, ...], arguments: Sequence[Any]) -> None:
        """Run a kernel in every order, on guarded copies of the arrays, and write what it made into the arrays."""
        parameters = self.signature(kernel)
        if len(parameters) != len(arguments):
            raise self.error(kernel, f"expected {len(parameters)} arguments, got {len(arguments)}")
        given = [plain(value) for value in arguments]
        threads = self.library[f"threads_{kernel}"]()
        if math.prod(block) > threads:
            raise self.error(kernel, f"expected a block of at most {threads} threads, as promised, got {block}")
        self.blocks[kernel] = max(self.blocks.get(kernel, 0), math.prod(block))
        for place, (parameter, value) in enumerate(zip(parameters, given)):
            self.check(kernel, place, parameter, value)
        arrays = distinct([value for value in given if isinstance(value, np.ndarray)])
        size = [*grid, 1, 1][:3] + [*block, 1, 1][:3]
        runs = [self.run(kernel, size, order, given, arrays) for order in self.orders]
        first = runs[0][0]
        for order, (results, damaged) in zip(self.orders, runs):
            if damaged is not None:  # raised only now: another order may have named the line
                raise self.error(kernel, f"writes beside {described(damaged, given)}")
            self.check_orders(kernel, order, first, results, given, arrays)
        written = {id(value) for value, parameter in zip(given, parameters) if parameter.startswith("w")}
        for array, result in zip(arrays, first):
            if id(array) in written or any(same_memory(array, v) and id(v) in written for v in given):
                array.reshape(-1).view(np.uint8)[...] = result

    def run(
        self, kernel: str, size: list[int], order: str, given: list[Any], arrays: list[np.ndarray]
    ) -> tuple[list[np.ndarray], np.ndarray | None]:
        """Run a kernel once on copies; their bytes afterwards, and the array beside which it wrote, if any."""
        copies = [Guarded(array, order != "descending", max(self.alignment, array.itemsize)) for array in arrays]
        try:
            values = []
            for value in given:
                if isinstance(value, np.ndarray):
                    number = next(i for i, array in enumerate(arrays) if same_memory(array, value))
                    values.append(np.array(copies[number].pointer, np.uintp))
                else:
                    values.append(np.array(0 if value is None else value, np.uintp if value is None else value.dtype))
            pointers = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
            function = self.library[f"launch_{kernel}"]
            function.restype = ctypes.c_char_p
            message = function((ctypes.c_uint * 6)(*size), ORDERS[order], pointers)
            if message is not None:
                raise self.error(kernel, self.explained(message.decode(), given, arrays, copies))
            damaged = next((array for array, copy in zip(arrays, copies) if copy.damaged()), None)
            return [copy.bytes().copy() for copy in copies], damaged
        finally:
            for copy in copies:
                copy.free()

    def check(self, kernel: str, place: int, parameter: str, value: Any) -> None:
        """Compare an argument with what the kernel takes: CUDA itself would misread its bytes without a word."""
        pointer = parameter[0] in "rw"
        expected = ("an array of " if pointer else "a number of ") + TYPES.get(parameter.lstrip("rw"), parameter)
        if value is None and pointer:
            return
        got = f"{type(value).__name__} of {getattr(value, 'dtype', None)}"
        fits = isinstance(value, np.ndarray) == pointer and TYPES.get(parameter.lstrip("rw")) == str(value.dtype)
        if not fits:
            raise self.error(kernel, f"argument {place}: expected {expected}, got {got}")
        if parameter[0] == "w" and not value.flags.writeable:
            raise self.error(kernel, f"argument {place}: expected an array that may be written to")

    def check_orders(
        self,
        kernel: str,
        order: str,
        first: list[np.ndarray],
        results: list[np.ndarray],
        given: list[Any],
        arrays: list[np.ndarray],
    ) -> None:
        for array, a, b in zip(arrays, first, results):
            if not np.array_equal(a, b):
                entry = int(np.flatnonzero(a != b)[0]) // array.itemsize
                raise self.error(
                    kernel,
                    f"a race: {described(array, given)} depends on the order of the threads, at entry {entry}; "
                    f"{self.orders[0]} and {order} orders differ (is a __syncthreads missing?)",
                )

    def explained(self, message: str, given: list[Any], arrays: list[np.ndarray], copies: list[Guarded]) -> str:
        """What the shim says, in which an address becomes a place in an array, and an instruction a line."""
        if not message.startswith("memory "):
            return message
        _, address, instruction, thread = message.split(" ", 3)
        where = f"{self.line(instruction)}: {thread} reads or writes "
        for array, copy in zip(arrays, copies):
            distance = copy.distance(0 if address == "(nil)" else int(address, 16))
            if distance is not None:
                side = "after the end" if distance >= 0 else "before the beginning"
                entries = abs(distance) // array.itemsize
                return f"{where}out of bounds, {entries} entries {side} of {described(array, given)}"
        return f"{where}memory that is no argument's"

    def line(self, instruction: str) -> str:
        """The file and line of an instruction, where addr2line finds it."""
        tool = shutil.which("addr2line")
        if tool:
            done = subprocess.run([tool, "-s", "-e", str(self.file), instruction], capture_output=True, text=True)
            if done.stdout.strip() and "?" not in done.stdout:
                return done.stdout.split()[0]
        return self.name

    def error(self, kernel: str, message: str) -> HostError:
        return HostError(f"kernel {kernel!r} of {self.name}: {message}")


#: NumPy's names of the types in signatures.
TYPES = {"f": "float32", "d": "float64", "?": "bool"} | {
    f"{sign}{size}": f"{name}{8 * size}" for sign, name in (("i", "int"), ("u", "uint")) for size in (1, 2, 4, 8)
}


def plain(value: Any) -> Any:
    """An argument as NumPy's own array, if it is one of another type: of the tests' device array, for example."""
    if isinstance(value, np.ndarray):
        return value.view(np.ndarray)
    interface = getattr(value, "__cuda_array_interface__", None)
    return value if interface is None else np.asarray(SimpleNamespace(__array_interface__=interface))


def same_memory(a: Any, b: Any) -> bool:
    """Whether both are arrays of the same bytes."""
    return (
        isinstance(a, np.ndarray)
        and isinstance(b, np.ndarray)
        and (a.ctypes.data, a.nbytes) == (b.ctypes.data, b.nbytes)
    )


def distinct(arrays: list[np.ndarray]) -> list[np.ndarray]:
    """The arrays without repetitions; arrays that share a part of their memory are refused."""
    found: list[np.ndarray] = []
    for array in arrays:
        if any(same_memory(array, other) for other in found):
            continue
        if any(np.may_share_memory(array, other) for other in found):
            raise HostError("expected arguments that share all of their memory or nothing, got two that overlap")
        found.append(array)
    return found


def described(array: np.ndarray, given: list[Any]) -> str:
    """An array by its place among the arguments, its dtype and shape."""
    place = next(i for i, value in enumerate(given) if same_memory(array, value))
    return f"argument {place} ({array.dtype}, shape {array.shape})"
