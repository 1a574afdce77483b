"""What the CPU finds wrong with a CUDA source: each fault, planted in a kernel that is right, is caught.

And in the project's own sources: without any one of its barriers a kernel is found out (slow, a source at a time).
"""

import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigan.kernels.cuda import compiler
from tests.devices import host
from tests.devices.host import HostCompiler, HostError, HostProgram
from tests.kernels.cuda.test_parity import TWINS, empty
from tests.kernels.kernel_cases import CASES, Usual
from tests.kernels.parity import assert_parity

pytestmark = pytest.mark.skipif(host.compiler() is None, reason="the CUDA sources run on the CPU only by g++")

THREADS = 64

#: Reverses the order within each block of 64.
RIGHT = """
extern "C" __global__ void NAME(const real* x, real* y, int n) {
    __shared__ real tile[64];
    int i = blockIdx.x * 64 + threadIdx.x;
    tile[threadIdx.x] = i < n ? x[i] : 0;
    __syncthreads();
    if (i < n) y[i] = tile[63 - threadIdx.x];
}
"""

#: What is replaced in it, by what, and what is then said.
FAULTS = {
    "missing_barrier": ("__syncthreads();", "", "a race: argument 1 .* depends on the order of the threads"),
    "shared_read_off_by_one": ("tile[63 - ", "tile[64 - ", r"try.cu:\d+: index out of bounds by thread \(0, 0, 0\)"),
    "shared_write_off_by_one": ("tile[threadIdx.x] =", "tile[threadIdx.x + 1] =", "index out of bounds by thread"),
    "shared_too_small": ("tile[64]", "tile[63]", "index out of bounds"),
    "read_behind": ("x[i]", "x[i + 1]", r"out of bounds, 0 entries after the end of argument 0 \(float32, shape"),
    "read_before": ("x[i]", "x[i - 1]", "out of bounds, 1 entries before the beginning of argument 0"),
    "read_far_behind": ("x[i]", "x[i + 100000]", "entries after the end of argument 0"),
    "read_at_will": ("x[i]", "((const real*)8)[i]", "null or misaligned|memory that is no argument's"),
    "write_behind": ("y[i]", "y[i + 1]", "out of bounds, 0 entries after the end of argument 1"),
    "write_before": ("y[i]", "y[i - 1]", "out of bounds, 1 entries before the beginning of argument 1"),
    "wrong_bound": ("if (i < n) y", "if (i <= n) y", "out of bounds|a race"),
    "divergent_barrier": ("__syncthreads();", "if (threadIdx.x < 32) __syncthreads();", "divergent barrier"),
    "two_barriers": (
        "__syncthreads();",
        "if (threadIdx.x % 2) {\n__syncthreads();\n} else {\n__syncthreads();\n}",
        r"divergent barrier: threads .* wait for each other at try.cu:\d+ and at try.cu:\d+",
    ),
    "early_end": ("tile[threadIdx.x] =", "if (i >= 100) return; tile[threadIdx.x] =", "divergent barrier.* have ended"),
    "between_blocks": ("y[i] =", "y[i] = y[(i + 64) % n] +", "a race: argument 1"),
    "all_write_one": ("y[i] =", "y[0] =", "a race: argument 1"),
    "overflow": ("i < n ?", "i < 2000000000 * n ?", "overflow of a multiplication"),
    "division_by_zero": ("i < n ?", "i / (n - 100) ?", "division by zero"),
    "local_array": (
        "__syncthreads();",
        "int own[4]; own[threadIdx.x] = n; __syncthreads(); n = own[0];",
        "index out of",
    ),
}


def source(*texts: str) -> str:
    return compiler.source_of("common.cuh") + '\n#line 1 "try.cu"\n' + "\n".join(texts)


def faulty(name: str) -> str:
    before, after, _ = FAULTS[name]
    assert before in RIGHT
    return RIGHT.replace(before, after).replace("NAME", name)


@pytest.fixture(scope="module")
def program() -> HostProgram:
    texts = [RIGHT.replace("NAME", "right"), *map(faulty, FAULTS), EXTRA]
    return HostCompiler().compile("try.cu", source(*texts), ("-DREAL=float",))


