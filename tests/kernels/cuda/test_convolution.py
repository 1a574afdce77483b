"""The products of the GPU's convolutions: every tile, sums in parts, every edge; on the CPU, as `host` says.

`test_parity.py` runs the same twins on many more shapes, with the tiles and parts that are chosen for them: small
ones, as the shapes are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.kernels.cuda import affine, compiler, convolution, precision, tiles
from minigan.kernels.cuda.tiles import LARGE, MIDDLE, NARROW, SMALL, TILES, Tile, Tiling, choose_tiling
from minigan.kernels.reference import affine as fused
from minigan.kernels.reference import convolution as definition
from minigan.kernels.reference.affine import Activation, Convolution, Product, UpsampledConvolution
from tests.devices import host
from tests.devices.host import HostCompiler
from tests.devices.nvrtc import compile_source
from tests.loops import loop_over

needs_a_compiler = pytest.mark.skipif(host.compiler() is None, reason="the CUDA sources run on the CPU only by g++")

COMPILER = HostCompiler(orders=("ascending", "descending"))

TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-12}

#: Tiles and dtypes. What is compiled for the parity test as well comes first; the others take their seconds.
KINDS = [
    pytest.param(tile, dtype, id=f"{name}-{dtype.__name__}", marks=[pytest.mark.slow] if slow else [])
    for name, tile, dtype, slow in (
        ("small", SMALL, np.float32, False),
        ("small", SMALL, np.float64, False),
        ("narrow", NARROW, np.float32, False),
        ("narrow", NARROW, np.float64, True),
        ("middle", MIDDLE, np.float32, True),
        ("middle", MIDDLE, np.float64, True),
        ("large", LARGE, np.float32, True),
    )
]

#: Shapes of x and of the kernel, strides and pads.
CASES = {
    "same": ((2, 5, 7, 4), (3, 3, 4, 8), (1, 1), ((1, 1), (1, 1))),
    "odd": ((1, 6, 5, 1), (3, 2, 1, 5), (2, 1), ((1, 0), (0, 1))),
    "one pixel wide": ((3, 4, 4, 3), (1, 1, 3, 1), (1, 1), ((0, 0), (0, 0))),
    "halving": ((2, 7, 6, 8), (4, 4, 8, 4), (2, 2), ((1, 1), (1, 2))),
    "pixels that no window sees": ((1, 7, 7, 2), (2, 1, 2, 3), (3, 3), ((0, 2), (2, 1))),
    "a kernel larger than the image": ((2, 3, 3, 5), (5, 5, 5, 2), (1, 2), ((2, 2), (2, 2))),
    "more than one tile": ((1, 5, 14, 3), (1, 2, 3, 70), (1, 1), ((0, 0), (1, 0))),
    "no images": ((0, 4, 4, 3), (3, 3, 3, 2), (1, 1), ((1, 1), (1, 1))),
}

OPERATIONS = Product(), Convolution((2, 2), ((1, 1), (0, 1))), UpsampledConvolution()

every_case = loop_over(case=CASES)


@contextmanager
def made_of(tile: Tile, parts: int, dtype: Any) -> Iterator[None]:
    """Run on the CPU, with this tile, and with sums of `parts` parts where they are long enough."""

    def chosen(rows: int, columns: int, depth: int, itemsize: int, phases: int = 1) -> Tiling:
        blocks, steps = -(-rows // tile.rows) * -(-columns // tile.columns), max(1, -(-depth // tile.depth))
        share = -(-steps // parts)
        return Tiling(tile, blocks, -(-steps // share), share * tile.depth)

    with compiler.compiling_with(COMPILER), pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "choose_tiling", chosen)
        yield


def close(got: np.ndarray, expected: np.ndarray) -> None:
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    scale = max(1, abs(expected).max(initial=0))
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE[expected.dtype] * scale)


def numbers(*shape: int, dtype: Any) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


@needs_a_compiler
@every_case
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(("tile", "dtype"), KINDS)
def test_products_of_all_tiles_are_those_of_the_definition(tile: Tile, dtype: Any, parts: int, case: str):
    image, size, strides, pads = CASES[case]
    x, kernel = numbers(*image, dtype=dtype), numbers(*size, dtype=dtype)
    y = definition.conv2d(x, kernel, strides, pads)
    dy = numbers(*y.shape, dtype=dtype)
    with made_of(tile, parts, dtype):
        close(convolution.conv2d(x, kernel, strides, pads), y)
        for name, args in (
            ("conv2d_input_grad", (dy, kernel, image[1:3], strides, pads)),
            ("conv2d_kernel_grad", (x, dy, size[:2], strides, pads)),
        ):
            close(getattr(convolution, name)(*args), getattr(definition, name)(*args))


@needs_a_compiler
@loop_over(activation=["linear", "leaky_relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@loop_over(shape=[(2, 3, 5, 8, 12), (1, 4, 3, 5, 3)])
def test_bias_and_activations_are_part_of_the_products(shape: tuple, operation: Any, parts: int, activation: str):
    *image, channels, filters = shape
    x = numbers(*image, channels, dtype=np.float64)
    taps = () if isinstance(operation, Product) else (3, 3)
    kernel, bias = numbers(*taps, channels, filters, dtype=np.float64), numbers(filters, dtype=np.float64)
    f = Activation(activation, 0.2 if activation == "leaky_relu" else 0.0)
    y = fused.affine(x, kernel, bias, operation, f)
    gradients = numbers(*y.shape, dtype=np.float64), y, x, kernel, operation, f
    with made_of(SMALL, parts, np.float64):
        close(affine.affine(x, kernel, bias, operation, f), y)
        for got, expected in zip(affine.affine_grads(*gradients), fused.affine_grads(*gradients), strict=True):
            close(got, expected)
        dx, *others = affine.affine_grads(*gradients, param_grads=False)
        close(dx, fused.affine_grads(*gradients)[0])
        assert others == [None, None]


@needs_a_compiler
@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("tile", [SMALL, MIDDLE, LARGE], ids=["small", "middle", "large"])
def test_the_fragments_of_tensor_cores_make_the_same_product(tile: Tile, parts: int):
    """By a product of fragments made by hand, as NVIDIA documents their layout: the instruction itself needs a GPU."""
    x, kernel = numbers(1, 3, 13, 5, dtype=np.float32), numbers(1, 3, 5, 41, dtype=np.float32)
    options = (1, 1), ((0, 0), (1, 1))
    dy = numbers(1, 3, 13, 41, dtype=np.float32)
    with made_of(tile, parts, np.float32), precision.using("tf32"):
        close(convolution.conv2d(x, kernel, *options), definition.conv2d(x, kernel, *options))
        close(
            convolution.conv2d_kernel_grad(x, dy, (1, 3), *options),
            definition.conv2d_kernel_grad(x, dy, (1, 3), *options),
        )
    assert any("-DTF32" in options for _, _, options, _ in COMPILER.programs)


PLANTED: list[tuple[str, Callable[[str], str]]] = [
    ("race", lambda source: source.replace("        __syncthreads();\n    }\n}\n", "    }\n}\n", 1)),
    ("out of bounds", lambda source: source.replace("(unsigned)h < (unsigned)height", "h <= height", 1)),
    ("out of bounds", lambda source: source.replace("real row[DEPTH]", "real row[DEPTH - 1]", 1)),
]


@needs_a_compiler
@pytest.mark.slow
@pytest.mark.parametrize(("message", "damage"), PLANTED, ids=["a barrier", "an edge", "a size"])
def test_a_planted_fault_is_seen(message: str, damage: Callable[[str], str]):
    source = compiler.source_of("convolution.cu")
    damaged = damage(source)
    assert damaged != source

    class Damaging(HostCompiler):
        def compile(self, name: str, source: str, options: tuple[str, ...] = ()) -> Any:
            return super().compile(name, damage(source), options)

    image, size, strides, pads = CASES["same"]
    x, kernel = numbers(*image, dtype=np.float32), numbers(*size, dtype=np.float32)
    with (
        made_of(SMALL, 1, np.float32),
        compiler.compiling_with(Damaging()),
        pytest.raises(host.HostError, match=message),
    ):
        convolution.conv2d(x, kernel, strides, pads)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [80, 90])
@pytest.mark.parametrize("precise", precision.PRECISIONS)
@pytest.mark.parametrize("tile", TILES)
def test_a_thread_has_registers_for_its_part_of_the_tile(tile: Tile, precise: str, architecture: int):
    pytest.importorskip("cupy", reason="NVRTC comes with CuPy, which is not installed", exc_type=ImportError)
    with precision.using(precise):
        options = "-DREAL=float", *tiles.options(tile, 4)
    resources = compile_source("convolution.cu", compiler.source_of("convolution.cu"), architecture, options)
    # Two large tiles share a multiprocessor: what they spill is what each step needs once, not what it multiplies.
    most = 224 if tile == LARGE else 32
    assert {name: spilled for name, (_, spilled) in resources.items() if spilled > most} == {}
    assert all(registers * tile.threads <= 1 << 16 for registers, _ in resources.values())


@loop_over(itemsize=[4, 8])
@loop_over(phases=[1, 4])
@loop_over(depth=[0, 1, 17, 576, 50176])
@loop_over(size=[(0, 3), (1, 1), (64, 6272), (3136, 128), (802816, 1)])
def test_every_term_of_a_sum_is_in_one_part(size: tuple[int, int], depth: int, phases: int, itemsize: int):
    rows, columns = size
    tile, blocks, parts, share = choose_tiling(rows, columns, depth, itemsize, phases)
    assert blocks == -(-rows // tile.rows) * -(-columns // tile.columns)
    assert share % tile.depth == 0
    assert (parts - 1) * share <= max(0, depth - 1) < parts * share
    assert parts * rows * columns * phases <= compiler.LARGEST or parts == 1


def test_tiles_suit_the_product():
    assert choose_tiling(100_000, 1, 500, 4).tile == NARROW
    assert choose_tiling(100_000, 512, 5000, 4).tile == LARGE
    assert choose_tiling(100_000, 512, 5000, 8).tile != LARGE
    assert choose_tiling(64, 256, 64, 4).tile == SMALL
    parts = [choose_tiling(64, 64, depth, 4).parts for depth in (16, 1000, 100_000)]
    assert parts[0] == 1
    assert all(fewer < more for fewer, more in pairwise(parts))


@pytest.mark.parametrize("tile", TILES)
def test_the_threads_of_a_tile_share_it_evenly(tile: Tile):
    """As the sources take for granted: each has as many fours of a step's numbers as the others."""
    assert tile.threads % tiles.WARP == 0
    assert tile.thread_rows % 4 == tile.thread_columns % 4 == tile.depth % 8 == 0
    assert tile.rows * tile.depth % (4 * tile.threads) == 0
    fours = tile.columns * tile.depth // 4
    assert fours % tile.threads == 0 or fours < tile.threads
    for extent in (tile.rows, tile.columns):
        assert tile.threads % (extent // 4) == 0
    assert tile.threads >= tile.columns
    if tile.tensor_cores:
        assert tile.rows % (4 * tile.thread_rows) == tile.columns % (8 * tile.thread_columns) == 0


def test_products_are_rounded_to_tf32_only_where_asked():
    assert precision.precision() == "float32"
    assert "-DTF32" not in tiles.options(LARGE, 4)
    with precision.using("tf32"):
        assert "-DTF32" in tiles.options(LARGE, 4)
        assert "-DTF32" not in tiles.options(LARGE, 8)
        assert "-DTF32" not in tiles.options(NARROW, 4)
    assert precision.precision() == "float32"


def test_the_environment_names_the_precision(monkeypatch):
    monkeypatch.setattr(precision, "_precision", None)
    monkeypatch.setenv("MINIGAN_PRECISION", "tf32")
    assert precision.precision() == "tf32"


def test_an_unknown_precision_is_refused():
    with pytest.raises(ConfigError, match="unknown precision 'half': expected one of float32, tf32"):
        precision.use("half")


def test_what_32_bits_cannot_count_is_left_to_the_definition():
    x = np.broadcast_to(np.float32(0), (1 << 12, 1 << 10, 1 << 9, 1))
    kernel = np.zeros((1, 1, 1, 1), np.float32)
    options = (1, 1), ((0, 0), (0, 0))
    assert convolution.conv2d(x, kernel, *options) is NotImplemented
    assert convolution.conv2d_kernel_grad(x, x, (1, 1), *options) is NotImplemented
    assert convolution.conv2d_input_grad(x, kernel, x.shape[1:3], *options) is NotImplemented
    assert affine.affine(x, kernel, None, Convolution(*options), Activation()) is NotImplemented
    assert affine.affine_grads(x, x, x, kernel, Convolution(*options), Activation()) is NotImplemented
