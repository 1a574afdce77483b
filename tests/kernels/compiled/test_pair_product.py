"""The upsampled convolution by 25 products: as precise as by nine."""

from typing import Any

import numpy as np
import pytest

from minigan.kernels import LINEAR, Activation, UpsampledConvolution, affine_grads
from minigan.kernels.compiled import affine as compiled
from minigan.kernels.compiled import compiler
from minigan.kernels.compiled.algorithms import COMPILED
from minigan.kernels.compiled.algorithms.nine_product import NineProduct
from minigan.kernels.compiled.algorithms.pair_product import PairProduct
from minigan.kernels.cpu.parallel import slabs
from tests.loops import loop_over
from tests.on_threads import threads

pytestmark = pytest.mark.skipif(compiler.problem() is not None, reason="needs Numba")

UPSAMPLED = UpsampledConvolution()
SHAPE = 3, 6, 4, 5, 6  # N, H, W, C, F


def arguments(dtype: Any = np.float32, shape: tuple[int, ...] = SHAPE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, w and dy."""
    n, h, w, c, f = shape
    rng = np.random.default_rng(0)
    shapes = (n, h, w, c), (3, 3, c, f), (n, 2 * h, 2 * w, f)
    return tuple(rng.standard_normal(size).astype(dtype) for size in shapes)  # type: ignore[return-value]


def forward(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return compiled.affine(x, w, None, UPSAMPLED, LINEAR)


def grads(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> tuple[Any, ...]:
    return compiled.affine_grads(dy, dy, x, w, UPSAMPLED, LINEAR)


@loop_over(image=[(2, 2), (14, 14), (1, 2), (7, 7)])
def test_even_sizes_take_25_products_and_others_nine(image):
    chosen = COMPILED.nine_product(np.zeros((3, 3, 4, 5), np.float32), image)
    even = image[0] % 2 == image[1] % 2 == 0
    assert type(chosen) is (PairProduct if even else NineProduct)
    assert chosen.products == image[0] * image[1] * (25 / 4 if even else 9)


def test_a_large_kernel_takes_nine_products():
    assert type(COMPILED.nine_product(np.zeros((3, 3, 256, 128), np.float32), (8, 8))) is NineProduct


@loop_over(shape=[(2, 2, 2, 3, 4), (1, 4, 8, 1, 1), (3, 6, 4, 5, 6)])
def test_the_gradients_are_the_adjoints(shape):
    x, w, dy = arguments(np.float64, shape)
    dx, dw, dbias = grads(x, w, dy)
    inner = np.vdot(dy, forward(x, w))
    np.testing.assert_allclose([np.vdot(dx, x), np.vdot(dw, w)], inner, rtol=1e-12)
    np.testing.assert_allclose(dbias, dy.sum(axis=(0, 1, 2)), rtol=1e-12)


def test_the_error_is_near_that_of_nine_products(monkeypatch):
    x, w, dy = arguments(shape=(2, 14, 14, 128, 64))
    exact = [array.astype(np.float64) for array in (x, w, dy)]
    expected = [forward(*exact[:2]), *grads(*exact)[:2]]

    def errors() -> list[float]:
        found = [forward(x, w), *grads(x, w, dy)[:2]]
        return [float(np.sqrt(np.mean((a - b) ** 2) / np.mean(b**2))) for a, b in zip(found, expected)]

    by_pairs = errors()
    monkeypatch.setattr("minigan.kernels.compiled.algorithms.pair_product.MOST", 0)
    by_nine = errors()
    assert all(pairs < 2 * nine for pairs, nine in zip(by_pairs, by_nine)), (by_pairs, by_nine)


@loop_over(name=["leaky_relu", "tanh", "linear"])
@loop_over(dtype=[np.float32, np.float64])
def test_any_number_of_threads_gives_the_same_bits(name: str, dtype: Any):
    x, w, dy = arguments(dtype, (9, 6, 4, 5, 6))
    x[[1, 5, 6], 1, 1], dy[[2, 5, 8], 1, 1] = 1e6, 1e7  # these images are computed by nine products
    activation, bias, results = Activation(name, 0.2), dy[0, 0, 0], []
    for count in (1, 2, 4):
        with pytest.MonkeyPatch.context() as patch, threads(count):
            patch.setattr(slabs, "SLAB", 10000)
            y = compiled.affine(x, w, bias, UPSAMPLED, activation)
            found = y, *compiled.affine_grads(dy, y, x, w, UPSAMPLED, activation)
        results.append([array.tobytes() for array in found])
    assert results[0] == results[1] == results[2]
    for got, expected in zip(found, (y, *affine_grads.definition(dy, y, x, w, UPSAMPLED, activation))):
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5 * abs(expected).max())
