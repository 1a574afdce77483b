"""Sources of CUDA kernels, compiled once and launched with checked arguments; by a compiler that only takes notes."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from minigan.errors import BackendError, DtypeError
from minigan.kernels.cuda import compiler
from minigan.kernels.cuda.compiler import CupyCompiler, fits, source_of, spread


class Noting:
    """A compiler, and the programs that it makes."""

    def __init__(self) -> None:
        self.programs: dict = {}
        self.number = 0
        self.compiled: list = []
        self.launched: list = []

    def device(self) -> int:
        return self.number

    def compile(self, name: str, source: str, options: tuple) -> "Noting":
        self.compiled.append((name, options))
        return self

    def launch(self, *launch: Any) -> None:
        self.launched.append(launch)


@pytest.fixture
def notes():
    with compiler.compiling_with(Noting()):
        yield compiler.compiler


def test_a_source_is_compiled_once_for_each_dtype_set_of_options_and_device(notes: Noting):
    for _ in range(2):
        compiler.module("activations", np.float32)
        compiler.module("activations", np.dtype(np.float32))
        compiler.module("activations", np.float64)
        compiler.module("activations", np.float32, ("-DTF32",))
    assert notes.compiled == [
        ("activations.cu", ("-DREAL=float",)),
        ("activations.cu", ("-DREAL=double",)),
        ("activations.cu", ("-DREAL=float", "-DTF32")),
    ]
    notes.number = 1
    compiler.module("activations", np.float32)
    assert len(notes.compiled) == 4


def test_the_compiler_is_another_one_inside_the_block_alone():
    usual = compiler.compiler
    assert isinstance(usual, CupyCompiler)
    with compiler.compiling_with(Noting()) as nothing:
        assert nothing is None
        assert compiler.compiler is not usual
    assert compiler.compiler is usual
    with pytest.raises(ZeroDivisionError), compiler.compiling_with(Noting()):
        raise ZeroDivisionError
    assert compiler.compiler is usual


@pytest.mark.parametrize("dtype", [np.float16, np.complex64, np.int32])
def test_other_numbers_are_refused(notes: Noting, dtype: type):
    with pytest.raises(DtypeError, match=f"activations.cu: expected float32 or float64, got {np.dtype(dtype)}"):
        compiler.module("activations", dtype)


def test_a_source_that_is_not_there_is_refused(notes: Noting):
    with pytest.raises(BackendError, match=r"expected a source elementwize.cu in .*cuda, found none"):
        compiler.module("elementwize", np.float32)


def test_an_included_file_stands_in_its_place_with_its_lines(tmp_path):
    (tmp_path / "a.cu").write_text('// a\n#include "b.cuh"\n// line 3\n')
    (tmp_path / "b.cuh").write_text("// b\n")
    assert source_of("a.cu", tmp_path) == '#line 1 "a.cu"\n// a\n#line 1 "b.cuh"\n// b\n\n#line 3 "a.cu"\n// line 3\n'


# Launches


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_are_passed_in_the_kernel_s_types(notes: Noting, dtype: type):
    x = np.zeros(3, dtype)
    compiler.module("activations", dtype).launch("k", (2, 3), (64,), [x, None, 7, 0.5, np.uint64(9), np.bool_(True)])
    ((kernel, grid, block, passed),) = notes.launched
    assert (kernel, grid, block) == ("k", (2, 3), (64,))
    assert passed[0] is x
    assert passed[1] is None
    assert [type(value) for value in passed[2:]] == [np.int32, dtype, np.uint64, np.bool_]


@pytest.mark.parametrize("grid", [(0,), (5, 0)])
def test_a_grid_without_blocks_is_not_launched(notes: Noting, grid: tuple):
    compiler.module("activations", np.float32).launch("k", grid, (64,), [])
    assert notes.launched == []


@pytest.mark.parametrize(
    ("grid", "block", "arguments", "message"),
    [
        ((1, 65536), (1,), [], r"expected a grid of 1 to 3 numbers from 1 to .*65535.*, got \(1, 65536\)"),
        ((1, 1, 1, 1), (1,), [], "expected a grid of 1 to 3 numbers"),
        ((-1,), (1,), [], "expected a grid of 1 to 3 numbers"),
        ((1,), (1, 1, 65), [], "expected a block of 1 to 3 numbers"),
        ((1,), (0,), [], "expected a block of 1 to 3 numbers"),
        ((1,), (64, 32), [], "expected a block of at most 1024 threads, got 2048"),
        ((1,), (1,), [0.5, 2**31], "argument 1: expected a number of 32 bits, got 2147483648"),
        ((1,), (1,), [np.zeros((4, 4))[:, ::2]], "argument 0: expected a C-contiguous array, got strides"),
        ((1,), (1,), [[1.0]], "argument 0: expected an array or a number, got list"),
        ((1,), (1,), [True], "argument 0: expected an array or a number, got bool"),
    ],
)
def test_a_launch_that_cuda_would_refuse_or_misread_is_refused(
    notes: Noting, grid: tuple, block: tuple, arguments: list, message: str
):
    with pytest.raises(BackendError, match=f"kernel 'k' of activations.cu: {message}"):
        compiler.module("activations", np.float32).launch("k", grid, block, arguments)
    assert notes.launched == []


def test_there_is_a_thread_for_each_entry_up_to_a_limit():
    assert spread(0) == ((0,), (256,))
    assert spread(1) == ((1,), (256,))
    assert spread(257) == ((2,), (256,))
    assert spread(1 << 30) == ((4096,), (256,))
    assert spread(100, threads=32, blocks=3) == ((3,), (32,))


def test_arrays_too_large_for_32_bits_do_not_fit():
    assert fits()
    assert fits(3, 1 << 30)
    assert not fits(3, (1 << 30) + 1)


# CuPy


class CompileException(Exception):
    """As CuPy's."""


