"""A number that an output does not see does not change it, whatever the number and the algorithm of the convolution."""

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import SAME, Activation, Convolution, UpsampledConvolution
from minigan.kernels.compiled import affine as compiled_affine
from minigan.kernels.compiled import compiler
from minigan.kernels.compiled.algorithms import COMPILED
from minigan.kernels.compiled.algorithms import winograd as compiled_winograd
from minigan.kernels.cpu import affine as numpy_affine
from minigan.kernels.cpu.algorithms import winograd
from minigan.kernels.cpu.algorithms.choose import NUMPY, Algorithms, choose
from minigan.kernels.cpu.parallel import slabs
from tests.loops import loop_over
from tests.on_threads import threads

LINEAR = Activation()
FRAME = ((1, 1), (1, 1))

#: The algorithm, the operation, and the shapes of x and of the kernel.
CASES = {
    "Winograd, two by two": ("Winograd", SAME, (3, 9, 7, 6), (3, 3, 6, 5)),
    "Winograd, four by two": ("Winograd", SAME, (3, 8, 8, 6), (3, 3, 6, 5)),
    "Winograd, two patches": ("Winograd", SAME, (3, 4, 4, 6), (3, 3, 6, 5)),
    "Winograd, unframed": ("Winograd", Convolution((1, 1), ((0, 0), (0, 0))), (3, 7, 6, 6), (3, 3, 6, 5)),
    "Winograd, wide frame": ("Winograd", Convolution((1, 1), ((3, 0), (1, 2))), (3, 5, 6, 6), (3, 3, 6, 5)),
    "im2col": ("im2col", Convolution((2, 1), FRAME), (3, 9, 7, 4), (3, 3, 4, 5)),
    "dilated": ("im2col", Convolution((1, 1), FRAME, (2, 2)), (3, 9, 7, 4), (3, 3, 4, 5)),
    "taps first": ("taps first", SAME, (3, 9, 7, 18), (3, 3, 18, 1)),
    "nine products": ("nine products", UpsampledConvolution(), (3, 5, 4, 6), (3, 3, 6, 5)),
    "depthwise": ("depthwise", Convolution((1, 1), FRAME, (1, 1), 4), (3, 9, 7, 4), (3, 3, 1, 8)),
    "groups": ("im2col in groups", Convolution((1, 1), FRAME, (1, 1), 2), (3, 9, 7, 4), (3, 3, 2, 6)),
}

HALVING = ((2, 1), (2, 1))

#: The same by compiled twins, and those that only these have.
COMPILED_CASES = {f"{name}, compiled": case for name, case in CASES.items()} | {
    "25 products, compiled": ("25 products", UpsampledConvolution(), (3, 6, 4, 6), (3, 3, 6, 5)),
    "Winograd, strides, 5 x 5, compiled": ("Winograd", Convolution((2, 2), HALVING), (3, 8, 10, 6), (5, 5, 6, 5)),
    "Winograd, strides, 4 x 4, compiled": ("Winograd", Convolution((2, 2), FRAME), (3, 8, 10, 6), (4, 4, 6, 5)),
    "Winograd, strides, 3 x 3, compiled": ("Winograd", Convolution((2, 2), FRAME), (3, 9, 7, 6), (3, 3, 6, 5)),
    "Winograd, strides, unframed, compiled": (
        "Winograd",
        Convolution((2, 2), ((0, 0), (0, 0))),
        (3, 11, 12, 6),
        (5, 5, 6, 5),
    ),
}
if compiler.problem() is None:
    CASES |= COMPILED_CASES


LARGE = [1e6, -1e20, 3e38, np.inf, -np.inf, np.nan]

every_case = loop_over(name=CASES)
every_number = loop_over(value=LARGE)
every_place = loop_over(place=[(0, 0), (1, 2), (3, 2), (-1, -1), (-2, 0)])


@pytest.fixture(autouse=True)
def _winograd_where_it_can(monkeypatch):
    monkeypatch.setattr(winograd, "WIDE", 5)
    monkeypatch.setattr(winograd, "MANY", 1)
    monkeypatch.setattr(compiled_winograd, "MANY", 1)
    monkeypatch.setattr(compiled_winograd, "WIDE_WITH_STRIDES", 5)


def slabs_of(name: str) -> tuple[ModuleType, Algorithms]:
    """The twins of a case, and the algorithms that they choose from."""
    return (compiled_affine, COMPILED) if "compiled" in name else (numpy_affine, NUMPY)


def arguments(name: str, dtype: Any = np.float32) -> tuple[Any, ...]:
    """x, w and dy, and the operation, of a case that runs by its algorithm."""
    title, operation, shape, kernel = CASES[name]
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(shape).astype(dtype), rng.standard_normal(kernel).astype(dtype)
    y_shape, chosen = choose(operation, shape, w, slabs_of(name)[1])
    assert chosen.title == title
    return x, w, rng.standard_normal(y_shape).astype(dtype), operation


def with_number(array: np.ndarray, place: tuple[int, int], value: float) -> tuple[np.ndarray, np.ndarray]:
    """The array with a number in the last channel of its second image; and a 1 there alone."""
    changed, alone = array.copy(), np.zeros(array.shape)
    changed[(1, *place, -1)], alone[(1, *place, -1)] = value, 1
    return changed, alone


def assert_equal_where_not_seen(got: np.ndarray, expected: np.ndarray, seen: np.ndarray) -> None:
    """As precise as if the number were not there."""
    far = seen == 0
    np.testing.assert_allclose(got[far], expected[far], rtol=0, atol=1e-5 * abs(expected).max())