#: For tests of their own.
EXTRA = """
extern "C" __global__ void total(const real* x, real* y, int n) {
    real sum = 0;
    FOR_EACH(i, n) sum += x[i];
    sum = block_sum(sum);
    sum = block_sum(sum) / thread_count();
    if (threadIdx.x == 0) y[blockIdx.x] = sum;
}
extern "C" __global__ void partial_warp(real* x) { x[threadIdx.x] = warp_sum(x[threadIdx.x]); }
extern "C" __global__ void __launch_bounds__(THREADS_OF_IT, 2) promised(real* x) { x[threadIdx.x] = 1; }
extern "C" __global__ void unset(real* y) {
    __shared__ real tile[64];
    y[threadIdx.x] = tile[threadIdx.x];
}
extern "C" __global__ void three(real* y, unsigned long long big, unsigned bits, const int* none) {
    y[threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * blockIdx.y)] = big >> 40 | bits | (none ? 1 : 0);
}
extern "C" __global__ void twice(real* x, int n) { FOR_EACH(i, n) x[i] *= 2; }
extern "C" __global__ void quads(const float4* x, real* y) { y[threadIdx.x] = x[threadIdx.x].w; }
""".replace("THREADS_OF_IT", str(THREADS))


def launch(program: HostProgram, kernel: str, *arguments: Any, grid: tuple = (2,), block: tuple = (THREADS,)) -> None:
    program.launch(kernel, grid, block, arguments)


X = np.arange(1, 101, dtype=np.float32)


def test_a_right_kernel_passes(program: HostProgram):
    y = np.zeros_like(X)
    launch(program, "right", X, y, np.int32(X.size))
    padded = np.append(X, np.zeros(28)).reshape(2, 64)
    np.testing.assert_array_equal(y, padded[:, ::-1].reshape(-1)[:100])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(program: HostProgram, fault: str):
    y = np.zeros_like(X)
    with pytest.raises(HostError, match=FAULTS[fault][2]) as caught:
        launch(program, fault, X, y, np.int32(X.size))
    assert str(caught.value).startswith(f"kernel '{fault}' of try.cu: ")
    assert not y.any(), "a launch that fails changes nothing"


def test_a_fault_is_told_with_its_line(program: HostProgram):
    text = source(RIGHT.replace("NAME", "right"), *map(faulty, FAULTS)).split('#line 1 "try.cu"\n')[1]
    line = 1 + text[: text.index("tile[64 - ")].count("\n")
    with pytest.raises(HostError, match=f"try.cu:{line}: index out of bounds"):
        launch(program, "shared_read_off_by_one", X, np.zeros_like(X), np.int32(X.size))


def test_launches_go_on_after_a_fault(program: HostProgram):
    for fault in ("read_behind", "divergent_barrier", "shared_too_small"):
        with pytest.raises(HostError):
            launch(program, fault, X, np.zeros_like(X), np.int32(X.size))
        test_a_right_kernel_passes(program)


@pytest.mark.parametrize(
    ("planted", "message"),
    [
        ("real wrong() { return 1 }", r"try.cu:1:\d+: error: expected ';'"),
        ("void wrong() { nothing(); }", "'nothing' was not declared"),
        ("void wrong(float* x) { atomicAdd(x, 1.0f); }", "not deterministic"),
        ('extern "C" __global__ void wrong(const real* x) { x[0] = 1; }', "read-only"),
    ],
)
def test_what_does_not_compile_is_told_with_its_line(planted: str, message: str):
    with pytest.raises(HostError, match=message):
        HostCompiler().compile("try.cu", source(planted), ("-DREAL=float",))


def test_the_sum_of_a_block_is_in_every_thread_and_may_be_taken_again(program: HostProgram):
    y = np.zeros(1, np.float32)
    launch(program, "total", X, y, np.int32(X.size), grid=(1,), block=(96,))
    assert y == X.sum()


@pytest.mark.parametrize("barrier", [0, 1])
def test_the_sum_of_a_block_misses_its_barriers(barrier: int):
    first, *others = source(EXTRA).split(BARRIER)
    text = first + "".join(("" if i == barrier else BARRIER) + other for i, other in enumerate(others))
    program = HostCompiler().compile("try.cu", text, ("-DREAL=float",))
    total = np.zeros(1, np.float32)
    with contextlib.suppress(HostError):  # a race; or the same NaN in every order
        launch(program, "total", X, total, np.int32(X.size), grid=(1,), block=(96,))
    assert total != X.sum()


def test_a_part_of_a_warp_is_refused(program: HostProgram):
    with pytest.raises(HostError, match="a block of 40 threads has a part of a warp"):
        launch(program, "partial_warp", np.zeros(40, np.float32), grid=(1,), block=(40,))


def test_a_block_larger_than_promised_is_refused(program: HostProgram):
    launch(program, "promised", np.zeros(64, np.float32), grid=(1,))
    with pytest.raises(HostError, match="expected a block of at most 64 threads, as promised, got"):
        launch(program, "promised", np.zeros(65, np.float32), grid=(1,), block=(65,))


def test_shared_memory_begins_as_nan(program: HostProgram):
    y = np.zeros(64, np.float32)
    launch(program, "right", X[:64].copy(), y, np.int32(64), grid=(1,))
    launch(program, "unset", y, grid=(1,))
    assert np.isnan(y).all()


