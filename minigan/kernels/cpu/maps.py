"""Linear maps of slabs: how the fast twins compute ``A x`` and its two gradients for a few images at a time.

A map knows its kernel w, writes ``y = A x`` into memory it is given, and from dz makes ``dx = A^T dz`` and adds to dw.
All its methods work on one slab in one thread; what they need in between is the thread's scratch.
"""

from typing import Protocol

import numpy as np

from minigan.kernels.cpu.slabs import scratch

__all__ = ["Dense", "Map", "matrix"]


class Map(Protocol):
    """A linear map made of a kernel."""

    #: A word for it, which a network's plan shows.
    title: str

    #: Bytes that an image takes in the map's scratch.
    bytes_each: int

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        """Write ``A x`` to y."""

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dkernel: np.ndarray | None) -> None:
        """Write ``A^T dz`` to dx, and add the gradient of ``<dz, A x>`` to dkernel; where there is one."""


def matrix(array: np.ndarray) -> np.ndarray:
    """A view of all but the last axis as rows."""
    return array.reshape(-1, array.shape[-1])


def add_product(a: np.ndarray, b: np.ndarray, total: np.ndarray) -> None:
    """``total += a @ b``."""
    product = scratch("product", total.shape, total.dtype)
    np.matmul(a, b, out=product)
    total += product


class Dense:
    """``x w`` along the last axis."""

    title = "product"

    def __init__(self, kernel: np.ndarray, places: int) -> None:
        self.kernel = kernel
        # Not the kernel's, which all slabs read: the fewer slabs, the fewer times.
        self.bytes_each = kernel.itemsize * places * sum(kernel.shape)

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        np.matmul(matrix(x), self.kernel, out=matrix(y))

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dkernel: np.ndarray | None) -> None:
        if dx is not None:
            np.matmul(matrix(dz), self.kernel.T, out=matrix(dx))
        if x is not None and dkernel is not None:
            add_product(matrix(x).T, matrix(dz), dkernel)
