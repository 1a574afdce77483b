"""Winograd's matrices for convolutions with strides: the phases of an image have common points.

With stride s, an output sees the pixels ``s i + p`` of its window only by the taps ``s i + p``. So along an axis a
convolution is the sum of s convolutions of stride 1, one for each phase p, of every s-th pixel with every s-th tap.
Each has fewer products by the values at some points, as `minigan.kernels.cpu.algorithms.winograd` derives,

    y = sum_p V_m(S_p)^T ((V_t(S_p) w_p) * (V_n(S_p)^-T d_p)),

with t taps of phase p, m outputs and ``n = m + t - 1`` points S_p. A phase with one tap less leaves one point out; all
phases have the same row of ``V_m`` at a point. So the products at a point are added before the outputs are made: with
channels it is one product, (patches, phases * C) times (phases * C, F).

With stride 2, five taps are phases of three and two taps, whose two outputs take four and three products instead of
ten; in both directions 49 instead of 100. Four taps take 36 instead of 64, three 25 instead of 36.

A slot is the number of one phase at one point. The slots of a patch are in the order of their points.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.reference.padding import Pair

__all__ = ["Sparse", "Transforms", "transforms"]

#: The points for a number of products along an axis; infinity is one more. A phase with a tap less leaves out the last
#: but infinity: without 0 fewer digits are lost than without 1 or -1.
POINTS = {2: (0,), 3: (1, -1), 4: (1, -1, 0), 6: (0, 5 / 8, -5 / 8, 3 / 2, -3 / 2)}


class Sparse(NamedTuple):
    """A matrix that is mostly 0: row i has ``factors[i, t]`` in the column ``places[i, t]``, and zeros behind them."""

    places: np.ndarray
    factors: np.ndarray


class Transform(NamedTuple):
    """A linear map and its adjoint, for the gradients."""

    matrix: Sparse
    adjoint: Sparse


class Transforms(NamedTuple):
    """The maps of a patch and of the kernel to slots, and that of the points' products to outputs."""

    patch: Transform
    kernel: Transform
    outputs: Transform
    #: The slots of point k are ``bounds[k]`` to ``bounds[k + 1]``.
    bounds: tuple[int, ...]


def sparse(matrix: np.ndarray, dtype: np.dtype) -> Sparse:
    """The entries that are not 0 first, in their order."""
    most = np.count_nonzero(matrix, axis=1).max()
    places = np.argsort(matrix == 0, axis=1, kind="stable")[:, :most]
    return Sparse(memory_pool.contiguous(places), np.take_along_axis(matrix, places, axis=1).astype(dtype))


def powers(points: tuple[float, ...], count: int) -> np.ndarray:
    """The powers 0 to ``count - 1`` of the points, a row for each, and of infinity."""
    return np.vstack([np.vander(points, count, increasing=True), np.eye(count)[-1:]])


def one_way(taps: int, stride: int, outputs: int) -> tuple[np.ndarray, ...]:
    """For one axis: the matrices of a patch, of the taps and of the products, and the point of each slot."""
    longest = -(-taps // stride)
    points = POINTS[outputs + longest - 1]
    of_patch, of_taps, of_slot = [], [], []
    for phase in range(min(stride, taps)):
        own = len(range(phase, taps, stride))
        used = points[: outputs + own - 2]
        block = np.zeros((len(used) + 1, stride * (outputs - 1) + taps))
        block[:, phase::stride][:, : len(used) + 1] = np.linalg.inv(powers(used, len(used) + 1)).T
        of_patch.append(block)
        block = np.zeros((len(used) + 1, taps))
        block[:, phase::stride] = powers(used, own)
        of_taps.append(block)
        of_slot += [*range(len(used)), len(points)]
    return np.vstack(of_patch), np.vstack(of_taps), powers(points, outputs).T, np.array(of_slot)


@cache
def transforms(taps: Pair, strides: Pair, outputs: Pair, dtype: np.dtype) -> Transforms:
    """The matrices for windows of `taps` whose patches make `outputs` rows and columns."""
    (*of_rows, row_point), (*of_columns, column_point) = map(one_way, taps, strides, outputs)
    of_patch, of_taps, of_products = map(np.kron, of_rows, of_columns)
    point = (row_point[:, None] * of_columns[2].shape[1] + column_point).reshape(-1)
    order = np.argsort(point, kind="stable")
    patch, kernel, products = (
        Transform(sparse(matrix, dtype), sparse(matrix.T, dtype))
        for matrix in (of_patch[order], of_taps[order], of_products)
    )
    bounds = np.searchsorted(point[order], np.arange(of_products.shape[1] + 1))
    return Transforms(patch, kernel, products, tuple(bounds.tolist()))