def test_grids_and_blocks_of_several_dimensions_and_numbers_of_other_types(program: HostProgram):
    y = np.zeros((2, 3, 4), np.float32)
    launch(program, "three", y, np.uint64(1 << 44), np.uint32(3), None, grid=(1, 2), block=(4, 3))
    assert (y == (16 | 3)).all()


def test_an_array_may_be_read_and_written(program: HostProgram):
    x = X.copy()
    launch(program, "twice", x, np.int32(x.size))
    np.testing.assert_array_equal(x, 2 * X)


def test_vectors_of_four_are_aligned_and_whole(program: HostProgram):
    y = np.zeros(3, np.float32)
    x = X[:12].reshape(3, 4).copy()
    with pytest.raises(HostError, match="argument 0: expected"):
        launch(program, "quads", x.astype(np.float64), y, grid=(1,), block=(3,))
    launch(program, "quads", x, y, grid=(1,), block=(3,))
    np.testing.assert_array_equal(y, x[:, 3])


N = np.int32(X.size)
READ_ONLY = np.broadcast_to(np.float32(0), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, X.copy()), "expected 3 arguments, got 2"),
        ((X, X.copy(), np.int64(1)), "argument 2: expected a number of int32, got int64"),
        ((X, X.copy(), np.float32(1)), "argument 2: expected a number of int32, got float32"),
        ((X.astype(np.float64), X.copy(), N), "argument 0: expected an array of float32, got ndarray of float64"),
        ((N, X.copy(), N), "argument 0: expected an array of float32, got int32"),
        ((X, X.copy(), X), "argument 2: expected a number of int32, got ndarray"),
        ((X, READ_ONLY, N), "argument 1: expected an array that may be written to"),
        ((X, X[1:], N), "overlap"),
        ((None, X.copy(), N), "null"),
    ],
)
def test_arguments_that_a_kernel_does_not_take_are_refused(program: HostProgram, arguments: tuple, message: str):
    with pytest.raises(HostError, match=message):
        launch(program, "right", *arguments)


def test_a_kernel_that_is_not_there_is_refused(program: HostProgram):
    with pytest.raises(HostError, match=r"try.cu has no kernel 'rihgt': expected one of right, missing_barrier"):
        launch(program, "rihgt")


# The project's own sources, without one barrier

BARRIER = "__syncthreads();"
#: common.cuh is included by all sources, most of which do not use its barriers.
SOURCES = sorted(file for file in compiler.FOLDER.glob("*.cu*") if file.name != "common.cuh")


def barriers(file: Path) -> list[int]:
    """The places of the barriers in the text of a file after its includes."""
    return [match.start() for match in re.finditer(re.escape(BARRIER), own_text(file))]


def own_text(file: Path) -> str:
    """The text of a file after its includes."""
    return re.split(r'^#include ".*"\n', file.read_text(encoding="utf-8"), flags=re.MULTILINE)[-1]


class Damaging(HostCompiler):
    """Leaves out one barrier of one file, in all sources that include it."""

    def __init__(self, file: Path, number: int) -> None:
        super().__init__()
        self.text, place = own_text(file), barriers(file)[number]
        self.damaged = self.text[:place] + self.text[place + len(BARRIER) :]

    def compile(self, name: str, source: str, options: tuple[str, ...] = ()) -> HostProgram:
        return super().compile(name, source.replace(self.text, self.damaged), options)


class Large(Usual):
    """Enough of everything for several blocks, tiles and rounds."""

    def whole(self, low: int, high: int, usual: int) -> int:
        return max(usual, 16) if high >= 5 else usual


def run_twins() -> None:
    """Compare all twins with their definitions."""
    for name in TWINS:
        for source in (Usual, Large):
            assert_parity(TWINS[name], TWINS[name].cuda, CASES[name](source(np.float32)))


def run_update() -> None:
    """Launch the update that has a barrier; the twins' cases do not reach it."""
    scalars = np.array([1, 0.1, 0.5, 0.9, 1e-7])
    vectors = np.random.default_rng(0).random((4, 700), np.float32)
    compiler.module("optimizer", np.float32).launch("adam", (3,), (256,), (*vectors, scalars, 700))


@pytest.mark.slow
def test_nothing_is_missed_in_the_sources_as_they_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(np, "empty", empty)
    with compiler.compiling_with(HostCompiler()):
        run_twins()
        run_update()


@pytest.mark.slow
@pytest.mark.parametrize(("file", "number"), [(file.name, i) for file in SOURCES for i in range(len(barriers(file)))])
def test_every_barrier_is_missed(file: str, number: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(np, "empty", empty)
    with compiler.compiling_with(Damaging(compiler.FOLDER / file, number)):
        try:
            (run_update if file == "optimizer.cu" else run_twins)()
        except (HostError, AssertionError):
            return
    pytest.fail("no test missed it")
