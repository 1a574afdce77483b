"""The upsampled convolution by 25 products: as precise as by nine, and no number reaches outputs that do not see it."""

from typing import Any

import numpy as np
import pytest

from minigan.kernels import LINEAR, Activation, UpsampledConvolution, affine, affine_grads
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


def ones(array: np.ndarray) -> np.ndarray:
    return np.ones(array.shape)


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


every_number = loop_over(value=[1e6, -1e20, 3e38, np.inf, -np.inf, np.nan])
every_place = loop_over(place=[(0, 0), (1, 2), (3, 2), (-1, -1), (-2, 0)])


def with_number(array: np.ndarray, place: tuple[int, int], value: float) -> tuple[np.ndarray, np.ndarray]:
    """The array with a number in the last channel of its second image; and a 1 there alone."""
    changed, alone = array.copy(), np.zeros(array.shape)
    changed[(1, *place, -1)], alone[(1, *place, -1)] = value, 1
    return changed, alone


def assert_equal_where_not_seen(got: np.ndarray, expected: np.ndarray, seen: np.ndarray) -> None:
    far = seen == 0
    np.testing.assert_allclose(got[far], expected[far], rtol=0, atol=1e-5 * abs(expected).max())


@every_number
@every_place
def test_outputs_that_do_not_see_a_number_are_as_without_it(place, value: float):
    x, w, _ = arguments()
    changed, alone = with_number(x, place, value)
    with np.errstate(all="ignore"):
        got, wanted = forward(changed, w), affine.definition(changed, w, None, UPSAMPLED, LINEAR)
    seen = UPSAMPLED.apply(alone, ones(w))
    assert_equal_where_not_seen(got, forward(x, w), seen)
    finite = np.isfinite(wanted[seen != 0])
    np.testing.assert_array_equal(np.isfinite(got[seen != 0]), finite)


@every_number
@every_place
def test_gradients_that_do_not_see_a_number_of_dy_are_as_without_it(place, value: float):
    x, w, dy = arguments()
    changed, alone = with_number(dy, place, value)
    with np.errstate(all="ignore"):
        dx, dw, _ = grads(x, w, changed)
    dx_before, dw_before, _ = grads(x, w, dy)
    assert_equal_where_not_seen(dx, dx_before, UPSAMPLED.input_grad(alone, ones(w), ones(x)))
    if np.isfinite(value):
        assert_equal_where_not_seen(dw, dw_before, UPSAMPLED.kernel_grad(ones(x), alone, ones(w)))


@every_number
@every_place
def test_kernel_gradients_that_do_not_see_a_number_of_x_are_as_without_it(place, value: float):
    x, w, dy = arguments()
    changed, alone = with_number(x, place, value)
    with np.errstate(all="ignore"):
        dx, dw, dbias = grads(changed, w, dy)
    before = grads(x, w, dy)
    assert_equal_where_not_seen(dw, before[1], UPSAMPLED.kernel_grad(alone, ones(dy), ones(w)))
    np.testing.assert_allclose(dx, before[0], rtol=0, atol=1e-5 * abs(dx).max())
    np.testing.assert_array_equal(dbias, before[2])


def test_half_an_image_of_large_numbers_leaves_the_other_half_alone():
    x, w, _ = arguments()
    for axis in (1, 2):
        large = ones(x)
        large[(slice(None),) * axis + (slice(0, x.shape[axis] // 2),)] = 1e6
        seen = UPSAMPLED.apply(large - 1, ones(w))
        assert_equal_where_not_seen(forward((x * large).astype(x.dtype), w), forward(x, w), seen)


def test_the_other_images_keep_their_bits():
    x, w, dy = arguments()
    other = [0, 2]
    changed, _ = with_number(x, (1, 1), 1e6)
    np.testing.assert_array_equal(forward(changed, w)[other], forward(x, w)[other])
    changed, _ = with_number(dy, (1, 1), 1e6)
    np.testing.assert_array_equal(grads(x, w, changed)[0][other], grads(x, w, dy)[0][other])


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
