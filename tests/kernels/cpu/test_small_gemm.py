"""Products in small blocks: the same numbers, whether or not the rows divide evenly, with and without small kernels."""

import numpy as np
import pytest

from minigan.kernels.cpu.algorithms import small_gemm
from tests.loops import loop_over


@pytest.fixture(params=[True, False], ids=["small kernels", "none"])
def _blocks(request, monkeypatch):
    """Blocks of a few rows."""
    monkeypatch.setattr(small_gemm, "small_kernels", lambda: request.param)
    monkeypatch.setattr(small_gemm, "MULTIPLICATIONS", 100)
    monkeypatch.setattr(small_gemm, "ENTRIES", 20)
    monkeypatch.setattr(small_gemm, "DEPTH", 2)
    monkeypatch.setattr(small_gemm, "COLUMNS", 6)
    monkeypatch.setattr(small_gemm, "TILE", 3)
    monkeypatch.setattr(small_gemm, "DEEPEST", 8)
    monkeypatch.setattr(small_gemm, "LONG", 4)
    monkeypatch.setattr(small_gemm, "FEWEST", 2)
    monkeypatch.setattr(small_gemm, "LANES", 1)
    monkeypatch.setattr(small_gemm, "FEWEST_SUMMED", 2)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def written(function, x: np.ndarray, w: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What the function writes, to the last entry."""
    out = np.full(shape, np.nan)
    function(x, w, out)
    return out


# 7, 13 and 31 rows leave some over.
@loop_over(rows=[0, 1, 7, 8, 13, 31, 64])
@loop_over(stack=[(), (3,), (2, 3)])
@loop_over(matrix=[(3, 5), (1, 4), (6, 1), (5, 20), (20, 40), (9, 5)])
@pytest.mark.usefixtures("_blocks")
def test_rows_times_one_or_more_matrices(rows: int, stack: tuple[int, ...], matrix: tuple[int, int]):
    depth, columns = matrix
    x, w = numbers(rows, depth), numbers(*stack, depth, columns)
    got = written(small_gemm.matmul, x, w, (*stack, rows, columns))
    np.testing.assert_allclose(got, x @ w, rtol=1e-12, atol=1e-13)


@loop_over(rows=[0, 1, 7, 8, 13, 31, 64])
@loop_over(matrix=[(3, 5), (1, 4), (6, 1), (5, 20)])
@pytest.mark.usefixtures("_blocks")
def test_a_matrix_times_rows_and_the_sum_over_rows(rows: int, matrix: tuple[int, int]):
    depth, columns = matrix
    x, w, y = numbers(rows, depth), numbers(columns, depth), numbers(rows, columns)
    got = written(small_gemm.matmul_nt, w, x, (columns, rows))
    np.testing.assert_allclose(got, w @ x.T, rtol=1e-12, atol=1e-13)
    got = written(small_gemm.matmul_tn, x, y, (depth, columns))
    np.testing.assert_allclose(got, x.T @ y, rtol=1e-12, atol=1e-13)


def test_blocks_are_equal_where_they_can_be():
    assert small_gemm.blocks(392, 122) == (4, 98)
    assert small_gemm.blocks(637, 54) == (13, 49)
    assert small_gemm.blocks(397, 122) == (4, 99)  # one row is left over
    assert small_gemm.blocks(0, 10) == (1, 0)


@pytest.mark.parametrize(
    ("function", "columns"),
    [
        (small_gemm.matmul, 10),
        (small_gemm.matmul, 130),
        (small_gemm.matmul_nt, 10),
        (small_gemm.matmul_tn, 10),
        (small_gemm.matmul_tn, 130),
    ],
)
def test_no_product_is_larger_than_the_kernels_for_small_ones_take(function, columns, monkeypatch):
    monkeypatch.setattr(small_gemm, "small_kernels", lambda: True)
    sizes = []
    matmul = np.matmul

    def measuring(a: np.ndarray, b: np.ndarray, **named) -> np.ndarray:
        sizes.append(a.shape[-2] * a.shape[-1] * b.shape[-1])
        return matmul(a, b, **named)

    monkeypatch.setattr(np, "matmul", measuring)
    x, y, w = np.ones((5000, 40)), np.ones((5000, columns)), np.ones((40, columns))
    arguments = {
        small_gemm.matmul: (x, w, np.empty((5000, columns))),
        small_gemm.matmul_nt: (w.T, x, np.empty((columns, 5000))),
        small_gemm.matmul_tn: (x, y, np.empty((40, columns))),
    }[function]
    function(*arguments)
    assert sizes
    assert max(sizes) <= (small_gemm.ENTRIES * 40 if function is small_gemm.matmul_nt else small_gemm.MULTIPLICATIONS)
