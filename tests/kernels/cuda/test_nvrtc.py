"""Every CUDA source compiles for the GPUs there are, fits their registers, and has readable errors. No GPU is needed.

``pytest tests/kernels/cuda/test_nvrtc.py -rP`` shows what each kernel takes.
"""

from functools import cache

import numpy as np
import pytest

from minigan.kernels.cuda import compiler
from tests.devices import host
from tests.devices.host import HostCompiler
from tests.devices.nvrtc import CompileError, Resources, compile_source
from tests.kernels.cuda.test_parity import TWINS
from tests.kernels.kernel_cases import CASES, Usual

pytest.importorskip("cupy", reason="NVRTC comes with CuPy, which is not installed", exc_type=ImportError)

FILES = sorted(file.name for file in compiler.FOLDER.glob("*.cu"))
#: The registers of a multiprocessor, which the threads of a block share.
REGISTERS = 1 << 16

#: Bytes a thread may spill, loads and stores together: a few, once, before a loop.
SPILLED = 32


FLOAT, DOUBLE, TF32 = ("-DREAL=float",), ("-DREAL=double",), ("-DREAL=float", "-DTF32")


def variants(file: str) -> list[tuple[str, int, tuple[str, ...]]]:
    """What a source is compiled for, and with which options. All pairs take minutes: some are slow tests."""
    chosen = [(90, FLOAT), (80, DOUBLE)]
    others = [(80, FLOAT), (90, DOUBLE)]
    if "TF32" in compiler.source_of(file):
        others += [(80, TF32), (90, TF32)]
    slow = [pytest.param(file, *other, marks=pytest.mark.slow) for other in others]
    return [pytest.param(file, *variant) for variant in chosen] + slow


@cache
def compiled(file: str, architecture: int, options: tuple[str, ...]) -> dict[str, Resources]:
    return compile_source(file, compiler.source_of(file), architecture, options)


@pytest.mark.parametrize(("file", "architecture", "options"), [variant for file in FILES for variant in variants(file)])
def test_a_source_compiles_and_keeps_its_numbers_in_registers(file: str, architecture: int, options: tuple):
    resources = compiled(file, architecture, options)
    assert resources
    for name, (registers, spilled) in resources.items():
        print(f"{file} {' '.join(options)} sm_{architecture} {name}: {registers} registers, {spilled} bytes spilled")
    assert {name: spilled for name, (_, spilled) in resources.items() if spilled > SPILLED} == {}


@pytest.mark.skipif(host.compiler() is None, reason="blocks are seen on the CPU, which needs g++")
def test_the_registers_suffice_for_the_blocks_that_are_launched():
    blocks = HostCompiler(orders=("ascending",))
    with compiler.compiling_with(blocks):
        for dtype in (np.float32, np.float64):
            for name, kernel in TWINS.items():
                kernel.cuda(*CASES[name](Usual(dtype)))
    short = []
    for (_, dtype, *_), program in blocks.programs.items():
        architecture, options = (90, FLOAT) if np.dtype(dtype) == np.float32 else (80, DOUBLE)
        resources = compiled(program.name, architecture, options)
        short += [
            f"{program.name} {options[0]} {name}: {resources[name].registers} registers for {threads} threads"
            for name, threads in program.blocks.items()
            if resources[name].registers * threads > REGISTERS
        ]
    assert short == []


@pytest.mark.parametrize("file", FILES)
def test_an_error_names_the_file_and_the_line(file: str):
    text = compiler.source_of(file).splitlines()
    text.append(f'#line 1000 "{file}"')
    text.append("__device__ int planted() { return nothing; }")
    with pytest.raises(CompileError, match=rf'{file}\(1000\): error: identifier "nothing" is undefined'):
        compile_source(file, "\n".join(text), 80, ("-DREAL=float",))


def test_an_error_in_an_included_file_names_that_file(tmp_path):
    (tmp_path / "sums.cuh").write_text("typedef REAL real;\nreal wrong() { return 1 }\n")
    (tmp_path / "sums.cu").write_text('// Sums.\n#include "sums.cuh"\nint twice(int i) { return i + j; }\n')
    with pytest.raises(CompileError) as caught:
        compile_source("sums.cu", compiler.source_of("sums.cu", tmp_path), 80, ("-DREAL=float",))
    assert "sums.cuh(2): error" in str(caught.value)
    assert "sums.cu(3): error" in str(caught.value)


def test_spills_are_seen():
    source = """
    extern "C" __global__ void __launch_bounds__(1024, 2) crowded(float* x, int n) {
        float many[128];
        #pragma unroll
        for (int i = 0; i < 128; ++i) many[i] = x[i * n];
        for (int step = 0; step < n; ++step) {
            #pragma unroll
            for (int i = 0; i < 128; ++i) many[i] = many[i] * many[(i + 1) % 128] + x[step];
        }
        #pragma unroll
        for (int i = 0; i < 128; ++i) x[i * n] = many[i];
    }
    """
    assert compile_source("crowded.cu", source, 80, ())["crowded"].spilled > SPILLED