def forward(name: str, x: np.ndarray, w: np.ndarray, operation: Any) -> np.ndarray:
    return slabs_of(name)[0].affine(x, w, None, operation, LINEAR)


def grads(
    name: str, x: np.ndarray, w: np.ndarray, dy: np.ndarray, operation: Any, params: bool = True
) -> tuple[Any, ...]:
    return slabs_of(name)[0].affine_grads(dy, dy, x, w, operation, LINEAR, params)


@every_number
@every_place
@every_case
def test_outputs_that_do_not_see_a_number_are_as_without_it(name: str, place, value: float):
    x, w, _, operation = arguments(name)
    changed, alone = with_number(x, place, value)
    with np.errstate(all="ignore"):
        got, wanted = (
            forward(name, changed, w, operation),
            kernels.affine.definition(changed, w, None, operation, LINEAR),
        )
    seen = operation.apply(alone, np.ones(w.shape))
    assert_equal_where_not_seen(got, forward(name, x, w, operation), seen)
    near, own = got[seen != 0], wanted[seen != 0]
    finite = np.isfinite(own)
    assert (np.isfinite(near) == finite).all()
    assert not finite.any() or np.allclose(near[finite], own[finite], rtol=1e-4, atol=1e-6 * abs(own[finite]).max())


@every_number
@every_place
@every_case
def test_gradients_that_do_not_see_a_number_of_dy_are_as_without_it(name: str, place, value: float):
    x, w, dy, operation = arguments(name)
    changed, alone = with_number(dy, place, value)
    with np.errstate(all="ignore"):
        dx, dw, _ = grads(name, x, w, changed, operation)
        frozen, *_ = grads(name, x, w, changed, operation, params=False)
    np.testing.assert_array_equal(frozen, dx)
    dx_before, dw_before, _ = grads(name, x, w, dy, operation)
    assert_equal_where_not_seen(dx, dx_before, operation.input_grad(alone, np.ones(w.shape), np.zeros(x.shape)))
    if np.isfinite(value):  # by the definition, too, an infinity times the zeros of the frame is a NaN
        assert_equal_where_not_seen(dw, dw_before, operation.kernel_grad(np.ones(x.shape), alone, np.ones(w.shape)))


@every_number
@every_place
@every_case
def test_kernel_gradients_that_do_not_see_a_number_of_x_are_as_without_it(name: str, place, value: float):
    x, w, dy, operation = arguments(name)
    changed, alone = with_number(x, place, value)
    with np.errstate(all="ignore"):
        dx, dw, db = grads(name, changed, w, dy, operation)
    dx_before, dw_before, db_before = grads(name, x, w, dy, operation)
    np.testing.assert_array_equal(dx, dx_before)
    np.testing.assert_array_equal(db, db_before)
    if np.isfinite(value) or not name.startswith("taps first"):  # which multiplies x by the zeros of a frame around dy
        assert_equal_where_not_seen(dw, dw_before, operation.kernel_grad(alone, np.ones(dy.shape), np.ones(w.shape)))


with_transforms = loop_over(name=[name for name in CASES if name.startswith(("Winograd", "25 products"))])


@with_transforms
def test_half_an_image_of_large_numbers_leaves_the_other_half_alone(name: str):
    x, w, _, operation = arguments(name)
    for axis in (1, 2):
        large = np.ones(x.shape)
        large[(slice(None),) * axis + (slice(0, x.shape[axis] // 2),)] = 1e6
        seen = operation.apply(large - 1, np.ones(w.shape))
        assert_equal_where_not_seen(
            forward(name, (x * large).astype(x.dtype), w, operation), forward(name, x, w, operation), seen
        )


@with_transforms
def test_a_large_number_among_zeros_does_not_spread(name: str):
    x, w, _, operation = arguments(name)
    for value in (1e20, np.inf):
        alone = np.zeros_like(x)
        alone[0, 1, 1, 0] = value
        with np.errstate(all="ignore"):
            y = forward(name, alone, w, operation)
        seen = operation.apply((alone != 0).astype(float), np.ones(w.shape))
        assert not y[seen == 0].any()


@with_transforms
def test_the_other_images_keep_their_bits(name: str):
    x, w, dy, operation = arguments(name)
    changed, _ = with_number(x, (1, 1), 1e6)
    other = [0, 2]
    np.testing.assert_array_equal(forward(name, changed, w, operation)[other], forward(name, x, w, operation)[other])
    changed, _ = with_number(dy, (1, 1), 1e6)
    before, after = (grads(name, x, w, array, operation)[0] for array in (dy, changed))
    np.testing.assert_array_equal(after[other], before[other])


@with_transforms
def test_numbers_that_the_definition_can_add_make_no_warning(name: str):
    x, w, dy, operation = arguments(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for value in (1e20, 1e30):
            forward(name, with_number(x, (1, 1), value)[0], w, operation)
            grads(name, with_number(x, (1, 1), value)[0], w, dy, operation)
            grads(name, x, w, with_number(dy, (1, 1), value)[0], operation)


@with_transforms
def test_any_number_of_threads_gives_the_same_bits(name: str):
    x, w, dy, operation = arguments(name)
    x, dy = np.repeat(x, 4, axis=0), np.repeat(dy, 4, axis=0)
    x[[1, 5, 6], 1, 1], dy[[2, 5, 9], 1, 1] = 1e6, 1e7
    results = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slabs, "SLAB", 1000)
        for count in (1, 2, 4):
            with threads(count):
                found = forward(name, x, w, operation), *grads(name, x, w, dy, operation)
            results.append([array.tobytes() for array in found])
    assert results[0] == results[1] == results[2]