class RawModule:
    """As CuPy's."""

    def __init__(self, code: str, options: tuple, backend: str) -> None:
        self.code, self.options, self.backend = code, options, backend
        self.calls: list = []

    def compile(self) -> None:
        if "mistake" in self.code:
            raise CompileException('try.cu(3): error: identifier "mistake" is undefined')

    def get_function(self, name: str) -> Any:
        self.calls.append(name)
        return lambda grid, block, arguments: self.calls.append((grid, block, arguments))


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(
        Device=lambda: SimpleNamespace(id=2), compiler=SimpleNamespace(CompileException=CompileException)
    )
    monkeypatch.setattr("minigan.backend.cuda.load", lambda: SimpleNamespace(cuda=cuda, RawModule=RawModule))


def test_cupy_compiles_by_nvrtc_for_its_current_device(cupy: None):
    compiler = CupyCompiler()
    assert compiler.device() == 2
    compiled = compiler.compile("try.cu", "text", ("-DREAL=float",)).compiled
    assert (compiled.code, compiled.options, compiled.backend) == ("text", ("-std=c++17", "-DREAL=float"), "nvrtc")


def test_cupy_finds_a_kernel_once_and_passes_null_pointers(cupy: None):
    program = CupyCompiler().compile("try.cu", "text", ())
    program.launch("k", (1,), (2,), [np.int32(3), None])
    program.launch("k", (1,), (2,), [np.int32(4)])
    assert program.compiled.calls == ["k", ((1,), (2,), (3, 0)), ((1,), (2,), (4,))]
    null = program.compiled.calls[1][2][1]
    assert null.dtype.itemsize == np.dtype(np.intp).itemsize


def test_a_source_that_does_not_compile_is_an_error_with_the_compiler_s_words(cupy: None):
    with pytest.raises(BackendError, match=r'(?s)does not compile.*try.cu\(3\): error: identifier "mistake"'):
        CupyCompiler().compile("try.cu", "mistake", ())
