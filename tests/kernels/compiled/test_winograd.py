"""Winograd's convolution with compiled transforms, with strides too: the same numbers as the definition's."""

from typing import Any

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import Activation, Convolution
from minigan.kernels.compiled import compiler
from minigan.kernels.compiled.affine import affine, affine_grads
from minigan.kernels.compiled.algorithms import COMPILED
from minigan.kernels.compiled.algorithms import winograd as compiled_winograd
from minigan.kernels.compiled.convolution import conv2d_input_grad, conv2d_kernel_grad
from minigan.kernels.cpu.algorithms import winograd
from minigan.kernels.cpu.algorithms.choose import choose
from minigan.kernels.cpu.parallel import slabs
from tests.kernels.kernel_cases import fit
from tests.kernels.parity import assert_parity
from tests.loops import loop_over
from tests.on_threads import threads

pytestmark = pytest.mark.skipif(compiler.problem() is not None, reason="Numba does not work here")

SAME = ((1, 1), (1, 1))
HALVING = ((2, 1), (2, 1))
NONE = ((0, 0), (0, 0))

#: The shape of x, the height and width of the kernel, its filters, the stride and the pads.
CASES = [
    ((3, 4, 4, 5), 3, 6, 1, SAME),
    ((2, 5, 7, 2), 3, 3, 1, SAME),
    ((1, 3, 3, 4), 3, 2, 1, NONE),
    ((4, 2, 6, 3), 3, 9, 1, ((2, 0), (1, 2))),
    ((3, 8, 8, 5), 5, 6, 2, HALVING),
    ((2, 9, 6, 11), 5, 10, 2, HALVING),
    ((2, 7, 10, 3), 5, 4, 2, NONE),
    ((3, 8, 6, 5), 4, 6, 2, SAME),
    ((2, 7, 9, 4), 4, 3, 2, ((3, 0), (1, 2))),
    ((3, 8, 7, 5), 3, 6, 2, SAME),
    ((2, 1, 1, 10), 3, 11, 2, SAME),
    ((0, 8, 8, 5), 5, 6, 2, HALVING),
]

every_case = loop_over(case=CASES)
every_dtype = loop_over(dtype=[np.float32, np.float64])


@pytest.fixture(autouse=True)
def _always(monkeypatch):
    monkeypatch.setattr(winograd, "WIDE", 1)
    monkeypatch.setattr(compiled_winograd, "WIDE_WITH_STRIDES", 1)
    monkeypatch.setattr(compiled_winograd, "MANY", 0)


def arguments(case: tuple[Any, ...], dtype: Any) -> tuple[Any, ...]:
    """dy, y, x, w, b and the operation, of a case that runs by this algorithm."""
    shape, size, filters, stride, pads = case
    rng = np.random.default_rng(sum(shape))
    kernel = size, size, shape[-1], filters
    outputs = shape[0], *fit(shape, kernel[:2], (stride, stride), pads), filters
    arrays = [rng.uniform(-0.9, 0.9, s).astype(dtype) for s in (outputs, outputs, shape, kernel, (filters,))]
    operation = Convolution((stride, stride), pads)
    assert isinstance(choose(operation, shape, arrays[3], COMPILED)[1], compiled_winograd.Winograd)
    return *arrays, operation


@loop_over(sizes=[(1 << 20, 1 << 20, 1 << 24), (1, 1, 1), (300, 3000, 20_000)])
@every_dtype
@every_case
def test_it_gives_what_the_definition_says(case, dtype, sizes):
    dy, y, x, w, b, operation = arguments(case, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slabs, "SLAB", sizes[0])
        patch.setattr(compiled_winograd, "PART", sizes[1])
        patch.setattr(compiled_winograd.Winograd, "most_bytes", sizes[2])
        for activation in (Activation(), Activation("tanh"), Activation("leaky_relu", 0.2)):
            assert_parity(kernels.affine, affine, (x, w, b, operation, activation))
            for param_grads, input_grad in ((True, True), (True, False), (False, True)):
                grads = dy, y, x, w, operation, activation, param_grads, input_grad
                assert_parity(kernels.affine_grads, affine_grads, grads)
        assert_parity(kernels.affine, affine, (x, w, None, operation, Activation()))


@every_dtype
@every_case
def test_gradients_alone_are_what_the_definition_says(case, dtype):
    dy, _, x, w, _, operation = arguments(case, dtype)
    assert_parity(kernels.conv2d_input_grad, conv2d_input_grad, (dy, w, x.shape[1:3], *operation))
    assert_parity(kernels.conv2d_kernel_grad, conv2d_kernel_grad, (x, dy, w.shape[:2], *operation))


@every_case
def test_any_number_of_threads_gives_the_same_bits(case):
    dy, y, x, w, b, operation = arguments(case, np.float32)
    call = operation, Activation("leaky_relu", 0.2)
    results = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slabs, "SLAB", 1000)
        patch.setattr(compiled_winograd, "PART", 3000)
        for count in (1, 2, 4):
            with threads(count):
                found = affine(x, w, b, *call), *affine_grads(dy, y, x, w, *call)
            results.append([array.tobytes() for array in found])
    assert results[0] == results[1] == results[2]


@loop_over(size=[3, 4, 5])
def test_few_digits_are_lost_with_strides(size):
    pads = HALVING if size == 5 else SAME
    dy, _, x, w, _, operation = arguments(((4, 12, 12, 128), size, 128, 2, pads), np.float32)
    call = operation, Activation()
    exact = [array.astype(float) for array in (dy, dy, x, w)]
    wanted = kernels.affine.definition(*exact[2:], None, *call), *kernels.affine_grads.definition(*exact, *call)
    direct = kernels.affine.definition(x, w, None, *call), *kernels.affine_grads.definition(dy, dy, x, w, *call)
    for got, plain, numbers in zip((affine(x, w, None, *call), *affine_grads(dy, dy, x, w, *call)), direct, wanted):
        assert abs(got - numbers).max() / abs(numbers).max() < 2e-6
        assert np.sqrt(np.mean((got - numbers) ** 2) / np.mean((plain - numbers) ** 2)) < 2


@pytest.mark.parametrize(("size", "products"), [(5, 49), (4, 36), (3, 25)])
def test_strides_take_fewer_products(size, products):
    w = np.zeros((size, size, 128, 256), np.float32)
    chosen = choose(Convolution((2, 2), SAME), (16, 32, 32, 128), w, COMPILED)[1]
    assert chosen.transformed_shape == (products, 128, 256)


@pytest.mark.parametrize(
    ("shape", "size", "filters", "stride", "title"),
    [
        ((16, 32, 32, 128), 5, 256, 2, "Winograd"),
        ((8, 8, 8, 512), 5, 1024, 2, "Winograd"),
        ((7, 8, 8, 512), 5, 1024, 2, "im2col"),
        ((16, 32, 32, 64), 5, 256, 2, "im2col"),
        ((16, 32, 32, 128), 5, 256, 1, "im2col"),
        ((16, 32, 32, 128), 4, 256, 2, "Winograd"),
        ((64, 4, 4, 128), 3, 256, 1, "Winograd"),
        ((64, 8, 8, 128), 3, 256, 2, "im2col"),
        ((64, 8, 8, 256), 3, 512, 2, "Winograd"),
    ],
)
def test_it_is_chosen_where_it_pays(shape, size, filters, stride, title, monkeypatch):
    monkeypatch.undo()
    kernel = np.zeros((size, size, shape[-1], filters), np.float32)
    pads = HALVING if size == 5 else SAME
    assert choose(Convolution((stride, stride), pads), shape, kernel, COMPILED)[1].title == title
