"""Winograd's convolution: the same numbers as the definition's, of odd sizes too, by the products it promises."""

from typing import Any

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import Activation, Convolution
from minigan.kernels.cpu.affine import affine, affine_grads
from minigan.kernels.cpu.algorithms import winograd
from minigan.kernels.cpu.algorithms.choose import choose
from minigan.kernels.cpu.parallel import slabs
from tests.kernels.kernel_cases import fit
from tests.kernels.parity import assert_parity
from tests.on_threads import threads

SAME = ((1, 1), (1, 1))


@pytest.fixture(autouse=True)
def _always(monkeypatch):
    monkeypatch.setattr(winograd, "WIDE", 1)
    monkeypatch.setattr(winograd, "MANY", 1)


def arguments(
    shape: tuple[int, ...], filters: int, pads: Any = SAME, dtype: Any = np.float64
) -> tuple[np.ndarray, ...]:
    """dy, y, x, w and b, of shapes that belong together."""
    rng = np.random.default_rng(sum(shape))
    kernel = 3, 3, shape[-1], filters
    outputs = shape[0], *fit(shape, kernel[:2], (1, 1), pads), filters
    return tuple(rng.uniform(-0.9, 0.9, s).astype(dtype) for s in (outputs, outputs, shape, kernel, (filters,)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "filters", "pads"),
    [
        ((3, 4, 4, 5), 6, SAME),
        ((2, 5, 7, 2), 3, SAME),
        ((1, 3, 3, 4), 2, ((0, 0), (0, 0))),
        ((4, 2, 6, 3), 9, ((2, 0), (1, 2))),
        ((2, 1, 1, 10), 11, SAME),
    ],
)
@pytest.mark.parametrize("slab", [1 << 20, 1])
def test_it_gives_what_the_definition_says(shape, filters, pads, slab, dtype, monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", slab)
    dy, y, x, w, b = arguments(shape, filters, pads, dtype)
    operation = Convolution((1, 1), pads)
    assert choose(operation, x.shape, w)[1].title == "Winograd"
    for activation in (Activation(), Activation("tanh"), Activation("leaky_relu", 0.2)):
        assert_parity(kernels.affine, affine, (x, w, b, operation, activation))
        for param_grads in (True, False):
            grads = dy, y, x, w, operation, activation, param_grads
            assert_parity(kernels.affine_grads, affine_grads, grads)
    assert_parity(kernels.affine, affine, (x, w, None, operation, Activation()))


def test_a_batch_in_blocks_gives_the_same(monkeypatch):
    dy, y, x, w, b = arguments((7, 4, 5, 3), 4)
    call = Convolution((1, 1), SAME), Activation("tanh")
    whole = affine(x, w, b, *call), *affine_grads(dy, y, x, w, *call)
    chosen = choose(call[0], x.shape, w)[1]
    monkeypatch.setattr(winograd.Winograd, "most_bytes", 13_000)
    assert len(chosen.blocks(len(x))) == 3
    for got, expected in zip((affine(x, w, b, *call), *affine_grads(dy, y, x, w, *call)), whole, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 1000)
    monkeypatch.setattr(winograd.Winograd, "most_bytes", 30_000)
    dy, y, x, w, b = arguments((9, 5, 4, 3), 4, dtype=np.float32)
    call = Convolution((1, 1), SAME), Activation("tanh")
    results = []
    for count in (1, 2, 4):
        with threads(count):
            found = affine(x, w, b, *call), *affine_grads(dy, y, x, w, *call)
        results.append([array.tobytes() for array in found])
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("size", [6, 8])
def test_few_digits_are_lost(size):
    """As the page on fused steps says: less than a bit."""
    _, _, x, w, b = arguments((16, size, size, 128), 128, dtype=np.float32)
    call = Convolution((1, 1), SAME), Activation()
    exact = kernels.affine.definition(x.astype(float), w.astype(float), b.astype(float), *call)
    y, direct = affine(x, w, b, *call), kernels.affine.definition(x, w, b, *call)
    assert abs(y - exact).max() / abs(exact).max() < 2e-6
    assert np.sqrt(np.mean((y - exact) ** 2) / np.mean((direct - exact) ** 2)) < 2


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (5, 5, 3 * 3 * 16),  # in patches that make 2 x 2 outputs
        (4, 4, 2 * 24),  # 4 x 2
        (5, 4, 3 * 24),  # 2 x 4
        (9, 8, 5 * 2 * 24),
    ],
)
def test_it_takes_as_few_products_as_it_can_without_losing_digits(height, width, expected, monkeypatch):
    _, _, x, w, b = arguments((3, height, width, 6), 7)
    products = []
    matmul = np.matmul

    def counting(a: np.ndarray, b: np.ndarray, **named: Any) -> np.ndarray:
        if b.shape[-2:] == w.shape[2:]:
            products.append(a.shape[0] * b.size)
        return matmul(a, b, **named)

    monkeypatch.setattr(np, "matmul", counting)
    affine(x, w, b, Convolution((1, 1), SAME), Activation())
    assert sum(products) == 3 * expected * 6 * 7


@pytest.mark.parametrize(
    ("shape", "filters", "strides", "title"),
    [
        ((64, 4, 4, 128), 256, (1, 1), "Winograd"),
        ((63, 4, 4, 128), 256, (1, 1), "im2col"),
        ((64, 4, 4, 127), 256, (1, 1), "im2col"),
        ((64, 8, 8, 128), 256, (2, 2), "im2col"),
    ],
)
def test_it_is_chosen_where_it_pays(shape, filters, strides, title, monkeypatch):
    monkeypatch.undo()
    kernel = np.zeros((3, 3, shape[-1], filters), np.float32)
    assert choose(Convolution(strides, SAME), shape, kernel)[1].title == title
