"""Linear maps of slabs: how the fast twins compute ``A x`` and its two gradients for a few images at a time.

A map knows its kernel w, writes ``y = A x`` into memory it is given, and from dz makes ``dx = A^T dz`` and dw, this in
whatever order suits its products: sums over slabs are put into the kernel's order once, at the end. All its methods
work on one slab in one thread; what they need in between is the thread's scratch.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Protocol

import numpy as np

from minigan.kernels.cpu.algorithms.small_gemm import correlate, multiply
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.reference.affine import Activation

__all__ = ["Dense", "Map", "WholeBatch", "by_tap", "matrix"]


class Map(Protocol):
    """A linear map made of a kernel."""

    #: A word for it, which a network's plan shows.
    title: str

    #: Bytes that an image takes in the map's scratch.
    bytes_each: int

    #: The shape of dw in the map's own order.
    order: tuple[int, ...]

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        """Write ``A x`` to y."""

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        """Write ``A^T dz`` to dx, and the gradient of ``<dz, A x>`` with respect to w to dw; where there is one."""

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        """dw in the order of the kernel: a view."""


class WholeBatch(ABC):
    """A map that does whole batches, with bias and activation: it cuts them in other ways than into images."""

    @abstractmethod
    def apply(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        """Write ``f(A x + b)`` to y."""

    @abstractmethod
    def apply_grads(
        self, dy: np.ndarray, y: np.ndarray, x: np.ndarray, activation: Activation, dx: np.ndarray, param_grads: bool
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Write the gradient with respect to x to dx; give those with respect to w and b, or None for both."""


def matrix(array: np.ndarray) -> np.ndarray:
    """A view of all but the last axis as rows."""
    return array.reshape(-1, array.shape[-1])


def by_tap(kernel: np.ndarray) -> np.ndarray:
    """The kernel (KH, KW, C, F) as one matrix a tap from filters to channels, (KH, KW, F, C)."""
    return memory_pool.contiguous(kernel.swapaxes(2, 3))


class Dense:
    """``x w`` along the last axis."""

    title = "product"

    def __init__(self, kernel: np.ndarray, places: int) -> None:
        self.kernel, self.order = kernel, kernel.shape
        # Not the kernel's, which all slabs read: the fewer slabs, the fewer times.
        self.bytes_each = kernel.itemsize * places * sum(kernel.shape)

    @cached_property
    def transposed(self) -> np.ndarray:
        """The kernel as the way back needs it."""
        return memory_pool.contiguous(self.kernel.T)

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        multiply(matrix(x), self.kernel, matrix(y))

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        if dx is not None:
            multiply(matrix(dz), self.transposed, matrix(dx))
        if x is not None and dw is not None:
            correlate(matrix(x), matrix(dz), dw)

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw
