"""Products cut along the matrix: the same numbers, and the matrix is visited once."""

from typing import Any

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import Activation, Product
from minigan.kernels.cpu.affine import affine, affine_grads
from minigan.kernels.cpu.algorithms import split_gemm
from minigan.kernels.cpu.parallel import slabs
from tests.on_threads import threads

TANH = Activation("tanh")


def arrays(n: int, inputs: int, units: int) -> tuple[np.ndarray, ...]:
    """dy, y, x, w and b, of shapes that belong together."""
    rng = np.random.default_rng(n)
    shapes = (n, units), (n, units), (n, inputs), (inputs, units), (units,)
    return tuple(rng.uniform(-0.9, 0.9, shape) for shape in shapes)


def counted(monkeypatch) -> list[tuple[int, ...]]:
    """A list that will hold the shape of every right factor."""
    shapes: list[tuple[int, ...]] = []
    matmul = np.matmul

    def counting(a: np.ndarray, b: np.ndarray, **named: Any) -> np.ndarray:
        shapes.append(b.shape[-2:])
        return matmul(a, b, **named)

    monkeypatch.setattr(np, "matmul", counting)
    return shapes


@pytest.mark.parametrize("shape", [(3, 50, 40), (1, 7, 7), (2, 300, 6)])
@pytest.mark.parametrize("slab", [1 << 20, 3000, 1])
def test_parts_of_any_size_give_what_the_definition_says(shape: tuple[int, int, int], slab: int, monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", slab)
    dy, y, x, w, b = arrays(*shape)
    assert split_gemm.outweighs(w, len(x))
    np.testing.assert_allclose(
        affine(x, w, b, Product(), TANH), kernels.affine.definition(x, w, b, Product(), TANH), rtol=1e-12
    )
    expected = kernels.affine_grads.definition(dy, y, x, w, Product(), TANH)
    for got, wanted in zip(affine_grads(dy, y, x, w, Product(), TANH), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-14)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 3000)
    dy, y, x, w, b = (array.astype(np.float32) for array in arrays(3, 50, 40))
    results = []
    for count in (1, 2, 4):
        with threads(count):
            found = affine(x, w, b, Product(), TANH), *affine_grads(dy, y, x, w, Product(), TANH)
        results.append([array.tobytes() for array in found])
    assert results[0] == results[1] == results[2]


def test_the_matrix_is_cut_and_not_the_batch(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 3000)
    _, _, x, w, b = arrays(3, 50, 40)
    shapes = counted(monkeypatch)
    affine(x, w, b, Product(), TANH)
    # Seven columns are 3000 bytes, but a part is not narrower than a cache line.
    assert shapes == [(50, 16), (50, 16), (50, 8)]


@pytest.mark.parametrize(("n", "cut"), [(22, True), (23, False)])
def test_a_matrix_is_cut_when_it_is_larger_than_what_it_meets(n: int, cut: bool, monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 3000)
    _, _, x, w, b = arrays(n, 50, 40)
    shapes = counted(monkeypatch)
    affine(x, w, b, Product(), TANH)
    assert (w.shape not in shapes) is cut
